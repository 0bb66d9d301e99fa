"""One human with two hats: who works for the holder judges nothing of the holder's, and nobody is two people.

The same human is one row per organisation; known by the address of their mail, written in whatever capitals.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ground import people
from ground.access import SCOPES
from ground.auth import Membership
from tests.flows.house import DAY, PASSPORTS, Certified, House, Inside, passports

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
    assert other.get(f"/v1/findings/{found}")["id"] == found
    hired(latest, other)
    # Before the report is released there is no such finding for the holder's people.
    assert other.refused(f"/v1/findings/{found}/severity", MILDER)[0] == 404
    assert other.get(f"/v1/findings?site={site}")["items"] == []
    latest.later(4 * DAY)
    status, words = other.refused(f"/v1/findings/{found}/severity", MILDER)
    assert status == 403
    assert "answers for the site" in words
    assert latest.carl.post(f"/v1/findings/{found}/severity", MILDER)["severity"] == "minor"


# ------------------------------------------------------------------------------------------ one human in two rows


FOR_IT = {"favourable": True, "opinion": "Everybody has their papers."}


def known_as(house: House, address: str, organisation: str, *roles: str) -> Inside:
    """A member of the organisation with this address: another row, and another token, than the same human elsewhere."""
    body = {"organisation": organisation, "name": "V. Two", "email": address, "roles": list(roles)}
    id = str(house.sam.post("/v1/people", body)["id"])
    expires = f"{house.now + timedelta(days=300):%Y-%m-%dT%H:%M:%SZ}"
    wish = {"person": id, "organisation": organisation, "scopes": sorted(SCOPES), "expires": expires}
    token = str(house.sam.post("/v1/tokens", wish)["token"])
    return Inside("", "V. Two", token, house.web, id, organisation)


def two_hats(house: House, address: str = "vera@example.org") -> tuple[Inside, Inside]:
    """One human, as a decider of the certification body and as a manager of the scheme."""
    other = address.replace(address[0], address[0].upper(), 1)
    return (
        known_as(house, address, house.carl.organisation, "decider"),
        known_as(house, other, house.sam.organisation, "scheme_manager"),
    )


def cured(house: House) -> Certified:
    """Suspended for a breach of zero tolerance, contained and closed by another auditor: people have to let it go."""
    certificate = house.certified()
    house.later(DAY)
    house.submit(house.audit(certificate.site, [passports()], kind="for_cause"))
    house.drain()
    (found,) = house.bea.get(f"/v1/findings?site={certificate.site}")["items"]
    house.bea.post(f"/v1/findings/{found['id']}/containment", {"measure": "Given back.", "evidence": "Signed list."})
    house.later(DAY)
    closure = [{"provision": PASSPORTS, "result": "conformance"}]
    house.submit(house.audit(certificate.site, closure, kind="priority_closure", by=house.noor), by=house.noor)
    house.drain()
    assert certificate.standing == "suspended"
    return certificate


def acceptance(house: House, certificate: Certified) -> tuple[str, dict[str, Any]]:
    reports = house.application(certificate.application)["reports"]
    return f"/v1/applications/{certificate.application}/acceptance", {"reports": reports, "note": "Seen."}


def confirmation(certificate: Certified, act: str = "reinstate") -> tuple[str, dict[str, Any]]:
    return f"/v1/certificates/{certificate.number}/confirmations", {"act": act}


def panel(certificate: Certified) -> tuple[str, dict[str, Any]]:
    return f"/v1/applications/{certificate.application}/panel", FOR_IT


def test_a_held_alert_does_not_exist_for_a_decider_who_is_also_the_holders(latest: House) -> None:
    house, certificate = latest, latest.certified()
    known_as(house, "vera@example.org", house.bea.organisation, "manager")
    vera = known_as(house, "Vera@Example.org", house.carl.organisation, "decider")
    audit = house.audit(certificate.site, [])
    alert = house.amina.post(f"/v1/audits/{audit}/alerts", {
        "provision": PASSPORTS, "reason": "Nine passports lay in the safe.",
        "seen_at": f"{house.now:%Y-%m-%dT%H:%M:%SZ}",
    })["id"]  # fmt: skip
    assert [each["id"] for each in house.carl.get("/v1/alerts")["items"]] == [alert]
    assert vera.get("/v1/alerts")["items"] == []
    assert vera.refused(f"/v1/alerts/{alert}/dismissal", {"reason": "Nothing."})[0] == 404


def test_who_accepted_does_not_confirm_the_return_under_another_hat(latest: House) -> None:
    """Nor sit on the panel; somebody else may do either."""
    house, certificate = latest, cured(latest)
    one, two = two_hats(house)
    one.post(*acceptance(house, certificate))
    status, words = two.refused(*confirmation(certificate))
    assert (status, "you accepted the reports already" in words) == (409, True)
    assert two.refused(*panel(certificate))[0] == 409
    house.sam.post(*confirmation(certificate))
    wim, again = (
        known_as(house, address, house.firm(firm, "certification_body"), "decider")
        for address, firm in (("wim@example.org", "Union"), ("WIM@example.org", "Network"))
    )
    wim.post(*panel(certificate))
    status, words = again.refused(*panel(certificate))
    assert (status, "you spoke on the panel already" in words) == (409, True)
    house.drain()
    assert certificate.standing == "suspended"
    house.hana.post(*panel(certificate))
    house.drain()
    assert certificate.standing == "active"


def test_who_confirmed_or_spoke_does_not_accept_under_another_hat(latest: House) -> None:
    """The other way round, as the order of the two acts is free. A new report makes both words old."""
    house, certificate = latest, cured(latest)
    one, two = two_hats(house)
    two.post(*confirmation(certificate))
    status, words = one.refused(*acceptance(house, certificate))
    assert (status, "you confirmed the return already" in words) == (409, True)
    three, four = two_hats(house, "dora@example.org")
    four.post(*panel(certificate))
    status, words = three.refused(*acceptance(house, certificate))
    assert (status, "you spoke on the panel already" in words) == (409, True)
    house.later(DAY)
    conforms = [{"provision": PASSPORTS, "result": "conformance"}]
    house.submit(house.audit(certificate.site, conforms, by=house.noor), by=house.noor)
    house.drain()
    one.post(*acceptance(house, certificate))


def test_without_the_comparison_one_human_would_bring_a_certificate_back(
    latest: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: the rules count rows."""
    house, certificate = latest, cured(latest)
    alone(monkeypatch)
    one, two = two_hats(house)
    one.post(*acceptance(house, certificate))
    two.post(*confirmation(certificate))
    for firm in ("Union", "NGO"):
        member = known_as(house, "wim@example.org", house.firm(firm, "certification_body"), "decider")
        member.post(*panel(certificate))
    house.drain()
    assert certificate.standing == "active"


def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every row is taken for a human of its own."""
    from ground.parties import Person

    monkeypatch.setattr(people, "_is", lambda person: Person.id == person)


@pytest.mark.parametrize("compared", [True, False])
def test_a_revocation_is_not_confirmed_by_one_human(
    latest: House, compared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, certificate = latest, latest.certified()
    house.later(DAY)
    house.submit(house.audit(certificate.site, [passports(deliberate=True)], kind="for_cause"))
    house.drain()
    if not compared:
        alone(monkeypatch)
    one, two = two_hats(house)
    one.post(*confirmation(certificate, "revoke"))
    if compared:
        status, words = two.refused(*confirmation(certificate, "revoke"))
        assert (status, "under another membership" in words) == (409, True)
        house.drain()
        assert certificate.standing == "suspended"
        house.sam.post(*confirmation(certificate, "revoke"))
    else:
        two.post(*confirmation(certificate, "revoke"))
    house.drain()
    assert certificate.standing == "revoked"


def test_people_of_the_case_have_no_word_in_it_under_another_hat(latest: House) -> None:
    """Of the holder, its agent or the audit firm: neither accepting, nor confirming, nor on the panel."""
    house, certificate = latest, cured(latest)
    body = house.firm("Second Body", "certification_body")
    doors = (acceptance(house, certificate), confirmation(certificate), panel(certificate))
    for number, (organisation, role) in enumerate(
        ((house.bea.organisation, "manager"), (house.amina.organisation, "auditor"))
    ):
        address = f"v{number}@example.org"
        known_as(house, address, organisation, role)
        other = known_as(house, address, body, "decider")
        for path, wish in doors:
            status, words = other.refused(path, wish)
            assert (status, "cannot" in words) == (403, True), (role, path, words)
    known_as(house, "free@example.org", house.firm("Elsewhere", "audit_firm"), "auditor")
    known_as(house, "free@example.org", body, "decider").post(*acceptance(house, certificate))
