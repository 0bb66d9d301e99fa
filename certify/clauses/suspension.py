"""S: what suspends, and M: what freezes labels and shows the mark amber.

One function per clause, in the order of the rulebook; its number and words stand there. Each S alone suspends, S11
apart: that is a proposal to a person. Those from S8 on, and M2, came with freemark-2026.1. Never says what follows.
"""

from __future__ import annotations

from certify.measures import contained_in_time, overdue, past, refused
from certify.view import NONE, UNTOLD, Answer, Clause, View, clause, day, no_findings, nothing
from ground.canonical import end_of_day

TABLE: dict[str, Clause] = {}


@clause(TABLE, "S1")
def open_core_priority(v: View) -> Answer:
    return no_findings(f for f in v.weighing("priority", core=True) if not v.spared(f))


@clause(TABLE, "S2")
def other_priority_out_of_hand(v: View) -> Answer:
    other = v.weighing("priority", core=False)
    loose = (f for f in other if not contained_in_time(f, v.now) or overdue(f, v.now))
    return no_findings(loose, "Not contained or overdue")


@clause(TABLE, "S3")
def core_major_overdue(v: View) -> Answer:
    return no_findings((f for f in v.weighing("major", core=True) if overdue(f, v.now)), "Overdue")


@clause(TABLE, "S4")
def other_major_long_overdue(v: View) -> Answer:
    days = v.limits.major_overdue_days
    late = (f for f in v.weighing("major", core=False) if overdue(f, v.now, days))
    return no_findings(late, f"Overdue by more than {days} days")


@clause(TABLE, "S5")
def no_plan(v: View) -> Answer:
    days = v.limits.plan_overdue_days
    owed = [f for f in v.open if f.severity in ("priority", "major", "minor") and f.action.submitted_at is None]
    late = (f for f in owed if past(f.action.cap_due, v.now, days))
    return no_findings(late, f"Plan overdue by more than {days} days")


@clause(TABLE, "S6")
def surveillance(v: View) -> Answer:
    late = [
        place.site
        for place in v.dossier.places
        if (due := v.next_visit(place)) and past(end_of_day(due), v.now, v.limits.surveillance_overdue_days)
    ]
    return nothing(late, f"Visit overdue by more than {v.limits.surveillance_overdue_days} days")


@clause(TABLE, "S7")
def brake(v: View) -> Answer:
    asked = v.dossier.suspension_requested_at
    # A brake from before the standing began was lifted with it by two people.
    pulled = asked and (v.standing is None or v.state == "suspended" or asked >= v.standing.since)
    return Answer(not pulled, f"Suspension asked for on {day(asked)}." if asked and pulled else "Nobody brakes.")


@clause(TABLE, "S8")
def verified_again(v: View) -> Answer:
    open = [u for u in v.dossier.under_review if u.lifted_at is None and u.reverified_at is None and u.since <= v.now]
    late = [u.subject for u in open if past(u.reverify_by, v.now)]
    if late or not open:
        return nothing(late, "Lost the approval, and the work was not verified again in time")
    waits = ", ".join(f"{u.subject} by {day(u.reverify_by)}" for u in open)
    return Answer(True, f"To be verified again: {waits}.", tuple(u.subject for u in open))


@clause(TABLE, "S9")
def on_no_list(v: View) -> Answer:
    confirmed = [hit for place in v.dossier.places for hit in place.hits if hit.state == "confirmed"]
    if not confirmed:
        return NONE
    said = ", ".join(f"{hit.list} ({hit.id})" for hit in confirmed)
    return Answer(False, f"Confirmed: {said}.", tuple(hit.id for hit in confirmed))


@clause(TABLE, "S10")
def access_given(v: View) -> Answer:
    closed = [visit for place in v.dossier.places if (visit := refused(place))]
    return nothing((visit.id for visit in closed), "Refused, or cut short by the site")


@clause(TABLE, "S11")
def independent_sources(v: View) -> Answer:
    """A proposal to a person: `certify.rules` leaves it out of what suspends."""
    told = [concern for place in v.dossier.places for concern in place.concerns]
    many = [c.id for c in told if c.resolved_at is None and c.sources >= v.limits.independent_sources]
    return nothing(many, "Interim suspension is proposed to a person") if told else UNTOLD


@clause(TABLE, "M1")
def other_priority_contained(v: View) -> Answer:
    return no_findings(v.weighing("priority", core=False))


@clause(TABLE, "M2")
def disclosed_and_remedied(v: View) -> Answer:
    return no_findings((f for f in v.weighing("priority", core=True) if v.spared(f)), "Disclosed and remedied")
