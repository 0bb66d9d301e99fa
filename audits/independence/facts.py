"""What speaks for or against a firm and a team at a site, for planning and for the dossier."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from audits.tables import AuditRow
from ground.database import Reading


def check_planned(session: Reading, *, site: str, type: str, firm: str, team: Sequence[str], starts_on: date) -> None:
    """Conflict, naming what is missing, unless firm and team were assigned to this site and nothing speaks against them.

    Called when an audit is planned under a standard with rules of independence.
    """


def objections(session: Reading, audit: AuditRow, team: Sequence[str]) -> tuple[str, ...]:
    """What speaks against firm or team on the days of this audit, one sentence each, with ids and no names."""
    return ()


def in_a_row(session: Reading, site: str, lead: str) -> int:
    """How many submitted full audits in a row, up to now, that person has led at the site."""
    return 0
