"""HTTP of sheets: an audit to take along where there is no network, and what was filled in there.

Translates bodies and calls the service, and decides nothing. Whether a request files anything is said in its body, not
in its address, because a key's second request is known by its body.
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import ConfigDict, Field
from starlette.responses import Response

from audits.evidence.kinds import MEDIA
from audits.sheets import samples, service
from audits.sheets.checking import FaultySheet
from audits.sheets.merging import Choice
from audits.sheets.service import Received, Wish
from ground.errors import Invalid
from ground.web import ID_PATTERN, PROBLEMS, READ_PROBLEMS, Body, Reader, Writer, example, problem

router = APIRouter(tags=["sheets"])

MOST_TEXT = 2**20  # of base64; the body has a limit of its own
MOST_RESOLVED = 200

AuditId = Annotated[str, Path(pattern=ID_PATTERN, description="the audit's id")]


class FilledBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [samples.JSON_REQUEST, samples.WORKBOOK_REQUEST]})

    workbook: str | None = Field(default=None, max_length=MOST_TEXT, description="base64 of the filled workbook")
    sheet: dict[str, Any] | None = Field(default=None, description="or the filled sheet as JSON; one of the two")
    resolution: dict[str, Choice] = Field(
        default={}, max_length=MOST_RESOLVED, description="of conflicts: provision or figure, and whose version counts"
    )
    seen: str = Field(default="", max_length=64, description="of the answer that showed the conflicts")
    release: Literal["now"] | None = Field(
        default=None, description="required for new priority findings: the site is told of them at once"
    )
    dry_run: bool = Field(default=False, description="say what would be filed, and file nothing")

    def wish(self) -> Wish:
        return Wish(self.resolution, self.seen, self.release, self.dry_run)


@router.get(
    "/v1/audits/{audit}/sheet.xlsx",
    summary="The audit as a workbook, to be filled in offline",
    description="For the team, until the report is submitted: every provision with how it is tested, what was answered "
    "so far, and the figures of the report. Interviews, alerts and strata are not in it, and must not be put in.",
    response_class=Response,
    responses={
        **READ_PROBLEMS,
        409: PROBLEMS[409],
        200: {"description": "The workbook.", "content": {MEDIA["xlsx"]: {"example": "PK..."}}},
    },
)
def get_sheet_workbook(audit: AuditId, call: Reader) -> Response:
    with call.world.db.read() as session:
        data = service.get_workbook(session, call.actor, audit)
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="{audit}.xlsx"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(data, media_type=MEDIA["xlsx"], headers=headers)


@router.get(
    "/v1/audits/{audit}/sheet.json",
    summary="The audit as JSON, to be filled in offline",
    description="The same content as the workbook, for a program on the auditor's device.",
    responses={**READ_PROBLEMS, 409: PROBLEMS[409], 200: example("The sheet.", samples.SHEET)},
)
def get_sheet_json(audit: AuditId, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        return service.get_json(session, call.actor, audit)


@router.post(
    "/v1/audits/{audit}/sheet",
    summary="Hand in a filled sheet",
    description="For the team: a workbook or JSON. Every error is listed with its cell or pointer, and with one "
    "nothing is filed. What only this sheet changed since it was made is filed, what others changed alike or alone "
    "stays, and what both changed is a conflict: both versions are shown, and the same sheet is sent again with a "
    "resolution. "
    "Handing in the same sheet twice changes nothing.",
    responses={**PROBLEMS, 200: example("What was filed, and what is in conflict.", samples.FILED)},
)
def file_filled_sheet(audit: AuditId, body: FilledBody, call: Writer) -> Response:
    received = _received(audit, body, call)
    try:
        return call.run(
            lambda session: (200, service.file_filled(session, call.actor, audit, received, body.wish(), now=call.now))
        )
    except FaultySheet as error:
        return problem(error, [_listed(fault.place.pointer, fault.place.cell, str(fault)) for fault in error.faults])


def _received(audit: str, body: FilledBody, call: Writer) -> Received:
    """The sheet, looked at. Whatever is wrong with it is told only to whoever may file it, and by its filing."""
    if (body.workbook is None) == (body.sheet is None):
        return Received(refusal=Invalid("send either a workbook or a sheet", where="/workbook"))
    if body.workbook is None:
        return service.receive_json(body.sheet)
    try:
        data = base64.b64decode(body.workbook, validate=True)
    except (binascii.Error, ValueError):
        return Received(refusal=Invalid("this is not base64", where="/workbook"))
    return service.receive_workbook(call.world, call.actor, audit, data)


def _listed(pointer: str, cell: str, detail: str) -> dict[str, str]:
    return {"pointer": pointer, **({"cell": cell} if cell else {}), "detail": detail}
