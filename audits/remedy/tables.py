"""The rows of audits.remedy: words on plans, repayment by cohort, later checks, self-disclosures, reminders, feeds.

Owns the tables and nothing else. A cohort is a corridor, an agent and a period: no row holds a worker. Money is whole
minor units of one currency. Payments and confirmations are only added, never changed.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, get_args

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from audits.remedy.repayment import KINDS, PaymentKind
from ground.database import Base

Word = Literal["approved", "returned"]
CheckKind = Literal["retaliation_30", "retaliation_90", "repayment_90"]
CheckResult = Literal["", "clear", "harm"]
AskedBy = Literal["auditor", "ngo", "worker_representatives"]
WORDS: tuple[Word, ...] = get_args(Word)
CHECK_KINDS: tuple[CheckKind, ...] = get_args(CheckKind)


def _one_of(column: str, words: tuple[str, ...], name: str) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(word) for word in words)})", name=name)


class ReviewRow(Base):
    """What somebody else than the writer said to a corrective action."""

    __tablename__ = "action_review"
    __table_args__ = (_one_of("word", WORDS, "action_review_word"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    finding_id: Mapped[str] = mapped_column(ForeignKey("finding.id"), index=True)
    word: Mapped[Word] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(Text)
    person: Mapped[str] = mapped_column(ForeignKey("person.id"))
    organisation: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    at: Mapped[datetime]


class CohortRow(Base):
    """People who are owed the same standard amount. `about`: corridor, agent, period; never a name."""

    __tablename__ = "repayment_cohort"
    __table_args__ = (
        CheckConstraint("leavers <= people", name="repayment_cohort_leavers"),
        CheckConstraint("(agreed_at IS NULL) = (agreed_by IS NULL)", name="repayment_cohort_agreed"),
    )

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    finding_id: Mapped[str] = mapped_column(ForeignKey("finding.id"), index=True)
    about: Mapped[str] = mapped_column(String(200))
    basis: Mapped[str] = mapped_column(Text)
    """How the standard amount and the head count were found."""
    currency: Mapped[str] = mapped_column(String(3))
    amount: Mapped[int] = mapped_column(BigInteger)
    """Owed to each, in minor units."""
    people: Mapped[int]
    leavers: Mapped[int]
    """Of the people, those who work there no more."""
    entered_at: Mapped[datetime]
    entered_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    revised_at: Mapped[datetime | None] = mapped_column(default=None)
    agreed_at: Mapped[datetime | None] = mapped_column(default=None)
    agreed_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"), default=None)


class PaymentRow(Base):
    """Money that reached people of the cohort, or was put aside for leavers who were not found."""

    __tablename__ = "repayment_payment"
    __table_args__ = (_one_of("kind", KINDS, "repayment_payment_kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[str] = mapped_column(ForeignKey("repayment_cohort.id"), index=True)
    kind: Mapped[PaymentKind] = mapped_column(String(11))
    paid_on: Mapped[date]
    amount: Mapped[int] = mapped_column(BigInteger)
    people: Mapped[int]
    newly: Mapped[int]
    """Of the people, those who had had nothing before."""
    newly_left: Mapped[int]
    """Of those, leavers."""
    evidence: Mapped[str] = mapped_column(Text)
    files: Mapped[list[str]]
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(ForeignKey("person.id"))


class ConfirmationRow(Base):
    """How many people of the cohort were asked whether the money reached them, and how many said yes.

    Never shown to the site: it could tell who said no.
    """

    __tablename__ = "repayment_confirmation"
    __table_args__ = (CheckConstraint("confirmed <= asked", name="repayment_confirmation_counts"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[str] = mapped_column(ForeignKey("repayment_cohort.id"), index=True)
    asked_on: Mapped[date]
    asked: Mapped[int]
    confirmed: Mapped[int]
    asked_by: Mapped[AskedBy] = mapped_column(String(22))
    leavers_sought: Mapped[bool]
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(ForeignKey("person.id"))


class CheckRow(Base):
    """A question that is asked again after a while. about: an audit (retaliation) or a finding (repayment)."""

    __tablename__ = "follow_up_check"
    __table_args__ = (
        UniqueConstraint("kind", "about", "due"),
        _one_of("kind", CHECK_KINDS, "follow_up_check_kind"),
        _one_of("result", ("", "clear", "harm"), "follow_up_check_result"),
        CheckConstraint("(done_at IS NULL) = (result = '')", name="follow_up_check_done_with_result"),
    )

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    kind: Mapped[CheckKind] = mapped_column(String(15))
    about: Mapped[str] = mapped_column(String(24))
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"), index=True)
    audit_id: Mapped[str] = mapped_column(ForeignKey("audit.id"))
    firm_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    due: Mapped[datetime] = mapped_column(index=True)
    scheduled_at: Mapped[datetime]
    done_at: Mapped[datetime | None] = mapped_column(default=None)
    done_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"), default=None)
    result: Mapped[CheckResult] = mapped_column(String(5), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    """For the certification body and the protection handler only."""


class DisclosureRow(Base):
    """A problem that the site told of itself. Never changed."""

    __tablename__ = "disclosure"
    __table_args__ = (Index("ix_disclosure_site_provision", "site_id", "provision"),)

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"))
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    standard: Mapped[str] = mapped_column(String(40))
    provision: Mapped[str] = mapped_column(String(10))
    what: Mapped[str] = mapped_column(Text)
    containment: Mapped[str] = mapped_column(Text)
    contained_on: Mapped[date | None]
    plan: Mapped[str] = mapped_column(Text)
    worst_form: Mapped[bool]
    disclosed_at: Mapped[datetime]
    disclosed_by: Mapped[str] = mapped_column(ForeignKey("person.id"))


class ReminderRow(Base):
    """That somebody was reminded of a date so many days before; days 0: that it has passed."""

    __tablename__ = "reminder"

    subject: Mapped[str] = mapped_column(String(24), primary_key=True)
    kind: Mapped[str] = mapped_column(String(15), primary_key=True)
    due: Mapped[datetime] = mapped_column(primary_key=True)
    days: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]


class FeedRow(Base):
    """The secret address under which a calendar program fetches one person's dates. Only the hash is kept."""

    __tablename__ = "calendar_feed"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
