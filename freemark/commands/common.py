"""What several commands of the command line need: the settings, and the world with its tables."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ground.settings import Settings
    from ground.world import World


def settings_of(options: argparse.Namespace, **overrides: object) -> Settings:
    from ground.settings import Settings

    return Settings.load(data=options.data, **overrides)


def open_world_of(options: argparse.Namespace, **overrides: object) -> World:
    """The world, with its tables. Unavailable when they are not there, before anything is asked of them."""
    from importlib import import_module

    from freemark.rooms import WITH_TABLES
    from ground.database import ready
    from ground.errors import Unavailable
    from ground.world import open_world

    for room in WITH_TABLES:
        import_module(room)
    world = open_world(settings_of(options, **overrides))
    if not ready(world.db):
        raise Unavailable("the database does not answer, or its tables are not there: run `freemark migrate` first")
    return world


def progress(things: str) -> Callable[[int, int], None]:
    """A line on standard error that counts, for work that takes a while; silent where nobody looks."""

    def tell(done: int, total: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{done} of {total} {things}", end="" if done < total else "\n", file=sys.stderr, flush=True)

    return tell
