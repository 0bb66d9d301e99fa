"""A crowd of clients that will not take "connection refused" for an answer, and what they were promised.

Each worker runs the whole way from a site to printed labels, over and over. A request is sent again, with the same
Idempotency-Key and the same body, until the server answers it. Every answer is written down: it must still be true
when the killing is over.
"""

from __future__ import annotations

import http.client
import json
import threading
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

Json = Any


class Stopped(Exception):
    """The test is over; the worker goes home between two requests."""


@dataclass
class Promise:
    """One acknowledged POST."""

    path: str
    key: str
    body: Json
    answer: Json


@dataclass
class Caller:
    """One person's token."""

    base: str
    token: str
    name: str
    ending: threading.Event
    up: threading.Event
    promises: list[Promise] = field(default_factory=list)
    retries: int = 0
    _count: int = 0

    def post(self, path: str, body: Json) -> Json:
        """Until it is acknowledged. Goes home only before a request, never in doubt about one."""
        self._go_home()
        self._count += 1
        key = f"{self.name}-{self._count}"
        while (answer := self._try("POST", path, body, key)) is None:
            self.retries += 1
        self.promises.append(Promise(path, key, body, answer))
        return answer

    def _go_home(self) -> None:
        if self.ending.is_set():
            raise Stopped

    def get(self, path: str) -> Json:
        self._go_home()
        while (answer := self._try("GET", path, None, "")) is None:
            self.retries += 1
        return answer

    def send_and_hang_up(self, path: str, body: Json, key: str) -> None:
        """Send a whole request and do not wait for its answer."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", "Idempotency-Key": key}
        address = urlsplit(self.base)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
        connection.request("POST", path, json.dumps(body), headers)
        connection.close()

    def _try(self, method: str, path: str, body: Json, key: str) -> Json | None:
        """The answer, or None when there was none: then nobody knows whether it was done."""
        self.up.wait(timeout=60)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        address = urlsplit(self.base)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            data = response.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        if response.status == 503:
            return None
        if response.status >= 400:
            raise AssertionError(f"{method} {path}: {response.status} {data[:400]!r}")
        return json.loads(data)


@dataclass
class Team:
    """The callers that one worker needs, and the organisations they act for."""

    manager: Caller
    auditor: Caller
    decider: Caller
    organisation: str
    auditor_id: str
    answers: list[Json]
    today: date
    certificates: list[str] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Sites, audits, certificates and orders until the test ends."""
        try:
            while True:
                self._one()
        except Stopped:
            return

    def _one(self) -> None:
        site = self.manager.post("/v1/sites", {
            "organisation": self.organisation, "kind": "factory", "name": "A factory", "address": "Road 1",
            "city": "Gazipur", "country": "BD", "workers": 40,
        })["id"]  # fmt: skip
        application = self.manager.post("/v1/applications", {
            "organisation": self.organisation, "sites": [site], "agents": [],
            "products": [{"name": "Shirt", "model": "S1", "yearly_units": 1000}],
        })["id"]  # fmt: skip
        agreement = {"version": "2026.0", "independent_reporting": True}
        self.manager.post(f"/v1/applications/{application}/agreement", agreement)
        self._audit(site)
        reports = self.decider.get(f"/v1/applications/{application}")["reports"]
        self.decider.post(f"/v1/applications/{application}/acceptance", {"reports": reports, "note": "Seen."})
        while not (number := self.decider.get(f"/v1/applications/{application}").get("certificate")):
            pass
        self.certificates.append(number)
        entry = self.manager.get(f"/v1/certificates/{number}")
        for quantity in (10, 20):
            order = self.manager.post("/v1/orders", {
                "certificate": number, "site": entry["sites"][0]["id"], "product": entry["products"][0]["id"],
                "quantity": quantity, "last_day": str(self.today + timedelta(days=90)),
            })["id"]  # fmt: skip
            self.orders.append(order)

    def _audit(self, site: str) -> None:
        audit = self.auditor.post("/v1/audits", {
            "site": site, "type": "initial", "standard": "freemark-2026.0", "starts_on": str(self.today),
            "ends_on": str(self.today), "team": [self.auditor_id], "announced": True, "remote": False,
        })["id"]  # fmt: skip
        self.auditor.post(f"/v1/audits/{audit}/answers", {"answers": self.answers})
        self.auditor.post(f"/v1/audits/{audit}/report", {
            "workers": 40, "payroll_workers": 40, "interviews_individual": 10, "interviews_group": 4,
            "files_reviewed": 10, "closing_meeting_on": str(self.today), "summary": "Nothing was found.",
        })  # fmt: skip
