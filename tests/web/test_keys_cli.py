"""The key ceremony on the command line: root keys offline, their public halves here, and a keys.json that they signed."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ground.keyset import open_keyset
from ground.shelf import Shelf
from ground.signing import parse_multikey
from tests.web.pieces import ROOT, ceremony, did, environment, new_roots, one_line, run


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def env(data: Path) -> dict[str, str]:
    return environment(data)


def create(env: dict[str, str], roots: dict[Path, str]) -> str:
    return did(env, "keys", "create", *(word for root in roots.values() for word in ("--root", root)))


def test_two_of_three_roots_sign_on_their_own_machines_and_the_installation_adopts(
    tmp_path: Path, data: Path, env: dict[str, str]
) -> None:
    roots = new_roots(tmp_path, env)
    listed = create(env, roots)
    assert did(env, "keys", "list") == listed
    assert did(env, "keys", "roots").split() == list(roots.values())
    first, _, third = roots
    (tmp_path / "keys.unsigned.json").write_text(did(env, "keys", "unsigned"))
    (tmp_path / "once.json").write_text(did(env, "keys", "sign", tmp_path / "keys.unsigned.json", "--seed-file", first))
    # One signature is not enough: refused in one line, and nothing is published.
    refused = run(env, "keys", "adopt", tmp_path / "once.json")
    assert (refused.status, refused.err) == (2, "freemark: /keys/signatures: 1 of 2 pinned roots signed it\n")
    assert Shelf(data / "shelf").read("keys.json") is None
    (tmp_path / "keys.json").write_text(did(env, "keys", "sign", tmp_path / "once.json", "--seed-file", third))
    assert did(env, "keys", "adopt", tmp_path / "keys.json").startswith("adopted version 1, good until ")
    published = json.loads(Shelf(data / "shelf").read("keys.json") or b"")
    keys = open_keyset(published, [parse_multikey(root) for root in roots.values()])
    assert [f"{key.purpose:<12} {key.state:<12} {key.kid}" for key in keys.keys.values()] == listed.splitlines()
    # No secret is readable by anybody else.
    for file in [*roots, *(data / "keys").iterdir()]:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_the_machine_of_a_root_key_needs_the_base_install_only(tmp_path: Path, env: dict[str, str]) -> None:
    roots = new_roots(tmp_path, env)
    create(env, roots)
    unsigned = tmp_path / "keys.unsigned.json"
    unsigned.write_text(did(env, "keys", "unsigned"))
    program = (
        "import sys; from freemark.cli import main\n"
        "assert main(sys.argv[1:]) == 0\n"
        "heavy = {'pydantic', 'sqlalchemy', 'fastapi', 'celery', 'psycopg', 'ground.settings'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    for words in (
        ("new-root", str(tmp_path / "new.key")),
        ("sign", str(unsigned), "--seed-file", str(next(iter(roots)))),
    ):
        subprocess.run(
            [sys.executable, "-c", program, "keys", *words],
            env={"PYTHONPATH": str(ROOT)}, cwd=tmp_path, check=True, capture_output=True, timeout=60,
        )  # fmt: skip


def test_a_key_file_is_never_written_over(tmp_path: Path, env: dict[str, str]) -> None:
    file = tmp_path / "root.key"
    did(env, "keys", "new-root", file)
    before = file.read_bytes()
    refused = run(env, "keys", "new-root", file)
    assert refused.status == 2
    assert one_line(refused.err)
    assert file.read_bytes() == before


def test_keys_are_made_once_and_not_with_one_root_counted_twice(tmp_path: Path, env: dict[str, str]) -> None:
    roots = list(new_roots(tmp_path, env).values())
    twice = run(env, "keys", "create", "--root", roots[0], "--root", roots[0])
    assert (twice.status, twice.err) == (2, "freemark: --root: the same root key twice would count as one\n")
    without = run(env, "keys", "create")
    assert without.status == 2
    assert one_line(without.err)
    did(env, "keys", "create", "--root", roots[0])
    again = run(env, "keys", "create", "--root", roots[1])
    assert (again.status, again.err) == (2, "freemark: this folder has a keyring already\n")
    assert did(env, "keys", "roots").split() == [roots[0]]


def test_a_root_signs_nothing_that_is_over_or_good_for_too_long(tmp_path: Path, env: dict[str, str]) -> None:
    roots = new_roots(tmp_path, env)
    create(env, roots)
    unsigned = json.loads(did(env, "keys", "unsigned"))
    root = next(iter(roots))
    for day in ("2020-01-01", "2099-01-01"):
        document = json.dumps({**unsigned, "expires": f"{day}T00:00:00Z"})
        refused = run(env, "keys", "sign", "--seed-file", root, stdin=document)
        assert refused.status == 2
        assert refused.err.startswith(f"freemark: -: expires on {day}; by the clock of this machine (")
        assert refused.out == ""


def test_keys_of_another_installation_are_not_adopted(tmp_path: Path, env: dict[str, str]) -> None:
    roots = ceremony(env, tmp_path)
    other = environment(tmp_path / "other")
    create(other, roots)  # the same root keys: the signatures hold
    words = [word for file in roots for word in ("--seed-file", str(file))]
    signed = did(other, "keys", "sign", *words, stdin=did(other, "keys", "unsigned"))
    refused = run(env, "keys", "adopt", stdin=signed)
    assert (refused.status, refused.err) == (2, "freemark: this keys.json does not list the keys of this keyring\n")
    assert did(other, "keys", "adopt", stdin=signed)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"public_url": "http://check.example.org"}, "public_url: plain http is for this house only; use https"),
        ({"public_url": "https://localhost"}, "public_url: production needs a public host name"),
        ({"label_url": "http://localhost:8000"}, "label_url: production needs https"),
    ],
)
def test_production_refuses_plain_http_and_addresses_of_one_house(
    data: Path, settings: dict[str, str], said: str
) -> None:
    refused = run(environment(data, **settings), "serve")
    assert (refused.status, refused.err) == (2, f"freemark: {said}\n")


def test_production_refuses_the_keys_of_a_demo_and_keys_that_nobody_signed(tmp_path: Path, data: Path) -> None:
    did(environment(data, environment="demo"), "keys", "create")
    env = environment(data)
    did(env, "migrate")
    for words in (["serve", "--port", "0"], ["keys", "unsigned"]):
        refused = run(env, *words)
        assert refused.status == 2
        assert refused.err == "freemark: environment: these keys were made for a demo; production needs its own\n"
    fresh = environment(tmp_path / "fresh")
    did(fresh, "migrate")
    assert run(fresh, "serve").err == "freemark: this world has no keys yet: make them with `freemark keys`\n"
    create(fresh, new_roots(tmp_path, fresh))
    unsigned = run(fresh, "serve", "--port", "0")
    assert (unsigned.status, unsigned.err) == (
        2, "freemark: keys.json must be signed by the offline root keys first\n",
    )  # fmt: skip


def test_what_is_no_key_and_no_document_is_refused_in_one_line(tmp_path: Path, env: dict[str, str]) -> None:
    roots = new_roots(tmp_path, env)
    create(env, roots)
    root, unsigned = next(iter(roots)), did(env, "keys", "unsigned")
    for words, stdin in (
        (["sign", "--seed-file", str(root)], "{}"),
        (["sign", "--seed-file", str(root)], '{"signatures": []}'),
        (["sign", "--seed-file", str(tmp_path / "away.key")], unsigned),
        (["sign", "--seed-file", "-"], unsigned),
        (["adopt"], unsigned),
        (["adopt", str(tmp_path)], ""),
        (["create", "--root", "zNoKey"], ""),
        ([], ""),
    ):
        refused = run(env, "keys", *words, stdin=stdin)
        assert refused.status == 2, words
        assert one_line(refused.err), (words, refused.err)
        assert refused.out == ""
