"""Who may judge an appeal: people who had no part in the case, in whatever organisation they had it.

Owns what counts as a part, and which organisations are parties of a case. Compared are the human, under all of their
memberships, and all organisations to which they belong. Refuses, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from audits import dossier as testimony
from audits.facts import SiteFacts
from certify import people
from certify.relations import SUSPEND
from certify.tables import (
    AcceptanceRow,
    Application,
    ApplicationSite,
    ApprovalRow,
    CautionRow,
    Certificate,
    PanelWordRow,
    ReductionRow,
)
from ground.access import Actor
from ground.database import Reading
from ground.errors import Forbidden
from ground.journal import JournalRow
from ground.parties import Site

OTHERS = "other people judge the appeal"


def check_uninvolved(session: Reading, actor: Actor, application: str) -> None:
    """Forbidden, with the reason, for somebody who had a part in the case, or who belongs to a party of it."""
    row = session.get_one(Application, application)
    mine = people.same(session, actor.person)
    sites = select(ApplicationSite.site_id).where(ApplicationSite.application_id == application)
    facts = testimony.load(session, list(session.scalars(sites.order_by(ApplicationSite.site_id))))
    if part := _part(session, mine, row, facts):
        raise Forbidden(f"you {part}; {OTHERS}")
    parties = _parties(session, row, facts)
    if actor.organisation in parties:
        raise Forbidden(f"your organisation is a party of the case; {OTHERS}")
    if not parties.isdisjoint(people.organisations(session, mine)):
        raise Forbidden(f"another organisation of yours is a party of the case; {OTHERS}")


def _part(session: Reading, mine: frozenset[str], row: Application, facts: Collection[SiteFacts]) -> str:
    """What the human did in the case, in a few words; "" for nothing."""
    signed: tuple[tuple[str, ColumnElement[bool], InstrumentedAttribute[Any]], ...] = (
        ("accepted its reports", AcceptanceRow.application_id == row.id, AcceptanceRow.person),
        ("approved something in it", ApprovalRow.application_id == row.id, ApprovalRow.person),
        ("spoke on its panel", PanelWordRow.application_id == row.id, PanelWordRow.person),
        ("asked for a smaller scope", ReductionRow.application_id == row.id, ReductionRow.person),
        ("verified its audits again", CautionRow.application_id == row.id, CautionRow.reverified_by),
    )
    for part, of_case, person in signed:
        if session.scalar(select(person).where(of_case, person.in_(mine)).limit(1)) is not None:
            return part
    if any(not mine.isdisjoint(visit.team) for place in facts for visit in place.visits):
        return "were on one of its audits"
    certificates = set(session.scalars(select(Certificate.number).where(Certificate.application_id == row.id)))
    if row.suspension_requested_by in mine or _did(session, mine, certificates, SUSPEND):
        return "asked for the suspension"
    subjects = {row.id, *certificates}
    for place in facts:
        subjects |= {visit.id for visit in place.visits} | {finding.id for finding in place.findings}
    act = _did(session, mine, subjects)
    return f"acted in it ({act})" if act else ""


def _did(session: Reading, mine: frozenset[str], subjects: Collection[str], action: str = "") -> str:
    """What the journal has of them about these, reading apart; "" for nothing."""
    query = select(JournalRow.action).where(JournalRow.person.in_(mine), JournalRow.subject.in_(subjects))
    if action:
        query = query.where(JournalRow.action == action)
    acts = session.scalars(query.order_by(JournalRow.index))
    return next((act for act in acts if not act.endswith("_read")), "")


def _parties(session: Reading, row: Application, facts: Collection[SiteFacts]) -> set[str]:
    """The holder, the owners of its sites and its agents' offices, of those that left the scope too, and the firms."""
    places = {place.site for place in facts}
    owners = session.scalars(select(Site.organisation_id).where(Site.id.in_(places)))
    return {row.organisation_id, *owners, *(visit.firm for place in facts for visit in place.visits)}
