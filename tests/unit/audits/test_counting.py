"""What an audit's answers come to: conforming, applicable, not applicable, not reviewed and unanswered."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from audits.counting import count, without
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


# ------------------------------------------------------------------------------------- without what nobody may know of


def hidden(*stood: tuple[str, str], **change: Any) -> dict[str, int]:
    """Two conforming, four findings and one not answered: the counts with these findings as they stood before."""
    given = {"type": "initial", "outcome": "completed", "outcome_by_site": False} | change
    audit = AuditRow(
        id="aud_1", conforming=2, applicable=6, not_applicable=3, not_reviewed=4, unanswered=1, **given
    )  # fmt: skip
    return without(audit, ASKED, stood)


def test_a_hidden_finding_counts_as_what_stood_before() -> None:
    stood = (("T1.1", "conformance"), ("T1.2", "not_applicable"), ("T1.3", "not_reviewed"))
    assert hidden(*stood) == {
        "conforming": 3, "applicable": 4, "not_applicable": 4, "not_reviewed": 5, "unanswered": 1,
    }  # fmt: skip
    assert hidden() == {"conforming": 2, "applicable": 6, "not_applicable": 3, "not_reviewed": 4, "unanswered": 1}


def test_a_hidden_finding_where_nothing_stood_is_a_question_that_nobody_answered() -> None:
    assert hidden(("T1.1", ""), ("T1.2", ""))["unanswered"] == 3
    assert hidden(("T1.1", ""), ("T1.2", ""))["applicable"] == 4
    assert hidden(("T9.9", ""))["unanswered"] == 1  # this kind of audit does not ask it


def test_where_the_site_ended_the_visit_a_hidden_finding_goes_on_counting_as_not_kept() -> None:
    assert hidden(("T1.1", ""), outcome="interrupted", outcome_by_site=True)["applicable"] == 6
    assert hidden(("T9.9", ""), outcome="interrupted", outcome_by_site=True)["applicable"] == 5
    assert hidden(("T1.1", "conformance"), outcome="access_denied", outcome_by_site=True)["applicable"] == 6
