"""The ordinary life of a case: applied for, audited, corrected, certified, watched over, renewed; and brought back.

Owns the order and the days. A life is a generator that yields the day on which it goes on; what happens on a day is
done through the services in between. What breaks the order (an alert, a holder who does nothing) is in `plots`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from sqlalchemy import func, select

from audits.facts import AuditType
from audits.screening.register import confirm_register
from audits.tables import AuditRow, FindingRow
from certify import acts, casefile
from certify import service as certify
from certify.service import ProductDraft
from freemark.demo.history import findings
from freemark.demo.history.house import DAY, Case, House, Site
from freemark.demo.history.visits import Visit, visit
from ground.database import Reading

Life = Iterator[date]
Plot = Callable[[House, Case], Life]

AGREEMENT = "2026.0"
PLAN_AFTER, APPROVE_AFTER, DONE_AFTER, CLOSE_AFTER = 9, 8, 22, 20  # days, one after the other
RENEW_BEFORE = 85  # days: the window for renewal has 90
BACK = ("suspended", "remediation")
OVER = ("revoked", "withdrawn", "expired")


def ordinary(house: House, case: Case, plot: Plot | None) -> Life:
    """A whole life. plot: what comes between in the first year of its certificate."""
    yield from first_certificate(house, case)
    while True:
        if plot is not None:
            yield from plot(house, case)
            plot = None
        if house.state(case) in OVER:
            return
        yield from one_cycle(house, case)


# ---------------------------------------------------------------------------------------------- up to the certificate


def first_certificate(house: House, case: Case) -> Life:
    """Applied for, every place audited, what was found put right, accepted, issued."""
    apply(house, case)
    yield house.today + house.lot.between(6, 20, "first audit", case.number) * DAY
    yield from audited(house, case, "initial")
    yield from put_right(house, case)
    yield from accepted(house, case)
    assess(house, case)


def apply(house: House, case: Case) -> None:
    """The application, the agreement, and the register of each site: nobody else works for it."""
    product = ProductDraft(case.plan.product, None, f"M-{case.number + 1}", 500_000)
    own = [site.id for site in case.places if site.own]
    agents = [site.id for site in case.places if not site.own]
    with house.acting() as session:
        made = certify.apply(
            session, case.manager, sites=own, agents=agents, products=[product], now=house.now
        )  # fmt: skip
        case.application = made.id
        certify.sign_agreement(
            session, case.manager, made.id, version=AGREEMENT, independent_reporting=True, now=house.now
        )
    house.touched.add(case.application)


def assess(house: House, case: Case) -> None:
    """Low risk, where the certification body says so: visited once a year from then on."""
    if not case.plan.low_risk:
        return
    with house.acting(case) as session:
        for site in case.places:
            acts.assess_risk(
                session, house.people.carl, site.id, "low", "Organised workforce, no agents.", now=house.now
            )


def audited(house: House, case: Case, type: AuditType, *, unannounced: bool = False) -> Life:
    """Every place in turn, some days apart."""
    for site in case.places:
        what = Visit(type, "unannounced" if unannounced else "semi_announced", findings.found(house, site, type))
        visit(house, case, site, what)
        if site is case.places[-1]:
            house.touched.add(case.application)
        yield house.today + house.lot.between(1, 4, "next place", case.number, site.visits) * DAY


def put_right(house: House, case: Case) -> Life:
    """Plans, approvals, proof, and a closure at each place with something open."""
    yield house.today + 5 * DAY  # by then the site has every report
    if not _open(house, case):
        return
    findings.contain(house, case)
    yield house.today + house.lot.between(2, PLAN_AFTER, "plan", case.number, house.today) * DAY
    findings.plan(house, case)
    yield house.today + house.lot.between(2, APPROVE_AFTER, "approval", case.number, house.today) * DAY
    findings.approve(house, case)
    yield house.today + house.lot.between(8, DONE_AFTER, "done", case.number, house.today) * DAY
    findings.complete(house, case)
    yield house.today + house.lot.between(4, CLOSE_AFTER, "closure", case.number, house.today) * DAY
    yield from closed(house, case)


def closed(house: House, case: Case, *, on_site: bool = False) -> Life:
    """A closure at each place with something open: at a desk, on site, or by another team after zero tolerance."""
    for site in case.places:
        with house.world.db.read() as session:
            rows = findings.open_at(session, site)
        if rows:
            visit(house, case, site, closure_of(site, rows, on_site=on_site))
            yield house.today + DAY
    house.touched.add(case.application)


def closure_of(site: Site, rows: list[FindingRow], *, on_site: bool) -> Visit:
    type: AuditType = "priority_closure" if any(row.zero_tolerance for row in rows) else "closure"
    remote = type == "closure" and not on_site and findings.at_a_desk(site, rows)
    return Visit(type, "announced", findings.conforming(rows), only=True, remote=remote)


def accepted(house: House, case: Case) -> Life:
    """The registers confirmed, the panel heard where the rules ask for it, and every report accepted."""
    panel = house.unmet(case) & {"I25", "R5"}
    with house.acting(case) as session:
        for site in case.places:
            if site.own:
                confirm_register(session, site.actor, site.id, [], now=house.now)
        if panel:
            for person in (house.people.dina, house.people.hana):
                opinion = "What was found is put right, and workers say so."
                acts.speak(session, person, case.application, favourable=True, opinion=opinion, now=house.now)
        reports = casefile.current_reports(session, case.application)
        certify.accept_reports(
            session, house.people.carl, case.application, reports=reports, note="Read, and enough.", now=house.now
        )
    yield house.today + DAY


# ------------------------------------------------------------------------------------------------ with a certificate


def one_cycle(house: House, case: Case) -> Life:
    """From one certificate to the next: surveillance where it falls due, then a full audit and the renewal."""
    found = house.certificate(case)
    if found is None or house.state(case) == "expired":
        yield from first_again(house, case)
        return
    _, first, last = found
    renewal = last - RENEW_BEFORE * DAY
    months = 11 if case.plan.low_risk else 5
    surprise = True
    day = _last_visit(house, case, first) + 30 * months * DAY
    while day < renewal - 60 * DAY:
        yield max(day, house.today)
        yield from settled(house, case)
        yield from audited(house, case, "surveillance", unannounced=True)
        yield from put_right(house, case)
        yield from accepted(house, case)
        yield from settled(house, case)
        surprise, day = False, day + 30 * months * DAY
    yield max(renewal, house.today)
    yield from settled(house, case)
    if house.state(case) in OVER or house.certificate(case) != found:
        return
    yield from audited(house, case, "periodic", unannounced=surprise)
    yield from put_right(house, case)
    yield from accepted(house, case)
    yield from settled(house, case)
    if house.certificate(case) == found:
        yield house.today + 14 * DAY
        yield from accepted(house, case)


def first_again(house: House, case: Case) -> Life:
    """After an expiry: a full audit once more, under the same application."""
    yield house.today + 30 * DAY
    yield from audited(house, case, "periodic", unannounced=True)
    yield from put_right(house, case)
    yield from accepted(house, case)
    if house.state(case) == "expired":
        yield house.last + DAY


def settled(house: House, case: Case) -> Life:
    """Bring a certificate back that is suspended or in remediation: whatever it takes, a visit at least."""
    if house.state(case) not in BACK:
        return
    findings.contain(house, case)
    findings.plan(house, case)
    yield house.today + 3 * DAY
    findings.approve(house, case)
    yield house.today + 12 * DAY
    findings.complete(house, case)
    yield house.today + 6 * DAY
    visits = sum(site.visits for site in case.places)
    yield from closed(house, case, on_site=True)
    if visits == sum(site.visits for site in case.places) or "S6" in house.unmet(case):
        yield from audited(house, case, "surveillance", unannounced=True)
        yield from put_right(house, case)
    yield from accepted(house, case)
    reinstate(house, case)
    yield house.today + DAY


def reinstate(house: House, case: Case) -> None:
    """The second person's word, of another organisation than the decider's."""
    found = house.certificate(case)
    if found is not None and house.state(case) in BACK:
        with house.acting(case) as session:
            certify.confirm(session, house.people.sam, found[0], act="reinstate", now=house.now)


def _open(house: House, case: Case) -> bool:
    with house.world.db.read() as session:
        return any(findings.open_at(session, site) for site in case.places)


def _last_visit(house: House, case: Case, otherwise: date) -> date:
    """The oldest of the places' newest visits of a kind that counts for surveillance."""
    with house.world.db.read() as session:
        newest = [_newest(session, site) or otherwise for site in case.places]
    return min(newest)


def _newest(session: Reading, site: Site) -> date | None:
    carriers = ("initial", "periodic", "surveillance")
    query = select(func.max(AuditRow.ends_on)).where(
        AuditRow.site_id == site.id, AuditRow.type.in_(carriers), AuditRow.submitted_at.is_not(None)
    )
    return session.scalar(query)
