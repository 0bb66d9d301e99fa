"""`freemark decision show|replay`: a decision in plain words, and all of them computed again.

Reads the database of an installation and changes nothing. Exit status 1 when a decision does not come out the same.
"""

from __future__ import annotations

import argparse
import sys

from freemark.commands.common import open_world_of, progress


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
        if options.all:
            found = replay.replay_all(session, world.keyring, progress("decisions"))
        else:
            found = replay.replay_newest(session, explain.find(session, options.decision), world.keyring)
    for each in found.differences:
        print(f"{each.decision} ({each.application}, number {each.n}): {each.problem}", file=sys.stderr)
        for where in each.where:
            print(f"  {where}", file=sys.stderr)
    same = found.total - len(found.differences)
    print(f"{found.total} decisions computed again, {same} to the same bytes, {len(found.differences)} not")
    return 1 if found.differences else 0
