"""The application as a whole: is it alive and ready, how it refuses, what it never tells, what it never logs."""

import http.client
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from freemark import jobs
from freemark.app import create_app
from freemark.demo import stage
from freemark.demo.client import Client
from freemark.demo.server import Server, free_port
from ground import parties
from ground.clock import SystemClock
from ground.database import Database
from ground.keyring import Keyring
from ground.settings import Settings
from ground.signing import SeedSigner
from ground.world import World, open_world
from tests.cast import Cast
from tests.flows.house import House, opened
from verify.routes import EXAMPLE

SITE = {"kind": "farm", "name": "A farm", "address": "Road 2", "city": "Bogura", "country": "BD", "workers": 12}


@pytest.fixture
def house(sqlite_world: World) -> Iterator[House]:
    with opened(sqlite_world) as house:
        yield house


def problem(response: Any, status: int) -> dict[str, Any]:
    """The problem document that this answer must be."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    document: dict[str, Any] = response.json()
    assert (document["status"], bool(document["title"]), bool(document["detail"])) == (status, True, True)
    assert document["type"].startswith("urn:freemark:problem:")
    assert not any(word in response.text for word in ("Traceback", 'File "', "sqlite", "SELECT", "site-packages"))
    return document


# --------------------------------------------------------------------------------------------------- alive and ready


def test_a_served_world_is_alive_and_ready(house: House) -> None:
    assert house.web.get("/healthz").json() == {"status": "alive"}
    assert house.web.get("/readyz").json() == {"status": "ready"}


@pytest.mark.parametrize("away", ["postgresql://freemark@127.0.0.1:1/none", "sqlite:////nowhere/at/all.db"])
def test_without_its_database_it_is_alive_but_not_ready(house: House, away: str) -> None:
    house.world.db.close()
    house.world.db = Database(away)
    assert house.web.get("/healthz").status_code == 200
    assert "database" in problem(house.web.get("/readyz"), 503)["detail"]
    answer = house.web.get("/v1/sites", headers={"Authorization": f"Bearer {house.bea.token}"})
    assert problem(answer, 503)
    assert answer.headers["retry-after"] == "5"


def test_before_the_migrations_it_is_not_ready(tmp_path: Path, database_url: str) -> None:
    world = open_world(Settings.load(data=tmp_path / "data", database_url=database_url))
    assert "not migrated" in problem(TestClient(create_app(world, job_thread=False)).get("/readyz"), 503)["detail"]
    world.close()


def test_before_the_first_publishing_it_is_not_ready(sqlite_world: World) -> None:
    web = TestClient(create_app(sqlite_world, job_thread=False))
    assert "keys.json" in problem(web.get("/readyz"), 503)["detail"]
    jobs.start_up(sqlite_world)
    assert web.get("/readyz").status_code == 200


# ---------------------------------------------------------------------------------------------------------- refusals


def test_an_address_that_is_none_is_a_problem_document(house: House) -> None:
    for path in ("/nothing/here", "/v1/nothing", "/v1/sites/site_0000000000000000/", "/favicon.ico"):
        problem(house.web.get(path, headers={"Authorization": f"Bearer {house.sam.token}"}), 404)


def test_a_method_that_is_not_offered_names_those_that_are(house: House) -> None:
    response = house.web.delete("/v1/sites")
    assert "DELETE" in problem(response, 405)["detail"]
    assert response.headers["allow"] in ("GET", "POST", "GET, POST")


def test_a_body_over_the_limit_is_refused_whether_it_tells_its_length_or_not(house: House) -> None:
    limit = house.world.settings.body_limit
    headers = {"Authorization": f"Bearer {house.bea.token}", "Idempotency-Key": "big"}
    whole = house.web.post("/v1/sites", content=b"x" * (limit + 1), headers=headers)
    assert str(limit) in problem(whole, 413)["detail"]
    problem(house.web.post("/v1/sites", content=iter([b"x" * limit, b"x"]), headers=headers), 413)


def test_a_defect_is_a_500_that_tells_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Not to the caller; the program's own log has all of it."""

    def defect(*args: object, **more: object) -> None:
        raise RuntimeError("SELECT secret FROM /var/lib/data")

    monkeypatch.setattr(parties, "get_site", defect)
    response = house.web.get(f"/v1/sites/{house.factory}", headers={"Authorization": f"Bearer {house.bea.token}"})
    document = problem(response, 500)
    assert "secret" not in response.text
    assert document["type"] == "urn:freemark:problem:internal"
    assert "SELECT secret" in caplog.text


@pytest.mark.parametrize(
    ("error", "status"), [(OperationalError("COMMIT", {}, Exception("disk is full")), 503), (RuntimeError("x"), 500)]
)
def test_a_failed_commit_is_an_error_status_and_leaves_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def fails(self: Session) -> None:
        raise error

    with opened(world) as house:
        headers = {"Authorization": f"Bearer {house.bea.token}", "Idempotency-Key": "once"}
        body = {**SITE, "organisation": house.bea.organisation}
        with monkeypatch.context() as broken:
            broken.setattr(Session, "commit", fails)
            problem(house.web.post("/v1/sites", json=body, headers=headers), status)
        assert [site["id"] for site in house.bea.get("/v1/sites")["items"]] == [house.factory]
        again = house.web.post("/v1/sites", json=body, headers=headers)  # the same key: nothing was remembered either
        assert (again.status_code, "idempotency-replayed" in again.headers) == (201, False)
        assert len(house.bea.get("/v1/sites")["items"]) == 2


# -------------------------------------------------------------------------------------------------------- production


@pytest.fixture
def production(tmp_path: Path) -> Iterator[World]:
    data = tmp_path / "data"
    root = SeedSigner.from_seed(bytes(range(32)))
    Keyring.create(data / "keys", datetime(2026, 6, 1, tzinfo=UTC), demo=False, roots=[root.public])
    world = open_world(Settings.load(data=data, environment="production", public_url="https://scheme.example.org"))
    yield world
    world.close()


def test_a_production_world_has_no_clock_to_set(production: World, cast: Cast) -> None:
    app = create_app(production, job_thread=False)
    assert "/v1/demo/clock" not in app.openapi()["paths"]
    web = TestClient(app, raise_server_exceptions=False)
    headers = {**cast.sam.headers, "Idempotency-Key": "k"}
    problem(web.post("/v1/demo/clock", json={"at": None}, headers=headers), 404)
    assert isinstance(production.clock, SystemClock)


def test_only_the_scheme_sets_the_clock_of_a_demo_world(house: House) -> None:
    """This world's clock stands for the test and cannot be set at all; the others are refused before that."""
    wish = {"at": "2026-06-02T08:00:00Z"}
    assert house.bea.refused("/v1/demo/clock", wish)[0] in (403, 404)
    assert house.sam.refused("/v1/demo/clock", wish)[0] == 409


# ----------------------------------------------------------------------------------------------------------- silence


def served_words(command: list[str] | None, tmp_path: Path) -> str:
    """Everything that a server writes while labels are scanned: as digits, typed, broken, as a page, and too often."""
    port, data = free_port(), tmp_path / "world"
    stage.found_world(data, f"http://localhost:{port}", "", SystemClock().now())
    told = [each.format(data=data, port=port) for each in command] if command else None
    with Server(data, port, command=told) as server:
        anybody = Client(server.base)
        for accept in ("application/json", "text/html"):
            anybody.fetch(f"/{EXAMPLE}", accept)
            anybody.fetch("/03RJ0-NQF90-JPNCE", accept)
        connection = http.client.HTTPConnection("localhost", port, timeout=30)
        connection.request("GET", "/check?code=03RJ0NQF90JPNCE")
        assert connection.getresponse().status == 303
        connection.close()
    return (data / "server.log").read_text()


SECRETS = (EXAMPLE, EXAMPLE[:40], "03RJ0", "NQF90", "/check", "GET ")


def test_a_scan_leaves_no_trace_in_what_the_server_writes(tmp_path: Path) -> None:
    words = served_words(None, tmp_path)
    assert not any(secret in words for secret in SECRETS), words


def test_an_access_log_would_tell_every_scan(tmp_path: Path) -> None:
    """The negative control: the same application under uvicorn as it comes."""
    script = (
        "import uvicorn; from pathlib import Path; from freemark.app import create_app; "
        "from ground.settings import Settings; from ground.world import open_world; "
        "uvicorn.run(create_app(open_world(Settings.load(data=Path('{data}')))), port={port})"
    )
    words = served_words([sys.executable, "-c", script], tmp_path)
    assert all(secret in words for secret in SECRETS)


def test_an_application_that_cannot_start_says_why_and_ends(tmp_path: Path) -> None:
    """Its keys are for a demo and it shall be production: one line, and no port is opened."""
    data = tmp_path / "world"
    stage.found_world(data, "http://localhost:1", "", SystemClock().now())
    environment = {"FREEMARK_ENVIRONMENT": "production", "FREEMARK_PUBLIC_URL": "https://scheme.example.org"}
    (data / "settings.env").write_text("".join(f"{key}={value}\n" for key, value in environment.items()))
    command = [sys.executable, "-m", "freemark.cli", "--data", str(data), "serve", "--port", str(free_port())]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert answer.returncode == 2
    assert answer.stderr.splitlines() == [
        "freemark: environment: these keys were made for a demo; production needs its own"
    ]
