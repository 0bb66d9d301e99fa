"""The figures of the field days of one audit, for its report and for the dossier."""

from __future__ import annotations

from dataclasses import dataclass

from audits.facts import Stratum
from audits.tables import AuditRow
from ground.database import Reading


@dataclass(frozen=True)
class Figures:
    """effort: tenths of a man-day. interviews: as logged; 0 when there is no log. off_site: of them."""

    effort_needed: int = 0
    effort_spent: int = 0
    interviews: int = 0
    off_site: int = 0
    languages: tuple[str, ...] = ()
    strata: tuple[Stratum, ...] = ()
    missing: tuple[str, ...] = ()
    """Strata that the sample still passes over, one sentence each: shown to the team before it closes."""


def figures(session: Reading, audit: AuditRow) -> Figures:
    return Figures()
