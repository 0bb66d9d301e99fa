"""The parties over HTTP, on both databases; Otto must see nothing of anybody's."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ground import routes
from ground.world import World
from tests.cast import Cast, Player
from tests.unit.ground.app import client as open_client
from tests.unit.ground.app import get, make_app, post


@pytest.fixture
def client(world: World, cast: Cast) -> Iterator[TestClient]:
    with open_client(world) as opened:
        yield opened


def drafts(cast: Cast) -> dict[str, dict[str, Any]]:
    """A good body for each POST, as Bea or Sam would send it."""
    return {
        "/v1/organisations": {
            "name": "New Mill",
            "roles": ["manufacturer"],
            "country": "IN",
            "city": "Tiruppur",
            "registered_id": "U17",
            "accreditation": {"body": "SAS", "number": "1", "scope": "17065", "expires": "2027-12-31"},
        },
        "/v1/sites": {
            "organisation": cast.bea.organisation,
            "kind": "dormitory",
            "name": "House 3",
            "address": "Plot 15",
            "city": "Gazipur",
            "country": "BD",
            "workers": 80,
        },
        "/v1/people": {
            "organisation": cast.bea.organisation,
            "name": "Nadia Khan",
            "email": "nadia@example.org",
            "roles": ["manager"],
        },
        "/v1/tokens": {
            "person": cast.bea.person,
            "organisation": cast.bea.organisation,
            "scopes": ["read", "labels"],
            "expires": "2026-12-01T00:00:00Z",
        },
    }


@pytest.mark.parametrize("path", ["/v1/organisations", "/v1/sites", "/v1/people", "/v1/tokens"])
def test_what_is_added_can_be_read_and_is_in_the_list(client: TestClient, cast: Cast, path: str) -> None:
    draft = drafts(cast)[path]
    added = post(client, cast.sam, path, draft)
    assert added.status_code == 201, added.text
    body = added.json()
    secret = body.pop("token", None)
    assert (secret is not None) == (path == "/v1/tokens")
    for key, value in draft.items():
        assert body[key] == (sorted(value) if key == "scopes" else value)
    assert body["created_at"] == "2026-06-01T08:00:00Z"
    one = get(client, cast.sam, f"{path}/{body['id']}")
    assert (one.status_code, one.json()) == (200, body)
    assert body in get(client, cast.sam, f"{path}?limit=200").json()["items"]


def test_a_new_token_works_and_a_revoked_one_does_not(client: TestClient, cast: Cast) -> None:
    made = post(client, cast.bea, "/v1/tokens", drafts(cast)["/v1/tokens"]).json()
    fresh = Player(cast.bea.actor, made["token"])
    assert get(client, fresh, "/v1/sites").status_code == 200
    assert post(client, fresh, "/v1/sites", drafts(cast)["/v1/sites"]).status_code == 403  # not for the scope parties
    gone = post(client, cast.bea, f"/v1/tokens/{made['id']}/revocation", {}, "k2")
    assert (gone.status_code, gone.json()["revoked_at"]) == (200, "2026-06-01T08:00:00Z")
    assert get(client, fresh, "/v1/sites").status_code == 401
    assert post(client, cast.bea, f"/v1/tokens/{made['id']}/revocation", {}, "k3").status_code == 409


def test_a_secret_is_shown_once(client: TestClient, cast: Cast) -> None:
    made = post(client, cast.bea, "/v1/tokens", drafts(cast)["/v1/tokens"]).json()
    for path in (f"/v1/tokens/{made['id']}", "/v1/tokens?limit=200"):
        assert made["token"] not in get(client, cast.bea, path).text


# Otto.


def test_otto_sees_nothing_one_by_one(client: TestClient, cast: Cast) -> None:
    made = post(client, cast.bea, "/v1/tokens", drafts(cast)["/v1/tokens"]).json()
    for path in (
        f"/v1/organisations/{cast.bea.organisation}",
        f"/v1/organisations/{cast.sam.organisation}",
        f"/v1/sites/{cast.factory}",
        f"/v1/people/{cast.bea.person}",
        f"/v1/people/{cast.sam.person}",
        f"/v1/tokens/{made['id']}",
    ):
        there = get(client, cast.otto, path)
        absent = get(client, cast.otto, path.rpartition("_")[0] + "_0000000000000000")
        assert (there.status_code, there.content) == (404, absent.content), path


@pytest.mark.parametrize("path", ["/v1/organisations", "/v1/sites", "/v1/people", "/v1/tokens"])
def test_otto_sees_nothing_in_lists(client: TestClient, cast: Cast, path: str) -> None:
    items = get(client, cast.otto, f"{path}?limit=200").json()["items"]
    assert {item.get("organisation", item["id"]) for item in items} <= {cast.otto.organisation}
    if path != "/v1/organisations":
        assert get(client, cast.otto, f"{path}?organisation={cast.bea.organisation}").status_code == 404
        own = get(client, cast.otto, f"{path}?organisation={cast.otto.organisation}")
        assert own.json()["items"] == items


def test_a_vessel_keeps_its_sector_and_flag_and_a_factory_has_no_flag(client: TestClient, cast: Cast) -> None:
    draft = {**drafts(cast)["/v1/sites"], "kind": "vessel", "sector": "fishing", "flag": "PA"}
    made = post(client, cast.bea, "/v1/sites", draft, "k1")
    assert made.status_code == 201
    read = get(client, cast.bea, f"/v1/sites/{made.json()['id']}").json()
    assert (read["sector"], read["flag"]) == ("fishing", "PA")
    refused = post(client, cast.bea, "/v1/sites", {**draft, "kind": "factory"}, "k2")
    assert (refused.status_code, refused.json()["pointer"]) == (422, "/flag")
    assert get(client, cast.otto, f"/v1/sites/{made.json()['id']}").status_code == 404


def test_otto_adds_nothing_to_anybody(client: TestClient, cast: Cast) -> None:
    made = post(client, cast.bea, "/v1/tokens", drafts(cast)["/v1/tokens"]).json()
    for number, path in enumerate(("/v1/sites", "/v1/people", "/v1/tokens")):
        assert post(client, cast.otto, path, drafts(cast)[path], f"k{number}").status_code == 404
    assert post(client, cast.otto, f"/v1/tokens/{made['id']}/revocation", {}, "k9").status_code == 404
    assert post(client, cast.otto, "/v1/organisations", drafts(cast)["/v1/organisations"], "k8").status_code == 403
    assert get(client, Player(cast.bea.actor, made["token"]), "/v1/sites").status_code == 200


# Lists of those who see more.


def test_staff_list_everything_or_one_organisation(client: TestClient, cast: Cast) -> None:
    for player in (cast.sam, cast.carl, cast.amina):
        assert len(get(client, player, "/v1/organisations").json()["items"]) == 6
        every = get(client, player, "/v1/sites").json()["items"]
        assert {item["id"] for item in every} == {cast.factory, cast.office}
        some = get(client, player, f"/v1/sites?organisation={cast.bea.organisation}").json()["items"]
        assert [item["id"] for item in some] == [cast.factory]
    assert len(get(client, cast.carl, "/v1/people").json()["items"]) == 7
    assert [item["name"] for item in get(client, cast.amina, "/v1/people").json()["items"]] == ["Amina Haddad"]
    assert get(client, cast.amina, f"/v1/people?organisation={cast.bea.organisation}").status_code == 403
    assert get(client, cast.ravi, "/v1/tokens").status_code == 403


def test_an_agent_sees_his_own(client: TestClient, cast: Cast) -> None:
    assert [item["id"] for item in get(client, cast.ravi, "/v1/sites").json()["items"]] == [cast.office]
    assert get(client, cast.ravi, f"/v1/sites/{cast.factory}").status_code == 404


# Bad input.


@pytest.mark.parametrize(
    ("path", "change", "pointer"),
    [
        ("/v1/organisations", {"country": "Bangladesh"}, "/country"),
        ("/v1/organisations", {"country": "QQ"}, "/country"),
        ("/v1/organisations", {"roles": ["king"]}, "/roles/0"),
        ("/v1/organisations", {"accreditation": {"body": "x"}}, "/accreditation/number"),
        ("/v1/organisations", {"accreditation": "none"}, "/accreditation"),
        ("/v1/sites", {"workers": 1.5}, "/workers"),
        ("/v1/sites", {"workers": None}, "/workers"),
        ("/v1/sites", {"kind": "ship"}, "/kind"),
        ("/v1/sites", {"organisation": "org_0000000000000000"}, "/organisation"),
        ("/v1/sites", {"organisation": "'; DROP TABLE site;--"}, "/organisation"),
        ("/v1/people", {"email": "no address"}, "/email"),
        ("/v1/people", {"email": "two@at@signs"}, "/email"),
        ("/v1/people", {"roles": ["decider"]}, "/roles"),
        ("/v1/tokens", {"expires": "2028-01-01T00:00:00Z"}, "/expires"),
        ("/v1/tokens", {"expires": "tomorrow"}, "/expires"),
        ("/v1/tokens", {"scopes": []}, "/scopes"),
        ("/v1/tokens", {"scopes": ["all"]}, "/scopes/0"),
    ],
)
def test_a_bad_field_is_named_and_nothing_changed(
    client: TestClient, cast: Cast, path: str, change: dict[str, Any], pointer: str
) -> None:
    before = get(client, cast.sam, f"{path}?limit=200").content
    answer = post(client, cast.sam, path, {**drafts(cast)[path], **change})
    assert (answer.status_code, answer.json().get("pointer")) == (422, pointer), answer.text
    assert get(client, cast.sam, f"{path}?limit=200").content == before


@pytest.mark.parametrize("name", ["x", "site_", "%00", "site_0123456789ABCDEF", "..%2f..", "site_0123456789abcdeé"])
def test_what_is_no_id_is_refused_without_asking_the_database(client: TestClient, cast: Cast, name: str) -> None:
    assert get(client, cast.bea, f"/v1/sites/{name}").status_code in (404, 422)


# What is promised in the description of the API.


def test_every_operation_is_described_with_examples_that_fit(world: World) -> None:
    document = make_app(world).openapi()
    operations = [(path, method) for path, methods in document["paths"].items() for method in methods]
    assert len(operations) == 13
    for path, method in operations:
        operation = document["paths"][path][method]
        assert operation["summary"]
        assert operation["description"]
        good = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
        assert good[0]["content"]["application/json"]["example"]
        assert {"401", "403", "404", "422"} <= set(operation["responses"])
        for status, answer in operation["responses"].items():
            if not status.startswith("2"):
                assert "application/problem+json" in answer["content"], (path, status)
        if method == "post":
            assert {"400", "409", "413"} <= set(operation["responses"])
            (key,) = [one for one in operation["parameters"] if one["in"] == "header"]
            assert (key["name"].lower(), key["required"]) == ("idempotency-key", True)
        assert operation["security"]
    for draft in (routes.OrganisationDraft, routes.SiteDraft, routes.PersonDraft, routes.TokenDraft):
        for example in document["components"]["schemas"][draft.__name__]["examples"]:
            draft.model_validate(example)


def test_the_examples_of_answers_have_the_keys_of_answers(client: TestClient, cast: Cast) -> None:
    examples: dict[str, dict[str, Any]] = {
        "/v1/organisations": routes.ORGANISATION,
        "/v1/sites": routes.SITE,
        "/v1/people": routes.PERSON,
        "/v1/tokens": routes.SECRET,
    }
    for number, (path, example) in enumerate(examples.items()):
        answer = post(client, cast.sam, path, drafts(cast)[path], f"k{number}").json()
        assert set(answer) == set(example)
        assert {key: type(value) for key, value in answer.items() if key != "accreditation"} == {
            key: type(value) for key, value in example.items() if key != "accreditation"
        }
