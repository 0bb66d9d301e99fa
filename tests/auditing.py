"""Auditors at work under a standard with field work: approved, assigned, with keys of their own that sign.

`Field` does through the services what a firm has to do around an audit, so that a test says only what it is about. Keys
come from the persons' ids: the same in every run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from audits import scope, service, signed, standard
from audits.drafts import AnswerDraft, AuditDraft, Explanation, Hours, ReportDraft
from audits.independence import assigning, register
from audits.independence.assigning import AssignmentDraft
from audits.independence.register import AuditorDraft, FirmDraft
from audits.service import Amendment, Signature
from ground.access import Actor
from ground.database import Writing
from ground.signing import SeedSigner
from ground.world import World

FREEMARK = "freemark-2026.1"
SIGNED = standard.load(FREEMARK)
YEARS = timedelta(days=1000)


def signer_of(person: str, number: int = 0) -> SeedSigner:
    """The private key of a person; another number is another key."""
    return SeedSigner.from_seed(hashlib.sha256(f"{person} {number}".encode()).digest())


def claim(actor: Actor, number: int = 0) -> tuple[str, str]:
    """kid and proof, as `freemark auditor claim` prints them."""
    signer = signer_of(actor.person, number)
    return signer.kid, signer.sign(signed.claim_message(actor.person, signer.kid)).hex()


def signature_on(document: dict[str, Any], person: str, number: int = 0) -> Signature:
    """As `freemark auditor sign` makes it."""
    return Signature(**signed.sign_report(document, signer_of(person, number)))


def figures(day: date, **change: Any) -> ReportDraft:
    """The figures of a whole visit to 640 workers that contradict nothing."""
    report = ReportDraft(
        workers=640, payroll_workers=640, interviews_individual=18, interviews_group=24, files_reviewed=42,
        closing_meeting_on=day, summary="A visit.", id_papers=640, listed_workers=640, worker_languages=("bn",),
        hours=Hours(480, 95, 575, 6), records_from=day - timedelta(days=365), records_to=day,
    )  # fmt: skip
    return replace(report, **change)


def explained(of: Any) -> tuple[Explanation, ...]:
    return (Explanation(of, "Because."),)


def conforming(ids: Iterable[str], *answers: AnswerDraft) -> list[AnswerDraft]:
    """Conformance to all of these, but for the answers given."""
    given = {answer.provision: answer for answer in answers}
    return [*(given.pop(id, AnswerDraft(id, "conformance")) for id in ids), *given.values()]


class Field:
    """The people of a test, by name: "sam" keeps the register, "carl" asks for audits, the others audit."""

    def __init__(self, world: World, people: dict[str, Actor], site: str) -> None:
        self.world, self.people, self.site = world, people, site
        self._approved: set[str] = set()
        self._keys: set[str] = set()

    @property
    def now(self) -> datetime:
        moment: datetime = self.world.clock.now()
        return moment.astimezone(UTC)

    @property
    def today(self) -> date:
        return self.now.date()

    def do(self, step: Any, by: str, *things: Any, **said: Any) -> Any:
        with self.world.db.write() as session:
            return step(session, self.people[by], *things, **said, now=self.now)

    def assign(self, by: str, *, site: str, type: str, team: Sequence[str] = ()) -> None:
        """Firm and people approved, the others inactive for the moment, and an assignment drawn and accepted."""
        day = self.today
        for name in sorted({by, *team, *self._approved}):
            draft = AuditorDraft(
                "lead" if name == by else "auditor", "good" if name in (by, *team) else "inactive", "Examined.",
                ("all",), ("bn", "en"), day - YEARS, day + YEARS, day + YEARS, day,
            )  # fmt: skip
            firm = FirmDraft("good", "Accredited.", (), ("all",), day + YEARS, day)
            self.do(register.set_auditor, "sam", self.people[name].person, draft)
            self.do(register.set_firm, "sam", self.people[name].organisation, firm)
            self._approved.add(name)
        wanted = AssignmentDraft(
            site, type, FREEMARK, starts_on=day, ends_on=day, languages=("bn",), topics=("T1",)  # type: ignore[arg-type]
        )  # fmt: skip
        row = self.do(assigning.ask, "carl", wanted)
        assert row.lead_id == self.people[by].person
        for name in (by, *team):
            self.do(assigning.declare, name, row.id, kind="none", until=None)
        self.do(assigning.accept, by, row.id)

    def plan(self, by: str = "amina", *, team: Sequence[str] = (), **change: Any) -> str:
        """An assigned audit of today, by one lead and the others of the team."""
        draft = AuditDraft(
            self.site, "surveillance", FREEMARK, self.today, self.today,
            team=tuple(self.people[name].person for name in (by, *team)), announced=False,
        )  # fmt: skip
        draft = replace(draft, **change)
        self.assign(by, site=draft.site, type=draft.type, team=team)
        audit: str = self.do(service.plan_audit, by, draft)["id"]
        return audit

    def answer(self, audit: str, answers: Sequence[AnswerDraft], by: str = "amina") -> Any:
        return self.do(service.file_answers, by, audit, answers)

    def alert(self, audit: str, provision: str = "T2.1", by: str = "amina", **change: Any) -> str:
        """A held finding of zero tolerance, filed as `audits.alerts` does it."""
        draft = AnswerDraft(
            provision, "finding", "priority", description="83 passports in a safe.", zero_tolerance=True
        )  # fmt: skip

        def file(session: Writing, actor: Actor, *, now: datetime) -> str:
            return service.file_alert(session, actor, audit, replace(draft, **change), now=now).id

        found: str = self.do(file, by)
        return found

    def enrol(self, by: str, number: int = 0) -> Any:
        kid, sig = claim(self.people[by], number)
        self._keys.add(by)
        return self.do(service.enrol_key, by, kid, sig)

    def prepare(self, audit: str, by: str = "amina", **change: Any) -> Any:
        if by not in self._keys:
            self.enrol(by)
        return self.do(service.prepare_report, by, audit, figures(self.today, **change))

    def sign(self, prepared: Any, by: str = "amina") -> Any:
        signature = signature_on(prepared["document"], self.people[by].person)
        return self.do(service.submit_audit, by, prepared["audit"], None, signature)

    def submit(self, audit: str, by: str = "amina", **change: Any) -> Any:
        """Prepared, signed and submitted."""
        return self.sign(self.prepare(audit, by, **change), by)

    def visit(
        self, *answers: AnswerDraft, by: str = "amina", figures: dict[str, Any] | None = None, **change: Any
    ) -> Any:
        """A whole audit: these answers, and conformance to everything else when its kind answers everything."""
        audit = self.plan(by, **change)
        given: Sequence[AnswerDraft] = answers
        if change.get("type", "surveillance") in scope.WHOLE:
            given = conforming(scope.asked(SIGNED, change["type"]), *answers)
        self.answer(audit, given, by)
        return self.submit(audit, by, **(figures or {}))

    def prepare_amendment(self, audit: str, *answers: AnswerDraft, by: str = "amina", **change: Any) -> Any:
        return self.do(service.prepare_amendment, by, audit, Amendment("It came late.", answers, **change))

    def amend(self, audit: str, *answers: AnswerDraft, by: str = "amina", **change: Any) -> Any:
        prepared = self.prepare_amendment(audit, *answers, by=by, **change)
        signature = signature_on(prepared["document"], self.people[by].person)
        return self.do(service.amend_report, by, audit, signature)
