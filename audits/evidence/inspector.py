"""The program that looks at one file, in a process of its own: bytes on stdin, what it found on stdout.

It gives itself little time and memory before it reads the first byte, writes no file, and knows no secret: it is
started with an empty environment. Refusing is cheap: whatever is refused by its structure costs at most 2 s of
computing and 256 MiB. Only what has passed gets more: a sheet to be read to its end, a picture to be encoded anew.
"""

from __future__ import annotations

import json
import resource
import sys

from audits.evidence import encoding, kinds, pdfs, pictures, workbooks
from ground.errors import Invalid

LOOK_SECONDS = 2  # of computing, for what may be refused; the figure
LOOK_BYTES = 256 * 2**20  # of address space: more than the memory in use; the figure
READ_SECONDS = 20  # for a workbook of many sheets, or 40 megapixels that were compressed hard
ENCODE_BYTES = 704 * 2**20  # 40 megapixels, upright and not yet upright, and the layers of a progressive JPEG
FILES = 64  # the program's own modules while they load; nothing else is opened

DONE, FAILED = 0, 3


def main() -> int:
    """0: a line of JSON, and behind it what is to be stored, if that is not the file itself. 3: no words for it."""
    limit(LOOK_SECONDS, LOOK_BYTES)
    try:
        found, stored = inspect(sys.stdin.buffer.read(kinds.MOST_BYTES + 1))
    except Invalid as refusal:
        found, stored = {"refused": refusal.detail}, b""
    except MemoryError:
        found, stored = {"refused": "it needs more memory to be looked at than any plain file does"}, b""
    except Exception:  # noqa: BLE001 - whatever a stranger's file breaks here is broken in the file
        return FAILED
    used = resource.getrusage(resource.RUSAGE_SELF)
    found |= {"cpu_ms": int((used.ru_utime + used.ru_stime) * 1000), "peak_kib": peak() or used.ru_maxrss}
    sys.stdout.buffer.write(json.dumps(found).encode() + b"\n" + stored)
    sys.stdout.buffer.flush()
    return DONE


def limit(seconds: int, memory: int) -> None:
    """From now on: that many seconds of computing in all, and that much address space; no files, no crash dumps."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, READ_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory, ENCODE_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))


def peak() -> int:
    """Most memory in use so far, in KiB; 0 where the system does not tell. ru_maxrss counts the parent's, too."""
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:
            return next((int(line.split()[1]) for line in status if line.startswith("VmHWM:")), 0)
    except OSError:
        return 0


def inspect(data: bytes) -> tuple[dict[str, object], bytes]:
    """What it is, and what is to be stored instead of it (b"": itself). Invalid with the reason to refuse it."""
    if len(data) > kinds.MOST_BYTES:
        raise Invalid(f"it has more than {kinds.MOST_BYTES} bytes")
    kind = kinds.sniff(data)
    if kind == "pdf":
        pdfs.check(data)
        return {"kind": kind}, b""
    if kind == "xlsx":
        parts = workbooks.structure(data)
        limit(READ_SECONDS, LOOK_BYTES)
        workbooks.contents(data, parts)
        return {"kind": kind}, b""
    picture = pictures.png(data) if kind == "png" else pictures.jpeg(data)
    del data
    limit(READ_SECONDS, ENCODE_BYTES)
    notes = encoding.read_notes(picture.exif)
    stored, width, height = encoding.encode(kind, picture, notes)
    size: dict[str, object] = {"kind": kind, "width": width, "height": height}
    return {**size, "taken_at": notes.taken_at, "taken_zone": notes.taken_zone}, stored


if __name__ == "__main__":
    sys.exit(main())
