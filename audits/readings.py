"""Who read what is sensitive, and when: evidence and sealed files, written down before they are handed out.

Owns the entries of the journal about reading and the list of them. What cannot be written down is not handed out: no
file leaves this house unseen. The site, and whoever else may not know who looks into its case, never sees the list.
"""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Select, select

from audits.relations import ANYWHERE
from ground import access, journal
from ground.access import Actor, Grant
from ground.canonical import Json, instant
from ground.journal import JournalRow
from ground.world import World

READ_LOG = "audits.read_access_log"

Act = Literal["evidence_read", "sealed_read"]

access.register(*(Grant(READ_LOG, role, "any") for role in ANYWHERE))


def record(world: World, actor: Actor, act: Act, subject: str, detail: dict[str, Json]) -> None:
    """Write it down, in a transaction of its own. Unavailable when that cannot be done: then nothing is handed out."""
    with world.db.write() as session:
        journal.record(session, actor, act, subject, detail, now=world.clock.now())


def of(actor: Actor, act: Act, subject: str) -> Select[JournalRow]:
    """The entries about it, in the order of their index. Forbidden for everybody but those who run the scheme."""
    access.check(actor, READ_LOG)
    return select(JournalRow).where(JournalRow.subject == subject, JournalRow.action == act)


def entry_view(row: JournalRow) -> dict[str, Json]:
    return {"person": row.person, "organisation": row.organisation, "at": instant(row.at)}
