"""The audits API: the whole way over HTTP, every bad input with its pointer, and Otto, who sees nothing."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from audits import routes, samples, standard
from audits.reporting import samples as reporting
from audits.tables import AnswerRow, AuditRow, FindingRow
from freemark import problems
from ground.canonical import jcs
from ground.journal import JournalRow
from ground.outbox import OutboxEvent
from ground.web import BodyLimit
from ground.world import World
from tests.cast import Cast, Player, enrol, make_cast

EVERYTHING = list(standard.load("freemark-2026.0").provisions)
TODAY = "2026-06-01"  # tests.conftest.START
NOBODY = "aud_0000000000000000"
NO_KEY = "key_0000000000000000"
PASSPORTS = {
    "provision": "T2.1", "result": "finding", "severity": "priority", "affected": 83, "sampled": 88,
    "description": "83 passports in the safe.", "zero_tolerance": True, "deliberate": True, "release": "now",
}  # fmt: skip
FEES = {
    "provision": "T1.1", "result": "finding", "severity": "major", "affected": 11, "sampled": 42,
    "description": "11 of 42 paid.",
}  # fmt: skip
ACTION = {**samples.ACTION.request, "due_on": "2026-07-01"}
REPORT = {
    "workers": 640, "payroll_workers": 640, "interviews_individual": 18, "interviews_group": 24,
    "files_reviewed": 42, "closing_meeting_on": TODAY, "summary": "A visit.",
}  # fmt: skip


class Api:
    """The application with nothing but the audits in it, and its cast."""

    def __init__(self, world: World, cast: Cast, client: TestClient) -> None:
        self.world, self.cast, self.client = world, cast, client
        self.keys = itertools.count()

    def post(self, who: Player, path: str, body: Any, key: str = "") -> Any:
        headers = {**who.headers, "Idempotency-Key": key or f"key-{next(self.keys)}"}
        return self.client.post(path, json=body, headers=headers)

    def get(self, who: Player, path: str) -> Any:
        return self.client.get(path, headers=who.headers)

    def plan(self, **change: Any) -> str:
        answer = self.post(self.cast.amina, "/v1/audits", self.audit(**change))
        assert answer.status_code == 201, answer.text
        audit: str = answer.json()["id"]
        return audit

    def audit(self, **change: Any) -> dict[str, Any]:
        return {
            "site": self.cast.factory, "type": "surveillance", "standard": "freemark-2026.0", "starts_on": TODAY,
            "ends_on": TODAY, "team": [self.cast.amina.person], "announced": False, **change,
        }  # fmt: skip

    def answer(self, audit: str, *answers: Any) -> Any:
        return self.post(self.cast.amina, f"/v1/audits/{audit}/answers", {"answers": list(answers)})

    def submit(self, audit: str, **change: Any) -> Any:
        return self.post(self.cast.amina, f"/v1/audits/{audit}/report", {**REPORT, **change})

    def finding(self, answer: Any = PASSPORTS) -> str:
        """A released finding at the factory."""
        audit = self.plan()
        shown = self.answer(audit, answer).json()
        self.submit(audit)
        found: str = shown["findings"][0]["id"]
        return found

    def state(self) -> dict[str, Any]:
        """Everything that a refused request must leave as it was."""
        tables = (AuditRow, AnswerRow, FindingRow, JournalRow, OutboxEvent)
        with self.world.db.read() as session:
            counts = {table.__tablename__: session.scalar(select(func.count()).select_from(table)) for table in tables}
            answers = [(row.provision, row.result, row.description) for row in session.scalars(select(AnswerRow))]
            return {**counts, "answers": sorted(answers)}


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


def test_from_the_first_answer_to_the_closure_over_http(apis: Api) -> None:
    """Under freemark-2026.0; the examples of examples/audits go through under 2026.1 in test_examples."""
    cast = apis.cast
    audit = apis.plan(type="initial", announced=True)
    filed = apis.answer(audit, *({"provision": id, "result": "conformance"} for id in EVERYTHING if id != "T1.1"), FEES)
    assert filed.status_code == 200, filed.text
    assert (filed.json()["answered"], filed.json()["unanswered"]) == (len(EVERYTHING), [])
    assert apis.get(cast.bea, f"/v1/findings?site={cast.factory}").json() == {"items": [], "next": None}
    submitted = apis.submit(audit)
    assert submitted.status_code == 200, submitted.text

    whole = apis.get(cast.carl, f"/v1/audits/{audit}").json()
    assert hashlib.sha256(jcs(whole["document"])).hexdigest() == submitted.json()["report"] == whole["report"]
    assert apis.get(cast.bea, f"/v1/audits/{audit}").json() == whole
    assert [one["id"] for one in apis.get(cast.bea, "/v1/audits").json()["items"]] == [audit]

    (found,) = apis.get(cast.bea, f"/v1/findings?site={cast.factory}").json()["items"]
    path = f"/v1/findings/{found['id']}"
    assert apis.post(cast.bea, f"{path}/containment", samples.ACTION.containment).status_code == 200
    action = apis.post(cast.bea, f"{path}/action", {**samples.ACTION.request, "due_on": "2026-07-15"})
    assert action.status_code == 200, action.text
    assert apis.post(cast.carl, f"{path}/action/approval", {}).status_code == 200
    assert apis.post(cast.bea, f"{path}/action/completion", samples.ACTION.completion).status_code == 200

    visit = apis.plan(type="closure", announced=True)
    assert apis.answer(visit, {"provision": "T1.1", "result": "conformance"}).status_code == 200
    assert apis.submit(visit).json()["closed"] == [found["id"]]
    (closed,) = apis.get(cast.bea, f"/v1/findings?site={cast.factory}").json()["items"]
    assert closed["closed_by"] == visit


def test_the_same_wish_twice_is_one_audit(api: Api) -> None:
    first = api.post(api.cast.amina, "/v1/audits", api.audit(), key="one")
    again = api.post(api.cast.amina, "/v1/audits", api.audit(), key="one")
    other = api.post(api.cast.amina, "/v1/audits", api.audit(announced=True), key="one")
    assert again.json() == first.json()
    assert other.status_code == 422
    assert api.state()["audit"] == 1


# Otto, and everybody else who may not.


def test_otto_sees_nothing_and_does_nothing(api: Api) -> None:
    """Every operation on a thing of somebody else is a 404, the same as for a thing that does not exist."""
    finding = api.finding(FEES)
    audit = api.get(api.cast.bea, f"/v1/findings/{finding}").json()["audit"]
    otto, site = api.cast.otto, api.cast.factory
    before = api.state()
    assert api.get(otto, "/v1/audits").json() == {"items": [], "next": None}
    assert api.get(otto, f"/v1/audits?site={site}").json() == {"items": [], "next": None}
    reads = [f"/v1/audits/{audit}", f"/v1/findings/{finding}", f"/v1/findings?site={site}"]
    reads += [f"/v1/audits/{audit}/{what}" for what in ("readiness", "preliminary", "preliminary/diff", "reports")]
    reads += [f"/v1/audits/{audit}/reports/1"]
    signature = {"signature": {"kid": "z", "sig": "00"}}
    writes = {
        f"/v1/audits/{audit}/preliminary": {**reporting.SHEET, "presented_at": f"{TODAY}T08:00:00Z"},
        f"/v1/audits/{audit}/report/preparation": reporting.FIGURES,
        f"/v1/audits/{audit}/amendments/preparation": reporting.AMENDMENT,
        f"/v1/audits/{audit}/amendments": signature,
        f"/v1/findings/{finding}/severity": reporting.REGRADE,
        f"/v1/auditor-keys/{NO_KEY}/revocation": {},
        f"/v1/audits/{audit}/answers": {"answers": [FEES]},
        f"/v1/audits/{audit}/report": REPORT,
        f"/v1/findings/{finding}/containment": {"measure": "x"},
        f"/v1/findings/{finding}/action": ACTION,
        f"/v1/findings/{finding}/action/approval": {},
        f"/v1/findings/{finding}/action/completion": {"evidence": "x"},
        f"/v1/findings/{finding}/action/revision": {"reason": "x"},
        f"/v1/findings/{finding}/no-action": {"basis": "x"},
    }
    answers = [api.get(otto, path) for path in reads] + [api.post(otto, path, body) for path, body in writes.items()]
    missing = [
        api.get(otto, f"/v1/audits/{NOBODY}"),
        api.post(otto, "/v1/findings/fnd_0000000000000000/containment", {"measure": "x"}),
    ]
    assert [answer.status_code for answer in answers + missing] == [404] * 24
    assert len({answer.text for answer in answers + missing}) == 1
    assert api.state() == before
    operations = {
        (path, method.upper())
        for path, methods in api.client.app.openapi()["paths"].items()  # type: ignore[attr-defined]
        for method in methods
    }
    names = {audit: "{audit}", finding: "{finding}", NO_KEY: "{key}", "reports/1": "reports/{version}"}
    plain = set()
    for path, method in [(path, "GET") for path in reads] + [(path, "POST") for path in writes]:
        for value, name in names.items():
            path = path.replace(value, name)
        plain.add((path.split("?")[0], method))
    own = {(path, method) for path in ("/v1/audits", "/v1/auditor-keys") for method in ("GET", "POST")}
    assert operations == plain | own
    assert api.post(otto, "/v1/auditor-keys", reporting.SIGNATURE).status_code == 403
    assert api.get(otto, "/v1/auditor-keys").status_code == 403


def test_otto_plans_no_audit(api: Api) -> None:
    assert api.post(api.cast.otto, "/v1/audits", api.audit()).status_code == 403


def test_the_manager_does_not_learn_of_an_unannounced_visit(api: Api) -> None:
    audit = api.plan()
    api.answer(audit, FEES)
    bea = api.cast.bea
    assert api.get(bea, f"/v1/audits/{audit}").status_code == 404
    assert api.get(bea, "/v1/audits").json()["items"] == []
    assert api.get(bea, f"/v1/findings?site={api.cast.factory}").json()["items"] == []


@pytest.mark.parametrize(
    ("path", "body"),
    [("/v1/audits/{audit}/answers", {"answers": [FEES]}), ("/v1/audits/{audit}/report", REPORT)],
)
def test_the_manager_writes_nothing_into_an_audit(api: Api, path: str, body: Any) -> None:
    audit = api.plan()
    api.answer(audit, FEES)
    api.submit(audit)
    assert api.post(api.cast.bea, path.format(audit=audit), body).status_code == 403


@pytest.mark.parametrize("path", ["/v1/audits", f"/v1/audits/{NOBODY}", "/v1/findings?site=site_0000000000000000"])
def test_nothing_is_read_without_a_token(api: Api, path: str) -> None:
    assert api.client.get(path).status_code == 401


def test_nothing_is_written_without_a_token_or_a_key(api: Api) -> None:
    before = api.state()
    assert api.client.post("/v1/audits", json=api.audit(), headers={"Idempotency-Key": "x"}).status_code == 401
    keyless = api.client.post("/v1/audits", json=api.audit(), headers=api.cast.amina.headers)
    assert keyless.status_code == 400
    assert api.state() == before


# Bad input: a clear error at the field, nothing changed, nothing lost.


def refused(api: Api, answer: Any, status: int, pointer: str | None) -> None:
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem.get("pointer") == pointer, answer.text
    assert problem["detail"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"type": "visit"}, "/type"),
        ({"standard": "freemark-1999.0"}, "/standard"),
        ({"standard": ""}, "/standard"),
        ({"site": "site_0000000000000000"}, "/site"),
        ({"site": "../../etc"}, "/site"),
        ({"starts_on": "2026-06-02", "ends_on": "2026-06-01"}, "/ends_on"),
        ({"starts_on": "2030-01-01", "ends_on": "2030-01-02"}, "/starts_on"),
        ({"ends_on": "9999-12-31"}, "/ends_on"),
        ({"starts_on": "2020-01-01", "ends_on": "2020-01-02"}, "/ends_on"),
        ({"starts_on": "2026-02-30"}, "/starts_on"),
        ({"starts_on": "1.6.2026"}, "/starts_on"),
        ({"starts_on": 20260601}, "/starts_on"),
        ({"team": []}, "/team"),
        ({"team": ["per_0000000000000000"]}, "/team"),
        ({"team": "all"}, "/team"),
        ({"announced": 1}, "/announced"),
        ({"remote": True}, "/remote"),
        ({"colour": "green"}, "/colour"),
    ],
)
def test_an_audit_that_cannot_be(api: Api, change: dict[str, Any], pointer: str) -> None:
    before = api.state()
    refused(api, api.post(api.cast.amina, "/v1/audits", api.audit(**change)), 422, pointer)
    assert api.state() == before


def test_a_team_member_of_another_organisation(api: Api) -> None:
    team = [api.cast.amina.person, api.cast.bea.person]
    refused(api, api.post(api.cast.amina, "/v1/audits", api.audit(team=team)), 422, "/team/1")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"provision": "T99.1"}, "/answers/1/provision"),
        ({"provision": "T1.1"}, "/answers/1/provision"),  # twice in one request
        ({"result": "fine"}, "/answers/1/result"),
        ({"severity": "grave"}, "/answers/1/severity"),
        ({"severity": "minor"}, "/answers/1/severity"),  # below the floor
        ({"affected": 89}, "/answers/1/affected"),  # more than sampled
        ({"affected": -1}, "/answers/1/affected"),
        ({"affected": 1.5}, "/answers/1/affected"),
        ({"affected": True}, "/answers/1/affected"),
        ({"sampled": 0}, "/answers/1/sampled"),
        ({"sampled": 10**9}, "/answers/1/sampled"),
        ({"sampled": None}, "/answers/1/sampled"),
        ({"description": ""}, "/answers/1/description"),
        ({"description": None}, "/answers/1/description"),
        ({"description": "x" * 4001}, "/answers/1/description"),
        ({"description": "a\u0000b"}, "/answers/1/description"),
        ({"evidence": ["x" * 201]}, "/answers/1/evidence/0"),
        ({"evidence": ["x"] * 21}, "/answers/1/evidence"),
        ({"release": "hold"}, "/answers/1/release"),
        ({"release": None}, "/answers/1/release"),
        ({"zero_tolerance": "yes"}, "/answers/1/zero_tolerance"),
        ({"severity": "major", "release": None, "zero_tolerance": False}, "/answers/1/deliberate"),
        ({"worker": "somebody"}, "/answers/1/worker"),
    ],
)
def test_an_answer_that_cannot_be(api: Api, change: dict[str, Any], pointer: str) -> None:
    audit = api.plan()
    api.answer(audit, {"provision": "T10.2", "result": "conformance"})
    before = api.state()
    refused(
        api, api.answer(audit, {"provision": "T1.1", "result": "conformance"}, {**PASSPORTS, **change}), 422, pointer
    )
    assert api.state() == before


@pytest.mark.parametrize(("answers", "pointer"), [([], "/answers"), ([FEES] * 201, "/answers"), ({}, "/answers")])
def test_too_few_and_too_many_answers(api: Api, answers: Any, pointer: str) -> None:
    audit = api.plan()
    refused(api, api.post(api.cast.amina, f"/v1/audits/{audit}/answers", {"answers": answers}), 422, pointer)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"workers": 0}, "/workers"),
        ({"workers": -1}, "/workers"),
        ({"workers": 10**7}, "/workers"),
        ({"workers": "640"}, "/workers"),
        ({"payroll_workers": 650}, "/payroll_workers"),  # not explained
        ({"interviews_group": 640}, "/interviews_individual"),  # 658 of 640
        ({"interviews_group": -1}, "/interviews_group"),
        ({"files_reviewed": 641}, "/files_reviewed"),
        ({"closing_meeting_on": "2026-06-02"}, "/closing_meeting_on"),
        ({"closing_meeting_on": "2026-05-31"}, "/closing_meeting_on"),
        ({"summary": ""}, "/summary"),
        ({"summary": None}, "/summary"),
        ({"score": 200}, "/score"),
    ],
)
def test_a_report_that_cannot_be(api: Api, change: dict[str, Any], pointer: str) -> None:
    audit = api.plan()
    api.answer(audit, FEES)
    before = api.state()
    refused(api, api.submit(audit, **change), 422, pointer)
    assert api.state() == before


def test_an_audit_of_tomorrow_is_not_answered_and_not_submitted(api: Api) -> None:
    audit = api.plan(starts_on="2026-06-02", ends_on="2026-06-03")
    refused(api, api.answer(audit, FEES), 409, None)
    refused(api, api.submit(audit, closing_meeting_on="2026-06-03"), 422, None)


def test_a_finding_on_a_submitted_audit(api: Api) -> None:
    audit = api.plan()
    api.answer(audit, {"provision": "T1.1", "result": "conformance"})
    api.submit(audit)
    before = api.state()
    refused(api, api.answer(audit, FEES), 409, None)
    refused(api, api.submit(audit), 409, None)
    assert api.state() == before


def test_an_initial_audit_with_a_gap(api: Api) -> None:
    audit = api.plan(type="initial")
    api.answer(audit, *({"provision": id, "result": "conformance"} for id in EVERYTHING[:-1]))
    refused(api, api.submit(audit), 409, None)


def test_a_released_finding_is_not_taken_back(api: Api) -> None:
    audit = api.plan()
    api.answer(audit, PASSPORTS)
    refused(api, api.answer(audit, {"provision": "T2.1", "result": "conformance"}), 409, "/answers/0/provision")


@pytest.mark.parametrize(
    ("step", "body", "pointer"),
    [
        ("action", {**ACTION, "due_on": "2026-05-31"}, "/due_on"),
        ("action", {**ACTION, "due_on": "2027-06-01"}, "/due_on"),
        ("action", {**ACTION, "root_cause": ""}, "/root_cause"),
        ("action", {**ACTION, "owner_role": "x" * 101}, "/owner_role"),
        ("action", {**ACTION, "owner": "Bea"}, "/owner"),
        ("containment", {"measure": ""}, "/measure"),
        ("containment", {}, "/measure"),
        ("action/completion", {"evidence": "x" * 4001}, "/evidence"),
        ("action/approval", {"yes": True}, "/yes"),
    ],
)
def test_a_corrective_action_that_cannot_be(api: Api, step: str, body: Any, pointer: str) -> None:
    finding = api.finding()
    before = api.state()
    refused(api, api.post(api.cast.bea, f"/v1/findings/{finding}/{step}", body), 422, pointer)
    assert api.state() == before


@pytest.mark.parametrize("path", ["/v1/audits?limit=0", "/v1/audits?limit=201", "/v1/audits?after=%00", "/v1/findings",
                                  "/v1/findings?site=x", "/v1/audits/x"])  # fmt: skip
def test_a_query_that_cannot_be(api: Api, path: str) -> None:
    assert api.get(api.cast.amina, path).status_code == 422


def test_a_body_over_the_limit_or_no_json(api: Api) -> None:
    audit = api.plan()
    headers = {**api.cast.amina.headers, "Idempotency-Key": "big"}
    path = f"/v1/audits/{audit}/answers"
    big = api.client.post(path, content=b"[" * (api.world.settings.body_limit + 1), headers=headers)
    assert big.status_code == 413
    headers["Content-Type"] = "application/json"
    assert api.client.post(path, content=b"{", headers=headers).status_code == 400


# The description.


def keys(value: Any) -> Any:
    return sorted(value) if isinstance(value, dict) else None


def test_the_examples_of_the_description_are_what_the_api_does(api: Api) -> None:
    """Post the request examples; the answers have the keys of the answer examples."""
    cast = api.cast
    with api.world.db.write() as session:
        aino = enrol(session, api.world, cast.amina.organisation, "Aino Virtanen", "auditor")
    team = [cast.amina.person, aino.person]
    body = {**samples.AUDIT.request, "site": cast.factory, "team": team, "starts_on": TODAY, "ends_on": TODAY,
            "type": "surveillance"}  # fmt: skip
    planned = api.post(cast.amina, "/v1/audits", body)
    assert planned.status_code == 201
    assert keys(planned.json()) == keys(samples.AUDIT.answer)
    audit = planned.json()["id"]
    filed = api.post(cast.amina, f"/v1/audits/{audit}/answers", samples.ANSWERS).json()
    assert keys(filed) == keys(samples.FILED)
    assert keys(filed["findings"][0]) == keys(samples.FINDING)
    whole = api.get(cast.amina, f"/v1/audits/{audit}").json()
    assert keys(whole) == keys(samples.WHOLE)
    assert keys(whole["answers"][0]) == keys(samples.WHOLE["answers"][0])
    report = {**samples.REPORT, "closing_meeting_on": TODAY}
    submitted = api.post(cast.amina, f"/v1/audits/{audit}/report", report)
    assert submitted.status_code == 200, submitted.text
    assert keys(submitted.json()) == keys(samples.SUBMITTED)
    path = f"/v1/findings/{filed['findings'][0]['id']}"
    assert api.post(cast.bea, f"{path}/action", samples.ACTION.request).status_code == 200
    assert api.post(cast.carl, f"{path}/action/approval", {}).status_code == 200
    done = api.post(cast.bea, f"{path}/action/completion", samples.ACTION.completion)
    assert done.status_code == 200
    assert keys(done.json()) == keys(samples.CLOCKED)


def test_every_operation_is_described(api: Api) -> None:
    for path, methods in api.client.app.openapi()["paths"].items():  # type: ignore[attr-defined]
        for method, operation in methods.items():
            assert operation["summary"], path
            assert operation["description"], path
            success = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
            assert success["content"]["application/json"]["example"], path
            expected = {"401", "403", "404", "422", "503"} | ({"400", "409", "413"} if method == "post" else set())
            assert expected <= operation["responses"].keys(), path
            if method == "post":
                name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
                schema = api.client.app.openapi()["components"]["schemas"][name]  # type: ignore[attr-defined]
                assert schema["examples"], path
