"""Random edits of cells: what is filed is what the cells say, or it is a fault; never a third thing."""

from __future__ import annotations

import os
import unicodedata
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from audits.sheets import workbook
from audits.sheets.checking import faults_of
from audits.sheets.content import Row
from tests.unit.audits.sheets.building import CATALOGUE, CONFORMS, MINOR, book, filled, sheet
from tests.unit.audits.sheets.editing import edited, row_of

TORTURE = bool(os.environ.get("FREEMARK_TORTURE"))
BEFORE = {"T1.1": CONFORMS, "T10.2": MINOR}
DATA = book(sheet(BEFORE))
IDS = ("T1.1", "T9.1", "T10.2", "T6.1")
ROWS = {id: row_of(DATA, id) for id in IDS}
WORDS = (
    "conformance", "finding", "not applicable", "NOT_REVIEWED", "not reviewed", "minor", "Major", "priority", "risk",
    "yes",
    "no", "YES", "x", "0", "6", "06", "6.0", "1e3", "６", "-1", "=1", "zero tolerance", "a\nb", " ", "",
)  # fmt: skip
VALUES = st.one_of(
    st.none(),
    st.sampled_from(WORDS),
    st.integers(-2, 50),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.booleans(),
    st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=20),
)
EDITS = st.dictionaries(st.tuples(st.sampled_from(IDS), st.sampled_from(list(workbook.AT))), VALUES, max_size=12)


def plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def says(value: Any, field: str) -> Any:
    """What a person reads in the cell, said again in the terms of an answer; the cell's own text if it is none."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return {"evidence": (), "description": ""}.get(field, False if field in CATALOGUE_FLAGS else None)
    if isinstance(value, float) and value == int(value):
        value = int(value)
    text = plain(str(value))
    if field in ("result", "severity"):
        return text.lower().replace(" ", "_")
    if field in ("affected", "sampled"):
        return int(text) if text.isascii() and text.isdecimal() and not isinstance(value, bool) else text
    if field in CATALOGUE_FLAGS:
        return {"yes": True, "true": True, "no": False, "false": False}.get(text.lower(), text)
    return tuple(plain(line) for line in text.splitlines() if line.strip()) if field == "evidence" else text


CATALOGUE_FLAGS = ("deliberate", "concealed", "worst_form", "by_management")


@settings(max_examples=1000 if TORTURE else 40)
@given(EDITS)
def test_what_is_read_is_what_the_cells_say(edits: dict[tuple[str, str], Any]) -> None:
    places = {f"Provisions!{chr(65 + workbook.AT[field])}{ROWS[id]}": value for (id, field), value in edits.items()}
    back = filled(edited(DATA, places))
    faults = [*back.faults, *faults_of(back, back.changed(), CATALOGUE)]
    faulty = {fault.key for fault in faults}
    for id in IDS:
        if id in faulty:
            continue
        row = back.rows.get(id)
        was = BEFORE.get(id)
        for field in workbook.AT:
            before = getattr(was, field) if was else says(None, field)
            wanted = says(edits[id, field], field) if (id, field) in edits else before
            got = getattr(row, field) if row else says(None, field)
            assert got == wanted, (id, field, edits.get((id, field)))
    assert set(back.rows) - set(IDS) == set()
    told = {cell.split("!")[1].rstrip("0123456789") for cell in (fault.place.cell for fault in faults)}
    assert told <= {chr(65 + column) for column in workbook.AT.values()}


@settings(max_examples=1000 if TORTURE else 20)
@given(EDITS)
def test_what_would_be_filed_holds_by_the_standard(edits: dict[tuple[str, str], Any]) -> None:
    """No draft leaves here that the standard alone would refuse, and none of zero tolerance."""
    places = {f"Provisions!{chr(65 + workbook.AT[field])}{ROWS[id]}": value for (id, field), value in edits.items()}
    back = filled(edited(DATA, places))
    good = set(back.changed()) - {fault.key for fault in faults_of(back, back.changed(), CATALOGUE)}
    for id in good:
        draft = back.rows[id].draft(id)
        assert not draft.zero_tolerance
        assert (draft.release == "now") == (draft.severity == "priority")
    untouched = {id for id, _ in edits}
    assert all(back.rows[id] == row for id, row in BEFORE.items() if id not in untouched)


def test_an_emptied_flag_and_a_no_say_the_same() -> None:
    for value in ("no", "No", False, None, ""):
        back = filled(edited(DATA, {f"Provisions!O{ROWS['T10.2']}": value}))
        assert back.changed() == ()
    assert Row("finding").deliberate is False
