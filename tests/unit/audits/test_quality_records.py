"""What the figures count of real audits, and that a held alert counts only for who may see it: figure by figure."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import true

from audits import severity
from audits.alerts import service as alerts
from audits.alerts.service import AlertDraft
from audits.drafts import AnswerDraft
from audits.independence import quality_records, quality_views
from audits.independence.quality_facts import Work
from audits.independence.relations import check_firm
from ground.access import SYSTEM
from ground.canonical import Json
from ground.errors import Forbidden, NotFound
from ground.parties import Site
from ground.world import World
from tests.auditing import Field
from tests.unit.audits.conftest import Stage, build

EVERYBODY = ("sam", "carl", "hana", "amina", "aino", "ulla", "wilma", "bea", "ravi", "otto")


def works(stage: Stage, reader: str = "sam") -> dict[str, Work]:
    with stage.world.db.read() as session:
        return {one.id: one for one in quality_records.read(session, stage.people[reader], stage.now)}


def firm(stage: Stage, reader: str, of: str = "amina") -> dict[str, Json]:
    with stage.world.db.read() as session:
        return quality_views.firm_quality(session, stage.people[reader], stage.people[of].organisation, now=stage.now)


def person(stage: Stage, reader: str, of: str = "amina") -> dict[str, Json]:
    with stage.world.db.read() as session:
        return quality_views.auditor_quality(session, stage.people[reader], stage.people[of].person, now=stage.now)


def major(provision: str = "T10.3", **change: Any) -> AnswerDraft:
    return AnswerDraft(provision, "finding", "major", 9, 42, "Seen.", **change)


def shown(stage: Stage) -> dict[str, tuple[int, int]]:
    """(findings, alerts) of the first audit, for everybody who may read them."""
    told = {}
    for name in EVERYBODY:
        try:
            seen = firm(stage, name)
        except (NotFound, Forbidden):
            continue
        told[name] = sum(rate["found"] for rate in seen["findings"]), seen["alerts"]["raised"]
    return told


# ------------------------------------------------------------------------------------------------------ what is counted


def test_a_report_counts_when_it_is_due_to_be_released(stage: Stage, field: Field) -> None:
    id = field.visit(major())["id"]
    assert works(stage) == {}
    stage.later(hours=96)
    (work,) = works(stage).values()
    assert (work.id, work.team, work.full) == (id, (stage.amina.person,), True)
    assert [(each.provision, each.severity) for each in work.found] == [("T10.3", "major")]
    assert (work.late_hours, work.per_stratum) == (96, 3)


def test_under_a_standard_without_field_work_it_counts_at_once_and_is_never_late(stage: Stage) -> None:
    stage.visit([stage.finding("T10.2", "minor")])
    (work,) = works(stage).values()
    assert (work.late_hours, len(work.found)) == (0, 1)
    assert not work.contradicts_itself


def test_an_audit_that_is_planned_or_written_counts_nowhere(stage: Stage, field: Field) -> None:
    field.plan()
    stage.later(days=30)
    assert works(stage) == {}


def test_a_severity_that_a_decider_raised_and_one_that_was_lowered(stage: Stage, field: Field) -> None:
    field.visit(
        AnswerDraft("T10.3", "finding", "minor", 1, 42, "Seen."), major("T10.1"), AnswerDraft("T12.1", "conformance")
    )
    stage.later(hours=96)
    (work,) = works(stage).values()
    ids = {each.provision: each.id for each in work.found}
    with stage.world.db.write() as session:
        severity.regrade_finding(session, stage.carl, ids["T10.3"], "major", "It is more.", now=stage.now)
        severity.regrade_finding(session, stage.carl, ids["T10.1"], "minor", "It is less.", now=stage.now)
    (work,) = works(stage).values()
    told = {each.provision: (each.raised, each.lowered) for each in work.found}
    assert told == {"T10.3": (True, False), "T10.1": (False, True)}
    assert firm(stage, "sam")["severities_lowered"] == 1


def test_who_raised_the_severity_of_an_own_finding_graded_nothing_too_mildly(stage: Stage, field: Field) -> None:
    field.visit(AnswerDraft("T10.3", "finding", "minor", 1, 42, "Seen."))
    stage.later(hours=96)
    (work,) = works(stage).values()
    with stage.world.db.write() as session:
        severity.regrade_finding(session, stage.amina, work.found[0].id, "major", "It is more.", now=stage.now)
    (work,) = works(stage).values()
    assert not work.found[0].raised


def test_what_another_firm_finds_on_what_was_answered_with_conformance(stage: Stage, field: Field) -> None:
    field.visit(AnswerDraft("T1.1", "conformance"), AnswerDraft("T10.3", "conformance"))
    stage.later(days=60)
    field.visit(major("T1.1"), major("T10.3"), by="ulla")
    stage.later(hours=96)
    seen = firm(stage, "amina")
    assert [one["provision"] for one in seen["missed"]] == ["T1.1"], "the other topic is no core one"
    assert seen["looked_at_again"] == 1
    assert firm(stage, "ulla", "ulla")["missed"] == []
    assert person(stage, "sam")["missed"] == seen["missed"]


def test_an_amended_report_is_told(stage: Stage, field: Field) -> None:
    audit = field.visit(AnswerDraft("T10.3", "conformance"))["id"]
    field.amend(audit, major("T10.1"))
    stage.later(hours=96)
    assert firm(stage, "carl")["reports_amended"] == 1


# ------------------------------------------------------------------------------------------------------------- who sees


def test_the_scheme_the_certification_body_and_the_own_firm_read_it_and_nobody_else(stage: Stage, field: Field) -> None:
    field.visit(major())
    stage.later(hours=96)
    assert set(shown(stage)) == {"sam", "carl", "amina", "aino"}
    assert person(stage, "aino")["person"] == stage.amina.person
    for name in ("ulla", "wilma", "bea", "ravi", "otto"):
        with pytest.raises((NotFound, Forbidden)) as refused:
            person(stage, name)
        with stage.world.db.read() as session, pytest.raises(type(refused.value)) as same:
            check_firm(session, stage.people[name], quality_views.READ_QUALITY, "org_nothere")
        assert str(same.value) == str(refused.value) or "auditor" in str(refused.value)


# ------------------------------------------------------------------------------------------------------- held alerts


@pytest.fixture
def twins(sqlite_world: World, make_world: Any) -> tuple[tuple[Stage, Field], tuple[Stage, Field]]:
    """The same house twice."""
    found = []
    for world in (sqlite_world, make_world()):
        stage = build(world)
        found.append((stage, Field(stage.world, stage.people, stage.factory)))
    return found[0], found[1]


def held_visit(stage: Stage, field: Field, *, alert: bool) -> str:
    """A visit that finds a minor thing; with an alert on the passports, or with passports in order."""
    audit = field.plan()
    if alert:
        with stage.world.db.write() as session:
            raised = AlertDraft("T2.1", "A driver keeps them.", stage.now)
            id = alerts.raise_alert(session, stage.amina, audit, raised, now=stage.now).id
    answers = [AnswerDraft("T10.3", "finding", "minor", 1, 42, "Seen.")]
    field.answer(audit, answers if alert else [*answers, AnswerDraft("T2.1", "conformance")])
    field.submit(audit)
    return id if alert else ""


def extended(stage: Stage, alert: str) -> None:
    """Held beyond the day on which the report was due."""
    stage.later(hours=70)
    until = stage.now + timedelta(days=10)
    for name in ("hana", "carl"):
        with stage.world.db.write() as session:
            alerts.extend(session, stage.people[name], alert, until=until, reason="Not safe.", now=stage.now)


def plain(stage: Stage, seen: dict[str, Json]) -> Json:
    """Without what differs between two worlds: ids."""
    return {name: value for name, value in seen.items() if name not in ("firm", "person", "missed")}


def test_while_it_is_held_colleagues_read_what_they_would_read_without_it(
    twins: tuple[tuple[Stage, Field], tuple[Stage, Field]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (stage, field), (twin, twin_field) = twins
    alert = held_visit(stage, field, alert=True)
    held_visit(twin, twin_field, alert=False)
    extended(stage, alert)
    twin.later(hours=70)
    for each in (stage, twin):
        each.later(hours=26.5)
    assert plain(stage, firm(stage, "aino")) == plain(twin, firm(twin, "aino"))
    assert plain(stage, person(stage, "aino")) == plain(twin, person(twin, "aino"))
    assert shown(twin) == {"sam": (1, 0), "carl": (1, 0), "amina": (1, 0), "aino": (1, 0)}
    # The negative control: those who may see alerts see it, and so does the team that raised it.
    assert shown(stage) == {"sam": (2, 1), "carl": (2, 1), "amina": (2, 1), "aino": (1, 0)}
    with stage.world.db.read() as session:
        (work,) = quality_records.read(session, None, stage.now)
    assert (len(work.found), work.alerts) == (1, 0), "nobody in particular reads it as a colleague does"
    assert works(stage, "aino")[work.id] == work
    monkeypatch.setattr(quality_records.alerts, "visible", lambda reader: true())
    assert shown(stage)["aino"] == (2, 1), "without the protection it would show"


def test_the_scheme_that_holds_the_site_itself_reads_nothing_of_it(stage: Stage, field: Field) -> None:
    alert = held_visit(stage, field, alert=True)
    extended(stage, alert)
    stage.later(hours=27)
    with stage.world.db.write() as session:
        session.get_one(Site, stage.factory).organisation_id = stage.sam.organisation
    assert shown(stage)["sam"] == (1, 0)
    assert shown(stage)["carl"] == (2, 1)


def test_another_firm_reads_no_median_with_an_alert_that_is_held(stage: Stage, field: Field) -> None:
    extended(stage, held_visit(stage, field, alert=True))
    stage.later(hours=27)
    for name, severities in (("ulla", ["minor"]), ("wilma", ["minor"]), ("carl", ["priority", "minor"])):
        (work,) = works(stage, name).values()
        assert sorted(each.severity for each in work.found) == sorted(severities), name


def test_once_it_is_released_it_counts_for_everybody(stage: Stage, field: Field) -> None:
    alert = held_visit(stage, field, alert=True)
    with stage.world.db.write() as session:
        alerts.release(session, stage.hana, alert, told="By telephone.", now=stage.now)
    stage.later(hours=96)
    assert set(shown(stage).values()) == {(2, 1)}


def test_an_alert_that_was_unfounded_is_told_to_those_who_knew_of_it(stage: Stage, field: Field) -> None:
    alert = held_visit(stage, field, alert=True)
    for name in ("hana", "carl"):
        with stage.world.db.write() as session:
            alerts.dismiss(session, stage.people[name], alert, reason="It was a lost key.", now=stage.now)
    stage.later(hours=96)
    assert shown(stage) == {"sam": (1, 1), "carl": (1, 1), "amina": (1, 1), "aino": (1, 0)}
    assert firm(stage, "carl")["alerts"] == {"raised": 1, "dismissed": 1}
    assert firm(stage, "carl")["score"] is None, "one audit"


def test_the_rules_themselves_may_ask_too(stage: Stage, field: Field) -> None:
    field.visit(major())
    stage.later(hours=96)
    with stage.world.db.read() as session:
        assert len(quality_records.read(session, SYSTEM, stage.now)) == 1
