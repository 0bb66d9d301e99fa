"""The only place where time is read.

Every clock gives aware UTC moments in whole seconds: that is what the documents and the log carry, so a moment is
the same before and after it was written down. `DemoClock` can be set, in demo worlds only; its setting is kept in a
file, so that every process of that world agrees.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from ground.errors import Unavailable
from ground.files import write_atomic


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware, UTC, whole seconds."""
        ...


class SystemClock:
    """The real time."""

    def now(self) -> datetime:
        return datetime.now(UTC).replace(microsecond=0)


class FixedClock:
    """Stands still until it is told to move: the clock of the tests."""

    def __init__(self, moment: datetime) -> None:
        self._moment = _whole(moment)

    def now(self) -> datetime:
        return self._moment

    def set(self, moment: datetime) -> None:
        self._moment = _whole(moment)

    def advance(self, by: timedelta) -> None:
        self._moment = _whole(self._moment + by)


class DemoClock:
    """The real time plus an offset kept in a JSON file {"offset_seconds": n}; no file means the real time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[tuple[int, int, int] | None, timedelta] = (None, timedelta(0))

    def now(self) -> datetime:
        return (datetime.now(UTC) + self._offset()).replace(microsecond=0)

    def set(self, moment: datetime | None) -> None:
        """Let it be `moment` now, running on from there; None goes back to the real time."""
        if moment is None:
            self._path.unlink(missing_ok=True)
            return
        offset = round((_whole(moment) - datetime.now(UTC).replace(microsecond=0)).total_seconds())
        write_atomic(self._path, json.dumps({"offset_seconds": offset}).encode())

    def _offset(self) -> timedelta:
        try:
            stat = os.stat(self._path)
            stamp = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
            if stamp != self._read[0]:
                offset = json.loads(self._path.read_bytes())["offset_seconds"]
                self._read = (stamp, timedelta(seconds=int(offset)))
        except FileNotFoundError:
            return timedelta(0)
        except (ValueError, KeyError, TypeError) as error:
            raise Unavailable(f"the demo clock's file {self._path.name} cannot be read") from error
        return self._read[1]


def _whole(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment.astimezone(UTC).replace(microsecond=0)
