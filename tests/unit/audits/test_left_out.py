"""What may be left out as not applicable or not reviewed, and with what reason: never what may be of zero tolerance."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from audits import drafts, standard
from audits.drafts import AnswerDraft, check_answer
from audits.readiness import readiness
from audits.sheets.content import results_for
from audits.wording import says_something
from ground.errors import Invalid
from tests.auditing import SIGNED

REASON = "There are no guards, nor any contract with a guarding company."
GRAVE = [id for id, each in SIGNED.provisions.items() if each.zero_tolerance]
BEFORE = standard.load("freemark-2026.0")


@pytest.mark.parametrize("channel", ["fieldwork", "amendment"])
@pytest.mark.parametrize("id", GRAVE)
def test_what_may_be_of_zero_tolerance_always_applies(id: str, channel: Any) -> None:
    draft = AnswerDraft(id, "not_applicable", description=REASON)
    with pytest.raises(Invalid, match="where there is nothing of the kind, the answer is conformance") as caught:
        check_answer(draft, SIGNED.provisions[id], "initial", remote=False, channel=channel)
    assert caught.value.where == "/result"
    assert "not_applicable" not in results_for(SIGNED.provisions[id], "closure", remote=False, fieldwork=True)


def test_a_profile_that_adds_such_a_provision_is_no_exception() -> None:
    at_sea = SIGNED.with_profiles(["fishing", "vessel"])
    for id in ("T4.41", "T9.42", "T2.41"):
        with pytest.raises(Invalid, match=id):
            check_answer(
                AnswerDraft(id, "not_applicable", description=REASON), at_sea.provisions[id], "initial", remote=False,
                channel="fieldwork",
            )  # fmt: skip


def test_other_provisions_and_other_standards_know_what_does_not_apply() -> None:
    for id, each in SIGNED.provisions.items():
        draft = AnswerDraft(id, "not_applicable", description=REASON)
        if not each.zero_tolerance:
            assert check_answer(draft, each, "initial", remote=False, channel="fieldwork") is None
            assert "not_applicable" in results_for(each, "initial", remote=False, fieldwork=True)
    for draft in (AnswerDraft("T2.1", "not_applicable", description="."), AnswerDraft("T2.1", "not_reviewed")):
        assert check_answer(draft, BEFORE.provisions["T2.1"], "closure", remote=False) is None
    assert "not_applicable" in results_for(BEFORE.provisions["T2.1"], "initial", remote=False, fieldwork=False)


def test_without_the_rule_it_would_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    monkeypatch.setattr(drafts, "always_applies", lambda *given, **more: False)
    draft = AnswerDraft("T2.1", "not_applicable", description=REASON)
    assert check_answer(draft, SIGNED.provisions["T2.1"], "initial", remote=False, channel="fieldwork") is None


@pytest.mark.parametrize("result", ["not_applicable", "not_reviewed"])
@pytest.mark.parametrize(
    "words", ["", ".", "- - -", "n/a", "N.A.", "none", "xxxxxxxx", "Not applicable.", "not reviewed"]
)
def test_a_reason_that_says_nothing_is_none(result: Any, words: str) -> None:
    draft = AnswerDraft("T6.4", result, description=words)
    with pytest.raises(Invalid, match=f"say in words why it is {result.replace('_', ' ')} here") as caught:
        check_answer(draft, SIGNED.provisions["T6.4"], "surveillance", remote=False, channel="fieldwork")
    assert caught.value.where == "/description"


@pytest.mark.parametrize("words", [REASON, "No guards.", "\u6ca1\u6709\u5bbf\u820d", "Aucun dortoir ici"])
def test_a_reason_may_be_short_and_in_any_language(words: str) -> None:
    assert says_something(words)


def test_that_an_audit_is_remote_is_reason_enough() -> None:
    on_site = next(each for each in SIGNED.provisions.values() if not each.remote_ok)
    draft = AnswerDraft(on_site.id, "not_reviewed")
    assert check_answer(draft, on_site, "closure", remote=True, channel="fieldwork") is None
    desk = next(each for each in SIGNED.provisions.values() if each.remote_ok)
    with pytest.raises(Invalid, match="say in words"):
        check_answer(AnswerDraft(desk.id, "not_reviewed"), desk, "closure", remote=True, channel="fieldwork")


def test_the_service_refuses_it_at_its_place(field: Any) -> None:
    audit = field.plan()
    answers = [AnswerDraft("T1.2", "conformance"), AnswerDraft("T2.1", "not_applicable", description=REASON)]
    with pytest.raises(Invalid, match=r"T2\.1 may be of zero tolerance") as caught:
        field.answer(audit, answers)
    assert caught.value.where == "/answers/1/result"


@pytest.mark.parametrize(("days", "short"), [(20, True), (120, False)])
def test_the_team_is_told_of_few_payroll_records(field: Any, stage: Any, days: int, short: bool) -> None:
    audit = field.plan()
    field.answer(audit, [stage.conforming("T1.2")])
    field.prepare(audit, records_from=field.today - timedelta(days=days))
    with field.world.db.read() as session:
        said = readiness(session, field.people["amina"], audit, now=field.now)
    kinds = {item["kind"]: item["blocks"] for item in said["items"]}
    assert ("records_short" in kinds) == short
    assert not kinds.get("records_short")


def test_a_signed_report_says_how_many_interviews_were_needed_and_why(field: Any, stage: Any) -> None:
    """As the rules count them: a place that nobody assessed is of high risk."""
    audit = field.plan()
    field.answer(audit, [stage.conforming("T1.2")])
    document = field.prepare(audit)["document"]
    assert (document["interviews_needed"], document["interviews_why"]) == (39, "not assessed as low risk: x 1.5")
