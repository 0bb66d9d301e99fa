"""Who may audit a site, and why not: the rules of approval, competence, conflict of interest and rotation.

Pure functions over frozen records. Every candidate gets every reason that speaks against it, in words with ids and
dates and never a name; who has none is eligible. Draws nothing and decides nothing: one index into a sorted list, drawn
elsewhere, makes an assignment, so that anybody can repeat it.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, TypeVar, get_args

from audits.facts import AuditType
from audits.standard import Independence

# APSCA's words (DOMAIN.md 1.7): only who is in good standing may appear on an audit.
ApprovalStatus = Literal["good", "lapsed", "expired", "suspended", "not_good", "inactive"]
Level = Literal["lead", "auditor", "provisional"]
TieKind = Literal["employment", "consultancy", "financial", "family", "other"]
Declared = Literal["none", "employment", "consultancy", "financial", "family", "other"]
STATUSES: tuple[ApprovalStatus, ...] = get_args(ApprovalStatus)
LEVELS: tuple[Level, ...] = get_args(Level)
TIE_KINDS: tuple[TieKind, ...] = get_args(TieKind)
DECLARED: tuple[Declared, ...] = get_args(Declared)

UNDER_REVIEW: tuple[ApprovalStatus, ...] = ("suspended", "not_good")
"""Puts earlier work in doubt. Who merely lapsed, expired or stopped did that work while in good standing."""
LASTING: tuple[TieKind, ...] = ("employment", "consultancy")
"""Bars for a time after its end (DOMAIN.md 7.8); money, family and the rest bar while they last."""
FULL_VISITS: tuple[AuditType, ...] = ("initial", "periodic", "surveillance", "forced_labour")
"""Count for rotation: the lead looked at the whole place. A closure looks at what was found."""
LABOUR = frozenset(f"T{number}" for number in range(1, 16))
"""What the competence "labour" covers: not label control (T16), not safety (T17), for which there is "all"."""
WORDS: Mapping[ApprovalStatus, str] = {
    "good": "in good standing",
    "lapsed": "lapsed",
    "expired": "expired",
    "suspended": "suspended",
    "not_good": "not in good standing",
    "inactive": "inactive",
}


@dataclass(frozen=True)
class FirmApproval:
    """One entry of the register about a firm. countries: ISO codes, none for everywhere. last_day: of the approval."""

    status: ApprovalStatus
    effective_on: date
    last_day: date
    countries: tuple[str, ...]
    topics: tuple[str, ...]
    at: datetime


@dataclass(frozen=True)
class AuditorApproval:
    """The same about a person. trained: first and last day on which the interview training counts, or None."""

    level: Level
    status: ApprovalStatus
    effective_on: date
    last_day: date
    topics: tuple[str, ...]
    languages: tuple[str, ...]
    trained: tuple[date, date] | None
    at: datetime


@dataclass(frozen=True)
class Tie:
    """What binds a person or a firm to the organisation that is audited. until: its last day, None while it lasts."""

    kind: TieKind
    until: date | None


@dataclass(frozen=True)
class Declaration:
    kind: Declared
    until: date | None


@dataclass(frozen=True)
class Person:
    """An auditor of a firm as one site sees them: ties to its owner, and how often in a row they have led there.

    found: open findings of zero tolerance that they found there. declined: they sent this assignment back.
    """

    id: str
    history: tuple[AuditorApproval, ...] = ()
    ties: tuple[Tie, ...] = ()
    led: int = 0
    found: tuple[str, ...] = ()
    declined: bool = False


@dataclass(frozen=True)
class Firm:
    id: str
    history: tuple[FirmApproval, ...] = ()
    ties: tuple[Tie, ...] = ()
    people: tuple[Person, ...] = ()
    declined: bool = False


@dataclass(frozen=True)
class Wish:
    """What is to be audited, and when: organisation and country are those of the site; first and last day inclusive."""

    organisation: str
    country: str
    type: AuditType
    topics: tuple[str, ...]
    languages: tuple[str, ...]
    first: date
    last: date


@dataclass(frozen=True)
class Candidate:
    """A possible lead auditor with the firm; person "" for a firm that has none. Eligible with no reason against it."""

    firm: str
    person: str
    reasons: tuple[str, ...]

    @property
    def eligible(self) -> bool:
        return not self.reasons


Approval = TypeVar("Approval", FirmApproval, AuditorApproval)


def in_force(history: Sequence[Approval], day: date) -> Approval | None:
    """The entry that counts on that day: of those in effect the one recorded last. history: as it was recorded."""
    return next((entry for entry in reversed(history) if entry.effective_on <= day), None)


def review_since(history: Sequence[FirmApproval | AuditorApproval]) -> datetime | None:
    """When the review that still runs began; None when there is none. Only good standing ends one."""
    since: datetime | None = None
    for entry in history:
        if entry.status in UNDER_REVIEW:
            since = since or entry.at
        elif entry.status == "good":
            since = None
    return since


def candidates(firms: Iterable[Firm], wish: Wish, limits: Independence) -> tuple[Candidate, ...]:
    """Every auditor of every firm, sorted by firm and person, each with all reasons against leading this audit."""
    found = []
    for firm in firms:
        against = firm_faults(firm, wish, limits)
        pool = [person for person in firm.people if not member_faults(person, wish, limits, lead=False)]
        against += coverage_faults(pool, wish, f"eligible auditor of {firm.id}")
        for person in firm.people:
            own = member_faults(person, wish, limits, lead=True)
            found.append(Candidate(firm.id, person.id, tuple(against + own)))
        if not firm.people:
            found.append(Candidate(firm.id, "", (*against, f"{firm.id} has no auditor")))
    return tuple(sorted(found, key=lambda each: (each.firm, each.person)))


def drawn(listed: Sequence[Candidate], number: int) -> Candidate:
    """The candidate that a number from 0 below the count of the eligible stands for."""
    return [each for each in listed if each.eligible][number]


def firm_faults(firm: Firm, wish: Wish, limits: Independence) -> list[str]:
    """What speaks against the firm as a whole."""
    faults = _approval_faults(firm.id, firm.history, wish)
    if firm.id == wish.organisation:
        faults.append(f"{firm.id} answers for the site itself")
    if firm.declined:
        faults.append(f"{firm.id} sent this assignment back")
    entry = in_force(firm.history, wish.first)
    if entry is not None:
        if entry.countries and wish.country not in entry.countries:
            faults.append(f"{firm.id} is approved for {', '.join(entry.countries)}, and the site is in {wish.country}")
        missing = [topic for topic in wish.topics if not _covers(entry.topics, topic)]
        if missing:
            faults.append(f"{firm.id} is not approved for {', '.join(missing)}")
    return faults + _tie_faults(firm.id, firm.ties, wish, limits)


def member_faults(person: Person, wish: Wish, limits: Independence, *, lead: bool) -> list[str]:
    """What speaks against a person on the team, or at its head."""
    faults = _approval_faults(person.id, person.history, wish)
    entry = in_force(person.history, wish.first)
    if entry is not None:
        if lead and entry.level != "lead":
            faults.append(f"{person.id} is approved as {entry.level}, not to lead")
        # Who is provisional works beside somebody and interviews nobody alone.
        if limits.interview_training and entry.level != "provisional":
            faults += _training_faults(person.id, entry.trained, wish)
    faults += _tie_faults(person.id, person.ties, wish, limits)
    if wish.type == "priority_closure" and person.found:
        faults.append(f"{person.id} was on the audit that found {', '.join(person.found)}: another team closes it")
    if person.declined:
        faults.append(f"{person.id} sent this assignment back")
    if lead and wish.type in FULL_VISITS and person.led >= limits.in_a_row_most:
        faults.append(
            f"{person.id} led the last {person.led} full audits here; at most {limits.in_a_row_most} in a row"
        )
    return faults


def coverage_faults(people: Iterable[Person], wish: Wish, whose: str) -> list[str]:
    """Topics and languages that nobody of these people covers."""
    entries = [entry for person in people if (entry := in_force(person.history, wish.first)) is not None]
    topics = [topic for topic in wish.topics if not any(_covers(entry.topics, topic) for entry in entries)]
    spoken = {language for entry in entries for language in entry.languages}
    languages = [asked for asked in wish.languages if not any(_speaks(each, asked) for each in spoken)]
    faults = [f"no {whose} is competent for {', '.join(topics)}"] if topics else []
    return faults + ([f"no {whose} speaks {', '.join(languages)}"] if languages else [])


def declaration_faults(person: Person, declared: Declaration | None, wish: Wish, limits: Independence) -> list[str]:
    """A missing, conflicting or false declaration. A false one says less than the register knows."""
    if declared is None:
        return [f"{person.id} has not declared whether there is a conflict of interest"]
    if declared.kind != "none" and (until := _bars(Tie(declared.kind, declared.until), wish, limits)):
        return [f"{person.id} declared {declared.kind} with {wish.organisation} {until}"]
    known = [(tie, until) for tie in person.ties if (until := _bars(tie, wish, limits))]
    return [
        f"{person.id} declared {_said(declared)}, but there was {tie.kind} with {wish.organisation} {until}"
        for tie, until in known
    ]


def _approval_faults(who: str, history: Sequence[Approval], wish: Wish) -> list[str]:
    """One sentence per way in which the approval fails on a day of the audit, with the first such day."""
    first: dict[str, date] = {}
    for place in range((wish.last - wish.first).days + 1):
        day = wish.first + timedelta(days=place)
        entry = in_force(history, day)
        if entry is None:
            said = "is not on the register"
        elif entry.status != "good":
            said = f"is {WORDS[entry.status]} since {entry.effective_on}"
        elif day > entry.last_day:
            said = f"is approved until {entry.last_day}"
        else:
            continue
        first.setdefault(said, day)
    return [f"{who} {said}, and the audit may be on {day}" for said, day in first.items()]


def _training_faults(who: str, trained: tuple[date, date] | None, wish: Wish) -> list[str]:
    if trained is None:
        return [f"{who} has no interview training on record"]
    begins, ends = trained
    if begins > wish.first:
        return [f"{who} was trained for interviews on {begins}, after {wish.first}"]
    return [f"the interview training of {who} counts until {ends}, before {wish.last}"] if ends < wish.last else []


def _tie_faults(who: str, ties: Iterable[Tie], wish: Wish, limits: Independence) -> list[str]:
    return [
        f"{who}: {tie.kind} with {wish.organisation} {until}" for tie in ties if (until := _bars(tie, wish, limits))
    ]


def _bars(tie: Tie, wish: Wish, limits: Independence) -> str:
    """How long the tie bars, in words; "" when it does not on the first day of the audit."""
    if tie.until is None:
        return "that lasts"
    if tie.kind not in LASTING:
        return f"until {tie.until}" if wish.first <= tie.until else ""
    free = months_after(tie.until, limits.gap_months)
    return f"until {tie.until}, which bars for {limits.gap_months} months, until {free}" if wish.first < free else ""


def _said(declared: Declaration) -> str:
    if declared.kind == "none":
        return "no conflict"
    return f"{declared.kind} until {declared.until}"


def _covers(competences: Iterable[str], topic: str) -> bool:
    held = set(competences)
    return topic in held or "all" in held or ("labour" in held and topic in LABOUR)


def _speaks(language: str, asked: str) -> bool:
    """A bare language is met by any of its varieties, a variety only by itself."""
    return language.lower() == asked.lower() or language.lower().startswith(f"{asked.lower()}-")


def months_after(day: date, months: int) -> date:
    """The same day of the month, or its last: 31 August and 6 months give 28 February."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
