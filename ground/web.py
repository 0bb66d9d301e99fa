"""What every route needs: who calls, with which world, under which Idempotency-Key; and the shape of refusals.

Owns the dependencies `reader` (GET) and `command` (POST), paging, the body limit and the problem document (RFC 9457);
hands on the body fields of `ground.bodies`. A command commits before its answer is made, so a failed commit can never
look like a success. Which operations there are is said in the routes of each package.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Query, Request
from fastapi import Path as PathParameter
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ground import auth, idempotency
from ground.access import Actor
from ground.bodies import ID_PATTERN as ID_PATTERN
from ground.bodies import Body as Body
from ground.bodies import Day as Day
from ground.bodies import Id as Id
from ground.bodies import Line as Line
from ground.bodies import LineOrNone as LineOrNone
from ground.bodies import Moment as Moment
from ground.bodies import Prose as Prose
from ground.canonical import Json, jcs_plain, parse
from ground.database import Reading, Writing
from ground.errors import (
    Conflict,
    Forbidden,
    FreemarkError,
    Invalid,
    Malformed,
    NotFound,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from ground.world import World

MOST_FAULTS = 20  # a body can have thousands; the first ones are enough to go on with
PROBLEM_TYPE = "application/problem+json"
RETRY_AFTER = {429: "60", 503: "5"}  # seconds: the window for typed codes is a minute; a restart takes less
BEARER = HTTPBearer(auto_error=False, scheme_name="token", description="An API token: `fm_` and 32 symbols.")


def world(request: Request) -> World:
    """The world that `freemark.app` hung on the application."""
    found: World = request.app.state.world
    return found


@dataclass(frozen=True)
class Call:
    """One authenticated request. Services check what the actor may do; this only says who it is, and when."""

    actor: Actor
    world: World
    now: datetime
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Command(Call):
    """A call that may change something, once per Idempotency-Key."""

    key: str
    request_hash: str

    def run(self, work: Callable[[Writing], tuple[int, dict[str, Json]]]) -> Response:
        """Do the work in one transaction and answer with its status and body; done before, answer the same again.

        The work, its answer and its events are committed together, before the answer is made. What the work raises
        rolls everything back and is not remembered: the same key may be tried again.
        """
        names = (self.actor.token, self.key, self.request_hash, self.secret)
        with self.world.db.write() as session:
            given = idempotency.recall(session, *names)
            if given is None:
                status, document = work(session)
                answer = (status, jcs_plain(document))
                idempotency.keep(session, *names, answer, now=self.now)
            else:
                answer = given
        # The block above has committed.
        if given is None:
            self.world.wake()
        headers = {"Idempotency-Replayed": "true"} if given is not None else None
        return Response(answer[1], status_code=answer[0], headers=headers, media_type="application/json")


def reader(
    here: Annotated[World, Depends(world)],
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
) -> Call:
    """Who asks. Unauthenticated without a valid token."""
    if credentials is None:
        raise Unauthenticated("send an API token: Authorization: Bearer fm_...")
    now = here.clock.now()
    with here.db.read() as session:
        actor = auth.authenticate(session, credentials.credentials, now)
    return Call(actor=actor, world=here, now=now, secret=credentials.credentials)


Reader = Annotated[Call, Depends(reader)]


def _key(request: Request, _: Reader) -> str:
    """Before the other parameters are judged, so that a missing key is a 400 of its own; after who asks (401)."""
    return idempotency.check_key(request.headers.get("Idempotency-Key"))


async def _body(request: Request) -> bytes:
    """The body's bytes. Malformed for JSON that two readers could read differently: doubled keys, depth, surrogates."""
    body = await request.body()
    if body:
        parse(body, limit=len(body), floats=True)
    return body


def command(
    request: Request,
    call: Reader,
    key: Annotated[str, Depends(_key)],
    body: Annotated[bytes, Depends(_body)],
    idempotency_key: Annotated[
        str,
        Header(
            description="Of your own choice, one per wish: the same key with the same body gives the same answer "
            "again, and the work is done once. With another body it is refused (422).",
            examples=["3f9c0d52-order-17"],
            json_schema_extra={"minLength": 1, "maxLength": idempotency.MOST_KEY, "pattern": "^[!-~]+$"},
        ),
    ],
) -> Command:
    """A POST: who asks, and under which key. Malformed (400) when the key is missing or not a key."""
    return Command(
        actor=call.actor,
        world=call.world,
        now=call.now,
        secret=call.secret,
        key=key,
        request_hash=idempotency.request_hash(request.method, request.url.path, body),
    )


Writer = Annotated[Command, Depends(command)]


IdInPath = Annotated[str, PathParameter(pattern=ID_PATTERN, description="its id")]


# Lists.


@dataclass(frozen=True)
class Page:
    after: str
    limit: int


def page(
    after: Annotated[
        str, Query(max_length=64, pattern="^[A-Za-z0-9_]*$", description="`next` of the page before; none: the first")
    ] = "",
    limit: Annotated[int, Query(ge=1, le=200, description="most items in the answer")] = 50,
) -> Page:
    return Page(after, limit)


Paging = Annotated[Page, Depends(page)]


Row = TypeVar("Row")


def listed(
    session: Reading,
    query: Select[Row],
    order: InstrumentedAttribute[str] | InstrumentedAttribute[int],
    page: Page,
    show: Callable[[Row], dict[str, Json]],
) -> dict[str, Json]:
    """One page of `query` (a select of one table) in the order of a unique column: {"items": [...], "next": ...}.

    `next` is what to send as `after` for the page behind, null on the last one.
    """
    whole = order.type.python_type is int
    if page.after:
        if whole and not page.after.isdecimal():
            raise Invalid("must be the `next` of another page", where="after")
        query = query.where(order > (int(page.after) if whole else page.after))
    rows = list(session.scalars(query.order_by(order).limit(page.limit + 1)))
    more = len(rows) > page.limit
    rows = rows[: page.limit]
    return {
        "items": [show(row) for row in rows],
        "next": str(getattr(rows[-1], order.key)) if more else None,
    }


# Refusals.


def problem(error: FreemarkError, errors: Sequence[Mapping[str, str]] = ()) -> Response:
    """The refusal as a problem document. errors: the faults of a body, as {pointer, detail}, if there are several."""
    document: dict[str, Json] = {
        "type": f"urn:freemark:problem:{error.slug}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
    }
    if error.where:
        # RFC 9457 section 3.1: extension members. A body's place is a JSON pointer; a header or query has a name.
        document["pointer" if error.where.startswith("/") else "parameter"] = error.where
    if errors:
        document["errors"] = [dict(entry) for entry in errors]
    headers = {"Cache-Control": "no-store"}
    if error.status == Unauthenticated.status:
        headers["WWW-Authenticate"] = "Bearer"
    if (wait := RETRY_AFTER.get(error.status)) is not None:
        headers["Retry-After"] = wait
    data = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return Response(data, status_code=error.status, headers=headers, media_type=PROBLEM_TYPE)


def validation_problem(faults: Sequence[Mapping[str, Any]]) -> Response:
    """Pydantic's list of faults (`RequestValidationError.errors()`) as one problem: 400 if it is no JSON, else 422."""
    refused_keys = {tuple(fault["loc"][:-1]) for fault in faults if fault["loc"][-1] == "[key]"}
    errors = [
        {"pointer": _pointer(_without_key(fault["loc"], refused_keys)), "detail": _words(fault)}
        for fault in faults[:MOST_FAULTS]
    ]
    first = errors[0] if errors else {"pointer": "", "detail": "the request is not acceptable"}
    unreadable = any(fault["type"] == "json_invalid" for fault in faults)
    if unreadable:
        return problem(Malformed("the body is not JSON"))
    return problem(Invalid(first["detail"], where=first["pointer"]), errors)


def _without_key(location: Sequence[str | int], refused: Collection[tuple[str | int, ...]]) -> Sequence[str | int]:
    """The place, or the object around it for a key that was refused: what somebody wrote as a key is not repeated."""
    return next((key[:-1] for key in refused if tuple(location[: len(key)]) == key), location)


def _pointer(location: Sequence[str | int]) -> str:
    """A JSON pointer (RFC 6901) into the body; for a query, header or path its name alone."""
    place, *rest = location
    if place == "body":
        return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in rest)
    return ".".join(str(part) for part in rest)


def _words(fault: Mapping[str, Any]) -> str:
    about = fault.get("ctx") or {}
    text = fault["type"].startswith("string_too_") or about.get("field_type") == "Value"  # free text is cleaned first
    if text and about.get("min_length") == 1 and fault["type"].endswith("too_short"):
        return f"{_last(fault['loc'])} is empty"
    if text and fault["type"] == "too_long":
        return f"{_last(fault['loc'])} has more than {about['max_length']} characters"
    return str(fault["msg"]).removeprefix("Value error, ")


def _last(location: Sequence[str | int]) -> str:
    """The innermost name in a place, in words."""
    return next((f"the {part.replace('_', ' ')}" for part in reversed(location) if isinstance(part, str)), "it")


_SCHEMA: dict[str, Json] = {
    "type": "object",
    "title": "Problem",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "pointer": {"type": "string", "description": "JSON pointer to the first fault in the body"},
        "parameter": {"type": "string", "description": "the header or parameter at fault"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}


def _declared(error: FreemarkError, description: str) -> dict[str, Json]:
    example = json.loads(bytes(problem(error).body))
    return {"description": description, "content": {PROBLEM_TYPE: {"schema": _SCHEMA, "example": example}}}


PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: _declared(
        Malformed("every POST needs an Idempotency-Key of your own choice", where="Idempotency-Key"),
        "The bytes are no JSON, or the Idempotency-Key is missing.",
    ),
    401: _declared(Unauthenticated("this token is unknown, has expired or was revoked"), "No valid token."),
    403: _declared(Forbidden("your role may not do this (parties.add_organisation)"), "Not with this role or token."),
    404: _declared(NotFound(auth.NOTHING), "There is none, or it belongs to somebody else."),
    409: _declared(Conflict("this token was revoked already"), "Not in the state that it is in."),
    413: _declared(TooLarge("the body has more than 1048576 bytes"), "The body is over the limit."),
    422: _declared(Invalid("kind is one of factory, farm", where="/kind"), "A value is not acceptable."),
    429: _declared(TooMany("too many codes were typed from your network; wait a minute"), "Too many requests."),
    503: _declared(Unavailable("the database did not answer in time; nothing was changed, try again"), "Try again."),
}
"""The `responses=` of every POST: what each status looks like."""

READ_PROBLEMS: dict[int | str, dict[str, Any]] = {status: PROBLEMS[status] for status in (401, 403, 404, 422, 503)}
"""The same for GETs."""


def example(description: str, body: dict[str, Json]) -> dict[str, Any]:
    """An entry of `responses=` for a success, with an example of its body."""
    return {"description": description, "content": {"application/json": {"example": body}}}


class BodyLimit:
    """ASGI middleware: a body over `limit` bytes is refused with 413, and no more than that of it is ever read."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "")
        if length.isdecimal() and (len(length) > 18 or int(length) > self._limit):
            await self._refusal()(scope, receive, send)
            return
        seen, over, started = 0, False, False

        async def counted() -> Message:
            nonlocal seen, over
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit:
                over = True
                raise _OverLimit
            return message

        async def watched(message: Message) -> None:
            nonlocal started
            if over and not started:
                return  # whatever the application makes of the broken read: the answer is ours, below
            started = True
            await send(message)

        try:
            await self._app(scope, counted, watched)
        except _OverLimit:
            if started:
                raise
        if over and not started:
            await self._refusal()(scope, receive, send)

    def _refusal(self) -> Response:
        return problem(TooLarge(f"the body has more than {self._limit} bytes"))


class _OverLimit(Exception):
    pass
