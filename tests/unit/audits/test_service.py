"""The journey of an audit: planned, answered, submitted; what is refused changes nothing."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select

from audits import dossier, filing, standard, submission, views
from audits.drafts import AnswerDraft
from audits.facts import from_json, to_json
from audits.tables import AnswerRow, AuditRow, FindingRow, MemberRow
from ground import journal
from ground.canonical import digest
from ground.errors import Conflict, Forbidden, FreemarkError, Invalid, NotFound
from ground.journal import JournalRow
from ground.outbox import OutboxEvent

EVERYTHING = standard.load("freemark-2026.0").provisions


def rows(stage: Any) -> dict[str, int]:
    """How much there is: a refusal changes none of it."""
    with stage.world.db.read() as session:
        return {
            table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0
            for table in (AuditRow, MemberRow, AnswerRow, FindingRow, JournalRow, OutboxEvent)
        }


def events(stage: Any) -> list[str]:
    with stage.world.db.read() as session:
        said = list(session.scalars(select(OutboxEvent.name).order_by(OutboxEvent.id)))
        return [name for name in said if name not in ("organisation_added", "site_added")]  # the cast's own


# Planning.


def test_an_audit_is_planned_for_a_team_of_the_firm(stage: Any) -> None:
    audit = stage.plan(team=(stage.aino.person, stage.amina.person))
    with stage.world.db.read() as session:
        shown = views.get_audit(session, stage.amina, audit)
        assert session.scalar(select(JournalRow.action).where(JournalRow.subject == audit)) == "audit_planned"
    assert shown["team"] == [stage.aino.person, stage.amina.person]  # the lead stays first
    assert shown["firm"] == stage.amina.organisation
    assert (shown["report"], shown["document"], shown["answered"]) == (None, None, 0)
    assert events(stage) == []


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"site": "site_0000000000000000"}, "/site"),
        ({"standard": "freemark-1999.0"}, "/standard"),
        ({"ends": -1}, "/ends_on"),  # ends before it starts
        ({"starts": 400, "ends": 401}, "/starts_on"),  # too far in the future
        ({"starts": -300, "ends": -299}, "/ends_on"),  # too long ago
        ({"ends": 40}, "/ends_on"),  # too long
        ({"team": ("bea",)}, "/team"),  # not on the team oneself
        ({"team": ("amina", "bea")}, "/team/1"),  # of the manufacturer
        ({"team": ("amina", "ulla")}, "/team/1"),  # of another firm
        ({"team": ("amina", "nobody")}, "/team/1"),
        ({"team": ("amina", "amina")}, "/team"),
        ({"remote": True}, "/remote"),
        ({"remote": True, "type": "surveillance"}, "/remote"),
        ({"remote": True, "type": "priority_closure"}, "/remote"),
    ],
)
def test_an_audit_that_cannot_be_is_refused_at_its_field(stage: Any, change: dict[str, Any], where: str) -> None:
    if "team" in change:
        change = {"team": tuple(stage.people[name].person if name in stage.people else name for name in change["team"])}
    for key, name in (("starts", "starts_on"), ("ends", "ends_on")):
        if key in change:
            change = {**change, name: stage.today + timedelta(days=change[key])}
            del change[key]
    before = rows(stage)
    with pytest.raises(Invalid) as caught:
        stage.plan(**change)
    assert caught.value.where == where
    assert rows(stage) == before


def test_a_firm_does_not_audit_its_own_site(stage: Any) -> None:
    with pytest.raises(Invalid) as caught:
        stage.plan(by="wilma", site=stage.mill)
    assert caught.value.where == "/site"


@pytest.mark.parametrize("person", ["bea", "ravi", "otto", "carl", "sam"])
def test_only_auditors_plan(stage: Any, person: str) -> None:
    with pytest.raises(Forbidden):
        stage.plan(by=person)


# Answers.


def test_a_later_answer_replaces_the_earlier_one_and_its_draft_finding(stage: Any) -> None:
    audit = stage.plan()
    first = stage.answer(audit, [stage.finding("T10.2", "minor"), stage.conforming("T10.3")])
    stage.later(hours=1)
    second = stage.answer(audit, [stage.finding("T10.2", "minor", affected=42)])
    assert [found["severity"] for found in second["findings"]] == ["major"]  # 42 of 42
    assert second["findings"][0]["proposed"] == "minor"
    assert second["findings"][0]["id"] == first["findings"][0]["id"]
    assert second["findings"][0]["discovered_at"] == first["findings"][0]["discovered_at"]
    third = stage.answer(audit, [stage.conforming("T10.2")])
    assert third["findings"] == []
    assert third["answered"] == 2
    assert rows(stage)["finding"] == 0


def test_a_draft_finding_is_no_fact_and_no_event(stage: Any) -> None:
    stage.answer(stage.plan(), [stage.finding("T1.1", "major", affected=11)])
    facts = stage.facts()
    assert facts.findings == ()
    assert facts.visits == ()  # not even that somebody is there
    assert events(stage) == []


def test_a_priority_finding_is_a_fact_at_once_and_stays(stage: Any) -> None:
    audit = stage.plan()
    stage.answer(audit, [stage.passports(), stage.conforming("T1.1")])
    (fact,) = stage.facts().findings
    assert (fact.provision, fact.severity, fact.zero_tolerance, fact.deliberate) == ("T2.1", "priority", True, True)
    assert fact.released_at == fact.discovered_at == stage.now
    assert fact.containment_due == stage.now + timedelta(hours=24)
    assert fact.action.cap_due == stage.now + timedelta(days=7)
    assert fact.open
    (visit,) = stage.facts().visits
    assert (visit.report, visit.submitted_at, visit.team) == (None, None, (stage.amina.person,))
    assert (visit.conforming, visit.unanswered) == (0, len(EVERYTHING))
    assert events(stage) == ["finding_filed"]

    stage.later(days=1)
    stage.answer(audit, [stage.finding("T1.1", "major", affected=20)])
    with pytest.raises(Conflict) as caught:
        stage.answer(audit, [stage.conforming("T10.2"), stage.conforming("T2.1")])
    assert caught.value.where == "/answers/1/provision"
    assert stage.facts().findings == (fact,)
    assert events(stage) == ["finding_filed"]


def test_a_draft_may_become_a_priority_and_keeps_its_discovery(stage: Any) -> None:
    audit = stage.plan()
    discovered = stage.now
    stage.answer(audit, [stage.finding("T2.1", "major", affected=3)])
    stage.later(hours=5)
    stage.answer(audit, [stage.passports()])
    (fact,) = stage.facts().findings
    assert fact.discovered_at == discovered
    assert fact.released_at == stage.now
    assert fact.containment_due == discovered + timedelta(hours=24)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"provision": "T99.1"}, "/provision"),
        ({"severity": None}, "/severity"),
        ({"severity": "minor"}, "/severity"),  # below the floor of T2.1
        ({"description": ""}, "/description"),
        ({"affected": 43}, "/affected"),
        ({"affected": None}, "/affected"),
        ({"severity": "major", "release": None, "zero_tolerance": True}, "/zero_tolerance"),
        ({"severity": "major", "release": None, "deliberate": True}, "/deliberate"),
        ({"severity": "major", "release": None, "concealed": True}, "/concealed"),
        ({"severity": "major"}, "/release"),
        ({"release": None}, "/release"),
        ({"provision": "T3.2", "zero_tolerance": True}, "/zero_tolerance"),
        ({"result": "conformance"}, "/severity"),
        ({"result": "conformance", "severity": None}, "/release"),
        ({"result": "conformance", "severity": None, "release": None}, "/affected"),
        ({"result": "conformance", "severity": None, "release": None, "concealed": True}, "/concealed"),
        ({"result": "not_reviewed", "severity": None, "release": None, "affected": 0}, "/result"),
        (
            {"result": "not_applicable", "severity": None, "release": None, "affected": 0, "description": ""},
            "/description",
        ),
    ],
)
def test_an_answer_that_cannot_be_is_refused_at_its_field(stage: Any, change: dict[str, Any], where: str) -> None:
    audit = stage.plan()
    before = rows(stage)
    bad = replace(stage.finding("T2.1", "priority"), **change)
    with pytest.raises(Invalid) as caught:
        stage.answer(audit, [stage.conforming("T1.1"), bad])
    assert caught.value.where == f"/answers/1{where}"
    assert rows(stage) == before  # the good one went with the bad one


def test_one_request_answers_a_provision_once(stage: Any) -> None:
    with pytest.raises(Invalid) as caught:
        stage.answer(stage.plan(), [stage.conforming("T1.1"), stage.conforming("T1.1")])
    assert caught.value.where == "/answers/1/provision"


def test_nothing_is_answered_before_the_first_day(stage: Any) -> None:
    tomorrow = stage.today + timedelta(days=1)
    audit = stage.plan(starts_on=tomorrow, ends_on=tomorrow)
    with pytest.raises(Conflict, match=str(tomorrow)):
        stage.answer(audit, [stage.conforming("T1.1")])


# Submission.


def test_a_submitted_audit_is_a_report_with_a_hash(stage: Any) -> None:
    shown = stage.visit([stage.finding("T10.2", "minor"), AnswerDraft("T9.2", "not_applicable", description="None.")])
    with stage.world.db.read() as session:
        document = dossier.canonical_report(session, shown["id"])
        assert dossier.reports(session, [stage.factory]) == {shown["report"]: shown["id"]}
    assert digest(document) == shown["report"]
    assert len(document["answers"]) == len(EVERYTHING)
    assert document["counts"]["findings"] == {"priority": 0, "major": 0, "minor": 1, "risk": 0, "opportunity": 0}
    assert document["standard_sha256"] == standard.load("freemark-2026.0").sha256
    (visit,) = stage.facts().visits
    assert visit.report == shown["report"]
    assert (visit.conforming, visit.applicable, visit.not_applicable) == (
        len(EVERYTHING) - 2, len(EVERYTHING) - 1, 1,
    )  # fmt: skip
    assert (visit.not_reviewed, visit.unanswered) == (0, 0)
    assert (visit.workers, visit.interviews, visit.files_reviewed) == (640, 42, 42)
    assert visit.interviews_needed == 26
    (fact,) = stage.facts().findings
    assert fact.released_at == visit.submitted_at
    assert fact.action.close_due == stage.now + timedelta(days=270)
    assert events(stage) == ["audit_submitted"]
    with stage.world.db.read() as session:
        assert journal.check(session) > 0


def test_the_report_names_no_person(stage: Any) -> None:
    shown = stage.visit([stage.finding("T10.2", "minor")])
    with stage.world.db.read() as session:
        text = str(dossier.canonical_report(session, shown["id"]))
        told = str([row.detail for row in session.scalars(select(JournalRow))])
        sent = str([row.ids for row in session.scalars(select(OutboxEvent))])
    assert stage.amina.person in text
    for name in ("Amina", "Aino", "Bea"):
        assert name not in text + told + sent


def test_a_submitted_audit_never_changes(stage: Any) -> None:
    shown = stage.visit()
    before = rows(stage)
    for attempt in (
        lambda: stage.answer(shown["id"], [stage.finding("T1.1", "major", affected=20)]),
        lambda: stage.submit(shown["id"]),
    ):
        with pytest.raises(Conflict, match="submitted"):
            attempt()
    assert rows(stage) == before
    with stage.world.db.read() as session:
        assert digest(dossier.canonical_report(session, shown["id"])) == shown["report"]


def test_an_initial_audit_leaves_nothing_open(stage: Any) -> None:
    audit = stage.plan()
    stage.answer(audit, [stage.conforming(id) for id in EVERYTHING if id not in ("T5.2", "T16.1")])
    before = rows(stage)
    with pytest.raises(Conflict, match=r"2 have none: T5\.2, T16\.1"):
        stage.submit(audit)
    assert rows(stage) == before


def test_a_surveillance_may_look_at_a_part_and_says_so(stage: Any) -> None:
    stage.visit([stage.conforming("T1.1"), AnswerDraft("T2.1", "not_reviewed")], type="surveillance", announced=False)
    (visit,) = stage.facts().visits
    assert (visit.conforming, visit.not_reviewed, visit.unanswered) == (1, 1, len(EVERYTHING) - 2)
    assert not visit.announced


def test_an_audit_without_an_answer_is_none(stage: Any) -> None:
    with pytest.raises(Conflict, match="no answer"):
        stage.submit(stage.plan(type="surveillance"))


@pytest.mark.parametrize(
    ("change", "where", "words"),
    [
        ({"interviews_group": 700}, "/interviews_individual", "718.*640"),
        ({"payroll_workers": 641}, "/payroll_workers", "640.*641"),
        ({"files_reviewed": 641}, "/files_reviewed", "641.*640"),
        ({"closing_meeting_on": timedelta(days=1)}, "/closing_meeting_on", "2026-06-02.*2026-06-01"),
    ],
)
def test_a_report_that_contradicts_itself_is_refused(
    stage: Any, change: dict[str, Any], where: str, words: str
) -> None:
    audit = stage.plan(type="surveillance")
    stage.answer(audit, [stage.conforming("T1.1")])
    before = rows(stage)
    change = {key: stage.today + value if isinstance(value, timedelta) else value for key, value in change.items()}
    with pytest.raises(Invalid, match=words) as caught:
        stage.submit(audit, **change)
    assert caught.value.where == where
    assert rows(stage) == before


def test_an_audit_is_not_submitted_before_its_last_day(stage: Any) -> None:
    audit = stage.plan(ends_on=stage.today + timedelta(days=2), type="surveillance")
    stage.answer(audit, [stage.conforming("T1.1")])
    with pytest.raises(Invalid, match=r"2026-06-03.*2026-06-01"):
        stage.submit(audit)
    stage.later(days=2)
    stage.submit(audit)


# Who.


@pytest.mark.parametrize(
    ("person", "error"),
    [
        ("aino", Forbidden),  # of the firm, not on the team
        ("ulla", NotFound),  # of another firm
        ("bea", NotFound),  # whose site it is: she does not know of the visit
        ("otto", NotFound),
        ("carl", Forbidden),
        ("sam", Forbidden),
    ],
)
def test_only_the_team_answers_and_submits(stage: Any, person: str, error: type[FreemarkError]) -> None:
    audit = stage.plan()
    before = rows(stage)
    with pytest.raises(error):
        stage.answer(audit, [stage.conforming("T1.1")], by=person)
    with pytest.raises(error):
        stage.submit(audit, by=person)
    assert rows(stage) == before


def test_an_audit_that_does_not_exist_looks_like_one_of_another(stage: Any) -> None:
    theirs = stage.plan()
    for audit in ("aud_0000000000000000", theirs):
        with pytest.raises(NotFound) as caught, stage.world.db.read() as session:
            views.get_audit(session, stage.otto, audit)
        assert caught.value.detail == "there is no such thing, or it is not yours to see"


# Two at once.


@pytest.mark.parametrize("locked", [True, False])
def test_an_answer_never_slips_past_the_submission(stages: Any, monkeypatch: pytest.MonkeyPatch, locked: bool) -> None:
    """The submission waits between reading the answers and freezing; an answer arrives in that moment."""
    if not locked:
        if stages.world.db.dialect == "sqlite":
            pytest.skip("SQLite has one writer, with or without row locks")
        monkeypatch.setattr(submission, "locked", unlocked)
        monkeypatch.setattr(filing, "locked", unlocked)
    audit = stages.plan(type="surveillance")
    stages.answer(audit, [stages.conforming("T1.1")])
    reading, answered = threading.Event(), threading.Event()
    build = submission.build_report

    def slow(*given: Any, **more: Any) -> Any:
        reading.set()
        answered.wait(0.5 if locked else 20)  # locked: the answer cannot come before we are done
        return build(*given, **more)

    monkeypatch.setattr(submission, "build_report", slow)
    outcome: list[str] = []

    def late() -> None:
        reading.wait(5)
        try:
            stages.answer(audit, [stages.finding("T1.1", "major", affected=20)])
            outcome.append("taken")
        except Conflict:
            outcome.append("refused")
        answered.set()

    thread = threading.Thread(target=late)
    thread.start()
    stages.submit(audit)
    thread.join()
    assert outcome == (["refused"] if locked else ["taken"])


def unlocked(session: Any, actor: Any, action: str, audit_id: str) -> AuditRow:
    audit: AuditRow = session.get(AuditRow, audit_id)
    if audit.submitted_at is not None:
        raise Conflict("submitted")
    return audit


# The dossier.


def test_the_dossier_of_many_sites_takes_as_many_queries_as_of_one(stages: Any) -> None:
    stages.visit([stages.finding("T10.2", "minor"), stages.finding("T10.3", "minor")])
    stages.visit(type="surveillance", answers=[stages.conforming("T1.1")])
    stages.visit(site=stages.agency)

    def queries(sites: list[str]) -> int:
        seen: list[str] = []

        def count(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
            if statement.lstrip().upper().startswith("SELECT"):
                seen.append(statement)

        engine = stages.world.db.engine
        with stages.world.db.read() as session:
            session.connection()
            event.listen(engine, "before_cursor_execute", count)
            try:
                facts = dossier.load(session, sites)
            finally:
                event.remove(engine, "before_cursor_execute", count)
        assert [one.site for one in facts] == sites
        return len(seen)

    assert queries([stages.factory]) == queries([stages.agency, stages.factory]) < 12


def test_the_dossier_survives_its_json(stages: Any) -> None:
    stages.visit([stages.finding("T1.1", "major", affected=20), stages.passports()])
    facts = stages.facts()
    assert from_json(to_json(facts)) == facts
    assert {one.provision for one in facts.findings} == {"T1.1", "T2.1"}


def test_a_site_that_is_not_there_is_not_found(stage: Any) -> None:
    with pytest.raises(NotFound), stage.world.db.read() as session:
        dossier.load(session, ["site_0000000000000000"])
