"""The whole application over HTTP in this process, on a clock that the test moves and with jobs that it runs.

The people of tests/cast.py, each with a client; the short ways to a certificate and to labels; and the verifier who has
nothing but a bundle and the root keys. Every act goes through the public API, and nothing happens behind it until
`drain`. In a world that began with a rulebook whose standard says how field work is done, there is a crew: approved
auditors with keys of their own, drawn for each audit, and an exclusion list in use.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from audits import standard
from certify.credential import open_credential, read_scope
from certify.statuslist import ListPurpose, open_list
from freemark import jobs
from freemark.app import create_app
from freemark.demo import crew as crews
from freemark.demo import scene
from freemark.demo.client import Answer, Client, Refused
from freemark.demo.crew import Auditor, Crew
from ground.access import SCOPES
from ground.clock import FixedClock
from ground.keyring import Keyring
from ground.keyset import KeySet, parse_keyset
from ground.outbox import Drained
from ground.signing import multikey
from ground.world import World
from tests import cast
from tests.cast import Player
from verify import offline
from verify.codes import Membership

Json = Any
STANDARD = scene.STANDARD
LATEST = crews.STANDARD
PASSPORTS = "T2.1"
FEES = "T1.1"
DAY = timedelta(days=1)
KEYS = "own-keys"


@dataclass(frozen=True)
class Inside(Client):
    """One person at the application itself: no socket in between."""

    web: TestClient | None = field(default=None, repr=False)
    person: str = ""
    organisation: str = ""

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        assert self.web is not None
        if self.token:
            headers = {**headers, "Authorization": f"Bearer {self.token}"}
        response = self.web.request(method, path, content=body, headers=headers, follow_redirects=False)
        return Answer(response.status_code, response.content, dict(response.headers))

    def refused(self, path: str, body: Json | None = None) -> tuple[int, str]:
        """The status and the words of the refusal that this must be; body None: a GET."""
        try:
            self.get(path) if body is None else self.post(path, body)
        except Refused as refusal:
            return refusal.status, refusal.detail
        raise AssertionError(f"{path} was not refused")


class House:
    """One world, its application and its people."""

    def __init__(self, world: World, web: TestClient) -> None:
        self.world = world
        self.web = web
        people = cast.make_cast(world)
        self.sam, self.carl, self.amina = self._at(people.sam), self._at(people.carl), self._at(people.amina)
        self.bea, self.ravi, self.otto = self._at(people.bea), self._at(people.ravi), self._at(people.otto)
        self.noor = self.another("Noor Rahman", self.amina.organisation, "auditor")
        self.hana = self._at(people.hana)
        self.factory, self.office = people.factory, people.office
        self.anybody = Inside("", web=web)
        self.crew = self._crew() if world.settings.first_rulebook != STANDARD else None

    def _crew(self) -> Crew:
        """Amina and Noor, approved, with keys; every site held against a list."""
        auditors = {each.person: Auditor(each, each.person, each.organisation) for each in (self.amina, self.noor)}
        crew = Crew(self.sam, self.carl, auditors)
        crews.approve_everybody(crew, self.now.date())
        crews.screened(crew, self.now.date())
        return crew

    def _at(self, player: Player, name: str = "") -> Inside:
        return Inside("", name, player.secret, self.web, player.person, player.organisation)

    def another(self, name: str, organisation: str, *roles: str) -> Inside:
        """One more member of an organisation."""
        with self.world.db.write() as session:
            return self._at(cast.enrol(session, self.world, organisation, name, *roles), name)

    def firm(self, name: str, *kinds: str) -> str:
        """One more organisation."""
        body = {"name": name, "roles": kinds, "country": "GB", "city": "Leeds"}
        return str(self.sam.post("/v1/organisations", body)["id"])

    # --- time and jobs ---

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    @property
    def today(self) -> str:
        return str(self.now.date())

    def later_without_signing(self, by: timedelta) -> None:
        """Time passes, and nobody is at work."""
        assert isinstance(self.world.clock, FixedClock)
        self.world.clock.advance(by)

    def later(self, by: timedelta, *, nightly: bool = False) -> None:
        """Time passes, what falls due by the clock is done where there is a crew, and what is published is signed
        again. nightly: the rules are asked again, too."""
        self.later_without_signing(by)
        if self.crew is not None:
            jobs.clocks(self.world)
        if nightly:
            jobs.reconsider(self.world)
        jobs.refresh(self.world)

    def drain(self) -> Drained:
        """What the job thread would do now."""
        return jobs.drain(self.world)

    def renew_tokens(self) -> None:
        """New tokens for everybody: one lives a year at most."""
        expires = f"{self.now + timedelta(days=365):%Y-%m-%dT%H:%M:%SZ}"
        for name in ("sam", "carl", "amina", "bea", "ravi", "otto", "noor", "hana"):
            old: Inside = getattr(self, name)
            wish = {"person": old.person, "organisation": old.organisation, "scopes": SCOPES, "expires": expires}
            setattr(self, name, replace(old, token=str(self.sam.post("/v1/tokens", wish)["token"])))
        if self.crew is not None:
            known = {each.person: each for each in (self.amina, self.noor)}
            auditors = {id: replace(each, client=known[id]) for id, each in self.crew.auditors.items() if id in known}
            self.crew = Crew(self.sam, self.carl, auditors)

    # --- the short ways ---

    def people(self, manager: Inside | None = None) -> scene.Cast:
        holder = manager or self.bea
        return scene.Cast(holder, self.amina, self.carl, holder.organisation, self.amina.person, self.crew)

    def apply(self, manager: Inside | None = None) -> tuple[str, list[str]]:
        """An application that lacks nothing but the acceptance: (id, hashes of its reports)."""
        found = scene.ready_application(self.people(manager), self.now)
        self.drain()
        return found

    def accept(self, application: str) -> None:
        """Carl accepts all reports there are."""
        scene.accept(self.people(), application, self.application(application)["reports"])
        self.drain()

    def certified(self) -> Certified:
        """A certificate, issued today, for one factory and one product."""
        application, _ = self.apply()
        self.accept(application)
        number = scene.certificate(self.people(), application)
        entry = self.bea.get(f"/v1/certificates/{number}")
        return Certified(self, application, number, entry["sites"][0]["id"], entry["products"][0]["id"])

    def application(self, id: str) -> Json:
        return self.carl.get(f"/v1/applications/{id}")

    def decision(self, application: str) -> Json:
        """The last one, with its reasons."""
        n = self.application(application)["decision"]["n"]
        return self.carl.get(f"/v1/applications/{application}/decisions/{n}")

    def audit(
        self, site: str, answers: list[Json], *, kind: str = "surveillance", by: Inside | None = None, **plan: Json
    ) -> str:
        """Plan an audit of today and file its answers; the report is `submit`ted apart.

        With a crew: drawn and accepted, led by `by`, with field days in which nothing falls short; a finding of zero
        tolerance is raised as an alert. plan may say `workers` then, else as many as are registered.
        """
        auditor = by or self.amina
        if self.crew is not None:
            return self._field_audit(self.crew, site, answers, kind, auditor, **plan)
        body = {
            "site": site, "type": kind, "standard": STANDARD, "starts_on": self.today, "ends_on": self.today,
            "team": [auditor.person], "announced": False, "remote": False, **plan,
        }  # fmt: skip
        id = str(auditor.post("/v1/audits", body)["id"])
        auditor.post(f"/v1/audits/{id}/answers", {"answers": answers})
        return id

    def _field_audit(
        self, crew: Crew, site: str, answers: list[Json], kind: str, by: Inside, *, workers: int = 0, **plan: Json
    ) -> str:
        today = self.now.date()
        count = workers or int(self.sam.get(f"/v1/sites/{site}")["workers"])
        team = plan.pop("team", [by.person])
        first = today - (crews.days_for(kind, count, len(team)) - 1) * DAY
        lead, _ = crews.assigned(crew, site, kind, first, today, among=team, others=team)
        team = [lead.person, *(person for person in team if person != lead.person)]
        told = {True: "announced", False: "unannounced"}[plan.pop("announced", False)]
        id = crews.planned(lead, site, kind, first, today, **{"notice": told, "team": team, **plan})
        crews.fill(lead, id, crews.field_days(kind, count, team, first, today))
        crews.answered(lead, id, answers, self.now, whole=False)
        return id

    def submit(self, audit: str, *, by: Inside | None = None, workers: int = 40) -> Json:
        """With a crew: signed, and with the figures that were filed."""
        if self.crew is not None:
            lead = self.crew.auditors[(by or self.amina).person]
            return crews.submitted(lead, audit, crews.figures(lead, audit))
        report = {
            "workers": workers, "payroll_workers": workers, "interviews_individual": min(workers, 30),
            "interviews_group": 0, "files_reviewed": 10, "closing_meeting_on": self.today, "summary": "As answered.",
        }  # fmt: skip
        return (by or self.amina).post(f"/v1/audits/{audit}/report", report)

    # --- the public, and who verifies alone ---

    def scan(self, code: str) -> Json:
        return self.anybody.get(f"/{code}")

    def scan_bytes(self, code: str) -> bytes:
        return self.anybody.fetch(f"/{code}").body

    def bundle(self) -> bytes:
        return self.anybody.fetch("/bundle.json").body

    def keys(self) -> KeySet:
        """The published keys, as the pinned roots allow them."""
        return parse_keyset(self.anybody.fetch("/keys.json").body, self.world.keyring.root_publics())

    def offline(self, code: str, bundle: bytes, membership: Membership = "unknown", at: datetime | None = None) -> Json:
        """The verdict of somebody who has the bundle and the roots, and no network."""
        roots = self.world.keyring.root_publics()
        return json.loads(offline.judgement(code, bundle, roots, membership, at or self.now))

    def command_line(self, folder: Path, code: str, bundle: bytes, *options: str) -> bytes:
        """What `freemark verify` prints, as a process of its own."""
        (folder / "bundle.json").write_bytes(bundle)
        roots = "".join(f"{multikey(root)}\n" for root in self.world.keyring.root_publics())
        (folder / "roots.txt").write_text(roots)
        files = ["--bundle", str(folder / "bundle.json"), "--root", str(folder / "roots.txt")]
        command = [sys.executable, "-m", "freemark.cli", "verify", code, *files, *options]
        return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout

    def bits(self, number: str) -> dict[str, bool]:
        """The certificate's bit in each published status list, every signature checked."""
        keys, found = self.keys(), {}
        document = open_credential(self.anybody.get(f"/certificates/{number}"), keys)
        purposes: tuple[ListPurpose, ...] = ("revocation", "suspension")
        for purpose, (url, index) in zip(purposes, read_scope(document).status, strict=True):
            listed = open_list(self.anybody.get(url.removeprefix(self.world.settings.public_url)), keys, purpose)
            found[purpose] = listed.bit(index)
        return found

    @contextmanager
    def without_key(self, purpose: str) -> Iterator[None]:
        """The key file is away while the block runs."""
        (path,) = (self.world.settings.data / KEYS).glob(f"{purpose}-*.key")
        away = path.with_suffix(".away")
        path.rename(away)
        yield
        away.rename(path)


@dataclass(frozen=True)
class Certified:
    """A certificate and what its holder needs to order labels under it."""

    house: House
    application: str
    number: str
    site: str
    product: str

    @property
    def standing(self) -> str:
        return str(self.entry["standing"])

    @property
    def entry(self) -> Json:
        return self.house.bea.get(f"/v1/certificates/{self.number}")

    def wish(self, quantity: int, days: int = 30, **changes: Json) -> Json:
        last_day = str(self.house.now.date() + timedelta(days=days))
        return {
            "certificate": self.number, "site": self.site, "product": self.product, "quantity": quantity,
            "last_day": last_day, **changes,
        }  # fmt: skip

    def order(self, quantity: int = 3, days: int = 30) -> str:
        """An accepted order, not minted yet."""
        return str(self.house.bea.post("/v1/orders", self.wish(quantity, days))["id"])

    def order_state(self, order: str) -> str:
        return str(self.house.bea.get(f"/v1/orders/{order}")["state"])

    def labels(self, quantity: int = 3, days: int = 30) -> list[str]:
        """The digits of labels that were ordered and printed now."""
        order = self.order(quantity, days)
        self.house.drain()
        return scene.printed(self.house.people(), order)

    def label(self, days: int = 30) -> str:
        return self.labels(1, days)[0]

    def successor(self) -> Certified:
        return replace(self, number=str(self.house.application(self.application)["certificate"]))


def conforming(of: str = STANDARD, **findings: Json) -> list[Json]:
    """An answer to every provision: conformance, but for those given by name, as T2_1={...}."""
    given = {name.replace("_", "."): answer for name, answer in findings.items()}
    provisions = standard.load(of).provisions
    return [{"provision": id, "result": "conformance", **given.get(id, {})} for id in provisions]


def passports(*, deliberate: bool = False) -> Json:
    """A priority finding, released now: passports in the manager's safe."""
    return {
        "provision": PASSPORTS, "result": "finding", "severity": "priority", "affected": 12, "sampled": 12,
        "description": "Twelve passports lay in the manager's safe.", "zero_tolerance": True,
        "deliberate": deliberate, "release": "now",
    }  # fmt: skip


@contextmanager
def opened(world: World) -> Iterator[House]:
    """The application, started as it would be, without its job thread. Failures inside become a 500."""
    # Keys as old as this world's clock: what a key signs before its own time does not count.
    world.keyring = Keyring.create(world.settings.data / KEYS, world.clock.now())
    app = create_app(world, job_thread=False)
    with TestClient(app, raise_server_exceptions=False) as web:
        yield House(world, web)
