"""Field work as the team files it: the plan, the time spent, the work force, and the counts of interviews.

Owns these writes, each with its journal row, in the caller's one transaction, until the report is submitted. Counts are
replaced as a whole and never stand in the journal. What was prepared for signing is thrown away with every change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from audits import standard
from audits.fieldwork import interviews, strata
from audits.fieldwork import plan as planning
from audits.fieldwork.facts import counts_of
from audits.fieldwork.interviews import Counts
from audits.fieldwork.plan import Day
from audits.fieldwork.relations import unsubmitted
from audits.fieldwork.tables import FieldPlanRow, InterviewCountsRow, WorkforceRow
from audits.fieldwork.views import force_view, interviews_view, plan_view
from audits.filing import discard_prepared
from audits.standard import Fieldwork
from audits.tables import AuditRow
from audits.views import team_of
from ground import journal
from ground.access import Actor
from ground.canonical import Json
from ground.database import Writing
from ground.errors import Conflict, Invalid
from ground.parties import organisation_roles


@dataclass(frozen=True)
class PlanDraft:
    """workers: expected on site. high_risk: not assessed as low by the certification body. planned: tenths of a
    man-day. months: of the files, current, peak and low."""

    workers: int
    high_risk: bool
    planned: int
    months: tuple[str, str, str]


@dataclass(frozen=True)
class ForceDraft:
    """strata and languages: (name, size)."""

    workers: int
    strata: tuple[tuple[str, int], ...]
    languages: tuple[tuple[str, int], ...]


LEAST_PLANNED = 5  # tenths of a man-day: less than half a day is a number of days that was meant [P]


def file_plan(session: Writing, actor: Actor, audit_id: str, draft: PlanDraft, *, now: datetime) -> dict[str, Json]:
    """Plan the days, or plan them anew. Invalid when the months of the files are not three, the current one last."""
    audit, rule = _open(session, actor, audit_id)
    current, peak, low = draft.months
    if peak == low or current < max(peak, low):
        raise Invalid(f"peak {peak} and low {low} are two months, neither after current {current}", where="/months")
    row = _plan(session, audit)
    row.workers, row.high_risk = draft.workers, draft.high_risk
    row.months = {"current": current, "peak": peak, "low": low}
    if 0 < draft.planned < LEAST_PLANNED:
        raise Invalid(
            f"{draft.planned} is 0.{draft.planned} man-days: they are given in tenths, 30 is 3.0", where="/planned"
        )
    audit.effort_planned = draft.planned
    _done(session, actor, audit, "fieldwork_planned", now)
    return plan_view(session, audit, rule)


def file_effort(
    session: Writing, actor: Actor, audit_id: str, days: Sequence[Day], *, now: datetime
) -> dict[str, Json]:
    """Say what the audit took, day by day and person by person; replaces what was said before."""
    audit, rule = _open(session, actor, audit_id)
    planning.check_days(days, audit.starts_on, audit.ends_on, team_of(session, audit.id))
    for number, day in enumerate(days):
        if day.on > now.date():
            raise Invalid(f"{day.on} is after today, {now.date()}", where=f"/days/{number}/day")
    _plan(session, audit).spent = [
        {"day": day.on.isoformat(), "person": day.person, "tenths": day.tenths} for day in days
    ]
    _done(session, actor, audit, "effort_filed", now)
    return plan_view(session, audit, rule)


def file_force(session: Writing, actor: Actor, audit_id: str, draft: ForceDraft, *, now: datetime) -> dict[str, Json]:
    """File the work force: how many, which strata, which languages. Replaces what was filed before.

    Invalid, naming both numbers, for parts that are more than the whole, an agency that is none, or a work force that
    the interviews already counted do not fit into.
    """
    audit, rule = _open(session, actor, audit_id)
    sizes = strata.check_sizes(draft.workers, draft.strata)
    languages = strata.check_languages(draft.workers, draft.languages)
    _check_agencies(session, draft.strata)
    if counts := counts_of(session, audit.id):
        interviews.check(counts, draft.workers, sizes, rule.suppress_below)
    row = session.get(WorkforceRow, audit.id)
    if row is None:
        row = WorkforceRow(audit_id=audit.id)
        session.add(row)
    row.workers, row.strata, row.languages = draft.workers, dict(sizes), dict(languages)
    _done(session, actor, audit, "workforce_filed", now)
    return force_view(session, audit)


def file_interviews(session: Writing, actor: Actor, audit_id: str, counts: Counts, *, now: datetime) -> dict[str, Json]:
    """File the counts of all interviews held so far; replaces the counts before.

    Conflict before the work force is filed, before the first audit day, or for so few people that each is one of them.
    """
    audit, rule = _open(session, actor, audit_id)
    if now.date() < audit.starts_on:
        raise Conflict(f"the audit starts on {audit.starts_on}, and today is {now.date()}")
    force = session.get(WorkforceRow, audit.id)
    if force is None:
        raise Conflict("file the work force first: the sample is held against it")
    interviews.check(counts, force.workers, dict(force.strata), rule.suppress_below)
    row = session.get(InterviewCountsRow, audit.id)
    if row is None:
        row = InterviewCountsRow(audit_id=audit.id)
        session.add(row)
    row.individual, row.in_groups, row.private = counts.individual, counts.group, counts.private
    row.languages, row.places = dict(counts.languages), dict(counts.places)
    row.interpreters, row.strata = dict(counts.interpreters), dict(counts.strata)
    _done(session, actor, audit, "interviews_counted", now)
    return interviews_view(session, audit)


def _open(session: Writing, actor: Actor, audit_id: str) -> tuple[AuditRow, Fieldwork]:
    audit = unsubmitted(session, actor, audit_id)
    rule = standard.load(audit.standard).fieldwork
    if rule is None:
        raise Conflict(f"{audit.standard} does not say how an audit is done; plan it under a standard that does")
    return audit, rule


def _done(session: Writing, actor: Actor, audit: AuditRow, action: str, now: datetime) -> None:
    session.flush()
    discard_prepared(session, audit.id)
    journal.record(session, actor, action, audit.id, {}, now=now)


def _plan(session: Writing, audit: AuditRow) -> FieldPlanRow:
    row = session.get(FieldPlanRow, audit.id)
    if row is None:
        row = FieldPlanRow(audit_id=audit.id, workers=0, high_risk=True, months={}, spent=[])
        session.add(row)
    return row


def _check_agencies(session: Writing, named: Sequence[tuple[str, int]]) -> None:
    for number, (name, _) in enumerate(named):
        kind, _, agency = name.partition(":")
        if kind != "agency" or agency == strata.UNREGISTERED:
            continue
        if "labour_agent" not in organisation_roles(session, agency):
            raise Invalid(
                f"{agency} is no labour agent here; those that are not registered go together as"
                f" agency:{strata.UNREGISTERED}",
                where=f"/strata/{number}/name",
            )
