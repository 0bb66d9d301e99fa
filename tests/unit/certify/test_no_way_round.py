"""What once made a certificate active that must not be: each test is named after the defect.

Under freemark-2026.1; the last ones say that freemark-2026.0 decides as it always did. The doors to the way back are
walked through in tests/flows/test_no_way_round.py and told in tests/cases/13_no_way_round.toml.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from audits.facts import Finding, Hit, Visit
from certify import proven
from certify.dossier import Dossier, Other, Panel, Reduction, Revocation, Risk, dossier_from_json, dossier_to_json
from tests.unit.certify.builders import (
    AMINA,
    BOOK,
    BOOK_1,
    CARL,
    FACTORY,
    INES,
    LOTUS,
    NOW,
    OFFICE,
    SAM,
    SCHEME,
    SUNRISE,
    accepted,
    at,
    case,
    certifiable,
    certifiable_2026_1,
    certified,
    certified_2026_1,
    closed,
    closure,
    ending,
    fees,
    finding,
    judged,
    judged_1,
    modern_visit,
    on,
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

SUSPENDED = standing("suspended", reason="nonconformity")
NUMBER = "AAAAAAAAAAA"


def closing(dossier: Dossier, **changes: Any) -> Dossier:
    """The visit that closed the breach, changed; its report is accepted as before."""
    factory = dossier.sites[0]
    visits = tuple(replace(v, **changes) if v.id == "aud_closure" else v for v in factory.visits)
    return replace(dossier, sites=(replace(factory, visits=visits), *dossier.sites[1:]))


def with_finding(dossier: Dossier, **changes: Any) -> Dossier:
    factory = dossier.sites[0]
    findings = tuple(replace(each, **changes) for each in factory.findings)
    return replace(dossier, sites=(replace(factory, findings=findings), *dossier.sites[1:]))


def with_visit(dossier: Dossier, visit: Visit) -> Dossier:
    factory = dossier.sites[0]
    return accepted(replace(dossier, sites=(replace(factory, visits=(*factory.visits, visit)), *dossier.sites[1:])))


# --------------------------------------------------------------------------------------------- other certificates


@pytest.mark.parametrize("state", ["suspended", "remediation"])
def test_a_spare_application_beside_a_stopped_certificate(state: Any) -> None:
    dossier = certifiable_2026_1(others=(Other(NUMBER, state, at(-2)),))
    assert judged_1(dossier).because == ("I26",)


@pytest.mark.parametrize("state", ["withdrawn", "reduced"])
def test_left_while_suspended_and_nobody_has_looked_since(state: Any) -> None:
    dossier = certifiable_2026_1(others=(Other(NUMBER, state, at(-20)),))
    assert judged_1(dossier).because == ("I26",)
    assert FACTORY in said(judged_1(dossier), "I26")
    seen = with_visit(dossier, visit_1("aud_again", -6))
    assert judged_1(seen).outcome == "issue"


def test_what_is_open_at_a_place_that_was_left_out_since_is_asked_too() -> None:
    """The guilty agent is not left behind: its finding is in no place of the new application."""
    left = Other(NUMBER, "withdrawn", at(-20), ("fnd_agent",))
    seen = with_visit(certifiable_2026_1(others=(left,)), visit_1("aud_again", -6))
    assert judged_1(seen).because == ("I26",)
    assert "fnd_agent not corrected" in said(judged_1(seen), "I26")


def test_long_ago_is_not_forgotten_but_asked_once() -> None:
    """Asked when the certificate in force was issued, so not of its renewal."""
    longer = (Other(NUMBER, "withdrawn", at(-700)),)
    before = passports(found=-701, audit="aud_old", deliberate=True)
    corrected = closed(before, -650)
    asked = certifiable_2026_1(corrected, others=longer)
    assert "I26" in unmet(judged_1(asked))  # seen again it was, but no panel has spoken
    assert "I26" not in unmet(judged_1(replace(asked, panels=(panel(),))))
    assert "I26" not in unmet(judged_1(replace(asked, certified_at=at(-10), cycles=1), standing()))


def test_the_facts_about_others_are_left_out_where_there_are_none_and_come_back() -> None:
    plain = certifiable_2026_1()
    assert "others" not in dossier_to_json(plain)
    told = replace(plain, others=(Other(NUMBER, "suspended", at(-2)),))
    assert dossier_from_json(dossier_to_json(told)) == told


# ------------------------------------------------------------------------------------------------------ the way back


@pytest.mark.parametrize("lacks", ["R2", "R4", "R5", "R3", "I4"])
def test_a_smaller_scope_is_no_way_out_of_a_suspension(lacks: str) -> None:
    whole = repaired_2026_1()
    annex = replace(whole.sites[0], site="site_annex", findings=(), visits=(visit_1("aud_annex"),))
    asked = Reduction("site_annex", "per_bea", SUNRISE, at(-1))
    dossier = accepted(replace(whole, sites=(*whole.sites, annex), reduction=asked))
    assert judged_1(dossier, SUSPENDED).outcome == "reinstate"  # nothing lacks, and the order of the ladder
    match lacks:
        case "R2":
            dossier = closing(dossier, interviews=0)
        case "R4":
            label = finding("fnd_labels", "major", "T16.1", -11, deliberate=True)
            factory = dossier.sites[0]
            kept = replace(factory, findings=(*factory.findings, closed(label, -6)))
            dossier = replace(dossier, sites=(kept, annex))
        case "R5":
            dossier = replace(dossier, panels=())
        case "R3":
            dossier = replace(dossier, approvals=())
        case "I4":
            dossier = replace(dossier, acceptances=())
    decision = judged_1(dossier, SUSPENDED)
    assert lacks in unmet(decision)
    assert decision.outcome == "keep"


def test_after_a_brake_every_site_is_seen_again() -> None:
    dossier = replace(repaired_2026_1(), suspension_requested_at=at(-10))
    annex = replace(dossier.sites[0], site="site_annex", findings=(), visits=(visit_1("aud_annex"),))
    two = accepted(replace(dossier, sites=(*dossier.sites, annex)))
    assert said(judged_1(two, SUSPENDED), "R2") == "No re-entry audit begun after 2026-05-22: site_annex."
    findings_alone = replace(two, suspension_requested_at=None)
    assert judged_1(findings_alone, SUSPENDED).outcome == "reinstate"  # the annex had no part in it


@pytest.mark.parametrize(
    "changes",
    [
        {"interviews": 0}, {"signed": False}, {"objections": ("lapsed",)}, {"remote": True},
        {"outcome": "interrupted"}, {"submitted_at": at(1)}, {"starts_on": on(-10)},
    ],
    ids=["no interviews", "unsigned", "objections", "remote", "interrupted", "tomorrow", "the same day"],
)  # fmt: skip
def test_a_re_entry_audit_that_proves_nothing(changes: dict[str, Any]) -> None:
    dossier = closing(repaired_2026_1(), **changes)
    decision = judged_1(dossier, SUSPENDED)
    assert "R2" in unmet(decision)
    assert decision.outcome != "reinstate"


@pytest.mark.parametrize(("hit", "back"), [("open", False), ("dismissed", True)])
def test_reinstated_with_a_hit_that_nobody_looked_at(hit: Any, back: bool) -> None:
    dossier = repaired_2026_1()
    listed = replace(dossier.sites[0], hits=(Hit("hit", "uflpa", "identifier", hit, at(1)),))  # dated later: known now
    decision = judged_1(replace(dossier, sites=(listed,)), SUSPENDED)
    assert (decision.outcome == "reinstate") == back


def test_a_withdrawal_does_not_end_a_suspension_that_is_too_long() -> None:
    dossier = certified_2026_1(passports(found=-92, contained_at=at(-92)), withdrawal_requested_at=NOW)
    long = replace(SUSPENDED, since=at(-91))
    assert judged_1(dossier, long).outcome == "propose_revocation"
    short = replace(SUSPENDED, since=at(-89))
    assert judged_1(dossier, short).outcome == "withdraw"


# --------------------------------------------------------------------------------------------------------- the panel


@pytest.mark.parametrize(
    ("words", "back"),
    [
        ((("per_noor", "org_unions", -30, True), ("per_pia", "org_stakeholders", -1, True)), False),
        ((("per_noor", "org_unions", -2, True), ("per_pia", "org_stakeholders", -1, True)), True),
        ((("per_noor", "org_unions", -2, False), ("per_pia", "org_stakeholders", -1, True)), False),
        ((("per_noor", "org_unions", -30, False), ("per_noor", "org_unions", -2, True),
          ("per_pia", "org_stakeholders", -1, True)), True),
        ((("per_noor", "org_unions", -2, True), ("per_dan", "org_unions", -1, True)), False),
        (((CARL, LOTUS, -1, True), (SAM, SCHEME, -1, True)), False),
        (((CARL, LOTUS, -1, True), ("per_pia", "org_stakeholders", -1, True)), False),
        (((AMINA, "org_unions", -1, True), ("per_pia", "org_stakeholders", -1, True)), False),
    ],
    ids=["before the breach", "both since", "one against", "spoke again", "one organisation", "who let go",
         "who accepted", "of the team"],
)  # fmt: skip
def test_words_that_make_no_panel(words: tuple[tuple[str, str, int, bool], ...], back: bool) -> None:
    said_so = tuple(Panel(at(days), (who,), (of,), favourable) for who, of, days, favourable in words)
    dossier = replace(repaired_2026_1(), panels=said_so)
    assert (judged_1(dossier, SUSPENDED).outcome == "reinstate") == back


def test_words_too_far_apart_are_no_panel() -> None:
    dossier = repaired_2026_1()
    words = (
        Panel(at(0), ("per_noor",), ("org_unions",), True),
        Panel(at(61), ("per_pia",), ("org_stakeholders",), True),
    )
    assert "R5" in unmet(judged_1(replace(dossier, panels=words), SUSPENDED, days=61))
    nearer = (replace(words[0], at=at(2)), words[1])
    assert "R5" not in unmet(judged_1(replace(dossier, panels=nearer), SUSPENDED, days=61))


# ------------------------------------------------------------------------------------------------------- closures


@pytest.mark.parametrize(
    "changes",
    [
        {"team": (AMINA,)}, {"team": (INES, AMINA)}, {"signed": False}, {"objections": ("suspended",)},
        {"remote": True}, {"outcome": "access_denied"}, {"submitted_at": None}, {"report": None},
        {"starts_on": on(-12)},
    ],
    ids=["same team", "one of the team", "unsigned", "objections", "remote", "denied", "not submitted", "no report",
         "begun before it was found"],
)  # fmt: skip
def test_a_breach_of_zero_tolerance_that_was_not_really_closed(changes: dict[str, Any]) -> None:
    decision = judged_1(closing(repaired_2026_1(), **changes), SUSPENDED)
    assert {"I5", "S1"} <= set(unmet(decision))


@pytest.mark.parametrize(
    "changes",
    [{"closed_by": None}, {"closed_by": "aud_elsewhere"}, {"closed_by": "aud_2"}, {"closed_at": at(1)},
     {"closed_on_site": False}],
    ids=["by nobody", "by a visit elsewhere", "by the visit that found it", "tomorrow", "from a desk"],
)  # fmt: skip
def test_a_closure_that_the_record_does_not_bear_out(changes: dict[str, Any]) -> None:
    decision = judged_1(with_finding(repaired_2026_1(), **changes), SUSPENDED)
    assert {"I5", "S1"} <= set(unmet(decision))


def test_a_core_major_closed_without_an_interview() -> None:
    dossier = certifiable_2026_1(closed(fees(), -8))
    assert "I6" not in unmet(judged_1(dossier))
    assert "I6" in unmet(judged_1(closing(dossier, interviews=0)))


@pytest.mark.parametrize(("verify", "stays_open"), [("", False), ("on_site", True), ("on_site_interviews", True)])
def test_another_major_closed_from_a_desk(verify: Any, stays_open: bool) -> None:
    exits = replace(closed(finding("fnd_exits", "major", "T17.1"), -8, on_site=False), verify=verify)
    desk = replace(modern_visit(closure(remote=True)), interviews=0)
    whole = certifiable_2026_1(exits, visits=(visit_1(), desk))
    assert bool(proven.by_now(whole, BOOK_1, NOW).findings[0].open) == stays_open


@pytest.mark.parametrize(
    ("severity", "changes"),
    [
        ("priority", {"core": True, "zero_tolerance": True}), ("priority", {"core": True}), ("major", {"core": True}),
        ("major", {}), ("minor", {"verify": "on_site"}),
    ],
)  # fmt: skip
def test_what_was_found_under_this_standard_is_closed_by_a_signed_visit_under_it(
    severity: Any, changes: dict[str, Any]
) -> None:
    """An earlier standard asks for no signature, no assignment and no ledger: a way round all of them."""
    found = closed(finding("fnd_x", severity, audit="aud_1", **changes), -6)
    old = closure(team=(INES,))  # unsigned, under the standard that asks for no signature
    new = modern_visit(old)

    def holds(closing: Visit, first: Visit | None = None) -> bool:
        place = place_1(FACTORY, found, visits=(first or visit_1(), closing))
        return proven.closed(found, place, BOOK_1, NOW)

    assert holds(new)
    assert holds(old, replace(visit_1(), standard=old.standard, signed=False))
    for less in (old, replace(old, signed=True), replace(new, signed=False), replace(new, standard="freemark-2099.0")):
        assert not holds(less)
    assert not proven.closed(found, place_1(FACTORY, found, visits=(visit_1(),)), BOOK_1, NOW)


def test_a_plan_that_was_approved_before_it_came_or_will_be() -> None:
    major = finding(severity="major")
    for action in (
        replace(major.action, approved_at=at(1)),
        replace(major.action, submitted_at=None),
        replace(major.action, submitted_at=at(1), approved_at=at(-1)),
    ):
        assert "I7" in unmet(judged_1(certifiable_2026_1(replace(major, action=action))))
    assert "I7" not in unmet(judged_1(certifiable_2026_1(major)))


def test_what_holds_is_left_as_it_is() -> None:
    dossier = repaired_2026_1()
    assert proven.by_now(dossier, BOOK_1, NOW) is dossier


# ---------------------------------------------------------------------------------------------------- the audits


@pytest.mark.parametrize(
    ("changes", "clause"),
    [
        ({"conforming": 1, "applicable": 1, "not_applicable": 65}, "I27"),
        ({"conforming": 10}, "I11"),
        ({"files_reviewed": 29}, "I28"),
        ({"strata": ()}, "I15"),
        ({"effort_needed": 0, "effort_spent": 0}, "I19"),
        ({"in_a_row": 0}, "I16"),
        ({"interviews": 29, "off_site": 15}, "I9"),
    ],
    ids=["nothing applied", "answers missing", "files unread", "no groups counted", "time not computed",
         "rotation unknown", "nobody assessed the risk"],
)  # fmt: skip
def test_an_audit_that_looked_at_too_little(changes: dict[str, Any], clause: str) -> None:
    dossier = certifiable_2026_1(visits=(visit_1(**changes),))
    assert judged_1(dossier).because == (clause,)


def test_a_quarter_may_be_not_applicable() -> None:
    assert judged_1(certifiable_2026_1(visits=(visit_1(not_applicable=26),))).outcome == "issue"  # 26 of 106
    assert judged_1(certifiable_2026_1(visits=(visit_1(not_applicable=27),))).because == ("I27",)


def test_an_old_low_risk_that_became_high() -> None:
    risks = tuple(Risk(site, "low", at(-300)) for site in (FACTORY, OFFICE))
    worse = (*risks, *(Risk(site, "high", at(-100)) for site in (FACTORY, OFFICE)))
    low = visit_1(interviews=20, files_reviewed=20, off_site=10)
    assert judged_1(certifiable_2026_1(visits=(low,), risks=risks)).outcome == "issue"
    assert judged_1(certifiable_2026_1(visits=(low,), risks=worse)).because == ("I9", "I28")


@pytest.mark.parametrize(
    ("changes", "counts"),
    [({}, True), ({"conforming": 1, "applicable": 1, "not_applicable": 0}, False), ({"interviews": 9}, False),
     ({"objections": ("lapsed",)}, False), ({"signed": False}, False)],
    ids=["a whole visit", "one question", "too few people", "objections", "unsigned"],
)  # fmt: skip
def test_a_visit_that_is_no_surveillance(changes: dict[str, Any], counts: bool) -> None:
    later = visit_1("aud_visit", -80, **({"type": "surveillance", "unanswered": 30} | changes))
    early = visit_1("aud_1", -300)
    dossier = certified_2026_1(visits=(early, later), certified_at=at(-290))
    long = standing(since=-290, valid_from=at(-290))
    assert (FACTORY not in said(judged_1(dossier, long), "S6")) == counts


# ----------------------------------------------------------------------------------- revocations, and long after


def renewing(**changes: Any) -> Dossier:
    return replace(renewable_2026_1(), **changes)


def test_a_renewal_while_another_certificate_was_revoked() -> None:
    assert judged_1(renewing(), ending()).outcome == "renew"
    revoked = renewing(revocations=(Revocation(NUMBER, at(-20)),))
    assert unmet(judged_1(revoked, ending())) == ["I21"]


def test_corrected_nowhere_because_the_bad_site_was_left_out() -> None:
    gone = Revocation(NUMBER, at(-500), uncorrected=("fnd_elsewhere",))
    assert judged_1(certifiable_2026_1(revocations=(gone,))).because == ("I21",)
    lately = replace(gone, uncorrected=(), corrected_at=at(-100))
    assert judged_1(certifiable_2026_1(revocations=(lately,))).because == ("I21",)
    long = replace(gone, uncorrected=(), corrected_at=at(-400))
    assert judged_1(certifiable_2026_1(revocations=(long,))).outcome == "issue"


def test_a_certificate_that_ended_years_ago_is_not_renewed() -> None:
    ended = replace(ending(), state="expired", valid_until=at(-180))
    assert judged_1(renewing(), ended).outcome == "renew"
    assert "N1" in unmet(judged_1(renewing(), replace(ended, valid_until=at(-181))))


def test_an_unlisted_workshop_is_put_before_a_person() -> None:
    dossier = certified_2026_1()
    known = replace(dossier.sites[0], subcontractors=("site_workshop",))
    assert judged_1(replace(dossier, sites=(known,)), standing()).proposals == ("I14",)
    assert judged_1(dossier, standing()).proposals == ()


# --------------------------------------------------------------------------------------- the first rulebook, as ever


def test_the_first_rulebook_believes_what_was_written() -> None:
    dossier = repaired()
    shady = closing(dossier, team=(AMINA,), interviews=0, signed=False, objections=("lapsed",))
    assert judged(shady, SUSPENDED).outcome == "reinstate"
    assert proven.by_now(shady, BOOK, NOW) is shady
    spare = certifiable(others=(Other(NUMBER, "suspended", at(-2)),))
    assert judged(spare).outcome == "issue"


def test_the_first_rulebook_lets_go_who_was_suspended_for_too_long() -> None:
    early: Finding = passports(found=-92)
    dossier = certified(early, withdrawal_requested_at=NOW)
    assert judged(dossier, replace(SUSPENDED, since=at(-91))).outcome == "withdraw"
    assert judged(replace(dossier, case=case(-1)), replace(SUSPENDED, since=at(-91))).outcome == "keep"
