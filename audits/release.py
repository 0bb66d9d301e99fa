"""When the site learns: a finding by itself, or all of a report together, the same time after submission for everybody.

Owns the moment from which a finding has dates and the site can read it. The rules upstairs know all of it before. A
report waits while any finding of its audit is held; who ends a hold is said in `alerts`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select

from audits import rules, scope
from audits.standard import Standard
from audits.tables import AuditRow, FindingRow
from ground import journal, outbox
from ground.access import SYSTEM
from ground.database import Writing
from ground.errors import NotFound
from ground.world import World


def release_finding(session: Writing, finding: FindingRow, now: datetime) -> None:
    """From now on the site has it, and its dates are fixed. A hold on it has ended. Journal and event are the
    caller's.
    """
    audit = session.get(AuditRow, finding.audit_id)
    if audit is None:
        raise NotFound("there is no such audit")
    release(finding, scope.catalogue_of(audit), now)


def release(finding: FindingRow, catalogue: Standard, now: datetime) -> None:
    """The same, for a caller that knows the catalogue of the finding's audit."""
    # Nobody contains what he does not know of: after a hold the clocks "from discovery" count from the release.
    discovered = finding.discovered_at if finding.held_until is None else now
    finding.released_at, finding.shown_as = now, ""
    set_dues(finding, catalogue, discovered=discovered, released=now)


def set_dues(finding: FindingRow, catalogue: Standard, *, discovered: datetime, released: datetime) -> None:
    """The dates by which things are due, counted from these two moments."""
    dues = rules.deadlines(
        catalogue,
        finding.severity,
        finding.topic,
        zero_tolerance=finding.zero_tolerance,
        discovered=discovered,
        released=released,
    )
    finding.containment_due, finding.cap_due = dues.containment, dues.cap
    finding.approve_due, finding.close_due = dues.approve, dues.close


_HELD = exists().where(
    FindingRow.audit_id == AuditRow.id, FindingRow.held_until.is_not(None), FindingRow.released_at.is_(None)
)


def release_reports(world: World) -> int:
    """Release every report whose time has come and none of whose findings is held; answers how many.

    A job: each report in a transaction of its own, so that running twice, or in two processes, changes nothing more.
    """
    now = world.clock.now()
    due = select(AuditRow.id).where(AuditRow.released_at.is_(None), AuditRow.release_due <= now, ~_HELD)
    with world.db.read() as session:
        audits = list(session.scalars(due.order_by(AuditRow.release_due, AuditRow.id)))
    done = 0
    for audit in audits:
        with world.db.write() as session:
            done += _release_report(session, audit, now)
    return done


def _release_report(session: Writing, audit_id: str, now: datetime) -> bool:
    """False when another process was faster, or an alert came in between."""
    audit = session.get(AuditRow, audit_id, with_for_update=True, populate_existing=True)
    if audit is None or audit.released_at is not None or session.scalar(select(_HELD).where(AuditRow.id == audit_id)):
        return False
    audit.released_at = now
    catalogue = scope.catalogue_of(audit)
    for finding in session.scalars(
        select(FindingRow).where(FindingRow.audit_id == audit_id, FindingRow.released_at.is_(None))
    ):
        release(finding, catalogue, now)
    session.flush()
    journal.record(session, SYSTEM, "report_released", audit_id, {"report": audit.report}, now=now)
    outbox.record(session, "report_released", audit.site_id, now=now, site=audit.site_id, audit=audit_id)
    return True
