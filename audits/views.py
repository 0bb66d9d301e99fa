"""Audits and findings as people read them over the API: JSON of ids, dates and texts, read in few queries.

Owns the shapes of the answers and the lists with their paging. Never decides who may see what: `relations` does, and
every reading function here asks it first. Names no auditor: a team is a list of ids.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, select

from audits import scope
from audits.alerts import aside
from audits.fieldwork import outside
from audits.relations import (
    OWN,
    READ,
    check_audit,
    check_finding,
    check_site,
    closed_to,
    held_provisions,
    sight_of,
    visible_audits,
    visible_findings,
)
from audits.remedy.tables import ReviewRow
from audits.tables import (
    ActionRow,
    AnswerRow,
    AuditRow,
    FindingRow,
    MemberRow,
    PreliminaryRow,
    PreparedRow,
    RegradeRow,
    VersionRow,
)
from ground import access
from ground.access import Actor
from ground.canonical import Json, instant, parse
from ground.database import Reading
from ground.errors import NotFound
from ground.parties import Site

MOST_ROWS = 200  # of one page
MOST_DOCUMENT = 8_000_000  # bytes of a stored report: 44 answers with the longest texts are below 1 MB


def list_audits(
    session: Reading, actor: Actor, *, site: str | None = None, after: str = "", limit: int = 50
) -> dict[str, Json]:
    """The audits the actor may see, by id. {"items": [...], "next": the id to go on after, or null}."""
    access.check(actor, READ, OWN)
    query = select(AuditRow).where(visible_audits(actor), AuditRow.id > after)
    if site is not None:
        query = query.where(AuditRow.site_id == site)
    rows = list(session.scalars(query.order_by(AuditRow.id).limit(limit + 1)))
    shown = rows[:limit]
    return {
        "items": [
            _without_held(session, actor, audit, view)
            for audit, view in zip(shown, _audits(session, shown), strict=True)
        ],
        "next": rows[limit - 1].id if len(rows) > limit else None,
    }


def get_audit(session: Reading, actor: Actor, audit_id: str) -> dict[str, Json]:
    """One audit with its answers and, once submitted, the document whose hash is `report`.

    Of a held alert the team reads here; others nothing, but for a document that says it: whoever hands that out writes
    down who read it (`alerts.glass`). Between submission and release the rest of the firm reads none of the three.
    """
    team = team_of(session, audit_id)
    audit = check_audit(session, actor, READ, session.get(AuditRow, audit_id), team)
    order = list(scope.catalogue_of(audit).provisions)
    held = held_provisions(session, actor, audit.id)
    answers = session.scalars(select(AnswerRow).where(AnswerRow.audit_id == audit.id, AnswerRow.provision.not_in(held)))
    findings = session.scalars(
        select(FindingRow).where(FindingRow.audit_id == audit.id, FindingRow.provision.not_in(held))
    )
    shut = closed_to(session, actor, audit)
    view: dict[str, Json] = {
        **_without_held(session, actor, audit, audit_view(session, audit)),
        "answers": []
        if shut
        else [answer_view(row) for row in sorted(answers, key=lambda row: order.index(row.provision))],
        "findings": []
        if shut
        else finding_views(session, sorted(findings, key=lambda row: order.index(row.provision))),
        "document": None if shut else stored_document(audit),
    }
    return outside.audit_outside(session, audit, view) if outside.is_outside(session, actor, audit) else view


def list_findings(session: Reading, actor: Actor, *, site: str, after: str = "", limit: int = 50) -> dict[str, Json]:
    """The findings at one site, by id: those released, and the drafts of the actor's own firm."""
    check_site(session, actor, READ, site)
    query = select(FindingRow).where(FindingRow.site_id == site, visible_findings(actor), FindingRow.id > after)
    rows = list(session.scalars(query.order_by(FindingRow.id).limit(limit + 1)))
    return {
        "items": findings_for(session, actor, rows[:limit]),
        "next": rows[limit - 1].id if len(rows) > limit else None,
    }


def get_finding(session: Reading, actor: Actor, finding_id: str) -> dict[str, Json]:
    """One finding that the actor may see."""
    finding = check_finding(session, actor, READ, session.get(FindingRow, finding_id))
    return findings_for(session, actor, [finding])[0]


def findings_for(session: Reading, actor: Actor, findings: Sequence[FindingRow]) -> list[dict[str, Json]]:
    """Findings as this reader may see them: outside firm and certification body without small counts of people."""
    audits = {
        row.id: row
        for row in session.scalars(select(AuditRow).where(AuditRow.id.in_({finding.audit_id for finding in findings})))
    }
    veiled = {id for id, audit in audits.items() if outside.is_outside(session, actor, audit)}
    return [
        outside.finding_outside(view) if finding.audit_id in veiled else view
        for finding, view in zip(findings, finding_views(session, findings), strict=True)
    ]


def list_versions(session: Reading, actor: Actor, audit_id: str) -> dict[str, Json]:
    """Every version of the report, oldest first; the newest is the one that an acceptance must name. None to the rest
    of the firm before the release: a reason to amend can tell of an alert."""
    audit = check_audit(session, actor, READ, session.get(AuditRow, audit_id), team_of(session, audit_id))
    if closed_to(session, actor, audit):
        return {"items": [], "next": None}
    query = select(VersionRow).where(VersionRow.audit_id == audit.id).order_by(VersionRow.version)
    rows, veiled = session.scalars(query).all(), outside.is_outside(session, actor, audit)
    return {
        "items": [{**version_view(row), **(aside.reason(session, row) if veiled else {})} for row in rows],
        "next": None,
    }


def get_version(session: Reading, actor: Actor, audit_id: str, version: int) -> dict[str, Json]:
    """One version with its document, whose canonical JSON has the SHA-256 `report`. Whoever hands it out writes down
    who read of a held alert in it (`alerts.glass`)."""
    audit = check_audit(session, actor, READ, session.get(AuditRow, audit_id), team_of(session, audit_id))
    row = session.get(VersionRow, (audit.id, version))
    if row is None or closed_to(session, actor, audit):
        raise NotFound(f"{audit.id} has no version {version} of its report")
    if outside.is_outside(session, actor, audit):
        shown = {**version_view(row), **aside.reason(session, row)}
        return {**shown, "document": outside.document_outside(session, audit, version)}
    return {**version_view(row), "document": parse(row.document.encode(), limit=MOST_DOCUMENT)}


def _without_held(session: Reading, actor: Actor, audit: AuditRow, view: dict[str, Json]) -> dict[str, Json]:
    """The audit's line for a reader who does not know what is held: not counted among the answers of a draft."""
    if audit.submitted_at is not None or sight_of(session, actor, audit) != "none":
        return view
    return {**view, "answered": view["answered"] - len(held_provisions(session, actor, audit.id))}


def version_view(row: VersionRow) -> dict[str, Json]:
    return {
        "audit": row.audit_id,
        "version": row.version,
        "report": row.report,
        "reason": row.reason,
        "submitted_at": _instant(row.submitted_at),
        "submitted_by": row.submitted_by,
        "signature": row.signature,
    }


def prepared_view(row: PreparedRow, document: dict[str, Json]) -> dict[str, Json]:
    """What is to be signed. sha256: of the document's canonical bytes, which become the report's hash."""
    return {
        "audit": row.audit_id,
        "version": row.version,
        "prepared_at": _instant(row.prepared_at),
        "prepared_by": row.prepared_by,
        "kid": row.kid,
        "sha256": row.sha256,
        "document": document,
    }


def sheet_view(sheet: PreliminaryRow) -> dict[str, Json]:
    """The sheet of the closing meeting."""
    return {
        "audit": sheet.audit_id,
        "outcome": sheet.outcome,
        "presented_at": _instant(sheet.presented_at),
        "function": sheet.function,
        "reason": sheet.reason,
        "findings": sheet.findings,
        "filed_at": _instant(sheet.filed_at),
        "filed_by": sheet.filed_by,
    }


def audit_view(session: Reading, audit: AuditRow) -> dict[str, Json]:
    return _audits(session, [audit])[0]


def answer_view(answer: AnswerRow) -> dict[str, Json]:
    return {
        "provision": answer.provision,
        "result": answer.result,
        "description": answer.description,
        "evidence": answer.evidence,
        "affected": answer.affected,
        "sampled": answer.sampled,
    }


def finding_views(session: Reading, findings: Sequence[FindingRow]) -> list[dict[str, Json]]:
    """Findings with the auditor's words and the corrective action."""
    audits = {finding.audit_id for finding in findings}
    answers = {
        (row.audit_id, row.provision): row
        for row in session.scalars(
            select(AnswerRow).where(AnswerRow.audit_id.in_(audits), AnswerRow.result == "finding")
        )
    }
    actions = {
        row.finding_id: row
        for row in session.scalars(
            select(ActionRow).where(ActionRow.finding_id.in_({finding.id for finding in findings}))
        )
    }
    regrades: dict[str, list[RegradeRow]] = defaultdict(list)
    changed = select(RegradeRow).where(RegradeRow.finding_id.in_({finding.id for finding in findings}))
    for row in session.scalars(changed.order_by(RegradeRow.id)):
        regrades[row.finding_id].append(row)
    reviews: dict[str, list[ReviewRow]] = defaultdict(list)
    said = select(ReviewRow).where(ReviewRow.finding_id.in_(actions))
    for review in session.scalars(said.order_by(ReviewRow.id)):
        reviews[review.finding_id].append(review)
    catalogues = {
        row.id: scope.catalogue_of(row) for row in session.scalars(select(AuditRow).where(AuditRow.id.in_(audits)))
    }
    return [
        {
            **_finding(finding, answers[finding.audit_id, finding.provision]),
            "verify": catalogues[finding.audit_id].provision(finding.provision).verify,
            "action": _action(actions[finding.id], reviews[finding.id]) if finding.id in actions else None,
            "regrades": [_regrade(row) for row in regrades[finding.id]],
        }
        for finding in findings
    ]


def team_of(session: Reading, audit_id: str) -> tuple[str, ...]:
    """Person ids, the lead auditor first."""
    query = select(MemberRow.person_id).where(MemberRow.audit_id == audit_id).order_by(MemberRow.position)
    return tuple(session.scalars(query))


def stored_document(audit: AuditRow) -> Json:
    """The report as it was hashed; null before the submission."""
    return None if audit.document is None else parse(audit.document.encode(), limit=MOST_DOCUMENT)


def _audits(session: Reading, audits: Sequence[AuditRow]) -> list[dict[str, Json]]:
    ids = [audit.id for audit in audits]
    teams: dict[str, list[str]] = defaultdict(list)
    members = select(MemberRow).where(MemberRow.audit_id.in_(ids)).order_by(MemberRow.position)
    for member in session.scalars(members):
        teams[member.audit_id].append(member.person_id)
    counted = select(AnswerRow.audit_id, func.count()).where(AnswerRow.audit_id.in_(ids)).group_by(AnswerRow.audit_id)
    answered: dict[str, int] = dict(session.execute(counted).all())
    where = select(Site.id, Site.kind).where(Site.id.in_({audit.site_id for audit in audits}))
    kinds: dict[str, str] = dict(session.execute(where).all())
    return [
        {
            "id": audit.id,
            "site": audit.site_id,
            "type": audit.type,
            "standard": audit.standard,
            "firm": audit.firm_id,
            "team": teams[audit.id],
            "starts_on": audit.starts_on.isoformat(),
            "ends_on": audit.ends_on.isoformat(),
            "subject": scope.subject_of(kinds[audit.site_id]),
            "profiles": audit.profiles,
            "announced": audit.announced,
            "notice": audit.notice or ("announced" if audit.announced else "unannounced"),
            "remote": audit.remote,
            "effort_planned": audit.effort_planned,
            "submitted_at": _instant(audit.submitted_at),
            "released_at": _instant(audit.released_at),
            "outcome": audit.outcome,
            "outcome_by_site": audit.outcome_by_site,
            "outcome_note": audit.outcome_note,
            "report": audit.report,
            "version": audit.version,
            "signature": audit.signature,
            "answered": answered.get(audit.id, 0),
            "provisions": len(scope.asked(scope.catalogue_of(audit), audit.type)),
        }
        for audit in audits
    ]


def _finding(finding: FindingRow, answer: AnswerRow) -> dict[str, Json]:
    return {
        "id": finding.id,
        "audit": finding.audit_id,
        "site": finding.site_id,
        "provision": finding.provision,
        "core": finding.core,
        "severity": finding.severity,
        "proposed": finding.proposed,
        "escalated": finding.escalated,
        "zero_tolerance": finding.zero_tolerance,
        "deliberate": finding.deliberate,
        "concealed": finding.concealed,
        "worst_form": finding.worst_form,
        "by_management": finding.by_management,
        "description": answer.description,
        "evidence": answer.evidence,
        "affected": answer.affected,
        "sampled": answer.sampled,
        "discovered_at": _instant(finding.discovered_at),
        "released_at": _instant(finding.released_at),
        "containment_due": _instant(finding.containment_due),
        "contained_at": _instant(finding.contained_at),
        "containment": finding.containment,
        "containment_evidence": finding.containment_evidence,
        "containment_files": list[Json](finding.containment_files),
        "cap_due": _instant(finding.cap_due),
        "approve_due": _instant(finding.approve_due),
        "close_due": _instant(finding.close_due),
        "disclosed_at": _instant(finding.disclosed_at),
        "remedied_at": _instant(finding.remedied_at),
        "closed_at": _instant(finding.closed_at),
        "closed_by": finding.closed_by,
        "closed_on_site": finding.closed_on_site,
    }


def _regrade(row: RegradeRow) -> dict[str, Json]:
    return {"from": row.old, "to": row.new, "reason": row.reason, "by_role": row.by_role, "at": _instant(row.at)}


def _action(action: ActionRow, reviews: Sequence[ReviewRow]) -> dict[str, Json]:
    return {
        "state": _state(action),
        "root_cause": action.root_cause,
        "correction": action.correction,
        "prevention": action.prevention,
        "owner_role": action.owner_role,
        "due_on": _day(action.due_on),
        "submitted_at": _instant(action.submitted_at),
        "revised_at": _instant(action.revised_at),
        "returned_at": _instant(action.returned_at),
        "approved_at": _instant(action.approved_at),
        "completed_at": _instant(action.completed_at),
        "evidence": action.evidence,
        "files": list[Json](action.files),
        "no_action": action.no_action,
        "reviews": [
            {"word": each.word, "reason": each.reason, "organisation": each.organisation, "at": _instant(each.at)}
            for each in reviews
        ],
    }


def _state(action: ActionRow) -> str:
    """submitted, returned (to be improved), approved, or completed."""
    if action.completed_at is not None:
        return "completed"
    if action.approved_at is not None:
        return "approved"
    return "submitted" if action.returned_at is None else "returned"


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else instant(moment)


def _day(day: date) -> str:
    return day.isoformat()
