"""What the documents say is there: commands, files, settings, dependencies; and what must not be said anywhere."""

import argparse
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

from freemark.cli import parser
from ground.settings import Settings, describe
from verify import offline

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = (
    "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "Makefile", "docker-compose.yml", "Dockerfile",
)  # fmt: skip
VALUE_OF = {  # options that take a value, by the tests below found to be all of them
    action.option_strings[0]
    for each in (parser(), offline.parser())
    for action in each._actions
    if action.option_strings and action.nargs != 0
}
MADE_BY_RUNNING = ("demo-out", "run-out", "freemark-data")


def documents() -> list[Path]:
    return [ROOT / name for name in DOCUMENTS] + sorted((ROOT / "docs").rglob("*.md"))


# ------------------------------------------------------------------------------------------------------------- commands


def subcommands(of: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    found: dict[str, argparse.ArgumentParser] = {}
    for action in of._actions:
        if isinstance(action, argparse._SubParsersAction):
            found |= action.choices
    return found


def commands(text: str) -> Iterator[list[str]]:
    """Every call of `freemark` in a code block or between backquotes: its words, up to the end of the command."""
    spans = re.findall(r"`([^`\n]+)`", text) + [line for line in text.splitlines() if line.startswith(("    ", "\t"))]
    for span in spans:
        for part in re.split(r"&&|\|\||[;|#)\]]|\bexec\b", span):
            words = part.replace("…", "").replace("...", "").replace("@", "").split()
            if words and words[0].rsplit("/", 1)[-1] == "freemark" and len(words) > 1:
                yield words[1:]


def misnamed(words: list[str]) -> str:
    """What in this call does not exist; "" if all does."""
    at, place = parser(), iter(words)
    for word in place:
        if word.startswith("--"):
            if word not in at._option_string_actions and word != "--help":
                return f"{at.prog} has no option {word}"
            if word in VALUE_OF:
                next(place, None)
        elif word in subcommands(at):
            at = offline.parser() if word == "verify" else subcommands(at)[word]
        elif subcommands(at) and word not in (">", "COMMAND", "<command>"):
            return f"{at.prog} has no command {word}"
        elif word == ">":  # `freemark > verify > ...`: the floors, not a command
            return ""
    return ""


def test_every_command_in_the_documents_exists() -> None:
    wrong = [
        f"{path.name}: {' '.join(words)}: {said}"
        for path in documents()
        for words in commands(path.read_text(encoding="utf-8"))
        if (said := misnamed(words))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "planted", ["`freemark certify now`", "    freemark serve --loud", "`.venv/bin/freemark verify X --key K`"]
)
def test_a_command_that_does_not_exist_is_found(planted: str) -> None:
    (words,) = commands(planted)
    assert misnamed(words)


def test_the_readme_shows_the_commands_that_people_need() -> None:
    """Every command of the command line is either in the README or in docs/."""
    told = {word for path in documents() for words in commands(path.read_text(encoding="utf-8")) for word in words}
    assert set(subcommands(parser())) - told == set()


@pytest.mark.parametrize("name", [(), *[(each,) for each in subcommands(parser())]], ids=" ".join)
def test_help_of_every_command_names_its_options(name: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    at = offline.parser() if name == ("verify",) else subcommands(parser())[name[0]] if name else parser()
    with pytest.raises(SystemExit) as end:
        at.parse_args(["--help"])
    assert end.value.code == 0
    shown = capsys.readouterr().out
    for action in at._actions:
        assert action.help or action.nargs == argparse.PARSER, action
        assert all(option in shown for option in action.option_strings)


def test_the_installed_command_is_this_command_line() -> None:
    installed = Path(sys.executable).with_name("freemark")
    answer = subprocess.run([installed, "--help"], capture_output=True, text=True, check=True, timeout=60)
    assert all(re.search(rf"^ +{name}\b", answer.stdout, re.MULTILINE) for name in subcommands(parser()))


def test_every_make_target_in_the_documents_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    told = {
        word
        for path in [*documents(), ROOT / ".ci" / "run"]
        for span in re.findall(r"(?:`|^\s+|^)make ([a-z ]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        for word in span.split("  ")[0].split()[:1]
    }
    assert told
    assert told <= targets
    phony = set(re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[0].split())
    assert phony == targets


@pytest.mark.parametrize("target", ["demo", "run", "test", "torture", "bench", "check", "lock", "lint"])
def test_the_recipe_of_a_target_can_be_read(target: str) -> None:
    """`make -n` resolves every variable and prerequisite; its commands are ours."""
    answer = subprocess.run(
        ["make", "-n", "--no-print-directory", target], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    for line in answer.stdout.splitlines():
        words = shlex.split(line)
        assert words
        if words[0].endswith("/freemark"):
            assert misnamed(words[1:]) == ""


def test_every_file_that_the_documents_name_is_there() -> None:
    named = re.compile(r"`((?:[a-z_.-]+/)*[A-Za-z0-9_.-]+(?:\.(?:md|py|toml|lock|yml|json|html)|/))`")
    link = re.compile(r"\]\((?!https?:|#)([^)#]+)\)")
    missing = []
    for path in documents():
        text = path.read_text(encoding="utf-8")
        for name in [*named.findall(text), *link.findall(text)]:
            if "/" not in name or name.startswith("/") or name.split("/")[0] in MADE_BY_RUNNING:
                continue  # a bare name is told of in its context; the others are addresses, or made by running
            if not ((ROOT / name).exists() or (path.parent / name).exists()) and not published(name):
                missing.append(f"{path.name}: {name}")
    assert missing == []


def published(name: str) -> bool:
    """A folder of the shelf or of the data folder, or of what the demo leaves; the shelf's tests know those."""
    return name.split("/")[0] in ("status", "log", "world", "certificates", "batches", "void", "keys", "shelf", "files")


# ------------------------------------------------------------------------------------------- settings and dependencies


def test_every_setting_is_described_and_no_other() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert describe() in page
    variables = {f"FREEMARK_{name.upper()}" for name in Settings.model_fields}
    others = {
        "FREEMARK_NAME",
        "FREEMARK_TORTURE",
        "FREEMARK_TEST_POSTGRES",
        "FREEMARK_WEB_PORT",
    }  # of tests and compose
    spoken_of = set()
    for path in [*documents(), *(ROOT / "docker").iterdir()]:
        spoken_of |= set(re.findall(r"\bFREEMARK_[A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8")))
    assert spoken_of - variables - others == set()


def test_every_direct_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = {"Base": project["dependencies"], **project["optional-dependencies"]}
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## `?(\w+)`?:[^\n]*\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    for group, requirements in groups.items():
        wanted = {re.split(r"[>=<;~! ]", requirement)[0] for requirement in requirements} - {"freemark[server]"}
        rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", sections[group], re.MULTILINE)
        given = {name for names, reason in rows if len(reason) > 10 for name in names.split(", ")} - {"package"}
        assert given == wanted, group


# -------------------------------------------------------------------------------------------- what nobody needs to know


@cache
def ignored() -> tuple[str, ...]:
    lines = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    return tuple(line.strip("/") for line in lines if line and not line.startswith("#"))


def tracked() -> Iterator[Path]:
    """Every file that a commit could hold: those that .gitignore does not leave out."""
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name != ".git" and not leave_out(name)]
        yield from (Path(folder) / name for name in files if not leave_out(name))


def leave_out(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in ignored())


# Each in halves, so that this file may be searched like every other.
NOT_TO_BE_SAID = re.compile(
    "|".join(
        first + second
        for first, second in (
            ("pypi", r"\.(?:org|io)"),
            ("pythonhosted", r"\.org"),
            ("registry", r"\.npmjs"),
            ("index-", r"url[ =]"),
            ("crates", r"\.io/api"),
            ("proxy", r"\.golang\.org"),
            ("/work", r"/(?:main|shared|\.)"),
            (r"(?<![\w.])/(?:root|home|Users)", r"/\.?\w"),
        )
    ).encode()
)


def test_no_file_names_a_registry_or_a_path_of_somebodys_machine() -> None:
    found = []
    for path in tracked():
        data = path.read_bytes()
        found += [f"{path.relative_to(ROOT)}: {hit[0]!r}" for hit in NOT_TO_BE_SAID.finditer(data)]
    assert found == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("https://files.pythonhosted", ".org/packages/x"),
        ("--index", "-url https://x"),
        ("/home", "/ada"),
        ("/root", "/.ssh"),
    ],
)
def test_a_planted_path_or_host_is_found(first: str, second: str) -> None:
    assert NOT_TO_BE_SAID.search(f"see {first}{second}".encode())


def test_the_search_reaches_code_documents_and_locks_and_no_caches() -> None:
    names = {str(path.relative_to(ROOT)) for path in tracked()}
    assert {"README.md", "requirements.lock", ".ci/run", "freemark/cli.py", "tests/conftest.py"} <= names
    assert not any(name.startswith((".venv/", ".git/", ".mypy_cache/")) for name in names)
