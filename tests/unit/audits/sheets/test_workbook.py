"""The workbook as an auditor gets it: what is in it, what is locked, what a cell takes, and that it comes back so."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import python_calamine
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from audits import scope, standard
from audits.evidence import inspection
from audits.facts import AUDIT_TYPES
from audits.sheets import workbook
from audits.sheets.content import FIGURES, FLAGS, MOST_COUNT, RESULTS, Row, left_open, mark, severities_for
from audits.sheets.words import how_to
from ground import parties
from ground.bodies import Line, Prose
from tests.unit.audits.sheets.building import CATALOGUE, CONFORMS, MADE, MINOR, book, filled, sheet
from tests.unit.audits.sheets.editing import M, cells, part_of, parts, row_of

TORTURE = bool(os.environ.get("FREEMARK_TORTURE"))
FIGURED: dict[str, Any] = {
    "workers": 640, "payroll_note": "3 are on leave.", "hours_normal": 475, "hours_days": 6, "summary": "=SUM(A1)\nB",
    "closing_meeting_on": "2026-06-03", "worker_languages": ["bn", "ne"], "outcome": "access_denied",
    "outcome_by_site": False, "explain_list": "Because.",
}  # fmt: skip


def test_what_is_written_is_read_again() -> None:
    made = sheet({"T10.2": MINOR, "T1.1": CONFORMS}, FIGURED)
    back = filled(book(made))
    assert back.faults == ()
    assert (back.head, back.base, back.rows, back.figures) == (made.head, made.base, made.rows, made.figures)
    assert back.changed() == ()


def test_the_same_sheet_has_the_same_bytes_and_another_has_others() -> None:
    assert book(sheet({"T1.1": CONFORMS})) == book(sheet({"T1.1": CONFORMS}))
    assert book(sheet({"T1.1": CONFORMS})) != book(sheet({"T1.1": Row("conformance")}))
    later = workbook.write(sheet(), CATALOGUE, made=MADE + timedelta(seconds=1))
    assert later != book(sheet())  # so the date must not be that of asking


def test_it_passes_the_inspection_of_evidence() -> None:
    assert inspection.inspect(book(sheet({"T10.2": MINOR}, FIGURED))).kind == "xlsx"


def test_every_provision_has_its_row_with_how_it_is_tested() -> None:
    """Read without the library that reads it in the program."""
    data = book(sheet())
    page = cells(data, "Provisions")
    assert [page[f"{chr(65 + n)}1"] for n in range(18)] == [column.title for column in workbook.COLUMNS]
    for number, provision in enumerate(CATALOGUE.provisions.values(), start=2):
        assert page[f"A{number}"] == provision.id
        assert page[f"C{number}"] == provision.text
        assert page[f"D{number}"] == provision.conformance
        assert (page[f"E{number}"], page[f"F{number}"], page[f"G{number}"]) == (
            provision.documents, provision.interviews, provision.observation,
        )  # fmt: skip
        assert provision.floor in page[f"H{number}"]
        assert f"I{number}" not in page
    assert len(CATALOGUE.provisions) == len(page) // 8 - 2 + len(page) % 8 or len(CATALOGUE.provisions) > 70
    old = standard.load("freemark-2026.0")
    assert cells(book(sheet(catalogue=old), old), "Provisions")["E2"] == old.provisions["T1.1"].test


def test_the_library_reads_the_same_cells_as_a_plain_look() -> None:
    data = book(sheet({"T10.2": MINOR}, FIGURED))
    read = python_calamine.load_workbook(io.BytesIO(data))
    assert tuple(read.sheet_names) == workbook.SHEETS
    rows = read.get_sheet_by_name("Provisions").to_python(skip_empty_area=False)
    plain = cells(data, "Provisions")
    for at, row in enumerate(rows):
        for column, value in enumerate(row):
            text = plain.get(f"{chr(65 + column)}{at + 1}", "")
            assert str(int(value) if isinstance(value, float) else value) == text


def looks(data: bytes, page: str, place: str) -> dict[str, Any]:
    """How a cell looks: locked or not, its number format."""
    found = parts(data)
    styles = ET.fromstring(found["xl/styles.xml"])
    formats = styles.find(f"{M}cellXfs")
    assert formats is not None
    cell = next(c for c in ET.fromstring(found[part_of(page)]).iter(f"{M}c") if c.get("r") == place)
    look = formats[int(cell.get("s", "0"))]
    protection = look.find(f"{M}protection")
    locked = protection is None or protection.get("locked", "1") == "1"
    font = styles.find(f"{M}fonts")[int(look.get("fontId", "0"))]  # type: ignore[index]
    return {"locked": locked, "font": font.find(f"{M}name").get("val"), "size": font.find(f"{M}sz").get("val")}  # type: ignore[union-attr]


def validation(data: bytes, page: str, place: str) -> dict[str, str] | None:
    root = ET.fromstring(parts(data)[part_of(page)])
    for rule in root.iter(f"{M}dataValidation"):
        if rule.get("sqref") == place:
            return {**rule.attrib, **{child.tag.removeprefix(M): child.text or "" for child in rule}}
    return None


def test_only_what_is_answered_is_open() -> None:
    data = book(sheet({"T1.1": CONFORMS, "T10.2": MINOR}, standing=("T1.1",)))
    at = row_of(data, "T10.2")
    for column in "ABCDEFGH":
        assert looks(data, "Provisions", f"{column}{at}")["locked"]
    for column in "IJKLMN":
        assert not looks(data, "Provisions", f"{column}{at}")["locked"]
    stands = row_of(data, "T1.1")
    assert all(looks(data, "Provisions", f"{column}{stands}")["locked"] for column in "IJKLMNOPQR")
    for id, closed in (("T10.2", "OPQR"), ("T9.1", "R"), ("T6.1", "Q")):  # worst form on T9, by management on T6
        for column in "OPQR":
            assert looks(data, "Provisions", f"{column}{row_of(data, id)}")["locked"] == (column in closed), (
                id,
                column,
            )
    for page in workbook.SHEETS:
        protection = ET.fromstring(parts(data)[part_of(page)]).find(f"{M}sheetProtection")
        assert protection is not None, page
        assert "password" not in protection.attrib
        assert "hashValue" not in protection.attrib
    assert looks(data, "Provisions", f"I{at}") == {"locked": False, "font": "Arial", "size": "11"}


def test_drop_downs_have_the_words_and_limits_of_their_row() -> None:
    data = book(sheet())
    for provision in (CATALOGUE.provisions[id] for id in ("T1.1", "T10.2", "T17.1")):
        at = row_of(data, provision.id)
        result, severity = validation(data, "Provisions", f"I{at}"), validation(data, "Provisions", f"J{at}")
        assert result is not None
        assert severity is not None
        words = "conformance,finding" if provision.zero_tolerance else "conformance,not applicable,finding"
        assert result["formula1"] == f'"{words}"'  # a whole audit reviews everything
        assert severity["formula1"] == f'"{",".join(severities_for(provision))}"'
    count = validation(data, "Provisions", "L2")
    assert count is not None
    assert (count["type"], count["formula1"]) == ("whole", "1")
    open_ = validation(book(sheet(type="surveillance")), "Provisions", "I2")
    assert open_ is not None
    assert "not reviewed" in open_["formula1"]
    remote = book(sheet(type="closure", remote=True))
    core = validation(remote, "Provisions", f"I{row_of(remote, 'T1.1')}")
    assert core is not None
    assert core["formula1"] == '"not reviewed"'


def test_it_prints_on_a4_across_with_the_header_on_each_page() -> None:
    data = book(sheet())
    found = parts(data)
    for page in ("Provisions", "Report"):
        root = ET.fromstring(found[part_of(page)])
        setup = root.find(f"{M}pageSetup")
        assert setup is not None
        assert (setup.get("paperSize"), setup.get("orientation")) == ("9", "landscape")
        pane = root.find(f"{M}sheetViews/{M}sheetView/{M}pane")
        assert pane is not None
        assert (pane.get("state"), pane.get("ySplit")) == ("frozen", "1")
    assert b"Provisions!$A:$B,Provisions!$1:$1" in found["xl/workbook.xml"]
    # A character is 7 pixels of 1/96 inch, with 5 beside; A4 across has 11.69 inches, and margins.
    left = workbook.COLUMNS[: len(workbook.ASKED)]
    right = (*workbook.COLUMNS[:2], *workbook.COLUMNS[len(workbook.ASKED) :])
    for half in (left, right):
        inches = sum(7 * column.width + 5 for column in half) / 96 * workbook.SCALE / 100
        assert inches < 11.69 - 2 * 0.4


def test_it_has_no_place_for_what_must_not_travel() -> None:
    data = book(sheet({"T10.2": MINOR}, FIGURED))
    titles = [column.title.lower() for column in workbook.COLUMNS] + [each.label.lower() for each in FIGURES.values()]
    for word in ("zero", "alert", "release", "stratum", "strata", "nationality", "migrant", "women"):
        assert not any(word in title for title in titles), word
    assert b"<definedName" in parts(data)["xl/workbook.xml"]
    assert not any(name.startswith(("xl/comments", "xl/vba", "xl/external")) for name in parts(data))
    assert b"<f>" not in b"".join(body for name, body in parts(data).items() if "worksheets" in name)


def test_the_instructions_speak_of_what_is_there() -> None:
    told = " ".join(how_to(alerts=True))
    for word in ("Result", "Severity", "Affected", "sampled", "Evidence", "Deliberate", "freemark sheet check",
                 "freemark sealed log", "raise an alert", "protection handler"):  # fmt: skip
        assert word in told, word
    assert 'zero tolerance is never "not applicable"' in told
    assert "alert" not in " ".join(how_to(alerts=False))
    assert cells(book(sheet()), "How to")["A1"] == how_to(alerts=True)[0]


def test_what_may_be_left_open_is_what_the_audit_does_not_ask() -> None:
    for type in AUDIT_TYPES:
        asked = scope.asked(CATALOGUE, type)
        for id, provision in CATALOGUE.provisions.items():
            assert left_open(provision, type) == (type not in scope.WHOLE or id not in asked)


def test_counts_end_where_those_of_the_register_end() -> None:
    assert MOST_COUNT == parties.MOST_WORKERS


TEXT = st.text(max_size=60) | st.sampled_from(
    [
        "=1+1",
        "+1",
        "@SUM(A1)",
        "<r>x</r>",
        "<r><t>x</t></r>",
        "_x000D_",
        "_xFFFE_",
        "_x005F_",
        "'x",
        "a\nb",
        "\tx",
        "12",
        "yes",
    ]
)


def as_said(kind: Any, text: str) -> str | None:
    try:
        said: str = TypeAdapter(kind).validate_python(text)
    except ValidationError:
        return None
    return None if "\ufffe" in said or "\uffff" in said else said


@st.composite
def rows(draw: st.DrawFn) -> Row:
    lines = [said for text in draw(st.lists(TEXT, max_size=4)) if (said := as_said(Line, text))]
    return Row(
        result=draw(st.sampled_from(RESULTS)),
        severity=draw(st.sampled_from([None, "priority", "major", "minor", "risk", "opportunity"])),
        affected=draw(st.none() | st.integers(0, 100_000)),
        sampled=draw(st.none() | st.integers(1, 100_000)),
        description=as_said(Prose, draw(TEXT)) or "",
        evidence=tuple(lines),
        **{flag: draw(st.booleans()) for flag in FLAGS},
    )


@settings(max_examples=1000 if TORTURE else 25)
@given(st.dictionaries(st.sampled_from(list(CATALOGUE.provisions)), rows(), max_size=6))
def test_any_answer_that_was_filed_comes_back_as_it_was(answers: dict[str, Row]) -> None:
    """Also texts that look like formulas, markup or escapes: none becomes anything else by travelling."""
    made = sheet(answers)
    back = filled(book(made))
    assert back.faults == ()
    assert back.rows == answers
    assert back.changed() == ()


def test_a_mark_knows_a_row_from_every_other() -> None:
    others = [CONFORMS, MINOR, Row("conformance"), Row("finding", "minor", 6, 43, MINOR.description, MINOR.evidence)]
    assert len({mark(row.to_json()) for row in others}) == len(others)
    assert mark(None) == ""


@pytest.mark.skipif(shutil.which("soffice") is None, reason="no LibreOffice to print a page with")
def test_a_page_prints_so_that_it_can_be_read(tmp_path: Path) -> None:
    """To look at: the first page of the printed provisions, as a picture in the test's folder."""
    (tmp_path / "sheet.xlsx").write_bytes(book(sheet({"T10.2": MINOR}, FIGURED)))
    home = f"-env:UserInstallation=file://{tmp_path}/home"
    command = [
        "soffice",
        home,
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        str(tmp_path),
        str(tmp_path / "sheet.xlsx"),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    pypdfium2 = pytest.importorskip("pypdfium2")
    pages = pypdfium2.PdfDocument(tmp_path / "sheet.pdf")
    for number, page in enumerate(pages):
        width, height = page.get_size()
        assert width > height
        page.render(scale=1.5).to_pil().save(tmp_path / f"page-{number}.png")
