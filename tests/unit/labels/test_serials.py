"""Serials: a permutation that never gives two labels one item, ids of 70 bits, and codes that people type."""

import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.errors import Invalid, Malformed
from labels.serials import (
    MAX_BATCH,
    MAX_ITEM,
    LabelId,
    human_code,
    inverse,
    parse_human,
    permute,
    permute_range,
)

KEY = bytes(range(32))
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
keys = st.binary(min_size=32, max_size=32)
items = st.integers(0, MAX_ITEM)
batches = st.integers(0, MAX_BATCH)


@given(keys, items)
def test_the_inverse_undoes_the_permutation(key: bytes, index: int) -> None:
    item = permute(key, index)
    assert 0 <= item <= MAX_ITEM
    assert inverse(key, item) == index


def test_no_two_indexes_share_an_item() -> None:
    assert len(set(permute_range(KEY, range(20_000)))) == 20_000


def test_items_of_neighbours_tell_nothing() -> None:
    """Each of the 45 bits is set in about half of the items, and items do not come in order."""
    made = list(permute_range(KEY, range(4000)))
    for bit in range(45):
        assert 1800 < sum(item >> bit & 1 for item in made) < 2200
    assert 1800 < sum(a < b for a, b in itertools.pairwise(made)) < 2200


def test_a_range_gives_what_one_at_a_time_gives() -> None:
    assert list(permute_range(KEY, range(7, 40, 3))) == [permute(KEY, index) for index in range(7, 40, 3)]
    assert list(permute_range(KEY, range(0))) == []


def test_another_key_gives_other_items() -> None:
    assert permute(KEY, 5) != permute(bytes(32), 5)


@pytest.mark.parametrize(
    "work",
    [
        lambda: permute(KEY, -1),
        lambda: permute(KEY, MAX_ITEM + 1),
        lambda: permute(KEY[:31], 0),
        lambda: inverse(KEY, MAX_ITEM + 1),
        lambda: inverse(b"", 0),
        lambda: permute_range(KEY, range(-1, 5)),
        lambda: permute_range(KEY, range(MAX_ITEM, MAX_ITEM + 2)),
        lambda: human_code(MAX_BATCH + 1, 0),
        lambda: human_code(0, MAX_ITEM + 1),
        lambda: LabelId(1, -1).pack(),
        lambda: LabelId(1, 1, 3).pack(),
        lambda: LabelId(MAX_BATCH + 1, 1).pack(),
    ],
)
def test_what_does_not_fit_is_refused(work: object) -> None:
    with pytest.raises(Invalid):
        work()  # type: ignore[operator]


@given(batches, items, st.integers(0, 2))
def test_an_id_comes_back_from_its_nine_bytes(batch: int, item: int, cls: int) -> None:
    label_id = LabelId(batch, item, cls)
    assert len(label_id.pack()) == 9
    assert LabelId.unpack(label_id.pack()) == label_id


def test_the_refused_class_and_other_lengths_are_malformed() -> None:
    with pytest.raises(Malformed):
        LabelId.unpack(b"\0" * 8 + b"\3")
    with pytest.raises(Malformed):
        LabelId.unpack(b"\0" * 8)


@given(batches, items)
def test_a_human_code_comes_back(batch: int, item: int) -> None:
    code = human_code(batch, item)
    assert len(code) == 17
    assert parse_human(code) == (batch, item)
    assert LabelId(batch, item).human == code


def test_the_example_of_the_specification_is_a_code() -> None:
    batch, item = parse_human("03RJ0-NQF90-JPNCE")
    assert human_code(batch, item) == "03RJ0-NQF90-JPNCE"


@pytest.mark.parametrize(
    "typed", ["00c1s-1kstd-0n7yz", "OOC1S 1KSTD ON7YZ", "00ciS-lkstd-0n7yz", " 00C1S1KSTD0N7YZ ", "00C1S–1KSTD–0N7YZ"]
)
def test_what_hands_write_is_understood(typed: str) -> None:
    assert parse_human(typed) == (12345, 1780076270846)


def test_every_wrong_symbol_and_every_swap_of_neighbours_is_noticed() -> None:
    """The negative control: with a check symbol that is always right these would all be accepted."""
    code = human_code(12345, 1780076270846).replace("-", "")
    wrong = {code[:at] + symbol + code[at + 1 :] for at in range(15) for symbol in ALPHABET if symbol != code[at]}
    for step in (1, 2):  # neighbours, and over one symbol
        for at in range(15 - step):
            swapped = list(code)
            swapped[at], swapped[at + step] = swapped[at + step], swapped[at]
            wrong.add("".join(swapped))
    wrong.discard(code)
    assert len(wrong) > 465
    verdicts = Counter(_accepted(each) for each in wrong)
    assert verdicts == {False: len(wrong)}


def _accepted(text: str) -> bool:
    try:
        parse_human(text)
    except Malformed:
        return False
    return True


def test_the_refusal_names_look_alikes_and_proposes_nothing() -> None:
    with pytest.raises(Malformed) as refusal:
        parse_human("00C1S-1KSTD-0N7Y2")
    assert "8/B, 5/S and 2/Z" in refusal.value.detail
    assert "0N7YZ" not in refusal.value.detail


@pytest.mark.parametrize("text", ["", "00C1S-1KSTD-0N7Y", "00C1S-1KSTD-0N7YZZ", "U0C1S-1KSTD-0N7YZ", "00C1S*1KSTD0N7YZ",
                                  "٠٠C1S-1KSTD-0N7YZ", "0" * 15_000, "ſ0C1S-1KSTD-0N7YZ"])  # fmt: skip
def test_other_texts_are_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        parse_human(text)
