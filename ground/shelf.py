"""The shelf: the folder of signed artefacts that anybody may fetch, and a private part beside it.

Owns atomic replacement, the one-publisher lock and the revision by which a reader sees that it read one consistent set.
Knows no format: it keeps bytes under paths. `public/` may be served by any web server or copied to a CDN; `private/`
(batch keys sealed to the scan server) never is.
"""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ground.errors import Invalid
from ground.files import TEMPORARY, make_folder, write_atomic

Names = list[str]


class Shelf:
    """Paths are relative, with "/", e.g. "certificates/ABC.json"; ".." and hidden temporary names are refused."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.public = root / "public"
        self.private = root / "private"
        self._held = threading.local()

    def write(self, path: str, data: bytes) -> bool:
        """Put the bytes there, whole or not at all. False when the same bytes were there already."""
        return _write(self.public, path, data, file_mode=0o644, folder_mode=0o755)

    def read(self, path: str) -> bytes | None:
        return _read(self.public, path)

    def stat(self, path: str) -> tuple[int, int] | None:
        """(mtime_ns, size) of a public file, None when absent: two calls differ when the file was replaced."""
        try:
            found = _place(self.public, path).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return found.st_mtime_ns, found.st_size

    def list(self, folder: str) -> Names:
        """Sorted names of the files directly in a public folder; folders are not named. [] when there is none."""
        return _list(self.public, folder)

    def write_private(self, path: str, data: bytes) -> bool:
        return _write(self.private, path, data, file_mode=0o600, folder_mode=0o700)

    def read_private(self, path: str) -> bytes | None:
        return _read(self.private, path)

    def list_private(self, folder: str) -> Names:
        return _list(self.private, folder)

    @contextmanager
    def publishing(self) -> Iterator[None]:
        """Hold the shelf for writing a set that belongs together: one publisher at a time, in all processes.

        The revision is odd while it is held, and stays odd when the publisher breaks off. May be nested.
        """
        depth: int = getattr(self._held, "depth", 0)
        if depth:
            self._held.depth = depth + 1
            try:
                yield
            finally:
                self._held.depth -= 1
            return
        make_folder(self.root, mode=0o755)
        with (self.root / "publishing.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # let go by the system when the file closes, or when the process dies
            self._held.depth = 1
            try:
                started = (self.revision() + 1) | 1
                self._note(started)
                yield
                self._note(started + 1)
            finally:
                self._held.depth = 0

    def revision(self) -> int:
        """Even: a finished set. Odd: being written, or left half-written. 0 when nothing was ever published."""
        try:
            return int((self.root / "revision").read_bytes())
        except FileNotFoundError:
            return 0

    def _note(self, revision: int) -> None:
        write_atomic(self.root / "revision", b"%d\n" % revision, mode=0o644)


def _place(root: Path, path: str) -> Path:
    parts = path.split("/")
    if any(part in ("", ".", "..") or part.startswith(TEMPORARY) for part in parts) or "\\" in path or "\0" in path:
        raise Invalid(f"{path[:80]!r} is not a path on the shelf")
    return root.joinpath(*parts)


def _write(root: Path, path: str, data: bytes, *, file_mode: int, folder_mode: int) -> bool:
    place = _place(root, path)
    if _read(root, path) == data:
        return False
    make_folder(place.parent, mode=folder_mode)
    write_atomic(place, data, mode=file_mode)
    return True


def _read(root: Path, path: str) -> bytes | None:
    try:
        return _place(root, path).read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def _list(root: Path, folder: str) -> list[str]:
    place = _place(root, folder)
    if not place.is_dir():
        return []
    return sorted(entry.name for entry in place.iterdir() if entry.is_file() and not entry.name.startswith(TEMPORARY))
