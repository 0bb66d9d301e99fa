"""What a decision costs, and a dry run over every certificate of a large scheme.

`decide` for 100,000 dossiers in one process, against copying the same facts with `dataclasses.replace`; and the dry run
of a changed rulebook over 100,000 stored decisions in a real SQLite file, against reading that file and its JSON. The
dossiers are of a factory and an agency with four audits and up to five findings; no two in a row are alike.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any, get_type_hints

from sqlalchemy import insert

from audits import standard
from audits.facts import Action, Finding, SiteFacts, Stratum, Visit
from audits.rules import deadlines
from certify import rulebook
from certify.dossier import Acceptance, Agreement, Dossier, record
from certify.events import Standing
from certify.governance import dryrun
from certify.measures import months_after
from certify.rules import decide
from certify.tables import Application, DecisionRow
from freemark.bench.measure import Figure
from freemark.bench.scene import Scene
from ground.canonical import end_of_day, jcs
from ground.database import Base, Database
from ground.parties import Organisation

DOSSIERS = 100_000
SLICE = 1_000  # made, copied and decided at a time: 100,000 at once would need gigabytes
DISTINCT = 2_000  # records that are made; the others differ from one of them in their ids
NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
BOOK = rulebook.load(rulebook.NEWEST)
STANDARD = standard.load(BOOK.standards[0])
# What the other rulebook of the dry run changes: some certificates would be suspended by it, others renewed later.
CHANGES = (("surveillance_overdue_days", 90, 10), ("renewal_window_days", 90, 30))
KINDS = (("T17.2", "minor"), ("T10.1", "major"), ("T1.2", "major"), ("T17.1", "priority"), ("T14.3", "opportunity"))


def measure(folder: Path, scene: Scene) -> list[Figure]:
    """decisions and the dry run"""
    del scene  # needs no world: its database is its own
    return [decisions(), *dry_runs(folder)]


# -------------------------------------------------------------------------------------------------------- decisions


def decisions(count: int = DOSSIERS) -> Figure:
    """Dossiers decided per second of CPU, each of them seen for the first time."""
    costs, floors = [], []
    for begin in range(0, count, SLICE):
        cases = [case(number) for number in range(begin, begin + SLICE)]
        floors.append(_cpu(lambda cases=cases: [copied(dossier) for dossier, _ in cases]) / SLICE)  # type: ignore[misc]
        costs.append(
            _cpu(lambda cases=cases: [decide(dossier, standing, BOOK, NOW) for dossier, standing in cases]) / SLICE  # type: ignore[misc]
        )
    ratio = median(cost / floor for cost, floor in zip(costs, floors, strict=True))
    note = f"{count:,} dossiers decided in one process, against copying the same facts with dataclasses.replace"
    return Figure("decide", len(costs) / sum(costs), len(floors) / sum(floors), "dossiers/s", ratio, note)


def _cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def copied(value: Any) -> Any:
    """The same facts, every dataclass among them made anew with `replace`."""
    if isinstance(value, tuple):
        return tuple([copied(item) for item in value]) if value and dataclasses.is_dataclass(value[0]) else value
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    return dataclasses.replace(value, **{name: copied(getattr(value, name)) for name in _holding(type(value))})


@cache
def _holding(kind: type) -> tuple[str, ...]:
    """The fields that may hold other dataclasses."""
    hints = get_type_hints(kind)
    return tuple(f.name for f in dataclasses.fields(kind) if _nested(hints[f.name]))


def _nested(hint: Any) -> bool:
    return dataclasses.is_dataclass(hint) or any(_nested(part) for part in getattr(hint, "__args__", ()))


# ---------------------------------------------------------------------------------------------------------- dry run


def dry_runs(folder: Path, count: int = DOSSIERS) -> list[Figure]:
    """Seconds for all of them, and how many a second; on as many processes as there are processors."""
    database = Database(f"sqlite:///{folder / 'decisions.db'}")
    Base.metadata.create_all(database.engine)
    store(database, count)
    present = rulebook.text_of(BOOK.id)
    other = present
    for name, old, new in CHANGES:
        head = f"[parameters.{name}]\nvalue = "
        assert f"{head}{old}\n" in other
        other = other.replace(f"{head}{old}\n", f"{head}{new}\n")
    with database.read() as session:
        began = time.perf_counter()
        _, found = dryrun.snapshots(session)
        for _, text in found:
            json.loads(text)
        floor = time.perf_counter() - began
        began = time.perf_counter()
        total, found = dryrun.snapshots(session)
        outcome = dryrun.dry_run(total, found, present, other, NOW)
        seconds = time.perf_counter() - began
    database.close()
    assert outcome.examined == total == count
    assert 0 < sum(n for (today, then), n in outcome.outcomes.items() if today != then) < count
    note = f"{count:,} stored decisions made again under two rulebooks, against reading them and their JSON from SQLite"
    return [
        Figure("dry_run", seconds, floor, "s", seconds / floor, note),
        Figure("dry_run_rate", count / seconds, count / floor, "certs/s", seconds / floor, note),
    ]


def store(database: Database, count: int) -> None:
    """One decision for each application, as `certify.deciding` would have kept it."""
    first = [_kept(number) for number in range(min(DISTINCT, count))]
    with database.write() as session:
        session.add(
            Organisation(id="org_holder", name="Holder", roles=["manufacturer"], country="BD", city="Dhaka",
                         registered_id="", created_at=NOW)
        )  # fmt: skip
    numbers = iter(range(count))
    while chunk := list(islice(numbers, SLICE)):
        ids = [f"app_{number:06}" for number in chunk]
        with database.write() as session:
            owned = [{"id": id, "organisation_id": "org_holder", "created_at": NOW} for id in ids]
            session.execute(insert(Application), owned)
            session.execute(insert(DecisionRow), [_row(number, *first[number % len(first)]) for number in chunk])


def _kept(number: int) -> tuple[str, str]:
    """The outcome, and the record with the application's id as `app_000000`."""
    dossier, standing = case(number)
    decision = decide(dossier, standing, BOOK, NOW)
    return decision.outcome, jcs(record(dossier, standing, decision)).decode()


def _row(number: int, outcome: str, text: str) -> dict[str, Any]:
    return {
        "id": f"dec_{number:06}", "application_id": f"app_{number:06}", "seq": 1, "outcome": outcome, "at": NOW,
        "certificate": "0123456789A", "state": "active", "rulebook": BOOK.id, "rulebook_sha256": BOOK.sha256,
        "reasons": [], "record": text.replace('"app_000000"', f'"app_{number:06}"'), "cmt": "0" * 64, "sealed": b"",
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------------- the dossiers


def case(number: int) -> tuple[Dossier, Standing]:
    """An active certificate with what became of it. Numbers far apart can be alike, neighbours are not."""
    begun = 10 + number * 7 % 330  # days ago
    places = tuple(_place(name, number, begun) for name in ("site_factory", "site_office"))
    reports = tuple(sorted(visit.report for place in places for visit in place.visits if visit.report))
    dossier = Dossier(
        application="app_000000",
        organisation="org_holder",
        sites=places[:1],
        agents=places[1:],
        products=1 + number % 3,
        agreement=Agreement(BOOK.agreement, _at(begun + 60), independent_reporting=True),
        acceptances=(Acceptance("per_carl", "org_lotus", _at(begun + 1), reports),),
        cycles=1 + number % 2,
        certified_at=_at(begun),
    )
    until = end_of_day(months_after(places[0].visits[0].ends_on, 12))
    until = max(until, NOW + timedelta(days=1))
    stands = Standing("0123456789A", "active", _at(begun), _at(begun), until, 0, "0" * 64, None, None, None)
    return dossier, stands


def _at(days_ago: int) -> datetime:
    return NOW - timedelta(days=days_ago)


def _place(name: str, number: int, begun: int) -> SiteFacts:
    office = name == "site_office"
    first = _visit(f"aud_{name}_1", begun + 16, office=office)
    second = _visit(f"aud_{name}_2", max(begun - 90 - number % 60, 4), office=office)
    count = number % 4 if not office else number % 3 // 2
    findings = tuple(_finding(f"fnd_{name}_{n}", KINDS[(number + n) % len(KINDS)], first, n) for n in range(count))
    return SiteFacts(
        site=name,
        organisation="org_agency" if office else "org_holder",
        kind="agency_office" if office else "factory",
        country="BD",
        workers=first.workers,
        visits=(dataclasses.replace(first, conforming=first.applicable - len(findings)), second),
        findings=findings,
        screened_at=_at(number % 40),
        refreshed_at=_at(number % 200),
    )


def _visit(id: str, ended: int, *, office: bool) -> Visit:
    workers, asked, day = (9, 9, _at(ended).date()) if office else (400, 30, _at(ended).date())
    return Visit(
        id=id, type="periodic", standard=STANDARD.id, firm="org_meridian", team=("per_amina", "per_ben"),
        starts_on=date.fromordinal(day.toordinal() - 2), ends_on=day, announced=False, submitted_at=_at(ended - 3),
        report=f"{ended:064x}", workers=workers, interviews=asked, files_reviewed=asked,
        conforming=len(STANDARD.provisions), applicable=len(STANDARD.provisions), not_applicable=0, not_reviewed=0,
        unanswered=0, notice="unannounced", effort_needed=20, effort_spent=20, off_site=-(-asked // 2),
        strata=(Stratum("women", workers // 2, 3), Stratum("night", 2, 2)), signed=True, in_a_row=1,
    )  # fmt: skip


def _finding(id: str, kind: tuple[str, Any], visit: Visit, place: int) -> Finding:
    provision, severity = STANDARD.provision(kind[0]), kind[1]
    found = datetime(visit.ends_on.year, visit.ends_on.month, visit.ends_on.day, 10, tzinfo=UTC)
    released = found + timedelta(days=0 if severity == "priority" else 7)
    dues = deadlines(STANDARD, severity, provision.topic, zero_tolerance=False, discovered=found, released=released)
    closed = released + timedelta(days=20) if place % 2 or severity == "priority" else None
    return Finding(
        id=id, audit=visit.id, provision=provision.id, topic=provision.topic, core=provision.core, severity=severity,
        zero_tolerance=False, deliberate=False, concealed=False, discovered_at=found, released_at=released,
        containment_due=dues.containment, contained_at=released, closed_at=closed, closed_by=None,
        closed_on_site=closed is not None,
        action=Action(released, released, closed, dues.cap, dues.approve, dues.close),
    )  # fmt: skip
