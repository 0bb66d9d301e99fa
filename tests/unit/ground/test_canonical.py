"""Canonical bytes and strict reading: what two readers could read differently is refused."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground import canonical
from ground.canonical import (
    digest,
    end_of_day,
    instant,
    jcs,
    jcs_plain,
    nfc,
    parse,
    parse_day,
    parse_instant,
    sha256,
)
from ground.errors import Malformed

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = st.text(st.characters(max_codepoint=127))
WHOLE = st.integers(-canonical.SAFE_INTEGER, canonical.SAFE_INTEGER)
SCALARS = st.none() | st.booleans() | WHOLE | TEXT


def documents(keys: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=20
    )


@given(documents(TEXT))
def test_what_is_written_is_read_again(value: Any) -> None:
    data = jcs(value)
    assert parse(data, limit=1_000_000) == value
    assert jcs(parse(data, limit=1_000_000)) == data


@given(documents(KEYS))
def test_the_quick_way_gives_the_same_bytes_for_documents_of_ours(value: Any) -> None:
    assert jcs_plain(value) == jcs(value)


def test_the_quick_way_is_not_for_keys_beyond_ascii() -> None:
    """The negative control: RFC 8785 sorts keys by UTF-16, the C encoder by code point."""
    value = {"\U0001f600": 1, "\ufb33": 2}
    assert jcs_plain(value) != jcs(value)


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), {1: 2}, 2**53, -(2**53), "\ud800", {"\ud800": 1}, b"bytes", date(2026, 1, 1), {1, 2}],
)
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(Malformed):
        jcs(value)


def test_a_bomb_is_refused_and_not_a_crash() -> None:
    deep: Any = []
    for _ in range(10_000):
        deep = [deep]
    with pytest.raises(Malformed):
        jcs(deep)
    with pytest.raises(Malformed):
        parse(b"[" * 10_000 + b"]" * 10_000, limit=100_000)


def test_digest_is_the_hash_of_the_canonical_bytes() -> None:
    assert digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1}) == sha256(b'{"a":2,"b":1}').hex()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"a":1}x',
        b'{"a":1} {"a":1}',
        b"\xef\xbb\xbf{}",
        b"\xff",
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}',
        b'{"a":1,"\\u0061":2}',
        b"1.0",
        b"1e5",
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"9007199254740992",
        b"-9007199254740992",
        b"9" * 5000,
        b'"\\ud800"',
        b'{"\\udfff":1}',
        b'"\xed\xa0\x80"',
        b"'a'",
        b"[1,]",
        b"{'a':1}",
        b"01",
        b'"\n"',
        b"[" * 33 + b"]" * 33,
    ],
)
def test_what_is_not_exactly_one_plain_document_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        parse(data, limit=10_000, where="/x")
    assert caught.value.where == "/x"


def test_json_of_the_standard_library_takes_most_of_that() -> None:
    """The negative control: doubles and NaN are no error there."""
    assert json.loads('{"a":1,"a":2}') == {"a": 2}
    assert json.loads("NaN") != json.loads("NaN")


@pytest.mark.parametrize("data", [b"null", b" 1 ", b'"\\u00e9"', b"-0", b"[" * 31 + b"]" * 31, b"9007199254740991"])
def test_plain_documents_are_read(data: bytes) -> None:
    assert parse(data, limit=100) == json.loads(data)


def test_floats_are_read_only_where_they_are_asked_for() -> None:
    assert parse(b"[1.5, 2]", limit=100, floats=True) == [1.5, 2]
    with pytest.raises(Malformed):
        parse(b"[1.5, 2]", limit=100)
    with pytest.raises(Malformed):
        parse(b"NaN", limit=100, floats=True)


def test_the_limit_is_asked_before_anything_is_read() -> None:
    assert parse(b'"' + b"x" * 98 + b'"', limit=100)
    with pytest.raises(Malformed, match="101 bytes"):
        parse(b"{" * 101, limit=100)


@given(st.binary(max_size=60))
def test_whatever_the_bytes_the_only_error_is_malformed(data: bytes) -> None:
    try:
        value = parse(data, limit=1000)
    except Malformed:
        return
    jcs(value)


# Times.

MOMENTS = st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))


@given(MOMENTS)
def test_an_instant_is_read_back_without_its_fraction(moment: datetime) -> None:
    assert parse_instant(instant(moment)) == moment.replace(microsecond=0)


def test_an_instant_is_utc_and_never_rounded_up() -> None:
    moment = datetime(2026, 6, 1, 9, 59, 59, 999_999, tzinfo=timezone(timedelta(hours=2)))
    assert instant(moment) == "2026-06-01T07:59:59Z"
    with pytest.raises(ValueError, match="zone"):
        instant(datetime(2026, 6, 1))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-06-01",
        "2026-06-01T08:00:00",
        "2026-06-01T08:00:00z",
        "2026-06-01 08:00:00Z",
        "2026-06-01T08:00:00.0Z",
        "2026-06-01T08:00:00+00:00",
        "2026-06-01T24:00:00Z",
        "2026-06-01T08:00:60Z",
        "2026-02-30T08:00:00Z",
        "2026-06-01T08:00:00Z\n",
        " 2026-06-01T08:00:00Z",
        "2026-6-1T8:0:0Z",
        "0000-01-01T00:00:00Z",
        "\u0662\u0660\u0662\u0666-06-01T08:00:00Z",  # Arabic digits: strptime would take them
        "2026-06-1\u0661T08:00:00Z",
        None,
        1780300800,
        True,
        ["2026-06-01T08:00:00Z"],
    ],
)
def test_other_spellings_of_an_instant_are_refused(text: Any) -> None:
    with pytest.raises(Malformed) as caught:
        parse_instant(text, "/at")
    assert caught.value.where == "/at"


@given(st.dates())
def test_a_day_is_read_back(day: date) -> None:
    assert parse_day(day.isoformat()) == day


@pytest.mark.parametrize(
    "text", ["", "2026-6-1", "20260601", "2026-W23-1", "2026-02-30", "2026-06-01\n", "202\u0666-06-01", None, 20260601]
)
def test_other_spellings_of_a_day_are_refused(text: Any) -> None:
    with pytest.raises(Malformed):
        parse_day(text)


def test_a_day_ends_where_the_next_begins() -> None:
    assert end_of_day(date(2026, 12, 31)) == datetime(2027, 1, 1, tzinfo=UTC)


@given(TEXT)
def test_nfc_is_stable(text: str) -> None:
    assert nfc(nfc(text)) == nfc(text)


def test_two_keyboards_give_one_text() -> None:
    assert nfc("e\u0301") == nfc("\u00e9") == "\u00e9"
