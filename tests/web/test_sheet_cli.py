"""`freemark sheet` on an auditor's device: no server, no settings; every error with its cell, nothing written over."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from audits.sheets import as_json
from tests.unit.audits.sheets.building import CATALOGUE, CONFORMS, MINOR, book, filled, sheet
from tests.unit.audits.sheets.editing import edited, row_of
from tests.web.pieces import did, environment, one_line, run

DATA = book(sheet({"T1.1": CONFORMS}))
AT = {id: row_of(DATA, id) for id in ("T1.1", "T2.1", "T10.2")}


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path / "data")


def conforms(id: str, sampled: int) -> dict[str, str | int | None]:
    return {f"Provisions!I{AT[id]}": "conformance", f"Provisions!L{AT[id]}": sampled}


def test_a_good_sheet_is_told_to_be_good(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(edited(DATA, conforms("T2.1", 42)))
    said = did(env, "sheet", "check", tmp_path / "a.xlsx")
    assert "1 changed since the sheet was made, and nothing wrong" in said
    assert "2 of 78 answered; open: T1.2" in said
    document = as_json.write(sheet({"T10.2": MINOR}), CATALOGUE)
    for name, content in (("plain.json", document), ("request.json", {"sheet": document})):
        (tmp_path / name).write_text(json.dumps(content))
        assert "0 changed" in did(env, "sheet", "check", tmp_path / name)
    assert not (tmp_path / "data").exists()  # no installation is needed, and none is made


def test_a_priority_finding_is_pointed_out(env: dict[str, str], tmp_path: Path) -> None:
    row = {f"Provisions!{c}{AT['T1.1']}": value for c, value in zip("IJM", ("finding", "priority", "x"), strict=True)}
    (tmp_path / "a.xlsx").write_bytes(
        edited(DATA, {**row, f"Provisions!L{AT['T1.1']}": None, f"Provisions!K{AT['T1.1']}": None})
    )
    assert f"Provisions!J{AT['T1.1']}: the site is told" in did(env, "sheet", "check", tmp_path / "a.xlsx")


def test_every_error_is_a_line_with_its_cell(env: dict[str, str], tmp_path: Path) -> None:
    wrong = {f"Provisions!J{AT['T2.1']}": "major", f"Provisions!L{AT['T1.1']}": "many", "Report!B2": "x"}
    (tmp_path / "a.xlsx").write_bytes(edited(DATA, wrong))
    ran = run(env, "sheet", "check", tmp_path / "a.xlsx")
    assert (ran.status, ran.out) == (2, "")
    lines = ran.err.splitlines()
    assert {line.split(": ")[0] for line in lines[:-1]} == {
        f"Provisions!I{AT['T2.1']}",
        f"Provisions!L{AT['T1.1']}",
        "Report!B2",
    }
    assert lines[-1] == f"freemark: 3 errors in {tmp_path / 'a.xlsx'}; nothing of it would be filed"


def test_what_is_no_sheet_is_one_line(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "b.xlsx").write_bytes(b"PK\x03\x04")
    (tmp_path / "c.txt").write_text("result,severity")
    for name in ("a.json", "b.xlsx", "c.txt", "absent", "."):
        ran = run(env, "sheet", "check", tmp_path / name)
        assert ran.status == 2
        assert one_line(ran.err), ran.err


def test_two_sheets_become_one(env: dict[str, str], tmp_path: Path) -> None:
    one, two, out = tmp_path / "one.xlsx", tmp_path / "two.xlsx", tmp_path / "both.xlsx"
    one.write_bytes(edited(DATA, {**conforms("T2.1", 42), "Report!B2": 640}))
    two.write_bytes(edited(DATA, {**conforms("T10.2", 12), "Report!B2": 640}))
    did(env, "sheet", "merge", one, two, "--out", out)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    back = filled(out.read_bytes())
    assert back.faults == ()
    assert set(back.rows) == {"T1.1", "T2.1", "T10.2"}
    assert back.figures == {"workers": 640}
    assert set(back.changed()) == {"T2.1", "T10.2", "workers"}
    assert run(env, "sheet", "merge", one, two, "--out", out).status == 2  # never written over
    other = tmp_path / "both.json"
    did(env, "sheet", "merge", two, one, "--out", other)
    given = json.loads(other.read_text())
    assert given["answers"] == {id: row.to_json() for id, row in back.rows.items()}
    assert "1 changed" not in did(env, "sheet", "check", other)


def test_conflicts_are_shown_and_chosen(env: dict[str, str], tmp_path: Path) -> None:
    one, two, out = tmp_path / "one.xlsx", tmp_path / "two.xlsx", tmp_path / "both.json"
    one.write_bytes(edited(DATA, {**conforms("T2.1", 42), "Report!B2": 640}))
    two.write_bytes(edited(DATA, {**conforms("T2.1", 12), "Report!B2": 650}))
    ran = run(env, "sheet", "merge", one, two, "--out", out)
    assert ran.status == 2
    assert f"T2.1: Provisions!I{AT['T2.1']} of {one} and Provisions!I{AT['T2.1']} of {two} differ" in ran.err
    assert "workers: Report!B2 of" in ran.err
    assert not out.exists()
    did(env, "sheet", "merge", one, two, "--out", out, "--mine", "T2.1", "--theirs", "workers")
    given = json.loads(out.read_text())
    assert (given["answers"]["T2.1"]["sampled"], given["figures"]) == (42, {"workers": 650})
    assert run(env, "sheet", "merge", one, two, "--out", tmp_path / "x", "--mine", "T99.9").status == 2


def test_sheets_of_two_moments_are_not_merged_here(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "one.xlsx").write_bytes(DATA)
    (tmp_path / "two.xlsx").write_bytes(book(sheet()))
    ran = run(env, "sheet", "merge", tmp_path / "one.xlsx", tmp_path / "two.xlsx", "--out", tmp_path / "x")
    assert "not made at one moment" in ran.err
    assert not (tmp_path / "x").exists()


def test_it_needs_no_database_and_no_web() -> None:
    code = (
        "import sys, freemark.commands.sheet, audits.sheets.reading, audits.sheets.workbook, audits.sheets.as_json;"
        "sys.exit(sum(name in sys.modules for name in ('sqlalchemy', 'fastapi', 'ground.database', 'ground.settings')))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
