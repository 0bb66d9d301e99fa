"""The first days: the scheme's people, the firms with their auditors and keys, and each case when it joins.

Owns registrations only, each through the service that the routes call. Persons have functions instead of names.
"""

from __future__ import annotations

import hashlib
from datetime import date

from audits import service, signed
from audits.independence import register
from audits.independence.register import AuditorDraft, FirmDraft
from freemark.demo.history.house import DAY, Auditor, Case, Firm, House, People, Site, actor
from freemark.demo.history.population import AUDITORS_EACH, FIRMS, LANGUAGES, CasePlan, FirmPlan, SitePlan
from ground import parties
from ground.access import Actor
from ground.database import Writing
from ground.signing import SeedSigner
from ground.world import World

LAST_SEEN = (245, 262)  # days: a visit is due after half a year, and the rules bear with 90 days more
APPROVED_FOR = 3 * 365 + 60  # days: renewed in the middle of the history


def people(world: World, sam: Actor) -> People:
    """sam is there already: who founded the scheme."""
    with world.db.write() as session:
        now = world.clock.now()

        def body(name: str, country: str, city: str) -> str:
            return parties.add_organisation(
                session, sam, name=name, roles=["certification_body"], country=country, city=city, registered_id="",
                now=now,
            ).id  # fmt: skip

        def person(home: str, name: str, role: str) -> Actor:
            row = parties.add_person(
                session, sam, organisation=home, name=name, email="", roles=[role], now=now
            )  # fmt: skip
            return actor(row.id, home, role)

        first, second = body("Lotus Certification AG", "CH", "Basel"), body("Norte Certificaciones SA", "ES", "Bilbao")
        return People(
            sam=sam,
            tara=person(sam.organisation, "Second scheme manager", "scheme_manager"),
            hana=person(sam.organisation, "Protection handler", "handler"),
            carl=person(first, "Decider", "decider"),
            dina=person(second, "Decider of the other body", "decider"),
        )


def firms(house: House) -> None:
    """Every firm with its auditors, approved from the first day, each auditor with a key of the seed."""
    with house.world.db.write() as session:
        for plan in FIRMS:
            sam, now = house.people.sam, house.now
            home = parties.add_organisation(
                session, sam, name=plan.name, roles=["audit_firm"], country=plan.country, city=plan.city,
                registered_id="", now=now,
            ).id  # fmt: skip
            firm = Firm(home, plan, {})
            for number in range(AUDITORS_EACH):
                row = parties.add_person(
                    session, sam, organisation=home, name=f"Lead auditor {number + 1}", email="", roles=["auditor"],
                    now=now,
                )  # fmt: skip
                seed = hashlib.sha256(f"{house.lot.seed} {plan.name} {number}".encode()).digest()
                auditor = Auditor(actor(row.id, home, "auditor"), SeedSigner.from_seed(seed))
                proof = auditor.key.sign(signed.claim_message(row.id, auditor.key.kid)).hex()
                service.enrol_key(session, auditor.actor, auditor.key.kid, proof, now=now)
                firm.auditors[row.id] = auditor
            house.firms.append(firm)
    approve(house)


def approve(house: House) -> None:
    """Firms and auditors in good standing for the next years, each where its languages are spoken."""
    with house.world.db.write() as session:
        for firm in house.firms:
            set_firm(session, house, firm, firm.plan.countries)
            for auditor in firm.auditors.values():
                set_auditor(session, house, auditor.actor.person, firm.plan)


def set_firm(session: Writing, house: House, firm: Firm, countries: tuple[str, ...]) -> None:
    """Good standing, for these countries."""
    until = house.today + APPROVED_FOR * DAY
    draft = FirmDraft("good", "Accredited, and witnessed at work.", countries, ("all",), until, house.today)
    register.set_firm(session, house.people.sam, firm.id, draft, now=house.now)


def set_auditor(session: Writing, house: House, person: str, plan: FirmPlan, more: tuple[str, ...] = ()) -> None:
    """Examined and trained, for the languages of these countries."""
    until = house.today + APPROVED_FOR * DAY
    languages = tuple(dict.fromkeys(LANGUAGES[country] for country in (*plan.countries, *more)))
    draft = AuditorDraft(
        "lead", "good", "Examined, and witnessed at work.", ("all",), languages, house.today, until, until, house.today
    )
    register.set_auditor(session, house.people.sam, person, draft, now=house.now)


def join(house: House, plan: CasePlan) -> Case:
    """The manufacturer with its sites, and the agency with its office, registered today."""
    with house.world.db.write() as session:
        home, manager = _party(session, house, plan.name, "manufacturer", "manager", plan.at.country, plan.at.city)
        sites = [_site(session, house, home, site, manager, own=True) for site in plan.sites]
        if plan.agency is not None:
            at = plan.agency.at
            office, agent = _party(session, house, plan.agency_name, "labour_agent", "agent", at.country, at.city)
            sites.append(_site(session, house, office, plan.agency, agent, own=False))
    case = Case(plan, home, manager, sites)
    house.cases.append(case)
    return case


def _party(
    session: Writing, house: House, name: str, kind: str, role: str, country: str, city: str
) -> tuple[str, Actor]:
    sam, now = house.people.sam, house.now
    home = parties.add_organisation(
        session, sam, name=name, roles=[kind], country=country, city=city, registered_id="", now=now
    ).id
    title = {"manager": "Compliance manager", "agent": "Office manager"}[role]
    row = parties.add_person(session, sam, organisation=home, name=title, email="", roles=[role], now=now)
    return home, actor(row.id, home, role)


def _site(session: Writing, house: House, home: str, plan: SitePlan, who: Actor, *, own: bool) -> Site:
    row = parties.add_site(
        session, who, organisation=home, kind=plan.kind, name=plan.name, address="Plot 1, Main Road", city=plan.at.city,
        country=plan.at.country, workers=plan.workers, sector=plan.sector, flag=plan.flag, now=house.now,
    )  # fmt: skip
    return Site(row.id, plan, who, own)


def day_of(house: House, plan: CasePlan, opens: date) -> date:
    """When this case joins."""
    if plan.passed_over:
        return max(opens, house.last - house.lot.between(*LAST_SEEN, "day", plan.number) * DAY)
    span = (house.last - opens).days
    return opens + (span * plan.joins // 100 + house.lot.below(10, "day", plan.number)) * DAY
