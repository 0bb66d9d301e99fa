"""A small application with the routes of the ground floor, as the roof would build it, and its client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.testclient import TestClient
from starlette.responses import Response

from ground import routes
from ground.errors import FreemarkError
from ground.web import BodyLimit, problem, validation_problem
from ground.world import World
from tests.cast import Player


def make_app(world: World, *routers: APIRouter) -> FastAPI:
    app = FastAPI()
    app.state.world = world
    for router in (routes.router, *routers):
        app.include_router(router)
    app.add_middleware(BodyLimit, limit=world.settings.body_limit)

    @app.exception_handler(FreemarkError)
    def refused(request: Request, error: FreemarkError) -> Response:
        return problem(error)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:
        return validation_problem(error.errors())

    return app


@contextmanager
def client(world: World, *routers: APIRouter) -> Iterator[TestClient]:
    """Failures inside become a 500, as on a real server, and not an error of the test."""
    with TestClient(make_app(world, *routers), raise_server_exceptions=False) as opened:
        yield opened


def post(client: TestClient, player: Player, path: str, body: Any, key: str = "key-1") -> Any:
    """The response. `body` is sent as it is when it is bytes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {**player.headers, "Idempotency-Key": key, "Content-Type": "application/json"}
    return client.post(path, content=content, headers=headers)


def get(client: TestClient, player: Player, path: str) -> Any:
    return client.get(path, headers=player.headers)
