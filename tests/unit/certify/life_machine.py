"""What people and time may do to a certificate, as a state machine: everything that a life can bring, by chance.

Each rule changes facts of `life.Life`, tells the naive model what a person would know of it, and lets the rules of the
scheme conclude. Owns no expectation but one: a finding never helps.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from audits.facts import Concern, Hit
from certify import holding, rules
from certify.dossier import Acceptance, Approval, Panel, Reduction, UnderReview
from tests.cases import faultless
from tests.cases.faultless import BOOK, PEOPLE
from tests.unit.certify.life import Life
from tests.unit.certify.life_model import RANK

FINAL = ("revoked", "withdrawn", "superseded", "reduced")
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


class LifeCycle(Life, RuleBasedStateMachine):
    # -------------------------------------------------------------------------------------------------- time and looks

    @initialize(by=st.sampled_from(["carl", "carl", "carl", "carl", "carl", "amina"]))
    def begins(self, by: str) -> None:
        """Everything is audited; mostly a decider accepts it, and the certificate is there."""
        self.accepted(by=by)

    @rule(days=st.sampled_from([1, 2, 8, 31, 91, 181]))
    def time_passes(self, days: int) -> None:
        self.draft.now += timedelta(days=days)
        self.consider()

    @precondition(lambda self: self._state() in ("active", "suspended"))
    @rule(hours=st.sampled_from([0, 1, 200]))
    def it_runs_out(self, hours: int) -> None:
        """Until the very end of the certificate, and a little longer."""
        self.draft.now = max(self.now, self.model.ends + timedelta(hours=hours))
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
            people = 9 if place == "agency" else 400
            more = {"submitted_at": self.now, "remote": not on_site, "workers": people, "team": ("ines",)}
            faultless.visit(self.draft, id, place, 0, **more)
        for id in list(self.model.open):
            finding = self.draft.findings[id]
            there = f"closure {self.draft.where[id]} {self.looks}"
            changes = {"closed_at": self.now, "closed_by": there, "closed_on_site": on_site}
            self.draft.findings[id] = replace(finding, **changes)
            if on_site or finding.severity == "minor" or (finding.severity == "major" and not finding.core):
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
    @rule(alerted=st.booleans())
    def comes_back(self, alerted: bool) -> None:
        """All that a return takes; but now and then an alert comes in the hour before."""
        self._cleared()
        self.put_right(on_site=True)
        if alerted:
            self.alert()
        self.let_go(by="sam", panel=True)

    @precondition(lambda self: self._state() in ("suspended", "remediation"))
    @rule(by=st.sampled_from(["dara", "dara", "carl", "bea", "amina"]), on_site=st.sampled_from([True, True, False]))
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
