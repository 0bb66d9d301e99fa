"""What is measured on the facts before a clause can be judged: open, overdue, full audits, score, months.

Owns the arithmetic and its rounding. Every function is total: odd facts give an odd number, never an error.
Never says what follows from a measure; that is `certify.rules`.
"""

from __future__ import annotations

import calendar
import math
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from audits.facts import Finding, Severity, SiteFacts, Visit
from certify.rulebook import Limits
from ground.canonical import end_of_day

FULL_AUDITS = ("initial", "surveillance")
CENT = Decimal("0.01")


def counts_open(finding: Finding) -> bool:
    """Open, or a priority or core major finding that was closed without a visit on site: that does not count."""
    needs_visit = finding.severity == "priority" or (finding.severity == "major" and finding.core)
    return finding.open or (needs_visit and not finding.closed_on_site)


def weight(finding: Finding, now: datetime) -> Severity:
    """The severity that counts: an overdue minor counts as a major, with the due date it missed."""
    if finding.severity == "minor" and overdue(finding, now):
        return "major"
    return finding.severity


def overdue(finding: Finding, now: datetime, days: int = 0) -> bool:
    """Open, and more than `days` past the day it had to be closed. Without a due date nothing is overdue."""
    return counts_open(finding) and past(finding.action.close_due, now, days)


def past(due: datetime | None, now: datetime, days: int = 0) -> bool:
    return due is not None and now > due + timedelta(days=days)


def contained_in_time(finding: Finding, now: datetime) -> bool:
    """Contained before it was due, or not due yet. Without a due date only containment on discovery is in time."""
    due = finding.containment_due or finding.discovered_at
    return (finding.contained_at or now) <= due


def is_full(visit: Visit, standards: Iterable[str]) -> bool:
    """A submitted initial or surveillance audit, on site, under an accepted standard, that left nothing out."""
    return (
        visit.type in FULL_AUDITS
        and visit.submitted_at is not None
        and visit.report is not None
        and not visit.remote
        and visit.standard in standards
        and visit.unanswered == 0
        and visit.not_reviewed == 0
    )


def newest_full(place: SiteFacts, standards: Iterable[str]) -> Visit | None:
    """The full audit that a decision relies on: the one that ended last."""
    full = [visit for visit in place.visits if is_full(visit, standards)]
    return max(full, key=lambda visit: (visit.ends_on, visit.id), default=None)


def last_visited(place: SiteFacts) -> date | None:
    """The last day of the newest submitted initial or surveillance visit on site, full or not."""
    days = [
        visit.ends_on
        for visit in place.visits
        if visit.type in FULL_AUDITS and visit.submitted_at is not None and not visit.remote
    ]
    return max(days, default=None)


def interviews_needed(workers: int, least: int) -> int:
    """min(N, max(least, ceil(sqrt N)))."""
    return min(workers, max(least, math.isqrt(max(workers - 1, 0)) + 1))


def score(place: SiteFacts, audit: Visit, limits: Limits, now: datetime) -> Decimal:
    """The score of one place after closure, 0.00 to 200.00, two places, half up.

    conforming = applicable provisions of the full audit less those with a finding of it that is still open. Findings
    of other visits (a priority between two audits) only deduct.
    """
    still = [finding for finding in place.findings if counts_open(finding)]
    deducted = {"priority": limits.points_priority, "major": limits.points_major, "minor": limits.points_minor}
    total = Fraction(limits.score_full)
    if _share_counts(audit, limits):
        conforming = audit.applicable - sum(f.audit == audit.id and not _conforms(f, limits) for f in still)
        total = total * max(conforming, 0) / audit.applicable
    total -= sum(deducted.get(weight(finding, now), 0) for finding in still)
    total = min(max(total, Fraction(0)), Fraction(limits.score_full))
    return Decimal(math.floor(total * 100 + Fraction(1, 2))) * CENT


def _share_counts(audit: Visit, limits: Limits) -> bool:
    """Whether the catalogue was long enough, and applied enough, for a share of conformity to mean something."""
    asked = audit.applicable + audit.not_applicable
    return (
        audit.applicable > 0
        and audit.applicable >= limits.score_share_from
        and 100 * audit.not_applicable <= limits.not_applicable_most * asked
    )


def _conforms(finding: Finding, limits: Limits) -> bool:
    """An opportunity for improvement is conformance that could be better."""
    return finding.severity == "opportunity" or (finding.severity == "risk" and limits.risk_counts_as_conformance)


def clean_since(place: SiteFacts, finding: Finding, standards: Iterable[str]) -> datetime | None:
    """The end of the last full audit, over before the discovery, that found nothing on the finding's topic."""
    found = {other.audit for other in place.findings if other.topic == finding.topic}
    days = [
        visit.ends_on
        for visit in place.visits
        if is_full(visit, standards) and visit.id not in found and visit.ends_on < finding.discovered_at.date()
    ]
    return end_of_day(max(days)) if days else None


def months_after(day: date, months: int) -> date:
    """The same day of the month, or its last: 31 August and 6 months give 28 February."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
