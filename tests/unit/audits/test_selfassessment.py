"""What a site says of itself: whole or not at all, fixed once handed in, read by few, and nothing to any rule."""

from __future__ import annotations

from typing import Any

import grimp
import pytest
from sqlalchemy import func, select, update

from audits import dossier, standard
from audits.remedy.disclosures import counted
from audits.selfassessment import comparison, relations, service, views
from audits.selfassessment.rules import MOST_FAULTS, AnswerDraft, FaultyAnswers, Said
from audits.selfassessment.tables import AssessmentAnswerRow, AssessmentRow
from ground.errors import Conflict, Forbidden, FreemarkError, Invalid, NotFound
from ground.ids import new_id
from ground.journal import JournalRow
from ground.outbox import OutboxEvent
from ground.parties import Site
from tests.auditing import FREEMARK, SIGNED

EVERYTHING = list(SIGNED.provisions)


class Desk:
    """The people of a test, writing and reading self-assessments."""

    def __init__(self, stage: Any) -> None:
        self.stage = stage

    def do(self, step: Any, *things: Any, by: str = "bea") -> Any:
        with self.stage.world.db.write() as session:
            return step(session, self.stage.people[by], *things, now=self.stage.now)

    def opened(self, by: str = "bea", site: str = "", of: str = FREEMARK) -> str:
        row: AssessmentRow = self.do(service.open_assessment, site or self.stage.factory, of, by=by)
        return row.id

    def answer(self, id: str, answers: dict[str, Said], by: str = "bea", note: str = "Because.") -> None:
        drafts = [AnswerDraft(each, said, note, f"/answers/{each}") for each, said in answers.items()]
        self.do(service.file_answers, id, drafts, by=by)

    def submitted(self, by: str = "bea", site: str = "", **said: Said) -> str:
        """Everything conforms, but for what is said, as T1_1="does_not_conform"."""
        id = self.opened(by, site)
        given = {name.replace("_", "."): word for name, word in said.items()}
        with self.stage.world.db.read() as session:
            asked = views.whole(session, session.get_one(AssessmentRow, id))["progress"]["topics"]
        everything = [each for topic in asked for each in topic["missing"]]
        self.answer(id, {**dict.fromkeys(everything, "conforms"), **given}, by)
        self.do(service.submit, id, by=by)
        return id

    def read(self, id: str, by: str = "bea") -> Any:
        return self.do(service.read_assessment, id, by=by)

    def compare(self, audit: str, by: str = "amina") -> Any:
        return self.do(comparison.compare, audit, by=by)

    def listed(self, by: str) -> list[str]:
        with self.stage.world.db.read() as session:
            query = select(AssessmentRow.id).where(relations.visible(self.stage.people[by]))
            return sorted(session.scalars(query))

    def refused(self, step: Any, *things: Any, by: str) -> type[FreemarkError]:
        with pytest.raises(FreemarkError) as caught:
            self.do(step, *things, by=by)
        return type(caught.value)

    def readings(self) -> list[tuple[str, str, Any]]:
        with self.stage.world.db.read() as session:
            rows = session.scalars(select(JournalRow).where(JournalRow.action == "self_assessment_read"))
            return [(row.person, row.subject, row.detail) for row in rows]


@pytest.fixture
def desk(stage: Any) -> Desk:
    return Desk(stage)


# The journey.


def test_from_the_opening_to_the_submission_on_both_databases(stages: Any) -> None:
    desk = Desk(stages)
    id = desk.opened()
    shown = desk.read(id)
    assert (shown["version"], shown["submitted_at"], shown["sha256"], shown["answers"]) == (1, None, None, [])
    assert (shown["progress"]["answered"], shown["progress"]["asked"]) == (0, len(EVERYTHING))
    desk.answer(id, {"T2.1": "conforms", "T1.1": "does_not_know"})
    progress = desk.read(id)["progress"]
    assert progress["answered"] == 2
    first, second = progress["topics"][:2]
    assert (first["topic"], first["core"], first["answered"], first["asked"]) == ("T1", True, 1, 5)
    assert first["missing"] == ["T1.2", "T1.3", "T1.4", "T1.5"]
    assert second["missing"] == ["T2.2", "T2.3"]
    with pytest.raises(
        Conflict, match=rf"2 of {len(EVERYTHING)} provisions are answered; missing: T1\.2, T1\.3, "
    ) as no:
        desk.do(service.submit, id)
    assert "T2.1" not in no.value.detail
    desk.answer(id, dict.fromkeys((each for each in EVERYTHING if each != "T2.1"), "conforms"))
    desk.do(service.submit, id)
    shown = desk.read(id)
    assert shown["submitted_at"] is not None
    assert [each["provision"] for each in shown["answers"]] == EVERYTHING
    assert all(topic["missing"] == [] for topic in shown["progress"]["topics"])


def test_what_is_submitted_never_changes(desk: Desk) -> None:
    id = desk.submitted()
    before = desk.read(id)
    assert desk.refused(service.file_answers, id, [AnswerDraft("T1.1", "does_not_know")], by="bea") is Conflict
    assert desk.refused(service.file_sheet, id, {"head": {}, "answers": {}}, by="bea") is Conflict
    assert desk.refused(service.submit, id, by="bea") is Conflict
    assert desk.read(id) == before


def test_what_is_newer_is_another_version_and_the_older_one_stays(desk: Desk) -> None:
    first = desk.submitted()
    before = desk.read(first)
    desk.stage.later(days=200)
    second = desk.submitted(T1_1="does_not_conform")
    assert (desk.read(first), desk.read(second)["version"]) == (before, 2)
    assert desk.read(second)["sha256"] != before["sha256"]
    assert desk.listed("bea") == sorted([first, second])


def test_one_is_open_at_a_time(desk: Desk) -> None:
    id = desk.opened()
    with pytest.raises(Conflict, match=id):
        desk.opened()
    desk.opened("ravi", desk.stage.agency)


def test_two_at_the_same_moment_are_one(stages: Any) -> None:
    """If the look before were not enough: the database itself takes no second open one."""
    desk = Desk(stages)
    desk.opened()
    with stages.world.db.read() as session:
        first = session.scalars(select(AssessmentRow)).one()
    kept = {column.key: getattr(first, column.key) for column in AssessmentRow.__table__.columns}
    with pytest.raises(Conflict), stages.world.db.write() as session:
        session.add(AssessmentRow(**{**kept, "id": new_id("slf"), "version": 2}))


def test_the_profiles_of_the_site_are_asked_and_fixed_when_it_is_opened(desk: Desk) -> None:
    with desk.stage.world.db.write() as session:
        session.execute(update(Site).values(sector="garment"))
    id = desk.opened()
    with desk.stage.world.db.write() as session:
        session.execute(update(Site).values(sector="electronics"))
    shown = desk.read(id)
    assert shown["profiles"] == ["garment"]
    assert shown["progress"]["asked"] == len(SIGNED.with_profiles(["garment"]).provisions) > len(EVERYTHING)


def test_a_later_answer_replaces_and_the_same_one_leaves_no_trace(desk: Desk) -> None:
    id = desk.opened()
    desk.answer(id, {"T1.1": "conforms"})
    rows = journal(desk)
    desk.answer(id, {"T1.1": "conforms"})
    assert journal(desk) == rows
    desk.answer(id, {"T1.1": "does_not_conform"})
    assert journal(desk) == rows + 1
    assert desk.read(id)["answers"] == [{"provision": "T1.1", "said": "does_not_conform", "note": "Because."}]


def journal(desk: Desk) -> int:
    with desk.stage.world.db.read() as session:
        return session.scalar(select(func.count()).select_from(JournalRow)) or 0


def test_every_fault_is_told_and_nothing_is_filed(desk: Desk) -> None:
    id = desk.opened()
    drafts = [
        AnswerDraft("T1.1", "conforms", where="/answers/0"),
        AnswerDraft("T99.9", "conforms", where="/answers/1"),
        AnswerDraft("T1.1", "does_not_know", where="/answers/2"),
        AnswerDraft("T2.1", "not_applicable", where="/answers/3"),
    ]
    with pytest.raises(FaultyAnswers) as caught:
        desk.do(service.file_answers, id, drafts)
    assert [fault.where for fault in caught.value.faults] == ["/answers/1", "/answers/2", "/answers/3/note"]
    assert (caught.value.where, caught.value.detail[:8]) == ("/answers/1", "3 errors")
    assert desk.read(id)["answers"] == []
    many = [AnswerDraft(f"T99.{number}", "conforms") for number in range(MOST_FAULTS + 1)]
    with pytest.raises(FaultyAnswers) as caught:
        desk.do(service.file_answers, id, many)
    assert len(caught.value.faults) == MOST_FAULTS


def test_what_cannot_be_assessed(desk: Desk) -> None:
    with pytest.raises(Invalid, match="knows no self-assessment") as caught:
        desk.opened(of="freemark-2026.0")
    assert caught.value.where == "/standard"
    with pytest.raises(Invalid) as caught:
        desk.opened(of="freemark-1999.9")
    assert caught.value.where == "/standard"
    with desk.stage.world.db.write() as session:
        session.execute(update(Site).values(kind="vessel"))
    with pytest.raises(Invalid, match="flag"):
        desk.opened()


def test_the_hash_is_over_what_was_said_and_brought(desk: Desk) -> None:
    """Whoever has the answers and the documents can make it again; the journal, which is chained, has it too."""
    id = desk.submitted(T1_1="does_not_know")
    with desk.stage.world.db.read() as session:
        row = session.get_one(AssessmentRow, id)
        document = views.content(session, row)
        (kept,) = session.scalars(select(JournalRow).where(JournalRow.action == "self_assessment_submitted"))
    assert document["answers"]["T1.1"] == {"said": "does_not_know", "note": "Because."}
    assert document["standard_sha256"] == standard.load(FREEMARK).sha256
    assert kept.detail == {"sha256": row.sha256}
    assert len(row.sha256) == 64
    with desk.stage.world.db.write() as session:
        session.execute(update(AssessmentAnswerRow).where(AssessmentAnswerRow.provision == "T1.1").values(note="No."))
    with desk.stage.world.db.read() as session:
        assert views.content(session, session.get_one(AssessmentRow, id)) != document


# Who may.


def test_a_draft_is_the_sites_alone(desk: Desk, field: Any) -> None:
    field.plan()
    id = desk.opened()
    assert desk.listed("bea") == [id]
    assert desk.read(id)["id"] == id
    for who in ("amina", "aino", "ulla", "carl", "sam", "otto", "ravi", "hana", "wilma"):
        assert desk.refused(service.read_assessment, id, by=who) is NotFound, who
    for who in ("amina", "aino", "ulla", "carl", "sam", "otto", "ravi", "wilma"):
        assert desk.listed(who) == [], who
    for who in ("otto", "ravi", "wilma", "ulla", "amina", "hana"):
        assert desk.refused(service.file_answers, id, [], by=who) is NotFound, who
        assert desk.refused(service.submit, id, by=who) is NotFound, who
    for who in ("carl", "sam"):
        assert desk.refused(service.submit, id, by=who) is Forbidden, who


def test_what_is_submitted_is_read_by_the_team_and_those_who_decide(desk: Desk, field: Any) -> None:
    id = desk.submitted()
    assert desk.refused(service.read_assessment, id, by="amina") is NotFound  # no audit of hers is there yet
    field.plan()
    for who in ("bea", "amina", "carl", "sam"):
        assert desk.read(id, who)["id"] == id, who
        assert desk.listed(who) == [id], who
    for who in ("aino", "ulla", "otto", "ravi", "hana", "wilma"):  # aino: of the firm, and not on the team
        assert desk.refused(service.read_assessment, id, by=who) is NotFound, who
    for who in ("aino", "ulla", "otto", "ravi", "wilma"):
        assert desk.listed(who) == [], who
    with pytest.raises(Forbidden):
        desk.listed("hana")
    for who in ("amina", "carl"):
        assert desk.refused(service.file_answers, id, [], by=who) in (NotFound, Forbidden), who


def test_an_audit_under_another_standard_opens_nothing(desk: Desk) -> None:
    """Under an older one anybody may plan an audit anywhere; under this one it is drawn by lot and accepted."""
    id = desk.submitted()
    desk.stage.plan("ulla")
    assert desk.refused(service.read_assessment, id, by="ulla") is NotFound
    assert desk.listed("ulla") == []


def test_a_team_reads_nothing_that_came_after_its_report(desk: Desk, field: Any) -> None:
    before = desk.submitted()
    field.visit(desk.stage.conforming("T1.1"))
    desk.stage.later(days=30)
    after = desk.submitted()
    assert desk.listed("amina") == [before]
    assert desk.refused(service.read_assessment, after, by="amina") is NotFound
    assert desk.listed("carl") == sorted([before, after])


def test_reading_is_written_down_and_the_site_sees_nothing_of_it(desk: Desk, field: Any) -> None:
    id = desk.submitted()
    before = desk.read(id)
    field.plan()
    people = desk.stage.people
    for who in ("amina", "carl", "sam"):
        desk.read(id, who)
    assert desk.readings() == [(people[who].person, id, {}) for who in ("amina", "carl", "sam")]
    assert desk.read(id) == before


def test_a_site_of_another_organisation_is_not_there(desk: Desk) -> None:
    assert desk.refused(service.open_assessment, desk.stage.factory, FREEMARK, by="otto") is NotFound
    assert desk.refused(service.open_assessment, desk.stage.factory, FREEMARK, by="wilma") is NotFound
    assert desk.refused(service.open_assessment, "site_0000000000000000", FREEMARK, by="bea") is NotFound
    for who in ("amina", "carl", "sam"):
        assert desk.refused(service.open_assessment, desk.stage.factory, FREEMARK, by=who) in (NotFound, Forbidden)
    assert desk.opened("ravi", desk.stage.agency)


# What it is not.


def test_it_is_no_disclosure_and_says_where_one_goes(desk: Desk, field: Any) -> None:
    id = desk.opened()
    desk.answer(id, {"T17.2": "does_not_conform", "T2.1": "conforms"})
    assert desk.read(id)["disclosure"] is None  # T17 is no core topic
    desk.answer(id, {"T1.1": "does_not_conform"})
    hint = desk.read(id)["disclosure"]
    assert (hint["provisions"], hint["where"]) == (["T1.1"], "POST /v1/disclosures")
    assert "no self-disclosure" in hint["text"]
    desk.answer(id, {each: "conforms" for each in EVERYTHING if each != "T1.1"})
    desk.do(service.submit, id)
    desk.stage.later(days=1)
    field.visit(desk.stage.finding("T1.1", "major", affected=9))
    with desk.stage.world.db.read() as session:
        assert counted(session, desk.stage.factory, "T1.1", desk.stage.now) is None
    (fact,) = desk.stage.facts().findings
    assert fact.disclosed_at is None


def test_the_rules_learn_nothing_of_it(desk: Desk) -> None:
    desk.stage.visit([desk.stage.finding("T10.2", "minor")])
    events, facts = sent(desk), whole(desk)
    desk.submitted(T1_1="does_not_conform", T2_1="does_not_know")
    assert (sent(desk), whole(desk)) == (events, facts)


def test_no_road_leads_from_the_dossier_to_it() -> None:
    """Not even an indirect one; the floors above cannot import it at all (tests/architecture/test_contracts.py)."""
    graph = grimp.build_graph("audits")
    rooms = [module for module in graph.modules if module.startswith("audits.selfassessment.")]
    assert "audits.selfassessment.tables" in rooms
    for room in rooms:
        assert graph.find_shortest_chain("audits.dossier", room) is None, room
    assert graph.find_shortest_chain("audits.readiness", "audits.selfassessment.facts") is not None


def sent(desk: Desk) -> list[str]:
    with desk.stage.world.db.read() as session:
        return list(session.scalars(select(OutboxEvent.name)))


def whole(desk: Desk) -> Any:
    with desk.stage.world.db.read() as session:
        return [dossier.load(session, [desk.stage.factory], held=held) for held in (True, False)]
