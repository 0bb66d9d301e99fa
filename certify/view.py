"""What a clause sees of a dossier, and how it answers.

Owns the measured view of the facts (full audits, scores, open findings by weight, the acceptance that counts) and the
shape of an answer. Every property is total and looks at nothing but dossier, standing, rulebook and moment.
Never says what follows; that is `certify.rules`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from audits.facts import Finding, Severity, SiteFacts, Visit
from certify.dossier import Acceptance, Approval, Case, Dossier, Reason
from certify.events import Standing, State
from certify.measures import counts_open, last_visited, months_after, newest_full, score, weight
from certify.rulebook import Limits, Rulebook


@dataclass(frozen=True)
class Answer:
    """What one clause says; subject: the ids of the findings, audits or places it is about."""

    met: bool
    text: str
    subject: tuple[str, ...] = ()

    def reason(self, id: str) -> Reason:
        return Reason(id, self.met, self.text, ", ".join(self.subject))


def no_findings(findings: Iterable[Finding], wrong: str = "Open") -> Answer:
    """Met when there are none of these findings."""
    found = tuple(findings)
    named = ", ".join(f"{finding.provision} ({finding.id})" for finding in found)
    return Answer(not found, f"{wrong}: {named}." if found else "None.", tuple(finding.id for finding in found))


def nothing(found: Iterable[str], wrong: str) -> Answer:
    """Met when there is nothing of this kind."""
    ids = tuple(found)
    return Answer(not ids, f"{wrong}: {', '.join(ids)}." if ids else "All in order.", ids)


def day(moment: datetime) -> str:
    return moment.date().isoformat()


@dataclass(frozen=True)
class View:
    dossier: Dossier
    standing: Standing | None
    book: Rulebook
    now: datetime

    @property
    def limits(self) -> Limits:
        return self.book.limits

    @property
    def state(self) -> State | None:
        return self.standing.state if self.standing else None

    @property
    def over(self) -> bool:
        """The certificate's time has run out, whatever its state."""
        return self.standing is not None and self.now >= self.standing.valid_until

    @property
    def stopped(self) -> Standing | None:
        """The standing, when there is something to come back from."""
        return self.standing if self.state in ("suspended", "remediation") else None

    @property
    def case(self) -> Case | None:
        """The case that is open against this suspension; one from before it is history."""
        case, standing = self.dossier.case, self.standing
        if case is None or standing is None or standing.state != "suspended" or case.opened_at < standing.since:
            return None
        return case

    @cached_property
    def audits(self) -> dict[str, Visit | None]:
        """The full audit relied upon, per place."""
        return {place.site: newest_full(place, self.book.standards) for place in self.dossier.places}

    @property
    def relied_upon(self) -> tuple[Visit, ...]:
        return tuple(audit for audit in self.audits.values() if audit)

    @cached_property
    def scores(self) -> dict[str, Decimal]:
        """Per place that has a full audit."""
        return {
            place.site: score(place, audit, self.limits, self.now)
            for place in self.dossier.places
            if (audit := self.audits[place.site])
        }

    @cached_property
    def open(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.dossier.findings if counts_open(finding))

    def weighing(self, severity: Severity, *, core: bool) -> tuple[Finding, ...]:
        """Open findings that weigh this much now; zero tolerance is always core."""
        return tuple(f for f in self.open if weight(f, self.now) == severity and (f.core or f.zero_tolerance) == core)

    def next_visit(self, place: SiteFacts) -> date | None:
        """The day by which the place must be visited again; None while there is neither visit nor certificate."""
        last = last_visited(place) or (self.standing.valid_from.date() if self.standing else None)
        return months_after(last, self.limits.surveillance_months) if last else None

    @property
    def reports(self) -> frozenset[str]:
        return frozenset(visit.report for visit in self.dossier.submitted if visit.report)

    @cached_property
    def accepting(self) -> tuple[Acceptance | None, str]:
        """The newest acceptance that counts, or why none does."""
        given = sorted((a for a in self.dossier.acceptances if a.at <= self.now), key=lambda a: (a.at, a.person))
        outside = [acceptance for acceptance in reversed(given) if self.outsider(acceptance)]
        found = next((acceptance for acceptance in outside if self.reports <= set(acceptance.reports)), None)
        if not self.reports:
            return None, "No report is submitted yet."
        if not given:
            return None, "The reports are not accepted yet."
        if not outside:
            return None, "Accepted only by people of the audit, its firm, the holder or an agent."
        missing = len(self.reports - set(outside[0].reports))
        return found, f"The newest acceptance does not cover {missing} of {len(self.reports)} reports."

    def outsider(self, who: Acceptance | Approval) -> bool:
        """Was on no team, and is not of an audit firm involved, the holder or an agent."""
        dossier = self.dossier
        return who.person not in dossier.auditors and who.organisation not in dossier.firms | dossier.auditees

    def contradictions(self) -> Iterator[str]:
        """Figures that cannot both be true, each pair named."""
        for place in self.dossier.places:
            if place.workers < 1:
                yield f"{place.site} has {place.workers} workers"
            for visit in place.visits:
                if visit.submitted_at is not None:
                    yield from _contradictions(place, visit, visit.submitted_at, self.now)
            for finding in place.findings:
                if finding.closed_at is not None and finding.closed_at < finding.discovered_at:
                    yield f"{finding.id} closed on {day(finding.closed_at)}, found on {day(finding.discovered_at)}"


def _contradictions(place: SiteFacts, visit: Visit, submitted: datetime, now: datetime) -> Iterator[str]:
    if not visit.starts_on <= visit.ends_on <= submitted.date() or submitted > now:
        yield f"{visit.id}: {visit.starts_on}, {visit.ends_on} and {day(submitted)} are out of order"
    if visit.workers < 1:
        yield f"{visit.id}: {visit.workers} workers"
    for name, count in (("interviews", visit.interviews), ("files", visit.files_reviewed)):
        if not 0 <= count <= max(visit.workers, 0):
            yield f"{visit.id}: {count} {name} with {visit.workers} workers"
    found = sum(finding.audit == visit.id for finding in place.findings)
    if min(visit.conforming, visit.not_applicable) < 0 or visit.conforming + found > visit.applicable:
        yield f"{visit.id}: {visit.conforming} conforming and {found} findings of {visit.applicable} applicable"
