"""From digits to modules: the QR symbol of a label, the same for every printer and every retry.

Owns segments (byte prefix, numeric digits), version, error correction, the fixed mask and the quiet zone. The symbol is
built by `qrcode`; long runs are built from a table, because with version and mask fixed every module is a sum modulo 2
of the payload's bits (tests hold the two against each other bit for bit). Pure: pictures are made elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_M, ERROR_CORRECT_Q
from qrcode.exceptions import DataOverflowError
from qrcode.util import MODE_8BIT_BYTE, MODE_NUMBER, QRData

from ground.errors import Invalid

Level = Literal["M", "Q"]

LEVELS = {"M": ERROR_CORRECT_M, "Q": ERROR_CORRECT_Q}
"""M for print, Q for textiles; never L: a tenth of the area lost and it is unreadable (LABELS.md 4)."""

MASK = 2  # fixed, so that the same label has one picture; of the eight, the lowest mean penalty over 40 labels
QUIET = 4  # modules of white around the symbol (ISO/IEC 18004)
DOTS = 8  # printer dots a module at 600 dpi: 0.339 mm, the smallest module that phones read well (LABELS.md 4)
DPI = 600
MAX_PREFIX = 60  # characters; far beyond it the symbol would be too fine for a label
MAX_VERSION = 20
BASE = {1: 1, 2: 21, 3: 341}  # by number of digits: with any one bit flipped it still has that many digits
_RUN = re.compile("1+")


@dataclass(frozen=True)
class Matrix:
    """rows: one integer a row, the leftmost module in its highest bit; 1 is dark. No quiet zone."""

    rows: tuple[int, ...]
    version: int
    level: Level
    mask: int

    @property
    def size(self) -> int:
        return len(self.rows)

    @property
    def name(self) -> str:
        """`6-M`: as job sheets and CSV files write it."""
        return f"{self.version}-{self.level}"

    def dark(self, x: int, y: int) -> bool:
        return bool(self.rows[y] >> self.size - 1 - x & 1)

    def runs(self) -> Iterator[tuple[int, int, int]]:
        """(x, y, width) of each horizontal run of dark modules, from the top left."""
        for y, row in enumerate(self.rows):
            for run in _RUN.finditer(f"{row:0{self.size}b}"):
                yield run.start(), y, run.end() - run.start()

    @property
    def hex(self) -> str:
        """The modules row by row, each row filled up to whole bytes with zeros on the right."""
        width = -(-self.size // 8)
        return "".join(f"{row << 8 * width - self.size:0{2 * width}x}" for row in self.rows)


def matrix(prefix: str, digits: str, level: Level = "M") -> Matrix:
    """The symbol of one label: `prefix` in a byte segment, `digits` in a numeric one; the smallest version that fits.

    A prefix of at most 26 characters and 187 digits is 6-M (41 modules) or, at Q, up to 28 characters, 8-Q.
    """
    version = version_for(prefix, len(digits), level)
    return _wrap(_built(prefix, digits, level, version), version, level)


def version_for(prefix: str, digits: int, level: Level = "M") -> int:
    """The QR version of such labels. Invalid: a prefix that is not lower-case ASCII, or too long for a label."""
    return _version(prefix, digits, level)


@lru_cache(maxsize=64)
def _version(prefix: str, digits: int, level: Level) -> int:
    if not prefix.isascii() or not prefix.isprintable() or prefix != prefix.lower() or len(prefix) > MAX_PREFIX:
        raise Invalid(f"the address before the digits must be lower-case ASCII of at most {MAX_PREFIX} characters")
    code = _code(prefix, "0" * digits, level, None)
    try:
        return int(code.best_fit())
    except (DataOverflowError, ValueError) as error:
        raise Invalid(f"{digits} digits do not fit a QR code") from error


def printer(prefix: str, digits: int, level: Level = "M") -> Callable[[str], Matrix]:
    """A function from digits (always that many) to the same symbol as `matrix`, for long runs.

    Making it costs about a second; each symbol then costs some 60 lookups and exclusive ors.
    """
    version = version_for(prefix, digits, level)
    zero, tables = _tables(prefix, digits, level, version)

    def drawn(text: str) -> Matrix:
        if len(text) != digits or not (text.isascii() and text.isdigit()):
            raise Invalid(f"this printer prints {digits} digits")
        bits = zero
        for at, table in tables:
            bits ^= table[int(text[at : at + 3])]
        return _wrap(bits, version, level)

    return drawn


@lru_cache(maxsize=4)
def _tables(prefix: str, digits: int, level: Level, version: int) -> tuple[int, list[tuple[int, list[int]]]]:
    """The modules that all-zero digits would have, and for each group of digits what each of its values changes.

    Data bits, Reed-Solomon symbols and the mask are all linear over GF(2): what a value changes is the exclusive or of
    what its bits change, and that is measured on BASE, each of whose bits can be flipped without leaving the digits.
    (All-zero digits themselves cannot be drawn: the library divides by the first symbol of a block.)
    """
    groups = [(at, min(3, digits - at)) for at in range(0, digits, 3)]
    sample = "".join(f"{BASE[width]:0{width}d}" for _, width in groups)
    drawn = zero = _built(prefix, sample, level, version)
    tables = []
    for at, width in groups:
        table = [0] * 10**width
        for value in range(1, len(table)):
            low = value & -value
            if value == low:
                changed = f"{sample[:at]}{BASE[width] ^ value:0{width}d}{sample[at + width :]}"
                table[value] = _built(prefix, changed, level, version) ^ drawn
            else:
                table[value] = table[low] ^ table[value ^ low]
        zero ^= table[BASE[width]]
        tables.append((at, table))
    return zero, tables


def _built(prefix: str, digits: str, level: Level, version: int) -> int:
    """All modules as one integer, row by row, as the library places them."""
    code = _code(prefix, digits, level, version)
    code.make(fit=False)
    return int("".join("1" if dark else "0" for row in code.modules for dark in row), 2)


def _code(prefix: str, digits: str, level: Level, version: int | None) -> QRCode[object]:
    code: QRCode[object] = QRCode(version=version, error_correction=LEVELS[level], mask_pattern=MASK, border=0)
    code.add_data(QRData(prefix.encode(), mode=MODE_8BIT_BYTE, check_data=False))
    code.add_data(QRData(digits.encode(), mode=MODE_NUMBER))
    return code


def _wrap(bits: int, version: int, level: Level) -> Matrix:
    size = 17 + 4 * version
    whole = (1 << size) - 1
    rows = tuple(bits >> size * (size - 1 - y) & whole for y in range(size))
    return Matrix(rows, version, level, MASK)
