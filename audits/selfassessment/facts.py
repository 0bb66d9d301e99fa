"""What stood in a self-assessment when an audit began: for the team's preparation, and for the comparison.

Owns the one moment that counts: before the first day of the audit, in UTC, as for self-disclosures. Nothing here is
read by the dossier, and nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time

from sqlalchemy import select

from audits import standard
from audits.selfassessment.tables import AssessmentAnswerRow, AssessmentRow
from audits.standard import Standard
from audits.tables import AuditRow
from ground.database import Reading


@dataclass(frozen=True)
class CoreAnswers:
    """Of the provisions on core topics that an audit asks, how many the site had answered."""

    answered: int
    asked: int


def catalogue_of(row: AssessmentRow) -> Standard:
    """The standard of a self-assessment with the profiles that were fixed when it was opened."""
    return standard.load(row.standard).with_profiles(row.profiles)


def answers_of(session: Reading, row: AssessmentRow) -> Mapping[str, AssessmentAnswerRow]:
    """By provision."""
    rows = session.scalars(select(AssessmentAnswerRow).where(AssessmentAnswerRow.assessment_id == row.id))
    return {answer.provision: answer for answer in rows}


def stood_at(session: Reading, audit: AuditRow) -> AssessmentRow | None:
    """The newest self-assessment of the site, under the audit's standard, that was submitted before the audit began."""
    began = datetime.combine(audit.starts_on, time.min, tzinfo=UTC)
    query = select(AssessmentRow).where(
        AssessmentRow.site_id == audit.site_id,
        AssessmentRow.standard == audit.standard,
        AssessmentRow.submitted_at < began,
    )
    return session.scalar(query.order_by(AssessmentRow.version.desc()).limit(1))


def core_answers(session: Reading, audit: AuditRow, catalogue: Standard) -> CoreAnswers:
    """catalogue: of the audit; a profile that the site got later asks what nobody has answered."""
    asked = [each.id for each in catalogue.provisions.values() if each.core]
    row = stood_at(session, audit)
    answered = answers_of(session, row) if row is not None else {}
    return CoreAnswers(sum(id in answered for id in asked), len(asked))
