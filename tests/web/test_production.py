"""An installation as docker-compose.yml makes it, from its pieces: PostgreSQL, Redis, nginx, server, worker, beat.

The same commands and settings, started by hand; needs a Redis on loopback, and a PostgreSQL (see tests/conftest.py).
Where nginx is not installed, everything but nginx's own test talks to the server itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from urllib.request import Request, urlopen

import psycopg
import pytest
import redis
from celery import Celery

from freemark.demo import scene
from freemark.demo.client import Answer, Client, Refused
from freemark.demo.server import free_port
from ground.clock import SystemClock
from ground.ids import crockford
from ground.shelf import Shelf
from tests.conftest import Databases
from tests.web import pieces
from tests.web.pieces import Piece, ceremony, did, environment, freemark, nginx, nginx_program

REDIS = ("127.0.0.1", 6379)
OURS = "freemark-test"  # the key by which a Redis database is ours while we use it
TYPED = 5  # typed codes that a network may try in a minute
LABELS = 3000  # three chunks: long enough to be killed between two of them

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


def test_docker_compose_starts_the_commands_that_are_started_here() -> None:
    text = (pieces.ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    served = "freemark migrate && exec freemark serve --host 0.0.0.0 --port 8000"
    assert re.findall(r"command: (\[.*freemark.*\])", text) == [
        f'["sh", "-c", "{served}"]', '["freemark", "worker"]', '["freemark", "beat"]',
    ]  # fmt: skip
    assert 'FORWARDED_ALLOW_IPS: "*"' in text  # on loopback, as here, it is not needed


@dataclass
class Installation:
    data: Path
    env: dict[str, str]
    api: Piece
    worker: Piece
    beat: Piece
    front: str
    direct: str
    queue: redis.Redis
    cast: scene.Cast
    now: datetime
    roots: list[str]

    @property
    def last_day(self) -> str:
        return str((self.now + timedelta(days=90)).date())

    def certificate(self) -> str:
        """The number of a new certificate."""
        application, reports = scene.ready_application(self.cast, self.now, f"Factory {next(_numbers)}")
        scene.accept(self.cast, application, reports)
        return scene.certificate(self.cast, application)

    def code(self, digits: str) -> str:
        return str(Client(self.front).get(f"/{digits}")["code"])

    def suspend(self, number: str) -> None:
        self.cast.decider.post(f"/v1/certificates/{number}/suspension", {"reason": "Passports were found in a safe."})

    def sql(self, statement: str) -> list[tuple[int, ...]]:
        with psycopg.connect(self.env["FREEMARK_DATABASE_URL"], autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


_numbers = count(1)


@pytest.fixture(scope="module")
def queue() -> Iterator[redis.Redis]:
    """A database of Redis that nobody uses; it is empty again afterwards."""
    for number in range(15, 0, -1):
        client = redis.Redis(*REDIS, db=number, socket_connect_timeout=2)
        try:
            # Ours is the only key there: what anybody else keeps is never flushed.
            mine = client.set(OURS, "1", nx=True, ex=1800) and client.dbsize() == 1
        except redis.RedisError as error:
            pytest.skip(f"no Redis on {REDIS[0]}:{REDIS[1]}: {error}")
        if mine:
            yield client
            client.flushdb()
            client.close()
            return
        client.close()
    pytest.skip("no database of the Redis on loopback is free")


@pytest.fixture(scope="module")
def house(databases: Databases, queue: redis.Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    if databases.server is None:
        pytest.skip(databases.reason)
    folder, url = tmp_path_factory.mktemp("house"), databases.create()
    data, port, web = folder / "data", free_port(), free_port()
    number = queue.connection_pool.connection_kwargs["db"]
    broker = f"redis://{REDIS[0]}:{REDIS[1]}/{number}"
    # Under the first rulebook: a later one lets a random tenth of all orders wait for three days.
    env = environment(
        data, database_url=url, broker_url=broker, typed_codes_per_minute=str(TYPED), first_rulebook="freemark-2026.0"
    )
    roots = list(ceremony(env, folder).values())
    did(env, "migrate")
    token = re.findall("fm_[0-9A-Z]{32}", did(env, "found", "--organisation", "Scheme", "--person", "Sam"))[0]
    started = [
        api := freemark("api", env, folder, "serve", "--port", str(port)),
        worker := freemark("worker", env, folder, "worker"),
        beat := freemark("beat", env, folder, "beat"),
    ]
    direct = front = f"http://localhost:{port}"
    if nginx_program():
        (data / "shelf" / "public").mkdir(parents=True, exist_ok=True)
        started.append(nginx(folder, port, web, data / "shelf" / "public"))
        front = f"http://localhost:{web}"
    try:
        for piece in started:
            piece.start()
        scene.until(lambda: _answers(front))
        now = SystemClock().now()
        cast = scene.make_cast(front, token, now, with_crew=False)
        yield Installation(data, env, api, worker, beat, front, direct, queue, cast, now, roots)
    finally:
        for piece in reversed(started):
            piece.stop()
        databases.drop(url)


def _answers(base: str) -> bool:
    try:
        return Client(base).fetch("/readyz").status == 200
    except (OSError, Refused):
        return False


def test_from_a_site_to_a_valid_label_and_a_suspension(house: Installation, tmp_path: Path) -> None:
    number = house.certificate()
    digits = scene.printed(house.cast, scene.order_labels(house.cast, number, 10, house.last_day))
    assert len(digits) == 10
    scene.until(lambda: house.code(digits[0]) == "VALID")
    verdict = Client(house.front).get(f"/{digits[0]}")
    assert verdict["certificate"]["number"] == number
    credential = Client(house.front).get(f"/certificates/{number}")
    assert credential["issuer"]["id"] == "did:web:check.example.org"
    assert credential["id"] == f"{pieces.PUBLIC_URL}/certificates/{number}"
    house.suspend(number)
    scene.until(lambda: house.code(digits[0]) == "SUSPENDED")
    # Offline, from what the web server handed out and the roots of the ceremony.
    (tmp_path / "bundle.json").write_bytes(Client(house.front).fetch("/bundle.json").body)
    (tmp_path / "roots.txt").write_text("\n".join(house.roots))
    judged = pieces.run(house.env, "verify", digits[0], "--bundle", tmp_path / "bundle.json",
                        "--root", tmp_path / "roots.txt")  # fmt: skip
    assert json.loads(judged.out)["code"] == "SUSPENDED"
    # The clock of a production world is the real one.
    with pytest.raises(Refused) as refused:
        Client(house.front).get("/v1/demo/clock")
    assert refused.value.status == 404
    assert house.worker.alive
    assert house.beat.alive


def test_a_worker_that_is_killed_and_messages_that_are_lost_lose_nothing(house: Installation) -> None:
    number = house.certificate()
    first = scene.printed(house.cast, scene.order_labels(house.cast, number, 10, house.last_day))
    scene.until(lambda: house.code(first[0]) == "VALID")
    order = scene.order_labels(house.cast, number, LABELS, house.last_day)
    done = f"SELECT chunks FROM label_batch WHERE order_id = '{order}' AND chunks > 0"
    scene.until(lambda: house.sql(done))
    house.worker.kill()
    assert house.sql(done)[0][0] < LABELS // 1000
    assert house.cast.manager.get(f"/v1/orders/{order}")["state"] == "sealed"
    # With nobody at the jobs: a suspension. Then the beat ends, and every message is lost.
    house.suspend(number)
    house.beat.stop()
    house.queue.flushdb()
    house.queue.set(OURS, "1", ex=1800)
    # The negative control: a worker that is told nothing does nothing about it.
    revision = Shelf(house.data / "shelf").revision
    house.worker.start()
    before = revision()
    with Celery(broker=house.env["FREEMARK_BROKER_URL"], set_as_current=False) as sender:
        sender.send_task("freemark.refresh", queue="freemark")
    scene.until(lambda: revision() > before and revision() % 2 == 0)
    assert house.code(first[0]) == "VALID"
    # The beat rings: what was decided reaches the label, and the print run goes on where it was broken off.
    house.sql("UPDATE outbox_delivery SET claimed_until = now() WHERE claimed_until > now()")  # a minute passes
    house.beat.start()
    scene.until(lambda: house.code(first[0]) == "SUSPENDED")
    digits = scene.printed(house.cast, order)
    assert len(set(digits)) == LABELS
    batches = f"SELECT count(*), count(DISTINCT order_id) FROM label_batch WHERE certificate = '{number}'"
    assert house.sql(batches) == [(2, 2)]
    assert did(house.env, "check").startswith("journal: ")
    assert did(house.env, "outbox", "stuck") == "0 stuck\n"


@pytest.mark.skipif(nginx_program() is None, reason="nginx is not installed (Debian: apt-get install nginx-light)")
def test_nginx_serves_the_shelf_from_disk_and_tells_networks_apart(house: Installation) -> None:
    number = house.certificate()
    scene.until(lambda: (house.data / "shelf" / "public" / "certificates" / number / "events.json").exists())
    for path, media in (
        ("/keys.json", "application/json"),
        ("/heads.json", "application/json"),
        ("/.well-known/did.json", "application/json"),
        (f"/certificates/{number}/events.json", "application/json"),
        ("/status/revocation/1", "application/vc"),
        ("/log/checkpoint", "text/plain; charset=utf-8"),
        ("/log/tile/0/000.p/2", "application/octet-stream"),
    ):
        from_disk, from_server = fetch(house.front, path), fetch(house.direct, path)
        assert from_disk.headers["access-control-allow-origin"] == "*", path  # what only nginx says
        assert from_disk.headers["content-type"] == from_server.headers["content-type"] == media, path
        assert from_disk.body == from_server.body, path
    assert fetch(house.front, "/shelf/private/members/1").status == 404
    assert fetch(house.front, "/status/suspension/1?timestamp=2020-01-01T00:00:00Z").status == 404  # history: the api's
    # One network's limit of typed codes is not another's, and nobody gets round it by claims of their own.
    typed, claimed = f"/{crockford(14)}0", 0
    for _ in range(2):  # the minute may turn over in the middle, once
        assert any(ask(house, typed, "203.0.113.5") == 429 for _ in range(2 * TYPED + 1))
        claimed = ask(house, typed, "198.51.100.1, 203.0.113.77")
        if claimed == 429:
            break
    assert claimed == 429
    assert ask(house, typed, "203.0.113.5, 198.51.100.1") == 200
    # Who scanned what is written down nowhere.
    folder = house.api.folder
    for log in folder.glob("*.log"):
        assert typed[1:] not in log.read_text(), log
        assert "203.0.113" not in log.read_text(), log
    assert "/v1/applications" in (folder / "nginx-access.log").read_text()


def ask(house: Installation, path: str, forwarded: str) -> int:
    """The status of a scan that came in with that X-Forwarded-For, as from the machine that ends TLS."""
    return fetch(house.front, path, **{"X-Forwarded-For": forwarded}).status


def fetch(base: str, path: str, **headers: str) -> Answer:
    """A GET with headers of one's own; also an answer that refuses."""
    address = base.removeprefix("http://")
    request = Request(f"http://{address}{path}", headers={"Accept": "application/json", **headers})
    try:
        with urlopen(request, timeout=30) as response:
            return Answer(response.status, response.read(), {k.lower(): v for k, v in response.headers.items()})
    except OSError as error:
        if not hasattr(error, "code"):
            raise
        return Answer(error.code, b"", {})
