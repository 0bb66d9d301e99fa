"""The clock of a demo world: a story may begin in the past. Not part of any other world's application.

Settable by a scheme manager over HTTP; `null` returns it to the real time. A production world has neither the route
nor a clock that could be set.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, ConfigDict, Field
from starlette.responses import Response

from ground import access, journal
from ground.access import Grant
from ground.canonical import instant
from ground.clock import DemoClock
from ground.database import Writing
from ground.errors import Conflict
from ground.web import PROBLEMS, Body, Command, command

access.register(Grant("parties.set_clock", "scheme_manager", "any"))

router = APIRouter(tags=["demo"])


class ClockSetting(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"at": "2026-06-01T08:00:00Z"}]})

    at: AwareDatetime | None = Field(strict=False, description="the instant it shall be now; null: the real time")


@router.post(
    "/v1/demo/clock",
    summary="Set the clock of a demo world",
    description="Time goes on from there. Only demo worlds have this operation.",
    responses={**PROBLEMS, 200: {"content": {"application/json": {"example": {"now": "2026-06-01T08:00:00Z"}}}}},
)
def set_clock(body: ClockSetting, call: Annotated[Command, Depends(command)]) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, str]]:
        access.check(call.actor, "parties.set_clock", ["any"])
        clock = call.world.clock
        if not isinstance(clock, DemoClock):
            raise Conflict("this world's clock cannot be set")
        wanted: datetime | None = body.at
        clock.set(wanted)
        journal.record(
            session, call.actor, "clock_set", "clock", {"at": instant(wanted) if wanted else ""}, now=call.now
        )
        return 200, {"now": instant(clock.now())}

    return call.run(work)
