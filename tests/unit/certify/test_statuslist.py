"""Status lists: bits in the W3C's order, every encoder's gzip, no bomb, and only a status key's signature."""

from __future__ import annotations

import base64
import copy
import gzip
import hashlib
import zlib
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.credential import create_proof
from certify.statuslist import BITS, MAX_ENCODED, SIZE, TTL, Bits, build_list, decode, encode, open_list, seal_list
from ground.canonical import jcs
from ground.errors import Malformed
from tests.unit.certify.formats import DAY, DID, T0, URL, key, keyset, shared, signer


def multibase(data: bytes) -> str:
    return "u" + base64.urlsafe_b64encode(data).decode().rstrip("=")


def sealed(indexes: tuple[int, ...] = (0, 94567), purpose: Any = "revocation") -> dict[str, Any]:
    return seal_list(build_list(purpose, 1, indexes, URL, now=T0), signer("status"), T0)


# --- bits -------------------------------------------------------------------------------------------------------------


def test_index_zero_is_the_most_significant_bit_of_byte_zero() -> None:
    assert Bits.of([0]).data[0] == 0x80
    assert Bits.of([7]).data[0] == 0x01
    assert Bits.of([8]).data[:2] == b"\x00\x80"
    assert Bits.of([BITS - 1]).data[-1] == 0x01


@settings(max_examples=30)
@given(st.sets(st.integers(min_value=0, max_value=BITS - 1), max_size=200))
def test_exactly_the_set_bits_are_read_back(indexes: set[int]) -> None:
    bits = decode(encode(Bits.of(indexes)))
    assert {index for index in range(BITS) if bits.bit(index)} == indexes


@pytest.mark.parametrize("index", [-1, BITS, -BITS, 2**40])
def test_an_index_outside_the_list_is_refused(index: int) -> None:
    with pytest.raises(Malformed):
        Bits.of([index])
    with pytest.raises(Malformed):
        Bits.of([]).bit(index)


@pytest.mark.parametrize("size", [0, SIZE - 1, SIZE + 1])
def test_bits_have_exactly_the_size_of_a_list(size: int) -> None:
    with pytest.raises(Malformed):
        Bits(bytes(size))


def test_the_lists_of_both_encoders_and_of_the_recommendation_are_read() -> None:
    vector = shared("vectors/bitstring.json")
    assert decode(vector["specExample"]["encodedList"]) == Bits.of(vector["specExample"]["setIndexes"])
    assert len(vector["lists"]) == 6
    for case in vector["lists"]:
        expected = Bits.of(case["setIndexes"])
        assert decode(case["encodedListPython"]) == decode(case["encodedListDigitalBazaar"]) == expected
        assert decode(encode(expected)) == expected


def test_the_same_bits_give_the_same_text_without_a_time_in_it() -> None:
    text = encode(Bits.of([5]))
    assert text == encode(Bits.of([5]))
    head = base64.urlsafe_b64decode(text[1:] + "=" * (-len(text[1:]) % 4))[:10]
    assert head == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"


def test_sizes_are_those_that_the_page_promises() -> None:
    assert len(encode(Bits.of([]))) == 69
    assert len(encode(Bits.of(range(0, BITS, 131)))) < 4000
    hardest = b"".join(hashlib.sha256(bytes([i % 256, i // 256])).digest() for i in range(SIZE // 32))
    assert len(encode(Bits(hardest))) < MAX_ENCODED


def plain(size: int) -> bytes:
    return gzip.compress(bytes(size), mtime=0)


DEFECTS: dict[str, Any] = {
    "no multibase": encode(Bits.of([]))[1:],
    "another multibase": "z" + encode(Bits.of([]))[1:],
    "padding": encode(Bits.of([])) + "==",
    "plain base64": "u" + base64.b64encode(b"\xff\xef\xfe").decode(),
    "not text": 5,
    "nothing": "",
    "only u": "u",
    "a symbol too many": encode(Bits.of([]))[:-3],
    "not gzip": multibase(b"hello world"),
    "zlib, not gzip": multibase(zlib.compress(bytes(SIZE))),
    "one byte short": multibase(plain(SIZE - 1)),
    "one byte long": multibase(plain(SIZE + 1)),
    "twice as long": multibase(plain(2 * SIZE)),
    "a bomb of 30 MB": multibase(plain(30_000_000)),
    "empty": multibase(plain(0)),
    "cut": multibase(plain(SIZE)[:-1]),
    "cut in the middle": multibase(plain(SIZE)[:20]),
    "wrong checksum": multibase(plain(SIZE)[:-8] + b"\0\0\0\1" + plain(SIZE)[-4:]),
    "something behind it": multibase(plain(SIZE) + b"x"),
    "two members": multibase(plain(SIZE) + plain(SIZE)),
    "longer than 64 KiB": "u" + "A" * MAX_ENCODED,
    "stray bits at the end": encode(Bits.of([]))[:-1] + "B",
    "a line break": encode(Bits.of([])) + "\n",
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_spoiled_list_is_refused(defect: str) -> None:
    with pytest.raises(Malformed):
        decode(DEFECTS[defect])


def test_a_bomb_is_not_inflated(monkeypatch: pytest.MonkeyPatch) -> None:
    """The inflater is asked for one byte more than a list has, and for nothing after that."""
    asked: list[int] = []
    real = zlib.decompressobj

    class Watched:
        def __init__(self, wbits: int) -> None:
            self.inner = real(wbits=wbits)

        def decompress(self, data: bytes, most: int) -> bytes:
            asked.append(most)
            return self.inner.decompress(data, most)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

    monkeypatch.setattr(zlib, "decompressobj", Watched)
    with pytest.raises(Malformed):
        decode(DEFECTS["a bomb of 30 MB"])
    assert asked == [SIZE + 1]


# --- the credential around it -----------------------------------------------------------------------------------------


def test_a_list_is_signed_and_read_back() -> None:
    document = sealed()
    assert document["id"] == f"{URL}/status/revocation/1"
    assert document["issuer"] == DID
    assert document["type"] == ["VerifiableCredential", "BitstringStatusListCredential"]
    assert document["credentialSubject"]["id"] == f"{URL}/status/revocation/1#list"
    assert document["credentialSubject"]["ttl"] == TTL == 900_000
    found = open_list(document, keyset(), "revocation")
    assert (found.purpose, found.url) == ("revocation", f"{URL}/status/revocation/1")
    assert (found.valid_from, found.valid_until) == (T0, T0 + timedelta(hours=48))
    assert (found.bit(94567), found.bit(0), found.bit(1)) == (True, True, False)


def test_the_lifetime_is_an_argument() -> None:
    document = build_list("suspension", 2, [], URL, now=T0, lifetime=timedelta(hours=1))
    assert (document["validUntil"], document["id"]) == ("2026-03-02T10:00:00Z", f"{URL}/status/suspension/2")


def test_a_list_of_the_other_purpose_is_refused() -> None:
    with pytest.raises(Malformed, match="suspension"):
        open_list(sealed(), keyset(), "suspension")


def test_only_a_status_key_of_the_issuer_signs_lists() -> None:
    for name in ("certificate", "event", "label", "log", "root", "stranger"):
        document = seal_list(build_list("revocation", 1, [], URL, now=T0), signer(name), T0)
        with pytest.raises(Malformed, match=r"cannot sign|not a listed"):
            open_list(document, keyset(), "revocation")
    with pytest.raises(Malformed, match="compromised"):
        open_list(sealed(), keyset(key("status", "compromised", boundary=9)), "revocation")
    unsigned = build_list("revocation", 1, [], URL, now=T0)
    with pytest.raises(Malformed, match="proof"):
        open_list(unsigned, keyset(), "revocation")
    elsewhere = create_proof(unsigned, signer("status"), "did:web:evil.example", T0)
    with pytest.raises(Malformed, match="issuer"):
        open_list(elsewhere, keyset(), "revocation")


def test_a_cleared_bit_breaks_the_signature() -> None:
    document = copy.deepcopy(sealed())
    document["credentialSubject"]["encodedList"] = encode(Bits.of([]))
    with pytest.raises(Malformed, match="does not hold"):
        open_list(document, keyset(), "revocation")


SUBJECT = build_list("revocation", 1, [3], URL, now=T0)["credentialSubject"]
SIGNED_BUT_WRONG: dict[str, dict[str, Any]] = {
    "more contexts": {"@context": ["https://www.w3.org/ns/credentials/v2", "https://evil.example"]},
    "another type": {"type": ["VerifiableCredential"]},
    "another host": {"id": "https://evil.example/status/revocation/1"},
    "the other list's URL": {"id": f"{URL}/status/suspension/1"},
    "a shard of zero": {"id": f"{URL}/status/revocation/0"},
    "no shard": {"id": f"{URL}/status/revocation"},
    "an id that is no text": {"id": 7},
    "an end before its beginning": {"validUntil": "2026-03-02T08:00:00Z"},
    "no end": {"validUntil": None},
    "a name more": {"name": "x"},
    "a subject that is a list": {"credentialSubject": [SUBJECT]},
    "a subject with a key more": {"credentialSubject": {**SUBJECT, "statusSize": 1}},
    "a subject of another type": {"credentialSubject": {**SUBJECT, "type": "StatusList2021"}},
    "a subject with another id": {"credentialSubject": {**SUBJECT, "id": f"{URL}/status/revocation/2#list"}},
    "another purpose inside": {"credentialSubject": {**SUBJECT, "statusPurpose": "message"}},
    "a ttl of days": {"credentialSubject": {**SUBJECT, "ttl": 86_400_000}},
    "a ttl of nothing": {"credentialSubject": {**SUBJECT, "ttl": 0}},
    "a ttl that is no integer": {"credentialSubject": {**SUBJECT, "ttl": True}},
    "a list that is too short": {"credentialSubject": {**SUBJECT, "encodedList": multibase(plain(SIZE // 2))}},
}


@pytest.mark.parametrize("defect", SIGNED_BUT_WRONG)
def test_a_signature_does_not_make_a_wrong_list_right(defect: str) -> None:
    document = {**build_list("revocation", 1, [3], URL, now=T0), **SIGNED_BUT_WRONG[defect]}
    with pytest.raises(Malformed):
        open_list(create_proof(document, signer("status"), DID, T0), keyset(), "revocation")


@given(
    st.recursive(st.none() | st.integers() | st.text(), lambda each: st.lists(each) | st.dictionaries(st.text(), each))
)
def test_any_json_at_all_is_refused_as_malformed_and_nothing_else(value: Any) -> None:
    document = sealed()
    for spoiled in (value, {**document, "proof": value}, {**document, "credentialSubject": value}):
        with pytest.raises(Malformed):
            open_list(spoiled, keyset(), "revocation")


def test_an_old_list_still_opens_because_freshness_is_the_callers_question() -> None:
    assert open_list(sealed(), keyset(), "revocation").valid_until < T0 + 5 * DAY
    assert len(jcs(sealed())) < 1200
