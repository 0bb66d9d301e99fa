"""`freemark check`: the database, the journal, the stored decisions and the published log held against each other.

Reads an installation and changes nothing. Whatever does not hold is one line on standard error, with its place; exit
status 1 then. What was held is told to whoever keeps the installation only, and by its id alone.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import TypeVar

from freemark.commands.common import open_world_of

Found = TypeVar("Found")


def run(options: argparse.Namespace) -> int:
    from certify import log as transparency
    from certify.evidence import roots
    from certify.governance import whole
    from ground import journal

    world = open_world_of(options)
    problems: list[str] = []
    with world.db.read() as session:
        rows = _asked("the journal", lambda: journal.check(session), problems)
        counted = _asked("the decisions", lambda: whole.check(session, world.keyring), problems)
        problems += [str(each) for each in counted.differences] if counted else []
        odd = next((index for index, data in whole.log_leaves(session) if data is None), None)
        if odd is None:
            problems += _asked("the evidence", lambda: roots.check(session), problems) or []
        else:
            problems.append(f"leaf {odd} of the log does not hold: its row holds no bytes")
    if odd is None:
        _asked("the log", lambda: transparency.check(world), problems)
    for problem in problems:
        print(f"freemark: {problem}", file=sys.stderr)
    if problems or counted is None:
        return 1
    print(f"journal: {rows} rows hold; the log reproduces its published root")
    print(f"decisions: {counted.decisions} and {counted.held} held are all there, as they were recorded")
    return 0


def _asked(what: str, check: Callable[[], Found], problems: list[str]) -> Found | None:
    """The answer of one check; None, and a problem more, when it was refused or could not read what is there."""
    from ground.errors import FreemarkError, Unavailable

    try:
        return check()
    except Unavailable:
        raise  # a key or the database is away: that says nothing about what holds
    except FreemarkError as error:
        problems.append(str(error))
    except (TypeError, ValueError) as error:  # a column that was filled by hand with what is no date, number or JSON
        problems.append(f"{what} cannot be read: {error}".splitlines()[0])
    return None
