"""From an empty world to a printed label in a dozen requests, over HTTP: the short way that nobody tells a story about.

For measurements, torture, tests, and the second factory that `make run` shows. A cast with a crew works under the
standard with field work (`crew`), one without under the first standard, which asked for less.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from audits import standard
from certify import rulebook
from freemark.demo import crew as crews
from freemark.demo.client import Client, Json
from freemark.demo.crew import Auditor, Crew
from ground.canonical import instant
from ground.ids import random_bytes

STANDARD = "freemark-2026.0"  # of a cast without a crew
T = TypeVar("T")


@dataclass(frozen=True)
class Cast:
    """One client per role, and the manufacturer's organisation. crew: whom the standard with field work asks for."""

    manager: Client
    auditor: Client
    decider: Client
    organisation: str
    auditor_id: str
    crew: Crew | None = None

    @property
    def agreement(self) -> str:
        """The version that the rulebook asks for, of the same name as the standard."""
        return rulebook.load(crews.STANDARD if self.crew else STANDARD).agreement


def make_cast(
    base: str,
    token: str,
    now: datetime,
    client: Callable[[str, str, str], Client] = Client,
    *,
    with_crew: bool = True,
) -> Cast:
    """A manufacturer, an audit firm and a certification body, each with one person. client(base, name, token) makes
    their clients: the torture tests give more stubborn ones. with_crew: the auditor, alone in this world, is approved
    and has a key, and an exclusion list is in use."""
    sam = client(base, "Sam", token)
    expires = instant(now + timedelta(days=30))

    def member(role: str, kind: str, *scopes: str) -> tuple[Client, str, str]:
        home = sam.post("/v1/organisations", {"name": kind, "roles": [kind], "country": "BD", "city": "Dhaka"})["id"]
        person = sam.post("/v1/people", {"organisation": home, "name": role, "roles": [role]})["id"]
        wish = {"person": person, "organisation": home, "scopes": ["read", *scopes], "expires": expires}
        return client(base, role, sam.post("/v1/tokens", wish)["token"]), home, person

    manager, maker, _ = member("manager", "manufacturer", "parties", "audits", "certify", "labels")
    auditor, firm, auditor_id = member("auditor", "audit_firm", "audits")
    decider, _, _ = member("decider", "certification_body", "certify", "audits")
    if not with_crew:
        return Cast(manager, auditor, decider, maker, auditor_id)
    crew = Crew(sam, decider, {auditor_id: Auditor(auditor, auditor_id, firm)})
    crews.approve_everybody(crew, now.date())
    crews.screened(crew, now.date())
    return Cast(manager, auditor, decider, maker, auditor_id, crew)


def ready_application(cast: Cast, now: datetime, factory: str = "") -> tuple[str, list[str]]:
    """An application for a new, faultless factory that lacks nothing but the acceptance: (id, report hashes)."""
    site, today = new_site(cast, factory), str(now.date())
    application = applied(cast, [site])
    if cast.crew is not None:
        crews.audited(cast.crew, site, "initial", now)
        return application, reports_of(cast, application)
    audit = cast.auditor.post("/v1/audits", {
        "site": site, "type": "initial", "standard": STANDARD, "starts_on": today, "ends_on": today,
        "team": [cast.auditor_id], "announced": True, "remote": False,
    })["id"]  # fmt: skip
    answers = [{"provision": id, "result": "conformance"} for id in standard.load(STANDARD).provisions]
    cast.auditor.post(f"/v1/audits/{audit}/answers", {"answers": answers})
    cast.auditor.post(f"/v1/audits/{audit}/report", {
        "workers": 40, "payroll_workers": 40, "interviews_individual": 10, "interviews_group": 4,
        "files_reviewed": 10, "closing_meeting_on": today, "summary": "Nothing was found.",
    })  # fmt: skip
    return application, reports_of(cast, application)


def new_site(cast: Cast, name: str = "", workers: int = 40) -> str:
    """A site of the manufacturer; where the rules ask for it, its register is confirmed: nobody else works for it."""
    number = random_bytes(4).hex()  # every factory is another place, also where many are made at once
    site = str(cast.manager.post("/v1/sites", {
        "organisation": cast.organisation, "kind": "factory", "name": name or f"Factory number {number}",
        "address": f"Road {number}",
        "city": "Gazipur", "country": "BD", "workers": workers,
    })["id"])  # fmt: skip
    if cast.crew is not None:
        cast.manager.post(f"/v1/sites/{site}/register/confirmation", {"places": []})
    return site


def applied(cast: Cast, sites: Sequence[str], **more: Json) -> str:
    """An application for these sites and one product, with the agreement signed. more: agents, products."""
    application = str(cast.manager.post("/v1/applications", {
        "sites": list(sites), "agents": [],
        "products": [{"name": "Shirt", "model": "S1", "yearly_units": 1_000_000}], **more,
    })["id"])  # fmt: skip
    agreement = {"version": cast.agreement, "independent_reporting": True}
    cast.manager.post(f"/v1/applications/{application}/agreement", agreement)
    return application


def reports_of(cast: Cast, application: str) -> list[str]:
    """The hashes that an acceptance has to name."""
    return list(cast.decider.get(f"/v1/applications/{application}")["reports"])


def accept(cast: Cast, application: str, reports: list[str]) -> None:
    cast.decider.post(f"/v1/applications/{application}/acceptance", {"reports": reports, "note": "Seen."})


def certificate(cast: Cast, application: str, seconds: float = 60.0) -> str:
    """The number of its certificate, waited for."""
    return str(
        until(
            lambda: cast.decider.get(f"/v1/applications/{application}").get("certificate"), "the certificate", seconds
        )
    )


def order_labels(cast: Cast, number: str, quantity: int, last_day: str) -> str:
    """The id of an accepted order."""
    entry = cast.manager.get(f"/v1/certificates/{number}")
    return str(cast.manager.post("/v1/orders", {
        "certificate": number, "site": entry["sites"][0]["id"], "product": entry["products"][0]["id"],
        "quantity": quantity, "last_day": last_day,
    })["id"])  # fmt: skip


def printed(cast: Cast, order: str) -> list[str]:
    """The digits of all labels of the order, waited for."""
    until(lambda: cast.manager.get(f"/v1/orders/{order}")["state"] == "ready")
    table = cast.manager.fetch(f"/v1/orders/{order}/files/labels.csv", accept="*/*").body.decode()
    return [row["url"].rsplit("/", 1)[1] for row in csv.DictReader(io.StringIO(table))]


def until(question: Callable[[], T | None], what: str = "the server's answer", seconds: float = 60.0) -> T:
    """Ask until there is an answer that is not false; the jobs of the server do the work meanwhile."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := question():
            return answer
        time.sleep(0.02)
    raise RuntimeError(f"{what} did not come within {seconds:.0f} s")
