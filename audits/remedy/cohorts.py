"""From rows to cohorts as the arithmetic knows them, in a fixed number of queries; and whether a ledger is complete.

Owns that way, and the question that a closure asks. Writes nothing; `ledger` does.
"""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import select

from audits import scope
from audits.catalogue import FollowUp
from audits.facts import Severity
from audits.remedy import repayment
from audits.remedy.repayment import Cohort, Confirmation, Payment
from audits.remedy.tables import CohortRow, ConfirmationRow, PaymentRow
from audits.tables import AuditRow, FindingRow
from ground.database import Reading
from ground.errors import Conflict


def of_finding(session: Reading, finding: str) -> list[Cohort]:
    """The cohorts of one finding with their payments and the newest confirmation, by id."""
    rows = list(
        session.scalars(select(CohortRow).where(CohortRow.finding_id == finding).order_by(CohortRow.id))
    )  # fmt: skip
    ids = [row.id for row in rows]
    payments: dict[str, list[Payment]] = defaultdict(list)
    for paid in session.scalars(select(PaymentRow).where(PaymentRow.cohort_id.in_(ids)).order_by(PaymentRow.id)):
        payments[paid.cohort_id].append(Payment(paid.kind, paid.paid_on, paid.amount, paid.newly, paid.newly_left))
    said: dict[str, Confirmation] = {}
    newest = select(ConfirmationRow).where(ConfirmationRow.cohort_id.in_(ids))
    for each in session.scalars(newest.order_by(ConfirmationRow.asked_on, ConfirmationRow.id)):
        said[each.cohort_id] = Confirmation(each.asked_on, each.asked, each.confirmed, each.leavers_sought)
    enough = _enough_percent(session, finding) if rows else 0
    return [
        Cohort(
            row.id, row.about, row.currency, row.amount, row.people, row.leavers, row.agreed_at is not None,
            tuple(payments[row.id]), said.get(row.id), enough,
        )
        for row in rows
    ]  # fmt: skip


def _enough_percent(session: Reading, finding: str) -> int:
    """Of the standard that the finding was found under; where it says nothing of it, of the first one that did."""
    audit = session.get_one(AuditRow, session.get_one(FindingRow, finding).audit_id)
    fieldwork = scope.catalogue_of(audit).fieldwork
    return (FollowUp() if fieldwork is None else fieldwork.follow_up).confirmed_percent


def check_repaid(session: Reading, finding: str, provision: str, severity: Severity) -> None:
    """Raise Conflict, naming owed and settled, when a finding on fees would be closed before everybody has the money.

    For a visit that closes it: the visit's own interviews are entered as a confirmation first.
    """
    if not repayment.needs_ledger(provision, severity):
        return
    cohorts = of_finding(session, finding)
    if not cohorts:
        raise Conflict(
            f"{finding} on {provision} has no repayment ledger: 0 owed and 0 paid are entered; the site enters who is "
            "owed what, and it is closed when they have it; answer not_reviewed here"
        )
    for cohort in cohorts:
        lacking = [*repayment.unpaid(cohort), *repayment.unconfirmed(cohort)]
        if lacking:
            raise Conflict(
                f"{finding} on {provision} is not repaid: {cohort.id} is owed {cohort.owed} {cohort.currency} (minor "
                f"units), and {cohort.paid} are paid and {cohort.kept} kept; {'; '.join(lacking)}; answer not_reviewed "
                "here"
            )
