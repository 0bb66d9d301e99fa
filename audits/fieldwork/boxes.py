"""Sealed files: bytes that only the certification body can open, made on the auditor's own device.

Pure. A file is `freemark-sealed-v1\\n`, the 32 bytes of the X25519 key it is sealed to, and a libsodium sealed box of
the content, padded to whole blocks so that its length does not tell an alert from a log. The server reads the header
and can read no more. Every fault is Malformed. A key is written as a multikey: z, then base58 of 0xec01 and the key.
"""

from __future__ import annotations

from nacl import bindings
from nacl.exceptions import CryptoError, RuntimeError
from nacl.public import PrivateKey, PublicKey, SealedBox

from ground.canonical import Json
from ground.errors import Malformed, TooLarge
from ground.signing import base58, parse_base58

MAGIC = b"freemark-sealed-v1\n"
MULTICODEC_X25519 = b"\xec\x01"
BLOCK = 4096  # what a sealed box of an alert and one of a small log have in common: their length
OVERHEAD = len(MAGIC) + PublicKey.SIZE + bindings.crypto_box_SEALBYTES
BLOCKS = 170
MOST_SEALED = OVERHEAD + BLOCKS * BLOCK  # bytes: in base64 it fits into a request of 1 MiB
MOST_PLAIN = BLOCKS * BLOCK - 1  # padding adds at least one byte
_PROBE = bytes([1]) * 32


def seal(plain: bytes, to: bytes) -> bytes:
    """The sealed file. to: 32 public bytes, as from `parse_key`. TooLarge for more than MOST_PLAIN bytes."""
    if len(plain) > MOST_PLAIN:
        raise TooLarge(f"{len(plain)} bytes are more than the {MOST_PLAIN} that one sealed file holds")
    box = SealedBox(PublicKey(to)).encrypt(bindings.sodium_pad(plain, BLOCK))
    return MAGIC + to + bytes(box)


def addressee(sealed: bytes, where: str = "") -> bytes:
    """The public key that a sealed file is for. Malformed for bytes that are no sealed file of ours."""
    if not sealed.startswith(MAGIC):
        raise Malformed("is no sealed file: `freemark sealed` makes them", where=where)
    content = len(sealed) - OVERHEAD
    if not BLOCK <= content <= BLOCKS * BLOCK or content % BLOCK:
        raise Malformed(f"a sealed file of {len(sealed)} bytes is cut off, or has something behind it", where=where)
    return check_point(sealed[len(MAGIC) : len(MAGIC) + PublicKey.SIZE], where)


def unseal(sealed: bytes, private: bytes, where: str = "") -> bytes:
    """What was sealed. Malformed for another key, or bytes that were changed."""
    to = addressee(sealed, where)
    if public_of(private) != to:
        raise Malformed(f"is sealed to another key: {key_text(to)}", where=where)
    try:
        padded = SealedBox(PrivateKey(private)).decrypt(sealed[len(MAGIC) + PublicKey.SIZE :])
        plain: bytes = bindings.sodium_unpad(bytes(padded), BLOCK)
    except (CryptoError, ValueError) as error:
        raise Malformed("does not open: its bytes were changed", where=where) from error
    return plain


def public_of(private: bytes) -> bytes:
    return bytes(PrivateKey(private).public_key)


def key_text(public: bytes) -> str:
    return "z" + base58(MULTICODEC_X25519 + public)


def parse_key(text: Json, where: str = "") -> bytes:
    """The 32 public bytes. Malformed for anything but the one spelling of an X25519 key that can be sealed to."""
    if not isinstance(text, str) or not text.startswith("z") or len(text) > 60:
        raise Malformed("is no sealing key, such as `freemark sealed keygen` prints", where=where)
    try:
        data = parse_base58(text[1:])
    except Malformed as error:
        raise Malformed(error.detail, where=where) from error
    if len(data) != 34 or data[:2] != MULTICODEC_X25519 or key_text(data[2:]) != text:
        raise Malformed("is no sealing key (X25519), such as `freemark sealed keygen` prints", where=where)
    return check_point(data[2:], where)


def check_point(public: bytes, where: str = "") -> bytes:
    """The key again. Malformed for a point of small order: what is sealed to it, everybody can open."""
    try:
        bindings.crypto_scalarmult(_PROBE, public)
    except RuntimeError as error:
        raise Malformed("is a key of small order, to which nothing is sealed", where=where) from error
    return public
