"""The tree against a naive one written from RFC 6962 alone, and the C2SP files with their examples."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify import merkle
from certify.merkle import (
    EMPTY_ROOT,
    HASH,
    Tree,
    bundle_path,
    decode_bundle,
    encode_bundle,
    grow,
    leaf_hash,
    node_hash,
    tile_path,
    verify_consistency,
    verify_inclusion,
)
from ground.errors import Malformed

# --- the naive tree: RFC 6962, section 2.1, word for word -------------------------------------------------------------


def mth(d: Sequence[bytes]) -> bytes:
    if not d:
        return hashlib.sha256().digest()
    if len(d) == 1:
        return hashlib.sha256(b"\x00" + d[0]).digest()
    k = below(len(d))
    return hashlib.sha256(b"\x01" + mth(d[:k]) + mth(d[k:])).digest()


def below(n: int) -> int:
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def path(m: int, d: Sequence[bytes]) -> list[bytes]:
    if len(d) == 1:
        return []
    k = below(len(d))
    return [*path(m, d[:k]), mth(d[k:])] if m < k else [*path(m - k, d[k:]), mth(d[:k])]


def proof(m: int, d: Sequence[bytes]) -> list[bytes]:
    return subproof(m, d, True) if 0 < m < len(d) else []


def subproof(m: int, d: Sequence[bytes], b: bool) -> list[bytes]:
    if m == len(d):
        return [] if b else [mth(d)]
    k = below(len(d))
    return [*subproof(m, d[:k], b), mth(d[k:])] if m <= k else [*subproof(m - k, d[k:], False), mth(d[:k])]


def leaves(count: int) -> list[bytes]:
    return [b"leaf %d" % i for i in range(count)]


def tree(count: int) -> Tree:
    return Tree.of([leaf_hash(leaf) for leaf in leaves(count)])


sizes = st.integers(min_value=1, max_value=700)


@pytest.mark.parametrize("size", [*range(70), 127, 128, 129, 255, 256, 257, 511, 512, 513])
def test_roots_are_those_of_the_naive_tree(size: int) -> None:
    assert tree(size).root() == mth(leaves(size))


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert Tree.of([]).root() == EMPTY_ROOT == hashlib.sha256(b"").digest()


def test_every_proof_in_every_small_tree_is_the_naive_one_and_verifies() -> None:
    for size in range(1, 34):
        d, grown = leaves(size), tree(size)
        for index in range(size):
            found = grown.inclusion_proof(index)
            assert found == path(index, d)
            assert verify_inclusion(leaf_hash(d[index]), index, size, found, mth(d))
        for old in range(size + 1):
            found = grown.consistency_proof(old)
            assert found == proof(old, d)
            assert verify_consistency(old, size, mth(d[:old]), mth(d), found)


@settings(max_examples=60, deadline=None)
@given(sizes, st.data())
def test_proofs_in_larger_trees_are_the_naive_ones(size: int, data: st.DataObject) -> None:
    d, grown = leaves(size), tree(size)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    assert grown.inclusion_proof(index) == path(index, d)
    assert grown.consistency_proof(old) == proof(old, d)
    assert verify_inclusion(leaf_hash(d[index]), index, size, path(index, d), mth(d))
    assert verify_consistency(old, size, mth(d[:old]), mth(d), proof(old, d))


def test_an_inclusion_proof_holds_for_its_own_leaf_index_size_and_root_only() -> None:
    size, index = 13, 11
    d, found = leaves(size), tree(size).inclusion_proof(11)
    right: dict[str, Any] = {"leaf": leaf_hash(d[index]), "index": index, "size": size, "proof": found, "root": mth(d)}
    assert verify_inclusion(**right)
    wrong: list[dict[str, Any]] = [
        {"leaf": leaf_hash(d[10])}, {"leaf": d[index]}, {"root": mth(d[:-1])}, {"root": b""},
        *({"index": i} for i in range(-1, 20) if i != index),
        {"size": 0}, {"size": 12}, {"size": index},
        {"proof": found[:-1]}, {"proof": found[1:]}, {"proof": [*found, found[0]]}, {"proof": found[::-1]},
        {"proof": []},
        {"proof": [found[0][:-1], *found[1:]]}, {"proof": [b"\0" * 32, *found[1:]]},
    ]  # fmt: skip
    for change in wrong:
        assert not verify_inclusion(**{**right, **change}), change


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.data())
def test_a_consistency_proof_never_joins_two_histories(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    d = leaves(size)
    changed = list(d)
    changed[data.draw(st.integers(0, old - 1))] = b"rewritten"
    honest = proof(old, d)
    assert not verify_consistency(old, size, mth(changed[:old]), mth(d), honest)
    assert not verify_consistency(old, size, mth(d[:old]), mth(changed), honest)
    assert not verify_consistency(old, size, mth(d[:old]), mth(changed), proof(old, changed))


def test_a_spoiled_consistency_proof_is_refused() -> None:
    d, found = leaves(13), tree(13).consistency_proof(6)
    right: dict[str, Any] = {"old": 6, "new": 13, "old_root": mth(d[:6]), "new_root": mth(d), "proof": found}
    assert verify_consistency(**right)
    wrong: list[dict[str, Any]] = [
        {"proof": []}, {"proof": found[:-1]}, {"proof": found[1:]}, {"proof": [*found, found[0]]},
        {"proof": [found[0][:-1], *found[1:]]}, {"old": 5}, {"old": 7}, {"old": 0}, {"old": -1},
        {"old": 13}, {"old": 14},
        {"new": 4}, {"new": 6}, {"old_root": mth(d)}, {"new_root": mth(d[:6])},
    ]  # fmt: skip
    for change in wrong:
        assert not verify_consistency(**{**right, **change}), change


def test_the_edges_of_consistency() -> None:
    root = mth(leaves(5))
    assert verify_consistency(5, 5, root, root, [])
    assert not verify_consistency(5, 5, root, mth(leaves(4)), [])
    assert not verify_consistency(5, 5, root, root, [root])
    assert verify_consistency(0, 5, EMPTY_ROOT, root, [])
    assert not verify_consistency(0, 5, root, root, [])
    assert not verify_consistency(0, 5, EMPTY_ROOT, root, [root])
    assert verify_consistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, [])


def test_a_leaf_cannot_pass_for_a_node() -> None:
    one, two = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(one + two) != node_hash(one, two)


@pytest.mark.parametrize("index", [-1, 5, 6])
def test_a_proof_for_a_leaf_outside_the_tree_is_a_mistake_of_the_caller(index: int) -> None:
    with pytest.raises(ValueError, match="no such leaf"):
        tree(5).inclusion_proof(index)
    with pytest.raises(ValueError, match="not larger"):
        tree(5).consistency_proof(6)


# --- tiles ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "path"),
    [
        (0, "000"),
        (7, "007"),
        (999, "999"),
        (1000, "x001/000"),
        (1234067, "x001/x234/067"),
        (10**9, "x001/x000/x000/000"),
    ],
)
def test_tile_numbers_are_written_in_groups_of_three(index: int, path: str) -> None:
    assert tile_path(2, index) == f"tile/2/{path}"
    assert tile_path(0, index, 112) == f"tile/0/{path}.p/112"
    assert bundle_path(index) == f"tile/entries/{path}"
    assert bundle_path(index, 1) == f"tile/entries/{path}.p/1"


@pytest.mark.parametrize("width", [0, 257, -1])
def test_a_tile_is_one_to_256_wide(width: int) -> None:
    with pytest.raises(ValueError, match="1 to 256"):
        tile_path(0, 0, width)


def stored(*batches: int) -> tuple[dict[str, bytes], int]:
    """A store after growing by those numbers of leaves, and the tree's size."""
    store: dict[str, bytes] = {}
    size = 0
    hashes = [leaf_hash(leaf) for leaf in leaves(sum(batches))]
    for batch in batches:
        grown = grow(size, store.get, hashes[size : size + batch])
        assert not store.keys() & grown.tiles.keys(), "a path is written once"
        store |= grown.tiles
        size += batch
        assert grown.size == size
        assert grown.root == Tree.of(hashes[:size]).root()
    return store, size


def test_a_tree_of_70000_has_the_tiles_that_the_specification_names() -> None:
    grown = grow(0, dict[str, bytes]().get, [leaf_hash(b"%d" % i) for i in range(70_000)])
    full = [name for name in grown.tiles if ".p/" not in name]
    assert sum(name.startswith("tile/0/") for name in full) == 273
    assert [name for name in full if not name.startswith("tile/0/")] == ["tile/1/000"]
    assert sorted(set(grown.tiles) - set(full)) == ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]
    assert all(len(grown.tiles[name]) == 256 * HASH for name in full)
    assert len(grown.tiles["tile/0/273.p/112"]) == 112 * HASH


def test_a_tree_of_256_has_a_full_tile_and_one_hash_above_it() -> None:
    store, _ = stored(256)
    assert sorted(store) == ["tile/0/000", "tile/1/000.p/1"]
    assert store["tile/1/000.p/1"] == mth(leaves(256))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(min_value=0, max_value=300), min_size=1, max_size=8), st.data())
def test_growing_by_steps_gives_the_same_tree_as_at_once(batches: list[int], data: st.DataObject) -> None:
    store, size = stored(*batches)
    whole = tree(size)
    tiled = Tree.from_tiles(size, store.get)
    assert tiled.root() == whole.root()
    if size:
        index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
        assert tiled.inclusion_proof(index) == whole.inclusion_proof(index)
        assert tiled.consistency_proof(old) == whole.consistency_proof(old)
        assert Tree.from_tiles(old, store.get if old == size else kept(store)).root() == tree(old).root()


def kept(store: dict[str, bytes]) -> Any:
    """A store that cuts partial tiles from wider ones, as a log that kept every one would have them."""

    def read(path: str) -> bytes | None:
        if ".p/" not in path:
            return store.get(path)
        name, width = path.split(".p/")
        wider = [
            data for other, data in store.items() if other.split(".p/")[0] == name and len(data) >= int(width) * HASH
        ]
        return wider[0][: int(width) * HASH] if wider else None

    return read


def test_growing_reads_the_right_edge_only() -> None:
    store, size = stored(1000)
    asked: list[str] = []

    def read(path: str) -> bytes | None:
        asked.append(path)
        return store.get(path)

    grow(size, read, [leaf_hash(b"more")])
    assert set(asked) == {"tile/0/003.p/232", "tile/1/000.p/3"}


def test_a_full_tile_serves_where_the_partial_one_was_deleted() -> None:
    store, _ = stored(100, 200)
    del store["tile/0/000.p/100"]
    assert Tree.from_tiles(100, store.get).root() == tree(100).root()


@pytest.mark.parametrize(
    "spoil", [lambda data: None, lambda data: data[:-1], lambda data: data + data[:32], lambda data: b""]
)
def test_a_tile_that_is_away_or_cut_is_refused(spoil: Any) -> None:
    store, size = stored(300)
    for name in list(store):
        broken = dict(store)
        changed = spoil(broken.pop(name))
        if changed is not None:
            broken[name] = changed
        with pytest.raises(Malformed, match="away or cut"):
            [Tree.from_tiles(size, broken.get).inclusion_proof(i) for i in (0, 299)]


def test_a_tile_that_the_tree_does_not_have_is_refused() -> None:
    store, size = stored(300)
    for level, index in ((0, 2), (1, 1), (2, 0)):
        with pytest.raises(Malformed, match="no tile"):
            merkle.read_tile(size, level, index, store.get)


def test_a_flipped_bit_in_any_tile_changes_the_root_or_a_proof() -> None:
    store, size = stored(300)
    root = tree(size).root()
    for name, data in store.items():
        broken = Tree.from_tiles(size, {**store, name: bytes([data[0] ^ 1]) + data[1:]}.get)
        proofs = [broken.inclusion_proof(i) for i in (1, 257)]
        good = [
            verify_inclusion(leaf_hash(leaves(size)[i]), i, size, each, root)
            for i, each in zip((1, 257), proofs, strict=True)
        ]
        assert broken.root() != root or not all(good)


# --- entry bundles ----------------------------------------------------------------------------------------------------


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_bundles_round_trip(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries)) == entries


def test_an_entry_stands_after_its_length_in_two_bytes() -> None:
    assert encode_bundle([b"abc", b"", b"\xff" * 258]) == b"\x00\x03abc\x00\x00\x01\x02" + b"\xff" * 258


@pytest.mark.parametrize("entries", [[], [b""] * 257, [b"x" * 65536]])
def test_what_does_not_fit_a_bundle_is_a_mistake_of_the_caller(entries: list[bytes]) -> None:
    with pytest.raises(ValueError, match="bundle"):
        encode_bundle(entries)


@pytest.mark.parametrize("data", [b"\0", b"\0\3ab", b"\0\1a\0", b"\0\0" * 257])
def test_a_spoiled_bundle_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode_bundle(data)


def test_negative_control_without_the_prefixes_a_leaf_could_pass_for_a_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merkle, "leaf_hash", lambda data: hashlib.sha256(b"\1" + data).digest())
    one, two = leaf_hash(b"a"), leaf_hash(b"b")
    assert merkle.leaf_hash(one + two) == node_hash(one, two)
