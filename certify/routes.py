"""HTTP of certify: applications, decisions and certificates under `/v1`; what is published comes from `shelf`.

Translates bodies to service calls and rows to JSON, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path
from sqlalchemy import select
from starlette.responses import Response

from certify import samples, service, veil, views
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
from certify.shelf import routes as shelf
from certify.tables import Application, Certificate, DecisionRow
from ground import access
from ground.canonical import Json
from ground.database import Writing
from ground.errors import NotFound
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
)

router = APIRouter()
router.include_router(shelf.router)

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


def _inside(call: Reader) -> bool:
    """Does the caller run the scheme? Others read decisions through the veil (`certify.veil`)."""
    return access.everywhere(call.actor, READ)
