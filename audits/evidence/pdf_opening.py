"""What a PDF does by itself when it is opened: nothing but showing one of its own pages.

Pure. An opening action is a place in the document, or an action; of actions only the jump inside the document passes.
Where it stands behind a reference, every object of that number is looked at, in the file and in what its object streams
hold: one that is something else, or none at all, and the file is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ground.errors import Invalid

SPACE = rb"(?:[\x00\t\n\f\r ]|%[^\r\n]*[\r\n])*"
MOST_LOOK = 4_096  # bytes of an action; a jump inside a document takes less than 200
_REFUSED = "this PDF does something by itself when it is opened; print it to a new PDF and send that"
_REFERENCE = re.compile(rb"(\d{1,10})" + SPACE + rb"\d{1,5}" + SPACE + rb"R")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_KIND = re.compile(rb"/S" + SPACE + rb"(/[A-Za-z]*|[^/A-Za-z])")
_HEADER = re.compile(rb"[\d\x00\t\n\f\r ]*")
_STRING = re.compile(rb"\((?:[^()\\]|\\.)*\)", re.DOTALL)


def spelled(word: str) -> bytes:
    """Each letter of a PDF name may be written as it is, or as # and two hexadecimal digits."""
    letters = []
    for letter in word:
        digits = "".join(f"[{d.upper()}{d.lower()}]" if d.isalpha() else d for d in f"{ord(letter):02x}")
        letters.append(f"(?:{letter}|#{digits})".encode())
    return b"".join(letters)


END = rb"(?=[\x00-\x20()<>\[\]{}/%]|$)"
_OPEN = re.compile(b"/" + spelled("OpenAction") + END + SPACE)


@dataclass(frozen=True)
class Layer:
    """The file itself, or what one of its streams inflates to. firsts: where the objects in it may begin."""

    data: bytes
    firsts: tuple[int, ...] = ()


def check(layers: Sequence[Layer]) -> None:
    """Invalid when opening the file does anything but show a place in it."""
    wanted: set[bytes] = set()
    for layer in layers:
        for found in _OPEN.finditer(layer.data):
            reference = _REFERENCE.match(layer.data, found.end())
            if reference is not None:
                wanted.add(reference[1].lstrip(b"0") or b"0")
            else:
                _check_action(layer.data, found.end())
    if wanted:
        _check_objects(layers, wanted)


def _check_objects(layers: Sequence[Layer], wanted: set[bytes]) -> None:
    seen: set[bytes] = set()
    for layer in layers:
        for number in wanted:
            for at in _places(layer, number):
                seen.add(number)
                _check_action(layer.data, at)
    if seen != wanted:
        raise Invalid(_REFUSED)


def _places(layer: Layer, number: bytes) -> Iterator[int]:
    """Where the object of this number stands in the layer, as often as it does."""
    if not layer.firsts:
        label = rb"(?<!\d)0*" + number + SPACE + rb"\d{1,5}" + SPACE + rb"obj" + SPACE
        yield from (found.end() for found in re.finditer(label, layer.data))
        return
    header = _HEADER.match(layer.data)
    figures = header[0].replace(b"\0", b" ").split() if header else []
    for name, offset in zip(figures[::2], figures[1::2], strict=False):
        if name.lstrip(b"0") == number and len(offset) < 10:
            yield from (first + int(offset) for first in layer.firsts)


def _check_action(data: bytes, at: int) -> None:
    """A place ([...], or a name of one), or a dictionary that does nothing but jump to one."""
    text = data[at : at + MOST_LOOK].lstrip(b"\x00\t\n\f\r ")
    if text[:1] == b"[" or text[:4] == b"null":
        return
    body = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), _dictionary(text))
    kinds = _KIND.findall(body)
    if not kinds or any(kind != b"/GoTo" for kind in kinds) or b"/Next" in body:
        raise Invalid(_REFUSED)


def _dictionary(text: bytes) -> bytes:
    """From << to its >>, without strings; b"" when it has no end here, or where its end is can be argued about."""
    while (fewer := _STRING.sub(b"", text)) != text:
        text = fewer
    depth = 0
    for found in re.finditer(rb"<<|>>", text):
        depth += 1 if found[0] == b"<<" else -1
        if depth == 0:
            body = text[: found.end()] if text.startswith(b"<<") else b""
            return b"" if b"%" in body or b"(" in body or b")" in body else body
    return b""
