"""HTTP of alerts: one call of the team, and what the protection handler and a second person do with it.

Translates bodies to service calls and rows to JSON, and decides nothing. Reading an alert's words writes a row in the
journal, so that GET opens a transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field
from sqlalchemy import select
from starlette.responses import Response

from audits.alerts import service, views
from audits.alerts.relations import READ, alert_of, visible
from audits.alerts.service import AlertDraft
from audits.alerts.tables import AlertRow
from ground import access
from ground.canonical import Json
from ground.database import Writing
from ground.parties import KNOWN
from ground.web import (
    ID_PATTERN,
    PROBLEMS,
    READ_PROBLEMS,
    Body,
    Line,
    Moment,
    Paging,
    Prose,
    Reader,
    Writer,
    example,
    listed,
)

router = APIRouter(tags=["alerts"])

AuditId = Annotated[str, Path(pattern=ID_PATTERN, description="the audit's id")]
AlertId = Annotated[str, Path(pattern=ID_PATTERN, description="the alert's id, which is that of its finding")]

RAISED: dict[str, Json] = {
    "provision": "T2.1",
    "reason": "Two groups of workers said, apart from each other, that the agent's driver keeps their passports.",
    "finding": "Identity papers of workers are kept by somebody else.",
    "seen_at": "2026-11-21T06:10:00Z",
    "deliberate": True,
}
LISTED: dict[str, Json] = {
    "id": "fnd_4c8e2a6g0k1m3n5p",
    "audit": "aud_0p4g7s2f9j5w1h6r",
    "site": "site_8w3n5e1h6z2k0b7y",
    "provision": "T2.1",
    "state": "held",
    "seen_at": "2026-11-21T06:10:00Z",
    "raised_at": "2026-11-21T09:30:00Z",
    "late_by_hours": 0,
    "held_until": "2026-11-24T09:30:00Z",
    "ended_at": None,
    "ended_by": None,
}
ALERT: dict[str, Json] = {
    **LISTED,
    "raised_by": "per_7k2m9t4x1c5v8q3d",
    "reason": RAISED["reason"],
    "zero_tolerance": True,
    "deliberate": True,
    "concealed": False,
    "worst_form": False,
    "by_management": False,
    "safe_because": None,
    "told": None,
    "words": [],
    "waiting_for": [],
}
RELEASED: dict[str, Json] = {
    **ALERT,
    "state": "released",
    "ended_at": "2026-11-22T08:00:00Z",
    "ended_by": "handler",
    "told": "By telephone, after the workers' organisation had met those concerned.",
}
EXTENSION: dict[str, Json] = {
    "until": "2026-11-27T09:30:00Z",
    "reason": "The workers concerned are being moved to a place of safety and need three more days.",
}
WORD: dict[str, Json] = {
    "act": "extend",
    **EXTENSION,
    "person": "per_2n8c4q6v9x1z3b5d",
    "at": "2026-11-22T08:00:00Z",
    "had_effect": False,
}
AWAITED: dict[str, Json] = {
    **ALERT,
    "words": [WORD],
    "waiting_for": ["not held longer yet: the protection handler has to say the same, until 2026-11-27T09:30:00Z"],
}


class AlertBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [RAISED]})

    provision: Line = Field(description="one of zero tolerance, such as T2.1")
    reason: Prose = Field(
        description="what was seen or heard; suspicion is enough. No names of people. Only the team, the protection "
        "handler and the certification body ever read it"
    )
    finding: Prose | None = Field(
        default=None,
        description="what the site will read, when it may, and what the report says: nothing from which it could tell "
        "who talked, when, where or in which group. A neutral sentence without it",
    )
    seen_at: Moment = Field(description="when, on a day of the audit; how late it comes is recorded, and stops nothing")
    deliberate: bool = False
    concealed: bool = False
    worst_form: bool = Field(default=False, description="of child labour; only on the provisions about children")
    by_management: bool = Field(default=False, description="violence or threats; only on the provisions about them")
    release: Literal["hold", "now"] = Field(default="hold", description="now: the site is told at once")
    safe_because: Prose | None = Field(default=None, description="with now: why that puts nobody at the site in danger")


class ReleaseBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"told": RELEASED["told"]}]})

    told: Prose = Field(description="how the site is told, for the record")


class ExtensionBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [EXTENSION]})

    until: Moment = Field(description="the new limit; the second person names the same")
    reason: Prose


class DismissalBody(Body):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "The passports lay in the workers' lockers."}]}
    )

    reason: Prose = Field(description="why there was nothing")


@router.post(
    "/v1/audits/{audit}/alerts",
    status_code=201,
    summary="Raise an alert",
    description="For members of the team, on a provision of zero tolerance, within 24 hours of being on site. One that "
    "comes later is held like any other, and handler and certification body see how late it is. The rules decide at "
    "once. Site, holder and public see nothing of it until the protection handler says so or 72 hours have passed; "
    "after the submission it is held until the report's release at most. Only under a standard that says how field "
    "work is done.",
    responses={**PROBLEMS, 201: example("The alert, held.", ALERT)},
)
def raise_alert(audit: AuditId, body: AlertBody, call: Writer) -> Response:
    given = body.model_dump()
    draft = AlertDraft(**{**given, "safe_because": body.safe_because or "", "finding": body.finding or ""})

    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        return 201, views.whole(session, service.raise_alert(session, call.actor, audit, draft, now=call.now))

    return call.run(work)


@router.get(
    "/v1/alerts",
    summary="List alerts",
    description="For the protection handler, deciders and scheme managers all; for auditors those of their own audits. "
    "With their clocks, without what was seen.",
    responses={**READ_PROBLEMS, 200: example("One page.", {"items": [LISTED], "next": None})},
)
def list_alerts(
    call: Reader,
    page: Paging,
    state: Annotated[Literal["held", "released", "dismissed"] | None, Query(description="none: all")] = None,
) -> dict[str, Any]:
    access.check(call.actor, READ, (*KNOWN, "assigned"))
    query = select(AlertRow).where(visible(call.actor))
    if state is not None:
        query = query.where(AlertRow.state == state)
    with call.world.db.read() as session:
        return listed(session, query, AlertRow.id, page, lambda alert: views.line(session, alert))


@router.get(
    "/v1/alerts/{alert}",
    summary="Read an alert",
    description="With what was seen. Whoever reads it and is not of its team is written down in the journal.",
    responses={**READ_PROBLEMS, 409: PROBLEMS[409], 200: example("The alert.", ALERT)},
)
def get_alert(alert: AlertId, call: Reader) -> dict[str, Any]:
    with call.world.db.write() as session:
        row = alert_of(session, call.actor, READ, alert)
        service.read_alert(session, call.actor, row, now=call.now)
        return views.whole(session, row)


@router.post(
    "/v1/alerts/{alert}/release",
    summary="Release an alert",
    description="For the protection handler alone: from now on the site has the finding, and what the rules concluded "
    "takes effect.",
    responses={**PROBLEMS, 200: example("The alert, released.", RELEASED)},
)
def release(alert: AlertId, body: ReleaseBody, call: Writer) -> Response:
    return _act(call, alert, service.release, told=body.told)


@router.post(
    "/v1/alerts/{alert}/extensions",
    summary="Hold an alert for longer",
    description="Two people, one of them the protection handler, with the same new limit: the second word makes it so. "
    "At most 14 days at a time, and before the limit that stands. `waiting_for` says that a second one is awaited.",
    responses={**PROBLEMS, 200: example("The alert, with the first word.", AWAITED)},
)
def extend(alert: AlertId, body: ExtensionBody, call: Writer) -> Response:
    return _act(call, alert, service.extend, until=body.until, reason=body.reason)


@router.post(
    "/v1/alerts/{alert}/dismissal",
    summary="Lay an alert aside",
    description="The protection handler and a decider, who were not on the audit: the second word makes it so. The "
    "finding is gone, and the alert with its words is kept.",
    responses={**PROBLEMS, 200: example("The alert, with the first word.", ALERT)},
)
def dismiss(alert: AlertId, body: DismissalBody, call: Writer) -> Response:
    return _act(call, alert, service.dismiss, reason=body.reason)


def _act(call: Writer, alert: str, step: Callable[..., AlertRow], /, **said: object) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        return 200, views.whole(session, step(session, call.actor, alert, **said, now=call.now))

    return call.run(work)
