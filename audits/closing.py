"""How a finding is closed: by a closure audit that found conformance, on site where it must be, by whom it may be.

Owns the rules between an old finding and a later visit. A zero-tolerance finding is closed only by an on-site priority
closure of another team: who raised the alarm does not also end it. Only `service` calls it, inside the submission.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select

from audits.tables import AnswerRow, AuditRow, FindingRow, MemberRow
from ground.database import Reading, Writing
from ground.errors import Conflict

CLOSING = ("closure", "priority_closure")


def close_findings(
    session: Writing, audit: AuditRow, answers: Iterable[AnswerRow], team: Sequence[str], *, now: datetime
) -> tuple[str, ...]:
    """Close the site's open findings on which this closure audit found conformance; answers their ids.

    A finding discovered after the first day of the visit, or not released yet, stays open: the visit was not about it.
    Raises Conflict when a zero-tolerance finding would be closed by a visit that may not do it.
    """
    if audit.type not in CLOSING:
        return ()
    conforming = [answer.provision for answer in answers if answer.result == "conformance"]
    query = (
        select(FindingRow)
        .join(AuditRow, AuditRow.id == FindingRow.audit_id)
        .where(
            FindingRow.site_id == audit.site_id,
            FindingRow.audit_id != audit.id,
            FindingRow.provision.in_(conforming),
            FindingRow.released_at.is_not(None),
            FindingRow.closed_at.is_(None),
            AuditRow.standard == audit.standard,
        )
        .order_by(FindingRow.id)
        .with_for_update(of=FindingRow)
        .execution_options(populate_existing=True)
    )
    closed = []
    for finding in session.scalars(query):
        if finding.discovered_at.date() > audit.starts_on:
            continue
        if finding.zero_tolerance:
            _check_may_close(session, audit, finding, team)
        finding.closed_at, finding.closed_by, finding.closed_on_site = now, audit.id, not audit.remote
        closed.append(finding.id)
    return tuple(closed)


def check_other_team(session: Reading, site: str, team: Sequence[str]) -> None:
    """Raise Conflict when somebody of the team was on an audit whose zero-tolerance finding at the site is open."""
    query = (
        select(FindingRow.id, MemberRow.person_id)
        .join(MemberRow, MemberRow.audit_id == FindingRow.audit_id)
        .where(
            FindingRow.site_id == site,
            FindingRow.zero_tolerance,
            FindingRow.released_at.is_not(None),
            FindingRow.closed_at.is_(None),
            MemberRow.person_id.in_(team),
        )
        .order_by(FindingRow.id)
    )
    found = session.execute(query).first()
    if found is not None:
        finding, person = found
        raise Conflict(
            f"{person} was on the audit that found {finding}; a zero-tolerance finding is closed by another team",
            where=f"/team/{list(team).index(person)}",
        )


def _check_may_close(session: Reading, audit: AuditRow, finding: FindingRow, team: Sequence[str]) -> None:
    if audit.type != "priority_closure":
        raise Conflict(
            f"{finding.id} on {finding.provision} is of zero tolerance: only an on-site priority closure closes it; "
            "answer not_reviewed here"
        )
    finders = set(session.scalars(select(MemberRow.person_id).where(MemberRow.audit_id == finding.audit_id)))
    if both := finders.intersection(team):
        raise Conflict(
            f"{finding.id} on {finding.provision} is of zero tolerance, and {min(both)} was on the audit that found "
            "it: another team closes it"
        )
