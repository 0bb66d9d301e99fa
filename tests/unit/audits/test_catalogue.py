"""The full standard: every provision says what, how and by which proof; nothing is missing, milder or made up."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from collections import Counter
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits import standard
from audits.catalogue import INDICATORS, JOURNEY, VERIFY
from audits.facts import SEVERITIES
from audits.standard import ManDays, Provision, Standard
from ground.canonical import digest
from ground.errors import Malformed

FULL, OLD = standard.load("freemark-2026.1"), standard.load("freemark-2026.0")
FOLDER = files("audits") / "standards"
MANAGEMENT = {"T13", "T14", "T15", "T16"}  # topics with provisions on the site's own systems, no indicator among them
TEXT = (FOLDER / "freemark-2026.1.toml").read_text(encoding="utf-8")


def every(catalogue: Standard = FULL) -> list[Provision]:
    """All provisions, those of profiles included."""
    return [*catalogue.provisions.values(), *(added for each in catalogue.profiles.values() for added in each.adds)]


# ---------------------------------------------------------------------------------------------------------- complete


def test_there_are_at_least_66_provisions_and_each_topic_has_several() -> None:
    assert len(FULL.provisions) >= 66
    assert list(FULL.topics.values()) == list(OLD.topics.values())
    counts = Counter(each.topic for each in FULL.provisions.values())
    assert set(counts) == set(FULL.topics)
    assert min(counts.values()) >= 3


def test_the_same_question_keeps_its_number() -> None:
    assert OLD.provisions.keys() < FULL.provisions.keys()


def test_provisions_stand_in_the_order_of_their_numbers() -> None:
    numbers = [tuple(int(part) for part in id[1:].split(".")) for id in FULL.provisions]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("provision", every(), ids=lambda each: each.id)
def test_a_provision_says_everything(provision: Provision) -> None:
    for words, least in (("text", 80), ("conformance", 50), ("documents", 50), ("interviews", 50), ("observation", 25)):
        said = getattr(provision, words)
        assert len(said) >= least, words
        assert said[0].isupper(), words
        assert said[-1] in ".?", words
        assert "  " not in said, words
    assert provision.test == f"{provision.documents} {provision.interviews} {provision.observation}"
    assert provision.title[-1] != "."
    assert provision.indicators or provision.topic in MANAGEMENT
    assert provision.stage in JOURNEY
    assert provision.references["vap"]
    assert SEVERITIES.index(provision.ceiling) <= SEVERITIES.index("major")


def test_no_sentence_stands_in_two_provisions() -> None:
    """Copied words are how a catalogue gets long without getting deep."""
    seen: dict[str, str] = {}
    for each in every():
        for sentence in re.split(r"(?<=[.?!]) ", f"{each.text} {each.conformance} {each.test}"):
            if len(sentence) > 45 and not sentence.startswith(("No step on site", "Nothing to see")):
                assert sentence not in seen, (each.id, seen.get(sentence), sentence)
                seen[sentence] = each.id


def test_every_indicator_stage_and_way_to_verify_is_used() -> None:
    assert {one for each in FULL.provisions.values() for one in each.indicators} == set(INDICATORS)
    assert len(INDICATORS) == 11
    assert {each.stage for each in FULL.provisions.values()} == set(JOURNEY)
    assert {each.verify for each in FULL.provisions.values()} == set(VERIFY)


def test_every_source_of_references_is_used_and_every_dhaka_principle() -> None:
    for source in standard.REFERENCES:
        assert any(each.references[source] for each in FULL.provisions.values()), source
    cited = {one for each in FULL.provisions.values() for one in each.references["dhaka"]}
    assert cited == {"A", "B", *(str(number) for number in range(1, 11))}


def test_the_regulation_that_defines_forced_labour_by_two_conventions_is_named_with_each_of_them() -> None:
    """(EU) 2024/3015 Art. 2 points to C029 and C105; DOMAIN.md 3 has the regulation."""
    for each in every():
        named = not {"C029", "C105"}.isdisjoint(each.references["ilo"])
        assert ("2024/3015 Art. 2" in each.references["eu"]) == named, each.id


def test_core_is_verified_on_site_with_interviews_and_what_may_be_a_priority_on_site() -> None:
    for each in every():
        if each.core:
            assert each.verify == "on_site_interviews", each.id
        if each.ceiling == "priority":
            assert each.verify in ("on_site", "on_site_interviews"), each.id
        assert each.remote_ok == (each.verify == "desk"), each.id


def test_zero_tolerance_stands_where_the_domain_puts_it() -> None:
    topics = {each.topic for each in FULL.provisions.values() if each.zero_tolerance}
    assert topics == {each.topic for each in OLD.provisions.values() if each.zero_tolerance}
    assert {each.topic for each in every() if each.zero_tolerance} == topics  # profiles open no new topic


def test_nothing_is_milder_than_it_was() -> None:
    """A new version may ask more. Where it asked less, sites would change the standard instead of the practice."""
    for id, old in OLD.provisions.items():
        new = FULL.provisions[id]
        assert SEVERITIES.index(new.floor) <= SEVERITIES.index(old.floor), id
        assert SEVERITIES.index(new.ceiling) <= SEVERITIES.index(old.ceiling), id
        assert new.zero_tolerance >= old.zero_tolerance, id
        assert new.remote_ok <= old.remote_ok, id


# ------------------------------------------------------------------------------------------------ numbers of the domain


def test_field_work_has_the_numbers_of_the_domain() -> None:
    """DOMAIN.md 1.7, 4, 7.2 and 7.8; hours of journey D."""
    fieldwork = FULL.fieldwork
    assert fieldwork is not None
    assert {key: value for key, value in asdict(fieldwork).items() if key != "man_days"} == {
        "signed": True, "release_hours": 96, "alert_hours": 24, "hold_hours": 72, "suppress_below": 5,
        "working_hours": 8,
        "independence": {"in_a_row_most": 3, "gap_months": 24, "interview_training": True},
        "sampling": {"least": 10, "per_stratum": 3, "high_risk_percent": 150, "off_site_percent": 50},
        "escalation": {"share_percent": 20, "repeat_months": 24, "minors_in_topic": 3},
        "follow_up": {
            "retaliation_days": (30, 90), "repayment_days": 90, "confirmed_percent": 80, "reminder_days": (14, 7, 1),
        },
    }  # fmt: skip


def test_man_days_are_those_of_the_smeta_table() -> None:
    """DOMAIN.md 1.7: individual + groups, files. For 1001 to 2000 the printed total is 52, the sum 60."""
    assert FULL.fieldwork is not None
    rows = FULL.fieldwork.man_days
    assert rows == (
        ManDays(100, 1, 6, 1, 4, 10),
        ManDays(500, 2, 6, 4, 5, 26),
        ManDays(1000, 3, 12, 6, 5, 42),
        ManDays(2000, 4, 20, 8, 5, 52),
        ManDays(None, 4, 22, 8, 5, 62),
    )
    assert [row.individual + row.groups * row.group_size for row in rows] == [10, 26, 42, 60, 62]


def test_every_number_of_field_work_has_a_unit_and_an_origin() -> None:
    def look(part: dict[str, object], where: str) -> None:
        for key, value in part.items():
            if isinstance(value, dict) and "value" in value:
                assert str(value["unit"]), f"{where}/{key}"
                assert re.search(r"\[(S|S2|D|K|P)\]", str(value["origin"])), f"{where}/{key}"
            elif isinstance(value, dict) and "rows" not in value:
                look(value, f"{where}/{key}")

    look(tomllib.loads(TEXT)["fieldwork"], "/fieldwork")
    assert re.search(r"\[S2\]", tomllib.loads(TEXT)["fieldwork"]["man_days"]["origin"])


def test_the_clocks_are_those_of_the_version_before() -> None:
    assert FULL.clocks == OLD.clocks
    assert FULL.danger_topics == OLD.danger_topics


# ------------------------------------------------------------------------------------------------------- two versions


def test_two_versions_live_side_by_side() -> None:
    assert OLD.fieldwork is None
    assert not OLD.profiles
    assert FULL.fieldwork is not None
    assert FULL.id != OLD.id
    assert FULL.sha256 != OLD.sha256
    assert OLD.sha256 == "d1bf0b85e376bb4d9372740f1f1bf4f30e0687e8cc3f1a7c771376f8e59ecd13"


def test_what_is_published_hashes_to_the_standard() -> None:
    assert digest(FULL.public()) == FULL.sha256
    assert FULL.public() == tomllib.loads(TEXT)


def unlocked(folder: Path) -> list[str]:
    """Ids of standards in a folder that are not what its lock says, or are not locked at all."""
    lock = json.loads((folder / "lock.json").read_text(encoding="utf-8"))
    found = {
        path.stem: standard.read(path.read_text(encoding="utf-8")).sha256 for path in sorted(folder.glob("*.toml"))
    }
    return sorted(id for id in found.keys() | lock.keys() if found.get(id) != lock.get(id))


@pytest.mark.parametrize("id", standard.IDS)
def test_the_lock_catches_one_changed_number_and_one_changed_word(tmp_path: Path, id: str) -> None:
    """If the first assertion fails, do not touch the lock: make a new standard with a new id."""
    shutil.copytree(str(FOLDER), tmp_path / "copy")
    folder = tmp_path / "copy"
    assert unlocked(folder) == []
    original = (folder / f"{id}.toml").read_text(encoding="utf-8")
    for old, new in (("close_days = 90", "close_days = 91"), ("No worker has paid", "No worker had paid")):
        (folder / f"{id}.toml").write_text(original.replace(old, new, 1), encoding="utf-8")
        assert unlocked(folder) == [id]
    (folder / f"{id}.toml").write_text("# a comment is no change\n" + original, encoding="utf-8")
    assert unlocked(folder) == []
    (folder / f"{id}.toml").unlink()
    assert unlocked(folder) == [id]


# ------------------------------------------------------------------------------------------------------------ hostile


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('conformance = """', 'conformity = """', "/provisions/0/conformance"),
        ('documents = """', 'document = """', "/provisions/0/documents"),
        ('verify = "on_site_interviews"', 'verify = "by_phone"', "/provisions/0/verify"),
        ('verify = "on_site_interviews"', 'verify = "on_site"', "/provisions/0/verify"),  # T1.1 is core
        ('verify = "on_site"\n', 'verify = "desk"\n', None),  # T10.1 says no remote closure
        ("share_rule = true", 'share_rule = "20"', "/provisions/0/share_rule"),
        ('indicators = ["debt", ', 'indicators = ["debts", ', "/provisions/0/indicators/0"),
        ('indicators = ["debt", ', 'indicators = ["debt", "debt", ', "/provisions/0/indicators/1"),
        ('stage = "recruitment_travel"', 'stage = "journey"', "/provisions/0/stage"),
        ('vap = ["A1"]', 'vap = ["Z1"]', "/provisions/0/references/vap/0"),
        ('ilo = ["C181"', 'ilo = ["181"', "/provisions/0/references/ilo/0"),
        ('dhaka = ["1"]', 'dhaka = ["11"]', "/provisions/0/references/dhaka/0"),
        ('far = ["52.222-50(b)(6)"]', 'far = ["52.222-5"]', "/provisions/0/references/far/0"),
        ('far = ["52.222-50(b)(6)"]\n', "", "/provisions/0/references/far"),
        ('eu = ["2024/3015 Art. 2"]\n', 'eu = []\nus = []\n', "/provisions/0/references/us"),
        ('conformance = """', 'weight = 3\nconformance = """', "/provisions/0/weight"),
        ('conformance = """', 'test = "Ask."\nconformance = """', "/provisions/0/test"),
        ("value = 96, ", "value = 95, ", "/fieldwork/release_hours"),  # less than an alert and its hold
        ("value = 96, ", "value = 960, ", "/fieldwork/release_hours/value"),
        ("value = 96, ", "value = 96.0, ", "/fieldwork/release_hours/value"),
        ("value = 96, ", "", "/fieldwork/release_hours/value"),
        ('value = 96, unit = "hours"', 'value = 96, unit = "days"', "/fieldwork/release_hours/unit"),
        ("value = 3, ", "value = true, ", "/fieldwork/independence/in_a_row_most/value"),
        ("value = true, ", "value = 1, ", "/fieldwork/signed/value"),
        ("value = [30, 90]", "value = [30, 30]", "/fieldwork/follow_up/retaliation_days/value"),
        ("value = [30, 90]", "value = []", "/fieldwork/follow_up/retaliation_days/value"),
        ("value = [30, 90]", "value = [30, 400]", "/fieldwork/follow_up/retaliation_days/value"),
        ("value = [30, 90]", "value = [true, 90]", "/fieldwork/follow_up/retaliation_days/value"),
        ("value = [30, 90]", "value = [[30], 90]", "/fieldwork/follow_up/retaliation_days/value"),
        ("[fieldwork]\n", "[fieldwork]\nday = 2026-01-01\n", None),  # TOML knows days, JSON does not
        ("[fieldwork.sampling]\n", "[fieldwork.sampling]\nmost = 5\n", "/fieldwork/sampling/most"),
        ("workers_to = 100, ", "workers_to = 700, ", "/fieldwork/man_days"),
        ("workers_to = 100, ", "", "/fieldwork/man_days/rows/0/workers_to"),
        ("{ days = 4, ", "{ workers_to = 9000, days = 4, ", "/fieldwork/man_days/rows/4/workers_to"),
        ("[fieldwork]\n", "[fieldworks]\n", None),  # then it is a short standard, with words it does not know
    ],
)  # fmt: skip
def test_a_standard_with_a_mistake_is_refused_where_it_is(old: str, new: str, where: str | None) -> None:
    assert old in TEXT
    with pytest.raises(Malformed) as caught:
        standard.read(TEXT.replace(old, new, 1))
    assert where is None or caught.value.where == where


@pytest.mark.parametrize(
    "text", ["", "a", "id = 1", "[[topics]]", 'id = "freemark-2026.9"\ntopics = 3', "\x00", "a = " * 9]
)
def test_what_is_no_standard_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        standard.read(text)


@settings(max_examples=30, deadline=None)  # one reading of 140 kB takes some 50 ms
@given(st.integers(0, len(TEXT) - 1), st.sampled_from(['"', "=", "[", "]", "\n", "1", "a", "{", ""]))
def test_a_damaged_standard_is_read_or_refused_but_never_breaks(place: int, symbol: str) -> None:
    try:
        standard.read(TEXT[:place] + symbol + TEXT[place + 1 :])
    except Malformed:
        return
