"""Plain builders of what the rules are given: visits, findings, places, dossiers, standings.

`certifiable()` is a dossier from which NOW issues a certificate; every test changes just what it is about. The cast:
Amina and Ines audit (Meridian Audit), Carl decides (Lotus Certification), Sam manages the scheme, Sunrise holds.
Moments are given in days from NOW, so that a limit can be read off the test.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from audits.facts import Action, Finding, Severity, SiteFacts, Stratum, Visit
from certify import rulebook
from certify.chapters import Rulebook
from certify.dossier import Acceptance, Agreement, Approval, Case, Decision, Dossier, Panel
from certify.events import Standing, State
from certify.rules import decide

NOW = datetime(2026, 6, 1, 8, 0, 0, tzinfo=UTC)
BOOK = rulebook.load("freemark-2026.0")
BOOK_1 = rulebook.load("freemark-2026.1")

SUNRISE, AGENCY, MERIDIAN, LOTUS, SCHEME = "org_sunrise", "org_agency", "org_meridian", "org_lotus", "org_scheme"
AMINA, INES, CARL, SAM = "per_amina", "per_ines", "per_carl", "per_sam"
FACTORY, OFFICE = "site_factory", "site_office"
AUDIT_ENDED = -26  # days from NOW: the initial audits of `certifiable()` ended on 2026-05-06


def at(days: float = 0, *, hours: float = 0) -> datetime:
    """The moment so many days after (before: negative) NOW."""
    return NOW + timedelta(days=days, hours=hours)


def on(days: int) -> date:
    return at(days).date()


def visit(id: str = "aud_1", ended: int = AUDIT_ENDED, **changes: Any) -> Visit:
    """A full initial audit on site of three days, submitted five days after its last day."""
    whole = Visit(
        id=id,
        type="initial",
        standard="freemark-2026.0",
        firm=MERIDIAN,
        team=(AMINA,),
        starts_on=on(ended - 2),
        ends_on=on(ended),
        announced=True,
        submitted_at=at(ended + 5),
        report=f"{id:0<64}"[:64],
        workers=400,
        interviews=20,
        files_reviewed=20,
        conforming=60,
        applicable=80,
        not_applicable=4,
        not_reviewed=0,
        unanswered=0,
    )
    return replace(whole, **changes)


def closure(id: str = "aud_closure", ended: int = -8, **changes: Any) -> Visit:
    """A closure visit on site: part of the provisions, submitted two days after."""
    plain: dict[str, Any] = {
        "type": "closure", "starts_on": on(ended), "submitted_at": at(ended + 2), "workers": 400, "interviews": 5,
        "files_reviewed": 5, "conforming": 1, "applicable": 1, "not_applicable": 0, "unanswered": 83,
    }  # fmt: skip
    return visit(id, ended, **(plain | changes))


def finding(
    id: str = "fnd_1",
    severity: Severity = "minor",
    provision: str = "T10.1",
    found: float = AUDIT_ENDED,
    *,
    core: bool = False,
    close_due: datetime | None = None,
    cap_due: datetime | None = None,
    planned: bool = True,
    **changes: Any,
) -> Finding:
    """An open finding of the initial audit, with an approved plan unless planned=False. No clock has run out."""
    plan = at(found + 8) if planned else None
    action = Action(
        submitted_at=plan,
        approved_at=plan,
        cap_due=cap_due or at(found + 19),
        approve_due=at(found + 47),
        close_due=close_due or at(found + 185),
    )
    priority = severity == "priority"
    whole = Finding(
        id=id,
        audit="aud_1",
        provision=provision,
        topic=provision.split(".")[0],
        core=core,
        severity=severity,
        zero_tolerance=False,
        deliberate=False,
        concealed=False,
        discovered_at=at(found),
        released_at=at(found if priority else found + 5),
        containment_due=at(found, hours=48) if priority else None,
        contained_at=None,
        closed_at=None,
        closed_by=None,
        closed_on_site=False,
        action=action,
    )
    return replace(whole, **changes)


def closed(finding: Finding, days: float, *, on_site: bool = True, by: str = "aud_closure") -> Finding:
    return replace(finding, closed_at=at(days), closed_by=by, closed_on_site=on_site)


def passports(found: float = -1, **changes: Any) -> Finding:
    """A priority finding of zero tolerance on a core topic: passports in the manager's safe."""
    plain: dict[str, Any] = {"core": True, "zero_tolerance": True, "close_due": at(found + 90), "audit": "aud_2"}
    return finding("fnd_passports", "priority", "T2.1", found, **(plain | changes))


def blocked_exit(found: float = -1, **changes: Any) -> Finding:
    """A priority finding outside the core topics: an emergency exit that is locked."""
    plain: dict[str, Any] = {"close_due": at(found + 30), "audit": "aud_2"}
    return finding("fnd_exit", "priority", "T17.1", found, **(plain | changes))


def fees(found: float = AUDIT_ENDED, **changes: Any) -> Finding:
    """A major finding on a core topic: recruitment fees that were not repaid."""
    return finding("fnd_fees", "major", "T1.1", found, **({"core": True, "close_due": at(found + 95)} | changes))


def place(
    site: str = FACTORY, *findings: Finding, visits: tuple[Visit, ...] | None = None, **changes: Any
) -> SiteFacts:
    whole = SiteFacts(
        site=site,
        organisation=SUNRISE,
        kind="factory",
        country="BD",
        workers=400,
        visits=(visit(),) if visits is None else visits,
        findings=findings,
    )
    return replace(whole, **changes)


def office(**changes: Any) -> SiteFacts:
    """The recruiting agent's office, audited too."""
    visits = (visit("aud_office", workers=9, interviews=9, files_reviewed=9),)
    return place(
        OFFICE, **({"organisation": AGENCY, "kind": "agency_office", "workers": 9, "visits": visits} | changes)
    )


def acceptance(dossier: Dossier, days: float = -1, **changes: Any) -> Acceptance:
    """Carl accepts every report of the dossier."""
    reports = tuple(sorted({visit.report for visit in dossier.submitted if visit.report}))
    return replace(Acceptance(CARL, LOTUS, at(days), reports), **changes)


def accepted(dossier: Dossier, days: float = -1) -> Dossier:
    """The dossier, with all its reports accepted so many days from NOW."""
    return replace(dossier, acceptances=(*dossier.acceptances, acceptance(dossier, days)))


def certifiable(*findings: Finding, visits: tuple[Visit, ...] | None = None, **changes: Any) -> Dossier:
    """A dossier with one factory and one agent, audited, accepted and signed: as it stands, NOW issues."""
    dossier = Dossier(
        application="app_1",
        organisation=SUNRISE,
        sites=(place(FACTORY, *findings, visits=visits),),
        agents=(office(),),
        products=1,
        agreement=Agreement(BOOK.agreement, at(-60), independent_reporting=True),
    )
    return replace(accepted(dossier), **changes)


def certified(*findings: Finding, visits: tuple[Visit, ...] | None = None, **changes: Any) -> Dossier:
    """The same, with a certificate issued ten days ago: belongs to `standing()`."""
    return certifiable(*findings, visits=visits, **({"cycles": 1, "certified_at": at(-10)} | changes))


def standing(state: State = "active", since: float = -10, **changes: Any) -> Standing:
    """A certificate issued ten days ago that is valid for a year from the end of the audit."""
    whole = Standing(
        number="0123456789A",
        state=state,
        since=at(since),
        valid_from=at(-10),
        valid_until=datetime(2027, 5, 7, tzinfo=UTC),
        seq=0,
        head="0" * 64,
        next=None,
        revoked_from=None,
        reason=None,
    )
    return replace(whole, **changes)


def reinstate(days: float = 0, **changes: Any) -> Approval:
    """Sam of the scheme approves a reinstatement."""
    return replace(Approval("reinstate", SAM, SCHEME, at(days)), **changes)


def revoke(person: str = SAM, organisation: str = SCHEME, days: float = 0) -> Approval:
    return Approval("revoke", person, organisation, at(days))


def case(opened: float = -2, **changes: Any) -> Case:
    return replace(Case(at(opened), at(opened + BOOK.limits.reply_days)), **changes)


def repaired(breach: Finding | None = None) -> Dossier:
    """Suspended ten days ago, put right since: breach closed on site, accepted, approved by a second person."""
    before = closed(breach or passports(found=-11), -6)
    found = closure("aud_2", -11, type="for_cause", conforming=0)
    dossier = accepted(certified(before, visits=(visit(), found, closure(team=(INES,)))))
    return replace(dossier, approvals=(reinstate(),))


def renewable() -> Dossier:
    """Certified three hundred days ago, every place audited anew ten days ago, accepted: belongs to `ending()`."""
    new = visit("aud_new", -10, type="surveillance")
    small = {"workers": 9, "interviews": 9, "files_reviewed": 9}
    at_the_agent = (visit("aud_office", **small), visit("aud_office_new", -10, type="surveillance", **small))
    places = {"visits": (visit(), new), "agents": (office(visits=at_the_agent),)}
    return accepted(certified(**places, certified_at=at(-300)))


def ending() -> Standing:
    """A certificate with sixty days to run."""
    return standing(since=-300, valid_from=at(-300), valid_until=at(60))


# The same under freemark-2026.1, whose standard asks for more: groups in the sample, time, signatures, screening.


def visit_1(id: str = "aud_1", ended: int = AUDIT_ENDED, **changes: Any) -> Visit:
    """`visit`, as an audit under the standard freemark-2026.1 that lacks nothing."""
    return replace(modern_visit(visit(id, ended, conforming=80)), **changes)


def place_1(site: str = FACTORY, *findings: Finding, **changes: Any) -> SiteFacts:
    """`place`, audited under freemark-2026.1, screened five days ago, its list of subcontractors a month old."""
    return replace(_modern_place(place(site, *findings)), **changes)


def modern(dossier: Dossier) -> Dossier:
    """What was built for freemark-2026.0, with everything that freemark-2026.1 asks for besides.

    Visits of another standard, and places with a screening or a refreshed list, stay as they are.
    """
    sites = tuple(_modern_place(place) for place in dossier.sites)
    agents = tuple(_modern_place(place) for place in dossier.agents)
    before = {visit.report for place in dossier.places for visit in place.visits}
    more = {visit.report or "" for place in (*sites, *agents) for visit in place.visits} - before
    seen = tuple(replace(each, reports=(*each.reports, *sorted(more))) for each in dossier.acceptances)
    return replace(dossier, sites=sites, agents=agents, acceptances=seen)


def _closing(place: SiteFacts) -> tuple[Visit, ...]:
    """The visits that closed what is closed on site, by another auditor, where the test has not got them itself."""
    known, made = {visit.id for visit in place.visits}, dict[str, Visit]()
    for each in place.findings:
        if each.closed_at is None or not each.closed_on_site or each.closed_by in (*known, *made, None):
            continue
        days = (each.closed_at.date() - NOW.date()).days
        made[each.closed_by] = closure(each.closed_by, days, submitted_at=each.closed_at, team=(INES,))
    found = {f.audit for f in place.findings if f.closed_at and f.closed_on_site} - known
    early = [closure(id, AUDIT_ENDED, conforming=0, type="for_cause") for id in sorted(found)]
    return (*early, *made.values())


def _modern_place(place: SiteFacts) -> SiteFacts:
    visits = tuple(_adds_up(modern_visit(visit), place) for visit in (*place.visits, *_closing(place)))
    if place.screened_at is None and place.refreshed_at is None:
        place = replace(place, screened_at=at(-5), refreshed_at=at(-30))
    return replace(place, visits=visits)


def _adds_up(visit: Visit, place: SiteFacts) -> Visit:
    """What conforms and what was found are all that applied, unless the test says something else about it."""
    if visit.conforming not in (60, 1, 0):
        return visit
    found = sum(finding.audit == visit.id for finding in place.findings)
    return replace(visit, applicable=max(visit.applicable, found), conforming=max(visit.applicable - found, 0))


def modern_visit(visit: Visit) -> Visit:
    if visit.standard != "freemark-2026.0":
        return visit
    usual = visit.interviews == 20  # which is enough at low risk; nobody assessed the places here
    talked = 30 if usual else visit.interviews
    return replace(
        visit,
        interviews=talked,
        files_reviewed=talked if visit.files_reviewed == 20 else visit.files_reviewed,
        standard="freemark-2026.1",
        notice="announced" if visit.announced else "unannounced",
        effort_needed=20,
        effort_spent=20,
        off_site=-(-talked // 2),
        strata=(Stratum("women", visit.workers // 2, talked // 2), Stratum("night", 2, 2)),
        signed=True,
        in_a_row=1,
    )


def certifiable_2026_1(*findings: Finding, visits: tuple[Visit, ...] | None = None, **changes: Any) -> Dossier:
    """A dossier from which NOW issues under freemark-2026.1. visits: of the factory, made with `visit` or `visit_1`."""
    return replace(modern(certifiable(*findings, visits=visits)), **changes)


def certified_2026_1(*findings: Finding, visits: tuple[Visit, ...] | None = None, **changes: Any) -> Dossier:
    """The same, with a certificate issued ten days ago: belongs to `standing()`."""
    return replace(modern(certified(*findings, visits=visits)), **changes)


def repaired_2026_1(breach: Finding | None = None) -> Dossier:
    """`repaired`, with the word of a panel: belongs to `standing("suspended", since=-10)`."""
    return replace(modern(repaired(breach)), panels=(panel(),))


def renewable_2026_1() -> Dossier:
    """`renewable`, with new visits that nobody announced: belongs to `ending()`."""
    dossier = modern(renewable())

    def unannounced(place: SiteFacts) -> SiteFacts:
        *old, new = place.visits
        return replace(place, visits=(*old, replace(new, type="periodic", notice="unannounced", announced=False)))

    return replace(
        dossier,
        sites=tuple(unannounced(place) for place in dossier.sites),
        agents=tuple(unannounced(place) for place in dossier.agents),
    )


def panel(days: float = 0, **changes: Any) -> Panel:
    """Noor of the unions and Pia of the stakeholders speak for the case."""
    two = Panel(at(days), ("per_noor", "per_pia"), ("org_stakeholders", "org_unions"), favourable=True)
    return replace(two, **changes)


def judged(dossier: Dossier, stands: Standing | None = None, days: float = 0, book: Rulebook = BOOK) -> Decision:
    return decide(dossier, stands, book, at(days))


def judged_1(dossier: Dossier, stands: Standing | None = None, days: float = 0) -> Decision:
    """Judged under freemark-2026.1."""
    return decide(dossier, stands, BOOK_1, at(days))


def unmet(decision: Decision) -> list[str]:
    return [reason.clause for reason in decision.reasons if not reason.met]


def said(decision: Decision, clause: str) -> str:
    return next(reason.text for reason in decision.reasons if reason.clause == clause)
