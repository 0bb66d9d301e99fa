"""After the submission a report changes only as a new signed version: more or graver, never less."""

from __future__ import annotations

from typing import Any

import pytest

from audits import amending, dossier, release, service, views
from audits.drafts import AnswerDraft
from audits.service import Amendment, Signature
from ground.canonical import digest
from ground.errors import Conflict, Forbidden, FreemarkError, Invalid, NotFound
from ground.outbox import OutboxEvent
from tests.auditing import explained, figures


def by_provision(stage: Any) -> dict[str, Any]:
    return {one.provision: one for one in stage.facts().findings}


@pytest.fixture
def report(stage: Any, field: Any) -> Any:
    """Submitted, with a minor on T10.2 and conformance on the rest that was looked at."""
    return field.visit(stage.finding("T10.2", "minor"), stage.conforming("T10.3"), stage.conforming("T1.1"))


def test_an_amendment_is_a_new_signed_version_and_the_old_one_is_kept(stage: Any, field: Any, report: Any) -> None:
    shown = field.amend(report["id"], stage.finding("T1.1", "major", affected=9))
    assert (shown["version"], shown["report"] != report["report"]) == (2, True)
    with stage.world.db.read() as session:
        first, second = views.list_versions(session, stage.amina, report["id"])["items"]
        old = views.get_version(session, stage.amina, report["id"], 1)
        new = views.get_version(session, stage.amina, report["id"], 2)
        assert dossier.reports(session, [stage.factory]) == {shown["report"]: report["id"]}  # what acceptances name
    assert (first["report"], second["report"]) == (report["report"], shown["report"])
    assert digest(old["document"]) == report["report"]
    assert digest(new["document"]) == shown["report"]
    assert new["document"]["amends"] == report["report"]
    assert new["document"]["reason"] == second["reason"] == "It came late."
    (visit,) = stage.facts().visits
    assert (visit.version, visit.report, visit.signed) == (2, shown["report"], True)
    assert (visit.conforming, visit.applicable) == (1, 3)
    assert by_provision(stage)["T1.1"].severity == "major"
    with stage.world.db.read() as session:
        assert [row.name for row in session.query(OutboxEvent)][-1] == "report_amended"


def test_an_amendment_makes_a_finding_graver_and_keeps_its_discovery(stage: Any, field: Any, report: Any) -> None:
    before = by_provision(stage)["T10.2"]
    stage.later(days=1)
    field.amend(report["id"], stage.finding("T10.2", "major", description="More was found."))
    after = by_provision(stage)["T10.2"]
    assert (after.id, after.severity, after.discovered_at) == (before.id, "major", before.discovered_at)


@pytest.mark.parametrize(
    ("answer", "where"),
    [
        (AnswerDraft("T10.2", "conformance"), "/answers/0/result"),  # vanish
        (AnswerDraft("T10.2", "not_applicable", description="After all."), "/answers/0/result"),
        (AnswerDraft("T10.2", "finding", "risk", 1, 42, "Less."), "/answers/0/severity"),  # milder
        (AnswerDraft("T1.1", "not_reviewed", description="No time left."), "/answers/0/result"),  # another answer
    ],
)
def test_no_finding_vanishes_or_becomes_milder(stage: Any, field: Any, report: Any, answer: Any, where: str) -> None:
    before = stage.facts()
    with pytest.raises(Conflict) as caught:
        field.prepare_amendment(report["id"], answer)
    assert caught.value.where == where
    assert stage.facts() == before


def test_without_the_rule_it_would_become_milder(
    stage: Any, field: Any, report: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    monkeypatch.setattr(amending, "_check_not_milder", lambda *given: None)
    field.amend(report["id"], AnswerDraft("T10.2", "finding", "risk", 1, 42, "Less."))
    assert by_provision(stage)["T10.2"].severity == "risk"


def test_what_a_decider_lowered_stays_lowered_in_the_next_version(stage: Any, field: Any, report: Any) -> None:
    finding = by_provision(stage)["T10.2"].id
    field.do(service.regrade_finding, "carl", finding, "risk", "Isolated, and put right.")
    field.amend(report["id"], stage.finding("T1.1", "major", affected=9))
    assert by_provision(stage)["T10.2"].severity == "risk"


def test_figures_are_corrected_and_checked_again(stage: Any, field: Any, report: Any) -> None:
    with pytest.raises(Invalid) as caught:
        field.prepare_amendment(report["id"], figures=figures(stage.today, id_papers=600))
    assert caught.value.where == "/id_papers"
    better = figures(stage.today, id_papers=600, explanations=explained("id_papers"), files_reviewed=44)
    field.amend(report["id"], figures=better)
    (visit,) = stage.facts().visits
    assert visit.files_reviewed == 44


def test_the_outcome_of_a_visit_is_not_amended(stage: Any, field: Any, report: Any) -> None:
    with pytest.raises(Conflict, match="completed"):
        field.prepare_amendment(
            report["id"], figures=figures(stage.today, outcome="unsafe", outcome_note="On second thoughts.")
        )


def test_new_minors_count_with_the_old_ones(stage: Any, field: Any, report: Any) -> None:
    field.amend(report["id"], stage.finding("T10.1", "minor"), stage.finding("T10.3", "minor"))
    assert by_provision(stage)["T14.2"].escalated == "many_minors"


@pytest.mark.parametrize("released", [False, True])
def test_the_site_learns_of_an_added_finding_with_the_report(
    stage: Any, field: Any, report: Any, released: bool
) -> None:
    if released:
        stage.later(hours=96)
        release.release_reports(stage.world)
    field.amend(report["id"], stage.finding("T1.1", "major", affected=9))
    assert by_provision(stage)["T1.1"].released_at == (stage.now if released else None)
    if not released:
        stage.later(hours=96)
        release.release_reports(stage.world)
        assert by_provision(stage)["T1.1"].released_at == stage.now


def test_an_added_priority_is_told_at_once(stage: Any, field: Any, report: Any) -> None:
    field.amend(report["id"], stage.finding("T17.2", "priority"))
    assert by_provision(stage)["T17.2"].released_at == stage.now


def test_an_alert_is_no_amendment(stage: Any, field: Any, report: Any) -> None:
    with pytest.raises(Invalid, match="alerts"):
        field.prepare_amendment(report["id"], stage.passports())


def test_an_alert_between_preparation_and_signature_throws_it_away(stage: Any, field: Any, report: Any) -> None:
    field.prepare_amendment(report["id"], stage.finding("T1.1", "major", affected=9))
    field.alert(report["id"], "T2.1")
    with pytest.raises(Conflict, match="no prepared amendment"):
        field.do(service.amend_report, "amina", report["id"], Signature("z", "00"))


def test_an_amendment_is_signed(stage: Any, field: Any, report: Any) -> None:
    told = field.prepare_amendment(report["id"], stage.finding("T1.1", "major", affected=9))
    with pytest.raises(Invalid):
        field.do(service.amend_report, "amina", report["id"], Signature(told["kid"], "00" * 64))
    assert by_provision(stage).keys() == {"T10.2"}


def test_nothing_and_too_early_is_no_amendment(stage: Any, field: Any, report: Any) -> None:
    with pytest.raises(Invalid):
        field.prepare_amendment(report["id"])
    stage.later(days=1)
    with pytest.raises(Conflict, match="not submitted"):
        field.prepare_amendment(field.plan("aino"), by="aino")


def test_a_report_without_a_signature_is_not_amended(stage: Any, field: Any) -> None:
    audit = stage.visit([stage.conforming("T1.1")], type="surveillance")["id"]
    with pytest.raises(Conflict, match="knows no amendments"):
        field.prepare_amendment(audit, stage.finding("T1.1", "major", affected=9))


@pytest.mark.parametrize(
    ("person", "error"),
    [("aino", Forbidden), ("carl", Forbidden), ("ulla", NotFound), ("bea", NotFound), ("otto", NotFound)],
)
def test_only_the_team_amends(stage: Any, field: Any, report: Any, person: str, error: type[FreemarkError]) -> None:
    with pytest.raises(error):
        field.do(
            service.prepare_amendment, person, report["id"], Amendment("Why not.", (stage.finding("T1.1", "major"),))
        )
    with pytest.raises(error):
        field.do(service.amend_report, person, report["id"], Signature("z", "00"))


def test_versions_are_read_by_who_reads_the_audit(stage: Any, field: Any, report: Any) -> None:
    def reads(person: str) -> bool:
        try:
            with stage.world.db.read() as session:
                views.list_versions(session, stage.people[person], report["id"])
                views.get_version(session, stage.people[person], report["id"], 1)
        except NotFound:
            return False
        return True

    everybody = ("amina", "aino", "carl", "sam", "bea", "ulla", "ravi", "otto")
    # Before the site has it, the rest of the firm reads no report: so none that is missing tells of an alert in it.
    assert [person for person in everybody if reads(person)] == ["amina", "carl", "sam"]
    stage.later(hours=96)
    release.release_reports(stage.world)
    assert [person for person in everybody if reads(person)] == ["amina", "aino", "carl", "sam", "bea"]
    with stage.world.db.read() as session, pytest.raises(NotFound, match="version 2"):
        views.get_version(session, stage.amina, report["id"], 2)
