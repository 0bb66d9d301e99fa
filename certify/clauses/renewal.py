"""N: what must hold, besides everything that issuing needs, before a certificate is renewed.

One function per clause, in the order of the rulebook; its number and words stand there. N3 and N4 came with
freemark-2026.1. Never says what follows from an answer.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from audits.facts import Check, SiteFacts, Visit
from certify import proven
from certify.measures import past, surveys, talked_to_some
from certify.view import Answer, Clause, View, clause, day, nothing

TABLE: dict[str, Clause] = {}
NOTHING = Answer(True, "Nothing to renew.")


@clause(TABLE, "N1")
def renewal_window(v: View) -> Answer:
    if v.standing is None:
        return NOTHING
    opens = v.standing.valid_until - timedelta(days=v.limits.renewal_window_days)
    late = v.limits.renewal_late_days
    if late and past(v.standing.valid_until, v.now, late):
        return Answer(False, f"It ended more than {late} days ago: a new application begins anew.")
    return Answer(v.now >= opens, f"The window for renewal opens on {day(opens)}.")


@clause(TABLE, "N2")
def new_full_audit(v: View) -> Answer:
    if v.standing is None:
        return NOTHING
    issued = (v.dossier.certified_at or v.standing.valid_from).date()
    old = [site for site, audit in v.audits.items() if audit is None or audit.starts_on <= issued]
    return nothing(old, f"No full audit begun after {issued}")


@clause(TABLE, "N3")
def unannounced_visit(v: View) -> Answer:
    if v.standing is None:
        return NOTHING
    issued = v.dossier.certified_at or v.standing.valid_from
    few = [place.site for place in v.dossier.places if _unannounced(v, place, issued) < v.limits.unannounced_least]
    return nothing(few, f"No unannounced visit since {day(issued)}")


def _unannounced(v: View, place: SiteFacts, issued: datetime) -> int:
    return sum(
        visit.starts_on > issued.date()
        and visit.submitted_at is not None
        and visit.outcome == "completed"
        and not visit.remote
        and (surveys(visit, v.book, v.now) or (visit.type == "for_cause" and _talks(v, visit)))
        and (visit.notice == "unannounced" or (not visit.notice and not visit.announced))
        for visit in place.visits
    )


def _talks(v: View, visit: Visit) -> bool:
    counts = proven.counts(visit, v.book, v.now) and not proven.too_late(visit, v.book)
    return counts and talked_to_some(visit, v.limits)


@clause(TABLE, "N4")
def follow_up_done(v: View) -> Answer:
    if v.standing is None:
        return NOTHING
    wrong = [check for place in v.dossier.places for check in _owed(place, v.now)]
    return nothing(wrong, "Not done, or harm was found")


def _owed(place: SiteFacts, now: datetime) -> list[str]:
    """Checks that are overdue, and those that found harm without a later one, about the same, that found none."""
    return [
        f"{check.kind} of {check.about}"
        for check in place.checks
        if (check.done_at is None and past(check.due, now)) or _unhealed(place, check)
    ]


def harm_found(v: View) -> bool:
    """Did a check find harm, that no later one about the same found healed? Else N4 is only late."""
    return any(_unhealed(place, check) for place in v.dossier.places for check in place.checks)


def _unhealed(place: SiteFacts, check: Check) -> bool:
    """It found harm, and no later one about the same found none."""
    later = (other for other in place.checks if other.about == check.about and other.due >= check.due)
    return check.result == "harm" and not any(other.result == "clear" for other in later)
