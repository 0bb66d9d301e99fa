"""Ids: a known prefix and 80 random bits."""

import re

import pytest

from ground import ids


@pytest.mark.parametrize("prefix", sorted(ids.PREFIXES))
def test_an_id_is_its_prefix_and_sixteen_symbols(prefix: str) -> None:
    assert re.fullmatch(prefix + "_[0-9a-hjkmnp-tv-z]{16}", ids.new_id(prefix))


def test_an_unknown_prefix_is_refused() -> None:
    with pytest.raises(ValueError, match="prefix"):
        ids.new_id("user")


def test_ids_do_not_repeat() -> None:
    assert len({ids.new_id("site") for _ in range(20_000)}) == 20_000


def test_every_symbol_comes_up_in_every_place() -> None:
    drawn = [ids.crockford(10) for _ in range(3000)]
    for place in range(10):
        assert {text[place] for text in drawn} == set(ids.CROCKFORD)


@pytest.mark.parametrize("n", [0, 1, 10, 32])
def test_lengths(n: int) -> None:
    assert len(ids.crockford(n)) == n
    assert len(ids.random_bytes(n)) == n


def test_below_is_uniform_enough_and_below() -> None:
    drawn = [ids.random_below(3) for _ in range(3000)]
    assert set(drawn) == {0, 1, 2}
    assert all(800 < drawn.count(value) < 1200 for value in range(3))
