"""What a site does about a finding: containment at once, then root cause, correction and prevention, then proof.

Owns the writes to corrective actions. Submitted, approved or sent back by somebody else than the writer and the holder,
completed, in this order; closing is the next visit's. Each step is journalled and told upstairs as "action_changed".
The clocks were set when the finding was released.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from audits import scope
from audits.drafts import ActionDraft, Proof
from audits.evidence.tables import EvidenceRow
from audits.relations import ACT, APPROVE, check_finding, check_outside
from audits.remedy.clocks import with_clock
from audits.remedy.tables import ReviewRow, Word
from audits.tables import ActionRow, AuditRow, FindingRow
from audits.views import findings_for
from ground import journal, outbox, people
from ground.access import Actor
from ground.canonical import Json, nfc
from ground.database import Reading, Writing
from ground.errors import Conflict, Forbidden, Invalid

LONGEST_PLAN = timedelta(days=366)  # for an opportunity, which has no clock
NO_PROOF = Proof()


def contain_finding(
    session: Writing, actor: Actor, finding_id: str, measure: str, proof: Proof = NO_PROOF, *, now: datetime
) -> dict[str, Json]:
    """The site says what it did to reduce the harm at once. Conflict when it said so before, or none is asked for.

    Invalid for a priority finding without evidence, under a standard with field work: its clock is one of evidence.
    """
    finding = _open(session, actor, ACT, finding_id)
    if finding.containment_due is None:
        raise Conflict(f"a {finding.severity} finding on {finding.provision} asks for no containment")
    if finding.contained_at is not None:
        raise Conflict("containment is recorded already")
    if finding.severity == "priority" and _has_fieldwork(session, finding) and not proof:
        raise Invalid(
            f"containment of a priority finding is shown by evidence, until {finding.containment_due:%Y-%m-%d %H:%M} "
            "UTC: words, or ids of files brought to the finding",
            where="/evidence",
        )
    finding.containment_files = check_files(session, actor, finding, proof.files)
    finding.containment, finding.contained_at = nfc(measure), now
    finding.containment_evidence = nfc(proof.words)
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
    _write(session, actor, finding, draft, "", now)
    return _changed(session, actor, "action_submitted", finding, now)


def decline_action(session: Writing, actor: Actor, finding_id: str, basis: str, *, now: datetime) -> dict[str, Json]:
    """Do nothing about an opportunity, for a written reason, which is approved like a plan. Conflict for any other."""
    finding = _open(session, actor, ACT, finding_id)
    if finding.severity != "opportunity":
        raise Conflict(f"{finding.id} is {finding.severity}: only an opportunity may be left, with a written basis")
    _write(session, actor, finding, ActionDraft("", "", "", "", now.date()), basis, now)
    return _changed(session, actor, "action_submitted", finding, now)


def approve_action(
    session: Writing, actor: Actor, finding_id: str, reason: str = "", *, now: datetime
) -> dict[str, Json]:
    """A decider, or an auditor of the firm that found it, takes the plan as good enough. Conflict out of order.

    Forbidden for who wrote it, and for anybody of the organisation that answers for the site, under any membership.
    """
    finding, action = _judged(session, actor, finding_id)
    action.approved_at, action.approved_by = now, actor.person
    _review(session, actor, finding, "approved", reason, now)
    return _changed(session, actor, "action_approved", finding, now)


def return_action(session: Writing, actor: Actor, finding_id: str, reason: str, *, now: datetime) -> dict[str, Json]:
    """The same people send the plan back, with what is missing. Its clock does not stop."""
    finding, action = _judged(session, actor, finding_id)
    action.returned_at = now
    _review(session, actor, finding, "returned", reason, now)
    return _changed(session, actor, "action_returned", finding, now)


def complete_action(
    session: Writing, actor: Actor, finding_id: str, evidence: str, files: Sequence[str] = (), *, now: datetime
) -> dict[str, Json]:
    """The site says that it is done, and where the proof is: words, ids of evidence brought to the finding, or both.
    The finding stays open until a closure audit agrees."""
    finding = _open(session, actor, ACT, finding_id)
    action = _submitted(session, finding)
    if action.approved_at is None:
        raise Conflict("the corrective action is not approved yet")
    if action.no_action:
        raise Conflict("nothing was to be done, for a reason that was approved")
    if action.completed_at is not None:
        raise Conflict("the corrective action is completed already")
    if not evidence and not files:
        raise Invalid("say what shows it: words, or ids of files brought to the finding", where="/evidence")
    action.files = check_files(session, actor, finding, files)
    action.completed_at, action.evidence = now, nfc(evidence)
    return _changed(session, actor, "action_completed", finding, now)


def check_files(
    session: Reading, actor: Actor, finding: FindingRow, files: Sequence[str], where: str = "/files"
) -> list[str]:
    """These ids, each once, if they are evidence that the actor's organisation brought to the finding."""
    for number, id in enumerate(files):
        row = session.get(EvidenceRow, id)
        if row is None or row.finding_id != finding.id or row.organisation_id != actor.organisation:
            raise Invalid(f"{id[:40]!r} is no evidence that you brought to {finding.id}", where=f"{where}/{number}")
    return list(dict.fromkeys(files))


def _judged(session: Writing, actor: Actor, finding_id: str) -> tuple[FindingRow, ActionRow]:
    """A finding and its plan, which the actor may approve or send back."""
    finding = _open(session, actor, APPROVE, finding_id)
    check_outside(session, actor, finding)
    action = _submitted(session, finding)
    if action.submitted_by in people.same(session, actor.person):
        raise Forbidden("who wrote the corrective action does not also approve it")
    if action.approved_at is not None:
        raise Conflict("the corrective action is approved already")
    if action.returned_at is not None:
        raise Conflict(f"it was sent back at {action.returned_at:%Y-%m-%d %H:%M} UTC; the site has not improved it yet")
    return finding, action


def _write(session: Writing, actor: Actor, finding: FindingRow, draft: ActionDraft, basis: str, now: datetime) -> None:
    action = session.get(ActionRow, finding.id)
    if action is None:
        action = ActionRow(finding_id=finding.id, submitted_at=now)
        session.add(action)
    elif action.approved_at is not None:
        raise Conflict("the corrective action is approved; it cannot be replaced")
    action.root_cause, action.correction = nfc(draft.root_cause), nfc(draft.correction)
    action.prevention, action.owner_role = nfc(draft.prevention), nfc(draft.owner_role)
    action.due_on, action.revised_at, action.no_action = draft.due_on, now, nfc(basis)
    action.submitted_by, action.returned_at = actor.person, None


def _review(session: Writing, actor: Actor, finding: FindingRow, word: Word, reason: str, now: datetime) -> None:
    session.add(
        ReviewRow(
            finding_id=finding.id, word=word, reason=nfc(reason), person=actor.person,
            organisation=actor.organisation, at=now,
        )
    )  # fmt: skip


def _has_fieldwork(session: Reading, finding: FindingRow) -> bool:
    return scope.catalogue_of(session.get_one(AuditRow, finding.audit_id)).fieldwork is not None


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
    return with_clock(findings_for(session, actor, [finding])[0], now)
