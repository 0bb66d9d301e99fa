"""Which rulebook decides now, and the ones that were published here beside those that came with the software.

Owns `current`, `load` and `of`. What this installation published is asked of its own database, every time, by id and
hash; so a process that started before a rulebook was published finds it, and one that serves two installations never
takes the rulebook of one for that of the other. Only reading a text is saved: what was read is kept under its hash
(`certify.rulebook.adopt`). Never publishes: that is `publishing`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import object_session

from certify import rulebook
from certify.governance.tables import RulebookRow
from certify.rulebook import Rulebook
from ground.database import Base, Reading
from ground.errors import Conflict, Invalid
from ground.settings import Settings

FOUND = "freemark_rulebooks"  # what this session has asked for: a published rulebook never changes


def current(session: Reading, settings: Settings, now: datetime) -> Rulebook:
    """The rulebook of new decisions: of those published here and in force, the one that came into force last; when
    there is none, the one that this scheme began with."""
    query = (
        select(RulebookRow.id)
        .where(RulebookRow.published_at.is_not(None), RulebookRow.in_force_from <= now.date())
        .order_by(RulebookRow.in_force_from.desc(), RulebookRow.published_at.desc())
    )
    newest = session.scalar(query.limit(1))
    if newest is None:
        return load(session, settings.first_rulebook, "first_rulebook")
    return load(session, newest)


def load(session: Reading, id: str, where: str = "") -> Rulebook:
    """A rulebook of the software, or one that was published here. Invalid at `where` when there is none.

    Conflict when its text is not the one that was published: somebody changed the row.
    """
    if id in rulebook.IDS:
        return rulebook.load(id)
    found: dict[str, Rulebook] = session.info.setdefault(FOUND, {})
    if id not in found:
        published = RulebookRow.published_at.is_not(None)
        sha256 = session.scalar(select(RulebookRow.sha256).where(RulebookRow.id == id, published))
        if sha256 is None:
            raise Invalid(f"{id[:40]!r} is no rulebook; known: {', '.join(rulebook.IDS)}", where=where)
        found[id] = rulebook.adopted(id, sha256) or _read(session, id, sha256)
    return found[id]


def of(row: Base, id: str) -> Rulebook:
    """The rulebook that a row of this installation names. A row that has left its session: what is known here."""
    session = object_session(row)
    return load(session, id) if isinstance(session, Reading) else rulebook.load(id)


def know(session: Reading) -> None:
    """Make every rulebook that was published here known to this process, for who has no session to ask."""
    for id in session.scalars(select(RulebookRow.id).where(RulebookRow.published_at.is_not(None))):
        load(session, id)


def text_of(session: Reading, id: str) -> str:
    """The TOML of a published rulebook."""
    row = session.get(RulebookRow, id)
    return row.text if row is not None else rulebook.text_of(id)


def published(session: Reading) -> tuple[Rulebook, ...]:
    """All that anybody may read: those of the software and those published here."""
    here = session.scalars(select(RulebookRow.id).where(RulebookRow.published_at.is_not(None)).order_by(RulebookRow.id))
    return tuple(load(session, id) for id in (*rulebook.IDS, *here))


def _read(session: Reading, id: str, sha256: str) -> Rulebook:
    book = rulebook.read(session.get_one(RulebookRow, id).text)
    if (book.id, book.sha256) != (id, sha256):
        raise Conflict(f"the text of {id} is not the one that was published with the hash {sha256[:12]}")
    return rulebook.adopt(book)
