"""The rows of labels: orders, batches, voided ranges and the void lists made from them.

Owns shapes and constraints, no behaviour. No row is kept per label: a label is a function of its batch and its index.
Site and product are copied from the register's entry as they were when the order was placed; the batch key is
encrypted for its own row.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ground.canonical import Json
from ground.database import Base
from labels.serials import MAX_BATCH

STATES = ("accepted", "checking", "prepared", "sealed", "ready", "stopped")
"""accepted: waits for minting. checking: waits in the release check. prepared: its batch is stored, not signed.
sealed: in the log. ready: files are there. stopped: the certificate may not mint any more, and nothing was minted."""


class LabelOrder(Base):
    """What a holder asked for, and how far it is. use_by: fixed when the batch is sealed, until then as foreseen."""

    __tablename__ = "label_order"
    __table_args__ = (
        CheckConstraint("state IN ('" + "', '".join(STATES) + "')", name="label_order_state"),
        CheckConstraint("quantity > 0", name="label_order_quantity"),
    )

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(String(24), index=True)
    certificate: Mapped[str] = mapped_column(String(11), index=True)
    site_id: Mapped[str] = mapped_column(String(24))
    site_url: Mapped[str] = mapped_column(String(500))
    product_id: Mapped[str] = mapped_column(String(32))
    product_url: Mapped[str] = mapped_column(String(500))
    product_name: Mapped[str] = mapped_column(String(200))
    gtin: Mapped[str | None] = mapped_column(String(14))
    quantity: Mapped[int]
    last_day: Mapped[date]
    use_by: Mapped[date]
    state: Mapped[str] = mapped_column(String(10))
    stopped_because: Mapped[str] = mapped_column(Text, default="")
    checked_until: Mapped[datetime | None] = mapped_column(default=None, index=True)
    """Of an order in the release check: when that is over."""
    placed_by: Mapped[str] = mapped_column(String(40))
    placed_at: Mapped[datetime]


class Batch(Base):
    """One minted order: numbers 1, 2, 3... A prepared batch whose order was stopped keeps its number, unsealed.

    sealed_key: K, encrypted under the context `key_context(number)`. document: the manifest before it is signed.
    manifest: the signed one, canonical text. chunks: how many files of a thousand labels are written.
    """

    __tablename__ = "label_batch"
    __table_args__ = (CheckConstraint(f"number BETWEEN 1 AND {MAX_BATCH}", name="label_batch_number"),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    order_id: Mapped[str] = mapped_column(ForeignKey("label_order.id"), unique=True)
    organisation_id: Mapped[str] = mapped_column(String(24))
    certificate: Mapped[str] = mapped_column(String(11), index=True)
    count: Mapped[int]
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary)
    label_kid: Mapped[str] = mapped_column(String(60))
    use_by: Mapped[date]
    sell_by: Mapped[date]
    prefix: Mapped[str] = mapped_column(String(100))
    """What stands before the digits: kept, so that every retry and every later picture has the same address."""
    document: Mapped[dict[str, Json]]
    manifest: Mapped[str | None] = mapped_column(Text, default=None)
    prepared_at: Mapped[datetime]
    sealed_at: Mapped[datetime | None] = mapped_column(default=None, index=True)
    chunks: Mapped[int] = mapped_column(default=0)
    ready_at: Mapped[datetime | None] = mapped_column(default=None)


class VoidRange(Base):
    """first and last: indexes, inclusive. reason: for the people of the holder and the scheme, never published."""

    __tablename__ = "label_void_range"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch: Mapped[int] = mapped_column(ForeignKey("label_batch.number"), index=True)
    first: Mapped[int]
    last: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    voided_by: Mapped[str] = mapped_column(String(40))
    voided_at: Mapped[datetime]


class VoidDocument(Base):
    """The newest void list of a batch, signed, canonical text; `hash` is `doc` of its leaf. count: labels on it."""

    __tablename__ = "label_void_list"

    batch: Mapped[int] = mapped_column(ForeignKey("label_batch.number"), primary_key=True, autoincrement=False)
    document: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(String(64))
    count: Mapped[int]
    changed_at: Mapped[datetime]


class Rebinding(Base):
    """A batch that is to be judged by another certificate than the one it was sealed under: two people say so.

    Only after an appeal against the revocation of that one was won. confirmed_at: then it stands in the log, for good.
    """

    __tablename__ = "label_rebinding"

    batch: Mapped[int] = mapped_column(ForeignKey("label_batch.number"), primary_key=True, autoincrement=False)
    certificate: Mapped[str] = mapped_column(String(11))
    successor: Mapped[str] = mapped_column(String(11))
    reason: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(String(40))
    asked_for: Mapped[str] = mapped_column(String(24))
    """The organisation of the person who asked."""
    asked_at: Mapped[datetime]
    confirmed_by: Mapped[str | None] = mapped_column(String(40), default=None)
    confirmed_for: Mapped[str | None] = mapped_column(String(24), default=None)
    confirmed_at: Mapped[datetime | None] = mapped_column(default=None)


def key_context(batch: int) -> str:
    """Under which K is encrypted: in another row it does not open."""
    return f"label_batch:{batch}:sealed_key"
