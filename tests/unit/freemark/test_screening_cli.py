"""`freemark screening` on a real installation: a file with faults changes nothing, a good one holds everybody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audits.screening import lists
from audits.screening.mapping import PRESETS
from freemark import cli
from ground import parties
from ground.access import SYSTEM
from ground.settings import Settings
from ground.world import World, open_world
from tests.conftest import make_tables

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
HEAD = "name,aliases,registration,licence,country,city,address,listed_on,until\n"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = open_world(Settings.load(data=tmp_path / "data"))
    make_tables(world)
    yield world
    world.close()


@pytest.fixture
def list_id(world: World) -> str:
    with world.db.write() as session:
        parties.add_organisation(
            session, SYSTEM, name="São João Ltda", roles=["manufacturer"], country="BR", city="Marabá",
            registered_id="", now=NOW,
        )  # fmt: skip
        return lists.register_list(
            session, SYSTEM, name="A list", kind="exclusion", publisher="", url="", country="BR",
            mapping=PRESETS["freemark"].mapping, now=NOW,
        ).id  # fmt: skip


def run(world: World, *words: str) -> int:
    return cli.main(["--data", str(world.settings.data), "screening", *words])


def test_a_file_is_checked_imported_once_and_told(
    world: World, list_id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes((HEAD + "SÃO JOÃO S/A,,,,,Marabá,,,\n").encode("latin-1"))
    named = (str(file), "--list", list_id, "--encoding", "latin-1")
    assert run(world, "check", *named) == 0
    assert "1 entries, 0 rows left out; nothing was changed" in capsys.readouterr().out
    assert run(world, "import", *named, "--edition", "2026-05-01") == 0
    assert "edition 1 of 2026-05-01: 1 entries: 1 new, 0 changed, 0 delisted" in capsys.readouterr().out
    assert run(world, "import", *named, "--edition", "2026-05-01") == 0
    assert "has this file already; nothing was changed" in capsys.readouterr().out
    assert run(world, "lists") == 0
    assert f"{list_id}  exclusion  2026-05-01 1" in capsys.readouterr().out
    assert run(world, "run") == 0
    assert capsys.readouterr().out == "0 hits changed\n"


def test_every_fault_is_a_line_and_nothing_is_taken(
    world: World, list_id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "list.csv"
    file.write_text(HEAD + ",,,,,,,,\n,,x,,,,,,\nA House,,,,Brazil,,,5 May,\n", encoding="utf-8")
    assert run(world, "import", str(file), "--list", list_id, "--edition", "2026-05-01") == 2
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "row 3, column name: a name with at least one letter or digit must stand here",
        "row 4, column listed_on: '5 May' is no day (the list's dates are iso)",
        "row 4, column country: 'Brazil' is no country code; put it into the mapping's countries",
        "freemark: 3 faults in list.csv; nothing was changed",
    ]
    with world.db.read() as session:
        assert lists.current_edition(session, list_id) is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("import", "no-such-file", "--edition", "2026-05-01"), "No such file"),
        (("import", "/dev/null", "--edition", "May"), "--edition"),
        (("check", "/dev/null", "--list", "lst_0000000000000000"), "there is no such list"),
    ],
)
def test_refusals_are_one_line(
    world: World, list_id: str, words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = words if "--list" in words else (*words, "--list", list_id)
    assert run(world, *given) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
