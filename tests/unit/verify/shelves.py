"""A shelf and the little of a world that the scan needs, published from a scene. No database."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from nacl.public import PrivateKey

from certify.merkle import grow, leaf_hash
from ground.canonical import jcs
from ground.clock import FixedClock
from ground.shelf import Shelf
from labels import manifest
from tests.vectors.scene import COUNT, NOW, ROOTS, Scene, batch_key

SCAN = PrivateKey(hashlib.sha256(b"freemark test scan key").digest())
LABEL_HOST = "https://scheme.example"


def publish(world: Scene, shelf: Shelf) -> None:
    """What certify and labels would write, as one set."""
    with shelf.publishing():
        write(world, shelf)


def write(world: Scene, shelf: Shelf) -> None:
    bundle = world.bundle()
    files: dict[str, Any] = {f"{name}.json": bundle[name] for name in ("keys", "heads", "cautions")}
    for purpose, lists in bundle["status"].items():
        files |= {f"status/{purpose}/{shard}.json": document for shard, document in lists.items()}
    for number, certificate in bundle["certificates"].items():
        files[f"certificates/{number}.json"] = certificate["credential"]
        files[f"certificates/{number}/events.json"] = {"events": certificate["events"]}
    for folder in ("batches", "void"):
        files |= {f"{folder}/{batch}.json": document for batch, document in bundle[folder].items()}
    for path, document in files.items():
        shelf.write(path, jcs(document))
    for batch in world.manifests:
        if not shelf.read_private(f"members/{batch}"):
            sealed = manifest.seal_member(batch_key(batch), COUNT, bytes(SCAN.public_key))
            shelf.write_private(f"members/{batch}", sealed)
    shelf.write("log/checkpoint", bundle["checkpoint"].encode())
    for path, data in grow(0, lambda _: None, [leaf_hash(leaf) for leaf in world.log]).tiles.items():
        shelf.write(f"log/{path}", data)


def scan_world(folder: Path, scene: Scene | None = None, *, typed_per_minute: int = 30) -> Any:
    """A stand-in for ground.world.World with just what the scan may touch: any other access is an AttributeError."""
    shelf = Shelf(folder)
    if scene is not None:
        publish(scene, shelf)
    return SimpleNamespace(
        shelf=shelf,
        clock=FixedClock(NOW),
        keyring=SimpleNamespace(root_publics=lambda: ROOTS, scan_private=lambda: bytes(SCAN)),
        settings=SimpleNamespace(
            scheme_name="Human-Trafficking Free", link_url=LABEL_HOST, typed_codes_per_minute=typed_per_minute
        ),
    )
