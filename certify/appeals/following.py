"""What an appeal leads to, for the file of its application: an appeal that is won must not lie in a drawer.

Owns the words of what the certification body owes then. An appeal changes no finding and lifts nothing by itself
(`certify.appeals.service`); what does stands here beside it, for holder and body alike. Reads only.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from certify.appeals.tables import AppealRow
from ground.canonical import Json, instant
from ground.database import Reading

TAKE_BACK = (
    "The certification body takes back what the decision rests on: it has the audit firm amend the report, judges the "
    "hit on the list anew, or lifts the brake with a second person. The rules then decide again."
)
FOLLOWS: Mapping[str, str] = {  # by the outcome appealed against
    "refuse": TAKE_BACK,
    "suspend": TAKE_BACK,
    "remediation": TAKE_BACK,
    "reduce": "The certification body takes a new application for the site that left, under the rules of today.",
    "propose_revocation": f"Nobody confirms the revocation. {TAKE_BACK}",
    "revoke": "There is no waiting time for a new application, and two people may bind the labels to its certificate.",
}
WAITING = "Two people of different organisations, who had no part in the case, judge it. The decision stands meanwhile."
STANDS = "The decision stands."


def of_application(session: Reading, application: str) -> list[Json]:
    """Each appeal, oldest first: {"id", "against", "certificate", "filed_at", "decide_by", "outcome", "decided_at",
    "follows"}; outcome: null while it waits, else "upheld" or "rejected"."""
    query = select(AppealRow).where(AppealRow.application_id == application).order_by(AppealRow.filed_at, AppealRow.id)
    return [_told(row) for row in session.scalars(query)]


def follows(row: AppealRow) -> str:
    """What comes of it now."""
    if not row.outcome:
        return WAITING
    return FOLLOWS.get(row.against, "") if row.outcome == "upheld" else STANDS


def _told(row: AppealRow) -> dict[str, Json]:
    return {
        "id": row.id,
        "against": row.against,
        "certificate": row.certificate,
        "filed_at": instant(row.filed_at),
        "decide_by": instant(row.decide_by),
        "outcome": row.outcome or None,
        "decided_at": instant(row.decided_at) if row.decided_at else None,
        "follows": follows(row),
    }
