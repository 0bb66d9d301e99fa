"""A rulebook whose numbers contradict each other is not proposed: each line names the place and both numbers."""

from __future__ import annotations

import re

import pytest

from audits import standard
from certify import rulebook, sensible
from certify.rulebook import Rulebook
from ground.errors import Malformed

LATEST = rulebook.NEWEST
TEXT = rulebook.text_of(LATEST).replace(f'id = "{LATEST}"', 'id = "freemark-2027.0"', 1)
BOOK = rulebook.load(LATEST)


def changed(**values: object) -> Rulebook:
    """The next rulebook, with other values for some parameters."""
    text = TEXT
    for name, value in values.items():
        text, count = re.subn(rf"(\[parameters\.{name}\]\nvalue = )\S.*", rf"\g<1>{value}", text)
        assert count == 1, name
    return rulebook.read(text)


def edited(old: str, new: str) -> Rulebook:
    assert old in TEXT, old
    return rulebook.read(TEXT.replace(old, new, 1))


def test_the_published_ones_make_sense() -> None:
    for id in rulebook.IDS:
        book = rulebook.load(id)
        assert rulebook.nonsense(book) == ()
        assert rulebook.check_against(book, [standard.load(name) for name in book.standards]) == ()


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"suspension_core_days": 181},
         "suspension_core_days/value: 181 days is above suspension_most_days, 180 days"),
        ({"suspension_most_days": 30},
         "suspension_core_days/value: 90 days is above suspension_most_days, 30 days"),
        ({"score_least": 0}, "score_least/value: 0 switches the rule off; it is 1 at least"),
        ({"score_full": 150}, "score_least/value: 160 points is above score_full, 150 points"),
        ({"visit_interviews_least": 0}, "visit_interviews_least/value: 0 switches the rule off; it is 1 at least"),
        ({"surveillance_provisions": 0}, "surveillance_provisions/value: 0 switches the rule off; it is 1 at least"),
        ({"release_check_percent": 0}, "release_check_percent/value: 0 switches the rule off; it is 1 at least"),
        ({"release_check_hours": 48}, "hold_hours/value: 72 hours is above release_check_hours, 48 hours"),
        ({"release_check_percent": 101}, "release_check_percent/value: 101 percent is above the whole, 100"),
        ({"reminder_days": "[120, 21]"}, "reminder_days/value: 120 days is above renewal_window_days, 90 days"),
        ({"audit_age_days": 350}, "audit_age_days/value: 350 days is above validity_months, 12 months"),
        ({"renewal_window_days": 350}, "renewal_window_days/value: 350 days is above validity_months, 12 months"),
        ({"validity_months": 25}, "validity_months/value: 25 months is above validity_clean_months, 24 months"),
        ({"probation_months": 13}, "probation_months/value: 13 months is above validity_months, 12 months"),
        ({"reapply_other_months": 13}, "reapply_other_months/value: 13 months is above reapply_core_months, 12 months"),
        ({"points_minor": 5}, "points_minor/value: 5 points is above points_major, 4 points"),
        ({"gap_major_percent": 11}, "gap_major_percent/value: 11 percent is above gap_priority_percent, 10 percent"),
        ({"triage_hours": 169}, "triage_hours/value: 169 hours is above acknowledge_days, 7 days"),
        ({"release_hours": 95},
         "release_hours/value: 95 hours, below alert_hours and hold_hours together, 96: a report would be released "
         "while an alert is held"),
        ({"high_risk_percent": 90},
         "high_risk_percent/value: at high risk 90 percent of the usual interviews, below 100"),
    ],
)  # fmt: skip
def test_numbers_that_contradict_each_other_are_named_with_both(values: dict[str, object], line: str) -> None:
    text = TEXT
    if "points_minor" in values:  # the table of findings repeats it
        text = text.replace("points = 1\n", "points = 5\n", 1)
    for name, value in values.items():
        text = re.sub(rf"(\[parameters\.{name}\]\nvalue = )\S.*", rf"\g<1>{value}", text)
    book = rulebook.read(text)
    assert f"/parameters/{line}" in rulebook.nonsense(book)
    assert f"/parameters/{line}" in rulebook.check_against(book, [])


@pytest.mark.parametrize(
    "values",
    [
        {"suspension_core_days": 180}, {"suspension_most_days": 90}, {"score_least": 1}, {"open_majors_most": 0},
        {"reminder_days": "[90]"}, {"audit_age_days": 336}, {"visit_interviews_least": 10}, {"validity_months": 24},
        {"release_hours": 200}, {"unannounced_least": 0}, {"surveillance_months": 1},
    ],
)  # fmt: skip
def test_what_is_only_strict_or_lenient_is_no_nonsense(values: dict[str, object]) -> None:
    """The negative control, at the limits."""
    assert rulebook.nonsense(changed(**values)) == ()


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("score_least = 160\n", "score_least = 150\n",
         ["/bands/0/score_least: sound begins at 150, below score_least, 160"]),
        ("score_least = 180\n", "score_least = 155\n",
         ["/bands/1/score_least: strong begins at 155, not above sound, 160"]),
        ("score_least = 200\n", "score_least = 180\n",
         ["/bands/2/score_least: clear begins at 180, not above strong, 180"]),
        ('closed = ["priority", "major"]', 'closed = ["major"]',
         ["/bands/1/closed: strong leaves open what sound closes: priority"]),
        ('name = "strong"', 'name = "sound"', ["/bands/1/name: sound stands twice"]),
        ("cap_days = 7\napprove_days = 10", "cap_days = 11\napprove_days = 10",
         ["/effects/0/cap_days: 11 days is above approve_days, 10 days, in the row zero_tolerance"]),
        ("approve_days = 42\nclose_days = 90", "approve_days = 91\nclose_days = 90",
         ["/effects/3/approve_days: 91 days is above close_days, 90 days, in the row major_core"]),
        ("close_danger_days = 30", "close_danger_days = 91",
         ["/effects/0/close_danger_days: 91 days is above close_days, 90 days, in the row zero_tolerance"]),
        ('verify = "on_site_interviews"', 'verify = "none"',
         ["/effects/3/verify: none would close a finding of the row major_core without a proof"]),
        ('id = "major_other"', 'id = "major_others"',
         ["/effects: the row major_other is missing, and findings of that kind would ask for nothing"]),
    ],
)  # fmt: skip
def test_rows_that_contradict_each_other_are_named(old: str, new: str, lines: list[str]) -> None:
    assert list(rulebook.nonsense(edited(old, new))) == lines


def test_the_id_of_a_published_rulebook_is_taken() -> None:
    text = rulebook.text_of(LATEST)
    assert rulebook.nonsense(rulebook.read(text)) == ()  # the very same text
    other = rulebook.read(re.sub(r"(\[parameters\.audit_age_days\]\nvalue = )\d+", r"\g<1>179", text))
    words = f"published with the hash {BOOK.sha256[:12]}, and this text has {other.sha256[:12]}"
    assert rulebook.nonsense(other) == (f"/id: {LATEST} is {words}: it needs an id of its own",)


def test_a_row_that_stands_twice_is_refused() -> None:
    """The second one would have replaced the first without a word."""
    row = TEXT[TEXT.index("[[effects]]") : TEXT.index("[[effects]]", TEXT.index("[[effects]]") + 1)]
    with pytest.raises(Malformed, match="'zero_tolerance' stands twice") as refused:
        rulebook.read(TEXT.replace(row, row + row, 1))
    assert refused.value.where == "/effects/1/id"


def test_every_name_is_a_number_of_the_rulebook() -> None:
    named = {name for pair in sensible.NOT_ABOVE for name in pair} | sensible.MAY_BE_NONE | set(sensible.SHARES)
    assert named <= set(BOOK.parameters)
    assert {BOOK.parameters[name].unit for name in sensible.SHARES} == {"percent"}
    for low, high in sensible.NOT_ABOVE:
        units = {BOOK.parameters[low].unit, BOOK.parameters[high].unit}
        assert len(units) == 1 or units <= set(sensible.TO_HOURS), (low, high)
    assert set(sensible.ROWS) == set(rulebook.CLOCK_OF)
