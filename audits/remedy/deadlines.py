"""Dates by which something is due: who is reminded, who hears that one has passed, and that the rules look again.

Owns reminders and the event "deadline_passed", once per date. A date of a finding exists from its release on, so a held
alert has none, and a reminder can never tell of one. Mail says what is due by when and where to read of it; no finding,
no count, no name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Literal

from sqlalchemy import ColumnElement, or_, select, true

from audits import standard
from audits.remedy.tables import CheckRow, ReminderRow
from audits.standard import FollowUp
from audits.tables import ActionRow, AuditRow, FindingRow, MemberRow
from ground import mail, outbox
from ground.canonical import instant, sha256
from ground.database import Reading, Writing, lock
from ground.parties import Person, Site
from ground.settings import Settings
from ground.world import World

Kind = Literal["containment", "plan", "approval", "closure", "retaliation", "repayment"]
Whose = Literal["site", "approver", "follow_up"]
PASSED = 0  # days of a reminder that tells that the date is over
MOST_AT_ONCE = 200

WHAT: dict[Kind, str] = {
    "containment": "Containment of a finding",
    "plan": "Corrective action plan",
    "approval": "Approval of a corrective action",
    "closure": "Closure of a finding",
    "retaliation": "Follow-up check",
    "repayment": "Follow-up check",
}


@dataclass(frozen=True)
class Deadline:
    """subject: the finding, or the check. since: from when on the date has stood. reminded: days before it, or none
    when nobody has to be reminded of it."""

    kind: Kind
    subject: str
    site: str
    audit: str
    whose: Whose
    due: datetime
    since: datetime
    reminded: tuple[int, ...]

    @property
    def path(self) -> str:
        return f"/v1/{'checks' if self.whose == 'follow_up' else 'findings'}/{self.subject}"


def of_findings(session: Reading, where: ColumnElement[bool] | None = None) -> Iterator[Deadline]:
    """What is due and not done about released, open findings, by finding."""
    query = (
        select(FindingRow, ActionRow, AuditRow.standard)
        .join(AuditRow, AuditRow.id == FindingRow.audit_id)
        .outerjoin(ActionRow, ActionRow.finding_id == FindingRow.id)
        .where(FindingRow.released_at.is_not(None), FindingRow.closed_at.is_(None), true() if where is None else where)
        .order_by(FindingRow.id)
    )
    for finding, action, id in session.execute(query):
        yield from _of_finding(finding, action, reminder_days(id))


def _of_finding(finding: FindingRow, action: ActionRow | None, days: tuple[int, ...]) -> Iterator[Deadline]:
    assert finding.released_at is not None  # noqa: S101 - the query says so
    # Who approves is reminded of a plan that is there; without one the date passes all the same.
    there = action is not None and action.returned_at is None
    open: tuple[tuple[Kind, Whose, datetime | None, bool, bool], ...] = (
        ("containment", "site", finding.containment_due, finding.contained_at is None, True),
        ("plan", "site", finding.cap_due, action is None or action.returned_at is not None, True),
        ("approval", "approver", finding.approve_due, action is None or action.approved_at is None, there),
        ("closure", "site", finding.close_due, True, True),
    )
    for kind, whose, due, waiting, reminded in open:
        if due is not None and waiting:
            yield Deadline(
                kind, finding.id, finding.site_id, finding.audit_id, whose, due, finding.released_at,
                days if reminded else (),
            )  # fmt: skip


def of_checks(session: Reading, where: ColumnElement[bool] | None = None) -> Iterator[Deadline]:
    """Later checks that are not done, by id."""
    query = (
        select(CheckRow, AuditRow.standard)
        .join(AuditRow, AuditRow.id == CheckRow.audit_id)
        .where(CheckRow.done_at.is_(None), true() if where is None else where)
        .order_by(CheckRow.id)
    )
    for row, id in session.execute(query):
        kind: Kind = "repayment" if row.kind == "repayment_90" else "retaliation"
        yield Deadline(
            kind, row.id, row.site_id, row.audit_id, "follow_up", row.due, row.scheduled_at, reminder_days(id)
        )


@cache
def reminder_days(id: str) -> tuple[int, ...]:
    """Of a standard; where it says nothing of it, those of the first one that did."""
    fieldwork = standard.load(id).fieldwork
    return tuple(sorted((FollowUp() if fieldwork is None else fieldwork.follow_up).reminder_days))


def remind(world: World) -> int:
    """Write what mail there is to write about dates that near or have passed; answers how many occasions were new.

    A job: an occasion is told once, however often and in how many processes this runs. Who was late to be reminded is
    reminded once, of the nearest. Who has to hear of several that have passed gets one letter with all of them.
    """
    now, done = world.clock.now(), 0
    while True:
        with world.db.read() as session:
            if not _wanted(session, now):
                return done
        with world.db.write() as session:
            lock(session, "reminders")
            wanted = _wanted(session, now)[:MOST_AT_ONCE]
            letters: dict[str, list[Occasion]] = defaultdict(list)
            for deadline, days in wanted:
                people, occasion = _occasion(session, world.settings, deadline, days, now)
                for person in dict.fromkeys(people):
                    letters[person].append(occasion)
            for person, occasions in letters.items():
                _write(session, person, occasions, now)
        done += len(wanted)
        if not wanted:
            return done


def _wanted(session: Reading, now: datetime) -> list[tuple[Deadline, int]]:
    """(deadline, days before it, or PASSED) of what nobody was told of yet."""
    longest = now + timedelta(days=max(max(reminder_days(id), default=0) for id in standard.IDS))
    dues = (FindingRow.containment_due, FindingRow.cap_due, FindingRow.approve_due, FindingRow.close_due)
    near = or_(*(due <= longest for due in dues))
    found = [
        (deadline, days)
        for deadline in (*of_findings(session, near), *of_checks(session, CheckRow.due <= longest))
        if (days := _threshold(deadline, now)) is not None
    ]
    subjects = sorted({deadline.subject for deadline, _ in found})
    told: set[tuple[str, str, datetime, int]] = set()
    for start in range(0, len(subjects), 500):
        query = select(ReminderRow).where(ReminderRow.subject.in_(subjects[start : start + 500]))
        told |= {(row.subject, row.kind, row.due, row.days) for row in session.scalars(query)}
    return [(each, days) for each, days in found if (each.subject, each.kind, each.due, days) not in told]


def _threshold(deadline: Deadline, now: datetime) -> int | None:
    """The occasion that it is time for; None while it is too early for any."""
    if now > deadline.due:
        return PASSED
    return next((days for days in deadline.reminded if now >= deadline.due - timedelta(days=days)), None)


@dataclass(frozen=True)
class Occasion:
    """One occasion in a letter. key: of the occasion."""

    key: str
    subject: str
    text: str
    passed: bool


def _occasion(
    session: Writing, settings: Settings, deadline: Deadline, days: int, now: datetime
) -> tuple[list[str], Occasion]:
    """Mark the occasion as told; the people who are to hear of it, and what they hear."""
    session.add(ReminderRow(subject=deadline.subject, kind=deadline.kind, due=deadline.due, days=days, at=now))
    what, when = WHAT[deadline.kind], instant(deadline.due)
    people = _WHO[deadline.whose](session, deadline)
    if days == PASSED:
        people = [*people, *outside(session, deadline.site, mail.everyone(session, "decider"))]
        subject, first = f"Overdue: {what}", f"{what} was due at {when} (UTC) and is not there."
        outbox.record(session, "deadline_passed", deadline.site, now=now, site=deadline.site, about=deadline.subject)
    else:
        subject, first = f"{what}: due on {deadline.due.date()}", f"{what} is due at {when} (UTC)."
    text = f"{first}\n\n{settings.public_url}{deadline.path}\n"
    key = f"due {deadline.kind} {deadline.subject} {when} {days}"
    return people, Occasion(key, subject, text, days == PASSED)


def _write(session: Writing, person: str, occasions: Sequence[Occasion], now: datetime) -> None:
    """A letter for each date that nears, and one for all that have passed: those often come by the dozen."""
    late = [each for each in occasions if each.passed]
    for each in [each for each in occasions if not each.passed] + (late if len(late) == 1 else []):
        mail.write(session, [person], each.key, each.subject, each.text, now=now)
    if len(late) > 1:
        key = "overdue " + sha256("\n".join(sorted(each.key for each in late)).encode()).hex()
        text = "\n".join(each.text for each in late)
        mail.write(session, [person], key, f"Overdue: {len(late)} dates", text, now=now)


def people_of_site(session: Reading, site: str) -> list[str]:
    """The managers and agents of the organisation that answers for a site."""
    return mail.members(session, session.get_one(Site, site).organisation_id, "manager", "agent")


def approvers(session: Reading, site: str, audit: str) -> list[str]:
    """Who may approve what the site hands in: the team that found it, and the deciders; nobody of the holder."""
    team = session.scalars(select(MemberRow.person_id).where(MemberRow.audit_id == audit).order_by(MemberRow.position))
    return outside(session, site, [*team, *mail.everyone(session, "decider")])


def outside(session: Reading, site: str, people: Sequence[str]) -> list[str]:
    """Of these people, those who are not of the organisation that answers for the site."""
    owner = session.get_one(Site, site).organisation_id
    inside = set(session.scalars(select(Person.id).where(Person.organisation_id == owner, Person.id.in_(people))))
    return [person for person in dict.fromkeys(people) if person not in inside]


_WHO: dict[Whose, Callable[[Reading, Deadline], list[str]]] = {
    "site": lambda session, deadline: people_of_site(session, deadline.site),
    "approver": lambda session, deadline: approvers(session, deadline.site, deadline.audit),
    "follow_up": lambda session, deadline: approvers(session, deadline.site, deadline.audit),
}
