"""The interview log: strict, without names, rounded to the half day; and the counts that leave the device in clear."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from audits.fieldwork import interviews
from audits.fieldwork.interviews import Counts, check, count, parse_log
from ground.errors import Conflict, Invalid, Malformed

AUDIT = "aud_0p4g7s2f9j5w1h6r"
ALONE: dict[str, Any] = {
    "day": "2026-06-02", "half": "am", "language": "ne", "private": True, "interpreter": "independent",
    "place": "off_site", "room": "public_place", "people": 1, "auditor_gender": "woman", "consent": "anonymised_use",
    "present": {"auditor": 1, "interpreter": 1}, "strata": {"women": 1, "nationality:NP": 1},
}  # fmt: skip
GROUP: dict[str, Any] = {
    "day": "2026-06-02", "half": "pm", "language": "bn", "private": False, "interpreter": "none", "place": "on_site",
    "room": "canteen", "people": 5, "auditor_gender": "man", "strata": {"women": 3, "nationality:BD": 5},
}  # fmt: skip


def log(*entries: Any, **change: Any) -> bytes:
    return json.dumps({"v": 1, "audit": AUDIT, "interviews": list(entries), **change}).encode()


def test_a_log_is_counted_in_people() -> None:
    audit, entries = parse_log(log(ALONE, GROUP, {**ALONE, "place": "phone"}))
    assert (audit, len(entries)) == (AUDIT, 3)
    counts = count(entries)
    assert (counts.individual, counts.group, counts.private, counts.people, counts.off_site) == (2, 5, 2, 7, 2)
    assert counts.languages == {"bn": 5, "ne": 2}
    assert counts.strata == {"nationality:BD": 5, "nationality:NP": 2, "women": 5}
    check(counts, 640, {"women": 400, "nationality:BD": 500, "nationality:NP": 88}, 5)


def test_consent_is_none_unless_somebody_gave_it() -> None:
    _, (entry,) = parse_log(log(GROUP))
    assert entry.consent == "none"


def test_the_counts_hold_nothing_of_a_single_person() -> None:
    """Each figure by itself: no line of it crosses language with place, room, time, gender or consent."""
    shown = interviews.to_json(count(parse_log(log(ALONE, GROUP))[1]))
    assert shown.keys() == {"individual", "group", "private", "languages", "places", "interpreters", "strata"}
    assert not any(word in json.dumps(shown) for word in ("2026", "canteen", 'woman"', "consent", "present", "half"))


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"name": "Somebody"}, ""),
        ({"worker": "w-17"}, ""),
        ({"time": "09:40"}, ""),
        ({"notes": "She said"}, ""),
        ({"day": "2026-06-02T09:40:00Z"}, "/day"),
        ({"half": "09:40"}, "/half"),
        ({"language": "Nepali of Mrs Gurung"}, "/language"),
        ({"private": 1}, "/private"),
        ({"interpreter": "the manager"}, "/interpreter"),
        ({"place": "here"}, "/place"),
        ({"room": "her room"}, "/room"),
        ({"people": 0}, "/people"),
        ({"people": 31}, "/people"),
        ({"people": True}, "/people"),
        ({"auditor_gender": "Amina"}, "/auditor_gender"),
        ({"consent": "all"}, "/consent"),
        ({"present": {"Mr Roy": 1}}, "/present"),
        ({"present": {"manager": 0}}, "/present/manager"),
        ({"present": ["manager"]}, "/present"),
        ({"strata": {"Maria Lopez": 1}}, "/strata"),
        ({"strata": {"women": 2}}, "/strata/women"),
        ({"strata": ["women"]}, "/strata"),
    ],
)
def test_an_entry_that_is_none_is_refused_at_its_place(change: dict[str, Any], where: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_log(log(GROUP, {**ALONE, **change}))
    assert caught.value.where == f"/interviews/1{where}"


@pytest.mark.parametrize("key", sorted(ALONE.keys() - interviews.LEFT_OUT))
def test_an_entry_says_everything(key: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_log(log({name: value for name, value in ALONE.items() if name != key}))
    assert key in caught.value.detail


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (log(), "/interviews"),
        (log(ALONE, v=2), "/v"),
        (log(ALONE, audit="aud_1"), "/audit"),
        (log(ALONE, audit=7), "/audit"),
        (log(ALONE, site="x"), ""),
        (log(*[GROUP] * 2001), "/interviews"),
        (b"[]", ""),
        (b"PK\x03\x04", ""),
        (b" " * (interviews.MOST_LOG + 1), ""),
    ],
)
def test_what_is_no_log(data: bytes, where: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_log(data)
    assert caught.value.where == where


COUNTS = Counts(6, 4, 10, {"bn": 7, "ne": 3}, {"on_site": 10}, {"none": 10}, {"nationality:NP": 3, "women": 5})
SIZES = {"nationality:NP": 8, "nationality:BD": 80, "women": 40}


def test_counts_that_hold_together() -> None:
    check(COUNTS, 100, SIZES, 5)
    check(replace(COUNTS, strata={}), 100, {}, 5)


@pytest.mark.parametrize(
    ("change", "where", "numbers"),
    [
        ({"languages": {"bn": 9}}, "/languages", ("9", "10")),
        ({"places": {"on_site": 9, "phone": 2}}, "/places", ("11", "10")),
        ({"interpreters": {}}, "/interpreters", ("0", "10")),
        ({"private": 11}, "/private", ("11", "10")),
        ({"strata": {"women": 41}}, "/strata", ("41", "40")),
        ({"strata": {"nationality:NP": 9}}, "/strata", ("9", "8")),
        ({"strata": {"women": 11}}, "/strata", ("11", "10")),
        ({"strata": {"under_18": 1}}, "/strata", ()),
        ({"strata": {"nationality:NP": 5, "nationality:BD": 6}}, "/strata", ("11", "10")),
        ({"individual": 97}, "/languages", ("10", "101")),
    ],
)
def test_counts_that_contradict_name_both_numbers(change: Any, where: str, numbers: tuple[str, ...]) -> None:
    with pytest.raises(Invalid) as caught:
        check(replace(COUNTS, **change), 100, SIZES, 5)
    assert caught.value.where == where
    assert all(number in caught.value.detail for number in numbers)


def test_more_interviewed_than_work_there() -> None:
    with pytest.raises(Invalid, match=r"10 people .* 9 workers"):
        check(COUNTS, 9, {"nationality:NP": 8, "women": 9}, 5)


def test_interviewed_without_a_nationality_when_nobody_is() -> None:
    with pytest.raises(Invalid, match=r"7 interviewed .* only 2 workers"):
        check(COUNTS, 90, {"nationality:NP": 8, "nationality:BD": 80, "women": 40}, 5)


FEW = Counts(1, 3, 4, {"bn": 4}, {"phone": 4}, {"none": 4}, {})


def test_so_few_that_each_is_a_person_are_not_taken_in_clear() -> None:
    with pytest.raises(Conflict, match="4 interviews"):
        check(FEW, 100, {}, 5)
    check(FEW, 100, {}, 0)  # the protection off
    check(FEW, 4, {}, 5)  # a site of four: that everybody is asked is the rule, and known
