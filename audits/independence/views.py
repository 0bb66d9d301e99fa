"""The register and assignments as JSON for the people who may see them.

Owns the shapes of the answers. A firm sees of an assignment what it needs to do it, and how it was drawn: never who
else was a candidate, nor why others were not. Ties are shown to the person concerned and to those who run the scheme.
Of people only ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import Select, func, select

from audits.independence import roster, rules
from audits.independence.assigning import ANSWER_DAYS
from audits.independence.relations import (
    READ_APPROVALS,
    READ_ASSIGNMENT,
    check_assignment,
    check_auditor,
    check_firm,
)
from audits.independence.tables import (
    AssignmentRow,
    AuditorApprovalRow,
    DeclarationRow,
    DrawRow,
    FirmApprovalRow,
    TieRow,
)
from audits.relations import OWN
from ground import access
from ground.access import Actor
from ground.canonical import Json, instant
from ground.database import Reading
from ground.parties import Person


def firm_view(session: Reading, actor: Actor, firm: str, *, today: date) -> dict[str, Json]:
    """The firm's entry that counts today, and every entry there was."""
    check_firm(session, actor, READ_APPROVALS, firm)
    query = select(FirmApprovalRow).where(FirmApprovalRow.firm_id == firm).order_by(FirmApprovalRow.id)
    history: list[Json] = [firm_entry(row) for row in session.scalars(query)]
    return {
        "firm": firm,
        "status": _status(roster.firm_history(session, firm), today),
        "history": history,
        "ties": _ties(session, firm) if access.everywhere(actor, READ_APPROVALS) else [],
    }


def auditor_view(session: Reading, actor: Actor, person: str, *, today: date) -> dict[str, Json]:
    """The same of an auditor. What binds them to organisations is for them and for the scheme, not for colleagues."""
    row = check_auditor(session, actor, READ_APPROVALS, person)
    query = select(AuditorApprovalRow).where(AuditorApprovalRow.person_id == person).order_by(AuditorApprovalRow.id)
    history: list[Json] = [auditor_entry(each) for each in session.scalars(query)]
    told = access.everywhere(actor, READ_APPROVALS) or actor.person == person
    return {
        "person": person,
        "firm": row.organisation_id,
        "status": _status(roster.auditor_history(session, person), today),
        "history": history,
        "ties": _ties(session, person) if told else [],
    }


def firms_listed(actor: Actor) -> Select[FirmApprovalRow]:
    """The newest entry of each firm that the actor may see."""
    access.check(actor, READ_APPROVALS, OWN)
    newest = select(func.max(FirmApprovalRow.id)).group_by(FirmApprovalRow.firm_id)
    query = select(FirmApprovalRow).where(FirmApprovalRow.id.in_(newest))
    if access.everywhere(actor, READ_APPROVALS):
        return query
    return query.where(FirmApprovalRow.firm_id == actor.organisation)


def auditors_listed(actor: Actor, firm: str | None) -> Select[AuditorApprovalRow]:
    """The newest entry of each auditor that the actor may see; of one firm, if it is named."""
    access.check(actor, READ_APPROVALS, OWN)
    newest = select(func.max(AuditorApprovalRow.id)).group_by(AuditorApprovalRow.person_id)
    query = select(AuditorApprovalRow).where(AuditorApprovalRow.id.in_(newest))
    homes = [] if access.everywhere(actor, READ_APPROVALS) else [actor.organisation]
    for home in [*homes, *([firm] if firm else [])]:
        members = select(Person.id).where(Person.organisation_id == home)
        query = query.where(AuditorApprovalRow.person_id.in_(members))
    return query


def assignments_listed(actor: Actor, site: str | None) -> Select[AssignmentRow]:
    """For a firm those for which it is drawn now."""
    access.check(actor, READ_ASSIGNMENT, OWN)
    query = select(AssignmentRow)
    if not access.everywhere(actor, READ_ASSIGNMENT):
        still = AssignmentRow.state.in_(("offered", "accepted"))
        query = query.where(AssignmentRow.firm_id == actor.organisation, still)
    return query if site is None else query.where(AssignmentRow.site_id == site)


def get_assignment(session: Reading, actor: Actor, id: str) -> dict[str, Json]:
    return assignment_view(session, actor, check_assignment(actor, READ_ASSIGNMENT, session.get(AssignmentRow, id)))


def assignment_view(session: Reading, actor: Actor, row: AssignmentRow) -> dict[str, Json]:
    """With declarations; for those who run the scheme also with every draw and every candidate's reasons."""
    declared = select(DeclarationRow).where(DeclarationRow.assignment_id == row.id).order_by(DeclarationRow.id)
    draws = select(DrawRow).where(DrawRow.assignment_id == row.id).order_by(DrawRow.round)
    if not access.everywhere(actor, READ_ASSIGNMENT):
        if row.firm_id != actor.organisation or row.state not in ("offered", "accepted"):
            return {"id": row.id, "state": "declined"}  # it went to somebody else, or to nobody: not theirs to know
        colleagues = select(Person.id).where(Person.organisation_id == actor.organisation)
        declared = declared.where(DeclarationRow.person_id.in_(colleagues))
        draws = draws.where(DrawRow.id < 0)
    return {
        **short_view(row),
        "why": _why(session, row),
        "answer_by": _answer_by(session, row),
        "declarations": [
            {"person": said.person_id, "kind": said.kind, "until": _day(said.until), "at": instant(said.at)}
            for said in session.scalars(declared)
        ],
        "draws": [_draw(draw) for draw in session.scalars(draws)],
    }


def _why(session: Reading, row: AssignmentRow) -> str:
    """How firm and lead came to be drawn, for themselves too: how many there were, and nothing said of the others."""
    last = session.scalar(
        select(DrawRow).where(DrawRow.assignment_id == row.id).order_by(DrawRow.round.desc()).limit(1)
    )
    if last is None:
        return ""
    among = f"{last.of} eligible of {len(last.candidates)} candidates"
    if last.number is None:
        return f"nobody was drawn on {last.at.date()}: {among}"
    if stands := _stands(last):
        return f"{stands}; on {last.at.date()} nothing speaks against firm or lead, who are among {among}"
    return f"drawn at random on {last.at.date()} among {among}: nothing spoke against firm or lead"


def _stands(row: DrawRow) -> str:
    """The words of a cancelled draw that stands; "" for one that was made at random."""
    return next((str(each["stands"]) for each in row.candidates if "stands" in each), "")


def _answer_by(session: Reading, row: AssignmentRow) -> str | None:
    """Until when the lead answers an offer; then it is drawn again. None for what is no offer."""
    drawn = session.scalar(select(func.max(DrawRow.at)).where(DrawRow.assignment_id == row.id))
    return instant(drawn + timedelta(days=ANSWER_DAYS)) if drawn is not None and row.state == "offered" else None


def tie_view(row: TieRow) -> dict[str, Json]:
    return {
        "organisation": row.organisation_id,
        "kind": row.kind,
        "until": _day(row.until),
        "at": instant(row.at),
    }


def short_view(row: AssignmentRow) -> dict[str, Json]:
    return {
        "id": row.id,
        "site": row.site_id,
        "type": row.type,
        "standard": row.standard,
        "starts_on": row.starts_on.isoformat(),
        "ends_on": row.ends_on.isoformat(),
        "languages": list(row.languages),
        "topics": list(row.topics),
        "state": row.state,
        "firm": row.firm_id,
        "lead": row.lead_id,
        "asked_at": instant(row.asked_at),
        "accepted_at": instant(row.accepted_at) if row.accepted_at else None,
        "cancelled_at": instant(row.cancelled_at) if row.cancelled_at else None,
        "cancelled_reason": row.cancelled_reason,
    }


def _draw(row: DrawRow) -> dict[str, Json]:
    return {
        "round": row.round,
        "at": instant(row.at),
        "number": row.number,
        "of": row.of,
        "firm": row.firm_id,
        "lead": row.lead_id,
        "stands": _stands(row),
        "candidates": [{key: each[key] for key in each if key != "stands"} for each in row.candidates],
        "declined_at": instant(row.declined_at) if row.declined_at else None,
        "declined_for": row.declined_for,
        "declined_reason": row.declined_reason,
    }


def _status(history: Sequence[rules.FirmApproval | rules.AuditorApproval], today: date) -> str:
    """In one word, as it counts today: an approval that is over says "expired", whatever was entered last."""
    entry = next((each for each in reversed(history) if each.effective_on <= today), None)
    if entry is None:
        return "not_registered"
    return "expired" if entry.status == "good" and today > entry.last_day else entry.status


def firm_entry(row: FirmApprovalRow) -> dict[str, Json]:
    return {
        "status": row.status,
        "reason": row.reason,
        "countries": list(row.countries),
        "topics": list(row.topics),
        "effective_on": row.effective_on.isoformat(),
        "valid_until": row.valid_until.isoformat(),
        "at": instant(row.at),
    }


def auditor_entry(row: AuditorApprovalRow) -> dict[str, Json]:
    return {
        "level": row.level,
        "status": row.status,
        "reason": row.reason,
        "topics": list(row.topics),
        "languages": list(row.languages),
        "trained_on": _day(row.trained_on),
        "trained_until": _day(row.trained_until),
        "effective_on": row.effective_on.isoformat(),
        "expires_on": row.expires_on.isoformat(),
        "at": instant(row.at),
    }


def _ties(session: Reading, subject: str) -> list[Json]:
    query = select(TieRow).where(TieRow.subject_id == subject).order_by(TieRow.id)
    return [tie_view(row) for row in session.scalars(query)]


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
