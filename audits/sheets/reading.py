"""A filled workbook, read again: only values are taken, from the cells that are meant for them.

Pure, and after `audits.sheets.scanning` only. A value is taken as what it says, or it is a fault with its cell: nothing
is guessed, and nothing that somebody wrote elsewhere is passed over in silence.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

import python_calamine
from xlsxwriter.utility import xl_rowcol_to_cell

from audits.sheets.checking import Fault, Given, Place, catalogue_of, read_head
from audits.sheets.content import FIGURES, Figure, Head, version_of
from audits.sheets.scanning import POINTER, scan
from audits.sheets.words import how_to
from audits.sheets.workbook import (
    ASKED,
    AT,
    AUDIT,
    CHECKSUM,
    COLUMNS,
    HEAD,
    HELP,
    NO,
    PROVISIONS,
    REPORT,
    REPORT_TITLES,
    SHEETS,
    STATE,
    YES,
    asked,
)
from audits.standard import Standard
from ground.canonical import Json
from ground.errors import FreemarkError, Invalid

LOCKED = "this cell is locked, and something else stands in it now; put it back"
NOTHING = "nothing is expected here; write it in one of the open cells"
AS_TEXT = "write it as text, with ' before it"
_COUNT = re.compile(r"[0-9]{1,7}\Z", re.ASCII)
_HOURS = re.compile(r"([0-9]{1,5})(?:\.([0-9]))?\Z", re.ASCII)
Cell = Any
"""What the library gives for a cell: "" when it is empty; else str, float, int, bool or something of a date."""
Page = list[list[Cell]]


def read(data: bytes) -> Given:
    """What the workbook says. Invalid when it is none of ours, or one that acts; TooLarge when it is too large for one.

    Every other fault is in the answer, with its cell.
    """
    faults = scan(data, SHEETS)
    pages = _load(data)
    reader = _Reader(pages)
    reader.faults += faults
    return reader.given()


def _load(data: bytes) -> dict[str, Page]:
    """The cells of every page from A1 on."""
    try:
        book = python_calamine.load_workbook(io.BytesIO(data))
        return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in SHEETS}
    except (python_calamine.CalamineError, ValueError, OverflowError) as error:
        raise Invalid(
            "this workbook cannot be read; open it, save it as XLSX, and send it again", where=POINTER
        ) from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # a defect of the library arrives here as no Exception at all
            raise Invalid("this workbook is damaged; open it and save it as XLSX", where=POINTER) from error
        raise


class _Wrong(Exception):
    """What is wrong with one cell, in words."""


class _Reader:
    """Goes through the pages of one workbook and keeps what stands where."""

    def __init__(self, pages: Mapping[str, Page]) -> None:
        self._pages = pages
        self._cells: dict[tuple[str, str], str] = {}
        self.faults: list[Fault] = []

    def given(self) -> Given:
        head, checksum = self._audit()
        catalogue = self._catalogue(head)
        rows, figures = self._provisions(catalogue, head), self._report()
        self._help(catalogue)
        return Given(head, checksum, self._state(), rows, figures, self._place, tuple(self.faults))

    def _place(self, key: str, field: str) -> Place:
        cell = self._cells.get((key, field.split("/")[0])) or self._cells.get((key, ""), PROVISIONS)
        return Place(POINTER, cell)

    def _fault(self, page: str, row: int, column: int, words: str, key: str = "") -> None:
        self.faults.append(Fault(Place(POINTER, _name(page, row, column)), words, key))

    def _audit(self) -> tuple[dict[str, Json], str]:
        """What the sheet is of, and its checksum. What is missing here is told by `read_head`."""
        labels = {label: name for name, label in HEAD.items()} | {CHECKSUM: "checksum"}
        said: dict[str, str] = {}
        for at, line in enumerate(self._pages[AUDIT]):
            label, value = (str(line[0]), str(line[1])) if len(line) > 1 else ("", "")
            if label in labels and labels[label] not in said:
                said[labels[label]] = value.strip()
            elif any(_filled(cell) for cell in line):
                self._fault(AUDIT, at, 0, NOTHING)
            self._nothing_after(AUDIT, at, line, 2)
        head: dict[str, Json] = {name: said.get(name) for name in HEAD}
        head["remote"] = {YES: True, NO: False}.get(said.get("remote", ""))
        head["profiles"] = [id for id in (said.get("profiles") or "").split(", ") if id]
        return head, said.get("checksum", "")

    def _catalogue(self, head: Mapping[str, Json]) -> Standard | None:
        """The questions of this sheet, if it is of a version that is known here; `check_head` says when it is not."""
        try:
            own: Head = read_head(Given(head, "", {}, {}, {}, self._place))
            catalogue = catalogue_of(own)
        except FreemarkError:
            return None
        return catalogue if version_of(catalogue) == own.version else None

    def _state(self) -> dict[str, str]:
        lines = [line for line in self._pages[STATE] if any(_filled(cell) for cell in line)]
        return {str(line[0]): str(line[1]) for line in lines if len(line) > 1}

    def _provisions(self, catalogue: Standard | None, head: Mapping[str, Json]) -> dict[str, dict[str, Json]]:
        page = self._pages[PROVISIONS]
        self._headings(PROVISIONS, page, [column.title for column in COLUMNS])
        rows: dict[str, dict[str, Json]] = {}
        seen: set[str] = set()
        for at, line in enumerate(page[1:], start=1):
            if not any(_filled(cell) for cell in line):
                continue
            id = line[0].strip() if isinstance(line[0], str) else ""
            if not id or id in seen:
                self._fault(
                    PROVISIONS, at, 0, f"{id[:20]} stands twice" if id else "the number of the provision is gone"
                )
                continue
            seen.add(id)
            self._nothing_after(PROVISIONS, at, line, len(COLUMNS))
            if catalogue is not None:
                if id not in catalogue.provisions:
                    self._fault(PROVISIONS, at, 0, f"{id[:20]!r} is no provision of this audit", id)
                    continue
                self._compare(at, line, asked(catalogue.provisions[id], head["type"]))
            row = self._row(id, at, line)
            if row:
                rows[id] = row
        for id in catalogue.provisions if catalogue else ():
            if id not in seen:
                self.faults.append(Fault(Place(POINTER, PROVISIONS), f"the row of {id} is missing", id))
        return rows

    def _row(self, id: str, at: int, line: Sequence[Cell]) -> dict[str, Json]:
        row: dict[str, Json] = {}
        self._cells[id, ""] = _name(PROVISIONS, at, 0)
        for field, column in AT.items():
            self._cells[id, field] = _name(PROVISIONS, at, column)
            cell = line[column] if column < len(line) else ""
            if not _filled(cell):
                continue
            try:
                value = _FIELDS[field](cell)
            except _Wrong as wrong:
                self._fault(PROVISIONS, at, column, str(wrong), id)
            else:
                row |= {field: value} if value is not False else {}  # "no" is what an empty cell says too
        return row

    def _compare(self, at: int, line: Sequence[Cell], texts: Sequence[str]) -> None:
        for column in ASKED:
            cell = line[column] if column < len(line) else ""
            if not isinstance(cell, str) or cell.split() != texts[column].split():
                self._fault(PROVISIONS, at, column, LOCKED)

    def _report(self) -> dict[str, Json]:
        page = self._pages[REPORT]
        self._headings(REPORT, page, REPORT_TITLES)
        labels = {figure.label: figure for figure in FIGURES.values()}
        figures: dict[str, Json] = {}
        for at, line in enumerate(page[1:], start=1):
            figure = labels.pop(str(line[0]).strip(), None) if line else None
            if figure is None:
                if any(_filled(cell) for cell in line):
                    self._fault(REPORT, at, 0, LOCKED)
                continue
            self._cells[figure.name, ""] = _name(REPORT, at, 1)
            self._nothing_after(REPORT, at, line, 3)
            if len(line) > 2 and str(line[2]).split() != figure.hint.split():
                self._fault(REPORT, at, 2, NOTHING)
            if len(line) > 1 and _filled(line[1]):
                try:
                    figures[figure.name] = _figure(figure, line[1])
                except _Wrong as wrong:
                    self._fault(REPORT, at, 1, str(wrong), figure.name)
        for figure in labels.values():
            self.faults.append(Fault(Place(POINTER, REPORT), f"the row {figure.label!r} is missing", figure.name))
        return figures

    def _help(self, catalogue: Standard | None) -> None:
        """Nobody reads what is written there, so nobody may believe that it was handed in."""
        if catalogue is None:
            return
        known = {tuple(text.split()) for text in how_to(alerts=catalogue.fieldwork is not None)}
        for at, line in enumerate(self._pages[HELP]):
            for column, cell in enumerate(line):
                if _filled(cell) and (column or tuple(str(cell).split()) not in known):
                    self._fault(HELP, at, column, NOTHING)

    def _headings(self, name: str, page: Page, titles: Sequence[str]) -> None:
        first = page[0] if page else []
        apart = [place for place, title in enumerate(titles) if place >= len(first) or first[place] != title]
        if apart and titles[apart[0]] in first:
            raise Invalid(
                f"{_name(name, 0, apart[0])}: a column was inserted or moved here, {titles[apart[0]]!r} was expected; "
                "put the columns back as they were",
                where=POINTER,
            )
        if len(apart) > 1 and list(titles[apart[0] + 1 :]) == list(first[apart[0] : len(titles) - 1]):
            raise Invalid(
                f"{_name(name, 0, apart[0])}: the column {titles[apart[0]]!r} was taken out; put it back", where=POINTER
            )
        for column, title in enumerate(titles):
            if column >= len(first) or first[column] != title:
                self._fault(name, 0, column, f"{title!r} was expected here; columns stay where they are")

    def _nothing_after(self, page: str, at: int, line: Sequence[Cell], end: int) -> None:
        for column in range(end, len(line)):
            if _filled(line[column]):
                self._fault(page, at, column, NOTHING)


def _name(page: str, row: int, column: int) -> str:
    return f"{page}!{xl_rowcol_to_cell(row, column)}"


def _filled(cell: Cell) -> bool:
    return bool(cell.strip()) if isinstance(cell, str) else cell is not None


def _word(cell: Cell) -> str:
    """One of a list, as it is written in JSON."""
    return "_".join(_text(cell).lower().replace("-", " ").split())


def _text(cell: Cell) -> str:
    match cell:
        case str():
            return cell
        case bool():
            raise _Wrong(f"true or false was read here; {AS_TEXT}")
        case int() | float() if _is_whole(cell):
            return str(int(cell))
        case int() | float():
            raise _Wrong(f"a number was read here, {cell}; {AS_TEXT}")
        case _:
            raise _Wrong(f"a date or time was read here, {cell}; {AS_TEXT}")


def _lines(cell: Cell) -> list[str]:
    return [line.strip() for line in _text(cell).splitlines() if line.strip()]


def _count(cell: Cell) -> int:
    if isinstance(cell, str) and _COUNT.match(cell.strip()):
        return int(cell)
    if isinstance(cell, bool) or not isinstance(cell, int | float) or not _is_whole(cell):
        raise _Wrong(f"a whole number was expected, and {str(cell)[:40]!r} was read")
    return int(cell)


def _is_whole(number: float) -> bool:
    return math.isfinite(number) and number == int(number) and abs(number) < 10**15


def _tenths(cell: Cell) -> int:
    if isinstance(cell, str) and (found := _HOURS.match(cell.strip())):
        return int(found[1]) * 10 + int(found[2] or 0)
    if isinstance(cell, bool) or not isinstance(cell, int | float) or not math.isfinite(cell):
        raise _Wrong(f"hours were expected, such as 48 or 47.5, and {str(cell)[:40]!r} was read")
    tenths = round(cell * 10)
    if abs(cell * 10 - tenths) > 1e-6:
        raise _Wrong(f"hours have one decimal at most, and {cell} was read")
    return tenths


def _flag(cell: Cell) -> bool:
    if isinstance(cell, bool):
        return cell
    word = cell.strip().lower() if isinstance(cell, str) else ""
    if word not in (YES, NO):
        raise _Wrong(f"yes or no was expected, and {str(cell)[:40]!r} was read")
    return word == YES


def _day(cell: Cell) -> str:
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return cell.isoformat()
    if isinstance(cell, str):
        return cell.strip()
    raise _Wrong(f"a day was expected, such as 2026-06-04, and {str(cell)[:40]!r} was read")


_FIELDS: Mapping[str, Callable[[Cell], Json]] = {
    "result": _word,
    "severity": _word,
    "affected": _count,
    "sampled": _count,
    "description": _text,
    "evidence": _lines,
    **{
        flag: _flag
        for flag in AT
        if flag not in ("result", "severity", "affected", "sampled", "description", "evidence")
    },
}


def _figure(figure: Figure, cell: Cell) -> Json:
    match figure.kind:
        case "count" | "days":
            return _count(cell)
        case "tenths":
            return _tenths(cell)
        case "day":
            return _day(cell)
        case "flag":
            return _flag(cell)
        case "outcome":
            return _word(cell)
        case "lines":
            return _lines(cell)
        case _:
            return _text(cell)
