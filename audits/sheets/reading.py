"""A filled workbook, read again: only values are taken, from the cells that are meant for them.

Pure. The bytes are first taken apart by the checks of evidence (`audits.evidence.workbooks`), then the cells are gone
through once for what a sheet of ours never has: formulas, error values, cells far outside. Only then a library reads
the values. A value is taken as what it says, or it is a fault with its cell; nothing is guessed.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.parsers import expat

import python_calamine
from xlsxwriter.utility import xl_rowcol_to_cell

from audits.evidence import workbooks
from audits.evidence.kinds import sniff
from audits.facts import AUDIT_TYPES
from audits.sheets.checking import ANEW, Fault, Given, Place, zero_tolerance
from audits.sheets.content import FIGURES, FLAGS, Figure
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
from audits.standard import Provision, Standard, load
from ground.canonical import Json
from ground.errors import FreemarkError, Invalid, TooLarge

POINTER = "/workbook"
MOST_BYTES = 786_432  # in base64 within a body of 1 MiB
MOST_INFLATED = 16 * 2**20  # a filled sheet of a hundred provisions has some 2 MiB
MOST_ROWS = 1_000
MOST_COLUMNS = 64
_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})\Z")
_NUMBER = re.compile(r"[0-9]{1,7}\Z", re.ASCII)
_TENTHS = re.compile(r"([0-9]{1,5})(?:\.([0-9]))?\Z", re.ASCII)
# Parts that a workbook may have elsewhere. Here they would hold something that nobody reads, or that must not travel.
_NOT_HERE: tuple[tuple[str, str], ...] = (
    ("xl/comments", "comments in cells"),
    ("xl/threadedcomments", "comments in cells"),
    ("xl/media", "pictures; send them as evidence"),
    ("xl/charts", "charts"),
    ("xl/chartsheets", "charts"),
    ("xl/diagrams", "drawings"),
    ("xl/pivottables", "pivot tables"),
    ("xl/ctrlprops", "controls"),
)
Cell = Any
"""What the library gives for a cell: "", str, float, int, bool, date, datetime, time or timedelta."""


def read(data: bytes) -> Given:
    """What the workbook says. Invalid when it is none of ours, or one that acts; TooLarge over MOST_BYTES.

    Every other fault is in the answer's `faults`, with its cell.
    """
    if len(data) > MOST_BYTES:
        raise TooLarge(f"the workbook has {len(data)} bytes; at most {MOST_BYTES} are taken", where=POINTER)
    try:
        _check_file(data)
        pages = _pages(data)
    except Invalid as error:
        error.where = POINTER
        raise
    faults = _look_through(data, pages)
    if faults:
        return Given({}, "", {}, {}, {}, _nowhere, tuple(faults))
    return _Reader(pages).given()


def _check_file(data: bytes) -> None:
    kind = sniff(data)
    if kind != "xlsx":
        raise Invalid(f"a filled sheet is an XLSX workbook, and this is a {kind.upper()}")
    parts = workbooks.structure(data)
    total = sum(part.size for part in parts)
    if total > MOST_INFLATED:
        raise Invalid(f"this workbook inflates to {total} bytes; a filled sheet has less than {MOST_INFLATED}")
    for part in parts:
        for start, words in _NOT_HERE:
            if part.key.startswith(start):
                raise Invalid(f"this workbook has {words}; nothing but the open cells is filled in")
    workbooks.contents(data, parts)


def _pages(data: bytes) -> dict[str, list[list[Cell]]]:
    """The cells of every page by its name, from A1 on. The pages must be ours, all of them, and no others."""
    _bound(data)
    try:
        book = python_calamine.load_workbook(io.BytesIO(data))
        names = book.sheet_names
        _check_names(names)
        return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in names}
    except (python_calamine.CalamineError, ValueError, OverflowError) as error:
        raise Invalid("this workbook cannot be read; open it, save it as XLSX, and send it again") from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # how a defect of the library's other language arrives here
            raise Invalid("this workbook is damaged; open it, save it as XLSX, and send it again") from error
        raise
