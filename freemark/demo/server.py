"""The server of the story: `freemark serve` as a process of its own, on a port of its own, in the demo's world.

Also what the torture tests kill."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from freemark.demo.client import Client, Refused

START_SECONDS = 60.0


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """`with Server(world, port):` runs it; the process ends with the block."""

    def __init__(self, data: Path, port: int, host: str = "127.0.0.1", *, command: Sequence[str] | None = None) -> None:
        self.base = f"http://localhost:{port}"
        serve = ["--data", str(data), "serve", "--host", host, "--port", str(port)]
        self._command = list(command or [sys.executable, "-m", "freemark.cli", *serve])
        self._log = data / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, and return when it is ready. RuntimeError when it ends at once or takes too long."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, env=os.environ.copy())
        self._until_ready()

    def kill(self) -> None:
        """kill -9: no farewell, nothing flushed."""
        if self._process:
            self._process.kill()
            self._process.wait()

    @property
    def pid(self) -> int:
        return self._running().pid

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def wait(self) -> int:
        """Until the server ends by itself or somebody presses Ctrl-C."""
        return self._running().wait()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the server was not started")
        return self._process

    def _until_ready(self) -> None:
        anybody, deadline = Client(self.base), time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._running().poll() is not None:
                raise RuntimeError(f"the server ended at once; its last words are in {self._log}")
            try:
                anybody.fetch("/readyz")
            except (OSError, Refused):
                time.sleep(0.05)  # a process that starts gives no event to wait for
            else:
                return
        raise RuntimeError(f"the server was not ready within {START_SECONDS:.0f} s; see {self._log}")
