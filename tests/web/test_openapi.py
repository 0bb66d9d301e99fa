"""The OpenAPI document keeps its word: complete for every operation, and true for whatever schemathesis thinks of.

The public operations in every run; all operations, with the token of each role, under FREEMARK_TORTURE=1. No 5xx, no
status that is not documented, no other content type or shape than declared, no operation that forgets to ask who calls.
"""

import json
import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer
from fastapi.testclient import TestClient
from hypothesis import strategies as st
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.engine import Status, events, from_schema
from starlette.responses import Response

from freemark import jobs
from freemark.app import create_app
from ground.clock import FixedClock
from ground.keyring import Keyring
from ground.settings import Settings
from ground.world import World, open_world
from tests.conftest import START, make_tables
from tests.flows.house import LATEST, House, conforming, passports

TORTURE = bool(os.environ.get("FREEMARK_TORTURE"))
Json = Any
METHODS = ("get", "post", "put", "patch", "delete")

load_all_checks()
PROMISES = (
    ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
     "response_headers_conformance", "ignored_auth"]
)  # fmt: skip


class Scene:
    """One application with something in it: two certificates, a suspension, labels, findings."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.app: FastAPI = create_app(world, job_thread=False)
        jobs.start_up(world)
        self.house = House(world, TestClient(self.app, raise_server_exceptions=False))
        first, second = self.house.certified(), self.house.certified()
        order = first.order(3)
        self.house.drain()
        audit = self.house.audit(second.site, [passports(deliberate=True)])
        self.house.submit(self.house.audit(first.site, conforming(LATEST)))
        self.house.drain()
        (finding,) = self.house.bea.get(f"/v1/findings?site={second.site}")["items"]
        (label, *_) = self.house.bea.fetch(f"/v1/orders/{order}/files/labels.csv").body.decode().splitlines()[1:]
        self.known: dict[str, list[str]] = {
            "organisation": [self.house.bea.organisation], "site": [first.site, second.site],
            "person": [self.house.bea.person], "audit": [audit], "finding": [finding["id"]],
            "application": [first.application, second.application], "number": [first.number, second.number],
            "order": [order], "batch": ["1"], "code": [label.split(",")[1], label.split(",")[2].rsplit("/", 1)[1]],
            "upload": ["upl_0000000000000000"], "key": ["key_0000000000000000"],
            "purpose": ["revocation", "suspension"], "shard": ["1"], "id": [LATEST], "seq": ["0", "1"],
            "n": ["1", "2"], "path": ["checkpoint", "log.vkey"], "name": ["labels.csv", "label-0.svg"],
            "assignment": [self.house.carl.get("/v1/assignments")["items"][0]["id"]],
            "list_id": [self.house.sam.get("/v1/screening/lists")["items"][0]["id"]],
            "cohort": ["led_0000000000000000"],
            "check": ["chk_0000000000000000"], "disclosure": ["dsc_0000000000000000"], "secret": ["0" * 32],
            "hit": ["hit_0000000000000000"], "line": ["scr_0000000000000000"],
        }  # fmt: skip


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    data = tmp_path_factory.mktemp("openapi")
    # Without the release check: which order waits in it would be a matter of luck.
    world = open_world(Settings.load(data=data, typed_codes_per_minute=100_000, release_check=False))
    world.clock = FixedClock(START)
    world.keyring = Keyring.create(data / "own-keys", START)
    make_tables(world)
    yield Scene(world)
    world.close()


@pytest.fixture(scope="module")
def document(scene: Scene) -> Json:
    return scene.app.openapi()


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert method in METHODS
            yield method, path, operation


# ---------------------------------------------------------------------------------------------------------- complete


def test_every_operation_is_described(document: Json) -> None:
    for method, path, operation in operations(document):
        assert operation["summary"].strip(), (method, path)
        assert operation["description"].strip().endswith((".", "?")), (method, path)
        assert operation["tags"], (method, path)
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)


def test_every_operation_documents_its_refusals_as_problems(document: Json) -> None:
    """401 and 403 where a token is asked for; 400, 409, 413 and 422 where something is written; 404 where there is an
    id in the address. Each with an example."""
    for method, path, operation in operations(document):
        statuses = set(operation["responses"])
        wanted = set()
        if operation.get("security"):
            wanted |= {"401", "403"}
        if method != "get":
            wanted |= {"400", "409", "413", "422"}
        if "{" in path:
            wanted |= {"404"}
        assert wanted <= statuses, (method, path)
        if path != "/healthz":
            assert any(status.startswith(("4", "5")) for status in statuses) or path == "/bundle.json", (method, path)
        for status in statuses:
            content = operation["responses"][status].get("content", {})
            if status[0] in "45" and status != "416" and not (path.endswith("/files/{name}") and status == "400"):
                assert content["application/problem+json"]["example"]["status"] == int(status), (method, path, status)


def test_every_answer_and_every_body_has_an_example(document: Json) -> None:
    for method, path, operation in operations(document):
        for status, response in operation["responses"].items():
            if status[0] != "2" or status == "206":
                continue
            shown = [media for media in response["content"].values() if "example" in media or "examples" in media]
            assert shown, (method, path, status)
        if method != "get":
            assert examples_of(document, operation), (method, path)


def examples_of(document: Json, operation: Json) -> list[Json]:
    """The examples of a request's body, in its schema or beside it."""
    (media,) = operation["requestBody"]["content"].values()
    schema = media["schema"]
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return list(schema.get("examples", [])) or ([media["example"]] if "example" in media else [])


def filled(path: str, scene: Scene) -> str:
    """The path with ids that exist where they are known."""
    for name, values in scene.known.items():
        path = path.replace(f"{{{name}}}", values[0])
    for name, value in (("token", "tok_0000000000000000"), ("version", "1"), ("rulebook", "freemark-2026.0")):
        path = path.replace(f"{{{name}}}", value)
    return re.sub(r"\{[a-z_]+\}", "key_0000000000000000", path)  # of a thing that is not there


def test_every_example_of_a_body_is_taken_as_a_body(document: Json, scene: Scene) -> None:
    """It names ids that do not exist here; what is refused is never its shape."""
    for method, path, operation in operations(document):
        if method != "post":
            continue
        for number, body in enumerate(examples_of(document, operation)):
            response = sent(scene, path, body, f"example-{number}-{operation['operationId']}")
            if response.status_code == 422:
                said = response.json()
                assert "errors" not in said, (path, said)  # only faults of the shape come as a list
            else:
                assert response.status_code in (200, 201, 202, 403, 404, 409), (path, response.text)


def sent(scene: Scene, path: str, body: Json, key: str | None, token: str | None = None) -> Any:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token or scene.house.sam.token}"}
    if key is not None:
        headers["Idempotency-Key"] = key
    return scene.house.web.post(filled(path, scene), content=json.dumps(body), headers=headers)


# ------------------------------------------------------------------------------------------------- idempotency keys


def test_every_post_asks_for_an_idempotency_key(document: Json, scene: Scene) -> None:
    posts = 0
    for method, path, operation in operations(document):
        if method != "post":
            continue
        posts += 1
        (parameter,) = [each for each in operation["parameters"] if each["name"].lower() == "idempotency-key"]
        assert (parameter["in"], parameter["required"]) == ("header", True), path
        assert parameter["description"], path
        (body, *_) = examples_of(document, operation)
        for key in (None, "", "k" * 201, "two words"):
            response = sent(scene, path, body, key)
            assert response.status_code == 400, (path, key)
            assert response.json()["parameter"] == "Idempotency-Key", (path, key)
    assert posts >= 20


def test_the_same_key_with_another_body_is_refused_by_every_post(document: Json, scene: Scene) -> None:
    """After an answer that was kept: the request hash of the key is compared before anything else is looked at."""
    house = scene.house
    kept = {"organisation": house.bea.organisation, "kind": "farm", "name": "A farm", "address": "Road 2",
            "city": "Bogura", "country": "BD", "workers": 12}  # fmt: skip
    for method, path, operation in operations(document):
        if method != "post":
            continue
        key = f"same-{operation['operationId']}"
        assert sent(scene, "/v1/sites", kept, key).status_code == 201
        *_, body = examples_of(document, operation)
        response = sent(scene, path, body, key)
        assert response.status_code == 422, (path, response.text)
        assert "Idempotency-Key" in response.text, path
    again = sent(scene, "/v1/sites", kept, "same-again")
    assert sent(scene, "/v1/sites", kept, "same-again").json() == again.json()


def test_every_operation_with_a_lock_asks_who_calls(document: Json, scene: Scene) -> None:
    """Each operation under /v1 refuses no token, a wrong one and a half one; everything else is public."""
    for method, path, operation in operations(document):
        assert bool(operation.get("security")) == path.startswith("/v1/"), (method, path)
        if not operation.get("security"):
            continue
        for token in ("", "Bearer fm_" + "0" * 32, "Bearer fm_", "Basic c2FtOnNhbQ=="):
            headers = {"Idempotency-Key": "k", "Content-Type": "application/json", "Authorization": token}
            content = b"{}" if method == "post" else None
            response = scene.house.web.request(method, filled(path, scene), headers=headers, content=content)
            assert response.status_code == 401, (method, path, token)
            assert response.headers["WWW-Authenticate"] == "Bearer", (method, path)


# ---------------------------------------------------------------------------------------------------- schemathesis


def judged(
    app: FastAPI, *, examples: int, token: str = "", leave_out: str = "", known: Json = None
) -> tuple[int, list[str]]:
    """Let schemathesis call the operations: how many checks it made, and what it found wrong.

    known: for names in paths, values that exist; half of the addresses get them.
    """
    config = schemathesis.Config.from_dict(
        {
            "seed": 2008,
            "headers": {"Authorization": f"Bearer {token}"} if token else {},
            "generation": {"max-examples": examples, "deterministic": True, "database": "none"},
            "checks": {name: {"enabled": name in PROMISES} for name in CHECKS.get_all_names()},
            "phases": {"stateful": {"enabled": False}},  # it needs links, which our document does not have
        }
    )
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, config=config)
    if leave_out:
        schema = schema.exclude(path_regex=leave_out)

    @schema.hook
    def flatmap_path_parameters(context: Any, path_parameters: Json) -> Any:
        names = {name: st.just(value) for name, value in (path_parameters or {}).items()}
        exist = {name: st.sampled_from(values) for name, values in (known or {}).items() if name in names}
        return st.one_of(st.just(path_parameters), st.fixed_dictionaries({**names, **exist}))

    made, wrong = 0, []
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            for checks in event.recorder.checks.values():
                made += len(checks)
                bad = [check.failure_info for check in checks if check.status != Status.SUCCESS and check.failure_info]
                wrong += [f"{info.failure.operation}: {info.failure.title}: {info.code_sample}" for info in bad]
        elif isinstance(event, events.NonFatalError | events.FatalError):  # an error that left the application
            wrong.append(f"{getattr(event, 'label', '')}: it raised: {event.info}")
    return made, wrong


def test_public_operations_keep_their_word(scene: Scene) -> None:
    made, wrong = judged(scene.app, examples=500 if TORTURE else 25, leave_out="^/v1/", known=scene.known)
    assert wrong == []
    assert made > 1000


@pytest.mark.skipif(not TORTURE, reason="all operations: FREEMARK_TORTURE=1")
@pytest.mark.parametrize("role", ["sam", "carl", "amina", "bea"])
def test_all_operations_keep_their_word(scene: Scene, role: str) -> None:
    token = getattr(scene.house, role).token
    made, wrong = judged(scene.app, examples=100, token=token, known=scene.known)
    assert wrong == []
    assert made > 5000


def test_a_broken_promise_would_be_seen() -> None:
    """The negative control: a 500, a status nobody documented, another content type, and a lock that is open."""
    app = FastAPI()

    def broken() -> Response:
        return Response("{}", 500, media_type="application/json")

    def raised() -> None:
        raise RuntimeError

    def teapot() -> Response:
        return Response("{}", 418, media_type="application/json")

    def page() -> Response:
        return Response("<p>", media_type="text/html")

    def nothing() -> Json:
        return {}

    def listed() -> Response:
        return Response("[]", media_type="application/json")

    open_lock = Depends(HTTPBearer(auto_error=False, scheme_name="open"))
    app.get("/five-hundred", responses={500: {}})(broken)
    app.get("/raised")(raised)
    app.get("/undocumented")(teapot)
    app.get("/other-type")(page)
    app.get("/open", dependencies=[open_lock])(nothing)
    app.get("/sound")(nothing)
    app.get("/other-shape", responses={200: {"model": dict[str, int]}})(listed)
    _, wrong = judged(app, examples=5)
    seen = {line.split(": ")[0].removeprefix("GET /"): line.split(": ")[1] for line in reversed(wrong)}
    assert seen == {
        "five-hundred": "Server error",
        "raised": "it raised",
        "undocumented": "Undocumented status code",
        "other-type": "Undocumented Content-Type",
        "open": "API accepts requests without authentication",
        "other-shape": "Response violates schema",
    }
