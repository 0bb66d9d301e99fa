"""The command line: what each command leaves behind, and refusals of one line with status 2."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from certify import log
from certify.events import Draft
from certify.rulebook import FOLDER
from freemark.bench import __main__ as bench
from freemark.cli import main
from freemark.migrations import newest
from ground import outbox
from ground.clock import FixedClock
from ground.outbox import TRIES, Handler
from ground.settings import Settings
from ground.signing import SeedSigner
from ground.world import World, open_world

MULTIKEY = r"z6Mk[1-9A-HJ-NP-Za-km-z]{44}"


@dataclass
class Shell:
    """One data folder, and the commands given to it in this process."""

    data: Path
    capture: pytest.CaptureFixture[str]
    log: pytest.LogCaptureFixture

    def run(self, *words: str) -> tuple[int, str, str]:
        """(status, what it printed, what it complained of)."""
        self.capture.readouterr()
        folder = () if words[:1] == ("verify",) else ("--data", str(self.data))  # `verify` needs none, and comes first
        try:
            status = main([*folder, *words])
        except SystemExit as end:  # argparse ends like this
            status = int(end.code or 0)
        return status, *self.capture.readouterr()

    def does(self, *words: str) -> list[str]:
        status, said, complained = self.run(*words)
        assert (status, complained) == (0, "")
        return said.splitlines()

    def refuses(self, *words: str) -> str:
        """The one line of the refusal."""
        status, said, complained = self.run(*words)
        assert (status, said) == (2, "")
        (line,) = complained.splitlines()
        assert line.startswith("freemark")
        return line


@pytest.fixture
def shell(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> Shell:
    monkeypatch.delenv("FREEMARK_DATA", raising=False)
    return Shell(tmp_path / "data", capsys, caplog)


def test_from_nothing_to_a_scheme_with_its_first_manager(shell: Shell) -> None:
    for _ in range(2):
        assert shell.does("migrate") == [f"database at revision {newest()}"]
    organisation, person, token = shell.does("found", "--organisation", "Freemark Foundation", "--person", "Sam")
    assert re.fullmatch(r"organisation org_[0-9a-z]{16}", organisation)
    assert re.fullmatch(r"person       per_[0-9a-z]{16}", person)
    assert re.fullmatch(r"token        fm_[0-9A-Z]{32}   \(shown once\)", token)
    assert shell.refuses("found", "--organisation", "Another", "--person", "Eve") == (
        "freemark: this scheme was founded already"
    )


def test_without_tables_it_says_what_to_do(shell: Shell) -> None:
    for command in (("found", "--organisation", "A", "--person", "B"), ("outbox", "stuck"), ("check",), ("serve",)):
        assert shell.refuses(*command).endswith("run `freemark migrate` first")


def test_keys_are_made_once_and_listed_with_their_purpose(shell: Shell) -> None:
    assert shell.refuses("keys", "list") == "freemark: there is no keyring here yet"
    made = shell.does("keys", "create")
    assert [re.fullmatch(rf"(\w+) +active +{MULTIKEY}", line)[1] for line in made] == [  # type: ignore[index]
        "certificate", "status", "event", "label", "log",
    ]  # fmt: skip
    assert shell.does("keys", "list") == made
    roots = shell.does("keys", "roots")
    assert len(roots) == 3
    assert all(re.fullmatch(MULTIKEY, root) for root in roots)
    assert shell.refuses("keys", "create") == "freemark: this folder has a keyring already"
    assert shell.does("keys", "list") == made


def test_production_keys_need_the_roots_from_elsewhere(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FREEMARK_ENVIRONMENT", "production")
    monkeypatch.setenv("FREEMARK_PUBLIC_URL", "https://scheme.example.org")
    assert "offline roots" in shell.refuses("keys", "create")
    assert shell.refuses("keys", "create", "--root", "z6MkNot").startswith("freemark: --root: ")
    root = SeedSigner.from_seed(bytes(range(32))).kid
    assert len(shell.does("keys", "create", "--root", root)) == 5
    assert shell.does("keys", "roots") == [root]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), "required: command"),
        (("bogus",), "invalid choice: 'bogus'"),
        (("keys",), "required: action"),
        (("serve", "--port", "many"), "invalid int value: 'many'"),
        (("serve", "--port", "99999"), "port: "),
        (("worker",), "a worker needs a broker"),
        (("beat",), "a worker needs a broker"),
        (("found", "--person", "Sam"), "required: --organisation"),
        (("demo",), "required: --out"),
        (("verify", "0459"), "required: --bundle"),
        (("verify", "0459", "--bundle", "/nowhere/b.json", "--root", "/nowhere/r.txt"), "cannot be read"),
    ],
)
def test_a_refusal_is_one_line_and_status_2(shell: Shell, words: tuple[str, ...], expected: str) -> None:
    assert expected in shell.refuses(*words).lower()


def test_a_folder_that_cannot_be_made_is_a_refusal_too(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    shell.data = tmp_path / "file" / "data"
    assert "file" in shell.refuses("migrate")


def test_a_demo_never_empties_a_folder_that_is_not_its_own(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("keep me")
    assert "was not made by a demo" in shell.refuses("demo", "--out", str(tmp_path / "letters"))
    assert (tmp_path / "letters" / "dear.txt").read_text() == "keep me"


@pytest.fixture
def world(shell: Shell) -> Iterator[World]:
    """The world of the shell's data folder, beside it."""
    shell.does("migrate")
    found = open_world(Settings.load(data=shell.data))
    yield found
    found.close()


def test_stuck_news_is_listed_with_its_error_and_can_be_tried_again(shell: Shell, world: World) -> None:
    assert shell.does("outbox", "stuck") == ["0 stuck"]

    def broken(world: World, event: object) -> None:
        raise RuntimeError("the printer is on fire")

    with world.db.write() as session:
        outbox.record(session, "batch_sealed", "12", now=world.clock.now(), batch="12")
    clock = world.clock = FixedClock(world.clock.now())
    for turn in range(TRIES):
        clock.advance(outbox.wait(turn + 1))
        outbox.drain(world, {"batch_sealed": (Handler("labels.render", broken),)})
    status, said, complained = shell.run("outbox", "stuck")
    line, total = said.splitlines()
    assert (status, complained, total) == (1, "", "1 stuck")
    assert re.search(r"labels\.render +tries 8  batch_sealed 12: RuntimeError: the printer is on fire", line)
    assert "delivery" in shell.refuses("outbox", "retry")
    assert shell.refuses("outbox", "retry", "99") == "freemark: there is no such delivery"
    assert shell.does("outbox", "retry", line.split()[0]) == []
    assert shell.does("outbox", "stuck") == ["0 stuck"]


def test_check_counts_what_holds(shell: Shell, world: World) -> None:
    shell.does("found", "--organisation", "Freemark Foundation", "--person", "Sam")
    line, other = shell.does("check")
    assert re.fullmatch(r"journal: \d+ rows hold; the log reproduces its published root", line)
    assert other == "decisions: 0 and 0 held are all there, as they were recorded"


@pytest.mark.parametrize(("as_bytes", "said"), [(True, "the signature"), (False, "its row holds no bytes")])
def test_check_names_the_leaf_that_was_altered(shell: Shell, world: World, as_bytes: bool, said: str) -> None:
    """In one line, also when an edit by hand has left text where bytes were."""
    with world.db.write() as session:
        drafts = [Draft("rules.published", world.clock.now(), rules="5e" * 32, nbf=world.clock.now()) for _ in range(3)]
        for draft in drafts:
            log.append(session, world.keyring, draft, now=world.clock.now())
    assert len(shell.does("check")) == 2
    altered = "replace(cast(data as text), '5e5e', '5e5f')"
    with world.db.write() as session:
        session.execute(text(f"update log_leaf set data = {f'cast({altered} as blob)' if as_bytes else altered} "
                             "where idx = 1"))  # fmt: skip
    status, out, complained = shell.run("check")
    assert (status, out) == (1, "")
    (line,) = complained.splitlines()
    assert line.startswith(f"freemark: leaf 1 of the log does not hold: {said}")


def test_check_says_what_it_cannot_read(shell: Shell, world: World) -> None:
    shell.does("found", "--organisation", "Freemark Foundation", "--person", "Sam")
    with world.db.write() as session:
        session.execute(text("update journal set detail = 'x'"))
    status, out, complained = shell.run("check")
    assert (status, out) == (1, "")
    assert complained.startswith("freemark: the journal cannot be read: ")


@pytest.mark.parametrize(
    "words",
    [
        ("check",), ("decision", "replay", "--all"), ("decision", "show", "dec_1"), ("outbox", "stuck"), ("quality",),
        ("rulebook", "dry-run", str(FOLDER / "freemark-2026.1.toml")), ("screening", "lists"), ("keys", "list"),
        ("keys", "unsigned"), ("serve",), ("found", "--organisation", "A", "--person", "B"),
    ],
)  # fmt: skip
def test_a_mistyped_folder_is_left_as_it_is(shell: Shell, words: tuple[str, ...]) -> None:
    """No command but `migrate`, `keys create` and `demo` makes an installation where there is none."""
    shell.refuses(*words)
    assert not shell.data.exists()
    shell.data.mkdir()
    shell.refuses(*words)
    assert list(shell.data.iterdir()) == []


def test_the_bench_tells_what_it_does_before_it_does_it(capsys: pytest.CaptureFixture[str]) -> None:
    for words, status in ((["--help"], 0), (["--fast"], 2)):
        with pytest.raises(SystemExit) as end:
            bench.main(words)
        assert end.value.code == status
    assert "decisions and durable writes" in " ".join(capsys.readouterr().out.split())


def test_verify_starts_without_a_database_or_a_web_framework() -> None:
    script = (
        "import sys; from freemark.cli import main\n"
        "try: main(['verify', '--help'])\n"
        "except SystemExit: pass\n"
        "names = {name.split('.')[0] for name in sys.modules}\n"
        "print(names & {'sqlalchemy', 'fastapi', 'pydantic', 'starlette', 'uvicorn', 'celery'}, file=sys.stderr)"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert answer.stderr.strip() == "set()"
    assert "--bundle" in answer.stdout
