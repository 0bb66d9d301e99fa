"""kill -9 while certificates are issued and labels minted: nothing acknowledged is lost, nothing is done twice.

20 kills here; FREEMARK_TORTURE=1 makes it 100 (`make torture`). After each kill, before the next start, the log must
reproduce its published root and the journal its chain. The negative control asks again under a fresh key: then things are doubled.
"""

from __future__ import annotations

import json
import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from audits import standard
from certify import log as transparency
from certify.tables import Certificate, LogLeaf
from freemark.demo import stage
from freemark.demo.client import Client
from freemark.demo.server import Server, free_port
from ground import journal
from ground.canonical import instant
from ground.outbox import stuck
from ground.parties import Site
from ground.settings import Settings
from ground.world import open_world
from labels.tables import Batch, LabelOrder
from tests.faults.crowd import Caller, Promise, Team

KILLS = 100 if os.environ.get("FREEMARK_TORTURE") else 20
LIFE = (0.05, 0.9)  # seconds a server lives after it was ready; issuing and minting take about 0.2 s of that
SEED = 2008


class Torture:
    """A world, its server, and two teams at work."""

    def __init__(self, folder: Path, *, teams: int = 2) -> None:
        self.data = folder / "world"
        port = free_port()
        now = datetime.now(UTC)
        token = stage.found_world(self.data, f"http://localhost:{port}", "", now)
        self.server = Server(self.data, port)
        self.up, self.ending = threading.Event(), threading.Event()
        self.server.start()
        self.up.set()
        self.failures: list[BaseException] = []
        self.teams = [self._team(token, number, now) for number in range(teams)]
        self._threads = [threading.Thread(target=self._work, args=[team]) for team in self.teams]
        for thread in self._threads:
            thread.start()

    def _work(self, team: Team) -> None:
        try:
            team.run()
        except BaseException as error:  # noqa: BLE001  # shown by the test, whatever it was
            self.failures.append(error)

    def _team(self, token: str, number: int, now: datetime) -> Team:
        sam = Client(self.server.base, "Sam", token)
        expires = instant(now + timedelta(days=30))

        def member(role: str, kind: str, *scopes: str) -> tuple[Caller, str, str]:
            body = {"name": f"{kind} {number}", "roles": [kind], "country": "BD", "city": "Dhaka"}
            home = sam.post("/v1/organisations", body)["id"]
            person = sam.post("/v1/people", {"organisation": home, "name": role, "roles": [role]})["id"]
            wish = {"person": person, "organisation": home, "scopes": ["read", *scopes], "expires": expires}
            secret = sam.post("/v1/tokens", wish)["token"]
            name = f"{role}{number}"
            return Caller(self.server.base, secret, name, self.ending, self.up), home, person

        manager, maker, _ = member("manager", "manufacturer", "parties", "certify", "labels")
        auditor, _, auditor_id = member("auditor", "audit_firm", "audits")
        decider, _, _ = member("decider", "certification_body", "certify")
        answers = [
            {"provision": id, "result": "conformance"} for id in standard.load("freemark-2026.0").provisions
        ]
        return Team(manager, auditor, decider, maker, auditor_id, answers, now.date())

    def kill_and_check(self, rest: float) -> None:
        threading.Event().wait(rest)  # the moment of the kill is the experiment: any moment will do
        self.up.clear()
        self.server.kill()
        self.check_log()
        self.server.start()
        self.up.set()

    def check_log(self) -> None:
        world = open_world(Settings.load(data=self.data))
        try:
            transparency.check(world)
            with world.db.read() as session:
                journal.check(session)
        finally:
            world.close()

    def finish(self) -> None:
        """Send everybody home, let the server finish what it has accepted, and end it."""
        self.ending.set()
        for thread in self._threads:
            thread.join(timeout=120)
        assert not any(thread.is_alive() for thread in self._threads)
        assert not self.failures, self.failures
        self._settle()
        self.server.stop()
        self.check_log()

    def _settle(self) -> None:
        for team in self.teams:
            team.manager.ending = threading.Event()
            for order in team.orders:
                while team.manager.get(f"/v1/orders/{order}")["state"] not in ("ready", "stopped"):
                    pass


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path


def test_nothing_acknowledged_is_lost_and_nothing_is_doubled(folder: Path) -> None:
    torture = Torture(folder)
    moments = random.Random(SEED)  # noqa: S311  # the moments of the kills, not a secret
    try:
        for _ in range(KILLS):
            torture.kill_and_check(moments.uniform(*LIFE))
        torture.finish()
    finally:
        torture.ending.set()
        torture.server.kill()
    world = open_world(Settings.load(data=torture.data))
    with world.db.read() as session:
        sites = set(session.scalars(select(Site.id)))
        orders = {row.id: row for row in session.scalars(select(LabelOrder))}
        batches = Counter(session.scalars(select(Batch.order_id)))
        sealed = Counter(session.scalars(select(Certificate.application_id).where(Certificate.sealed_at.is_not(None))))
        leaves = [json.loads(row.data) for row in session.scalars(select(LogLeaf).order_by(LogLeaf.idx))]
        indexes = list(session.scalars(select(LogLeaf.idx).order_by(LogLeaf.idx)))
        waiting = stuck(session)
        assert session.scalar(select(func.count()).select_from(Site)) == _count(torture, "/v1/sites")
    world.close()
    assert sum(team.manager.retries + team.auditor.retries + team.decider.retries for team in torture.teams) > 0
    assert len(orders) == _count(torture, "/v1/orders")
    promised_orders = [number for team in torture.teams for number in team.orders]
    assert set(promised_orders) <= set(orders)
    assert all(batches[number] == 1 for number in promised_orders)
    assert {promise.answer["id"] for promise in _promises(torture, "/v1/sites")} <= sites
    assert all(count == 1 for count in sealed.values())
    assert indexes == list(range(len(indexes)))
    issued = Counter(leaf["cert"] for leaf in leaves if leaf["t"] == "cert.issued")
    assert all(issued[number] == 1 for team in torture.teams for number in team.certificates)
    assert Counter(leaf["batch"] for leaf in leaves if leaf["t"] == "labels.sealed").most_common(1)[0][1] == 1
    assert sum(leaf["t"] == "labels.sealed" for leaf in leaves) == sum(batches.values())
    assert not waiting, [(row.handler, row.error) for row in waiting]


@pytest.mark.parametrize(("keys", "made"), [(("once", "once"), 1), (("first", "second"), 2)])
def test_an_answer_that_was_lost_and_asked_for_again(folder: Path, keys: tuple[str, str], made: int) -> None:
    """The negative control: under a fresh key the same wish is a second site, which is what the test above would see."""
    torture = Torture(folder, teams=1)
    torture.ending.set()
    manager = torture.teams[0].manager
    body = {
        "organisation": torture.teams[0].organisation, "kind": "farm", "name": "A farm", "address": "Road 2",
        "city": "Bogura", "country": "BD", "workers": 12,
    }  # fmt: skip
    for key in keys:
        manager.send_and_hang_up("/v1/sites", body, key)
    manager.ending = threading.Event()
    while not (farms := [site for site in manager.get("/v1/sites")["items"] if site["kind"] == "farm"]):
        pass
    manager.post("/v1/sites", {**body, "kind": "vessel"})  # one writer at a time: behind this one both are through
    farms = [site for site in manager.get("/v1/sites")["items"] if site["kind"] == "farm"]
    torture.server.kill()
    assert len(farms) == made


def _promises(torture: Torture, path: str) -> list[Promise]:
    callers = [caller for team in torture.teams for caller in (team.manager, team.auditor, team.decider)]
    return [promise for caller in callers for promise in caller.promises if promise.path == path]


def _count(torture: Torture, path: str) -> int:
    return len(_promises(torture, path))
