"""Labels over HTTP: orders, files, voiding, the two public documents; and what each of them refuses."""

import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import zxingcpp
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import select

from ground.world import World
from labels import printing, service
from labels.payload import Label, check, parse
from labels.routes import MANIFEST, PLACED, VOID_LIST, VOIDED, router
from labels.tables import Batch, LabelOrder
from tests.cast import Cast, Player, make_cast
from tests.unit.ground.app import client as open_client
from tests.unit.ground.app import get, make_app, post
from tests.unit.labels.holder import GTIN, Holder, certify, count, minted, suspend, told


@pytest.fixture
def cast(world: World) -> Cast:
    return make_cast(world)


@pytest.fixture
def holder(world: World, cast: Cast) -> Holder:
    return certify(world, cast)


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    with open_client(world, router) as opened:
        yield opened


@pytest.fixture
def sqlite_cast(sqlite_world: World) -> Cast:
    return make_cast(sqlite_world)


@pytest.fixture
def sqlite_holder(sqlite_world: World, sqlite_cast: Cast) -> Holder:
    return certify(sqlite_world, sqlite_cast)


@pytest.fixture
def sqlite_client(sqlite_world: World) -> Iterator[TestClient]:
    with open_client(sqlite_world, router) as opened:
        yield opened


def order(client: TestClient, holder: Holder, key: str = "key-1", **changes: Any) -> Any:
    return post(client, holder.manager, "/v1/orders", holder.body(**changes), key)


def printed(world: World, client: TestClient, holder: Holder, quantity: int = 10) -> tuple[str, int]:
    """Order and batch of an order whose files are there, as the jobs would have made it."""
    placed = order(client, holder, quantity=quantity).json()["id"]
    number = service.mint_batch(world, placed)
    assert number is not None
    printing.render_batch(world, number)
    service.publish_inside(world)
    return placed, number


def test_from_order_to_a_label_that_a_phone_reads(world: World, client: TestClient, holder: Holder) -> None:
    answer = order(client, holder, gtin=GTIN)
    assert answer.status_code == 201
    placed = answer.json()
    assert (placed["state"], placed["batch"], placed["files"], placed["gtin"]) == ("accepted", None, [], GTIN)
    number = service.mint_batch(world, placed["id"])
    assert number is not None
    assert get(client, holder.manager, f"/v1/orders/{placed['id']}").json()["state"] == "sealed"
    printing.render_batch(world, number)

    ready = get(client, holder.manager, f"/v1/orders/{placed['id']}").json()
    assert (ready["state"], ready["batch"], ready["printed"]) == ("ready", number, 10)
    assert ready["files"] == ["labels.csv", "job.json", "sheet.pdf"]
    for name in ready["files"]:
        assert get(client, holder.manager, f"/v1/orders/{placed['id']}/files/{name}").status_code == 200
    picture = get(client, holder.manager, f"/v1/orders/{placed['id']}/files/label-9.png")
    (read,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.content)))
    label = parse(read.text.removeprefix(world.settings.label_prefix))
    assert isinstance(label, Label)
    assert check(label, world.keyring.signer("label").public)


def test_the_same_key_orders_once(world: World, client: TestClient, holder: Holder) -> None:
    first, again = order(client, holder), order(client, holder)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert order(client, holder, quantity=11).status_code == 422
    with world.db.read() as session:
        assert count(session, LabelOrder) == 1
    assert len(told(world, "order_accepted")) == 1


def test_without_a_key_or_a_token_nothing_is_ordered(world: World, client: TestClient, holder: Holder) -> None:
    body = holder.body()
    assert client.post("/v1/orders", json=body, headers=holder.manager.headers).status_code == 400
    assert client.post("/v1/orders", json=body, headers={"Idempotency-Key": "a"}).status_code == 401
    with world.db.read() as session:
        assert count(session, LabelOrder) == 0


def test_an_order_on_a_suspended_certificate_is_a_conflict(world: World, client: TestClient, holder: Holder) -> None:
    suspend(world, holder)
    answer = order(client, holder)
    assert answer.status_code == 409
    assert "suspended" in answer.json()["detail"]


def test_an_order_over_the_quota_names_the_numbers(world: World, client: TestClient, holder: Holder) -> None:
    answer = order(client, holder, quantity=1021)
    assert answer.status_code == 409
    assert re.search(r"1021 labels .* 1020 left", answer.json()["detail"])
    with world.db.read() as session:
        assert count(session, LabelOrder) == 0


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"quantity": 0}, "/quantity"),
        ({"quantity": 10_000_001}, "/quantity"),
        ({"quantity": "10"}, "/quantity"),
        ({"quantity": True}, "/quantity"),
        ({"quantity": 1.5}, "/quantity"),
        ({"last_day": "2026-05-31"}, "/last_day"),
        ({"last_day": "31.12.2026"}, "/last_day"),
        ({"last_day": "2026-02-30"}, "/last_day"),
        ({"gtin": "09520123456789"}, "/gtin"),
        ({"gtin": "123"}, "/gtin"),
        ({"gtin": "00012345678905"}, "/gtin"),
        ({"site": "site_0000000000000000"}, "/site"),
        ({"site": "../x"}, "/site"),
        ({"product": "app_0000000000000000-1"}, "/product"),
        ({"certificate": "abc"}, "/certificate"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_a_wrong_field_is_refused_with_its_pointer(
    sqlite_world: World, sqlite_client: TestClient, sqlite_holder: Holder, changes: dict[str, Any], pointer: str
) -> None:
    answer = order(sqlite_client, sqlite_holder, **changes)
    assert (answer.status_code, answer.json()["pointer"]) == (422, pointer)
    with sqlite_world.db.read() as session:
        assert count(session, LabelOrder) == 0


@pytest.mark.parametrize("name", ["certificate", "site", "product", "quantity", "last_day"])
def test_a_missing_field_is_refused(sqlite_client: TestClient, sqlite_holder: Holder, name: str) -> None:
    body = {key: value for key, value in sqlite_holder.body().items() if key != name}
    answer = post(sqlite_client, sqlite_holder.manager, "/v1/orders", body)
    assert (answer.status_code, answer.json()["pointer"]) == (422, f"/{name}")


def test_otto_sees_nothing_of_beas(world: World, client: TestClient, holder: Holder, cast: Cast) -> None:
    placed, number = printed(world, client, holder)
    for answer in (
        post(client, cast.otto, "/v1/orders", holder.body()),
        get(client, cast.otto, f"/v1/orders/{placed}"),
        get(client, cast.otto, f"/v1/orders/{placed}/files/labels.csv"),
        get(client, cast.otto, f"/v1/orders/{placed}/files/label-0.png"),
        post(client, cast.otto, f"/v1/batches/{number}/voids", {"all": True, "reason": "x"}),
    ):
        # 404, and the very answer that a thing which does not exist gets
        assert answer.status_code == 404
        assert holder.number not in answer.text
        assert placed not in answer.text


def test_what_does_not_exist_is_not_found(client: TestClient, holder: Holder) -> None:
    assert get(client, holder.manager, "/v1/orders/ord_0000000000000000").status_code == 404
    assert get(client, holder.manager, "/v1/orders/ord_0000000000000000/files/labels.csv").status_code == 404
    assert order(client, holder, certificate="0" * 11).status_code == 404
    assert post(client, holder.manager, "/v1/batches/7/voids", {"all": True, "reason": "x"}).status_code == 404
    for path in ("/batches/7.json", "/void/7.json"):
        assert client.get(path).status_code == 404


def test_files_come_with_their_type_privately_and_in_parts(
    sqlite_world: World, sqlite_client: TestClient, sqlite_holder: Holder
) -> None:
    placed, _ = printed(sqlite_world, sqlite_client, sqlite_holder)
    types = {
        "labels.csv": "text/csv; charset=utf-8", "sheet.pdf": "application/pdf", "job.json": "application/json",
        "label-0.png": "image/png", "label-0.svg": "image/svg+xml",
    }  # fmt: skip
    for name, kind in types.items():
        answer = get(sqlite_client, sqlite_holder.manager, f"/v1/orders/{placed}/files/{name}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
        assert answer.headers["cache-control"] == "private, no-store"
        assert f'filename="{name}"' in answer.headers["content-disposition"]
    path = f"/v1/orders/{placed}/files/sheet.pdf"
    part = sqlite_client.get(path, headers={**sqlite_holder.manager.headers, "Range": "bytes=0-7"})
    assert (part.status_code, part.content) == (206, b"%PDF-1.4")
    beyond = sqlite_client.get(path, headers={**sqlite_holder.manager.headers, "Range": "bytes=99999999-"})
    assert beyond.status_code == 416


@pytest.mark.parametrize(
    "name", ["sheet-2.pdf", "label-10.png", "label-00.png", "part-00000.csv", "x", "%2e%2e%2fkeys"]
)
def test_unknown_files_are_not_found(
    sqlite_world: World, sqlite_client: TestClient, sqlite_holder: Holder, name: str
) -> None:
    placed, _ = printed(sqlite_world, sqlite_client, sqlite_holder)
    answer = get(sqlite_client, sqlite_holder.manager, f"/v1/orders/{placed}/files/{name}")
    assert answer.status_code == 404


def test_files_that_are_not_made_yet_are_a_conflict(client: TestClient, holder: Holder) -> None:
    placed = order(client, holder).json()["id"]
    assert get(client, holder.manager, f"/v1/orders/{placed}/files/labels.csv").status_code == 409


def void(client: TestClient, player: Player, number: int, body: Any, key: str = "void-1") -> Any:
    return post(client, player, f"/v1/batches/{number}/voids", body, key)


def test_voiding_a_range_once(world: World, client: TestClient, holder: Holder) -> None:
    _, number = printed(world, client, holder)
    body = {"first": 2, "last": 4, "reason": "misprint"}
    first = void(client, holder.manager, number, body)
    assert (first.status_code, first.json()["void"]) == (200, 3)
    assert void(client, holder.manager, number, body).json() == first.json()
    assert void(client, holder.manager, number, body, "void-2").json() == first.json()
    service.publish_inside(world)
    listed = client.get(f"/void/{number}.json").json()
    assert len(listed["items"]) == 3
    assert "misprint" not in json.dumps(listed)
    assert void(client, holder.manager, number, {"all": True, "reason": "stolen"}, "void-3").json()["void"] == 10


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"first": 0, "last": 10, "reason": "x"}, "last 10 is beyond 9"),
        ({"first": 5, "last": 4, "reason": "x"}, "last 4 lies before first 5"),
        ({"first": -1, "last": 4, "reason": "x"}, ""),
        ({"first": 0, "reason": "x"}, "either"),
        ({"last": 1, "reason": "x"}, "either"),
        ({"reason": "x"}, "either"),
        ({"all": False, "reason": "x"}, "either"),
        ({"all": True, "first": 0, "last": 1, "reason": "x"}, "either"),
        ({"all": "yes", "reason": "x"}, ""),
        ({"all": True}, ""),
        ({"all": True, "reason": ""}, ""),
        ({"first": 0, "last": 10**30, "reason": "x"}, ""),
    ],
)
def test_a_range_that_is_none_is_refused(
    sqlite_world: World, sqlite_client: TestClient, sqlite_holder: Holder, body: dict[str, Any], words: str
) -> None:
    number = minted(sqlite_world, sqlite_holder)
    answer = void(sqlite_client, sqlite_holder.manager, number, body)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert told(sqlite_world, "batch_voided") == []


def test_the_manifest_is_public_and_tells_no_count(world: World, client: TestClient, holder: Holder) -> None:
    _, number = printed(world, client, holder, quantity=777)
    answer = client.get(f"/batches/{number}.json")
    assert answer.status_code == 200
    with world.db.read() as session:
        assert answer.text == session.scalar(select(Batch.manifest).where(Batch.number == number))
    assert 777 not in answer.json().values()
    assert "max-age" in answer.headers["cache-control"]
    same = client.get(f"/batches/{number}.json", headers={"If-None-Match": answer.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")


@pytest.mark.parametrize("path", ["/batches/0.json", "/batches/33554432.json", "/batches/x.json", "/void/-1.json"])
def test_numbers_that_no_batch_has_are_refused(sqlite_client: TestClient, path: str) -> None:
    assert sqlite_client.get(path).status_code == 422


def test_member_files_have_no_address(world: World, client: TestClient, holder: Holder) -> None:
    _, number = printed(world, client, holder)
    for path in (f"/members/{number}", f"/batches/../private/members/{number}", f"/batches/{number}.key"):
        assert client.get(path).status_code in (404, 422)


def test_every_operation_has_examples_and_says_its_statuses(sqlite_world: World) -> None:
    app: FastAPI = make_app(sqlite_world, router)
    paths = app.openapi()["paths"]
    mine = {path: item for path, item in paths.items() if "order" in path or "batch" in path or "void" in path}
    assert len(mine) == 8
    for item in mine.values():
        for operation in item.values():
            assert operation["summary"]
            assert operation["description"]
            assert {"404", "422"} <= set(operation["responses"])
            success = next(code for code in ("200", "201") if code in operation["responses"])
            shown = operation["responses"][success]["content"]
            assert any("example" in media for media in shown.values())


def test_the_examples_of_orders_are_real(sqlite_world: World, sqlite_client: TestClient, sqlite_holder: Holder) -> None:
    """What the documentation shows has the keys of what is answered."""
    placed, number = printed(sqlite_world, sqlite_client, sqlite_holder)
    assert set(get(sqlite_client, sqlite_holder.manager, f"/v1/orders/{placed}").json()) == set(PLACED)
    answer = void(sqlite_client, sqlite_holder.manager, number, {"first": 0, "last": 0, "reason": "x"})
    assert set(answer.json()) == set(VOIDED)
    service.publish_inside(sqlite_world)
    assert set(sqlite_client.get(f"/batches/{number}.json").json()) == set(MANIFEST) - {"gtin"}
    assert set(sqlite_client.get(f"/void/{number}.json").json()) == set(VOID_LIST)
