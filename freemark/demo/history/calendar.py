"""The calendar of the history: many lives side by side, day by day, each woken on the day that it named.

Owns the order: by day, then by the number under which a life was entered; nothing depends on ids. Days on which nobody
has anything to do are passed over, but for those on which something falls due by the clock.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from datetime import date

from freemark.demo.history.house import MORNING, House

Progress = Callable[[date], None]


class Calendar:
    def __init__(self, house: House) -> None:
        self._house = house
        self._waiting: list[tuple[date, int, Iterator[date]]] = []
        self._entered = 0

    def enter(self, day: date, life: Iterator[date]) -> None:
        """Let it begin on that day."""
        self._entered += 1
        heapq.heappush(self._waiting, (day, self._entered, life))

    def run(self, progress: Progress) -> None:
        """Every day up to the last one of the history. What goes on after it is left as it stands."""
        house, day = self._house, self._house.first
        while (next_day := self._next(day)) is not None:
            day = next_day
            house.at(day, MORNING)
            while self._waiting and self._waiting[0][0] <= day:
                _, number, life = heapq.heappop(self._waiting)
                wish = next(life, None)
                if wish is not None:
                    heapq.heappush(self._waiting, (max(wish, day), number, life))
            house.end_of_day(day)
            progress(day)

    def _next(self, day: date) -> date | None:
        """The next day with something to do, today included as long as somebody waits for it."""
        days = [self._waiting[0][0]] if self._waiting else []
        days += [due for due in self._house.due if due >= day]
        found = min(days, default=None)
        return found if found is not None and found <= self._house.last else None
