"""Manifests, void lists and member files: signed, strict, and telling neither key nor count."""

import hashlib
from datetime import UTC, date, datetime
from typing import Any

import pytest
from nacl.public import PrivateKey

from ground.canonical import digest, jcs
from ground.errors import Invalid, Malformed
from ground.keyset import Key, KeySet, Purpose
from ground.signing import SeedSigner, seal_document
from labels import manifest
from labels.serials import MAX_ITEM, permute

KEY = bytes(range(32))
EVENT, LABEL = (SeedSigner.from_seed(bytes([seed]) * 32) for seed in (1, 2))
SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def _listed(signer: SeedSigner, purpose: Purpose) -> Key:
    return Key(signer.kid, signer.public, purpose, SINCE, None, "active")


KEYS = KeySet(1, SINCE, {EVENT.kid: _listed(EVENT, "event"), LABEL.kid: _listed(LABEL, "label")}, {})


def _unsigned(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "batch": 12, "cert": "4Q7M0ZK1T9X", "site": "https://s.example/sites/a", "product": "https://s.example/p/1",
        "gtin": "09520123456788", "use_by": date(2027, 3, 31), "sell_by": date(2027, 9, 27), "label_key": LABEL.kid,
        "key": KEY, "count": 1000,
    }  # fmt: skip
    return manifest.build_manifest(**{**given, **changes})


def test_a_manifest_comes_back_as_it_was_sealed() -> None:
    document = manifest.seal_manifest(_unsigned(), EVENT)
    found = manifest.open_manifest(document, KEYS)
    assert (found.batch, found.cert, found.gtin) == (12, "4Q7M0ZK1T9X", "09520123456788")
    assert (found.use_by, found.sell_by, found.key, found.kid) == (
        date(2027, 3, 31), date(2027, 9, 27), LABEL.kid, EVENT.kid,
    )  # fmt: skip
    assert found.hash == digest(document)


def test_without_a_gtin_there_is_no_key_for_it() -> None:
    document = manifest.seal_manifest(_unsigned(gtin=None), EVENT)
    assert "gtin" not in document
    assert manifest.open_manifest(document, KEYS).gtin is None


def test_it_commits_to_key_and_count_and_tells_neither() -> None:
    document = _unsigned()
    assert document["ids"] == hashlib.sha256(b"freemark-batch-v1\0" + KEY).hexdigest()
    assert document["size"] == hashlib.sha256(b"freemark-count-v1\0" + KEY + (1000).to_bytes(8, "big")).hexdigest()
    assert KEY.hex() not in jcs(document).decode()
    assert 1000 not in document.values()
    found = manifest.open_manifest(manifest.seal_manifest(document, EVENT), KEYS)
    assert manifest.member_fits(found, KEY, 1000)
    assert not manifest.member_fits(found, KEY, 1001)
    assert not manifest.member_fits(found, bytes(32), 1000)


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2}, {"v": True}, {"batch": 0}, {"batch": 2**25}, {"batch": "12"}, {"batch": True}, {"cert": ""},
        {"site": 7}, {"product": "x" * 501}, {"gtin": "123"}, {"gtin": None}, {"use_by": "2027-3-31"},
        {"use_by": "2027-02-30"}, {"sell_by": "2027-03-30"}, {"key": "zabc"}, {"ids": "AB" * 32}, {"size": "ab"},
        {"lot": "7"}, {"count": 1000},
    ],
)  # fmt: skip
def test_a_manifest_of_another_form_is_malformed_though_signed(change: dict[str, Any]) -> None:
    document = seal_document("manifest", {**_unsigned(), **change}, EVENT)
    with pytest.raises(Malformed):
        manifest.open_manifest(document, KEYS)


@pytest.mark.parametrize("name", ["v", "batch", "cert", "site", "product", "use_by", "sell_by", "key", "ids", "size"])
def test_a_manifest_that_lacks_something_is_malformed(name: str) -> None:
    document = {key: value for key, value in _unsigned().items() if key != name}
    with pytest.raises(Malformed):
        manifest.open_manifest(seal_document("manifest", document, EVENT), KEYS)


@pytest.mark.parametrize("document", [None, [], "x", {}, {"v": 1}])
def test_other_json_is_malformed(document: Any) -> None:
    with pytest.raises(Malformed):
        manifest.open_manifest(document, KEYS)
    with pytest.raises(Malformed):
        manifest.open_void(document, KEYS)


def test_a_changed_manifest_or_one_of_another_key_or_kind_is_malformed() -> None:
    document = manifest.seal_manifest(_unsigned(), EVENT)
    stranger = SeedSigner.from_seed(bytes([9]) * 32)
    for forged in (
        {**document, "sell_by": "2029-09-27"},
        manifest.seal_manifest(_unsigned(), LABEL),  # a key, but of another purpose
        manifest.seal_manifest(_unsigned(), stranger),
        seal_document("void", _unsigned(), EVENT),  # the right key over another kind
    ):
        with pytest.raises(Malformed):
            manifest.open_manifest(forged, KEYS)


@pytest.mark.parametrize("batch", [0, 2**25])
def test_a_batch_number_that_cannot_be_sealed_is_refused(batch: int) -> None:
    with pytest.raises(Invalid):
        _unsigned(batch=batch)


def test_a_void_list_is_sorted_and_comes_back() -> None:
    document = manifest.seal_void(12, [30, 10, 20, 10], EVENT)
    assert document["items"] == [10, 20, 30]
    void = manifest.open_void(document, KEYS)
    assert void.holds(20)
    assert not void.holds(21)
    assert void.hash == digest(document)


def test_a_whole_batch_is_void_without_telling_its_items() -> None:
    document = manifest.seal_void(12, None, EVENT)
    assert document["all"] is True
    assert "items" not in document
    void = manifest.open_void(document, KEYS)
    assert void.items is None
    assert void.holds(7)


@pytest.mark.parametrize(
    "body",
    [
        {"items": []}, {"items": [2, 1]}, {"items": [1, 1]}, {"items": [-1]}, {"items": [MAX_ITEM + 1]},
        {"items": ["1"]}, {"items": [True]}, {"items": {}}, {"all": False}, {"all": 1}, {"all": True, "items": [1]}, {},
    ],
)  # fmt: skip
def test_a_void_list_of_another_form_is_malformed_though_signed(body: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        manifest.open_void(seal_document("void", {"v": 1, "batch": 12, **body}, EVENT), KEYS)


def test_a_forged_void_list_is_malformed() -> None:
    document = manifest.seal_void(12, [1], EVENT)
    with pytest.raises(Malformed):
        manifest.open_void({**document, "items": [1, 2]}, KEYS)
    with pytest.raises(Malformed):
        manifest.open_void(manifest.seal_void(12, [1], LABEL), KEYS)


def test_membership_is_the_index_below_the_count() -> None:
    assert manifest.membership(KEY, 10, permute(KEY, 9))
    assert not manifest.membership(KEY, 10, permute(KEY, 10))
    inside = sum(manifest.membership(KEY, 1000, item) for item in range(0, MAX_ITEM, MAX_ITEM // 5000))
    assert inside == 0  # guessing an item of a thousand among 2^45 is hopeless


def test_a_member_file_opens_for_the_scan_key_alone() -> None:
    scan = PrivateKey(bytes([5]) * 32)
    sealed = manifest.seal_member(KEY, 1000, bytes(scan.public_key))
    assert KEY not in sealed
    assert manifest.open_member(sealed, bytes(scan)) == (KEY, 1000)
    other = bytes([6]) * 32
    for data, private in ((sealed, other), (sealed[:-1], bytes(scan)), (b"", bytes(scan)), (sealed, b"short")):
        with pytest.raises(Malformed):
            manifest.open_member(data, private)
