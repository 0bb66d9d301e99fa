"""The outbox: news for a higher floor, written with the change itself, delivered later and at least once.

Owns events, one delivery row per handler, claims, retries and parking. Handlers are idempotent and read the facts
again, so a doubled, late or reordered delivery is harmless. Nothing that fails is swallowed: the error's text stays
in the row, and what stays undelivered is `stuck`, for people to see.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

from sqlalchemy import ForeignKey, Integer, String, Text, UniqueConstraint, bindparam, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ground.database import Base, Reading, Writing, lock
from ground.errors import Conflict, FreemarkError, NotFound, Unavailable
from ground.ids import crockford

if TYPE_CHECKING:
    from ground.world import World

log = logging.getLogger(__name__)

CLAIM = timedelta(seconds=60)  # a process that died holds a delivery no longer than this
LONGEST_WAIT = timedelta(seconds=600)
TRIES = 8  # 1 + 4 + 16 + 64 + 256 + 600 + 600 s: 25 minutes from the first failure to the alarm
ERROR_LENGTH = 2000


class OutboxEvent(Base):
    __tablename__ = "outbox_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    subject: Mapped[str] = mapped_column(String(200))
    ids: Mapped[dict[str, str]]
    at: Mapped[datetime]
    handed_out: Mapped[bool] = mapped_column(default=False, index=True)
    """True when its delivery rows have been made."""


class Delivery(Base):
    """One event for one handler. Open while neither `done_at` nor `parked_at` is set."""

    __tablename__ = "outbox_delivery"
    __table_args__ = (UniqueConstraint("event_id", "handler"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("outbox_event.id"))
    handler: Mapped[str] = mapped_column(String(80))
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(index=True)
    claim: Mapped[str | None] = mapped_column(String(20), default=None)
    claimed_until: Mapped[datetime | None] = mapped_column(default=None)
    done_at: Mapped[datetime | None] = mapped_column(default=None, index=True)
    parked_at: Mapped[datetime | None] = mapped_column(default=None)
    error: Mapped[str] = mapped_column(Text, default="")
    source: Mapped[OutboxEvent] = relationship(lazy="joined")

    @property
    def event(self) -> str:
        return self.source.name

    @property
    def subject(self) -> str:
        return self.source.subject

    @property
    def state(self) -> Literal["done", "parked", "waiting"]:
        if self.done_at is not None:
            return "done"
        return "parked" if self.parked_at is not None else "waiting"


@dataclass(frozen=True)
class Event:
    id: int
    name: str
    subject: str
    ids: dict[str, str]
    at: datetime


class Handler(NamedTuple):
    """`name` is kept in delivery rows: it must stay the same over releases and be unique within one event."""

    name: str
    run: Callable[[World, Event], None]


Handlers = Mapping[str, tuple[Handler, ...]]


class Drained(NamedTuple):
    """What one `drain` did: deliveries done, failed and to be tried again, parked after the last try."""

    done: int
    failed: int
    parked: int


def record(session: Writing, event: str, subject: str, *, now: datetime, **ids: str) -> None:
    """Write the event with the change it tells of. It is delivered only if this transaction commits."""
    session.add(OutboxEvent(name=event, subject=subject, ids=ids, at=now, handed_out=False))


def drain(world: World, handlers: Handlers, *, limit: int = 100) -> Drained:
    """Deliver what is due, oldest first, at most `limit` deliveries; also what handlers record meanwhile.

    Any number of processes may drain at once. No transaction is held while a handler runs.
    """
    done = failed = parked = 0
    claimed = _first(world, handlers, limit) if limit > 0 else None
    while claimed is not None:
        delivery, event, claim, name = claimed
        error = _run(world, handlers, event, name)
        limit -= 1
        with world.db.write() as session:
            now = world.clock.now()
            match _settle(session, delivery, claim, error, now):
                case "done":
                    done += 1
                case "failed":
                    failed += 1
                case "parked":
                    parked += 1
            claimed = _next(session, handlers, now, limit) if limit > 0 else None
    return Drained(done, failed, parked)


def stuck(session: Reading) -> list[Delivery]:
    """Deliveries that failed TRIES times or more: parked, or waiting for something that stays away. Oldest first."""
    return list(
        session.scalars(
            select(Delivery).where(Delivery.done_at.is_(None), Delivery.attempts >= TRIES).order_by(Delivery.id)
        )
    )


def retry(session: Writing, delivery_id: int, *, now: datetime) -> Delivery:
    """Let a stuck delivery be tried again at once, with all its tries."""
    delivery = session.get(Delivery, delivery_id, with_for_update={"of": Delivery})
    if delivery is None:
        raise NotFound("there is no such delivery")
    if delivery.done_at is not None:
        raise Conflict("it was delivered already")
    delivery.attempts, delivery.due_at, delivery.parked_at = 0, now, None
    session.flush()
    return delivery


Claimed = tuple[int, Event, str, str]
"""Delivery, event, claim, and the handler's name."""


def _first(world: World, handlers: Handlers, limit: int) -> Claimed | None:
    """The oldest delivery that is due, which is ours for a while. Who finds nothing to do has only read."""
    now = world.clock.now()
    with world.db.read() as session:
        if session.scalar(_FRESH, {"most": 1}) is None and session.scalar(_DUE, _moments(now)) is None:
            return None
    with world.db.write() as session:
        return _next(session, handlers, now, limit)


def _next(session: Writing, handlers: Handlers, now: datetime, limit: int) -> Claimed | None:
    """The same, in the transaction in which the one before is settled."""
    if session.scalar(_FRESH, {"most": 1}) is not None:
        _hand_out(session, handlers, now, limit)
    delivery = session.scalar(_CLAIMED, _moments(now))
    if delivery is None:
        return None
    delivery.claim, delivery.claimed_until = crockford(16), now + CLAIM
    event = delivery.source
    return (
        delivery.id,
        Event(event.id, event.name, event.subject, dict(event.ids), event.at),
        delivery.claim,
        delivery.handler,
    )


def _hand_out(session: Writing, handlers: Handlers, now: datetime, limit: int) -> None:
    """Make the delivery rows of new events."""
    lock(session, "outbox")
    for event in session.scalars(_FRESH, {"most": limit}).all():
        event.handed_out = True
        for handler in handlers.get(event.name, ()):
            session.add(Delivery(event_id=event.id, handler=handler.name, due_at=now))
    session.flush()


def _moments(now: datetime) -> dict[str, datetime]:
    return {"now": now, "longest_wait": now + LONGEST_WAIT, "claim": now + CLAIM}


# The questions. Each is built once, because building one costs more than asking it.

_FRESH = (
    select(OutboxEvent)
    .where(OutboxEvent.handed_out.is_(False))
    .order_by(OutboxEvent.id)
    .limit(bindparam("most", type_=Integer))
)
_DUE = (
    select(Delivery)
    .where(
        Delivery.done_at.is_(None),
        Delivery.parked_at.is_(None),
        # The second halves: a demo clock that was set back must not leave claims and waits in a far future.
        or_(Delivery.due_at <= bindparam("now"), Delivery.due_at > bindparam("longest_wait")),
        or_(
            Delivery.claimed_until.is_(None),
            Delivery.claimed_until <= bindparam("now"),
            Delivery.claimed_until > bindparam("claim"),
        ),
    )
    .order_by(Delivery.id)
    .limit(1)
)
_CLAIMED = _DUE.with_for_update(skip_locked=True, of=Delivery)


def _run(world: World, handlers: Handlers, event: Event, name: str) -> Exception | None:
    try:
        handler = next((one for one in handlers.get(event.name, ()) if one.name == name), None)
        if handler is None:
            raise NotFound(f"no handler {name!r} takes {event.name!r} now")
        handler.run(world, event)
    except Exception as error:  # noqa: BLE001 - kept in the row, logged, tried again: see _settle
        return error
    return None


def _settle(session: Writing, delivery_id: int, claim: str, error: Exception | None, now: datetime) -> str:
    delivery = session.get(Delivery, delivery_id, with_for_update={"of": Delivery})
    if delivery is None or delivery.claim != claim or delivery.done_at is not None:
        return "taken over"  # our claim ran out meanwhile: whoever has it now settles it
    delivery.claim = delivery.claimed_until = None
    if error is None:
        delivery.done_at, delivery.error = now, ""
        return "done"
    delivery.attempts += 1
    delivery.error = f"{type(error).__name__}: {error}"[:ERROR_LENGTH].replace("\0", " ")
    delivery.due_at = now + wait(delivery.attempts)
    # What waits for a key or a database that is away is not at fault itself: it is never given up.
    if delivery.attempts >= TRIES and not isinstance(error, Unavailable):
        delivery.parked_at = now
    outcome = "parked" if delivery.parked_at else "failed"
    _tell(delivery, error, outcome)
    return outcome


def wait(attempts: int) -> timedelta:
    """How long after the n-th failure: 1, 4, 16, 64, 256, then 600 seconds."""
    return min(timedelta(seconds=4 ** min(attempts - 1, 5)), LONGEST_WAIT)


def _tell(delivery: Delivery, error: Exception, outcome: str) -> None:
    level = logging.ERROR if delivery.attempts >= TRIES else logging.WARNING
    ours = isinstance(error, FreemarkError)  # a refusal explains itself; anything else is a defect and shows where
    log.log(
        level,
        "outbox: %s of %s to %s, try %d: %s",
        outcome,
        delivery.event,
        delivery.handler,
        delivery.attempts,
        delivery.error,
        exc_info=None if ours else error,
    )
