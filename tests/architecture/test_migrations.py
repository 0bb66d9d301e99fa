"""The migrations make exactly the tables that the classes say, on both databases, and may be run at any time."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

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
    """Has a class a `__tablename__`, or is there a bare Table() of SQLAlchemy?"""
    tree = ast.parse(source)
    bare = any(
        isinstance(node, ast.ImportFrom)
        and node.module == "sqlalchemy"
        and "Table" in {name.name for name in node.names}
        for node in ast.walk(tree)
    )
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == "__tablename__" for target in targets):
                return True
        if bare and isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Table":
            return True
    return False


def test_a_table_is_recognised_in_both_ways_of_writing_it() -> None:
    assert defines_a_table("class A(Base):\n    __tablename__ = 'a'\n")
    assert defines_a_table("class A(Base):\n    __tablename__: str = 'a'\n")
    assert defines_a_table("from sqlalchemy import Table\na = Table('a', metadata)")
    assert not defines_a_table("from ground.strict import Table\na = Table({}, '')")
    assert not defines_a_table("from audits.tables import AuditRow\nname = AuditRow.__tablename__\n")


BEFORE = (  # a site, an audit of it with a finding and its plan, a product and an order, as revision 0001 knew them
    "INSERT INTO organisation VALUES ('org_1', 'Sunrise', '[]', 'BD', 'Dhaka', '', NULL, :at)",
    "INSERT INTO site (id, organisation_id, kind, name, address, city, country, workers, created_at)"
    " VALUES ('site_1', 'org_1', 'factory', 'Unit 2', 'Plot 14', 'Gazipur', 'BD', 640, :at)",
    "INSERT INTO audit (id, site_id, type, standard, firm_id, starts_on, ends_on, announced, remote, planned_at,"
    " submitted_at, report, workers, interviews, files_reviewed, conforming, applicable, not_applicable, not_reviewed,"
    " unanswered) VALUES ('aud_1', 'site_1', 'initial', 'freemark-2026.0', 'org_1', '2026-05-01', '2026-05-02', :yes,"
    " :no, :at, :at, 'ab', 640, 26, 26, 40, 44, 0, 0, 0)",
    "INSERT INTO finding (id, audit_id, site_id, provision, topic, core, severity, proposed, zero_tolerance,"
    " deliberate, concealed, discovered_at, released_at, containment, closed_on_site) VALUES ('fnd_1', 'aud_1',"
    " 'site_1', 'T1.1', 'T1', :yes, 'major', 'major', :no, :no, :no, :at, :at, '', :no)",
    "INSERT INTO corrective_action (finding_id, root_cause, correction, prevention, owner_role, due_on, submitted_at,"
    " revised_at, evidence) VALUES ('fnd_1', 'a', 'b', 'c', 'd', '2026-06-01', :at, :at, '')",
    "INSERT INTO application (id, organisation_id, created_at, suspension_reason) VALUES ('app_1', 'org_1', :at, '')",
    "INSERT INTO product (id, application_id, position, name, model, yearly_units)"
    " VALUES ('app_1-1', 'app_1', 0, 'Shirt', 'S1', 1000)",
    "INSERT INTO label_order (id, organisation_id, certificate, site_id, site_url, product_id, product_url,"
    " product_name, quantity, last_day, use_by, state, stopped_because, placed_by, placed_at) VALUES ('ord_1', 'org_1',"
    " 'A', 'site_1', 'u', 'app_1-1', 'u', 'Shirt', 10, '2026-12-01', '2026-12-01', 'accepted', '', 'per_1', :at)",
)


def test_what_was_there_before_is_there_after(database: Database) -> None:
    """From revision 0001 with rows in every table that changed."""
    upgrade_database(database, "0001")
    with database.engine.begin() as connection:
        for line in BEFORE:
            given = {"at": "2026-05-03 08:00:00", "yes": True, "no": False}
            connection.execute(text(line), {key: given[key] for key in given if f":{key}" in line})
    upgrade_database(database)
    with database.engine.begin() as connection:
        row = connection.execute(text("SELECT submitted_at = released_at, version, outcome, strata FROM audit")).one()
        assert (bool(row[0]), row[1], row[2]) == (True, 1, "completed"), "the site goes on reading its old report"
        assert connection.execute(text("SELECT identity FROM product")).scalar_one() == "app_1-1"
        assert connection.execute(text("SELECT severity FROM finding")).scalar_one() == "major"
        connection.execute(text("UPDATE audit SET type = 'periodic'"))
        connection.execute(text("UPDATE label_order SET state = 'checking'"))
    with pytest.raises(IntegrityError), database.engine.begin() as connection:
        connection.execute(text("UPDATE audit SET type = 'visit'"))
    with pytest.raises(IntegrityError), database.engine.begin() as connection:
        connection.execute(text("DELETE FROM site"))


BROUGHT = (  # a file on its way and one that is kept, of the audit and finding in BEFORE, as revision 0002 knew them
    "INSERT INTO person VALUES ('per_1', 'org_1', 'Bea', NULL, :at)",
    "INSERT INTO upload (id, audit_id, finding_id, organisation_id, name, size, sha256, dated, captured_zone,"
    " provisions, created_at, evidence_id, refused) VALUES ('upl_1', 'aud_1', 'fnd_1', 'org_1', 'a.pdf', 9, 'ab',"
    " '2026-05-01', '', '[\"T1.1\"]', :at, 'evd_1', '')",
    "INSERT INTO stored_file (sha256, size, kind, stored, stored_size, taken_at, taken_zone)"
    " VALUES ('ab', 9, 'pdf', 'ab', 9, '', '')",
    "INSERT INTO evidence (id, audit_id, finding_id, organisation_id, sha256, name, dated, captured_zone, uploaded_at,"
    " uploaded_by) VALUES ('evd_1', 'aud_1', 'fnd_1', 'org_1', 'ab', 'a.pdf', '2026-05-01', '', :at, 'per_1')",
    "INSERT INTO evidence_provision VALUES ('evd_1', 'T1.1')",
)


def test_evidence_from_before_self_assessments_stays_with_its_audit(database: Database) -> None:
    """From revision 0002; afterwards a file belongs to an audit or to a self-assessment, never to both or neither."""
    given = {"at": "2026-05-03 08:00:00", "yes": True, "no": False}
    upgrade_database(database, "0001")
    with database.engine.begin() as connection:
        for line in BEFORE:
            connection.execute(text(line), {key: given[key] for key in given if f":{key}" in line})
    upgrade_database(database, "0002")
    with database.engine.begin() as connection:
        for line in BROUGHT:
            connection.execute(text(line.replace(":at", "'2026-05-03 08:00:00'")))
    upgrade_database(database)
    with database.engine.begin() as connection:
        for table, id in (("upload", "upl_1"), ("evidence", "evd_1")):
            row = connection.execute(text(f"SELECT id, audit_id, finding_id, assessment_id, name FROM {table}")).one()
            assert tuple(row) == (id, "aud_1", "fnd_1", None, "a.pdf")
        connection.execute(text(
            "INSERT INTO self_assessment (id, site_id, organisation_id, standard, profiles, version, opened_at,"
            " opened_by, sha256) VALUES ('slf_1', 'site_1', 'org_1', 'freemark-2026.1', '[]', 1,"
            " '2026-05-04 08:00:00', 'per_1', '')"
        ))  # fmt: skip
        connection.execute(text("UPDATE evidence SET audit_id = NULL, finding_id = NULL, assessment_id = 'slf_1'"))
    for table in ("upload", "evidence"):
        for wrong in ("audit_id = NULL, assessment_id = NULL", "audit_id = 'aud_1', assessment_id = 'slf_1'",
                      "audit_id = NULL, assessment_id = 'slf_2'"):  # fmt: skip
            with pytest.raises(IntegrityError), database.engine.begin() as connection:
                connection.execute(text(f"UPDATE {table} SET {wrong}"))
