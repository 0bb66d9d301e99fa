"""Profiles add provisions and sharpen others, in any order, and can never make a standard milder."""

from __future__ import annotations

import itertools
from importlib.resources import files

import pytest

from audits import standard
from audits.catalogue import VERIFY, profiles_for
from audits.facts import SEVERITIES
from ground.errors import Invalid, Malformed
from ground.parties import SITE_KINDS

FULL = standard.load("freemark-2026.1")
TEXT = (files("audits") / "standards" / "freemark-2026.1.toml").read_text(encoding="utf-8")
SECTORS = {"garment", "electronics", "agriculture", "fishing", "construction", "domestic_work"}


# -------------------------------------------------------------------------------------------------------- what there is


def test_the_sectors_and_countries_of_the_scheme_are_there() -> None:
    kinds = {each.id: each.kind for each in FULL.profiles.values()}
    assert {id for id, kind in kinds.items() if kind == "sector"} == SECTORS
    assert sum(kind == "country" for kind in kinds.values()) >= 2
    assert sum(kind == "flag" for kind in kinds.values()) >= 1
    for each in FULL.profiles.values():
        assert each.adds, each.id
        assert each.sharpens, each.id
        assert "[K]" in each.origin, each.id
        assert "[P]" in each.origin, each.id
        assert set(each.sites) <= set(SITE_KINDS), each.id


def test_added_provisions_are_numbered_from_41_and_unique() -> None:
    added = [one.id for each in FULL.profiles.values() for one in each.adds]
    assert len(added) == len(set(added))
    assert all(int(id.split(".")[1]) > 40 for id in added)
    assert all(int(id.split(".")[1]) <= 40 for id in FULL.provisions)


def test_fishing_asks_what_only_happens_at_sea() -> None:
    text = " ".join(each.text for id in ("fishing", "vessel", "foreign_flag") for each in FULL.profiles[id].adds)
    for word in ("sea", "transhipment", "crew list", "skipper", "way home", "rest", "Registry", "share of the catch"):
        assert word.lower() in text.lower(), word
    cited = {one for id in ("fishing", "vessel", "foreign_flag") for each in FULL.profiles[id].adds
             for one in each.references["ilo"]}  # fmt: skip
    assert "C188" in cited


# -------------------------------------------------------------------------------------------------------------- merging


def test_no_profile_changes_nothing() -> None:
    assert FULL.with_profiles([]) is FULL


def test_a_profile_adds_and_sharpens_and_keeps_id_and_hash() -> None:
    merged = FULL.with_profiles(["fishing", "vessel"])
    assert (merged.id, merged.sha256, merged.applied) == (FULL.id, FULL.sha256, ("fishing", "vessel"))
    assert FULL.provisions.keys() < merged.provisions.keys()
    assert merged.provision("T4.41").zero_tolerance
    assert (FULL.provision("T4.3").ceiling, merged.provision("T4.3").ceiling) == ("major", "priority")
    assert merged.provision("T6.1").interviews.startswith(FULL.provision("T6.1").interviews)
    assert merged.provision("T6.1").interviews in merged.provision("T6.1").test
    assert merged.provision("T1.1") == FULL.provision("T1.1")
    assert "T4.41" not in FULL.provisions


def test_a_sharper_way_to_verify_forbids_the_remote_closure() -> None:
    merged = FULL.with_profiles(["domestic_work"]).provision("T12.2")
    assert FULL.provision("T12.2").remote_ok
    assert (merged.remote_ok, merged.verify) == (False, "on_site_interviews")


def test_the_order_in_which_profiles_are_named_does_not_matter() -> None:
    for ids in itertools.permutations(["sponsorship", "garment", "vessel"]):
        merged = FULL.with_profiles(ids)
        assert merged == FULL.with_profiles(["garment", "vessel", "sponsorship"])
        assert list(merged.provisions) == list(FULL.with_profiles(["garment", "vessel", "sponsorship"]).provisions)
    topics = [each.topic for each in FULL.with_profiles(list(FULL.profiles)).provisions.values()]
    assert [topic for topic, _ in itertools.groupby(topics)] == list(FULL.topics)


def test_merging_twice_says_nothing_twice() -> None:
    once = FULL.with_profiles(["garment"])
    assert once.with_profiles(["garment"]) is once
    assert once.with_profiles(["garment", "fishing"]).provision("T6.2") == once.provision("T6.2")


def test_an_unknown_profile_is_refused_where_it_was_named() -> None:
    with pytest.raises(Invalid) as caught:
        FULL.with_profiles(["garment", "mining"], where="/profiles/1")
    assert caught.value.where == "/profiles/1"
    with pytest.raises(Invalid):
        standard.load("freemark-2026.0").with_profiles(["garment"])


def test_all_profiles_together_only_sharpen() -> None:
    for ids in [*([id] for id in FULL.profiles), list(FULL.profiles)]:
        merged = FULL.with_profiles(ids)
        for id, before in FULL.provisions.items():
            after = merged.provision(id)
            assert SEVERITIES.index(after.floor) <= SEVERITIES.index(before.floor), id
            assert SEVERITIES.index(after.ceiling) <= SEVERITIES.index(before.ceiling), id
            assert SEVERITIES.index(after.ceiling) <= SEVERITIES.index(after.floor), id
            assert VERIFY.index(after.verify) >= VERIFY.index(before.verify), id
            assert after.remote_ok <= before.remote_ok, id
            assert after.zero_tolerance >= before.zero_tolerance, id
            assert after.share_rule >= before.share_rule, id
            for words in ("text", "conformance", "documents", "interviews", "observation"):
                assert getattr(after, words).startswith(getattr(before, words)), id


# ------------------------------------------------------------------------------------------------------------- choosing


@pytest.mark.parametrize(
    ("kind", "sector", "country", "flag", "expected"),
    [
        ("factory", "", "BD", "", ()),
        ("factory", "garment", "BD", "", ("garment",)),
        ("factory", "garment", "JO", "", ("garment", "sponsorship")),
        ("factory", "mining", "AU", "", ()),
        ("agency_office", "", "NP", "", ("recruiter_origin",)),
        ("factory", "", "NP", "", ()),
        ("agency_office", "domestic_work", "KW", "", ("domestic_work", "sponsorship")),
        ("vessel", "fishing", "TH", "", ("fishing", "vessel")),
        ("vessel", "fishing", "TH", "TH", ("fishing", "vessel")),
        ("vessel", "fishing", "TH", "PA", ("fishing", "vessel", "foreign_flag")),
        ("factory", "fishing", "TH", "PA", ("fishing",)),
    ],
)
def test_a_site_gets_its_profiles_by_what_it_is(
    kind: str, sector: str, country: str, flag: str, expected: tuple[str, ...]
) -> None:
    assert profiles_for(FULL, kind, sector, country, flag) == expected
    assert FULL.with_profiles(expected).applied == expected


def test_an_older_standard_has_no_profile_for_anybody() -> None:
    assert profiles_for(standard.load("freemark-2026.0"), "vessel", "fishing", "TH", "PA") == ()


# -------------------------------------------------------------------------------------------------------------- refused


def sharpening(id: str, change: str) -> str:
    """The standard with one sharpening more, at the end of its last profile."""
    assert TEXT.count("\n[fieldwork]\n") == 1
    return TEXT.replace("\n[fieldwork]\n", f'\n[[profiles.sharpens]]\nid = "{id}"\n{change}\n\n[fieldwork]\n')


def test_the_way_these_tests_sharpen_is_right() -> None:
    read = standard.read(sharpening("T14.1", 'floor = "risk"'))
    assert read.with_profiles(["recruiter_origin"]).provision("T14.1").floor == "risk"


@pytest.mark.parametrize(
    ("id", "change", "key"),
    [
        ("T1.1", 'floor = "minor"', "/floor"),  # milder
        ("T1.1", 'floor = "major"', "/floor"),  # no change
        ("T1.1", 'ceiling = "major"', "/ceiling"),
        ("T8.2", 'floor = "opportunity"', "/floor"),
        ("T11.1", 'verify = "desk"', "/verify"),
        ("T1.1", 'verify = "next_audit"', "/verify"),
        ("T14.1", "remote_ok = true", "/remote_ok"),  # no key of a sharpening at all
        ("T10.1", "remote_ok = true", "/remote_ok"),
        ("T1.1", "zero_tolerance = false", "/zero_tolerance"),
        ("T1.1", "share_rule = false", "/share_rule"),
        ("T14.1", 'ceiling = "priority"', "/remote_ok"),  # then a desk is not enough
        ("T14.1", "zero_tolerance = true", ""),  # not core
        ("T14.1", 'title = "Another"', "/title"),
        ("T14.1", "", ""),
        ("T13.47", 'floor = "major"', "/id"),  # of a profile
        ("T99.1", 'floor = "major"', "/id"),
        ("T13.1", 'floor = "priority"', ""),  # sharpened already by this profile
    ],
)
def test_a_profile_that_is_no_sharpening_is_refused(id: str, change: str, key: str) -> None:
    with pytest.raises(Malformed) as caught:
        standard.read(sharpening(id, change))
    assert caught.value.where.startswith("/profiles/")
    assert caught.value.where.endswith(key)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('id = "T13.41"', 'id = "T13.1"'),  # taken by the standard
        ('id = "T13.41"', 'id = "T13.42"'),  # taken by another profile
        ('id = "T13.41"', 'id = "T12.41"'),  # of another topic
        ('kind = "sector"', 'kind = "brand"'),
        ('applies = ["garment"]', 'applies = []'),
        ('applies = ["garment"]', 'applies = ["Garment"]'),
        ('applies = ["foreign"]', 'applies = ["pirate"]'),
        ('applies = ["AE", ', 'applies = ["UAE", '),
        ('sites = ["vessel"]', 'sites = ["vessel", "vessel"]'),
        ('id = "electronics"', 'id = "garment"'),
        ('id = "electronics"', 'id = "electronics"\npriority = 1'),
    ],
)  # fmt: skip
def test_a_profile_with_a_mistake_is_refused(old: str, new: str) -> None:
    assert old in TEXT
    with pytest.raises(Malformed):
        standard.read(TEXT.replace(old, new, 1))


def test_two_profiles_that_sharpen_the_same_keep_the_gravest() -> None:
    """vessel and sponsorship both lift the way home to priority; garment and agriculture leave T8.2 where it is."""
    merged = FULL.with_profiles(["vessel", "sponsorship"]).provision("T4.3")
    assert merged.ceiling == "priority"
    both = FULL.with_profiles(["foreign_flag", "recruiter_origin"]).provision("T13.1")
    assert both.floor == "major"
