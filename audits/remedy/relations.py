"""Who may do what in remedy: the site's people with their ledger, those who verify, and those who ask workers again.

Owns the grants and the ways to a cohort, a check and a disclosure. A later check does not exist for the organisation
that answers for the site, in whatever second role or membership: that workers are asked again, and what they say, is
never its own to know.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, false, or_, select, true

from audits.relations import check_finding
from audits.remedy.tables import CheckRow, CohortRow, DisclosureRow
from audits.tables import AuditRow, FindingRow
from ground import access, people
from ground.access import Actor, Grant, Relation
from ground.database import Reading, Writing
from ground.errors import NotFound
from ground.parties import Site, relations

READ_LEDGER = "audits.read_repayment"
CONFIRM = "audits.confirm_repayment"
READ_CHECK = "audits.read_check"
DO_CHECK = "audits.do_check"
DISCLOSE = "audits.disclose"
READ_DISCLOSURE = "audits.read_disclosure"
FEED = "audits.read_calendar"

VERIFIERS = ("decider", "handler")
PEOPLE_OF_THE_SITE = ("manager", "agent")
INSIDE = ("decider", "handler")  # who may read what workers said when they were asked again

access.register(
    # "own": a site of the organisation, or an audit of the firm; "assigned": a site at which the firm audits.
    *(Grant(READ_LEDGER, role, "own") for role in (*PEOPLE_OF_THE_SITE, "auditor")),
    Grant(READ_LEDGER, "auditor", "assigned"),
    *(Grant(READ_LEDGER, role, "any") for role in (*VERIFIERS, "scheme_manager")),
    Grant(CONFIRM, "auditor", "own"),
    Grant(CONFIRM, "auditor", "assigned"),
    *(Grant(CONFIRM, role, "any") for role in VERIFIERS),
    Grant(READ_CHECK, "auditor", "own"),
    *(Grant(READ_CHECK, role, "any") for role in (*VERIFIERS, "scheme_manager")),
    Grant(DO_CHECK, "auditor", "own"),
    *(Grant(DO_CHECK, role, "any") for role in VERIFIERS),
    *(Grant(action, role, "own") for action in (DISCLOSE, READ_DISCLOSURE) for role in PEOPLE_OF_THE_SITE),
    Grant(READ_DISCLOSURE, "auditor", "assigned"),
    *(Grant(READ_DISCLOSURE, role, "any") for role in ("decider", "scheme_manager")),
    *(Grant(FEED, role, "own") for role in ("manager", "agent", "auditor", "decider", "handler", "scheme_manager")),
)


def finding_of(session: Reading, actor: Actor, action: str, id: str, *, lock: bool = False) -> FindingRow:
    """The finding, if the actor may do this about the money that is owed because of it. A released one only."""
    row = session.get(FindingRow, id, with_for_update=lock, populate_existing=lock)
    if row is not None and row.released_at is None:
        row = None  # what the site cannot know of has no ledger
    return check_finding(session, actor, action, row)


def cohort_of(session: Writing, actor: Actor, action: str, id: str) -> tuple[CohortRow, FindingRow]:
    """The cohort and its finding, locked."""
    row = session.get(CohortRow, id)
    finding = finding_of(session, actor, action, row.finding_id if row else "", lock=True)
    if row is None:
        raise NotFound("there is no such cohort")
    return row, finding


def check_of(session: Reading, actor: Actor, action: str, id: str, *, lock: bool = False) -> CheckRow:
    """The check, if the actor may do this to it. NotFound for everybody of the site's organisation."""
    row = session.get(CheckRow, id, with_for_update=lock, populate_existing=lock)
    if row is not None and people.works_for(session, actor, session.get_one(Site, row.site_id).organisation_id):
        row = None
    access.check(actor, action, relations(actor, row.firm_id) if row else ())
    if row is None:
        raise NotFound("there is no such thing, or it is not yours to see")
    return row


def visible_checks(actor: Actor) -> ColumnElement[bool]:
    """The checks that the actor may list, as a condition."""
    own = select(Site.id).where(people.is_own(actor, Site.organisation_id))
    seen: ColumnElement[bool] = (
        true() if access.everywhere(actor, READ_CHECK) else CheckRow.firm_id == actor.organisation
    )
    return and_(seen, CheckRow.site_id.not_in(own))


def disclosing_site(session: Reading, actor: Actor, id: str) -> Site:
    """A site of the actor's own organisation. NotFound or Forbidden otherwise."""
    site = session.get(Site, id)
    access.check(actor, DISCLOSE, relations(actor, site.organisation_id) if site else ())
    if site is None or site.organisation_id != actor.organisation:
        raise NotFound("there is no such site")
    return site


def disclosure_of(session: Reading, actor: Actor, id: str) -> DisclosureRow:
    """The disclosure, for the site's people, firms that audit there, and those who decide."""
    row = session.get(DisclosureRow, id)
    found: list[Relation] = []
    if row is not None:
        found += relations(actor, row.organisation_id)
        audited = select(AuditRow.id).where(AuditRow.site_id == row.site_id, AuditRow.firm_id == actor.organisation)
        if session.scalar(audited.limit(1)) is not None:
            found.append("assigned")
    access.check(actor, READ_DISCLOSURE, found)
    if row is None:
        raise NotFound("there is no such disclosure")
    return row


def visible_disclosures(actor: Actor) -> ColumnElement[bool]:
    """The disclosures that the actor may list, as a condition."""
    if access.everywhere(actor, READ_DISCLOSURE):
        return true()
    access.check(actor, READ_DISCLOSURE, ("own", "assigned"))
    seen: list[ColumnElement[bool]] = []
    if "auditor" in actor.roles:
        audited = select(AuditRow.site_id).where(AuditRow.firm_id == actor.organisation)
        seen.append(DisclosureRow.site_id.in_(audited))
    if actor.roles & set(PEOPLE_OF_THE_SITE):
        seen.append(DisclosureRow.organisation_id == actor.organisation)
    return or_(false(), *seen)
