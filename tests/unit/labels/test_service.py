"""Orders, minting, voiding, freezing, publishing: on both databases, and never after the certificate stopped."""

import json
import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from certify import register
from ground.clock import FixedClock
from ground.database import lock as real_lock
from ground.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from ground.journal import JournalRow, check
from ground.keyset import KeySet
from ground.world import World
from labels import manifest, service
from labels.serials import MAX_BATCH, permute
from labels.tables import Batch, LabelOrder, VoidRange
from tests.cast import Cast
from tests.unit.ground.together import run_together
from tests.unit.labels.holder import (
    GTIN,
    Holder,
    certify,
    count,
    event,
    leaves,
    minted,
    place,
    suspend,
    tell,
    told,
)

# Ordering.


def order_of(world: World, order: str) -> LabelOrder:
    with world.db.read() as session:
        found = session.get(LabelOrder, order)
    assert found is not None
    return found


def batch_of(world: World, number: int) -> Batch:
    with world.db.read() as session:
        found = session.get(Batch, number)
    assert found is not None
    return found


def test_an_order_is_kept_and_told(world: World, holder: Holder) -> None:
    order = place(world, holder, holder.wish(10, gtin=GTIN))
    row = order_of(world, order)
    assert (row.state, row.quantity, row.gtin, row.use_by) == ("accepted", 10, GTIN, date(2026, 12, 31))
    assert told(world, "order_accepted") == [{"order": order, "certificate": holder.number}]


def test_no_order_on_a_suspended_certificate_and_nothing_is_kept(world: World, holder: Holder) -> None:
    suspend(world, holder)
    with pytest.raises(Conflict, match="suspended"):
        place(world, holder)
    with world.db.read() as session:
        assert count(session, LabelOrder) == 0
    assert told(world, "order_accepted") == []


def test_the_quota_counts_all_orders_of_the_certificate_but_stopped_ones(world: World, holder: Holder) -> None:
    place(world, holder, holder.wish(1000))
    with pytest.raises(Conflict, match=r"21 labels are more than the 20 left.*1020"):
        place(world, holder, holder.wish(21))
    last = place(world, holder, holder.wish(20))
    with world.db.write() as session:
        session.get_one(LabelOrder, last).state = "stopped"
    place(world, holder, holder.wish(20))


def test_voided_labels_do_not_come_back_to_the_quota(world: World, holder: Holder) -> None:
    number = minted(world, holder, 1020)
    void(world, holder, number, None)
    with pytest.raises(Conflict, match="the 0 left"):
        place(world, holder, holder.wish(1))


def test_two_orders_at_the_same_moment_cannot_exceed_the_quota(world: World, holder: Holder) -> None:
    outcomes = order_together(world, holder)
    assert sorted(outcomes) == ["accepted", "refused"]


def test_without_the_lock_they_would(world: World, holder: Holder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control. SQLite has one writer at any time, so there is no lock to take away."""
    if world.db.dialect == "sqlite":
        pytest.skip("on SQLite BEGIN IMMEDIATE is the lock; tests/unit/ground holds its control")
    both_asked = threading.Barrier(2, timeout=20)

    def waits_instead(session: object, name: str) -> None:
        if name != service.LOCK:
            real_lock(session, name)  # type: ignore[arg-type]

    ordered = service._ordered

    def asked(*args: object) -> int:
        found = ordered(*args)  # type: ignore[arg-type]
        both_asked.wait()
        return found

    monkeypatch.setattr(service, "lock", waits_instead)
    monkeypatch.setattr(service, "_ordered", asked)
    assert order_together(world, holder) == ["accepted", "accepted"]


def order_together(world: World, holder: Holder) -> list[str]:
    """Two orders that fit the quota one by one."""
    outcomes: list[str] = []

    def work() -> None:
        try:
            place(world, holder, holder.wish(600))
        except Conflict:
            outcomes.append("refused")
        else:
            outcomes.append("accepted")

    run_together([work, work])
    return outcomes


def test_another_manufacturer_sees_no_certificate_to_order_on(world: World, holder: Holder, cast: Cast) -> None:
    with pytest.raises(NotFound):
        place(world, holder, by=cast.otto.actor)
    with pytest.raises(NotFound):
        place(world, holder, by=cast.carl.actor)
    with pytest.raises(Forbidden):
        place(world, holder, by=cast.sam.actor)  # may see that there is one


def test_an_unknown_certificate_is_not_found(world: World, holder: Holder) -> None:
    stranger = Holder("00000000000", holder.manager, holder.site, holder.product, holder.valid_until)
    with pytest.raises(NotFound):
        place(world, stranger)


def test_the_scheme_and_the_holder_may_read_an_order_and_otto_may_not(world: World, holder: Holder, cast: Cast) -> None:
    order = place(world, holder)
    with world.db.read() as session:
        for player in (cast.bea, cast.sam):
            assert service.get_order(session, player.actor, order)[0].id == order
        for player in (cast.otto, cast.carl, cast.amina, cast.ravi):
            with pytest.raises(NotFound):
                service.get_order(session, player.actor, order)
        with pytest.raises(NotFound):
            service.get_order(session, cast.bea.actor, "ord_0000000000000000")


# Minting.


def test_a_batch_is_prepared_first_and_sealed_then(world: World, holder: Holder) -> None:
    order = place(world, holder, holder.wish(10, gtin=GTIN))
    number = service.prepare_batch(world, order)
    assert number == 1
    assert (order_of(world, order).state, batch_of(world, 1).sealed_at) == ("prepared", None)
    assert leaves(world, holder, "labels.sealed") == []
    assert told(world, "batch_prepared") == [{"batch": "1", "order": order}]

    assert service.seal_batch(world, 1) == 1
    (leaf,) = leaves(world, holder, "labels.sealed")
    batch = batch_of(world, 1)
    found = manifest.open_manifest(json.loads(batch.manifest or ""), keys(world))
    assert (leaf.batch, leaf.doc) == (1, found.hash)
    assert (found.cert, found.gtin, found.use_by) == (holder.number, GTIN, date(2026, 12, 31))
    assert found.sell_by == date(2026, 12, 31) + timedelta(days=180)
    assert found.key == world.keyring.signer("label").kid
    assert manifest.member_fits(found, service.batch_key(world.keyring, batch), 10)
    assert order_of(world, order).state == "sealed"
    assert told(world, "batch_sealed") == [{"batch": "1", "order": order}]


def keys(world: World) -> KeySet:
    return KeySet(1, world.clock.now(), {key.kid: key for key in world.keyring.listed()}, {})


def test_site_and_product_are_named_as_in_the_credential(world: World, holder: Holder) -> None:
    number = minted(world, holder)
    document = batch_of(world, number).document
    with world.db.read() as session:
        entry = register.standing(session, holder.number, world.clock.now())
    assert (document["site"], document["product"]) == (entry.sites[0].url, entry.products[0].url)
    assert document["site"].startswith("http")


def test_batches_are_numbered_one_by_one(world: World, holder: Holder) -> None:
    assert [minted(world, holder) for _ in range(3)] == [1, 2, 3]


def test_doing_it_again_changes_nothing(world: World, holder: Holder) -> None:
    order = place(world, holder)
    for _ in range(3):
        assert service.mint_batch(world, order) == 1
        service.on_order_accepted(world, event("order_accepted", order, world.clock.now(), order=order))
        service.on_batch_prepared(world, event("batch_prepared", "1", world.clock.now(), batch="1", order=order))
    assert len(leaves(world, holder, "labels.sealed")) == 1
    assert [len(told(world, name)) for name in ("batch_prepared", "batch_sealed")] == [1, 1]


def test_the_same_order_minted_by_many_at_once_is_one_batch(world: World, holder: Holder) -> None:
    order = place(world, holder)
    run_together([lambda: service.mint_batch(world, order)] * 4)
    assert len(leaves(world, holder, "labels.sealed")) == 1
    with world.db.read() as session:
        assert count(session, Batch) == 1


def test_suspended_before_preparing_stops_the_order(world: World, holder: Holder) -> None:
    order = place(world, holder)
    suspend(world, holder)
    assert service.mint_batch(world, order) is None
    row = order_of(world, order)
    assert row.state == "stopped"
    assert "suspended" in row.stopped_because
    with world.db.read() as session:
        assert count(session, Batch) == 0


def test_suspended_between_preparing_and_sealing_seals_nothing(world: World, holder: Holder) -> None:
    order = place(world, holder)
    number = service.prepare_batch(world, order)
    assert number is not None
    suspend(world, holder)
    assert service.seal_batch(world, number) is None
    assert order_of(world, order).state == "stopped"
    assert leaves(world, holder, "labels.sealed") == []
    assert batch_of(world, number).manifest is None
    assert told(world, "batch_sealed") == []
    tell(world, holder, "cert.reinstated")
    assert service.seal_batch(world, number) is None  # stopped is stopped: the holder orders again
    assert minted(world, holder) == number + 1


def test_an_order_that_waited_past_its_last_day_is_stopped(world: World, holder: Holder) -> None:
    order = place(world, holder, holder.wish(5, last_day=world.clock.now().date()))
    assert isinstance(world.clock, FixedClock)
    world.clock.advance(timedelta(days=2))
    assert service.mint_batch(world, order) is None
    assert "last_day" in order_of(world, order).stopped_because


def test_without_its_key_nothing_is_minted_and_it_can_be_tried_again(world: World, holder: Holder) -> None:
    order = place(world, holder)
    folder = world.settings.data / "keys"
    away = [path for path in folder.iterdir() if path.name.startswith(("event-", "label-"))]
    for path in away:
        path.rename(path.with_suffix(".away"))
    with pytest.raises(Unavailable):
        service.mint_batch(world, order)
    assert order_of(world, order).state == "accepted"
    for path in away:
        path.with_suffix(".away").rename(path)
    assert service.mint_batch(world, order) == 1


def test_a_label_key_changed_meanwhile_prepares_again(world: World, holder: Holder) -> None:
    number = service.prepare_batch(world, place(world, holder))
    assert number is not None
    fresh = world.keyring.rotate("label", world.clock.now())
    assert service.seal_batch(world, number) is None
    assert len(told(world, "batch_prepared")) == 2
    assert service.seal_batch(world, number) == number
    assert json.loads(batch_of(world, number).manifest or "")["key"] == fresh.kid


def test_the_batch_key_is_not_in_the_database(world: World, holder: Holder) -> None:
    batch = batch_of(world, minted(world, holder))
    key = service.batch_key(world.keyring, batch)
    assert len(key) == 32
    assert key not in batch.sealed_key
    batch.number += 1  # moved to another row it does not open
    with pytest.raises(Exception, match="does not open"):
        service.batch_key(world.keyring, batch)


def test_there_is_no_batch_beyond_25_bits(world: World, holder: Holder) -> None:
    number = minted(world, holder)
    with world.db.write() as session:
        session.get_one(Batch, number).number = MAX_BATCH
    order = place(world, holder)
    with pytest.raises(Conflict, match=str(MAX_BATCH)):
        service.prepare_batch(world, order)


# Freezing.


def test_a_suspension_stops_what_is_not_minted_and_nothing_else(world: World, holder: Holder, cast: Cast) -> None:
    sealed = batch_of(world, minted(world, holder)).order_id
    accepted, prepared = place(world, holder), place(world, holder)
    service.prepare_batch(world, prepared)
    other = certify(world, cast)
    untouched = place(world, other)
    suspend(world, holder)
    told_now = event("standing_changed", holder.number, world.clock.now(), certificate=holder.number)
    for _ in range(2):
        service.freeze_orders(world, told_now)
    states = [order_of(world, order).state for order in (sealed, accepted, prepared, untouched)]
    assert states == ["sealed", "stopped", "stopped", "accepted"]


def test_a_change_that_leaves_it_active_stops_nothing(world: World, holder: Holder) -> None:
    order = place(world, holder)
    service.freeze_orders(world, event("standing_changed", holder.number, world.clock.now()))
    assert order_of(world, order).state == "accepted"


# Voiding.


def void(
    world: World, holder: Holder, number: int, span: tuple[int, int] | None, cast: Cast | None = None
) -> dict[str, object]:
    actor = cast.sam.actor if cast else holder.manager.actor
    wish = service.prepare_void(world, actor, number, span)
    with world.db.write() as session:
        return service.void_range(session, world.keyring, actor, number, wish, "misprint", now=world.clock.now())


def published_void(world: World, number: int) -> manifest.VoidList:
    service.publish_inside(world)
    return manifest.open_void(json.loads(world.shelf.read(f"void/{number}.json") or b"null"), keys(world))


def test_a_range_is_voided_by_items_and_told_to_the_log(world: World, holder: Holder) -> None:
    number = minted(world, holder)
    answer = void(world, holder, number, (2, 4))
    assert (answer["void"], answer["count"]) == (3, 10)
    key = service.batch_key(world.keyring, batch_of(world, number))
    listed = published_void(world, number)
    assert listed.items == frozenset(permute(key, index) for index in (2, 3, 4))
    (leaf,) = leaves(world, holder, "labels.voided")
    assert leaf.doc == listed.hash == answer["list"]
    assert told(world, "batch_voided") == [{"batch": str(number)}]


def test_voided_twice_is_voided_once(world: World, holder: Holder) -> None:
    number = minted(world, holder)
    first = void(world, holder, number, (2, 4))
    assert void(world, holder, number, (3, 4)) == first
    assert len(leaves(world, holder, "labels.voided")) == 1
    with world.db.read() as session:
        assert count(session, VoidRange) == 1


def test_a_later_list_holds_all_and_the_last_leaf_names_it(world: World, holder: Holder) -> None:
    number = minted(world, holder)
    void(world, holder, number, (0, 1))
    void(world, holder, number, (1, 2))
    listed = published_void(world, number)
    assert len(listed.items or ()) == 3
    assert leaves(world, holder, "labels.voided")[-1].doc == listed.hash


@pytest.mark.parametrize("spans", [[None], [(0, 9)], [(0, 4), (5, 9)], [(3, 4), None]])
def test_a_batch_that_is_void_as_a_whole_tells_no_count(
    world: World, holder: Holder, spans: list[tuple[int, int] | None]
) -> None:
    number = minted(world, holder)
    for span in spans:
        void(world, holder, number, span)
    assert published_void(world, number).items is None
    before = len(leaves(world, holder, "labels.voided"))
    void(world, holder, number, (1, 2))
    void(world, holder, number, None)
    assert len(leaves(world, holder, "labels.voided")) == before


def test_out_of_range_names_both_numbers(world: World, holder: Holder) -> None:
    number = minted(world, holder)
    for span, words in (((0, 10), "last 10 is beyond 9"), ((5, 4), "last 4 lies before first 5")):
        with pytest.raises(Invalid, match=words):
            void(world, holder, number, span)
    assert leaves(world, holder, "labels.voided") == []


def test_only_the_holder_and_the_scheme_void(world: World, holder: Holder, cast: Cast) -> None:
    number = minted(world, holder)
    for player in (cast.otto, cast.carl, cast.amina, cast.ravi):
        with pytest.raises(NotFound):
            service.prepare_void(world, player.actor, number, (0, 1))
    with pytest.raises(NotFound):
        service.prepare_void(world, cast.bea.actor, number + 1, (0, 1))
    assert void(world, holder, number, (0, 0), cast)["void"] == 1


def test_a_batch_that_was_never_sealed_has_nothing_to_void(world: World, holder: Holder) -> None:
    number = service.prepare_batch(world, place(world, holder))
    assert number is not None
    with pytest.raises(Conflict, match="never sealed"):
        void(world, holder, number, None)


def test_voiding_works_while_suspended_and_after_revocation(world: World, holder: Holder) -> None:
    """Braking is always possible."""
    number = minted(world, holder)
    suspend(world, holder)
    void(world, holder, number, (0, 0))
    tell(world, holder, "cert.revoked", reason="nonconformity")
    assert void(world, holder, number, (1, 1))["void"] == 2


def test_two_voids_at_once_both_count(world: World, holder: Holder) -> None:
    number = minted(world, holder)
    run_together([lambda: void(world, holder, number, (0, 1)), lambda: void(world, holder, number, (5, 6))])
    assert len(published_void(world, number).items or ()) == 4


# Publishing.


def test_the_shelf_gets_manifests_and_sealed_members(world: World, holder: Holder) -> None:
    number = minted(world, holder)
    service.publish_inside(world)
    batch = batch_of(world, number)
    data = world.shelf.read(f"batches/{number}.json")
    assert data is not None
    assert data.decode() == batch.manifest
    sealed = world.shelf.read_private(f"members/{number}")
    assert sealed is not None
    key = service.batch_key(world.keyring, batch)
    assert manifest.open_member(sealed, world.keyring.scan_private()) == (key, 10)
    assert world.shelf.read(f"members/{number}") is None  # never under a public address
    assert key not in sealed


def test_publishing_again_writes_nothing(world: World, holder: Holder) -> None:
    number = minted(world, holder)
    void(world, holder, number, (0, 0))
    service.publish_inside(world)
    paths = [path for path in world.shelf.root.rglob("*") if path.is_file()]
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in paths}
    service.publish_inside(world)
    assert {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in paths} == before


def test_what_the_shelf_lost_is_put_back(world: World, holder: Holder) -> None:
    number = minted(world, holder)
    service.publish_inside(world)
    (world.shelf.public / "batches" / f"{number}.json").unlink()
    (world.shelf.private / "members" / str(number)).unlink()
    service.publish_inside(world)
    assert world.shelf.read(f"batches/{number}.json") is not None
    assert world.shelf.read_private(f"members/{number}") is not None


def test_a_batch_that_is_only_prepared_is_not_published(world: World, holder: Holder) -> None:
    service.prepare_batch(world, place(world, holder))
    service.publish_inside(world)
    assert world.shelf.list("batches") == []
    assert world.shelf.list_private("members") == []


def test_the_journal_says_who_ordered_minted_and_voided(world: World, holder: Holder) -> None:
    number = minted(world, holder)
    void(world, holder, number, (0, 0))
    with world.db.read() as session:
        rows = session.scalars(select(JournalRow).order_by(JournalRow.index))
        said = [(row.action, row.person) for row in rows]
        check(session)
    bea = holder.manager.person
    assert [row for row in said if row[0].startswith("labels.")] == [
        ("labels.order", bea), ("labels.mint", "system"), ("labels.void", bea),
    ]  # fmt: skip
