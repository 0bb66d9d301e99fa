"""What screening and the site register say about a place, for the dossier.

Owns the way from rows to facts, in a fixed number of queries. A site that was not held against every list in use, or in
a scheme that has no exclusion list, was not screened: nothing is not the same as clean.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select

from audits.facts import Hit
from audits.screening.relations import RELEASED
from audits.screening.tables import EditionRow, HitRow, ListRow, PassRow, PlaceRow, RefreshRow
from ground.database import Reading
from ground.parties import Site

MISSING = "no licence found: "
"""How the `list` of a Hit begins when it says that an agent is not on a licence list."""


@dataclass(frozen=True)
class Screened:
    """Of one site: the hits concern the site, its owner or, for an agency's office, the agent; and places in its
    register that are no sites here. subcontractors: sites that work for it, and agents' offices; for a place that is no
    site here, the id of its line in the register, which no audit can ever cover."""

    screened_at: datetime | None = None
    hits: tuple[Hit, ...] = ()
    subcontractors: tuple[str, ...] = ()
    refreshed_at: datetime | None = None


def screened(session: Reading, sites: Sequence[str]) -> dict[str, Screened]:
    """One entry per site, in a fixed number of queries. Hits by (at, id), subcontractors by id."""
    passes, hits = _passes(session, sites), _hits(session, sites)
    places: dict[str, list[str]] = defaultdict(list)
    query = select(PlaceRow.site_id, PlaceRow.id, PlaceRow.place_id)
    query = query.where(PlaceRow.site_id.in_(sites), PlaceRow.removed_at.is_(None), RELEASED)
    for site, line, place in session.execute(query):
        places[site].append(place or line)
    refreshed = dict(
        session.execute(
            select(RefreshRow.site_id, func.max(RefreshRow.at))
            .where(RefreshRow.site_id.in_(sites))
            .group_by(RefreshRow.site_id)
        ).all()
    )
    return {
        site: Screened(
            screened_at=passes.get(site),
            hits=tuple(hits[site]),
            subcontractors=tuple(sorted(set(places[site]))),
            refreshed_at=refreshed.get(site),
        )
        for site in sites
    }


def _passes(session: Reading, sites: Sequence[str]) -> dict[str, datetime]:
    """{site: when it was last held against every list in use}, without those that never were."""
    query = select(ListRow.id, ListRow.kind).where(
        ListRow.retired_at.is_(None), ListRow.id.in_(select(EditionRow.list_id))
    )
    kinds = dict(session.execute(query).all())
    if "exclusion" not in kinds.values():
        return {}
    done = (
        select(PassRow.site_id, func.min(PassRow.at), func.count())
        .where(PassRow.site_id.in_(sites), PassRow.list_id.in_(kinds))
        .group_by(PassRow.site_id)
    )
    return {site: at for site, at, count in session.execute(done) if count == len(kinds)}


def _hits(session: Reading, sites: Sequence[str]) -> dict[str, list[Hit]]:
    """Those of lists in use; of a retired list, those that a person confirmed."""
    released = select(PlaceRow.id, PlaceRow.site_id).where(PlaceRow.removed_at.is_(None), RELEASED).subquery()
    query = (
        select(HitRow, ListRow.name, Site.id)
        .join(ListRow, ListRow.id == HitRow.list_id)
        .outerjoin(released, and_(HitRow.about == "place", HitRow.about_id == released.c.id))
        .join(
            Site,
            or_(
                and_(HitRow.about == "site", HitRow.about_id == Site.id),
                and_(HitRow.about == "organisation", HitRow.about_id == Site.organisation_id),
                released.c.site_id == Site.id,
            ),
        )
        .where(Site.id.in_(sites), or_(ListRow.retired_at.is_(None), HitRow.state != "open"))
        .order_by(HitRow.at, HitRow.id)
    )
    found: dict[str, list[Hit]] = defaultdict(list)
    for row, name, site in session.execute(query):
        name = name if row.lineage else MISSING + name
        found[site].append(Hit(row.id, name, row.strength, row.state, row.at))
    return found
