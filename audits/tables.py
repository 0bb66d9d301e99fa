"""The rows of audits: visits, their teams and answers, reports, findings, corrective actions, auditors' keys.

Owns the tables and nothing else. A finding stands beside its answer because it lives longer: it has deadlines, a
corrective action and a closure, while the answer is frozen with the report. No row holds a worker.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
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
    outcome_by_site: Mapped[bool] = mapped_column(default=False)
    """The site itself kept the visit from being whole."""
    outcome_note: Mapped[str] = mapped_column(Text, default="")


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
    containment_evidence: Mapped[str] = mapped_column(Text, default="")
    containment_files: Mapped[list[str]] = mapped_column(default=list)
    contained_at: Mapped[datetime | None] = mapped_column(default=None)
    closed_at: Mapped[datetime | None] = mapped_column(default=None)
    closed_by: Mapped[str | None] = mapped_column(ForeignKey("audit.id"), default=None)
    closed_on_site: Mapped[bool] = mapped_column(default=False)
    held_until: Mapped[datetime | None] = mapped_column(default=None)
    """Of an alert: decided at once, told to the site not before this, or when the protection handler says so."""
    escalated: Mapped[str] = mapped_column(String(20), default="")
    disclosed_at: Mapped[datetime | None] = mapped_column(default=None)
    remedied_at: Mapped[datetime | None] = mapped_column(default=None)
    remedy: Mapped[str] = mapped_column(Text, default="")
    """How it is known that everybody affected has what they are owed, where no ledger says it."""
    worst_form: Mapped[bool] = mapped_column(default=False)
    by_management: Mapped[bool] = mapped_column(default=False)
    shown_as: Mapped[str] = mapped_column(String(12), default="")
    """Of a held alert on what the team has as less: the severity that stands, for the site, until the release."""
    former: Mapped[dict[str, Json] | None] = mapped_column(default=None)
    """Of an alert: the answer that stood before it, as `audits.filing.stood` makes it; None of older ones."""


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
    files: Mapped[list[str]] = mapped_column(default=list)
    """Ids of evidence that was brought to the finding."""
    submitted_by: Mapped[str] = mapped_column(String(24), default="")
    """Who wrote it last, and does not approve it; "" in rows from before that was kept."""
    returned_at: Mapped[datetime | None] = mapped_column(default=None)
    """It waits for the site to improve it."""
    no_action: Mapped[str] = mapped_column(Text, default="")
    """The written basis for doing nothing; the plan is then empty."""


class PreparedRow(Base):
    """The next report of an audit, or its next version, as it is to be signed. Any later answer throws it away."""

    __tablename__ = "prepared_report"

    audit_id: Mapped[str] = mapped_column(ForeignKey("audit.id"), primary_key=True)
    prepared_at: Mapped[datetime]
    prepared_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    kid: Mapped[str] = mapped_column(String(60))
    version: Mapped[int]
    reason: Mapped[str] = mapped_column(Text, default="")
    """Of an amendment: why."""
    given: Mapped[dict[str, Json]]
    """{"report": the figures, "answers": of an amendment, "ids": of findings that the rules make themselves}."""
    document: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))


class VersionRow(Base):
    """A version of a report, the newest one too. Never changed."""

    __tablename__ = "report_version"

    audit_id: Mapped[str] = mapped_column(ForeignKey("audit.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    report: Mapped[str] = mapped_column(String(64), unique=True)
    document: Mapped[str] = mapped_column(Text)
    signature: Mapped[dict[str, Json] | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    submitted_at: Mapped[datetime]
    submitted_by: Mapped[str] = mapped_column(ForeignKey("person.id"))


class PreliminaryRow(Base):
    """The sheet of the closing meeting: what the site was told on the day, and what it said to it. Never changed."""

    __tablename__ = "preliminary_sheet"
    __table_args__ = (_one_of("outcome", ("signed", "refused_to_sign", "not_presented"), "preliminary_outcome"),)

    audit_id: Mapped[str] = mapped_column(ForeignKey("audit.id"), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(20))
    presented_at: Mapped[datetime]
    function: Mapped[str] = mapped_column(String(100), default="")
    """Of the person who signed or refused; never a name."""
    reason: Mapped[str] = mapped_column(Text, default="")
    findings: Mapped[list[dict[str, Json]]]
    """{"provision", "severity"} as told."""
    filed_at: Mapped[datetime]
    filed_by: Mapped[str] = mapped_column(ForeignKey("person.id"))


class RegradeRow(Base):
    """A severity changed after its finding was filed: who, from what to what, and why."""

    __tablename__ = "finding_regrade"

    id: Mapped[int] = mapped_column(primary_key=True)
    finding_id: Mapped[str] = mapped_column(ForeignKey("finding.id"), index=True)
    old: Mapped[str] = mapped_column(String(12))
    new: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(Text)
    by_role: Mapped[str] = mapped_column(String(20))
    by_person: Mapped[str] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class AuditorKeyRow(Base):
    """The public half of an auditor's own key. A person has one at a time; no key is ever anybody else's."""

    __tablename__ = "auditor_key"
    __table_args__ = (
        Index(
            "uq_auditor_key_active",
            "person_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    kid: Mapped[str] = mapped_column(String(60), unique=True)
    """The public key as a multikey."""
    enrolled_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)
    revoked_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"), default=None)
