"""What the rules of an audit say word for word, and on their very limits: found missing by mutants (tests/mutants)."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from audits import standard
from audits.rules import (
    Dues,
    Figures,
    Problem,
    Share,
    check_dates,
    clocks_for,
    consistency,
    crowded,
    deadlines,
    grade,
    months_before,
    refusal,
)
from ground.errors import Invalid

STANDARD = standard.load("freemark-2026.1")
TODAY = date(2026, 6, 10)
FOUND = datetime(2026, 6, 2, 9, 0, tzinfo=UTC)
TOLD = datetime(2026, 6, 11, 9, 0, tzinfo=UTC)
WHOLE = Figures(
    starts_on=date(2026, 6, 2), ends_on=date(2026, 6, 4), workers=40, payroll_workers=40, payroll_note="",
    interviews_individual=10, interviews_group=8, files_reviewed=10, closing_meeting_on=date(2026, 6, 4),
)  # fmt: skip


# ----------------------------------------------------------------------------------------------------------- grade


@pytest.mark.parametrize(
    ("provision", "proposed", "counts", "where", "words"),
    [
        ("T10.1", "minor", (1, None), "/sampled", "affected and sampled belong together"),
        ("T10.1", "minor", (None, 1), "/affected", "affected and sampled belong together"),
        ("T10.1", "minor", (6, 5), "/affected", "affected 6 is more than sampled 5"),
        ("T10.1", "priority", (1, 9), "/severity", "priority is outside the limits of T10.1: minor to major"),
        ("T2.3", "minor", (None, None), "/sampled", "a minor on the core provision T2.3 needs affected and sampled"),
        ("T2.3", "minor", (0, 0), "/sampled", "a minor on the core provision T2.3 needs affected and sampled"),
    ],
)
def test_what_cannot_be_graded_is_told_word_for_word(
    provision: str, proposed: Any, counts: tuple[int | None, int | None], where: str, words: str
) -> None:
    with pytest.raises(Invalid) as refused:
        grade(STANDARD.provision(provision), proposed, *counts)
    assert (refused.value.detail, refused.value.where) == (words, where)


@pytest.mark.parametrize(("affected", "sampled", "graded"), [(0, 0, "minor"), (0, 4, "minor"), (0, 1, "minor"),
                                                             (1, 5, "major"), (5, 5, "major")])  # fmt: skip
def test_nobody_affected_is_no_share(affected: int, sampled: int, graded: str) -> None:
    assert grade(STANDARD.provision("T10.1"), "minor", affected, sampled) == graded


def test_an_opportunity_on_a_core_provision_needs_no_counts() -> None:
    share = Share(20, ("minor", "risk", "opportunity"))
    core = dataclasses.replace(STANDARD.provision("T2.3"), floor="opportunity")
    assert grade(core, "opportunity", None, None, share) == "opportunity"
    with pytest.raises(Invalid, match="a risk on the core provision"):
        grade(core, "risk", None, None, share)


def test_with_field_work_the_standard_says_the_share_and_no_milder_word_avoids_it() -> None:
    old, new, work = Share.of(standard.load("freemark-2026.0")), Share.of(STANDARD), STANDARD.fieldwork
    assert (old.percent, old.lifts, old.always_counted) == (20, ("minor",), False)
    assert work is not None
    lifts = ("minor", "risk", "opportunity")
    assert (new.percent, new.lifts, new.always_counted) == (work.escalation.share_percent, lifts, True)
    other = dataclasses.replace(work, escalation=dataclasses.replace(work.escalation, share_percent=33))
    assert Share.of(dataclasses.replace(STANDARD, fieldwork=other)).percent == 33


# ------------------------------------------------------------------------------------------- months, many small things


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        ((2026, 6, 15), 5, (2026, 1, 15)),
        ((2026, 6, 15), 6, (2025, 12, 15)),
        ((2026, 6, 15), 24, (2024, 6, 15)),
        ((2026, 1, 1), 1, (2025, 12, 1)),
        ((2026, 12, 31), 1, (2026, 11, 30)),
        ((2026, 3, 31), 1, (2026, 2, 28)),
        ((2024, 3, 31), 1, (2024, 2, 29)),
        ((2026, 5, 30), 0, (2026, 5, 30)),
    ],
)
def test_months_are_those_of_the_calendar(day: tuple[int, int, int], months: int, before: tuple[int, int, int]) -> None:
    assert months_before(datetime(*day, 9, 30, tzinfo=UTC), months) == datetime(*before, 9, 30, tzinfo=UTC)


def test_a_topic_with_so_many_minors_is_crowded_and_one_with_fewer_is_not() -> None:
    minors = [("T10", "T10.1"), ("T17", "T17.2"), ("T10", "T10.2"), ("T17", "T17.3"), ("T10", "T10.3")]
    assert crowded(minors, 3) == {"T10": ("T10.1", "T10.2", "T10.3")}
    assert crowded(minors, 2) == {"T10": ("T10.1", "T10.2", "T10.3"), "T17": ("T17.2", "T17.3")}
    assert crowded(minors, 4) == crowded([], 1) == {}


# ---------------------------------------------------------------------------------------------------------- clocks


@pytest.mark.parametrize(
    ("severity", "topic", "zero", "names"),
    [
        ("priority", "T2", True, ("zero_tolerance", "priority_core")),
        ("priority", "T2", False, ("priority_core",)),
        ("priority", "T6", True, ("zero_tolerance", "priority_core", "priority_danger")),
        ("priority", "T9", False, ("priority_core", "priority_danger")),
        ("priority", "T17", False, ("priority_danger",)),
        ("priority", "T12", True, ("zero_tolerance", "priority_danger")),
        ("major", "T1", False, ("major_core",)),
        ("major", "T10", False, ("major_other",)),
        ("minor", "T1", False, ("minor",)),
        ("risk", "T10", False, ("risk",)),
        ("opportunity", "T10", False, ()),
    ],
)
def test_every_severity_has_its_clocks(severity: Any, topic: str, zero: bool, names: tuple[str, ...]) -> None:
    assert clocks_for(STANDARD, severity, topic, zero_tolerance=zero) == names


def test_zero_tolerance_is_due_by_the_shortest_of_its_clocks() -> None:
    """On an ordinary topic it has the clock of zero tolerance beside that of danger: 24 hours, not 48."""

    def dues(*, zero: bool) -> Dues:
        return deadlines(STANDARD, "priority", "T12", zero_tolerance=zero, discovered=FOUND, released=None)

    hours, days = timedelta(hours=1), timedelta(days=1)
    assert dues(zero=True) == Dues(FOUND + 24 * hours, FOUND + 7 * days, FOUND + 10 * days, FOUND + 30 * days)
    assert dues(zero=False) == Dues(FOUND + 48 * hours, FOUND + 7 * days, FOUND + 10 * days, FOUND + 30 * days)


def test_a_clock_that_nobody_set_makes_no_date() -> None:
    minor = deadlines(STANDARD, "minor", "T10", zero_tolerance=False, discovered=FOUND, released=TOLD)
    days = timedelta(days=1)
    assert minor == Dues(None, TOLD + 14 * days, TOLD + 42 * days, TOLD + 270 * days)
    waiting = deadlines(STANDARD, "minor", "T10", zero_tolerance=False, discovered=FOUND, released=None)
    assert waiting == Dues(None, None, None, None)
    core = deadlines(STANDARD, "major", "T1", zero_tolerance=False, discovered=FOUND, released=TOLD)
    assert core == Dues(TOLD + 7 * days, TOLD + 14 * days, TOLD + 42 * days, TOLD + 90 * days)


# -------------------------------------------------------------------------------------------------------- figures


@pytest.mark.parametrize(
    "changes",
    [
        {"ends_on": TODAY, "closing_meeting_on": TODAY},
        {"interviews_individual": 40, "interviews_group": 0},
        {"files_reviewed": 40},
        {"payroll_workers": 41, "payroll_note": "One joined today."},
        {"closing_meeting_on": date(2026, 6, 2)},
        {"closing_meeting_on": None},
    ],
)
def test_figures_on_their_limits_are_no_problem(changes: dict[str, Any]) -> None:
    assert consistency(dataclasses.replace(WHOLE, **changes), TODAY) == []


@pytest.mark.parametrize(
    ("changes", "where", "text"),
    [
        (
            {"ends_on": date(2026, 6, 11)},
            "",
            "the audit ends on 2026-06-11, after today, 2026-06-10: it is not over yet",
        ),
        (
            {"interviews_individual": 33},
            "/interviews_individual",
            "41 interviews (33 individual and 8 in groups) are more than 40 workers",
        ),
        (
            {"payroll_workers": 41},
            "/payroll_workers",
            "40 workers on site but 41 on the payroll: explain the difference in payroll_note",
        ),
        ({"files_reviewed": 41}, "/files_reviewed", "41 files are more than 40 workers"),
        (
            {"closing_meeting_on": date(2026, 6, 5)},
            "/closing_meeting_on",
            "the closing meeting on 2026-06-05 is outside the audit days 2026-06-02 to 2026-06-04",
        ),
        (
            {"closing_meeting_on": date(2026, 6, 1)},
            "/closing_meeting_on",
            "the closing meeting on 2026-06-01 is outside the audit days 2026-06-02 to 2026-06-04",
        ),
    ],
)
def test_a_contradiction_is_told_word_for_word(changes: dict[str, Any], where: str, text: str) -> None:
    assert consistency(dataclasses.replace(WHOLE, **changes), TODAY) == [Problem(where, text)]


def test_all_problems_are_told_at_once_and_the_first_is_pointed_at() -> None:
    error = refusal([Problem("/workers", "one thing"), Problem("/files_reviewed", "another")])
    assert (error.detail, error.where) == ("one thing; another", "/workers")


# ---------------------------------------------------------------------------------------------------------- dates


@pytest.mark.parametrize(
    ("starts", "ends"),
    [
        (TODAY, TODAY),
        (TODAY, TODAY + timedelta(days=30)),
        (TODAY + timedelta(days=366), TODAY + timedelta(days=366)),
        (TODAY - timedelta(days=180), TODAY - timedelta(days=180)),
    ],
    ids=["a day", "the longest", "planned furthest ahead", "written up last"],
)
def test_days_on_their_limits_are_allowed(starts: date, ends: date) -> None:
    check_dates(starts, ends, TODAY)


@pytest.mark.parametrize(
    ("starts", "ends", "where", "words"),
    [
        (TODAY, date(2026, 6, 9), "/ends_on", "the audit ends on 2026-06-09, before it starts on 2026-06-10"),
        (
            TODAY,
            date(2026, 7, 11),
            "/ends_on",
            "2026-06-10 to 2026-07-11 is longer than the 31 days an audit may take",
        ),
        (
            date(2027, 6, 12),
            date(2027, 6, 12),
            "/starts_on",
            "2027-06-12 is more than 366 days after today, 2026-06-10",
        ),
        (
            date(2025, 12, 11),
            date(2025, 12, 11),
            "/ends_on",
            "2025-12-11 is more than 180 days before today, 2026-06-10",
        ),
    ],
)
def test_days_that_cannot_be_are_told_word_for_word(starts: date, ends: date, where: str, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_dates(starts, ends, TODAY)
    assert (refused.value.detail, refused.value.where) == (words, where)
