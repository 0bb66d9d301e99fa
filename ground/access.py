"""Who may do what: one table of (action, role, relation), filled by each package at import.

Owns `Actor` and `check`. An action is "<package>.<verb>"; reads are "<package>.read...". A relation says how the caller
stands to the thing ("own": it belongs to the caller's organisation, "assigned": the caller works on it).
Pure: it asks no database. The services find the relations and pass them in.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

from ground.errors import Forbidden, NotFound

Relation = Literal["own", "assigned", "any"]
PersonRole = Literal["scheme_manager", "decider", "handler", "auditor", "manager", "agent"]

Scope = Literal["read", "parties", "audits", "certify", "labels"]
SCOPES: tuple[str, ...] = get_args(Scope)
"""What an API token can be made for: "read" for every read, a package's name for its writes."""

ROLES: dict[str, str] = {
    "scheme_manager": "scheme_owner",
    "decider": "certification_body",
    "handler": "scheme_owner",  # the protection handler, who alone says when a silent alert may be told
    "auditor": "audit_firm",
    "manager": "manufacturer",
    "agent": "labour_agent",
}
"""Role of a person -> role that the organisation must have for it."""


@dataclass(frozen=True)
class Actor:
    """Who asks: a person acting for one organisation, with one token. Ids only, never a name."""

    person: str
    organisation: str
    roles: frozenset[str]
    scopes: frozenset[str]
    token: str = ""


SYSTEM = Actor(person="system", organisation="", roles=frozenset({"system"}), scopes=frozenset(SCOPES))
"""The rules and the jobs themselves. Its role is in no membership, so no token can ever carry it."""


@dataclass(frozen=True)
class Grant:
    """People with `role` may do `action` to things to which they stand in `relation`; "any" needs no relation."""

    action: str
    role: str
    relation: Relation


_TABLE: dict[Grant, None] = {}


def register(*grants: Grant) -> None:
    """Add grants to the table. The same grant twice is one grant, so a module may be imported again."""
    for grant in grants:
        if "." not in grant.action:
            raise ValueError(f"{grant.action!r} is not <package>.<verb>")
        if grant.role not in ROLES:
            raise ValueError(f"{grant.role!r} is not a role of a person")
        _TABLE[grant] = None


def table() -> tuple[Grant, ...]:
    """All grants, in the order of registration: what the documentation prints."""
    return tuple(_TABLE)


def check(actor: Actor, action: str, relations: Collection[Relation] = ()) -> None:
    """Return if the actor may do it; else raise.

    relations: how the actor stands to the thing; () for a thing of somebody else.
    NotFound: the caller may not even know that the thing exists (no relation to it, and no role that reads the
    package anywhere). Forbidden: the caller may know, but this role, or this token's scopes, cannot do it.
    """
    if "system" in actor.roles:
        return
    package, _, verb = action.partition(".")
    if _granted(actor, action, relations):
        scope = "read" if _reads(verb) else package
        if scope not in actor.scopes:
            raise Forbidden(f"this token was not made for {scope!r}")
        return
    if not relations and not _granted(actor, f"{package}.read", ()):
        raise NotFound("there is no such thing, or it is not yours to see")
    raise Forbidden(f"your role may not do this ({action})")


def everywhere(actor: Actor, action: str) -> bool:
    """True if the actor may do this to the things of every organisation: what a list shows then is everything."""
    return "system" in actor.roles or _granted(actor, action, ())


def _reads(verb: str) -> bool:
    return verb == "read" or verb.startswith("read_")


def _granted(actor: Actor, action: str, relations: Collection[Relation]) -> bool:
    return any(Grant(action, role, relation) in _TABLE for role in actor.roles for relation in ("any", *relations))
