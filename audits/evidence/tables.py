"""The rows of evidence: uploads on their way, stored files, and what a file belongs to: an audit, a finding of it, or a
self-assessment.

Owns the tables and nothing else. The bytes are on disk: parts of an upload by offset, stored files by their hash, both
encrypted. One stored file may be evidence in several places; each place has its own dates and its own row.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ground.database import Base

KINDS = ("pdf", "png", "jpeg", "xlsx")
ONE_PLACE = "(audit_id IS NULL) <> (assessment_id IS NULL)"


class UploadRow(Base):
    """A file on its way. How much of it is here is known from the disk alone, so that the two cannot disagree."""

    __tablename__ = "upload"
    __table_args__ = (CheckConstraint(ONE_PLACE, name="upload_one_place"),)

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    audit_id: Mapped[str | None] = mapped_column(ForeignKey("audit.id"))
    assessment_id: Mapped[str | None] = mapped_column(ForeignKey("self_assessment.id"), default=None)
    """Of an upload by the people of the site to a self-assessment; there is no audit then."""
    finding_id: Mapped[str | None] = mapped_column(ForeignKey("finding.id"), default=None)
    """Of an upload by the people of the site, as proof of a corrective action; none: by the team, to the audit."""
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    dated: Mapped[date]
    captured_at: Mapped[datetime | None] = mapped_column(default=None)
    captured_zone: Mapped[str] = mapped_column(String(6), default="")
    provisions: Mapped[list[str]] = mapped_column(default=list)
    created_at: Mapped[datetime] = mapped_column(index=True)
    evidence_id: Mapped[str | None] = mapped_column(String(24), default=None)
    refused: Mapped[str] = mapped_column(Text, default="")
    """Why its content was not accepted; for good."""


class StoredFileRow(Base):
    """One file that is kept, whatever number of places it is evidence of."""

    __tablename__ = "stored_file"
    __table_args__ = (CheckConstraint("kind IN ('pdf', 'png', 'jpeg', 'xlsx')", name="stored_file_kind"),)

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Of the original, as it was captured."""
    size: Mapped[int]
    kind: Mapped[str] = mapped_column(String(4))
    stored: Mapped[str] = mapped_column(String(64))
    """SHA-256 of what is kept, before encryption: its address. Of a picture: the one encoded anew."""
    stored_size: Mapped[int]
    width: Mapped[int | None] = mapped_column(default=None)
    height: Mapped[int | None] = mapped_column(default=None)
    taken_at: Mapped[str] = mapped_column(String(19), default="")
    """EXIF DateTimeOriginal: the camera's local time, without a zone."""
    taken_zone: Mapped[str] = mapped_column(String(6), default="")


class EvidenceRow(Base):
    """A stored file as evidence. `dated`: the date of the evidence; `uploaded_at`: when it came here."""

    __tablename__ = "evidence"
    __table_args__ = (
        CheckConstraint(ONE_PLACE, name="evidence_one_place"),
        Index("ix_evidence_audit_finding", "audit_id", "finding_id"),
    )

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    audit_id: Mapped[str | None] = mapped_column(ForeignKey("audit.id"))
    assessment_id: Mapped[str | None] = mapped_column(ForeignKey("self_assessment.id"), index=True, default=None)
    finding_id: Mapped[str | None] = mapped_column(ForeignKey("finding.id"), default=None)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    dated: Mapped[date]
    captured_at: Mapped[datetime | None] = mapped_column(default=None)
    captured_zone: Mapped[str] = mapped_column(String(6), default="")
    uploaded_at: Mapped[datetime]
    uploaded_by: Mapped[str] = mapped_column(ForeignKey("person.id"))


class SupportRow(Base):
    """A provision that a piece of evidence supports."""

    __tablename__ = "evidence_provision"

    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"), primary_key=True)
    provision: Mapped[str] = mapped_column(String(10), primary_key=True)
