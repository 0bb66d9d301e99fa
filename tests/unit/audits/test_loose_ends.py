"""Small ways round an auditor's duties: a plan sent back, words nobody can read, hours in the wrong unit."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from audits import consistency
from audits.drafts import Hours
from ground.bodies import Line, Prose


@pytest.mark.parametrize("kind", [Line, Prose])
@pytest.mark.parametrize("text", ["\u200b", "\u200b \u2060", "\u00a0", "\u0301"])
def test_a_reason_that_nobody_can_read_is_none(kind: Any, text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(text)
    assert TypeAdapter(kind).validate_python(f"a{text}".strip()) is not None


def test_whole_hours_given_as_tenths_are_named() -> None:
    (problem,) = consistency._hours(Hours(normal=48, overtime=8, total=56, days=6))
    assert "5.6 hours in a week of 6 days: hours are given in tenths" in problem.text
    assert not list(consistency._hours(Hours(normal=480, overtime=80, total=560, days=6)))
