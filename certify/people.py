"""Who has a word in a case, and who had it already, whichever membership they use: humans are compared, not rows.

Owns the two questions that accepting, confirming and the panel ask at the door: whether this human is of the audit, its
firm, the holder or another house that is judged; and whether the same human spoke already as somebody else's colleague.
The rules count rows of persons and organisations, so here is where one human under two of them is turned away. How
memberships of one human are known is `ground.people`'s.
"""

from __future__ import annotations

from sqlalchemy import select

from audits import dossier as testimony
from audits.facts import SiteFacts
from certify.tables import AcceptanceRow, Application, ApplicationSite, ApprovalRow, PanelWordRow
from ground.access import Actor
from ground.database import Reading
from ground.errors import Conflict, Forbidden
from ground.parties import Site
from ground.people import organisations, same

__all__ = ["check_not_judged", "check_not_of_the_audit", "check_one_word", "organisations", "same"]


def check_not_of_the_audit(session: Reading, actor: Actor, application: str, *, to: str) -> None:
    """Nobody judges the work of their own team or firm, in whatever second role (DESIGN.md 5). to: what they wanted."""
    mine = same(session, actor.person)
    visits = [visit for place in _places(session, application) for visit in place.visits]
    if any(not mine.isdisjoint(visit.team) for visit in visits):
        raise Forbidden(f"who was on the audit team cannot {to}")
    if not _houses(session, actor, mine).isdisjoint(visit.firm for visit in visits):
        raise Forbidden(f"a member of the audit firm cannot {to}")


def check_not_judged(session: Reading, actor: Actor, application: str, *, to: str) -> None:
    """Nor do people of the holder, of the owner of one of its sites, or of an agent."""
    places = [place.site for place in _places(session, application)]
    owners = session.scalars(select(Site.organisation_id).where(Site.id.in_(places)))
    judged = {session.get_one(Application, application).organisation_id, *owners}
    if not _houses(session, actor, same(session, actor.person)).isdisjoint(judged):
        raise Forbidden(f"who belongs to the holder, to the owner of a site or to an agent in the case cannot {to}")


def check_one_word(session: Reading, actor: Actor, application: str) -> None:
    """Conflict for a human who, as a member of another organisation, accepted, confirmed the return or spoke on the
    panel since the newest report: what was said before it does not count any more. Two acts of one row the rules see.
    """
    others = same(session, actor.person) - {actor.person}
    if not others:
        return
    submitted = [v.submitted_at for place in _places(session, application) for v in place.visits if v.submitted_at]
    tables: list[tuple[str, type[AcceptanceRow | ApprovalRow | PanelWordRow]]] = [
        ("accepted the reports", AcceptanceRow), ("confirmed the return", ApprovalRow),
        ("spoke on the panel", PanelWordRow),
    ]  # fmt: skip
    for part, table in tables:
        query = select(table.person).where(table.application_id == application, table.person.in_(others))
        if table is ApprovalRow:
            query = query.where(ApprovalRow.act == "reinstate")
        if submitted:
            query = query.where(table.at >= max(submitted))
        if session.scalar(query.limit(1)) is not None:
            raise Conflict(f"under another membership you {part} already; it takes another person")


def _places(session: Reading, application: str) -> list[SiteFacts]:
    """What is known of the sites that are in the application now."""
    sites = select(ApplicationSite.site_id).where(
        ApplicationSite.application_id == application, ApplicationSite.left_at.is_(None)
    )
    return list(testimony.load(session, list(session.scalars(sites.order_by(ApplicationSite.site_id)))))


def _houses(session: Reading, actor: Actor, mine: frozenset[str]) -> frozenset[str]:
    return organisations(session, mine) | {actor.organisation}
