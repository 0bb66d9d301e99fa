"""Field work as the team and the certification body read it, and sealed files as anybody of theirs may list them.

Owns the shapes. Every number here is for them alone: what others see of a sample is made by `suppress`.
"""

from __future__ import annotations

from audits import standard
from audits.fieldwork import gaps, interviews, plan
from audits.fieldwork.facts import counts_of, days_of, effort, sample_of, workers_of
from audits.fieldwork.relations import READ, audit_of
from audits.fieldwork.tables import FieldPlanRow, SealedFileRow, SealingKeyRow, WorkforceRow
from audits.standard import Fieldwork, Sampling
from audits.tables import AuditRow
from ground.access import Actor
from ground.canonical import Json, instant
from ground.database import Reading


def get_plan(session: Reading, actor: Actor, audit_id: str) -> dict[str, Json]:
    """Man-days and months, planned and spent."""
    audit = audit_of(session, actor, READ, audit_id)
    return plan_view(session, audit, rule_of(audit))


def get_force(session: Reading, actor: Actor, audit_id: str) -> dict[str, Json]:
    return force_view(session, audit_of(session, actor, READ, audit_id))


def get_interviews(session: Reading, actor: Actor, audit_id: str) -> dict[str, Json]:
    """Counts only; there is nothing else."""
    return interviews_view(session, audit_of(session, actor, READ, audit_id))


def get_sample(session: Reading, actor: Actor, audit_id: str) -> dict[str, Json]:
    """What the sample needs and what it has, and what it still passes over."""
    audit = audit_of(session, actor, READ, audit_id)
    rule = rule_of(audit)
    found = sample_of(session, audit, rule)
    needed, spent = effort(session, audit, rule)
    short = plan.shortfall(needed, spent)
    silent = [text for _, text in (*gaps.of_sample(session, audit, rule), *gaps.of_days(session, audit, rule))]
    return {
        "audit": audit.id,
        "workers": found.workers,
        "interviews": {"needed": found.needed, "achieved": found.interviews, "why": found.why},
        "off_site": {"needed": found.away_needed, "achieved": found.away},
        "files": {"needed": found.files, "months_of_each": 3},
        "strata": [
            {
                "name": stratum.name,
                "size": stratum.size,
                "needed": min(stratum.size, found.least_of_each),
                "achieved": stratum.interviewed,
            }
            for stratum in found.strata
        ],
        "languages": [
            {"language": language, "size": size, "achieved": found.languages.get(language, 0)}
            for language, size in found.workers_by_language.items()
        ],
        "missing": [*found.missing(), *silent, *([short] if short else [])],
    }


def plan_view(session: Reading, audit: AuditRow, rule: Fieldwork) -> dict[str, Json]:
    row = session.get(FieldPlanRow, audit.id)
    workers = workers_of(session, audit)
    needed, spent = effort(session, audit, rule)
    table = plan.row_for(rule.man_days, workers)
    return {
        "audit": audit.id,
        "workers": workers,
        "high_risk": row is None or row.high_risk,
        "months": row.months if row and row.months else None,
        "man_day_hours": rule.working_hours,
        "needed": needed,
        "planned": audit.effort_planned,
        "spent": spent,
        "days": [
            {"day": day.on.isoformat(), "person": day.person, "tenths": day.tenths} for day in days_of(row)
        ],
        "by_the_table": None
        if table is None
        else {
            "individual": table.individual,
            "groups": table.groups,
            "group_size": table.group_size,
            "files": table.files,
        },
    }  # fmt: skip


def force_view(session: Reading, audit: AuditRow) -> dict[str, Json]:
    row = session.get(WorkforceRow, audit.id)
    return {
        "audit": audit.id,
        "workers": row.workers if row else None,
        "strata": [{"name": name, "size": size} for name, size in sorted(row.strata.items())] if row else [],
        "languages": [{"language": name, "size": size} for name, size in sorted(row.languages.items())] if row else [],
    }


def interviews_view(session: Reading, audit: AuditRow) -> dict[str, Json]:
    counts = counts_of(session, audit.id)
    return {
        "audit": audit.id,
        "people": counts.people if counts else 0,
        "counts": interviews.to_json(counts) if counts else None,
    }


def key_view(row: SealingKeyRow) -> dict[str, Json]:
    return {
        "id": row.id,
        "organisation": row.organisation_id,
        "key": row.key,
        "enrolled_at": instant(row.enrolled_at),
        "retired_at": instant(row.retired_at) if row.retired_at else None,
    }


def sealed_view(row: SealedFileRow) -> dict[str, Json]:
    return {
        "id": row.id,
        "audit": row.audit_id,
        "to": row.organisation_id,
        "key": row.key_id,
        "sha256": row.sha256,
        "size": row.size,
        "filed_at": instant(row.filed_at),
        "filed_by": row.filed_by,
    }


def rule_of(audit: AuditRow) -> Fieldwork:
    """Under a standard that says nothing of field work there is nothing to read, by no rule in particular."""
    return standard.load(audit.standard).fieldwork or Fieldwork(sampling=Sampling(high_risk_percent=100))
