"""One application and its certificates, without tables: real rules, real leaves, real fold, real register.

Owns the way from a decision to a leaf, as `certify.deciding` goes it. The naive model in `life_model` hears of every
step and judges it. What people and time may do is in `life_machine`.
"""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from certify import events, holding, register, rules
from certify.dossier import Case, Decision, Dossier, Revocation
from certify.events import Draft, EventType, Leaf, Standing
from certify.tables import Certificate
from ground.canonical import digest
from ground.crockford import with_check
from tests.cases import faultless
from tests.cases.faultless import BOOK, DAY
from tests.unit.certify.formats import signer
from tests.unit.certify.life_model import Model

FINAL = ("revoked", "withdrawn", "superseded", "reduced")
LEAVES: dict[str, EventType] = {
    "suspend": "cert.suspended", "remediation": "cert.remediation", "reinstate": "cert.reinstated",
    "revoke": "cert.revoked", "withdraw": "cert.withdrawn",
}  # fmt: skip
DOCUMENT = {"credentialSubject": {"conformityAssessment": []}}
SIGNER = signer("event")


class Life:
    """One application, its certificates and their leaves."""

    def __init__(self) -> None:
        super().__init__()
        self.draft = faultless.applying(DAY, {}, "annex")
        self.facts = self.draft.facts
        self.facts |= {"acceptances": (), "approvals": (), "panels": (), "under_review": (), "revocations": ()}
        self.leaves: dict[str, list[Leaf]] = {}
        self.rows: dict[str, Certificate] = {}
        self.number: str | None = None
        self.noticed = False  # somebody has concluded that the newest certificate is over
        self.count = 0
        self.looks = 0
        self.model = Model(self.now)
        self._heard()

    # ------------------------------------------------------------------------------------ what follows, and is checked

    @property
    def now(self) -> Any:
        return self.draft.now

    def dossier(self, *, held: bool) -> Dossier:
        """held: with the alerts that nobody at the site knows of."""
        whole = self.draft.dossier()
        if held:
            return whole
        sites = tuple(replace(p, findings=tuple(f for f in p.findings if not f.held_until)) for p in whole.sites)
        return replace(whole, sites=sites)

    def folded(self) -> Standing | None:
        return events.fold(self.leaves[self.number], self.now) if self.number else None

    def standing(self) -> Standing | None:
        """As the rules see it: an expiry that nobody noticed is theirs to conclude."""
        found = self.folded()
        return replace(found, state="active") if found and found.state == "expired" and not self.noticed else found

    def consider(self) -> None:
        """Decide and enact until nothing more follows, as `certify.deciding` does; the model looks at every step."""
        self._take_effect()
        for _ in range(6):
            standing = self.standing()
            decision = rules.decide(self.dossier(held=False), standing, BOOK, self.now)
            until = min((f.held_until for f in self.draft.findings.values() if f.held_until), default=None)
            check = holding.check_of(SimpleNamespace(release_check=False), BOOK, until)  # type: ignore[arg-type]
            waits = check.percent == holding.ALL and holding.favours(decision.outcome, standing)
            if decision.outcome in ("keep", "refuse") or waits:
                break
            self._enact(decision, standing)
            self._look()
        else:
            raise AssertionError(f"the rules do not come to rest: {decision.outcome}")
        self._look()
        self.model.rests(self.number, self.now, case=self._case_open(), mints=self._mints())

    def _take_effect(self) -> None:
        """An alert is told when its time is over."""
        for id, found in self.draft.findings.items():
            if found.held_until and found.held_until <= self.now:
                self._tell(id)

    def _tell(self, id: str) -> None:
        self.draft.findings[id] = replace(self.draft.findings[id], held_until=None, released_at=self.now)
        self.model.held.discard(id)
        self.model.open[id] = "core"

    def _look(self) -> None:
        for number, leaves in self.leaves.items():
            found = self.standing() if number == self.number else events.fold(leaves, self.now)
            assert found is not None
            self.model.stepped(number, found.state, self.now)

    def _case_open(self) -> bool:
        case, standing = self.facts.get("case"), self.standing()
        return case is not None and standing is not None and case.opened_at >= standing.since

    def _mints(self) -> bool:
        """By the real register, which reads row and leaves."""
        if self.number is None:
            return False
        return register.entry_of(self.rows[self.number], self.leaves[self.number], self.now).may_mint

    def _enact(self, decision: Decision, standing: Standing | None) -> None:
        match decision.outcome:
            case "issue" | "renew" | "reduce":
                self._issue(decision, standing)
            case "expire":
                self.noticed = True
            case "propose_revocation":
                assert decision.reply_until is not None
                self.facts["case"] = Case(self.now, decision.reply_until)
                self.facts["approvals"] = tuple(a for a in self.facts["approvals"] if a.act != "revoke")
            case outcome:
                self._append(LEAVES[outcome], decision)
        if decision.outcome in ("reinstate", "remediation"):
            self.facts |= {"suspension_requested_at": None, "case": None}
            self.model.wrong.discard("brake")
        if decision.outcome in ("suspend", "remediation"):  # an approval is given for one stop
            self.facts["approvals"] = tuple(a for a in self.facts["approvals"] if a.act != "reinstate")
        if decision.outcome == "revoke":
            self.facts["revocations"] += (Revocation(self.number or "", self.now),)

    def _issue(self, decision: Decision, standing: Standing | None) -> None:
        assert decision.valid_from is not None
        assert decision.valid_until is not None
        old, self.count = self.number, self.count + 1
        new = with_check(f"{self.count:010}")
        document = {**DOCUMENT, "number": new}
        self.rows[new] = Certificate(
            number=new, organisation_id="sunrise", application_id="application", valid_from=decision.valid_from,
            valid_until=decision.valid_until, rulebook=BOOK.id, document=document, scope={"sites": [], "products": []},
        )  # fmt: skip
        self.leaves[new] = []
        self.number, self.noticed = new, False
        self._append("cert.issued", decision, nbf=decision.valid_from, exp=decision.valid_until, doc=digest(document))
        if standing is not None and old is not None:
            smaller = decision.outcome == "reduce"
            self.number = old
            self._append("cert.reduced" if smaller else "cert.superseded", decision, next=new, reason="superseded")
            self.number = new
            if smaller:
                gone = set(self.draft.places) - {*decision.scope, "agency"}
                for place in gone:
                    self._leave(place)
                self.facts |= {"reduction": None, "case": None}
        self.model.ends = decision.valid_until
        if "brake" in self.model.wrong and decision.outcome == "reduce":
            self.model.wrong.discard("brake")  # two people let what remains go on
        self.facts |= {"certified_at": self.now, "cycles": self.count}

    def _leave(self, place: str) -> None:
        del self.draft.places[place]
        for id, there in list(self.draft.where.items()):
            if there == place:
                self.draft.visits.pop(id, None)
                self.draft.findings.pop(id, None)
                self.model.open.pop(id, None)
                del self.draft.where[id]
        self._heard()

    def _append(self, t: EventType, decision: Decision, **said: Any) -> None:
        assert self.number is not None
        chain = self.leaves[self.number]
        reason = decision.reason_code if t not in ("cert.reinstated", "cert.issued") else None
        nbf = {"nbf": decision.affected_from} if t == "cert.revoked" else {}
        words = {"reason": reason, "rules": BOOK.sha256, "cmt": "0" * 64, **nbf, **said}
        if t in ("cert.superseded", "cert.reduced"):
            del words["cmt"]
        data = events.seal_leaf(
            Draft(t, self.now, self.number, **words), len(chain), chain[-1].hash if chain else None, SIGNER
        )
        chain.append(events.open_leaf(data, None))

    def _heard(self) -> None:
        """Tell the model which reports there are."""
        submitted = [v for v in self.draft.visits.values() if v.submitted_at and v.report]
        self.model.reports = {v.report for v in submitted if v.report}
        self.model.reported = max(v.submitted_at for v in submitted if v.submitted_at)

    def _state(self) -> str | None:
        return self.model.states[self.number]
