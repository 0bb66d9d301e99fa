"""The rules of independence: every reason against a candidate, named with its ids and dates; and the draw, repeated."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from audits import standard
from audits.independence import rules
from audits.independence.rules import (
    AuditorApproval,
    Candidate,
    Declaration,
    Firm,
    FirmApproval,
    Person,
    Tie,
    Wish,
)
from audits.standard import Independence

LIMITS = Independence()
MONDAY = date(2026, 7, 6)
FRIDAY = date(2026, 7, 10)
NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
WISH = Wish("org_holder", "BD", "surveillance", ("T1", "T2"), ("bn",), MONDAY, FRIDAY)
APPROVED = FirmApproval("good", date(2026, 1, 1), date(2026, 12, 31), (), ("all",), NOW)
TRAINED = (date(2025, 1, 1), date(2027, 12, 31))
ABLE = AuditorApproval(
    "lead", "good", date(2026, 1, 1), date(2026, 12, 31), ("labour",), ("bn", "en"), TRAINED, NOW
)  # fmt: skip
LEAD = Person("per_lead", (ABLE,))
FIRM = Firm("org_firm", (APPROVED,), people=(LEAD,))


def reasons(firm: Firm = FIRM, wish: Wish = WISH, limits: Independence = LIMITS) -> tuple[str, ...]:
    (only,) = rules.candidates([firm], wish, limits)
    return only.reasons


def person(**change: Any) -> Firm:
    return replace(FIRM, people=(replace(LEAD, **change),))


def entry(**change: Any) -> Firm:
    return person(history=(replace(ABLE, **change),))


def test_who_has_nothing_against_them_is_eligible() -> None:
    assert reasons() == ()


def test_the_numbers_are_those_of_the_standard() -> None:
    """DOMAIN.md 7.8: 3 in a row, 24 months."""
    fieldwork = standard.load("freemark-2026.1").fieldwork
    assert fieldwork is not None
    assert fieldwork.independence == Independence(3, 24, interview_training=True)
    assert standard.load("freemark-2026.0").fieldwork is None


@pytest.mark.parametrize("status", ["lapsed", "expired", "suspended", "not_good", "inactive"])
def test_only_good_standing_may_audit(status: Any) -> None:
    words = rules.WORDS[status]
    assert reasons(replace(FIRM, history=(replace(APPROVED, status=status),))) == (
        f"org_firm is {words} since 2026-01-01, and the audit may be on 2026-07-06",
    )
    assert f"per_lead is {words} since 2026-01-01, and the audit may be on 2026-07-06" in reasons(entry(status=status))


def test_approval_is_asked_for_every_day_of_the_window_and_not_for_today() -> None:
    ends = replace(APPROVED, last_day=date(2026, 7, 8))
    assert reasons(replace(FIRM, history=(ends,))) == (
        "org_firm is approved until 2026-07-08, and the audit may be on 2026-07-09",
    )
    stops = replace(APPROVED, status="suspended", effective_on=FRIDAY)
    assert reasons(replace(FIRM, history=(APPROVED, stops))) == (
        "org_firm is suspended since 2026-07-10, and the audit may be on 2026-07-10",
    )
    over = replace(stops, effective_on=FRIDAY + timedelta(days=1))
    assert reasons(replace(FIRM, history=(APPROVED, over))) == ()


def test_who_is_not_on_the_register_is_told_so() -> None:
    assert reasons(replace(FIRM, history=()))[0].startswith("org_firm is not on the register")
    assert any(each.startswith("per_lead is not on the register") for each in reasons(person(history=())))
    assert reasons(replace(FIRM, people=()))[-1] == "org_firm has no auditor"


def test_as_it_was_on_a_day_of_the_entries_in_effect_the_one_recorded_last_counts() -> None:
    stopped = replace(APPROVED, status="suspended", effective_on=date(2026, 3, 1))
    back = replace(APPROVED, effective_on=date(2026, 5, 1))
    history = (APPROVED, stopped, back)
    for day, status in ((date(2026, 2, 28), "good"), (date(2026, 3, 1), "suspended"), (date(2026, 5, 1), "good")):
        found = rules.in_force(history, day)
        assert found is not None
        assert found.status == status, day
    assert rules.in_force(history, date(2025, 12, 31)) is None
    # Known later, in effect earlier: from then on it counts for that day too.
    corrected = (*history, replace(APPROVED, status="inactive", effective_on=date(2026, 2, 1)))
    found = rules.in_force(corrected, date(2026, 6, 1))
    assert found is not None
    assert found.status == "inactive"


def test_scope_country_and_topics_of_the_firm() -> None:
    narrow = replace(APPROVED, countries=("NP", "VN"), topics=("labour",))
    wish = replace(WISH, topics=("T1", "T17"))
    said = reasons(replace(FIRM, history=(narrow,)), wish)
    assert "org_firm is approved for NP, VN, and the site is in BD" in said
    assert "org_firm is not approved for T17" in said
    assert "no eligible auditor of org_firm is competent for T17" in said


@pytest.mark.parametrize(("topic", "covered"), [("T1", True), ("T15", True), ("T16", False), ("T17", False)])
def test_labour_covers_the_labour_topics_and_not_safety_or_labels(topic: str, *, covered: bool) -> None:
    assert (reasons(wish=replace(WISH, topics=(topic,))) == ()) == covered
    assert reasons(entry(topics=("all",)), replace(WISH, topics=(topic,))) == ()


@pytest.mark.parametrize(
    ("spoken", "asked", "speaks"),
    [
        ("pt-BR", "pt", True),
        ("pt", "pt-BR", False),
        ("PT-br", "pt-BR", True),
        ("pt", "ptx", False),
        ("en", "ne", False),
    ],
)
def test_a_bare_language_is_met_by_its_varieties(spoken: str, asked: str, *, speaks: bool) -> None:
    said = reasons(entry(languages=(spoken,)), replace(WISH, languages=(asked,)))
    assert said == (() if speaks else (f"no eligible auditor of org_firm speaks {asked}",))


def test_a_colleague_may_bring_the_language_but_only_one_who_may_audit() -> None:
    colleague = Person("per_mate", (replace(ABLE, level="auditor", languages=("ne",)),))
    wish = replace(WISH, languages=("ne",))
    both = replace(FIRM, people=(LEAD, colleague))
    lead, mate = rules.candidates([both], wish, LIMITS)
    assert lead.eligible
    assert mate.reasons == ("per_mate is approved as auditor, not to lead",)
    barred = replace(colleague, ties=(Tie("family", None),))
    lead, _ = rules.candidates([replace(FIRM, people=(LEAD, barred))], wish, LIMITS)
    assert lead.reasons == ("no eligible auditor of org_firm speaks ne",)


def test_interview_training_is_asked_of_who_interviews_and_only_if_the_standard_asks() -> None:
    assert reasons(entry(trained=None))[-1] == "per_lead has no interview training on record"
    late = reasons(entry(trained=(date(2026, 7, 7), date(2029, 1, 1))))
    assert late[-1] == "per_lead was trained for interviews on 2026-07-07, after 2026-07-06"
    over = reasons(entry(trained=(date(2023, 1, 1), date(2026, 7, 9))))
    assert over[-1] == "the interview training of per_lead counts until 2026-07-09, before 2026-07-10"
    assert reasons(entry(trained=None), limits=replace(LIMITS, interview_training=False)) == ()
    beside = replace(LEAD, history=(replace(ABLE, level="provisional", trained=None),))
    assert rules.member_faults(beside, WISH, LIMITS, lead=False) == []
    assert rules.member_faults(beside, WISH, LIMITS, lead=True) == [
        "per_lead is approved as provisional, not to lead"
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["employment", "consultancy"])
def test_employment_and_advice_bar_for_24_months_after_their_end(kind: Any) -> None:
    ended = date(2024, 7, 6)
    said = reasons(person(ties=(Tie(kind, ended + timedelta(days=1)),)))
    assert f"per_lead: {kind} with org_holder until 2024-07-07, which bars for 24 months, until 2026-07-07" in said
    assert reasons(person(ties=(Tie(kind, ended),))) == ()
    assert any("that lasts" in each for each in reasons(person(ties=(Tie(kind, None),))))
    assert reasons(person(ties=(Tie(kind, ended + timedelta(days=1)),)), limits=replace(LIMITS, gap_months=23)) == ()


@pytest.mark.parametrize("kind", ["financial", "family", "other"])
def test_money_and_family_bar_while_they_last(kind: Any) -> None:
    assert reasons(person(ties=(Tie(kind, MONDAY - timedelta(days=1)),))) == ()
    assert f"per_lead: {kind} with org_holder until 2026-07-06" in reasons(person(ties=(Tie(kind, MONDAY),)))


def test_a_firm_that_advised_or_is_the_holder_is_barred() -> None:
    said = reasons(replace(FIRM, ties=(Tie("consultancy", date(2025, 9, 1)),)))
    assert said[0].startswith("org_firm: consultancy with org_holder until 2025-09-01")
    assert reasons(replace(FIRM, id="org_holder"))[0] == "org_holder answers for the site itself"


@pytest.mark.parametrize(("led", "barred"), [(2, False), (3, True), (4, True)])
def test_at_most_three_full_audits_in_a_row_by_the_same_lead(led: int, *, barred: bool) -> None:
    said = reasons(person(led=led))
    assert said == ((f"per_lead led the last {led} full audits here; at most 3 in a row",) if barred else ())
    assert reasons(person(led=led), replace(WISH, type="closure")) == ()
    assert rules.member_faults(replace(LEAD, led=led), WISH, LIMITS, lead=False) == []


def test_another_team_closes_what_this_one_found() -> None:
    found = person(found=("fnd_1",))
    assert reasons(found) == ()
    said = reasons(found, replace(WISH, type="priority_closure"))
    assert "per_lead was on the audit that found fnd_1: another team closes it" in said


def test_who_sent_it_back_is_not_drawn_again() -> None:
    assert "per_lead sent this assignment back" in reasons(person(declined=True))
    assert reasons(replace(FIRM, declined=True)) == ("org_firm sent this assignment back",)


def test_a_draw_is_an_index_into_the_sorted_eligible() -> None:
    firms = [
        replace(FIRM, id=firm, people=tuple(replace(LEAD, id=each, led=3 if each == "per_c" else 0) for each in people))
        for firm, people in (("org_b", ("per_d", "per_c")), ("org_a", ("per_b", "per_a")))
    ]
    found = rules.candidates(firms, WISH, LIMITS)
    assert [(each.firm, each.person) for each in found] == [
        ("org_a", "per_a"), ("org_a", "per_b"), ("org_b", "per_c"), ("org_b", "per_d"),
    ]  # fmt: skip
    assert found == rules.candidates(list(reversed(firms)), WISH, LIMITS)
    assert [rules.drawn(found, number).person for number in range(3)] == ["per_a", "per_b", "per_d"]
    with pytest.raises(IndexError):
        rules.drawn([Candidate("org_a", "per_a", ("barred",))], 0)


def test_a_missing_a_conflicting_and_a_false_declaration() -> None:
    told = LEAD, replace(LEAD, ties=(Tie("consultancy", date(2026, 1, 31)),))
    assert rules.declaration_faults(told[0], None, WISH, LIMITS) == [
        "per_lead has not declared whether there is a conflict of interest"
    ]
    assert rules.declaration_faults(told[0], Declaration("none", None), WISH, LIMITS) == []
    assert rules.declaration_faults(told[0], Declaration("family", None), WISH, LIMITS) == [
        "per_lead declared family with org_holder that lasts"
    ]
    assert rules.declaration_faults(told[0], Declaration("employment", date(2020, 1, 1)), WISH, LIMITS) == []
    known = (
        "but there was consultancy with org_holder until 2026-01-31, which bars for 24 months, until 2028-01-31"
    )  # fmt: skip
    for said, words in ((Declaration("none", None), "no conflict"),
                        (Declaration("consultancy", date(2020, 1, 1)), "consultancy until 2020-01-01")):  # fmt: skip
        assert rules.declaration_faults(told[1], said, WISH, LIMITS) == [f"per_lead declared {words}, {known}"]


def test_a_review_begins_with_doubt_and_ends_with_good_standing_only() -> None:
    def at(day: int, status: Any) -> FirmApproval:
        return replace(APPROVED, status=status, at=NOW + timedelta(days=day))

    assert rules.review_since([at(0, "good")]) is None
    assert rules.review_since([at(0, "good"), at(1, "suspended")]) == NOW + timedelta(days=1)
    assert rules.review_since([at(1, "suspended"), at(2, "not_good")]) == NOW + timedelta(days=1)
    assert rules.review_since([at(1, "suspended"), at(2, "expired"), at(3, "inactive")]) == NOW + timedelta(days=1)
    assert rules.review_since([at(1, "suspended"), at(2, "good")]) is None
    assert rules.review_since([at(1, "suspended"), at(2, "good"), at(3, "suspended")]) == NOW + timedelta(days=3)
    # Who lapses did the earlier work in good standing: no doubt falls on it.
    assert rules.review_since([at(0, "good"), at(1, "lapsed")]) is None
