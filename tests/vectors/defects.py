"""Bundles with one defect each, and worlds in which something happened: the raw material of the verdict's vectors.

`bundles()` maps a name to a function that makes the world or the bundle; `container` gives the finished bundle. What a
label is worth in it is said in `tests.vectors.verdicts`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from ground.canonical import digest, instant
from ground.keyset import build_keyset
from ground.signing import seal_document
from tests.vectors import scene
from tests.vectors.scene import (
    DAY,
    FIRST,
    NOW,
    OTHER_PRODUCT,
    OTHER_SITE,
    PRODUCT,
    SEALED,
    SECOND,
    SITE,
    THIRD,
    Scene,
    good,
    signer,
)

HOUR = timedelta(hours=1)
AFTER = NOW + 500 * DAY  # past validUntil and sell_by
ENDED = NOW + 300 * DAY  # past validUntil, not past sell_by

Bundle = dict[str, Any]


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
        "one-item-void": lambda: voided([scene.item(0)]),
        "another-item-void": lambda: voided([scene.item(7)]),
        "batch-void": lambda: voided(None),
        "void-list-missing": lambda: changed(lambda: voided([scene.item(0)]), lambda b: b.update(void={})),
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


def voided(items: list[int] | None) -> Scene:
    world = good()
    world.void_items(items)
    return world


def _older_void() -> Bundle:
    """The list that was replaced when more labels were voided."""
    world = voided([scene.item(7)])
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


@cache
def container(name: str) -> Bundle:
    made = bundles()[name]()
    return made.bundle() if isinstance(made, Scene) else made
