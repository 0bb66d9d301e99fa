"""Between a decision and its effect: what is held because people at a site could be harmed by the news.

Owns two waits. A held decision is one made on all facts while an alert is held: kept at once, enacted by nothing,
linked to the decision that enacts it once the site is told. A release check is the wait of a decision in the holder's
favour: whenever anything is held, and of a random tenth of all others, so that a wait says nothing. Both live in tables
of their own: no number that a holder can see shows a gap. Never decides, and never tells which wait it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from audits import dossier as testimony
from audits.facts import encode
from certify.dossier import Decision, Dossier, Outcome, record
from certify.events import Standing, commitment
from certify.rulebook import Rulebook
from certify.tables import ApplicationSite, DecisionRow, HeldDecisionRow, ReleaseCheckRow
from ground import ids, journal
from ground.access import SYSTEM
from ground.canonical import Json, jcs
from ground.database import Reading, Writing
from ground.ids import new_id, random_bytes
from ground.keyring import Keyring
from ground.settings import Settings

SALT = 32  # bytes of r in cmt = HMAC-SHA256(r, record)
FAVOURS: tuple[Outcome, ...] = ("issue", "renew", "reinstate", "reduce")
ALL = 100  # per cent: everybody waits
HOURS = 72  # of a wait under a rulebook that knows none: it holds up what is held, and draws nothing


@dataclass(frozen=True)
class Check:
    """The release check as it is now for one application: `percent` of its orders and favours wait, `hours` each.

    The same question for everybody: with anything held it is 100, and nothing else differs.
    """

    percent: int
    hours: int


def until(session: Reading, application: str) -> datetime | None:
    """When the first alert on the application's places takes effect by itself; None when nothing is held."""
    places = select(ApplicationSite.site_id).where(
        ApplicationSite.application_id == application, ApplicationSite.left_at.is_(None)
    )
    return testimony.held_until(session, list(session.scalars(places)))


def check_of(settings: Settings, book: Rulebook, held: datetime | None) -> Check:
    """What the rulebook says about waiting. A demo world may do without the random tenth, never without the hold."""
    percent = book.limits.release_check_percent if settings.release_check else 0
    return Check(ALL if held is not None else percent, book.limits.release_check_hours or HOURS)


def favours(outcome: Outcome, standing: Standing | None) -> bool:
    """Is this in the holder's favour? Amber after red is; amber after green is not."""
    return outcome in FAVOURS or (outcome == "remediation" and standing is not None and standing.state == "suspended")


# -------------------------------------------------------------------------------------------- the release check


def waiting(session: Reading, application: str, outcome: Outcome, now: datetime) -> bool:
    """Does this very favour wait in the release check, and its time is not over?"""
    row = session.get(ReleaseCheckRow, application)
    return row is not None and row.outcome == outcome and now < row.until


def lets_through(session: Writing, application: str, outcome: Outcome, check: Check, now: datetime) -> bool:
    """May this favour be enacted now? Drawn at first, and again whenever a wait is over.

    Drawn again, because an alert may have come in during the wait: a second wait must be nothing unusual.
    """
    if waiting(session, application, outcome, now):
        return False
    row = session.get(ReleaseCheckRow, application)
    if not ids.drawn(check.percent):
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


def settle(session: Writing, application: str, enacted: DecisionRow, now: datetime) -> None:
    """The site knows, and this is what was decided before: the two are linked."""
    for row in _open(session, application):
        if row.outcome == enacted.outcome:
            row.decision_id, row.effective_at = enacted.id, now
    session.flush()


def lapse(session: Writing, application: str, now: datetime) -> None:
    """Nothing is held any more, and what was decided then never came about: it had turned out unfounded, or was
    overtaken."""
    for row in _open(session, application):
        row.lapsed_at = now
    session.flush()


def unsettled(session: Reading, application: str) -> bool:
    """Is there a held decision that neither took effect nor lapsed?"""
    return bool(_open(session, application))


def held_context(id: str) -> str:
    """Under which the salt is encrypted: in another row it does not open."""
    return f"held_decision.sealed {id}"


def _open(session: Reading, application: str) -> list[HeldDecisionRow]:
    query = select(HeldDecisionRow).where(
        HeldDecisionRow.application_id == application,
        HeldDecisionRow.decision_id.is_(None),
        HeldDecisionRow.lapsed_at.is_(None),
    )
    return list(session.scalars(query.order_by(HeldDecisionRow.decided_at, HeldDecisionRow.id)))


def _told(decision: Decision) -> list[dict[str, Json]]:
    return [encode(reason) for reason in decision.reasons]
