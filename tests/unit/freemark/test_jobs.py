"""The jobs: what the timers make due, and a thread that no failing job ends."""

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from freemark import jobs
from freemark.jobs import RECONSIDER_EVERY, REFRESH_EVERY, RETRY_AFTER, JobThread
from ground import outbox
from ground.clock import FixedClock
from ground.errors import Unavailable
from ground.outbox import Drained
from ground.world import World

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PATIENCE = 20.0  # seconds until a test that waits for a thread gives up


@pytest.mark.parametrize(
    ("last", "due"),
    [(None, True), (NOON, False), (NOON - HOUR + timedelta(seconds=1), False), (NOON - HOUR, True),
     (NOON - 9 * HOUR, True), (NOON + timedelta(seconds=1), True)],
    ids=["never done", "just done", "not yet", "on the second", "long ago", "a demo clock was set back"],
)  # fmt: skip
def test_a_timer_is_due_when_its_time_has_passed(last: datetime | None, due: bool) -> None:
    assert jobs._due(last, NOON, HOUR) is due


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The jobs that ran, in their order; none of them does anything."""
    ran: list[str] = []
    for name in ("drain", "clocks", "refresh", "reconsider", "post"):
        monkeypatch.setattr(jobs, name, lambda world, name=name: ran.append(name))
    return ran


def test_each_tick_drains_and_the_timers_keep_their_distance(sqlite_world: World, done: list[str]) -> None:
    clock, thread = sqlite_world.clock, JobThread(sqlite_world)
    assert isinstance(clock, FixedClock)

    def ticked(by: timedelta) -> list[str]:
        done.clear()
        clock.advance(by)
        thread._tick()
        return list(done)

    second = timedelta(seconds=1)
    assert ticked(timedelta(0)) == ["drain", "clocks", "reconsider", "refresh", "post"]
    assert ticked(second) == ["drain"]
    assert ticked(REFRESH_EVERY - 2 * second) == ["drain", "clocks", "post"]
    assert ticked(second) == ["drain", "refresh"]
    assert ticked(RECONSIDER_EVERY - REFRESH_EVERY) == ["drain", "clocks", "reconsider", "refresh", "post"]
    assert ticked(-2 * RECONSIDER_EVERY) == ["drain", "clocks", "reconsider", "refresh", "post"]


def test_a_nightly_pass_that_failed_is_made_again_soon(
    sqlite_world: World, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deadline that passed while a key was away must not wait for another day."""
    clock, thread = sqlite_world.clock, JobThread(sqlite_world)
    assert isinstance(clock, FixedClock)
    passes = Failing(Unavailable("the key is away"))
    monkeypatch.setattr(jobs, "reconsider", passes)
    with pytest.raises(Unavailable):
        thread._tick()
    for by, made in ((RETRY_AFTER - timedelta(seconds=1), 1), (timedelta(seconds=1), 2), (RETRY_AFTER, 2)):
        clock.advance(by)
        thread._tick()
        assert passes.calls == made


class Failing:
    """Something that fails a few times, and then says that it did not."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0
        self.well = threading.Event()
        self.again: Callable[[], None] = lambda: None

    def __call__(self, world: World) -> None:
        self.calls += 1
        if self.errors:
            self.again()
            raise self.errors.pop(0)
        self.well.set()


@pytest.fixture
def running(sqlite_world: World, done: list[str]) -> Iterator[JobThread]:
    thread = JobThread(sqlite_world)
    yield thread
    if thread._thread.is_alive():
        thread.stop()


def test_a_failing_job_is_told_and_tried_again(
    running: JobThread, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    drain = Failing(Unavailable("the key is away"), RuntimeError("a defect"))
    drain.again = running.wake
    monkeypatch.setattr(jobs, "drain", drain)
    with caplog.at_level(logging.ERROR, "freemark.jobs"):
        running.start()
        running.wake()
        assert drain.well.wait(PATIENCE)
    told = [(record.getMessage(), record.exc_info is not None) for record in caplog.records]
    assert told == [("job refused: the key is away", False), ("job failed", True)]
    assert running._thread.is_alive()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_without_its_guard_the_thread_would_die(running: JobThread, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control of the test above."""
    monkeypatch.setattr(jobs, "drain", Failing(RuntimeError("a defect")))
    monkeypatch.setattr(running, "_guarded", lambda work: work())
    running.start()
    running.wake()
    running._thread.join(PATIENCE)
    assert not running._thread.is_alive()


def test_stopping_waits_for_the_job_that_runs(running: JobThread, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def slow(world: World) -> None:
        begun.set()
        may_end.wait(PATIENCE)
        ended.set()

    monkeypatch.setattr(jobs, "drain", slow)
    running.start()
    running.wake()
    assert begun.wait(PATIENCE)
    threading.Timer(0.05, may_end.set).start()
    running.stop()
    assert ended.is_set()
    assert not running._thread.is_alive()


def test_waking_is_heard_before_the_idle_time_is_over(running: JobThread, monkeypatch: pytest.MonkeyPatch) -> None:
    drain = Failing()
    monkeypatch.setattr(jobs, "drain", drain)
    monkeypatch.setattr(jobs, "IDLE_SECONDS", 10 * PATIENCE)
    running.start()
    running.wake()
    assert drain.well.wait(PATIENCE)


def test_draining_goes_on_until_nothing_is_delivered(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler's own news is delivered too, beyond one step's limit; a step that only fails is the last."""
    steps = [Drained(100, 0, 0), Drained(7, 1, 0), Drained(0, 2, 1), Drained(9, 9, 9)]
    monkeypatch.setattr(outbox, "drain", lambda world, handlers: steps.pop(0))
    assert jobs.drain(sqlite_world) == Drained(107, 3, 1)
    assert len(steps) == 1


def test_a_clock_that_fails_does_not_hold_up_the_others(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An alert takes effect at its hour also while the key for another leaf is away."""
    fails, works = Failing(Unavailable("the key is away")), []
    fails.__name__ = "fails"  # type: ignore[attr-defined]
    monkeypatch.setattr(jobs, "CLOCKS", (fails, works.append))
    with pytest.raises(Unavailable):
        jobs.clocks(sqlite_world)
    assert works == [sqlite_world]
