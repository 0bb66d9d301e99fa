"""The life of a certificate as a state machine: real rules, real leaves, real fold, driven by chance.

Owns what people and time may do to one application, and the way from a decision to a leaf as `certify.deciding` goes
it, without tables. The naive model in `life_model` hears of everything and judges every step.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from audits.facts import Concern, Hit
from certify import events, holding, register, rules
from certify.dossier import Acceptance, Approval, Case, Decision, Dossier, Panel, Reduction, Revocation, UnderReview
from certify.events import Draft, EventType, Leaf, Standing
from certify.tables import Certificate
from ground.canonical import digest
from ground.crockford import with_check
from tests.cases import faultless
from tests.cases.faultless import BOOK, DAY, PEOPLE
from tests.unit.certify.formats import signer
from tests.unit.certify.life_model import RANK, Model

FINAL = ("revoked", "withdrawn", "superseded", "reduced")
LEAVES: dict[str, EventType] = {
    "suspend": "cert.suspended", "remediation": "cert.remediation", "reinstate": "cert.reinstated",
    "revoke": "cert.revoked", "withdraw": "cert.withdrawn",
}  # fmt: skip
# Provision, severity, and what else is said of it.
FINDINGS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "passports": ("T2.1", "priority", {"zero_tolerance": True}),
    "on purpose": ("T4.1", "priority", {"zero_tolerance": True, "deliberate": True}),
    "punished": ("T12.3", "priority", {"zero_tolerance": True}),  # zero tolerance outside the core topics
    "contracts": ("T3.2", "priority", {}),
    "exit": ("T17.1", "priority", {}),
    "fees": ("T1.2", "major", {}),
    "wages": ("T10.1", "major", {}),
    "signs": ("T17.2", "minor", {}),
}
PLACES = st.sampled_from(["factory", "annex", "agency"])
VOICES = st.sampled_from(["sam", "dara", "carl", "bea", "amina"])
DOCUMENT = {"credentialSubject": {"conformityAssessment": []}}
SIGNER = signer("event")


class LifeCycle(RuleBasedStateMachine):
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
            found = events.fold(leaves, self.now)
            assert found is not None
            if found.state == "expired" and number == self.number and not self.noticed:
                continue
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

    # -------------------------------------------------------------------------------------------------- time and looks

    @initialize(by=st.sampled_from(["carl", "carl", "carl", "carl", "carl", "amina"]))
    def begins(self, by: str) -> None:
        """Everything is audited; mostly a decider accepts it, and the certificate is there."""
        self.accepted(by=by)

    @rule(days=st.sampled_from([1, 2, 8, 31, 91, 181]))
    def time_passes(self, days: int) -> None:
        self.draft.now += timedelta(days=days)
        self.consider()

    @rule(quarters=st.integers(1, 4))
    def all_goes_well(self, quarters: int) -> None:
        """Audits without notice, accepted, screening and lists kept up: what a renewal needs."""
        for _ in range(quarters):
            self.draft.now += timedelta(days=90)
            self.audited(unannounced=True)
            self.accepted(by="carl")

    @rule(unannounced=st.booleans())
    def audited(self, unannounced: bool) -> None:
        self.looks += 1
        for place in self.draft.places:
            faultless.audit(
                self.draft, f"{place} {self.looks}", place, 0, type="surveillance", submitted_at=self.now,
                notice="unannounced" if unannounced else "announced", announced=not unannounced,
            )  # fmt: skip
            self.draft.places[place] |= {"screened_at": self.now, "refreshed_at": self.now}
        self.model.visited = self.now
        self.model.wrong.discard("gate")
        self._heard()
        self.consider()

    @rule()
    def the_gate_stays_shut(self) -> None:
        self.looks += 1
        day = self.now.date()
        faultless.visit(
            self.draft, f"refused {self.looks}", "factory", 0, type="surveillance", outcome="access_denied",
            starts_on=day, submitted_at=None, report=None, workers=0, interviews=0, off_site=0, files_reviewed=0,
            conforming=0, applicable=0, unanswered=0,
        )  # fmt: skip
        self.model.wrong.add("gate")
        self.consider()

    # -------------------------------------------------------------------------------------------------------- findings

    @rule(kind=st.sampled_from(["passports", "on purpose", "punished"]), place=PLACES, loose=st.booleans())
    def found_zero_tolerance(self, kind: str, place: str, loose: bool) -> None:
        """loose: not contained."""
        self._found(kind, place, loose=loose)

    @rule(kind=st.sampled_from(["punished", "contracts", "exit"]), place=PLACES, loose=st.booleans())
    def found_priority(self, kind: str, place: str, loose: bool) -> None:
        self._found(kind, place, loose=loose)

    @rule(kind=st.sampled_from(["fees", "wages", "signs"]), place=PLACES)
    def found_less(self, kind: str, place: str) -> None:
        self._found(kind, place, loose=True)

    def _found(self, kind: str, place: str, *, loose: bool) -> None:
        """Any finding; and never is anybody better off for it."""
        place = place if place in self.draft.places else "factory"
        self.consider()
        before = self._state()
        id = self._find(kind, place, contained_at=None if loose else self.now)
        severity, changes = FINDINGS[kind][1:]
        grave = changes.get("zero_tolerance") or self.draft.findings[id].core
        self.model.open[id] = "small" if severity != "priority" else "core" if grave else "other"
        self.consider()
        after = self._state()
        assert RANK.get(after or "", 9) >= RANK.get(before or "", 9), f"a finding helped: {before} -> {after}"

    def _find(self, kind: str, place: str, **more: Any) -> str:
        provision, severity, changes = FINDINGS[kind]
        id = f"{kind} {len(self.draft.where)}"
        newest = max((v for i, v in self.draft.visits.items() if self.draft.where[i] == place and v.applicable > 9),
                     key=lambda v: (v.ends_on, v.id)).id  # fmt: skip
        faultless.finding(
            self.draft, id, place, provision, severity, self.now, audit=newest, released_at=self.now, **changes, **more
        )
        return id

    @rule()
    def disclosed(self) -> None:
        """The holder told of it first, gave the passports back and made it good."""
        said = {"disclosed_at": self.now, "contained_at": self.now, "remedied_at": self.now}
        self.model.open[self._find("passports", "factory", **said)] = "told"
        self.consider()

    @rule()
    def alert(self) -> None:
        until = self.now + timedelta(hours=BOOK.limits.hold_hours)
        self.model.held.add(self._find("passports", "factory", held_until=until))
        full = rules.decide(self.dossier(held=True), self.standing(), BOOK, self.now)
        assert full.outcome not in holding.FAVOURS
        self.consider()

    @precondition(lambda self: self.model.held)
    @rule()
    def the_handler_releases(self) -> None:
        for id in sorted(self.model.held):
            self._tell(id)
        self.consider()

    @precondition(lambda self: self.model.open)
    @rule()
    def contained(self) -> None:
        for id in self.model.open:
            self.draft.findings[id] = replace(self.draft.findings[id], contained_at=self.now)
        self.consider()

    @rule(on_site=st.booleans())
    def put_right(self, on_site: bool) -> None:
        """The day after next somebody comes (or opens the mail) and closes what is open."""
        self.draft.now += timedelta(days=2)
        self.consider()
        self.looks += 1
        for place in self.draft.places:
            id = f"closure {place} {self.looks}"
            faultless.visit(self.draft, id, place, 0, submitted_at=self.now, remote=not on_site)
        for id, kind in list(self.model.open.items()):
            there = f"closure {self.draft.where[id]} {self.looks}"
            changes = {"closed_at": self.now, "closed_by": there, "closed_on_site": on_site}
            self.draft.findings[id] = replace(self.draft.findings[id], **changes)
            if on_site or kind == "small":
                del self.model.open[id]
        if on_site:
            self.model.wrong.discard("gate")
        self._heard()
        self.consider()

    # ---------------------------------------------------------------------------------------------------------- people

    @rule(by=st.sampled_from(["carl", "carl", "dara", "amina"]))
    def accepted(self, by: str) -> None:
        given = Acceptance(by, PEOPLE[by], self.now, tuple(sorted(self.model.reports)))
        self.facts["acceptances"] += (given,)
        self.model.accepted.append((by, PEOPLE[by], set(self.model.reports)))
        self.consider()

    @precondition(lambda self: self._state() in ("suspended", "remediation"))
    @rule(by=VOICES, panel=st.booleans())
    def let_go(self, by: str, panel: bool) -> None:
        """Carl accepts everything, somebody approves the return, and a panel may have met."""
        self.draft.now += timedelta(hours=1)
        if panel:
            self.facts["panels"] += (Panel(self.now, ("pia", "noor"), ("stakeholders", "unions"), favourable=True),)
        self._approve("reinstate", by)
        self.accepted(by="carl")

    @precondition(lambda self: self._state() in ("suspended", "remediation"))
    @rule()
    def comes_back(self) -> None:
        """All that a return takes."""
        self._cleared()
        self.put_right(on_site=True)
        self.let_go(by="sam", panel=True)

    @precondition(lambda self: self._state() in ("suspended", "remediation"))
    @rule(by=st.sampled_from(["dara", "carl", "bea", "amina"]), on_site=st.booleans())
    def would_come_back(self, by: str, on_site: bool) -> None:
        """All but a voice of another organisation that is not judged."""
        self._cleared()
        self.put_right(on_site=on_site)
        self.let_go(by=by, panel=True)

    def _cleared(self) -> None:
        """Lists, reviews and complaints are no obstacle."""
        self.draft.places["agency"]["hits"] = ()
        self.draft.places["factory"]["concerns"] = ()
        self.facts["under_review"] = ()
        self.model.wrong.discard("list")
        self.model.doubts.discard("review")

    def _approve(self, act: Any, by: str) -> None:
        self.facts["approvals"] += (Approval(act, by, PEOPLE[by], self.now),)
        if act == "reinstate":
            self.model.voices.append((by, PEOPLE[by], self.now))

    @rule()
    def brake(self) -> None:
        self.facts["suspension_requested_at"] = self.now
        if self._state() in ("active", "remediation", "expired", "suspended", None):
            self.model.wrong.add("brake")
        self.consider()

    @precondition(lambda self: self.number)
    @rule(sure=st.sampled_from([False, False, False, True]))
    def withdraw(self, sure: bool) -> None:
        if sure:
            self.facts["withdrawal_requested_at"] = self.now
        self.consider()

    @precondition(lambda self: self._case_open())
    @rule(what=st.sampled_from(["reply", "waive", "sam", "dara", "bea"]))
    def the_case(self, what: str) -> None:
        case = self.facts["case"]
        match what:
            case "reply":
                self.facts["case"] = replace(case, replied_at=self.now)
            case "waive":
                self.facts["case"] = replace(case, waived_at=self.now)
            case by:
                self._approve("revoke", by)
        self.consider()

    # ---------------------------------------------------------------------------------------- lists, reviews, scope

    @rule(state=st.sampled_from(["open", "confirmed", "confirmed", "dismissed", "delisted"]))
    def listed(self, state: Any) -> None:
        self.draft.places["agency"]["hits"] = (Hit("hit", "list", "identifier", state, self.now),)
        (self.model.wrong.add if state == "confirmed" else self.model.wrong.discard)("list")
        self.consider()

    @rule(since=st.sampled_from([0, 30]), lifted=st.booleans())
    def reviewed(self, since: int, lifted: bool) -> None:
        begun = self.now - timedelta(days=since)
        by = begun + timedelta(days=BOOK.limits.reverify_days)
        self.facts["under_review"] = (UnderReview("meridian", begun, by, lifted_at=self.now if lifted else None),)
        (self.model.doubts.discard if lifted else self.model.doubts.add)("review")
        self.consider()

    @rule(resolved=st.booleans())
    def complaint(self, resolved: bool) -> None:
        said = Concern("letter", "T5", True, 3, self.now, self.now if resolved else None)
        self.draft.places["factory"]["concerns"] = (said,)
        self.consider()

    @precondition(lambda self: "annex" in self.draft.places and self.number)
    @rule(by=st.sampled_from(["bea", "carl"]))
    def the_annex_leaves(self, by: str) -> None:
        self.facts["reduction"] = Reduction("annex", by, PEOPLE[by], self.now)
        self.consider()

    @precondition(lambda self: self._state() in FINAL)
    @rule(days=st.sampled_from([1, 200, 400]))
    def apply_anew(self, days: int) -> None:
        """A new application of the same holder, after everything was put right and audited anew."""
        self._cleared()
        self.put_right(on_site=True)
        self.draft.now += timedelta(days=days)
        self.number, self.noticed = None, False
        for name in ("certified_at", "case", "withdrawal_requested_at", "suspension_requested_at", "reduction"):
            self.facts[name] = None
        self.facts |= {"cycles": 0, "approvals": ()}
        self.model.wrong.discard("brake")
        self.audited(unannounced=False)
        self.accepted(by="carl")
