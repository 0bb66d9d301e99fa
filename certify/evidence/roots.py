"""The leaf evidence.root: on a fixed timer, over the commitments of all decisions, enacted and held, since the last.

Owns the timer, the tree and the proofs. The leaf comes at the same instants whether or not anything was decided, and
the tree always has the same number of places, filled up with values that nobody can tell from commitments: neither the
leaf nor a proof says how much was decided. Never opens a commitment.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, union_all

from certify import log
from certify.events import Draft, open_leaf
from certify.merkle import Tree, leaf_hash
from certify.tables import DecisionRow, EvidenceEntry, EvidenceRoot, HeldDecisionRow, LogLeaf
from ground import journal
from ground.access import SYSTEM
from ground.database import Reading, Writing, lock
from ground.errors import Conflict
from ground.ids import random_bytes
from ground.world import World

EVERY = timedelta(hours=24)  # of the clock, counted from the first leaf of the log
PLACES = 1024  # of every tree; only a day of more decisions than this has a larger one
SEED = 32


@dataclass(frozen=True)
class Inclusion:
    """A commitment at `index` of a tree of `size` leaves (RFC 6962), whose root is `doc` of the log's leaf at
    `leaf_index`."""

    at: datetime
    root: str
    size: int
    index: int
    path: tuple[bytes, ...]
    leaf_index: int


def write_due(world: World) -> bool:
    """Write the root of this time if it is not written yet. Unavailable while the event key is away."""
    with world.db.read() as session:
        if _due_slot(session, world.clock.now()) is None:
            return False
    with world.db.write() as session:
        lock(session, "log")
        now = world.clock.now()
        slot = _due_slot(session, now)
        if slot is None:
            return False
        _write(session, world, slot, now)
        return True


def next_at(session: Reading, now: datetime) -> datetime | None:
    """When the next root is due; None before the log has begun."""
    begun = _begun(session)
    return begun + ((now - begun) // EVERY + 1) * EVERY if begun else None


def inclusion(session: Reading, cmt: str) -> Inclusion | None:
    """The proof that this commitment stands in the log; None while no root covers it."""
    entry = session.get(EvidenceEntry, cmt)
    if entry is None:
        return None
    row = session.get_one(EvidenceRoot, entry.slot)
    covered = session.scalars(select(EvidenceEntry.cmt).where(EvidenceEntry.slot == entry.slot))
    places = _places([bytes.fromhex(each) for each in covered], row.seed, row.size)
    tree = Tree.of([leaf_hash(place) for place in places])
    leaf_index = session.scalar(select(LogLeaf.idx).where(LogLeaf.hash == row.leaf))
    if leaf_index is None or tree.root().hex() != row.root:
        raise Conflict(f"the commitments of {row.at:%Y-%m-%d} do not give the root that was published")
    index = places.index(bytes.fromhex(cmt))
    return Inclusion(row.at, row.root, row.size, index, tuple(tree.inclusion_proof(index)), leaf_index)


def check(session: Reading) -> list[str]:
    """What does not hold: a root that its commitments do not give, or that its leaf does not say, or a leaf without
    one; a sentence each."""
    covered: dict[int, list[bytes]] = {}
    for entry in session.scalars(select(EvidenceEntry)):
        covered.setdefault(entry.slot, []).append(bytes.fromhex(entry.cmt))
    said = {leaf.hash: leaf.doc for leaf in log.of_types(session, ("evidence.root",))}
    found = []
    for row in session.scalars(select(EvidenceRoot).order_by(EvidenceRoot.slot)):
        places = _places(covered.pop(row.slot, []), row.seed, row.size)
        if Tree.of([leaf_hash(place) for place in places]).root().hex() != row.root:
            found.append(f"the commitments of {row.at:%Y-%m-%d} do not give the root that was published")
        if said.pop(row.leaf, None) != row.root:
            found.append(f"the root of {row.at:%Y-%m-%d} is not the one in its leaf of the log")
    found += [f"leaf {hash[:12]} of the log has an evidence.root that the database does not know" for hash in said]
    return [*found, *(f"there are commitments under a root {slot} that does not exist" for slot in covered)]


def _due_slot(session: Reading, now: datetime) -> int | None:
    begun = _begun(session)
    if begun is None:
        return None
    slot = (now - begun) // EVERY
    last = session.scalar(select(EvidenceRoot.slot).order_by(EvidenceRoot.slot.desc()).limit(1)) or 0
    return slot if slot > last else None


def _begun(session: Reading) -> datetime | None:
    first = session.scalar(select(LogLeaf.data).where(LogLeaf.idx == 0))
    return open_leaf(first, None).at if first is not None else None


def _write(session: Writing, world: World, slot: int, now: datetime) -> None:
    fresh = _uncommitted(session)
    seed, size = random_bytes(SEED), max(PLACES, 1 << max(len(fresh) - 1, 0).bit_length())
    root = Tree.of([leaf_hash(place) for place in _places([bytes.fromhex(c) for c in fresh], seed, size)]).root()
    leaf = log.append(session, world.keyring, Draft("evidence.root", at=now, doc=root.hex()), now=now)
    session.add(EvidenceRoot(slot=slot, at=now, size=size, seed=seed, root=root.hex(), leaf=leaf.hash))
    session.flush()
    session.add_all(EvidenceEntry(cmt=cmt, slot=slot) for cmt in fresh)
    session.flush()
    journal.record(session, SYSTEM, "certify.evidence", leaf.hash, {"slot": slot}, now=now)


def _uncommitted(session: Reading) -> list[str]:
    every = union_all(select(DecisionRow.cmt), select(HeldDecisionRow.cmt)).subquery()
    query = select(every.c.cmt).outerjoin(EvidenceEntry, EvidenceEntry.cmt == every.c.cmt)
    return list(session.scalars(query.where(EvidenceEntry.cmt.is_(None))))


def _places(commitments: list[bytes], seed: bytes, size: int) -> list[bytes]:
    """All places in order of their bytes: a commitment and a filler are both 32 bytes that look like chance."""
    missing = range(size - len(commitments))
    return sorted([*commitments, *(hmac.digest(seed, number.to_bytes(4, "big"), hashlib.sha256) for number in missing)])
