"""When a certificate is suspended or revoked, and why: worked examples, each a case a person can retell."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from certify.dossier import Approval
from certify.events import State
from certify.rules import decide
from tests.unit.certify.builders import (
    BOOK,
    CARL,
    LOTUS,
    SAM,
    SCHEME,
    SUNRISE,
    accepted,
    at,
    blocked_exit,
    case,
    certifiable,
    certified,
    closed,
    closure,
    fees,
    finding,
    judged,
    office,
    passports,
    place,
    reinstate,
    revoke,
    said,
    standing,
    visit,
)

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


def test_a_case_counts_only_against_a_suspended_certificate() -> None:
    stray = certified(case=case(waived_at=at(-1)), withdrawal_requested_at=at(-1))
    assert judged(stray, standing()).outcome == "withdraw"


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


def test_of_two_clean_audits_the_later_one_counts() -> None:
    dossier = accepted(certified(DELIBERATE, visits=(visit(), visit("aud_3", -15))))
    assert judged(dossier, standing("suspended", since=0)).affected_from == datetime(2026, 5, 18, tzinfo=UTC)


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
