"""When a certificate is issued, suspended, released and ended: worked examples, each a case a person can retell."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest

from audits.facts import Finding, Visit
from certify import rulebook
from certify.dossier import Agreement, Approval, Decision, Dossier
from certify.events import Standing, State
from certify.rules import LADDER, WHEN, decide
from ground.canonical import end_of_day
from tests.unit.certify.builders import (
    AGENCY,
    AMINA,
    BOOK,
    CARL,
    FACTORY,
    LOTUS,
    MERIDIAN,
    NOW,
    SAM,
    SCHEME,
    SUNRISE,
    acceptance,
    accepted,
    at,
    blocked_exit,
    case,
    certifiable,
    certified,
    closed,
    closure,
    ending,
    fees,
    finding,
    office,
    on,
    passports,
    place,
    reinstate,
    renewable,
    repaired,
    revoke,
    standing,
    visit,
)


def judged(dossier: Dossier, stands: Standing | None = None, days: float = 0) -> Decision:
    return decide(dossier, stands, BOOK, at(days))


def unmet(decision: Decision) -> list[str]:
    return [reason.clause for reason in decision.reasons if not reason.met]


def said(decision: Decision, clause: str) -> str:
    return next(reason.text for reason in decision.reasons if reason.clause == clause)


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


# ---------------------------------------------------------------------------------------- suspension


def test_a_sound_certificate_is_kept() -> None:
    decision = judged(certified(), standing())
    assert (decision.outcome, decision.because, decision.valid_until) == ("keep", (), None)


@pytest.mark.parametrize("state", ["active", "remediation", "expired"])
def test_passports_in_the_managers_safe_suspend_at_once(state: State) -> None:
    decision = judged(certified(passports(found=0)), standing(state))
    assert (decision.outcome, decision.because, decision.reason_code) == ("suspend", ("S1",), "nonconformity")


def test_containment_does_not_spare_a_core_priority() -> None:
    assert judged(certified(passports(contained_at=at(-0.9))), standing()).outcome == "suspend"


def test_a_priority_of_zero_tolerance_outside_the_core_counts_as_core() -> None:
    assert judged(certified(blocked_exit(zero_tolerance=True, contained_at=at(-0.9))), standing()).because == ("S1",)


def test_a_locked_exit_freezes_labels_while_its_48_hours_run() -> None:
    decision = judged(certified(blocked_exit(found=-1)), standing())
    assert (decision.outcome, decision.because, decision.reason_code) == ("remediation", ("M1",), "nonconformity")


def test_a_locked_exit_contained_in_time_stays_in_remediation() -> None:
    dossier = certified(blocked_exit(found=-5, contained_at=at(-4)))
    assert judged(dossier, standing()).outcome == "remediation"
    assert judged(dossier, standing("remediation", since=-5)).outcome == "keep"


def test_a_locked_exit_not_contained_after_48_hours_suspends() -> None:
    dossier = certified(blocked_exit(found=-2))
    assert judged(dossier, standing()).outcome == "remediation"
    for stands in (standing(), standing("remediation", since=-2)):
        decision = judged(dossier, stands, days=0.01)
        assert (decision.outcome, decision.because) == ("suspend", ("S2",))


def test_late_containment_suspends_whenever_the_rules_are_asked() -> None:
    assert judged(certified(blocked_exit(found=-5, contained_at=at(-1))), standing()).because == ("S2",)


def test_a_contained_exit_that_is_not_closed_in_time_suspends() -> None:
    dossier = certified(blocked_exit(found=-31, contained_at=at(-30.5), close_due=at(-1)))
    assert judged(dossier, standing("remediation", since=-30)).because == ("S2",)


def test_a_priority_without_any_due_date_is_not_forgiven() -> None:
    assert judged(certified(blocked_exit(containment_due=None)), standing()).because == ("S2",)


def test_a_core_major_suspends_on_the_day_it_is_overdue() -> None:
    assert judged(certified(fees(close_due=at(0))), standing()).outcome == "keep"
    decision = judged(certified(fees(close_due=at(-0.01))), standing())
    assert (decision.outcome, decision.because) == ("suspend", ("S3",))


def test_another_major_suspends_when_it_is_thirty_days_overdue() -> None:
    assert judged(certified(finding(severity="major", close_due=at(-30))), standing()).outcome == "keep"
    decision = judged(certified(finding(severity="major", close_due=at(-30.01))), standing())
    assert (decision.outcome, decision.because) == ("suspend", ("S4",))


def test_an_overdue_minor_suspends_like_the_major_it_became() -> None:
    assert judged(certified(finding(core=True, close_due=at(-0.01))), standing()).because == ("S3",)
    assert judged(certified(finding(close_due=at(-30.01))), standing()).because == ("S4",)


def test_a_plan_twenty_working_days_late_suspends() -> None:
    assert judged(certified(finding(planned=False, cap_due=at(-28))), standing()).outcome == "keep"
    decision = judged(certified(finding(planned=False, cap_due=at(-28.01))), standing())
    assert (decision.outcome, decision.because) == ("suspend", ("S5",))


def test_waiting_for_approval_of_a_plan_does_not_suspend() -> None:
    waiting = finding(cap_due=at(-60))
    waiting = replace(waiting, action=replace(waiting.action, approved_at=None))
    assert judged(certified(waiting), standing()).outcome == "keep"


def test_a_risk_or_an_opportunity_without_a_plan_does_not_suspend() -> None:
    mild = [finding("fnd_a", "risk", planned=False, cap_due=at(-90)), finding("fnd_b", "opportunity", planned=False)]
    assert judged(certified(*mild), standing()).outcome == "keep"


def test_surveillance_ninety_days_late_suspends() -> None:
    """The audits ended on 2026-05-06: due on 2026-11-06, the last day on which it is tolerated is 2027-02-04."""
    assert decide(certified(), standing(), BOOK, datetime(2027, 2, 5, tzinfo=UTC)).outcome == "keep"
    decision = decide(certified(), standing(), BOOK, datetime(2027, 2, 5, 0, 0, 1, tzinfo=UTC))
    assert (decision.outcome, decision.because, decision.reason_code) == ("suspend", ("S6",), "administrative")


def test_a_surveillance_visit_of_every_place_resets_the_clock() -> None:
    later = closure("aud_2", 150, type="surveillance")
    both = (visit(), later)
    at_the_agent = (visit("aud_office", workers=9, interviews=9, files_reviewed=9), replace(later, id="aud_3"))
    when = datetime(2027, 2, 6, tzinfo=UTC)
    half = certified(visits=both)
    assert decide(half, standing(), BOOK, when).because == ("S6",)
    assert decide(replace(half, agents=(office(visits=at_the_agent),)), standing(), BOOK, when).outcome == "keep"


def test_a_remote_or_closure_visit_is_no_surveillance() -> None:
    when = datetime(2027, 2, 6, tzinfo=UTC)
    for later in (closure("aud_2", 150), closure("aud_2", 150, type="surveillance", remote=True)):
        assert decide(certified(visits=(visit(), later), agents=()), standing(), BOOK, when).because == ("S6",)


def test_one_authorised_person_brakes() -> None:
    decision = judged(certified(suspension_requested_at=at(-1)), standing())
    assert (decision.outcome, decision.because, decision.reason_code) == ("suspend", ("S7",), "unspecified")


def test_a_brake_that_was_released_does_not_brake_again() -> None:
    assert judged(certified(suspension_requested_at=at(-11)), standing(since=-10)).outcome == "keep"


def test_a_brake_in_the_second_of_the_release_still_brakes() -> None:
    assert judged(certified(suspension_requested_at=at(-10)), standing(since=-10)).because == ("S7",)
    assert said(judged(certified(suspension_requested_at=at(-11)), standing(since=-10)), "S7") == "Nobody brakes."


def test_after_expiry_overdue_clocks_suspend_nothing_but_a_core_priority_does() -> None:
    over = standing("expired", valid_until=at(-1), since=-1)
    assert judged(certified(fees(close_due=at(-2))), over).outcome == "keep"
    assert judged(certified(passports()), over).outcome == "suspend"


# ---------------------------------------------------------------------------------------- revocation

DELIBERATE = passports(deliberate=True)


def test_a_deliberate_breach_suspends_first_and_then_proposes_revocation() -> None:
    dossier = certified(DELIBERATE)
    assert judged(dossier, standing()).outcome == "suspend"
    decision = judged(dossier, standing("suspended", since=0))
    assert (decision.outcome, decision.because) == ("propose_revocation", ("V1",))
    assert decision.reply_until == at(30)


def test_a_concealed_breach_does_the_same() -> None:
    dossier = certified(passports(concealed=True))
    assert judged(dossier, standing("suspended", since=-1)).outcome == "propose_revocation"


def test_zero_tolerance_alone_proposes_nothing() -> None:
    assert judged(certified(passports()), standing("suspended", since=-1)).outcome == "keep"


def test_an_open_case_waits_for_the_reply() -> None:
    assert judged(certified(DELIBERATE, case=case()), standing("suspended", since=-2)).outcome == "keep"


def test_a_waiver_makes_the_revocation_final() -> None:
    decision = judged(certified(DELIBERATE, case=case(waived_at=at(-1))), standing("suspended", since=-2))
    assert (decision.outcome, decision.because, decision.reason_code) == ("revoke", ("V3",), "nonconformity")


def test_silence_makes_the_revocation_final() -> None:
    silent = certified(DELIBERATE, case=case(-30))
    assert judged(silent, standing("suspended", since=-30)).outcome == "keep"
    assert judged(silent, standing("suspended", since=-30), days=0.01).outcome == "revoke"


def test_a_reply_in_time_leaves_it_to_two_people() -> None:
    replied = certified(DELIBERATE, case=case(-40, replied_at=at(-20)))
    stands = standing("suspended", since=-40)
    assert judged(replied, stands).outcome == "keep"
    assert judged(replace(replied, approvals=(revoke(),)), stands).outcome == "keep"
    assert judged(replace(replied, approvals=(revoke(), revoke(CARL, LOTUS))), stands).outcome == "revoke"


def test_a_reply_too_late_is_no_reply() -> None:
    late = certified(DELIBERATE, case=case(-40, replied_at=at(-5)))
    assert judged(late, standing("suspended", since=-40)).outcome == "revoke"


def test_replies_and_confirmations_count_in_the_last_and_in_the_first_second() -> None:
    stands = standing("suspended", since=-40)
    in_time = certified(DELIBERATE, case=case(-40, replied_at=at(-10)))
    assert judged(in_time, stands).outcome == "keep"
    confirmed = certified(DELIBERATE, case=case(-2), approvals=(revoke(days=-2), revoke(CARL, LOTUS)))
    assert judged(confirmed, stands).outcome == "revoke"


@pytest.mark.parametrize(
    "second",
    [revoke(CARL, SCHEME), revoke(SAM, LOTUS), revoke("per_bea", SUNRISE), revoke(CARL, LOTUS, -3), reinstate()],
    ids=["same organisation", "same person", "the holder", "before the case", "another act"],
)
def test_two_confirmations_need_two_people_of_different_organisations(second: Approval) -> None:
    dossier = certified(DELIBERATE, case=case(), approvals=(revoke(), second))
    assert judged(dossier, standing("suspended", since=-2)).outcome == "keep"


def test_a_case_from_before_this_suspension_is_history() -> None:
    old = certified(passports(), case=case(-60, waived_at=at(-59)))
    assert judged(old, standing("suspended", since=-1)).outcome == "keep"
    assert judged(replace(old, sites=(place(),)), standing()).outcome == "keep"


def test_closing_the_findings_does_not_end_an_open_case() -> None:
    visits = (visit(), closure())
    dossier = certified(closed(replace(DELIBERATE, discovered_at=at(-20)), -6), visits=visits, case=case(-15))
    silent = replace(dossier, case=case(-31))
    assert judged(dossier, standing("suspended", since=-15)).outcome == "keep"
    assert judged(silent, standing("suspended", since=-31)).outcome == "revoke"


def test_ninety_days_of_suspension_with_a_core_finding_propose_revocation() -> None:
    dossier = certified(passports(found=-90))
    assert judged(dossier, standing("suspended", since=-90)).outcome == "keep"
    assert judged(dossier, standing("suspended", since=-91)).because == ("V2",)


def test_a_core_major_shortens_the_suspension_and_another_one_does_not() -> None:
    assert judged(certified(fees(close_due=at(-95))), standing("suspended", since=-91)).because == ("V2",)
    other = finding(severity="major", close_due=at(-95))
    assert judged(certified(other), standing("suspended", since=-91)).outcome == "keep"


def test_half_a_year_of_suspension_without_a_core_finding_proposes_revocation() -> None:
    dossier = certified(suspension_requested_at=at(-181))
    assert judged(dossier, standing("suspended", since=-180)).outcome == "keep"
    assert judged(dossier, standing("suspended", since=-180.1)).because == ("V2",)


def test_the_affected_period_begins_after_the_last_full_audit_that_found_the_topic_in_order() -> None:
    decision = judged(certified(DELIBERATE), standing("suspended", since=0))
    assert decision.affected_from == datetime(2026, 5, 7, tzinfo=UTC)  # the initial audit ended on 2026-05-06


def test_the_visit_that_found_the_breach_does_not_clear_the_days_before_it() -> None:
    surveillance = visit("aud_2", -1, type="surveillance")
    dossier = accepted(certified(DELIBERATE, visits=(visit(), surveillance)))
    assert judged(dossier, standing("suspended", since=0)).affected_from == datetime(2026, 5, 7, tzinfo=UTC)


def test_an_audit_that_ended_on_the_day_of_the_discovery_clears_nothing() -> None:
    same_day = visit("aud_3", -1, type="surveillance", submitted_at=at(-0.5))
    dossier = accepted(certified(DELIBERATE, visits=(visit(), same_day)))
    assert judged(dossier, standing("suspended", since=0)).affected_from == datetime(2026, 5, 7, tzinfo=UTC)


def test_without_a_clean_audit_the_whole_life_of_the_certificate_is_affected() -> None:
    before = closed(finding("fnd_before", provision="T2.2", core=True), -12)
    decision = judged(certified(before, DELIBERATE), standing("suspended", since=0))
    assert decision.affected_from == at(-10)


def test_a_revocation_without_a_braking_finding_affects_the_days_since_the_suspension() -> None:
    decision = judged(certified(suspension_requested_at=at(-200)), standing("suspended", since=-190))
    assert (decision.outcome, decision.affected_from) == ("propose_revocation", at(-190))


@pytest.mark.parametrize("state", ["revoked", "withdrawn", "superseded", "reduced"])
def test_nothing_leads_away_from_a_final_standing(state: State) -> None:
    for dossier in (
        certifiable(),
        certified(DELIBERATE, withdrawal_requested_at=at(-1), case=case(waived_at=at(-1))),
        certified(approvals=(reinstate(), revoke(), revoke(CARL, LOTUS))),
    ):
        decision = judged(dossier, standing(state))
        assert (decision.outcome, decision.because, decision.reason_code) == ("keep", (), None)


# ---------------------------------------------------------------------------------------- the way back

SUSPENDED = standing("suspended", since=-10, valid_from=at(-40))
REPAIRED = repaired()


def test_a_suspended_certificate_comes_back_by_closure_re_entry_acceptance_and_a_second_person() -> None:
    decision = judged(REPAIRED, SUSPENDED)
    assert (decision.outcome, decision.reason_code, decision.valid_until) == ("reinstate", None, None)


def test_remediation_ends_by_the_same_rule() -> None:
    dossier = repaired(blocked_exit(-11))
    stands = standing("remediation", since=-10)
    assert judged(dossier, stands).outcome == "reinstate"
    assert judged(replace(dossier, approvals=()), stands).outcome == "keep"


def test_an_open_finding_keeps_it_suspended() -> None:
    sites = (place(FACTORY, passports(found=-11), visits=(visit(), closure())),)
    decision = judged(replace(REPAIRED, sites=sites), SUSPENDED)
    assert decision.outcome == "keep"
    assert said(decision, "R1") == "Still against it: S1."


def test_a_priority_closed_from_the_desk_keeps_it_suspended() -> None:
    remote = closed(passports(found=-11), -6, on_site=False)
    sites = (place(FACTORY, remote, visits=(visit(), closure())),)
    assert judged(replace(REPAIRED, sites=sites), SUSPENDED).outcome == "keep"


def test_without_a_re_entry_audit_it_stays_suspended() -> None:
    """Neither the visit that found the breach, nor a remote one, nor one that is not submitted."""
    for later in (closure(ended=-10), closure(remote=True), closure(submitted_at=None, report=None)):
        sites = (place(FACTORY, closed(passports(found=-11), -6), visits=(visit(), later)),)
        decision = judged(accepted(replace(REPAIRED, sites=sites)), SUSPENDED)
        assert (decision.outcome, "R2" in unmet(decision)) == ("keep", True)


def test_without_acceptance_of_the_closure_report_it_stays_suspended() -> None:
    early = replace(REPAIRED, acceptances=certified().acceptances)
    decision = judged(early, SUSPENDED)
    assert (decision.outcome, "I4" in unmet(decision)) == ("keep", True)


@pytest.mark.parametrize(
    "second",
    [
        reinstate(organisation=LOTUS),
        reinstate(person=CARL),
        reinstate(organisation=MERIDIAN),
        reinstate(person=AMINA),
        reinstate(organisation=SUNRISE),
        reinstate(days=-7),
        reinstate(days=1),
        revoke(),
    ],
    ids=[
        "the acceptor's organisation", "the acceptor", "the audit firm", "the team", "the holder",
        "before the closure report", "of the future", "another act",
    ],
)  # fmt: skip
def test_releasing_needs_a_second_person_of_another_organisation(second: Approval) -> None:
    decision = judged(replace(REPAIRED, approvals=(second,)), SUSPENDED)
    assert (decision.outcome, "R3" in unmet(decision)) == ("keep", True)


def test_a_brake_is_released_only_by_an_approval_after_it() -> None:
    braked = replace(REPAIRED, suspension_requested_at=at(-1))
    assert judged(replace(braked, approvals=(reinstate(-2),)), SUSPENDED).outcome == "keep"
    assert judged(replace(braked, approvals=(reinstate(),)), SUSPENDED).outcome == "reinstate"


def test_an_approval_may_come_in_the_second_of_the_brake_and_of_the_last_report() -> None:
    assert judged(replace(REPAIRED, approvals=(reinstate(-6),)), SUSPENDED).outcome == "reinstate"
    braked = replace(REPAIRED, suspension_requested_at=NOW)
    assert judged(braked, SUSPENDED).outcome == "reinstate"


def test_a_suspended_certificate_goes_to_remediation_only_by_two_people() -> None:
    findings = (closed(passports(found=-11), -6), blocked_exit(-1, contained_at=at(-0.5)))
    dossier = replace(REPAIRED, sites=(place(FACTORY, *findings, visits=(visit(), closure())),))
    assert judged(dossier, SUSPENDED).outcome == "remediation"
    assert judged(replace(dossier, approvals=()), SUSPENDED).outcome == "keep"


def test_a_ripe_case_beats_the_way_back() -> None:
    assert judged(replace(REPAIRED, case=case(-9, waived_at=at(-8))), SUSPENDED).outcome == "revoke"


def test_reinstatement_by_two_people_ends_a_case_that_is_not_ripe() -> None:
    assert judged(replace(REPAIRED, case=case(-9, replied_at=at(-8))), SUSPENDED).outcome == "reinstate"


# ---------------------------------------------------------------------------------------- giving back, expiry


def test_the_holder_may_give_the_certificate_back() -> None:
    for stands in (standing(), standing("remediation"), standing("suspended", since=-1)):
        decision = judged(certified(withdrawal_requested_at=at(-1)), stands)
        assert (decision.outcome, decision.because, decision.reason_code) == ("withdraw", ("W1",), "holder-request")


def test_a_withdrawal_under_an_open_priority_is_no_clean_exit() -> None:
    decision = judged(certified(passports(), withdrawal_requested_at=at(-1)), standing())
    assert (decision.outcome, decision.reason_code) == ("withdraw", "nonconformity")


def test_nobody_withdraws_from_a_revocation() -> None:
    asked = certified(DELIBERATE, withdrawal_requested_at=at(-1))
    assert judged(asked, standing()).outcome == "suspend"
    assert judged(asked, standing("suspended", since=-1)).outcome == "propose_revocation"
    assert judged(replace(asked, case=case()), standing("suspended", since=-2)).outcome == "keep"
    healed = certified(withdrawal_requested_at=at(-1), case=case())
    assert judged(healed, standing("suspended", since=-2)).outcome == "keep"


def test_a_certificate_expires_at_its_end_and_not_before() -> None:
    stands = standing(valid_until=at(1))
    assert judged(certified(), stands, days=0.99).outcome == "keep"
    decision = judged(certified(), stands, days=1)
    assert (decision.outcome, decision.because) == ("expire", ("E1",))
    assert judged(certified(), standing("expired", valid_until=at(-1))).outcome == "keep"


def test_expiry_beats_withdrawal_and_remediation_and_yields_to_suspension() -> None:
    stands = standing(valid_until=at(-1))
    assert judged(certified(withdrawal_requested_at=at(-2)), stands).outcome == "expire"
    assert judged(certified(blocked_exit()), stands).outcome == "expire"
    assert judged(certified(passports()), stands).outcome == "suspend"


@pytest.mark.parametrize("state", ["suspended", "remediation"])
def test_time_running_out_does_not_hide_a_suspension(state: State) -> None:
    assert judged(certified(passports()), standing(state, since=-2, valid_until=at(-1))).outcome in ("keep", "suspend")
    assert judged(certified(), standing(state, since=-2, valid_until=at(-1))).outcome == "keep"


# ---------------------------------------------------------------------------------------- renewal

RENEWABLE, ENDING = renewable(), ending()
NEW, (NEW_OFFICE,) = RENEWABLE.sites[0].visits, RENEWABLE.agents


def test_a_certificate_with_a_new_accepted_audit_is_renewed_from_now_on() -> None:
    decision = judged(RENEWABLE, ENDING)
    assert (decision.outcome, decision.reason_code, decision.valid_from) == ("renew", "superseded", NOW)
    assert decision.valid_until == datetime(2027, 5, 23, tzinfo=UTC)  # the new audits ended on 2026-05-22


def test_the_window_opens_ninety_days_before_the_end() -> None:
    assert judged(RENEWABLE, replace(ENDING, valid_until=at(90))).outcome == "renew"
    assert judged(RENEWABLE, replace(ENDING, valid_until=at(90.01))).outcome == "keep"


def test_the_audit_of_the_first_certificate_does_not_carry_the_second() -> None:
    for agents in ((NEW_OFFICE,), (office(),)):
        dossier = accepted(certified(agents=agents, visits=NEW, certified_at=at(-8)))
        assert judged(dossier, ENDING).outcome == "keep"


def test_every_place_needs_its_new_audit() -> None:
    decision = judged(accepted(replace(RENEWABLE, agents=(office(),))), replace(ENDING, since=at(-20)))
    assert decision.outcome == "renew"  # the office was audited 26 days ago
    older = replace(RENEWABLE, agents=(office(),), certified_at=at(-28))
    decision = judged(accepted(older), ENDING)
    assert (decision.outcome, "N2" in unmet(decision)) == ("keep", True)


def test_a_renewal_needs_every_gate() -> None:
    assert judged(replace(RENEWABLE, acceptances=()), ENDING).outcome == "keep"
    assert judged(replace(RENEWABLE, products=0), ENDING).outcome == "keep"


def test_an_expired_certificate_can_be_renewed_and_the_gap_stays() -> None:
    decision = judged(RENEWABLE, replace(ENDING, state="expired", valid_until=at(-20), since=at(-20)))
    assert (decision.outcome, decision.valid_from) == ("renew", NOW)


def test_a_suspended_certificate_is_not_renewed() -> None:
    assert judged(RENEWABLE, replace(ENDING, state="suspended", since=at(-12))).outcome == "keep"


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
