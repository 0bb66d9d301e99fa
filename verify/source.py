"""Where the scan server's bundle comes from: the shelf, and nothing else.

Owns reading the published files into one container, noticing that the shelf has changed, and the answer to "is this
item inside its batch", which only the holder of the scan key can give. Every scan asks the system for one file's time
stamp; what is read is kept in memory, and only changed files are read and checked again. Never asks the database. What
cannot be read is absent, so the verdict says that it cannot confirm; it is never an error of the server.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from certify.checkpoint import encode_proof
from certify.merkle import Tree
from ground.canonical import Json, jcs, parse, sha256
from ground.errors import FreemarkError, Malformed
from ground.keyset import KeySet
from ground.shelf import Shelf
from labels import manifest
from labels.payload import Label, Typed
from verify.bundle import STATUS_PURPOSES, Bundle, empty_document, open_bundle, write_bundle
from verify.codes import Membership

log = logging.getLogger("freemark.verify")

MAX_FILE = 64 << 20  # the heads of 10,000 certificates are 1 MB; a void list of a million items some 15 MB
ATTEMPTS = 3  # at reading while somebody publishes; then the next scan tries again
LOG = "log"  # the folder of the log's files on the shelf (FORMATS.md 4)
JSON_ENDING = ".json"

Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class _Member:
    """The key and count of one batch, as far as the signed manifest of this hash commits to them."""

    manifest: str
    key: bytes
    count: int


class Source:
    """The current bundle of one shelf. Safe to share between threads.

    roots: the pinned root keys. scan_private: gives the private key of the scan server, asked when a batch is first
    seen; it may raise Unavailable.
    """

    def __init__(self, shelf: Shelf, roots: Sequence[bytes], scan_private: Callable[[], bytes]) -> None:
        self._shelf = shelf
        self._roots = tuple(roots)
        self._scan_private = scan_private
        self._lock = threading.Lock()
        self._revision_file = os.fspath(shelf.root / "revision")
        self._stamp: Stamp | None = None
        self._bundle = self._nothing()
        self._whole = False  # whether _bundle was read from a finished set
        self._files: dict[str, tuple[tuple[int, int], Json]] = {}
        self._members: dict[int, _Member] = {}
        self._newest_keys = 0
        self._written: tuple[Bundle | None, bytes] = (None, b"")

    def current(self) -> Bundle:
        """The bundle of the shelf as it is now: from memory, unless something was published since."""
        stamp = self._look()
        if stamp is None or stamp != self._stamp:
            with self._lock:
                if stamp is None or stamp != self._stamp:
                    self._refresh(stamp)
        return self._bundle

    def bundle_bytes(self) -> bytes:
        """The container of the current bundle, deterministic: what `/bundle.json` answers."""
        bundle = self.current()
        if self._written[0] is not bundle:
            self._written = (bundle, write_bundle(bundle.document))
        return self._written[1]

    def membership(self, label: Label | Typed) -> Membership:
        """Whether the item lies inside its batch's count; unknown for a batch that is not there or does not open."""
        sealed = self._bundle.manifests.get(label.batch)
        if sealed is None:
            return "unknown"
        member = self._members.get(label.batch)
        if member is None or member.manifest != sealed.hash:
            member = self._open_member(sealed.manifest, sealed.hash)
            if member is None:
                return "unknown"
            self._members[label.batch] = member
        return "in" if manifest.membership(member.key, member.count, label.item) else "out"

    # --- noticing ---

    def _look(self) -> Stamp | None:
        """The stamp of the shelf's revision; None when nothing was published yet, or the shelf is away."""
        try:
            found = os.stat(self._revision_file)
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _refresh(self, stamp: Stamp | None) -> None:
        """Read what changed. While somebody publishes, the last finished set stays; a torn one is better than none."""
        try:
            document, finished = self._read_set()
        except (OSError, FreemarkError, ValueError) as error:
            log.error("the shelf cannot be read, and nothing is confirmed: %s", type(error).__name__)
            self._bundle, self._whole, self._stamp = self._nothing(), False, None
            return
        if not finished and self._whole and stamp is not None:
            self._stamp = stamp if self._shelf.revision() % 2 else None
            return
        self._bundle = self._opened(document)
        self._whole, self._stamp = finished, stamp
        for refused in self._bundle.refused:
            log.error("refused %s: %s", refused.where, refused.why)

    def _nothing(self) -> Bundle:
        return open_bundle(empty_document(complete=False), self._roots)

    def _opened(self, document: dict[str, Json]) -> Bundle:
        bundle = open_bundle(document, self._roots, self._bundle)
        if bundle.keys is None:
            return bundle
        if bundle.keys.version < self._newest_keys:
            log.error("keys.json went back from version %d to %d", self._newest_keys, bundle.keys.version)
            return open_bundle({**document, "keys": None}, self._roots)
        self._newest_keys = bundle.keys.version
        if any(key.state == "compromised" for key in bundle.keys.keys.values()):
            document = {**document, "proofs": self._proofs(document, bundle.keys)}
            return open_bundle(document, self._roots)
        return bundle

    # --- reading ---

    def _read_set(self) -> tuple[dict[str, Json], bool]:
        """(the container, whether it is one finished set: the revision was even, and the same before and after)."""
        document = empty_document(complete=False)
        for _ in range(ATTEMPTS):
            before = self._shelf.revision()
            if before % 2 and self._whole:
                return {}, False  # somebody is publishing, and there is a finished set to answer with
            document = self._container()
            after = self._shelf.revision()
            if before == after and not before % 2:
                return document, True
        return {**document, "complete": False}, False

    def _container(self) -> dict[str, Json]:
        seen: dict[str, tuple[tuple[int, int], Json]] = {}
        document = empty_document(complete=True)
        for name in ("keys", "heads", "cautions"):
            document[name] = self._file(f"{name}.json", seen)
        for purpose in STATUS_PURPOSES:
            document["status"][purpose] = self._folder(f"status/{purpose}", seen)
        document["batches"] = self._folder("batches", seen)
        document["void"] = self._folder("void", seen)
        for number, credential in self._folder("certificates", seen).items():
            events = self._file(f"certificates/{number}/events.json", seen)
            listed = events.get("events", {}) if isinstance(events, dict) else events
            document["certificates"][number] = {"credential": credential, "events": listed}
        checkpoint = self._shelf.read(f"{LOG}/checkpoint")
        document["checkpoint"] = checkpoint.decode("utf-8", "replace") if checkpoint is not None else None
        document["complete"] = _all_manifests_there(document)
        self._files = seen
        return document

    def _folder(self, folder: str, seen: dict[str, tuple[tuple[int, int], Json]]) -> dict[str, Json]:
        names = [name for name in self._shelf.list(folder) if name.endswith(JSON_ENDING)]
        found = {name.removesuffix(JSON_ENDING): self._file(f"{folder}/{name}", seen) for name in names}
        return {name: document for name, document in found.items() if document is not None}

    def _file(self, path: str, seen: dict[str, tuple[tuple[int, int], Json]]) -> Json:
        """The document; None when there is no such file; {} when it is no JSON: then its part is refused by name."""
        stat = self._shelf.stat(path)
        if stat is None:
            return None
        known = self._files.get(path)
        if known is None or known[0] != stat:
            data = self._shelf.read(path)
            if data is None:
                return None
            try:
                known = (stat, parse(data, limit=MAX_FILE))
            except Malformed as error:
                log.error("%s on the shelf is not readable: %s", path, error.detail)
                known = (stat, {})
        seen[path] = known
        return known[1]

    # --- what is not simply read ---

    def _proofs(self, document: dict[str, Json], keys: KeySet) -> dict[str, Json]:
        """Inclusion proofs of the leaves that a stolen key makes doubtful (FORMATS.md 4)."""
        stolen = {key.kid for key in keys.keys.values() if key.state == "compromised"}
        proofs: dict[str, Json] = {}
        try:
            batches = {int(name) for name, each in document["batches"].items() if each.get("key") in stolen}
            checkpoint: str = document["checkpoint"] or ""
            size = int(checkpoint.split("\n")[1])
            tree = Tree.from_tiles(size, lambda path: self._shelf.read(f"{LOG}/{path}"))
            for leaf, index in _leaves(document):
                doubtful = leaf["kid"] in stolen or (leaf["t"] == "labels.sealed" and leaf["batch"] in batches)
                if doubtful and index < size:
                    proof = encode_proof(index, tree.inclusion_proof(index), checkpoint)
                    proofs[sha256(jcs(leaf)).hex()] = proof
        except (FreemarkError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            log.error("the proofs of the log cannot all be made: %s", type(error).__name__)
        return proofs

    def _open_member(self, of: manifest.Manifest, hash_: str) -> _Member | None:
        """The batch's key and count. None if the file is away, does not open, or is not what the manifest is about."""
        try:
            sealed = self._shelf.read_private(f"members/{of.batch}")
            if sealed is None:
                return None
            key, count = manifest.open_member(sealed, self._scan_private())
        except (FreemarkError, OSError) as error:
            log.error("the member file of batch %d does not open: %s", of.batch, type(error).__name__)
            return None
        if not manifest.member_fits(of, key, count):
            log.error("the member file of batch %d is not the one that its manifest commits to", of.batch)
            return None
        return _Member(hash_, key, count)


def _all_manifests_there(document: dict[str, Json]) -> bool:
    """Whether every batch that a leaf seals has its manifest: otherwise the set does not know all batches."""
    batches = document["batches"]
    return all(str(leaf.get("batch")) in batches for leaf, _ in _leaves(document) if leaf.get("t") == "labels.sealed")


def _leaves(document: dict[str, Json]) -> Iterator[tuple[dict[str, Json], Json]]:
    """(leaf, index) of all certificates, as far as the files have that shape: nothing here is checked yet."""
    for certificate in document["certificates"].values():
        for event in certificate["events"] if isinstance(certificate["events"], list) else ():
            if isinstance(event, dict) and isinstance(event.get("leaf"), dict):
                yield event["leaf"], event.get("index")
