"""The public log: one writer appends leaves, and publishing turns them into tiles and a signed tree head.

Owns gapless indexes, each certificate's chain of leaves, and the write order of FORMATS.md 4. `append` lives in the
caller's transaction; `publish` holds none while it builds. It refuses to sign when the database is behind what was
published, or when a leaf was changed. Never writes other bytes under the path of a tile.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Select, bindparam, select, update

from certify import merkle
from certify.checkpoint import Checkpoint, log_origin, open_checkpoint, sign_checkpoint, vkey
from certify.events import Draft, Leaf, fold, open_leaf, seal_leaf
from certify.merkle import EMPTY_ROOT, WIDTH, Tree, leaf_hash
from certify.tables import LogLeaf, LogState
from ground import outbox
from ground.database import Reading, Writing, lock
from ground.errors import Conflict, Malformed
from ground.keyring import Keyring
from ground.keyset import KeySet
from ground.shelf import Shelf
from ground.world import World

STATE = 1  # the one row of log_state
FOLDER = "log"
CHECKPOINT = f"{FOLDER}/checkpoint"
VKEY = f"{FOLDER}/log.vkey"
FETCH = 1000  # rows at a time: a leaf has some 600 bytes
KEPT = 20_000  # opened leaves kept in memory, some 3 kB each: leaves never change, and every refresh reads them


def append(session: Writing, keyring: Keyring, draft: Draft, *, now: datetime) -> Leaf:
    """Seal the draft as the next leaf and keep it; its index follows the last one without a gap.

    Raises Unavailable when the event key is away; Conflict when the event cannot follow what the certificate's leaves
    say already (a revocation is never taken back); Malformed for a draft that is no leaf. Nothing is kept then.
    """
    lock(session, "log")
    state = _state(session)
    earlier = leaves(session, draft.cert) if draft.cert is not None else ()
    seq = len(earlier) if draft.cert is not None else None
    data = seal_leaf(draft, seq, earlier[-1].hash if earlier else None, keyring.signer("event"))
    leaf = open_leaf(data, None)
    if draft.cert is not None:
        try:
            fold([*earlier, leaf], now)
        except Malformed as error:
            raise Conflict(f"the log takes no {draft.t} for {draft.cert} now: {error.detail}") from error
    index = state.size
    session.add(LogLeaf(idx=index, t=leaf.t, data=data, hash=leaf.hash, cert=leaf.cert, seq=leaf.seq))
    state.size = index + 1
    session.flush()
    outbox.record(session, "log_grew", str(index), now=now, index=str(index))
    return leaf


def leaves(session: Reading, cert: str) -> tuple[Leaf, ...]:
    """The certificate's leaves, oldest first; () if it has none. Their signatures are not checked again here."""
    return chains(session, [cert])[cert]


def chains(session: Reading, certs: Sequence[str]) -> dict[str, tuple[Leaf, ...]]:
    """The leaves of each of these certificates, oldest first, in one query."""
    found: dict[str, tuple[Leaf, ...]] = dict.fromkeys(certs, ())
    for cert, data in session.execute(_CHAINS, {"certs": certs}):
        if cert is not None:
            found[cert] = (*found[cert], _open(data))
    return found


_CHAINS = (  # built once: building it costs more than asking it
    select(LogLeaf.cert, LogLeaf.data)
    .where(LogLeaf.cert.in_(bindparam("certs", expanding=True)))
    .order_by(LogLeaf.cert, LogLeaf.seq)
)


def last_events(session: Reading, certs: Select[str]) -> list[Leaf]:
    """The newest cert.* leaf of each of these certificates."""
    query = select(LogLeaf.cert, LogLeaf.data).where(LogLeaf.cert.in_(certs), LogLeaf.t.like("cert.%"))
    newest = dict(session.execute(query.order_by(LogLeaf.idx)).all())
    return [_open(data) for data in newest.values()]


def of_types(session: Reading, types: Sequence[str]) -> list[Leaf]:
    """Every leaf of these types, oldest first."""
    query = select(LogLeaf.data).where(LogLeaf.t.in_(types)).order_by(LogLeaf.idx)
    return [_open(data) for data in session.scalars(query)]


def publish(world: World) -> Checkpoint:
    """Bring `/log/` up to the database: build, tiles, tree head, checkpoint (steps 2 to 5). Harmless to repeat.

    Conflict, and nothing is signed, when the database is behind the published log, does not reproduce a root that was
    published before, or a tile with other bytes lies there already.
    """
    with world.shelf.publishing():
        published = published_checkpoint(world)
        state, entries = _read(world, published.size if published else 0)
        hashes = [leaf_hash(entry) for entry in entries]
        root = _check_heads(state, published, hashes)
        _write_tiles(world.shelf, published.size if published else 0, entries, hashes, root)
        _move_head(world, state, len(entries), root)
        origin, signer = log_origin(world.settings.public_url), world.keyring.signer("log")
        world.shelf.write(VKEY, f"{vkey(origin, signer.public)}\n".encode())
        head = Checkpoint(origin, len(entries), root)
        if published != head:
            world.shelf.write(CHECKPOINT, sign_checkpoint(origin, head.size, root, signer).encode())
        return head


def check(world: World) -> None:
    """Hold the whole log against itself: every leaf's bytes, signature and place, every chain, every published head.

    Conflict names the first leaf that does not hold.
    """
    keys = _keys(world)
    chains: dict[str, list[Leaf]] = {}
    hashes: list[bytes] = []
    with world.db.read() as session:
        state = session.get(LogState, STATE) or _fresh()
        for row in _rows(session):
            hashes.append(leaf_hash(row.data))
            leaf = _checked(row, keys)
            if leaf.cert is not None:
                chains.setdefault(leaf.cert, []).append(leaf)
    if state.size != len(hashes):
        raise Conflict(f"the log has {len(hashes)} leaves and not {state.size}: leaves are missing")
    for cert, chain in chains.items():
        try:
            fold(chain, world.clock.now())
        except Malformed as error:
            raise Conflict(f"the leaves of certificate {cert} do not hold together: {error.detail}") from error
    _check_heads(state, published_checkpoint(world), hashes)


def guard(world: World) -> None:
    """The quick part of `check`, for before anything is signed: does the database know the published log?

    Conflict when it is behind it, as an old backup would be, or went another way.
    """
    published = published_checkpoint(world)  # before the row, because a publisher moves the row first
    if published is None:
        return
    with world.db.read() as session:
        state = session.get(LogState, STATE) or _fresh()
    if published.size > state.published_size:
        raise Conflict(
            f"the database knows of {state.published_size} published leaves and is behind the published log of "
            f"{published.size}: nothing is signed"
        )
    if published.size == state.published_size and published.root.hex() != state.published_root:
        raise Conflict("the database and the published log went different ways: nothing is signed")


def published_checkpoint(world: World) -> Checkpoint | None:
    """The checkpoint on the shelf; None when there is none. Conflict when no log key of ours signed it."""
    data = world.shelf.read(CHECKPOINT)
    if data is None:
        return None
    origin = log_origin(world.settings.public_url)
    for key in world.keyring.listed():
        if key.purpose == "log":
            try:
                return open_checkpoint(data.decode(), origin, key.public)
            except (Malformed, UnicodeDecodeError):
                continue
    raise Conflict("the published checkpoint was not signed by this log: nothing is signed until a person has looked")


def indexed(session: Reading, size: int) -> Iterator[tuple[int, Leaf]]:
    """Every leaf of a certificate below `size`, with its index, in the order of the log."""
    query = select(LogLeaf.idx, LogLeaf.data).where(LogLeaf.idx < size, LogLeaf.cert.is_not(None))
    last = -1
    while batch := session.execute(query.where(LogLeaf.idx > last).order_by(LogLeaf.idx).limit(FETCH)).all():
        for last, data in batch:
            yield last, _open(data)


@lru_cache(KEPT)
def _open(data: bytes) -> Leaf:
    return open_leaf(data, None)


def _state(session: Writing) -> LogState:
    """The log's row, fresh under the lock; made when this is the first leaf."""
    state = session.get(LogState, STATE, populate_existing=True)
    if state is None:
        state = _fresh()
        session.add(state)
    return state


def _fresh() -> LogState:
    return LogState(id=STATE, size=0, published_size=0, published_root=EMPTY_ROOT.hex())


def _rows(session: Reading) -> Iterator[LogLeaf]:
    """All leaves; Conflict where an index is missing, or below 0."""
    last, place = -(2**31), 0
    query = select(LogLeaf).order_by(LogLeaf.idx).limit(FETCH)
    while batch := session.scalars(query.where(LogLeaf.idx > last)).all():
        for row in batch:
            if row.idx != place:
                raise Conflict(f"leaf {place} of the log is missing, there is a leaf {row.idx}")
            last, place = row.idx, place + 1
            yield row
            session.expunge(row)


def _read(world: World, published: int) -> tuple[LogState, list[bytes]]:
    """The log's row and the bytes of every leaf. Those not published yet are checked: a leaf that no event key of ours
    signed would stand in the log for ever."""
    keys, entries = _keys(world), []
    with world.db.read() as session:
        state = session.get(LogState, STATE) or _fresh()
        for row in _rows(session):
            if row.idx >= published:
                _checked(row, keys)
            entries.append(row.data)
    if state.size != len(entries):
        raise Conflict(f"the log has {len(entries)} leaves and not {state.size}: leaves are missing")
    return state, entries


def _keys(world: World) -> KeySet:
    return KeySet(1, world.clock.now(), {key.kid: key for key in world.keyring.listed()}, {})


def _checked(row: LogLeaf, keys: KeySet) -> Leaf:
    try:
        leaf = open_leaf(row.data, keys, proven_index=row.idx)
    except Malformed as error:
        raise Conflict(f"leaf {row.idx} of the log does not hold: {error.detail}") from error
    if (leaf.t, leaf.hash, leaf.cert, leaf.seq) != (row.t, row.hash, row.cert, row.seq):
        raise Conflict(f"leaf {row.idx} of the log and its row say different things")
    return leaf


def _check_heads(state: LogState, published: Checkpoint | None, hashes: Sequence[bytes]) -> bytes:
    """The root of these leaves; Conflict unless every head that was ever decided on or published is reproduced."""
    heads = [(state.published_size, bytes.fromhex(state.published_root))]
    if published is not None:
        heads.append((published.size, published.root))
    for size, root in heads:
        if size > len(hashes):
            raise Conflict(
                f"the database has {len(hashes)} leaves and is behind the published log of {size}: nothing is signed"
            )
        if Tree.of(hashes[:size]).root() != root:
            raise Conflict(f"the first {size} leaves do not give the published root: a leaf was changed")
    return Tree.of(hashes).root()


def _write_tiles(shelf: Shelf, old: int, entries: Sequence[bytes], hashes: Sequence[bytes], root: bytes) -> None:
    """Every tile and entry bundle that is new or wider since the tree of `old` leaves."""
    if old == len(entries):
        return
    grown = merkle.grow(old, lambda path: shelf.read(f"{FOLDER}/{path}"), hashes[old:])
    if grown.root != root:
        raise Conflict("the published tiles are not those of this log: nothing is signed")
    files = dict(grown.tiles)
    for index in range(old // WIDTH, -(-len(entries) // WIDTH)):
        bundle = entries[index * WIDTH : (index + 1) * WIDTH]
        files[merkle.bundle_path(index, len(bundle))] = merkle.encode_bundle(bundle)
    for path, data in files.items():
        kept = shelf.read(f"{FOLDER}/{path}")
        if kept is not None and kept != data:
            raise Conflict(f"{path} was published with other bytes")
    for path, data in files.items():
        shelf.write(f"{FOLDER}/{path}", data)


def _move_head(world: World, state: LogState, size: int, root: bytes) -> None:
    """Compare-and-swap of the tree head: two publishers, also on two machines, never sign two different trees."""
    if size == state.published_size:
        return
    with world.db.write() as session:
        moved = session.execute(
            update(LogState)
            .where(
                LogState.id == STATE,
                LogState.published_size == state.published_size,
                LogState.published_root == state.published_root,
                LogState.size >= size,
            )
            .values(published_size=size, published_root=root.hex())
            .execution_options(synchronize_session=False)
            .returning(LogState.id)
        )
        if moved.scalar() is None:
            raise Conflict("another publisher has moved the tree head; try again")
