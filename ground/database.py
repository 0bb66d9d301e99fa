"""The database: one engine, two kinds of session, the only commit in the house.

`Reading` and `Writing` are distinct types, so the signature of a function says whether it may write. On SQLite a
writing session begins IMMEDIATE: the write lock is taken before anything is read, and no two writers read the same
state. On PostgreSQL writers that must not overlap take `lock(session, name)` first. Services flush; only
`Database.write` commits.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeVar

from sqlalchemy import JSON, Connection, DateTime, Dialect, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.engine.base import OptionEngine
from sqlalchemy.engine.interfaces import CoreExecuteOptionsParameter
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Mapper, Session
from sqlalchemy.types import TypeDecorator, TypeEngine

from ground.canonical import SAFE_INTEGER, Json, jcs, jcs_plain
from ground.errors import Conflict, Malformed, Unavailable

BUSY_SECONDS = 20  # longest wait for another writer; a web server in front gives up at 30 or 60
POOL = 10
LAST_STEPS = "freemark_last_steps"
WRITES = "freemark_writes"
STATEMENTS = 1000  # kept prepared per SQLite connection: with Python's 128 of them most are prepared anew each time
OVERFLOW = 40  # as many as the web server's threads (40), so that no request waits for a connection of its own process


Row = TypeVar("Row")


class Instant(TypeDecorator[datetime]):
    """An aware UTC moment, in and out. SQLite keeps no zone, so there it is stored as naive UTC."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        moment = value.astimezone(UTC)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of every table. `datetime` columns are Instants; dict and list columns are canonical JSON."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Instant,
        dict[str, Json]: JSON(none_as_null=True),
        dict[str, str]: JSON(none_as_null=True),
        list[str]: JSON(none_as_null=True),
        list[int]: JSON(none_as_null=True),
        list[dict[str, Json]]: JSON(none_as_null=True),
    }


class Reading(Session):
    """A session that can only read: it never flushes, and on both databases its transaction refuses writes."""

    def flush(self, objects: Any = None) -> None:
        raise RuntimeError("this session only reads")

    def commit(self) -> None:
        raise RuntimeError("only Database.write commits")


class Writing(Reading):
    """A session that may change rows. It is committed by `Database.write` when its block ends well."""

    def flush(self, objects: Any = None) -> None:
        Session.flush(self, objects)

    def get(
        self, entity: type[Row] | Mapper[Row], ident: Any, *, with_for_update: Any = None, **more: Any
    ) -> Row | None:
        """As ever. On SQLite nobody else writes meanwhile, so a row that this session holds needs no second look."""
        if self.get_bind().dialect.name == "sqlite":
            with_for_update = None
        return Session.get(self, entity, ident, with_for_update=with_for_update, **more)


class _Apart(OptionEngine):
    """The same engine, events and all, with connections of its own. On SQLite these only read: a switch to and fro
    makes the connection forget every statement that it has prepared."""

    pool = None  # type: ignore[assignment]  # its own, and not that of the engine beside it

    def __init__(self, engine: Engine, options: CoreExecuteOptionsParameter) -> None:
        super().__init__(engine, options)
        self.pool = engine.pool.recreate()


class Database:
    """url: "sqlite:///path/to/file" or "postgresql://user@host/name"."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        self.dialect = parsed.get_backend_name()
        options: dict[str, Any] = {
            "pool_size": POOL,
            "max_overflow": OVERFLOW,
            "pool_timeout": BUSY_SECONDS,
            "json_serializer": stored_json,
            "json_deserializer": json.loads,
        }
        if self.dialect == "sqlite":
            given = {"timeout": BUSY_SECONDS, "cached_statements": STATEMENTS}
            self.engine = create_engine(parsed, connect_args=given, **options)
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
            self._reader: Engine = _Apart(self.engine, {WRITES: False})
            event.listen(self._reader.pool, "connect", _only_reads)
            self._writer = self.engine.execution_options(**{WRITES: True})
        elif self.dialect == "postgresql":
            wait = f"-c lock_timeout={BUSY_SECONDS}s -c timezone=UTC"
            self.engine = create_engine(
                parsed,
                connect_args={"connect_timeout": 10, "options": wait},
                pool_pre_ping=True,  # a restarted server must not cost the first caller an error
                isolation_level="READ COMMITTED",  # after lock(), the next statement must see what was committed
                **options,
            )
            # One reading session sees one moment, as on SQLite.
            self._reader = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            self._writer = self.engine.execution_options()
        else:
            raise ValueError(f"{self.dialect} is neither sqlite nor postgresql")

    @contextmanager
    def read(self) -> Iterator[Reading]:
        """A session that sees one moment and changes nothing. Never open one around `write` in the same thread."""
        with _translated(), Reading(self._reader, autoflush=False, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Writing]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Conflict: a unique constraint refused it, because somebody else wrote the same at the same moment.
        Unavailable: the database is away, or another writer held it for longer than BUSY_SECONDS. Nothing was changed.
        """
        with _translated(), Writing(self._writer, expire_on_commit=False) as session:
            session.connection()  # begins now: on SQLite the write lock comes before the first read
            yield session
            for step in session.info.pop(LAST_STEPS, ()):
                step(session)
            Session.commit(session)

    def close(self) -> None:
        self.engine.dispose()
        if self.dialect == "sqlite":
            self._reader.dispose()


def stored_json(value: Json) -> str:
    """The text of a JSON column: canonical, so that its hash can be taken again. Malformed when there is a float."""
    if _is_plain(value):
        with suppress(UnicodeEncodeError):  # half a character: `jcs` says so
            return jcs_plain(value).decode()
    return jcs(value).decode()


def _is_plain(value: Json) -> bool:
    """Is the quick way to canonical bytes the right one (`jcs_plain`)? It is for nearly all that is stored: text, and
    objects with keys in ASCII. Malformed when there is a float."""
    if type(value) is str or value is None:
        return True
    if isinstance(value, float):
        raise Malformed("floats are not stored: two databases may give back two numbers")
    if type(value) is dict:
        plain = all([type(key) is str and key.isascii() for key in value])  # noqa: C419  # short, and twice as fast
        return all([_is_plain(part) for part in value.values()]) and plain  # noqa: C419  # every part is looked at
    if type(value) is list:
        return all([_is_plain(part) for part in value])  # noqa: C419  # every part is looked at
    if type(value) is int:
        return -SAFE_INTEGER <= value <= SAFE_INTEGER
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
        _is_plain(part)
    return type(value) is bool


def before_commit(session: Writing, step: Callable[[Writing], None]) -> None:
    """Run `step` when the block of this session has ended well, just before its commit.

    For what takes a lock that every writer needs: taken last, it is held shortest, and two writers that hold other
    locks cannot wait for each other.
    """
    session.info.setdefault(LAST_STEPS, []).append(step)


def lock(session: Writing, name: str) -> None:
    """Let only one writer past this line with this name, until its transaction ends.

    PostgreSQL: a transaction-level advisory lock. SQLite: BEGIN IMMEDIATE has done it already.
    """
    if session.get_bind().dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(f"freemark\0{name}".encode()).digest()[:8], "big", signed=True)
        session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN is deferred, and gave duplicate numbers
    for line in (
        # TRUNCATE, not WAL: several processes on WAL lose pages before SQLite 3.51.3. Not DELETE: only a truncated
        # journal is synced at commit with FULL; a deleted one may come back after a power cut and undo the commit.
        "PRAGMA journal_mode=TRUNCATE",
        "PRAGMA synchronous=FULL",
        "PRAGMA foreign_keys=ON",
        f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}",
    ):
        connection.execute(line).close()


def _only_reads(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA query_only=ON").close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise Unavailable("the database did not answer in time; nothing was changed, try again") from error
    except IntegrityError as error:
        if _doubled(error.orig):
            raise Conflict("somebody did the same at the same moment; nothing was changed, read again") from error
        raise
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable("the database went away; nothing was changed, try again") from error
        raise


def _doubled(error: BaseException | None) -> bool:
    """Did a unique constraint refuse it? Any other broken constraint is a defect of ours, and stays one."""
    if getattr(error, "sqlstate", None) == "23505":  # PostgreSQL: unique_violation
        return True
    return getattr(error, "sqlite_errorname", "") in ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")


def ready(db: Database) -> bool:
    """Does it answer, and has it every table that the imported packages know?"""
    try:
        return set(Base.metadata.tables) <= set(inspect(db.engine).get_table_names())
    except (DBAPIError, PoolTimeout):
        return False
