"""V: what revokes. V1 and V2 open a case against a suspended certificate, V3 says when the case is final.

One function per clause, in the order of the rulebook; its number and words stand there. There is no way back from a
revocation. Never says what follows from an answer.
"""

from __future__ import annotations

from itertools import combinations

from audits.facts import Finding
from certify.measures import past
from certify.view import Answer, Clause, View, clause, day, no_findings

TABLE: dict[str, Clause] = {}


@clause(TABLE, "V1")
def grave_breach(v: View) -> Answer:
    grave = (f for f in v.open if f.severity == "priority" and f.zero_tolerance and _grave(v, f) and not v.spared(f))
    wrong = "Deliberate, concealed or not contained" if v.limits.revoke_uncontained else "Deliberate or concealed"
    return no_findings(grave, wrong)


def _grave(v: View, finding: Finding) -> bool:
    due = finding.containment_due or finding.discovered_at
    loose = v.limits.revoke_uncontained and finding.contained_at is None and past(due, v.now)
    return finding.deliberate or finding.concealed or loose


@clause(TABLE, "V2")
def suspended_too_long(v: View) -> Answer:
    if v.standing is None or v.state != "suspended":
        return Answer(True, "Not suspended.")
    core = v.weighing("priority", core=True) + v.weighing("major", core=True)
    days = v.limits.suspension_core_days if core else v.limits.suspension_most_days
    text = f"Suspended since {day(v.standing.since)}, at most {days} days."
    return Answer(not past(v.standing.since, v.now, days), text, tuple(f.id for f in core))


@clause(TABLE, "V3")
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
