"""The rows of audits.sheets: figures of a report that came with a sheet, before there is a report.

Owns the table and nothing else. Answers that came with a sheet are answers like all others (`audits.tables`).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ground.database import Base


class SheetFigureRow(Base):
    """One figure as it was filed last; value: its JSON. No part of the report until the auditor sends it as one."""

    __tablename__ = "sheet_figure"

    audit_id: Mapped[str] = mapped_column(ForeignKey("audit.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(30), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    filed_at: Mapped[datetime]
    filed_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
