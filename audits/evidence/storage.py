"""The bytes of evidence on disk, always encrypted: parts of an upload by their offset, stored files by their hash.

Owns the two folders. A part is written whole or not at all, and how much of a file is here is read from the disk, so
a process that dies leaves an offset to go on from. Never asks who may.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from ground.canonical import sha256
from ground.errors import Conflict, NotFound
from ground.files import make_folder, write_atomic
from ground.world import World

LEAST_PART = 65_536  # bytes, except of the last: a file of 25 MiB is at most 400 files on its way
_PART = re.compile(r"(\d{12})-(\d{12})\Z")
_HASH = re.compile(r"[0-9a-f]{64}\Z")


def received(world: World, upload: str) -> int:
    """Bytes from the start that are here without a gap: the offset at which to go on."""
    return sum(length for _, length in _parts(_folder(world, upload)))


def put_part(world: World, upload: str, offset: int, body: bytes, size: int) -> int:
    """Keep one part; answers the next offset. The same part again changes nothing.

    Conflict: other bytes are here at that offset, or it is not where the file goes on, or the part is too small.
    """
    folder = _folder(world, upload)
    make_folder(folder)
    with _alone(folder):
        parts = _parts(folder)
        here = sum(length for _, length in parts)
        known = dict(parts)
        if offset in known:
            if _open_part(world, folder, upload, offset, known[offset]) != body:
                raise Conflict(f"other bytes are here at {offset}; the file goes on at {here} of {size}")
            return here
        if offset != here:
            raise Conflict(f"the file goes on at {here} of {size}, not at {offset}")
        if offset + len(body) > size:
            raise Conflict(f"{len(body)} bytes at {offset} are more than the {size} that were announced")
        least = min(LEAST_PART, world.settings.body_limit)
        if len(body) < least and offset + len(body) != size:
            raise Conflict(f"a part has at least {least} bytes, except the last; this one has {len(body)}")
        write_atomic(folder / f"{offset:012d}-{len(body):012d}", world.keyring.seal(body, _context(upload, offset)))
        return here + len(body)


def whole(world: World, upload: str) -> bytes:
    """All parts, one behind the other."""
    folder = _folder(world, upload)
    return b"".join(_open_part(world, folder, upload, offset, length) for offset, length in _parts(folder))


def drop(world: World, upload: str) -> None:
    """Remove the parts of an upload, if there are any."""
    shutil.rmtree(_folder(world, upload), ignore_errors=True)


def uploads(world: World) -> list[str]:
    """Ids of the uploads that have a folder, whether or not there is a row."""
    return sorted(path.name for path in world.files.folder("uploads").iterdir() if path.is_dir())


def drop_others(world: World, known: Collection[str]) -> int:
    """Remove the parts of every upload that is not known; how many there were."""
    gone = [upload for upload in uploads(world) if upload not in known]
    for upload in gone:
        drop(world, upload)
    return len(gone)


def store(world: World, data: bytes) -> str:
    """Keep a file, encrypted; its address is the SHA-256 of `data`. The same file twice is one file."""
    name = sha256(data).hex()
    path = _stored(world, name)
    if not path.exists():
        make_folder(path.parent)
        write_atomic(path, world.keyring.seal(data, f"evidence {name}"))
    return name


def load(world: World, name: str) -> bytes:
    """The file at that address. NotFound: there is none; Malformed: it was changed, or is another file."""
    try:
        sealed = _stored(world, name).read_bytes()
    except FileNotFoundError:
        raise NotFound("there is no such file") from None
    data = world.keyring.open(sealed, f"evidence {name}")
    if sha256(data).hex() != name:
        raise NotFound("the file is damaged")
    return data


def _stored(world: World, name: str) -> Path:
    if not _HASH.match(name):
        raise NotFound("there is no such file")
    return world.files.folder("evidence") / name[:2] / name


def _folder(world: World, upload: str) -> Path:
    return world.files.folder("uploads") / upload


def _parts(folder: Path) -> list[tuple[int, int]]:
    """(offset, length) of the parts, in order, up to the first gap."""
    found: list[tuple[int, int]] = []
    if not folder.is_dir():
        return found
    here = 0
    for match in sorted(filter(None, map(_PART.match, os.listdir(folder))), key=lambda match: match[0]):
        offset, length = int(match[1]), int(match[2])
        if offset != here:
            break
        found.append((offset, length))
        here += length
    return found


def _open_part(world: World, folder: Path, upload: str, offset: int, length: int) -> bytes:
    return world.keyring.open((folder / f"{offset:012d}-{length:012d}").read_bytes(), _context(upload, offset))


def _context(upload: str, offset: int) -> str:
    return f"upload {upload} {offset}"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One part of an upload at a time, over all processes: two bodies for one offset must not both be taken."""
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
