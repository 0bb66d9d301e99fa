"""What is on record about every submitted audit, read for `quality` in a fixed number of queries.

Owns what its reader may not learn from the figures: an alert that is held counts only for who may see that alert, in
every figure and in every median; without it the audit looks as it would without the alert. A report counts from the
moment at which it is due to be released, held or not. Reads only, and judges nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import defer

from audits import standard
from audits.alerts import relations as alerts
from audits.alerts.tables import AlertRow
from audits.facts import SEVERITIES, Severity, Stratum
from audits.independence.quality_facts import Found, Work
from audits.tables import AnswerRow, AuditRow, FindingRow, MemberRow, RegradeRow
from ground.access import Actor
from ground.database import Reading

COLUMNS = (
    FindingRow.id, FindingRow.audit_id, FindingRow.provision, FindingRow.severity, FindingRow.core,
    FindingRow.discovered_at, FindingRow.held_until, FindingRow.released_at, FindingRow.shown_as, FindingRow.former,
)  # fmt: skip


def read(session: Reading, reader: Actor | None, now: datetime) -> list[Work]:
    """Every submitted audit whose report is due by now. reader: None for somebody who may see no held alert."""
    due = func.coalesce(AuditRow.release_due, AuditRow.submitted_at)
    query = select(AuditRow).where(AuditRow.submitted_at.is_not(None), due <= now)
    rows = list(session.scalars(query.options(defer(AuditRow.document))))  # a report is large, and not looked at
    seen = set(session.scalars(select(AlertRow.id).where(alerts.visible(reader)))) if reader is not None else set[str]()
    teams, (found, hidden) = _teams(session), _found(session, seen)
    conformed = _conformed(session, found, hidden, {row.id: row.site_id for row in rows})
    raised, dismissed = _alerts(session, reader)
    return [
        replace(
            _work(row, teams[row.id], tuple(found[row.id]), conformed[row.id]),
            conforming=row.conforming + len(hidden[row.id]),  # of the applicable ones, none is left over
            alerts=raised[row.id],
            dismissed=dismissed[row.id],
        )
        for row in rows
    ]


def _work(row: AuditRow, team: Sequence[str], found: tuple[Found, ...], conformed: Iterable[str]) -> Work:
    fieldwork = standard.load(row.standard).fieldwork
    return Work(
        id=row.id,
        site=row.site_id,
        firm=row.firm_id,
        team=tuple(team),
        type=row.type,
        standard=row.standard,
        profiles=tuple(sorted(row.profiles)),
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        submitted_at=cast(datetime, row.submitted_at),
        remote=row.remote,
        outcome=row.outcome,
        version=row.version,
        workers=row.workers,
        interviews=row.interviews,
        files=row.files_reviewed,
        applicable=row.applicable,
        effort_needed=row.effort_needed,
        effort_spent=row.effort_spent,
        strata=tuple(Stratum(**stratum) for stratum in row.strata),
        per_stratum=fieldwork.sampling.per_stratum if fieldwork else 0,
        late_hours=fieldwork.release_hours if fieldwork else 0,
        found=found,
        conformed=frozenset(conformed),
    )


def _teams(session: Reading) -> Mapping[str, list[str]]:
    query = select(MemberRow.audit_id, MemberRow.person_id).order_by(MemberRow.audit_id, MemberRow.position)
    teams: dict[str, list[str]] = defaultdict(list)
    for audit, person in session.execute(query):
        teams[audit].append(person)
    return teams


def _found(session: Reading, seen: set[str]) -> tuple[Mapping[str, list[Found]], Mapping[str, list[tuple[str, str]]]]:
    """Per audit its findings, those behind a held alert as they stood before it; and the provisions on which the reader
    may not know of any, with the answer that stood before. Where the team had not answered yet when the alert was
    raised, it would have found nothing, as `audits.dossier` has it."""
    changed: dict[str, set[bool]] = defaultdict(set)
    regrades = select(RegradeRow.finding_id, RegradeRow.old, RegradeRow.new).where(RegradeRow.by_role == "decider")
    for id, old, new in session.execute(regrades):
        changed[id].add(_weight(new) < _weight(old))
    found: dict[str, list[Found]] = defaultdict(list)
    hidden: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in session.execute(select(*COLUMNS).order_by(FindingRow.discovered_at, FindingRow.id)):
        severity: Severity = row.severity
        if row.held_until is not None and row.released_at is None and row.id not in seen:
            if not row.shown_as:
                former = row.former or {"result": "", "after": False}
                unknown = not (former["result"] or former["after"])
                hidden[row.audit_id].append((row.provision, "conformance" if unknown else former["result"]))
                continue
            severity = row.shown_as
        found[row.audit_id].append(
            Found(
                id=row.id,
                provision=row.provision,
                severity=severity,
                core=row.core,
                on=row.discovered_at.date(),
                raised=True in changed[row.id],
                lowered=False in changed[row.id],
            )
        )
    return found, hidden


def _weight(severity: str) -> int:
    """Gravest first."""
    return SEVERITIES.index(cast(Severity, severity))


def _conformed(
    session: Reading,
    found: Mapping[str, Iterable[Found]],
    hidden: Mapping[str, list[tuple[str, str]]],
    sites: Mapping[str, str],
) -> Mapping[str, set[str]]:
    """Per audit the provisions answered with conformance on which something grave was found at the same site."""
    grave = {
        (sites[audit], each.provision) for audit, those in found.items() if audit in sites for each in those
        if each.grave
    }  # fmt: skip
    query = select(AnswerRow.audit_id, AnswerRow.provision).where(
        AnswerRow.result == "conformance", AnswerRow.provision.in_({provision for _, provision in grave})
    )
    answered = [(audit, provision) for audit, provision in session.execute(query)]
    answered += [
        (audit, provision) for audit, those in hidden.items() for provision, result in those if result == "conformance"
    ]
    conformed: dict[str, set[str]] = defaultdict(set)
    for audit, provision in answered:
        if (sites.get(audit, ""), provision) in grave:
            conformed[audit].add(provision)
    return conformed


def _alerts(session: Reading, reader: Actor | None) -> tuple[Counter[str], Counter[str]]:
    """Per audit how many alerts were raised, and how many of those were laid aside; of those that the reader may see.
    One that the site was told of is nobody's secret."""
    told: ColumnElement[bool] = AlertRow.state == "released"
    if reader is not None:
        told = or_(told, alerts.visible(reader))
    raised, dismissed = Counter[str](), Counter[str]()
    for audit, state in session.execute(select(AlertRow.audit_id, AlertRow.state).where(told)):
        raised[audit] += 1
        dismissed[audit] += state == "dismissed"
    return raised, dismissed
