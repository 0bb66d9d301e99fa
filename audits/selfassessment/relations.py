"""Who may write a self-assessment, and who may read it.

Owns the grants and the ways to a self-assessment. The people of the site write it and see it always. Others see what is
submitted only: those who decide, the scheme's managers, and the members of an audit team at the site under the same
standard; of what came after their report they see nothing. For everybody else it does not exist. The site is never told
who read it: an unannounced visit would be announced by it.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, false, or_, select

from audits.selfassessment.tables import AssessmentRow
from audits.tables import AuditRow, MemberRow
from audits.views import team_of
from ground import access
from ground.access import Actor, Grant, Relation
from ground.database import Reading
from ground.errors import Conflict, NotFound
from ground.parties import Site, relations
from ground.people import works_for

WRITE = "audits.assess"
READ = "audits.read_assessment"
COMPARE = "audits.read_comparison"

PEOPLE_OF_THE_SITE = ("manager", "agent")
ANYWHERE = ("decider", "scheme_manager")

access.register(
    # "own": a site of the organisation; "assigned": on the team of an audit there.
    *(Grant(action, role, "own") for action in (WRITE, READ, COMPARE) for role in PEOPLE_OF_THE_SITE),
    *(Grant(action, "auditor", "assigned") for action in (READ, COMPARE)),
    *(Grant(action, role, "any") for action in (READ, COMPARE) for role in ANYWHERE),
)


def site_of(session: Reading, actor: Actor, site_id: str) -> Site:
    """A site of the actor's own organisation, to write about. NotFound or Forbidden otherwise."""
    site = session.get(Site, site_id)
    access.check(actor, WRITE, relations(actor, site.organisation_id) if site else ())
    if site is None:
        raise NotFound("there is no such site")
    return site


def own_of(session: Reading, actor: Actor, id: str, *, lock: bool = False) -> AssessmentRow:
    """The self-assessment, for the people of the site that it is of. NotFound or Forbidden otherwise."""
    row = session.get(AssessmentRow, id, with_for_update=lock, populate_existing=lock)
    access.check(actor, WRITE, relations(actor, row.organisation_id) if row else ())
    if row is None:
        raise NotFound("there is no such self-assessment")
    return row


def draft_of(session: Reading, actor: Actor, id: str, *, lock: bool = False) -> AssessmentRow:
    """The same, to write in it. Conflict once it is submitted."""
    row = own_of(session, actor, id, lock=lock)
    if row.submitted_at is not None:
        raise Conflict("the self-assessment is submitted; what is submitted never changes: open a new version")
    return row


def assessment_of(session: Reading, actor: Actor, id: str) -> AssessmentRow:
    """The self-assessment, if the actor may read it. NotFound or Forbidden otherwise."""
    row = session.get(AssessmentRow, id)
    if row is not None and row.submitted_at is None and not relations(actor, row.organisation_id):
        row = None  # a draft is the site's alone
    held: list[Relation] = []
    if row is not None:
        held += relations(actor, row.organisation_id)
        if session.scalar(select(AssessmentRow.id).where(AssessmentRow.id == row.id, _on_a_team(actor))) is not None:
            held.append("assigned")
    access.check(actor, READ, held)
    if row is None:
        raise NotFound("there is no such self-assessment")
    return row


def readable(session: Reading, actor: Actor, id: str) -> bool:
    """May the actor read it, and so the documents in it?"""
    try:
        assessment_of(session, actor, id)
    except NotFound:
        return False
    return True


def visible(actor: Actor) -> ColumnElement[bool]:
    """The self-assessments that the actor may list, as a condition. Forbidden for roles that read none."""
    access.check(actor, READ, ("own", "assigned"))
    seen: list[ColumnElement[bool]] = []
    if actor.roles & set(PEOPLE_OF_THE_SITE):
        seen.append(AssessmentRow.organisation_id == actor.organisation)
    if access.everywhere(actor, READ):
        seen.append(AssessmentRow.submitted_at.is_not(None))
    elif "auditor" in actor.roles:
        seen.append(_on_a_team(actor))
    return or_(false(), *seen)


def compared_audit(session: Reading, actor: Actor, audit_id: str) -> AuditRow:
    """The audit, if the actor may hold the self-assessment against it: its team, those who decide and, once the report
    is released, the people of the site; to whoever works for it, in any role, an audit before that does not exist."""
    audit = session.get(AuditRow, audit_id)
    owner = session.get_one(Site, audit.site_id).organisation_id if audit is not None else ""
    if audit is not None and audit.released_at is None and works_for(session, actor, owner):
        audit = None
    held: list[Relation] = []
    if audit is not None:
        held += relations(actor, owner)
        if audit.firm_id == actor.organisation and actor.person in team_of(session, audit.id):
            held.append("assigned")
    access.check(actor, COMPARE, held)
    if audit is None:
        raise NotFound("there is no such audit")
    return audit


def _on_a_team(actor: Actor) -> ColumnElement[bool]:
    """Is the actor on the team of an audit at the site, under the same standard, to which this was there to be read?"""
    return and_(
        AssessmentRow.submitted_at.is_not(None),
        exists().where(
            AuditRow.site_id == AssessmentRow.site_id,
            AuditRow.standard == AssessmentRow.standard,
            AuditRow.firm_id == actor.organisation,
            MemberRow.audit_id == AuditRow.id,
            MemberRow.person_id == actor.person,
            or_(AuditRow.submitted_at.is_(None), AssessmentRow.submitted_at <= AuditRow.submitted_at),
        ),
    )
