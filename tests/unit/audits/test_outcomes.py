"""How a visit ends: completed, interrupted, denied, unsafe; and what that makes of what was not seen."""

from __future__ import annotations

from typing import Any

import pytest

from audits import dossier, severity
from audits.drafts import AnswerDraft
from audits.standard import load
from ground.errors import Invalid
from tests.auditing import SIGNED

DENIED = {
    "outcome": "access_denied", "outcome_by_site": True, "outcome_note": "The gate stayed shut.", "workers": 0,
    "payroll_workers": 0, "interviews_individual": 0, "interviews_group": 0, "files_reviewed": 0,
    "closing_meeting_on": None, "id_papers": None, "listed_workers": None, "hours": None,
}  # fmt: skip
CUT = {"outcome": "interrupted", "outcome_by_site": True, "outcome_note": "Sent away on the second morning."}
ILL = {"outcome": "interrupted", "outcome_note": "A flood; the road was closed."}
UNSAFE = {"outcome": "unsafe", "outcome_note": "The team was followed and threatened."}


def ended(stage: Any, field: Any, figures: dict[str, Any], *answers: AnswerDraft, type: str = "initial") -> Any:
    audit = field.plan(type=type)
    if answers:
        field.answer(audit, answers)
    field.submit(audit, **figures)
    (visit,) = stage.facts().visits
    with stage.world.db.read() as session:
        return visit, {one.provision: one for one in stage.facts().findings}, dossier.canonical_report(session, audit)


def test_the_provisions_of_the_automatic_findings_are_in_every_standard() -> None:
    for name in ("freemark-2026.0", "freemark-2026.1"):
        catalogue = load(name)
        assert "everywhere" in catalogue.provisions[severity.OPENNESS].title
        assert catalogue.provisions[severity.OPENNESS].ceiling == "priority"
        assert "put right" in catalogue.provisions[severity.PUT_RIGHT].title


def test_access_denied_makes_everything_a_no_and_a_priority_on_openness(stage: Any, field: Any) -> None:
    visit, findings, report = ended(stage, field, DENIED)
    everything = len(SIGNED.provisions)
    assert (visit.outcome, visit.conforming, visit.unanswered) == ("access_denied", 0, everything - 1)
    assert visit.applicable == everything
    (finding,) = findings.values()
    assert (finding.provision, finding.severity, finding.zero_tolerance) == ("T15.1", "priority", False)
    assert finding.released_at == stage.now  # the site knows; it closed the gate
    assert report["outcome"]["by_site"]
    assert f"{everything - 1} provisions" in report["outcome"]["explained"]
    assert "count as not kept" in report["outcome"]["explained"]
    (answer,) = report["answers"]
    assert "The gate stayed shut." in answer["description"]


def test_a_visit_cut_short_by_the_site_counts_what_was_not_seen_as_no(stage: Any, field: Any) -> None:
    seen = [stage.conforming(id) for id in ("T1.1", "T2.1", "T15.1")]
    visit, findings, report = ended(stage, field, CUT, *seen)
    everything = len(SIGNED.provisions)
    assert (visit.conforming, visit.applicable, visit.unanswered) == (2, everything, everything - 3)
    assert findings["T15.1"].severity == "priority"
    answer = next(one for one in report["answers"] if one["provision"] == "T15.1")
    assert "The team's own answer (conformance)" not in answer["description"]  # it gave no words


def test_a_milder_finding_on_openness_becomes_the_priority_and_keeps_the_auditors_word(stage: Any, field: Any) -> None:
    said = stage.finding("T15.1", "major", description="One store stayed locked.")
    _, findings, report = ended(stage, field, CUT, said)
    assert findings["T15.1"].severity == "priority"
    answer = next(one for one in report["answers"] if one["provision"] == "T15.1")
    assert answer["finding"]["proposed"] == "major"
    assert "One store stayed locked." in answer["description"]


@pytest.mark.parametrize("figures", [ILL, UNSAFE])
def test_leaving_for_weather_illness_or_safety_has_no_penalty(stage: Any, field: Any, figures: dict[str, Any]) -> None:
    visit, findings, report = ended(stage, field, figures, stage.conforming("T1.1"))
    assert findings == {}
    assert (visit.conforming, visit.applicable) == (1, 1)
    assert visit.unanswered == len(SIGNED.provisions) - 1  # it just is not a whole one
    assert not report["outcome"]["by_site"]


def test_an_unsafe_visit_needs_no_answer_at_all(stage: Any, field: Any) -> None:
    visit, findings, _ = ended(stage, field, UNSAFE)
    assert (visit.outcome, findings) == ("unsafe", {})


def test_a_closure_that_was_denied_counts_nothing_but_the_refusal(stage: Any, field: Any) -> None:
    visit, findings, _ = ended(stage, field, DENIED, type="closure")
    assert (visit.conforming, visit.applicable) == (0, 1)
    assert set(findings) == {"T15.1"}


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"outcome_by_site": False}, "/outcome_by_site"),  # denied, but by whom?
        ({"outcome_note": ""}, "/outcome_note"),
        ({"outcome": "unsafe"}, "/outcome_by_site"),
        ({"outcome": "completed"}, "/workers"),
    ],
)
def test_an_outcome_that_contradicts_itself_is_refused(field: Any, change: dict[str, Any], where: str) -> None:
    audit = field.plan()
    with pytest.raises(Invalid) as caught:
        field.prepare(audit, **{**DENIED, **change})
    assert caught.value.where == where


def test_an_older_standard_knows_completed_visits_only(stage: Any) -> None:
    audit = stage.plan(type="surveillance")
    with pytest.raises(Invalid) as caught:
        stage.submit(audit, **ILL)
    assert caught.value.where == "/outcome"
