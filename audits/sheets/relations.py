"""Who may take an audit's sheet along: the team, and nobody else.

Owns the one grant. Filing a filled sheet is answering the audit, and needs the same right.
"""

from __future__ import annotations

from audits.relations import check_audit
from audits.tables import AuditRow
from audits.views import team_of
from ground import access
from ground.access import Actor, Grant
from ground.database import Reading

READ_SHEET = "audits.read_sheet"

access.register(Grant(READ_SHEET, "auditor", "assigned"))


def check_team(session: Reading, actor: Actor, audit_id: str) -> AuditRow:
    """The audit, if the actor is on its team. NotFound or Forbidden otherwise."""
    return check_audit(session, actor, READ_SHEET, session.get(AuditRow, audit_id), team_of(session, audit_id))
