"""The door through which certify reads audits: facts about sites, reports by their hash, and the reports themselves.

Owns the way from rows to `facts`, in a fixed number of queries for any number of sites. Answers only what the rules may
know: an audit that is being planned or written is nobody's fact, unless a priority finding of it was filed. What a
submitted report says is a fact before the site reads it; an alert that is held is one only for who asks with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import defer

from audits import scope
from audits.alerts.tables import AlertRow
from audits.counting import without
from audits.facts import SEVERITIES, Action, Finding, SiteFacts, Stratum, Visit
from audits.independence import facts as independence
from audits.independence import roster
from audits.remedy import facts as remedy
from audits.screening.facts import screened
from audits.standard import Standard
from audits.tables import ActionRow, AuditRow, FindingRow, MemberRow
from audits.views import stored_document
from ground.canonical import Json
from ground.database import Reading
from ground.errors import NotFound
from ground.parties import Site


def load(session: Reading, sites: Sequence[str], *, held: bool = False) -> tuple[SiteFacts, ...]:
    """The facts of these sites, in the order asked for. NotFound when one does not exist.

    held: with the alerts that the sites do not know of yet; only the rules may see them, never a holder. Without them
    every figure is as on a site where the auditor found nothing of the kind. A fixed number of queries.
    """
    rows = {row.id: row for row in session.scalars(_SITES, {"sites": sites})}
    if missing := [site for site in sites if site not in rows]:
        raise NotFound(f"there is no site {missing[0]}")
    audits = session.scalars(_AUDITS[held], {"sites": sites}).all()
    findings = _findings(session, sites, held, {audit.id: audit for audit in audits})
    visits = _visits(session, sites, held, audits)
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


def held_until(session: Reading, sites: Sequence[str]) -> datetime | None:
    """When the first of the alerts on these sites, of which they do not know yet, takes effect; None without any."""
    return min(holds(session, sites).values(), default=None)


def holds(session: Reading, sites: Sequence[str]) -> dict[str, datetime]:
    """{site: when the first alert on it, of which it does not know yet, takes effect}, without sites that have none."""
    return {site: until for site, until in session.execute(_HOLDS, {"sites": sites}) if until is not None}


def laid_aside(session: Reading, sites: Sequence[str], *, since: datetime) -> bool:
    """Was an alert on one of these sites, raised after that moment, found to be nothing? Its site never hears of it."""
    found = session.execute(_ASIDE, {"sites": sites, "since": since})
    return found.first() is not None


@dataclass(frozen=True)
class Unreleased:
    """What is a fact for the rules already, and nothing that its site may read: {audit: when it may} of submitted
    reports, and findings."""

    audits: Mapping[str, datetime | None]
    findings: frozenset[str]


def unreleased(session: Reading, sites: Sequence[str]) -> Unreleased:
    """Of these sites, as it is now. Two queries."""
    audits = dict(session.execute(_UNRELEASED, {"sites": sites}).all())
    return Unreleased(audits, frozenset(session.scalars(_NOT_TOLD, {"sites": sites})))


def reports(session: Reading, sites: Sequence[str], *, released: bool = False) -> dict[str, str]:
    """{report hash: audit id} of every submitted audit of these sites; released: of those whose report the site has."""
    query = select(AuditRow.report, AuditRow.id).where(AuditRow.site_id.in_(sites), AuditRow.report.is_not(None))
    if released:
        query = query.where(AuditRow.released_at.is_not(None))
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


def sites_of_work(session: Reading, subject: str) -> set[str]:
    """The sites of submitted audits by this firm, or with this auditor on the team."""
    return roster.sites_of_work(session, subject)


def under_review(session: Reading, subjects: Collection[str]) -> dict[str, datetime]:
    """{firm or auditor: since when} of those whose approval is in doubt now, and with it their earlier work."""
    return independence.reviews(session, subjects)


def _findings(
    session: Reading, sites: Sequence[str], held: bool, audits: Mapping[str, AuditRow]
) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = defaultdict(list)
    for row, action in session.execute(_FINDINGS[held], {"sites": sites}):
        fact = _finding(row, action, scope.catalogue_of(audits[row.audit_id]))
        found[row.site_id].append(fact if held or not row.shown_as else _as_reported(fact, row))
    return found


def _visits(session: Reading, sites: Sequence[str], held: bool, audits: Sequence[AuditRow]) -> dict[str, list[Visit]]:
    teams: dict[str, list[str]] = defaultdict(list)
    for audit_id, person in session.execute(_TEAMS, {"sites": sites}):
        teams[audit_id].append(person)
    hidden = {} if held else _hidden(session, sites)
    found: dict[str, list[Visit]] = defaultdict(list)
    for audit in audits:
        found[audit.site_id].append(_visit(audit, tuple(teams[audit.id]), hidden))
    return found


def _hidden(session: Reading, sites: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """Of each audit, the provisions with a held finding, with the results that stood before: those they have to
    everybody else. Where the team had not answered yet when the alert was raised, it would have found nothing."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for audit, provision, former in session.execute(_HIDDEN, {"sites": sites}):
        known = former is not None and (former["result"] or former["after"])
        found[audit].append((provision, former["result"] if former is not None and known else "conformance"))
    return found


def _visit(row: AuditRow, team: tuple[str, ...], hidden: Mapping[str, Sequence[tuple[str, str]]]) -> Visit:
    submitted = row.submitted_at is not None
    asked = scope.asked(scope.catalogue_of(row), row.type)
    counts = without(row, asked, hidden.get(row.id, ()) if submitted else ())
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
        conforming=counts["conforming"],
        applicable=counts["applicable"],
        not_applicable=counts["not_applicable"],
        not_reviewed=counts["not_reviewed"],
        unanswered=counts["unanswered"] if submitted else len(asked),
        remote=row.remote,
        notice=row.notice,
        outcome=row.outcome,
        by_others=row.outcome == "interrupted" and not row.outcome_by_site,
        effort_needed=row.effort_needed,
        effort_spent=row.effort_spent,
        off_site=row.off_site,
        strata=tuple(Stratum(**stratum) for stratum in row.strata),
        signed=row.signature is not None,
        objections=tuple(row.objections),
        in_a_row=row.in_a_row,
        version=row.version,
    )


def _as_reported(fact: Finding, row: FindingRow) -> Finding:
    """The finding without the alert that is held on it."""
    (known,) = (each for each in SEVERITIES if each == row.shown_as)
    was = (row.former or {}).get("finding") or {}
    return replace(
        fact,
        severity=known,
        zero_tolerance=was.get("zero_tolerance", False),
        deliberate=was.get("deliberate", False),
        concealed=was.get("concealed", False),
        held_until=None,
        escalated=was.get("escalated", ""),
        worst_form=was.get("worst_form", False),
        by_management=was.get("by_management", False),
    )


def _finding(row: FindingRow, action: ActionRow | None, catalogue: Standard) -> Finding:
    asked = catalogue.provision(row.provision).verify if catalogue.fieldwork is not None else ""
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
            # Sent back and not improved, a plan is none.
            submitted_at=action.submitted_at if action and action.returned_at is None else None,
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
        verify=asked if asked == "on_site" or asked == "on_site_interviews" else "",
    )


# The questions. Each is built once, because building one costs more than asking it, and is about any number of sites.

OF_SITES: BindParameter[str] = bindparam("sites", expanding=True)

HELD: ColumnElement[bool] = and_(
    FindingRow.held_until.is_not(None), FindingRow.released_at.is_(None), FindingRow.closed_at.is_(None)
)
"""An alert that the site does not know of yet. One that turned out unfounded is gone, and no fact any more."""


def _told(held: bool) -> ColumnElement[bool]:
    """The findings that are facts, with the held ones or without: released, or of a submitted report. An alert on what
    the report has as less leaves that standing."""
    submitted = select(AuditRow.id).where(AuditRow.submitted_at.is_not(None))
    ordinary = and_(FindingRow.held_until.is_(None), FindingRow.audit_id.in_(submitted))
    reported = and_(HELD, FindingRow.shown_as != "", FindingRow.audit_id.in_(submitted))
    return or_(FindingRow.released_at.is_not(None), ordinary, HELD if held else reported)


_SITES = select(Site).where(Site.id.in_(OF_SITES))
_HOLDS = (
    select(FindingRow.site_id, func.min(FindingRow.held_until))
    .where(FindingRow.site_id.in_(OF_SITES), HELD)
    .group_by(FindingRow.site_id)
)
_HIDDEN = (
    select(FindingRow.audit_id, FindingRow.provision, FindingRow.former)
    .where(FindingRow.site_id.in_(OF_SITES), HELD, FindingRow.shown_as == "")
    .order_by(FindingRow.id)
)
_ASIDE = select(AlertRow.id).where(
    AlertRow.site_id.in_(OF_SITES), AlertRow.state == "dismissed", AlertRow.raised_at > bindparam("since")
)
_UNRELEASED = select(AuditRow.id, AuditRow.release_due).where(
    AuditRow.site_id.in_(OF_SITES), AuditRow.submitted_at.is_not(None), AuditRow.released_at.is_(None)
)
_NOT_TOLD = select(FindingRow.id).where(FindingRow.site_id.in_(OF_SITES), FindingRow.released_at.is_(None))
_TEAMS = (
    select(MemberRow.audit_id, MemberRow.person_id)
    .join(AuditRow, AuditRow.id == MemberRow.audit_id)
    .where(AuditRow.site_id.in_(OF_SITES))
    .order_by(MemberRow.position)
)


def _findings_told(held: bool) -> Select[FindingRow, ActionRow]:
    return (
        select(FindingRow, ActionRow)
        .outerjoin(ActionRow, ActionRow.finding_id == FindingRow.id)
        .where(FindingRow.site_id.in_(OF_SITES), _told(held))
        .order_by(FindingRow.discovered_at, FindingRow.id)
    )


def _audits_told(held: bool) -> Select[AuditRow]:
    """Without their documents: a report is long, and no fact."""
    told = select(FindingRow.audit_id).where(FindingRow.site_id.in_(OF_SITES), _told(held))
    return (
        select(AuditRow)
        .options(defer(AuditRow.document))
        .where(AuditRow.site_id.in_(OF_SITES), or_(AuditRow.submitted_at.is_not(None), AuditRow.id.in_(told)))
        .order_by(AuditRow.starts_on, AuditRow.id)
    )


_FINDINGS = {held: _findings_told(held) for held in (False, True)}
_AUDITS = {held: _audits_told(held) for held in (False, True)}
