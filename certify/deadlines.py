"""The dates of applications and certificates: what is due, from whom, and what merely comes.

Owns which dates there are. All come from rows whose holder may read them: notices, cases, appeals, cautions, sealed
certificates and their leaves. Nothing comes from an alert that is held, and no finding is asked: whether a date stands
tells nothing of what was found. Reads only. Who has it in the calendar, `certify.agenda` says; `certify.reminders`
writes the letters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, aliased

from certify import log, stock
from certify.appeals.tables import AppealRow, NoticeRow
from certify.chapters import Limits
from certify.events import Leaf
from certify.governance import books
from certify.tables import CaseRow, CautionRow, Certificate, DecisionRow, PanelWordRow
from ground.database import Reading

Kind = Literal[
    "reply", "answer", "customers", "judgement", "reverify", "panel_call", "panel_word",
    "appeal", "window", "end", "longest_core", "longest",
]  # fmt: skip

DUTIES: dict[Kind, str] = {
    "reply": "Reply to the certification body",
    "answer": "Decision after a holder's reply",
    "customers": "Notice to the holder's customers",
    "judgement": "Judgement of an appeal",
    "reverify": "Verifying again of the work behind a certificate",
    "panel_call": "Call of the panel",
    "panel_word": "Word of the panel",
}
"""What somebody has to do by then. The words tell nobody why."""

MARKS: dict[Kind, str] = {
    "appeal": "Time for an appeal ends",
    "window": "Renewal opens",
    "end": "Last day of the certificate",
    "longest_core": "Longest suspension ends, where a core topic is open",
    "longest": "Longest suspension ends, in any other case",
}
"""What comes by itself. Both ends of a suspension stand in every calendar: one alone would tell what was found."""

LIVE = ("cert.issued", "cert.suspended", "cert.remediation", "cert.reinstated")  # newest leaves of what still runs
LONGEST = timedelta(days=366)  # no number of days in a rulebook is greater: `certify.chapters.UNITS`

Of = Callable[[InstrumentedAttribute[str]], ColumnElement[bool]]
"""Of which holders: a condition on the column with the organisation."""


@dataclass(frozen=True)
class Due:
    """subject: what the date belongs to, an id or a certificate's number. holder: the organisation. rulebook: whose
    numbers gave the date. since: from when on it has stood."""

    kind: Kind
    subject: str
    application: str
    certificate: str | None
    holder: str
    rulebook: str
    due: datetime
    since: datetime

    @property
    def path(self) -> str:
        match self.kind:
            case "customers" | "appeal":
                return f"/v1/notices/{self.subject}"
            case "judgement":
                return f"/v1/appeals/{self.subject}"
            case "panel_call" | "panel_word":
                return f"/v1/applications/{self.application}/panel"
            case _:
                return f"/v1/certificates/{self.subject}"


def everybody(column: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    return true()


def duties(session: Reading, of: Of = everybody, *, after: datetime | None = None) -> Iterator[Due]:
    """What is to be done and is not done. after: only what is due later than that."""
    found = (_replies, _answers, _customers, _judgements, _reverifications, _panels)
    yield from (each for part in found for each in part(session, of, after) if after is None or each.due > after)


def every(session: Reading, of: Of) -> Iterator[Due]:
    """What is to be done, and what comes by itself. The same rows give the same dates, whatever the hour."""
    yield from duties(session, of)
    yield from _appeals(session, of)
    yield from _ends(session, of)
    yield from _longest(session, of)


def _replies(session: Reading, of: Of, after: datetime | None) -> Iterator[Due]:
    """To a proposed revocation."""
    query = (
        select(CaseRow, Certificate.organisation_id, Certificate.rulebook)
        .join(Certificate, Certificate.number == CaseRow.certificate)
        .where(
            of(Certificate.organisation_id), CaseRow.closed_at.is_(None), CaseRow.replied_at.is_(None),
            CaseRow.waived_at.is_(None), _later(CaseRow.reply_until, after),
        )
    )  # fmt: skip
    for row, holder, book in session.execute(query.order_by(CaseRow.id)):
        yield Due("reply", row.certificate, row.application_id, row.certificate, holder, book, row.reply_until,
                  row.opened_at)  # fmt: skip


def _answers(session: Reading, of: Of, after: datetime | None) -> Iterator[Due]:
    """By two people, on a reply to a proposed revocation: it would be suspended without end. As long as for an appeal;
    DOMAIN.md 7.6 has the same for both."""
    query = (
        select(CaseRow, Certificate.organisation_id, Certificate.rulebook)
        .join(Certificate, Certificate.number == CaseRow.certificate)
        .where(
            of(Certificate.organisation_id), CaseRow.closed_at.is_(None), CaseRow.replied_at.is_not(None),
            CaseRow.waived_at.is_(None),
        )
    )  # fmt: skip
    for row, holder, book in session.execute(query.order_by(CaseRow.id)):
        days = books.load(session, book).limits.appeal_decide_days
        if days and row.replied_at is not None:
            yield Due("answer", row.certificate, row.application_id, row.certificate, holder, book,
                      row.replied_at + timedelta(days=days), row.replied_at)  # fmt: skip


def _customers(session: Reading, of: Of, after: datetime | None) -> Iterator[Due]:
    query = select(NoticeRow).where(
        of(NoticeRow.organisation_id), NoticeRow.customers_by.is_not(None), NoticeRow.customers_told_at.is_(None),
        _later(NoticeRow.customers_by, after),
    )  # fmt: skip
    for row in session.scalars(query.order_by(NoticeRow.id)):
        if row.customers_by is not None:
            yield _of_notice("customers", row, row.customers_by)


def _appeals(session: Reading, of: Of) -> Iterator[Due]:
    """Until when one may be filed, where none was. A refusal that something came after is history."""
    filed, other, after = select(AppealRow.notice_id), aliased(NoticeRow), aliased(DecisionRow)
    overtaken = (
        select(other.id)
        .join(after, after.id == other.decision_id)
        .where(other.application_id == NoticeRow.application_id, after.seq > DecisionRow.seq)
        .exists()
    )
    query = (
        select(NoticeRow)
        .join(DecisionRow, DecisionRow.id == NoticeRow.decision_id)
        .where(
            of(NoticeRow.organisation_id), NoticeRow.appeal_until.is_not(None), NoticeRow.id.not_in(filed),
            or_(NoticeRow.outcome != "refuse", ~overtaken),
        )
    )  # fmt: skip
    for row in session.scalars(query.order_by(NoticeRow.id)):
        if row.appeal_until is not None:
            yield _of_notice("appeal", row, row.appeal_until)


def _of_notice(kind: Kind, row: NoticeRow, due: datetime) -> Due:
    return Due(
        kind, row.id, row.application_id, row.certificate, row.organisation_id, row.rulebook, due, row.given_at
    )  # fmt: skip


def _judgements(session: Reading, of: Of, after: datetime | None) -> Iterator[Due]:
    query = (
        select(AppealRow, NoticeRow.rulebook)
        .join(NoticeRow, NoticeRow.id == AppealRow.notice_id)
        .where(of(AppealRow.organisation_id), AppealRow.outcome == "", _later(AppealRow.decide_by, after))
    )
    for row, book in session.execute(query.order_by(AppealRow.id)):
        yield Due("judgement", row.id, row.application_id, row.certificate, row.organisation_id, book, row.decide_by,
                  row.filed_at)  # fmt: skip


def _reverifications(session: Reading, of: Of, after: datetime | None) -> Iterator[Due]:
    """The first date of each certificate that still runs: how many are in doubt, and who, is nobody's to read here."""
    query = (
        select(CautionRow, Certificate.organisation_id, Certificate.rulebook)
        .join(Certificate, Certificate.number == CautionRow.certificate)
        .where(
            of(Certificate.organisation_id), CautionRow.lifted_at.is_(None), CautionRow.reverified_at.is_(None),
            _later(CautionRow.reverify_by, after),
        )
    )  # fmt: skip
    first: dict[str, Due] = {}
    for row, holder, book in session.execute(query.order_by(CautionRow.reverify_by, CautionRow.id)):
        due = Due("reverify", row.certificate, row.application_id, row.certificate, holder, book, row.reverify_by,
                  row.raised_at)  # fmt: skip
        first.setdefault(row.certificate, due)
    live = _live(session, Certificate.number.in_(first))
    yield from (due for number, due in first.items() if number in live)


def _ends(session: Reading, of: Of) -> Iterator[Due]:
    """The last day of each certificate that still runs, and from which day on it may be renewed."""
    mine = of(Certificate.organisation_id) & Certificate.sealed_at.is_not(None)
    live = _live(session, mine)
    query = select(
        Certificate.number, Certificate.application_id, Certificate.organisation_id, Certificate.rulebook,
        Certificate.valid_until, Certificate.sealed_at,
    ).where(mine)  # fmt: skip
    for number, application, holder, book, ends, sealed in session.execute(query.order_by(Certificate.number)):
        if sealed is None or number not in live:
            continue
        opens = ends - timedelta(days=books.load(session, book).limits.renewal_window_days)
        yield Due("window", number, application, number, holder, book, opens, sealed)
        yield Due("end", number, application, number, holder, book, ends - timedelta(seconds=1), sealed)


def _longest(session: Reading, of: Of) -> Iterator[Due]:
    """Until when a suspension may last, by V2. Which of the two days counts depends on what is open: both are given."""
    for notice, leaf, limits in _suspended(session, of, None):
        yield _of_suspension("longest_core", notice, leaf, timedelta(days=limits.suspension_core_days))
        yield _of_suspension("longest", notice, leaf, timedelta(days=limits.suspension_most_days))


def _panels(session: Reading, of: Of, after: datetime | None) -> Iterator[Due]:
    """That a panel meets, and has spoken, about a suspension. Not about one that was asked for by the holder or is
    administrative: that word is public. Its first word on record shows that it was called."""
    found = [each for each in _suspended(session, of, after) if each[1].reason not in stock.MILD]
    words = select(PanelWordRow).where(
        PanelWordRow.application_id.in_([notice.application_id for notice, _, _ in found])
    )
    spoken = list(session.scalars(words.order_by(PanelWordRow.id)))
    for notice, leaf, limits in found:
        said = [word for word in spoken if word.application_id == notice.application_id and word.at >= leaf.at]
        if limits.panel_call_hours and not said:
            yield _of_suspension("panel_call", notice, leaf, timedelta(hours=limits.panel_call_hours))
        met = len({word.person for word in said}) > 1 and len({word.organisation for word in said}) > 1
        if limits.panel_decision_days and not met:
            yield _of_suspension("panel_word", notice, leaf, timedelta(days=limits.panel_decision_days))


def _of_suspension(kind: Kind, notice: NoticeRow, leaf: Leaf, lasts: timedelta) -> Due:
    number = leaf.cert or ""
    return Due(
        kind, number, notice.application_id, number, notice.organisation_id, notice.rulebook, leaf.at + lasts, leaf.at
    )


def _suspended(session: Reading, of: Of, after: datetime | None) -> list[tuple[NoticeRow, Leaf, Limits]]:
    """(newest notice of it, its leaf, the numbers of the rulebook by which it was decided) of what is suspended now."""
    told = of(NoticeRow.organisation_id) & (NoticeRow.outcome == "suspend")
    if after is not None:
        told &= NoticeRow.given_at > after - LONGEST
    query = select(NoticeRow).where(told).order_by(NoticeRow.given_at, NoticeRow.id)
    notices = {row.certificate: row for row in session.scalars(query)}
    newest = _newest(session, Certificate.number.in_(select(NoticeRow.certificate).where(told)))
    return [
        (notices[number], leaf, books.load(session, notices[number].rulebook).limits)
        for number, leaf in newest.items()
        if leaf.t == "cert.suspended"
    ]


def _live(session: Reading, which: ColumnElement[bool]) -> set[str]:
    """Those of these certificates that run, or would if their time were not over: of that no leaf tells."""
    return {number for number, leaf in _newest(session, which).items() if leaf.t in LIVE}


def _newest(session: Reading, which: ColumnElement[bool]) -> dict[str, Leaf]:
    """The newest leaf about each of these certificates itself, by number."""
    leaves = log.last_events(session, select(Certificate.number).where(which))
    return {leaf.cert: leaf for leaf in sorted(leaves, key=lambda leaf: leaf.cert or "") if leaf.cert}


def _later(
    column: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None], after: datetime | None
) -> ColumnElement[bool]:
    return true() if after is None else column > after
