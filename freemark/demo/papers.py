"""What the story leaves on disk: the papers that anybody could have fetched, as they were served.

Also the two checks that need no server: a label image decoded by a reader that is not ours, and `freemark verify` run
as a process of its own with nothing but a bundle and the root keys.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from certify.checkpoint import open_checkpoint, open_proof, parse_vkey
from freemark.demo.client import Client, Json
from ground.canonical import jcs
from ground.keyring import Keyring
from ground.signing import multikey

STATUS = ("revocation", "suspension")


def write_labels(holder: Client, out: Path, order: str) -> tuple[str, str, str]:
    """Fetch the print files of the order and decode label.png. Returns its (digits, human code, QR version)."""
    for name, kept in (
        ("labels.csv", "labels.csv"),
        ("sheet.pdf", "sheet.pdf"),
        ("label-0.png", "label.png"),
        ("label-0.svg", "label.svg"),
    ):
        (out / kept).write_bytes(holder.fetch(f"/v1/orders/{order}/files/{name}", accept="*/*").body)
    digits = decode(out / "label.png")
    with (out / "labels.csv").open(newline="") as table:
        row = next(csv.DictReader(table))
    return digits, row["human_code"], row["qr_version"]


def decode(image: Path) -> str:
    """The digits in the address that zxing-cpp reads from the pixels."""
    import zxingcpp
    from PIL import Image

    with Image.open(image) as picture:
        found = zxingcpp.read_barcodes(picture.convert("L"))
    if len(found) != 1:
        raise RuntimeError(f"{len(found)} codes were read from {image}, not one")
    return urlsplit(found[0].text).path.removeprefix("/")


def write_bundle(anybody: Client, out: Path, name: str) -> None:
    (out / name).write_bytes(anybody.fetch("/bundle.json").body)
    roots = Keyring.load(out / "world" / "keys").root_publics()
    (out / "roots.txt").write_text("".join(f"{multikey(root)}\n" for root in roots))


def offline(out: Path, bundle: str, code: str) -> Json:
    """The verdict of `freemark verify`, run without a server."""
    command = [
        sys.executable,
        "-m",
        "freemark.cli",
        "verify",
        code,
        "--bundle",
        str(out / bundle),
        "--root",
        str(out / "roots.txt"),
    ]
    answer = subprocess.run(command, capture_output=True, check=False, timeout=60)
    if answer.returncode != 0:
        raise RuntimeError(f"freemark verify failed: {answer.stderr.decode(errors='replace').strip()}")
    return json.loads(answer.stdout)


def write_log(anybody: Client, out: Path, certificate: str) -> tuple[int, list[str]]:
    """Copy the log, and prove every event of the certificate against its checkpoint: (size, one line a step)."""
    shelf = out / "world" / "shelf" / "public" / "log"
    for place in sorted(path for path in shelf.rglob("*") if path.is_file()):
        path = place.relative_to(shelf).as_posix()
        _put(out / "log" / path, anybody.fetch(f"/log/{path}", accept="*/*").body)
    origin, public = parse_vkey((out / "log" / "log.vkey").read_text().strip())
    head = open_checkpoint((out / "log" / "checkpoint").read_text(), origin, public)
    steps: list[str] = []
    for event in anybody.get(f"/certificates/{certificate}/events.json")["events"]:
        leaf = event["leaf"]
        text = anybody.fetch(f"/certificates/{certificate}/events/{leaf['seq']}.tlog-proof", accept="*/*").body.decode()
        proven, signed = open_proof(text, jcs(leaf), origin, public)
        steps.append(f"leaf {proven:>3}  {leaf['at']}  {leaf['t']:<16} is in the tree of {signed.size} leaves")
    return head.size, steps


def write_end(anybody: Client, out: Path, certificate: str, verdicts: list[Json]) -> None:
    """The documents as they stand when the story ends."""
    (out / "certificate.json").write_bytes(anybody.fetch(f"/certificates/{certificate}", accept="application/vc").body)
    (out / "certificate.jwt").write_bytes(
        anybody.fetch(f"/certificates/{certificate}", accept="application/vc+jwt").body
    )
    (out / "did.json").write_bytes(anybody.fetch("/.well-known/did.json", accept="*/*").body)
    for name in ("keys.json", "heads.json"):
        (out / name).write_bytes(anybody.fetch(f"/{name}", accept="*/*").body)
    for purpose in STATUS:
        _put(out / "status" / purpose / "1", anybody.fetch(f"/status/{purpose}/1", accept="*/*").body)
    (out / "verdicts.json").write_text(json.dumps(verdicts, indent=1) + "\n")


def _put(place: Path, data: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
