"""Auditors' own keys: enrolled with a proof that the private half is there, revoked, and asked for at submission.

Owns who may sign a report. The private half never comes here: it is made and stays on the auditor's machine. A key that
was revoked keeps what it signed before, and can never be enrolled again, by anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select

from audits import signed
from audits.relations import ENROL, OWN, READ_KEYS, REVOKE
from audits.tables import AuditorKeyRow
from ground import access, journal
from ground.access import Actor, Relation
from ground.canonical import Json, instant
from ground.database import Reading, Writing, lock
from ground.errors import Conflict, Invalid, NotFound
from ground.ids import new_id
from ground.signing import parse_multikey


def enrol_key(session: Writing, actor: Actor, kid: str, sig: str, *, now: datetime) -> dict[str, Json]:
    """The actor's own key from now on. kid: the public key as a multikey; sig: hex, over `signed.claim_message`.

    Malformed for what is no Ed25519 key; Invalid when the signature does not prove it; Conflict when the actor has an
    active key, or the key was enrolled before.
    """
    access.check(actor, ENROL, OWN)
    parse_multikey(kid, "/kid")
    if not signed.claims(actor.person, kid, sig):
        raise Invalid(
            f"the signature does not prove that {actor.person} has the private half of this key: "
            f"freemark auditor claim {actor.person} --key FILE",
            where="/sig",
        )
    lock(session, f"auditor_key {actor.person}")
    active = active_key(session, actor.person)
    if active is not None:
        raise Conflict(f"{active.id} is enrolled for you; revoke it before you enrol another", where="/kid")
    if session.scalar(select(AuditorKeyRow.id).where(AuditorKeyRow.kid == kid)) is not None:
        raise Conflict("this key was enrolled before; make a new one", where="/kid")
    key = AuditorKeyRow(
        id=new_id("key"), person_id=actor.person, organisation_id=actor.organisation, kid=kid, enrolled_at=now
    )
    session.add(key)
    session.flush()
    journal.record(session, actor, "auditor_key_enrolled", key.id, {"person": key.person_id, "kid": kid}, now=now)
    return view(key)


def revoke_key(session: Writing, actor: Actor, key_id: str, *, now: datetime) -> dict[str, Json]:
    """From now on it signs nothing. By its person, or a scheme manager. Conflict when it was revoked."""
    key = session.get(AuditorKeyRow, key_id, with_for_update=True)
    relations: tuple[Relation, ...] = OWN if key is not None and key.person_id == actor.person else ()
    access.check(actor, REVOKE, relations)
    if key is None:
        raise NotFound("there is no such key")
    if key.revoked_at is not None:
        raise Conflict(f"{key.id} was revoked at {instant(key.revoked_at)}")
    key.revoked_at, key.revoked_by = now, actor.person
    session.flush()
    journal.record(session, actor, "auditor_key_revoked", key.id, {"person": key.person_id}, now=now)
    return view(key)


def visible_keys(actor: Actor) -> Select[AuditorKeyRow]:
    """The keys of one's own firm; deciders and scheme managers see all."""
    access.check(actor, READ_KEYS, OWN)
    query = select(AuditorKeyRow)
    if access.everywhere(actor, READ_KEYS):
        return query
    return query.where(AuditorKeyRow.organisation_id == actor.organisation)


def active_key(session: Reading, person: str) -> AuditorKeyRow | None:
    query = select(AuditorKeyRow).where(AuditorKeyRow.person_id == person, AuditorKeyRow.revoked_at.is_(None))
    return session.scalar(query)


def check_signature(
    session: Reading, document: dict[str, Json], kid: str, sig: str, team: Sequence[str]
) -> dict[str, Json]:
    """{"person", "kid", "sig"} of a signature that counts: of an active key of somebody on the team, over exactly this
    document. Invalid when the signature does not hold, Conflict when the key may not sign."""
    key = session.scalar(select(AuditorKeyRow).where(AuditorKeyRow.kid == kid))
    if key is None or key.person_id not in team:
        raise Conflict("this key is of nobody on the team", where="/signature/kid")
    if key.revoked_at is not None:
        raise Conflict(f"{key.id} was revoked at {instant(key.revoked_at)}", where="/signature/kid")
    if not signed.holds(document, kid, sig):
        raise Invalid("the signature is not this key's over the prepared report", where="/signature/sig")
    return {"person": key.person_id, "kid": kid, "sig": sig}


def view(key: AuditorKeyRow) -> dict[str, Json]:
    return {
        "id": key.id,
        "person": key.person_id,
        "organisation": key.organisation_id,
        "kid": key.kid,
        "enrolled_at": instant(key.enrolled_at),
        "revoked_at": instant(key.revoked_at) if key.revoked_at else None,
    }
