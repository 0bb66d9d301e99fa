"""The way to an assignment: asked for, drawn at random among the eligible, declared, and accepted or sent back.

Owns every write to assignments, draws and declarations. The scheme says what is needed, never who does it: a random
number picks from a sorted list that is kept with every reason, so that the draw explains itself and can be repeated.
Nobody at the site, its holder least of all, is told anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy import func, select

from audits import standard
from audits.facts import AuditType
from audits.independence import redraws, roster, rules
from audits.independence.facts import limits_of
from audits.independence.relations import ANSWER_ASSIGNMENT, ASSIGN, check_assignment
from audits.independence.rules import Candidate, Declaration, Declared, Person, Wish
from audits.independence.tables import AssignmentRow, DeclarationRow, DrawRow
from audits.relations import OWN
from audits.standard import Independence
from ground import access, journal, outbox
from ground.access import SYSTEM, Actor
from ground.canonical import Json
from ground.database import Reading, Writing, lock
from ground.errors import Conflict, Forbidden, Invalid
from ground.ids import new_id, random_below
from ground.parties import Site
from ground.world import World

WINDOW = 92  # days: a surveillance window has four weeks (DOMAIN.md 7.5), a re-entry audit may wait for a season
AHEAD = 366  # days: surveillance is planned a year ahead (DOMAIN.md 7.5)

ANSWER_DAYS = (
    7  # an offer waits so long: 5 working days are 7 calendar days, so that no calendar of holidays decides [P]
)

Unavailable = Literal["lead", "firm"]


@dataclass(frozen=True)
class AssignmentDraft:
    """starts_on, ends_on: the window in which the audit begins. topics: of the standard; none stands for all."""

    site: str
    type: AuditType
    standard: str
    starts_on: date
    ends_on: date
    languages: Sequence[str]
    topics: Sequence[str]


def ask(session: Writing, actor: Actor, draft: AssignmentDraft, *, now: datetime) -> AssignmentRow:
    """Ask for an audit of a site, and draw who is to do it. With nobody eligible it is "unfilled", with every reason.

    Who was drawn for the same and cancelled not long ago is drawn again (`redraws`).

    Raises Invalid for a site, standard, window or topic that cannot be; Conflict while another one for the same kind of
    audit in these weeks is open: drawing until the lot falls right is not drawing.
    """
    access.check(actor, ASSIGN, OWN)
    if session.get(Site, draft.site) is None:
        raise Invalid(f"there is no site {draft.site[:40]!r}", where="/site")
    topics = _topics(draft)
    _check_window(draft, now.date())
    lock(session, f"assignments {draft.site}")
    _check_single(session, draft)
    row = AssignmentRow(
        id=new_id("asg"),
        site_id=draft.site,
        type=draft.type,
        standard=draft.standard,
        starts_on=draft.starts_on,
        ends_on=draft.ends_on,
        languages=list(dict.fromkeys(draft.languages)),
        topics=topics,
        state="unfilled",
        asked_at=now,
        asked_by=actor.person,
    )
    session.add(row)
    session.flush()
    detail: dict[str, Json] = {"site": row.site_id, "type": row.type}
    journal.record(session, actor, "assignment_asked", row.id, detail, now=now)
    _draw(session, actor, row, now)
    return row


def draw_again(session: Writing, actor: Actor, id: str, *, now: datetime) -> AssignmentRow:
    """Draw once more when nobody was eligible, because the register has changed since."""
    row = _locked(session, actor, ASSIGN, id)
    if row.state != "unfilled":
        raise Conflict(f"{row.id} is {row.state}; only an unfilled assignment is drawn again")
    _draw(session, actor, row, now)
    return row


def cancel(session: Writing, actor: Actor, id: str, *, reason: str, now: datetime) -> AssignmentRow:
    """The audit is not needed, or not then. It stays on record with its draws, and who was drawn stays drawn for a
    while. Invalid for a reason without words."""
    row = _locked(session, actor, ASSIGN, id)
    if row.state == "cancelled":
        raise Conflict(f"{row.id} was cancelled already")
    redraws.check_reason(reason)
    row.state, row.cancelled_at, row.cancelled_reason = "cancelled", now, reason
    session.flush()
    journal.record(session, actor, "assignment_cancelled", row.id, {}, now=now)
    return row


def declare(
    session: Writing, actor: Actor, id: str, *, kind: Declared, until: date | None, now: datetime
) -> AssignmentRow:
    """What binds the actor to the organisation of the site: "none", or what, and until when (None: it lasts).

    Every member of a team declares; a later word replaces an earlier one, and both are kept.
    """
    row = _locked(session, actor, ANSWER_ASSIGNMENT, id)
    if kind == "none" and until is not None:
        raise Invalid("who declares no conflict has no last day of one", where="/until")
    session.add(DeclarationRow(assignment_id=row.id, person_id=actor.person, kind=kind, until=until, at=now))
    session.flush()
    journal.record(session, actor, "conflict_declared", row.id, {"kind": kind}, now=now)
    return row


def accept(session: Writing, actor: Actor, id: str, *, now: datetime) -> AssignmentRow:
    """The lead takes the assignment on: from now on the firm can plan the audit.

    Forbidden for anybody else. Conflict, with every reason, when the lead has not declared, has a conflict, or when
    firm or lead are not eligible any more.
    """
    row = _locked(session, actor, ANSWER_ASSIGNMENT, id)
    if row.state != "offered":
        raise Conflict(f"{row.id} is {row.state} already")
    if actor.person != row.lead_id:
        raise Forbidden(f"{row.lead_id} was drawn to lead, and accepts or sends back")
    faults = _lead_faults(session, row, now.date())
    if faults:
        raise Conflict("; ".join(faults))
    row.state, row.accepted_at = "accepted", now
    session.flush()
    journal.record(session, actor, "assignment_accepted", row.id, {}, now=now)
    outbox.record(session, "assignment_accepted", row.id, now=now, assignment=row.id)
    return row


def decline(
    session: Writing, actor: Actor, id: str, *, unavailable: Unavailable, reason: str, now: datetime
) -> AssignmentRow:
    """Send it back with a reason: drawn again at once, without this lead, or without the whole firm."""
    row = _locked(session, actor, ANSWER_ASSIGNMENT, id)
    if row.state != "offered":
        raise Conflict(f"{row.id} is {row.state} already: who cannot keep to it tells the scheme, which cancels it")
    _send_back(session, actor, row, unavailable, reason, now)
    return row


def lapse_due(world: World) -> int:
    """A job: every offer that its lead left without an answer for ANSWER_DAYS goes on as if sent back, and is drawn
    again without that lead; answers how many. A window that is over is left to the scheme, which cancels it.

    Each in a transaction of its own, so that running twice, or in two processes, changes nothing more.
    """
    now = world.clock.now()
    with world.db.read() as session:
        due = _unanswered(session, now)
    done = 0
    for id in due:
        with world.db.write() as session:
            row = session.get_one(AssignmentRow, id, with_for_update=True, populate_existing=True)
            if id in _unanswered(session, now, id):
                _send_back(session, SYSTEM, row, "lead", f"no answer within {ANSWER_DAYS} days", now)
                done += 1
    return done


def _unanswered(session: Reading, now: datetime, only: str | None = None) -> list[str]:
    """The offers whose newest draw is older than ANSWER_DAYS, of windows that are not over."""
    newest = select(func.max(DrawRow.at)).where(DrawRow.assignment_id == AssignmentRow.id).scalar_subquery()
    query = select(AssignmentRow.id).where(
        AssignmentRow.state == "offered",
        AssignmentRow.ends_on >= now.date(),
        newest <= now - timedelta(days=ANSWER_DAYS),
    )
    if only is not None:
        query = query.where(AssignmentRow.id == only)
    return list(session.scalars(query.order_by(AssignmentRow.id)))


def _send_back(
    session: Writing, actor: Actor, row: AssignmentRow, unavailable: Unavailable, reason: str, now: datetime
) -> None:
    """Kept with its reason, and drawn again at once."""
    last = _draws(session, row.id)[-1]
    last.declined_at, last.declined_by = now, actor.person
    last.declined_for, last.declined_reason = unavailable, reason
    session.flush()
    detail: dict[str, Json] = {"firm": row.firm_id, "lead": row.lead_id, "for": unavailable}
    journal.record(session, actor, "assignment_declined", row.id, detail, now=now)
    _draw(session, actor, row, now)


def _draw(session: Writing, actor: Actor, row: AssignmentRow, now: datetime) -> None:
    """One round: all candidates with their reasons, one index among the eligible, random unless a cancelled draw
    stands, everything kept."""
    place = roster.place_of(session, row.site_id, row.id, again=True)
    limits = limits_of(row.standard) or Independence()
    wish = _wish(row, place, now.date())
    found = rules.candidates(roster.firms(session, place).values(), wish, limits)
    eligible = sum(each.eligible for each in found)
    stands, said = redraws.standing(session, row, found, now) or (None, "")
    if stands is not None:
        number: int | None = [each for each in found if each.eligible].index(stands)
    else:
        number = random_below(eligible) if eligible else None
    lot = rules.drawn(found, number) if number is not None else None
    rounds = session.scalar(select(func.count(DrawRow.id)).where(DrawRow.assignment_id == row.id)) or 0
    session.add(
        DrawRow(
            assignment_id=row.id,
            round=rounds + 1,
            candidates=[{**_kept(each), **({"stands": said} if each == stands else {})} for each in found],
            number=number,
            of=eligible,
            firm_id=lot.firm if lot else None,
            lead_id=lot.person if lot else None,
            at=now,
        )
    )
    row.state = "offered" if lot else "unfilled"
    row.firm_id, row.lead_id = (lot.firm, lot.person) if lot else (None, None)
    session.flush()
    detail: dict[str, Json] = {"round": rounds + 1, "number": number, "of": eligible, "lead": row.lead_id}
    if said:
        detail["stands"] = said
    journal.record(session, actor, "assignment_drawn", row.id, detail, now=now)
    outbox.record(session, "assignment_drawn", row.id, now=now, assignment=row.id)


def _kept(candidate: Candidate) -> dict[str, Json]:
    return {**asdict(candidate), "reasons": list(candidate.reasons), "eligible": candidate.eligible}


def _wish(row: AssignmentRow, place: roster.Place, today: date) -> Wish:
    """On the days of the window that are still to come."""
    first = min(max(row.starts_on, today), row.ends_on)
    return Wish(
        place.organisation, place.country, row.type, tuple(row.topics), tuple(row.languages), first, row.ends_on
    )


def _lead_faults(session: Reading, row: AssignmentRow, today: date) -> list[str]:
    place = roster.place_of(session, row.site_id, row.id)
    limits, wish = limits_of(row.standard) or Independence(), _wish(row, place, today)
    firm_id, lead_id = str(row.firm_id), str(row.lead_id)
    firm = roster.firms(session, place, only=[firm_id])[firm_id]
    lead = next((person for person in firm.people if person.id == lead_id), Person(lead_id))
    declared: Declaration | None = roster.declarations(session, row.id).get(lead_id)
    faults = rules.firm_faults(firm, wish, limits) + rules.member_faults(lead, wish, limits, lead=True)
    return faults + rules.declaration_faults(lead, declared, wish, limits)


def _draws(session: Reading, assignment: str) -> list[DrawRow]:
    return list(session.scalars(select(DrawRow).where(DrawRow.assignment_id == assignment).order_by(DrawRow.round)))


def _locked(session: Writing, actor: Actor, action: str, id: str) -> AssignmentRow:
    """The assignment, locked: a refusal and an acceptance never overtake each other."""
    return check_assignment(actor, action, session.get(AssignmentRow, id, with_for_update=True))


def _topics(draft: AssignmentDraft) -> list[str]:
    known = standard.load(draft.standard, where="/standard").topics
    for place, topic in enumerate(draft.topics):
        if topic not in known:
            raise Invalid(f"{topic[:10]!r} is no topic of {draft.standard}", where=f"/topics/{place}")
    return list(dict.fromkeys(draft.topics)) or list(known)


def _check_window(draft: AssignmentDraft, today: date) -> None:
    if draft.ends_on < draft.starts_on:
        raise Invalid(f"the window ends on {draft.ends_on}, before it begins on {draft.starts_on}", where="/ends_on")
    if draft.ends_on < today:
        raise Invalid(f"the window ends on {draft.ends_on}, before today, {today}", where="/ends_on")
    if (draft.ends_on - draft.starts_on).days >= WINDOW:
        raise Invalid(f"{draft.starts_on} to {draft.ends_on} is longer than {WINDOW} days", where="/ends_on")
    if draft.starts_on > today + timedelta(days=AHEAD):
        raise Invalid(f"{draft.starts_on} is more than {AHEAD} days after today, {today}", where="/starts_on")


def _check_single(session: Reading, draft: AssignmentDraft) -> None:
    query = select(AssignmentRow.id).where(
        AssignmentRow.site_id == draft.site,
        AssignmentRow.type == draft.type,
        AssignmentRow.state.in_(("offered", "unfilled")),
        AssignmentRow.starts_on <= draft.ends_on,
        AssignmentRow.ends_on >= draft.starts_on,
    )
    other = session.scalar(query.order_by(AssignmentRow.id).limit(1))
    if other is not None:
        raise Conflict(
            f"{other} asks for a {draft.type} audit of this site in these weeks: go on with it, or cancel it"
        )
