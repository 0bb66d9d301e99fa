"""Symbols: the exact version and segments, one picture per label, the fast way equal to the library's bit for bit."""

import random

import pytest
import zxingcpp
from PIL import Image
from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import MODE_8BIT_BYTE, MODE_NUMBER, QRData

from ground.errors import Invalid
from labels import qr
from labels.qr import Level, Matrix

PREFIX = "https://v.tffree.org/"
DRAW = random.Random(6)


def digits(count: int = 187) -> str:
    return "".join(DRAW.choice("0123456789") for _ in range(count))


def picture(matrix: Matrix, dots: int = 4) -> Image.Image:
    side = matrix.size + 8
    image = Image.new("L", (side, side), 255)
    for y in range(matrix.size):
        for x in range(matrix.size):
            if matrix.dark(x, y):
                image.putpixel((x + 4, y + 4), 0)
    return image.resize((side * dots, side * dots), Image.Resampling.NEAREST)


def read(image: Image.Image) -> zxingcpp.Barcode:
    (found,) = zxingcpp.read_barcodes(image)
    return found


@pytest.mark.parametrize(
    ("prefix", "count", "level", "name", "size"),
    [
        ("https://v.tffree.org/", 187, "M", "6-M", 41),
        ("http://localhost:8000/", 187, "M", "6-M", 41),
        ("https://" + "h" * 17 + "/", 187, "M", "6-M", 41),  # 26 characters
        ("https://" + "h" * 18 + "/", 187, "M", "7-M", 45),  # 27: the next version
        ("https://v.tffree.org/", 202, "M", "7-M", 45),
        ("https://" + "h" * 19 + "/", 187, "Q", "8-Q", 49),  # 28 characters
        ("https://" + "h" * 20 + "/", 187, "Q", "9-Q", 53),
    ],
)
def test_version_follows_from_the_address(prefix: str, count: int, level: Level, name: str, size: int) -> None:
    matrix = qr.matrix(prefix, digits(count), level)
    assert (matrix.name, matrix.size, matrix.mask) == (name, size, qr.MASK)
    assert qr.version_for(prefix, count, level) == matrix.version


@pytest.mark.parametrize(("count", "level"), [(187, "M"), (202, "M"), (187, "Q")])
def test_a_decoder_of_others_reads_the_very_text(count: int, level: Level) -> None:
    text = digits(count)
    found = read(picture(qr.matrix(PREFIX, text, level)))
    assert found.text == PREFIX + text
    assert found.ec_level == level


def test_it_is_what_the_library_draws_from_these_two_segments() -> None:
    text = digits()
    code = QRCode(version=6, error_correction=ERROR_CORRECT_M, mask_pattern=qr.MASK, border=0)
    code.add_data(QRData(PREFIX.encode(), mode=MODE_8BIT_BYTE))
    code.add_data(QRData(text.encode(), mode=MODE_NUMBER))
    code.make(fit=False)
    matrix = qr.matrix(PREFIX, text)
    assert [[matrix.dark(x, y) for x in range(41)] for y in range(41)] == [list(map(bool, row)) for row in code.modules]


@pytest.mark.parametrize(
    ("prefix", "count", "level"), [(PREFIX, 187, "M"), (PREFIX, 202, "M"), ("http://a:1/", 187, "Q")]
)
def test_the_printer_gives_the_same_symbols_bit_for_bit(prefix: str, count: int, level: Level) -> None:
    printer = qr.printer(prefix, count, level)
    for text in [digits(count) for _ in range(40)] + ["9" * count, "1" * count, "012" * 62 + "0" * (count - 186)]:
        assert printer(text) == qr.matrix(prefix, text, level)


def test_the_printer_takes_only_its_number_of_digits() -> None:
    printer = qr.printer(PREFIX, 187)
    for text in (digits(186), digits(202), "x" * 187, "٣" * 187):
        with pytest.raises(Invalid):
            printer(text)


def test_the_same_label_has_the_same_picture() -> None:
    text = digits()
    assert qr.matrix(PREFIX, text) == qr.matrix(PREFIX, text)


@pytest.mark.parametrize("prefix", ["HTTPS://V.TFFREE.ORG/", "https://ü.org/", "https://" + "a" * 60 + "/", "a\nb/"])
def test_addresses_that_phones_would_not_open_are_refused(prefix: str) -> None:
    with pytest.raises(Invalid):
        qr.matrix(prefix, digits())


def test_runs_cover_the_dark_modules_and_nothing_else() -> None:
    matrix = qr.matrix(PREFIX, digits())
    covered = {(x + step, y) for x, y, width in matrix.runs() for step in range(width)}
    assert covered == {(x, y) for x in range(41) for y in range(41) if matrix.dark(x, y)}


def test_the_hex_is_rows_of_whole_bytes() -> None:
    matrix = qr.matrix(PREFIX, digits())
    rows = [matrix.hex[at : at + 12] for at in range(0, len(matrix.hex), 12)]
    assert len(rows) == 41
    for y, row in enumerate(rows):
        bits = f"{int(row, 16):048b}"
        assert bits[41:] == "0" * 7
        assert [bit == "1" for bit in bits[:41]] == [matrix.dark(x, y) for x in range(41)]
