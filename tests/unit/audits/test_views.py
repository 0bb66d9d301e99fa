"""Who sees what: a site sees an audit when it is submitted, a finding when it is released; Otto sees nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from audits import views
from ground.errors import Forbidden, NotFound

EVERYBODY = ("amina", "aino", "ulla", "carl", "sam", "bea", "ravi", "otto")


def audits_of(stage: Any, person: str, **more: Any) -> list[str]:
    with stage.world.db.read() as session:
        return [one["id"] for one in views.list_audits(session, stage.people[person], **more)["items"]]


def findings_of(stage: Any, person: str) -> list[str] | type[Exception]:
    try:
        with stage.world.db.read() as session:
            shown = views.list_findings(session, stage.people[person], site=stage.factory)
    except (NotFound, Forbidden) as error:
        return type(error)
    return sorted(one["provision"] for one in shown["items"])


def sees(stage: Any, person: str, audit: str) -> bool:
    try:
        with stage.world.db.read() as session:
            views.get_audit(session, stage.people[person], audit)
    except NotFound:
        return False
    return True


def test_a_planned_visit_is_seen_by_the_firm_and_the_scheme_only(stage: Any) -> None:
    audit = stage.plan(announced=False)
    allowed = {"amina", "aino", "carl", "sam"}
    assert {person for person in EVERYBODY if sees(stage, person, audit)} == allowed
    assert {person for person in EVERYBODY if audits_of(stage, person) == [audit]} == allowed


def test_a_submitted_audit_is_seen_by_the_site_too(stage: Any) -> None:
    audit = stage.visit()["id"]
    allowed = {"amina", "aino", "carl", "sam", "bea"}
    assert {person for person in EVERYBODY if sees(stage, person, audit)} == allowed
    assert {person for person in EVERYBODY if audits_of(stage, person) == [audit]} == allowed


def test_findings_are_seen_when_they_are_released(stage: Any) -> None:
    audit = stage.plan(type="surveillance")
    stage.answer(audit, [stage.passports(), stage.finding("T1.1", "major", affected=20)])
    both, one = ["T1.1", "T2.1"], ["T2.1"]
    assert {person: findings_of(stage, person) for person in EVERYBODY} == {
        "amina": both, "aino": both, "carl": one, "sam": one, "bea": one,
        "ulla": NotFound, "ravi": NotFound, "otto": NotFound,
    }  # fmt: skip
    stage.submit(audit)
    assert findings_of(stage, "bea") == findings_of(stage, "carl") == both


def test_an_auditor_who_works_at_the_site_reads_its_released_findings(stage: Any) -> None:
    stage.visit([stage.finding("T1.1", "major", affected=20)])
    assert findings_of(stage, "ulla") is NotFound
    stage.plan("ulla", type="closure")
    assert findings_of(stage, "ulla") == ["T1.1"]


def test_the_site_reads_the_words_of_a_released_finding(stage: Any) -> None:
    shown = stage.answer(stage.plan(type="surveillance"), [stage.passports(description="83 passports in a safe.")])
    with stage.world.db.read() as session:
        finding = views.get_finding(session, stage.bea, shown["findings"][0]["id"])
    assert finding["description"] == "83 passports in a safe."
    assert finding["containment_due"] == "2026-06-02T08:00:00Z"
    with stage.world.db.read() as session, pytest.raises(NotFound):
        views.get_finding(session, stage.otto, shown["findings"][0]["id"])


def test_a_token_without_the_scope_reads_nothing(stage: Any) -> None:
    stage.visit()
    stage.people["bea"] = replace(stage.bea, scopes=frozenset({"audits"}))
    with pytest.raises(Forbidden):
        audits_of(stage, "bea")


def test_lists_come_in_pages_that_miss_and_repeat_nothing(stage: Any) -> None:
    planned = sorted(stage.plan() for _ in range(5))
    seen: list[str] = []
    after = ""
    with stage.world.db.read() as session:
        for _ in range(3):
            page = views.list_audits(session, stage.amina, after=after, limit=2)
            seen += [one["id"] for one in page["items"]]
            after = page["next"]
    assert seen == planned
    assert after is None
    assert audits_of(stage, "amina", site=stage.agency) == []
