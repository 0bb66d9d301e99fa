"""The register of a site: which subcontractors and agents work for it, kept by the holder and confirmed twice a year.

Owns adding, taking off and confirming; nothing is ever deleted. An auditor adds what the holder did not say; the site
learns of that with the report, and cannot take it off again by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, func, or_, select

from audits.screening.relations import (
    KEEP_REGISTER,
    READ_REGISTER,
    RELEASED,
    REPORT_PLACE,
    STRIKE_PLACE,
    audits_it,
    check_site,
    on_team,
)
from audits.screening.tables import Part, PlaceRow, RefreshRow
from audits.tables import AuditRow
from ground import access, journal, outbox
from ground.access import Actor, Relation
from ground.countries import COUNTRIES
from ground.database import Reading, Writing
from ground.errors import Conflict, Invalid, NotFound
from ground.ids import new_id
from ground.parties import Site


@dataclass(frozen=True)
class PlaceDraft:
    """A place that works for the site. place: its id, if it is a site here; else it is told by name and country."""

    part: Part
    work: str
    since: date
    reason: str
    place: str | None = None
    name: str = ""
    address: str = ""
    city: str = ""
    country: str = ""
    registered_id: str = ""


def add_place(session: Writing, actor: Actor, site: str, draft: PlaceDraft, *, now: datetime) -> PlaceRow:
    """For the people of the site."""
    check_site(session, actor, KEEP_REGISTER, site)
    return _add(session, actor, site, draft, None, now)


def report_place(session: Writing, actor: Actor, audit: str, draft: PlaceDraft, *, now: datetime) -> PlaceRow:
    """For the team of an audit: a place that works for the audited site, and that it came upon."""
    row = session.get(AuditRow, audit)
    relations: set[Relation] = {"assigned"} if row is not None and on_team(session, actor, audit) else set()
    access.check(actor, REPORT_PLACE, relations)
    if row is None:
        raise NotFound("there is no such audit")
    return _add(session, actor, row.site_id, draft, audit, now)


def remove_place(
    session: Writing, actor: Actor, site: str, line: str, *, on: date, reason: str, now: datetime
) -> PlaceRow:
    """Take it off, from that day on. What an audit found is taken off by an auditor of the site or a decider only."""
    row = session.scalar(lines(session, actor, site).where(PlaceRow.id == line))
    of_audit = row is not None and row.source == "audit"
    check_site(session, actor, STRIKE_PLACE if of_audit else KEEP_REGISTER, site)
    if row is None:
        raise NotFound("there is no such line in the register of this site")
    if row.removed_at is not None:
        raise Conflict(f"it was taken off already, on {row.removed_on}")
    if not row.since <= on <= now.date():
        raise Invalid(f"it works here since {row.since}, and today is {now.date()}; {on} is outside", where="/on")
    row.removed_on, row.removed_at, row.removed_by, row.removed_because = on, now, actor.person, reason
    session.flush()
    journal.record(session, actor, "place_removed", site, {"line": row.id, "on": str(on)}, now=now)
    outbox.record(session, "site_register_changed", site, now=now, site=site)
    return row


def confirm_register(session: Writing, actor: Actor, site: str, places: list[str], *, now: datetime) -> RefreshRow:
    """The people of the site say that these lines are all there is. Conflict: the register has others."""
    check_site(session, actor, KEEP_REGISTER, site)
    query = select(PlaceRow.id).where(PlaceRow.site_id == site, PlaceRow.removed_at.is_(None), RELEASED)
    there = sorted(session.scalars(query))
    if sorted(set(places)) != there:
        missing, unknown = len(set(there) - set(places)), len(set(places) - set(there))
        words = (
            f"the register has {len(there)} lines: {missing} of them are not in yours, and {unknown} of yours not there"
        )
        raise Conflict(words, where="/places")
    row = RefreshRow(site_id=site, at=now, by=actor.person, places=there)
    session.add(row)
    session.flush()
    journal.record(session, actor, "register_confirmed", site, {"lines": len(there)}, now=now)
    outbox.record(session, "site_register_changed", site, now=now, site=site)
    return row


def lines(session: Reading, actor: Actor, site: str) -> Select[PlaceRow]:
    """The lines of the register that the actor may know of; who may read it at all is asked elsewhere."""
    query = select(PlaceRow).where(PlaceRow.site_id == site)
    if access.everywhere(actor, READ_REGISTER):
        return query
    if not audits_it(session, actor, site):
        return query.where(RELEASED)
    own = select(AuditRow.id).where(AuditRow.firm_id == actor.organisation)
    return query.where(or_(RELEASED, PlaceRow.audit_id.in_(own)))


def refreshed_at(session: Reading, site: str) -> datetime | None:
    return session.scalar(select(func.max(RefreshRow.at)).where(RefreshRow.site_id == site))


def _add(session: Writing, actor: Actor, site: str, draft: PlaceDraft, audit: str | None, now: datetime) -> PlaceRow:
    name, address, city, country, number = _described(session, site, draft)
    if draft.since > now.date():
        raise Invalid(f"since is {draft.since}, and today is {now.date()}", where="/since")
    _refuse_twice(session, site, draft, name, country, audit)
    row = PlaceRow(
        id=new_id("scr"),
        site_id=site,
        part=draft.part,
        place_id=draft.place,
        name=name,
        address=address,
        city=city,
        country=country,
        registered_id=number,
        work=draft.work,
        since=draft.since,
        source="audit" if audit else "holder",
        audit_id=audit,
        added_at=now,
        added_by=actor.person,
        reason=draft.reason,
    )
    session.add(row)
    session.flush()
    journal.record(
        session, actor, "place_added", site, {"line": row.id, "part": row.part, "source": row.source}, now=now
    )
    outbox.record(session, "site_register_changed", site, now=now, site=site)
    return row


def _described(session: Reading, site: str, draft: PlaceDraft) -> tuple[str, str, str, str, str]:
    """Name, address, city, country and number: of the site here, or as told."""
    if draft.place is not None:
        place = session.get(Site, draft.place)
        if place is None or place.id == site:
            raise Invalid("there is no such other site", where="/place")
        if (place.kind == "agency_office") != (draft.part == "agent"):
            raise Invalid(f"this site is of kind {place.kind}, which is no {draft.part}", where="/part")
        if draft.name or draft.address or draft.city or draft.country or draft.registered_id:
            raise Invalid("a site here is named by its id alone", where="/name")
        return place.name, place.address, place.city, place.country, ""
    if not draft.name:
        raise Invalid("name the place, or give the id of a site here", where="/name")
    if draft.country not in COUNTRIES:
        raise Invalid(f"{draft.country!r} is not a country code of ISO 3166-1 alpha-2", where="/country")
    return draft.name, draft.address, draft.city, draft.country, draft.registered_id


def _refuse_twice(session: Reading, site: str, draft: PlaceDraft, name: str, country: str, audit: str | None) -> None:
    """The same place stands there once. The holder is not told of what an unreleased audit found: it may add that."""
    same = or_(
        PlaceRow.place_id == draft.place if draft.place else PlaceRow.id.is_(None),
        (PlaceRow.place_id.is_(None)) & (PlaceRow.name == name) & (PlaceRow.country == country),
    )
    query = select(PlaceRow.id).where(
        PlaceRow.site_id == site, PlaceRow.part == draft.part, PlaceRow.removed_at.is_(None), same
    )
    if audit is None:
        query = query.where(RELEASED)
    if found := session.scalar(query.limit(1)):
        raise Conflict(f"this {draft.part} is in the register already, as {found}")
