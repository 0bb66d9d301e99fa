"""The journal: who did what, when; append-only, each row chained to the one before by its hash.

Written in the same transaction as the change it tells of. `check` finds a row that was changed, moved or removed, the
newest ones too. It holds ids and short facts for the people who run the scheme, and is never published.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

from ground.access import Actor
from ground.canonical import Json, digest, instant
from ground.database import Base, Reading, Writing, lock
from ground.errors import Conflict

START = "0" * 64  # what the first row chains to


class JournalRow(Base):
    __tablename__ = "journal"

    index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    person: Mapped[str] = mapped_column(String(40))
    organisation: Mapped[str] = mapped_column(String(40))
    token: Mapped[str] = mapped_column(String(40))
    action: Mapped[str] = mapped_column(String(80))
    subject: Mapped[str] = mapped_column(String(200), index=True)
    detail: Mapped[dict[str, Json]]
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)


class JournalHead(Base):
    """One row: how many entries there are and the last hash. Without it the newest rows could vanish unseen."""

    __tablename__ = "journal_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entries: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))


def record(session: Writing, actor: Actor, action: str, subject: str, detail: dict[str, Json], *, now: datetime) -> int:
    """Append one row; answers its index (0, 1, 2...). detail: JSON without floats; ids and words, no free text."""
    lock(session, "journal")
    head = session.get(JournalHead, 1)
    if head is None:
        head = JournalHead(id=1, entries=0, hash=START)
        session.add(head)
    else:
        session.refresh(head)  # another writer may have moved it before we had the lock
    row = JournalRow(
        index=head.entries,
        at=now,
        person=actor.person,
        organisation=actor.organisation,
        token=actor.token,
        action=action,
        subject=subject,
        detail=detail,
        previous=head.hash,
    )
    row.hash = _hash(row)
    session.add(row)
    head.entries, head.hash = row.index + 1, row.hash
    session.flush()
    return row.index


def check(session: Reading) -> int:
    """Walk the whole chain; answers how many rows hold. Conflict names the first one that does not."""
    count, previous = 0, START
    for row in session.scalars(select(JournalRow).order_by(JournalRow.index).execution_options(yield_per=500)):
        if row.index != count:
            raise Conflict(f"journal row {count} is missing")
        if row.previous != previous or row.hash != _hash(row):
            raise Conflict(f"journal row {count} was changed")
        count, previous = count + 1, row.hash
        session.expunge(row)
    head = session.get(JournalHead, 1)
    entries, last = (head.entries, head.hash) if head else (0, START)
    if (entries, last) != (count, previous):
        raise Conflict(f"journal row {count} is missing" if entries > count else "the head of the journal was changed")
    return count


def _hash(row: JournalRow) -> str:
    return digest(
        {
            "index": row.index,
            "at": instant(row.at),
            "person": row.person,
            "organisation": row.organisation,
            "token": row.token,
            "action": row.action,
            "subject": row.subject,
            "detail": row.detail,
            "previous": row.previous,
        }
    )
