"""The way of a signed report over HTTP, the command line as the pen; and an auditor who sees no score before it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from audits import release, standard
from audits.reporting import samples
from ground.canonical import digest
from ground.world import World
from tests.auditing import YEARS
from tests.flows.house import House, Inside, conforming, opened
from tests.web.pieces import did

STANDARD = "freemark-2026.1"
EVERYTHING = list(standard.load(STANDARD).provisions)


@pytest.fixture
def house(sqlite_world: World) -> Iterator[House]:
    with opened(sqlite_world) as house:
        yield house


def assign(house: House, type: str) -> None:
    day = house.now.date()
    until = str(day + YEARS)
    firm = {"status": "good", "reason": "Accredited.", "topics": ["all"], "valid_until": until}
    auditor = {
        "level": "lead", "status": "good", "reason": "Examined.", "topics": ["all"], "languages": ["bn"],
        "trained_on": str(day - YEARS), "trained_until": until, "expires_on": until,
    }  # fmt: skip
    house.sam.post(f"/v1/audit-firms/{house.amina.organisation}/approvals", firm)
    house.sam.post(f"/v1/auditors/{house.amina.person}/approvals", auditor)
    wish = {
        "site": house.factory, "type": type, "standard": STANDARD, "starts_on": house.today, "ends_on": house.today,
        "languages": ["bn"], "topics": ["T1"],
    }  # fmt: skip
    offer = house.carl.post("/v1/assignments", wish)["id"]
    house.amina.post(f"/v1/assignments/{offer}/declarations", {"kind": "none"})
    house.amina.post(f"/v1/assignments/{offer}/acceptance", {})


def plan(house: House, type: str = "initial", *, by: Inside | None = None) -> str:
    assign(house, type)
    return str(
        (by or house.amina).post(
            "/v1/audits",
            {
                "site": house.factory, "type": type, "standard": STANDARD, "starts_on": house.today,
                "ends_on": house.today, "team": [house.amina.person], "announced": False, "notice": "semi_announced",
            },
        )["id"]
    )  # fmt: skip


def figures(house: House, **change: Any) -> dict[str, Any]:
    return {
        **samples.FIGURES, "payroll_workers": 640, "listed_workers": 640, "explanations": [],
        "closing_meeting_on": house.today, "records_to": house.today, "payroll_note": None, **change,
    }  # fmt: skip


def test_from_a_key_to_an_amended_report(house: House, tmp_path: Path) -> None:
    """Everything as an auditor does it: the key made and used on the command line, the rest over HTTP. The answers have
    the shape of the examples."""
    env, key, amina = {"PATH": ""}, tmp_path / "amina.key", house.amina

    def sign(prepared: Any) -> Any:
        (tmp_path / "report.json").write_text(json.dumps(prepared), encoding="utf-8")
        return {"signature": json.loads(did(env, "auditor", "sign", tmp_path / "report.json", "--key", key))}

    kid = did(env, "auditor", "keygen", key).strip()
    claim = json.loads(did(env, "auditor", "claim", amina.person, "--key", key))
    enrolled = amina.post("/v1/auditor-keys", claim)
    assert (set(enrolled), enrolled["kid"]) == (set(samples.KEY), kid)
    audit = plan(house)
    findings = [{"provision": "T10.2", "result": "finding", "severity": "minor", "affected": 1, "sampled": 42,
                 "description": "One payslip."}]  # fmt: skip
    answers = [{"provision": id, "result": "conformance"} for id in EVERYTHING if id != "T10.2"]
    amina.post(f"/v1/audits/{audit}/answers", {"answers": [*answers, *findings]})
    ready = amina.get(f"/v1/audits/{audit}/readiness")
    assert set(ready) == set(samples.READY)
    assert [item["kind"] for item in ready["items"] if item["blocks"]] == ["not_prepared"]
    sheet = amina.post(f"/v1/audits/{audit}/preliminary", {**samples.SHEET, "presented_at": f"{house.today}T08:00:00Z"})
    assert set(sheet) == set(samples.SHEET_FILED)

    prepared = amina.post(f"/v1/audits/{audit}/report/preparation", figures(house))
    assert set(prepared) == set(samples.PREPARED)
    assert digest(prepared["document"]) == prepared["sha256"]
    submitted = amina.post(f"/v1/audits/{audit}/report", sign(prepared))
    assert submitted["report"] == prepared["sha256"]
    assert submitted["released_at"] is None
    assert house.bea.refused(f"/v1/audits/{audit}")[0] == 404
    house.drain()

    amended = {**samples.AMENDMENT, "answers": [{**samples.AMENDMENT["answers"][0], "provision": "T1.2"}]}
    second = amina.post(f"/v1/audits/{audit}/amendments/preparation", amended)
    shown = amina.post(f"/v1/audits/{audit}/amendments", sign(second))
    assert (shown["version"], shown["report"]) == (2, second["sha256"])
    first, newest = amina.get(f"/v1/audits/{audit}/reports")["items"]
    assert set(first) == set(samples.VERSION)
    assert (first["report"], newest["report"]) == (prepared["sha256"], second["sha256"])
    assert set(amina.get(f"/v1/audits/{audit}/reports/1")) == set(samples.VERSION_WHOLE)
    difference = amina.get(f"/v1/audits/{audit}/preliminary/diff")
    assert set(difference) == set(samples.DIFF)
    assert [one["provision"] for one in difference["added"]] == ["T1.2"]

    house.later(timedelta(hours=96))
    release.release_reports(house.world)
    house.drain()
    assert house.bea.get(f"/v1/audits/{audit}")["report"] == second["sha256"]
    (finding,) = [
        one for one in house.bea.get(f"/v1/findings?site={house.factory}")["items"] if one["provision"] == "T10.2"
    ]
    lowered = house.carl.post(f"/v1/findings/{finding['id']}/severity", samples.REGRADE)
    assert (set(lowered), lowered["severity"]) == (set(samples.REGRADED), "risk")
    revoked = amina.post(f"/v1/auditor-keys/{enrolled['id']}/revocation", {})
    assert set(revoked) == set(samples.REVOKED)
    house.drain()


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"workers": None}, "/workers"),
        ({"summary": None}, "/summary"),
        ({"hours": {"normal": 480, "overtime": 95, "total": 570, "days": 6}}, "/hours/total"),
        ({"hours": {"normal": 480, "overtime": 95, "total": 575, "days": 8}}, "/hours/days"),
        ({"explanations": [{"of": "weather", "text": "Rain."}]}, "/explanations/0/of"),
        ({"outcome": "boring"}, "/outcome"),
        ({"id_papers": 600}, "/id_papers"),
        ({"score": 200}, "/score"),
    ],
)
def test_figures_that_cannot_be(house: House, change: dict[str, Any], pointer: str) -> None:
    from tests.auditing import claim

    class Person:
        person = house.amina.person

    kid, sig = claim(Person)  # type: ignore[arg-type]
    house.amina.post("/v1/auditor-keys", {"kid": kid, "sig": sig})
    audit = plan(house)
    response = house.web.post(
        f"/v1/audits/{audit}/report/preparation", json=figures(house, **change),
        headers={"Authorization": f"Bearer {house.amina.token}", "Idempotency-Key": "figures"},
    )  # fmt: skip
    assert (response.status_code, response.json().get("pointer")) == (422, pointer), response.text


# An auditor sees no score and no outcome before the report is submitted.

TELLING = ("score", "band", "decision", "decisions", "reasons", "clauses", "would", "points", "verdict")


def keys_of(value: Any) -> set[str]:
    """Every key in a JSON value, at any depth."""
    if isinstance(value, dict):
        return set(value) | {key for part in value.values() for key in keys_of(part)}
    return {key for part in value for key in keys_of(part)} if isinstance(value, list) else set()


def walked(house: House, who: Inside, known: dict[str, str]) -> dict[str, Any]:
    """Every GET under /v1 that answers this person, with the ids of this scene in its address: {address: JSON}."""
    seen: dict[str, Any] = {}
    for path, methods in house.web.app.openapi()["paths"].items():  # type: ignore[attr-defined]
        if "get" not in methods or not path.startswith("/v1/"):
            continue
        address = path
        for name, value in known.items():
            address = address.replace(f"{{{name}}}", value)
        needed = [
            one["name"] for one in methods["get"].get("parameters", ()) if one["in"] == "query" and one["required"]
        ]
        query = "&".join(f"{name}={known.get(name, '')}" for name in needed)
        response = house.web.get(
            f"{address}?{query}" if query else address, headers={"Authorization": f"Bearer {who.token}"}
        )
        assert response.status_code < 500, (address, response.text)
        if response.status_code == 200 and response.headers["content-type"].startswith("application/json"):
            seen[address] = response.json()
    return seen


def test_an_auditor_sees_no_score_and_no_outcome_before_submission(house: House) -> None:
    """A site with a decided application, and a new audit of it being written: every GET an auditor can call."""
    first = house.certified()
    house.submit(house.audit(first.site, conforming()))
    house.drain()
    audit = house.audit(first.site, conforming())
    (finding, *_) = [*house.amina.get(f"/v1/findings?site={first.site}")["items"], {"id": "fnd_0000000000000000"}]
    known = {
        "site": first.site, "audit": audit, "application": first.application, "number": first.number, "n": "1",
        "finding": finding["id"], "organisation": house.bea.organisation, "person": house.amina.person, "seq": "0",
        "id": "freemark-2026.0", "version": "1", "batch": "1", "certificate": first.number,
    }  # fmt: skip
    told = {
        address: sorted(keys_of(shown) & set(TELLING))
        for address, shown in walked(house, house.amina, known).items()
        # How well an auditor works is scored as well, for that auditor to read; it says nothing of a site.
        if keys_of(shown) & set(TELLING) and not address.endswith("/quality")
    }
    assert told == {}
    # The walk reaches what it has to reach, and would see a score where there is one.
    assert f"/v1/audits/{audit}" in walked(house, house.amina, known)
    decider = walked(house, house.carl, known)
    assert any(keys_of(shown) & {"score", "decision"} for shown in decider.values())
