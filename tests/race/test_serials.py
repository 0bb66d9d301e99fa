"""Many orders minted at the same moment: every batch number once, without a gap, and every label once."""

import threading
from functools import partial
from typing import Any

import pytest

from certify import log
from ground.database import Writing
from ground.database import lock as real_lock
from ground.errors import Conflict
from ground.world import World
from labels import manifest, service
from labels.serials import permute_range
from labels.tables import Batch
from tests.cast import make_cast
from tests.unit.ground.together import run_together
from tests.unit.labels.holder import certify, place

WRITERS = 6
ORDERS = 4


def test_batch_numbers_and_serials_are_never_given_twice(world: World) -> None:
    holder = certify(world, make_cast(world))
    orders = [[place(world, holder, holder.wish(5)) for _ in range(ORDERS)] for _ in range(WRITERS)]

    def writer(mine: list[str]) -> None:
        for order in mine:
            service.mint_batch(world, order)

    run_together([partial(writer, mine) for mine in orders])
    with world.db.read() as session:
        batches = [session.get_one(Batch, number) for number in range(1, WRITERS * ORDERS + 1)]
        sealed = [leaf.batch or 0 for leaf in log.leaves(session, holder.number) if leaf.t == "labels.sealed"]
    assert sorted(sealed) == [batch.number for batch in batches]
    serials = {
        (batch.number, item)
        for batch in batches
        for item in permute_range(service.batch_key(world.keyring, batch), range(batch.count))
    }
    assert len(serials) == WRITERS * ORDERS * 5


def test_without_the_lock_a_number_would_be_given_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: then only the table's key stands between two batches and one number, and one fails."""
    if world.db.dialect == "sqlite":
        pytest.skip("on SQLite BEGIN IMMEDIATE is the lock; tests/unit/ground holds its control")
    holder = certify(world, make_cast(world))
    orders = [place(world, holder, holder.wish(5)) for _ in range(2)]
    both_there = threading.Barrier(2, timeout=20)
    real_build = manifest.build_manifest

    def no_lock(session: Writing, name: str) -> None:
        if name != service.LOCK:
            real_lock(session, name)

    def build(**given: Any) -> Any:
        both_there.wait()  # both have their number now, and neither has stored it
        return real_build(**given)

    monkeypatch.setattr(service, "lock", no_lock)
    monkeypatch.setattr(manifest, "build_manifest", build)
    with pytest.raises(Conflict, match="same moment"):
        run_together([partial(service.prepare_batch, world, order) for order in orders])
