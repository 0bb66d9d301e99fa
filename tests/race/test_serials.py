"""Many orders minted at the same moment: every batch number once, without a gap, and every label once."""

from certify import log
from ground.world import World
from labels import service
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

    run_together([lambda mine=mine: writer(mine) for mine in orders])  # type: ignore[misc]
    with world.db.read() as session:
        batches = [session.get_one(Batch, number) for number in range(1, WRITERS * ORDERS + 1)]
        sealed = [leaf.batch for leaf in log.leaves(session, holder.number) if leaf.t == "labels.sealed"]
    assert sorted(sealed) == [batch.number for batch in batches]
    serials = {
        (batch.number, item)
        for batch in batches
        for item in permute_range(service.batch_key(world.keyring, batch), range(batch.count))
    }
    assert len(serials) == WRITERS * ORDERS * 5
