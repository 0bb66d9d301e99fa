"""The door through which certify reads audits: facts about sites, reports by their hash, and the reports themselves.

Owns the way from rows to `facts`, in a fixed number of queries for any number of sites. Answers only what the rules may
know: an audit that is being planned or written is nobody's fact, unless a priority finding of it was released.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import or_, select

from audits import standard
from audits.facts import Action, Finding, SiteFacts, Stratum, Visit
from audits.remedy import facts as remedy
from audits.screening.facts import screened
from audits.tables import ActionRow, AuditRow, FindingRow, MemberRow
from audits.views import stored_document
from ground.canonical import Json
from ground.database import Reading
from ground.errors import NotFound
from ground.parties import Site


def load(session: Reading, sites: Sequence[str], *, held: bool = True) -> tuple[SiteFacts, ...]:
    """The facts of these sites, in the order asked for. NotFound when one does not exist.

    held: with the alerts that the sites do not know of yet; only a rule may see them, never a holder. A fixed number of
    queries.
    """
    rows = {row.id: row for row in session.scalars(select(Site).where(Site.id.in_(sites)))}
    if missing := [site for site in sites if site not in rows]:
        raise NotFound(f"there is no site {missing[0]}")
    findings = _findings(session, sites)
    visits = _visits(session, sites)
    known, checks = screened(session, sites), remedy.checks(session, sites)
    return tuple(
        SiteFacts(
            site=site,
            organisation=rows[site].organisation_id,
            kind=rows[site].kind,
            country=rows[site].country,
            workers=rows[site].workers,
            visits=tuple(visits[site]),
            findings=tuple(findings[site]),
            screened_at=known[site].screened_at,
            hits=known[site].hits,
            subcontractors=known[site].subcontractors,
            refreshed_at=known[site].refreshed_at,
            checks=checks[site],
        )
        for site in sites
    )


def reports(session: Reading, sites: Sequence[str]) -> dict[str, str]:
    """{report hash: audit id} of every submitted audit of these sites."""
    query = select(AuditRow.report, AuditRow.id).where(AuditRow.site_id.in_(sites), AuditRow.report.is_not(None))
    return {report: audit for report, audit in session.execute(query) if report is not None}


def canonical_report(session: Reading, audit: str) -> dict[str, Json]:
    """The report document of a submitted audit: `ground.canonical.digest` of it is its hash. NotFound otherwise."""
    row = session.get(AuditRow, audit)
    document: dict[str, Json] | None = stored_document(row) if row is not None else None
    if document is None:
        raise NotFound("there is no such submitted audit")
    return document


def site_of_finding(session: Reading, finding: str) -> str | None:
    """The site of a released finding."""
    query = select(FindingRow.site_id).where(FindingRow.id == finding, FindingRow.released_at.is_not(None))
    return session.scalar(query)


def team_and_firm(session: Reading, audit: str) -> tuple[tuple[str, ...], str]:
    """Person ids of the team, the lead first, and the firm of an audit. NotFound when there is none."""
    firm = session.scalar(select(AuditRow.firm_id).where(AuditRow.id == audit))
    if firm is None:
        raise NotFound("there is no such audit")
    query = select(MemberRow.person_id).where(MemberRow.audit_id == audit).order_by(MemberRow.position)
    return tuple(session.scalars(query)), firm


def _findings(session: Reading, sites: Sequence[str]) -> dict[str, list[Finding]]:
    query = (
        select(FindingRow, ActionRow)
        .outerjoin(ActionRow, ActionRow.finding_id == FindingRow.id)
        .where(FindingRow.site_id.in_(sites), FindingRow.released_at.is_not(None))
        .order_by(FindingRow.discovered_at, FindingRow.id)
    )
    found: dict[str, list[Finding]] = defaultdict(list)
    for row, action in session.execute(query):
        found[row.site_id].append(_finding(row, action))
    return found


def _visits(session: Reading, sites: Sequence[str]) -> dict[str, list[Visit]]:
    released = select(FindingRow.audit_id).where(FindingRow.site_id.in_(sites), FindingRow.released_at.is_not(None))
    query = (
        select(AuditRow)
        .where(AuditRow.site_id.in_(sites), or_(AuditRow.submitted_at.is_not(None), AuditRow.id.in_(released)))
        .order_by(AuditRow.starts_on, AuditRow.id)
    )
    audits = list(session.scalars(query))
    members = (
        select(MemberRow.audit_id, MemberRow.person_id)
        .where(MemberRow.audit_id.in_([audit.id for audit in audits]))
        .order_by(MemberRow.position)
    )
    teams: dict[str, list[str]] = defaultdict(list)
    for audit_id, person in session.execute(members):
        teams[audit_id].append(person)
    found: dict[str, list[Visit]] = defaultdict(list)
    for audit in audits:
        found[audit.site_id].append(_visit(audit, tuple(teams[audit.id])))
    return found


def _visit(row: AuditRow, team: tuple[str, ...]) -> Visit:
    submitted = row.submitted_at is not None
    return Visit(
        id=row.id,
        type=row.type,
        standard=row.standard,
        firm=row.firm_id,
        team=team,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        announced=row.announced,
        submitted_at=row.submitted_at,
        report=row.report,
        workers=row.workers,
        interviews=row.interviews,
        files_reviewed=row.files_reviewed,
        conforming=row.conforming,
        applicable=row.applicable,
        not_applicable=row.not_applicable,
        not_reviewed=row.not_reviewed,
        unanswered=row.unanswered if submitted else len(standard.load(row.standard).provisions),
        remote=row.remote,
        notice=row.notice,
        outcome=row.outcome,
        effort_needed=row.effort_needed,
        effort_spent=row.effort_spent,
        off_site=row.off_site,
        strata=tuple(Stratum(**stratum) for stratum in row.strata),
        signed=row.signature is not None,
        objections=tuple(row.objections),
        in_a_row=row.in_a_row,
        version=row.version,
    )


def _finding(row: FindingRow, action: ActionRow | None) -> Finding:
    return Finding(
        id=row.id,
        audit=row.audit_id,
        provision=row.provision,
        topic=row.topic,
        core=row.core,
        severity=row.severity,
        zero_tolerance=row.zero_tolerance,
        deliberate=row.deliberate,
        concealed=row.concealed,
        discovered_at=row.discovered_at,
        released_at=row.released_at,
        containment_due=row.containment_due,
        contained_at=row.contained_at,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        closed_on_site=row.closed_on_site,
        action=Action(
            submitted_at=action.submitted_at if action else None,
            approved_at=action.approved_at if action else None,
            completed_at=action.completed_at if action else None,
            cap_due=row.cap_due,
            approve_due=row.approve_due,
            close_due=row.close_due,
        ),
        held_until=row.held_until if row.released_at is None else None,
        escalated=row.escalated,
        disclosed_at=row.disclosed_at,
        remedied_at=row.remedied_at,
        worst_form=row.worst_form,
        by_management=row.by_management,
    )
