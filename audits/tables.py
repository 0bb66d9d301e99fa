"""The rows of audits: visits, their teams and answers, findings, corrective actions.

Owns the tables and nothing else. A finding stands beside its answer because it lives longer: it has deadlines, a
corrective action and a closure, while the answer is frozen with the report. No row holds a worker.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from audits.facts import AUDIT_TYPES, NOTICES, SEVERITIES, VISIT_OUTCOMES, AuditType, Severity, VisitOutcome
from ground.canonical import Json
from ground.database import Base

RESULTS = ("conformance", "not_applicable", "not_reviewed", "finding")


def _one_of(column: str, words: tuple[str, ...], name: str) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=name)


class AuditRow(Base):
    """One visit or desk closure. Everything below `submitted_at` is filled by the submission and never changed."""

    __tablename__ = "audit"
    __table_args__ = (
        _one_of("type", AUDIT_TYPES, "audit_type"),
        _one_of("notice", ("", *NOTICES), "audit_notice"),
        _one_of("outcome", VISIT_OUTCOMES, "audit_outcome"),
        CheckConstraint("ends_on >= starts_on", name="audit_days"),
        CheckConstraint("(submitted_at IS NULL) = (report IS NULL)", name="audit_submitted_with_report"),
    )

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"), index=True)
    type: Mapped[AuditType] = mapped_column(String(20))
    standard: Mapped[str] = mapped_column(String(40))
    firm_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    announced: Mapped[bool]
    remote: Mapped[bool]
    planned_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None] = mapped_column(default=None)
    report: Mapped[str | None] = mapped_column(String(64), unique=True, default=None)
    document: Mapped[str | None] = mapped_column(Text, default=None)
    """The canonical JSON whose SHA-256 is `report`."""
    workers: Mapped[int] = mapped_column(default=0)
    interviews: Mapped[int] = mapped_column(default=0)
    files_reviewed: Mapped[int] = mapped_column(default=0)
    conforming: Mapped[int] = mapped_column(default=0)
    applicable: Mapped[int] = mapped_column(default=0)
    not_applicable: Mapped[int] = mapped_column(default=0)
    not_reviewed: Mapped[int] = mapped_column(default=0)
    unanswered: Mapped[int] = mapped_column(default=0)
    notice: Mapped[str] = mapped_column(String(15), default="")
    profiles: Mapped[list[str]] = mapped_column(default=list)
    """Of the standard: sector and country profiles that apply to this visit."""
    outcome: Mapped[VisitOutcome] = mapped_column(String(15), default="completed")
    effort_planned: Mapped[int] = mapped_column(default=0)
    effort_needed: Mapped[int] = mapped_column(default=0)
    effort_spent: Mapped[int] = mapped_column(default=0)
    """Tenths of a man-day."""
    off_site: Mapped[int] = mapped_column(default=0)
    strata: Mapped[list[dict[str, Json]]] = mapped_column(default=list)
    """As they were when the report was submitted: {"name", "size", "interviewed"}."""
    objections: Mapped[list[str]] = mapped_column(default=list)
    in_a_row: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    signature: Mapped[dict[str, Json] | None] = mapped_column(default=None)
    """{"person", "kid", "sig"} over `document`; none under a standard that asks for none."""
    release_due: Mapped[datetime | None] = mapped_column(default=None)
    released_at: Mapped[datetime | None] = mapped_column(default=None)
    """When the site could read the report: the same time after submission for everybody, so that it tells nothing."""


class MemberRow(Base):
    """A person of the firm on the team; position 0 leads."""

    __tablename__ = "audit_member"

    audit_id: Mapped[str] = mapped_column(ForeignKey("audit.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    position: Mapped[int]


class AnswerRow(Base):
    """What one audit says to one provision."""

    __tablename__ = "audit_answer"
    __table_args__ = (_one_of("result", RESULTS, "answer_result"),)

    audit_id: Mapped[str] = mapped_column(ForeignKey("audit.id"), primary_key=True)
    provision: Mapped[str] = mapped_column(String(10), primary_key=True)
    result: Mapped[str] = mapped_column(String(20))
    description: Mapped[str] = mapped_column(Text)
    evidence: Mapped[list[str]]
    affected: Mapped[int | None]
    sampled: Mapped[int | None]
    filed_at: Mapped[datetime]
    filed_by: Mapped[str] = mapped_column(ForeignKey("person.id"))


class FindingRow(Base):
    """An answer that is not conformance. It is a fact, for the site and for the rules, from `released_at` on."""

    __tablename__ = "finding"
    __table_args__ = (
        UniqueConstraint("audit_id", "provision"),
        _one_of("severity", SEVERITIES, "finding_severity"),
        _one_of("proposed", SEVERITIES, "finding_proposed"),
        CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name="finding_closed_by_an_audit"),
        Index("ix_finding_site_provision", "site_id", "provision"),
    )

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    audit_id: Mapped[str] = mapped_column(ForeignKey("audit.id"))
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"))
    provision: Mapped[str] = mapped_column(String(10))
    topic: Mapped[str] = mapped_column(String(4))
    core: Mapped[bool]
    severity: Mapped[Severity] = mapped_column(String(12))
    proposed: Mapped[Severity] = mapped_column(String(12))
    zero_tolerance: Mapped[bool]
    deliberate: Mapped[bool]
    concealed: Mapped[bool]
    discovered_at: Mapped[datetime]
    released_at: Mapped[datetime | None] = mapped_column(default=None)
    containment_due: Mapped[datetime | None] = mapped_column(default=None)
    cap_due: Mapped[datetime | None] = mapped_column(default=None)
    approve_due: Mapped[datetime | None] = mapped_column(default=None)
    close_due: Mapped[datetime | None] = mapped_column(default=None)
    containment: Mapped[str] = mapped_column(Text, default="")
    contained_at: Mapped[datetime | None] = mapped_column(default=None)
    closed_at: Mapped[datetime | None] = mapped_column(default=None)
    closed_by: Mapped[str | None] = mapped_column(ForeignKey("audit.id"), default=None)
    closed_on_site: Mapped[bool] = mapped_column(default=False)
    held_until: Mapped[datetime | None] = mapped_column(default=None)
    """Of an alert: decided at once, told to the site not before this, or when the protection handler says so."""
    escalated: Mapped[str] = mapped_column(String(20), default="")
    disclosed_at: Mapped[datetime | None] = mapped_column(default=None)
    remedied_at: Mapped[datetime | None] = mapped_column(default=None)
    worst_form: Mapped[bool] = mapped_column(default=False)
    by_management: Mapped[bool] = mapped_column(default=False)


class ActionRow(Base):
    """The site's corrective action on one finding. submitted_at is the first submission; texts may be improved until
    the approval."""

    __tablename__ = "corrective_action"

    finding_id: Mapped[str] = mapped_column(ForeignKey("finding.id"), primary_key=True)
    root_cause: Mapped[str] = mapped_column(Text)
    correction: Mapped[str] = mapped_column(Text)
    prevention: Mapped[str] = mapped_column(Text)
    owner_role: Mapped[str] = mapped_column(String(100))
    due_on: Mapped[date]
    submitted_at: Mapped[datetime]
    revised_at: Mapped[datetime]
    approved_at: Mapped[datetime | None] = mapped_column(default=None)
    approved_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"), default=None)
    completed_at: Mapped[datetime | None] = mapped_column(default=None)
    evidence: Mapped[str] = mapped_column(Text, default="")
