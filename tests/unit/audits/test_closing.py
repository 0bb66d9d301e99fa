"""A finding is closed by a later visit that found conformance, and by no other way."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from audits import closing
from audits.drafts import AnswerDraft
from audits.facts import Finding
from ground.errors import Conflict, Invalid


def of(stage: Any, provision: str) -> Finding:
    (found,) = (finding for finding in stage.facts().findings if finding.provision == provision)
    return found


def test_conformance_in_a_closure_audit_closes_the_open_finding(stage: Any) -> None:
    stage.visit([stage.finding("T1.1", "major", affected=20), stage.finding("T10.2", "minor")])
    stage.later(days=40)
    closure = stage.visit([stage.conforming("T1.1")], type="closure")
    finding = of(stage, "T1.1")
    assert closure["closed"] == [finding.id]
    assert (finding.closed_at, finding.closed_by, finding.closed_on_site) == (stage.now, closure["id"], True)
    assert of(stage, "T10.2").open


def test_the_closed_findings_stand_in_the_report(stage: Any) -> None:
    from audits import dossier

    stage.visit([stage.finding("T1.1", "major", affected=20)])
    closure = stage.visit([stage.conforming("T1.1")], type="closure")
    with stage.world.db.read() as session:
        assert dossier.canonical_report(session, closure["id"])["closed"] == closure["closed"] != []


@pytest.mark.parametrize("result", ["not_reviewed", "not_applicable", "finding"])
def test_no_other_answer_closes(stage: Any, result: str) -> None:
    stage.visit([stage.finding("T1.1", "major", affected=20)])
    answer = AnswerDraft("T1.1", result, description="Still.")  # type: ignore[arg-type]
    if result == "finding":
        answer = stage.finding("T1.1", "major", affected=3)
    assert stage.visit([answer], type="closure")["closed"] == []
    assert all(finding.open for finding in stage.facts().findings)


@pytest.mark.parametrize("type", ["initial", "surveillance"])
def test_no_other_kind_of_audit_closes(stage: Any, type: str) -> None:
    stage.visit([stage.finding("T1.1", "major", affected=20)])
    stage.visit([stage.conforming("T1.1")], type=type)
    assert of(stage, "T1.1").open


def test_nothing_is_closed_before_the_closure_is_submitted(stage: Any) -> None:
    stage.visit([stage.finding("T1.1", "major", affected=20)])
    stage.answer(stage.plan(type="closure"), [stage.conforming("T1.1")])
    assert of(stage, "T1.1").open


def test_a_closure_closes_nothing_that_was_found_after_it(stage: Any) -> None:
    closure = stage.plan(type="closure")
    stage.answer(closure, [stage.conforming("T1.1")])
    stage.later(days=1)
    stage.visit([stage.finding("T1.1", "major", affected=20)])
    assert stage.submit(closure, closing_meeting_on=stage.today - timedelta(days=1))["closed"] == []
    assert of(stage, "T1.1").open


def test_a_closure_closes_nothing_at_another_site(stage: Any) -> None:
    stage.visit([stage.finding("T1.1", "major", affected=20)])
    assert stage.visit([stage.conforming("T1.1")], type="closure", site=stage.agency)["closed"] == []


def test_a_closed_finding_is_not_closed_again(stage: Any) -> None:
    stage.visit([stage.finding("T1.1", "major", affected=20)])
    first = stage.visit([stage.conforming("T1.1")], type="closure")
    assert stage.visit([stage.conforming("T1.1")], type="closure")["closed"] == []
    assert of(stage, "T1.1").closed_by == first["id"]


# Remote.


def test_a_remote_closure_closes_what_needs_no_visit(stage: Any) -> None:
    stage.visit([stage.finding("T10.2", "minor")])
    stage.visit([stage.conforming("T10.2")], type="closure", remote=True)
    assert of(stage, "T10.2").closed_at is not None
    assert not of(stage, "T10.2").closed_on_site


@pytest.mark.parametrize("answer", ["T1.1", "T17.2"])  # core; not core, but only to be judged on site
def test_a_remote_closure_says_nothing_about_the_rest(stage: Any, answer: str) -> None:
    audit = stage.plan(type="closure", remote=True)
    with pytest.raises(Invalid) as caught:
        stage.answer(audit, [stage.conforming(answer)])
    assert caught.value.where == "/answers/0/result"
    stage.answer(audit, [AnswerDraft(answer, "not_reviewed")])


# Zero tolerance.


def test_zero_tolerance_is_closed_by_another_team_in_a_priority_closure(stage: Any) -> None:
    stage.answer(stage.plan(type="surveillance"), [stage.passports()])
    stage.later(days=20)
    closure = stage.visit([stage.conforming("T2.1")], by="aino", type="priority_closure")
    assert closure["closed"] == [of(stage, "T2.1").id]
    assert of(stage, "T2.1").closed_on_site


@pytest.mark.parametrize("by", ["amina", "aino"])
def test_an_ordinary_closure_does_not_close_zero_tolerance(stage: Any, by: str) -> None:
    stage.answer(stage.plan(type="surveillance"), [stage.passports()])
    audit = stage.plan(by, type="closure")
    stage.answer(audit, [stage.conforming("T2.1"), stage.conforming("T1.1")], by=by)
    with pytest.raises(Conflict, match="zero tolerance"):
        stage.submit(audit, by=by)
    assert of(stage, "T2.1").open
    stage.answer(audit, [AnswerDraft("T2.1", "not_reviewed")], by=by)
    assert stage.submit(audit, by=by)["closed"] == []


@pytest.mark.parametrize("team", [("amina",), ("aino", "amina")])
def test_the_team_that_found_zero_tolerance_does_not_plan_its_closure(stage: Any, team: tuple[str, ...]) -> None:
    stage.answer(stage.plan(type="surveillance"), [stage.passports()])
    ids = tuple(stage.people[person].person for person in team)
    with pytest.raises(Conflict) as caught:
        stage.plan(team[0], type="priority_closure", team=ids)
    assert caught.value.where == f"/team/{team.index('amina')}"


def test_the_team_that_found_zero_tolerance_does_not_close_it_in_a_visit_planned_before(stage: Any) -> None:
    """The same check again at submission: the finding may be younger than the plan."""
    closure = stage.plan(type="priority_closure")
    stage.answer(stage.plan(type="surveillance"), [stage.passports()])
    stage.answer(closure, [stage.conforming("T2.1")])
    with pytest.raises(Conflict, match="another team"):
        stage.submit(closure)
    assert of(stage, "T2.1").open


def test_without_the_check_it_would_be_closed(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control of the two tests above."""
    monkeypatch.setattr(closing, "_check_may_close", lambda *given: None)
    stage.answer(stage.plan(type="surveillance"), [stage.passports()])
    assert stage.visit([stage.conforming("T2.1")], type="closure")["closed"] != []


def test_a_priority_that_is_not_of_zero_tolerance_may_be_closed_by_the_same_team(stage: Any) -> None:
    stage.answer(stage.plan(type="surveillance"), [stage.passports(zero_tolerance=False, deliberate=False)])
    assert stage.visit([stage.conforming("T2.1")], type="closure")["closed"] != []


# Two at once.


def test_two_closures_at_once_close_a_finding_once(stages: Any) -> None:
    stages.visit([stages.finding("T1.1", "major", affected=20)])
    audits = [stages.plan(type="closure") for _ in range(2)]
    for audit in audits:
        stages.answer(audit, [stages.conforming("T1.1")])
    closed: list[list[str]] = []
    start = threading.Barrier(2)

    def run(audit: str) -> None:
        start.wait()
        closed.append(stages.submit(audit)["closed"])

    threads = [threading.Thread(target=run, args=(audit,)) for audit in audits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(len, closed)) == [0, 1]
