"""Appeals: filed by the holder, judged by two other people of different organisations. An appeal stays no decision.

Owns the way of an appeal; who may judge one is said in `apart`. An appeal that is won changes no finding and lifts
nothing by itself: it is a fact. Won against a revocation, the waiting time falls away for a new application, and the
labels of that certificate may be bound to its successor (`labels`); against anything else the certification body has
to act on it, and the file shows that it must (`following`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from certify import people
from certify.appeals import apart, following, notices
from certify.appeals.tables import AppealRow, AppealWordRow
from certify.governance import books
from certify.relations import REPLY
from ground import access, journal, mail, outbox
from ground.access import Actor, Grant
from ground.canonical import Json, instant, nfc
from ground.database import Reading, Writing, lock
from ground.errors import Conflict, NotFound
from ground.ids import new_id
from ground.parties import KNOWN, relations

JUDGE = "certify.judge_appeal"
READ_APPEAL = "certify.read_appeal"

access.register(
    *(Grant(JUDGE, role, "any") for role in ("decider", "scheme_manager", "handler")),
    *(Grant(READ_APPEAL, role, "any") for role in ("decider", "scheme_manager", "handler")),
    Grant(READ_APPEAL, "manager", "own"),
)


def file_appeal(session: Writing, actor: Actor, notice_id: str, argument: str, *, now: datetime) -> AppealRow:
    """The holder appeals against the decision of a notice, once, in time. The decision stands meanwhile."""
    notice = notices.notice_of(session, actor, REPLY, notice_id)
    lock(session, f"application {notice.application_id}")
    if notice.appeal_until is None:
        raise Conflict(f"there is no appeal against {notice.outcome!r} under {notice.rulebook}")
    if now > notice.appeal_until:
        raise Conflict(f"the time for an appeal ended at {instant(notice.appeal_until)}; it is {instant(now)}")
    if session.scalar(select(AppealRow.id).where(AppealRow.notice_id == notice.id)) is not None:
        raise Conflict("an appeal against this decision is filed already")
    days = books.load(session, notice.rulebook).limits.appeal_decide_days
    row = AppealRow(
        id=new_id("apl"),
        notice_id=notice.id,
        application_id=notice.application_id,
        organisation_id=notice.organisation_id,
        certificate=notice.certificate,
        against=notice.outcome,
        argument=nfc(argument),
        filed_by=actor.person,
        filed_at=now,
        decide_by=now + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    journal.record(session, actor, "appeal_filed", row.id, {"notice": notice.id}, now=now)
    judges = mail.everyone(session, "scheme_manager", "decider")
    text = (
        f"An appeal waits for two people who had no part in the case, until {instant(row.decide_by)} (UTC): {row.id}.\n"
    )
    mail.write(session, judges, f"appeal {row.id}", "An appeal was filed", text, now=now)
    return row


def judge(session: Writing, actor: Actor, id: str, *, uphold: bool, reasons: str, now: datetime) -> AppealRow:
    """One person's word. With the second one that agrees, of another organisation, the appeal is decided.

    Forbidden for who had a part in the case. Conflict for a second word of the same person, or when it is decided.
    """
    access.check(actor, JUDGE, KNOWN)
    found = session.get(AppealRow, id)
    if found is None:
        raise NotFound("there is no such appeal")
    lock(session, f"application {found.application_id}")
    session.refresh(found)
    if found.outcome:
        raise Conflict(f"the appeal is decided: {found.outcome}")
    apart.check_uninvolved(session, actor, found.application_id)
    words, mine = _words(session, found.id), people.same(session, actor.person)
    if any(word.person in mine for word in words):
        raise Conflict("you have spoken already; it takes another person")
    word = AppealWordRow(
        appeal_id=found.id,
        person=actor.person,
        organisation=actor.organisation,
        uphold=uphold,
        reasons=nfc(reasons),
        at=now,
    )
    session.add(word)
    if any(other.uphold == uphold and _apart(session, other, actor, mine) for other in words):
        found.outcome, found.decided_at = ("upheld" if uphold else "rejected"), now
        managers = mail.members(session, found.organisation_id, "manager")
        text = f"The appeal {found.id} is decided: {found.outcome}. The reasons stand beside it.\n"
        mail.write(session, managers, f"appeal {found.id} decided", "Your appeal is decided", text, now=now)
        if uphold:
            _tell_who_must_act(session, found, now)
    session.flush()
    detail: dict[str, Json] = {"uphold": uphold, "outcome": found.outcome}
    journal.record(session, actor, "appeal_judged", found.id, detail, now=now)
    if found.outcome:
        outbox.record(session, "application_changed", found.application_id, now=now, application=found.application_id)
    return found


def _tell_who_must_act(session: Writing, appeal: AppealRow, now: datetime) -> None:
    """An appeal that is won lifts nothing by itself, so somebody has to hear of it."""
    text = f"The appeal {appeal.id} against {appeal.against!r} is upheld. {following.follows(appeal)}\n"
    people = mail.everyone(session, "scheme_manager", "decider")
    mail.write(session, people, f"appeal {appeal.id} upheld", "An appeal was upheld: act on it", text, now=now)


def appeal_of(session: Reading, actor: Actor, id: str) -> AppealRow:
    row = session.get(AppealRow, id)
    access.check(actor, READ_APPEAL, relations(actor, row.organisation_id) if row else ())
    if row is None:
        raise NotFound("there is no such appeal")
    return row


def appeal_view(session: Reading, row: AppealRow, *, inside: bool) -> dict[str, Json]:
    """inside: for those who run the scheme. The holder reads the words when the appeal is decided, without persons."""
    shown = _words(session, row.id) if inside or row.outcome else []
    return {
        "id": row.id,
        "notice": row.notice_id,
        "application": row.application_id,
        "certificate": row.certificate,
        "against": row.against,
        "argument": row.argument,
        "filed_at": instant(row.filed_at),
        "decide_by": instant(row.decide_by),
        "outcome": row.outcome or None,
        "decided_at": instant(row.decided_at) if row.decided_at else None,
        "words": [
            {
                "person": word.person if inside else None,
                "organisation": word.organisation,
                "uphold": word.uphold,
                "reasons": word.reasons,
                "at": instant(word.at),
            }
            for word in shown
        ],
    }


def _apart(session: Reading, word: AppealWordRow, actor: Actor, mine: frozenset[str]) -> bool:
    """Do these two have no organisation in common, under whatever membership they spoke?"""
    theirs = people.organisations(session, people.same(session, word.person)) | {word.organisation}
    return theirs.isdisjoint(people.organisations(session, mine) | {actor.organisation})


def _words(session: Reading, appeal: str) -> list[AppealWordRow]:
    return list(
        session.scalars(select(AppealWordRow).where(AppealWordRow.appeal_id == appeal).order_by(AppealWordRow.id))
    )
