"""Ed25519 with one acceptance rule and one domain tag per kind of document.

Owns: what a valid signature is (`verify`), how our signed JSON documents are sealed and opened (`seal_document`,
`open_document`), and the multikey spelling of public keys. Never touches a file: private keys live in
`ground.keyring`. PyNaCl does the arithmetic; the rule around it is ours, so that server, command line and browser
agree on hostile signatures too (FORMATS.md 5, last paragraphs).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from nacl import bindings
from nacl.exceptions import BadSignatureError

from ground.canonical import Json, jcs
from ground.errors import Malformed

KINDS = ("event", "manifest", "void", "cautions", "heads", "keys", "report")
"""Signed JSON of ours; each has the domain tag "freemark-<kind>-v1\\n" (FORMATS.md, opening paragraph)."""

ORDER = 2**252 + 27742317777372353535851937790883648493  # L of RFC 8032
FIELD = 2**255 - 19
MULTICODEC_ED25519 = b"\xed\x01"
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

# The y coordinates of the eight points of small order; with either sign bit they are refused as A and as R
# (Ed25519 RFC 8032; "Taming the many EdDSAs", table 1). Encodings with y >= p fail the canonical check first.
_SMALL_ORDER_Y = frozenset(
    (
        0,
        1,
        FIELD - 1,
        2707385501144840649318225287225658788936804267575313519463743609750303402022,
        55188659117513257062467267217118295137698188065244968500265048394206261417927,
    )
)


class Signer(Protocol):
    """Something that signs with one key: `ground.keyring.PrivateKey`, or a test's."""

    @property
    def kid(self) -> str: ...

    def sign(self, message: bytes) -> bytes: ...


@dataclass(frozen=True)
class SeedSigner:
    """An Ed25519 key from its 32-byte seed. The seed never shows in repr, log or error."""

    public: bytes
    _secret: bytes

    @classmethod
    def from_seed(cls, seed: bytes) -> SeedSigner:
        if len(seed) != 32:
            raise Malformed("a key seed has 32 bytes")
        public, secret = bindings.crypto_sign_seed_keypair(seed)
        return cls(public=public, _secret=secret)

    @property
    def kid(self) -> str:
        return multikey(self.public)

    def sign(self, message: bytes) -> bytes:
        """64 bytes, deterministic (RFC 8032): the same message gives the same signature on every retry."""
        return bindings.crypto_sign(message, self._secret)[:64]

    def __repr__(self) -> str:
        return f"SeedSigner({self.kid})"


def acceptable_point(encoded: bytes) -> bool:
    """Canonical (y < p) and not of small order. Asked of A and of R, before any arithmetic."""
    y = int.from_bytes(encoded, "little") & (2**255 - 1)
    return y < FIELD and y not in _SMALL_ORDER_Y


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """The acceptance rule: cofactorless, canonical R and S, small-order A and R refused. Never raises."""
    if len(signature) != 64 or len(public) != 32:
        return False
    if int.from_bytes(signature[32:], "little") >= ORDER:
        return False
    if not (acceptable_point(public) and acceptable_point(signature[:32])):
        return False
    try:
        bindings.crypto_sign_open(signature + message, public)
    except (BadSignatureError, ValueError, TypeError):
        return False
    return True


def base58(data: bytes) -> str:
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = ALPHABET[rest] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def parse_base58(text: str) -> bytes:
    number = 0
    for symbol in text:
        value = ALPHABET.find(symbol)
        if value < 0:
            raise Malformed(f"{symbol!r} is not a base58 symbol")
        number = number * 58 + value
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def multikey(public: bytes) -> str:
    """`z` + base58btc(0xed01 || 32 bytes): our key ids everywhere (`kid`)."""
    return "z" + base58(MULTICODEC_ED25519 + public)


def parse_multikey(text: Json, where: str = "") -> bytes:
    """The 32 public bytes. Malformed for anything but a canonical Ed25519 multikey of an acceptable point."""
    if not isinstance(text, str) or not text.startswith("z") or len(text) > 60:
        raise Malformed("not a multikey", where=where)
    data = parse_base58(text[1:])
    if len(data) != 34 or data[:2] != MULTICODEC_ED25519 or multikey(data[2:]) != text:
        raise Malformed("not an Ed25519 multikey", where=where)
    if not acceptable_point(data[2:]):
        raise Malformed("a key of small order", where=where)
    return data[2:]


def document_message(kind: str, document: dict[str, Json]) -> bytes:
    """What is signed: the kind's tag, then JCS of the document without `sig` (or, for keys, without `signatures`)."""
    if kind not in KINDS:
        raise ValueError(f"unknown kind of document {kind!r}")
    without = "signatures" if kind == "keys" else "sig"
    body = {key: value for key, value in document.items() if key != without}
    return f"freemark-{kind}-v1\n".encode() + jcs(body)


def seal_document(kind: str, document: dict[str, Json], signer: Signer) -> dict[str, Json]:
    """The document with `kid` and hex `sig`. It must not carry either yet."""
    if "kid" in document or "sig" in document:
        raise ValueError("already sealed")
    body = {**document, "kid": signer.kid}
    return {**body, "sig": signer.sign(document_message(kind, body)).hex()}


def open_document(kind: str, document: Json, public: bytes, where: str = "") -> dict[str, Json]:
    """The document if `public` signed it as this kind; Malformed otherwise (one error for every kind of forgery)."""
    if not isinstance(document, dict):
        raise Malformed(f"a {kind} document is a JSON object", where=where)
    if document.get("kid") != multikey(public):
        raise Malformed(f"the {kind} document names another key", where=where)
    if not verify(public, document_message(kind, document), parse_hex(document.get("sig"), 64, where)):
        raise Malformed(f"the signature of the {kind} document does not hold", where=where)
    return document


def parse_hex(text: Json, size: int, where: str = "") -> bytes:
    """`size` bytes from lower-case hex, exactly."""
    if not isinstance(text, str) or len(text) != 2 * size or text.strip("0123456789abcdef"):
        raise Malformed(f"not {size} bytes in lower-case hex", where=where)
    return bytes.fromhex(text)
