"""What a person makes of a hit: confirmed with a reason, or dismissed with one.

Owns the judgement and who may pass it. Confirming needs one person; lifting what was confirmed needs two, of different
organisations; nobody judges a hit about their own organisation. Every step stays in the hit's history.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from audits.screening import passes
from audits.screening.relations import JUDGE, READ_HITS
from audits.screening.tables import HitRow, PlaceRow
from ground import access, journal, outbox
from ground.access import Actor
from ground.database import Reading, Writing, lock
from ground.errors import Conflict, Forbidden, NotFound
from ground.parties import Site


def confirm_hit(session: Writing, actor: Actor, hit_id: str, reason: str, *, now: datetime) -> HitRow:
    """It is the one on the list. From now on it denies. Conflict for one that is confirmed, or off the list."""
    hit = _judged(session, actor, hit_id)
    if hit.state == "confirmed":
        raise Conflict("this hit was confirmed already")
    _judge(session, actor, hit, "confirmed", reason, now)
    return hit


def dismiss_hit(session: Writing, actor: Actor, hit_id: str, reason: str, *, now: datetime) -> HitRow:
    """It is somebody else, or the agent does have its licence. A confirmed hit is lifted by two people of different
    organisations: the first call asks, the second one does it."""
    hit = _judged(session, actor, hit_id)
    if hit.state == "dismissed":
        raise Conflict("this hit was dismissed already")
    if hit.state == "confirmed" and hit.lift_by is None:
        hit.lift_by, hit.changed_at = actor.organisation, now
        session.flush()
        _note(session, actor, hit, "lift_asked", reason, now)
        return hit
    if hit.state == "confirmed" and hit.lift_by == actor.organisation:
        raise Conflict("somebody of your organisation asked for it; a person of another organisation must agree")
    _judge(session, actor, hit, "dismissed", reason, now, act="lifted" if hit.state == "confirmed" else "dismissed")
    return hit


def get_hit(session: Reading, actor: Actor, hit_id: str) -> HitRow:
    hit = session.get(HitRow, hit_id)
    access.check(actor, READ_HITS, ())
    if hit is None:
        raise NotFound("there is no such hit")
    return hit


def sites_of(session: Reading, hit: HitRow) -> list[str]:
    """The sites that this hit concerns."""
    if hit.about == "site":
        return [hit.about_id]
    query = select(Site.id).where(Site.organisation_id == hit.about_id).order_by(Site.id)
    if hit.about == "place":
        query = select(PlaceRow.site_id).where(PlaceRow.id == hit.about_id, PlaceRow.removed_at.is_(None))
    return list(session.scalars(query))


def organisation_of(session: Reading, hit: HitRow) -> str:
    """Whose it is, and who therefore must not judge it."""
    if hit.about == "organisation":
        return hit.about_id
    query = select(Site.organisation_id).where(Site.id == hit.about_id)
    if hit.about == "place":
        query = select(Site.organisation_id).join(PlaceRow, PlaceRow.site_id == Site.id)
        query = query.where(PlaceRow.id == hit.about_id)
    return session.scalar(query) or ""


def _judged(session: Writing, actor: Actor, hit_id: str) -> HitRow:
    access.check(actor, JUDGE, ())
    lock(session, "screening")
    hit = session.get(HitRow, hit_id, with_for_update=True)
    if hit is None:
        raise NotFound("there is no such hit")
    if organisation_of(session, hit) == actor.organisation:
        raise Forbidden("nobody judges a hit about their own organisation")
    if hit.state == "delisted":
        raise Conflict("this hit has ended: the list does not say so any more")
    return hit


def _judge(
    session: Writing, actor: Actor, hit: HitRow, state: str, reason: str, now: datetime, act: str = "confirmed"
) -> None:
    hit.state = "confirmed" if state == "confirmed" else "dismissed"
    hit.changed_at, hit.lift_by = now, None
    session.flush()
    _note(session, actor, hit, act, reason, now)
    for site in sites_of(session, hit):
        outbox.record(session, "screening_changed", site, now=now, site=site)


def _note(session: Writing, actor: Actor, hit: HitRow, act: str, reason: str, now: datetime) -> None:
    passes.act(session, hit, act, now, reason=reason, person=actor.person, organisation=actor.organisation)
    journal.record(session, actor, f"hit_{act}", hit.id, {"list": hit.list_id, "strength": hit.strength}, now=now)
