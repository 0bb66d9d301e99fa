"""Whoever works for the holder, under whatever other membership, does not judge or weigh what is the holder's."""

from __future__ import annotations

from typing import Any

from ground.auth import Membership
from tests.flows.house import House, Inside

LOW = {"level": "low", "reason": "Nothing ever happened here."}
MILDER = {"severity": "minor", "reason": "It was not that bad."}
FEES: dict[str, Any] = {
    "provision": "T1.2", "result": "finding", "severity": "major", "affected": 12, "sampled": 30,
    "description": "Some of those asked had paid an agent at home for the place.",
}  # fmt: skip


def hired(house: House, person: Inside) -> None:
    """The holder takes this person in as well, as its manager."""
    with house.world.db.write() as session:
        session.add(Membership(person_id=person.person, organisation_id=house.bea.organisation, role="manager"))


def test_nobody_assesses_the_risk_of_the_own_site(latest: House) -> None:
    site = latest.certified().site
    assert latest.carl.post(f"/v1/sites/{site}/risk", LOW)["level"] == "low"
    hired(latest, latest.carl)
    assert latest.carl.refused(f"/v1/sites/{site}/risk", LOW)[0] == 403


def test_nobody_lowers_a_finding_at_the_own_site(latest: House) -> None:
    site = latest.certified().site
    latest.submit(latest.audit(site, [FEES]))
    found = latest.carl.get(f"/v1/findings?site={site}")["items"][-1]["id"]
    other = latest.another("Dora", latest.firm("Dora & Co", "certification_body"), "decider")
    hired(latest, other)
    status, words = other.refused(f"/v1/findings/{found}/severity", MILDER)
    assert status == 403
    assert "answers for the site" in words
    assert latest.carl.post(f"/v1/findings/{found}/severity", MILDER)["severity"] == "minor"
