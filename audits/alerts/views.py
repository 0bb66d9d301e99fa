"""Alerts as people read them over the API: clocks and states in lists, the words only one by one.

Owns the shapes. Who may see what is asked in `relations`; that reading the words is written down, in `service`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import defer

from audits.alerts.raising import alert_hours, late_by
from audits.alerts.relations import HANDLER
from audits.alerts.tables import AlertRow, AlertWordRow
from audits.tables import AuditRow, FindingRow
from ground.canonical import Json, instant
from ground.database import Reading


def line(session: Reading, alert: AlertRow) -> dict[str, Json]:
    """An alert in a list: where, since when and until when; not what was seen. late_by_hours: hours begun since the
    standard wanted it; 0 when it came in time."""
    return {
        "id": alert.id,
        "audit": alert.audit_id,
        "site": alert.site_id,
        "provision": alert.provision,
        "state": alert.state,
        "seen_at": instant(alert.seen_at),
        "raised_at": instant(alert.raised_at),
        "late_by_hours": late_by(alert, alert_hours(_audit(session, alert))),
        "held_until": _moment(alert.held_until),
        "ended_at": _moment(alert.ended_at),
        "ended_by": alert.ended_by or None,
    }


def whole(session: Reading, alert: AlertRow) -> dict[str, Json]:
    """All of it. words: what people said about a longer hold or laying it aside, oldest first. waiting_for: what the
    words that had no effect yet lack. zero_tolerance: as it was filed; null once it is laid aside."""
    query = select(AlertWordRow).where(AlertWordRow.alert_id == alert.id).order_by(AlertWordRow.id)
    words, finding = list(session.scalars(query)), session.get(FindingRow, alert.id)
    return {
        **line(session, alert),
        "raised_by": alert.raised_by,
        "reason": alert.reason,
        "zero_tolerance": finding.zero_tolerance if finding is not None and alert.state != "dismissed" else None,
        "deliberate": alert.deliberate,
        "concealed": alert.concealed,
        "worst_form": alert.worst_form,
        "by_management": alert.by_management,
        "safe_because": alert.safe_because or None,
        "told": alert.told or None,
        "words": [_word(row) for row in words],
        "waiting_for": _waiting_for(alert, words),
    }


def _audit(session: Reading, alert: AlertRow) -> AuditRow:
    """Without its document: a report is long."""
    return session.get_one(AuditRow, alert.audit_id, options=[defer(AuditRow.document)])


def _waiting_for(alert: AlertRow, words: list[AlertWordRow]) -> list[Json]:
    """One sentence for each wish that waits for a second person: nothing has changed until then."""
    if alert.state != "held":
        return []
    said: list[Json] = []
    for act, until in dict.fromkeys((word.act, word.until) for word in words if not word.used):
        roles = {
            role for word in words if not word.used and (word.act, word.until) == (act, until) for role in word.roles
        }
        if act == "extend":
            who = "one more person" if HANDLER in roles else "the protection handler"
            said.append(f"not held longer yet: {who} has to say the same, until {_moment(until)}")
        else:
            who = "a decider" if HANDLER in roles else "the protection handler"
            said.append(f"not laid aside yet: {who} has to say the same")
    return said


def _word(row: AlertWordRow) -> dict[str, Json]:
    return {
        "act": row.act,
        "until": _moment(row.until),
        "reason": row.reason,
        "person": row.person,
        "at": instant(row.at),
        "had_effect": row.used,
    }


def _moment(moment: datetime | None) -> str | None:
    return instant(moment) if moment else None
