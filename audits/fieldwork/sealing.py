"""Sealed files on the server: the certification bodies' public keys, and bytes that nobody here can open.

Owns enrolling and retiring keys, and keeping sealed files. A file is taken only from the team of its audit, only in the
sealed format, only for a key in use; it is given out only to the deciders of the body it is sealed to. A decider makes
the key offline (`freemark sealed keygen`), and auditors hold the key they are shown against the one the body told them.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime

from sqlalchemy import select

from audits import readings
from audits.fieldwork import boxes
from audits.fieldwork.relations import ENROL, SEAL, audit_of, key_of, sealed_of
from audits.fieldwork.tables import SealedFileRow, SealingKeyRow
from audits.fieldwork.views import key_view, sealed_view
from ground import access, journal
from ground.access import Actor
from ground.canonical import Json, sha256
from ground.database import Reading, Writing, lock
from ground.errors import Conflict, Forbidden, FreemarkError, Invalid, Malformed
from ground.ids import new_id
from ground.parties import organisation_roles, relations
from ground.world import World

MOST_TEXT = -(-boxes.MOST_SEALED // 3) * 4  # of base64


def enrol_key(session: Writing, actor: Actor, text: str, *, now: datetime) -> dict[str, Json]:
    """Enrol the public half of a key for the actor's own certification body. Conflict when it is anybody's already."""
    access.check(actor, ENROL, relations(actor, actor.organisation))
    if "certification_body" not in organisation_roles(session, actor.organisation):
        raise Forbidden("only a certification body enrols sealing keys")
    try:
        boxes.parse_key(text, "/key")
    except Malformed as error:
        raise Invalid(error.detail, where="/key") from error
    lock(session, "sealing keys")
    if session.scalar(select(SealingKeyRow.id).where(SealingKeyRow.key == text)):
        raise Conflict("this key is enrolled already; make another with `freemark sealed keygen`")
    row = SealingKeyRow(
        id=new_id("key"), organisation_id=actor.organisation, key=text, enrolled_at=now, enrolled_by=actor.person
    )
    session.add(row)
    session.flush()
    journal.record(session, actor, "sealing_key_enrolled", row.id, {"key": text}, now=now)
    return key_view(row)


def retire_key(session: Writing, actor: Actor, key: str, *, now: datetime) -> dict[str, Json]:
    """Take a key out of use: nothing more is sealed to it. What was sealed to it still opens with its private half."""
    row = key_of(session, actor, key)
    if row.retired_at is not None:
        raise Conflict(f"{row.id} was retired on {row.retired_at.date()}")
    row.retired_at = now
    session.flush()
    journal.record(session, actor, "sealing_key_retired", row.id, {}, now=now)
    return key_view(row)


def decode(text: str) -> bytes:
    """The sealed file of a request. Invalid for anything but base64 of a whole sealed file."""
    try:
        data = base64.b64decode(text, validate=True)
        if base64.b64encode(data).decode() != text:
            raise Malformed("is not base64 in its one spelling")
        boxes.addressee(data)
    except (binascii.Error, ValueError) as error:
        raise Invalid("is not base64", where="/sealed") from error
    except Malformed as error:
        raise Invalid(error.detail, where="/sealed") from error
    return data


def keep(world: World, actor: Actor, audit_id: str, data: bytes) -> None:
    """Put the bytes where files are kept, before any transaction begins, if the actor may file them.

    Does nothing otherwise: `file_sealed` says why.
    """
    with world.db.read() as session:
        try:
            _key_for(session, actor, audit_id, data)
        except FreemarkError:
            return
    world.files.put(data)


def file_sealed(session: Writing, actor: Actor, audit_id: str, data: bytes, *, now: datetime) -> dict[str, Json]:
    """Enter a sealed file that was kept. The same bytes twice are one file.

    Invalid when nobody's key is named in it; Conflict for a key that was retired.
    """
    key = _key_for(session, actor, audit_id, data)
    name = sha256(data).hex()
    lock(session, f"sealed {audit_id}")
    query = select(SealedFileRow).where(SealedFileRow.audit_id == audit_id, SealedFileRow.sha256 == name)
    row = session.scalar(query)
    if row is None:
        row = SealedFileRow(
            id=new_id("sld"),
            audit_id=audit_id,
            organisation_id=key.organisation_id,
            key_id=key.id,
            sha256=name,
            size=len(data),
            filed_at=now,
            filed_by=actor.person,
        )
        session.add(row)
        session.flush()
        journal.record(session, actor, "sealed_filed", row.id, {"audit": audit_id, "key": key.id}, now=now)
    return sealed_view(row)


def fetch(world: World, actor: Actor, sealed: str) -> bytes:
    """The bytes, for a decider of the body they are sealed to. NotFound for everybody else, and for damaged bytes.

    Who fetched them is written down first; Unavailable when that cannot be done.
    """
    with world.db.read() as session:
        row = sealed_of(session, actor, sealed)
    readings.record(world, actor, "sealed_read", row.id, {"audit": row.audit_id})
    return world.files.read(row.sha256)


def _key_for(session: Reading, actor: Actor, audit_id: str, data: bytes) -> SealingKeyRow:
    """The key in use that the bytes are sealed to, if the actor may file them for this audit."""
    audit_of(session, actor, SEAL, audit_id)
    text = boxes.key_text(boxes.addressee(data))
    key = session.scalar(select(SealingKeyRow).where(SealingKeyRow.key == text))
    if key is None:
        raise Invalid(f"sealed to {text}, which no certification body has enrolled", where="/sealed")
    if key.retired_at is not None:
        raise Conflict(f"sealed to {key.id}, which was retired on {key.retired_at.date()}; seal it to a key in use")
    return key
