"""The standard is complete, strict, and never edited after publication."""

from __future__ import annotations

import json
import tomllib
from importlib.resources import files

import pytest

from audits import standard
from audits.facts import SEVERITIES
from ground.canonical import digest
from ground.errors import Invalid, Malformed

FREEMARK = "freemark-2026.0"
CORE = {"T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "T13", "T15"}  # DOMAIN.md 7.1, marked *


def text() -> str:
    return (files("audits") / "standards" / f"{FREEMARK}.toml").read_text(encoding="utf-8")


def test_a_published_standard_is_never_edited() -> None:
    """If this fails, do not touch the lock: make a new standard with a new id."""
    lock = json.loads((files("audits") / "standards" / "lock.json").read_text(encoding="utf-8"))
    assert lock == {id: standard.load(id).sha256 for id in standard.IDS}


def test_the_hash_sees_a_single_word() -> None:
    changed = text().replace("No worker pays for the job", "No worker pays for a job")
    assert changed != text()
    assert standard.read(changed).sha256 != standard.load(FREEMARK).sha256


def test_the_hash_does_not_depend_on_comments() -> None:
    assert standard.read("# a comment\n" + text()).sha256 == standard.load(FREEMARK).sha256


def test_the_seventeen_topics_have_at_least_two_provisions_each() -> None:
    catalogue = standard.load(FREEMARK)
    assert list(catalogue.topics) == [f"T{number}" for number in range(1, 18)]
    assert {topic.id for topic in catalogue.topics.values() if topic.core} == CORE
    for topic in catalogue.topics:
        assert sum(provision.topic == topic for provision in catalogue.provisions.values()) >= 2, topic


def test_every_provision_says_what_and_how_to_test_it() -> None:
    for provision in standard.load(FREEMARK).provisions.values():
        assert len(provision.text) > 80, provision.id
        assert len(provision.test) > 80, provision.id
        assert "  " not in provision.text + provision.test, provision.id
        assert SEVERITIES.index(provision.ceiling) <= SEVERITIES.index("major"), provision.id
        assert provision.core == (provision.topic in CORE), provision.id


def test_zero_tolerance_stands_where_the_domain_puts_it() -> None:
    topics = {one.topic for one in standard.load(FREEMARK).provisions.values() if one.zero_tolerance}
    assert topics == {"T1", "T2", "T4", "T6", "T7", "T9", "T15"}


def test_every_number_of_a_clock_has_an_origin() -> None:
    for name, clock in standard.load(FREEMARK).clocks.items():
        assert {"cap", "approve", "close"} <= clock.origin.keys(), name
        assert ("containment" in clock.origin) == (clock.containment_hours is not None), name


@pytest.mark.parametrize(
    ("name", "cap", "approve", "close", "start", "containment"),
    [
        ("zero_tolerance", 7, 10, 90, "discovery", 24),
        ("priority_core", 7, 10, 90, "discovery", 24),
        ("priority_danger", 7, 10, 30, "discovery", 48),
        ("major_core", 14, 42, 90, "report", 168),
        ("major_other", 14, 42, 180, "report", None),
        ("minor", 14, 42, 270, "report", None),
        ("risk", 14, 42, 270, "report", None),
    ],
)
def test_the_clocks_are_those_of_the_domain(
    name: standard.ClockName, cap: int, approve: int, close: int, start: str, containment: int | None
) -> None:
    clock = standard.load(FREEMARK).clocks[name]
    assert (clock.cap_days, clock.approve_days, clock.close_days, clock.containment_hours) == (
        cap, approve, close, containment,
    )  # fmt: skip
    assert {clock.cap_from, clock.approve_from, clock.close_from} == {start}


def test_what_is_published_hashes_to_the_standard() -> None:
    catalogue = standard.load(FREEMARK)
    assert digest(catalogue.public()) == catalogue.sha256
    assert catalogue.public() == tomllib.loads(text())


def test_an_unknown_standard_is_refused_where_it_was_named() -> None:
    with pytest.raises(Invalid) as caught:
        standard.load("freemark-1999.0", where="/standard")
    assert caught.value.where == "/standard"
    with pytest.raises(Invalid):
        standard.load("../standards/freemark-2026.0")


def test_an_unknown_provision_is_refused_where_it_was_named() -> None:
    with pytest.raises(Invalid) as caught:
        standard.load(FREEMARK).provision("T99.1", where="/provision")
    assert caught.value.where == "/provision"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('id = "T1.1"\n', 'id = "T2.9"\n'),  # belongs to another topic
        ('id = "T1.2"\n', 'id = "T1.1"\n'),  # twice
        ('topic = "T1"\n', 'topic = "T40"\n'),
        ('floor = "major"\n', 'floor = "grave"\n'),
        ('ceiling = "priority"\n', 'ceiling = "minor"\n'),  # no room for the 20 percent rule
        ('floor = "major"\nceiling = "priority"', 'floor = "priority"\nceiling = "major"'),
        ("zero_tolerance = true\n", 'zero_tolerance = "yes"\n'),
        ("remote_ok = false\n", "remote_ok = true\n"),  # T1.1 is core
        ("remote_ok = false\n", "remote_ok = false\nweight = 3\n"),
        ("cap_days = 7\n", "cap_days = 0\n"),
        ("cap_days = 7\n", "cap_days = 7.5\n"),
        ("cap_days = 7\n", ""),
        ('cap_from = "discovery"', 'cap_from = "tomorrow"'),
        ('containment = "at once [S]; evidence of it within 24 h [P]"\n', ""),
        ("[clocks.risk]", "[clocks.risky]"),
        ('danger_topics = ["T6", "T9", "T17"]', 'danger_topics = ["T6", "T99"]'),
        ('title = "Freemark standard', 'subtitle = "x"\ntitle = "Freemark standard'),
        ('id = "freemark-2026.0"', 'id = "freemark"'),
        ('version = "2026.0"', "version = 2026"),
        ("[[topics]]", "[[topics"),
    ],
)
def test_a_standard_with_a_mistake_is_refused(old: str, new: str) -> None:
    assert old in text()
    with pytest.raises(Malformed):
        standard.read(text().replace(old, new, 1))


def test_zero_tolerance_outside_the_core_is_refused() -> None:
    start, provision = text().split('id = "T12.3"\n')
    with pytest.raises(Malformed):
        standard.read(
            start + 'id = "T12.3"\n' + provision.replace("zero_tolerance = false", "zero_tolerance = true", 1)
        )
