"""What a visitor of `make run` gets: one label in force, one revoked, and a token for each role.

Kept in a file beside the world, readable by its owner only, so that the same world can be served again.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from freemark.demo import scene
from freemark.demo.server import Server
from freemark.demo.stage import Cast
from ground.clock import SystemClock
from ground.files import write_atomic

FILE = "visit.json"
LABELS = 24


@dataclass(frozen=True)
class Visit:
    """prefix: what stands in the QR codes before the digits. tokens: (role, name, secret)."""

    prefix: str
    revoked: str
    in_force: str
    tokens: list[tuple[str, str, str]]


def prepare(out: Path, cast: Cast, prefix: str, revoked: str) -> Visit:
    """Certify a second, faultless factory, so that there is a label in force to scan; and keep the visit."""
    now = SystemClock().now()
    people = scene.Cast(cast.bea, cast.amina, cast.carl, cast.sunrise, cast.people["Amina Yusuf"], cast.crew)
    application, reports = scene.ready_application(people, now, "Sunrise Garments, Unit 3")
    scene.accept(people, application, reports)
    number = scene.certificate(people, application)
    order = scene.order_labels(people, number, LABELS, str((now + timedelta(days=60)).date()))
    in_force = scene.printed(people, order)[0]
    picture = cast.bea.fetch(f"/v1/orders/{order}/files/label-0.png", accept="*/*").body
    (out / "label-in-force.png").write_bytes(picture)
    visit = Visit(prefix, revoked, in_force, cast.tokens())
    write_atomic(out / FILE, json.dumps(asdict(visit), indent=1).encode(), mode=0o600)
    return visit


def kept(out: Path, address: str) -> Visit | None:
    """The visit that an earlier run left, if it is complete and its labels carry the same address."""
    try:
        found = Visit(**json.loads((out / FILE).read_bytes()))
    except FileNotFoundError:
        return None
    return found if found.prefix == f"{address}/" else None


def show(out: Path, visit: Visit, server: Server) -> None:
    """Print what there is to scan and to try, and serve until Ctrl-C."""
    print(
        f"\nServing {out} at {server.base}/ ; Ctrl-C ends it, deleting the folder begins anew. Two labels to scan:\n\n"
        f"  revoked, of the story           {out / 'label.png'}\n  {visit.prefix}{visit.revoked}\n\n"
        f"  in force, of another factory    {out / 'label-in-force.png'}\n  {visit.prefix}{visit.in_force}\n\n"
        f"The API is described at {server.base}/openapi.json ; tokens:\n"
    )
    for role, name, token in visit.tokens:
        print(f"  {role:<24} {name:<14} {token}", flush=True)
    try:
        server.wait()
    except KeyboardInterrupt:
        print()
