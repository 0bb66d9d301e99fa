"""A firm of the register is suspended: every certificate that rests on its work gets a caution, all or none.

Owns that story: the entry, what followed from it in one transaction, the other firm that stands in, certificates that
are verified again, and the day on which the firm is back in good standing and the rest is lifted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import func, select

from audits.independence import register
from audits.independence.register import FirmDraft
from certify.reviews import service as reviews
from certify.tables import CautionRow
from freemark.demo.history import founding, lives
from freemark.demo.history.house import DAY, Case, Firm, House
from freemark.demo.history.lives import Life
from freemark.demo.history.visits import Visit, visit
from ground.journal import JournalRow

BACK_AFTER = 45  # days: within the 60 after which the rules would suspend what was not verified again
AGAIN_AFTER = 20
VERIFIED_AGAIN = 2  # certificates


@dataclass(frozen=True)
class Cascade:
    """certificates: that rest on the firm's work and got a caution. transactions: in which they were raised."""

    firm: str
    certificates: int
    transactions: int
    verified_again: int
    lifted: int


def a_firm_suspended(house: House) -> Life:
    """The firm that works at the most places: suspended, stood in for, and back."""
    firm = busiest(house)
    suspend(house, firm)
    other = house.firms[(house.firms.index(firm) + 1) % len(house.firms)]
    _stand_in(house, other, firm)
    yield house.today + DAY
    raised, transactions = _raised(house, firm)
    yield house.today + AGAIN_AFTER * DAY
    verified = 0
    for case in _cautioned(house, firm)[:VERIFIED_AGAIN]:
        yield from _verified_again(house, case, firm)
        verified += 1
    yield house.today + max(1, BACK_AFTER - AGAIN_AFTER - 4 * verified) * DAY
    _back(house, other, firm)
    yield house.today + DAY
    with house.world.db.read() as session:
        query = select(func.count()).where(CautionRow.subject == firm.id, CautionRow.lifted_at.is_not(None))
        lifted = session.scalar(query) or 0
    house.notes["cascade"] = Cascade(firm.plan.name, raised, transactions, verified, lifted)


def suspend(house: House, firm: Firm) -> None:
    """The entry in the register; what follows comes with the news of it."""
    with house.world.db.write() as session:
        draft = FirmDraft("suspended", "Reports were sold.", firm.plan.countries, ("all",), house.today, house.today)
        register.set_firm(session, house.people.sam, firm.id, draft, now=house.now)


def busiest(house: House) -> Firm:
    count = Counter(house.firm_of(site).id for case in house.cases for site in case.places)
    return max(house.firms, key=lambda firm: count[firm.id])


def _stand_in(house: House, other: Firm, firm: Firm) -> None:
    """Nobody is without auditors meanwhile: the other firm is approved for these countries too."""
    with house.world.db.write() as session:
        founding.set_firm(session, house, other, other.plan.countries + firm.plan.countries)
        for auditor in other.auditors.values():
            founding.set_auditor(session, house, auditor.actor.person, other.plan, firm.plan.countries)


def _back(house: House, other: Firm, firm: Firm) -> None:
    with house.world.db.write() as session:
        founding.set_firm(session, house, firm, firm.plan.countries)
        founding.set_firm(session, house, other, other.plan.countries)
    house.touched |= {case.application for case in house.cases if case.application}


def _raised(house: House, firm: Firm) -> tuple[int, int]:
    """How many cautions, and in how many transactions: each leaves one row in the journal."""
    with house.world.db.read() as session:
        cautions = session.scalar(select(func.count()).where(CautionRow.subject == firm.id)) or 0
        query = select(func.count()).where(JournalRow.action == "certify.caution", JournalRow.subject == firm.id)
        return cautions, session.scalar(query) or 0


def _cautioned(house: House, firm: Firm) -> list[Case]:
    """The cases with an open caution about the firm, by number."""
    with house.world.db.read() as session:
        query = select(CautionRow.application_id).where(CautionRow.subject == firm.id, CautionRow.lifted_at.is_(None))
        named = set(session.scalars(query))
    return sorted((case for case in house.cases if case.application in named), key=lambda case: case.number)


def _verified_again(house: House, case: Case, firm: Firm) -> Life:
    """The other firm visits every place that the caution is about, and the decider says that the work holds."""
    found = house.certificate(case)
    assert found is not None
    with house.world.db.read() as session:
        query = select(CautionRow.sites).where(CautionRow.certificate == found[0], CautionRow.subject == firm.id)
        sites = set(session.scalars(query).one())
    audits = []
    for site in case.places:
        if site.id in sites:
            audits.append(visit(house, case, site, Visit("surveillance", "unannounced")))
            yield house.today + DAY
    yield from lives.accepted(house, case)
    with house.acting(case) as session:
        reviews.reverify(session, house.people.carl, found[0], subject=firm.id, audits=audits, now=house.now)
