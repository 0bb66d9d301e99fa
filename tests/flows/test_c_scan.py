"""Journey C: a scan over HTTP and the offline verifier on the same moment's bundle, byte for byte."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from ground.canonical import instant
from labels.payload import Label, day_number, parse, seal_range
from labels.service import batch_key
from labels.tables import Batch
from tests.flows.house import Certified, House
from verify.codes import NEVER_ESTABLISHED


@pytest.fixture
def certificate(house: House) -> Certified:
    return house.certified()


def test_the_command_line_prints_the_bytes_of_the_scan(house: House, certificate: Certified, tmp_path: Path) -> None:
    digits = certificate.label()
    house.later(timedelta(hours=3))
    online, bundle = house.scan_bytes(digits), house.bundle()
    asked = json.loads(online)
    assert (asked["code"], asked["at"]) == ("VALID", instant(house.now))
    printed = house.command_line(tmp_path, digits, bundle, "--at", asked["at"], "--membership", "in")
    assert printed == online

    address = f"{house.world.settings.label_prefix}{digits}"  # as good as its digits
    bare = json.loads(house.command_line(tmp_path, address, bundle, "--at", asked["at"]))
    assert (bare["code"], bare["label"]["membership"]) == ("VALID", "unknown")
    assert bare["not_established"] == [*asked["not_established"], "MEMBERSHIP_NOT_CHECKED"]
    differing = {key for key in asked if asked[key] != bare[key]}
    assert differing == {"label", "not_established"}
    assert {key for key in asked["label"] if asked["label"][key] != bare["label"][key]} == {"membership"}


def test_one_other_digit_is_a_broken_signature(house: House, certificate: Certified, tmp_path: Path) -> None:
    digits = certificate.label()
    changed = digits[:-1] + str((int(digits[-1]) + 1) % 10)
    verdict = house.scan(changed)
    assert (verdict["code"], verdict["colour"], verdict["label"]["state"]) == ("BAD_SIGNATURE", "red", "not_issued")
    assert (verdict["label"]["item"], verdict["certificate"]["number"]) == (None, None)
    printed = house.command_line(tmp_path, changed, house.bundle(), "--at", verdict["at"])
    assert printed == house.scan_bytes(changed)


def test_a_code_typed_by_hand_exists_and_is_never_green(house: House, certificate: Certified) -> None:
    digits = certificate.label()
    label = parse(digits)
    assert isinstance(label, Label)
    verdict = house.scan(label.human)
    assert (verdict["code"], verdict["colour"], verdict["next_step"]) == ("TYPED_CODE", "grey", "SCAN_QR")
    assert verdict == house.scan(label.human.lower().replace("-", ""))
    assert house.offline(label.human, house.bundle())["code"] == "CANNOT_CONFIRM"  # nobody can tell that it exists
    assert house.offline(label.human, house.bundle(), "in") == verdict


def test_a_number_that_was_never_printed_is_not_registered(house: House, certificate: Certified) -> None:
    """Signed with our key, at a print house, say: only the scan server knows that the count ends before it."""
    certificate.labels(2)
    forged = next_label(house)
    verdict = house.scan(forged)
    assert (verdict["code"], verdict["label"]["membership"]) == ("NOT_REGISTERED", "out")
    alone = house.offline(forged, house.bundle())
    assert (alone["code"], alone["label"]["membership"]) == ("VALID", "unknown")
    assert "MEMBERSHIP_NOT_CHECKED" in alone["not_established"]


def next_label(house: House) -> str:
    """A label of batch 1 with the index behind the last one, signed with the label key."""
    with house.world.db.read() as session:
        batch = session.get_one(Batch, 1)
    key, signer = batch_key(house.world.keyring, batch), house.world.keyring.signer("label")
    span = range(batch.count, batch.count + 1)
    ((_, _, digits),) = seal_range(key, 1, span, day_number(batch.use_by), signer, None)
    return digits


def test_what_is_no_label_is_a_verdict_too(house: House, certificate: Certified) -> None:
    bundle = house.bundle()
    for text in ("0" * 187, "7" * 186, "ABCDE-FGHJK-MNPQ0"):
        answer = house.anybody.fetch(f"/{text}")
        assert (answer.status, json.loads(answer.body)["code"]) == (200, "MALFORMED")
        assert house.offline(text, bundle) == json.loads(answer.body)


def test_an_answer_says_what_it_does_not_establish_and_tells_label_and_certificate_apart(
    house: House, certificate: Certified
) -> None:
    digits = certificate.label()
    verdict = house.scan(digits)
    assert verdict["not_established"] == [*NEVER_ESTABLISHED]
    assert verdict["cautions"] == ["NOT_WITNESSED"]
    page = house.anybody.fetch(f"/{digits}", accept="text/html,application/xhtml+xml").body.decode()
    assert "issued by us" in page
    assert "in force" in page
    assert "Amina" not in page


def test_a_shelf_that_nobody_signs_again_confirms_nothing_after_two_days(house: House, certificate: Certified) -> None:
    digits, bundle = certificate.label(), house.bundle()
    two_days = house.now + timedelta(hours=48)
    assert house.offline(digits, bundle, at=two_days - timedelta(seconds=1))["code"] == "VALID"
    late = house.offline(digits, bundle, at=two_days)
    assert (late["code"], late["colour"]) == ("CANNOT_CONFIRM", "grey")
    assert {"REVOCATION_LIST_EXPIRED", "SUSPENSION_LIST_EXPIRED"} <= set(late["not_established"])
