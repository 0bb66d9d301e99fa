"""The hunt itself: two runs never share a tree, a name that pytest does not find is no kill, plain source is the same.

Runs no mutant; that is `python -m tests.mutants.run`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.mutants.plain import plain
from tests.mutants.run import HUNTS, ROOT, _wrong_by_name, alone


def test_a_second_run_in_the_same_tree_is_refused_and_the_files_of_the_first_stay(tmp_path: Path) -> None:
    tree = tmp_path / "certify"
    with alone(tree):
        tree.mkdir()
        (tree / "kept").touch()
        with pytest.raises(SystemExit, match="another run hunts"), alone(tree):
            pass
        assert (tree / "kept").exists()
    with alone(tree):
        assert not tree.exists()


@pytest.mark.parametrize(
    ("name", "passes"), [("test_one", True), ("test_one[more]", False), ("test_none", False), ("test_bad", False)]
)
def test_a_test_that_is_not_found_or_fails_by_itself_is_told_before_it_looks_like_a_kill(
    tmp_path: Path, name: str, passes: bool
) -> None:
    tree = tmp_path / "mutants"
    tree.mkdir()
    (tree / "test_it.py").write_text("def test_one(): pass\ndef test_bad(): assert False\n")
    stats = {"tests_by_mangled_function_name": {"certify.rules.x_decide": [f"test_it.py::{name}"]}}
    (tree / "mutmut-stats.json").write_text(json.dumps(stats))
    assert (_wrong_by_name(tmp_path) == "") == passes


DECORATED = """
@clause(TABLE, "S1")
def brake(v): return v + 1

@lru_cache(maxsize=1)
def kept(v): return [each for each in sorted(v, key=lambda e: -e)]

WHEN = {"issue": lambda v: v * 2}

class View:
    @property
    def double(self): return 6
"""


def test_plain_source_says_the_same_and_has_nothing_that_cannot_be_changed() -> None:
    source = plain(DECORATED)
    assert "@" not in source
    table: dict[str, Any] = {}
    world: dict[str, Any] = {"TABLE": table, "clause": lambda table, id: lambda f: table.setdefault(id, f)}
    exec(compile(source, "plain", "exec"), world)
    assert (table["S1"](1), world["kept"]([1, 2]), world["WHEN"]["issue"](2), world["View"]().double) == (
        2,
        [2, 1],
        4,
        6,
    )
    assert world["WHEN"]["issue"].__name__ != "<lambda>"


@pytest.mark.parametrize("hunt", HUNTS, ids=lambda hunt: hunt.name)
def test_every_file_and_every_test_of_a_hunt_is_there(hunt: Any) -> None:
    for pattern in (*hunt.files, *hunt.tests):
        assert list(ROOT.glob(pattern)), pattern
