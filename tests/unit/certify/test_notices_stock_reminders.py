"""A renewal reminder says what sells through until when if nothing follows; of a suspended one, where to read it."""

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
    """A certificate under a rulebook that reminds and has a table of stock; all else is as in the first one."""
    house = House(sqlite_world)
    house.certified()
    load, later = rulebook.load, rulebook.load("freemark-2026.1")

    def reminding(id: str, where: str = "") -> rulebook.Rulebook:
        book = load(id, where)
        limits = replace(book.limits, reminder_days=later.limits.reminder_days)
        return replace(book, limits=limits, stock=later.stock)

    monkeypatch.setattr(rulebook, "load", reminding)
    return house


def letter(house: House, days: int) -> str:
    """The one that is written so many days before the end."""
    with house.world.db.read() as session:
        ends = session.scalars(select(Certificate)).one().valid_until
    house.world.clock.set(ends - timedelta(days=days))  # type: ignore[attr-defined]
    assert reminders.remind(house.world) == 1
    with house.world.db.read() as session:
        row = session.scalars(select(MailRow).where(MailRow.key.like("renewal%")).order_by(MailRow.id.desc())).first()
    assert row is not None
    return row.text


@pytest.mark.parametrize("days", [90, 42, 21, 7])
def test_each_reminder_says_the_last_day_for_labels_and_for_goods(house: House, days: int) -> None:
    """The certificate is valid up to and including 1 June 2027; 180 days after it is 28 November."""
    text = letter(house, days)
    assert "2027-06-01 is the last day on which a label may be put on goods" in text
    assert "be sold with it until 2027-11-28 at the latest" in text
    assert "Labels that are left after that: Stop and count." in text
    assert all(len(line) < 120 for line in text.splitlines())


def test_of_a_suspended_certificate_no_day_is_promised(house: House) -> None:
    house.act(service.suspend, house.cast.sam, house.number(), reason="Look.")
    house.settle()
    text = letter(house, 42)
    assert "stands in the notice of the suspension" in text
    assert "2027-11-28" not in text
    assert "may be put on goods" not in text
