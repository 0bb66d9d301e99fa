"""Holding sites, owners and agents against the lists: on a new edition, for a new site, when asked, and every night.

Owns who is held against what, and what becomes of a hit: found, opened again when its entry was changed, ended when the
list dropped the entry. It decides about nobody: a person confirms or dismisses (`hits`). Matching runs on a reading
session; only an import matches inside its own transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import or_, select

from audits.screening.matching import STRENGTHS, Index, Match, Party, Strength, Text
from audits.screening.tables import About, EditionRow, EntryRow, HitActRow, HitRow, ListRow, PassRow, PlaceRow
from ground import outbox
from ground.access import SYSTEM
from ground.canonical import Json
from ground.database import Reading, Writing, lock
from ground.ids import new_id
from ground.outbox import Event
from ground.parties import Organisation, Site
from ground.world import World

LICENSED: tuple[Strength, ...] = ("identifier", "name_and_place")
"""What counts as found on a licence list: an agency of the same name elsewhere has a licence of its own."""

Who = tuple[About, str]
Entry = tuple[int, str, Party]
"""Row, lineage, and what is compared."""


@dataclass
class Subjects:
    """Who is held against a list. parties: by what they are. sites: whose pass is complete with them. of: the sites
    that a hit on them concerns."""

    parties: dict[Who, Party] = field(default_factory=dict)
    agents: set[Who] = field(default_factory=set)
    of: dict[Who, list[str]] = field(default_factory=dict)
    sites: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Found:
    """One likeness. lineage and entry: "" and None for a licence that is missing."""

    who: Who
    lineage: str
    entry: int | None
    strength: Strength
    explanation: dict[str, Json]


@dataclass(frozen=True)
class Held:
    """The result of one list: what was found, and the lineages that stand on it today."""

    found: tuple[Found, ...]
    alive: frozenset[str]


# What wakes it.


def on_site_event(world: World, event: Event) -> None:
    """site_added, screening_asked, site_register_changed: hold this site against every list in use."""
    _screen(world, sites=[event.ids["site"]], organisations=(), tell=True)


def on_organisation_event(world: World, event: Event) -> None:
    """organisation_added."""
    _screen(world, sites=[], organisations=[event.ids["organisation"]], tell=False)


def screen_all(world: World) -> int:
    """Hold everybody against every list in use; answers the number of hits that changed. The nightly pass."""
    return _screen(world, sites=None, organisations=(), tell=False)


def screen_inside(session: Writing, listed: ListRow, *, now: datetime) -> int:
    """Hold everybody against this list, in this transaction: for an import."""
    everybody, entries = subjects(session), _entries(session, listed.id, now.date())
    return _record(session, listed, everybody, _hold(listed, everybody, entries), now=now)


def tell_all(session: Writing, listed: ListRow, *, now: datetime) -> None:
    """A list came or went: every site with a hit on it is considered again."""
    everybody = subjects(session)
    hits = session.scalars(select(HitRow).where(HitRow.list_id == listed.id))
    _tell(session, {site for hit in hits for site in everybody.of.get((hit.about, hit.about_id), ())}, now)


def _screen(world: World, *, sites: list[str] | None, organisations: Sequence[str], tell: bool) -> int:
    with world.db.read() as session:
        numbers = in_use(session)
    changed = 0
    for list_id, number in numbers.items():
        now = world.clock.now()
        with world.db.read() as session:
            listed = session.get_one(ListRow, list_id)
            some = subjects(session, sites, organisations)
            entries = _entries(session, list_id, now.date())
        held = _hold(listed, some, entries)  # with no session open: on SQLite a long reader keeps writers waiting
        with world.db.write() as session:
            lock(session, "screening")
            if in_use(session).get(list_id) != number:
                continue  # a newer edition came meanwhile, and held everybody against itself
            changed += _record(session, session.get_one(ListRow, list_id), some, held, now=now)
    if tell and numbers and sites:
        with world.db.write() as session:
            _tell(session, sites, world.clock.now())
    return changed


def in_use(session: Reading) -> dict[str, int]:
    """{list: number of its current edition} of the lists in use."""
    query = (
        select(EditionRow.list_id, EditionRow.number)
        .join(ListRow, ListRow.id == EditionRow.list_id)
        .where(ListRow.retired_at.is_(None))
        .order_by(EditionRow.list_id, EditionRow.number)
    )
    return dict(session.execute(query).all())


# Who is held against what.


def subjects(session: Reading, sites: Sequence[str] | None = None, organisations: Sequence[str] = ()) -> Subjects:
    """These sites with their owners and the places in their registers, and these organisations; sites None: all."""
    some = Subjects()
    places = select(Site)
    if sites is not None:
        places = places.where(Site.id.in_(sites))
    found = list(session.scalars(places.order_by(Site.id)))
    owners = {site.organisation_id for site in found} | set(organisations)
    companies = select(Organisation)
    if sites is not None:
        companies = companies.where(Organisation.id.in_(owners))
    for company in session.scalars(companies.order_by(Organisation.id)):
        _add_organisation(some, company)
    # A hit on an owner concerns all of its sites, also those that are not held against the list now.
    of_owners = select(Site.organisation_id, Site.id).where(Site.organisation_id.in_([id for _, id in some.parties]))
    if sites is None:
        of_owners = select(Site.organisation_id, Site.id)
    for organisation, site_id in session.execute(of_owners.order_by(Site.id)):
        some.of.setdefault(("organisation", organisation), []).append(site_id)
    for site in found:
        who: Who = ("site", site.id)
        names = (Text("site name", site.name),)
        some.parties[who] = Party(site.id, names, (), site.country, site.city, site.address)
        some.of[who] = [site.id]
        some.sites.append(site.id)
    _add_places(session, some, sites)
    return some


def _add_organisation(some: Subjects, row: Organisation) -> None:
    who: Who = ("organisation", row.id)
    numbers = (Text("registered id", row.registered_id),) if row.registered_id else ()
    names = (Text("organisation name", row.name),)
    some.parties[who] = Party(row.id, names, numbers, row.country, row.city)
    if "labour_agent" in row.roles:
        some.agents.add(who)


def _add_places(session: Reading, some: Subjects, sites: Sequence[str] | None) -> None:
    """Those in a register that are no site here: nobody else would hold them against a list."""
    query = select(PlaceRow).where(PlaceRow.removed_at.is_(None), PlaceRow.place_id.is_(None))
    if sites is not None:
        query = query.where(PlaceRow.site_id.in_(sites))
    for row in session.scalars(query.order_by(PlaceRow.id)):
        who: Who = ("place", row.id)
        names = (Text(f"{row.part} in the site register", row.name),)
        numbers = (Text("registered id", row.registered_id),) if row.registered_id else ()
        some.parties[who] = Party(row.id, names, numbers, row.country, row.city, row.address)
        some.of[who] = [row.site_id]
        if row.part == "agent":
            some.agents.add(who)


# Matching.


def _hold(listed: ListRow, some: Subjects, entries: Sequence[Entry]) -> Held:
    chosen = some.parties
    if listed.kind == "licence":
        chosen = {who: party for who, party in chosen.items() if who in some.agents and party.country == listed.country}
    whose = {party.id: who for who, party in chosen.items()}
    index = Index(tuple(chosen.values()))
    alive: set[str] = set()
    alike: list[tuple[Who, str, int, Match, Party]] = []
    for id, lineage, entry in entries:
        alive.add(lineage)
        alike += [(whose[party.id], lineage, id, why, entry) for party, why in index.alike(entry)]
    if listed.kind == "licence":
        return Held(tuple(_unlicensed(listed, chosen, alike)), frozenset())
    found = (
        Found(who, lineage, id, why.strength, {**why.explanation(), "entry": entry.names[0].text})
        for who, lineage, id, why, entry in alike
    )
    return Held(tuple(found), frozenset(alive))


def _unlicensed(
    listed: ListRow, agents: dict[Who, Party], alike: Sequence[tuple[Who, str, int, Match, Party]]
) -> Iterable[Found]:
    """Agents of the list's country that are not on it. An entry of the same name elsewhere is mentioned."""
    licensed = {who for who, _, _, why, _ in alike if why.strength in LICENSED}
    for who, party in agents.items():
        if who in licensed:
            continue
        near: list[Json] = [entry.names[0].text for at, _, _, _, entry in alike if at == who]
        explanation: dict[str, Json] = {
            "ours": {"field": party.names[0].field, "text": party.names[0].text},
            "theirs": None,
            "how": f"an agent in {listed.country} must be on this list, and is not",
            "folded": [],
            "agreed": [],
            "differed": [],
            "near": near[:10],
        }
        yield Found(who, "", None, "identifier", explanation)


def _entries(session: Reading, list_id: str, today: date) -> list[Entry]:
    """The entries that stand today: of the current edition, and not past their own term."""
    query = (
        select(
            EntryRow.id, EntryRow.lineage, EntryRow.name, EntryRow.aliases, EntryRow.identifiers, EntryRow.country,
            EntryRow.city, EntryRow.address,
        )
        .where(EntryRow.list_id == list_id, EntryRow.last_edition.is_(None))
        .where(or_(EntryRow.until.is_(None), EntryRow.until >= today))
        .order_by(EntryRow.id)
    )  # fmt: skip
    entries: list[Entry] = []
    for id, lineage, name, aliases, identifiers, country, city, address in session.execute(query):
        names = (Text("name", name), *(Text("alias", alias) for alias in aliases))
        numbers = tuple(Text(str(one["kind"]), str(one["value"])) for one in identifiers)
        entries.append((id, lineage, Party(str(id), names, numbers, country, city, address)))
    return entries


# What becomes of the hits.


def _record(session: Writing, listed: ListRow, some: Subjects, held: Held, *, now: datetime) -> int:
    """Bring the hits of these subjects on this list up to date; answers how many changed."""
    hits = {
        (hit.lineage, (hit.about, hit.about_id)): hit
        for hit in session.scalars(select(HitRow).where(HitRow.list_id == listed.id).order_by(HitRow.id))
        if (hit.about, hit.about_id) in some.parties
    }
    changed: set[Who] = set()
    count = 0
    for one in held.found:
        hit = hits.pop((one.lineage, one.who), None)
        if hit is None:
            _open(session, listed, one, now)
        elif not _again(session, hit, one, now):
            continue
        changed.add(one.who)
        count += 1
    for (lineage, who), hit in hits.items():
        if _ended(session, hit, lineage in held.alive, now):
            changed.add(who)
            count += 1
    first = _pass(session, listed.id, some.sites, now)
    _tell(session, {site for who in changed for site in some.of.get(who, ())} | first, now)
    return count


def _open(session: Writing, listed: ListRow, one: Found, now: datetime) -> None:
    about, id = one.who
    hit = HitRow(
        id=new_id("hit"),
        list_id=listed.id,
        lineage=one.lineage,
        entry_id=one.entry,
        about=about,
        about_id=id,
        strength=one.strength,
        state="open",
        explanation=one.explanation,
        at=now,
        changed_at=now,
    )
    session.add(hit)
    session.flush()
    act(session, hit, "found", now)


def _again(session: Writing, hit: HitRow, one: Found, now: datetime) -> bool:
    """Found before. It is opened again when the entry was changed, or was off the list meanwhile; never by itself."""
    entry_changed = hit.entry_id != one.entry
    stronger = STRENGTHS.index(one.strength) < STRENGTHS.index(hit.strength)
    reopened = hit.state == "delisted" or (hit.state == "dismissed" and (entry_changed or stronger))
    if not (entry_changed or stronger or reopened):
        return False
    hit.entry_id, hit.strength, hit.explanation = one.entry, one.strength, one.explanation
    if reopened:
        hit.state = "open"
    hit.changed_at = now
    session.flush()
    act(session, hit, "reopened" if reopened else "entry_changed", now)
    return True


def _ended(session: Writing, hit: HitRow, alive: bool, now: datetime) -> bool:
    """Not found any more. A confirmed one outlives a changed entry: only the list, or two people, end it."""
    if hit.state not in ("open", "confirmed") or (alive and hit.state == "confirmed"):
        return False
    if hit.lineage == "":
        reason = "it was found on the list"
    elif alive:
        reason = "the entry was changed and is not alike any more"
    else:
        reason = "the list does not name it any more"
    hit.state, hit.changed_at, hit.lift_by = "delisted", now, None
    session.flush()
    act(session, hit, "delisted", now, reason=reason)
    return True


def act(
    session: Writing,
    hit: HitRow,
    name: str,
    now: datetime,
    *,
    reason: str = "",
    person: str = SYSTEM.person,
    organisation: str = "",
) -> None:
    """One line in the history of a hit."""
    row = HitActRow(hit_id=hit.id, at=now, act=name, person=person, organisation=organisation, reason=reason)
    session.add(row)
    session.flush()


def _pass(session: Writing, list_id: str, sites: Sequence[str], now: datetime) -> set[str]:
    """Note when these sites were held against the list; answers those for which it was the first time."""
    there = {row.site_id: row for row in session.scalars(select(PassRow).where(PassRow.list_id == list_id))}
    first = set()
    for site in sites:
        if site in there:
            there[site].at = now
        else:
            session.add(PassRow(site_id=site, list_id=list_id, at=now))
            first.add(site)
    session.flush()
    return first


def _tell(session: Writing, sites: Collection[str], now: datetime) -> None:
    for site in sorted(sites):
        outbox.record(session, "screening_changed", site, now=now, site=site)
