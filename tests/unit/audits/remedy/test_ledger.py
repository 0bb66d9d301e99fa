"""The repayment ledger: whoever is owed has it, somebody outside says so, and the holder never sees who said what."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from audits.remedy import ledger
from ground.errors import Conflict, Forbidden, FreemarkError, Invalid, NotFound
from tests.unit.audits.remedy.conftest import Repaying, released


def test_when_all_have_it_and_say_so_the_finding_is_remedied_and_a_check_is_due(fees: Repaying) -> None:
    cohort = fees.cohort()
    fees.agree(cohort)
    fees.pay(cohort)
    fees.keep(cohort)
    assert fees.row().remedied_at is None
    fees.stage.later(days=19)
    fees.ask(cohort)
    shown = fees.shown()
    assert shown["complete"]
    assert shown["totals"] == [{"currency": "USD", "owed": 7_790_000, "paid": 7_220_000, "kept": 570_000}]
    assert fees.row().remedied_at == fees.stage.now
    (fact,) = fees.stage.facts().findings
    assert fact.remedied_at == fees.stage.now
    check = next(each for each in fees.checks() if each.kind == "repayment_90")
    assert (check.about, check.due) == (fees.finding, fees.stage.now + timedelta(days=90))
    assert fees.events()[-1] == "remedy_changed"


def test_what_is_not_there_any_more_takes_both_back(fees: Repaying) -> None:
    cohort = fees.repaid()
    fees.do(
        ledger.revise_cohort, "bea", cohort, ledger.CohortDraft("Saptari", "One more found.", "USD", 190_000, 42, 6)
    )
    assert fees.row().remedied_at is None
    assert [each.kind for each in fees.checks() if each.kind == "repayment_90"] == []
    assert fees.events().count("remedy_changed") == 2
    fees.agree(cohort)
    fees.pay(cohort, amount=190_000, people=1, newly=1, newly_left=0)
    assert fees.row().remedied_at == fees.stage.now
    assert [each.kind for each in fees.checks() if each.kind == "repayment_90"] == ["repayment_90"]


def test_without_an_agreement_the_holder_would_set_what_it_owes(fees: Repaying) -> None:
    cohort = fees.cohort(amount=1)
    fees.pay(cohort, amount=38)
    fees.keep(cohort, amount=3)
    fees.ask(cohort)
    assert fees.row().remedied_at is None
    assert "not agreed" in fees.shown()["cohorts"][0]["lacking"][0]
    for person in ("bea", "sam"):
        with pytest.raises(Forbidden):
            fees.agree(cohort, by=person)
    fees.agree(cohort, by="amina")
    assert fees.row().remedied_at is not None
    with pytest.raises(Conflict, match="agreed already"):
        fees.agree(cohort)


def test_the_holder_reads_whether_it_is_enough_and_no_figure_of_what_workers_said(fees: Repaying) -> None:
    """Asked 12 of 38, 11 say yes: the holder would know that one of 12 spoke against it."""
    cohort = fees.cohort()
    fees.agree(cohort)
    fees.pay(cohort)
    fees.keep(cohort)
    silent = json.dumps(fees.shown("bea"))
    fees.ask(cohort, confirmed=9, note="CANARY")
    assert json.dumps(fees.shown("bea")) == silent, "that workers were asked shows"
    assert "9 of 12 confirm" in json.dumps(fees.shown("carl"))
    fees.ask(cohort, confirmed=11, note="CANARY")
    told = fees.shown("bea")
    assert (told["complete"], told["cohorts"][0]["confirmations"]) == (True, None)
    assert "CANARY" not in json.dumps(told)
    assert [each["confirmed"] for each in fees.shown("carl")["cohorts"][0]["confirmations"]] == [9, 11]


def test_a_cohort_of_one_bed_does_not_tell_who_said_no(fees: Repaying) -> None:
    """The holder makes the cohorts: what workers said is told to it of the whole ledger alone."""
    beds = []
    for number in range(3):
        bed = fees.cohort(about=f"Bed {number}", people=1, leavers=0)
        beds.append(bed)
        fees.agree(bed)
        fees.pay(bed, amount=190_000, people=1, newly=1, newly_left=0)
    for bed, yes in zip(beds, (1, 0, 1), strict=True):
        fees.ask(bed, asked=1, confirmed=yes)
    told = fees.shown("bea")
    assert ({each["confirmed"] for each in told["cohorts"]}, told["lacking"]) == (
        {False}, ["workers have not confirmed it yet"],
    )  # fmt: skip
    assert all(each["lacking"] == [] for each in told["cohorts"])
    assert {each["confirmed"] for each in fees.shown("carl")["cohorts"]} == {True, False}


def test_the_holder_sees_its_own_small_counts(fees: Repaying) -> None:
    cohort = fees.cohort(people=3, leavers=1)
    assert next(each for each in fees.shown("bea")["cohorts"] if each["id"] == cohort)["people"] == 3


@pytest.mark.parametrize(
    ("step", "change", "where"),
    [
        ("cohort", {"currency": "XYZ"}, "/currency"),
        ("cohort", {"leavers": 42}, "/leavers"),
        ("cohort", {"amount": 10**13}, "/amount"),
        ("pay", {"newly": 39}, "/newly"),
        ("pay", {"newly_left": 39}, "/newly_left"),
        ("pay", {"people": 42, "newly": 42}, "/newly"),
        ("pay", {"newly_left": 7}, "/newly_left"),
        ("pay", {"newly_left": 0}, "/newly"),  # 38 who stayed, of 35
        ("pay", {"evidence": ""}, "/evidence"),
        ("pay", {"files": ("evd_0000000000000000",)}, "/files/0"),
        ("pay", {"amount": 3 * 41 * 190_000}, "/amount"),
        ("keep", {"amount": 569_999}, "/amount"),
        ("keep", {"newly_left": 2}, "/newly_left"),
        ("ask", {"asked": 39, "confirmed": 12}, "/asked"),
        ("ask", {"confirmed": 13}, "/confirmed"),
    ],
)  # fmt: skip
def test_figures_that_cannot_be_are_refused_with_their_place(
    fees: Repaying, step: str, change: dict[str, Any], where: str
) -> None:
    cohort = fees.cohort()
    if step == "ask":
        fees.pay(cohort)
    things = () if step == "cohort" else (cohort,)
    with pytest.raises(Invalid) as caught:
        getattr(fees, step)(*things, **change)
    assert caught.value.where == where


def test_dates_to_come_are_refused(fees: Repaying) -> None:
    cohort = fees.cohort()
    with pytest.raises(Invalid, match="after today"):
        fees.pay(cohort, paid_on=fees.today + timedelta(days=1))
    fees.pay(cohort)
    with pytest.raises(Invalid, match="after today"):
        fees.ask(cohort, asked_on=fees.today + timedelta(days=1))


def test_no_more_is_handed_over_than_was_kept(fees: Repaying) -> None:
    cohort = fees.repaid()
    with pytest.raises(Conflict, match="570000 are kept for 3"):
        fees.keep(cohort, people=4, kind="handed_over")
    fees.keep(cohort, people=1, kind="handed_over")
    shown = fees.shown()["cohorts"][0]
    assert (shown["kept"], shown["kept_for"], shown["reached_leavers"]) == (380_000, 2, 4)
    assert fees.row().remedied_at is not None


def test_a_cohort_never_becomes_less_than_was_paid_out(fees: Repaying) -> None:
    cohort = fees.repaid()
    for people, leavers in ((40, 6), (41, 5), (41, 7)):
        draft = ledger.CohortDraft("Saptari", "Fewer.", "USD", 190_000, people, leavers)
        with pytest.raises(Conflict, match="already"):
            fees.do(ledger.revise_cohort, "bea", cohort, draft)
    with pytest.raises(Conflict, match="payments in USD"):
        fees.do(ledger.revise_cohort, "bea", cohort, ledger.CohortDraft("Saptari", "", "BDT", 1, 41, 6))


def test_money_belongs_to_findings_about_money(stage: Any, field: Any) -> None:
    found = released(stage, field, stage.finding("T2.1", "major", affected=3), stage.finding("T10.1", "major"))
    papers, wages = Repaying(stage, field, found["T2.1"]), Repaying(stage, field, found["T10.1"])
    with pytest.raises(Conflict, match="T1, T5, T10"):
        papers.cohort()
    assert wages.cohort()


def test_where_no_money_is_owed_somebody_outside_says_that_it_is_remedied(stage: Any, field: Any) -> None:
    papers = Repaying(stage, field, released(stage, field, stage.finding("T2.1", "major", affected=3))["T2.1"])
    with pytest.raises(Forbidden):
        papers.do(ledger.confirm_remedy, "bea", papers.finding, "They have them.")
    papers.do(ledger.confirm_remedy, "carl", papers.finding, "All 83 have their passports.")
    assert papers.row().remedied_at == stage.now
    assert papers.events()[-1] == "remedy_changed"
    with pytest.raises(Conflict, match="was remedied"):
        papers.do(ledger.confirm_remedy, "carl", papers.finding, "Again.")


def test_where_money_is_owed_nobodys_word_stands_for_it(fees: Repaying) -> None:
    with pytest.raises(Conflict, match="ledger"):
        fees.do(ledger.confirm_remedy, "carl", fees.finding, "It was paid.")


ACTS: dict[str, Any] = {
    "cohort": lambda fees, by, cohort: fees.cohort(by=by),
    "pay": lambda fees, by, cohort: fees.pay(cohort, by=by),
    "agree": lambda fees, by, cohort: fees.agree(cohort, by=by),
    "ask": lambda fees, by, cohort: fees.ask(cohort, by=by, asked=0, confirmed=0),
    "read": lambda fees, by, cohort: fees.shown(by),
}
MAY = {
    "cohort": ("bea",),
    "pay": ("bea",),
    "agree": ("amina", "aino", "carl"),
    "ask": ("amina", "aino", "carl", "hana"),
    "read": ("bea", "amina", "aino", "carl", "sam", "hana"),
}


@pytest.mark.parametrize("act", ACTS)
def test_who_may_do_what_and_otto_nothing(fees: Repaying, act: str) -> None:
    cohort = fees.cohort()
    for person in ("bea", "amina", "aino", "carl", "sam", "hana", "otto", "ravi", "ulla"):
        if person in MAY[act]:
            continue
        expected: type[FreemarkError] = NotFound if person in ("otto", "ravi", "ulla") else FreemarkError
        with pytest.raises(expected) as caught:
            ACTS[act](fees, person, cohort)
        assert isinstance(caught.value, NotFound | Forbidden)
    for person in MAY[act][: 1 if act == "agree" else None]:
        ACTS[act](fees, person, cohort)


def test_who_holds_the_site_never_judges_it_in_a_second_role(fees: Repaying) -> None:
    """Bea's house becomes a certification body too, and she a decider of it."""
    from ground.auth import Membership
    from ground.parties import Organisation

    stage, cohort = fees.stage, fees.cohort()
    with stage.world.db.write() as session:
        session.get_one(Organisation, stage.bea.organisation).roles = ["manufacturer", "certification_body"]
        session.add(Membership(person_id=stage.bea.person, organisation_id=stage.bea.organisation, role="decider"))
    stage.people["both"] = type(stage.bea)(
        stage.bea.person, stage.bea.organisation, frozenset(("manager", "decider")), stage.bea.scopes
    )
    with pytest.raises(Forbidden, match="does not judge"):
        fees.agree(cohort, by="both")
    with pytest.raises(Forbidden, match="does not judge"):
        fees.ask(cohort, by="both", asked=0, confirmed=0)
    with pytest.raises(Forbidden, match="does not judge"):
        fees.do(ledger.confirm_remedy, "both", fees.finding, "Paid.")
    assert fees.shown("both")["cohorts"][0]["confirmations"] is None


def test_a_finding_that_is_not_released_has_no_ledger(stage: Any, field: Any) -> None:
    field.visit(stage.finding("T1.1", "major", affected=9))
    (fact,) = stage.facts().findings
    hidden = Repaying(stage, field, fact.id)
    for person in ("bea", "amina", "carl"):
        with pytest.raises(NotFound):
            hidden.shown(person)
