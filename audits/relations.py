"""Who may do what in audits: the grants, and how a caller stands to a site, an audit or a finding.

Owns the one rule that hides things: a site learns of an audit when its report is released, and of a finding when that
is released. Before that its people get the same answer as for an audit that does not exist, so that a visit planned
unannounced stays unannounced, and the time between submission and release tells nothing. The people of the audit firm
who are not on the team read nothing of a submitted report until then either, so that what is held leaves no gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sqlalchemy import ColumnElement, and_, or_, select, true

from audits.tables import AuditRow, FindingRow, MemberRow
from ground import access, people
from ground.access import Actor, Grant, Relation
from ground.database import Reading
from ground.errors import Forbidden, NotFound
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
HANDLER = "handler"  # whose task is protection

Sight = Literal["team", "noted", "none"]
"""How a reader stands to an alert that is held: as one of its team; as one whose reading is written down; or not."""

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
    Grant(READ, HANDLER, "assigned"),  # an audit with an alert that is held
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
        if action == READ and _handles(session, actor, audit):
            relations.add("assigned")
    check_on_team(actor, action, relations)
    if audit is None:
        raise NotFound("there is no such audit")
    return audit


def check_on_team(actor: Actor, action: str, relations: set[Relation]) -> None:
    """`access.check`, in clearer words for an auditor of the firm who lacks nothing but a place on the team."""
    try:
        access.check(actor, action, relations)
    except Forbidden as refusal:
        if "own" not in relations or "auditor" not in actor.roles or "assigned" in relations:
            raise
        try:
            access.check(actor, action, {*relations, "assigned"})
        except Forbidden:
            raise refusal from None
        raise Forbidden("you are not on the team of this audit") from refusal


def check_finding(session: Reading, actor: Actor, action: str, finding: FindingRow | None) -> FindingRow:
    """The finding, if the actor may do this to it. A draft or held finding is the firm's alone; what a submitted report
    says is also for those who decide on it."""
    relations: set[Relation] = set()
    submitted = False
    if finding is not None:
        audit = session.get_one(AuditRow, finding.audit_id)
        # Of an alert that is held, the team alone reads here; others in the room of alerts, where that is written down.
        held = finding.held_until is not None and finding.released_at is None
        kept = held or (audit.submitted_at is not None and audit.released_at is None)
        of_firm = actor.organisation == audit.firm_id and not (kept and not _on_team(session, actor, audit.id))
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
    decides = submitted and access.everywhere(actor, READ) and not _of_the_site(session, actor, finding)
    seen = finding is not None and (finding.released_at is not None or decides)
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
    kept = and_(AuditRow.submitted_at.is_not(None), AuditRow.released_at.is_(None))
    mine = select(MemberRow.audit_id).where(MemberRow.person_id == actor.person)
    ours = and_(FindingRow.audit_id.in_(firms.where(~kept)), FindingRow.held_until.is_(None))
    drafts = or_(ours, and_(FindingRow.audit_id.in_(firms), FindingRow.audit_id.in_(mine)))
    told = or_(FindingRow.released_at.is_not(None), drafts)
    if not access.everywhere(actor, READ):
        return told
    own_sites = select(Site.id).where(people.is_own(actor, Site.organisation_id))
    submitted = select(AuditRow.id).where(AuditRow.submitted_at.is_not(None), AuditRow.site_id.not_in(own_sites))
    return or_(told, and_(FindingRow.held_until.is_(None), FindingRow.audit_id.in_(submitted)))


def _site_is_own(session: Reading, actor: Actor, site: str) -> bool:
    found = session.get(Site, site)
    return found is not None and found.organisation_id == actor.organisation


def check_outside(session: Reading, actor: Actor, finding: FindingRow) -> None:
    """Nobody of the organisation that answers for the site judges its findings or what it does, in whatever role and
    under whatever membership."""
    if people.works_for(session, actor, session.get_one(Site, finding.site_id).organisation_id):
        raise Forbidden(
            "the organisation that answers for the site does not judge its findings, or what it does about them"
        )


def sight_of(session: Reading, actor: Actor, audit: AuditRow) -> Sight:
    """How this reader stands to what is held in the audit. The organisation that answers for the site, and the firm's
    own people beside the team, do not know of it, in whatever second role."""
    if _on_team(session, actor, audit.id):
        return "team"
    if people.works_for(session, actor, session.get_one(Site, audit.site_id).organisation_id):
        return "none"
    return "noted" if access.everywhere(actor, READ) or _handles(session, actor, audit) else "none"


def closed_to(session: Reading, actor: Actor, audit: AuditRow) -> bool:
    """Does this reader get nothing of what the submitted report says, because it is not released yet? With an alert or
    without one: a gap in what is shown would tell."""
    kept = audit.submitted_at is not None and audit.released_at is None
    return kept and sight_of(session, actor, audit) == "none"


def held_findings(session: Reading, actor: Actor, audit: str) -> dict[str, str]:
    """Provision -> finding, of alerts that are held in this audit and that this reader, not of its team, reads in the
    room of alerts."""
    if _on_team(session, actor, audit):
        return {}
    held = select(FindingRow.provision, FindingRow.id).where(FindingRow.audit_id == audit, HELD)
    return dict(session.execute(held).all())


def held_provisions(session: Reading, actor: Actor, audit: str) -> frozenset[str]:
    """Provisions of this audit with an alert that is held, and that this reader has to read elsewhere."""
    return frozenset(held_findings(session, actor, audit))


def _of_the_site(session: Reading, actor: Actor, finding: FindingRow | None) -> bool:
    if finding is None:
        return False
    return people.works_for(session, actor, session.get_one(Site, finding.site_id).organisation_id)


HELD: ColumnElement[bool] = and_(FindingRow.held_until.is_not(None), FindingRow.released_at.is_(None))


def _handles(session: Reading, actor: Actor, audit: AuditRow) -> bool:
    """Is the actor the protection handler of an alert in this audit, and of neither house in it?"""
    if HANDLER not in actor.roles or actor.organisation == audit.firm_id:
        return False
    if _site_is_own(session, actor, audit.site_id):
        return False
    return session.scalar(select(FindingRow.id).where(FindingRow.audit_id == audit.id, HELD).limit(1)) is not None


def _on_team(session: Reading, actor: Actor, audit: str) -> bool:
    return session.get(MemberRow, (audit, actor.person)) is not None


def _works_at(session: Reading, actor: Actor, site: str) -> bool:
    """Is the actor, or the actor's firm, on any audit of this site? Closing findings needs reading them."""
    member = select(MemberRow.audit_id).where(MemberRow.person_id == actor.person)
    mine = or_(AuditRow.firm_id == actor.organisation, AuditRow.id.in_(member))
    return session.scalar(select(AuditRow.id).where(AuditRow.site_id == site, mine).limit(1)) is not None
