"""A crowd of clients that will not take "connection refused" for an answer, and what they were promised.

Each team runs the whole way from a site to printed labels, over and over. A request is sent again, with the same
Idempotency-Key and the same body, until the server answers it. Every answer is written down: it must still be true
when the killing is over.
"""

from __future__ import annotations

import http.client
import json
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from freemark.demo import scene
from freemark.demo.client import Answer, Client
from freemark.demo.scene import Cast

Json = Any
PATIENCE = 900.0  # seconds: each kill can hold back one delivery for the minute that its claim lives


class Stopped(Exception):
    """The test is over; the worker goes home between two requests, never in doubt about one."""


@dataclass
class Crowd:
    """What the clients share. `up`: the server runs. promises: (path, answer) of every acknowledged POST."""

    up: threading.Event = field(default_factory=threading.Event)
    ending: threading.Event = field(default_factory=threading.Event)
    promises: list[tuple[str, Json]] = field(default_factory=list)
    retries: int = 0

    def go_home(self) -> None:
        if self.ending.is_set():
            raise Stopped

    def promised(self, path: str) -> list[Json]:
        return [answer for where, answer in self.promises if where == path]


@dataclass(frozen=True)
class Stubborn(Client):
    """A client that asks again until it is answered."""

    crowd: Crowd = field(default_factory=Crowd)

    def post(self, path: str, body: Json) -> Json:
        self.crowd.go_home()
        answer = super().post(path, body)
        self.crowd.promises.append((path, answer))
        return answer

    def fetch(self, path: str, accept: str = "application/json") -> Answer:
        self.crowd.go_home()
        return super().fetch(path, accept)

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        while True:
            self.crowd.up.wait(timeout=60)
            try:
                answer = super()._send(method, path, body, dict(headers))
            except (OSError, http.client.HTTPException):
                answer = None
            if answer is not None and answer.status != 503:
                return answer
            self.crowd.retries += 1

    def send_and_hang_up(self, path: str, body: Json, key: str) -> None:
        """Send a whole request and do not wait for its answer."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", "Idempotency-Key": key}
        address = urlsplit(self.base)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
        connection.request("POST", path, json.dumps(body), headers)
        connection.close()


@dataclass
class Team:
    """One cast at work: sites, audits, certificates and orders until the test ends."""

    cast: Cast
    now: datetime
    certificates: list[str] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)

    def run(self) -> None:
        try:
            while True:
                self.once()
        except Stopped:
            return

    def once(self) -> None:
        """From a site to two orders of labels."""
        application, reports = scene.ready_application(self.cast, self.now)
        scene.accept(self.cast, application, reports)
        number = scene.certificate(self.cast, application, PATIENCE)
        self.certificates.append(number)
        for quantity in (10, 20):
            last_day = str((self.now + timedelta(days=90)).date())
            self.orders.append(scene.order_labels(self.cast, number, quantity, last_day))
