"""Orders, minting, voiding, and what of it is published.

Owns the journey from a holder's wish to a batch that is sealed in the log: `place_order`, `prepare_batch` (all that is
to be signed is stored), `seal_batch` (it is signed), `void_range`, `freeze_orders`, `publish_inside`. Asks the register
whether a certificate may mint at each of these steps, and how large a share of its orders waits in the release check
first; never why. Prints nothing: that is `printing`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from certify import log, register
from certify.events import Draft
from ground import access, journal, outbox
from ground.access import SYSTEM, Actor, Grant
from ground.canonical import Json, digest, instant, jcs_plain
from ground.database import Reading, Writing, lock
from ground.errors import Conflict, Invalid, NotFound
from ground.ids import new_id, random_bytes
from ground.keyring import Keyring
from ground.outbox import Event
from ground.parties import relations
from ground.world import World
from labels import growth, manifest, qr, rules
from labels.payload import BASE, DIGITS, WITH_GTIN
from labels.rules import Wish
from labels.serials import KEY_BYTES, MAX_BATCH, permute_range
from labels.tables import Batch, LabelOrder, VoidDocument, VoidRange, key_context

READ = "labels.read"
READ_FILES = "labels.read_files"
ORDER = "labels.order"
VOID = "labels.void"
UNMINTED = ("accepted", "checking")
LOCK = "labels"  # one writer at a time over quotas, batch numbers and void lists; always taken before the log's

access.register(
    Grant(ORDER, "manager", "own"),
    Grant(READ, "manager", "own"),
    Grant(READ_FILES, "manager", "own"),  # nobody else: whoever has the files can print the labels
    Grant(READ, "scheme_manager", "any"),
    Grant(VOID, "manager", "own"),
    Grant(VOID, "scheme_manager", "any"),  # braking needs one
)


def place_order(session: Writing, actor: Actor, certificate: str, wish: Wish, *, now: datetime) -> LabelOrder:
    """Accept an order against a certificate, or refuse it. Minting follows through the outbox.

    NotFound: the certificate is not the caller's. Conflict: it may not mint, or the quota is used up (both numbers).
    """
    entry = register.standing(session, certificate, now)
    access.check(actor, ORDER, relations(actor, entry.organisation))
    lock(session, LOCK)
    entry = register.standing(session, certificate, now)  # as it is now that no other order can come between
    ceiling = growth.ceiling(session, entry, wish.product, now)
    granted = rules.entitle(wish, entry, _ordered(session, certificate, wish.product), now, ceiling)
    order = LabelOrder(
        id=new_id("ord"),
        organisation_id=entry.organisation,
        certificate=certificate,
        site_id=granted.site.id,
        site_url=granted.site.url,
        product_id=granted.product.id,
        product_url=granted.product.url,
        product_name=granted.product.name,
        gtin=wish.gtin,
        quantity=wish.quantity,
        last_day=wish.last_day,
        use_by=granted.use_by,
        state="accepted",
        placed_by=actor.person,
        placed_at=now,
    )
    session.add(order)
    session.flush()
    detail: dict[str, Json] = {"certificate": certificate, "product": wish.product, "quantity": wish.quantity}
    journal.record(session, actor, ORDER, order.id, detail, now=now)
    outbox.record(session, "order_accepted", order.id, now=now, order=order.id, certificate=certificate)
    return order


def get_order(session: Reading, actor: Actor, order: str, *, action: str = READ) -> tuple[LabelOrder, Batch | None]:
    """The order and its batch, if the actor may see them (or their files). NotFound or Forbidden otherwise."""
    row = session.get(LabelOrder, order)
    access.check(actor, action, relations(actor, row.organisation_id) if row else ())
    if row is None:
        raise NotFound("there is no such order")
    return row, session.scalar(select(Batch).where(Batch.order_id == order))


def _ordered(session: Reading, certificate: str, product: str, leave_out: str = "") -> int:
    """Labels of that product ordered under that certificate. Voided ones count: they were printed all the same."""
    total = session.scalar(
        select(func.coalesce(func.sum(LabelOrder.quantity), 0)).where(
            LabelOrder.certificate == certificate,
            LabelOrder.product_id == product,
            LabelOrder.state != "stopped",
            LabelOrder.id != leave_out,
        )
    )
    return int(total or 0)


def on_order_accepted(world: World, event: Event) -> None:
    prepare_batch(world, event.ids["order"])


def on_batch_prepared(world: World, event: Event) -> None:
    seal_batch(world, int(event.ids["batch"]))


def mint_batch(world: World, order: str) -> int | None:
    """Both steps at once: the number of the sealed batch, or None if the order was stopped."""
    number = prepare_batch(world, order)
    return seal_batch(world, number) if number is not None else None


def prepare_batch(world: World, order: str) -> int | None:
    """Step one: give the order a batch number and a key, and store the manifest that is to be signed.

    Doing it again changes nothing. None: the order waits in the release check, or it is stopped, because the
    certificate may not mint any more.
    """
    with world.db.write() as session:
        lock(session, LOCK)
        row = session.get(LabelOrder, order)
        if row is None:
            raise NotFound(f"there is no order {order}")
        now = world.clock.now()
        if row.state not in UNMINTED:
            return session.scalar(select(Batch.number).where(Batch.order_id == order))
        if row.checked_until is not None and now < row.checked_until:
            return None
        entry = register.standing(session, row.certificate, now)
        wish = Wish(row.site_id, row.product_id, row.quantity, row.last_day, row.gtin)
        try:
            ceiling = growth.ceiling(session, entry, row.product_id, now, order=row)
            already = _ordered(session, row.certificate, row.product_id, order)
            granted = rules.entitle(wish, entry, already, now, ceiling)
        except (Conflict, Invalid) as refusal:
            _stop(session, row, refusal.detail, now)
            return None
        if _checked(session, world, row, now):
            return None
        prefix = world.settings.label_prefix
        qr.version_for(prefix, DIGITS[WITH_GTIN if row.gtin else BASE])  # refused now rather than at the printer
        number = (session.scalar(select(func.max(Batch.number))) or 0) + 1
        if number > MAX_BATCH:
            raise Conflict(f"batch {number} would be beyond the last number there is, {MAX_BATCH}")
        key, label_kid = random_bytes(KEY_BYTES), world.keyring.signer("label").kid
        row.state, row.use_by = "prepared", granted.use_by
        session.add(
            Batch(
                number=number,
                order_id=order,
                organisation_id=row.organisation_id,
                certificate=row.certificate,
                count=row.quantity,
                sealed_key=world.keyring.seal(key, key_context(number)),
                label_kid=label_kid,
                use_by=granted.use_by,
                sell_by=granted.sell_by,
                prefix=prefix,
                document=manifest.build_manifest(
                    batch=number,
                    cert=row.certificate,
                    site=granted.site.url,
                    product=granted.product.url,
                    gtin=row.gtin,
                    use_by=granted.use_by,
                    sell_by=granted.sell_by,
                    label_key=label_kid,
                    key=key,
                    count=row.quantity,
                ),
                prepared_at=now,
            )
        )
        session.flush()
        outbox.record(session, "batch_prepared", str(number), now=now, batch=str(number), order=order)
        return number


def _checked(session: Writing, world: World, order: LabelOrder, now: datetime) -> bool:
    """Ask whether the order waits in the release check now; asked again when a wait is over, and so on.

    All orders under a certificate get the same answer at the same time, and every wait looks the same.
    """
    wait = register.release_check(session, world.settings, world.keyring, order.certificate, now)
    if wait is None:
        return False
    begins = order.placed_at if order.checked_until is None else now
    order.state, order.checked_until = "checking", begins + wait
    session.flush()
    return True


def resume_checked(world: World) -> int:
    """Go on with every order whose release check is over; answers how many were minted. A job."""
    with world.db.read() as session:
        over = select(LabelOrder.id).where(
            LabelOrder.state == "checking", LabelOrder.checked_until <= world.clock.now()
        )
        orders = list(session.scalars(over.order_by(LabelOrder.checked_until, LabelOrder.id)))
    return sum(prepare_batch(world, order) is not None for order in orders)


def seal_batch(world: World, number: int) -> int | None:
    """Step two: sign the stored manifest with the event key and write the leaf labels.sealed, in one transaction.

    The standing is asked again, because it may have changed since. Doing it again changes nothing. None: stopped.
    """
    with world.db.write() as session:
        lock(session, LOCK)
        batch, order = _batch_and_order(session, number)
        now = world.clock.now()
        if batch.sealed_at is not None:
            return number
        if order.state == "stopped":
            return None
        lock(session, "log")  # so that no suspension can come between the standing and our leaf
        entry = register.standing(session, batch.certificate, now)
        try:
            rules.check_standing(entry)
        except Conflict as refusal:
            _stop(session, order, refusal.detail, now)
            return None
        active = world.keyring.signer("label").kid
        if batch.label_kid != active:
            # The label key was changed meanwhile. What is signed is stored first: prepare again, under the new one.
            batch.label_kid, batch.document = active, {**batch.document, "key": active}
            outbox.record(session, "batch_prepared", str(number), now=now, batch=str(number), order=order.id)
            return None
        sealed = manifest.seal_manifest(batch.document, world.keyring.signer("event"))
        batch.manifest, batch.sealed_at, order.state = jcs_plain(sealed).decode(), now, "sealed"
        leaf = Draft("labels.sealed", at=now, cert=batch.certificate, batch=number, doc=digest(sealed))
        log.append(session, world.keyring, leaf, now=now)
        journal.record(session, SYSTEM, "labels.mint", order.id, {"batch": number, "count": batch.count}, now=now)
        outbox.record(session, "batch_sealed", str(number), now=now, batch=str(number), order=order.id)
        return number


def freeze_orders(world: World, event: Event) -> None:
    """A certificate's standing changed: if it may not mint now, its orders that are not minted yet are stopped."""
    certificate = event.ids.get("certificate", event.subject)
    with world.db.write() as session:
        lock(session, LOCK)
        now = world.clock.now()
        entry = register.standing(session, certificate, now)
        try:
            rules.check_standing(entry)
        except Conflict as refusal:
            waiting = select(LabelOrder).where(
                LabelOrder.certificate == certificate, LabelOrder.state.in_((*UNMINTED, "prepared"))
            )
            for order in session.scalars(waiting):
                _stop(session, order, refusal.detail, now)


def _stop(session: Writing, order: LabelOrder, because: str, now: datetime) -> None:
    order.state, order.stopped_because = "stopped", because
    journal.record(session, SYSTEM, "labels.stop", order.id, {"certificate": order.certificate}, now=now)
    session.flush()


def _batch_and_order(session: Reading, number: int) -> tuple[Batch, LabelOrder]:
    batch = session.get(Batch, number)
    order = session.get(LabelOrder, batch.order_id) if batch else None
    if batch is None or order is None:
        raise NotFound(f"there is no batch {number}")
    return batch, order


def batch_key(keyring: Keyring, batch: Batch) -> bytes:
    """K, decrypted. It leaves this house only inside a SealedBox."""
    return keyring.open(batch.sealed_key, key_context(batch.number))


@dataclass(frozen=True)
class VoidWish:
    """Indexes first..last, inclusive, or with None the whole batch; and their items, made before the transaction."""

    span: tuple[int, int] | None
    items: frozenset[int]


def prepare_void(world: World, actor: Actor, number: int, span: tuple[int, int] | None) -> VoidWish:
    """Check the range and compute its items. It takes 6 s for a million labels, so no transaction is held.

    Conflict: the batch is not sealed, or the database is behind the published log, so that nothing may be signed.
    Invalid: out of range, naming both numbers.
    """
    log.guard(world)
    with world.db.read() as session:
        batch = _voidable(session, actor, number)
    if span is None:
        return VoidWish(None, frozenset())
    first, last = span
    if first < 0 or last < first:
        raise Invalid(f"last {last} lies before first {first}", where="/last")
    if last >= batch.count:
        raise Invalid(f"last {last} is beyond {batch.count - 1}, the last label of batch {number}", where="/last")
    return VoidWish(span, frozenset(permute_range(batch_key(world.keyring, batch), range(first, last + 1))))


def void_range(
    session: Writing, keyring: Keyring, actor: Actor, number: int, wish: VoidWish, reason: str, *, now: datetime
) -> dict[str, Json]:
    """Void the labels of `wish`, for good: a new void list, signed, and its leaf. One authorised person is enough.

    Labels that are void already stay so and cost nothing: without any new one, nothing is written.
    """
    lock(session, LOCK)
    batch = _voidable(session, actor, number)
    row = session.get(VoidDocument, number)
    known: dict[str, Json] = json.loads(row.document) if row else {"items": []}
    if "all" in known:
        return _void_view(batch, row)
    before = frozenset(known["items"])
    after = before | wish.items
    if after == before and wish.span is not None:
        return _void_view(batch, row)
    everything = wish.span is None or len(after) == batch.count
    sealed = manifest.seal_void(number, None if everything else after, keyring.signer("event"))
    if row is None:
        row = VoidDocument(batch=number)
        session.add(row)
    row.document, row.hash = jcs_plain(sealed).decode(), digest(sealed)
    row.count, row.changed_at = batch.count if everything else len(after), now
    first, last = wish.span or (0, batch.count - 1)
    session.add(VoidRange(batch=number, first=first, last=last, reason=reason, voided_by=actor.person, voided_at=now))
    leaf = Draft("labels.voided", at=now, cert=batch.certificate, batch=number, doc=row.hash)
    log.append(session, keyring, leaf, now=now)
    journal.record(session, actor, VOID, str(number), {"first": first, "last": last}, now=now)
    outbox.record(session, "batch_voided", str(number), now=now, batch=str(number))
    return _void_view(batch, row)


def _voidable(session: Reading, actor: Actor, number: int) -> Batch:
    batch = session.get(Batch, number)
    access.check(actor, VOID, relations(actor, batch.organisation_id) if batch else ())
    if batch is None:
        raise NotFound("there is no such batch")
    if batch.sealed_at is None:
        raise Conflict(f"batch {number} was never sealed: there is no label of it to void")
    return batch


def _void_view(batch: Batch, row: VoidDocument | None) -> dict[str, Json]:
    if row is None:
        return {"batch": batch.number, "count": batch.count, "void": 0, "list": None, "changed_at": None}
    return {
        "batch": batch.number,
        "count": batch.count,
        "void": row.count,
        "list": row.hash,
        "changed_at": instant(row.changed_at),
    }


def publish_inside(world: World) -> None:
    """Put manifests, void lists and the scan server's member files on the shelf: what is missing or has changed.

    The caller holds `shelf.publishing()`. A member file comes before its manifest and is never made twice: each
    sealing gives other bytes.
    """
    shelf = world.shelf
    published, members = set(shelf.list("batches")), set(shelf.list_private("members"))
    with world.db.read() as session:
        numbers = session.scalars(select(Batch.number).where(Batch.sealed_at.is_not(None)).order_by(Batch.number))
        missing = [n for n in numbers if str(n) not in members or f"{n}.json" not in published]
    for number in missing:
        with world.db.read() as session:
            batch = session.get(Batch, number)
        if batch is None or batch.manifest is None:
            raise Conflict(f"batch {number} vanished from the database")
        if str(number) not in members:
            key = batch_key(world.keyring, batch)
            shelf.write_private(f"members/{number}", manifest.seal_member(key, batch.count, world.keyring.scan_public))
        shelf.write(f"batches/{number}.json", batch.manifest.encode())
    with world.db.read() as session:
        voided = list(session.scalars(select(VoidDocument.batch).order_by(VoidDocument.batch)))
    for number in voided:
        with world.db.read() as session:
            row = session.get(VoidDocument, number)
        if row is not None:
            shelf.write(f"void/{number}.json", row.document.encode())
