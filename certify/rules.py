"""When a certificate is issued, suspended, released and ended, and why. Read from top to bottom: it is all here.

Every clause is one small function, under the id that the rulebook gives it words and numbers for; it says met or not,
and about what. `LADDER` says which outcomes a standing can lead to, in order: the first whose condition in `WHEN` holds
is the decision, else everything stays. So a proposed revocation that is ripe beats all else; withdrawal beats
suspension, but waits while revocation is in the air; suspension beats renewal and expiry; expiry beats remediation;
and nothing leads away from revoked, withdrawn, superseded or reduced.
Pure and total: same dossier, standing, rulebook and moment, same decision. Texts name days, never "days left", so an
unchanged case gives unchanged reasons. Never signs, stores or asks anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from itertools import combinations

from certify.dossier import (
    Acceptance,
    Agreement,
    Approval,
    Case,
    Decision,
    Dossier,
    Outcome,
    Reason,
    decision_from_json,
    dossier_from_json,
    dossier_to_json,
    open_record,
    record,
    standing_from_json,
    standing_to_json,
)
from certify.events import Reason as ReasonCode
from certify.events import Standing, State
from certify.measures import clean_since, contained_in_time, interviews_needed, months_after, overdue, past
from certify.rulebook import Rulebook
from certify.view import Answer, View, day, no_findings, nothing
from ground.canonical import Json, end_of_day
from ground.errors import Conflict

__all__ = [
    "Dossier", "Agreement", "Acceptance", "Approval", "Case", "Standing",
    "decide", "replay", "Decision", "Outcome", "Reason", "ReasonCode", "LADDER", "TABLE",
    "record", "open_record", "decision_from_json",
    "dossier_to_json", "dossier_from_json", "standing_to_json", "standing_from_json",
]  # fmt: skip

ISSUE = tuple(f"I{number}" for number in range(1, 14))
SUSPENSION = ("S1", "S2", "S3", "S4", "S5", "S6", "S7")
AFTER_EXPIRY = ("S1", "S2", "S7")  # goods are still on the shelf; but nobody owes visits and plans any more
GATES = (*ISSUE, *SUSPENSION, "M1", "W1")  # nothing is issued that would have to be suspended at once
BRAKED = ("S1", "S2", "S3", "S4", "S5", "S6")  # S7, the brake, is lifted by the two people of I4 and R3
RELEASE = ("I4", "R1", "R2", "R3")

LADDER: Mapping[State | None, tuple[Outcome, ...]] = {
    None: ("issue", "refuse"),
    "active": ("withdraw", "suspend", "renew", "expire", "remediation"),
    "remediation": ("withdraw", "suspend", "reinstate"),
    "suspended": ("revoke", "withdraw", "reinstate", "remediation", "propose_revocation"),
    "expired": ("suspend", "renew"),
    "revoked": (),
    "withdrawn": (),
    "superseded": (),
    "reduced": (),
}

WHEN: Mapping[Outcome, Callable[[Hearing], bool]] = {
    "issue": lambda h: h.met(*GATES),
    "refuse": lambda h: True,
    "renew": lambda h: h.met(*GATES, "N1", "N2"),
    "expire": lambda h: h.over,
    "withdraw": lambda h: h.unmet("W1") and h.met("V1") and h.case is None and not (h.over and h.state == "active"),
    "suspend": lambda h: h.unmet(*(AFTER_EXPIRY if h.over else SUSPENSION)),
    "remediation": lambda h: h.unmet("M1") and (h.state == "active" or h.met(*RELEASE)),
    "reinstate": lambda h: h.met(*RELEASE, "M1"),
    "propose_revocation": lambda h: h.case is None and h.unmet("V1", "V2"),
    "revoke": lambda h: h.unmet("V3"),
}

GROUNDS: Mapping[Outcome, tuple[str, ...]] = {
    "refuse": GATES, "suspend": SUSPENSION, "remediation": ("M1",), "propose_revocation": ("V1", "V2"),
    "revoke": ("V3",), "withdraw": ("W1",), "expire": ("E1",),
}  # fmt: skip


def decide(dossier: Dossier, standing: Standing | None, rulebook: Rulebook, now: datetime) -> Decision:
    """What the rulebook says about these facts at `now`. Never raises for facts of the right types.

    standing: of the application's newest certificate, as last announced; None before the first. An active one past its
    end gives `expire`, and the fold of the log says "expired" from then on.
    """
    now = now.replace(microsecond=0)
    h = Hearing(dossier, standing, rulebook, now)
    outcome: Outcome = next((step for step in LADDER[h.state] if WHEN[step](h)), "keep")
    grants, accuses = outcome in ("issue", "renew"), outcome in ("propose_revocation", "revoke")
    return Decision(
        outcome=outcome,
        reasons=tuple(h.reasons.values()),
        because=tuple(id for id in GROUNDS.get(outcome, ()) if h.unmet(id)),
        rulebook=rulebook.id,
        rulebook_sha256=rulebook.sha256,
        reason_code=_reason_code(outcome, h),
        score=str(min(h.scores.values())) if h.scores and all(h.audits.values()) else None,
        valid_from=now if grants else None,
        valid_until=_valid_until(h) if grants else None,
        affected_from=_affected_from(h) if accuses else None,
        reply_until=now + timedelta(days=h.limits.reply_days) if outcome == "propose_revocation" else None,
        at=now,
    )


def replay(document: Json, rulebook: Rulebook) -> dict[str, Json]:
    """Decide again from a stored record; the answer equals it byte for byte. Conflict under another rulebook."""
    dossier, standing, decision = open_record(document)
    if decision.rulebook_sha256 != rulebook.sha256:
        raise Conflict(f"the record was made under {decision.rulebook}, {decision.rulebook_sha256[:12]}")
    return record(dossier, standing, decide(dossier, standing, rulebook, decision.at))


class Hearing(View):
    """The view, and what every clause said about it."""

    @cached_property
    def reasons(self) -> dict[str, Reason]:
        return {id: test(self).reason(id) for id, test in TABLE.items()}

    def met(self, *ids: str) -> bool:
        """All of them are met."""
        return all(self.reasons[id].met for id in ids)

    def unmet(self, *ids: str) -> bool:
        """At least one of them is not met."""
        return not self.met(*ids)


TABLE: dict[str, Callable[[View], Answer]] = {}


def clause(id: str) -> Callable[[Callable[[View], Answer]], Callable[[View], Answer]]:
    def enter(test: Callable[[View], Answer]) -> Callable[[View], Answer]:
        TABLE[id] = test
        return test

    return enter


# -------------------------------------------------------------------------------- I: what issuing needs


@clause("I1")
def approved_rulebook(v: View) -> Answer:
    met = v.book.approved and v.now.date() >= v.book.in_force_from
    return Answer(met, f"{v.book.id} is {'approved' if v.book.approved else 'a draft'}, from {v.book.in_force_from}.")


@clause("I2")
def every_site_audited_in_full(v: View) -> Answer:
    if not v.dossier.sites:
        return Answer(False, "No site is listed.")
    return nothing([site for site, audit in v.audits.items() if audit is None], "Without a full audit on site")


@clause("I3")
def recent_audit(v: View) -> Answer:
    age = timedelta(days=v.limits.audit_age_days)
    old = [audit for audit in v.relied_upon if v.now >= end_of_day(audit.ends_on + age)]
    return nothing([audit.id for audit in old], f"Ended more than {age.days} days ago")


@clause("I4")
def accepted(v: View) -> Answer:
    found, problem = v.accepting
    return Answer(found is not None, f"All reports accepted on {day(found.at)}." if found else problem)


@clause("I5")
def no_open_priority(v: View) -> Answer:
    return no_findings(f for f in v.open if f.severity == "priority")


@clause("I6")
def no_open_core_major(v: View) -> Answer:
    return no_findings(v.weighing("major", core=True))


@clause("I7")
def few_other_majors(v: View) -> Answer:
    majors = v.weighing("major", core=False)
    bare = [f for f in majors if f.action.approved_at is None]
    if len(majors) > v.limits.open_majors_most:
        return no_findings(majors, f"More than {v.limits.open_majors_most} are open")
    return no_findings(bare, "Open without an approved plan")


@clause("I8")
def score_high_enough(v: View) -> Answer:
    if not v.scores:
        return Answer(False, "There is no full audit to score.")
    low = [site for site, points in v.scores.items() if points < v.limits.score_least]
    return Answer(not low, f"Lowest score {min(v.scores.values())}, needed {v.limits.score_least}.", tuple(low))


@clause("I9")
def enough_interviews(v: View) -> Answer:
    if not v.relied_upon:
        return Answer(False, "There is no full audit.")
    need = {audit.id: interviews_needed(audit.workers, v.limits.interviews_least) for audit in v.relied_upon}
    few = [audit for audit in v.relied_upon if audit.interviews < need[audit.id]]
    said = "; ".join(f"{a.id}: {a.interviews} of {a.workers} workers, needed {need[a.id]}" for a in few)
    return Answer(not few, f"Too few: {said}." if few else "Enough in every audit.", tuple(a.id for a in few))


@clause("I10")
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


@clause("I11")
def consistent_figures(v: View) -> Answer:
    wrong = list(v.contradictions())
    return Answer(not wrong, "; ".join(wrong) + "." if wrong else "No contradiction found.")


@clause("I12")
def something_to_certify(v: View) -> Answer:
    return Answer(v.dossier.products > 0, f"Products named: {v.dossier.products}.")


@clause("I13")
def independent_firm(v: View) -> Answer:
    return nothing(sorted(v.dossier.firms & v.dossier.auditees), "Audited and audit firm at once")


# -------------------------------------------------------------------------------- S: what suspends, M: amber


@clause("S1")
def open_core_priority(v: View) -> Answer:
    return no_findings(v.weighing("priority", core=True))


@clause("S2")
def other_priority_out_of_hand(v: View) -> Answer:
    other = v.weighing("priority", core=False)
    loose = (f for f in other if not contained_in_time(f, v.now) or overdue(f, v.now))
    return no_findings(loose, "Not contained or overdue")


@clause("S3")
def core_major_overdue(v: View) -> Answer:
    return no_findings((f for f in v.weighing("major", core=True) if overdue(f, v.now)), "Overdue")


@clause("S4")
def other_major_long_overdue(v: View) -> Answer:
    days = v.limits.major_overdue_days
    late = (f for f in v.weighing("major", core=False) if overdue(f, v.now, days))
    return no_findings(late, f"Overdue by more than {days} days")


@clause("S5")
def no_plan(v: View) -> Answer:
    days = v.limits.plan_overdue_days
    owed = [f for f in v.open if f.severity in ("priority", "major", "minor") and f.action.submitted_at is None]
    late = (f for f in owed if past(f.action.cap_due, v.now, days))
    return no_findings(late, f"Plan overdue by more than {days} days")


@clause("S6")
def surveillance(v: View) -> Answer:
    late = [
        place.site
        for place in v.dossier.places
        if (due := v.next_visit(place)) and past(end_of_day(due), v.now, v.limits.surveillance_overdue_days)
    ]
    return nothing(late, f"Visit overdue by more than {v.limits.surveillance_overdue_days} days")


@clause("S7")
def brake(v: View) -> Answer:
    asked = v.dossier.suspension_requested_at
    # A brake from before the standing began was lifted with it by two people.
    pulled = asked and (v.standing is None or v.state == "suspended" or asked >= v.standing.since)
    return Answer(not pulled, f"Suspension asked for on {day(asked)}." if asked and pulled else "Nobody brakes.")


@clause("M1")
def other_priority_contained(v: View) -> Answer:
    return no_findings(v.weighing("priority", core=False))


# -------------------------------------------------------------------------------- V: what revokes


@clause("V1")
def grave_breach(v: View) -> Answer:
    grave = (f for f in v.open if f.severity == "priority" and f.zero_tolerance and (f.deliberate or f.concealed))
    return no_findings(grave, "Deliberate or concealed")


@clause("V2")
def suspended_too_long(v: View) -> Answer:
    if v.standing is None or v.state != "suspended":
        return Answer(True, "Not suspended.")
    core = v.weighing("priority", core=True) + v.weighing("major", core=True)
    days = v.limits.suspension_core_days if core else v.limits.suspension_most_days
    text = f"Suspended since {day(v.standing.since)}, at most {days} days."
    return Answer(not past(v.standing.since, v.now, days), text, tuple(f.id for f in core))


@clause("V3")
def case_still_open(v: View) -> Answer:
    case = v.case
    if case is None:
        return Answer(True, "No revocation is proposed.")
    if case.waived_at is not None:
        return Answer(False, f"The holder waived the reply on {day(case.waived_at)}.")
    approvals = [a for a in v.dossier.approvals if a.act == "revoke" and case.opened_at <= a.at <= v.now]
    outside = [a for a in approvals if a.organisation not in v.dossier.auditees]
    if any(a.person != b.person and a.organisation != b.organisation for a, b in combinations(outside, 2)):
        return Answer(False, "Two people of different organisations confirmed the revocation.")
    replied = case.replied_at is not None and case.replied_at <= case.reply_until
    if past(case.reply_until, v.now) and not replied:
        return Answer(False, f"No reply came by {day(case.reply_until)}.")
    waits = "Replied; two people decide." if replied else f"The holder may reply until {day(case.reply_until)}."
    return Answer(True, waits)


# -------------------------------------------------------------------------------- R: what releases, N: what renews


@clause("R1")
def brakes_are_gone(v: View) -> Answer:
    return nothing([id for id in BRAKED if not TABLE[id](v).met], "Still against it")


@clause("R2")
def re_entry_audit(v: View) -> Answer:
    if v.stopped is None:
        return Answer(True, "Nothing to come back from.")
    begun = v.stopped.since.date()
    visits = [visit.id for visit in v.dossier.submitted if not visit.remote and visit.starts_on > begun]
    return Answer(bool(visits), f"Visits on site begun after {begun}: {len(visits)}.", tuple(visits))


@clause("R3")
def second_person(v: View) -> Answer:
    if v.stopped is None:
        return Answer(True, "Nothing to come back from.")
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


@clause("N1")
def renewal_window(v: View) -> Answer:
    if v.standing is None:
        return Answer(True, "Nothing to renew.")
    opens = v.standing.valid_until - timedelta(days=v.limits.renewal_window_days)
    return Answer(v.now >= opens, f"The window for renewal opens on {day(opens)}.")


@clause("N2")
def new_full_audit(v: View) -> Answer:
    if v.standing is None:
        return Answer(True, "Nothing to renew.")
    issued = (v.dossier.certified_at or v.standing.valid_from).date()
    old = [site for site, audit in v.audits.items() if audit is None or audit.starts_on <= issued]
    return nothing(old, f"No full audit begun after {issued}")


# -------------------------------------------------------------------------------- W, E: what ends


@clause("W1")
def not_given_back(v: View) -> Answer:
    asked = v.dossier.withdrawal_requested_at
    return Answer(asked is None, f"Withdrawal asked for on {day(asked)}." if asked else "Not asked for.")


@clause("E1")
def not_expired(v: View) -> Answer:
    if v.standing is None:
        return Answer(True, "Nothing is issued yet.")
    return Answer(not v.over, f"Valid until {v.standing.valid_until:%Y-%m-%d %H:%M} UTC.")


# -------------------------------------------------------------------------------- what an outcome carries


def _valid_until(h: Hearing) -> datetime:
    """Counted from the last day of the oldest full audit relied upon."""
    oldest = min(audit.ends_on for audit in h.relied_upon)
    return end_of_day(months_after(oldest, h.limits.validity_months))


def _affected_from(h: Hearing) -> datetime | None:
    """The earliest start of the affected period over the findings that brake; the rulebook says why."""
    if h.standing is None:
        return None
    braking = {id for clause in ("S1", "S2", "S3", "S4") for id in h.reasons[clause].subject.split(", ")}
    starts = [
        clean_since(place, finding, h.book.standards) or h.standing.valid_from
        for place in h.dossier.places
        for finding in place.findings
        if finding.id in braking
    ]
    return min([h.standing.since, *starts])


def _reason_code(outcome: Outcome, h: Hearing) -> ReasonCode | None:
    """The neutral word of the public leaf; a withdrawal under an open priority finding is no clean exit."""
    breach = h.unmet("S1", "S2", "S3", "S4", "S5", "M1")
    match outcome:
        case "suspend" | "revoke":
            return "nonconformity" if breach else "administrative" if h.unmet("S6") else "unspecified"
        case "remediation":
            return "nonconformity"
        case "withdraw":
            return "holder-request" if h.met("I5") else "nonconformity"
        case "renew":
            return "superseded"
        case _:
            return None
