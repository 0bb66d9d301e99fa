"""Errors to HTTP: every refusal leaves as an RFC 9457 problem document, whoever raised it.

Owns the mapping for the whole application. Never shows a traceback, a query or a path of the machine.
"""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ground.errors import Conflict, Forbidden, FreemarkError, Invalid, Malformed, NotFound, TooLarge, Unauthenticated
from ground.web import problem

log = logging.getLogger("freemark.web")

_BY_STATUS: dict[int, type[FreemarkError]] = {
    400: Malformed,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    422: Invalid,
}


class _Failed(FreemarkError):
    slug = "internal"
    title = "Something went wrong on our side"
    status = 500


class _MethodNotAllowed(FreemarkError):
    slug = "method-not-allowed"
    title = "This address does not take this method"
    status = 405


def install(app: FastAPI) -> None:
    """Register the handlers on the application."""
    app.add_exception_handler(FreemarkError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, FreemarkError)
    return problem(error)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [{"pointer": _pointer(entry["loc"]), "detail": str(entry["msg"])} for entry in error.errors()[:20]]
    first = errors[0] if errors else {"pointer": "", "detail": "the request is not acceptable"}
    unreadable = any(entry["type"] == "json_invalid" for entry in error.errors())
    family = Malformed if unreadable else Invalid
    return problem(family(first["detail"], where=first["pointer"]), errors=errors)


def _pointer(location: tuple[int | str, ...]) -> str:
    """A JSON pointer inside the body; for headers, queries and paths the place in words."""
    place, *rest = location
    if place == "body":
        return "".join(f"/{part}" for part in rest)
    return f"{place} {'.'.join(str(part) for part in rest)}"


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        response = problem(_MethodNotAllowed(f"{request.method} is not offered here"))
    else:
        family = _BY_STATUS.get(error.status_code, FreemarkError)
        response = problem(family(str(error.detail)))
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response


async def _unexpected(request: Request, error: Exception) -> Response:
    log.error("unexpected failure in %s", request.scope.get("route", "no route"), exc_info=error)
    return problem(_Failed("the request failed; nothing was changed by it unless you were told so"))
