"""`/keys.json`: which public keys there are, for which one purpose, and since when they are not to be trusted.

Owns the format (FORMATS.md 1, "Keys"): `build_keyset` and `open_keyset` side by side. A verifier pins root keys and
never takes them from a bundle; three roots need two signatures, one needs one. Holds no private key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, cast, get_args

from ground.canonical import Json, instant, parse, parse_instant, sha256
from ground.errors import Malformed
from ground.signing import Signer, document_message, multikey, parse_hex, parse_multikey, verify

Purpose = Literal["certificate", "status", "event", "label", "log"]
State = Literal["active", "retired", "compromised"]

MAX_LIFETIME = timedelta(days=90)  # FORMATS.md 1: `expires` at most 90 days ahead
MAX_BYTES = 1 << 20  # 1 MiB is some 4,000 keys


@dataclass(frozen=True)
class Key:
    """One public key. `boundary` is S of FORMATS.md 4: a compromised key's leaves below it still count."""

    kid: str
    public: bytes
    purpose: Purpose
    since: datetime
    until: datetime | None
    state: State
    boundary: int | None = None

    @property
    def hint(self) -> int:
        """Byte 1 of a label payload: the first byte of SHA-256 of the public key."""
        return sha256(self.public)[0]


@dataclass(frozen=True)
class KeySet:
    version: int
    expires: datetime
    keys: Mapping[str, Key]
    document: Mapping[str, Json]
    """The signed document as it was read: what `doc` of a key.* leaf hashes."""

    def find(self, kid: Json, purpose: Purpose) -> Key:
        """The key of that id and purpose. Malformed when it is not listed, or listed for something else."""
        key = self.keys.get(kid) if isinstance(kid, str) else None
        if key is None:
            raise Malformed(f"{str(kid)[:60]!r} is not a listed key")
        if key.purpose != purpose:
            raise Malformed(f"a {key.purpose} key cannot sign for {purpose}")
        return key

    def of(self, purpose: Purpose) -> tuple[Key, ...]:
        return tuple(key for key in self.keys.values() if key.purpose == purpose)

    def fresh(self, now: datetime) -> bool:
        return now < self.expires


def threshold(roots: int) -> int:
    """Signatures needed for that many roots: one of one, two of two or three (FORMATS.md 1)."""
    return roots // 2 + 1


def build_keyset(version: int, expires: datetime, keys: Sequence[Key], roots: Sequence[Signer]) -> dict[str, Json]:
    """The signed keys.json. Keys are listed in the order given."""
    document: dict[str, Json] = {
        "version": version,
        "expires": instant(expires),
        "keys": [_listed(key) for key in keys],
    }
    message = document_message("keys", document)
    return {**document, "signatures": [{"kid": root.kid, "sig": root.sign(message).hex()} for root in roots]}


def _listed(key: Key) -> dict[str, Json]:
    return {
        "kid": key.kid,
        "purpose": key.purpose,
        "from": instant(key.since),
        "until": instant(key.until) if key.until else None,
        "state": key.state,
        "s": key.boundary,
    }


def open_keyset(document: Json, roots: Sequence[bytes], where: str = "/keys") -> KeySet:
    """Check the root signatures and read the keys. Expiry is the caller's question (`KeySet.fresh`): it needs a now.

    roots: the pinned root public keys (1 to 9). Raises Malformed for anything but a keyset signed by their threshold.
    """
    if not isinstance(document, dict) or set(document) != {"version", "expires", "keys", "signatures"}:
        raise Malformed("keys.json has version, expires, keys and signatures", where=where)
    _check_signatures(document, roots, where)
    version, listed = document["version"], document["keys"]
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise Malformed("version is a positive integer", where=f"{where}/version")
    if not isinstance(listed, list):
        raise Malformed("keys is a list", where=f"{where}/keys")
    keys: dict[str, Key] = {}
    for position, entry in enumerate(listed):
        key = _read_key(entry, f"{where}/keys/{position}")
        if key.kid in keys:
            raise Malformed("a key is listed twice", where=f"{where}/keys/{position}")
        keys[key.kid] = key
    return KeySet(version, parse_instant(document["expires"], f"{where}/expires"), keys, document)


def _check_signatures(document: dict[str, Json], roots: Sequence[bytes], where: str) -> None:
    if not roots:
        raise Malformed("no root key is pinned", where=where)
    message = document_message("keys", document)
    by_kid = {multikey(root): root for root in roots}
    signed: set[str] = set()
    signatures = document["signatures"]
    if not isinstance(signatures, list) or len(signatures) > 16:
        raise Malformed("signatures is a short list", where=f"{where}/signatures")
    for entry in signatures:
        if not isinstance(entry, dict) or set(entry) != {"kid", "sig"} or not isinstance(entry["kid"], str):
            raise Malformed("a signature has kid and sig", where=f"{where}/signatures")
        root = by_kid.get(entry["kid"])
        if root is not None and verify(root, message, parse_hex(entry["sig"], 64, f"{where}/signatures")):
            signed.add(entry["kid"])
    needed = threshold(len(by_kid))
    if len(signed) < needed:
        raise Malformed(f"{len(signed)} of {needed} pinned roots signed it", where=f"{where}/signatures")


def _read_key(entry: Json, where: str) -> Key:
    if not isinstance(entry, dict) or set(entry) != {"kid", "purpose", "from", "until", "state", "s"}:
        raise Malformed("a key has kid, purpose, from, until, state and s", where=where)
    public = parse_multikey(entry["kid"], f"{where}/kid")
    if entry["purpose"] not in get_args(Purpose):
        raise Malformed("purpose is certificate, status, event, label or log", where=f"{where}/purpose")
    if entry["state"] not in get_args(State):
        raise Malformed("state is active, retired or compromised", where=f"{where}/state")
    boundary = entry["s"]
    if boundary is not None and (isinstance(boundary, bool) or not isinstance(boundary, int) or boundary < 0):
        raise Malformed("s is a log size or null", where=f"{where}/s")
    if (entry["state"] == "compromised") != (boundary is not None):
        raise Malformed("exactly a compromised key has s", where=f"{where}/s")
    return Key(
        kid=entry["kid"],
        public=public,
        purpose=cast(Purpose, entry["purpose"]),
        since=parse_instant(entry["from"], f"{where}/from"),
        until=None if entry["until"] is None else parse_instant(entry["until"], f"{where}/until"),
        state=cast(State, entry["state"]),
        boundary=boundary,
    )


def parse_keyset(data: bytes, roots: Sequence[bytes]) -> KeySet:
    return open_keyset(parse(data, limit=MAX_BYTES, where="/keys"), roots)
