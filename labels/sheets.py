"""Sheets for a laser printer: an A4 PDF with 24 labels a page, and the CSV for a print house.

Owns the page layout and a small PDF writer of its own: QR codes as filled rectangles (never images: a print house must
not resample them), text in the standard fonts, black ink only. All places are whole printer dots at 600 dpi, four dots
at 300. The same labels give the same bytes, so a sheet can be written again at any time.
"""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from ground.errors import Invalid
from labels.artwork import Wording
from labels.qr import DOTS, QUIET, Matrix

# Everything below is in dots of 1/600 inch from the top left corner. A4 is rounded to whole dots of 300 dpi.
PAGE_WIDTH, PAGE_HEIGHT = 4960, 7016
POINTS_PER_DOT = "0.12"  # 72 points an inch
COLUMNS, ROWS = 3, 8
PER_PAGE = COLUMNS * ROWS
LABEL_WIDTH, LABEL_HEIGHT = 1500, 800.8  # 63.5 x 33.9 mm: Avery L7159, which has no gap between rows
GAP = 60  # 2.54 mm between columns
LEFT = (PAGE_WIDTH - COLUMNS * LABEL_WIDTH - (COLUMNS - 1) * GAP) // 2
TOP = round((PAGE_HEIGHT - ROWS * LABEL_HEIGHT) / 2)
INSET = 48  # 2 mm: a code cut at its edge is lost, whatever its error correction (LABELS.md 4)
FOOTER = PAGE_HEIGHT - 130  # 5.5 mm from the edge: printers reach it

# Widths of letters are not looked up: the sizes are chosen so that text of average width fits, per font.
WIDTH_OF = {"F1": 0.56, "F2": 0.60, "F3": 0.62}  # Helvetica, Courier-Bold, Helvetica-Bold, in ems
FONTS = {"F1": "Helvetica", "F2": "Courier-Bold", "F3": "Helvetica-Bold"}
CODE_SIZE = 72  # dots: capitals of 1.7 mm
LINES = (("F3", 70), ("F1", 58), ("F1", 54), ("F1", 58))  # mark, licence, hint, host: the largest size of each

FORMULA = ("=", "+", "-", "@", "\t", "\r")
COLUMN_NAMES = (
    "seq", "human_code", "url", "batch", "licence", "product", "use_by", "qr_version", "mask", "matrix_hex",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Printed:
    """One label to print. seq: its index in the batch, from 0, as in voiding."""

    seq: int
    human: str
    url: str
    matrix: Matrix


def sheet(labels: Iterable[Printed], wording: Wording, batch: int) -> bytes:
    """The PDF of these labels, 24 a page, in their order. Invalid: a mark with letters the fonts do not have."""
    source, pages = iter(labels), []
    while page := list(islice(source, PER_PAGE)):
        pages.append(zlib.compress(_page(page, wording, batch), 6))
    return _document(pages)


def _page(labels: Sequence[Printed], wording: Wording, batch: int) -> bytes:
    """One page's content: turned so that dots count from the top left, black set once, one fill a label."""
    parts = ["0 0 0 1 k", f"q {POINTS_PER_DOT} 0 0 -{POINTS_PER_DOT} 0 {_points(PAGE_HEIGHT)} cm"]
    texts: list[str] = []
    for place, label in enumerate(labels):
        left = LEFT + place % COLUMNS * (LABEL_WIDTH + GAP)
        top = TOP + round(place // COLUMNS * LABEL_HEIGHT)
        side = (label.matrix.size + 2 * QUIET) * DOTS
        # The code in the middle of the label's height; its own quiet zone is part of `side`.
        down = top + max(0, round((LABEL_HEIGHT - side) / 2))
        parts.append(f"q {DOTS} 0 0 {DOTS} {left + INSET + QUIET * DOTS} {down + QUIET * DOTS} cm")
        parts.append("\n".join(f"{x} {y} {width} 1 re" for x, y, width in label.matrix.runs()))
        parts.append("f Q")
        texts += _label_text(left + INSET + side, left + LABEL_WIDTH - INSET, down + QUIET * DOTS, label, wording)
    version, mask = labels[0].matrix.name, labels[0].matrix.mask
    foot = (
        f"Batch {batch}, labels {labels[0].seq} to {labels[-1].seq}. QR {version}, mask {mask}, {DOTS} dots at 600 dpi."
    )
    texts.append(_text("F1", 50, LEFT, FOOTER, foot))
    return "\n".join((*parts, "Q", "BT", *texts, "ET", "")).encode("cp1252")


def _label_text(left: int, right: int, top: int, label: Printed, wording: Wording) -> Iterator[str]:
    room = right - left
    baseline = top + LINES[0][1]
    for (font, largest), line in zip(LINES, wording.lines, strict=True):
        size = _size(font, largest, line, room)
        yield _text(font, size, left, baseline, line)
        baseline += round(largest * 1.3)
    yield _text("F2", _size("F2", CODE_SIZE, label.human, room), left, baseline, label.human)


def _size(font: str, largest: int, line: str, room: int) -> int:
    return max(1, min(largest, int(room / (WIDTH_OF[font] * max(1, len(line))))))


def _text(font: str, size: int, x: int, y: int, line: str) -> str:
    """A line at its baseline. Placed in points from the bottom left: in the turned space it would be mirrored."""
    try:
        line.encode("cp1252")
    except UnicodeEncodeError as error:
        raise Invalid(f"{line!r} has letters that a sheet cannot show") from error
    escaped = line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return f"/{font} {_points(size)} Tf 1 0 0 1 {_points(x)} {_points(PAGE_HEIGHT - y)} Tm ({escaped}) Tj"


def _points(dots: int) -> str:
    """Exactly: a dot is 0.12 points."""
    whole, rest = divmod(dots * 12, 100)
    return f"{whole}.{rest:02d}"


def _document(pages: Sequence[bytes]) -> bytes:
    """The file around compressed page contents: header, objects, cross-reference table, trailer. No dates, no ids."""
    first_page = 3 + len(FONTS)
    kids = " ".join(f"{first_page + 2 * n} 0 R" for n in range(len(pages)))
    fonts = " ".join(f"/{name} {3 + n} 0 R" for n, name in enumerate(FONTS))
    objects = [
        # Printed at its own size: "fit to page" would change the module width.
        b"<< /Type /Catalog /Pages 2 0 R /ViewerPreferences << /PrintScaling /None >> >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} /MediaBox [0 0 {_points(PAGE_WIDTH)} "
        f"{_points(PAGE_HEIGHT)}] /Resources << /Font << {fonts} >> >> >>".encode(),
    ]
    objects += [
        f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>".encode()
        for name in FONTS.values()
    ]
    for number, content in enumerate(pages):
        objects.append(f"<< /Type /Page /Parent 2 0 R /Contents {first_page + 2 * number + 1} 0 R >>".encode())
        head = f"<< /Length {len(content)} /Filter /FlateDecode >>\nstream\n".encode()
        objects.append(head + content + b"\nendstream")
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")  # the second line says: this file is binary
    places = []
    for number, content in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%b\nendobj\n" % (number, content))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for at in places:
        out.write(b"%010d 00000 n \n" % at)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return out.getvalue()


def csv_head() -> bytes:
    """The first line of the CSV file (RFC 4180, UTF-8, CRLF)."""
    return _csv([COLUMN_NAMES])


def csv_rows(labels: Iterable[Printed], batch: int, licence: str, product: str, use_by: str) -> bytes:
    """The lines of these labels. matrix_hex: the modules, row by row, each row filled up to whole bytes.

    A product's name that a spreadsheet would calculate is prefixed with an apostrophe.
    """
    named = f"'{product}" if product.startswith(FORMULA) else product
    return _csv(
        (
            label.seq, label.human, label.url, batch, licence, named, use_by,
            label.matrix.name, label.matrix.mask, label.matrix.hex,
        )
        for label in labels
    )  # fmt: skip


def _csv(rows: Iterable[Sequence[object]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()
