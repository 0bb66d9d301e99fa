"""While a certificate's orders may not grow: how many labels of a product are left, counted from the orders there are.

Owns the counting. Whether orders may grow, since when, and which months are compared, the register says; why, it does
not say. Every product is compared with itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from certify import register
from certify.register import Entry
from ground.database import Reading
from labels.rules import Ceiling
from labels.tables import LabelOrder


def ceiling(
    session: Reading, entry: Entry, product: str, now: datetime, *, order: LabelOrder | None = None
) -> Ceiling | None:
    """None while orders may grow. order: the one that is about to be minted, which counts as of the day on which it was
    placed: what was ordered before the months that are counted is not taken back."""
    growth = register.growth(session, entry.number, now)
    at = order.placed_at if order is not None else now
    if growth is None or at < growth.since:
        return None
    begins, ends = growth.span(at)
    used = _ordered(session, growth.certificates, product, begins, ends, leave_out=order.id if order else "")
    first = growth.compared_from
    if first is not None:
        most = _ordered(session, growth.certificates, product, first, growth.since)
        why = f"what was ordered from {first.date()} to {growth.since.date()}"
    else:
        most = next((each.yearly_units for each in entry.products if each.id == product), 0)
        why = "the units declared for a year, without any for spoilage"
    return Ceiling(most, used, begins, ends, why, growth.reason)


def _ordered(
    session: Reading, certificates: Sequence[str], product: str, begins: datetime, ends: datetime, leave_out: str = ""
) -> int:
    """Labels of that product ordered in that time, stopped orders left out, voided labels counted."""
    total = session.scalar(
        select(func.coalesce(func.sum(LabelOrder.quantity), 0)).where(
            LabelOrder.certificate.in_(certificates),
            LabelOrder.product_id == product,
            LabelOrder.placed_at >= begins,
            LabelOrder.placed_at < ends,
            LabelOrder.state != "stopped",
            LabelOrder.id != leave_out,
        )
    )
    return int(total or 0)
