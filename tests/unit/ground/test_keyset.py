"""keys.json: signed by the pinned roots, each key for one purpose, and no other shape."""

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ground.canonical import jcs
from ground.errors import Malformed
from ground.keyset import MAX_BYTES, Key, KeySet, build_keyset, open_keyset, parse_keyset, threshold
from ground.signing import SeedSigner, document_message, multikey

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
ROOTS = [SeedSigner.from_seed(bytes([n]) * 32) for n in range(1, 4)]
PINNED = [root.public for root in ROOTS]
EVENT, LABEL, STOLEN = (SeedSigner.from_seed(bytes([n]) * 32) for n in range(11, 14))
KEYS = [
    Key(EVENT.kid, EVENT.public, "event", NOW, None, "active"),
    Key(LABEL.kid, LABEL.public, "label", NOW, None, "active"),
    Key(STOLEN.kid, STOLEN.public, "label", NOW - timedelta(days=9), NOW, "compromised", 12),
]


def built(roots: list[SeedSigner] = ROOTS) -> dict[str, Any]:
    return build_keyset(3, NOW + timedelta(days=90), KEYS, roots)


def signed(document: dict[str, Any]) -> dict[str, Any]:
    """The document signed anew by all roots: so that only its shape can be at fault."""
    message = document_message("keys", document)
    return {**document, "signatures": [{"kid": root.kid, "sig": root.sign(message).hex()} for root in ROOTS]}


def test_a_key_set_is_read_back() -> None:
    found = open_keyset(built(), PINNED)
    assert isinstance(found, KeySet)
    assert list(found.keys.values()) == KEYS
    assert (found.version, found.expires) == (3, NOW + timedelta(days=90))
    assert found.document == built()
    assert parse_keyset(jcs(built()), PINNED) == found


def test_it_is_fresh_until_it_expires() -> None:
    found = open_keyset(built(), PINNED)
    assert found.fresh(found.expires - timedelta(seconds=1))
    assert not found.fresh(found.expires)


@pytest.mark.parametrize(("roots", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (9, 5)])
def test_the_threshold(roots: int, needed: int) -> None:
    assert threshold(roots) == needed


@pytest.mark.parametrize(
    ("signers", "enough"), [([0, 1, 2], True), ([0, 2], True), ([2, 1], True), ([1], False), ([], False)]
)
def test_two_of_three_roots_must_sign(signers: list[int], enough: bool) -> None:
    document = built([ROOTS[n] for n in signers])
    if enough:
        open_keyset(document, PINNED)
    else:
        with pytest.raises(Malformed, match="of 2 pinned roots"):
            open_keyset(document, PINNED)


def test_one_root_signing_twice_is_one_signature() -> None:
    with pytest.raises(Malformed, match="1 of 2"):
        open_keyset(built([ROOTS[0], ROOTS[0]]), PINNED)


def test_the_same_root_pinned_twice_is_one_root() -> None:
    open_keyset(built([ROOTS[0]]), [PINNED[0], PINNED[0]])


def test_roots_that_are_not_pinned_do_not_count() -> None:
    strangers = [SeedSigner.from_seed(bytes([n]) * 32) for n in range(21, 24)]
    with pytest.raises(Malformed):
        open_keyset(built(strangers), PINNED)
    open_keyset(built([*strangers, ROOTS[0], ROOTS[1]]), PINNED)
    with pytest.raises(Malformed, match="no root key"):
        open_keyset(built(), [])


def change(path: list[Any], value: Any) -> Callable[[dict[str, Any]], None]:
    def do(document: dict[str, Any]) -> None:
        target: Any = document
        for part in path[:-1]:
            target = target[part]
        target[path[-1]] = value

    return do


def drop(path: list[Any]) -> Callable[[dict[str, Any]], None]:
    def do(document: dict[str, Any]) -> None:
        target: Any = document
        for part in path[:-1]:
            target = target[part]
        del target[path[-1]]

    return do


CHANGES = {
    "version zero": change(["version"], 0),
    "version true": change(["version"], True),
    "version text": change(["version"], "3"),
    "expires local": change(["expires"], "2026-08-30T08:00:00+02:00"),
    "expires null": change(["expires"], None),
    "keys no list": change(["keys"], {}),
    "more": change(["more"], 1),
    "no version": drop(["version"]),
    "key more": change(["keys", 0, "more"], 1),
    "key without s": drop(["keys", 0, "s"]),
    "key null": change(["keys", 0], None),
    "key twice": lambda document: document["keys"].append(copy.deepcopy(document["keys"][0])),
    "kid no multikey": change(["keys", 0, "kid"], "z6Mk"),
    "kid small order": change(["keys", 0, "kid"], multikey(bytes(32))),
    "purpose root": change(["keys", 0, "purpose"], "root"),
    "purpose null": change(["keys", 0, "purpose"], None),
    "purpose list": change(["keys", 0, "purpose"], []),
    "state": change(["keys", 0, "state"], "revoked"),
    "from null": change(["keys", 0, "from"], None),
    "until number": change(["keys", 0, "until"], 7),
    "s without compromise": change(["keys", 0, "s"], 3),
    "compromise without s": change(["keys", 2, "s"], None),
    "s negative": change(["keys", 2, "s"], -1),
    "s true": change(["keys", 2, "s"], True),
    "s text": change(["keys", 2, "s"], "12"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_another_shape_is_refused_even_if_the_roots_signed_it(name: str) -> None:
    document = built()
    CHANGES[name](document)
    with pytest.raises(Malformed):
        open_keyset(signed(document), PINNED)


@pytest.mark.parametrize("name", ["version zero", "s without compromise", "state", "key twice"])
def test_any_change_breaks_the_signatures(name: str) -> None:
    document = built()
    CHANGES[name](document)
    with pytest.raises(Malformed, match="0 of 2"):
        open_keyset(document, PINNED)


@pytest.mark.parametrize(
    "signatures",
    [
        None,
        {},
        [1],
        [{"kid": ROOTS[0].kid}],
        [{"kid": [], "sig": ""}],
        [{"kid": ROOTS[0].kid, "sig": "zz"}],
        [{"kid": ROOTS[0].kid, "sig": "00" * 64, "more": 1}],
        [{"kid": "x", "sig": "00" * 64}] * 17,
    ],
)
def test_broken_signatures_are_refused(signatures: Any) -> None:
    with pytest.raises(Malformed):
        open_keyset({**built(), "signatures": signatures}, PINNED)


@pytest.mark.parametrize("document", [None, [], "x", 7, {}])
def test_only_an_object_is_a_key_set(document: Any) -> None:
    with pytest.raises(Malformed):
        open_keyset(document, PINNED)


def test_bytes_are_read_strictly_and_up_to_a_limit() -> None:
    text = json.dumps(built())
    with pytest.raises(Malformed, match="twice"):
        parse_keyset(text.replace('"version": 3', '"version": 2, "version": 3').encode(), PINNED)
    with pytest.raises(Malformed, match="allowed"):
        parse_keyset(b" " * (MAX_BYTES + 1), PINNED)


def test_a_key_is_found_for_its_own_purpose_only() -> None:
    found = open_keyset(built(), PINNED)
    assert found.find(EVENT.kid, "event") == KEYS[0]
    with pytest.raises(Malformed, match="cannot sign for label"):
        found.find(EVENT.kid, "label")
    unknown: list[Any] = ["z6MkUnknown", None, 7, []]
    for kid in unknown:
        with pytest.raises(Malformed, match="not a listed key"):
            found.find(kid, "event")
    assert found.of("label") == (KEYS[1], KEYS[2])
    assert found.of("log") == ()


def test_the_hint_is_the_first_byte_of_the_hash_of_the_key() -> None:
    import hashlib

    assert KEYS[1].hint == hashlib.sha256(LABEL.public).digest()[0]
