"""Batch manifests and void lists: the signed facts about a batch that anybody may read; and membership, which few may.

Owns `/batches/{b}.json`, `/void/{b}.json` and the sealed member file, encode and decode side by side. A manifest
commits to the batch key and to the count without telling either: how much a factory makes is its own business.
Signed by an event key. Source of every field: FORMATS.md 3. `seal_member` is the one function here that is not
deterministic: a SealedBox has a fresh key of its own inside.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from ground.canonical import Json, digest, parse_day, sha256
from ground.errors import Invalid, Malformed
from ground.keyset import KeySet
from ground.signing import Signer, open_document, parse_hex, parse_multikey, seal_document
from labels.serials import KEY_BYTES, MAX_BATCH, MAX_ITEM, inverse

IDS_TAG = b"freemark-batch-v1\0"
SIZE_TAG = b"freemark-count-v1\0"
REQUIRED = frozenset(("v", "batch", "cert", "site", "product", "use_by", "sell_by", "key", "ids", "size"))
OPTIONAL = frozenset(("gtin",))
SIGNED = frozenset(("kid", "sig"))
MAX_TEXT = 500  # site and product are URLs of ours, far shorter
MEMBER_BYTES = KEY_BYTES + 8


@dataclass(frozen=True)
class Manifest:
    """One batch as published. site and product: ids as in the credential. use_by, sell_by: last days, inclusive.

    key: kid of the label key. ids, size: hex commitments. kid: the event key that signed. hash: `doc` of labels.sealed.
    """

    batch: int
    cert: str
    site: str
    product: str
    gtin: str | None
    use_by: date
    sell_by: date
    key: str
    ids: str
    size: str
    kid: str
    document: dict[str, Json]

    @property
    def hash(self) -> str:
        return digest(self.document)


@dataclass(frozen=True)
class VoidList:
    """items None: the whole batch. hash: `doc` of labels.voided."""

    batch: int
    items: frozenset[int] | None
    kid: str
    document: dict[str, Json]

    @property
    def hash(self) -> str:
        return digest(self.document)

    def holds(self, item: int) -> bool:
        return self.items is None or item in self.items


def build_manifest(
    *,
    batch: int,
    cert: str,
    site: str,
    product: str,
    gtin: str | None,
    use_by: date,
    sell_by: date,
    label_key: str,
    key: bytes,
    count: int,
) -> dict[str, Json]:
    """The document before it is signed. label_key: kid; key: the batch's K; count: labels in the batch.

    Prepare stores exactly this; `seal_manifest` takes it from there.
    """
    if not 1 <= batch <= MAX_BATCH:
        raise Invalid(f"batch {batch} cannot be sealed: numbers go from 1 to {MAX_BATCH}")
    document: dict[str, Json] = {
        "v": 1,
        "batch": batch,
        "cert": cert,
        "site": site,
        "product": product,
        "use_by": use_by.isoformat(),
        "sell_by": sell_by.isoformat(),
        "key": label_key,
        "ids": ids_commitment(key),
        "size": size_commitment(key, count),
    }
    if gtin is not None:
        document["gtin"] = gtin
    _read_manifest({**document, "kid": "", "sig": ""}, "")
    return document


def seal_manifest(document: dict[str, Json], signer: Signer) -> dict[str, Json]:
    return seal_document("manifest", document, signer)


def open_manifest(document: Json, keys: KeySet, where: str = "") -> Manifest:
    """The manifest if a listed event key signed it. Malformed otherwise. What became of that key since is not asked."""
    if not isinstance(document, dict):
        raise Malformed("a manifest is a JSON object", where=where)
    manifest = _read_manifest(document, where)
    open_document("manifest", document, keys.find(document["kid"], "event").public, where)
    return manifest


def _read_manifest(document: dict[str, Json], where: str) -> Manifest:
    found = frozenset(document)
    if not REQUIRED | SIGNED <= found <= REQUIRED | SIGNED | OPTIONAL:
        raise Malformed("a manifest has other keys", where=where)
    batch = _head(document, where)
    for name in ("cert", "site", "product"):
        if not isinstance(document[name], str) or not 0 < len(document[name]) <= MAX_TEXT:
            raise Malformed(f"{name} is a text", where=f"{where}/{name}")
    gtin = document.get("gtin")
    if "gtin" in document and not (isinstance(gtin, str) and len(gtin) == 14 and gtin.isascii() and gtin.isdigit()):
        raise Malformed("a gtin has 14 digits", where=f"{where}/gtin")
    use_by = parse_day(document["use_by"], f"{where}/use_by")
    sell_by = parse_day(document["sell_by"], f"{where}/sell_by")
    if sell_by < use_by:
        raise Malformed(f"sell_by {sell_by} lies before use_by {use_by}", where=f"{where}/sell_by")
    parse_multikey(document["key"], f"{where}/key")
    for name in ("ids", "size"):
        parse_hex(document[name], 32, f"{where}/{name}")
    return Manifest(
        batch=batch,
        cert=document["cert"],
        site=document["site"],
        product=document["product"],
        gtin=gtin,
        use_by=use_by,
        sell_by=sell_by,
        key=document["key"],
        ids=document["ids"],
        size=document["size"],
        kid=document["kid"],
        document=document,
    )


def _head(document: dict[str, Json], where: str) -> int:
    """The batch number; checks `v` on the way."""
    version, batch = document["v"], document["batch"]
    if isinstance(version, bool) or version != 1 or not isinstance(version, int):
        raise Malformed("v is 1", where=f"{where}/v")
    if isinstance(batch, bool) or not isinstance(batch, int) or not 1 <= batch <= MAX_BATCH:
        raise Malformed(f"batch is a number from 1 to {MAX_BATCH}", where=f"{where}/batch")
    return batch


def seal_void(batch: int, items: Iterable[int] | None, signer: Signer) -> dict[str, Json]:
    """The signed void list of a batch: these items, in ascending order, or with None all of it."""
    document: dict[str, Json] = {"v": 1, "batch": batch}
    if items is None:
        document["all"] = True
    else:
        document["items"] = sorted(set(items))
    _read_void({**document, "kid": "", "sig": ""}, "")
    return seal_document("void", document, signer)


def open_void(document: Json, keys: KeySet, where: str = "") -> VoidList:
    """The void list if a listed event key signed it. Malformed otherwise."""
    if not isinstance(document, dict):
        raise Malformed("a void list is a JSON object", where=where)
    void = _read_void(document, where)
    open_document("void", document, keys.find(document["kid"], "event").public, where)
    return void


def _read_void(document: dict[str, Json], where: str) -> VoidList:
    found = frozenset(document)
    if found == {"v", "batch", "all"} | SIGNED:
        if document["all"] is not True:
            raise Malformed("all is true, or absent", where=f"{where}/all")
        return VoidList(_head(document, where), None, document["kid"], document)
    if found != {"v", "batch", "items"} | SIGNED:
        raise Malformed("a void list has other keys", where=where)
    items = document["items"]
    if not isinstance(items, list) or not items:
        raise Malformed("items is a list with at least one item", where=f"{where}/items")
    last = -1
    for item in items:
        if type(item) is not int or not last < item <= MAX_ITEM:
            raise Malformed("items are numbers below 2^45 in ascending order", where=f"{where}/items")
        last = item
    return VoidList(_head(document, where), frozenset(items), document["kid"], document)


def ids_commitment(key: bytes) -> str:
    """`ids`: commits to the batch key, hence to every item of the batch."""
    return sha256(IDS_TAG + key).hex()


def size_commitment(key: bytes, count: int) -> str:
    """`size`: commits to the count; without the key it cannot be tried out."""
    return sha256(SIZE_TAG + key + count.to_bytes(8, "big")).hex()


def membership(key: bytes, count: int, item: int) -> bool:
    """Was this item minted? True if its index lies below the batch's count."""
    return inverse(key, item) < count


def seal_member(key: bytes, count: int, scan_public: bytes) -> bytes:
    """K and count for the scan server alone. Other bytes at every call."""
    return bytes(SealedBox(PublicKey(scan_public)).encrypt(key + count.to_bytes(8, "big")))


def open_member(sealed: bytes, scan_private: bytes) -> tuple[bytes, int]:
    """(K, count). Malformed: sealed to another key, changed, or of another length."""
    try:
        plain = bytes(SealedBox(PrivateKey(scan_private)).decrypt(sealed))
    except (CryptoError, ValueError, TypeError) as error:
        raise Malformed("the member file does not open") from error
    if len(plain) != MEMBER_BYTES:
        raise Malformed(f"a member file holds {MEMBER_BYTES} bytes")
    return plain[:KEY_BYTES], int.from_bytes(plain[KEY_BYTES:], "big")


def member_fits(manifest: Manifest, key: bytes, count: int) -> bool:
    """True if the signed manifest commits to just this key and count: a member file put there by another does not."""
    return manifest.ids == ids_commitment(key) and manifest.size == size_commitment(key, count)
