"""The rulebook: the numbers that decisions are made with, and the words in which each clause is told to people.

Owns the published rulebooks (`rulebooks/*.toml`) by id, and whether one agrees with the standards that it names. A
published rulebook is data that is never edited: `rulebooks/lock.json` holds the hash of each, and a test compares.
There is no expression language: what a clause tests is a function of `certify.clauses` with the same id. Its shape is
in `certify.chapters`, its strict reading in `certify.rulereader`. Never decides anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files

from audits.standard import Fieldwork, Standard
from certify import sensible
from certify.chapters import Band as Band
from certify.chapters import Effect as Effect
from certify.chapters import Escalation as Escalation
from certify.chapters import Limits as Limits
from certify.chapters import ManDays as ManDays
from certify.chapters import Parameter as Parameter
from certify.chapters import Rulebook as Rulebook
from certify.chapters import Stage as Stage
from certify.chapters import Stock as Stock
from certify.chapters import Words as Words
from certify.rulereader import CLAUSES as CLAUSES
from certify.rulereader import FIRST_CLAUSES as FIRST_CLAUSES
from certify.rulereader import IDENTITY as IDENTITY
from certify.rulereader import read as read
from ground.errors import Conflict, Invalid, Malformed

NEWEST = "freemark-2026.1"

# What these say is about people who talked, or an alert nobody may hear of yet: holder and public never read it.
CONFIDENTIAL = ("I18", "S11", "N4")

# The clock of the standard that each row of the effects must agree with.
CLOCK_OF = {
    "zero_tolerance": "zero_tolerance", "priority_core": "priority_core", "priority_other": "priority_danger",
    "major_core": "major_core", "major_other": "major_other", "minor": "minor", "risk": "risk",
}  # fmt: skip
TOPICS = {"T6": "violence", "T9": "children", "T16": "label control"}  # that clauses know by name


def load(id: str, where: str = "") -> Rulebook:
    """A rulebook that came with the software, or one that this process has read since. Invalid at `where` otherwise.

    Who has a session asks `certify.governance.books`, which knows what this installation published. Conflict when a
    process serves two installations that published different texts under one id.
    """
    if id in IDS:
        return _load(id)
    found = [book for (name, _), book in _ADOPTED.items() if name == id]
    if not found:
        raise Invalid(f"{id[:40]!r} is no rulebook; known: {', '.join(IDS)}", where=where)
    if len(found) > 1:
        raise Conflict(f"{id} stands for {len(found)} texts in this process; ask the installation for its own")
    return found[0]


def adopt(book: Rulebook) -> Rulebook:
    """Keep a rulebook that an installation published, under its id and its hash; answers the one that is kept.

    Conflict when it came with the software under another hash: a published rulebook is never edited.
    """
    if book.id in IDS and (known := _load(book.id).sha256) != book.sha256:
        raise Conflict(f"{book.id} is published with the hash {known[:12]}, not {book.sha256[:12]}")
    return _ADOPTED.setdefault((book.id, book.sha256), book)


def adopted(id: str, sha256: str) -> Rulebook | None:
    """The one of exactly this text, if this process has read it."""
    return _ADOPTED.get((id, sha256))


def text_of(id: str) -> str:
    """The TOML of a rulebook that came with the software."""
    load(id)
    return (FOLDER / f"{id}.toml").read_text(encoding="utf-8")


def check_against(book: Rulebook, standards: Iterable[Standard]) -> tuple[str, ...]:
    """What makes no sense in the rulebook (`nonsense`), and every number of it that differs from one of these
    standards, a sentence each; () when all agree.

    Clocks, sampling, independence, man-days and escalation stand in both: the site is told one, the rules count with
    the other. A rulebook without tables (the first shape) has no such numbers. standards: those that `book` names.
    """
    found: list[str] = []
    for standard in standards if book.effects else ():
        pairs = [*_clocks(book, standard), *_fieldwork(book, standard.fieldwork), *_catalogue(book, standard)]
        for name, ours, theirs in pairs:
            if ours != theirs:
                found.append(f"{name}: {ours} in the rulebook {book.id}, {theirs} in the standard {standard.id}")
    return (*nonsense(book), *found)


def nonsense(book: Rulebook) -> tuple[str, ...]:
    """What makes no sense, whatever the standards say: numbers that contradict each other, or an id that is taken."""
    found = sensible.nonsense(book)
    if book.id in IDS and (known := _load(book.id).sha256) != book.sha256:
        words = f"published with the hash {known[:12]}, and this text has {book.sha256[:12]}: it needs an id of its own"
        return (f"/id: {book.id} is {words}", *found)
    return found


Pair = tuple[str, object, object]


def _clocks(book: Rulebook, standard: Standard) -> Iterator[Pair]:
    for id, effect in book.effects.items():
        clock = {str(name): clock for name, clock in standard.clocks.items()}.get(CLOCK_OF.get(id, ""))
        if clock is None:
            continue
        yield f"{id}, days to submit a plan", (effect.cap_days, effect.clock), (clock.cap_days, clock.cap_from)
        yield f"{id}, days to approve it", (effect.approve_days, effect.clock), (clock.approve_days, clock.approve_from)
        yield f"{id}, days to close", (effect.close_days, effect.clock), (clock.close_days, clock.close_from)
        yield f"{id}, hours to contain", effect.containment_hours, clock.containment_hours
        if effect.close_danger_days is not None:
            danger = standard.clocks["priority_danger"].close_days
            yield f"{id}, days to close where people are in danger", effect.close_danger_days, danger


def _fieldwork(book: Rulebook, fieldwork: Fieldwork | None) -> Iterator[Pair]:
    if fieldwork is None:
        yield "numbers of the work in the field", "some", "none"
        return
    limits, sampling, escalation = book.limits, fieldwork.sampling, fieldwork.escalation
    yield "release_hours", limits.release_hours, fieldwork.release_hours
    yield "alert_hours", limits.alert_hours, fieldwork.alert_hours
    yield "hold_hours", limits.hold_hours, fieldwork.hold_hours
    yield "suppress_below", limits.suppress_below, fieldwork.suppress_below
    yield "in_a_row_most", limits.in_a_row_most, fieldwork.independence.in_a_row_most
    yield "independence_gap_months", limits.independence_gap_months, fieldwork.independence.gap_months
    yield "interviews_least", limits.interviews_least, sampling.least
    yield "interviews_per_stratum", limits.interviews_per_stratum, sampling.per_stratum
    yield "high_risk_percent", limits.high_risk_percent, sampling.high_risk_percent
    yield "off_site_percent", limits.off_site_percent, sampling.off_site_percent
    yield "share_percent", limits.share_percent, escalation.share_percent
    yield "repeat_months", limits.repeat_months, escalation.repeat_months
    yield "minors_in_topic", limits.minors_in_topic, escalation.minors_in_topic
    yield "retaliation_days", limits.retaliation_days, tuple(fieldwork.follow_up.retaliation_days)
    yield "repayment_check_days", limits.repayment_check_days, fieldwork.follow_up.repayment_days
    ours = [(row.workers_to, row.days, row.individual, row.groups, row.group_size, row.files) for row in book.man_days]
    theirs = [
        (row.workers_to, row.days, row.individual, row.groups, row.group_size, row.files) for row in fieldwork.man_days
    ]
    yield "man-days (workers to, days, interviews alone, groups, their size, files)", ours, theirs


def _catalogue(book: Rulebook, standard: Standard) -> Iterator[Pair]:
    core = sum(provision.core for provision in standard.provisions.values())
    yield "core_provisions", book.limits.core_provisions, core
    for topic, title in TOPICS.items():
        yield f"topic of {title}", topic, topic if topic in standard.topics else None


_ADOPTED: dict[tuple[str, str], Rulebook] = {}  # a cache by content: whose rulebook it is, the database says


@cache
def _load(id: str) -> Rulebook:
    rulebook = read((FOLDER / f"{id}.toml").read_text(encoding="utf-8"))
    if rulebook.id != id:
        raise Malformed(f"the file {id}.toml holds {rulebook.id}")
    return rulebook


FOLDER = files("certify") / "rulebooks"
IDS: tuple[str, ...] = tuple(
    sorted(entry.name.removesuffix(".toml") for entry in FOLDER.iterdir() if entry.name.endswith(".toml"))
)
