"""A picture encoded anew: upright, and with nothing in it but the picture. Needs Pillow; runs in the inspector only.

It is given what `pictures` left over, so that no library ever reads a stranger's metadata. The camera's notes come
apart: which way was up, and when the picture was taken, in which zone. Where it was taken is not even looked at.
"""

from __future__ import annotations

import io
import re
import struct
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from audits.evidence.kinds import Kind
from audits.evidence.pictures import MOST_PIXELS, Picture
from ground.errors import Invalid

QUALITY = 92  # of a JPEG: what is lost cannot be seen, and small print stays readable
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ORIENTATION, _DETAILS, _TAKEN, _ZONES = 0x0112, 0x8769, 0x9003, (0x9011, 0x9010)
_TIME = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)\Z", re.ASCII)
_ZONE = re.compile(r"[+-]\d\d:\d\d\Z", re.ASCII)
_BROKEN = (SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, EOFError, OSError, struct.error)

Image.MAX_IMAGE_PIXELS = MOST_PIXELS


@dataclass(frozen=True)
class Notes:
    """What the camera says. taken_at: "2026-06-01T10:12:00", local; zone: "+06:00"; "" where it says nothing."""

    orientation: int = 1
    taken_at: str = ""
    taken_zone: str = ""


def encode(kind: Kind, picture: Picture, notes: Notes) -> tuple[bytes, int, int]:
    """The picture, upright, as a new file of the same kind; its width and height. Invalid when it does not open."""
    try:
        image: Image.Image = Image.open(io.BytesIO(picture.plain), formats=("PNG" if kind == "png" else "JPEG",))
        image.load()
        if image.mode == "CMYK":
            image = image.convert("RGB")
        if notes.orientation in UPRIGHT:
            image = image.transpose(UPRIGHT[notes.orientation])
    except (UnidentifiedImageError, Image.DecompressionBombError, *_BROKEN) as error:
        raise Invalid(f"this {kind} does not open: it is damaged") from error
    # The writers take comments and profiles from here.
    image.info = {key: value for key, value in image.info.items() if key == "transparency"}
    out = io.BytesIO()
    if kind == "png":
        image.save(out, "PNG")
    else:
        image.save(out, "JPEG", quality=QUALITY)
    return out.getvalue(), image.width, image.height


def read_notes(exif: bytes) -> Notes:
    """The notes of a camera, as far as they can be read: broken ones are none."""
    if not exif:
        return Notes()
    try:
        found = Image.Exif()
        found.load(exif)
        details = found.get_ifd(_DETAILS)
        orientation = found.get(_ORIENTATION, 1)
        taken = _TIME.match(_text(details.get(_TAKEN)))
        zone = next((text for tag in _ZONES if _ZONE.match(text := _text(details.get(tag)))), "")
    except _BROKEN:
        return Notes()
    at = f"{taken[1]}-{taken[2]}-{taken[3]}T{taken[4]}" if taken else ""
    return Notes(orientation if isinstance(orientation, int) else 1, at, zone if at else "")


def _text(value: object) -> str:
    return value.strip(" \0") if isinstance(value, str) else ""
