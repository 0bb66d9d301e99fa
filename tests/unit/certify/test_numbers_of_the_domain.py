"""Every number of DOMAIN.md 7, held against the rulebook freemark-2026.1 and the standard it rests on.

The page and what each number is about stand in `domain_page`; none of them is without a test here.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from audits import standard
from audits.fieldwork import strata
from certify import rulebook
from certify.chapters import FIRST, LATER
from certify.clauses.issue import in_points
from certify.events import STATES
from certify.measures import interviews_needed, score
from certify.rules import TABLE
from tests.unit.certify import domain_page as page
from tests.unit.certify.builders import (
    NOW,
    certifiable_2026_1,
    closed,
    closure,
    finding,
    judged_1,
    place_1,
    unmet,
    visit_1,
)

BOOK = rulebook.load("freemark-2026.1")
LIMITS = BOOK.limits


@pytest.mark.parametrize("row", page.NUMBERS, ids=lambda row: f"{row[0]}: {row[1]}")
def test_a_number_of_the_page_is_the_number_of_the_rulebook(row: tuple[str, str, Any, str]) -> None:
    _, _, printed, name = row
    value = printed.ours if isinstance(printed, page.Other) else printed
    assert (getattr(LIMITS, name), type(getattr(LIMITS, name))) == (value, type(value))
    assert BOOK.parameters[name].value == value


@pytest.mark.parametrize("severity", page.SEVERITIES)
def test_a_row_of_severities_is_a_row_of_the_rulebook(severity: str) -> None:
    effect = BOOK.effects[severity]
    assert (
        effect.points, effect.containment_hours, effect.cap_days, effect.approve_days, effect.close_days,
        effect.close_danger_days, effect.clock,
    ) == page.SEVERITIES[severity]  # fmt: skip
    assert (effect.verify, effect.issue) == page.VERIFIED[severity]


def test_there_is_no_other_row_of_severities() -> None:
    assert list(BOOK.effects) == list(page.SEVERITIES) == list(page.VERIFIED)


def test_bands_and_man_days_are_those_of_the_page() -> None:
    assert [(band.name, band.score_least, band.closed) for band in BOOK.bands] == page.BANDS
    assert [
        (r.workers_to, r.days, r.individual, r.groups, r.group_size, r.files) for r in BOOK.man_days
    ] == page.MAN_DAYS


@pytest.mark.parametrize(("event", "cells"), page.STOCK, ids=[event for event, _ in page.STOCK])
def test_a_row_about_stock_is_a_row_of_the_rulebook(event: str, cells: dict[str, str]) -> None:
    (row,) = [row for row in BOOK.stock if row.event.startswith(event)]
    for cell, words in cells.items():
        assert words in getattr(row, cell), (cell, getattr(row, cell))


def test_there_is_no_other_row_about_stock() -> None:
    assert len(BOOK.stock) == len(page.STOCK)


@pytest.mark.parametrize("row", page.CONDITIONS, ids=lambda row: f"7.4, {row[0]}")
def test_a_condition_of_the_page_is_asked_for_by_a_clause(row: tuple[int, tuple[str, ...], str]) -> None:
    _, clauses, words = row
    assert words in " ".join(BOOK.clauses[id].text for id in clauses)
    assert all(id in TABLE for id in clauses)


def test_the_conditions_are_thirteen() -> None:
    assert [number for number, _, _ in page.CONDITIONS] == list(range(1, 14))


@pytest.mark.parametrize("row", page.OF_OTHERS, ids=lambda row: f"{row[0]}: {row[1]}")
def test_what_other_bodies_do_is_said_beside_ours(row: tuple[str, float, str, str]) -> None:
    _, _, where, words = row
    name, _, cell = where.partition(" ")
    assert words in (BOOK.effects[name].origin[cell] if cell else BOOK.parameters[name].origin)


def test_what_makes_it_graver_is_what_the_page_says() -> None:
    told = [
        (row.when[: len(when)], then in row.then)
        for row, (when, then) in zip(BOOK.escalations, page.GRAVER, strict=True)
    ]
    assert told == [(when, True) for when, _ in page.GRAVER]


def test_topics_and_the_core_are_those_of_the_page() -> None:
    for catalogue in map(standard.load, BOOK.standards):
        assert tuple(catalogue.topics) == page.TOPICS
        assert tuple(topic.id for topic in catalogue.topics.values() if topic.core) == page.CORE
        assert {one.topic for one in catalogue.provisions.values() if one.zero_tolerance} == page.ZERO_TOLERANCE


def test_states_are_those_of_the_page() -> None:
    """7.6. A draft is no standing: nothing of it is announced."""
    assert set(STATES) == {
        "active", "suspended", "remediation", "reduced", "revoked", "withdrawn", "expired", "superseded",
    }  # fmt: skip


# ------------------------------------------------------------------------------------------ numbers that are arithmetic


def points(*findings: Any, visits: Any = (), **counts: int) -> str:
    audit = visit_1(**{"conforming": 80, "applicable": 80, "not_applicable": 4} | counts)
    return in_points(score(place_1(visits=(audit, *visits), findings=findings), audit, LIMITS, NOW))


def test_conformance_counts_one_and_what_does_not_apply_is_left_out() -> None:
    """7.2: C+1; "N/A out of A". In a closure "not reviewed" is as it was: what conformed goes on conforming."""
    assert [points(finding(severity="risk"), applicable=count) for count in (80, 79)] == ["197.50", "197.47"]
    assert points(finding(severity="risk"), not_applicable=26) == "197.50"  # 26 of 106 are 24.5 percent
    passed = closed(finding(severity="risk"), -8)
    assert points(passed, visits=(closure(not_reviewed=79),)) == "200.00"


def test_the_score_is_clamped_at_0_and_at_the_whole() -> None:
    many = [finding(f"fnd_{number}", "priority", core=True) for number in range(11)]
    assert (points(), points(*many)) == ("200.00", "0.00")


def test_the_score_has_2_places_half_up() -> None:
    """200 x 79 / 80 - 1 is 196.5; 200 x 63 / 64 is 196.875, and half a hundredth goes up."""
    assert points(finding(severity="minor")) == "196.50"
    assert points(finding(severity="risk"), applicable=64, conforming=64) == "196.88"


def test_a_score_of_85_percent_and_more_issues_nothing_while_a_gate_is_shut() -> None:
    """7.3, "ICS 85% E": 180 of 200 points are 90 percent."""
    decision = judged_1(certifiable_2026_1(finding("fnd_exit", "priority", "T17.1", audit="aud_else")))
    assert (decision.score, decision.outcome, unmet(decision)[0]) == ("180.00", "refuse", "I5")


def test_a_worker_under_18_is_of_a_group_of_its_own() -> None:
    """7.8: nationality, agency, migrant, women, under-18, night shift, new joiners."""
    assert {*strata.PLAIN, *strata.PARTED} == {
        "nationality", "agency", "migrant", "women", "under_18", "night_shift", "new_joiners",
    }  # fmt: skip


ARITHMETIC = {
    ("7.2 conformance", 1): test_conformance_counts_one_and_what_does_not_apply_is_left_out,
    ("7.3", 0): test_the_score_is_clamped_at_0_and_at_the_whole,
    ("7.3", 2): test_the_score_has_2_places_half_up,
    ("7.3", 85): test_a_score_of_85_percent_and_more_issues_nothing_while_a_gate_is_shut,
    ("7.8", 18): test_a_worker_under_18_is_of_a_group_of_its_own,
}


def covered() -> set[tuple[str, float]]:
    """(line, number as printed) of everything above."""
    found: set[tuple[str, Any]] = set(ARITHMETIC)
    for line, _, printed, _ in page.NUMBERS:
        each = (
            (printed.printed,) if isinstance(printed, page.Other) else printed if type(printed) is tuple else (printed,)
        )
        found |= {(line, number) for number in each if type(number) is not bool}
    for severity, row in page.SEVERITIES.items():
        found |= {(f"7.2 {severity}", number) for number in row if type(number) is int}
    found |= {("7.2 major_core", 7)}  # days of containment, kept in hours
    found |= {("7.3", least) for _, least, _ in page.BANDS}
    found |= {("7.4", number) for number, _, _ in page.CONDITIONS}
    found |= {(line, number) for line, number, _, _ in page.OF_OTHERS}
    return found


def test_no_number_of_the_page_is_passed_over() -> None:
    printed = {(line, number) for line, numbers in page.PAGE.items() for number in numbers}
    assert printed - covered() == set()
    assert {line for line, _ in covered()} <= {*page.PAGE, "7.2 leniency"}


@pytest.mark.parametrize(
    ("workers", "interviews"), [(1, 1), (9, 9), (10, 10), (100, 10), (101, 11), (400, 20), (401, 21)]
)
def test_the_formula_of_the_sample(workers: int, interviews: int) -> None:
    """7.8: min(N, max(10, ceil(sqrt(N)))), all below 10."""
    assert interviews_needed(workers, LIMITS.interviews_least) == interviews


def test_the_formula_of_the_sample_at_high_risk() -> None:
    assert interviews_needed(400, LIMITS.interviews_least, LIMITS.high_risk_percent) == 30
    assert interviews_needed(12, LIMITS.interviews_least, LIMITS.high_risk_percent) == 12


def test_every_number_of_the_rulebook_comes_from_somewhere() -> None:
    """And the other way round: what stands in the rulebook stands on a page of ours."""
    named = {name for *_, name in page.NUMBERS}
    assert named | page.ELSEWHERE.keys() == {*FIRST, *LATER} == BOOK.parameters.keys()
    assert not named & page.ELSEWHERE.keys()
    assert {name: getattr(LIMITS, name) for name in page.ELSEWHERE} == page.ELSEWHERE


def test_numbers_are_written_into_the_words_of_the_clauses_not_beside_them() -> None:
    """A number of the page that a clause speaks of comes from its parameter, so that the two cannot differ."""
    written = re.compile(r"(?<![\w{])\d{2,}(?![\w}])")
    text = (rulebook.FOLDER / f"{BOOK.id}.toml").read_text("utf-8")
    clauses = text[text.index("[[clauses]]") :]
    said = [line for line in clauses.splitlines() if line.startswith("text = ")]
    found = [number for line in said for number in written.findall(line)]
    assert found == ["48", "24", "00"]  # S2: "the standard gives 48 hours"; E1: "days end at 24:00 UTC"
