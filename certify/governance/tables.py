"""The rows of governance: rulebooks that were proposed here, and the consultations held about them.

Owns shapes only. A rulebook's text never changes once it stands in a row; what is published is never taken back, only
followed by another.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from certify.tables import HASH, ID
from ground.canonical import Json
from ground.database import Base


class RulebookRow(Base):
    """A rulebook that did not come with the software. published_at: when the second person approved it."""

    __tablename__ = "rulebook"

    id: Mapped[str] = mapped_column(String(60), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(HASH, unique=True)
    in_force_from: Mapped[date]
    proposed_by: Mapped[str] = mapped_column(ID)
    proposed_for: Mapped[str] = mapped_column(ID)
    """The organisation that the proposer acted for."""
    proposed_at: Mapped[datetime]
    approved_by: Mapped[str | None] = mapped_column(ID, default=None)
    approved_for: Mapped[str | None] = mapped_column(ID, default=None)
    published_at: Mapped[datetime | None] = mapped_column(default=None)


class ConsultationRow(Base):
    """What the stakeholder panel was asked about one rulebook, and what it said. invited: {"organisation", "kind"}."""

    __tablename__ = "rulebook_consultation"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    rulebook: Mapped[str] = mapped_column(ForeignKey("rulebook.id"), index=True)
    opened_on: Mapped[date]
    closed_on: Mapped[date]
    invited: Mapped[list[dict[str, Json]]]
    answers: Mapped[int]
    summary: Mapped[str] = mapped_column(Text)
    """What was said for and against, and what became of it. Organisations and functions, no names of people."""
    document: Mapped[str] = mapped_column(HASH)
    """SHA-256 of the minutes, which the scheme keeps."""
    recorded_by: Mapped[str] = mapped_column(ID)
    recorded_at: Mapped[datetime]
