"""One submitted audit as `quality` looks at it, and what its own figures say of it.

Pure. Owns the facts and the questions that one audit answers alone: was it whole, late, short, or contradicting itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from audits.facts import AuditType, Severity, Stratum, VisitOutcome
from audits.independence.rules import FULL_VISITS
from ground.canonical import end_of_day


@dataclass(frozen=True)
class Found:
    """A finding of an audit as it stands now. raised, lowered: its severity was changed so by a decider."""

    id: str
    provision: str
    severity: Severity
    core: bool
    on: date
    raised: bool = False
    lowered: bool = False

    @property
    def grave(self) -> bool:
        return self.severity == "priority" or (self.severity == "major" and self.core)


@dataclass(frozen=True)
class Work:
    """One submitted audit. team: the lead first. effort: tenths of a man-day, needed 0 where no table asks for any.

    late_hours: within which after the last day the report is to be handed in, 0 where the standard says nothing.
    per_stratum: fewest interviews in each stratum, of a smaller one everybody. conformed: provisions answered with
    conformance, of those on which anybody found something grave at this site. alerts, dismissed: raised in it, and of
    those laid aside as unfounded.
    """

    id: str
    site: str
    firm: str
    team: tuple[str, ...]
    type: AuditType
    standard: str
    profiles: tuple[str, ...]
    starts_on: date
    ends_on: date
    submitted_at: datetime
    remote: bool = False
    outcome: VisitOutcome = "completed"
    version: int = 1
    workers: int = 0
    interviews: int = 0
    files: int = 0
    conforming: int = 0
    applicable: int = 0
    effort_needed: int = 0
    effort_spent: int = 0
    strata: tuple[Stratum, ...] = ()
    per_stratum: int = 0
    late_hours: int = 0
    found: tuple[Found, ...] = ()
    conformed: frozenset[str] = frozenset()
    alerts: int = 0
    dismissed: int = 0

    @property
    def full(self) -> bool:
        """The whole place was looked at, so that figures can be compared."""
        return self.type in FULL_VISITS and not self.remote and self.outcome == "completed"

    @property
    def late(self) -> bool:
        return self.submitted_at > end_of_day(self.ends_on) + timedelta(hours=self.late_hours)

    @property
    def missing_strata(self) -> int:
        return sum(each.interviewed < min(each.size, self.per_stratum) for each in self.strata)

    @property
    def contradicts_itself(self) -> bool:
        """Figures that stand in the record and cannot all be true: dates, people, answers (clause I12)."""
        order = self.starts_on <= self.ends_on <= self.submitted_at.date()
        people = self.outcome in ("access_denied", "unsafe") or max(self.interviews, self.files) <= self.workers
        return not (order and people and self.conforming + len(self.found) <= self.applicable)
