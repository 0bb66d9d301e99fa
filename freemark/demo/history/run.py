"""`freemark demo --history`: make the years, tell what is in them, and try replay and dry run on them.

Owns the words in the terminal and the folder that is left. Everything it says was just read from the world it made.
"""

from __future__ import annotations

import gc
import sys
import textwrap
import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from freemark.commands.common import progress
from freemark.demo import stage
from freemark.demo.history import making, tell
from freemark.demo.history.house import House
from freemark.demo.history.suspension import Cascade
from freemark.demo.teller import WIDTH, chapter, say
from ground import auth
from ground.access import SCOPES
from ground.clock import SystemClock
from ground.errors import Invalid

SITES, YEARS, SEED = 200, 5, "1"
MOST_SITES, MOST_YEARS = 2000, 10
OBJECTS_BETWEEN = 200_000  # looks for garbage: the usual 700 cost a tenth of the time, with as many rows as there are
COLUMN = 24  # where the second column of the table begins
DIFFERENT = 1  # exit status when a decision does not come out the same


def run(out: Path, *, sites: int = SITES, years: int = YEARS, seed: str = SEED) -> int:
    """A new world in `out`/world, and the table of it. The exit status: 0 when every decision came out the same.

    Conflict, and nothing is changed, when the folder is in use or was not made by a demo. Invalid for a size that
    nobody could wait for.
    """
    for name, number, most in (("--sites", sites, MOST_SITES), ("--years", years, MOST_YEARS)):
        if not 1 <= number <= most:
            raise Invalid(f"{number} is outside 1 to {most}", where=name)
    gc.set_threshold(OBJECTS_BETWEEN)
    with stage.reserved(out):
        stage.clear(out)
        began, until = time.monotonic(), SystemClock().now()
        chapter(f"{years} years of {sites} sites", f"seed {seed}, up to {until.date()}")
        house = making.make(out / "world", sites=sites, years=years, seed=seed, until=until, progress=_going_on())
        try:
            return _tell(house, out, until, time.monotonic() - began)
        finally:
            house.world.close()


def _tell(house: House, out: Path, until: datetime, seconds: float) -> int:
    world = house.world
    with world.db.read() as session:
        found = tell.count(session, until)
    for what, how_many in tell.table(found, house.notes.get("rulebooks", ()), seconds):
        _row(what, how_many)
    if (cascade := house.notes.get("cascade")) is not None:
        _cascade(cascade)
    chapter("Every decision is made again", "from what was stored with it")
    began = time.monotonic()
    replayed = tell.replayed(world, progress("decisions"))
    same, took = replayed.total - len(replayed.differences), time.monotonic() - began
    differ = len(replayed.differences)
    say(f"{replayed.total} decisions computed again in {took:.0f} s: {same} to the same bytes, {differ} not.")
    for each in replayed.differences:
        say(f"{each.decision}: {each.problem} {'; '.join(each.where)}", indent=4)
    book = tell.write_impatient_book(world, out, until)
    _dry_run(house, book, until)
    chapter("Try it", "")
    _invite(house, out, book, until)
    return DIFFERENT if replayed.differences else 0


def _row(what: str, how_many: str) -> None:
    """One line of the table, and what does not fit under its second column."""
    pad = " " * COLUMN
    print(textwrap.fill(f"  {what:<{COLUMN - 2}}{how_many}", WIDTH, subsequent_indent=pad), flush=True)


def _cascade(cascade: Cascade) -> None:
    chapter(f"{cascade.firm} is suspended", "reports were sold")
    say(
        f"{_count(cascade.certificates, 'certificate')} that rest on its work got a caution, in "
        f"{_count(cascade.transactions, 'transaction')}. {cascade.verified_again} were verified again by another firm. "
        f"When it was back in good standing, {_count(cascade.lifted, 'caution')} ended. No label changed its colour."
    )


def _dry_run(house: House, book: Path, until: datetime) -> None:
    """The certificates that would not stand under a rulebook with less patience, by the name of the holder."""
    present, outcome = tell.dry_run(house.world, book, until, processes=1)
    chapter(
        f"If a visit might be {tell.IMPATIENT} days late at most",
        f"and not {present.limits.surveillance_overdue_days} as in {present.id}",
    )
    changed = sum(number for (now, then), number in outcome.outcomes.items() if now != then)
    say(f"{outcome.examined} certificates under {book.name}: {changed} would change.")
    holders = {case.application: case.plan.name for case in house.cases}
    for change in outcome.changes[: tell.SHOWN]:
        say(
            f"{holders[change.application]}, {change.certificate} ({change.state}): {change.now} -> {change.then}. "
            f"{' '.join(change.clauses)}",
            indent=4,
        )


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _invite(house: House, out: Path, book: Path, until: datetime) -> None:
    """What works on this world, and the token of a scheme manager."""
    sam = house.people.sam
    with house.world.db.write() as session:
        _, token = auth.issue_token(
            session, sam, person=sam.person, organisation=sam.organisation, scopes=SCOPES,
            expires=until + auth.LONGEST_LIFE, now=until,
        )  # fmt: skip
    world = out / "world"
    for words in ("decision replay --all", f"rulebook dry-run {book}", "check", "serve"):
        say(f"freemark --data {world} {words}")
    say(f"The scheme manager's token: {token}")
    say("The same seed, size and day give the same outcomes again; ids, keys and hashes differ.")


def _going_on() -> Callable[[date, date, date], None]:
    """A line that counts the days, where somebody looks; else one per year."""
    told: list[int] = []

    def tell_day(first: date, day: date, last: date) -> None:
        if sys.stderr.isatty():
            share = 100 * (day - first).days // (last - first).days
            print(f"\r  {day}  {share:>3} %", end="" if day < last else "\n", file=sys.stderr, flush=True)
        elif day.year not in told:
            told.append(day.year)
            print(f"  {day.year} ...", file=sys.stderr, flush=True)

    return tell_day
