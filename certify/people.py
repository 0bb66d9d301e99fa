"""The same human under several memberships: one row per organisation, so that neither organisation learns of the other.

Owns how two rows are known to be one human, for the few acts that take two people: by the address to which their mail
goes. Whoever acts under two addresses is not recognised; names are not compared, because many people share one.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select

from ground.auth import Membership
from ground.database import Reading
from ground.parties import Person


def same(session: Reading, person: str) -> frozenset[str]:
    """The ids of this human, the given one among them."""
    address = session.scalar(select(Person.email).where(Person.id == person))
    if not address:
        return frozenset((person,))
    query = select(Person.id).where(func.lower(Person.email) == address.lower())
    return frozenset((person, *session.scalars(query)))


def organisations(session: Reading, ids: Collection[str]) -> frozenset[str]:
    """Every organisation to which these ids belong, in whatever role."""
    homes = session.scalars(select(Person.organisation_id).where(Person.id.in_(ids)))
    memberships = session.scalars(select(Membership.organisation_id).where(Membership.person_id.in_(ids)))
    return frozenset((*homes, *memberships))
