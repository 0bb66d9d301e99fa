"""What a visitor of `make run` gets: one label in force, one revoked, and a token for each role.

Kept in a file beside the world, readable by its owner only, so that the same world can be served again.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from freemark.demo import scene
from freemark.demo.client import Client
from freemark.demo.server import Server
from freemark.demo.stage import TOKEN_LIFE, Cast
from ground.access import SCOPES
from ground.canonical import instant
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
    """Certify a faultless factory of another manufacturer, so that there is a label in force to scan; and keep the
    visit. Of another, because after a revocation its holder waits a year."""
    now = SystemClock().now()
    mina, lakeside = _neighbour(cast, instant(now + TOKEN_LIFE))
    people = scene.Cast(mina, cast.amina, cast.carl, lakeside, cast.people["Amina Yusuf"], cast.crew)
    application, reports = scene.ready_application(people, now, "Lakeside Knitwear, Unit 1")
    scene.accept(people, application, reports)
    number = scene.certificate(people, application)
    order = scene.order_labels(people, number, LABELS, str((now + timedelta(days=60)).date()))
    in_force = scene.printed(people, order)[0]
    picture = mina.fetch(f"/v1/orders/{order}/files/label-0.png", accept="*/*").body
    (out / "label-in-force.png").write_bytes(picture)
    tokens = [*cast.tokens(), ("another's manager", mina.name, mina.token)]
    visit = Visit(prefix, revoked, in_force, tokens)
    write_atomic(out / FILE, json.dumps(asdict(visit), indent=1).encode(), mode=0o600)
    return visit


def _neighbour(cast: Cast, expires: str) -> tuple[Client, str]:
    """The manager of another manufacturer, and its id."""
    home = {"name": "Lakeside Knitwear Ltd", "roles": ["manufacturer"], "country": "BD", "city": "Narayanganj"}
    lakeside = str(cast.sam.post("/v1/organisations", home)["id"])
    member = {"organisation": lakeside, "name": "Mina Akter", "email": "mina@example.org", "roles": ["manager"]}
    person = cast.sam.post("/v1/people", member)["id"]
    wish = {"person": person, "organisation": lakeside, "scopes": list(SCOPES), "expires": expires}
    return Client(cast.sam.base, "Mina Akter", str(cast.sam.post("/v1/tokens", wish)["token"])), lakeside


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
