"""The figures and the score of a firm or an auditor, from audits made up by hand: what costs points, and what never."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.facts import SEVERITIES, Severity, Stratum
from audits.independence import quality
from audits.independence.quality import CLEAN_RUN, LEAST, RULES, Quality, appraise, arrange
from audits.independence.quality_facts import Found, Work
from audits.independence.quality_views import hundredths

TODAY = date(2026, 6, 1)
FIRM, OTHER, THIRD = "org_a", "org_b", "org_c"
ANNA, BEN, CLEO = "per_a", "per_b", "per_c"


def work(number: int, **change: Any) -> Work:
    """A full audit in which nothing falls short, as many weeks ago as its number says."""
    day = TODAY - timedelta(weeks=number)
    usual: dict[str, Any] = {
        "id": f"aud_{number}", "site": f"site_{number}", "firm": FIRM, "team": (ANNA,), "type": "periodic",
        "standard": "freemark-2026.1", "profiles": (), "starts_on": day, "ends_on": day,
        "submitted_at": datetime(day.year, day.month, day.day, 18, tzinfo=UTC), "workers": 100, "interviews": 10,
        "files": 10, "conforming": 60, "applicable": 66, "effort_needed": 20, "effort_spent": 20,
        "strata": (Stratum("women", 50, 3),), "per_stratum": 3, "late_hours": 96,
    }  # fmt: skip
    return Work(**{**usual, **change})


def found(severity: Severity = "minor", provision: str = "T10.2", **change: Any) -> Found:
    usual: dict[str, Any] = {"id": f"fnd_{severity}_{provision}", "core": False, "on": TODAY}
    return Found(provision=provision, severity=severity, **{**usual, **change})


def enough(*special: Work) -> list[Work]:
    """These, and as many ordinary ones that the first firm and Anna have ten audits."""
    return [*special, *(work(number) for number in range(20, 30 - len(special)))]


def look(works: list[Work], subject: str = FIRM) -> Quality:
    return appraise(subject, arrange(works, TODAY))


def lost(seen: Quality) -> dict[str, int]:
    return {each.rule.id: each.points for each in seen.deductions if each.cases}


# ----------------------------------------------------------------------------------------------------------- the table


def test_the_points_that_can_be_lost_are_a_hundred_and_each_says_where_it_comes_from() -> None:
    assert sum(rule.most for rule in RULES) == 100
    assert {rule.origin for rule in RULES} == {"[P]"}
    assert len({rule.id for rule in RULES}) == len(RULES)


def test_ten_audits_in_which_nothing_falls_short_have_the_whole_score() -> None:
    seen = look(enough())
    assert (seen.score, seen.audits, seen.full, lost(seen)) == (100, 10, 10, {})


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"effort_spent": 19}, {"effort": 5}),
        ({"effort_needed": 0, "effort_spent": 0}, {}),
        ({"strata": (Stratum("women", 50, 2),)}, {"strata": 5}),
        ({"strata": (Stratum("women", 2, 2),)}, {}),
        ({"submitted_at": datetime(2026, 5, 30, 0, 0, 0, tzinfo=UTC)}, {}),
        ({"submitted_at": datetime(2026, 5, 30, 0, 0, 1, tzinfo=UTC)}, {"late": 3}),
        ({"submitted_at": datetime(2026, 5, 30, 0, 0, 1, tzinfo=UTC), "late_hours": 0}, {}),
        ({"found": (found(raised=True),)}, {"too_mild": 5}),
        ({"found": (found(lowered=True),)}, {}),
        ({"interviews": 101}, {"contradictions": 5}),
        ({"files": 101}, {"contradictions": 5}),
        ({"interviews": 101, "outcome": "access_denied"}, {}),
        ({"conforming": 67}, {"contradictions": 5}),
        ({"starts_on": date(2026, 5, 27)}, {"contradictions": 5}),
        ({"version": 3}, {}),
        ({"alerts": 2, "dismissed": 2}, {}),
        ({"found": tuple(found("priority", f"T{number}.1", core=True) for number in range(1, 7))}, {}),
    ],
)
def test_what_one_audit_of_ten_costs(change: dict[str, Any], expected: dict[str, int]) -> None:
    """The first audit ended on 25 May: the 96 hours after its last day are over at the end of 29 May."""
    seen = look(enough(work(1, **change)))
    assert lost(seen) == expected
    assert seen.score == 100 - sum(expected.values())


def test_a_deduction_ends_at_its_most() -> None:
    seen = look([work(number, effort_spent=0) for number in range(1, 11)])
    assert lost(seen) == {"effort": 15}
    assert seen.score == 85


def test_all_of_them_together_leave_nothing_and_never_less() -> None:
    bad: dict[str, Any] = {"effort_spent": 0, "strata": (Stratum("women", 50, 0),), "interviews": 101,
                           "submitted_at": datetime(2026, 6, 1, tzinfo=UTC), "found": (found(raised=True),),
                           "conformed": frozenset({"T2.1"})}  # fmt: skip
    works = [work(number, **bad) for number in range(5, 15)]
    works += [
        work(number - 1, id=f"aud_o{number}", site=f"site_{number}", firm=OTHER, team=(BEN,),
             found=(found("priority", "T2.1", id=f"fnd_{number}", on=TODAY - timedelta(weeks=number - 1)),))
        for number in range(5, 15)
    ]  # fmt: skip
    assert look(works).score == 0


def test_below_five_audits_there_is_no_score_and_it_says_why() -> None:
    four = look([work(number, effort_spent=0) for number in range(1, LEAST)])
    assert (four.score, four.why) == (None, "4 audits in 24 months; a score needs 5")
    assert look([work(number) for number in range(1, LEAST + 1)]).score == 100


def test_what_ended_more_than_two_years_ago_counts_no_more() -> None:
    edge = date(2024, 6, 1)
    old = [replace(work(number), starts_on=edge, ends_on=edge) for number in range(1, 6)]
    assert look(old).audits == 5
    past = [replace(each, starts_on=edge - timedelta(1), ends_on=edge - timedelta(1)) for each in old]
    assert (look(past).audits, look(past).since) == (0, edge)


def test_an_auditor_is_on_the_team_or_leads_it_and_the_firm_has_all() -> None:
    works = enough(work(1, team=(BEN, ANNA)), work(2, team=(BEN,)))
    assert (look(works, ANNA).audits, look(works, ANNA).led) == (9, 8)
    assert (look(works, BEN).audits, look(works, BEN).led) == (2, 2)
    assert look(works).audits == 10
    assert quality.subjects(arrange(works, TODAY)) == (FIRM, ANNA, BEN)


# -------------------------------------------------------------------------------------------------------------- missed


def pair(weeks: int = 4, *, first: dict[str, Any] | None = None, **later: Any) -> list[Work]:
    """An audit that found T2.1 in order, and another team's priority finding on it so many weeks later."""
    before = work(30, conformed=frozenset({"T2.1"}), **(first or {}))
    day = before.ends_on + timedelta(weeks=weeks)
    usual: dict[str, Any] = {
        "id": "aud_later", "site": before.site, "firm": OTHER, "team": (BEN,), "starts_on": day, "ends_on": day,
        "submitted_at": datetime(day.year, day.month, day.day, 18, tzinfo=UTC),
        "found": (found("priority", "T2.1", on=day),),
    }  # fmt: skip
    return [before, work(1, **{**usual, **later})]


def test_what_another_team_finds_within_six_months_was_missed() -> None:
    seen = look(enough(*pair()))
    assert lost(seen) == {"missed": 11}  # 100 x 1 / 9: the other audit is another firm's
    (missed,) = seen.missed
    assert (missed.audit, missed.finding, missed.provision) == ("aud_30", "fnd_priority_T2.1", "T2.1")
    assert seen.looked_again == 1
    assert lost(look(enough(*pair()), ANNA)) == {"missed": 11}
    assert lost(look(enough(*pair()), BEN)) == {}


@pytest.mark.parametrize(
    "works",
    [
        pair(27),
        pair(found=(found("major", "T2.1"),)),
        pair(found=(found("minor", "T2.1", core=True),)),
        pair(found=(found("priority", "T3.1"),)),
        pair(site="site_else"),
        pair(team=(ANNA, BEN)),
        pair(0),
    ],
    ids=["later", "not core", "not grave", "not asked", "elsewhere", "own team", "the same day"],
)
def test_what_was_not_missed(works: list[Work]) -> None:
    seen = look(enough(*works), ANNA)
    assert (lost(seen), seen.missed) == ({}, ())


def test_a_core_major_counts_and_one_finding_counts_once() -> None:
    earlier = work(31, site="site_30", conformed=frozenset({"T2.1"}))
    works = enough(earlier, *pair(found=(found("major", "T2.1", core=True, on=TODAY - timedelta(weeks=26)),)))
    assert [each.audit for each in look(works).missed] == ["aud_30"]


def test_a_firm_whose_other_team_corrects_the_first_missed_nothing_but_the_first_team_did() -> None:
    works = enough(*pair(firm=FIRM, team=(BEN,)))
    assert lost(look(works)) == {}
    assert lost(look(works, ANNA)) == {"missed": 11}


# ------------------------------------------------------------------------------------------------ beside the score


def test_twenty_full_audits_without_a_major_are_a_flag_and_cost_nothing() -> None:
    clean = [work(number) for number in range(1, CLEAN_RUN)]
    assert (look(clean).clean_run, look(clean).flags) == (CLEAN_RUN - 1, ())
    one_more = [*clean, work(CLEAN_RUN, found=(found("minor"),))]
    seen = look(one_more)
    assert (seen.clean_run, seen.score) == (CLEAN_RUN, 100)
    assert seen.flags[0].startswith("20 full audits in a row without a major or priority finding")
    assert look([*clean, work(CLEAN_RUN, found=(found("major"),))]).flags == ()


def test_the_run_begins_with_the_newest_full_audit_and_closures_neither_break_nor_lengthen_it() -> None:
    works = [
        work(1),
        work(2, type="closure", found=(found("major"),)),
        work(3),
        work(4, found=(found("priority"),)),
        work(5),
    ]
    assert look(works).clean_run == 2
    old = [*works[:3], *(work(number) for number in range(110, 140))]
    assert look(old).clean_run == 32, "audits of more than two years ago count here"


def test_what_is_told_and_costs_nothing() -> None:
    works = enough(
        work(1, version=2, alerts=1, found=(found(lowered=True),)), work(2, alerts=1, dismissed=1),
    )  # fmt: skip
    seen = look(works)
    assert (seen.amended, seen.lowered, seen.alerts, seen.dismissed, seen.score) == (1, 1, 2, 1, 100)


def test_findings_stand_beside_the_median_of_all_firms_in_audits_alike() -> None:
    garment = {"profiles": ("garment",)}
    works = [
        work(1, found=(found("major"), found("minor"))), work(2),
        work(3, firm=OTHER, team=(BEN,), found=(found("major"),)),
        work(4, firm=THIRD, team=(CLEO,)), work(5, firm=THIRD, team=(CLEO,)),
        work(6, **garment), work(7, type="closure", found=(found("major"),)),
        work(8, type="initial", found=(found("major"),)),
    ]  # fmt: skip
    seen = look(works)
    rates = {rate.severity: rate for rate in seen.rates}
    # Full are 1, 2, 6 and 8. With its profiles: 1/2, 1, 0; without: 1/3, 1, 0; of the initial kind there is one firm.
    assert (rates["major"].found, rates["major"].per_audit) == (2, Fraction(1, 2))
    assert rates["major"].median == (Fraction(1, 2) + Fraction(1, 2) + Fraction(1, 3)) / 3
    assert (seen.alike, seen.firms) == ((2, 1), 3)
    assert rates["minor"].median == 0


def test_two_firms_make_no_median_because_each_could_read_the_others_figure() -> None:
    works = [work(1, found=(found("major"),)), work(2, firm=OTHER, team=(BEN,), found=(found("major"),))]
    seen = look(works)
    assert [rate.median for rate in seen.rates] == [None] * len(SEVERITIES)
    assert (seen.alike, seen.firms) == ((0, 0), 0)


def test_somebody_without_an_audit_has_figures_of_nothing() -> None:
    seen = look([], CLEO)
    assert (seen.audits, seen.score, seen.clean_run, seen.rates[0].per_audit) == (0, None, 0, 0)


@pytest.mark.parametrize(
    ("number", "text"),
    [(Fraction(1, 3), "0.33"), (Fraction(1, 200), "0.01"), (Fraction(7), "7.00"), (Fraction(1999, 1000), "2.00")],
)
def test_hundredths(number: Fraction, text: str) -> None:
    assert hundredths(number) == text


# ------------------------------------------------------------------------------------------------------ the property


PROVISIONS = ("T1.1", "T2.1", "T10.2")
DAYS = st.integers(min_value=1, max_value=700)


@st.composite
def histories(draw: st.DrawFn) -> list[Work]:
    works = []
    for number in range(draw(st.integers(min_value=5, max_value=12))):
        day = TODAY - timedelta(days=draw(DAYS))
        people = draw(st.sampled_from([(ANNA,), (BEN,), (ANNA, BEN), (CLEO,)]))
        answered = draw(st.sets(st.sampled_from(PROVISIONS)))
        works.append(
            work(
                1, id=f"aud_{number}", site=draw(st.sampled_from(["site_1", "site_2"])), team=people,
                firm=OTHER if people == (CLEO,) else FIRM, starts_on=day, ends_on=day,
                submitted_at=datetime(day.year, day.month, day.day, 20, tzinfo=UTC),
                conformed=frozenset(PROVISIONS) - answered, effort_spent=draw(st.sampled_from([10, 20])),
                found=tuple(
                    found(draw(st.sampled_from(SEVERITIES)), each, id=f"fnd_{number}_{each}", core=each != "T10.2",
                          on=day) for each in sorted(answered)
                ),
            )
        )  # fmt: skip
    return works


@given(works=histories(), severity=st.sampled_from(SEVERITIES), data=st.data())
def test_finding_something_more_never_lowers_the_score(
    works: list[Work], severity: Severity, data: st.DataObject
) -> None:
    """In an audit of one's own, on what was answered with conformance before."""
    subject = data.draw(st.sampled_from([FIRM, ANNA, BEN]))
    own = [each for each in works if (subject == each.firm or subject in each.team) and each.conformed]
    if not own:
        return
    chosen = data.draw(st.sampled_from(own))
    provision = data.draw(st.sampled_from(sorted(chosen.conformed)))
    more = replace(
        chosen, conformed=chosen.conformed - {provision}, conforming=chosen.conforming - 1,
        found=(*chosen.found, found(severity, provision, id="fnd_more", core=True, on=chosen.ends_on)),
    )  # fmt: skip
    after = [more if each is chosen else each for each in works]
    before_score, after_score = look(works, subject).score, look(after, subject).score
    assert (before_score is None) == (after_score is None)
    if before_score is not None and after_score is not None:
        assert after_score >= before_score
