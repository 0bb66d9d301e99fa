"""`freemark sealed` on an auditor's device: base install only, nothing written over, nothing printed but counts."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from audits.fieldwork import boxes
from tests.unit.audits.fieldwork.test_interviews import ALONE, GROUP, log
from tests.web.pieces import did, environment, one_line, run


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path / "data")


def test_a_log_travels_sealed_and_its_counts_in_clear(env: dict[str, str], tmp_path: Path) -> None:
    key = did(env, "sealed", "keygen", tmp_path / "body.key").strip()
    assert stat.S_IMODE((tmp_path / "body.key").stat().st_mode) == 0o600
    plain = tmp_path / "log.json"
    plain.write_bytes(log(ALONE, GROUP))
    counts = json.loads(did(env, "sealed", "log", plain, "--to", key))
    assert counts["individual"] == 1
    assert counts["group"] == 5
    sealed = tmp_path / "log.json.sealed"
    assert stat.S_IMODE(sealed.stat().st_mode) == 0o600
    assert boxes.key_text(boxes.addressee(sealed.read_bytes())) == key
    assert did(env, "sealed", "open", sealed, "--key", tmp_path / "body.key").encode() == plain.read_bytes()
    assert not (tmp_path / "data").exists()  # no installation is needed, and none is made

    alert = tmp_path / "alert.txt"
    alert.write_text("83 passports are in a safe.\n")
    did(env, "sealed", "seal", alert, "--to", key, "--out", tmp_path / "a.sealed")
    assert len((tmp_path / "a.sealed").read_bytes()) == len(sealed.read_bytes())
    did(env, "sealed", "open", tmp_path / "a.sealed", "--key", tmp_path / "body.key", "--out", tmp_path / "opened")
    assert (tmp_path / "opened").read_text() == alert.read_text()


def test_what_is_refused_is_one_line_and_writes_nothing(env: dict[str, str], tmp_path: Path) -> None:
    key = did(env, "sealed", "keygen", tmp_path / "body.key").strip()
    did(env, "sealed", "keygen", tmp_path / "other.key")
    plain, named = tmp_path / "log.json", tmp_path / "named.json"
    plain.write_bytes(log(ALONE))
    named.write_bytes(log({**ALONE, "name": "Somebody"}))
    did(env, "sealed", "log", plain, "--to", key)
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    for words in (
        ("keygen", tmp_path / "body.key"),
        ("log", plain, "--to", key),  # there already
        ("log", named, "--to", key),
        ("log", plain, "--to", "z6LS", "--out", tmp_path / "new"),
        ("log", tmp_path / "absent", "--to", key),
        ("open", tmp_path / "log.json.sealed", "--key", tmp_path / "other.key"),
        ("open", tmp_path / "log.json.sealed", "--key", plain),
        ("open", plain, "--key", tmp_path / "body.key"),
    ):
        ran = run(env, "sealed", *words)
        assert (ran.status, ran.out) == (2, ""), words
        assert one_line(ran.err), ran.err
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_neither_database_nor_web_is_loaded(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "log.json").write_bytes(log(ALONE))
    key = boxes.key_text(boxes.public_of(bytes([7]) * 32))
    program = (
        "import sys; from freemark.cli import main\n"
        f"status = main(['sealed', 'log', {str(tmp_path / 'log.json')!r}, '--to', {key!r}])\n"
        "print(status, sorted({'sqlalchemy', 'fastapi', 'pydantic', 'starlette'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "0 []", done.stderr
