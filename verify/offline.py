"""`freemark verify`: judge one label offline, from a bundle and the pinned root keys.

Owns the command's arguments and what it prints: exactly the bytes of the verdict, the same as the server
for the same payload, bundle, membership and instant. Needs pynacl and rfc8785; no database, no web framework.
Exit status 0 when a verdict was printed, whichever it is; 2 when the arguments or the bundle cannot be read.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from ground.canonical import parse_instant
from ground.clock import SystemClock
from ground.errors import FreemarkError, Invalid, Malformed
from ground.signing import parse_multikey
from labels.payload import Label, Typed, parse
from verify.bundle import MAX_BYTES, parse_bundle
from verify.codes import Membership
from verify.verdict import judge

MAX_ROOTS = 9
DESCRIPTION = """Judge one label offline. Prints the verdict as canonical JSON; read its code, not only the exit status:
0 means that a verdict was printed, whichever it is."""


def main(argv: Sequence[str] | None = None) -> int:
    """Print the verdict; 0, or 2 with one line on standard error."""
    options = parser().parse_args(argv)
    try:
        roots = read_roots(options.root)
        now = parse_instant(options.at) if options.at else SystemClock().now()
        data = judgement(options.code, read_file(options.bundle, MAX_BYTES), roots, options.membership, now)
    except FreemarkError as error:
        print(f"freemark verify: {error}", file=sys.stderr)
        return 2
    # The server's bytes and nothing else; a terminal gets a line end after them, so that its prompt stands below.
    sys.stdout.buffer.write(data + b"\n" if sys.stdout.isatty() else data)
    sys.stdout.buffer.flush()
    return 0


class _Parser(argparse.ArgumentParser):
    """Bad usage is one line, as every other refusal is."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def parser() -> argparse.ArgumentParser:
    """The arguments of `freemark verify`."""
    found = _Parser(prog="freemark verify", description=DESCRIPTION)
    found.add_argument("code", metavar="CODE", help="digits of a label, its whole address, or the typed code")
    found.add_argument("--bundle", metavar="FILE", required=True, help="a bundle.json")
    found.add_argument(
        "--root",
        metavar="KEY|FILE",
        required=True,
        action="append",
        help="a pinned root key, once per key; or a file with one key per line",
    )
    found.add_argument("--at", metavar="T", help="judge as of this instant, like 2026-11-21T12:00:00Z (default: now)")
    found.add_argument(
        "--membership",
        choices=("in", "out", "unknown"),
        default="unknown",
        help="whether the item lies inside its batch's count; only the scan server can tell (default: unknown)",
    )
    return found


def judgement(code: str, bundle: bytes, roots: Sequence[bytes], membership: Membership, now: datetime) -> bytes:
    """The bytes of the verdict. Malformed when the bundle is no bundle; a code that is none gets a verdict, too."""
    opened = parse_bundle(bundle, roots)
    if opened.keys is None:  # most likely the wrong root key: the verdict says less than a person wants to know
        for refused in opened.refused:
            print(f"freemark verify: {refused.where}: {refused.why}", file=sys.stderr)
    return judge(read_code(code), opened, membership, now).data


def read_code(text: str) -> Label | Typed | None:
    """What stands in the QR code or was typed; None for what is no label at all."""
    try:
        return parse(bare_code(text))
    except Malformed:
        return None


def bare_code(text: str) -> str:
    """The code without the address in front of it: `https://host/0459...` -> `0459...`."""
    text = text.strip()
    scheme, mark, rest = text.partition("://")
    if mark and scheme.lower() in ("http", "https"):
        return rest.partition("/")[2].rstrip("/").rpartition("/")[2]
    return text


def read_roots(given: Sequence[str]) -> tuple[bytes, ...]:
    """The root keys given: keys as they are, or files of one key per line. Invalid for none or too many."""
    keys: dict[bytes, None] = {}
    for each in given:
        lines = [each] if _is_key(each) else read_file(each, 10_000).decode("utf-8", "replace").splitlines()
        for line in lines:
            text = line.partition("#")[0].strip()
            if text:
                keys[parse_multikey(text, each[:80])] = None
    if not 1 <= len(keys) <= MAX_ROOTS:
        raise Invalid(f"one to {MAX_ROOTS} root keys are needed, not {len(keys)}", where="--root")
    return tuple(keys)


def _is_key(text: str) -> bool:
    return text.startswith("z6Mk") and not Path(text).exists()


def read_file(path: str, most: int) -> bytes:
    """Invalid when it cannot be read, or is larger than `most` bytes."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise Invalid(f"cannot be read: {error.strerror}", where=path[:200]) from error
    if len(data) > most:
        raise Invalid(f"has more than {most} bytes", where=path[:200])
    return data
