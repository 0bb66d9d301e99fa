"""The row of an alert, written the moment its finding is held or told; and how late it came.

Owns the one way into the table, for an alert that a team raises and for a priority finding that is held like one.
Knows nothing of answers: whoever files the finding calls this, in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from audits import scope
from audits.alerts.tables import AlertRow
from audits.tables import AuditRow, FindingRow
from ground import journal, outbox
from ground.access import Actor
from ground.canonical import Json
from ground.database import Writing

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Words:
    """What the team said. seen_at: when it was seen or heard; of a held answer, when it was filed."""

    reason: str
    seen_at: datetime
    safe_because: str = ""


def enter(session: Writing, actor: Actor, finding: FindingRow, words: Words, *, now: datetime) -> AlertRow:
    """Write the alert of this finding, held as long as the finding is; journal row and event with it."""
    audit = session.get_one(AuditRow, finding.audit_id)
    alert = AlertRow(
        id=finding.id,
        audit_id=audit.id,
        site_id=audit.site_id,
        provision=finding.provision,
        reason=words.reason,
        deliberate=finding.deliberate,
        concealed=finding.concealed,
        worst_form=finding.worst_form,
        by_management=finding.by_management,
        seen_at=words.seen_at,
        raised_at=now,
        raised_by=actor.person,
        safe_because=words.safe_because,
        held_until=finding.held_until,
        former=finding.former,
    )
    if finding.held_until is None:
        alert.state, alert.ended_at, alert.ended_by = "released", now, "raised"
    session.add(alert)
    session.flush()
    late = late_by(alert, alert_hours(audit))
    detail: dict[str, Json] = {
        "audit": audit.id,
        "release": "now" if finding.held_until is None else "hold",
        **({"late_by_hours": late} if late else {}),
    }
    journal.record(session, actor, "alert_raised", alert.id, detail, now=now)
    tell(session, "alert_raised", alert, now)
    return alert


def tell(session: Writing, event: str, alert: AlertRow, now: datetime) -> None:
    """Upstairs, by id."""
    outbox.record(session, event, alert.site_id, now=now, site=alert.site_id, audit=alert.audit_id, finding=alert.id)


def alert_hours(audit: AuditRow) -> int:
    """Within so many hours of being on site an alert is raised, by the standard."""
    fieldwork = scope.catalogue_of(audit).fieldwork
    return fieldwork.alert_hours if fieldwork else 0


def late_by(alert: AlertRow, hours: int) -> int:
    """Hours begun since it should have been raised; 0 when it came in time. A late one is held like any other: who is
    asked about it is the firm, never those who spoke."""
    over = alert.raised_at - alert.seen_at - hours * HOUR
    return max(0, -(-over // HOUR))
