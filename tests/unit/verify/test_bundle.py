"""Opening a bundle: every signature once, by a key of the right purpose, and whatever does not hold is absent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ground.errors import Malformed
from ground.signing import seal_document
from tests.vectors import defects
from tests.vectors.scene import (
    DAY,
    FIRST,
    KEYS_SINCE,
    NOW,
    ROOTS,
    SECOND,
    Scene,
    good,
    item,
    signer,
)
from verify import bundle as room
from verify.bundle import MAX_CERTIFICATES, empty_document, open_bundle, parse_bundle, write_bundle


def refusals(document: dict[str, Any]) -> list[str]:
    return [each.where for each in open_bundle(document, ROOTS).refused]


def test_a_good_bundle_has_nothing_refused() -> None:
    bundle = open_bundle(defects.container("good"), ROOTS)
    assert bundle.refused == ()
    assert bundle.complete
    assert set(bundle.certificates) == {FIRST}
    assert set(bundle.manifests) == {1}
    assert bundle.checkpoint is not None


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("keys-signed-by-a-stranger", "/keys"),
        ("heads-by-event-key", "/heads"),
        ("cautions-by-status-key", "/cautions"),
        ("revocation-by-certificate-key", "/status/revocation/1"),
        ("suspension-by-event-key", "/status/suspension/1"),
        ("certificate-by-status-key", f"/certificates/{FIRST}/credential"),
        ("leaves-by-status-key", f"/certificates/{FIRST}/events/1"),
        ("manifest-by-label-key", "/batches/1"),
        ("manifest-changed", "/batches/1"),
        ("leaf-changed", f"/certificates/{FIRST}/events/1"),
        ("leaf-missing-inside", f"/certificates/{FIRST}/events/1"),
        ("credential-changed", f"/certificates/{FIRST}/credential"),
        ("credential-not-the-issued-one", f"/certificates/{FIRST}/credential"),
        ("status-key-stolen", "/heads"),
        ("certificate-key-stolen", f"/certificates/{FIRST}/credential"),
        ("event-key-stolen", "/batches/1"),
        ("log-key-stolen-too", "/checkpoint"),
    ],
)
def test_a_part_that_does_not_hold_is_refused_by_its_place(name: str, where: str) -> None:
    assert where in refusals(defects.container(name))


def test_a_checkpoint_of_another_key_is_refused() -> None:
    assert refusals(defects.resigned("checkpoint", "event")) == ["/checkpoint"]


def test_roots_are_pinned_and_never_taken_from_the_bundle() -> None:
    stranger = signer("stranger").public
    bundle = open_bundle(defects.container("good"), [stranger])
    assert bundle.keys is None
    assert bundle.certificates == {}
    assert not bundle.complete


def test_three_roots_need_two_signatures() -> None:
    roots = [ROOTS[0], signer("second root").public, signer("third root").public]
    assert open_bundle(defects.container("good"), roots).keys is None


def test_a_certificate_under_another_number_is_refused() -> None:
    def move(document: dict[str, Any]) -> None:
        document["certificates"][SECOND] = document["certificates"].pop(FIRST)

    found = refusals(defects.changed(good, move))
    assert found == [f"/certificates/{SECOND}/credential", f"/certificates/{SECOND}/events/0"]


@pytest.mark.parametrize("folder", ["batches", "void"])
def test_a_document_of_another_batch_is_refused(folder: str) -> None:
    def move(document: dict[str, Any]) -> None:
        document[folder]["2"] = document[folder].pop("1")

    assert refusals(defects.changed(lambda: defects.voided([item(3)]), move)) == [f"/{folder}/2"]


def test_an_unlawful_story_is_not_believed_at_all() -> None:
    """Signed and linked, but nobody is reinstated who was revoked."""
    world = defects.with_event("cert.revoked", reason="nonconformity")
    world.add("cert.reinstated", FIRST, NOW - DAY)
    bundle = open_bundle(world.bundle(), ROOTS)
    assert bundle.certificates[FIRST].chain.leaves == ()
    assert f"/certificates/{FIRST}/events" in [each.where for each in bundle.refused]


def test_a_void_list_by_a_stolen_key_counts_as_absent() -> None:
    world = defects.voided([item(0)])
    world.mark_key("event", "compromised", boundary=0, until=NOW - DAY)
    bundle = open_bundle(world.bundle(), ROOTS)
    assert bundle.void == {}
    assert bundle.cautions is None


def test_without_the_look_at_stolen_keys_they_would_count(monkeypatch: pytest.MonkeyPatch) -> None:
    world = defects.voided([item(0)])
    world.mark_key("event", "compromised", boundary=0, until=NOW - DAY)
    monkeypatch.setattr(room, "not_stolen", lambda key: None)
    assert 1 in open_bundle(world.bundle(), ROOTS).void


def test_a_retired_key_still_counts_for_what_it_signed_in_its_time() -> None:
    world = good()
    for name in ("certificate", "event", "label"):
        world.mark_key(name, "retired", until=NOW - DAY)
    bundle = open_bundle(defects.changed(world.bundle, lambda b: b.update(cautions=None)), ROOTS)
    assert bundle.refused == ()


def test_a_list_from_outside_its_keys_time_is_refused() -> None:
    world = good()
    world.mark_key("status", "retired", until=NOW - DAY)
    assert "/heads" in refusals(world.bundle())
    world = Scene()
    world.list_key("status", "status", since=NOW)
    world.issue()
    assert "/heads" in refusals(world.bundle())
    assert KEYS_SINCE < NOW - DAY


def test_a_proof_counts_only_for_the_bundles_own_checkpoint() -> None:
    world = good()
    world.mark_key("label", "compromised", boundary=len(world.log), until=NOW - DAY)
    world.with_proofs = True
    document = world.bundle()
    assert open_bundle(document, ROOTS).certificates[FIRST].chain.proven
    world.pad_log(1)
    document["checkpoint"] = world.checkpoint()  # the proofs are of the smaller tree
    assert not open_bundle(document, ROOTS).certificates[FIRST].chain.proven
    document["checkpoint"] = None
    assert not open_bundle(document, ROOTS).certificates[FIRST].chain.proven


# --- completeness ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["manifest-changed", "leaf-changed", "heads-by-event-key", "credential-changed"])
def test_a_bundle_from_which_something_was_refused_is_not_complete(name: str) -> None:
    assert defects.container(name)["complete"]
    assert not open_bundle(defects.container(name), ROOTS).complete


def test_a_refused_void_list_does_not_make_other_batches_unknown() -> None:
    document = defects.changed(lambda: defects.voided([item(3)]), lambda b: b["void"]["1"].update(items=[1]))
    assert open_bundle(document, ROOTS).complete


# --- the container ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda b: b.pop("proofs"),
        lambda b: b.update(more={}),
        lambda b: b.update(v=2),
        lambda b: b.update(v=True),
        lambda b: b.update(complete=1),
        lambda b: b.update(certificates=[]),
        lambda b: b.update(batches=None),
        lambda b: b.update(status={"revocation": {}}),
        lambda b: b.update(status={"revocation": {}, "suspension": []}),
        lambda b: b.update(proofs=[]),
        lambda b: b.update(certificates=dict.fromkeys(map(str, range(MAX_CERTIFICATES + 1)))),
    ],
)
def test_what_is_not_the_container_is_malformed(change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(Malformed):
        open_bundle(defects.changed(good, change), ROOTS)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"v":1,"v":1}', b'{"v":1.0}', b"[" * 100_000])
def test_bytes_that_are_no_bundle_are_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        parse_bundle(data, ROOTS)


def test_too_many_bytes_are_refused_before_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_bundle(defects.container("good"))
    monkeypatch.setattr(room, "MAX_BYTES", len(data) - 1)
    with pytest.raises(Malformed, match="more than"):
        parse_bundle(data, ROOTS)


def test_an_empty_bundle_is_a_bundle() -> None:
    bundle = open_bundle(empty_document(complete=True), ROOTS)
    assert bundle.refused == ()
    assert bundle.keys is None
    assert not bundle.complete


def test_a_long_chain_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_LEAVES", 1)
    assert refusals(defects.container("good")) == [f"/certificates/{FIRST}/events"]


# --- opening again ---------------------------------------------------------------------------------------------------


def test_what_was_checked_is_not_checked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    document = defects.container("good")
    first = open_bundle(document, ROOTS)
    for name in ("open_credential", "open_leaf", "open_manifest", "open_list", "open_heads", "open_cautions"):
        monkeypatch.setattr(room, name, None)
    again = open_bundle({**document, "complete": False}, ROOTS, first)
    assert again.refused == ()
    assert again.certificates == first.certificates
    assert again.memo == {}


def test_a_refusal_is_remembered_too() -> None:
    document = defects.container("manifest-changed")
    first = open_bundle(document, ROOTS)
    assert open_bundle(document, ROOTS, first).refused == first.refused


def test_an_equal_part_in_another_object_is_checked_again() -> None:
    """Identity is the only sign that nothing changed: an equal-looking part may have been tampered with since."""
    document = defects.container("good")
    first = open_bundle(document, ROOTS)
    changed = {**document, "heads": {**document["heads"], "heads": {}}}
    assert [each.where for each in open_bundle(changed, ROOTS, first).refused] == ["/heads"]


def test_other_keys_make_everything_be_checked_again() -> None:
    world = good()
    document = world.bundle()
    first = open_bundle(document, ROOTS)
    world.mark_key("event", "compromised", boundary=0, until=NOW - DAY)
    again = open_bundle({**document, "keys": world.keys_document()}, ROOTS, first)
    assert "/batches/1" in [each.where for each in again.refused]


# --- cautions and heads ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"code": "X"},
        {"code": "x", "since": "2026-11-01T00:00:00Z"},
        {"code": "", "since": "2026-11-01T00:00:00Z"},
        {"code": "X", "since": "2026-11-01"},
        {"code": "X", "since": "2026-11-01T00:00:00Z", "batch": "1"},
        {"code": "X", "since": "2026-11-01T00:00:00Z", "cert": 1},
        {"code": "X", "since": "2026-11-01T00:00:00Z", "person": "Otto"},
        [],
    ],
)
def test_a_caution_of_another_shape_is_refused(entry: Any) -> None:
    world = good()
    world.cautions = [entry]
    assert refusals(world.bundle()) == ["/cautions"]


@pytest.mark.parametrize("heads", [[], {"x": "0" * 64}, {FIRST: "0" * 63}, {FIRST: None}])
def test_heads_of_another_shape_are_refused(heads: Any) -> None:
    world = good()
    document = world.bundle()
    bare = {key: value for key, value in document["heads"].items() if key not in ("kid", "sig")}
    document["heads"] = seal_document("heads", {**bare, "heads": heads}, signer("status"))
    assert refusals(document) == ["/heads"]
