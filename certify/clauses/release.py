"""R: what must hold before a suspended certificate, or one in remediation, comes back; `rules.WAY_BACK` is the whole.

One function per clause, in the order of the rulebook; its number and words stand there. Releasing needs two people of
different organisations. R4 and R5 came with freemark-2026.1. The same way back is asked of a new certificate for a site
whose last one ended before it had come back (I26). Never says what follows from an answer.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from audits.facts import Finding, SiteFacts, Visit
from certify import proven
from certify.measures import is_full, months_after, past
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
    if not v.limits.visit_interviews_least:
        return _any_visit(v, v.stopped.since)
    braked = v.dossier.suspension_requested_at is not None or v.stopped.reason != "nonconformity"
    return _seen_again(v, v.stopped.since, () if braked else _with_breach(v, v.stopped.since))


def _any_visit(v: View, since: datetime) -> Answer:
    begun = since.date()
    visits = [
        visit.id
        for visit in v.dossier.submitted
        if not visit.remote and visit.outcome == "completed" and visit.starts_on > begun
    ]
    return Answer(bool(visits), f"Visits on site begun after {begun}: {len(visits)}.", tuple(visits))


def _seen_again(v: View, since: datetime, places: Sequence[SiteFacts]) -> Answer:
    """Each of these places, or, when there is none, every site of the holder was visited after that day."""
    begun = since.date()
    missing = [
        p.site for p in places or v.dossier.sites if not any(_re_entry(v, p, visit, begun) for visit in p.visits)
    ]
    return Answer(
        not missing,
        f"No re-entry audit begun after {begun}: {', '.join(missing)}." if missing else f"Seen again after {begun}.",
        tuple(missing),
    )


def _re_entry(v: View, place: SiteFacts, visit: Visit, begun: date) -> bool:
    """A visit that counts, begun later, with interviews: a full audit with its whole sample."""
    full = is_full(visit, v.book, v.book.standards)
    counts = proven.as_strict(visit, v.book) and proven.counts(visit, v.book, v.now)
    talked = visit.interviews >= v.sample(place.site, visit) if full else proven.talked_to_enough(visit, place, v.book)
    return counts and visit.starts_on > begun and talked


def _with_breach(v: View, since: datetime) -> list[SiteFacts]:
    """The places with a finding that can have been the reason, open since then."""
    return [place for place in v.dossier.places if any(_grave(f, since, v.now) for f in place.findings)]


def _grave(finding: Finding, since: datetime, now: datetime) -> bool:
    """A priority or major finding, or a minor one that was overdue, that was open at that moment or later."""
    late = past(finding.action.close_due, finding.closed_at or now)
    return _open_since(finding, since) and (
        finding.severity in ("priority", "major") or (finding.severity == "minor" and late)
    )


def _open_since(finding: Finding, since: datetime) -> bool:
    return finding.closed_at is None or finding.closed_at >= since


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
    return _half_a_year(v, v.stopped.since) if v.stopped and v.state == "suspended" else BACK


def _half_a_year(v: View, since: datetime) -> Answer:
    misuse = tuple(
        f.id
        for f in v.dossier.findings
        if f.topic == LABELS and f.severity in ("priority", "major") and _open_since(f, since)
        if f.deliberate or f.concealed or f.escalated == "repeat"
    )
    if not misuse:
        return Answer(True, "No misuse of labels.")
    until = end_of_day(months_after(since.date(), v.limits.misuse_suspension_months))
    return Answer(v.now >= until, f"Suspended for misuse of labels until {day(until)} at least.", misuse)


@clause(TABLE, "R5")
def word_of_the_panel(v: View) -> Answer:
    return _panel(v, v.stopped.since) if v.stopped else BACK


def _panel(v: View, since: datetime) -> Answer:
    """After a breach of zero tolerance, or many core majors, that was open at that moment or later."""
    kept = [f for f in v.dossier.findings if _open_since(f, since)]
    grave = any(f.severity == "priority" and f.zero_tolerance for f in kept)
    majors = sum(_open_since(f, since) for f in v.core_majors)
    if not grave and majors < v.limits.panel_core_majors:
        return Answer(True, "Nothing for a panel.")
    return v.panel_since(max([since, *(visit.submitted_at for visit in v.dossier.submitted if visit.submitted_at)]))


def came_back_elsewhere(v: View) -> Answer:
    """I26: no other certificate of these sites is stopped, and after one that ended stopped the way back was gone."""
    issued, wrong = v.dossier.certified_at, []
    for other in v.dossier.others:
        if other.state in ("suspended", "remediation"):
            wrong.append((other.certificate, f"{other.certificate} is {_told(other.state)}"))
        elif issued is None or issued <= other.stopped_at:  # else it was asked when this one was issued
            asked = (_seen_again(v, other.stopped_at, _with_breach(v, other.stopped_at)),
                     _half_a_year(v, other.stopped_at), _panel(v, other.stopped_at))  # fmt: skip
            left = f"{other.certificate} ended without having come back"
            if other.uncorrected:  # also where that place is left out now: else the guilty agent is left behind
                wrong.append((other.certificate, f"{left}: {', '.join(other.uncorrected)} not corrected"))
            wrong += [(other.certificate, f"{left}: {answer.text}") for answer in asked if not answer.met]
    if not wrong:
        return Answer(True, "No other certificate of these sites is stopped.")
    ids: Collection[str] = dict.fromkeys(id for id, _ in wrong)
    return Answer(False, " ".join(f"{text.rstrip('.')}." for _, text in wrong), tuple(ids))


def _told(state: str) -> str:
    return "in remediation" if state == "remediation" else state
