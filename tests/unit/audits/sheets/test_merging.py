"""Merging, by its properties: nobody's change is lost, and without conflicts the order does not matter."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from audits.sheets.content import marks
from audits.sheets.merging import merge, together

KEYS = ["T1.1", "T1.2", "T2.1", "workers"]
VALUES = st.dictionaries(st.sampled_from(KEYS), st.integers(0, 2))


def apply(base: dict[str, str], mine: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    return together(mine, theirs, merge(base, mine, theirs))


@given(VALUES, VALUES, VALUES)
def test_without_conflicts_the_order_does_not_matter(was: dict[str, Any], a: dict[str, Any], b: dict[str, Any]) -> None:
    base = marks(was)
    one, other = merge(base, a, b), merge(base, b, a)
    assert one.conflicts == other.conflicts
    assert (one.seen == "") == (one.conflicts == ())
    if not one.conflicts:
        assert apply(base, a, b) == apply(base, b, a)


@given(VALUES, VALUES, VALUES)
def test_every_key_is_what_one_side_made_of_it(was: dict[str, Any], a: dict[str, Any], b: dict[str, Any]) -> None:
    """And a key that only one side changed is what that side says: no change is lost."""
    merged = merge(marks(was), a, b)
    for key, value in {**dict.fromkeys(KEYS), **apply(marks(was), a, b)}.items():
        mine, theirs, before = a.get(key), b.get(key), was.get(key)
        if mine == before:
            assert value == theirs
        elif theirs == before or mine == theirs:
            assert value == mine
        else:
            assert key in merged.conflicts
            assert value == theirs  # nothing of it is taken


@given(VALUES, VALUES)
def test_the_same_sheet_again_changes_nothing(was: dict[str, Any], a: dict[str, Any]) -> None:
    base = marks(was)
    after = apply(base, a, was)
    assert after == a
    again = merge(base, a, after)
    assert (again.taken, again.conflicts, again.seen) == ((), (), "")


@given(VALUES, VALUES, VALUES, st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["mine", "theirs"])))
def test_a_resolution_settles_what_it_names_and_nothing_else(
    was: dict[str, Any], a: dict[str, Any], b: dict[str, Any], chosen: dict[str, Any]
) -> None:
    base = marks(was)
    open_, resolved = merge(base, a, b), merge(base, a, b, resolution=chosen)
    assert resolved.seen == open_.seen
    assert set(resolved.conflicts) == set(open_.conflicts) - set(chosen)
    assert set(resolved.overruled) == {key for key in open_.conflicts if chosen.get(key) == "mine"}
    values = together(a, b, resolved)
    for key in open_.conflicts:
        if key in chosen:
            assert values.get(key) == (a if chosen[key] == "mine" else b).get(key)


@given(VALUES, VALUES, VALUES)
def test_what_stands_is_never_taken_without_a_word(was: dict[str, Any], a: dict[str, Any], b: dict[str, Any]) -> None:
    merged = merge(marks(was), a, b, standing=KEYS)
    assert merged.taken == ()
    assert {key for key in KEYS if a.get(key) not in (was.get(key), b.get(key))} == set(merged.conflicts)


def test_seen_changes_with_what_they_say() -> None:
    base = marks({"T1.1": 0})
    first = merge(base, {"T1.1": 1}, {"T1.1": 2}).seen
    assert first != merge(base, {"T1.1": 1}, {"T1.1": 3}).seen
    assert first == merge(base, {"T1.1": 4}, {"T1.1": 2}).seen  # mine is mine to know
