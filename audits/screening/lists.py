"""The lists that sites, owners and agents are held against: registered, brought up to date, retired.

Owns editions: an import is a new edition, entries that vanished are delisted, nothing is written over, and the same
file again changes nothing. The file is parsed before the transaction (`parsing`); here it is compared and stored, and
everybody is held against it at once, so that no site is ever "screened" against an edition that it was not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import func, insert, select, update

from audits.screening import passes
from audits.screening.mapping import KINDS, Kind, Mapping, checked
from audits.screening.parsing import Listed, ParsedList
from audits.screening.relations import KEEP_LISTS, KNOWN
from audits.screening.tables import EditionRow, EntryRow, ListRow
from ground import access, journal
from ground.access import Actor
from ground.canonical import sha256
from ground.countries import COUNTRIES
from ground.database import Reading, Writing, lock
from ground.errors import Conflict, Invalid, NotFound
from ground.ids import new_id

CHUNK = 500  # rows of one statement: SQLite takes 999 parameters in old builds


def register_list(
    session: Writing,
    actor: Actor,
    *,
    name: str,
    kind: Kind,
    publisher: str,
    url: str,
    country: str,
    mapping: Mapping,
    now: datetime,
) -> ListRow:
    """A new list, in use from its first edition on. Conflict: a list of this name is there already."""
    access.check(actor, KEEP_LISTS, KNOWN)
    if kind not in KINDS:
        raise Invalid(f"kind is one of {', '.join(KINDS)}", where="/kind")
    if country and country not in COUNTRIES:
        raise Invalid(f"{country[:10]!r} is not a country code of ISO 3166-1 alpha-2", where="/country")
    if kind == "licence" and not country:
        raise Invalid("a licence list is of one country: agents there must be found on it", where="/country")
    checked(mapping)
    if session.scalar(select(ListRow.id).where(ListRow.name == name)):
        raise Conflict(f"there is a list called {name!r} already")
    row = ListRow(
        id=new_id("lst"),
        name=name,
        kind=kind,
        publisher=publisher,
        url=url,
        country=country,
        mapping=mapping.to_json(),
        created_at=now,
        created_by=actor.person,
    )
    session.add(row)
    session.flush()
    journal.record(session, actor, "list_registered", row.id, {"kind": kind, "country": country}, now=now)
    return row


def get_list(session: Reading, list_id: str) -> ListRow:
    row = session.get(ListRow, list_id)
    if row is None:
        raise NotFound("there is no such list")
    return row


def importable(session: Reading, actor: Actor, list_id: str) -> ListRow:
    """The list, if the actor may import an edition of it: asked before a large file is parsed."""
    access.check(actor, KEEP_LISTS, KNOWN)
    row = get_list(session, list_id)
    if row.retired_at is not None:
        raise Conflict(f"the list {row.name!r} was retired")
    return row


def import_edition(
    session: Writing, actor: Actor, list_id: str, parsed: ParsedList, *, edition: date, now: datetime
) -> tuple[EditionRow, bool]:
    """The edition, and whether it is new: the file of the current edition again changes nothing.

    edition: the day that the publisher gives it, not before the one in use (Conflict) and not in the future (Invalid).
    """
    lock(session, "screening")
    row = importable(session, actor, list_id)
    current = current_edition(session, list_id)
    if current is not None and (current.sha256, current.edition) == (parsed.sha256, edition):
        return current, False
    if edition > now.date():
        raise Invalid(f"the edition is of {edition}, and today is {now.date()}", where="/edition")
    if current is not None and edition < current.edition:
        raise Conflict(f"the edition in use is of {current.edition}; this one, of {edition}, is older")
    number = current.number + 1 if current else 1
    difference = _difference(session, list_id, number, parsed.entries)
    _store(session, list_id, number, difference)
    made = EditionRow(
        list_id=list_id,
        number=number,
        edition=edition,
        sha256=parsed.sha256,
        entries=len(parsed.entries),
        left_out=parsed.left_out,
        added=len(difference.added),
        changed=len(difference.changed),
        delisted=len(difference.gone) - len(difference.changed),
        imported_at=now,
        imported_by=actor.person,
    )
    session.add(made)
    session.flush()
    detail = {"number": number, "edition": str(edition), "sha256": parsed.sha256, "entries": len(parsed.entries)}
    journal.record(session, actor, "list_imported", list_id, {**detail, "delisted": made.delisted}, now=now)
    passes.screen_inside(session, row, now=now)
    return made, True


def retire_list(session: Writing, actor: Actor, list_id: str, reason: str, *, now: datetime) -> ListRow:
    """Nobody is held against it any more. Its confirmed hits stand until they are lifted; its open ones are moot."""
    lock(session, "screening")
    row = importable(session, actor, list_id)
    row.retired_at, row.retired_by, row.retired_because = now, actor.person, reason
    session.flush()
    journal.record(session, actor, "list_retired", list_id, {}, now=now)
    passes.tell_all(session, row, now=now)
    return row


def current_edition(session: Reading, list_id: str) -> EditionRow | None:
    query = select(EditionRow).where(EditionRow.list_id == list_id).order_by(EditionRow.number.desc()).limit(1)
    return session.scalar(query)


class _Kept(NamedTuple):
    id: int
    lineage: str
    content: str


class _Difference(NamedTuple):
    """added: (lineage, entry). changed: the same, of entries whose former row ends. gone: ids of rows that end."""

    added: list[tuple[str, Listed]]
    changed: list[tuple[str, Listed]]
    gone: list[int]


def _difference(session: Reading, list_id: str, number: int, entries: Sequence[Listed]) -> _Difference:
    """What is new against the stored entries. Of several under one key, equal ones are kept and the others paired."""
    stored: dict[str, list[_Kept]] = defaultdict(list)
    query = (
        select(EntryRow.key, EntryRow.id, EntryRow.lineage, EntryRow.content)
        .where(EntryRow.list_id == list_id, EntryRow.last_edition.is_(None))
        .order_by(EntryRow.id)
    )
    for key, id, lineage, content in session.execute(query):
        stored[key].append(_Kept(id, lineage, content))
    fresh: dict[str, list[tuple[str, Listed]]] = defaultdict(list)
    for entry in entries:
        key, content = entry.key, entry.content
        same = next((kept for kept in stored[key] if kept.content == content), None)
        if same is not None:
            stored[key].remove(same)
        else:
            fresh[key].append((content, entry))
    difference = _Difference([], [], [])
    for key, waiting in fresh.items():
        for content, entry in waiting:
            if stored[key]:
                difference.changed.append((stored[key][0].lineage, entry))
                difference.gone.append(stored[key].pop(0).id)
            else:
                lineage = sha256(f"{list_id} {number} {entry.row} {content}".encode()).hex()[:24]
                difference.added.append((lineage, entry))
    difference.gone.extend(kept.id for rest in stored.values() for kept in rest)
    return difference


def _store(session: Writing, list_id: str, number: int, difference: _Difference) -> None:
    for ids in _chunks(difference.gone):
        session.execute(update(EntryRow).where(EntryRow.id.in_(ids)).values(last_edition=number - 1))
    rows = [
        {
            "list_id": list_id,
            "lineage": lineage,
            "key": entry.key,
            "content": entry.content,
            "first_edition": number,
            "row": entry.row,
            "name": entry.name,
            "aliases": list(entry.aliases),
            "identifiers": [{"kind": kind, "value": value} for kind, value in entry.identifiers],
            "country": entry.country,
            "city": entry.city,
            "address": entry.address,
            "listed_on": entry.listed_on,
            "until": entry.until,
        }
        for lineage, entry in (*difference.changed, *difference.added)
    ]
    if rows:
        session.execute(insert(EntryRow), rows)


def _chunks(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[at : at + CHUNK] for at in range(0, len(ids), CHUNK))


def count_entries(session: Reading, list_id: str) -> int:
    query = select(func.count()).where(EntryRow.list_id == list_id, EntryRow.last_edition.is_(None))
    return session.scalar(query) or 0
