"""What an alert that was laid aside leaves with others than the team and those who decide: nothing.

Owns what stands in place of it: the answer from before, in the audit and in every signed version that still says it.
The signed versions themselves are never changed; only how an outsider reads them is made here.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from audits import scope
from audits.alerts.tables import AlertRow
from audits.tables import AuditRow, VersionRow
from ground.canonical import Json, parse
from ground.database import Reading

SAYS = ("provision", "result", "description", "evidence", "affected", "sampled")
PUT_RIGHT = "An answer was put right."
MOST_BYTES = 8_000_000  # of a stored report, as in `audits.views`, which imports this
NOTHING: dict[str, Json] = {
    "result": "conformance", "description": "", "evidence": [], "affected": None, "sampled": None,
}  # fmt: skip


def answer_before(alert: AlertRow, *, submitted: bool) -> dict[str, Json] | None:
    """The answer that stands when the alert does not: the one from before. None where there is none; but a report was
    made of answers to everything, so that one from before it would have said that nothing was found."""
    former = alert.former
    if former is not None and former["result"]:
        return {name: former[name] for name in SAYS}
    if not submitted or (former is not None and former["after"]):
        return None
    return {"provision": alert.provision, **NOTHING}


def dismissed(session: Reading, audit: str) -> list[AlertRow]:
    """The alerts in this audit that were laid aside, oldest first."""
    query = select(AlertRow).where(AlertRow.audit_id == audit, AlertRow.state == "dismissed")
    return list(session.scalars(query.order_by(AlertRow.raised_at, AlertRow.id)))


def still_says(session: Reading, audit: AuditRow) -> frozenset[str]:
    """The provisions of which the newest signed version says what was laid aside since."""
    row = session.get_one(VersionRow, (audit.id, audit.version))
    return frozenset(alert.provision for alert in dismissed(session, audit.id) if _made_within(row, alert))


def reason(session: Reading, row: VersionRow) -> dict[str, Json]:
    """{"reason"} of a version as an outsider reads it: of one that takes back what was laid aside, that much only."""
    before = session.get(VersionRow, (row.audit_id, row.version - 1))
    found = before is not None and any(
        _made_within(before, alert) and not _made_within(row, alert) for alert in dismissed(session, row.audit_id)
    )
    return {"reason": PUT_RIGHT} if found else {"reason": row.reason}


def as_without(session: Reading, audit: AuditRow, row: VersionRow, document: dict[str, Json]) -> dict[str, Json]:
    """The document of this version as it would read without what was laid aside since."""
    if "reason" in document:
        document = {**document, **reason(session, row)}
    for alert in dismissed(session, audit.id):
        if _made_within(row, alert):
            document = _without(audit, alert, document)
    return document


def _made_within(row: VersionRow, alert: AlertRow) -> bool:
    if alert.ended_at is None or not alert.raised_at <= row.submitted_at <= alert.ended_at:
        return False
    return row.submitted_at < alert.ended_at or _says(row, alert)  # within one second only the words tell


def _says(row: VersionRow, alert: AlertRow) -> bool:
    answers: list[dict[str, Json]] = parse(row.document.encode(), limit=MOST_BYTES)["answers"]
    told = (each.get("finding") or {} for each in answers)
    return any(each.get("id") == alert.id and each["severity"] == "priority" for each in told)


def _without(audit: AuditRow, alert: AlertRow, document: dict[str, Json]) -> dict[str, Json]:
    answers: list[dict[str, Json]] = document["answers"]
    found = next((each for each in answers if each.get("finding", {}).get("id") == alert.id), None)
    if found is None or found["finding"]["severity"] != "priority":
        return document
    before = answer_before(alert, submitted=True)
    was = (alert.former or {}).get("finding")
    if before is not None and was is not None:
        before["finding"] = {**found["finding"], **{key: was[key] for key in was if key in found["finding"]}}
    shown = [before if each is found else each for each in answers if before is not None or each is not found]
    counts = _counts(document["counts"], before)
    unanswered = document.get("unanswered", [])
    if before is None:
        catalogue = scope.catalogue_of(audit)
        open_now = {*unanswered, alert.provision}
        unanswered = [id for id in scope.asked(catalogue, audit.type) if id in open_now]
        counts["unanswered"] = len(unanswered)
    return {**document, "answers": shown, "counts": counts, **_kept("unanswered", unanswered, document)}


def _counts(counts: Mapping[str, Json], before: Mapping[str, Json] | None) -> dict[str, Json]:
    """With one priority finding less, and the answer from before instead."""
    told: dict[str, Json] = {**counts, "finding": counts["finding"] - 1, "findings": {**counts["findings"]}}
    told["findings"]["priority"] -= 1
    if before is not None:
        told[before["result"]] += 1
        if "finding" in before:
            told["findings"][before["finding"]["severity"]] += 1
    return told


def _kept(key: str, value: Json, document: Mapping[str, Json]) -> dict[str, Json]:
    return {key: value} if key in document else {}
