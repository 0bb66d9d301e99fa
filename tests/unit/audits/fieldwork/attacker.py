"""Somebody who knows who works at the site and in which strata each of them is, and wants to know who was talked to.

Exact: every number of interviews per kind of person that fits what was shown is looked at, none is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from audits.facts import Stratum
from audits.fieldwork.suppress import REST, Sampled, Shown


@dataclass(frozen=True)
class Kind:
    """People alike in every stratum: how many there are, and how many of them were interviewed."""

    strata: frozenset[str]
    size: int
    interviewed: int


@dataclass(frozen=True)
class Claim:
    """What was shown: so many of these kinds of people (by number) were interviewed."""

    kinds: frozenset[int]
    count: int


def sampled(people: Sequence[Kind]) -> Sampled:
    """What the team files of them."""
    names = sorted({name for kind in people for name in kind.strata})
    strata = tuple(Stratum(name, size_of(people, name), interviewed_of(people, name)) for name in names)
    return Sampled(
        sum(kind.size for kind in people),
        sum(kind.interviewed for kind in people),
        tuple(stratum for stratum in strata if stratum.size),
    )


def everything(people: Sequence[Kind]) -> list[Claim]:
    """All claims of a report that protects nobody."""
    sample = sampled(people)
    return [
        Claim(frozenset(range(len(people))), sample.interviewed),
        *(Claim(members(people, stratum.name), stratum.interviewed) for stratum in sample.strata),
    ]


def claims(people: Sequence[Kind], shown: Shown | None) -> list[Claim]:
    if shown is None:
        return []
    return [
        Claim(frozenset(range(len(people))), shown.interviewed),
        *(
            Claim(frozenset().union(*(members(people, name) for name in part.strata)), part.interviewed)
            for part in shown.parts
        ),
    ]


def members(people: Sequence[Kind], name: str) -> frozenset[int]:
    """The kinds in a stratum, or in the rest that belongs to none of its sort."""
    for sort, rest in REST.items():
        if name == rest:
            return frozenset(
                n for n, kind in enumerate(people) if not any(s.startswith(f"{sort}:") for s in kind.strata)
            )
    if name.startswith("not "):
        return frozenset(n for n, kind in enumerate(people) if name.removeprefix("not ") not in kind.strata)
    return frozenset(n for n, kind in enumerate(people) if name in kind.strata)


def bounds(people: Sequence[Kind], told: Iterable[Claim], target: frozenset[int]) -> tuple[int, int]:
    """The least and the most of `target` that can have been interviewed, given what was told."""
    rows = list(told)
    reached: dict[tuple[int, ...], tuple[int, int]] = {(0,) * len(rows): (0, 0)}
    for number, kind in enumerate(people):
        hits = [number in row.kinds for row in rows]
        fresh: dict[tuple[int, ...], tuple[int, int]] = {}
        for state, (low, high) in reached.items():
            for count in range(kind.size + 1):
                moved = tuple(value + count * hit for value, hit in zip(state, hits, strict=True))
                if any(value > row.count for value, row in zip(moved, rows, strict=True)):
                    break
                more = count if number in target else 0
                before = fresh.get(moved, (low + more, high + more))
                fresh[moved] = (min(before[0], low + more), max(before[1], high + more))
        reached = fresh
    return reached[tuple(row.count for row in rows)]


def pinned(people: Sequence[Kind], told: Iterable[Claim], least: int) -> list[frozenset[int]]:
    """The strata, kinds of people, and everybody outside a stratum, of whom it is now known that 1..least-1 of them
    were talked to, or that 1..least-1 of them were not."""
    rows = list(told)
    found = []
    for target in targets(people):
        low, high = bounds(people, rows, target)
        size = sum(people[number].size for number in target)
        if (low >= 1 and high < least) or (size - high >= 1 and size - low < least):
            found.append(target)
    return found


def targets(people: Sequence[Kind]) -> set[frozenset[int]]:
    names = sorted({name for kind in people for name in kind.strata})
    whole = frozenset(range(len(people)))
    strata = {members(people, name) for name in names}
    singles = {frozenset((number,)) for number in whole}
    return {found for found in strata | singles | {whole - one for one in strata} if found}


def size_of(people: Sequence[Kind], name: str) -> int:
    return sum(kind.size for kind in people if name in kind.strata)


def interviewed_of(people: Sequence[Kind], name: str) -> int:
    return sum(kind.interviewed for kind in people if name in kind.strata)
