"""The interview log and its counts, word for word and on their limits: found missing by mutants (tests/mutants)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from audits.fieldwork import interviews
from audits.fieldwork.interviews import Interview, check, count, parse_log, to_json
from ground.errors import Conflict, Invalid, Malformed
from tests.unit.audits.fieldwork.test_interviews import ALONE, AUDIT, COUNTS, GROUP, SIZES, log

# ---------------------------------------------------------------------------------------------------------- the log


def test_every_word_of_an_entry_is_read() -> None:
    _, (alone, group) = parse_log(log(ALONE, GROUP))
    assert alone == Interview(
        day=date(2026, 6, 2), half="am", language="ne", private=True, interpreter="independent", place="off_site",
        room="public_place", people=1, auditor_gender="woman", consent="anonymised_use",
        present={"auditor": 1, "interpreter": 1}, strata={"women": 1, "nationality:NP": 1},
    )  # fmt: skip
    assert (group.consent, group.present, group.strata) == ("none", {}, {"women": 3, "nationality:BD": 5})


@pytest.mark.parametrize(
    "change",
    [
        {"people": 30, "strata": {"women": 30}},
        {"people": 1, "strata": {}},
        {"present": {"manager": 20}},
        {"half": "pm"},
        *({"place": place} for place in interviews.PLACES),
        *({"interpreter": kind} for kind in interviews.INTERPRETERS),
    ],
)
def test_an_entry_on_its_limits_is_taken(change: dict[str, Any]) -> None:
    parse_log(log(ALONE | change))


@pytest.mark.parametrize("key", ["consent", "strata", "present"])
def test_what_has_a_default_may_be_left_out(key: str) -> None:
    parse_log(log({name: value for name, value in ALONE.items() if name != key}))


@pytest.mark.parametrize(
    ("change", "where", "words"),
    [
        ({"name" * 20: 1}, "", f"{('name' * 10)!r} has no place in a log"),
        ({"day": "yesterday"}, "/day", None),
        ({"half": "noon"}, "/half", "one of am, pm was expected"),
        ({"language": 7}, "/language", "a language was expected, such as bn or pt-BR"),
        ({"language": "Nepali"}, "/language", "a language was expected, such as bn or pt-BR"),
        ({"private": 1}, "/private", "true or false was expected"),
        ({"interpreter": "boss"}, "/interpreter", "one of none, independent, from_site was expected"),
        ({"place": "here"}, "/place", "one of on_site, off_site, phone was expected"),
        ({"people": 31}, "/people", "a number from 1 to 30 was expected"),
        ({"people": 1.0}, "/people", None),
        ({"consent": "all"}, "/consent", "one of none, anonymised_use, referral, share_identity was expected"),
        ({"present": {"auditor": 21}}, "/present/auditor", "a number from 1 to 20 was expected"),
        ({"present": []}, "/present", "an object was expected"),
        ({"strata": []}, "/strata", "an object of strata was expected"),
        ({"strata": {"women": 2}}, "/strata/women", "a number from 1 to 1 was expected"),
    ],
)
def test_an_entry_that_is_none_is_told_word_for_word(change: dict[str, Any], where: str, words: str | None) -> None:
    with pytest.raises(Malformed) as refused:
        parse_log(log(GROUP, ALONE | change))
    if words is not None:
        assert (refused.value.detail, refused.value.where) == (words, f"/interviews/1{where}")


def test_a_stratum_that_there_is_not_is_told_with_those_there_are() -> None:
    with pytest.raises(Malformed) as refused:
        parse_log(log(ALONE | {"strata": {"men": 1}}))
    assert refused.value.detail.startswith("that is no stratum; they are migrant, women")
    assert refused.value.where == "/interviews/0/strata"


@pytest.mark.parametrize(
    ("data", "where", "words"),
    [
        (log(ALONE, v="3" * 20), "/v", f"version {'3' * 10} of a log is not known"),
        (log(), "/interviews", "1 to 2000 interviews were expected"),
        (log(ALONE, interviews={}), "/interviews", "1 to 2000 interviews were expected"),
        (log(ALONE, audit="org_0p4g7s2f9j5w1h6r"), "/audit", "the id of an audit was expected"),
        (log(ALONE, audit="aud_0p4g7s2f9j5w1h6rr"), "/audit", "the id of an audit was expected"),
        (b'{"v":1,"interviews":[]}', "", "'audit' is missing"),
        (b"[]", "", "an object was expected"),
    ],
)
def test_what_is_no_log_is_told_word_for_word(data: bytes, where: str, words: str) -> None:
    with pytest.raises(Malformed) as refused:
        parse_log(data)
    assert (refused.value.detail, refused.value.where) == (words, where)


def test_an_entry_that_leaves_something_out_is_pointed_at() -> None:
    with pytest.raises(Malformed) as refused:
        parse_log(log(GROUP, {name: value for name, value in ALONE.items() if name != "room"}))
    assert (refused.value.detail, refused.value.where) == ("'room' is missing", "/interviews/1")


def test_where_the_log_stands_is_said_by_the_caller() -> None:
    with pytest.raises(Malformed) as refused:
        parse_log(b"no log", "/sealed")
    assert refused.value.where == "/sealed"


def test_the_longest_log_is_read() -> None:
    small = {"day": "2026-06-02", "half": "am", "language": "bn", "private": True, "interpreter": "none",
             "place": "on_site", "room": "office", "people": 1, "auditor_gender": "man"}  # fmt: skip
    audit, entries = parse_log(log(*[small] * 2000))
    assert (audit, len(entries)) == (AUDIT, 2000)


# -------------------------------------------------------------------------------------------------------- the counts


def test_counts_are_those_of_people_each_by_itself() -> None:
    pair = GROUP | {"people": 2, "private": True, "language": "hi", "place": "phone", "strata": {"women": 2}}
    assert to_json(count(parse_log(log(GROUP, ALONE, pair))[1])) == {
        "individual": 1,
        "group": 7,
        "private": 3,
        "languages": {"bn": 5, "hi": 2, "ne": 1},
        "places": {"off_site": 1, "on_site": 5, "phone": 2},
        "interpreters": {"independent": 1, "none": 7},
        "strata": {"nationality:BD": 5, "nationality:NP": 1, "women": 6},
    }
    assert count(parse_log(log(GROUP, ALONE, pair))[1]).off_site == 3
    assert to_json(count(parse_log(log(GROUP, GROUP))[1]))["places"] == {"on_site": 10}
    assert COUNTS.off_site == 0


@pytest.mark.parametrize(
    ("change", "workers", "words", "where"),
    [
        ({"languages": {"bn": 9}}, 100, "languages add up to 9, and 10 people were interviewed", "/languages"),
        ({"places": {"phone": 11}}, 100, "places add up to 11, and 10 people were interviewed", "/places"),
        ({"interpreters": {}}, 100, "interpreters add up to 0, and 10 people were interviewed", "/interpreters"),
        ({"private": 11}, 100, "11 in private are more than 10 people interviewed", "/private"),
        ({}, 9, "10 people interviewed are more than 9 workers", "/individual"),
        ({"strata": {"under_18": 1}}, 100, "under_18 is not in the work force that was filed for this audit",
         "/strata"),
        ({"strata": {"x" * 50: 1}}, 100, f"{'x' * 40} is not in the work force that was filed for this audit",
         "/strata"),
        ({"strata": {"women": 41}}, 100, "41 of women interviewed, of 40 there and 10 interviewed", "/strata"),
        ({"strata": {"nationality:NP": 5, "nationality:BD": 6}}, 100,
         "the strata of nationality add up to 11, of 10 interviewed", "/strata"),
        ({}, 90, "7 interviewed belong to no stratum of nationality, and only 2 workers do not", "/strata"),
    ],
)  # fmt: skip
def test_counts_that_contradict_are_told_word_for_word(
    change: dict[str, Any], workers: int, words: str, where: str
) -> None:
    with pytest.raises(Invalid) as refused:
        check(replace(COUNTS, **change), workers, SIZES, 5)
    assert (refused.value.detail, refused.value.where) == (words, where)


@pytest.mark.parametrize(
    ("change", "workers"),
    [
        ({"private": 10}, 100),
        ({"strata": {}}, 98),  # ten without a nationality: just as many as there are
        ({"strata": {"women": 10, "nationality:NP": 8, "nationality:BD": 2}}, 88),  # everybody has one
    ],
)
def test_counts_on_their_limits_hold_together(change: dict[str, Any], workers: int) -> None:
    check(replace(COUNTS, **change), workers, SIZES, 5)


def test_everybody_may_be_interviewed() -> None:
    check(replace(COUNTS, strata={}), 10, {}, 5)


@pytest.mark.parametrize(("people", "workers", "least", "from_"), [(4, 100, 5, 5), (3, 4, 5, 4), (4, 5, 5, 5)])
def test_so_few_that_each_is_a_person_wait_and_are_told_until_when(
    people: int, workers: int, least: int, from_: int
) -> None:
    counts = replace(
        COUNTS, individual=people, group=0, private=0, languages={"bn": people}, places={"phone": people},
        interpreters={"none": people}, strata={},
    )  # fmt: skip
    with pytest.raises(Conflict) as refused:
        check(counts, workers, {}, least)
    assert refused.value.detail == f"{people} interviews are single people; file the counts from {from_} on"
    check(counts, workers, {}, people)
