"""The two clocks of a finding in dates and in days left, and what becomes of them when something is done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audits.remedy.clocks import days_left, with_clock

DUE = datetime(2026, 6, 19, 14, tzinfo=UTC)
NOW = datetime(2026, 6, 15, 14, tzinfo=UTC)
FINDING: dict[str, Any] = {
    "id": "fnd_1", "action": None, "closed_at": None, "contained_at": None, "containment_due": "2026-06-16T14:00:00Z",
    "cap_due": "2026-06-19T14:00:00Z", "approve_due": "2026-07-17T14:00:00Z", "close_due": "2026-08-31T14:00:00Z",
}  # fmt: skip


@pytest.mark.parametrize(
    ("before", "left"),
    [
        (timedelta(days=2), 2),
        (timedelta(days=2, seconds=-1), 1),
        (timedelta(hours=23), 0),
        (timedelta(), 0),
        (timedelta(seconds=-1), -1),
        (timedelta(days=-1), -1),
        (timedelta(days=-1, seconds=-1), -2),
    ],
)
def test_days_left_are_whole_ones_and_below_zero_when_it_is_over(before: timedelta, left: int) -> None:
    assert days_left(DUE, DUE - before) == left


def test_every_clock_that_runs_tells_its_date_and_its_days() -> None:
    assert with_clock(FINDING, NOW) == FINDING | {
        "clock": {
            "containment": {"due": "2026-06-16T14:00:00Z", "days_left": 1, "done_at": None},
            "plan": {"due": "2026-06-19T14:00:00Z", "days_left": 4, "done_at": None},
            "approval": {"due": "2026-07-17T14:00:00Z", "days_left": 32, "done_at": None},
            "closure": {"due": "2026-08-31T14:00:00Z", "days_left": 77, "done_at": None},
        }
    }


def test_a_clock_that_there_is_not_is_told_as_none() -> None:
    bare = FINDING | dict.fromkeys(("containment_due", "cap_due", "approve_due", "close_due"))
    assert with_clock(bare, NOW)["clock"] == dict.fromkeys(("containment", "plan", "approval", "closure"))


def test_what_is_done_has_no_days_left() -> None:
    done = FINDING | {
        "contained_at": "2026-06-05T08:00:00Z",
        "action": {"submitted_at": "2026-06-09T08:00:00Z", "approved_at": "2026-06-12T08:00:00Z"},
    }
    clock = with_clock(done, NOW)["clock"]
    assert {name: (one["days_left"], one["done_at"]) for name, one in clock.items()} == {
        "containment": (None, "2026-06-05T08:00:00Z"),
        "plan": (None, "2026-06-09T08:00:00Z"),
        "approval": (None, "2026-06-12T08:00:00Z"),
        "closure": (77, None),
    }


def test_a_plan_that_waits_for_approval_leaves_the_other_clocks_running() -> None:
    waiting = FINDING | {"action": {"submitted_at": "2026-06-09T08:00:00Z", "approved_at": None}}
    clock = with_clock(waiting, NOW)["clock"]
    assert (clock["plan"]["days_left"], clock["approval"]["days_left"]) == (None, 32)


def test_a_closed_finding_owes_nothing_any_more() -> None:
    clock = with_clock(FINDING | {"closed_at": "2026-06-14T08:00:00Z"}, NOW)["clock"]
    assert [one["days_left"] for one in clock.values()] == [None] * 4
    assert [one["done_at"] for one in clock.values()] == [None, None, None, "2026-06-14T08:00:00Z"]
