"""The shared vectors of the verdict: what is scanned, a bundle, a membership and an instant; and the bytes to answer.

`python -m tests.vectors.verdicts` writes three files into verdicts/, and the examples of docs/verdicts.md; `--check` only
compares.
  good.json     a bundle without a fault
  defects.json  {name: JSON Patch (RFC 6902) that makes that bundle of good.json}, named after what is wrong with it
  cases.json    {roots, cases: [{name, text, bundle, membership, at, code, sha256 of the verdict, verdict for the first
                case of each code}]}
Any implementation of FORMATS.md 5 must print just these bytes; `tests/unit/verify/test_vectors.py` holds ours to it.
"""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from ground.canonical import digest, instant, jcs, sha256
from ground.errors import Malformed
from ground.keyset import build_keyset
from ground.signing import multikey, seal_document
from labels import payload
from tests.vectors import scene
from tests.vectors.scene import (
    COUNT,
    DAY,
    FIRST,
    ISSUED,
    NOW,
    OTHER_PRODUCT,
    OTHER_SITE,
    PRODUCT,
    ROOTS,
    SEALED,
    SECOND,
    SITE,
    THIRD,
    Scene,
    digits,
    good,
    signer,
    typed,
)
from verify.bundle import open_bundle
from verify.codes import CODES, Membership
from verify.verdict import judge

HERE = Path(__file__).parent / "verdicts"
DOCS = Path(__file__).resolve().parents[2] / "docs" / "verdicts.md"
MARK = "<!-- examples: written by python -m tests.vectors.verdicts -->\n"
HOUR = timedelta(hours=1)
AFTER = NOW + 500 * DAY  # past validUntil and sell_by
ENDED = NOW + 300 * DAY  # past validUntil, not past sell_by

Bundle = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One vector. expected: the code that FORMATS.md gives it, written by hand, before any program was asked."""

    name: str
    expected: str
    text: str
    bundle: str
    membership: Membership = "in"
    at: datetime = NOW


# --- bundles, named after their defect -------------------------------------------------------------------------------


def at(scene_: Scene, moment: datetime) -> Scene:
    """The same world, whose lists and keys were signed again shortly before that moment."""
    scene_.now, scene_.keys_expire = moment, moment + 60 * DAY
    scene_.lists_from, scene_.lists_until = moment - HOUR, moment + 47 * HOUR
    return scene_


def incident(*, boundary: int | None = None, proofs: bool = True, key: str = "label") -> Bundle:
    """A key was stolen when the log had `boundary` leaves; None: right after the batch was sealed."""
    world = good()
    size = len(world.log)
    world.pad_log(5)
    world.mark_key(key, "compromised", boundary=size if boundary is None else boundary, until=NOW - DAY)
    world.with_proofs = proofs
    return world.bundle()


def changed(build: Callable[[], Scene | Bundle], change: Callable[[Bundle], object]) -> Bundle:
    made = build()
    bundle = made.bundle() if isinstance(made, Scene) else made
    change(bundle)
    return bundle


def with_event(t: str, *, bit: str = "", **said: Any) -> Scene:
    world = good()
    world.add(t, FIRST, NOW - 5 * DAY, **said)
    if bit:
        world.set_bit(bit)
    return world


def successor(
    t: str = "cert.superseded",
    *,
    bit: bool = False,
    sites: tuple[str, ...] = (SITE,),
    products: tuple[str, ...] = (PRODUCT,),
) -> Scene:
    world = good()
    world.issue(SECOND, at=NOW - 20 * DAY, sites=sites, products=products)
    world.add(t, FIRST, NOW - 20 * DAY, next=SECOND)
    if bit:
        world.set_bit("revocation")
    return world


def long_way(steps: int) -> Scene:
    """A certificate renewed so many times."""
    world, before = good(), FIRST
    for step in range(steps):
        following = scene.number(f"step {step}")
        world.issue(following, at=NOW - (30 - step) * DAY)
        world.add("cert.superseded", before, NOW - (30 - step) * DAY, next=following)
        before = following
    return world


def circle() -> Scene:
    world = successor()
    world.add("cert.superseded", SECOND, NOW - 2 * DAY, next=FIRST)
    return world


def rebound(batch: int = 1) -> Scene:
    """The certificate was revoked; on appeal its labels were bound to a new one."""
    world = with_event("cert.revoked", reason="nonconformity", bit="revocation")
    world.issue(THIRD, at=NOW - 3 * DAY)
    world.add("labels.rebound", FIRST, NOW - 3 * DAY, batch=batch, next=THIRD)
    return world


def two_batches() -> Scene:
    world = good()
    world.seal_batch(2, gtin="09520123456788")
    return world


def resigned(part: str, key: str) -> Bundle:
    """A good bundle in which one part is signed by a key of another purpose (or of nobody)."""
    world = good()
    bundle = world.bundle()
    match part:
        case "heads":
            bundle["heads"] = world.heads_document(key=key)
        case "cautions":
            bundle["cautions"] = world.cautions_document(key=key)
        case "revocation" | "suspension":
            bundle["status"][part]["1"] = world.status_document(part, key=key)
        case "checkpoint":
            bundle["checkpoint"] = world.checkpoint(key=key)
        case "keys":
            bundle["keys"] = build_keyset(7, world.keys_expire, list(world.keys.values()), [signer(key)])
        case _:
            raise ValueError(part)
    return bundle


def hide_newest_leaf(bundle: Bundle) -> None:
    bundle["certificates"][FIRST]["events"].pop()


def lists(purpose: str, *, starts: timedelta, ends: timedelta) -> Bundle:
    """One dated list with another time than the others."""
    world = good()
    bundle = world.bundle()
    world.lists_from, world.lists_until = NOW + starts, NOW + ends
    made: Callable[[], Bundle] = {
        "heads": world.heads_document,
        "cautions": world.cautions_document,
        "revocation": lambda: world.status_document("revocation"),
        "suspension": lambda: world.status_document("suspension"),
    }[purpose]
    if purpose in ("heads", "cautions"):
        bundle[purpose] = made()
    else:
        bundle["status"][purpose]["1"] = made()
    return bundle


def late_key() -> Scene:
    """A label key that is listed as beginning tomorrow."""
    world = Scene()
    world.list_key("next", "label", since=NOW + DAY)
    world.issue()
    world.seal_batch(label_key="next")
    return world


def caution(**about: Any) -> Scene:
    world = good()
    world.cautions = [{"code": "AUDITOR_ACCREDITATION_UNDER_REVIEW", "since": instant(NOW - DAY), **about}]
    return world


def of_first(bundle: Bundle) -> Bundle:
    found: Bundle = bundle["certificates"][FIRST]
    return found


def bundles() -> dict[str, Callable[[], Scene | Bundle]]:
    hour_old = {"starts": -49 * HOUR, "ends": -1 * HOUR}
    tomorrow = {"starts": 1 * HOUR, "ends": 49 * HOUR}
    found: dict[str, Callable[[], Scene | Bundle]] = {
        "good": good,
        "two-batches": two_batches,
        "incomplete": lambda: changed(good, lambda b: b.update(complete=False)),
        # keys
        "keys-missing": lambda: changed(good, lambda b: b.update(keys=None)),
        "keys-expired": lambda: _with(good(), keys_expire=NOW),
        "keys-signed-by-a-stranger": lambda: resigned("keys", "stranger"),
        "label-key-from-later": late_key,
        "label-key-not-listed": lambda: _seal_with("stranger-label"),
        # the label key was stolen
        "label-key-stolen": lambda: incident(),
        "label-key-stolen-no-proofs": lambda: incident(proofs=False),
        "label-key-stolen-before-sealing": lambda: incident(boundary=2),
        "label-key-stolen-proof-of-another-place": lambda: changed(incident, _move_index),
        "label-key-stolen-incomplete": lambda: changed(incident, lambda b: b.update(complete=False, batches={})),
        # other keys were stolen
        "status-key-stolen": lambda: incident(key="status"),
        "certificate-key-stolen": lambda: incident(key="certificate"),
        "event-key-stolen": lambda: incident(key="event"),
        "log-key-stolen-too": lambda: _two_stolen(),
        # a key of another purpose signed
        **{
            f"{part}-by-{key}-key": (lambda part=part, key=key: resigned(part, key))  # type: ignore[misc]
            for part, key in (
                ("heads", "event"), ("cautions", "status"), ("revocation", "certificate"), ("suspension", "event"),
            )
        },
        "certificate-by-status-key": lambda: _issued_with("status"),
        "leaves-by-status-key": lambda: _sealed_with("status"),
        "manifest-by-label-key": lambda: _manifest_with("label"),
        # dated lists
        **{
            f"{name}-{age}": (lambda name=name, times=times: lists(name, **times))  # type: ignore[misc]
            for name in ("heads", "cautions", "revocation", "suspension")
            for age, times in (("expired", hour_old), ("from-later", tomorrow))
        },
        "heads-missing": lambda: changed(good, lambda b: b.update(heads=None)),
        "cautions-missing": lambda: changed(good, lambda b: b.update(cautions=None)),
        "revocation-missing": lambda: changed(good, lambda b: b["status"].update(revocation={})),
        "suspension-missing": lambda: changed(good, lambda b: b["status"].update(suspension={})),
        "status-lists-swapped": lambda: changed(good, _swap_lists),
        # batches
        "manifest-missing": lambda: changed(good, lambda b: b.update(batches={})),
        "manifest-missing-incomplete": lambda: changed(good, lambda b: b.update(batches={}, complete=False)),
        "manifest-missing-heads-expired": lambda: changed(
            lambda: lists("heads", **hour_old), lambda b: b.update(batches={})
        ),
        "manifest-changed": lambda: changed(good, lambda b: b["batches"]["1"].update(sell_by="2031-01-01")),
        "manifest-not-sealed": lambda: _not_sealed(),
        "manifest-not-the-sealed-one": lambda: changed(good, _other_manifest),
        "certificate-missing": lambda: changed(good, lambda b: b.update(certificates={})),
        # void
        "one-item-void": lambda: _voided([scene.item(0)]),
        "another-item-void": lambda: _voided([scene.item(7)]),
        "batch-void": lambda: _voided(None),
        "void-list-missing": lambda: changed(lambda: _voided([scene.item(0)]), lambda b: b.update(void={})),
        "void-list-older": _older_void,
        "void-list-without-event": lambda: changed(good, _void_without_event),
        # standing
        "revoked": lambda: with_event("cert.revoked", reason="nonconformity", bit="revocation"),
        "revoked-from-before-the-batch": lambda: with_event(
            "cert.revoked", reason="nonconformity", nbf=SEALED, bit="revocation"
        ),
        "revoked-from-after-the-batch": lambda: with_event(
            "cert.revoked", reason="nonconformity", nbf=SEALED + DAY, bit="revocation"
        ),
        "revoked-without-bit": lambda: with_event("cert.revoked", reason="nonconformity"),
        "revocation-bit-only": lambda: _bit_only("revocation"),
        "revocation-bit-only-list-expired": lambda: _bit_only("revocation", old=True),
        "suspended": lambda: with_event("cert.suspended", reason="nonconformity", bit="suspension"),
        "suspended-without-bit": lambda: with_event("cert.suspended", reason="nonconformity"),
        "suspension-bit-only": lambda: _bit_only("suspension"),
        "suspension-bit-only-list-expired": lambda: _bit_only("suspension", old=True),
        "suspended-heads-missing": lambda: changed(
            lambda: with_event("cert.suspended", reason="nonconformity"), lambda b: b.update(heads=None)
        ),
        "suspension-hidden": lambda: changed(
            lambda: with_event("cert.suspended", reason="nonconformity"), hide_newest_leaf
        ),
        "suspension-from-later": lambda: _suspended_later(),
        "reinstated": lambda: _then(with_event("cert.suspended", reason="nonconformity"), "cert.reinstated"),
        "remediation": lambda: with_event("cert.remediation", reason="nonconformity"),
        "withdrawn": lambda: with_event("cert.withdrawn", reason="holder-request", bit="revocation"),
        "not-yet-valid": _not_yet_valid,
        "ended": lambda: at(good(), ENDED),
        "ended-long-ago": lambda: at(good(), AFTER),
        "remediation-ended": lambda: at(with_event("cert.remediation", reason="nonconformity"), ENDED),
        "suspended-ended": lambda: at(with_event("cert.suspended", reason="nonconformity"), AFTER),
        "site-not-in-scope": lambda: _batch_of(site=OTHER_SITE),
        "product-not-in-scope": lambda: _batch_of(product=OTHER_PRODUCT),
        "credential-missing": lambda: changed(good, lambda b: of_first(b).update(credential=None)),
        "credential-changed": lambda: changed(
            good, lambda b: of_first(b)["credential"].update(validUntil="2029-01-01T00:00:00Z")
        ),
        "credential-not-the-issued-one": lambda: changed(good, _other_credential),
        "leaf-changed": lambda: changed(
            good, lambda b: of_first(b)["events"][1]["leaf"].update(at="2026-09-11T09:00:00Z")
        ),
        "leaf-missing-inside": lambda: changed(
            lambda: with_event("cert.suspended", reason="nonconformity"), lambda b: of_first(b)["events"].pop(1)
        ),
        # the way of `next`
        "renewed": successor,
        "reissued": lambda: successor(bit=True),
        "reduced": lambda: successor("cert.reduced", bit=True, sites=(SITE,)),
        "reduced-without-the-site": lambda: successor("cert.reduced", bit=True, sites=(OTHER_SITE,)),
        "renewed-and-suspended": lambda: _then(successor(), "cert.suspended", SECOND, reason="nonconformity"),
        "successor-missing": lambda: changed(successor, lambda b: b["certificates"].pop(SECOND)),
        "renewed-8-times": lambda: long_way(8),
        "renewed-9-times": lambda: long_way(9),
        "successors-in-a-circle": circle,
        "revoked-and-rebound": rebound,
        "revoked-another-batch-rebound": lambda: rebound(batch=2),
        "rebound-successor-missing": lambda: changed(rebound, lambda b: b["certificates"].pop(THIRD)),
        # cautions
        "caution-for-the-firm": lambda: caution(firm=scene.FIRM),
        "caution-for-another-batch": lambda: caution(batch=2),
        "caution-from-later": lambda: caution(since=instant(NOW + DAY)),
    }  # fmt: skip
    return found


def _with(world: Scene, **values: Any) -> Scene:
    for name, value in values.items():
        setattr(world, name, value)
    return world


def _seal_with(label_key: str) -> Scene:
    world = Scene()
    world.issue()
    world.seal_batch(label_key=label_key)
    return world


def _issued_with(key: str) -> Scene:
    world = Scene()
    world.issue(key=key)
    world.seal_batch()
    return world


def _sealed_with(key: str) -> Scene:
    """The batch's leaf, signed by a key that signs no leaves."""
    world = good()
    first = world.events[FIRST][0]
    world.events[FIRST] = [first]
    world.add("labels.sealed", FIRST, SEALED, batch=1, doc=digest(world.manifests[1]), key=key)
    return world


def _manifest_with(key: str) -> Scene:
    world = Scene()
    world.issue()
    world.seal_batch(key=key)
    return world


def _not_sealed() -> Scene:
    world = Scene()
    world.issue()
    world.seal_batch(in_log=False)
    return world


def _batch_of(**said: str) -> Scene:
    world = Scene()
    world.issue()
    world.seal_batch(**said)  # type: ignore[arg-type]
    return world


def _two_stolen() -> Bundle:
    """The event key was stolen, and the log key with which the proofs would have to be checked too."""
    world = good()
    world.mark_key("event", "compromised", boundary=len(world.log), until=NOW - DAY)
    world.mark_key("log", "compromised", boundary=len(world.log), until=NOW - DAY)
    world.with_proofs = True
    return world.bundle()


def _move_index(bundle: Bundle) -> None:
    """A proof holds for its own place only."""
    of_first(bundle)["events"][1]["index"] -= 1


def _swap_lists(bundle: Bundle) -> None:
    both = bundle["status"]
    both["revocation"], both["suspension"] = both["suspension"], both["revocation"]


def _other_manifest(bundle: Bundle) -> None:
    """Signed by an event key like the real one, but not what the log has sealed."""
    bare = {key: value for key, value in bundle["batches"]["1"].items() if key not in ("kid", "sig")}
    bundle["batches"]["1"] = seal_document("manifest", {**bare, "sell_by": "2031-01-01"}, signer("event"))


def _other_credential(bundle: Bundle) -> None:
    """Signed by the certificate key under the same number, but not what the log says was issued."""
    world = Scene()
    world.issue(valid_until=ENDED + 700 * DAY)
    of_first(bundle)["credential"] = world.credentials[FIRST]


def _voided(items: list[int] | None) -> Scene:
    world = good()
    world.void_items(items)
    return world


def _older_void() -> Bundle:
    """The list that was replaced when more labels were voided."""
    world = _voided([scene.item(7)])
    older = copy.deepcopy(world.void[1])
    world.void_items([scene.item(0), scene.item(7)], at=SEALED + 2 * DAY)
    bundle = world.bundle()
    bundle["void"]["1"] = older
    return bundle


def _void_without_event(bundle: Bundle) -> None:
    bundle["void"]["1"] = seal_document("void", {"v": 1, "batch": 1, "items": [scene.item(7)]}, signer("event"))


def _bit_only(purpose: str, *, old: bool = False) -> Bundle:
    world = good()
    world.set_bit(purpose)
    bundle = world.bundle()
    if old:
        world.lists_from, world.lists_until = NOW - 50 * HOUR, NOW - 2 * HOUR
        bundle["status"][purpose]["1"] = world.status_document(purpose)
    return bundle


def _suspended_later() -> Scene:
    world = good()
    world.add("cert.suspended", FIRST, NOW + HOUR, reason="nonconformity")
    return world


def _not_yet_valid() -> Scene:
    world = Scene()
    world.issue(valid_from=NOW + 3 * DAY)
    world.seal_batch()
    return world


def _then(world: Scene, t: str, cert: str = FIRST, **said: Any) -> Scene:
    world.add(t, cert, NOW - DAY, **said)
    return world


# --- what is scanned -------------------------------------------------------------------------------------------------


def replaced(text: str, place: int) -> str:
    """One digit changed."""
    return text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :]


def forged(change: Callable[[bytearray], None]) -> str:
    """A payload whose bytes were changed."""
    data = bytearray(payload.from_digits(digits()))
    change(data)
    return payload.to_digits(bytes(data))


def set_byte(place: int, value: int) -> Callable[[bytearray], None]:
    return lambda data: data.__setitem__(place, value)


def big_s(data: bytearray) -> None:
    """S + L: the same signature to a careless reader."""
    order = 2**252 + 27742317777372353535851937790883648493
    data[-32:] = (int.from_bytes(data[-32:], "little") + order).to_bytes(32, "little")


def small_r(data: bytearray) -> None:
    data[13:45] = (1).to_bytes(32, "little")


def wrong_symbol(code: str) -> str:
    return ("1" if code[0] != "1" else "2") + code[1:]


def cases() -> list[Case]:
    label, code = digits(), typed()
    unlisted = digits(key="stranger-label")
    rows = [
        ("valid", "VALID", label, "good"),
        ("valid-replacement", "VALID", digits(cls=2), "good"),
        ("valid-last-of-the-batch", "VALID", digits(index=COUNT - 1), "good"),
        ("valid-with-gtin", "VALID", digits(2, gtin="09520123456788"), "two-batches"),
        ("a-digit-missing", "MALFORMED", label[:-1], "good"),
        ("a-letter-inside", "MALFORMED", label[:50] + "x" + label[51:], "good"),
        ("version-2", "MALFORMED", forged(set_byte(0, 0x20)), "good"),
        ("profile-2", "MALFORMED", forged(set_byte(0, 0x12)), "good"),
        ("class-11", "MALFORMED", forged(lambda data: set_byte(10, data[10] | 3)(data)), "good"),
        ("group-beyond-seven-bytes", "MALFORMED", "9" * 17 + label[17:], "good"),
        ("wrong-check-symbol", "MALFORMED", wrong_symbol(code), "good"),
        ("unlisted-key", "UNKNOWN_KEY", unlisted, "good"),
        ("unlisted-key-keys-expired", "CANNOT_CONFIRM", unlisted, "keys-expired"),
        ("unlisted-key-keys-missing", "CANNOT_CONFIRM", unlisted, "keys-missing"),
        ("last-digit-changed", "BAD_SIGNATURE", replaced(label, len(label) - 1), "good"),
        ("item-changed", "BAD_SIGNATURE", forged(lambda data: set_byte(9, data[9] ^ 1)(data)), "good"),
        ("use-by-changed", "BAD_SIGNATURE", forged(lambda data: set_byte(11, data[11] ^ 1)(data)), "good"),
        ("s-not-reduced", "BAD_SIGNATURE", forged(big_s), "good"),
        ("r-of-small-order", "BAD_SIGNATURE", forged(small_r), "good"),
        ("specimen", "SPECIMEN", digits(0, cls=1), "good"),
        ("specimen-key-stolen", "SPECIMEN", digits(0, cls=1), "label-key-stolen"),
        ("batch-unknown", "NOT_REGISTERED", digits(9), "good"),
        ("batch-zero-as-issued", "NOT_REGISTERED", digits(0), "good"),
        ("use-by-not-the-manifests", "NOT_REGISTERED", digits(use_by=date(2027, 6, 29)), "good"),
        ("gtin-not-in-the-manifest", "NOT_REGISTERED", digits(gtin="09520123456788"), "good"),
        ("gtin-of-the-manifest-missing", "NOT_REGISTERED", digits(2), "two-batches"),
        ("typed", "TYPED_CODE", code, "good"),
        ("typed-in-lower-case", "TYPED_CODE", code.lower().replace("-", " "), "good"),
        ("typed-suspended", "SUSPENDED", code, "suspended"),
        ("typed-void", "VOID", code, "batch-void"),
        ("typed-batch-unknown", "NOT_REGISTERED", typed(batch=9), "good"),
        ("typed-key-stolen", "TYPED_CODE", code, "label-key-stolen"),
        ("typed-key-stolen-before-sealing", "KEY_COMPROMISED", code, "label-key-stolen-before-sealing"),
        ("typed-label-key-not-listed", "CANNOT_CONFIRM", code, "label-key-not-listed"),
        ("typed-remediation", "TYPED_CODE", code, "remediation"),
        ("key-stolen-batch-not-sealed", "KEY_COMPROMISED", digits(9), "label-key-stolen"),
    ]
    found = [Case(*row) for row in rows]
    found += [
        Case("membership-unknown", "VALID", label, "good", "unknown"),
        Case("item-not-in-the-batch", "NOT_REGISTERED", digits(index=COUNT), "good", "out"),
        Case("item-not-in-the-batch-heads-expired", "CANNOT_CONFIRM", label, "heads-expired", "out"),
        Case("item-not-in-the-batch-keys-expired", "CANNOT_CONFIRM", label, "keys-expired", "out"),
        Case("typed-membership-unknown", "CANNOT_CONFIRM", code, "good", "unknown"),
        Case("typed-membership-out", "NOT_REGISTERED", code, "good", "out"),
        Case("key-stolen-membership-unknown", "CANNOT_CONFIRM", label, "label-key-stolen", "unknown"),
        Case("key-stolen-membership-out", "NOT_REGISTERED", label, "label-key-stolen", "out"),
        Case("key-stolen-no-proofs-membership-out", "CANNOT_CONFIRM", label, "label-key-stolen-no-proofs", "out"),
        Case("typed-ended", "TYPED_CODE", code, "ended", at=ENDED),
        Case("label-key-not-listed-label", "UNKNOWN_KEY", digits(key="stranger-label"), "label-key-not-listed"),
        Case("label-key-from-later-label", "CANNOT_CONFIRM", digits(key="next"), "label-key-from-later"),
        Case(
            "the-last-second",
            "LABELLED_UNDER_EXPIRED",
            label,
            "ended",
            at=datetime.fromisoformat("2027-09-18T12:59:59Z"),
        ),
        Case("judged-before-it-was-issued", "NOT_YET_VALID", label, "good", at=ISSUED - DAY),
        Case("judged-before-the-lists", "CANNOT_CONFIRM", label, "good", at=SEALED + DAY),
    ]
    expected = {
        "two-batches": "VALID",
        "incomplete": "VALID",
        "label-key-stolen": "VALID",
        "label-key-stolen-before-sealing": "KEY_COMPROMISED",
        "one-item-void": "VOID",
        "another-item-void": "VALID",
        "batch-void": "VOID",
        "manifest-missing": "NOT_REGISTERED",
        "manifest-not-sealed": "NOT_REGISTERED",
        "revoked": "REVOKED",
        "revoked-from-before-the-batch": "REVOKED",
        "revoked-from-after-the-batch": "REVOKED_LATER",
        "revoked-without-bit": "REVOKED",
        "revocation-bit-only": "REVOKED",
        "revocation-bit-only-list-expired": "REVOKED",
        "revoked-another-batch-rebound": "REVOKED",
        "suspended": "SUSPENDED",
        "suspended-without-bit": "SUSPENDED",
        "suspension-bit-only": "SUSPENDED",
        "suspended-heads-missing": "SUSPENDED",
        "suspension-from-later": "SUSPENDED",
        "renewed-and-suspended": "SUSPENDED",
        "suspended-ended": "SUSPENDED",
        "withdrawn": "WITHDRAWN",
        "site-not-in-scope": "OUT_OF_SCOPE",
        "product-not-in-scope": "OUT_OF_SCOPE",
        "reduced-without-the-site": "OUT_OF_SCOPE",
        "not-yet-valid": "NOT_YET_VALID",
        "ended-long-ago": "EXPIRED",
        "ended": "LABELLED_UNDER_EXPIRED",
        "remediation": "REMEDIATION",
        "remediation-ended": "REMEDIATION",
        "reinstated": "VALID",
        "renewed": "VALID",
        "reissued": "VALID",
        "reduced": "VALID",
        "renewed-8-times": "VALID",
        "revoked-and-rebound": "VALID",
        "caution-for-the-firm": "VALID",
        "caution-for-another-batch": "VALID",
        "caution-from-later": "VALID",
    }
    moments = {"ended": ENDED, "remediation-ended": ENDED, "ended-long-ago": AFTER, "suspended-ended": AFTER}
    special = {"good", "label-key-from-later", "label-key-not-listed"}
    found += [  # every other bundle with a genuine label: what is wrong in it must not be overlooked
        Case(name, expected.get(name, "CANNOT_CONFIRM"), label, name, at=moments.get(name, NOW))
        for name in bundles()
        if name not in special
    ]
    return found


# --- files -----------------------------------------------------------------------------------------------------------


@cache
def container(name: str) -> Bundle:
    made = bundles()[name]()
    return made.bundle() if isinstance(made, Scene) else made


def read(text: str) -> payload.Label | payload.Typed | None:
    try:
        return payload.parse(text)
    except Malformed:
        return None


def patch(old: Any, new: Any, where: str = "") -> list[dict[str, Any]]:
    """The operations (RFC 6902) that make `new` of `old`; they descend into objects and replace everything else."""
    if old == new and type(old) is type(new):
        return []
    if not isinstance(old, dict) or not isinstance(new, dict):
        return [{"op": "replace", "path": where, "value": new}]
    steps: list[dict[str, Any]] = [{"op": "remove", "path": f"{where}/{key}"} for key in old if key not in new]
    for key, value in new.items():
        if key in old:
            steps += patch(old[key], value, f"{where}/{key}")
        else:
            steps.append({"op": "add", "path": f"{where}/{key}", "value": value})
    return steps


def apply(document: Bundle, steps: list[dict[str, Any]]) -> Bundle:
    """A patched copy."""
    document = copy.deepcopy(document)
    for step in steps:
        *way, last = step["path"].split("/")[1:]
        place = document
        for key in way:
            place = place[key]
        if step["op"] == "remove":
            del place[last]
        else:
            place[last] = copy.deepcopy(step["value"])
    return document


def render() -> dict[Path, bytes]:
    """Every file and its bytes."""
    whole = container("good")
    defects = {name: patch(whole, container(name)) for name in bundles() if name != "good"}
    opened = {name: open_bundle(container(name), ROOTS) for name in bundles()}
    vectors: list[dict[str, Any]] = []
    for case in cases():
        verdict = judge(read(case.text), opened[case.bundle], case.membership, case.at)
        if verdict.code != case.expected:
            raise SystemExit(f"{case.name}: {verdict.code} where FORMATS.md 5 says {case.expected}")
        vector = {
            "name": case.name,
            "text": case.text,
            "bundle": case.bundle,
            "membership": case.membership,
            "at": instant(case.at),
            "code": case.expected,
            "sha256": sha256(verdict.data).hex(),
        }
        if all(other["code"] != case.expected for other in vectors):
            vector["verdict"] = verdict.data.decode()
        vectors.append(vector)
    document = {"roots": [multikey(root) for root in ROOTS], "cases": vectors}
    return {
        HERE / "good.json": jcs(whole) + b"\n",
        HERE / "defects.json": lines(defects),
        HERE / "cases.json": lines(document),
        DOCS: with_examples(
            DOCS.read_text("utf-8"), [json.loads(each["verdict"]) for each in vectors if "verdict" in each]
        ),
    }


def with_examples(text: str, verdicts: list[Any]) -> bytes:
    """The page up to its mark, and then one example per code in the order of the table."""
    ordered = sorted(verdicts, key=lambda verdict: CODES.index(verdict["code"]))
    shown = [
        f"### {verdict['code']}\n\n```json\n{json.dumps(verdict, ensure_ascii=False, indent=1)}\n```\n"
        for verdict in ordered
    ]
    return (text.partition(MARK)[0] + MARK + "\n" + "\n".join(shown)).encode()


def lines(document: Any) -> bytes:
    """One line per case or defect, so that a change shows what it changed."""
    rows = document.get("cases", document)
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    for row in rows if isinstance(rows, list) else rows.values():
        found = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
        text = text.replace(found, found + "\n", 1)
    return text.encode() + b"\n"


def main(argv: list[str]) -> int:
    files = render()
    if argv == ["--check"]:
        stale = [path for path, data in files.items() if not path.exists() or path.read_bytes() != data]
        stale += [path for path in HERE.rglob("*.json") if path not in files]
        for path in stale:
            print(f"not as the script makes it: {path.name}", file=sys.stderr)
        return 1 if stale else 0
    for path, data in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
