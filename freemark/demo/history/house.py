"""The house of the history: its world, its clock that is set, its people, and how a day ends.

Owns who acts as whom, and the delivery of news. The real handlers run, but once a day and not once per event: an
application is considered once when the day's acts are done. Events carry ids and never facts, so that comes to the same
(DESIGN.md 4). Nothing is published and no letter is written before the history ends: both only tell what is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import event, select

from audits import release
from audits.alerts import service as alerts
from certify import casefile, log
from certify import service as certify
from certify.evidence import roots
from certify.register import fold_of
from certify.tables import DecisionRow
from freemark import wiring
from freemark.demo.history.lot import Lot
from freemark.demo.history.population import CasePlan, FirmPlan, SitePlan
from ground import outbox
from ground.access import SCOPES, Actor
from ground.clock import FixedClock
from ground.database import Writing
from ground.outbox import Handlers
from ground.signing import SeedSigner
from ground.world import World

MORNING, EVENING = time(9, tzinfo=UTC), time(18, tzinfo=UTC)
DAY = timedelta(days=1)
AT_ONCE = 200  # deliveries of one pass over the outbox

# Whose work a day's end does by itself, or nobody needs before the end: see the docstring. The rest are the real ones.
_NOT_NOW = ("certify.consider", "publish.refresh", "screening.site", "screening.organisation")


def _quiet(handlers: Handlers) -> Handlers:
    kept = {
        name: tuple(one for one in each if one.name not in _NOT_NOW and not one.name.startswith("letters."))
        for name, each in handlers.items()
    }
    return {name: each for name, each in kept.items() if each}


HANDLERS = _quiet(wiring.HANDLERS)


@dataclass(frozen=True)
class Auditor:
    actor: Actor
    key: SeedSigner = field(repr=False)


@dataclass
class Firm:
    """auditors: by person."""

    id: str
    plan: FirmPlan
    auditors: dict[str, Auditor]


@dataclass
class Site:
    """A place of a case. actor: who acts for it. visits: how many there were, for the lots. left: out of the scope."""

    id: str
    plan: SitePlan
    actor: Actor
    own: bool
    visits: int = 0
    left: bool = False


@dataclass
class Case:
    plan: CasePlan
    organisation: str
    manager: Actor
    sites: list[Site]
    application: str = ""

    @property
    def number(self) -> int:
        return self.plan.number

    @property
    def places(self) -> list[Site]:
        return [site for site in self.sites if not site.left]


@dataclass
class People:
    """sam, tara: scheme managers. hana: the protection handler. carl, dina: deciders of two certification bodies."""

    sam: Actor
    tara: Actor
    hana: Actor
    carl: Actor
    dina: Actor


@dataclass
class House:
    """first, last: days of the history. touched: applications that the day had news of; due: the same of a later day,
    on which something falls due by the clock. notes: what the end tells of, such as how wide a cascade went."""

    world: World
    lot: Lot
    first: date
    last: date
    people: People
    firms: list[Firm] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    due: dict[date, set[str]] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)

    # ------------------------------------------------------------------------------------------------------- time

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    @property
    def today(self) -> date:
        return self.now.date()

    def at(self, day: date, hour: time) -> None:
        assert isinstance(self.world.clock, FixedClock)
        self.world.clock.set(datetime.combine(day, hour))

    def share(self, percent: int) -> date:
        """The day on which so much of the history is over."""
        return self.first + (self.last - self.first) * percent // 100

    # ------------------------------------------------------------------------------------------------------- acts

    @contextmanager
    def acting(self, *cases: Case) -> Iterator[Writing]:
        """One transaction, after which these cases are looked at. A row that it has read stays in memory until its end:
        on SQLite nobody else can change it meanwhile."""
        with self.world.db.write() as session:
            rows: list[object] = []
            event.listen(session, "loaded_as_persistent", lambda _, row: rows.append(row))
            event.listen(session, "pending_to_persistent", lambda _, row: rows.append(row))
            yield session
        self.touched |= {case.application for case in cases if case.application}

    def later(self, days: int, case: Case | None = None) -> None:
        """Something falls due by itself so many days from now; with a case: look at it then."""
        waiting = self.due.setdefault(self.today + days * DAY, set())
        if case is not None:
            waiting.add(case.application)

    def end_of_day(self, day: date) -> None:
        """What the jobs do: what falls due by the clock, the news, and each application that had any."""
        self.at(day, EVENING)
        if day in self.due:
            alerts.release_due(self.world)
            release.release_reports(self.world)
            self.touched |= self.due.pop(day)
        self.deliver()
        for application in sorted(self.touched):
            certify.consider(self.world, application, look_first=False)
        if self.touched:
            self.deliver()
        self.touched.clear()

    def deliver(self) -> int:
        """The outbox, until it is empty. RuntimeError when a handler fails: a history is told whole or not at all."""
        total = 0
        while True:
            step = outbox.drain(self.world, HANDLERS, limit=AT_ONCE)
            if step.failed or step.parked:
                with self.world.db.read() as session:
                    errors = session.scalars(select(outbox.Delivery.error).where(outbox.Delivery.error != ""))
                    raise RuntimeError(f"a handler failed on {self.today}: {next(iter(errors), '')}")
            total += step.done
            if step.done < AT_ONCE:
                return total

    def reconsider(self) -> None:
        """The nightly pass, and the leaf over the decisions since the last one."""
        certify.reconsider_all(self.world)
        roots.write_due(self.world)

    # ------------------------------------------------------------------------------------------------------ looks

    def state(self, case: Case) -> str:
        """Of its newest certificate; "" before the first."""
        with self.world.db.read() as session:
            row = casefile.current_certificate(session, case.application)
            return fold_of(row, log.leaves(session, row.number), self.now).state if row else ""

    def certificate(self, case: Case) -> tuple[str, date, date] | None:
        """(number, first day, last day) of its newest certificate."""
        with self.world.db.read() as session:
            row = casefile.current_certificate(session, case.application)
            return (row.number, row.valid_from.date(), row.valid_until.date()) if row else None

    def unmet(self, case: Case) -> set[str]:
        """The clauses that its newest decision found unmet."""
        with self.world.db.read() as session:
            query = select(DecisionRow.reasons).where(DecisionRow.application_id == case.application)
            reasons = session.scalar(query.order_by(DecisionRow.seq.desc()).limit(1)) or []
            return {str(reason["clause"]) for reason in reasons if not reason["met"]}

    def firm_of(self, site: Site) -> Firm:
        return next(firm for firm in self.firms if site.plan.at.country in firm.plan.countries)

    def auditor(self, person: str) -> Auditor:
        return next(firm.auditors[person] for firm in self.firms if person in firm.auditors)


def actor(person: str, organisation: str, role: str) -> Actor:
    return Actor(person, organisation, frozenset({role}), frozenset(SCOPES))


def unsynced(world: World) -> None:
    """No wait for the disk at each of some ten thousand commits: a history that was cut short is made anew, and
    `synced` closes the file properly. SQLite only."""

    def connected(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous=OFF").close()

    if world.db.dialect == "sqlite":
        event.listen(world.db.engine, "connect", connected)
