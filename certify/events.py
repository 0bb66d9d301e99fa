"""The leaves of the public log, and the standing that follows from them.

Owns the leaf format (FORMATS.md 4): which keys a leaf of each type has, how it is sealed and opened, how the leaves of
one certificate hang together, and which event may follow which. A certificate's standing is `fold` of its leaves and
nothing else. There is no event that turns `revoked` back. Never holds a name, a site, a finding or free text.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast, get_args

from ground.canonical import SAFE_INTEGER, Json, instant, jcs, jcs_plain, parse, parse_instant, sha256
from ground.crockford import NUMBER_SYMBOLS, holds
from ground.errors import Malformed
from ground.keyset import KeySet
from ground.signing import Signer, open_document, parse_hex, parse_multikey, seal_document

VERSION = 1
MAX_LEAF = 2048  # FORMATS.md 4; the longest leaf we write has some 900 bytes
MAX_BATCH = 2**25 - 1  # 25 bits of the label id; batch 0 is for specimens and never sealed

LEAF_KEYS = (
    "v", "t", "cert", "seq", "at", "nbf", "exp", "doc", "rules", "reason", "prev", "next", "batch", "cmt", "kid", "sig",
)  # fmt: skip

Reason = Literal["nonconformity", "administrative", "holder-request", "superseded", "key-compromise", "unspecified"]
REASONS: tuple[Reason, ...] = get_args(Reason)

State = Literal["active", "remediation", "suspended", "reduced", "revoked", "withdrawn", "expired", "superseded"]
STATES: tuple[State, ...] = get_args(State)

EventType = Literal[
    "cert.issued", "cert.suspended", "cert.remediation", "cert.reinstated", "cert.reduced", "cert.revoked",
    "cert.withdrawn", "cert.superseded",
    "labels.sealed", "labels.voided", "labels.rebound",
    "key.added", "key.retired", "key.compromised",
    "rules.published", "evidence.root", "audit.head", "witness.changed",
]  # fmt: skip


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# For each type: the keys that it must have, and those that it may have, besides v, t, at, kid, sig (all), cert, seq and
# from seq 1 on prev (all of cert.* and labels.*).
SHAPES: Mapping[EventType, tuple[frozenset[str], frozenset[str]]] = {
    "cert.issued": (_words("nbf exp doc rules cmt"), _words("")),
    "cert.suspended": (_words("reason"), _words("rules cmt")),
    "cert.remediation": (_words("reason"), _words("rules cmt")),
    "cert.reinstated": (_words(""), _words("rules cmt reason")),
    "cert.reduced": (_words("next"), _words("rules cmt reason")),
    "cert.revoked": (_words("reason"), _words("rules cmt nbf")),  # nbf: start of the affected period
    "cert.withdrawn": (_words("reason"), _words("rules cmt")),
    "cert.superseded": (_words("next"), _words("rules cmt reason")),
    "labels.sealed": (_words("batch doc"), _words("")),
    "labels.voided": (_words("batch doc"), _words("reason")),
    "labels.rebound": (_words("batch next"), _words("reason cmt")),
    "key.added": (_words("doc"), _words("")),
    "key.retired": (_words("doc"), _words("")),
    "key.compromised": (_words("doc"), _words("reason")),
    "rules.published": (_words("rules"), _words("doc nbf")),
    "evidence.root": (_words("doc"), _words("")),
    "audit.head": (_words("doc"), _words("")),
    "witness.changed": (_words("doc"), _words("")),
}

# From which states an event may happen, and the state that it leads to. Only labels.* may follow where an event has no
# row for a state: they change nothing here. Superseded and reduced are final, because the successor is judged instead;
# a certificate given back can still turn out to have been got by fraud, hence withdrawn -> revoked.
_LIVE = frozenset[State](("active", "remediation", "suspended"))
TRANSITIONS: Mapping[str, tuple[frozenset[State], State]] = {
    "cert.suspended": (frozenset(("active", "remediation")), "suspended"),
    "cert.remediation": (frozenset(("active", "suspended")), "remediation"),
    "cert.reinstated": (frozenset(("suspended", "remediation")), "active"),
    "cert.reduced": (_LIVE, "reduced"),
    "cert.superseded": (_LIVE, "superseded"),
    "cert.withdrawn": (_LIVE, "withdrawn"),
    "cert.revoked": (_LIVE | {"withdrawn"}, "revoked"),
}


@dataclass(frozen=True)
class Draft:
    """What a leaf is to say; seq, prev, kid and sig come with sealing. Hashes are 64 lower-case hex digits."""

    t: EventType
    at: datetime
    cert: str | None = None
    nbf: datetime | None = None
    exp: datetime | None = None
    doc: str | None = None
    rules: str | None = None
    reason: Reason | None = None
    next: str | None = None
    batch: int | None = None
    cmt: str | None = None


@dataclass(frozen=True)
class Leaf:
    """A leaf that was read. `data` are its canonical bytes as they stand in the log, `hash` their SHA-256 in hex."""

    t: EventType
    at: datetime
    kid: str
    cert: str | None
    seq: int | None
    prev: str | None
    nbf: datetime | None
    exp: datetime | None
    doc: str | None
    rules: str | None
    reason: Reason | None
    next: str | None
    batch: int | None
    cmt: str | None
    document: Mapping[str, Json]
    data: bytes
    hash: str


@dataclass(frozen=True)
class Standing:
    """Where a certificate stands. `seq` and `head` (hash) are those of its newest leaf; `reason` of the last change."""

    number: str
    state: State
    since: datetime
    valid_from: datetime
    valid_until: datetime
    seq: int
    head: str
    next: str | None
    revoked_from: datetime | None
    reason: Reason | None


def seal_leaf(draft: Draft, seq: int | None, prev: str | None, signer: Signer) -> bytes:
    """The canonical bytes of the signed leaf. The signer must be an event key; seq and prev are None without `cert`.

    Malformed when the draft has a key too many or too few for its type, or a value out of its range.
    """
    document: dict[str, Json] = {
        "v": VERSION,
        "t": draft.t,
        "cert": draft.cert,
        "seq": seq,
        "at": instant(draft.at),
        "nbf": draft.nbf and instant(draft.nbf),
        "exp": draft.exp and instant(draft.exp),
        "doc": draft.doc,
        "rules": draft.rules,
        "reason": draft.reason,
        "prev": prev,
        "next": draft.next,
        "batch": draft.batch,
        "cmt": draft.cmt,
    }
    said = {key: value for key, value in document.items() if value is not None}
    data = jcs(seal_document("event", said, signer))
    open_leaf(data, None)
    return data


def open_leaf(data: bytes | Mapping[str, Json], keys: KeySet | None, *, proven_index: int | None = None) -> Leaf:
    """Read a leaf strictly; with `keys`, also check that an event key of them signed it.

    data: the bytes of the log, which must be canonical, or the parsed document.
    proven_index: the leaf's index in the log where the caller has an inclusion proof for it, else None. It is asked
    for only when the key is compromised: such a leaf counts if its proven index is below the key's boundary S.
    Raises Malformed for everything that is wrong.
    """
    document = parse(data, limit=MAX_LEAF, where="/leaf") if isinstance(data, bytes) else data
    if not isinstance(document, Mapping):
        raise Malformed("a leaf is a JSON object", where="/leaf")
    copy = dict(document)
    _check_keys(copy)
    leaf = _read(copy)
    if isinstance(data, bytes) and leaf.data != data:
        raise Malformed("the leaf is not canonical JSON", where="/leaf")
    if len(leaf.data) > MAX_LEAF:
        raise Malformed(f"a leaf has at most {MAX_LEAF} bytes", where="/leaf")
    if keys is not None:
        _check_signature(leaf, keys, proven_index)
    return leaf


def _check_signature(leaf: Leaf, keys: KeySet, proven_index: int | None) -> None:
    key = keys.find(leaf.kid, "event")
    open_document("event", dict(leaf.document), key.public, "/leaf")
    if leaf.at < key.since or (key.until is not None and leaf.at > key.until):
        raise Malformed("the leaf is dated outside its key's time", where="/leaf/at")
    if key.state == "compromised":
        boundary = key.boundary or 0
        if proven_index is None or not 0 <= proven_index < boundary:
            raise Malformed("signed by a compromised key, and not proven to be older than that", where="/leaf/kid")


def _check_keys(document: dict[str, Json]) -> None:
    shape = SHAPES.get(document["t"]) if isinstance(document.get("t"), str) else None
    if shape is None:
        raise Malformed(f"unknown type of leaf {str(document.get('t'))[:40]!r}", where="/leaf/t")
    required, optional = shape
    required = required | {"v", "t", "at", "kid", "sig"}
    if _of_certificate(document["t"]):
        required = required | {"cert", "seq"}
        if document.get("seq") != 0:
            required = required | {"prev"}
    missing, extra = required - document.keys(), document.keys() - required - optional
    if missing or extra:
        words = [f"lacks {', '.join(sorted(missing))}"] if missing else []
        words += [f"has no {', '.join(sorted(map(str, extra)))[:80]}"] if extra else []
        raise Malformed(f"{document['t']} {' and '.join(words)}", where="/leaf")


def _of_certificate(t: str) -> bool:
    return t.startswith(("cert.", "labels."))


def _read(document: dict[str, Json]) -> Leaf:
    if type(document["v"]) is not int or document["v"] != VERSION:
        raise Malformed(f"v is {VERSION}", where="/leaf/v")
    reason = document.get("reason")
    if "reason" in document and reason not in REASONS:
        raise Malformed(f"reason is one of {', '.join(REASONS)}", where="/leaf/reason")
    parse_multikey(document["kid"], "/leaf/kid")
    parse_hex(document["sig"], 64, "/leaf/sig")
    leaf = Leaf(
        t=cast(EventType, document["t"]),
        at=parse_instant(document["at"], "/leaf/at"),
        kid=document["kid"],
        cert=_number(document, "cert"),
        seq=_integer(document, "seq", 0, SAFE_INTEGER),
        prev=_hash(document, "prev"),
        nbf=_moment(document, "nbf"),
        exp=_moment(document, "exp"),
        doc=_hash(document, "doc"),
        rules=_hash(document, "rules"),
        reason=cast(Reason | None, reason),
        next=_number(document, "next"),
        batch=_integer(document, "batch", 1, MAX_BATCH),
        cmt=_hash(document, "cmt"),
        document=document,
        data=(data := jcs_plain(document)),  # last, because by now every value is an integer or an ASCII string
        hash=sha256(data).hex(),
    )
    if leaf.next is not None and leaf.next == leaf.cert:
        raise Malformed("a certificate does not follow itself", where="/leaf/next")
    if leaf.nbf is not None and leaf.exp is not None and leaf.nbf >= leaf.exp:
        raise Malformed("exp comes after nbf", where="/leaf/exp")
    return leaf


def _number(document: dict[str, Json], key: str) -> str | None:
    if key not in document:
        return None
    if not holds(document[key], NUMBER_SYMBOLS):
        raise Malformed("not a certificate number", where=f"/leaf/{key}")
    return cast(str, document[key])


def _hash(document: dict[str, Json], key: str) -> str | None:
    return parse_hex(document[key], 32, f"/leaf/{key}").hex() if key in document else None


def _moment(document: dict[str, Json], key: str) -> datetime | None:
    return parse_instant(document[key], f"/leaf/{key}") if key in document else None


def _integer(document: dict[str, Json], key: str, low: int, high: int) -> int | None:
    if key not in document:
        return None
    value = document[key]
    if type(value) is not int or not low <= value <= high:  # type(): True is no number here
        raise Malformed(f"not an integer from {low} to {high}", where=f"/leaf/{key}")
    return value


def check_chain(leaves: Sequence[Leaf]) -> None:
    """The leaves of one certificate, oldest first: seq 0, 1, 2.. and each `prev` the hash of the leaf before it."""
    before: Leaf | None = None
    for place, leaf in enumerate(leaves):
        if leaf.cert is None or leaf.cert != leaves[0].cert:
            raise Malformed("a leaf of another certificate", where=f"/events/{place}")
        if leaf.seq != place:
            raise Malformed(f"seq {leaf.seq} where {place} belongs", where=f"/events/{place}/seq")
        if leaf.prev != (before.hash if before else None):
            raise Malformed("prev is not the hash of the leaf before", where=f"/events/{place}/prev")
        before = leaf


def fold(leaves: Sequence[Leaf], now: datetime) -> Standing | None:
    """The standing that all these leaves give at `now`; None for no leaves. Malformed for a broken or illegal chain.

    `now` decides only whether an active certificate is over. A leaf dated after `now` counts like any other: a clock
    that is slow must not hide a revocation. Who asks for a day in the past hands in the leaves up to that day.
    """
    check_chain(leaves)
    if not leaves:
        return None
    first = leaves[0]
    if first.t != "cert.issued" or first.cert is None or first.nbf is None or first.exp is None:
        raise Malformed("a certificate begins with cert.issued", where="/events/0/t")
    state: State = "active"
    since, reason, successor, revoked_from = first.at, first.reason, first.next, None
    for place, leaf in enumerate(leaves[1:], start=1):
        if leaf.t.startswith("labels."):
            continue
        allowed, then = TRANSITIONS.get(leaf.t, (frozenset[State](), state))
        if state not in allowed:
            raise Malformed(f"{leaf.t} cannot follow {state}", where=f"/events/{place}/t")
        state, since, reason = then, leaf.at, leaf.reason
        successor = leaf.next or successor
        revoked_from = leaf.nbf or revoked_from
    if state == "active" and now >= first.exp:
        state, since, reason = "expired", first.exp, None
    return Standing(
        number=first.cert,
        state=state,
        since=since,
        valid_from=first.nbf,
        valid_until=first.exp,
        seq=len(leaves) - 1,
        head=leaves[-1].hash,
        next=successor,
        revoked_from=revoked_from,
        reason=reason,
    )


def newest(leaves: Sequence[Leaf], t: EventType, batch: int) -> Leaf | None:
    """The last leaf of that type about that batch: the one whose `doc` or `next` counts."""
    return next((leaf for leaf in reversed(leaves) if leaf.t == t and leaf.batch == batch), None)


def commitment(salt: bytes, record: Json) -> str:
    """`cmt`: HMAC-SHA256(salt, JCS(decision record)) in hex. The 32-byte salt is kept encrypted beside the record."""
    return hmac.new(salt, jcs(record), hashlib.sha256).hexdigest()
