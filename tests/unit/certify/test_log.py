"""The log: gapless indexes, chains, the write order of publishing, and what it refuses to sign."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from certify import log
from certify.checkpoint import log_origin, open_checkpoint, parse_vkey
from certify.events import Draft, open_leaf
from certify.merkle import EMPTY_ROOT, Tree, decode_bundle, leaf_hash, verify_consistency
from certify.tables import LogLeaf, LogState
from ground.crockford import with_check
from ground.errors import Conflict, Malformed, Unavailable
from ground.keyring import Keyring
from ground.outbox import OutboxEvent
from ground.world import World

HASH = "ab" * 32
CERT = with_check("0123456789")
OTHER = with_check("ABCDEFGHJK")


@pytest.fixture
def there(world: World) -> World:
    return _with_own_keys(world)


@pytest.fixture
def here(sqlite_world: World) -> World:
    return _with_own_keys(sqlite_world)


def _with_own_keys(world: World) -> World:
    """Keys as old as the world's clock."""
    world.keyring = Keyring.create(world.settings.data / "own", world.clock.now())
    return world


def issued(world: World, cert: str = CERT) -> Draft:
    now = world.clock.now()
    return Draft("cert.issued", now, cert=cert, nbf=now, exp=now + timedelta(days=365), doc=HASH, rules=HASH, cmt=HASH)


def said(world: World, t: str, **more: object) -> Draft:
    return Draft(t, world.clock.now(), **{"cert": CERT, "reason": "nonconformity", **more})  # type: ignore[arg-type]


def append(world: World, *drafts: Draft) -> list[int]:
    indexes = []
    for draft in drafts:
        with world.db.write() as session:
            leaf = log.append(session, world.keyring, draft, now=world.clock.now())
            indexes.append(session.scalars(select(LogLeaf.idx).where(LogLeaf.hash == leaf.hash)).all()[-1])
    return indexes


def fill(world: World, count: int) -> None:
    """So many leaves, in one transaction."""
    with world.db.write() as session:
        for n in range(count):
            draft = Draft("evidence.root", world.clock.now(), doc=f"{n:064x}")
            log.append(session, world.keyring, draft, now=world.clock.now())


def files(world: World) -> dict[str, bytes]:
    root = world.shelf.public / "log"
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


# ------------------------------------------------------------------------------------------------------------ appending


def test_indexes_are_gapless_and_each_certificate_counts_its_own(there: World) -> None:
    assert append(there, issued(there), issued(there, OTHER), said(there, "cert.suspended")) == [0, 1, 2]
    with there.db.read() as session:
        first, second = log.leaves(session, CERT)
        (other,) = log.leaves(session, OTHER)
    assert (first.seq, first.prev, second.seq, second.prev) == (0, None, 1, first.hash)
    assert (other.seq, other.prev) == (0, None)


def test_an_append_that_is_rolled_back_leaves_no_gap(there: World) -> None:
    def fail() -> None:
        with there.db.write() as session:
            log.append(session, there.keyring, issued(there), now=there.clock.now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert append(there, issued(there)) == [0]


def test_each_append_tells_the_outbox_in_the_same_transaction(here: World) -> None:
    append(here, issued(here))
    with here.db.read() as session:
        assert [event.name for event in session.scalars(select(OutboxEvent))] == ["log_grew"]


def test_a_revocation_is_never_taken_back(here: World) -> None:
    append(here, issued(here), said(here, "cert.revoked"))
    with pytest.raises(Conflict, match="no cert"):
        append(here, Draft("cert.reinstated", here.clock.now(), cert=CERT))
    with here.db.read() as session:
        assert [leaf.t for leaf in log.leaves(session, CERT)] == ["cert.issued", "cert.revoked"]


def test_nothing_comes_before_the_issue(here: World) -> None:
    with pytest.raises(Conflict):
        append(here, said(here, "cert.suspended"))


def test_a_leaf_with_a_key_of_another_type_is_refused(here: World) -> None:
    with pytest.raises(Malformed):
        append(here, Draft("key.added", here.clock.now(), doc=HASH, batch=1))


def test_without_the_event_key_nothing_is_kept(here: World) -> None:
    hide(here, "event")
    with pytest.raises(Unavailable):
        append(here, issued(here))
    with here.db.read() as session:
        assert session.scalar(select(LogLeaf.idx)) is None


def hide(world: World, purpose: str) -> Path:
    (path,) = (world.settings.data / "own").glob(f"{purpose}-*.key")
    return path.rename(path.with_suffix(".away"))


def test_the_last_events_are_those_of_the_certificate_not_of_its_labels(here: World) -> None:
    sealed = Draft("labels.sealed", here.clock.now(), cert=CERT, batch=1, doc=HASH)
    append(here, issued(here), said(here, "cert.suspended"), sealed)
    with here.db.read() as session:
        found = log.last_events(session, select(LogLeaf.cert).where(LogLeaf.cert == CERT).distinct())
        assert [leaf.t for leaf in found] == ["cert.suspended"]
        assert [leaf.t for leaf in log.chains(session, [CERT, OTHER])[CERT]][-1] == "labels.sealed"
        assert log.chains(session, [CERT, OTHER])[OTHER] == ()


# ----------------------------------------------------------------------------------------------------------- publishing


def test_the_checkpoint_is_signed_over_the_leaves_of_the_database(there: World) -> None:
    append(there, issued(there), issued(there, OTHER))
    head = log.publish(there)
    with there.db.read() as session:
        data = list(session.scalars(select(LogLeaf.data).order_by(LogLeaf.idx)))
    published = files(there)
    origin, public = parse_vkey(published["log.vkey"].decode().strip())
    assert origin == log_origin(there.settings.public_url) == "localhost:8000/log"
    assert open_checkpoint(published["checkpoint"].decode(), origin, public) == head
    assert (head.size, head.root) == (2, Tree.of([leaf_hash(leaf) for leaf in data]).root())
    assert decode_bundle(published["tile/entries/000.p/2"]) == data
    assert published["tile/0/000.p/2"] == b"".join(leaf_hash(leaf) for leaf in data)


def test_an_empty_log_has_a_checkpoint_too(here: World) -> None:
    assert (log.publish(here).size, log.publish(here).root) == (0, EMPTY_ROOT)


def test_publishing_again_changes_no_byte(here: World) -> None:
    append(here, issued(here))
    log.publish(here)
    before = files(here)
    log.publish(here)
    assert files(here) == before


def test_the_tree_grows_past_full_tiles_consistently(here: World) -> None:
    fill(here, 250)
    small = log.publish(here)
    fill(here, 270)
    large = log.publish(here)
    published = files(here)
    assert len(published["tile/0/000"]) == len(published["tile/0/001"]) == 256 * 32
    assert {"tile/0/000.p/250", "tile/0/002.p/8", "tile/1/000.p/2", "tile/entries/001", "tile/entries/002.p/8"} <= set(
        published
    )
    tree = Tree.from_tiles(large.size, lambda path: published.get(path))
    assert tree.root() == large.root
    assert verify_consistency(small.size, large.size, small.root, large.root, tree.consistency_proof(small.size))


def test_indexed_gives_the_leaves_of_certificates_below_a_size(here: World) -> None:
    fill(here, 2)
    append(here, issued(here), said(here, "cert.suspended"))
    with here.db.read() as session:
        assert [(index, leaf.t) for index, leaf in log.indexed(session, 3)] == [(2, "cert.issued")]


# ------------------------------------------------------------------------------------------------------ what is refused


def test_a_database_behind_the_published_log_signs_nothing(there: World) -> None:
    fill(there, 3)
    log.publish(there)
    with there.db.write() as session:
        session.execute(delete(LogLeaf).where(LogLeaf.idx == 2))
        session.execute(update(LogState).values(size=2, published_size=0, published_root=EMPTY_ROOT.hex()))
    before = files(there)
    for act in (log.publish, log.check):
        with pytest.raises(Conflict, match="behind the published log"):
            act(there)
    append(there, issued(there))  # an old backup that has grown again, with another leaf in that place
    for act in (log.publish, log.check):
        with pytest.raises(Conflict, match="a leaf was changed"):
            act(there)
    assert files(there) == before


def test_a_changed_leaf_stops_everything(there: World) -> None:
    append(there, issued(there), issued(there, OTHER))
    log.publish(there)
    with there.db.write() as session:
        data = session.get_one(LogLeaf, 0).data.replace(HASH.encode(), b"cd" * 32)
        session.execute(update(LogLeaf).where(LogLeaf.idx == 0).values(data=data, hash=open_leaf(data, None).hash))
    with pytest.raises(Conflict, match="a leaf was changed"):
        log.publish(there)
    with pytest.raises(Conflict, match="leaf 0 of the log does not hold"):
        log.check(there)


@pytest.mark.parametrize("index", [-1, 1])
def test_a_leaf_that_somebody_wrote_into_the_table_is_never_published(here: World, index: int) -> None:
    append(here, issued(here), said(here, "cert.suspended"))
    with here.db.read() as session:
        forged = {**log.leaves(session, CERT)[1].document, "t": "cert.reinstated", "seq": 1}
    leaf = open_leaf({key: value for key, value in forged.items() if key != "reason"}, None)
    with here.db.write() as session:
        session.execute(
            update(LogLeaf).where(LogLeaf.idx == 1).values(idx=index, data=leaf.data, t=leaf.t, hash=leaf.hash)
        )
    for act in (log.publish, log.check):
        with pytest.raises(Conflict, match="does not hold" if index == 1 else "there is a leaf -1"):
            act(here)
    assert "checkpoint" not in files(here)


def test_a_lost_leaf_is_named(here: World) -> None:
    fill(here, 3)
    with here.db.write() as session:
        session.execute(delete(LogLeaf).where(LogLeaf.idx == 1))
    for act in (log.publish, log.check):
        with pytest.raises(Conflict, match="leaf 1 of the log is missing"):
            act(here)


def test_lost_newest_leaves_are_noticed_before_anything_was_published(here: World) -> None:
    fill(here, 3)
    with here.db.write() as session:
        session.execute(delete(LogLeaf).where(LogLeaf.idx == 2))
    for act in (log.publish, log.check):
        with pytest.raises(Conflict, match="leaves are missing"):
            act(here)


def test_other_bytes_under_the_path_of_a_tile_stop_everything(here: World) -> None:
    fill(here, 3)
    here.shelf.write("log/tile/entries/000.p/3", b"other bytes")
    with pytest.raises(Conflict, match="other bytes"):
        log.publish(here)
    assert "checkpoint" not in files(here)
    assert "tile/0/000.p/3" not in files(here)


def test_a_tile_of_another_tree_stops_everything(here: World) -> None:
    fill(here, 3)
    log.publish(here)
    here.shelf.write("log/tile/0/000.p/3", b"x" * 96)
    fill(here, 1)
    before = files(here)
    with pytest.raises(Conflict, match="not those of this log"):
        log.publish(here)
    assert files(here) == before


def test_a_checkpoint_that_we_did_not_sign_stops_everything(here: World) -> None:
    fill(here, 1)
    log.publish(here)
    text = files(here)["checkpoint"]
    here.shelf.write("log/checkpoint", text.replace(b"\n1\n", b"\n0\n"))
    for act in (log.publish, log.check):
        with pytest.raises(Conflict, match="not signed by this log"):
            act(here)


def test_a_lost_shelf_is_written_again_with_the_same_bytes(here: World) -> None:
    fill(here, 3)
    log.publish(here)
    before = files(here)
    for path in sorted((here.shelf.public / "log").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    log.publish(here)
    assert files(here) == before


def test_without_the_log_key_nothing_is_published_but_findings_land(here: World) -> None:
    fill(here, 1)
    away = hide(here, "log")
    with pytest.raises(Unavailable):
        log.publish(here)
    assert append(here, issued(here)) == [1]
    away.rename(away.with_suffix(".key"))
    assert log.publish(here).size == 2


def test_check_finds_a_leaf_that_no_key_of_ours_signed(here: World) -> None:
    append(here, issued(here))
    here.keyring = Keyring.create(here.settings.data / "stranger", here.clock.now())
    with pytest.raises(Conflict, match="leaf 0 of the log does not hold"):
        log.check(here)


def test_check_finds_a_row_that_says_something_else_than_its_leaf(here: World) -> None:
    append(here, issued(here), said(here, "cert.revoked"))
    with here.db.write() as session:
        session.execute(update(LogLeaf).where(LogLeaf.idx == 1).values(cert=OTHER, seq=0))
    with pytest.raises(Conflict, match="say different things"):
        log.check(here)


def test_check_passes_on_a_whole_log(there: World) -> None:
    log.check(there)
    append(there, issued(there), said(there, "cert.suspended"))
    log.check(there)
    log.publish(there)
    log.check(there)
