"""That a certificate will end: its holder is reminded, so many days before as the certificate's rulebook says.

Owns this one occasion. Whether it is renewed, the rules decide; nothing here changes a standing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import select

from certify import log, stock
from certify.events import State
from certify.governance import books
from certify.register import fold_of
from certify.tables import Certificate
from ground import mail
from ground.canonical import instant
from ground.database import Reading
from ground.mail import MailRow
from ground.settings import Settings
from ground.world import World

LIVE: tuple[State, ...] = ("active", "remediation", "suspended")
LONGEST = timedelta(days=366)  # no rulebook reminds earlier than a certificate is old


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
