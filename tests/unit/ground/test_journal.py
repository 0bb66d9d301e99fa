"""The journal: rows are chained, and whatever is changed or missing is found."""

import pytest
from sqlalchemy import text

from ground import journal
from ground.access import SYSTEM, Actor
from ground.database import Writing, lock
from ground.errors import Conflict, Malformed
from ground.world import World
from tests.unit.ground.together import run_together

ACTOR = Actor("per_1", "org_1", frozenset({"auditor"}), frozenset({"audits"}), token="tok_1")


def write(world: World, count: int) -> None:
    for number in range(count):
        with world.db.write() as session:
            journal.record(session, ACTOR, "tried", f"sub_{number}", {"n": number, "word": "é"}, now=world.clock.now())


def test_an_empty_journal_holds(world: World) -> None:
    with world.db.read() as session:
        assert journal.check(session) == 0


def test_rows_are_counted_and_chained(world: World) -> None:
    write(world, 5)
    with world.db.read() as session:
        assert journal.check(session) == 5
        rows = session.execute(text('SELECT "index", previous, hash FROM journal ORDER BY "index"')).all()
    assert [row[0] for row in rows] == [0, 1, 2, 3, 4]
    assert rows[0][1] == journal.START
    assert [row[1] for row in rows[1:]] == [row[2] for row in rows[:-1]]


def test_several_rows_of_one_transaction_are_kept_in_their_order(world: World) -> None:
    with world.db.write() as session:
        for number in range(3):
            journal.record(session, SYSTEM, "tried", f"sub_{number}", {}, now=world.clock.now())
    with world.db.read() as session:
        assert journal.check(session) == 3
        assert list(session.scalars(text('SELECT subject FROM journal ORDER BY "index"'))) == [
            "sub_0",
            "sub_1",
            "sub_2",
        ]


def test_a_transaction_that_fails_leaves_no_row(world: World) -> None:
    def fail() -> None:
        with world.db.write() as session:
            journal.record(session, ACTOR, "tried", "sub", {}, now=world.clock.now())
            raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        fail()
    with world.db.read() as session:
        assert journal.check(session) == 0


def test_a_float_is_refused_where_it_is_recorded(world: World) -> None:
    with world.db.write() as session, pytest.raises(Malformed):
        journal.record(session, ACTOR, "tried", "sub", {"share": 0.5}, now=world.clock.now())


CHANGES = {
    "detail": """UPDATE journal SET detail = '{}' WHERE "index" = 2""",
    "actor": """UPDATE journal SET person = 'per_2' WHERE "index" = 2""",
    "time": """UPDATE journal SET at = '2026-06-01 07:00:00' WHERE "index" = 2""",
    "hash": """UPDATE journal SET hash = 'ab' WHERE "index" = 2""",
    "missing in the middle": """DELETE FROM journal WHERE "index" = 2""",
    "missing first": """DELETE FROM journal WHERE "index" = 0""",
    "missing last": """DELETE FROM journal WHERE "index" = 4""",
    "all missing": "DELETE FROM journal",
    "moved": """UPDATE journal SET "index" = 7 WHERE "index" = 4""",
    "head changed": "UPDATE journal_head SET entries = 4",
    "head missing": "DELETE FROM journal_head",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_or_missing_row_is_found(world: World, change: str) -> None:
    write(world, 5)
    with world.db.write() as session:
        session.execute(text(CHANGES[change]))
    with world.db.read() as session, pytest.raises(Conflict, match="journal"):
        journal.check(session)


def test_a_forger_who_makes_the_hash_anew_is_found_at_the_next_row(world: World) -> None:
    write(world, 5)
    with world.db.write() as session:
        row = session.get(journal.JournalRow, 2)
        assert row is not None
        row.person = "per_2"
        row.hash = journal._hash(row)
    with world.db.read() as session, pytest.raises(Conflict, match="journal row 3 was changed"):
        journal.check(session)


def test_the_first_bad_row_is_named(world: World) -> None:
    write(world, 5)
    with world.db.write() as session:
        session.execute(text("""UPDATE journal SET action = 'x' WHERE "index" IN (3, 4)"""))
    with world.db.read() as session, pytest.raises(Conflict, match="journal row 3 was changed"):
        journal.check(session)


def test_writers_that_hold_other_locks_do_not_wait_for_each_other(world: World) -> None:
    """They would, if `record` took its lock at once: one holds the journal and wants "other", one the reverse."""

    def record(session: Writing) -> None:
        journal.record(session, ACTOR, "tried", "sub", {}, now=world.clock.now())

    def journal_first() -> None:
        for _ in range(20):
            with world.db.write() as session:
                record(session)
                lock(session, "other")

    def journal_last() -> None:
        for _ in range(20):
            with world.db.write() as session:
                lock(session, "other")
                record(session)

    run_together([journal_first, journal_last] * 2)
    with world.db.read() as session:
        assert journal.check(session) == 80


def test_many_writers_make_one_chain(world: World) -> None:
    run_together([lambda: write(world, 10)] * 6)
    with world.db.read() as session:
        assert journal.check(session) == 60
