"""Has a file looked at by the inspector, and says in words what came of it.

Owns starting and ending that process, and that no more than two run at a time here. Whatever happens to it is an
answer: a refusal when the file is to blame, Unavailable when the machine is.
"""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from audits.evidence.inspector import DONE, FAILED, LOOK_SECONDS
from audits.evidence.kinds import Kind
from ground.errors import Invalid, Unavailable

log = logging.getLogger("freemark.evidence")

PATIENCE = 120  # seconds on the wall: the limits count computing only, and the machine may be busy
AT_A_TIME = 2  # of 704 MiB each at worst
_PLACES = threading.BoundedSemaphore(AT_A_TIME)
_ROOT = str(Path(__file__).resolve().parents[2])
# -I: nothing from the environment, the user's folder or the place where the server stands gets into it.
_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); from audits.evidence.inspector import main; sys.exit(main())"
)  # fmt: skip
_OUT_OF_TIME = -signal.SIGXCPU
_CRASHES = (-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGFPE, -signal.SIGILL, FAILED)


@dataclass(frozen=True)
class Seen:
    """What the inspector found. stored: the bytes to keep. cpu_ms, peak_kib: what looking cost."""

    kind: Kind
    stored: bytes
    width: int | None
    height: int | None
    taken_at: str
    taken_zone: str
    cpu_ms: int
    peak_kib: int


def inspect(data: bytes) -> Seen:
    """Look at a file. Invalid: it is refused, and why. Unavailable: it could not be looked at; ask again."""
    status, out = run(data)
    if status == _OUT_OF_TIME:
        raise Invalid(
            f"it takes more than {LOOK_SECONDS} s of computing to look at; a plain file takes a tenth of that"
        )
    if status in _CRASHES:
        raise Invalid("it is damaged so badly that reading it fails")
    if status != DONE:
        log.error("the inspector of evidence ended with %s", status)
        raise Unavailable("the file could not be looked at now; try again")
    line, _, stored = out.partition(b"\n")
    found = json.loads(line)
    if "refused" in found:
        raise Invalid(found["refused"])
    return Seen(
        kind=found["kind"],
        stored=stored or data,
        width=found.get("width"),
        height=found.get("height"),
        taken_at=found.get("taken_at", ""),
        taken_zone=found.get("taken_zone", ""),
        cpu_ms=found["cpu_ms"],
        peak_kib=found["peak_kib"],
    )


def run(data: bytes) -> tuple[int, bytes]:
    """The inspector on these bytes: its exit status (negative: the signal that ended it) and what it wrote."""
    command = [sys.executable, "-I", "-B", "-c", _PROGRAM, _ROOT]
    with _PLACES:
        try:
            done = subprocess.run(command, input=data, capture_output=True, timeout=PATIENCE, env={}, cwd="/")
        except (subprocess.TimeoutExpired, OSError) as error:
            log.error("the inspector of evidence did not end or did not start: %s", error)
            raise Unavailable("the file could not be looked at now; try again") from error
    if done.returncode not in (DONE, FAILED) and done.stderr:
        log.error("the inspector of evidence said: %s", done.stderr[-2000:].decode("utf-8", "replace"))
    return done.returncode, done.stdout
