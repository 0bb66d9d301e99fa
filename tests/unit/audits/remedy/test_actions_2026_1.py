"""Corrective actions under a standard with field work: evidence of containment, who judges a plan, clocks, closures."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from audits import service, views
from audits.drafts import ActionDraft, AnswerDraft, Proof
from audits.evidence.tables import EvidenceRow, StoredFileRow
from audits.remedy.clocks import days_left, with_clock
from audits.remedy.cohorts import check_repaid
from audits.tables import ActionRow
from ground.errors import Conflict, Forbidden, Invalid
from tests.unit.audits.remedy.conftest import Repaying, released

PLAN = ActionDraft("Nobody asked.", "Pay it back.", "Ask everybody.", "Head of compliance", date(2026, 7, 1))


def proof(stage: Any, finding: str, id: str = "evd_0000000000000001", by: str = "bea") -> str:
    """A file that somebody brought to a finding."""
    actor = stage.people[by]
    with stage.world.db.write() as session:
        session.merge(StoredFileRow(sha256="a" * 64, size=1, kind="pdf", stored="b" * 64, stored_size=1))
        session.flush()
        row = views.get_finding(session, stage.carl, finding)
        session.add(
            EvidenceRow(
                id=id, audit_id=row["audit"], finding_id=finding, organisation_id=actor.organisation, sha256="a" * 64,
                name="door.pdf", dated=stage.today, uploaded_at=stage.now, uploaded_by=actor.person,
            )
        )  # fmt: skip
    return id


@pytest.fixture
def exit_(stage: Any, field: Any) -> str:
    """A priority on an exit that is locked: told at once."""
    shown = field.answer(field.plan(), [stage.finding("T17.1", "priority")])
    finding: str = shown["findings"][0]["id"]
    return finding


def test_containment_of_a_priority_counts_with_its_evidence(stage: Any, exit_: str) -> None:
    with pytest.raises(Invalid, match="shown by evidence, until 2026-06-03 08:00 UTC") as caught:
        stage.act(service.contain_finding, "bea", exit_, "It is open.")
    assert caught.value.where == "/evidence"
    (fact,) = stage.facts().findings
    assert fact.contained_at is None
    shown = stage.act(service.contain_finding, "bea", exit_, "It is open.", Proof("Photograph on the notice board."))
    assert (shown["containment"], shown["containment_evidence"]) == ("It is open.", "Photograph on the notice board.")
    assert stage.facts().findings[0].contained_at == stage.now


def test_a_file_is_evidence_when_the_site_brought_it_to_this_finding(stage: Any, field: Any, exit_: str) -> None:
    other = field.answer(field.plan(by="ulla"), [stage.finding("T17.2", "priority")], by="ulla")["findings"][0]["id"]
    elsewhere = proof(stage, other, "evd_0000000000000002")
    of_the_firm = proof(stage, exit_, "evd_0000000000000003", by="amina")
    own = proof(stage, exit_)
    for wrong in ("evd_0000000000000009", elsewhere, of_the_firm):
        with pytest.raises(Invalid, match="no evidence that you brought") as caught:
            stage.act(service.contain_finding, "bea", exit_, "Open.", Proof(files=(own, wrong)))
        assert caught.value.where == "/files/1"
    shown = stage.act(service.contain_finding, "bea", exit_, "Open.", Proof(files=(own, own)))
    assert shown["containment_files"] == [own]


def test_an_older_standard_and_a_lesser_finding_ask_for_no_evidence(stage: Any, field: Any) -> None:
    audit = stage.plan(type="surveillance")
    old = stage.answer(audit, [stage.passports()])["findings"][0]["id"]
    stage.act(service.contain_finding, "bea", old, "Given back.")
    major = released(stage, field, stage.finding("T3.2", "major", affected=9))["T3.2"]
    stage.act(service.contain_finding, "bea", major, "Told everybody.")


def test_a_plan_that_is_sent_back_is_improved_before_it_is_approved(fees: Repaying) -> None:
    stage, finding = fees.stage, fees.finding
    stage.act(service.submit_action, "bea", finding, PLAN)
    handed_in = stage.now
    stage.later(days=1)
    shown = stage.act(service.return_action, "carl", finding, "Who looks, and when?")
    assert (shown["action"]["state"], shown["action"]["returned_at"] is not None) == ("returned", True)
    for step, more in ((service.approve_action, ()), (service.return_action, ("Again.",))):
        with pytest.raises(Conflict, match="has not improved it yet"):
            stage.act(step, "amina", finding, *more)
    stage.later(days=1)
    stage.act(service.submit_action, "bea", finding, replace(PLAN, prevention="The committee looks each quarter."))
    done = stage.act(service.approve_action, "amina", finding, "Now it says so.")
    assert [(each["word"], each["reason"]) for each in done["action"]["reviews"]] == [
        ("returned", "Who looks, and when?"), ("approved", "Now it says so."),
    ]  # fmt: skip
    (fact,) = stage.facts().findings
    assert fact.action.submitted_at == handed_in, "the first time counts for the clock"
    assert fees.events()[-4:] == ["action_changed"] * 4


def both_hats(stage: Any, person: str, *roles: str) -> Any:
    actor = stage.people[person]
    return type(actor)(actor.person, actor.organisation, frozenset(roles), actor.scopes)


def test_neither_the_writer_nor_anybody_of_the_holder_approves(fees: Repaying) -> None:
    stage, finding = fees.stage, fees.finding
    stage.act(service.submit_action, "bea", finding, PLAN)
    stage.people["both"] = both_hats(stage, "bea", "manager", "decider")
    for step, more in ((service.approve_action, ()), (service.return_action, ("No.",))):
        with pytest.raises(Forbidden, match="answers for the site"):
            stage.act(step, "both", finding, *more)
        with pytest.raises(Forbidden):
            stage.act(step, "bea", finding, *more)
    with stage.world.db.write() as session:
        session.get_one(ActionRow, finding).submitted_by = stage.carl.person  # he wrote it for them
    with pytest.raises(Forbidden, match="who wrote"):
        stage.act(service.approve_action, "carl", finding)


def test_nothing_is_done_only_about_an_opportunity_and_with_a_reason(stage: Any, field: Any) -> None:
    found = released(stage, field, stage.finding("T14.3", "opportunity"), stage.finding("T10.2", "minor"))
    with pytest.raises(Conflict, match="only an opportunity"):
        stage.act(service.decline_action, "bea", found["T10.2"], "We like it so.")
    shown = stage.act(service.decline_action, "bea", found["T14.3"], "It would stand where people walk.")
    assert (shown["action"]["state"], shown["action"]["no_action"]) == (
        "submitted", "It would stand where people walk.",
    )  # fmt: skip
    stage.act(service.return_action, "carl", found["T14.3"], "It would not.")
    stage.act(service.submit_action, "bea", found["T14.3"], PLAN)
    assert stage.act(service.approve_action, "carl", found["T14.3"])["action"]["no_action"] == ""
    with pytest.raises(Conflict, match="cannot be replaced"):
        stage.act(service.decline_action, "bea", found["T14.3"], "After all.")


def test_what_was_not_to_be_done_is_not_completed(stage: Any, field: Any) -> None:
    finding = released(stage, field, stage.finding("T14.3", "opportunity"))["T14.3"]
    stage.act(service.decline_action, "bea", finding, "It would stand where people walk.")
    stage.act(service.approve_action, "carl", finding)
    with pytest.raises(Conflict, match="nothing was to be done"):
        stage.act(service.complete_action, "bea", finding, "Done.")


def test_completion_needs_words_or_a_file(fees: Repaying) -> None:
    stage, finding = fees.stage, fees.finding
    stage.act(service.submit_action, "bea", finding, PLAN)
    stage.act(service.approve_action, "carl", finding)
    with pytest.raises(Invalid) as caught:
        stage.act(service.complete_action, "bea", finding, "")
    assert caught.value.where == "/evidence"
    shown = stage.act(service.complete_action, "bea", finding, "", (proof(stage, finding),))
    assert (shown["action"]["state"], shown["action"]["files"]) == ("completed", ["evd_0000000000000001"])


def test_both_clocks_are_shown_in_dates_and_in_days(fees: Repaying) -> None:
    stage = fees.stage

    def clock() -> Any:
        with stage.world.db.read() as session:
            return with_clock(views.get_finding(session, stage.bea, fees.finding), stage.now)["clock"]

    start = stage.now
    assert {name: each["days_left"] for name, each in clock().items()} == {
        "containment": 7, "plan": 14, "approval": 42, "closure": 90,
    }  # fmt: skip
    assert clock()["plan"]["due"] == (start + timedelta(days=14)).strftime("%Y-%m-%dT%H:%M:%SZ")
    stage.later(days=13, hours=1)
    assert (clock()["plan"]["days_left"], clock()["containment"]["days_left"]) == (0, -7)
    stage.act(service.submit_action, "bea", fees.finding, PLAN)
    assert clock()["plan"]["days_left"] is None
    assert clock()["plan"]["done_at"] == stage.now.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("hours", "days"), [(48, 2), (47, 1), (24, 1), (23, 0), (0, 0), (-1, -1), (-24, -1), (-25, -2)]
)
def test_days_left_are_whole_days_and_negative_when_it_is_over(stage: Any, hours: int, days: int) -> None:
    assert days_left(stage.now + timedelta(hours=hours), stage.now) == days


# --------------------------------------------------------------------------------------------------------- closures


def closure(field: Any, provision: str, **change: Any) -> Any:
    answers = [AnswerDraft(provision, "conformance")]
    return field.visit(*answers, **{"type": "closure", **change})


@pytest.mark.parametrize("provision", ["T3.2", "T12.1", "T10.1", "T11.5"])
def test_a_desk_closure_of_what_needs_a_visit_is_refused_when_it_is_answered(
    stage: Any, field: Any, provision: str
) -> None:
    """Core majors and T12.1 on site with interviews, T10.1 on site, T11.5 at the next audit."""
    released(stage, field, stage.finding(provision, "major", affected=9))
    audit = field.plan(type="closure", remote=True)
    with pytest.raises(Invalid, match="only be judged on site") as caught:
        field.answer(audit, [AnswerDraft(provision, "conformance")])
    assert caught.value.where == "/answers/0/result"


def test_what_can_be_read_in_papers_is_closed_at_the_desk(stage: Any, field: Any) -> None:
    finding = released(stage, field, stage.finding("T10.3", "major", affected=9))["T10.3"]
    assert closure(field, "T10.3", remote=True)["closed"] == [finding]


@pytest.mark.parametrize("provision", ["T3.2", "T12.1"])
def test_a_visit_without_interviews_does_not_close_what_only_workers_can_tell(
    stage: Any, field: Any, provision: str
) -> None:
    finding = released(stage, field, stage.finding(provision, "major", affected=9))[provision]
    with pytest.raises(Conflict, match="with interviews, and this visit had 0"):
        closure(field, provision, figures={"interviews_individual": 0, "interviews_group": 0})
    assert closure(field, provision, by="ulla")["closed"] == [finding]


def test_fees_are_closed_when_everybody_has_them_back(fees: Repaying) -> None:
    field = fees.field
    with pytest.raises(Conflict, match="has no repayment ledger: 0 owed and 0 paid"):
        closure(field, "T1.1")
    cohort = fees.cohort()
    fees.agree(cohort)
    fees.pay(cohort, amount=38 * 190_000 - 1)
    fees.keep(cohort)
    fees.ask(cohort)
    with pytest.raises(Conflict, match=r"owed 7790000 USD .* 7219999 are paid and 570000 kept"):
        closure(field, "T1.1", by="ulla")
    fees.pay(cohort, amount=1, people=1, newly=0, newly_left=0)
    assert closure(field, "T1.1", by="aino")["closed"] == [fees.finding]


def test_under_an_older_standard_fees_are_closed_as_they_were(stage: Any) -> None:
    stage.visit([stage.finding("T1.1", "major", affected=20)])
    (finding,) = (one.id for one in stage.facts().findings)
    assert stage.visit([stage.conforming("T1.1")], type="closure")["closed"] == [finding]


def test_without_the_question_the_closure_would_pass(fees: Repaying, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    monkeypatch.setattr("audits.closing.check_repaid", lambda *_: None)
    assert closure(fees.field, "T1.1")["closed"] == [fees.finding]
    with fees.stage.world.db.read() as session, pytest.raises(Conflict):
        check_repaid(session, fees.finding, "T1.1", "major")
