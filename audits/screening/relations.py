"""Who may do what in screening and in the site register, and how a caller stands to a site.

Owns the rule that a holder learns of a hit about itself when a person has confirmed it, as grounds, and never before:
an open hit is a suspicion of ours. And that an auditor's discovery is shown to the site with the report, not earlier.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, select

from audits.screening.tables import PlaceRow
from audits.tables import AuditRow, MemberRow
from ground import access
from ground.access import Actor, Grant, Relation
from ground.database import Reading
from ground.errors import NotFound
from ground.parties import Site

KEEP_LISTS = "audits.keep_lists"
READ_LISTS = "audits.read_lists"
READ_HITS = "audits.read_hits"
JUDGE = "audits.judge_hits"
SCREEN = "audits.screen"
READ_SCREENING = "audits.read_screening"
READ_REGISTER = "audits.read_register"
KEEP_REGISTER = "audits.keep_register"
REPORT_PLACE = "audits.report_place"
STRIKE_PLACE = "audits.strike_place"

KNOWN: tuple[Relation, ...] = ("own",)
"""That lists are kept is no secret: a refusal is 403 and not 404."""
SCHEME = ("scheme_manager", "decider")
HOLDERS = ("manager", "agent")

access.register(
    Grant(KEEP_LISTS, "scheme_manager", "any"),
    *(Grant(action, role, "any") for action in (READ_LISTS, READ_HITS, JUDGE, SCREEN) for role in SCHEME),
    *(Grant(action, role, "any") for action in (READ_SCREENING, READ_REGISTER) for role in SCHEME),
    *(Grant(action, role, "own") for action in (READ_SCREENING, READ_REGISTER, KEEP_REGISTER) for role in HOLDERS),
    # auditor: "assigned" = the firm audits, or audited, this site; to report a place, on the team of that audit.
    Grant(READ_REGISTER, "auditor", "assigned"),
    Grant(REPORT_PLACE, "auditor", "assigned"),
    Grant(STRIKE_PLACE, "auditor", "assigned"),
    Grant(STRIKE_PLACE, "decider", "any"),
)

RELEASED: ColumnElement[bool] = or_(
    PlaceRow.audit_id.is_(None), PlaceRow.audit_id.in_(select(AuditRow.id).where(AuditRow.released_at.is_not(None)))
)
"""Of places in a register: those that the site may know of. What an audit found is told with its report."""


def check_site(session: Reading, actor: Actor, action: str, site: str) -> Site:
    """The site, if the actor may do this to it. NotFound or Forbidden otherwise."""
    row = session.get(Site, site)
    relations: set[Relation] = set()
    if row is not None:
        if row.organisation_id == actor.organisation:
            relations.add("own")
        if audits_it(session, actor, site):
            relations.add("assigned")
    access.check(actor, action, relations)
    if row is None:
        raise NotFound("there is no such site")
    return row


def audits_it(session: Reading, actor: Actor, site: str) -> bool:
    """Does, or did, the actor's firm audit this site?"""
    query = select(AuditRow.id).where(AuditRow.site_id == site, AuditRow.firm_id == actor.organisation)
    return "auditor" in actor.roles and session.scalar(query.limit(1)) is not None


def on_team(session: Reading, actor: Actor, audit: str) -> bool:
    return session.get(MemberRow, (audit, actor.person)) is not None
