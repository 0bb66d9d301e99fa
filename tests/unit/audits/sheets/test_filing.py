"""A filled sheet handed in: filed whole or not at all, twice as once, merged with what others filed meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from audits.drafts import AnswerDraft
from audits.evidence.tables import EvidenceRow
from audits.filing import answers_of, findings_of
from audits.service import regrade_finding
from audits.sheets import as_json, reading, service
from audits.sheets.checking import FaultySheet
from audits.sheets.content import FIGURES, Row, report_of
from audits.sheets.service import Received, Wish
from audits.sheets.tables import SheetFigureRow
from audits.tables import AnswerRow, AuditRow, FindingRow, PreparedRow
from ground.canonical import Json, jcs
from ground.errors import Conflict, Forbidden, FreemarkError, Invalid, NotFound
from ground.ids import new_id
from ground.journal import JournalRow
from ground.outbox import OutboxEvent
from tests.auditing import Field, figures
from tests.unit.audits.conftest import Stage
from tests.unit.audits.sheets.editing import cells, edited, row_of

CONFORMS: dict[str, Json] = {"result": "conformance", "description": "All asked say so.", "sampled": 42}
MINOR: dict[str, Json] = {
    "result": "finding", "severity": "minor", "affected": 2, "sampled": 42, "description": "2 of 42.",
    "evidence": ["a"],
}  # fmt: skip
PRIORITY: dict[str, Json] = {"result": "finding", "severity": "priority", "description": "A locked fire door."}
TABLES = (AnswerRow, FindingRow, SheetFigureRow, JournalRow, OutboxEvent, PreparedRow)


class Desk:
    """Two auditors of one audit with a sheet each, and the server."""

    def __init__(self, field: Field) -> None:
        self.field, self.world = field, field.world
        self.audit: str = field.plan(team=["aino"])

    def json(self, by: str = "amina") -> Any:
        with self.world.db.read() as session:
            return service.get_json(session, self.field.people[by], self.audit)

    def book(self, by: str = "amina") -> bytes:
        with self.world.db.read() as session:
            return service.get_workbook(session, self.field.people[by], self.audit)

    def filled(
        self, answers: dict[str, Json] | None = None, figures: dict[str, Json] | None = None, of: Any = None
    ) -> Any:
        """A sheet with these answers and figures put in."""
        document = of or self.json()
        return {
            **document,
            "answers": {**document["answers"], **(answers or {})},
            "figures": {**document["figures"], **(figures or {})},
        }

    def file(self, document: Any, by: str = "amina", **wish: Any) -> Any:
        received = Received(reading.read(document)) if isinstance(document, bytes) else service.receive_json(document)
        return self.field.do(service.file_filled, by, self.audit, received, Wish(**wish))

    def state(self) -> dict[str, Any]:
        """Everything that a refused or repeated sheet must leave as it was."""
        with self.world.db.read() as session:
            return {
                table.__tablename__: [
                    {column.key: getattr(row, column.key) for column in table.__table__.columns}
                    for row in session.scalars(select(table))
                ]
                for table in TABLES
            }

    def answer(self, id: str) -> AnswerRow:
        with self.world.db.read() as session:
            return answers_of(session, session.get_one(AuditRow, self.audit))[id]

    def finding(self, id: str) -> FindingRow:
        with self.world.db.read() as session:
            return findings_of(session, session.get_one(AuditRow, self.audit))[id]

    def unchanged(self, document: Any, error: type[FreemarkError], words: str, by: str = "amina", **wish: Any) -> Any:
        before = self.state()
        with pytest.raises(error, match=words) as refusal:
            self.file(document, by, **wish)
        assert self.state() == before
        return refusal.value


@pytest.fixture
def desk(field: Field) -> Desk:
    return Desk(field)


# ---------------------------------------------------------------------------------------------------------- filing


def test_what_was_filled_in_is_filed(desk: Desk) -> None:
    data = desk.book()
    n, m = row_of(data, "T1.1"), row_of(data, "T10.2")
    changes: dict[str, Any] = {
        f"Provisions!I{n}": "conformance", f"Provisions!L{n}": 42, f"Provisions!I{m}": "finding",
        f"Provisions!J{m}": "minor", f"Provisions!K{m}": 2, f"Provisions!L{m}": 42, f"Provisions!M{m}": "=2 of 42",
        f"Provisions!N{m}": "42 payslips\nNotes 5", "Report!B2": 640, "Report!B13": 47.5,
    }  # fmt: skip
    answer = desk.file(edited(data, changes))
    assert [item["provision"] for item in answer["filed"]] == ["T1.1", "T10.2"]
    assert (answer["conflicts"], answer["seen"], answer["figures"]) == ([], None, ["workers", "hours_normal"])
    assert answer["report"] == {"workers": 640, "hours": {"normal": 475}}
    assert "T1.1" not in answer["unanswered"]
    assert (desk.answer("T10.2").description, desk.answer("T10.2").evidence) == ("=2 of 42", ["42 payslips", "Notes 5"])
    assert desk.finding("T10.2").severity == "minor"
    exported = desk.json()
    assert exported["figures"] == {"workers": 640, "hours_normal": 475}
    assert exported["answers"]["T1.1"]["sampled"] == 42


@pytest.mark.parametrize("as_book", [True, False])
def test_the_same_sheet_twice_changes_nothing(desk: Desk, as_book: bool) -> None:
    """Not a row, not a time, not a line in the journal; also the sheet that is exported after it."""
    document = desk.filled({"T1.1": CONFORMS, "T10.2": MINOR}, {"workers": 640, "outcome_by_site": False})
    desk.file(document)
    data = desk.book() if as_book else desk.json()
    before = desk.state()
    desk.world.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    for again in (document, data):
        answer = desk.file(again)
        assert (answer["filed"], answer["figures"], answer["conflicts"]) == ([], [], [])
        assert desk.state() == before


def test_a_negative_control_a_changed_sheet_does_change_something(desk: Desk) -> None:
    document = desk.filled({"T1.1": CONFORMS})
    desk.file(document)
    before = desk.state()
    desk.file(desk.filled({"T1.1": {**CONFORMS, "sampled": 41}}))
    assert desk.state() != before


def test_a_prepared_report_is_thrown_away_by_an_answer_and_kept_by_the_same_sheet(desk: Desk) -> None:
    desk.file(desk.filled({"T1.1": CONFORMS}))
    desk.field.prepare(desk.audit)
    desk.file(desk.json())
    desk.file(desk.filled({}, {"workers": 12}))
    assert desk.state()["prepared_report"] != []
    desk.file(desk.filled({"T1.1": {**CONFORMS, "sampled": 40}}))
    assert desk.state()["prepared_report"] == []


def test_with_one_error_nothing_is_filed_and_all_are_listed(desk: Desk) -> None:
    wrong = desk.filled({"T1.1": CONFORMS, "T10.2": {**MINOR, "severity": "priority"}, "T2.1": {"severity": "major"}})
    error = desk.unchanged(wrong, FaultySheet, "2 errors, nothing was filed")
    assert [fault.place.pointer for fault in error.faults] == [
        "/sheet/answers/T2.1/result", "/sheet/answers/T10.2/severity",
    ]  # fmt: skip
    assert "outside the limits" in str(error)


def test_evidence_that_is_not_of_this_audit_is_an_error_of_its_line(desk: Desk) -> None:
    with desk.world.db.read() as session:
        assert session.scalars(select(EvidenceRow)).first() is None
    missing = new_id("evd")
    error = desk.unchanged(
        desk.filled({"T10.2": {**MINOR, "evidence": ["42 payslips", missing]}}), FaultySheet, "is no evidence of"
    )
    assert [fault.place.pointer for fault in error.faults] == ["/sheet/answers/T10.2/evidence/1"]


def test_what_the_rules_make_of_it_is_told_and_the_next_sheet_has_what_was_proposed(desk: Desk) -> None:
    """Else the same sheet again would propose the graver one."""
    answer = desk.file(desk.filled({"T10.2": {**MINOR, "affected": 30}}))
    assert answer["filed"] == [{"provision": "T10.2", "result": "finding", "severity": "major", "escalated": "share"}]
    exported = desk.json()
    assert exported["answers"]["T10.2"]["severity"] == "minor"
    desk.file(exported)
    assert desk.finding("T10.2").escalated == "share"


def test_a_dry_run_says_the_same_and_files_nothing(desk: Desk) -> None:
    document = desk.filled({"T1.1": CONFORMS, "T10.2": {**MINOR, "affected": 30}}, {"workers": 640})
    before = desk.state()
    tried = desk.file(document, dry_run=True)
    assert desk.state() == before
    done = desk.file(document)
    assert {**tried, "dry_run": False} == done


def test_figures_can_be_taken_away_and_answers_cannot(desk: Desk) -> None:
    desk.file(desk.filled({"T1.1": CONFORMS}, {"workers": 640}))
    document = desk.json()
    answer = desk.file({**document, "figures": {}})
    assert answer["figures"] == ["workers"]
    assert answer["report"] == {}
    assert desk.json()["figures"] == {}
    desk.unchanged({**desk.json(), "answers": {}}, FaultySheet, "an answer is replaced, never taken away")


def test_the_figures_are_a_report_that_can_be_prepared(desk: Desk) -> None:
    whole = figures(desk.field.today)
    said: dict[str, Json] = {
        "workers": 640, "payroll_workers": 640, "interviews_individual": 18, "interviews_group": 24,
        "files_reviewed": 42, "closing_meeting_on": desk.field.today.isoformat(), "summary": "A visit.",
        "id_papers": 640, "listed_workers": 640, "worker_languages": ["bn"], "hours_normal": 480, "hours_overtime": 95,
        "hours_total": 575, "hours_days": 6, "records_from": whole.records_from.isoformat(),  # type: ignore[union-attr]
        "records_to": desk.field.today.isoformat(), "explain_list": "Because.",
    }  # fmt: skip
    answer = desk.file(desk.filled({}, said))
    from audits.bodies import FiguresBody, figures_of

    body = FiguresBody.model_validate(answer["report"])
    assert replace(figures_of(body), explanations=()) == whole
    assert figures_of(body).explained("list")
    assert {f"hours_{name}" for name in report_of(said)["hours"]} == {
        name for name in FIGURES if name.startswith("hours_")
    }


# ----------------------------------------------------------------------------------------------------------- merging


def test_two_sheets_of_one_audit_merge_in_either_order(stage: Stage, field: Field) -> None:
    ends = []
    for order in (("one", "two"), ("two", "one")):
        desk = Desk(field)
        start = desk.json()
        sheets = {
            "one": (desk.filled({"T1.1": CONFORMS, "T10.2": MINOR}, {"workers": 640}, of=start), "amina"),
            "two": (desk.filled({"T2.1": CONFORMS, "T10.2": MINOR}, {"files_reviewed": 42}, of=start), "aino"),
        }
        for name in order:
            document, by = sheets[name]
            assert desk.file(document, by)["conflicts"] == []
        end = desk.json()
        ends.append({key: end[key] for key in ("answers", "figures")})
    assert ends[0] == ends[1]
    assert set(ends[0]["answers"]) == {"T1.1", "T2.1", "T10.2"}


def test_a_conflict_is_shown_side_by_side_and_only_it_waits(desk: Desk) -> None:
    start = desk.json()
    desk.file(desk.filled({"T10.2": MINOR}, {"workers": 640}, of=start), "aino")
    at = desk.field.now
    desk.world.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    mine = desk.filled({"T10.2": {**MINOR, "affected": 5}, "T1.1": CONFORMS}, {"workers": 650}, of=start)
    answer = desk.file(mine)
    assert [item["provision"] for item in answer["filed"]] == ["T1.1"]
    provision, figure = answer["conflicts"]
    assert provision["key"] == "T10.2"
    assert provision["place"] == "/sheet/answers/T10.2/result"
    assert (provision["mine"]["value"]["affected"], provision["theirs"]["value"]["affected"]) == (5, 2)
    people = desk.field.people
    assert (provision["mine"]["by"], provision["theirs"]["by"]) == (people["amina"].person, people["aino"].person)
    assert provision["theirs"]["at"] == at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (figure["key"], figure["mine"]["value"], figure["theirs"]["value"]) == ("workers", 650, 640)
    assert (desk.answer("T10.2").affected, desk.json()["figures"]) == (2, {"workers": 640})

    # The same sheet again: the same conflicts, nothing filed.
    before = desk.state()
    again = desk.file(mine)
    assert (again["filed"], again["conflicts"], again["seen"]) == ([], answer["conflicts"], answer["seen"])
    assert desk.state() == before

    settled = desk.file(mine, resolution={"T10.2": "mine", "workers": "theirs"}, seen=answer["seen"])
    assert [item["provision"] for item in settled["filed"]] == ["T10.2"]
    assert (settled["kept"], settled["conflicts"]) == (["workers"], [])
    assert (desk.answer("T10.2").affected, desk.json()["figures"]) == (5, {"workers": 640})
    (told,) = [row for row in desk.state()["journal"] if row["action"] == "sheet_filed"][-1:]
    assert told["detail"]["overruled"] == ["T10.2"]


def test_a_resolution_counts_only_for_the_conflicts_that_were_seen(desk: Desk) -> None:
    """Else what a third person filed in between would be lost unseen."""
    start = desk.json()
    desk.file(desk.filled({"T10.2": MINOR}, of=start), "aino")
    mine = desk.filled({"T10.2": {**MINOR, "affected": 5}}, of=start)
    shown = desk.file(mine)
    desk.file(desk.filled({"T10.2": {**MINOR, "affected": 7}}), "aino")
    wish: dict[str, Any] = {"resolution": {"T10.2": "mine"}}
    desk.unchanged(mine, Conflict, "not those that you name as seen", **wish)
    desk.unchanged(mine, Conflict, "not those that you name as seen", **wish, seen=shown["seen"])
    desk.file(mine, **wish, seen=desk.file(mine)["seen"])
    assert desk.answer("T10.2").affected == 5


def test_a_resolution_of_nothing_there_is_refused(desk: Desk) -> None:
    desk.unchanged(desk.json(), Invalid, "neither a provision nor a figure", resolution={"T99.9": "mine"})


def test_an_error_in_a_row_that_is_in_conflict_is_told_too(desk: Desk) -> None:
    start = desk.json()
    desk.file(desk.filled({"T10.2": MINOR}, of=start), "aino")
    desk.unchanged(desk.filled({"T10.2": {**MINOR, "description": ""}}, of=start), FaultySheet, "needs a description")


# ------------------------------------------------------------------------------------------- priority findings, alerts


def test_a_priority_finding_is_told_to_the_site_only_when_the_sender_says_so(desk: Desk) -> None:
    document = desk.filled({"T1.1": PRIORITY})
    desk.unchanged(document, FaultySheet, 'send "release": "now"')
    desk.unchanged(document, FaultySheet, 'send "release": "now"', dry_run=True)
    desk.file(document, release="now")
    finding = desk.finding("T1.1")
    assert (finding.severity, finding.zero_tolerance) == ("priority", False)
    assert finding.released_at is not None
    assert desk.json()["standing"] == ["T1.1"]


def test_a_finding_that_the_site_has_is_never_replaced(desk: Desk) -> None:
    start = desk.json()
    desk.file(desk.filled({"T1.1": PRIORITY}, of=start), release="now")
    for made_before in (True, False):
        base = start if made_before else desk.json()
        mine = desk.filled({"T1.1": CONFORMS, "T2.1": {**CONFORMS, "sampled": 1 + made_before}}, of=base)
        answer = desk.file(mine)
        (conflict,) = answer["conflicts"]
        assert conflict["stands"]
        assert conflict["theirs"]["value"]["severity"] == "priority"
        assert [item["provision"] for item in answer["filed"]] == ["T2.1"]
        wish: dict[str, Any] = {"resolution": {"T1.1": "mine"}, "seen": answer["seen"]}
        desk.unchanged(mine, Conflict, "stands that is no longer replaced", **wish)
        assert desk.file(mine, resolution={"T1.1": "theirs"})["conflicts"] == []
    assert desk.answer("T1.1").result == "finding"


def test_a_sheet_with_an_alert_is_that_of_an_audit_without_an_answer(desk: Desk) -> None:
    """Byte for byte, in both encodings: who finds the auditor's laptop learns nothing."""
    desk.file(desk.filled({"T1.1": CONFORMS}))
    twin = (desk.book(), jcs(desk.json()))
    desk.field.alert(desk.audit, "T2.1")
    assert (desk.book(), jcs(desk.json())) == twin
    assert "83 passports" not in " ".join(cells(desk.book(), "Provisions").values())
    desk.field.alert(desk.audit, "T4.1", release="now")  # told to the site, and in no sheet nevertheless
    assert (desk.book(), jcs(desk.json())) == twin


def test_an_alert_that_stands_in_an_answered_row_takes_it_out_of_the_sheet(desk: Desk) -> None:
    without = desk.book()
    desk.file(desk.filled({"T2.1": CONFORMS}))
    assert desk.book() != without
    desk.field.alert(desk.audit, "T2.1")
    assert desk.book() == without


def test_a_row_behind_an_alert_is_not_filed_and_says_nothing_of_it(desk: Desk) -> None:
    desk.field.alert(desk.audit, "T2.1")
    answer = desk.file(desk.filled({"T2.1": CONFORMS, "T1.1": CONFORMS}), "aino")
    assert [item["provision"] for item in answer["filed"]] == ["T1.1"]
    (conflict,) = answer["conflicts"]
    assert conflict["theirs"] == {"value": None, "by": None, "at": None}
    assert conflict["stands"]
    assert "passports" not in str(answer)
    assert desk.finding("T2.1").zero_tolerance
    wish: dict[str, Any] = {"resolution": {"T2.1": "mine"}, "seen": answer["seen"]}
    desk.unchanged(desk.filled({"T2.1": CONFORMS}), Conflict, "stands that is no longer replaced", **wish)


def test_zero_tolerance_in_a_sheet_is_refused_with_the_way_to_go(desk: Desk) -> None:
    wrong = {**PRIORITY, "zero_tolerance": True}
    desk.unchanged(desk.filled({"T2.1": wrong}), FaultySheet, "POST /v1/audits/{audit}/alerts", release="now")


# --------------------------------------------------------------------------------------------- who, when, which audit


@pytest.mark.parametrize("who", ["ulla", "carl", "sam", "bea", "ravi", "otto", "hana", "wilma"])
def test_the_sheet_is_for_the_team_alone(desk: Desk, who: str) -> None:
    document = desk.filled({"T1.1": CONFORMS})
    for ask in (desk.json, desk.book):
        with pytest.raises((NotFound, Forbidden)) as refusal:
            ask(who)
        assert isinstance(refusal.value, Forbidden) == (who in ("carl", "sam"))  # who read every audit there is
    desk.unchanged(document, FreemarkError, "there is no such|may not do this", by=who)


def test_a_colleague_who_is_not_on_the_team_has_none(stage: Stage, field: Field) -> None:
    desk = Desk(field)
    desk.audit = field.plan()  # amina alone
    with pytest.raises(Forbidden):
        desk.json("aino")
    with pytest.raises(Forbidden):
        desk.file(desk.filled({"T1.1": CONFORMS}), "aino")


def test_another_audits_sheet_is_refused(desk: Desk) -> None:
    other = desk.json()
    desk.audit = desk.field.plan()
    desk.unchanged(other, Conflict, "and not of|not of aud_")


def test_a_submitted_audit_has_no_sheet(desk: Desk) -> None:
    document = desk.filled({"T1.1": CONFORMS})
    desk.file(document)
    desk.field.submit(desk.audit)
    for ask in (desk.json, desk.book):
        with pytest.raises(Conflict, match="the audit is submitted"):
            ask()
    desk.unchanged(document, Conflict, "the audit is submitted")


def test_a_sheet_is_taken_along_before_the_first_day_and_filed_from_then_on(desk: Desk) -> None:
    with desk.world.db.write() as session:
        row = session.get_one(AuditRow, desk.audit)
        row.starts_on = row.ends_on = desk.field.today + timedelta(days=1)
    document = desk.filled({"T1.1": CONFORMS})
    desk.unchanged(document, Conflict, "the audit starts on")
    desk.unchanged(document, Conflict, "the audit starts on", dry_run=True)
    desk.world.clock.advance(timedelta(days=1))  # type: ignore[attr-defined]
    assert desk.file(document)["filed"]


def test_under_the_old_standard_too(stage: Stage) -> None:
    """Zero tolerance that was filed under it is in no sheet either."""
    audit = stage.plan()
    stage.answer(audit, [stage.finding("T10.2", "minor"), stage.passports()])
    with stage.world.db.read() as session:
        document = service.get_json(session, stage.amina, audit)
    assert set(document["answers"]) == {"T10.2"}
    filled = {**document, "answers": {**document["answers"], "T1.1": CONFORMS}}
    answer = stage.act(service.file_filled, "amina", audit, service.receive_json(filled), Wish())
    assert [item["provision"] for item in answer["filed"]] == ["T1.1"]


def test_a_finding_that_a_decider_raised_stays_as_it_is_in_the_sheet(desk: Desk) -> None:
    desk.file(desk.filled({"T10.2": {**MINOR, "severity": "minor"}}))
    with pytest.raises(Conflict):
        desk.field.do(regrade_finding, "amina", desk.finding("T10.2").id, "major", "More.")


# ------------------------------------------------------------------------------------------------------------- random


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["amina", "aino"]), st.dictionaries(
    st.sampled_from(["T1.1", "T10.2", "T3.1"]), st.integers(1, 3), min_size=1)), min_size=1, max_size=3))  # fmt: skip
def test_whatever_sheets_come_what_is_there_is_what_a_sheet_said(desk: Desk, sheets: list[Any]) -> None:
    """Sheets from one start, in any order: each answer is one of those given, or the one before; and every sheet again
    changes nothing."""
    start = desk.json()
    before = {id: row["sampled"] for id, row in start["answers"].items()}
    said: dict[str, set[Any]] = {id: {before.get(id)} for id in ("T1.1", "T10.2", "T3.1")}
    handed = []
    for by, given_ in sheets:
        document = desk.filled({id: {**CONFORMS, "sampled": n} for id, n in given_.items()}, of=start)
        desk.file(document, by)
        handed.append((by, document))
        for id, n in given_.items():
            said[id].add(n)
    state = desk.state()
    for by, document in handed:
        desk.file(document, by)
    assert desk.state() == state
    for id, row in desk.json()["answers"].items():
        assert row["sampled"] in said[id]


def test_an_answer_filed_in_any_other_way_is_in_the_next_sheet(desk: Desk) -> None:
    desk.field.answer(desk.audit, [AnswerDraft("T1.1", "conformance", description="  Said\r\nso.\ufffe ")])
    assert desk.json()["answers"]["T1.1"] == Row("conformance", description="Said\nso.").to_json()
    before = desk.state()
    desk.file(desk.book())
    assert desk.state() == before
    assert as_json.read(desk.json()).rows["T1.1"]["description"] == "Said\nso."
