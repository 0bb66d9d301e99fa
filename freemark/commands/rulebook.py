"""`freemark rulebook check|dry-run`: a rulebook that is not in force yet, looked at before anybody proposes it.

`check` needs no installation; `dry-run` reads the database of one and changes nothing.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from freemark.commands.common import open_world_of, progress


def add(command: argparse.ArgumentParser) -> None:
    """The actions of `freemark rulebook`."""
    actions = command.add_subparsers(title="actions", dest="action", required=True, metavar="ACTION")
    check = actions.add_parser("check", help="read a rulebook strictly, and hold its numbers against its standards")
    check.add_argument("file", type=Path, metavar="FILE", help="a rulebook as TOML")
    check.set_defaults(run=_check)
    dry = actions.add_parser("dry-run", help="which standing certificates would change under it, how and why")
    dry.add_argument("file", type=Path, metavar="FILE", help="a rulebook as TOML")
    dry.add_argument("--processes", type=int, default=0, help="how many (default: one per processor)")
    dry.add_argument("--show", type=int, default=50, help="how many changes to print (default 50)")
    dry.set_defaults(run=_dry_run)


def _check(options: argparse.Namespace) -> int:
    from certify import rulebook
    from certify.governance.publishing import disagreements

    book = rulebook.read(_text(options.file))
    print(f"{book.id}: {book.title}, {len(book.clauses)} clauses, {len(book.parameters)} numbers")
    print(f"in force from {book.in_force_from}, {'approved' if book.approved else 'a draft'}, SHA-256 {book.sha256}")
    problems, alone = disagreements(book), rulebook.nonsense(book)
    for problem in problems:
        print(f"wrong: {problem}" if problem in alone else f"differs: {problem}")
    if not problems:
        print(f"agrees with {', '.join(book.standards)}")
    return 1 if problems else 0


def _dry_run(options: argparse.Namespace) -> int:
    from certify import rulebook
    from certify.governance import books, dryrun

    text = _text(options.file)
    other = rulebook.read(text)
    world = open_world_of(options)
    now = world.clock.now()
    with world.db.read() as session:
        present = books.current(session, world.settings, now)
        total, found = dryrun.snapshots(session)
        outcome = dryrun.dry_run(
            total,
            found,
            books.text_of(session, present.id),
            text,
            now,
            processes=options.processes,
            most=options.show,
            progress=progress("certificates"),
        )
    print(f"{outcome.examined} certificates under {present.id} and under {other.id}, at {now:%Y-%m-%d}:")
    for (today, then), count in sorted(outcome.outcomes.items()):
        mark = "" if today == then else "   <- changes"
        print(f"{count:>8}  {today} -> {then}{mark}")
    for change in outcome.changes:
        print(f"{change.certificate} ({change.application}, {change.state}): {change.now} -> {change.then}")
        for clause in change.clauses:
            print(f"    {clause}")
    return 0


def _text(file: Path) -> str:
    from ground.errors import Malformed, Unavailable

    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Malformed("is no UTF-8 text", where=str(file)) from None
    except OSError as error:
        raise Unavailable(f"cannot be read: {error.strerror}", where=str(file)) from error
