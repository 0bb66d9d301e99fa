"""Uploads and evidence as people read them: dates apart, hashes, sizes, and what does not fit together.

Owns the shapes of the answers. Never decides who may see what: `relations` does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from audits.evidence.kinds import MEDIA
from audits.evidence.storage import LEAST_PART
from audits.evidence.tables import EvidenceRow, StoredFileRow, SupportRow, UploadRow
from audits.selfassessment.tables import AssessmentRow
from audits.tables import AuditRow
from ground.canonical import Json, instant
from ground.database import Reading

KEPT = timedelta(days=7)  # how long an upload waits to be finished
_PLACE = func.coalesce(EvidenceRow.audit_id, EvidenceRow.assessment_id)
_SUBMITTED = select(AssessmentRow.id).where(AssessmentRow.submitted_at.is_not(None))
_NO_DRAFT = or_(EvidenceRow.assessment_id.is_(None), EvidenceRow.assessment_id.in_(_SUBMITTED))


def upload_view(upload: UploadRow, received: int, most_part: int) -> dict[str, Json]:
    """received: bytes that are here without a gap, which is the next offset. Of an accepted file: all of it."""
    state = "accepted" if upload.evidence_id else "refused" if upload.refused else "receiving"
    return {
        "id": upload.id,
        "audit": upload.audit_id,
        "finding": upload.finding_id,
        "self_assessment": upload.assessment_id,
        "name": upload.name,
        "size": upload.size,
        "sha256": upload.sha256,
        "dated": upload.dated.isoformat(),
        "captured": _captured(upload),
        "provisions": upload.provisions,
        "state": state,
        "received": upload.size if state == "accepted" else received,
        "refused": upload.refused or None,
        "evidence": upload.evidence_id,
        "least_part": min(LEAST_PART, most_part),
        "most_part": most_part,
        "expires_at": instant(upload.created_at + KEPT),
    }


def evidence_views(session: Reading, rows: Sequence[EvidenceRow], *, elsewhere: bool = False) -> list[dict[str, Json]]:
    """elsewhere: say in which other audits and self-assessments the same file is; for those who may read all audits."""
    hashes = {row.sha256 for row in rows}
    files = {
        file.sha256: file for file in session.scalars(select(StoredFileRow).where(StoredFileRow.sha256.in_(hashes)))
    }
    provisions: dict[str, list[str]] = defaultdict(list)
    supports = select(SupportRow).where(SupportRow.evidence_id.in_({row.id for row in rows}))
    for support in session.scalars(supports.order_by(SupportRow.provision)):
        provisions[support.evidence_id].append(support.provision)
    places: dict[str, set[str]] = defaultdict(set)
    if elsewhere:
        for sha256, place in session.execute(
            select(EvidenceRow.sha256, _PLACE).where(EvidenceRow.sha256.in_(hashes), _NO_DRAFT)
        ):
            places[sha256].add(place)
    reports = _reports(session, rows)
    return [
        {
            **_evidence(row, files[row.sha256], reports.get(row.audit_id or "")),
            "provisions": provisions[row.id],
            "also_in": sorted(places[row.sha256] - {row.audit_id or row.assessment_id}),
        }
        for row in rows
    ]


def _reports(session: Reading, rows: Sequence[EvidenceRow]) -> dict[str, datetime]:
    """When the reports of these audits were submitted."""
    audits = {row.audit_id for row in rows if row.finding_id is None}
    query = select(AuditRow.id, AuditRow.submitted_at).where(
        AuditRow.id.in_(audits), AuditRow.submitted_at.is_not(None)
    )
    return {audit: moment for audit, moment in session.execute(query) if moment is not None}


def _evidence(row: EvidenceRow, file: StoredFileRow, report: datetime | None) -> dict[str, Json]:
    return {
        "id": row.id,
        "audit": row.audit_id,
        "finding": row.finding_id,
        "self_assessment": row.assessment_id,
        "organisation": row.organisation_id,
        "name": row.name,
        "type": MEDIA[file.kind],
        "sha256": file.sha256,
        "size": file.size,
        "stored_sha256": file.stored,
        "stored_size": file.stored_size,
        "width": file.width,
        "height": file.height,
        "dated": row.dated.isoformat(),
        "captured": _captured(row),
        "taken": {"at": file.taken_at, "zone": file.taken_zone or None} if file.taken_at else None,
        "uploaded_at": instant(row.uploaded_at),
        "uploaded_by": row.uploaded_by,
        "doubts": _doubts(row, file, report),
    }


def _captured(row: UploadRow | EvidenceRow) -> dict[str, Json] | None:
    return None if row.captured_at is None else {"at": instant(row.captured_at), "zone": row.captured_zone}


def _doubts(row: EvidenceRow, file: StoredFileRow, report: datetime | None) -> list[str]:
    """What a reader should ask about: dates that do not fit. Clocks of devices may be wrong; nobody is accused. What an
    alert or an amendment needs may come after the report; the report was not made from it. report: its submission."""
    found = []
    if file.taken_at and file.taken_at[:10] != row.dated.isoformat():
        found.append(f"the camera says {file.taken_at[:10]}, and the evidence is dated {row.dated}")
    if row.captured_at is not None and row.captured_at > row.uploaded_at + timedelta(hours=1):
        found.append(f"the device says {instant(row.captured_at)}, after the upload at {instant(row.uploaded_at)}")
    if row.finding_id is None and report is not None and row.uploaded_at > report:
        found.append(f"it came at {instant(row.uploaded_at)}, after the report was submitted at {instant(report)}")
    return found
