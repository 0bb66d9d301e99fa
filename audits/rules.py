"""What an audit's numbers mean: severity, deadlines, and whether a report contradicts itself.

Pure functions over a standard and an auditor's figures. A severity has limits that belong to the provision, not to the
auditor; a date follows from the standard's clocks; two numbers that cannot both be true are named together.
Never knows what a finding does to a certificate.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from audits.facts import SEVERITIES, Severity, interviews_needed
from audits.standard import Clock, ClockName, From, Provision, Standard
from ground.errors import Invalid

__all__ = [
    "grade", "Share", "months_before", "crowded", "clocks_for", "deadlines", "Dues", "interviews_needed", "consistency",
    "Figures", "Problem", "check_dates",
]  # fmt: skip

SYSTEMIC_PERCENT = 20  # DOMAIN.md 1.2 [D]: a fifth of the sample affected is at least a major
LONGEST_VISIT = 31  # days; 2 to 5 are usual (DOMAIN.md 1.1 [S2]), large sites and agencies with sub-agents take more
PLANNED_AHEAD = 366  # days: surveillance is planned a year ahead (DOMAIN.md 7.5)
WRITTEN_UP_LATER = 180  # days: no decision takes an audit that ended longer ago (DOMAIN.md 7.4, 3)


@dataclass(frozen=True)
class Share:
    """The 20 percent rule. percent: of the sample affected makes a major; lifts: of these. With field work, of all that
    is milder: no smaller word avoids it. Before, of a minor. always_counted: wherever the rule holds, none of these is
    taken without counts: silence does not avoid it either. Before, on core topics only."""

    percent: int = SYSTEMIC_PERCENT
    lifts: tuple[Severity, ...] = ("minor",)
    always_counted: bool = False

    @classmethod
    def of(cls, standard: Standard) -> Share:
        if standard.fieldwork is None:
            return cls()
        return cls(standard.fieldwork.escalation.share_percent, ("minor", "risk", "opportunity"), always_counted=True)


USUAL = Share()


def grade(
    provision: Provision,
    proposed: Severity,
    affected: int | None,
    sampled: int | None,
    share: Share = USUAL,
) -> Severity:
    """The severity that counts: the proposed one, within the provision's limits, lifted by the 20 percent rule where
    the provision has it.

    affected of sampled workers, files or places; both or neither. What can be lifted needs them: with field work
    wherever the rule holds, and a minor or a risk on a core topic always. Raises Invalid with a pointer relative to the
    answer.
    """
    if (affected is None) != (sampled is None):
        raise Invalid("affected and sampled belong together", where="/affected" if affected is None else "/sampled")
    if affected is not None and sampled is not None and affected > sampled:
        raise Invalid(f"affected {affected} is more than sampled {sampled}", where="/affected")
    gravest, mildest = SEVERITIES.index(provision.ceiling), SEVERITIES.index(provision.floor)
    if not gravest <= SEVERITIES.index(proposed) <= mildest:
        raise Invalid(
            f"{proposed} is outside the limits of {provision.id}: {provision.floor} to {provision.ceiling}",
            where="/severity",
        )
    if proposed not in share.lifts:
        return proposed
    if provision.core and not sampled and proposed != "opportunity":
        raise Invalid(f"a {proposed} on the core provision {provision.id} needs affected and sampled", where="/sampled")
    if share.always_counted and provision.share_rule and not sampled:
        raise Invalid(
            f"{provision.id}: affected and sampled are needed; {share.percent} percent of the sample make a major",
            where="/sampled",
        )
    systemic = bool(sampled) and 100 * (affected or 0) >= share.percent * (sampled or 0)
    return "major" if systemic and provision.share_rule else proposed


def months_before(moment: datetime, months: int) -> datetime:
    """The same day and hour so many calendar months ago; the last day of a month that is too short for it."""
    years, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    last = calendar.monthrange(years, month + 1)[1]
    return moment.replace(year=years, month=month + 1, day=min(moment.day, last))


def crowded(minors: Iterable[tuple[str, str]], least: int) -> dict[str, tuple[str, ...]]:
    """Topics with at least so many minor findings. minors: (topic, provision). Answers {topic: its provisions}."""
    found: dict[str, list[str]] = {}
    for topic, provision in minors:
        found.setdefault(topic, []).append(provision)
    return {topic: tuple(provisions) for topic, provisions in found.items() if len(provisions) >= least}


def clocks_for(standard: Standard, severity: Severity, topic: str, *, zero_tolerance: bool) -> tuple[ClockName, ...]:
    """The clocks a finding falls under; none for an opportunity, two for zero tolerance on a danger topic."""
    core = standard.topics[topic].core
    match severity:
        case "priority":
            names: list[ClockName] = ["zero_tolerance"] if zero_tolerance else []
            if core:
                names.append("priority_core")
            if topic in standard.danger_topics or not core:
                names.append("priority_danger")
            return tuple(names)
        case "major":
            return ("major_core",) if core else ("major_other",)
        case "minor":
            return ("minor",)
        case "risk":
            return ("risk",)
        case "opportunity":
            return ()


@dataclass(frozen=True)
class Dues:
    """When things are due; None where there is no such clock or it has not started."""

    containment: datetime | None = None
    cap: datetime | None = None
    approve: datetime | None = None
    close: datetime | None = None


def deadlines(
    standard: Standard,
    severity: Severity,
    topic: str,
    *,
    zero_tolerance: bool,
    discovered: datetime,
    released: datetime | None,
) -> Dues:
    """The earliest date of each kind over the clocks the finding falls under."""
    starts: dict[From | None, datetime | None] = {"discovery": discovered, "report": released, None: None}
    clocks: list[Clock] = [
        standard.clocks[name] for name in clocks_for(standard, severity, topic, zero_tolerance=zero_tolerance)
    ]

    def earliest(spans: list[tuple[From | None, timedelta]]) -> datetime | None:
        found = [start + span for begin, span in spans if (start := starts[begin]) is not None]
        return min(found) if found else None

    return Dues(
        containment=earliest([(c.containment_from, timedelta(hours=c.containment_hours or 0)) for c in clocks]),
        cap=earliest([(c.cap_from, timedelta(days=c.cap_days)) for c in clocks]),
        approve=earliest([(c.approve_from, timedelta(days=c.approve_days)) for c in clocks]),
        close=earliest([(c.close_from, timedelta(days=c.close_days)) for c in clocks]),
    )


@dataclass(frozen=True)
class Figures:
    """The figures of a report, with the dates of its audit: everything the consistency checks look at."""

    starts_on: date
    ends_on: date
    workers: int
    payroll_workers: int
    payroll_note: str
    interviews_individual: int
    interviews_group: int
    files_reviewed: int
    closing_meeting_on: date | None
    """None when there was none, because the visit ended early."""


@dataclass(frozen=True)
class Problem:
    where: str
    text: str


def consistency(figures: Figures, today: date) -> list[Problem]:
    """Pairs of figures that cannot both be true, each named with both numbers; empty when there are none."""
    problems: list[Problem] = []
    interviews = figures.interviews_individual + figures.interviews_group
    if figures.ends_on > today:
        problems.append(Problem("", f"the audit ends on {figures.ends_on}, after today, {today}: it is not over yet"))
    if interviews > figures.workers:
        problems.append(
            Problem(
                "/interviews_individual",
                f"{interviews} interviews ({figures.interviews_individual} individual and {figures.interviews_group} "
                f"in groups) are more than {figures.workers} workers",
            )
        )
    if figures.workers != figures.payroll_workers and not figures.payroll_note:
        problems.append(
            Problem(
                "/payroll_workers",
                f"{figures.workers} workers on site but {figures.payroll_workers} on the payroll: "
                "explain the difference in payroll_note",
            )
        )
    if figures.files_reviewed > figures.workers:
        problems.append(
            Problem("/files_reviewed", f"{figures.files_reviewed} files are more than {figures.workers} workers")
        )
    closing = figures.closing_meeting_on
    if closing is not None and not figures.starts_on <= closing <= figures.ends_on:
        problems.append(
            Problem(
                "/closing_meeting_on",
                f"the closing meeting on {closing} is outside the audit days {figures.starts_on} to {figures.ends_on}",
            )
        )
    return problems


def check_dates(starts_on: date, ends_on: date, today: date) -> None:
    """The days of an audit when it is planned or written up. Raises Invalid naming both dates."""
    if ends_on < starts_on:
        raise Invalid(f"the audit ends on {ends_on}, before it starts on {starts_on}", where="/ends_on")
    if (ends_on - starts_on).days >= LONGEST_VISIT:
        raise Invalid(
            f"{starts_on} to {ends_on} is longer than the {LONGEST_VISIT} days an audit may take", where="/ends_on"
        )
    if (starts_on - today).days > PLANNED_AHEAD:
        raise Invalid(f"{starts_on} is more than {PLANNED_AHEAD} days after today, {today}", where="/starts_on")
    if (today - ends_on).days > WRITTEN_UP_LATER:
        raise Invalid(f"{ends_on} is more than {WRITTEN_UP_LATER} days before today, {today}", where="/ends_on")


def refusal(problems: Sequence[Problem]) -> Invalid:
    """All problems as one error that points at the first."""
    return Invalid("; ".join(problem.text for problem in problems), where=problems[0].where)
