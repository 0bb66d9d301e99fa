"""What holds for every dossier, not only for the worked examples.

The dossiers are drawn so that limits are often just met or just missed: days, people and counts come from small sets
around the numbers of the rulebook. `enact` is a tiny model of what the service does with a decision.
"""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from audits.facts import (
    AUDIT_TYPES,
    SEVERITIES,
    VISIT_OUTCOMES,
    Check,
    Concern,
    Finding,
    Hit,
    SiteFacts,
    Stratum,
    Visit,
)
from certify.chapters import Rulebook
from certify.dossier import (
    OUTCOMES,
    Acceptance,
    Agreement,
    Approval,
    Case,
    Decision,
    Dossier,
    Other,
    Reduction,
    Revocation,
    Risk,
    UnderReview,
    dossier_from_json,
    dossier_to_json,
    standing_from_json,
    standing_to_json,
)
from certify.events import STATES, Standing
from certify.rules import LADDER, decide, record, replay
from ground.canonical import jcs, parse
from ground.errors import Conflict, FreemarkError, Malformed
from tests.unit.certify.builders import (
    AGENCY,
    AMINA,
    BOOK,
    BOOK_1,
    CARL,
    FACTORY,
    LOTUS,
    MERIDIAN,
    NOW,
    OFFICE,
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
    finding,
    modern,
    panel,
    passports,
    place,
    reinstate,
    renewable,
    renewable_2026_1,
    repaired,
    repaired_2026_1,
    standing,
    visit,
)

Given = tuple[Dossier, Standing | None, Rulebook]

MANY = settings(max_examples=250, deadline=None)
DAYS = st.sampled_from([-400, -200, -181, -180, -179, -91, -90, -31, -30, -29, -28, -10, -3, -2, -1, 0, 1, 30, 90, 200])
PEOPLE = st.sampled_from([(CARL, LOTUS), (SAM, SCHEME), (CARL, SCHEME), (AMINA, MERIDIAN), ("per_bea", SUNRISE)])
SMALL = st.sampled_from([-1, 0, 1, 10, 20, 59, 60, 80])


def maybe(strategy: st.SearchStrategy) -> st.SearchStrategy:
    return st.none() | strategy


MOMENTS = st.builds(at, DAYS)


@st.composite
def visits(draw: Callable, name: str) -> Visit:
    """Mostly a full audit in order; now and then anything."""
    ended = draw(DAYS)
    whole = visit(name, ended, type=draw(st.sampled_from(AUDIT_TYPES)))
    if draw(st.booleans()):
        return whole
    return replace(
        whole,
        firm=draw(st.sampled_from([MERIDIAN, SUNRISE])),
        team=draw(st.sampled_from([(AMINA,), (), (CARL,)])),
        starts_on=at(draw(DAYS)).date(),
        submitted_at=draw(maybe(MOMENTS)),
        report=draw(st.sampled_from([whole.report, None])),
        remote=draw(st.booleans()),
        workers=draw(SMALL),
        interviews=draw(SMALL),
        conforming=draw(SMALL),
        applicable=draw(SMALL),
        not_applicable=draw(SMALL),
        unanswered=draw(st.sampled_from([0, 1])),
    )


@st.composite
def findings(draw: Callable, name: str, audits: list[str]) -> Finding:
    core = draw(st.booleans())
    drawn = finding(
        name,
        draw(st.sampled_from(SEVERITIES)),
        draw(st.sampled_from(["T1.1", "T2.1", "T10.1"])),
        draw(DAYS),
        core=core,
        close_due=draw(MOMENTS),
        cap_due=draw(MOMENTS),
        planned=draw(st.booleans()),
        audit=draw(st.sampled_from(audits)),
        zero_tolerance=draw(st.booleans()),
        deliberate=draw(st.booleans()),
        concealed=draw(st.booleans()),
        contained_at=draw(maybe(MOMENTS)),
    )
    if draw(st.booleans()):
        return closed(drawn, draw(DAYS), on_site=draw(st.booleans()))
    return drawn


@st.composite
def places(draw: Callable, site: str, owner: str) -> SiteFacts:
    names = [f"aud_{site}_{number}" for number in range(draw(st.integers(0, 3)))]
    if draw(st.booleans()):
        audits: list[Visit] = [draw(visits(name)) for name in names]
    else:
        audits = [visit(f"aud_{site}_good", draw(st.sampled_from([-26, -9, -1])))]
    count = draw(st.sampled_from([0, 0, 1, 1, 2, 3]))
    known = [audit.id for audit in audits] or ["aud_else"]
    return replace(
        place(site, visits=tuple(audits)),
        organisation=owner,
        workers=draw(st.sampled_from([400, 400, 400, 0])),
        findings=tuple(draw(findings(f"fnd_{site}_{number}", known)) for number in range(count)),
    )


# What came with freemark-2026.1, mostly in order, now and then anything.

LEVELS = st.sampled_from(["low", "high"])


@st.composite
def told(draw: Callable, found: Finding) -> Finding:
    """A finding with what the holder said and did about it."""
    return replace(
        found,
        disclosed_at=draw(st.sampled_from([None, found.discovered_at, at(-3), at(2)])),
        contained_at=draw(st.sampled_from([None, found.discovered_at, at(-1)])),
        remedied_at=draw(st.sampled_from([None, at(-1), at(1)])),
        topic=draw(st.sampled_from([found.topic, "T6", "T9", "T16"])),
        worst_form=draw(st.booleans()),
        by_management=draw(st.booleans()),
        escalated=draw(st.sampled_from(["", "repeat", "share"])),
        verify=draw(st.sampled_from(["", "on_site", "on_site_interviews"])),
    )


@st.composite
def later_visits(draw: Callable, visit: Visit) -> Visit:
    """Changed in a few ways at once, or in none."""
    changes = {
        "outcome": draw(st.sampled_from(VISIT_OUTCOMES)),
        "notice": draw(st.sampled_from(["", "announced", "unannounced"])),
        "effort_spent": draw(st.sampled_from([0, 19, 20])),
        "off_site": draw(st.sampled_from([0, 9, 10])),
        "strata": draw(st.sampled_from([(), (Stratum("women", 9, 2),), (Stratum("women", 9, 3),)])),
        "signed": draw(st.booleans()),
        "objections": draw(st.sampled_from([(), ("org_meridian: suspended",)])),
        "in_a_row": draw(st.sampled_from([0, 3, 4])),
        "by_others": draw(st.booleans()),
        "starts_on": at(draw(DAYS)).date(),
    }
    names = draw(st.lists(st.sampled_from(sorted(changes)), max_size=2))
    return replace(visit, **{name: changes[name] for name in names})


@st.composite
def later_places(draw: Callable, place: SiteFacts) -> SiteFacts:
    hit = st.builds(Hit, st.just("hit_1"), st.just("lst_1"), st.sampled_from(["identifier", "name"]),
                    st.sampled_from(["open", "dismissed", "confirmed", "delisted"]), MOMENTS)  # fmt: skip
    concern = st.builds(Concern, st.just("con_1"), st.sampled_from(["T1", "T17"]), st.booleans(),
                        st.sampled_from([1, 2, 3]), maybe(MOMENTS), maybe(MOMENTS))  # fmt: skip
    check = st.builds(Check, st.sampled_from(["retaliation_30", "repayment_90"]), st.sampled_from(["aud_1", "aud_2"]),
                      MOMENTS, maybe(MOMENTS), st.sampled_from(["", "clear", "harm"]))  # fmt: skip
    changes = {
        "screened_at": draw(maybe(MOMENTS)),
        "refreshed_at": draw(maybe(MOMENTS)),
        "hits": tuple(draw(st.lists(hit, max_size=1))),
        "subcontractors": draw(st.sampled_from([(), (OFFICE,), ("site_hidden",)])),
        "concerns": tuple(draw(st.lists(concern, max_size=2))),
        "checks": tuple(draw(st.lists(check, max_size=2))),
        "visits": tuple(draw(later_visits(visit)) for visit in place.visits),
        "findings": tuple(draw(told(found)) for found in place.findings),
    }
    names = draw(st.lists(st.sampled_from(sorted(changes)), max_size=2))
    return replace(place, **{name: changes[name] for name in names})


@st.composite
def later(draw: Callable, dossier: Dossier) -> Dossier:
    """The dossier with facts that only freemark-2026.1 asks for; as a rule most of them in order."""
    dossier = draw(st.sampled_from([dossier, modern(dossier), modern(dossier), modern(dossier)]))
    review = st.builds(UnderReview, st.just(MERIDIAN), MOMENTS, MOMENTS, maybe(MOMENTS), maybe(MOMENTS))
    gone = st.builds(Revocation, st.just("A"), MOMENTS, st.booleans(), st.booleans())
    site = st.sampled_from([*(place.site for place in dossier.sites), "site_else"])
    elsewhere = st.builds(Other, st.just("B"), st.sampled_from(["suspended", "remediation", "withdrawn"]), MOMENTS)
    changes = {
        "risks": tuple(Risk(place.site, draw(LEVELS), at(draw(DAYS))) for place in dossier.places),
        "revocations": tuple(draw(st.lists(gone, max_size=2))),
        "under_review": tuple(draw(st.lists(review, max_size=1))),
        "panels": tuple(panel(draw(DAYS), favourable=draw(st.booleans())) for _ in range(draw(st.integers(0, 1)))),
        "reduction": draw(maybe(st.builds(Reduction, site, st.just("per_bea"), st.sampled_from([SUNRISE, MERIDIAN]),
                                          MOMENTS))),
        "others": tuple(draw(st.lists(elsewhere, max_size=1))),
        "suspension_reason": draw(st.sampled_from([None, "administrative"])),
        "clean_cycles": draw(st.sampled_from([0, 2, 3])),
        "cycles": draw(st.sampled_from([0, 1, 3])),
    }  # fmt: skip
    names = draw(st.lists(st.sampled_from(sorted(changes)), max_size=3))
    return replace(
        dossier,
        sites=tuple(draw(later_places(place)) for place in dossier.sites),
        agents=tuple(draw(later_places(place)) for place in dossier.agents),
        **{name: changes[name] for name in names},
    )


@st.composite
def dossiers(draw: Callable) -> Dossier:
    whole = Dossier(
        application="app_1",
        organisation=SUNRISE,
        sites=tuple(
            draw(places(f"{FACTORY}{number}", SUNRISE)) for number in range(draw(st.sampled_from([1, 1, 2, 0])))
        ),
        agents=tuple(draw(places(OFFICE, AGENCY)) for _ in range(draw(st.sampled_from([0, 1])))),
        products=draw(st.sampled_from([1, 1, 0, -1])),
        agreement=draw(st.sampled_from([Agreement(BOOK.agreement, at(-60), independent_reporting=True), None])),
    )
    reports = acceptance(whole).reports
    full = Acceptance(*draw(PEOPLE), draw(MOMENTS), reports)
    return replace(
        whole,
        acceptances=tuple(draw(st.lists(st.sampled_from([full, replace(full, reports=reports[:-1])]), max_size=2))),
        approvals=tuple(
            Approval(draw(st.sampled_from(["reinstate", "revoke"])), *draw(PEOPLE), draw(MOMENTS))
            for _ in range(draw(st.integers(0, 3)))
        ),
        case=draw(maybe(st.builds(Case, MOMENTS, MOMENTS, maybe(MOMENTS), maybe(MOMENTS)))),
        withdrawal_requested_at=draw(st.sampled_from([None, None, None, at(-1)])),
        suspension_requested_at=draw(st.sampled_from([None, None, None, at(-1), at(-40)])),
        certified_at=draw(maybe(MOMENTS)),
    )


@st.composite
def standings(draw: Callable) -> Standing:
    begun = draw(st.sampled_from([-400, -300, -200, -10, -1]))
    end = draw(st.sampled_from([-30, -1, 0, 1, 60, 89, 90, 91, 355]))
    state = draw(st.sampled_from(STATES))
    end = min(end, 0) if state == "expired" else end
    since = end if state == "expired" else draw(DAYS.filter(lambda day: begun <= day <= 0))
    return standing(state, since=since, valid_from=at(begun), valid_until=at(end))


WILD = st.tuples(dossiers(), st.none() | standings())

ASKED = {"withdrawal_requested_at": at(-1)}
LOCKED = blocked_exit(contained_at=at(-0.5))
DELIBERATE = passports(deliberate=True)
STOPPED, AMBER = standing("suspended", valid_from=at(-40)), standing("remediation", valid_from=at(-40))
OVER = replace(ending(), state="expired", since=at(-2), valid_until=at(-2))
MIXED = repaired()
MIXED = replace(MIXED, sites=(replace(MIXED.sites[0], findings=(*MIXED.sites[0].findings, LOCKED)),))

# Two sites, the second of which is to leave; two people let the rest go on, which was seen again.
LEAVES = Reduction("site_annex", "per_bea", SUNRISE, at(-1))
SEEN = place(visits=(visit(), closure()))  # again, after it was stopped
WHOLE = accepted(certified(sites=(SEEN, place("site_annex", visits=(visit("aud_annex"),)))))
SHRINKING = replace(modern(WHOLE), reduction=LEAVES, approvals=(reinstate(),))
BROKEN = (SHRINKING.sites[0], replace(SHRINKING.sites[1], findings=(passports(-1, audit="aud_annex"),)))

# One case for each step of the ladder: what is drawn changes them in a few places.
NEAR: list[tuple[Dossier, Standing | None]] = [
    (certifiable(), None),
    (certifiable(products=0), None),
    (certified(**ASKED), standing()),
    (certified(DELIBERATE), standing()),
    (renewable(), ending()),
    (certified(), standing(valid_until=at(0))),
    (certified(LOCKED), standing()),
    (certified(**ASKED), AMBER),
    (certified(DELIBERATE), AMBER),
    (repaired(blocked_exit(-11)), AMBER),
    (certified(DELIBERATE, case=case(waived_at=at(-1))), replace(STOPPED, since=at(-2))),
    (certified(passports(), **ASKED), STOPPED),
    (repaired(), STOPPED),
    (MIXED, STOPPED),
    (certified(DELIBERATE), STOPPED),
    (certified(passports()), OVER),
    (renewable(), OVER),
]


# The same under freemark-2026.1, which knows one step more.
NEAR_1 = [
    *((modern(dossier), stands) for dossier, stands in NEAR[:4]),
    (SHRINKING, standing()),
    (renewable_2026_1(), ending()),
    *((modern(dossier), stands) for dossier, stands in NEAR[5:9]),
    (SHRINKING, AMBER),
    (modern(repaired(blocked_exit(-11))), AMBER),
    *((modern(dossier), stands) for dossier, stands in NEAR[10:12]),
    (repaired_2026_1(), STOPPED),
    (replace(SHRINKING, sites=BROKEN), STOPPED),
    (replace(modern(MIXED), panels=(panel(),)), STOPPED),
    *((modern(dossier), stands) for dossier, stands in NEAR[14:16]),
    (renewable_2026_1(), OVER),
]


@st.composite
def cases(draw: Callable) -> Given:
    book = draw(st.sampled_from([BOOK, BOOK_1]))
    if draw(st.booleans()):
        dossier, stands = draw(WILD)
    else:
        dossier, stands = draw(st.sampled_from(NEAR if book is BOOK else NEAR_1))
        other = draw(dossiers())
        names = ("products", "agreement", "acceptances", "approvals", "case", "withdrawal_requested_at",
                 "suspension_requested_at", "certified_at", "agents")  # fmt: skip
        names = draw(st.lists(st.sampled_from(names), max_size=2))
        dossier = replace(dossier, **{name: getattr(other, name) for name in names})
        for number in range(draw(st.sampled_from([0, 0, 1, 2]))):
            factory, *others = dossier.sites
            more = draw(findings(f"fnd_new_{number}", [visit.id for visit in factory.visits]))
            dossier = replace(dossier, sites=(replace(factory, findings=(*factory.findings, more)), *others))
    if book is BOOK_1:
        dossier = draw(later(dossier))
        if stands is not None and stands.state in ("suspended", "remediation"):
            stands = replace(stands, reason=draw(st.sampled_from([None, "nonconformity", "administrative"])))
    return draw(st.sampled_from([dossier, accepted(dossier, 0)])), stands, book


def enact(decision: Decision, dossier: Dossier, stands: Standing | None) -> tuple[Dossier, Standing | None]:
    """What the service makes of a decision, without tables and log."""
    outcome = decision.outcome
    if outcome in ("issue", "renew"):
        assert decision.valid_from is not None
        assert decision.valid_until is not None
        new = standing("active", valid_from=decision.valid_from, valid_until=decision.valid_until)
        return replace(dossier, certified_at=NOW, cycles=dossier.cycles + 1, case=None), replace(new, since=NOW)
    if outcome == "propose_revocation":
        assert decision.reply_until is not None
        return replace(dossier, case=Case(NOW, decision.reply_until)), stands
    if outcome == "reduce":
        assert stands is not None
        assert decision.valid_from is not None
        assert decision.valid_until is not None
        new = standing("active", valid_from=decision.valid_from, valid_until=decision.valid_until)
        stay = tuple(place for place in dossier.sites if place.site in decision.scope)
        cycles = dossier.cycles + 1
        smaller = replace(dossier, sites=stay, reduction=None, certified_at=NOW, cycles=cycles, case=None)
        return replace(smaller, suspension_requested_at=None), replace(new, since=NOW)
    if stands is None or outcome in ("keep", "refuse"):
        return dossier, stands
    states = {
        "suspend": "suspended", "remediation": "remediation", "reinstate": "active", "revoke": "revoked",
        "withdraw": "withdrawn", "expire": "expired",
    }  # fmt: skip
    since = stands.valid_until if outcome == "expire" else NOW
    kept = dossier if outcome in ("suspend", "expire") else replace(dossier, case=None)
    return kept, replace(stands, state=states[outcome], since=since)  # type: ignore[arg-type]


def badness(decision: Decision, stands: Standing | None) -> float:
    """How bad the holder's lot is after the decision. Suspended and withdrawn are both amber, and both stop labels."""
    states = {"active": 0, "expired": 1, "remediation": 1, "suspended": 2, "withdrawn": 2, "revoked": 4}
    match decision.outcome:
        case "issue" | "renew":
            return -1
        case "reduce":
            return 0
        case "refuse":
            return 5
        case "propose_revocation":
            return 3
        case _:
            _, then = enact(decision, certifiable(), stands)
            assert then is not None
            return states.get(then.state, 4)


# ------------------------------------------------------------------------------------------------------ properties


def test_every_step_of_the_ladder_is_among_what_is_drawn() -> None:
    """Else a property about it would hold of nothing."""
    steps = [(state, step) for state, steps in LADDER.items() for step in steps]
    for book, near in ((BOOK, NEAR), (BOOK_1, NEAR_1)):
        reached = [(stands and stands.state, decide(dossier, stands, book, NOW).outcome) for dossier, stands in near]
        assert reached == [step for step in steps if book is BOOK_1 or step[1] != "reduce"]


@MANY
@given(cases())
def test_every_dossier_gets_a_decision_and_always_the_same(given: Given) -> None:
    dossier, stands, book = given
    decision = decide(dossier, stands, book, NOW)
    assert decision.outcome in OUTCOMES
    assert decision == decide(dossier, stands, book, NOW)
    assert [reason.clause for reason in decision.reasons] == list(book.clauses)
    assert bool(decision.because) == (
        decision.outcome not in ("issue", "keep", "renew", "reinstate")
    )  # fmt: skip


@MANY
@given(data=st.data(), given=cases())
def test_another_finding_never_improves_a_standing(data: st.DataObject, given: Given) -> None:
    dossier, stands, book = given
    assume(dossier.places)
    index = data.draw(st.integers(0, len(dossier.places) - 1))
    target = dossier.places[index]
    more = data.draw(findings("fnd_more", [visit.id for visit in target.visits] or ["aud_else"]))
    if book is BOOK_1:  # one that the holder told of itself, too
        more = data.draw(told(more))
    worse = [
        replace(facts, findings=(*facts.findings, more)) if number == index else facts
        for number, facts in enumerate(dossier.places)
    ]
    cut = len(dossier.sites)
    after = replace(dossier, sites=tuple(worse[:cut]), agents=tuple(worse[cut:]))
    first, second = (decide(facts, stands, book, NOW) for facts in (dossier, after))
    assert badness(second, stands) >= badness(first, stands), (first.outcome, second.outcome, second.because)
    lost = {reason.clause for reason in first.reasons if not reason.met}
    assert lost <= {reason.clause for reason in second.reasons if not reason.met}


@MANY
@given(cases())
def test_what_was_enacted_is_kept(given: Given) -> None:
    """After at most four steps (suspend, propose, revoke; or reinstate, renew) the rules have nothing to add, ever."""
    dossier, stands, book = given
    outcomes = []
    for _ in range(5):
        decision = decide(dossier, stands, book, NOW)
        outcomes.append(decision.outcome)
        if decision.outcome in ("keep", "refuse"):
            break
        dossier, stands = enact(decision, dossier, stands)
    assert outcomes[-1] in ("keep", "refuse"), outcomes
    assert len(set(outcomes)) == len(outcomes), outcomes
    if outcomes[0] in ("issue", "renew", "remediation", "revoke", "withdraw", "reduce"):
        assert outcomes[1:] == ["keep"], outcomes


@MANY
@given(cases())
def test_a_decision_replays_to_the_same_bytes(given: Given) -> None:
    dossier, stands, book = given
    assert dossier_from_json(dossier_to_json(dossier)) == dossier
    assert standing_from_json(standing_to_json(stands)) == stands
    written = jcs(record(dossier, stands, decide(dossier, stands, book, NOW)))
    assert jcs(replay(parse(written, limit=1 << 20), book)) == written


@MANY
@given(cases())
def test_nothing_is_given_without_an_acceptance_of_every_report(given: Given) -> None:
    dossier, stands, book = given
    outcome = decide(dossier, stands, book, NOW).outcome
    if outcome in ("issue", "renew", "reinstate"):  # a reduction asks for those of what stays
        reports = {visit.report for visit in dossier.submitted}
        assert any(reports <= set(given.reports) for given in dossier.acceptances)


@MANY
@given(cases())
def test_nothing_leads_out_of_a_final_standing(given: Given) -> None:
    dossier, stands, book = given
    assume(stands)
    for state in ("revoked", "withdrawn", "superseded", "reduced"):
        decision = decide(dossier, replace(stands, state=state), book, NOW)
        assert (decision.outcome, decision.valid_until, decision.affected_from) == ("keep", None, None)


@MANY
@given(cases())
def test_releasing_takes_two_people_of_different_organisations(given: Given) -> None:
    dossier, stands, book = given
    decision = decide(dossier, stands, book, NOW)
    if decision.outcome == "reinstate" or (
        decision.outcome == "remediation" and stands and stands.state == "suspended"
    ):
        pairs = [(a, b) for a in dossier.acceptances for b in dossier.approvals if b.act == "reinstate"]
        assert any(a.person != b.person and a.organisation != b.organisation for a, b in pairs)


@MANY
@given(cases())
def test_validity_is_never_back_dated_nor_longer_than_the_rulebook_allows(given: Given) -> None:
    dossier, stands, book = given
    decision = decide(dossier, stands, book, NOW)
    assert (decision.valid_from is None) == (decision.outcome not in ("issue", "renew", "reduce"))
    if decision.valid_from is not None and decision.valid_until is not None:
        longest = at(367) if book is BOOK else at(732)
        assert decision.valid_from == NOW < decision.valid_until <= longest
        if decision.outcome == "reduce":
            assert stands is not None
            assert decision.valid_until == stands.valid_until


@MANY
@given(cases())
def test_the_affected_period_never_begins_after_the_suspension(given: Given) -> None:
    dossier, stands, book = given
    decision = decide(dossier, stands, book, NOW)
    if decision.outcome in ("propose_revocation", "revoke"):
        assert stands is not None
        assert decision.affected_from is not None
        assert decision.affected_from <= stands.since


@MANY
@given(cases())
def test_a_smaller_scope_lacks_the_site_that_left_and_nothing_else(given: Given) -> None:
    dossier, stands, book = given
    decision = decide(dossier, stands, book, NOW)
    assert bool(decision.scope) == (decision.outcome == "reduce")
    if decision.scope:
        assert dossier.reduction is not None
        assert [place.site for place in dossier.sites if place.site != dossier.reduction.site] == [*decision.scope]


@MANY
@given(cases())
def test_a_clause_that_a_rulebook_does_not_list_changes_nothing(given: Given) -> None:
    """Whatever the later facts say, the first rulebook decides as if nobody had told it of screening or panels."""
    dossier, stands, _ = given
    silent = replace(dossier, risks=(), revocations=(), panels=(), under_review=(), reduction=None, clean_cycles=0)

    def quiet(place: SiteFacts) -> SiteFacts:
        return replace(place, screened_at=None, hits=(), subcontractors=(), refreshed_at=None, concerns=(), checks=())

    silent = replace(silent, sites=tuple(map(quiet, dossier.sites)), agents=tuple(map(quiet, dossier.agents)))
    assert decide(dossier, stands, BOOK, NOW) == decide(silent, stands, BOOK, NOW)


# ------------------------------------------------------------------------------------------------------ the record


def test_a_record_holds_integers_strings_and_truth_values_only() -> None:
    def leaves(value: object) -> list[object]:
        if isinstance(value, dict):
            return [leaf for item in value.values() for leaf in leaves(item)]
        if isinstance(value, list):
            return [leaf for item in value for leaf in leaves(item)]
        return [value]

    dossier = certifiable(passports())
    document = record(dossier, standing(), decide(dossier, standing(), BOOK, NOW))
    assert {type(leaf) for leaf in leaves(document)} == {int, str, bool, type(None)}
    assert document["decision"]["score"] == "180.00"


def test_a_moment_with_a_part_of_a_second_is_not_recorded() -> None:
    """It would not come back, and the replay could differ."""
    with pytest.raises(ValueError, match="fraction of a second"):
        dossier_to_json(certifiable(withdrawal_requested_at=NOW.replace(microsecond=1)))
    assert decide(certifiable(), None, BOOK, NOW.replace(microsecond=999_999)).at == NOW


def test_a_record_of_another_rulebook_is_not_replayed() -> None:
    document = record(certifiable(), None, decide(certifiable(), None, BOOK, NOW))
    with pytest.raises(Conflict, match=r"made under freemark-2026\.0"):
        replay(document, replace(BOOK, sha256="0" * 64))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/v", 2),
        ("/v", True),
        ("/extra", 1),
        ("/dossier/products", "1"),
        ("/dossier/products", True),
        ("/dossier/sites/0/findings", None),
        ("/dossier/agreement/version", None),
        ("/dossier/surprise", 1),
        ("/standing/state", "fine"),
        ("/decision/outcome", "bless"),
        ("/decision/at", "2026-06-01T08:00:00+00:00"),
        ("/decision", None),
    ],
)
def test_a_damaged_record_is_refused(path: str, value: object) -> None:
    document = json.loads(jcs(record(certifiable(), standing(), decide(certifiable(), standing(), BOOK, NOW))))
    target, *rest = [document], *path.split("/")[1:]
    *way, last = rest
    here = target[0]
    for step in way:
        here = here[int(step)] if isinstance(here, list) else here[step]
    here[last] = value
    with pytest.raises(Malformed):
        replay(document, BOOK)


@pytest.mark.parametrize("document", [None, [], "record", {"v": 1}])
def test_what_is_no_record_is_refused(document: object) -> None:
    with pytest.raises(FreemarkError):
        replay(document, BOOK)
