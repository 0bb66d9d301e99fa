"""`freemark sheet check|merge`: filled sheets of audits looked at in the field, without a network or an installation.

Asks no server, no settings and no database: the standards are part of the program. Reads workbooks and JSON alike,
tells every fault with its place, one a line, and never writes over a file.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from freemark.commands.seeds import naming, read_bytes

if TYPE_CHECKING:
    from audits.sheets.checking import Fault, Filled, Given
    from audits.sheets.content import Sheet
    from audits.sheets.merging import Choice
    from audits.standard import Standard

MOST_BYTES = 4 * 2**20  # of JSON with every text at its longest
EXTRA = "this command needs what the server needs: install freemark[server]"


def add(command: argparse.ArgumentParser) -> None:
    """The actions of `freemark sheet`."""
    actions = command.add_subparsers(title="actions", dest="action", required=True, metavar="ACTION")

    def add(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        action = actions.add_parser(name, help=text, description=text)
        action.set_defaults(run=run)
        return action

    check = add("check", _check, "tell every error of a filled sheet with its cell; nothing is sent anywhere")
    check.add_argument("file", metavar="FILE", help="the filled workbook, or the sheet as JSON")
    merge = add("merge", _merge, "make one of two sheets that were filled in from the same one; conflicts are shown")
    merge.add_argument("mine", metavar="MINE", help="one filled sheet")
    merge.add_argument("theirs", metavar="THEIRS", help="the other one")
    merge.add_argument("--out", type=Path, required=True, metavar="FILE", help="the new one: .xlsx, or else JSON")
    for side in ("mine", "theirs"):
        text = f"in a conflict on this provision or figure take {side}; may be given again"
        merge.add_argument(f"--{side}", action="append", default=[], dest=f"take_{side}", metavar="KEY", help=text)


def _check(options: argparse.Namespace) -> int:
    filled, catalogue = _filled(options.file)
    from audits.sheets.checking import faults_of

    changed = filled.changed()
    faults = [*filled.faults, *faults_of(filled, changed, catalogue)]
    if faults:
        return _told(faults, options.file, "nothing of it would be filed")
    for id in changed:
        if id in filled.rows and filled.rows[id].severity == "priority":
            print(f"{filled.place(id, 'severity')}: the site is told of a priority finding the moment it is filed")
    missing = [id for id in catalogue.provisions if id not in filled.rows]
    print(f"{filled.head.audit}: {len(changed)} changed since the sheet was made, and nothing wrong with them")
    print(f"{len(filled.rows)} of {len(catalogue.provisions)} answered; open: {', '.join(missing) or 'none'}")
    return 0


def _merge(options: argparse.Namespace) -> int:
    (mine, catalogue), (theirs, _) = _filled(options.mine), _filled(options.theirs)
    from audits.sheets.content import FIGURES, sheet_of
    from audits.sheets.merging import merge, together
    from ground.errors import Conflict, Invalid

    for name, side in ((options.mine, mine), (options.theirs, theirs)):
        if side.faults:
            return _told(side.faults, name, "nothing was written")
    if (mine.head, mine.base) != (theirs.head, theirs.base):
        raise Conflict("the two were not made at one moment from one audit; hand them in one after the other")
    chosen: dict[str, Choice] = dict.fromkeys(options.take_mine, "mine") | dict.fromkeys(options.take_theirs, "theirs")
    for key in chosen:
        if key not in catalogue.provisions and key not in FIGURES:
            raise Invalid(f"{key[:40]!r} is neither a provision nor a figure of this audit")
    merged = merge(mine.base, mine.values(), theirs.values(), resolution=chosen)
    for key in merged.conflicts:
        places = f"{mine.place(key, 'result')} of {options.mine} and {theirs.place(key, 'result')} of {options.theirs}"
        print(f"{key}: {places} differ: --mine {key} or --theirs {key}", file=sys.stderr)
    if merged.conflicts:
        print(f"freemark: {len(merged.conflicts)} in conflict; nothing was written", file=sys.stderr)
        return 2
    values = together(mine.values(), theirs.values(), merged)
    _write(options.out, sheet_of(mine.head, values, mine.base), catalogue)
    print(f"{options.out}: {len(merged.taken)} taken from {options.mine}, the rest from {options.theirs}")
    return 0


def _filled(name: str) -> tuple[Filled, Standard]:
    """What a file says, and the questions that it answers. Refused when it is no sheet of ours."""
    from ground.errors import Unavailable

    try:
        from audits.sheets import reading
        from audits.sheets.checking import catalogue_of, check_head, read_head, understand
    except ModuleNotFoundError as error:
        raise Unavailable(f"{EXTRA} ({error.name} is not there)") from error
    data = read_bytes(name, MOST_BYTES + 1)
    with naming(name):
        given = reading.read(data) if data.startswith(b"PK") else _json(data)
        head = read_head(given)
        catalogue = catalogue_of(head)
        check_head(given, head, catalogue)
        return understand(given, catalogue), catalogue


def _json(data: bytes) -> Given:
    """The sheet as the API gave it, or as it is handed in, under "sheet"."""
    from audits.sheets import as_json
    from ground.canonical import parse

    document = parse(data, limit=MOST_BYTES)
    inside = isinstance(document, dict) and "sheet" in document
    return as_json.read(document["sheet"], "/sheet") if inside else as_json.read(document)


def _told(faults: Sequence[Fault], name: str, words: str) -> int:
    from audits.sheets.checking import in_order

    for fault in in_order(faults):
        print(fault, file=sys.stderr)
    count = f"{len(faults)} error{'s' * (len(faults) != 1)}"
    print(f"freemark: {count} in {name}; {words}", file=sys.stderr)
    return 2


def _write(target: Path, sheet: Sheet, catalogue: Standard) -> None:
    """In a new file, which only its owner reads."""
    from audits.sheets import as_json, workbook
    from ground.canonical import parse_day
    from ground.errors import Conflict, Unavailable

    if target.suffix.lower() == ".xlsx":
        made = datetime.combine(parse_day(sheet.head.starts_on), time.min)
        data = workbook.write(sheet, catalogue, made=made)
    else:
        data = json.dumps(as_json.write(sheet, catalogue), ensure_ascii=False, indent=1).encode() + b"\n"
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Conflict("is there already, and is not written over", where=str(target)) from None
    except OSError as error:
        raise Unavailable(f"cannot be written: {error.strerror}", where=str(target)) from error
    with os.fdopen(handle, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(handle)
