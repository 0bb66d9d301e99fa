"""The nevers of pyproject.toml hold, and each of them bites.

For every import contract one violation is planted into a copy of the tree, and the checker has to name that contract
as broken. A contract without a planted violation fails here, so nobody can add one that was never seen to work.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
PACKAGES: list[str] = CONFIG["root_packages"]
CONTRACTS: dict[str, dict] = {contract["id"]: contract for contract in CONFIG["contracts"]}

# (contract, module that gets the line, the line): a violation that somebody could really write.
PLANTED = [
    ("floors", "ground.errors", "import audits.facts"),
    ("floors", "audits.facts", "def later():\n    from labels import serials\n"),
    ("floors", "certify.service", "import freemark"),
    ("floors", "labels.service", "from verify import bundle"),
    ("eyes", "audits.service", "from certify import rulebook"),
    ("testimony", "labels.service", "from audits import dossier"),
    ("testimony", "verify.pages", "import audits.facts"),
    ("judge", "verify.source", "from ground import database"),
    ("judge", "verify.offline", "from certify import register"),  # indirect: the register reads tables
    ("judge", "verify.pages", "import sqlite3"),
    ("offline", "verify.offline", "import pydantic"),
    ("offline", "verify.bundle", "from ground import settings"),
    ("pure", "certify.rules", "from ground import clock"),
    ("pure", "certify.merkle", "import secrets"),
    ("pure", "labels.payload", "import random"),
    ("pure", "audits.rules", "import time"),
    ("pure", "verify.verdict", "from socket import socket"),
    ("pure", "labels.serials", "from audits import tables"),  # indirect: tables know SQLAlchemy
    ("doors-of-audits", "certify.service", "from audits import tables"),
    ("doors-of-audits", "certify.service", "from audits.service import file_finding"),
    ("doors-of-certify", "labels.service", "from certify.tables import Certificate"),
    ("doors-of-certify", "verify.routes", "from certify.brand_new import anything"),  # also rooms not built yet
    ("doors-of-labels", "verify.routes", "from labels import tables"),
    ("doors-of-verify", "labels.service", "from verify import verdict"),
    ("queue", "freemark.jobs", "from celery import shared_task"),
    ("queue", "ground.outbox", "import kombu"),
    ("web", "certify.service", "from fastapi import HTTPException"),
    ("web", "ground.auth", "from starlette.requests import Request"),
]

# The two indirect violations need a known chain behind them, whatever the rooms import today.
CHAINS = {"certify.register": "import ground.database", "audits.tables": "import sqlalchemy", "certify.brand_new": ""}

# Rooms that the planted lines and the contracts speak of. The copy has them all, also those not written yet: so a
# planted violation is always caught for its own sake. That the real tree has them, `test_contracts_hold` says.
ROOMS = {
    *(name for contract in CONTRACTS.values() for key in ("source_modules", "forbidden_modules")
      for name in contract.get(key, []) if "." in name),
    *CHAINS,
    "audits.dossier", "audits.service", "certify.rulebook", "certify.tables", "labels.tables",
}  # fmt: skip


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A tree with our Python files and the configuration, nothing else."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        for source in (ROOT / package).rglob("*.py"):
            target = tmp_path / source.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    for room in ROOMS:
        write(tmp_path, room, lambda old: old)
    for room, text in CHAINS.items():
        write(tmp_path, room, lambda old, text=text: f"{text}\n{old}")
    return tmp_path


def test_contracts_hold() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_contract_has_a_planted_violation() -> None:
    assert {contract for contract, _, _ in PLANTED} == set(CONTRACTS)


@pytest.mark.parametrize(("contract", "module", "line"), PLANTED, ids=[f"{c}: {m}: {x[:40]!r}" for c, m, x in PLANTED])
def test_a_planted_violation_is_caught(copy: Path, contract: str, module: str, line: str) -> None:
    write(copy, module, lambda old: f"{old}\n{line}\n")
    done = lint(copy, contract)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{CONTRACTS[contract]['name']} BROKEN" in done.stdout, done.stdout
    assert module in done.stdout.split("Broken contracts", 1)[1], done.stdout


def test_the_copy_without_a_plant_is_whole(copy: Path) -> None:
    """The negative control: what breaks above is the planted line, not the copying."""
    for room in CHAINS:
        write(copy, room, lambda _: "")
    done = lint(copy)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_package_imports_nothing_by_itself() -> None:
    """`import audits.facts` runs `audits/__init__.py`: if that imported tables, every pure module would have them."""
    for package in PACKAGES:
        text = (ROOT / package / "__init__.py").read_text(encoding="utf-8")
        assert not [line for line in text.splitlines() if line.startswith(("import ", "from "))], package


def write(copy: Path, module: str, change: Callable[[str], str]) -> None:
    path = copy.joinpath(*module.split(".")).with_suffix(".py")
    package = path.with_suffix("") / "__init__.py"  # a room may have become a package
    path = package if package.exists() else path
    path.write_text(change(path.read_text(encoding="utf-8") if path.exists() else ""), encoding="utf-8")


def lint(folder: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    chosen = [word for contract in contracts for word in ("--contract", contract)]
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache", "--no-logo", *chosen],
        cwd=folder,
        # PYTHONSAFEPATH would hide the copy behind the checkout; a wide terminal keeps each name on one line.
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONSAFEPATH": "", "COLUMNS": "400"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
