"""Every number of DOMAIN.md 7.2 to 7.9, held against the rulebook freemark-2026.1.

The tables are copied by eye, line by line, and never made from the rulebook. A row says where the number stands, what
it is about and its value there, in the page's own unit; the last column says where our rulebook has it: a parameter
("p"), a cell of a table ("effects", "bands", "man_days") or the text of a clause. What the page leaves to another part
of the house is listed at the end with its place.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from certify import rulebook
from certify.chapters import FIRST, LATER
from certify.measures import interviews_needed

BOOK = rulebook.load("freemark-2026.1")
LIMITS = BOOK.limits

# ------------------------------------------------------------------------------------------- 7.2 severity and effect

# severity: points, contained within (hours), plan in, plan approved, closed (days), closed in danger, clock
SEVERITIES: dict[str, tuple[int, int | None, int | None, int | None, int | None, int | None, str | None]] = {
    "zero_tolerance": (20, 24, 7, 10, 90, 30, "discovery"),  # "evidence 24 h", "30 d EHS danger, 90 d all others"
    "priority_core": (20, 24, 7, 10, 90, 30, "discovery"),  # "at once"; the page's 30 days for danger hold here too
    "priority_other": (20, 48, 7, 10, 30, None, "discovery"),  # "evidence 48 h"
    "major_core": (4, 7 * 24, 14, 42, 90, None, "report"),  # "7 d [P]", "14 d rep"
    "major_other": (4, None, 14, 42, 180, None, "report"),
    "minor": (1, None, 14, 42, 270, None, "report"),
    "risk": (0, None, 14, 42, 270, None, "report"),
    "opportunity": (0, None, None, None, None, None, None),
}
# severity: who verifies, what it does to issue and renewal
VERIFIED = {
    "zero_tolerance": ("on_site_other_team", "deny"),
    "priority_core": ("on_site", "deny"),
    "priority_other": ("on_site", "deny"),
    "major_core": ("on_site_interviews", "deny"),
    "major_other": ("as_provision", "limited"),
    "minor": ("next_audit", "allow"),
    "risk": ("next_audit", "allow"),
    "opportunity": ("none", "allow"),
}

WORKING_DAYS = {20: 28, 10: 14}  # of the page; ours are calendar days, so that no calendar of holidays decides
MONTHS = {"yearly": 12, "5 years": 60, "2 y": 24, "4 weeks in days": 28}

# Where in DOMAIN.md, what, value there, parameter of the rulebook.
NUMBERS: list[tuple[str, str, Any, str]] = [
    ("7.2 priority", "points of a priority finding", 20, "points_priority"),
    ("7.2 major", "points of a major finding", 4, "points_major"),
    ("7.2 minor", "points of a minor finding", 1, "points_minor"),
    ("7.2 zero tolerance", "panel in hours", 72, "panel_call_hours"),
    ("7.2 zero tolerance", "revoke if not contained", True, "revoke_uncontained"),
    ("7.2 major, other", "suspend when overdue by more than days", 30, "major_overdue_days"),
    ("7.2 major, other", "at most so many open at issue", 2, "open_majors_most"),
    ("7.2 major, other", "then a certificate of months", 12, "probation_months"),
    ("7.2 escalations", "percent of the sample: at least major", 20, "share_percent"),
    ("7.2 escalations", "same criterion minor twice within months", 24, "repeat_months"),
    ("7.2 escalations", "minors in one topic: major on T14", 3, "minors_in_topic"),
    ("7.2 escalations", "major core topics at once: panel", 2, "panel_core_majors"),
    ("7.2 escalations", "plan overdue, in working days: suspend", WORKING_DAYS[20], "plan_overdue_days"),
    ("7.2 escalations", "refused surveillance, days after due: suspend", 90, "surveillance_overdue_days"),
    ("7.2 leniency", "self-reported before audit or complaint", True, "leniency"),
    ("7.3", "whole score", 200, "score_full"),
    ("7.3", "points for P", 20, "points_priority"),
    ("7.3", "points for M", 4, "points_major"),
    ("7.3", "points for m", 1, "points_minor"),
    ("7.3", "share of conformity only from A", 60, "score_share_from"),
    ("7.3", "and up to percent not applicable", 25, "not_applicable_most"),
    ("7.3", "risk counts as conformance", False, "risk_counts_as_conformance"),
    ("7.4, 3", "audit ended at most days ago", 180, "audit_age_days"),
    ("7.4, 6", "least score", 160, "score_least"),
    ("7.4, 9", "screening at most days ago", 30, "screening_days"),
    ("7.5 max validity", "months at low risk", 24, "validity_low_risk_months"),
    ("7.5 max validity", "months in the first cycle or at high risk", 12, "validity_months"),
    ("7.5 max validity", "months in the highest band", 24, "validity_clean_months"),
    ("7.5 max validity", "after clean cycles", 3, "clean_cycles_least"),
    ("7.5 probation", "months", 12, "probation_months"),
    ("7.5 probation", "visits", 3, "probation_visits"),
    ("7.5 renewal window", "opens days before expiry", 90, "renewal_window_days"),
    ("7.5 renewal window", "reminders, days before", (90, 42, 21, 7), "reminder_days"),
    ("7.5 surveillance", "months at low risk", 12, "surveillance_low_risk_months"),
    ("7.5 surveillance", "months at high risk", 6, "surveillance_months"),
    ("7.5 surveillance", "unannounced visits per cycle", 1, "unannounced_least"),
    ("7.5 surveillance", "window of four weeks", MONTHS["4 weeks in days"], "surveillance_window_days"),
    ("7.5 survey", "months at high risk", 3, "survey_high_risk_months"),
    ("7.5 survey", "months otherwise", 6, "survey_other_months"),
    ("7.5 survey", "fewer answers are not shown", 5, "suppress_below"),
    ("7.5 site list", "months", 6, "site_list_months"),
    ("7.5 status list", "hours of life", 48, "status_list_hours"),
    ("7.5 key rotation", "yearly", MONTHS["yearly"], "key_rotation_months"),
    ("7.5 initial to conformance", "months", 18, "conformance_months"),
    ("7.6 interim suspension", "hours to the call", 72, "panel_call_hours"),
    ("7.6 interim suspension", "working days to the decision", WORKING_DAYS[10], "panel_decision_days"),
    ("7.6 suspension max", "days, core topics", 90, "suspension_core_days"),
    ("7.6 suspension max", "days, absolute", 180, "suspension_most_days"),
    ("7.6 label misuse", "least months of suspension", 6, "misuse_suspension_months"),
    ("7.6 re-apply", "months, core or ethical", 12, "reapply_core_months"),
    ("7.6 re-apply", "months, other", 6, "reapply_other_months"),
    ("7.6 second revocation", "within 5 years", MONTHS["5 years"], "second_revocation_months"),
    ("7.6 publish revocation", "months on the public list", 24, "publish_revocation_months"),
    ("7.6 notify customers", "days", 4, "notify_customers_days"),
    ("7.6 hearing and appeal", "days to appeal", 30, "appeal_days"),
    ("7.6 hearing and appeal", "days to decide", 30, "appeal_decide_days"),
    ("7.6 hearing and appeal", "days to reply to the written grounds", 30, "reply_days"),
    ("7.7 expiry", "sell-through, days", 180, "sell_through_days"),
    ("7.7 expiry", "amber after days", 180, "sell_through_days"),
    ("7.7 withdrawal", "days for goods not shipped", 90, "withdrawal_sell_days"),
    ("7.7 withdrawal", "days to return or destroy", 30, "return_days"),
    ("7.7 suspension, non-core", "hold, limit in days", 30, "hold_stock_days"),
    ("7.7 revocation", "days to return or destroy", 30, "return_days"),
    ("7.7 controls", "percent spoilage", 2, "spoilage_percent"),
    ("7.7 controls", "reconcile monthly", 1, "reconcile_months"),
    ("7.7 controls", "gap above percent: minor", 2, "gap_minor_percent"),
    ("7.7 controls", "gap above percent: major", 5, "gap_major_percent"),
    ("7.7 controls", "gap above percent: priority", 10, "gap_priority_percent"),
    ("7.7 controls", "scans counted over days", 30, "scan_window_days"),
    ("7.7 controls", "more countries than", 2, "scan_countries_most"),
    ("7.8", "least interviews", 10, "interviews_least"),
    ("7.8", "per stratum", 3, "interviews_per_stratum"),
    ("7.8", "half off site or by phone, in percent", 50, "off_site_percent"),
    ("7.8", "months of files", 3, "files_months"),
    ("7.8", "high risk x 1.5, in percent", 150, "high_risk_percent"),
    ("7.8", "lead auditor, audits in a row", 3, "in_a_row_most"),
    ("7.8", "gap after employment, months", 24, "independence_gap_months"),
    ("7.9", "triage, hours", 24, "triage_hours"),
    ("7.9", "acknowledge, days", 7, "acknowledge_days"),
    ("7.9", "feedback, months", 3, "feedback_months"),
    ("7.9", "unannounced visit, in working days", WORKING_DAYS[10], "concern_visit_days"),
    ("7.9", "independent sources", 3, "independent_sources"),
]

# What is not in section 7 but in other plans of this project, so that nothing in the book is without a row somewhere.
ELSEWHERE = {
    "alert_hours": 24,  # DOMAIN.md 1.4: the lead auditor's alert
    "hold_hours": 72,  # DESIGN.md 4 D
    "release_hours": 96,  # 24 in which an alert may be raised and 72 for which it may be held
    "release_check_hours": 72,
    "release_check_percent": 10,  # "a random tenth of all orders"
    "retaliation_days": (30, 90),
    "repayment_check_days": 90,
    "reverify_days": 60,
    "core_provisions": 49,  # counted in the standard, test_rulebook_2026_1.py
}

# 7.3, bands "recomputed after closure, with the closure rules of 1.4": RBA's names there, ours here.
BANDS = [("sound", 160, ("priority",)), ("strong", 180, ("priority", "major")),
         ("clear", 200, ("priority", "major", "minor"))]  # fmt: skip

# 1.7, to which 7.8 points: workers up to, days, individual, groups, of, files.
MAN_DAYS = [(100, 1, 6, 1, 4, 10), (500, 2, 6, 4, 5, 26), (1000, 3, 12, 6, 5, 42), (2000, 4, 20, 8, 5, 52),
            (None, 4, 22, 8, 5, 62)]  # fmt: skip

# 7.7, the rows of the table: what the days of each are made of.
STOCK: list[tuple[str, dict[str, str]]] = [
    ("Expiry", {"new_labels": "Stop", "unshipped": "180 days", "page": "amber after 180 days"}),
    ("Voluntary withdrawal", {"unshipped": "90 days", "unused": "30 days", "page": "Amber"}),
    ("Suspension outside the core", {"new_labels": "Stop at once", "unshipped": "30 days at most", "unused": "Frozen"}),
    ("Suspension on a core", {"new_labels": "Stop at once", "unshipped": "nothing is shipped", "page": "Amber"}),
    ("Revocation, affected period known", {"shipped": "red, others amber", "unused": "30 days", "page": "Red"}),
    ("Revocation, affected period unknown", {"shipped": "since the last clean audit red", "unused": "30 days"}),
    ("Misuse or copies", {"new_labels": "for that range", "shipped": "range red", "page": "Void"}),
]


@pytest.mark.parametrize("row", NUMBERS, ids=lambda row: f"{row[0]}: {row[1]}")
def test_a_number_of_the_page_is_the_number_of_the_rulebook(row: tuple[str, str, Any, str]) -> None:
    _, _, value, name = row
    assert (getattr(LIMITS, name), type(getattr(LIMITS, name))) == (value, type(value))
    assert BOOK.parameters[name].value == value


@pytest.mark.parametrize("severity", SEVERITIES)
def test_a_row_of_severities_is_a_row_of_the_rulebook(severity: str) -> None:
    effect = BOOK.effects[severity]
    assert (
        effect.points, effect.containment_hours, effect.cap_days, effect.approve_days, effect.close_days,
        effect.close_danger_days, effect.clock,
    ) == SEVERITIES[severity]  # fmt: skip
    assert (effect.verify, effect.issue) == VERIFIED[severity]


def test_there_is_no_other_row_of_severities() -> None:
    assert list(BOOK.effects) == list(SEVERITIES) == list(VERIFIED)


def test_bands_and_man_days_are_those_of_the_page() -> None:
    assert [(band.name, band.score_least, band.closed) for band in BOOK.bands] == BANDS
    assert [(r.workers_to, r.days, r.individual, r.groups, r.group_size, r.files) for r in BOOK.man_days] == MAN_DAYS


@pytest.mark.parametrize(("event", "cells"), STOCK, ids=[event for event, _ in STOCK])
def test_a_row_about_stock_is_a_row_of_the_rulebook(event: str, cells: dict[str, str]) -> None:
    (row,) = [row for row in BOOK.stock if row.event.startswith(event)]
    for cell, words in cells.items():
        assert words in getattr(row, cell), (cell, getattr(row, cell))


def test_there_is_no_other_row_about_stock() -> None:
    assert len(BOOK.stock) == len(STOCK)


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
    named = {name for *_, name in NUMBERS}
    assert named | ELSEWHERE.keys() == {*FIRST, *LATER} == BOOK.parameters.keys()
    assert not named & ELSEWHERE.keys()
    assert {name: getattr(LIMITS, name) for name in ELSEWHERE} == ELSEWHERE


def test_numbers_are_written_into_the_words_of_the_clauses_not_beside_them() -> None:
    """A number of the page that a clause speaks of comes from its parameter, so that the two cannot differ."""
    written = re.compile(r"(?<![\w{])\d{2,}(?![\w}])")
    text = (rulebook.FOLDER / f"{BOOK.id}.toml").read_text("utf-8")
    clauses = text[text.index("[[clauses]]") :]
    said = [line for line in clauses.splitlines() if line.startswith("text = ")]
    found = [number for line in said for number in written.findall(line)]
    assert found == ["48", "24", "00"]  # S2: "the standard gives 48 hours"; E1: "days end at 24:00 UTC"
