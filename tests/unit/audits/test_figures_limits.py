"""The least that a figure of a report can be: hours of a week, and groups of nobody: found missing by mutants."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from audits.consistency import Known, compare
from audits.drafts import Hours
from audits.fieldwork import strata
from tests.auditing import figures

DAY = date(2026, 6, 4)
KNOWN = Known(DAY - timedelta(days=2), DAY, 640)


@pytest.mark.parametrize(
    ("tenths", "days", "told"), [(119, 6, "11.9"), (120, 6, None), (48, 6, "4.8"), (19, 1, "1.9"), (20, 1, None)]
)
def test_a_week_given_in_whole_hours_is_told(tenths: int, days: int, told: str | None) -> None:
    """Nobody's longest week has days of under two hours: 48 was meant to be 480."""
    draft = figures(DAY, hours=Hours(tenths, 0, tenths, days))
    found = [(one.where, one.text) for one in compare(draft, KNOWN, whole=True, fieldwork=True)]
    words = f"{told} hours in a week of {days} days: hours are given in tenths, 480 is 48.0"
    assert found == ([("/hours/total", words)] if told else [])


def test_a_group_of_nobody_is_not_the_same_as_silence() -> None:
    assert strata.check_sizes(10, [("under_18", 0), ("women", 1)]) == {"under_18": 0, "women": 1}
