"""Sheets over HTTP: the team takes one along and hands it in; for everybody else there is none."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from audits.evidence.kinds import MEDIA
from audits.sheets import routes, samples
from audits.sheets.scanning import MOST_BYTES
from audits.tables import AnswerRow, AuditRow, MemberRow
from freemark import problems
from ground.ids import new_id
from ground.journal import JournalRow
from ground.web import BodyLimit
from ground.world import World
from tests.cast import Cast, Player, enrol, join, make_cast
from tests.unit.audits.sheets.editing import edited, packed, parts, row_of

TODAY = date(2026, 6, 1)  # tests.conftest.START


class Api:
    """The application with the sheets only, its cast, and one audit of Amina and Aino."""

    def __init__(self, world: World, cast: Cast, client: TestClient) -> None:
        self.world, self.cast, self.client = world, cast, client
        self.keys = itertools.count()
        with world.db.write() as session:
            self.aino = enrol(session, world, cast.amina.organisation, "Aino Virtanen", "auditor")
            self.ida = enrol(session, world, cast.amina.organisation, "Ida Berg", "auditor")
            self.ulla = join(session, world, "Northern Audit", "audit_firm", "Ulla Lind", "auditor")
        self.audit = self.plan()

    def plan(self) -> str:
        """An audit as `plan_audit` enters it, without the draw of its team, which is another room's."""
        audit = new_id("aud")
        with self.world.db.write() as session:
            session.add(
                AuditRow(
                    id=audit, site_id=self.cast.factory, type="surveillance", standard="freemark-2026.1",
                    firm_id=self.cast.amina.organisation, starts_on=TODAY, ends_on=TODAY + timedelta(days=2),
                    announced=False, remote=False, planned_at=self.world.clock.now(),
                )
            )  # fmt: skip
            session.flush()
            for position, player in enumerate((self.cast.amina, self.aino)):
                session.add(MemberRow(audit_id=audit, person_id=player.person, position=position))
        return audit

    def submit(self) -> None:
        with self.world.db.write() as session:
            row = session.get_one(AuditRow, self.audit)
            row.submitted_at = row.released_at = self.world.clock.now()
            row.report = "0" * 64

    def get(self, who: Player, name: str) -> Any:
        return self.client.get(f"/v1/audits/{self.audit}/{name}", headers=who.headers)

    def book(self, who: Player | None = None) -> bytes:
        answer = self.get(who or self.cast.amina, "sheet.xlsx")
        assert answer.status_code == 200, answer.text
        return bytes(answer.content)

    def file(self, body: Any, who: Player | None = None, key: str = "") -> Any:
        headers = {**(who or self.cast.amina).headers, "Idempotency-Key": key or f"key-{next(self.keys)}"}
        return self.client.post(f"/v1/audits/{self.audit}/sheet", json=body, headers=headers)

    def hand_in(self, data: bytes, who: Player | None = None, **wish: Any) -> Any:
        return self.file({"workbook": base64.b64encode(data).decode(), **wish}, who)

    def rows(self) -> tuple[int, int]:
        """How many answers there are, and lines in the journal."""
        with self.world.db.read() as session:
            return tuple(
                session.scalar(select(func.count()).select_from(table)) or 0 for table in (AnswerRow, JournalRow)
            )  # type: ignore[return-value]


@pytest.fixture
def api(sqlite_world: World) -> Iterator[Api]:
    yield from serve(sqlite_world)


@pytest.fixture
def apis(world: World) -> Iterator[Api]:
    yield from serve(world)


def serve(world: World) -> Iterator[Api]:
    app = FastAPI()
    app.state.world = world
    app.include_router(routes.router)
    problems.install(app)
    app.add_middleware(BodyLimit, limit=world.settings.body_limit)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Api(world, make_cast(world), client)


def filled(data: bytes, id: str = "T10.2", **change: Any) -> bytes:
    """A minor finding of 2 among 42, put into a row."""
    values: dict[str, Any] = {"I": "finding", "J": "minor", "K": 2, "L": 42, "M": "2 of 42."} | change
    at = row_of(data, id)
    return edited(data, {f"Provisions!{column}{at}": value for column, value in values.items()})


def test_out_and_in_again(apis: Api) -> None:
    answer = apis.get(apis.cast.amina, "sheet.xlsx")
    assert answer.headers["content-type"] == MEDIA["xlsx"]
    assert answer.headers["content-disposition"] == f'attachment; filename="{apis.audit}.xlsx"'
    assert "no-store" in answer.headers["cache-control"]
    taken = apis.hand_in(filled(answer.content))
    assert taken.status_code == 200, taken.text
    assert taken.json().keys() == samples.FILED.keys()
    assert taken.json()["filed"] == [{"provision": "T10.2", "result": "finding", "severity": "minor", "escalated": ""}]
    sheet = apis.get(apis.aino, "sheet.json").json()
    assert sheet.keys() == samples.SHEET.keys()
    assert sheet["answers"]["T10.2"].keys() == samples.SHEET["answers"]["T10.2"].keys()
    assert sheet["head"].keys() == samples.SHEET["head"].keys()
    assert sheet["questions"][0].keys() == samples.SHEET["questions"][0].keys()

    before = apis.rows()
    again = apis.hand_in(apis.book(), apis.aino)
    assert (again.json()["filed"], apis.rows()) == ([], before)
    asked = {key: value for key, value in sheet.items() if key not in ("questions", "standing")}
    assert apis.file({"sheet": asked}).json()["filed"] == []
    assert apis.rows() == before


def test_errors_come_as_a_list_with_sheet_and_cell(api: Api) -> None:
    data = filled(filled(api.book(), J="priority"), "T1.1", J="minor", M=None)
    before = api.rows()
    answer = api.hand_in(data)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    problem = answer.json()
    first, last = row_of(data, "T1.1"), row_of(data, "T10.2")
    assert [error["cell"] for error in problem["errors"]] == [
        f"Provisions!J{first}", f"Provisions!M{first}", f"Provisions!J{last}",
    ]  # fmt: skip
    assert problem["errors"][0] == {
        "pointer": "/workbook",
        "cell": f"Provisions!J{first}",
        "detail": f"Provisions!J{first}: minor is outside the limits of T1.1: major to priority",
    }
    assert problem["detail"].startswith("3 errors, nothing was filed: Provisions!J")
    assert api.rows() == before


def test_errors_in_json_come_as_a_list_with_pointers(api: Api) -> None:
    sheet = api.get(api.cast.amina, "sheet.json").json()
    answer = api.file({"sheet": {**sheet, "answers": {"T1.1": {"result": "so"}, "T2.1": {"severity": "major"}}}})
    assert [error["pointer"] for error in answer.json()["errors"]] == [
        "/sheet/answers/T1.1/result", "/sheet/answers/T2.1/result",
    ]  # fmt: skip
    assert "cell" not in answer.json()["errors"][0]


def test_two_auditors_and_a_conflict(api: Api) -> None:
    data = api.book()
    assert api.hand_in(filled(data, K=1), api.aino).status_code == 200
    shown = api.hand_in(filled(filled(data), "T11.1", J="minor")).json()
    (conflict,) = shown["conflicts"]
    assert (conflict["key"], conflict["place"]) == ("T10.2", f"Provisions!I{row_of(data, 'T10.2')}")
    assert (conflict["mine"]["value"]["affected"], conflict["theirs"]["value"]["affected"]) == (2, 1)
    assert conflict["theirs"]["by"] == api.aino.person
    assert [item["provision"] for item in shown["filed"]] == ["T11.1"]
    tried = api.hand_in(filled(data), resolution={"T10.2": "mine"})
    assert (tried.status_code, tried.json()["pointer"]) == (409, "/seen")
    done = api.hand_in(filled(data), resolution={"T10.2": "mine"}, seen=shown["seen"]).json()
    assert [item["provision"] for item in done["filed"]] == ["T10.2"]


def test_a_dry_run_and_the_real_thing_are_two_requests(api: Api) -> None:
    """They differ in the body, so the same key is refused rather than answered with the dry run's answer."""
    body = {"workbook": base64.b64encode(filled(api.book())).decode(), "dry_run": True}
    before = api.rows()
    assert api.file(body, key="one").json()["filed"] != []
    assert api.rows() == before
    assert api.file({**body, "dry_run": False}, key="one").status_code == 422
    assert api.file({**body, "dry_run": False}, key="two").json()["dry_run"] is False
    assert api.rows() > before


def test_the_same_request_again_is_answered_again_also_after_the_submission(api: Api) -> None:
    body = {"workbook": base64.b64encode(filled(api.book())).decode()}
    first = api.file(body, key="one")
    api.submit()
    assert api.file(body, key="one").json() == first.json()
    assert api.file(body, key="two").status_code == 409
    assert api.get(api.cast.amina, "sheet.xlsx").status_code == 409


@pytest.mark.parametrize("name", ["otto", "bea", "ravi", "hana", "carl", "sam", "ulla", "ida"])
@pytest.mark.parametrize("released", [False, True])
def test_nobody_else_sees_or_files_a_sheet(api: Api, name: str, released: bool) -> None:
    """Otto, and all the others; after the release of the report, the site knows the audit and still has no sheet."""
    who = getattr(api, name, None) or getattr(api.cast, name)
    data = filled(api.book())
    if released:
        api.submit()
    knows = name in ("carl", "sam", "ida") or (released and name == "bea")
    absent = api.client.get("/v1/audits/aud_0000000000000000/sheet.json", headers=who.headers)
    before = api.rows()
    for answer in (api.get(who, "sheet.xlsx"), api.get(who, "sheet.json"), api.hand_in(data, who)):
        assert answer.status_code == (403 if knows else 404), answer.text
        if not knows:
            assert answer.json()["detail"] == absent.json()["detail"]
    assert api.rows() == before


def test_what_is_wrong_with_a_strangers_file_is_not_told(api: Api) -> None:
    """It is not even looked at: the answer is that of a file that is sound."""
    for data in (b"PK\x03\x04", b"%PDF-1.7", b"", filled(api.book())):
        assert api.hand_in(data, api.cast.otto).status_code == 404


def test_hostile_and_wrong_bodies_are_refused(api: Api) -> None:
    data = api.book()
    before = api.rows()
    bomb = packed({**parts(data), "xl/theme/theme1.xml": b"<a>" + b" " * 150 * 2**20 + b"</a>"})
    for body, status, words in (
        ({"workbook": base64.b64encode(bomb).decode()}, 422, "inflates to"),
        ({"workbook": base64.b64encode(packed({**parts(data), "xl/vbaProject.bin": b"x"})).decode()}, 422, "macros"),
        ({"workbook": "§"}, 422, "not base64"),
        ({"workbook": ""}, 422, "the file is empty"),
        ({}, 422, "either a workbook or a sheet"),
        ({"workbook": "UEsD", "sheet": {}}, 422, "either a workbook or a sheet"),
        ({"sheet": {}}, 422, "must be there"),
        ({"sheet": []}, 422, "dictionary"),
        ({"sheet": {}, "resolution": {"T1.1": "both"}}, 422, "'mine' or 'theirs'"),
        ({"workbook": base64.b64encode(bytes(MOST_BYTES + 1)).decode()}, 413, "more than 1048576"),
    ):  # fmt: skip
        answer = api.file(body)
        assert answer.status_code == status, answer.text
        assert words in json.dumps(answer.json(), ensure_ascii=False), answer.text
    assert api.rows() == before


def test_a_sheet_of_another_audit_is_refused_in_words(api: Api) -> None:
    data = filled(api.book())
    other, api.audit = api.audit, api.plan()
    answer = api.hand_in(data)
    assert (answer.status_code, other in answer.json()["detail"]) == (409, True)


def test_an_example_of_the_description_is_taken_as_a_body(api: Api) -> None:
    for body in (samples.JSON_REQUEST, samples.WORKBOOK_REQUEST):
        answer = api.file(body)
        assert "errors" not in answer.json(), answer.text
