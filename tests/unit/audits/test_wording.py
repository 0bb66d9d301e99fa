"""What the site could know somebody by is found in an auditor's sentences; what counts things or many is left alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audits.wording import small_counts

EXAMPLES = Path(__file__).parents[3] / "examples" / "audits"
OF_THE_SITE = {"T4.2", "T4.5", "T5.2", "T6.2", "T11.5", "T12.2", "T14.4", "T17.5"}
"""Registers, committees and plans in the first example: the site wrote them itself."""


@pytest.mark.parametrize(
    "text",
    [
        "Two asked for theirs to travel home for a death in the family and were refused.",
        "One showed a picture of the written order to the dormitory desk.",
        "Nine of the 11 borrowed the money; five still owe part of it.",
        "3 of 18 workers interviewed alone told of having said no.",
        "Of those interviewed, 2 newly arrived women work at night.",
        "All knew it but three workers from Nepal.",
        "39 of the 41 workers agree.",
        "The list was read, and two said that it is wrong.",
        "A single line. one worker refused.",
    ],
)
def test_a_small_count_of_people_is_found(text: str) -> None:
    assert list(small_counts(text)) != []


@pytest.mark.parametrize(
    "text",
    [
        "On the first evening 14 workers from Nepal said apart from each other that passports were collected.",
        "2 of 38 extinguishers, both on floor 3, were past their inspection by one and two months.",
        "Two doors of the boiler house were tried. 30 of 30 files hold a signed copy.",
        "20 of 20 interviewed confirmed amount and day.",
        "Workers of three nationalities were asked in their languages; T13.2 were looked at as well.",
        "Paid between NPR 45,000 and NPR 85,000, 20 of 640 workers.",
        "",
    ],
)
def test_things_and_larger_groups_are_left_alone(text: str) -> None:
    assert list(small_counts(text)) == []


def test_each_place_is_named_once_and_cut_at_a_word() -> None:
    words = "two workers who came back late from a very long journey to the far west of the country " * 3
    (quote,) = small_counts(words)
    assert quote.startswith("two workers")
    assert quote.endswith(" ...")
    assert len(quote) < 70


@pytest.mark.parametrize("name", ["surveillance-factory", "initial-factory", "closure-factory"])
def test_the_examples_teach_it(name: str) -> None:
    content = json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    warned = {
        answer["provision"] for answer in content["answers"] if list(small_counts(answer.get("description") or ""))
    }
    assert warned <= (OF_THE_SITE if name == "initial-factory" else set())
    assert not list(small_counts(content["report"]["summary"]))
