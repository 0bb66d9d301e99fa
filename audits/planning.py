"""Entering an audit: where, when, by whom, announced how, and under which profiles of the standard.

Owns `plan_audit` and nothing after it. Nobody at the site is told. Whether firm and team may be there at all is asked
of `independence` where the standard has rules for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from audits import closing, rules, scope, standard
from audits.drafts import AuditDraft
from audits.independence.facts import check_planned
from audits.relations import OWN, PLAN
from audits.tables import AuditRow, MemberRow
from audits.views import audit_view
from ground import access, journal
from ground.access import Actor
from ground.canonical import Json
from ground.database import Writing
from ground.errors import Invalid
from ground.ids import new_id
from ground.parties import Membership, Site


def plan_audit(session: Writing, actor: Actor, draft: AuditDraft, *, now: datetime) -> dict[str, Json]:
    """Enter an audit by the actor's firm, with the actor on the team. Nobody at the site is told.

    The profiles of the standard that apply to the site are fixed now. Raises Invalid for dates, team, site, kind or
    standard that cannot be; Conflict when a closure would be under a standard that asks less than the one under which
    was found what is open here, when a priority closure would be done by the team that found it, or when the standard
    asks for independence and something speaks against firm or team.
    """
    access.check(actor, PLAN, OWN)
    site = session.get(Site, draft.site)
    if site is None:
        raise Invalid(f"there is no site {draft.site[:40]!r}", where="/site")
    if site.organisation_id == actor.organisation:
        raise Invalid("a firm does not audit its own sites", where="/site")
    catalogue = standard.load(draft.standard, where="/standard")
    rules.check_dates(draft.starts_on, draft.ends_on, now.date())
    if draft.remote and draft.type != "closure":
        raise Invalid(f"{draft.type} is done on site; only a closure may be remote", where="/remote")
    if draft.notice is not None and (draft.notice == "announced") != draft.announced:
        raise Invalid(f"announced is {str(draft.announced).lower()}, and notice is {draft.notice}", where="/notice")
    _check_team(session, actor, draft.team)
    if draft.type in scope.CLOSING:
        closing.check_standard(session, draft.site, catalogue.id)
    if draft.type == "priority_closure":
        closing.check_other_team(session, draft.site, draft.team)
    notice = draft.notice or ""
    if catalogue.fieldwork is not None:
        scope.check_subject(site, draft.type)
        check_planned(
            session,
            site=draft.site,
            type=draft.type,
            firm=actor.organisation,
            team=draft.team,
            starts_on=draft.starts_on,
        )
        notice = notice or ("announced" if draft.announced else "unannounced")
    audit = _audit(draft, actor.organisation, notice, scope.profiles_at(catalogue, site), now)
    session.add(audit)
    session.flush()
    session.add_all(
        MemberRow(audit_id=audit.id, person_id=person, position=position) for position, person in enumerate(draft.team)
    )
    journal.record(
        session,
        actor,
        "audit_planned",
        audit.id,
        {"site": audit.site_id, "type": audit.type, "team": list(draft.team)},
        now=now,
    )
    return audit_view(session, audit)


def _audit(draft: AuditDraft, firm: str, notice: str, profiles: Sequence[str], now: datetime) -> AuditRow:
    return AuditRow(
        id=new_id("aud"),
        site_id=draft.site,
        type=draft.type,
        standard=draft.standard,
        firm_id=firm,
        starts_on=draft.starts_on,
        ends_on=draft.ends_on,
        announced=draft.announced,
        notice=notice,
        remote=draft.remote,
        profiles=list(profiles),
        effort_planned=draft.effort_planned,
        planned_at=now,
    )


def _check_team(session: Writing, actor: Actor, team: Sequence[str]) -> None:
    if len(set(team)) != len(team):
        raise Invalid("a person stands twice in the team", where="/team")
    if actor.person not in team:
        raise Invalid("who enters an audit is on its team", where="/team")
    auditors = set(
        session.scalars(
            select(Membership.person_id).where(
                Membership.organisation_id == actor.organisation,
                Membership.role == "auditor",
                Membership.person_id.in_(team),
            )
        )
    )
    for number, person in enumerate(team):
        if person not in auditors:
            raise Invalid(f"{person[:40]!r} is no auditor of your firm", where=f"/team/{number}")
