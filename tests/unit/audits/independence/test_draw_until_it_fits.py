"""Drawing until the lot falls right: cancelling and asking again changes neither firm nor lead."""

from __future__ import annotations

from typing import Any

import pytest

from audits.independence import assigning, redraws
from audits.tables import AuditRow
from ground.errors import Invalid
from tests.unit.audits.independence.test_assigning import Office

WHY = "The factory has moved its season."


@pytest.fixture
def office(stage: Any) -> Office:
    return Office(stage)


def cancel(office: Office, row: Any, reason: str = WHY) -> None:
    office.do(assigning.cancel, "carl", row.id, reason=reason)


def drawn(row: Any) -> tuple[str, str]:
    return row.firm_id, row.lead_id


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every random number that is drawn from now on; always the last one that can be, so that it changes."""
    numbers: list[int] = []

    def below(most: int) -> int:
        numbers.append(len(numbers) % most)
        return numbers[-1]

    monkeypatch.setattr(assigning, "random_below", below)
    return numbers


def test_eight_cancellations_give_the_same_lead(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = counted(monkeypatch)
    row = office.ask()
    first, id = drawn(row), row.id
    for _ in range(8):
        cancel(office, row)
        row = office.ask()
        assert drawn(row) == first
        office.stage.later(days=2)
    assert numbers == [0]  # one draw, and no other
    shown = office.show(row.id)
    assert shown["draws"][0]["stands"] == f"drawn on 2026-06-01 for {id}, which was cancelled: that draw stands"
    assert all(each.keys() == {"firm", "person", "eligible", "reasons"} for each in shown["draws"][0]["candidates"])


def test_with_the_protection_off_the_lot_would_change(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    counted(monkeypatch)
    monkeypatch.setattr(redraws, "STANDS_DAYS", -1)
    leads = set()
    for _ in range(3):
        row = office.ask()
        leads.add(row.lead_id)
        cancel(office, row)
    assert len(leads) == 3


def test_a_detour_while_the_first_lead_is_not_eligible_changes_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted(monkeypatch)
    row = office.ask()
    first, name = drawn(row), office.name(row.lead_id)
    office.approve(name, status="inactive")
    cancel(office, row)
    detour = office.ask()
    assert drawn(detour) != first
    office.approve(name)
    cancel(office, detour)
    assert drawn(office.ask()) == first


def test_who_sent_it_back_is_not_drawn_again_and_the_next_draw_stands(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted(monkeypatch)
    row = office.ask()
    first = drawn(row)
    row = office.do(assigning.decline, office.name(row.lead_id), row.id, unavailable="lead", reason="On leave in June.")
    second = drawn(row)
    assert second != first
    cancel(office, row)
    assert drawn(office.ask()) == second


def test_who_is_not_eligible_any_more_is_not_drawn(office: Office) -> None:
    row = office.ask()
    gone = office.name(row.lead_id)
    office.approve(gone, status="suspended")
    cancel(office, row)
    assert office.ask().lead_id != office.person(gone).person


@pytest.mark.parametrize(("days", "stands"), [(redraws.STANDS_DAYS, True), (redraws.STANDS_DAYS + 1, False)])
def test_after_a_season_it_is_drawn_anew(
    office: Office, monkeypatch: pytest.MonkeyPatch, days: int, stands: bool
) -> None:
    numbers = counted(monkeypatch)
    cancel(office, office.ask())
    office.stage.later(days=days)
    office.ask()
    assert (len(numbers) == 1) is stands


def test_another_kind_of_audit_is_another_draw(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = counted(monkeypatch)
    cancel(office, office.ask())
    office.ask(type="closure")
    assert len(numbers) == 2


def test_an_audit_that_was_done_ends_what_was_drawn_before_it(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = counted(monkeypatch)
    row = office.ask()
    cancel(office, row)
    row = office.ask()
    name = office.name(row.lead_id)
    office.do(assigning.declare, name, row.id, kind="none", until=None)
    office.do(assigning.accept, name, row.id)
    with office.stage.world.db.write() as session:
        session.add(
            AuditRow(
                id="aud_0000000000000001", site_id=row.site_id, type=row.type, standard=row.standard,
                firm_id=row.firm_id, starts_on=office.stage.today, ends_on=office.stage.today, announced=False,
                remote=False, planned_at=office.stage.now, submitted_at=office.stage.now, outcome="completed",
                released_at=office.stage.now, report="0" * 64,
            )
        )  # fmt: skip
    office.stage.later(days=10)
    assert len(numbers) == 1
    office.ask(starts_on=office.stage.today)
    assert len(numbers) == 2


def test_asking_beside_an_accepted_assignment_gives_no_second_lead_to_choose_from(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = counted(monkeypatch)
    row = office.ask()
    name = office.name(row.lead_id)
    office.do(assigning.declare, name, row.id, kind="none", until=None)
    office.do(assigning.accept, name, row.id)
    beside = office.ask()
    assert (drawn(beside), len(numbers)) == (drawn(row), 1)
    assert f"for {row.id}, which is accepted and not used" in office.show(beside.id)["why"]
    other = {"starts_on": office.stage.today.replace(month=9), "ends_on": office.stage.today.replace(month=10)}
    office.ask(**other)  # another season is another draw
    assert len(numbers) == 2


@pytest.mark.parametrize("reason", ["x", "No.", "a . b . c", "x" + "\u200b" * 40, "x" + " " * 40])
def test_a_cancellation_has_a_reason_in_words(office: Office, reason: str) -> None:
    row = office.ask()
    with pytest.raises(Invalid) as refusal:
        cancel(office, row, reason)
    assert refusal.value.where == "/reason"
    assert office.show(row.id)["state"] == "offered"


# The firm that was drawn sees why.


def test_the_drawn_firm_sees_why_and_nothing_of_the_others(office: Office) -> None:
    row = office.ask()
    name = office.name(row.lead_id)
    shown = office.show(row.id, name)
    assert shown["why"] == (
        f"drawn at random on 2026-06-01 among 4 eligible of {len(office.show(row.id)['draws'][0]['candidates'])} "
        "candidates: nothing spoke against firm or lead"
    )
    assert shown["draws"] == []
    others = {office.person(each).person for each in ("amina", "aino", "ulla", "wilma")} - {row.lead_id}
    assert not any(other in str(shown) for other in others)
    cancel(office, row)
    again = office.ask()
    stands = f"drawn on 2026-06-01 for {row.id}, which was cancelled: that draw stands"
    assert stands in office.show(again.id, name)["why"]


def test_with_nobody_eligible_it_says_so_to_the_scheme(office: Office) -> None:
    for name in ("amina", "aino", "ulla", "wilma"):
        office.approve(name, status="inactive")
    row = office.ask()
    assert office.show(row.id)["why"].startswith("nobody was drawn on 2026-06-01: 0 eligible of ")
