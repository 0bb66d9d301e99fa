"""Money given back, cohort by cohort: who is owed what, what was paid, what workers say of it, and when it is complete.

Owns the writes of the ledger. The site enters cohorts and payments; somebody outside agrees to head count and amount;
somebody outside asks workers. When a finding's ledger is complete it is remedied, from that moment, and a check is due
some months later; when it is not any more, the two are taken back. Nobody's name is entered anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from audits.actions import check_files
from audits.relations import ACT, APPROVE, check_outside
from audits.remedy import checks, cohorts, repayment
from audits.remedy.relations import CONFIRM, cohort_of, finding_of
from audits.remedy.repayment import CURRENCIES, Cohort, PaymentKind
from audits.remedy.tables import AskedBy, CohortRow, ConfirmationRow, PaymentRow
from audits.tables import FindingRow
from ground import journal, outbox, people
from ground.access import Actor
from ground.database import Writing
from ground.errors import Conflict, Forbidden, Invalid
from ground.ids import new_id

MOST_COHORTS = 200  # of one finding: corridors times agents times years of a large recruiter stay below it
MOST_MONEY = 10**13  # minor units of one cohort: with all cohorts, and paid twice over, still exact in JSON (2**53)
SLIP = 2  # paid so many times over it is a slip of the keyboard; interest and costs stay below it


@dataclass(frozen=True)
class CohortDraft:
    """amount: owed to each, in minor units. people: with the leavers."""

    about: str
    basis: str
    currency: str
    amount: int
    people: int
    leavers: int


@dataclass(frozen=True)
class PaymentDraft:
    kind: PaymentKind
    paid_on: date
    amount: int
    people: int
    newly: int
    newly_left: int
    evidence: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class ConfirmationDraft:
    asked_on: date
    asked: int
    confirmed: int
    asked_by: AskedBy
    leavers_sought: bool
    note: str


def add_cohort(session: Writing, actor: Actor, finding_id: str, draft: CohortDraft, *, now: datetime) -> FindingRow:
    """The site enters people who are owed the same. Conflict on a finding that is closed, or about no money."""
    finding = finding_of(session, actor, ACT, finding_id, lock=True)
    _check_open(finding)
    if not repayment.takes_ledger(finding.provision):
        raise Conflict(
            f"{finding.id} is on {finding.provision}; repayment belongs to {', '.join(repayment.REPAID)}. Who verifies "
            "the remedy says so: POST /v1/findings/{finding}/remedy"
        )
    _check_cohort(draft)
    if len(cohorts.of_finding(session, finding.id)) >= MOST_COHORTS:
        raise Conflict(f"a finding has at most {MOST_COHORTS} cohorts; put some together")
    row = CohortRow(
        id=new_id("led"), finding_id=finding.id, about=draft.about, basis=draft.basis, currency=draft.currency,
        amount=draft.amount, people=draft.people, leavers=draft.leavers, entered_at=now, entered_by=actor.person,
    )  # fmt: skip
    session.add(row)
    return _changed(session, actor, "cohort_added", row, finding, now)


def revise_cohort(session: Writing, actor: Actor, id: str, draft: CohortDraft, *, now: datetime) -> FindingRow:
    """The site corrects a cohort; it has to be agreed anew. Conflict when it would become less than was paid out."""
    row, finding = cohort_of(session, actor, ACT, id)
    _check_open(finding)
    _check_cohort(draft)
    there = _cohort(session, row)
    if there.payments and draft.currency != row.currency:
        raise Conflict(f"payments in {row.currency} are entered; {draft.currency} is another cohort")
    for name, given, least in (
        ("people", draft.people, there.reached + there.kept_for),
        ("leavers", draft.leavers, there.reached_leavers + there.kept_for),
        ("people who stayed", draft.people - draft.leavers, there.reached - there.reached_leavers),
    ):
        if given < least:
            raise Conflict(f"{given} {name}, and {least} are paid, or have their money kept, already")
    row.about, row.basis, row.currency = draft.about, draft.basis, draft.currency
    row.amount, row.people, row.leavers = draft.amount, draft.people, draft.leavers
    row.revised_at, row.agreed_at, row.agreed_by = now, None, None
    return _changed(session, actor, "cohort_revised", row, finding, now)


def agree_cohort(session: Writing, actor: Actor, id: str, *, now: datetime) -> FindingRow:
    """A decider, or an auditor of the firm that found it, agrees to head count and amount. Until then nothing counts:
    else the holder would set what it owes. Forbidden for who entered it, and for the site's people under any
    membership."""
    row, finding = cohort_of(session, actor, APPROVE, id)
    check_outside(session, actor, finding)
    if row.entered_by in people.same(session, actor.person):
        raise Forbidden("who entered head count and amount does not also agree to them")
    if row.agreed_at is not None:
        raise Conflict("head count and amount are agreed already")
    row.agreed_at, row.agreed_by = now, actor.person
    return _changed(session, actor, "cohort_agreed", row, finding, now)


def record_payment(session: Writing, actor: Actor, id: str, draft: PaymentDraft, *, now: datetime) -> FindingRow:
    """The site enters a payment, with its evidence. Also after the finding was closed: leavers are found late.

    Invalid for counts that do not fit the cohort, each with both figures; Conflict when more is handed over than kept.
    """
    row, finding = cohort_of(session, actor, ACT, id)
    if draft.paid_on > now.date():
        raise Invalid(f"paid on {draft.paid_on}, which is after today, {now.date()}", where="/paid_on")
    if not draft.evidence and not draft.files:
        raise Invalid("say what shows it: words, or ids of files brought to the finding", where="/evidence")
    _check_payment(_cohort(session, row), draft)
    files = check_files(session, actor, finding, draft.files)
    session.add(
        PaymentRow(
            cohort_id=row.id, kind=draft.kind, paid_on=draft.paid_on, amount=draft.amount, people=draft.people,
            newly=draft.newly, newly_left=draft.newly_left, evidence=draft.evidence, files=files, at=now,
            by=actor.person,
        )
    )  # fmt: skip
    return _changed(session, actor, "repayment_recorded", row, finding, now)


def record_confirmation(
    session: Writing, actor: Actor, id: str, draft: ConfirmationDraft, *, now: datetime
) -> FindingRow:
    """Somebody outside enters how many workers were asked, and how many have the money and kept it. The newest counts.

    Invalid when more were asked than were paid. Forbidden for who entered cohort or payments, and for the site's people
    under any membership.
    """
    row, finding = cohort_of(session, actor, CONFIRM, id)
    check_outside(session, actor, finding)
    paid = select(PaymentRow.by).where(PaymentRow.cohort_id == row.id)
    if not people.same(session, actor.person).isdisjoint((row.entered_by, *session.scalars(paid))):
        raise Forbidden("who entered what was owed or paid does not also confirm it")
    there = _cohort(session, row)
    if draft.asked_on > now.date():
        raise Invalid(f"asked on {draft.asked_on}, which is after today, {now.date()}", where="/asked_on")
    if draft.asked > there.reached:
        raise Invalid(f"{draft.asked} were asked, and {there.reached} have been paid", where="/asked")
    if draft.confirmed > draft.asked:
        raise Invalid(f"{draft.confirmed} confirm, of {draft.asked} asked", where="/confirmed")
    session.add(
        ConfirmationRow(
            cohort_id=row.id, asked_on=draft.asked_on, asked=draft.asked, confirmed=draft.confirmed,
            asked_by=draft.asked_by, leavers_sought=draft.leavers_sought, note=draft.note, at=now, by=actor.person,
        )
    )  # fmt: skip
    return _changed(session, actor, "repayment_confirmed", row, finding, now)


def confirm_remedy(session: Writing, actor: Actor, finding_id: str, reason: str, *, now: datetime) -> FindingRow:
    """Where no money is owed: somebody outside says that everybody affected has what they are owed, and how that is
    known (papers back, a safe place). Conflict where a ledger says it."""
    finding = finding_of(session, actor, APPROVE, finding_id, lock=True)
    check_outside(session, actor, finding)
    if repayment.needs_ledger(finding.provision, finding.severity) or cohorts.of_finding(session, finding.id):
        raise Conflict(f"{finding.id} on {finding.provision} is remedied when its repayment ledger is complete")
    if finding.remedied_at is not None:
        raise Conflict(f"{finding.id} was remedied at {finding.remedied_at:%Y-%m-%d %H:%M} UTC")
    finding.remedied_at, finding.remedy = now, reason
    session.flush()
    journal.record(session, actor, "remedy_confirmed", finding.id, {"site": finding.site_id}, now=now)
    _tell(session, finding, now)
    return finding


def _check_open(finding: FindingRow) -> None:
    if finding.closed_at is not None:
        raise Conflict("the finding is closed")


def _check_cohort(draft: CohortDraft) -> None:
    if draft.currency not in CURRENCIES:
        raise Invalid(f"{draft.currency} is no ISO 4217 currency", where="/currency")
    if draft.leavers > draft.people:
        raise Invalid(f"{draft.leavers} leavers are more than {draft.people} people", where="/leavers")
    if (owed := draft.people * draft.amount) > MOST_MONEY:
        raise Invalid(f"{owed} owed to one cohort, at most {MOST_MONEY}: enter several", where="/amount")


def _check_payment(cohort: Cohort, draft: PaymentDraft) -> None:
    """Whether the counts fit the cohort and what was entered before."""
    if draft.newly > draft.people:
        raise Invalid(f"{draft.newly} newly paid are more than {draft.people} paid", where="/newly")
    if draft.newly_left > draft.newly:
        raise Invalid(f"{draft.newly_left} leavers are more than {draft.newly} newly paid", where="/newly_left")
    if draft.kind != "paid":
        _check_kept(cohort, draft)
    if draft.kind != "handed_over" and cohort.paid + cohort.kept + draft.amount > SLIP * cohort.owed:
        raise Invalid(
            f"{cohort.paid + cohort.kept + draft.amount} would be settled, and {cohort.owed} are owed", where="/amount"
        )
    handed = draft.newly if draft.kind == "handed_over" else 0
    reached, left = cohort.reached + draft.newly, cohort.reached_leavers + draft.newly_left
    kept = cohort.kept_for - handed
    if (total := reached + kept) > cohort.people:
        raise Invalid(f"{total} people would be paid or have money kept, of {cohort.people}", where="/newly")
    if left + kept > cohort.leavers:
        raise Invalid(
            f"{left + kept} leavers would be paid or have money kept, of {cohort.leavers}", where="/newly_left"
        )
    if reached - left > cohort.people - cohort.leavers and draft.kind == "paid":
        raise Invalid(
            f"{reached - left} of those who stayed would be paid, of {cohort.people - cohort.leavers}", where="/newly"
        )


def _check_kept(cohort: Cohort, draft: PaymentDraft) -> None:
    """Money that is put aside is for leavers, in full; and no more is handed over than was put aside."""
    if not draft.people == draft.newly == draft.newly_left:
        raise Invalid("money is kept for leavers, and handed to leavers, who have had nothing yet", where="/newly_left")
    if draft.amount < draft.people * cohort.amount:
        raise Invalid(
            f"{draft.amount} for {draft.people} leavers, who are owed {draft.people * cohort.amount}", where="/amount"
        )
    if draft.kind == "handed_over" and (draft.amount > cohort.kept or draft.people > cohort.kept_for):
        raise Conflict(f"{draft.amount} for {draft.people} leavers, and {cohort.kept} are kept for {cohort.kept_for}")


def _cohort(session: Writing, row: CohortRow) -> Cohort:
    return next(each for each in cohorts.of_finding(session, row.finding_id) if each.id == row.id)


def _changed(
    session: Writing, actor: Actor, event: str, row: CohortRow, finding: FindingRow, now: datetime
) -> FindingRow:
    session.flush()
    journal.record(session, actor, event, row.id, {"finding": finding.id}, now=now)
    _settle(session, finding, cohorts.of_finding(session, finding.id), now)
    return finding


def _settle(session: Writing, finding: FindingRow, found: Sequence[Cohort], now: datetime) -> None:
    """Bring `remedied_at`, and the later check, to what the ledger says now."""
    done = repayment.complete(found)
    if done == (finding.remedied_at is not None):
        return
    finding.remedied_at = now if done else None
    session.flush()
    if done:
        checks.schedule_repayment(session, finding, now=now)
    else:
        checks.drop_repayment(session, finding.id)
    _tell(session, finding, now)


def _tell(session: Writing, finding: FindingRow, now: datetime) -> None:
    outbox.record(session, "remedy_changed", finding.site_id, now=now, site=finding.site_id, finding=finding.id)
