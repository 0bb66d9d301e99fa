"""The draw that stands: cancelling an assignment, or asking beside it, changes neither firm nor lead.

Owns which earlier draws a new request for the same site and kind of audit starts from. Reads only. A random number is
worth nothing to whoever may throw it away and draw the next one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from audits.independence import roster
from audits.independence.rules import Candidate
from audits.independence.tables import AssignmentRow, DrawRow
from ground.database import Reading
from ground.errors import Invalid

STANDS_DAYS = 90  # from the cancellation: as long as a window may be, so waiting for the next lot costs a season [P]
REASON_LEAST = 10  # characters that can be seen: "x" is no reason [P]

Drawn = tuple[str, str]
"""Firm and lead."""


def check_reason(reason: str) -> None:
    """Invalid for a reason without words in it."""
    seen = sum(unicodedata.category(symbol)[0] in "LNPS" for symbol in reason)
    if seen < REASON_LEAST:
        raise Invalid(
            f"a cancellation says why, in {REASON_LEAST} characters or more; this has {seen}", where="/reason"
        )


def standing(
    session: Reading, row: AssignmentRow, found: Sequence[Candidate], now: datetime
) -> tuple[Candidate, str] | None:
    """Who was drawn first for an assignment of this kind that came to nothing, and is still eligible; with the words
    that say so.

    Not who sent such an assignment back, and nothing from before an audit that was done under an assignment.
    """
    earlier = {each.id: each for each in _to_nothing(session, row, now)}
    query = select(DrawRow).where(DrawRow.assignment_id.in_(earlier)).order_by(DrawRow.id)
    drawn = list(session.scalars(query)) if earlier else []
    gone = {
        draw.firm_id if draw.declined_for == "firm" else draw.lead_id for draw in drawn if draw.declined_at is not None
    }
    eligible = {(each.firm, each.person): each for each in found if each.eligible}
    for draw in drawn:
        who: Drawn = (str(draw.firm_id), str(draw.lead_id))
        if draw.number is not None and who in eligible and not gone & set(who):
            state = "was cancelled" if earlier[draw.assignment_id].state == "cancelled" else "is accepted and not used"
            return eligible[who], f"drawn on {draw.at.date()} for {draw.assignment_id}, which {state}: that draw stands"
    return None


def _to_nothing(session: Reading, row: AssignmentRow, now: datetime) -> list[AssignmentRow]:
    """Cancelled not long ago, or accepted for these weeks and not used, in the order in which they were asked for; none
    from before the last one that an audit was done under."""
    query = select(AssignmentRow).where(
        AssignmentRow.site_id == row.site_id,
        AssignmentRow.type == row.type,
        AssignmentRow.id != row.id,
        or_(
            AssignmentRow.state == "accepted",
            AssignmentRow.cancelled_at >= now - timedelta(days=STANDS_DAYS),
        ),
    )
    alike = list(session.scalars(query.order_by(AssignmentRow.asked_at, AssignmentRow.id)))
    used = {each.id for each in alike if each.state == "accepted" and roster.used_by(session, each)}
    done = max((each.asked_at for each in alike if each.id in used), default=None)
    return [
        each
        for each in alike
        if each.id not in used
        and (done is None or each.asked_at > done)
        and (each.state == "cancelled" or (each.starts_on <= row.ends_on and each.ends_on >= row.starts_on))
    ]
