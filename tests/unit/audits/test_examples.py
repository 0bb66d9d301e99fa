"""The examples are audits that the service takes, and tell the story that they are there to tell."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from audits import service, standard
from audits.bodies import FiguresBody, figures_of
from audits.drafts import ActionDraft, AnswerDraft, AuditDraft
from audits.routes import ActionBody, AnswersBody, CompletionBody, ContainmentBody

AUDITS = ("initial-factory", "initial-agency", "closure-factory", "surveillance-factory")
EVERYTHING = standard.load("freemark-2026.0").provisions


def run(stage: Any, name: str, site: str, by: str = "amina") -> dict[str, Any]:
    """Post it as the demo does, through the bodies of the API."""
    example = stage.example(name)
    answers = AnswersBody.model_validate({"answers": example["answers"]})
    report = FiguresBody.model_validate({**example["report"], "closing_meeting_on": str(stage.today)})
    audit = stage.plan(by, site=site, **example["audit"])
    stage.answer(audit, [answer.draft() for answer in answers.answers], by=by)
    with stage.world.db.write() as session:
        return service.submit_audit(session, stage.people[by], audit, figures_of(report), now=stage.now)


def test_the_whole_story_goes_through(stage: Any) -> None:
    run(stage, "initial-agency", stage.agency)
    run(stage, "initial-factory", stage.factory)
    assert sorted((one.provision, one.severity) for one in stage.facts().findings) == [
        ("T1.1", "major"), ("T10.2", "minor"), ("T12.2", "minor"), ("T17.2", "minor"),
    ]  # fmt: skip
    fee = next(one for one in stage.facts().findings if one.provision == "T1.1")
    action = stage.example("action-factory")
    assert action["provision"] == "T1.1"
    due = stage.today + timedelta(days=60)
    measure = ContainmentBody.model_validate(action["containment"]).measure
    plan = ActionBody.model_validate({**action["action"], "due_on": str(due)})
    evidence = CompletionBody.model_validate(action["completion"]).evidence
    stage.act(service.contain_finding, "bea", fee.id, measure)
    stage.act(service.submit_action, "bea", fee.id, ActionDraft(**plan.model_dump()))
    stage.act(service.approve_action, "carl", fee.id)
    stage.later(days=52)
    stage.act(service.complete_action, "bea", fee.id, evidence)
    stage.later(days=7)
    assert len(run(stage, "closure-factory", stage.factory)["closed"]) == 4
    assert not [one for one in stage.facts().findings if one.open]

    stage.later(days=120)
    run(stage, "surveillance-factory", stage.factory)
    (alarm,) = (one for one in stage.facts().findings if one.open)
    assert (alarm.provision, alarm.severity) == ("T2.1", "priority")
    assert (alarm.zero_tolerance, alarm.deliberate) == (True, True)
    assert (alarm.contained_at, alarm.released_at) == (None, stage.now)


def test_the_alarm_can_be_posted_alone_and_first(stage: Any) -> None:
    first, *rest = AnswersBody.model_validate({"answers": stage.example("surveillance-factory")["answers"]}).answers
    audit = stage.plan(type="surveillance", announced=False)
    stage.answer(audit, [first.draft()])
    assert [one.provision for one in stage.facts().findings] == ["T2.1"]
    stage.answer(audit, [answer.draft() for answer in rest])


@pytest.mark.parametrize("name", ["initial-factory", "initial-agency"])
def test_an_initial_example_answers_every_provision(stage: Any, name: str) -> None:
    assert [answer["provision"] for answer in stage.example(name)["answers"]] == list(EVERYTHING)


def test_the_agency_has_no_finding_and_few_provisions_that_do_not_apply(stage: Any) -> None:
    run(stage, "initial-agency", stage.agency)
    results = [answer["result"] for answer in stage.example("initial-agency")["answers"]]
    assert set(results) == {"conformance", "not_applicable"}
    assert results.count("not_applicable") * 4 <= len(results)  # DOMAIN.md 7.3: at most a quarter


@pytest.mark.parametrize("name", AUDITS)
def test_enough_people_were_interviewed(stage: Any, name: str) -> None:
    site = stage.agency if "agency" in name else stage.factory
    run(stage, name, site)
    from audits import dossier

    with stage.world.db.read() as session:
        (visit,) = dossier.load(session, [site])[0].visits
    assert visit.interviews >= visit.interviews_needed


@pytest.mark.parametrize("name", [*AUDITS, "action-factory"])
def test_an_example_names_nobody_and_no_date(stage: Any, name: str) -> None:
    """The demo fills ids and dates; a year in a text would be wrong the year after."""
    text = str(stage.example(name))
    assert not re.search(r"\b(?:19|20)\d\d-|\b20[23]\d\b(?!\.)", text.replace("freemark-2026.0", ""))
    assert not re.search(r"\b(?:Mr|Mrs|Ms|Md)\b\.?", text)
    assert not re.search(r"_[0-9a-z]{16}", text)


def test_the_drafts_take_what_the_examples_have(stage: Any) -> None:
    """The keys of the files are the fields of the bodies: nothing is left out on the way."""
    for name in AUDITS:
        example = stage.example(name)
        assert set(example) == {"audit", "answers", "report"}
        assert set(example["audit"]) <= set(AuditDraft.__dataclass_fields__)
        assert all(set(answer) <= set(AnswerDraft.__dataclass_fields__) for answer in example["answers"])
