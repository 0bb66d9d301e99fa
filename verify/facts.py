"""What the signed parts of a bundle say about one batch at one instant, whatever the label that is scanned.

Owns the way from a manifest to its seal in the log, along `next` to the certificate judged by, to that certificate's
standing, status bits, scope and dates; and the doubts on the way, each with a code. The verdict is `verdict`'s. Pure:
the same bundle, batch and instant give the same facts, so they are kept for the labels of a batch that come next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from certify.events import Leaf, Standing, fold, newest
from certify.statuslist import StatusList
from ground.canonical import Json, end_of_day, instant
from ground.keyset import Key
from labels.manifest import Manifest, VoidList
from verify.bundle import Bundle, Certificate, Chain

MAX_STEPS = 8  # along `next` (FORMATS.md 5); a longer way is a loop or an attack
MAX_KEPT = 4096  # batches whose facts are kept; all are forgotten when the second is over
EXPLAINS_REVOCATION_BIT = frozenset(("revoked", "withdrawn", "reduced", "superseded"))  # FORMATS.md 5, "Status bits"
NOT_WITNESSED: Final = "NOT_WITNESSED"  # no checkpoint of this version carries an outside witness


class Dated(Protocol):
    """A list that is true between two instants."""

    @property
    def valid_from(self) -> datetime: ...

    @property
    def valid_until(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Facts:
    """One batch at `now`. Booleans are facts that a signed part establishes; whatever is not established is a doubt.

    unsealed: the chain ends at its fresh head, and no leaf of it seals this batch. place: index of `sealed` in the log
    as the container says; proven: an inclusion proof says the same. judged: the last certificate on the way of `next`.
    label_doubts, certificate_doubts, other_doubts: codes of what is missing, too old or contradictory.
    """

    now: datetime
    batch: int
    complete: bool
    lists_fresh: bool
    manifest: Manifest | None
    sealed: Leaf | None
    unsealed: bool
    place: int
    proven: bool
    void: VoidList | None
    label_key: Key | None
    judged: Certificate | None
    standing: Standing | None
    revoked: bool
    inside_affected_period: bool
    suspended: bool
    withdrawn: bool
    out_of_scope: bool
    not_yet_valid: bool
    over: bool
    past_sell_by: bool
    label_doubts: tuple[str, ...]
    certificate_doubts: tuple[str, ...]
    other_doubts: tuple[str, ...]
    as_of: datetime | None
    cautions: tuple[str, ...]
    certificate: dict[str, Json]
    frames: dict[object, tuple[bytes, bytes]] = field(default_factory=dict, compare=False, repr=False)
    """The judge's notes: the bytes around `label`, for each kind of answer that was given from these facts."""


def facts_of(bundle: Bundle, batch: int, now: datetime) -> Facts:
    """The facts, worked out once per batch and second."""
    kept: dict[int, Facts] = bundle.memo.setdefault("facts", {})
    facts = kept.get(batch)
    if facts is None or facts.now != now:
        if len(kept) >= MAX_KEPT:
            kept.clear()
        facts = kept[batch] = _gather(bundle, batch, now)
    return facts


def _gather(bundle: Bundle, batch: int, now: datetime) -> Facts:
    found = bundle.manifests.get(batch)
    manifest = found.manifest if found is not None else None
    first = bundle.certificates.get(manifest.cert) if manifest is not None else None
    chain = first.chain if first is not None else Chain((), {}, {})
    seal = newest(chain.leaves, "labels.sealed", batch)
    sealed = seal if seal is not None and found is not None and seal.doc == found.hash else None
    walked, way_doubts = _walk(bundle, first, batch) if sealed is not None and first is not None else ([], ())
    judged = walked[-1] if walked and not way_doubts else None
    standing = fold(judged.chain.leaves, now) if judged is not None else None
    lists = [_status_list(bundle, judged, place) for place in (0, 1)] if judged is not None else []
    keys_doubt = tuple(_keys_doubt(bundle, now))
    heads_doubt = tuple(_age("HEADS", bundle.heads, now))
    label_key = bundle.keys.keys.get(manifest.key) if bundle.keys is not None and manifest is not None else None
    state = standing.state if standing is not None else ""
    certificate_doubts = (
        *keys_doubt,
        *heads_doubt,
        *way_doubts,
        *_chain_doubts(bundle, walked, now),
        *_status_doubts(judged, lists, now),
    )
    bits = _bits(judged, lists, now)
    revoked = state == "revoked" or (bits[0] and state not in EXPLAINS_REVOCATION_BIT)
    return Facts(
        now=now,
        batch=batch,
        complete=bundle.complete,
        lists_fresh=not keys_doubt and not heads_doubt,
        manifest=manifest,
        sealed=sealed,
        unsealed=seal is None and first is not None and not tuple(_chain_doubts(bundle, [first], now)),
        place=chain.places.get(sealed.hash, -1) if sealed is not None else -1,
        proven=sealed is not None and sealed.hash in chain.proven,
        void=bundle.void[batch].void if batch in bundle.void else None,
        label_key=label_key if label_key is not None and label_key.purpose == "label" else None,
        judged=judged,
        standing=standing,
        revoked=revoked,
        inside_affected_period=_inside(standing, sealed),
        suspended=state == "suspended" or bits[1],
        withdrawn=state == "withdrawn",
        out_of_scope=_out_of_scope(judged, manifest),
        not_yet_valid=standing is not None and standing.valid_from > now,
        over=standing is not None and now >= standing.valid_until,
        past_sell_by=manifest is not None and now >= end_of_day(manifest.sell_by),
        label_doubts=(*keys_doubt, *_manifest_doubts(bundle, manifest, sealed), *_void_doubts(bundle, walked, batch)),
        certificate_doubts=certificate_doubts,
        other_doubts=tuple(_age("CAUTIONS", bundle.cautions, now)),
        as_of=_oldest(now, bundle.heads, bundle.cautions, *lists),
        cautions=_cautions(bundle, walked, judged, batch, now),
        certificate=_describe(judged, standing, manifest, revoked, bits[1]),
    )


# --- the way from the manifest to the certificate judged by ----------------------------------------------------------


def _walk(bundle: Bundle, first: Certificate, batch: int) -> tuple[list[Certificate], tuple[str, ...]]:
    """The certificates from the manifest's own to the one judged by; or as far as known, and the doubt."""
    walked = [first]
    while True:
        successor, expected = _successor(walked[-1].chain.leaves, batch)
        if successor is None:
            return walked, ("SUCCESSOR_MISSING",) if expected else ()
        following = bundle.certificates.get(successor)
        if following is None or not following.chain.leaves:
            return walked, ("SUCCESSOR_MISSING",)
        if len(walked) > MAX_STEPS or any(following.number == each.number for each in walked):
            return walked, ("TOO_MANY_SUCCESSORS",)
        walked.append(following)


def _successor(leaves: Sequence[Leaf], batch: int) -> tuple[str | None, bool]:
    """(number of the next certificate, whether there must be one). A rebound is a `next` for its batch alone."""
    rebound = newest(leaves, "labels.rebound", batch)
    if rebound is not None:
        return rebound.next, True
    replaced = next((leaf for leaf in reversed(leaves) if leaf.t in ("cert.superseded", "cert.reduced")), None)
    return (replaced.next, True) if replaced is not None else (None, False)


def _status_list(bundle: Bundle, judged: Certificate, place: int) -> StatusList | None:
    if judged.credential is None:
        return None
    return bundle.status.get(judged.credential.scope.status[place][0])


def _bits(judged: Certificate | None, lists: Sequence[StatusList | None], now: datetime) -> tuple[bool, bool]:
    """(the revocation bit, the suspension bit), as far as the lists may still say so.

    Revocation never clears, so an old list still tells it; a suspension may be over, so an old list tells nothing.
    """
    if judged is None or judged.credential is None:
        return False, False
    (_, revocation_index), (_, suspension_index) = judged.credential.scope.status
    revocation, suspension = lists
    return (
        revocation is not None and revocation.valid_from <= now and revocation.bit(revocation_index),
        suspension is not None
        and suspension.valid_from <= now < suspension.valid_until
        and suspension.bit(suspension_index),
    )


def _inside(standing: Standing | None, sealed: Leaf | None) -> bool:
    """Batches of the affected period are red; without a known start, all are."""
    if standing is None or sealed is None or standing.revoked_from is None:
        return True
    return sealed.at >= standing.revoked_from


def _out_of_scope(judged: Certificate | None, manifest: Manifest | None) -> bool:
    if judged is None or judged.credential is None or manifest is None:
        return False  # not established: the missing credential is a doubt of its own
    scope = judged.credential.scope
    sites, products = {each.id for each in scope.sites}, {each.id for each in scope.products}
    return manifest.site not in sites or manifest.product not in products


# --- doubts ----------------------------------------------------------------------------------------------------------


def _age(name: str, dated: Dated | None, now: datetime) -> Iterator[str]:
    """Missing, past its validUntil, or from after the instant judged."""
    if dated is None:
        yield f"{name}_MISSING"
    elif dated.valid_from > now:
        yield f"{name}_FROM_LATER"
    elif now >= dated.valid_until:
        yield f"{name}_EXPIRED"


def _keys_doubt(bundle: Bundle, now: datetime) -> Iterator[str]:
    if bundle.keys is None:
        yield "KEYS_MISSING"
    elif not bundle.keys.fresh(now):
        yield "KEYS_EXPIRED"


def _manifest_doubts(bundle: Bundle, manifest: Manifest | None, sealed: Leaf | None) -> Iterator[str]:
    if manifest is None:
        yield "MANIFEST_MISSING"
    elif sealed is None:
        yield "SEAL_MISSING"


def _void_doubts(bundle: Bundle, walked: Sequence[Certificate], batch: int) -> Iterator[str]:
    """The void list must be just the one that the last labels.voided of the batch names; without such a leaf, none."""
    voided = [leaf for each in walked if (leaf := newest(each.chain.leaves, "labels.voided", batch)) is not None]
    last = max(voided, key=lambda leaf: leaf.at, default=None)
    found = bundle.void.get(batch)
    if (last.doc if last is not None else None) != (found.hash if found is not None else None):
        yield "VOID_LIST_MISMATCH"


def _chain_doubts(bundle: Bundle, walked: Sequence[Certificate], now: datetime) -> Iterator[str]:
    heads = bundle.heads.heads if bundle.heads is not None else {}
    if any(each.chain.broken or not _ends_at(each, heads.get(each.number)) for each in walked):
        yield "CHAIN_NOT_AT_HEAD"
    if any(leaf.at > now for each in walked for leaf in each.chain.leaves):
        yield "EVENT_FROM_LATER"


def _ends_at(certificate: Certificate, head: str | None) -> bool:
    leaves = certificate.chain.leaves
    return bool(leaves) and leaves[-1].hash == head


def _status_doubts(judged: Certificate | None, lists: Sequence[StatusList | None], now: datetime) -> Iterator[str]:
    """Without its credential nobody knows a certificate's entries in the status lists."""
    if judged is None:
        return
    if judged.credential is None:
        yield "CREDENTIAL_MISSING"
        return
    yield from _age("REVOCATION_LIST", lists[0], now)
    yield from _age("SUSPENSION_LIST", lists[1], now)


# --- what is told beside the code ------------------------------------------------------------------------------------


def _oldest(now: datetime, *lists: Dated | None) -> datetime | None:
    """The earliest validFrom of the lists used. One from after `now` is not used: it is a doubt."""
    starts = [found.valid_from for found in lists if found is not None]
    return min((start for start in starts if start <= now), default=None)


def _cautions(
    bundle: Bundle, walked: Sequence[Certificate], judged: Certificate | None, batch: int, now: datetime
) -> tuple[str, ...]:
    listed = bundle.cautions.cautions if bundle.cautions is not None and bundle.cautions.valid_from <= now else ()
    numbers = {each.number for each in walked}
    sites = judged.credential.scope.sites if judged is not None and judged.credential is not None else ()
    firms = {name for each in sites for name in (each.firm, each.firm.rsplit("/", 1)[-1])}
    fitting = {
        each.code
        for each in listed
        if each.since <= now
        and (each.cert is None or each.cert in numbers)
        and (each.firm is None or each.firm in firms)
        and (each.batch is None or each.batch == batch)
    }
    return (NOT_WITNESSED, *sorted(fitting - {NOT_WITNESSED}))


NO_CERTIFICATE: dict[str, Json] = {
    "number": None, "standing": None, "since": None, "in_force": "unknown", "valid_from": None, "valid_until": None,
    "sell_by": None, "holder": None, "scheme": None, "certification_body": None, "rulebook": None, "sites": [],
    "products": [], "audit_firms": [], "not_covered": [],
}  # fmt: skip
"""What is said of a certificate when none may be presented as a fact: every key is always there."""


def _describe(
    judged: Certificate | None, standing: Standing | None, manifest: Manifest | None, revoked: bool, suspended: bool
) -> dict[str, Json]:
    """The `certificate` of a verdict, all but `in_force`. Sites and firms, never a natural person.

    A status bit that no leaf explains counts like the leaf, but nobody says since when.
    """
    if judged is None or standing is None or manifest is None:
        return NO_CERTIFICATE
    state = "revoked" if revoked else "suspended" if suspended else standing.state
    told: dict[str, Json] = {
        **NO_CERTIFICATE,
        "number": judged.number,
        "standing": state,
        "since": instant(standing.since) if state == standing.state else None,
        "valid_from": instant(standing.valid_from),
        "valid_until": instant(standing.valid_until),
        "sell_by": manifest.sell_by.isoformat(),
    }
    if judged.credential is None:
        return told
    scope = judged.credential.scope
    return {
        **told,
        "holder": scope.holder,
        "scheme": judged.credential.scheme,
        "certification_body": judged.credential.issuer,
        "rulebook": scope.rulebook,
        "sites": [
            {
                "id": each.id,
                "name": each.name,
                "city": each.city,
                "country": each.country,
                "assessed_on": each.assessed_on.isoformat(),
                "audit_firm": each.firm_name,
            }
            for each in scope.sites
        ],
        "products": [{"id": each.id, "name": each.name, "model": each.model} for each in scope.products],
        "audit_firms": sorted({each.firm_name for each in scope.sites}),
        "not_covered": list(scope.not_covered),
    }
