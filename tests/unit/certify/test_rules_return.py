"""The way back from suspension, giving back, expiry and renewal: worked examples, each a case a person can retell."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from certify.dossier import Approval
from certify.events import State
from tests.unit.certify.builders import (
    AMINA,
    CARL,
    FACTORY,
    LOTUS,
    MERIDIAN,
    NOW,
    SUNRISE,
    accepted,
    at,
    blocked_exit,
    case,
    certified,
    closed,
    closure,
    ending,
    judged,
    office,
    passports,
    place,
    reinstate,
    renewable,
    repaired,
    revoke,
    said,
    standing,
    unmet,
    visit,
)

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
    asked = certified(passports(deliberate=True), withdrawal_requested_at=at(-1))
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
