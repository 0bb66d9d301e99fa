"""A PDF looked at without opening it: begins and ends as one, and holds nothing that acts.

Pure: bytes in, nothing or a refusal out. Looks for the names of actions and attachments in the whole file and in its
compressed object streams, however their letters are written. It draws nothing and follows no reference: a PDF that
acts must name the act somewhere, and a name found anywhere is enough to refuse it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from audits.evidence.kinds import Inflater
from ground.errors import Invalid

MOST_INFLATED = 48 * 2**20  # of all object streams; those of a 25 MiB file inflate to a few MiB
MOST_STREAMS = 50_000
_TAIL = 2048  # where readers look for the end

_ACTS: dict[str, str] = {
    "JavaScript": "a program (JavaScript)",
    "Launch": "an action that starts a program",
    "EmbeddedFile": "a file inside",
    "EmbeddedFiles": "files inside",
    "FileAttachment": "a file inside",
    "RichMedia": "a film or a 3D model",
    "Rendition": "a film or sound that may run a program",
    "Movie": "a film",
    "SubmitForm": "a form that sends its content away",
    "ImportData": "a form that reads files",
    "GoToE": "a jump into a file inside",
    "GoToR": "a jump into another file",
    "XFA": "a form that may run a program (XFA)",
    "Encrypt": "a password or encryption, so that nobody can see what is in it",
}
_END = rb"(?=[\x00-\x20()<>\[\]{}/%]|$)"


def _spelled(word: str) -> bytes:
    """Each letter of a PDF name may be written as it is, or as # and two hexadecimal digits."""
    letters = []
    for letter in word:
        digits = "".join(f"[{d.upper()}{d.lower()}]" if d.isalpha() else d for d in f"{ord(letter):02x}")
        letters.append(f"(?:{letter}|#{digits})".encode())
    return b"".join(letters)


_ACTIVE = re.compile(b"/(?:" + b"|".join(b"(%s)" % _spelled(word) for word in _ACTS) + b")" + _END)
_OBJECT_STREAM = re.compile(b"/" + _spelled("ObjStm") + _END)
_FIRST = re.compile(b"/" + _spelled("First") + _END)
_STREAM = re.compile(rb"(?<!end)stream[ \t]*\r?\n?")
_ODD_FILTER = re.compile(
    b"/(?:" + b"|".join(map(_spelled, ("ASCIIHexDecode", "ASCII85Decode", "LZWDecode", "RunLengthDecode", "Crypt")))
    + b"|" + _spelled("Predictor") + b")" + _END
)  # fmt: skip
_FILTER = re.compile(b"/" + _spelled("Filter") + _END)
_FLATE = re.compile(b"/" + _spelled("FlateDecode") + _END)


def check(data: bytes) -> None:
    """Invalid when it is cut off, when anything stands behind its end, or when it can act. Stands at %PDF- already."""
    if not re.match(rb"%PDF-[12]\.\d", data):
        raise Invalid("this PDF does not say its version")
    last = data.rfind(b"%%EOF")
    if last < 0 or b"startxref" not in data[max(0, last - _TAIL) : last]:
        raise Invalid("this PDF is cut off: its end is missing")
    behind = data[last + len(b"%%EOF") :].strip(b"\0 \t\r\n\f")
    if behind:
        raise Invalid(f"{len(behind)} bytes stand behind the end of this PDF: another file may hide there")
    _refuse_acts(data)
    _look_into_streams(data)


def _refuse_acts(data: bytes) -> None:
    found = _ACTIVE.search(data)
    if found is not None:
        word = list(_ACTS)[(found.lastindex or 1) - 1]
        raise Invalid(f"this PDF has {_ACTS[word]}; print it to a new PDF and send that")


def _look_into_streams(data: bytes) -> None:
    """Object streams hold names in compressed form. What stands between one stream's start and the next is taken for
    the next one's dictionary: more than it is, never less."""
    before, inflated = 0, 0
    for number, start in enumerate(_STREAM.finditer(data)):
        if number == MOST_STREAMS:
            raise Invalid(f"this PDF has more than {MOST_STREAMS} streams; print it to a new PDF and send that")
        sure = _OBJECT_STREAM.search(data, before, start.start()) is not None
        if sure or _FIRST.search(data, before, start.start()) is not None:
            compressed = _FLATE.search(data, before, start.start()) is not None
            odd = _ODD_FILTER.search(data, before, start.start()) is not None
            filtered = _FILTER.search(data, before, start.start()) is not None
            if sure and (odd or (filtered and not compressed)):
                raise Invalid("this PDF hides objects in a rare form; print it to a new PDF and send that")
            if compressed:
                inflated += _look_into(data, start.end(), MOST_INFLATED - inflated, sure=sure)
        before = start.end()


def _look_into(data: bytes, at: int, room: int, *, sure: bool) -> int:
    """Search one object stream; how many bytes it inflated to."""
    inflater, found = Inflater(), bytearray()
    try:
        for out in _until_end(inflater, memoryview(data)[at:]):
            found += out
            if len(found) > room:
                raise _Bomb
    except _Bomb:
        raise Invalid(f"this PDF inflates to more than {MOST_INFLATED} bytes of objects") from None
    except Invalid:
        if sure:
            raise Invalid("this PDF has objects that cannot be read; print it to a new PDF and send that") from None
    _refuse_acts(bytes(found))
    return len(found)


class _Bomb(Exception):
    pass


def _until_end(inflater: Inflater, view: memoryview) -> Iterator[bytes]:
    step = 2**16
    for start in range(0, len(view), step):
        yield from inflater.feed(view[start : start + step])
        if inflater.ended:
            return
