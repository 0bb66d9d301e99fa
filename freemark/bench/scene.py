"""The scene of the measurements: a served world with a certificate and a thousand labels."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from freemark.demo import stage
from freemark.demo.client import Client
from freemark.demo.scene import Cast, accept, certificate, make_cast, order_labels, printed, ready_application
from freemark.demo.server import Server, free_port
from ground.clock import SystemClock
from ground.keyring import Keyring

LABELS = 1000


@dataclass(frozen=True)
class Scene:
    """A served world with a valid certificate and the digits of its labels."""

    server: Server
    port: int
    data: Path
    now: datetime
    cast: Cast
    digits: list[str]
    bundle: bytes
    roots: tuple[bytes, ...]


@contextmanager
def served(folder: Path) -> Iterator[Scene]:
    """Make the scene in `folder`, served by `freemark.bench.served` until the block ends."""
    now, port, data = SystemClock().now(), free_port(), folder / "world"
    token = stage.found_world(data, f"http://localhost:{port}", "", now)
    command = [sys.executable, "-m", "freemark.bench.served", str(data), str(port)]
    with Server(data, port, command=command) as server:
        cast = make_cast(server.base, token, now)
        application, reports = ready_application(cast, now)
        accept(cast, application, reports)
        number = certificate(cast, application)
        digits = printed(cast, order_labels(cast, number, LABELS, str((now + timedelta(days=90)).date())))
        bundle = Client(server.base).fetch("/bundle.json").body
        roots = Keyring.load(data / "keys").root_publics()
        yield Scene(server, port, data, now, cast, digits, bundle, roots)
