"""The arithmetic of repayment: every way in which a ledger is nearly complete, and none of them counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.facts import interviews_needed
from audits.remedy import repayment
from audits.remedy.repayment import Cohort, Confirmation, Payment

DAY = date(2026, 7, 1)
PAID = Payment("paid", DAY, 38_00, 38, 3)
KEPT = Payment("kept", DAY, 3_00, 3, 3)
SAID = Confirmation(DAY, 12, 12, leavers_sought=True)
WHOLE = Cohort("led_1", "A corridor", "USD", 1_00, 41, 6, True, (PAID, KEPT), SAID)


def test_the_whole_cohort_is_complete() -> None:
    assert repayment.complete([WHOLE])
    assert (WHOLE.owed, WHOLE.paid, WHOLE.kept) == (41_00, 38_00, 3_00)
    assert (WHOLE.reached, WHOLE.reached_leavers, WHOLE.kept_for) == (38, 3, 3)
    assert repayment.totals([WHOLE, replace(WHOLE, currency="BDT")]) == {
        "BDT": (41_00, 38_00, 3_00), "USD": (41_00, 38_00, 3_00),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"agreed": False}, "not agreed"),
        ({"payments": (replace(PAID, amount=37_99), KEPT)}, "4099 of 4100 USD"),
        ({"payments": (replace(PAID, newly=37), KEPT)}, "40 of 41 people"),
        ({"payments": (replace(PAID, amount=41_00),)}, "38 of 41 people"),
        ({"confirmation": None}, "nobody was asked, needed 10"),
        ({"confirmation": replace(SAID, asked=9, confirmed=9)}, "9 of 38 people were asked, needed 10"),
        ({"confirmation": replace(SAID, confirmed=9)}, "9 of 12 confirm, needed 80 percent"),
        ({"confirmation": replace(SAID, leavers_sought=False)}, "nobody outside saw"),
        ({"confirmation": replace(SAID, on=date(2026, 6, 30))}, "before the last of them was paid on 2026-07-01"),
    ],
)
def test_one_thing_that_lacks_is_named_with_both_figures(change: dict[str, object], words: str) -> None:
    cohort = replace(WHOLE, **change)  # type: ignore[arg-type]
    assert not repayment.complete([cohort])
    assert not repayment.complete([WHOLE, cohort])
    assert words in "; ".join([*repayment.unpaid(cohort), *repayment.unconfirmed(cohort)])


@pytest.mark.parametrize(
    ("asked", "confirmed", "enough"), [(10, 8, True), (10, 7, False), (12, 10, True), (12, 9, False)]
)
def test_four_fifths_of_those_asked_are_enough(asked: int, confirmed: int, enough: bool) -> None:
    assert repayment.complete([replace(WHOLE, confirmation=replace(SAID, asked=asked, confirmed=confirmed))]) is enough


def test_how_many_are_enough_is_the_standards_to_say() -> None:
    said = replace(WHOLE, confirmation=replace(SAID, asked=12, confirmed=9))
    assert repayment.complete([replace(said, enough_percent=75)])
    assert not repayment.complete([replace(said, enough_percent=76)])


def test_no_ledger_is_no_complete_ledger() -> None:
    assert not repayment.complete([])


def test_a_leaver_who_was_found_late_moves_from_kept_to_paid() -> None:
    found = Payment("handed_over", date(2026, 9, 1), 1_00, 1, 1)
    later = replace(WHOLE, payments=(PAID, KEPT, found))
    assert (later.paid, later.kept, later.reached, later.kept_for) == (39_00, 2_00, 39, 2)
    assert later.settled_on == DAY
    assert repayment.complete([later])


def test_instalments_to_the_same_people_count_them_once() -> None:
    half = Payment("paid", DAY, 19_00, 38, 3)
    rest = Payment("paid", date(2026, 8, 1), 19_00, 0, 0)
    assert replace(WHOLE, payments=(half, rest, KEPT)).reached == 38
    assert replace(WHOLE, payments=(half, rest, KEPT)).settled_on == date(2026, 8, 1)


@given(
    people=st.integers(1, 400), amount=st.integers(1, 10**6), paid=st.integers(0, 400), asked=st.integers(0, 400),
    confirmed=st.integers(0, 400),
)  # fmt: skip
def test_complete_never_means_less_than_everybody(
    people: int, amount: int, paid: int, asked: int, confirmed: int
) -> None:
    """Whatever is entered: complete says that all the money is there and that enough of enough people say so."""
    payments = (Payment("paid", DAY, paid * amount, paid, 0),)
    said = Confirmation(DAY, asked, confirmed, leavers_sought=False)
    cohort = Cohort("led_1", "", "USD", amount, people, 0, True, payments, said)
    if repayment.complete([cohort]):
        assert paid >= people
        assert asked >= interviews_needed(paid)
        assert 5 * confirmed >= 4 * asked


@pytest.mark.parametrize(
    ("provision", "severity", "needed"),
    [
        ("T1.1", "priority", True), ("T1.1", "major", True), ("T1.2", "minor", True), ("T1.2", "risk", False),
        ("T1.3", "major", False), ("T5.1", "major", False), ("T10.1", "major", False),
    ],
)  # fmt: skip
def test_which_findings_are_closed_by_money_alone(provision: str, severity: str, needed: bool) -> None:
    assert repayment.needs_ledger(provision, severity) is needed  # type: ignore[arg-type]


def test_the_codes_of_money_are_three_letters() -> None:
    assert {"USD", "EUR", "BDT", "NPR", "MYR", "JOD"} <= repayment.CURRENCIES
    assert all(len(code) == 3 and code.isupper() for code in repayment.CURRENCIES)
