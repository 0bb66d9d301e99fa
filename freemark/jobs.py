"""The work behind the web: plain functions, run by a thread here or by Celery in production, with the same effect.

Owns: what is done, and how often. Never the truth: that is in the outbox and the tables, so a job that runs twice or
never changes nothing but the hour.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from audits import release
from audits.alerts import service as alerts
from audits.evidence import service as evidence
from audits.independence import assigning
from audits.remedy import deadlines
from audits.screening import passes as screening
from certify import log as transparency
from certify import publish as certificates
from certify import reminders
from certify import service as certify
from certify.evidence import roots
from freemark import letters
from freemark.wiring import HANDLERS, refresh_shelf
from ground import idempotency, mail, outbox
from ground.errors import FreemarkError, Unavailable
from ground.world import World
from labels import service as labels

log = logging.getLogger("freemark.jobs")

IDLE_SECONDS = 1.0  # how long the thread sleeps when nothing wakes it: the longest wait of a retry that fell due
REFRESH_EVERY = timedelta(minutes=10)  # lists live 48 h and are re-signed at half of that: minutes are ample
ANSWERS_KEPT = timedelta(days=30)  # for how long a client may ask again under the same Idempotency-Key
CLOCKS_EVERY = timedelta(minutes=1)  # what takes effect at its hour does so within a minute of it
POST_EVERY = timedelta(minutes=1)  # a letter about an alert waits no longer than this
RECONSIDER_EVERY = timedelta(hours=24)  # DESIGN: a nightly pass repairs whatever an event failed to bring
RETRY_AFTER = timedelta(minutes=10)  # a pass that failed, because a key was away, is made again this much later


def drain(world: World) -> outbox.Drained:
    """Deliver what waits in the outbox until nothing due is left.

    Raises Conflict when the database is behind the published log: handlers sign, and nothing may be signed then.
    """
    transparency.guard(world)
    total = outbox.Drained(0, 0, 0)
    while True:
        step = outbox.drain(world, HANDLERS)
        total = outbox.Drained(total.done + step.done, total.failed + step.failed, total.parked + step.parked)
        if step.done == 0:
            return total


def refresh(world: World) -> None:
    """Re-sign what nears the end of its validity, publish what is missing."""
    refresh_shelf(world)


# What falls due by the clock, each harmless to repeat; alerts first, because what they hold up comes after.
CLOCKS: tuple[Callable[[World], object], ...] = (
    alerts.release_due,
    release.release_reports,
    certify.resume_checked,
    labels.resume_checked,
    assigning.lapse_due,
    roots.write_due,
)


def clocks(world: World) -> None:
    """Do what has fallen due by the clock, and deliver what follows. One that fails does not hold up the others."""
    transparency.guard(world)
    _each(world, CLOCKS, drain)


# What mail is about: dates of findings, ends and dates of certificates, alerts; then it goes out.
POST: tuple[Callable[[World], object], ...] = (
    deadlines.remind,
    reminders.remind,
    reminders.remind_of_duties,
    letters.remind_handlers,
    mail.deliver,
)


def post(world: World) -> None:
    """Remind of what is due, tell the rules what has passed, send what mail there is. Signs nothing."""
    _each(world, POST, lambda world: world.wake())


def _each(world: World, steps: Sequence[Callable[[World], object]], then: Callable[[World], object]) -> None:
    """Every step, with what follows from it; the first refusal is raised when all had their turn."""
    first: FreemarkError | None = None
    for step in steps:
        try:
            step(world)
            then(world)
        except FreemarkError as error:
            log.warning("%s: %s", step.__name__, error)
            first = first or error
    if first is not None:
        raise first


def reconsider(world: World) -> None:
    """Ask the rules about every application again: deadlines pass without an event. Forget old answers and uploads."""
    transparency.guard(world)
    screening.screen_all(world)
    certify.reconsider_all(world)
    drain(world)
    with world.db.write() as session:
        idempotency.forget(session, world.clock.now() - ANSWERS_KEPT)
    evidence.sweep(world)


def start_up(world: World) -> None:
    """What a server does before it answers: first leaves, a log that matches its shelf, a fresh shelf.

    Raises Conflict when the database is behind the published log: nothing may be signed then. A key that is away, or a
    keys.json that has run out, leaves the shelf as it was and stops nobody: findings must land meanwhile.
    """
    transparency.check(world)
    certificates.genesis(world)
    drain(world)
    try:
        refresh_shelf(world)
    except Unavailable as error:
        log.error("the shelf stays as it was: %s", error)


class JobThread:
    """One thread that drains when woken and keeps the timers. `stop` returns when the current job has ended."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._woken = threading.Event()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="freemark-jobs", daemon=True)
        self._refreshed: datetime | None = None
        self._reconsidered: datetime | None = None
        self._clocked: datetime | None = None
        self._posted: datetime | None = None

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._woken.set()

    def stop(self) -> None:
        self._ending = True
        self._woken.set()
        self._thread.join(timeout=30)

    def _run(self) -> None:
        while not self._ending:
            self._woken.wait(IDLE_SECONDS)
            self._woken.clear()
            if not self._ending:
                self._guarded(self._tick)

    def _tick(self) -> None:
        drain(self._world)
        now = self._world.clock.now()
        if _due(self._clocked, now, CLOCKS_EVERY):
            self._clocked = now
            clocks(self._world)
        if _due(self._reconsidered, now, RECONSIDER_EVERY):
            self._reconsidered = now - RECONSIDER_EVERY + RETRY_AFTER  # in case it fails
            reconsider(self._world)
            self._reconsidered = now
        if _due(self._refreshed, now, REFRESH_EVERY):
            self._refreshed = now
            refresh(self._world)
        if _due(self._posted, now, POST_EVERY):  # last: a mail server that is away holds up nothing else
            self._posted = now
            post(self._world)

    def _guarded(self, work: Callable[[], None]) -> None:
        """A failing job is logged with its place and tried again later; the thread never dies of it."""
        try:
            work()
        except FreemarkError as error:
            log.error("job refused: %s", error)
        except Exception:  # the last net: whatever it was, the next tick tries again and the log says so
            log.exception("job failed")


def _due(last: datetime | None, now: datetime, every: timedelta) -> bool:
    """Also after a jump back in time, which only a demo clock makes."""
    return last is None or now - last >= every or now < last
