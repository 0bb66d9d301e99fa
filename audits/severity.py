"""How grave a finding is: what the auditor says, what the counts and the past make of it, and who may change it later.

Owns the three ways in which the rules make a finding graver (the share of the sample, the same minor again, many minors
in one topic), the finding on openness when a site ends a visit, and `regrade_finding`. What the auditor proposed stays
beside all of them. Nothing here is ever milder than a provision's floor.

Lowering is for a decider of another organisation than the firm's, with a reason. A priority finding is never lowered:
it may have suspended a certificate the moment it was filed, and who takes that back needs two people and a visit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from audits import rules, scope
from audits.drafts import AnswerDraft, Channel, check_answer
from audits.facts import SEVERITIES, Severity
from audits.relations import REGRADE, check_finding, check_outside
from audits.release import release, set_dues
from audits.standard import Provision, Standard
from audits.tables import AnswerRow, AuditRow, FindingRow, RegradeRow
from audits.views import finding_views, team_of
from ground import journal, outbox
from ground.access import Actor
from ground.canonical import Json, nfc
from ground.database import Reading, Writing
from ground.errors import Conflict, Forbidden, Invalid
from ground.ids import new_id

OPENNESS = "T15.1"  # auditors may go everywhere, see everything, speak with everybody
PUT_RIGHT = "T14.2"  # risks are looked for, and what was found is put right


@dataclass(frozen=True)
class Grade:
    """escalated: why it is graver than proposed, "" when it is not."""

    severity: Severity
    escalated: str = ""


class Grader:
    """Grades the answers of one audit; reads what the site's past has to say once, when a minor first needs it."""

    def __init__(self, session: Reading, audit: AuditRow, catalogue: Standard, now: datetime) -> None:
        self._session, self._audit, self._catalogue, self._now = session, audit, catalogue, now
        self._earlier: frozenset[str] | None = None

    def grade(self, draft: AnswerDraft, provision: Provision, channel: Channel) -> Grade | None:
        """None when the answer is no finding. Invalid with a pointer relative to the answer."""
        field = self._catalogue.fieldwork
        share = rules.Share.of(self._catalogue)
        found = check_answer(
            draft, provision, self._audit.type, remote=self._audit.remote, share=share, channel=channel
        )
        if found is None:
            return None
        if found != draft.severity:
            return Grade(found, "share")
        if field is not None and found == "minor" and provision.id in self._minors(field.escalation.repeat_months):
            return Grade("major", "repeat")
        return Grade(found)

    def _minors(self, months: int) -> frozenset[str]:
        """Provisions on which another report found a minor at this site within these months: also one that was a
        major only because it was a repeat itself."""
        if self._earlier is None:
            query = (
                select(FindingRow.provision, AuditRow.standard)
                .join(AuditRow, AuditRow.id == FindingRow.audit_id)
                .where(
                    FindingRow.site_id == self._audit.site_id,
                    FindingRow.audit_id != self._audit.id,
                    AuditRow.submitted_at.is_not(None),
                    FindingRow.discovered_at >= rules.months_before(self._now, months),
                    or_(FindingRow.severity == "minor", FindingRow.escalated == "repeat"),
                )
            )
            self._earlier = frozenset(
                provision
                for provision, standard in self._session.execute(query)
                if standard.split("-")[0] == self._audit.standard.split("-")[0]
            )
        return self._earlier


@dataclass(frozen=True)
class Made:
    """What the rules find by themselves when a report is made: rows that are in no session."""

    answer: AnswerRow
    finding: FindingRow


def made_by_rules(
    audit: AuditRow,
    catalogue: Standard,
    answers: Mapping[str, AnswerRow],
    findings: Mapping[str, FindingRow],
    *,
    refused: str,
    ids: dict[str, str],
    by: str,
    now: datetime,
) -> tuple[Made, ...]:
    """The findings that follow from the whole report, under a standard with field work; none under another.

    refused: why the site ended the visit, "" when it did not. ids: provision -> finding id; ids of new findings are
    put in, so that the same report gets the same ones again.
    """
    if catalogue.fieldwork is None:
        return ()
    made: list[Made] = []

    def make(provision: Provision, severity: Severity, escalated: str, said: str) -> None:
        answer, finding = answers.get(provision.id), findings.get(provision.id)
        if finding is not None and SEVERITIES.index(finding.severity) <= SEVERITIES.index(severity):
            return
        words = f"{said} {_before(answer, finding)}".strip()
        made.append(
            Made(
                AnswerRow(
                    audit_id=audit.id, provision=provision.id, result="finding", description=words,
                    evidence=list(answer.evidence) if answer else [], affected=None, sampled=None, filed_at=now,
                    filed_by=by,
                ),
                _finding(audit, provision, finding, severity, escalated, ids, now),
            )
        )  # fmt: skip

    if refused:
        make(catalogue.provision(OPENNESS), "priority", "", refused)
    minors = [(row.topic, row.provision) for row in findings.values() if row.severity == "minor"]
    crowded = rules.crowded(sorted(minors), catalogue.fieldwork.escalation.minors_in_topic)
    if crowded:
        told = "; ".join(f"{topic}: {', '.join(ids)}" for topic, ids in crowded.items())
        make(
            catalogue.provision(PUT_RIGHT),
            "major",
            "many_minors",
            f"{sum(map(len, crowded.values()))} minor findings stand in {len(crowded)} topics with "
            f"{catalogue.fieldwork.escalation.minors_in_topic} or more ({told}): they are not isolated slips.",
        )
    return tuple(made)


def _before(answer: AnswerRow | None, finding: FindingRow | None) -> str:
    if answer is None or not answer.description:
        return ""
    return f"The team's own answer ({finding.severity if finding else answer.result}): {answer.description}"


def _finding(
    audit: AuditRow,
    provision: Provision,
    before: FindingRow | None,
    severity: Severity,
    escalated: str,
    ids: dict[str, str],
    now: datetime,
) -> FindingRow:
    if before is not None:
        return copied(before, severity=severity, escalated=escalated)
    id = ids.setdefault(provision.id, new_id("fnd"))
    return FindingRow(
        id=id, audit_id=audit.id, site_id=audit.site_id, provision=provision.id, topic=provision.topic,
        core=provision.core, severity=severity, proposed=severity, escalated=escalated, zero_tolerance=False,
        deliberate=False, concealed=False, worst_form=False, by_management=False, discovered_at=now, shown_as="",
        containment="", closed_on_site=False,
    )  # fmt: skip


def copied(row: FindingRow, **changes: Json) -> FindingRow:
    """The same finding in no session, with these changes: to be shown first, and merged when it is signed."""
    values = {column.key: getattr(row, column.key) for column in FindingRow.__table__.columns}
    return FindingRow(**{**values, **changes})


# After filing.


def regrade_finding(
    session: Writing, actor: Actor, finding_id: str, severity: Severity, reason: str, *, now: datetime
) -> dict[str, Json]:
    """Change the severity of a finding that was filed: a decider either way, an auditor of the team only upwards.

    Raises Invalid outside the provision's limits; Conflict for a draft, a closed finding, the same severity, or a
    priority that would be lowered; Forbidden for an auditor who lowers, a decider of the firm itself, and whoever works
    for the organisation that answers for the site.
    """
    found = session.get(FindingRow, finding_id, with_for_update=True)
    finding = check_finding(session, actor, REGRADE, found)
    check_outside(session, actor, finding)
    audit = session.get_one(AuditRow, finding.audit_id)
    catalogue = scope.catalogue_of(audit)
    provision = catalogue.provision(finding.provision)
    old, raised = finding.severity, SEVERITIES.index(severity) < SEVERITIES.index(finding.severity)
    _check_state(finding, audit, severity)
    role = _role(actor, audit, team_of(session, audit.id), raised=raised)
    _check_regrade(finding, provision, severity)
    finding.severity = severity
    if SEVERITIES.index(severity) >= SEVERITIES.index(finding.proposed):
        finding.escalated = ""
    if severity == "priority" and finding.released_at is None:
        release(finding, catalogue, now)
    elif finding.released_at is not None:
        _move_dues(finding, catalogue, now if raised else None)
    session.add(
        RegradeRow(
            finding_id=finding.id, old=old, new=severity, reason=nfc(reason), by_role=role, by_person=actor.person,
            at=now,
        )
    )  # fmt: skip
    session.flush()
    journal.record(session, actor, "finding_regraded", finding.id, {"from": old, "to": severity}, now=now)
    outbox.record(session, "finding_regraded", finding.site_id, now=now, site=finding.site_id, finding=finding.id)
    return finding_views(session, [finding])[0]


DUES = ("containment_due", "cap_due", "approve_due", "close_due")


def _move_dues(finding: FindingRow, catalogue: Standard, raised: datetime | None) -> None:
    """Raised: the site hears of it now, so the new dates count from now, and none becomes later than it was. Lowered:
    the dates are those that it would have had."""
    released = finding.released_at
    if raised is None and released is not None:
        set_dues(finding, catalogue, discovered=finding.discovered_at, released=released)
    if raised is None:
        return
    before = {name: getattr(finding, name) for name in DUES}
    set_dues(finding, catalogue, discovered=raised, released=raised)
    for name, due in before.items():
        now_due = getattr(finding, name)
        if due is not None and (now_due is None or due < now_due):
            setattr(finding, name, due)


def _role(actor: Actor, audit: AuditRow, team: Sequence[str], *, raised: bool) -> str:
    if "decider" in actor.roles and actor.organisation != audit.firm_id:
        return "decider"
    if "auditor" in actor.roles and actor.person in team:
        if not raised:
            raise Forbidden("an auditor may raise a severity; lowering it is for a decider, with a reason")
        return "auditor"
    raise Forbidden("a severity is changed by a decider of another organisation, or raised by the team that found it")


def _check_state(finding: FindingRow, audit: AuditRow, severity: Severity) -> None:
    if finding.held_until is not None and finding.released_at is None:
        raise Conflict(f"{finding.id} is an alert that is held; the protection handler has it")
    if audit.submitted_at is None and finding.released_at is None:
        raise Conflict(f"{finding.id} is a draft; the team answers {finding.provision} again")
    if finding.closed_at is not None:
        raise Conflict(f"{finding.id} is closed")
    if severity == finding.severity:
        raise Conflict(f"{finding.id} is {severity} already")


def _check_regrade(finding: FindingRow, provision: Provision, severity: Severity) -> None:
    if finding.severity == "priority":
        raise Conflict(
            f"{finding.id} is a priority finding: it counted from the moment it was filed, and is ended by a closure "
            "audit, not by a smaller word"
        )
    gravest, mildest = SEVERITIES.index(provision.ceiling), SEVERITIES.index(provision.floor)
    if not gravest <= SEVERITIES.index(severity) <= mildest:
        raise Invalid(
            f"{severity} is outside the limits of {provision.id}: {provision.floor} to {provision.ceiling}",
            where="/severity",
        )
