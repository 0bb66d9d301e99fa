"""Bitstring Status List 1.0: one bit per certificate, and the signed credential around the list.

Owns the bits (index 0 is the most significant bit of byte 0), their compressed spelling and the list credential
(FORMATS.md 2), encode and decode side by side. Sizes are checked before anything is inflated. Whether a list is still
fresh is the caller's question, because it needs a now.
"""

from __future__ import annotations

import base64
import gzip
import io
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, cast

from certify.proof import create_proof, issuer_did, open_secured
from ground.canonical import Json, instant, parse_instant
from ground.errors import Malformed
from ground.keyset import KeySet
from ground.signing import Signer

ListPurpose = Literal["revocation", "suspension"]

BITS = 131_072  # entries of a list: the smallest the W3C allows, for the crowd that one certificate hides in
SIZE = BITS // 8
MAX_ENCODED = 64 * 1024  # a list of random bits has 22 kB; nothing honest is longer
LIFETIME = timedelta(hours=48)
TTL = 900_000  # milliseconds that a verifier may keep a list before asking again
CONTEXT = ["https://www.w3.org/ns/credentials/v2"]
TYPE = ["VerifiableCredential", "BitstringStatusListCredential"]


@dataclass(frozen=True)
class Bits:
    """131,072 bits, index 0 first: the most significant bit of byte 0."""

    data: bytes

    def __post_init__(self) -> None:
        if len(self.data) != SIZE:
            raise Malformed(f"a status list has {SIZE} bytes")

    @classmethod
    def of(cls, indexes: Iterable[int]) -> Bits:
        """The list in which exactly those indexes are set. Malformed for an index outside 0..131071."""
        data = bytearray(SIZE)
        for index in indexes:
            data[_place(index) >> 3] |= 0x80 >> (index & 7)
        return cls(bytes(data))

    def bit(self, index: int) -> bool:
        return bool(self.data[_place(index) >> 3] & 0x80 >> (index & 7))


def _place(index: int) -> int:
    if not 0 <= index < BITS:  # Python would read -1 as the last byte
        raise Malformed(f"an index from 0 to {BITS - 1}")
    return index


@dataclass(frozen=True)
class StatusList:
    """A list that was read: true for what its status key says between the two instants."""

    purpose: ListPurpose
    url: str
    valid_from: datetime
    valid_until: datetime
    bits: Bits

    def bit(self, index: int) -> bool:
        return self.bits.bit(index)


def encode(bits: Bits) -> str:
    """`u` + base64url without padding of the gzipped bits. The same bits always give the same text."""
    out = io.BytesIO()
    # GzipFile writes the same ten header bytes on every Python; gzip.compress does not.
    with gzip.GzipFile(fileobj=out, mode="wb", filename="", compresslevel=9, mtime=0) as stream:
        stream.write(bits.data)
    return _multibase(out.getvalue())


def _multibase(data: bytes) -> str:
    return "u" + base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode(text: Json, where: str = "") -> Bits:
    """The bits of any encoder's list of exactly 131,072 entries. Malformed for everything else, before it inflates."""
    if not isinstance(text, str) or len(text) > MAX_ENCODED or not re.fullmatch(r"u[A-Za-z0-9_-]+", text, re.ASCII):
        raise Malformed("an encoded list is u and base64url, at most 64 KiB", where=where)
    packed = b"" if len(text) % 4 == 2 else base64.urlsafe_b64decode(text[1:] + "=" * (-len(text[1:]) % 4))
    if _multibase(packed) != text:
        raise Malformed("not canonical base64url without padding", where=where)
    inflater = zlib.decompressobj(wbits=31)  # gzip only: neither zlib nor raw deflate
    try:
        data = inflater.decompress(packed, SIZE + 1)
        ended = inflater.eof
    except zlib.error as error:
        raise Malformed(f"not gzip: {error}", where=where) from error
    if len(data) != SIZE or not ended or inflater.unused_data:
        raise Malformed(f"does not inflate to exactly {SIZE} bytes", where=where)
    return Bits(data)


def list_url(public_url: str, purpose: ListPurpose, shard: int) -> str:
    return f"{public_url}/status/{purpose}/{shard}"


def build_list(
    purpose: ListPurpose,
    shard: int,
    set_indexes: Iterable[int],
    public_url: str,
    *,
    now: datetime,
    lifetime: timedelta = LIFETIME,
) -> dict[str, Json]:
    """The unsigned list credential, valid from `now`. public_url: "https://host[:port]", which gives its issuer."""
    url = list_url(public_url, purpose, shard)
    return {
        "@context": CONTEXT,
        "type": TYPE,
        "id": url,
        "issuer": issuer_did(public_url),
        "validFrom": instant(now),
        "validUntil": instant(now + lifetime),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "encodedList": encode(Bits.of(set_indexes)),
            "ttl": TTL,
        },
    }


def seal_list(document: dict[str, Json], signer: Signer, created: datetime) -> dict[str, Json]:
    """The list with its proof. The signer must be a status key."""
    return create_proof(document, signer, document["issuer"], created)


def open_list(document: Json, keys: KeySet, purpose: ListPurpose, where: str = "/status") -> StatusList:
    """The list, if a listed status key signed it and it is a list of that purpose. Raises Malformed."""
    bare = open_secured(document, keys, "status", where)
    shape = {"@context", "type", "id", "issuer", "validFrom", "validUntil", "credentialSubject"}
    if bare.keys() != shape or bare["@context"] != CONTEXT or bare["type"] != TYPE:
        raise Malformed("not a status list credential of ours", where=where)
    subject, url = bare["credentialSubject"], bare["id"]
    if not isinstance(subject, dict) or subject.keys() != {"id", "type", "statusPurpose", "encodedList", "ttl"}:
        raise Malformed("a list has id, type, statusPurpose, encodedList and ttl", where=f"{where}/credentialSubject")
    if subject["type"] != "BitstringStatusList" or subject["statusPurpose"] != purpose:
        raise Malformed(f"not a {purpose} list", where=f"{where}/credentialSubject")
    if type(subject["ttl"]) is not int or not 0 < subject["ttl"] <= TTL:
        raise Malformed(f"ttl is at most {TTL}", where=f"{where}/credentialSubject/ttl")
    _check_url(cast(str, url), bare, purpose, where)
    valid_from = parse_instant(bare["validFrom"], f"{where}/validFrom")
    valid_until = parse_instant(bare["validUntil"], f"{where}/validUntil")
    if valid_from >= valid_until:
        raise Malformed("validUntil comes after validFrom", where=f"{where}/validUntil")
    bits = decode(subject["encodedList"], f"{where}/credentialSubject/encodedList")
    return StatusList(purpose, url, valid_from, valid_until, bits)


def _check_url(url: Json, bare: dict[str, Json], purpose: ListPurpose, where: str) -> None:
    found = re.fullmatch(rf"(.+)/status/{purpose}/[1-9][0-9]{{0,5}}", url, re.ASCII) if isinstance(url, str) else None
    if found is None or bare["issuer"] != issuer_did(found[1]):
        raise Malformed(f"not the URL of a {purpose} list of its issuer", where=f"{where}/id")
    if bare["credentialSubject"]["id"] != f"{url}#list":
        raise Malformed("the list's own id is its URL and #list", where=f"{where}/credentialSubject/id")
