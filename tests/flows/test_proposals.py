"""What the rules do not decide alone: it is put before a person, who hears of it once; its holder does not.

Over HTTP, under freemark-2026.1, with harm that a later check found.
"""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import Any

import pytest

from freemark.demo import scene
from ground import mail
from tests.flows.house import DAY, Certified, House, Inside

Json = Any
SUBJECT = "A question is put before you: whether to brake"


@pytest.fixture
def certified(latest: House) -> Certified:
    return latest.certified()


def with_address(house: House, name: str, organisation: str, role: str) -> None:
    body = {"organisation": organisation, "name": name, "email": f"{name.lower()}@example.org", "roles": [role]}
    house.sam.post("/v1/people", body)


def first_check(house: House, site: str) -> Json:
    """The first later check of the place."""
    return min(house.amina.get(f"/v1/checks?site={site}&done=false")["items"], key=lambda check: check["due"])


def checked(house: House, certified: Certified, result: Json) -> None:
    check = first_check(house, certified.site)
    house.amina.post(f"/v1/checks/{check['id']}/result", result)
    house.drain()


def letters(house: House) -> list[str]:
    """To whom the question went."""
    mail.deliver(house.world)
    found = [message_from_bytes(path.read_bytes(), policy=policy.default)
             for path in (house.world.settings.data / "mail").glob("*.eml")]  # fmt: skip
    return sorted(str(each["To"]) for each in found if each["Subject"] == SUBJECT)


def explained(house: House, by: Inside, certified: Certified) -> Json:
    last = house.decision(certified.application)["n"]
    return by.get(f"/v1/applications/{certified.application}/decisions/{last}/explanation")


def test_harm_at_a_later_check_is_put_before_those_who_may_brake(latest: House, certified: Certified) -> None:
    """Nothing follows by itself, for that would tell the site who spoke."""
    house = latest
    with_address(house, "Carla", house.carl.organisation, "decider")
    with_address(house, "Rina", house.bea.organisation, "manager")
    house.later(29 * DAY)
    checked(house, certified, {"result": "harm", "note": "Two were moved to the night shift after the visit."})
    house.later(DAY, nightly=True)
    house.later(DAY, nightly=True)
    assert letters(house) == ["carla@example.org"]
    assert [each["clause"] for each in explained(house, house.carl, certified)["proposals"]] == ["N4"]
    shown = explained(house, house.bea, certified)
    assert shown["proposals"] == []
    assert "N4" not in str(shown)
    assert certified.standing == "active"


def test_no_party_hears_of_the_question_under_a_second_hat(latest: House) -> None:
    house = latest
    hats = house.firm("Two Hats", "manufacturer", "certification_body")
    mo = house.another("Mo", hats, "manager")
    with_address(house, "Dee", hats, "decider")
    application, _ = house.apply(mo)
    house.accept(application)
    number = scene.certificate(house.people(mo), application)
    site = mo.get(f"/v1/certificates/{number}")["sites"][0]["id"]
    house.later(29 * DAY)
    check = first_check(house, site)
    house.amina.post(f"/v1/checks/{check['id']}/result", {"result": "harm", "note": "Two were moved."})
    house.drain()
    assert house.decision(application)["unmet"].count("N4") == 1
    assert "dee@example.org" not in letters(house)


def test_a_check_that_found_none_is_no_question(latest: House, certified: Certified) -> None:
    house = latest
    with_address(house, "Carla", house.carl.organisation, "decider")
    house.later(29 * DAY)
    checked(house, certified, {"result": "clear"})
    house.later(DAY, nightly=True)
    assert letters(house) == []
    assert explained(house, house.carl, certified)["proposals"] == []
