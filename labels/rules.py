"""What an order of labels is entitled to: standing, scope, quota and days. Pure.

Owns `entitle`, asked when an order is placed and again when it is minted. It sees the register's entry through the
protocols below and never learns why a certificate stands or falls. Every refusal about a number names both numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from ground.canonical import end_of_day
from ground.errors import Conflict, Invalid
from labels.payload import day_number

MAX_QUANTITY = 10_000_000  # LABELS.md 3: the largest run that was measured; more is another order


class SiteRef(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def name(self) -> str: ...


class ProductRef(SiteRef, Protocol):
    @property
    def gtin(self) -> str | None: ...
    @property
    def yearly_units(self) -> int: ...


class Entry(Protocol):
    """What is read of `certify.register.Entry`. reason: a neutral sentence. valid_until: the first instant after."""

    @property
    def number(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def may_mint(self) -> bool: ...
    @property
    def reason(self) -> str: ...
    @property
    def valid_until(self) -> datetime: ...
    @property
    def sites(self) -> Sequence[SiteRef]: ...
    @property
    def products(self) -> Sequence[ProductRef]: ...
    @property
    def sell_through_days(self) -> int: ...
    @property
    def spoilage_percent(self) -> int: ...


@dataclass(frozen=True)
class Wish:
    """site, product: ids of the register's entry. last_day: last day on which the labels are to be put on goods."""

    site: str
    product: str
    quantity: int
    last_day: date
    gtin: str | None = None


@dataclass(frozen=True)
class Entitlement:
    """use_by, sell_by: last days, inclusive. quota: labels of this product in this certificate's period; left: after
    this order."""

    site: SiteRef
    product: ProductRef
    use_by: date
    sell_by: date
    quota: int
    left: int


@dataclass(frozen=True)
class Ceiling:
    """While orders may not grow: at most `most` labels of the product until `until` (the first instant after), of which
    `used` are ordered since `since`. why: what `most` is, in words; reason: the register's neutral sentence."""

    most: int
    used: int
    since: datetime
    until: datetime
    why: str
    reason: str


def entitle(wish: Wish, entry: Entry, already: int, now: datetime, ceiling: Ceiling | None = None) -> Entitlement:
    """What this order gets. already: labels of this product ordered before under this certificate, stopped ones left
    out (nothing was minted for them), voided ones counted. ceiling: while orders may not grow; None while they may.

    Conflict: the certificate may not mint, is about to end, or the quota is used up. Invalid: a value of the order.
    """
    check_standing(entry)
    site = next((site for site in entry.sites if site.id == wish.site), None)
    if site is None:
        raise Invalid(f"this site is not in the scope of certificate {entry.number}", where="/site")
    product = next((product for product in entry.products if product.id == wish.product), None)
    if product is None:
        raise Invalid(f"this product is not in the scope of certificate {entry.number}", where="/product")
    _check_gtin(wish.gtin, product.gtin)
    use_by = _use_by(wish.last_day, entry, now)
    if not 1 <= wish.quantity <= MAX_QUANTITY:
        raise Invalid(f"quantity {wish.quantity} is not between 1 and {MAX_QUANTITY}", where="/quantity")
    quota = product.yearly_units * (100 + entry.spoilage_percent) // 100
    left = quota - already
    if wish.quantity > left:
        raise Conflict(
            f"{wish.quantity} labels are more than the {max(left, 0)} left: the quota is {quota} "
            f"({product.yearly_units} units and {entry.spoilage_percent} % for spoilage), {already} are ordered",
            where="/quantity",
        )
    if ceiling is not None:
        left = min(left, _left_under(ceiling, wish.quantity))
    sell_by = use_by + timedelta(days=entry.sell_through_days)
    return Entitlement(site, product, use_by, sell_by, quota, left - wish.quantity)


def _left_under(ceiling: Ceiling, quantity: int) -> int:
    """How many labels are left before this order; Conflict, with until when, if it wants more."""
    left = max(ceiling.most - ceiling.used, 0)
    if quantity > left:
        last = (ceiling.until - timedelta(seconds=1)).date()
        raise Conflict(
            f"{quantity} labels are more than the {left} left of this product up to and including {last}: "
            f"{ceiling.reason} {ceiling.most} are {ceiling.why}, {ceiling.used} are ordered since "
            f"{ceiling.since.date()}",
            where="/quantity",
        )
    return left


def check_standing(entry: Entry) -> None:
    """Conflict if this certificate may not mint now."""
    if not (entry.may_mint and entry.state == "active"):
        raise Conflict(f"certificate {entry.number} ({entry.state}) gives no new labels now: {entry.reason}")


def _use_by(last_day: date, entry: Entry, now: datetime) -> date:
    today = now.date()
    if last_day < today:
        raise Invalid(f"last_day {last_day} lies before today, {today}", where="/last_day")
    # The last day that is over before the certificate is: days end at 24:00.
    last_certified = (entry.valid_until - timedelta(days=1)).date()
    if last_certified < today:
        raise Conflict(f"certificate {entry.number} ends today, {today}: no label could be put on goods under it")
    assert end_of_day(last_certified) <= entry.valid_until  # noqa: S101 - the rule above, in other words
    use_by = min(last_day, last_certified)
    day_number(use_by)
    return use_by


def _check_gtin(given: str | None, listed: str | None) -> None:
    if given is None:
        return
    if not valid_gtin(given):
        raise Invalid(f"{given[:20]} is not a GTIN: 14 digits, the last one a check digit", where="/gtin")
    if given != listed:
        raise Invalid(f"GTIN {given} is not that of the certified product, {listed or 'which has none'}", where="/gtin")


def valid_gtin(text: str) -> bool:
    """14 digits whose weighted sum (3, 1, 3, ... from the left) is a multiple of ten (GS1 General Specifications)."""
    if len(text) != 14 or not (text.isascii() and text.isdigit()):
        return False
    return sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(text)) % 10 == 0
