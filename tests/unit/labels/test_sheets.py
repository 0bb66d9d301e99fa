"""Sheets: a PDF that others open, whose every code another decoder reads; and a CSV that calculates nothing."""

import csv
import io
import random
import re
import zlib
from collections.abc import Sequence

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from ground.errors import Invalid
from labels import qr, sheets
from labels.artwork import Wording
from labels.serials import human_code
from labels.sheets import Printed

PREFIX = "https://v.tffree.org/"
WORDING = Wording("Human-Trafficking Free", "4Q7M0ZK1T9X", PREFIX)
DRAW = random.Random(24)


def printed(count: int, first: int = 0) -> list[Printed]:
    found = []
    for index in range(first, first + count):
        digits = "".join(DRAW.choice("0123456789") for _ in range(187))
        found.append(Printed(index, human_code(7, index), PREFIX + digits, qr.matrix(PREFIX, digits)))
    return found


LABELS = printed(30)
SHEET = sheets.sheet(LABELS, WORDING, 7)


@pytest.fixture(scope="module")
def pages() -> Sequence[Image.Image]:
    """Rendered at 600 dpi."""
    document = pypdfium2.PdfDocument(SHEET)
    found = [page.render(scale=600 / 72, grayscale=True).to_pil() for page in document]
    document.close()
    return found


def test_every_code_of_a_page_is_read_back(pages: Sequence[Image.Image]) -> None:
    read = [{one.text for one in zxingcpp.read_barcodes(page)} for page in pages]
    assert read == [{label.url for label in LABELS[:24]}, {label.url for label in LABELS[24:]}]


def test_codes_stand_where_the_stickers_are_in_their_order(pages: Sequence[Image.Image]) -> None:
    """24 a page, three columns of 63.5 mm, eight rows of 33.9 mm: each sticker holds its own code, whole."""
    millimetre = 600 / 25.4
    left, top = (210 - 3 * 63.5 - 2 * 2.54) / 2, (297 - 8 * 33.9) / 2
    for place in (0, 1, 2, 3, 23):
        x = (left + place % 3 * (63.5 + 2.54)) * millimetre
        y = (top + place // 3 * 33.9) * millimetre
        sticker = pages[0].crop((int(x), int(y), int(x + 63.5 * millimetre), int(y + 33.9 * millimetre)))
        assert [one.text for one in zxingcpp.read_barcodes(sticker)] == [LABELS[place].url]


def test_modules_are_whole_dots_at_600_dpi(pages: Sequence[Image.Image]) -> None:
    """The first row of a finder pattern is seven modules: 56 dots, dark, between white."""
    x, y = sheets.LEFT + sheets.INSET + 32, None
    for row in range(sheets.TOP, sheets.TOP + 800):
        if pages[0].getpixel((x + 4, row)) < 128:  # type: ignore[operator]
            y = row
            break
    assert y is not None
    line = [pages[0].getpixel((x + step, y + 4)) < 128 for step in range(-2, 60)]  # type: ignore[operator]
    assert line == [False] * 2 + [True] * 56 + [False] * 4


def test_the_words_can_be_taken_out_as_text() -> None:
    document = pypdfium2.PdfDocument(SHEET)
    page = document[1]
    text = page.get_textpage().get_text_range()
    for label in LABELS[24:]:
        assert label.human in text
    assert text.count("Human-Trafficking Free") == 6
    assert text.count("Licence 4Q7M0ZK1T9X") == 6
    assert text.count("The address must begin with") == 6
    assert "Batch 7, labels 24 to 29. QR 6-M, mask 2" in text
    assert LABELS[0].human not in text
    document.close()


def test_it_is_a4_and_not_scaled() -> None:
    document = pypdfium2.PdfDocument(SHEET)
    assert len(document) == 2
    width, height = document[0].get_size()
    assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (210, 297)
    assert b"/PrintScaling /None" in SHEET
    document.close()


def test_the_same_labels_give_the_same_bytes() -> None:
    assert sheets.sheet(LABELS, WORDING, 7) == SHEET


def test_the_cross_reference_table_points_at_every_object() -> None:
    start = int(SHEET.rsplit(b"startxref\n", 1)[1].split(b"\n", 1)[0])
    head, *lines = SHEET[start:].split(b"trailer", 1)[0].splitlines()
    assert head == b"xref"
    first, *entries = lines[1:]
    assert first == b"0000000000 65535 f "
    assert lines[0] == b"0 %d" % (len(entries) + 1)
    for number, entry in enumerate(entries, 1):
        assert re.fullmatch(rb"\d{10} 00000 n ", entry)
        assert SHEET[int(entry[:10]) :].startswith(b"%d 0 obj\n" % number)


def test_black_only_vectors_only() -> None:
    """One ink (100 % K), no image, no other colour: what preflight looks for."""
    contents = [zlib.decompress(part.split(b"\nendstream")[0]) for part in SHEET.split(b"stream\n")[1::2]]
    assert len(contents) == 2
    for content in contents:
        assert content.startswith(b"0 0 0 1 k\n")
        assert len(re.findall(rb"\b(k|K|rg|RG|g|G|cs|CS|sc|scn)\b(?=\n| )", re.sub(rb"\(.*?\) Tj", b"", content))) == 1
        assert b" Do" not in content
        assert b"BI" not in content
    assert b"/Image" not in SHEET


def test_brackets_in_a_name_do_not_break_the_text() -> None:
    data = sheets.sheet(printed(1), Wording("Free (of\\trafficking)", "4Q7M0ZK1T9X", PREFIX), 7)
    document = pypdfium2.PdfDocument(data)
    assert "Free (of\\trafficking)" in document[0].get_textpage().get_text_range()
    document.close()


def test_a_mark_that_the_fonts_lack_is_refused_rather_than_misspelt() -> None:
    with pytest.raises(Invalid):
        sheets.sheet(printed(1), Wording("人身売買なし", "4Q7M0ZK1T9X", PREFIX), 7)


def rows(product: str) -> list[dict[str, str]]:
    data = sheets.csv_head() + sheets.csv_rows(LABELS[:2], 7, "4Q7M0ZK1T9X", product, "2026-12-31")
    assert data.count(b"\r\n") == 3
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))


def test_the_csv_has_what_a_print_house_needs() -> None:
    first, second = rows('Shirt, "blue"')
    assert first == {
        "seq": "0", "human_code": LABELS[0].human, "url": LABELS[0].url, "batch": "7", "licence": "4Q7M0ZK1T9X",
        "product": 'Shirt, "blue"', "use_by": "2026-12-31", "qr_version": "6-M", "mask": "2",
        "matrix_hex": LABELS[0].matrix.hex,
    }  # fmt: skip
    assert second["seq"] == "1"


@pytest.mark.parametrize("product", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx"])
def test_a_name_that_a_spreadsheet_would_calculate_is_prefixed(product: str) -> None:
    assert rows(product)[0]["product"] == f"'{product}"


def test_an_ordinary_name_is_left_alone() -> None:
    assert rows("Hemd Größe 4")[0]["product"] == "Hemd Größe 4"
