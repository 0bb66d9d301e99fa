"""A person judges a hit, with a reason; lifting what was confirmed takes two, of different organisations."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from audits.screening.views import site_view
from ground import parties
from ground.access import SYSTEM
from ground.canonical import jcs
from ground.errors import Conflict, Forbidden, NotFound
from ground.journal import JournalRow
from tests.cast import enrol
from tests.unit.audits.screening.conftest import NAMESAKE, STRANGER, SUNRISE, Desk


def test_a_name_alone_says_so_and_is_confirmed_by_nobody_but_a_person(desk: Desk) -> None:
    desk.loaded(NAMESAKE)
    for _ in range(3):
        desk.stage.later(days=1)
        desk.nightly()
    (fact,) = desk.facts().hits
    assert (fact.strength, fact.state) == ("name", "open")
    desk.confirm(fact.id)
    assert desk.facts().hits[0].state == "confirmed"


def test_confirming_and_dismissing_keep_who_when_and_why(desk: Desk) -> None:
    desk.loaded(SUNRISE)
    hit = desk.hit().id
    desk.told()
    desk.dismiss(hit)
    assert desk.told() == [desk.stage.factory]
    assert desk.confirm(hit, by="sam").state == "confirmed"
    assert desk.history(hit) == ["found", "dismissed", "confirmed"]
    with pytest.raises(Conflict, match="confirmed already"):
        desk.confirm(hit)
    with desk.stage.world.db.read() as session:
        told = str([(row.action, row.detail) for row in session.scalars(select(JournalRow))])
    assert "hit_confirmed" in told
    assert "register entry" not in told  # reasons are for the file, not for the journal
    assert "Sunrise" not in told


def test_a_confirmed_hit_is_lifted_by_two_people_of_different_organisations(desk: Desk) -> None:
    desk.loaded(SUNRISE)
    hit = desk.hit().id
    desk.confirm(hit)
    assert desk.dismiss(hit, by="carl").state == "confirmed"
    with pytest.raises(Conflict, match="a person of another organisation must agree"):
        desk.dismiss(hit, by="carl")
    with desk.stage.world.db.write() as session:
        colleague = enrol(session, desk.stage.world, desk.stage.carl.organisation, "Clara Roth", "decider")
    desk.stage.people["clara"] = colleague.actor
    with pytest.raises(Conflict, match="a person of another organisation must agree"):
        desk.dismiss(hit, by="clara")
    assert desk.facts().hits[0].state == "confirmed"
    assert desk.dismiss(hit, by="sam").state == "dismissed"
    assert desk.history(hit) == ["found", "confirmed", "lift_asked", "lifted"]


def test_a_lift_that_was_asked_for_is_forgotten_when_the_hit_is_confirmed_anew(desk: Desk) -> None:
    desk.loaded(SUNRISE)
    hit = desk.hit().id
    desk.confirm(hit)
    desk.dismiss(hit, by="carl")
    desk.dismiss(hit, by="sam")
    desk.confirm(hit)
    assert desk.dismiss(hit, by="sam").state == "confirmed"


def test_what_has_ended_is_judged_no_more(desk: Desk) -> None:
    list_id = desk.loaded(SUNRISE, STRANGER)
    hit = desk.hit().id
    desk.load(list_id, STRANGER)
    for step in (desk.confirm, desk.dismiss):
        with pytest.raises(Conflict, match="this hit has ended"):
            step(hit)


@pytest.mark.parametrize("who", ["otto", "bea", "ravi", "amina"])
def test_nobody_else_judges_a_hit_or_learns_that_there_is_one(desk: Desk, who: str) -> None:
    desk.loaded(SUNRISE)
    hit = desk.hit().id
    for step in (desk.confirm, desk.dismiss):
        with pytest.raises(NotFound) as one:
            step(hit, by=who)
        with pytest.raises(NotFound) as other:
            step("hit_0000000000000000", by=who)
        assert str(one.value) == str(other.value)
    assert desk.hit().state == "open"


def test_nobody_judges_a_hit_about_their_own_organisation(desk: Desk) -> None:
    with desk.stage.world.db.write() as session:
        parties.add_site(
            session, SYSTEM, organisation=desk.stage.carl.organisation, kind="factory", name="Lotus Weaving House",
            address="", city="Gazipur", country="BD", workers=1, now=desk.stage.now,
        )  # fmt: skip
    desk.loaded("Lotus Weaving House,,,,BD,Gazipur,,,\n")
    with pytest.raises(Forbidden, match="their own organisation"):
        desk.dismiss(desk.hit().id)
    assert desk.dismiss(desk.hit().id, by="sam").state == "dismissed"


# What the holder reads.


def shown(desk: Desk) -> bytes:
    with desk.stage.world.db.read() as session:
        return jcs(site_view(session, desk.stage.bea, desk.stage.factory))


def test_an_open_or_dismissed_hit_leaves_the_holders_answer_as_it_was(desk: Desk) -> None:
    list_id = desk.loaded(STRANGER)
    before = shown(desk)
    desk.load(list_id, STRANGER, SUNRISE)
    hit = desk.hit().id
    assert shown(desk) == before
    desk.dismiss(hit)
    assert shown(desk) == before
    desk.confirm(hit)
    assert shown(desk) != before  # the negative control: now it has grounds to read
    assert b"name_and_place" in shown(desk)
    assert b"register entry" not in shown(desk)  # the reviewer's words are not the holder's to read
