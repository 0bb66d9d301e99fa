"""From facts to consequences: ask the rules about an application and enact what they conclude.

Level-triggered: `consider` reads everything again, so a doubled, late or reordered event is harmless, and the nightly
`reconsider_all` repairs what was lost. Issuing takes two transactions: the decision with everything to be signed is
stored first, the signatures come second. Everything else is one transaction of decision and leaf. While a key is away
none of it happens, the handler raises Unavailable, and the outbox tries again.
While an alert is held there are two decisions: the one on all facts is kept (`certify.holding`), the one on what the
holder may know is enacted as ever; but nothing in the holder's favour is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from sqlalchemy import select

from audits.facts import encode
from certify import casefile, holding, issuing, log, proposals, rules
from certify.appeals import notices
from certify.casefile import CaseFile
from certify.dossier import Decision, Outcome, record
from certify.events import Draft, EventType, commitment
from certify.governance import books
from certify.rulebook import Rulebook
from certify.tables import Application, ApplicationSite, CaseRow, Certificate, DecisionRow
from ground import journal, outbox
from ground.access import SYSTEM
from ground.canonical import Json, jcs_plain
from ground.database import Reading, Writing, lock
from ground.errors import Conflict, FreemarkError, NotFound
from ground.ids import new_id, random_bytes
from ground.outbox import Event
from ground.world import World

logger = logging.getLogger(__name__)

POSITIVE: tuple[Outcome, ...] = ("issue", "renew", "reduce")  # lead to a certificate
QUIET: tuple[Outcome, ...] = ("refuse", "keep", "expire")  # an expiry follows from `exp` and is no event
AT_ONCE = 100  # applications read together: some 30 queries for all of them, and a few MB of facts
STEPS = 5  # suspend, propose, revoke are three in a row; more would be rules that never come to rest


def consider(world: World, application: str, *, look_first: bool = True) -> None:
    """Decide about the application and enact it, until nothing more follows. Harmless to repeat.

    look_first: without a lock whether there is any news at all, as there mostly is not; who knows that there is saves
    one reading of the file, and writers wait. NotFound: no such application. Unavailable: a key is away; nothing was
    changed by the step that needed it.
    """
    if not look_first and not _decide(world, application):
        return
    for _ in range(STEPS):
        if not _step(world, application):
            return
    raise Conflict(f"the rules do not come to rest about {application}")


@dataclass(frozen=True)
class _Held:
    """What is concluded from all facts while an alert is held, and when it takes effect by itself."""

    case: CaseFile
    decision: Decision
    until: datetime


@dataclass(frozen=True)
class _Heard:
    """case, decision: on what the holder may know. held: beside it, while anything is held."""

    case: CaseFile
    decision: Decision
    held: _Held | None
    check: holding.Check
    unsettled: bool
    """Is there a held decision that neither took effect nor lapsed?"""

    @property
    def application(self) -> str:
        return self.case.application.id


def _step(world: World, application: str) -> bool:
    """One decision, where there is news. True when it was enacted, so that another may follow from it."""
    with world.db.read() as session:
        heard = _assess(session, world, _application(session, application))
        if not (_is_news(session, heard) or _holds_news(session, heard)):
            return False
    return _decide(world, application)


def _decide(world: World, application: str) -> bool:
    """The same under the lock, with everything read anew."""
    with world.db.write() as session:
        lock(session, f"application {application}")
        heard = _assess(session, world, _application(session, application))
        enacted = _is_news(session, heard) and _goes(session, world, heard)
        if enacted:
            _enact(session, world, heard)
        if _holds_news(session, heard):
            _hold(session, world, heard, heard.decision.at)
        return enacted and heard.decision.outcome not in QUIET


def _application(session: Reading, id: str) -> Application:
    row = session.get(Application, id)
    if row is None:
        raise NotFound("there is no such application")
    return row


def seal_prepared(world: World, number: str) -> None:
    """The second transaction of issuing: if the rules still say so, sign what was prepared and write it into the log.

    What the rules would not issue like that any more is discarded unsigned, and their new conclusion is enacted; so is
    what has to wait in the release check now, whether by chance or because something is held.
    """
    with world.db.write() as session:
        certificate = session.get(Certificate, number)
        if certificate is None:
            raise NotFound("no such certificate was prepared")
        lock(session, f"application {certificate.application_id}")
        session.refresh(certificate)
        if certificate.sealed_at is not None or certificate.discarded_at is not None:
            return
        heard = _assess(session, world, session.get_one(Application, certificate.application_id))
        now = heard.decision.at
        same = issuing.stands(session, certificate, heard.case, heard.decision, now=now)
        if not _goes(session, world, heard):  # asked again: the key may have been away for days
            certificate.discarded_at = now
        elif same:
            issuing.seal(session, world, certificate, now=now)
        else:
            _enact(session, world, heard)
    consider(world, certificate.application_id)


def reconsider_all(world: World) -> None:
    """Ask again about every application, and seal what still waits. One that fails does not hold up the others.

    Read many at a time: of nearly all of them there is nothing to say that was not said before.
    """
    with world.db.read() as session:
        applications = list(session.scalars(select(Application.id).order_by(Application.id)))
        waiting = select(Certificate.number).where(Certificate.sealed_at.is_(None), Certificate.discarded_at.is_(None))
        numbers = list(session.scalars(waiting.order_by(Certificate.number)))
    some = (applications[first : first + AT_ONCE] for first in range(0, len(applications), AT_ONCE))
    _each((id for each in some for id in _with_news(world, each)), lambda application: consider(world, application))
    _each(numbers, lambda number: seal_prepared(world, number))


def _with_news(world: World, applications: Sequence[str]) -> Sequence[str]:
    """Those of them about which there is something to enact; all of them when one cannot be read."""
    try:
        with world.db.read() as session:
            rows = session.scalars(select(Application).where(Application.id.in_(applications)).order_by(Application.id))
            found = _assess_all(session, world, rows.all())
            return [heard.application for heard in found if _is_news(session, heard) or _holds_news(session, heard)]
    except FreemarkError:
        return applications  # each is considered by itself, which says what is the matter with it


def resume_checked(world: World) -> None:
    """Consider every application whose release check is over."""
    with world.db.read() as session:
        applications = holding.due(session, world.clock.now())
    _each(applications, lambda application: consider(world, application))


def on_site_event(world: World, event: Event) -> None:
    """finding_filed, alert_raised, audit_submitted, action_changed ..: consider every application with that site."""
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


def _assess(session: Reading, world: World, application: Application) -> _Heard:
    (heard,) = _assess_all(session, world, [application])
    return heard


def _assess_all(session: Reading, world: World, applications: Sequence[Application]) -> list[_Heard]:
    """The facts, and what the rules say about them at a moment read after them: no fact may lie in its future."""
    book = books.current(session, world.settings, world.clock.now())
    cases = casefile.load_all(session, applications, world.clock.now())
    concerned = [case.application for case in cases if case.held_until is not None]
    held = casefile.load_all(session, concerned, world.clock.now(), held=True) if concerned else []
    whole = {case.application.id: case for case in held}
    unsettled = holding.unsettled(session, [application.id for application in applications])
    now = world.clock.now()
    return [
        _Heard(
            case=case,
            decision=rules.decide(case.dossier, case.standing, book, now),
            held=_held(whole[case.application.id], book, now, case.held_until) if case.held_until is not None else None,
            check=holding.check_of(
                world.settings, book, case.held_until, [place.site for place in case.dossier.places]
            ),
            unsettled=case.application.id in unsettled,
        )
        for case in cases
    ]


def _held(case: CaseFile, book: Rulebook, now: datetime, until: datetime) -> _Held:
    return _Held(case, rules.decide(case.dossier, case.standing, book, now), until)


def _goes(session: Writing, world: World, heard: _Heard) -> bool:
    """May it be enacted now? What is in the holder's favour first passes the release check."""
    outcome = heard.decision.outcome
    if not holding.favours(outcome, heard.case.standing):
        return True
    return holding.lets_through(session, world.keyring, heard.application, outcome, heard.check, heard.decision.at)


def _holds_news(session: Reading, heard: _Heard) -> bool:
    """Is there a held decision to keep, or one to lay aside because nothing is held any more?"""
    if heard.held is None:
        return heard.unsettled
    return holding.is_news(session, heard.application, heard.held.decision)


def _hold(session: Writing, world: World, heard: _Heard, now: datetime) -> None:
    """Keep what all facts say. Once nothing is held, what did not come about has lapsed."""
    if heard.held is None:
        holding.lapse(session, heard.application, now)
        return
    case = heard.held.case
    holding.keep(
        session,
        world.keyring,
        heard.application,
        case.dossier,
        case.standing,
        heard.held.decision,
        certificate=case.certificate.number if case.certificate else None,
        effective_by=heard.held.until,
        now=now,
    )


def _is_news(session: Reading, heard: _Heard) -> bool:
    """Is there something to enact, or do the reasons differ from the last ones kept?"""
    case, decision = heard.case, heard.decision
    if holding.favours(decision.outcome, case.standing) and holding.waiting(
        session, heard.application, decision.outcome, decision.at
    ):
        return False
    if decision.outcome in POSITIVE:
        return case.pending is None
    if decision.outcome not in QUIET or case.pending is not None:
        return True
    last = case.last
    return last is None or (last.outcome, last.reasons, last.state) != (decision.outcome, _told(decision), _state(case))


def _enact(session: Writing, world: World, heard: _Heard) -> None:
    case, decision, now = heard.case, heard.decision, heard.decision.at
    if decision.outcome not in (*QUIET, *POSITIVE):
        lock(session, "log")  # before the journal's lock, in the order of everybody who writes a leaf: else they block
    if case.pending is not None:
        case.pending.discarded_at = now
    row = _store(session, world, case, decision, now)
    holding.settle(session, case.application.id, row, case.dossier, now)
    match decision.outcome:
        case "issue" | "renew" | "reduce":
            issuing.prepare(session, world.settings, case, row, decision, now=now)
        case "suspend":
            _append(session, world, "cert.suspended", case, row, decision, now)
        case "remediation":
            _release(case, now)
            _append(session, world, "cert.remediation", case, row, decision, now)
        case "reinstate":
            _release(case, now)
            _append(session, world, "cert.reinstated", case, row, decision, now)
        case "propose_revocation":
            _open_case(session, case, decision, now)
        case "revoke":
            _close_case(case, now)
            _append(session, world, "cert.revoked", case, row, decision, now)
        case "withdraw":
            _close_case(case, now)
            _append(session, world, "cert.withdrawn", case, row, decision, now)
        case "expire":
            if case.certificate is not None:
                _tell(session, case.certificate, now)  # no leaf says it, so nobody else would
        case "refuse" | "keep":
            pass
        case _:
            assert_never(decision.outcome)
    notices.give(session, world.settings, case.application, row, decision, now=now)
    proposals.tell(session, world.settings, case.last, row, decision, case.dossier, now=now)
    session.flush()


def _store(session: Writing, world: World, case: CaseFile, decision: Decision, now: datetime) -> DecisionRow:
    """Keep the decision with all that it was made from, and the commitment that the log will carry."""
    document, salt, id = record(case.dossier, case.standing, decision), random_bytes(holding.SALT), new_id("dec")
    row = DecisionRow(
        id=id,
        application_id=case.application.id,
        seq=case.last.seq + 1 if case.last else 1,
        outcome=decision.outcome,
        at=now,
        certificate=case.certificate.number if case.certificate else None,
        state=_state(case),
        rulebook=decision.rulebook,
        rulebook_sha256=decision.rulebook_sha256,
        reasons=_told(decision),
        record=jcs_plain(document).decode(),
        cmt=commitment(salt, document),
        sealed=world.keyring.seal(salt, f"decision.sealed {id}"),
    )
    session.add(row)
    session.flush()
    detail: dict[str, Json] = {"decision": id, "outcome": decision.outcome, "because": list(decision.because)}
    journal.record(session, SYSTEM, "certify.decide", case.application.id, detail, now=now)
    return row


def _append(
    session: Writing, world: World, t: EventType, case: CaseFile, row: DecisionRow, decision: Decision, now: datetime
) -> None:
    """The leaf of the change, and the news of it."""
    certificate = _certificate(case)
    draft = Draft(
        t=t,
        at=now,
        cert=certificate.number,
        nbf=decision.affected_from if t == "cert.revoked" else None,
        rules=decision.rulebook_sha256,
        reason=decision.reason_code if t != "cert.reinstated" else None,
        cmt=row.cmt,
    )
    log.append(session, world.keyring, draft, now=now)
    _tell(session, certificate, now)


def _tell(session: Writing, certificate: Certificate, now: datetime) -> None:
    number, application = certificate.number, certificate.application_id
    outbox.record(session, "standing_changed", number, now=now, certificate=number, application=application)


def _open_case(session: Writing, case: CaseFile, decision: Decision, now: datetime) -> None:
    if decision.reply_until is None:
        raise Conflict("a proposal of revocation says until when the holder may reply")
    _close_case(case, now)  # one of an earlier suspension would be history to the rules
    session.flush()
    session.add(
        CaseRow(
            application_id=case.application.id,
            certificate=_certificate(case).number,
            opened_at=now,
            reply_until=decision.reply_until,
        )
    )


def _release(case: CaseFile, now: datetime) -> None:
    """Two people let go: the brake that one person pulled is off, and a proposed revocation is dropped."""
    _close_case(case, now)
    application = case.application
    application.suspension_requested_at, application.suspension_requested_by = None, None
    application.suspension_reason = ""


def _close_case(case: CaseFile, now: datetime) -> None:
    if case.revocation is not None:
        case.revocation.closed_at = now


def _certificate(case: CaseFile) -> Certificate:
    if case.certificate is None:
        raise Conflict("there is no certificate to change")
    return case.certificate


def _state(case: CaseFile) -> str | None:
    return case.standing.state if case.standing else None


def _told(decision: Decision) -> list[dict[str, Json]]:
    return [encode(reason) for reason in decision.reasons]
