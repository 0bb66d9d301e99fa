"""The workbook as an auditor sees it: nothing runs over the edge of its cell, and the answers are at hand.

Not every program makes a row as high as its text when it opens a workbook: LibreOffice drew all rows one line high,
each text over the next. So the heights stand in the file. Written by LibreOffice, a filled workbook says the same.
"""

from __future__ import annotations

import shutil
import subprocess
import textwrap
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from audits.sheets import workbook
from audits.sheets.content import FIGURES, Row
from tests.unit.audits.sheets.building import CATALOGUE, CONFORMS, MINOR, book, filled, sheet
from tests.unit.audits.sheets.editing import M, cells, edited, part_of, parts, row_of

PAGES = ("Audit", "Provisions", "Report", "How to")
OFFICE = shutil.which("soffice")
LONG = Row("finding", "minor", 6, 42, "Seen in the second dormitory. " * 40, tuple(f"{n} payslips" for n in range(20)))
EXPORT = "xlsx:Calc MS Excel 2007 XML"


def heights(data: bytes, page: str) -> dict[int, float]:
    """Of the rows that say how high they are, in points."""
    rows = ET.fromstring(parts(data)[part_of(page)]).iter(f"{M}row")
    return {
        int(row.get("r", "0")): float(row.get("ht", "0")) for row in rows if row.get("customHeight") in ("1", "true")
    }


def widths(data: bytes, page: str) -> dict[str, float]:
    """Of the columns, in characters, by letter."""
    found: dict[str, float] = {}
    for column in ET.fromstring(parts(data)[part_of(page)]).iter(f"{M}col"):
        for number in range(int(column.get("min", "0")), int(column.get("max", "0")) + 1):
            found[chr(64 + number)] = float(column.get("width", "0"))
    return found


@pytest.mark.parametrize("page", PAGES)
def test_every_row_is_as_high_as_its_longest_text(page: str) -> None:
    """Counted anew, and generously: a character of Arial 11 is as wide as one of the column's, 13 points a line."""
    data = book(sheet({"T10.2": MINOR, "T1.1": LONG}, {"summary": "Every door was opened. " * 30}))
    wide, high = widths(data, page), heights(data, page)
    for place, text in cells(data, page).items():
        letter, row = place[0], int(place[1:])
        lines = sum(len(textwrap.wrap(line, int(wide[letter]))) or 1 for line in str(text).split("\n"))
        assert high.get(row, 0.0) >= min(12.75 * lines, workbook.MOST_HEIGHT), (place, lines)


def test_what_is_written_by_hand_has_room_before_it_is_written() -> None:
    high = heights(book(sheet()), "Report")
    for at, figure in enumerate(FIGURES.values(), start=2):
        assert high[at] >= 4 * 12.75 or figure.kind != "prose", figure.name


def test_it_opens_at_the_answers_with_the_requirement_in_view() -> None:
    pane = ET.fromstring(parts(book(sheet()))[part_of("Provisions")]).find(f"{M}sheetViews/{M}sheetView/{M}pane")
    assert pane is not None
    assert (pane.get("xSplit"), pane.get("ySplit"), pane.get("topLeftCell")) == ("3", "1", "H2")
    titles = [column.title for column in workbook.COLUMNS]
    assert titles[:3] == ["No.", "Provision", "Requirement"]
    assert titles[7:10] == ["Limits", "Result", "Severity"]


def test_every_page_of_paper_says_which_visit_it_is() -> None:
    data = book(sheet(place="Smith & Sons, 7 Mill Road" + " x" * 200))
    for page in workbook.SHEETS:
        header = ET.fromstring(parts(data)[part_of(page)]).find(f"{M}headerFooter/{M}oddHeader")
        assert header is not None
        text = header.text or ""
        assert "Smith && Sons" in text
        assert "2026-06-01 to 2026-06-03" in text
        assert len(text) <= 255


def test_rows_without_a_height_would_be_found() -> None:
    """The negative control: what a library writes when it is told nothing of heights."""
    data = book(sheet())
    page = part_of("Provisions")
    bare = parts(data)[page].replace(b'customHeight="1"', b"")
    assert bare != parts(data)[page]
    assert not [row for row in ET.fromstring(bare).iter(f"{M}row") if row.get("customHeight") == "1"]


def through_office(data: bytes, folder: Path, ending: str = EXPORT) -> bytes:
    """Opened and written anew by LibreOffice."""
    (folder / "in").mkdir()
    (folder / "in" / "sheet.xlsx").write_bytes(data)
    home = f"-env:UserInstallation=file://{folder}/home"
    command = [
        "soffice",
        home,
        "--headless",
        "--convert-to",
        ending,
        "--outdir",
        str(folder),
        f"{folder}/in/sheet.xlsx",
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    return (folder / "sheet.xlsx").read_bytes()


@pytest.mark.slow
@pytest.mark.skipif(OFFICE is None, reason="no LibreOffice to write a workbook with")
def test_a_workbook_that_another_program_wrote_says_the_same(tmp_path: Path) -> None:
    made = sheet({"T10.2": MINOR}, {"hours_normal": 475, "summary": "=SUM(A1)\nB", "worker_languages": ["bn", "ne"]})
    at = row_of(book(made), "T1.1")
    answered = edited(book(made), {f"Provisions!I{at}": "conformance", f"Provisions!L{at}": 42, "Report!B2": 640})
    written = through_office(answered, tmp_path)
    back = filled(written)
    assert back.faults == ()
    assert (back.head, back.base) == (made.head, made.base)
    assert back.rows == {"T10.2": MINOR, "T1.1": Row("conformance", sampled=42)}
    assert back.figures == {**made.figures, "workers": 640}
    assert set(back.changed()) == {"T1.1", "workers"}
    for page in PAGES:
        assert heights(written, page)
    protection = ET.fromstring(parts(written)[part_of("Provisions")]).find(f"{M}sheetProtection")
    assert protection is not None


def test_the_rows_are_no_higher_than_a_screen() -> None:
    """Half of 768 pixels, 0.75 points each: two provisions are always in view."""
    data = book(sheet(dict.fromkeys(CATALOGUE.provisions, CONFORMS)))
    assert max(heights(data, "Provisions").values()) <= 384 * 0.75
