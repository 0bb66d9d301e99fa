"""Self-assessments over HTTP: the whole way with documents, what is fixed, and those who must see nothing of it.

Otto manages another manufacturer, Ulla audits for another firm, Aino for the right one, and is not on the team.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from audits import release
from audits import routes as audits
from audits.drafts import AnswerDraft
from audits.evidence import routes as evidence
from audits.evidence import service as uploads
from audits.evidence.tables import EvidenceRow, UploadRow
from audits.remedy import routes as remedy
from audits.remedy.tables import DisclosureRow
from audits.selfassessment import routes, samples
from audits.selfassessment.rules import MOST_NOTE
from audits.selfassessment.tables import AssessmentAnswerRow, AssessmentRow
from freemark import problems
from ground import auth
from ground.access import SYSTEM
from ground.canonical import instant
from ground.journal import JournalRow
from ground.web import BodyLimit
from ground.world import World
from tests.auditing import SIGNED, Field
from tests.cast import Cast, Player, enrol, join, make_cast
from tests.unit.audits.evidence import files, hostile

FULL = "freemark-2026.1"
EVERYTHING = list(SIGNED.provisions)
MISSING = {"assessment": "slf_0000000000000000", "audit": "aud_0000000000000000"}
HALF = 66_000
BIG = files.pdf(b"% " + b"0123456789abcdef" * 8192 + b"\n")


def keys(value: Any) -> Any:
    """The shape: names of keys, all the way down; of a list that of its first item."""
    if isinstance(value, dict):
        return {name: keys(item) for name, item in value.items()}
    return [keys(value[0])] if isinstance(value, list) and value and isinstance(value[0], dict) else None


def said(**change: str) -> list[dict[str, str]]:
    """An answer to everything: it conforms, but for those given by name, as T1_1="does_not_conform"."""
    given = {name.replace("_", "."): word for name, word in change.items()}
    return [{"provision": each, "said": given.get(each, "conforms")} for each in EVERYTHING]


class Api:
    """Audits, evidence, remedy and self-assessments, and nothing else; what auditors do goes through the services."""

    def __init__(self, world: World, cast: Cast, client: TestClient) -> None:
        self.world, self.cast, self.client = world, cast, client
        self.numbers = itertools.count()
        with world.db.write() as session:
            self.aino = enrol(session, world, cast.amina.organisation, "Aino Virtanen", "auditor")
            self.ulla = join(session, world, "Northern Audit", "audit_firm", "Ulla Lind", "auditor")
        people = {name: getattr(cast, name).actor for name in ("sam", "carl", "amina", "bea", "otto", "hana")}
        self.field = Field(world, people, cast.factory)

    def post(self, who: Player, path: str, body: Any, status: int | None = None, key: str = "") -> Any:
        headers = {**who.headers, "Idempotency-Key": key or f"key-{next(self.numbers)}"}
        answer = self.client.post(path, json=body, headers=headers)
        if status is None:
            return answer
        assert answer.status_code == status, answer.text
        return answer.json()

    def get(self, who: Player, path: str, status: int | None = None) -> Any:
        answer = self.client.get(path, headers=who.headers)
        if status is None:
            return answer
        assert answer.status_code == status, answer.text
        return answer.json()

    def put(self, who: Player, upload: str, offset: int, body: bytes) -> Any:
        return self.client.put(f"/v1/uploads/{upload}/parts/{offset}", content=body, headers=who.headers)

    def complete(self, who: Player, upload: str) -> Any:
        return self.post(who, f"/v1/uploads/{upload}/completion", {})

    def later(self, **span: float) -> None:
        self.world.clock.advance(timedelta(**span))  # type: ignore[attr-defined]

    def opened(self, who: Player | None = None, site: str = "") -> str:
        body = {"site": site or self.cast.factory, "standard": FULL}
        return str(self.post(who or self.cast.bea, "/v1/self-assessments", body, 201)["id"])

    def answered(self, **change: str) -> str:
        id = self.opened()
        self.post(self.cast.bea, f"/v1/self-assessments/{id}/answers", {"answers": said(**change)}, 200)
        return id

    def submitted(self, **change: str) -> str:
        id = self.answered(**change)
        self.post(self.cast.bea, f"/v1/self-assessments/{id}/submission", {}, 200)
        return id

    def announced(self, data: bytes, **change: Any) -> dict[str, Any]:
        known = {"name": "a file", "size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "dated": "2026-05-28"}
        return {**known, "provisions": ["T1.1"], **change}

    def started(self, id: str, data: bytes, **change: Any) -> str:
        path = f"/v1/self-assessments/{id}/uploads"
        return str(self.post(self.cast.bea, path, self.announced(data, **change), 201)["id"])

    def brought(self, id: str, data: bytes, **change: Any) -> Any:
        upload = self.started(id, data, **change)
        assert self.put(self.cast.bea, upload, 0, data).status_code == 200
        answer = self.complete(self.cast.bea, upload)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def state(self) -> dict[str, int]:
        """Everything that a refused request must leave as it was."""
        tables = (AssessmentRow, AssessmentAnswerRow, UploadRow, EvidenceRow, DisclosureRow, JournalRow)
        with self.world.db.read() as session:
            return {one.__tablename__: session.scalar(select(func.count()).select_from(one)) or 0 for one in tables}

    def journalled(self, action: str) -> list[tuple[str, str, Any]]:
        with self.world.db.read() as session:
            rows = session.scalars(select(JournalRow).where(JournalRow.action == action))
            return [(row.person, row.subject, row.detail) for row in rows]


@pytest.fixture
def api(sqlite_world: World) -> Iterator[Api]:
    yield from serve(sqlite_world)


@pytest.fixture
def apis(world: World) -> Iterator[Api]:
    yield from serve(world)


def serve(world: World) -> Iterator[Api]:
    app = FastAPI()
    app.state.world = world
    for room in (audits, evidence, remedy, routes):
        app.include_router(room.router)
    problems.install(app)
    app.add_middleware(BodyLimit, limit=world.settings.body_limit)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Api(world, make_cast(world), client)


# The whole way.


def test_from_the_opening_to_what_the_team_reads(apis: Api) -> None:
    bea, amina = apis.cast.bea, apis.cast.amina
    id = apis.opened()
    path = f"/v1/self-assessments/{id}"
    half = said(T1_1="does_not_conform")[:40]
    shown = apis.post(bea, f"{path}/answers", {"answers": half}, 200)
    assert (shown["progress"]["answered"], shown["progress"]["asked"]) == (40, len(EVERYTHING))
    assert shown["disclosure"]["provisions"] == ["T1.1"]
    assert shown["disclosure"]["where"] == "POST /v1/disclosures"
    assert apis.get(bea, "/v1/disclosures", 200)["items"] == []

    sheet = apis.get(bea, f"{path}/sheet.json", 200)
    assert sheet["answers"]["T1.1"] == {"said": "does_not_conform", "note": None}
    assert sheet["answers"][EVERYTHING[40]] == {"said": None, "note": None}
    assert [each["provision"] for each in sheet["questions"]] == EVERYTHING
    for each in EVERYTHING[40:]:
        sheet["answers"][each] = {"said": "does_not_know", "note": "Nobody has looked yet."}
    shown = apis.post(bea, f"{path}/sheet", {"sheet": sheet}, 200)
    assert shown["progress"]["answered"] == len(EVERYTHING)

    document = apis.brought(id, files.pdf(), provisions=["T1.1", "T17.2"])
    assert (document["audit"], document["self_assessment"], document["provisions"]) == (None, id, ["T1.1", "T17.2"])
    shown = apis.post(bea, f"{path}/submission", {}, 200)
    assert shown["submitted_at"] == instant(apis.world.clock.now())
    assert [each["id"] for each in shown["documents"]] == [document["id"]]

    assert apis.get(amina, path).status_code == 404
    apis.field.plan()
    assert apis.get(amina, path, 200) == shown == apis.get(bea, path, 200)
    assert apis.get(amina, "/v1/self-assessments", 200)["items"][0]["id"] == id
    assert apis.get(amina, f"/v1/evidence/{document['id']}", 200)["sha256"] == document["sha256"]
    file = apis.get(amina, f"/v1/evidence/{document['id']}/file")
    assert (file.content, file.headers["Content-Type"]) == (files.pdf(), "application/pdf")
    assert apis.journalled("self_assessment_read") == [(amina.person, id, {})]
    read = {"self_assessment": id, "sha256": document["sha256"]}
    assert apis.journalled("evidence_read") == [(amina.person, document["id"], read)]


def test_the_comparison_over_http(api: Api) -> None:
    id = api.submitted()
    api.later(days=1)
    audit = api.field.plan()
    api.field.answer(audit, [finding("T1.1", "major"), finding("T10.2", "minor")])
    path = f"/v1/audits/{audit}/self-assessment"
    shown = api.get(api.cast.amina, path, 200)
    assert [each["provision"] for each in shown["differs"]] == ["T1.1", "T10.2"]
    assert keys(shown) == keys(samples.COMPARISON)
    for who in (api.cast.bea, api.cast.otto, api.cast.ravi, api.ulla, api.aino):
        assert api.get(who, path).status_code == 404
    api.field.submit(audit)
    assert api.get(api.cast.bea, path).text == api.get(api.cast.bea, path.replace(audit, MISSING["audit"])).text
    api.later(hours=96)
    release.release_reports(api.world)
    assert api.get(api.cast.bea, path, 200) == shown
    assert shown["self_assessment"] == id


def finding(provision: str, severity: Any) -> Any:
    return AnswerDraft(provision, "finding", severity, affected=9, sampled=42, description="Seen.")


def test_the_same_key_does_it_once(api: Api) -> None:
    body = {"site": api.cast.factory, "standard": FULL}
    first = api.post(api.cast.bea, "/v1/self-assessments", body, 201, key="once")
    assert api.post(api.cast.bea, "/v1/self-assessments", body, 201, key="once") == first
    assert api.post(api.cast.bea, "/v1/self-assessments", body).status_code == 409
    assert api.state()["self_assessment"] == 1


def test_incomplete_it_cannot_be_submitted(api: Api) -> None:
    id = api.opened()
    api.post(api.cast.bea, f"/v1/self-assessments/{id}/answers", {"answers": said()[1:]}, 200)
    answer = api.post(api.cast.bea, f"/v1/self-assessments/{id}/submission", {})
    assert answer.status_code == 409
    assert (
        answer.json()["detail"] == f"{len(EVERYTHING) - 1} of {len(EVERYTHING)} provisions are answered; missing: T1.1"
    )


def test_what_is_submitted_is_fixed(api: Api) -> None:
    """Answers, a sheet, a new document, and one that was on its way: nothing gets in any more."""
    bea, id = api.cast.bea, api.answered()
    path = f"/v1/self-assessments/{id}"
    sheet = api.get(bea, f"{path}/sheet.json", 200)
    under_way, whole = api.started(id, BIG), api.started(id, files.png())
    api.put(bea, under_way, 0, BIG[:HALF])
    api.put(bea, whole, 0, files.png())
    submitted = api.post(bea, f"{path}/submission", {}, 200)
    before = api.state()
    for answer in (
        api.post(bea, f"{path}/answers", {"answers": said(T1_1="does_not_know")}),
        api.post(bea, f"{path}/sheet", {"sheet": sheet}),
        api.post(bea, f"{path}/uploads", api.announced(BIG)),
        api.post(bea, f"{path}/submission", {}),
        api.get(bea, f"{path}/sheet.json"),
        api.put(bea, under_way, HALF, BIG[HALF:]),
        api.complete(bea, under_way),
        api.complete(bea, whole),
    ):
        assert answer.status_code == 409, answer.text
        assert "submitted" in answer.json()["detail"]
    assert api.get(bea, f"/v1/uploads/{whole}", 200)["state"] == "receiving"
    assert api.state() == before
    assert api.get(bea, path, 200) == submitted


def test_without_the_look_at_the_completion_a_file_would_get_in(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    bea, id = api.cast.bea, api.answered()
    upload = api.started(id, files.png())
    api.put(bea, upload, 0, files.png())
    api.post(bea, f"/v1/self-assessments/{id}/submission", {}, 200)
    monkeypatch.setattr(uploads, "check_open", lambda *_, **__: None)
    assert api.complete(bea, upload).status_code == 201


# What cannot be.


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"said": "finding"}, "/answers/0/said"),
        ({"said": None}, "/answers/0/said"),
        ({"note": "x" * (MOST_NOTE + 1)}, "/answers/0/note"),
        ({"note": "x\u0000"}, "/answers/0/note"),
        ({"provision": "T99.1"}, "/answers/0"),
        ({"said": "not_applicable"}, "/answers/0/note"),
        ({"worker": "A name"}, "/answers/0/worker"),
    ],
)
def test_an_answer_that_cannot_be(api: Api, change: dict[str, Any], pointer: str) -> None:
    id = api.opened()
    before = api.state()
    body = {"answers": [{"provision": "T1.1", "said": "conforms", **change}]}
    answer = api.post(api.cast.bea, f"/v1/self-assessments/{id}/answers", body)
    assert (answer.status_code, answer.json()["pointer"]) == (422, pointer), answer.text
    assert api.state() == before
    longest = {"provision": "T1.1", "said": "conforms", "note": "x" * MOST_NOTE}
    api.post(api.cast.bea, f"/v1/self-assessments/{id}/answers", {"answers": [longest]}, 200)


def test_every_error_of_a_sheet_is_listed_with_its_provision(api: Api) -> None:
    id = api.opened()
    path = f"/v1/self-assessments/{id}/sheet"
    sheet = api.get(api.cast.bea, f"{path}.json", 200)
    sheet["answers"] |= {
        "T1.1": {"said": "perhaps"}, "T1.2": {"said": "not_applicable"}, "T1.3": {"note": "Not said."},
        "T1.4": "conforms", "T1.5": {"said": "conforms", "name": "A name"}, "T99.1": {"said": "conforms"},
        "T2.1": {"said": "conforms"}, "T/~": {"said": 1},
    }  # fmt: skip
    before = api.state()
    answer = api.post(api.cast.bea, path, {"sheet": {**sheet, "workers": []}})
    assert answer.status_code == 422
    assert {each["pointer"] for each in answer.json()["errors"]} == {
        "/sheet/workers", "/sheet/answers/T1.1/said", "/sheet/answers/T1.2/note", "/sheet/answers/T1.3/said",
        "/sheet/answers/T1.4", "/sheet/answers/T1.5/name", "/sheet/answers/T99.1", "/sheet/answers/T~1~0/said",
    }  # fmt: skip
    assert "it is not said whether" in answer.text
    assert api.state() == before


def test_a_sheet_of_something_else_is_refused(api: Api) -> None:
    bea, ravi = api.cast.bea, api.cast.ravi
    id, other = api.opened(), api.opened(ravi, api.cast.office)
    path = f"/v1/self-assessments/{id}/sheet"
    foreign = api.get(ravi, f"/v1/self-assessments/{other}/sheet.json", 200)
    mine = api.get(bea, f"{path}.json", 200)
    for wrong in (
        foreign,
        {**mine, "head": {**mine["head"], "standard_sha256": "0" * 64}},
        {**mine, "head": {**mine["head"], "profiles": ["garment"]}},
        {**mine, "head": {**mine["head"], "note": "x"}},
        {**mine, "head": {}},
    ):
        assert api.post(bea, path, {"sheet": wrong}).status_code == 409
    for wrong in ({}, {"head": mine["head"]}, {"head": [], "answers": {}}, {"head": mine["head"], "answers": []}):
        answer = api.post(bea, path, {"sheet": wrong})
        assert (answer.status_code, answer.json()["pointer"]) == (422, "/sheet")


def test_the_same_sheet_twice_changes_nothing_and_an_empty_row_takes_nothing_away(api: Api) -> None:
    bea, id = api.cast.bea, api.answered(T1_1="does_not_know")
    path = f"/v1/self-assessments/{id}/sheet"
    sheet = api.get(bea, f"{path}.json", 200)
    before = api.state()
    api.post(bea, path, {"sheet": sheet}, 200)
    sheet["answers"]["T1.1"] = {"said": None, "note": ""}
    sheet["answers"]["T1.2"] = None
    del sheet["answers"]["T1.3"], sheet["questions"]
    shown = api.post(bea, path, {"sheet": sheet}, 200)
    assert shown["progress"]["answered"] == len(EVERYTHING)
    assert api.state() == before


@pytest.mark.parametrize("name", ["gifar: jpeg and zip", "png: 30,000 x 30,000", "xlsx: macros", "pdf: JavaScript"])
def test_a_hostile_document_is_refused(api: Api, name: str) -> None:
    make, words = hostile.HOSTILE[name]
    data, id = make(), api.opened()
    upload = api.started(id, data)
    api.put(api.cast.bea, upload, 0, data)
    answer = api.complete(api.cast.bea, upload)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert api.get(api.cast.bea, f"/v1/self-assessments/{id}", 200)["documents"] == []
    assert api.journalled("evidence_refused")[0][2]["self_assessment"] == id


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": "../x.pdf"}, "/name"),
        ({"provisions": ["T99.9"]}, "/provisions/0"),
        ({"dated": "2026-07-01"}, "/dated"),
    ],
)
def test_a_document_that_cannot_be_announced(api: Api, change: dict[str, Any], pointer: str) -> None:
    id = api.opened()
    answer = api.post(api.cast.bea, f"/v1/self-assessments/{id}/uploads", api.announced(BIG, **change))
    assert (answer.status_code, answer.json()["pointer"]) == (422, pointer)


def test_documents_have_a_most(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_DOCUMENTS", 1)
    id = api.opened()
    api.brought(id, files.pdf())
    answer = api.post(api.cast.bea, f"/v1/self-assessments/{id}/uploads", api.announced(BIG))
    assert (answer.status_code, "1 are the most" in answer.json()["detail"]) == (409, True)


# Who may.


def requests(api: Api, id: str, audit: str) -> list[tuple[str, str, Any]]:
    """(method, path, body) of every operation on one self-assessment or audit."""
    found: list[tuple[str, str, Any]] = []
    bodies = {
        "answers": {"answers": said()[:1]}, "sheet": samples.FILLED, "uploads": api.announced(BIG), "submission": {},
    }  # fmt: skip
    for route in routes.router.routes:
        path, (method,) = route.path, route.methods  # type: ignore[attr-defined]
        if "{" in path:
            body = bodies.get(path.rsplit("/", 1)[1]) if method == "POST" else None
            found.append((method, path.format(assessment=id, audit=audit), body))
    return found


def asked(api: Api, who: Player, method: str, path: str, body: Any) -> Any:
    return api.get(who, path) if method == "GET" else api.post(who, path, body)


def test_otto_and_another_firm_see_nothing_and_do_nothing(api: Api) -> None:
    """Every operation is a 404, the same as for a thing that does not exist: of a draft, and of a submitted one."""
    done = api.submitted()
    api.later(days=1)
    audit = api.field.plan()
    api.field.answer(audit, [finding("T1.1", "major")])
    api.field.submit(audit)
    draft = api.opened()
    document = api.brought(draft, files.pdf())["id"]
    upload = api.started(draft, BIG)
    before = api.state()
    for who in (api.cast.otto, api.cast.ravi, api.ulla, api.aino):
        for mine in (done, draft):
            tried = 0
            for (method, path, body), (_, nowhere, _) in zip(
                requests(api, mine, audit), requests(api, *MISSING.values()), strict=True
            ):
                answer, other = asked(api, who, method, path, body), asked(api, who, method, nowhere, body)
                assert (answer.status_code, answer.text) == (404, other.text), (who, path)
                tried += 1
            assert tried == 7
        assert api.get(who, "/v1/self-assessments", 200)["items"] == []
        assert api.get(who, f"/v1/self-assessments?site={api.cast.factory}", 200)["items"] == []
        opening = {"site": api.cast.factory, "standard": FULL}
        assert api.post(who, "/v1/self-assessments", opening).status_code == 404
        for path in (f"/v1/evidence/{document}", f"/v1/evidence/{document}/file", f"/v1/uploads/{upload}"):
            assert api.get(who, path).status_code == 404
        missing = api.get(who, "/v1/evidence/evd_0000000000000000").text
        assert api.get(who, f"/v1/evidence/{document}").text == missing
        assert api.put(who, upload, 0, BIG[:HALF]).status_code == 404
        assert api.complete(who, upload).status_code == 404
    assert api.state() == before


def test_documents_of_a_draft_are_the_sites_alone(api: Api) -> None:
    api.field.plan()
    id = api.answered()
    document = api.brought(id, files.pdf())["id"]
    amina, carl, sam = api.cast.amina, api.cast.carl, api.cast.sam
    for who in (amina, carl, sam):
        for path in (f"/v1/evidence/{document}", f"/v1/evidence/{document}/file"):
            nowhere = path.replace(document, "evd_0000000000000000")
            assert (api.get(who, path).status_code, api.get(who, path).text) == (404, api.get(who, nowhere).text)
    api.post(api.cast.bea, f"/v1/self-assessments/{id}/submission", {}, 200)
    for who in (amina, carl, sam):
        assert api.get(who, f"/v1/evidence/{document}/file").content == files.pdf()


def test_that_a_file_is_in_a_draft_too_is_told_to_nobody(api: Api) -> None:
    first, data = api.answered(), files.jpeg()
    one = api.brought(first, data)["id"]
    api.post(api.cast.bea, f"/v1/self-assessments/{first}/submission", {}, 200)
    second = api.answered()
    api.brought(second, data)
    assert api.get(api.cast.carl, f"/v1/evidence/{one}", 200)["also_in"] == []
    api.post(api.cast.bea, f"/v1/self-assessments/{second}/submission", {}, 200)
    assert api.get(api.cast.carl, f"/v1/evidence/{one}", 200)["also_in"] == [second]
    assert api.get(api.cast.bea, f"/v1/evidence/{one}", 200)["also_in"] == []


def test_others_who_may_read_do_not_write(api: Api) -> None:
    api.field.plan()
    id = api.opened()
    upload = api.started(id, BIG)
    for who in (api.cast.amina, api.cast.carl, api.cast.sam, api.cast.hana):
        for method, path, body in requests(api, id, MISSING["audit"]):
            if method == "POST":
                assert asked(api, who, method, path, body).status_code in (403, 404), path
        assert api.put(who, upload, 0, BIG).status_code in (403, 404)
        assert api.complete(who, upload).status_code in (403, 404)
    assert api.get(api.cast.bea, f"/v1/uploads/{upload}", 200)["received"] == 0


def test_a_token_for_reading_writes_nothing(api: Api) -> None:
    bea, now, id = api.cast.bea, api.world.clock.now(), api.opened()
    with api.world.db.write() as session:
        _, secret = auth.issue_token(
            session, SYSTEM, person=bea.person, organisation=bea.organisation, scopes=("read",),
            expires=now + timedelta(days=1), now=now,
        )  # fmt: skip
    reader = Player(bea.actor, secret)
    assert api.get(reader, f"/v1/self-assessments/{id}").status_code == 200
    assert api.post(reader, f"/v1/self-assessments/{id}/answers", {"answers": said()}).status_code == 403
    assert api.post(reader, "/v1/self-assessments", samples.OPENING).status_code in (403, 404)


def test_the_examples_of_the_description_are_what_the_api_does(api: Api) -> None:
    bea, id = api.cast.bea, api.opened()
    path = f"/v1/self-assessments/{id}"
    api.brought(id, files.pdf())
    shown = api.post(bea, f"{path}/answers", samples.ANSWERS, 200)
    assert keys(shown) == keys(samples.ASSESSMENT)
    assert keys(api.get(bea, "/v1/self-assessments", 200)["items"][0]) == keys(samples.LINE)
    sheet = api.get(bea, f"{path}/sheet.json", 200)
    assert keys(sheet["head"]) == keys(samples.HEAD)
    assert keys(sheet["questions"]) == keys(samples.SHEET["questions"])
    assert keys(sheet["answers"]["T1.1"]) == keys(samples.SHEET["answers"]["T1.1"])
    filled = {"sheet": {"head": sheet["head"], "answers": samples.FILLED["sheet"]["answers"]}}
    api.post(bea, f"{path}/sheet", filled, 200)
    assert keys(api.post(bea, f"{path}/uploads", samples.DOCUMENT, 201)) == keys(samples.ANNOUNCED)


def test_the_description_asks_for_no_names(api: Api) -> None:
    """Wherever a person of the site writes or brings something."""
    paths = api.client.get("/openapi.json").json()["paths"]
    for path in ("", "/{assessment}/answers", "/{assessment}/sheet", "/{assessment}/uploads"):
        assert routes.NO_NAMES in paths[f"/v1/self-assessments{path}"]["post"]["description"], path
