"""From facts to consequences: ask the rules about an application and enact what they conclude.

Level-triggered: `consider` reads everything again, so a doubled, late or reordered event is harmless and the nightly
`reconsider_all` repairs what was lost. Issuing takes two transactions: the decision with everything to be signed is
stored first, the signatures come second. Anything else is one transaction of decision and leaf. While a key is away
nothing of it happens, the handler raises Unavailable, and the outbox tries again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import func, select

from certify import casefile, issuing, log, rulebook, rules
from certify.casefile import CaseFile
from certify.events import Draft, EventType, commitment
from certify.tables import Application, ApplicationSite, CaseRow, Certificate, DecisionRow
from ground import journal, outbox
from ground.access import SYSTEM
from ground.canonical import jcs
from ground.database import Writing, lock
from ground.errors import FreemarkError, NotFound
from ground.ids import new_id, random_bytes
from ground.outbox import Event
from ground.world import World

logger = logging.getLogger(__name__)

SALT = 32  # bytes of r in cmt = HMAC-SHA256(r, record)
POSITIVE = ("issue", "renew")
QUIET = ("refuse", "keep", "expire")  # nothing to enact: an expiry follows from `exp` and is no event


def consider(world: World, application: str) -> None:
    """Decide about the application and enact it. Harmless to repeat: then there is nothing new.

    NotFound: no such application. Unavailable: a key is away; nothing was changed.
    """
    now = world.clock.now()
    with world.db.read() as session:
        row = session.get(Application, application)
        if row is None:
            raise NotFound("there is no such application")
        if not _is_news(*_assess(casefile.load(session, row, now), now)):
            return
    with world.db.write() as session:
        lock(session, f"application {application}")
        row = session.get_one(Application, application, with_for_update=True)
        case, decision = _assess(casefile.load(session, row, now), now)
        if _is_news(case, decision):
            _enact(session, world, case, decision, now)


def seal_prepared(world: World, number: str) -> None:
    """The second transaction of issuing: if the rules still say so, sign what was prepared and write it into the log.

    What is no longer what the rules would issue is discarded unsigned, and the new conclusion is enacted instead.
    """
    now = world.clock.now()
    with world.db.write() as session:
        prepared = session.get(Certificate, number)
        if prepared is None:
            raise NotFound("no such certificate was prepared")
        lock(session, f"application {prepared.application_id}")
        session.refresh(prepared)
        if prepared.sealed_at is not None or prepared.discarded_at is not None:
            return
        row = session.get_one(Application, prepared.application_id)
        case, decision = _assess(casefile.load(session, row, now), now)
        if issuing.stands(prepared, case, decision, now):
            issuing.seal(session, world, prepared, case, now=now)
        else:
            _enact(session, world, case, decision, now)


def reconsider_all(world: World) -> None:
    """Ask again about every application, and seal what still waits. One that fails does not hold up the others."""
    with world.db.read() as session:
        applications = list(session.scalars(select(Application.id).order_by(Application.id)))
        waiting = list(
            session.scalars(
                select(Certificate.number).where(
                    Certificate.sealed_at.is_(None), Certificate.discarded_at.is_(None)
                )
            )
        )
    _each(applications, lambda application: consider(world, application))
    _each(waiting, lambda number: seal_prepared(world, number))


def on_site_event(world: World, event: Event) -> None:
    """finding_filed, audit_submitted, action_changed: consider every application that lists the site."""
    with world.db.read() as session:
        query = select(ApplicationSite.application_id).where(ApplicationSite.site_id == event.ids["site"])
        applications = list(session.scalars(query.order_by(ApplicationSite.application_id)))
    _each(applications, lambda application: consider(world, application))


def on_application_event(world: World, event: Event) -> None:
    """application_changed, report_accepted, case_changed."""
    consider(world, event.ids["application"])


def on_prepared(world: World, event: Event) -> None:
    """certificate_prepared."""
    seal_prepared(world, event.ids["certificate"])


def _each(things: Iterable[str], work: Callable[[str], None]) -> None:
    """Do it to each; then raise the first refusal, if there was one. The others stand in the program's log."""
    first: FreemarkError | None = None
    for thing in things:
        try:
            work(thing)
        except FreemarkError as error:
            logger.warning("%s: %s", thing, error)
            first = first or error
    if first is not None:
        raise first


def _assess(case: CaseFile, now: datetime) -> tuple[CaseFile, rules.Decision]:
    return case, rules.decide(case.dossier, case.standing, rulebook.current(), now)


def _is_news(case: CaseFile, decision: rules.Decision) -> bool:
    """Something to enact, or reasons that differ from the last ones kept."""
    if decision.outcome in POSITIVE:
        return case.pending is None
    if decision.outcome not in QUIET or case.pending is not None:
        return True
    last = case.last
    return last is None or (last.outcome, last.reasons) != (decision.outcome, _reasons(decision))


def _enact(session: Writing, world: World, case: CaseFile, decision: rules.Decision, now: datetime) -> None:
    if case.pending is not None:
        case.pending.discarded_at = now
    row = _store(session, world, case, decision, now)
    match decision.outcome:
        case "refuse" | "keep" | "expire":
            return
        case "issue" | "renew":
            issuing.prepare(session, world, case, row, decision, now=now)
        case "suspend":
            _append(session, world, "cert.suspended", case, row, decision, now)
