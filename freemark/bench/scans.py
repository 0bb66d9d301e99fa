"""What a scan costs the server: its CPU time per request over HTTP, less that of an empty route."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from freemark.bench.measure import Figure, against
from freemark.bench.scene import Scene
from freemark.bench.served import BARE, EMPTY

REQUESTS = 8000  # per round: more than a second of CPU, over 100 clock ticks of /proc
CONNECTIONS = 16
TICKS = os.sysconf("SC_CLK_TCK")


def measure(folder: Path, scene: Scene) -> list[Figure]:
    """scans over HTTP"""
    paths = [f"/{code}" for code in scene.digits]
    caller = Caller(scene.port, scene.server.pid)
    assert b'"code":"VALID"' in caller.ask(paths[0], "application/json")

    def net(paths: list[str], accept: str) -> float:
        return caller.cost(paths, accept) - caller.cost([EMPTY], accept)

    def floor() -> float:
        return net([BARE], "application/json")

    note = "CPU of a scan over HTTP, against a route with one bare PyNaCl verify, both less an empty route"
    return [
        against("scan_json", "us", 1e6, lambda: net(paths, "application/json"), floor, note),
        against("scan_html", "us", 1e6, lambda: net(paths, "text/html"), floor, note),
    ]


class Caller:
    """Keep-alive connections, each with one request under way: a server that has something to do all the time."""

    def __init__(self, port: int, pid: int) -> None:
        self._sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
        self._stat = Path(f"/proc/{pid}/stat")

    def ask(self, path: str, accept: str) -> bytes:
        self._sockets[0].sendall(_request(path, accept))
        return _answer(self._sockets[0])

    def cost(self, paths: list[str], accept: str) -> float:
        """CPU seconds of the server for one request."""
        requests = [_request(path, accept) for path in paths]
        before = self._cpu()
        for turn in range(0, REQUESTS, CONNECTIONS):
            for number, connection in enumerate(self._sockets):
                connection.sendall(requests[(turn + number) % len(requests)])
            for connection in self._sockets:
                _answer(connection)
        return (self._cpu() - before) / REQUESTS

    def _cpu(self) -> float:
        fields = self._stat.read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


def _answer(connection: socket.socket) -> bytes:
    """The body of a 200; RuntimeError for anything else."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _receive(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head[:200].decode(errors="replace"))
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n", 1)[0])
    while len(body) < length:
        body += _receive(connection)
    return body


def _receive(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise RuntimeError("the server hung up")
    return data


def _request(path: str, accept: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n".encode()
