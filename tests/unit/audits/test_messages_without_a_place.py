"""Refusals that did not say what is wrong and where: each says it now."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from audits.relations import ANSWER, check_on_team
from audits.sheets import reading, scanning
from freemark.cli import main
from ground.access import Actor
from ground.errors import Forbidden, FreemarkError, Invalid
from ground.web import validation_problem
from tests.unit.audits.sheets.building import book, sheet
from tests.unit.audits.sheets.editing import packed, part_of, parts, split

EMPTY = book(sheet())
SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def refusal(data: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        reading.read(data)
    assert caught.value.where == scanning.POINTER
    return caught.value.detail


def test_an_empty_file_is_called_empty() -> None:
    assert refusal(b"") == "the file is empty"


@pytest.mark.parametrize(("data", "words"), [(b"hello", "something else"), (b"GIF89a", "a GIF; save it as PNG")])
def test_here_only_a_workbook_is_taken(data: bytes, words: str) -> None:
    assert refusal(data) == f"a filled sheet is an XLSX workbook, and by its content this is {words}"


@pytest.mark.parametrize("part", ["xl/comments/comment1.xml", "xl/comments1.xml"])
def test_a_comment_is_told_with_page_and_cell_and_without_its_words(part: str) -> None:
    found = parts(EMPTY)
    words = b'<comments><commentList><comment ref="D7"><text>Ram said</text></comment></commentList></comments>'
    found[part] = words
    page = part_of("Provisions")
    folder, _, name = page.rpartition("/")
    found[f"{folder}/_rels/{name}.rels"] = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId9" '
        b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/comments" Target="/'
        + part.encode() + b'"/></Relationships>'
    )  # fmt: skip
    assert refusal(packed(found)) == "this workbook has comments in cells: Provisions!D7; remove them"


def _validated(kind: str, at: tuple[Any, ...], **about: Any) -> dict[str, Any]:
    fault = {"type": kind, "loc": ("body", *at), "msg": "Value should have at least 1 item after validation, not 0"}
    answer: dict[str, Any] = json.loads(bytes(validation_problem([{**fault, "ctx": about}]).body))
    return answer


def test_a_blank_reason_is_called_empty() -> None:
    answer = _validated("too_short", ("reason",), field_type="Value", min_length=1, actual_length=0)
    assert (answer["detail"], answer["pointer"]) == ("the reason is empty", "/reason")
    long = _validated("too_long", ("reason",), field_type="Value", max_length=200, actual_length=201)
    assert long["detail"] == "the reason has more than 200 characters"
    listed = _validated("too_short", ("days",), field_type="List", min_length=1, actual_length=0)
    assert "at least 1 item" in listed["detail"]


def test_a_key_that_is_refused_is_not_repeated() -> None:
    faults = [
        {"type": "value_error", "loc": ("body", "strata", "Ram Bahadur", "[key]"), "msg": "Value error, no stratum"},
        {"type": "greater_than_equal", "loc": ("body", "strata", "Ram Bahadur"), "msg": "too small"},
        {"type": "greater_than_equal", "loc": ("body", "strata", "women"), "msg": "too small"},
    ]
    body = bytes(validation_problem(faults).body).decode()
    assert "Ram" not in body
    assert [each["pointer"] for each in json.loads(body)["errors"]] == ["/strata", "/strata", "/strata/women"]


@pytest.mark.parametrize(("relations", "words"), [({"own"}, "you are not on the team of this audit"), (set(), "")])
def test_a_colleague_is_told_of_the_team(relations: set[Any], words: str) -> None:
    amina = Actor("per_a", "org_a", frozenset({"auditor"}), frozenset({"audits", "read"}))
    with pytest.raises(FreemarkError) as caught:
        check_on_team(amina, ANSWER, relations)
    assert (caught.value.detail == words) is bool(words)


def test_who_has_another_role_hears_of_the_role() -> None:
    bea = Actor("per_b", "org_a", frozenset({"manager"}), frozenset({"audits", "read"}))
    with pytest.raises(Forbidden, match="your role may not do this"):
        check_on_team(bea, ANSWER, {"own"})


def test_a_token_for_reading_hears_of_the_token() -> None:
    amina = Actor("per_a", "org_a", frozenset({"auditor"}), frozenset({"read"}))
    with pytest.raises(Forbidden, match="this token was not made for"):
        check_on_team(amina, ANSWER, {"own", "assigned"})


# The command line.


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) == 2
    return capsys.readouterr().err


def test_a_log_with_a_fault_names_its_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "log.json"
    log.write_text(json.dumps({"v": 1, "audit": "aud_0000000000000000", "interviews": []}))
    words = told(capsys, "sealed", "log", str(log), "--to", "z")
    assert f"{log}: /interviews" in words


def test_a_sheet_with_a_fault_names_its_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "s.json"
    file.write_text("{}")
    assert str(file) in told(capsys, "sheet", "check", str(file))
    file.write_text("{")
    assert str(file) in told(capsys, "sheet", "check", str(file))


def test_signing_names_both_bad_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report, key = tmp_path / "report.json", tmp_path / "key"
    report.write_text("{}")
    key.write_text("none")
    words = told(capsys, "auditor", "sign", str(report), "--key", str(key))
    assert f"{report}: is no prepared report" in words
    assert f"{key}: is no auditor's key" in words


# A column that moved.


def moved(kind: str) -> bytes:
    """Every cell of the answers one column to the right from B on, or without the cells of B."""
    found = parts(EMPTY)
    page = part_of("Provisions")
    root = ET.fromstring(found[page])
    for row in root.iter(f"{SPACE}row"):
        for cell in list(row):
            letters, number = split(cell.get("r", ""))
            if letters < "B":
                continue
            if kind == "removed" and letters == "B":
                row.remove(cell)
                continue
            cell.set("r", chr(ord(letters) + (1 if kind == "inserted" else -1)) + str(number))
    found[page] = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return packed(found)


@pytest.mark.parametrize(("kind", "words"), [("inserted", "was inserted or moved here"), ("removed", "was taken out")])
def test_a_column_that_moved_is_one_error_and_not_hundreds(kind: str, words: str) -> None:
    said = refusal(moved(kind))
    assert said.startswith("Provisions!B1: ")
    assert words in said
