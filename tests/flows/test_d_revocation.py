"""Journey D, second half: a proposed revocation and its three ways to become final; and giving a certificate back."""

from datetime import timedelta

import pytest

from certify.events import fold, open_leaf
from tests.flows.house import Certified, House, passports

REPLY = timedelta(days=30)
TEN_DAYS = timedelta(days=10)


@pytest.fixture
def certificate(house: House) -> Certified:
    return house.certified()


def proposed(house: House, certificate: Certified) -> str:
    """Ten days after the audit the passports were taken away on purpose: suspended, and revocation is proposed."""
    house.later(TEN_DAYS)
    late = certificate.label()
    house.audit(certificate.site, [passports(deliberate=True)])
    house.drain()
    entry = certificate.entry
    assert (entry["standing"], entry["revocation"]["waived_at"]) == ("suspended", None)
    assert house.scan(late)["code"] == "SUSPENDED"
    return late


def test_a_waived_reply_makes_the_revocation_final(house: House, certificate: Certified) -> None:
    """Red for what was minted since the last clean audit, amber for what was minted on its day."""
    early = certificate.label()
    late = proposed(house, certificate)
    waiver = f"/v1/certificates/{certificate.number}/reply-waiver"
    assert house.otto.refused(waiver, {})[0] == 404
    house.bea.post(waiver, {})
    house.drain()
    assert certificate.standing == "revoked"
    assert [(house.scan(label)["code"], house.scan(label)["colour"]) for label in (late, early)] == [
        ("REVOKED", "red"), ("REVOKED_LATER", "amber"),
    ]  # fmt: skip
    bundle = house.bundle()
    assert [house.offline(label, bundle)["code"] for label in (late, early)] == ["REVOKED", "REVOKED_LATER"]
    assert house.bits(certificate.number) == {"revocation": True, "suspension": False}
    told = house.anybody.get(f"/certificates/{certificate.number}/events.json")["events"]
    leaves = [open_leaf(event["leaf"], house.keys()) for event in told]
    assert [leaf.t for leaf in leaves if leaf.t.startswith("cert.")] == [
        "cert.issued", "cert.suspended", "cert.revoked",
    ]  # fmt: skip
    standing = fold(leaves, house.now)
    assert standing is not None
    assert standing.state == "revoked"


def test_nothing_leads_back_from_revoked(house: House, certificate: Certified) -> None:
    proposed(house, certificate)
    number = certificate.number
    house.bea.post(f"/v1/certificates/{number}/reply-waiver", {})
    house.drain()
    for person, act, body in (
        (house.sam, "confirmations", {"act": "reinstate"}), (house.carl, "suspension", {"reason": "Again."}),
        (house.bea, "withdrawal", {}), (house.bea, "reply", {"text": "But."}), (house.bea, "reply-waiver", {}),
    ):  # fmt: skip
        assert person.refused(f"/v1/certificates/{number}/{act}", body)[0] == 409
    house.later(timedelta(days=400), nightly=True)
    assert certificate_is(house, number) == "revoked"


def certificate_is(house: House, number: str) -> str:
    """The standing as the published leaves say it."""
    told = house.anybody.get(f"/certificates/{number}/events.json")["events"]
    standing = fold([open_leaf(event["leaf"], house.keys()) for event in told], house.now)
    assert standing is not None
    return standing.state


def test_the_time_for_a_reply_passes_unanswered(house: House, certificate: Certified) -> None:
    label = proposed(house, certificate)
    house.later(REPLY, nightly=True)
    assert certificate.standing == "suspended"  # the last moment is still the holder's
    house.later(timedelta(seconds=1), nightly=True)
    assert certificate.standing == "revoked"
    assert house.scan(label)["code"] == "REVOKED"


def test_after_a_reply_two_people_of_different_organisations_decide(house: House, certificate: Certified) -> None:
    label = proposed(house, certificate)
    house.bea.post(f"/v1/certificates/{certificate.number}/reply", {"text": "It was one foreman, and he is gone."})
    house.later(2 * REPLY, nightly=True)
    assert certificate.standing == "suspended"
    confirmations = f"/v1/certificates/{certificate.number}/confirmations"
    house.carl.post(confirmations, {"act": "revoke"})
    house.another("Carla", house.carl.organisation, "decider").post(confirmations, {"act": "revoke"})
    house.drain()
    assert certificate.standing == "suspended"
    house.sam.post(confirmations, {"act": "revoke"})
    house.drain()
    assert certificate.standing == "revoked"
    assert house.scan(label)["code"] == "REVOKED"


def test_a_certificate_that_was_given_back(house: House, certificate: Certified) -> None:
    label = certificate.label()
    withdrawal = f"/v1/certificates/{certificate.number}/withdrawal"
    assert house.otto.refused(withdrawal, {})[0] == 404
    assert house.carl.refused(withdrawal, {})[0] == 403
    house.bea.post(withdrawal, {})
    house.drain()
    assert certificate.standing == "withdrawn"
    assert (house.scan(label)["code"], house.scan(label)["colour"]) == ("WITHDRAWN", "amber")
    assert house.bits(certificate.number) == {"revocation": True, "suspension": False}
    assert house.bea.refused("/v1/orders", certificate.wish(1))[0] == 409


def test_nobody_leaves_by_withdrawal_while_a_revocation_is_proposed(house: House, certificate: Certified) -> None:
    proposed(house, certificate)
    house.bea.post(f"/v1/certificates/{certificate.number}/withdrawal", {})
    house.later(REPLY + timedelta(seconds=1), nightly=True)
    assert certificate.standing == "revoked"
