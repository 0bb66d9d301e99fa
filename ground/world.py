"""One world: everything that a running piece of Freemark holds in its hands, built from settings only.

`open_world` makes the data folder and, in a demo world, the keys; it makes no tables and starts no thread. In
production it refuses a keyring that was made for a demo. Functions that need more than a session take a World first.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ground.clock import Clock, DemoClock, SystemClock
from ground.database import Database
from ground.errors import Invalid, NotFound, Unavailable
from ground.files import Files, make_folder
from ground.keyring import Keyring
from ground.settings import Settings
from ground.shelf import Shelf


def _nobody_waits() -> None:
    """The wake of a world without a job thread: the timer will see to it."""


@dataclass
class World:
    settings: Settings
    db: Database
    clock: Clock
    keyring: Keyring
    shelf: Shelf
    files: Files
    wake: Callable[[], None] = field(default=_nobody_waits)
    """Called after a commit that may have left events in the outbox; must return at once."""

    def close(self) -> None:
        self.db.close()


def open_world(settings: Settings) -> World:
    """The world of these settings. Invalid: demo keys in production. Unavailable: production keys not made yet."""
    make_folder(settings.data)
    demo = settings.environment == "demo"
    clock = DemoClock(settings.data / "clock.json") if demo else SystemClock()
    return World(
        settings=settings,
        db=Database(settings.database_url),
        clock=clock,
        keyring=_keyring(settings.data, clock, demo),
        shelf=Shelf(settings.shelf),
        files=Files(settings.data / "files"),
    )


def _keyring(data: Path, clock: Clock, demo: bool) -> Keyring:
    folder = data / "keys"
    with (data / "opening.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two processes of a new demo world must not both make keys
        try:
            keyring = Keyring.load(folder)
        except NotFound:
            if not demo:
                raise Unavailable("this world has no keys yet: make them with `freemark keys`") from None
            keyring = Keyring.create(folder, clock.now())
    if keyring.demo and not demo:
        raise Invalid("these keys were made for a demo; production needs its own", where="environment")
    return keyring
