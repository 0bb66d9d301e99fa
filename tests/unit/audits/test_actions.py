"""Corrective actions: submitted, approved, completed, in this order, by those who may."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from audits import service
from audits.drafts import ActionDraft
from ground.errors import Conflict, Forbidden, FreemarkError, Invalid, NotFound
from ground.journal import JournalRow
from ground.outbox import OutboxEvent

PLAN = ActionDraft("Nobody asked.", "Pay it back.", "Ask everybody.", "Head of compliance", date(2026, 7, 1))


@pytest.fixture
def fee(stage: Any) -> str:
    """A major finding on fees, released with its report."""
    stage.visit([stage.finding("T1.1", "major", affected=20), stage.finding("T10.2", "minor")])
    return next(finding.id for finding in stage.facts().findings if finding.provision == "T1.1")


def fact(stage: Any, finding: str) -> Any:
    return next(one for one in stage.facts().findings if one.id == finding)


def test_the_way_of_a_corrective_action(stage: Any, fee: str) -> None:
    stage.later(days=1)
    stage.act(service.contain_finding, "bea", fee, "Loans taken over.")
    contained = stage.now
    stage.later(days=1)
    stage.act(service.submit_action, "bea", fee, PLAN)
    submitted = stage.now
    stage.later(days=1)
    stage.act(service.submit_action, "bea", fee, replace(PLAN, correction="Pay it back with interest."))
    stage.later(days=1)
    stage.act(service.approve_action, "carl", fee)
    approved = stage.now
    stage.later(days=30)
    shown = stage.act(service.complete_action, "bea", fee, "47 bank confirmations.")
    action = fact(stage, fee).action
    assert fact(stage, fee).contained_at == contained
    assert (action.submitted_at, action.approved_at, action.completed_at) == (submitted, approved, stage.now)
    assert shown["action"]["correction"] == "Pay it back with interest."
    assert shown["action"]["evidence"] == "47 bank confirmations."
    assert fact(stage, fee).open  # that is for the next visit to say
    with stage.world.db.read() as session:
        told = [row.name for row in session.scalars(select(OutboxEvent).order_by(OutboxEvent.id))]
        told = [name for name in told if name not in ("organisation_added", "site_added")]  # the cast's own
        written = list(session.scalars(select(JournalRow.action).where(JournalRow.subject == fee)))
    assert told == ["audit_submitted"] + ["action_changed"] * 5
    assert written == [
        "finding_contained", "action_submitted", "action_submitted", "action_approved", "action_completed",
    ]  # fmt: skip


def test_out_of_order_is_refused(stage: Any, fee: str) -> None:
    for step, by, more in (
        (service.approve_action, "carl", ()),
        (service.complete_action, "bea", ("Done.",)),
    ):
        with pytest.raises(Conflict, match="no corrective action"):
            stage.act(step, by, fee, *more)
    stage.act(service.submit_action, "bea", fee, PLAN)
    with pytest.raises(Conflict, match="not approved"):
        stage.act(service.complete_action, "bea", fee, "Done.")
    stage.act(service.approve_action, "amina", fee)
    with pytest.raises(Conflict, match="approved already"):
        stage.act(service.approve_action, "carl", fee)
    with pytest.raises(Conflict, match="cannot be replaced"):
        stage.act(service.submit_action, "bea", fee, PLAN)
    stage.act(service.complete_action, "bea", fee, "Done.")
    with pytest.raises(Conflict, match="completed already"):
        stage.act(service.complete_action, "bea", fee, "Done.")


def test_containment_is_said_once_and_only_where_it_is_asked_for(stage: Any, fee: str) -> None:
    stage.act(service.contain_finding, "bea", fee, "Done.")
    with pytest.raises(Conflict, match="already"):
        stage.act(service.contain_finding, "bea", fee, "Done.")
    minor = next(one.id for one in stage.facts().findings if one.provision == "T10.2")
    with pytest.raises(Conflict, match="no containment"):
        stage.act(service.contain_finding, "bea", minor, "Done.")


@pytest.mark.parametrize("due", [-1, 91])
def test_a_plan_ends_between_today_and_the_deadline(stage: Any, fee: str, due: int) -> None:
    day = stage.today + timedelta(days=due)
    with pytest.raises(Invalid, match=str(day)) as caught:
        stage.act(service.submit_action, "bea", fee, replace(PLAN, due_on=day))
    assert caught.value.where == "/due_on"


def test_a_closed_finding_takes_no_action(stage: Any, fee: str) -> None:
    stage.visit([stage.conforming("T1.1")], type="closure")
    for step, by, more in (
        (service.submit_action, "bea", (PLAN,)),
        (service.contain_finding, "bea", ("Done.",)),
        (service.approve_action, "carl", ()),
    ):
        with pytest.raises(Conflict, match="closed"):
            stage.act(step, by, fee, *more)


def test_a_priority_finding_takes_its_action_before_the_report(stage: Any) -> None:
    audit = stage.plan(type="surveillance")
    shown = stage.answer(audit, [stage.passports()])
    stage.act(service.submit_action, "bea", shown["findings"][0]["id"], PLAN)


STEPS = {
    "contain": (service.contain_finding, ("Done.",)),
    "submit": (service.submit_action, (PLAN,)),
    "approve": (service.approve_action, ()),
    "complete": (service.complete_action, ("Done.",)),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("person", "sites", "approves"),
    [
        ("otto", NotFound, NotFound),
        ("ravi", NotFound, NotFound),  # another organisation's agent
        ("ulla", NotFound, NotFound),  # another firm's auditor
        ("bea", None, Forbidden),
        ("amina", Forbidden, None),
        ("aino", Forbidden, None),  # of the firm
        ("carl", Forbidden, None),
        ("sam", Forbidden, Forbidden),
    ],
)
def test_who_may_do_which_step(
    stage: Any,
    fee: str,
    step: str,
    person: str,
    sites: type[FreemarkError] | None,
    approves: type[FreemarkError] | None,
) -> None:
    if step in ("approve", "complete"):
        stage.act(service.submit_action, "bea", fee, PLAN)
    if step == "complete":
        stage.act(service.approve_action, "carl", fee)
    work, more = STEPS[step]
    expected = approves if step == "approve" else sites
    if expected is None:
        stage.act(work, person, fee, *more)
        return
    before = fact(stage, fee)
    with pytest.raises(expected):
        stage.act(work, person, fee, *more)
    assert fact(stage, fee) == before


def test_a_draft_finding_is_the_firms_alone(stage: Any) -> None:
    audit = stage.plan()
    draft = stage.answer(audit, [stage.finding("T1.1", "major", affected=20)])["findings"][0]["id"]
    with pytest.raises(NotFound):
        stage.act(service.submit_action, "bea", draft, PLAN)
    with pytest.raises(NotFound):
        stage.act(service.approve_action, "carl", draft)
    with pytest.raises(Conflict, match="draft"):
        stage.act(service.approve_action, "amina", draft)


def test_an_organisation_that_is_firm_and_manufacturer_keeps_the_two_apart(stage: Any, fee: str) -> None:
    """Wilma is auditor and manager of one house: as a firm it may not act for the site that it audited."""
    audit = stage.plan("wilma", type="surveillance", team=(stage.wilma.person,))
    stage.answer(audit, [stage.finding("T3.2", "major")], by="wilma")
    stage.submit(audit, by="wilma")
    theirs = next(one.id for one in stage.facts().findings if one.audit == audit)
    with pytest.raises(Forbidden):
        stage.act(service.submit_action, "wilma", theirs, PLAN)
    stage.act(service.submit_action, "bea", theirs, PLAN)
    stage.act(service.approve_action, "wilma", theirs)
