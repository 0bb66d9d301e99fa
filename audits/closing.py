"""How a finding is closed: by a closure audit that found conformance, on site where it must be, by whom it may be.

Owns the rules between an old finding and a later visit. A zero-tolerance finding is closed only by an on-site priority
closure of another team: who raised the alarm does not also end it. What a standard leaves to the next audit, any later
audit closes. What was found under one standard is never closed under one that asks less.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select

from audits import standard
from audits.facts import VisitOutcome
from audits.independence import facts as independence
from audits.remedy.cohorts import check_repaid
from audits.scope import CLOSING
from audits.standard import Standard
from audits.tables import AnswerRow, AuditRow, FindingRow, MemberRow
from ground.database import Reading, Writing
from ground.errors import Conflict

SLIGHT = ("minor", "risk", "opportunity")


def closable(
    session: Writing,
    audit: AuditRow,
    catalogue: Standard,
    answers: Iterable[AnswerRow],
    team: Sequence[str],
    *,
    interviews: int,
    outcome: VisitOutcome,
) -> tuple[FindingRow, ...]:
    """The site's open findings on which this audit found conformance and may close, locked, by id.

    A finding discovered after the first day of the visit, or not released yet, stays open: the visit was not about it.
    So does one that was found under a standard that asks more than this visit's (`asks_less`). interviews: held in this
    visit; outcome: how it ended. A visit that was not completed closes nothing, and neither does one against whose firm
    or team something speaks: others come again. Raises Conflict when a finding would be closed by a visit that may not
    do it.
    """
    if outcome != "completed" or independence.objections(session, audit, team):
        return ()
    conforming = [answer.provision for answer in answers if answer.result == "conformance"]
    if audit.type not in CLOSING:
        later = {id for id in conforming if catalogue.provision(id).verify == "next_audit"}
        return tuple(row for row in _open(session, audit, sorted(later)) if row.severity in SLIGHT)
    found = _open(session, audit, conforming)
    for finding in found:
        if finding.zero_tolerance:
            _check_may_close(session, audit, finding, team)
        if catalogue.fieldwork is not None:
            check_repaid(session, finding.id, finding.provision, finding.severity)
        grave = finding.core and finding.severity == "major"
        asked = grave or catalogue.provision(finding.provision).verify == "on_site_interviews"
        if catalogue.fieldwork is not None and asked and not interviews:
            raise Conflict(
                f"{finding.id} on {finding.provision} is closed on site with interviews, and this visit had 0; answer "
                "not_reviewed here"
            )
    return found


def _open(session: Writing, audit: AuditRow, provisions: Sequence[str]) -> tuple[FindingRow, ...]:
    if not provisions:
        return ()
    query = (
        select(FindingRow, AuditRow.standard)
        .join(AuditRow, AuditRow.id == FindingRow.audit_id)
        .where(
            FindingRow.site_id == audit.site_id,
            FindingRow.audit_id != audit.id,
            FindingRow.provision.in_(provisions),
            FindingRow.released_at.is_not(None),
            FindingRow.closed_at.is_(None),
            # A family's provisions keep their numbers: what the next standard finds in order is in order.
            AuditRow.standard.startswith(f"{audit.standard.rpartition('-')[0]}-"),
        )
        .order_by(FindingRow.id)
        .with_for_update(of=FindingRow)
        .execution_options(populate_existing=True)
    )
    return tuple(
        row
        for row, found_under in session.execute(query)
        if row.discovered_at.date() <= audit.starts_on and not asks_less(audit.standard, found_under)
    )


def asks_less(id: str, than: str) -> bool:
    """Whether a visit under the standard `id` proves less than one under `than`: it is older, or knows no field work
    where the other does, and so asks for no assignment, no signature and no interviews."""
    if id == than:
        return False
    one, other = standard.load(id), standard.load(than)
    return _number(id) < _number(than) or (one.fieldwork is None and other.fieldwork is not None)


def _number(id: str) -> tuple[int, ...]:
    """(2026, 1) of "freemark-2026.1": standards of a family come in this order."""
    return tuple(map(int, id.rpartition("-")[2].split(".")))


def close(audit: AuditRow, findings: Iterable[FindingRow], now: datetime) -> None:
    """These findings are closed by this audit."""
    for finding in findings:
        finding.closed_at, finding.closed_by, finding.closed_on_site = now, audit.id, not audit.remote


def check_standard(session: Reading, site: str, id: str) -> None:
    """Raise Conflict when what is open at the site was found under a standard that asks more than `id`.

    Names standards and no finding: who plans here may be of another firm than the one that found it.
    """
    query = (
        select(AuditRow.standard)
        .join(FindingRow, FindingRow.audit_id == AuditRow.id)
        .where(
            FindingRow.site_id == site,
            FindingRow.released_at.is_not(None),
            FindingRow.closed_at.is_(None),
            AuditRow.standard.startswith(f"{id.rpartition('-')[0]}-"),
        )
        .distinct()
    )
    if more := sorted(found for found in session.scalars(query) if asks_less(id, found)):
        raise Conflict(
            f"what is to be closed here was found under {more[-1]}, and {id} asks for less: a visit under it closes "
            f"none of that; plan it under {more[-1]}",
            where="/standard",
        )


def check_other_team(session: Reading, site: str, team: Sequence[str]) -> None:
    """Raise Conflict when somebody of the team was on an audit whose zero-tolerance finding at the site is open.

    An alert that is held is nothing here: colleagues who are not told of it could hear it from a refusal. When it ends,
    the rule holds at the submission.
    """
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
