"""kill -9 while certificates are issued and labels minted: nothing acknowledged is lost, nothing is done twice.

20 kills on SQLite here; FREEMARK_TORTURE=1 makes it 100, on PostgreSQL too (`make torture`). After each kill, before
the next start, the log must reproduce its published root and the journal its chain. The negative control asks again
under a fresh key: then things are doubled.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select

from certify import log as transparency
from certify.tables import Application, Certificate, LogLeaf
from freemark.demo import scene, stage
from freemark.demo.server import Server, free_port
from ground import journal
from ground.outbox import stuck
from ground.parties import Site
from ground.settings import Settings
from ground.world import open_world
from labels.tables import Batch, LabelOrder
from tests.faults.crowd import PATIENCE, Crowd, Stubborn, Team

TORTURE = bool(os.environ.get("FREEMARK_TORTURE"))
KILLS = 100 if TORTURE else 20
LIFE = (0.1, 1.6)  # how long a server lives after it was ready, as a share of the time from a site to its orders
SEED = 2008
TEAMS = 2


class Torture:
    """A world, its server, and the teams at work."""

    def __init__(self, folder: Path, database_url: str = "") -> None:
        self.data = folder / "world"
        self.crowd = Crowd()
        now, port = datetime.now(UTC), free_port()
        token = stage.found_world(self.data, f"http://localhost:{port}", "", now, database_url)
        self.server = Server(self.data, port)
        self.server.start()
        self.crowd.up.set()
        stubborn = partial(Stubborn, crowd=self.crowd)
        cast = scene.make_cast(self.server.base, token, now, stubborn)
        self.teams = [Team(cast, now) for _ in range(TEAMS)]
        began = time.monotonic()
        self.teams[0].once()
        self.pace = time.monotonic() - began  # some 0.5 s; more on a machine that has other things to do
        self.failures: list[BaseException] = []
        self._threads = [threading.Thread(target=self._work, args=[team]) for team in self.teams]

    def begin(self) -> None:
        for thread in self._threads:
            thread.start()

    def _work(self, team: Team) -> None:
        try:
            team.run()
        except BaseException as error:  # noqa: BLE001  # shown by the test, whatever it was
            self.failures.append(error)

    def kill_and_check(self, rest: float) -> None:
        threading.Event().wait(rest)  # the moment of the kill is the experiment: any moment will do
        self.crowd.up.clear()
        self.server.kill()
        self.check()
        self.server.start()
        self.crowd.up.set()

    def check(self) -> None:
        world = open_world(Settings.load(data=self.data))
        try:
            transparency.check(world)
            with world.db.read() as session:
                journal.check(session)
        finally:
            world.close()

    def finish(self) -> None:
        """Send everybody home, let the server finish what it has accepted, and end it."""
        self.crowd.ending.set()
        for thread in self._threads:
            thread.join(timeout=120)
        assert not any(thread.is_alive() for thread in self._threads)
        assert not self.failures, self.failures
        self.crowd.ending.clear()
        for team in self.teams:
            for order in team.orders:
                state = partial(team.cast.manager.get, f"/v1/orders/{order}")
                scene.until(lambda state=state: state()["state"] == "ready", "the sheets", PATIENCE)  # type: ignore[misc]
        self.server.stop()
        self.check()


@pytest.mark.timeout(3600 if TORTURE else 600)
def test_nothing_acknowledged_is_lost_and_nothing_is_doubled(tmp_path: Path, database_url: str) -> None:
    if database_url.startswith("postgresql") and not TORTURE:
        pytest.skip("on PostgreSQL: FREEMARK_TORTURE=1")
    torture = Torture(tmp_path, database_url)
    moments = random.Random(SEED)  # the moments of the kills, not a secret
    try:
        torture.begin()
        for _ in range(KILLS):
            torture.kill_and_check(torture.pace * moments.uniform(*LIFE))
        torture.finish()
    finally:
        torture.crowd.ending.set()
        torture.server.kill()
    crowd = torture.crowd
    world = open_world(Settings.load(data=torture.data))
    with world.db.read() as session:
        made = {
            "/v1/sites": set(session.scalars(select(Site.id))),
            "/v1/applications": set(session.scalars(select(Application.id))),
            "/v1/orders": set(session.scalars(select(LabelOrder.id))),
        }
        batches = Counter(session.scalars(select(Batch.order_id)))
        sealed = Counter(session.scalars(select(Certificate.application_id).where(Certificate.sealed_at.is_not(None))))
        leaves = [json.loads(data) for data in session.scalars(select(LogLeaf.data).order_by(LogLeaf.idx))]
        places = session.execute(select(func.count(), func.min(LogLeaf.idx), func.max(LogLeaf.idx))).one()
        waiting = stuck(session)
    world.close()
    assert crowd.retries > 0
    assert len(batches) > 0
    for path, there in made.items():
        promised = [answer["id"] for answer in crowd.promised(path)]
        assert len(promised) == len(set(promised))
        assert set(promised) == there, path
    assert set(batches) == made["/v1/orders"]
    assert set(batches.values()) == {1}
    assert set(sealed.values()) == {1}
    assert tuple(places) == (len(leaves), 0, len(leaves) - 1)
    issued = Counter(leaf["cert"] for leaf in leaves if leaf["t"] == "cert.issued")
    assert set(issued.values()) == {1}
    assert {number for team in torture.teams for number in team.certificates} <= set(issued)
    printed = Counter(leaf["batch"] for leaf in leaves if leaf["t"] == "labels.sealed")
    assert set(printed.values()) == {1}
    assert len(printed) == len(batches)
    assert not waiting, [(row.handler, row.error) for row in waiting]


@pytest.mark.parametrize(("keys", "made"), [(("once", "once"), 1), (("first", "second"), 2)])
def test_an_answer_that_was_lost_and_asked_for_again(tmp_path: Path, keys: tuple[str, str], made: int) -> None:
    """The negative control: under a fresh key the same wish is a second site, which the test above would see."""
    torture = Torture(tmp_path)
    cast = torture.teams[0].cast
    manager = cast.manager
    assert isinstance(manager, Stubborn)
    body = {
        "organisation": cast.organisation, "kind": "farm", "name": "A farm", "address": "Road 2",
        "city": "Bogura", "country": "BD", "workers": 12,
    }  # fmt: skip
    try:
        for key in keys:
            manager.send_and_hang_up("/v1/sites", body, key)

        def farms() -> int:
            return sum(site["kind"] == "farm" for site in manager.get("/v1/sites")["items"])

        assert scene.until(lambda: farms() >= made)
        for turn in range(8):  # behind as many commits as this, the two have long had their turn
            manager.post("/v1/sites", {**body, "kind": "vessel", "name": f"A vessel {turn}"})
        assert farms() == made
    finally:
        torture.server.kill()
