"""Who may do what to the register and to assignments: the grants, and the two ways to a row.

Owns what keeps an unannounced visit unannounced: the people of a site, its holder and every firm that was not drawn get
the same answer for an assignment that exists as for one that does not.
"""

from __future__ import annotations

from audits.independence.tables import AssignmentRow
from audits.relations import ANYWHERE
from ground import access
from ground.access import Actor, Grant
from ground.database import Reading
from ground.errors import NotFound
from ground.parties import Organisation, Person, relations

READ_APPROVALS = "audits.read_approvals"
SET_APPROVALS = "audits.set_approvals"
ASSIGN = "audits.assign"
READ_ASSIGNMENT = "audits.read_assignment"
ANSWER_ASSIGNMENT = "audits.answer_assignment"

access.register(
    # "own": the entry of the auditor's firm or of a colleague; an assignment for which the firm was drawn.
    *(Grant(action, role, "any") for action in (READ_APPROVALS, READ_ASSIGNMENT, ASSIGN) for role in ANYWHERE),
    *(Grant(action, "auditor", "own") for action in (READ_APPROVALS, READ_ASSIGNMENT, ANSWER_ASSIGNMENT)),
    Grant(SET_APPROVALS, "scheme_manager", "any"),
)


def check_firm(session: Reading, actor: Actor, action: str, firm: str) -> Organisation:
    """The audit firm, if the actor may do this to its entry. NotFound or Forbidden otherwise."""
    row = session.get(Organisation, firm)
    access.check(actor, action, relations(actor, firm) if row else ())
    if row is None or "audit_firm" not in row.roles:
        raise NotFound("there is no such audit firm")
    return row


def check_auditor(session: Reading, actor: Actor, action: str, person: str) -> Person:
    """The person of an audit firm, if the actor may do this to the entry. NotFound or Forbidden otherwise."""
    row = session.get(Person, person)
    access.check(actor, action, relations(actor, row.organisation_id) if row else ())
    firm = session.get(Organisation, row.organisation_id) if row else None
    if row is None or firm is None or "audit_firm" not in firm.roles:
        raise NotFound("there is no such auditor")
    return row


def check_assignment(actor: Actor, action: str, row: AssignmentRow | None) -> AssignmentRow:
    """The assignment, if the actor may do this to it: a firm only while it is the one that was drawn."""
    own = relations(actor, row.firm_id) if row is not None and row.firm_id else ()
    access.check(actor, action, own if row is not None and row.state in ("offered", "accepted") else ())
    if row is None:
        raise NotFound("there is no such assignment")
    return row
