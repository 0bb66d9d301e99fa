"""Alerts as people read them over the API: clocks and states in lists, the words only one by one.

Owns the shapes. Who may see what is asked in `relations`; that reading the words is written down, in `service`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from audits.alerts.tables import AlertRow, AlertWordRow
from ground.canonical import Json, instant
from ground.database import Reading


def line(alert: AlertRow) -> dict[str, Json]:
    """An alert in a list: where, since when and until when; not what was seen."""
    return {
        "id": alert.id,
        "audit": alert.audit_id,
        "site": alert.site_id,
        "provision": alert.provision,
        "state": alert.state,
        "seen_at": instant(alert.seen_at),
        "raised_at": instant(alert.raised_at),
        "held_until": _moment(alert.held_until),
        "ended_at": _moment(alert.ended_at),
        "ended_by": alert.ended_by or None,
    }


def whole(session: Reading, alert: AlertRow) -> dict[str, Json]:
    """All of it. words: what people said about a longer hold or laying it aside, oldest first."""
    words = select(AlertWordRow).where(AlertWordRow.alert_id == alert.id).order_by(AlertWordRow.id)
    return {
        **line(alert),
        "raised_by": alert.raised_by,
        "reason": alert.reason,
        "deliberate": alert.deliberate,
        "concealed": alert.concealed,
        "worst_form": alert.worst_form,
        "by_management": alert.by_management,
        "safe_because": alert.safe_because or None,
        "told": alert.told or None,
        "words": [_word(row) for row in session.scalars(words)],
    }


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
