"""Reminders: once per occasion to whose turn it is, an event when a date has passed, and nothing of what is held."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from audits import service
from audits.drafts import ActionDraft
from audits.remedy import checks, deadlines
from audits.remedy.tables import ReminderRow
from ground.mail import MailRow
from ground.outbox import Event, OutboxEvent
from tests.auditing import Field
from tests.unit.audits.remedy.conftest import Repaying, released


def letters(stage: Any) -> list[tuple[str, str]]:
    """(first name, subject) of every letter, oldest first."""
    names = {actor.person: name for name, actor in stage.people.items()}
    with stage.world.db.read() as session:
        return [(names[row.person], row.subject) for row in session.scalars(select(MailRow).order_by(MailRow.id))]


def remind(stage: Any) -> list[tuple[str, str]]:
    """What is new."""
    before = len(letters(stage))
    deadlines.remind(stage.world)
    return letters(stage)[before:]


def passed(stage: Any) -> int:
    with stage.world.db.read() as session:
        return len(list(session.scalars(select(OutboxEvent).where(OutboxEvent.name == "deadline_passed"))))


def test_the_site_is_reminded_of_its_plan_14_7_and_1_days_before(fees: Repaying) -> None:
    stage, plan = fees.stage, ("bea", "Corrective action plan: due on 2026-06-19")
    stage.act(service.contain_finding, "bea", fees.finding, "Stopped.")
    assert remind(stage) == [plan]
    assert remind(stage) == []
    for days, new in ((6, []), (1, [plan]), (5, []), (1, [plan]), (0.9, [])):
        stage.later(days=days)
        assert remind(stage) == new, days
    assert passed(stage) == 0


def test_a_date_that_has_passed_is_told_to_the_deciders_too_and_once_to_the_rules(fees: Repaying) -> None:
    stage = fees.stage
    stage.act(service.contain_finding, "bea", fees.finding, "Stopped.")
    stage.later(days=14)
    remind(stage)
    assert passed(stage) == 0
    stage.later(seconds=1)
    overdue = "Overdue: Corrective action plan"
    assert remind(stage) == [("bea", overdue), ("carl", overdue)]
    assert passed(stage) == 1
    stage.later(days=3)
    assert remind(stage) == []
    assert passed(stage) == 1


def test_who_was_late_to_be_reminded_is_reminded_of_the_nearest_only(fees: Repaying) -> None:
    fees.stage.later(days=13.5)
    subjects = [subject for _, subject in remind(fees.stage)]
    assert subjects.count("Corrective action plan: due on 2026-06-19") == 1


def test_who_approves_is_reminded_when_there_is_a_plan(fees: Repaying) -> None:
    stage = fees.stage
    stage.later(days=34.5)
    approval = "Approval of a corrective action: due on 2026-07-17"
    assert approval not in dict(remind(stage)).values()
    stage.act(
        service.submit_action, "bea", fees.finding,
        ActionDraft("Nobody asked.", "Pay.", "Ask.", "Head of compliance", date(2026, 8, 1)),
    )  # fmt: skip
    stage.later(days=1)
    assert sorted(who for who, subject in remind(stage) if subject == approval) == ["amina", "carl"]
    stage.act(service.approve_action, "carl", fees.finding)
    stage.later(days=6)
    assert approval not in [subject for _, subject in remind(stage)]


def test_a_closed_finding_reminds_nobody(stage: Any, field: Any) -> None:
    released(stage, field, stage.finding("T10.3", "major", affected=9))
    field.visit(stage.conforming("T10.3"), type="closure", remote=True)
    stage.later(days=400)
    assert remind(stage) == []


def test_later_checks_are_for_the_firm_and_the_deciders(stage: Any, field: Any) -> None:
    shown = field.visit(stage.conforming("T10.3"))
    event = Event(1, "audit_submitted", stage.factory, {"audit": shown["id"]}, stage.now)
    checks.on_audit_submitted(stage.world, event)
    stage.later(days=24)
    check = "Follow-up check: due on 2026-07-02"
    assert sorted(remind(stage)) == [("amina", check), ("carl", check)]
    stage.later(days=8)
    assert sorted(remind(stage)) == [("amina", "Overdue: Follow-up check"), ("carl", "Overdue: Follow-up check")]
    assert passed(stage) == 1


def test_who_has_several_overdue_dates_to_hear_of_gets_one_letter(stage: Any, field: Any) -> None:
    shown = field.visit(stage.conforming("T10.3"))
    event = Event(1, "audit_submitted", stage.factory, {"audit": shown["id"]}, stage.now)
    checks.on_audit_submitted(stage.world, event)
    stage.later(days=100)
    told = remind(stage)
    assert sorted(who for who, _ in told) == ["amina", "carl"]
    assert {subject for _, subject in told} == {"Overdue: 2 dates"}
    with stage.world.db.read() as session:
        texts = {row.text for row in session.scalars(select(MailRow))}
    (text,) = texts
    assert text.count("Follow-up check was due at") == 2
    assert remind(stage) == []


def test_a_held_alert_has_no_date_and_a_twin_gets_the_same_letters(stage: Any, field: Any) -> None:
    """Everything that is sent, over the whole time of the hold, is what is sent without it."""
    released(stage, field, stage.finding("T10.2", "minor"))
    audit = field.plan(by="ulla")
    told = []
    for hours in (0, 24, 24, 23.9):
        stage.later(hours=hours)
        told.append(remind(stage))
        if not hours:
            held = field.alert(audit, by="ulla")
    assert told[1:] == [[], [], []]
    with stage.world.db.read() as session:
        assert held not in {row.subject for row in session.scalars(select(ReminderRow))}
        assert not [row for row in session.scalars(select(MailRow)) if held in row.text or held in row.key]
    with stage.world.db.write() as session:
        from audits.tables import FindingRow

        service.release_finding(session, session.get_one(FindingRow, held), stage.now)
    assert ("bea", f"Containment of a finding: due on {(stage.now.date()).replace(day=stage.now.day + 1)}") in remind(
        stage
    )


def test_a_letter_says_what_is_due_and_where_and_nothing_of_what_was_found(fees: Repaying) -> None:
    remind(fees.stage)
    with fees.stage.world.db.read() as session:
        rows = list(session.scalars(select(MailRow).order_by(MailRow.id)))
    assert rows
    for row in rows:
        assert f"/v1/findings/{fees.finding}" in row.text
        for word in ("T1.1", "major", "fee", "Seen.", "Bea", fees.stage.factory):
            assert word not in row.text + row.subject


def test_nobody_else_is_reminded(fees: Repaying) -> None:
    fees.stage.later(days=400)
    remind(fees.stage)
    assert {who for who, _ in letters(fees.stage)} == {"bea", "carl", "amina"}


def test_two_processes_tell_an_occasion_once(stages: Any) -> None:
    field = Field(stages.world, stages.people, stages.factory)
    released(stages, field, stages.finding("T1.1", "major", affected=9))
    assert deadlines.remind(stages.world) == 2
    with stages.world.db.write() as session:
        (row, *_) = session.scalars(select(ReminderRow).where(ReminderRow.kind == "plan"))
        session.delete(row)  # as if the other process had not committed yet
    assert deadlines.remind(stages.world) == 1
    assert [subject for _, subject in letters(stages)].count("Corrective action plan: due on 2026-06-19") == 1


def test_the_days_are_those_of_the_standard() -> None:
    assert deadlines.reminder_days("freemark-2026.1") == (1, 7, 14)
    assert deadlines.reminder_days("freemark-2026.0") == (1, 7, 14)


@pytest.mark.parametrize("kind", deadlines.WHAT)
def test_every_kind_of_date_has_its_words(kind: str) -> None:
    assert deadlines.WHAT[kind]  # type: ignore[index]
