"""A small signed world for tests and vectors: keys from seeds, certificates, a log, batches, lists, and their bundle.

Everything is a plain value until `bundle()` puts it together, so a test changes what it wants before or after. The
seeds are in this file: nothing that they sign is worth anything outside the tests.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from certify import credential, events, statuslist
from certify.checkpoint import encode_proof, sign_checkpoint
from certify.merkle import Tree, leaf_hash
from ground.canonical import digest, instant
from ground.crockford import with_check
from ground.keyset import Key, Purpose, State, build_keyset
from ground.signing import SeedSigner, seal_document
from labels import manifest, payload
from labels.serials import LabelId, human_code, permute

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
ISSUED = datetime(2026, 9, 1, 9, 0, 0, tzinfo=UTC)
KEYS_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
SEALED = datetime(2026, 9, 10, 9, 0, 0, tzinfo=UTC)
VALID_UNTIL = datetime(2027, 8, 31, tzinfo=UTC)
USE_BY, SELL_BY = date(2027, 6, 30), date(2027, 12, 27)
PUBLIC_URL = "https://scheme.example"
ORIGIN = "scheme.example/log"
COUNT = 1000
DAY = timedelta(days=1)

PURPOSES: tuple[Purpose, ...] = ("certificate", "status", "event", "label", "log")


def signer(name: str) -> SeedSigner:
    return SeedSigner.from_seed(hashlib.sha256(f"freemark test key {name}".encode()).digest())


def number(name: str) -> str:
    """A certificate number that is the same in every run."""
    value = int.from_bytes(hashlib.sha256(name.encode()).digest(), "big")
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    return with_check("".join(alphabet[value >> 5 * place & 31] for place in range(10)))


def batch_key(batch: int) -> bytes:
    return hashlib.sha256(f"freemark test batch {batch}".encode()).digest()


ROOT = signer("root")
ROOTS = (ROOT.public,)
FIRST, SECOND, THIRD = number("first"), number("second"), number("third")
SITE, OTHER_SITE = f"{PUBLIC_URL}/sites/site_a", f"{PUBLIC_URL}/sites/site_b"
PRODUCT, OTHER_PRODUCT = f"{PUBLIC_URL}/products/1", f"{PUBLIC_URL}/products/2"
FIRM = "org_0000000000meridn"


@dataclass
class Event:
    leaf: dict[str, Any]
    index: int


@dataclass
class Scene:
    """What the scheme has published. `log` holds the bytes of every leaf; `events` the leaves of each certificate."""

    now: datetime = NOW
    complete: bool = True
    keys: dict[str, Key] = field(default_factory=dict)
    key_order: list[str] = field(default_factory=list)
    keys_expire: datetime = NOW + 60 * DAY
    log: list[bytes] = field(default_factory=list)
    events: dict[str, list[Event]] = field(default_factory=dict)
    credentials: dict[str, dict[str, Any]] = field(default_factory=dict)
    manifests: dict[int, dict[str, Any]] = field(default_factory=dict)
    void: dict[int, dict[str, Any]] = field(default_factory=dict)
    bits: dict[str, set[int]] = field(default_factory=lambda: {"revocation": set(), "suspension": set()})
    index_of: dict[str, int] = field(default_factory=dict)
    cautions: list[dict[str, Any]] = field(default_factory=list)
    lists_from: datetime = NOW - timedelta(hours=1)
    lists_until: datetime = NOW + timedelta(hours=47)
    with_proofs: bool = False

    def __post_init__(self) -> None:
        for purpose in PURPOSES:
            self.list_key(purpose, purpose)

    # --- keys ---

    def list_key(self, name: str, purpose: Purpose, since: datetime = KEYS_SINCE) -> Key:
        key = signer(name)
        self.keys[name] = Key(key.kid, key.public, purpose, since, None, "active")
        return self.keys[name]

    def mark_key(self, name: str, state: State, boundary: int | None = None, until: datetime | None = None) -> None:
        self.keys[name] = replace(self.keys[name], state=state, boundary=boundary, until=until)

    # --- certificates and their events ---

    def issue(
        self,
        cert: str = FIRST,
        *,
        at: datetime = ISSUED,
        valid_from: datetime | None = None,
        valid_until: datetime = VALID_UNTIL,
        sites: Iterable[str] = (SITE,),
        products: Iterable[str] = (PRODUCT,),
        key: str = "certificate",
    ) -> None:
        starts, sites = valid_from or at, tuple(sites)
        self.index_of[cert] = index = 1000 + len(self.index_of)
        statement = credential.Statement(
            number=cert,
            public_url=PUBLIC_URL,
            issuer_name="Lotus Certification",
            scheme_name="Human-Trafficking Free",
            holder=credential.Party(f"{PUBLIC_URL}/organisations/sunrise", "Sunrise Garments", "0105536000123"),
            sites=tuple(
                credential.Site(site, "factory", f"Sunrise Unit {place}", "Samut Sakhon", "TH")
                for place, site in enumerate(sites, start=1)
            ),
            products=tuple(
                credential.Product(each, f"Work shirt {place}", f"SG-{place}")
                for place, each in enumerate(products, start=1)
            ),
            assessments=tuple(
                credential.Assessment(
                    site,
                    FIRM,
                    "Meridian Audit",
                    min(date(2026, 8, 20), starts.date()),
                    (credential.Criterion(f"{PUBLIC_URL}/standards/freemark-2026.0#T1", "Fees"),),
                )
                for site in sites
            ),
            standard="freemark-2026.0",
            standard_title="Freemark standard 2026.0",
            rulebook="freemark-2026.0",
            valid_from=starts,
            valid_until=valid_until,
            not_covered=("Cotton farms and spinning mills were not assessed.",),
            status_shard=1,
            revocation_index=index,
            suspension_index=index + 50_000,
            cmt=hashlib.sha256(cert.encode()).hexdigest(),
        )
        document = credential.seal(credential.prepare(statement), signer(key), at)
        self.credentials[cert] = document
        self.add(
            "cert.issued", cert, at, nbf=starts, exp=valid_until, doc=digest(document), rules="ab" * 32, cmt="cd" * 32
        )

    def add(self, t: str, cert: str, at: datetime, *, key: str = "event", **said: Any) -> Event:
        """Append a leaf to the log and to the certificate's chain."""
        before = self.events.setdefault(cert, [])
        data = events.seal_leaf(
            events.Draft(t, at, cert=cert, **said),  # type: ignore[arg-type]
            seq=len(before),
            prev=hashlib.sha256(self.log[before[-1].index]).hexdigest() if before else None,
            signer=signer(key),
        )
        event = Event(json.loads(data), len(self.log))
        self.log.append(data)
        before.append(event)
        return event

    def pad_log(self, leaves: int) -> None:
        """Leaves of others, so that indexes and tree sizes are not tiny."""
        for place in range(leaves):
            self.log.append(b'{"other":%d}' % place)

    def set_bit(self, purpose: str, cert: str = FIRST) -> None:
        self.bits[purpose].add(self.index_of[cert] + (50_000 if purpose == "suspension" else 0))

    # --- batches and labels ---

    def seal_batch(
        self,
        batch: int = 1,
        *,
        cert: str = FIRST,
        at: datetime = SEALED,
        site: str = SITE,
        product: str = PRODUCT,
        gtin: str | None = None,
        use_by: date = USE_BY,
        sell_by: date = SELL_BY,
        label_key: str = "label",
        key: str = "event",
        in_log: bool = True,
    ) -> None:
        document = manifest.build_manifest(
            batch=batch,
            cert=cert,
            site=site,
            product=product,
            gtin=gtin,
            use_by=use_by,
            sell_by=sell_by,
            label_key=signer(label_key).kid,
            key=batch_key(batch),
            count=COUNT,
        )
        self.manifests[batch] = manifest_document = seal_document("manifest", document, signer(key))
        if in_log:
            self.add("labels.sealed", cert, at, batch=batch, doc=digest(manifest_document))

    def void_items(
        self, items: Iterable[int] | None, batch: int = 1, *, cert: str = FIRST, at: datetime = SEALED + DAY
    ) -> None:
        self.void[batch] = document = manifest.seal_void(batch, items, signer("event"))
        self.add("labels.voided", cert, at, batch=batch, doc=digest(document))

    # --- what is published ---

    def keys_document(self) -> dict[str, Any]:
        return build_keyset(7, self.keys_expire, list(self.keys.values()), [ROOT])

    def status_document(self, purpose: Any, *, key: str = "status") -> dict[str, Any]:
        unsigned = statuslist.build_list(
            purpose,
            1,
            self.bits[purpose],
            PUBLIC_URL,
            now=self.lists_from,
            lifetime=self.lists_until - self.lists_from,
        )
        return statuslist.seal_list(unsigned, signer(key), self.lists_from)

    def heads_document(self, *, key: str = "status") -> dict[str, Any]:
        heads = {cert: hashlib.sha256(self.log[each[-1].index]).hexdigest() for cert, each in self.events.items()}
        return seal_document("heads", {**self._dated(), "heads": heads}, signer(key))

    def cautions_document(self, *, key: str = "event") -> dict[str, Any]:
        return seal_document("cautions", {**self._dated(), "cautions": self.cautions}, signer(key))

    def _dated(self) -> dict[str, Any]:
        return {"v": 1, "validFrom": instant(self.lists_from), "validUntil": instant(self.lists_until)}

    def tree(self) -> Tree:
        return Tree.of([leaf_hash(data) for data in self.log])

    def checkpoint(self, *, key: str = "log") -> str:
        return sign_checkpoint(ORIGIN, len(self.log), self.tree().root(), signer(key))

    def proof(self, index: int) -> str:
        return encode_proof(index, self.tree().inclusion_proof(index), self.checkpoint())

    def bundle(self) -> dict[str, Any]:
        """The container, all parts signed. A copy: changing it changes nothing here."""
        proofs = {}
        if self.with_proofs:
            listed = [event for each in self.events.values() for event in each]
            proofs = {hashlib.sha256(self.log[each.index]).hexdigest(): self.proof(each.index) for each in listed}
        document = {
            "v": 1,
            "complete": self.complete,
            "keys": self.keys_document(),
            "status": {purpose: {"1": self.status_document(purpose)} for purpose in ("revocation", "suspension")},
            "heads": self.heads_document(),
            "cautions": self.cautions_document(),
            "certificates": {
                cert: {
                    "credential": self.credentials[cert],
                    "events": [{"index": each.index, "leaf": each.leaf} for each in chain],
                }
                for cert, chain in self.events.items()
            },
            "batches": {str(batch): document for batch, document in self.manifests.items()},
            "void": {str(batch): document for batch, document in self.void.items()},
            "checkpoint": self.checkpoint(),
            "proofs": proofs,
        }
        copy: dict[str, Any] = json.loads(json.dumps(document))
        return copy


def digits(
    batch: int = 1, index: int = 0, *, cls: int = 0, key: str = "label", use_by: date = USE_BY, gtin: str | None = None
) -> str:
    """The digits of one label."""
    label_id = LabelId(batch, permute(batch_key(batch), index), cls)
    return payload.seal(label_id, payload.day_number(use_by), signer(key), gtin)


def item(index: int = 0, batch: int = 1) -> int:
    return permute(batch_key(batch), index)


def typed(index: int = 0, batch: int = 1) -> str:
    return human_code(batch, item(index, batch))


def good() -> Scene:
    """One certificate in force, one sealed batch of it: every label of it is VALID."""
    scene = Scene()
    scene.pad_log(3)
    scene.issue()
    scene.seal_batch()
    return scene
