"""What a holder is told about a decision: the grounds in words, what to do with labels and goods, and what can be done
about it by when.

Owns the notice and the mail that says there is one. A notice is written in the transaction that enacts the decision,
never about one that nobody may hear of yet; the mail carries no grounds and no instruction, because others read mail.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from audits.facts import encode
from certify import stock, veil
from certify.appeals.tables import AppealRow, NoticeRow
from certify.dossier import MAX_RECORD, Decision, Outcome, open_inputs, open_record
from certify.governance import books
from certify.relations import READ, REPLY
from certify.rulebook import Rulebook
from certify.tables import Application, DecisionRow
from ground import access, journal, mail
from ground.access import Actor
from ground.canonical import Json, instant, parse
from ground.database import Reading, Writing
from ground.errors import Conflict, NotFound
from ground.ids import new_id
from ground.parties import relations
from ground.settings import Settings

TOLD: tuple[Outcome, ...] = (
    "refuse", "suspend", "remediation", "reinstate", "propose_revocation", "revoke", "withdraw", "expire", "reduce",
    "issue", "renew",
)  # fmt: skip
AGAINST: tuple[Outcome, ...] = ("refuse", "suspend", "remediation", "propose_revocation", "revoke", "reduce")
BRAKES: tuple[Outcome, ...] = ("suspend", "revoke", "withdraw", "reduce")
"""What customers must hear of: goods may not be sold as certified any more, or not all of them."""

INSTRUCTION = "instruction"
"""Key of the entry, the last one of a notice's stored grounds, that holds reason code and stock instruction. Notices
from before, and those that ask for nothing, have no such entry."""

SUBJECTS: dict[str, str] = {
    "refuse": "No certificate yet: see the reasons",
    "suspend": "Certificate suspended",
    "remediation": "Certificate marked: something is to be put right",
    "reinstate": "Certificate in force again",
    "propose_revocation": "Proposed revocation: you may reply",
    "revoke": "Certificate revoked",
    "withdraw": "Certificate withdrawn",
    "expire": "Certificate has ended",
    "reduce": "Certificate with a smaller scope",
    "issue": "Certificate issued",
    "renew": "Certificate renewed",
}


def give(
    session: Writing,
    settings: Settings,
    application: Application,
    row: DecisionRow,
    decision: Decision,
    *,
    now: datetime,
) -> NoticeRow | None:
    """Write the notice of a decision that was just enacted, and the mail about it. None where there is nothing to tell:
    a refusal whose grounds are those of the last notice is not told again."""
    if decision.outcome not in TOLD:
        return None
    book = books.load(session, decision.rulebook)
    grounds = _grounds(decision, book)
    if decision.outcome == "refuse" and _same_as_last(session, application.id, grounds):
        return None
    limits, told = book.limits, _instruction(row, decision, book, now)
    notice = NoticeRow(
        id=new_id("ntc"),
        application_id=application.id,
        organisation_id=application.organisation_id,
        decision_id=row.id,
        certificate=row.certificate,
        outcome=decision.outcome,
        grounds=[*grounds, {INSTRUCTION: told}] if told else grounds,
        rulebook=decision.rulebook,
        rulebook_sha256=decision.rulebook_sha256,
        given_at=now,
        reply_until=decision.reply_until,
        appeal_until=_in_days(now, limits.appeal_days) if decision.outcome in AGAINST else None,
        customers_by=_in_days(now, limits.notify_customers_days) if decision.outcome in BRAKES else None,
    )
    session.add(notice)
    session.flush()
    text = _letter(settings, notice)
    people = mail.members(session, application.organisation_id, "manager")
    mail.write(session, people, f"notice {notice.id}", SUBJECTS[decision.outcome], text, now=now)
    return notice


def customers_told(session: Writing, actor: Actor, id: str, *, now: datetime) -> NoticeRow:
    """The holder says that its customers know. Conflict where nobody had to be told, or they were."""
    notice = notice_of(session, actor, REPLY, id)
    if notice.customers_by is None:
        raise Conflict("customers need not be told of this")
    if notice.customers_told_at is not None:
        raise Conflict("it is on record already that the customers were told")
    notice.customers_told_at = now
    session.flush()
    journal.record(session, actor, "customers_told", notice.id, {}, now=now)
    return notice


def notice_of(session: Reading, actor: Actor, action: str, id: str) -> NoticeRow:
    """The notice, if the actor may do this to it. NotFound or Forbidden otherwise."""
    row = session.get(NoticeRow, id)
    access.check(actor, action, relations(actor, row.organisation_id) if row else ())
    if row is None:
        raise NotFound("there is no such notice")
    return row


def may_read(session: Reading, actor: Actor, id: str) -> NoticeRow:
    return notice_of(session, actor, READ, id)


def notice_view(session: Reading, row: NoticeRow) -> dict[str, Json]:
    appeal = session.scalar(select(AppealRow.id).where(AppealRow.notice_id == row.id))
    return {
        "id": row.id,
        "application": row.application_id,
        "certificate": row.certificate,
        "decision": row.decision_id,
        "outcome": row.outcome,
        "subject": SUBJECTS[row.outcome],
        "grounds": _readable(session, row),
        "rulebook": row.rulebook,
        "given_at": instant(row.given_at),
        "reply_until": _moment(row.reply_until),
        "appeal_until": _moment(row.appeal_until),
        "appeal": appeal,
        "customers_by": _moment(row.customers_by),
        "customers_told_at": _moment(row.customers_told_at),
        **_instructed(row),
    }


def _grounds(decision: Decision, book: Rulebook) -> list[dict[str, Json]]:
    """Each unmet clause that led here, in the words of its day and as the holder may read them."""
    led = [encode(reason) for reason in decision.reasons if reason.clause in decision.because]
    return [
        {
            "clause": reason["clause"],
            "title": book.clauses[reason["clause"]].title if reason["clause"] else "Open question",
            "text": reason["text"],
        }
        for reason in veil.for_holder(led)
    ]


def _readable(session: Reading, row: NoticeRow) -> list[dict[str, Json]]:
    """The grounds as they were given; those that rest on a report which the holder does not have come with it."""
    grounds = [ground for ground in row.grounds if INSTRUCTION not in ground]
    unread, decided = veil.unreleased(session, row.application_id), session.get_one(DecisionRow, row.decision_id)
    dossier, standing, decision = open_record(parse(decided.record.encode(), limit=MAX_RECORD))
    rest = veil.resting(dossier, standing, decision, books.of(decided, decision.rulebook), unread)
    clauses = rest.clauses if rest else frozenset[str]()
    return [{**ground, "text": rest.text} if rest and ground["clause"] in clauses else ground for ground in grounds]


def _instruction(row: DecisionRow, decision: Decision, book: Rulebook, now: datetime) -> dict[str, Json] | None:
    """The word that is public, and what to do with labels and goods; None where nothing is asked of the holder."""
    if not book.stock or decision.outcome not in stock.ASKING:
        return None  # most of them: no record is read again
    dossier, standing = open_inputs(parse(row.record.encode(), limit=MAX_RECORD))
    found = stock.instruction(decision, dossier, standing, book, now)
    return {"reason_code": decision.reason_code, "stock": stock.view(found)} if found else None


def _instructed(row: NoticeRow) -> dict[str, Json]:
    found: list[dict[str, Json]] = [ground[INSTRUCTION] for ground in row.grounds if INSTRUCTION in ground]
    return found[0] if found else {}


def _same_as_last(session: Reading, application: str, grounds: list[dict[str, Json]]) -> bool:
    query = select(NoticeRow).where(NoticeRow.application_id == application).order_by(NoticeRow.given_at.desc())
    last = session.scalar(query.limit(1))
    return last is not None and last.outcome == "refuse" and last.grounds == grounds


def _letter(settings: Settings, notice: NoticeRow) -> str:
    lines = [
        f"{SUBJECTS[notice.outcome]}.",
        "",
        f"The grounds stand in the notice {notice.id} about application {notice.application_id}:",
        f"{settings.public_url}/v1/notices/{notice.id}",
    ]
    if notice.reply_until is not None:
        lines.append(f"You may reply until {instant(notice.reply_until)} (UTC).")
    if notice.appeal_until is not None:
        lines.append(f"You may appeal until {instant(notice.appeal_until)} (UTC); an appeal stays no decision.")
    if notice.customers_by is not None:
        lines.append(f"Tell your customers by {instant(notice.customers_by)} (UTC).")
    if _instructed(notice):
        lines.append("What to do with labels and goods, and by when, stands in it too.")
    return "\n".join([*lines, ""])


def _in_days(now: datetime, days: int) -> datetime | None:
    return now + timedelta(days=days) if days else None


def _moment(moment: datetime | None) -> str | None:
    return instant(moment) if moment else None
