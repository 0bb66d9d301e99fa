"""The tables through time: Alembic migrations that run on SQLite and PostgreSQL alike.

Owns `upgrade` and `current`. Every change of a table is a new file in versions/; a published one is never edited.
A test compares what the migrations make with what the table classes say, on both databases.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from ground.database import Database
from ground.errors import Conflict
from ground.settings import Settings


def configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config


def upgrade(settings: Settings) -> str:
    """Bring the database to the newest revision and return its name. Harmless when it is there already."""
    settings.data.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database_url)
    try:
        return upgrade_database(database)
    finally:
        database.close()


def upgrade_database(database: Database, revision: str = "head") -> str:
    """Up to that revision, all or nothing. Raises Conflict, and nothing is changed, when a reference would dangle."""
    config = configuration()
    with database.engine.connect() as connection, _references_later(connection), connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        _check_references(connection)
    return newest()


@contextmanager
def _references_later(connection: Connection) -> Iterator[None]:
    """SQLite changes a column by writing its table anew; rows that refer to it would count as orphans meanwhile, and
    its own advice is to look at the references afterwards. The switch works outside a transaction only."""
    raw = connection.connection.driver_connection
    if connection.dialect.name != "sqlite" or raw is None:
        yield
        return
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys=ON")


def _check_references(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if orphans:
        raise Conflict(f"{len(orphans)} rows would refer to nothing, the first in {orphans[0][0]}: nothing was changed")


def newest() -> str:
    head = ScriptDirectory.from_config(configuration()).get_current_head()
    return head or "none"


def current(database: Database) -> str | None:
    """The revision the database is at, None for an empty one."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()
