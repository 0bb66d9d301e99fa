"""What of a dossier is proven by now: a finding that nobody closed as its severity demands counts as open.

Owns which visit can prove something, and the dossier as the clauses see it. The rows say what was written; this says
what of it holds, whoever wrote it. A rulebook without `visit_interviews_least` believes what was written. Pure.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from audits.facts import Action, Finding, SiteFacts, Visit
from certify.chapters import Rulebook
from certify.dossier import Dossier

OPEN = {"closed_at": None, "closed_by": None, "closed_on_site": False}
NO_PLAN = {"submitted_at": None, "approved_at": None}


def by_now(dossier: Dossier, book: Rulebook, now: datetime) -> Dossier:
    """The same dossier, with findings open whose closure does not hold, and without plans that nobody handed in."""
    if not book.limits.visit_interviews_least:
        return dossier
    sites = tuple([_place(place, book, now) for place in dossier.sites])
    agents = tuple([_place(place, book, now) for place in dossier.agents])
    same = all(map(_is, sites, dossier.sites)) and all(map(_is, agents, dossier.agents))
    return dossier if same else replace(dossier, sites=sites, agents=agents)


def counts(visit: Visit, book: Rulebook, now: datetime) -> bool:
    """A visit that proves something: completed on site, report submitted and signed, nothing against who made it."""
    return (
        visit.submitted_at is not None
        and visit.submitted_at <= now
        and visit.report is not None
        and visit.outcome == "completed"
        and not visit.remote
        and not visit.objections
        and (visit.signed or visit.standard not in book.standards)
    )


def as_strict(visit: Visit, book: Rulebook) -> bool:
    """Signed, under a standard of the rulebook: an earlier one asks its auditors for no assignment, no signature and no
    ledger, and is a way round none of these."""
    return visit.signed and visit.standard in book.standards


def too_late(visit: Visit, book: Rulebook) -> bool:
    """Done under an earlier standard when this rulebook was in force: such a visit was asked for less, and shows
    nothing. One from before tells still what was in order on its day."""
    return visit.standard not in book.standards and visit.starts_on >= book.in_force_from


def closed(finding: Finding, place: SiteFacts, book: Rulebook, now: datetime) -> bool:
    """Closed by now, in the way that the rulebook's table of findings (or else the provision) asks for.

    What was found under a standard of the rulebook is closed by a signed visit under one of them (`as_strict`).
    """
    if finding.closed_at is None or finding.closed_at > now:
        return False
    visits = {visit.id: visit for visit in place.visits}
    found, closing = visits.get(finding.audit), visits.get(finding.closed_by or "")
    if found is not None and found.standard in book.standards and (closing is None or not as_strict(closing, book)):
        return False
    asked = _asked(finding, book)
    if asked in ("", "next_audit", "none"):
        return True
    if closing is None or closing is found or not finding.closed_on_site or not counts(closing, book, now):
        return False
    if closing.starts_on < finding.discovered_at.date():
        return False
    if asked == "on_site_other_team" and (found is None or not set(found.team).isdisjoint(closing.team)):
        return False
    talked = asked == "on_site_interviews" or finding.verify == "on_site_interviews"
    return not talked or talked_to_enough(closing, place, book)


def talked_to_enough(visit: Visit, place: SiteFacts, book: Rulebook) -> bool:
    """So many that nobody on site can tell who spoke; at smaller places everybody, and never nobody."""
    return visit.interviews >= max(1, min(max(place.workers, visit.workers), book.limits.visit_interviews_least))


def _asked(finding: Finding, book: Rulebook) -> str:
    """How the closure has to be verified."""
    if finding.severity == "priority" and finding.zero_tolerance:
        row = "zero_tolerance"
    elif finding.severity in ("priority", "major"):
        row = f"{finding.severity}_{'core' if finding.core or finding.zero_tolerance else 'other'}"
    else:
        row = finding.severity
    effect = book.effects.get(row)
    asked = effect.verify if effect else ""
    return finding.verify if asked == "as_provision" else asked


def _place(place: SiteFacts, book: Rulebook, now: datetime) -> SiteFacts:
    findings = tuple([_finding(finding, place, book, now) for finding in place.findings])
    return place if all(map(_is, findings, place.findings)) else replace(place, findings=findings)


def _finding(finding: Finding, place: SiteFacts, book: Rulebook, now: datetime) -> Finding:
    if finding.closed_at is not None and not closed(finding, place, book, now):
        finding = replace(finding, **OPEN)  # type: ignore[arg-type]
    action = _action(finding.action, now)
    return finding if action is finding.action else replace(finding, action=action)


def _action(action: Action, now: datetime) -> Action:
    """A plan that was not handed in by now is none, and is not approved; nor is one that will be."""
    if action.submitted_at is None or action.submitted_at > now:
        none = action.submitted_at is None and action.approved_at is None
        return action if none else replace(action, **NO_PLAN)
    if action.approved_at is not None and action.approved_at > now:
        return replace(action, approved_at=None)
    return action


def _is(one: object, other: object) -> bool:
    return one is other
