"""What speaks for or against a firm and a team at a site, for planning and for the dossier.

Owns how register, assignments and declarations are held against one audit on its own days. Every sentence has ids,
dates and numbers, and no name. Reads only.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime

from audits import standard
from audits.independence import roster, rules
from audits.independence.rules import Wish
from audits.independence.tables import AssignmentRow
from audits.standard import Independence
from audits.tables import AuditRow
from ground.database import Reading
from ground.errors import Conflict


def limits_of(id: str) -> Independence | None:
    """The rules of independence of a standard; None for one that has none."""
    fieldwork = standard.load(id).fieldwork
    return fieldwork.independence if fieldwork else None


def check_planned(session: Reading, *, site: str, type: str, firm: str, team: Sequence[str], starts_on: date) -> None:
    """Conflict, naming what is missing, unless firm and lead were assigned to this site and nothing bars the team.

    Called when an audit is planned under a standard with rules of independence. Says nothing of what was assigned to
    others.
    """
    lead = team[0] if team else ""
    days = [
        row for row in roster.accepted(session, site, type, firm, lead) if row.starts_on <= starts_on <= row.ends_on
    ]
    if not days:
        raise Conflict(_unassigned(site, type, firm, lead, starts_on))
    used = {row.id: roster.used_by(session, row) for row in days}
    held = next((row for row in days if used[row.id] is None), None)
    if held is None:
        done = ", ".join(f"{id} by {audit}" for id, audit in used.items())
        raise Conflict(f"every assignment of {site} to {lead} in these weeks is used: {done}; a new one is needed")
    faults = _faults(session, held, team, starts_on, starts_on, rotation=True)
    if faults:
        raise Conflict("; ".join(faults), where="/team")


def objections(session: Reading, audit: AuditRow, team: Sequence[str]) -> tuple[str, ...]:
    """What speaks against firm or team on the days of this audit, one sentence each, with ids and no names.

    How often the lead has been here in a row is a fact of its own (`in_a_row`) and not repeated here.
    """
    if limits_of(audit.standard) is None:
        return ()
    lead = team[0] if team else ""
    accepted = roster.accepted(session, audit.site_id, audit.type, audit.firm_id, lead)
    free = [row for row in accepted if roster.used_by(session, row) in (None, audit.id)]
    held = _of_day(free, audit.starts_on) or _of_day(accepted, audit.starts_on)
    missing = [] if held else [_unassigned(audit.site_id, audit.type, audit.firm_id, lead, audit.starts_on)]
    if held is not None and (other := roster.used_by(session, held)) not in (None, audit.id):
        missing.append(f"its assignment {held.id} is used by {other}: one draw is for one audit")
    asked = held or AssignmentRow(
        id="", site_id=audit.site_id, type=audit.type, standard=audit.standard, firm_id=audit.firm_id, languages=[],
        topics=[],
    )  # fmt: skip
    return (*missing, *_faults(session, asked, team, audit.starts_on, audit.ends_on, rotation=False))


def in_a_row(session: Reading, site: str, lead: str) -> int:
    """How many submitted full audits in a row, up to now, that person has led at the site."""
    person, count = roster.run(session, site)
    return count if person == lead else 0


def reviews(session: Reading, subjects: Collection[str]) -> dict[str, datetime]:
    """{firm or auditor: since when} of those whose approval is in doubt now, so that earlier work has to be looked at
    again. Only good standing ends it."""
    known = roster.histories(session, subjects)
    since = ((subject, rules.review_since(known[subject])) for subject in subjects if subject in known)
    return {subject: moment for subject, moment in since if moment is not None}


def _of_day(held: Sequence[AssignmentRow], day: date) -> AssignmentRow | None:
    return next((row for row in held if row.starts_on <= day <= row.ends_on), None)


def _unassigned(site: str, type: str, firm: str, lead: str, day: date) -> str:
    return (
        f"{firm} with {lead} as lead has accepted no assignment for a {type} audit of {site} that may begin on {day}: "
        "the scheme or the certification body asks for one, and the firm accepts it first"
    )


def _faults(
    session: Reading, asked: AssignmentRow, team: Sequence[str], first: date, last: date, *, rotation: bool
) -> list[str]:
    """Everything about firm, people, what they cover, and what they declared, on these days."""
    place = roster.place_of(session, asked.site_id, asked.id)
    limits = limits_of(asked.standard) or Independence()
    wish = Wish(place.organisation, place.country, asked.type, tuple(asked.topics), tuple(asked.languages), first, last)
    firm_id = asked.firm_id or ""
    firm = roster.firms(session, place, only=[firm_id])[firm_id]
    known = {person.id: person for person in firm.people}
    declared = roster.declarations(session, asked.id)
    faults = rules.firm_faults(firm, wish, limits)
    for position, id in enumerate(team):
        person = known.get(id)
        if person is None:
            faults.append(f"{id} is no auditor of {firm_id}")
            continue
        counted = person if rotation else replace(person, led=0)
        faults += rules.member_faults(counted, wish, limits, lead=position == 0)
        if asked.id:
            faults += rules.declaration_faults(person, declared.get(id), wish, limits)
    people = [known[id] for id in team if id in known]
    return faults + rules.coverage_faults(people, wish, "member of the team")
