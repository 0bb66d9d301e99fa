"""Errors to HTTP: every refusal leaves as an RFC 9457 problem document, whoever raised it.

Owns the mapping for the whole application. Never shows a traceback, a query or a path of the machine.
"""

from __future__ import annotations

import logging
from typing import cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ground.errors import Conflict, Forbidden, FreemarkError, Invalid, Malformed, NotFound, TooLarge, Unauthenticated
from ground.web import problem, validation_problem

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
    return problem(cast(FreemarkError, error))


async def _invalid(request: Request, error: Exception) -> Response:
    return validation_problem(cast(RequestValidationError, error).errors())


async def _http(request: Request, error: Exception) -> Response:
    failure = cast(HTTPException, error)
    if failure.status_code == 405:
        response = problem(_MethodNotAllowed(f"{request.method} is not offered here"))
    else:
        family = _BY_STATUS.get(failure.status_code, FreemarkError)
        response = problem(family(str(failure.detail)))
    for name, value in (failure.headers or {}).items():
        response.headers[name] = value
    return response


async def _unexpected(request: Request, error: Exception) -> Response:
    log.error("unexpected failure in %s", request.scope.get("route", "no route"), exc_info=error)
    return problem(_Failed("the request failed; nothing was changed by it unless you were told so"))
