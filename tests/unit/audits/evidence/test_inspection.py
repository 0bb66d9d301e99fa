"""Files that people could send: plain ones are taken, hostile ones refused, each for its own reason and at little cost.

`python -m tests.unit.audits.evidence.test_inspection` prints what each hostile file costs.
"""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import xlsxwriter
from PIL import Image, ImageOps

from audits.evidence import inspection, inspector, kinds, pictures
from audits.evidence.inspection import Seen, inspect, run
from ground.errors import Invalid, Unavailable
from tests.unit.audits.evidence import files, hostile
from tests.unit.audits.evidence.files import PLAIN, camera, jpeg, photo, png
from tests.unit.audits.evidence.hostile import HOSTILE


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_for_its_own_reason(name: str) -> None:
    make, words = HOSTILE[name]
    data = make()
    assert len(data) <= kinds.MOST_BYTES
    status, out = run(data)
    assert status == inspector.DONE, (status, out)
    found = json.loads(out)
    assert words in found["refused"], found
    # What the issue promises, in the inspector's own count; the wall clock of a busy machine says nothing.
    assert found["peak_kib"] <= 256 * 1024, found
    assert found["cpu_ms"] <= 2000, found


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_file_is_taken_for_what_it_is(name: str) -> None:
    make, kind = PLAIN[name]
    data = make()
    seen = inspect(data)
    assert seen.kind == kind
    assert (seen.stored == data) == (kind in ("pdf", "xlsx"))


def test_the_limits_are_set_and_hold(tmp_path: Path) -> None:
    """The negative control: the same process with a hostile load and no check in its way is ended by its limits."""
    assert (inspector.LOOK_SECONDS, inspector.LOOK_BYTES) == (2, 256 * 2**20)
    head = f"import sys; sys.path.insert(0, {inspection._ROOT!r}); from audits.evidence import inspector as i;"
    head += "import resource; i.limit(i.LOOK_SECONDS, i.LOOK_BYTES);"
    assert ended(head + "x = bytearray(300 * 2**20)") == 1  # MemoryError
    assert ended(head + "x = bytearray(100 * 2**20)") == 0
    began = time.monotonic()
    assert ended(head + "\nwhile True: pass") == -signal.SIGXCPU
    assert time.monotonic() - began < 60
    ended(head + f"open({str(tmp_path / 'x')!r}, 'w').write('x')")
    assert (tmp_path / "x").read_bytes() == b""
    assert ended("x = bytearray(300 * 2**20)") == 0


def ended(program: str) -> int:
    return subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, env={}, cwd="/").returncode


def test_what_takes_too_long_to_look_at_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by a check but by the limit itself: the last net under all of them. Of 1 s, for faster machines than ours."""
    shorter = inspection._PROGRAM.replace(
        "sys.exit", "import audits.evidence.inspector as i; i.LOOK_SECONDS = 1; sys.exit"
    )
    monkeypatch.setattr(inspection, "_PROGRAM", shorter)
    status, _ = run(hostile.slow_pdf())
    assert status == -signal.SIGXCPU
    with pytest.raises(Invalid, match="more than 2 s"):
        inspect(hostile.slow_pdf())


def test_the_inspector_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the server's environment reaches it: database address, tokens, paths."""
    monkeypatch.setenv("FREEMARK_DATABASE_URL", "postgresql://secret@host/db")
    monkeypatch.setattr(inspection, "_PROGRAM", "import os, sys; sys.stdout.write(repr(dict(os.environ)))")
    status, out = run(b"")
    assert status == 0
    assert b"secret" not in out


@pytest.mark.parametrize(
    ("program", "error"),
    [
        ("import os; os.abort()", Invalid),
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", Invalid),
        ("raise SystemExit(3)", Invalid),
        ("import nothing_like_that", Unavailable),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", Unavailable),
    ],
)
def test_a_crash_is_the_file_s_fault_and_a_missing_inspector_is_not(
    monkeypatch: pytest.MonkeyPatch, program: str, error: type[Exception]
) -> None:
    monkeypatch.setattr(inspection, "_PROGRAM", program)
    with pytest.raises(error):
        inspect(b"x")


# Pictures.


@pytest.mark.parametrize("make", [jpeg, png])
def test_a_stored_picture_says_nothing_about_who_where_and_how(make: type) -> None:
    original = make()
    before = Image.open(io.BytesIO(original))
    assert before.getexif().get_ifd(0x8825)[2] == files.PLACE
    assert b"somebody" in original
    assert b"xmpmeta" in original
    seen = inspect(original)
    after = Image.open(io.BytesIO(seen.stored))
    assert dict(after.getexif()) == {}
    assert after.getexif().get_ifd(0x8825) == {}
    assert not set(after.info) & {"exif", "icc_profile", "xmp", "comment", "Author", "XML:com.adobe.xmp"}
    for word in (b"Exif", b"somebody", b"xmp", b"Phonemaker", b"2026", b"iCCP", b"eXIf"):
        assert word not in seen.stored
    again = pictures.png(seen.stored) if seen.kind == "png" else pictures.jpeg(seen.stored)
    assert again.plain == seen.stored  # nothing is left to be dropped


@pytest.mark.parametrize("make", [jpeg, png])
def test_when_it_was_taken_is_kept_apart(make: type) -> None:
    seen = inspect(make())
    assert (seen.taken_at, seen.taken_zone) == ("2026-06-01T10:12:00", "+06:00")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_a_picture_is_stored_upright(orientation: int, kind: str) -> None:
    """What a viewer shows of the original is what is stored, without a note that says which way is up."""
    original = jpeg(orientation) if kind == "jpeg" else png(orientation)
    shown = ImageOps.exif_transpose(Image.open(io.BytesIO(original))).convert("L")
    seen = inspect(original)
    stored = Image.open(io.BytesIO(seen.stored)).convert("L")
    assert stored.size == shown.size == (seen.width, seen.height)
    for place in ((3, 3), (stored.width - 4, 3), (3, stored.height - 4), (stored.width - 4, stored.height - 4)):
        assert abs(int(stored.getpixel(place)) - int(shown.getpixel(place))) < 12  # type: ignore[arg-type]


def test_the_upright_control_can_fail() -> None:
    turned = Image.open(io.BytesIO(inspect(jpeg(6)).stored))
    assert turned.size == (480, 640) != photo().size


@pytest.mark.parametrize("exif", [b"", b"II*\0", b"MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40, camera().tobytes()[6:60]])
def test_broken_notes_of_a_camera_are_none(exif: bytes) -> None:
    out = io.BytesIO()
    photo().save(out, "JPEG", exif=b"Exif\0\0" + exif)
    assert inspect(out.getvalue()).taken_at == ""


def test_colours_survive() -> None:
    for mode in ("RGB", "L", "CMYK"):
        out = io.BytesIO()
        Image.new("RGB", (32, 32), (200, 30, 60)).convert(mode).save(out, "JPEG", quality=95)
        shown = Image.open(io.BytesIO(out.getvalue())).convert("RGB").getpixel((9, 9))
        stored = Image.open(io.BytesIO(inspect(out.getvalue()).stored)).convert("RGB").getpixel((9, 9))
        assert all(abs(a - b) < 10 for a, b in zip(shown, stored, strict=True)), mode  # type: ignore[arg-type]


def test_the_largest_picture_that_is_taken_gets_the_memory_it_needs() -> None:
    out = io.BytesIO()
    photo(7300, 5470).save(out, "JPEG", exif=camera(6), progressive=True)
    seen = inspect(out.getvalue())
    assert (seen.width, seen.height) == (5470, 7300)
    assert seen.peak_kib * 1024 < inspector.ENCODE_BYTES


def test_a_workbook_of_half_a_million_figures_is_taken() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for row in range(40_000):
            sheet.write_row(row, 0, range(row, row + 12))
    seen: Seen = inspect(out.getvalue())
    assert seen.peak_kib < 256 * 1024


def figures() -> None:
    """What it costs to refuse each hostile file: computing, time on the wall with the start of the process, memory."""
    worst = (0, 0.0, 0)
    for name, (make, _) in HOSTILE.items():
        data = make()
        began = time.monotonic()
        _, out = run(data)
        wall = time.monotonic() - began
        found = json.loads(out or b'{"refused": "-", "cpu_ms": 2000, "peak_kib": 0}')
        worst = (max(worst[0], found["cpu_ms"]), max(worst[1], wall), max(worst[2], found["peak_kib"]))
        print(
            f"{found['cpu_ms']:5} ms {wall:5.2f} s {found['peak_kib'] / 1024:6.1f} MiB  {name}: {found['refused'][:80]}"
        )
    print(f"worst: {worst[0]} ms of computing, {worst[1]:.2f} s on the wall, {worst[2] / 1024:.1f} MiB")


if __name__ == "__main__":
    figures()
