"""The rows of audits.independence: the register of firms and auditors, ties, assignments, draws and declarations.

Owns the tables and nothing else. Entries of the register, ties, draws and declarations are only added, never changed:
how things stood on a day can be answered for ever. Of people there are ids only.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from audits.facts import AUDIT_TYPES, AuditType
from audits.independence.rules import DECLARED, LEVELS, STATUSES, TIE_KINDS, ApprovalStatus, Declared, Level, TieKind
from ground.canonical import Json
from ground.database import Base

AssignmentState = Literal["offered", "accepted", "unfilled", "cancelled"]


def _one_of(column: str, words: tuple[str, ...], name: str) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(word) for word in words)})", name=name)


class FirmApprovalRow(Base):
    """One entry of the register about an audit firm; of those in effect on a day the newest counts."""

    __tablename__ = "firm_approval"
    __table_args__ = (_one_of("status", STATUSES, "firm_approval_status"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    status: Mapped[ApprovalStatus] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(Text)
    countries: Mapped[list[str]]
    """ISO codes; none: everywhere."""
    topics: Mapped[list[str]]
    """T1 to T17, "labour" or "all"."""
    effective_on: Mapped[date]
    valid_until: Mapped[date]
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(24))


class AuditorApprovalRow(Base):
    """One entry of the register about a person who audits."""

    __tablename__ = "auditor_approval"
    __table_args__ = (
        _one_of("status", STATUSES, "auditor_approval_status"),
        _one_of("level", LEVELS, "auditor_approval_level"),
        CheckConstraint("(trained_on IS NULL) = (trained_until IS NULL)", name="auditor_training_both_days"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    level: Mapped[Level] = mapped_column(String(11))
    status: Mapped[ApprovalStatus] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(Text)
    topics: Mapped[list[str]]
    languages: Mapped[list[str]]
    """BCP 47, such as "ne" or "pt-BR"."""
    trained_on: Mapped[date | None]
    trained_until: Mapped[date | None]
    effective_on: Mapped[date]
    expires_on: Mapped[date]
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(24))


class TieRow(Base):
    """What binds a person, or a firm, to an organisation that may be audited. until: None while it lasts."""

    __tablename__ = "auditor_tie"
    __table_args__ = (_one_of("kind", TIE_KINDS, "auditor_tie_kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    subject_id: Mapped[str] = mapped_column(String(24), index=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    kind: Mapped[TieKind] = mapped_column(String(11))
    until: Mapped[date | None]
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(24))


class AssignmentRow(Base):
    """That somebody shall audit a site within a window. firm_id and lead_id: who was drawn last, if anybody was."""

    __tablename__ = "assignment"
    __table_args__ = (
        _one_of("type", AUDIT_TYPES, "assignment_type"),
        _one_of("state", ("offered", "accepted", "unfilled", "cancelled"), "assignment_state"),
        CheckConstraint("ends_on >= starts_on", name="assignment_days"),
        CheckConstraint("(firm_id IS NULL) = (lead_id IS NULL)", name="assignment_firm_and_lead"),
    )

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"), index=True)
    type: Mapped[AuditType] = mapped_column(String(20))
    standard: Mapped[str] = mapped_column(String(40))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    languages: Mapped[list[str]]
    topics: Mapped[list[str]]
    state: Mapped[AssignmentState] = mapped_column(String(10))
    firm_id: Mapped[str | None] = mapped_column(ForeignKey("organisation.id"), index=True, default=None)
    lead_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), default=None)
    asked_at: Mapped[datetime]
    asked_by: Mapped[str] = mapped_column(String(24))
    accepted_at: Mapped[datetime | None] = mapped_column(default=None)
    cancelled_at: Mapped[datetime | None] = mapped_column(default=None)
    cancelled_reason: Mapped[str] = mapped_column(Text, default="")


class DrawRow(Base):
    """One draw, as it can be repeated: number is the index, from 0, among the `of` eligible ones in the stored order.

    candidates: [{"firm", "person", "eligible", "reasons"}], sorted by firm and person. number None: nobody was. Where a
    cancelled draw stands, nothing was drawn at random: the candidate has "stands" too, with the words.
    """

    __tablename__ = "assignment_draw"
    __table_args__ = (UniqueConstraint("assignment_id", "round"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[str] = mapped_column(ForeignKey("assignment.id"))
    round: Mapped[int]
    candidates: Mapped[list[dict[str, Json]]]
    number: Mapped[int | None]
    of: Mapped[int]
    firm_id: Mapped[str | None] = mapped_column(String(24))
    lead_id: Mapped[str | None] = mapped_column(String(24))
    at: Mapped[datetime]
    declined_at: Mapped[datetime | None] = mapped_column(default=None)
    declined_by: Mapped[str] = mapped_column(String(24), default="")
    declined_for: Mapped[str] = mapped_column(String(4), default="")
    """Who is not available: "lead", or the whole "firm"."""
    declined_reason: Mapped[str] = mapped_column(Text, default="")


class DeclarationRow(Base):
    """What a member of the team declared about an assignment; the newest counts."""

    __tablename__ = "declaration"
    __table_args__ = (_one_of("kind", DECLARED, "declaration_kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[str] = mapped_column(ForeignKey("assignment.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[Declared] = mapped_column(String(11))
    until: Mapped[date | None]
    at: Mapped[datetime]
