"""One label as a picture: PNG for a proof and for small runs, SVG for whoever lays out a hang tag.

Owns the layout of a single label: the symbol with its quiet zone, and beneath it the human code, the mark, the licence
number and the host that the address must begin with (a code pasted over ours leads elsewhere). Both pictures are
16.6 mm wide at version 6 and say the same. Draws nothing at random, so every retry gives the same picture.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw, ImageFont

from labels.qr import DOTS, DPI, QUIET, Matrix

INK, PAPER = 0, 255
CODE_DOTS = 58  # font size at which capitals are 1.8 mm high at 600 dpi: the least for a code to type (LABELS.md 5)
CODE_PITCH = 52  # dots from symbol to symbol: a fixed pitch, so that no symbol hides in another's shadow
LINE_DOTS = 30  # the other lines, where they fit
LEAST_DOTS = 12
MARGIN = 16  # dots left and right of the text
LEADING = 1.25
MM_PER_INCH = 25.4

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True)
class Wording:
    """What stands on a label beside its code. mark: the scheme's name; licence: the certificate number."""

    mark: str
    licence: str
    prefix: str

    @property
    def lines(self) -> tuple[str, ...]:
        return (self.mark, f"Licence {self.licence}", "The address must begin with", shown_host(self.prefix))


def shown_host(prefix: str) -> str:
    """`https://v.example.org/` -> `v.example.org/`: what a phone shows; with plain http, in demo worlds, all of it."""
    parts = urlsplit(prefix)
    return f"{parts.netloc}/" if parts.scheme == "https" else prefix


def png(matrix: Matrix, human: str, wording: Wording) -> bytes:
    """600 dpi, 8 dots a module, 4 modules of quiet zone; grey with black and white modules only."""
    side = (matrix.size + 2 * QUIET) * DOTS
    fonts = [_fitting(line, side - 2 * MARGIN) for line in wording.lines]
    code_lines = _code_lines(human)
    text_height = sum(_height(size) for size in (*[CODE_DOTS] * len(code_lines), *(size for size, _ in fonts)))
    image = Image.new("L", (side, side + text_height + MARGIN), PAPER)
    draw = ImageDraw.Draw(image)
    for x, y, width in matrix.runs():
        left, top = (x + QUIET) * DOTS, (y + QUIET) * DOTS
        draw.rectangle((left, top, left + width * DOTS - 1, top + DOTS - 1), fill=INK)
    top = side
    code_font = ImageFont.load_default(CODE_DOTS)
    for line in code_lines:
        _draw_code(draw, line, side, top, code_font)
        top += _height(CODE_DOTS)
    for line, (size, font) in zip(wording.lines, fonts, strict=True):
        draw.text((side / 2, top), line, fill=INK, font=font, anchor="ma")
        top += _height(size)
    out = io.BytesIO()
    image.save(out, "PNG", dpi=(DPI, DPI), optimize=False)
    return out.getvalue()


def svg(matrix: Matrix, human: str, wording: Wording) -> bytes:
    """The same label as vectors: one path for the symbol, in printer dots, sized in millimetres."""
    side = (matrix.size + 2 * QUIET) * DOTS
    path = "".join(
        f"M{(x + QUIET) * DOTS} {(y + QUIET) * DOTS}h{width * DOTS}v{DOTS}h-{width * DOTS}z"
        for x, y, width in matrix.runs()
    )
    texts, top = [], side
    for line in _code_lines(human):
        texts.append(_text(line, side, top, CODE_DOTS, 'font-family="monospace" font-weight="bold"'))
        top += _height(CODE_DOTS)
    for line in wording.lines:
        size, _ = _fitting(line, side - 2 * MARGIN)
        texts.append(_text(line, side, top, size, 'font-family="sans-serif"'))
        top += _height(size)
    height = top + MARGIN
    body = "\n".join(texts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_mm(side)}mm" height="{_mm(height)}mm" '
        f'viewBox="0 0 {side} {height}">\n'
        f'<title>{escape(human)}</title>\n<rect width="{side}" height="{height}" fill="#fff"/>\n'
        f'<path shape-rendering="crispEdges" fill="#000" d="{path}"/>\n{body}\n</svg>\n'
    ).encode()


def _code_lines(human: str) -> list[str]:
    """One group of five a line: so the symbols can be large on a label as narrow as its code."""
    groups = human.split("-")
    return [f"{group}-" for group in groups[:-1]] + groups[-1:]


def _draw_code(draw: ImageDraw.ImageDraw, line: str, side: int, top: int, font: Font) -> None:
    symbols = line.rstrip("-")
    left = (side - len(symbols) * CODE_PITCH) / 2 + CODE_PITCH / 2
    for place, symbol in enumerate(line):
        middle = left + place * CODE_PITCH
        draw.text((middle, top), symbol, fill=INK, font=font, anchor="ma")
        if symbol == "0":  # slashed, so that nobody types the letter
            x0, y0, x1, y1 = draw.textbbox((middle, top), symbol, font=font, anchor="ma")
            inset = (x1 - x0) * 0.3
            draw.line((x0 + inset, y1 - inset, x1 - inset, y0 + inset), fill=INK, width=4)


def _fitting(line: str, width: int) -> tuple[int, Font]:
    """The largest size, from LINE_DOTS down, at which the line fits; a line that never does is cut by the edge."""
    for size in range(LINE_DOTS, LEAST_DOTS, -1):
        font = ImageFont.load_default(size)
        if font.getlength(line) <= width:
            return size, font
    return LEAST_DOTS, ImageFont.load_default(LEAST_DOTS)


def _height(size: int) -> int:
    return round(size * LEADING)


def _text(line: str, side: int, top: int, size: int, style: str) -> str:
    return (
        f'<text x="{side // 2}" y="{top + size}" font-size="{size}" text-anchor="middle" {style}>{escape(line)}</text>'
    )


def _mm(dots: int) -> str:
    return f"{dots * MM_PER_INCH / DPI:.3f}"
