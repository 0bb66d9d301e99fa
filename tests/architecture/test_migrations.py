"""The migrations make exactly the tables that the classes say, on both databases, and may be run at any time."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from freemark.migrations import configuration, current, newest, upgrade, upgrade_database
from freemark.rooms import WITH_TABLES
from ground.database import Base, Database, ready
from ground.settings import Settings
from tests.architecture.test_no_stray import PACKAGES, ROOT
from tests.conftest import TABLE_ROOMS

ENV = ROOT / "freemark" / "migrations" / "env.py"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


def differences(database: Database) -> list[object]:
    """What Alembic would have to change to get from the database to the classes."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, Base.metadata))


def test_migrations_make_exactly_what_the_classes_say(database: Database) -> None:
    upgrade_database(database)
    assert differences(database) == []
    assert ready(database)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE log_leaf ADD COLUMN witness TEXT",
        "DROP INDEX ix_site_organisation_id",
        "DROP TABLE outbox_delivery",
    ],
)
def test_a_difference_would_be_seen(database: Database, change: str) -> None:
    """The negative control: a column nobody declared, a lost index, a lost table."""
    upgrade_database(database)
    with database.engine.begin() as connection:
        connection.execute(text(change))
    assert differences(database)


def test_an_upgrade_of_what_is_current_changes_nothing(database: Database) -> None:
    assert current(database) is None
    assert upgrade_database(database) == newest() == current(database)
    with database.engine.begin() as connection:
        connection.execute(text("INSERT INTO log_state VALUES (1, 7, 7, :root)"), {"root": "ab" * 32})
    assert upgrade_database(database) == newest() == current(database)
    with database.engine.connect() as connection:
        assert connection.execute(text("SELECT size FROM log_state")).scalar_one() == 7


def test_upgrade_opens_the_database_of_the_settings(tmp_path: Path, database_url: str) -> None:
    settings = Settings.load(data=tmp_path / "new" / "data", database_url=database_url)
    assert upgrade(settings) == newest()
    database = Database(settings.database_url)
    assert ready(database)
    database.close()


def test_the_revisions_are_one_line() -> None:
    scripts = ScriptDirectory.from_config(configuration())
    assert scripts.get_heads() == [newest()]
    assert scripts.get_bases() == ["0001"]


def test_every_module_with_tables_is_known_to_the_migrations_and_to_the_tests() -> None:
    """A module that is not imported when the tables are compared would be missing from the migrations unseen."""
    with_tables = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if defines_a_table(path.read_text(encoding="utf-8"))
    }
    assert with_tables == set(WITH_TABLES)
    assert with_tables <= set(TABLE_ROOMS)


def defines_a_table(source: str) -> bool:
    """Has a class a `__tablename__`, or is there a bare Table()?"""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == "__tablename__" for target in targets):
                return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Table":
            return True
    return False


def test_a_table_is_recognised_in_both_ways_of_writing_it() -> None:
    assert defines_a_table("class A(Base):\n    __tablename__ = 'a'\n")
    assert defines_a_table("class A(Base):\n    __tablename__: str = 'a'\n")
    assert defines_a_table("a = Table('a', metadata)")
    assert not defines_a_table("from audits.tables import AuditRow\nname = AuditRow.__tablename__\n")
