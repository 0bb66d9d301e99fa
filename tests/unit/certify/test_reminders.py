"""That a certificate will end: 90, 42, 21 and 7 days before, to the holder's managers, once each."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from certify import reminders, rulebook, service
from certify.tables import Certificate
from ground.mail import MailRow
from ground.world import World
from tests.unit.certify.house import House


@pytest.fixture
def house(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> House:
    """A certificate under a rulebook that reminds; everything else is as in the first one."""
    house = House(sqlite_world)
    house.certified()
    load = rulebook.load
    days = rulebook.load("freemark-2026.1").limits.reminder_days
    assert days == (90, 42, 21, 7)

    def reminding(id: str, where: str = "") -> rulebook.Rulebook:
        book = load(id, where)
        return replace(book, limits=replace(book.limits, reminder_days=days))

    monkeypatch.setattr(rulebook, "load", reminding)
    return house


def letters(house: House) -> list[tuple[str, str]]:
    with house.world.db.read() as session:
        rows = session.scalars(select(MailRow).where(MailRow.key.like("renewal%")).order_by(MailRow.id))
        return [(row.person, row.key.rsplit(" ", 1)[1]) for row in rows]


def before_end(house: House, **span: float) -> None:
    """Set the clock so long before the end."""
    with house.world.db.read() as session:
        ends = session.scalars(select(Certificate)).one().valid_until
    house.world.clock.set(ends - timedelta(**span))  # type: ignore[attr-defined]


def test_each_reminder_goes_once_to_the_managers_of_the_holder(house: House) -> None:
    bea = house.cast.bea.person
    before_end(house, days=91)
    assert reminders.remind(house.world) == 0
    for days in (90, 42, 21, 7):
        before_end(house, days=days)
        assert reminders.remind(house.world) == 1
        assert reminders.remind(house.world) == 0
    assert letters(house) == [(bea, "90"), (bea, "42"), (bea, "21"), (bea, "7")]
    before_end(house, days=0)
    assert reminders.remind(house.world) == 0
    with house.world.db.read() as session:
        row = session.scalars(select(MailRow).where(MailRow.key.like("renewal%"))).first()
        number = session.scalars(select(Certificate.number)).one()
    assert row is not None
    assert row.subject == "Your certificate ends on 2027-06-01"
    assert f"/v1/certificates/{number}" in row.text


def test_who_was_late_to_be_reminded_is_reminded_of_the_nearest_only(house: House) -> None:
    before_end(house, days=10)
    assert reminders.remind(house.world) == 1
    assert [days for _, days in letters(house)] == ["21"]


def test_a_certificate_that_is_over_reminds_nobody(house: House) -> None:
    house.act(service.request_withdrawal, house.cast.bea, house.number())
    house.settle()
    before_end(house, days=30)
    assert reminders.remind(house.world) == 0


def test_the_first_rulebook_reminds_nobody(sqlite_world: World) -> None:
    house = House(sqlite_world)
    house.certified()
    before_end(house, days=30)
    assert reminders.remind(house.world) == 0
