"""`python -m tests.mutants.run`: change the rules in every small way, and see whether a test notices each.

mutmut 3 changes functions only, and none that is decorated; nearly every rule here is. So it works on a copy of the
tree in which the files under test say the same without decorators (`plain`). The copy holds every package, stands first
on the path, and mutmut itself makes sure before it begins that a broken copy fails the tests: what is mutated is what
is imported. Only the unit tests of the rules run; the property tests are left out, they would take a day.

Before anything counts, the tests are run once by the very names under which mutmut asks for them, with no mutant on: a
name that pytest does not find, or a test that fails by itself, would look like a kill.

Prints killed and total for each file and every survivor, fails below 90 percent. Part of `make torture`.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.plain import plain

ROOT = Path(__file__).parents[2]
PACKAGES = ("ground", "audits", "certify", "labels", "verify", "freemark")
LEAST = 90  # percent killed
FAILED = {1, 3, 255}  # a failing test, or one that ends pytest
ENDLESS = {36, -24, 24, 152}
PATIENCE = 60  # times as long as without the mutant, and so many seconds more: a busy machine is no endless mutant
NO_TEST = 33
# Only what the tests need: reporting a failure nobody reads takes longer than the test.
PYTEST = ("-p", "no:cacheprovider", "--tb=no", "--assert=plain", "--no-header", "--no-summary")


@dataclass(frozen=True)
class Hunt:
    """Files that are mutated together, and the tests that know them."""

    name: str
    files: tuple[str, ...]
    tests: tuple[str, ...]


DECISIONS = (
    "tests/unit/certify/test_rules.py",
    "tests/unit/certify/test_rules_standing.py",
    "tests/unit/certify/test_rules_return.py",
    "tests/unit/certify/test_clauses_issue.py",
    "tests/unit/certify/test_clauses_standing.py",
    "tests/unit/certify/test_clauses_limits.py",
    "tests/unit/certify/test_no_way_round.py",
    "tests/unit/certify/test_way_back_limits.py",
    "tests/unit/certify/test_worked_cases.py",
)

HUNTS = (
    Hunt("certify", ("certify/rules.py", "certify/measures.py", "certify/proven.py", "certify/view.py"), DECISIONS),
    Hunt("clauses", ("certify/clauses/*.py",), DECISIONS),
    Hunt(
        "audits",
        (
            "audits/rules.py",
            "audits/consistency.py",
            "audits/counting.py",
            "audits/fieldwork/interviews.py",
            "audits/fieldwork/plan.py",
            "audits/fieldwork/sampling.py",
            "audits/fieldwork/strata.py",
            "audits/remedy/clocks.py",
        ),
        (
            "tests/unit/audits/test_rules.py",
            "tests/unit/audits/test_rules_limits.py",
            "tests/unit/audits/test_consistency.py",
            "tests/unit/audits/test_consistency_words.py",
            "tests/unit/audits/test_counting.py",
            "tests/unit/audits/test_figures_limits.py",
            "tests/unit/audits/fieldwork/test_fieldwork_limits.py",
            "tests/unit/audits/fieldwork/test_interviews.py",
            "tests/unit/audits/fieldwork/test_interviews_limits.py",
            "tests/unit/audits/fieldwork/test_sampling.py",
            "tests/unit/audits/remedy/test_clocks.py",
        ),
    ),
    Hunt(
        "severity",
        ("audits/severity.py",),
        ("tests/unit/audits/test_severity.py", "tests/unit/audits/test_severity_limits.py"),
    ),
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants.run", description=__doc__)
    parser.add_argument("hunts", nargs="*", metavar="HUNT", help=f"of {', '.join(h.name for h in HUNTS)}; none is all")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--show", action="store_true", help="the difference of every survivor")
    parser.add_argument("--tree", type=Path, help="where the copies are made and kept; default: a folder that goes")
    given = parser.parse_args()
    chosen = [hunt for hunt in HUNTS if not given.hunts or hunt.name in given.hunts]
    bad = 0
    with tempfile.TemporaryDirectory(prefix="freemark-mutants-") as folder:
        for hunt in chosen:
            tree = (given.tree or Path(folder)) / hunt.name
            with alone(tree):
                prepare(tree, hunt)
                bad += not _hunted(tree, hunt, given.jobs, show=given.show)
    return 1 if bad else 0


@contextmanager
def alone(tree: Path) -> Iterator[None]:
    """An empty tree for this run only; SystemExit while another run works in it, which would lose its files."""
    tree.parent.mkdir(parents=True, exist_ok=True)
    with tree.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"another run hunts in {tree}") from None
        shutil.rmtree(tree, ignore_errors=True)
        yield


def prepare(tree: Path, hunt: Hunt) -> None:
    """The copy, with the files of the hunt made plain, and mutmut told what to do."""
    ignore = shutil.ignore_patterns("__pycache__", "node_modules", ".hypothesis")
    for name in (*PACKAGES, "tests"):
        shutil.copytree(ROOT / name, tree / name, ignore=ignore)
    for file in _files(tree, hunt):
        path = tree / file
        path.write_text(plain(path.read_text("utf-8")), "utf-8")
    pytest = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]["ini_options"]
    told = {
        "source_paths": list(PACKAGES),
        "only_mutate": _files(tree, hunt),
        "pytest_add_cli_args_test_selection": [test for test in hunt.tests if (ROOT / test).exists()],
        "pytest_add_cli_args": list(PYTEST),
        "timeout_multiplier": float(PATIENCE),
        "use_git_change_detection": False,
        "use_setproctitle": False,
    }
    lines = ["[tool.mutmut]", *(f"{key} = {json.dumps(value)}" for key, value in told.items())]
    lines += ["[tool.pytest.ini_options]", f"markers = {json.dumps(pytest['markers'])}"]
    (tree / "pyproject.toml").write_text("\n".join(lines) + "\n", "utf-8")


def _files(tree: Path, hunt: Hunt) -> list[str]:
    found = [path for pattern in hunt.files for path in sorted(tree.glob(pattern)) if path.name != "__init__.py"]
    return [path.relative_to(tree).as_posix() for path in found]


def _hunted(tree: Path, hunt: Hunt, jobs: int, *, show: bool) -> bool:
    begun = time.monotonic()
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(jobs)]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, env=_environment())
    if done.returncode:
        print(done.stdout[-1000:], done.stderr[-3000:], sep="\n")
        return False
    if said := _wrong_by_name(tree):
        print(f"{hunt.name}: the tests fail without a mutant, by the names under which it ran them:", said, sep="\n")
        return False
    all_killed = all_made = 0
    survivors: list[str] = []
    for file, results in _results(tree, hunt):
        endless = sum(code in ENDLESS for code in results.values())
        killed = endless + sum(code in FAILED for code in results.values())
        untested = sum(code == NO_TEST for code in results.values())
        all_killed, all_made = all_killed + killed, all_made + len(results)
        more = f", {endless} without an end" * bool(endless) + f", {untested} without a test" * bool(untested)
        print(f"{file:<32} killed {killed:>4} of {len(results):>4}{more}")
        survivors += [name for name, code in results.items() if code not in FAILED | ENDLESS]
    share = 100 * all_killed / max(all_made, 1)
    print(f"{hunt.name:<32} killed {all_killed:>4} of {all_made:>4}, {share:.1f} percent; at least {LEAST} are needed")
    print(f"  in {(time.monotonic() - begun) / 60:.0f} minutes")
    print(_shown(tree, survivors) if show else "\n".join(f"  survived: {name}" for name in survivors), flush=True)
    return share >= LEAST and all_made > 0


def _wrong_by_name(tree: Path) -> str:
    """What pytest says when all the tests are asked for by name, and one is not found or fails; "" when all pass."""
    kept = json.loads((tree / "mutants" / "mutmut-stats.json").read_text("utf-8"))
    names = sorted({name for tests in kept["tests_by_mangled_function_name"].values() for name in tests})
    command = [sys.executable, "-m", "pytest", "--rootdir=.", "-x", "-q", *PYTEST, *names]
    environment = {**_environment(), "MUTANT_UNDER_TEST": ""}
    done = subprocess.run(command, cwd=tree / "mutants", capture_output=True, text=True, env=environment)
    return (done.stdout[-1000:] + done.stderr[-3000:]) if done.returncode else ""


def _results(tree: Path, hunt: Hunt) -> Iterator[tuple[str, dict[str, int | None]]]:
    for file in _files(tree, hunt):
        kept = tree / "mutants" / f"{file}.meta"
        if kept.exists():
            yield file, json.loads(kept.read_text("utf-8"))["exit_code_by_key"]


SHOW = """
import sys
from mutmut.mutation.diff_apply import get_diff_for_mutant
for name in sys.stdin.read().split():
    print(name)
    for line in get_diff_for_mutant(name).splitlines():
        if line[:1] in "+-" and line[:3] not in ("+++", "---"):
            print("   ", line)
"""


def _shown(tree: Path, names: list[str]) -> str:
    """What each mutant changed."""
    done = subprocess.run(
        [sys.executable, "-c", SHOW],
        cwd=tree,
        capture_output=True,
        text=True,
        env=_environment(),
        input=" ".join(names),
    )
    return done.stdout or done.stderr


def _environment() -> dict[str, str]:
    """Without the plugins of pytest, which no test of a hunt needs: they are loaded again for every mutant."""
    alone = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return {**os.environ, **alone}


if __name__ == "__main__":
    sys.exit(main())
