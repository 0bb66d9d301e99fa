"""Who may do what to an alert: the team that raised it, the protection handler, and those who decide.

Owns the grants and the way to an alert's row. The people of the site, and everybody of the organisation that answers
for it in whatever second role or membership, get the answer for an alert that does not exist; so do other members of
the audit firm.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, select, true

from audits.alerts.tables import AlertRow
from audits.relations import HANDLER as HANDLER
from audits.tables import MemberRow
from ground import access, people
from ground.access import Actor, Grant, Relation
from ground.database import Reading
from ground.errors import NotFound
from ground.parties import Site

READ = "audits.read_alerts"
RELEASE = "audits.release_alert"
EXTEND = "audits.extend_alert"
DISMISS = "audits.dismiss_alert"

access.register(
    Grant(READ, "auditor", "assigned"),
    *(Grant(READ, role, "any") for role in (HANDLER, "decider", "scheme_manager")),
    Grant(RELEASE, HANDLER, "any"),
    *(Grant(EXTEND, role, "any") for role in (HANDLER, "decider", "scheme_manager")),
    *(Grant(DISMISS, role, "any") for role in (HANDLER, "decider")),
)


def alert_of(session: Reading, actor: Actor, action: str, alert: str, *, lock: bool = False) -> AlertRow:
    """The alert, if the actor may do this to it. NotFound or Forbidden otherwise."""
    row = session.get(AlertRow, alert, with_for_update=lock, populate_existing=lock)
    if row is not None and _of_the_site(session, actor, row):
        row = None
    relations: tuple[Relation, ...] = ("assigned",) if row is not None and on_team(session, actor, row.audit_id) else ()
    access.check(actor, action, relations)
    if row is None:
        raise NotFound("there is no such thing, or it is not yours to see")
    return row


def visible(actor: Actor) -> ColumnElement[bool]:
    """The alerts that the actor may list, as a condition."""
    own = select(Site.id).where(people.is_own(actor, Site.organisation_id))
    mine = select(MemberRow.audit_id).where(MemberRow.person_id == actor.person)
    seen: ColumnElement[bool] = true() if access.everywhere(actor, READ) else AlertRow.audit_id.in_(mine)
    return and_(seen, AlertRow.site_id.not_in(own))


def on_team(session: Reading, actor: Actor, audit: str) -> bool:
    return session.get(MemberRow, (audit, actor.person)) is not None


def _of_the_site(session: Reading, actor: Actor, alert: AlertRow) -> bool:
    return people.works_for(session, actor, session.get_one(Site, alert.site_id).organisation_id)
