"""Organisations, sites and people: who may add them, and what is refused."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from ground import journal, parties
from ground.access import SYSTEM
from ground.countries import COUNTRIES
from ground.database import Base
from ground.errors import Conflict, Forbidden, FreemarkError, Invalid, NotFound
from ground.parties import Accreditation, Organisation, Person, Site
from ground.world import World
from tests.cast import Cast, Player, enrol, make_cast
from tests.conftest import START

ACCREDITATION = Accreditation(body="SAS", number="SCESp 0999", scope="ISO/IEC 17065", expires="2027-12-31")


@pytest.fixture
def world(sqlite_world: World) -> World:
    """What is decided here does not depend on the database; tests/unit/ground/test_routes.py runs on both."""
    return sqlite_world


@pytest.fixture
def cast(world: World) -> Cast:
    return make_cast(world)


def count(world: World, table: type[Base]) -> int:
    with world.db.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def add_organisation(world: World, player: Player, **changes: Any) -> Organisation:
    draft = {"name": "New", "roles": ["manufacturer"], "country": "BD", "city": "Dhaka", "registered_id": ""}
    with world.db.write() as session:
        return parties.add_organisation(session, player.actor, **{**draft, **changes}, now=START)


def add_site(world: World, player: Player, organisation: str, **changes: Any) -> Site:
    draft = {"kind": "factory", "name": "Unit", "address": "Plot", "city": "Dhaka", "country": "BD", "workers": 5}
    with world.db.write() as session:
        return parties.add_site(session, player.actor, organisation=organisation, **{**draft, **changes}, now=START)


def add_person(world: World, player: Player, organisation: str, *roles: str, email: str = "") -> Person:
    with world.db.write() as session:
        return parties.add_person(
            session, player.actor, organisation=organisation, name="New", email=email, roles=roles, now=START
        )


# The founding.


def test_a_scheme_is_founded_once(world: World, cast: Cast) -> None:
    with world.db.write() as session, pytest.raises(Conflict):
        parties.found_scheme(session, "Second", "Somebody", START)
    with pytest.raises(Conflict):
        add_organisation(world, cast.sam, roles=["scheme_owner"])
    assert count(world, Organisation) == 6


# Organisations.


def test_only_a_scheme_manager_adds_organisations(world: World, cast: Cast) -> None:
    row = add_organisation(world, cast.sam, roles=["labour_agent", "manufacturer"], accreditation=ACCREDITATION)
    assert row.id.startswith("org_")
    assert row.roles == ["manufacturer", "labour_agent"]
    assert row.accreditation == ACCREDITATION
    for name in ("carl", "amina", "bea", "ravi", "otto"):
        with pytest.raises(Forbidden):
            add_organisation(world, getattr(cast, name))


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"roles": []}, "/roles"),
        ({"roles": ["factory"]}, "/roles"),
        ({"country": "XX"}, "/country"),
        ({"country": "bd"}, "/country"),
        ({"country": ""}, "/country"),
        ({"country": "BGD"}, "/country"),
    ],
)
def test_a_wrong_organisation_is_refused_and_nothing_changed(
    world: World, cast: Cast, changes: dict[str, Any], where: str
) -> None:
    before = count(world, Organisation)
    with pytest.raises(Invalid) as caught:
        add_organisation(world, cast.sam, **changes)
    assert caught.value.where == where
    assert count(world, Organisation) == before


def test_the_roles_of_an_organisation_can_be_asked(world: World, cast: Cast) -> None:
    with world.db.read() as session:
        assert parties.organisation_roles(session, cast.carl.organisation) == {"certification_body"}
        assert parties.organisation_roles(session, "org_none") == frozenset()


def test_an_accreditation_counts_up_to_its_last_day(world: World, cast: Cast) -> None:
    held = add_organisation(world, cast.sam, accreditation=ACCREDITATION)
    assert parties.accredited(held, date(2027, 12, 31))
    assert not parties.accredited(held, date(2028, 1, 1))
    assert not parties.accredited(add_organisation(world, cast.sam), date(2026, 6, 1))


def test_the_countries_are_those_of_iso_3166() -> None:
    assert len(COUNTRIES) == 249
    assert {"BD", "CH", "NP", "XK", "UK", "EU"} & COUNTRIES == {"BD", "CH", "NP"}


# Sites.


@pytest.mark.parametrize("name", ["bea", "ravi"])
def test_an_organisation_adds_its_own_sites(world: World, cast: Cast, name: str) -> None:
    player: Player = getattr(cast, name)
    assert add_site(world, player, player.organisation).organisation_id == player.organisation


def test_a_scheme_manager_adds_sites_anywhere(world: World, cast: Cast) -> None:
    assert add_site(world, cast.sam, cast.bea.organisation).id.startswith("site_")


@pytest.mark.parametrize(
    ("name", "error"), [("otto", NotFound), ("ravi", NotFound), ("amina", Forbidden), ("carl", Forbidden)]
)
def test_nobody_else_adds_a_site(world: World, cast: Cast, name: str, error: type[FreemarkError]) -> None:
    with pytest.raises(error):
        add_site(world, getattr(cast, name), cast.bea.organisation)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"kind": "office"}, "/kind"),
        ({"workers": -1}, "/workers"),
        ({"workers": 1_000_001}, "/workers"),
        ({"country": "ZZ"}, "/country"),
        ({"sector": "Garment"}, "/sector"),
        ({"sector": "garment\n"}, "/sector"),
        ({"sector": "a" * 21}, "/sector"),
        ({"kind": "factory", "flag": "PA"}, "/flag"),
        ({"kind": "vessel", "flag": "ZZ"}, "/flag"),
    ],
)
def test_a_wrong_site_is_refused_and_nothing_changed(
    world: World, cast: Cast, changes: dict[str, Any], where: str
) -> None:
    before = count(world, Site)
    with pytest.raises(Invalid) as caught:
        add_site(world, cast.bea, cast.bea.organisation, **changes)
    assert caught.value.where == where
    assert count(world, Site) == before


def test_a_site_may_name_its_sector_and_a_vessel_its_flag(world: World, cast: Cast) -> None:
    plain = add_site(world, cast.bea, cast.bea.organisation)
    vessel = add_site(world, cast.bea, cast.bea.organisation, kind="vessel", sector="fishing", flag="PA")
    assert (plain.sector, plain.flag) == ("", "")
    assert (vessel.sector, vessel.flag) == ("fishing", "PA")


def test_a_site_belongs_to_an_organisation_that_there_is(world: World, cast: Cast) -> None:
    with pytest.raises(Invalid) as caught:
        add_site(world, cast.sam, "org_0000000000000000")
    assert caught.value.where == "/organisation"


# People.


@pytest.mark.parametrize(("name", "role"), [("bea", "manager"), ("amina", "auditor"), ("carl", "decider")])
def test_members_add_members_with_their_own_role(world: World, cast: Cast, name: str, role: str) -> None:
    player: Player = getattr(cast, name)
    person = add_person(world, player, player.organisation, role)
    with world.db.read() as session:
        assert parties.person_roles(session, person) == [role]


def test_an_agent_adds_no_people(world: World, cast: Cast) -> None:
    with pytest.raises(Forbidden):
        add_person(world, cast.ravi, cast.ravi.organisation, "agent")
    add_person(world, cast.sam, cast.ravi.organisation, "agent")


@pytest.mark.parametrize(("name", "error"), [("otto", NotFound), ("amina", Forbidden), ("carl", Forbidden)])
def test_nobody_else_adds_a_member(world: World, cast: Cast, name: str, error: type[FreemarkError]) -> None:
    with pytest.raises(error):
        add_person(world, getattr(cast, name), cast.bea.organisation, "manager")


@pytest.mark.parametrize(
    "roles", [(), ("worker",), ("auditor",), ("manager", "agent"), ("scheme_manager",), ("system",)]
)
def test_a_role_must_fit_the_organisation(world: World, cast: Cast, roles: tuple[str, ...]) -> None:
    with pytest.raises(Invalid) as caught:
        add_person(world, cast.sam, cast.bea.organisation, *roles)
    assert caught.value.where == "/roles"


def test_nobody_hands_out_a_role_that_they_do_not_have(world: World, cast: Cast) -> None:
    both = add_organisation(world, cast.sam, roles=["certification_body", "audit_firm"])
    with world.db.write() as session:
        auditor = enrol(session, world, both.id, "Only Auditor", "auditor")
    add_person(world, auditor, both.id, "auditor")
    with pytest.raises(Forbidden):
        add_person(world, auditor, both.id, "decider")
    with pytest.raises(Forbidden):
        add_person(world, auditor, both.id, "auditor", "decider")


def test_an_email_address_is_in_an_organisation_once(world: World, cast: Cast) -> None:
    add_person(world, cast.bea, cast.bea.organisation, "manager", email="new@example.org")
    with pytest.raises(Conflict):
        add_person(world, cast.bea, cast.bea.organisation, "manager", email="new@example.org")
    add_person(world, cast.otto, cast.otto.organisation, "manager", email="new@example.org")
    add_person(world, cast.bea, cast.bea.organisation, "manager")
    add_person(world, cast.bea, cast.bea.organisation, "manager")  # without an address as often as there are people


# Reading.


def test_strangers_hear_the_same_of_what_is_there_and_what_is_not(world: World, cast: Cast) -> None:
    with world.db.read() as session:
        heard = set()
        for read, real, none in (
            (parties.get_organisation, cast.bea.organisation, "org_0000000000000000"),
            (parties.get_site, cast.factory, "site_0000000000000000"),
            (parties.get_person, cast.bea.person, "per_0000000000000000"),
        ):
            for subject in (real, none):
                with pytest.raises(NotFound) as caught:
                    read(session, cast.otto.actor, subject)
                heard.add(caught.value.detail)
        assert len(heard) == 1


def test_an_auditor_sees_every_organisation_and_site_but_only_own_people(world: World, cast: Cast) -> None:
    with world.db.read() as session:
        assert parties.get_organisation(session, cast.amina.actor, cast.bea.organisation).name == "Sunrise Garments"
        assert parties.get_site(session, cast.amina.actor, cast.factory).workers == 640
        assert parties.get_person(session, cast.amina.actor, cast.amina.person).name == "Amina Haddad"
        with pytest.raises(NotFound):
            parties.get_person(session, cast.amina.actor, cast.bea.person)
        with pytest.raises(NotFound):
            parties.get_person(session, cast.carl.actor, "per_0000000000000000")
        assert parties.get_person(session, cast.carl.actor, cast.bea.person).name == "Bea Rahman"


def test_staff_hear_not_found_of_what_is_not_there(world: World, cast: Cast) -> None:
    with world.db.read() as session:
        for read in (parties.get_organisation, parties.get_site, parties.get_person):
            with pytest.raises(NotFound):
                read(session, cast.sam.actor, "none")


def test_every_addition_is_in_the_journal_without_names(world: World, cast: Cast) -> None:
    add_person(world, cast.bea, cast.bea.organisation, "manager", email="new@example.org")
    with world.db.read() as session:
        assert journal.check(session) == count(world, journal.JournalRow)
        rows = session.scalars(select(journal.JournalRow)).all()
    assert {row.action for row in rows} == {"organisation_added", "site_added", "person_added", "token_issued"}
    for row in rows:
        assert "Rahman" not in str(row.detail)
        assert "example.org" not in str(row.detail)
    assert rows[-1].person == cast.bea.person
    assert rows[0].person == SYSTEM.person
