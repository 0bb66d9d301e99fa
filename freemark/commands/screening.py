"""`freemark screening`: exclusion and licence lists that are too large for a request, and a pass on demand.

For whoever keeps the installation: what it does stands in the journal under "system". A file is read and checked before
anything is locked, and its faults are told one a line.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from freemark.commands.common import open_world_of

if TYPE_CHECKING:
    from audits.screening.parsing import ParsedList
    from audits.screening.tables import ListRow

ENCODINGS = ("utf-8", "latin-1", "windows-1252")


def add(command: argparse.ArgumentParser) -> None:
    """The options and actions of `freemark screening`."""
    actions = command.add_subparsers(title="actions", dest="action", required=True, metavar="ACTION")
    for name, run, text in (
        ("import", _import, "import an edition of a list, and hold everybody against it"),
        ("check", _check, "read a file by the mapping of a list, tell every fault, and change nothing"),
    ):
        action = actions.add_parser(name, help=text, description=text)
        action.add_argument("file", type=Path, metavar="FILE", help="the list as CSV")
        action.add_argument("--list", required=True, metavar="ID", help="id of the registered list (lst_...)")
        action.add_argument("--encoding", choices=ENCODINGS, default="utf-8", help="of the file (default utf-8)")
        action.set_defaults(run=run)
        if name == "import":
            action.add_argument("--edition", required=True, metavar="DAY", help="the publisher's day, as 2026-04-05")
    for name, run, text in (
        ("lists", _lists, "the registered lists, with their editions"),
        ("run", _run, "hold everybody against every list in use, as every night"),
    ):
        actions.add_parser(name, help=text, description=text).set_defaults(run=run)


def _import(options: argparse.Namespace) -> int:
    from audits.screening import lists
    from ground.access import SYSTEM
    from ground.canonical import parse_day

    edition = parse_day(options.edition, "--edition")
    world = open_world_of(options)
    with world.db.read() as session:
        row = lists.importable(session, SYSTEM, options.list)
    parsed = _parsed(options, row)
    if parsed is None:
        return 2
    with world.db.write() as session:
        made, new = lists.import_edition(session, SYSTEM, options.list, parsed, edition=edition, now=world.clock.now())
    if not new:
        print(f"edition {made.number} of {made.edition} has this file already; nothing was changed")
        return 0
    counts = f"{made.entries} entries: {made.added} new, {made.changed} changed, {made.delisted} delisted"
    print(f"edition {made.number} of {made.edition}: {counts}")
    return 0


def _check(options: argparse.Namespace) -> int:
    from audits.screening import lists

    with open_world_of(options).db.read() as session:
        row = lists.get_list(session, options.list)
    parsed = _parsed(options, row)
    if parsed is None:
        return 2
    print(f"{len(parsed.entries)} entries, {parsed.left_out} rows left out; nothing was changed")
    return 0


def _lists(options: argparse.Namespace) -> int:
    from sqlalchemy import select

    from audits.screening.lists import current_edition
    from audits.screening.tables import ListRow

    with open_world_of(options).db.read() as session:
        for row in session.scalars(select(ListRow).order_by(ListRow.id)):
            current = current_edition(session, row.id)
            state = "retired" if row.retired_at else f"{current.edition} {current.entries}" if current else "no edition"
            print(f"{row.id}  {row.kind:<9}  {state:<18}  {row.name}")
    return 0


def _run(options: argparse.Namespace) -> int:
    from audits.screening import passes

    print(f"{passes.screen_all(open_world_of(options))} hits changed")
    return 0


def _parsed(options: argparse.Namespace, row: ListRow) -> ParsedList | None:
    """The file's entries; None when it has faults, which are on standard error then."""
    from audits.screening.mapping import from_json
    from audits.screening.parsing import MOST_BYTES, FaultyList, parse_list

    with options.file.open("rb") as file:
        data = file.read(MOST_BYTES + 1)

    def progress(rows: int) -> None:
        if rows % 10_000 == 0:
            print(f"{rows} rows read", file=sys.stderr)

    try:
        mapping = from_json(row.mapping)
        return parse_list(data, mapping, country=row.country, encoding=options.encoding, progress=progress)
    except FaultyList as refusal:
        for fault in refusal.faults:
            print(fault, file=sys.stderr)
        count = f"{len(refusal.faults)} fault{'s' * (len(refusal.faults) != 1)}"
        print(f"freemark: {count} in {options.file.name}; nothing was changed", file=sys.stderr)
        return None
