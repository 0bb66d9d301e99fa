"""Private keys in files of their own, on the machine of the person who has them: made once, read to sign.

A file holds 64 hexadecimal digits, for its owner's eyes only (0600), and is never written over. On the base install.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ground.signing import SeedSigner


def new_seed(path: Path) -> SeedSigner:
    """A new key in a new file. Conflict when there is a file already, Unavailable when it cannot be written."""
    from ground.errors import Conflict, Unavailable
    from ground.ids import random_bytes
    from ground.signing import SeedSigner

    seed = random_bytes(32)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Conflict("is there already, and is not written over", where=str(path)) from None
    except OSError as error:
        raise Unavailable(f"cannot be written: {error.strerror}", where=str(path)) from error
    with os.fdopen(handle, "w") as out:
        os.fchmod(handle, 0o600)
        out.write(seed.hex() + "\n")
        out.flush()
        os.fsync(handle)
    return SeedSigner.from_seed(seed)


def read_seed(name: str, what: str, command: str) -> SeedSigner:
    """The key in a file ("-": standard input). Malformed when it is none: it says what was expected."""
    from ground.errors import Malformed
    from ground.signing import SeedSigner

    try:
        return SeedSigner.from_seed(bytes.fromhex(read_bytes(name, 100).decode("ascii").strip()))
    except (ValueError, Malformed):
        raise Malformed(f"is no {what}: 64 hexadecimal digits, as `{command}` writes", where=name) from None


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Whatever is refused inside says in which file it is, before the place in it."""
    from ground.errors import FreemarkError

    try:
        yield
    except FreemarkError as error:
        error.where = f"{name}: {error.where}" if error.where and not error.where.startswith(name) else name
        raise


def read_bytes(name: str, most: int) -> bytes:
    """At most so many bytes of a file, or of standard input for "-"."""
    from ground.errors import Unavailable

    if name == "-":
        return sys.stdin.buffer.read(most)
    try:
        with Path(name).open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise Unavailable(f"cannot be read: {error.strerror}", where=name) from error
