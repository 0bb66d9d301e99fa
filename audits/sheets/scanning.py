"""A workbook gone through cell by cell before anything reads its values: what a filled sheet never has.

Pure. The archive is taken apart by the checks of evidence first. Then every cell is looked at once: formulas and error
values are faults with their cell, and a cell far outside is refused, because a reader makes room for everything in
between. What the cells say is read in `audits.sheets.reading`.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from posixpath import normpath
from xml.parsers import expat

from audits.evidence import workbooks
from audits.evidence.kinds import sniff
from audits.sheets.checking import MOST_FAULTS, Fault, Place
from ground.errors import Invalid, TooLarge

POINTER = "/workbook"
MOST_BYTES = 786_432  # in base64 it has less than 1 MiB, the limit of a body
MOST_INFLATED = 16 * 2**20  # a filled sheet of a hundred provisions has some 2 MiB
MOST_ROWS = 1_000
MOST_COLUMNS = 64
MOST_TOLD = 10  # cells with comments
_COMMENTS = ("xl/comments", "xl/threadedcomments")
_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})\Z")
# Parts that a workbook may have elsewhere. Here they would hold something that nobody reads, or that must not travel.
_NOT_HERE: tuple[tuple[str, str], ...] = (
    ("xl/media", "pictures; send them as evidence"),
    ("xl/chart", "charts"),
    ("xl/diagrams", "drawings"),
    ("xl/drawings", "drawings"),
    ("xl/pivot", "pivot tables"),
    ("xl/ctrlprops", "controls"),
)


def scan(data: bytes, pages: tuple[str, ...]) -> tuple[Fault, ...]:
    """The cells that a filled sheet never has. TooLarge over MOST_BYTES; Invalid for a file that is no plain workbook
    with exactly these pages, or reaches beyond MOST_ROWS and MOST_COLUMNS."""
    if len(data) > MOST_BYTES:
        raise TooLarge(f"the workbook has {len(data)} bytes; at most {MOST_BYTES} are taken", where=POINTER)
    try:
        _check_file(data, pages)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = {
                name: archive.read(name) for name in archive.namelist() if name.lower().endswith((".xml", ".rels"))
            }
        parts = _pages(names, pages)
        faults: list[Fault] = []
        # Every part, not only the pages: whichever a reader takes for a page, it is bounded.
        for name, body in names.items():
            faults += _Cells(parts.get(name.lower(), name)).go_through(body) if name.lower().endswith(".xml") else []
    except Invalid as error:
        error.where = POINTER
        raise
    return tuple(faults[:MOST_FAULTS])


def check_kind(data: bytes) -> None:
    """Invalid unless the bytes begin as an XLSX: nothing else is taken here."""
    if not data:
        raise Invalid("the file is empty", where=POINTER)
    try:
        kind = sniff(data)
    except Invalid as error:
        said = error.detail.rpartition("by its content this is ")[2]
        words = f"a filled sheet is an XLSX workbook, and by its content this is {said}"
        raise Invalid(words, where=POINTER) from error
    if kind != "xlsx":
        raise Invalid(f"a filled sheet is an XLSX workbook, and this is a {kind.upper()}", where=POINTER)


def _check_file(data: bytes, pages: tuple[str, ...]) -> None:
    check_kind(data)
    parts = workbooks.structure(data)
    total = sum(part.size for part in parts)
    if total > MOST_INFLATED:
        raise Invalid(f"this workbook inflates to {total} bytes; a filled sheet has less than {MOST_INFLATED}")
    if comments := [part.name for part in parts if part.key.startswith(_COMMENTS)]:
        workbooks.contents(data, parts)
        raise Invalid(f"this workbook has comments in cells{_where(data, comments, pages)}; remove them")
    for part in parts:
        for start, words in _NOT_HERE:
            if part.key.startswith(start):
                raise Invalid(f"this workbook has {words}; nothing but the open cells is filled in")
    workbooks.contents(data, parts)


def _where(data: bytes, comments: Sequence[str], wanted: tuple[str, ...]) -> str:
    """Page and cell of every comment, as far as the workbook says so; never what is in them."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = {name: archive.read(name) for name in archive.namelist() if name.lower().endswith((".xml", ".rels"))}
    try:
        pages = _pages(names, wanted)
    except Invalid:
        pages = {}
    at: dict[str, str] = {}
    for name, body in names.items():
        folder, _, part = name.lower().partition("/_rels/")
        for relation in _attributes(body, "relationship") if part else []:
            target = relation.get("target", "").lower()
            place = normpath(target.lstrip("/") if target.startswith("/") else f"{folder}/{target}")
            at[place] = pages.get(f"{folder}/{part.removesuffix('.rels')}", "")
    found = {
        f"{at.get(name.lower()) or 'a page'}!{one['ref']}"
        for name in comments
        for element in ("comment", "threadedcomment")
        for one in _attributes(names[name], element)
        if _CELL.match(one.get("ref", ""))
    }
    return f": {', '.join(sorted(found)[:MOST_TOLD])}" if found else ""


def _pages(names: Mapping[str, bytes], wanted: tuple[str, ...]) -> dict[str, str]:
    """Part -> page, of the pages that the workbook says it has. They must be the wanted ones, in any order."""
    found = {name.lower(): body for name, body in names.items()}
    listed = _attributes(found.get("xl/workbook.xml", b""), "sheet")
    targets: dict[str, str] = {}
    for relation in _attributes(found.get("xl/_rels/workbook.xml.rels", b""), "relationship"):
        id, target = relation.get("id", ""), relation.get("target", "").lower()
        if id in targets:
            raise Invalid("a relation of this workbook stands twice; save it again")
        targets[id] = normpath(target.lstrip("/") if target.startswith("/") else f"xl/{target}")
    pages = {targets.get(page.get("id", ""), ""): page.get("name", "") for page in listed}
    for name in pages.values():
        if name not in wanted:
            raise Invalid(
                f"the page {name[:40]!r} is no part of this sheet. Notes of interviews never travel in a spreadsheet: "
                "seal them (freemark sealed log)"
            )
    if len(listed) != len(wanted) or {*pages.values()} != {*wanted} or not pages.keys() <= found.keys():
        missing = ", ".join(name for name in wanted if name not in pages.values())
        raise Invalid(f"this is no filled sheet of an audit: {missing or 'a page'} is missing, or stands twice")
    return pages


def _attributes(body: bytes, element: str) -> list[dict[str, str]]:
    """The attributes of every element of that name, without prefixes and in lower case."""
    found: list[dict[str, str]] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if _local(tag) == element:
            found.append({_local(name): value for name, value in attributes.items()})

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    _parse(parser, body)
    return found


def _local(name: str) -> str:
    return name.rsplit(":", 1)[-1].lower()


def _parse(parser: expat.XMLParserType, body: bytes) -> None:
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise Invalid(f"this workbook is damaged: {error}") from error


class _Cells:
    """One part: where its cells are, and which of them a filled sheet never has."""

    def __init__(self, page: str) -> None:
        self._page = page
        self._row = self._column = 0
        self._seen: set[tuple[int, int]] = set()
        self._faults: list[Fault] = []

    def go_through(self, body: bytes) -> list[Fault]:
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        _parse(parser, body)
        return self._faults

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        match _local(tag):
            case "row":
                self._row, self._column = self._number(attributes.get("r"), self._row + 1), 0
            case "c":
                self._cell(attributes)
            case "f":
                self._fault("a formula; write what it comes to")
            case "v" | "is":
                self._holds()

    def _cell(self, attributes: Mapping[str, str]) -> None:
        self._column += 1
        if (place := attributes.get("r")) is not None:
            if (found := _CELL.match(place)) is None:
                raise Invalid(f"{place[:20]!r} is no cell; save the workbook again")
            self._row, self._column = int(found[2]), _column(found[1])
        if attributes.get("t") == "e":
            self._fault("an error value; write what was meant")

    def _holds(self) -> None:
        """The cell here has a value. One without may be anywhere: it is not kept by any reader."""
        place = (self._row, self._column)
        if self._row > MOST_ROWS or self._column > MOST_COLUMNS:
            raise Invalid(f"{self._name()}: nothing is expected here; the sheet ends far before")
        if place in self._seen:
            raise Invalid(f"{self._name()} stands twice; save the workbook again")
        self._seen.add(place)

    def _fault(self, words: str) -> None:
        self._faults.append(Fault(Place(POINTER, self._name()), words))

    def _name(self) -> str:
        letters, number = "", self._column
        while number > 0:
            number, rest = divmod(number - 1, 26)
            letters = chr(65 + rest) + letters
        return f"{self._page}!{letters}{self._row}"

    @staticmethod
    def _number(text: str | None, otherwise: int) -> int:
        if text is None:
            return otherwise
        if not text.isascii() or not text.isdecimal() or len(text) > 7:
            raise Invalid(f"{text[:20]!r} is no row; save the workbook again")
        return int(text)


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
