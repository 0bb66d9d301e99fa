"""Which rulebook decides now, and the ones that were published here beside those that came with the software.

Owns `current` and `know`. A published rulebook never changes, so a process that has read one keeps it
(`certify.rulebook.adopt`); what another process published is found by looking. Never publishes: that is `publishing`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from certify import rulebook
from certify.governance.tables import RulebookRow
from certify.rulebook import Rulebook
from ground.database import Reading
from ground.settings import Settings


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
        return rulebook.load(settings.first_rulebook, "first_rulebook")
    know(session)
    return rulebook.load(newest)


def know(session: Reading) -> None:
    """Make every rulebook that was published here known to this process. One small query."""
    published = RulebookRow.published_at.is_not(None)
    unknown = select(RulebookRow).where(published, RulebookRow.id.not_in(rulebook.adopted()))
    for row in session.scalars(unknown):
        rulebook.adopt(rulebook.read(row.text))


def text_of(session: Reading, id: str) -> str:
    """The TOML of a published rulebook."""
    row = session.get(RulebookRow, id)
    return row.text if row is not None else rulebook.text_of(id)


def published(session: Reading) -> tuple[Rulebook, ...]:
    """All that anybody may read: those of the software and those published here."""
    know(session)
    here = session.scalars(select(RulebookRow.id).where(RulebookRow.published_at.is_not(None)).order_by(RulebookRow.id))
    return tuple(rulebook.load(id) for id in (*rulebook.IDS, *here))
