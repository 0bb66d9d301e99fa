"""A sham audit passes in silence: what the team never said about its sample is named before it closes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from audits.drafts import ReportDraft
from audits.fieldwork import gaps, samples, strata
from audits.readiness import readiness
from audits.screening.tables import PlaceRow
from audits.submission import encode
from audits.tables import PreparedRow
from ground.world import World
from tests.web.test_fieldwork_api import COUNTS, FORCE, KEY, TODAY, Api, serve

NOTHING = {"workers": 640, "strata": [], "languages": []}


@pytest.fixture
def api(sqlite_world: World) -> Iterator[Api]:
    yield from serve(sqlite_world)


def missing(api: Api) -> list[str]:
    found: list[str] = api.get(api.cast.amina, f"/v1/audits/{api.audit}/sample").json()["missing"]
    return found


def kinds(api: Api) -> dict[str, bool]:
    with api.world.db.read() as session:
        shown: Any = readiness(session, api.cast.amina.actor, api.audit, now=api.world.clock.now())
    return {item["kind"]: item["blocks"] for item in shown["items"]}


def named(api: Api, kind: str) -> bool:
    return any(text.startswith(f"{kind} is not declared") for text in missing(api))


def test_a_work_force_that_was_not_filed_is_missing(api: Api) -> None:
    assert any("no work force is filed" in text for text in missing(api))
    assert kinds(api)["workforce_missing"] is False


@pytest.mark.parametrize("kind", [*strata.PLAIN, *strata.PARTED])
def test_silence_about_a_group_is_missing_and_a_size_of_0_is_an_answer(api: Api, kind: str) -> None:
    api.file("strata", NOTHING)
    assert named(api, kind)
    assert kinds(api)["stratum_not_declared"] is False
    name = {"nationality": "nationality:BD", "agency": "agency:unregistered"}.get(kind, kind)
    filed = api.file("strata", {**NOTHING, "strata": [{"name": name, "size": 0}]})
    assert filed.status_code == 200, filed.text
    assert filed.json()["strata"] == [{"name": name, "size": 0}]
    assert not named(api, kind)


def test_every_group_of_the_domain_is_looked_for() -> None:
    assert set(gaps.LOOKED_FOR) == {*strata.PLAIN, *strata.PARTED}


def test_a_size_of_0_is_no_stratum_of_the_report(api: Api) -> None:
    api.file("strata", FORCE)
    assert all(stratum.size for stratum in api.figures().strata)
    sample = api.get(api.cast.amina, f"/v1/audits/{api.audit}/sample").json()
    assert "under_18" not in {each["name"] for each in sample["strata"]}


@pytest.mark.parametrize("removed", [False, True])
def test_an_agent_of_the_register_without_a_stratum_is_missing(api: Api, removed: bool) -> None:
    api.file("strata", {**FORCE, "strata": [each for each in FORCE["strata"] if "agency" not in each["name"]]})
    with api.world.db.write() as session:
        session.add(
            PlaceRow(
                id="scr_0000000000000001", site_id=api.cast.factory, part="agent", place_id=None, name="Himal Overseas",
                address="", city="", country="NP", registered_id="", work="recruiting", since=date(2020, 1, 1),
                source="holder", audit_id=None, added_at=api.world.clock.now(), added_by=api.cast.amina.person,
                reason="", removed_on=TODAY if removed else None,
                removed_at=api.world.clock.now() if removed else None,
            )
        )  # fmt: skip
    assert any(text.startswith("agency:unregistered is an agent") for text in missing(api)) is not removed
    assert ("agency_not_declared" in kinds(api)) is not removed
    api.file("strata", FORCE)  # none of them works here now: said, and not passed over
    assert not any("is an agent in the register" in text for text in missing(api))


@pytest.mark.parametrize(("planned", "words"), [(0, "no man-days planned"), (29, "2.9 man-days planned"), (30, "")])
def test_days_planned_short_are_named_in_the_sample_too(api: Api, planned: int, words: str) -> None:
    api.file("plan", {**samples.PLAN, "planned": planned})
    said = [text for text in missing(api) if "planned" in text]
    assert said == ([f"{words}, and 3.0 are needed"] if words else [])


@pytest.mark.parametrize(("files", "short"), [(1, True), (38, True), (39, False)])
def test_files_short_of_the_sample_are_named_once_the_report_says_how_many(api: Api, files: int, short: bool) -> None:
    assert not any("files reviewed" in text for text in missing(api))
    _prepared(api, files)
    assert (f"{files} of 39 files reviewed (not assessed as low risk: x 1.5)" in missing(api)) is short


def test_counts_without_a_log_are_named_until_it_is_filed(api: Api) -> None:
    api.post(api.cast.carl, "/v1/sealing-keys", {"key": KEY})
    assert "no_interview_log" not in kinds(api)  # nobody is counted
    api.file("strata", FORCE)
    assert api.file("interviews", COUNTS).status_code == 200
    assert kinds(api)["no_interview_log"] is False
    assert api.seal().status_code == 201
    assert "no_interview_log" not in kinds(api)


def _prepared(api: Api, files: int) -> None:
    draft = ReportDraft(640, 640, 16, 10, files, TODAY, "Seen.")
    with api.world.db.write() as session:
        session.add(
            PreparedRow(
                audit_id=api.audit, prepared_at=api.world.clock.now(), prepared_by=api.cast.amina.person, kid="z",
                version=1, given={"report": encode(draft)}, document="{}", sha256="0" * 64,
            )
        )  # fmt: skip
