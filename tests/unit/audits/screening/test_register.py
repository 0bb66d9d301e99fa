"""The register of a site: nothing is deleted, and what an audit found is told with the report, not before."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from audits.screening import register
from audits.screening.facts import screened
from audits.screening.register import PlaceDraft
from audits.screening.tables import PlaceRow, RefreshRow
from audits.tables import AuditRow
from ground.errors import Conflict, Forbidden, Invalid, NotFound
from tests.unit.audits.screening.conftest import STRANGER, Desk

SINCE = date(2026, 5, 1)
WORKSHOP = PlaceDraft(
    "subcontractor", "embroidery", SINCE, "A new order.", name="Lotus Embroidery House", city="Gazipur", country="BD"
)


def add(desk: Desk, draft: PlaceDraft = WORKSHOP, by: str = "bea") -> str:
    with desk.stage.world.db.write() as session:
        return register.add_place(session, desk.stage.people[by], desk.stage.factory, draft, now=desk.stage.now).id


def report(desk: Desk, audit: str, draft: PlaceDraft = WORKSHOP, by: str = "amina") -> str:
    with desk.stage.world.db.write() as session:
        return register.report_place(session, desk.stage.people[by], audit, draft, now=desk.stage.now).id


def remove(desk: Desk, line: str, by: str = "bea", on: date | None = None, site: str = "") -> PlaceRow:
    with desk.stage.world.db.write() as session:
        return register.remove_place(
            session, desk.stage.people[by], site or desk.stage.factory, line, on=on or desk.stage.today,
            reason="The order ended.", now=desk.stage.now,
        )  # fmt: skip


def confirm(desk: Desk, *lines: str, by: str = "bea") -> None:
    with desk.stage.world.db.write() as session:
        register.confirm_register(session, desk.stage.people[by], desk.stage.factory, list(lines), now=desk.stage.now)


def release(desk: Desk, audit: str) -> None:
    """As the release of a report does it, after whatever time the standard says."""
    with desk.stage.world.db.write() as session:
        session.execute(update(AuditRow).where(AuditRow.id == audit).values(released_at=desk.stage.now))


def read(desk: Desk, by: str) -> list[str]:
    with desk.stage.world.db.read() as session:
        rows = session.scalars(register.lines(session, desk.stage.people[by], desk.stage.factory))
        return sorted(row.id for row in rows)


def test_a_line_is_added_and_taken_off_and_never_gone(desks: Desk) -> None:
    line = add(desks)
    assert desks.facts().subcontractors == (line,)
    desks.stage.later(days=30)
    row = remove(desks, line, on=date(2026, 6, 20))
    assert (row.removed_on, row.removed_because) == (date(2026, 6, 20), "The order ended.")
    assert desks.facts().subcontractors == ()
    assert read(desks, "bea") == [line]
    with pytest.raises(Conflict, match="taken off already, on 2026-06-20"):
        remove(desks, line)
    assert add(desks) != line


def test_a_site_here_is_named_by_its_id_and_an_agent_by_its_office(desk: Desk) -> None:
    mill = replace(WORKSHOP, place=desk.stage.mill, name="", city="", country="")
    office = replace(mill, place=desk.stage.agency, part="agent")
    add(desk, mill)
    add(desk, office)
    assert desk.facts().subcontractors == tuple(sorted((desk.stage.mill, desk.stage.agency)))


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"name": ""}, "/name"),
        ({"country": "XX"}, "/country"),
        ({"since": date(2026, 6, 2)}, "/since"),
        ({"place": "site_0000000000000000"}, "/place"),
        ({"place": "factory"}, "/place"),
        ({"place": "mill"}, "/name"),
        ({"place": "agency"}, "/part"),
        ({"place": "mill", "part": "agent"}, "/part"),
    ],
)
def test_a_draft_that_contradicts_itself_is_refused(desk: Desk, change: dict[str, Any], where: str) -> None:
    place = change.get("place", "")
    change = {**change, "place": getattr(desk.stage, place)} if place in ("factory", "mill", "agency") else change
    with pytest.raises(Invalid) as refusal:
        add(desk, replace(WORKSHOP, **change))
    assert refusal.value.where == where


def test_the_same_place_stands_there_once(desk: Desk) -> None:
    line = add(desk)
    with pytest.raises(Conflict, match=f"in the register already, as {line}"):
        add(desk)
    add(desk, replace(WORKSHOP, part="agent"))


@pytest.mark.parametrize("on", [SINCE - timedelta(days=1), date(2026, 6, 2)])
def test_a_removal_lies_between_the_beginning_and_today(desk: Desk, on: date) -> None:
    line = add(desk)
    with pytest.raises(Invalid) as refusal:
        remove(desk, line, on=on)
    assert refusal.value.where == "/on"


# Confirming.


def test_the_holder_confirms_exactly_what_stands_there(desk: Desk) -> None:
    assert desk.facts().refreshed_at is None
    line = add(desk)
    with pytest.raises(Conflict, match="1 lines: 1 of them are not in yours, and 0 of yours not there"):
        confirm(desk)
    with pytest.raises(Conflict, match="0 of them are not in yours, and 1 of yours not there"):
        confirm(desk, line, "scr_0000000000000000")
    confirm(desk, line)
    first = desk.stage.now
    assert desk.facts().refreshed_at == first
    desk.stage.later(days=180)
    remove(desk, line)
    assert desk.facts().refreshed_at == first
    confirm(desk)
    assert desk.facts().refreshed_at == desk.stage.now
    with desk.stage.world.db.read() as session:
        assert session.scalar(select(func.count()).select_from(RefreshRow)) == 2


# What an audit found.


def test_what_an_audit_found_is_told_with_the_report_and_not_before(desk: Desk) -> None:
    audit = desk.stage.plan()
    line = report(desk, audit)
    assert read(desk, "bea") == []
    assert read(desk, "amina") == read(desk, "carl") == [line]
    assert read(desk, "ulla") == []
    assert desk.facts().subcontractors == ()
    confirm(desk)  # to the holder the register is empty
    assert add(desk) != line  # and what it adds itself does not betray that the auditor was there first
    with pytest.raises(NotFound):
        remove(desk, line)
    release(desk, audit)
    assert line in read(desk, "bea")
    assert line in desk.facts().subcontractors


def test_the_site_cannot_take_off_what_an_audit_found(desk: Desk) -> None:
    audit = desk.stage.plan()
    line = report(desk, audit)
    release(desk, audit)
    with pytest.raises(Forbidden):
        remove(desk, line)
    assert remove(desk, line, by="amina").removed_by == desk.stage.amina.person


def test_an_auditor_takes_off_nothing_that_the_holder_said(desk: Desk) -> None:
    desk.stage.plan()
    line = add(desk)
    with pytest.raises(Forbidden):
        remove(desk, line, by="amina")


def test_only_the_team_of_the_audit_reports_a_place(desk: Desk) -> None:
    audit = desk.stage.plan()
    for who, refusal in (
        ("ulla", NotFound),
        ("aino", NotFound),
        ("bea", NotFound),
        ("otto", NotFound),
        ("carl", Forbidden),
    ):
        with pytest.raises(refusal):
            report(desk, audit, by=who)
    with pytest.raises(NotFound):
        report(desk, "aud_0000000000000000")


@pytest.mark.parametrize("who", ["otto", "ulla", "ravi"])
def test_the_register_of_another_house_is_not_there(desk: Desk, who: str) -> None:
    line = add(desk)
    for step in (lambda: add(desk, by=who), lambda: remove(desk, line, by=who), lambda: confirm(desk, line, by=who)):
        with pytest.raises(NotFound):
            step()
    assert desk.facts().subcontractors == (line,)


def test_a_line_of_one_site_is_no_line_of_another(desk: Desk) -> None:
    line = add(desk)
    other = desk.site("Second hall")
    with pytest.raises(NotFound, match="no such line"):
        remove(desk, line, site=other)


# Screened, too.


def test_a_place_that_is_no_site_here_is_held_against_the_lists_for_the_site(desk: Desk) -> None:
    desk.loaded("Lotus Embroidery House,,,,BD,Gazipur,,,\n")
    desk.drain()
    line = add(desk)
    desk.drain()
    (fact,) = desk.facts().hits
    assert (fact.strength, fact.state) == ("name_and_place", "open")
    assert desk.hit().about_id == line
    remove(desk, line)
    assert desk.facts().hits == ()


def test_a_hit_on_what_an_audit_found_is_no_fact_before_the_report(desk: Desk) -> None:
    desk.loaded("Lotus Embroidery House,,,,BD,Gazipur,,,\n")
    audit = desk.stage.plan()
    report(desk, audit)
    desk.drain()
    assert desk.hit().about == "place"
    assert desk.facts().hits == ()
    release(desk, audit)
    assert len(desk.facts().hits) == 1


def test_an_agent_known_by_name_only_needs_its_licence(desk: Desk) -> None:
    desk.loaded(STRANGER, kind="licence", country="NP")
    add(desk, replace(WORKSHOP, part="agent", name="Gorkha Placement", country="NP"))
    desk.drain()
    assert desk.hit().explanation["how"] == "an agent in NP must be on this list, and is not"


# Facts.


def test_facts_cost_the_same_queries_for_any_number_of_sites(desk: Desk) -> None:
    from sqlalchemy import event

    desk.loaded(STRANGER)
    add(desk)
    many = [desk.stage.factory, desk.stage.mill, desk.stage.agency, *(desk.site(f"Hall {at}") for at in range(5))]
    asked: list[str] = []

    def count(*given: Any) -> None:
        asked.append(given[2])

    event.listen(desk.stage.world.db.engine, "before_cursor_execute", count)
    numbers = []
    for sites in (many[:1], many):
        asked.clear()
        with desk.stage.world.db.read() as session:
            assert list(screened(session, sites)) == sites
        numbers.append(len([line for line in asked if line.startswith("SELECT")]))
    event.remove(desk.stage.world.db.engine, "before_cursor_execute", count)
    assert numbers[0] == numbers[1] <= 6
