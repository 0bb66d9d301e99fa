"""Man-days, interviews, strata, files and sites: the numbers of DOMAIN.md 1.7 and 7.8 as the standard has them."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits import standard
from audits.facts import interviews_needed
from audits.fieldwork import plan, sampling, strata
from audits.fieldwork.interviews import Counts
from audits.fieldwork.plan import Day
from audits.standard import Fieldwork, Sampling
from ground.errors import Invalid

_RULE = standard.load("freemark-2026.1").fieldwork
assert _RULE is not None
RULE: Fieldwork = _RULE
SAMPLING: Sampling = RULE.sampling
WORKERS = st.integers(0, 10**6)


@pytest.mark.parametrize(
    ("workers", "tenths", "files"),
    [(1, 10, 10), (100, 10, 10), (101, 20, 26), (500, 20, 26), (501, 30, 42), (1000, 30, 42), (1001, 40, 52),
     (2000, 40, 52), (2001, 40, 62), (300_000, 40, 62)],
)  # fmt: skip
def test_man_days_by_the_table(workers: int, tenths: int, files: int) -> None:
    assert plan.needed(RULE.man_days, "initial", workers) == tenths
    row = plan.row_for(RULE.man_days, workers)
    assert row is not None
    assert row.files == files


@given(WORKERS, WORKERS)
def test_more_workers_never_take_less_time(one: int, other: int) -> None:
    few, many = sorted((one, other))
    assert plan.needed(RULE.man_days, "periodic", few) <= plan.needed(RULE.man_days, "periodic", many)


def test_the_table_has_no_say_on_a_part_of_an_audit() -> None:
    for type in ("closure", "priority_closure", "surveillance", "for_cause"):
        assert plan.needed(RULE.man_days, type, 640) == 0  # type: ignore[arg-type]
    assert plan.needed((), "initial", 640) == 0


def test_short_time_names_both_numbers() -> None:
    assert plan.shortfall(30, 29) == "2.9 man-days spent, 3.0 needed: 0.1 more"
    assert plan.shortfall(30, 30) == plan.shortfall(0, 0) == ""


@pytest.mark.parametrize(
    ("day", "where"),
    [
        (Day(date(2026, 6, 1), "per_a", 10), "/days/1/day"),
        (Day(date(2026, 6, 5), "per_a", 10), "/days/1/day"),
        (Day(date(2026, 6, 3), "per_x", 10), "/days/1/person"),
        (Day(date(2026, 6, 2), "per_a", 10), "/days/1"),
        (Day(date(2026, 6, 3), "per_a", 16), "/days/1/tenths"),
        (Day(date(2026, 6, 3), "per_a", 0), "/days/1/tenths"),
    ],
)
def test_a_day_that_cannot_be(day: Day, where: str) -> None:
    good = Day(date(2026, 6, 2), "per_a", 10)
    with pytest.raises(Invalid) as caught:
        plan.check_days([good, day], date(2026, 6, 2), date(2026, 6, 4), ["per_a"])
    assert caught.value.where == where
    assert plan.spent([good]) == 10


# Interviews.


@pytest.mark.parametrize(
    ("workers", "normal", "high"),
    [(1, 1, 1), (9, 9, 9), (10, 10, 10), (14, 10, 14), (19, 10, 15), (20, 10, 15), (100, 10, 15), (101, 11, 17),
     (640, 26, 39), (641, 26, 39), (10_000, 100, 150)],
)  # fmt: skip
def test_interviews_by_the_square_root(workers: int, normal: int, high: int) -> None:
    assert sampling.interviews(workers, SAMPLING) == normal
    assert sampling.interviews(workers, SAMPLING, high_risk=True) == high


@given(WORKERS, WORKERS, st.booleans())
def test_interviews_grow_with_the_site_and_never_pass_it(one: int, other: int, high: bool) -> None:
    few, many = sorted((one, other))
    needed = sampling.interviews(few, SAMPLING, high_risk=high)
    assert needed <= sampling.interviews(many, SAMPLING, high_risk=high)
    assert needed <= few
    assert sampling.interviews(few, SAMPLING) <= sampling.interviews(few, SAMPLING, high_risk=True)
    if few < 10:
        assert needed == few
    else:
        assert needed >= 10
        assert needed**2 >= few


@given(WORKERS)
def test_the_facts_and_the_calculator_agree(workers: int) -> None:
    assert sampling.interviews(workers, SAMPLING) == interviews_needed(workers)


@given(st.integers(0, 10**12))
def test_the_root_is_rounded_up_and_exact(number: int) -> None:
    root = sampling.ceil_sqrt(number)
    assert root**2 >= number
    assert root == 0 or (root - 1) ** 2 < number


@pytest.mark.parametrize(("size", "needed"), [(0, 0), (1, 1), (2, 2), (3, 3), (4, 3), (500, 3)])
def test_three_of_each_stratum_or_all_of_it(size: int, needed: int) -> None:
    assert sampling.of_stratum(size, SAMPLING) == needed


def test_half_of_the_interviews_off_site_rounded_up() -> None:
    assert [sampling.away(number, SAMPLING) for number in (0, 1, 10, 11, 26)] == [0, 1, 5, 6, 13]


# Sites.


@pytest.mark.parametrize(
    ("total", "visit", "never_out", "expected"),
    [
        (1, "initial", 0, (0, 1, 1)),
        (25, "initial", 0, (0, 5, 2)),
        (26, "initial", 0, (0, 6, 2)),
        (25, "surveillance", 0, (0, 3, 1)),
        (25, "recertification", 0, (0, 4, 1)),
        (40, "surveillance", 4, (4, 4, 2)),
        (7, "initial", 7, (7, 0, 0)),
    ],
)
def test_sites_by_iaf_md_1(total: int, visit: Any, never_out: int, expected: tuple[int, int, int]) -> None:
    found = sampling.sites(total, visit, never_out=never_out)
    assert (found.always, found.drawn, found.at_random) == expected


@given(st.integers(0, 10**5), st.integers(0, 10**5), st.sampled_from(sorted(sampling.TENTHS_OF_ROOT)))
def test_sites_are_a_sample_of_what_there_is(total: int, never_out: int, visit: Any) -> None:
    never_out = min(never_out, total)
    found = sampling.sites(total, visit, never_out=never_out)
    rest, factor = total - never_out, sampling.TENTHS_OF_ROOT[visit]
    assert found.always == never_out  # never sampled out
    assert found.visited <= total
    assert (10 * found.drawn) ** 2 >= factor**2 * rest
    assert found.drawn == math.isqrt(max(factor**2 * rest - 1, 0)) // 10 + 1 if rest else found.drawn == 0
    assert found.at_random == found.drawn or 4 * found.at_random >= found.visited


# What is still missing.

COUNTS = Counts(
    16, 10, 26, {"bn": 26}, {"on_site": 14, "off_site": 10, "phone": 2}, {"none": 26},
    {"nationality:NP": 1, "women": 17},
)  # fmt: skip


def test_the_sample_names_what_it_passes_over() -> None:
    found = sampling.sample(
        "initial", 640, {"women": 400, "nationality:NP": 88, "under_18": 2}, {"bn": 500, "ne": 88}, COUNTS, SAMPLING,
        high_risk=True,
    )  # fmt: skip
    assert found.missing() == (
        "26 of 39 interviews held (not assessed as low risk: x 1.5)",
        "12 of 20 interviews held off site or by telephone",
        "nationality:NP: 1 of 3 interviewed, of 88 there",
        "under_18: 0 of 2 interviewed, of 2 there",
        "no interview in ne, the language of 88 workers",
    )


def test_a_whole_sample_misses_nothing() -> None:
    counts = Counts(20, 6, 26, {"bn": 26}, {"off_site": 13, "on_site": 13}, {"none": 26}, {"women": 3})
    assert (
        sampling.sample("periodic", 640, {"women": 4}, {"bn": 500}, counts, SAMPLING, high_risk=False).missing() == ()
    )


@pytest.mark.parametrize(
    ("workers", "percent", "high", "why"),
    [
        (400, 150, True, "not assessed as low risk: x 1.5"),
        (400, 150, False, ""),
        (9, 150, True, ""),  # everybody is asked anyway
        (400, 100, True, ""),
        (400, 125, True, "not assessed as low risk: x 1.25"),
        (400, 200, True, "not assessed as low risk: x 2"),
        (400, 205, True, "not assessed as low risk: x 2.05"),
    ],
)
def test_why_the_sample_is_larger_is_said(workers: int, percent: int, high: bool, why: str) -> None:
    assert sampling.raised(workers, replace(SAMPLING, high_risk_percent=percent), high_risk=high) == why


def test_a_closure_needs_no_sample() -> None:
    found = sampling.sample("closure", 640, {"women": 400}, {"ne": 3}, None, SAMPLING, high_risk=True)
    assert (found.needed, found.away_needed, found.missing()) == (0, 0, ())


# Strata.


@pytest.mark.parametrize(
    "name", [*strata.PLAIN, "nationality:NP", "agency:unregistered", "agency:org_0123456789abcdef"]
)
def test_strata_there_are(name: str) -> None:
    assert strata.kind_of(name) == name.partition(":")[0]
    assert strata.re.fullmatch(strata.PATTERN, name)


@pytest.mark.parametrize("name", ["", "men", "Maria Lopez", "women:", "nationality:XX", "nationality:np",
                                  "agency:Himal", "nationality:", "women:NP", "agency:org_1", "women\n"])  # fmt: skip
def test_nothing_else_is_a_stratum_so_that_no_name_fits(name: str) -> None:
    with pytest.raises(Invalid):
        strata.kind_of(name)


@pytest.mark.parametrize(
    ("sizes", "where", "numbers"),
    [
        ([("women", 11)], "/strata/0/size", ("11", "10")),
        ([("women", -1)], "/strata/0/size", ("-1", "10")),
        ([("women", 3), ("women", 4)], "/strata/1/name", ()),
        ([("nationality:NP", 6), ("nationality:BD", 5)], "/strata", ("11", "10")),
    ],
)
def test_a_work_force_that_cannot_be_names_both_numbers(sizes: Any, where: str, numbers: tuple[str, ...]) -> None:
    with pytest.raises(Invalid) as caught:
        strata.check_sizes(10, sizes)
    assert caught.value.where == where
    assert all(number in caught.value.detail for number in numbers)


def test_strata_overlap_freely() -> None:
    assert strata.check_sizes(10, [("women", 9), ("migrant", 9), ("nationality:NP", 9)])["migrant"] == 9


@pytest.mark.parametrize(
    ("sizes", "where"),
    [([("english", 3)], "/languages/0/language"), ([("bn", 3), ("bn", 3)], "/languages/1/language"),
     ([("bn", 11)], "/languages/0/size"), ([("bn", 6), ("ne", 5)], "/languages"),
     ([("en-maria", 1)], "/languages/0/language")],
)  # fmt: skip
def test_languages_that_cannot_be(sizes: Any, where: str) -> None:
    with pytest.raises(Invalid) as caught:
        strata.check_languages(10, sizes)
    assert caught.value.where == where
