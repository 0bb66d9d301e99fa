"""HTTP of screening and of the site register, each operation with an example.

Translates bodies to drafts and calls the services, and decides nothing. An edition is parsed before its transaction;
lists over the body limit are imported with `freemark screening import`.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi import Path as PathParameter
from sqlalchemy import select
from starlette.responses import Response

from audits.screening import hits, lists, register, samples, views
from audits.screening.bodies import (
    ConfirmationBody,
    EditionBody,
    ListBody,
    NothingBody,
    PlaceBody,
    ReasonBody,
    RemovalBody,
)
from audits.screening.mapping import from_json
from audits.screening.parsing import ParsedList, parse_list
from audits.screening.relations import KEEP_LISTS, KNOWN, READ_HITS, READ_LISTS, READ_REGISTER, SCREEN, check_site
from audits.screening.tables import EditionRow, EntryRow, HitRow, HitState, ListRow, PlaceRow
from ground import journal, outbox
from ground.access import check, everywhere
from ground.canonical import Json, instant
from ground.database import Writing
from ground.web import ID_PATTERN, PROBLEMS, READ_PROBLEMS, Call, Paging, Reader, Writer, example, listed

router = APIRouter(tags=["screening"])

ListId = Annotated[str, PathParameter(pattern=ID_PATTERN, description="the list's id")]
HitId = Annotated[str, PathParameter(pattern=ID_PATTERN, description="the hit's id")]
SiteId = Annotated[str, PathParameter(pattern=ID_PATTERN, description="the site's id")]
AuditId = Annotated[str, PathParameter(pattern=ID_PATTERN, description="the audit's id")]
LineId = Annotated[str, PathParameter(pattern=ID_PATTERN, description="the line's id in the register")]


def _page(item: dict[str, Json]) -> dict[str, Json]:
    return {"items": [item], "next": None}


# Lists.


@router.get(
    "/v1/screening/presets",
    summary="List the mappings of well-known lists",
    description="Starts, not promises: publishers change their columns. Compare with the file, change, then register.",
    responses={**READ_PROBLEMS, 200: example("All of them.", _page(samples.PRESET))},
)
def list_presets(call: Reader) -> dict[str, Any]:
    check(call.actor, READ_LISTS, KNOWN)
    return views.presets_view()


@router.post(
    "/v1/screening/lists",
    status_code=201,
    summary="Register a list",
    description="For scheme managers. It is in use from its first edition on.",
    responses={**PROBLEMS, 201: example("The list.", {**samples.LIST, "current": None})},
)
def register_list(body: ListBody, call: Writer) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        row = lists.register_list(
            session,
            call.actor,
            name=body.name,
            kind=body.kind,
            publisher=body.publisher,
            url=body.url,
            country=body.country,
            mapping=body.mapping.mapping(),
            now=call.now,
        )
        return 201, views.list_view(session, row)

    return call.run(work)


@router.get(
    "/v1/screening/lists",
    summary="List the lists",
    description="For scheme managers and deciders. Ordered by id.",
    responses={**READ_PROBLEMS, 200: example("One page.", _page(samples.LIST))},
)
def list_lists(call: Reader, page: Paging) -> dict[str, Any]:
    check(call.actor, READ_LISTS, KNOWN)
    with call.world.db.read() as session:
        return listed(session, select(ListRow), ListRow.id, page, lambda row: views.list_view(session, row))


@router.get(
    "/v1/screening/lists/{list_id}",
    summary="Read a list",
    description="With its mapping and its current edition.",
    responses={**READ_PROBLEMS, 200: example("The list.", samples.LIST)},
)
def get_list(list_id: ListId, call: Reader) -> dict[str, Any]:
    check(call.actor, READ_LISTS, KNOWN)
    with call.world.db.read() as session:
        return views.list_view(session, lists.get_list(session, list_id))


@router.post(
    "/v1/screening/lists/{list_id}/editions",
    summary="Import an edition of a list",
    description="For scheme managers: the whole file, all of it or nothing; every fault is told with its row and "
    "column. Entries that vanished are delisted, everybody is held against it at once, and the same file again changes "
    "nothing. Larger files: `freemark screening import`.",
    responses={**PROBLEMS, 200: example("The edition, and whether it is new.", samples.IMPORTED)},
)
def import_edition(list_id: ListId, body: EditionBody, call: Writer) -> Response:
    parsed = _parsed(call, list_id, body)

    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        row = lists.importable(session, call.actor, list_id)
        ready = parsed or parse_list(body.csv.encode(), from_json(row.mapping), country=row.country)
        made, new = lists.import_edition(session, call.actor, list_id, ready, edition=body.edition, now=call.now)
        return 200, {"new": new, **views.edition_view(made)}

    return call.run(work)


def _parsed(call: Call, list_id: str, body: EditionBody) -> ParsedList | None:
    """The file, read while nothing is locked. None for a list that is not there or a caller who may not: the
    transaction says so, after it has looked at the Idempotency-Key."""
    if not everywhere(call.actor, KEEP_LISTS):
        return None
    with call.world.db.read() as session:
        row = session.get(ListRow, list_id)
    return parse_list(body.csv.encode(), from_json(row.mapping), country=row.country) if row else None


@router.get(
    "/v1/screening/lists/{list_id}/editions",
    summary="List the editions of a list",
    description="For scheme managers and deciders. The oldest first.",
    responses={**READ_PROBLEMS, 200: example("One page.", _page(samples.EDITION))},
)
def list_editions(list_id: ListId, call: Reader, page: Paging) -> dict[str, Any]:
    check(call.actor, READ_LISTS, KNOWN)
    with call.world.db.read() as session:
        query = select(EditionRow).where(EditionRow.list_id == lists.get_list(session, list_id).id)
        return listed(session, query, EditionRow.number, page, views.edition_view)


@router.get(
    "/v1/screening/lists/{list_id}/entries",
    summary="List the entries of a list",
    description="For scheme managers and deciders: those of the current edition.",
    responses={**READ_PROBLEMS, 200: example("One page.", _page(samples.ENTRY))},
)
def list_entries(list_id: ListId, call: Reader, page: Paging) -> dict[str, Any]:
    check(call.actor, READ_LISTS, KNOWN)
    with call.world.db.read() as session:
        query = select(EntryRow).where(
            EntryRow.list_id == lists.get_list(session, list_id).id, EntryRow.last_edition.is_(None)
        )
        return listed(session, query, EntryRow.id, page, views.entry_view)


@router.post(
    "/v1/screening/lists/{list_id}/retirement",
    summary="Retire a list",
    description="For scheme managers. Nobody is held against it any more; hits that were confirmed stand until lifted.",
    responses={**PROBLEMS, 200: example("The list.", {**samples.LIST, "retired_at": "2026-07-01T08:00:00Z"})},
)
def retire_list(list_id: ListId, body: ReasonBody, call: Writer) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        row = lists.retire_list(session, call.actor, list_id, body.reason, now=call.now)
        return 200, views.list_view(session, row)

    return call.run(work)


# Hits.


@router.get(
    "/v1/screening/hits",
    summary="List hits",
    description="For scheme managers and deciders. Ordered by id.",
    responses={**READ_PROBLEMS, 200: example("One page.", _page(samples.HIT))},
)
def list_hits(
    call: Reader,
    page: Paging,
    state: Annotated[HitState | None, Query(description="only in this state")] = None,
    in_list: Annotated[str | None, Query(alias="list", pattern=ID_PATTERN, description="only on this list")] = None,
    about: Annotated[str | None, Query(pattern=ID_PATTERN, description="only about this site or organisation")] = None,
) -> dict[str, Any]:
    check(call.actor, READ_HITS, ())
    query = select(HitRow)
    for column, wanted in ((HitRow.state, state), (HitRow.list_id, in_list), (HitRow.about_id, about)):
        if wanted is not None:
            query = query.where(column == wanted)
    with call.world.db.read() as session:
        return listed(session, query, HitRow.id, page, lambda hit: views.hit_view(session, hit))


@router.get(
    "/v1/screening/hits/{hit}",
    summary="Read a hit",
    description="What was compared, folded away and agreed, the entry, and what people made of it.",
    responses={**READ_PROBLEMS, 200: example("The hit.", samples.HIT)},
)
def get_hit(hit: HitId, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        return views.hit_view(session, hits.get_hit(session, call.actor, hit))


@router.post(
    "/v1/screening/hits/{hit}/confirmation",
    summary="Confirm a hit",
    description="For scheme managers and deciders: it is the one on the list. A confirmed hit denies.",
    responses={**PROBLEMS, 200: example("The hit.", samples.HIT)},
)
def confirm_hit(hit: HitId, body: ReasonBody, call: Writer) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        return 200, views.hit_view(session, hits.confirm_hit(session, call.actor, hit, body.reason, now=call.now))

    return call.run(work)


@router.post(
    "/v1/screening/hits/{hit}/dismissal",
    summary="Dismiss a hit",
    description="For scheme managers and deciders: it is somebody else, or the licence was found elsewhere. It stays "
    "so unless the entry changes. A confirmed hit is lifted by two people of different organisations, one call each.",
    responses={**PROBLEMS, 200: example("The hit.", {**samples.HIT, "state": "dismissed"})},
)
def dismiss_hit(hit: HitId, body: ReasonBody, call: Writer) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        return 200, views.hit_view(session, hits.dismiss_hit(session, call.actor, hit, body.reason, now=call.now))

    return call.run(work)


# A site: its screening, its register.


@router.post(
    "/v1/sites/{site}/screening",
    status_code=202,
    summary="Hold a site against the lists now",
    description="For scheme managers and deciders: the site, its owner and the places in its register, against every "
    "list in use, right after this answer.",
    responses={**PROBLEMS, 202: example("It was asked.", samples.ASKED)},
)
def screen_site(site: SiteId, body: NothingBody, call: Writer) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        check_site(session, call.actor, SCREEN, site)
        journal.record(session, call.actor, "screening_asked", site, {}, now=call.now)
        outbox.record(session, "screening_asked", site, now=call.now, site=site)
        return 202, {"site": site, "asked_at": instant(call.now)}

    return call.run(work)


@router.get(
    "/v1/sites/{site}/screening",
    summary="Read a site's screening",
    description="When it was held against which edition of which list, and the hits that a person confirmed. For the "
    "people of the site, scheme managers and deciders.",
    responses={**READ_PROBLEMS, 200: example("The screening.", samples.SITE)},
)
def get_screening(site: SiteId, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        return views.site_view(session, call.actor, site)


@router.get(
    "/v1/sites/{site}/register",
    summary="List a site's subcontractors and agents",
    description="For the people of the site, its auditors, scheme managers and deciders. Ordered by id.",
    responses={**READ_PROBLEMS, 200: example("One page.", _page(samples.PLACE))},
)
def list_register(
    site: SiteId,
    call: Reader,
    page: Paging,
    removed: Annotated[bool, Query(description="also those that were taken off")] = False,
) -> dict[str, Any]:
    with call.world.db.read() as session:
        check_site(session, call.actor, READ_REGISTER, site)
        query = register.lines(session, call.actor, site)
        if not removed:
            query = query.where(PlaceRow.removed_at.is_(None))
        return listed(session, query, PlaceRow.id, page, views.place_view)


@router.post(
    "/v1/sites/{site}/register",
    status_code=201,
    summary="Add a subcontractor or an agent",
    description="For the people of the site: a site here by its id, any other place by its name.",
    responses={**PROBLEMS, 201: example("The line.", samples.PLACE)},
)
def add_place(site: SiteId, body: PlaceBody, call: Writer) -> Response:
    draft = body.draft()
    return call.run(
        lambda session: (201, views.place_view(register.add_place(session, call.actor, site, draft, now=call.now)))
    )


@router.post(
    "/v1/sites/{site}/register/confirmation",
    summary="Confirm the register",
    description="For the people of the site, at least as often as the rulebook says: these lines are all there is.",
    responses={**PROBLEMS, 200: example("What was confirmed.", samples.CONFIRMED)},
)
def confirm_register(site: SiteId, body: ConfirmationBody, call: Writer) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        row = register.confirm_register(session, call.actor, site, body.places, now=call.now)
        return 200, {"site": site, "confirmed_at": instant(row.at), "places": list(row.places)}

    return call.run(work)


@router.post(
    "/v1/sites/{site}/register/{line}/removal",
    summary="Take a place off the register",
    description="For the people of the site, with the day and the reason; the line stays readable. What an audit found "
    "is taken off by an auditor of the site or a decider.",
    responses={**PROBLEMS, 200: example("The line.", samples.REMOVED)},
)
def remove_place(site: SiteId, line: LineId, body: RemovalBody, call: Writer) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        row = register.remove_place(session, call.actor, site, line, on=body.on, reason=body.reason, now=call.now)
        return 200, views.place_view(row)

    return call.run(work)


@router.post(
    "/v1/audits/{audit}/places",
    status_code=201,
    summary="Report a place that the audit came upon",
    description="For the team: a subcontractor or agent that works for the audited site. The site learns of it with "
    "the report.",
    responses={**PROBLEMS, 201: example("The line.", samples.FOUND)},
)
def report_place(audit: AuditId, body: PlaceBody, call: Writer) -> Response:
    draft = body.draft()
    return call.run(
        lambda session: (201, views.place_view(register.report_place(session, call.actor, audit, draft, now=call.now)))
    )
