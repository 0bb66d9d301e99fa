"""Two kinds of session, one commit; and writers that never read the same state."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, insert, make_url, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from ground import database
from ground.canonical import Json
from ground.database import Database, Instant, Reading, Writing, before_commit, lock, ready
from ground.errors import Conflict, Malformed, Unavailable
from ground.world import World
from tests.unit.ground.together import run_together

MOMENT = datetime(2026, 6, 1, 8, 0, 7, tzinfo=UTC)


class TestBase(DeclarativeBase):
    __test__ = False
    type_annotation_map = database.Base.type_annotation_map


class Number(TestBase):
    __tablename__ = "number"

    value: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class Taken(TestBase):
    """What each writer believes to have got: without a constraint, so that doubles can be seen."""

    __tablename__ = "taken"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int]


class Thing(TestBase):
    __tablename__ = "thing"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    at: Mapped[datetime | None] = mapped_column(Instant, default=None)
    detail: Mapped[dict[str, Json] | None] = mapped_column(default=None)


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    TestBase.metadata.create_all(opened.engine)
    yield opened
    opened.close()


def names(db: Database) -> list[str]:
    with db.read() as session:
        return sorted(session.scalars(select(Thing.name)))


# Sessions.


def test_what_a_block_writes_is_committed_when_it_ends_well(db: Database) -> None:
    with db.write() as session:
        session.add(Thing(name="a"))
    assert names(db) == ["a"]


def test_what_a_block_writes_is_gone_when_it_raises(db: Database) -> None:
    def fail() -> None:
        with db.write() as session:
            session.add(Thing(name="a"))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert names(db) == []


def test_nobody_else_commits(db: Database) -> None:
    with db.write() as session:
        session.add(Thing(name="a"))
        with pytest.raises(RuntimeError, match=r"only Database\.write"):
            session.commit()
        session.rollback()
    assert names(db) == []


def test_a_reading_session_cannot_flush_commit_or_write(db: Database) -> None:
    with db.write() as session:
        session.add(Thing(name="a"))
    with db.read() as session:
        found = session.scalars(select(Thing)).one()
        found.name = "b"
        with pytest.raises(RuntimeError, match="only reads"):
            session.flush()
        with pytest.raises(RuntimeError):
            session.commit()
    assert names(db) == ["a"]


@pytest.mark.parametrize("statement", ["UPDATE thing SET name = 'b'", "DELETE FROM thing", "CREATE TABLE x (y int)"])
def test_the_database_itself_refuses_writes_of_a_reading_session(db: Database, statement: str) -> None:
    with db.write() as session:
        session.add(Thing(name="a"))
    with pytest.raises((Unavailable, DBAPIError)), db.read() as session:
        session.execute(text(statement))
    assert names(db) == ["a"]
    with db.write() as session:  # the connection goes back able to write
        session.add(Thing(name="c"))
    assert names(db) == ["a", "c"]


def test_a_reading_session_sees_one_moment(db: Database) -> None:
    if db.dialect == "sqlite":
        pytest.skip("on SQLite a reader holds writers back, which is the same promise")
    with db.read() as reading:
        before = reading.scalars(select(Thing.name)).all()
        with db.write() as session:
            session.add(Thing(name="a"))
        assert reading.scalars(select(Thing.name)).all() == before


def test_objects_outlive_their_session(db: Database) -> None:
    with db.write() as session:
        thing = Thing(name="a")
        session.add(thing)
    assert thing.name == "a"


def test_a_double_is_a_conflict_and_any_other_broken_constraint_a_defect(db: Database) -> None:
    with db.write() as session:
        session.add(Thing(name="a"))
    with pytest.raises(Conflict), db.write() as session:
        session.add(Thing(name="a"))
    with pytest.raises(Conflict), db.write() as session:
        session.execute(insert(Thing).values(id=1, name="b"))
    with pytest.raises(IntegrityError), db.write() as session:
        session.execute(text("INSERT INTO thing (id, name) VALUES (9, NULL)"))


def test_last_steps_run_before_the_commit_and_only_after_a_good_end(db: Database) -> None:
    ran: list[str] = []

    def step(session: Writing) -> None:
        ran.append("step")
        session.add(Thing(name="last"))

    with db.write() as session:
        before_commit(session, step)
        assert ran == []
    assert names(db) == ["last"]

    def fail() -> None:
        with db.write() as session:
            before_commit(session, step)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert ran == ["step"]


# Types.


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=6)), timezone(timedelta(hours=-3, minutes=-30))])
def test_a_moment_comes_back_in_utc(db: Database, zone: timezone) -> None:
    with db.write() as session:
        session.add(Thing(name="a", at=MOMENT.astimezone(zone)))
    with db.read() as session:
        found = session.scalars(select(Thing)).one().at
        assert found == MOMENT
        assert found is not None
        assert found.utcoffset() == timedelta(0)
        assert session.scalar(select(Thing.name).where(Thing.at == MOMENT.astimezone(zone))) == "a"
        assert session.scalar(select(Thing.name).where(Thing.at > MOMENT)) is None


def test_a_moment_without_a_zone_is_refused(db: Database) -> None:
    with pytest.raises(StatementError, match="time zone"), db.write() as session:
        session.add(Thing(name="a", at=datetime(2026, 6, 1)))


def test_json_is_stored_as_canonical_text(db: Database) -> None:
    with db.write() as session:
        session.add(Thing(name="a", detail={"z": 1, "a": "é", "list": [True, None]}))
        session.add(Thing(name="none", detail=None))
    with db.read() as session:
        found = session.execute(text("SELECT CAST(detail AS TEXT) FROM thing ORDER BY name")).scalars().all()
    assert found == ['{"a":"é","list":[true,null],"z":1}', None]


@pytest.mark.parametrize("value", [{"x": 0.5}, {"x": [1, {"y": 1.0}]}])
def test_a_float_is_not_stored(value: Json) -> None:
    with pytest.raises(Malformed):
        database.stored_json(value)


# Writers.


def take(session: Session) -> None:
    """Read, then write what follows from it: the move that goes wrong without protection."""
    highest = session.scalar(text("SELECT coalesce(max(value), 0) FROM taken")) or 0
    session.execute(insert(Taken).values(value=highest + 1))


def taken(db: Database) -> list[int]:
    with db.read() as session:
        return sorted(session.scalars(select(Taken.value)))


def test_eight_writers_times_fifty_take_400_distinct_numbers(db: Database) -> None:
    def work() -> None:
        for _ in range(50):
            with db.write() as session:
                lock(session, "numbers")
                take(session)

    run_together([work] * 8)
    assert taken(db) == list(range(1, 401))


def test_without_the_protection_numbers_are_lost_or_doubled(db: Database, database_url: str) -> None:
    """The negative control: a deferred BEGIN on SQLite, no lock on PostgreSQL."""
    url = make_url(database_url)
    if db.dialect == "sqlite":
        engine = create_engine(url, connect_args={"timeout": 20})  # the driver's own, deferred BEGIN
    else:
        engine = create_engine(url.set(drivername="postgresql+psycopg"))
    errors: list[Exception] = []

    def work() -> None:
        for _ in range(50):
            try:
                with Session(engine) as session:
                    take(session)
                    session.commit()
            except DBAPIError as error:
                errors.append(error)

    run_together([work] * 8)
    engine.dispose()
    doubles = [value for value, times in Counter(taken(db)).items() if times > 1]
    assert errors or doubles


def test_locks_of_different_names_do_not_wait_for_each_other(db: Database) -> None:
    if db.dialect == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    with db.write() as one, db.write() as other:
        lock(one, "a")
        lock(other, "b")


def test_a_writer_that_waits_too_long_is_told_so(
    db: Database, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 1)
    impatient = Database(database_url)
    with db.write() as session:
        lock(session, "a")

        def wait() -> None:
            with impatient.write() as other:
                lock(other, "a")

        with pytest.raises(Unavailable):
            wait()
    impatient.close()


# The databases themselves.


def test_sqlite_is_set_up_to_keep_what_it_acknowledged(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path / 'x.db'}")
    with db.read() as session:
        found = {
            name: session.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    db.close()
    assert found == {"journal_mode": "truncate", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 20_000}


def test_a_broken_reference_is_refused(world: World) -> None:
    with pytest.raises(IntegrityError), world.db.write() as session:
        session.execute(text("INSERT INTO membership (person_id, organisation_id, role) VALUES ('a', 'b', 'c')"))


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
def test_both_spellings_of_a_postgresql_address_are_taken(scheme: str) -> None:
    db = Database(f"{scheme}://nobody@127.0.0.1:1/none")
    assert db.dialect == "postgresql"
    assert db.engine.dialect.driver == "psycopg"
    db.close()


def test_an_unknown_database_is_refused() -> None:
    with pytest.raises(ValueError, match="neither"):
        Database("mysql+pymysql://localhost/x")


def test_a_database_that_is_away_is_unavailable() -> None:
    db = Database("postgresql://nobody@127.0.0.1:1/none")
    assert not ready(db)
    with pytest.raises(Unavailable), db.read() as session:
        session.execute(text("SELECT 1"))
    with pytest.raises(Unavailable), db.write():
        pass
    db.close()


def test_ready_means_that_every_table_is_there(world: World, tmp_path: Path) -> None:
    assert ready(world.db)
    empty = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    assert not ready(empty)
    empty.close()


def test_a_restarted_server_costs_nobody_an_error(db: Database) -> None:
    if db.dialect == "sqlite":
        pytest.skip("there is no server")
    names(db)
    with psycopg.connect(
        db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True
    ) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert names(db) == []


def test_the_driver_alone_would_not_refuse_what_the_pragma_refuses(tmp_path: Path) -> None:
    """The negative control of foreign_keys: SQLite's default lets a broken reference in."""
    with sqlite3.connect(tmp_path / "x.db") as plain:
        plain.executescript("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (a int REFERENCES a (id));")
        plain.execute("INSERT INTO b VALUES (7)")
    plain.close()


def test_reading_is_not_writing() -> None:
    assert issubclass(Writing, Reading)
    assert not issubclass(Reading, Writing)
