"""The rulebook freemark-2026.1: its tables, its numbers, and that the standards agree with it."""

import dataclasses
import json
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits import standard
from certify import rulebook
from certify.chapters import FIRST, LATER, Limits
from certify.rulebook import CLAUSES, FOLDER
from ground.errors import Malformed

TEXT = (FOLDER / "freemark-2026.1.toml").read_text(encoding="utf-8")
BOOK = rulebook.load("freemark-2026.1")
OLD = rulebook.load("freemark-2026.0")


def changed(old: str, new: str) -> str:
    assert old in TEXT, old
    return TEXT.replace(old, new, 1)


# Every number of the page on certification practice that the rulebook is made from, by its name here.
NUMBERS: dict[str, object] = {
    # 7.2 what a finding costs, what makes it graver
    "points_priority": 20, "points_major": 4, "points_minor": 1, "share_percent": 20, "repeat_months": 24,
    "minors_in_topic": 3, "panel_core_majors": 2, "plan_overdue_days": 28, "major_overdue_days": 30,
    "surveillance_overdue_days": 90, "open_majors_most": 2, "panel_call_hours": 72, "alert_hours": 24,
    "hold_hours": 72, "leniency": True, "revoke_uncontained": True,
    # 7.3 the score
    "score_full": 200, "score_least": 160, "score_share_from": 60, "not_applicable_most": 25,
    "risk_counts_as_conformance": False,
    # 7.4 issuing
    "audit_age_days": 180, "screening_days": 30,
    # 7.5 validity, renewal, surveillance
    "validity_months": 12, "validity_low_risk_months": 24, "validity_clean_months": 24, "clean_cycles_least": 3,
    "probation_months": 12, "probation_visits": 3, "renewal_window_days": 90, "reminder_days": (90, 42, 21, 7),
    "surveillance_months": 6, "surveillance_low_risk_months": 12, "unannounced_least": 1,
    "surveillance_window_days": 28, "survey_high_risk_months": 3, "survey_other_months": 6, "suppress_below": 5,
    "site_list_months": 6, "status_list_hours": 48, "key_rotation_months": 12, "conformance_months": 18,
    # 7.6 suspension, revocation, return
    "panel_decision_days": 14, "suspension_core_days": 90, "suspension_most_days": 180,
    "misuse_suspension_months": 6, "reapply_core_months": 12, "reapply_other_months": 6,
    "second_revocation_months": 60, "publish_revocation_months": 24, "notify_customers_days": 4, "appeal_days": 30,
    "appeal_decide_days": 30, "reply_days": 30,
    # 7.7 labels and stock
    "sell_through_days": 180, "withdrawal_sell_days": 90, "hold_stock_days": 30, "return_days": 30,
    "spoilage_percent": 2, "reconcile_months": 1, "gap_minor_percent": 2, "gap_major_percent": 5,
    "gap_priority_percent": 10, "scan_window_days": 30, "scan_countries_most": 2,
    # 7.8 the sample and the team
    "interviews_least": 10, "interviews_per_stratum": 3, "off_site_percent": 50, "files_months": 3,
    "high_risk_percent": 150, "in_a_row_most": 3, "independence_gap_months": 24,
    # 7.9 complaints
    "triage_hours": 24, "acknowledge_days": 7, "feedback_months": 3, "concern_visit_days": 14,
    "independent_sources": 3,
    # of this project's own plan: alerts, follow-up, accreditation
    "release_hours": 96, "release_check_hours": 72, "release_check_percent": 10, "retaliation_days": (30, 90),
    "repayment_check_days": 90, "reverify_days": 60, "visit_interviews_least": 5, "surveillance_provisions": 20,
    "renewal_late_days": 180, "panel_days": 60,
}  # fmt: skip

# Row, points, containment (hours), plan in, approved in, closed in (days), closed in where people are in danger.
EFFECTS = [
    ("zero_tolerance", 20, 24, 7, 10, 90, 30, "discovery", "on_site_other_team", "deny"),
    ("priority_core", 20, 24, 7, 10, 90, 30, "discovery", "on_site", "deny"),
    ("priority_other", 20, 48, 7, 10, 30, None, "discovery", "on_site", "deny"),
    ("major_core", 4, 168, 14, 42, 90, None, "report", "on_site_interviews", "deny"),
    ("major_other", 4, None, 14, 42, 180, None, "report", "as_provision", "limited"),
    ("minor", 1, None, 14, 42, 270, None, "report", "next_audit", "allow"),
    ("risk", 0, None, 14, 42, 270, None, "report", "next_audit", "allow"),
    ("opportunity", 0, None, None, None, None, None, None, "none", "allow"),
]


def test_every_number_is_what_the_page_on_practice_says() -> None:
    counted = {"core_provisions"}  # follows from the standard
    assert {name: getattr(BOOK.limits, name) for name in NUMBERS} == NUMBERS
    assert NUMBERS.keys() | counted == {*FIRST, *LATER}


def test_the_table_of_effects_is_what_the_page_on_practice_says() -> None:
    assert [
        (e.id, e.points, e.containment_hours, e.cap_days, e.approve_days, e.close_days, e.close_danger_days, e.clock,
         e.verify, e.issue)
        for e in BOOK.effects.values()
    ] == EFFECTS  # fmt: skip


def test_man_days_are_those_of_the_table_of_practice() -> None:
    assert [(r.workers_to, r.days, r.individual, r.groups, r.group_size, r.files) for r in BOOK.man_days] == [
        (100, 1, 6, 1, 4, 10), (500, 2, 6, 4, 5, 26), (1000, 3, 12, 6, 5, 42), (2000, 4, 20, 8, 5, 52),
        (None, 4, 22, 8, 5, 62),
    ]  # fmt: skip


def test_bands_have_names_of_our_own() -> None:
    assert [(band.name, band.score_least, band.closed) for band in BOOK.bands] == [
        ("sound", 160, ("priority",)),
        ("strong", 180, ("priority", "major")),
        ("clear", 200, ("priority", "major", "minor")),
    ]
    assert BOOK.top_band == "clear"
    assert OLD.top_band == ""
    for foreign in ("silver", "gold", "platinum", "bronze"):
        assert foreign not in json.dumps(BOOK.public()["bands"]).lower(), foreign


def test_every_number_has_a_unit_an_origin_with_its_mark_and_a_meaning() -> None:
    for name, parameter in BOOK.parameters.items():
        assert any(mark in parameter.origin for mark in ("[S]", "[S2]", "[D]", "[K]", "[P]", "[S, S2]")), name
        assert parameter.note.endswith("."), name


def test_every_clause_of_an_effect_is_one_that_can_carry_it_out() -> None:
    assert [id for effect in BOOK.effects.values() for id in effect.clauses if id not in CLAUSES] == []
    assert {effect.id for effect in BOOK.effects.values() if not effect.clauses} == {"risk", "opportunity"}


def test_a_number_that_came_later_demands_nothing_where_it_is_absent() -> None:
    assert {getattr(OLD.limits, name) for name in LATER} == {0, (), 100}


def test_the_standards_agree_with_the_rulebook() -> None:
    """Clocks, sampling, independence, man-days and escalation stand in both."""
    assert rulebook.check_against(BOOK, [standard.load(id) for id in BOOK.standards]) == ()
    assert rulebook.check_against(OLD, [standard.load(id) for id in OLD.standards]) == ()


def test_every_number_in_which_a_standard_differs_is_named() -> None:
    ours = standard.load("freemark-2026.1")
    assert ours.fieldwork is not None
    clocks = {**ours.clocks, "minor": dataclasses.replace(ours.clocks["minor"], close_days=90)}
    fieldwork = dataclasses.replace(
        ours.fieldwork, hold_hours=48, sampling=dataclasses.replace(ours.fieldwork.sampling, per_stratum=2)
    )
    other = dataclasses.replace(ours, clocks=clocks, fieldwork=fieldwork)
    assert rulebook.check_against(BOOK, [other]) == (
        "minor, days to close: (270, 'report') in the rulebook freemark-2026.1, (90, 'report') in the standard "
        "freemark-2026.1",
        "hold_hours: 72 in the rulebook freemark-2026.1, 48 in the standard freemark-2026.1",
        "interviews_per_stratum: 3 in the rulebook freemark-2026.1, 2 in the standard freemark-2026.1",
    )


@pytest.mark.parametrize("name", [name for name in LATER if name != "core_provisions"])
def test_a_later_number_cannot_be_left_out(name: str) -> None:
    document = tomllib.loads(TEXT)
    assert name in document["parameters"]
    with pytest.raises(Malformed) as refused:
        rulebook.read(changed(f"[parameters.{name}]", "[parameters.something_else]"))
    assert refused.value.where == f"/parameters/{name}"


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('earlier = ["freemark-2026.0"]\n', "", "/earlier"),
        ('carriers = ["initial", ', 'carriers = ["first", ', "/carriers"),
        ('carriers = ["initial", "periodic"', 'carriers = ["initial", "initial"', "/carriers"),
        ("points = 20", "points = 30", "/effects/0/points"),
        ("points = 20", "points = true", "/effects/0/points"),
        ('clock = "discovery"', 'clock = "some day"', "/effects/0/clock"),
        ("containment_hours = 24", "containment_hours = -1", "/effects/0/containment_hours"),
        ("containment_hours = 24\n", "", "/effects/0/origin/containment"),
        ('verify = "on_site_other_team"', 'verify = "by telephone"', "/effects/0/verify"),
        ('issue = "deny"', 'issue = "perhaps"', "/effects/0/issue"),
        ('clauses = ["I5", "S1", "M2", "V1", "V2", "R5"]', 'clauses = ["I99"]', "/effects/0/clauses"),
        ("The panel is called within {panel_call_hours} hours", "Within {hours}", "/effects/0/certificate"),
        ('name = "sound"\nscore_least = 160', 'name = "sound"\nscore_least = 1600', "/bands/0/score_least"),
        ('closed = ["priority"]', 'closed = ["grave"]', "/bands/0/closed"),
        ("workers_to = 100", "workers_to = 0.5", "/man_days/0/workers_to"),
        ("value = [90, 42, 21, 7]", "value = [90, 42, 90]", "/parameters/reminder_days/value"),
        ("value = [90, 42, 21, 7]", "value = 90", "/parameters/reminder_days/value"),
        ("value = [90, 42, 21, 7]", "value = []", "/parameters/reminder_days/value"),
        ("value = [90, 42, 21, 7]", 'value = ["90"]', "/parameters/reminder_days/value"),
        ('event = "Expiry, nothing open"\n', "", "/stock/0/event"),
        ('when = "At least {share_percent} percent', 'when = "At least {share} percent', "/escalations/0/when"),
    ],
)
def test_what_is_wrong_in_a_table_is_an_error_with_its_place(old: str, new: str, where: str) -> None:
    with pytest.raises(Malformed) as refused:
        rulebook.read(changed(old, new))
    assert refused.value.where == where


def test_several_numbers_are_told_as_people_tell_them() -> None:
    assert "retaliation (after 30 and 90 days)" in BOOK.clauses["N4"].text


def test_a_number_has_the_kind_that_its_field_has() -> None:
    for field in dataclasses.fields(Limits):
        kinds = {"int": int, "bool": bool}
        assert type(getattr(BOOK.limits, field.name)) is kinds.get(str(field.type), tuple), field.name


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(TEXT) - 1), st.sampled_from(['"', "=", "[", "]", "\n", "1", "a", "{", ""]))
def test_a_damaged_file_is_read_or_refused_but_never_breaks(place: int, symbol: str) -> None:
    try:
        rulebook.read(TEXT[:place] + symbol + TEXT[place + 1 :])
    except Malformed:
        return
