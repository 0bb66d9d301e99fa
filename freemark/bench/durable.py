"""What a durable issue costs: acceptance to published certificate, against a bare script with the same durable acts.

The acts are counted while certificates are issued in this process: commits, synced files, synced folders, signatures.
Then a script without rules, tables or documents does just as many of each, on the same disk.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nacl import bindings
from sqlalchemy import event

from certify import service
from freemark import jobs
from freemark.bench.measure import ROUNDS, Figure, against, wall_each
from freemark.bench.scene import Scene
from freemark.demo.scene import ready_application
from ground.auth import authenticate
from ground.settings import Settings
from ground.world import World, open_world

ISSUES = 3  # per round; each is some 50 ms
ROW = bytes(2048)


def measure(folder: Path, scene: Scene) -> list[Figure]:
    """durable issues"""
    world = open_world(Settings.load(data=scene.data))
    applications = iter([ready_application(scene.cast, scene.now) for _ in range(ISSUES * ROUNDS + 1)])
    scene.server.stop()
    jobs.drain(world)
    acts: Counter[str] = Counter()

    def issue(_: int) -> None:
        application, reports = next(applications)
        accept(world, scene, application, reports)
        jobs.drain(world)

    with counting(world, acts):
        issue(0)
    bare = Bare(folder, acts)
    note = "acceptance to published certificate, against a bare script with " + ", ".join(
        f"{count} {name}" for name, count in sorted(acts.items())
    )
    figure = against(
        "issue_durable", "ms", 1e3, lambda: wall_each(issue, ISSUES), lambda: wall_each(bare.once, ISSUES), note
    )
    world.close()
    return [figure]


def accept(world: World, scene: Scene, application: str, reports: list[str]) -> None:
    with world.db.write() as session:
        decider = authenticate(session, scene.cast.decider.token, world.clock.now())
        service.accept_reports(session, decider, application, reports=reports, note="Seen.", now=world.clock.now())


@contextmanager
def counting(world: World, acts: Counter[str]) -> Iterator[None]:
    """Count what is durable while the block runs."""
    fsync, sign = os.fsync, bindings.crypto_sign

    def counted_fsync(file: int) -> None:
        acts["synced folders" if os.path.isdir(f"/proc/self/fd/{file}") else "synced files"] += 1
        fsync(file)

    def counted_sign(message: bytes, secret: bytes) -> bytes:
        acts["signatures"] += 1
        return sign(message, secret)

    def counted_commit(connection: Any) -> None:
        acts["commits"] += 1

    event.listen(world.db.engine, "commit", counted_commit)
    os.fsync, bindings.crypto_sign = counted_fsync, counted_sign  # type: ignore[assignment]
    try:
        yield
    finally:
        os.fsync, bindings.crypto_sign = fsync, sign
        event.remove(world.db.engine, "commit", counted_commit)


class Bare:
    """As many commits, synced files, synced folders and signatures, and nothing else."""

    def __init__(self, folder: Path, acts: Counter[str]) -> None:
        self._folder = folder / "bare"
        self._folder.mkdir()
        self._acts = acts
        self._database = sqlite3.connect(self._folder / "bare.db", isolation_level=None)
        for line in ("PRAGMA journal_mode=TRUNCATE", "PRAGMA synchronous=FULL", "CREATE TABLE row (data BLOB)"):
            self._database.execute(line)
        self._secret = bindings.crypto_sign_seed_keypair(bytes(32))[1]

    def once(self, _: int) -> None:
        for _ in range(self._acts["commits"]):
            self._database.execute("BEGIN IMMEDIATE")
            self._database.execute("INSERT INTO row VALUES (?)", (ROW,))
            self._database.execute("COMMIT")
        for number in range(self._acts["synced files"]):
            with (self._folder / f"file-{number}").open("wb") as file:
                file.write(ROW)
                file.flush()
                os.fsync(file.fileno())
        for _ in range(self._acts["synced folders"]):
            folder = os.open(self._folder, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)
        for _ in range(self._acts["signatures"]):
            bindings.crypto_sign(ROW, self._secret)
