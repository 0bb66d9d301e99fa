"""A PDF looked at without opening it: begins and ends as one, and holds nothing that acts.

Pure: bytes in, nothing or a refusal out. Looks for the names of actions and attachments in the whole file and in its
compressed object streams, however their letters are written and however often they are compressed. It draws nothing:
a PDF that acts must name the act somewhere, and a name found anywhere is enough to refuse it. Links are no acts; what
happens when the file or a page is opened is (`pdf_opening`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from audits.evidence import pdf_opening
from audits.evidence.kinds import Inflater
from audits.evidence.pdf_opening import END, SPACE, Layer, spelled
from ground.errors import Invalid

MOST_INFLATED = 48 * 2**20  # of all object streams; those of a 25 MiB file inflate to a few MiB
MOST_STREAMS = 50_000
MOST_LAYERS = 4  # of compression in one stream; one is usual
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
_ACTIVE = re.compile(b"/(?:" + b"|".join(b"(%s)" % spelled(word) for word in _ACTS) + b")" + END)
_OBJECT_STREAM = re.compile(b"/" + spelled("ObjStm") + END)
_FIRST = re.compile(b"/" + spelled("First") + END)
_STREAM = re.compile(rb"(?<!end)stream[ \t]*\r?\n?")
_COUNT = re.compile(b"/" + spelled("N") + SPACE + rb"\d")
_ODD = ("ASCIIHexDecode", "AHx", "ASCII85Decode", "A85", "LZWDecode", "LZW", "RunLengthDecode", "Crypt", "Predictor")
_ODD_FILTER = re.compile(
    b"/(?:" + b"|".join(map(spelled, _ODD)) + b")" + END
    + b"|/" + spelled("Filter") + SPACE + rb"\d"  # behind a reference: whatever it is
)  # fmt: skip
_FILTER = re.compile(b"/" + spelled("Filter") + END)
_FLATE = re.compile(b"/" + spelled("FlateDecode") + END)
_TYPE_ELSEWHERE = re.compile(b"/" + spelled("Type") + SPACE + rb"\d{1,10}" + SPACE + rb"\d{1,5}" + SPACE + b"R" + END)
_TRIGGER = re.compile(
    b"/" + spelled("AA") + SPACE + rb"(?:<<|\d{1,10}" + SPACE + rb"\d{1,5}" + SPACE + b"R" + END + b")"
)
_START = re.compile(b"/" + spelled("First") + SPACE + rb"(\d{1,8})(?!\d|" + SPACE + rb"\d+" + SPACE + b"R)")
_RARE = "this PDF hides objects in a rare form; print it to a new PDF and send that"


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
    if _TYPE_ELSEWHERE.search(data):
        raise Invalid(_RARE)
    layers = [Layer(data), *_look_into_streams(data)]
    pdf_opening.check(layers)


def _refuse_acts(data: bytes) -> None:
    found = _ACTIVE.search(data)
    if found is not None:
        word = list(_ACTS)[(found.lastindex or 1) - 1]
        raise Invalid(f"this PDF has {_ACTS[word]}; print it to a new PDF and send that")
    if _TRIGGER.search(data):
        raise Invalid("this PDF has an action that starts by itself; print it to a new PDF and send that")


def _look_into_streams(data: bytes) -> list[Layer]:
    """Object streams hold names in compressed form. What stands between one stream's start and the next is taken for
    the next one's dictionary: more than it is, never less. Answers what may be objects, inflated."""
    before, inflated, layers = 0, 0, list[Layer]()
    for number, start in enumerate(_STREAM.finditer(data)):
        if number == MOST_STREAMS:
            raise Invalid(f"this PDF has more than {MOST_STREAMS} streams; print it to a new PDF and send that")
        sure = _OBJECT_STREAM.search(data, before, start.start()) is not None
        if sure or _FIRST.search(data, before, start.start()) is not None:
            likely = sure or _COUNT.search(data, before, start.start()) is not None  # readers need no /Type
            compressed = sum(1 for _ in _FLATE.finditer(data, before, start.start()))
            odd = _ODD_FILTER.search(data, before, start.start()) is not None
            filtered = _FILTER.search(data, before, start.start()) is not None
            if (likely and (odd or compressed > 1)) or (sure and filtered and not compressed):
                raise Invalid(_RARE)
            firsts = tuple(int(found[1]) for found in _START.finditer(data, before, start.start()))
            for layer in _undone(data, start.end(), MOST_INFLATED - inflated, sure=sure and compressed > 0):
                inflated += len(layer)
                layers.append(Layer(layer, firsts or (0,)))
        before = start.end()
    return layers


def _undone(data: bytes, at: int, room: int, *, sure: bool) -> Iterator[bytes]:
    """Every layer of one stream, whatever its dictionary says of it; each is searched."""
    for number in range(MOST_LAYERS + 1):
        layer = _look_into(data, at, room, sure=sure and number == 0)
        if not layer:
            return
        if number == MOST_LAYERS:
            raise Invalid(_RARE)
        yield layer
        data, at, room = layer, 0, room - len(layer)


def _look_into(data: bytes, at: int, room: int, *, sure: bool) -> bytes:
    """Search one object stream; what it inflated to, b"" when it does not."""
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
    return bytes(found)


class _Bomb(Exception):
    pass


def _until_end(inflater: Inflater, view: memoryview) -> Iterator[bytes]:
    step = 2**16
    for start in range(0, len(view), step):
        yield from inflater.feed(view[start : start + step])
        if inflater.ended:
            return
