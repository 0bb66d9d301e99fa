"""The cast of tests.cast at work: Aino audits beside Amina, Ulla for another firm, Wilma's house is firm and factory.

`stage` stands on SQLite; `stages` runs a test on both databases.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from audits import dossier, service, standard
from audits.drafts import AnswerDraft, AuditDraft, ReportDraft
from audits.facts import SiteFacts
from ground import parties
from ground.access import SYSTEM, Actor
from ground.world import World
from tests.auditing import Field
from tests.cast import add_site, enrol, join, make_cast

FREEMARK = "freemark-2026.0"


@dataclass
class Stage:
    world: World
    people: dict[str, Actor] = field(default_factory=dict)
    factory: str = ""
    agency: str = ""
    mill: str = ""
    """Wilma's site."""

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


def build(world: World) -> Stage:
    cast = make_cast(world)
    players = {name: getattr(cast, name) for name in ("sam", "carl", "amina", "bea", "ravi", "otto", "hana")}
    with world.db.write() as session:
        players["aino"] = enrol(session, world, cast.amina.organisation, "Aino Virtanen", "auditor")
        players["ulla"] = join(session, world, "Northern Audit", "audit_firm", "Ulla Lind", "auditor")
        both = parties.add_organisation(
            session, SYSTEM, name="Weave and Audit", roles=["audit_firm", "manufacturer"], country="BD", city="Dhaka",
            registered_id="", now=world.clock.now(),
        )  # fmt: skip
        players["wilma"] = enrol(session, world, both.id, "Wilma Roy", "auditor", "manager")
        mill = add_site(session, world, players["wilma"], "factory", "Mill", 30)
    people = {name: player.actor for name, player in players.items()}
    return Stage(world, people, factory=cast.factory, agency=cast.office, mill=mill)


@pytest.fixture
def stage(sqlite_world: World) -> Stage:
    return build(sqlite_world)


@pytest.fixture
def field(stage: Stage) -> Field:
    """The same people under a standard with field work, at Bea's factory."""
    return Field(stage.world, stage.people, stage.factory)


@pytest.fixture
def stages(world: World) -> Stage:
    return build(world)
