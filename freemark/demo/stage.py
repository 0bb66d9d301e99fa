"""The stage of the story: the new world on disk, and the cast with their organisations, sites and tokens.

The first scheme manager is made on the command line's way (`found`); everybody else is registered by her over HTTP.
"""

from __future__ import annotations

import fcntl
import logging
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from freemark.demo import crew as crews
from freemark.demo.client import Client, Json
from freemark.demo.crew import Auditor, Crew
from freemark.migrations import upgrade
from ground import parties
from ground.canonical import instant
from ground.clock import DemoClock
from ground.errors import Conflict
from ground.settings import Settings
from ground.world import open_world

MARKER = ".freemark-demo"
TOKEN_LIFE = timedelta(days=365)  # from the story's beginning; a token lives a year at most
RULEBOOK = "freemark-2026.1"


@contextmanager
def reserved(out: Path) -> Iterator[None]:
    """Have the folder `out` to ourselves. Conflict, and nothing is changed: no demo made it, or one runs in it now."""
    if out.exists() and any(out.iterdir()) and not (out / MARKER).is_file():
        raise Conflict(f"{out} is not empty and was not made by a demo; name another folder", where="--out")
    out.mkdir(parents=True, exist_ok=True)
    with (out / MARKER).open("a") as marker:
        try:
            fcntl.flock(marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(
                f"a demo is running in {out}; end it first, or name another folder", where="--out"
            ) from error
        yield


def clear(out: Path) -> None:
    """Empty a reserved folder, so that the story can begin anew."""
    for entry in out.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        elif entry.name != MARKER:
            entry.unlink()


def check_addresses(data: Path, public_url: str, label_url: str, port: int) -> None:
    """Invalid for an address that cannot be a scheme's; Conflict when somebody listens on the port already."""
    Settings.load(data=data, public_url=public_url, label_url=label_url)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Conflict(f"port {port} is taken; name another one", where="--port") from error


def found_world(
    data: Path,
    public_url: str,
    label_url: str,
    begin: datetime,
    database_url: str = "",
    first_rulebook: str = RULEBOOK,
) -> str:
    """A new world whose clock stands at `begin`. Returns the token of the first scheme manager.

    label_url, database_url: "" for the default. All is kept in settings.env, where `freemark --data DATA` finds it.
    No order and no certificate waits in the release check: who is drawn to wait for 72 hours would be a matter of luck.
    """
    logging.getLogger("alembic").setLevel(logging.WARNING)  # that tables are made is no part of any story
    data.mkdir(parents=True)
    port = str(urlsplit(public_url).port or "")
    given = {"public_url": public_url, "label_url": label_url, "database_url": database_url, "port": port,
             "first_rulebook": first_rulebook, "release_check": "false"}  # fmt: skip
    lines = [f"FREEMARK_{key.upper()}={value}" for key, value in given.items() if value]
    (data / "settings.env").write_text("\n".join(lines) + "\n")
    DemoClock(data / "clock.json").set(begin)
    settings = Settings.load(data=data)
    upgrade(settings)
    world = open_world(settings)
    try:
        with world.db.write() as session:
            _, _, token = parties.found_scheme(
                session, "Freemark Scheme Foundation", "Sam Okafor", world.clock.now(), city="Geneva"
            )
            return token
    finally:
        world.close()


@dataclass(frozen=True)
class Cast:
    """Everybody's client and the ids that the story needs."""

    sam: Client
    carl: Client
    amina: Client
    noor: Client
    bea: Client
    ravi: Client
    hana: Client
    crew: Crew
    people: dict[str, str]
    """Ids by name; of organisations too."""
    sunrise: str
    factory: str
    office: str

    def tokens(self) -> list[tuple[str, str, str]]:
        """(role, name, token) of one person per role."""
        return [
            ("scheme manager", self.sam.name, self.sam.token),
            ("decider", self.carl.name, self.carl.token),
            ("auditor", self.amina.name, self.amina.token),
            ("protection handler", self.hana.name, self.hana.token),
            ("manufacturer's manager", self.bea.name, self.bea.token),
            ("labour agent", self.ravi.name, self.ravi.token),
        ]


def register(base: str, token: str, begin: datetime) -> Cast:
    """Sam registers five organisations and seven people, approves firms and auditors, and keeps an exclusion list; two
    sites are entered. begin: the server's time now."""
    sam = Client(base, "Sam Okafor", token)
    people: dict[str, str] = {}
    expires = instant(begin + TOKEN_LIFE)

    def organisation(name: str, role: str, country: str, city: str, **more: Json) -> str:
        body = {"name": name, "roles": [role], "country": country, "city": city, "registered_id": "", **more}
        people[name] = str(sam.post("/v1/organisations", body)["id"])
        return people[name]

    def person(name: str, home: str, role: str, *scopes: str) -> Client:
        mail = f"{name.split()[0].lower()}@example.org"
        body = {"organisation": home, "name": name, "email": mail, "roles": [role]}
        people[name] = str(sam.post("/v1/people", body)["id"])
        wanted = {"person": people[name], "organisation": home, "scopes": ["read", *scopes], "expires": expires}
        return Client(base, name, str(sam.post("/v1/tokens", wanted)["token"]))

    accreditation = {
        "body": "Swiss Accreditation Service (fictitious entry)",
        "number": "SCESp 0999",
        "scope": "ISO/IEC 17065, social certification",
        "expires": (begin + timedelta(days=900)).date().isoformat(),
    }
    lotus = organisation("Lotus Certification AG", "certification_body", "CH", "Basel", accreditation=accreditation)
    meridian = organisation("Meridian Audit Ltd", "audit_firm", "GB", "Leeds")
    quayside = organisation("Quayside Social Audit Ltd", "audit_firm", "GB", "Hull")
    sunrise = organisation("Sunrise Garments Ltd", "manufacturer", "BD", "Gazipur", registered_id="C-118204")
    himal = organisation(
        "Himal Overseas Placement Pvt Ltd", "labour_agent", "NP", "Kathmandu", registered_id="1042/072"
    )

    carl = person("Carl Brandt", lotus, "decider", "certify", "audits")
    amina = person("Amina Yusuf", meridian, "auditor", "audits")
    noor = person("Noor Rahman", meridian, "auditor", "audits")
    person("Ines Ferreira", quayside, "auditor", "audits")
    (scheme,) = [each["id"] for each in sam.get("/v1/organisations")["items"] if "scheme_owner" in each["roles"]]
    hana = person("Hana Sato", scheme, "handler", "audits")
    bea = person("Bea Sarker", sunrise, "manager", "audits", "certify", "labels", "parties")
    ravi = person("Ravi Thapa", himal, "agent", "audits", "parties")

    factory = bea.post(
        "/v1/sites",
        {
            "organisation": sunrise,
            "kind": "factory",
            "name": "Sunrise Garments, Unit 2",
            "address": "Plot 14, Konabari Road",
            "city": "Gazipur",
            "country": "BD",
            "workers": 640,
        },
    )
    office = ravi.post(
        "/v1/sites",
        {
            "organisation": himal,
            "kind": "agency_office",
            "name": "Himal Overseas Placement, head office",
            "address": "Dilli Bazaar 33",
            "city": "Kathmandu",
            "country": "NP",
            "workers": 14,
        },
    )
    auditors = [Auditor(each, people[each.name], meridian) for each in (amina, noor)]
    crew = Crew(sam, carl, {each.person: each for each in auditors})
    crews.approve_everybody(crew, begin.date())
    crews.approve(sam, quayside, people["Ines Ferreira"], begin.date(), languages=("en", "pt"))
    crews.screened(crew, begin.date())
    return Cast(
        sam, carl, amina, noor, bea, ravi, hana, crew, people, sunrise, str(factory["id"]), str(office["id"])
    )  # fmt: skip
