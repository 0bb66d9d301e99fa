"""The way back and what is proven, word for word and on their limits: found missing by mutants (tests/mutants)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from audits.facts import Finding
from certify import proven
from certify.dossier import Approval, Dossier, Other, Risk
from tests.unit.certify.builders import (
    BOOK,
    BOOK_1,
    FACTORY,
    INES,
    LOTUS,
    NOW,
    accepted,
    at,
    certifiable_2026_1,
    certified_2026_1,
    closed,
    closure,
    ending,
    finding,
    judged,
    judged_1,
    panel,
    passports,
    place_1,
    renewable_2026_1,
    repaired,
    repaired_2026_1,
    said,
    standing,
    unmet,
    visit_1,
)

SUSPENDED = standing("suspended", reason="nonconformity")  # ten days ago, on 2026-05-22
ANNEX = "site_annex"
RETURN = closure("aud_return", -6, team=(INES,), signed=True, standard="freemark-2026.1")
MISSING = f"No re-entry audit begun after 2026-05-22: {ANNEX}."


def with_annex(*findings: Finding, **changes: Any) -> Dossier:
    """`repaired_2026_1`, with a second site that nobody has seen since, and findings there."""
    whole = repaired_2026_1()
    annex = place_1(ANNEX, *findings, **{"visits": (visit_1("aud_annex"),)} | changes)
    return accepted(replace(whole, sites=(*whole.sites, annex)), 0)


# -------------------------------------------------------------------------------------- which places are in question


@pytest.mark.parametrize(
    ("there", "in_question"),
    [
        (finding("fnd_x", "priority"), True),
        (finding("fnd_x", "major"), True),
        (finding("fnd_x", "minor"), False),
        (finding("fnd_x", "risk"), False),
        (closed(finding("fnd_x", "major"), -9.9, by="aud_annex"), True),
        (closed(finding("fnd_x", "major"), -10, by="aud_annex"), True),
        (closed(finding("fnd_x", "major"), -10.1, by="aud_annex"), False),
        (finding("fnd_x", "minor", close_due=at(-1)), True),
        (finding("fnd_x", "minor", close_due=NOW), False),
        (closed(finding("fnd_x", "minor", close_due=at(-8)), -7, by="aud_annex"), True),
        (closed(finding("fnd_x", "minor", close_due=at(-7)), -7, by="aud_annex"), False),
        (closed(finding("fnd_x", "minor", close_due=at(-15)), -14, by="aud_annex"), False),
        (finding("fnd_x", "risk", close_due=at(-1)), False),
    ],
    ids=["priority", "major", "minor in time", "risk", "closed since", "closed at that moment", "closed before",
         "minor overdue", "minor due now", "closed too late", "closed on the last moment", "closed too late and before",
         "risk overdue"],
)  # fmt: skip
def test_a_place_with_what_can_have_been_the_reason_is_seen_again(there: Finding, in_question: bool) -> None:
    decision = judged_1(with_annex(replace(there, audit="aud_annex")), SUSPENDED)
    assert (said(decision, "R2") == MISSING) == in_question
    if not in_question:
        assert said(decision, "R2") == "Seen again after 2026-05-22."


def test_every_site_that_is_missing_is_named() -> None:
    dossier = replace(with_annex(), suspension_requested_at=at(-10))
    unseen = replace(dossier.sites[0], visits=(visit_1(),))
    decision = judged_1(replace(dossier, sites=(unseen, dossier.sites[1])), SUSPENDED)
    assert said(decision, "R2") == f"No re-entry audit begun after 2026-05-22: {FACTORY}, {ANNEX}."
    assert next(r.subject for r in decision.reasons if r.clause == "R2") == f"{FACTORY}, {ANNEX}"


@pytest.mark.parametrize("reason", ["administrative", "unspecified", None])
def test_a_suspension_for_another_reason_than_findings_takes_every_site(reason: Any) -> None:
    assert said(judged_1(with_annex(), replace(SUSPENDED, reason=reason)), "R2") == MISSING


def again(**changes: Any) -> Dossier:
    """Six days ago the annex was audited in full, with 30 of 400 workers."""
    seen = visit_1("aud_again", -6, type="periodic", **changes)
    return replace(with_annex(visits=(visit_1("aud_annex"), seen)), suspension_requested_at=at(-10))


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({}, True),
        ({"interviews": 29}, False),
        ({"interviews": 5, "unanswered": 1}, True),
        ({"interviews": 4, "unanswered": 1}, False),
        ({"starts_on": at(-9).date()}, True),
        ({"starts_on": at(-10).date()}, False),
        ({"signed": False}, False),
    ],
    ids=["whole", "a sample too small", "a part, five interviews", "a part, four", "the day after", "the day",
         "unsigned"],
)  # fmt: skip
def test_a_full_audit_needs_its_sample_to_be_a_re_entry_audit(changes: dict[str, Any], counts: bool) -> None:
    assert (said(judged_1(again(**changes), SUSPENDED), "R2") == MISSING) != counts


@pytest.mark.parametrize(("site", "counts"), [(ANNEX, True), (FACTORY, False)])
def test_the_sample_of_a_re_entry_audit_is_that_of_its_own_site(site: str, counts: bool) -> None:
    """Twenty of 400 workers are enough where the risk is low."""
    dossier = replace(again(interviews=20), risks=(Risk(site, "low", at(-40)),))
    assert (said(judged_1(dossier, SUSPENDED), "R2") == MISSING) != counts


def test_under_the_first_rulebook_any_visit_is_a_re_entry_audit() -> None:
    decision = judged(repaired(), SUSPENDED)
    assert said(decision, "R2") == "Visits on site begun after 2026-05-22: 1."
    assert next(r.subject for r in decision.reasons if r.clause == "R2") == "aud_closure"


# -------------------------------------------------------------------------------------------------- other certificates


@pytest.mark.parametrize(
    ("state", "words"), [("suspended", "AAAAAAAAAAA is suspended."), ("remediation", "AAAAAAAAAAA is in remediation.")]
)
def test_a_certificate_that_is_stopped_is_named(state: Any, words: str) -> None:
    decision = judged_1(certifiable_2026_1(others=(Other("AAAAAAAAAAA", state, at(-2)),)))
    assert said(decision, "I26") == words
    assert next(r.subject for r in decision.reasons if r.clause == "I26") == "AAAAAAAAAAA"


def test_everything_that_is_missing_after_one_that_ended_is_told_once_each() -> None:
    cause = closed(passports(found=-21), -15)
    dossier = certifiable_2026_1(cause, others=(Other("A", "withdrawn", at(-14)), Other("B", "suspended", at(-1))))
    assert "I26" in unmet(judged_1(dossier))
    dossier = certifiable_2026_1(others=(Other("A", "withdrawn", at(-14)), Other("B", "suspended", at(-1))))
    decision = judged_1(dossier)
    assert said(decision, "I26") == (
        "A ended without having come back: No re-entry audit begun after 2026-05-18: site_factory. B is suspended."
    )
    assert next(r.subject for r in decision.reasons if r.clause == "I26") == "A, B"


def test_a_certificate_that_is_stopped_is_not_forgotten_for_one_that_ended() -> None:
    both = (Other("B", "suspended", at(-1)), Other("A", "withdrawn", at(-14)))
    decision = judged_1(certifiable_2026_1(others=both))
    assert said(decision, "I26").startswith("B is suspended. A ended without having come back: ")
    assert next(r.subject for r in decision.reasons if r.clause == "I26") == "B, A"


def test_after_one_that_ended_only_the_site_of_the_breach_is_seen_again() -> None:
    """The annex had no part in it. Without a finding to go by, it would be every site."""
    cause = closed(finding("fnd_x", "major"), -13, by="aud_return")
    ended = (Other("A", "withdrawn", at(-14)),)
    dossier = certifiable_2026_1(cause, visits=(visit_1(), RETURN), others=ended)
    annex = place_1("site_X", visits=(visit_1("aud_annex"),))
    two = accepted(replace(dossier, sites=(*dossier.sites, annex)), 0)
    assert "I26" not in unmet(judged_1(two))
    nothing_known = replace(two, sites=(replace(two.sites[0], findings=()), annex))
    assert said(judged_1(nothing_known), "I26") == (
        "A ended without having come back: No re-entry audit begun after 2026-05-18: site_X."
    )


def test_half_a_year_for_misuse_of_labels_is_for_who_was_suspended() -> None:
    label = finding("fnd_labels", "major", "T16.1", -9, deliberate=True)
    dossier = certified_2026_1(label)
    assert "R4" in unmet(judged_1(dossier, SUSPENDED))
    frozen = judged_1(dossier, replace(SUSPENDED, state="remediation"))
    assert said(frozen, "R4") == "Nothing to come back from."


@pytest.mark.parametrize(("stopped", "asked"), [(-9, True), (-10, True), (-11, False)])
def test_what_ended_before_this_certificate_was_issued_was_asked_then(stopped: float, asked: bool) -> None:
    dossier = certified_2026_1(others=(Other("A", "reduced", at(stopped)),))
    assert ("I26" in unmet(judged_1(dossier, standing()))) == asked


def test_without_another_certificate_nothing_is_asked() -> None:
    assert said(judged_1(certifiable_2026_1()), "I26") == "No other certificate of these sites is stopped."


# ------------------------------------------------------------------------------------------------------- what is proven


def is_closed(found: Finding, *, closing: Any = None, first: Any = None) -> bool:
    """The finding of `aud_1`, closed five days ago by Ines's visit of six days ago."""
    visits = (first or visit_1(), closing or RETURN)
    shut = closed(replace(found, audit="aud_1"), -5, by="aud_return")
    return proven.closed(shut, place_1(FACTORY, shut, visits=visits), BOOK_1, NOW)


@pytest.mark.parametrize(
    "severity",
    [("priority", {"core": True}), ("priority", {}), ("major", {"core": True}), ("major", {}), ("minor", {})],
)
def test_what_another_auditor_closed_on_site_is_closed(severity: tuple[Any, dict[str, Any]]) -> None:
    name, changes = severity
    assert is_closed(finding(severity=name, verify="on_site", **changes))


@pytest.mark.parametrize("severity", ["minor", "risk", "opportunity"])
def test_what_the_next_audit_verifies_is_closed_from_a_desk(severity: Any) -> None:
    desk = replace(RETURN, remote=True, interviews=0)
    assert is_closed(finding(severity=severity, verify="on_site"), closing=desk)


def test_zero_tolerance_is_closed_by_another_team_whatever_its_topic() -> None:
    same = replace(RETURN, team=(*RETURN.team, "per_amina"))
    for core in (True, False):
        breach = finding(severity="priority", zero_tolerance=True, core=core)
        assert is_closed(breach)
        assert not is_closed(breach, closing=same)
        assert not is_closed(replace(breach, audit="aud_lost"), first=visit_1("aud_other"))  # who found it is not known
    for severity in ("priority", "major"):
        assert is_closed(finding(severity=severity, core=True), closing=same)
    assert is_closed(finding(severity="major", zero_tolerance=True), closing=same)


@pytest.mark.parametrize(
    ("found", "asks"),
    [
        (finding(severity="major", core=True), True),
        (finding(severity="major", zero_tolerance=True), True),
        (finding(severity="major", verify="on_site_interviews"), True),
        (finding(severity="major", verify="on_site"), False),
        (finding(severity="priority", core=True), False),
        (finding(severity="priority", core=True, verify="on_site_interviews"), True),
        (finding(severity="priority"), False),
        (finding(severity="minor", verify="on_site_interviews"), False),
    ],
)
def test_where_workers_must_be_asked_five_are_or_everybody(found: Finding, asks: bool) -> None:
    """Among fewer it can be guessed who spoke: DOMAIN.md 7 never shows a smaller count."""
    assert is_closed(found, closing=replace(RETURN, interviews=5))
    assert is_closed(found, closing=replace(RETURN, interviews=4)) != asks


@pytest.mark.parametrize(
    ("workers", "interviews", "enough"), [(3, 3, True), (3, 2, False), (0, 0, False), (0, 1, True), (5000, 5, True)]
)
def test_at_a_smaller_place_everybody_is_asked_and_never_nobody(workers: int, interviews: int, enough: bool) -> None:
    place = place_1(FACTORY, workers=workers)
    visit = replace(RETURN, workers=workers, interviews=interviews)
    assert proven.talked_to_enough(visit, place, BOOK_1) == enough
    told = replace(visit, workers=0)  # a head count that is too small does not make it enough
    assert proven.talked_to_enough(told, place, BOOK_1) == enough


def test_a_closure_on_site_is_no_desk_review_and_not_the_visit_that_found_it() -> None:
    major = closed(finding(severity="major", verify="on_site"), -5, by="aud_return")
    whole = place_1(FACTORY, visits=(visit_1(), RETURN))
    assert proven.closed(major, whole, BOOK_1, NOW)
    assert not proven.closed(replace(major, closed_on_site=False), whole, BOOK_1, NOW)
    assert not proven.closed(replace(major, audit="aud_return", discovered_at=at(-6)), whole, BOOK_1, NOW)


def test_a_visit_that_began_before_the_finding_closes_nothing() -> None:
    late = finding(severity="major", verify="on_site")
    assert is_closed(replace(late, discovered_at=at(-6, hours=5)))  # the same day
    assert not is_closed(replace(late, discovered_at=at(-5)))


def test_a_closure_of_this_moment_counts_and_a_later_one_not_yet() -> None:
    place = place_1(FACTORY, visits=(visit_1(), replace(RETURN, submitted_at=NOW)))
    major = finding(severity="major", verify="on_site")
    for days, holds in ((0, True), (0.001, False)):
        shut = closed(major, days, by="aud_return")
        assert proven.closed(shut, place, BOOK_1, NOW) == holds
    assert not proven.closed(major, place, BOOK_1, NOW)


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({}, True),
        ({"submitted_at": NOW}, True),
        ({"submitted_at": at(0.001)}, False),
        ({"submitted_at": None}, False),
        ({"report": None}, False),
        ({"outcome": "interrupted"}, False),
        ({"remote": True}, False),
        ({"objections": ("lapsed",)}, False),
        ({"signed": False}, False),
        ({"signed": False, "standard": "freemark-2026.0"}, True),  # which asked for no signature
    ],
)
def test_a_visit_that_proves_something(changes: dict[str, Any], counts: bool) -> None:
    assert proven.counts(replace(RETURN, **changes), BOOK_1, NOW) == counts


def test_only_what_does_not_hold_is_changed_and_nothing_else() -> None:
    kept, bare = finding("fnd_kept"), closed(finding("fnd_bare", "major", core=True), -5, by="aud_nowhere")
    dossier = certifiable_2026_1(kept)
    factory = replace(dossier.sites[0], findings=(kept, bare))
    agent = replace(dossier.agents[0], findings=(replace(bare, id="fnd_agent"),))
    annex = replace(factory, site=ANNEX, findings=(kept,))
    seen = proven.by_now(replace(dossier, sites=(factory, annex), agents=(agent,)), BOOK_1, NOW)
    open = replace(bare, closed_at=None, closed_by=None, closed_on_site=False)
    assert seen == replace(
        dossier,
        sites=(replace(factory, findings=(kept, open)), annex),
        agents=(replace(agent, findings=(replace(open, id="fnd_agent"),)),),
    )
    assert seen.sites[0].findings[0] is kept
    assert seen.sites[1] is annex


@pytest.mark.parametrize(
    ("submitted", "approved", "seen"),
    [
        (None, None, (None, None)),
        (None, -1, (None, None)),
        (0.001, None, (None, None)),
        (0.001, -1, (None, None)),
        (0, 0, (0, 0)),
        (-1, 0.001, (-1, None)),
        (-2, -1, (-2, -1)),
        (-1, None, (-1, None)),
    ],
)
def test_a_plan_is_there_from_the_moment_it_came(submitted: Any, approved: Any, seen: tuple[Any, Any]) -> None:
    def moment(days: float | None) -> Any:
        return None if days is None else at(days)

    plan = finding(severity="major")
    plan = replace(plan, action=replace(plan.action, submitted_at=moment(submitted), approved_at=moment(approved)))
    (found,) = proven.by_now(certifiable_2026_1(plan), BOOK_1, NOW).sites[0].findings
    assert (found.action.submitted_at, found.action.approved_at) == tuple(map(moment, seen))
    assert replace(found.action, submitted_at=None, approved_at=None) == replace(
        plan.action, submitted_at=None, approved_at=None
    )
    untouched = (submitted, approved) == seen
    assert (found is plan) == untouched


def test_a_rulebook_may_ask_more_of_a_minor_or_say_nothing() -> None:
    desk = replace(RETURN, remote=True)
    shut = closed(finding("fnd_x"), -5, by="aud_return")
    place = place_1(FACTORY, shut, visits=(visit_1(), desk))
    effect = replace(BOOK_1.effects["minor"], verify="on_site")
    strict = replace(BOOK_1, effects={**BOOK_1.effects, "minor": effect})
    silent = replace(BOOK_1, effects={})
    assert [proven.closed(shut, place, book, NOW) for book in (BOOK_1, strict, silent)] == [True, False, True]


@pytest.mark.parametrize(("days", "late"), [(-1, False), (0, True)])
def test_a_visit_under_an_earlier_standard_shows_nothing_from_the_day_of_the_rulebook_on(days: int, late: bool) -> None:
    """It was asked for less. One from before tells what was in order on its day."""
    begins = BOOK_1.in_force_from + timedelta(days=days)
    visit = replace(visit_1(), standard="freemark-2026.0", starts_on=begins, ends_on=begins)
    assert proven.too_late(visit, BOOK_1) == late
    assert not proven.too_late(replace(visit, standard="freemark-2026.1"), BOOK_1)


@pytest.mark.parametrize(
    ("changes", "counts"),
    [({}, True), ({"interviews": 9}, False), ({"signed": False}, False), ({"notice": "announced"}, False),
     ({"signed": False, "standard": "freemark-2026.0"}, False)],
    ids=["unannounced", "too few people", "unsigned", "announced", "under a standard that asks for no signature"],
)  # fmt: skip
def test_a_visit_for_cause_is_an_unannounced_visit_when_it_proves_something(
    changes: dict[str, Any], counts: bool
) -> None:
    whole = renewable_2026_1()
    *early, late = whole.sites[0].visits
    told = replace(late, notice="announced", announced=True)
    cause = closure("aud_cause", -9, type="for_cause", interviews=10, signed=True, standard="freemark-2026.1",
                    notice="unannounced", announced=False)  # fmt: skip
    factory = replace(whole.sites[0], visits=(*early, told, replace(cause, **changes)))
    decision = judged_1(accepted(replace(whole, sites=(factory,)), 0), ending())
    assert ("N3" not in unmet(decision)) == counts


def test_the_first_rulebook_changes_nothing() -> None:
    bare = closed(finding("fnd_bare", "major", core=True), -5, by="aud_nowhere")
    dossier = certifiable_2026_1(bare)
    assert proven.by_now(dossier, BOOK, NOW) is dossier


# ------------------------------------------------------------------------------------------------------------ the panel


def panelled(*panels: Any, **changes: Any) -> str:
    return said(judged_1(replace(repaired_2026_1(), panels=panels, **changes), SUSPENDED), "R5")


def test_the_word_of_the_panel_is_told_with_its_day() -> None:
    assert panelled(panel(-1), panel(-3)) == "The panel spoke for it on 2026-05-31."
    assert panelled() == "No panel has spoken for it since 2026-05-26."


@pytest.mark.parametrize(("days", "counts"), [(-6, True), (-6.001, False), (0, True), (0.001, False)])
def test_a_panel_sits_after_the_last_report_and_by_now(days: float, counts: bool) -> None:
    """The report of the closure came six days ago."""
    assert ("spoke for it" in panelled(panel(days))) == counts


@pytest.mark.parametrize(("apart", "together"), [(59, True), (60, False), (61, False)])
def test_the_words_of_one_panel_lie_within_sixty_days(apart: int, together: bool) -> None:
    """Less than sixty days from the first word that counts to the last."""
    words = (panel(0, persons=("per_noor",), organisations=("org_unions",)),
             panel(apart, persons=("per_pia",), organisations=("org_stakeholders",)))  # fmt: skip
    decision = judged_1(replace(repaired_2026_1(), panels=words), SUSPENDED, days=apart)
    assert ("R5" not in unmet(decision)) == together


def test_an_approval_of_something_else_disqualifies_nobody() -> None:
    spoken = Approval("revoke", "per_pia", "org_stakeholders", at(-1))
    dossier = replace(repaired_2026_1(), panels=(panel(persons=("per_pia", "per_noor")),))
    assert "R5" not in unmet(judged_1(replace(dossier, approvals=(*dossier.approvals, spoken)), SUSPENDED))
    returning = replace(spoken, act="reinstate")
    assert "R5" in unmet(judged_1(replace(dossier, approvals=(*dossier.approvals, returning)), SUSPENDED))


def test_a_panel_of_the_certification_body_may_judge_what_a_colleague_accepts() -> None:
    """The person who accepted may not; the organisation may."""
    colleagues = panel(persons=("per_dara", "per_pia"), organisations=(LOTUS, "org_stakeholders"))
    assert "spoke for it" in panelled(colleagues)
