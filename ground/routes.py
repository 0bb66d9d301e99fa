"""HTTP of the parties: organisations, sites, people and API tokens, added with POST, read one by one and in pages.

Translates bodies to service calls and rows to JSON, and decides nothing. Who may do what is in `ground.parties` and
`ground.auth`; a thing of another organisation is a 404.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field
from sqlalchemy import select
from starlette.responses import Response

from ground import auth, parties
from ground.access import PersonRole, Scope, check, everywhere
from ground.auth import TokenRow
from ground.canonical import Json, instant
from ground.database import Reading, Writing
from ground.parties import Accreditation, Organisation, OrganisationRole, Person, Site, SiteKind
from ground.web import (
    ID_PATTERN,
    PROBLEMS,
    READ_PROBLEMS,
    Body,
    Call,
    Day,
    Id,
    IdInPath,
    Line,
    LineOrNone,
    Moment,
    Paging,
    Reader,
    Writer,
    example,
    listed,
)

router = APIRouter()

Country = Annotated[str, Field(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]
Sector = Annotated[str, Field(pattern="^([a-z][a-z_]{1,19})?$", description="as a standard names it, such as garment")]
Flag = Annotated[str, Field(pattern="^([A-Z]{2})?$", description="of a vessel: the country whose flag it flies")]
Email = Annotated[str, Field(max_length=254, pattern=r"^([!-?A-~]{1,64}@[0-9A-Za-z.-]{1,185})?$")]
OfOrganisation = Annotated[
    str | None, Query(pattern=ID_PATTERN, description="Only of this organisation; without it, of all you may see.")
]

ORGANISATION = {
    "id": "org_4r1mk7t2v9x0c3qd",
    "name": "Sunrise Garments Ltd",
    "roles": ["manufacturer"],
    "country": "BD",
    "city": "Gazipur",
    "registered_id": "C-118204",
    "accreditation": None,
    "created_at": "2026-06-01T08:00:00Z",
}
SITE = {
    "id": "site_8w3n5e1h6z2k0b7y",
    "organisation": "org_4r1mk7t2v9x0c3qd",
    "kind": "factory",
    "name": "Sunrise Garments, Unit 2",
    "address": "Plot 14, Konabari Road",
    "city": "Gazipur",
    "country": "BD",
    "workers": 640,
    "sector": "garment",
    "flag": "",
    "created_at": "2026-06-01T08:00:00Z",
}
PERSON = {
    "id": "per_2c9v4x7q1m8t5d3k",
    "organisation": "org_4r1mk7t2v9x0c3qd",
    "name": "Bea Rahman",
    "email": "bea@example.org",
    "roles": ["manager"],
    "created_at": "2026-06-01T08:00:00Z",
}
TOKEN = {
    "id": "tok_6p0g3s8f5j1w9h2r",
    "person": "per_2c9v4x7q1m8t5d3k",
    "organisation": "org_4r1mk7t2v9x0c3qd",
    "scopes": ["certify", "labels", "read"],
    "created_at": "2026-06-01T08:00:00Z",
    "expires": "2027-06-01T00:00:00Z",
    "revoked_at": None,
}
SECRET = {**TOKEN, "token": "fm_0123456789ABCDEFGHJKMNPQRSTVWXYZ"}


def _draft(shown: dict[str, Json], *left_out: str) -> dict[str, Any]:
    """The example of a request, from the example of its answer."""
    return {"examples": [{key: value for key, value in shown.items() if key not in ("id", "created_at", *left_out)}]}


class AccreditationDraft(Body):
    body: Line
    number: Line
    scope: Line
    expires: Day = Field(description="the last day on which it counts")


class OrganisationDraft(Body):
    model_config = ConfigDict(json_schema_extra=_draft(ORGANISATION))

    name: Line
    roles: list[OrganisationRole] = Field(min_length=1, max_length=5)
    country: Country
    city: LineOrNone
    registered_id: LineOrNone = Field("", description="number in the public register of its country, if any")
    accreditation: AccreditationDraft | None = Field(None, description="null: not accredited")


class SiteDraft(Body):
    model_config = ConfigDict(json_schema_extra=_draft(SITE))

    organisation: Id
    kind: SiteKind
    name: Line
    address: Line
    city: Line
    country: Country
    workers: int = Field(ge=0, le=parties.MOST_WORKERS, description="people who work there, whoever employs them")
    sector: Sector = ""
    flag: Flag = ""


class PersonDraft(Body):
    model_config = ConfigDict(json_schema_extra=_draft(PERSON))

    organisation: Id
    name: Line
    email: Email = ""
    roles: list[PersonRole] = Field(min_length=1, max_length=5)


class TokenDraft(Body):
    model_config = ConfigDict(json_schema_extra=_draft(TOKEN, "revoked_at"))

    person: Id
    organisation: Id
    scopes: list[Scope] = Field(min_length=1, max_length=5, description="read, and the packages it may write to")
    expires: Moment = Field(description="at most 366 days from now")


class Nothing(Body):
    """An empty body: {}."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


@router.post(
    "/v1/organisations",
    status_code=201,
    tags=["parties"],
    summary="Add an organisation",
    description="For scheme managers. An organisation can have several roles; who holds two is told on public pages.",
    responses={**PROBLEMS, 201: example("The organisation.", ORGANISATION)},
)
def add_organisation(body: OrganisationDraft, call: Writer) -> Response:
    held = body.accreditation
    accreditation = (
        Accreditation(body=held.body, number=held.number, scope=held.scope, expires=held.expires.isoformat())
        if held
        else None
    )

    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        row = parties.add_organisation(
            session,
            call.actor,
            name=body.name,
            roles=body.roles,
            country=body.country,
            city=body.city,
            registered_id=body.registered_id,
            accreditation=accreditation,
            now=call.now,
        )
        return 201, _organisation(row)

    return call.run(work)


@router.get(
    "/v1/organisations",
    tags=["parties"],
    summary="List organisations",
    description="Your own; for scheme managers, deciders and auditors all of them. In the order of their ids.",
    responses={**READ_PROBLEMS, 200: example("One page.", {"items": [ORGANISATION], "next": None})},
)
def list_organisations(call: Reader, page: Paging) -> dict[str, Any]:
    check(call.actor, "parties.read", parties.KNOWN)
    query = select(Organisation)
    if not everywhere(call.actor, "parties.read"):
        query = query.where(Organisation.id == call.actor.organisation)
    with call.world.db.read() as session:
        return listed(session, query, Organisation.id, page, _organisation)


@router.get(
    "/v1/organisations/{organisation}",
    tags=["parties"],
    summary="Read an organisation",
    description="Your own; for scheme managers, deciders and auditors any.",
    responses={**READ_PROBLEMS, 200: example("The organisation.", ORGANISATION)},
)
def get_organisation(organisation: IdInPath, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        return _organisation(parties.get_organisation(session, call.actor, organisation))


@router.post(
    "/v1/sites",
    status_code=201,
    tags=["parties"],
    summary="Add a site",
    description="For managers and agents of the organisation, and for scheme managers.",
    responses={**PROBLEMS, 201: example("The site.", SITE)},
)
def add_site(body: SiteDraft, call: Writer) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        return 201, _site(parties.add_site(session, call.actor, **body.model_dump(), now=call.now))

    return call.run(work)


@router.get(
    "/v1/sites",
    tags=["parties"],
    summary="List sites",
    description="Those of your organisation; for scheme managers, deciders and auditors all. Ordered by id.",
    responses={**READ_PROBLEMS, 200: example("One page.", {"items": [SITE], "next": None})},
)
def list_sites(call: Reader, page: Paging, organisation: OfOrganisation = None) -> dict[str, Any]:
    query = select(Site)
    if (of := _whose(call, "parties.read", organisation)) is not None:
        query = query.where(Site.organisation_id == of)
    with call.world.db.read() as session:
        return listed(session, query, Site.id, page, _site)


@router.get(
    "/v1/sites/{site}",
    tags=["parties"],
    summary="Read a site",
    description="One of your organisation; for scheme managers, deciders and auditors any.",
    responses={**READ_PROBLEMS, 200: example("The site.", SITE)},
)
def get_site(site: IdInPath, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        return _site(parties.get_site(session, call.actor, site))


@router.post(
    "/v1/people",
    status_code=201,
    tags=["parties"],
    summary="Add a person",
    description="With one or more roles in one organisation. Scheme managers add anybody anywhere; managers, auditors "
    "and deciders add members of their own organisation, with roles that they have themselves.",
    responses={**PROBLEMS, 201: example("The person.", PERSON)},
)
def add_person(body: PersonDraft, call: Writer) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        row = parties.add_person(session, call.actor, **body.model_dump(), now=call.now)
        return 201, _person(session, row)

    return call.run(work)


@router.get(
    "/v1/people",
    tags=["parties"],
    summary="List people",
    description="Those of your organisation; for scheme managers and deciders all. In the order of their ids.",
    responses={**READ_PROBLEMS, 200: example("One page.", {"items": [PERSON], "next": None})},
)
def list_people(call: Reader, page: Paging, organisation: OfOrganisation = None) -> dict[str, Any]:
    query = select(Person)
    if (of := _whose(call, "parties.read_people", organisation)) is not None:
        query = query.where(Person.organisation_id == of)
    with call.world.db.read() as session:
        return listed(session, query, Person.id, page, lambda row: _person(session, row))


@router.get(
    "/v1/people/{person}",
    tags=["parties"],
    summary="Read a person",
    description="One of your organisation; for scheme managers and deciders any.",
    responses={**READ_PROBLEMS, 200: example("The person.", PERSON)},
)
def get_person(person: IdInPath, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        return _person(session, parties.get_person(session, call.actor, person))


@router.post(
    "/v1/tokens",
    status_code=201,
    tags=["tokens"],
    summary="Make an API token",
    description="Answers the secret as `token`, once: only its hash is kept. Nobody hands out a scope or a role that "
    "they do not have; scheme managers hand out any role.",
    responses={**PROBLEMS, 201: example("The token, with its secret.", SECRET)},
)
def add_token(body: TokenDraft, call: Writer) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        row, secret = auth.issue_token(session, call.actor, **body.model_dump(), now=call.now)
        return 201, {**_token(row), "token": secret}

    return call.run(work)


@router.get(
    "/v1/tokens",
    tags=["tokens"],
    summary="List API tokens",
    description="Those for your organisation; for scheme managers all. Never a secret. In the order of their ids.",
    responses={**READ_PROBLEMS, 200: example("One page.", {"items": [TOKEN], "next": None})},
)
def list_tokens(call: Reader, page: Paging, organisation: OfOrganisation = None) -> dict[str, Any]:
    query = select(TokenRow)
    if (of := _whose(call, "parties.read_tokens", organisation)) is not None:
        query = query.where(TokenRow.organisation_id == of)
    with call.world.db.read() as session:
        return listed(session, query, TokenRow.id, page, _token)


@router.get(
    "/v1/tokens/{token}",
    tags=["tokens"],
    summary="Read an API token",
    description="What it is for and until when; never its secret.",
    responses={**READ_PROBLEMS, 200: example("The token.", TOKEN)},
)
def get_token(token: IdInPath, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        return _token(auth.get_token(session, call.actor, token))


@router.post(
    "/v1/tokens/{token}/revocation",
    status_code=200,
    tags=["tokens"],
    summary="Revoke an API token",
    description="It ends now, for good.",
    responses={**PROBLEMS, 200: example("The token.", {**TOKEN, "revoked_at": "2026-06-02T10:00:00Z"})},
)
def revoke_token(token: IdInPath, body: Nothing, call: Writer) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        return 200, _token(auth.revoke_token(session, call.actor, token, now=call.now))

    return call.run(work)


def _whose(call: Call, action: str, wanted: str | None) -> str | None:
    """Whose things to list: an organisation's id, or None for everybody's. Somebody else's: as if it did not exist."""
    own = call.actor.organisation
    check(call.actor, action, parties.relations(call.actor, wanted or own))
    if everywhere(call.actor, action):
        return wanted
    return own


def _organisation(row: Organisation) -> dict[str, Json]:
    return {
        "id": row.id,
        "name": row.name,
        "roles": row.roles,
        "country": row.country,
        "city": row.city,
        "registered_id": row.registered_id,
        "accreditation": row.accreditation,
        "created_at": instant(row.created_at),
    }


def _site(row: Site) -> dict[str, Json]:
    return {
        "id": row.id,
        "organisation": row.organisation_id,
        "kind": row.kind,
        "name": row.name,
        "address": row.address,
        "city": row.city,
        "country": row.country,
        "workers": row.workers,
        "sector": row.sector,
        "flag": row.flag,
        "created_at": instant(row.created_at),
    }


def _person(session: Reading, row: Person) -> dict[str, Json]:
    return {
        "id": row.id,
        "organisation": row.organisation_id,
        "name": row.name,
        "email": row.email or "",
        "roles": parties.person_roles(session, row),
        "created_at": instant(row.created_at),
    }


def _token(row: TokenRow) -> dict[str, Json]:
    return {
        "id": row.id,
        "person": row.person_id,
        "organisation": row.organisation_id,
        "scopes": row.scopes,
        "created_at": instant(row.created_at),
        "expires": instant(row.expires_at),
        "revoked_at": instant(row.revoked_at) if row.revoked_at else None,
    }
