"""The rows of notices and appeals.

Owns shapes only. What a notice said, and what an appeal argued, is never changed afterwards.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from certify.tables import HASH, ID
from ground.canonical import Json
from ground.database import Base


class NoticeRow(Base):
    """What a holder was told about one decision: grounds, until when to reply, until when to appeal.

    grounds: {"clause", "title", "text"} of each unmet clause, as of that day. customers_by: until when the holder tells
    its customers; customers_told_at: when it says that it did.
    """

    __tablename__ = "notice"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    decision_id: Mapped[str] = mapped_column(ForeignKey("decision.id"), unique=True)
    certificate: Mapped[str | None] = mapped_column(String(11))
    outcome: Mapped[str] = mapped_column(String(20))
    grounds: Mapped[list[dict[str, Json]]]
    rulebook: Mapped[str] = mapped_column(String(60))
    rulebook_sha256: Mapped[str] = mapped_column(HASH)
    given_at: Mapped[datetime]
    reply_until: Mapped[datetime | None] = mapped_column(default=None)
    appeal_until: Mapped[datetime | None] = mapped_column(default=None)
    customers_by: Mapped[datetime | None] = mapped_column(default=None)
    customers_told_at: Mapped[datetime | None] = mapped_column(default=None)


class AppealRow(Base):
    """A holder's appeal against one decision. against: its outcome. outcome: "" until two people agreed."""

    __tablename__ = "appeal"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    notice_id: Mapped[str] = mapped_column(ForeignKey("notice.id"), unique=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    certificate: Mapped[str | None] = mapped_column(String(11), index=True)
    against: Mapped[str] = mapped_column(String(20))
    argument: Mapped[str] = mapped_column(Text)
    filed_by: Mapped[str] = mapped_column(ID)
    filed_at: Mapped[datetime]
    decide_by: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(10), default="")
    decided_at: Mapped[datetime | None] = mapped_column(default=None)


class AppealWordRow(Base):
    """One person's word on an appeal, with reasons."""

    __tablename__ = "appeal_word"
    __table_args__ = (UniqueConstraint("appeal_id", "person"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    appeal_id: Mapped[str] = mapped_column(ForeignKey("appeal.id"), index=True)
    person: Mapped[str] = mapped_column(ID)
    organisation: Mapped[str] = mapped_column(ID)
    uphold: Mapped[bool]
    reasons: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
