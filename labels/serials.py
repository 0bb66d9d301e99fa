"""Serials: which number a label carries, and how a person types it.

Owns the 70-bit label id (25-bit batch, 45-bit item), the permutation from the index 0..n-1 of a batch to its items, and
the human code. Items are unique by construction and not guessable without the batch's key K, so nothing is stored per
label. Never signs, never knows a database. Source of every number: FORMATS.md 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

from ground import crockford
from ground.errors import Invalid, Malformed

BATCH_BITS = 25
ITEM_BITS = 45
MAX_BATCH = 2**BATCH_BITS - 1
MAX_ITEM = 2**ITEM_BITS - 1
SPECIMEN_BATCH = 0  # for specimens only; never sealed in the log

ISSUED, SPECIMEN, REPLACEMENT, REFUSED = 0, 1, 2, 3
"""The class of a label, two bits. 3 is refused wherever it is read."""

KEY_BYTES = 32
LEFT = 2**23 - 1  # masks of the two halves of an item: the upper 23 bits, the lower 22
RIGHT = 2**22 - 1
RIGHT_BITS = 22
EVEN_ROUNDS = (b"\0", b"\2", b"\4", b"\6")
ODD_ROUNDS = (b"\1", b"\3", b"\5", b"\7")
ROUNDS = tuple(zip(EVEN_ROUNDS, ODD_ROUNDS, strict=True))
BACKWARDS = tuple(reversed(ROUNDS))

ID_SYMBOLS = 14


@dataclass(frozen=True, slots=True)
class LabelId:
    """batch: 0..2^25-1 (0: specimens); item: 0..2^45-1; cls: ISSUED, SPECIMEN or REPLACEMENT."""

    batch: int
    item: int
    cls: int = ISSUED

    def pack(self) -> bytes:
        """9 bytes: (batch, item) << 2 | class."""
        if not (0 <= self.batch <= MAX_BATCH and 0 <= self.item <= MAX_ITEM and 0 <= self.cls < REFUSED):
            raise Invalid(f"batch {self.batch}, item {self.item}, class {self.cls} is not a label id")
        return ((self.batch << ITEM_BITS | self.item) << 2 | self.cls).to_bytes(9, "big")

    @classmethod
    def unpack(cls, data: bytes) -> LabelId:
        """Malformed: not 9 bytes, or of the refused class."""
        if len(data) != 9:
            raise Malformed("a label id has 9 bytes")
        number = int.from_bytes(data, "big")
        if number & 3 == REFUSED:
            raise Malformed("the label is of a class that is never issued")
        return cls(number >> 2 + ITEM_BITS, number >> 2 & MAX_ITEM, number & 3)

    @property
    def human(self) -> str:
        return human_code(self.batch, self.item)


def permute(key: bytes, index: int) -> int:
    """The item of the label with this index (0 <= index < 2^45) under the batch's 32-byte key."""
    _check_key(key)
    if not 0 <= index <= MAX_ITEM:
        raise Invalid(f"{index} is not an index below 2^45")
    return _forwards(key, index)


def permute_range(key: bytes, indexes: range) -> Iterator[int]:
    """The items of many labels, in the order of their indexes: checked once, then as fast as `blake2b` goes."""
    _check_key(key)
    if indexes and not (min(indexes[0], indexes[-1]) >= 0 and max(indexes[0], indexes[-1]) <= MAX_ITEM):
        raise Invalid(f"{indexes} is not a range of indexes below 2^45")
    return (_forwards(key, index) for index in indexes)


def inverse(key: bytes, item: int) -> int:
    """The index of this item: of one that was never minted too, a number beyond the batch's count."""
    _check_key(key)
    if not 0 <= item <= MAX_ITEM:
        raise Invalid(f"{item} is not an item below 2^45")
    left, right = item >> RIGHT_BITS, item & RIGHT
    for even, odd in BACKWARDS:
        left ^= _mix(key, odd, right) & LEFT
        right ^= _mix(key, even, left) & RIGHT
    return left << RIGHT_BITS | right


def _forwards(key: bytes, index: int) -> int:
    left, right = index >> RIGHT_BITS, index & RIGHT
    for even, odd in ROUNDS:
        right ^= _mix(key, even, left) & RIGHT
        left ^= _mix(key, odd, right) & LEFT
    return left << RIGHT_BITS | right


def _mix(key: bytes, number: bytes, half: int) -> int:
    return int.from_bytes(blake2b(number + half.to_bytes(4, "big"), key=key, digest_size=4).digest(), "big")


def _check_key(key: bytes) -> None:
    if len(key) != KEY_BYTES:
        raise Invalid(f"a batch key has {KEY_BYTES} bytes, not {len(key)}")


def human_code(batch: int, item: int) -> str:
    """`03RJ0-NQF90-JPNCE`: the 70 bits as 14 Crockford symbols and a check symbol, in three groups of five."""
    if not (0 <= batch <= MAX_BATCH and 0 <= item <= MAX_ITEM):
        raise Invalid(f"batch {batch}, item {item} is not a label id")
    code = crockford.with_check(crockford.encode(batch << ITEM_BITS | item, ID_SYMBOLS))
    return f"{code[:5]}-{code[5:10]}-{code[10:]}"


def parse_human(text: str) -> tuple[int, int]:
    """(batch, item) of a typed code: any case, I and L as 1, O as 0, dashes and blanks dropped.

    Malformed: not 15 symbols, a letter that no code has, or a check symbol that does not fit. The refusal says what to
    compare and never proposes a code: a guess of ours would be believed.
    """
    number = crockford.decode(crockford.parse(text, ID_SYMBOLS))
    return number >> ITEM_BITS, number & MAX_ITEM
