"""How a rulebook becomes the rules: proposed by one person, put before the stakeholders, approved by another.

Owns the three acts and what each of them demands. The text that was consulted about is the text that is published: it
stands in the row from the proposal on, under its hash. Never edits a rulebook, and never decides with one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Literal, get_args

from sqlalchemy import select

from audits import standard
from certify import log, people, rulebook
from certify.events import Draft
from certify.governance.tables import ConsultationRow, RulebookRow
from certify.rulebook import Rulebook
from ground import access, journal, outbox
from ground.access import Actor, Grant
from ground.canonical import Json, instant
from ground.database import Reading, Writing, lock
from ground.errors import Conflict, Forbidden, Invalid, Malformed, NotFound
from ground.folding import fold
from ground.ids import new_id
from ground.parties import KNOWN
from ground.world import World

PROPOSE = "certify.propose_rulebook"
APPROVE = "certify.approve_rulebook"
READ = "certify.read_rulebook"
KINDS_LEAST = 3  # EU 2024/825: requirements are made with experts and stakeholders; one voice is no consultation [P]

access.register(
    Grant(PROPOSE, "scheme_manager", "any"),
    *(Grant(APPROVE, role, "any") for role in ("scheme_manager", "decider")),
    *(Grant(READ, role, "any") for role in ("scheme_manager", "decider", "handler", "auditor", "manager", "agent")),
)

StakeholderKind = Literal["workers", "union", "ngo", "brand", "manufacturer", "auditor", "expert", "authority"]
STAKEHOLDER_KINDS: tuple[StakeholderKind, ...] = get_args(StakeholderKind)


@dataclass(frozen=True)
class Invited:
    organisation: str
    kind: StakeholderKind


@dataclass(frozen=True)
class ConsultationDraft:
    """document: SHA-256 of the minutes, lower-case hex. answers: how many of those invited answered."""

    opened_on: date
    closed_on: date
    invited: tuple[Invited, ...]
    answers: int
    summary: str
    document: str


def propose(session: Writing, actor: Actor, text: str, *, now: datetime) -> RulebookRow:
    """Enter a rulebook that may become the next one. Its text is fixed from now on.

    Invalid for what is no rulebook, naming the place, and when its numbers differ from those of its standards;
    Conflict for an id or a text that is there already.
    """
    access.check(actor, PROPOSE, KNOWN)
    book = _checked(text)
    lock(session, "rulebooks")
    if book.id in rulebook.IDS or session.get(RulebookRow, book.id) is not None:
        raise Conflict(f"{book.id} is there already; a rulebook is never edited, the next one has an id of its own")
    row = RulebookRow(
        id=book.id,
        text=text,
        sha256=book.sha256,
        in_force_from=book.in_force_from,
        proposed_by=actor.person,
        proposed_for=actor.organisation,
        proposed_at=now,
    )
    session.add(row)
    session.flush()
    journal.record(session, actor, "rulebook_proposed", row.id, {"sha256": row.sha256}, now=now)
    return row


def consult(session: Writing, actor: Actor, id: str, draft: ConsultationDraft, *, now: datetime) -> ConsultationRow:
    """Record what the stakeholders were asked and what they said. Invalid when nobody could have answered, or one
    organisation is named twice: with another kind, or written differently, it is still one voice."""
    access.check(actor, PROPOSE, KNOWN)
    row = _unpublished(session, id)
    if draft.closed_on <= draft.opened_on:
        raise Invalid(f"closed on {draft.closed_on}, not after it was opened on {draft.opened_on}", where="/closed_on")
    if draft.closed_on > now.date():
        raise Invalid(f"closes on {draft.closed_on}, after today, {now.date()}: it is not over", where="/closed_on")
    if draft.opened_on < row.proposed_at.date():
        raise Invalid(
            f"opened on {draft.opened_on}, before the text was proposed on {row.proposed_at.date()}",
            where="/opened_on",
        )
    names = [fold(invited.organisation).key for invited in draft.invited]
    for place, name in enumerate(names):
        if name in names[:place]:
            first, again = draft.invited[names.index(name)].organisation, draft.invited[place].organisation
            raise Invalid(f"{again} is asked once, and stands here as {first} already", where=f"/invited/{place}")
    kinds = {invited.kind for invited in draft.invited}
    if len(kinds) < KINDS_LEAST:
        raise Invalid(f"{len(kinds)} kinds of stakeholders were asked; it takes {KINDS_LEAST}", where="/invited")
    if not draft.answers:
        raise Invalid("nobody answered: that is no consultation yet", where="/answers")
    if draft.answers > len(draft.invited):
        raise Invalid(f"{draft.answers} answers of {len(draft.invited)} who were asked", where="/answers")
    held = ConsultationRow(
        id=new_id("con"),
        rulebook=row.id,
        opened_on=draft.opened_on,
        closed_on=draft.closed_on,
        invited=[{"organisation": each.organisation, "kind": each.kind} for each in draft.invited],
        answers=draft.answers,
        summary=draft.summary,
        document=draft.document,
        recorded_by=actor.person,
        recorded_at=now,
    )
    session.add(held)
    session.flush()
    journal.record(session, actor, "rulebook_consulted", row.id, {"document": held.document}, now=now)
    return held


def approve(session: Writing, world: World, actor: Actor, id: str, *, now: datetime) -> RulebookRow:
    """The second person's word: the rulebook is published, and decides from the day it comes into force.

    Forbidden for the one who proposed it. Conflict without a recorded consultation, for a draft,
    or when it would have come into force before today. Unavailable, and nothing is changed, while the event key is
    away.
    """
    access.check(actor, APPROVE, KNOWN)
    lock(session, "rulebooks")
    row = _unpublished(session, id)
    if row.proposed_by in people.same(session, actor.person):
        raise Forbidden("who proposed a rulebook does not also approve it: publishing takes two people")
    if session.scalar(select(ConsultationRow.id).where(ConsultationRow.rulebook == row.id).limit(1)) is None:
        raise Conflict("no consultation of the stakeholders is recorded for this text")
    book = _checked(row.text)
    if not book.approved:
        raise Conflict(f"{book.id} calls itself a draft; nothing is issued under a draft")
    if book.in_force_from < now.date():
        raise Conflict(f"{book.id} would be in force since {book.in_force_from}, before today, {now.date()}")
    row.approved_by, row.approved_for, row.published_at = actor.person, actor.organisation, now
    session.flush()
    journal.record(session, actor, "rulebook_published", row.id, {"sha256": row.sha256}, now=now)
    begins = datetime.combine(book.in_force_from, time(), UTC)
    log.append(session, world.keyring, Draft("rules.published", now, rules=row.sha256, nbf=begins), now=now)
    outbox.record(session, "rulebook_published", row.id, now=now, rulebook=row.id)
    return row


def list_proposals(session: Reading) -> list[RulebookRow]:
    return list(session.scalars(select(RulebookRow).order_by(RulebookRow.id)))


def get_proposal(session: Reading, actor: Actor, id: str) -> RulebookRow:
    access.check(actor, READ, KNOWN)
    row = session.get(RulebookRow, id)
    if row is None:
        raise NotFound("there is no such proposal")
    return row


def proposal_view(session: Reading, row: RulebookRow) -> dict[str, Json]:
    """A proposal with its consultations; who acted is told by id."""
    query = select(ConsultationRow).where(ConsultationRow.rulebook == row.id).order_by(ConsultationRow.recorded_at)
    return {
        "id": row.id,
        "sha256": row.sha256,
        "in_force_from": row.in_force_from.isoformat(),
        "proposed_by": row.proposed_by,
        "proposed_at": instant(row.proposed_at),
        "approved_by": row.approved_by,
        "published_at": instant(row.published_at) if row.published_at else None,
        "consultations": [_consultation(held) for held in session.scalars(query)],
        "text": row.text,
    }


def disagreements(book: Rulebook) -> tuple[str, ...]:
    """Where the rulebook and a standard that it accepts name different numbers for the same thing."""
    catalogues = [standard.load(id, "/standards") for id in book.standards]
    return rulebook.check_against(book, catalogues)


def _checked(text: str) -> Rulebook:
    try:
        book = rulebook.read(text)
    except Malformed as error:  # the request is well formed; the rulebook in it is not
        raise Invalid(f"{error.detail}{f' (at {error.where})' if error.where else ''}", where="/text") from error
    if problems := disagreements(book):
        raise Invalid("; ".join(problems), where="/text")
    return book


def _unpublished(session: Writing, id: str) -> RulebookRow:
    row = session.get(RulebookRow, id, with_for_update=True)
    if row is None:
        raise NotFound("there is no such proposal")
    if row.published_at is not None:
        raise Conflict(f"{row.id} is published; a published rulebook is never edited")
    return row


def _consultation(held: ConsultationRow) -> dict[str, Json]:
    return {
        "id": held.id,
        "opened_on": held.opened_on.isoformat(),
        "closed_on": held.closed_on.isoformat(),
        "invited": list[Json](held.invited),
        "answers": held.answers,
        "summary": held.summary,
        "document": held.document,
        "recorded_at": instant(held.recorded_at),
    }
