"""The write order of FORMATS.md 4, step by step: each fails once before it persists and once after.

Whatever broke, nothing signed is wrong meanwhile, a repeat ends in exactly the bytes of an undisturbed run, and nobody
who follows the published checkpoints ever sees one that contradicts another. What must never be repaired but refused,
a database behind the published log or a changed leaf, stands at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from certify import log, merkle
from certify.checkpoint import Checkpoint, open_checkpoint, parse_vkey
from certify.events import Draft
from certify.merkle import EMPTY_ROOT, Tree, verify_consistency
from certify.tables import LogLeaf, LogState
from ground import outbox
from ground.database import Writing
from ground.errors import Conflict
from ground.keyring import Keyring
from ground.shelf import Shelf
from ground.world import World


class Broken(Exception):
    """The power went."""


@dataclass
class Follower:
    """Somebody outside who reads the checkpoint after every event, and holds each against the one before."""

    world: World
    seen: list[Checkpoint] = field(default_factory=list)

    def look(self) -> None:
        text = self.world.shelf.read("log/checkpoint")
        if text is None:
            return
        origin, public = parse_vkey((self.world.shelf.read("log/log.vkey") or b"").decode().strip())
        head = open_checkpoint(text.decode(), origin, public)
        tree = Tree.from_tiles(head.size, lambda path: self.world.shelf.read(f"log/{path}"))
        assert tree.root() == head.root, "a head was published before its tiles"
        if self.seen:
            old = self.seen[-1]
            assert verify_consistency(old.size, head.size, old.root, head.root, tree.consistency_proof(old.size))
        self.seen.append(head)


@contextmanager
def failing(
    monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, when: Callable[..., bool], *, after: bool
) -> Iterator[None]:
    """`owner.name` breaks at the first call that `when` is true of: before it does its work, or after."""
    real = getattr(owner, name)
    done: list[bool] = []

    def broken(*args: Any, **more: Any) -> Any:
        hit = not done and when(*args, **more)
        if hit and not after:
            done.append(True)
            raise Broken
        result = real(*args, **more)
        if hit:
            done.append(True)
            raise Broken
        return result

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, broken)
        yield
    assert done, "the step was never reached: the table of steps is out of date"


def path_is(start: str) -> Callable[..., bool]:
    return lambda shelf, path, data: path.startswith(start)


# step of FORMATS.md 4, where it happens, which call it is
STEPS: dict[str, tuple[Any, str, Callable[..., bool]]] = {
    "1 leaf row": (Writing, "flush", lambda *args: True),
    "1 outbox row": (outbox, "record", lambda *args, **more: True),
    "2 tree": (log, "_check_heads", lambda *args: True),
    "3 hash tile": (Shelf, "write", path_is("log/tile/0")),
    "3 higher tile": (Shelf, "write", path_is("log/tile/1")),
    "3 entry bundle": (Shelf, "write", path_is("log/tile/entries")),
    "4 tree head": (log, "_move_head", lambda *args: True),
    "5 verifier key": (Shelf, "write", path_is("log/log.vkey")),
    "5 checkpoint": (Shelf, "write", path_is("log/checkpoint")),
}


@pytest.fixture
def here(world: World) -> World:
    world.keyring = Keyring.create(world.settings.data / "own", world.clock.now())
    return world


def fill(world: World, start: int, count: int) -> None:
    """So many leaves, in one transaction."""
    with world.db.write() as session:
        for number in range(start, start + count):
            draft = Draft("evidence.root", world.clock.now(), doc=f"{number:064x}")
            log.append(session, world.keyring, draft, now=world.clock.now())


def size(world: World) -> int:
    with world.db.read() as session:
        return len(list(session.scalars(select(LogLeaf.idx))))


def published(world: World) -> dict[str, bytes]:
    root = world.shelf.public / "log"
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_breaks_is_made_good_by_repeating(
    here: World, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    follower = Follower(here)
    fill(here, 0, 254)
    log.publish(here)
    follower.look()
    owner, name, when = STEPS[step]
    first = step.startswith("1")
    if not first:
        fill(here, 254, 3)  # past a full tile, so that every kind of file is written
    with failing(monkeypatch, owner, name, when, after=after), pytest.raises(Broken):
        fill(here, 254, 3) if first else log.publish(here)
    follower.look()
    assert size(here) == (254 if first else 257), "a broken transaction left something, or a whole one lost something"
    if first:
        fill(here, 254, 3)
    log.check(here)
    head = log.publish(here)
    follower.look()
    assert head.size == 257
    assert follower.seen[-1] == head
    assert published(here) == undisturbed(here)
    once = published(here)
    log.publish(here)
    assert published(here) == once


def undisturbed(world: World) -> dict[str, bytes]:
    """What a run without faults publishes from these leaves: into an empty shelf, in the same two goes."""
    calm = World(world.settings, world.db, world.clock, world.keyring, Shelf(world.settings.data / "calm"), world.files)
    with world.db.read() as session:
        entries = list(session.scalars(select(LogLeaf.data).order_by(LogLeaf.idx)))
    hashes = [merkle.leaf_hash(entry) for entry in entries]
    for until in (254, 257):
        old = 254 if until == 257 else 0
        log._write_tiles(calm.shelf, old, entries[:until], hashes[:until], Tree.of(hashes[:until]).root())
    log.publish(calm)
    return published(calm)


def test_one_publisher_that_lost_the_race_signs_nothing(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Step 4 is a compare-and-swap: between reading and moving, somebody on another machine moved the head."""
    fill(here, 0, 2)
    real = log._move_head

    def late(world: World, state: LogState, size: int, root: bytes) -> None:
        with world.db.write() as session:
            session.execute(update(LogState).values(published_size=1, published_root="00" * 32))
        real(world, state, size, root)

    with monkeypatch.context() as patch:
        patch.setattr(log, "_move_head", late)
        with pytest.raises(Conflict, match="another publisher"):
            log.publish(here)
    assert "checkpoint" not in published(here)


def test_the_control_without_the_swap_the_loser_would_sign(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(here, 0, 2)
    monkeypatch.setattr(log, "_move_head", lambda *args: None)
    log.publish(here)
    assert "checkpoint" in published(here)


def test_a_restored_old_backup_signs_nothing(here: World) -> None:
    fill(here, 0, 3)
    log.publish(here)
    before = published(here)
    with here.db.write() as session:
        session.execute(delete(LogLeaf).where(LogLeaf.idx >= 2))
        session.execute(update(LogState).values(size=2, published_size=0, published_root=EMPTY_ROOT.hex()))
    for act in (log.check, log.publish):
        with pytest.raises(Conflict, match="behind the published log"):
            act(here)
    fill(here, 90, 5)
    for act in (log.check, log.publish):
        with pytest.raises(Conflict, match="a leaf was changed"):
            act(here)
    assert published(here) == before


def test_the_control_without_the_check_of_heads_it_would_sign(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(here, 0, 3)
    log.publish(here)
    before = Follower(here)
    before.look()
    with here.db.write() as session:
        session.execute(delete(LogLeaf).where(LogLeaf.idx >= 2))
        session.execute(update(LogState).values(size=2, published_size=0, published_root=EMPTY_ROOT.hex()))
    fill(here, 90, 5)
    monkeypatch.setattr(log, "_check_heads", lambda state, published, hashes: Tree.of(hashes).root())
    grow = merkle.grow
    with here.db.read() as session:
        hashes = [merkle.leaf_hash(data) for data in session.scalars(select(LogLeaf.data).order_by(LogLeaf.idx))]
    monkeypatch.setattr(merkle, "grow", lambda old, read, added: grow(0, lambda path: None, hashes))
    log.publish(here)
    with pytest.raises(AssertionError):
        before.look()
