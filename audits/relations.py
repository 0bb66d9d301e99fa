"""Who may do what in audits: the grants, and how a caller stands to a site, an audit or a finding.

Owns the one rule that hides things: a site learns of an audit when its report is released, and of a finding when that
is released. Before that its people get the same answer as for an audit that does not exist, so that a visit planned
unannounced stays unannounced, and the time between submission and release tells nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, or_, select, true

from audits.tables import AuditRow, FindingRow, MemberRow
from ground import access
from ground.access import Actor, Grant, Relation
from ground.database import Reading
from ground.errors import NotFound
from ground.parties import Site

READ = "audits.read"
PLAN = "audits.plan"
ANSWER = "audits.answer"
SUBMIT = "audits.submit"
ACT = "audits.act"
APPROVE = "audits.approve"
REGRADE = "audits.regrade"
ENROL = "audits.enrol_key"
REVOKE = "audits.revoke_key"
READ_KEYS = "audits.read_keys"
READ_DRAFT = "audits.read_draft"

OWN: tuple[Relation, ...] = ("own",)  # of what the caller is about to enter, or lists only for itself
ANYWHERE = ("decider", "scheme_manager")  # read every audit; the scheme's own eyes
PEOPLE_OF_THE_SITE = ("manager", "agent")  # a factory's and a labour agency's

access.register(
    # auditor: "own" = an audit of the firm, "assigned" = on the team. Others: "own" = a site of the organisation.
    Grant(PLAN, "auditor", "own"),
    Grant(ANSWER, "auditor", "assigned"),
    Grant(SUBMIT, "auditor", "assigned"),
    Grant(APPROVE, "auditor", "own"),
    Grant(APPROVE, "decider", "any"),
    Grant(REGRADE, "auditor", "own"),
    Grant(REGRADE, "decider", "any"),
    Grant(ENROL, "auditor", "own"),
    Grant(REVOKE, "auditor", "own"),
    Grant(REVOKE, "scheme_manager", "any"),
    Grant(READ_KEYS, "auditor", "own"),
    *(Grant(READ_KEYS, role, "any") for role in ANYWHERE),
    Grant(READ_DRAFT, "auditor", "own"),
    Grant(READ, "auditor", "own"),
    Grant(READ, "auditor", "assigned"),
    *(Grant(READ, role, "any") for role in ANYWHERE),
    *(Grant(action, role, "own") for action in (READ, ACT) for role in PEOPLE_OF_THE_SITE),
)


def check_audit(session: Reading, actor: Actor, action: str, audit: AuditRow | None, team: Sequence[str]) -> AuditRow:
    """The audit, if the actor may do this to it. NotFound or Forbidden otherwise."""
    relations: set[Relation] = set()
    if audit is not None:
        if audit.firm_id == actor.organisation:
            relations.add("own")
            if actor.person in team:
                relations.add("assigned")
        if audit.released_at is not None and _site_is_own(session, actor, audit.site_id):
            relations.add("own")
    access.check(actor, action, relations)
    if audit is None:
        raise NotFound("there is no such audit")
    return audit


def check_finding(session: Reading, actor: Actor, action: str, finding: FindingRow | None) -> FindingRow:
    """The finding, if the actor may do this to it. A draft or held finding is the firm's alone; what a submitted report
    says is also for those who decide on it."""
    relations: set[Relation] = set()
    submitted = False
    if finding is not None:
        audit = session.get_one(AuditRow, finding.audit_id)
        # Of an alert that is held, the team alone reads here; others in the room of alerts, where that is written down.
        held = finding.held_until is not None and finding.released_at is None
        of_firm = actor.organisation == audit.firm_id and not (held and not _on_team(session, actor, audit.id))
        submitted = audit.submitted_at is not None and finding.held_until is None
        released = finding.released_at is not None
        of_site = released and _site_is_own(session, actor, finding.site_id)
        # An organisation may be firm and manufacturer at once: as a firm it never acts for the site it audited, and
        # as the site's owner it never approves its own plan.
        if (of_firm and action != ACT) or (of_site and action != APPROVE):
            relations.add("own")
        if of_firm or of_site or (released and _works_at(session, actor, finding.site_id)):
            relations.add("assigned")
    access.check(actor, action, relations)
    seen = finding is not None and (finding.released_at is not None or (submitted and access.everywhere(actor, READ)))
    if finding is None or not (seen or "own" in relations):
        raise NotFound("there is no such finding")
    return finding


def check_site(session: Reading, actor: Actor, action: str, site: str) -> None:
    """Return if the actor may do this to something at the site."""
    relations: set[Relation] = set()
    if _site_is_own(session, actor, site):
        relations.add("own")
    if _works_at(session, actor, site):
        relations.add("assigned")
    access.check(actor, action, relations)
    if not relations and session.get(Site, site) is None:
        raise NotFound("there is no such site")


def visible_audits(actor: Actor) -> ColumnElement[bool]:
    """The audits that the actor may list, as a condition."""
    if access.everywhere(actor, READ):
        return true()
    own_sites = select(Site.id).where(Site.organisation_id == actor.organisation)
    return or_(
        AuditRow.firm_id == actor.organisation,
        and_(AuditRow.released_at.is_not(None), AuditRow.site_id.in_(own_sites)),
    )


def visible_findings(actor: Actor) -> ColumnElement[bool]:
    """Of the findings at a site that the actor may see, those to be listed: released ones, the firm's drafts, and for
    those who decide the ones of submitted reports."""
    firms = select(AuditRow.id).where(AuditRow.firm_id == actor.organisation)
    mine = select(MemberRow.audit_id).where(MemberRow.person_id == actor.person)
    drafts = and_(FindingRow.audit_id.in_(firms), or_(FindingRow.held_until.is_(None), FindingRow.audit_id.in_(mine)))
    told = or_(FindingRow.released_at.is_not(None), drafts)
    if not access.everywhere(actor, READ):
        return told
    submitted = select(AuditRow.id).where(AuditRow.submitted_at.is_not(None))
    return or_(told, and_(FindingRow.held_until.is_(None), FindingRow.audit_id.in_(submitted)))


def _site_is_own(session: Reading, actor: Actor, site: str) -> bool:
    found = session.get(Site, site)
    return found is not None and found.organisation_id == actor.organisation


def held_provisions(session: Reading, actor: Actor, audit: str) -> frozenset[str]:
    """Provisions of this audit with an alert that is held, and that this reader has to read elsewhere."""
    if _on_team(session, actor, audit):
        return frozenset()
    held = select(FindingRow.provision).where(
        FindingRow.audit_id == audit, FindingRow.held_until.is_not(None), FindingRow.released_at.is_(None)
    )
    return frozenset(session.scalars(held))


def _on_team(session: Reading, actor: Actor, audit: str) -> bool:
    return session.get(MemberRow, (audit, actor.person)) is not None


def _works_at(session: Reading, actor: Actor, site: str) -> bool:
    """Is the actor, or the actor's firm, on any audit of this site? Closing findings needs reading them."""
    member = select(MemberRow.audit_id).where(MemberRow.person_id == actor.person)
    mine = or_(AuditRow.firm_id == actor.organisation, AuditRow.id.in_(member))
    return session.scalar(select(AuditRow.id).where(AuditRow.site_id == site, mine).limit(1)) is not None
