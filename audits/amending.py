"""Amendments: after the submission a report changes only as a new signed version, with a reason, and the old one kept.

Owns what a new version may say: a finding more, a graver one, other figures. No finding vanishes or becomes milder
here; that is `severity.regrade_finding`, by a decider. Only what an alert said that was laid aside is taken back. From
its submission on, the newest version is the report that an acceptance must name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from audits import scope
from audits.alerts import aside
from audits.counting import count
from audits.drafts import AnswerDraft, ReportDraft
from audits.evidence.service import check_evidence
from audits.facts import SEVERITIES, decode, encode
from audits.fieldwork import facts as fieldwork
from audits.filing import answers_of, disclosed, findings_of, tell_filed
from audits.relations import SUBMIT, check_audit
from audits.release import release
from audits.reports import Told, build_signed, fresh_nonce
from audits.severity import Grade, Grader, Made, copied, made_by_rules
from audits.standard import Provision, Standard
from audits.submission import (
    Signature,
    apply,
    check_figures,
    check_prepared,
    own_key,
    set_figures,
    set_report,
    store_prepared,
)
from audits.tables import AnswerRow, AuditRow, FindingRow, PreliminaryRow, PreparedRow
from audits.views import audit_view, stored_document, team_of
from ground import journal, outbox
from ground.access import Actor
from ground.canonical import Json, nfc
from ground.database import Writing
from ground.errors import Conflict, FreemarkError, Invalid
from ground.ids import new_id
from ground.parties import Site


@dataclass(frozen=True)
class Amendment:
    """answers: findings to add or to make graver. figures: all of them again, None when they stay."""

    reason: str
    answers: tuple[AnswerDraft, ...] = ()
    figures: ReportDraft | None = None


def prepare_amendment(
    session: Writing, actor: Actor, audit_id: str, draft: Amendment, *, now: datetime
) -> dict[str, Json]:
    """The next version of the report as the actor will sign it, stored; preparing again replaces it.

    Without answers and figures when it only takes back what was laid aside since: the answers from before stand in it.
    Raises Conflict when the report is not submitted, its standard knows no signatures, a finding would vanish or become
    milder, or nothing would change; Invalid with the pointer of an answer or a figure.
    """
    audit, catalogue = _submitted(session, actor, audit_id)
    kid = own_key(session, actor)
    if not draft.answers and draft.figures is None and not aside.still_says(session, audit):
        raise Invalid("an amendment changes something: answers, figures, or both", where="/answers")
    if not draft.answers and draft.figures == _figures_of(audit):
        raise Invalid(
            "these are the figures of the report as it stands; an amendment changes something", where="/figures"
        )
    for number, answer in enumerate(draft.answers):
        check_evidence(session, actor, audit, answer.evidence, where=f"/answers/{number}/evidence")
    figures = draft.figures or _figures_of(audit)
    ids: dict[str, str] = {}
    told, _, _, work = _amended(session, audit, catalogue, draft, figures, by=actor.person, at=now, today=now, ids=ids)
    nonce = fresh_nonce()
    document = _document(session, audit, told, work, kid=kid, reason=draft.reason, nonce=nonce)
    given = {
        "report": encode(figures), "answers": [encode(answer) for answer in draft.answers], "ids": ids, "nonce": nonce,
    }  # fmt: skip
    return store_prepared(session, actor, audit, document, given, now=now)


def amend_report(
    session: Writing, actor: Actor, audit_id: str, signature: Signature, *, now: datetime
) -> dict[str, Json]:
    """Submit the prepared version. Findings in it that are new to the site are released with the report: a priority, or
    any when the report is released already, now. Raises what `prepare_amendment` raises, or for a signature that does
    not hold."""
    audit, catalogue = _submitted(session, actor, audit_id)
    prepared = session.get(PreparedRow, audit.id)
    if prepared is None:
        raise Conflict("there is no prepared amendment: POST /v1/audits/{audit}/amendments/preparation")
    figures = decode(ReportDraft, prepared.given["report"])
    answers = tuple(decode(AnswerDraft, answer) for answer in prepared.given["answers"])
    draft = Amendment(prepared.reason, answers, figures)
    told, made, replaced, work = _amended(
        session, audit, catalogue, draft, figures, by=prepared.prepared_by, at=prepared.prepared_at, today=now,
        ids=dict(prepared.given["ids"]),
    )  # fmt: skip
    document = _document(
        session, audit, told, work, kid=prepared.kid, reason=prepared.reason, nonce=prepared.given.get("nonce", "")
    )
    signed = check_prepared(session, prepared, document, signature, told.team)
    former, reason = audit.report, prepared.reason
    for answer in replaced:
        session.merge(answer)
    released = apply(session, made, catalogue, now)
    if audit.released_at is not None:
        for one in made:
            finding = session.get_one(FindingRow, one.finding.id)
            if finding.released_at is None:
                release(finding, catalogue, now)
                released.append(finding)
    audit.version += 1
    set_report(session, actor, audit, document, signed, reason, now=now)
    set_figures(audit, figures)
    count(audit, scope.asked(catalogue, audit.type), told.answers)
    session.flush()
    journal.record(
        session, actor, "report_amended", audit.id, {"report": audit.report, "amends": former}, now=now
    )  # fmt: skip
    for finding in released:
        journal.record(session, actor, "finding_released", finding.id, {"audit": audit.id}, now=now)
        tell_filed(session, finding, now)
    outbox.record(session, "report_amended", audit.site_id, now=now, site=audit.site_id, audit=audit.id)
    return audit_view(session, audit)


def _submitted(session: Writing, actor: Actor, audit_id: str) -> tuple[AuditRow, Standard]:
    found = session.get(AuditRow, audit_id, with_for_update=True)
    audit = check_audit(session, actor, SUBMIT, found, team_of(session, audit_id))
    catalogue = scope.catalogue_of(audit)
    if audit.submitted_at is None:
        raise Conflict("the report is not submitted yet; answer again instead")
    if catalogue.fieldwork is None or not catalogue.fieldwork.signed:
        raise Conflict(f"{catalogue.id} knows no amendments: its reports are not signed")
    return audit, catalogue


def _figures_of(audit: AuditRow) -> ReportDraft:
    document = stored_document(audit)
    return decode(ReportDraft, document["figures"])


def _document(
    session: Writing, audit: AuditRow, told: Told, work: fieldwork.Figures, *, kid: str, reason: str, nonce: str
) -> dict[str, Json]:
    return build_signed(
        audit, told, kid=kid, version=audit.version + 1, reason=reason, work=work,
        sheet=session.get(PreliminaryRow, audit.id), nonce=nonce,
    )  # fmt: skip


def _amended(
    session: Writing,
    audit: AuditRow,
    catalogue: Standard,
    draft: Amendment,
    figures: ReportDraft,
    *,
    by: str,
    at: datetime,
    today: datetime,
    ids: dict[str, str],
) -> tuple[Told, tuple[Made, ...], list[AnswerRow], fieldwork.Figures]:
    """The report with the changes, made of rows that are in no session."""
    if (figures.outcome, figures.outcome_by_site) != (audit.outcome, audit.outcome_by_site):
        raise Conflict(f"the outcome of the visit stays {audit.outcome}: it is what happened")
    work = fieldwork.figures(session, audit)
    site = session.get_one(Site, audit.site_id)
    answers, findings = answers_of(session, audit), findings_of(session, audit)
    given, replaced = _changes(session, audit, catalogue, draft.answers, answers, findings, by=by, at=at, ids=ids)
    answers = {**answers, **{one.answer.provision: one.answer for one in given}}
    answers = {**answers, **{answer.provision: answer for answer in replaced}}
    findings = {**findings, **{one.finding.provision: one.finding for one in given}}
    check_figures(audit, catalogue, figures, work, site, today, answers=answers, findings=findings)
    made = made_by_rules(audit, catalogue, answers, findings, refused="", ids=ids, by=by, now=at)
    answers = {**answers, **{one.answer.provision: one.answer for one in made}}
    findings = {**findings, **{one.finding.provision: one.finding for one in made}}
    told = Told(
        figures, catalogue, answers, findings, organisation=site.organisation_id, team=team_of(session, audit.id),
        closed=tuple(stored_document(audit)["closed"]), at=at,
    )  # fmt: skip
    return told, (*given, *made), replaced, work


def _changes(
    session: Writing,
    audit: AuditRow,
    catalogue: Standard,
    drafts: Sequence[AnswerDraft],
    answers: dict[str, AnswerRow],
    findings: dict[str, FindingRow],
    *,
    by: str,
    at: datetime,
    ids: dict[str, str],
) -> tuple[list[Made], list[AnswerRow]]:
    """What is found anew or graver, and the answers that stand in place of what was laid aside."""
    grader, named, made = Grader(session, audit, catalogue, at), set[str](), list[Made]()
    replaced, free = list[AnswerRow](), aside.still_says(session, audit) - findings.keys()
    for number, draft in enumerate(drafts):
        where = f"/answers/{number}"
        try:
            if draft.provision in named:
                raise Invalid(f"{draft.provision} is answered twice in this request", where="/provision")
            named.add(draft.provision)
            provision = catalogue.provision(draft.provision, where="/provision")
            before = findings.get(provision.id)
            grade = grader.grade(draft, provision, "amendment")
            if grade is None and provision.id in free:
                replaced.append(_answer(audit, draft, by=by, at=at))
                continue
            if grade is None:
                raise Conflict(
                    "an amendment adds findings and makes them graver; it takes none back, and changes no other answer",
                    where="/result",
                )
            _check_not_milder(before, grade)
            one = _made(audit, provision, draft, grade, before, by=by, at=at, ids=ids)
            if before is None:
                one.finding.disclosed_at = disclosed(session, audit, catalogue, provision.id)
            made.append(one)
        except FreemarkError as error:
            error.where = where + error.where
            raise
    return made, replaced


def _check_not_milder(before: FindingRow | None, grade: Grade) -> None:
    if before is None:
        return
    if before.closed_at is not None:
        raise Conflict(f"{before.id} is closed", where="/provision")
    if before.held_until is not None and before.released_at is None:
        raise Conflict(f"{before.id} is an alert that is held, and stands", where="/provision")
    if SEVERITIES.index(grade.severity) > SEVERITIES.index(before.severity):
        raise Conflict(
            f"{before.id} is {before.severity}, and would become {grade.severity}: a decider lowers it, with a reason "
            f"(POST /v1/findings/{before.id}/severity)",
            where="/severity",
        )


def _made(
    audit: AuditRow,
    provision: Provision,
    draft: AnswerDraft,
    grade: Grade,
    before: FindingRow | None,
    *,
    by: str,
    at: datetime,
    ids: dict[str, str],
) -> Made:
    said = {
        "severity": grade.severity,
        "proposed": draft.severity,
        "escalated": grade.escalated,
        "deliberate": draft.deliberate or (before is not None and before.deliberate),
        "concealed": draft.concealed or (before is not None and before.concealed),
        "worst_form": draft.worst_form or (before is not None and before.worst_form),
        "by_management": draft.by_management or (before is not None and before.by_management),
    }
    if before is not None:
        finding = copied(before, **said)
    else:
        finding = FindingRow(
            id=ids.setdefault(provision.id, new_id("fnd")), audit_id=audit.id, site_id=audit.site_id,
            provision=provision.id, topic=provision.topic, core=provision.core, zero_tolerance=False, discovered_at=at,
            shown_as="", containment="", closed_on_site=False, **said,
        )  # fmt: skip
    return Made(_answer(audit, draft, by=by, at=at), finding)


def _answer(audit: AuditRow, draft: AnswerDraft, *, by: str, at: datetime) -> AnswerRow:
    return AnswerRow(
        audit_id=audit.id, provision=draft.provision, result=draft.result, description=nfc(draft.description),
        evidence=[nfc(item) for item in draft.evidence], affected=draft.affected, sampled=draft.sampled, filed_at=at,
        filed_by=by,
    )  # fmt: skip
