"""An offer that its lead leaves without an answer: drawn again after 7 days, explained like one that was sent back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from audits.independence import assigning
from audits.independence.assigning import ANSWER_DAYS
from audits.independence.tables import DrawRow
from freemark import jobs
from ground import journal
from ground.canonical import instant
from ground.errors import Forbidden, NotFound
from ground.journal import JournalRow
from tests.unit.audits.conftest import Stage
from tests.unit.audits.independence.test_assigning import Office

LATEST = timedelta(days=ANSWER_DAYS)
SECOND = timedelta(seconds=1)


@pytest.fixture
def office(stage: Stage) -> Office:
    return Office(stage)


def later(office: Office, by: timedelta) -> None:
    office.stage.world.clock.advance(by)  # type: ignore[attr-defined]


def test_five_working_days_are_seven_whatever_the_calendar_of_holidays() -> None:
    assert ANSWER_DAYS == 7


def test_an_offer_without_an_answer_goes_on_to_somebody_else(office: Office) -> None:
    row = office.ask()
    lead, firm = str(row.lead_id), str(row.firm_id)
    assert office.show(row.id)["answer_by"] == instant(office.stage.now + LATEST)
    later(office, LATEST - SECOND)
    assert assigning.lapse_due(office.stage.world) == 0
    later(office, SECOND)
    assert assigning.lapse_due(office.stage.world) == 1
    shown = office.show(row.id)
    first, second = shown["draws"]
    assert (first["declined_for"], first["declined_reason"]) == ("lead", "no answer within 7 days")
    assert first["declined_at"] == instant(office.stage.now)
    assert (shown["state"], shown["lead"] != lead) == ("offered", True)
    against = next(each for each in second["candidates"] if each["person"] == lead)
    assert any("sent this assignment back" in reason for reason in against["reasons"])
    assert shown["answer_by"] == instant(office.stage.now + LATEST)
    with pytest.raises((Forbidden, NotFound)):  # too late
        office.do(assigning.accept, office.name(lead), row.id)
    with office.stage.world.db.read() as session:
        (told,) = session.scalars(select(JournalRow).where(JournalRow.action == "assignment_declined"))
        assert (told.person, told.detail) == ("system", {"firm": firm, "lead": lead, "for": "lead"})
        journal.check(session)
    assert assigning.lapse_due(office.stage.world) == 0  # the new one has its own seven days


def test_in_the_end_nobody_is_left_and_the_scheme_sees_why(office: Office) -> None:
    for name in ("ulla", "wilma"):
        office.approve(name, status="inactive")
    row = office.ask()
    for _ in range(2):
        later(office, LATEST)
        jobs.clocks(office.stage.world)
    shown = office.show(row.id)
    assert (shown["state"], shown["lead"], shown["answer_by"]) == ("unfilled", None, None)
    assert [each["declined_reason"] for each in shown["draws"]] == ["no answer within 7 days"] * 2 + [""]


def test_what_was_answered_is_left_alone(office: Office) -> None:
    accepted, cancelled = office.accepted(), office.ask(type="for_cause")
    office.do(assigning.cancel, "carl", cancelled.id, reason="Not needed.")
    later(office, 2 * LATEST)
    assert assigning.lapse_due(office.stage.world) == 0
    assert office.show(accepted.id)["state"] == "accepted"


def test_a_window_that_is_over_is_not_drawn_again(office: Office) -> None:
    today = office.stage.today
    row = office.ask(ends_on=today + timedelta(days=6))
    later(office, LATEST)
    assert assigning.lapse_due(office.stage.world) == 0
    assert office.show(row.id)["state"] == "offered"


def test_an_acceptance_between_looking_and_drawing_wins(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes: one sees the offer as overdue, the other accepts it first."""
    office.only("amina")
    row = office.ask()
    office.do(assigning.declare, "amina", row.id, kind="none", until=None)
    later(office, LATEST)
    look = assigning._unanswered

    def seen(session: object, now: object, only: str | None = None) -> list[str]:
        found = look(session, now, only)  # type: ignore[arg-type]
        return found if only else [row.id]

    office.do(assigning.accept, "amina", row.id)
    monkeypatch.setattr(assigning, "_unanswered", seen)
    assert assigning.lapse_due(office.stage.world) == 0
    assert office.show(row.id)["state"] == "accepted"


def test_the_clock_does_it_by_itself(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """And without the job nothing happens: the negative control."""
    row = office.ask()
    later(office, LATEST)
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "CLOCKS", tuple(step for step in jobs.CLOCKS if step is not assigning.lapse_due))
        jobs.clocks(office.stage.world)
    with office.stage.world.db.read() as session:
        assert len(list(session.scalars(select(DrawRow).where(DrawRow.assignment_id == row.id)))) == 1
    jobs.clocks(office.stage.world)
    assert len(office.show(row.id)["draws"]) == 2
