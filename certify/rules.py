"""When a certificate is issued, suspended, released and ended. Read from top to bottom: how a decision is made.

Every clause is one small function in `certify.clauses`, under the id that the rulebook gives it words and numbers for;
it says met or not, and about what. Asked are those that the rulebook lists; one that it does not list is not demanded.
`LADDER` says which outcomes a standing can lead to, in order: the first whose condition in `WHEN` holds is the
decision, else everything stays. So a proposed revocation that is ripe beats all else; withdrawal beats suspension, but
waits while revocation is in the air; suspension beats reduction, renewal and expiry; expiry beats remediation; and
nothing leads away from revoked, withdrawn, superseded or reduced.
Pure and total: same dossier, standing, rulebook and moment, same decision. Texts name days, never "days left", so an
unchanged case gives unchanged reasons. Never signs, stores or asks anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace as changed
from datetime import datetime, timedelta
from functools import lru_cache

from certify import proven
from certify.chapters import Rulebook
from certify.clauses import ending, issue, release, renewal, revocation, suspension
from certify.clauses.issue import in_points
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
from certify.measures import clean_since, months_after
from certify.view import Answer, Clause, View
from ground.canonical import Json, end_of_day
from ground.errors import Conflict

__all__ = [
    "Dossier", "Agreement", "Acceptance", "Approval", "Case", "Standing",
    "decide", "replay", "needed", "Decision", "Outcome", "Reason", "ReasonCode", "LADDER", "TABLE",
    "record", "open_record", "decision_from_json",
    "dossier_to_json", "dossier_from_json", "standing_to_json", "standing_from_json",
]  # fmt: skip

TABLE: Mapping[str, Clause] = {
    **issue.TABLE, **suspension.TABLE, **revocation.TABLE, **release.TABLE, **renewal.TABLE, **ending.TABLE,
}  # fmt: skip

ISSUE = tuple(issue.TABLE)
SUSPENSION = ("S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S9", "S10")
# Put before a person; nothing follows by itself. Of N4 only harm: a check that is late is not owed by the holder.
PROPOSALS = ("S11", "I14", "N4")
AFTER_EXPIRY = ("S1", "S2", "S7", "S9")  # goods are still on the shelf; but nobody owes visits and plans any more
AMBER = ("M1", "M2")
GATES = (*ISSUE, *SUSPENSION, *AMBER, "W1")  # nothing is issued that would have to be suspended at once
# For what stays of a scope: its audits carried the certificate already and its end does not move, so they may be older;
# the brake is lifted by the two people of the way back.
SMALLER = tuple(id for id in GATES if id not in ("I3", "S7"))

# The way back, whole, for whoever is suspended or in remediation and by whichever door: reinstated, moved on to
# remediation, or replaced by a smaller certificate (`Hearing.is_back`). Every reason is gone (R1) and every place in
# question seen again (R2); two people let go (I4, R3), after half a year for misuse of labels (R4) and with the word of
# a panel where there has to be one (R5); and auditors, lists, complaints and signatures are in order as at the start.
# Who left instead, and applies anew for such a site, is asked the same of R2, R4 and R5 (I26).
WAY_BACK = ("R1", "R2", "I4", "R3", "R4", "R5", "I16", "I17", "I18", "I20")

LADDER: Mapping[State | None, tuple[Outcome, ...]] = {
    None: ("issue", "refuse"),
    "active": ("withdraw", "suspend", "reduce", "renew", "expire", "remediation"),
    "remediation": ("withdraw", "suspend", "reduce", "reinstate"),
    "suspended": ("revoke", "withdraw", "reinstate", "reduce", "remediation", "propose_revocation"),
    "expired": ("suspend", "renew"),
    "revoked": (),
    "withdrawn": (),
    "superseded": (),
    "reduced": (),
}

NEEDED: Mapping[Outcome, tuple[str, ...]] = {
    "issue": GATES, "renew": (*GATES, "N1", "N2", "N3", "N4"), "reinstate": (*WAY_BACK, *AMBER),
}  # fmt: skip

WHEN: Mapping[Outcome, Callable[[Hearing], bool]] = {
    "issue": lambda h: h.met(*NEEDED["issue"]),
    "refuse": lambda h: True,
    "renew": lambda h: h.met(*NEEDED["renew"]),
    "expire": lambda h: h.over,
    "withdraw": lambda h: h.unmet("W1") and h.nothing_grave and not (h.over and h.state == "active"),
    "suspend": lambda h: h.unmet(*(AFTER_EXPIRY if h.over else SUSPENSION)),
    "reduce": lambda h: h.unmet("X1") and h.nothing_grave and not h.over and h.what_stays().may_replace,
    "remediation": lambda h: h.unmet(*AMBER) and h.is_back,
    "reinstate": lambda h: h.is_back and h.met(*AMBER),
    "propose_revocation": lambda h: h.case is None and h.unmet("V1", "V2"),
    "revoke": lambda h: h.unmet("V3"),
}

GROUNDS: Mapping[Outcome, tuple[str, ...]] = {
    "refuse": GATES, "suspend": SUSPENSION, "remediation": AMBER, "propose_revocation": ("V1", "V2"),
    "revoke": ("V3",), "withdraw": ("W1", "W2"), "expire": ("E1",), "reduce": ("X1",),
}  # fmt: skip


def decide(dossier: Dossier, standing: Standing | None, rulebook: Rulebook, now: datetime) -> Decision:
    """What the rulebook says about these facts at `now`. Never raises for facts of the right types.

    standing: of the application's newest certificate, as last announced; None before the first. An active one past its
    end gives `expire`, and the fold of the log says "expired" from then on.
    """
    now = now.replace(microsecond=0)
    h = hear(proven.by_now(dossier, rulebook, now), standing, rulebook, now)
    outcome: Outcome = next((step for step in LADDER[h.state] if WHEN[step](h)), "keep")
    grants, accuses = outcome in ("issue", "renew"), outcome in ("propose_revocation", "revoke")
    smaller = h.what_stays() if outcome == "reduce" else None
    return Decision(
        outcome=outcome,
        reasons=tuple([_reason(id, answer) for id, answer in h.said.items()]),
        because=tuple(id for id in GROUNDS.get(outcome, ()) if h.unmet(id)),
        rulebook=rulebook.id,
        rulebook_sha256=rulebook.sha256,
        reason_code=_reason_code(outcome, h),
        score=in_points(min(h.scores.values())) if h.scores and all(h.audits.values()) else None,
        valid_from=now if grants or smaller else None,
        valid_until=_valid_until(h) if grants else standing.valid_until if smaller and standing else None,
        affected_from=_affected_from(h) if accuses else None,
        reply_until=now + timedelta(days=h.limits.reply_days) if outcome == "propose_revocation" else None,
        at=now,
        band=h.band if grants else smaller.band if smaller else "",
        scope=tuple(place.site for place in smaller.dossier.sites) if smaller else (),
        proposals=tuple(id for id in PROPOSALS if h.state in ("active", "remediation") and h.proposes(id)),
    )


def replay(document: Json, rulebook: Rulebook) -> dict[str, Json]:
    """Decide again from a stored record; the answer equals it byte for byte. Conflict under another rulebook."""
    dossier, standing, decision = open_record(document)
    if decision.rulebook_sha256 != rulebook.sha256:
        raise Conflict(f"the record was made under {decision.rulebook}, {decision.rulebook_sha256[:12]}")
    return record(dossier, standing, decide(dossier, standing, rulebook, decision.at))


def needed(outcome: Outcome, rulebook: Rulebook) -> tuple[str, ...]:
    """What must be met for an outcome in the holder's favour (issue, renew, reinstate), of what the book lists."""
    return tuple(id for id in NEEDED.get(outcome, ()) if id in rulebook.clauses)


class Hearing(View):
    """The view, and what every clause said about it."""

    def met(self, *ids: str) -> bool:
        """All of them are met. What the rulebook does not list is not demanded."""
        said = self.said
        return all([said[id].met for id in ids if id in said])  # noqa: C419  # short, and twice as fast as a generator

    def unmet(self, *ids: str) -> bool:
        """At least one of them is not met."""
        return not self.met(*ids)

    def proposes(self, id: str) -> bool:
        """Is it for a person to say whether this brakes?"""
        return self.unmet(id) and (id != "N4" or renewal.harm_found(self))

    @property
    def nothing_grave(self) -> bool:
        """No revocation is in the air: nobody leaves by another door."""
        too_long = "W2" in self.said and self.unmet("V2")  # freemark-2026.0 lets go who was suspended for too long
        return self.met("V1") and not too_long and self.case is None

    @property
    def is_back(self) -> bool:
        """Nothing stopped it, or the way back is gone."""
        return self.state == "active" or self.met(*WAY_BACK)

    def what_stays(self) -> Hearing:
        """The same case without the site that is to leave."""
        leaves = self.said["X1"].subject
        sites = tuple(place for place in self.dossier.sites if place.site not in leaves)
        return hear(changed(self.dossier, sites=sites, reduction=None), self.standing, self.book, self.now)

    @property
    def may_replace(self) -> bool:
        """What stays can carry a certificate, and nobody comes back by leaving a site behind."""
        return self.met(*SMALLER) and self.is_back


def hear(dossier: Dossier, standing: Standing | None, rulebook: Rulebook, now: datetime) -> Hearing:
    """Ask every clause of the rulebook, in its order."""
    h = Hearing(dossier, standing, rulebook, now)
    for id in rulebook.clauses:
        h.said[id] = TABLE[id](h)
    return h


# -------------------------------------------------------------------------------- what an outcome carries


@lru_cache(maxsize=8192)  # most answers are the same few words in every case
def _reason(id: str, answer: Answer) -> Reason:
    return Reason(id, answer.met, answer.text, ", ".join(answer.subject))


def _valid_until(h: Hearing) -> datetime:
    """Counted from the last day of the oldest full audit relied upon."""
    oldest = min(audit.ends_on for audit in h.relied_upon)
    return end_of_day(months_after(oldest, _validity_months(h)))


def _validity_months(h: Hearing) -> int:
    """How long a certificate may run: shortest on probation, longer at low risk or after clean cycles."""
    limits, cycles = h.limits, h.dossier.cycles
    months = limits.validity_months
    if limits.validity_low_risk_months and cycles > 0 and all(h.low_risk(place.site) for place in h.dossier.places):
        months = max(months, limits.validity_low_risk_months)
    if h.band and h.band == h.book.top_band and h.dossier.clean_cycles >= limits.clean_cycles_least:
        months = max(months, limits.validity_clean_months)
    if limits.probation_months and h.on_probation(cycles + 1):
        months = min(months, limits.probation_months)
    return months


def _affected_from(h: Hearing) -> datetime | None:
    """The earliest start of the affected period over the findings that brake; the rulebook says why."""
    if h.standing is None:
        return None
    braking = {id for clause in ("S1", "S2", "S3", "S4") for id in h.said[clause].subject}
    starts = [
        clean_since(place, finding, h.book) or h.standing.valid_from
        for place in h.dossier.places
        for finding in place.findings
        if finding.id in braking
    ]
    return min([h.standing.since, *starts])


def _reason_code(outcome: Outcome, h: Hearing) -> ReasonCode | None:
    """The neutral word of the public leaf; a withdrawal under an open priority finding is no clean exit."""
    breach = h.unmet("S1", "S2", "S3", "S4", "S5", "S9", "S10", *AMBER)
    match outcome:
        case "suspend" | "revoke":
            braked = h.dossier.suspension_reason if h.unmet("S7") else None
            return "nonconformity" if breach else "administrative" if h.unmet("S6", "S8") else braked or "unspecified"
        case "remediation":
            return "nonconformity"
        case "withdraw":
            return "holder-request" if h.met("I5") else "nonconformity"
        case "reduce":
            asked = h.dossier.reduction
            own = asked is not None and asked.organisation == h.dossier.organisation
            return "holder-request" if own else "administrative"
        case "renew":
            return "superseded"
        case _:
            return None
