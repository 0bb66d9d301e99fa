"""How good the work of an audit firm or an auditor is, from what is on record: figures with their numbers, and a score.

Pure. Owns the table by which the score loses points, and what is told beside it. It is a signal for people: no decision
and no draw looks at it. How much somebody finds never lowers the score, and neither do alerts, lowered severities and
amended reports: that would punish who is honest at a bad site, and make others silent. Of people there are ids only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from statistics import median

from audits.facts import SEVERITIES, AuditType, Severity
from audits.independence.quality_facts import Work
from audits.independence.rules import months_after

MONTHS = 24  # looked back on, as in the rule of the gap after employment (DOMAIN.md 7.8) [P]
LEAST = 5  # audits: of fewer a score would be chance [P]
MISSED_MONTHS = 6  # what somebody else finds within them was probably there [P]
FIRMS_LEAST = 3  # that make a median: of two, each could read the other's figure [P]
CLEAN_RUN = 20  # full audits in a row without a major or priority finding: look at how they were done (DOMAIN.md 8, 25)
WHOLE_SCORE = 100
SIGNAL = (
    "A signal for people: no decision and no draw looks at it. How much was found never lowers the score, nor do "
    "alerts, lowered severities or amended reports. What another team found later may be new."
)


@dataclass(frozen=True)
class Rule:
    """One way of losing points: `weight` times cases per audit concerned, rounded half up, at most `most`."""

    id: str
    title: str
    cases: str
    of: str
    weight: int
    most: int
    origin: str = "[P]"

    def points(self, cases: int, of: int) -> int:
        return min(self.most, (2 * self.weight * cases + of) // (2 * of)) if of else 0


RULES: tuple[Rule, ...] = (
    Rule("missed", "Missed", "priority or core major findings that another team made at a site within 6 months, on "
         "what was answered with conformance before", "audits", 100, 40),
    Rule("effort", "Short time", "audits with fewer man-days than needed", "audits for which the table has a number",
         50, 15),
    Rule("strata", "Missing groups", "audits that passed over a group of workers", "audits with groups on record",
         50, 15),
    Rule("late", "Late", "reports handed in later than the standard's release hours after the last day", "reports",
         30, 10),
    Rule("too_mild", "Graded too mildly", "findings whose severity a decider raised", "audits", 50, 10),
    Rule("contradictions", "Contradictions", "audits with figures that cannot all be true", "audits", 50, 10),
)  # fmt: skip


@dataclass(frozen=True)
class Deduction:
    """What one rule took off the score. cases of how many."""

    rule: Rule
    cases: int
    of: int

    @property
    def points(self) -> int:
        return self.rule.points(self.cases, self.of)


@dataclass(frozen=True)
class Rate:
    """Findings of one severity per full audit; median: of all firms in audits alike, None when there are too few."""

    severity: Severity
    found: int
    per_audit: Fraction
    median: Fraction | None


@dataclass(frozen=True)
class Missed:
    """What another team found after this audit answered the provision with conformance."""

    audit: str
    site: str
    finding: str
    provision: str
    severity: Severity
    on: date


@dataclass(frozen=True)
class Quality:
    """What there is to say about one firm or auditor. since, until: days of the last day of an audit, inclusive.

    score: None with fewer than LEAST audits, and `why` says so. looked_again: audits after which another team came to
    the site within MISSED_MONTHS. alike: of the full audits, how many were compared by standard, kind and profiles, and
    how many by standard and kind only. clean_run: full audits up to now without a major or priority finding.
    """

    subject: str
    since: date
    until: date
    audits: int
    led: int
    full: int
    kinds: Mapping[AuditType, int]
    score: int | None
    why: str
    deductions: tuple[Deduction, ...]
    rates: tuple[Rate, ...]
    alike: tuple[int, int]
    firms: int
    clean_run: int
    flags: tuple[str, ...]
    missed: tuple[Missed, ...]
    looked_again: int
    amended: int
    lowered: int
    alerts: int
    dismissed: int


Key = tuple[str, AuditType, tuple[str, ...] | None]
"""Audits alike: standard, kind, and profiles or None for any."""


@dataclass(frozen=True)
class Records:
    """Every audit on record, arranged for comparing. medians: key -> severity -> median of the firms' means."""

    today: date
    since: date
    works: tuple[Work, ...]
    by_site: Mapping[str, tuple[Work, ...]]
    medians: Mapping[Key, Mapping[Severity, Fraction]]
    firms: Mapping[Key, int]

    @property
    def recent(self) -> Iterator[Work]:
        return (work for work in self.works if work.ends_on >= self.since)


def arrange(works: Iterable[Work], today: date) -> Records:
    """The records, from which any number of firms and auditors can be looked at."""
    ordered = tuple(sorted(works, key=lambda work: (work.ends_on, work.submitted_at, work.id)))
    by_site: dict[str, list[Work]] = defaultdict(list)
    for work in ordered:
        by_site[work.site].append(work)
    since = months_after(today, -MONTHS)
    means = _means(work for work in ordered if work.ends_on >= since)
    return Records(
        today=today,
        since=since,
        works=ordered,
        by_site={site: tuple(those) for site, those in by_site.items()},
        medians={
            key: {severity: median(mean[severity] for mean in firms.values()) for severity in SEVERITIES}
            for key, firms in means.items()
            if len(firms) >= FIRMS_LEAST
        },
        firms={key: len(firms) for key, firms in means.items()},
    )


def appraise(subject: str, records: Records) -> Quality:
    """The figures of a firm (org_...) or of an auditor (per_...)."""
    own = [work for work in records.works if _of(subject, work)]
    recent = [work for work in own if work.ends_on >= records.since]
    missed, again = _missed(subject, recent, records)
    deductions = tuple(Deduction(rule, *_counted(rule.id, recent, len(missed))) for rule in RULES)
    clean = _clean_run(own)
    rates, alike, firms = _rates(recent, records)
    enough = len(recent) >= LEAST
    return Quality(
        subject=subject,
        since=records.since,
        until=records.today,
        audits=len(recent),
        led=sum(work.team[:1] == (subject,) for work in recent) if not subject.startswith("org_") else len(recent),
        full=sum(work.full for work in recent),
        kinds=dict(Counter(work.type for work in recent)),
        score=max(0, WHOLE_SCORE - sum(each.points for each in deductions)) if enough else None,
        why="" if enough else f"{len(recent)} audits in {MONTHS} months; a score needs {LEAST}",
        deductions=deductions,
        rates=rates,
        alike=alike,
        firms=firms,
        clean_run=clean,
        flags=tuple(_flags(clean)),
        missed=missed,
        looked_again=again,
        amended=sum(work.version > 1 for work in recent),
        lowered=sum(each.lowered for work in recent for each in work.found),
        alerts=sum(work.alerts for work in recent),
        dismissed=sum(work.dismissed for work in recent),
    )


def subjects(records: Records) -> tuple[str, ...]:
    """Every firm and every auditor with an audit on record in these months, sorted."""
    return tuple(sorted({each for work in records.recent for each in (work.firm, *work.team)}))


def _of(subject: str, work: Work) -> bool:
    return subject == work.firm or subject in work.team


def _counted(rule: str, works: Sequence[Work], missed: int) -> tuple[int, int]:
    """(cases, of how many) of one rule."""
    if rule == "missed":
        return missed, len(works)
    if rule == "too_mild":
        return sum(each.raised for work in works for each in work.found), len(works)
    concerned, wrong = _TESTS[rule]
    judged = [work for work in works if concerned(work)]
    return sum(wrong(work) for work in judged), len(judged)


_TESTS: Mapping[str, tuple[Callable[[Work], bool], Callable[[Work], bool]]] = {
    "effort": (lambda work: work.effort_needed > 0, lambda work: work.effort_spent < work.effort_needed),
    "strata": (lambda work: bool(work.strata), lambda work: work.missing_strata > 0),
    "late": (lambda work: work.late_hours > 0, lambda work: work.late),
    "contradictions": (lambda work: True, lambda work: work.contradicts_itself),
}
"""rule -> (is the audit one that can fail it, does it)."""


def _missed(subject: str, works: Sequence[Work], records: Records) -> tuple[tuple[Missed, ...], int]:
    """Each later finding once, beside the last audit that passed over it; and after how many audits others came."""
    found: dict[str, Missed] = {}
    again = 0
    for work in works:
        limit = months_after(work.ends_on, MISSED_MONTHS)
        later = [
            other
            for other in records.by_site[work.site]
            if work.ends_on < other.starts_on <= limit and not _together(subject, work, other)
        ]
        again += bool(later)
        for other in later:
            for each in other.found:
                if each.grave and each.provision in work.conformed and each.on <= limit:
                    found[each.id] = Missed(work.id, work.site, each.id, each.provision, each.severity, each.on)
    return tuple(sorted(found.values(), key=lambda each: (each.on, each.finding))), again


def _together(subject: str, work: Work, other: Work) -> bool:
    """Is the later audit one of the subject's own, or by somebody of the same team? Who corrects himself missed
    nothing; so another team is another firm's, where a firm is looked at."""
    return _of(subject, other) or not set(work.team).isdisjoint(other.team)


def _clean_run(works: Sequence[Work]) -> int:
    run = 0
    for work in reversed([work for work in works if work.full]):
        if any(each.severity in ("priority", "major") for each in work.found):
            break
        run += 1
    return run


def _flags(clean: int) -> Iterator[str]:
    if clean >= CLEAN_RUN:
        yield (
            f"{clean} full audits in a row without a major or priority finding; from {CLEAN_RUN} on, somebody looks at "
            "how they were done"
        )


# --- the comparison with all firms ----------------------------------------------------------------------------------


def _keys(work: Work) -> tuple[Key, Key]:
    """What the audit is like, narrowly and widely."""
    return (work.standard, work.type, work.profiles), (work.standard, work.type, None)


def _means(works: Iterable[Work]) -> dict[Key, dict[str, dict[Severity, Fraction]]]:
    """key -> firm -> severity -> findings per full audit."""
    counts: dict[Key, dict[str, Counter[Severity]]] = defaultdict(lambda: defaultdict(Counter))
    audits: Counter[tuple[Key, str]] = Counter()
    for work in works:
        if work.full:
            for key in _keys(work):
                audits[key, work.firm] += 1
                counts[key][work.firm].update(each.severity for each in work.found)
    return {
        key: {
            firm: {severity: Fraction(count[severity], audits[key, firm]) for severity in SEVERITIES}
            for firm, count in firms.items()
        }
        for key, firms in counts.items()
    }


def _rates(works: Sequence[Work], records: Records) -> tuple[tuple[Rate, ...], tuple[int, int], int]:
    """Findings per full audit beside the median, weighted by what the audits were like; how many were compared how; and
    how many firms the smallest median is made of."""
    full = [work for work in works if work.full]
    used = [next((key for key in _keys(work) if key in records.medians), None) for work in full]
    compared = [key for key in used if key is not None]
    rates = []
    for severity in SEVERITIES:
        count = sum(each.severity == severity for work in full for each in work.found)
        middle = sum((records.medians[key][severity] for key in compared), Fraction(0))
        rates.append(
            Rate(
                severity,
                count,
                Fraction(count, len(full)) if full else Fraction(0),
                middle / len(compared) if compared else None,
            )
        )
    narrow = sum(key[2] is not None for key in compared)
    firms = min((records.firms[key] for key in compared), default=0)
    return tuple(rates), (narrow, len(compared) - narrow), firms
