"""`freemark decision show|replay`: a decision in plain words, and all of them computed again.

Reads the database of an installation and changes nothing. Exit status 1 when a decision does not come out the same.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from freemark.commands.common import open_world_of, progress

if TYPE_CHECKING:
    from certify.governance.replay import Replayed


def add(command: argparse.ArgumentParser) -> None:
    """The actions of `freemark decision`."""
    actions = command.add_subparsers(title="actions", dest="action", required=True, metavar="ACTION")
    show = actions.add_parser("show", help="one decision in plain words, with its rules, inputs and version")
    show.add_argument("decision", metavar="N", help="its id (dec_...), or application/number (app_.../3)")
    show.set_defaults(run=_show)
    replay = actions.add_parser("replay", help="decide again from the stored inputs and compare the bytes")
    which = replay.add_mutually_exclusive_group(required=True)
    which.add_argument("--all", action="store_true", help="every decision there is")
    which.add_argument("decision", nargs="?", metavar="N", help="only this one")
    replay.set_defaults(run=_replay)


def _show(options: argparse.Namespace) -> int:
    from certify.governance import books, explain

    world = open_world_of(options)
    with world.db.read() as session:
        books.know(session)
        told = explain.explanation(explain.find(session, options.decision))
        places = explain.places(session, told)
    print("\n".join([*explain.lines(told), "", "Places, as they are called today:", *places]))
    return 0


def _replay(options: argparse.Namespace) -> int:
    from certify.governance import explain, replay

    world = open_world_of(options)
    with world.db.read() as session:
        try:
            if options.all:
                found = replay.replay_all(session, world.keyring, progress("decisions"))
            else:
                found = replay.replay_newest(session, explain.find(session, options.decision), world.keyring)
        except (TypeError, ValueError) as error:  # a column that was filled by hand: no row of that query can be read
            print(f"freemark: the decisions cannot be read: {error}".splitlines()[0], file=sys.stderr)
            return 1
    for each in found.differences:
        print(f"{each.name}: {each.problem}", file=sys.stderr)
        for where in each.where:
            print(f"  {where}", file=sys.stderr)
    print(_counted(found))
    return 1 if found.differences else 0


def _counted(found: Replayed) -> str:
    """The last line: what took effect, and beside it what was held and what is missing."""
    other, held, gone = (found.number(kind) for kind in ("enacted", "held", "missing"))
    line = f"{found.total} decisions computed again, {found.total - other} to the same bytes, {other} not"
    if found.held:
        line += f", and {found.held} held" + (f", {held} of them not" if held else "")
    return line + (f", and {gone} missing" if gone else "")
