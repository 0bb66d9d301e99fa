"""The key ceremony on the command line: roots offline, their public halves here, and a keys.json that they signed."""

import json
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from freemark import jobs
from ground.errors import Unavailable
from ground.keyset import open_keyset
from ground.shelf import Shelf
from ground.signing import parse_multikey
from ground.world import World
from tests.web.pieces import ROOT, did, environment, new_roots, one_line, run


@dataclass(frozen=True)
class Made:
    """An installation whose keys were made and not signed yet. roots: {file: public key}."""

    data: Path
    roots: dict[Path, str]
    listed: str
    unsigned: str

    @property
    def env(self) -> dict[str, str]:
        return environment(self.data)

    def sign(self, document: str, *files: Path) -> str:
        return did(
            self.env, "keys", "sign", *(word for file in files for word in ("--seed-file", file)), stdin=document
        )


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("first")
    env = environment(folder / "data")
    roots = new_roots(folder, env)
    listed = create(env, roots)
    return Made(folder / "data", roots, listed, did(env, "keys", "unsigned"))


@pytest.fixture
def made(first: Made, tmp_path: Path) -> Made:
    """A copy of `first`, to do with as one likes."""
    shutil.copytree(first.data, tmp_path / "data")
    return replace(first, data=tmp_path / "data")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path / "data")


def create(env: dict[str, str], roots: dict[Path, str]) -> str:
    return did(env, "keys", "create", *(word for root in roots.values() for word in ("--root", root)))


def test_two_of_three_roots_sign_on_their_own_machines_and_the_installation_adopts(made: Made, tmp_path: Path) -> None:
    assert did(made.env, "keys", "list") == made.listed
    assert did(made.env, "keys", "roots").split() == list(made.roots.values())
    one, _, three = made.roots
    once = made.sign(made.unsigned, one)
    # One signature is not enough: refused in one line, and nothing is published.
    refused = run(made.env, "keys", "adopt", stdin=once)
    assert (refused.status, refused.err) == (2, "freemark: /keys/signatures: 1 of 2 pinned roots signed it\n")
    shelf = Shelf(made.data / "shelf")
    assert shelf.read("keys.json") is None
    signed = tmp_path / "keys.json"
    signed.write_text(made.sign(once, three))
    assert did(made.env, "keys", "adopt", signed).startswith("adopted version 1, good until ")
    published = json.loads(shelf.read("keys.json") or b"")
    keys = open_keyset(published, [parse_multikey(root) for root in made.roots.values()])
    assert [f"{key.purpose:<12} {key.state:<12} {key.kid}" for key in keys.keys.values()] == made.listed.splitlines()
    # No secret is readable by anybody else.
    for file in [*made.roots, *(made.data / "keys").iterdir()]:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_the_machine_of_a_root_key_needs_the_base_install_only(first: Made, tmp_path: Path) -> None:
    unsigned = tmp_path / "keys.unsigned.json"
    unsigned.write_text(first.unsigned)
    program = (
        "import sys; from freemark.cli import main\n"
        "assert main(sys.argv[1:]) == 0\n"
        "heavy = {'pydantic', 'sqlalchemy', 'fastapi', 'celery', 'psycopg', 'ground.settings'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    for words in (
        ("new-root", str(tmp_path / "new.key")),
        ("sign", str(unsigned), "--seed-file", str(next(iter(first.roots)))),
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


def test_a_root_signs_nothing_that_is_over_or_good_for_too_long(first: Made) -> None:
    root = next(iter(first.roots))
    for day in ("2020-01-01", "2099-01-01"):
        document = json.dumps({**json.loads(first.unsigned), "expires": f"{day}T00:00:00Z"})
        refused = run(first.env, "keys", "sign", "--seed-file", root, stdin=document)
        assert refused.status == 2
        assert refused.err.startswith(f"freemark: -: expires on {day}; by the clock of this machine (")
        assert one_line(refused.err)
        assert refused.out == ""


def test_keys_of_another_installation_are_not_adopted(made: Made, tmp_path: Path) -> None:
    other = environment(tmp_path / "other")
    create(other, made.roots)  # under the same root keys, so the signatures hold
    signed = made.sign(made.unsigned, *made.roots)
    refused = run(other, "keys", "adopt", stdin=signed)
    assert (refused.status, refused.err) == (2, "freemark: this keys.json does not list the keys of this keyring\n")
    assert did(made.env, "keys", "adopt", stdin=signed)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"public_url": "http://check.example.org"}, "public_url: plain http is for this house only; use https"),
        ({"public_url": "https://localhost"}, "public_url: production needs a public host name"),
        ({"label_url": "http://localhost:8000"}, "label_url: production needs https"),
    ],
)
def test_production_refuses_plain_http_and_addresses_of_one_house(
    tmp_path: Path, settings: dict[str, str], said: str
) -> None:
    refused = run(environment(tmp_path / "data", **settings), "keys", "list")
    assert (refused.status, refused.err) == (2, f"freemark: {said}\n")


def test_production_refuses_the_keys_of_a_demo(tmp_path: Path, env: dict[str, str]) -> None:
    did(environment(tmp_path / "data", environment="demo"), "keys", "create")
    refused = run(env, "keys", "unsigned")
    assert refused.status == 2
    assert refused.err == "freemark: environment: these keys were made for a demo; production needs its own\n"


def test_a_server_without_keys_or_with_keys_that_nobody_signed_does_not_start(made: Made, tmp_path: Path) -> None:
    did(made.env, "migrate")
    unsigned = run(made.env, "serve", "--port", "0")
    assert (unsigned.status, unsigned.err) == (2, "freemark: keys.json must be signed by the offline root keys first\n")
    shutil.rmtree(made.data / "keys")
    none = run(made.env, "serve", "--port", "0")
    assert (none.status, none.err) == (2, "freemark: this world has no keys yet: make them with `freemark keys`\n")


def test_what_is_no_key_and_no_document_is_refused_in_one_line(first: Made, tmp_path: Path) -> None:
    root = next(iter(first.roots))
    for words, stdin in (
        (["sign", "--seed-file", str(root)], "{}"),
        (["sign", "--seed-file", str(root)], '{"signatures": []}'),
        (["sign", "--seed-file", str(tmp_path / "away.key")], first.unsigned),
        (["sign", "--seed-file", "-"], first.unsigned),
        (["adopt"], first.unsigned),
        (["adopt", str(tmp_path)], ""),
        (["create", "--root", "zNoKey"], ""),
        ([], ""),
    ):
        refused = run(first.env, "keys", *words, stdin=stdin)
        assert refused.status == 2, words
        assert one_line(refused.err), (words, refused.err)
        assert refused.out == ""


def test_a_key_that_is_away_keeps_nobody_from_starting_and_leaves_the_shelf_as_it_was(sqlite_world: World) -> None:
    """A server that would not start could not take the next finding either."""
    jobs.start_up(sqlite_world)
    (file,) = (sqlite_world.settings.data / "keys").glob("status-*.key")
    away = file.rename(file.with_suffix(".away"))
    heads = sqlite_world.shelf.public / "heads.json"
    heads.unlink()
    jobs.start_up(sqlite_world)
    assert not heads.exists()
    with pytest.raises(Unavailable):  # what start_up does not let through
        jobs.refresh(sqlite_world)
    away.rename(file)
    jobs.start_up(sqlite_world)
    assert heads.exists()
