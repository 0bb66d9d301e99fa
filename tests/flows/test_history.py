"""A seeded history, made small: its decisions replay, a changed row is named, a dry run names who would change, and a
firm's suspension reaches every certificate or none.

The world is made once through the real services; what changes it works on a copy.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select, update

from audits.tables import FindingRow
from certify import casefile
from certify import log as transparency
from certify.tables import Application, CautionRow, DecisionRow
from freemark.cli import main
from freemark.demo.history import founding, lives, making, population, suspension, tell
from freemark.demo.history.house import House
from ground import journal, outbox
from ground.canonical import parse
from ground.clock import FixedClock
from ground.journal import JournalRow
from ground.settings import Settings
from ground.world import open_world

UNTIL = datetime(2026, 11, 20, 12, tzinfo=UTC)
SITES, YEARS = 6, 1


def made(data: Path) -> House:
    return making.make(data, sites=SITES, years=YEARS, seed="1", until=UNTIL)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Nobody changes it."""
    found = made(tmp_path_factory.mktemp("history") / "world")
    yield found
    found.world.close()


@pytest.fixture
def copy(house: House, tmp_path: Path) -> Iterator[House]:
    """The same world in another folder, to be changed."""
    shutil.copytree(house.world.settings.data, tmp_path / "world")
    world = open_world(Settings.load(data=tmp_path / "world"))
    world.clock = FixedClock(UNTIL)
    yield replace(house, world=world, cases=list(house.cases), touched=set(), due={}, notes={})
    world.close()


def outcomes(house: House) -> list[tuple[int, str, datetime, str | None]]:
    """What was decided, when, in every case: without any id."""
    number = {case.application: case.number for case in house.cases}
    with house.world.db.read() as session:
        rows = session.scalars(select(DecisionRow).order_by(DecisionRow.at, DecisionRow.application_id))
        return sorted((number[row.application_id], row.outcome, row.at, row.state) for row in rows)


def number_of(house: House, table: Any, *where: Any) -> int:
    with house.world.db.read() as session:
        return session.scalar(select(func.count()).select_from(table).where(*where)) or 0


def test_every_decision_comes_out_the_same_again(house: House) -> None:
    found = tell.replayed(house.world)
    assert found.total == number_of(house, DecisionRow) > 30
    assert found.differences == ()


def test_the_journal_and_the_published_log_hold(house: House) -> None:
    with house.world.db.read() as session:
        assert journal.check(session) > 500
        assert outbox.stuck(session) == []
    transparency.check(house.world)
    assert house.world.shelf.read("cautions.json") is not None


def test_it_has_what_was_planned_for_the_smallest(house: House) -> None:
    with house.world.db.read() as session:
        found = tell.count(session, UNTIL)
    assert (found.sites, found.firms) == (SITES, 8)
    assert found.certificates["active"] >= 2
    assert found.certificates["reduced"] == 1
    for outcome in ("refuse", "issue", "keep", "suspend", "reinstate", "reduce"):
        assert found.decisions[outcome], outcome
    assert found.audits["priority_closure"] == 1
    cascade = house.notes["cascade"]
    assert cascade.certificates >= 2
    assert cascade.transactions == 1
    assert found.cautions == (cascade.certificates, cascade.certificates)


def test_the_same_seed_and_day_give_the_same_outcomes(house: House, tmp_path: Path) -> None:
    again = made(tmp_path / "world")
    try:
        assert outcomes(again) == outcomes(house)
        assert {case.application for case in again.cases}.isdisjoint(case.application for case in house.cases)
    finally:
        again.world.close()


def test_an_altered_finding_is_named(copy: House) -> None:
    """One row changed behind the services: the replay says which finding, and which part of it."""
    own = [site.id for case in copy.cases for site in case.places if site.own]  # of one case, and in it still
    with copy.world.db.write() as session:
        minor = select(FindingRow).where(FindingRow.severity == "minor", FindingRow.site_id.in_(own))
        row = session.scalars(minor.order_by(FindingRow.id)).first()
        assert row is not None
        id = row.id
        session.execute(update(FindingRow).where(FindingRow.id == id).values(severity="risk"))
    (difference,) = tell.replayed(copy.world).differences
    (where,) = difference.where
    assert where.endswith('/severity: then "minor", now "risk"')
    place, _, _ = where.partition("/severity")
    with copy.world.db.read() as session:
        record: Any = parse(session.get_one(DecisionRow, difference.decision).record.encode(), limit=1 << 24)
    for step in place.removeprefix("/").split("/"):
        record = record[int(step)] if isinstance(record, list) else record[step]
    assert record["id"] == id


def test_a_dry_run_names_who_would_change(house: House, tmp_path: Path) -> None:
    book = tell.write_impatient_book(house.world, tmp_path, UNTIL)
    _, found = tell.dry_run(house.world, book, UNTIL, processes=1)
    assert found.examined >= 3
    (late,) = (case for case in house.cases if case.number == 2)
    (change,) = found.changes
    assert (change.application, change.now, change.then) == (late.application, "keep", "suspend")
    assert change.clauses[0].startswith("S6 met -> unmet: ")
    assert late.sites[0].id in change.clauses[0]


def statements(house: House, applications: Sequence[str]) -> int:
    """How many it takes to read the case files of these, together."""
    asked: list[str] = []

    def count(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        asked.append(statement)

    with house.world.db.read() as session:
        rows = [session.get_one(Application, id) for id in applications]
        event.listen(house.world.db.engine, "before_cursor_execute", count)
        try:
            files = casefile.load_all(session, rows, UNTIL)
        finally:
            event.remove(house.world.db.engine, "before_cursor_execute", count)
    assert [file.application.id for file in files] == list(applications)
    return len(asked)


def test_the_case_files_of_six_take_as_many_statements_as_those_of_two(copy: House) -> None:
    fresh = [plan for plan in population.cases(copy.lot, 20) if plan.number >= len(copy.cases)]
    for plan in fresh[: 6 - len(copy.cases)]:
        lives.apply(copy, founding.join(copy, plan))
    six = [case.application for case in copy.cases]
    assert len(six) == 6
    # Some things are asked only where there is something to ask about, such as what a stopped certificate covered.
    alone = {id: statements(copy, [id]) for id in six}
    two = sorted(six, key=lambda id: alone[id])[-2:]
    together = statements(copy, six)
    assert statements(copy, two) == together
    assert 20 < together < 50
    # One by one it takes nearly as many for each: the count notices what it is there for.
    assert sum(alone.values()) > 5 * together


@dataclass
class Breaks:
    """Fails at the second caution that is written, for as long as it is on."""

    on: bool = True
    seen: int = 0

    def __call__(self, connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        if self.on and statement.startswith("INSERT INTO caution"):
            self.seen += 1
            if self.seen == 2:
                raise OSError("the disk is full")


@contextmanager
def breaking(house: House) -> Iterator[Breaks]:
    breaks = Breaks()
    event.listen(house.world.db.engine, "before_cursor_execute", breaks)
    yield breaks
    event.remove(house.world.db.engine, "before_cursor_execute", breaks)


def test_a_cascade_reaches_every_certificate_or_none(copy: House) -> None:
    firm = suspension.busiest(copy)
    before = number_of(copy, CautionRow)
    told = (JournalRow.action == "certify.caution", JournalRow.at >= UNTIL)
    with breaking(copy) as breaks:
        suspension.suspend(copy, firm)
        with pytest.raises(RuntimeError, match="the disk is full"):
            copy.deliver()
        assert breaks.seen == 2
        assert (number_of(copy, CautionRow), number_of(copy, JournalRow, *told)) == (before, 0)
        breaks.on = False
        assert isinstance(copy.world.clock, FixedClock)
        copy.world.clock.advance(timedelta(minutes=30))
        copy.deliver()
    raised = number_of(copy, CautionRow) - before
    assert raised >= 2
    assert number_of(copy, JournalRow, *told) == 1
    assert raised == number_of(copy, Application, Application.id.in_(_resting_on(copy, firm.id)))


def _resting_on(house: House, firm: str) -> list[str]:
    """Applications whose certificate is in force and whose places were last audited in full by that firm."""
    found = []
    for case in house.cases:
        firms = {house.firm_of(site).id for site in case.places}
        if case.application and firm in firms and house.state(case) in ("active", "suspended", "remediation"):
            found.append(case.application)
    return found


def test_the_command_makes_one_and_tells_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--history", "--out", str(tmp_path), "--sites", "2", "--years", "1", "--seed", "7"]) == 0
    told, noise = capsys.readouterr()
    assert "to the same bytes, 0 not." in told
    assert "INFO" not in told + noise
    assert "certificates under rulebook-impatient.toml" in told
    assert main(["--data", str(tmp_path / "world"), "check"]) == 0
    assert main(["--data", str(tmp_path / "world"), "decision", "replay", "--all"]) == 0
    book = str(tmp_path / "rulebook-impatient.toml")
    assert main(["--data", str(tmp_path / "world"), "rulebook", "dry-run", book, "--processes", "1"]) == 0


def test_a_size_that_nobody_could_wait_for_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--history", "--out", str(tmp_path / "new"), "--sites", "100000"]) == 2
    assert capsys.readouterr().err == "freemark: --sites: 100000 is outside 1 to 2000\n"
    assert not (tmp_path / "new").exists()
