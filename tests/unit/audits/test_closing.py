"""A finding is closed by a later visit that found conformance, and by no other way."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from audits import closing
from audits.drafts import AnswerDraft
from audits.facts import Finding
from audits.release import release_finding
from audits.tables import FindingRow
from ground.errors import Conflict, Invalid
from tests.auditing import SIGNED, figures
from tests.unit.audits.test_outcomes import DENIED

SAFE = AnswerDraft(
    "T2.1", "finding", "priority", description="83 passports in a safe.", affected=83, sampled=100, release="now"
)


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


def row(stage: Any, finding: str) -> FindingRow:
    with stage.world.db.read() as session:
        found: FindingRow = session.get_one(FindingRow, finding)
        return found


def test_an_alert_that_is_held_keeps_nobody_from_a_plan_and_closes_with_nobody_who_raised_it(
    stage: Any, field: Any
) -> None:
    """A refusal would tell colleagues of it. When it has ended, the same team's visit closes nothing of it."""
    alert = field.alert(field.plan())
    closure = field.plan(type="priority_closure")
    assert row(stage, alert).released_at is None
    with stage.world.db.write() as session:
        release_finding(session, session.get_one(FindingRow, alert), stage.now)
    field.answer(closure, [stage.conforming("T2.1")])
    assert field.submit(closure)["closed"] == []
    assert of(stage, "T2.1").open
    (visit,) = (visit for visit in stage.facts().visits if visit.id == closure)
    assert any("another team closes it" in objection for objection in visit.objections)
    with pytest.raises(Conflict, match="was on the audit that found"):
        stage.plan(type="priority_closure", standard=SIGNED.id)


def test_an_alert_that_is_held_is_closed_by_no_visit(stage: Any, field: Any) -> None:
    alert = field.alert(field.plan())
    closure = field.plan("ulla", type="priority_closure")
    field.answer(closure, [stage.conforming("T2.1")], "ulla")
    assert field.submit(closure, "ulla")["closed"] == []
    assert row(stage, alert).closed_at is None


# Standards that ask more, and less.


@pytest.mark.parametrize("type", ["closure", "priority_closure"])
def test_a_closure_is_not_planned_under_a_standard_that_asks_less(stage: Any, field: Any, type: str) -> None:
    field.answer(field.plan(), [SAFE])
    with pytest.raises(Conflict, match=r"under freemark-2026.1, and freemark-2026.0 asks for less") as caught:
        stage.plan("aino", type=type)
    assert caught.value.where == "/standard"
    assert "fnd_" not in str(caught.value)
    stage.plan("aino", type="surveillance")  # which closes none of that either


def test_what_nobody_may_know_of_yet_does_not_keep_from_planning(stage: Any, field: Any) -> None:
    field.alert(field.plan())
    field.answer(field.plan("ulla"), [stage.finding("T10.2", "minor")], "ulla")
    stage.plan("aino", type="closure")


@pytest.mark.parametrize("type", ["closure", "priority_closure"])
def test_a_visit_planned_before_closes_only_what_was_found_under_no_stricter_standard(
    stage: Any, field: Any, type: str
) -> None:
    stage.visit([stage.finding("T10.2", "minor")])
    closure = stage.plan("aino", type=type)
    field.answer(field.plan(), [SAFE])
    stage.answer(closure, [stage.conforming("T2.1"), stage.conforming("T10.2")], by="aino")
    assert stage.submit(closure, by="aino")["closed"] == [of(stage, "T10.2").id]
    assert of(stage, "T2.1").open


def test_what_was_found_under_an_earlier_standard_is_closed_under_a_later_one(stage: Any, field: Any) -> None:
    stage.visit([SAFE])
    assert field.visit(stage.conforming("T2.1"), by="ulla", type="closure")["closed"] == [of(stage, "T2.1").id]


def test_what_asks_less() -> None:
    old, new = "freemark-2026.0", "freemark-2026.1"
    assert closing.asks_less(old, new)
    assert not any((closing.asks_less(new, old), closing.asks_less(old, old), closing.asks_less(new, new)))


def test_without_the_question_the_older_standard_would_close_it(
    stage: Any, field: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: no assignment, no signature, and it is closed."""
    monkeypatch.setattr(closing, "asks_less", lambda *given: False)
    field.answer(field.plan(), [SAFE])
    assert stage.visit([stage.conforming("T2.1")], by="aino", type="closure")["closed"] == [of(stage, "T2.1").id]


# Visits that were not completed.


@pytest.mark.parametrize("outcome", ["unsafe", "interrupted", "access_denied"])
def test_a_visit_that_was_not_completed_closes_nothing_and_a_later_one_does(
    stage: Any, field: Any, outcome: str
) -> None:
    field.answer(field.plan(), [SAFE])
    cut = field.plan("ulla", type="closure")
    field.answer(cut, [stage.conforming("T2.1")], "ulla")
    told = {"outcome": outcome, "outcome_note": "A crowd at the gate; the team left."}
    assert field.submit(cut, "ulla", **{**(DENIED if outcome == "access_denied" else {}), **told})["closed"] == []
    assert of(stage, "T2.1").open
    done = field.visit(stage.conforming("T2.1"), by="aino", type="closure")
    assert done["closed"] == [of(stage, "T2.1").id]


def test_an_amendment_of_a_visit_that_was_not_completed_closes_nothing(stage: Any, field: Any) -> None:
    field.answer(field.plan(), [SAFE])
    cut = field.plan("ulla", type="closure")
    field.answer(cut, [stage.conforming("T2.1")], "ulla")
    told = {"outcome": "unsafe", "outcome_note": "A crowd at the gate; the team left."}
    assert field.submit(cut, "ulla", **told)["closed"] == []
    field.amend(cut, stage.finding("T10.3", "minor", affected=9), by="ulla")
    assert of(stage, "T2.1").open
    with pytest.raises(Conflict, match="the outcome of the visit stays unsafe"):
        field.prepare_amendment(cut, by="ulla", figures=figures(field.today))


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
