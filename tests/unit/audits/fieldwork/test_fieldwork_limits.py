"""Man-days, samples and strata word for word and on their limits: found missing by mutants (tests/mutants)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from audits import standard
from audits.facts import Stratum
from audits.fieldwork import plan, sampling, strata
from audits.fieldwork.interviews import Counts
from audits.fieldwork.plan import Day
from audits.fieldwork.sampling import Sample, Sites
from audits.standard import Fieldwork
from ground.errors import Invalid

_RULE = standard.load("freemark-2026.1").fieldwork
assert _RULE is not None
RULE: Fieldwork = _RULE
FIRST, LAST = date(2026, 6, 2), date(2026, 6, 4)

# ------------------------------------------------------------------------------------------------------------ man-days


@pytest.mark.parametrize("type", ["initial", "periodic", "forced_labour"])
def test_a_whole_audit_takes_the_days_of_the_table(type: Any) -> None:
    assert plan.needed(RULE.man_days, type, 640) == 30


def test_a_table_without_rows_has_none() -> None:
    assert plan.row_for((), 640) is None
    assert plan.row_for([replace(RULE.man_days[0], workers_to=100)], 101) is None


@pytest.mark.parametrize(
    ("day", "where", "words"),
    [
        (Day(date(2026, 6, 1), "per_a", 10), "/days/0/day",
         "2026-06-01 is outside the audit days 2026-06-02 to 2026-06-04"),
        (Day(FIRST, "per_x" * 20, 10), "/days/0/person", "per_x" * 8 + " is not on the team of this audit"),
        (Day(FIRST, "per_a", 16), "/days/0/tenths", "16 tenths of a man-day: 1 to 15 in one day"),
    ],
)  # fmt: skip
def test_a_day_that_cannot_be_is_told_word_for_word(day: Day, where: str, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        plan.check_days([day], FIRST, LAST, ["per_a"])
    assert (refused.value.detail, refused.value.where) == (words, where)


def test_a_person_works_once_a_day() -> None:
    day = Day(FIRST, "per_a", 10)
    with pytest.raises(Invalid) as refused:
        plan.check_days([day, replace(day, tenths=5)], FIRST, LAST, ["per_a"])
    assert (refused.value.detail, refused.value.where) == ("per_a stands twice on 2026-06-02", "/days/1")


def test_days_on_their_limits_are_taken() -> None:
    days = [Day(FIRST, "per_a", 1), Day(LAST, "per_a", 15), Day(FIRST, "per_b", 10)]
    plan.check_days(days, FIRST, LAST, ["per_a", "per_b"])
    assert plan.spent(days) == 26


def test_tenths_are_told_as_days() -> None:
    assert [plan.tenths(number) for number in (0, 5, 10, 26, 105)] == ["0.0", "0.5", "1.0", "2.6", "10.5"]
    assert plan.shortfall(40, 27) == "2.7 man-days spent, 4.0 needed: 1.3 more"
    assert plan.shortfall(40, 41) == ""


# ------------------------------------------------------------------------------------------------------------ sampling

COUNTS = Counts(
    16, 10, 26, {"bn": 26}, {"on_site": 14, "off_site": 10, "phone": 2}, {"none": 26}, {"migrant": 4, "women": 17},
)  # fmt: skip


def sample(type: Any = "initial", counts: Counts | None = COUNTS, *, high_risk: bool = False) -> Sample:
    sizes = {"women": 400, "migrant": 40}
    return sampling.sample(type, 640, sizes, {"ne": 88, "bn": 500}, counts, RULE.sampling, high_risk=high_risk)


def test_a_sample_says_what_is_needed_and_what_is_there() -> None:
    assert sample() == Sample(
        workers=640, needed=26, interviews=26, away_needed=13, away=12, files=26,
        strata=(Stratum("migrant", 40, 4), Stratum("women", 400, 17)), least_of_each=3,
        workers_by_language={"bn": 500, "ne": 88}, languages={"bn": 26},
    )  # fmt: skip
    assert list(sample().workers_by_language) == ["bn", "ne"]


def test_before_any_interview_everything_is_missing() -> None:
    found = sample(counts=None, high_risk=True)
    assert (found.needed, found.files, found.interviews, found.away, found.away_needed) == (39, 39, 0, 0, 20)
    assert found.languages == {}
    assert found.missing() == (
        "0 of 39 interviews held (not assessed as low risk: x 1.5)",
        "0 of 20 interviews held off site or by telephone",
        "migrant: 0 of 3 interviewed, of 40 there",
        "women: 0 of 3 interviewed, of 400 there",
        "no interview in bn, the language of 500 workers",
        "no interview in ne, the language of 88 workers",
    )


@pytest.mark.parametrize("type", ["initial", "periodic", "surveillance", "forced_labour", "for_cause"])
def test_audits_that_look_at_the_work_force_anew_need_a_sample(type: str) -> None:
    assert sample(type).needed == 26


@pytest.mark.parametrize("type", ["closure", "priority_closure"])
def test_a_closure_needs_none_and_tells_what_it_held(type: str) -> None:
    found = sample(type)
    assert (found.needed, found.files, found.away_needed, found.least_of_each) == (0, 0, 0, 0)
    assert (found.interviews, found.away, found.workers_by_language) == (26, 12, {})
    assert found.strata == sample().strata
    assert found.missing() == ()


def test_sites_that_are_never_sampled_out_come_on_top() -> None:
    assert sampling.sites(40, "surveillance", never_out=4) == Sites(always=4, drawn=4, at_random=2)
    assert sampling.sites(40, "surveillance", never_out=4).visited == 8
    assert sampling.sites(16, "initial") == Sites(always=0, drawn=4, at_random=1)


def test_roots_and_shares_are_rounded_up() -> None:
    assert [sampling.ceil_sqrt(number) for number in (-1, 0, 1, 2, 4, 5, 9, 10)] == [0, 0, 1, 2, 2, 3, 3, 4]
    assert [sampling.percent(number, 25) for number in (0, 1, 4, 5, 8)] == [0, 1, 1, 2, 2]


# -------------------------------------------------------------------------------------------------------------- strata

ELSE = (
    "is no stratum; they are migrant, women, under_18, night_shift, new_joiners, nationality:XX and agency:org_... or"
    " agency:unregistered"
)


@pytest.mark.parametrize("name", ["men", "x" * 60, "women:", "agency:", "nationality:XX"])
def test_what_is_no_stratum_is_told_word_for_word(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        strata.kind_of(name, "/here")
    assert (refused.value.detail, refused.value.where) == (f"that {ELSE}", "/here")
    with pytest.raises(Invalid) as refused:
        strata.kind_of(name)
    assert refused.value.where == ""


@pytest.mark.parametrize(
    ("sizes", "where", "words"),
    [
        ([("women", 1), ("men", 1)], "/strata/1/name", f"that {ELSE}"),
        ([("women", 11)], "/strata/0/size", "women has 11 of 10 workers: 0 to 10"),
        ([("women", 3), ("women", 4)], "/strata/1/name", "women stands twice"),
        (
            [("nationality:NP", 6), ("nationality:BD", 5)], "/strata",
            "the strata of nationality have 11 workers together, of 10",
        ),
        (
            [("agency:unregistered", 6), ("agency:org_0123456789abcdef", 5)], "/strata",
            "the strata of agency have 11 workers together, of 10",
        ),
    ],
)  # fmt: skip
def test_a_work_force_that_cannot_be_is_told_word_for_word(sizes: Any, where: str, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        strata.check_sizes(10, sizes)
    assert (refused.value.detail, refused.value.where) == (words, where)


def test_where_strata_stand_is_said_by_the_caller() -> None:
    with pytest.raises(Invalid) as refused:
        strata.check_sizes(10, [("women", 11)], "/force")
    assert refused.value.where == "/force/0/size"
    with pytest.raises(Invalid) as refused:
        strata.check_languages(10, [("bn", 11)], "/force")
    assert refused.value.where == "/force/0/size"


def test_strata_on_their_limits_are_taken() -> None:
    sizes = [("women", 10), ("under_18", 1), ("nationality:NP", 6), ("nationality:BD", 4)]
    assert strata.check_sizes(10, sizes) == dict(sizes)
    assert strata.part_sum(dict(sizes), "nationality") == 10
    assert strata.of_kind(dict(sizes), "nationality") == {"nationality:NP": 6, "nationality:BD": 4}
    assert strata.of_kind(dict(sizes), "women") == {"women": 10}
    assert strata.check_languages(10, [("bn", 9), ("pt-BR", 1)]) == {"bn": 9, "pt-BR": 1}
    assert strata.check_languages(10, [("bn", 10)]) == {"bn": 10}


@pytest.mark.parametrize(
    ("sizes", "where", "words"),
    [
        ([("bn", 1), ("in english", 3)], "/languages/1/language", "'in english' is no language, such as bn or pt-BR"),
        ([("english spoken", 3)], "/languages/0/language", "'english sp' is no language, such as bn or pt-BR"),
        ([("bn", 3), ("bn", 3)], "/languages/1/language", "bn stands twice"),
        ([("bn", 11)], "/languages/0/size", "bn is the language of 11 of 10 workers"),
        ([("bn", 0)], "/languages/0/size", "bn is the language of 0 of 10 workers"),
        ([("bn", 6), ("ne", 5)], "/languages", "the languages have 11 workers together, of 10"),
    ],
)  # fmt: skip
def test_languages_that_cannot_be_are_told_word_for_word(sizes: Any, where: str, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        strata.check_languages(10, sizes)
    assert (refused.value.detail, refused.value.where) == (words, where)
