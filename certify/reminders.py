"""Reminders: that a certificate will end, so many days before as its rulebook says, and that something is due or was.

Owns these occasions and who hears of them, each once. Mail says what is due by when and where to read of it; no ground,
no finding, no name. Whether anything follows, the rules decide; nothing here changes a standing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import select

from audits import standard
from audits.standard import FollowUp
from certify import agenda, deadlines, log, stock
from certify.agenda import BODY, JUDGES
from certify.deadlines import DUTIES, Due, Kind
from certify.events import State
from certify.governance import books
from certify.register import fold_of
from certify.tables import Certificate
from ground import mail
from ground.auth import Membership
from ground.canonical import instant
from ground.database import Reading, Writing, lock
from ground.mail import MailRow
from ground.parties import Person
from ground.settings import Settings
from ground.world import World

LIVE: tuple[State, ...] = ("active", "remediation", "suspended")
LONGEST = timedelta(days=366)  # no rulebook reminds earlier than a certificate is old
PASSED = 0  # days of a reminder that tells that the date is over
LATE = timedelta(days=30)  # so long after a date it is told that it has passed: a first run tells nothing of long ago


def remind(world: World) -> int:
    """Write the letters that are due; answers how many are new. A job: each occasion is told once to each manager."""
    now = world.clock.now()
    with world.db.read() as session:
        due = list(_due(session, now))
    new = 0
    for number, holder, ends, days, sells in due:
        with world.db.write() as session:
            people = mail.members(session, holder, "manager")
            new += mail.write(
                session, people, _key(number, days), f"Your certificate ends on {(ends - timedelta(seconds=1)).date()}",
                _letter(world.settings, number, ends) + sells, now=now,
            )  # fmt: skip
    return new


def _due(session: Reading, now: datetime) -> Iterator[tuple[str, str, datetime, int, str]]:
    """(number, holder, end, days before it, what sells through) of live certificates near their end whose holders were
    not told yet."""
    query = select(Certificate).where(
        Certificate.sealed_at.is_not(None), Certificate.valid_until > now, Certificate.valid_until <= now + LONGEST
    )
    near = [(row, days) for row in session.scalars(query.order_by(Certificate.number)) if (days := _days(row, now))]
    keys = [_key(row.number, days) for row, days in near]
    told = set(session.scalars(select(MailRow.key).where(MailRow.key.in_(keys))))
    fresh = [(row, days) for row, days in near if _key(row.number, days) not in told]
    chains = log.chains(session, [row.number for row, _ in fresh])
    for row, days in fresh:
        state = fold_of(row, chains[row.number], now).state
        if state in LIVE:
            yield row.number, row.organisation_id, row.valid_until, days, _sells_through(row, state)


def _days(row: Certificate, now: datetime) -> int | None:
    """The nearest reminder that it is time for."""
    days = sorted(books.of(row, row.rulebook).limits.reminder_days)
    return next((each for each in days if now >= row.valid_until - timedelta(days=each)), None)


def _key(number: str, days: int) -> str:
    return f"renewal {number} {days}"


def _letter(settings: Settings, number: str, ends: datetime) -> str:
    return (
        f"Certificate {number} is valid until {instant(ends)} (UTC). What a renewal needs, and what is still lacking,\n"
        f"stands here:\n{settings.public_url}/v1/certificates/{number}\n"
    )


def _sells_through(row: Certificate, state: State) -> str:
    """What becomes of labels and goods when nothing follows, with the days; of a suspended one its notice tells."""
    if state == "suspended":
        return "\nIt is suspended: what to do with labels and goods stands in the notice of the suspension.\n"
    book = books.of(row, row.rulebook)
    last, sold = stock.days(row.valid_until, book.limits.sell_through_days)
    rule = next((each for each in book.stock if each.event == stock.EXPIRY), None)
    lines = [
        "",
        f"If nothing follows it, {last} is the last day on which a label may be put on goods. Goods labelled by then",
        f"may be sold with it until {sold} at the latest; a batch may say an earlier day.",
        *([f"Labels that are left after that: {rule.unused}"] if rule else []),
    ]
    return "\n".join([*lines, ""])


def remind_of_duties(world: World) -> int:
    """Write what letters there are to write about dates that near or have passed; answers how many occasions were new.

    A job: an occasion is told once to each person, however often and in how many processes this runs. Who was late to
    be reminded is reminded once, of the nearest.
    """
    now, new = world.clock.now(), 0
    with world.db.read() as session:
        untold = _untold(session, now)
    for due, days in untold:
        with world.db.write() as session:
            lock(session, "reminders")
            new += _tell(session, world.settings, due, days, now)
    return new


def _untold(session: Reading, now: datetime) -> list[tuple[Due, int]]:
    """(date, days before it, or PASSED) of what nobody was told of yet."""
    found = [
        (due, days)
        for due in deadlines.duties(session, after=now - LATE)
        if (days := _threshold(session, due, now)) is not None
    ]
    keys = [_occasion(due, days) for due, days in found]
    told = set(session.scalars(select(MailRow.key).where(MailRow.key.in_(keys))))
    return [each for each, key in zip(found, keys, strict=True) if key not in told]


def _threshold(session: Reading, due: Due, now: datetime) -> int | None:
    """The occasion that it is time for; None while it is too early for any. Not one from before the date stood: who
    has four days for something heard of it at their beginning."""
    if now > due.due:
        return PASSED
    days = _days_before(books.load(session, due.rulebook).standards[0])
    return next((each for each in days if due.since < due.due - timedelta(days=each) <= now), None)


def _days_before(id: str) -> tuple[int, ...]:
    """As the standard of the rulebook has it for dates of findings: a rulebook has such days for renewals only."""
    fieldwork = standard.load(id).fieldwork
    return tuple(sorted((FollowUp() if fieldwork is None else fieldwork.follow_up).reminder_days))


def _occasion(due: Due, days: int) -> str:
    return f"due {due.kind} {due.subject} {instant(due.due)} {days}"


def _tell(session: Writing, settings: Settings, due: Due, days: int, now: datetime) -> bool:
    what, when = DUTIES[due.kind], instant(due.due)
    if days == PASSED:
        subject, first = f"Overdue: {what}", f"{what} was due at {when} (UTC) and is not on record."
    else:
        subject, first = f"{what}: due on {due.due.date()}", f"{what} is due at {when} (UTC)."
    text = f"{first}\n\n{settings.public_url}{due.path}\n"
    return mail.write(session, _who(session, due, days), _occasion(due, days), subject, text, now=now) > 0


def _who(session: Reading, due: Due, days: int) -> list[str]:
    """The holder's managers, and those outside of it who have to act; of what has passed, the deciders too."""
    inside = mail.members(session, due.holder, "manager") if due.kind in agenda.HOLDS else []
    roles = OUTSIDE.get(due.kind, ())
    others = mail.everyone(session, *({*roles, "decider"} if days == PASSED and due.kind != "judgement" else roles))
    if due.kind == "judgement":
        homes = select(Person.id, Person.organisation_id).where(Person.id.in_(others)).order_by(Person.id)
        return [id for id, home in session.execute(homes) if agenda.may_judge(session, due, id, home)]
    at_home = select(Person.id).where(Person.organisation_id == due.holder, Person.id.in_(others))
    members = select(Membership.person_id).where(
        Membership.organisation_id == due.holder, Membership.person_id.in_(others)
    )
    own = {*session.scalars(at_home), *session.scalars(members)}
    return [*inside, *(each for each in others if each not in own)]


OUTSIDE: dict[Kind, tuple[str, ...]] = {
    "answer": BODY,
    "judgement": JUDGES,
    "reverify": BODY,
    "panel_call": JUDGES,
    "panel_word": JUDGES,
}
