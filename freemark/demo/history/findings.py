"""What visits find, and what a site does about it: by a distribution per firm, and in the order of the clocks.

Owns the choice of provisions and severities, always within the limits of the standard, and the corrective actions with
their dates. How often something is found is the firm's temper; what is found is the seed's.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from audits import service
from audits.drafts import ActionDraft, AnswerDraft, Proof
from audits.facts import SEVERITIES, AuditType, Severity, interviews_needed
from audits.remedy import cohorts, ledger, repayment
from audits.remedy.ledger import CohortDraft, ConfirmationDraft, PaymentDraft
from audits.standard import Provision
from audits.tables import ActionRow, FindingRow
from freemark.demo.history.house import DAY, Case, House, Site
from freemark.demo.history.visits import WHOLE, asked, catalogue
from ground.database import Reading, Writing

# Mean number per whole audit, in thousandths, for a firm of usual temper. A surveillance visit asks what is about core
# topics, of those who are watched already.
USUAL: tuple[tuple[Severity, bool, int], ...] = (
    ("major", True, 130), ("major", False, 220), ("minor", True, 100), ("minor", False, 480), ("risk", False, 180),
    ("opportunity", False, 450),
)  # fmt: skip
SHARE = {True: 100, False: 18}  # percent of the usual, by whether everything was asked
MOST_OF_A_KIND = 3
WORDS = {
    "major": "Seen in records and told in interviews: not an isolated slip.",
    "minor": "A slip in some of the files that were read.",
    "risk": "Nothing went wrong yet; nothing would prevent it.",
    "opportunity": "It is in order, and could be better.",
}
SAMPLED = 10  # one of ten: below the share from which a finding is at least a major one
LEDGER_AMOUNT, LEDGER_PEOPLE = 150_000, 20


def found(house: House, site: Site, type: AuditType) -> tuple[AnswerDraft, ...]:
    """The findings of this visit, a few or none."""
    temper, about = house.firm_of(site).plan.temper, (site.plan.name, site.visits)
    open_now = _asked_with_open(house, site)
    here = catalogue(site)
    pool = [here.provision(id) for id in asked(site, type) if id not in open_now]
    taken: set[str] = set()
    answers = []
    for severity, core, mean in USUAL:
        count = house.lot.count(mean * temper * SHARE[type in WHOLE] // 10_000, *about, severity, core)
        fitting = [each for each in pool if each.id not in taken and fits(each, severity, core=core)]
        for each in house.lot.some(fitting, min(count, MOST_OF_A_KIND), *about, severity, core, "which"):
            taken.add(each.id)
            answers.append(AnswerDraft(each.id, "finding", severity, 1, SAMPLED, WORDS[severity]))
    return tuple(answers)


def fits(provision: Provision, severity: Severity, *, core: bool) -> bool:
    """May a finding on it have this severity? Slight ones outside the core topics: those that a desk can close."""
    gravest, mildest = SEVERITIES.index(provision.ceiling), SEVERITIES.index(provision.floor)
    if provision.core != core or not gravest <= SEVERITIES.index(severity) <= mildest:
        return False
    return core or severity == "major" or provision.remote_ok


def open_at(session: Reading, site: Site, *, opportunities: bool = False) -> list[FindingRow]:
    """The open findings that the site knows of, by provision."""
    rows = session.scalars(_OPEN, {"site": site.id})
    return [row for row in rows if opportunities or row.severity != "opportunity"]


_OPEN = (  # built once: building it costs more than asking it
    select(FindingRow)
    .where(FindingRow.site_id == bindparam("site"), FindingRow.closed_at.is_(None), FindingRow.released_at.is_not(None))
    .order_by(FindingRow.provision, FindingRow.id)
)


def contain(house: House, case: Case) -> None:
    """What has to be done at once, where it has to."""
    with house.acting() as session:
        for site in case.places:
            for row in open_at(session, site):
                if row.containment_due is not None and row.contained_at is None:
                    proof = Proof("A protocol with the worker representatives.")
                    service.contain_finding(
                        session, site.actor, row.id, "Stopped on the same day.", proof, now=house.now
                    )


def plan(house: House, case: Case) -> int:
    """A corrective action for each open finding that has none; answers how many."""
    written = 0
    with house.acting() as session:
        for site in case.places:
            for row in open_at(session, site):
                if session.get(ActionRow, row.id) is None:
                    last = row.close_due.date() if row.close_due else house.today + 60 * DAY
                    draft = ActionDraft(
                        "Nobody was responsible.", "Put right, with those concerned.", "Asked every month.",
                        "Head of personnel", max(house.today, min(last, house.today + 60 * DAY)),
                    )  # fmt: skip
                    service.submit_action(session, site.actor, row.id, draft, now=house.now)
                    written += 1
    return written


def approve(house: House, case: Case) -> None:
    """The decider takes the plans as good enough."""
    with house.acting() as session:
        for site in case.places:
            for row in open_at(session, site):
                action = session.get(ActionRow, row.id)
                if action is not None and action.approved_at is None:
                    service.approve_action(session, house.people.carl, row.id, now=house.now)


def complete(house: House, case: Case) -> None:
    """Done, with proof; and money that was taken is paid back first."""
    with house.acting() as session:
        for site in case.places:
            for row in open_at(session, site):
                action = session.get(ActionRow, row.id)
                if action is None or action.approved_at is None or action.completed_at is not None:
                    continue
                if repayment.needs_ledger(row.provision, row.severity):
                    _repay(session, house, site, row.id)
                service.complete_action(session, site.actor, row.id, "Records of three months.", now=house.now)


def _repay(session: Writing, house: House, site: Site, finding: str) -> None:
    """One cohort, agreed by somebody outside, paid in full, and confirmed by those who were paid."""
    people = min(site.plan.workers, LEDGER_PEOPLE)
    draft = CohortDraft("Hired in the last twelve months", "Receipts and interviews", "USD", LEDGER_AMOUNT, people, 0)
    ledger.add_cohort(session, site.actor, finding, draft, now=house.now)
    (cohort,) = (each.id for each in cohorts.of_finding(session, finding))
    ledger.agree_cohort(session, house.people.carl, cohort, now=house.now)
    paid = PaymentDraft("paid", house.today, people * LEDGER_AMOUNT, people, people, 0, "Bank confirmations.")
    ledger.record_payment(session, site.actor, cohort, paid, now=house.now)
    asked_now = interviews_needed(people)
    said = ConfirmationDraft(house.today, asked_now, asked_now, "ngo", True, "")
    ledger.record_confirmation(session, house.people.carl, cohort, said, now=house.now)


def conforming(rows: Sequence[FindingRow]) -> tuple[AnswerDraft, ...]:
    """What a closure says of these."""
    return tuple(AnswerDraft(id, "conformance") for id in sorted({row.provision for row in rows}))


def at_a_desk(site: Site, rows: Sequence[FindingRow]) -> bool:
    """Can all of these be closed without a visit?"""
    return all(catalogue(site).provision(row.provision).remote_ok and not row.core for row in rows)


def _asked_with_open(house: House, site: Site) -> set[str]:
    with house.world.db.read() as session:
        return {row.provision for row in open_at(session, site, opportunities=True)}
