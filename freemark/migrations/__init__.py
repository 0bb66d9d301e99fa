"""The tables through time: Alembic migrations that run on SQLite and PostgreSQL alike.

Owns `upgrade` and `current`. Every change of a table is a new file in versions/; a published one is never edited.
A test compares what the migrations make with what the table classes say, on both databases.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from ground.database import Database
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


def upgrade_database(database: Database) -> str:
    config = configuration()
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return newest()


def newest() -> str:
    head = ScriptDirectory.from_config(configuration()).get_current_head()
    return head or "none"


def current(database: Database) -> str | None:
    """The revision the database is at, None for an empty one."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()
