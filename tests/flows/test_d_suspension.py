"""Journey D, first half: a priority finding stops everything at once; and how people let go again."""

from datetime import timedelta

from ground.outbox import stuck
from tests.flows.house import PASSPORTS, Certified, House, conforming, passports

MINUTE = timedelta(minutes=1)


def found(house: House, certificate: Certified, *, deliberate: bool = False) -> str:
    """Amina opens the manager's safe; the finding is filed, and nothing else has happened yet. The audit."""
    return house.audit(certificate.site, [passports(deliberate=deliberate)])


def test_a_priority_finding_stops_labels_and_scans_at_once(house: House) -> None:
    certificate = house.certified()
    label = certificate.label()
    house.later(MINUTE)
    before = house.bundle()
    found(house, certificate)
    assert house.scan(label)["code"] == "VALID"  # filed, and the jobs have not run
    house.drain()

    verdict = house.scan(label)
    assert (verdict["code"], verdict["colour"]) == ("SUSPENDED", "amber")
    assert (verdict["label"]["state"], verdict["certificate"]["in_force"]) == ("issued", "not_in_force")
    assert house.bits(certificate.number) == {"revocation": False, "suspension": True}
    entry = certificate.entry
    assert (entry["standing"], entry["may_mint"]) == ("suspended", False)
    assert house.bea.refused("/v1/orders", certificate.wish(1))[0] == 409
    assert house.offline(label, house.bundle(), "in") == verdict

    # Who has only the old bundle cannot know: its lists are genuine and less than 48 hours old. The answer says how
    # old they are, and when they have run out it says nothing good any more.
    house.later(MINUTE)
    old = house.offline(label, before)
    assert (old["code"], old["status_age_s"] >= 60) == ("VALID", True)
    assert house.offline(label, before, at=house.now + timedelta(hours=48))["code"] == "CANNOT_CONFIRM"


def test_nothing_public_tells_what_was_found(house: House) -> None:
    certificate = house.certified()
    label = certificate.label()
    found(house, certificate)
    house.drain()
    page = house.anybody.fetch(f"/{label}", accept="text/html").body.decode()
    public = [house.bundle().decode(), page, house.scan_bytes(label).decode(), str(certificate.entry)]
    for text in public:
        assert not any(word in text for word in ("assport", "manager's safe", PASSPORTS, "fnd_", "aud_"))


def test_queued_orders_stop_with_the_certificate(house: House) -> None:
    """One waits for the label key, one is prepared and waits for the event key: neither is minted afterwards."""
    certificate = house.certified()
    label = certificate.label()
    accepted = certificate.order(5)
    with house.without_key("label"):
        house.drain()
    prepared = certificate.order(6)
    with house.without_key("event"):
        house.drain()
    assert (certificate.order_state(accepted), certificate.order_state(prepared)) == ("accepted", "prepared")
    found(house, certificate)
    house.drain()
    for order in (accepted, prepared):
        shown = house.bea.get(f"/v1/orders/{order}")
        assert (shown["state"], shown["files"], shown["batch"]) == ("stopped", [], None)
        assert "suspended" in shown["stopped_because"]
    house.later(timedelta(hours=1))
    house.drain()  # what was to be tried again finds the orders stopped
    assert {certificate.order_state(order) for order in (accepted, prepared)} == {"stopped"}
    assert house.anybody.refused("/batches/2.json")[0] == 404
    assert house.scan(label)["code"] == "SUSPENDED"
    with house.world.db.read() as session:
        assert stuck(session) == []


def test_a_finding_lands_while_the_key_is_away_and_the_suspension_follows(house: House) -> None:
    certificate = house.certified()
    label = certificate.label()
    with house.without_key("event"):
        found(house, certificate)
        (finding,) = house.bea.get(f"/v1/findings?site={certificate.site}")["items"]
        assert finding["severity"] == "priority"
        assert house.drain().failed == 1
        house.later_without_signing(timedelta(minutes=30))
        for _ in range(10):  # far more often than anything else would be tried
            house.drain()
            house.later_without_signing(timedelta(minutes=10))
        assert certificate.standing == "active"
        with house.world.db.read() as session:
            (waiting,) = stuck(session)  # the alarm
        assert (waiting.state, waiting.handler) == ("waiting", "certify.consider")
        assert "key file" in waiting.error
    house.later_without_signing(timedelta(minutes=10))
    house.drain()
    assert certificate.standing == "suspended"
    assert house.scan(label)["code"] == "SUSPENDED"
    with house.world.db.read() as session:
        assert stuck(session) == []


def closed_by_another_team(house: House, certificate: Certified, surveillance: str) -> None:
    """The report is submitted, and ten days later Noor goes back on site and finds the passports handed back."""
    house.submit(surveillance)
    house.later(timedelta(days=10))
    answer = {"provision": PASSPORTS, "result": "conformance", "affected": 0, "sampled": 20}
    visit = house.audit(certificate.site, [answer], kind="priority_closure", by=house.noor)
    house.submit(visit, by=house.noor)
    house.drain()


def test_letting_go_takes_a_re_entry_audit_and_two_people_of_different_organisations(house: House) -> None:
    certificate = house.certified()
    label = certificate.label()
    surveillance = found(house, certificate)
    house.drain()
    confirmations = f"/v1/certificates/{certificate.number}/confirmations"
    carla = house.another("Carla", house.carl.organisation, "decider")

    def unmet() -> set[str]:
        house.drain()
        assert certificate.standing == "suspended"
        return set(house.decision(certificate.application)["unmet"])

    closed_by_another_team(house, certificate, surveillance)
    assert {"I4", "R3"} <= unmet()
    assert "R2" not in unmet()
    house.accept(certificate.application)
    assert "R3" in unmet()
    house.carl.post(confirmations, {"act": "reinstate"})  # the one who accepted
    assert "R3" in unmet()
    carla.post(confirmations, {"act": "reinstate"})  # another person, the same organisation
    assert "R3" in unmet()
    assert house.bea.refused(confirmations, {"act": "reinstate"})[0] in (403, 404)  # the holder is no judge of its own
    assert house.carl.refused(confirmations, {"act": "reinstate"})[0] == 409  # nobody counts twice
    house.sam.post(confirmations, {"act": "reinstate"})
    house.drain()
    assert certificate.standing == "active"
    assert house.scan(label)["code"] == "VALID"
    assert house.bits(certificate.number) == {"revocation": False, "suspension": False}
    assert house.scan(certificate.label())["code"] == "VALID"


def test_two_people_alone_do_not_lift_a_brake_without_a_visit(house: House) -> None:
    certificate = house.certified()
    brake = {"reason": "A call from the embassy."}
    assert house.bea.refused(f"/v1/certificates/{certificate.number}/suspension", brake)[0] in (403, 404)
    house.carl.post(f"/v1/certificates/{certificate.number}/suspension", brake)
    house.drain()
    house.later(timedelta(days=2))
    house.sam.post(f"/v1/certificates/{certificate.number}/confirmations", {"act": "reinstate"})
    house.accept(certificate.application)
    assert certificate.standing == "suspended"
    assert "R2" in house.decision(certificate.application)["unmet"]

    house.later(MINUTE)
    house.submit(house.audit(certificate.site, conforming()))
    house.drain()
    house.accept(certificate.application)
    assert certificate.standing == "suspended"  # Sam's word is from before the report
    assert "R3" in house.decision(certificate.application)["unmet"]
    house.sam.post(f"/v1/certificates/{certificate.number}/confirmations", {"act": "reinstate"})
    house.drain()
    assert certificate.standing == "active"
