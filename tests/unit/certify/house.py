"""A world with a factory, an agency and their certificate, for certify's tests: the cast acts, the outbox delivers.

`House` plays the people through the services; `settle` drains the outbox with certify's own handlers, so that every
test sees what the server would do. Builders only; the tests say what must hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from audits import actions, standard
from audits import service as audits
from audits.drafts import ActionDraft, AnswerDraft, AuditDraft, ReportDraft
from certify import casefile, log, publish, register, service
from certify.events import Leaf
from certify.service import ProductDraft
from certify.tables import Application, Certificate, DecisionRow
from ground import outbox
from ground.keyring import Keyring
from ground.outbox import Handler, Handlers
from ground.world import World
from tests.cast import Cast, Player, enrol, join, make_cast

FREEMARK = "freemark-2026.0"
SHIRTS = ProductDraft("Shirts", "04006381333931", "S-1", 50_000)
PLAN = ActionDraft("Nobody asked.", "Pay it back.", "Ask everybody.", "Head of compliance", date(2026, 12, 1))

SITE = Handler("certify.consider", service.on_site_event)
APPLICATION = Handler("certify.consider", service.on_application_event)
PUBLISH = Handler("publish.refresh", lambda world, event: publish.refresh(world))
HANDLERS: Handlers = {
    **dict.fromkeys(("finding_filed", "audit_submitted", "action_changed"), (SITE,)),
    **dict.fromkeys(("application_changed", "report_accepted", "case_changed"), (APPLICATION,)),
    "certificate_prepared": (Handler("certify.seal", service.on_prepared),),
    "log_grew": (PUBLISH,),
}


class House:
    def __init__(self, world: World, *, publishing: bool = False) -> None:
        self.world = world
        # Keys as old as this world's clock: what a key signs before its own time does not count.
        world.keyring = Keyring.create(world.settings.data / "house", world.clock.now())
        self.cast: Cast = make_cast(world)
        with world.db.write() as session:
            self.dora: Player = join(session, world, "Harbour Certification", "certification_body", "Dora", "decider")
            self.second_auditor: Player = enrol(session, world, self.cast.amina.organisation, "Aino", "auditor")
        self.handlers = HANDLERS if publishing else {**HANDLERS, "log_grew": ()}
        service.genesis(world)
        self.application = ""

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    def later(self, **span: float) -> None:
        self.world.clock.advance(timedelta(**span))  # type: ignore[attr-defined]

    def settle(self) -> outbox.Drained:
        return outbox.drain(self.world, self.handlers, limit=500)

    def act(self, step: Any, who: Player, *things: Any, **more: Any) -> Any:
        with self.world.db.write() as session:
            return step(session, who.actor, *things, **more, now=self.now)

    # What people do.

    def apply(self, **change: Any) -> str:
        draft = {"sites": [self.cast.factory], "agents": [self.cast.office], "products": [SHIRTS], **change}
        self.application = self.act(service.apply, self.cast.bea, **draft).id
        return self.application

    def sign(self, *, independent_reporting: bool = True, version: str = "2026.0") -> None:
        self.act(
            service.sign_agreement, self.cast.bea, self.application,
            version=version, independent_reporting=independent_reporting,
        )  # fmt: skip

    def visit(
        self, site: str, answers: Sequence[AnswerDraft] = (), *, by: Player | None = None, **change: Any
    ) -> dict[str, Any]:
        """A whole visit today: these answers, and conformance to everything else unless it is a closure."""
        who, today = by or self.cast.amina, self.now.date()
        audit = self.plan(site, by=who, **change)
        given = {answer.provision: answer for answer in answers}
        if change.get("type", "initial") in ("initial", "surveillance"):
            every = standard.load(FREEMARK).provisions
            given = {**{id: AnswerDraft(id, "conformance") for id in every}, **given}
        self.act(audits.file_answers, who, audit, list(given.values()))
        people = 640 if site == self.cast.factory else 14
        asked = 26 if people == 640 else 14
        return self.act(
            audits.submit_audit, who, audit, ReportDraft(people, people, asked, 0, asked, today, "A visit.")
        )

    def plan(self, site: str, *, by: Player | None = None, **change: Any) -> str:
        who, today = by or self.cast.amina, self.now.date()
        draft = AuditDraft(site, "initial", FREEMARK, today, today, team=(who.person,), announced=True)
        audit: str = self.act(audits.plan_audit, who, replace(draft, **change))["id"]
        return audit

    def file(self, site: str, answer: AnswerDraft, **change: Any) -> str:
        """One finding of a surveillance visit that has just begun, with `release: now` for a priority; its id."""
        audit = self.plan(site, **{"type": "surveillance", "announced": False, **change})
        filed = self.act(audits.file_answers, self.cast.amina, audit, [answer])
        finding: str = filed["findings"][0]["id"]
        return finding

    def reports(self) -> list[str]:
        with self.world.db.read() as session:
            return casefile.current_reports(session, self.application)

    def accept(self, who: Player | None = None, reports: Sequence[str] | None = None) -> None:
        named = self.reports() if reports is None else list(reports)
        self.act(service.accept_reports, who or self.cast.carl, self.application, reports=named, note="Reviewed.")

    def plan_and_contain(self, finding: str) -> None:
        self.act(actions.submit_action, self.cast.bea, finding, PLAN)

    # Shortcuts of the story.

    def audited(self, answers: Sequence[AnswerDraft] = ()) -> None:
        """Applied, signed, and both places audited."""
        self.apply()
        self.sign()
        self.visit(self.cast.factory, answers)
        self.visit(self.cast.office)

    def certified(self) -> str:
        """A certificate in force; its number."""
        self.audited()
        self.accept()
        self.settle()
        return self.number()

    # What there is.

    def number(self) -> str:
        with self.world.db.read() as session:
            query = select(Certificate).where(Certificate.sealed_at.is_not(None)).order_by(Certificate.ordinal.desc())
            return session.scalars(query).first().number  # type: ignore[union-attr]

    def standing(self, number: str = "") -> register.Entry:
        with self.world.db.read() as session:
            return register.standing(session, number or self.number(), self.now)

    def leaves(self, number: str = "") -> tuple[Leaf, ...]:
        with self.world.db.read() as session:
            return log.leaves(session, number or self.number())

    def types(self, number: str = "") -> list[str]:
        return [leaf.t for leaf in self.leaves(number)]

    def decisions(self) -> list[DecisionRow]:
        with self.world.db.read() as session:
            query = select(DecisionRow).where(DecisionRow.application_id == self.application).order_by(DecisionRow.seq)
            return list(session.scalars(query))

    def outcomes(self) -> list[str]:
        return [row.outcome for row in self.decisions()]

    def certificates(self) -> list[Certificate]:
        with self.world.db.read() as session:
            return list(session.scalars(select(Certificate).order_by(Certificate.ordinal)))

    def row(self) -> Application:
        with self.world.db.read() as session:
            return session.get_one(Application, self.application)


def conforming(provision: str) -> AnswerDraft:
    return AnswerDraft(provision, "conformance")


def finding(provision: str, severity: Any, **change: Any) -> AnswerDraft:
    more: dict[str, Any] = {"description": "Seen.", "affected": 1, "sampled": 26}
    if severity == "priority":
        more["release"] = "now"
    return AnswerDraft(provision, "finding", severity, **{**more, **change})


def passports(**change: Any) -> AnswerDraft:
    return finding("T2.1", "priority", **{"zero_tolerance": True, "deliberate": True, **change})
