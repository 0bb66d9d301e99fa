"""Lists, hits and registers as people read them over the API: JSON of ids, days and words.

Owns the shapes of the answers. What a holder reads of its own hits are the confirmed ones, as grounds, and those that
ended after that: an answer with an open hit has the same bytes as one without.
"""

from __future__ import annotations

from sqlalchemy import and_, func, or_, select

from audits.screening import hits, register
from audits.screening.facts import screened
from audits.screening.lists import current_edition
from audits.screening.mapping import PRESETS, Preset
from audits.screening.relations import READ_SCREENING, RELEASED, check_site
from audits.screening.tables import EditionRow, EntryRow, HitActRow, HitRow, ListRow, PassRow, PlaceRow
from ground.access import Actor
from ground.canonical import Json, instant
from ground.database import Reading
from ground.parties import Site


def list_view(session: Reading, row: ListRow) -> dict[str, Json]:
    current = current_edition(session, row.id)
    return {
        "id": row.id,
        "name": row.name,
        "kind": row.kind,
        "publisher": row.publisher,
        "url": row.url,
        "country": row.country,
        "mapping": row.mapping,
        "current": edition_view(current) if current else None,
        "created_at": instant(row.created_at),
        "retired_at": instant(row.retired_at) if row.retired_at else None,
        "retired_because": row.retired_because,
    }


def edition_view(row: EditionRow) -> dict[str, Json]:
    return {
        "number": row.number,
        "edition": str(row.edition),
        "sha256": row.sha256,
        "entries": row.entries,
        "left_out": row.left_out,
        "added": row.added,
        "changed": row.changed,
        "delisted": row.delisted,
        "imported_at": instant(row.imported_at),
    }


def entry_view(row: EntryRow) -> dict[str, Json]:
    return {
        "id": row.id,
        "row": row.row,
        "name": row.name,
        "aliases": list(row.aliases),
        "identifiers": list(row.identifiers),
        "country": row.country,
        "city": row.city,
        "address": row.address,
        "listed_on": str(row.listed_on) if row.listed_on else None,
        "until": str(row.until) if row.until else None,
    }


def preset_view(preset: Preset) -> dict[str, Json]:
    """A body for registering a list, with a note beside it."""
    return {
        "id": preset.id,
        "note": preset.note,
        "list": {
            "name": preset.name,
            "kind": preset.kind,
            "publisher": preset.publisher,
            "url": preset.url,
            "country": preset.country,
            "mapping": preset.mapping.to_json(),
        },
    }


def presets_view() -> dict[str, Json]:
    return {"items": [preset_view(preset) for preset in PRESETS.values()], "next": None}


def hit_view(session: Reading, hit: HitRow) -> dict[str, Json]:
    """All of a hit, for those who judge it."""
    entry = session.get(EntryRow, hit.entry_id) if hit.entry_id is not None else None
    acts = session.scalars(select(HitActRow).where(HitActRow.hit_id == hit.id).order_by(HitActRow.id))
    return {
        "id": hit.id,
        "list": hit.list_id,
        "about": hit.about,
        "about_id": hit.about_id,
        "sites": list(hits.sites_of(session, hit)),
        "strength": hit.strength,
        "state": hit.state,
        "lift_asked": hit.lift_by is not None,
        "explanation": hit.explanation,
        "entry": entry_view(entry) if entry else None,
        "at": instant(hit.at),
        "changed_at": instant(hit.changed_at),
        "history": [
            {
                "at": instant(act.at),
                "act": act.act,
                "person": act.person,
                "organisation": act.organisation,
                "reason": act.reason,
            }
            for act in acts
        ],
    }


def site_view(session: Reading, actor: Actor, site: str) -> dict[str, Json]:
    """What the site's own people may know: the lists with their days, and confirmed hits."""
    row = check_site(session, actor, READ_SCREENING, site)
    at = screened(session, [site])[site].screened_at
    refreshed = register.refreshed_at(session, site)
    lists: list[Json] = [
        {"name": name, "kind": kind, "publisher": publisher, "edition": str(edition), "held_at": instant(held)}
        for name, kind, publisher, edition, held in session.execute(
            select(ListRow.name, ListRow.kind, ListRow.publisher, func.max(EditionRow.edition), PassRow.at)
            .join(EditionRow, EditionRow.list_id == ListRow.id)
            .join(PassRow, and_(PassRow.list_id == ListRow.id, PassRow.site_id == site))
            .where(ListRow.retired_at.is_(None))
            .group_by(ListRow.id, ListRow.name, ListRow.kind, ListRow.publisher, PassRow.at)
            .order_by(ListRow.name)
        )
    ]
    return {
        "site": site,
        "screened_at": instant(at) if at else None,
        "lists": lists,
        "hits": _confirmed(session, row),
        "register_confirmed_at": instant(refreshed) if refreshed else None,
    }


def _confirmed(session: Reading, site: Site) -> list[Json]:
    """Hits that a person confirmed, with those that the list or two people ended since."""
    places = select(PlaceRow.id).where(PlaceRow.site_id == site.id, RELEASED)
    concerns = or_(
        and_(HitRow.about == "site", HitRow.about_id == site.id),
        and_(HitRow.about == "organisation", HitRow.about_id == site.organisation_id),
        and_(HitRow.about == "place", HitRow.about_id.in_(places)),
    )
    query = (
        select(HitRow, ListRow.name, func.min(HitActRow.at))
        .join(ListRow, ListRow.id == HitRow.list_id)
        .join(HitActRow, and_(HitActRow.hit_id == HitRow.id, HitActRow.act == "confirmed"))
        .where(concerns, HitRow.state != "open")
        .group_by(HitRow.id, ListRow.name)
        .order_by(HitRow.id)
    )
    return [
        {
            "id": hit.id,
            "list": name,
            "about": hit.about,
            "strength": hit.strength,
            "state": hit.state,
            "explanation": hit.explanation,
            "confirmed_at": instant(at),
            "ended_at": instant(hit.changed_at) if hit.state != "confirmed" else None,
        }
        for hit, name, at in session.execute(query)
    ]


def place_view(row: PlaceRow) -> dict[str, Json]:
    return {
        "id": row.id,
        "site": row.site_id,
        "part": row.part,
        "place": row.place_id,
        "name": row.name,
        "address": row.address,
        "city": row.city,
        "country": row.country,
        "registered_id": row.registered_id,
        "work": row.work,
        "since": str(row.since),
        "reason": row.reason,
        "source": row.source,
        "audit": row.audit_id,
        "added_at": instant(row.added_at),
        "removed_on": str(row.removed_on) if row.removed_on else None,
        "removed_because": row.removed_because,
    }
