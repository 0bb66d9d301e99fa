"""An office program in small: cells of a workbook changed in its XML, parts added, without any spreadsheet library.

What is written here is what a person would have saved. `cells` reads a page in the same plain way, as a second opinion
beside the library that the code under test reads with.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from functools import lru_cache
from xml.etree import ElementTree as ET

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
ET.register_namespace("", MAIN)
ET.register_namespace("r", RELATIONS)
M = f"{{{MAIN}}}"
PAGES = ("Audit", "Provisions", "Report", "How to", "State")
Value = str | int | float | bool | None


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(found: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in found.items():
            archive.writestr(name, body)
    return out.getvalue()


def part_of(page: str) -> str:
    return f"xl/worksheets/sheet{PAGES.index(page) + 1}.xml"


def edited(data: bytes, changes: Mapping[str, Value]) -> bytes:
    """The workbook with these cells changed: {"Provisions!I2": "finding"}; None empties one."""
    found = parts(data)
    for page in {name.split("!")[0] for name in changes}:
        root = ET.fromstring(found[part_of(page)])
        for name, value in changes.items():
            if name.startswith(f"{page}!"):
                put(root, name.split("!")[1], value)
        found[part_of(page)] = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return packed(found)


def put(root: ET.Element, place: str, value: Value) -> None:
    cell = _cell(root, place)
    style = cell.get("s")
    cell.clear()
    cell.set("r", place)
    if style is not None:
        cell.set("s", style)
    if value is None:
        return
    if isinstance(value, str):
        cell.set("t", "inlineStr")
        text = ET.SubElement(ET.SubElement(cell, f"{M}is"), f"{M}t")
        text.text = value
        text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        return
    if isinstance(value, bool):
        cell.set("t", "b")
    ET.SubElement(cell, f"{M}v").text = str(int(value)) if isinstance(value, bool) else repr(value)


def _cell(root: ET.Element, place: str) -> ET.Element:
    """The cell's element, made where it belongs if it is not there."""
    letters, number = split(place)
    data = root.find(f"{M}sheetData")
    assert data is not None
    row = next((row for row in data if row.get("r") == str(number)), None)
    if row is None:
        row = ET.Element(f"{M}row", {"r": str(number)})
        before = [int(each.get("r", "0")) for each in data]
        data.insert(sum(each < number for each in before), row)
    for at, cell in enumerate(row):
        other = split(cell.get("r", ""))[0]
        if other == letters:
            return cell
        if (len(other), other) > (len(letters), letters):
            new = ET.Element(f"{M}c", {"r": place})
            row.insert(at, new)
            return new
    return ET.SubElement(row, f"{M}c", {"r": place})


def split(place: str) -> tuple[str, int]:
    found = re.fullmatch(r"([A-Z]+)([0-9]+)", place)
    assert found is not None, place
    return found[1], int(found[2])


@lru_cache(maxsize=64)
def cells(data: bytes, page: str) -> dict[str, str]:
    """Every cell of a page that is not empty, as text. Not to be changed: it is kept."""
    found = parts(data)
    shared = [
        "".join(text.text or "" for text in item.iter(f"{M}t")) for item in ET.fromstring(found["xl/sharedStrings.xml"])
    ]
    values: dict[str, str] = {}
    for cell in ET.fromstring(found[part_of(page)]).iter(f"{M}c"):
        raw = cell.find(f"{M}v")
        text = "".join(each.text or "" for each in cell.iter(f"{M}t")) if raw is None else (raw.text or "")
        if cell.get("t") == "s":
            text = shared[int(text)]
        if text:
            values[cell.get("r", "")] = text
    return values


def row_of(data: bytes, provision: str) -> int:
    """The number of a provision's row, as a spreadsheet counts."""
    asked = cells(data, "Provisions").items()
    return next(split(place)[1] for place, text in asked if place[0] == "A" and text == provision)
