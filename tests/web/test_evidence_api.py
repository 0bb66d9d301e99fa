"""Evidence over HTTP: in parts and whole, downloaded safely, every bad input refused, and Otto, who sees nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from audits import routes as audits
from audits.evidence import routes, samples
from audits.evidence.tables import EvidenceRow, UploadRow
from freemark import problems
from ground.journal import JournalRow
from ground.web import BodyLimit
from ground.world import World
from tests.cast import Player, join, make_cast
from tests.unit.audits.evidence import files, hostile
from tests.web.test_audits_api import FEES, PASSPORTS, Api

MISSING = {
    "audit": "aud_0000000000000000", "finding": "fnd_0000000000000000", "upload": "upl_0000000000000000",
    "evidence": "evd_0000000000000000",
}  # fmt: skip
HALF = 66_000
BIG = files.pdf(b"% " + b"0123456789abcdef" * 8192 + b"\n")


class EvidenceApi(Api):
    def announced(self, data: bytes, **change: Any) -> dict[str, Any]:
        known = {"name": "a file", "size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "dated": "2026-05-28"}
        return {**known, **change}

    def start(self, data: bytes, audit: str, **change: Any) -> Any:
        body = self.announced(data, provisions=["T1.1"])
        return self.post(self.cast.amina, f"/v1/audits/{audit}/uploads", {**body, **change})

    def put(self, who: Player, upload: str, offset: Any, body: bytes) -> Any:
        return self.client.put(f"/v1/uploads/{upload}/parts/{offset}", content=body, headers=who.headers)

    def complete(self, who: Player, upload: str) -> Any:
        return self.post(who, f"/v1/uploads/{upload}/completion", {})

    def bring(self, data: bytes, audit: str, **change: Any) -> dict[str, Any]:
        upload = self.start(data, audit, **change).json()["id"]
        assert self.put(self.cast.amina, upload, 0, data).status_code == 200
        answer = self.complete(self.cast.amina, upload)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def prove(self, data: bytes, finding: str, who: Player | None = None) -> dict[str, Any]:
        who = who or self.cast.bea
        started = self.post(who, f"/v1/findings/{finding}/uploads", self.announced(data))
        assert started.status_code == 201, started.text
        upload = started.json()["id"]
        assert self.put(who, upload, 0, data).status_code == 200
        answer = self.complete(who, upload)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def rows(self) -> tuple[Any, ...]:
        with self.world.db.read() as session:
            return tuple(
                session.scalar(select(func.count()).select_from(table))
                for table in (UploadRow, EvidenceRow, JournalRow)
            )


@pytest.fixture
def api(sqlite_world: World) -> Iterator[EvidenceApi]:
    app = FastAPI()
    app.state.world = sqlite_world
    app.include_router(audits.router)
    app.include_router(routes.router)
    problems.install(app)
    app.add_middleware(BodyLimit, limit=sqlite_world.settings.body_limit)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield EvidenceApi(sqlite_world, make_cast(sqlite_world), client)


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["items"]]


def test_a_file_goes_up_in_parts_and_comes_down_as_it_was(api: EvidenceApi) -> None:
    amina, audit = api.cast.amina, api.plan()
    started = api.start(BIG, audit, captured={"at": "2026-06-01T04:12:00Z", "zone": "+06:00"})
    assert started.status_code == 201
    upload = started.json()["id"]
    assert (started.json()["received"], started.json()["state"]) == (0, "receiving")
    assert api.put(amina, upload, 0, BIG[:HALF]).json()["received"] == HALF
    # The answer is lost, the client asks how far it came, and sends the last part again.
    assert api.get(amina, f"/v1/uploads/{upload}").json()["received"] == HALF
    assert api.put(amina, upload, 0, BIG[:HALF]).json()["received"] == HALF
    assert api.complete(amina, upload).status_code == 409
    assert api.put(amina, upload, HALF, BIG[HALF:]).json()["received"] == len(BIG)
    found = api.complete(amina, upload)
    assert found.status_code == 201, found.text
    evidence = found.json()
    assert api.complete(amina, upload).json() == evidence
    assert (evidence["dated"], evidence["captured"], evidence["uploaded_at"]) == (
        "2026-05-28", {"at": "2026-06-01T04:12:00Z", "zone": "+06:00"}, "2026-06-01T08:00:00Z",
    )  # fmt: skip
    shown = api.get(amina, f"/v1/uploads/{upload}").json()
    assert (shown["state"], shown["evidence"], shown["received"]) == ("accepted", evidence["id"], len(BIG))
    file = api.get(amina, f"/v1/evidence/{evidence['id']}/file")
    assert file.content == BIG
    assert file.headers["Content-Type"] == "application/pdf"
    assert file.headers["Content-Disposition"] == f'attachment; filename="{evidence["id"]}.pdf"'
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert file.headers["Cache-Control"] == "private, no-store"
    assert "sandbox" in file.headers["Content-Security-Policy"]


def test_the_type_is_what_the_content_says(api: EvidenceApi) -> None:
    found = api.bring(files.png(), api.plan(), name="payroll.pdf")
    assert found["type"] == "image/png"
    file = api.get(api.cast.amina, f"/v1/evidence/{found['id']}/file")
    assert file.headers["Content-Type"] == "image/png"
    assert file.headers["Content-Disposition"].endswith('.png"')


@pytest.mark.parametrize("name", ["gifar: jpeg and zip", "png: 30,000 x 30,000", "xlsx: macros", "pdf: JavaScript"])
def test_a_hostile_file_is_a_422_with_its_reason(api: EvidenceApi, name: str) -> None:
    make, words = hostile.HOSTILE[name]
    data = make()
    upload = api.start(data, api.plan()).json()["id"]
    api.put(api.cast.amina, upload, 0, data)
    for _ in range(2):
        answer = api.complete(api.cast.amina, upload)
        assert answer.status_code == 422
        assert words in answer.json()["detail"]
    shown = api.get(api.cast.amina, f"/v1/uploads/{upload}").json()
    assert (shown["state"], shown["evidence"]) == ("refused", None)
    assert words in shown["refused"]
    assert api.put(api.cast.amina, upload, 0, data).status_code == 409


# Who may.


def test_otto_sees_nothing_and_does_nothing(api: EvidenceApi) -> None:
    """Every operation on a thing of somebody else is a 404, the same as for a thing that does not exist."""
    finding = api.finding(FEES)
    audit = api.get(api.cast.bea, f"/v1/findings/{finding}").json()["audit"]
    evidence = api.bring(files.pdf(), audit)["id"]
    proof = api.prove(files.jpeg(), finding)["id"]
    upload = api.start(BIG, audit).json()["id"]
    mine = {"audit": audit, "finding": finding, "upload": upload, "evidence": evidence}
    otto, before = api.cast.otto, api.rows()
    tried = set()
    for route in routes.router.routes:
        path, (method,) = route.path, route.methods  # type: ignore[attr-defined]
        tried.add(path)
        answers = []
        for known in (mine, {**mine, "evidence": proof}, MISSING):
            at = path.format(**known, offset=0)
            if method == "GET":
                answers.append(api.get(otto, at))
            elif method == "PUT":
                answers.append(api.put(otto, known["upload"], 0, BIG[:HALF]))
            else:
                body = {} if "completion" in path else api.announced(BIG)
                body |= {"provisions": ["T1.1"]} if "audits" in path else {}
                answers.append(api.post(otto, at, body))
        assert [answer.status_code for answer in answers] == [404, 404, 404], path
        assert len({answer.text for answer in answers}) == 1, path
    assert len(tried) == 10
    assert api.rows() == before


def test_the_site_sees_what_it_brought_and_nothing_that_was_brought_about_it(api: EvidenceApi) -> None:
    bea, finding = api.cast.bea, api.finding(FEES)
    audit = api.get(bea, f"/v1/findings/{finding}").json()["audit"]
    theirs = api.bring(files.pdf(), audit)["id"]
    mine = api.prove(files.xlsx(), finding)["id"]
    assert ids(api.get(bea, f"/v1/audits/{audit}/evidence")) == [mine]
    assert ids(api.get(bea, f"/v1/findings/{finding}/evidence")) == [mine]
    assert api.get(bea, f"/v1/evidence/{mine}/file").content
    for path in (f"/v1/evidence/{theirs}", f"/v1/evidence/{theirs}/file"):
        assert api.get(bea, path).status_code == 404
        assert api.get(bea, path).text == api.get(bea, path.replace(theirs, MISSING["evidence"])).text
    for who in (api.cast.amina, api.cast.carl, api.cast.sam):
        assert ids(api.get(who, f"/v1/audits/{audit}/evidence")) == sorted([theirs, mine])
        assert ids(api.get(who, f"/v1/findings/{finding}/evidence")) == sorted([theirs, mine])
        assert api.get(who, f"/v1/evidence/{theirs}/file").status_code == 200
        assert api.get(who, f"/v1/evidence/{mine}").json()["provisions"] == ["T1.1"]


def test_before_the_release_the_site_has_no_place_to_bring_anything(api: EvidenceApi) -> None:
    audit = api.plan()
    finding = api.answer(audit, FEES).json()["findings"][0]["id"]
    api.bring(files.pdf(), audit)
    bea = api.cast.bea
    assert api.post(bea, f"/v1/findings/{finding}/uploads", api.announced(BIG)).status_code == 404
    assert api.get(bea, f"/v1/audits/{audit}/evidence").status_code == 404
    assert api.get(bea, f"/v1/findings/{finding}/evidence").status_code == 404


def test_another_firm_sees_the_proof_when_it_closes_and_never_the_first_firm_s_evidence(api: EvidenceApi) -> None:
    finding = api.finding(PASSPORTS)
    audit = api.get(api.cast.bea, f"/v1/findings/{finding}").json()["audit"]
    theirs, proof = api.bring(files.pdf(), audit, provisions=["T2.1"])["id"], api.prove(files.jpeg(), finding)["id"]
    with api.world.db.write() as session:
        ulla = join(session, api.world, "Northern Audit", "audit_firm", "Ulla Lind", "auditor")
    assert api.get(ulla, f"/v1/evidence/{proof}").status_code == 404
    body = api.audit(type="priority_closure", team=[ulla.person])
    visit = api.post(ulla, "/v1/audits", body)
    assert visit.status_code == 201, visit.text
    assert ids(api.get(ulla, f"/v1/findings/{finding}/evidence")) == [proof]
    assert api.get(ulla, f"/v1/evidence/{proof}/file").status_code == 200
    assert api.get(ulla, f"/v1/evidence/{theirs}").status_code == 404
    assert api.get(ulla, f"/v1/audits/{audit}/evidence").status_code == 404


def test_nobody_brings_evidence_where_others_do(api: EvidenceApi) -> None:
    finding = api.finding(FEES)
    audit = api.get(api.cast.bea, f"/v1/findings/{finding}").json()["audit"]
    upload = api.start(BIG, audit).json()["id"]
    body = api.announced(BIG)
    assert api.post(api.cast.bea, f"/v1/audits/{audit}/uploads", {**body, "provisions": ["T1.1"]}).status_code == 403
    assert api.post(api.cast.amina, f"/v1/findings/{finding}/uploads", body).status_code == 403
    for who in (api.cast.sam, api.cast.carl):
        assert api.post(who, f"/v1/audits/{audit}/uploads", {**body, "provisions": ["T1.1"]}).status_code == 403
        assert api.post(who, f"/v1/findings/{finding}/uploads", body).status_code == 403
    for who in (api.cast.sam, api.cast.carl, api.cast.bea):
        assert api.put(who, upload, 0, BIG).status_code in (403, 404)
        assert api.complete(who, upload).status_code in (403, 404)
    assert api.get(api.cast.amina, f"/v1/uploads/{upload}").json()["received"] == 0


def test_only_those_who_read_everything_learn_that_a_file_is_used_twice(api: EvidenceApi) -> None:
    first, second = api.plan(), api.plan()
    one = api.bring(files.jpeg(), first)["id"]
    api.bring(files.jpeg(), second)
    assert api.get(api.cast.carl, f"/v1/evidence/{one}").json()["also_in"] == [second]
    assert api.get(api.cast.amina, f"/v1/evidence/{one}").json()["also_in"] == []


def test_a_token_for_reading_uploads_nothing(api: EvidenceApi) -> None:
    from datetime import timedelta

    from ground import auth
    from ground.access import SYSTEM

    audit, amina, now = api.plan(), api.cast.amina, api.world.clock.now()
    upload = api.start(BIG, audit).json()["id"]
    with api.world.db.write() as session:
        _, secret = auth.issue_token(
            session, SYSTEM, person=amina.person, organisation=amina.organisation, scopes=("read",),
            expires=now + timedelta(days=1), now=now,
        )  # fmt: skip
    reader = Player(amina.actor, secret)
    assert api.put(reader, upload, 0, BIG).status_code == 403
    assert api.complete(reader, upload).status_code == 403
    assert ids(api.get(reader, f"/v1/audits/{audit}/evidence")) == []


# What cannot be.


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"size": 25 * 2**20 + 1}, "/size"),
        ({"size": 0}, "/size"),
        ({"size": "9"}, "/size"),
        ({"sha256": "AB" * 32}, "/sha256"),
        ({"sha256": ""}, "/sha256"),
        ({"dated": "2026-06-02"}, "/dated"),
        ({"dated": "28.5.2026"}, "/dated"),
        ({"name": "../x.pdf"}, "/name"),
        ({"name": "in\u202efdp.exe"}, "/name"),
        ({"name": "x\u0000.pdf"}, "/name"),
        ({"provisions": []}, "/provisions"),
        ({"provisions": ["T99.9"]}, "/provisions/0"),
        ({"provisions": ["T1.1"] * 21}, "/provisions"),
        ({"captured": {"at": "2026-06-01T04:12:00Z", "zone": "Dhaka"}}, "/captured/zone"),
        ({"captured": {"at": "2026-06-01T04:12:00Z"}}, "/captured/zone"),
        ({"captured": {"at": "2026-06-01 04:12", "zone": "+06:00"}}, "/captured/at"),
        ({"type": "application/pdf"}, "/type"),
    ],
)
def test_what_cannot_be_announced(api: EvidenceApi, change: dict[str, Any], pointer: str) -> None:
    audit = api.plan()
    before = api.rows()
    answer = api.start(BIG, audit, **change)
    assert answer.status_code == 422, answer.text
    assert answer.json()["pointer"] == pointer
    assert api.rows() == before


@pytest.mark.parametrize(
    ("offset", "body", "status"),
    [(0, b"", 422), (0, b"x" * 1_048_577, 413), (1, b"x" * HALF, 409), (-1, b"x", 422), ("x", b"x", 422)],
)
def test_a_part_that_cannot_be(api: EvidenceApi, offset: Any, body: bytes, status: int) -> None:
    upload = api.start(BIG, api.plan()).json()["id"]
    assert api.put(api.cast.amina, upload, offset, body).status_code == status
    assert api.get(api.cast.amina, f"/v1/uploads/{upload}").json()["received"] == 0


def test_25_mib_go_up_in_parts_of_the_largest_size(api: EvidenceApi) -> None:
    data = files.pdf(b"%" + b"x" * (25 * 2**20 - len(files.pdf()) - 2) + b"\n")
    assert len(data) == 25 * 2**20
    started = api.start(data, api.plan()).json()
    for offset in range(0, len(data), started["most_part"]):
        answer = api.put(api.cast.amina, started["id"], offset, data[offset : offset + started["most_part"]])
        assert answer.status_code == 200, answer.text
    found = api.complete(api.cast.amina, started["id"])
    assert found.status_code == 201, found.text
    assert api.get(api.cast.amina, f"/v1/evidence/{found.json()['id']}/file").content == data


def test_an_answer_names_evidence_that_is_there(api: EvidenceApi) -> None:
    """By its id, beside paper; an id of another audit, or of none, is refused with its place."""
    audit, other = api.plan(), api.plan()
    mine, theirs = api.bring(files.pdf(), audit)["id"], api.bring(files.png(), other)["id"]
    assert api.answer(audit, {**FEES, "evidence": ["42 payslips", mine]}).status_code == 200
    for wrong in (theirs, MISSING["evidence"]):
        answer = api.answer(audit, {**FEES, "evidence": ["42 payslips", wrong]})
        assert (answer.status_code, answer.json()["pointer"]) == (422, "/answers/0/evidence/1")
        assert wrong in answer.json()["detail"]


def test_lists_are_paged(api: EvidenceApi) -> None:
    audit = api.plan()
    brought = sorted(api.bring(files.pdf(), audit)["id"] for _ in range(3))
    first = api.get(api.cast.amina, f"/v1/audits/{audit}/evidence?limit=2").json()
    rest = api.get(api.cast.amina, f"/v1/audits/{audit}/evidence?limit=2&after={first['next']}").json()
    assert [one["id"] for one in first["items"] + rest["items"]] == brought
    assert rest["next"] is None


def test_the_examples_of_the_description_are_what_the_api_does(api: EvidenceApi) -> None:
    finding = api.finding(FEES)
    audit = api.get(api.cast.bea, f"/v1/findings/{finding}").json()["audit"]
    started = api.post(api.cast.amina, f"/v1/audits/{audit}/uploads", samples.ANNOUNCED)
    assert started.status_code == 201, started.text
    assert started.json().keys() == samples.UPLOAD.keys()
    assert api.post(api.cast.bea, f"/v1/findings/{finding}/uploads", samples.PROOF).status_code == 201
    assert api.bring(files.jpeg(), audit).keys() == samples.EVIDENCE.keys()
