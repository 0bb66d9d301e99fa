"""The check symbol catches what hands do wrong, and a refusal never proposes a code."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground import crockford
from ground.crockford import ALPHABET, check_symbol, decode, encode, holds, normalise, parse, with_check
from ground.errors import Malformed

SHARED = Path(__file__).parents[3].parent / "shared" / "vectors"
LENGTHS = [10, 14]  # certificate numbers, label codes
WORDS = {
    10: ["0000000000", "ZZZZZZZZZZ", "7XK2M9QD4R", "0123456789"],
    14: ["0" * 14, "03RJ0NQF90JPNC", "ABCDEFGHJKMNPQ"],
}
symbols = st.sampled_from(ALPHABET)


def codes(length: int) -> list[str]:
    return [with_check(word) for word in WORDS[length]]


def replaced(code: str, changes: dict[int, str]) -> str:
    return "".join(changes.get(place, symbol) for place, symbol in enumerate(code))


@pytest.mark.parametrize("length", LENGTHS)
def test_every_single_error_is_caught(length: int) -> None:
    for code in codes(length):
        for place, wrong in itertools.product(range(length + 1), ALPHABET):
            if code[place] != wrong:
                assert not holds(replaced(code, {place: wrong}), length)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("distance", [1, 2])
def test_every_swap_of_neighbours_and_of_next_neighbours_is_caught(length: int, distance: int) -> None:
    # the code is linear, so all pairs of symbols at every place cover every possible swap in every word
    for left in range(length + 1 - distance):
        right = left + distance
        for one, other in itertools.permutations(ALPHABET, 2):
            code = completed({left: one, right: other}, length)
            if code is not None:
                assert not holds(replaced(code, {left: other, right: one}), length)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("distance", [1, 2])
def test_every_twin_error_is_caught(length: int, distance: int) -> None:
    for left in range(length + 1 - distance):
        right = left + distance
        for one, other in itertools.permutations(ALPHABET, 2):
            code = completed({left: one, right: one}, length)
            if code is not None:
                assert not holds(replaced(code, {left: other, right: other}), length)


def completed(fixed: dict[int, str], length: int) -> str | None:
    """A right code with those symbols at those places: some other place is tried until the check symbol fits."""
    free = next(place for place in range(length) if place not in fixed)
    for filler in ALPHABET:
        word = replaced("0" * length, {**fixed, free: filler})[:length]
        if fixed.get(length, check_symbol(word)) == check_symbol(word):
            return with_check(word)
    return None


def test_negative_control_a_plain_xor_would_miss_swaps_and_twins(monkeypatch: pytest.MonkeyPatch) -> None:
    def plain(word: str) -> str:
        total = 0
        for symbol in word:
            total ^= ALPHABET.index(symbol)
        return ALPHABET[total]

    monkeypatch.setattr(crockford, "check_symbol", plain)
    code = crockford.with_check("7XK2M9QD4R")
    assert crockford.holds(replaced(code, {0: "X", 1: "7"}), 10)
    assert crockford.holds(replaced(crockford.with_check("77K2M9QD4R"), {0: "B", 1: "B"}), 10)


def test_the_human_codes_of_the_shared_vectors() -> None:
    path = SHARED / "label-payload.json"
    if not path.exists():
        pytest.skip("no shared vectors beside this checkout")
    found = [text for text in strings(json.loads(path.read_text())) if text.count("-") == 2 and len(text) == 17]
    assert found
    for code in found:
        assert with_check(parse(code, 14)) == code.replace("-", "")


def strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


@given(st.integers(min_value=0, max_value=2**70 - 1))
def test_numbers_round_trip(number: int) -> None:
    assert decode(encode(number, 14)) == number


def test_a_number_that_does_not_fit_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        encode(32, 1)
    with pytest.raises(ValueError, match="does not fit"):
        encode(-1, 1)


@given(st.text(alphabet=ALPHABET, min_size=14, max_size=14), st.data())
def test_what_a_hand_writes_is_read_as_what_is_printed(word: str, data: st.DataObject) -> None:
    code = with_check(word)
    looks = {"1": "1IiLl", "0": "0Oo"}
    typed = "".join(data.draw(st.sampled_from(looks.get(symbol, symbol + symbol.lower()))) for symbol in code)
    gaps = data.draw(st.lists(st.sampled_from(["", "-", " ", "\u2013", "\u00a0"]), min_size=15, max_size=15))
    assert parse("".join(gap + symbol for gap, symbol in zip(gaps, typed, strict=True)), 14) == word


@pytest.mark.parametrize("typed", ["U", "u", "É", "\u0131", "ſ", "٣", "１", "*", "0" * 65, "\x00"])
def test_other_symbols_are_refused(typed: str) -> None:
    with pytest.raises(Malformed):
        normalise(typed)


def test_a_wrong_symbol_is_said_with_look_alikes_and_no_code_is_proposed() -> None:
    right = with_check("8XK2M5QD4R")
    with pytest.raises(Malformed) as refused:
        parse("B" + right[1:], 10)
    for pair in ("8/B", "5/S", "2/Z"):
        assert pair in refused.value.detail
    assert right not in refused.value.detail
    assert right[-1] + " " not in refused.value.detail.replace("a symbol", "")


@pytest.mark.parametrize("typed", ["", "-", "7XK2M9QD4R", with_check("7XK2M9QD4R") + "0"])
def test_a_code_of_another_length_is_refused(typed: str) -> None:
    with pytest.raises(Malformed, match="11 symbols"):
        parse(typed, 10)


@pytest.mark.parametrize("spelling", [str.lower, lambda code: code[:5] + "-" + code[5:], lambda code: [code]])
def test_documents_hold_only_the_canonical_spelling(spelling) -> None:  # type: ignore[no-untyped-def]
    assert not holds(spelling(with_check("7XK2M9QD4R")), 10)
