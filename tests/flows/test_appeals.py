"""What a holder can do about a decision: notices with grounds, replies, appeals; and what follows from one that is won.

Other people judge an appeal, and it stays nothing. Won against a revocation, a new application has nothing to wait for,
and two people of different organisations can make the old labels green again.
"""

from __future__ import annotations

import json
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest

from certify import people
from certify.events import open_leaf
from freemark.demo import crew as crews
from freemark.demo import scene
from ground import mail
from ground.access import SCOPES
from tests.flows.house import DAY, PASSPORTS, Certified, House, Inside, passports

Json = Any
ARGUMENT = {"argument": "The papers lay there at the workers' own wish; their signed wish was handed in."}
UPHOLD = {"uphold": True, "reasons": "The signed wish was there, and nobody looked at it."}
REJECT = {"uphold": False, "reasons": "The wish was signed after the visit."}
SECOND = timedelta(seconds=1)


def notices(house: House, application: str) -> dict[str, Json]:
    """The newest of each outcome."""
    return {notice["outcome"]: notice for notice in house.bea.get(f"/v1/notices?application={application}")["items"]}


def caught(house: House, certificate: Certified, *, deliberate: bool = True) -> None:
    """Ten days after the audit passports lie in a safe, and everybody is told at once."""
    house.later(10 * DAY)
    house.submit(house.audit(certificate.site, [passports(deliberate=deliberate)], kind="for_cause"))
    house.drain()


def revoked(house: House, certificate: Certified) -> None:
    caught(house, certificate)
    house.bea.post(f"/v1/certificates/{certificate.number}/reply-waiver", {})
    house.drain()
    assert certificate.standing == "revoked"


def outsider(house: House, name: str = "Dora", kind: str = "certification_body") -> Inside:
    """A decider of a certification body that has nothing to do with the case."""
    return house.another(name, house.firm(f"{name} & Co", kind), "decider")


def appealed(house: House, certificate: Certified, against: str) -> str:
    notice = notices(house, certificate.application)[against]
    appeal = house.bea.post(f"/v1/notices/{notice['id']}/appeal", ARGUMENT)
    house.drain()
    return str(appeal["id"])


def judged(house: House, appeal: str, word: Json, *people: Inside) -> str | None:
    """What the appeal's outcome is after their words."""
    shown: Json = {}
    for person in people:
        shown = person.post(f"/v1/appeals/{appeal}/word", word)
    house.drain()
    outcome: str | None = shown["outcome"]
    return outcome


# ------------------------------------------------------------------------------------------------------------ notices


def test_a_notice_has_the_grounds_and_the_mail_about_it_has_none(latest: House) -> None:
    house = latest
    address = {
        "organisation": house.bea.organisation,
        "name": "Rina",
        "email": "rina@example.org",
        "roles": ["manager"],
    }
    house.sam.post("/v1/people", address)
    certificate = house.certified()
    caught(house, certificate)
    told = notices(house, certificate.application)
    assert set(told) == {"refuse", "issue", "suspend", "propose_revocation"}
    suspended, proposed = told["suspend"], told["propose_revocation"]
    assert [ground["clause"] for ground in suspended["grounds"]] == ["S1"]
    assert PASSPORTS in suspended["grounds"][0]["text"]
    assert [ground["clause"] for ground in proposed["grounds"]] == ["V1"]
    given = house.now
    assert suspended["customers_by"] == f"{given + 4 * DAY:%Y-%m-%dT%H:%M:%SZ}"
    assert proposed["appeal_until"] == proposed["reply_until"] == f"{given + 30 * DAY:%Y-%m-%dT%H:%M:%SZ}"
    assert (told["issue"]["appeal_until"], told["issue"]["grounds"]) == (None, [])

    mail.deliver(house.world)
    letters = [message_from_bytes(path.read_bytes(), policy=policy.default)
               for path in sorted((house.world.settings.data / "mail").glob("*.eml"))]  # fmt: skip
    about = {letter["Subject"]: letter.get_content() for letter in letters}
    text = about["Certificate suspended"]
    assert suspended["id"] in text
    assert suspended["appeal_until"] in text
    for words in (PASSPORTS, "assport", "S1", "V1", certificate.site, "fnd_"):
        assert not any(words in letter for letter in about.values()), words


def test_a_refusal_is_told_once_until_its_grounds_change(latest: House) -> None:
    house = latest
    application, _ = house.apply()
    house.later(DAY, nightly=True)
    house.later(DAY, nightly=True)
    refusals = [
        notice for notice in house.bea.get(f"/v1/notices?application={application}")["items"]
        if notice["outcome"] == "refuse"
    ]  # fmt: skip
    grounds = [tuple(ground["clause"] for ground in notice["grounds"]) for notice in refusals]
    assert len(grounds) == len(set(grounds))
    assert grounds[-1] == ("I4",)


def test_customers_are_told_once_and_only_where_they_must_be(latest: House) -> None:
    house, certificate = latest, latest.certified()
    caught(house, certificate, deliberate=False)
    told = notices(house, certificate.application)
    shown = house.bea.post(f"/v1/notices/{told['suspend']['id']}/customers-told", {})
    assert shown["customers_told_at"] is not None
    assert house.bea.refused(f"/v1/notices/{told['suspend']['id']}/customers-told", {})[0] == 409
    assert house.bea.refused(f"/v1/notices/{told['issue']['id']}/customers-told", {})[0] == 409
    assert house.carl.refused(f"/v1/notices/{told['suspend']['id']}/customers-told", {})[0] == 403


def test_a_reply_leaves_the_revocation_to_two_people(latest: House) -> None:
    house, certificate = latest, latest.certified()
    caught(house, certificate)
    house.bea.post(f"/v1/certificates/{certificate.number}/reply", {"text": "It was one foreman, and he is gone."})
    house.later(40 * DAY, nightly=True)
    assert certificate.standing == "suspended"
    confirmations = f"/v1/certificates/{certificate.number}/confirmations"
    for person in (house.carl, house.another("Carla", house.carl.organisation, "decider")):
        person.post(confirmations, {"act": "revoke"})
    house.drain()
    assert certificate.standing == "suspended"
    house.sam.post(confirmations, {"act": "revoke"})
    house.drain()
    assert certificate.standing == "revoked"
    assert [ground["clause"] for ground in notices(house, certificate.application)["revoke"]["grounds"]] == ["V3"]


# ------------------------------------------------------------------------------------------------------------ appeals


def test_an_appeal_comes_in_time_once_and_stays_no_decision(latest: House) -> None:
    house, certificate = latest, latest.certified()
    label = certificate.label()
    caught(house, certificate, deliberate=False)
    told = notices(house, certificate.application)
    assert (
        house.bea.refused(f"/v1/notices/{told['issue']['id']}/appeal", ARGUMENT)[0] == 409
    )  # nothing to appeal against
    place = f"/v1/notices/{told['suspend']['id']}/appeal"
    appeal = house.bea.post(place, ARGUMENT)
    assert (appeal["against"], appeal["outcome"], appeal["words"]) == ("suspend", None, [])
    assert house.bea.refused(place, ARGUMENT)[0] == 409
    house.drain()
    assert certificate.standing == "suspended"
    assert house.scan(label)["code"] == "SUSPENDED"
    assert house.bea.refused("/v1/orders", certificate.wish(1))[0] == 409


def test_the_last_moment_for_an_appeal_is_still_in_time(latest: House) -> None:
    house = latest
    first, second = house.certified(), house.certified()
    for certificate in (first, second):
        house.submit(house.audit(certificate.site, [passports()], kind="for_cause"))
    house.drain()
    places = [f"/v1/notices/{notices(house, each.application)['suspend']['id']}/appeal" for each in (first, second)]
    house.later(30 * DAY)
    house.bea.post(places[0], ARGUMENT)
    house.later(SECOND)
    status, words = house.bea.refused(places[1], ARGUMENT)
    assert status == 409
    assert "2026-07-01T08:00:00Z" in words


def test_who_had_a_part_in_the_case_does_not_judge_the_appeal(latest: House) -> None:
    """Each of them is refused for a reason of their own; two colleagues are one voice, and outsiders decide."""
    house = latest
    hats = house.firm("Two Hats", "manufacturer", "certification_body")
    holder = house.another("Mo", hats, "manager")
    application, _ = house.apply(holder)
    house.accept(application)
    number = scene.certificate(house.people(holder), application)
    site = holder.get(f"/v1/certificates/{number}")["sites"][0]["id"]
    house.later(10 * DAY)
    both = house.firm("Both Hands", "audit_firm", "certification_body")
    tara, cleo = house.another("Tara", both, "auditor", "decider"), house.another("Cleo", both, "decider")
    assert house.crew is not None
    house.crew.auditors[tara.person] = crews.Auditor(tara, tara.person, both)
    approve(house, tara)
    house.submit(house.audit(site, [passports(deliberate=True)], kind="for_cause", by=tara), by=tara)
    house.drain()
    (notice,) = [each for each in holder.get("/v1/notices")["items"] if each["outcome"] == "propose_revocation"]
    appeal = holder.post(f"/v1/notices/{notice['id']}/appeal", ARGUMENT)["id"]
    dora, erik = outsider(house), outsider(house, "Erik")
    erik.post(f"/v1/certificates/{number}/confirmations", {"act": "revoke"})
    house.hana.post(f"/v1/applications/{application}/panel", {"favourable": False, "opinion": "It was on purpose."})
    for person, words in (
        (house.carl, "accepted its reports"), (erik, "approved something"), (house.hana, "spoke on its panel"),
        (tara, "on one of its audits"), (cleo, "your organisation is a party"),
        (house.another("Dee", hats, "decider"), "your organisation is a party"),
    ):  # fmt: skip
        status, said = person.refused(f"/v1/appeals/{appeal}/word", UPHOLD)
        assert status == 403, words
        assert words in said
    assert holder.refused(f"/v1/appeals/{appeal}/word", UPHOLD)[0] in (403, 404)

    assert judged(house, appeal, UPHOLD, dora) is None
    assert dora.refused(f"/v1/appeals/{appeal}/word", UPHOLD)[0] == 409
    colleague = house.another("Dan", dora.organisation, "decider")
    assert judged(house, appeal, UPHOLD, colleague) is None  # one organisation is one voice
    assert judged(house, appeal, REJECT, house.sam) is None  # and two who disagree decide nothing
    assert holder.get(f"/v1/appeals/{appeal}")["words"] == []  # not the holder's to read before it is decided
    other = house.another("Sita", house.sam.organisation, "scheme_manager")
    assert judged(house, appeal, UPHOLD, other) == "upheld"
    assert outsider(house, "Fay").refused(f"/v1/appeals/{appeal}/word", REJECT)[0] == 409
    shown = holder.get(f"/v1/appeals/{appeal}")
    assert [word["uphold"] for word in shown["words"]] == [True, True, False, True]
    assert {word["person"] for word in shown["words"]} == {None}


def approve(house: House, auditor: Inside) -> None:
    """One more auditor whom a draw can find."""
    assert house.crew is not None
    crews.approve_everybody(
        crews.Crew(house.sam, house.carl, {auditor.person: house.crew.auditors[auditor.person]}), house.now.date()
    )


def known_as(house: House, address: str, organisation: str, *roles: str) -> Inside:
    """A person with this mail address: the same one in another organisation is another row, with another token."""
    person = house.sam.post("/v1/people", {
        "organisation": organisation, "name": "D. Moreau", "email": address, "roles": list(roles)
    })["id"]  # fmt: skip
    expires = f"{house.now + 300 * DAY:%Y-%m-%dT%H:%M:%SZ}"
    wish = {"person": person, "organisation": organisation, "scopes": SCOPES, "expires": expires}
    token = str(house.sam.post("/v1/tokens", wish)["token"])
    return Inside("", "D. Moreau", token, house.web, person, organisation)


def test_who_acted_in_the_case_for_another_organisation_does_not_judge_the_appeal(latest: House) -> None:
    """The same human under two memberships: neither what they did nor whose they are is forgotten."""
    house, certificate = latest, latest.certified()
    first, second = house.firm("First Body", "certification_body"), house.firm("Second Body", "certification_body")
    braked = known_as(house, "d.moreau@example.org", first, "decider")
    braked.post(f"/v1/certificates/{certificate.number}/suspension", {"reason": "A call from the embassy."})
    house.drain()
    appeal = appealed(house, certificate, "suspend")
    again = known_as(house, "D.Moreau@example.org", second, "decider")
    status, words = again.refused(f"/v1/appeals/{appeal}/word", REJECT)
    assert (status, "asked for the suspension" in words) == (403, True)
    inspector = known_as(house, "ida@example.org", house.amina.organisation, "auditor")
    decides = known_as(house, "ida@example.org", second, "decider")
    assert inspector.person != decides.person
    status, words = decides.refused(f"/v1/appeals/{appeal}/word", REJECT)
    assert (status, "another organisation of yours is a party" in words) == (403, True)
    stranger = known_as(house, "elsewhere@example.org", second, "decider")
    assert judged(house, appeal, REJECT, stranger) is None


def test_the_same_human_is_not_two_judges(latest: House) -> None:
    """Nor is somebody the second one who also belongs to the organisation of the first."""
    house, certificate = latest, latest.certified()
    caught(house, certificate, deliberate=False)
    appeal = appealed(house, certificate, "suspend")
    first, second = house.firm("First Body", "certification_body"), house.firm("Second Body", "certification_body")
    assert judged(house, appeal, UPHOLD, known_as(house, "dora@example.org", first, "decider")) is None
    again = known_as(house, "dora@example.org", second, "decider")
    assert house.bea.get(f"/v1/appeals/{appeal}")["outcome"] is None
    assert "another person" in again.refused(f"/v1/appeals/{appeal}/word", UPHOLD)[1]
    third = house.firm("Third Body", "certification_body")
    known_as(house, "erik@example.org", first, "decider")
    assert judged(house, appeal, UPHOLD, known_as(house, "erik@example.org", second, "decider")) is None
    assert judged(house, appeal, UPHOLD, known_as(house, "fay@example.org", third, "decider")) == "upheld"


def test_two_memberships_of_one_human_are_known_by_the_address(latest: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: without the comparison the same human would be both judges."""
    house, certificate = latest, latest.certified()
    caught(house, certificate, deliberate=False)
    appeal = appealed(house, certificate, "suspend")
    monkeypatch.setattr(people, "same", lambda session, person: frozenset((person,)))
    bodies = [house.firm(f"{name} Body", "certification_body") for name in ("First", "Second")]
    both = [known_as(house, "dora@example.org", body, "decider") for body in bodies]
    assert judged(house, appeal, UPHOLD, *both) == "upheld"


def test_a_handler_who_dealt_with_the_alert_does_not_judge_the_appeal(latest: House) -> None:
    house, certificate = latest, latest.certified()
    audit = house.audit(certificate.site, [])
    alert = house.amina.post(f"/v1/audits/{audit}/alerts", {
        "provision": PASSPORTS, "reason": "Nine passports lay in the safe.",
        "seen_at": f"{house.now:%Y-%m-%dT%H:%M:%SZ}",
    })["id"]  # fmt: skip
    house.hana.post(f"/v1/alerts/{alert}/release", {"told": "By telephone."})
    house.drain()
    status, words = house.hana.refused(f"/v1/appeals/{appealed(house, certificate, 'suspend')}/word", REJECT)
    assert (status, "alert_released" in words) == (403, True)


def test_who_braked_does_not_judge_the_appeal(latest: House) -> None:
    house, certificate = latest, latest.certified()
    dora = outsider(house)
    dora.post(f"/v1/certificates/{certificate.number}/suspension", {"reason": "A call from the embassy."})
    house.drain()
    appeal = appealed(house, certificate, "suspend")
    status, words = dora.refused(f"/v1/appeals/{appeal}/word", REJECT)
    assert (status, "asked for the suspension" in words) == (403, True)


def test_an_appeal_won_against_a_suspension_stands_in_the_file_until_somebody_acts(latest: House) -> None:
    """It lifts nothing by itself; so holder and certification body read what has to be done, and the body is told."""
    house, certificate = latest, latest.certified()
    carla = {"organisation": house.carl.organisation, "name": "Carla", "email": "carla@example.org",
             "roles": ["decider"]}  # fmt: skip
    house.sam.post("/v1/people", carla)
    caught(house, certificate)
    file, why = f"/v1/applications/{certificate.application}", f"/v1/applications/{certificate.application}/lacking"
    assert house.bea.get(file)["appeals"] == house.bea.get(why)["appeals"] == []
    appeal = appealed(house, certificate, "suspend")
    (waits,) = house.bea.get(file)["appeals"]
    assert (waits["id"], waits["against"], waits["outcome"]) == (appeal, "suspend", None)
    assert "The decision stands meanwhile." in waits["follows"]
    assert judged(house, appeal, UPHOLD, outsider(house), house.sam) == "upheld"
    for reader in (house.bea, house.carl):
        (won,) = reader.get(why)["appeals"]
        assert (won["id"], won["outcome"]) == (appeal, "upheld")
        assert "takes back what the decision rests on" in won["follows"]
    assert certificate.standing == "suspended"  # no wrong "valid": an appeal changes no finding
    mail.deliver(house.world)
    letters = [message_from_bytes(path.read_bytes(), policy=policy.default)
               for path in (house.world.settings.data / "mail").glob("*.eml")]  # fmt: skip
    (told,) = [each for each in letters if each["Subject"] == "An appeal was upheld: act on it"]
    assert told["To"] == "carla@example.org"
    assert appeal in told.get_content()


def test_a_rejected_appeal_changes_nothing(latest: House) -> None:
    house, certificate = latest, latest.certified()
    revoked(house, certificate)
    appeal = appealed(house, certificate, "revoke")
    assert judged(house, appeal, REJECT, outsider(house), house.sam) == "rejected"
    application = applied_again(house, certificate)
    assert "I21" in lacking(house, application)
    batch = {"successor": certificate.number, "reason": "Won."}
    assert house.carl.refused("/v1/batches/1/rebinding", batch)[0] == 404  # no label was ever made
    assert certificate.standing == "revoked"


def test_notices_and_appeals_of_others_do_not_exist(latest: House) -> None:
    house, certificate = latest, latest.certified()
    caught(house, certificate, deliberate=False)
    notice = notices(house, certificate.application)["suspend"]["id"]
    appeal = appealed(house, certificate, "suspend")
    for place in (f"/v1/notices/{notice}", f"/v1/appeals/{appeal}"):
        assert house.otto.refused(place)[0] == 404
    for place, body in ((f"/v1/notices/{notice}/appeal", ARGUMENT), (f"/v1/notices/{notice}/customers-told", {})):
        assert house.otto.refused(place, body)[0] == 404
    assert house.otto.refused(f"/v1/appeals/{appeal}/word", REJECT)[0] in (403, 404)
    assert house.otto.refused(f"/v1/applications/{certificate.application}/panel")[0] == 404
    assert house.otto.get("/v1/notices")["items"] == house.otto.get("/v1/appeals")["items"] == []
    assert house.amina.refused(f"/v1/notices/{notice}")[0] == 404


# --------------------------------------------------------------------------------- won against a revocation


def applied_again(house: House, certificate: Certified) -> str:
    """The finding closed by another team, a new whole audit, and a new application for the same product."""
    house.later(20 * DAY)
    answer = {"provision": PASSPORTS, "result": "conformance"}
    house.submit(house.audit(certificate.site, [answer], kind="priority_closure", by=house.noor), by=house.noor)
    house.drain()
    house.later(DAY, nightly=True)
    assert house.crew is not None
    crews.audited(house.crew, certificate.site, "initial", house.now, among=[house.noor.person])
    again = {"name": "Shirt", "model": "S1", "yearly_units": 1_000_000, "former": certificate.product}
    application = scene.applied(house.people(), [certificate.site], products=[again])
    house.drain()
    house.accept(application)
    return application


def lacking(house: House, application: str) -> list[str]:
    return [each["clause"] for each in house.bea.get(f"/v1/applications/{application}/lacking")["unmet"]]


def test_an_appeal_won_lifts_the_waiting_time_and_two_people_make_the_old_label_green(
    latest_everywhere: House,
) -> None:
    house = latest_everywhere
    certificate = house.certified()
    house.later(10 * DAY)
    label = certificate.label(days=300)
    revoked(house, certificate)
    assert (house.scan(label)["code"], house.scan(label)["colour"]) == ("REVOKED", "red")
    appeal = appealed(house, certificate, "revoke")
    assert certificate.standing == "revoked"  # no stay
    wish = {"successor": certificate.number, "reason": "The appeal was won."}
    assert house.carl.refused("/v1/batches/1/rebinding", wish)[0] == 409  # nothing is won yet
    assert judged(house, appeal, UPHOLD, outsider(house), house.sam) == "upheld"
    assert certificate.standing == "revoked"  # there is no event that turns it back
    assert house.scan(label)["code"] == "REVOKED"

    application = applied_again(house, certificate)
    successor = Certified(
        house, application, scene.certificate(house.people(), application), certificate.site, f"{application}-1"
    )
    assert successor.standing == "active"
    products = [house.bea.get(f"/v1/certificates/{number}")["products"][0] for number in
                (certificate.number, successor.number)]  # fmt: skip
    assert products[0]["url"] == products[1]["url"]  # the same product to whoever scans it
    assert house.scan(label)["code"] == "REVOKED"

    rebind, wish = "/v1/batches/1/rebinding", {"successor": successor.number, "reason": "The appeal was won."}
    assert house.bea.refused(rebind, wish)[0] in (403, 404)
    assert house.otto.refused(rebind, wish)[0] in (403, 404)
    assert house.carl.refused(f"{rebind}/confirmation", {})[0] == 404  # nobody asked
    known_as(house, "b@example.org", house.bea.organisation, "manager")
    assert known_as(house, "B@example.org", house.carl.organisation, "decider").refused(rebind, wish)[0] == 403
    known_as(house, "v@example.org", house.carl.organisation, "decider").post(rebind, wish)
    other = known_as(house, "V@example.org", house.sam.organisation, "scheme_manager")
    assert other.refused(f"{rebind}/confirmation", {})[0] == 403  # the same human
    house.carl.post(rebind, wish)  # instead of the one before
    assert other.refused(f"{rebind}/confirmation", {})[0] == 403  # a colleague of his under another membership
    house.drain()
    assert house.scan(label)["code"] == "REVOKED"  # one person's word turns nothing green
    assert house.carl.refused(f"{rebind}/confirmation", {})[0] == 403
    assert house.another("Carla", house.carl.organisation, "decider").refused(f"{rebind}/confirmation", {})[0] == 403
    bound = house.sam.post(f"{rebind}/confirmation", {})
    assert (bound["successor"], bool(bound["confirmed_at"])) == (successor.number, True)
    house.drain()
    verdict = house.scan(label)
    assert (verdict["code"], verdict["colour"], verdict["certificate"]["number"]) == (
        "VALID", "green", successor.number,
    )  # fmt: skip
    assert house.offline(label, house.bundle(), "in") == verdict
    assert house.sam.refused(f"{rebind}/confirmation", {})[0] == 409
    assert house.carl.refused(rebind, wish)[0] == 409
    events = house.anybody.get(f"/certificates/{certificate.number}/events.json")["events"]
    last = open_leaf(events[-1]["leaf"], house.keys())
    assert (last.t, last.batch, last.next) == ("labels.rebound", 1, successor.number)
    assert "appeal" not in json.dumps(events)
    # The successor answers for it from now on, also when it falls.
    house.carl.post(f"/v1/certificates/{successor.number}/suspension", {"reason": "A call from the embassy."})
    house.drain()
    assert house.scan(label)["code"] == "SUSPENDED"


def test_a_batch_is_bound_to_no_other_holder_site_or_standing(latest: House) -> None:
    house, certificate = latest, latest.certified()
    house.later(DAY)
    label = certificate.label(days=300)
    revoked(house, certificate)
    appeal = appealed(house, certificate, "revoke")
    assert judged(house, appeal, UPHOLD, outsider(house), house.sam) == "upheld"
    otto, _ = house.apply(house.otto)
    house.accept(otto)
    theirs = scene.certificate(house.people(house.otto), otto)
    other = house.certified()  # of Bea, for another factory
    for number, status, words in (
        (theirs, 422, "another holder's"), (other.number, 422, "site of batch 1"),
        (certificate.number, 409, "must be in force"),
    ):  # fmt: skip
        assert_refused(house.carl, {"successor": number, "reason": "Won."}, status, words)
    sound = other.label()
    assert_refused(house.carl, {"successor": other.number, "reason": "Mine."}, 409, "only after an appeal", batch=2)
    assert house.carl.refused("/v1/batches/9/rebinding", {"successor": other.number, "reason": "Won."})[0] == 404
    house.drain()
    assert (house.scan(label)["code"], house.scan(sound)["code"]) == ("REVOKED", "VALID")


def assert_refused(person: Inside, wish: Json, status: int, words: str, batch: int = 1) -> None:
    refused, said = person.refused(f"/v1/batches/{batch}/rebinding", wish)
    assert (refused, words in said) == (status, True), said
