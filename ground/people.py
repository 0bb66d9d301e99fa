"""The same human under several memberships: one row per organisation, so that neither organisation learns of the other.

Owns how rows are known to be one human, for every act that takes two people or somebody from outside: by the address to
which their mail goes. Whoever acts under two addresses is not recognised; names are not compared, because many people
share one. Only answers; refusing is the business of the act.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from ground.access import Actor
from ground.auth import Membership
from ground.database import Reading
from ground.parties import Person


def same(session: Reading, person: str) -> frozenset[str]:
    """The ids of this human, the given one among them."""
    return frozenset((person, *session.scalars(select(Person.id).where(_is(person)))))


def organisations(session: Reading, ids: Collection[str]) -> frozenset[str]:
    """Every organisation to which these ids belong, in whatever role."""
    homes = session.scalars(select(Person.organisation_id).where(Person.id.in_(ids)))
    memberships = session.scalars(select(Membership.organisation_id).where(Membership.person_id.in_(ids)))
    return frozenset((*homes, *memberships))


def works_for(session: Reading, actor: Actor, organisation: str) -> bool:
    """Under this token, or under any other membership of the same human: whoever wears two hats has one head."""
    if actor.organisation == organisation:
        return True
    mine = select(Person.id).where(_is(actor.person))
    member = select(Membership.person_id).where(Membership.organisation_id == organisation)
    query = mine.where(or_(Person.organisation_id == organisation, Person.id.in_(member)))
    return session.scalar(query.limit(1)) is not None


def is_own(actor: Actor, organisation: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """`works_for` as a condition on a column with an organisation's id, for lists."""
    mine = select(Person.id).where(_is(actor.person))
    homes = select(Person.organisation_id).where(Person.id.in_(mine))
    memberships = select(Membership.organisation_id).where(Membership.person_id.in_(mine))
    return or_(organisation == actor.organisation, organisation.in_(homes), organisation.in_(memberships))


def _is(person: str) -> ColumnElement[bool]:
    """Of this id, or of the same address; without an address (NULL is like nothing) of this id alone."""
    address = select(func.lower(Person.email)).where(Person.id == person).scalar_subquery()
    return or_(Person.id == person, func.lower(Person.email) == address)
