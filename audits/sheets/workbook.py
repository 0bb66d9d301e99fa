"""A sheet as a workbook: what an auditor fills in where there is no network, with Excel or LibreOffice.

Pure, and the same bytes for the same sheet. What is asked is locked, without a password, against slips; what is
answered has drop-downs and limits. Every text is written as text: nothing that was filed earlier becomes a formula.
Which cell is which is said here; how they are read again, in `audits.sheets.reading`.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from audits.facts import AuditType
from audits.sheets.content import (
    FIGURES,
    FLAGS,
    MOST_COUNT,
    OUTCOMES,
    Figure,
    Row,
    Sheet,
    checksum,
    flags_for,
    left_open,
    results_for,
    severities_for,
)
from audits.sheets.words import how_to
from audits.standard import Provision, Standard
from ground.canonical import Json

AUDIT, PROVISIONS, REPORT, HELP, STATE = "Audit", "Provisions", "Report", "How to", "State"
SHEETS = (AUDIT, PROVISIONS, REPORT, HELP, STATE)
FONT, SIZE = "Arial", 11
LINE = 14.25  # points of a line in that font
MOST_HEIGHT = 400.0  # points; a row is no higher than 409
LINES_OF: Mapping[str, int] = {"prose": 4, "lines": 3}  # of figures: room to see what is written
FROZEN = 3  # columns that stay in view: number, provision, requirement
SCALE = 70  # percent, on paper: the questions on one page, the answers beside them on the next
YES, NO = "yes", "no"

HEAD: Mapping[str, str] = {
    "audit": "Audit",
    "place": "Site, by name",
    "site": "Site",
    "type": "Kind of audit",
    "remote": "Done remotely",
    "starts_on": "First day",
    "ends_on": "Last day",
    "standard": "Standard",
    "standard_sha256": "SHA-256 of the standard",
    "profiles": "Profiles",
    "version": "Version of this sheet",
}
CHECKSUM = "Checksum of what is locked"


@dataclass(frozen=True)
class Column:
    """A column of "Provisions". field: of the answer, "" for what is asked. width: in characters."""

    title: str
    width: int
    field: str = ""
    hint: str = ""


COLUMNS: tuple[Column, ...] = (
    Column("No.", 7),
    Column("Provision", 20),
    Column("Requirement", 34),
    Column("What conformance looks like", 32),
    Column("Documents", 30),
    Column("Interviews", 30),
    Column("Observation", 24),
    Column("Limits", 14),
    Column("Result", 15, "result", "Conformance, a finding, or why there is none."),
    Column("Severity", 12, "severity", "Of a finding, within the limits. The rules may make it graver."),
    Column("Affected", 10, "affected", "Of those sampled: workers, files or places."),
    Column("Sampled", 10, "sampled", "Workers, files or places looked at."),
    Column("Description", 48, "description", "What was seen, where, how many. No names, no notes of interviews."),
    Column("Evidence", 26, "evidence", "Documents and sheets, by reference; one to a line."),
    Column("Deliberate", 11, "deliberate", "Of a priority finding."),
    Column("Concealed", 11, "concealed", "Of a priority finding."),
    Column("Worst form", 11, "worst_form", "Of child labour: on T9 only."),
    Column("By manage-ment", 12, "by_management", "Violence or threats: on T6 only."),
)
ASKED = tuple(number for number, column in enumerate(COLUMNS) if not column.field)
LIMITS = next(number for number, column in enumerate(COLUMNS) if column.title == "Limits")
AT: Mapping[str, int] = {column.field: number for number, column in enumerate(COLUMNS) if column.field}
REPORT_TITLES = ("Figure", "Value", "Note")
Look = Literal["text", "title", "head", "input", "number", "closed", "heading", "decimal"]


def asked(provision: Provision, type: AuditType) -> tuple[str, ...]:
    """The locked texts of a provision's row, in the order of the columns."""
    limits = [f"{provision.floor} to {provision.ceiling}" if provision.floor != provision.ceiling else provision.floor]
    limits += ["core topic"] if provision.core else []
    limits += ["may be left open in this kind of audit"] if left_open(provision, type) else []
    how = (provision.documents or provision.test, provision.interviews, provision.observation)
    return (provision.id, provision.title, provision.text, provision.conformance, *how, "\n".join(limits))


def shown(figure: Figure, value: Json) -> str | int | float | None:
    """A figure as it stands in its cell."""
    match figure.kind:
        case _ if value is None:
            return None
        case "tenths":
            return float(value / 10)
        case "flag":
            return YES if value else NO
        case "lines":
            return "\n".join(value)
        case "outcome":
            return str(value).replace("_", " ")
        case _:
            found: str | int = value
            return found


def shown_row(row: Row) -> dict[str, str | int | None]:
    """An answer as it stands in its cells, by field. What is not said is an empty cell."""
    return {
        "result": row.result.replace("_", " "),
        "severity": row.severity,
        "affected": row.affected,
        "sampled": row.sampled,
        "description": row.description or None,
        "evidence": "\n".join(row.evidence) or None,
        **{flag: YES if getattr(row, flag) else None for flag in FLAGS},
    }


def write(sheet: Sheet, catalogue: Standard, *, made: datetime) -> bytes:
    """The workbook. made: its date of creation; not the moment of asking, or each copy would have other bytes."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties(
        {"title": f"Audit {sheet.head.audit}", "created": made.replace(tzinfo=None), "author": "Freemark"}
    )
    looks = _looks(book)
    pages = {name: book.add_worksheet(name) for name in SHEETS}
    for name, page in pages.items():
        page.set_landscape()
        page.set_paper(9)  # A4
        page.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        page.set_header(_printed(sheet))
        page.set_footer(f"&L{sheet.head.audit}&C{name}&R&P / &N")
        page.hide_gridlines(0)
        page.protect("", {"format_rows": True, "format_columns": True})
    _audit(pages[AUDIT], sheet, looks)
    _provisions(pages[PROVISIONS], sheet, catalogue, looks)
    _report(pages[REPORT], sheet, looks)
    _help(pages[HELP], how_to(alerts=catalogue.fieldwork is not None), looks)
    for number, (key, mark) in enumerate(sorted(sheet.base.items())):
        _text(pages[STATE], number, 0, key, looks["text"])
        _text(pages[STATE], number, 1, mark, looks["text"])
    pages[STATE].hide()
    pages[PROVISIONS].activate()
    book.close()
    return out.getvalue()


def _looks(book: xlsxwriter.Workbook) -> dict[Look, Format]:
    plain: dict[str, Any] = {
        "font_name": FONT, "font_size": SIZE, "text_wrap": True, "valign": "top", "border": 1,
        "border_color": "#808080",
    }  # fmt: skip
    shaded = {**plain, "bg_color": "#EDEDED", "align": "left", "indent": 1}
    open_ = {**plain, "bg_color": "#FFFBE6", "locked": False}
    looks: dict[Look, dict[str, Any]] = {
        "text": shaded,
        "title": {**shaded, "bold": True},
        "head": {**plain, "bold": True, "bg_color": "#1F3A4D", "font_color": "#FFFFFF"},
        "heading": {"font_name": FONT, "font_size": 14, "bold": True},
        "input": {**open_, "num_format": "@"},
        "number": {**open_, "num_format": "0"},
        "decimal": {**open_, "num_format": "0.0"},
        "closed": {**shaded, "bg_color": "#D0D0D0"},
    }
    return {name: book.add_format(look) for name, look in looks.items()}


def _printed(sheet: Sheet) -> str:
    """Which visit it is, on every page of paper. Of "&" the program makes something of its own, and of digits behind
    it a size of letters."""
    head = sheet.head
    kind = head.type.replace("_", " ")
    return f"&L {head.place[:80].replace('&', '&&')}&R {kind}, {head.starts_on} to {head.ends_on}"


def _lines(text: str, width: int, *, bold: bool = False) -> int:
    """How many lines a text takes in a column of so many characters. Not every program finds that out for itself."""
    room = max(1, round((width - 1) * (0.92 if bold else 1.04)))
    return sum(len(textwrap.wrap(line, room)) or 1 for line in text.split("\n"))


def _height(page: Worksheet, row: int, lines: int) -> None:
    page.set_row(row, min(lines * LINE + 3, MOST_HEIGHT))


def _text(page: Worksheet, row: int, column: int, text: str, look: Format) -> None:
    """As text, whatever it begins with. The library would take a text in <r>...</r> for its own markup: a blank at the
    end, which is not read again, keeps it from that."""
    if not text:
        page.write_blank(row, column, None, look)
    else:
        page.write_string(row, column, text + " " if text.endswith("</r>") else text, look)


def _cell(page: Worksheet, row: int, column: int, value: str | int | float | None, look: Format) -> None:
    if isinstance(value, int | float):
        page.write_number(row, column, value, look)
    else:
        _text(page, row, column, value or "", look)


def _audit(page: Worksheet, sheet: Sheet, looks: Mapping[Look, Format]) -> None:
    page.set_column(0, 0, 30)
    page.set_column(1, 1, 76)
    said = sheet.head.to_json()
    lines = {HEAD[name]: _plain(said[name]) for name in HEAD} | {CHECKSUM: checksum(sheet.head, sheet.base)}
    for number, (label, text) in enumerate(lines.items()):
        _height(page, number, _lines(text, 76))
        _text(page, number, 0, label, looks["title"])
        _text(page, number, 1, text, looks["text"])


def _plain(value: Json) -> str:
    if isinstance(value, bool):
        return YES if value else NO
    return ", ".join(value) if isinstance(value, list) else str(value)


def _provisions(page: Worksheet, sheet: Sheet, catalogue: Standard, looks: Mapping[Look, Format]) -> None:
    for number, column in enumerate(COLUMNS):
        page.set_column(number, number, column.width)
        _text(page, 0, number, column.title, looks["head"])
    _height(page, 0, max(_lines(column.title, column.width, bold=True) for column in COLUMNS))
    # It opens at the answers, with the requirement beside them; how it is tested stands to the left of the answers.
    page.freeze_panes(1, FROZEN, 1, LIMITS)
    page.set_selection(1, AT["result"], 1, AT["result"])
    page.repeat_rows(0)
    page.repeat_columns(0, 1)
    page.set_print_scale(SCALE)
    page.set_v_pagebreaks([len(ASKED)])
    page.print_across()
    for at, provision in enumerate(catalogue.provisions.values(), start=1):
        texts = asked(provision, sheet.head.type)
        for number, text in enumerate(texts):
            _text(page, at, number, text, looks["title" if number < 2 else "text"])
        row = sheet.rows.get(provision.id)
        said = {AT[name]: str(value) for name, value in (shown_row(row) if row else {}).items() if value is not None}
        written = {**dict(enumerate(texts)), **said}
        _height(page, at, max(_lines(text, COLUMNS[n].width, bold=n < 2) for n, text in written.items()))
        _answer(page, at, provision, sheet, looks, fieldwork=catalogue.fieldwork is not None)
    page.print_area(0, 0, len(catalogue.provisions), len(COLUMNS) - 1)


def _answer(
    page: Worksheet, at: int, provision: Provision, sheet: Sheet, looks: Mapping[Look, Format], *, fieldwork: bool
) -> None:
    """The open cells of one row; closed where nothing can be said, or nothing new."""
    row = sheet.rows.get(provision.id)
    values = shown_row(row) if row else {}
    possible = flags_for(provision)
    lists: dict[str, Sequence[str]] = {
        "result": [
            each.replace("_", " ")
            for each in results_for(provision, sheet.head.type, remote=sheet.head.remote, fieldwork=fieldwork)
        ],
        "severity": severities_for(provision),
        **dict.fromkeys(possible, (YES, NO)),
    }
    for name, column in AT.items():
        value = values.get(name)
        is_open = provision.id not in sheet.standing and (name not in FLAGS or name in possible or value is not None)
        look: Look = ("number" if name in ("affected", "sampled") else "input") if is_open else "closed"
        _cell(page, at, column, value, looks[look])
        if is_open:
            page.data_validation(at, column, at, column, _rule(name, column, lists))


def _rule(name: str, column: int, lists: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """What a cell takes: a drop-down, a whole number, or any text with a hint."""
    rule: dict[str, Any] = {"input_title": COLUMNS[column].title, "input_message": COLUMNS[column].hint}
    if name in lists:
        return {**rule, "validate": "list", "source": list(lists[name]), "error_message": "Choose one of the list."}
    if name in ("affected", "sampled"):
        least = 0 if name == "affected" else 1
        return {**rule, **_whole(least, MOST_COUNT)}
    return {**rule, "validate": "any"}


def _whole(least: int, most: int) -> dict[str, Any]:
    return {
        "validate": "integer", "criteria": "between", "minimum": least, "maximum": most,
        "error_message": f"A whole number from {least} to {most}.",
    }  # fmt: skip


def _report(page: Worksheet, sheet: Sheet, looks: Mapping[Look, Format]) -> None:
    for number, (title, width) in enumerate(zip(REPORT_TITLES, (52, 60, 48), strict=True)):
        page.set_column(number, number, width)
        _text(page, 0, number, title, looks["head"])
    _height(page, 0, 1)
    page.freeze_panes(1, 1)
    page.repeat_rows(0)
    page.fit_to_pages(1, 0)
    for at, figure in enumerate(FIGURES.values(), start=1):
        value = shown(figure, sheet.figures.get(figure.name))
        room = max(LINES_OF.get(figure.kind, 1), _lines(str(value or ""), 60))
        _height(page, at, max(room, _lines(figure.label, 52, bold=True), _lines(figure.hint, 48)))
        look: Look = {"count": "number", "days": "number", "tenths": "decimal"}.get(figure.kind, "input")  # type: ignore[assignment]
        _text(page, at, 0, figure.label, looks["title"])
        _cell(page, at, 1, value, looks[look])
        _text(page, at, 2, figure.hint, looks["text"])
        if (rule := _figure_rule(figure)) is not None:
            page.data_validation(at, 1, at, 1, rule)


def _figure_rule(figure: Figure) -> dict[str, Any] | None:
    match figure.kind:
        case "count":
            return _whole(0, MOST_COUNT)
        case "days":
            return _whole(1, 7)
        case "flag":
            return {"validate": "list", "source": [YES, NO]}
        case "outcome":
            return {"validate": "list", "source": [each.replace("_", " ") for each in OUTCOMES]}
        case "tenths":
            return {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": 1000}
        case _:
            return None


def _help(page: Worksheet, paragraphs: Sequence[str], looks: Mapping[Look, Format]) -> None:
    page.set_column(0, 0, 110)
    page.fit_to_pages(1, 0)
    for number, text in enumerate(paragraphs):
        _height(page, number, 2 if number == 0 else _lines(text, 110))
        _text(page, number, 0, text, looks["heading" if number == 0 else "text"])
