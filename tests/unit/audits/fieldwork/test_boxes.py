"""Sealed files: what goes in comes out with the key, and with nothing else; no other bytes are a sealed file."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits.fieldwork import boxes
from ground.errors import Malformed, TooLarge
from ground.signing import SeedSigner

PRIVATE, OTHER = bytes([7]) * 32, bytes([8]) * 32
PUBLIC = boxes.public_of(PRIVATE)
SEALED = boxes.seal(b"what was said", PUBLIC)


@settings(max_examples=30)
@given(st.binary(max_size=9000))
def test_what_was_sealed_comes_out(plain: bytes) -> None:
    sealed = boxes.seal(plain, PUBLIC)
    assert boxes.addressee(sealed) == PUBLIC
    assert boxes.unseal(sealed, PRIVATE) == plain


def test_the_length_does_not_tell_an_alert_from_a_log() -> None:
    assert len(boxes.seal(b"", PUBLIC)) == len(boxes.seal(b"x" * (boxes.BLOCK - 1), PUBLIC)) == len(SEALED)
    assert b"what was said" not in SEALED
    assert boxes.seal(b"what was said", PUBLIC) != SEALED


def test_the_largest_file_fits_and_one_more_byte_does_not() -> None:
    largest = boxes.seal(bytes(boxes.MOST_PLAIN), PUBLIC)
    assert len(largest) == boxes.MOST_SEALED < 1024 * 1024
    assert boxes.unseal(largest, PRIVATE) == bytes(boxes.MOST_PLAIN)
    with pytest.raises(TooLarge):
        boxes.seal(bytes(boxes.MOST_PLAIN + 1), PUBLIC)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"PK\x03\x04" + bytes(5000), id="a spreadsheet"),
        pytest.param(SEALED[:-1], id="cut off"),
        pytest.param(SEALED + b"\n", id="something behind it"),
        pytest.param(SEALED[: boxes.OVERHEAD], id="header only"),
        pytest.param(SEALED.replace(b"v1", b"v2", 1), id="another version"),
        pytest.param(b"\xef\xbb\xbf" + SEALED, id="a byte order mark"),
        pytest.param(boxes.MAGIC + bytes(32) + SEALED[len(boxes.MAGIC) + 32 :], id="a key of small order"),
        pytest.param(SEALED + bytes(boxes.MOST_SEALED), id="too long"),
    ],
)
def test_what_is_no_sealed_file(bad: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        boxes.addressee(bad, "FILE")
    assert caught.value.where == "FILE"


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(Malformed, match="another key"):
        boxes.unseal(SEALED, OTHER)
    readdressed = boxes.MAGIC + boxes.public_of(OTHER) + SEALED[len(boxes.MAGIC) + 32 :]
    with pytest.raises(Malformed, match="does not open"):
        boxes.unseal(readdressed, OTHER)


@pytest.mark.parametrize("place", [60, 100, 2000, len(SEALED) - 1])
def test_a_changed_byte_is_noticed(place: int) -> None:
    changed = SEALED[:place] + bytes([SEALED[place] ^ 1]) + SEALED[place + 1 :]
    with pytest.raises(Malformed, match="changed"):
        boxes.unseal(changed, PRIVATE)


def test_a_box_that_somebody_else_padded_is_malformed() -> None:
    from nacl.public import PublicKey, SealedBox

    unpadded = boxes.MAGIC + PUBLIC + bytes(SealedBox(PublicKey(PUBLIC)).encrypt(bytes(boxes.BLOCK)))
    with pytest.raises(Malformed):
        boxes.unseal(unpadded, PRIVATE)


def test_a_key_has_one_spelling() -> None:
    text = boxes.key_text(PUBLIC)
    assert text.startswith("z6LS")
    assert boxes.parse_key(text) == PUBLIC


@pytest.mark.parametrize(
    "text",
    [None, 7, "", "z", "z6LS", "z0", PUBLIC.hex(), boxes.key_text(PUBLIC) + "1", boxes.key_text(PUBLIC)[:-1],
     "z" + "1" * 70, boxes.key_text(bytes(32)), SeedSigner.from_seed(PRIVATE).kid],
)  # fmt: skip
def test_what_is_no_sealing_key(text: object) -> None:
    with pytest.raises(Malformed) as caught:
        boxes.parse_key(text, "--to")
    assert caught.value.where == "--to"
