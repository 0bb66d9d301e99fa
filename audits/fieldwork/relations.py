"""Who may see and do what in the field work of an audit: its team, and the deciders of the certification body.

Owns the grants and the ways to an audit's field work and to a sealed file. For everybody else, the site's own people
first of all, it does not exist, before the report and after: who was talked to is never theirs to know.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, false

from audits.fieldwork.tables import SealedFileRow, SealingKeyRow
from audits.relations import check_on_team
from audits.tables import AuditRow
from audits.views import team_of
from ground import access
from ground.access import Actor, Grant, Relation
from ground.database import Reading, Writing
from ground.errors import Conflict, NotFound
from ground.parties import Site, relations

WRITE = "audits.write_fieldwork"
READ = "audits.read_fieldwork"
CALCULATE = "audits.read_sampling"
SEAL = "audits.seal"
OPEN = "audits.read_sealed"
ENROL = "audits.enrol_sealing_key"
READ_KEYS = "audits.read_sealing_keys"

access.register(
    *(Grant(action, "auditor", "assigned") for action in (WRITE, READ, SEAL)),
    Grant(READ, "decider", "any"),
    # "own": the certification body that a file is sealed to.
    Grant(OPEN, "decider", "own"),
    Grant(ENROL, "decider", "own"),
    *(Grant(READ_KEYS, role, "any") for role in ("auditor", "decider", "scheme_manager")),
    *(Grant(CALCULATE, role, "any") for role in ("auditor", "decider", "scheme_manager")),
)


def audit_of(session: Reading, actor: Actor, action: str, audit_id: str) -> AuditRow:
    """The audit, if the actor may do this to its field work. NotFound or Forbidden otherwise."""
    return _check(session, actor, action, session.get(AuditRow, audit_id))


def unsubmitted(session: Writing, actor: Actor, audit_id: str) -> AuditRow:
    """The audit, locked, for the team to write on. Conflict once its report is submitted."""
    audit = _check(session, actor, WRITE, session.get(AuditRow, audit_id, with_for_update=True))
    if audit.submitted_at is not None:
        raise Conflict("the audit is submitted; a submitted audit never changes")
    return audit


def sealed_of(session: Reading, actor: Actor, sealed: str) -> SealedFileRow:
    """The sealed file, if it is sealed to the actor's organisation. NotFound or Forbidden otherwise."""
    row = session.get(SealedFileRow, sealed)
    own = relations(actor, row.organisation_id) if row else ()
    if row is None or not own:
        raise NotFound("there is no such sealed file")
    access.check(actor, OPEN, own)
    return row


def sealed_to_be_watched(session: Reading, actor: Actor, sealed: str) -> SealedFileRow:
    """The sealed file, for who may know that it is there: the body that it is sealed to, and who runs the scheme."""
    row = session.get(SealedFileRow, sealed)
    if row is None or not (relations(actor, row.organisation_id) or "scheme_manager" in actor.roles):
        raise NotFound("there is no such sealed file")
    return row


def key_of(session: Writing, actor: Actor, key: str) -> SealingKeyRow:
    """The key, for a decider of its organisation to change. NotFound or Forbidden otherwise."""
    row = session.get(SealingKeyRow, key)
    access.check(actor, ENROL, relations(actor, row.organisation_id) if row else ())
    if row is None:
        raise NotFound("there is no such sealing key")
    return row


def addressed(actor: Actor) -> ColumnElement[bool]:
    """Sealed files that the actor may list as theirs."""
    return SealedFileRow.organisation_id == actor.organisation if "decider" in actor.roles else false()


def _check(session: Reading, actor: Actor, action: str, audit: AuditRow | None) -> AuditRow:
    held: set[Relation] = set()
    if audit is not None and audit.firm_id == actor.organisation:
        held.add("own")
        if actor.person in team_of(session, audit.id):
            held.add("assigned")
    # A body that owns the site is the site: its deciders learn nothing of who was talked to there.
    if audit is not None and session.get_one(Site, audit.site_id).organisation_id == actor.organisation:
        raise NotFound("there is no such thing, or it is not yours to see")
    check_on_team(actor, action, held)
    if audit is None:
        raise NotFound("there is no such audit")
    return audit
