"""Between a decision and its effect: what is held because people at a site could be harmed by the news.

Owns two waits. A held decision is one made on all facts while an alert is held: kept at once, enacted by nothing,
linked to the decision that enacts it once the site is told. A release check is the wait of an order, or of a decision
in the holder's favour: whenever anything is held, and by chance a tenth of the time, for a place and not for an order,
so that a hundred orders tell no more than one. Held decisions and waits live in tables of their own: no number that a
holder can see shows a gap. Never decides, and never tells which wait it is.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, select

from audits import dossier as testimony
from audits.facts import encode
from certify.dossier import MAX_RECORD, Decision, Dossier, Outcome, open_inputs, record
from certify.events import Standing, commitment
from certify.rulebook import Rulebook
from certify.tables import ApplicationSite, DecisionRow, HeldDecisionRow, ReleaseCheckRow
from ground import journal
from ground.access import SYSTEM
from ground.canonical import Json, jcs, parse
from ground.database import Reading, Writing
from ground.ids import new_id, random_bytes
from ground.keyring import Keyring
from ground.settings import Settings

SALT = 32  # bytes of r in cmt = HMAC-SHA256(r, record)
FAVOURS: tuple[Outcome, ...] = ("issue", "renew", "reinstate", "reduce")
ALL = 100  # per cent: everybody waits
HOURS = 72  # of a wait under a rulebook that knows none: it holds up what is held, and draws nothing
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)  # windows are counted from here; any moment would do
LONG_PERCENT = (
    25  # of the spells last longer than one wait, by up to LONGER: so a hold that two people extend is no news
)
LONGER = timedelta(days=14)  # what one extension of a hold can add (audits.alerts)


@dataclass(frozen=True)
class Check:
    """The release check as it is now for one application: `percent` of its time its orders and favours wait, `hours`
    each. places: those on which a hold would make it wait.

    The same question for everybody: with anything held it is 100, and nothing else differs.
    """

    percent: int
    hours: int
    places: tuple[str, ...] = ()


def places_of(session: Reading, application: str) -> tuple[str, ...]:
    """The sites and agents' offices that the application has now."""
    query = select(ApplicationSite.site_id).where(
        ApplicationSite.application_id == application, ApplicationSite.left_at.is_(None)
    )
    return tuple(session.scalars(query.order_by(ApplicationSite.site_id)))


def until(session: Reading, application: str) -> datetime | None:
    """When the first alert on the application's places takes effect by itself; None when nothing is held."""
    return testimony.held_until(session, places_of(session, application))


def check_of(settings: Settings, book: Rulebook, held: datetime | None, places: Sequence[str] = ()) -> Check:
    """What the rulebook says about waiting. A demo world may do without the random tenth, never without the hold."""
    percent = book.limits.release_check_percent if settings.release_check else 0
    return Check(ALL if held is not None else percent, book.limits.release_check_hours or HOURS, tuple(sorted(places)))


def waits(session: Reading, keyring: Keyring, check: Check, now: datetime) -> bool:
    """Does everything wait now that this check is about? The same answer for all of it, at whatever moment it is asked
    within one spell. Unavailable while the data key is away.

    A place whose alert was laid aside waits on as long as it would have without a word: an end right then would tell.
    """
    if check.percent >= ALL:
        return True
    wait = timedelta(hours=check.hours)
    if testimony.laid_aside(session, check.places, since=now - wait):
        return True
    share = check.percent / 100 / max(len(check.places), 1)
    return any(in_spell(keyring, place, share, wait, now) for place in check.places)


def in_spell(keyring: Keyring, place: str, share: float, wait: timedelta, now: datetime) -> bool:
    """Is there a spell of waiting at this place now? Such spells take about this share of all time.

    In every window of one `wait` at most one begins, at a second that nobody can foresee; it lasts one `wait`, or in
    LONG_PERCENT of 100 up to LONGER more. All of it follows from a secret of the installation, place and window: asking
    again draws nothing anew. One number decides whether a spell begins, so where the share is smaller (an application
    of several places) its spells are some of those of the larger share, and none of its own.
    """
    if not share:
        return False
    begins = share * (wait / (wait + LONGER * LONG_PERCENT / 200))  # a long one is LONGER / 2 longer on average
    this = (now - EPOCH) // wait
    for window in range(this - LONGER // wait - 2, this + 1):
        lot = hmac.digest(keyring.derived("release check"), f"{place} {window}".encode(), "sha256")
        chance, second, kind, length = (int.from_bytes(lot[n : n + 8]) / 2**64 for n in (0, 8, 16, 24))
        start = EPOCH + window * wait + second * wait
        lasts = wait + (length * LONGER if kind * 100 < LONG_PERCENT else timedelta(0))
        if chance < begins and start <= now < start + lasts:
            return True
    return False


def favours(outcome: Outcome, standing: Standing | None) -> bool:
    """Is this in the holder's favour? Amber after red is; amber after green is not."""
    return outcome in FAVOURS or (outcome == "remediation" and standing is not None and standing.state == "suspended")


# -------------------------------------------------------------------------------------------- the release check


def waiting(session: Reading, application: str, outcome: Outcome, now: datetime) -> bool:
    """Does this very favour wait in the release check, and its time is not over?"""
    row = session.get(ReleaseCheckRow, application)
    return row is not None and row.outcome == outcome and now < row.until


def lets_through(
    session: Writing, keyring: Keyring, application: str, outcome: Outcome, check: Check, now: datetime
) -> bool:
    """May this favour be enacted now? Asked at first, and again whenever a wait is over.

    Asked again, because an alert may have come in during the wait: a second wait must be nothing unusual.
    """
    if waiting(session, application, outcome, now):
        return False
    row = session.get(ReleaseCheckRow, application)
    if not waits(session, keyring, check, now):
        if row is not None:
            session.delete(row)
            session.flush()
        return True
    if row is None:
        row = ReleaseCheckRow(application_id=application)
        session.add(row)
    row.outcome, row.until = outcome, now + timedelta(hours=check.hours)
    session.flush()
    return False


def due(session: Reading, now: datetime) -> Sequence[str]:
    """The applications whose release check is over."""
    query = select(ReleaseCheckRow.application_id).where(ReleaseCheckRow.until <= now)
    return list(session.scalars(query.order_by(ReleaseCheckRow.application_id)))


# ---------------------------------------------------------------------------------------------- held decisions


def is_news(session: Reading, application: str, decision: Decision) -> bool:
    """Does the decision on all facts differ from the one that is kept?"""
    open_rows = _open(session, application)
    return not open_rows or (open_rows[-1].outcome, open_rows[-1].reasons) != (decision.outcome, _told(decision))


def keep(
    session: Writing,
    keyring: Keyring,
    application: str,
    dossier: Dossier,
    standing: Standing | None,
    decision: Decision,
    *,
    certificate: str | None,
    effective_by: datetime,
    now: datetime,
) -> HeldDecisionRow:
    """Keep a decision that nothing is enacted of, with all that it was made from and the commitment to it."""
    document, salt, id = record(dossier, standing, decision), random_bytes(SALT), new_id("dec")
    row = HeldDecisionRow(
        id=id,
        application_id=application,
        outcome=decision.outcome,
        decided_at=now,
        effective_by=effective_by,
        certificate=certificate,
        state=standing.state if standing else None,
        rulebook=decision.rulebook,
        rulebook_sha256=decision.rulebook_sha256,
        reasons=_told(decision),
        record=jcs(document).decode(),
        cmt=commitment(salt, document),
        sealed=keyring.seal(salt, held_context(id)),
    )
    session.add(row)
    session.flush()
    detail: dict[str, Json] = {"decision": id, "outcome": decision.outcome, "because": list(decision.because)}
    journal.record(session, SYSTEM, "certify.decide_held", application, detail, now=now)
    return row


def settle(session: Writing, application: str, enacted: DecisionRow, shown: Dossier, now: datetime) -> None:
    """The site knows, and this is what was decided before: the two are linked.

    Only what was decided from alerts that have all been told since; shown: the facts as the holder may know them. A
    decision that another alert had a part in, held or laid aside, stays unlinked whatever was enacted: the link tells.
    """
    told = {finding.id: finding for finding in shown.findings if finding.released_at is not None}
    for row in _open(session, application):
        if row.outcome != enacted.outcome:
            continue
        held = [each for each in _facts_of(row).findings if each.held_until is not None]
        if held and all(each.id in told and told[each.id].severity == each.severity for each in held):
            row.decision_id, row.effective_at = enacted.id, now
    session.flush()


def _facts_of(row: HeldDecisionRow) -> Dossier:
    return open_inputs(parse(row.record.encode(), limit=MAX_RECORD))[0]


def lapse(session: Writing, application: str, now: datetime) -> None:
    """Nothing is held any more, and what was decided then never came about: it had turned out unfounded, or was
    overtaken."""
    for row in _open(session, application):
        row.lapsed_at = now
    session.flush()


def unsettled(session: Reading, applications: Sequence[str]) -> set[str]:
    """Those of them with a held decision that neither took effect nor lapsed."""
    return {row.application_id for row in session.scalars(_OPEN, {"applications": applications})}


def held_context(id: str) -> str:
    """Under which the salt is encrypted: in another row it does not open."""
    return f"held_decision.sealed {id}"


def _open(session: Reading, application: str) -> list[HeldDecisionRow]:
    return list(session.scalars(_OPEN, {"applications": [application]}))


_OPEN = (  # built once: building it costs more than asking it
    select(HeldDecisionRow)
    .where(
        HeldDecisionRow.application_id.in_(bindparam("applications", expanding=True)),
        HeldDecisionRow.decision_id.is_(None),
        HeldDecisionRow.lapsed_at.is_(None),
    )
    .order_by(HeldDecisionRow.decided_at, HeldDecisionRow.id)
)


def _told(decision: Decision) -> list[dict[str, Json]]:
    return [encode(reason) for reason in decision.reasons]
