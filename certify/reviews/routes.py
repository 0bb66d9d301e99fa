"""HTTP of certify.reviews: the cautions of a certificate, and the word that its sites were verified again.

Translates bodies to service calls, and decides nothing.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import ConfigDict, Field
from starlette.responses import Response

from certify import cautions, samples
from certify.relations import READ, certificate_of
from certify.reviews import service
from ground import access
from ground.canonical import Json
from ground.database import Writing
from ground.web import PROBLEMS, READ_PROBLEMS, Body, Id, Reader, Writer, example

router = APIRouter(tags=["certify"])

MOST_AUDITS = 80  # a certificate has at most 40 sites and 40 agents' offices

Number = Annotated[
    str, Path(pattern="^[0-9A-HJKMNP-TV-Z]{11}$", description="the certificate's number, in capitals, no dashes")
]
FIRM, AUDIT = "org_3x8c6v1q0m7t2d4k", "aud_0p4g7s2f9j5w1h6r"
CAUTION: dict[str, Json] = {
    "code": cautions.CODE,
    "certificate": samples.NUMBER,
    "sites": [samples.SITE],
    "since": "2026-06-20T09:30:00Z",
    "reverify_by": "2026-08-19T09:30:00Z",
    "reverified_at": None,
    "lifted_at": None,
    "subject": FIRM,
    "audits": [],
}
REVERIFIED: dict[str, Json] = {**CAUTION, "reverified_at": "2026-07-15T12:00:00Z", "audits": [AUDIT]}


class ReverificationBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"subject": FIRM, "audits": [AUDIT]}]})

    subject: Id = Field(description="the firm or auditor under review")
    audits: list[Id] = Field(min_length=1, max_length=MOST_AUDITS, description="one for each site of the caution")


@router.get(
    "/v1/certificates/{number}/cautions",
    summary="Read the cautions of a certificate",
    description="Those that ended too, oldest first. Who is under review, and who looked again, is told to deciders "
    "and scheme managers only.",
    responses={**READ_PROBLEMS, 200: example("All of them.", {"items": [CAUTION]})},
)
def list_cautions(number: Number, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        certificate_of(session, call.actor, READ, number)
        inside = access.everywhere(call.actor, READ)
        return {"items": cautions.caution_views(session, number, inside=inside)}


@router.post(
    "/v1/certificates/{number}/reverifications",
    summary="Say that the doubted work was verified again",
    description="For deciders: names completed audits on site, by firms that are not concerned, of every site of the "
    "caution. It ends for this certificate, and stays on record.",
    responses={**PROBLEMS, 200: example("All cautions of the certificate.", {"items": [REVERIFIED]})},
)
def reverify(number: Number, body: ReverificationBody, call: Writer) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        service.reverify(session, call.actor, number, subject=body.subject, audits=body.audits, now=call.now)
        return 200, {"items": cautions.caution_views(session, number, inside=True)}

    return call.run(work)
