"""The whole story as a visitor plays it: a process of its own, a new world, and papers that hold without it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.web.pieces import FREEMARK, ROOT

CHAPTERS = 8
VERDICTS = ["VALID", "BAD_SIGNATURE", "TYPED_CODE", "VALID", "VALID", "SUSPENDED", "SUSPENDED", "REVOKED"]


def said(*words: str | Path) -> str:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("FREEMARK_")}
    command = [*FREEMARK, *map(str, words)]
    done = subprocess.run(
        command, env={**kept, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.slow
def test_the_story_ends_today_and_leaves_what_anybody_can_check(tmp_path: Path) -> None:
    out = tmp_path / "out"
    told = said("demo", "--out", out)
    assert re.findall(r"^(\d)  ", told, re.MULTILINE) == [str(number) for number in range(1, CHAPTERS + 1)]
    for words in (
        "who may:", "speaks bn, ne", "Passed over: nobody", "with a key that nobody else has", "Why not yet?",
        "The ledger is complete", "Outside, nothing is to be seen of it", "evidence.root, leaf", "decided 20",
    ):  # fmt: skip
        assert words in " ".join(told.split()), words
    verdicts = json.loads((out / "verdicts.json").read_text())
    assert [each["verdict"]["code"] for each in verdicts] == VERDICTS

    world = out / "world"
    assert "0 not" in said("--data", world, "decision", "replay", "--all")
    assert "reproduces its published root" in said("--data", world, "check")
    assert said("--data", world, "outbox", "stuck") == "0 stuck\n"
    code = (out / "labels.csv").read_text().splitlines()[1].split(",")[2]
    verdict = json.loads(said("verify", code, "--bundle", out / "bundle-after.json", "--root", out / "roots.txt"))
    assert verdict["code"] == "SUSPENDED"
