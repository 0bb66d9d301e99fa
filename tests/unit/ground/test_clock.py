"""Clocks: aware, UTC, whole seconds; the demo clock is set for every process of its world."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from ground.clock import Clock, DemoClock, FixedClock, SystemClock
from ground.errors import Unavailable

MOMENT = datetime(2026, 6, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["system", "demo", "fixed"])
def test_every_clock_gives_whole_seconds_in_utc(tmp_path: Path, kind: str) -> None:
    odd = MOMENT.replace(microsecond=7).astimezone(timezone(timedelta(hours=6)))
    clocks: dict[str, Clock] = {
        "system": SystemClock(),
        "demo": DemoClock(tmp_path / "clock.json"),
        "fixed": FixedClock(odd),
    }
    now = clocks[kind].now()
    assert now.tzinfo is UTC
    assert now.microsecond == 0


def test_the_system_clock_runs() -> None:
    assert abs(SystemClock().now() - datetime.now(UTC)) < timedelta(seconds=2)


def test_a_fixed_clock_stands_until_it_is_moved() -> None:
    clock = FixedClock(MOMENT)
    assert clock.now() == clock.now() == MOMENT
    clock.advance(timedelta(days=1, milliseconds=1))
    assert clock.now() == MOMENT + timedelta(days=1)
    clock.set(MOMENT)
    assert clock.now() == MOMENT


@pytest.mark.parametrize("clock", [FixedClock(MOMENT), DemoClock(Path("unused.json"))])
def test_a_moment_without_a_zone_is_refused(clock: FixedClock | DemoClock) -> None:
    with pytest.raises(ValueError, match="zone"):
        clock.set(datetime(2026, 6, 1, 8))


@pytest.mark.parametrize("moment", [MOMENT, datetime(2019, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)])
def test_a_demo_clock_is_set_for_every_process(tmp_path: Path, moment: datetime) -> None:
    mine, theirs = DemoClock(tmp_path / "clock.json"), DemoClock(tmp_path / "clock.json")
    assert abs(theirs.now() - SystemClock().now()) <= timedelta(seconds=2)
    mine.set(moment)
    assert timedelta(0) <= mine.now() - moment <= timedelta(seconds=2)
    assert timedelta(0) <= theirs.now() - moment <= timedelta(seconds=2)


def test_a_demo_clock_goes_back_to_the_real_time(tmp_path: Path) -> None:
    clock = DemoClock(tmp_path / "clock.json")
    clock.set(MOMENT)
    clock.set(None)
    clock.set(None)
    assert abs(clock.now() - SystemClock().now()) <= timedelta(seconds=2)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"offset_seconds": "soon"}'])
def test_a_damaged_clock_file_stops_rather_than_gives_another_time(tmp_path: Path, text: str) -> None:
    path = tmp_path / "clock.json"
    path.write_text(text)
    with pytest.raises(Unavailable):
        DemoClock(path).now()
