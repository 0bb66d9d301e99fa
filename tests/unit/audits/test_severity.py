"""How grave a finding is: by its share, by the past, by its number; and who may change it after it was filed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audits import release, rules, service, standard, views
from audits.facts import Finding, Severity
from audits.tables import AnswerRow, FindingRow
from ground.errors import Conflict, Forbidden, FreemarkError, Invalid, NotFound
from ground.outbox import OutboxEvent
from tests.auditing import SIGNED


def of(stage: Any, provision: str) -> Finding:
    return next(one for one in stage.facts().findings if one.provision == provision)


# Computed.


def test_a_fifth_of_the_sample_is_a_major_and_says_so(stage: Any, field: Any) -> None:
    field.visit(stage.finding("T10.3", "minor", affected=9, sampled=42))
    with stage.world.db.read() as session:
        (shown,) = views.list_findings(session, stage.amina, site=stage.factory)["items"]
    assert (shown["severity"], shown["proposed"], shown["escalated"]) == ("major", "minor", "share")
    assert of(stage, "T10.3").escalated == "share"


def test_the_share_rule_holds_only_where_the_provision_has_it() -> None:
    provision = SIGNED.provisions["T10.3"]
    assert rules.grade(replace(provision, share_rule=True), "minor", 9, 42) == "major"
    assert rules.grade(replace(provision, share_rule=False), "minor", 9, 42) == "minor"
    assert rules.grade(replace(provision, share_rule=True), "minor", 9, 42, rules.Share(30)) == "minor"


@pytest.mark.parametrize(
    ("days", "severity", "escalated"), [(1, "major", "repeat"), (731, "major", "repeat"), (732, "minor", "")]
)
def test_the_same_minor_within_24_months_is_a_major(
    stage: Any, field: Any, days: int, severity: str, escalated: str
) -> None:
    """From 2026-06-01: 24 months are 731 days, the last of them within."""
    field.visit(stage.finding("T10.2", "minor"))
    stage.later(days=days)
    field.visit(stage.finding("T10.2", "minor"))
    last = max(stage.facts().findings, key=lambda one: one.discovered_at)
    assert (last.severity, last.escalated) == (severity, escalated)


def test_a_repeat_of_a_repeat_is_a_major_too(stage: Any, field: Any) -> None:
    for _ in range(3):
        field.visit(stage.finding("T10.2", "minor"))
        stage.later(days=300)
    assert sorted(one.severity for one in stage.facts().findings) == ["major", "major", "minor"]


@pytest.mark.parametrize("before", ["risk", "another provision", "another site", "not submitted", "older standard"])
def test_what_is_no_repeat(stage: Any, field: Any, before: str) -> None:
    match before:
        case "risk":
            field.visit(stage.finding("T10.2", "risk"))
        case "another provision":
            field.visit(stage.finding("T10.3", "minor"))
        case "another site":
            field.visit(stage.finding("T10.2", "minor"), site=stage.agency, figures={"explanations": ()} | AGENCY)
        case "not submitted":
            field.answer(field.plan(), [stage.finding("T10.2", "minor")])
        case "older standard":  # under which nothing is a repeat
            stage.visit([stage.finding("T10.2", "minor")], type="surveillance")
            stage.visit([stage.finding("T10.2", "minor")], type="surveillance")
            assert [one.severity for one in stage.facts().findings] == ["minor", "minor"]
            return
    stage.later(days=1)
    shown = field.answer(field.plan("aino"), [stage.finding("T10.2", "minor")], "aino")
    assert [one["severity"] for one in shown["findings"]] == ["minor"]


AGENCY = {
    "workers": 14, "payroll_workers": 14, "interviews_individual": 14, "interviews_group": 0, "files_reviewed": 14,
    "id_papers": 14, "listed_workers": 14,
}  # fmt: skip


@pytest.mark.parametrize(
    ("moment", "months", "before"),
    [
        (datetime(2026, 6, 1, 8, tzinfo=UTC), 24, datetime(2024, 6, 1, 8, tzinfo=UTC)),
        (datetime(2026, 1, 31, tzinfo=UTC), 11, datetime(2025, 2, 28, tzinfo=UTC)),
        (datetime(2024, 3, 31, tzinfo=UTC), 1, datetime(2024, 2, 29, tzinfo=UTC)),
        (datetime(2026, 12, 5, tzinfo=UTC), 12, datetime(2025, 12, 5, tzinfo=UTC)),
        (datetime(2026, 1, 5, tzinfo=UTC), 1, datetime(2025, 12, 5, tzinfo=UTC)),
    ],
)
def test_months_are_those_of_the_calendar(moment: datetime, months: int, before: datetime) -> None:
    assert rules.months_before(moment, months) == before


def minors(stage: Any, *provisions: str) -> list[Any]:
    return [stage.finding(id, "minor") for id in provisions]


def test_three_minors_in_one_topic_make_a_major_on_the_management_system(stage: Any, field: Any) -> None:
    field.visit(*minors(stage, "T10.1", "T10.2", "T10.3"), type="initial")
    made = of(stage, "T14.2")
    assert (made.severity, made.escalated, made.zero_tolerance) == ("major", "many_minors", False)
    assert sorted(one.severity for one in stage.facts().findings) == ["major", "minor", "minor", "minor"]
    with stage.world.db.read() as session:
        answer = session.get_one(AnswerRow, (made.audit, "T14.2"))
        row = session.get_one(FindingRow, made.id)
    assert "T10: T10.1, T10.2, T10.3" in answer.description
    assert row.proposed == "major"
    (visit,) = stage.facts().visits
    assert (visit.conforming, visit.applicable) == (len(SIGNED.provisions) - 4, len(SIGNED.provisions))


@pytest.mark.parametrize("provisions", [("T10.1", "T10.2"), ("T10.1", "T10.2", "T11.1"), ()])
def test_fewer_or_scattered_minors_make_none(stage: Any, field: Any, provisions: tuple[str, ...]) -> None:
    field.visit(*minors(stage, *provisions), type="initial")
    assert all(one.provision in provisions for one in stage.facts().findings)


def test_a_milder_finding_there_becomes_the_major_and_a_major_stays(stage: Any, field: Any) -> None:
    field.visit(*minors(stage, "T10.1", "T10.2", "T10.3"), stage.finding("T14.2", "risk", description="Thin."))
    made = of(stage, "T14.2")
    with stage.world.db.read() as session:
        (shown,) = [
            one
            for one in views.list_findings(session, stage.amina, site=stage.factory)["items"]
            if one["id"] == made.id
        ]
    assert (shown["severity"], shown["proposed"], shown["escalated"]) == ("major", "risk", "many_minors")
    assert "Thin." in shown["description"]
    stage.later(days=800)
    field.visit(*minors(stage, "T10.1", "T10.2", "T10.3"), stage.finding("T14.2", "major"))
    assert max(stage.facts().findings, key=lambda one: (one.provision == "T14.2", one.discovered_at)).escalated == ""


def test_an_older_standard_makes_no_finding_by_itself(stage: Any) -> None:
    stage.visit(minors(stage, "T10.1", "T10.2", "T10.3"))
    assert "T14.2" not in {one.provision for one in stage.facts().findings}


# Flags.


@pytest.mark.parametrize(("provision", "flag"), [("T6.1", "worst_form"), ("T9.1", "by_management")])
def test_a_flag_belongs_to_its_topic(stage: Any, field: Any, provision: str, flag: str) -> None:
    audit = field.plan()
    with pytest.raises(Invalid) as caught:
        field.answer(audit, [stage.finding(provision, "major", **{flag: True})])
    assert caught.value.where == f"/answers/0/{flag}"


def test_flags_are_facts(stage: Any, field: Any) -> None:
    field.visit(stage.finding("T6.1", "major", by_management=True), stage.finding("T9.1", "priority", worst_form=True))
    assert of(stage, "T6.1").by_management
    assert of(stage, "T9.1").worst_form


# Changed after filing.


def regrade(field: Any, by: str, finding: str, severity: str, reason: str = "Read again.") -> Any:
    return field.do(service.regrade_finding, by, finding, severity, reason)


@pytest.fixture
def filed(stage: Any, field: Any) -> Finding:
    """A minor on T10.2 that became a major by its share, read by the site."""
    field.visit(stage.finding("T10.2", "minor", affected=20))
    stage.later(hours=96)
    release.release_reports(stage.world)
    return of(stage, "T10.2")


def test_a_decider_lowers_with_a_reason_and_it_is_on_record(stage: Any, field: Any, filed: Finding) -> None:
    shown = regrade(field, "carl", filed.id, "minor", "20 of 42 is a slip of the pen for 2.")
    now = of(stage, "T10.2")
    assert (now.severity, now.escalated) == ("minor", "")
    assert now.released_at is not None
    assert now.action.close_due == now.released_at + timedelta(days=270)
    assert shown["proposed"] == "minor"
    (change,) = shown["regrades"]
    assert (change["from"], change["to"], change["by_role"]) == ("major", "minor", "decider")
    with stage.world.db.read() as session:
        assert "finding_regraded" in [row.name for row in session.query(OutboxEvent)]


def test_the_team_raises_and_never_lowers(stage: Any, field: Any, filed: Finding) -> None:
    with pytest.raises(Forbidden, match="decider"):
        regrade(field, "amina", filed.id, "minor")
    with pytest.raises(Conflict, match="major already"):
        regrade(field, "amina", filed.id, "major")
    regrade(field, "carl", filed.id, "minor")
    stage.later(days=30)
    shown = regrade(field, "amina", filed.id, "major")
    assert shown["regrades"][-1]["by_role"] == "auditor"
    assert shown["escalated"] == ""


def test_a_raised_finding_counts_from_now_and_gets_no_later_date(stage: Any, field: Any) -> None:
    field.visit(stage.finding("T10.2", "minor"))
    stage.later(hours=96)
    release.release_reports(stage.world)
    finding = of(stage, "T10.2")
    stage.later(days=200)
    regrade(field, "carl", finding.id, "major")
    raised = of(stage, "T10.2")
    assert raised.action.close_due == finding.action.close_due  # in 70 days; a major of today would have 180
    assert raised.action.cap_due == finding.action.cap_due


def test_raised_to_priority_it_is_told_at_once(stage: Any, field: Any) -> None:
    field.visit(stage.finding("T17.2", "minor"))
    finding = of(stage, "T17.2")
    regrade(field, "carl", finding.id, "priority")
    now = of(stage, "T17.2")
    assert (now.severity, now.released_at) == ("priority", stage.now)
    assert now.containment_due is not None


@pytest.mark.parametrize("by", ["carl", "amina"])
def test_a_priority_is_never_lowered(stage: Any, field: Any, by: str) -> None:
    """It may have suspended a certificate; a word of one person takes nothing of that back."""
    field.visit(stage.finding("T17.2", "priority"))
    with pytest.raises((Conflict, Forbidden)):
        regrade(field, by, of(stage, "T17.2").id, "major")
    assert of(stage, "T17.2").severity == "priority"


def test_nothing_is_lowered_below_its_floor_or_raised_above_its_ceiling(stage: Any, field: Any) -> None:
    field.visit(stage.finding("T15.2", "major", affected=1), stage.finding("T10.2", "minor"))
    for provision, severity in (("T15.2", "minor"), ("T10.2", "priority")):
        with pytest.raises(Invalid) as caught:
            regrade(field, "carl", of(stage, provision).id, severity)
        assert caught.value.where == "/severity"


@pytest.mark.parametrize(
    ("person", "error"),
    [("bea", Forbidden), ("aino", Forbidden), ("ulla", NotFound), ("otto", NotFound), ("ravi", NotFound)],
)
def test_nobody_else_changes_a_severity(field: Any, filed: Finding, person: str, error: type[FreemarkError]) -> None:
    with pytest.raises(error):
        regrade(field, person, filed.id, "minor")


def test_a_draft_is_answered_again_and_a_held_alert_is_the_handlers(stage: Any, field: Any) -> None:
    audit = field.plan()
    draft = field.answer(audit, [stage.finding("T10.2", "minor")])["findings"][0]["id"]
    alert = field.alert(audit)
    with pytest.raises(Conflict, match="draft"):
        regrade(field, "amina", draft, "major")
    with pytest.raises(Conflict, match="held"):
        regrade(field, "amina", alert, "major")
    for finding in (draft, alert):
        with pytest.raises(NotFound):  # a decider does not even learn of it here
            regrade(field, "carl", finding, "major")


@pytest.mark.parametrize("word", ["minor", "risk", "opportunity"])
def test_no_smaller_word_avoids_the_share(word: Severity) -> None:
    """A fifth of the sample is a major, whatever the auditor calls it; one less is what it was called."""
    known = standard.load("freemark-2026.1")
    share = rules.Share.of(known)
    provision = replace(known.provisions["T10.2"], floor="opportunity", ceiling="major", share_rule=True)
    assert rules.grade(provision, word, 8, 40, share) == "major"
    assert rules.grade(provision, word, 7, 40, share) == word


@pytest.mark.parametrize("severity", ["minor", "risk", "opportunity"])
def test_with_field_work_the_share_is_counted_wherever_it_decides(severity: Any) -> None:
    """Silence is no way round the 20 percent, off the core topics either, nor is a smaller word."""
    known = standard.load("freemark-2026.1")
    share, provision = rules.Share.of(known), replace(known.provisions["T10.2"], floor="opportunity")
    with pytest.raises(Invalid, match="affected and sampled are needed; 20 percent") as caught:
        rules.grade(provision, severity, None, None, share)
    assert caught.value.where == "/sampled"
    assert rules.grade(provision, severity, 0, 42, share) == severity
    assert rules.grade(replace(provision, share_rule=False), severity, None, None, share) == severity
    assert rules.grade(provision, severity, None, None, replace(share, always_counted=False)) == severity
    assert rules.grade(provision, "major", None, None, share) == "major"


def test_a_risk_on_a_core_provision_needs_its_counts() -> None:
    known = standard.load("freemark-2026.1")
    provision = replace(known.provisions["T1.3"], floor="opportunity", ceiling="major")
    with pytest.raises(Invalid, match="needs affected and sampled"):
        rules.grade(provision, "risk", None, None, rules.Share.of(known))
    assert rules.grade(provision, "risk", None, None) == "risk"  # as before there was field work
