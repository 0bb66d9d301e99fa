"""The register of auditors and assignments over HTTP: the whole way, and those who must not learn of it.

Otto is a manufacturer who has nothing to do with it, Bea holds the site that is to be visited unannounced: to both an
assignment that exists is the same as one that does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from audits.independence import samples
from ground.canonical import jcs
from ground.world import World
from tests.flows.house import House, Inside, opened

FIRM = {"status": "good", "reason": "Accredited.", "topics": ["all"], "valid_until": "2027-05-31"}
AUDITOR = {
    "level": "lead", "status": "good", "reason": "Examined.", "topics": ["all"], "languages": ["bn", "en"],
    "trained_on": "2026-01-10", "trained_until": "2028-01-09", "expires_on": "2027-05-31",
}  # fmt: skip
NOBODY = "asg_0000000000000000"


@pytest.fixture
def house(sqlite_world: World) -> Iterator[House]:
    with opened(sqlite_world) as house:
        house.sam.post(f"/v1/audit-firms/{house.amina.organisation}/approvals", FIRM)
        house.sam.post(f"/v1/auditors/{house.amina.person}/approvals", AUDITOR)
        yield house


def wish(house: House, **change: Any) -> dict[str, Any]:
    return {
        "site": house.factory, "type": "surveillance", "standard": "freemark-2026.1", "starts_on": house.today,
        "ends_on": "2026-06-28", "languages": ["bn"], "topics": ["T1", "T2"], **change,
    }  # fmt: skip


def ask(house: House, by: Inside | None = None, **change: Any) -> Any:
    return (by or house.carl).post("/v1/assignments", wish(house, **change))


def plan(house: House) -> dict[str, Any]:
    return {
        "site": house.factory, "type": "surveillance", "standard": "freemark-2026.1", "starts_on": house.today,
        "ends_on": house.today, "team": [house.amina.person], "announced": False,
    }  # fmt: skip


def same_shape(shown: Any, told: Any) -> bool:
    return set(shown) == set(told)


def test_from_the_register_to_an_audit_that_may_be_planned(house: House) -> None:
    status, why = house.amina.refused("/v1/audits", plan(house))
    assert (status, "has accepted no assignment" in why) == (409, True)
    asked = ask(house)
    assert (asked["state"], asked["lead"]) == ("offered", house.amina.person)
    (draw,) = asked["draws"]
    assert [each["person"] for each in draw["candidates"] if each["eligible"]] == [house.amina.person]
    barred = next(each for each in draw["candidates"] if each["person"] == house.noor.person)
    assert barred["reasons"][0].startswith(f"{house.noor.person} is not on the register")
    (offer,) = house.amina.get("/v1/assignments")["items"]
    path = f"/v1/assignments/{offer['id']}"
    assert house.amina.refused(f"{path}/acceptance", {})[0] == 409
    declared = house.amina.post(f"{path}/declarations", {"kind": "none"})
    assert [said["kind"] for said in declared["declarations"]] == ["none"]
    accepted = house.amina.post(f"{path}/acceptance", {})
    assert accepted["state"] == "accepted"
    assert house.amina.post("/v1/audits", plan(house))["site"] == house.factory
    assert same_shape(asked, samples.DRAWN)
    assert same_shape(draw, samples.DRAW)
    assert same_shape(offer, samples.LISTED)
    assert same_shape(declared["declarations"][0], samples.DECLARATION)


def test_sent_back_it_is_drawn_again_and_gone_from_the_firm(house: House) -> None:
    asked = ask(house)
    path = f"/v1/assignments/{asked['id']}"
    assert house.amina.refused(f"{path}/refusal", {"unavailable": "lead", "reason": ""})[0] == 422
    answer = house.amina.post(f"{path}/refusal", {"unavailable": "firm", "reason": "No capacity."})
    assert answer == {"id": asked["id"], "state": "declined"}
    assert house.amina.get("/v1/assignments")["items"] == []
    assert house.amina.refused(path)[0] == 404
    shown = house.sam.get(path)
    assert shown["state"] == "unfilled"
    assert [each["declined_reason"] for each in shown["draws"]] == ["No capacity.", ""]
    assert house.carl.post(f"{path}/draws", {})["state"] == "unfilled"
    assert house.sam.post(f"{path}/cancellation", {"reason": "Not needed this season."})["state"] == "cancelled"


def test_an_auditor_sees_the_own_status_and_expiry_and_a_firm_its_own(house: House) -> None:
    own = house.amina.get(f"/v1/auditors/{house.amina.person}")
    assert (own["status"], own["history"][0]["expires_on"]) == ("good", "2027-05-31")
    assert same_shape(own, samples.AUDITOR)
    assert same_shape(own["history"][0], samples.AUDITOR_ENTRY)
    firm = house.amina.get(f"/v1/audit-firms/{house.amina.organisation}")
    assert (firm["status"], firm["history"][0]["valid_until"]) == ("good", "2027-05-31")
    assert same_shape(firm, samples.FIRM)
    assert same_shape(firm["history"][0], samples.FIRM_ENTRY)
    assert [each["person"] for each in house.noor.get("/v1/auditors")["items"]] == [house.amina.person]
    assert [each["firm"] for each in house.noor.get("/v1/audit-firms")["items"]] == [house.amina.organisation]
    assert house.carl.get(f"/v1/auditors?firm={house.amina.organisation}")["items"] != []
    assert house.carl.get("/v1/auditors?firm=org_0000000000000000")["items"] == []
    ulla = house.another("Ulla", house.firm("Northern Audit", "audit_firm"), "auditor")
    assert ulla.get("/v1/auditors")["items"] == ulla.get("/v1/audit-firms")["items"] == []
    assert ulla.refused(f"/v1/auditors/{house.amina.person}")[0] == 404
    assert ulla.refused(f"/v1/audit-firms/{house.amina.organisation}")[0] == 404


def test_ties_are_recorded_by_the_scheme_and_bar(house: House) -> None:
    tie = {"organisation": house.bea.organisation, "kind": "employment", "until": "2025-12-31"}
    shown = house.sam.post(f"/v1/auditors/{house.amina.person}/ties", tie)
    assert same_shape(shown, samples.TIE_ENTRY)
    asked = ask(house)
    assert asked["state"] == "unfilled"
    assert "which bars for 24 months, until 2027-12-31" in str(asked["draws"][0]["candidates"])
    firm = house.sam.post(f"/v1/audit-firms/{house.amina.organisation}/ties", {**tie, "until": None})
    assert firm["until"] is None


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/v1/audit-firms/{firm}/approvals", {**FIRM, "topics": ["T0"]}, "/topics/0"),
        ("/v1/audit-firms/{firm}/approvals", {**FIRM, "status": "banned"}, "/status"),
        ("/v1/audit-firms/{firm}/approvals", {**FIRM, "countries": ["bd"]}, "/countries/0"),
        ("/v1/auditors/{person}/approvals", {**AUDITOR, "languages": ["Bangla!"]}, "/languages/0"),
        ("/v1/auditors/{person}/approvals", {**AUDITOR, "level": "chief"}, "/level"),
        ("/v1/auditors/{person}/approvals", {**AUDITOR, "name": "Amina"}, "/name"),
        ("/v1/assignments", {"type": "visit"}, "/site"),
    ],
)
def test_a_bad_body_is_refused_with_its_pointer(house: House, path: str, body: Any, pointer: str) -> None:
    address = path.format(firm=house.amina.organisation, person=house.amina.person)
    key = {"Idempotency-Key": "bad", "Authorization": f"Bearer {house.sam.token}"}
    answer = house.web.post(address, json=body, headers=key)
    assert (answer.status_code, answer.json()["pointer"]) == (422, pointer)


# --- who must not see ------------------------------------------------------------------------------------------------


def sights(house: House, who: Inside) -> list[tuple[str, bytes]]:
    """Everything under /v1 that a manufacturer can read about the own place, byte by byte."""
    pages = ("/v1/audits", "/v1/applications", "/v1/certificates", f"/v1/sites/{house.factory}",
             f"/v1/audits?site={house.factory}", "/v1/assignments", f"/v1/assignments?site={house.factory}",
             "/v1/auditors", "/v1/audit-firms")  # fmt: skip
    return [(page, house.web.get(page, headers={"Authorization": f"Bearer {who.token}"}).content) for page in pages]


@pytest.mark.parametrize("name", ["otto", "bea", "ravi"])
def test_otto_and_bea_see_nothing_of_assignments(house: House, name: str) -> None:
    who: Inside = getattr(house, name)
    before = sights(house, who)
    asked = ask(house)
    house.amina.post(f"/v1/assignments/{asked['id']}/declarations", {"kind": "none"})
    house.amina.post(f"/v1/assignments/{asked['id']}/acceptance", {})
    house.amina.post("/v1/audits", plan(house))
    house.drain()
    assert sights(house, who) == before
    acts: dict[str, dict[str, str]] = {
        "declarations": {"kind": "none"},
        "acceptance": {},
        "draws": {},
        "refusal": {"unavailable": "lead", "reason": "No."},
        "cancellation": {"reason": "No."},
    }
    for act, body in acts.items():
        real = who.refused(f"/v1/assignments/{asked['id']}/{act}", body)
        assert real == who.refused(f"/v1/assignments/{NOBODY}/{act}", body)
        assert real[0] == 404
    assert who.refused(f"/v1/assignments/{asked['id']}") == who.refused(f"/v1/assignments/{NOBODY}")
    for body in (wish(house), wish(house, type="closure")):
        assert who.refused("/v1/assignments", body)[0] == 403


@pytest.mark.parametrize("name", ["otto", "bea", "ravi"])
def test_otto_and_bea_see_nothing_of_the_register(house: House, name: str) -> None:
    who: Inside = getattr(house, name)
    firm, person = house.amina.organisation, house.amina.person
    tie = {"organisation": who.organisation, "kind": "other"}
    for path, body in (
        (f"/v1/audit-firms/{firm}", None), (f"/v1/auditors/{person}", None),
        (f"/v1/audit-firms/{firm}/approvals", FIRM), (f"/v1/auditors/{person}/approvals", AUDITOR),
        (f"/v1/audit-firms/{firm}/ties", tie), (f"/v1/auditors/{person}/ties", tie),
    ):  # fmt: skip
        assert who.refused(path, body)[0] == 404, path
    for path in ("/v1/audit-firms", "/v1/auditors"):
        assert who.refused(path)[0] == 403


def test_who_may_not_write_the_register_is_told_so(house: House) -> None:
    firm, person = house.amina.organisation, house.amina.person
    for who in (house.carl, house.amina):
        assert who.refused(f"/v1/audit-firms/{firm}/approvals", FIRM)[0] == 403
        assert who.refused(f"/v1/auditors/{person}/approvals", AUDITOR)[0] == 403
    assert house.amina.refused("/v1/assignments", wish(house))[0] == 403


def test_no_name_of_a_person_is_in_any_answer(house: House) -> None:
    asked = ask(house)
    pages = ("/v1/assignments", f"/v1/assignments/{asked['id']}", "/v1/auditors", f"/v1/auditors/{house.amina.person}")
    text = b"".join(jcs(house.sam.get(page)) for page in pages)
    assert b"Haddad" not in text
    assert b"Noor" not in text
