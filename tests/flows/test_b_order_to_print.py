"""Journey B: an order against a standing certificate, labels that a foreign reader reads, orders that get none."""

import csv
import io
import json

import pytest
import zxingcpp
from PIL import Image

from certify.events import open_leaf
from ground.canonical import digest
from labels.manifest import open_manifest
from tests.flows.house import House


def test_ordered_labels_are_sealed_printed_and_scan_as_valid(house: House) -> None:
    certificate = house.certified()
    order = certificate.order(12)
    assert certificate.order_state(order) == "accepted"
    house.drain()
    placed = house.bea.get(f"/v1/orders/{order}")
    assert (placed["state"], placed["printed"]) == ("ready", 12)
    assert {"labels.csv", "sheet.pdf", "job.json"} <= set(placed["files"])

    files = f"/v1/orders/{order}/files"
    picture = house.bea.fetch(f"{files}/label-3.png", accept="image/png").body
    (read,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
    address = house.world.settings.label_prefix
    assert read.text.startswith(address)
    rows = list(csv.DictReader(io.StringIO(house.bea.fetch(f"{files}/labels.csv", accept="*/*").body.decode())))
    assert len(rows) == 12
    assert rows[3]["url"] == read.text
    verdict = house.scan(read.text.removeprefix(address))
    assert (verdict["code"], verdict["label"]["state"], verdict["label"]["membership"]) == ("VALID", "issued", "in")
    assert (verdict["label"]["item"], verdict["certificate"]["number"]) == (rows[3]["human_code"], certificate.number)
    assert house.bea.fetch(f"{files}/sheet.pdf", accept="*/*").body.startswith(b"%PDF-")


def test_the_batch_stands_in_the_log_and_tells_no_quantity(house: House) -> None:
    certificate = house.certified()
    certificate.labels(7)
    keys = house.keys()
    document = house.anybody.get("/batches/1.json")
    assert open_manifest(document, keys).cert == certificate.number
    issued, sealed = house.anybody.get(f"/certificates/{certificate.number}/events.json")["events"]
    leaf = open_leaf(sealed["leaf"], keys)
    assert (leaf.t, leaf.batch, leaf.doc, leaf.seq) == ("labels.sealed", 1, digest(document), 1)
    assert leaf.prev == digest(issued["leaf"])
    assert not {"count", "quantity"} & set(document)
    assert 7 not in document.values()


@pytest.mark.parametrize(("before", "quantity"), [(0, 1_020_001), (3, 1_019_998)])
def test_an_order_over_the_quota_gets_nothing_and_names_the_numbers(house: House, before: int, quantity: int) -> None:
    """The quota is a million units and two percent for spoilage, less what was ordered before."""
    certificate = house.certified()
    if before:
        certificate.order(before)
    status, detail = house.bea.refused("/v1/orders", certificate.wish(quantity))
    assert status == 409
    for words in (f"{quantity} labels", f"{1_020_000 - before} left", "the quota is 1020000", f"{before} are ordered"):
        assert words in detail
    assert house.drain().failed == 0
    assert house.scan(certificate.label())["code"] == "VALID"  # what is left can be had


def test_a_suspended_certificate_takes_no_order(house: House) -> None:
    certificate = house.certified()
    label = certificate.label()
    house.carl.post(f"/v1/certificates/{certificate.number}/suspension", {"reason": "A call from the embassy."})
    house.drain()
    assert certificate.standing == "suspended"
    status, detail = house.bea.refused("/v1/orders", certificate.wish(5))
    assert status == 409
    assert "suspended" in detail
    assert "embassy" not in json.dumps(certificate.entry)  # the reason is for the scheme; the register's is neutral
    assert house.scan(label)["code"] == "SUSPENDED"


def test_voided_labels_say_so_and_their_neighbours_do_not(house: House) -> None:
    first, second, third = house.certified().labels(3)
    house.bea.post("/v1/batches/1/voids", {"first": 0, "last": 1, "reason": "The first sheet was misprinted."})
    house.drain()
    assert [house.scan(digits)["code"] for digits in (first, second, third)] == ["VOID", "VOID", "VALID"]
    assert house.offline(first, house.bundle())["code"] == "VOID"


def test_orders_files_and_batches_of_others_do_not_exist(house: House) -> None:
    certificate = house.certified()
    order = certificate.order(3)
    house.drain()
    assert house.otto.refused(f"/v1/orders/{order}")[0] == 404
    assert house.otto.refused(f"/v1/orders/{order}/files/labels.csv")[0] == 404
    assert house.otto.refused("/v1/orders", certificate.wish(1))[0] == 404
    assert house.otto.refused("/v1/batches/1/voids", {"all": True, "reason": "Mine."})[0] == 404
    assert house.sam.refused(f"/v1/orders/{order}/files/labels.csv")[0] == 403  # the scheme may look, and not print
