"""What freemark-2026.1 asks before it issues: each clause met, not met, and on its last day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from audits.facts import Concern, Finding, Hit, Stratum
from certify.dossier import Dossier, Revocation, Risk
from certify.rules import decide
from ground.canonical import end_of_day
from tests.unit.certify.builders import (
    AUDIT_ENDED,
    BOOK,
    BOOK_1,
    FACTORY,
    INES,
    NOW,
    OFFICE,
    SUNRISE,
    accepted,
    at,
    certifiable,
    certifiable_2026_1,
    certified_2026_1,
    closed,
    closure,
    ending,
    fees,
    finding,
    judged,
    judged_1,
    modern,
    on,
    panel,
    passports,
    place_1,
    renewable_2026_1,
    said,
    standing,
    visit_1,
)

MANY_MONTHS = 18


def issued(dossier: Dossier) -> None:
    decision = judged_1(dossier)
    assert decision.outcome == "issue", [reason for reason in decision.reasons if not reason.met]


def refused(dossier: Dossier, *because: str, days: float = 0) -> None:
    decision = judged_1(dossier, days=days)
    assert (decision.outcome, decision.because) == ("refuse", because), decision.reasons


def at_the_factory(**changes: Any) -> Dossier:
    """Everything in order but what the factory's facts say."""
    whole = certifiable_2026_1()
    return replace(whole, sites=(replace(whole.sites[0], **changes),))


def audited(**changes: Any) -> Dossier:
    """Everything in order but what the factory's audit says."""
    return accepted(certifiable_2026_1(visits=(visit_1(**changes),)))


def test_what_is_in_order_under_both_rulebooks_is_issued_under_both() -> None:
    issued(certifiable_2026_1())
    assert judged(certifiable()).outcome == "issue"
    assert judged_1(certifiable()).because == ("I2", "I8", "I9", "I17", "I24")  # audited under the earlier standard


def test_every_decision_reports_every_clause_that_the_rulebook_lists() -> None:
    assert [reason.clause for reason in judged_1(certifiable_2026_1()).reasons] == list(BOOK_1.clauses)
    assert [reason.clause for reason in judged(certifiable_2026_1()).reasons] == list(BOOK.clauses)


# ---------------------------------------------------------------------------------------- I2: which audit carries


@pytest.mark.parametrize("type", ["initial", "periodic"])
def test_a_full_audit_of_the_planned_kinds_carries_a_certificate(type: str) -> None:
    issued(audited(type=type))


@pytest.mark.parametrize("type", ["closure", "priority_closure", "for_cause", "surveillance"])
def test_other_visits_carry_none(type: str) -> None:
    """Nor does a surveillance that answered everything: it owes no man-days and not every figure."""
    assert "I2" in judged_1(audited(type=type)).because


@pytest.mark.parametrize("outcome", ["interrupted", "access_denied", "unsafe"])
def test_a_visit_that_was_not_completed_carries_none(outcome: str) -> None:
    assert "I2" in judged_1(audited(outcome=outcome)).because


def test_a_specialty_audit_carries_when_it_answered_every_core_provision() -> None:
    core = BOOK_1.limits.core_provisions
    specialty = {"type": "forced_labour", "conforming": core - 2, "not_applicable": 2}
    issued(audited(**specialty, applicable=core - 2))
    assert "I2" in judged_1(audited(**specialty, applicable=core - 3)).because
    assert "I2" in judged_1(audited(**specialty, applicable=core - 2, unanswered=1)).because


# ---------------------------------------------------------------------------------------- I8, I9: score, sample


def test_the_score_of_a_short_audit_counts_deductions_only() -> None:
    core = BOOK_1.limits.core_provisions
    few = finding(severity="minor")
    audit = visit_1(type="forced_labour", conforming=core - 1, applicable=core, not_applicable=0)
    assert judged_1(accepted(certifiable_2026_1(few, visits=(audit,)))).score == "199.00"


def test_what_a_refused_visit_left_unanswered_counts_against_the_score() -> None:
    """200 x 40 / 80 for the visit that the site cut short; and the visit itself is S10's."""
    short = visit_1("aud_short", -5, outcome="interrupted", conforming=40, applicable=40, unanswered=40,
                    submitted_at=at(-3))  # fmt: skip
    decision = judged_1(accepted(certifiable_2026_1(visits=(visit_1(), short))))
    assert (decision.score, decision.because) == ("100.00", ("I8", "S10"))
    denied = replace(short, outcome="access_denied", conforming=0, applicable=0, unanswered=80, workers=0,
                     interviews=0, files_reviewed=0)  # fmt: skip
    assert judged_1(accepted(certifiable_2026_1(visits=(visit_1(), denied)))).score == "0.00"


def test_leaving_an_unsafe_place_costs_nothing() -> None:
    left = visit_1("aud_left", -5, outcome="unsafe", conforming=0, applicable=0, unanswered=80, workers=0,
                   interviews=0, files_reviewed=0, signed=True)  # fmt: skip
    decision = judged_1(accepted(certifiable_2026_1(visits=(visit_1(), left))))
    assert (decision.outcome, decision.score) == ("issue", "200.00")


@pytest.mark.parametrize(
    ("interviews", "assessed", "level", "because"),
    [(20, -40, "high", ("I9",)), (29, -40, "high", ("I9",)), (30, -40, "high", ()), (20, -40, "low", ()),
     (20, AUDIT_ENDED - 2, "low", ("I9",))],
    ids=["as usual", "one less", "half as many again", "low", "assessed on the day it began"],
)  # fmt: skip
def test_at_high_risk_half_as_many_again_are_interviewed(
    interviews: int, assessed: int, level: Any, because: tuple[str, ...]
) -> None:
    dossier = audited(interviews=interviews, off_site=15)
    decision = judged_1(replace(dossier, risks=(Risk(FACTORY, level, at(assessed)),)))
    assert decision.because == because


# ---------------------------------------------------------------------------------------- I14 to I20


def test_a_known_subcontractor_has_to_be_listed() -> None:
    refused(at_the_factory(subcontractors=("site_homework",)), "I14")
    assert "site_homework" in said(judged_1(at_the_factory(subcontractors=("site_homework",))), "I14")
    issued(at_the_factory(subcontractors=(OFFICE,)))


@pytest.mark.parametrize(
    ("strata", "because"),
    [
        ((Stratum("night", 40, 3),), ()),
        ((Stratum("night", 40, 2),), ("I15",)),
        ((Stratum("under_18", 2, 2),), ()),
        ((Stratum("under_18", 2, 1),), ("I15",)),
        ((Stratum("migrant", 0, 0),), ()),
        ((Stratum("women", 90, 3), Stratum("agency:org_agency", 9, 0)), ("I15",)),
    ],
)
def test_three_of_each_group_are_interviewed_and_of_a_smaller_one_everybody(
    strata: tuple[Stratum, ...], because: tuple[str, ...]
) -> None:
    assert judged_1(audited(strata=strata)).because == because


def test_half_of_the_interviews_are_held_away_from_the_site() -> None:
    issued(audited(interviews=31, off_site=16))
    refused(audited(interviews=31, off_site=15), "I15")
    assert "15 of 31 interviews off site" in said(judged_1(audited(interviews=31, off_site=15)), "I15")


def test_a_firm_or_auditor_that_was_not_approved_counts_against_the_audit() -> None:
    refused(audited(objections=("per_amina: lapsed on 2026-04-01",)), "I16")


def test_three_audits_in_a_row_are_the_most() -> None:
    issued(audited(in_a_row=3))
    refused(audited(in_a_row=4), "I16")


def test_screening_is_thirty_days_old_at_most() -> None:
    issued(at_the_factory(screened_at=at(-30)))
    refused(at_the_factory(screened_at=at(-30, hours=-1)), "I17")
    refused(at_the_factory(screened_at=None), "I17")
    refused(at_the_factory(screened_at=at(1)), "I17")


@pytest.mark.parametrize(
    ("strength", "state", "because"),
    [
        ("name", "open", ()),
        ("name_and_place", "open", ("I17",)),
        ("identifier", "open", ("I17",)),
        ("identifier", "dismissed", ()),
        ("identifier", "delisted", ()),
        ("identifier", "confirmed", ("I17", "S9")),
        ("name", "confirmed", ("I17", "S9")),
    ],
)
def test_a_likeness_of_names_never_blocks_and_a_confirmed_hit_denies(
    strength: Any, state: Any, because: tuple[str, ...]
) -> None:
    hit = Hit("hit_1", "lst_dirty", strength, state, at(-2))
    assert judged_1(at_the_factory(hits=(hit,))).because == because


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({}, ("I18",)),
        ({"core": False}, ()),
        ({"credible_at": None}, ()),
        ({"resolved_at": at(-1)}, ()),
        ({"sources": 3}, ("I18",)),  # S11 is a proposal, no condition
    ],
)
def test_a_credible_core_complaint_blocks_until_it_is_resolved(changes: dict, because: tuple[str, ...]) -> None:
    concern = replace(Concern("con_1", "T1", True, 1, at(-3), None), **changes)
    assert judged_1(at_the_factory(concerns=(concern,))).because == because


def test_too_few_man_days_are_named() -> None:
    issued(audited(effort_needed=25, effort_spent=25))
    short = audited(effort_needed=25, effort_spent=24)
    refused(short, "I19")
    assert said(judged_1(short), "I19") == "Too short: aud_1: 2.4 man-days, needed 2.5."


def test_every_report_is_signed() -> None:
    refused(audited(signed=False), "I20")
    both = (visit_1(), closure(standard="freemark-2026.1"))
    refused(accepted(certifiable_2026_1(visits=both)), "I20")
    issued(accepted(certifiable_2026_1(visits=(visit_1(), closure(standard="freemark-2025.0")))))


# ---------------------------------------------------------------------------------------- I21, I22: after a revocation


def test_a_new_certificate_waits_a_year_after_a_core_revocation() -> None:
    """Revoked 366 days before; the year is over at the end of its day."""
    gone = Revocation("0123456789A", datetime(2025, 6, 1, 12, tzinfo=UTC))
    dossier = certifiable_2026_1(revocations=(gone,))
    refused(dossier, "I21")
    assert "wait until 2026-06-02" in said(judged_1(dossier), "I21")
    assert decide(dossier, None, BOOK_1, datetime(2026, 6, 1, 23, 59, 59, tzinfo=UTC)).because == ("I21",)
    assert decide(dossier, None, BOOK_1, datetime(2026, 6, 2, tzinfo=UTC)).outcome == "issue"


def test_other_revocations_wait_half_a_year_and_overturned_ones_not_at_all() -> None:
    gone = Revocation("0123456789A", datetime(2025, 12, 1, 12, tzinfo=UTC), core=False)
    assert judged_1(certifiable_2026_1(revocations=(gone,))).because == ("I21",)
    assert decide(certifiable_2026_1(revocations=(gone,)), None, BOOK_1, at(1)).outcome == "issue"
    issued(certifiable_2026_1(revocations=(replace(gone, overturned=True),)))


def test_the_wait_begins_when_full_correction_is_proven_on_site() -> None:
    gone = Revocation("0123456789A", at(-800))
    cause = fees(found=-810, audit="aud_old", close_due=at(-700))
    corrected = certifiable_2026_1(closed(cause, -300), revocations=(gone,))
    refused(corrected, "I21")
    assert "corrected on 2025-08-05" in said(judged_1(corrected), "I21")
    issued(certifiable_2026_1(closed(cause, -367), revocations=(gone,)))
    from_the_desk = certifiable_2026_1(closed(cause, -367, on_site=False), revocations=(gone,))
    assert "not corrected" in said(judged_1(from_the_desk), "I21")


def test_a_renewal_does_not_wait_for_another_certificate_s_revocation() -> None:
    gone = Revocation("0123456789A", at(-20))
    assert judged_1(replace(renewable_2026_1(), revocations=(gone,)), ending()).outcome == "renew"


def test_two_revocations_within_five_years_are_for_good() -> None:
    first, second = datetime(2020, 3, 1, tzinfo=UTC), datetime(2025, 3, 1, 23, tzinfo=UTC)
    both = (Revocation("A", first), Revocation("B", second))
    refused(certifiable_2026_1(revocations=both), "I22")
    issued(certifiable_2026_1(revocations=(both[0], replace(both[1], at=datetime(2025, 3, 2, tzinfo=UTC)))))
    for place in (0, 1):
        overturned = tuple(replace(r, overturned=number == place) for number, r in enumerate(both))
        issued(certifiable_2026_1(revocations=overturned))
    assert judged_1(replace(renewable_2026_1(), revocations=both), ending()).outcome == "keep"


# ---------------------------------------------------------------------------------------- I23 to I25


def test_what_an_audit_found_is_closed_within_eighteen_months() -> None:
    """The audit ended on 2024-12-01: the last day is 2026-06-01."""
    day = date(2024, 12, 1)
    old = visit_1("aud_0", starts_on=day, ends_on=day, submitted_at=at(-540), type="closure", conforming=0)
    found = finding("fnd_old", "risk", found=-540, audit="aud_0")
    dossier = accepted(certifiable_2026_1(found, visits=(old, visit_1())))
    issued(dossier)
    midnight = end_of_day(date(2026, 6, 1))
    assert decide(dossier, None, BOOK_1, midnight - timedelta(seconds=1)).outcome == "issue"
    assert decide(dossier, None, BOOK_1, midnight).because == ("I23",)
    mild = accepted(certifiable_2026_1(replace(found, severity="opportunity"), visits=(old, visit_1())))
    assert decide(mild, None, BOOK_1, midnight).outcome == "issue"
    done = accepted(certifiable_2026_1(closed(found, -6), visits=(old, visit_1())))
    assert decide(done, None, BOOK_1, midnight).outcome == "issue"


def test_a_finding_of_an_audit_that_nobody_knows_counts_from_its_discovery() -> None:
    found = finding("fnd_old", "risk", found=-560, audit="aud_else")
    refused(certifiable_2026_1(found), "I23")


def test_the_list_of_subcontractors_is_six_months_old_at_most() -> None:
    told = datetime(2025, 12, 1, 9, tzinfo=UTC)
    dossier = at_the_factory(refreshed_at=told)
    issued(dossier)
    assert decide(dossier, None, BOOK_1, datetime(2026, 6, 1, 23, 59, 59, tzinfo=UTC)).outcome == "issue"
    assert decide(dossier, None, BOOK_1, datetime(2026, 6, 2, tzinfo=UTC)).because == ("I24",)
    refused(at_the_factory(refreshed_at=None), "I24")


def two_core_majors(second_found: float = -20) -> tuple[Finding, Finding]:
    """Fees, closed six days ago, and contracts, closed five days ago."""
    return (
        closed(fees(), -6),
        closed(finding("fnd_contracts", "major", "T3.1", second_found, core=True), -5),
    )


def test_two_core_majors_at_once_are_reviewed_by_a_panel() -> None:
    dossier = accepted(certifiable_2026_1(*two_core_majors()))
    refused(dossier, "I25")
    issued(replace(dossier, panels=(panel(-19),)))
    issued(replace(dossier, panels=(panel(-20),)))
    refused(replace(dossier, panels=(panel(-20, at=at(-20, hours=-1)),)), "I25")


def test_two_core_majors_one_after_the_other_are_not() -> None:
    issued(certifiable_2026_1(*two_core_majors(second_found=-6)))
    refused(certifiable_2026_1(*two_core_majors(second_found=-6.01)), "I25")
    issued(certifiable_2026_1(two_core_majors()[0]))


@pytest.mark.parametrize(
    "changes",
    [
        {"favourable": False},
        {"at": at(1)},
        {"persons": ("per_sam",)},
        {"organisations": ("org_scheme",)},
        {"organisations": ("org_scheme", SUNRISE)},
        {"organisations": ("org_scheme", "org_meridian")},
        {"persons": ("per_sam", "per_amina")},
    ],
    ids=["against it", "of the future", "alone", "one organisation", "the holder", "the audit firm", "the auditor"],
)
def test_a_panel_is_two_outsiders_of_different_organisations(changes: dict) -> None:
    refused(certifiable_2026_1(*two_core_majors(), panels=(panel(-1, **changes),)), "I25")


def test_a_panel_looks_once_in_a_cycle() -> None:
    """What the panel of the last cycle saw, or nobody asked for then, is not asked for again."""
    renewing = renewable_2026_1()
    factory = renewing.sites[0]
    first, *others = factory.visits
    looked = visit_1("aud_closure", -306, team=(INES,))
    factory = replace(factory, visits=(replace(first, conforming=78), *others, looked))
    whole = accepted(replace(renewing, sites=(factory,)))
    earlier = tuple(replace(f, discovered_at=at(-310), closed_at=at(-305)) for f in two_core_majors())
    assert judged_1(replace(whole, sites=(replace(factory, findings=earlier),)), ending()).outcome == "renew"
    later = tuple(replace(f, discovered_at=at(-290)) for f in two_core_majors())
    assert judged_1(replace(whole, sites=(replace(factory, findings=later),)), ending()).outcome == "keep"


# ---------------------------------------------------------------------------------------- validity and bands

LOW = (Risk(FACTORY, "low", at(-40)), Risk(OFFICE, "low", at(-40)))
LONG, SHORT = end_of_day(date(2028, 5, 6)), end_of_day(date(2027, 5, 6))  # the audits ended on 2026-05-06
OTHER_MAJOR = finding(severity="major")


@pytest.mark.parametrize(
    ("changes", "until"),
    [
        ({}, SHORT),
        ({"risks": LOW}, SHORT),
        ({"risks": LOW, "cycles": 1}, LONG),
        ({"risks": LOW[:1], "cycles": 1}, SHORT),
        ({"risks": (LOW[0], replace(LOW[1], level="high")), "cycles": 1}, SHORT),
        ({"risks": (LOW[0], replace(LOW[1], at=at(1))), "cycles": 1}, SHORT),
        ({"cycles": 3, "clean_cycles": 3}, LONG),
        ({"cycles": 3, "clean_cycles": 2}, SHORT),
        ({"risks": LOW, "revocations": (Revocation("A", at(-800)),)}, SHORT),
    ],
    ids=["first cycle", "first cycle, low risk", "low risk", "one not assessed", "one high", "assessed tomorrow",
         "three clean cycles", "two clean cycles", "first after a revocation"],
)  # fmt: skip
def test_how_long_a_certificate_runs(changes: dict, until: datetime) -> None:
    decision = judged_1(certifiable_2026_1(**changes))
    assert (decision.outcome, decision.valid_until) == ("issue", until)


def test_a_certificate_that_carries_majors_is_on_probation() -> None:
    decision = judged_1(certifiable_2026_1(OTHER_MAJOR, risks=LOW, cycles=3, clean_cycles=3))
    assert (decision.outcome, decision.valid_until) == ("issue", SHORT)


def test_the_first_certificate_after_a_revocation_is_on_probation_however_clean() -> None:
    clean = certifiable_2026_1(clean_cycles=3)
    assert judged_1(clean).valid_until == LONG
    assert judged_1(replace(clean, revocations=(Revocation("A", at(-800)),))).valid_until == SHORT
    assert judged_1(replace(clean, revocations=(Revocation("A", at(-800), overturned=True),))).valid_until == LONG


def test_three_clean_cycles_count_in_the_highest_band_only() -> None:
    decision = judged_1(certifiable_2026_1(finding("fnd_a"), cycles=3, clean_cycles=3))
    assert (decision.band, decision.valid_until) == ("strong", SHORT)


@pytest.mark.parametrize(
    ("found", "band"),
    [
        ((), "clear"),
        ((finding("fnd_a", "risk"),), "strong"),
        ((finding("fnd_a", "opportunity"),), "clear"),
        ((finding("fnd_a"),), "strong"),
        ((OTHER_MAJOR,), "sound"),
        (tuple(finding(f"fnd_{number}") for number in range(5)), "strong"),
        (tuple(finding(f"fnd_{number}") for number in range(6)), "sound"),
    ],
    ids=["nothing", "a risk", "an opportunity", "a minor", "a major", "182.50", "179.00"],
)
def test_the_band_needs_its_score_and_what_has_to_be_closed(found: tuple[Finding, ...], band: str) -> None:
    assert judged_1(certifiable_2026_1(*found)).band == band


def test_only_what_is_granted_has_a_band() -> None:
    assert judged_1(certified_2026_1(), standing()).band == ""
    assert judged_1(certified_2026_1(passports()), standing()).band == ""
    assert judged(certifiable()).band == ""
    assert judged_1(renewable_2026_1(), ending()).band == "clear"


def test_a_place_that_is_not_modern_is_seen() -> None:
    """The builder does not paper over what a test takes away."""
    assert modern(certifiable_2026_1(sites=(place_1(screened_at=None),))).sites[0].screened_at is None
    assert on(0) == NOW.date()
