"""Since when a certificate is on probation, and with what its labels are compared: majors without a break, or the first
certificate after a revocation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from audits.facts import Finding
from certify import probation
from certify.dossier import Revocation
from tests.unit.certify.builders import BOOK, BOOK_1, NOW, at, closed, finding

MONTHS = BOOK_1.limits.probation_months
FIRST = ("11111111111", at(-800), at(-435))
SECOND = ("22222222222", at(-400), at(300))


def growth(*findings: Finding, chain: Any = (FIRST, SECOND), revoked: Any = (), months: int = MONTHS) -> Any:
    return probation.growth(findings, revoked, chain, months, NOW)


def major(id: str, found: float, **changes: Any) -> Finding:
    """Known to the holder five days after it was found."""
    return finding(id, "major", "T14.1", found, **changes)


def test_without_majors_orders_may_grow() -> None:
    assert growth() is None
    assert growth(finding("fnd_1", "minor"), finding("fnd_2", "risk"), finding("fnd_3", "opportunity")) is None
    assert growth(finding("fnd_4", "priority")) is None  # suspends, or freezes labels altogether


def test_the_numbers_are_the_rulebooks_and_the_first_one_has_none() -> None:
    assert (MONTHS, BOOK.limits.probation_months) == (12, 0)
    assert growth(major("fnd_1", -50), months=0) is None


def test_from_the_day_on_which_the_holder_could_read_of_a_major() -> None:
    found = growth(major("fnd_1", -50))
    assert (found.since, found.compared_from) == (at(-45), probation.after(at(-45), -12))
    assert found.certificates == (FIRST[0], SECOND[0])
    assert growth(major("fnd_1", -50, core=True)) == found  # a core one is no lesser ground


def test_what_the_holder_does_not_know_yet_counts_for_nothing() -> None:
    assert growth(major("fnd_1", -3)) is None
    assert growth(major("fnd_1", -50, released_at=None)) is None
    held = replace(major("fnd_1", -50, released_at=None), held_until=at(2))
    assert growth(held, major("fnd_2", -20)) == growth(major("fnd_2", -20))


def test_a_minor_counts_once_it_is_overdue() -> None:
    assert growth(finding("fnd_1", "minor", close_due=at(1))) is None
    assert growth(finding("fnd_1", "minor", close_due=at(-9))).since == at(-9)


def test_one_after_the_other_without_a_break_is_one_probation() -> None:
    """Else the second would begin the count anew, and the labels of the first months could be ordered twice."""
    first, second = closed(major("fnd_1", -200), -60), major("fnd_2", -100)
    assert growth(first, second).since == at(-195)
    assert growth(second, first).since == at(-195)
    assert growth(closed(major("fnd_1", -200), -96), second).since == at(-95)  # a day between them
    assert growth(first) is None


def test_closed_from_a_desk_is_still_open_where_a_visit_is_needed() -> None:
    assert growth(closed(major("fnd_1", -50, core=True), -10, on_site=False)).since == at(-45)
    assert growth(closed(major("fnd_1", -50), -10, on_site=False)) is None


def test_a_certificate_younger_than_the_finding_is_on_probation_from_its_first_day() -> None:
    found = growth(major("fnd_1", -50), chain=(("11111111111", at(-20), at(345)),))
    assert (found.since, found.compared_from) == (at(-20), None)


def test_months_are_compared_only_when_the_holder_was_certified_in_all_of_them() -> None:
    since = at(-45)
    whole = probation.after(since, -12)
    assert growth(major("fnd_1", -50), chain=(("11111111111", whole, at(20)),)).compared_from == whole
    later = whole.replace(hour=whole.hour + 1)
    assert growth(major("fnd_1", -50), chain=(("11111111111", later, at(20)),)).compared_from is None


def test_the_first_after_a_revocation_however_clean() -> None:
    revoked = Revocation("99999999999", at(-900), False, True)
    first = (("11111111111", at(-20), at(345)),)
    found = growth(chain=first, revoked=(revoked,))
    assert (found.since, found.compared_from) == (at(-20), None)
    assert growth(chain=(FIRST, SECOND), revoked=(revoked,)) is None  # it came back long ago
    smaller = growth(chain=(*first, ("22222222222", at(-5), at(345))), revoked=(revoked,))
    assert smaller.since == at(-20)  # nobody leaves probation by leaving out a site
    assert growth(chain=first, revoked=(replace(revoked, overturned=True),)) is None
    assert growth(chain=first, revoked=(replace(revoked, at=at(-10)),)) is None  # another certificate, and later


def test_a_year_follows_the_other() -> None:
    found = growth(major("fnd_1", -50))
    begins, ends = found.span(NOW)
    assert (begins, ends) == (found.since, probation.after(found.since, 12))
    assert found.span(ends) == (ends, probation.after(found.since, 24))
    assert found.span(found.since) == (begins, ends)


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [((2026, 3, 31), -12, (2025, 3, 31)), ((2028, 2, 29), -12, (2027, 2, 28)), ((2026, 8, 31), 6, (2027, 2, 28))],
)
def test_months_end_where_the_month_does(day: tuple[int, int, int], months: int, then: tuple[int, int, int]) -> None:
    moment = datetime(*day, 23, 59, 59, tzinfo=UTC)
    assert probation.after(moment, months) == datetime(*then, 23, 59, 59, tzinfo=UTC)
