"""What remedy knows about a place or a finding, for the dossier and for the filing of findings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from audits.facts import Check
from ground.database import Reading


def checks(session: Reading, sites: Sequence[str]) -> dict[str, tuple[Check, ...]]:
    """The later checks of each site, oldest due first."""
    return dict.fromkeys(sites, ())


def disclosed_at(session: Reading, site: str, provision: str, *, before: datetime) -> datetime | None:
    """When the site told of this itself, if it did so before `before` (the start of the audit that found it)."""
    return None
