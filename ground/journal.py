"""The journal: who did what, when; append-only, each row chained to the one before by its hash.

Written in the same transaction as the change it tells of. `check` finds a row that was changed, moved or removed, the
newest ones too. It holds ids and short facts for the people who run the scheme, and is never published.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

from ground.access import Actor
from ground.canonical import Json, digest, instant, sha256
from ground.database import Base, Reading, Writing, before_commit, lock, stored_json
from ground.errors import Conflict, Malformed

WAITING = "freemark_journal"
FIRST = -(2**31)  # below every index, those an intruder might invent too
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


def record(
    session: Writing, actor: Actor, action: str, subject: str, detail: dict[str, Json], *, now: datetime
) -> None:
    """Append one row when the session commits. detail: JSON without floats; ids and words, no free text.

    The row is written last because every writer needs the end of the chain: its lock is held shortest so, and two
    writers that hold other locks cannot wait for each other.
    """
    stored_json(detail)  # refused here, where the caller's line is in the traceback, rather than at the commit
    waiting: list[JournalRow] = session.info.setdefault(WAITING, [])
    if not waiting:
        before_commit(session, _append)
    waiting.append(
        JournalRow(
            at=now,
            person=actor.person,
            organisation=actor.organisation,
            token=actor.token,
            action=action,
            subject=subject,
            detail=detail,
        )
    )


def _append(session: Writing) -> None:
    lock(session, "journal")
    head = session.get(JournalHead, 1, populate_existing=True)  # it may have been read before we had the lock
    if head is None:
        head = JournalHead(id=1, entries=0, hash=START)
        session.add(head)
    for row in session.info.pop(WAITING):
        row.index, row.previous = head.entries, head.hash
        row.hash = _hash(row)
        session.add(row)
        head.entries, head.hash = row.index + 1, row.hash
    session.flush()


def check(session: Reading) -> int:
    """Walk the whole chain; answers how many rows hold. Conflict names the first one that does not."""
    count, previous = 0, START
    seen = FIRST
    while rows := session.scalars(_FORWARD.where(JournalRow.index > seen)).all():
        for row in rows:
            session.expunge(row)  # a journal of years does not fit in memory
            if row.index != count:
                raise Conflict(f"journal row {count} is missing")
            if row.previous != previous or row.hash != _hash(row):
                raise Conflict(f"journal row {count} was changed")
            seen, count, previous = row.index, count + 1, row.hash
    head = session.get(JournalHead, 1)
    entries, last = (head.entries, head.hash) if head else (0, START)
    if (entries, last) != (count, previous):
        raise Conflict(f"journal row {count} is missing" if entries > count else "the head of the journal was changed")
    return count


_FORWARD = select(JournalRow).order_by(JournalRow.index).limit(500)


def _hash(row: JournalRow) -> str:
    said: dict[str, Json] = {
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
    try:
        return sha256(stored_json(said).encode()).hex()
    except Malformed:
        return digest(said)  # a row that was changed may hold what is never stored
