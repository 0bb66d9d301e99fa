"""What a clause sees of a dossier, and how it answers.

Owns the measured view of the facts (full audits, scores, open findings by weight, risk, the acceptance that counts) and
the shape of an answer. Every property is total and looks at nothing but dossier, standing, rulebook and moment.
Never says what follows; that is `certify.rules`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from audits.facts import Finding, Severity, SiteFacts, Visit
from certify.chapters import Limits, Rulebook
from certify.dossier import Acceptance, Approval, Case, Dossier, Panel, Reduction
from certify.events import Standing, State
from certify.measures import (
    counts_open,
    interviews_needed,
    last_visited,
    months_after,
    newest_full,
    overdue,
    past,
    score,
    weight,
)
from certify.once import once

VIOLENCE, LABELS = "T6", "T16"  # topics that a clause knows by name; `rulebook.check_against` looks for them


class Answer(NamedTuple):
    """What one clause says; subject: the ids of the findings, audits or places it is about."""

    met: bool
    text: str
    subject: tuple[str, ...] = ()


Clause = Callable[["View"], Answer]
NONE, IN_ORDER = Answer(True, "None."), Answer(True, "All in order.")
UNTOLD = Answer(True, "No complaint is recorded here.")  # which does not say that there was none


def clause(table: dict[str, Clause], id: str) -> Callable[[Clause], Clause]:
    """Enter a function into the table of its room, under the id of the clause that it tests."""

    def enter(test: Clause) -> Clause:
        table[id] = test
        return test

    return enter


def no_findings(findings: Iterable[Finding], wrong: str = "Open") -> Answer:
    """Met when there are none of these findings."""
    found = tuple(findings)
    if not found:
        return NONE
    named = ", ".join(f"{finding.provision} ({finding.id})" for finding in found)
    return Answer(False, f"{wrong}: {named}.", tuple(finding.id for finding in found))


def nothing(found: Iterable[str], wrong: str) -> Answer:
    """Met when there is nothing of this kind."""
    ids = tuple(found)
    return Answer(False, f"{wrong}: {', '.join(ids)}.", ids) if ids else IN_ORDER


def day(moment: datetime) -> str:
    return moment.date().isoformat()


@dataclass(frozen=True)
class View:
    """said: what the clauses said so far, those before this one in the rulebook."""

    dossier: Dossier
    standing: Standing | None
    book: Rulebook
    now: datetime
    said: dict[str, Answer] = field(default_factory=dict, compare=False, repr=False)

    @once
    def limits(self) -> Limits:
        return self.book.limits

    @once
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

    # ------------------------------------------------------------------------------------------------- audits

    @once
    def audits(self) -> dict[str, Visit | None]:
        """The full audit relied upon, per place."""
        return {place.site: newest_full(place, self.book) for place in self.dossier.places}

    @once
    def relied_upon(self) -> tuple[Visit, ...]:
        return tuple(audit for audit in self.audits.values() if audit)

    @once
    def scores(self) -> dict[str, int]:
        """Per place that has a full audit, in hundredths of a point."""
        return {
            place.site: score(place, audit, self.limits, self.now)
            for place in self.dossier.places
            if (audit := self.audits[place.site])
        }

    @once
    def band(self) -> str:
        """The highest band whose score every place has, and for which enough is closed; "" without one."""
        if not self.scores or not all(self.audits.values()):
            return ""
        worst, still = min(self.scores.values()), {weight(finding, self.now) for finding in self.open}
        reached = [b for b in self.book.bands if worst >= 100 * b.score_least and still.isdisjoint(b.closed)]
        return max(reached, key=lambda band: band.score_least).name if reached else ""

    def next_visit(self, place: SiteFacts) -> date | None:
        """The day by which the place must be visited again; None while there is neither visit nor certificate."""
        last = last_visited(place, self.book, self.now) or (self.standing.valid_from.date() if self.standing else None)
        return months_after(last, self._interval(place)) if last else None

    def _interval(self, place: SiteFacts) -> int:
        """Months from one visit to the next."""
        limits, months = self.limits, self.limits.surveillance_months
        if limits.surveillance_low_risk_months and self.low_risk(place.site):
            months = limits.surveillance_low_risk_months
        if limits.probation_visits and self.on_probation(self.dossier.cycles):
            months = min(months, limits.probation_months // limits.probation_visits)
        return months

    # ----------------------------------------------------------------------------------------------- findings

    @once
    def open(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.dossier.findings if counts_open(finding))

    @once
    def _heavy(self) -> dict[tuple[Severity, bool], tuple[Finding, ...]]:
        heavy: dict[tuple[Severity, bool], tuple[Finding, ...]] = {}
        for f in self.open:
            key = weight(f, self.now), f.core or f.zero_tolerance
            heavy[key] = (*heavy.get(key, ()), f)
        return heavy

    def weighing(self, severity: Severity, *, core: bool) -> tuple[Finding, ...]:
        """Open findings that weigh this much now; zero tolerance is always core."""
        return self._heavy.get((severity, core), ())

    def spared(self, finding: Finding) -> bool:
        """Disclosed by the holder before anybody else told, contained and remedied, and not overdue (clause M2)."""
        told, healed = finding.disclosed_at, (finding.contained_at, finding.remedied_at)
        return (
            self.limits.leniency
            and told is not None
            and told <= finding.discovered_at
            and all(moment is not None and moment <= self.now for moment in healed)
            and not finding.worst_form
            and not (finding.topic == VIOLENCE and finding.by_management)
            and not overdue(finding, self.now)
        )

    @once
    def core_majors(self) -> tuple[Finding, ...]:
        """Major findings on core topics, open or closed; an overdue minor is one as long as it is open."""
        return tuple(f for f in self.dossier.findings if f.core and weight(f, self.now) == "major")

    # ----------------------------------------------------------------------------------------- holder and risk

    def low_risk(self, site: str, before: date | None = None) -> bool:
        """Assessed (before that day), and low the last time: a site that nobody assessed is of high risk."""
        known = [
            (risk.at, place, risk.level)
            for place, risk in enumerate(self.dossier.risks)
            if risk.site == site and risk.at <= self.now and (before is None or risk.at.date() < before)
        ]
        return bool(known) and max(known)[2] == "low"

    def sample(self, site: str, audit: Visit) -> int:
        """How many interviews, and how many workers' files, an audit of this place needs."""
        high = self.limits.high_risk_percent != 100 and not self.low_risk(site, audit.starts_on)
        percent = self.limits.high_risk_percent if high else 100
        return interviews_needed(audit.workers, self.limits.interviews_least, percent)

    def on_probation(self, cycle: int) -> bool:
        """Whether the application's certificate of this ordinal carries majors, or is the first after a revocation."""
        revoked = any(not revocation.overturned for revocation in self.dossier.revocations)
        return bool(self.weighing("major", core=False)) or (revoked and cycle <= 1)

    # ------------------------------------------------------------------------------------------------- people

    @once
    def reports(self) -> frozenset[str]:
        return frozenset(visit.report for visit in self.dossier.submitted if visit.report)

    @once
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

    def outsider(self, who: Acceptance | Approval | Reduction) -> bool:
        """Was on no team, and is not of an audit firm involved, the holder or an agent."""
        dossier = self.dossier
        return (
            who.person not in dossier.auditors
            and who.organisation not in dossier.firms
            and who.organisation not in dossier.auditees
        )

    def panel_since(self, moment: datetime) -> Answer:
        """Whether a panel of outsiders from different organisations has spoken for the case: the last word of each
        since that moment, and of nobody who accepts or approves here."""
        sat = [panel for panel in self.dossier.panels if moment <= panel.at <= self.now and self._may_judge(panel)]
        newest = max((panel.at for panel in sat), default=moment)
        together = newest - timedelta(days=self.limits.panel_days)
        words = {person: panel for panel in sorted(sat, key=lambda panel: panel.at) for person in panel.persons}
        said = {person: panel for person, panel in words.items() if panel.at > together}
        organisations = {organisation for panel in said.values() for organisation in panel.organisations}
        if len(said) > 1 and len(organisations) > 1 and all(panel.favourable for panel in said.values()):
            return Answer(True, f"The panel spoke for it on {day(newest)}.")
        return Answer(False, f"No panel has spoken for it since {day(moment)}.")

    def _may_judge(self, panel: Panel) -> bool:
        """Nobody of it is judged here, of a firm involved, or one of those who accepted or approve the return."""
        dossier, (acceptance, _) = self.dossier, self.accepting
        deciding = {a.person for a in dossier.approvals if a.act == "reinstate"}
        deciding |= {acceptance.person} if acceptance else set()
        return (
            (dossier.firms | dossier.auditees).isdisjoint(panel.organisations)
            and dossier.auditors.isdisjoint(panel.persons)
            and deciding.isdisjoint(panel.persons)
        )

    # ------------------------------------------------------------------------------------------------ figures

    def contradictions(self) -> Iterator[str]:
        """Figures that cannot both be true, each pair named."""
        for place in self.dossier.places:
            if place.workers < 1:
                yield f"{place.site} has {place.workers} workers"
            for visit in place.visits:
                if visit.submitted_at is not None:
                    exact = bool(self.limits.visit_interviews_least) and visit.standard in self.book.standards
                    yield from _contradictions(place, visit, visit.submitted_at, self.now, exact=exact)
            for finding in place.findings:
                if finding.closed_at is not None and finding.closed_at < finding.discovered_at:
                    yield f"{finding.id} closed on {day(finding.closed_at)}, found on {day(finding.discovered_at)}"


def _contradictions(
    place: SiteFacts, visit: Visit, submitted: datetime, now: datetime, *, exact: bool
) -> Iterator[str]:
    """exact: what conforms and what was found make up all that applied."""
    if not visit.starts_on <= visit.ends_on <= submitted.date() or submitted > now:
        yield f"{visit.id}: {visit.starts_on}, {visit.ends_on} and {day(submitted)} are out of order"
    if visit.outcome in ("access_denied", "unsafe") or visit.by_others:
        return  # nobody was seen, or not all, so there are no figures to hold against each other
    if visit.workers < 1:
        yield f"{visit.id}: {visit.workers} workers"
    for name, count in (("interviews", visit.interviews), ("files", visit.files_reviewed)):
        if not 0 <= count <= max(visit.workers, 0):
            yield f"{visit.id}: {count} {name} with {visit.workers} workers"
    found = sum(finding.audit == visit.id for finding in place.findings)
    wrong = visit.conforming + found > visit.applicable
    if exact and visit.outcome == "completed":
        wrong = visit.conforming + found != visit.applicable
    if wrong or min(visit.conforming, visit.not_applicable) < 0:
        yield f"{visit.id}: {visit.conforming} conforming and {found} findings of {visit.applicable} applicable"


__all__ = [
    "Answer", "Clause", "View", "NONE", "IN_ORDER", "UNTOLD", "VIOLENCE", "LABELS",
    "clause", "no_findings", "nothing", "day", "past", "overdue",
]  # fmt: skip
