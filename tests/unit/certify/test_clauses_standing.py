"""What freemark-2026.1 does to a certificate that stands: each clause met, not met, and on its last day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from audits.facts import Check, Concern, Hit, Visit
from certify.dossier import Dossier, Reduction, Revocation, Risk, UnderReview
from certify.events import State
from certify.rules import decide, record, replay
from ground.canonical import end_of_day, jcs, parse
from tests.unit.certify.builders import (
    AGENCY,
    BOOK,
    BOOK_1,
    CARL,
    FACTORY,
    LOTUS,
    MERIDIAN,
    NOW,
    OFFICE,
    SUNRISE,
    accepted,
    at,
    blocked_exit,
    case,
    certified,
    certified_2026_1,
    closed,
    closure,
    ending,
    fees,
    finding,
    judged,
    judged_1,
    modern,
    modern_visit,
    panel,
    passports,
    place,
    place_1,
    reinstate,
    renewable_2026_1,
    repaired_2026_1,
    said,
    standing,
    visit,
    visit_1,
)

SUSPENDED = standing("suspended")


def with_factory(dossier: Dossier, **changes: Any) -> Dossier:
    return replace(dossier, sites=(replace(dossier.sites[0], **changes), *dossier.sites[1:]))


def test_a_sound_certificate_is_kept() -> None:
    decision = judged_1(certified_2026_1(), standing())
    assert (decision.outcome, decision.because, decision.proposals) == ("keep", (), ())


# ---------------------------------------------------------------------------------------- S6: surveillance by risk

LOW = (Risk(FACTORY, "low", at(-40)), Risk(OFFICE, "low", at(-40)))


@pytest.mark.parametrize(
    ("changes", "due"),
    [
        ({}, date(2026, 11, 6)),
        ({"risks": LOW}, date(2027, 5, 6)),
        ({"risks": LOW[:1]}, date(2026, 11, 6)),
        ({"risks": LOW, "revocations": (Revocation("A", at(-900)),)}, date(2026, 9, 6)),
        ({"risks": LOW, "revocations": (Revocation("A", at(-900)),), "cycles": 2}, date(2027, 5, 6)),
    ],
    ids=["not assessed", "low risk", "one of two", "probation", "probation is over"],
)
def test_the_next_visit_comes_by_risk_and_ninety_days_late_suspends(changes: dict, due: date) -> None:
    """The audits ended on 2026-05-06."""
    dossier, last = certified_2026_1(**changes), end_of_day(due) + timedelta(days=90)
    stands = standing(valid_until=datetime(2029, 1, 1, tzinfo=UTC))
    assert decide(dossier, stands, BOOK_1, last).outcome == "keep"
    decision = decide(dossier, stands, BOOK_1, last + timedelta(seconds=1))
    assert (decision.outcome, decision.because, decision.reason_code) == ("suspend", ("S6",), "administrative")


def test_three_visits_a_year_while_majors_are_carried() -> None:
    dossier = certified_2026_1(finding(severity="major", close_due=at(400)))
    last = end_of_day(date(2026, 9, 6)) + timedelta(days=90)
    assert decide(dossier, standing(), BOOK_1, last).outcome == "keep"
    assert decide(dossier, standing(), BOOK_1, last + timedelta(seconds=1)).because == ("S6",)


@pytest.mark.parametrize("outcome", ["access_denied", "unsafe", "interrupted"])
def test_a_visit_that_was_not_completed_is_no_visit(outcome: str) -> None:
    later = visit_1("aud_2", 100, type="surveillance", outcome=outcome)
    last = end_of_day(date(2026, 11, 6)) + timedelta(days=91)
    assert "S6" in decide(certified_2026_1(visits=(visit(), later), agents=()), standing(), BOOK_1, last).because


# ---------------------------------------------------------------------------------------- S8 to S11


def test_lost_accreditation_is_a_caution_for_sixty_days_and_then_suspends() -> None:
    lost = UnderReview(MERIDIAN, at(-60), at(0))
    dossier = certified_2026_1(under_review=(lost,))
    assert judged_1(dossier, standing()).outcome == "keep"
    assert said(judged_1(dossier, standing()), "S8") == "To be verified again: org_meridian by 2026-06-01."
    decision = judged_1(dossier, standing(), days=0.01)
    assert (decision.outcome, decision.because, decision.reason_code) == ("suspend", ("S8",), "administrative")


@pytest.mark.parametrize("changes", [{"reverified_at": at(-1)}, {"lifted_at": at(-1)}, {"since": at(1)}])
def test_work_that_was_verified_again_or_a_review_that_was_lifted_suspends_nothing(changes: dict) -> None:
    lost = replace(UnderReview(MERIDIAN, at(-90), at(-30)), **changes)
    assert judged_1(certified_2026_1(under_review=(lost,)), standing()).outcome == "keep"


@pytest.mark.parametrize("state", ["active", "remediation", "expired"])
def test_a_confirmed_hit_suspends_and_a_delisting_ends_it(state: State) -> None:
    stands = standing(state, **({"valid_until": at(-1), "since": -1} if state == "expired" else {}))
    hit = Hit("hit_1", "lst_dirty", "identifier", "confirmed", at(-2))
    decision = judged_1(with_factory(certified_2026_1(), hits=(hit,)), stands)
    assert (decision.outcome, decision.because, decision.reason_code) == ("suspend", ("S9",), "nonconformity")
    for harmless in ("open", "dismissed", "delisted"):
        quiet = with_factory(certified_2026_1(), hits=(replace(hit, state=harmless),))
        assert judged_1(quiet, stands).because != ("S9",)


def surveyed(*outcomes: str) -> Dossier:
    """Visits one, two ... days ago from the last to the first, with these outcomes."""
    last = -len(outcomes)
    visits = [
        visit_1(f"aud_{number + 2}", last + number, type="surveillance", outcome=outcome, submitted_at=at(0))
        for number, outcome in enumerate(outcomes)
    ]  # fmt: skip
    return certified_2026_1(visits=(visit(), *visits))


@pytest.mark.parametrize(
    ("outcomes", "outcome"),
    [
        (("access_denied",), "suspend"),
        (("interrupted",), "suspend"),
        (("unsafe",), "keep"),
        (("access_denied", "completed"), "keep"),
        (("access_denied", "unsafe"), "suspend"),
        (("completed", "access_denied"), "suspend"),
    ],
)
def test_refused_access_suspends_until_a_visit_is_completed(outcomes: tuple[str, ...], outcome: str) -> None:
    decision = judged_1(surveyed(*outcomes), standing())
    assert decision.outcome == outcome
    if outcome == "suspend":
        assert (decision.because, decision.reason_code) == (("S10",), "nonconformity")


def test_a_closure_at_the_desk_does_not_heal_refused_access() -> None:
    dossier = surveyed("access_denied", "completed")
    *others, last = dossier.sites[0].visits
    assert judged_1(with_factory(dossier, visits=(*others, replace(last, remote=True))), standing()).because == ("S10",)


@pytest.mark.parametrize(
    ("changes", "proposals"),
    [({}, ("S11",)), ({"sources": 2}, ()), ({"resolved_at": at(-1)}, ()), ({"core": False}, ("S11",))],
)
def test_three_independent_sources_are_a_proposal_to_a_person_and_no_more(
    changes: dict, proposals: tuple[str, ...]
) -> None:
    concern = replace(Concern("con_1", "T1", True, 3, at(-3), None), **changes)
    decision = judged_1(with_factory(certified_2026_1(), concerns=(concern,)), standing())
    assert (decision.outcome, decision.because, decision.proposals) == ("keep", (), proposals)
    braked = replace(with_factory(certified_2026_1(), concerns=(concern,)), suspension_requested_at=at(0))
    assert judged_1(braked, standing()).because == ("S7",)
    assert judged_1(braked, SUSPENDED).proposals == ()


# ---------------------------------------------------------------------------------------- M2: leniency

TOLD: dict[str, Any] = {"disclosed_at": at(-20), "contained_at": at(-19), "remedied_at": at(-2)}


def disclosed(**changes: Any) -> Dossier:
    return certified_2026_1(passports(found=-20, **(TOLD | changes)))


@pytest.mark.parametrize("changes", [{}, {"deliberate": True}, {"concealed": True}, {"topic": "T9"},
                                     {"topic": "T6"}, {"by_management": True}])  # fmt: skip
def test_a_breach_that_the_holder_disclosed_contained_and_remedied_freezes_labels(changes: dict) -> None:
    decision = judged_1(disclosed(**changes), standing())
    assert (decision.outcome, decision.because, decision.reason_code) == ("remediation", ("M2",), "nonconformity")
    assert judged_1(disclosed(**changes), standing("remediation")).outcome == "keep"
    assert judged_1(disclosed(**changes), SUSPENDED).outcome == "keep"  # no revocation; back by two people


@pytest.mark.parametrize(
    "changes",
    [
        {"disclosed_at": None},
        {"disclosed_at": at(-19)},
        {"contained_at": None},
        {"remedied_at": None},
        {"remedied_at": at(1)},
        {"topic": "T9", "worst_form": True},
        {"topic": "T6", "by_management": True},
    ],
    ids=["not disclosed", "after the auditors", "not contained", "not remedied", "remedied tomorrow",
         "worst forms of child labour", "violence by management"],
)  # fmt: skip
def test_nothing_less_is_spared(changes: dict) -> None:
    decision = judged_1(disclosed(**changes), standing())
    assert (decision.outcome, decision.because) == ("suspend", ("S1",))


def test_a_spared_breach_that_is_overdue_suspends() -> None:
    late = certified_2026_1(passports(found=-100, close_due=at(0), **(TOLD | {"disclosed_at": at(-100)})))
    assert judged_1(late, standing()).outcome == "remediation"
    assert judged_1(late, standing(), days=0.01).because == ("S1",)


def test_a_suspension_becomes_remediation_by_two_people_and_a_panel() -> None:
    breach = passports(found=-11, disclosed_at=at(-11), contained_at=at(-10.5), remedied_at=at(-2))
    dossier = modern(accepted(certified(breach, visits=(visit(), closure()))))
    ready = replace(dossier, approvals=(reinstate(),), panels=(panel(),))
    assert judged_1(ready, SUSPENDED).outcome == "remediation"
    assert judged_1(replace(ready, approvals=()), SUSPENDED).outcome == "keep"


def test_under_the_first_rulebook_nothing_is_spared() -> None:
    assert judged(disclosed(), standing()).because == ("S1",)


# ---------------------------------------------------------------------------------------- V1: not contained


def test_zero_tolerance_that_was_not_contained_in_time_leads_to_a_proposal() -> None:
    loose = certified_2026_1(passports(found=-2))  # 48 hours by the builder
    assert judged_1(loose, SUSPENDED).outcome == "keep"
    decision = judged_1(loose, SUSPENDED, days=0.01)
    assert (decision.outcome, decision.because) == ("propose_revocation", ("V1",))
    assert judged(certified(passports(found=-2)), SUSPENDED, days=0.01).outcome == "keep"  # 2026.0 did not ask
    late = certified_2026_1(passports(found=-9, contained_at=at(-1)))
    assert judged_1(late, SUSPENDED).outcome == "keep"


def test_a_core_priority_without_zero_tolerance_is_no_ground_for_revocation() -> None:
    assert judged_1(certified_2026_1(passports(found=-9, zero_tolerance=False)), SUSPENDED).outcome == "keep"


# ---------------------------------------------------------------------------------------- R4, R5: coming back

MISUSE = finding("fnd_labels", "major", "T16.1", -12, deliberate=True, close_due=at(90))


def misused(**changes: Any) -> Dossier:
    """Suspended for labels on goods of another factory, put right six days ago."""
    return repaired_2026_1(replace(MISUSE, **changes))


def test_deliberate_misuse_of_labels_suspends_for_half_a_year() -> None:
    """Suspended on 2026-05-22: not back before the end of 2026-11-22."""
    dossier = replace(misused(), suspension_requested_at=at(-10))
    until = datetime(2026, 11, 23, tzinfo=UTC)
    assert judged_1(dossier, SUSPENDED).outcome == "keep"
    assert said(judged_1(dossier, SUSPENDED), "R4") == "Suspended for misuse of labels until 2026-11-23 at least."
    # V2 opens a case after 180 days; until it is ripe the way back stays open.
    lately = {"screened_at": at(170)}  # of those who come back the screening is asked too
    opened = replace(
        dossier,
        case=case(171),
        sites=tuple(replace(place, **lately) for place in dossier.sites),
        agents=tuple(replace(place, **lately) for place in dossier.agents),
    )
    assert decide(opened, SUSPENDED, BOOK_1, until - timedelta(seconds=1)).outcome == "keep"
    assert decide(opened, SUSPENDED, BOOK_1, until).outcome == "reinstate"


@pytest.mark.parametrize(
    "changes",
    [
        {"deliberate": False},
        {"topic": "T14"},
        {"severity": "minor"},
        {"closed_at": at(-10, hours=-1)},
    ],
    ids=["by mistake", "another topic", "a minor", "closed before the suspension"],
)
def test_other_suspensions_have_no_shortest_time(changes: dict) -> None:
    dossier = misused()
    other = replace(dossier.sites[0].findings[0], **changes)
    assert judged_1(with_factory(dossier, findings=(other,)), SUSPENDED).outcome == "reinstate"


@pytest.mark.parametrize("changes", [{"concealed": True}, {"escalated": "repeat"}, {"severity": "priority"}])
def test_concealed_or_repeated_misuse_counts_as_deliberate(changes: dict) -> None:
    deliberate = changes.get("severity") == "priority"
    assert judged_1(misused(deliberate=deliberate, **changes), SUSPENDED).outcome == "keep"


def test_after_zero_tolerance_a_panel_speaks_for_the_return() -> None:
    dossier = repaired_2026_1()
    assert judged_1(dossier, SUSPENDED).outcome == "reinstate"
    for panels in ((), (panel(favourable=False),), (panel(-7),)):  # the last report is six days old
        assert judged_1(replace(dossier, panels=panels), SUSPENDED).outcome == "keep"
    assert judged_1(replace(dossier, panels=(panel(-6),)), SUSPENDED).outcome == "reinstate"


def test_a_suspension_without_any_report_is_judged_too() -> None:
    """An alert comes before the report of its visit."""
    bare = certified_2026_1(sites=(place_1(FACTORY, passports(), visits=()),), agents=())
    assert said(judged_1(bare, SUSPENDED), "R5") == "No panel has spoken for it since 2026-05-22."


def test_other_findings_need_no_panel_to_return_and_two_core_majors_do() -> None:
    alone = replace(repaired_2026_1(closed(fees(), -6)), panels=())
    assert judged_1(alone, SUSPENDED).outcome == "reinstate"
    contracts = closed(finding("fnd_contracts", "major", "T3.1", -20, core=True), -6)
    both = with_factory(alone, findings=(*alone.sites[0].findings, contracts))
    assert judged_1(both, SUSPENDED).outcome == "keep"
    assert judged_1(replace(both, panels=(panel(),)), SUSPENDED).outcome == "reinstate"
    before = with_factory(alone, findings=(*alone.sites[0].findings, replace(contracts, closed_at=at(-10, hours=-1))))
    assert judged_1(before, SUSPENDED).outcome == "reinstate"


def test_the_new_brakes_hold_a_suspension_too() -> None:
    dossier = replace(repaired_2026_1(), under_review=(UnderReview(MERIDIAN, at(-90), at(-30)),))
    decision = judged_1(dossier, SUSPENDED)
    assert (decision.outcome, said(decision, "R1")) == ("keep", "Still against it: S8.")


def test_a_refused_re_entry_audit_is_none() -> None:
    dossier = repaired_2026_1()
    refused = tuple(replace(v, outcome="access_denied") if v.type == "closure" else v for v in dossier.sites[0].visits)
    decision = judged_1(with_factory(dossier, visits=refused), SUSPENDED)
    assert decision.outcome != "reinstate"
    assert said(decision, "R2") == f"No re-entry audit begun after 2026-05-22: {FACTORY}."


# ---------------------------------------------------------------------------------------- N3, N4: renewing


def test_a_renewal_needs_an_unannounced_visit_to_each_place() -> None:
    dossier = renewable_2026_1()
    assert judged_1(dossier, ending()).outcome == "renew"
    *old, new = dossier.sites[0].visits
    for notice in ("announced", "semi_announced"):
        told = with_factory(dossier, visits=(*old, replace(new, notice=notice)))
        decision = judged_1(told, ending())
        assert (decision.outcome, "site_factory" in said(decision, "N3")) == ("keep", True)


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, "renew"),
        ({"type": "for_cause"}, "renew"),
        ({"type": "closure"}, "keep"),
        ({"remote": True}, "keep"),
        ({"outcome": "unsafe"}, "keep"),
        ({"notice": "", "announced": True}, "keep"),
        ({"notice": "", "announced": False}, "renew"),
        ({"starts_on": at(-300).date()}, "keep"),
        ({"starts_on": at(-299).date()}, "renew"),
    ],
)
def test_what_counts_as_an_unannounced_visit(changes: dict, outcome: str) -> None:
    dossier = renewable_2026_1()
    *old, new = dossier.sites[0].visits
    surprise = visit_1("aud_surprise", -200, type="surveillance", notice="unannounced", announced=False)
    visits: tuple[Visit, ...] = (*old, replace(surprise, **changes), replace(new, notice="announced"))
    assert judged_1(accepted(with_factory(dossier, visits=visits)), ending()).outcome == outcome


@pytest.mark.parametrize(
    ("checks", "outcome"),
    [
        ((Check("retaliation_30", "aud_1", at(0), None, ""),), "renew"),
        ((Check("retaliation_30", "aud_1", at(0, hours=-1), None, ""),), "keep"),
        ((Check("retaliation_30", "aud_1", at(-9), at(-8), "clear"),), "renew"),
        ((Check("repayment_90", "led_1", at(-9), at(-8), "harm"),), "keep"),
        ((Check("retaliation_30", "aud_1", at(-70), at(-70), "harm"),
          Check("retaliation_90", "aud_1", at(-10), at(-10), "clear")), "renew"),
        ((Check("retaliation_30", "aud_1", at(-70), at(-70), "harm"),
          Check("retaliation_90", "aud_2", at(-10), at(-10), "clear")), "keep"),
        ((Check("retaliation_30", "aud_1", at(-70), at(-70), "clear"),
          Check("retaliation_90", "aud_1", at(-10), at(-10), "harm")), "keep"),
    ],
    ids=["due now", "overdue", "clear", "harm", "harm, then clear", "clear elsewhere", "clear, then harm"],
)  # fmt: skip
def test_a_renewal_needs_the_follow_up_checks(checks: tuple[Check, ...], outcome: str) -> None:
    assert judged_1(with_factory(renewable_2026_1(), checks=checks), ending()).outcome == outcome
    decision = judged_1(with_factory(certified_2026_1(), checks=checks), standing())
    harm = outcome == "keep" and any(check.result == "harm" for check in checks)
    assert (decision.outcome, decision.proposals) == ("keep", ("N4",) if harm else ())


# ---------------------------------------------------------------------------------------- W2: no clean exit


def test_a_withdrawal_while_a_priority_is_open_is_recorded_as_such() -> None:
    asked = certified_2026_1(passports(), withdrawal_requested_at=at(-1))
    decision = judged_1(asked, standing())
    assert (decision.outcome, decision.because, decision.reason_code) == ("withdraw", ("W1", "W2"), "nonconformity")
    assert said(decision, "W2") == "Withdrawn under investigation: T2.1 (fnd_passports)."
    clean = judged_1(certified_2026_1(withdrawal_requested_at=at(-1)), standing())
    assert (clean.because, clean.reason_code) == (("W1",), "holder-request")


# ---------------------------------------------------------------------------------------- X1: a smaller scope

ANNEX = "site_annex"


def shrinking(*findings: Any, annex: tuple = (), by: Reduction | None = None, **changes: Any) -> Dossier:
    """Factory, annex and agent are certified; the annex is to leave. findings: the factory's; annex: the annex's."""
    sites = (place(FACTORY, *findings), place(ANNEX, *annex, visits=(visit("aud_annex"),)))
    dossier = modern(accepted(certified(sites=sites)))
    asked = by or Reduction(ANNEX, "per_bea", SUNRISE, at(-1))
    return replace(dossier, **({"reduction": asked} | changes))


def test_one_site_leaves_and_the_rest_keep_their_certificate_to_its_end() -> None:
    decision = judged_1(shrinking(), standing())
    assert (decision.outcome, decision.because, decision.scope) == ("reduce", ("X1",), (FACTORY,))
    assert (decision.valid_from, decision.valid_until) == (NOW, standing().valid_until)
    assert (decision.reason_code, decision.band) == ("holder-request", "clear")


def test_the_certification_body_may_ask_too_and_an_auditor_may_not() -> None:
    decision = judged_1(shrinking(by=Reduction(ANNEX, CARL, LOTUS, at(-1))), standing())
    assert (decision.outcome, decision.reason_code) == ("reduce", "administrative")
    for person, organisation in (("per_x", MERIDIAN), ("per_amina", LOTUS), ("per_x", AGENCY)):
        assert judged_1(shrinking(by=Reduction(ANNEX, person, organisation, at(-1))), standing()).outcome == "keep"


@pytest.mark.parametrize("site", [OFFICE, "site_elsewhere"])
def test_only_one_of_the_holder_s_sites_can_leave(site: str) -> None:
    assert judged_1(shrinking(by=Reduction(site, "per_bea", SUNRISE, at(-1))), standing()).outcome == "keep"


def test_the_last_site_cannot_leave() -> None:
    alone = certified_2026_1(reduction=Reduction(FACTORY, "per_bea", SUNRISE, at(-1)))
    assert judged_1(alone, standing()).outcome == "keep"


def test_what_remains_has_to_meet_every_gate_but_the_age_of_its_audits() -> None:
    assert judged_1(shrinking(finding(severity="major", planned=False)), standing()).outcome == "keep"
    assert judged_1(shrinking(products=0), standing()).outcome == "keep"
    old = shrinking()
    assert decide(old, standing(), BOOK_1, at(5)).outcome == "reduce"
    screened = replace(old, sites=tuple(replace(s, screened_at=at(199), refreshed_at=at(199)) for s in old.sites),
                       agents=tuple(replace(s, screened_at=at(199)) for s in old.agents))  # fmt: skip
    assert decide(screened, standing(), BOOK_1, at(200)).outcome == "reduce"  # the audits ended 226 days ago


def test_a_breach_at_the_leaving_site_suspends_first_and_two_people_let_the_rest_go_on() -> None:
    breach = passports(found=-11, audit="aud_annex", contained_at=at(-10.9))
    dossier = shrinking(annex=(breach,))
    assert judged_1(dossier, standing()).outcome == "suspend"
    assert judged_1(dossier, SUSPENDED).outcome == "keep"
    approved = replace(dossier, approvals=(reinstate(),))
    assert judged_1(approved, SUSPENDED).outcome == "keep"  # nobody has looked at what is to stay
    looked = closure("aud_look", -8, type="for_cause")
    factory = replace(dossier.sites[0], visits=(*dossier.sites[0].visits, modern_visit(looked)))
    seen = accepted(replace(approved, sites=(factory, *dossier.sites[1:])))
    assert judged_1(seen, SUSPENDED).outcome == "reduce"


def test_nobody_shrinks_away_from_a_revocation() -> None:
    grave = passports(found=-11, audit="aud_annex", deliberate=True)
    asked = shrinking(annex=(grave,), approvals=(reinstate(),))
    assert judged_1(asked, SUSPENDED).outcome == "propose_revocation"
    assert judged_1(replace(asked, case=case()), SUSPENDED).outcome == "keep"
    healed = shrinking(approvals=(reinstate(),), case=case())
    assert judged_1(replace(healed, approvals=()), SUSPENDED).outcome == "keep"


def test_nothing_is_reduced_after_the_end_nor_under_the_first_rulebook() -> None:
    assert judged_1(shrinking(), standing(valid_until=at(0))).outcome == "expire"
    assert judged(shrinking(), standing()).outcome == "keep"


def test_after_the_reduction_the_rules_have_nothing_to_add() -> None:
    after = shrinking()
    after = replace(after, sites=after.sites[:1], reduction=None)
    assert judged_1(after, standing(since=0, valid_from=NOW)).outcome == "keep"


# ---------------------------------------------------------------------------------------- the record


@pytest.mark.parametrize(
    ("dossier", "stands"),
    [
        (shrinking(), standing()),
        (renewable_2026_1(), ending()),
        (disclosed(), standing()),
        (with_factory(certified_2026_1(), concerns=(Concern("con_1", "T1", True, 3, at(-3), None),)), standing()),
        (replace(repaired_2026_1(), revocations=(Revocation("A", at(-900), core=False),)), SUSPENDED),
    ],
    ids=["reduce", "renew", "remediation", "proposal", "reinstate"],
)
def test_decisions_of_the_new_kinds_replay_to_the_same_bytes(dossier: Dossier, stands: Any) -> None:
    written = jcs(record(dossier, stands, decide(dossier, stands, BOOK_1, NOW)))
    assert jcs(replay(parse(written, limit=1 << 20), BOOK_1)) == written


def test_records_of_the_first_rulebook_say_nothing_of_what_came_later() -> None:
    dossier = certified(blocked_exit())
    document = record(dossier, standing(), decide(dossier, standing(), BOOK, NOW))
    assert document["decision"].keys().isdisjoint({"band", "scope", "proposals"})


def test_an_agent_is_a_place_like_any_other() -> None:
    hit = Hit("hit_1", "lst_dirty", "identifier", "confirmed", at(-2))
    dossier = certified_2026_1(agents=(place_1(OFFICE, organisation=AGENCY, hits=(hit,)),))
    assert "S9" in judged_1(dossier, standing()).because
