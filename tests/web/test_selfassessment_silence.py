"""Two worlds, of which one has an alert: to holder, agent and stranger a self-assessment, its documents and its
comparison are the same bytes in both, while the team reads what it filed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from audits.selfassessment import comparison
from freemark import jobs
from ground.access import SCOPES, Actor
from ground.canonical import instant
from tests.conftest import WorldMaker
from tests.flows import twins as twinned
from tests.flows.house import House, opened
from tests.flows.twins import Twins, fork
from tests.web.test_selfassessment_api import EVERYTHING, FULL, said

ROOM = ("/v1/self-assessments", "/v1/audits/{audit}/self-assessment", "/v1/evidence", "/v1/uploads")
HOUR = timedelta(hours=1)


@pytest.fixture
def house(make_world: WorldMaker) -> Iterator[House]:
    with opened(make_world(first_rulebook=FULL, release_check=True)) as house:
        yield house


@pytest.fixture
def audit(house: House) -> str:
    """A visit that has begun, a day after the site had said that it conforms to everything; a newer draft is open."""
    body = {"site": house.factory, "standard": FULL}
    for _ in range(2):
        id = house.bea.post("/v1/self-assessments", body)["id"]
        house.bea.post(f"/v1/self-assessments/{id}/answers", {"answers": said()})
        if house.today == "2026-06-01":
            house.bea.post(f"/v1/self-assessments/{id}/submission", {})
            house.later(timedelta(days=40))
    return house.audit(house.factory, [{"provision": "T14.1", "result": "conformance"}])


def alarm(house: House, audit: str) -> None:
    house.amina.post(f"/v1/audits/{audit}/alerts", {
        "provision": "T2.1", "reason": "In the safe lay nine passports.", "deliberate": True,
        "seen_at": instant(house.now),
    })  # fmt: skip


def only_this_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all the questions, those of this room; the flow of silent alerts asks them all."""
    every = twinned.addresses

    def some(path: str, operation: Any, known: Any) -> Iterator[str]:
        return every(path, operation, known) if path.startswith(ROOM) else iter(())

    monkeypatch.setattr(twinned, "addresses", some)


def pass_time(twins: Twins, by: timedelta) -> None:
    for house in twins.each():
        house.later_without_signing(by)
        jobs.clocks(house.world)
        jobs.drain(house.world)


def test_nothing_here_tells_of_a_held_alert(
    house: House, audit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fork(house, tmp_path, monkeypatch) as twins:
        only_this_room(monkeypatch)
        with twins.only(twins.alarmed) as alarmed:
            alarm(alarmed, audit)
        pass_time(twins, HOUR)
        assert twins.differences() == []
        assert twins.answered >= 3
        for each in twins.each():
            if each is twins.calm:
                each.amina.post(
                    f"/v1/audits/{audit}/answers", {"answers": [{"provision": "T2.1", "result": "conformance"}]}
                )
            each.submit(audit)
            # The team reads, and writes on: what it does is as invisible.
            assert each.amina.get(f"/v1/audits/{audit}/self-assessment")["said_conforms"] == len(EVERYTHING)
        team = [len(each.amina.get(f"/v1/audits/{audit}/self-assessment")["differs"]) for each in twins.each()]
        assert team == [1, 0]
        for hours in (1, 30, 40):
            pass_time(twins, hours * HOUR)
            assert twins.differences() == []


def test_the_comparison_of_the_twins_would_see_it(
    house: House, audit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: with the door open to the site, and all that the team reads behind it."""
    with fork(house, tmp_path, monkeypatch) as twins:
        only_this_room(monkeypatch)
        with twins.only(twins.alarmed) as alarmed:
            alarm(alarmed, audit)
        team = Actor(house.amina.person, house.amina.organisation, frozenset({"auditor"}), frozenset(SCOPES))
        for name in ("compared_audit", "get_audit"):
            step = getattr(comparison, name)
            monkeypatch.setattr(comparison, name, lambda session, _, id, step=step: step(session, team, id))
        assert twins.differences(1) == [("bea", f"/v1/audits/{audit}/self-assessment", "application/json")]
