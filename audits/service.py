"""The journey of an audit: planned, answered provision by provision, submitted with its report.

Owns every write to audits, answers and findings, each with its journal row and, where a higher floor must hear of it,
its event, in the caller's one transaction. A submitted audit never changes. A priority finding is a fact at once.
Corrective actions are in `actions`; what people may see is in `relations`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from audits import closing, rules, standard
from audits.actions import approve_action, complete_action, contain_finding, submit_action
from audits.drafts import AnswerDraft, AuditDraft, ReportDraft, check_answer
from audits.facts import Severity
from audits.relations import ANSWER, OWN, PLAN, SUBMIT, check_audit
from audits.reports import build_report
from audits.standard import Provision, Standard
from audits.tables import AnswerRow, AuditRow, FindingRow, MemberRow
from audits.views import audit_view, finding_views, team_of
from ground import access, journal, outbox
from ground.access import Actor
from ground.canonical import Json, jcs, nfc, sha256
from ground.database import Writing
from ground.errors import Conflict, FreemarkError, Invalid
from ground.ids import new_id
from ground.parties import Membership, Site

__all__ = [
    "plan_audit", "file_answers", "submit_audit", "submit_action", "approve_action", "complete_action",
    "contain_finding",
]  # fmt: skip


def plan_audit(session: Writing, actor: Actor, draft: AuditDraft, *, now: datetime) -> dict[str, Json]:
    """Enter an audit by the actor's firm, with the actor on the team. Nobody at the site is told.

    Raises Invalid for dates, team, site or standard that cannot be; Conflict when a priority closure would be done by
    the team that found it.
    """
    access.check(actor, PLAN, OWN)
    site = session.get(Site, draft.site)
    if site is None:
        raise Invalid(f"there is no site {draft.site[:40]!r}", where="/site")
    if site.organisation_id == actor.organisation:
        raise Invalid("a firm does not audit its own sites", where="/site")
    standard.load(draft.standard, where="/standard")
    rules.check_dates(draft.starts_on, draft.ends_on, now.date())
    if draft.remote and draft.type != "closure":
        raise Invalid(f"{draft.type} is done on site; only a closure may be remote", where="/remote")
    _check_team(session, actor, draft.team)
    if draft.type == "priority_closure":
        closing.check_other_team(session, draft.site, draft.team)
    audit = AuditRow(
        id=new_id("aud"),
        site_id=draft.site,
        type=draft.type,
        standard=draft.standard,
        firm_id=actor.organisation,
        starts_on=draft.starts_on,
        ends_on=draft.ends_on,
        announced=draft.announced,
        remote=draft.remote,
        planned_at=now,
    )
    session.add(audit)
    session.flush()
    session.add_all(
        MemberRow(audit_id=audit.id, person_id=person, position=position) for position, person in enumerate(draft.team)
    )
    journal.record(
        session,
        actor,
        "audit_planned",
        audit.id,
        {"site": audit.site_id, "type": audit.type, "team": list(draft.team)},
        now=now,
    )
    return audit_view(session, audit)


def file_answers(
    session: Writing, actor: Actor, audit_id: str, answers: Sequence[AnswerDraft], *, now: datetime
) -> dict[str, Json]:
    """File answers, all or none. A later answer to a provision replaces the earlier one, until the submission.

    A priority finding is released at once: it cannot be replaced, the site has it, and "finding_filed" goes out.
    Raises Conflict on a submitted audit or before the first audit day, Invalid with the pointer of the answer.
    """
    audit = _locked(session, actor, ANSWER, audit_id)
    if now.date() < audit.starts_on:
        raise Conflict(f"the audit starts on {audit.starts_on}, and today is {now.date()}")
    filer = _Filer(session, actor, audit, now)
    named: set[str] = set()
    for number, draft in enumerate(answers):
        where = f"/answers/{number}"
        if draft.provision in named:
            raise Invalid(f"{draft.provision} is answered twice in this request", where=f"{where}/provision")
        named.add(draft.provision)
        try:
            filer.file(draft)
        except FreemarkError as error:
            error.where = where + error.where
            raise
    session.flush()
    journal.record(
        session,
        actor,
        "answers_filed",
        audit.id,
        {draft.provision: draft.severity or draft.result for draft in answers},
        now=now,
    )
    for finding in filer.released:
        journal.record(session, actor, "finding_released", finding.id, {"audit": audit.id}, now=now)
        outbox.record(
            session, "finding_filed", audit.site_id, now=now, site=audit.site_id, audit=audit.id, finding=finding.id
        )
    order = filer.standard.provisions
    return {
        "audit": audit.id,
        "answered": len(filer.answers),
        "unanswered": [id for id in order if id not in filer.answers],
        "findings": finding_views(session, [filer.findings[id] for id in order if id in filer.findings]),
    }


def submit_audit(
    session: Writing, actor: Actor, audit_id: str, draft: ReportDraft, *, now: datetime
) -> dict[str, Json]:
    """Submit the report: the audit is frozen, its findings become facts, their clocks start, and a closure audit's
    conformances close the open findings they name.

    Raises Conflict when it was submitted, when an initial audit leaves provisions open, or when a closure is not one
    that may close what it names; Invalid when the figures contradict each other.
    """
    audit = _locked(session, actor, SUBMIT, audit_id)
    if problems := rules.consistency(draft.figures(audit.starts_on, audit.ends_on), now.date()):
        raise rules.refusal(problems)
    catalogue = standard.load(audit.standard)
    answers = _answers(session, audit)
    findings = _findings(session, audit)
    unanswered = [id for id in catalogue.provisions if id not in answers]
    if audit.type == "initial" and unanswered:
        raise Conflict(
            f"an initial audit answers every provision; {len(unanswered)} have none: {', '.join(unanswered)}"
        )
    if not answers:
        raise Conflict("the audit has no answer")
    team = team_of(session, audit.id)
    site = session.get_one(Site, audit.site_id)
    closed = closing.close_findings(session, audit, answers.values(), team, now=now)
    for finding in findings.values():
        if finding.released_at is None:
            _release(finding, catalogue, now)
    document = build_report(
        audit, draft, catalogue, answers, findings, organisation=site.organisation_id, team=team, closed=closed, now=now
    )
    data = jcs(document)
    audit.document, audit.report, audit.submitted_at = data.decode(), sha256(data).hex(), now
    audit.workers, audit.files_reviewed = draft.workers, draft.files_reviewed
    audit.interviews = draft.interviews_individual + draft.interviews_group
    counts = Counter(answer.result for answer in answers.values())
    audit.conforming = counts["conformance"]
    audit.applicable = counts["conformance"] + counts["finding"]
    audit.not_applicable, audit.not_reviewed = counts["not_applicable"], counts["not_reviewed"]
    audit.unanswered = len(unanswered)
    session.flush()
    journal.record(
        session, actor, "audit_submitted", audit.id, {"report": audit.report, "closed": list(closed)}, now=now
    )
    outbox.record(session, "audit_submitted", audit.site_id, now=now, site=audit.site_id, audit=audit.id)
    return {**audit_view(session, audit), "closed": list(closed)}


def _locked(session: Writing, actor: Actor, action: str, audit_id: str) -> AuditRow:
    """The unsubmitted audit, locked: an answer and the submission never overtake each other."""
    found = session.get(AuditRow, audit_id, with_for_update=True)
    audit = check_audit(session, actor, action, found, team_of(session, audit_id))
    if audit.submitted_at is not None:
        raise Conflict("the audit is submitted; a submitted audit never changes")
    return audit


def _check_team(session: Writing, actor: Actor, team: Sequence[str]) -> None:
    if len(set(team)) != len(team):
        raise Invalid("a person stands twice in the team", where="/team")
    if actor.person not in team:
        raise Invalid("who enters an audit is on its team", where="/team")
    auditors = set(
        session.scalars(
            select(Membership.person_id).where(
                Membership.organisation_id == actor.organisation,
                Membership.role == "auditor",
                Membership.person_id.in_(team),
            )
        )
    )
    for number, person in enumerate(team):
        if person not in auditors:
            raise Invalid(f"{person[:40]!r} is no auditor of your firm", where=f"/team/{number}")


class _Filer:
    """Puts the answers of one request beside those that are there."""

    def __init__(self, session: Writing, actor: Actor, audit: AuditRow, now: datetime) -> None:
        self.session, self.actor, self.audit, self.now = session, actor, audit, now
        self.standard = standard.load(audit.standard)
        self.answers = _answers(session, audit)
        self.findings = _findings(session, audit)
        self.released: list[FindingRow] = []

    def file(self, draft: AnswerDraft) -> None:
        """Errors point relative to the answer."""
        provision = self.standard.provision(draft.provision, where="/provision")
        severity = check_answer(draft, provision, self.audit.type, remote=self.audit.remote)
        finding = self.findings.get(provision.id)
        if finding is not None and finding.released_at is not None:
            raise Conflict(f"{finding.id} on {provision.id} is released and stands", where="/provision")
        self._answer(draft)
        if severity is not None:
            self._find(draft, provision, severity, finding)
        elif finding is not None:
            self.session.delete(finding)
            del self.findings[provision.id]

    def _answer(self, draft: AnswerDraft) -> None:
        answer = self.answers.get(draft.provision)
        if answer is None:
            answer = AnswerRow(audit_id=self.audit.id, provision=draft.provision)
            self.session.add(answer)
            self.answers[draft.provision] = answer
        answer.result, answer.description = draft.result, nfc(draft.description)
        answer.evidence = [nfc(item) for item in draft.evidence]
        answer.affected, answer.sampled = draft.affected, draft.sampled
        answer.filed_at, answer.filed_by = self.now, self.actor.person

    def _find(self, draft: AnswerDraft, provision: Provision, severity: Severity, finding: FindingRow | None) -> None:
        if finding is None:
            finding = FindingRow(
                id=new_id("fnd"),
                audit_id=self.audit.id,
                site_id=self.audit.site_id,
                provision=provision.id,
                topic=provision.topic,
                core=provision.core,
                discovered_at=self.now,  # kept when the draft is regraded: the clock runs from the first sight of it
            )
            self.session.add(finding)
            self.findings[provision.id] = finding
        finding.severity, finding.proposed = severity, draft.severity or severity
        finding.zero_tolerance, finding.deliberate = draft.zero_tolerance, draft.deliberate
        finding.concealed = draft.concealed
        if draft.release == "now":
            _release(finding, self.standard, self.now)
            self.released.append(finding)


def _release(finding: FindingRow, catalogue: Standard, now: datetime) -> None:
    """From now on it is a fact, and its dates are fixed."""
    dues = rules.deadlines(
        catalogue,
        finding.severity,
        finding.topic,
        zero_tolerance=finding.zero_tolerance,
        discovered=finding.discovered_at,
        released=now,
    )
    finding.released_at = now
    finding.containment_due, finding.cap_due = dues.containment, dues.cap
    finding.approve_due, finding.close_due = dues.approve, dues.close


def _answers(session: Writing, audit: AuditRow) -> dict[str, AnswerRow]:
    rows = session.scalars(select(AnswerRow).where(AnswerRow.audit_id == audit.id))
    return {row.provision: row for row in rows}


def _findings(session: Writing, audit: AuditRow) -> dict[str, FindingRow]:
    rows = session.scalars(select(FindingRow).where(FindingRow.audit_id == audit.id))
    return {row.provision: row for row in rows}
