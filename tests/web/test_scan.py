"""The scan over HTTP: what a phone, a till and a stranger get."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from freemark import problems
from ground.canonical import instant
from ground.signing import multikey
from tests.unit.verify.shelves import publish, scan_world
from tests.vectors.scene import COUNT, DAY, FIRST, NOW, ROOTS, digits, good, typed
from verify.codes import CODES
from verify.offline import judgement, main
from verify.pages import HEADERS
from verify.routes import MAX_NETWORKS, TypedLimit, make_router, wants_html

HTML = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
JSON = {"Accept": "application/json"}


def client_of(world: Any, address: str = "203.0.113.7") -> TestClient:
    app = FastAPI()
    problems.install(app)

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "alive"}

    app.include_router(make_router(world))
    return TestClient(app, client=(address, 50_000), follow_redirects=False)


@pytest.fixture
def world(tmp_path: Path) -> Any:
    return scan_world(tmp_path, good())


@pytest.fixture
def client(world: Any) -> TestClient:
    return client_of(world)


# --- the verdict -----------------------------------------------------------------------------------------------------


def test_a_scan_answers_the_canonical_verdict(client: TestClient) -> None:
    answer = client.get(f"/{digits()}", headers=JSON)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["vary"] == "Accept"
    assert "set-cookie" not in answer.headers
    assert answer.json()["code"] == "VALID"
    assert answer.json()["label"]["membership"] == "in"


def test_offline_prints_the_same_bytes(
    client: TestClient, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    online = client.get(f"/{digits()}", headers=JSON)
    path = tmp_path / "bundle.json"
    path.write_bytes(client.get("/bundle.json").content)
    arguments = [digits(), "--bundle", str(path), "--root", multikey(ROOTS[0]), "--at", online.json()["at"]]
    assert main([*arguments, "--membership", "in"]) == 0
    assert capfdbinary.readouterr().out == online.content
    assert main(arguments) == 0
    other = json.loads(capfdbinary.readouterr().out)
    assert {key for key in other if other[key] != online.json()[key]} == {"label", "not_established"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (digits(), "VALID"),
        (digits(cls=1), "SPECIMEN"),
        (digits(key="other"), "UNKNOWN_KEY"),
        (digits(index=COUNT), "NOT_REGISTERED"),
        (digits()[:-1], "MALFORMED"),
        (digits()[:100], "MALFORMED"),
        ("9" * 300, "MALFORMED"),
        (typed(), "TYPED_CODE"),
        (typed().replace("-", ""), "TYPED_CODE"),
        (typed().lower().replace("-", "%20"), "TYPED_CODE"),
        ("1" + typed()[1:], "MALFORMED"),
        (typed(COUNT), "NOT_REGISTERED"),
    ],
)
def test_every_verdict_is_a_200_also_for_what_is_no_label(client: TestClient, text: str, code: str) -> None:
    for accept in (JSON, HTML, {}):
        answer = client.get(f"/{text}", headers=accept)
        assert answer.status_code == 200
    assert client.get(f"/{text}", headers=JSON).json()["code"] == code


def test_the_last_digit_changed_is_a_bad_signature(client: TestClient) -> None:
    text = digits()
    changed = text[:-1] + str((int(text[-1]) + 1) % 10)
    assert client.get(f"/{changed}", headers=JSON).json()["code"] == "BAD_SIGNATURE"


MUTATIONS = 10_000


def mutant_of(text: str, draw: random.Random) -> str:
    """The digits with one changed, dropped or added, or two swapped; never the original."""
    while True:
        place, digit = draw.randrange(len(text)), draw.choice("0123456789")
        match draw.randrange(4):
            case 0:
                mutant = text[:place] + digit + text[place + 1 :]
            case 1:
                mutant = text[:place] + text[place + 1 :]
            case 2:
                mutant = text[:place] + digit + text[place:]
            case _:
                other = draw.randrange(len(text))
                symbols = list(text)
                symbols[place], symbols[other] = symbols[other], symbols[place]
                mutant = "".join(symbols)
        if mutant != text:
            return mutant


async def ask(app: Any, path: str) -> tuple[int, bytes]:
    """One GET straight into the application, without a client around it: ten thousand of them take seconds."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app({
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": [(b"accept", b"application/json")], "client": ("203.0.113.7", 50_000), "server": ("test", 80),
    }, receive, send)  # fmt: skip
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


def test_ten_thousand_mutations_are_neither_accepted_nor_an_error(client: TestClient) -> None:
    draw, text = random.Random(4), digits()
    mutants = [mutant_of(text, draw) for _ in range(MUTATIONS)]

    async def all_of_them() -> list[tuple[int, bytes]]:
        return [await ask(client.app, f"/{code}") for code in [text, *mutants]]

    original, *answers = asyncio.run(all_of_them())
    assert json.loads(original[1])["code"] == "VALID"
    assert {status for status, _ in answers} == {200}
    seen = Counter(json.loads(body)["code"] for _, body in answers)
    assert seen.keys() <= {"MALFORMED", "BAD_SIGNATURE", "UNKNOWN_KEY"}
    assert seen["BAD_SIGNATURE"] > MUTATIONS / 10
    assert seen.total() == MUTATIONS


def test_a_suspension_shows_at_once(client: TestClient, world: Any) -> None:
    assert client.get(f"/{digits()}", headers=JSON).json()["code"] == "VALID"
    scene = good()
    scene.add("cert.suspended", FIRST, NOW - DAY, reason="nonconformity")
    publish(scene, world.shelf)
    assert client.get(f"/{digits()}", headers=JSON).json()["code"] == "SUSPENDED"


def test_a_shelf_that_is_away_is_no_error(tmp_path: Path) -> None:
    client = client_of(scan_world(tmp_path / "nothing"))
    assert client.get(f"/{digits()}", headers=JSON).json()["code"] == "CANNOT_CONFIRM"
    assert client.get(f"/{digits()}", headers=HTML).status_code == 200
    assert client.get("/bundle.json").status_code == 200


def test_the_clock_of_the_world_is_asked(client: TestClient, world: Any) -> None:
    world.clock.advance(timedelta(hours=60))
    answer = client.get(f"/{digits()}", headers=JSON).json()
    assert answer["code"] == "CANNOT_CONFIRM"
    assert answer["at"] == instant(NOW + timedelta(hours=60))


def test_head_is_answered(client: TestClient) -> None:
    for path in (f"/{digits()}", "/bundle.json", "/"):
        assert client.head(path).status_code == 200


# --- the page --------------------------------------------------------------------------------------------------------


def test_people_get_a_page(client: TestClient) -> None:
    answer = client.get(f"/{digits()}", headers=HTML)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["vary"] == "Accept"
    assert "Issued by us, and the certificate is in force" in answer.text
    assert len(answer.content) < 14_000


@pytest.mark.parametrize(
    ("accept", "html"),
    [
        ("", False),
        ("*/*", False),
        ("application/json", False),
        ("text/html", True),
        (HTML["Accept"], True),
        ("application/json, text/html;q=0.5", False),
        ("text/html;q=0.5, application/json;q=0.4", True),
        ("text/html;q=x, application/json;q=0.4", False),
    ],
)
def test_who_gets_a_page(accept: str, html: bool) -> None:
    assert wants_html(accept) is html


def test_the_front_page_says_what_this_is_and_takes_a_code(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert 'action="/check"' in answer.text
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("given", "place"),
    [
        (typed(), f"/{typed()}"),
        (typed().lower().replace("-", " "), f"/{typed()}"),
        (f" {typed().replace('-', '–')} ", f"/{typed()}"),
        (digits(), f"/{digits()}"),
        (f"https://scheme.example/{digits()}", f"/{digits()}"),
    ],
)
def test_a_typed_code_is_sent_on(client: TestClient, given: str, place: str) -> None:
    answer = client.get("/check", params={"code": given})
    assert (answer.status_code, answer.headers["location"]) == (303, place)


def test_a_wrong_symbol_is_told_with_look_alikes_and_never_a_guess(client: TestClient) -> None:
    wrong = "1" + typed()[1:]
    for answer in (client.get("/check", params={"code": wrong}), client.get(f"/{wrong}", headers=HTML)):
        assert "symbol is wrong" in answer.text
        assert "8/B" in answer.text
        assert typed() not in answer.text
    assert client.get("/check", params={"code": wrong}).status_code == 400
    assert client.get(f"/{wrong}", headers=HTML).status_code == 200


@pytest.mark.parametrize("given", ["", "x", "<script>", "//evil.example/", "https://evil.example/", "../v1", "a" * 900])
def test_whatever_is_typed_nobody_is_sent_elsewhere(client: TestClient, given: str) -> None:
    answer = client.get("/check", params={"code": given})
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "<script>" not in answer.text


# --- other addresses -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/abc", "/v1", "/keys.json", "/favicon.ico", "/12345", f"/{'9' * 99}", f"/{'9' * 301}", "/robots.txt",
     "/a-very-long-address-that-is-no-code-at-all", "/wp-login.php", "/%00%00%00%00%00%00%00%00%00%00%00%00%00"],
)  # fmt: skip
def test_other_addresses_are_not_taken(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_routes_before_it_keep_theirs(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}


def test_a_post_is_not_offered(client: TestClient) -> None:
    assert client.post(f"/{digits()}").status_code == 405


# --- typed codes are limited -----------------------------------------------------------------------------------------


def test_typed_codes_are_limited_per_network_and_scans_are_not(tmp_path: Path) -> None:
    world = scan_world(tmp_path, good(), typed_per_minute=3)
    client = client_of(world)
    for _ in range(3):
        assert client.get(f"/{typed()}", headers=JSON).status_code == 200
    refused = client.get(f"/{typed()}", headers=JSON)
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["retry-after"] == "60"
    page = client.get(f"/{typed()}", headers=HTML)
    assert page.status_code == 429
    assert "Too many codes" in page.text
    assert client.get(f"/{digits()}", headers=JSON).status_code == 200
    world.clock.advance(timedelta(minutes=1))
    assert client.get(f"/{typed()}", headers=JSON).status_code == 200


def test_a_wrong_code_counts_too(tmp_path: Path) -> None:
    client = client_of(scan_world(tmp_path, good(), typed_per_minute=1))
    assert client.get(f"/1{typed()[1:]}", headers=JSON).status_code == 200
    assert client.get(f"/{typed()}", headers=JSON).status_code == 429


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("203.0.113.7", "203.0.113.200", True),
        ("203.0.113.7", "203.0.114.7", False),
        ("2001:db8:1:2::1", "2001:db8:1:ffff::9", True),
        ("2001:db8:1::1", "2001:db8:2::1", False),
        ("::ffff:203.0.113.7", "203.0.113.9", True),
        ("fe80::1%eth0", "fe80::2", True),
        (None, "testclient", True),
    ],
)
def test_a_network_is_a_24_or_a_48(first: str | None, second: str | None, same: bool) -> None:
    limit = TypedLimit(1)
    limit.check(first, NOW)
    if same:
        with pytest.raises(Exception, match="too many"):
            limit.check(second, NOW)
    else:
        limit.check(second, NOW)


def test_the_counts_do_not_grow_without_end() -> None:
    limit = TypedLimit(5)
    for place in range(MAX_NETWORKS + 3):
        limit.check(f"{place >> 16 & 255}.{place >> 8 & 255}.{place & 255}.1", NOW)
    assert len(limit._counts) <= MAX_NETWORKS + 1


# --- the document ----------------------------------------------------------------------------------------------------


def test_the_bundle_has_a_tag_and_is_not_sent_twice(client: TestClient) -> None:
    first = client.get("/bundle.json")
    assert first.headers["content-type"] == "application/json"
    again = client.get("/bundle.json", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_bundle_serves_an_offline_verifier(client: TestClient) -> None:
    data = client.get("/bundle.json").content
    assert json.loads(judgement(digits(), data, ROOTS, "unknown", NOW))["code"] == "VALID"


def test_the_operations_are_documented(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert set(paths) == {"/healthz", "/{code}", "/bundle.json"}
    scan = paths["/{code}"]["get"]
    assert scan["summary"]
    assert scan["description"]
    assert scan["responses"]["200"]["content"]["application/json"]["example"]["code"] in CODES
    assert {"200", "404", "429"} <= set(scan["responses"])
    parameter = scan["parameters"][0]["schema"]
    assert parameter["pattern"]
