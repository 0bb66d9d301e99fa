"""The figures of the field days of one audit, for its report and for the dossier."""

from __future__ import annotations

from dataclasses import dataclass

from audits import standard
from audits.facts import Stratum
from audits.fieldwork import plan, sampling
from audits.fieldwork.interviews import Counts
from audits.fieldwork.sampling import Sample
from audits.fieldwork.tables import FieldPlanRow, InterviewCountsRow, WorkforceRow
from audits.standard import Fieldwork
from audits.tables import AuditRow
from ground.canonical import parse_day
from ground.database import Reading
from ground.parties import Site


@dataclass(frozen=True)
class Figures:
    """effort: tenths of a man-day. interviews: as logged; 0 when there is no log. off_site: of them."""

    effort_needed: int = 0
    effort_spent: int = 0
    interviews: int = 0
    off_site: int = 0
    languages: tuple[str, ...] = ()
    strata: tuple[Stratum, ...] = ()
    missing: tuple[str, ...] = ()
    """Strata that the sample still passes over, one sentence each: shown to the team before it closes."""
    individual: int = 0
    in_groups: int = 0
    """Of the interviews, in people."""
    workers: int = 0
    """Of the work force as the team filed it; 0 when it did not."""
    worker_languages: tuple[str, ...] = ()
    high_risk: bool = True
    """Nobody said that the place was assessed as low: the sample is half as large again."""


def figures(session: Reading, audit: AuditRow) -> Figures:
    """What the team has filed so far; nothing under a standard that does not say how an audit is done."""
    rule = standard.load(audit.standard).fieldwork
    if rule is None:
        return Figures()
    counts, force = counts_of(session, audit.id), session.get(WorkforceRow, audit.id)
    found = sample_of(session, audit, rule)
    needed, spent = effort(session, audit, rule)
    return Figures(
        effort_needed=needed,
        effort_spent=spent,
        interviews=found.interviews,
        off_site=found.away,
        languages=tuple(sorted(found.languages)),
        strata=found.strata,
        missing=found.missing(),
        individual=counts.individual if counts else 0,
        in_groups=counts.group if counts else 0,
        workers=force.workers if force else 0,
        worker_languages=tuple(sorted(force.languages)) if force else (),
        high_risk=is_high_risk(session, audit),
    )


def is_high_risk(session: Reading, audit: AuditRow) -> bool:
    """As the team planned it. What nobody assessed is of high risk, here as in the rules."""
    field = session.get(FieldPlanRow, audit.id)
    return field is None or field.high_risk


def sample_of(session: Reading, audit: AuditRow, rule: Fieldwork) -> Sample:
    """What the sample needs and has. Before the work force is filed: by the number of workers expected."""
    force = session.get(WorkforceRow, audit.id)
    return sampling.sample(
        audit.type,
        workers_of(session, audit),
        {name: size for name, size in force.strata.items() if size} if force else {},
        dict(force.languages) if force else {},
        counts_of(session, audit.id),
        rule.sampling,
        high_risk=is_high_risk(session, audit),
    )


def effort(session: Reading, audit: AuditRow, rule: Fieldwork) -> tuple[int, int]:
    """Needed and spent, in tenths of a man-day."""
    days = days_of(session.get(FieldPlanRow, audit.id))
    return plan.needed(rule.man_days, audit.type, workers_of(session, audit)), plan.spent(days)


def workers_of(session: Reading, audit: AuditRow) -> int:
    """As counted on site; before that as planned, or as registered."""
    if force := session.get(WorkforceRow, audit.id):
        return force.workers
    field = session.get(FieldPlanRow, audit.id)
    return (field.workers if field else 0) or session.get_one(Site, audit.site_id).workers


def counts_of(session: Reading, audit_id: str) -> Counts | None:
    row = session.get(InterviewCountsRow, audit_id)
    if row is None:
        return None
    return Counts(
        individual=row.individual,
        group=row.in_groups,
        private=row.private,
        languages=row.languages,
        places=row.places,
        interpreters=row.interpreters,
        strata=row.strata,
    )


def days_of(row: FieldPlanRow | None) -> tuple[plan.Day, ...]:
    told = row.spent if row else []
    return tuple(plan.Day(parse_day(day["day"]), day["person"], day["tenths"]) for day in told)
