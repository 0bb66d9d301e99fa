"""Self-assessments as people read them: the head in lists; answers, progress and documents one by one.

Owns the shapes, and what the hash of a submitted one is over. Never decides who may see what: `relations` does. Nothing
here depends on an audit, or on who read it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from audits.evidence.tables import EvidenceRow
from audits.evidence.views import evidence_views
from audits.selfassessment import rules, sheet
from audits.selfassessment.facts import answers_of, catalogue_of
from audits.selfassessment.tables import AssessmentRow
from ground.canonical import Json, instant
from ground.database import Reading


def line(row: AssessmentRow) -> dict[str, Json]:
    """A self-assessment in a list: of what, and in which state; not what it says."""
    return {
        "id": row.id,
        "site": row.site_id,
        "organisation": row.organisation_id,
        "standard": row.standard,
        "profiles": list[Json](row.profiles),
        "version": row.version,
        "opened_at": instant(row.opened_at),
        "submitted_at": _moment(row.submitted_at),
        "sha256": row.sha256 or None,
    }


def whole(session: Reading, row: AssessmentRow) -> dict[str, Json]:
    """All of it: answers in the order of the standard, what is missing, documents, and where to disclose."""
    catalogue = catalogue_of(row)
    answers = answers_of(session, row)
    return {
        **line(row),
        "progress": rules.progress(catalogue, answers),
        "answers": [
            {"provision": id, "said": answers[id].said, "note": answers[id].note or None}
            for id in catalogue.provisions
            if id in answers
        ],
        "documents": evidence_views(session, _documents(session, row)),
        "disclosure": rules.disclosure(catalogue, {id: answer.said for id, answer in answers.items()}),
    }


def content(session: Reading, row: AssessmentRow) -> dict[str, Json]:
    """What is fixed by the submission: its canonical JSON has the SHA-256 that is kept."""
    answers = answers_of(session, row)
    return {
        **head(row),
        "answers": {id: {"said": answers[id].said, "note": answers[id].note} for id in sorted(answers)},
        "documents": [{"id": each.id, "sha256": each.sha256} for each in _documents(session, row)],
    }


def head(row: AssessmentRow) -> dict[str, Json]:
    """Which self-assessment this is, of what, under which questions."""
    return {
        "self_assessment": row.id,
        "site": row.site_id,
        "standard": row.standard,
        "standard_sha256": catalogue_of(row).sha256,
        "profiles": list[Json](row.profiles),
        "version": row.version,
    }


def sheet_view(session: Reading, row: AssessmentRow) -> dict[str, Json]:
    """To be filled in elsewhere, with the answers so far."""
    answers = {id: {"said": each.said, "note": each.note or None} for id, each in answers_of(session, row).items()}
    return sheet.write(head(row), catalogue_of(row), answers)


def _documents(session: Reading, row: AssessmentRow) -> list[EvidenceRow]:
    query = select(EvidenceRow).where(EvidenceRow.assessment_id == row.id)
    return list(session.scalars(query.order_by(EvidenceRow.id)))


def _moment(moment: datetime | None) -> str | None:
    return instant(moment) if moment else None
