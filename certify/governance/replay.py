"""All decisions made again from their stored inputs: the same bytes, or which input is not what it was.

Owns the comparison. A decision that does not come out the same was tampered with, in its inputs or in its conclusion;
the salted commitment in the public log says which bytes were there when it was made. Changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from audits import dossier as testimony
from audits.facts import encode
from certify import rules
from certify.events import commitment
from certify.governance import books
from certify.tables import DecisionRow
from ground.canonical import Json, jcs, parse
from ground.database import Reading
from ground.errors import FreemarkError
from ground.journal import JournalRow
from ground.keyring import Keyring

MAX_RECORD = 1 << 24
CHUNK = 500  # decisions read at a time: a record has some kilobytes
Progress = Callable[[int, int], None]

# The acts of the journal that change each part of a finding; what stands nowhere here is never changed.
NEVER: frozenset[str] = frozenset()
TOLD = frozenset(("report_released", "finding_released", "alert_released"))
GRADED = frozenset(("finding_regraded", "report_amended", "alert_filed", "alert_released", "alert_dismissed"))
DEALT_WITH = frozenset(("action_submitted", "action_approved", "action_returned", "action_completed"))
LEDGER = frozenset(("cohort_added", "cohort_revised", "cohort_agreed", "repayment_recorded", "repayment_confirmed"))
CHANGED_BY: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("severity", "escalated", "zero_tolerance", "deliberate", "concealed", "worst_form",
                     "by_management"), GRADED),
    "released_at": TOLD, "held_until": TOLD | {"alert_filed", "alert_extended", "alert_dismissed"},
    "containment_due": TOLD | {"finding_regraded"}, "contained_at": frozenset(("finding_contained",)),
    "action": TOLD | DEALT_WITH | {"finding_regraded"}, "disclosed_at": frozenset(("report_amended",)),
    "remedied_at": LEDGER | {"remedy_confirmed"},
    **dict.fromkeys(("closed_at", "closed_by", "closed_on_site"), frozenset(("audit_submitted",))),
}  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """One decision that does not hold, and where. where: JSON pointers into its record."""

    decision: str
    application: str
    n: int
    problem: str
    where: tuple[str, ...]


@dataclass(frozen=True)
class Replayed:
    total: int
    differences: tuple[Difference, ...]


def replay_all(session: Reading, keyring: Keyring, progress: Progress = lambda done, total: None) -> Replayed:
    """Every stored decision, in the order in which each application got them; the newest ones also against the facts
    as the tables tell them now."""
    books.know(session)
    total = session.scalar(select(func.count(DecisionRow.id))) or 0
    found: list[Difference] = []
    for done, (row, newest) in enumerate(_rows(session), start=1):
        difference = replay_one(session, row, keyring, newest=newest)
        if difference is not None:
            found.append(difference)
        if done % CHUNK == 0 or done == total:
            progress(done, total)
    return Replayed(total, tuple(found))


def replay_newest(session: Reading, row: DecisionRow, keyring: Keyring) -> Replayed:
    """That one decision; against the tables, too, when it is the newest of its application."""
    books.know(session)
    newest = session.scalar(select(func.max(DecisionRow.seq)).where(DecisionRow.application_id == row.application_id))
    difference = replay_one(session, row, keyring, newest=row.seq == newest)
    return Replayed(1, (difference,) if difference else ())


def replay_one(session: Reading, row: DecisionRow, keyring: Keyring, *, newest: bool) -> Difference | None:
    """None when the record is the one committed to and the same conclusion follows from it.

    newest: of its application; then its facts must be those of the tables, but for what the journal says was done
    since. A finding that was altered behind the services is named.
    """
    try:
        document = parse(row.record.encode(), limit=MAX_RECORD)
        made = rules.replay(document, books.load(session, row.rulebook))
    except FreemarkError as error:
        return Difference(row.id, row.application_id, row.seq, f"the record cannot be read: {error}", (error.where,))
    committed = commitment(keyring.open(row.sealed, f"decision.sealed {row.id}"), document) == row.cmt
    same = jcs(made) == row.record.encode()
    if committed and same and not newest:
        return None
    altered = _altered(session, row, document)
    if committed and same and not altered:
        return None
    if not committed:
        problem = "the record is not the one that the log was given a commitment to"
    elif not same:
        problem = "another conclusion follows from the stored inputs"
    else:
        problem = "a finding is not what it was when this was decided, and the journal does not say why"
    where = altered or tuple(_differing(document["decision"], made["decision"], "/decision"))
    return Difference(row.id, row.application_id, row.seq, problem, where)


def _rows(session: Reading) -> Iterator[tuple[DecisionRow, bool]]:
    """Every decision, and whether it is the newest of its application."""
    query = select(DecisionRow).order_by(DecisionRow.application_id, DecisionRow.seq)
    last: DecisionRow | None = None
    for row in session.scalars(query.execution_options(yield_per=CHUNK)):
        if last is not None:
            yield last, last.application_id != row.application_id
        last = row
    if last is not None:
        yield last, True


def _altered(session: Reading, row: DecisionRow, document: dict[str, Json]) -> tuple[str, ...]:
    """The facts of findings in the record that the tables tell differently, as "pointer: then, now"."""
    parts = ("sites", "agents")
    places = [place["site"] for part in parts for place in document["dossier"][part]]
    known = {
        finding["id"]: finding for facts in testimony.load(session, places) for finding in encode(facts)["findings"]
    }
    found: list[str] = []
    for part in parts:
        for number, place in enumerate(document["dossier"][part]):
            for index, finding in enumerate(place["findings"]):
                now = known.get(finding["id"])
                if now is None or not _explained(session, row, finding, now):
                    where = f"/dossier/{part}/{number}/findings/{index}"
                    found += [f"{where}: {finding['id']} is gone"] if now is None else _differing(finding, now, where)
    return tuple(found)


def _explained(session: Reading, row: DecisionRow, then: dict[str, Json], now: dict[str, Json]) -> bool:
    """Equal, or each part that differs was changed since by an act that changes it: then it is no riddle."""
    different = {key for key in then.keys() | now.keys() if then.get(key) != now.get(key)}
    if not different:
        return True
    subjects = {then["id"], then["audit"], then["closed_by"], now["closed_by"]} - {None}
    query = select(JournalRow.action).where(JournalRow.subject.in_(subjects), JournalRow.at >= row.at)
    done = set(session.scalars(query))
    if "remedied_at" in different:  # it follows from the ledger, whose acts are about cohorts
        ledger = select(JournalRow).where(JournalRow.action.in_(LEDGER), JournalRow.at >= row.at)
        done |= {each.action for each in session.scalars(ledger) if each.detail.get("finding") == then["id"]}
    return all(done & CHANGED_BY.get(key, NEVER) for key in different)


def _differing(then: Json, now: Json, where: str) -> list[str]:
    """Every place at which two documents differ."""
    if isinstance(then, dict) and isinstance(now, dict):
        keys = sorted(then.keys() | now.keys())
        return [line for key in keys for line in _differing(then.get(key), now.get(key), f"{where}/{key}")]
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        return [
            line for number in range(len(then)) for line in _differing(then[number], now[number], f"{where}/{number}")
        ]
    return [] if then == now else [f"{where}: then {_short(then)}, now {_short(now)}"]


def _short(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)[:80]
