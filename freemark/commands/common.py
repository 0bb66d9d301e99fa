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


def open_world_of(options: argparse.Namespace, *, founds: bool = False, **overrides: object) -> World:
    """The world, with its tables. Unavailable when they are not there, before anything is asked of them.

    founds: of a command that may be the first one after `freemark migrate`, and makes the keys of a demo world then.
    Any other leaves a folder without keys as it is, or as it is not: it was mistyped.
    """
    from importlib import import_module

    from freemark.rooms import WITH_TABLES
    from ground.database import ready
    from ground.errors import Unavailable
    from ground.world import open_world

    for room in WITH_TABLES:
        import_module(room)
    settings = settings_of(options, **overrides)
    if not is_there(settings, founds=founds):
        raise Unavailable(f"there is no installation in {settings.data}: run `freemark migrate` first")
    world = open_world(settings)
    if not ready(world.db):
        raise Unavailable("the database does not answer, or its tables are not there: run `freemark migrate` first")
    return world


def is_there(settings: Settings, *, founds: bool = False) -> bool:
    """Has this folder keys or, for a command that makes them, a database that may have tables? Makes nothing."""
    from ground.keyring import INDEX

    if (settings.data / "keys" / INDEX).exists():
        return True
    embedded = settings.database_url == f"sqlite:///{settings.data / 'freemark.db'}"
    return founds and (not embedded or (settings.data / "freemark.db").exists())


def progress(things: str) -> Callable[[int, int], None]:
    """A line on standard error that counts, for work that takes a while; silent where nobody looks."""

    def tell(done: int, total: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{done} of {total} {things}", end="" if done < total else "\n", file=sys.stderr, flush=True)

    return tell
