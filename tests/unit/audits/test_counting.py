"""What an audit's answers come to: conforming, applicable, not applicable, not reviewed and unanswered."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from audits.counting import count
from audits.tables import AnswerRow, AuditRow

ASKED = tuple(f"T1.{number}" for number in range(1, 8))
GIVEN = ["conformance", "conformance", "finding", "not_applicable", "not_reviewed"]


def counts(results: list[str], **change: Any) -> dict[str, int]:
    """Of an audit that asked seven provisions and had these answers to the first ones."""
    audit = AuditRow(id="aud_1", **{"type": "initial", "outcome": "completed", "outcome_by_site": False} | change)
    answers = {
        provision: AnswerRow(
            audit_id="aud_1", provision=provision, result=result, filed_at=datetime(2026, 6, 2, tzinfo=UTC)
        )
        for provision, result in zip(ASKED, results, strict=False)
    }  # fmt: skip
    count(audit, ASKED, answers)
    names = ("conforming", "applicable", "not_applicable", "not_reviewed", "unanswered")
    return {name: getattr(audit, name) for name in names}


def test_applicable_is_what_conforms_and_what_does_not() -> None:
    assert counts(GIVEN) == {
        "conforming": 2, "applicable": 3, "not_applicable": 1, "not_reviewed": 1, "unanswered": 2,
    }  # fmt: skip


@pytest.mark.parametrize("outcome", ["interrupted", "access_denied"])
def test_where_the_site_ended_the_visit_what_was_not_seen_is_not_kept(outcome: str) -> None:
    assert counts(GIVEN, outcome=outcome, outcome_by_site=True) == {
        "conforming": 2, "applicable": 5, "not_applicable": 1, "not_reviewed": 1, "unanswered": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "interrupted"},  # a flood
        {"outcome": "unsafe", "outcome_by_site": True},
        {"outcome": "completed", "outcome_by_site": True},
        {"outcome": "access_denied", "outcome_by_site": True, "type": "closure"},
        {"outcome": "interrupted", "outcome_by_site": True, "type": "priority_closure"},
    ],
    ids=str,
)
def test_nothing_else_counts_against_the_site(change: dict[str, Any]) -> None:
    """Not leaving because it was unsafe; and in a closure what was to be closed stays open all the same."""
    assert counts(GIVEN, **change)["applicable"] == 3


def test_a_gate_that_stayed_shut_from_the_first_minute() -> None:
    assert counts([], outcome="access_denied", outcome_by_site=True) == {
        "conforming": 0, "applicable": 7, "not_applicable": 0, "not_reviewed": 0, "unanswered": 7,
    }  # fmt: skip
