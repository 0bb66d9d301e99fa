"""The private keys: a folder of files, each readable by its owner only, and an index that holds no secret.

Owns making, loading, rotating and marking keys, and sealing at rest. A key file that is away makes its signer
Unavailable and nothing else, and the signer works again when the file is back: findings land meanwhile.
Root keys live here in demo worlds only; a production keyring knows just their public halves. No secret is in any repr.
"""

from __future__ import annotations

import fcntl
import hmac
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey
from nacl.secret import Aead

from ground.canonical import Json, instant, parse_instant
from ground.errors import Conflict, Invalid, Malformed, NotFound, Unavailable
from ground.files import make_folder, write_atomic
from ground.ids import random_bytes
from ground.keyset import Key, Purpose
from ground.signing import SeedSigner, multikey, parse_multikey

INDEX = "keyring.json"
DEMO_ROOTS = 3  # two of three sign keys.json (FORMATS.md 1)
NONCE = 24  # XChaCha20-Poly1305: random nonces are safe for any number of rows
Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class _Index:
    """keyring.json: which keys there are. `version` grows with every change of them."""

    demo: bool
    version: int
    keys: tuple[Key, ...]
    roots: tuple[bytes, ...]
    scan: bytes


class Keyring:
    """Use `create` once per world and `load` afterwards. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cached_index: tuple[Stamp, _Index] | None = None
        self._cached_secrets: dict[str, tuple[Stamp, bytes]] = {}

    @classmethod
    def create(
        cls,
        folder: Path,
        now: datetime,
        demo: bool = True,
        *,
        roots: Sequence[bytes] = (),
        draw: Callable[[int], bytes] = random_bytes,
    ) -> Keyring:
        """Make one key per purpose, the data key and the scan key; in demo worlds also three root keys.

        roots: the public root keys of a production world, made elsewhere and kept offline.
        draw: where the seeds come from; tests give a function of their own. Conflict when there are keys already.
        """
        if demo == bool(roots):
            raise Invalid(
                "a production keyring needs the public keys of its offline roots; a demo keyring makes its own"
            )
        make_folder(folder)
        keyring = cls(folder)
        with keyring._changing():
            if (folder / INDEX).exists():
                raise Conflict("this folder has a keyring already")
            if demo:
                roots = [keyring._make("root", draw).public for _ in range(DEMO_ROOTS)]
            purposes: tuple[Purpose, ...] = get_args(Purpose)
            keys = [keyring._new_key(purpose, now, draw) for purpose in purposes]
            keyring._write_secret("data", draw(Aead.KEY_SIZE))
            scan = draw(PrivateKey.SIZE)
            keyring._write_secret("scan", scan)
            # Last: a keyring exists when its index does, and then all of it is there.
            keyring._store(_Index(demo, 1, tuple(keys), tuple(roots), bytes(PrivateKey(scan).public_key)))
        return keyring

    @classmethod
    def load(cls, folder: Path) -> Keyring:
        """The keyring of that folder. NotFound when there is none; single absent key files are tolerated."""
        if not (folder / INDEX).exists():
            raise NotFound("there is no keyring here yet")
        keyring = cls(folder)
        keyring._index()
        return keyring

    def __repr__(self) -> str:
        return f"Keyring({str(self._folder)!r})"

    @property
    def demo(self) -> bool:
        return self._index().demo

    @property
    def version(self) -> int:
        """1, and one more with every change of the listed keys: the version of keys.json."""
        return self._index().version

    def signer(self, purpose: Purpose) -> SeedSigner:
        """The active key of that purpose. Unavailable when its file is away: nothing was signed, try again."""
        key = self._active(purpose)
        if key is None:
            raise Unavailable(f"there is no active {purpose} key")
        return self._signer(_file(purpose, key.kid), key.public)

    def roots(self) -> tuple[SeedSigner, ...]:
        """The root keys of a demo world. Unavailable in production: there they are offline, and not here."""
        index = self._index()
        if not index.demo:
            raise Unavailable("the root keys are kept offline")
        return tuple(self._signer(_file("root", multikey(public)), public) for public in index.roots)

    def root_publics(self) -> tuple[bytes, ...]:
        return self._index().roots

    def listed(self) -> tuple[Key, ...]:
        """Every key, in the order of keys.json."""
        return self._index().keys

    def seal(self, plain: bytes, context: str) -> bytes:
        """Encrypt for the database. `context` names table, row and column: moved elsewhere, the value does not open."""
        box = Aead(self._secret("data"))
        return bytes(box.encrypt(plain, context.encode(), random_bytes(NONCE)))

    def open(self, sealed: bytes, context: str) -> bytes:
        """Malformed when the bytes were changed, or sealed under another context or key."""
        try:
            return bytes(Aead(self._secret("data")).decrypt(sealed, context.encode()))
        except (CryptoError, ValueError) as error:
            raise Malformed("the sealed value does not open") from error

    def derived(self, purpose: str) -> bytes:
        """32 bytes that nobody outside this installation can make, the same ones for this purpose each time."""
        return hmac.digest(self._secret("data"), b"freemark-derived-v1\n" + purpose.encode(), "sha256")

    @property
    def scan_public(self) -> bytes:
        """The X25519 key to which batch keys are sealed for the scan server."""
        return self._index().scan

    def scan_private(self) -> bytes:
        """Its private half, in a file of its own: the scan server needs no other key."""
        return self._secret("scan")

    def rotate(self, purpose: Purpose, now: datetime, *, draw: Callable[[int], bytes] = random_bytes) -> Key:
        """A new active key; the old active one is retired and stays listed. Publish keys.json afterwards."""
        with self._changing():
            index = self._index()
            fresh = self._new_key(purpose, now, draw)
            kept = [
                replace(key, state="retired", until=now) if key.purpose == purpose and key.state == "active" else key
                for key in index.keys
            ]
            self._store(replace(index, version=index.version + 1, keys=(*kept, fresh)))
        return fresh

    def compromise(self, kid: str, boundary: int, now: datetime) -> Key:
        """Mark a key as compromised for good. boundary: S of FORMATS.md 4, a log size known from before the theft."""
        with self._changing():
            index = self._index()
            found = next((key for key in index.keys if key.kid == kid), None)
            if found is None:
                raise NotFound(f"{kid} is not a key of this scheme")
            if found.state == "compromised":
                raise Conflict("this key is marked as compromised already")
            marked = replace(found, state="compromised", until=found.until or now, boundary=boundary)
            keys = tuple(marked if key.kid == kid else key for key in index.keys)
            self._store(replace(index, version=index.version + 1, keys=keys))
        return marked

    def _active(self, purpose: Purpose) -> Key | None:
        return next((key for key in self._index().keys if key.purpose == purpose and key.state == "active"), None)

    def _new_key(self, purpose: Purpose, now: datetime, draw: Callable[[int], bytes]) -> Key:
        signer = self._make(purpose, draw)
        return Key(kid=signer.kid, public=signer.public, purpose=purpose, since=now, until=None, state="active")

    def _make(self, purpose: str, draw: Callable[[int], bytes]) -> SeedSigner:
        seed = draw(32)
        signer = SeedSigner.from_seed(seed)
        self._write_secret(_file(purpose, signer.kid), seed)
        return signer

    def _signer(self, name: str, public: bytes) -> SeedSigner:
        signer = SeedSigner.from_seed(self._secret(name))
        if signer.public != public:
            raise Unavailable(f"the key file {name}.key holds another key")
        return signer

    def _write_secret(self, name: str, secret: bytes) -> None:
        write_atomic(self._folder / f"{name}.key", secret.hex().encode() + b"\n")

    def _secret(self, name: str) -> bytes:
        path = self._folder / f"{name}.key"
        try:
            stamp = _stamp(path)  # asked each time: a key that was taken away must stop signing at once
            cached = self._cached_secrets.get(name)
            if cached is None or cached[0] != stamp:
                secret = bytes.fromhex(path.read_text("ascii").strip())
                if len(secret) != 32:
                    raise ValueError("not 32 bytes")
                cached = self._cached_secrets[name] = (stamp, secret)
        except (OSError, ValueError) as error:
            self._cached_secrets.pop(name, None)
            raise Unavailable(f"the key file {name}.key cannot be read now") from error
        return cached[1]

    def _index(self) -> _Index:
        path = self._folder / INDEX
        try:
            stamp = _stamp(path)
            if self._cached_index is None or self._cached_index[0] != stamp:
                self._cached_index = (stamp, _read_index(json.loads(path.read_bytes())))
        except (OSError, ValueError, KeyError, TypeError, Malformed) as error:
            raise Unavailable("the keyring cannot be read now") from error
        return self._cached_index[1]

    def _store(self, index: _Index) -> None:
        document = {
            "demo": index.demo,
            "version": index.version,
            "keys": [_listed(key) for key in index.keys],
            "roots": [multikey(public) for public in index.roots],
            "scan": index.scan.hex(),
        }
        write_atomic(self._folder / INDEX, json.dumps(document, indent=1).encode() + b"\n")

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One change of the keyring at a time, over all processes."""
        handle = os.open(self._folder / "keyring.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _file(purpose: str, kid: str) -> str:
    return f"{purpose}-{kid}"


def _stamp(path: Path) -> Stamp:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def _listed(key: Key) -> dict[str, Json]:
    return {
        "kid": key.kid,
        "purpose": key.purpose,
        "from": instant(key.since),
        "until": instant(key.until) if key.until else None,
        "state": key.state,
        "s": key.boundary,
    }


def _read_index(document: dict[str, Any]) -> _Index:
    keys = tuple(
        Key(
            kid=entry["kid"],
            public=parse_multikey(entry["kid"]),
            purpose=entry["purpose"],
            since=parse_instant(entry["from"]),
            until=parse_instant(entry["until"]) if entry["until"] else None,
            state=entry["state"],
            boundary=entry["s"],
        )
        for entry in document["keys"]
    )
    roots = tuple(parse_multikey(root) for root in document["roots"])
    return _Index(bool(document["demo"]), int(document["version"]), keys, roots, bytes.fromhex(document["scan"]))
