"""Ledgers, checks and disclosures as people read them over the API.

Owns the shapes. The holder sees its own ledger whole, small counts too, but of what workers said only whether all of it
is enough, over all cohorts together: it makes the cohorts, and one of a single bed would tell who said no. Who may read
at all is asked in `relations`.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import select

from audits.remedy import cohorts, repayment
from audits.remedy.checks import HINT
from audits.remedy.disclosures import FOLLOWS
from audits.remedy.relations import INSIDE
from audits.remedy.repayment import Cohort
from audits.remedy.tables import CheckRow, CohortRow, ConfirmationRow, DisclosureRow, PaymentRow
from audits.tables import FindingRow
from ground.access import Actor
from ground.canonical import Json, instant
from ground.database import Reading
from ground.parties import Site

NOT_YET = "workers have not confirmed it yet"


def ledger_view(session: Reading, actor: Actor, finding: FindingRow) -> dict[str, Json]:
    """The ledger of a finding: cohorts with payments, totals per currency in minor units, and what is lacking.

    confirmations: null for the holder.
    """
    holder = session.get_one(Site, finding.site_id).organisation_id == actor.organisation
    found = cohorts.of_finding(session, finding.id)
    together = not any(one for cohort in found for one in repayment.unconfirmed(cohort))
    rows = {row.id: row for row in session.scalars(select(CohortRow).where(CohortRow.finding_id == finding.id))}
    payments: dict[str, list[Json]] = defaultdict(list)
    for paid in session.scalars(select(PaymentRow).where(PaymentRow.cohort_id.in_(rows)).order_by(PaymentRow.id)):
        payments[paid.cohort_id].append(_payment(paid))
    said: dict[str, list[Json]] = defaultdict(list)
    if not holder:
        asked = select(ConfirmationRow).where(ConfirmationRow.cohort_id.in_(rows)).order_by(ConfirmationRow.id)
        for each in session.scalars(asked):
            said[each.cohort_id].append(_confirmation(each))
    return {
        "finding": finding.id,
        "provision": finding.provision,
        "required": repayment.needs_ledger(finding.provision, finding.severity),
        "complete": repayment.complete(found),
        "lacking": [NOT_YET] if found and not together else [],
        "remedied_at": _moment(finding.remedied_at),
        "totals": [
            {"currency": currency, "owed": owed, "paid": paid, "kept": kept}
            for currency, (owed, paid, kept) in repayment.totals(found).items()
        ],
        "cohorts": [
            {
                **_cohort(rows[cohort.id], cohort),
                "confirmed": together if holder else not any(repayment.unconfirmed(cohort)),
                "lacking": [*repayment.unpaid(cohort), *([] if holder else repayment.unconfirmed(cohort))],
                "payments": payments[cohort.id],
                "confirmations": None if holder else said[cohort.id],
            }
            for cohort in found
        ],
    }


def check_view(actor: Actor, row: CheckRow) -> dict[str, Json]:
    """A later check. note: null for who may not read what was heard."""
    inside = bool(actor.roles & set(INSIDE)) or row.done_by == actor.person
    return {
        "id": row.id,
        "kind": row.kind,
        "about": row.about,
        "site": row.site_id,
        "audit": row.audit_id,
        "due": instant(row.due),
        "done_at": _moment(row.done_at),
        "result": row.result or None,
        "note": row.note if inside and row.done_at else None,
        "hint": HINT if row.result == "harm" else None,
    }


def disclosure_view(row: DisclosureRow) -> dict[str, Json]:
    return {
        "id": row.id,
        "site": row.site_id,
        "standard": row.standard,
        "provision": row.provision,
        "what": row.what,
        "containment": row.containment,
        "contained_on": row.contained_on.isoformat() if row.contained_on else None,
        "plan": row.plan,
        "worst_form": row.worst_form,
        "disclosed_at": instant(row.disclosed_at),
        "follows": FOLLOWS,
    }


def _cohort(row: CohortRow, cohort: Cohort) -> dict[str, Json]:
    return {
        "id": row.id,
        "about": row.about,
        "basis": row.basis,
        "currency": row.currency,
        "amount": row.amount,
        "people": row.people,
        "leavers": row.leavers,
        "owed": cohort.owed,
        "paid": cohort.paid,
        "kept": cohort.kept,
        "reached": cohort.reached,
        "reached_leavers": cohort.reached_leavers,
        "kept_for": cohort.kept_for,
        "agreed_at": _moment(row.agreed_at),
    }


def _payment(row: PaymentRow) -> dict[str, Json]:
    return {
        "kind": row.kind,
        "paid_on": row.paid_on.isoformat(),
        "amount": row.amount,
        "people": row.people,
        "newly": row.newly,
        "newly_left": row.newly_left,
        "evidence": row.evidence,
        "files": list[Json](row.files),
        "entered_at": instant(row.at),
    }


def _confirmation(row: ConfirmationRow) -> dict[str, Json]:
    return {
        "asked_on": row.asked_on.isoformat(),
        "asked": row.asked,
        "confirmed": row.confirmed,
        "asked_by": row.asked_by,
        "leavers_sought": row.leavers_sought,
        "note": row.note,
        "entered_at": instant(row.at),
    }


def _moment(moment: datetime | None) -> str | None:
    return instant(moment) if moment else None
