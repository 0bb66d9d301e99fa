"""Files as people and their programs make them, each of which must be taken. PLAIN: name -> (how it is made, kind)."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache

import xlsxwriter
from PIL import Image, PngImagePlugin

Maker = Callable[[], bytes]
PLACE = (23.0, 48.0, 37.5)


# Plain files.


def pdf(*objects: bytes, head: bytes = b"", end: bytes = b"") -> bytes:
    body = b"%PDF-1.7\n" + head + b"1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
    body += b"2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n" + b"".join(objects)
    return body + b"trailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n" + end


def object_stream(inside: bytes, entries: bytes = b"/Type /ObjStm") -> bytes:
    packed = zlib.compress(inside)
    head = b"9 0 obj\n<< %s /N 1 /First 5 /Filter /FlateDecode /Length %d >>\n" % (entries, len(packed))
    return head + b"stream\n" + packed + b"\nendstream\nendobj\n"


@cache
def photo(width: int = 640, height: int = 480) -> Image.Image:
    """Light on the left, dark on the right."""
    grey = Image.linear_gradient("L").rotate(90).resize((width, height))
    return Image.merge("RGB", [grey, grey, grey])


def camera(orientation: int = 1) -> Image.Exif:
    """What a phone writes: which way is up, when and, of all things, where."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Phonemaker"
    details = exif.get_ifd(0x8769)
    details[0x9003], details[0x9011] = "2026:06:01 10:12:00", "+06:00"
    place = exif.get_ifd(0x8825)
    place[1], place[2], place[3], place[4] = "N", PLACE, "E", PLACE
    return exif


def jpeg(orientation: int = 1, **more: object) -> bytes:
    out = io.BytesIO()
    photo().save(out, "JPEG", exif=camera(orientation), comment=b"by somebody", xmp=b"<x:xmpmeta/>", **more)
    return out.getvalue()


def png(orientation: int = 1, mode: str = "RGB") -> bytes:
    out, text = io.BytesIO(), PngImagePlugin.PngInfo()
    text.add_text("Author", "somebody")
    text.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta/>")
    photo().convert(mode).save(out, "PNG", exif=camera(orientation), pnginfo=text, icc_profile=b"profile of somebody")
    return out.getvalue()


def xlsx(*formulas: str) -> bytes:
    """A workbook as a common library writes it: text, figures, a link, a picture and these formulas."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Payroll")
        for row in range(50):
            sheet.write_row(row, 0, [f"row {row}", row, row * 2.5])
        sheet.write_url(0, 5, "https://example.org/help")
        sheet.insert_image(5, 8, "dot.png", {"image_data": io.BytesIO(png())})
        for row, formula in enumerate(("=SUM(B1:B50)", *formulas)):
            sheet.write_formula(row, 4, formula)
    return out.getvalue()


def changed(
    data: bytes, put: dict[str, bytes] | None = None, edit: dict[str, tuple[bytes, bytes]] | None = None
) -> bytes:
    """The workbook with parts put in, or with words replaced in its parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            body = old.read(name)
            if edit and name in edit:
                assert edit[name][0] in body, name
                body = body.replace(*edit[name])
            if name not in (put or {}):
                new.writestr(name, body)
        for name, body in (put or {}).items():
            new.writestr(name, body)
    return out.getvalue()


def raw_zip(name: str = "xl/worksheets/sheet9.xml", body: bytes = b"<x/>", **how: int) -> bytes:
    """A workbook and one more entry; how: create_system, external_attr, compress_type of that entry."""
    out = io.BytesIO(xlsx())
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        info = zipfile.ZipInfo(name)
        info.filename = name  # as it is, whatever the library would make of it
        info.compress_type = zipfile.ZIP_DEFLATED
        for key, value in how.items():
            setattr(info, key, value)
        archive.writestr(info, body)
    return out.getvalue()


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


SHEET = "xl/worksheets/sheet1.xml"


def formula(xml: bytes) -> bytes:
    return changed(xlsx(), edit={SHEET: (b"<f>SUM(B1:B50)</f>", xml)})


def phone_jpeg() -> bytes:
    """With a second picture (a brightness map) and a maker's notes behind it, as phones write them."""
    notes = b"\0\0\x01\x0aMCC_Data" + b"470"
    directory = b"SEFH" + struct.pack("<III", 106, 1, 0x10A0000) + struct.pack("<II", len(notes), len(notes))
    return jpeg() + jpeg() + notes + directory + struct.pack("<I", len(directory)) + b"SEFT"


PLAIN: dict[str, tuple[Maker, str]] = {
    "pdf": (pdf, "pdf"),
    "pdf with plain object streams": (lambda: pdf(object_stream(b"3 0  << /Type /Font >>")), "pdf"),
    "pdf that opens at its first page": (
        lambda: pdf(b"3 0 obj\n<< /OpenAction [4 0 R /XYZ null null 0] >>\nendobj\n"), "pdf"),
    "pdf that opens at a place with a name": (lambda: pdf(
        b"3 0 obj\n<< /OpenAction 5 0 R >>\nendobj\n", object_stream(b"5 0  << /S /GoTo /D (Doc-Start) >>")), "pdf"),
    "pdf with links and chapters": (lambda: pdf(
        b"3 0 obj\n<< /A << /S /URI /URI (https://x.example) >> >>\nendobj\n"
        b"4 0 obj\n<< /First 5 0 R /Last 5 0 R >>\nendobj\n"
        b"6 0 obj\n<< /Filter [/ASCII85Decode /FlateDecode] >>\nstream\nGar~>\nendstream\nendobj\n"), "pdf"),
    "pdf saved twice": (lambda: pdf() + b"3 0 obj\n<<>>\nendobj\nstartxref\n9\n%%EOF\r\n\0", "pdf"),
    "jpeg": (jpeg, "jpeg"),
    "jpeg in layers": (lambda: jpeg(progressive=True), "jpeg"),
    "jpeg of a phone": (phone_jpeg, "jpeg"),
    "png": (png, "png"),
    "png with a palette": (lambda: png(mode="P"), "png"),
    "png with a mask": (lambda: png(mode="RGBA"), "png"),
    "png in grey": (lambda: png(mode="1"), "png"),
    "png with a low profile": (lambda: interlaced(), "png"),
    "xlsx": (xlsx, "xlsx"),
    "xlsx with formulas of all sorts": (
        lambda: xlsx('=IF(A1="a|b","x","y")', "='a|b'!A1", "=SUBTOTAL(109,B1:B9)", '=HYPERLINK("https://example.org")'),
        "xlsx"),
    "xlsx with shared formulas": (lambda: formula(
        b'<f t="shared" ref="E1:E2" si="0">B1&amp;"|"</f></c><c r="E2"><f t="shared" si="0"/>'), "xlsx"),
    "xlsx of another program": (lambda: streamed(), "xlsx"),
}  # fmt: skip


def interlaced() -> bytes:
    """8 x 8 grey, Adam7: seven passes, 15 lines."""
    sizes = ((1, 1), (1, 1), (2, 1), (2, 2), (4, 2), (4, 4), (8, 4))
    lines = b"".join((b"\0" + bytes(columns)) * rows for columns, rows in sizes)
    head = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 1)
    body = png_chunk(b"IHDR", head) + png_chunk(b"IDAT", zlib.compress(lines)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def streamed() -> bytes:
    """Written to a pipe: sizes stand behind the parts, in data descriptors."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.data += bytes(data)  # type: ignore[call-overload]
            return len(bytes(data))  # type: ignore[call-overload]

    out = Pipe()
    with zipfile.ZipFile(io.BytesIO(xlsx())) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:  # type: ignore[type-var]
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return out.data
