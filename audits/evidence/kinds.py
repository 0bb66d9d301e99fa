"""What kinds of file there are, how each is recognised by its content, and what no kind may be besides itself.

Pure: bytes in, a kind or a refusal out. A name and a declared type count for nothing here. Every refusal is Invalid,
says what was found, and what the person can do about it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Literal

from ground.errors import Invalid

Kind = Literal["pdf", "png", "jpeg", "xlsx"]

MEDIA: dict[str, str] = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ENDING: dict[str, str] = {"pdf": "pdf", "png": "png", "jpeg": "jpg", "xlsx": "xlsx"}

MOST_BYTES = 25 * 2**20  # of a file; the figure
_HEAD = 1024  # within the first KiB readers look for "%PDF-", and browsers for HTML
_ZIP_TAIL = 66_000  # a ZIP is found by its end record, which stands at most 65,557 bytes before the end
_PAGES = (b"<html", b"<script", b"<!doctype", b"<?php", b"<body", b"<iframe", b"<svg")
_STEP = 2**20  # most bytes that one step inflates to
_SLICE = 2**16  # what is fed at once: the rest of a slice is copied with each step

_STARTS: tuple[tuple[bytes, Kind], ...] = (
    (b"%PDF-", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"PK\x03\x04", "xlsx"),
)
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"\xd0\xcf\x11\xe0", "an old or password-protected Office file; save it as XLSX without a password"),
    (b"GIF8", "a GIF; save it as PNG"),
    (b"II*\0", "a TIFF; save it as PDF or JPEG"),
    (b"MM\0*", "a TIFF; save it as PDF or JPEG"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"Rar!", "an archive; send the files one by one"),
    (b"7z\xbc\xaf", "an archive; send the files one by one"),
    (b"\x1f\x8b", "an archive; send the files one by one"),
    (b"<", "a web page or XML"),
)


def sniff(data: bytes) -> Kind:
    """The kind of file that these bytes are. Invalid when they are none of ours, or two things at once."""
    kind = next((kind for start, kind in _STARTS if data.startswith(start)), None)
    head = data[:_HEAD].lower()
    if kind is None:
        if b"%pdf-" in head:
            raise Invalid(f"something stands before the PDF: %PDF- is at byte {head.index(b'%pdf-')}, not at 0")
        raise Invalid(f"only PDF, PNG, JPEG and XLSX are taken; by its content this is {_other(data)}")
    if kind != "pdf" and b"%pdf-" in head:
        raise Invalid(f"this {kind} is a PDF at the same time; a file must be one thing")
    for page in _PAGES:
        if page in head:
            raise Invalid(f"this {kind} has {page.decode()} in its head, which a browser may run; save it again, plain")
    if kind != "xlsx" and _is_zip(data):
        raise Invalid(f"this {kind} is a ZIP archive at the same time; a file must be one thing")
    return kind


def _other(data: bytes) -> str:
    if data[4:8] == b"ftyp":
        return "a phone's HEIC picture or a film; save the picture as JPEG"
    return next((words for start, words in _OTHERS if data.startswith(start)), "something else")


def _is_zip(data: bytes) -> bool:
    """Would an unpacker find an archive? Both records, so that chance bytes in a photograph are not taken for one."""
    return b"PK\x05\x06" in data[-_ZIP_TAIL:] and b"PK\x01\x02" in data


class Inflater:
    """zlib in steps of at most a MiB, so that a bomb costs its reader no memory. Invalid when the data are broken."""

    def __init__(self, wbits: int = zlib.MAX_WBITS) -> None:
        self._inflate = zlib.decompressobj(wbits)
        self.size = 0
        """Bytes that came out."""
        self.left = 0
        """Bytes that stood behind the end of the stream."""

    @property
    def ended(self) -> bool:
        return self._inflate.eof

    def feed(self, data: bytes | memoryview) -> Iterator[bytes]:
        view = memoryview(data)
        for start in range(0, len(view), _SLICE):
            piece = view[start : start + _SLICE]
            if self.ended:
                self.left += len(piece)
                continue
            yield from self._steps(bytes(piece))

    def _steps(self, piece: bytes) -> Iterator[bytes]:
        while True:
            try:
                out = self._inflate.decompress(piece, _STEP)
            except zlib.error as error:
                raise Invalid("the compressed data inside are broken") from error
            if out:
                self.size += len(out)
                yield out
            if self.ended:
                self.left += len(self._inflate.unused_data)
                return
            piece = self._inflate.unconsumed_tail
            if not piece and len(out) < _STEP:
                return
