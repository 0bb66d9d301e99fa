"""R: what must hold, besides I4, before a suspended certificate or one in remediation comes back.

One function per clause, in the order of the rulebook; its number and words stand there. Releasing needs two people of
different organisations. R4 and R5 came with freemark-2026.1. Never says what follows from an answer.
"""

from __future__ import annotations

from certify.measures import months_after
from certify.view import LABELS, Answer, Clause, View, clause, day, nothing
from ground.canonical import end_of_day

TABLE: dict[str, Clause] = {}

# S7, the brake, is lifted by the two people of I4 and R3; S11 is no brake but a proposal.
BRAKES = ("S1", "S2", "S3", "S4", "S5", "S6", "S8", "S9", "S10")
BACK = Answer(True, "Nothing to come back from.")


@clause(TABLE, "R1")
def brakes_are_gone(v: View) -> Answer:
    return nothing([id for id in BRAKES if id in v.said and not v.said[id].met], "Still against it")


@clause(TABLE, "R2")
def re_entry_audit(v: View) -> Answer:
    if v.stopped is None:
        return BACK
    begun = v.stopped.since.date()
    visits = [
        visit.id
        for visit in v.dossier.submitted
        if not visit.remote and visit.outcome == "completed" and visit.starts_on > begun
    ]
    return Answer(bool(visits), f"Visits on site begun after {begun}: {len(visits)}.", tuple(visits))


@clause(TABLE, "R3")
def second_person(v: View) -> Answer:
    if v.stopped is None:
        return BACK
    first, _ = v.accepting
    after = max(
        v.stopped.since,
        v.dossier.suspension_requested_at or v.stopped.since,
        *(visit.submitted_at for visit in v.dossier.submitted if visit.submitted_at),
    )
    seconds = [
        a
        for a in v.dossier.approvals
        if a.act == "reinstate" and after <= a.at <= v.now and first and v.outsider(a)
        if a.person != first.person and a.organisation != first.organisation
    ]
    text = f"Approved on {day(seconds[0].at)}." if seconds else f"Not approved by a second person since {day(after)}."
    return Answer(bool(seconds), text)


@clause(TABLE, "R4")
def half_a_year_for_misuse(v: View) -> Answer:
    if v.stopped is None or v.state != "suspended":
        return BACK
    since = v.stopped.since
    misuse = tuple(
        f.id
        for f in v.dossier.findings
        if f.topic == LABELS and f.severity in ("priority", "major")
        if f.deliberate or f.concealed or f.escalated == "repeat"
        if f.closed_at is None or f.closed_at >= since
    )
    if not misuse:
        return Answer(True, "No misuse of labels.")
    until = end_of_day(months_after(since.date(), v.limits.misuse_suspension_months))
    return Answer(v.now >= until, f"Suspended for misuse of labels until {day(until)} at least.", misuse)


@clause(TABLE, "R5")
def word_of_the_panel(v: View) -> Answer:
    if v.stopped is None:
        return BACK
    since = v.stopped.since
    kept = [f for f in v.dossier.findings if f.closed_at is None or f.closed_at >= since]
    grave = any(f.severity == "priority" and f.zero_tolerance for f in kept)
    majors = sum(f.closed_at is None or f.closed_at >= since for f in v.core_majors)
    if not grave and majors < v.limits.panel_core_majors:
        return Answer(True, "Nothing for a panel.")
    return v.panel_since(max([since, *(visit.submitted_at for visit in v.dossier.submitted if visit.submitted_at)]))
