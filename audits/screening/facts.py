"""What screening and the site register say about a place, for the dossier.

Owns the way from rows to facts, in a fixed number of queries. A site that was not held against every list in use, or in
a scheme that has no exclusion list, was not screened: nothing is not the same as clean.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, Select, and_, bindparam, func, or_, select

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
    for site, line, place in session.execute(_PLACES, {"sites": sites}):
        places[site].append(place or line)
    refreshed = dict(session.execute(_REFRESHED, {"sites": sites}).all())
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
    kinds: dict[str, str] = {}
    passes: dict[str, list[datetime]] = defaultdict(list)
    for id, kind, site, at in session.execute(_PASSES, {"sites": sites}):
        kinds[id] = kind
        if site is not None:
            passes[site].append(at)
    if "exclusion" not in kinds.values():
        return {}
    return {site: min(done) for site, done in passes.items() if len(done) == len(kinds)}


def _hits(session: Reading, sites: Sequence[str]) -> dict[str, list[Hit]]:
    """Those of lists in use; of a retired list, those that a person confirmed."""
    found: dict[str, list[Hit]] = defaultdict(list)
    for row, name, site in session.execute(_HITS, {"sites": sites}):
        name = name if row.lineage else MISSING + name
        found[site].append(Hit(row.id, name, row.strength, row.state, row.at))
    return found


# The questions. Each is built once, because building one costs more than asking it, and is about any number of sites.

OF_SITES: BindParameter[str] = bindparam("sites", expanding=True)

_PLACES = select(PlaceRow.site_id, PlaceRow.id, PlaceRow.place_id).where(
    PlaceRow.site_id.in_(OF_SITES), PlaceRow.removed_at.is_(None), RELEASED
)
_REFRESHED = (
    select(RefreshRow.site_id, func.max(RefreshRow.at))
    .where(RefreshRow.site_id.in_(OF_SITES))
    .group_by(RefreshRow.site_id)
)
_PASSES = (  # every list in use, and beside it who of these was held against it
    select(ListRow.id, ListRow.kind, PassRow.site_id, PassRow.at)
    .outerjoin(PassRow, and_(PassRow.list_id == ListRow.id, PassRow.site_id.in_(OF_SITES)))
    .where(ListRow.retired_at.is_(None), ListRow.id.in_(select(EditionRow.list_id)))
)


def _hits_on(sites: BindParameter[str]) -> Select[HitRow, str, str]:
    released = select(PlaceRow.id, PlaceRow.site_id).where(PlaceRow.removed_at.is_(None), RELEASED).subquery()
    return (
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


_HITS = _hits_on(OF_SITES)
