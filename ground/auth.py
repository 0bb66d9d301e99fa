"""Who may act for which organisation: memberships, and the API tokens that prove it.

A token is 160 random bits, shown once and kept as its SHA-256. Its roles are read from the memberships at every
request, so a role taken away is gone at once. Nobody hands out more than they hold: neither a role nor a scope.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column

from ground import journal
from ground.access import SCOPES, Actor, Grant, Relation, check, everywhere, register
from ground.canonical import sha256
from ground.database import Base, Reading, Writing
from ground.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from ground.ids import crockford, new_id

SECRET_START = "fm_"  # noqa: S105 - no secret: so that secret scanners can find a token that was committed somewhere
SECRET_SYMBOLS = 32  # 160 bits
LONGEST_LIFE = timedelta(days=366)
NOTHING = "there is no such thing, or it is not yours to see"

for _action in ("parties.issue_token", "parties.revoke_token", "parties.read_tokens"):
    register(
        Grant(_action, "scheme_manager", "any"),
        Grant(_action, "manager", "own"),
        Grant(_action, "auditor", "own"),
        Grant(_action, "decider", "own"),
    )


class Membership(Base):
    """This person has this role in this organisation."""

    __tablename__ = "membership"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)


class TokenRow(Base):
    __tablename__ = "token"

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    scopes: Mapped[list[str]]
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)


def roles_of(session: Reading, person: str, organisation: str) -> frozenset[str]:
    """The roles of a person in an organisation; empty if it is no member."""
    return frozenset(
        session.scalars(
            select(Membership.role).where(Membership.person_id == person, Membership.organisation_id == organisation)
        )
    )


def issue_token(
    session: Writing,
    actor: Actor,
    *,
    person: str,
    organisation: str,
    scopes: Collection[str],
    expires: datetime,
    now: datetime,
) -> tuple[TokenRow, str]:
    """A new token and its secret, which nobody can read again.

    NotFound: no such member of that organisation. Invalid: a scope that does not exist, or an expiry that is not within
    LONGEST_LIFE. Forbidden: a scope or a role that the actor does not hold.
    """
    check(actor, "parties.issue_token", _relations(actor, organisation))
    roles = roles_of(session, person, organisation)
    if not roles:
        raise NotFound("this organisation has no such member")
    if not scopes or not set(scopes) <= set(SCOPES):
        raise Invalid(f"scopes are some of {', '.join(SCOPES)}", where="/scopes")
    if not now < expires <= now + LONGEST_LIFE:
        raise Invalid(f"a token ends at most {LONGEST_LIFE.days} days from now", where="/expires")
    if not set(scopes) <= actor.scopes:
        raise Forbidden("your own token does not have all of these scopes")
    if not everywhere(actor, "parties.issue_token") and not roles <= actor.roles:
        raise Forbidden("this member has a role that you do not have yourself")
    secret = SECRET_START + crockford(SECRET_SYMBOLS)
    token = TokenRow(
        id=new_id("tok"),
        person_id=person,
        organisation_id=organisation,
        scopes=sorted(set(scopes)),
        secret_hash=_hash(secret),
        created_at=now,
        expires_at=expires,
    )
    session.add(token)
    session.flush()
    detail = {"person": person, "organisation": organisation, "scopes": token.scopes}
    journal.record(session, actor, "token_issued", token.id, detail, now=now)
    return token, secret


def authenticate(session: Reading, secret: str, now: datetime) -> Actor:
    """Who holds this secret. Unauthenticated for an unknown, expired or revoked one, all in the same words."""
    token = session.scalar(select(TokenRow).where(TokenRow.secret_hash == _hash(secret)))
    if token is None or token.revoked_at is not None or token.expires_at <= now:
        raise Unauthenticated("this token is unknown, has expired or was revoked")
    roles = roles_of(session, token.person_id, token.organisation_id)
    if not roles:
        raise Unauthenticated("this token is unknown, has expired or was revoked")
    return Actor(
        person=token.person_id,
        organisation=token.organisation_id,
        roles=roles,
        scopes=frozenset(token.scopes),
        token=token.id,
    )


def revoke_token(session: Writing, actor: Actor, token_id: str, *, now: datetime) -> TokenRow:
    """The token ends now. Conflict if it was revoked before."""
    token = get_token(session, actor, token_id, action="parties.revoke_token")
    if token.revoked_at is not None:
        raise Conflict("this token was revoked already")
    token.revoked_at = now
    session.flush()
    journal.record(session, actor, "token_revoked", token.id, {}, now=now)
    return token


def get_token(session: Reading, actor: Actor, token_id: str, *, action: str = "parties.read_tokens") -> TokenRow:
    token = session.get(TokenRow, token_id)
    check(actor, action, _relations(actor, token.organisation_id) if token else ())
    if token is None:
        raise NotFound(NOTHING)
    return token


def _relations(actor: Actor, organisation: str) -> tuple[Relation, ...]:
    return ("own",) if actor.organisation == organisation else ()


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogateescape")).hex()
