"""What is measured on the facts before a clause can be judged: open, overdue, full audits, score, months.

Owns the arithmetic and its rounding. Every function is total: odd facts give an odd number, never an error.
Never says what follows from a measure; that is `certify.rules`.
"""

from __future__ import annotations

import calendar
import math
from collections.abc import Collection
from datetime import date, datetime, timedelta

from audits.facts import Finding, Severity, SiteFacts, Visit
from certify import proven
from certify.chapters import Limits, Rulebook
from ground.canonical import end_of_day


def counts_open(finding: Finding) -> bool:
    """Open, or a priority or core major finding that was closed without a visit on site: that does not count."""
    if finding.closed_at is None:
        return True
    needs_visit = finding.severity == "priority" or (finding.severity == "major" and finding.core)
    return needs_visit and not finding.closed_on_site


def weight(finding: Finding, now: datetime) -> Severity:
    """The severity that counts: an overdue minor counts as a major, with the due date it missed."""
    if finding.severity == "minor" and overdue(finding, now):
        return "major"
    return finding.severity


def overdue(finding: Finding, now: datetime, days: int = 0) -> bool:
    """Open, and more than `days` past the day it had to be closed. Without a due date nothing is overdue."""
    return past(finding.action.close_due, now, days) and counts_open(finding)


def past(due: datetime | None, now: datetime, days: int = 0) -> bool:
    return due is not None and now > (due + timedelta(days=days) if days else due)


def contained_in_time(finding: Finding, now: datetime) -> bool:
    """Contained before it was due, or not due yet. Without a due date only containment on discovery is in time."""
    due = finding.containment_due or finding.discovered_at
    return (finding.contained_at or now) <= due


def is_full(visit: Visit, book: Rulebook, standards: Collection[str]) -> bool:
    """A submitted and completed audit on site, of a type that carries a certificate, that left nothing out.

    A forced-labour specialty audit answers core provisions only: it is full when it answered as many as there are.
    """
    return (
        visit.type in book.carriers
        and visit.submitted_at is not None
        and visit.report is not None
        and visit.outcome == "completed"
        and not visit.remote
        and visit.standard in standards
        and visit.unanswered == 0
        and visit.not_reviewed == 0
        and (visit.type != "forced_labour" or visit.applicable + visit.not_applicable >= book.limits.core_provisions)
    )


def newest_full(place: SiteFacts, book: Rulebook) -> Visit | None:
    """The full audit that a decision relies on: the one that ended last."""
    full = [visit for visit in place.visits if is_full(visit, book, book.standards)]
    return max(full, key=lambda visit: (visit.ends_on, visit.id), default=None)


def last_visited(place: SiteFacts, book: Rulebook, now: datetime) -> date | None:
    """The last day of the newest visit that counts as surveillance."""
    return max([visit.ends_on for visit in place.visits if surveys(visit, book, now)], default=None)


def surveys(visit: Visit, book: Rulebook, now: datetime) -> bool:
    """A submitted and completed visit on site of a type that shows how a place is, full or not: nothing speaks against
    it, it answered some provisions, and it talked to enough workers."""
    return (
        (visit.type in book.carriers or visit.type in book.surveying)
        and visit.submitted_at is not None
        and not visit.remote
        and visit.outcome == "completed"
        and (not book.limits.surveillance_provisions or _tells(visit, book, now))
    )


def _tells(visit: Visit, book: Rulebook, now: datetime) -> bool:
    answered = visit.applicable + visit.not_applicable
    enough = answered >= book.limits.surveillance_provisions and talked_to_some(visit, book.limits)
    return enough and proven.counts(visit, book, now) and not proven.too_late(visit, book)


def talked_to_some(visit: Visit, limits: Limits) -> bool:
    """The fewest interviews that any sample has; at smaller sites everybody."""
    return visit.interviews >= min(visit.workers, limits.interviews_least)


def refused(place: SiteFacts) -> Visit | None:
    """The newest visit on site, when the site refused it or cut it short. One that was unsafe, or that others than the
    site cut short, is passed over."""
    visits = [
        visit
        for visit in place.visits
        if not visit.remote and (_cut_short(visit) or (visit.outcome == "completed" and visit.submitted_at is not None))
    ]
    newest = max(visits, key=lambda visit: (visit.starts_on, visit.id), default=None)
    return newest if newest is not None and _cut_short(newest) else None


def _cut_short(visit: Visit) -> bool:
    """By the site."""
    return visit.outcome == "access_denied" or (visit.outcome == "interrupted" and not visit.by_others)


def interviews_needed(workers: int, least: int, percent: int = 100) -> int:
    """min(N, max(least, ceil(sqrt N))), and `percent` of that, rounded up, where more is asked."""
    usual = min(workers, max(least, math.isqrt(max(workers - 1, 0)) + 1))
    return usual if percent == 100 else min(workers, -(-usual * percent // 100))


def score(place: SiteFacts, audit: Visit, limits: Limits, now: datetime) -> int:
    """The score of one place after closure, in hundredths of a point, 0 to 20000, half a hundredth rounded up.

    conforming = applicable provisions of the full audit less those with a finding of it that is still open. Findings
    of other visits (a priority between two audits) only deduct.
    """
    still = [finding for finding in place.findings if counts_open(finding)]
    costs = {"priority": limits.points_priority, "major": limits.points_major, "minor": limits.points_minor}
    deducted = sum(costs.get(weight(finding, now), 0) for finding in still)
    whole = limits.score_full
    lowest = _points(whole, deducted, audit.applicable, audit.applicable)
    if _share_counts(audit, limits):
        conforming = audit.applicable - sum(f.audit == audit.id and not _conforms(f, limits) for f in still)
        lowest = _points(whole, deducted, conforming, audit.applicable)
    cut = refused(place)
    if cut is not None and cut.starts_on > audit.ends_on and cut.unanswered > 0:
        answered = max(cut.conforming, 0)
        lowest = min(lowest, _points(whole, deducted, answered, max(cut.applicable, answered) + cut.unanswered))
    return lowest


def _points(whole: int, deducted: int, conforming: int, applicable: int) -> int:
    """whole x conforming / applicable - deducted, between 0 and whole, in hundredths, half up, without fractions."""
    below = max(applicable, 1)
    above = whole * min(max(conforming, 0), below) if applicable > 0 else whole
    above = min(max(above - deducted * below, 0), whole * below)
    return (200 * above + below) // (2 * below)


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


def clean_since(place: SiteFacts, finding: Finding, book: Rulebook) -> datetime | None:
    """The end of the last full audit, over before the discovery, that found nothing on the finding's topic."""
    found = {other.audit for other in place.findings if other.topic == finding.topic}
    known = book.standards + book.earlier
    days = [
        visit.ends_on
        for visit in place.visits
        if is_full(visit, book, known) and visit.id not in found and visit.ends_on < finding.discovered_at.date()
    ]
    return end_of_day(max(days)) if days else None


def months_after(day: date, months: int) -> date:
    """The same day of the month, or its last: 31 August and 6 months give 28 February."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    last = day.day if day.day <= 28 else min(day.day, calendar.monthrange(year, month + 1)[1])
    return date(year, month + 1, last)


def months_passed(day: date, months: int, now: datetime) -> bool:
    """Whether so many months have passed since the end of that day."""
    if (now.date() - day).days <= 28 * months:  # no month is shorter
        return False
    return now >= end_of_day(months_after(day, months))
