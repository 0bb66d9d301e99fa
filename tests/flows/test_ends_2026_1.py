"""How a certificate ends or shrinks under freemark-2026.1: without one site, given back, revoked once and twice."""

from __future__ import annotations

from typing import Any

from certify import casefile
from certify.events import Leaf, open_leaf
from certify.measures import months_after
from certify.tables import Application
from freemark.demo import crew as crews
from freemark.demo import scene
from tests.flows.house import DAY, PASSPORTS, Certified, House, conforming, passports
from tests.flows.house import LATEST as STANDARD

Json = Any
BLOCKED = {
    "provision": "T17.2", "result": "finding", "severity": "priority", "affected": 1, "sampled": 6,
    "description": "One exit of the night shift was locked.", "release": "now",
}  # fmt: skip
CONTAINED = {"measure": "The exit is open, day and night.", "evidence": "Pictures of the exit on three nights."}
LEAVES = {"reason": "The unit was sold."}


def leaf_of(house: House, number: str) -> Leaf:
    """The newest published event of a certificate."""
    events = house.anybody.get(f"/certificates/{number}/events.json")["events"]
    return open_leaf(events[-1]["leaf"], house.keys())


def two_sites(house: House) -> Certified:
    """A certificate for two factories and one product; `site` is the first."""
    assert house.crew is not None
    people = house.people()
    sites = [scene.new_site(people, name) for name in ("Unit 1", "Unit 2")]
    application = scene.applied(people, sites)
    for site in sites:
        crews.audited(house.crew, site, "initial", house.now, among=[house.amina.person])
    house.drain()
    house.accept(application)
    number = scene.certificate(people, application)
    return Certified(house, application, number, sites[0], f"{application}-1")


def printed(house: House, certificate: Certified, site: str) -> str:
    order = house.bea.post("/v1/orders", certificate.wish(1, days=200, site=site))["id"]
    house.drain()
    return scene.printed(house.people(), order)[0]


# ---------------------------------------------------------------------------------------------------- a smaller scope


def test_one_site_of_two_leaves_and_the_labels_of_the_other_stay_green(latest_everywhere: House) -> None:
    house = latest_everywhere
    certificate = two_sites(house)
    stays, leaves = (site["id"] for site in certificate.entry["sites"])
    here, there = printed(house, certificate, stays), printed(house, certificate, leaves)
    place = f"/v1/certificates/{certificate.number}/reduction"
    assert house.otto.refused(place, {"site": leaves, **LEAVES})[0] == 404
    assert house.bea.refused(place, {"site": house.factory, **LEAVES})[0] == 422
    house.bea.post(place, {"site": leaves, **LEAVES})
    assert house.bea.refused(place, {"site": stays, **LEAVES})[0] == 409  # one at a time
    house.drain()

    successor = certificate.successor()
    assert successor.number != certificate.number
    assert (certificate.standing, certificate.entry["next"]) == ("reduced", successor.number)
    assert [site["id"] for site in successor.entry["sites"]] == [stays]
    assert successor.entry["valid_until"] == certificate.entry["valid_until"]
    leaf = leaf_of(house, certificate.number)
    assert (leaf.t, leaf.next) == ("cert.reduced", successor.number)
    assert leaves not in str(house.anybody.get(f"/certificates/{successor.number}"))
    verdicts = [house.scan(label) for label in (here, there)]
    assert [(each["code"], each["colour"]) for each in verdicts] == [("VALID", "green"), ("OUT_OF_SCOPE", "amber")]
    assert [house.offline(label, house.bundle(), "in") for label in (here, there)] == verdicts
    assert house.bea.refused("/v1/orders", successor.wish(1, site=leaves))[0] == 422
    assert house.scan(printed(house, successor, stays))["code"] == "VALID"
    told = {notice["outcome"]: notice for notice in house.bea.get("/v1/notices")["items"]}["reduce"]
    assert ([ground["clause"] for ground in told["grounds"]], bool(told["customers_by"])) == (["X1"], True)
    house.later(DAY, nightly=True)
    assert successor.standing == "active"  # nothing more follows
    with house.world.db.read() as session:
        application = session.get_one(Application, certificate.application)
        dossier = casefile.load(session, application, house.now).dossier
    assert (dossier.cycles, dossier.clean_cycles) == (
        1,
        1,
    )  # a smaller certificate for the rest of the time is no cycle
    assert house.application(certificate.application)["sites"] == [stays]


def test_what_stays_must_be_in_order_and_the_wish_can_be_taken_back(latest: House) -> None:
    house = latest
    certificate = two_sites(house)
    stays, leaves = (site["id"] for site in certificate.entry["sites"])
    house.later(DAY)
    fees = {"provision": "T1.1", "result": "finding", "severity": "major", "affected": 6, "sampled": 10,
            "description": "Six of ten paid."}  # fmt: skip
    house.submit(house.audit(stays, [fees], kind="for_cause"))
    house.drain()
    house.accept(certificate.application)
    place = f"/v1/certificates/{certificate.number}/reduction"
    house.bea.post(place, {"site": leaves, **LEAVES})
    house.drain()
    assert certificate.standing == "active"  # a core major at the site that stays: nothing new is issued
    house.bea.post(f"{place}/withdrawal", {})
    assert house.bea.refused(f"{place}/withdrawal", {})[0] == 409
    house.carl.post(place, {"site": stays, **LEAVES})  # but without the site that has it, all is in order
    house.drain()
    successor = certificate.successor()
    assert [site["id"] for site in successor.entry["sites"]] == [leaves]
    assert house.carl.refused(f"/v1/certificates/{successor.number}/reduction", {"site": leaves, **LEAVES})[0] == 409


# --------------------------------------------------------------------------------------------------------- given back


def test_giving_back_while_a_priority_finding_is_open_is_recorded_as_such(latest: House) -> None:
    house = latest
    clean, certificate = house.certified(), house.certified()
    label = certificate.label()
    house.later(DAY)
    house.submit(house.audit(certificate.site, [BLOCKED], kind="for_cause"))
    house.drain()
    (finding,) = house.bea.get(f"/v1/findings?site={certificate.site}")["items"]
    house.bea.post(f"/v1/findings/{finding['id']}/containment", CONTAINED)
    house.drain()
    assert certificate.standing == "remediation"
    for each in (clean, certificate):
        house.bea.post(f"/v1/certificates/{each.number}/withdrawal", {})
    house.drain()
    assert [(leaf_of(house, each.number).t, leaf_of(house, each.number).reason) for each in (clean, certificate)] == [
        ("cert.withdrawn", "holder-request"), ("cert.withdrawn", "nonconformity"),
    ]  # fmt: skip
    made = house.carl.get(f"/v1/applications/{certificate.application}/decisions")["items"]
    n = next(each["n"] for each in made if each["outcome"] == "withdraw")
    decision = house.carl.get(f"/v1/applications/{certificate.application}/decisions/{n}")
    assert decision["because"] == ["W1", "W2"]
    assert house.scan(label)["code"] == "WITHDRAWN"


def test_nobody_leaves_by_that_door_while_a_revocation_is_in_the_air(latest: House) -> None:
    house, certificate = latest, latest.certified()
    house.later(DAY)
    house.submit(house.audit(certificate.site, [passports(deliberate=True)], kind="for_cause"))
    house.drain()
    house.bea.post(f"/v1/certificates/{certificate.number}/withdrawal", {})
    house.drain()
    assert certificate.standing == "suspended"
    house.later(31 * DAY, nightly=True)
    assert leaf_of(house, certificate.number).t == "cert.revoked"


# -------------------------------------------------------------------------------------------------------------- revoked


def revoked(house: House, certificate: Certified) -> None:
    """Passports, on purpose; the reply is waived; 20 days later another team finds that it was put right."""
    house.later(10 * DAY)
    house.submit(house.audit(certificate.site, [passports(deliberate=True)], kind="for_cause"))
    house.drain()
    house.bea.post(f"/v1/certificates/{certificate.number}/reply-waiver", {})
    house.drain()
    assert certificate.standing == "revoked"
    house.later(20 * DAY)
    answer = {"provision": PASSPORTS, "result": "conformance"}
    house.submit(house.audit(certificate.site, [answer], kind="priority_closure", by=house.noor), by=house.noor)
    house.drain()


def applied_again(house: House, certificate: Certified, lead: str) -> str:
    """A new application with a new whole audit, accepted."""
    application = scene.applied(house.people(), [certificate.site])
    audited_again(house, certificate, application, lead)
    return application


def audited_again(house: House, certificate: Certified, application: str, lead: str) -> None:
    assert house.crew is not None
    house.bea.post(f"/v1/sites/{certificate.site}/register/confirmation", {"places": []})
    crews.audited(house.crew, certificate.site, "initial", house.now, among=[lead])
    house.drain()
    house.accept(application)


def lacking(house: House, application: str) -> dict[str, str]:
    unmet = house.bea.get(f"/v1/applications/{application}/lacking")["unmet"]
    return {each["clause"]: each["text"] for each in unmet}


def test_a_year_after_a_revocation_and_never_after_the_second(latest: House) -> None:
    house, first = latest, latest.certified()
    revoked(house, first)
    corrected = house.now.date()
    house.later(DAY)
    application = applied_again(house, first, house.amina.person)
    assert set(lacking(house, application)) == {"I21"}
    house.later(5 * DAY)  # the holder has the report of the correction
    assert f"wait until {months_after(corrected, 12) + DAY}" in lacking(house, application)["I21"]

    house.later(295 * DAY)
    house.renew_tokens()
    house.later(64 * DAY, nightly=True)
    audited_again(house, first, application, house.noor.person)
    assert set(lacking(house, application)) == {"I21"}  # the last day is still to be waited for
    house.later(DAY, nightly=True)
    second = Certified(house, application, scene.certificate(house.people(), application), first.site, "")
    assert second.standing == "active"
    explained = house.carl.get(f"/v1/applications/{application}/decisions")["items"]
    assert "issue" in [each["outcome"] for each in explained]

    revoked(house, second)
    house.later(DAY, nightly=True)
    third = applied_again(house, first, house.amina.person)
    assert "for good" in lacking(house, third)["I22"]
    house.renew_tokens()
    house.later(360 * DAY, nightly=True)
    assert "I22" in lacking(house, third)
    (item,) = [each for each in house.bea.get(f"/v1/applications/{third}/lacking")["unmet"] if each["clause"] == "I22"]
    assert item["who"] == "scheme"


def test_half_a_year_where_no_core_topic_was_the_ground(latest: House) -> None:
    """A blocked exit that nobody dealt with: suspended for half a year, then revoked. T17 is no core topic."""
    house, certificate = latest, latest.certified()
    house.later(DAY)
    house.submit(house.audit(certificate.site, [BLOCKED], kind="for_cause"))
    house.drain()
    house.later(3 * DAY, nightly=True)
    assert certificate.standing == "suspended"
    house.later(181 * DAY, nightly=True)
    house.bea.post(f"/v1/certificates/{certificate.number}/reply-waiver", {})
    house.drain()
    assert certificate.standing == "revoked"
    house.renew_tokens()
    house.later(DAY)
    house.submit(house.audit(certificate.site, [{"provision": "T17.2", "result": "conformance"}], kind="closure"))
    house.drain()
    corrected = house.now.date()
    application = applied_again(house, certificate, house.amina.person)
    assert set(lacking(house, application)) == {"I21"}
    house.later(5 * DAY)  # the holder has the report of the correction
    assert f"wait until {months_after(corrected, 6) + DAY}" in lacking(house, application)["I21"]


def test_a_surveillance_visit_of_everything_keeps_the_certificate(latest: House) -> None:
    """The negative control of the above: visited in time, nothing found, it stands."""
    house, certificate = latest, latest.certified()
    house.later(178 * DAY, nightly=True)
    house.submit(house.audit(certificate.site, conforming(STANDARD)))
    house.later(90 * DAY, nightly=True)
    assert certificate.standing == "active"
