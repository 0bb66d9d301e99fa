"""The bundle of the shelf: consistent, at once, and never an error of the server."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from ground.canonical import jcs
from ground.errors import Unavailable
from ground.shelf import Shelf
from labels import manifest, payload
from tests.unit.verify.shelves import SCAN, publish, write
from tests.vectors import defects
from tests.vectors.scene import COUNT, DAY, FIRST, NOW, ROOTS, SECOND, Scene, batch_key, digits, good, item, typed
from verify.bundle import open_bundle, parse_bundle
from verify.source import Source
from verify.verdict import judge


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def source_of(shelf: Shelf) -> Source:
    return Source(shelf, ROOTS, lambda: bytes(SCAN))


def code(source: Source, text: str | None = None) -> str:
    label = payload.parse(text or digits())
    bundle = source.current()
    return judge(label, bundle, source.membership(label), NOW).code


def suspended() -> Scene:
    world = good()
    world.add("cert.suspended", FIRST, NOW - DAY, reason="nonconformity")
    world.set_bit("suspension")
    return world


def test_what_is_published_is_judged(shelf: Shelf) -> None:
    publish(good(), shelf)
    source = source_of(shelf)
    assert code(source) == "VALID"
    assert source.current().refused == ()
    assert source.current().complete


def test_an_empty_shelf_confirms_nothing(shelf: Shelf) -> None:
    assert code(source_of(shelf)) == "CANNOT_CONFIRM"


def test_a_suspension_shows_at_the_next_scan(shelf: Shelf) -> None:
    publish(good(), shelf)
    source = source_of(shelf)
    assert code(source) == "VALID"
    publish(suspended(), shelf)
    assert code(source) == "SUSPENDED"


def test_without_news_nothing_is_read_again(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(good(), shelf)
    source = source_of(shelf)
    first = source.current()
    monkeypatch.setattr(shelf, "read", None)
    monkeypatch.setattr(shelf, "list", None)
    assert source.current() is first
    assert code(source) == "VALID"  # opens the member file once
    monkeypatch.setattr(shelf, "read_private", None)
    assert code(source) == "VALID"


def test_only_changed_files_are_read_and_only_changed_parts_checked(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(good(), shelf)
    source = source_of(shelf)
    before = source.current()
    asked: list[str] = []
    read = shelf.read

    def noted(path: str) -> bytes | None:
        asked.append(path)
        return read(path)

    monkeypatch.setattr(shelf, "read", noted)
    publish(suspended(), shelf)
    after = source.current()
    assert f"certificates/{FIRST}.json" not in asked
    assert "batches/1.json" not in asked
    assert f"certificates/{FIRST}/events.json" in asked
    assert after.manifests[1] is before.manifests[1]
    assert after.certificates[FIRST].credential is before.certificates[FIRST].credential


def test_while_somebody_publishes_the_last_finished_set_stays(shelf: Shelf) -> None:
    publish(good(), shelf)
    source = source_of(shelf)
    assert code(source) == "VALID"
    with shelf.publishing():
        shelf.write("heads.json", jcs(suspended().heads_document()))  # half of a set: heads without their events
        assert code(source) == "VALID"
        write(suspended(), shelf)
        assert code(source) == "VALID"
    assert code(source) == "SUSPENDED"


def test_without_asking_the_revision_a_torn_set_would_be_judged(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(good(), shelf)
    source = source_of(shelf)
    assert code(source) == "VALID"
    with shelf.publishing():
        monkeypatch.setattr(shelf, "revision", lambda: 0)
        shelf.write("heads.json", jcs(suspended().heads_document()))
        assert code(source) == "CANNOT_CONFIRM"
        monkeypatch.undo()


def test_a_set_that_was_left_half_written_is_better_than_none_and_never_complete(shelf: Shelf) -> None:
    publisher = shelf.publishing()
    publisher.__enter__()
    write(good(), shelf)
    assert not publisher.__exit__(OSError, OSError("the publisher dies"), None)
    source = source_of(shelf)
    assert code(source) == "VALID"
    assert not source.current().complete
    assert code(source, digits(9)) == "CANNOT_CONFIRM"
    publish(good(), shelf)
    assert code(source, digits(9)) == "NOT_REGISTERED"


def test_readers_beside_a_busy_publisher_never_see_a_torn_set(shelf: Shelf) -> None:
    """Renewed and not, over and over: each scan sees one of the two worlds whole."""
    worlds = [good(), defects.successor()]
    publish(worlds[0], shelf)
    source, seen, stop = source_of(shelf), set[str](), threading.Event()
    assert code(source) == "VALID"  # without one finished set in hand, a busy shelf is answered with CANNOT_CONFIRM

    def busy() -> None:
        for turn in range(16):
            publish(worlds[turn % 2], shelf)
        stop.set()

    thread = threading.Thread(target=busy)
    thread.start()
    while not stop.is_set():
        seen.add(code(source))
    thread.join()
    assert seen == {"VALID"}


def test_a_shelf_that_goes_away_confirms_nothing_and_comes_back(shelf: Shelf, tmp_path: Path) -> None:
    publish(good(), shelf)
    source = source_of(shelf)
    assert code(source) == "VALID"
    away = tmp_path.with_name("away")
    os.rename(tmp_path, away)
    try:
        assert code(source) == "CANNOT_CONFIRM"
    finally:
        os.rename(away, tmp_path)
    assert code(source) == "VALID"


def test_a_shelf_that_cannot_be_read_confirms_nothing(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(good(), shelf)
    source = source_of(shelf)

    def broken(path: str) -> Any:
        raise PermissionError(path)

    monkeypatch.setattr(shelf, "stat", broken)
    assert code(source) == "CANNOT_CONFIRM"
    monkeypatch.undo()
    assert code(source) == "VALID"


@pytest.mark.parametrize(
    "path", ["keys.json", "heads.json", "cautions.json", "batches/1.json", f"certificates/{FIRST}.json",
             f"certificates/{FIRST}/events.json", "status/revocation/1.json"]
)  # fmt: skip
@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"v":1.5}', b"\xff\xff", b"null", b'{"events":7}'])
def test_a_spoiled_file_is_absent_and_never_an_error(shelf: Shelf, path: str, data: bytes) -> None:
    publish(good(), shelf)
    source = source_of(shelf)
    with shelf.publishing():
        shelf.write(path, data)
    assert code(source) == "CANNOT_CONFIRM"
    parse_bundle(source.bundle_bytes(), ROOTS)


def test_a_manifest_that_is_lost_makes_the_set_incomplete_not_the_label_false(shelf: Shelf) -> None:
    publish(good(), shelf)
    source = source_of(shelf)
    with shelf.publishing():
        (shelf.public / "batches" / "1.json").unlink()
    assert code(source) == "CANNOT_CONFIRM"


def test_an_older_list_of_keys_is_refused(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(good(), shelf)
    source = source_of(shelf)
    assert code(source) == "VALID"
    older = good().keys_document
    monkeypatch.setattr("tests.vectors.scene.build_keyset", _older_keyset)
    with shelf.publishing():
        shelf.write("keys.json", jcs(older()))
    assert code(source) == "CANNOT_CONFIRM"
    assert source.current().document["keys"] is None


def _older_keyset(version: int, *rest: Any) -> Any:
    from ground.keyset import build_keyset

    return build_keyset(version - 1, *rest)


# --- the container ---------------------------------------------------------------------------------------------------


def test_the_container_is_what_was_published_and_the_same_every_time(shelf: Shelf) -> None:
    world = defects.successor()
    world.void_items([item(3)])
    publish(world, shelf)
    source, other = source_of(shelf), source_of(shelf)
    assert source.bundle_bytes() == other.bundle_bytes() == jcs(world.bundle())
    assert source.bundle_bytes() is source.bundle_bytes()


def test_a_verdict_is_the_same_from_memory_and_from_the_container(shelf: Shelf) -> None:
    publish(suspended(), shelf)
    source = source_of(shelf)
    fresh = parse_bundle(source.bundle_bytes(), ROOTS)
    for text in (digits(), digits(9), typed(), digits(key="other")):
        label = payload.parse(text)
        assert judge(label, source.current(), "in", NOW).data == judge(label, fresh, "in", NOW).data


def test_after_a_theft_the_container_brings_the_proofs(shelf: Shelf) -> None:
    world = good()
    boundary = len(world.log)
    world.pad_log(300)  # more than one tile
    world.mark_key("label", "compromised", boundary=boundary, until=NOW - DAY)
    publish(world, shelf)
    source = source_of(shelf)
    label = payload.parse(digits())
    verdict = judge(label, source.current(), source.membership(label), NOW)
    assert verdict.code == "VALID"
    assert "SEALED_BEFORE_INCIDENT" in verdict.document["cautions"]
    assert list(source.current().document["proofs"]) == [source.current().certificates[FIRST].chain.leaves[1].hash]
    assert judge(label, parse_bundle(source.bundle_bytes(), ROOTS), "in", NOW).data == verdict.data


def test_after_the_theft_of_the_event_key_older_leaves_still_count(shelf: Shelf) -> None:
    world = good()
    world.mark_key("event", "compromised", boundary=len(world.log), until=NOW - DAY)
    publish(world, shelf)
    chain = source_of(shelf).current().certificates[FIRST].chain
    assert len(chain.leaves) == 2
    assert chain.broken is None


# --- membership ------------------------------------------------------------------------------------------------------


def test_membership_is_in_out_or_unknown(shelf: Shelf) -> None:
    publish(good(), shelf)
    source = source_of(shelf)
    source.current()
    assert source.membership(payload.parse(digits(index=0))) == "in"
    assert source.membership(payload.parse(digits(index=COUNT - 1))) == "in"
    assert source.membership(payload.parse(digits(index=COUNT))) == "out"
    assert source.membership(payload.parse(typed(COUNT))) == "out"
    assert source.membership(payload.parse(digits(9))) == "unknown"


def test_an_item_beyond_the_count_is_not_registered(shelf: Shelf) -> None:
    publish(good(), shelf)
    assert code(source_of(shelf), digits(index=COUNT)) == "NOT_REGISTERED"


def test_a_member_file_that_promises_more_than_the_manifest_is_not_believed(shelf: Shelf) -> None:
    publish(good(), shelf)
    more = manifest.seal_member(batch_key(1), COUNT + 1, bytes(SCAN.public_key))
    shelf.write_private("members/1", more)
    source = source_of(shelf)
    source.current()
    assert source.membership(payload.parse(digits(index=COUNT))) == "unknown"


@pytest.mark.parametrize("data", [b"", b"x" * 88])
def test_a_member_file_that_does_not_open_leaves_membership_unknown(shelf: Shelf, data: bytes) -> None:
    publish(good(), shelf)
    shelf.write_private("members/1", data)
    source = source_of(shelf)
    source.current()
    assert source.membership(payload.parse(digits())) == "unknown"
    assert code(source, typed()) == "CANNOT_CONFIRM"


def test_a_scan_key_that_is_away_is_asked_again(shelf: Shelf) -> None:
    publish(good(), shelf)
    away = [True]

    def scan_private() -> bytes:
        if away[0]:
            raise Unavailable("the key file is away")
        return bytes(SCAN)

    source = Source(shelf, ROOTS, scan_private)
    source.current()
    assert source.membership(payload.parse(digits())) == "unknown"
    away[0] = False
    assert source.membership(payload.parse(digits())) == "in"


def test_the_scene_and_the_shelf_are_the_same_world(shelf: Shelf) -> None:
    """Otherwise these tests would judge another world than the vectors do."""
    world = defects.rebound()
    publish(world, shelf)
    assert SECOND not in source_of(shelf).current().certificates
    assert source_of(shelf).current().document == open_bundle(world.bundle(), ROOTS).document
