"""The making of a history: the world is founded, its years go by, it is published, and its clock is let go.

Owns the order of these. Leaves a world like any other, that every command works on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

from certify.publish import genesis
from freemark import jobs
from freemark.demo import stage
from freemark.demo.history import founding, population, scheme
from freemark.demo.history.calendar import Calendar
from freemark.demo.history.house import DAY, House, unsynced
from freemark.demo.history.lives import ordinary
from freemark.demo.history.lot import Lot
from freemark.demo.history.plots import plot_of
from freemark.demo.history.suspension import a_firm_suspended
from ground import auth
from ground.clock import DemoClock, FixedClock
from ground.settings import Settings
from ground.world import World, open_world

PUBLIC_URL = "http://localhost:8000"
SUSPENDED_AT, NEXT_BOOK_AT = 62, 70  # percent of the history


def make(
    data: Path,
    *,
    sites: int,
    years: int,
    seed: str,
    until: datetime,
    progress: Callable[[date, date, date], None] = lambda first, day, last: None,
) -> House:
    """A new world in the folder `data` whose history ends at `until`. The caller closes its world."""
    lot, begin = Lot(seed), until.replace(hour=8, minute=0, second=0) - timedelta(days=365 * years + years // 4)
    token = stage.found_world(data, PUBLIC_URL, "", begin)
    world = open_world(Settings.load(data=data))
    world.clock = FixedClock(begin + timedelta(minutes=30))  # a little younger than its keys
    unsynced(world)
    genesis(world)
    with world.db.read() as session:
        sam = auth.authenticate(session, token, begin)
    house = House(world, lot, begin.date(), until.date() - DAY, founding.people(world, sam))
    founding.firms(house)
    scheme.keep_lists(house)
    _enter(house, sites).run(lambda day: progress(house.first, day, house.last))
    _end(house, world, data, until)
    return house


def _enter(house: House, sites: int) -> Calendar:
    """Everybody's life, in the order in which they act on one day."""
    calendar = Calendar(house)
    opens = house.first + scheme.OPENS * DAY
    calendar.enter(house.first, scheme.publish_book(house, "history", scheme.FIRST_OVERDUE))
    calendar.enter(opens, scheme.rounds(house))
    calendar.enter(house.share(SUSPENDED_AT), a_firm_suspended(house))
    calendar.enter(house.share(NEXT_BOOK_AT), scheme.publish_book(house, "history", scheme.LATER_OVERDUE))
    calendar.enter(house.share(50), scheme.renew_register(house))
    for plan in population.cases(house.lot, sites):
        calendar.enter(founding.day_of(house, plan, opens), _life(house, plan))
    return calendar


def _life(house: House, plan: population.CasePlan) -> Iterator[date]:
    case = founding.join(house, plan)
    yield from ordinary(house, case, plot_of(house, case))


def _end(house: House, world: World, data: Path, until: datetime) -> None:
    """Today: the rules are asked once more, everything is published, and from now on the time is the real one."""
    assert isinstance(world.clock, FixedClock)
    world.clock.set(until)
    house.deliver()
    house.reconsider()
    house.deliver()
    jobs.refresh(world)
    DemoClock(data / "clock.json").set(None)
