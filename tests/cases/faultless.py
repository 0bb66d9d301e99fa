"""What every worked case starts from: a factory and an agency without a fault, whenever the decision falls.

Owns the base cases as plain facts and the people in them. Built for freemark-2026.1; never judges.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from audits import standard
from audits.facts import Action, Finding, SiteFacts, Stratum, Visit
from audits.rules import deadlines
from audits.standard import Standard
from certify import rulebook
from certify.dossier import Agreement, Approval, Dossier, Panel
from certify.events import Standing
from certify.measures import months_after
from ground.canonical import end_of_day

BOOK = rulebook.load("freemark-2026.1")
STANDARD: Standard = standard.load(BOOK.standards[0])
DAY = date(2026, 6, 1)
HOUR = 8  # UTC, of every day that a case names

# Who they are and for whom they speak.
PEOPLE: Mapping[str, str] = {
    "amina": "meridian", "ines": "meridian", "carl": "lotus", "dara": "lotus", "sam": "scheme", "pia": "stakeholders",
    "noor": "unions", "bea": "sunrise",
}  # fmt: skip
OWNERS: Mapping[str, str] = {"factory": "sunrise", "annex": "sunrise", "agency": "rotom"}
AUDITS: Mapping[str, str] = {"factory": "audit", "annex": "audit_annex", "agency": "audit_agency"}
WRITTEN = 5  # days from the last day of an audit to its report
RELEASED = 9  # and to the day on which the site reads it: 96 hours later
CERTIFIED = 16  # and to the certificate, in the base cases


@dataclass
class Draft:
    """A dossier while it is written down: everything by name, so that a case can change it."""

    now: datetime
    places: dict[str, dict[str, Any]]
    visits: dict[str, Visit]
    where: dict[str, str]
    """Which place a visit or a finding belongs to."""
    findings: dict[str, Finding] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    standing: Standing | None = None

    def at(self, days: float = 0, hours: float = 0) -> datetime:
        return self.now + timedelta(days=days, hours=hours)

    def dossier(self) -> Dossier:
        sites = tuple(self._place(name) for name in self.places if name != "agency")
        agents = tuple(self._place(name) for name in self.places if name == "agency")
        return Dossier(application="application", organisation="sunrise", sites=sites, agents=agents, **self.facts)

    def _place(self, name: str) -> SiteFacts:
        visits = [visit for id, visit in self.visits.items() if self.where[id] == name]
        found = [finding for id, finding in self.findings.items() if self.where[id] == name]
        return SiteFacts(
            site=name,
            organisation=OWNERS[name],
            kind="agency_office" if name == "agency" else "factory",
            country="BD",
            visits=tuple(sorted(visits, key=lambda visit: (visit.starts_on, visit.id))),
            findings=tuple(sorted(found, key=lambda finding: (finding.discovered_at, finding.id))),
            **self.places[name],
        )


def audit(draft: Draft, id: str, place: str, ended: int, **changes: Any) -> None:
    """Enter a full audit of three days that ended so many days from now, as good as they come."""
    workers = 9 if place == "agency" else 400
    asked = 9 if place == "agency" else 30  # nobody assessed the place: half as many again as 20
    whole: dict[str, Any] = {
        "id": id,
        "type": "initial",
        "standard": STANDARD.id,
        "firm": "meridian",
        "team": ("amina",),
        "starts_on": draft.at(ended - 2).date(),
        "ends_on": draft.at(ended).date(),
        "announced": True,
        "notice": "announced",
        "submitted_at": draft.at(ended + WRITTEN),
        "report": f"report of {id}",
        "workers": workers,
        "interviews": asked,
        "files_reviewed": asked,
        "off_site": -(-asked // 2),
        "strata": (Stratum("women", workers // 2, 3), Stratum("night shift", 2, 2)),
        "conforming": len(STANDARD.provisions),
        "applicable": len(STANDARD.provisions),
        "not_applicable": 0,
        "not_reviewed": 0,
        "unanswered": 0,
        "effort_needed": 20,
        "effort_spent": 20,
        "signed": True,
        "in_a_row": 1,
    }
    draft.visits[id] = Visit(**(whole | changes))
    draft.where[id] = place


def visit(draft: Draft, id: str, place: str, ended: int, **changes: Any) -> None:
    """Enter a visit of one day for a purpose: a few provisions, a report two days later."""
    day = draft.at(ended).date()
    plain: dict[str, Any] = {
        "type": "closure", "starts_on": day, "submitted_at": draft.at(ended + 2), "interviews": 5, "files_reviewed": 5,
        "off_site": 3, "conforming": 4, "applicable": 4, "unanswered": len(STANDARD.provisions) - 4,
    }  # fmt: skip
    audit(draft, id, place, ended, **(plain | changes))


def finding(draft: Draft, id: str, place: str, provision: str, severity: Any, found: datetime, **changes: Any) -> None:
    """Enter an open finding with the deadlines that the standard gives it."""
    known = STANDARD.provision(provision)
    source = changes.get("audit", AUDITS[place])
    visits = draft.visits.get(source)
    released = found if severity == "priority" else found + timedelta(days=RELEASED)
    if severity != "priority" and visits is not None and visits.submitted_at is not None:
        released = visits.submitted_at + timedelta(days=RELEASED - WRITTEN)
    released = changes.pop("released_at", released)
    zero = changes.get("zero_tolerance", False)
    dues = deadlines(
        STANDARD, severity, known.topic, zero_tolerance=zero, discovered=found, released=released
    )  # fmt: skip
    action = {"cap_due": dues.cap, "approve_due": dues.approve, "close_due": dues.close}
    action |= {"submitted_at": released, "approved_at": released} | changes.pop("action", {})
    whole: dict[str, Any] = {
        "id": id,
        "audit": source,
        "provision": provision,
        "topic": known.topic,
        "core": known.core,
        "severity": severity,
        "zero_tolerance": False,
        "deliberate": False,
        "concealed": False,
        "discovered_at": found,
        "released_at": released,
        "containment_due": dues.containment,
        "contained_at": None,
        "closed_at": None,
        "closed_by": None,
        "closed_on_site": False,
        "action": Action(**action),
    }
    draft.findings[id] = Finding(**(whole | changes))
    draft.where[id] = place
    if visits is not None:  # what was found does not conform
        most = visits.applicable - sum(f.audit == source for f in draft.findings.values())
        draft.visits[source] = replace(visits, conforming=min(visits.conforming, max(most, 0)))


# ------------------------------------------------------------------------------------------------------ base cases


Days = Mapping[str, int]
"""How long ago, in days below zero: audited, certified, since (of a suspension). What is not there is as usual."""


def applying(day: date, days: Days, *others: str) -> Draft:
    """No certificate yet. others: sites of the holder beside the factory."""
    now = datetime(day.year, day.month, day.day, HOUR, tzinfo=UTC)
    ended = days.get("audited", days["certified"] - CERTIFIED if "certified" in days else -26)
    draft = Draft(now, places={}, visits={}, where={})
    for name in ("factory", *others, "agency"):
        draft.places[name] = {
            "workers": 9 if name == "agency" else 400, "screened_at": draft.at(-5), "refreshed_at": draft.at(-30),
        }  # fmt: skip
        audit(draft, AUDITS[name], name, ended)
    signed = Agreement(BOOK.agreement, draft.at(ended - 30), independent_reporting=True)
    draft.facts = {"products": 1, "agreement": signed}
    return draft


def certified(day: date, days: Days, *others: str) -> Draft:
    begun = days.get("certified", -10)
    draft = applying(day, {"certified": begun, **days}, *others)
    draft.facts |= {"certified_at": draft.at(begun), "cycles": 1}
    ended = draft.visits["audit"].ends_on
    draft.standing = Standing(
        number="0123456789A",
        state="active",
        since=draft.at(begun),
        valid_from=draft.at(begun),
        valid_until=end_of_day(months_after(ended, 12)),
        seq=0,
        head="0" * 64,
        next=None,
        revoked_from=None,
        reason=None,
    )
    return draft


def ending(day: date, days: Days) -> Draft:
    draft = certified(day, {"certified": -300, **days})
    for name in draft.places:
        again = {"type": "periodic", "announced": False, "notice": "unannounced", "in_a_row": 2}
        audit(draft, f"{AUDITS[name]}_again", name, -10, **again)
    return draft


def suspended(day: date, days: Days) -> Draft:
    since = days.get("since", -20)
    draft = certified(day, {"certified": since - 20, **days})
    visit(draft, "surprise", "factory", since - 1, type="for_cause", announced=False, notice="unannounced")
    finding(
        draft, "passports", "factory", "T2.1", "priority", draft.at(since - 1), audit="surprise", zero_tolerance=True,
        contained_at=draft.at(since - 1, hours=3),
    )  # fmt: skip
    assert draft.standing is not None
    draft.standing = replace(draft.standing, state="suspended", since=draft.at(since), reason="nonconformity")
    return draft


def healed(day: date, days: Days) -> Draft:
    draft = suspended(day, days)
    visit(draft, "return", "factory", -8, type="priority_closure", team=("ines",))
    draft.findings["passports"] = replace(
        draft.findings["passports"], closed_at=draft.at(-6), closed_by="return", closed_on_site=True
    )
    draft.facts["approvals"] = (Approval("reinstate", "sam", "scheme", draft.at(-1)),)
    draft.facts["panels"] = (Panel(draft.at(-1), ("noor", "pia"), ("stakeholders", "unions"), favourable=True),)
    return draft


def two_sites(day: date, days: Days) -> Draft:
    return certified(day, days, "annex")


BASES: Mapping[str, Callable[[date, Days], Draft]] = {
    "applying": applying, "certified": certified, "ending": ending, "suspended": suspended, "healed": healed,
    "two_sites": two_sites,
}  # fmt: skip
