"""A TOML table that is read key by key, so that a key nobody read is an error.

Owns the reading of packaged data (a standard) whose writers must learn of every mistake: each wrong, missing or unknown
key is Malformed with a JSON pointer to its place. Never says what a value means.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from ground.canonical import Json
from ground.errors import Malformed

Word = TypeVar("Word", bound=str)


@dataclass
class Table:
    """One table. where: its JSON pointer. seen: the keys that were read; `done` refuses the others."""

    values: dict[str, Json]
    where: str
    seen: set[str]

    def take(self, key: str, kind: type) -> Json:
        """The value of a key that must be there, of exactly this type: no bool passes for an int."""
        self.seen.add(key)
        value = self.values.get(key)
        if type(value) is not kind:
            raise Malformed(f"{key} must be there and be a {kind.__name__}", where=f"{self.where}/{key}")
        return value

    def has(self, key: str) -> bool:
        return key in self.values

    def text(self, key: str) -> str:
        """One line, not empty, no blanks at its ends."""
        value: str = self.take(key, str)
        if not value or value != value.strip() or "\n" in value:
            raise Malformed(
                f"{key} is empty, has blanks at its ends, or more than one line", where=f"{self.where}/{key}"
            )
        return value

    def texts(self, key: str) -> list[str]:
        value: list[Json] = self.take(key, list)
        if not all(isinstance(item, str) for item in value):
            raise Malformed(f"{key} must hold strings", where=f"{self.where}/{key}")
        return value

    def each_matching(self, key: str, pattern: re.Pattern[str]) -> tuple[str, ...]:
        """Strings of one form, none twice. The list may be empty."""
        values = self.texts(key)
        for number, value in enumerate(values):
            if not pattern.match(value):
                raise Malformed(f"{value!r} is not of the form {pattern.pattern}", where=f"{self.where}/{key}/{number}")
            if value in values[:number]:
                raise Malformed(f"{value!r} stands twice", where=f"{self.where}/{key}/{number}")
        return tuple(values)

    def each_of(self, key: str, words: Sequence[Word]) -> tuple[Word, ...]:
        """Some of these words, none twice. The list may be empty."""
        return tuple(
            self._word(value, words, f"{key}/{number}")
            for number, value in enumerate(self.each_matching(key, re.compile(r".*\Z")))
        )

    def matching(self, key: str, pattern: re.Pattern[str]) -> str:
        value = self.text(key)
        if not pattern.match(value):
            raise Malformed(f"{value!r} is not of the form {pattern.pattern}", where=f"{self.where}/{key}")
        return value

    def one_of(self, key: str, words: Sequence[Word]) -> Word:
        return self._word(self.text(key), words, key)

    def _word(self, value: str, words: Sequence[Word], key: str) -> Word:
        for word in words:
            if value == word:
                return word
        raise Malformed(f"{value!r} is none of {', '.join(words)}", where=f"{self.where}/{key}")

    def flag(self, key: str) -> bool:
        value: bool = self.take(key, bool)
        return value

    def count(self, key: str, most: int) -> int:
        """A whole number from 1 to `most`."""
        value: int = self.take(key, int)
        if not 0 < value <= most:
            raise Malformed(f"{value} is not between 1 and {most}", where=f"{self.where}/{key}")
        return value

    def part(self, key: str) -> Table:
        return table(self.take(key, dict), f"{self.where}/{key}")

    def tables(self, key: str) -> list[Table]:
        values: list[Json] = self.take(key, list)
        return [table(value, f"{self.where}/{key}/{number}") for number, value in enumerate(values)]

    def done(self) -> None:
        """Everything was read, or Malformed at the first key that was not."""
        if unread := self.values.keys() - self.seen:
            raise Malformed(f"{min(unread)!r} is not known", where=f"{self.where}/{min(unread)}")


def parse(text: str) -> dict[str, Json]:
    """The TOML as JSON values. Malformed when it is none."""
    try:
        document: dict[str, Json] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Malformed(f"not TOML: {error}") from error
    return document


def table(value: Json, where: str = "") -> Table:
    """The value as a table, or Malformed."""
    if not isinstance(value, dict):
        raise Malformed("a table was expected", where=where)
    return Table(value, where, set())
