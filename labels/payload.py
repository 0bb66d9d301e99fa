"""The 77 (or, with a GTIN, 83) bytes inside a label's QR code, and the digits that carry them.

Owns encoding and decoding of FORMATS.md 3, side by side. Decoding is strict: one spelling per payload, every other text
is Malformed. What the payload means (registered, void, in force) is `verify`'s question; here a label is only genuine
or not (`check`). Never touches a key file: signers are handed in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from ground.canonical import sha256
from ground.crockford import MAX_TYPED
from ground.errors import Invalid, Malformed
from ground.signing import SeedSigner, verify
from labels.serials import (
    ISSUED,
    ITEM_BITS,
    MAX_BATCH,
    MAX_ITEM,
    REFUSED,
    LabelId,
    human_code,
    parse_human,
    permute_range,
)

TAG = b"freemark-label-v1\0"
VERSION = 1
BASE, WITH_GTIN = 0, 1  # profiles, the low nibble of byte 0
BODY = {BASE: 13, WITH_GTIN: 19}  # bytes before the 64 of the signature
SIGNATURE = 64
DIGITS = {BASE: 187, WITH_GTIN: 202}
PROFILE_OF = {DIGITS[profile]: profile for profile in DIGITS}
GROUP_BYTES, GROUP_DIGITS, GROUP_LIMIT = 7, 17, 2**56
TAIL_DIGITS = (0, 3, 5, 8, 10, 13, 15)  # digits for a tail of 0..6 bytes
EPOCH = date(2020, 1, 1)
MAX_DAY = 2**16 - 1
GTIN_LIMIT = 10**14


@dataclass(frozen=True, slots=True)
class Label:
    """One decoded payload. Nothing in it is to be believed before `check` said so.

    use_by_day: days since 2020-01-01. gtin: 14 digits or None. body: what the signature (64 bytes) stands over.
    """

    batch: int
    item: int
    cls: int
    use_by_day: int
    gtin: str | None
    profile: int
    key_hint: int
    body: bytes
    signature: bytes

    @property
    def use_by(self) -> date:
        return EPOCH + timedelta(days=self.use_by_day)

    @property
    def human(self) -> str:
        return human_code(self.batch, self.item)


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person typed from the human code: an id without a signature."""

    batch: int
    item: int

    @property
    def human(self) -> str:
        return human_code(self.batch, self.item)


def day_number(day: date) -> int:
    """Days since 2020-01-01. Invalid: before it, or after 2199-06-06, which do not fit two bytes."""
    number = (day - EPOCH).days
    if not 0 <= number <= MAX_DAY:
        raise Invalid(f"{day.isoformat()} does not fit a label: days go from 2020-01-01 to 2199-06-06")
    return number


def key_hint(public: bytes) -> int:
    """Byte 1: the verifier tries each listed label key with this hint."""
    return sha256(public)[0]


def encode_body(label_id: LabelId, use_by_day: int, hint: int, gtin: str | None = None) -> bytes:
    """13 bytes, or 19 with a GTIN. Invalid for whatever does not fit its field."""
    if not 0 <= use_by_day <= MAX_DAY or not 0 <= hint <= 255:
        raise Invalid(f"use-by day {use_by_day} or key hint {hint} does not fit its bytes")
    head = bytes((VERSION << 4 | (BASE if gtin is None else WITH_GTIN), hint))
    return head + label_id.pack() + use_by_day.to_bytes(2, "big") + _gtin_bytes(gtin)


def seal(label_id: LabelId, use_by_day: int, signer: SeedSigner, gtin: str | None = None) -> str:
    """The digits of one label. Ed25519 is deterministic: the same label gives the same digits on every retry."""
    body = encode_body(label_id, use_by_day, key_hint(signer.public), gtin)
    return to_digits(body + signer.sign(TAG + body))


def seal_range(
    key: bytes, batch: int, indexes: range, use_by_day: int, signer: SeedSigner, gtin: str | None = None
) -> Iterator[tuple[int, int, str]]:
    """(index, item, digits) of many labels of one batch, in the order of their indexes.

    What all of them share is made once; the rest is the permutation, one signature and one format per label.
    """
    sample = encode_body(LabelId(batch, 0), use_by_day, key_hint(signer.public), gtin)
    if batch < 1:
        raise Invalid("batch 0 is for specimens")
    start, end = sample[:2], sample[11:]
    high = batch << ITEM_BITS
    for index, item in zip(indexes, permute_range(key, indexes), strict=True):
        body = start + ((high | item) << 2 | ISSUED).to_bytes(9, "big") + end
        yield index, item, to_digits(body + signer.sign(TAG + body))


def to_digits(data: bytes) -> str:
    """7 bytes -> 17 digits, each group a big-endian integer; a tail of 1..6 bytes -> 3, 5, 8, 10, 13 or 15."""
    whole, tail = divmod(len(data), GROUP_BYTES)
    groups = [int.from_bytes(data[at : at + GROUP_BYTES], "big") for at in range(0, whole * GROUP_BYTES, GROUP_BYTES)]
    text = ("%017d" * whole) % tuple(groups)
    if tail:
        text += str(int.from_bytes(data[-tail:], "big")).zfill(TAIL_DIGITS[tail])
    return text


def from_digits(text: str) -> bytes:
    """The bytes of such digits. Malformed: not ASCII digits, a length no bytes have, a group beyond its bytes."""
    if not (text.isascii() and text.isdigit()):
        raise Malformed("a payload has decimal digits only")
    whole, rest = divmod(len(text), GROUP_DIGITS)
    if rest not in TAIL_DIGITS:
        raise Malformed(f"{len(text)} digits carry no whole number of bytes")
    parts = []
    for at in range(0, whole * GROUP_DIGITS, GROUP_DIGITS):
        number = int(text[at : at + GROUP_DIGITS])
        if number >= GROUP_LIMIT:
            raise Malformed(f"the digits from place {at + 1} on are no seven bytes")
        parts.append(number.to_bytes(GROUP_BYTES, "big"))
    if rest:
        size, number = TAIL_DIGITS.index(rest), int(text[-rest:])
        if number >= 1 << 8 * size:
            raise Malformed(f"the last {rest} digits are no {size} bytes")
        parts.append(number.to_bytes(size, "big"))
    return b"".join(parts)


def open_digits(text: str) -> Label:
    """The label of 187 or 202 digits. Malformed: length, digits, version, profile, class. No signature is checked."""
    expected = PROFILE_OF.get(len(text))
    if expected is None:
        raise Malformed(f"a label has 187 or 202 digits, this one has {len(text)}")
    data = from_digits(text)
    version, profile = data[0] >> 4, data[0] & 15
    if version != VERSION:
        raise Malformed(f"a label of version {version}; this reader knows version {VERSION}")
    if profile != expected:
        raise Malformed(f"profile {profile} does not have {len(text)} digits")
    number = int.from_bytes(data[2:11], "big")
    if number & 3 == REFUSED:
        raise Malformed("the label is of a class that is never issued")
    end = BODY[profile]
    gtin = None
    if profile == WITH_GTIN:
        value = int.from_bytes(data[13:19], "big")
        if value >= GTIN_LIMIT:
            raise Malformed("the GTIN has more than 14 digits")
        gtin = f"{value:014d}"
    return Label(
        batch=number >> 2 + ITEM_BITS & MAX_BATCH,
        item=number >> 2 & MAX_ITEM,
        cls=number & 3,
        use_by_day=int.from_bytes(data[11:13], "big"),
        gtin=gtin,
        profile=profile,
        key_hint=data[1],
        body=data[:end],
        signature=data[end:],
    )


def parse(text: str) -> Label | Typed:
    """What was scanned or typed: 187 or 202 digits, or a human code of 15 symbols. Malformed for anything else.

    A code is read forgivingly, digits are not: a scanner makes no typing mistakes.
    """
    if len(text) in PROFILE_OF:
        return open_digits(text)
    if len(text) > MAX_TYPED:
        raise Malformed(f"a label has 187 or 202 digits and a code 15 symbols; this has {len(text)} characters")
    return Typed(*parse_human(text))


def check(label: Label, public: bytes) -> bool:
    """True if this label key signed exactly this body. Hint and listing of the key are the caller's questions."""
    return verify(public, TAG + label.body, label.signature)


def _gtin_bytes(gtin: str | None) -> bytes:
    if gtin is None:
        return b""
    if len(gtin) != 14 or not (gtin.isascii() and gtin.isdigit()):
        raise Invalid("a GTIN in a label has 14 digits")
    return int(gtin).to_bytes(6, "big")
