"""W, E and X: what ends a certificate, or replaces it by one with a smaller scope.

One function per clause, in the order of the rulebook; its number and words stand there. W2 and X1 came with
freemark-2026.1. Never says what follows from an answer.
"""

from __future__ import annotations

from certify.view import NONE, Answer, Clause, View, clause, day, no_findings

TABLE: dict[str, Clause] = {}


@clause(TABLE, "W1")
def not_given_back(v: View) -> Answer:
    asked = v.dossier.withdrawal_requested_at
    return Answer(asked is None, f"Withdrawal asked for on {day(asked)}." if asked else "Not asked for.")


@clause(TABLE, "W2")
def no_exit_under_investigation(v: View) -> Answer:
    if v.dossier.withdrawal_requested_at is None:
        return NONE
    return no_findings((f for f in v.open if f.severity == "priority"), "Withdrawn under investigation")


@clause(TABLE, "E1")
def not_expired(v: View) -> Answer:
    if v.standing is None:
        return Answer(True, "Nothing is issued yet.")
    return Answer(not v.over, f"Valid until {v.standing.valid_until.isoformat(' ', 'minutes')[:16]} UTC.")


@clause(TABLE, "X1")
def scope_as_it_was(v: View) -> Answer:
    asked = v.dossier.reduction
    if asked is None or asked.at > v.now or asked.site not in {site.site for site in v.dossier.sites}:
        return Answer(True, "No site is to leave.")
    if asked.organisation != v.dossier.organisation and not v.outsider(asked):
        return Answer(True, f"{asked.organisation} cannot ask for a reduction.")
    return Answer(False, f"Asked for on {day(asked.at)}: {asked.site} leaves.", (asked.site,))
