"""A factory with fees to repay: a released finding on T1.1 under a standard with field work, and its ledger."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from audits import release, views
from audits.remedy import ledger
from audits.remedy import views as remedy_views
from audits.remedy.ledger import CohortDraft, ConfirmationDraft, PaymentDraft
from audits.remedy.relations import READ_LEDGER, finding_of
from audits.remedy.tables import CheckRow
from audits.tables import FindingRow
from ground.outbox import OutboxEvent


@dataclass
class Repaying:
    """`finding` is on fees and released. Steps are named after who does them in the story."""

    stage: Any
    field: Any
    finding: str

    @property
    def today(self) -> date:
        day: date = self.stage.today
        return day

    def do(self, step: Any, by: str, *things: Any) -> Any:
        with self.stage.world.db.write() as session:
            return step(session, self.stage.people[by], *things, now=self.stage.now)

    def cohort(self, by: str = "bea", **change: Any) -> str:
        """41 people owed 1,900.00 dollars each, 6 of whom have left. Answers its id."""
        draft = CohortDraft("Saptari, 2024 to 2025, two agents", "41 interviews.", "USD", 190_000, 41, 6)
        self.do(ledger.add_cohort, by, self.finding, replace(draft, **change))
        cohort: str = max(self.shown()["cohorts"], key=lambda each: (each["agreed_at"] is None, each["id"]))["id"]
        return cohort

    def agree(self, cohort: str, by: str = "carl") -> Any:
        return self.do(ledger.agree_cohort, by, cohort)

    def pay(self, cohort: str, by: str = "bea", **change: Any) -> Any:
        """All 38 who can be found, 3 of them leavers."""
        draft = PaymentDraft("paid", self.today, 38 * 190_000, 38, 38, 3, "Bank list.")
        return self.do(ledger.record_payment, by, cohort, replace(draft, **change))

    def keep(self, cohort: str, people: int = 3, **change: Any) -> Any:
        """For leavers who were not found."""
        draft = PaymentDraft("kept", self.today, people * 190_000, people, people, people, "Blocked account.")
        return self.do(ledger.record_payment, "bea", cohort, replace(draft, **change))

    def ask(self, cohort: str, by: str = "amina", **change: Any) -> Any:
        draft = ConfirmationDraft(self.today, 12, 12, "ngo", True, "Asked outside.")
        return self.do(ledger.record_confirmation, by, cohort, replace(draft, **change))

    def repaid(self) -> str:
        """A complete ledger."""
        cohort = self.cohort()
        self.agree(cohort)
        self.pay(cohort)
        self.keep(cohort)
        self.ask(cohort)
        return cohort

    def shown(self, by: str = "carl") -> dict[str, Any]:
        with self.stage.world.db.read() as session:
            actor = self.stage.people[by]
            return remedy_views.ledger_view(session, actor, finding_of(session, actor, READ_LEDGER, self.finding))

    def row(self) -> FindingRow:
        with self.stage.world.db.read() as session:
            return session.get_one(FindingRow, self.finding)

    def checks(self) -> list[CheckRow]:
        with self.stage.world.db.read() as session:
            return list(session.scalars(select(CheckRow).order_by(CheckRow.due, CheckRow.kind)))

    def events(self) -> list[str]:
        with self.stage.world.db.read() as session:
            return list(session.scalars(select(OutboxEvent.name).order_by(OutboxEvent.id)))


def released(stage: Any, field: Any, *answers: Any, **change: Any) -> dict[str, str]:
    """A visit with these answers, whose report the site can read: {provision: finding id}."""
    field.visit(*answers, **change)
    stage.later(hours=96)
    release.release_reports(stage.world)
    with stage.world.db.read() as session:
        found = views.list_findings(session, stage.bea, site=stage.factory)["items"]
    return {each["provision"]: each["id"] for each in found}


@pytest.fixture
def fees(stage: Any, field: Any) -> Repaying:
    return Repaying(stage, field, released(stage, field, stage.finding("T1.1", "major", affected=9))["T1.1"])
