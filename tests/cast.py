"""The named cast of the tests: who they are, and a token for each. Built through the services, never by rows.

Sam runs the scheme. Carl decides (Lotus Certification), Amina audits (Meridian Audit), Bea manages (Sunrise Garments),
Ravi is an agent (Himal Placement). Hana, of the scheme, handles protection. Otto manages another manufacturer, and must
see nothing of anybody's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ground import auth, parties
from ground.access import SCOPES, SYSTEM, Actor
from ground.database import Writing
from ground.world import World


@dataclass(frozen=True)
class Player:
    """One person with a token: `actor` for services, `secret` for HTTP."""

    actor: Actor
    secret: str

    @property
    def person(self) -> str:
        return self.actor.person

    @property
    def organisation(self) -> str:
        return self.actor.organisation

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}


@dataclass(frozen=True)
class Cast:
    sam: Player
    carl: Player
    amina: Player
    bea: Player
    ravi: Player
    otto: Player
    hana: Player
    factory: str
    """Bea's site."""
    office: str
    """Ravi's site."""


def make_cast(world: World) -> Cast:
    """Everybody, with tokens of every scope for a year from now, and two sites."""
    now = world.clock.now()
    with world.db.write() as session:
        _, _, secret = parties.found_scheme(session, "Freemark Foundation", "Sam Okafor", now, city="Geneva")
        sam = Player(auth.authenticate(session, secret, now), secret)
        carl = join(session, world, "Lotus Certification", "certification_body", "Carl Meier", "decider")
        amina = join(session, world, "Meridian Audit", "audit_firm", "Amina Haddad", "auditor")
        bea = join(session, world, "Sunrise Garments", "manufacturer", "Bea Rahman", "manager")
        ravi = join(session, world, "Himal Placement", "labour_agent", "Ravi Thapa", "agent")
        otto = join(session, world, "Otto Knitwear", "manufacturer", "Otto Berg", "manager")
        hana = enrol(session, world, sam.organisation, "Hana Sato", "handler")
        factory = add_site(session, world, bea, "factory", "Unit 2", 640)
        office = add_site(session, world, ravi, "agency_office", "Head office", 14)
    return Cast(sam, carl, amina, bea, ravi, otto, hana, factory, office)


def join(session: Writing, world: World, organisation: str, kind: str, name: str, role: str) -> Player:
    """A new organisation of one kind with one member."""
    now = world.clock.now()
    home = parties.add_organisation(
        session, SYSTEM, name=organisation, roles=[kind], country="BD", city="Dhaka", registered_id="", now=now
    )
    return enrol(session, world, home.id, name, role)


def enrol(session: Writing, world: World, organisation: str, name: str, *roles: str) -> Player:
    """A new member of an organisation, with a token of every scope."""
    now = world.clock.now()
    person = parties.add_person(session, SYSTEM, organisation=organisation, name=name, email="", roles=roles, now=now)
    expires = now + timedelta(days=365)
    _, secret = auth.issue_token(
        session, SYSTEM, person=person.id, organisation=organisation, scopes=SCOPES, expires=expires, now=now
    )
    return Player(auth.authenticate(session, secret, now), secret)


def add_site(session: Writing, world: World, owner: Player, kind: str, name: str, workers: int) -> str:
    site = parties.add_site(
        session,
        SYSTEM,
        organisation=owner.organisation,
        kind=kind,
        name=name,
        address="Plot 14",
        city="Gazipur",
        country="BD",
        workers=workers,
        now=world.clock.now(),
    )
    return site.id
