"""I: what must hold before a certificate is issued or renewed.

One function per clause, in the order of the rulebook; its number and words stand there. Those from I14 on came with
freemark-2026.1 and are asked only where a rulebook lists them. Never says what follows from an answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from audits.facts import Finding, Visit
from certify.clauses import release
from certify.dossier import Revocation
from certify.measures import counts_open, months_after, months_passed, past
from certify.view import IN_ORDER, NONE, UNTOLD, Answer, Clause, View, clause, day, no_findings, nothing
from ground.canonical import end_of_day

TABLE: dict[str, Clause] = {}


@clause(TABLE, "I1")
def approved_rulebook(v: View) -> Answer:
    met = v.book.approved and v.now.date() >= v.book.in_force_from
    return Answer(met, f"{v.book.id} is {'approved' if v.book.approved else 'a draft'}, from {v.book.in_force_from}.")


@clause(TABLE, "I2")
def every_site_audited_in_full(v: View) -> Answer:
    if not v.dossier.sites:
        return Answer(False, "No site is listed.")
    return nothing([site for site, audit in v.audits.items() if audit is None], "Without a full audit on site")


@clause(TABLE, "I3")
def recent_audit(v: View) -> Answer:
    age = timedelta(days=v.limits.audit_age_days)
    old = [audit for audit in v.relied_upon if v.now >= end_of_day(audit.ends_on + age)]
    return nothing([audit.id for audit in old], f"Ended more than {age.days} days ago")


@clause(TABLE, "I4")
def accepted(v: View) -> Answer:
    found, problem = v.accepting
    return Answer(found is not None, f"All reports accepted on {day(found.at)}." if found else problem)


@clause(TABLE, "I5")
def no_open_priority(v: View) -> Answer:
    return no_findings(f for f in v.open if f.severity == "priority")


@clause(TABLE, "I6")
def no_open_core_major(v: View) -> Answer:
    return no_findings(v.weighing("major", core=True))


@clause(TABLE, "I7")
def few_other_majors(v: View) -> Answer:
    majors = v.weighing("major", core=False)
    bare = [f for f in majors if f.action.approved_at is None]
    if len(majors) > v.limits.open_majors_most:
        return no_findings(majors, f"More than {v.limits.open_majors_most} are open")
    return no_findings(bare, "Open without an approved plan")


@clause(TABLE, "I8")
def score_high_enough(v: View) -> Answer:
    if not v.scores:
        return Answer(False, "There is no full audit to score.")
    needed, lowest = v.limits.score_least, min(v.scores.values())
    low = [site for site, points in v.scores.items() if points < 100 * needed]
    return Answer(not low, f"Lowest score {in_points(lowest)}, needed {needed}.", tuple(low))


def in_points(hundredths: int) -> str:
    """17500 is 175.00."""
    return f"{hundredths // 100}.{hundredths % 100:02}"


@clause(TABLE, "I9")
def enough_interviews(v: View) -> Answer:
    if not v.relied_upon:
        return Answer(False, "There is no full audit.")
    need = {audit.id: v.sample(site, audit) for site, audit in v.audits.items() if audit}
    few = [audit for audit in v.relied_upon if audit.interviews < need[audit.id]]
    said = "; ".join(f"{a.id}: {a.interviews} of {a.workers} workers, needed {need[a.id]}" for a in few)
    return Answer(not few, f"Too few: {said}." if few else "Enough in every audit.", tuple(a.id for a in few))


@clause(TABLE, "I10")
def signed_agreement(v: View) -> Answer:
    signed = v.dossier.agreement
    if signed is None or signed.signed_at > v.now:
        return Answer(False, f"Agreement {v.book.agreement} is not signed.")
    if signed.version != v.book.agreement:
        return Answer(False, f"Version {signed.version} is signed, {v.book.agreement} is current.")
    return Answer(
        signed.independent_reporting,
        f"Version {signed.version}, {'with' if signed.independent_reporting else 'without'} independent reporting.",
    )


@clause(TABLE, "I11")
def consistent_figures(v: View) -> Answer:
    wrong = list(v.contradictions())
    return Answer(not wrong, "; ".join(wrong) + "." if wrong else "No contradiction found.")


@clause(TABLE, "I12")
def something_to_certify(v: View) -> Answer:
    return Answer(v.dossier.products > 0, f"Products named: {v.dossier.products}.")


@clause(TABLE, "I13")
def independent_firm(v: View) -> Answer:
    return nothing(sorted(v.dossier.firms & v.dossier.auditees), "Audited and audit firm at once")


@clause(TABLE, "I14")
def subcontractors_covered(v: View) -> Answer:
    listed = {place.site for place in v.dossier.places}
    known = (site for place in v.dossier.places for site in place.subcontractors)
    return nothing(sorted({site for site in known if site not in listed}), "Known to work here and not listed")


@clause(TABLE, "I15")
def no_group_passed_over(v: View) -> Answer:
    wrong = [(audit.id, text) for audit in v.relied_upon for text in _passed_over(v, audit)]
    ids = tuple(dict.fromkeys(id for id, _ in wrong))
    return Answer(False, "; ".join(f"{id}: {text}" for id, text in wrong) + ".", ids) if wrong else IN_ORDER


def _passed_over(v: View, audit: Visit) -> Iterator[str]:
    if not audit.strata:
        yield "no group of workers was counted"
    for stratum in audit.strata:
        if stratum.interviewed < (need := min(v.limits.interviews_per_stratum, stratum.size)):
            yield f"{stratum.interviewed} of {stratum.size} in {stratum.name}, needed {need}"
    if 100 * audit.off_site < v.limits.off_site_percent * audit.interviews:
        yield f"{audit.off_site} of {audit.interviews} interviews off site, needed {v.limits.off_site_percent} percent"


@clause(TABLE, "I16")
def approved_and_impartial(v: View) -> Answer:
    most = v.limits.in_a_row_most
    wrong = [(audit.id, text) for audit in v.relied_upon for text in audit.objections]
    wrong += [
        (audit.id, f"the lead auditor's number {audit.in_a_row} in a row, at most {most}")
        for audit in v.relied_upon
        if not 1 <= audit.in_a_row <= most
    ]
    ids = tuple(dict.fromkeys(id for id, _ in wrong))
    return Answer(False, "; ".join(f"{id}: {text}" for id, text in wrong) + ".", ids) if wrong else IN_ORDER


@clause(TABLE, "I17")
def screened(v: View) -> Answer:
    days, places = v.limits.screening_days, v.dossier.places
    hits = [hit for place in places for hit in place.hits]
    against = [hit for hit in hits if hit.state == "confirmed" or (hit.state == "open" and hit.strength != "name")]
    if against:
        said = ", ".join(f"{hit.list} ({hit.id}, {hit.state})" for hit in against)
        return Answer(False, f"On a list, or to be looked at: {said}.", tuple(hit.id for hit in against))
    old = [p.site for p in places if p.screened_at is None or p.screened_at > v.now or past(p.screened_at, v.now, days)]
    return nothing(old, f"Not screened within {days} days")


@clause(TABLE, "I18")
def no_core_complaint(v: View) -> Answer:
    told = [concern for place in v.dossier.places for concern in place.concerns]
    waiting = [c.id for c in told if c.core and c.credible_at is not None and c.resolved_at is None]
    return nothing(waiting, "Unresolved") if told else UNTOLD


@clause(TABLE, "I19")
def enough_time(v: View) -> Answer:
    short = [audit for audit in v.relied_upon if audit.effort_spent < max(audit.effort_needed, 1)]
    if not short:
        return IN_ORDER
    said = "; ".join(f"{a.id}: {_days(a.effort_spent)} man-days, needed {_days(a.effort_needed)}" for a in short)
    return Answer(False, f"Too short: {said}.", tuple(audit.id for audit in short))


def _days(tenths: int) -> str:
    return f"{tenths // 10}.{tenths % 10}"


@clause(TABLE, "I20")
def signed_reports(v: View) -> Answer:
    unsigned = [visit.id for visit in v.dossier.submitted if not visit.signed and visit.standard in v.book.standards]
    return nothing(unsigned, "Without a signature")


@clause(TABLE, "I21")
def waited_after_revocation(v: View) -> Answer:
    own = v.standing.number if v.standing else ""
    others = [each for each in v.dossier.revocations if not each.overturned and each.certificate != own]
    waits = [(r.certificate, wait) for r in others if (wait := _wait(v, r))]
    return Answer(
        not waits, " ".join(wait for _, wait in waits) or "Nothing to wait for.", tuple(id for id, _ in waits)
    )


def _wait(v: View, revocation: Revocation) -> str:
    """Until when a new certificate has to wait; "" when the time is over."""
    months = v.limits.reapply_core_months if revocation.core else v.limits.reapply_other_months
    causes = [
        f
        for f in v.dossier.findings
        if f.discovered_at <= revocation.at and (f.severity == "priority" or (f.severity == "major" and f.core))
    ]
    if still := sorted({*revocation.uncorrected, *(f.id for f in causes if counts_open(f))}):
        return f"{revocation.certificate}: {', '.join(still)} not corrected; then {months} months."
    elsewhere = [revocation.corrected_at] if revocation.corrected_at else []
    proven = max([revocation.at, *elsewhere, *(f.closed_at for f in causes if f.closed_at)])
    until = end_of_day(months_after(proven.date(), months))
    return f"{revocation.certificate}: corrected on {day(proven)}, wait until {day(until)}." if v.now < until else ""


@clause(TABLE, "I22")
def not_revoked_twice(v: View) -> Answer:
    stands = sorted((r.at, r.certificate) for r in v.dossier.revocations if not r.overturned)
    for (first, one), (second, other) in pairwise(stands):
        if second.date() <= months_after(first.date(), v.limits.second_revocation_months):
            text = f"Revoked on {day(first)} and on {day(second)}: for good, unless the board overturns one."
            return Answer(False, text, (one, other))
    return NONE


@clause(TABLE, "I23")
def conformance_in_time(v: View) -> Answer:
    months = v.limits.conformance_months
    ended = {visit.id: visit.ends_on for place in v.dossier.places for visit in place.visits}
    late = (
        f
        for f in v.open
        if f.severity != "opportunity"
        if months_passed(ended.get(f.audit, f.discovered_at.date()), months, v.now)
    )
    return no_findings(late, f"Still open {months} months after the audit")


@clause(TABLE, "I24")
def site_list_up_to_date(v: View) -> Answer:
    months = v.limits.site_list_months
    old = [
        place.site
        for place in v.dossier.sites
        if place.refreshed_at is None or months_passed(place.refreshed_at.date(), months, v.now)
    ]
    return nothing(old, f"Subcontractors and agents not confirmed within {months} months")


@clause(TABLE, "I25")
def panel_review(v: View) -> Answer:
    moment = _many_at_once(v)
    return v.panel_since(moment) if moment else Answer(True, "Nothing for a panel.")


def _many_at_once(v: View) -> datetime | None:
    """When, last in this cycle, so many core majors were open at once that a panel has to look."""
    most, majors = v.limits.panel_core_majors, v.core_majors
    if len(majors) < most:
        return None
    begun = v.dossier.certified_at if v.standing else None
    moments = [
        late.discovered_at
        for late in majors
        if begun is None or late.discovered_at > begun or counts_open(late)
        if sum(_open_at(early, late.discovered_at) for early in majors) >= most
    ]
    return max(moments, default=None)


def _open_at(finding: Finding, moment: datetime) -> bool:
    closed = None if counts_open(finding) else finding.closed_at
    return finding.discovered_at <= moment and (closed is None or closed > moment)


@clause(TABLE, "I26")
def no_way_round(v: View) -> Answer:
    return release.came_back_elsewhere(v)


@clause(TABLE, "I27")
def little_not_applicable(v: View) -> Answer:
    most = v.limits.not_applicable_most
    over = [a for a in v.relied_upon if 100 * a.not_applicable > most * (a.applicable + a.not_applicable)]
    if not over:
        return IN_ORDER
    said = "; ".join(f"{a.id}: {a.not_applicable} of {a.applicable + a.not_applicable}" for a in over)
    return Answer(False, f"More than {most} percent not applicable: {said}.", tuple(audit.id for audit in over))


@clause(TABLE, "I28")
def enough_files(v: View) -> Answer:
    need = {audit.id: v.sample(site, audit) for site, audit in v.audits.items() if audit}
    few = [audit for audit in v.relied_upon if audit.files_reviewed < need[audit.id]]
    if not few:
        return IN_ORDER
    said = "; ".join(f"{a.id}: {a.files_reviewed} of {a.workers} workers, needed {need[a.id]}" for a in few)
    return Answer(False, f"Too few files: {said}.", tuple(audit.id for audit in few))
