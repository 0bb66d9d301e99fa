"""Where files are kept: immutable ones by their hash, job files by name; and the one way to write a file whole.

`write_atomic` is what the shelf, the keyring and the demo clock write with: a reader sees the old bytes or the new
ones, after a power cut too. Nothing here is public: what anybody may fetch lies on the shelf.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from ground.canonical import sha256
from ground.errors import Invalid, NotFound

TEMPORARY = ".tmp-"  # start of the name of a file still being written; no reader may take it for a finished one
HASH = re.compile(r"[0-9a-f]{64}\Z")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}\Z")


def write_atomic(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Write temporary file, fsync, rename, fsync folder. The folder must exist."""
    handle, temporary = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fchmod(out.fileno(), mode)
            os.fsync(out.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in the folder durable: without it a power cut may bring the old name back."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path, *, mode: int = 0o700) -> None:
    """Create the folder and its missing parents, durably, each with `mode`."""
    if folder.is_dir():
        return
    make_folder(folder.parent, mode=mode)
    folder.mkdir(mode=mode, exist_ok=True)
    sync_folder(folder.parent)


class Files:
    """A private folder of files: `objects/` by SHA-256, `jobs/<name>/` for the files of a job."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, data: bytes) -> str:
        """Keep the bytes; answers their lower-case hex SHA-256. The same bytes twice are one file."""
        name = sha256(data).hex()
        path = self._object(name)
        if not path.exists():
            make_folder(path.parent)
            write_atomic(path, data)
        return name

    def read(self, name: str) -> bytes:
        """The bytes of that hash. NotFound if there are none, or if the disk no longer gives the same bytes."""
        if not HASH.match(name):
            raise NotFound("there is no such file")
        try:
            data = self._object(name).read_bytes()
        except FileNotFoundError:
            raise NotFound("there is no such file") from None
        if sha256(data).hex() != name:
            raise NotFound("the file is damaged")
        return data

    def folder(self, name: str) -> Path:
        """The folder of a job's files; made when it is not there. Its files may be written with `write_atomic`."""
        if not NAME.match(name):
            raise Invalid(f"{name[:40]!r} is not the name of a job folder")
        path = self.root / "jobs" / name
        make_folder(path)
        return path

    def _object(self, name: str) -> Path:
        return self.root / "objects" / name[:2] / name
