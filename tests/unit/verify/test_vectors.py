"""The shared vectors, read as a stranger would: three files, and every verdict byte for byte."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ground.canonical import jcs, parse_instant, sha256
from ground.signing import parse_multikey
from tests.vectors.verdicts import HERE, apply, read
from verify.bundle import open_bundle
from verify.codes import CODES
from verify.verdict import judge

GOOD = json.loads((HERE / "good.json").read_bytes())
DEFECTS = json.loads((HERE / "defects.json").read_bytes())
FILE = json.loads((HERE / "cases.json").read_bytes())
ROOTS = [parse_multikey(root) for root in FILE["roots"]]
CASES = FILE["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_every_vector_has_its_verdict_byte_for_byte(case: dict[str, Any]) -> None:
    document = GOOD if case["bundle"] == "good" else apply(GOOD, DEFECTS[case["bundle"]])
    verdict = judge(read(case["text"]), open_bundle(document, ROOTS), case["membership"], parse_instant(case["at"]))
    assert verdict.code == case["code"]
    assert sha256(verdict.data).hex() == case["sha256"]
    assert verdict.data.decode() == case.get("verdict", verdict.data.decode())
    assert verdict.data == jcs(verdict.document)


def test_every_code_is_reached() -> None:
    assert {case["code"] for case in CASES} == set(CODES)


def test_every_defect_is_used() -> None:
    assert {case["bundle"] for case in CASES} == {"good", *DEFECTS}


def test_the_files_are_what_the_script_makes() -> None:
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-m", "tests.vectors.verdicts", "--check"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
