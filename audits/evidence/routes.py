"""HTTP of evidence: announce a file, send it in parts, have it looked at, list it, read it.

Translates bodies to drafts and calls the service, and decides nothing. A part is the plain bytes, below the limit of a
body, put to its offset: putting it again changes nothing, so it needs no Idempotency-Key.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from pydantic import ConfigDict, Field
from sqlalchemy import select
from starlette.responses import Response

from audits import readings
from audits.alerts import glass
from audits.evidence import relations, service
from audits.evidence.kinds import MEDIA, MOST_BYTES
from audits.evidence.samples import ANNOUNCED, EVIDENCE, PROOF, READING, UPLOAD
from audits.evidence.service import UploadDraft
from audits.evidence.tables import EvidenceRow
from audits.evidence.views import evidence_views
from audits.relations import READ
from ground import access
from ground.canonical import Json
from ground.journal import JournalRow
from ground.web import (
    ID_PATTERN,
    PROBLEMS,
    READ_PROBLEMS,
    Body,
    Day,
    Line,
    Moment,
    Paging,
    Reader,
    Writer,
    example,
    listed,
)

router = APIRouter(tags=["evidence"])

MOST_PROVISIONS = 20
ZONE = r"^[+-](?:0\d|1[0-4]):[0-5]\d$"

AuditId = Annotated[str, Path(pattern=ID_PATTERN, description="the audit's id")]
FindingId = Annotated[str, Path(pattern=ID_PATTERN, description="the finding's id")]
UploadId = Annotated[str, Path(pattern=ID_PATTERN, description="the upload's id")]
EvidenceId = Annotated[str, Path(pattern=ID_PATTERN, description="the evidence's id")]
Offset = Annotated[int, Path(ge=0, le=MOST_BYTES, description="place of the part's first byte in the file")]


class CapturedBody(Body):
    at: Moment
    zone: str = Field(pattern=ZONE, description="of the device's clock, such as +06:00")


class ProofBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [PROOF]})

    name: Line = Field(description="of the file, for people; no place, and no names of people")
    size: int = Field(ge=1, le=MOST_BYTES, description="bytes of the original")
    sha256: str = Field(pattern="^[0-9a-f]{64}$", description="of the original, taken where it was captured")
    dated: Day = Field(description="the date of the evidence, which is not that of its upload")
    captured: CapturedBody | None = Field(default=None, description="when, by the clock of the device")

    def draft(self, provisions: tuple[str, ...] = ()) -> UploadDraft:
        at: datetime | None = self.captured.at if self.captured else None
        zone = self.captured.zone if self.captured else ""
        return UploadDraft(self.name, self.size, self.sha256, self.dated, provisions, at, zone)


class UploadBody(ProofBody):
    model_config = ConfigDict(json_schema_extra={"examples": [ANNOUNCED]})

    provisions: list[Line] = Field(
        min_length=1, max_length=MOST_PROVISIONS, description="what it is evidence on, such as T1.1"
    )


class NothingBody(Body):
    """An empty body: {}."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


async def _part(request: Request, _: Reader) -> bytes:
    """The bytes of a part, whatever type they are declared to be; after who asks."""
    return await request.body()


@router.post(
    "/v1/audits/{audit}/uploads",
    status_code=201,
    summary="Announce evidence of an audit",
    description="For the team: PDF, PNG, JPEG or XLSX, up to 25 MiB. Then put its parts, then complete it. Pictures "
    "are encoded anew without metadata; the hash of the original, and when the camera says it was taken, are kept.",
    responses={**PROBLEMS, 201: example("The upload.", {**UPLOAD, "received": 0})},
)
def start_upload(audit: AuditId, body: UploadBody, call: Writer) -> Response:
    draft = body.draft(tuple(body.provisions))
    return call.run(
        lambda session: (
            201,
            service.start_for_audit(session, call.world, call.actor, audit, draft, now=call.now),
        )
    )


@router.post(
    "/v1/findings/{finding}/uploads",
    status_code=201,
    summary="Announce the proof of a corrective action",
    description="For the people of the site, to a finding that is released and open.",
    responses={**PROBLEMS, 201: example("The upload.", {**UPLOAD, "received": 0})},
)
def start_proof(finding: FindingId, body: ProofBody, call: Writer) -> Response:
    return call.run(
        lambda session: (
            201,
            service.start_for_finding(session, call.world, call.actor, finding, body.draft(), now=call.now),
        )
    )


@router.get(
    "/v1/uploads/{upload}",
    summary="How far an upload is",
    description="`received` is the offset at which to go on, also after a connection was lost or a server stopped. An "
    "upload that is not completed is forgotten at `expires_at`.",
    responses={**READ_PROBLEMS, 200: example("The upload.", UPLOAD)},
)
def get_upload(upload: UploadId, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        return service.get_upload(session, call.world, call.actor, upload)


@router.put(
    "/v1/uploads/{upload}/parts/{offset}",
    summary="Put a part of a file",
    description="The plain bytes, at least `least_part` of them except at the end, at most `most_part`. The same part "
    "again changes nothing; other bytes at the same offset, or a gap, are refused with 409, naming where to go on.",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/octet-stream": {
                    "schema": {"type": "string", "format": "binary"},
                    "example": "%PDF-1.7 ...",
                }
            },
        }
    },
    responses={**PROBLEMS, 200: example("The upload.", UPLOAD)},
)
def put_part(upload: UploadId, offset: Offset, call: Reader, part: Annotated[bytes, Depends(_part)]) -> dict[str, Any]:
    return service.put_part(call.world, call.actor, upload, offset, part)


@router.post(
    "/v1/uploads/{upload}/completion",
    status_code=201,
    summary="Complete an upload",
    description="Size and SHA-256 are compared with what was announced, and the content is looked at: what is not "
    "plainly one PDF, PNG, JPEG or XLSX, can act by itself or is a trap is refused with 422, saying why, for good.",
    responses={**PROBLEMS, 201: example("The evidence.", EVIDENCE)},
)
def complete_upload(upload: UploadId, body: NothingBody, call: Writer) -> Response:
    found = service.examine(call.world, call.actor, upload, now=call.now)
    answer = call.run(lambda session: (201, service.complete_upload(session, call.actor, upload, found, now=call.now)))
    service.forget_parts(call.world, upload)
    return answer


@router.get(
    "/v1/audits/{audit}/evidence",
    summary="List the evidence of an audit",
    description="For the team, deciders, scheme managers, the protection handler while an alert of the audit is held, "
    "and the rest of the firm but for what is held or not released; the people of the site see what they brought "
    "themselves. Ordered by id.",
    responses={**READ_PROBLEMS, 200: example("One page.", {"items": [EVIDENCE], "next": None})},
)
def list_of_audit(audit: AuditId, call: Reader, page: Paging) -> dict[str, Any]:
    with call.world.db.read() as session:
        found = select(EvidenceRow).where(relations.of_audit(session, call.actor, audit), EvidenceRow.id > page.after)
        rows = list(session.scalars(found.order_by(EvidenceRow.id).limit(page.limit + 1)))
        views = evidence_views(session, rows[: page.limit], elsewhere=access.everywhere(call.actor, READ))
    glass.evidence_read(call.world, call.actor, views)
    return _page(views, more=len(rows) > page.limit)


@router.get(
    "/v1/findings/{finding}/evidence",
    summary="List the evidence on a finding",
    description="The proofs that the site brought and, for the firm, deciders and scheme managers, what the auditors "
    "brought on its provision. Ordered by id.",
    responses={**READ_PROBLEMS, 200: example("One page.", {"items": [EVIDENCE], "next": None})},
)
def list_of_finding(finding: FindingId, call: Reader, page: Paging) -> dict[str, Any]:
    with call.world.db.read() as session:
        found = select(EvidenceRow).where(
            relations.of_finding(session, call.actor, finding), EvidenceRow.id > page.after
        )
        rows = list(session.scalars(found.order_by(EvidenceRow.id).limit(page.limit + 1)))
        views = evidence_views(session, rows[: page.limit], elsewhere=access.everywhere(call.actor, READ))
    glass.evidence_read(call.world, call.actor, views)
    return _page(views, more=len(rows) > page.limit)


@router.get(
    "/v1/evidence/{evidence}",
    summary="Read about a piece of evidence",
    description="The date of the evidence, of its capture and of its upload, each for itself; hash, type and size.",
    responses={**READ_PROBLEMS, 200: example("The evidence.", EVIDENCE)},
)
def get_evidence(evidence: EvidenceId, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        row = relations.check_evidence_of(session, call.actor, session.get(EvidenceRow, evidence))
        view = evidence_views(session, [row], elsewhere=access.everywhere(call.actor, READ))[0]
    glass.evidence_read(call.world, call.actor, [view])
    return view


@router.get(
    "/v1/evidence/{evidence}/file",
    summary="The file of a piece of evidence",
    description="To be saved, never to be shown in place. Its SHA-256 is `stored_sha256`.",
    response_class=Response,
    responses={
        **READ_PROBLEMS,
        200: {
            "description": "The file.",
            "content": {
                MEDIA["pdf"]: {"example": "%PDF-1.7 ..."},
                **{MEDIA[kind]: {} for kind in ("png", "jpeg", "xlsx")},
            },
        },
    },
)
def get_evidence_file(evidence: EvidenceId, call: Reader) -> Response:
    with call.world.db.read() as session:
        row = relations.check_evidence_of(session, call.actor, session.get(EvidenceRow, evidence))
        views = evidence_views(session, [row])
    glass.evidence_read(call.world, call.actor, views)
    found = service.download(call.world, call.actor, evidence)
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="{found.name}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(found.data, media_type=found.type, headers=headers)


@router.get(
    "/v1/evidence/{evidence}/readings",
    summary="Who read a piece of evidence",
    description="For deciders and scheme managers: every time that its file was handed out, oldest first.",
    responses={**READ_PROBLEMS, 200: example("One page.", {"items": [READING], "next": None})},
)
def list_readings(evidence: EvidenceId, call: Reader, page: Paging) -> dict[str, Any]:
    with call.world.db.read() as session:
        row = relations.check_evidence_of(session, call.actor, session.get(EvidenceRow, evidence))
        query = readings.of(call.actor, "evidence_read", row.id)
        return listed(session, query, JournalRow.index, page, readings.entry_view)


def _page(items: list[dict[str, Json]], *, more: bool) -> dict[str, Json]:
    return {"items": items, "next": items[-1]["id"] if more else None}
