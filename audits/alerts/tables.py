"""The rows of audits.alerts: alerts, and what people said about holding them longer or laying them aside.

Owns the tables and nothing else. An alert keeps its own words: what became of the finding that it made, or whether that
finding is still there, changes nothing of them. No row holds a worker.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ground.canonical import Json
from ground.database import Base

State = Literal["held", "released", "dismissed"]
STATES: tuple[State, ...] = get_args(State)
EndedBy = Literal["", "raised", "handler", "time", "two_people"]
"""raised: told at once, by the team's own choice. time: nobody said a word until the limit."""
Act = Literal["extend", "dismiss"]


class AlertRow(Base):
    """One alert. id: of its finding. held_until: the limit as it is now; None when it was never held."""

    __tablename__ = "alert"
    __table_args__ = (CheckConstraint("state IN ('" + "', '".join(STATES) + "')", name="alert_state"),)

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    audit_id: Mapped[str] = mapped_column(ForeignKey("audit.id"), index=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"), index=True)
    provision: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(Text)
    deliberate: Mapped[bool]
    concealed: Mapped[bool]
    worst_form: Mapped[bool]
    by_management: Mapped[bool]
    seen_at: Mapped[datetime]
    raised_at: Mapped[datetime]
    raised_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    safe_because: Mapped[str] = mapped_column(Text, default="")
    """Of one told at once: why nobody at the site is put in danger by that."""
    held_until: Mapped[datetime | None] = mapped_column(default=None, index=True)
    state: Mapped[State] = mapped_column(String(10), default="held")
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    ended_by: Mapped[EndedBy] = mapped_column(String(10), default="")
    told: Mapped[str] = mapped_column(Text, default="")
    """The handler's word on how the site is told."""
    former: Mapped[dict[str, Json] | None] = mapped_column(default=None)
    """What its finding has under this name: the finding may be gone."""


class AlertWordRow(Base):
    """One person's word for a longer hold, or for laying the alert aside. Two different people make it so."""

    __tablename__ = "alert_word"

    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alert.id"), index=True)
    act: Mapped[Act] = mapped_column(String(10))
    until: Mapped[datetime | None] = mapped_column(default=None)
    reason: Mapped[str] = mapped_column(Text)
    person: Mapped[str] = mapped_column(ForeignKey("person.id"))
    organisation: Mapped[str] = mapped_column(String(24))
    roles: Mapped[list[str]]
    at: Mapped[datetime]
    used: Mapped[bool] = mapped_column(default=False)
    """It had its effect, together with another one."""
