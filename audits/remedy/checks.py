"""The questions that are asked again: was anybody made to suffer for talking, and did the money stay with the workers.

Owns the writes to later checks. They are scheduled by the system, done by an auditor of the firm, a decider or the
protection handler, and never seen at the site. Harm schedules another one: what was found is not forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal, get_args

from sqlalchemy import delete, select

from audits import scope
from audits.remedy.relations import DO_CHECK, check_of
from audits.remedy.tables import CHECK_KINDS, CheckKind, CheckRow
from audits.standard import FollowUp
from audits.tables import AuditRow, FindingRow
from ground import journal, outbox
from ground.access import SYSTEM, Actor
from ground.canonical import end_of_day, nfc
from ground.database import Writing
from ground.errors import Conflict, Invalid
from ground.ids import new_id
from ground.outbox import Event
from ground.world import World

Result = Literal["clear", "harm"]
RESULTS: tuple[Result, ...] = get_args(Result)
EARLY = timedelta(days=7)  # before it is due; earlier it would be another question [P]
AGAIN = timedelta(days=30)  # after harm was found: as long as after an audit (DOMAIN.md 4, 11) [P]
HINT = (
    "Harm is a finding: raise a priority on T12.3, who speaks is not punished, at a visit or by a for-cause audit, and "
    "speak with the protection handler first."
)


def on_audit_submitted(world: World, event: Event) -> None:
    """audit_submitted: workers who were interviewed are asked again. Harmless to repeat."""
    with world.db.write() as session:
        audit = session.get(AuditRow, event.ids["audit"])
        if audit is not None:
            schedule_retaliation(session, audit, now=world.clock.now())


def schedule_retaliation(session: Writing, audit: AuditRow, *, now: datetime) -> int:
    """One check per number of days of the standard after a visit with interviews; answers how many are new.

    None under a standard without field work.
    """
    fieldwork = scope.catalogue_of(audit).fieldwork
    if fieldwork is None or audit.submitted_at is None or not audit.interviews:
        return 0
    wanted = [
        (kind, end_of_day(audit.ends_on + timedelta(days=days)))
        for days in fieldwork.follow_up.retaliation_days
        for kind in CHECK_KINDS
        if kind == f"retaliation_{days}"
    ]
    return _schedule(session, wanted, audit.id, audit, now)


def schedule_repayment(session: Writing, finding: FindingRow, *, now: datetime) -> None:
    """Asked again when the money has been there for a while: it is sometimes taken back."""
    audit = session.get_one(AuditRow, finding.audit_id)
    fieldwork = scope.catalogue_of(audit).fieldwork
    follow_up = FollowUp() if fieldwork is None else fieldwork.follow_up
    due = now + timedelta(days=follow_up.repayment_days)
    _schedule(session, [("repayment_90", due)], finding.id, audit, now)


def drop_repayment(session: Writing, finding: str) -> None:
    """The money is not all there any more: what was to be asked about it is asked when it is."""
    session.execute(
        delete(CheckRow).where(
            CheckRow.kind == "repayment_90", CheckRow.about == finding, CheckRow.done_at.is_(None)
        )
    )  # fmt: skip


def do_check(session: Writing, actor: Actor, id: str, result: Result, note: str, *, now: datetime) -> CheckRow:
    """The answer, once. note: for the certification body and the handler only; required where harm was found.

    Conflict when it is done, or more than EARLY before it is due.
    """
    row = check_of(session, actor, DO_CHECK, id, lock=True)
    if row.done_at is not None:
        raise Conflict(f"{row.id} was done at {row.done_at:%Y-%m-%d %H:%M} UTC")
    if now < row.due - EARLY:
        raise Conflict(
            f"{row.id} is due at {row.due:%Y-%m-%d %H:%M} UTC, and can be done from {EARLY.days} days before; it is "
            f"{now:%Y-%m-%d %H:%M} now"
        )
    if result == "harm" and not note:
        raise Invalid("say what was heard, without a name: for the certification body only", where="/note")
    row.done_at, row.done_by, row.result, row.note = now, actor.person, result, nfc(note)
    session.flush()
    if result == "harm":
        _schedule(session, [(row.kind, now + AGAIN)], row.about, session.get_one(AuditRow, row.audit_id), now)
    journal.record(session, actor, "check_done", row.id, {"kind": row.kind}, now=now)
    outbox.record(session, "check_done", row.site_id, now=now, site=row.site_id, check=row.id)
    return row


def read_check(session: Writing, actor: Actor, row: CheckRow, *, now: datetime) -> None:
    """Whoever reads what was heard is written down."""
    if row.note and row.done_by != actor.person:
        journal.record(session, actor, "check_read", row.id, {"kind": row.kind}, now=now)


def _schedule(
    session: Writing, wanted: Iterable[tuple[CheckKind, datetime]], about: str, audit: AuditRow, now: datetime
) -> int:
    there = {(row.kind, row.due) for row in session.scalars(select(CheckRow).where(CheckRow.about == about))}
    new = [(kind, due) for kind, due in wanted if (kind, due) not in there]
    for kind, due in new:
        row = CheckRow(
            id=new_id("chk"), kind=kind, about=about, site_id=audit.site_id, audit_id=audit.id, firm_id=audit.firm_id,
            due=due, scheduled_at=now,
        )  # fmt: skip
        session.add(row)
        journal.record(session, SYSTEM, "check_scheduled", row.id, {"kind": kind, "about": about}, now=now)
    session.flush()
    return len(new)
