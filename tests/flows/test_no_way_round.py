"""No certificate is green again by another door than the way back: everything here was once such a door.

Over HTTP, under freemark-2026.1. Each test walks through one: a spare application, leaving a site behind, giving back
and applying anew, an audit that looked at nothing, a visit to the wrong place, an auditor who had lost the approval, a
panel that spoke too early. The last one is the control: the way back itself is open.
"""

from __future__ import annotations

from typing import Any

from audits import standard
from freemark.demo import crew as crews
from freemark.demo import scene
from tests.flows.house import DAY, PASSPORTS, STANDARD, Certified, House, Inside, passports
from tests.flows.test_ends_2026_1 import LEAVES, two_sites

Json = Any
GIVEN_BACK = {"provision": PASSPORTS, "result": "conformance"}
FOR_IT = {"favourable": True, "opinion": "Everybody has their papers."}


def breached(house: House, certificate: Certified) -> None:
    """Passports in the manager's safe: suspended at once."""
    house.later(DAY)
    house.submit(house.audit(certificate.site, [passports()], kind="for_cause"))
    house.drain()
    assert certificate.standing == "suspended"


def braked(house: House, certificate: Certified) -> None:
    house.carl.post(
        f"/v1/certificates/{certificate.number}/suspension", {"reason": "Workers are said to be locked in."}
    )
    house.drain()
    assert certificate.standing == "suspended"


def closed(house: House, site: str) -> Json:
    """Another auditor comes a day later and finds the papers given back; what the submission answered."""
    house.later(DAY)
    done = house.submit(house.audit(site, [GIVEN_BACK], kind="priority_closure", by=house.noor), by=house.noor)
    house.drain()
    return done


def let_go(house: House, certificate: Certified) -> None:
    """Carl accepts every report, Sam approves the return."""
    house.accept(certificate.application)
    house.sam.post(f"/v1/certificates/{certificate.number}/confirmations", {"act": "reinstate"})
    house.drain()


def panel_of(house: House) -> tuple[Inside, Inside]:
    """Two people of two organisations who decide nothing else here."""
    return house.another("Dara Sok", house.carl.organisation, "decider"), house.hana


def heard(house: House, application: str, *members: Inside) -> None:
    for member in members:
        member.post(f"/v1/applications/{application}/panel", FOR_IT)
    house.drain()


def unmet(house: House, application: str) -> dict[str, str]:
    """Of the newest decision, by clause."""
    return {each["clause"]: each["text"] for each in house.decision(application)["reasons"] if not each["met"]}


def spare(house: House, certificate: Certified) -> str:
    """A second application for the same site, while all is well."""
    return scene.applied(house.people(), [certificate.site])


# ------------------------------------------------------------------------------------- B1: a spare application


def test_a_spare_application_gives_no_certificate_while_the_other_is_suspended(latest: House) -> None:
    house, certificate = latest, latest.certified()
    application = spare(house, certificate)
    breached(house, certificate)
    closed(house, certificate.site)
    house.accept(application)
    assert house.application(application)["certificate"] is None
    assert set(unmet(house, application)) >= {"I26"}
    assert certificate.number in unmet(house, application)["I26"]


def test_neither_after_a_brake(latest: House) -> None:
    house, certificate = latest, latest.certified()
    application = spare(house, certificate)
    house.later(DAY)
    braked(house, certificate)
    house.accept(application)
    assert house.application(application)["certificate"] is None
    assert set(unmet(house, application)) == {"I26"}


def test_a_brake_stops_every_certificate_of_the_same_place(latest: House) -> None:
    """Goods from one place carry two numbers: a scan of either is no longer green. Another place goes on."""
    house, certificate = latest, latest.certified()
    application = spare(house, certificate)
    house.accept(application)
    second = scene.certificate(house.people(), application)
    elsewhere = house.certified()
    house.later(DAY)
    braked(house, certificate)
    assert house.bea.get(f"/v1/certificates/{second}")["standing"] == "suspended"
    assert unmet(house, application).keys() >= {"S7"}
    assert elsewhere.standing == "active"


def test_the_guilty_agent_is_not_left_behind(latest: House) -> None:
    """Given back, applied for anew without the agent, audited, accepted: its finding is still there."""
    house, people = latest, latest.people()
    assert house.crew is not None
    site = scene.new_site(people)
    house.ravi.post(f"/v1/sites/{house.office}/register/confirmation", {"places": []})
    application = scene.applied(people, [site], agents=[house.office])
    for place in (site, house.office):
        crews.audited(house.crew, place, "initial", house.now, among=[house.amina.person])
    house.drain()
    house.accept(application)
    number = scene.certificate(people, application)
    house.later(DAY)
    house.submit(house.audit(house.office, [passports()], kind="for_cause"))
    house.drain()
    house.bea.post(f"/v1/certificates/{number}/withdrawal", {})
    house.drain()
    assert house.bea.get(f"/v1/certificates/{number}")["standing"] == "withdrawn"
    house.later(2 * DAY)
    again = scene.applied(people, [site])
    crews.audited(house.crew, site, "initial", house.now, among=[house.noor.person])
    house.drain()
    house.accept(again)
    assert house.application(again)["certificate"] is None
    assert "not corrected" in unmet(house, again)["I26"]


# ------------------------------------------------------------------------------------- B2: a site is left behind


def test_dropping_the_good_site_does_not_bring_the_bad_one_back(latest: House) -> None:
    house = latest
    certificate = two_sites(house)
    good = next(site["id"] for site in certificate.entry["sites"] if site["id"] != certificate.site)
    breached(house, certificate)
    closed(house, certificate.site)
    let_go(house, certificate)
    assert "R5" in unmet(house, certificate.application)
    house.bea.post(f"/v1/certificates/{certificate.number}/reduction", {"site": good, **LEAVES})
    house.drain()
    assert certificate.standing == "suspended"
    assert house.application(certificate.application)["certificate"] == certificate.number


def test_a_brake_is_not_shaken_off_by_dropping_a_site(latest: House) -> None:
    house = latest
    certificate = two_sites(house)
    other = next(site["id"] for site in certificate.entry["sites"] if site["id"] != certificate.site)
    house.later(DAY)
    braked(house, certificate)
    let_go(house, certificate)
    house.bea.post(f"/v1/certificates/{certificate.number}/reduction", {"site": other, **LEAVES})
    house.drain()
    assert certificate.standing == "suspended"  # nobody has seen the factory since


# ------------------------------------------------------------------------------ B3: given back, and applied anew


def test_giving_back_under_suspension_and_applying_anew_asks_for_the_way_back(latest: House) -> None:
    house, certificate = latest, latest.certified()
    breached(house, certificate)
    house.bea.post(f"/v1/certificates/{certificate.number}/withdrawal", {})
    house.drain()
    assert certificate.standing == "withdrawn"
    application = spare(house, certificate)
    closed(house, certificate.site)
    house.accept(application)
    assert house.application(application)["certificate"] is None
    assert "No panel has spoken" in unmet(house, application)["I26"]
    heard(house, application, *panel_of(house))
    assert house.application(application)["certificate"] is not None


def test_a_suspension_that_is_too_long_is_not_ended_by_giving_back(latest: House) -> None:
    house, certificate = latest, latest.certified()
    breached(house, certificate)
    house.later_without_signing(91 * DAY)
    house.bea.post(f"/v1/certificates/{certificate.number}/withdrawal", {})
    house.drain()
    assert certificate.standing == "suspended"
    decided = [made["outcome"] for made in house.carl.get(
        f"/v1/applications/{certificate.application}/decisions")["items"]]  # fmt: skip
    assert "propose_revocation" in decided
    assert "withdraw" not in decided


# --------------------------------------------------------------------- B4: an audit in which nothing applied


def test_an_audit_in_which_nothing_applied_certifies_nobody(latest: House) -> None:
    house = latest
    assert house.crew is not None
    site = scene.new_site(house.people())
    application = scene.applied(house.people(), [site])
    empty = [
        {"provision": id, "result": "not_applicable", "description": "There is none here."}
        for id, each in standard.load(crews.STANDARD).provisions.items()
        if not each.zero_tolerance
    ]
    crews.audited(house.crew, site, "initial", house.now, findings=empty, among=[house.amina.person])
    house.drain()
    house.accept(application)
    assert house.application(application)["certificate"] is None
    assert set(unmet(house, application)) == {"I27"}


# -------------------------------------------------------------------------------- B5: a visit to another place


def test_a_visit_to_another_place_is_no_re_entry_audit(latest: House) -> None:
    house = latest
    certificate = two_sites(house)
    other = next(site["id"] for site in certificate.entry["sites"] if site["id"] != certificate.site)
    house.later(DAY)
    braked(house, certificate)
    house.later(DAY)
    house.submit(house.audit(other, [{"provision": "T4.1", "result": "conformance"}], kind="closure"))
    house.drain()
    let_go(house, certificate)
    assert certificate.standing == "suspended"
    assert certificate.site in unmet(house, certificate.application)["R2"]
    house.later(DAY)
    house.submit(house.audit(certificate.site, [{"provision": "T4.1", "result": "conformance"}], kind="closure"))
    house.drain()
    let_go(house, certificate)
    assert certificate.standing == "active"


# ----------------------------------------------------------------- B6: an auditor who has lost the approval


def test_an_auditor_who_is_suspended_that_day_closes_nothing_and_brings_nobody_back(latest: House) -> None:
    house, certificate = latest, latest.certified()
    breached(house, certificate)
    house.later(DAY)
    visit = house.audit(certificate.site, [GIVEN_BACK], kind="priority_closure", by=house.noor)
    house.sam.post(f"/v1/auditors/{house.noor.person}/approvals", {
        "status": "suspended", "reason": "Reports were sold.", "topics": ["all"], "effective_on": house.today,
        "level": "lead", "languages": ["bn", "ne", "en"], "trained_on": house.today,
        "trained_until": house.today, "expires_on": house.today,
    })  # fmt: skip
    assert house.submit(visit, by=house.noor)["closed"] == []
    house.drain()
    let_go(house, certificate)
    heard(house, certificate.application, *panel_of(house))
    assert certificate.standing == "suspended"
    assert {"S1", "R1", "R2"} <= set(unmet(house, certificate.application))


# ------------------------------------------------------------- B8: a closure under a standard that asks for less


def under_the_old_one(house: House, site: str, kind: str) -> Json:
    """Noor alone, without an assignment, a signature or a word about conflicts: freemark-2026.0 asks for none."""
    return {
        "site": site, "type": kind, "standard": STANDARD, "starts_on": house.today, "ends_on": house.today,
        "team": [house.noor.person], "announced": False, "remote": False,
    }  # fmt: skip


REPORT = {
    "workers": 40, "payroll_workers": 40, "interviews_individual": 1, "interviews_group": 0, "files_reviewed": 1,
    "summary": "All is well.",
}  # fmt: skip


def test_nothing_is_closed_under_a_standard_that_asks_for_less(latest: House) -> None:
    house, certificate = latest, latest.certified()
    day = str((house.now + 2 * DAY).date())
    ahead = {**under_the_old_one(house, certificate.site, "priority_closure"), "starts_on": day, "ends_on": day}
    early = house.noor.post("/v1/audits", ahead)["id"]
    breached(house, certificate)
    house.later(DAY)
    for kind in ("closure", "priority_closure"):
        status, words = house.noor.refused("/v1/audits", under_the_old_one(house, certificate.site, kind))
        assert status == 409
        assert "freemark-2026.1, and freemark-2026.0 asks for less" in words
    house.noor.post(f"/v1/audits/{early}/answers", {"answers": [GIVEN_BACK]})
    done = house.noor.post(f"/v1/audits/{early}/report", {**REPORT, "closing_meeting_on": house.today})
    assert done["closed"] == []
    house.drain()
    let_go(house, certificate)
    heard(house, certificate.application, *panel_of(house))
    assert certificate.standing == "suspended"
    assert {"S1", "R1"} <= set(unmet(house, certificate.application))


def test_after_a_brake_a_visit_under_it_is_no_re_entry_audit(latest: House) -> None:
    house, certificate = latest, latest.certified()
    house.later(DAY)
    braked(house, certificate)
    house.later(DAY)
    visit = house.noor.post("/v1/audits", under_the_old_one(house, certificate.site, "closure"))["id"]
    house.noor.post(f"/v1/audits/{visit}/answers", {"answers": [GIVEN_BACK]})
    house.noor.post(f"/v1/audits/{visit}/report", {**REPORT, "closing_meeting_on": house.today})
    house.drain()
    let_go(house, certificate)
    heard(house, certificate.application, *panel_of(house))
    assert certificate.standing == "suspended"


# ---------------------------------------------------------------------- B7: a panel that spoke too early


def test_a_word_from_before_the_breach_is_no_word_for_the_return(latest: House) -> None:
    house, certificate = latest, latest.certified()
    dara, hana = panel_of(house)
    heard(house, certificate.application, dara)
    breached(house, certificate)
    closed(house, certificate.site)
    let_go(house, certificate)
    heard(house, certificate.application, hana)
    assert certificate.standing == "suspended"
    assert set(unmet(house, certificate.application)) >= {"R5"}
    heard(house, certificate.application, dara)
    assert certificate.standing == "active"


def test_those_who_let_go_are_not_the_panel_too(latest: House) -> None:
    house, certificate = latest, latest.certified()
    breached(house, certificate)
    closed(house, certificate.site)
    let_go(house, certificate)
    heard(house, certificate.application, house.carl, house.sam)
    assert certificate.standing == "suspended"


# -------------------------------------------------------------------------------------------------- the control


def test_the_way_back_is_open(latest: House) -> None:
    house, certificate = latest, latest.certified()
    breached(house, certificate)
    closed(house, certificate.site)
    let_go(house, certificate)
    heard(house, certificate.application, *panel_of(house))
    assert certificate.standing == "active"
