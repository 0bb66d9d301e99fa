"""The answers of an audit, provision by provision, and the findings that some of them are.

Owns the writes to answers and draft findings, with their journal rows and events, in the caller's one transaction. A
priority finding is a fact at once and stands. An alert is filed by `file_alert` alone: it is a fact for the rules at
once, and nothing for the site while it is held. So is a priority finding on a provision of zero tolerance, unless the
team says "now": it becomes an alert by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import delete, select

from audits import scope
from audits.alerts.raising import Words, enter
from audits.counting import count
from audits.drafts import AnswerDraft, Channel, holds
from audits.evidence.service import check_evidence
from audits.relations import ANSWER, check_audit
from audits.release import release
from audits.remedy.facts import disclosed_at
from audits.severity import Grade, Grader
from audits.standard import Provision, Standard
from audits.tables import AnswerRow, AuditRow, FindingRow, PreparedRow
from audits.views import answer_view, finding_views, team_of
from ground import journal, outbox
from ground.access import Actor
from ground.canonical import Json, nfc
from ground.database import Reading, Writing
from ground.errors import Conflict, FreemarkError, Invalid
from ground.ids import new_id


def file_answers(
    session: Writing, actor: Actor, audit_id: str, answers: Sequence[AnswerDraft], *, now: datetime
) -> dict[str, Json]:
    """File answers, all or none. A later answer to a provision replaces the earlier one, until the submission.

    A priority finding is released at once: it cannot be replaced, the site has it, and "finding_filed" goes out. One
    that is held cannot be replaced either, and goes to the protection handler as an alert. A report that was prepared
    for signing is thrown away. Raises Conflict on a submitted audit or before the first audit day, Invalid with the
    pointer of the answer.
    """
    audit = locked(session, actor, ANSWER, audit_id)
    _check_begun(audit, now)
    filer = Filer(session, actor, audit, now)
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
    discard_prepared(session, audit.id)
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
        tell_filed(session, finding, now)
    for finding in filer.held:
        detail: dict[str, Json] = {"audit": audit.id, "release": "hold"}
        journal.record(session, actor, "alert_filed", finding.id, detail, now=now)
        enter(session, actor, finding, Words(filer.answers[finding.provision].description, now), now=now)
    order = filer.catalogue.provisions
    asked = scope.asked(filer.catalogue, audit.type)
    return {
        "audit": audit.id,
        "answered": len(filer.answers),
        "unanswered": [id for id in asked if id not in filer.answers],
        "findings": finding_views(session, [filer.findings[id] for id in order if id in filer.findings]),
    }


def file_alert(session: Writing, actor: Actor, audit_id: str, draft: AnswerDraft, *, now: datetime) -> FindingRow:
    """File one finding of zero tolerance as an alert, by the team: the answer, its finding, journal row and event.

    draft.release: "now" tells the site at once; else the finding is held, at most for the hours of the standard, and
    `release_finding` ends the hold. Reason and handler are the caller's, in the same transaction. Also after the
    submission, until the site has the report: a finding that the report has as less then stands as it was, for the
    site, until the release. The signed report is not changed: an amendment says it later.

    Raises Conflict when the standard knows no alerts, before the first day, when the site has the report, or when the
    finding stands already; Invalid with a pointer relative to the answer.
    """
    found = session.get(AuditRow, audit_id, with_for_update=True)
    audit = check_audit(session, actor, ANSWER, found, team_of(session, audit_id))
    catalogue = scope.catalogue_of(audit)
    if catalogue.fieldwork is None:
        raise Conflict(f"{catalogue.id} knows no alerts; answer with a priority finding")
    _check_begun(audit, now)
    if audit.submitted_at is not None:
        due = audit.released_at or audit.release_due
        if due is None or now >= due:
            raise Conflict(
                f"the site has the report since {due or now:%Y-%m-%d %H:%M} UTC, and what is added to it is told at "
                "once: speak with the protection handler before you amend the report"
            )
    filer = Filer(session, actor, audit, now, channel="alert")
    finding = filer.file(draft)
    assert finding is not None  # noqa: S101 - the channel takes nothing but findings
    if draft.release == "now":
        filer.release(finding)
    else:
        finding.held_until = hold_until(audit, catalogue, now)
    session.flush()
    discard_prepared(session, audit.id)
    if audit.submitted_at is not None:
        count(audit, scope.asked(catalogue, audit.type), filer.answers)
    journal.record(
        session, actor, "alert_filed", finding.id, {"audit": audit.id, "release": draft.release or "hold"}, now=now
    )
    if finding.released_at is not None:
        tell_filed(session, finding, now)
    return finding


def hold_until(audit: AuditRow, catalogue: Standard, now: datetime) -> datetime:
    """The hours of the standard from now; of a submitted report, not beyond the moment at which the site reads it. That
    moment is the same after every submission, so a hold that moves it would tell. More time takes two people."""
    hours = catalogue.fieldwork.hold_hours if catalogue.fieldwork else 0
    until = now + timedelta(hours=hours)
    return until if audit.release_due is None else min(until, audit.release_due)


def tell_filed(session: Writing, finding: FindingRow, now: datetime) -> None:
    """Upstairs, by id: the rules read it again."""
    site = finding.site_id
    outbox.record(session, "finding_filed", site, now=now, site=site, audit=finding.audit_id, finding=finding.id)


def locked(session: Writing, actor: Actor, action: str, audit_id: str) -> AuditRow:
    """The unsubmitted audit, locked: an answer and the submission never overtake each other."""
    found = session.get(AuditRow, audit_id, with_for_update=True)
    audit = check_audit(session, actor, action, found, team_of(session, audit_id))
    if audit.submitted_at is not None:
        raise Conflict("the audit is submitted; a submitted audit never changes")
    return audit


def discard_prepared(session: Writing, audit_id: str) -> None:
    """What was to be signed is no longer what the audit says."""
    session.execute(delete(PreparedRow).where(PreparedRow.audit_id == audit_id))


def answers_of(session: Reading, audit: AuditRow) -> dict[str, AnswerRow]:
    """By provision."""
    rows = session.scalars(select(AnswerRow).where(AnswerRow.audit_id == audit.id))
    return {row.provision: row for row in rows}


def findings_of(session: Reading, audit: AuditRow) -> dict[str, FindingRow]:
    """By provision, drafts and held ones too."""
    rows = session.scalars(select(FindingRow).where(FindingRow.audit_id == audit.id))
    return {row.provision: row for row in rows}


FLAGS = ("proposed", "escalated", "zero_tolerance", "deliberate", "concealed", "worst_form", "by_management")
"""What the team, or the rules for it, said of a finding beside its severity."""


def stood(audit: AuditRow, answer: AnswerRow | None, finding: FindingRow | None) -> dict[str, Json]:
    """What an alert is raised upon, for its `former`. result: "" where there was no answer. finding: what of it an
    alert writes over, null where there was none. after: the report was submitted."""
    return {
        **(answer_view(answer) if answer is not None else {"result": "", "description": "", "evidence": []}),
        "finding": {name: getattr(finding, name) for name in ("severity", *FLAGS)} if finding is not None else None,
        "after": audit.submitted_at is not None,
    }


def disclosed(session: Reading, audit: AuditRow, catalogue: Standard, provision: str) -> datetime | None:
    """When the site told of this itself, if it did before the audit began."""
    if catalogue.fieldwork is None:
        return None
    began = datetime.combine(audit.starts_on, time.min, tzinfo=UTC)
    return disclosed_at(session, audit.site_id, provision, before=began)


def _check_begun(audit: AuditRow, now: datetime) -> None:
    if now.date() < audit.starts_on:
        raise Conflict(f"the audit starts on {audit.starts_on}, and today is {now.date()}")


class Filer:
    """Puts the answers of one request beside those that are there."""

    def __init__(
        self, session: Writing, actor: Actor, audit: AuditRow, now: datetime, *, channel: Channel | None = None
    ) -> None:
        self.session, self.actor, self.audit, self.now = session, actor, audit, now
        self.catalogue = scope.catalogue_of(audit)
        self.channel: Channel = channel or ("answers" if self.catalogue.fieldwork is None else "fieldwork")
        self.grader = Grader(session, audit, self.catalogue, now)
        self.answers = answers_of(session, audit)
        self.findings = findings_of(session, audit)
        self.released: list[FindingRow] = []
        self.held: list[FindingRow] = []
        """By themselves, as answers: each is an alert that the caller enters."""

    def file(self, draft: AnswerDraft) -> FindingRow | None:
        """The finding that the answer is, if it is one. Errors point relative to the answer."""
        provision = self.catalogue.provision(draft.provision, where="/provision")
        grade = self.grader.grade(draft, provision, self.channel)
        finding = self.findings.get(provision.id)
        _check_replaceable(finding)
        check_evidence(self.session, self.actor, self.audit, draft.evidence)
        before = stood(self.audit, self.answers.get(provision.id), finding)
        self._answer(draft)
        if grade is not None:
            return self._find(draft, provision, grade, finding, before)
        if finding is not None:
            self.session.delete(finding)
            del self.findings[provision.id]
        return None

    def release(self, finding: FindingRow) -> None:
        release(finding, self.catalogue, self.now)
        self.released.append(finding)

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

    def _find(
        self,
        draft: AnswerDraft,
        provision: Provision,
        grade: Grade,
        finding: FindingRow | None,
        before: dict[str, Json],
    ) -> FindingRow:
        by_itself = grade.severity == "priority" and holds(draft, provision, self.channel)
        shown_as = finding.severity if finding is not None else ""
        if finding is None:
            finding = FindingRow(
                id=new_id("fnd"),
                audit_id=self.audit.id,
                site_id=self.audit.site_id,
                provision=provision.id,
                topic=provision.topic,
                core=provision.core,
                discovered_at=self.now,  # kept when the draft is regraded: the clock runs from the first sight of it
                disclosed_at=disclosed(self.session, self.audit, self.catalogue, provision.id),
            )
            self.session.add(finding)
            self.findings[provision.id] = finding
        finding.severity, finding.proposed = grade.severity, draft.severity or grade.severity
        finding.escalated = grade.escalated
        finding.zero_tolerance, finding.deliberate = draft.zero_tolerance, draft.deliberate
        finding.concealed, finding.worst_form = draft.concealed, draft.worst_form
        finding.by_management = draft.by_management
        if self.channel == "alert" or by_itself:
            finding.shown_as, finding.former = shown_as, before
        if by_itself:
            finding.held_until = hold_until(self.audit, self.catalogue, self.now)
            self.held.append(finding)
        elif draft.release == "now" and self.channel != "alert":
            self.release(finding)
        return finding


def _check_replaceable(finding: FindingRow | None) -> None:
    if finding is None:
        return
    if finding.released_at is not None:
        raise Conflict(f"{finding.id} on {finding.provision} is released and stands", where="/provision")
    if finding.held_until is not None:
        raise Conflict(
            f"{finding.id} on {finding.provision} is raised and held, and stands: the protection handler has it",
            where="/provision",
        )
