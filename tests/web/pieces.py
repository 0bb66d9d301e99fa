"""The pieces of an installation, each a process of its own, started with the commands of docker-compose.yml.

Also the key ceremony of a production world, with plain commands. What runs here is ended with its block, by its process
group; nothing else is touched.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

PUBLIC_URL = "https://check.example.org"  # what the world is called; on loopback it is talked to by http, as nginx does
LABEL_URL = "https://fmk.example"
FREEMARK = [sys.executable, "-m", "freemark.cli"]
ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60


def environment(data: Path, **settings: str) -> dict[str, str]:
    """The environment of a production world, and no setting of the person who runs the tests."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("FREEMARK_")}
    wanted = {
        "environment": "production", "data": str(data), "public_url": PUBLIC_URL, "label_url": LABEL_URL, **settings,
    }  # fmt: skip
    # The tests may stand in the folder of a world with a settings.env of its own: nobody's but this one is read.
    return {**kept, "PYTHONPATH": str(ROOT), **{f"FREEMARK_{key.upper()}": value for key, value in wanted.items()}}


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str


def run(env: dict[str, str], *words: str | Path, stdin: str = "") -> Ran:
    """`freemark WORDS` to its end."""
    done = subprocess.run(
        [*FREEMARK, *map(str, words)], env=env, input=stdin, capture_output=True, text=True, timeout=SECONDS
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def did(env: dict[str, str], *words: str | Path, stdin: str = "") -> str:
    """What a command printed that has to succeed."""
    ran = run(env, *words, stdin=stdin)
    assert ran.status == 0, ran
    return ran.out


def new_roots(folder: Path, env: dict[str, str]) -> dict[Path, str]:
    """Three root keys, as on three machines: {file: public key}."""
    files = [folder / f"root-{number}.key" for number in (1, 2, 3)]
    return {file: did(env, "keys", "new-root", file).strip() for file in files}


def ceremony(env: dict[str, str], folder: Path) -> dict[Path, str]:
    """Everything from nothing to an adopted keys.json. Answers the roots."""
    roots = new_roots(folder, env)
    did(env, "keys", "create", *(word for root in roots.values() for word in ("--root", root)))
    first, _, third = roots
    signed = did(env, "keys", "sign", "--seed-file", first, "--seed-file", third, stdin=did(env, "keys", "unsigned"))
    did(env, "keys", "adopt", stdin=signed)
    return roots


@dataclass
class Piece:
    """One process with its log. `start` may be called again after `kill`."""

    name: str
    command: list[str]
    env: dict[str, str]
    folder: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command, env=self.env, cwd=self.folder, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        """kill -9 to all of it: a worker's children too, as when its container dies."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            os.killpg(self._process.pid, how)
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None


def freemark(name: str, env: dict[str, str], folder: Path, *words: str) -> Piece:
    return Piece(name, [*FREEMARK, *words], env, folder)


def nginx_program() -> str | None:
    """Debian keeps it where a person's PATH does not reach."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def nginx(folder: Path, api: int, port: int, public: Path) -> Piece:
    """nginx with docker/nginx.conf; only its addresses and folders are those of this test."""
    text = (ROOT / "docker" / "nginx.conf").read_text(encoding="utf-8")
    for old, new in (
        ("server api:8000;", f"server 127.0.0.1:{api};"),
        ("listen 80 default_server;", f"listen 127.0.0.1:{port} default_server;"),
        ("root /srv/public;", f"root {public};"),
        ("/dev/stderr", f"{folder}/nginx-error.log"),
        ("/dev/stdout", f"{folder}/nginx-access.log"),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (folder / "site.conf").write_text(text)
    kept = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""  # the folder of a test is open to its owner only
    whole = folder / "nginx.conf"
    whole.write_text(
        f"daemon off; {user} pid {folder}/nginx.pid; error_log {folder}/nginx-error.log crit; worker_processes 1;\n"
        f"events {{}} http {{ {kept} include {folder}/site.conf; }}\n"
    )
    program = nginx_program()
    assert program is not None
    return Piece("nginx", [program, "-c", str(whole)], dict(os.environ), folder)


def one_line(text: str) -> bool:
    return re.fullmatch(r"freemark[a-z -]*: [^\n]+\n", text) is not None
