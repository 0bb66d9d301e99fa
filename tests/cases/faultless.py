"""What every worked case starts from: a factory and an agency without a fault, whenever the decision falls.

Owns the base cases as plain facts and the people in them. Built for freemark-2026.1; never judges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from audits import standard
from audits.facts import Action, Finding, SiteFacts, Stratum, Visit
from audits.rules import deadlines
from audits.standard import Standard
from certify import rulebook
from certify.dossier import Acceptance, Agreement, Approval, Dossier, Panel
from certify.events import Standing, State
from certify.measures import months_after
from ground.canonical import end_of_day

BOOK = rulebook.load("freemark-2026.1")
STANDARD: Standard = standard.load(BOOK.standards[0])
DAY = date(2026, 6, 1)
HOUR = 8  # UTC, of every day that a case names

# Who they are and for whom they speak.
PEOPLE: Mapping[str, str] = {
    "amina": "meridian", "carl": "lotus", "dara": "lotus", "sam": "scheme", "pia": "stakeholders", "noor": "unions",
    "bea": "sunrise",
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
    audited: int
    places: dict[str, dict[str, Any]]
    visits: dict[str, Visit]
    where: dict[str, str]
    """Which place a visit or a finding belongs to."""
    findings: dict[str, Finding] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    standing: Standing | None = None
    accepted: Acceptance | None = None
    """Whose reports are filled in at the end, when all are known."""

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
    asked = 9 if place == "agency" else 20
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
        "off_site": 3, "strata": (), "conforming": 1, "applicable": 1, "unanswered": len(STANDARD.provisions) - 1,
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


def stands(draft: Draft, state: State, since: datetime, ends: datetime | None = None) -> None:
    begun = draft.facts["certified_at"]
    ended = (begun - timedelta(days=CERTIFIED)).date()
    draft.standing = Standing(
        number="0123456789A",
        state=state,
        since=since,
        valid_from=begun,
        valid_until=ends or end_of_day(months_after(ended, 12)),
        seq=0,
        head="0" * 64,
        next=None,
        revoked_from=None,
        reason=None,
    )


# ------------------------------------------------------------------------------------------------------ base cases


def applying(day: date, audited: int | None, certified: int | None, *names: str) -> Draft:
    """No certificate yet. audited, certified: days from the decision."""
    now = datetime(day.year, day.month, day.day, HOUR, tzinfo=UTC)
    ended = audited if audited is not None else certified - CERTIFIED if certified is not None else -26
    draft = Draft(now, ended, places={}, visits={}, where={})
    for name in ("factory", *names, "agency"):
        draft.places[name] = {
            "workers": 9 if name == "agency" else 400, "screened_at": draft.at(-5), "refreshed_at": draft.at(-30),
        }  # fmt: skip
        audit(draft, AUDITS[name], name, ended)
    draft.facts = {"products": 1, "agreement": Agreement(BOOK.agreement, draft.at(ended - 30), True)}
    draft.accepted = Acceptance("carl", "lotus", draft.at(-1), ())
    return draft


def certified(day: date, audited: int | None, certified: int | None, *names: str) -> Draft:
    begun = certified if certified is not None else -10
    draft = applying(day, audited, begun, *names)
    draft.facts |= {"certified_at": draft.at(begun), "cycles": 1}
    stands(draft, "active", draft.at(begun))
    return draft


def ending(day: date, audited: int | None, certified_: int | None, *names: str) -> Draft:
    draft = certified(day, audited, certified_ if certified_ is not None else -300, *names)
    for name in draft.places:
        again = {"type": "surveillance", "announced": False, "notice": "unannounced", "in_a_row": 2}
        audit(draft, f"{AUDITS[name]}_again", name, -10, **again)
    return draft


def suspended(day: date, audited: int | None, certified_: int | None, *names: str) -> Draft:
    draft = certified(day, audited, certified_ if certified_ is not None else -40, *names)
    visit(draft, "surprise", "factory", -21, type="for_cause", announced=False, notice="unannounced")
    finding(
        draft, "passports", "factory", "T2.1", "priority", draft.at(-21), audit="surprise", zero_tolerance=True,
        contained_at=draft.at(-21, hours=3),
    )  # fmt: skip
    stands(draft, "suspended", draft.at(-20))
    return draft


def healed(day: date, audited: int | None, certified_: int | None, *names: str) -> Draft:
    draft = suspended(day, audited, certified_, *names)
    visit(draft, "return", "factory", -8, type="priority_closure")
    back = {"closed_at": draft.at(-6), "closed_by": "return", "closed_on_site": True}
    draft.findings["passports"] = Finding(**(vars(draft.findings["passports"]) | back))
    draft.facts["approvals"] = (Approval("reinstate", "sam", "scheme", draft.at(-1)),)
    draft.facts["panels"] = (Panel(draft.at(-1), ("sam", "pia"), ("scheme", "stakeholders"), favourable=True),)
    return draft


def two_sites(day: date, audited: int | None, certified_: int | None) -> Draft:
    return certified(day, audited, certified_, "annex")


BASES = {
    "applying": applying, "certified": certified, "ending": ending, "suspended": suspended, "healed": healed,
    "two_sites": two_sites,
}  # fmt: skip
