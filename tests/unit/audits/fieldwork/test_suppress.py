"""Nobody outside learns of a count below five: not directly, not by subtraction, not from a sum or a second version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.facts import Stratum
from audits.fieldwork import suppress
from audits.fieldwork.suppress import Sampled, holder_report, holder_sample, share, show, steady, summed
from tests.unit.audits.fieldwork.attacker import Claim, Kind, bounds, claims, everything, pinned, sampled

LEAST = 5
ATTRIBUTES = ("nationality:BD", "nationality:NP", "nationality:IN", "agency:unregistered", "migrant", "women")


def kind(size: int, interviewed: int, *strata: str) -> Kind:
    return Kind(frozenset(strata), size, interviewed)


@st.composite
def work_forces(draw: st.DrawFn, most: int = 24) -> list[Kind]:
    """Two to six kinds of people; one nationality each, or none that was told."""
    found: dict[frozenset[str], Kind] = {}
    for _ in range(draw(st.integers(2, 6))):
        nationality = draw(st.sampled_from([*ATTRIBUTES[:3], ""]))
        others = draw(st.frozensets(st.sampled_from(ATTRIBUTES[3:])))
        size = draw(st.integers(1, most))
        strata = others | ({nationality} if nationality else frozenset())
        found[strata] = Kind(strata, size, draw(st.integers(0, size)))
    return list(found.values())


@given(work_forces())
def test_no_count_below_five_is_pinned_by_what_is_shown(people: list[Kind]) -> None:
    told = claims(people, show([sampled(people)], LEAST))
    assert pinned(people, told, LEAST) == []


@given(work_forces(), st.data())
def test_no_group_of_workers_whatever_is_pinned(people: list[Kind], data: st.DataObject) -> None:
    """Not only strata: the site may look for any set of its people, such as those of one shift and one village."""
    split = [one for each in people for one in divided(each, data.draw(st.integers(0, each.size)))]
    told = claims(split, show([sampled(split)], LEAST))
    target = data.draw(st.frozensets(st.integers(0, len(split) - 1), min_size=1))
    low, high = bounds(split, told, target)
    assert low == 0 or high >= LEAST
    size = sum(split[number].size for number in target)
    assert high == size or size - low >= LEAST


def divided(kind: Kind, at: int) -> list[Kind]:
    """The same people as two kinds, which no stratum tells apart."""
    first = min(at, kind.interviewed)
    return [
        replace(kind, size=at, interviewed=first),
        replace(kind, size=kind.size - at, interviewed=kind.interviewed - first),
    ]


@given(work_forces())
def test_what_is_shown_is_true(people: list[Kind]) -> None:
    shown = show([sampled(people)], LEAST)
    for claim in claims(people, shown):
        assert claim.count == sum(people[number].interviewed for number in claim.kinds)
    if shown and shown.parts:
        assert sum(part.interviewed for part in shown.parts) == shown.interviewed
        assert min(part.interviewed for part in shown.parts) >= LEAST


BD, NP, IN = (kind(500, 30, "nationality:BD"), kind(60, 10, "nationality:NP", "migrant"),
              kind(8, 2, "nationality:IN", "migrant"))  # fmt: skip
NEPALI_WOMEN = [kind(300, 20, "women"), kind(20, 9, "women", "nationality:NP"), kind(30, 3, "nationality:NP")]


@pytest.mark.parametrize(
    "people",
    [
        pytest.param([BD, NP, IN], id="the count itself, the total minus the others, the migrants minus a part"),
        pytest.param([kind(40, 20, "women"), kind(40, 3)], id="the total minus the women"),
        pytest.param([kind(40, 37, "women"), kind(400, 60)], id="the women there minus those talked to"),
        pytest.param([kind(640, 3)], id="the total"),
        pytest.param([kind(12, 9)], id="everybody minus the total"),
    ],
)
def test_without_the_protection_the_attack_succeeds(people: list[Kind]) -> None:
    """The negative control, and the same attack on what is shown."""
    assert pinned(people, everything(people), LEAST) != []
    assert pinned(people, claims(people, show([sampled(people)], LEAST)), LEAST) == []


@pytest.mark.parametrize("people", [[kind(40, 20, "women"), kind(40, 3)], [kind(12, 9)]])
def test_with_the_threshold_at_nothing_the_attack_succeeds(people: list[Kind]) -> None:
    assert pinned(people, claims(people, show([sampled(people)], 0)), LEAST) != []


def test_all_strata_side_by_side_would_pin_a_small_one() -> None:
    """Why only one partition is shown: here every count is five or more, and subtraction still finds one person."""
    people = [kind(60, 10, "nationality:NP", "migrant"), kind(90, 1, "migrant"), kind(500, 30, "nationality:BD")]
    told = [claim for claim in everything(people) if claim.count >= LEAST]
    assert len(told) == 4
    assert pinned(people, told, LEAST) != []
    assert pinned(people, claims(people, show([sampled(people)], LEAST)), LEAST) == []


def test_the_small_are_put_together_and_the_large_shown() -> None:
    shown = show([sampled([BD, NP, IN])], LEAST)
    assert shown is not None
    assert (shown.version, shown.interviewed) == (1, 42)
    assert [(part.strata, part.interviewed) for part in shown.parts] == [
        (("nationality:BD",), 30), (("nationality:IN", "nationality:NP"), 12),
    ]  # fmt: skip


def test_two_that_are_too_small_together_take_the_smallest_other_with_them() -> None:
    people = [BD, NP, kind(8, 1, "nationality:IN"), kind(6, 2, "nationality:MM")]
    shown = show([sampled(people)], LEAST)
    assert shown is not None
    assert [(len(part.strata), part.interviewed) for part in shown.parts] == [(1, 30), (3, 13)]


@pytest.mark.parametrize(
    "people",
    [
        [kind(9, 9)],  # everybody was talked to
        [kind(14, 10)],  # four were not
        [kind(640, 4)],
        [kind(640, 0)],
    ],
)
def test_a_total_that_says_who_is_not_shown(people: list[Kind]) -> None:
    assert show([sampled(people)], LEAST) is None
    assert holder_sample([sampled(people)], LEAST)["interviews"] is None


# Several sites.


def test_the_sum_over_sites_does_not_tell_of_the_hidden_one() -> None:
    large, small = sampled([kind(600, 42)]), sampled([kind(12, 10)])
    shown = [show([site], LEAST) for site in (large, small)]
    assert shown[1] is None
    assert summed(shown) is None  # 52 - 42 would be the ten, and two who were not asked
    assert summed(shown[:1] * 2) == 84
    assert summed([]) is None


@given(st.lists(work_forces(), min_size=1, max_size=3))
def test_a_sum_is_made_of_what_is_shown(sites: list[list[Kind]]) -> None:
    shown = [show([sampled(people)], LEAST) for people in sites]
    total = summed(shown)
    assert total is None or total == sum(site.interviewed for site in shown if site)


# Two versions of a report.


@given(work_forces(), st.data())
def test_two_versions_together_pin_nothing(people: list[Kind], data: st.DataObject) -> None:
    """The attacker knows both, and that nobody was taken off the list of those who were talked to."""
    later = [replace(one, interviewed=data.draw(st.integers(one.interviewed, one.size))) for one in people]
    first, second = show([sampled(people)], LEAST), show([sampled(people), sampled(later)], LEAST)
    if first is None or second is None:
        assert second is None or first is not None
        return
    if second.version == 1:
        assert second == first  # nothing new was said
        return
    assert [part.strata for part in first.parts] == [part.strata for part in second.parts]
    assert pinned(later, claims(later, second), LEAST) == []
    changes = [second.interviewed - first.interviewed]
    changes += [new.interviewed - old.interviewed for new, old in zip(second.parts, first.parts, strict=True)]
    assert all(change == 0 or abs(change) >= LEAST for change in changes)


def versions(*interviewed: tuple[int, int]) -> list[Sampled]:
    return [sampled([replace(BD, interviewed=bd), replace(NP, size=90, interviewed=np)]) for bd, np in interviewed]


def parts(shown: suppress.Shown | None) -> Any:
    return shown and (shown.version, shown.interviewed, [part.interviewed for part in shown.parts])


def test_a_small_change_is_left_out_and_looks_like_none() -> None:
    assert parts(show(versions((30, 12), (30, 12)), LEAST)) == (1, 42, [30, 12])
    assert parts(show(versions((30, 12), (32, 12)), LEAST)) == (1, 42, [30, 12])
    assert parts(show(versions((30, 12), (32, 12), (34, 12)), LEAST)) == (1, 42, [30, 12])
    assert parts(show(versions((30, 12), (34, 12), (36, 12)), LEAST)) == (3, 48, [36, 12])
    assert parts(show(versions((30, 12), (32, 12)), 0)) == (2, 44, [32, 12])  # the protection off: two people


def test_a_change_that_would_tell_a_small_one_hides_everything_from_then_on() -> None:
    assert show(versions((30, 12), (36, 14)), LEAST) is None  # 2 of 8
    assert show(versions((30, 12), (36, 14), (60, 40)), LEAST) is None
    assert show(versions((30, 12), (60, 3)), LEAST) is None
    assert show(versions((30, 12), (40, 12), (32, 12)), LEAST) is None  # against the first one it would be two


def test_new_strata_in_a_later_version_are_not_shown() -> None:
    assert show([*versions((30, 12)), sampled([BD, NP, IN])], LEAST) is None


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=5))
def test_any_two_shown_versions_are_the_same_or_five_apart(rows: list[tuple[int, int]]) -> None:
    seen: list[Sequence[int]] = []
    for number in range(1, len(rows) + 1):
        at = steady(rows[:number], [True] * number, LEAST)
        seen += [] if at is None else [rows[at]]
    for one in seen:
        for other in seen:
            assert all(a == b or abs(a - b) >= LEAST for a, b in zip(one, other, strict=True))


# The report as its holder reads it.


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ((11, 42, 42), "a_fifth_or_more"),
        ((8, 42, 42), "under_a_fifth"),
        ((2, 42, 42), "under_a_fifth"),
        ((21, 42, 42), "half_or_more"),
        ((42, 42, 42), "half_or_more"),  # and not "all": that nobody said otherwise is a count, too
        ((40, 42, 42), "half_or_more"),
        ((1, 10, 42), "under_a_fifth"),
        ((None, 42, 42), None),
        ((0, 42, 42), "under_a_fifth"),
        ((3, 20, 25), None),  # under a fifth of 25 is fewer than five
        ((3, 20, 26), "under_a_fifth"),
        ((11, 42, None), None),
        ((None, None, 42), None),
    ],
)
def test_the_share_of_an_answer_is_a_class_and_no_figure(told: Any, shown: Any) -> None:
    assert share(*told, LEAST) == shown


@given(st.integers(1, 60), st.integers(0, 60), st.integers(0, 60))
def test_no_share_beside_the_total_pins_a_small_count(total: int, asked: int, some: int) -> None:
    """Whoever knows the total and the class of an answer, and that not more were asked than were interviewed."""
    asked = min(asked, total)
    told = share(min(some, asked), asked, total, LEAST)
    if told is None:
        return
    fits = [(x, n) for n in range(1, total + 1) for x in range(n + 1) if share(x, n, total, LEAST) == told]
    for counts in ({x for x, _ in fits}, {n - x for x, n in fits}, {n for _, n in fits}, {total - n for _, n in fits}):
        assert min(counts) == 0 or max(counts) >= LEAST


ASKED = st.lists(st.tuples(st.integers(0, 45), st.integers(0, 45)), min_size=1, max_size=5)


@given(work_forces(), ASKED, ASKED)
def test_answers_against_the_total_and_against_each_other_tell_nothing(
    people: list[Kind], asked: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    """Two sites alike in all that is shown of the sample, whose auditors asked other people other questions: what their
    holders read differs in classes alone, and no figure of an answer or of the files is there to subtract."""
    views = [holder_report([filed(people, given)], LEAST, [asdict(one) for one in sampled(people).strata])
             for given in (asked, other)]  # fmt: skip
    for view in views:
        assert not {"files_reviewed", "interviews_individual", "interviews_group"} & view["figures"].keys()
        for answer in view["answers"]:
            assert [value for value in answer.values() if isinstance(value, int)] == []
            del answer["share"]
    length = min(len(asked), len(other))
    assert views[0]["answers"][:length] == views[1]["answers"][:length]
    assert {**views[0], "answers": []} == {**views[1], "answers": []}


def filed(people: list[Kind], asked: list[tuple[int, int]]) -> dict[str, Any]:
    """A report in which as many files were read as people interviewed, and question n was put to asked[n]."""
    sample = sampled(people)
    figures = {
        "workers": sample.size, "interviews_individual": sample.interviewed, "interviews_group": 0,
        "files_reviewed": max((of for _, of in asked), default=0),
    }  # fmt: skip
    answers = [
        {"provision": f"T1.{n}", "affected": min(some, of), "sampled": of, "finding": {"severity": "major"}}
        for n, (some, of) in enumerate(asked)
    ]
    return {"v": 2, "figures": figures, "answers": answers, "closed": []}


def test_figures_side_by_side_would_tell_of_two_who_were_not_asked() -> None:
    """The negative control: 42 interviews, and 40 who were asked; twelve workers, and ten files."""
    whole = filed([BD, NP, IN], [(11, 42), (13, 40)])
    asked = [answer["sampled"] for answer in whole["answers"]]
    assert any(0 < 42 - number < LEAST for number in asked)
    assert any(
        0 < abs(one["affected"] - two["affected"]) < LEAST for one in whole["answers"] for two in whole["answers"]
    )
    small = filed([kind(12, 10)], [(6, 10)])
    assert small["figures"]["workers"] - small["figures"]["files_reviewed"] == 2
    shown = holder_report([small], LEAST)
    assert shown["sample"]["interviews"] is None
    assert "files_reviewed" not in shown["figures"]
    assert shown["answers"][0]["share"] is None


STRATA = [asdict(stratum) for stratum in sampled([BD, NP, IN]).strata]


def report(individual: int = 18, workers: int = 568, **change: Any) -> dict[str, Any]:
    return {
        "v": 2,
        "figures": {
            "workers": workers, "interviews_individual": individual, "interviews_group": 24, "summary": "A visit.",
            "files_reviewed": 42,
        },
        "answers": [{"provision": "T1.1", "affected": 2, "sampled": 42, "finding": {"severity": "major"}}],
        "closed": [], **change,
    }  # fmt: skip


def test_the_holder_reads_a_report_without_small_counts() -> None:
    shown = holder_report([report()], LEAST, STRATA)
    assert shown["figures"] == {"workers": 568, "summary": "A visit."}
    assert (shown["v"], shown["view"], shown["closed"]) == (2, "holder", [])
    assert shown["sample"]["interviews"] == 42
    assert shown["sample"]["groups"][1] == {"strata": ["nationality:IN", "nationality:NP"], "interviewed": 12}
    assert shown["answers"] == [
        {
            "provision": "T1.1", "affected": None, "sampled": None, "finding": {"severity": "major"},
            "share": "under_a_fifth",
        }
    ]  # fmt: skip


def test_two_versions_of_a_report_that_differ_by_two_people_read_the_same() -> None:
    assert holder_report([report(), report(20)], LEAST) == holder_report([report()], LEAST)
    assert holder_report([report(), report(20)], 0) != holder_report([report()], 0)


def test_where_the_total_is_hidden_no_answer_tells_it() -> None:
    answers = [{"provision": "T1.1", "affected": 30, "sampled": 42}]
    assert holder_report([report(workers=44, answers=answers)], LEAST)["answers"][0]["share"] is None
    assert holder_report([report(answers=answers)], LEAST)["answers"][0]["share"] == "half_or_more"


def test_the_attacker_is_right_where_a_person_can_check() -> None:
    people = [kind(10, 4, "women"), kind(10, 6)]
    assert bounds(people, [], frozenset((0,))) == (0, 10)
    assert bounds(people, [Claim(frozenset((0, 1)), 15)], frozenset((0,))) == (5, 10)
    assert bounds(people, everything(people), frozenset((1,))) == (6, 6)
    assert sampled(people) == Sampled(20, 10, (Stratum("women", 10, 4),))
