"""When a certificate is issued, and the score: worked examples, each a case a person can retell."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest

from audits.facts import Finding, Visit
from certify import rulebook
from certify.dossier import Agreement, Dossier
from certify.events import State
from certify.rules import LADDER, WHEN, decide
from ground.canonical import end_of_day
from tests.unit.certify.builders import (
    AGENCY,
    AMINA,
    BOOK,
    FACTORY,
    MERIDIAN,
    NOW,
    SUNRISE,
    acceptance,
    accepted,
    at,
    blocked_exit,
    certifiable,
    certified,
    closed,
    closure,
    fees,
    finding,
    judged,
    office,
    on,
    place,
    said,
    standing,
    unmet,
    visit,
)


def refused(dossier: Dossier, *because: str) -> None:
    decision = judged(dossier)
    assert (decision.outcome, decision.because) == ("refuse", because), decision.reasons


# ---------------------------------------------------------------------------------------- the table


def test_every_standing_has_a_row_in_the_ladder_and_every_outcome_a_condition() -> None:
    assert set(LADDER) == {None, *get_args(State)}
    assert {outcome for steps in LADDER.values() for outcome in steps} == set(WHEN)


def test_every_decision_reports_every_clause_in_the_order_of_the_rulebook() -> None:
    for stands in (None, standing(), standing("suspended"), standing("revoked")):
        assert [reason.clause for reason in judged(certifiable(), stands).reasons] == list(BOOK.clauses)


# ---------------------------------------------------------------------------------------- issuing


def test_an_audited_accepted_and_signed_application_is_issued() -> None:
    decision = judged(certifiable())
    assert decision.outcome == "issue"
    assert (decision.because, decision.reason_code, decision.rulebook) == ((), None, "freemark-2026.0")
    assert decision.valid_from == NOW
    assert decision.valid_until == datetime(2027, 5, 7, tzinfo=UTC)  # the audit ended on 2026-05-06; days end at 24:00


def test_validity_counts_from_the_oldest_audit_relied_upon() -> None:
    older = office(visits=(visit("aud_office", -90, workers=9, interviews=9, files_reviewed=9),))
    decision = judged(accepted(certifiable(agents=(older,))))
    assert decision.outcome == "issue"
    assert decision.valid_until == end_of_day(date(2027, 3, 3))  # it ended on 2026-03-03


def test_twelve_months_after_the_last_of_february_is_the_last_of_february() -> None:
    leap = visit(ended=0, starts_on=date(2028, 2, 27), ends_on=date(2028, 2, 29), submitted_at=at(640))
    signed = accepted(certifiable(visits=(leap,), agents=()), days=640)
    decision = decide(signed, None, BOOK, at(641))
    assert decision.valid_until == end_of_day(date(2029, 2, 28))


def test_nothing_is_issued_under_a_draft_or_before_the_rulebook_is_in_force() -> None:
    for book in (replace(BOOK, approved=False), replace(BOOK, in_force_from=on(1))):
        assert decide(certifiable(), None, book, NOW).because == ("I1",)
    assert decide(certifiable(), None, replace(BOOK, in_force_from=on(0)), NOW).outcome == "issue"


def test_a_site_without_an_audit_is_refused() -> None:
    refused(accepted(certifiable(sites=(place(), place("site_dormitory", visits=())))), "I2")


def test_an_agent_without_an_audit_is_refused() -> None:
    refused(accepted(certifiable(agents=(office(visits=()),))), "I2")


def test_an_application_without_sites_is_refused() -> None:
    refused(accepted(certifiable(sites=())), "I2")


@pytest.mark.parametrize(
    "changes",
    [
        {"unanswered": 1},
        {"not_reviewed": 1},
        {"remote": True},
        {"type": "closure"},
        {"standard": "other-2020.0"},
        {"submitted_at": None, "report": None},
    ],
    ids=["unanswered", "not reviewed", "remote", "closure only", "other standard", "not submitted"],
)
def test_an_audit_that_is_not_full_does_not_cover_a_site(changes: dict) -> None:
    assert "I2" in judged(accepted(certifiable(visits=(visit(**changes),)))).because


def test_a_full_surveillance_audit_covers_a_site_as_well() -> None:
    assert judged(accepted(certifiable(visits=(visit(type="surveillance"),)))).outcome == "issue"


def test_an_audit_that_ended_180_days_ago_is_recent_and_one_of_181_days_is_not() -> None:
    for days, outcome in ((-180, "issue"), (-181, "refuse")):
        decision = judged(accepted(certifiable(visits=(visit(ended=days),))))
        assert decision.outcome == outcome
    assert decision.because == ("I3",)
    dossier, midnight = accepted(certifiable(visits=(visit(ended=-180),)), -1), end_of_day(on(0))
    assert decide(dossier, None, BOOK, midnight - timedelta(seconds=1)).outcome == "issue"
    assert decide(dossier, None, BOOK, midnight).because == ("I3",)


def test_without_acceptance_nothing_is_issued() -> None:
    refused(certifiable(acceptances=()), "I4")


def test_a_closure_report_after_the_acceptance_must_be_accepted_too() -> None:
    before = certifiable()
    later = replace(before, sites=(place(visits=(visit(), closure())),))
    refused(later, "I4")
    assert "does not cover 1 of 3 reports" in said(judged(later), "I4")
    assert judged(accepted(later)).outcome == "issue"


def test_two_acceptances_that_cover_the_reports_only_together_do_not_count() -> None:
    dossier = certifiable()
    reports = dossier.acceptances[0].reports
    halves = tuple(acceptance(dossier, reports=(report,)) for report in reports)
    refused(replace(dossier, acceptances=halves), "I4")


@pytest.mark.parametrize(
    "changes",
    [{"person": AMINA}, {"organisation": MERIDIAN}, {"organisation": SUNRISE}, {"organisation": AGENCY}],
    ids=["of the team", "of the audit firm", "of the holder", "of the agent"],
)
def test_nobody_accepts_a_report_on_their_own_work(changes: dict) -> None:
    dossier = certifiable()
    refused(replace(dossier, acceptances=(acceptance(dossier, **changes),)), "I4")


def test_an_acceptance_of_the_future_does_not_count_yet() -> None:
    refused(replace(certifiable(), acceptances=(acceptance(certifiable(), days=1),)), "I4")


def test_an_open_major_on_recruitment_fees_is_refused() -> None:
    refused(certifiable(fees()), "I6")
    assert said(judged(certifiable(fees())), "I6") == "Open: T1.1 (fnd_fees)."


def test_the_same_major_closed_on_site_is_issued() -> None:
    dossier = accepted(certifiable(closed(fees(), -6), visits=(visit(), closure())))
    assert judged(dossier).outcome == "issue"


def test_a_core_major_closed_from_the_desk_counts_as_open() -> None:
    dossier = certifiable(closed(fees(), -6, on_site=False), visits=(visit(), closure(remote=True)))
    refused(accepted(dossier), "I6")


def test_minors_and_other_majors_may_be_closed_from_the_desk() -> None:
    at_the_desk = [
        closed(found, -6, on_site=False)
        for found in (finding("fnd_a", core=True), finding("fnd_b", "major", planned=False))
    ]
    assert judged(certifiable(*at_the_desk)).outcome == "issue"


def test_an_open_priority_finding_is_refused() -> None:
    refused(certifiable(blocked_exit(contained_at=at(-0.5), audit="aud_1")), "I5", "M1")


def test_two_other_majors_with_approved_plans_are_carried_and_three_are_not() -> None:
    majors = [finding(f"fnd_{number}", "major") for number in range(3)]
    assert judged(certifiable(*majors[:2])).outcome == "issue"
    refused(certifiable(*majors), "I7")


def test_another_major_without_an_approved_plan_is_refused() -> None:
    refused(certifiable(finding(severity="major", planned=False)), "I7")


def test_an_overdue_minor_counts_as_a_major() -> None:
    overdue = finding(planned=False, close_due=at(-1))
    refused(certifiable(overdue), "I7")
    refused(certifiable(replace(overdue, core=True)), "I6", "S3")


def test_minors_in_time_risks_and_opportunities_do_not_hinder() -> None:
    mild = [finding("fnd_a"), finding("fnd_b", "risk"), finding("fnd_c", "opportunity")]
    assert judged(certifiable(*mild)).outcome == "issue"


def test_ten_interviews_are_too_few_for_four_hundred_workers() -> None:
    few = accepted(certifiable(visits=(visit(interviews=19),)))
    refused(few, "I9")
    assert said(judged(few), "I9") == "Too few: aud_1: 19 of 400 workers, needed 20."


@pytest.mark.parametrize(
    ("workers", "needed"), [(1, 1), (9, 9), (10, 10), (11, 10), (100, 10), (101, 11), (400, 20), (401, 21)]
)
def test_interviews_needed(workers: int, needed: int) -> None:
    for interviews, outcome in ((needed, "issue"), (needed - 1, "refuse")):
        audit = visit(workers=workers, interviews=interviews, files_reviewed=0)
        assert judged(accepted(certifiable(visits=(audit,)))).outcome == outcome


@pytest.mark.parametrize(
    "agreement",
    [
        None,
        Agreement("2025.0", at(-60), independent_reporting=True),
        Agreement("2026.0", at(-60), independent_reporting=False),
        Agreement("2026.0", at(1), independent_reporting=True),
    ],
    ids=["none", "old version", "without independent reporting", "of the future"],
)
def test_the_current_agreement_must_be_signed(agreement: Agreement | None) -> None:
    refused(certifiable(agreement=agreement), "I10")


def test_an_agreement_counts_from_the_second_it_was_signed() -> None:
    signed = Agreement("2026.0", NOW, independent_reporting=True)
    assert judged(certifiable(agreement=signed)).outcome == "issue"


@pytest.mark.parametrize(
    "changes",
    [
        {"starts_on": on(-20)},
        {"submitted_at": at(-27)},
        {"submitted_at": at(0.5)},
        {"workers": 0, "interviews": 0, "files_reviewed": 0},
        {"files_reviewed": 401},
        {"interviews": 401},
        {"conforming": 81},
        {"not_applicable": -1},
    ],
)
def test_figures_that_cannot_be_true_are_refused(changes: dict) -> None:
    assert "I11" in judged(accepted(certifiable(visits=(visit(**changes),)))).because


def test_figures_at_the_edge_are_true() -> None:
    """One worker, submitted on the last day and this very second, closed in the second of the finding."""
    edge = visit(ended=0, starts_on=on(0), submitted_at=NOW, workers=1, interviews=1, files_reviewed=1, conforming=79)
    same_second = closed(finding(found=0), 0)
    sites = (place(FACTORY, same_second, visits=(edge,), workers=1),)
    assert judged(accepted(certifiable(sites=sites), days=0)).outcome == "issue"


def test_more_findings_than_provisions_to_find_them_on_are_refused() -> None:
    audit = visit(conforming=80)
    assert "I11" in judged(accepted(certifiable(finding(), visits=(audit,)))).because


def test_a_finding_closed_before_it_was_found_is_refused() -> None:
    assert judged(certifiable(closed(finding(), -30))).because == ("I11",)


def test_a_place_without_workers_is_refused() -> None:
    assert judged(certifiable(sites=(place(workers=0),))).because == ("I11",)


def test_an_application_without_products_is_refused() -> None:
    refused(certifiable(products=0), "I12")


def test_a_holder_cannot_audit_itself() -> None:
    refused(accepted(certifiable(visits=(visit(firm=SUNRISE),))), "I13")
    refused(accepted(certifiable(visits=(visit(firm=AGENCY),))), "I13")


def test_nothing_is_issued_that_would_have_to_be_suspended_at_once() -> None:
    refused(certifiable(finding(planned=False, cap_due=at(-29))), "S5")
    refused(certifiable(suspension_requested_at=at(-1)), "S7")


def test_a_withdrawn_application_is_not_issued() -> None:
    refused(certifiable(withdrawal_requested_at=at(-1)), "W1")


# ---------------------------------------------------------------------------------------- the score


def full(*, conforming: int, applicable: int, not_applicable: int = 0) -> Visit:
    return visit(conforming=conforming, applicable=applicable, not_applicable=not_applicable)


def many(severity: str, count: int, **changes: object) -> list[Finding]:
    plain: dict = {"provision": "T10.1", **changes}
    return [finding(f"fnd_{severity}_{number}", severity, **plain) for number in range(count)]  # type: ignore[arg-type]


def test_a_clean_audit_scores_two_hundred() -> None:
    assert judged(certifiable()).score == "200.00"


def test_the_worked_example_of_the_audit_manual() -> None:
    """85 provisions, 82 applicable, 72 conforming, 1 priority, 4 major, 3 minor, 2 risks: 175.61 less 39."""
    found = [*many("priority", 1), *many("major", 4), *many("minor", 3), *many("risk", 2)]
    audit = full(conforming=72, applicable=82, not_applicable=3)
    decision = judged(accepted(certifiable(*found, visits=(audit,))))
    assert decision.score == "136.61"
    assert "I8" in decision.because


def test_the_score_is_computed_after_closure() -> None:
    found = [closed(f, -6) for f in many("minor", 10)]
    audit = full(conforming=70, applicable=80)
    assert judged(accepted(certifiable(*found, visits=(audit, closure())))).score == "200.00"


def test_half_a_hundredth_is_rounded_up() -> None:
    """One risk of 64 and one of 160 applicable: 196.875 and 198.75."""
    for applicable, score in ((64, "196.88"), (160, "198.75")):
        audit = full(conforming=applicable - 1, applicable=applicable)
        assert judged(accepted(certifiable(*many("risk", 1), visits=(audit,)))).score == score


def test_below_sixty_provisions_only_deductions_count() -> None:
    for applicable, score in ((59, "199.00"), (60, "195.67")):
        audit = full(conforming=applicable - 1, applicable=applicable)
        assert judged(accepted(certifiable(finding(), visits=(audit,)))).score == score


def test_with_more_than_a_quarter_not_applicable_only_deductions_count() -> None:
    for not_applicable, score in ((20, "195.67"), (21, "199.00")):
        audit = full(conforming=59, applicable=60, not_applicable=not_applicable)
        assert judged(accepted(certifiable(finding(), visits=(audit,)))).score == score


def test_an_opportunity_conforms_and_a_risk_does_not_unless_the_rulebook_says_so() -> None:
    audit = full(conforming=79, applicable=80)
    assert judged(accepted(certifiable(*many("opportunity", 1), visits=(audit,)))).score == "200.00"
    risky = accepted(certifiable(*many("risk", 1), visits=(audit,)))
    assert judged(risky).score == "197.50"
    lenient = replace(BOOK, limits=replace(BOOK.limits, risk_counts_as_conformance=True))
    assert decide(risky, None, lenient, NOW).score == "200.00"


def test_the_lowest_place_counts_and_160_is_enough() -> None:
    for minors, score, outcome in ((12, "158.00", "refuse"), (11, "161.50", "issue")):
        audit = full(conforming=80 - minors, applicable=80)
        decision = judged(accepted(certifiable(*many("minor", minors), visits=(audit,))))
        assert (decision.score, decision.outcome) == (score, outcome)
    for minors, outcome in ((40, "issue"), (41, "refuse")):  # of 59 provisions: 200 less the minors
        audit = full(conforming=59 - minors, applicable=59)
        assert judged(accepted(certifiable(*many("minor", minors), visits=(audit,)))).outcome == outcome


def test_a_finding_between_two_audits_deducts_without_touching_the_share() -> None:
    assert judged(certified(blocked_exit(contained_at=at(-0.5))), standing()).score == "180.00"


def test_the_score_never_falls_below_zero() -> None:
    audit = full(conforming=0, applicable=80)
    assert judged(accepted(certifiable(*many("priority", 11), visits=(audit,)))).score == "0.00"


def test_there_is_no_score_while_a_place_lacks_its_audit() -> None:
    assert judged(accepted(certifiable(agents=(office(visits=()),)))).score is None


# ---------------------------------------------------------------------------------------- odds


def test_an_unchanged_case_gives_unchanged_reasons_the_next_day() -> None:
    dossier = certified(finding(), finding("fnd_2", "major"), case=None)
    first, second = (judged(dossier, standing(), days=days) for days in (0, 1))
    assert (first.reasons, first.outcome) == (second.reasons, second.outcome)


def test_the_rulebook_of_a_decision_is_named_with_its_hash() -> None:
    decision = judged(certifiable())
    assert decision.rulebook_sha256 == rulebook.load("freemark-2026.0").sha256


def test_an_empty_dossier_is_refused_with_reasons() -> None:
    decision = judged(Dossier("app_1", SUNRISE, ()))
    assert decision.outcome == "refuse"
    assert decision.because == ("I2", "I4", "I8", "I9", "I10", "I12")


def test_clauses_that_ask_nothing_yet_are_met() -> None:
    without = judged(Dossier("app_1", SUNRISE, ()))
    assert not set(unmet(without)) & {"M1", "V1", "V2", "V3", "R2", "R3", "N1", "N2", "E1"}
    assert not set(unmet(judged(certified(), standing(since=-300)))) & {"V2", "R2", "R3"}


def test_the_reasons_name_the_lowest_score_and_what_is_signed() -> None:
    low = replace(certifiable(*many("minor", 3)))
    assert said(judged(low), "I8") == "Lowest score 189.50, needed 160."
    assert said(judged(certifiable(agreement=None)), "I10") == "Agreement 2026.0 is not signed."
    assert said(judged(certified(), standing()), "V2") == "Not suspended."
