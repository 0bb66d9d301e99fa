"""The cast at a site: Amina and Aino audit, Bea manages the factory, Ravi the agency, and Otto must see nothing.

`stage` stands on SQLite; `stages` runs a test on both databases.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from audits import dossier, service, standard
from audits.drafts import AnswerDraft, AuditDraft, ReportDraft
from audits.facts import SiteFacts
from ground import parties
from ground.access import SCOPES, SYSTEM, Actor
from ground.world import World

FREEMARK = "freemark-2026.0"
EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "audits"


@dataclass
class Stage:
    world: World
    people: dict[str, Actor] = field(default_factory=dict)
    factory: str = ""
    agency: str = ""

    def __getattr__(self, name: str) -> Actor:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    @property
    def today(self) -> date:
        return self.now.date()

    def later(self, **span: float) -> None:
        self.world.clock.advance(timedelta(**span))  # type: ignore[attr-defined]

    def draft(self, **change: Any) -> AuditDraft:
        days = {"starts_on": self.today, "ends_on": self.today}
        team = (self.people["amina"].person,)
        return replace(AuditDraft(self.factory, "initial", FREEMARK, **days, team=team, announced=True), **change)

    def plan(self, by: str = "amina", **change: Any) -> str:
        change = {"team": (self.people[by].person,), **change}
        with self.world.db.write() as session:
            audit: str = service.plan_audit(session, self.people[by], self.draft(**change), now=self.now)["id"]
        return audit

    def answer(self, audit: str, answers: Sequence[AnswerDraft], by: str = "amina") -> dict[str, Any]:
        with self.world.db.write() as session:
            return service.file_answers(session, self.people[by], audit, answers, now=self.now)

    def submit(self, audit: str, by: str = "amina", **change: Any) -> dict[str, Any]:
        report = replace(ReportDraft(640, 640, 18, 24, 42, self.today, "A visit."), **change)
        with self.world.db.write() as session:
            return service.submit_audit(session, self.people[by], audit, report, now=self.now)

    def visit(self, answers: Iterable[AnswerDraft] = (), by: str = "amina", **change: Any) -> dict[str, Any]:
        """A whole audit: these answers, and conformance to everything else when it is an initial one."""
        audit = self.plan(by, **change)
        given = {answer.provision: answer for answer in answers}
        if change.get("type", "initial") == "initial":
            given = {**{id: self.conforming(id) for id in standard.load(FREEMARK).provisions}, **given}
        self.answer(audit, list(given.values()), by)
        return self.submit(audit, by)

    def facts(self) -> SiteFacts:
        with self.world.db.read() as session:
            return dossier.load(session, [self.factory])[0]

    def act(self, step: Any, by: str, finding: str, *more: Any) -> dict[str, Any]:
        with self.world.db.write() as session:
            shown: dict[str, Any] = step(session, self.people[by], finding, *more, now=self.now)
        return shown

    @staticmethod
    def conforming(provision: str) -> AnswerDraft:
        return AnswerDraft(provision, "conformance")

    @staticmethod
    def finding(provision: str, severity: Any, **change: Any) -> AnswerDraft:
        more: dict[str, Any] = {"description": "Seen.", "affected": 1, "sampled": 42}
        if severity == "priority":
            more["release"] = "now"
        return AnswerDraft(provision, "finding", severity, **{**more, **change})

    @staticmethod
    def passports(**change: Any) -> AnswerDraft:
        return Stage.finding("T2.1", "priority", **{"zero_tolerance": True, "deliberate": True, **change})

    @staticmethod
    def example(name: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
        return document


def build(world: World) -> Stage:
    stage = Stage(world)
    houses = {
        "firm": ("Meridian Audit", ["audit_firm"]),
        "rival": ("Northern Audit", ["audit_firm"]),
        "body": ("Lotus Certification", ["certification_body"]),
        "maker": ("Sunrise Garments Ltd", ["manufacturer"]),
        "agent": ("Himal Overseas Placement", ["labour_agent"]),
        "other": ("Other Garments Ltd", ["manufacturer"]),
        "both": ("Weave and Audit", ["audit_firm", "manufacturer"]),
    }
    cast = {
        "amina": ("firm", ["auditor"]),
        "aino": ("firm", ["auditor"]),
        "ulla": ("rival", ["auditor"]),
        "carl": ("body", ["decider"]),
        "bea": ("maker", ["manager"]),
        "ravi": ("agent", ["agent"]),
        "otto": ("other", ["manager"]),
        "wilma": ("both", ["auditor", "manager"]),
    }
    with world.db.write() as session:
        owner, sam, _ = parties.found_scheme(session, "Human-Trafficking Free", "Sam", world.clock.now())
        stage.people["sam"] = Actor(sam.id, owner.id, frozenset({"scheme_manager"}), frozenset(SCOPES), "tok_sam")
        ids = {}
        for house, (name, roles) in houses.items():
            organisation = parties.add_organisation(
                session, SYSTEM, name=name, roles=roles, country="BD", city="Gazipur", registered_id="",
                now=world.clock.now(),
            )  # fmt: skip
            ids[house] = organisation.id
        for person, (house, roles) in cast.items():
            row = parties.add_person(
                session, SYSTEM, organisation=ids[house], name=person.title(), email="", roles=roles,
                now=world.clock.now(),
            )  # fmt: skip
            stage.people[person] = Actor(row.id, ids[house], frozenset(roles), frozenset(SCOPES), f"tok_{person}")
        sites = {
            house: parties.add_site(
                session, SYSTEM, organisation=ids[house], kind=kind, name="Unit 2", address="Road 1", city="Gazipur",
                country="BD", workers=workers, now=world.clock.now(),
            ).id
            for house, kind, workers in (("maker", "factory", 640), ("agent", "agency_office", 14),
                                         ("both", "factory", 30))
        }  # fmt: skip
    stage.factory, stage.agency = sites["maker"], sites["agent"]
    stage.people["own_site"] = Actor(sites["both"], ids["both"], frozenset(), frozenset())
    return stage


@pytest.fixture
def stage(sqlite_world: World) -> Stage:
    return build(sqlite_world)


@pytest.fixture
def stages(world: World) -> Stage:
    return build(world)
