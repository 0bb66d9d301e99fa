"""Who read which evidence, and when: written down before the file is handed out, and shown to who runs the scheme."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from audits import readings
from audits import routes as audits
from audits.evidence import routes, samples
from freemark import problems
from ground.errors import Unavailable
from ground.journal import JournalRow, check
from ground.web import BodyLimit
from ground.world import World
from tests.cast import make_cast
from tests.unit.audits.evidence import files
from tests.web.test_evidence_api import EvidenceApi


@pytest.fixture
def api(world: World) -> Iterator[EvidenceApi]:
    app = FastAPI()
    app.state.world = world
    app.include_router(audits.router)
    app.include_router(routes.router)
    problems.install(app)
    app.add_middleware(BodyLimit, limit=world.settings.body_limit)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield EvidenceApi(world, make_cast(world), client)


def test_who_read_which_evidence_is_written_down(api: EvidenceApi) -> None:
    cast, audit = api.cast, api.plan()
    evidence = api.bring(files.pdf(), audit)["id"]
    place = f"/v1/evidence/{evidence}"
    assert api.get(cast.sam, f"{place}/readings").json() == {"items": [], "next": None}
    for who in (cast.amina, cast.carl, cast.amina):
        assert api.get(who, f"{place}/file").content == files.pdf()
    for who in (cast.bea, cast.otto, cast.ravi):
        assert api.get(who, f"{place}/file").status_code == 404
    assert api.get(cast.carl, place).status_code == 200  # about it is not of it
    seen = api.get(cast.carl, f"{place}/readings").json()["items"]
    assert [each["person"] for each in seen] == [cast.amina.person, cast.carl.person, cast.amina.person]
    assert seen[0] == {"person": cast.amina.person, "organisation": cast.amina.organisation,
                       "at": "2026-06-01T08:00:00Z"}  # fmt: skip
    assert seen[0].keys() == samples.READING.keys()
    first = api.get(cast.carl, f"{place}/readings?limit=2").json()
    rest = api.get(cast.carl, f"{place}/readings?limit=2&after={first['next']}").json()
    assert ([*first["items"], *rest["items"]], rest["next"]) == (seen, None)
    with api.world.db.read() as session:
        rows = list(session.scalars(select(JournalRow).where(JournalRow.action == "evidence_read")))
        assert {(row.subject, row.detail["audit"]) for row in rows} == {(evidence, audit)}
        check(session)


def test_the_site_reads_its_own_proof_and_never_who_read_it(api: EvidenceApi) -> None:
    cast, finding = api.cast, api.finding()
    proof = api.prove(files.pdf(), finding)["id"]
    assert api.get(cast.bea, f"/v1/evidence/{proof}/file").status_code == 200
    assert api.get(cast.amina, f"/v1/evidence/{proof}/file").status_code == 200
    for who in (cast.bea, cast.amina):
        assert api.get(who, f"/v1/evidence/{proof}/readings").status_code in (403, 404)
    assert api.get(cast.otto, f"/v1/evidence/{proof}/readings").status_code == 404
    seen = api.get(cast.sam, f"/v1/evidence/{proof}/readings").json()["items"]
    assert [each["person"] for each in seen] == [cast.bea.person, cast.amina.person]


def test_what_cannot_be_written_down_is_not_handed_out(api: EvidenceApi, monkeypatch: pytest.MonkeyPatch) -> None:
    evidence = api.bring(files.pdf(), api.plan())["id"]

    def away(*_: object, **__: object) -> None:
        raise Unavailable("the database did not answer in time")

    with monkeypatch.context() as patch:
        patch.setattr(readings.journal, "record", away)
        answer = api.get(api.cast.carl, f"/v1/evidence/{evidence}/file")
        assert (answer.status_code, files.pdf() in answer.content) == (503, False)
    assert api.get(api.cast.carl, f"/v1/evidence/{evidence}/file").content == files.pdf()


def test_without_the_record_nobody_would_know(api: EvidenceApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    evidence = api.bring(files.pdf(), api.plan())["id"]
    monkeypatch.setattr(readings, "record", lambda *_: None)
    assert api.get(api.cast.carl, f"/v1/evidence/{evidence}/file").status_code == 200
    assert api.get(api.cast.carl, f"/v1/evidence/{evidence}/readings").json()["items"] == []
