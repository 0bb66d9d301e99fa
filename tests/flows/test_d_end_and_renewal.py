"""A certificate's life: renewed in time, its labels follow; or it ends, and its goods may be sold off for a while."""

from datetime import timedelta

from certify.events import open_leaf
from ground.canonical import end_of_day
from tests.flows.house import DAY, Certified, House, conforming

HALF_A_YEAR = timedelta(days=178)  # within the six months of a surveillance visit
IN_THE_WINDOW = timedelta(days=100)  # 278 days after the audit: 87 days before the end


def visited(house: House, certificate: Certified) -> None:
    """Half a year later everything is in order still; the report waits for its acceptance."""
    house.later(HALF_A_YEAR)
    house.submit(house.audit(certificate.site, conforming()))
    house.drain()


def test_a_renewal_hands_its_labels_on_to_the_successor(house: House) -> None:
    old = house.certified()
    label = old.label(days=400)
    ends = old.entry["valid_until"]
    visited(house, old)
    house.accept(old.application)
    assert old.successor().number == old.number  # accepted, but the window for renewal is not open yet
    house.later(IN_THE_WINDOW, nightly=True)

    new = old.successor()
    assert new.number != old.number
    assert (old.entry["standing"], old.entry["next"]) == ("superseded", new.number)
    assert (new.standing, new.entry["may_mint"]) == ("active", True)
    assert new.entry["valid_until"] > ends
    verdict = house.scan(label)
    assert (verdict["code"], verdict["certificate"]["number"]) == ("VALID", new.number)
    assert house.offline(label, house.bundle(), "in") == verdict
    assert house.bits(old.number) == house.bits(new.number) == {"revocation": False, "suspension": False}
    told = house.anybody.get(f"/certificates/{old.number}/events.json")["events"]
    last = open_leaf(told[-1]["leaf"], house.keys())
    assert (last.t, last.next, last.reason) == ("cert.superseded", new.number, "superseded")
    assert house.bea.refused("/v1/orders", old.wish(1))[0] == 409
    assert house.scan(new.label())["code"] == "VALID"
    assert house.bea.refused(f"/v1/certificates/{old.number}/withdrawal", {})[0] == 409


def test_a_suspended_successor_stops_the_old_labels_too(house: House) -> None:
    old = house.certified()
    label = old.label(days=400)
    visited(house, old)
    house.accept(old.application)
    house.later(IN_THE_WINDOW, nightly=True)
    new = old.successor()
    house.carl.post(f"/v1/certificates/{new.number}/suspension", {"reason": "A call from the embassy."})
    house.drain()
    verdict = house.scan(label)
    assert (verdict["code"], verdict["certificate"]["number"]) == ("SUSPENDED", new.number)


def test_an_ended_certificate_and_its_goods_on_the_shelf(house: House) -> None:
    """Nobody renews: green until the sell-by day of the batch is over, amber from then on."""
    certificate = house.certified()
    label, short = certificate.label(days=400), certificate.label(days=10)
    visited(house, certificate)
    audit_day = house.now.date() - HALF_A_YEAR
    end = end_of_day(audit_day.replace(year=audit_day.year + 1))
    house.later(end - house.now - timedelta(seconds=1), nightly=True)
    assert house.scan(label)["code"] == "VALID"
    assert house.scan(short)["code"] == "VALID"  # the certificate stands; the batch's days are about putting labels on

    house.later(timedelta(seconds=1), nightly=True)
    ended = house.scan(label)
    assert (ended["code"], ended["colour"]) == ("LABELLED_UNDER_EXPIRED", "green")
    assert "WHEN_IT_WAS_LABELLED" in ended["not_established"]
    assert house.scan(short)["code"] == "EXPIRED"
    assert house.bits(certificate.number) == {"revocation": False, "suspension": False}
    leaves = house.anybody.get(f"/certificates/{certificate.number}/events.json")["events"]
    assert not any("expired" in event["leaf"]["t"] for event in leaves)  # it follows from `exp`

    house.later(180 * DAY - timedelta(seconds=1), nightly=True)
    assert house.scan(label)["code"] == "LABELLED_UNDER_EXPIRED"
    house.later(timedelta(seconds=1), nightly=True)
    last = house.scan(label)
    assert (last["code"], last["colour"]) == ("EXPIRED", "amber")
    assert house.offline(label, house.bundle(), "in") == last
