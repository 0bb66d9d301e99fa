"""HTTP of certify: applications, decisions and certificates under `/v1`, and everything published, for anybody.

Translates bodies to service calls and rows to JSON, and decides nothing. The public part reads the shelf only: what it
answers is what any web server in front of the shelf would answer, and needs no token.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import select
from starlette.responses import Response

from certify import page, samples, service, shelf_answers, veil, views
from certify.bodies import (
    AcceptanceBody,
    AgreementBody,
    ApplicationBody,
    ConfirmationBody,
    NothingBody,
    ReplyBody,
    SuspensionBody,
)
from certify.relations import READ, application_of, certificate_of
from certify.service import ProductDraft
from certify.shelf_answers import Answer
from certify.tables import Application, Certificate, DecisionRow
from ground import access
from ground.canonical import Json, parse_instant
from ground.database import Writing
from ground.errors import Invalid, Malformed, NotFound
from ground.parties import KNOWN
from ground.web import (
    PROBLEMS,
    READ_PROBLEMS,
    IdInPath,
    Paging,
    Reader,
    Writer,
    example,
    listed,
    world,
)

router = APIRouter()

Number = Annotated[
    str, Path(pattern="^[0-9A-HJKMNP-TV-Z]{11}$", description="the certificate's number, in capitals, no dashes")
]

# ---------------------------------------------------------------------------------------------- applications, decisions


@router.post(
    "/v1/applications",
    status_code=201,
    tags=["certify"],
    summary="Apply for a certificate",
    description="For managers of a manufacturer: its own sites, the offices of the agents that recruit for them, and "
    "the products. The rules look at it at once; their reasons stand in its decisions.",
    responses={**PROBLEMS, 201: example("The application.", samples.NEW)},
)
def apply(body: ApplicationBody, call: Writer) -> Response:
    products = [ProductDraft(**product.model_dump()) for product in body.products]

    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        row = service.apply(session, call.actor, sites=body.sites, agents=body.agents, products=products, now=call.now)
        return 201, views.application_view(session, row.id, inside=_inside(call))

    return call.run(work)


@router.get(
    "/v1/applications",
    tags=["certify"],
    summary="List applications",
    description="Those of your organisation; for deciders and scheme managers all. In the order of their ids.",
    responses={**READ_PROBLEMS, 200: example("One page.", {"items": [samples.LISTED], "next": None})},
)
def list_applications(call: Reader, page: Paging) -> dict[str, Any]:
    access.check(call.actor, READ, KNOWN)
    query = select(Application)
    if not access.everywhere(call.actor, READ):
        query = query.where(Application.organisation_id == call.actor.organisation)
    with call.world.db.read() as session:
        found = listed(session, query, Application.id, page, lambda row: {"id": row.id})
        return {
            **found,
            "items": views.application_views(session, [item["id"] for item in found["items"]], inside=_inside(call)),
        }


@router.get(
    "/v1/applications/{application}",
    tags=["certify"],
    summary="Read an application",
    description="With the hashes of the reports that an acceptance has to name.",
    responses={**READ_PROBLEMS, 200: example("The application.", samples.APPLICATION)},
)
def get_application(application: IdInPath, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        row = application_of(session, call.actor, READ, application)
        return views.application_view(session, row.id, inside=_inside(call))


@router.post(
    "/v1/applications/{application}/agreement",
    tags=["certify"],
    summary="Sign the certification agreement",
    description="For managers of the applicant. Again, when the rulebook asks for a newer version.",
    responses={**PROBLEMS, 200: example("The application.", samples.APPLICATION)},
)
def sign_agreement(application: IdInPath, body: AgreementBody, call: Writer) -> Response:
    return _act_on_application(call, application, service.sign_agreement, **body.model_dump())


@router.post(
    "/v1/applications/{application}/acceptance",
    tags=["certify"],
    summary="Accept the reports",
    description="For a decider of the certification body who was not on an audit and is not of its firm: technical "
    "review and decision in one act. It names the hash of every current report; whether a certificate follows is the "
    "rulebook's decision.",
    responses={**PROBLEMS, 200: example("The application.", samples.APPLICATION)},
)
def accept_reports(application: IdInPath, body: AcceptanceBody, call: Writer) -> Response:
    return _act_on_application(call, application, service.accept_reports, **body.model_dump())


@router.get(
    "/v1/applications/{application}/decisions",
    tags=["certify"],
    summary="List the decisions on an application",
    description="One for each time the conclusion or a reason changed, oldest first.",
    responses={**READ_PROBLEMS, 200: example("One page.", {"items": [samples.DECISION], "next": None})},
)
def list_decisions(application: IdInPath, call: Reader, page: Paging) -> dict[str, Any]:
    with call.world.db.read() as session:
        row = application_of(session, call.actor, READ, application)
        query = select(DecisionRow).where(DecisionRow.application_id == row.id)
        unread = None if _inside(call) else veil.unreleased(session, row.id)
        return listed(session, query, DecisionRow.seq, page, lambda each: views.decision_view(each, unread))


@router.get(
    "/v1/applications/{application}/decisions/{n}",
    tags=["certify"],
    summary="Read a decision",
    description="With one reason for each clause of the rulebook, met or not.",
    responses={**READ_PROBLEMS, 200: example("The decision.", samples.DECISION)},
)
def get_decision(
    application: IdInPath, n: Annotated[int, Path(ge=1, le=2**31 - 1, description="1 is the first")], call: Reader
) -> dict[str, Any]:
    with call.world.db.read() as session:
        row = application_of(session, call.actor, READ, application)
        query = select(DecisionRow).where(DecisionRow.application_id == row.id, DecisionRow.seq == n)
        decision = session.scalar(query)
        if decision is None:
            raise NotFound("there is no such decision")
        return views.decision_view(decision, None if _inside(call) else veil.unreleased(session, row.id))


# --------------------------------------------------------------------------------------------------------- certificates


@router.get(
    "/v1/certificates",
    tags=["certify"],
    summary="List certificates",
    description="Those of your organisation; for deciders and scheme managers all. In the order of their numbers.",
    responses={
        **READ_PROBLEMS,
        409: PROBLEMS[409],
        200: example("One page.", {"items": [samples.CERTIFICATE], "next": None}),
    },
)
def list_certificates(call: Reader, page: Paging) -> dict[str, Any]:
    access.check(call.actor, READ, KNOWN)
    query = select(Certificate).where(Certificate.sealed_at.is_not(None))
    if not access.everywhere(call.actor, READ):
        query = query.where(Certificate.organisation_id == call.actor.organisation)
    with call.world.db.read() as session:
        found = listed(session, query, Certificate.number, page, lambda row: {"number": row.number})
        numbers = [item["number"] for item in found["items"]]
        return {**found, "items": views.certificate_views(session, numbers, call.now)}


@router.get(
    "/v1/certificates/{number}",
    tags=["certify"],
    summary="Read a certificate",
    description="Its standing as the public log has it, and a neutral reason; `use_by` and `sell_by`: the last day for "
    "labels, and for such goods, null while its newest notice says more. The signed document is at its `url`.",
    responses={**READ_PROBLEMS, 409: PROBLEMS[409], 200: example("The certificate.", samples.CERTIFICATE)},
)
def get_certificate(number: Number, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        row = certificate_of(session, call.actor, READ, number)
        return views.certificate_views(session, [row.number], call.now)[0]


@router.post(
    "/v1/certificates/{number}/suspension",
    status_code=202,
    tags=["certify"],
    summary="Brake",
    description="For deciders and scheme managers: braking needs one person and a reason. It stops the holder's other "
    "certificates for the same sites too. The rules follow right after: the answer (202) shows the certificate as it "
    "stands before.",
    responses={**PROBLEMS, 202: example("The certificate; the suspension follows.", samples.CERTIFICATE)},
)
def suspend(number: Number, body: SuspensionBody, call: Writer) -> Response:
    return _act_on_certificate(call, number, service.suspend, reason=body.reason, code=body.reason_code)


@router.post(
    "/v1/certificates/{number}/withdrawal",
    status_code=202,
    tags=["certify"],
    summary="Give the certificate back",
    description="For managers of the holder. It waits while a revocation is proposed or due.",
    responses={**PROBLEMS, 202: example("The certificate; the withdrawal follows.", samples.CERTIFICATE)},
)
def withdraw(number: Number, body: NothingBody, call: Writer) -> Response:
    return _act_on_certificate(call, number, service.request_withdrawal)


@router.post(
    "/v1/certificates/{number}/reply",
    status_code=202,
    tags=["certify"],
    summary="Reply to a proposed revocation",
    description="For managers of the holder, once, in time. Two people then decide.",
    responses={**PROBLEMS, 202: example("The certificate.", samples.PROPOSED)},
)
def reply(number: Number, body: ReplyBody, call: Writer) -> Response:
    return _act_on_certificate(call, number, service.reply, text=body.text)


@router.post(
    "/v1/certificates/{number}/reply-waiver",
    status_code=202,
    tags=["certify"],
    summary="Waive the reply to a proposed revocation",
    description="For managers of the holder. The revocation becomes final.",
    responses={**PROBLEMS, 202: example("The certificate; the revocation follows.", samples.PROPOSED)},
)
def waive_reply(number: Number, body: NothingBody, call: Writer) -> Response:
    return _act_on_certificate(call, number, service.waive_reply)


@router.post(
    "/v1/certificates/{number}/confirmations",
    status_code=202,
    tags=["certify"],
    summary="Confirm a reinstatement or a revocation",
    description="For deciders and scheme managers, once per person. Releasing, and revoking in spite of a reply, need "
    "people of different organisations; the rulebook counts them.",
    responses={**PROBLEMS, 202: example("The certificate.", samples.PROPOSED)},
)
def confirm(number: Number, body: ConfirmationBody, call: Writer) -> Response:
    return _act_on_certificate(call, number, service.confirm, act=body.act)


def _act_on_application(call: Writer, application: str, step: Callable[..., object], /, **said: object) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        step(session, call.actor, application, **said, now=call.now)
        return 200, views.application_view(session, application, inside=_inside(call))

    return call.run(work)


def _act_on_certificate(call: Writer, number: str, step: Callable[..., object], /, **said: object) -> Response:
    """202 with the certificate as it still stands: what was said is kept; the rules conclude from it right after."""

    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        step(session, call.actor, number, **said, now=call.now)
        return 202, views.certificate_views(session, [number], call.now)[0]

    return call.run(work)


# ------------------------------------------------------------------------------------------- the shelf, without a token

PUBLIC: dict[int | str, dict[str, Any]] = {
    304: {"description": "You have these bytes already."},
    **{status: READ_PROBLEMS[status] for status in (404, 422, 503)},
}
Name = Annotated[str, Path(max_length=100)]

DOCUMENTS: tuple[tuple[str, str, str, str, Json], ...] = (
    ("/keys.json", "keys.json", "Read the keys", "Every public key, what it is for and since when, signed by the root "
     "keys.", {"version": 1, "expires": "2026-08-01T00:00:00Z", "keys": [], "signatures": []}),
    ("/.well-known/did.json", ".well-known/did.json", "Read the issuer's DID", "The did:web document that is made from "
     "the keys.", {"id": "did:web:scheme.example.org", "verificationMethod": [], "assertionMethod": []}),
    ("/heads.json", "heads.json", "Read the newest leaf of every certificate", "Signed, valid for 48 hours.",
     {"v": 1, "heads": {samples.NUMBER: samples.HASH}}),
    ("/cautions.json", "cautions.json", "Read the cautions", "Signed, valid for 48 hours.", {"v": 1, "cautions": []}),
    ("/scheme", "scheme.json", "Read who stands behind the certificates", "The owner of the scheme, certification "
     "bodies and audit firms, their accreditation, and where two roles are in one hand.",
     {"name": "Human-Trafficking Free", "roles_in_one_hand": []}),
)  # fmt: skip


def _published(description: str, shown: dict[str, Json]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a published document. shown: an example for each media type it comes in."""
    return {**PUBLIC, 200: {"description": description, "content": {m: {"example": e} for m, e in shown.items()}}}


def _send(request: Request, answer: Answer) -> Response:
    """The bytes with ETag and lifetime, or 304 for who has them."""
    headers = {"ETag": answer.tag, "Cache-Control": f"public, max-age={answer.max_age}"}
    if answer.vary:
        headers["Vary"] = "Accept"
    if answer.media.startswith(shelf_answers.HTML):
        headers |= page.HEADERS
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")}
    if answer.tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(answer.data, headers=headers, media_type=answer.media)


def _add_document(address: str, path: str, summary: str, description: str, shown: Json) -> None:
    """The route of one published document under a fixed address."""

    def send(request: Request) -> Response:
        return _send(request, shelf_answers.document(world(request).shelf, path))

    router.add_api_route(
        address,
        send,
        name=path,
        tags=["published"],
        summary=summary,
        description=description,
        responses=_published("The document.", {"application/json": shown}),
        response_class=Response,
    )


for _each in DOCUMENTS:
    _add_document(*_each)


@router.get(
    "/certificates/{number}",
    tags=["published"],
    summary="Read the signed certificate",
    description="By Accept: the credential with its proof (application/vc, application/json), as a JWT "
    "(application/vc+jwt), or a page for people (text/html).",
    responses=_published("The certificate.", samples.FORMS),
    response_class=Response,
)
def read_certificate(number: Name, request: Request) -> Response:
    here, accept = world(request), request.headers.get("Accept", "*/*")
    return _send(request, shelf_answers.certificate(here, number, accept, here.clock.now()))


@router.get(
    "/certificates/{number}/events.json",
    tags=["published"],
    summary="Read the events of a certificate",
    description="Its leaves of the public log with their indexes, signed as they are: their fold is its standing.",
    responses=_published("The events.", {"application/json": samples.EVENTS}),
    response_class=Response,
)
def read_events(number: Name, request: Request) -> Response:
    return _send(request, shelf_answers.events(world(request).shelf, number))


@router.get(
    "/certificates/{number}/events/{seq}.tlog-proof",
    tags=["published"],
    summary="Prove that an event stands in the log",
    description="A file of c2sp.org/tlog-proof@v1: index, inclusion proof and checkpoint.",
    responses=_published("The proof.", {"text/plain": samples.PROOF}),
    response_class=Response,
)
def read_proof(number: Name, seq: Annotated[int, Path(ge=0, le=2**31 - 1)], request: Request) -> Response:
    return _send(request, shelf_answers.proof(world(request).shelf, number, seq))


@router.get(
    "/status/{purpose}/{shard}",
    tags=["published"],
    summary="Read a status list",
    description="Bitstring Status List 1.0, revocation or suspension. `timestamp` asks for the version of that moment.",
    responses=_published("The signed list.", {"application/vc": samples.LIST}),
    response_class=Response,
)
def read_status(
    purpose: Name,
    shard: Name,
    request: Request,
    timestamp: Annotated[str | None, Query(max_length=40, description="such as 2026-06-20T09:30:00Z")] = None,
) -> Response:
    try:
        at = parse_instant(timestamp) if timestamp is not None else None
    except Malformed as error:
        raise Invalid(error.detail, where="timestamp") from error
    return _send(request, shelf_answers.status_list(world(request).shelf, purpose, shard, at))


def _add_folder(folder: str, summary: str, description: str, shown: Json) -> None:
    """The route of the documents of one folder, by their ids."""

    def send(id: Name, request: Request) -> Response:
        return _send(request, shelf_answers.named(world(request).shelf, folder, id))

    router.add_api_route(
        f"/{folder}/{{id}}",
        send,
        name=folder,
        tags=["published"],
        summary=summary,
        description=description,
        responses=_published("The document.", {"application/json": shown}),
        response_class=Response,
    )


_add_folder(
    "rulebooks", "Read a rulebook", "As it was approved; its SHA-256 stands in every decision under it.",
    {"id": "freemark-2026.0"},
)  # fmt: skip
_add_folder("standards", "Read a standard", "The questions that an audit answers.", {"id": "freemark-2026.0"})
_add_folder("firms", "Read who an organisation is", "Its roles, and its accreditation if it has one.", samples.FIRM)


@router.get(
    "/log/{path:path}",
    tags=["published"],
    summary="Read a file of the transparency log",
    description="C2SP tlog-tiles: checkpoint, log.vkey, tile/<L>/<N>[.p/<W>], tile/entries/<N>[.p/<W>].",
    responses=_published("The file.", {"text/plain": samples.CHECKPOINT, "application/octet-stream": ""}),
    response_class=Response,
)
def read_log(path: Annotated[str, Path(max_length=200)], request: Request) -> Response:
    return _send(request, shelf_answers.log_file(world(request).shelf, path))


def _inside(call: Reader) -> bool:
    """Does the caller run the scheme? Others read decisions through the veil (`certify.veil`)."""
    return access.everywhere(call.actor, READ)
