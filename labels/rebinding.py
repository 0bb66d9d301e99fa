"""Goods whose label turned red wrongly: after an appeal won, two people bind a batch to the successor certificate.

Owns the two steps, `ask` and `confirm`, and the leaf `labels.rebound`, by which every verifier judges the batch from
then on. There is no way back to the revoked certificate, and nobody can do it alone: it turns red into green.
"""

from __future__ import annotations

from datetime import datetime

from certify import log, register
from certify.events import Draft
from ground import access, journal, outbox, people
from ground.access import Actor, Grant
from ground.canonical import Json, instant, nfc
from ground.database import Reading, Writing, lock
from ground.errors import Conflict, Forbidden, Invalid, NotFound
from ground.keyring import Keyring
from ground.parties import KNOWN
from labels.service import LOCK
from labels.tables import Batch, LabelOrder, Rebinding

REBIND = "labels.rebind"

access.register(*(Grant(REBIND, role, "any") for role in ("decider", "scheme_manager")))


def ask(session: Writing, actor: Actor, number: int, successor: str, reason: str, *, now: datetime) -> dict[str, Json]:
    """The first person's word. It changes nothing yet; asked again before it is confirmed, it replaces the first.

    NotFound: no such batch, or certificate. Conflict: its certificate was not revoked wrongly, or the successor cannot
    answer for it.
    """
    access.check(actor, REBIND, KNOWN)
    lock(session, LOCK)
    batch = _batch(session, number)
    _check_outside(session, actor, batch)
    _check(session, batch, successor, now)
    row = session.get(Rebinding, number)
    if row is not None and row.confirmed_at is not None:
        raise Conflict(f"batch {number} is bound to {row.successor} since {instant(row.confirmed_at)}")
    if row is None:
        row = Rebinding(batch=number)
        session.add(row)
    row.certificate, row.successor, row.reason = batch.certificate, successor, nfc(reason)
    row.asked_by, row.asked_for, row.asked_at = actor.person, actor.organisation, now
    session.flush()
    journal.record(session, actor, "labels.ask_rebinding", str(number), {"successor": successor}, now=now)
    return view(row)


def confirm(session: Writing, keyring: Keyring, actor: Actor, number: int, *, now: datetime) -> dict[str, Json]:
    """The second person's word, of another organisation: the leaf is written, and the batch is judged anew.

    Forbidden for the first person or a colleague, under any membership of either. Unavailable, and nothing is changed,
    while the event key is away.
    """
    access.check(actor, REBIND, KNOWN)
    lock(session, LOCK)
    row = session.get(Rebinding, number)
    if row is None:
        raise NotFound("nobody asked to bind this batch to another certificate")
    if row.confirmed_at is not None:
        raise Conflict(f"batch {number} is bound to {row.successor} since {instant(row.confirmed_at)}")
    _check_apart(session, actor, row)
    _check_outside(session, actor, _batch(session, number))
    lock(session, "log")  # so that no suspension can come between the successor's standing and our leaf
    _check(session, _batch(session, number), row.successor, now)
    row.confirmed_by, row.confirmed_for, row.confirmed_at = actor.person, actor.organisation, now
    leaf = Draft("labels.rebound", at=now, cert=row.certificate, batch=number, next=row.successor)
    log.append(session, keyring, leaf, now=now)
    journal.record(session, actor, "labels.rebind", str(number), {"successor": row.successor}, now=now)
    outbox.record(session, "batch_rebound", str(number), now=now, batch=str(number))
    return view(row)


def view(row: Rebinding) -> dict[str, Json]:
    return {
        "batch": row.batch,
        "certificate": row.certificate,
        "successor": row.successor,
        "reason": row.reason,
        "asked_by": row.asked_by,
        "asked_at": instant(row.asked_at),
        "confirmed_by": row.confirmed_by,
        "confirmed_at": instant(row.confirmed_at) if row.confirmed_at else None,
    }


def _batch(session: Reading, number: int) -> Batch:
    batch = session.get(Batch, number)
    if batch is None or batch.sealed_at is None:
        raise NotFound("there is no such sealed batch")
    return batch


def _check_outside(session: Reading, actor: Actor, batch: Batch) -> None:
    if people.works_for(session, actor, session.get_one(LabelOrder, batch.order_id).organisation_id):
        raise Forbidden("nobody of the holder's own house binds its labels to another certificate")


def _check_apart(session: Reading, actor: Actor, row: Rebinding) -> None:
    """Compared is the human, with every organisation of theirs."""
    mine = people.same(session, actor.person)
    theirs = people.organisations(session, people.same(session, row.asked_by)) | {row.asked_for}
    if row.asked_by in mine or not theirs.isdisjoint(people.organisations(session, mine) | {actor.organisation}):
        raise Forbidden("a person of another organisation than the first confirms it")


def _check(session: Reading, batch: Batch, successor: str, now: datetime) -> None:
    """The batch was sealed under a certificate whose revocation an appeal overturned, and the successor, of the same
    holder, is in force and covers the site and product that stand in the batch's manifest."""
    old, new = register.standing(session, batch.certificate, now), register.standing(session, successor, now)
    if old.state != "revoked" or not register.overturned(session, batch.certificate):
        raise Conflict(
            f"certificate {batch.certificate} of batch {batch.number} is {old.state}; only after an appeal against its "
            "revocation was won can the batch be bound to another"
        )
    if new.organisation != old.organisation:
        raise Invalid(f"certificate {successor} is another holder's", where="/successor")
    if new.state != "active":
        raise Conflict(f"certificate {successor} is {new.state}; it must be in force", where="/successor")
    order = session.get_one(LabelOrder, batch.order_id)
    if order.site_id not in {site.id for site in new.sites}:
        raise Invalid(f"the site of batch {batch.number} is not in the scope of {successor}", where="/successor")
    if not any(product.url == order.product_url for product in new.products):
        raise Invalid(f"the product of batch {batch.number} is not in the scope of {successor}", where="/successor")
