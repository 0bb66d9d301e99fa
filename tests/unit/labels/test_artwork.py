"""The picture of one label: exact dots, read back by a decoder that is not ours, with its words."""

import io
import re
import xml.etree.ElementTree as ET

import pytest
import zxingcpp
from PIL import Image

from labels import artwork, qr
from labels.artwork import Wording

PREFIX = "https://v.tffree.org/"
TEXT = "".join(str(place * place * 7 % 10) for place in range(187))
HUMAN = "00C1S-1KSTD-0N7YZ"
WORDING = Wording("Human-Trafficking Free", "4Q7M0ZK1T9X", PREFIX)
MATRIX = qr.matrix(PREFIX, TEXT)
SVG = "{http://www.w3.org/2000/svg}"


def opened(prefix: str = PREFIX) -> Image.Image:
    data = artwork.png(qr.matrix(prefix, TEXT), HUMAN, Wording("Mark", "4Q7M0ZK1T9X", prefix))
    return Image.open(io.BytesIO(data))


def test_the_png_is_read_back_by_a_decoder_of_others() -> None:
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(artwork.png(MATRIX, HUMAN, WORDING))))
    assert found.text == PREFIX + TEXT
    assert (found.ec_level, found.format) == ("M", zxingcpp.BarcodeFormat.QRCode)


def test_it_has_600_dpi_8_dots_a_module_and_4_modules_of_quiet_zone() -> None:
    image = opened()
    assert [round(dots) for dots in image.info["dpi"]] == [600, 600]
    assert image.width == (41 + 8) * 8
    for y in range(image.width):
        for x in range(image.width):
            column, row = x // 8 - 4, y // 8 - 4
            inside = 0 <= column < 41 and 0 <= row < 41
            dark = inside and MATRIX.dark(column, row)
            assert (image.getpixel((x, y)) == 0) is dark


def test_a_longer_address_makes_a_wider_label() -> None:
    assert opened("https://" + "h" * 18 + "/").width == (45 + 8) * 8


def test_the_words_are_beneath_the_code() -> None:
    image = opened()
    assert image.height > image.width + 200
    below = image.crop((0, image.width, image.width, image.height))
    assert below.getextrema()[0] == 0
    # Nothing touches the edges: no line is cut.
    for column in (0, image.width - 1):
        assert set(below.crop((column, 0, column + 1, below.height)).get_flattened_data()) == {255}


@pytest.mark.parametrize("kind", [artwork.png, artwork.svg])
def test_the_same_label_gives_the_same_bytes(kind: object) -> None:
    assert kind(MATRIX, HUMAN, WORDING) == kind(MATRIX, HUMAN, WORDING)  # type: ignore[operator]


def test_the_svg_is_one_path_with_the_same_modules() -> None:
    root = ET.fromstring(artwork.svg(MATRIX, HUMAN, WORDING))
    (path,) = root.findall(f"{SVG}path")
    assert root.get("width") == "16.595mm"
    side = int(root.get("viewBox", "").split()[2])
    assert side == 392
    image = Image.new("L", (side, side), 255)
    runs = re.findall(r"M(\d+) (\d+)h(\d+)v8h-(\d+)z", path.get("d", ""))
    for x, y, width, back in runs:
        assert width == back
        image.paste(0, (int(x), int(y), int(x) + int(width), int(y) + 8))
    assert "".join(f"M{x} {y}h{width}v8h-{width}z" for x, y, width, _ in runs) == path.get("d")
    (found,) = zxingcpp.read_barcodes(image)
    assert found.text == PREFIX + TEXT


def test_the_svg_says_code_mark_licence_and_host_and_escapes_them() -> None:
    root = ET.fromstring(artwork.svg(MATRIX, HUMAN, Wording("Fair & <Free>", "4Q7M0ZK1T9X", PREFIX)))
    lines = [element.text for element in root.findall(f"{SVG}text")]
    assert lines == [
        "00C1S-", "1KSTD-", "0N7YZ", "Fair & <Free>", "Licence 4Q7M0ZK1T9X", "The address must begin with",
        "v.tffree.org/",
    ]  # fmt: skip


def test_plain_http_is_shown_as_such() -> None:
    assert artwork.shown_host("http://localhost:8000/") == "http://localhost:8000/"
    assert artwork.shown_host("https://v.tffree.org/") == "v.tffree.org/"


def test_a_long_mark_is_set_smaller() -> None:
    small = artwork.svg(MATRIX, HUMAN, Wording("Certified against Human Trafficking", "4Q7M0ZK1T9X", PREFIX))
    (size,) = re.findall(rb'font-size="(\d+)"[^>]*>Certified', small)
    assert int(size) < artwork.LINE_DOTS
