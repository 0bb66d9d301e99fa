"""The outbox: at least once, to each handler by itself, and nothing that fails is swallowed."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from ground import outbox
from ground.clock import FixedClock
from ground.errors import Conflict, NotFound, Unavailable
from ground.outbox import Delivery, Event, Handler, Handlers, OutboxEvent, drain, record, retry, stuck, wait
from ground.world import World
from tests.unit.ground.together import run_together


class Hearer:
    """A handler that takes note, and fails as often as it is told to."""

    def __init__(self, fails: int = 0, error: Exception | None = None) -> None:
        self.heard: list[Event] = []
        self.fails = fails
        self.error = error or RuntimeError("broken")

    def __call__(self, world: World, event: Event) -> None:
        self.heard.append(event)
        if len(self.heard) <= self.fails:
            raise self.error


def tell(world: World, name: str = "finding_filed", subject: str = "site_1", **ids: str) -> None:
    with world.db.write() as session:
        record(session, name, subject, now=world.clock.now(), **ids)


def later(world: World, by: timedelta | float) -> None:
    assert isinstance(world.clock, FixedClock)
    world.clock.advance(by if isinstance(by, timedelta) else timedelta(seconds=by))


def to(*hearers: Hearer, name: str = "finding_filed") -> Handlers:
    return {name: tuple(Handler(f"handler_{number}", hearer) for number, hearer in enumerate(hearers))}


def deliveries(world: World) -> list[Delivery]:
    with world.db.read() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.id)))


def test_an_event_reaches_every_handler_once(world: World) -> None:
    one, two = Hearer(), Hearer()
    tell(world, finding="fnd_1", site="site_1")
    assert drain(world, to(one, two)) == (2, 0, 0)
    assert drain(world, to(one, two)) == (0, 0, 0)
    for hearer in (one, two):
        (event,) = hearer.heard
        assert (event.name, event.subject, event.ids) == (
            "finding_filed",
            "site_1",
            {"finding": "fnd_1", "site": "site_1"},
        )
        assert event.at == world.clock.now()


def test_events_are_delivered_in_their_order(world: World) -> None:
    hearer = Hearer()
    for number in range(5):
        tell(world, subject=f"site_{number}")
    drain(world, to(hearer))
    assert [event.subject for event in hearer.heard] == [f"site_{number}" for number in range(5)]


def test_an_event_of_a_change_that_failed_never_was(world: World) -> None:
    def fail() -> None:
        with world.db.write() as session:
            record(session, "finding_filed", "site_1", now=world.clock.now())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    hearer = Hearer()
    assert drain(world, to(hearer)) == (0, 0, 0)
    assert hearer.heard == []


def test_what_a_handler_records_is_delivered_in_the_same_drain(world: World) -> None:
    last = Hearer()

    def first(world: World, event: Event) -> None:
        tell(world, "standing_changed", event.subject)

    handlers = {"finding_filed": (Handler("first", first),), "standing_changed": (Handler("last", last),)}
    tell(world)
    assert drain(world, handlers).done == 2
    assert len(last.heard) == 1


def test_an_event_without_a_handler_is_done_with(world: World) -> None:
    tell(world, "nobody_cares")
    assert drain(world, {}) == (0, 0, 0)
    assert deliveries(world) == []
    with world.db.read() as session:
        assert session.scalars(select(OutboxEvent)).one().handed_out


def test_the_limit_is_kept(world: World) -> None:
    hearer = Hearer()
    for number in range(5):
        tell(world, subject=f"site_{number}")
    assert drain(world, to(hearer), limit=2).done == 2
    assert drain(world, to(hearer)).done == 3


# Failing.


def test_a_failure_is_kept_logged_and_tried_again_by_itself(world: World, caplog: pytest.LogCaptureFixture) -> None:
    good, bad = Hearer(), Hearer(fails=1)
    tell(world)
    with caplog.at_level(logging.WARNING):
        assert drain(world, to(good, bad)) == (1, 1, 0)
    assert "RuntimeError: broken" in caplog.text
    waiting = deliveries(world)[1]
    assert (waiting.attempts, waiting.state, waiting.error) == (1, "waiting", "RuntimeError: broken")
    assert drain(world, to(good, bad)) == (0, 0, 0)  # not yet
    later(world, 1)
    assert drain(world, to(good, bad)) == (1, 0, 0)
    assert (len(good.heard), len(bad.heard)) == (1, 2)
    assert deliveries(world)[1].state == "done"
    assert deliveries(world)[1].error == ""


def test_the_waits_grow_from_a_second_to_ten_minutes() -> None:
    assert [wait(n).total_seconds() for n in range(1, 9)] == [1, 4, 16, 64, 256, 600, 600, 600]
    assert wait(10_000) == timedelta(seconds=600)


def fail_until_parked(world: World, hearer: Hearer, tries: int = outbox.TRIES) -> list[outbox.Drained]:
    results = []
    for attempt in range(1, tries + 1):
        results.append(drain(world, to(hearer)))
        later(world, wait(attempt))
    return results


def test_after_eight_tries_it_is_parked_and_seen(world: World, caplog: pytest.LogCaptureFixture) -> None:
    hearer = Hearer(fails=100)
    tell(world)
    results = fail_until_parked(world, hearer)
    assert results[:7] == [(0, 1, 0)] * 7
    assert results[7] == (0, 0, 1)
    later(world, timedelta(days=30))
    assert drain(world, to(hearer)) == (0, 0, 0)
    assert len(hearer.heard) == 8
    with world.db.read() as session:
        (found,) = stuck(session)
        assert (found.state, found.event, found.subject, found.attempts) == ("parked", "finding_filed", "site_1", 8)
        assert found.error == "RuntimeError: broken"
    assert [entry.levelno for entry in caplog.records if "parked" in entry.getMessage()] == [logging.ERROR]


def test_a_parked_one_can_be_tried_again(world: World) -> None:
    hearer = Hearer(fails=8)
    tell(world)
    fail_until_parked(world, hearer)
    with world.db.write() as session:
        (found,) = stuck(session)
        retry(session, found.id, now=world.clock.now())
    assert drain(world, to(hearer)) == (1, 0, 0)
    with world.db.read() as session:
        assert stuck(session) == []
    with world.db.write() as session, pytest.raises(Conflict):
        retry(session, found.id, now=world.clock.now())
    with world.db.write() as session, pytest.raises(NotFound):
        retry(session, 999, now=world.clock.now())


def test_what_waits_for_a_key_is_never_given_up_but_seen(world: World) -> None:
    hearer = Hearer(fails=20, error=Unavailable("the key file event.key cannot be read now"))
    tell(world)
    assert fail_until_parked(world, hearer, 12) == [(0, 1, 0)] * 12
    with world.db.read() as session:
        assert [row.state for row in stuck(session)] == ["waiting"]
    hearer.fails = 0
    assert drain(world, to(hearer)) == (1, 0, 0)
    with world.db.read() as session:
        assert stuck(session) == []


def test_a_handler_that_is_gone_is_a_failure_and_no_loss(world: World) -> None:
    tell(world)
    drain(world, to(Hearer(fails=1)))
    later(world, 1)
    assert drain(world, {}) == (0, 1, 0)
    assert "handler_0" in deliveries(world)[0].error


def test_a_long_error_is_cut(world: World) -> None:
    tell(world)
    drain(world, to(Hearer(fails=1, error=RuntimeError("x" * 10_000 + "\0"))))
    assert len(deliveries(world)[0].error) == outbox.ERROR_LENGTH


# Several processes.


class Died(BaseException):
    """What kill -9 looks like from inside: nothing after it runs."""


def die(world: World, event: Event) -> None:
    raise Died


def test_a_process_that_dies_holds_its_delivery_for_a_minute_only(world: World) -> None:
    tell(world)
    with pytest.raises(Died):
        drain(world, {"finding_filed": (Handler("handler_0", die),)})
    hearer = Hearer()
    assert drain(world, to(hearer)) == (0, 0, 0)
    later(world, outbox.CLAIM - timedelta(seconds=1))
    assert drain(world, to(hearer)) == (0, 0, 0)
    later(world, 1)
    assert drain(world, to(hearer)) == (1, 0, 0)
    assert deliveries(world)[0].attempts == 0


def test_who_was_slow_does_not_settle_what_another_took_over(world: World) -> None:
    second = Hearer(fails=1)
    tell(world)

    def slow(world: World, event: Event) -> None:
        later(world, outbox.CLAIM)
        assert drain(world, to(second)) == (0, 1, 0)  # another process takes it over, and fails

    assert drain(world, {"finding_filed": (Handler("handler_0", slow),)}) == (0, 0, 0)
    assert (deliveries(world)[0].state, deliveries(world)[0].attempts) == ("waiting", 1)


def hear_together(world: World) -> list[str]:
    """Four processes drain 20 events at once; which subjects were heard, each with its number of times."""
    heard: list[str] = []
    pause = threading.Event()

    def hear(world: World, event: Event) -> None:
        heard.append(event.subject)
        pause.wait(0.002)

    handlers = {"finding_filed": (Handler("handler_0", hear),)}
    run_together([lambda: drain(world, handlers)] * 4)
    return heard


def test_two_processes_never_run_the_same_delivery(world: World) -> None:
    for number in range(20):
        tell(world, subject=f"site_{number}")
    heard = hear_together(world)
    assert sorted(heard) == sorted(f"site_{number}" for number in range(20))


def test_without_claims_they_would(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "CLAIM", timedelta(0))
    for number in range(20):
        tell(world, subject=f"site_{number}")
    heard = hear_together(world)
    assert len(heard) > 20


def test_a_clock_set_back_does_not_leave_deliveries_in_the_future(world: World) -> None:
    tell(world)
    with pytest.raises(Died):
        drain(world, {"finding_filed": (Handler("handler_0", die),)})
    later(world, timedelta(days=-100))
    hearer = Hearer(fails=1)
    assert drain(world, to(hearer)) == (0, 1, 0)
    later(world, timedelta(days=-100))
    assert drain(world, to(hearer)) == (1, 0, 0)


def test_no_transaction_is_held_while_a_handler_runs(world: World) -> None:
    done: list[Callable[[], None]] = []

    def writes(world: World, event: Event) -> None:
        tell(world, "other", event.subject)
        done.append(lambda: None)

    tell(world)
    assert drain(world, {"finding_filed": (Handler("writes", writes),)}).done == 1
    assert done
