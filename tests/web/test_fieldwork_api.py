"""Field work over HTTP: the team files it, the certification body reads it, and for everybody else it is not there."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from audits.facts import Stratum
from audits.fieldwork import boxes, facts, routes, samples, sealing
from audits.fieldwork.tables import FieldPlanRow, InterviewCountsRow, SealedFileRow, SealingKeyRow, WorkforceRow
from audits.tables import AuditRow, MemberRow, PreparedRow
from freemark import problems
from ground.canonical import sha256
from ground.database import Base
from ground.ids import new_id
from ground.journal import JournalRow, check
from ground.outbox import OutboxEvent
from ground.web import BodyLimit
from ground.world import World
from tests.cast import Cast, Player, add_site, enrol, join, make_cast

TODAY = date(2026, 6, 1)  # tests.conftest.START
PRIVATE = bytes([7]) * 32
KEY = boxes.key_text(boxes.public_of(PRIVATE))
FORCE = {**samples.FORCE, "languages": [{"language": "bn", "size": 552}, {"language": "ne", "size": 88}]}
COUNTS = samples.COUNTS
TABLES = (
    AuditRow,
    FieldPlanRow,
    WorkforceRow,
    InterviewCountsRow,
    SealingKeyRow,
    SealedFileRow,
    JournalRow,
    OutboxEvent,
)


class Api:
    """The application with the field work only, its cast, and one audit that Amina leads."""

    def __init__(self, world: World, cast: Cast, client: TestClient) -> None:
        self.world, self.cast, self.client = world, cast, client
        self.keys = itertools.count()
        with world.db.write() as session:
            self.aino = enrol(session, world, cast.amina.organisation, "Aino Virtanen", "auditor")
            self.ulla = join(session, world, "Northern Audit", "audit_firm", "Ulla Lind", "auditor")
            self.dora = join(session, world, "Iris Certification", "certification_body", "Dora Novak", "decider")
        self.audit = self.plan()

    def plan(self, standard: str = "freemark-2026.1", type: str = "initial", site: str = "") -> str:
        """An audit as `plan_audit` enters it, without the draw of its team, which is another room's."""
        audit = new_id("aud")
        with self.world.db.write() as session:
            session.add(
                AuditRow(
                    id=audit, site_id=site or self.cast.factory, type=type, standard=standard,
                    firm_id=self.cast.amina.organisation, starts_on=TODAY, ends_on=TODAY + timedelta(days=2),
                    announced=False, remote=False, planned_at=self.world.clock.now(),
                )
            )  # fmt: skip
            session.flush()
            session.add(MemberRow(audit_id=audit, person_id=self.cast.amina.person, position=0))
        return audit

    def submit(self) -> None:
        with self.world.db.write() as session:
            row = session.get_one(AuditRow, self.audit)
            row.submitted_at = row.released_at = self.world.clock.now()
            row.report = "0" * 64

    def post(self, who: Player, path: str, body: Any, key: str = "") -> Any:
        headers = {**who.headers, "Idempotency-Key": key or f"key-{next(self.keys)}"}
        return self.client.post(path, json=body, headers=headers)

    def get(self, who: Player, path: str) -> Any:
        return self.client.get(path, headers=who.headers)

    def file(self, part: str, body: Any, who: Player | None = None) -> Any:
        return self.post(who or self.cast.amina, f"/v1/audits/{self.audit}/{part}", body)

    def seal(self, plain: bytes = b"what was said", who: Player | None = None, to: bytes = PRIVATE) -> Any:
        sealed = base64.b64encode(boxes.seal(plain, boxes.public_of(to))).decode()
        return self.file("sealed", {"sealed": sealed}, who)

    def figures(self, audit: str = "") -> facts.Figures:
        with self.world.db.read() as session:
            return facts.figures(session, session.get_one(AuditRow, audit or self.audit))

    def state(self) -> dict[str, Any]:
        """Everything that a refused request must leave as it was."""
        with self.world.db.read() as session:
            return {
                table.__tablename__: [
                    {column.key: getattr(row, column.key) for column in table.__table__.columns}
                    for row in session.scalars(select(table))
                ]
                for table in TABLES
            }


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


def effort(api: Api, *tenths: int) -> dict[str, Any]:
    days = [(TODAY + timedelta(days=number)).isoformat() for number in range(len(tenths))]
    return {
        "days": [
            {"day": day, "person": api.cast.amina.person, "tenths": number}
            for day, number in zip(days, tenths, strict=True)
        ]
    }


def test_the_whole_way_of_an_audit(apis: Api) -> None:
    amina = apis.cast.amina
    planned = apis.file("plan", samples.PLAN)
    assert planned.status_code == 200, planned.text
    assert planned.json().keys() == samples.PLANNED.keys()
    assert (planned.json()["needed"], planned.json()["planned"], planned.json()["spent"]) == (30, 30, 0)
    assert apis.file("strata", FORCE).json().keys() == samples.FORCED.keys()
    apis.world.clock.advance(timedelta(days=2))  # type: ignore[attr-defined]
    counted = apis.file("interviews", COUNTS)
    assert counted.json() == {**samples.COUNTED, "audit": apis.audit}
    spent = apis.file("effort", effort(apis, 10, 10, 8))
    assert spent.json()["spent"] == 28

    sample = apis.get(apis.cast.carl, f"/v1/audits/{apis.audit}/sample").json()
    assert sample.keys() == samples.SAMPLE.keys()
    assert sample == apis.get(amina, f"/v1/audits/{apis.audit}/sample").json()
    assert sample["interviews"] == {"needed": 26, "achieved": 26, "why": ""}
    assert sample["off_site"] == {"needed": 13, "achieved": 13}
    assert sample["missing"] == [
        "night_shift: 2 of 3 interviewed, of 120 there", "2.8 man-days spent, 3.0 needed: 0.2 more",
    ]  # fmt: skip
    for part in ("plan", "strata", "interviews"):
        assert apis.get(apis.cast.carl, f"/v1/audits/{apis.audit}/{part}").status_code == 200

    found = apis.figures()
    assert (found.effort_needed, found.effort_spent) == (30, 28)
    assert (found.interviews, found.individual, found.in_groups, found.off_site) == (26, 16, 10, 13)
    assert (found.workers, found.languages, found.worker_languages) == (640, ("bn", "ne"), ("bn", "ne"))
    assert Stratum("night_shift", 120, 2) in found.strata
    assert found.missing == tuple(sample["missing"][:1])  # that the time is short is said beside it


def test_an_audit_without_anything_filed_misses_everything(api: Api) -> None:
    found = api.figures()
    assert (found.effort_needed, found.effort_spent, found.interviews, found.strata) == (30, 0, 0, ())
    assert found.missing[0] == "0 of 39 interviews held (not assessed as low risk: x 1.5)"
    assert api.get(api.cast.amina, f"/v1/audits/{api.audit}/interviews").json()["counts"] is None


@pytest.mark.parametrize("risk", [{"high_risk": True}, {}, None])
def test_high_risk_takes_half_as_many_again(api: Api, risk: dict[str, bool] | None) -> None:
    """So does a place of which nobody said that it was assessed as low, as in the rules."""
    plan = {name: value for name, value in samples.PLAN.items() if name != "high_risk"}
    if risk is None:
        api.world.clock.advance(timedelta(days=2))  # type: ignore[attr-defined]
        assert api.file("effort", effort(api, 10)).json()["high_risk"] is True  # a plan of its own, by what was spent
    else:
        assert api.file("plan", {**plan, **risk}).json()["high_risk"] is True
    sample = api.get(api.cast.amina, f"/v1/audits/{api.audit}/sample").json()
    assert (sample["interviews"]["needed"], sample["off_site"]["needed"], sample["files"]["needed"]) == (39, 20, 39)
    assert sample["interviews"]["why"] == "not assessed as low risk: x 1.5"


def test_under_a_standard_without_field_work_nothing_is_asked(api: Api) -> None:
    old = api.plan("freemark-2026.0")
    assert api.figures(old) == facts.Figures()
    assert api.post(api.cast.amina, f"/v1/audits/{old}/plan", samples.PLAN).status_code == 409
    sample = api.get(api.cast.amina, f"/v1/audits/{old}/sample")
    assert (sample.status_code, sample.json()["interviews"]["needed"]) == (200, 26)  # its rules know no risk


def test_a_report_that_was_prepared_is_thrown_away(api: Api) -> None:
    with api.world.db.write() as session:
        session.add(
            PreparedRow(
                audit_id=api.audit, prepared_at=api.world.clock.now(), prepared_by=api.cast.amina.person, kid="z",
                version=1, given={}, document="{}", sha256="0" * 64,
            )
        )  # fmt: skip
    api.file("strata", FORCE)
    with api.world.db.read() as session:
        assert session.get(PreparedRow, api.audit) is None


def test_a_submitted_audit_takes_nothing_more_but_sealed_files(api: Api) -> None:
    api.file("strata", FORCE)
    api.post(api.cast.carl, "/v1/sealing-keys", {"key": KEY})
    api.submit()
    bodies = {"plan": samples.PLAN, "effort": effort(api, 10), "strata": FORCE, "interviews": COUNTS}
    for part, body in bodies.items():
        assert api.file(part, body).status_code == 409, part
    assert api.seal().status_code == 201


# Who may not.


def everything(api: Api, sealed: str, key: str) -> tuple[list[str], dict[str, Any]]:
    """The paths of all operations on this audit and what belongs to it."""
    audit = f"/v1/audits/{api.audit}"
    reads = [f"{audit}/{part}" for part in ("plan", "strata", "interviews", "sample", "sealed")]
    sealed_file = base64.b64encode(boxes.seal(b"x", boxes.public_of(PRIVATE))).decode()
    writes = {
        f"{audit}/plan": samples.PLAN,
        f"{audit}/effort": {"days": []},
        f"{audit}/strata": FORCE,
        f"{audit}/interviews": COUNTS,
        f"{audit}/sealed": {"sealed": sealed_file},
        f"/v1/sealing-keys/{key}/retirement": {},
    }
    return [
        *reads,
        f"/v1/sealed/{sealed}",
        f"/v1/sealed/{sealed}/readings",
        "/v1/sealing-keys",
        "/v1/sampling/sites?total=4&visit=initial",
    ], writes


def filled(api: Api) -> tuple[str, str]:
    """The audit with everything in it; the ids of a sealed file and its key."""
    key = api.post(api.cast.carl, "/v1/sealing-keys", {"key": KEY}).json()["id"]
    for part, body in (("plan", samples.PLAN), ("strata", FORCE), ("interviews", COUNTS)):
        assert api.file(part, body).status_code == 200
    sealed = api.seal()
    assert sealed.status_code == 201, sealed.text
    return sealed.json()["id"], key


@pytest.mark.parametrize("submitted", [False, True])
@pytest.mark.parametrize("name", ["otto", "bea", "ravi"])
def test_the_site_and_strangers_see_nothing_before_the_report_and_after(api: Api, name: str, submitted: bool) -> None:
    """The same answer as for an audit that does not exist: a planned visit stays unannounced, and who spoke unknown."""
    sealed, key = filled(api)
    if submitted:
        api.submit()
    who = getattr(api.cast, name)
    reads, writes = everything(api, sealed, key)
    before = api.state()
    answers = [api.get(who, path) for path in reads] + [api.post(who, path, body) for path, body in writes.items()]
    assert {path: answer.status_code for path, answer in zip([*reads, *writes], answers, strict=True)} == dict.fromkeys(
        [*reads, *writes], 404
    )
    known, real = samples.AUDIT, api.audit
    for path, answer in zip([*reads, *writes], answers, strict=True):
        if real in path:
            other = path.replace(real, known)
            unknown = (
                api.post(who, other, writes[path]) if path in writes and path not in reads else api.get(who, other)
            )
            assert unknown.text == answer.text, path
    assert api.state() == before
    assert (
        api.post(who, "/v1/sealing-keys", {"key": boxes.key_text(boxes.public_of(bytes([9]) * 32))}).status_code == 403
    )
    assert api.state() == before


def test_every_operation_was_tried_by_otto(api: Api) -> None:
    sealed, key = filled(api)
    reads, writes = everything(api, sealed, key)
    tried = {(path.split("?")[0], "GET") for path in reads} | {(path, "POST") for path in writes}
    plain = {
        (path.replace(api.audit, "{audit}").replace(sealed, "{sealed}").replace(key, "{key}"), method)
        for path, method in tried
    }
    operations = {
        (route.path, method)
        for route in routes.router.routes
        for method in route.methods  # type: ignore[attr-defined]
    }
    assert operations == plain | {("/v1/sealing-keys", "POST"), ("/v1/sealed", "GET")}


def test_another_firm_sees_nothing_and_colleagues_not_on_the_team_neither(api: Api) -> None:
    filled(api)
    for part in ("plan", "strata", "interviews", "sample", "sealed"):
        assert api.get(api.ulla, f"/v1/audits/{api.audit}/{part}").status_code == 404
        assert api.get(api.aino, f"/v1/audits/{api.audit}/{part}").status_code == 403
        assert api.get(api.cast.sam, f"/v1/audits/{api.audit}/{part}").status_code == 403
    assert api.file("interviews", COUNTS, api.aino).status_code == 403
    assert api.file("interviews", COUNTS, api.cast.carl).status_code == 403
    assert api.seal(who=api.aino).status_code == 403


def test_a_body_that_owns_the_site_is_the_site(api: Api) -> None:
    with api.world.db.write() as session:
        site = add_site(session, api.world, api.dora, "factory", "Own mill", 50)
    audit = api.plan(site=site)
    assert api.get(api.dora, f"/v1/audits/{audit}/sample").status_code == 404
    assert api.get(api.cast.carl, f"/v1/audits/{audit}/sample").status_code == 200


def test_nothing_is_read_without_a_token(api: Api) -> None:
    assert api.client.get(f"/v1/audits/{api.audit}/sample").status_code == 401
    assert api.client.get("/v1/sealing-keys").status_code == 401


# What cannot be.


@pytest.mark.parametrize(
    ("part", "change", "pointer"),
    [
        ("plan", {"workers": 0}, "/workers"),
        ("plan", {"planned": -1}, "/planned"),
        ("plan", {"planned": 1.5}, "/planned"),
        ("plan", {"months": {"current": "2026-05", "peak": "2025-11", "low": "2025-11"}}, "/months"),
        ("plan", {"months": {"current": "2026-05", "peak": "2026-06", "low": "2025-11"}}, "/months"),
        ("plan", {"months": {"current": "2026-13", "peak": "2026-01", "low": "2025-11"}}, "/months/current"),
        ("plan", {"note": "x"}, "/note"),
        ("strata", {"workers": 1}, "/strata/1/size"),
        ("strata", {"strata": [{"name": "Maria Lopez", "size": 1}]}, "/strata/0/name"),
        ("strata", {"strata": [{"name": "nationality:XX", "size": 1}]}, "/strata/0/name"),
        ("strata", {"strata": [{"name": "agency:org_0000000000000000", "size": 1}]}, "/strata/0/name"),
        ("strata", {"languages": [{"language": "bn", "size": 641}]}, "/languages/0/size"),
        ("interviews", {"individual": 15}, "/languages"),
        ("interviews", {"individual": -1}, "/individual"),
        ("interviews", {"worker": "Maria Lopez"}, "/worker"),
        ("interviews", {"interviews": [{"language": "ne"}]}, "/interviews"),
        ("interviews", {"consent": {"referral": 1}}, "/consent"),
        ("interviews", {"strata": {"Maria Lopez": 1}}, "/strata"),
        ("interviews", {"strata": {"under_18": 1}}, "/strata"),
        ("interviews", {"places": {"at home": 26}}, "/places"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(api: Api, part: str, change: dict[str, Any], pointer: str) -> None:
    api.file("strata", FORCE)
    before = api.state()
    bodies = {"plan": samples.PLAN, "strata": FORCE, "interviews": COUNTS}
    answer = api.file(part, {**bodies[part], **change})
    assert answer.status_code == 422, answer.text
    assert answer.json()["pointer"] == pointer, answer.text
    assert api.state() == before


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"day": "2026-05-31"}, "/days/0/day"),
        ({"day": "2026-06-02"}, "/days/0/day"),  # tomorrow
        ({"person": "per_0000000000000000"}, "/days/0/person"),
        ({"person": "Amina"}, "/days/0/person"),
        ({"tenths": 16}, "/days/0/tenths"),
    ],
)
def test_a_day_that_cannot_be(api: Api, change: dict[str, Any], pointer: str) -> None:
    before = api.state()
    body = effort(api, 10)
    answer = api.file("effort", {"days": [{**body["days"][0], **change}]})
    assert (answer.status_code, answer.json()["pointer"]) == (422, pointer), answer.text
    assert api.state() == before


def test_counts_wait_for_the_work_force_and_for_five_people(api: Api) -> None:
    assert api.file("interviews", COUNTS).status_code == 409
    api.file("strata", FORCE)
    few = {
        "individual": 4, "group": 0, "private": 4, "languages": {"bn": 4}, "places": {"phone": 4},
        "interpreters": {"none": 4}, "strata": {"nationality:BD": 4},
    }  # fmt: skip
    before = api.state()
    refused = api.file("interviews", few)
    assert (refused.status_code, "single people" in refused.text) == (409, True)
    assert api.state() == before
    enough = {**few, "group": 1, "languages": {"bn": 5}, "places": {"phone": 5}, "interpreters": {"none": 5}}
    assert api.file("interviews", {**enough, "strata": {"nationality:BD": 5}}).status_code == 200


def test_a_smaller_work_force_than_was_interviewed_is_refused(api: Api) -> None:
    api.file("strata", FORCE)
    api.file("interviews", COUNTS)
    answer = api.file("strata", {**FORCE, "strata": [{"name": "nationality:NP", "size": 7}]})
    assert (answer.status_code, answer.json()["pointer"]) == (422, "/strata")


def test_no_count_stands_in_the_journal_or_the_news(api: Api) -> None:
    filled(api)
    state = api.state()
    assert [row["detail"] for row in state["journal"] if row["subject"] == api.audit] == [{}, {}, {}]
    assert not any(api.audit in (event["subject"], *event["ids"].values()) for event in state["outbox_event"])


# Sealed files.


def test_a_sealed_file_goes_to_the_body_it_is_sealed_to_and_to_nobody_else(apis: Api) -> None:
    cast = apis.cast
    key = apis.post(cast.carl, "/v1/sealing-keys", {"key": KEY})
    assert (key.status_code, key.json().keys()) == (201, samples.ENROLLED.keys())
    assert apis.get(cast.amina, f"/v1/sealing-keys?organisation={cast.carl.organisation}").json()["items"] == [
        key.json()
    ]
    filed = apis.seal()
    assert (filed.status_code, filed.json().keys()) == (201, samples.FILED.keys())
    path = f"/v1/sealed/{filed.json()['id']}"
    fetched = apis.get(cast.carl, path)
    assert fetched.headers["content-type"] == "application/octet-stream"
    assert sha256(fetched.content).hex() == filed.json()["sha256"]
    assert boxes.unseal(fetched.content, PRIVATE) == b"what was said"
    for who in (apis.dora, cast.amina, cast.sam, cast.bea, cast.otto, apis.ulla):
        assert apis.get(who, path).status_code == 404
    assert apis.get(cast.carl, "/v1/sealed").json()["items"] == [filed.json()]
    assert apis.get(apis.dora, "/v1/sealed").json()["items"] == []
    assert apis.get(apis.dora, f"/v1/audits/{apis.audit}/sealed").json()["items"] == []
    assert apis.get(cast.amina, f"/v1/audits/{apis.audit}/sealed").json()["items"] == [filed.json()]


def test_who_fetched_a_sealed_file_is_written_down_before_it_is_handed_out(
    apis: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = apis.cast
    apis.post(cast.carl, "/v1/sealing-keys", {"key": KEY})
    id = apis.seal().json()["id"]
    path = f"/v1/sealed/{id}"
    readings = f"{path}/readings"
    assert apis.get(cast.carl, readings).json() == {"items": [], "next": None}
    for who in (cast.amina, cast.sam, cast.bea):
        assert apis.get(who, path).status_code == 404
    assert apis.get(cast.carl, path).status_code == 200
    (seen,) = apis.get(cast.sam, readings).json()["items"]
    assert seen == {"person": cast.carl.person, "organisation": cast.carl.organisation, "at": "2026-06-01T08:00:00Z"}
    assert seen.keys() == samples.READING.keys()
    for who in (apis.dora, cast.amina, cast.bea, cast.otto, cast.hana, apis.ulla):
        assert apis.get(who, readings).status_code == 404
    with monkeypatch.context() as patch:  # the negative control: it is this record that the list shows
        patch.setattr(sealing.readings, "record", lambda *_: None)
        assert apis.get(cast.carl, path).status_code == 200
        assert len(apis.get(cast.carl, readings).json()["items"]) == 1
    with apis.world.db.read() as session:
        check(session)


def test_the_same_sealed_file_twice_is_one(api: Api) -> None:
    api.post(api.cast.carl, "/v1/sealing-keys", {"key": KEY})
    sealed = {"sealed": base64.b64encode(boxes.seal(b"x", boxes.public_of(PRIVATE))).decode()}
    assert api.file("sealed", sealed).json() == api.file("sealed", sealed).json()
    with api.world.db.read() as session:
        assert session.scalar(select(func.count()).select_from(SealedFileRow)) == 1


SEALED = boxes.seal(b"x", boxes.public_of(PRIVATE))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not base64 at all",
        base64.b64encode(b"PK\x03\x04" + bytes(5000)).decode(),  # a spreadsheet
        base64.b64encode(b'{"interviews": []}').decode(),  # a log in clear
        base64.b64encode(SEALED[:-1]).decode(),
        base64.b64encode(SEALED).decode() + "\n",
        base64.urlsafe_b64encode(b"\xff" * 4096).decode(),
        base64.b64encode(boxes.seal(b"x", boxes.public_of(bytes([9]) * 32))).decode(),  # nobody's key
        "A" * (1 << 20),
    ],
)
def test_only_sealed_bytes_are_taken(api: Api, text: str) -> None:
    api.post(api.cast.carl, "/v1/sealing-keys", {"key": KEY})
    before = api.state()
    answer = api.file("sealed", {"sealed": text})
    assert answer.status_code in (413, 422), answer.text
    assert answer.status_code == 413 or answer.json()["pointer"] == "/sealed"
    assert api.state() == before
    assert not list(api.world.files.root.rglob("*"))  # and nothing was kept


def test_who_may_not_file_fills_no_disk(api: Api) -> None:
    api.post(api.cast.carl, "/v1/sealing-keys", {"key": KEY})
    assert api.seal(who=api.cast.otto).status_code == 404
    assert not list(api.world.files.root.rglob("*"))


def test_a_retired_key_takes_nothing_more_and_what_it_took_is_still_there(api: Api) -> None:
    sealed, key = filled(api)
    path = f"/v1/sealing-keys/{key}/retirement"
    assert api.post(api.dora, path, {}).status_code == 403
    assert api.post(api.cast.sam, path, {}).status_code == 403
    retired = api.post(api.cast.carl, path, {})
    assert (retired.status_code, retired.json()["retired_at"]) == (200, "2026-06-01T08:00:00Z")
    assert api.post(api.cast.carl, path, {}).status_code == 409
    assert api.seal(b"later").status_code == 409
    assert api.get(api.cast.carl, f"/v1/sealed/{sealed}").status_code == 200


@pytest.mark.parametrize("key", ["z6LS", KEY + "1", boxes.key_text(bytes(32)), "0" * 64])
def test_what_is_no_key_is_not_enrolled(api: Api, key: str) -> None:
    answer = api.post(api.cast.carl, "/v1/sealing-keys", {"key": key})
    assert (answer.status_code, answer.json()["pointer"]) == (422, "/key")


def test_a_key_is_enrolled_once_and_by_deciders_only(api: Api) -> None:
    assert api.post(api.cast.carl, "/v1/sealing-keys", {"key": KEY}).status_code == 201
    assert api.post(api.dora, "/v1/sealing-keys", {"key": KEY}).status_code == 409
    for who in (api.cast.amina, api.cast.sam, api.cast.bea):
        assert api.post(who, "/v1/sealing-keys", {"key": KEY}).status_code == 403


def test_the_sample_of_sites(api: Api) -> None:
    found = api.get(api.cast.amina, "/v1/sampling/sites?total=40&visit=surveillance&never_out=4")
    assert found.json() == samples.SITES
    assert api.get(api.cast.amina, "/v1/sampling/sites?total=0&visit=initial").status_code == 422


def test_the_tables_have_no_place_for_a_person_or_an_interview() -> None:
    """What a later column would bring back: a row per interview, a name, a time of day."""
    columns = {
        column.name
        for table in Base.metadata.tables.values()
        if table.name.startswith("fieldwork_")
        for column in table.columns
    }
    assert columns == {
        "audit_id", "workers", "high_risk", "months", "spent", "strata", "languages", "individual", "in_groups",
        "private", "places", "interpreters",
    }  # fmt: skip
