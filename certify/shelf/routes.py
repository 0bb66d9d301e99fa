"""HTTP of what is published. It reads the shelf only: what it answers is what any web server in front of the shelf
would answer, and needs no token.

Owns the addresses, their media types and how long an answer may be kept. Decides nothing.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from certify import page, samples
from certify.shelf import answers
from certify.shelf.answers import Answer
from ground.canonical import Json, parse_instant
from ground.errors import Invalid, Malformed
from ground.web import READ_PROBLEMS, world

router = APIRouter(tags=["published"])

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
    if answer.media.startswith(answers.HTML):
        headers |= page.HEADERS
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")}
    if answer.tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(answer.data, headers=headers, media_type=answer.media)


def _add_document(address: str, path: str, summary: str, description: str, shown: Json) -> None:
    """The route of one published document under a fixed address."""

    def send(request: Request) -> Response:
        return _send(request, answers.document(world(request).shelf, path))

    router.add_api_route(
        address,
        send,
        name=path,
        summary=summary,
        description=description,
        responses=_published("The document.", {"application/json": shown}),
        response_class=Response,
    )


for _each in DOCUMENTS:
    _add_document(*_each)


@router.get(
    "/certificates/{number}",
    summary="Read the signed certificate",
    description="By Accept: the credential with its proof (application/vc, application/json), as a JWT "
    "(application/vc+jwt), or a page for people (text/html).",
    responses=_published("The certificate.", samples.FORMS),
    response_class=Response,
)
def read_certificate(number: Name, request: Request) -> Response:
    here, accept = world(request), request.headers.get("Accept", "*/*")
    return _send(request, answers.certificate(here, number, accept, here.clock.now()))


@router.get(
    "/certificates/{number}/events.json",
    summary="Read the events of a certificate",
    description="Its leaves of the public log with their indexes, signed as they are: their fold is its standing.",
    responses=_published("The events.", {"application/json": samples.EVENTS}),
    response_class=Response,
)
def read_events(number: Name, request: Request) -> Response:
    return _send(request, answers.events(world(request).shelf, number))


@router.get(
    "/certificates/{number}/events/{seq}.tlog-proof",
    summary="Prove that an event stands in the log",
    description="A file of c2sp.org/tlog-proof@v1: index, inclusion proof and checkpoint.",
    responses=_published("The proof.", {"text/plain": samples.PROOF}),
    response_class=Response,
)
def read_proof(number: Name, seq: Annotated[int, Path(ge=0, le=2**31 - 1)], request: Request) -> Response:
    return _send(request, answers.proof(world(request).shelf, number, seq))


@router.get(
    "/status/{purpose}/{shard}",
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
    return _send(request, answers.status_list(world(request).shelf, purpose, shard, at))


def _add_folder(folder: str, summary: str, description: str, shown: Json) -> None:
    """The route of the documents of one folder, by their ids."""

    def send(id: Name, request: Request) -> Response:
        return _send(request, answers.named(world(request).shelf, folder, id))

    router.add_api_route(
        f"/{folder}/{{id}}",
        send,
        name=folder,
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
    summary="Read a file of the transparency log",
    description="C2SP tlog-tiles: checkpoint, log.vkey, tile/<L>/<N>[.p/<W>], tile/entries/<N>[.p/<W>].",
    responses=_published("The file.", {"text/plain": samples.CHECKPOINT, "application/octet-stream": ""}),
    response_class=Response,
)
def read_log(path: Annotated[str, Path(max_length=200)], request: Request) -> Response:
    return _send(request, answers.log_file(world(request).shelf, path))
