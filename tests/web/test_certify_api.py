"""The certify API over HTTP: the way to a certificate, every bad input with its place, Otto, and the public shelf."""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from certify import routes, samples
from certify.bodies import MOST_PLACES
from certify.checkpoint import open_proof, parse_vkey
from certify.events import open_leaf
from certify.shelf import routes as shelf
from certify.tables import AcceptanceRow, Application, ApprovalRow, DecisionRow, LogLeaf
from ground.canonical import Json
from ground.journal import JournalRow
from ground.outbox import OutboxEvent
from ground.world import World
from tests.cast import Player
from tests.unit.certify.house import House, passports
from tests.unit.ground.app import make_app

NOBODY = "app_0000000000000000"
NO_NUMBER = "00000000000"
ANY_HASH = "ab" * 32
AGREED = samples.AGREEMENT


class Api:
    def __init__(self, house: House, client: TestClient) -> None:
        self.house, self.client, self.cast = house, client, house.cast
        self.keys = itertools.count()

    def post(self, who: Player, path: str, body: Any, key: str = "") -> Any:
        headers = {**who.headers, "Idempotency-Key": key or f"key-{next(self.keys)}"}
        return self.client.post(path, json=body, headers=headers)

    def get(self, who: Player, path: str) -> Any:
        return self.client.get(path, headers=who.headers)

    def draft(self, **change: Any) -> dict[str, Any]:
        return {**samples.APPLY, "sites": [self.cast.factory], "agents": [self.cast.office], **change}

    def apply(self) -> str:
        answer = self.post(self.cast.bea, "/v1/applications", self.draft())
        assert answer.status_code == 201, answer.text
        self.house.application = answer.json()["id"]
        return self.house.application

    def certified(self) -> str:
        """The way to a certificate, certify's part of it over HTTP."""
        application = self.apply()
        assert self.post(self.cast.bea, f"/v1/applications/{application}/agreement", AGREED).status_code == 200
        self.house.visit(self.cast.factory)
        self.house.visit(self.cast.office)
        reports = self.get(self.cast.carl, f"/v1/applications/{application}").json()["reports"]
        body = {"reports": reports, "note": "Reviewed."}
        assert self.post(self.cast.carl, f"/v1/applications/{application}/acceptance", body).status_code == 200
        self.house.settle()
        number: str = self.get(self.cast.bea, f"/v1/applications/{application}").json()["certificate"]
        return number

    def proposed(self) -> str:
        """A suspended certificate whose revocation is proposed."""
        number = self.certified()
        self.house.later(days=30)
        self.house.file(self.cast.factory, passports())
        self.house.settle()
        return number

    def rows(self) -> tuple[int, ...]:
        """How much there is: unchanged by anything that was refused."""
        tables = (Application, AcceptanceRow, ApprovalRow, DecisionRow, LogLeaf, JournalRow, OutboxEvent)
        with self.house.world.db.read() as session:
            return tuple(session.scalar(select(func.count()).select_from(table)) or 0 for table in tables)


@pytest.fixture
def api(sqlite_world: World) -> Iterator[Api]:
    house = House(sqlite_world, publishing=True)
    with TestClient(make_app(sqlite_world, routes.router), raise_server_exceptions=False) as client:
        yield Api(house, client)


@pytest.fixture
def apis(world: World) -> Iterator[Api]:
    """On both databases."""
    house = House(world, publishing=True)
    with TestClient(make_app(world, routes.router), raise_server_exceptions=False) as client:
        yield Api(house, client)


# ---------------------------------------------------------------------------------------------------------- the journey


def test_from_application_to_revocation(apis: Api) -> None:
    api, number = apis, apis.certified()
    found = api.get(api.cast.bea, f"/v1/certificates/{number}").json()
    assert (found["standing"], found["may_mint"], found["reason"]) == ("active", True, "The certificate is in force.")
    api.house.later(days=30)
    api.house.file(api.cast.factory, passports())
    api.house.settle()
    found = api.get(api.cast.bea, f"/v1/certificates/{number}").json()
    assert (found["standing"], found["may_mint"]) == ("suspended", False)
    assert found["revocation"]["reply_until"] == "2026-07-31T08:00:00Z"
    assert api.post(api.cast.bea, f"/v1/certificates/{number}/reply-waiver", {}).status_code == 202
    api.house.settle()
    found = api.get(api.cast.bea, f"/v1/certificates/{number}").json()
    assert (found["standing"], found["revocation"]) == ("revoked", None)
    application = api.house.application
    items = api.get(api.cast.bea, f"/v1/applications/{application}/decisions").json()["items"]
    outcomes = [item["outcome"] for item in items]
    assert [outcome for outcome in outcomes if outcome not in ("refuse", "keep")] == [
        "issue", "suspend", "propose_revocation", "revoke"
    ]  # fmt: skip
    assert [item["n"] for item in items] == list(range(1, len(items) + 1))


def test_a_refusal_names_each_clause_with_its_title(api: Api) -> None:
    application = api.apply()
    api.house.settle()
    decision = api.get(api.cast.bea, f"/v1/applications/{application}/decisions/1").json()
    assert decision["outcome"] == "refuse"
    reasons = {reason["clause"]: reason for reason in decision["reasons"]}
    assert reasons["I10"]["met"] is False
    assert reasons["I10"]["title"] == "Signed agreement"
    assert "I10" in decision["because"]
    assert api.get(api.cast.bea, f"/v1/applications/{application}").json()["decision"]["n"] == 1


def test_the_examples_have_the_shapes_of_the_answers(api: Api) -> None:
    number = api.proposed()
    application = api.house.application

    def shape(value: Json, example: Json, place: str = "") -> None:
        if value is None or example is None:
            return
        assert type(value) is type(example), place
        if isinstance(value, dict):
            assert value.keys() == example.keys(), place
            for key in value:
                shape(value[key], example[key], f"{place}/{key}")
        if isinstance(value, list) and value and example:
            shape(value[0], example[0], f"{place}/0")

    shape(api.get(api.cast.bea, f"/v1/applications/{application}").json(), samples.APPLICATION)
    shape(api.get(api.cast.bea, "/v1/applications").json()["items"][0], samples.LISTED)
    shape(api.get(api.cast.bea, f"/v1/applications/{application}/decisions/1").json(), samples.DECISION)
    shape(api.get(api.cast.bea, f"/v1/certificates/{number}").json(), samples.PROPOSED)
    shape(api.client.get(f"/certificates/{number}/events.json").json(), samples.EVENTS)
    shape(api.client.get(f"/firms/{api.cast.amina.organisation}").json(), samples.FIRM)


def test_lists_are_paged_and_show_what_one_may_see(api: Api) -> None:
    ids = sorted(api.apply() for _ in range(3))
    page = api.get(api.cast.bea, "/v1/applications?limit=2").json()
    rest = api.get(api.cast.bea, f"/v1/applications?limit=2&after={page['next']}").json()
    assert [item["id"] for item in page["items"] + rest["items"]] == ids
    assert rest["next"] is None
    number = api.certified()
    for who in (api.cast.bea, api.cast.carl, api.cast.sam):
        assert [item["number"] for item in api.get(who, "/v1/certificates").json()["items"]] == [number]
        assert len(api.get(who, "/v1/applications").json()["items"]) == 4
    assert api.get(api.cast.otto, "/v1/certificates").json() == {"items": [], "next": None}
    assert api.get(api.cast.otto, "/v1/applications").json() == {"items": [], "next": None}


def test_the_same_key_applies_once(api: Api) -> None:
    first = api.post(api.cast.bea, "/v1/applications", api.draft(), key="mine")
    again = api.post(api.cast.bea, "/v1/applications", api.draft(), key="mine")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    other = api.post(api.cast.bea, "/v1/applications", api.draft(agents=[]), key="mine")
    assert other.status_code == 422
    assert api.rows()[0] == 1


# ------------------------------------------------------------------------------------------------------------- refusals


def refused(api: Api, answer: Any, status: int, place: str | None = None) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    if place is not None:
        assert answer.json().get("pointer", answer.json().get("parameter")) == place, answer.text


BAD_APPLICATIONS: list[tuple[dict[str, Any], str]] = [
    ({"sites": []}, "/sites"),
    ({"sites": ["site_0000000000000000"]}, "/sites/0"),
    ({"sites": ["nonsense"]}, "/sites/0"),
    ({"sites": ["site_0000000000000000"] * (MOST_PLACES + 1)}, "/sites"),
    ({"agents": ["site_0000000000000000"]}, "/agents/0"),
    ({"products": []}, "/products"),
    ({"products": [{"name": "", "yearly_units": 1}]}, "/products/0/name"),
    ({"products": [{"name": "A\u0000", "yearly_units": 1}]}, "/products/0/name"),
    ({"products": [{"name": "A", "yearly_units": 0}]}, "/products/0/yearly_units"),
    ({"products": [{"name": "A", "yearly_units": True}]}, "/products/0/yearly_units"),
    ({"products": [{"name": "A", "yearly_units": 1, "gtin": "04006381333932"}]}, "/products/0/gtin"),
    ({"products": [{"name": "A", "yearly_units": 1, "gtin": "400638133393"}]}, "/products/0/gtin"),
    ({"products": [{"name": "A", "yearly_units": 1, "gtin": "x" * 13}]}, "/products/0/gtin"),
    ({"price": 1}, "/price"),
]


@pytest.mark.parametrize(("change", "place"), BAD_APPLICATIONS, ids=[place for _, place in BAD_APPLICATIONS])
def test_a_wrong_application_changes_nothing(api: Api, change: dict[str, Any], place: str) -> None:
    before = api.rows()
    refused(api, api.post(api.cast.bea, "/v1/applications", api.draft(**change)), 422, place)
    assert api.rows() == before


def test_a_wrong_acceptance_changes_nothing(api: Api) -> None:
    application = api.apply()
    path = f"/v1/applications/{application}/acceptance"
    refused(api, api.post(api.cast.carl, path, {"reports": [ANY_HASH], "note": "A."}), 409)
    api.house.visit(api.cast.factory)
    api.house.visit(api.cast.office)
    first, second = api.house.reports()
    before = api.rows()
    for reports, place in (
        ([first], "/reports"),
        ([first, second, ANY_HASH], "/reports/2"),
        (["AB" * 32], "/reports/0"),
        ([], "/reports"),
    ):
        refused(api, api.post(api.cast.carl, path, {"reports": reports, "note": "A."}), 422, place)
    refused(api, api.post(api.cast.carl, path, {"reports": [first, second], "note": ""}), 422, "/note")
    refused(api, api.post(api.cast.amina, path, {"reports": [first, second], "note": "Mine."}), 403)
    refused(api, api.post(api.house.second_auditor, path, {"reports": [first, second], "note": "Ours."}), 403)
    refused(api, api.post(api.cast.bea, path, {"reports": [first, second], "note": "Ours."}), 403)
    refused(api, api.post(api.cast.sam, path, {"reports": [first, second], "note": "Mine."}), 403)
    assert api.rows() == before


def test_the_team_is_told_why_it_cannot_accept(api: Api) -> None:
    application = api.apply()
    api.house.visit(api.cast.factory)
    body = {"reports": api.house.reports(), "note": "Mine."}
    answer = api.post(api.cast.amina, f"/v1/applications/{application}/acceptance", body)
    assert answer.json()["detail"] == "who was on the audit team cannot accept its report"


def test_acts_out_of_their_time_are_conflicts_and_change_nothing(api: Api) -> None:
    number = api.certified()
    before = api.rows()
    for who, act, body in (
        (api.cast.bea, "reply", {"text": "What?"}),
        (api.cast.bea, "reply-waiver", {}),
        (api.cast.carl, "confirmations", {"act": "revoke"}),
        (api.cast.carl, "confirmations", {"act": "reinstate"}),
    ):
        refused(api, api.post(who, f"/v1/certificates/{number}/{act}", body), 409)
    refused(api, api.post(api.cast.carl, f"/v1/certificates/{number}/confirmations", {"act": "issue"}), 422, "/act")
    refused(api, api.post(api.cast.carl, f"/v1/certificates/{number}/suspension", {}), 422, "/reason")
    assert api.rows() == before


def test_a_key_that_is_away_is_a_delay_and_not_an_error_of_the_request(api: Api) -> None:
    number = api.certified()
    (path,) = (api.house.world.settings.data / "house").glob("event-*.key")
    away = path.rename(path.with_suffix(".away"))
    answer = api.post(api.cast.sam, f"/v1/certificates/{number}/suspension", {"reason": "Look."})
    assert answer.status_code == 202
    api.house.settle()
    assert api.get(api.cast.bea, f"/v1/certificates/{number}").json()["standing"] == "active"
    away.rename(path)
    api.house.later(minutes=1)
    api.house.settle()
    assert api.get(api.cast.bea, f"/v1/certificates/{number}").json()["standing"] == "suspended"


# ----------------------------------------------------------------------------------------------------------------- Otto


def everything(application: str, number: str) -> list[tuple[str, str, Any]]:
    return [
        ("GET", f"/v1/applications/{application}", None),
        ("GET", f"/v1/applications/{application}/decisions", None),
        ("GET", f"/v1/applications/{application}/decisions/1", None),
        ("GET", f"/v1/certificates/{number}", None),
        ("POST", f"/v1/applications/{application}/agreement", AGREED),
        ("POST", f"/v1/applications/{application}/acceptance", {"reports": [ANY_HASH], "note": "A."}),
        ("POST", f"/v1/certificates/{number}/suspension", {"reason": "Me."}),
        ("POST", f"/v1/certificates/{number}/withdrawal", {}),
        ("POST", f"/v1/certificates/{number}/reply", {"text": "Me."}),
        ("POST", f"/v1/certificates/{number}/reply-waiver", {}),
        ("POST", f"/v1/certificates/{number}/confirmations", {"act": "revoke"}),
    ]


def test_every_operation_stands_in_the_list_for_otto(api: Api) -> None:
    """So that a new route cannot be forgotten below."""
    tried = {(method, path) for method, path, _ in everything("{application}", "{number}")}
    tried |= {("GET", "/v1/applications"), ("POST", "/v1/applications"), ("GET", "/v1/certificates")}
    app = FastAPI()
    app.include_router(routes.router)
    known = {
        (method.upper(), path.replace("decisions/{n}", "decisions/1"))
        for path, operations in app.openapi()["paths"].items()
        if path.startswith("/v1/")
        for method in operations
    }
    assert known == tried


def test_otto_gets_the_answer_of_a_thing_that_does_not_exist(api: Api) -> None:
    number = api.proposed()
    before = api.rows()
    real, made_up = everything(api.house.application, number), everything(NOBODY, NO_NUMBER)
    for who in (api.cast.otto, api.cast.ravi):
        for (method, path, body), (_, other, _) in zip(real, made_up, strict=True):
            mine = api.get(who, path) if method == "GET" else api.post(who, path, body)
            nothing = api.get(who, other) if method == "GET" else api.post(who, other, body)
            assert (mine.status_code, mine.content) == (404, nothing.content), path
    assert api.rows() == before


def test_otto_cannot_list_beas_site_in_an_application_of_his_own(api: Api) -> None:
    answer = api.post(api.cast.otto, "/v1/applications", api.draft())
    refused(api, answer, 422, "/sites/0")
    made_up = api.post(api.cast.otto, "/v1/applications", api.draft(sites=["site_0000000000000000"]))
    assert made_up.content == answer.content


def test_auditors_see_no_application_and_no_certificate(api: Api) -> None:
    number = api.certified()
    for method, path, body in everything(api.house.application, number):
        answer = api.get(api.cast.amina, path) if method == "GET" else api.post(api.cast.amina, path, body)
        assert answer.status_code == (403 if path.endswith("acceptance") else 404), path


def test_without_a_token_there_is_nothing_under_v1(api: Api) -> None:
    number = api.certified()
    for method, path, body in everything(api.house.application, number):
        answer = api.client.request(method, path, json=body, headers={"Idempotency-Key": "k"})
        assert answer.status_code == 401, path


# ----------------------------------------------------------------------------------------------------- the public shelf


def test_a_certificate_comes_in_four_forms(api: Api) -> None:
    number = api.certified()
    path = f"/certificates/{number}"
    proof = api.client.get(path, headers={"Accept": "application/vc"})
    assert proof.headers["content-type"] == "application/vc"
    assert proof.json()["proof"]["cryptosuite"] == "eddsa-jcs-2022"
    assert proof.headers["vary"] == "Accept"
    plain = api.client.get(path, headers={"Accept": "application/json"})
    assert (plain.headers["content-type"], plain.content) == ("application/json", proof.content)
    jwt = api.client.get(path, headers={"Accept": "application/vc+jwt"})
    assert jwt.headers["content-type"] == "application/vc+jwt"
    assert jwt.text.count(".") == 2
    page = api.client.get(path, headers={"Accept": "text/html"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "In force" in page.text
    assert "http://localhost" not in page.text  # its links stay on the host that the reader has reached
    style = page.text.partition("<style>")[2].partition("</style>")[0].encode()
    allowed = base64.b64encode(hashlib.sha256(style).digest()).decode()
    assert f"style-src 'sha256-{allowed}'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"


def test_who_has_the_bytes_already_gets_304(api: Api) -> None:
    number = api.certified()
    for path in (f"/certificates/{number}", "/keys.json", "/status/suspension/1", "/log/checkpoint", "/scheme"):
        first = api.client.get(path)
        assert first.status_code == 200, path
        assert "max-age=" in first.headers["cache-control"]
        again = api.client.get(path, headers={"If-None-Match": f'"other", {first.headers["etag"]}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])


def test_a_past_moment_gets_the_list_of_that_moment(api: Api) -> None:
    api.certified()
    first = api.client.get("/status/suspension/1")
    api.house.later(days=3)
    api.house.file(api.cast.factory, passports())
    api.house.settle()
    now = api.client.get("/status/suspension/1")
    assert now.headers["content-type"] == "application/vc"
    assert now.content != first.content
    assert api.client.get("/status/suspension/1?timestamp=2026-06-02T00:00:00Z").content == first.content
    assert api.client.get("/status/suspension/1?timestamp=2026-06-20T00:00:00Z").content == now.content
    refused(api, api.client.get("/status/suspension/1?timestamp=2020-01-01T00:00:00Z"), 404)
    refused(api, api.client.get("/status/suspension/1?timestamp=yesterday"), 422, "timestamp")


def test_the_log_is_served_as_files_and_full_tiles_for_ever(api: Api) -> None:
    api.certified()
    vkey = api.client.get("/log/log.vkey").text.strip()
    assert parse_vkey(vkey)[0] == "localhost:8000/log"
    tile = api.client.get("/log/tile/0/000.p/3")
    assert len(tile.content) == 96
    assert tile.headers["content-type"] == "application/octet-stream"
    assert "max-age=31536000" in tile.headers["cache-control"]
    assert api.client.get("/log/checkpoint").text.split("\n")[1] == "3"
    assert "max-age=5" in api.client.get("/log/checkpoint").headers["cache-control"]


def test_an_event_is_proven_to_stand_in_the_log(api: Api) -> None:
    number = api.proposed()
    origin, public = parse_vkey(api.client.get("/log/log.vkey").text.strip())
    for seq, event in enumerate(api.client.get(f"/certificates/{number}/events.json").json()["events"]):
        text = api.client.get(f"/certificates/{number}/events/{seq}.tlog-proof").text
        index, _ = open_proof(text, open_leaf(event["leaf"], None).data, origin, public)
        assert index == event["index"]


NOT_THERE = [
    "/certificates/00000000000", "/certificates/x", "/certificates/00000000000/events.json",
    "/certificates/00000000000/events/0.tlog-proof", "/status/message/1", "/status/revocation/2",
    "/status/revocation/0", "/rulebooks/freemark-1999.0", "/standards/.hidden", "/firms/org_0000000000000000",
    "/log/tile/0/999", "/log/..%2Fkeys.json", "/log/secret", "/log/%00", "/rulebooks/%00",
]  # fmt: skip
LEADS_OUT = [
    "/certificates/..%2Fkeys",
    "/status/revocation/..",
    "/rulebooks/..%2Fkeys",
    "/certificates/%2e%2e/keys.json",
]


def test_what_is_not_published_is_a_404_problem(api: Api) -> None:
    api.certified()
    for path in NOT_THERE:
        refused(api, api.client.get(path), 404)
    for path in LEADS_OUT:  # no route takes these; the roof makes a problem of it
        assert api.client.get(path).status_code == 404, path


def test_an_empty_shelf_is_a_404_and_never_a_500(sqlite_world: World) -> None:
    with TestClient(make_app(sqlite_world, routes.router), raise_server_exceptions=False) as client:
        for address, *_ in shelf.DOCUMENTS:
            assert client.get(address).status_code == 404, address
        for path in ("/log/checkpoint", "/status/revocation/1"):
            assert client.get(path).status_code == 404, path


def test_every_operation_has_words_statuses_and_examples() -> None:
    app = FastAPI()
    app.include_router(routes.router)
    for path, operations in app.openapi()["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], path
            assert operation["description"], path
            (done,) = (each for status, each in operation["responses"].items() if status in ("200", "201", "202"))
            assert all("example" in content for content in done["content"].values()), path
            if method == "post":
                assert {"400", "401", "403", "404", "409", "413", "422", "503"} <= operation["responses"].keys()
                name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
                assert app.openapi()["components"]["schemas"][name]["examples"], path


def test_the_public_part_needs_no_database(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads the shelf only, so it answers while the database is away."""
    number = api.certified()
    monkeypatch.setattr(api.house.world, "db", None)
    paths = ["/certificates/{}", "/certificates/{}/events.json", "/certificates/{}/events/0.tlog-proof", "/keys.json"]
    for path in (*paths, "/status/revocation/1", "/log/checkpoint", "/scheme"):
        assert api.client.get(path.format(number)).status_code == 200, path
    assert api.client.get(f"/certificates/{number}", headers={"Accept": "text/html"}).status_code == 200
