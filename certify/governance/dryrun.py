"""What another rulebook would say of the certificates that stand: which would change, how, and why.

Owns the comparison over the stored dossiers: the newest decision of every application with a certificate that is not
over, decided again at one moment under both rulebooks. The facts are those of that decision, so it runs on any copy of
the database, in several processes, and changes nothing.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import func, select

from certify import rulebook
from certify.dossier import Decision, open_inputs
from certify.rulebook import Rulebook
from certify.rules import decide
from certify.tables import DecisionRow
from ground.canonical import Json
from ground.database import Reading

OVER = ("revoked", "withdrawn", "superseded", "reduced")
CHUNK = 1000  # records handed to a process at a time
Progress = Callable[[int, int], None]
Snapshot = tuple[str, str]
"""(application, the record of its newest decision)."""


@dataclass(frozen=True)
class Change:
    """One standing certificate that the other rulebook judges differently. clauses: "S3 met -> unmet: its words"."""

    application: str
    certificate: str
    state: str
    now: str
    then: str
    clauses: tuple[str, ...]


@dataclass(frozen=True)
class DryRun:
    """examined: certificates that stand. changes: by what would become of them, at most as many as were asked for."""

    examined: int
    outcomes: Counter[tuple[str, str]]
    changes: tuple[Change, ...]


def snapshots(session: Reading) -> tuple[int, Iterator[Snapshot]]:
    """How many, and each: the newest decision of every application whose certificate is not over."""
    newest = select(DecisionRow.application_id, func.max(DecisionRow.seq).label("seq"))
    last = newest.group_by(DecisionRow.application_id).subquery()
    query = (
        select(DecisionRow.application_id, DecisionRow.record)
        .join(last, (DecisionRow.application_id == last.c.application_id) & (DecisionRow.seq == last.c.seq))
        .where(DecisionRow.state.is_not(None), DecisionRow.state.not_in(OVER))
    )
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.execute(query.execution_options(yield_per=CHUNK))
    return total, ((application, record) for application, record in rows)


def dry_run(
    total: int,
    found: Iterable[Snapshot],
    present: str,
    other: str,
    now: datetime,
    *,
    processes: int = 0,
    most: int = 1000,
    progress: Progress = lambda done, total: None,
) -> DryRun:
    """Decide each snapshot at `now` under both rulebooks, given as TOML. processes: 0 takes as many as processors."""
    outcomes: Counter[tuple[str, str]] = Counter()
    changes: list[Change] = []
    done = 0
    for part in _parts(found, (present, other, now), processes or os.cpu_count() or 1):
        for pair, change in part:
            outcomes[pair] += 1
            if change is not None and len(changes) < most:
                changes.append(change)
        done += len(part)
        progress(done, total)
    return DryRun(done, outcomes, tuple(changes))


def view(outcome: DryRun) -> dict[str, Json]:
    """As JSON: how many were looked at, what becomes of them in pairs, and each change."""
    return {
        "examined": outcome.examined,
        "outcomes": [
            {"now": now, "then": then, "certificates": count} for (now, then), count in sorted(outcome.outcomes.items())
        ],
        "changes": [
            {
                "application": change.application,
                "certificate": change.certificate,
                "state": change.state,
                "now": change.now,
                "then": change.then,
                "clauses": list[Json](change.clauses),
            }
            for change in outcome.changes
        ],
    }


Judged = list[tuple[tuple[str, str], Change | None]]


def _parts(found: Iterable[Snapshot], terms: tuple[str, str, datetime], processes: int) -> Iterator[Judged]:
    iterator = iter(found)
    chunks = iter(lambda: list(islice(iterator, CHUNK)), list[Snapshot]())
    if processes == 1:
        for chunk in chunks:
            yield judge(chunk, *terms)
        return
    with ProcessPoolExecutor(processes) as pool:
        waiting = [pool.submit(judge, chunk, *terms) for chunk in islice(chunks, 2 * processes)]
        while waiting:
            part = waiting.pop(0).result()
            if chunk := next(chunks, []):
                waiting.append(pool.submit(judge, chunk, *terms))
            yield part


def judge(chunk: Sequence[Snapshot], present: str, other: str, now: datetime) -> Judged:
    """One chunk, in whatever process: the outcome under both, and the change if there is one."""
    books = (_book(present), _in_force(other))
    return [_judged(application, json.loads(record), *books, now) for application, record in chunk]


@cache
def _book(text: str) -> Rulebook:
    return rulebook.read(text)


@cache
def _in_force(text: str) -> Rulebook:
    """As if its day had come: that it is not in force yet is no change that anybody asks about."""
    return replace(_book(text), approved=True, in_force_from=date.min)


def _judged(
    application: str, record: Any, present: Rulebook, other: Rulebook, now: datetime
) -> tuple[tuple[str, str], Change | None]:
    dossier, standing = open_inputs(record)  # most of a record is what was concluded then
    today, then = (decide(dossier, standing, book, now) for book in (present, other))
    pair = (today.outcome, then.outcome)
    if standing is None or (pair[0] == pair[1] and today.valid_until == then.valid_until):
        return pair, None
    return pair, Change(application, standing.number, standing.state, *pair, _why(today, then))


def _why(today: Decision, then: Decision) -> tuple[str, ...]:
    """The clauses that answer differently, in the words of the other rulebook."""
    before = {reason.clause: reason.met for reason in today.reasons}
    return tuple(
        f"{reason.clause} {_word(before.get(reason.clause))} -> {_word(reason.met)}: {reason.text}"
        for reason in then.reasons
        if before.get(reason.clause) != reason.met and not (reason.met and reason.clause not in before)
    )


def _word(met: bool | None) -> str:
    return "not asked" if met is None else "met" if met else "unmet"
