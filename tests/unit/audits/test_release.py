"""When the site learns: 96 hours after the submission, for everybody alike, and never while something is held."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import false, select

from audits import dossier, release, service, views
from audits.facts import Finding
from audits.tables import FindingRow
from ground.errors import Conflict, Invalid, NotFound
from ground.outbox import OutboxEvent


def told(stage: Any, person: str = "bea") -> tuple[list[str], list[str]]:
    """What somebody sees of the factory: audits, and provisions with findings."""
    with stage.world.db.read() as session:
        audits = views.list_audits(session, stage.people[person])["items"]
        findings = views.list_findings(session, stage.people[person], site=stage.factory)["items"]
    return [one["id"] for one in audits], sorted(one["provision"] for one in findings)


def facts(stage: Any, *, held: bool) -> tuple[Finding, ...]:
    with stage.world.db.read() as session:
        return dossier.load(session, [stage.factory], held=held)[0].findings


def test_a_submitted_report_is_a_fact_at_once_and_read_by_the_site_after_96_hours(stage: Any, field: Any) -> None:
    shown = field.visit(stage.finding("T1.1", "major", affected=9), type="initial")
    submitted = stage.now
    assert shown["released_at"] is None
    (fact,) = stage.facts().findings
    assert (fact.released_at, fact.action.cap_due) == (None, None)
    assert told(stage) == ([], [])
    with stage.world.db.read() as session, pytest.raises(NotFound):
        views.get_finding(session, stage.bea, fact.id)
    assert told(stage, "carl") == ([shown["id"]], ["T1.1"])  # who decides reads it now

    stage.later(hours=95.9)
    assert release.release_reports(stage.world) == 0
    stage.later(hours=0.1)
    assert release.release_reports(stage.world) == 1
    assert told(stage) == ([shown["id"]], ["T1.1"])
    (fact,) = stage.facts().findings
    assert fact.released_at == stage.now == submitted + timedelta(hours=96)
    assert fact.action.cap_due == stage.now + timedelta(days=14)
    with stage.world.db.read() as session:
        names = list(session.scalars(select(OutboxEvent.name)))
    assert names.count("report_released") == 1
    assert release.release_reports(stage.world) == 0


def test_under_an_older_standard_the_site_reads_it_at_once(stage: Any) -> None:
    shown = stage.visit([stage.finding("T10.2", "minor")])
    assert shown["released_at"] == shown["submitted_at"]
    assert told(stage) == ([shown["id"]], ["T10.2"])


def test_a_priority_that_is_no_alert_is_told_at_once(stage: Any, field: Any) -> None:
    audit = field.plan()
    field.answer(audit, [stage.finding("T17.2", "priority"), stage.finding("T10.2", "minor")])
    assert told(stage) == ([], ["T17.2"])


def test_zero_tolerance_is_raised_as_an_alert_and_not_as_an_answer(stage: Any, field: Any) -> None:
    audit = field.plan()
    for release_ in ("now", "hold", None):
        with pytest.raises(Invalid, match="alerts") as caught:
            field.answer(audit, [stage.passports(release=release_)])
        assert caught.value.where == "/answers/0/zero_tolerance"


def test_a_held_alert_is_a_fact_only_for_who_asks_with_it(stage: Any, field: Any) -> None:
    audit = field.plan()
    found = field.alert(audit)
    (fact,) = facts(stage, held=True)
    assert (fact.id, fact.severity, fact.zero_tolerance) == (found, "priority", True)
    assert (fact.released_at, fact.held_until) == (None, stage.now + timedelta(hours=72))
    assert facts(stage, held=False) == ()
    assert told(stage) == ([], [])
    with stage.world.db.read() as session:
        assert dossier.load(session, [stage.factory], held=False)[0].visits == ()
        assert len(dossier.load(session, [stage.factory], held=True)[0].visits) == 1
        assert views.list_findings(session, stage.carl, site=stage.factory)["items"] == []
        assert [one["id"] for one in views.list_findings(session, stage.amina, site=stage.factory)["items"]] == [found]


def test_a_report_waits_for_an_alert_that_is_held_and_no_longer(stage: Any, field: Any) -> None:
    audit = field.plan()
    found = field.alert(audit)
    field.submit(audit)
    with stage.world.db.write() as session:
        session.get_one(FindingRow, found).held_until = stage.now + timedelta(days=10)
    stage.later(days=5)
    assert release.release_reports(stage.world) == 0
    assert told(stage) == ([], [])
    with stage.world.db.write() as session:
        service.release_finding(session, session.get_one(FindingRow, found), stage.now)
    assert release.release_reports(stage.world) == 1
    assert told(stage) == ([audit], ["T2.1"])


def test_without_the_wait_the_report_would_tell(stage: Any, field: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    audit = field.plan()
    found = field.alert(audit)
    field.submit(audit)
    with stage.world.db.write() as session:
        session.get_one(FindingRow, found).held_until = stage.now + timedelta(days=10)
    stage.later(days=5)
    monkeypatch.setattr(release, "_HELD", false())
    assert release.release_reports(stage.world) == 1


def test_the_clocks_of_a_held_alert_start_when_the_site_learns_of_it(stage: Any, field: Any) -> None:
    """Nobody contains what nobody knew."""
    found = field.alert(field.plan())
    stage.later(hours=70)
    with stage.world.db.write() as session:
        service.release_finding(session, session.get_one(FindingRow, found), stage.now)
    (fact,) = facts(stage, held=False)
    assert fact.discovered_at == stage.now - timedelta(hours=70)
    assert fact.containment_due == stage.now + timedelta(hours=24)
    assert fact.action.cap_due == stage.now + timedelta(days=7)
    assert fact.held_until is None


def test_an_alert_told_at_once_is_released(stage: Any, field: Any) -> None:
    field.alert(field.plan(), release="now")
    assert told(stage) == ([], ["T2.1"])


def test_figures_without_the_alert_are_those_of_a_twin(stage: Any, field: Any) -> None:
    """The counts of the visit, without what is held, say conformance where the alert is."""
    audit = field.plan()
    field.answer(audit, [stage.conforming("T1.1"), stage.conforming("T2.1")])
    field.alert(audit, "T2.1")
    field.submit(audit)

    def counts(*, held: bool) -> tuple[int, int]:
        with stage.world.db.read() as session:
            (visit,) = dossier.load(session, [stage.factory], held=held)[0].visits
        return visit.conforming, visit.applicable

    assert counts(held=True) == (1, 2)
    assert counts(held=False) == (2, 2)


def test_an_alert_may_still_come_after_the_submission_until_the_site_has_the_report(stage: Any, field: Any) -> None:
    shown = field.visit(stage.conforming("T2.1"), stage.finding("T6.1", "major", affected=1))
    stage.later(hours=20)
    field.alert(shown["id"], "T2.1")
    assert {one.provision: one.severity for one in facts(stage, held=True)} == {"T2.1": "priority", "T6.1": "major"}
    assert {one.provision: one.severity for one in facts(stage, held=False)} == {"T6.1": "major"}
    with stage.world.db.read() as session:
        assert dossier.reports(session, [stage.factory]) == {shown["report"]: shown["id"]}  # the signed one stands
    stage.later(hours=70)
    late = field.alert(shown["id"], "T4.1")
    with stage.world.db.read() as session:
        # Not beyond the moment at which every report is released: a report that is late would tell.
        assert session.get_one(FindingRow, late).held_until == stage.now + timedelta(hours=6)
    stage.later(hours=6)
    with pytest.raises(Conflict, match="the site has the report"):
        field.alert(shown["id"], "T6.1")


def test_an_alert_on_what_the_report_has_as_less_leaves_that_standing_until_its_release(stage: Any, field: Any) -> None:
    shown = field.visit(stage.finding("T6.1", "major", affected=1))
    before = facts(stage, held=False)
    found = field.alert(shown["id"], "T6.1", by_management=True)
    (held,) = facts(stage, held=True)
    assert (held.severity, held.zero_tolerance, held.by_management) == ("priority", True, True)
    assert facts(stage, held=False) == before
    with stage.world.db.write() as session:
        service.release_finding(session, session.get_one(FindingRow, found), stage.now)
    assert [one.severity for one in facts(stage, held=False)] == ["priority"]


def test_two_jobs_release_a_report_once(stages: Any) -> None:
    from tests.auditing import Field

    field = Field(stages.world, stages.people, stages.factory)
    shown = field.visit(stages.finding("T10.2", "minor"))
    stages.later(hours=96)
    with stages.world.db.write() as session:
        assert release._release_report(session, shown["id"], stages.now)
    with stages.world.db.write() as session:
        assert not release._release_report(session, shown["id"], stages.now)
