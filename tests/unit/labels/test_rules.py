"""What an order is entitled to, and every reason to refuse it, with both numbers."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.errors import Conflict, Invalid
from labels.rules import MAX_QUANTITY, Wish, entitle, valid_gtin

NOW = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
GTIN = "09520123456788"


@dataclass(frozen=True)
class Ref:
    id: str
    url: str = "https://s.example/x"
    name: str = "Work shirt"
    gtin: str | None = GTIN
    yearly_units: int = 1000


@dataclass(frozen=True)
class Entry:
    number: str = "4Q7M0ZK1T9X"
    state: str = "active"
    may_mint: bool = True
    reason: str = "The certificate is in force."
    valid_until: datetime = datetime(2027, 6, 1, tzinfo=UTC)
    sites: tuple[Ref, ...] = (Ref("site_a"),)
    products: tuple[Ref, ...] = (Ref("prod_a"), Ref("prod_b", gtin=None, yearly_units=10))
    sell_through_days: int = 180
    spoilage_percent: int = 2


WISH = Wish("site_a", "prod_a", 100, date(2026, 12, 31))


def test_an_order_within_everything_is_granted() -> None:
    granted = entitle(WISH, Entry(), 20, NOW)
    assert (granted.use_by, granted.sell_by) == (date(2026, 12, 31), date(2027, 6, 29))
    assert (granted.quota, granted.left) == (1020, 900)
    assert (granted.site.id, granted.product.id) == ("site_a", "prod_a")


@pytest.mark.parametrize(
    "entry",
    [
        Entry(state="suspended", may_mint=False, reason="The certificate is suspended."),
        Entry(state="remediation", may_mint=False),
        Entry(state="active", may_mint=False, reason="The certificate is not valid yet."),
        Entry(state="suspended", may_mint=True),  # each of the two is enough to refuse
    ],
)
def test_only_an_active_certificate_that_may_mint_gives_labels(entry: Entry) -> None:
    with pytest.raises(Conflict, match=entry.number):
        entitle(WISH, entry, 0, NOW)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"site": "site_b"}, "/site"),
        ({"product": "prod_c"}, "/product"),
        ({"quantity": 0}, "/quantity"),
        ({"quantity": -5}, "/quantity"),
        ({"quantity": MAX_QUANTITY + 1}, "/quantity"),
        ({"last_day": date(2026, 5, 31)}, "/last_day"),
        ({"gtin": "09520123456789"}, "/gtin"),  # a wrong check digit
        ({"gtin": "00012345678905"}, "/gtin"),  # right, but of another product
        ({"gtin": "952012345678"}, "/gtin"),
        ({"product": "prod_b", "gtin": GTIN, "quantity": 1}, "/gtin"),  # the product has none
    ],
)
def test_a_wrong_value_is_refused_with_its_place(changes: dict[str, Any], where: str) -> None:
    with pytest.raises(Invalid) as refusal:
        entitle(replace(WISH, **changes), Entry(), 0, NOW)
    assert refusal.value.where == where


def test_the_refusal_over_the_quota_names_both_numbers() -> None:
    with pytest.raises(Conflict) as refusal:
        entitle(replace(WISH, quantity=21), Entry(), 1000, NOW)
    assert "21 labels are more than the 20 left" in refusal.value.detail
    assert "1020" in refusal.value.detail
    assert entitle(replace(WISH, quantity=20), Entry(), 1000, NOW).left == 0


def test_spoilage_never_rounds_up() -> None:
    assert entitle(replace(WISH, product="prod_b", quantity=10), Entry(), 0, NOW).quota == 10


def test_a_quota_overdrawn_before_leaves_nothing_and_no_negative_number() -> None:
    with pytest.raises(Conflict, match="the 0 left"):
        entitle(WISH, Entry(), 5000, NOW)


def test_the_right_gtin_is_accepted() -> None:
    assert entitle(replace(WISH, gtin=GTIN), Entry(), 0, NOW).product.gtin == GTIN


def test_use_by_is_never_after_the_certificate() -> None:
    """Days end at 24:00: the last one is the last that is over when the certificate is."""
    wish = replace(WISH, last_day=date(2030, 1, 1))
    assert entitle(wish, Entry(), 0, NOW).use_by == date(2027, 5, 31)
    noon = Entry(valid_until=datetime(2027, 6, 1, 12, tzinfo=UTC))
    assert entitle(wish, noon, 0, NOW).use_by == date(2027, 5, 31)


def test_today_is_a_last_day_and_a_certificate_that_ends_today_gives_none() -> None:
    assert entitle(replace(WISH, last_day=NOW.date()), Entry(), 0, NOW).use_by == NOW.date()
    with pytest.raises(Conflict, match="ends today"):
        entitle(WISH, Entry(valid_until=NOW + timedelta(hours=3)), 0, NOW)


@given(st.integers(1, 2000), st.integers(0, 2000))
def test_nothing_granted_goes_over_the_quota(quantity: int, already: int) -> None:
    try:
        granted = entitle(replace(WISH, quantity=quantity), Entry(), already, NOW)
    except Conflict:
        assert quantity + already > 1020
    else:
        assert quantity + already <= granted.quota == 1020


@pytest.mark.parametrize(
    ("gtin", "valid"),
    [(GTIN, True), ("00012345678905", True), ("09520123456789", False), ("0952012345678", False), ("", False),
     ("０9520123456788", False), ("0952012345678x", False)],
)  # fmt: skip
def test_check_digits(gtin: str, valid: bool) -> None:
    assert valid_gtin(gtin) is valid
