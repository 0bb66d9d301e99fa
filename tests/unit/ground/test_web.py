"""Commands over HTTP: once per key, committed before the answer, refused in one shape."""

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends
from fastapi.testclient import TestClient
from pydantic import Field
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ground import idempotency
from ground.database import Writing
from ground.errors import Conflict
from ground.idempotency import GivenAnswer
from ground.parties import Site
from ground.web import Body, BodyLimit, Command, Day, Id, Line, Moment, Prose, command
from ground.world import World
from tests.cast import Cast, Player, make_cast
from tests.unit.ground.app import client as open_client
from tests.unit.ground.app import get, post


@pytest.fixture
def client(world: World, cast: Cast) -> Iterator[TestClient]:
    with open_client(world, probes) as opened:
        yield opened


# Routes that only these tests have.

probes = APIRouter()


class Probe(Body):
    day: Day | None = None
    moment: Moment | None = None
    line: Line = "a"
    prose: Prose = "a"
    number: int = Field(0, ge=0, le=10)
    id: Id | None = None
    words: list[Line] = Field(default=[], max_length=3)


@probes.post("/v1/probe")
def probe(body: Probe, call: Annotated[Command, Depends(command)]) -> Response:
    return call.run(lambda session: (200, json.loads(body.model_dump_json())))


@probes.post("/v1/refusing")
def refusing(call: Annotated[Command, Depends(command)]) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Any]]:
        session.execute(text("UPDATE site SET name = 'changed'"))
        raise Conflict("not now")

    return call.run(work)


@probes.post("/v1/failing")
def failing(call: Annotated[Command, Depends(command)]) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Any]]:
        session.execute(text("UPDATE site SET name = 'changed'"))
        raise ZeroDivisionError

    return call.run(work)


SITE = {
    "kind": "factory",
    "name": "Unit 3",
    "address": "Plot 15",
    "city": "Gazipur",
    "country": "BD",
    "workers": 12,
}


def site_of(player: Player) -> dict[str, Any]:
    return {**SITE, "organisation": player.organisation}


def count(world: World, what: Any) -> int:
    with world.db.read() as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


# Once per key.


def test_a_command_is_done_once_and_answered_twice_with_the_same_bytes(
    world: World, cast: Cast, client: TestClient
) -> None:
    first = post(client, cast.bea, "/v1/sites", site_of(cast.bea))
    before = count(world, Site)
    again = post(client, cast.bea, "/v1/sites", site_of(cast.bea))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert count(world, Site) == before


def test_another_key_is_another_wish(world: World, cast: Cast, client: TestClient) -> None:
    first = post(client, cast.bea, "/v1/sites", site_of(cast.bea), "one")
    second = post(client, cast.bea, "/v1/sites", site_of(cast.bea), "two")
    assert first.json()["id"] != second.json()["id"]


def test_the_same_key_with_another_body_is_refused(world: World, cast: Cast, client: TestClient) -> None:
    post(client, cast.bea, "/v1/sites", site_of(cast.bea))
    before = count(world, Site)
    other = post(client, cast.bea, "/v1/sites", {**site_of(cast.bea), "workers": 13})
    assert other.status_code == 422
    assert other.json()["parameter"] == "Idempotency-Key"
    assert count(world, Site) == before


def test_the_same_key_on_another_path_is_refused(cast: Cast, client: TestClient) -> None:
    post(client, cast.bea, "/v1/sites", site_of(cast.bea))
    assert post(client, cast.bea, "/v1/probe", site_of(cast.bea)).status_code == 422
    assert post(client, cast.bea, "/v1/probe", {}).status_code == 422


def test_a_key_belongs_to_its_token(cast: Cast, client: TestClient) -> None:
    bea = post(client, cast.bea, "/v1/sites", site_of(cast.bea), "same")
    otto = post(client, cast.otto, "/v1/sites", site_of(cast.otto), "same")
    assert otto.status_code == 201
    assert bea.json()["organisation"] != otto.json()["organisation"]


@pytest.mark.parametrize("key", ["", "two words", "k" * 201, "\u00e9".encode(), b"tab\there"])
def test_what_is_not_a_key_is_refused(cast: Cast, client: TestClient, key: str | bytes) -> None:
    headers = {**cast.bea.headers, "Idempotency-Key": key}
    answer = client.post("/v1/sites", json=site_of(cast.bea), headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 400
    assert answer.json()["parameter"] == "Idempotency-Key"


@pytest.mark.parametrize("key", ["k", "k" * 200, "!~/+=", "3f9c0d52-order-17"])
def test_visible_ascii_is_a_key(cast: Cast, client: TestClient, key: str) -> None:
    assert post(client, cast.bea, "/v1/probe", {}, key).status_code == 200


def test_a_post_without_a_key_is_a_400_even_if_the_body_is_wrong_too(cast: Cast, client: TestClient) -> None:
    answer = client.post("/v1/sites", json={"workers": "many"}, headers=cast.bea.headers)
    assert (answer.status_code, answer.json()["status"]) == (400, 400)


def test_a_refusal_is_not_remembered(world: World, cast: Cast, client: TestClient) -> None:
    assert post(client, cast.bea, "/v1/sites", {**site_of(cast.bea), "country": "QQ"}, "k").status_code == 422
    assert post(client, cast.bea, "/v1/sites", site_of(cast.bea), "k").status_code == 201


def test_a_twin_sent_at_the_same_moment_gets_the_same_answer(world: World, cast: Cast, client: TestClient) -> None:
    before, answers, gate = count(world, Site), [], threading.Barrier(6)

    def send() -> None:
        gate.wait()
        answers.append(post(client, cast.bea, "/v1/sites", site_of(cast.bea), "twin"))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201] * 6
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 5
    assert count(world, Site) == before + 1


def test_without_the_stored_answer_the_twin_would_do_it_again(
    world: World, cast: Cast, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "recall", lambda *_: None)
    monkeypatch.setattr(idempotency, "keep", lambda *_, **__: None)
    before = count(world, Site)
    for _ in range(2):
        post(client, cast.bea, "/v1/sites", site_of(cast.bea))
    assert count(world, Site) == before + 2


def test_a_stored_answer_cannot_be_read_from_the_database(world: World, cast: Cast, client: TestClient) -> None:
    wanted = {
        "person": cast.bea.person,
        "organisation": cast.bea.organisation,
        "scopes": ["read"],
        "expires": "2026-12-01T00:00:00Z",
    }
    answer = post(client, cast.sam, "/v1/tokens", wanted)
    secret = answer.json()["token"]
    with world.db.read() as session:
        row = session.scalars(select(GivenAnswer)).one()
    assert secret.encode() not in row.sealed
    assert answer.json()["id"].encode() not in row.sealed
    assert post(client, cast.sam, "/v1/tokens", wanted).json()["token"] == secret


def test_a_stored_answer_that_was_changed_is_not_given(world: World, cast: Cast, client: TestClient) -> None:
    post(client, cast.bea, "/v1/sites", site_of(cast.bea))
    with world.db.write() as session:
        row = session.scalars(select(GivenAnswer)).one()
        row.sealed = row.sealed[:-1] + bytes([row.sealed[-1] ^ 1])
    assert post(client, cast.bea, "/v1/sites", site_of(cast.bea)).status_code == 400


def test_old_answers_are_forgotten(world: World, cast: Cast, client: TestClient) -> None:
    post(client, cast.bea, "/v1/sites", site_of(cast.bea))
    now = world.clock.now()
    with world.db.write() as session:
        assert idempotency.forget(session, now) == 0
        assert count_in(session) == 1
        assert idempotency.forget(session, now.replace(year=2027)) == 1
        assert count_in(session) == 0


def count_in(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(GivenAnswer)) or 0


# Committed before the answer.


def test_a_commit_that_fails_is_no_success(
    world: World, cast: Cast, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = count(world, Site)

    def fails(self: Session) -> None:
        raise OperationalError("COMMIT", {}, Exception("disk full"))

    with monkeypatch.context() as broken:
        broken.setattr(Session, "commit", fails)
        answer = post(client, cast.bea, "/v1/sites", site_of(cast.bea))
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert "disk full" not in answer.text
    assert count(world, Site) == before
    assert post(client, cast.bea, "/v1/sites", site_of(cast.bea)).status_code == 201


def test_the_same_failure_after_the_answer_would_be_a_success(
    world: World, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: with a yield dependency that commits at its end, the client is told 200 first."""
    late = APIRouter()

    def session_that_commits_late() -> Iterator[Writing]:
        with world.db.write() as session:
            yield session

    @late.post("/v1/late")
    def change(session: Annotated[Writing, Depends(session_that_commits_late)]) -> dict[str, str]:
        session.execute(text("UPDATE site SET name = 'changed'"))
        return {"done": "yes"}

    def fails(self: Session) -> None:
        raise OperationalError("COMMIT", {}, Exception("disk full"))

    with open_client(world, late) as opened, monkeypatch.context() as broken:
        broken.setattr(Session, "commit", fails)
        answer = opened.post("/v1/late")
    assert answer.status_code == 200
    with world.db.read() as session:
        assert "changed" not in session.scalars(select(Site.name)).all()


@pytest.mark.parametrize(("path", "status"), [("/v1/refusing", 409), ("/v1/failing", 500)])
def test_what_the_work_raises_rolls_everything_back(
    world: World, cast: Cast, client: TestClient, path: str, status: int
) -> None:
    assert post(client, cast.bea, path, b"").status_code == status
    with world.db.read() as session:
        assert "changed" not in session.scalars(select(Site.name)).all()
    assert count(world, GivenAnswer) == 0


def test_the_job_thread_is_woken_after_the_commit_and_not_for_a_replay(
    world: World, cast: Cast, client: TestClient
) -> None:
    seen: list[int] = []
    world.wake = lambda: seen.append(count(world, Site))
    before = count(world, Site)
    post(client, cast.bea, "/v1/sites", site_of(cast.bea))
    assert seen == [before + 1]
    post(client, cast.bea, "/v1/sites", site_of(cast.bea))
    post(client, cast.bea, "/v1/refusing", b"")
    assert seen == [before + 1]


# Who asks.


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Bearer fm_" + "0" * 32, "Basic YTpi", "fm_x"])
def test_without_a_valid_token_it_is_a_401_that_says_how(client: TestClient, cast: Cast, header: str | None) -> None:
    headers = {"Idempotency-Key": "k"} if header is None else {"Idempotency-Key": "k", "Authorization": header}
    for answer in (
        client.get("/v1/sites", headers=headers),
        client.post("/v1/sites", json=site_of(cast.bea), headers=headers),
        client.post("/v1/sites", json={}, headers=headers),
    ):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["type"] == "urn:freemark:problem:unauthenticated"


def test_a_secret_is_not_in_the_repr_of_a_call(world: World, cast: Cast) -> None:
    call = Command(cast.bea.actor, world, world.clock.now(), cast.bea.secret, key="k", request_hash="h")
    assert cast.bea.secret not in repr(call)


# Bodies.

BAD = [
    ({"day": "2026-6-1"}, "/day"),
    ({"day": "2026-02-30"}, "/day"),
    ({"day": 1780000000}, "/day"),
    ({"day": "1780000000"}, "/day"),
    ({"moment": "2026-06-01T08:00:00+02:00"}, "/moment"),
    ({"moment": "2026-06-01"}, "/moment"),
    ({"moment": 0}, "/moment"),
    ({"number": "1"}, "/number"),
    ({"number": 1.0}, "/number"),
    ({"number": False}, "/number"),
    ({"number": 11}, "/number"),
    ({"number": 10**400}, "/number"),
    ({"unknown": 1}, "/unknown"),
    ({"a/b~c": 1}, "/a~1b~0c"),
    ({"line": ""}, "/line"),
    ({"line": "   "}, "/line"),
    ({"line": "x" * 201}, "/line"),
    ({"line": "two\nlines"}, "/line"),
    ({"line": "nul\u0000"}, "/line"),
    ({"line": "back\u202ewards"}, "/line"),
    ({"line": 7}, "/line"),
    ({"prose": "x" * 4001}, "/prose"),
    ({"prose": "bell\u0007"}, "/prose"),
    ({"words": ["a", "b", ""]}, "/words/2"),
    ({"words": ["a", "b", "c", "d"]}, "/words"),
    ({"words": "abc"}, "/words"),
    ({"id": "site_1"}, "/id"),
    ({"id": "site_0123456789abcdeI"}, "/id"),
    ([], ""),
    ("text", ""),
    (None, ""),
]


@pytest.mark.parametrize(("body", "pointer"), BAD)
def test_a_bad_field_is_a_422_that_points_at_it(
    sqlite_only: TestClient, player: Player, body: Any, pointer: str
) -> None:
    answer = post(sqlite_only, player, "/v1/probe", body)
    assert answer.status_code == 422, answer.text
    document = answer.json()
    assert document.get("pointer", "") == pointer
    assert document["errors"][0]["pointer"] == pointer
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "body", [b'{"number": 1, "number": 2}', b'{"x": ' + b"[" * 40 + b"]" * 40 + b"}", b'{"line": "\\ud800"}']
)
def test_a_body_that_two_readers_could_read_differently_is_a_400(
    sqlite_only: TestClient, player: Player, body: bytes
) -> None:
    answer = post(sqlite_only, player, "/v1/probe", body)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_every_fault_is_listed(sqlite_only: TestClient, player: Player) -> None:
    answer = post(sqlite_only, player, "/v1/probe", {"number": -1, "line": "", "x": 1})
    assert {entry["pointer"] for entry in answer.json()["errors"]} == {"/number", "/line", "/x"}


def test_thousands_of_faults_are_cut(sqlite_only: TestClient, player: Player) -> None:
    answer = post(sqlite_only, player, "/v1/probe", {f"x{number}": 1 for number in range(3000)})
    assert len(answer.json()["errors"]) == 20


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'{"line": "\\ud800"}', b"[" * 100_000, b'{"number": NaN}'])
def test_what_is_no_clean_json_is_refused(sqlite_only: TestClient, player: Player, body: bytes) -> None:
    answer = post(sqlite_only, player, "/v1/probe", body)
    assert answer.status_code in (400, 422), answer.text


def test_free_text_is_kept_in_nfc_and_without_blanks_around(sqlite_only: TestClient, player: Player) -> None:
    body = {
        "line": "  Cafe\u0301 ",
        "prose": "one\r\ntwo\t\u200d",
        "day": "2026-06-01",
        "moment": "2026-06-01T08:00:00Z",
    }
    answer = post(sqlite_only, player, "/v1/probe", body)
    assert answer.status_code == 200
    assert answer.json()["line"] == "Caf\u00e9"
    assert answer.json()["prose"] == "one\ntwo\t\u200d"
    assert answer.json()["day"] == "2026-06-01"


def test_nfc_cannot_make_a_text_longer_than_its_column(sqlite_only: TestClient, player: Player) -> None:
    answer = post(sqlite_only, player, "/v1/probe", {"line": "\u0958" * 150})  # 300 characters in NFC
    assert answer.status_code == 422


# The body limit.


@pytest.mark.parametrize("extra", [0, 1])
def test_a_body_over_the_limit_is_a_413_with_and_without_a_length(
    sqlite_only: TestClient, player: Player, sqlite_world: World, extra: int
) -> None:
    limit = sqlite_world.settings.body_limit
    body = b'{"words":["' + b"x" * (limit - 14 + extra) + b'"]}'
    assert len(body) == limit + extra
    headers = {**player.headers, "Idempotency-Key": "k", "Content-Type": "application/json"}
    whole = sqlite_only.post("/v1/probe", content=body, headers=headers)
    parts = sqlite_only.post("/v1/probe", content=iter([body[:5000], body[5000:]]), headers=headers)
    wanted = 413 if extra else 422  # under the limit it is read, and the word in it is too long
    assert (whole.status_code, parts.status_code) == (wanted, wanted)
    assert whole.json()["status"] == wanted
    assert parts.headers["content-type"] == "application/problem+json"


class Sender:
    """A client that sends 64 KiB after 64 KiB without end, and takes note of what it is asked for and told."""

    def __init__(self) -> None:
        self.asked = 0
        self.told: list[Message] = []

    async def receive(self) -> Message:
        self.asked += 1
        return {"type": "http.request", "body": b"x" * 65_536, "more_body": True}

    async def send(self, message: Message) -> None:
        self.told.append(message)


async def reads_all(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        pass


async def hides_the_error(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that turns a broken body into an answer of its own, as FastAPI does."""
    try:
        await reads_all(scope, receive, send)
    except Exception:  # noqa: BLE001 - that is what it shows
        await Response("oops", status_code=400)(scope, receive, send)


async def never_reads(scope: Scope, receive: Receive, send: Send) -> None:
    await Response("fine")(scope, receive, send)


@pytest.mark.parametrize("application", [reads_all, hides_the_error])
def test_no_more_than_the_limit_is_read(application: ASGIApp) -> None:
    sender = Sender()
    scope: Scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    asyncio.run(BodyLimit(application, limit=100_000)(scope, sender.receive, sender.send))
    assert sender.asked == 2
    assert [message.get("status") for message in sender.told] == [413, None]


@pytest.mark.parametrize("length", [b"100001", b"9" * 300])
def test_a_length_over_the_limit_is_refused_before_anything_is_read(length: bytes) -> None:
    sender = Sender()
    scope: Scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-length", length)]}
    asyncio.run(BodyLimit(never_reads, limit=100_000)(scope, sender.receive, sender.send))
    assert sender.asked == 0
    assert sender.told[0]["status"] == 413


# Lists.


def test_a_list_is_read_in_pages(client: TestClient, cast: Cast) -> None:
    for number in range(4):
        post(client, cast.bea, "/v1/sites", site_of(cast.bea), f"k{number}")
    seen: list[str] = []
    after, pages = "", 0
    while True:
        page = get(client, cast.bea, f"/v1/sites?limit=2&after={after}").json()
        seen += [item["id"] for item in page["items"]]
        pages += 1
        if page["next"] is None:
            break
        after = page["next"]
    assert pages == 3
    assert len(seen) == len(set(seen)) == 5
    assert seen == sorted(seen)


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "after=a%20b", "after=" + "a" * 65, "after=%00"])
def test_a_bad_page_is_a_422(sqlite_only: TestClient, player: Player, query: str) -> None:
    answer = get(sqlite_only, player, f"/v1/sites?{query}")
    assert answer.status_code == 422
    assert answer.json()["parameter"] in ("limit", "after") or answer.json()["errors"]


# These do not depend on the database: once is enough.


@pytest.fixture
def sqlite_cast(sqlite_world: World) -> Cast:
    return make_cast(sqlite_world)


@pytest.fixture
def player(sqlite_cast: Cast) -> Player:
    return sqlite_cast.bea


@pytest.fixture
def sqlite_only(sqlite_world: World, sqlite_cast: Cast) -> Iterator[TestClient]:
    with open_client(sqlite_world, probes) as opened:
        yield opened
