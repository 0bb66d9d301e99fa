"""Who there is: organisations, their sites, and the people who act for them.

Owns the tables and the rules of who may add and see whom. An organisation has one or more roles, and a person has only
roles that fit one of them. Names of people are seen by their own organisation and by those who run the scheme. What an
audit or a certificate makes of a site is known upstairs, not here.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Literal, TypedDict, get_args

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from ground import journal, outbox
from ground.access import ROLES, SCOPES, SYSTEM, Actor, Grant, Relation, check, everywhere, register
from ground.auth import NOTHING, issue_token, roles_of
from ground.auth import Membership as Membership
from ground.canonical import Json
from ground.countries import COUNTRIES
from ground.database import Base, Reading, Writing, lock
from ground.errors import Conflict, Forbidden, Invalid, NotFound
from ground.ids import new_id

OrganisationRole = Literal["scheme_owner", "certification_body", "audit_firm", "manufacturer", "labour_agent"]
SiteKind = Literal["factory", "farm", "vessel", "dormitory", "agency_office"]
ORGANISATION_ROLES: tuple[str, ...] = get_args(OrganisationRole)
SITE_KINDS: tuple[str, ...] = get_args(SiteKind)
MOST_WORKERS = 1_000_000  # the largest single work sites known have some 300,000
SECTOR = re.compile(r"([a-z][a-z_]{1,19})?\Z")  # which sectors there are, the standards say
FIRST_TOKEN = timedelta(days=366)
KNOWN: tuple[Relation, ...] = ("own",)
"""For what belongs to nobody yet: that organisations can be added is no secret, so a refusal is 403 and not 404."""

register(
    Grant("parties.add_organisation", "scheme_manager", "any"),
    Grant("parties.add_site", "scheme_manager", "any"),
    Grant("parties.add_site", "manager", "own"),
    Grant("parties.add_site", "agent", "own"),
    Grant("parties.add_person", "scheme_manager", "any"),
    Grant("parties.add_person", "manager", "own"),
    Grant("parties.add_person", "auditor", "own"),
    Grant("parties.add_person", "decider", "own"),
    Grant("parties.read", "scheme_manager", "any"),
    Grant("parties.read", "decider", "any"),
    Grant("parties.read", "auditor", "any"),
    Grant("parties.read", "manager", "own"),
    Grant("parties.read", "agent", "own"),
    Grant("parties.read_people", "scheme_manager", "any"),
    Grant("parties.read_people", "decider", "any"),
    Grant("parties.read_people", "auditor", "own"),
    Grant("parties.read_people", "manager", "own"),
    Grant("parties.read_people", "agent", "own"),
)


class Accreditation(TypedDict):
    """Who accredited this organisation: `expires` is a day like 2027-12-31, after which it does not count."""

    body: str
    number: str
    scope: str
    expires: str


class Organisation(Base):
    __tablename__ = "organisation"

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    roles: Mapped[list[str]]
    country: Mapped[str] = mapped_column(String(2))
    city: Mapped[str] = mapped_column(String(200))
    registered_id: Mapped[str] = mapped_column(String(100))
    accreditation: Mapped[dict[str, Json] | None]
    """An Accreditation, or null: "not accredited" is said, never left open."""
    created_at: Mapped[datetime]


class Site(Base):
    """A place of work, and the organisation that answers for it."""

    __tablename__ = "site"

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(500))
    city: Mapped[str] = mapped_column(String(200))
    country: Mapped[str] = mapped_column(String(2))
    workers: Mapped[int]
    sector: Mapped[str] = mapped_column(String(20), default="")
    """A profile of the standard, such as "garment" or "fishing"; "" when none is named."""
    flag: Mapped[str] = mapped_column(String(2), default="")
    """Of a vessel: the country whose flag it flies."""
    created_at: Mapped[datetime]


class Person(Base):
    """A person in one organisation. The same human in two is two rows, so that neither learns of the other."""

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("organisation_id", "email"),)

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(254))
    created_at: Mapped[datetime]


def found_scheme(
    session: Writing,
    name: str,
    person_name: str,
    now: datetime,
    *,
    country: str = "CH",
    city: str = "",
    email: str = "",
) -> tuple[Organisation, Person, str]:
    """The very first organisation, its scheme manager, and the secret of a token with every scope. Command line only.

    Conflict when there is a scheme owner already.
    """
    lock(session, "found_scheme")
    if any("scheme_owner" in roles for roles in session.scalars(select(Organisation.roles))):
        raise Conflict("this scheme was founded already")
    owner = add_organisation(
        session, SYSTEM, name=name, roles=["scheme_owner"], country=country, city=city, registered_id="", now=now
    )
    manager = add_person(
        session, SYSTEM, organisation=owner.id, name=person_name, email=email, roles=["scheme_manager"], now=now
    )
    _, secret = issue_token(
        session,
        SYSTEM,
        person=manager.id,
        organisation=owner.id,
        scopes=SCOPES,
        expires=now + FIRST_TOKEN,
        now=now,
    )
    return owner, manager, secret


def add_organisation(
    session: Writing,
    actor: Actor,
    *,
    name: str,
    roles: Collection[str],
    country: str,
    city: str,
    registered_id: str,
    accreditation: Accreditation | None = None,
    now: datetime,
) -> Organisation:
    """registered_id: number in the public register of its country, "" if none is known."""
    check(actor, "parties.add_organisation", KNOWN)
    if not roles or not set(roles) <= set(ORGANISATION_ROLES):
        raise Invalid(f"roles are some of {', '.join(ORGANISATION_ROLES)}", where="/roles")
    if "scheme_owner" in roles and "system" not in actor.roles:
        raise Conflict("a scheme has one owner, and it was named when the scheme was founded")
    organisation = Organisation(
        id=new_id("org"),
        name=name,
        roles=[role for role in ORGANISATION_ROLES if role in roles],
        country=_country(country),
        city=city,
        registered_id=registered_id,
        accreditation=dict(accreditation) if accreditation else None,
        created_at=now,
    )
    session.add(organisation)
    session.flush()
    journal.record(session, actor, "organisation_added", organisation.id, {"roles": organisation.roles}, now=now)
    outbox.record(session, "organisation_added", organisation.id, now=now, organisation=organisation.id)
    return organisation


def add_site(
    session: Writing,
    actor: Actor,
    *,
    organisation: str,
    kind: str,
    name: str,
    address: str,
    city: str,
    country: str,
    workers: int,
    sector: str = "",
    flag: str = "",
    now: datetime,
) -> Site:
    """workers: people who work there now, whoever employs them. sector: as a standard names it, "" for none. flag: of a
    vessel, the country whose flag it flies; "" when that is not known."""
    check(actor, "parties.add_site", relations(actor, organisation))
    if session.get(Organisation, organisation) is None:
        raise Invalid("there is no such organisation", where="/organisation")
    if kind not in SITE_KINDS:
        raise Invalid(f"kind is one of {', '.join(SITE_KINDS)}", where="/kind")
    if not 0 <= workers <= MOST_WORKERS:
        raise Invalid(f"workers is a number from 0 to {MOST_WORKERS}", where="/workers")
    if not SECTOR.match(sector):
        raise Invalid("sector is a short word of small letters, such as garment, or left out", where="/sector")
    if flag and kind != "vessel":
        raise Invalid(f"a {kind.replace('_', ' ')} flies no flag: leave it out", where="/flag")
    site = Site(
        id=new_id("site"),
        organisation_id=organisation,
        kind=kind,
        name=name,
        address=address,
        city=city,
        country=_country(country),
        workers=workers,
        sector=sector,
        flag=_country(flag, "/flag") if flag else "",
        created_at=now,
    )
    session.add(site)
    session.flush()
    journal.record(session, actor, "site_added", site.id, {"organisation": organisation, "kind": kind}, now=now)
    outbox.record(session, "site_added", site.id, now=now, site=site.id)
    return site


def add_person(
    session: Writing,
    actor: Actor,
    *,
    organisation: str,
    name: str,
    email: str,
    roles: Collection[str],
    now: datetime,
) -> Person:
    """A member of the organisation with these roles. Conflict: a member with this email address is there already."""
    check(actor, "parties.add_person", relations(actor, organisation))
    owner = session.get(Organisation, organisation)
    if owner is None:
        raise Invalid("there is no such organisation", where="/organisation")
    if not roles or not set(roles) <= set(ROLES):
        raise Invalid(f"roles are some of {', '.join(ROLES)}", where="/roles")
    for role in roles:
        if ROLES[role] not in owner.roles:
            raise Invalid(f"{role} is a role in a {ROLES[role]}, which this organisation is not", where="/roles")
    if not everywhere(actor, "parties.add_person") and not set(roles) <= actor.roles:
        raise Forbidden("nobody hands out a role that they do not have themselves")
    if email and session.scalar(select(Person.id).where(Person.organisation_id == organisation, Person.email == email)):
        raise Conflict("this organisation has a member with this email address already")
    person = Person(id=new_id("per"), organisation_id=organisation, name=name, email=email or None, created_at=now)
    session.add(person)
    session.flush()
    session.add_all(
        Membership(person_id=person.id, organisation_id=organisation, role=role) for role in sorted(set(roles))
    )
    session.flush()
    detail: dict[str, Json] = {"organisation": organisation, "roles": sorted(set(roles))}
    journal.record(session, actor, "person_added", person.id, detail, now=now)
    return person


def get_organisation(session: Reading, actor: Actor, organisation: str) -> Organisation:
    row = session.get(Organisation, organisation)
    check(actor, "parties.read", relations(actor, organisation) if row else ())
    if row is None:
        raise NotFound(NOTHING)
    return row


def get_site(session: Reading, actor: Actor, site: str) -> Site:
    row = session.get(Site, site)
    check(actor, "parties.read", relations(actor, row.organisation_id) if row else ())
    if row is None:
        raise NotFound(NOTHING)
    return row


def get_person(session: Reading, actor: Actor, person: str) -> Person:
    row = session.get(Person, person)
    own = relations(actor, row.organisation_id) if row else ()
    if row is None or not (own or everywhere(actor, "parties.read_people")):
        raise NotFound(NOTHING)  # an auditor sees every organisation, but not who works in it
    check(actor, "parties.read_people", own)
    return row


def person_roles(session: Reading, person: Person) -> list[str]:
    return sorted(roles_of(session, person.id, person.organisation_id))


def organisation_roles(session: Reading, organisation: str) -> frozenset[str]:
    """What an organisation is in this scheme; empty when there is no such organisation."""
    row = session.get(Organisation, organisation)
    return frozenset(row.roles) if row else frozenset()


def accredited(organisation: Organisation, day: date) -> bool:
    """Does its accreditation count on that day? Organisations without one: False."""
    held = organisation.accreditation
    return held is not None and day <= date.fromisoformat(held["expires"])


def relations(actor: Actor, organisation: str) -> tuple[Relation, ...]:
    """How the actor stands to what belongs to that organisation: ("own",) or ()."""
    return ("own",) if actor.organisation == organisation else ()


def _country(code: str, where: str = "/country") -> str:
    if code not in COUNTRIES:
        raise Invalid(f"{code[:10]!r} is not a country code of ISO 3166-1 alpha-2", where=where)
    return code
