"""`freemark auditor` on a machine that has nothing but the base install: keys made and claimed, reports signed."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from audits import signed
from ground.canonical import digest
from ground.signing import parse_multikey
from tests.web.pieces import ROOT, did, one_line, run

ENV: dict[str, str] = {"PATH": "", "PYTHONPATH": str(ROOT)}
PERSON = "per_7k2m9t4x1c5v8q3d"
SERVER = ("sqlalchemy", "fastapi", "starlette", "pydantic", "alembic", "uvicorn", "celery", "jinja2")


@pytest.fixture
def key(tmp_path: Path) -> tuple[Path, str]:
    path = tmp_path / "auditor.key"
    return path, did(ENV, "auditor", "keygen", path).strip()


def report(kid: str, **change: Any) -> dict[str, Any]:
    return {
        "v": 2, "kid": kid, "audit": "aud_0p4g7s2f9j5w1h6r", "site": "site_8w3n5e1h6z2k0b7y", "type": "initial",
        "standard": "freemark-2026.1", "starts_on": "2026-06-02", "ends_on": "2026-06-04", "version": 1,
        "counts": {"conformance": 66, "unanswered": 0, "findings": {"major": 1, "minor": 0}}, **change,
    }  # fmt: skip


def written(folder: Path, document: Any) -> Path:
    path = folder / "report.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_a_key_is_for_its_owners_eyes_and_never_written_over(key: tuple[Path, str]) -> None:
    path, kid = key
    parse_multikey(kid)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    ran = run(ENV, "auditor", "keygen", path)
    assert (ran.status, ran.out) == (2, "")
    assert one_line(ran.err)
    assert path.read_bytes() == before


def test_a_claim_proves_the_key_for_one_person(key: tuple[Path, str]) -> None:
    path, kid = key
    claim = json.loads(did(ENV, "auditor", "claim", PERSON, "--key", path))
    assert claim["kid"] == kid
    assert signed.claims(PERSON, kid, claim["sig"])
    assert not signed.claims("per_0000000000000000", kid, claim["sig"])


@pytest.mark.parametrize("whole", [True, False])
def test_a_report_is_signed_and_shown_to_who_signs(tmp_path: Path, key: tuple[Path, str], whole: bool) -> None:
    path, kid = key
    document = report(kid)
    given = {"sha256": digest(document), "document": document} if whole else document
    ran = run(ENV, "auditor", "sign", written(tmp_path, given), "--key", path)
    assert ran.status == 0, ran
    signature = json.loads(ran.out)
    assert signed.holds(document, kid, signature["sig"])
    for shown in (document["audit"], digest(document), "66 conforming", "1 major", "version 1"):
        assert shown in ran.err


def test_a_report_comes_from_standard_input_too(key: tuple[Path, str]) -> None:
    path, kid = key
    out = did(ENV, "auditor", "sign", "-", "--key", path, stdin=json.dumps(report(kid)))
    assert signed.holds(report(kid), kid, json.loads(out)["sig"])


@pytest.mark.parametrize(
    "defect", ["another-hash", "another-key", "no-report", "no-json", "doubled-key", "missing", "no-key", "a-list"]
)
def test_what_is_not_to_be_signed_is_one_line_and_no_signature(
    tmp_path: Path, key: tuple[Path, str], defect: str
) -> None:
    path, kid = key
    document = report(kid)
    text = {
        "another-hash": json.dumps({"sha256": "00" * 32, "document": document}),
        "another-key": json.dumps(report("z6MkwF3hU7dgZtUjcXT1uUVXvP1Y6ne8QtvGxVLQTyjBP2PA")),
        "no-report": json.dumps({"keys": []}),
        "no-json": "{",
        "doubled-key": json.dumps(document)[:-1] + ', "v": 3}',
        "a-list": "[]",
    }.get(defect, json.dumps(document))
    file = tmp_path / "report.json"
    if defect != "missing":
        file.write_text(text, encoding="utf-8")
    if defect == "no-key":
        path.write_text("not a key\n")
    ran = run(ENV, "auditor", "sign", file, "--key", path)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.splitlines()[-1].startswith("freemark: ")
    assert "Traceback" not in ran.err


def test_it_runs_on_the_base_install(tmp_path: Path) -> None:
    """None of the server's libraries is imported by any of the three actions."""
    program = f"""
import json, sys
from freemark.cli import main
assert main(["auditor", "keygen", "k"]) == 0
assert main(["auditor", "claim", "{PERSON}", "--key", "k"]) == 0
from freemark.commands.seeds import read_seed
kid = read_seed("k", "", "").kid
json.dump({{**{report("")!r}, "kid": kid}}, open("r.json", "w"))
assert main(["auditor", "sign", "r.json", "--key", "k"]) == 0
heavy = sorted(name for name in sys.modules if name.split(".")[0] in {SERVER!r})
assert heavy == [], heavy[:5]
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=ENV, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_check_for_the_base_install_would_find_a_heavy_import(tmp_path: Path) -> None:
    """The negative control: a module of the server, imported beside it."""
    program = (
        f"import sys, audits.tables; assert not [name for name in sys.modules if name.split('.')[0] in {SERVER!r}]"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=ENV, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode != 0
