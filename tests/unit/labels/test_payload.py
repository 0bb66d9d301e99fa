"""Payloads: one spelling per label, and no text that is almost one is accepted."""

import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.errors import Invalid, Malformed
from ground.signing import SeedSigner, verify
from labels import payload
from labels.payload import Label, Typed
from labels.serials import ISSUED, REPLACEMENT, SPECIMEN, LabelId, permute

SIGNER = SeedSigner.from_seed(bytes(range(32)))
OTHER = SeedSigner.from_seed(bytes(32))
KEY = bytes(range(32, 64))
GTIN = "09520123456788"
DIGITS = payload.seal(LabelId(12345, permute(KEY, 0)), 2800, SIGNER)
LONG = payload.seal(LabelId(12345, permute(KEY, 3)), 2800, SIGNER, GTIN)


def test_a_sealed_label_opens_and_holds() -> None:
    label = payload.parse(DIGITS)
    assert isinstance(label, Label)
    assert (label.batch, label.cls, label.use_by, label.gtin) == (12345, ISSUED, date(2027, 9, 1), None)
    assert label.item == permute(KEY, 0)
    assert label.key_hint == payload.key_hint(SIGNER.public)
    assert payload.check(label, SIGNER.public)
    assert not payload.check(label, OTHER.public)


def test_the_signature_stands_over_tag_and_body() -> None:
    label = payload.open_digits(DIGITS)
    assert verify(SIGNER.public, b"freemark-label-v1\0" + label.body, label.signature)
    assert not verify(SIGNER.public, label.body, label.signature)


def test_a_gtin_makes_it_longer_and_is_signed() -> None:
    label = payload.open_digits(LONG)
    assert (len(LONG), label.gtin, label.profile, len(label.body)) == (202, GTIN, 1, 19)
    assert payload.check(label, SIGNER.public)


@pytest.mark.parametrize("cls", [SPECIMEN, REPLACEMENT])
def test_specimens_and_replacements_say_so(cls: int) -> None:
    assert payload.open_digits(payload.seal(LabelId(1, 1, cls), 1, SIGNER)).cls == cls


def test_the_same_label_has_the_same_digits_every_time() -> None:
    assert payload.seal(LabelId(12345, permute(KEY, 0)), 2800, SIGNER) == DIGITS


@pytest.mark.parametrize("gtin", [None, GTIN])
def test_a_range_gives_what_one_at_a_time_gives(gtin: str | None) -> None:
    many = list(payload.seal_range(KEY, 9, range(3, 20), 100, SIGNER, gtin))
    assert many == [
        (index, permute(KEY, index), payload.seal(LabelId(9, permute(KEY, index)), 100, SIGNER, gtin))
        for index in range(3, 20)
    ]


def test_no_batch_of_labels_has_the_number_of_specimens() -> None:
    with pytest.raises(Invalid):
        next(payload.seal_range(KEY, 0, range(1), 100, SIGNER))


def test_ten_thousand_mutations_are_all_refused() -> None:
    """Digits changed, dropped, added, swapped, groups moved: none parses into a label that the key signed."""
    draw = random.Random(20261121)
    tried: set[str] = set()
    for original in (DIGITS, LONG):
        while len(tried) < 5000 * (1 + (original is LONG)):
            mutant = _mutated(original, draw)
            if mutant not in (DIGITS, LONG):
                tried.add(mutant)
    assert len(tried) == 10_000
    assert [mutant for mutant in tried if _accepted(mutant)] == []


def test_the_original_is_accepted_by_the_same_rule() -> None:
    """Otherwise the test above would hold for a reader that refuses everything."""
    assert _accepted(DIGITS)
    assert _accepted(LONG)


def test_every_single_changed_digit_is_refused() -> None:
    mutants = [
        DIGITS[:at] + digit + DIGITS[at + 1 :] for at in range(187) for digit in "0123456789" if digit != DIGITS[at]
    ]
    assert len(mutants) == 187 * 9
    assert not any(_accepted(mutant) for mutant in mutants)


def _accepted(text: str) -> bool:
    try:
        label = payload.parse(text)
    except Malformed:
        return False
    return isinstance(label, Label) and payload.check(label, SIGNER.public)


def _mutated(text: str, draw: random.Random) -> str:
    digits = list(text)
    for _ in range(draw.choice((1, 1, 1, 2, 5))):
        at = draw.randrange(len(digits))
        match draw.randrange(6):
            case 0:
                digits[at] = draw.choice("0123456789")
            case 1:
                del digits[at]
            case 2:
                digits.insert(at, draw.choice("0123456789"))
            case 3:
                other = draw.randrange(len(digits))
                digits[at], digits[other] = digits[other], digits[at]
            case 4:
                digits[at : at + 17] = reversed(digits[at : at + 17])
            case 5:
                digits = digits[17:] + digits[:17]
    return "".join(digits)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        DIGITS[:-1],
        DIGITS + "0",
        DIGITS[:-1] + "x",
        DIGITS[:-1] + "٣",  # a digit, but not one of ours
        " " + DIGITS[1:],
        "9" * 187,  # every group beyond seven bytes
        "99999999999999999" + DIGITS[17:],
        "72057594037927936" + DIGITS[17:],  # exactly 2^56
        LONG[:-15] + "999999999999999",  # the tail beyond six bytes
        LONG[:-15] + "281474976710656",  # exactly 2^48
        "9" * 202,
        "-" * 187,
        "0" * 100_000,
    ],
)
def test_what_is_no_payload_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        payload.parse(text)


def _with(digits: str, at: int, value: int) -> str:
    data = bytearray(payload.from_digits(digits))
    data[at] = value
    return payload.to_digits(bytes(data))


@pytest.mark.parametrize(
    "text",
    [
        _with(DIGITS, 0, 0x20),  # version 2
        _with(DIGITS, 0, 0x00),
        _with(DIGITS, 0, 0x11),  # profile 1 in the length of profile 0
        _with(DIGITS, 0, 0x1F),
        _with(LONG, 0, 0x10),
        _with(LONG, 13, 0xFF),  # a GTIN of more than 14 digits
        _with(DIGITS, 10, 0x03),  # class 11
    ],
)
def test_unknown_versions_profiles_and_classes_are_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        payload.parse(text)


@given(st.binary(min_size=1, max_size=90))
def test_bytes_come_back_from_their_digits(data: bytes) -> None:
    text = payload.to_digits(data)
    assert payload.from_digits(text) == data
    assert len(text) == 17 * (len(data) // 7) + (0, 3, 5, 8, 10, 13, 15)[len(data) % 7]


@given(st.text(alphabet="0123456789", max_size=60))
def test_digits_have_one_spelling(text: str) -> None:
    """Whatever is accepted is what would have been written."""
    try:
        data = payload.from_digits(text)
    except Malformed:
        return
    assert payload.to_digits(data) == text


@given(st.text(max_size=250))
def test_any_text_is_a_label_a_code_or_malformed(text: str) -> None:
    try:
        found = payload.parse(text)
    except Malformed:
        return
    assert isinstance(found, Label | Typed)


def test_a_typed_code_has_no_signature() -> None:
    typed = payload.parse("00c1s 1kstd on7yz")
    assert typed == Typed(12345, 1780076270846)
    assert typed.human == "00C1S-1KSTD-0N7YZ"


@pytest.mark.parametrize("day", [date(2019, 12, 31), date(2199, 6, 7)])
def test_days_that_do_not_fit_two_bytes_are_refused(day: date) -> None:
    with pytest.raises(Invalid):
        payload.day_number(day)


def test_days_count_from_2020() -> None:
    assert payload.day_number(date(2020, 1, 1)) == 0
    assert payload.day_number(date(2199, 6, 6)) == 65535
    assert payload.open_digits(payload.seal(LabelId(1, 1), 65535, SIGNER)).use_by == date(2199, 6, 6)


@pytest.mark.parametrize("gtin", ["", "9520123456788", "0952012345678x", "０9520123456788"])
def test_a_gtin_in_a_label_has_fourteen_digits(gtin: str) -> None:
    with pytest.raises(Invalid):
        payload.seal(LabelId(1, 1), 1, SIGNER, gtin)
