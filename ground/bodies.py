"""The fields of request bodies: text that is what it looks like, times in one spelling, and no unknown keys.

Owns what the outside may send as a line, as prose, as a day, an instant or an id. What a value means, and whether it is
right, is known by the package that takes it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from ground.canonical import Json, nfc, parse_day, parse_instant
from ground.errors import Malformed

_HIDDEN = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")  # make text read unlike its bytes


def _normal(value: object) -> object:
    return nfc(value.replace("\r\n", "\n")).strip() if isinstance(value, str) else value


def _clean(text: str, allowed: str = "") -> str:
    for symbol in text:
        if symbol in _HIDDEN or (unicodedata.category(symbol) in ("Cc", "Cs", "Zl", "Zp") and symbol not in allowed):
            raise ValueError(f"the character U+{ord(symbol):04X} is not allowed here")
    return text


def _clean_prose(text: str) -> str:
    return _seen(_clean(text, "\n\t"))


def _clean_line(text: str) -> str:
    return _seen(_clean(text))


def _seen(text: str) -> str:
    """A reason made of spaces without width is no reason."""
    if all(unicodedata.category(symbol) in ("Cf", "Cc", "Zs", "Mn") for symbol in text):
        raise ValueError("there is nothing to read in it")
    return text


def _day(value: object) -> object:
    return _as_value_error(parse_day, value)


def _moment(value: object) -> object:
    return _as_value_error(parse_instant, value)


def _as_value_error(read: Callable[[Json], object], value: object) -> object:
    try:
        return read(value)
    except Malformed as error:
        raise ValueError(error.detail) from error


Line = Annotated[str, BeforeValidator(_normal), Field(min_length=1, max_length=200), AfterValidator(_clean_line)]
"""One line of free text: NFC, no control characters, 1 to 200 characters."""

LineOrNone = Annotated[str, BeforeValidator(_normal), Field(max_length=200), AfterValidator(_clean)]
"""The same, but it may be empty."""

Prose = Annotated[str, BeforeValidator(_normal), Field(min_length=1, max_length=4000), AfterValidator(_clean_prose)]
"""Free text with lines: 1 to 4,000 characters."""

Day = Annotated[date, BeforeValidator(_day)]
"""A day, written 2026-11-21 and in no other way."""

Moment = Annotated[datetime, BeforeValidator(_moment)]
"""An instant, written 2026-11-21T09:30:00Z and in no other way."""

ID_PATTERN = "^[a-z]{2,4}_[0-9a-hjkmnp-tv-z]{16}$"
Id = Annotated[str, Field(pattern=ID_PATTERN)]
"""An id of `ground.ids` in a body."""


class Body(BaseModel):
    """Base of all request bodies: no unknown keys, no conversions. Use list for arrays, Day and Moment for times."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
