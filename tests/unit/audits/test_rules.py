"""Severity, deadlines and consistency: what an audit's numbers mean."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audits import standard
from audits.facts import SEVERITIES, Severity
from audits.rules import Dues, Figures, check_dates, clocks_for, consistency, deadlines, grade
from ground.errors import Invalid

# A busy machine is slow, not wrong.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
STANDARD = standard.load("freemark-2026.0")
DISCOVERED = datetime(2026, 6, 2, 9, 0, tzinfo=UTC)
RELEASED = datetime(2026, 6, 9, 9, 0, tzinfo=UTC)
TODAY = date(2026, 6, 10)


def days(number: int, start: datetime = DISCOVERED) -> datetime:
    return start + timedelta(days=number)


@pytest.mark.parametrize(
    ("proposed", "affected", "sampled", "graded"),
    [
        ("minor", 1, 6, "minor"),  # 16.7 percent
        ("minor", 199, 1000, "minor"),
        ("minor", 1, 5, "major"),  # exactly 20 percent
        ("minor", 42, 42, "major"),
        ("minor", None, None, "minor"),
        ("minor", 0, 10, "minor"),
        ("major", 1, 100, "major"),
        ("risk", 10, 10, "risk"),
    ],
)
def test_a_fifth_of_the_sample_makes_a_minor_a_major(
    proposed: Severity, affected: int | None, sampled: int | None, graded: Severity
) -> None:
    assert grade(STANDARD.provisions["T10.3"], proposed, affected, sampled) == graded


@PATIENT
@given(
    st.sampled_from(sorted(STANDARD.provisions)),
    st.sampled_from(SEVERITIES),
    st.integers(1, 1000).flatmap(lambda sampled: st.tuples(st.integers(0, sampled), st.just(sampled))),
)
def test_a_grade_is_within_the_limits_and_never_milder_than_proposed(
    id: str, proposed: Severity, counts: tuple[int, int]
) -> None:
    provision = STANDARD.provisions[id]
    gravest, mildest = SEVERITIES.index(provision.ceiling), SEVERITIES.index(provision.floor)
    if not gravest <= SEVERITIES.index(proposed) <= mildest:
        with pytest.raises(Invalid) as caught:
            grade(provision, proposed, *counts)
        assert caught.value.where == "/severity"
        return
    graded = grade(provision, proposed, *counts)
    assert gravest <= SEVERITIES.index(graded) <= SEVERITIES.index(proposed)


@pytest.mark.parametrize(
    ("id", "proposed", "affected", "sampled", "where"),
    [
        ("T1.1", "minor", 1, 42, "/severity"),  # milder than its floor
        ("T10.3", "priority", 1, 42, "/severity"),  # graver than its ceiling
        ("T10.3", "minor", 43, 42, "/affected"),
        ("T10.3", "minor", 1, None, "/sampled"),
        ("T10.3", "minor", None, 42, "/affected"),
        ("T3.1", "minor", None, None, "/sampled"),  # core: the counts decide
    ],
)
def test_a_severity_that_cannot_be_is_refused_at_its_field(
    id: str, proposed: Severity, affected: int | None, sampled: int | None, where: str
) -> None:
    with pytest.raises(Invalid) as caught:
        grade(STANDARD.provisions[id], proposed, affected, sampled)
    assert caught.value.where == where


def test_the_refusal_of_counts_names_both() -> None:
    with pytest.raises(Invalid, match=r"43.*42"):
        grade(STANDARD.provisions["T10.3"], "minor", 43, 42)


def dues(severity: Severity, topic: str, released: datetime | None, *, zero_tolerance: bool = False) -> Dues:
    return deadlines(STANDARD, severity, topic, zero_tolerance=zero_tolerance, discovered=DISCOVERED, released=released)


def test_a_priority_counts_from_discovery_and_the_others_from_the_report() -> None:
    assert dues("priority", "T1", None) == Dues(days(1), days(7), days(10), days(90))
    assert dues("major", "T1", None) == Dues()
    assert dues("major", "T1", RELEASED) == Dues(
        days(7, RELEASED), days(14, RELEASED), days(42, RELEASED), days(90, RELEASED)
    )
    assert dues("major", "T10", RELEASED) == Dues(None, days(14, RELEASED), days(42, RELEASED), days(180, RELEASED))
    assert dues("minor", "T1", RELEASED) == Dues(None, days(14, RELEASED), days(42, RELEASED), days(270, RELEASED))
    assert dues("opportunity", "T14", RELEASED) == Dues()


@pytest.mark.parametrize(
    ("topic", "zero_tolerance", "contain_hours", "close_days"),
    [
        ("T1", True, 24, 90),
        ("T1", False, 24, 90),
        ("T6", True, 24, 30),  # zero tolerance and violence: the earlier date of each
        ("T9", False, 24, 30),
        ("T17", False, 48, 30),
        ("T11", False, 48, 30),  # not core: as danger
    ],
)
def test_a_priority_keeps_the_earliest_date_of_its_clocks(
    topic: str, zero_tolerance: bool, contain_hours: int, close_days: int
) -> None:
    found = dues("priority", topic, None, zero_tolerance=zero_tolerance)
    assert found.containment == DISCOVERED + timedelta(hours=contain_hours)
    assert found.close == days(close_days)


@PATIENT
@given(st.sampled_from(SEVERITIES), st.sampled_from(sorted(STANDARD.topics)), st.booleans())
def test_every_finding_has_its_clock_and_only_an_opportunity_has_none(
    severity: Severity, topic: str, zero_tolerance: bool
) -> None:
    names = clocks_for(STANDARD, severity, topic, zero_tolerance=zero_tolerance)
    assert bool(names) == (severity != "opportunity")
    assert ("zero_tolerance" in names) == (zero_tolerance and severity == "priority")


FIGURES = Figures(
    starts_on=date(2026, 6, 2),
    ends_on=date(2026, 6, 4),
    workers=640,
    payroll_workers=640,
    payroll_note="",
    interviews_individual=18,
    interviews_group=24,
    files_reviewed=42,
    closing_meeting_on=date(2026, 6, 4),
)


def test_figures_that_agree_have_no_problem() -> None:
    assert consistency(FIGURES, TODAY) == []
    assert consistency(replace(FIGURES, payroll_workers=644, payroll_note="4 on leave"), TODAY) == []


@pytest.mark.parametrize(
    ("change", "where", "numbers"),
    [
        ({"interviews_group": 623}, "/interviews_individual", ("641", "640")),
        ({"payroll_workers": 644}, "/payroll_workers", ("640", "644")),
        ({"files_reviewed": 641}, "/files_reviewed", ("641", "640")),
        ({"closing_meeting_on": date(2026, 6, 5)}, "/closing_meeting_on", ("2026-06-05", "2026-06-04")),
        ({"closing_meeting_on": date(2026, 6, 1)}, "/closing_meeting_on", ("2026-06-01", "2026-06-02")),
        ({"ends_on": date(2026, 6, 11)}, "", ("2026-06-11", "2026-06-10")),
    ],
)
def test_two_figures_that_cannot_both_be_true_are_both_named(
    change: dict[str, int | date], where: str, numbers: tuple[str, str]
) -> None:
    (problem,) = consistency(replace(FIGURES, **change), TODAY)  # type: ignore[arg-type]
    assert problem.where == where
    assert all(number in problem.text for number in numbers)


def test_all_problems_are_told_at_once() -> None:
    figures = replace(FIGURES, files_reviewed=999, interviews_group=999, payroll_workers=1)
    assert len(consistency(figures, TODAY)) == 3


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "where"),
    [
        (date(2026, 6, 4), date(2026, 6, 3), "/ends_on"),
        (date(2026, 6, 1), date(2026, 7, 2), "/ends_on"),
        (date(2027, 6, 12), date(2027, 6, 13), "/starts_on"),
        (date(9999, 12, 31), date(9999, 12, 31), "/starts_on"),
        (date(2025, 11, 30), date(2025, 12, 1), "/ends_on"),
        (date(1, 1, 1), date(1, 1, 1), "/ends_on"),
    ],
)
def test_days_on_which_no_audit_can_be(starts_on: date, ends_on: date, where: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_dates(starts_on, ends_on, TODAY)
    assert caught.value.where == where


@pytest.mark.parametrize(
    ("starts_on", "ends_on"),
    [(TODAY, TODAY), (date(2026, 6, 1), date(2026, 7, 1)), (date(2027, 6, 11), date(2027, 6, 11))],
)
def test_days_on_which_an_audit_can_be(starts_on: date, ends_on: date) -> None:
    check_dates(starts_on, ends_on, TODAY)
