"""The rows of self-assessments: one per site, standard and version, and its answers.

Owns the tables and nothing else. No row holds a worker. Documents are rows of `audits.evidence` that name the
self-assessment they were brought to.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from audits.selfassessment.rules import SAID, Said
from ground.database import Base


class AssessmentRow(Base):
    """What a site says of itself under one standard. Fixed from `submitted_at` on; what is newer is another version."""

    __tablename__ = "self_assessment"
    __table_args__ = (
        UniqueConstraint("site_id", "standard", "version"),
        CheckConstraint("(submitted_at IS NULL) = (submitted_by IS NULL)", name="self_assessment_submitted_by"),
        CheckConstraint("(submitted_at IS NULL) = (sha256 = '')", name="self_assessment_submitted_with_hash"),
        Index(
            "uq_self_assessment_open",
            "site_id",
            "standard",
            unique=True,
            sqlite_where=text("submitted_at IS NULL"),
            postgresql_where=text("submitted_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"))
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    """Who answered for the site when it was opened."""
    standard: Mapped[str] = mapped_column(String(40))
    profiles: Mapped[list[str]]
    """Of the standard, as they applied to the site when it was opened."""
    version: Mapped[int]
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    submitted_at: Mapped[datetime | None] = mapped_column(default=None)
    submitted_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"), default=None)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    """Of what was submitted, answers and documents (audits.selfassessment.views.content); "" before."""


class AssessmentAnswerRow(Base):
    """What the site says to one provision."""

    __tablename__ = "self_assessment_answer"
    __table_args__ = (
        CheckConstraint(f"said IN ({', '.join(repr(word) for word in SAID)})", name="self_assessment_answer_said"),
    )

    assessment_id: Mapped[str] = mapped_column(ForeignKey("self_assessment.id"), primary_key=True)
    provision: Mapped[str] = mapped_column(String(10), primary_key=True)
    said: Mapped[Said] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(Text)
    filed_at: Mapped[datetime]
    filed_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
