"""Signatures: one domain per kind of document, no change unnoticed, and one spelling of a key."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground import signing
from ground.canonical import jcs
from ground.errors import Malformed
from ground.signing import (
    KINDS,
    SeedSigner,
    base58,
    document_message,
    multikey,
    open_document,
    parse_base58,
    parse_hex,
    parse_multikey,
    seal_document,
    verify,
)

SIGNER = SeedSigner.from_seed(bytes(range(32)))
OTHER = SeedSigner.from_seed(bytes(range(1, 33)))
DOCUMENT = {"v": 1, "batch": 7, "name": "é"}


def test_rfc_8032_test_1() -> None:
    signer = SeedSigner.from_seed(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    assert signer.public.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert signer.sign(b"").hex() == (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )


def test_signing_is_deterministic() -> None:
    assert SIGNER.sign(b"x") == SIGNER.sign(b"x")


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_seed_has_32_bytes(size: int) -> None:
    with pytest.raises(Malformed):
        SeedSigner.from_seed(bytes(size))


def test_a_seed_never_shows() -> None:
    assert repr(SIGNER) == f"SeedSigner({SIGNER.kid})"
    assert f"{SIGNER}" == repr(SIGNER)


@given(st.integers(0, 63), st.integers(1, 255))
def test_a_signature_with_any_byte_changed_is_refused(place: int, by: int) -> None:
    signature = bytearray(SIGNER.sign(b"message"))
    signature[place] ^= by
    assert not verify(SIGNER.public, b"message", bytes(signature))


@given(st.binary(max_size=80), st.binary(max_size=80), st.binary(max_size=40))
def test_verify_never_raises(public: bytes, signature: bytes, message: bytes) -> None:
    assert verify(public, message, signature) is False


def test_another_message_or_key_is_refused() -> None:
    signature = SIGNER.sign(b"message")
    assert verify(SIGNER.public, b"message", signature)
    assert not verify(SIGNER.public, b"massage", signature)
    assert not verify(OTHER.public, b"message", signature)


# Documents.


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "keys"])  # that one has `signatures` instead
def test_a_sealed_document_opens_as_its_own_kind_only(kind: str) -> None:
    sealed = seal_document(kind, DOCUMENT, SIGNER)
    assert open_document(kind, sealed, SIGNER.public) == sealed
    assert sealed["kid"] == SIGNER.kid
    for other in KINDS:
        if other != kind:
            with pytest.raises(Malformed):
                open_document(other, sealed, SIGNER.public)


def test_what_is_signed_is_the_tag_and_the_document_without_its_signature() -> None:
    sealed = seal_document("event", DOCUMENT, SIGNER)
    message = b"freemark-event-v1\n" + jcs({**DOCUMENT, "kid": SIGNER.kid})
    assert document_message("event", sealed) == message
    assert verify(SIGNER.public, message, bytes.fromhex(sealed["sig"]))


def test_a_key_set_is_signed_without_its_signatures() -> None:
    assert document_message("keys", {"version": 1, "signatures": [1, 2]}) == b'freemark-keys-v1\n{"version":1}'


@pytest.mark.parametrize(
    "change",
    [
        {"batch": 8},
        {"more": 1},
        {"name": "e\u0301"},
        {"kid": OTHER.kid},
        {"kid": None},
        {"sig": None},
        {"sig": "00" * 64},
        {"sig": "zz" * 64},
    ],
)
def test_a_changed_document_is_refused(change: dict[str, Any]) -> None:
    sealed = seal_document("event", DOCUMENT, SIGNER)
    with pytest.raises(Malformed):
        open_document("event", {**sealed, **change}, SIGNER.public, "/leaf")


@pytest.mark.parametrize("left_out", ["kid", "sig", "batch"])
def test_a_document_with_a_part_left_out_is_refused(left_out: str) -> None:
    sealed = {key: value for key, value in seal_document("event", DOCUMENT, SIGNER).items() if key != left_out}
    with pytest.raises(Malformed):
        open_document("event", sealed, SIGNER.public)


def test_the_signature_in_capitals_is_refused() -> None:
    sealed = seal_document("event", DOCUMENT, SIGNER)
    with pytest.raises(Malformed):
        open_document("event", {**sealed, "sig": sealed["sig"].upper()}, SIGNER.public)


def test_a_document_of_another_key_is_refused() -> None:
    with pytest.raises(Malformed):
        open_document("event", seal_document("event", DOCUMENT, OTHER), SIGNER.public)


@pytest.mark.parametrize("value", [None, [], "text", 7])
def test_only_an_object_is_a_document(value: Any) -> None:
    with pytest.raises(Malformed):
        open_document("event", value, SIGNER.public)


def test_nothing_is_sealed_twice_and_no_unknown_kind_at_all() -> None:
    with pytest.raises(ValueError, match="already"):
        seal_document("event", seal_document("event", DOCUMENT, SIGNER), SIGNER)
    with pytest.raises(ValueError, match="unknown kind"):
        seal_document("label", DOCUMENT, SIGNER)


# Keys and hex.


@given(st.binary(max_size=40))
def test_base58_goes_there_and_back(data: bytes) -> None:
    assert parse_base58(base58(data)) == data


@pytest.mark.parametrize("text", ["0", "O", "I", "l", "a b", "é"])
def test_what_is_no_base58_symbol_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        parse_base58(text)


def test_a_multikey_is_read_back() -> None:
    assert SIGNER.kid.startswith("z6Mk")
    assert parse_multikey(SIGNER.kid) == SIGNER.public


@pytest.mark.parametrize(
    "text",
    [
        "",
        "z",
        None,
        7,
        SIGNER.kid[1:],
        "u" + SIGNER.kid[1:],
        "z1" + SIGNER.kid[1:],
        SIGNER.kid + "1",
        SIGNER.kid[:-1],
        "z" + "1" * 100_000,
        "z" + base58(b"\xec\x01" + SIGNER.public),  # X25519
        "z" + base58(b"\xed\x01" + SIGNER.public + b"\0"),
        multikey(bytes(32)),  # small order
        multikey((1).to_bytes(32, "little")),
        multikey((2**255 - 19).to_bytes(32, "little")),  # not canonical
    ],
)
def test_what_is_not_the_one_spelling_of_a_good_key_is_refused(text: Any) -> None:
    with pytest.raises(Malformed):
        parse_multikey(text, "/kid")


@pytest.mark.parametrize("text", ["", "ab", "AB" * 4, "0x" + "ab" * 3, "ab cd ef", "gg" * 4, "ab" * 5, None, 7])
def test_hex_is_lower_case_and_exactly_as_long_as_it_must_be(text: Any) -> None:
    assert parse_hex("ab" * 4, 4) == b"\xab" * 4
    with pytest.raises(Malformed):
        parse_hex(text, 4)


def test_the_kinds_are_those_of_the_formats_page() -> None:
    assert signing.KINDS == ("event", "manifest", "void", "cautions", "heads", "keys", "report")
