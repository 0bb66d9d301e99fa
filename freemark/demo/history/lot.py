"""The history's chance: numbers that follow from a seed and from what they are about, the same in every run.

Stateless: a lot is asked with words, such as ("plan", case 17, "T10.2"), so that no answer depends on the order in
which things happen or on ids, which differ in every world. For an invented story only, never for anything that must be
unguessable: that is `ground.ids`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Lot:
    seed: str

    def below(self, n: int, *about: object) -> int:
        """0 <= x < n, as good as uniform: 64 bits of SHA-256 over the seed and the words."""
        words = "\0".join(str(word) for word in (self.seed, *about))
        return int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big") % n

    def between(self, least: int, most: int, *about: object) -> int:
        """least <= x <= most."""
        return least + self.below(most - least + 1, *about)

    def chance(self, percent: int, *about: object) -> bool:
        return self.below(100, *about) < percent

    def pick(self, things: Sequence[T], *about: object) -> T:
        return things[self.below(len(things), *about)]

    def some(self, things: Sequence[T], most: int, *about: object) -> list[T]:
        """At most so many different ones, in an order of their own."""
        order = sorted(range(len(things)), key=lambda place: self.below(1 << 60, *about, place))
        return [things[place] for place in order[:most]]

    def count(self, per_thousand: int, *about: object) -> int:
        """A whole number whose mean is per_thousand / 1000: two of it are the whole part and a chance of one more."""
        return per_thousand // 1000 + (self.below(1000, *about) < per_thousand % 1000)
