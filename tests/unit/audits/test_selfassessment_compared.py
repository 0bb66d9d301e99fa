"""A self-assessment before an audit on forced labour, and held against what an audit found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from audits import release, scope
from audits.drafts import AnswerDraft
from audits.readiness import readiness
from audits.selfassessment import comparison
from ground.errors import NotFound
from ground.parties import Membership, Site
from tests.auditing import SIGNED
from tests.unit.audits.test_selfassessment import EVERYTHING, Desk

CORE = [each.id for each in SIGNED.provisions.values() if each.core]


@pytest.fixture
def desk(stage: Any) -> Desk:
    return Desk(stage)


# Before an audit on forced labour.


def wanted(desk: Desk, audit: str) -> list[tuple[bool, str]]:
    with desk.stage.world.db.read() as session:
        items = readiness(session, desk.stage.amina, audit, now=desk.stage.now)["items"]
    return [(item["blocks"], item["text"]) for item in items if item["kind"] == "self_assessment"]


def test_a_specialty_on_forced_labour_wants_all_of_the_core_before_it_begins(desk: Desk, field: Any) -> None:
    audit = field.plan(type="forced_labour")
    ((blocks, text),) = wanted(desk, audit)
    assert not blocks
    assert text.startswith(f"0 of {len(CORE)} core provisions are answered")
    assert str(desk.stage.today) in text
    desk.submitted()  # on the first day: who sees the auditors at the gate is not prepared
    assert len(wanted(desk, audit)) == 1


def test_an_answered_core_is_all_that_is_wanted(desk: Desk, field: Any) -> None:
    desk.submitted(T1_1="does_not_know")
    desk.stage.later(days=1)
    assert wanted(desk, field.plan(type="forced_labour")) == []


def test_what_a_profile_asks_since_is_counted_as_missing(desk: Desk, field: Any) -> None:
    desk.submitted()
    desk.stage.later(days=1)
    with desk.stage.world.db.write() as session:
        session.execute(update(Site).values(sector="domestic_work"))
        site = session.get_one(Site, desk.stage.factory)
        added = [each for each in SIGNED.profiles["domestic_work"].adds if each.core]
        assert (scope.profiles_at(SIGNED, site), bool(added)) == (("domestic_work",), True)
    ((_, text),) = wanted(desk, field.plan(type="forced_labour"))
    assert text.startswith(f"{len(CORE)} of {len(CORE) + len(added)} core provisions")


@pytest.mark.parametrize("type", ["initial", "surveillance", "for_cause"])
def test_other_audits_want_none(desk: Desk, field: Any, type: str) -> None:
    assert wanted(desk, field.plan(type=type)) == []


def test_under_an_older_standard_nothing_is_wanted(desk: Desk) -> None:
    assert wanted(desk, desk.stage.plan(type="forced_labour")) == []


# Held against what was found.


def test_the_comparison_names_what_was_said_to_conform_and_found_otherwise(desk: Desk, field: Any) -> None:
    id = desk.submitted(T3_2="does_not_conform", T17_2="does_not_know")
    desk.stage.later(days=1)
    audit = field.plan()
    findings = {"T1.1": "major", "T10.2": "minor", "T3.2": "major", "T17.2": "minor"}
    field.answer(audit, [desk.stage.finding(each, word) for each, word in findings.items()])
    field.answer(audit, [desk.stage.conforming("T2.1"), AnswerDraft("T2.2", "not_reviewed", description="No time.")])
    shown = desk.compare(audit)
    assert (shown["self_assessment"], shown["version"], shown["said_conforms"]) == (id, 1, len(EVERYTHING) - 2)
    assert [(each["provision"], each["severity"], each["core"]) for each in shown["differs"]] == [
        ("T1.1", "major", True), ("T10.2", "minor", False),
    ]  # fmt: skip
    assert shown["differs"][0]["note"] == "Because."
    assert not {"affected", "sampled"} & shown["differs"][0].keys()
    assert desk.readings()[-1] == (desk.stage.amina.person, id, {"audit": audit})


def test_the_newest_before_the_first_day_is_held_against_it(desk: Desk, field: Any) -> None:
    desk.submitted()
    desk.stage.later(days=10)
    second = desk.submitted()
    desk.stage.later(days=10)
    audit = field.plan()
    desk.submitted()
    assert desk.compare(audit)["self_assessment"] == second


def test_where_nothing_was_said_nothing_is_compared(desk: Desk, field: Any) -> None:
    audit = field.plan()
    field.answer(audit, [desk.stage.finding("T1.1", "major")])
    shown = desk.compare(audit)
    assert (shown["self_assessment"], shown["differs"]) == (None, [])
    assert desk.readings() == []
    older = desk.stage.plan("ulla")
    assert desk.compare(older, "ulla")["self_assessment"] is None


def test_the_site_compares_once_the_report_is_released(desk: Desk, field: Any) -> None:
    desk.submitted()
    desk.stage.later(days=1)
    audit = str(field.visit(desk.stage.finding("T1.1", "major", affected=9), team=("aino",))["id"])
    for who in ("bea", "otto", "ravi", "ulla", "hana", "wilma"):
        assert desk.refused(comparison.compare, audit, by=who) is NotFound, who
    for who in ("amina", "aino", "carl", "sam"):
        assert len(desk.compare(audit, who)["differs"]) == 1, who
    desk.stage.later(hours=96)
    release.release_reports(desk.stage.world)
    readings = len(desk.readings())
    assert [each["provision"] for each in desk.compare(audit, "bea")["differs"]] == ["T1.1"]
    assert len(desk.readings()) == readings
    for who in ("otto", "ravi", "ulla", "hana", "wilma"):
        assert desk.refused(comparison.compare, audit, by=who) is NotFound, who


def test_a_held_alert_is_in_the_comparison_of_the_team_alone(desk: Desk, field: Any) -> None:
    desk.submitted()
    desk.stage.later(days=1)
    audit = field.plan()
    before = desk.compare(audit, "carl")
    field.alert(audit)
    assert [each["provision"] for each in desk.compare(audit)["differs"]] == ["T2.1"]
    assert desk.compare(audit, "carl") == before
    assert desk.refused(comparison.compare, audit, by="bea") is NotFound


def test_a_decider_of_the_house_that_owns_the_site_waits_for_the_release(desk: Desk, field: Any) -> None:
    """A second role opens nothing earlier."""
    desk.submitted()
    desk.stage.later(days=1)
    audit = field.plan()
    people = desk.stage.people
    people["both"] = replace(people["bea"], roles=frozenset({"manager", "decider", "scheme_manager"}))
    assert desk.refused(comparison.compare, audit, by="both") is NotFound
    assert desk.compare(audit, "carl")["said_conforms"] == len(EVERYTHING)
    with desk.stage.world.db.write() as session:  # a second hat, under another token
        session.add(
            Membership(person_id=people["carl"].person, organisation_id=people["bea"].organisation, role="manager")
        )
    assert desk.refused(comparison.compare, audit, by="carl") is NotFound


def test_the_moment_is_midnight_before_the_first_day(desk: Desk, field: Any) -> None:
    """START is 8 o'clock: 16 hours later is the next day."""
    id = desk.submitted()
    desk.stage.later(hours=16)
    assert desk.compare(field.plan())["self_assessment"] == id
