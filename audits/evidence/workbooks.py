"""An XLSX taken apart without opening it: a plain archive of known parts, with nothing in it that acts.

Pure: bytes in, nothing or a refusal out. First the archive's own directory, which costs nothing to read: `structure`.
Then every part, inflated in steps and never beyond the size it declares: `contents`. A part that is not known has no
place here, so that macros, controls, links and files inside need no list of their own to be refused.
"""

from __future__ import annotations

import re
import stat
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from audits.evidence.formulas import check_formulas, check_relationships, check_types, check_xml
from audits.evidence.kinds import Inflater
from ground.errors import Invalid

MOST_PARTS = 2_000
MOST_PART = 96 * 2**20  # inflated bytes; a sheet with two million figures has that
MOST_INFLATED = 128 * 2**20  # of all parts; a workbook of 25 MiB inflates to some five times that size
MOST_RATIO = 200  # inflated to compressed, of parts over a MiB; sheets reach 10 to 50, bombs 1,000
MOST_SETTINGS = 2**20  # of a printer's settings, the only binary part that Excel writes into every workbook

_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_DESCRIPTORS = (0, 12, 16, 20, 24)  # bytes that may follow a part whose sizes were not known when it was written
_FOLDERS = (
    "worksheets|chartsheets|comments|theme|drawings|charts|tables|threadedcomments|persons|pivottables|pivotcache|ctrlprops"
    "|slicers|slicercaches|timelines|timelinecaches|richdata|featurepropertybag|diagrams|media"
)
_KNOWN = re.compile(
    r"\[content_types\]\.xml|_rels/\.rels|docprops/(?:core|app|custom)\.xml|docprops/thumbnail\.(?:jpe?g|png|emf|wmf)"
    r"|customxml/(?:_rels/)?[a-z0-9]+\.xml(?:\.rels)?"
    r"|xl/(?:workbook|styles|sharedstrings|calcchain|metadata|comments[0-9]*|usernames)\.xml|xl/_rels/workbook\.xml\.rels"
    rf"|xl/(?:{_FOLDERS})/(?:_rels/)?[a-z0-9_.-]+\.(?:xml|rels|vml)"
    r"|xl/media/[a-z0-9_-]+\.(?:png|jpe?g|gif|bmp|emf|wmf)"
    r"|xl/printersettings/[a-z0-9_-]+\.bin|xl/metadata"  # the last: a web office's own marks
)
_NAMED = (
    ("xl/externallinks", "links to other files or programs; break the links and save it again"),
    ("xl/connections", "a connection to data elsewhere; remove it and save it again"),
    ("xl/querytables", "a connection to data elsewhere; remove it and save it again"),
    ("xl/embeddings", "files inside; send them one by one"),
    ("xl/activex", "controls that run programs; remove them and save it again"),
)
_MAGIC = {
    "png": (b"\x89PNG",), "jpg": (b"\xff\xd8\xff",), "jpeg": (b"\xff\xd8\xff",), "gif": (b"GIF8",), "bmp": (b"BM",),
    "emf": (b"\x01\0\0\0",), "wmf": (b"\xd7\xcd\xc6\x9a", b"\x01\0\x09\0", b"\x02\0\x09\0"),
}  # fmt: skip
_ARCHIVES = (_LOCAL, b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"\xd0\xcf\x11\xe0", b"MZ", b"%PDF", b"BZh", b"\xfd7zXZ")


@dataclass(frozen=True)
class Part:
    """One file of the archive, as its directory describes it. at: where its compressed bytes begin."""

    name: str
    method: int
    crc: int
    packed: int
    size: int
    at: int

    @property
    def key(self) -> str:
        """Names are the same whatever their case."""
        return self.name.lower()


def structure(data: bytes) -> list[Part]:
    """The parts of the workbook. Nothing is inflated. Invalid: a bomb, a hidden second archive, a part that acts."""
    count, start, length = _end_record(data)
    if count > MOST_PARTS:
        raise Invalid(f"this workbook has {count} parts; at most {MOST_PARTS} are taken")
    entries = _directory(data, count, start, length)
    _check_places(data, entries, start)
    parts = [part for part, _, _ in entries if part.size or not part.name.endswith("/")]
    if "[content_types].xml" not in {part.key for part in parts}:
        raise Invalid("this is a ZIP archive and no workbook; send the files in it one by one")
    for part in parts:
        _check_part(part)
    total = sum(part.size for part in parts)
    if total > MOST_INFLATED:
        raise Invalid(f"this workbook inflates to {total} bytes; at most {MOST_INFLATED} are taken")
    return parts


def contents(data: bytes, parts: Sequence[Part]) -> None:
    """Inflate every part and look into it. Invalid when one lies about its size, or acts, or hides something."""
    for part in parts:
        body = _inflate(data, part)
        ending = part.key.rsplit(".", 1)[-1]
        if ending in ("xml", "rels", "vml"):
            check_xml(part.name, body)
            if part.key == "[content_types].xml":
                check_types(body)
            elif ending == "rels":
                check_relationships(part.name, body)
            elif part.key.startswith("xl/"):
                check_formulas(part.name, body)
        elif ending not in _MAGIC:
            if body.startswith(_ARCHIVES):
                raise Invalid(f"{part.name!r} in this workbook is another file in disguise")
        elif not body.startswith(_MAGIC[ending]):
            raise Invalid(f"{part.name!r} in this workbook is no {ending.upper()} picture by its content")


def _end_record(data: bytes) -> tuple[int, int, int]:
    """(parts, start of the directory, its length). The record must be the end of the file."""
    at = len(data) - 22
    if at < 0 or not data.startswith(_END, at):
        raise Invalid("this archive is cut off, or something stands behind its end")
    disk, first, here, count, length, start, comment = struct.unpack_from("<HHHHIIH", data, at + 4)
    if disk or first or here != count or comment or start + length != at:
        raise Invalid("this archive is put together in a way that two programs may read differently; save it again")
    return count, start, length


def _directory(data: bytes, count: int, start: int, length: int) -> list[tuple[Part, int, int]]:
    """(part, where its local header is, its flags) of every entry."""
    found: list[tuple[Part, int, int]] = []
    seen: set[str] = set()
    at = start
    for _ in range(count):
        if at + 46 > start + length or not data.startswith(_CENTRAL, at):
            raise Invalid("the directory of this archive is damaged")
        (made, _, flags, method, _, crc, packed, size, named, extra, comment, _, _, mode, place) = struct.unpack_from(
            "<HHHHIIIIHHHHHII", data, at + 4
        )
        raw = data[at + 46 : at + 46 + named]
        name = _check_name(raw)
        if name.lower() in seen:
            raise Invalid(f"{name!r} stands twice in this archive")
        seen.add(name.lower())
        if flags & 0x2041:
            raise Invalid("this workbook has a password; save it without one")
        if method not in (0, 8):
            raise Invalid(f"{name!r} is compressed in a rare way; save the workbook again")
        if made >> 8 in (3, 19) and stat.S_IFMT(mode >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise Invalid(f"{name!r} in this archive is a link to another place, not a file")
        said = struct.pack("<HIII", method, crc, packed, size)
        found.append((Part(name, method, crc, packed, size, _body(data, place, raw, said)), place, flags))
        at += 46 + named + extra + comment
    if at != start + length:
        raise Invalid("the directory of this archive is damaged")
    return found


def _check_name(raw: bytes) -> str:
    """The name, if unpacking it could never leave a folder. Invalid otherwise."""
    name = raw.decode("utf-8", "replace")
    shown = name[:80]
    if name.startswith(("/", "\\")) or ":" in name:
        raise Invalid(f"{shown!r} in this archive is a place on somebody's disk")
    if ".." in name.split("/") or "\\" in name:
        raise Invalid(f"{shown!r} in this archive leads out of its folder")
    if not name or len(name) > 200 or not name.isascii() or not name.isprintable():
        raise Invalid(f"{shown!r} in this archive is no name of a part of a workbook")
    return name


def _body(data: bytes, place: int, raw: bytes, said: bytes) -> int:
    """Where the bytes of a part begin; its own header must say the same of it as the directory."""
    if place + 30 > len(data) or not data.startswith(_LOCAL, place):
        raise Invalid("a part of this archive is not where its directory says")
    flags, method, _, crc, packed, size, named, extra = struct.unpack_from("<HHIIIIHH", data, place + 6)
    later = flags & 8 != 0  # sizes not known yet when the header was written: only the directory has them
    if data[place + 30 : place + 30 + named] != raw or method != int.from_bytes(said[:2], "little"):
        raise Invalid("a part of this archive has two names; save the workbook again")
    if flags & 0x2041 or (not later and struct.pack("<III", crc, packed, size) != said[2:]):
        raise Invalid("a part of this archive has two sizes, or a password; save the workbook again")
    return place + 30 + int(named) + int(extra)


def _check_places(data: bytes, entries: Sequence[tuple[Part, int, int]], end: int) -> None:
    """One part after the other, from the first byte to the directory: no gap to hide in, no bytes used twice."""
    at = 0
    room: tuple[int, ...] = (0,)
    for part, place, flags in sorted(entries, key=lambda entry: entry[1]):
        if place - at not in room:
            raise Invalid("the parts of this archive overlap or leave gaps between them; save the workbook again")
        at, room = part.at + part.packed, _DESCRIPTORS if flags & 8 else (0,)
    if end - at not in room:
        raise Invalid("the parts of this archive overlap or leave gaps between them; save the workbook again")


def _check_part(part: Part) -> None:
    if "macro" in part.key or "vba" in part.key.rsplit("/", 1)[-1]:
        raise Invalid("this workbook has macros; save it as XLSX without them")
    for start, words in _NAMED:
        if part.key.startswith(start):
            raise Invalid(f"this workbook has {words}")
    if not _KNOWN.fullmatch(part.key):
        raise Invalid(f"{part.name!r} has no place in a workbook")
    most = MOST_SETTINGS if part.key.endswith((".bin", "/metadata")) else MOST_PART
    if part.size > most:
        raise Invalid(f"{part.name!r} inflates to {part.size} bytes; at most {most} are taken")
    if part.size > 2**20 and part.size > MOST_RATIO * max(part.packed, 1):
        raise Invalid(
            f"{part.name!r} inflates {part.packed} bytes to {part.size}, more than {MOST_RATIO} times: it is a bomb"
        )


def _inflate(data: bytes, part: Part) -> bytearray:
    packed = memoryview(data)[part.at : part.at + part.packed]
    body = bytearray()
    if part.method == 0:
        body += packed
    else:
        inflater = Inflater(-zlib.MAX_WBITS)
        for out in inflater.feed(packed):
            body += out
            if len(body) > part.size:
                break
        if inflater.left or not (inflater.ended or len(body) > part.size):
            raise Invalid(f"{part.name!r} in this workbook is damaged")
    if len(body) != part.size:
        raise Invalid(f"{part.name!r} says that it has {part.size} bytes and has others: a bomb, or damaged")
    if zlib.crc32(body) != part.crc:
        raise Invalid(f"{part.name!r} in this workbook is damaged: its checksum does not hold")
    return body
