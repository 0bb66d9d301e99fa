"""Leaves: what they may say, who may sign them, how they hang together, and which may follow which."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify import events
from certify.events import (
    LEAF_KEYS,
    MAX_LEAF,
    REASONS,
    SHAPES,
    STATES,
    TRANSITIONS,
    EventType,
    check_chain,
    commitment,
    fold,
    newest,
    open_leaf,
    seal_leaf,
)
from ground.canonical import jcs, sha256
from ground.errors import Malformed
from ground.signing import seal_document
from tests.unit.certify.formats import DAY, NUMBER, OTHER, T0, H, chain, draft, history, key, keyset, signer

TYPES: tuple[EventType, ...] = get_args(EventType)
ALONE = [t for t in TYPES if not t.startswith(("cert.", "labels."))]


def sealed(document: dict[str, Any]) -> bytes:
    """A leaf as an attacker with an event key would write it: signed, whatever it says."""
    bare = {name: value for name, value in document.items() if name not in ("kid", "sig")}
    return jcs(seal_document("event", bare, signer("event")))


def issued() -> dict[str, Any]:
    return dict(chain(draft("cert.issued"))[0].document)


# --- one leaf ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("t", TYPES)
def test_every_type_is_sealed_and_read_back(t: EventType) -> None:
    of_certificate = t not in ALONE
    data = seal_leaf(draft(t), 3 if of_certificate else None, H if of_certificate else None, signer("event"))
    leaf = open_leaf(data, keyset())
    assert (leaf.t, leaf.at, leaf.data, leaf.hash) == (t, T0, data, sha256(data).hex())
    assert leaf.cert == (NUMBER if of_certificate else None)
    assert open_leaf(json.loads(data), keyset()) == leaf
    assert set(leaf.document) <= set(LEAF_KEYS)


def test_the_table_covers_exactly_the_types_and_knows_only_listed_keys() -> None:
    assert tuple(SHAPES) == TYPES
    for required, optional in SHAPES.values():
        assert required | optional <= set(LEAF_KEYS)
        assert not required & optional


@pytest.mark.parametrize("t", TYPES)
def test_a_leaf_with_any_key_missing_or_one_too_many_is_refused(t: EventType) -> None:
    of_certificate = t not in ALONE
    data = seal_leaf(draft(t), 3 if of_certificate else None, H if of_certificate else None, signer("event"))
    document = json.loads(data)
    for gone in set(document) - {"kid", "sig"} - SHAPES[t][1]:
        with pytest.raises(Malformed):
            open_leaf(sealed({name: value for name, value in document.items() if name != gone}), None)
    spare = {
        "nbf": "2026-01-01T00:00:00Z",
        "exp": "2027-01-01T00:00:00Z",
        "batch": 4,
        "next": OTHER,
        "cmt": H,
        "doc": H,
    }
    for name, value in {**spare, "rules": H, "reason": "unspecified", "seq": 1, "prev": H, "cert": NUMBER}.items():
        if name not in document and name not in SHAPES[t][1]:
            with pytest.raises(Malformed, match=f"has no {name}"):
                open_leaf(sealed({**document, name: value}), None)


@pytest.mark.parametrize("extra", ["name", "site", "note", "V", "", "count"])
def test_an_unknown_key_is_refused(extra: str) -> None:
    with pytest.raises(Malformed, match="has no"):
        open_leaf(sealed({**issued(), extra: "x"}), None)


WRONG: list[tuple[str, Any]] = [
    ("v", 2), ("v", True), ("v", 1.0), ("v", "1"),
    ("t", "cert.unrevoked"), ("t", None), ("t", ["cert.issued"]), ("t", "key.added"),
    ("at", "2026-03-02T09:00:00"), ("at", "2026-03-02T09:00:00+00:00"), ("at", "2026-02-30T09:00:00Z"), ("at", 5),
    ("cert", NUMBER.lower()), ("cert", NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1")), ("cert", ""), ("cert", None),
    ("seq", -1), ("seq", True), ("seq", False), ("seq", "0"), ("seq", 2**53), ("seq", 0.0),
    ("doc", H.upper()), ("doc", H[:-2]), ("doc", H + "00"), ("doc", "zz" * 32), ("doc", 7), ("doc", {}),
    ("rules", ""), ("cmt", ["a"]),
    ("exp", "2026-03-02T09:00:00Z"),  # not after nbf
    ("kid", "z6Mk"), ("kid", None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_value_out_of_its_range_is_refused(name: str, value: Any) -> None:
    document = {**issued(), name: value}
    with pytest.raises(Malformed):
        open_leaf(document, None)
    with pytest.raises(Malformed):
        open_leaf(json.dumps(document, sort_keys=True, separators=(",", ":")).encode(), None)


@pytest.mark.parametrize("batch", [0, -1, 2**25, True, "1", 1.0])
def test_a_batch_is_one_that_a_label_can_carry_and_never_the_specimens(batch: Any) -> None:
    leaf = chain(draft("cert.issued"), draft("labels.sealed"))[1]
    with pytest.raises(Malformed):
        open_leaf({**leaf.document, "batch": batch}, None)


def test_reasons_are_a_closed_list_without_free_text() -> None:
    for reason in REASONS:
        chain(draft("cert.issued"), draft("cert.suspended", reason=reason))
    for reason in ("passports were kept", "", None, 3, ["nonconformity"]):
        document = {**chain(draft("cert.issued"), draft("cert.suspended"))[1].document, "reason": reason}
        with pytest.raises(Malformed):
            open_leaf(document, None)


def test_a_certificate_does_not_follow_itself() -> None:
    with pytest.raises(Malformed, match="follow itself"):
        chain(draft("cert.issued"), draft("cert.superseded", next=NUMBER))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data + b"\n",
        lambda data: b" " + data,
        lambda data: data.replace(b'","', b'", "', 1),
        lambda data: data.replace(b"cert.issued", b"cert.\\u0069ssued"),
        lambda data: data.replace(b'"v":1', b'"v":1,"v":1'),
        lambda data: data[:-1],
        lambda data: b"[]",
        lambda data: b"",
        lambda data: b"\xff" + data,
        lambda data: b'{"a":' * 50 + b"1" + b"}" * 50,
        lambda data: data[:-1] + b" " * MAX_LEAF + b"}",
    ],
)
def test_bytes_that_are_not_the_one_canonical_spelling_are_refused(spoil: Any) -> None:
    with pytest.raises(Malformed):
        open_leaf(spoil(chain(draft("cert.issued"))[0].data), None)


@given(
    st.dictionaries(
        st.sampled_from(LEAF_KEYS) | st.text(max_size=4), st.none() | st.integers() | st.text() | st.floats()
    )
)
def test_any_object_at_all_is_refused_as_malformed_and_nothing_else(document: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        open_leaf(document, keyset())


def test_a_leaf_over_two_kibibytes_is_refused_however_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    leaf = chain(draft("cert.issued"))[0]
    monkeypatch.setattr(events, "MAX_LEAF", len(leaf.data) - 1)
    for data in (leaf.data, leaf.document):
        with pytest.raises(Malformed, match="bytes"):
            open_leaf(data, None)


def test_sealing_refuses_what_opening_would_refuse() -> None:
    with pytest.raises(Malformed, match="lacks doc"):
        seal_leaf(replace(draft("labels.sealed"), doc=None), 1, H, signer("event"))
    with pytest.raises(Malformed, match="lacks prev"):
        seal_leaf(draft("cert.suspended"), 1, None, signer("event"))
    with pytest.raises(Malformed, match="has no prev"):
        seal_leaf(draft("cert.issued"), 0, H, signer("event"))
    with pytest.raises(Malformed, match="has no seq"):
        seal_leaf(draft("evidence.root"), 1, None, signer("event"))


def test_the_longest_leaf_is_well_below_two_kibibytes() -> None:
    longest = max((seal_leaf(draft("cert.issued"), 0, None, signer("event")), seal_leaf(
        draft("cert.revoked", nbf=T0, rules=H, cmt=H), 10**6, H, signer("event"))), key=len)  # fmt: skip
    assert len(longest) < MAX_LEAF // 2


# --- who signed it ----------------------------------------------------------------------------------------------------


def test_a_changed_leaf_is_refused() -> None:
    leaf = chain(draft("cert.issued"))[0]
    for name, value in {"doc": "cd" * 32, "exp": "2030-01-01T00:00:00Z", "cert": OTHER, "sig": "00" * 64}.items():
        with pytest.raises(Malformed, match="signature"):
            open_leaf({**leaf.document, name: value}, keyset())
        open_leaf({**leaf.document, name: value}, None)  # negative control: only the signature tells


@pytest.mark.parametrize("purpose", ["certificate", "status", "label", "log"])
def test_a_key_of_another_purpose_cannot_make_an_event(purpose: Any) -> None:
    data = seal_leaf(draft("cert.issued"), 0, None, signer(purpose))
    with pytest.raises(Malformed, match="cannot sign for event"):
        open_leaf(data, keyset())


def test_an_unlisted_key_and_a_root_key_cannot_make_an_event() -> None:
    for name in ("stranger", "root"):
        with pytest.raises(Malformed, match="not a listed key"):
            open_leaf(seal_leaf(draft("cert.issued"), 0, None, signer(name)), keyset())


def test_a_leaf_dated_outside_its_keys_time_is_refused() -> None:
    with pytest.raises(Malformed, match="outside"):
        open_leaf(seal_leaf(draft("evidence.root", T0 - 2 * DAY), None, None, signer("event")), keyset())
    retired = keyset(key("event", "retired", until=T0 + DAY))
    assert open_leaf(seal_leaf(draft("evidence.root", T0 + DAY), None, None, signer("event")), retired)
    with pytest.raises(Malformed, match="outside"):
        open_leaf(seal_leaf(draft("evidence.root", T0 + 2 * DAY), None, None, signer("event")), retired)


@pytest.mark.parametrize(
    ("proven", "counts"), [(None, False), (0, True), (9, True), (10, False), (11, False), (-1, False)]
)
def test_a_compromised_keys_leaf_counts_only_where_it_is_proven_below_the_boundary(
    proven: int | None, counts: bool
) -> None:
    stolen = keyset(key("event", "compromised", boundary=10))
    data = chain(draft("cert.issued"))[0].data
    if counts:
        assert open_leaf(data, stolen, proven_index=proven)
    else:
        with pytest.raises(Malformed, match="compromised"):
            open_leaf(data, stolen, proven_index=proven)
    assert open_leaf(data, keyset(), proven_index=proven)  # an honest key needs no proof


# --- the chain --------------------------------------------------------------------------------------------------------


def test_a_whole_chain_is_accepted_and_an_empty_one_has_no_standing() -> None:
    check_chain(history("cert.suspended", "cert.reinstated", "labels.sealed"))
    check_chain([])
    assert fold([], T0) is None


@pytest.mark.parametrize("change", [
    lambda leaves: leaves[1:], lambda leaves: [leaves[0], leaves[2]], lambda leaves: leaves[::-1],
    lambda leaves: [leaves[0], *leaves], lambda leaves: [leaves[0], leaves[2], leaves[1]],
])  # fmt: skip
def test_a_chain_with_leaves_missing_doubled_or_reordered_is_refused(change: Any) -> None:
    with pytest.raises(Malformed):
        check_chain(change(history("cert.suspended", "cert.reinstated")))


def test_a_leaf_put_in_the_place_of_another_is_refused() -> None:
    leaves = history("cert.suspended", "labels.sealed")
    other = history("cert.withdrawn", "labels.sealed")
    with pytest.raises(Malformed, match="prev"):
        check_chain([leaves[0], leaves[1], other[2]])


def test_leaves_of_two_certificates_make_no_chain() -> None:
    leaves = history("cert.suspended")
    stranger = chain(draft("cert.issued", cert=OTHER), draft("cert.suspended", cert=OTHER))
    with pytest.raises(Malformed, match="another certificate"):
        check_chain([leaves[0], stranger[1]])
    with pytest.raises(Malformed, match="another certificate"):
        check_chain([open_leaf(seal_leaf(draft("evidence.root"), None, None, signer("event")), None)])


# --- the fold ---------------------------------------------------------------------------------------------------------

LEADS_TO = {
    (): "active",
    ("cert.suspended",): "suspended",
    ("cert.remediation",): "remediation",
    ("cert.suspended", "cert.reinstated"): "active",
    ("cert.suspended", "cert.remediation", "cert.reinstated"): "active",
    ("cert.remediation", "cert.suspended"): "suspended",
    ("cert.suspended", "cert.revoked"): "revoked",
    ("cert.revoked",): "revoked",
    ("cert.withdrawn",): "withdrawn",
    ("cert.withdrawn", "cert.revoked"): "revoked",
    ("cert.reduced",): "reduced",
    ("cert.superseded",): "superseded",
    ("labels.sealed", "labels.voided"): "active",
    ("cert.suspended", "labels.sealed"): "suspended",
    ("cert.revoked", "labels.voided", "labels.rebound"): "revoked",
}


@pytest.mark.parametrize(("types", "state"), LEADS_TO.items())
def test_a_history_leads_to_its_state(types: tuple[EventType, ...], state: str) -> None:
    leaves = history(*types)
    standing = fold(leaves, T0 + 10 * DAY)
    assert standing is not None
    assert (standing.state, standing.number) == (state, NUMBER)
    assert (standing.valid_from, standing.valid_until) == (T0, T0 + 365 * DAY)
    assert (standing.seq, standing.head) == (len(leaves) - 1, leaves[-1].hash)
    last = max(place for place, leaf in enumerate(leaves) if leaf.t.startswith("cert."))
    assert (standing.since, standing.reason) == (leaves[last].at, leaves[last].reason)


def test_every_pair_of_events_is_allowed_or_refused_as_the_table_says() -> None:
    ways = {"active": (), "suspended": ("cert.suspended",), "remediation": ("cert.remediation",),
            "reduced": ("cert.reduced",), "revoked": ("cert.revoked",), "withdrawn": ("cert.withdrawn",),
            "superseded": ("cert.superseded",)}  # fmt: skip
    assert set(ways) | {"expired"} == set(STATES)
    for (state, way), t in itertools.product(ways.items(), [t for t in TYPES if t.startswith("cert.")]):
        allowed, leads_to = TRANSITIONS.get(t, (frozenset(), ""))
        leaves = history(*way, t)
        if state in allowed:
            standing = fold(leaves, T0)
            assert standing is not None
            assert standing.state == leads_to
        else:
            with pytest.raises(Malformed, match=f"{t} cannot follow {state}"):
                fold(leaves, T0)


def test_nothing_but_labels_follows_a_revocation() -> None:
    for t in TYPES:
        if t.startswith("cert."):
            with pytest.raises(Malformed):
                fold(history("cert.revoked", t), T0)
        if t.startswith("labels."):
            standing = fold(history("cert.revoked", t), T0)
            assert standing is not None
            assert standing.state == "revoked"


def test_no_event_leads_out_of_revoked() -> None:
    assert all("revoked" not in allowed for allowed, _ in TRANSITIONS.values())


def test_a_certificate_begins_with_its_issue_and_is_issued_once() -> None:
    with pytest.raises(Malformed, match="begins"):
        fold(chain(draft("cert.suspended")), T0)
    with pytest.raises(Malformed, match="begins"):
        fold(chain(draft("labels.sealed")), T0)
    with pytest.raises(Malformed, match="cannot follow"):
        fold(history("cert.issued"), T0)


def test_it_expires_at_the_instant_of_valid_until() -> None:
    leaves, end = history("labels.sealed"), T0 + 365 * DAY
    before, after = fold(leaves, end - timedelta(seconds=1)), fold(leaves, end)
    assert before is not None
    assert after is not None
    assert (before.state, after.state, after.since) == ("active", "expired", end)


@pytest.mark.parametrize("t", ["suspended", "remediation", "withdrawn", "revoked", "reduced", "superseded"])
def test_expiry_never_hides_a_worse_state(t: str) -> None:
    types: Any = (f"cert.{t}",)
    standing = fold(history(*types), T0 + 1000 * DAY)
    assert standing is not None
    assert standing.state == t


def test_a_reinstated_certificate_still_expires() -> None:
    standing = fold(history("cert.suspended", "cert.reinstated"), T0 + 1000 * DAY)
    assert standing is not None
    assert standing.state == "expired"


def test_a_leaf_from_after_now_counts_so_that_a_slow_clock_hides_no_revocation() -> None:
    standing = fold(history("cert.revoked"), T0)
    assert standing is not None
    assert standing.state == "revoked"


def test_the_affected_period_and_the_successor_are_told() -> None:
    revoked = fold(chain(draft("cert.issued"), draft("cert.revoked", nbf=T0 - 9 * DAY)), T0)
    superseded = fold(history("cert.superseded", "labels.sealed"), T0)
    assert revoked is not None
    assert superseded is not None
    assert (revoked.revoked_from, revoked.next) == (T0 - 9 * DAY, None)
    assert (superseded.revoked_from, superseded.next) == (None, OTHER)


def test_a_rebound_batch_is_no_successor_of_the_certificate() -> None:
    standing = fold(history("cert.revoked", "labels.rebound"), T0)
    assert standing is not None
    assert standing.next is None


def test_the_newest_leaf_of_a_batch_is_found() -> None:
    leaves = chain(
        draft("cert.issued"),
        draft("labels.sealed", batch=1),
        draft("labels.voided", batch=1, doc="01" * 32),
        draft("labels.voided", batch=2, doc="02" * 32),
        draft("labels.voided", batch=1, doc="03" * 32),
    )
    assert newest(leaves, "labels.voided", 1) is leaves[4]
    assert newest(leaves, "labels.voided", 2) is leaves[3]
    assert newest(leaves, "labels.rebound", 1) is None


@given(st.lists(st.sampled_from([t for t in TYPES if t not in ALONE]), max_size=8))
def test_any_legal_history_once_revoked_stays_revoked(types: list[EventType]) -> None:
    leaves = history(*types)
    try:
        standing = fold(leaves, T0)
    except Malformed:
        return
    assert standing is not None
    assert (standing.state == "revoked") == ("cert.revoked" in types)


# --- the commitment ---------------------------------------------------------------------------------------------------


def test_a_commitment_opens_with_its_salt_only() -> None:
    record = {"outcome": "issue", "reasons": ["a", "b"]}
    made = commitment(b"s" * 32, record)
    assert made == commitment(b"s" * 32, {"reasons": ["a", "b"], "outcome": "issue"})
    assert made != commitment(b"t" * 32, record)
    assert made != commitment(b"s" * 32, {**record, "outcome": "refuse"})
    assert made != sha256(jcs(record)).hex()
    assert len(made) == 64


def test_negative_control_without_the_table_an_un_revoke_would_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    everywhere = frozenset(STATES)
    monkeypatch.setattr(events, "TRANSITIONS", {t: (everywhere, then) for t, (_, then) in TRANSITIONS.items()})
    standing = fold(history("cert.revoked", "cert.reinstated"), T0)
    assert standing is not None
    assert standing.state == "active"
