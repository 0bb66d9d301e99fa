"""`freemark verify`: the verdict's bytes on standard output and nothing else, on the base install."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ground.canonical import instant
from ground.errors import FreemarkError
from ground.signing import multikey
from tests.vectors import defects, verdicts
from tests.vectors.scene import NOW, ROOTS, digits, signer, typed
from verify.bundle import open_bundle, write_bundle
from verify.offline import bare_code, main, read_roots
from verify.verdict import judge

ROOT = Path(__file__).resolve().parents[3]
KEY = multikey(ROOTS[0])
AT = ["--at", instant(NOW)]


@pytest.fixture
def bundle(tmp_path: Path) -> str:
    path = tmp_path / "bundle.json"
    path.write_bytes(write_bundle(defects.container("good")))
    return str(path)


def run(*argv: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", "import sys; from verify.offline import main; sys.exit(main(sys.argv[1:]))", *argv]
    return subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60, check=False)


def expected(text: str, membership: Any = "unknown", name: str = "good") -> bytes:
    bundle = open_bundle(defects.container(name), ROOTS)
    return judge(verdicts.read(text), bundle, membership, NOW).data


@pytest.mark.parametrize("text", [digits(), typed(), digits(key="other"), "nonsense", ""])
def test_it_prints_just_the_verdict_whichever_it_is(bundle: str, text: str) -> None:
    done = run(text, "--bundle", bundle, "--root", KEY, *AT)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == expected(text)


def test_membership_is_what_the_caller_says(bundle: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main([digits(), "--bundle", bundle, "--root", KEY, "--membership", "in", *AT]) == 0
    assert capfdbinary.readouterr().out == expected(digits(), "in")


def test_without_an_instant_it_judges_now(bundle: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main([digits(), "--bundle", bundle, "--root", KEY]) == 0
    assert b'"at":"20' in capfdbinary.readouterr().out


@pytest.mark.parametrize(
    "text",
    [
        "https://scheme.example/{}",
        "http://localhost:8000/{}",
        "HTTPS://x.example/en/{}",
        "  {}\n",
        "https://x/{}/",
        "{}",
    ],
)
def test_a_code_may_come_with_its_address(text: str) -> None:
    assert bare_code(text.format(digits())) == digits()


def test_the_base_install_is_enough(bundle: str) -> None:
    """Neither a database nor a web framework is imported, not even indirectly."""
    script = (
        "import sys; from verify.offline import main; code = main(sys.argv[1:]);"
        "print(sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr); sys.exit(code)"
    )
    command = [sys.executable, "-c", script, digits(), "--bundle", bundle, "--root", KEY, *AT]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0
    assert "nacl" in done.stderr
    for name in ("sqlalchemy", "fastapi", "starlette", "pydantic", "pydantic_settings", "jinja2", "celery", "PIL"):
        assert f"'{name}'" not in done.stderr


# --- roots -----------------------------------------------------------------------------------------------------------


def test_roots_may_stand_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "roots.txt"
    path.write_text(f"# three roots\n{KEY}\n\n{multikey(signer('b').public)}  # second\n", "utf-8")
    assert read_roots([str(path), multikey(signer("c").public)]) == (
        ROOTS[0],
        signer("b").public,
        signer("c").public,
    )


def test_the_same_root_twice_is_one_root() -> None:
    assert read_roots([KEY, KEY]) == ROOTS


@pytest.mark.parametrize("given", [[], ["/nowhere/roots.txt"], ["z6Mkxyz"], ["zzz"]])
def test_roots_that_are_none_are_refused(given: list[str]) -> None:
    with pytest.raises(FreemarkError):
        read_roots(given)


def test_the_wrong_root_confirms_nothing_and_says_why(bundle: str) -> None:
    done = run(digits(), "--bundle", bundle, "--root", multikey(signer("stranger").public), *AT)
    assert done.returncode == 0
    assert b'"code":"CANNOT_CONFIRM"' in done.stdout
    assert b"/keys: 0 of 1 pinned roots signed it" in done.stderr


# --- bad usage -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "argv",
    [
        [],
        [digits()],
        [digits(), "--bundle", "BUNDLE"],
        [digits(), "--root", KEY],
        [digits(), "--bundle", "/nowhere.json", "--root", KEY],
        [digits(), "--bundle", "BUNDLE", "--root", "/nowhere.txt"],
        [digits(), "--bundle", "BUNDLE", "--root", KEY, "--at", "yesterday"],
        [digits(), "--bundle", "BUNDLE", "--root", KEY, "--membership", "maybe"],
        [digits(), "--bundle", "BUNDLE", "--root", KEY, "--on", "2026-01-01"],
        [digits(), "--bundle", "NO_JSON", "--root", KEY],
        [digits(), "--bundle", "NO_BUNDLE", "--root", KEY],
        [digits(), "--bundle", "FOLDER", "--root", KEY],
    ],
)
def test_bad_usage_is_one_line_and_status_2(bundle: str, tmp_path: Path, argv: list[str]) -> None:
    (tmp_path / "no.json").write_bytes(b"{")
    (tmp_path / "other.json").write_bytes(b'{"v":1}')
    places = {
        "BUNDLE": bundle,
        "NO_JSON": str(tmp_path / "no.json"),
        "NO_BUNDLE": str(tmp_path / "other.json"),
        "FOLDER": str(tmp_path),
    }
    done = run(*(places.get(each, each) for each in argv))
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.count(b"\n") == 1
    assert done.stderr.startswith(b"freemark verify: ")
