"""The bundle: everything a verifier needs offline, opened once, each signature checked once.

Owns the container of FORMATS.md 6 (`/bundle.json`). `open_bundle` trusts the pinned roots and nothing else: keys.json
by the roots, every other part by a key that keys.json lists for just that purpose. A part that does not hold counts as
absent and stands in `refused` with its place. Never looks at the time: what is too old, or over, is the judge's
question. Never fetches, never stores.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from certify.checkpoint import Checkpoint, decode_proof, open_checkpoint
from certify.credential import Scope, open_credential, read_scope
from certify.events import Leaf, fold, open_leaf
from certify.merkle import leaf_hash, verify_inclusion
from certify.statuslist import ListPurpose, StatusList, open_list
from ground.canonical import Json, digest, jcs, jcs_plain, parse, sha256
from ground.crockford import NUMBER_SYMBOLS, holds
from ground.errors import FreemarkError, Malformed
from ground.keyset import Key, KeySet, open_keyset
from labels.manifest import Manifest, VoidList, open_manifest, open_void
from verify.lists import Cautions, Heads, not_stolen, open_cautions, open_heads

VERSION = 1
PARTS = (
    "v", "complete", "keys", "status", "heads", "cautions", "certificates", "batches", "void", "checkpoint", "proofs",
)  # fmt: skip
MAX_BYTES = 128 << 20  # 10,000 certificates of some 10 kB; beyond that bundles come in packs (FORMATS.md 6)
MAX_CERTIFICATES = 20_000
MAX_BATCHES = 1_000_000
MAX_LEAVES = 20_000  # of one certificate: a batch a day and its voids, over 20 years
MAX_TEXT = 64 << 10  # a checkpoint or a proof; both have some 500 bytes
STATUS_PURPOSES: tuple[ListPurpose, ...] = ("revocation", "suspension")
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)  # for asking whether a chain is legal, which does not depend on the time

T = TypeVar("T")


@dataclass(frozen=True)
class Refused:
    """A part that counts as absent: its place in the container (a JSON pointer), and why."""

    where: str
    why: str


@dataclass(frozen=True)
class Credential:
    """An opened credential. hash: `doc` of its cert.issued leaf. issuer: who signed; scheme: whose mark it is."""

    scope: Scope
    scheme: str
    issuer: str
    hash: str


@dataclass(frozen=True)
class Chain:
    """The leaves of one certificate from seq 0 on, as far as they hold; `broken` says why they end there, if they do.

    places: hash of a leaf -> its index in the log, as the container says. proven: the same, where an inclusion proof
    to the bundle's checkpoint holds.
    """

    leaves: tuple[Leaf, ...]
    places: Mapping[str, int]
    proven: Mapping[str, int]
    broken: Refused | None = None


@dataclass(frozen=True)
class Certificate:
    number: str
    credential: Credential | None
    chain: Chain


@dataclass(frozen=True)
class Sealed:
    """A manifest or a void list with its hash, which is worked out once."""

    hash: str


@dataclass(frozen=True)
class SealedManifest(Sealed):
    manifest: Manifest


@dataclass(frozen=True)
class SealedVoid(Sealed):
    void: VoidList


@dataclass(frozen=True)
class Bundle:
    """An opened bundle. `document` is the container that it came from; `memo` belongs to the judge."""

    document: Mapping[str, Json]
    complete: bool
    keys: KeySet | None
    label_keys: Mapping[int, tuple[Key, ...]]
    status: Mapping[str, StatusList]
    heads: Heads | None
    cautions: Cautions | None
    certificates: Mapping[str, Certificate]
    manifests: Mapping[int, SealedManifest]
    void: Mapping[int, SealedVoid]
    checkpoint: Checkpoint | None
    refused: tuple[Refused, ...]
    memo: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)
    opened: Mapping[str, tuple[object, object]] = field(default_factory=dict, compare=False, repr=False)


def parse_bundle(data: bytes, roots: Sequence[bytes]) -> Bundle:
    """The bundle of a file or an answer. Malformed when it is no such container at all."""
    return open_bundle(parse(data, limit=MAX_BYTES), roots)


def write_bundle(document: Mapping[str, Json]) -> bytes:
    """The bytes of a container: the same document gives the same bytes."""
    return jcs_plain(dict(document))


def empty_document(*, complete: bool) -> dict[str, Json]:
    """A container without parts, to be filled."""
    document: dict[str, Json] = {name: {} for name in ("certificates", "batches", "void", "proofs")}
    absent = dict.fromkeys(("keys", "heads", "cautions", "checkpoint"))
    status: dict[str, Json] = {purpose: {} for purpose in STATUS_PURPOSES}
    return {"v": VERSION, "complete": complete, "status": status, **document, **absent}


def open_bundle(document: Json, roots: Sequence[bytes], previous: Bundle | None = None) -> Bundle:
    """Check every signature once, in the order of trust: roots, keys, then the parts that the keys signed.

    roots: the pinned root public keys; none is ever taken from the bundle. previous: an earlier bundle of the same
    roots; a part that is the very same object there is not checked again. Raises Malformed for a document that is not
    the container; everything inside that does not hold is in `refused` instead.
    """
    _check_container(document)
    opening = _Opening(None)
    keys = opening.part("/keys", document["keys"], lambda: open_keyset(document["keys"], roots))
    if keys is None:
        return _sealed_off(document, opening)
    reader = _Opening(previous if previous is not None and _same_trust(keys, previous) else None)
    reader.opened["/keys"] = opening.opened["/keys"]
    checkpoint = reader.part("/checkpoint", document["checkpoint"], lambda: _checkpoint(document["checkpoint"], keys))
    certificates = {
        number: _certificate(reader, number, entry, document["proofs"], keys, checkpoint)
        for number, entry in document["certificates"].items()
    }
    manifests = reader.parts("/batches", document["batches"], partial(_manifest, keys))
    void = reader.parts("/void", document["void"], partial(_void, keys))
    status: dict[str, StatusList] = {}
    for purpose in STATUS_PURPOSES:
        lists = reader.parts(f"/status/{purpose}", document["status"][purpose], partial(_status, keys, purpose))
        status.update({found.url: found for found in lists.values()})
    heads = reader.part("/heads", document["heads"], lambda: open_heads(document["heads"], keys))
    cautions = reader.part("/cautions", document["cautions"], lambda: open_cautions(document["cautions"], keys))
    return Bundle(
        document=document,
        complete=document["complete"] and not any(_needed_for_completeness(each) for each in reader.refused),
        keys=keys,
        label_keys=_by_hint(keys),
        status=status,
        heads=heads,
        cautions=cautions,
        certificates=certificates,
        manifests={found.manifest.batch: found for found in manifests.values()},
        void={found.void.batch: found for found in void.values()},
        checkpoint=checkpoint,
        refused=tuple(reader.refused),
        opened=reader.opened,
    )


class _Opening:
    """Opens parts one by one; remembers each result under its place, with the object that it was read from."""

    def __init__(self, previous: Bundle | None) -> None:
        self._before = previous.opened if previous is not None else {}
        self.opened: dict[str, tuple[object, object]] = {}
        self.refused: list[Refused] = []

    def part(self, where: str, source: object, read: Callable[[], T]) -> T | None:
        """What `read` makes of the part; None when it is absent (null), or does not hold."""
        if source is None:
            return None
        before = self._before.get(where)
        result: Any = before[1] if before is not None and before[0] is source else _attempt(where, read)
        self.opened[where] = (source, result)
        if isinstance(result, Refused):
            self.refused.append(result)
            return None
        found: T = result
        return found

    def parts(self, where: str, group: Mapping[str, Json], read: Callable[[str, Json], T]) -> dict[str, T]:
        found = {}
        for key, source in group.items():
            opened = self.part(f"{where}/{key}", source, partial(read, key, source))
            if opened is not None:
                found[key] = opened
        return found


def _attempt(where: str, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except FreemarkError as error:
        return Refused(where, error.detail)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as error:
        # A stranger's document with a shape that no reader thought of: absent like every other bad part, never a crash.
        return Refused(where, f"not readable: {type(error).__name__}")


def _check_container(document: Json) -> None:
    if not isinstance(document, dict) or document.keys() != set(PARTS):
        raise Malformed(f"a bundle has exactly {', '.join(PARTS)}")
    if type(document["v"]) is not int or document["v"] != VERSION:
        raise Malformed(f"a bundle of another version; this reader knows {VERSION}", where="/v")
    if not isinstance(document["complete"], bool):
        raise Malformed("complete is true or false", where="/complete")
    for name, most in (("certificates", MAX_CERTIFICATES), ("batches", MAX_BATCHES), ("void", MAX_BATCHES)):
        if not isinstance(document[name], dict) or len(document[name]) > most:
            raise Malformed(f"an object with at most {most} entries", where=f"/{name}")
    if not isinstance(document["proofs"], dict):
        raise Malformed("an object", where="/proofs")
    status = document["status"]
    if not isinstance(status, dict) or status.keys() != set(STATUS_PURPOSES):
        raise Malformed(f"status has {' and '.join(STATUS_PURPOSES)}", where="/status")
    if not all(isinstance(lists, dict) for lists in status.values()):
        raise Malformed("an object per purpose", where="/status")


def _sealed_off(document: dict[str, Json], opening: _Opening) -> Bundle:
    """Without keys nothing holds: every part counts as absent."""
    return Bundle(
        document=document, complete=False, keys=None, label_keys={}, status={}, heads=None, cautions=None,
        certificates={}, manifests={}, void={}, checkpoint=None, refused=tuple(opening.refused), opened=opening.opened,
    )  # fmt: skip


def _same_trust(keys: KeySet, previous: Bundle) -> bool:
    """Whether what held before still holds: the same keys, and none whose signatures depend on a proof."""
    same = previous.keys is not None and previous.keys.document == keys.document
    return same and all(key.state != "compromised" for key in keys.keys.values())


def _needed_for_completeness(refused: Refused) -> bool:
    """Where a batch, a certificate or the heads had to be refused, the bundle cannot say that it knows all batches."""
    return refused.where.startswith(("/certificates", "/batches", "/heads"))


def _by_hint(keys: KeySet) -> dict[int, tuple[Key, ...]]:
    found: dict[int, tuple[Key, ...]] = {}
    for key in keys.of("label"):
        found[key.hint] = (*found.get(key.hint, ()), key)
    return found


def _certificate(
    opening: _Opening, number: str, entry: Json, proofs: Mapping[str, Json], keys: KeySet, checkpoint: Checkpoint | None
) -> Certificate:
    where = f"/certificates/{number}"
    whole = opening.part(where, entry, lambda: _entry(entry, number))
    if whole is None:
        return Certificate(number, None, Chain((), {}, {}))
    document, events = whole
    credential = opening.part(f"{where}/credential", document, lambda: _credential(document, number, keys))
    chain = opening.part(
        f"{where}/events", events, lambda: _chain(f"{where}/events", events, number, proofs, keys, checkpoint)
    )
    if chain is None:
        return Certificate(number, credential, Chain((), {}, {}))
    if chain.broken is not None:
        opening.refused.append(chain.broken)
    if credential is not None and chain.leaves and not _issued(credential, chain.leaves[0]):
        opening.refused.append(Refused(f"{where}/credential", "not the credential that was issued under this number"))
        credential = None
    return Certificate(number, credential, chain)


def _issued(credential: Credential, first: Leaf) -> bool:
    """Whether the log's first word on the certificate is about just this document, with these dates."""
    scope = credential.scope
    return (first.doc, first.nbf, first.exp) == (credential.hash, scope.valid_from, scope.valid_until)


def _entry(entry: Json, number: str) -> tuple[Json, Json]:
    if not isinstance(entry, dict) or entry.keys() != {"credential", "events"}:
        raise Malformed("a certificate has credential and events")
    if not holds(number, NUMBER_SYMBOLS):
        raise Malformed("not a certificate number")
    return entry["credential"], entry["events"]


def _credential(document: Json, number: str, keys: KeySet) -> Credential:
    bare = open_credential(document, keys)
    scope = read_scope(bare)
    if scope.number != number:
        raise Malformed(f"the credential of another certificate, {scope.number}")
    return Credential(
        scope=scope,
        scheme=bare["credentialSubject"]["referenceScheme"]["name"],
        issuer=bare["issuer"]["name"],
        hash=digest(document),
    )


def _chain(
    where: str, events: Json, number: str, proofs: Mapping[str, Json], keys: KeySet, checkpoint: Checkpoint | None
) -> Chain:
    """The leaves up to the first that does not hold. What stands behind a gap proves nothing about the order."""
    if not isinstance(events, list) or len(events) > MAX_LEAVES:
        raise Malformed(f"a list of at most {MAX_LEAVES} leaves")
    leaves: list[Leaf] = []
    places: dict[str, int] = {}
    proven: dict[str, int] = {}
    broken: Refused | None = None
    for place, event in enumerate(events):
        result = _attempt(f"{where}/{place}", partial(_next_leaf, event, leaves, number, proofs, keys, checkpoint))
        if isinstance(result, Refused):
            broken = result
            break
        leaf, index, proof = result
        leaves.append(leaf)
        places[leaf.hash] = index
        if proof is not None:
            proven[leaf.hash] = proof
    lawful = _attempt(where, lambda: fold(leaves, ALWAYS))
    if isinstance(lawful, Refused):  # signed, linked, and yet no lawful story: none of it is believed
        return Chain((), {}, {}, lawful)
    return Chain(tuple(leaves), places, proven, broken)


def _next_leaf(
    event: Json,
    before: Sequence[Leaf],
    number: str,
    proofs: Mapping[str, Json],
    keys: KeySet,
    checkpoint: Checkpoint | None,
) -> tuple[Leaf, int, int | None]:
    """(leaf, its index as the container says, the same if proven). Malformed unless it follows those before it."""
    if not isinstance(event, dict) or event.keys() != {"index", "leaf"}:
        raise Malformed("an event has index and leaf")
    index = event["index"]
    if type(index) is not int or index < 0:
        raise Malformed("index is a number")
    proven = None
    if proofs and checkpoint is not None:
        data = jcs(event["leaf"])
        text = proofs.get(sha256(data).hex())
        if isinstance(text, str) and _included(data, index, text, checkpoint):
            proven = index
    leaf = open_leaf(event["leaf"], keys, proven_index=proven)
    if leaf.cert != number or leaf.seq != len(before) or leaf.prev != (before[-1].hash if before else None):
        raise Malformed("the leaf does not follow the one before it")
    return leaf, index, proven


def _included(data: bytes, index: int, text: str, checkpoint: Checkpoint) -> bool:
    """True if the proof leads from just this leaf at this index to the root of the bundle's own checkpoint."""
    try:
        if len(text) > MAX_TEXT:
            return False
        proof = decode_proof(text)
        return proof.index == index and verify_inclusion(
            leaf_hash(data), index, checkpoint.size, proof.hashes, checkpoint.root
        )
    except FreemarkError:
        return False


def _status(keys: KeySet, purpose: ListPurpose, shard: str, document: Json) -> StatusList:
    found = open_list(document, keys, purpose)
    if not found.url.endswith(f"/{shard}"):
        raise Malformed("the list of another shard")
    return found


def _manifest(keys: KeySet, key: str, document: Json) -> SealedManifest:
    manifest = open_manifest(document, keys)
    _of_batch(key, manifest.batch)
    not_stolen(keys.find(manifest.kid, "event"))
    return SealedManifest(manifest.hash, manifest)


def _void(keys: KeySet, key: str, document: Json) -> SealedVoid:
    void = open_void(document, keys)
    _of_batch(key, void.batch)
    not_stolen(keys.find(void.kid, "event"))
    return SealedVoid(void.hash, void)


def _of_batch(key: str, batch: int) -> None:
    if key != str(batch):
        raise Malformed(f"about another batch, {batch}")


def _checkpoint(text: Json, keys: KeySet) -> Checkpoint:
    """The checkpoint, if a log key that was not stolen signed it. Its origin is the first line of the note."""
    if not isinstance(text, str) or len(text) > MAX_TEXT:
        raise Malformed("a checkpoint is a short text")
    origin = text.partition("\n")[0]
    for key in keys.of("log"):
        if key.state == "compromised":
            continue
        try:
            return open_checkpoint(text, origin, key.public)
        except Malformed:
            continue  # several log keys may be listed while one follows the other
    raise Malformed("no listed log key signed the checkpoint")
