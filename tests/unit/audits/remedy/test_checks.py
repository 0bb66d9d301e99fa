"""Workers are asked again after every audit with interviews, and the site never learns that they were."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from audits import dossier
from audits.remedy import checks
from audits.remedy.relations import READ_CHECK, check_of, visible_checks
from audits.remedy.tables import CheckRow
from audits.remedy.views import check_view
from audits.tables import AuditRow
from ground.errors import Conflict, Forbidden, FreemarkError, Invalid, NotFound
from ground.journal import JournalRow
from ground.outbox import Event, OutboxEvent


def submitted(stage: Any, audit: str) -> None:
    """The event is delivered."""
    checks.on_audit_submitted(stage.world, Event(1, "audit_submitted", stage.factory, {"audit": audit}, stage.now))


def rows(stage: Any) -> list[CheckRow]:
    with stage.world.db.read() as session:
        return list(session.scalars(select(CheckRow).order_by(CheckRow.due)))


@pytest.fixture
def asked(stage: Any, field: Any) -> list[CheckRow]:
    """Both checks after a visit of today."""
    submitted(stage, field.visit(stage.finding("T10.2", "minor"))["id"])
    return rows(stage)


def do(stage: Any, by: str, check: CheckRow, result: str = "clear", note: str = "") -> CheckRow:
    with stage.world.db.write() as session:
        return checks.do_check(session, stage.people[by], check.id, result, note, now=stage.now)  # type: ignore[arg-type]


def test_30_and_90_days_after_the_last_day_of_the_audit(stage: Any, asked: list[CheckRow]) -> None:
    assert [(each.kind, each.due) for each in asked] == [
        ("retaliation_30", datetime(2026, 7, 2, tzinfo=UTC)), ("retaliation_90", datetime(2026, 8, 31, tzinfo=UTC)),
    ]  # fmt: skip
    assert {(each.about, each.audit_id, each.firm_id) for each in asked} == {
        (asked[0].audit_id, asked[0].audit_id, stage.amina.organisation)
    }


def test_a_doubled_event_schedules_nothing_more(stage: Any, asked: list[CheckRow]) -> None:
    for _ in range(2):
        submitted(stage, asked[0].audit_id)
    assert [each.id for each in rows(stage)] == [each.id for each in asked]


def test_nobody_is_asked_again_who_was_not_asked(stage: Any, field: Any) -> None:
    shown = field.visit(
        stage.finding("T10.2", "minor"), figures={"interviews_individual": 0, "interviews_group": 0}
    )  # fmt: skip
    submitted(stage, shown["id"])
    assert rows(stage) == []


def test_an_older_standard_asks_nobody_again(stage: Any) -> None:
    submitted(stage, stage.visit()["id"])
    assert rows(stage) == []


def test_an_audit_that_is_not_submitted_schedules_nothing(stage: Any, field: Any) -> None:
    audit = field.plan()
    with stage.world.db.write() as session:
        row = session.get_one(AuditRow, audit)
        row.interviews = 12
        assert checks.schedule_retaliation(session, row, now=stage.now) == 0


def test_they_are_facts_for_the_rules(stage: Any, asked: list[CheckRow]) -> None:
    stage.later(days=30)
    do(stage, "carl", asked[0])
    with stage.world.db.read() as session:
        (site,) = dossier.load(session, [stage.factory])
    assert [(each.kind, each.about, each.due, each.done_at, each.result) for each in site.checks] == [
        ("retaliation_30", asked[0].about, asked[0].due, stage.now, "clear"),
        ("retaliation_90", asked[1].about, asked[1].due, None, ""),
    ]
    with stage.world.db.read() as session:
        assert session.scalars(select(OutboxEvent.name).order_by(OutboxEvent.id.desc())).first() == "check_done"


def test_harm_is_asked_about_again_and_says_what_there_is_to_do(stage: Any, asked: list[CheckRow]) -> None:
    stage.later(days=30)
    with pytest.raises(Invalid) as caught:
        do(stage, "amina", asked[0], "harm")
    assert caught.value.where == "/note"
    done = do(stage, "amina", asked[0], "harm", "Two were moved apart.")
    hint = check_view(stage.carl, done)["hint"]
    assert isinstance(hint, str)
    assert "T12.3" in hint
    assert [(each.kind, each.due) for each in rows(stage) if each.done_at is None] == [
        ("retaliation_30", stage.now + timedelta(days=30)), (asked[1].kind, asked[1].due),
    ]  # fmt: skip


def test_a_check_is_done_once_and_not_before_its_time(stage: Any, asked: list[CheckRow]) -> None:
    with pytest.raises(Conflict, match="due at 2026-07-02 00:00 UTC, and can be done from 7 days before"):
        do(stage, "carl", asked[0])
    stage.later(days=24)
    do(stage, "carl", asked[0])
    with pytest.raises(Conflict, match="was done"):
        do(stage, "carl", asked[0])


def test_what_was_heard_is_read_by_the_certification_body_and_the_handler(stage: Any, asked: list[CheckRow]) -> None:
    stage.later(days=30)
    done = do(stage, "amina", asked[0], "harm", "CANARY")
    shown = {name: check_view(stage.people[name], done)["note"] for name in ("carl", "hana", "amina", "aino", "sam")}
    assert shown == {"carl": "CANARY", "hana": "CANARY", "amina": "CANARY", "aino": None, "sam": None}
    with stage.world.db.write() as session:
        checks.read_check(session, stage.carl, done, now=stage.now)
    with stage.world.db.read() as session:
        last = session.scalars(select(JournalRow).order_by(JournalRow.index.desc())).first()
        assert last is not None
        assert (last.action, last.person, last.subject) == ("check_read", stage.carl.person, done.id)
        assert "CANARY" not in str([row.detail for row in session.scalars(select(JournalRow))])


@pytest.mark.parametrize(
    ("person", "reads", "does"),
    [
        ("amina", None, None), ("aino", None, None), ("carl", None, None), ("hana", None, None),
        ("sam", None, Forbidden), ("ulla", NotFound, NotFound), ("bea", NotFound, NotFound),
        ("ravi", NotFound, NotFound), ("otto", NotFound, NotFound),
    ],
)  # fmt: skip
def test_who_may_see_and_do_a_check(
    stage: Any,
    asked: list[CheckRow],
    person: str,
    reads: type[FreemarkError] | None,
    does: type[FreemarkError] | None,
) -> None:
    stage.later(days=30)
    actor = stage.people[person]
    with stage.world.db.read() as session:
        listed = list(session.scalars(select(CheckRow.id).where(visible_checks(actor))))
        assert bool(listed) is (reads is None)
        if reads is None:
            assert check_of(session, actor, READ_CHECK, asked[0].id).id == asked[0].id
        else:
            with pytest.raises(reads):
                check_of(session, actor, READ_CHECK, asked[0].id)
    if does is None:
        do(stage, person, asked[0])
    else:
        with pytest.raises(does):
            do(stage, person, asked[0])


def test_the_holder_learns_nothing_in_a_second_role(stage: Any, asked: list[CheckRow]) -> None:
    both = type(stage.bea)(
        stage.bea.person, stage.bea.organisation, frozenset(("manager", "decider", "handler", "auditor")),
        stage.bea.scopes,
    )  # fmt: skip
    with stage.world.db.read() as session:
        assert list(session.scalars(select(CheckRow.id).where(visible_checks(both)))) == []
        with pytest.raises(NotFound):
            check_of(session, both, READ_CHECK, asked[0].id)
