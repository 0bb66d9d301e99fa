"""What screening and the site register say about a place, for the dossier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from audits.facts import Hit
from ground.database import Reading


@dataclass(frozen=True)
class Screened:
    """Of one site: the hits concern the site, its owner or, for an agency's office, the agent."""

    screened_at: datetime | None = None
    hits: tuple[Hit, ...] = ()
    subcontractors: tuple[str, ...] = ()
    refreshed_at: datetime | None = None


def screened(session: Reading, sites: Sequence[str]) -> dict[str, Screened]:
    """One entry per site, in a fixed number of queries."""
    return {site: Screened() for site in sites}
