"""Screening over HTTP: the examples go through, refusals are told with their place, and Otto sees nothing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from audits.drafts import AuditDraft
from audits.screening import bodies, routes, samples
from audits.screening.tables import EntryRow, HitRow, ListRow, PlaceRow
from audits.service import plan_audit
from freemark import problems
from freemark.wiring import HANDLERS
from ground import outbox
from ground.journal import JournalRow
from ground.outbox import OutboxEvent
from ground.web import BodyLimit
from ground.world import World
from tests.cast import Cast, Player, make_cast
from tests.conftest import START

HEAD = "name,aliases,registration,licence,country,city,address,listed_on,until\n"
SUNRISE = "Sunrise Garments Limited,,,,BD,Dhaka,,,\n"
NOBODY = "hit_0000000000000000"


class Api:
    """The application with nothing but screening in it, and its cast."""

    def __init__(self, world: World, cast: Cast, client: TestClient) -> None:
        self.world, self.cast, self.client = world, cast, client
        self.keys = itertools.count()

    def post(self, who: Player, path: str, body: Any, key: str = "") -> Any:
        headers = {**who.headers, "Idempotency-Key": key or f"key-{next(self.keys)}"}
        return self.client.post(path, json=body, headers=headers)

    def get(self, who: Player, path: str) -> Any:
        return self.client.get(path, headers=who.headers)

    def list(self) -> str:
        answer = self.post(self.cast.sam, "/v1/screening/lists", samples.LIST_REQUEST)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def load(self, list_id: str, csv: str = HEAD + SUNRISE, who: str = "sam", **change: Any) -> Any:
        body = {"edition": "2026-05-31", "csv": csv, **change}
        return self.post(getattr(self.cast, who), f"/v1/screening/lists/{list_id}/editions", body)

    def hit(self) -> Any:
        list_id = self.list()
        assert self.load(list_id).status_code == 200
        (found,) = self.get(self.cast.carl, "/v1/screening/hits").json()["items"]
        return found

    def place(self, who: str = "bea") -> Any:
        return self.post(getattr(self.cast, who), f"/v1/sites/{self.cast.factory}/register", samples.PLACE_REQUEST)

    def drain(self) -> None:
        outbox.drain(self.world, {name: one for name, one in HANDLERS.items() if name == "screening_asked"})

    def state(self) -> dict[str, int]:
        tables = (ListRow, EntryRow, HitRow, PlaceRow, JournalRow, OutboxEvent)
        with self.world.db.read() as session:
            return {one.__tablename__: session.scalar(select(func.count()).select_from(one)) or 0 for one in tables}


@pytest.fixture
def api(sqlite_world: World) -> Iterator[Api]:
    app = FastAPI()
    app.state.world = sqlite_world
    app.include_router(routes.router)
    problems.install(app)
    app.add_middleware(BodyLimit, limit=sqlite_world.settings.body_limit)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Api(sqlite_world, make_cast(sqlite_world), client)


def same_shape(answer: Any, sample: Any, where: str = "") -> None:
    """The same keys, down to the leaves; a list by its first item."""
    if isinstance(sample, dict) and isinstance(answer, dict):
        assert set(answer) == set(sample), where
        for key in sample:
            same_shape(answer[key], sample[key], f"{where}/{key}")
    elif isinstance(sample, list) and sample and isinstance(answer, list) and answer:
        same_shape(answer[0], sample[0], f"{where}/0")
    elif sample is not None and answer is not None:
        assert type(answer) is type(sample), where


def test_the_whole_way_over_http(api: Api) -> None:
    cast = api.cast
    presets = api.get(cast.carl, "/v1/screening/presets").json()["items"]
    assert [one["id"] for one in presets] == ["lista-suja", "uflpa", "glaa", "freemark"]
    for preset in presets:
        assert api.post(cast.sam, "/v1/screening/lists", preset["list"]).status_code == 201

    list_id = api.list()
    imported = api.load(list_id)
    assert imported.status_code == 200, imported.text
    same_shape(imported.json(), samples.IMPORTED)
    assert imported.json()["new"] is True
    assert api.load(list_id).json() == {**imported.json(), "new": False}
    same_shape(api.get(cast.carl, f"/v1/screening/lists/{list_id}").json(), samples.LIST)
    same_shape(api.get(cast.carl, f"/v1/screening/lists/{list_id}/editions").json()["items"][0], samples.EDITION)
    same_shape(api.get(cast.carl, f"/v1/screening/lists/{list_id}/entries").json()["items"][0], samples.ENTRY)
    assert len(api.get(cast.carl, "/v1/screening/lists").json()["items"]) == 5

    (hit,) = api.get(cast.carl, f"/v1/screening/hits?state=open&list={list_id}").json()["items"]
    assert api.get(cast.carl, "/v1/screening/hits?state=confirmed").json()["items"] == []
    path = f"/v1/screening/hits/{hit['id']}"
    assert api.get(cast.carl, path).json() == hit
    assert api.get(cast.bea, f"/v1/sites/{cast.factory}/screening").json()["hits"] == []
    confirmed = api.post(cast.carl, f"{path}/confirmation", samples.REASON)
    same_shape(confirmed.json(), samples.HIT)
    grounds = api.get(cast.bea, f"/v1/sites/{cast.factory}/screening").json()
    same_shape(grounds, samples.SITE)
    assert grounds["hits"][0]["state"] == "confirmed"
    assert api.post(cast.carl, f"{path}/dismissal", samples.REASON).json()["lift_asked"] is True
    assert api.post(cast.carl, f"{path}/dismissal", samples.REASON).status_code == 409
    assert api.post(cast.sam, f"{path}/dismissal", samples.REASON).json()["state"] == "dismissed"

    retired = api.post(cast.sam, f"/v1/screening/lists/{list_id}/retirement", {"reason": "It ended."})
    assert retired.json()["retired_because"] == "It ended."


def test_a_site_is_held_against_the_lists_when_asked(api: Api) -> None:
    api.load(api.list())
    path = f"/v1/sites/{api.cast.factory}/screening"
    asked = api.post(api.cast.carl, path, {})
    assert (asked.status_code, asked.json()) == (
        202,
        {"site": api.cast.factory, "asked_at": "2026-06-01T08:00:00Z"},
    )
    api.drain()
    with api.world.db.read() as session:
        names = list(session.scalars(select(OutboxEvent.name).order_by(OutboxEvent.id)))
    assert names[-1] == "screening_changed"


def test_the_register_over_http(api: Api) -> None:
    cast = api.cast
    base = f"/v1/sites/{cast.factory}/register"
    added = api.place()
    assert added.status_code == 201, added.text
    same_shape(added.json(), samples.PLACE)
    line = added.json()["id"]
    assert api.get(cast.bea, base).json() == {"items": [added.json()], "next": None}
    assert api.post(cast.bea, f"{base}/confirmation", {"places": []}).status_code == 409
    confirmed = api.post(cast.bea, f"{base}/confirmation", {"places": [line]})
    same_shape(confirmed.json(), samples.CONFIRMED)
    removed = api.post(cast.bea, f"{base}/{line}/removal", samples.REMOVAL)
    same_shape(removed.json(), samples.REMOVED)
    assert api.get(cast.bea, base).json()["items"] == []
    assert api.get(cast.bea, f"{base}?removed=true").json()["items"] == [removed.json()]


def test_an_auditor_reports_a_place(api: Api) -> None:
    cast = api.cast
    with api.world.db.write() as session:
        draft = AuditDraft(
            cast.factory, "surveillance", "freemark-2026.0", START.date(), START.date(), (cast.amina.person,), False
        )
        audit = plan_audit(session, cast.amina.actor, draft, now=START)["id"]
    path = f"/v1/audits/{audit}/places"
    found = api.post(cast.amina, path, samples.PLACE_REQUEST)
    assert found.status_code == 201, found.text
    same_shape(found.json(), samples.FOUND)
    base = f"/v1/sites/{cast.factory}/register"
    assert api.get(cast.amina, base).json()["items"] == [found.json()]
    assert api.get(cast.bea, base).json()["items"] == []  # the site does not know that it is audited
    for who in (cast.bea, cast.otto):
        assert api.post(who, path, samples.PLACE_REQUEST).status_code == 404


# Refusals.


@pytest.mark.parametrize(
    ("csv", "words"),
    [
        ("", "the csv is empty"),
        ("name\n", "there is no such heading"),
        (HEAD + "A House,,,,Bangladesh,,,,\n,,,,BD,,,,\n", "2 faults, nothing was taken: row 2, column country"),
        (HEAD + "A House,,,,BD,,,01/02/2026,\n", "row 2, column listed_on: '01/02/2026' is no day"),
    ],
)
def test_a_file_with_faults_is_refused_whole(api: Api, csv: str, words: str) -> None:
    list_id = api.list()
    before = api.state()
    answer = api.load(list_id, csv)
    assert (answer.status_code, answer.json()["pointer"]) == (422, "/csv")
    assert words in answer.json()["detail"]
    assert api.state() == before


def test_a_file_beyond_the_body_limit_is_refused(api: Api) -> None:
    list_id = api.list()
    before = api.state()
    assert api.load(list_id, HEAD + "x" * bodies.MOST_CSV).status_code == 422
    assert api.load(list_id, HEAD + "x" * 1_100_000).status_code == 413
    assert api.state() == before


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"kind": "rumour"}, "/kind"),
        ({"country": "XX"}, "/country"),
        ({"country": "Bangladesh"}, "/country"),
        ({"mapping": {"name": ""}}, "/mapping/name"),
        ({"mapping": {"name": "Name", "colour": "red"}}, "/mapping/colour"),
        ({"mapping": {"name": "Name", "identifiers": {"shoe size": "Shoe"}}}, "/mapping/identifiers"),
        ({"kind": "licence"}, "/country"),
        ({"name": "two\nlines"}, "/name"),
    ],
)
def test_a_list_that_makes_no_sense_is_refused_with_its_place(api: Api, change: Any, pointer: str) -> None:
    before = api.state()
    answer = api.post(api.cast.sam, "/v1/screening/lists", {**samples.LIST_REQUEST, **change})
    assert (answer.status_code, answer.json()["pointer"]) == (422, pointer)
    assert api.state() == before


def test_the_same_wish_twice_is_one_list_and_one_judgement(api: Api) -> None:
    first = api.post(api.cast.sam, "/v1/screening/lists", samples.LIST_REQUEST, key="one")
    assert api.post(api.cast.sam, "/v1/screening/lists", samples.LIST_REQUEST, key="one").json() == first.json()
    api.load(first.json()["id"])
    (hit,) = api.get(api.cast.carl, "/v1/screening/hits").json()["items"]
    path = f"/v1/screening/hits/{hit['id']}/confirmation"
    answer = api.post(api.cast.carl, path, samples.REASON, key="two")
    before = api.state()
    assert api.post(api.cast.carl, path, samples.REASON, key="two").json() == answer.json()
    assert api.state() == before


# Otto, and everybody else who may not.


@pytest.mark.parametrize("who", ["otto", "bea", "ravi", "amina"])
def test_lists_are_read_and_kept_by_the_scheme_only(api: Api, who: str) -> None:
    list_id = api.list()
    api.load(list_id)
    player, before = getattr(api.cast, who), api.state()
    for path in ("presets", "lists", f"lists/{list_id}", f"lists/{list_id}/editions", f"lists/{list_id}/entries"):
        assert api.get(player, f"/v1/screening/{path}").status_code == 403, path
    assert api.post(player, "/v1/screening/lists", {**samples.LIST_REQUEST, "name": "Mine"}).status_code == 403
    assert api.load(list_id, who=who).status_code == 403
    assert api.post(player, f"/v1/screening/lists/{list_id}/retirement", {"reason": "No."}).status_code == 403
    assert api.state() == before


def test_a_decider_reads_lists_but_does_not_keep_them(api: Api) -> None:
    list_id = api.list()
    assert api.get(api.cast.carl, f"/v1/screening/lists/{list_id}").status_code == 200
    assert api.load(list_id, who="carl").status_code == 403


@pytest.mark.parametrize("who", ["otto", "bea", "ravi", "amina"])
def test_a_hit_is_not_there_for_anybody_else_not_even_for_whom_it_concerns(api: Api, who: str) -> None:
    hit, player = api.hit()["id"], getattr(api.cast, who)
    before = api.state()
    assert api.get(player, "/v1/screening/hits").status_code == 404
    for step, body in (("", None), ("/confirmation", samples.REASON), ("/dismissal", samples.REASON)):
        answers = []
        for id in (hit, NOBODY):
            path = f"/v1/screening/hits/{id}{step}"
            answers.append(api.get(player, path) if body is None else api.post(player, path, body))
        assert [one.status_code for one in answers] == [404, 404]
        assert answers[0].json() == answers[1].json()
    assert api.state() == before


def test_otto_sees_nothing_of_a_sites_screening_and_register(api: Api) -> None:
    line = api.place().json()["id"]
    api.hit()
    cast, before = api.cast, api.state()
    for site in (cast.factory, "site_0000000000000000"):
        base = f"/v1/sites/{site}"
        answers = [
            api.get(cast.otto, f"{base}/screening"),
            api.get(cast.otto, f"{base}/register"),
            api.post(cast.otto, f"{base}/screening", {}),
            api.post(cast.otto, f"{base}/register", samples.PLACE_REQUEST),
            api.post(cast.otto, f"{base}/register/confirmation", {"places": [line]}),
            api.post(cast.otto, f"{base}/register/{line}/removal", samples.REMOVAL),
        ]
        assert [one.status_code for one in answers] == [404] * 6
        assert {one.json()["detail"] for one in answers} == {"there is no such thing, or it is not yours to see"}
    assert api.state() == before


def test_the_people_of_a_site_do_not_screen_themselves(api: Api) -> None:
    path = f"/v1/sites/{api.cast.factory}/screening"
    assert api.post(api.cast.bea, path, {}).status_code == 403
    assert api.post(api.cast.sam, "/v1/sites/site_0000000000000000/screening", {}).status_code == 404


def test_a_read_only_token_writes_nothing(api: Api) -> None:
    from datetime import timedelta

    from ground import auth
    from ground.access import SYSTEM

    sam = api.cast.sam
    with api.world.db.write() as session:
        _, secret = auth.issue_token(
            session, SYSTEM, person=sam.person, organisation=sam.organisation, scopes=["read"],
            expires=START + timedelta(days=1), now=START,
        )  # fmt: skip
    reader = Player(sam.actor, secret)
    assert api.get(reader, "/v1/screening/lists").status_code == 200
    assert api.post(reader, "/v1/screening/lists", samples.LIST_REQUEST).status_code == 403
