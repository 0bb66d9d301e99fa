"""The last moment of each clause, and what stands behind the words: found missing by mutants (tests/mutants)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from audits.facts import Check, Concern, Finding, Hit
from certify.dossier import Agreement, Dossier, Reduction, Revocation, Risk, UnderReview
from certify.measures import interviews_needed, months_after, months_passed, past, score, surveys
from certify.rules import GATES, WAY_BACK, decide, needed, record, replay
from ground.errors import Conflict
from tests.unit.certify.builders import (
    BOOK,
    BOOK_1,
    FACTORY,
    MERIDIAN,
    NOW,
    OFFICE,
    SUNRISE,
    acceptance,
    at,
    blocked_exit,
    case,
    certifiable_2026_1,
    certified,
    certified_2026_1,
    closed,
    ending,
    finding,
    judged,
    judged_1,
    passports,
    place_1,
    renewable_2026_1,
    said,
    standing,
    unmet,
    visit_1,
)

SECOND = timedelta(seconds=1)


def factory(dossier: Dossier, **changes: Any) -> Dossier:
    return replace(dossier, sites=(replace(dossier.sites[0], **changes), *dossier.sites[1:]))


# ----------------------------------------------------------------------------------------------- what has to be met


def test_what_an_outcome_needs_is_what_the_rulebook_lists_of_it() -> None:
    assert needed("issue", BOOK_1) == GATES
    assert needed("issue", BOOK) == tuple(id for id in GATES if id in BOOK.clauses)
    assert needed("renew", BOOK_1) == (*GATES, "N1", "N2", "N3", "N4")
    assert needed("reinstate", BOOK_1) == (*WAY_BACK, "M1", "M2")
    assert {"R1", "R2", "R3", "R4", "R5", "I4", "I16", "I17", "I18", "I20"} == set(WAY_BACK)
    assert needed("reinstate", BOOK) == ("R1", "R2", "I4", "R3", "M1")
    assert needed("revoke", BOOK_1) == ()


# ------------------------------------------------------------------------------------------------------- moments


def test_an_acceptance_counts_from_its_very_second_and_not_before() -> None:
    bare = replace(certifiable_2026_1(), acceptances=())
    assert judged_1(replace(bare, acceptances=(acceptance(bare, 0),))).outcome == "issue"
    early = judged_1(replace(bare, acceptances=(replace(acceptance(bare), at=NOW + SECOND),)))
    assert (early.because, said(early, "I4")) == (("I4",), "The reports are not accepted yet.")


def test_without_a_report_nothing_can_be_accepted() -> None:
    unwritten = visit_1(submitted_at=None, report=None)
    nobody = replace(certifiable_2026_1(visits=(unwritten,)), agents=())
    assert said(judged_1(nobody), "I4") == "No report is submitted yet."


@pytest.mark.parametrize(("site", "after", "due"), [(FACTORY, 0, "low"), (FACTORY, 1, "high"), (OFFICE, 0, "high")])
def test_a_risk_counts_from_its_very_second_and_for_its_own_place(site: str, after: int, due: str) -> None:
    """Visited 200 days ago: overdue by 90 days after six months and 90 more, unless the risk is low."""
    long_ago = visit_1(ended=-280)
    dossier = replace(certified_2026_1(visits=(long_ago,)), agents=())
    assessed = replace(dossier, risks=(Risk(site, "low", NOW + after * SECOND),))
    stands = standing(valid_from=at(-270), since=-270)
    assert judged_1(assessed, stands).outcome == ("keep" if due == "low" else "suspend")


@pytest.mark.parametrize("moment", ["contained_at", "remedied_at"])
def test_a_breach_is_spared_from_the_second_in_which_it_is_healed(moment: str) -> None:
    told: dict[str, Any] = {"disclosed_at": at(-20), "contained_at": at(-19), "remedied_at": at(-2)}
    assert judged_1(certified_2026_1(passports(found=-20, **(told | {moment: NOW}))), standing()).because == ("M2",)
    late = certified_2026_1(passports(found=-20, **(told | {moment: NOW + SECOND})))
    assert judged_1(late, standing()).because == ("S1",)


def test_a_disclosure_counts_up_to_the_second_of_the_discovery() -> None:
    healed = {"contained_at": at(-19), "remedied_at": at(-2)}
    same = certified_2026_1(passports(found=-20, disclosed_at=at(-20), **healed))
    assert judged_1(same, standing()).because == ("M2",)
    after = certified_2026_1(passports(found=-20, disclosed_at=at(-20) + SECOND, **healed))
    assert judged_1(after, standing()).because == ("S1",)


def test_a_wish_for_a_smaller_scope_counts_from_its_very_second() -> None:
    asked = Reduction(FACTORY, "per_bea", SUNRISE, NOW)
    whole = certified_2026_1(reduction=asked)
    assert said(judged_1(whole, standing()), "X1") == f"Asked for on 2026-06-01: {FACTORY} leaves."
    later = replace(whole, reduction=replace(asked, at=NOW + SECOND))
    assert said(judged_1(later, standing()), "X1") == "No site is to leave."
    auditor = replace(whole, reduction=replace(asked, organisation=MERIDIAN))
    assert said(judged_1(auditor, standing()), "X1") == f"{MERIDIAN} cannot ask for a reduction."


def test_a_place_that_nobody_visited_is_due_from_the_first_day_of_the_certificate() -> None:
    """A site that came later: six months after the certificate began, and ninety days more."""
    bare = replace(certified_2026_1(), agents=(place_1(OFFICE, visits=()),))
    stands = standing(valid_from=datetime(2026, 1, 10, 8, tzinfo=UTC), valid_until=datetime(2027, 5, 7, tzinfo=UTC))
    last = datetime(2026, 7, 11, tzinfo=UTC) + timedelta(days=90)
    for moment, late in ((last, False), (last + SECOND, True)):
        said_of_office = decide(bare, stands, BOOK_1, moment)
        assert (OFFICE in said(said_of_office, "S6")) == late
    assert said(judged_1(bare), "S6") == "All in order."  # nothing is due before there is a certificate


# --------------------------------------------------------------------------------------- what an outcome depends on


def test_labels_are_frozen_also_while_the_reports_are_not_accepted() -> None:
    """Only the way back from a suspension asks for an acceptance."""
    contained = certified_2026_1(blocked_exit(contained_at=at(-0.5)), acceptances=())
    assert judged_1(contained, standing()).outcome == "remediation"
    assert judged_1(contained, standing("suspended", since=-5)).outcome == "keep"


BRAKED: dict[str, Any] = {"suspension_requested_at": at(-1), "suspension_reason": "administrative"}
CONTAINED = blocked_exit(contained_at=at(-0.5))


@pytest.mark.parametrize(
    ("findings", "changes", "word"),
    [
        ((), BRAKED, "administrative"),
        ((), BRAKED | {"suspension_reason": "nonconformity"}, "nonconformity"),
        ((), BRAKED | {"suspension_reason": None}, "unspecified"),
        ((CONTAINED,), BRAKED, "nonconformity"),
        ((CONTAINED,), BRAKED | {"suspension_reason": None}, "nonconformity"),
    ],
    ids=["the word of who braked", "another", "none", "amber besides", "amber, and none"],
)
def test_a_suspension_tells_the_word_of_who_braked_unless_something_was_found(
    findings: tuple[Finding, ...], changes: dict[str, Any], word: str
) -> None:
    decision = judged_1(certified_2026_1(*findings, **changes), standing())
    assert (decision.outcome, decision.because, decision.reason_code) == ("suspend", ("S7",), word)


def test_a_word_without_a_brake_is_not_told() -> None:
    word: dict[str, Any] = {"suspension_reason": "administrative", "case": case(-3, waived_at=at(-2))}
    decision = judged_1(certified_2026_1(**word), standing("suspended", since=-5))
    assert (decision.outcome, decision.reason_code) == ("revoke", "unspecified")
    pulled = certified_2026_1(**word, suspension_requested_at=at(-6))
    assert judged_1(pulled, standing("suspended", since=-5)).reason_code == "administrative"


@pytest.mark.parametrize(("state", "proposed"), [("active", True), ("remediation", True), ("suspended", False)])
def test_a_suspension_is_proposed_while_there_is_something_to_suspend(state: Any, proposed: bool) -> None:
    many = (Concern("con_1", "T10", False, 3, None, None),)
    decision = judged_1(factory(certified_2026_1(), concerns=many), standing(state))
    assert (decision.proposals == ("S11",)) == proposed


def test_probation_after_a_revocation_is_over_with_the_second_certificate() -> None:
    """Low risk everywhere: the second one runs two years, the first ran one."""
    low = tuple(Risk(site, "low", at(-40)) for site in (FACTORY, OFFICE))
    gone = (Revocation("A", at(-2000), core=False),)
    second = replace(renewable_2026_1(), risks=low, revocations=gone, cycles=1)
    assert judged_1(second, ending()).valid_until == datetime(2028, 5, 23, tzinfo=UTC)
    first = replace(certifiable_2026_1(), risks=low, revocations=gone, cycles=0)
    assert judged_1(first).valid_until == datetime(2027, 5, 7, tzinfo=UTC)


@pytest.mark.parametrize(("since", "counts"), [(-300, True), (-5, False)])
def test_without_its_own_day_a_certificate_counts_from_the_start_of_its_validity(since: int, counts: bool) -> None:
    dossier = replace(renewable_2026_1(), certified_at=None)
    decision = judged_1(dossier, replace(ending(), valid_from=at(since)))
    assert (decision.outcome == "renew") == counts
    assert ("N2" in unmet(decision), "N3" in unmet(decision)) == (not counts, not counts)


def test_a_check_of_the_same_day_heals_too() -> None:
    harm = Check("repayment_90", "led_1", at(-9), at(-8), "harm")
    both = (harm, replace(harm, result="clear", done_at=at(-7)))
    assert judged_1(factory(renewable_2026_1(), checks=both), ending()).outcome == "renew"
    assert judged_1(factory(renewable_2026_1(), checks=(harm,)), ending()).outcome == "keep"


def test_a_record_of_another_rulebook_names_it() -> None:
    document = record(certifiable_2026_1(), None, judged_1(certifiable_2026_1()))
    with pytest.raises(Conflict) as refused:
        replay(document, BOOK)
    assert refused.value.detail == f"the record was made under freemark-2026.1, {BOOK_1.sha256[:12]}"


# ------------------------------------------------------------------------------------------------------- measures


def test_no_band_without_a_full_audit_of_every_place() -> None:
    half = replace(certifiable_2026_1(), agents=(place_1(OFFICE, visits=()),))
    decision = judged_1(half)
    assert (decision.score, decision.band) == (None, "")


def test_figures_that_cannot_be_are_named_with_what_they_are() -> None:
    few = judged_1(certifiable_2026_1(visits=(visit_1(interviews=401, off_site=401),)))
    assert said(few, "I11") == "aud_1: 401 interviews with 400 workers."
    papers = judged_1(certifiable_2026_1(visits=(visit_1(files_reviewed=401),)))
    assert said(papers, "I11") == "aud_1: 401 files with 400 workers."
    minus = judged_1(certifiable_2026_1(visits=(visit_1(workers=-1, interviews=0, files_reviewed=1, off_site=0),)))
    assert said(minus, "I11") == "aud_1: -1 workers; aud_1: 1 files with -1 workers."


@pytest.mark.parametrize(
    ("workers", "percent", "needed"),
    [
        (400, 100, 20),
        (400, 150, 30),
        (441, 150, 32),
        (450, 150, 33),
        (200, 101, 16),
        (9, 150, 9),
        (1, 100, 1),
        (0, 100, 0),
    ],
)
def test_the_sample_grows_with_the_risk_and_never_beyond_everybody(workers: int, percent: int, needed: int) -> None:
    assert interviews_needed(workers, 10, percent) == needed
    assert interviews_needed(workers, 10) == interviews_needed(workers, 10, 100)


def test_a_due_day_is_past_a_second_later() -> None:
    assert not past(NOW, NOW)
    assert past(NOW, NOW + SECOND)
    assert not past(NOW, NOW + timedelta(days=3), 3)
    assert past(NOW, NOW + timedelta(days=3) + SECOND, 3)
    assert not past(None, NOW)


def test_a_month_later_is_the_same_day_or_the_last() -> None:
    assert months_after(date(2026, 1, 28), 1) == date(2026, 2, 28)
    assert months_after(date(2026, 1, 29), 1) == months_after(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert months_after(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert months_after(date(2026, 12, 15), 1) == date(2027, 1, 15)


def test_a_month_has_passed_at_the_end_of_its_last_day() -> None:
    """February is shorter than the 29 days that lie between."""
    end = datetime(2026, 3, 1, tzinfo=UTC)
    assert months_passed(date(2026, 1, 31), 1, end)
    assert not months_passed(date(2026, 1, 31), 1, end - SECOND)


@pytest.mark.parametrize(
    ("applicable", "not_applicable", "counts"), [(20, 0, True), (0, 20, True), (13, 7, True), (19, 0, False)]
)
def test_a_visit_tells_how_a_place_is_from_twenty_answers_on(
    applicable: int, not_applicable: int, counts: bool
) -> None:
    answered = visit_1(type="surveillance", applicable=applicable, not_applicable=not_applicable)
    assert surveys(answered, BOOK_1, NOW) == counts


@pytest.mark.parametrize(("interviews", "enough"), [(16, True), (15, False)])
def test_one_percent_more_is_asked_where_the_rulebook_says_so(interviews: int, enough: bool) -> None:
    """Of 200 workers 15, and 101 percent of that where the risk is high."""
    book = replace(BOOK_1, limits=replace(BOOK_1.limits, high_risk_percent=101))
    audit = visit_1(workers=200, interviews=interviews, off_site=interviews)
    assert ("I9" not in decide(certifiable_2026_1(visits=(audit,)), None, book, NOW).because) == enough


def test_a_score_needs_something_that_applies() -> None:
    """Nothing applied: nothing was found wanting. A visit cut short before its first answer: nothing conforms."""
    nothing = visit_1(conforming=0, applicable=0, not_applicable=80)
    place = place_1(visits=(nothing,))
    assert score(place, nothing, BOOK_1.limits, NOW) == 20000
    denied = visit_1("aud_cut", -5, outcome="access_denied", conforming=0, applicable=0, not_applicable=0, unanswered=1,
                     submitted_at=None, report=None)  # fmt: skip
    assert score(replace(place, visits=(nothing, denied)), nothing, BOOK_1.limits, NOW) == 0


def test_a_visit_cut_short_with_every_answer_lowers_no_score() -> None:
    whole = visit_1()
    short = visit_1("aud_cut", -5, outcome="interrupted", conforming=40, applicable=80, unanswered=0)
    place = place_1(visits=(whole, short))
    assert score(place, whole, BOOK_1.limits, NOW) == 20000
    assert score(replace(place, visits=(whole, replace(short, unanswered=1))), whole, BOOK_1.limits, NOW) == 9877


def test_a_visit_cut_short_counts_when_it_began_after_the_audit_and_left_anything_out() -> None:
    """One provision without an answer is enough; on the audit's own last day nothing counts twice."""

    def lowest(starts: int, unanswered: int) -> str | None:
        short = visit_1("aud_short", starts, starts_on=at(starts).date(), outcome="interrupted", conforming=80,
                        applicable=80, unanswered=unanswered, submitted_at=at(-3))  # fmt: skip
        return judged_1(certifiable_2026_1(visits=(visit_1(), short))).score

    assert lowest(-5, 1) == "197.53"  # 200 x 80 / 81
    assert lowest(-5, 0) == "200.00"
    assert lowest(-26, 1) == "200.00"


def test_every_open_finding_is_named_with_its_provision() -> None:
    def open(id: str, provision: str) -> Finding:
        return replace(passports(), id=id, provision=provision)

    both = judged_1(certified_2026_1(open("fnd_a", "T2.1"), open("fnd_b", "T4.1")), standing())
    assert said(both, "S1") == "Open: T2.1 (fnd_a), T4.1 (fnd_b)."
    assert next(r.subject for r in both.reasons if r.clause == "S1") == "fnd_a, fnd_b"


# --------------------------------------------------------------------------------- after a revocation, many at once


@pytest.mark.parametrize(
    ("cause", "waits"),
    [
        ({"severity": "priority", "core": False}, True),
        ({"severity": "priority", "core": True}, True),
        ({"severity": "major", "core": True}, True),
        ({"severity": "major", "core": False}, False),
        ({"severity": "minor", "core": True}, False),
        ({"severity": "priority", "found": -400}, True),
        ({"severity": "priority", "found": -399}, False),
    ],
)
def test_the_wait_after_a_revocation_counts_from_the_correction_of_what_caused_it(cause: Any, waits: bool) -> None:
    """Revoked 400 days ago; the cause was closed on site 200 days ago."""
    caused = finding("fnd_cause", **{"provision": "T2.1", "found": -420} | cause)
    corrected = closed(caused, -200)
    gone = (Revocation("A", at(-400)),)
    decision = judged_1(certifiable_2026_1(corrected, revocations=gone))
    assert ("I21" in decision.because) == waits
    if waits:
        assert said(decision, "I21") == "A: corrected on 2025-11-13, wait until 2026-11-14."


def test_the_wait_does_not_begin_before_every_cause_is_corrected() -> None:
    open = (passports(found=-420), replace(passports(found=-410), id="fnd_more"))
    decision = judged_1(certifiable_2026_1(*open, revocations=(Revocation("A", at(-400)), Revocation("B", at(-300)))))
    one = "fnd_more, fnd_passports not corrected; then 12 months."
    assert said(decision, "I21") == f"A: {one} B: {one}"


def test_several_things_of_one_kind_are_told_one_after_the_other() -> None:
    hits = tuple(Hit(id, f"lst_{id}", "identifier", "confirmed", NOW) for id in ("hit_1", "hit_2"))
    decision = judged_1(factory(certifiable_2026_1(), hits=hits))
    assert (
        said(decision, "I17")
        == "On a list, or to be looked at: lst_hit_1 (hit_1, confirmed), lst_hit_2 (hit_2, confirmed)."
    )
    assert said(decision, "S9") == "Confirmed: lst_hit_1 (hit_1), lst_hit_2 (hit_2)."
    poor: dict[str, Any] = {"effort_spent": 19, "objections": ("firm lapsed", "a conflict")}
    both = replace(
        certifiable_2026_1(visits=(visit_1(**poor),)), agents=(place_1(OFFICE, visits=(visit_1("aud_2", **poor),)),)
    )
    decision = judged_1(both)
    assert said(decision, "I19") == "Too short: aud_1: 1.9 man-days, needed 2.0; aud_2: 1.9 man-days, needed 2.0."
    assert (
        said(decision, "I16")
        == "; ".join(f"{id}: {text}" for id in ("aud_1", "aud_2") for text in poor["objections"]) + "."
    )
    lost = tuple(UnderReview(who, NOW, at(60)) for who in ("org_a", "org_b"))
    decision = judged_1(certified_2026_1(under_review=lost), standing())
    assert said(decision, "S8") == "To be verified again: org_a by 2026-07-31, org_b by 2026-07-31."


def test_an_audit_that_counted_no_group_is_told_so() -> None:
    assert said(judged_1(certifiable_2026_1(visits=(visit_1(strata=()),))), "I15") == (
        "aud_1: no group of workers was counted."
    )


@pytest.mark.parametrize(("off_site", "enough"), [(101, True), (100, False)])
def test_half_of_the_interviews_are_off_site_also_where_there_are_many(off_site: int, enough: bool) -> None:
    audit = visit_1(interviews=201, off_site=off_site)
    assert ("I15" not in unmet(judged_1(certifiable_2026_1(visits=(audit,))))) == enough


@pytest.mark.parametrize(("needed", "spent", "enough"), [(1, 1, True), (1, 0, False), (0, 1, True), (0, 0, False)])
def test_a_tenth_of_a_man_day_is_the_least_that_any_audit_takes(needed: int, spent: int, enough: bool) -> None:
    audit = visit_1(effort_needed=needed, effort_spent=spent)
    assert ("I19" not in unmet(judged_1(certifiable_2026_1(visits=(audit,))))) == enough


@pytest.mark.parametrize("severity", ["priority", "major", "minor", "risk", "opportunity"])
def test_a_plan_is_owed_for_what_does_not_conform(severity: Any) -> None:
    late = finding(severity=severity, planned=False, cap_due=at(-29))
    owed = severity in ("priority", "major", "minor")
    assert ("S5" in unmet(judged_1(certified_2026_1(late), standing()))) == owed


def test_what_is_missing_altogether_is_told_and_is_not_met() -> None:
    """Met is True or False, and nothing else: it is stored, and compared byte for byte."""
    decision = judged_1(Dossier("app_1", SUNRISE, ()))
    told = {r.clause: (r.met, r.text) for r in decision.reasons}
    assert {id: told[id] for id in ("I2", "I8", "I9", "I10")} == {
        "I2": (False, "No site is listed."),
        "I8": (False, "There is no full audit to score."),
        "I9": (False, "There is no full audit."),
        "I10": (False, f"Agreement {BOOK_1.agreement} is not signed."),
    }
    assert {type(reason.met) for reason in decision.reasons} == {bool}


def test_a_draft_and_an_older_agreement_are_called_so() -> None:
    draft = decide(certifiable_2026_1(), None, replace(BOOK_1, approved=False), NOW)
    assert said(draft, "I1") == f"freemark-2026.1 is a draft, from {BOOK_1.in_force_from}."
    assert said(judged_1(certifiable_2026_1()), "I1") == f"freemark-2026.1 is approved, from {BOOK_1.in_force_from}."
    old = judged_1(certifiable_2026_1(agreement=Agreement("2025.0", at(-60), independent_reporting=True)))
    (reason,) = [r for r in old.reasons if r.clause == "I10"]
    assert (reason.met, reason.text) == (False, f"Version 2025.0 is signed, {BOOK_1.agreement} is current.")
    assert type(reason.met) is bool


def test_exactly_a_quarter_may_be_not_applicable() -> None:
    even = visit_1(applicable=75, conforming=75, not_applicable=25)
    assert judged_1(certifiable_2026_1(visits=(even,))).outcome == "issue"


def test_audits_that_looked_at_too_little_are_told_one_after_the_other() -> None:
    poor: dict[str, Any] = {
        "interviews": 29,
        "files_reviewed": 29,
        "applicable": 74,
        "conforming": 74,
        "not_applicable": 26,
    }
    annex = place_1("site_annex", visits=(visit_1("aud_2", **poor),))
    dossier = certifiable_2026_1(visits=(visit_1(**poor),))
    decision = judged_1(replace(dossier, sites=(*dossier.sites, annex)))
    assert said(decision, "I27") == "More than 25 percent not applicable: aud_1: 26 of 100; aud_2: 26 of 100."
    few = "; ".join(f"{id}: 29 of 400 workers, needed 30" for id in ("aud_1", "aud_2"))
    assert said(decision, "I28") == f"Too few files: {few}."
    assert said(decision, "I9") == f"Too few: {few}."


def test_what_revokes_is_told_as_each_rulebook_has_it() -> None:
    breach = passports(deliberate=True)
    named = "T2.1 (fnd_passports)."
    assert said(judged(certified(breach), standing()), "V1") == f"Deliberate or concealed: {named}"
    assert said(judged_1(certified_2026_1(breach), standing()), "V1") == (
        f"Deliberate, concealed or not contained: {named}"
    )


def test_a_screening_of_this_second_counts() -> None:
    assert judged_1(factory(certifiable_2026_1(), screened_at=NOW)).outcome == "issue"


@pytest.mark.parametrize(("second_found", "panel_needed"), [(-11, False), (-10, False), (-9, True)])
def test_core_majors_from_before_the_certificate_are_no_case_for_a_panel_in_it(
    second_found: int, panel_needed: bool
) -> None:
    """Certified ten days ago; both are closed. What was open at once before that was looked at when it was issued."""
    majors = tuple(closed(finding(f"fnd_{days}", "major", "T1.2", days, core=True), -1) for days in (-26, second_found))
    assert ("I25" in unmet(judged_1(certified_2026_1(*majors), standing()))) == panel_needed
    assert "I25" in unmet(
        judged_1(certifiable_2026_1(*majors, certified_at=at(-10)))
    )  # a new application forgets nothing
