"""docs/rulebook.md says what the rulebooks say."""

from certify.rulebook import CLAUSES
from tests.unit.certify.rulebook_page import PAGE, PART, TABLES, written

TEXT = PAGE.read_text(encoding="utf-8")


def test_every_table_of_the_page_is_that_of_the_rulebooks() -> None:
    """When this fails: python -m tests.unit.certify.rulebook_page"""
    assert written(TEXT) == TEXT


def test_every_table_stands_on_the_page_once() -> None:
    assert sorted(part[1] for part in PART.finditer(TEXT)) == sorted(TABLES)


def test_every_clause_has_its_row() -> None:
    assert [id for id in CLAUSES if TEXT.count(f"\n| {id} | ") < 1] == []


def test_a_changed_number_would_be_seen() -> None:
    assert written(TEXT.replace("| 180 days |", "| 190 days |", 1)) == TEXT
