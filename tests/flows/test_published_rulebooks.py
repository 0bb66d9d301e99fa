"""A rulebook published here is known to every process of this installation, and to no other installation.

A process reads a rulebook once and keeps it. So it could miss one that another process published after its start, and
two installations in one process could take each other's. Neither happens: what was published is asked of the database.
"""

from __future__ import annotations

import multiprocessing
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from multiprocessing.connection import Connection
from typing import Any

import pytest

from certify import rulebook
from certify.governance import books, explain
from certify.tables import Certificate, DecisionRow
from freemark import jobs
from ground.clock import FixedClock
from ground.errors import Conflict, Invalid
from ground.settings import Settings
from ground.world import open_world
from tests.conftest import WorldMaker
from tests.flows.house import DAY, LATEST, Certified, House, Inside, opened, passports

Json = Any
NEXT = "freemark-2027.0"


def text_of(house: House, days: int, *changes: tuple[str, str]) -> str:
    """The next rulebook: in force so many days from now, with other values for some parameters."""
    text = rulebook.text_of(LATEST).replace(f'id = "{LATEST}"', f'id = "{NEXT}"', 1)
    text = re.sub('in_force_from = ".*"', f'in_force_from = "{(house.now + days * DAY).date()}"', text, count=1)
    for name, value in changes:
        text, count = re.subn(rf"(\[parameters\.{name}\]\nvalue = )\S+", rf"\g<1>{value}", text)
        assert count == 1
    return text


def publish(house: House, *changes: tuple[str, str], by: Inside | None = None) -> None:
    """In force from the day after tomorrow, which is today when this returns."""
    house.sam.post("/v1/rulebooks", {"text": text_of(house, 2, *changes)})
    kinds = ("union", "ngo", "brand")
    said = {
        "opened_on": house.today, "closed_on": str((house.now + DAY).date()),
        "invited": [{"organisation": f"The {kind}", "kind": kind} for kind in kinds], "answers": 2,
        "summary": "Nothing against it.", "document": "5e" * 32,
    }  # fmt: skip
    house.later(2 * DAY)
    house.sam.post(f"/v1/rulebooks/{NEXT}/consultation", said)
    (by or house.carl).post(f"/v1/rulebooks/{NEXT}/approval", {})
    house.drain()


@contextmanager
def as_if_started_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a process knows that has read no rulebook since its start."""
    with monkeypatch.context() as patch:
        patch.setattr(rulebook, "_ADOPTED", {})
        yield


@pytest.fixture
def two(make_world: WorldMaker, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[House, House]]:
    """Two installations in one process."""
    monkeypatch.setattr(rulebook, "_ADOPTED", {})
    with opened(make_world(first_rulebook=LATEST)) as one, opened(make_world(first_rulebook=LATEST)) as other:
        yield one, other


# --------------------------------------------------------------------------------------------------- started before it


def certified_under_it(house: House) -> Certified:
    publish(house)
    found = house.certified()
    assert house.application(found.application)["decision"]["rulebook"] == NEXT
    return found


def test_a_process_that_started_before_a_rulebook_was_published_knows_it(
    latest_everywhere: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every way by which such a process meets it first: reading, ordering, explaining, computing again, deciding."""
    house = latest_everywhere
    found = certified_under_it(house)
    place = f"/v1/applications/{found.application}/decisions"
    made = house.carl.get(place)["items"]
    n = next(each["n"] for each in made if each["outcome"] == "issue")
    for who, path in (
        (house.bea, f"/v1/certificates/{found.number}"), (house.bea, "/v1/certificates"), (house.carl, f"{place}/{n}"),
        (house.bea, f"{place}/{n}/explanation"), (house.bea, f"/v1/applications/{found.application}/lacking"),
        (house.anybody, f"/rulebooks/{NEXT}"), (house.anybody, f"/certificates/{found.number}"),
    ):  # fmt: skip
        with as_if_started_before(monkeypatch):
            who.get(path)
    with as_if_started_before(monkeypatch):
        found.order(3)
    with as_if_started_before(monkeypatch):
        jobs.post(house.world)  # reminders
    with as_if_started_before(monkeypatch):
        jobs.reconsider(house.world)
    with as_if_started_before(monkeypatch):
        house.submit(house.audit(found.site, [passports()], kind="for_cause"))
        house.drain()
        assert found.standing == "suspended"
    notice = next(each for each in house.bea.get("/v1/notices")["items"] if each["outcome"] == "suspend")
    assert notice["rulebook"] == NEXT
    with as_if_started_before(monkeypatch):
        house.bea.post(f"/v1/notices/{notice['id']}/appeal", {"argument": "They lay there at their own wish."})
    with as_if_started_before(monkeypatch), house.world.db.read() as session:
        row = explain.find(session, f"{found.application}/{n}")
        assert explain.explanation(row)["rulebook"]["id"] == NEXT


def _elsewhere(settings: dict[str, Json], moment: str, number: str, decision: str, pipe: Connection) -> None:
    """A process of its own: it starts, says so, waits until the rulebook is published, and then answers."""
    world = open_world(Settings.load(**settings))
    world.clock = FixedClock(datetime.fromisoformat(moment))
    with world.db.read() as session:
        before = books.current(session, world.settings, world.clock.now()).id
    pipe.send(before)
    number, decision, moment = pipe.recv()
    world.clock = FixedClock(datetime.fromisoformat(moment))
    with world.db.read() as session:
        row = session.get_one(Certificate, number)
        told = explain.explanation(explain.find(session, decision))
        found = books.of(row, row.rulebook)
        pipe.send((books.current(session, world.settings, world.clock.now()).id, found.sha256, told["outcome"]))
    world.close()


def test_a_process_of_its_own_that_started_before(latest: House) -> None:
    """The same for real: another process, begun first, on the same database."""
    house = latest
    here, there = multiprocessing.get_context("spawn").Pipe()
    settings = house.world.settings.model_dump(mode="json", exclude_none=True)
    other = multiprocessing.get_context("spawn").Process(
        target=_elsewhere, args=(settings, house.now.isoformat(), "", "", there)
    )
    other.start()
    there.close()  # its own end: should the process die, the wait below ends with it
    assert here.recv() == LATEST
    found = certified_under_it(house)
    (n,) = (
        each["n"]
        for each in house.carl.get(f"/v1/applications/{found.application}/decisions")["items"]
        if each["outcome"] == "issue"
    )
    here.send((found.number, f"{found.application}/{n}", house.now.isoformat()))
    assert here.recv() == (NEXT, rulebook.load(NEXT).sha256, "issue")
    other.join(timeout=60)
    assert other.exitcode == 0


def test_without_asking_the_database_it_would_not_know(latest: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: what the process itself has read is not enough."""
    found = certified_under_it(latest)
    monkeypatch.setattr(books, "load", lambda session, id, where="": rulebook.load(id, where))
    with as_if_started_before(monkeypatch):
        assert latest.bea.refused(f"/v1/certificates/{found.number}")[0] == 422


# --------------------------------------------------------------------------------------- two installations, one process


def decided_under(house: House, application: str) -> tuple[str, str]:
    with house.world.db.read() as session:
        row: DecisionRow = explain.find(session, f"{application}/{house.decision(application)['n']}")
        return row.rulebook, row.rulebook_sha256


def test_one_installation_never_decides_under_the_rulebook_of_the_other(two: tuple[House, House]) -> None:
    """Both publish a rulebook with the same id and another number in it; the first one's was read first."""
    one, other = two
    publish(one, ("open_majors_most", "1"))
    applications = [house.apply()[0] for house in two]
    assert decided_under(one, applications[0])[0] == NEXT
    assert decided_under(other, applications[1])[0] == LATEST  # it has published nothing yet
    publish(other, ("open_majors_most", "0"))
    for house, application in zip(two, applications, strict=True):
        house.accept(application)
    hashes = []
    for house, application, most in zip(two, applications, (1, 0), strict=True):
        id, sha256 = decided_under(house, application)
        with house.world.db.read() as session:
            book = books.load(session, NEXT)
        assert (id, sha256, book.limits.open_majors_most) == (NEXT, book.sha256, most)
        assert house.anybody.get(f"/rulebooks/{NEXT}")["parameters"]["open_majors_most"]["value"] == most
        hashes.append(sha256)
    assert hashes[0] != hashes[1]


def test_what_only_the_other_installation_published_does_not_exist_here(two: tuple[House, House]) -> None:
    one, other = two
    publish(one)
    with other.world.db.read() as session:
        with pytest.raises(Invalid):
            books.load(session, NEXT)
        begun = other.world.settings.model_copy(update={"first_rulebook": NEXT})
        with pytest.raises(Invalid):
            books.current(session, begun, other.now)
    assert other.anybody.refused(f"/rulebooks/{NEXT}")[0] == 404


def test_nobody_is_told_a_text_when_two_are_meant(two: tuple[House, House]) -> None:
    """Asked without an installation, the process refuses to guess."""
    for house, most in zip(two, ("1", "0"), strict=True):
        publish(house, ("open_majors_most", most))
    with pytest.raises(Conflict, match="2 texts"):
        rulebook.load(NEXT)


def test_a_text_that_was_changed_in_the_database_decides_nothing(
    latest: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = latest
    publish(house)
    application, _ = house.apply()
    text = text_of(house, 0, ("open_majors_most", "9"))
    with house.world.db.write() as session:
        session.get_one(books.RulebookRow, NEXT).text = text
    with as_if_started_before(monkeypatch):
        assert "not the one that was published" in house.bea.refused(f"/v1/applications/{application}/lacking")[1]


# ----------------------------------------------------------------------------------------------------------- two people


def test_the_same_human_does_not_propose_and_approve(latest: House) -> None:
    """Not under another membership either."""
    house = latest
    address = {"name": "Sam Okafor", "email": "sam@example.org"}
    home = house.sam.organisation

    def known(organisation: str, role: str) -> Inside:
        made = house.sam.post("/v1/people", {**address, "organisation": organisation, "roles": [role]})["id"]
        expires = f"{house.now + 300 * DAY:%Y-%m-%dT%H:%M:%SZ}"
        wish = {"person": made, "organisation": organisation, "scopes": ["read", "certify"], "expires": expires}
        return Inside("", role, str(house.sam.post("/v1/tokens", wish)["token"]), house.web, made, organisation)

    proposes, decides = known(home, "scheme_manager"), known(house.carl.organisation, "decider")
    house.sam, sam = proposes, house.sam
    try:
        with pytest.raises(Exception, match="two people"):
            publish(house, by=decides)
    finally:
        house.sam = sam
    house.carl.post(f"/v1/rulebooks/{NEXT}/approval", {})
