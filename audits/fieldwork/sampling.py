"""How many workers to talk to, of whom, and how many files and sites to look at (DOMAIN.md 7.8).

Pure integer arithmetic over the standard's `Sampling`: no floats, no rounding down. Says what a sample still passes
over, for the team before it closes; never who was interviewed. Sites: IAF MD 1 [S].
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from audits.facts import AuditType, Stratum
from audits.fieldwork.interviews import Counts
from audits.standard import Sampling

MONTHS = ("current", "peak", "low")  # of each file: the current month, the busiest and the slackest [S2 ICS]
SAMPLED: tuple[AuditType, ...] = ("initial", "periodic", "surveillance", "forced_labour", "for_cause")
"""Audits that look at the work force anew, core topics included. A closure looks at what was found."""
SiteVisit = Literal["initial", "surveillance", "recertification"]
TENTHS_OF_ROOT: Mapping[SiteVisit, int] = {"initial": 10, "surveillance": 6, "recertification": 8}  # IAF MD 1 [S]
AT_RANDOM_PERCENT = 25  # IAF MD 1 [S]


def interviews(workers: int, rule: Sampling, *, high_risk: bool = False) -> int:
    """Workers to interview: max(10, ceil(sqrt N)), half as many more at high risk; everybody below that."""
    base = max(rule.least, ceil_sqrt(workers))
    return min(workers, percent(base, rule.high_risk_percent) if high_risk else base)


def raised(workers: int, rule: Sampling, *, high_risk: bool) -> str:
    """Why so many are to be interviewed, "" when it is no more than at low risk."""
    if interviews(workers, rule, high_risk=high_risk) == interviews(workers, rule):
        return ""
    times = f"{rule.high_risk_percent // 100}.{rule.high_risk_percent % 100:02d}".rstrip("0").rstrip(".")
    return f"not assessed as low risk: x {times}"


def of_stratum(size: int, rule: Sampling) -> int:
    """Of a group of that size: three, or all of it."""
    return min(size, rule.per_stratum)


def away(interviews: int, rule: Sampling) -> int:
    """Of these interviews, those to be held off site or by telephone when core topics are audited."""
    return percent(interviews, rule.off_site_percent)


@dataclass(frozen=True)
class Sample:
    """What is needed and what is there. strata: with what each needs; workers_by_language: as filed."""

    workers: int
    needed: int
    interviews: int
    away_needed: int
    away: int
    files: int
    strata: tuple[Stratum, ...]
    least_of_each: int
    workers_by_language: Mapping[str, int]
    languages: Mapping[str, int]
    why: str = ""
    """Of `needed` and `files`, when they are more than at low risk."""

    def missing(self) -> tuple[str, ...]:
        """What the sample still passes over, one sentence each. For the team only: it names small numbers."""
        said = []
        if self.interviews < self.needed:
            why = f" ({self.why})" if self.why else ""
            said.append(f"{self.interviews} of {self.needed} interviews held{why}")
        if self.away < self.away_needed:
            said.append(f"{self.away} of {self.away_needed} interviews held off site or by telephone")
        for stratum in self.strata:
            needed = min(stratum.size, self.least_of_each)
            if stratum.interviewed < needed:
                said.append(f"{stratum.name}: {stratum.interviewed} of {needed} interviewed, of {stratum.size} there")
        said.extend(
            f"no interview in {language}, the language of {size} workers"
            for language, size in self.workers_by_language.items()
            if not self.languages.get(language)
        )
        return tuple(said)


def sample(
    type: AuditType,
    workers: int,
    strata: Mapping[str, int],
    languages: Mapping[str, int],
    counts: Counts | None,
    rule: Sampling,
    *,
    high_risk: bool,
) -> Sample:
    """The sample of one audit. A closure needs none, and what it held is told all the same."""
    asked = type in SAMPLED
    needed = interviews(workers, rule, high_risk=high_risk) if asked else 0
    done: Mapping[str, int] = counts.strata if counts else {}
    return Sample(
        workers=workers,
        needed=needed,
        interviews=counts.people if counts else 0,
        away_needed=away(needed, rule),
        away=counts.off_site if counts else 0,
        files=needed,
        strata=tuple(Stratum(name, size, done.get(name, 0)) for name, size in sorted(strata.items())),
        least_of_each=rule.per_stratum if asked else 0,
        workers_by_language=dict(sorted(languages.items())) if asked else {},
        languages=counts.languages if counts else {},
        why=raised(workers, rule, high_risk=high_risk) if asked else "",
    )


@dataclass(frozen=True)
class Sites:
    """always: sites with migrants or dormitories, never sampled out [P]. drawn: of the others; at_random: of those
    drawn, at least so many by lot. The central function comes on top each time."""

    always: int
    drawn: int
    at_random: int

    @property
    def visited(self) -> int:
        return self.always + self.drawn


def sites(total: int, visit: SiteVisit, *, never_out: int = 0) -> Sites:
    """How many of `total` like sites are visited: all of `never_out`, and of the other n: ceil(sqrt n) initially,
    ceil(0.6 sqrt n) in surveillance, ceil(0.8 sqrt n) at recertification. never_out is at most total."""
    tenths = TENTHS_OF_ROOT[visit]
    drawn = -(-ceil_sqrt(tenths * tenths * (total - never_out)) // 10)  # ceil(ceil(10 x) / 10) = ceil(x)
    return Sites(never_out, drawn, min(drawn, percent(never_out + drawn, AT_RANDOM_PERCENT)))


def ceil_sqrt(number: int) -> int:
    return math.isqrt(number - 1) + 1 if number > 0 else 0


def percent(number: int, percent: int) -> int:
    """That share, rounded up."""
    return -(-number * percent // 100)
