"""A table that is read key by key refuses what is missing, of another type, or not read, and says where."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ground.errors import Malformed
from ground.strict import Table, parse, table

VALUES: dict[str, Any] = {
    "word": "one", "flag": True, "count": 3, "list": ["one", "two"], "part": {"x": 1}, "parts": [{"x": 1}, {"x": 2}],
}  # fmt: skip


def whole() -> Table:
    return table(dict(VALUES), "/top")


def test_what_is_there_is_read() -> None:
    top = whole()
    assert (top.text("word"), top.flag("flag"), top.count("count", 3)) == ("one", True, 3)
    assert top.one_of("word", ("one", "two")) == "one"
    assert top.each_of("list", ("one", "two", "three")) == ("one", "two")
    assert [part.where for part in top.tables("parts")] == ["/top/parts/0", "/top/parts/1"]
    assert top.part("part").count("x", 9) == 1
    top.done()


@pytest.mark.parametrize(
    ("read", "where"),
    [
        (lambda top: top.text("absent"), "/top/absent"),
        (lambda top: top.text("count"), "/top/count"),
        (lambda top: top.count("flag", 9), "/top/flag"),  # a bool is no number
        (lambda top: top.count("count", 2), "/top/count"),
        (lambda top: top.flag("count"), "/top/count"),
        (lambda top: top.one_of("word", ("two",)), "/top/word"),
        (lambda top: top.each_of("list", ("one",)), "/top/list/1"),
        (lambda top: top.each_matching("list", re.compile("o.*")), "/top/list/1"),
        (lambda top: top.matching("word", re.compile(r"two\Z")), "/top/word"),
        (lambda top: top.part("parts"), "/top/parts"),
        (lambda top: top.tables("list"), "/top/list/0"),
        (lambda top: top.part("part").text("x"), "/top/part/x"),
        (lambda top: top.done(), "/top/count"),  # the first of those nobody read
    ],
)
def test_what_is_wrong_is_named_by_its_place(read: Any, where: str) -> None:
    with pytest.raises(Malformed) as caught:
        read(whole())
    assert caught.value.where == where


@pytest.mark.parametrize("value", ["", " one", "one ", "one\ntwo"])
def test_a_text_is_one_line_without_blanks_at_its_ends(value: str) -> None:
    with pytest.raises(Malformed):
        table({"word": value}).text("word")


def test_a_word_that_stands_twice_is_refused() -> None:
    with pytest.raises(Malformed):
        table({"list": ["one", "one"]}).each_of("list", ("one",))


def test_what_is_no_toml_is_malformed() -> None:
    assert parse("a = 1") == {"a": 1}
    with pytest.raises(Malformed):
        parse("a = ")
