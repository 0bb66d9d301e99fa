"""Workbooks that are refused, and by which words: hostile ones, others' ones, and plain slips with the cell of each."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from audits import standard
from audits.sheets import as_json, reading, scanning
from audits.sheets.checking import Fault, FaultySheet, Filled, check_head, faults_of, read_head, understand
from audits.sheets.content import Row, Sheet
from ground.canonical import Json
from ground.errors import Conflict, Invalid, TooLarge
from tests.unit.audits.evidence import files
from tests.unit.audits.sheets.building import CATALOGUE, CONFORMS, MINOR, book, filled, sheet
from tests.unit.audits.sheets.editing import edited, packed, part_of, parts, row_of

EMPTY = book(sheet())


def with_part(name: str, body: bytes, data: bytes = EMPTY) -> bytes:
    return packed({**parts(data), name: body})


def replaced(page: str, old: bytes, new: bytes, data: bytes = EMPTY) -> bytes:
    found = parts(data)
    assert old in found[part_of(page)]
    return packed({**found, part_of(page): found[part_of(page)].replace(old, new, 1)})


def renamed(old: bytes, new: bytes) -> bytes:
    found = parts(EMPTY)
    return packed({**found, "xl/workbook.xml": found["xl/workbook.xml"].replace(old, new)})


RELATIONS = "xl/_rels/workbook.xml.rels"
FAR = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
CELL = b'<sheetData><row r="1"'
WHOLE_FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "no workbook": (lambda: b"%PDF-1.7 and so on", "PDF"),
    "text": (lambda: b"result,severity\n", "a filled sheet is an XLSX workbook, and by its content"),
    "cut off": (lambda: EMPTY[:-40], "cut off"),
    "macros": (lambda: with_part("xl/vbaProject.bin", b"x"), "macros"),
    "another workbook's link": (lambda: with_part("xl/externalLinks/externalLink1.xml", b"<a/>"), "links to other"),
    "a connection": (lambda: with_part("xl/connections.xml", b"<a/>"), "connection"),
    "a comment": (lambda: with_part("xl/comments1.xml", b"<comments/>"), "comments"),
    "a threaded comment": (lambda: with_part("xl/threadedComments/threadedComment1.xml", b"<a/>"), "comments"),
    "a picture": (lambda: with_part("xl/media/image1.png", b"\x89PNG\r\n\x1a\n"), "pictures"),
    "an entity": (
        lambda: with_part("xl/sharedStrings.xml", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><sst/>'),
        "document type",
    ),
    "a page of notes": (lambda: renamed(b'name="How to"', b'name="Interviews"'), "Notes of interviews never travel"),
    "a page missing": (lambda: renamed(b'<sheet name="Report"', b'<other name="Report"'), "Report is missing"),
    "a page twice": (lambda: renamed(b'name="How to"', b'name="Report"'), "missing, or stands twice"),
    "a page that is elsewhere": (
        lambda: packed({**parts(EMPTY), RELATIONS: parts(EMPTY)[RELATIONS].replace(b"worksheets/sheet3", b"theme/x3")}),
        "is missing",
    ),
    "a cell at the far end": (
        lambda: replaced("Report", b"</sheetData>", FAR),
        "Report!XFD1048576: nothing is expected here",
    ),
    "a far row without cell names": (
        lambda: replaced("Report", b"</sheetData>", b'<row r="1048576"><c><v>1</v></c></row></sheetData>'),
        "nothing is expected here",
    ),
    "a cell twice": (
        lambda: replaced("Report", b"</sheetData>", b'<row r="1"><c r="A1"><v>1</v></c></row></sheetData>'),
        "Report!A1 stands twice",
    ),
    "a cell of no name": (
        lambda: replaced("Report", b"</sheetData>", b'<row r="99"><c r="$A$1"><v>1</v></c></row></sheetData>'),
        "is no cell",
    ),
    "a row of no number": (lambda: replaced("Report", CELL, b'<sheetData><row r="-1"'), "is no row"),
    "unclosed": (lambda: replaced("Report", b"</sheetData>", b""), "damaged"),
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE_FILES)
def test_a_file_that_is_no_plain_filled_sheet_is_refused_in_words(name: str) -> None:
    make, words = WHOLE_FILES[name]
    before = time.process_time()
    with pytest.raises(Invalid, match=words) as refusal:
        reading.read(make())
    assert refusal.value.where == "/workbook"
    assert time.process_time() - before < 2


def test_the_harmless_neighbour_of_all_these_is_taken() -> None:
    assert filled(packed(parts(EMPTY))).faults == ()
    assert filled(with_part("xl/printerSettings/printerSettings1.bin", b"A4")).faults == ()
    far = replaced("Report", b"</sheetData>", b'<row r="1048576"><c r="A1048576" s="1"/></row></sheetData>')
    assert filled(far).faults == ()  # what LibreOffice writes for the last row: it has no value


def test_too_large_is_said_with_both_numbers() -> None:
    with pytest.raises(TooLarge, match=f"{scanning.MOST_BYTES + 1} bytes; at most {scanning.MOST_BYTES}"):
        reading.read(b"PK\x03\x04" + bytes(scanning.MOST_BYTES - 3))
    grown = with_part("xl/theme/theme1.xml", b"<a>" + b" x" * (scanning.MOST_INFLATED // 2) + b"</a>")
    with pytest.raises(Invalid, match=r"inflates to|times: it is a bomb"):
        reading.read(grown)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: files.xlsx(), "pictures|drawings"),  # a harmless workbook, and none of ours
        (lambda: files.xlsx("=cmd|'/c calc'!A1"), "pictures|drawings|DDE"),
        (lambda: files.changed(EMPTY, {"../evil.xml": b"<a/>"}), "leads out of its folder"),
        (lambda: files.changed(EMPTY, {"xl/embeddings/oleObject1.bin": b"x"}), "files inside"),
        (lambda: files.changed(EMPTY, {"xl/activeX/activeX1.xml": b"<a/>"}), "controls"),
        (lambda: EMPTY + b"PK", "cut off, or something stands behind"),
        (lambda: b"%PDF-1.7" + EMPTY, "a ZIP archive at the same time"),
        (lambda: b"\xd0\xcf\x11\xe0" + bytes(600), "password-protected"),
    ],
)
def test_what_evidence_refuses_is_refused_here_too(make: Callable[[], bytes], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        reading.read(make())


# ------------------------------------------------------------------------------------------------------- single cells


def wrong(changes: dict[str, Any], of: Sheet | None = None) -> dict[str, str]:
    """Cell -> words, of everything that is wrong with a workbook after these changes."""
    data = EMPTY if of is None else book(of)
    places = {}
    for name, value in changes.items():
        column, _, id = name.partition(":")
        places[f"Provisions!{column}{row_of(data, id)}" if id else name] = value
    back = filled(edited(data, places))
    faults = [*back.faults, *faults_of(back, back.changed(), CATALOGUE)]
    assert len({fault.place for fault in faults}) == len(faults), faults
    return {fault.place.cell: fault.words for fault in faults}


def at(column: str, id: str) -> str:
    return f"Provisions!{column}{row_of(EMPTY, id)}"


@pytest.mark.parametrize(
    ("changes", "cell", "words"),
    [
        ({"I:T1.1": "perhaps"}, "I:T1.1", "'conformance', 'not_applicable'"),
        ({"I:T1.1": 7}, "I:T1.1", "'conformance', 'not_applicable'"),
        ({"I:T1.1": True}, "I:T1.1", "true or false was read"),
        ({"I:T1.1": "finding", "M:T1.1": "Seen."}, "J:T1.1", "a finding needs a severity"),
        ({"I:T1.1": "finding", "J:T1.1": "minor", "M:T1.1": "Seen."}, "J:T1.1", "minor is outside the limits of T1.1"),
        ({"I:T1.1": "finding", "J:T1.1": "zero tolerance", "M:T1.1": "x"}, "J:T1.1", "raise an alert"),
        ({"I:T1.1": "finding", "J:T1.1": "Zero-Tolerance", "M:T1.1": "x"}, "J:T1.1", "POST /v1/audits/{audit}/alerts"),
        ({"I:T1.1": "finding", "J:T1.1": "major"}, "M:T1.1", "a finding needs a description"),
        ({"I:T1.1": "conformance", "J:T1.1": "major"}, "J:T1.1", "severity belongs to a finding"),
        ({"I:T1.1": "not applicable", "M:T1.1": "There is no agent."}, "I:T1.1", "T1.1 may be of zero tolerance"),
        ({"I:T10.2": "not applicable"}, "M:T10.2", "say in words why"),
        ({"I:T10.2": "not applicable", "M:T10.2": "."}, "M:T10.2", "say in words why it is not applicable here"),
        ({"I:T10.2": "finding", "J:T10.2": "minor", "M:T10.2": "Seen."}, "L:T10.2", "affected and sampled are needed"),
        ({"I:T1.1": "not reviewed"}, "I:T1.1", "a whole audit"),
        ({"J:T1.1": "major"}, "I:T1.1", "there is no result, but severity is filled in"),
        ({"I:T1.1": "conformance", "L:T1.1": 0}, "L:T1.1", "greater than or equal to 1"),
        ({"I:T1.1": "conformance", "L:T1.1": -3}, "L:T1.1", "greater than or equal to 1"),
        ({"I:T1.1": "conformance", "L:T1.1": 4.5}, "L:T1.1", "a whole number was expected, and '4.5'"),
        ({"I:T1.1": "conformance", "L:T1.1": "1,000"}, "L:T1.1", "a whole number was expected, and '1,000'"),
        ({"I:T1.1": "conformance", "L:T1.1": "about 40"}, "L:T1.1", "a whole number was expected"),
        ({"I:T1.1": "conformance", "L:T1.1": True}, "L:T1.1", "a whole number was expected"),
        ({"I:T1.1": "conformance", "L:T1.1": 10**9}, "L:T1.1", "less than or equal to 1000000"),
        ({"I:T1.1": "conformance", "K:T1.1": 3, "L:T1.1": 9}, "K:T1.1", "3 affected cannot be conformance"),
        ({"I:T10.2": "finding", "J:T10.2": "minor", "M:T10.2": "x", "K:T10.2": 7}, "L:T10.2", "belong together"),
        ({"I:T1.1": "conformance", "M:T1.1": 12.5}, "M:T1.1", "write it as text"),
        ({"I:T1.1": "conformance", "M:T1.1": "x" * 4001}, "M:T1.1", "at most 4000"),
        ({"I:T1.1": "conformance", "M:T1.1": "a\u202eb"}, "M:T1.1", "U+202E is not allowed"),
        ({"I:T1.1": "conformance", "N:T1.1": "\n".join("x" * 21)}, "N:T1.1", "at most 20"),
        ({"I:T1.1": "conformance", "N:T1.1": "ok\n" + "x" * 201}, "N:T1.1", "entry 2: "),
        ({"I:T1.1": "conformance", "O:T1.1": "sometimes"}, "O:T1.1", "yes or no was expected"),
        ({"I:T1.1": "conformance", "O:T1.1": "yes"}, "O:T1.1", "deliberate belongs to a finding"),
        ({"I:T1.1": "finding", "J:T1.1": "major", "M:T1.1": "x", "P:T1.1": "yes"}, "P:T1.1", "only a priority"),
        ({"I:T1.1": "finding", "J:T1.1": "major", "M:T1.1": "x", "Q:T1.1": "yes"}, "Q:T1.1", "belongs to T9"),
        ({"A:T1.1": "T1.2"}, "Provisions!A3", "T1.2 stands twice"),
        ({"A:T1.1": "T99.1"}, "A:T1.1", "is no provision of this audit"),
        ({"A:T1.1": "", "I:T1.1": "conformance"}, "A:T1.1", "the number of the provision is gone"),
        ({"C:T1.1": "Something milder."}, "C:T1.1", "this cell is locked"),
        ({"Provisions!I1": "Outcome"}, "Provisions!I1", "'Result' was expected here"),
        ({"Provisions!T9": "told me that"}, "Provisions!T9", "nothing is expected here"),
        ({"Provisions!B200": "told me that"}, "Provisions!A200", "the number of the provision is gone"),
        ({"Audit!B30": "a note"}, "Audit!A30", "nothing is expected here"),
        ({"Audit!C2": "a note"}, "Audit!C2", "nothing is expected here"),
        ({"How to!A40": "a note"}, "How to!A40", "nothing is expected here"),
        ({"How to!B2": "a note"}, "How to!B2", "nothing is expected here"),
        ({"Report!C2": "a note"}, "Report!C2", "nothing is expected here"),
        ({"Report!B2": "many"}, "Report!B2", "a whole number was expected"),
        ({"Report!B2": -1}, "Report!B2", "greater than or equal to 0"),
        ({"Report!B8": "3 June"}, "Report!B8", "is not a day like"),
        ({"Report!B13": 47.25}, "Report!B13", "one decimal at most"),
        ({"Report!B16": 8}, "Report!B16", "less than or equal to 7"),
    ],
)  # fmt: skip
def test_a_slip_is_told_with_its_cell(changes: dict[str, Any], cell: str, words: str) -> None:
    faults = wrong(changes)
    column, _, id = cell.partition(":")
    place = at(column, id) if id else cell
    assert place in faults, faults
    assert words in faults[place]


def test_all_errors_of_a_sheet_and_of_one_row_are_listed() -> None:
    faults = wrong(
        {
            "I:T1.1": "finding", "J:T1.1": "minor", "K:T1.1": 9, "Q:T1.1": "yes",  # and no description
            "I:T2.1": "conformance", "J:T2.1": "major", "O:T2.1": "yes",
            "Report!B2": "many",
        }
    )  # fmt: skip
    assert {at("J", "T1.1"), at("M", "T1.1"), at("Q", "T1.1"), at("J", "T2.1"), at("O", "T2.1"), "Report!B2"} <= set(
        faults
    )
    assert {at("K", "T1.1"), at("L", "T1.1")} & set(faults)
    refusal = FaultySheet([Fault(filled(EMPTY).place("T1.1", "severity"), "x")])
    assert str(refusal).startswith("/workbook: 1 error, nothing was filed: Provisions!J2: x")


def test_a_formula_is_refused_with_its_cell_and_its_value_is_not_taken() -> None:
    data = replaced("Report", b"</sheetData>", b'<row r="90"><c r="B90"><f>1+1</f><v>2</v></c></row></sheetData>')
    back = filled(data)
    assert "Report!B90: a formula; write what it comes to" in [str(fault) for fault in back.faults]
    error = replaced("Report", b"</sheetData>", b'<row r="90"><c r="B90" t="e"><v>#N/A</v></c></row></sheetData>')
    assert "Report!B90: an error value; write what was meant" in [str(fault) for fault in filled(error).faults]


def test_an_answer_is_never_taken_away() -> None:
    answered = sheet({"T10.2": MINOR})
    columns = {f"{column}:T10.2": None for column in "IJKLMN"}
    assert wrong(columns, answered) == {
        at("I", "T10.2"): "T10.2 was answered and is empty here; an answer is replaced, never taken away"
    }


def test_a_row_that_is_gone_is_missed() -> None:
    data = edited(EMPTY, dict.fromkeys((f"Provisions!{column}2" for column in "ABCDEFGH"), None))
    assert [str(fault) for fault in filled(data).faults] == ["Provisions: the row of T1.1 is missing"]


def test_what_says_the_same_in_another_way_is_taken_as_that() -> None:
    """As people write it: capitals, a number as text, true for yes, a day as a date."""
    data = book(sheet())
    n = row_of(data, "T9.1")
    back = filled(edited(data, {
        f"Provisions!I{n}": " Finding ", f"Provisions!J{n}": "PRIORITY", f"Provisions!K{n}": "6",
        f"Provisions!L{n}": 42.0,
        f"Provisions!M{n}": "Seen.\r\nTwice.", f"Provisions!N{n}": "a\n\n b \n", f"Provisions!O{n}": True,
        f"Provisions!Q{n}": "Yes", f"Provisions!P{n}": "no",
        "Report!B13": 47.5, "Report!B14": "9.5", "Report!B2": "640",
    }))  # fmt: skip
    assert back.faults == ()
    assert back.rows == {
        "T9.1": Row("finding", "priority", 6, 42, "Seen.\nTwice.", ("a", "b"), deliberate=True, worst_form=True)
    }
    assert back.figures == {"hours_normal": 475, "hours_overtime": 95, "workers": 640}


# ------------------------------------------------------------------------------------------------- whose sheet it is


def checked(data: bytes | Json, **change: Any) -> None:
    given = reading.read(data) if isinstance(data, bytes) else as_json.read(data)
    check_head(given, read_head(given), CATALOGUE, audit=change.get("audit", "aud_0p4g7s2f9j5w1h6r"))


def test_a_sheet_of_this_audit_is_taken() -> None:
    checked(EMPTY)
    checked(as_json.write(sheet(), CATALOGUE))


def test_a_sheet_of_another_audit_standard_or_version_is_refused() -> None:
    with pytest.raises(Conflict, match=r"a sheet of aud_0p4g7s2f9j5w1h6r \(2026-06-01 to 2026-06-03\), not of aud_x"):
        checked(EMPTY, audit="aud_x")
    old = standard.load("freemark-2026.0")
    with pytest.raises(Conflict, match=r"this sheet asks freemark-2026\.0"):
        checked(book(sheet(catalogue=old), old))
    plain = standard.load("freemark-2026.1")
    with pytest.raises(Conflict, match="another version of the sheet"):
        checked(book(sheet(catalogue=plain), plain))  # without the profile
    with pytest.raises(Conflict, match="this is older version of the sheet, sheet-0-"):
        checked(book(sheet(version="sheet-0-b618c3d3ef6b")))


def test_locked_cells_that_were_changed_are_seen() -> None:
    """Each page's own: what it is of, and what stood there when it was made."""
    other = book(sheet({"T10.2": MINOR, "T1.1": CONFORMS}))
    for changes in (
        {"Audit!B6": "2026-07-01"}, {"Audit!B12": "0" * 64}, {"State!B1": "0" * 32}, {"State!A1": "T1.2"},
        {"State!A2": None, "State!B2": None}, {"State!A9": "T2.1", "State!B9": "0" * 32},
    ):  # fmt: skip
        with pytest.raises(Invalid, match="something locked was changed"):
            checked(edited(other, changes))
    with pytest.raises(Invalid, match="does not say which audit"):
        checked(edited(other, {"Audit!B1": None}))
    checked(other)


# ---------------------------------------------------------------------------------------------------------------- JSON


def said(document: Json) -> Filled:
    return understand(as_json.read(document, "/sheet"), CATALOGUE)


def test_json_says_the_same_as_the_workbook() -> None:
    made = sheet({"T10.2": MINOR, "T1.1": CONFORMS}, {"workers": 640, "worker_languages": ["bn"]})
    json_, book_ = said(as_json.write(made, CATALOGUE)), filled(book(made))
    assert (json_.rows, json_.figures, json_.base, json_.head) == (book_.rows, book_.figures, book_.base, book_.head)
    assert json_.faults == ()


@pytest.mark.parametrize(
    ("answer", "pointer", "words"),
    [
        ({"result": "finding", "severity": "minor", "description": "x"}, "severity", "minor is outside the limits"),
        ({"result": "maybe"}, "result", "input should be"),
        ({"severity": "major"}, "result", "there is no result"),
        ({"result": "conformance", "sampled": "42"}, "sampled", "valid integer"),
        ({"result": "conformance", "sampled": True}, "sampled", "valid integer"),
        ({"result": "conformance", "name": "x"}, "name", "extra inputs are not permitted"),
        ({"result": "conformance", "evidence": ["a", 3]}, "evidence/1", "valid string"),
        ({"result": "finding", "zero_tolerance": True, "description": "x"}, "zero_tolerance", "raise an alert"),
        ({"result": "finding", "severity": "zero_tolerance", "description": "x"}, "severity", "raise an alert"),
    ],
)  # fmt: skip
def test_a_slip_in_json_is_told_with_its_pointer(answer: Json, pointer: str, words: str) -> None:
    document = {**as_json.write(sheet(), CATALOGUE), "answers": {"T1.1": answer}}
    back = said(document)
    faults = {fault.place.pointer: str(fault) for fault in (*back.faults, *faults_of(back, back.changed(), CATALOGUE))}
    assert words in faults[f"/sheet/answers/T1.1/{pointer}"]


def test_json_that_is_no_sheet_is_refused() -> None:
    document = as_json.write(sheet(), CATALOGUE)
    parts_wrong: list[Json] = [{"base": []}, {"answers": None}, {"base": {"a": 1}}, {"checksum": 1}]
    whole_wrong: list[Json] = [[], "x", None, {}, *({**document, **part} for part in parts_wrong)]
    for broken in whole_wrong:
        with pytest.raises(Invalid):
            as_json.read(broken)
    with pytest.raises(Invalid, match="does not say which audit"):
        read_head(as_json.read({**document, "head": {}}))
    odd = said(
        {
            **document,
            "notes": "she told me",
            "answers": {"T1.1": 3, "T9/9": {"result": "conformance"}},
            "figures": {"x": 1},
        }
    )
    assert {fault.place.pointer for fault in odd.faults} == {
        "/sheet/notes", "/sheet/answers/T1.1", "/sheet/answers/T9~19", "/sheet/figures/x",
    }  # fmt: skip


def test_under_the_old_standard_zero_tolerance_does_not_travel_either() -> None:
    old = standard.load("freemark-2026.0")
    document = as_json.write(sheet(catalogue=old), old)
    given = as_json.read({**document, "answers": {"T2.1": {"result": "finding", "zero_tolerance": True}}})
    (fault,) = understand(given, old).faults
    assert "POST /v1/audits/{audit}/answers" in fault.words


def test_a_sheet_of_nothing_has_no_faults() -> None:
    assert replace(filled(EMPTY), faults=()).changed() == ()
