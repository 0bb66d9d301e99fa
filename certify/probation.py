"""Since when a certificate is on probation, and with which months its orders of labels are compared.

Pure. On probation is a certificate with an open major finding that its holder knows of, a minor one that is overdue
included, and the first one after a revocation. While it is, labels do not grow: in a year no more of a product than in
the year before. What is still held back from the holder counts for nothing here. Never says which finding it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from audits.facts import Finding
from certify.dossier import Revocation
from certify.measures import counts_open, months_after

FOR_GOOD = datetime.max.replace(tzinfo=UTC)
REASON = "The certificate is on probation, so orders of labels may not grow."


@dataclass(frozen=True)
class Growth:
    """Orders may not grow from `since` on. Of the `months` from then on no more of a product than of the `months`
    before, from `compared_from`: None when the holder was not certified all that time, and what it declared to make in
    a year counts instead. certificates: whose orders count. reason: a neutral sentence."""

    since: datetime
    months: int
    compared_from: datetime | None
    certificates: tuple[str, ...]
    reason: str = REASON

    def span(self, at: datetime) -> tuple[datetime, datetime]:
        """The run of `months` in which `at` lies: its first instant, and the first one after it."""
        begins, run = self.since, 1
        while (ends := after(self.since, run * self.months)) <= at:
            begins, run = ends, run + 1
        return begins, ends


def growth(
    findings: Iterable[Finding],
    revocations: Iterable[Revocation],
    certificates: Sequence[tuple[str, datetime, datetime]],
    months: int,
    now: datetime,
) -> Growth | None:
    """What holds for the newest of an application's certificates: each (number, valid from, valid until), oldest first.

    None while it is not on probation, or when the rulebook knows none (months 0). One with a smaller scope goes on with
    the time of the one before, and is no later one: they end together.
    """
    if not (months and certificates):
        return None
    first = certificates[0][1]
    only = len({ends for _, _, ends in certificates}) == 1
    begun = [max(first, majors)] if (majors := _majors_since(findings, now)) is not None else []
    if only and any(not each.overturned and each.at <= first for each in revocations):
        begun.append(first)
    if not begun:
        return None
    since = min(begun)
    compared = after(since, -months)
    numbers = tuple(number for number, _, _ in certificates)
    return Growth(since, months, compared if first <= compared else None, numbers)


def after(moment: datetime, months: int) -> datetime:
    """The same hour on the same day of another month, or on its last day."""
    return datetime.combine(months_after(moment.date(), months), moment.timetz())


def _majors_since(findings: Iterable[Finding], now: datetime) -> datetime | None:
    """Since when at least one major finding has been open without a break; None when none is now."""
    spans = [span for finding in findings if (span := _span(finding)) is not None]
    begun = min((start for start, end in spans if start <= now < end), default=None)
    while begun is not None:
        earlier = min((start for start, end in spans if start < begun <= end), default=None)
        if earlier is None:
            return begun
        begun = earlier
    return None


def _span(finding: Finding) -> tuple[datetime, datetime] | None:
    """From when to when a finding was, or will be, an open major one that the holder knows of."""
    start, due = finding.released_at, finding.action.close_due
    if start is not None and finding.severity == "minor":
        start = max(start, due) if due is not None else None
    if start is None or finding.severity not in ("major", "minor"):
        return None
    end = FOR_GOOD if counts_open(finding) or finding.closed_at is None else finding.closed_at
    return (start, end) if start < end else None
