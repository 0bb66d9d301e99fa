"""The XML of a workbook: no entities, no relations to elsewhere, no formula that calls a program or the network.

Pure: the inflated bytes of one part in, nothing or a refusal out. Bytes are searched, not parsed, wherever that is
sound: parts must be UTF-8, and a document type or a formula with markup inside is refused, so nothing can be spelled
in a way that the search would miss. Only the small lists of relations and types are parsed.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from xml.parsers import expat

from ground.errors import Invalid

MOST_LIST = 4 * 2**20  # bytes of a list of relations or types; a workbook with 2,000 links has 300 KiB
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
LINKS = ("http://", "https://", "mailto:", "#")  # what a cell may point a reader to: nothing happens before a click

_ENCODING = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")
_FORMULA = re.compile(
    rb"<(?:[\w.-]+:)?(f|formula[12]?|definedName|calculatedColumnFormula|totalsRowFormula)"
    rb"(?:\s+[\w.:-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*>([^<]*)(</)?"
)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|\[[^\[\]]*\]")
_CALLS = ("WEBSERVICE", "RTD", "CALL", "REGISTER", "REGISTER.ID", "EXEC", "DDE", "IMAGE", "STOCKHISTORY")
_CALL = re.compile(rf"(?<![\w.])(?:_xlfn\.)?(?:{'|'.join(map(re.escape, _CALLS))})\s*\(", re.IGNORECASE)
_SIGNS = tuple(name.encode() for name in _CALLS if "." not in name)
_STEP = 2**22  # bytes made upper case at a time
_OVERLAP = 32  # more than the longest sign


def check_xml(name: str, body: bytearray) -> None:
    """Invalid when the part is no UTF-8 XML, or brings a document type, with which entities could be expanded."""
    text = body.removeprefix(b"\xef\xbb\xbf") if body[:3] == b"\xef\xbb\xbf" else body
    if not text[:200].lstrip().startswith(b"<") or b"\0" in text:
        raise Invalid(f"{name!r} in this workbook is no XML in UTF-8")
    encoding = _ENCODING.match(text, 0, 300)
    if encoding is not None and encoding[1].lower() not in (b"utf-8", b"us-ascii", b"ascii"):
        raise Invalid(f"{name!r} in this workbook is not written in UTF-8")
    for word in (b"<!DOCTYPE", b"<!doctype", b"<!ENTITY"):
        if word in text:
            raise Invalid(f"{name!r} in this workbook has a document type, with which entities can be expanded")


def check_types(body: bytearray) -> None:
    """Invalid when the archive is another kind of document, or one with macros."""
    types = [attributes.get("ContentType", "") for _, attributes in _elements("[Content_Types].xml", body)]
    if any("macro" in one.lower() or "vba" in one.lower() for one in types):
        raise Invalid("this workbook has macros; save it as XLSX without them")
    if WORKBOOK not in types:
        raise Invalid("this archive is another kind of document; only XLSX workbooks are taken")


def check_relationships(name: str, body: bytearray) -> None:
    """Invalid when the workbook points outside itself by anything but a plain link."""
    for _, attributes in _elements(name, body):
        kind = attributes.get("Type", "").rsplit("/", 1)[-1].lower()
        target = attributes.get("Target", "")
        if kind in ("vbaproject", "oleobject", "package", "control", "externallink", "externallinkpath"):
            raise Invalid(f"this workbook has a relation {kind!r}: files or links inside; save it without them")
        if attributes.get("TargetMode", "").strip().lower() != "external":
            continue
        if kind != "hyperlink" or not target.strip().lower().startswith(LINKS):
            raise Invalid(f"this workbook points to {target[:60]!r} outside itself; only web and mail links are taken")


def check_formulas(name: str, body: bytearray) -> None:
    """Invalid when a formula starts a program (DDE) or fetches something from elsewhere."""
    if b"ddeLink" in body or b"oleLink" in body:
        raise Invalid(f"{name!r} in this workbook has a DDE or OLE link; break the links and save it again")
    if not _suspicious(body):
        return
    for found in _FORMULA.finditer(body):
        if found[3] is None:
            raise Invalid(f"a formula in {name!r} has markup inside; save the workbook again")
        text = html.unescape(found[2].decode("utf-8", "replace"))
        if "|" not in text and "(" not in text:
            continue
        plain = _QUOTED.sub(" ", text)
        if "|" in plain:
            raise Invalid(f"a formula in {name!r} starts a program (DDE): {text[:60]!r}")
        if (call := _CALL.search(plain)) is not None:
            raise Invalid(f"a formula in {name!r} calls {call[0].rstrip('( ').upper()}, which reaches outside")


def _suspicious(body: bytearray) -> bool:
    """Is a sign of a dangerous formula anywhere? Most sheets have none, and need not be searched cell by cell."""
    if b"|" in body or b"&#" in body or b"<![CDATA[" in body or b"<!--" in body:
        return True
    for start in range(0, len(body), _STEP):
        piece = body[start : start + _STEP + _OVERLAP].upper()
        if any(sign in piece for sign in _SIGNS):
            return True
    return False


def _elements(name: str, body: bytearray) -> Iterator[tuple[str, dict[str, str]]]:
    if len(body) > MOST_LIST:
        raise Invalid(f"{name!r} in this workbook has {len(body)} bytes; at most {MOST_LIST} are taken")
    found: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda tag, attributes: found.append((tag, attributes))
    try:
        parser.Parse(bytes(body), True)
    except expat.ExpatError as error:
        raise Invalid(f"{name!r} in this workbook is damaged: {error}") from error
    yield from found
