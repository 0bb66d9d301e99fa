"""The whole life of a certificate, by chance: nothing that the naive model forbids ever happens, and bugs are found.

200 lives of 30 steps each (`life_machine`), judged by a model of at most 80 lines (`life_model`); 5,000 of 50 under
FREEMARK_TORTURE=1. Then bugs are planted in the rules, the fold and the hold, one at a time: each has to be found with
no more than 200 lives.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from audits.facts import Finding
from certify import events, holding, rules
from certify.view import Answer, View, no_findings
from tests.unit.certify import life_model
from tests.unit.certify.life_machine import LifeCycle

LIVES, STEPS = 200, 30
BUDGET = settings(max_examples=LIVES, stateful_step_count=STEPS, deadline=None, derandomize=True, database=None)
TORTURE = bool(os.environ.get("FREEMARK_TORTURE"))
LONG = settings(BUDGET, max_examples=5000, stateful_step_count=50, derandomize=False)
HUNT = settings(BUDGET, phases=[Phase.generate], report_multiple_bugs=False, print_blob=False)  # found is enough

LifeCycle.TestCase.settings = LONG if TORTURE else BUDGET
TestLifeCycle = LifeCycle.TestCase


def test_the_model_stays_naive() -> None:
    """Small enough to be read in a minute, and without a word of the rules that it judges."""
    text = Path(life_model.__file__).read_text("utf-8")
    assert len(text.splitlines()) <= 80
    assert not [line for line in text.splitlines() if "import" in line and "certify" in line]


# ------------------------------------------------------------------------------------------------------ planted bugs

Plant = Callable[[pytest.MonkeyPatch], None]


def zero_tolerance_ignored(patch: pytest.MonkeyPatch) -> None:
    """S1 looks at the topic alone."""

    def s1(v: View) -> Answer:
        def on_topic(found: tuple[Finding, ...]) -> list[Finding]:
            return [f for f in found if f.core and not v.spared(f)]

        return no_findings(on_topic(v.weighing("priority", core=True)))

    patch.setitem(rules.TABLE, "S1", s1)  # type: ignore[arg-type]


def revocation_fades(patch: pytest.MonkeyPatch) -> None:
    """The fold takes an old revocation for a suspension."""
    real = events.fold

    def fold(leaves: Any, now: datetime) -> Any:
        found = real(leaves, now)
        faded = found and found.state == "revoked" and now - found.since > timedelta(days=30)
        return replace(found, state="suspended") if found and faded else found

    patch.setattr(events, "fold", fold)


def expiry_ignored(patch: pytest.MonkeyPatch) -> None:
    """The fold forgets that a certificate ends, and so does the register."""
    real = events.fold

    def fold(leaves: Any, now: datetime) -> Any:
        found = real(leaves, now)
        return replace(found, state="active") if found and found.state == "expired" else found

    patch.setattr(events, "fold", fold)
    patch.setattr("certify.register.fold", fold)


def one_organisation_is_enough(patch: pytest.MonkeyPatch) -> None:
    """R3 takes a colleague of the decider for a second voice."""

    def r3(v: View) -> Answer:
        first, _ = v.accepting
        if v.stopped is None:
            return Answer(True, "")
        since = v.stopped.since
        seconds = [a for a in v.dossier.approvals if a.act == "reinstate" and since <= a.at <= v.now and v.outsider(a)]
        return Answer(any(first and a.person != first.person for a in seconds), "")

    patch.setitem(rules.TABLE, "R3", r3)  # type: ignore[arg-type]


def hold_counts_as_released(patch: pytest.MonkeyPatch) -> None:
    """The release check does not ask whether anything is held."""
    real = holding.check_of
    patch.setattr(holding, "check_of", lambda settings, book, held: real(settings, book, None))


def acceptance_not_asked_for(patch: pytest.MonkeyPatch) -> None:
    """I4 is content with any acceptance, also one from before the last report."""
    patch.setitem(rules.TABLE, "I4", lambda v: Answer(bool(v.dossier.acceptances), ""))  # type: ignore[arg-type]


def suspended_for_ever(patch: pytest.MonkeyPatch) -> None:
    """V2 never finds a suspension too long."""
    patch.setitem(rules.TABLE, "V2", lambda v: Answer(True, ""))  # type: ignore[arg-type]


BUGS: dict[Plant, str] = {
    zero_tolerance_ignored: "active with open priorities|in remediation with an open core priority",
    revocation_fades: "revoked -> suspended",
    expiry_ignored: "come to rest",
    one_organisation_is_enough: "by one person",
    hold_counts_as_released: "while an alert is held",
    acceptance_not_asked_for: "without an acceptance of every report",
    suspended_for_ever: "suspended for too long",
}


@pytest.mark.parametrize("plant", BUGS, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError, match=BUGS[plant]):
        run_state_machine_as_test(LifeCycle, settings=HUNT)
