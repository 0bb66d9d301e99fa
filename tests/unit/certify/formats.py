"""Plain builders for the tests of the formats: seed-derived keys, a keys.json, leaves and a certificate's statement."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from certify.credential import Assessment, Criterion, Party, Product, Site, Statement
from certify.events import Draft, EventType, Leaf, open_leaf, seal_leaf
from ground.crockford import with_check
from ground.keyset import Key, KeySet, Purpose, State, build_keyset, open_keyset
from ground.signing import SeedSigner

SHARED = Path(__file__).parents[3].parent / "shared"
T0 = datetime(2026, 3, 2, 9, 0, 0, tzinfo=UTC)
DAY = timedelta(days=1)
NUMBER, OTHER = with_check("7XK2M9QD4R"), with_check("0A1B2C3D4E")
H = "ab" * 32
URL = "https://scheme.example"
DID = "did:web:scheme.example"


def shared(path: str) -> Any:
    if not (SHARED / path).exists():
        pytest.skip("no shared vectors beside this checkout")
    return json.loads((SHARED / path).read_text())


def signer(name: str) -> SeedSigner:
    return SeedSigner.from_seed(hashlib.sha256(name.encode()).digest())


def key(purpose: Purpose, state: State = "active", boundary: int | None = None, until: datetime | None = None) -> Key:
    mine = signer(purpose)
    return Key(mine.kid, mine.public, purpose, T0 - DAY, until, state, boundary)


def keyset(*changed: Key) -> KeySet:
    """One key of each purpose, signed by one root; `changed` take the place of those of the same purpose."""
    purposes: tuple[Purpose, ...] = ("certificate", "status", "event", "label", "log")
    keys = {purpose: key(purpose) for purpose in purposes} | {each.purpose: each for each in changed}
    root = signer("root")
    return open_keyset(build_keyset(1, T0 + 60 * DAY, list(keys.values()), [root]), [root.public])


def draft(t: EventType, at: datetime = T0, **said: Any) -> Draft:
    """A draft with what its type must have; hand in a key to change it."""
    known: dict[str, dict[str, Any]] = {
        "cert.issued": {"nbf": T0, "exp": T0 + 365 * DAY, "doc": H, "rules": H, "cmt": H},
        "cert.suspended": {"reason": "nonconformity"},
        "cert.remediation": {"reason": "nonconformity"},
        "cert.reduced": {"next": OTHER},
        "cert.revoked": {"reason": "nonconformity"},
        "cert.withdrawn": {"reason": "holder-request"},
        "cert.superseded": {"next": OTHER},
        "labels.sealed": {"batch": 1, "doc": H},
        "labels.voided": {"batch": 1, "doc": H},
        "labels.rebound": {"batch": 1, "next": OTHER},
        "rules.published": {"rules": H},
    }
    defaults = known.get(t, {} if t == "cert.reinstated" else {"doc": H})
    cert = NUMBER if t.startswith(("cert.", "labels.")) else None
    return replace(Draft(t, at, cert), **{**defaults, **said})


def chain(*drafts: Draft) -> list[Leaf]:
    """The sealed leaves of one certificate."""
    leaves: list[Leaf] = []
    for seq, each in enumerate(drafts):
        data = seal_leaf(each, seq, leaves[-1].hash if leaves else None, signer("event"))
        leaves.append(open_leaf(data, None))
    return leaves


def history(*types: EventType) -> list[Leaf]:
    """cert.issued, then one leaf of each type a day apart."""
    return chain(draft("cert.issued"), *(draft(t, T0 + day * DAY) for day, t in enumerate(types, start=1)))


def statement(**changed: Any) -> Statement:
    plant = Site(f"{URL}/sites/site_1", "factory", "Sunrise Garments, Unit 2", "Dhaka", "BD", "BD-4711")
    beds = Site(f"{URL}/sites/site_2", "dormitory", "House of the Rahman family, 3 Lake Road", "Dhaka", "BD", "R-9")
    criteria: Sequence[Criterion] = (
        Criterion(f"{URL}/standards/freemark-2026.0#T1", "T1 Fees and costs of recruitment"),
        Criterion(f"{URL}/standards/freemark-2026.0#T2", "T2 Identity papers"),
    )
    whole = Statement(
        number=NUMBER,
        public_url=URL,
        issuer_name="Free Work Scheme",
        scheme_name="Human-Trafficking Free",
        holder=Party(f"{URL}/organisations/org_1", "Sunrise Garments Ltd", "C-998"),
        sites=(plant, beds),
        products=(Product(f"{URL}/products/prd_1", "T-shirt", "TS-1"), Product(f"{URL}/products/prd_2", "Cap")),
        assessments=tuple(
            Assessment(site.id, "org_9", "Meridian Audit", date(2026, 2, 20), tuple(criteria)) for site in (plant, beds)
        ),
        standard="freemark-2026.0",
        standard_title="Freemark standard 2026.0",
        rulebook="freemark-2026.0",
        valid_from=T0,
        valid_until=T0 + 365 * DAY,
        not_covered=("Suppliers of cloth were not assessed.",),
        status_shard=1,
        revocation_index=94567,
        suspension_index=23452,
        cmt=H,
    )
    return replace(whole, **changed)
