"""What an audit is about: its subject, its profiles, how it was announced, and which questions that makes."""

from __future__ import annotations

from typing import Any

import pytest

from audits import scope, standard, views
from audits.facts import AUDIT_TYPES
from audits.tables import AuditRow
from ground.errors import Conflict, Invalid
from ground.parties import Site
from tests.auditing import FREEMARK, SIGNED
from tests.cast import Player, add_site


def another(stage: Any, kind: str, **change: Any) -> str:
    with stage.world.db.write() as session:
        id = add_site(session, stage.world, Player(stage.bea, ""), kind, "Other", 20)
        for name, value in change.items():
            setattr(session.get_one(Site, id), name, value)
    return id


def shown(stage: Any, audit: str) -> Any:
    with stage.world.db.read() as session:
        return views.get_audit(session, stage.amina, audit)


@pytest.mark.parametrize("type", AUDIT_TYPES)
def test_every_type_is_planned_at_a_site(stage: Any, field: Any, type: str) -> None:
    audit = shown(stage, field.plan(type=type))
    assert (audit["type"], audit["subject"]) == (type, "site")


@pytest.mark.parametrize(
    ("kind", "subject"),
    [("farm", "site"), ("vessel", "vessel"), ("dormitory", "dormitory"), ("agency_office", "labour_agent")],
)
def test_the_subject_follows_from_the_kind_of_site(stage: Any, field: Any, kind: str, subject: str) -> None:
    audit = field.plan(site=another(stage, kind, flag="PA" if kind == "vessel" else ""))
    assert shown(stage, audit)["subject"] == subject


def test_a_vessel_without_a_flag_is_not_audited(stage: Any, field: Any) -> None:
    with pytest.raises(Invalid, match="flag") as caught:
        field.plan(site=another(stage, "vessel"))
    assert caught.value.where == "/site"


def test_a_dormitory_has_no_forced_labour_specialty_of_its_own(stage: Any, field: Any) -> None:
    with pytest.raises(Invalid) as caught:
        field.plan(site=another(stage, "dormitory"), type="forced_labour")
    assert caught.value.where == "/type"


@pytest.mark.parametrize(
    ("announced", "notice", "kept"),
    [
        (True, None, "announced"),
        (False, None, "unannounced"),
        (False, "semi_announced", "semi_announced"),
        (True, "announced", "announced"),
    ],
)
def test_how_it_was_announced_is_kept(stage: Any, field: Any, announced: bool, notice: Any, kept: str) -> None:
    audit = field.plan(announced=announced, notice=notice)
    assert (shown(stage, audit)["notice"], shown(stage, audit)["announced"]) == (kept, announced)
    field.answer(audit, [stage.conforming("T1.1")])
    field.submit(audit)
    (visit,) = stage.facts().visits
    assert (visit.notice, visit.announced) == (kept, announced)


@pytest.mark.parametrize(("announced", "notice"), [(True, "unannounced"), (True, "semi_announced"),
                                                    (False, "announced")])  # fmt: skip
def test_two_words_on_the_notice_agree(stage: Any, announced: bool, notice: Any) -> None:
    with pytest.raises(Invalid) as caught:
        stage.plan(announced=announced, notice=notice)
    assert caught.value.where == "/notice"


def test_an_older_standard_keeps_its_facts_as_they_were(stage: Any) -> None:
    stage.visit([stage.conforming("T1.1")], type="surveillance")
    (visit,) = stage.facts().visits
    assert (visit.notice, visit.version, visit.outcome, visit.signed) == ("", 1, "completed", False)


def test_planning_asks_for_independence_where_the_standard_has_it(stage: Any, field: Any) -> None:
    with pytest.raises(Conflict, match="assignment"):
        stage.plan(standard=FREEMARK, type="surveillance")
    field.plan()


# Profiles.


@pytest.fixture
def dressed(stage: Any) -> str:
    """A factory to which a profile of the standard applies."""
    profile = next((one for one in SIGNED.profiles.values() if one.kind == "sector" and not one.sites), None)
    if profile is None:
        profile = next((one for one in SIGNED.profiles.values() if one.kind == "sector"), None)
    if profile is None:
        pytest.skip("the standard has no sector profile yet")
    kind = profile.sites[0] if profile.sites else "factory"
    return another(stage, kind, sector=profile.applies[0], flag="PA" if kind == "vessel" else "")


def test_profiles_are_fixed_when_the_audit_is_planned(stage: Any, field: Any, dressed: str) -> None:
    audit = field.plan(site=dressed, type="initial")
    view = shown(stage, audit)
    assert view["profiles"]
    assert view["provisions"] > len(SIGNED.provisions) or SIGNED.with_profiles(view["profiles"]) != SIGNED
    with stage.world.db.write() as session:
        session.get_one(Site, dressed).sector = ""
    assert shown(stage, audit)["profiles"] == view["profiles"]
    with stage.world.db.read() as session:
        row = session.get_one(AuditRow, audit)
        assert scope.catalogue_of(row).applied == tuple(view["profiles"])


def test_a_provision_of_a_profile_is_asked_answered_and_reported(stage: Any, field: Any, dressed: str) -> None:
    audit = field.plan(site=dressed, type="initial")
    merged = SIGNED.with_profiles(shown(stage, audit)["profiles"])
    added = [id for id in merged.provisions if id not in SIGNED.provisions]
    filed = field.answer(audit, [stage.conforming(id) for id in SIGNED.provisions])
    assert filed["unanswered"] == added
    if added:
        with pytest.raises(Conflict, match=added[0]):
            field.prepare(audit, **SMALL)
        field.answer(audit, [stage.conforming(id) for id in added])
    document = field.prepare(audit, **SMALL)["document"]
    assert document["profiles"] == shown(stage, audit)["profiles"]
    assert [answer["provision"] for answer in document["answers"]] == list(merged.provisions)


SMALL = {
    "workers": 20, "payroll_workers": 20, "interviews_individual": 10, "interviews_group": 0, "files_reviewed": 10,
    "id_papers": 20, "listed_workers": 20,
}  # fmt: skip


def test_a_provision_of_a_profile_that_does_not_apply_is_unknown(stage: Any, field: Any) -> None:
    every = SIGNED.with_profiles(list(SIGNED.profiles))
    added = [id for id in every.provisions if id not in SIGNED.provisions]
    if not added:
        pytest.skip("the standard's profiles add nothing yet")
    with pytest.raises(Invalid) as caught:
        field.answer(field.plan(), [stage.conforming(added[0])])
    assert caught.value.where == "/answers/0/provision"


def test_a_forced_labour_audit_asks_less_than_all_and_all_of_the_core() -> None:
    for name in standard.IDS:
        catalogue = standard.load(name)
        asked = set(scope.asked(catalogue, "forced_labour"))
        assert {one.id for one in catalogue.provisions.values() if one.core} <= asked
        assert asked < set(catalogue.provisions)
        assert set(scope.asked(catalogue, "initial")) == set(catalogue.provisions)


# What a later audit closes.


def test_a_surveillance_closes_only_slight_findings_that_are_left_to_the_next_audit(stage: Any, field: Any) -> None:
    from audits import release

    left = [one.id for one in SIGNED.provisions.values() if one.verify == "next_audit"]
    if not left:
        pytest.skip("the standard leaves nothing to the next audit")
    field.visit(stage.finding(left[0], "minor", affected=1, sampled=42), stage.finding("T15.2", "major", affected=1))
    stage.later(days=5)
    release.release_reports(stage.world)
    audit = field.plan()
    field.answer(audit, [stage.conforming(left[0]), stage.conforming("T15.2")])
    assert len(field.submit(audit)["closed"]) == 1
    assert [one.provision for one in stage.facts().findings if one.open] == ["T15.2"]


def test_a_closure_without_interviews_closes_nothing_that_needs_them(stage: Any, field: Any) -> None:
    from audits import release

    provision = next(
        one.id for one in SIGNED.provisions.values() if one.verify == "on_site_interviews" and one.topic == "T4"
    )
    field.visit(stage.finding(provision, "major", affected=1))
    stage.later(days=5)
    release.release_reports(stage.world)
    audit = field.plan(type="closure")
    field.answer(audit, [stage.conforming(provision)])
    with pytest.raises(Conflict, match="with interviews"):
        field.prepare(audit, interviews_individual=0, interviews_group=0)
    assert len(field.submit(audit)["closed"]) == 1
