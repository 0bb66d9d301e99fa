"""The Merkle tree of the log: RFC 6962 hashing, C2SP tiles, inclusion and consistency proofs.

Owns the tree's arithmetic and the names and bytes of its files (c2sp.org/tlog-tiles): 256 hashes a tile, entry bundles
with 16-bit lengths. Reads tiles through a function and gives new ones back as bytes: it never touches a file, and knows
nothing of what a leaf says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ground.errors import Malformed

WIDTH = 256  # hashes of a full tile
HEIGHT = 8  # levels of the tree that one tile spans: 256 = 2^8
HASH = 32
MAX_ENTRY = 2**16 - 1
EMPTY_ROOT = hashlib.sha256(b"").digest()

Node = Callable[[int, int], bytes]
"""Node(level, index): the hash over the 2^level leaves that begin at leaf index * 2^level, all of them present."""

Read = Callable[[str], bytes | None]
"""Read(path): the bytes of a tile, by its path such as "tile/0/x001/234", or None."""


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


# --- files -----------------------------------------------------------------------------------------------------------


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """`tile/<L>/<N>[.p/<W>]`. level counts tiles, not hashes: level 1 holds the roots of the full tiles of level 0."""
    return f"tile/{level}/{_number(index)}{_partial(width)}"


def bundle_path(index: int, width: int = WIDTH) -> str:
    """`tile/entries/<N>[.p/<W>]`: the leaves themselves of the level 0 tile of that number and width."""
    return f"tile/entries/{_number(index)}{_partial(width)}"


def _number(index: int) -> str:
    """1234067 -> x001/x234/067."""
    digits = str(index).zfill(-(-len(str(index)) // 3) * 3)
    groups = [digits[place : place + 3] for place in range(0, len(digits), 3)]
    return "/".join([*("x" + group for group in groups[:-1]), groups[-1]])


def _partial(width: int) -> str:
    if not 1 <= width <= WIDTH:
        raise ValueError("a tile holds 1 to 256 hashes")
    return "" if width == WIDTH else f".p/{width}"


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Each entry after its length as a big-endian uint16."""
    if not 1 <= len(entries) <= WIDTH or any(len(entry) > MAX_ENTRY for entry in entries):
        raise ValueError("a bundle holds 1 to 256 entries of at most 65,535 bytes")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(data: bytes) -> list[bytes]:
    """The entries of a bundle. Malformed when it does not end exactly after its last entry."""
    entries: list[bytes] = []
    place = 0
    while place < len(data):
        start = place + 2
        place = start + int.from_bytes(data[place:start], "big")
        if start > len(data) or place > len(data) or len(entries) == WIDTH:
            raise Malformed("not an entry bundle")
        entries.append(data[start:place])
    return entries


# --- the tree --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tree:
    """A tree of `size` leaves whose complete subtrees `node` can tell."""

    size: int
    node: Node

    @classmethod
    def of(cls, leaf_hashes: Sequence[bytes]) -> Tree:
        """A tree in memory."""
        levels = [list(leaf_hashes)]
        while len(levels[-1]) > 1:
            below = levels[-1]
            levels.append([node_hash(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)])
        return cls(len(leaf_hashes), lambda level, index: levels[level][index])

    @classmethod
    def from_tiles(cls, size: int, read: Read) -> Tree:
        """The tree of that size over stored tiles, each read when needed, and once. Malformed if one is away."""
        kept: dict[tuple[int, int], list[list[bytes]]] = {}

        def node(level: int, index: int) -> bytes:
            tile, inside = divmod(level, HEIGHT)
            first = index << inside
            if (tile, first // WIDTH) not in kept:
                kept[tile, first // WIDTH] = _subtrees(read_tile(size, tile, first // WIDTH, read))
            return kept[tile, first // WIDTH][inside][(first % WIDTH) >> inside]

        return cls(size, node)

    def root(self) -> bytes:
        return self._range(0, self.size) if self.size else EMPTY_ROOT

    def _range(self, start: int, count: int) -> bytes:
        """RFC 6962's MTH(D[start:start+count]); start is a multiple of the next power of two from count on."""
        if count & (count - 1) == 0:
            level = count.bit_length() - 1
            return self.node(level, start >> level)
        left = _split(count)
        return node_hash(self._range(start, left), self._range(start + left, count - left))

    def inclusion_proof(self, index: int) -> list[bytes]:
        """RFC 6962, 2.1.1: the hashes from the leaf's sibling up to the root's child. ValueError outside the tree."""
        if not 0 <= index < self.size:
            raise ValueError("no such leaf in the tree")
        proof: list[bytes] = []
        start, count = 0, self.size
        while count > 1:
            left = _split(count)
            if index - start < left:
                proof.append(self._range(start + left, count - left))
                count = left
            else:
                proof.append(self._range(start, left))
                start, count = start + left, count - left
        return proof[::-1]

    def consistency_proof(self, old: int) -> list[bytes]:
        """RFC 6962, 2.1.2: that the tree of the first `old` leaves is the beginning of this one."""
        if not 0 <= old <= self.size:
            raise ValueError("an older tree is not larger")
        if old in (0, self.size):
            return []
        proof: list[bytes] = []
        start, count, whole = 0, self.size, True  # whole: the old tree's root is this very subtree, which is known
        while old - start != count:
            left = _split(count)
            if old - start <= left:
                proof.append(self._range(start + left, count - left))
                count = left
            else:
                proof.append(self._range(start, left))
                start, count, whole = start + left, count - left, False
        if not whole:
            proof.append(self._range(start, count))
        return proof[::-1]


def _split(count: int) -> int:
    """The largest power of two below count (count > 1)."""
    return 1 << (count - 1).bit_length() - 1


def _subtrees(hashes: list[bytes]) -> list[list[bytes]]:
    """The complete subtrees inside one tile: level 0 its hashes, level 8 its own root where it is full."""
    levels = [hashes]
    for _ in range(HEIGHT):
        below = levels[-1]
        levels.append([node_hash(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)])
    return levels


def read_tile(size: int, level: int, index: int, read: Read) -> list[bytes]:
    """The hashes of that tile as the tree of `size` leaves has it. A full tile serves where the partial one is gone."""
    width = min(WIDTH, (size >> HEIGHT * level) - index * WIDTH)
    if width < 1:
        raise Malformed(f"a tree of {size} leaves has no tile {level}/{index}")
    data = read(tile_path(level, index, width))
    if data is None and width < WIDTH:
        data = (read(tile_path(level, index)) or b"")[: width * HASH] or None
    if data is None or len(data) != width * HASH:
        raise Malformed(f"the tile {tile_path(level, index, width)} is away or cut")
    return [data[place : place + HASH] for place in range(0, len(data), HASH)]


@dataclass(frozen=True)
class Grown:
    """A tree after appending: what to write (by path) before its root may be signed."""

    size: int
    root: bytes
    tiles: Mapping[str, bytes]


def grow(old_size: int, read: Read, leaf_hashes: Sequence[bytes]) -> Grown:
    """Append leaves to a tree of stored tiles: every tile that is new or wider, full and partial. Nothing old is named.

    Reads only the right edge of the old tree. Whether that edge is the one that was signed is the caller's question:
    compare `Tree.from_tiles(old_size, read).root()` with the old checkpoint first.
    """
    size = old_size + len(leaf_hashes)
    tiles: dict[str, bytes] = {}
    level, added = 0, list(leaf_hashes)
    while added:
        before = old_size >> HEIGHT * level
        first, kept = divmod(before, WIDTH)
        hashes = (read_tile(old_size, level, first, read) if kept else []) + added
        added = []
        for place in range(0, len(hashes), WIDTH):
            tile = hashes[place : place + WIDTH]
            tiles[tile_path(level, first + place // WIDTH, len(tile))] = b"".join(tile)
            if len(tile) == WIDTH:
                added.append(_subtrees(tile)[HEIGHT][0])
        level += 1
    root = Tree.from_tiles(size, lambda path: tiles.get(path) or read(path)).root()
    return Grown(size, root, tiles)


# --- checking proofs -------------------------------------------------------------------------------------------------


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """RFC 9162, 2.1.3.2: is the leaf of that hash at that index of the tree of that size and root?"""
    if not 0 <= index < size or any(len(each) != HASH for each in proof):
        return False
    node, last, found = index, size - 1, leaf
    for each in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            found = node_hash(each, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, each)
        node, last = node >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """RFC 9162, 2.1.4.2: is the tree of `old` leaves and that root the beginning of the tree of `new` leaves?"""
    if not 0 <= old <= new or any(len(each) != HASH for each in proof):
        return False
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    first = second = path[0]
    for each in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            first, second = node_hash(each, first), node_hash(each, second)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            second = node_hash(second, each)
        node, last = node >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root
