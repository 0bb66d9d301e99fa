"""A small HTTP client for the story: one person's token, JSON in and out, the standard library only."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import urlsplit

Json = Any
_keys = count(1)


class Refused(Exception):
    """The server answered with a problem document."""

    def __init__(self, status: int, problem: dict[str, Json]) -> None:
        super().__init__(f"{status} {problem}")
        self.status = status
        self.problem = problem

    @property
    def detail(self) -> str:
        return str(self.problem.get("detail", ""))


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class Client:
    """One person at the API. `name` is for the story; `token` may be "" for the public."""

    base: str
    name: str = "anybody"
    token: str = ""

    def get(self, path: str) -> Json:
        return json.loads(self.fetch(path).body)

    def fetch(self, path: str, accept: str = "application/json") -> Answer:
        return self._checked(self._send("GET", path, None, {"Accept": accept}))

    def post(self, path: str, body: Json) -> Json:
        """POST with a fresh idempotency key; the answer's JSON."""
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": f"demo-{next(_keys)}",
            "Accept": "application/json",
        }
        return json.loads(self._checked(self._send("POST", path, json.dumps(body).encode(), headers)).body)

    def _checked(self, answer: Answer) -> Answer:
        if answer.status < 400:
            return answer
        try:
            problem = json.loads(answer.body)
        except ValueError:
            problem = {"title": "not a problem document", "detail": answer.body[:200].decode(errors="replace")}
        raise Refused(answer.status, problem)

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        address = urlsplit(self.base)
        connection = http.client.HTTPConnection(address.hostname or "localhost", address.port or 80, timeout=30)
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return Answer(response.status, response.read(), {k.lower(): v for k, v in response.getheaders()})
        finally:
            connection.close()
