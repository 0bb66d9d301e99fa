"""A published list, read strictly: every fault with its row and column, and all of the file or nothing.

Owns the way from the bytes of a CSV file to entries, by the list's mapping. Rows are counted as a spreadsheet counts
them, from 1, with the headings. Names of people can stand in public lists of employers; they are kept as published, for
comparing, and are never put into journal, events or logs. Pure.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

from audits.screening.mapping import Dates, Mapping
from audits.screening.matching import Party, Text
from ground.canonical import Json, digest
from ground.countries import COUNTRIES
from ground.errors import Invalid, Malformed, TooLarge
from ground.folding import fold, number

Encoding = Literal["utf-8", "latin-1", "windows-1252"]
ENCODINGS: tuple[Encoding, ...] = get_args(Encoding)
MOST_BYTES = 64 * 1024 * 1024  # the largest licence registers known have some 100,000 rows and 20 MB
MOST_ROWS = 200_000
MOST_FAULTS = 100
SHOWN_FAULTS = 20  # of them, in one line for people
MOST_CELL = 1000
STEP = 1000  # rows between two words of progress
_BRACKETS = re.compile(
    r"\((?:also known as|formerly known as|a\.?k\.?a\.?|f\.?k\.?a\.?|including(?: one| two| three)? alias(?:es)?:?)"
    r"\s+([^()]*)\)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Listed:
    """One entry as published. row: in the file. country: ISO 3166-1 alpha-2 or ""."""

    row: int
    name: str
    aliases: tuple[str, ...]
    identifiers: tuple[tuple[str, str], ...]
    country: str
    city: str
    address: str
    listed_on: date | None
    until: date | None

    @property
    def key(self) -> str:
        """The same entry in another edition: its numbers, or without any its folded name; and its country."""
        numbers = sorted(number(value) for _, value in self.identifiers)
        same: list[Json] = [*numbers] if any(numbers) else [" ".join(fold(self.name).key)]
        return digest([*same, self.country])

    @property
    def content(self) -> str:
        """The hash of everything the list says here, whatever row it stands in."""
        return digest(
            {
                "name": self.name,
                "aliases": list(self.aliases),
                "identifiers": [list(one) for one in self.identifiers],
                "country": self.country,
                "city": self.city,
                "address": self.address,
                "listed_on": str(self.listed_on),
                "until": str(self.until),
            }
        )


@dataclass(frozen=True)
class ParsedList:
    """rows: of the file that count; left_out: those whose status does not count (`keep`)."""

    entries: tuple[Listed, ...]
    left_out: int
    sha256: str


@dataclass(frozen=True)
class Fault:
    row: int
    column: str
    words: str

    def __str__(self) -> str:
        place = f"row {self.row}" + (f", column {self.column}" if self.column else "")
        return f"{place}: {self.words}"


class FaultyList(Invalid):
    """The file has faults; nothing was taken. `faults`: the first MOST_FAULTS of them."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        count = f"{len(faults)}" + (" or more" if len(faults) >= MOST_FAULTS else "")
        shown = "; ".join(str(fault) for fault in faults[:SHOWN_FAULTS])
        super().__init__(f"{count} faults, nothing was taken: {shown}", where="/csv")
        self.faults = tuple(faults)


def as_party(id: str, entry: Listed) -> Party:
    names = (Text("name", entry.name), *(Text("alias", alias) for alias in entry.aliases))
    numbers = tuple(Text(kind, value) for kind, value in entry.identifiers)
    return Party(id, names, numbers, entry.country, entry.city, entry.address)


def parse_list(
    data: bytes,
    mapping: Mapping,
    *,
    country: str = "",
    encoding: Encoding = "utf-8",
    progress: Callable[[int], None] | None = None,
) -> ParsedList:
    """The entries of a file. country: of rows that name none. progress: told the rows read, every STEP of them.

    TooLarge over MOST_BYTES or MOST_ROWS; Invalid for bytes that are not in this encoding; FaultyList with every fault.
    """
    if len(data) > MOST_BYTES:
        raise TooLarge(f"the list has {len(data)} bytes; {MOST_BYTES} is the most")
    faults: list[Fault] = []
    entries: list[Listed] = []
    left_out = 0
    headings: dict[str, int] | None = None
    width = 0
    for row, cells in _rows(_decoded(data, encoding), mapping.delimiter, faults):
        if row <= mapping.skip_rows or not any(cell.strip() for cell in cells):
            continue
        if headings is None:
            headings, width = _headings(row, cells, mapping, faults), len(cells)
            continue
        if len(entries) + left_out >= MOST_ROWS:
            raise TooLarge(f"the list has more than {MOST_ROWS} rows")
        if len(cells) != width:
            faults.append(Fault(row, "", f"{len(cells)} cells under {width} headings"))
        elif mapping.keep_column and _cell(cells[headings[mapping.keep_column]]) not in mapping.keep:
            left_out += 1
        else:
            entries.append(_Row(row, cells, headings, mapping, faults).entry(country))
        if progress and (len(entries) + left_out) % STEP == 0:
            progress(len(entries) + left_out)
        if len(faults) >= MOST_FAULTS:
            break
    if headings is None:
        faults.append(Fault(mapping.skip_rows + 1, "", "there are no headings"))
    elif not entries and not faults:
        faults.append(Fault(1, "", "there is not one entry: an empty list would delist everybody"))
    if faults:
        raise FaultyList(faults[:MOST_FAULTS])
    return ParsedList(tuple(entries), left_out, hashlib.sha256(data).hexdigest())


def _decoded(data: bytes, encoding: Encoding) -> str:
    if encoding not in ENCODINGS:
        raise Invalid(f"encoding is one of {', '.join(ENCODINGS)}", where="/encoding")
    try:
        text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        words = f"line {line}: byte {data[error.start]:#04x} is not {encoding}; choose another encoding"
        raise Invalid(words, where="/encoding") from error
    if encoding != "utf-8" and data.startswith(b"\xef\xbb\xbf"):
        raise Invalid(f"the file says that it is utf-8, not {encoding}", where="/encoding")
    return text


def _rows(text: str, delimiter: str, faults: list[Fault]) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    row = 0
    while True:
        row += 1
        try:
            yield row, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            faults.append(Fault(row, "", f"no CSV from here on: {error}"))
            return


def _headings(row: int, cells: list[str], mapping: Mapping, faults: list[Fault]) -> dict[str, int]:
    found: dict[str, int] = {}
    names = [_cell(cell) for cell in cells]
    for column in mapping.columns():
        if names.count(column) == 1:
            found[column] = names.index(column)
        elif names.count(column):
            faults.append(Fault(row, column, "this heading stands there twice"))
        else:
            there = ", ".join(name for name in names if name)[:200]
            faults.append(Fault(row, column, f"there is no such heading; there are: {there}"))
    if faults:
        raise FaultyList(faults)
    return found


def _cell(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


class _Row:
    """One row on its way to an entry: every fault in it is noted, not only the first."""

    def __init__(
        self, row: int, cells: list[str], headings: dict[str, int], mapping: Mapping, faults: list[Fault]
    ) -> None:
        self.row, self.cells, self.headings, self.mapping, self.faults = row, cells, headings, mapping, faults

    def entry(self, country: str) -> Listed:
        mapping = self.mapping
        name, bracketed = self._names()
        aliases = [*bracketed, *(alias for column in mapping.aliases for alias in self._parts(column))]
        listed_on, until = self._days()
        return Listed(
            row=self.row,
            name=name,
            aliases=tuple(dict.fromkeys(alias for alias in aliases if alias != name)),
            identifiers=tuple(self._identifiers()),
            country=self._country() or country,
            city=self._text(mapping.city),
            address=self._text(mapping.address),
            listed_on=listed_on,
            until=until,
        )

    def _fault(self, column: str, words: str) -> None:
        self.faults.append(Fault(self.row, column, words))

    def _text(self, column: str) -> str:
        if not column:
            return ""
        text = _cell(self.cells[self.headings[column]])
        if len(text) > MOST_CELL:
            self._fault(column, f"{len(text)} characters; {MOST_CELL} is the most")
        if any(unicodedata.category(sign) in ("Cc", "Cs", "Co", "Cn") or sign == "\ufffd" for sign in text):
            self._fault(column, "a character that is no text: is the encoding right?")
        return text

    def _names(self) -> tuple[str, list[str]]:
        name = self._text(self.mapping.name)
        bracketed: list[str] = []
        if self.mapping.name_brackets:
            for found in _BRACKETS.findall(name):
                bracketed += [
                    part for part in re.split(r";| and formerly known as | and also known as ", found) if part
                ]
            name = " ".join(_BRACKETS.sub(" ", name).split())
        if not fold(name).words:
            self._fault(self.mapping.name, "a name with at least one letter or digit must stand here")
        return name, [part.strip() for part in bracketed]

    def _parts(self, column: str) -> list[str]:
        text = self._text(column)
        parts = text.split(self.mapping.alias_separator) if self.mapping.alias_separator else [text]
        return [part.strip() for part in parts if part.strip()]

    def _identifiers(self) -> Iterator[tuple[str, str]]:
        for kind, column in self.mapping.identifiers.items():
            text = self._text(column)
            digits = len(re.sub(r"[^0-9]", "", text))
            if kind == "cnpj_cpf" and text and (digits not in (11, 14) or re.search(r"[^0-9./\s-]", text)):
                self._fault(column, f"a CNPJ has 14 digits and a CPF 11; {text[:30]!r} has {digits}")
            if text:
                yield kind, text

    def _country(self) -> str:
        text = self._text(self.mapping.country)
        code = self.mapping.countries.get(text, text)
        if code and code not in COUNTRIES:
            self._fault(self.mapping.country, f"{text[:30]!r} is no country code; put it into the mapping's countries")
        return code

    def _days(self) -> tuple[date | None, date | None]:
        mapping = self.mapping
        first, last = self._text(mapping.listed_on), ""
        if mapping.until_after and mapping.until_after in first:
            first, _, last = first.partition(mapping.until_after)
        listed_on = self._day(mapping.listed_on, first)
        until = self._day(mapping.until, self._text(mapping.until)) or self._day(mapping.listed_on, last)
        if listed_on and until and until < listed_on:
            self._fault(mapping.until or mapping.listed_on, f"it ends on {until}, before it began on {listed_on}")
        return listed_on, until

    def _day(self, column: str, text: str) -> date | None:
        if not text.strip():
            return None
        try:
            return read_day(text.strip(), self.mapping.dates)
        except Malformed as error:
            self._fault(column, error.detail)
            return None


_FORMATS: dict[str, tuple[str, ...]] = {
    "iso": ("%Y-%m-%d",),
    "day_first": ("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y"),
    "month_first": ("%m/%d/%Y",),
    "english": ("%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y"),
}


def read_day(text: str, dates: Dates) -> date:
    """A day as the list writes it. Malformed otherwise."""
    for form in _FORMATS[dates]:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise Malformed(f"{text[:30]!r} is no day (the list's dates are {dates})")
