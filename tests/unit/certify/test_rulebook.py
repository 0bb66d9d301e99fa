"""The rulebook: read strictly, never edited once published, and told to people in full."""

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify import measures, rulebook, rules, view
from certify.chapters import FIRST
from certify.clauses import ending, issue, release, renewal, revocation, suspension
from certify.rulebook import CLAUSES, FIRST_CLAUSES, FOLDER, IDS
from ground.canonical import digest
from ground.errors import Invalid, Malformed

ROOT = Path(__file__).resolve().parents[3]
TEXT = (FOLDER / "freemark-2026.0.toml").read_text(encoding="utf-8")
BOOK = rulebook.load("freemark-2026.0")
BOOKS = [rulebook.load(id) for id in IDS]


def changed(old: str, new: str, count: int = 1) -> str:
    assert old in TEXT, old
    return TEXT.replace(old, new, count)


def test_published_rulebooks_are_not_edited() -> None:
    """A change of a published rulebook is a new rulebook: add a file and its line in lock.json, never change one."""
    lock = json.loads((FOLDER / "lock.json").read_text(encoding="utf-8"))
    assert lock == {id: rulebook.load(id).sha256 for id in IDS}


def test_an_edited_rulebook_would_be_seen() -> None:
    assert rulebook.read(changed("value = 180", "value = 181")).sha256 != BOOK.sha256
    assert rulebook.read(changed("The rulebook is approved", "The rulebook was approved")).sha256 != BOOK.sha256


def test_comments_and_layout_do_not_change_the_hash() -> None:
    assert rulebook.read("# another comment\n" + TEXT.replace("\n\n", "\n\n\n")).sha256 == BOOK.sha256


def test_what_is_published_hashes_to_the_hash_that_decisions_name() -> None:
    assert digest(BOOK.public()) == BOOK.sha256


def test_a_reader_cannot_change_the_rulebook_of_the_next() -> None:
    BOOK.public()["parameters"].clear()
    assert digest(BOOK.public()) == BOOK.sha256
    with pytest.raises(TypeError):
        BOOK.clauses["I1"] = BOOK.clauses["I2"]  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        BOOK.limits.audit_age_days = 1  # type: ignore[misc]


def test_every_rulebook_of_the_software_is_approved() -> None:
    assert all(book.approved for book in BOOKS)
    assert max(IDS) == rulebook.NEWEST


def test_an_unknown_rulebook_is_refused() -> None:
    with pytest.raises(Invalid, match=r"known: freemark-2026\.0"):
        rulebook.load("../secret", "/rulebook")


def test_every_clause_has_its_function_and_the_other_way_round() -> None:
    assert tuple(rules.TABLE) == CLAUSES == tuple(rulebook.load(rulebook.NEWEST).clauses)
    assert tuple(BOOK.clauses) == FIRST_CLAUSES
    assert [id for id in CLAUSES if id in FIRST_CLAUSES] == list(FIRST_CLAUSES)


def test_the_ladder_and_its_conditions_name_only_clauses() -> None:
    named = {id for ids in rules.GROUNDS.values() for id in ids} | {*rules.GATES, *rules.WAY_BACK, *rules.PROPOSALS}
    assert named | {"N1", "N2", "N3", "N4"} == set(CLAUSES)
    assert {*release.BRAKES, "S7"} == set(rules.SUSPENSION) > set(rules.AFTER_EXPIRY)
    assert set(rules.SMALLER) == set(rules.GATES) - {"I3", "S7"}
    assert set(rulebook.CONFIDENTIAL) < set(CLAUSES)


def test_the_stage_of_a_clause_is_the_letter_of_its_id() -> None:
    letters = {"I": "issue", "S": "suspension", "M": "remediation", "V": "revocation", "R": "release", "N": "renewal"}
    for book in BOOKS:
        for id, words in book.clauses.items():
            assert words.stage == letters.get(id[0], "end"), id


def test_every_number_of_the_first_rulebook_is_used() -> None:
    """The last two are those of the labels: certify only hands them on."""
    rooms = (rules, measures, view, issue, suspension, revocation, release, renewal, ending)
    code = "".join(Path(room.__file__ or "").read_text(encoding="utf-8") for room in rooms)
    unused = [name for name in FIRST if f"limits.{name}" not in code]
    assert unused == ["sell_through_days", "spoilage_percent"]


def test_numbers_in_the_words_are_the_numbers_of_the_rules() -> None:
    assert "at most 2 other major" in BOOK.clauses["I7"].text.lower()
    assert "ended more than 180 days ago" in BOOK.clauses["I3"].text
    doubled = rulebook.read(changed("value = 180", "value = 360"))
    assert "ended more than 360 days ago" in doubled.clauses["I3"].text


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('title = "Freemark rulebook"\n', "", "/title"),
        ('status = "approved"', 'status = "approved"\nsurprise = 1', "/surprise"),
        ('status = "approved"', 'status = "maybe"', "/status"),
        ('id = "freemark-2026.0"', 'id = "Freemark 2026"', "/id"),
        ('in_force_from = "2026-01-01"', "in_force_from = 2026-01-01", "/in_force_from"),
        ('in_force_from = "2026-01-01"', 'in_force_from = "2026-02-30"', "/in_force_from"),
        ('agreement = "2026.0"', "agreement = 2026", "/agreement"),
        ('standards = ["freemark-2026.0"]', "standards = []", "/standards"),
        ('standards = ["freemark-2026.0"]', "standards = [7]", "/standards/0"),
        ('standards = ["freemark-2026.0"]', 'standards = ["freemark-2026.0", "freemark-2026.0"]', "/standards"),
        ("[parameters.audit_age_days]", "[parameters.audit_age]", "/parameters/audit_age_days"),
        ("[parameters.audit_age_days]", "[parameters.more]\n[parameters.audit_age_days]", "/parameters/more"),
        ("value = 180", "value = 180.0", "/parameters/audit_age_days/value"),
        ("value = 180", "value = true", "/parameters/audit_age_days/value"),
        ("value = 180", 'value = "180"', "/parameters/audit_age_days/value"),
        ("value = 180", "value = -1", "/parameters/audit_age_days/value"),
        ("value = 180", "value = 1800", "/parameters/audit_age_days/value"),
        ("value = 180\n", "", "/parameters/audit_age_days/value"),
        ("value = 180", "value = 180\nrange = 3", "/parameters/audit_age_days/range"),
        ('unit = "days"', 'unit = "weeks"', "/parameters/audit_age_days/unit"),
        ('unit = "days"', 'unit = "yes or no"', "/parameters/audit_age_days/unit"),
        ("value = false", "value = 0", "/parameters/risk_counts_as_conformance/value"),
        ('origin = "[P]"', 'origin = ""', "/parameters/audit_age_days/origin"),
        ('id = "I1"', 'id = "I99"', "/clauses/0/id"),
        ('id = "I1"', 'id = "I2"', "/clauses/1/id"),
        ('stage = "issue"', 'stage = "later"', "/clauses/0/stage"),
        ("The rulebook is approved", "The {rulebook} is approved", "/clauses/0/text"),
        ("The rulebook is approved", "The rulebook} is approved", "/clauses/0/text"),
        ('title = "Approved rulebook"', 'title = " Approved rulebook"', "/clauses/0/title"),
        ('title = "Approved rulebook"', 'title = "Approved\\nrulebook"', "/clauses/0/title"),
        ('title = "Approved rulebook"\n', "", "/clauses/0/title"),
        ('title = "Approved rulebook"', 'title = "Approved rulebook"\nwhen = "score > 1"', "/clauses/0/when"),
    ],
)
def test_what_is_missing_unknown_or_of_the_wrong_kind_is_an_error_with_its_place(
    old: str, new: str, where: str
) -> None:
    with pytest.raises(Malformed) as refused:
        rulebook.read(changed(old, new))
    assert refused.value.where == where


def test_a_missing_clause_is_named() -> None:
    last = TEXT.rindex("[[clauses]]")
    with pytest.raises(Malformed, match="E1 is missing"):
        rulebook.read(TEXT[:last])


def test_a_later_clause_needs_the_later_numbers() -> None:
    """Else it would be judged with a number that nobody gave."""
    later = '[[clauses]]\nid = "I14"\nstage = "issue"\ntitle = "T"\ntext = "T"\norigin = "[P]"\n'
    with pytest.raises(Malformed, match="I14 needs the tables"):
        rulebook.read(TEXT + later)


@pytest.mark.parametrize("text", ["", "id = ", "id = 1\nid = 2", "clauses = 3", "[[parameters]]"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(Malformed):
        rulebook.read(text)


@given(st.integers(0, len(TEXT) - 1), st.sampled_from(['"', "=", "[", "]", "\n", "1", "a", "{", ""]))
def test_a_damaged_file_is_read_or_refused_but_never_breaks(place: int, symbol: str) -> None:
    try:
        rulebook.read(TEXT[:place] + symbol + TEXT[place + 1 :])
    except Malformed:
        return
