"""What a site does about a finding: containment at once, then root cause, correction and prevention, then proof.

Owns the writes to corrective actions. Submitted, approved, completed, in this order; closing is the next visit's. Each
step is journalled and told upstairs as "action_changed". The clocks were set when the finding was released.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from audits.drafts import ActionDraft
from audits.relations import ACT, APPROVE, check_finding
from audits.tables import ActionRow, FindingRow
from audits.views import finding_views
from ground import journal, outbox
from ground.access import Actor
from ground.canonical import Json, nfc
from ground.database import Writing
from ground.errors import Conflict, Invalid

LONGEST_PLAN = timedelta(days=366)  # for an opportunity, which has no clock


def contain_finding(session: Writing, actor: Actor, finding_id: str, measure: str, *, now: datetime) -> dict[str, Json]:
    """The site says what it did to reduce the harm at once. Conflict when it said so before, or none is asked for."""
    finding = _open(session, actor, ACT, finding_id)
    if finding.containment_due is None:
        raise Conflict(f"a {finding.severity} finding on {finding.provision} asks for no containment")
    if finding.contained_at is not None:
        raise Conflict("containment is recorded already")
    finding.containment, finding.contained_at = nfc(measure), now
    return _changed(session, actor, "finding_contained", finding, now)


def submit_action(
    session: Writing, actor: Actor, finding_id: str, draft: ActionDraft, *, now: datetime
) -> dict[str, Json]:
    """Hand in the corrective action; again to improve it, until it is approved. The first time counts for the clock.

    Raises Invalid when it would be finished in the past or after the finding must be closed.
    """
    finding = _open(session, actor, ACT, finding_id)
    latest = finding.close_due or now + LONGEST_PLAN
    if not now.date() <= draft.due_on <= latest.date():
        raise Invalid(
            f"{draft.due_on} is not between today, {now.date()}, and {latest.date()}, when it must be done",
            where="/due_on",
        )
    action = session.get(ActionRow, finding.id)
    if action is None:
        action = ActionRow(finding_id=finding.id, submitted_at=now)
        session.add(action)
    elif action.approved_at is not None:
        raise Conflict("the corrective action is approved; it cannot be replaced")
    action.root_cause, action.correction = nfc(draft.root_cause), nfc(draft.correction)
    action.prevention, action.owner_role = nfc(draft.prevention), nfc(draft.owner_role)
    action.due_on, action.revised_at = draft.due_on, now
    return _changed(session, actor, "action_submitted", finding, now)


def approve_action(session: Writing, actor: Actor, finding_id: str, *, now: datetime) -> dict[str, Json]:
    """A decider, or an auditor of the firm that found it, takes the plan as good enough. Conflict out of order."""
    finding = _open(session, actor, APPROVE, finding_id)
    action = _submitted(session, finding)
    if action.approved_at is not None:
        raise Conflict("the corrective action is approved already")
    action.approved_at, action.approved_by = now, actor.person
    return _changed(session, actor, "action_approved", finding, now)


def complete_action(
    session: Writing, actor: Actor, finding_id: str, evidence: str, *, now: datetime
) -> dict[str, Json]:
    """The site says that it is done, and where the proof is. The finding stays open until a closure audit agrees."""
    finding = _open(session, actor, ACT, finding_id)
    action = _submitted(session, finding)
    if action.approved_at is None:
        raise Conflict("the corrective action is not approved yet")
    if action.completed_at is not None:
        raise Conflict("the corrective action is completed already")
    action.completed_at, action.evidence = now, nfc(evidence)
    return _changed(session, actor, "action_completed", finding, now)


def _open(session: Writing, actor: Actor, action: str, finding_id: str) -> FindingRow:
    """The released, open finding, locked so that two people do not act on it at once."""
    found = session.get(FindingRow, finding_id, with_for_update=True)
    finding = check_finding(session, actor, action, found)
    if finding.released_at is None:
        raise Conflict("the finding is a draft until its report is submitted")
    if finding.closed_at is not None:
        raise Conflict("the finding is closed")
    return finding


def _submitted(session: Writing, finding: FindingRow) -> ActionRow:
    action = session.get(ActionRow, finding.id, populate_existing=True)
    if action is None:
        raise Conflict("there is no corrective action yet")
    return action


def _changed(session: Writing, actor: Actor, event: str, finding: FindingRow, now: datetime) -> dict[str, Json]:
    session.flush()
    journal.record(session, actor, event, finding.id, {"site": finding.site_id}, now=now)
    outbox.record(session, "action_changed", finding.site_id, now=now, site=finding.site_id, finding=finding.id)
    return finding_views(session, [finding])[0]
