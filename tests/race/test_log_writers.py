"""Eight writers append to the log at once: every index is taken once and none is left out, on both databases.

The negative control takes the lock away, and then it must go wrong: so what holds above is the lock's doing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import event, select

from certify import log
from certify.events import Draft
from certify.tables import LogLeaf, LogState
from ground import database
from ground.errors import Conflict, Unavailable
from ground.keyring import Keyring
from ground.world import World

WRITERS = 8
APPENDS = 50


def write(world: World, writers: int, appends: int) -> list[Exception]:
    """What the writers ran into; each does all its appends, one transaction each."""
    start, failures = threading.Barrier(writers), []

    def writer(number: int) -> None:
        start.wait()
        for turn in range(appends):
            draft = Draft("evidence.root", world.clock.now(), doc=f"{number * appends + turn:064x}")
            try:
                with world.db.write() as session:
                    log.append(session, world.keyring, draft, now=world.clock.now())
            except (Conflict, Unavailable) as error:
                failures.append(error)

    with ThreadPoolExecutor(writers) as pool:
        for done in [pool.submit(writer, number) for number in range(writers)]:
            done.result()
    return failures


def indexes(world: World) -> list[int]:
    with world.db.read() as session:
        return list(session.scalars(select(LogLeaf.idx).order_by(LogLeaf.idx)))


@pytest.fixture
def world(world: World) -> World:
    world.keyring = Keyring.create(world.settings.data / "own", world.clock.now())
    return world


@pytest.mark.slow
def test_eight_writers_get_distinct_gapless_indexes(world: World) -> None:
    assert write(world, WRITERS, APPENDS) == []
    assert indexes(world) == list(range(WRITERS * APPENDS))
    with world.db.read() as session:
        docs = {log._open(data).doc for data in session.scalars(select(LogLeaf.data))}
        assert session.get_one(LogState, 1).size == len(docs) == WRITERS * APPENDS
    log.check(world)
    assert log.publish(world).size == WRITERS * APPENDS


def test_without_the_lock_they_collide(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: PostgreSQL without the advisory lock, SQLite without BEGIN IMMEDIATE."""
    with lock_off(world, monkeypatch):
        failures = write(world, WRITERS, 10)
    lost = WRITERS * 10 - len(indexes(world))
    assert failures
    assert lost == len(failures)


@contextmanager
def lock_off(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(log, "lock", lambda session, name: None)
    if world.db.dialect == "sqlite":
        # Before our own listener looks at it: a write that begins like a read, with the lock taken at its first INSERT.
        event.remove(world.db.engine, "begin", database._begin_sqlite)
        event.listen(world.db.engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    yield
