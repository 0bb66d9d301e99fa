"""The sheet of the closing meeting: what the site was told on the day, held against what the report says later.

Owns the sheet and its diff. It is filed once and never changed. That the site refused to sign is an outcome like the
others. An alert that is held is never on it: the site does not know of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from audits import scope
from audits.facts import Severity
from audits.filing import discard_prepared, findings_of
from audits.relations import ANSWER, READ, check_audit, closed_to, held_provisions
from audits.tables import AuditRow, PreliminaryRow
from audits.views import sheet_view, team_of
from ground import journal
from ground.access import Actor
from ground.canonical import Json, nfc
from ground.database import Reading, Writing
from ground.errors import Conflict, Invalid, NotFound

Presented = Literal["signed", "refused_to_sign", "not_presented"]


@dataclass(frozen=True)
class Told:
    provision: str
    severity: Severity


@dataclass(frozen=True)
class SheetDraft:
    """function: of the person who signed or refused, never a name. reason: why it was not signed, or not presented."""

    outcome: Presented
    presented_at: datetime
    findings: tuple[Told, ...]
    function: str = ""
    reason: str = ""


def file_sheet(session: Writing, actor: Actor, audit_id: str, draft: SheetDraft, *, now: datetime) -> dict[str, Json]:
    """File the sheet, by the team, before the report is submitted. It is part of a report that is signed.

    Raises Conflict when there is one, or the report is submitted; Invalid for provisions that the audit does not know
    or whose alert is held, and for a time that is not of the audit.
    """
    found = session.get(AuditRow, audit_id, with_for_update=True)
    audit = check_audit(session, actor, ANSWER, found, team_of(session, audit_id))
    if audit.submitted_at is not None:
        raise Conflict("the audit is submitted; the sheet comes before the report")
    if session.get(PreliminaryRow, audit.id) is not None:
        raise Conflict("the sheet is filed, and is not changed")
    _check(draft)
    if not audit.starts_on <= draft.presented_at.date() or draft.presented_at > now:
        raise Invalid(
            f"{draft.presented_at:%Y-%m-%d %H:%M} is not between the start of the audit on {audit.starts_on} and now, "
            f"{now:%Y-%m-%d %H:%M} UTC",
            where="/presented_at",
        )
    _check_findings(session, audit, draft.findings)
    sheet = PreliminaryRow(
        audit_id=audit.id,
        outcome=draft.outcome,
        presented_at=draft.presented_at,
        function=nfc(draft.function),
        reason=nfc(draft.reason),
        findings=[{"provision": told.provision, "severity": told.severity} for told in draft.findings],
        filed_at=now,
        filed_by=actor.person,
    )
    session.add(sheet)
    session.flush()
    discard_prepared(session, audit.id)
    journal.record(session, actor, "preliminary_filed", audit.id, {"outcome": draft.outcome}, now=now)
    return sheet_view(sheet)


def get_sheet(session: Reading, actor: Actor, audit_id: str) -> dict[str, Json]:
    return sheet_view(_sheet(session, actor, audit_id)[1])


def diff(session: Reading, actor: Actor, audit_id: str) -> dict[str, Json]:
    """The sheet against the findings as they stand now: added, dropped, changed, by provision.

    final: the report is submitted. Findings whose alert is held are left out, and for all but the team what the sheet
    said on their provisions. NotFound between submission and release for the rest of the firm.
    """
    audit, sheet = _sheet(session, actor, audit_id)
    if closed_to(session, actor, audit):
        raise NotFound(f"the report of {audit.id} is read by its team until the site has it")
    held = held_provisions(session, actor, audit.id)
    told = {item["provision"]: item["severity"] for item in sheet.findings if item["provision"] not in held}
    found = {
        id: row.severity
        for id, row in findings_of(session, audit).items()
        if row.held_until is None or row.released_at is not None
    }
    order = [id for id in scope.catalogue_of(audit).provisions if id in told or id in found]
    return {
        "audit": audit.id,
        "outcome": sheet.outcome,
        "final": audit.submitted_at is not None,
        "version": audit.version,
        "added": [{"provision": id, "severity": found[id]} for id in order if id not in told],
        "dropped": [{"provision": id, "severity": told[id]} for id in order if id not in found],
        "changed": [
            {"provision": id, "told": told[id], "severity": found[id]}
            for id in order
            if id in told and id in found and told[id] != found[id]
        ],
    }


def _sheet(session: Reading, actor: Actor, audit_id: str) -> tuple[AuditRow, PreliminaryRow]:
    audit = check_audit(session, actor, READ, session.get(AuditRow, audit_id), team_of(session, audit_id))
    sheet = session.get(PreliminaryRow, audit.id)
    if sheet is None:
        raise NotFound(f"{audit.id} has no preliminary sheet")
    return audit, sheet


def _check(draft: SheetDraft) -> None:
    if draft.outcome == "not_presented":
        if draft.function:
            raise Invalid("nobody signed or refused what was not presented", where="/function")
    elif not draft.function:
        raise Invalid("the function of the person who signed or refused is missing", where="/function")
    if draft.outcome != "signed" and not draft.reason:
        raise Invalid(f"say why: the outcome is {draft.outcome}", where="/reason")


def _check_findings(session: Reading, audit: AuditRow, told: Sequence[Told]) -> None:
    catalogue, findings = scope.catalogue_of(audit), findings_of(session, audit)
    named: set[str] = set()
    for number, item in enumerate(told):
        where = f"/findings/{number}/provision"
        catalogue.provision(item.provision, where=where)
        if item.provision in named:
            raise Invalid(f"{item.provision} stands twice", where=where)
        named.add(item.provision)
        finding = findings.get(item.provision)
        if finding is not None and finding.held_until is not None and finding.released_at is None:
            raise Invalid(
                f"the alert on {item.provision} is held: the site must not learn of it from this sheet", where=where
            )
