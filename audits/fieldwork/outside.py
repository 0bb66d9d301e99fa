"""A report as it is read by others than the audit firm and the certification body: no small count of people in it,
no hour at which somebody talked, and no word of an alert that was laid aside.

Owns the way from what `audits.views` answers to what such a reader gets, under a standard with field work; under one
without, nothing is changed. Figures come from all versions of the report together, because two of them can be
subtracted. What an auditor writes in words is not looked at here.
"""

from __future__ import annotations

from sqlalchemy import select

from audits import standard
from audits.alerts import aside
from audits.fieldwork import suppress
from audits.tables import AuditRow, VersionRow
from ground.access import Actor
from ground.canonical import Json, parse
from ground.database import Reading
from ground.parties import Site

MOST_DOCUMENT = 8_000_000  # bytes, as of audits.views
DAY = 10  # characters of an instant
NOT_COUNTED: dict[str, Json] = {"affected": None, "sampled": None}


def is_outside(session: Reading, actor: Actor, audit: AuditRow) -> bool:
    """Is the report without small counts for this reader? Firm and deciders see all, unless the site is theirs."""
    if standard.load(audit.standard).fieldwork is None or "system" in actor.roles:
        return False
    if session.get_one(Site, audit.site_id).organisation_id == actor.organisation:
        return True
    return actor.organisation != audit.firm_id and "decider" not in actor.roles


def audit_outside(session: Reading, audit: AuditRow, view: dict[str, Json]) -> dict[str, Json]:
    """`views.get_audit` for such a reader: its answers, findings and document."""
    document = document_outside(session, audit, audit.version) if view["document"] is not None else None
    shares = {answer["provision"]: answer["share"] for answer in document["answers"]} if document else {}
    return {
        **view,
        "answers": [{**answer, **NOT_COUNTED, "share": shares.get(answer["provision"])} for answer in view["answers"]],
        "findings": [finding_outside(finding) for finding in view["findings"]],
        "document": document,
    }


def finding_outside(view: dict[str, Json]) -> dict[str, Json]:
    """A finding for such a reader: found on a day; how many it concerns stands in the report as a share, once."""
    return {**_by_day(view), **NOT_COUNTED}


def _by_day(finding: dict[str, Json]) -> dict[str, Json]:
    """Found at the first instant of its day: the second at which an alert was raised tells who had just been heard."""
    if "discovered_at" not in finding:
        return finding
    return {**finding, "discovered_at": finding["discovered_at"][:DAY] + "T00:00:00Z"}


def document_outside(session: Reading, audit: AuditRow, version: int) -> dict[str, Json] | None:
    """The document of one version for such a reader; None when there is no such version."""
    query = select(VersionRow).where(VersionRow.audit_id == audit.id, VersionRow.version <= version)
    rows = list(session.scalars(query.order_by(VersionRow.version)))
    rule = standard.load(audit.standard).fieldwork
    if rule is None or not rows or rows[-1].version != version:
        return None
    documents = [
        aside.as_without(session, audit, row, parse(row.document.encode(), limit=MOST_DOCUMENT)) for row in rows
    ]
    shown = suppress.holder_report(documents, rule.suppress_below, audit.strata)
    shown.pop("nonce", None)  # with it, the report's hash could be tried against every count that is left out
    shown["answers"] = [
        {**answer, "finding": _by_day(answer["finding"])} if "finding" in answer else answer
        for answer in shown["answers"]
    ]
    return shown
