"""The web application: the routers of all floors in one FastAPI, its start-up and its end.

Owns: which routers there are, in which order (the scan last: its path is the shortest), health, and the demo clock,
which exists in demo worlds only. No rule and no table lives here.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from audits import routes as audits
from audits.alerts import routes as alerts
from audits.evidence import routes as evidence
from audits.fieldwork import routes as fieldwork
from audits.independence import routes as independence
from audits.remedy import routes as remedy
from audits.screening import routes as screening
from audits.selfassessment import routes as selfassessment
from audits.sheets import routes as sheets
from certify import log as transparency
from certify import routes as certify
from certify.appeals import routes as appeals
from certify.evidence import routes as proofs
from certify.governance import routes as governance
from certify.reviews import routes as reviews
from freemark import demo_clock, jobs, problems
from ground import routes as parties
from ground.database import ready
from ground.errors import Conflict, Unavailable
from ground.web import PROBLEMS, BodyLimit
from ground.world import World
from labels import routes as labels
from verify import routes as verify

log = logging.getLogger("freemark.app")

DESCRIPTION = """Certificates and labels against human trafficking: audits, decisions, labels, scans, and a public log.

Every POST needs an `Idempotency-Key`: the same key with the same body gives the same answer again, the same key with
another body is refused (422). Errors are problem documents (RFC 9457)."""

health = APIRouter(tags=["health"])


@health.get(
    "/healthz",
    summary="Is the process alive?",
    description="Asks nobody else: an answer is all it says.",
    responses={200: {"content": {"application/json": {"example": {"status": "alive"}}}}},
)
def healthz() -> dict[str, str]:
    return {"status": "alive"}


@health.get(
    "/readyz",
    summary="Can it serve?",
    description="Asks the database and the shelf. 503 while one of them is away, or when they tell different stories.",
    responses={200: {"content": {"application/json": {"example": {"status": "ready"}}}}, 503: PROBLEMS[503]},
)
def readyz(request: Request) -> dict[str, str]:
    world: World = request.app.state.world
    if not ready(world.db):
        raise Unavailable("the database does not answer, or its tables are not migrated")
    if world.shelf.read("keys.json") is None:
        raise Unavailable("the shelf has no keys.json yet")
    try:
        transparency.guard(world)
    except Conflict as error:
        raise Unavailable(error.detail) from error
    return {"status": "ready"}


def create_app(world: World, *, job_thread: bool = True, wake: Callable[[], None] | None = None) -> FastAPI:
    """The application on that world.

    job_thread: run the jobs in this process (the embedded default). wake: otherwise, how a worker is told.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(jobs.start_up, world)
        thread = jobs.JobThread(world) if job_thread else None
        world.wake = thread.wake if thread else (wake or world.wake)
        if thread:
            thread.start()
        yield
        if thread:
            await run_in_threadpool(thread.stop)
        world.db.close()

    app = FastAPI(
        title="Freemark",
        version="0.1.0",
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0"},
        lifespan=lifespan,
        docs_url=None,  # its page would load scripts from strangers
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    app.state.world = world
    problems.install(app)
    app.add_middleware(BodyLimit, limit=world.settings.body_limit)
    app.include_router(health)
    for room in (
        parties, audits, independence, selfassessment, fieldwork, evidence, sheets, screening, alerts, remedy, certify,
        reviews, governance, appeals, proofs, labels,
    ):  # fmt: skip
        app.include_router(room.router)
    if world.settings.environment == "demo":
        app.include_router(demo_clock.router)
    app.include_router(verify.make_router(world))
    return app
