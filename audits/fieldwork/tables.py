"""The rows of audits.fieldwork: plan of the days, work force, counts of interviews, sealed files and their keys.

Owns the tables and nothing else. No row holds a worker or an interview: counts are replaced as a whole, so that no
history of them tells who came next.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ground.canonical import Json
from ground.database import Base


class FieldPlanRow(Base):
    """What was planned for one audit, and the time it took. What was planned in man-days stands in the audit itself."""

    __tablename__ = "fieldwork_plan"

    audit_id: Mapped[str] = mapped_column(ForeignKey("audit.id"), primary_key=True)
    workers: Mapped[int] = mapped_column(default=0)
    """Expected on site; 0 when not said."""
    high_risk: Mapped[bool] = mapped_column(default=True)
    """Until somebody says that the certification body assessed the place as low."""
    months: Mapped[dict[str, Json]] = mapped_column(default=dict)
    """Of the files: {"current", "peak", "low"}, each like 2026-05."""
    spent: Mapped[list[dict[str, Json]]] = mapped_column(default=list)
    """{"day", "person", "tenths"}: ids of the team only."""


class WorkforceRow(Base):
    """Who works at the site, as numbers: the team's own figures, and what the sample is drawn from."""

    __tablename__ = "fieldwork_workforce"

    audit_id: Mapped[str] = mapped_column(ForeignKey("audit.id"), primary_key=True)
    workers: Mapped[int]
    strata: Mapped[dict[str, Json]]
    """{name: size}; strata overlap. A size of 0: somebody looked, and there are none."""
    languages: Mapped[dict[str, Json]]
    """{language: workers who understand it best}."""


class InterviewCountsRow(Base):
    """How many people were interviewed, each figure by itself. Seen by the team and the certification body only."""

    __tablename__ = "fieldwork_interviews"

    audit_id: Mapped[str] = mapped_column(ForeignKey("audit.id"), primary_key=True)
    individual: Mapped[int]
    in_groups: Mapped[int]
    private: Mapped[int]
    languages: Mapped[dict[str, Json]]
    places: Mapped[dict[str, Json]]
    interpreters: Mapped[dict[str, Json]]
    strata: Mapped[dict[str, Json]]


class SealingKeyRow(Base):
    """The public half of a key whose private half a certification body keeps offline."""

    __tablename__ = "sealing_key"

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    enrolled_at: Mapped[datetime]
    enrolled_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    retired_at: Mapped[datetime | None] = mapped_column(default=None)


class SealedFileRow(Base):
    """A sealed file of one audit. What is in it, an interview log or the text of an alert, nobody here can tell."""

    __tablename__ = "sealed_file"
    __table_args__ = (UniqueConstraint("audit_id", "sha256"),)

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    audit_id: Mapped[str] = mapped_column(ForeignKey("audit.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    """The certification body it is sealed to."""
    key_id: Mapped[str] = mapped_column(ForeignKey("sealing_key.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    filed_at: Mapped[datetime]
    filed_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
