"""The closing meeting's sheet, what the report made of it, and what still stands in the way of a report."""

from __future__ import annotations

from typing import Any

import pytest

from audits import preliminary, release, service
from audits.preliminary import SheetDraft, Told
from audits.readiness import readiness
from ground.errors import Conflict, Forbidden, FreemarkError, Invalid, NotFound
from ground.ids import PREFIXES
from tests.auditing import SIGNED, figures


def sheet(stage: Any, *told: tuple[str, Any], **change: Any) -> SheetDraft:
    given = {
        "outcome": "signed", "presented_at": stage.now, "function": "Factory manager",
        "findings": tuple(Told(*one) for one in told), **change,
    }  # fmt: skip
    return SheetDraft(**given)


def diff(stage: Any, audit: str, person: str = "amina") -> Any:
    with stage.world.db.read() as session:
        return preliminary.diff(session, stage.people[person], audit)


def test_the_sheet_is_kept_and_held_against_the_report(stage: Any, field: Any) -> None:
    audit = field.plan()
    field.answer(audit, [stage.finding("T10.2", "minor"), stage.finding("T11.1", "minor")])
    field.do(service.file_sheet, "amina", audit, sheet(stage, ("T10.2", "minor"), ("T11.1", "minor")))
    shown = diff(stage, audit)
    assert (shown["added"], shown["dropped"], shown["changed"], shown["final"]) == ([], [], [], False)
    field.answer(
        audit, [stage.finding("T10.2", "major"), stage.conforming("T11.1"), stage.finding("T1.1", "major", affected=9)]
    )
    field.submit(audit)
    shown = diff(stage, audit)
    assert shown["added"] == [{"provision": "T1.1", "severity": "major"}]
    assert shown["dropped"] == [{"provision": "T11.1", "severity": "minor"}]
    assert shown["changed"] == [{"provision": "T10.2", "told": "minor", "severity": "major"}]
    assert shown["final"]


def test_the_sheet_is_part_of_what_is_signed(stage: Any, field: Any) -> None:
    audit = field.plan()
    field.answer(audit, [stage.conforming("T1.1")])
    draft = sheet(stage, outcome="refused_to_sign", reason="He wants to ask the owner.")
    field.do(service.file_sheet, "amina", audit, draft)
    document = field.prepare(audit)["document"]
    assert document["preliminary"]["outcome"] == "refused_to_sign"
    assert document["preliminary"]["function"] == "Factory manager"


def test_a_sheet_throws_a_prepared_report_away(stage: Any, field: Any) -> None:
    audit = field.plan()
    field.answer(audit, [stage.conforming("T1.1")])
    told = field.prepare(audit)
    field.do(service.file_sheet, "amina", audit, sheet(stage))
    with pytest.raises(Conflict, match="no prepared report"):
        field.sign(told)


def test_a_held_alert_is_on_no_sheet_and_in_no_diff(stage: Any, field: Any) -> None:
    audit = field.plan()
    field.alert(audit, "T2.1")
    with pytest.raises(Invalid) as caught:
        field.do(service.file_sheet, "amina", audit, sheet(stage, ("T2.1", "priority")))
    assert caught.value.where == "/findings/0/provision"
    field.do(service.file_sheet, "amina", audit, sheet(stage))
    field.submit(audit)
    assert diff(stage, audit)["added"] == []


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"outcome": "refused_to_sign"}, "/reason"),
        ({"outcome": "not_presented", "function": ""}, "/reason"),
        ({"outcome": "not_presented", "reason": "They had left."}, "/function"),
        ({"function": ""}, "/function"),
        ({"findings": (Told("T99.1", "minor"),)}, "/findings/0/provision"),
        ({"findings": (Told("T1.1", "major"), Told("T1.1", "major"))}, "/findings/1/provision"),
    ],
)
def test_a_sheet_that_cannot_be_is_refused(stage: Any, field: Any, change: dict[str, Any], where: str) -> None:
    audit = field.plan()
    with pytest.raises(Invalid) as caught:
        field.do(service.file_sheet, "amina", audit, sheet(stage, **change))
    assert caught.value.where == where


def test_a_sheet_is_of_the_days_of_the_audit_and_filed_once(stage: Any, field: Any) -> None:
    from datetime import timedelta

    audit = field.plan()
    for moment in (stage.now + timedelta(hours=1), stage.now - timedelta(days=1)):
        with pytest.raises(Invalid) as caught:
            field.do(service.file_sheet, "amina", audit, sheet(stage, presented_at=moment))
        assert caught.value.where == "/presented_at"
    draft = sheet(stage, outcome="not_presented", function="", reason="Nobody of the management was there.")
    field.do(service.file_sheet, "amina", audit, draft)
    with pytest.raises(Conflict, match="not changed"):
        field.do(service.file_sheet, "amina", audit, sheet(stage))


def test_a_sheet_comes_before_the_report(stage: Any, field: Any) -> None:
    audit = field.visit(stage.conforming("T1.1"))["id"]
    with pytest.raises(Conflict, match="before the report"):
        field.do(service.file_sheet, "amina", audit, sheet(stage))


@pytest.mark.parametrize(
    ("person", "error"),
    [("aino", Forbidden), ("carl", Forbidden), ("ulla", NotFound), ("bea", NotFound), ("otto", NotFound)],
)
def test_only_the_team_files_the_sheet(stage: Any, field: Any, person: str, error: type[FreemarkError]) -> None:
    with pytest.raises(error):
        field.do(service.file_sheet, person, field.plan(), sheet(stage))


def test_the_sheet_is_read_by_who_reads_the_audit(stage: Any, field: Any) -> None:
    audit = field.plan()
    field.answer(audit, [stage.conforming("T1.1")])
    field.do(service.file_sheet, "amina", audit, sheet(stage))
    field.submit(audit)
    for person in ("bea", "ulla", "otto"):
        with pytest.raises(NotFound):
            diff(stage, audit, person)
    stage.later(hours=96)
    release.release_reports(stage.world)
    assert diff(stage, audit, "bea")["outcome"] == "signed"
    with stage.world.db.read() as session:
        assert preliminary.get_sheet(session, stage.bea, audit)["function"] == "Factory manager"
        with pytest.raises(NotFound):
            preliminary.get_sheet(session, stage.otto, audit)
    assert "per" in PREFIXES  # people are ids, also here


# Readiness.


def ready(stage: Any, audit: str, person: str = "amina") -> Any:
    with stage.world.db.read() as session:
        return readiness(session, stage.people[person], audit, now=stage.now)


def kinds(shown: Any, *, blocks: bool | None = None) -> set[str]:
    return {item["kind"] for item in shown["items"] if blocks is None or item["blocks"] == blocks}


def test_readiness_lists_what_stands_in_the_way_until_nothing_does(stage: Any, field: Any) -> None:
    audit = field.plan(type="initial")
    shown = ready(stage, audit)
    assert not shown["ready"]
    assert shown["unanswered"] == list(SIGNED.provisions)
    assert kinds(shown, blocks=True) == {"unanswered", "not_prepared", "no_key"}
    assert "no_preliminary_sheet" in kinds(shown, blocks=False)
    field.enrol("amina")
    field.answer(audit, [stage.conforming(id) for id in SIGNED.provisions])
    assert kinds(ready(stage, audit), blocks=True) == {"not_prepared"}
    field.do(service.file_sheet, "amina", audit, sheet(stage))
    told = field.prepare(audit)
    shown = ready(stage, audit)
    assert shown["ready"]
    assert shown["prepared"]["sha256"] == told["sha256"]
    assert "no_preliminary_sheet" not in kinds(shown)
    field.sign(told)
    with pytest.raises(Conflict, match="was submitted"):
        ready(stage, audit)


def test_short_time_is_noted_and_does_not_block(stage: Any, field: Any) -> None:
    audit = field.plan(type="initial")
    shown = ready(stage, audit)
    assert shown["effort"]["needed"] > shown["effort"]["spent"]
    assert {"effort_short", "stratum_missing"} & kinds(shown, blocks=False)
    field.answer(audit, [stage.conforming(id) for id in SIGNED.provisions])
    field.submit(audit)
    (visit,) = stage.facts().visits
    assert visit.effort_needed > visit.effort_spent  # a fact for the rules
    assert visit.in_a_row == 1


def test_a_visit_that_is_not_over_is_not_ready(stage: Any, field: Any) -> None:
    from datetime import timedelta

    audit = field.plan(ends_on=stage.today + timedelta(days=1))
    assert any("not over yet" in item["text"] for item in ready(stage, audit)["items"])


def test_figures_that_contradict_the_register_meanwhile_are_listed(stage: Any, field: Any) -> None:
    from ground.parties import Site

    audit = field.plan()
    field.answer(audit, [stage.conforming("T1.1")])
    field.prepare(audit)
    with stage.world.db.write() as session:
        session.get_one(Site, stage.factory).workers = 2000
    (item,) = [item for item in ready(stage, audit)["items"] if item["kind"] == "inconsistent"]
    assert "640" in item["text"]
    assert "2000" in item["text"]


@pytest.mark.parametrize("person", ["carl", "sam", "bea", "ulla", "ravi", "otto"])
def test_readiness_is_the_firms_alone(stage: Any, field: Any, person: str) -> None:
    audit = field.plan()
    with pytest.raises((NotFound, Forbidden)):
        ready(stage, audit, person)
    assert ready(stage, audit, "aino")["audit"] == audit


def test_readiness_says_nothing_of_score_or_outcome(stage: Any, field: Any) -> None:
    audit = field.plan(type="initial")
    field.answer(audit, [stage.finding("T17.2", "priority")])
    text = str(ready(stage, audit)).lower()
    assert not any(word in text for word in ("score", "suspend", "certificate", "band", "points"))
    assert figures(stage.today).outcome == "completed"
