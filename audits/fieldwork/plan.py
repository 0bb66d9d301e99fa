"""The time an audit takes: man-days needed by the standard's table, planned, and spent day by day.

Pure. Everything is counted in tenths of a man-day, as integers. The table is SMETA's (DOMAIN.md 1.7 [S2]); it knows
no adjustment, and neither does this: no scheme's figure for agencies, languages or dormitories was found. Time that is
short is a fact of the dossier (`effort_needed`, `effort_spent`), and what it costs is said upstairs.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from audits.facts import AuditType
from audits.standard import ManDays
from ground.errors import Invalid

TENTHS = 10  # of a man-day
MOST_PER_DAY = 15  # tenths for one person on one day: twelve hours, when a man-day has eight [P]
BY_THE_TABLE: tuple[AuditType, ...] = ("initial", "periodic", "forced_labour")
"""The audits that the table is for: whole ones. A surveillance or a closure looks at a part, and has no row."""


@dataclass(frozen=True)
class Day:
    """What one person of the team spent on one day, in tenths of a man-day. person: an id."""

    on: date
    person: str
    tenths: int


def row_for(rows: Sequence[ManDays], workers: int) -> ManDays | None:
    """The row of the table for a site of `workers`; None when the table is empty."""
    return next((row for row in rows if row.workers_to is None or workers <= row.workers_to), None)


def needed(rows: Sequence[ManDays], type: AuditType, workers: int) -> int:
    """Tenths of a man-day that an audit of this type takes at a site of `workers`; 0 where the table has no say."""
    row = row_for(rows, workers) if type in BY_THE_TABLE else None
    return row.days * TENTHS if row else 0


def spent(days: Sequence[Day]) -> int:
    return sum(day.tenths for day in days)


def check_days(days: Sequence[Day], starts_on: date, ends_on: date, team: Collection[str]) -> None:
    """Invalid, with a pointer into /days, for a day outside the audit, a person not on the team, or one told twice."""
    told: set[tuple[date, str]] = set()
    for number, day in enumerate(days):
        where = f"/days/{number}"
        if not starts_on <= day.on <= ends_on:
            raise Invalid(f"{day.on} is outside the audit days {starts_on} to {ends_on}", where=f"{where}/day")
        if day.person not in team:
            raise Invalid(f"{day.person[:40]} is not on the team of this audit", where=f"{where}/person")
        if (day.on, day.person) in told:
            raise Invalid(f"{day.person} stands twice on {day.on}", where=where)
        if not 1 <= day.tenths <= MOST_PER_DAY:
            raise Invalid(f"{day.tenths} tenths of a man-day: 1 to {MOST_PER_DAY} in one day", where=f"{where}/tenths")
        told.add((day.on, day.person))


def shortfall(needed: int, spent: int) -> str:
    """A sentence for the team when the time is short; "" when it is enough."""
    if spent >= needed:
        return ""
    return f"{tenths(spent)} man-days spent, {tenths(needed)} needed: {tenths(needed - spent)} more"


def tenths(number: int) -> str:
    return f"{number // TENTHS}.{number % TENTHS}"
