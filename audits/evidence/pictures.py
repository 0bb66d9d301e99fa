"""PNG and JPEG, taken apart before any library decodes them: sizes, segments, ends, and what may come along.

Pure: bytes in; out come the picture alone (no text, no profile, no position), and apart from it the camera's own notes.
Refused are pictures over 40 megapixels, more picture data than the size says, several pictures in one, and anything
behind the end, except the second pictures and the notes that phones append; those are dropped like all metadata.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from audits.evidence.kinds import Inflater
from ground.errors import Invalid

MOST_PIXELS = 40_000_000  # docs/evidence.md; a phone's picture has 12 to 24 million
MOST_SIDE = 20_000
MOST_CHUNKS = 20_000  # of a PNG; 8 KiB each in the largest files of common programs
MOST_SEGMENTS = 2_000
MOST_SCANS = 30  # of a progressive JPEG; common encoders make about ten
MOST_PICTURES = 8  # a phone's JPEG may carry depth and brightness maps as further JPEGs
MOST_NOTES = 65_536  # bytes of EXIF: what a JPEG segment can hold

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_PNG_START = b"\x89PNG\r\n\x1a\n"
_EXIF = b"Exif\0\0"
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
_FILL = re.compile(rb"\xff+")
_FRAMES = frozenset((0xC0, 0xC1, 0xC2))
_OTHER_FRAMES = frozenset((0xC3, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF))
_TABLES = frozenset((0xC4, 0xDB, 0xDD))


@dataclass(frozen=True)
class Picture:
    """plain: a file of the same kind with nothing but the picture in it. exif: the camera's notes, "" if none."""

    width: int
    height: int
    plain: bytes
    exif: bytes


def check_size(width: int, height: int) -> None:
    """Invalid when the picture is too large to be opened safely, or has no size."""
    if not width or not height:
        raise Invalid(f"a picture of {width} x {height} pixels")
    if width * height > MOST_PIXELS or max(width, height) > MOST_SIDE:
        raise Invalid(
            f"{width} x {height} pixels are {width * height // 1_000_000} million; at most {MOST_PIXELS // 1_000_000} "
            f"million and {MOST_SIDE} on a side are taken; make the picture smaller"
        )


# PNG.


def png(data: bytes) -> Picture:
    """The picture of a PNG. Inflates the picture data once, in steps, only to count them."""
    plain, exif = [_PNG_START], b""
    expected, inflater = 0, Inflater()
    size = (0, 0)
    state = "start"  # start -> head -> data -> after -> end
    for kind, payload, whole in _chunks(data):
        if state == "start":
            size, expected = _png_head(kind, payload)
            state = "head"
        elif kind == b"IDAT":
            if state == "after":
                raise Invalid("the picture data of this PNG stand in two places")
            state = "data"
            _count(inflater, payload, expected)
        elif kind in (b"acTL", b"fcTL", b"fdAT"):
            raise Invalid("this PNG is animated; send one picture")
        elif kind[0] & 0x20 == 0 and kind not in (b"PLTE", b"IEND"):
            raise Invalid(f"this PNG has a part {kind.decode('latin-1')!r} that is not in the standard")
        elif state == "data":
            state = "after"
        if kind == b"eXIf" and not exif and len(payload) <= MOST_NOTES:
            exif = bytes(payload)
        if kind in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"):
            plain.append(bytes(whole))
    if not inflater.ended or inflater.size != expected or inflater.left:
        raise Invalid(f"the picture data of this PNG are {inflater.size} bytes and should be {expected}")
    return Picture(*size, b"".join(plain), exif)


def _count(inflater: Inflater, payload: memoryview, expected: int) -> None:
    for _ in inflater.feed(payload):
        if inflater.size > expected:
            raise Invalid(f"this PNG holds more picture data than the {expected} bytes that its size makes")


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview, memoryview]]:
    """(type, payload, whole chunk), up to IEND, which must be the end of the file."""
    view, at = memoryview(data), len(_PNG_START)
    for _ in range(MOST_CHUNKS):
        length, kind = int.from_bytes(view[at : at + 4], "big"), bytes(view[at + 4 : at + 8])
        if not kind.isalpha() or at + 12 + length > len(data):
            raise Invalid("this PNG is cut off or damaged")
        whole = view[at : at + 12 + length]
        if zlib.crc32(whole[4:-4]) != int.from_bytes(whole[-4:], "big"):
            raise Invalid(f"the part {kind.decode()!r} of this PNG is damaged: its checksum does not hold")
        yield kind, whole[8:-4], whole
        at += len(whole)
        if kind == b"IEND":
            if at != len(data) or length:
                raise Invalid(f"{len(data) - at + length} bytes stand behind the end of this PNG; save it again")
            return
    raise Invalid(f"this PNG has more than {MOST_CHUNKS} parts")


def _png_head(kind: bytes, payload: memoryview) -> tuple[tuple[int, int], int]:
    """The size in pixels, and how many bytes the picture data must inflate to."""
    if kind != b"IHDR" or len(payload) != 13:
        raise Invalid("this PNG does not begin with its size")
    width, height, depth, colour, method, filtering, interlace = struct.unpack(">IIBBBBB", payload)
    check_size(width, height)
    if depth not in _DEPTHS.get(colour, ()) or method or filtering or interlace > 1:
        raise Invalid("this PNG has a form that is not in the standard")
    bits = _CHANNELS[colour] * depth
    if not interlace:
        return (width, height), height * (1 + (width * bits + 7) // 8)
    total = 0
    for left, top, across, down in _ADAM7:
        columns, rows = (width - left + across - 1) // across, (height - top + down - 1) // down
        if columns > 0 and rows > 0:
            total += rows * (1 + (columns * bits + 7) // 8)
    return (width, height), total


# JPEG.


def jpeg(data: bytes) -> Picture:
    """The first picture of a JPEG. What phones append is looked at and dropped; anything else behind it is refused."""
    first, end = _walk(data, 0)
    for _ in range(MOST_PICTURES):
        if not data.startswith(b"\xff\xd8\xff", end):
            break
        _, end = _walk(data, end)
    rest = data[end:]
    if rest.strip(b"\0") and not _of_a_phone(rest):
        raise Invalid(
            f"{len(rest)} bytes stand behind the end of this JPEG: another file may hide there; save it again"
        )
    return first


def _of_a_phone(rest: bytes) -> bool:
    """The notes that one maker's phones append to every picture: a directory with its length and mark at the end."""
    if not rest.endswith(b"SEFT") or len(rest) < 20:
        return False
    start = len(rest) - 8 - int.from_bytes(rest[-8:-4], "little")
    return start >= 0 and rest.startswith(b"SEFH", start)


def _walk(data: bytes, start: int) -> tuple[Picture, int]:
    """One picture from SOI to EOI, and where it ends."""
    plain, exif = [b"\xff\xd8"], b""
    size: tuple[int, int] | None = None
    at, scans = start + 2, 0
    for _ in range(MOST_SEGMENTS):
        at, marker = _marker(data, at)
        if marker == 0xD9:
            if size is None or not scans:
                raise Invalid("this JPEG has no picture in it")
            plain.append(b"\xff\xd9")
            return Picture(*size, b"".join(plain), exif), at
        length = int.from_bytes(data[at : at + 2], "big")
        body = data[at + 2 : at + length]
        if length < 2 or at + length > len(data):
            raise Invalid("a part of this JPEG is longer than the file: it is cut off")
        if marker in _OTHER_FRAMES:
            raise Invalid("this JPEG is of a rare form (lossless, arithmetic or hierarchical); save it as a plain one")
        if marker in _FRAMES:
            if size is not None:
                raise Invalid("this JPEG says its size twice")
            size = _frame(body)
        if marker == 0xE1 and body.startswith(_EXIF) and not exif:
            exif = body[len(_EXIF) :]
        end = at + length
        if marker == 0xDA:
            scans += 1
            if size is None or scans > MOST_SCANS:
                raise Invalid(f"this JPEG has data before its size, or more than {MOST_SCANS} layers")
            end = _end_of_scan(data, end)
        if marker in _FRAMES or marker in _TABLES or marker == 0xDA or _needed(marker, body):
            plain.append(data[at - 2 : end])
        at = end
    raise Invalid(f"this JPEG has more than {MOST_SEGMENTS} parts")


def _marker(data: bytes, at: int) -> tuple[int, int]:
    """The marker at that place, behind any fill bytes, and the place behind it."""
    filled = _FILL.match(data, at)
    at = filled.end() if filled else len(data)
    marker = data[at] if at < len(data) else 0
    if marker in (0x00, 0x01, 0xD8) or 0xD0 <= marker <= 0xD7:
        raise Invalid("this JPEG is cut off or damaged")
    return at + 1, marker


def _frame(body: bytes) -> tuple[int, int]:
    if len(body) < 6:
        raise Invalid("this JPEG is damaged")
    depth, height, width, components = struct.unpack(">BHHB", body[:6])
    if depth != 8 or components not in (1, 3, 4) or len(body) != 6 + 3 * components:
        raise Invalid("this JPEG is of a rare form; save it as a plain one")
    check_size(width, height)
    return width, height


def _end_of_scan(data: bytes, at: int) -> int:
    found = _NEXT_MARKER.search(data, at)
    if found is None:
        raise Invalid("this JPEG is cut off: its end is missing")
    return found.start()


def _needed(marker: int, body: bytes) -> bool:
    """How the colours are coded stands in JFIF's and Adobe's segments. So short, they have no room for more."""
    jfif = marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) == 14
    return jfif or (marker == 0xEE and body.startswith(b"Adobe") and len(body) == 12)
