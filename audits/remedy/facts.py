"""What remedy knows about a place or a finding, for the dossier and for the filing of findings.

Owns the way from rows to facts, in one query for any number of sites. Reads only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select

from audits.facts import Check
from audits.remedy import disclosures
from audits.remedy.tables import CheckRow
from ground.database import Reading


def checks(session: Reading, sites: Sequence[str]) -> dict[str, tuple[Check, ...]]:
    """The later checks of each site, oldest due first."""
    found: dict[str, list[Check]] = defaultdict(list)
    for row in session.scalars(_CHECKS, {"sites": sites}):
        found[row.site_id].append(Check(row.kind, row.about, row.due, row.done_at, row.result))
    return {site: tuple(found[site]) for site in sites}


def disclosed_at(session: Reading, site: str, provision: str, *, before: datetime) -> datetime | None:
    """When the site told of this itself, if it did so before `before` (the start of the audit that found it)."""
    return disclosures.counted(session, site, provision, before)


_CHECKS = (  # built once: building it costs more than asking it
    select(CheckRow).where(CheckRow.site_id.in_(bindparam("sites", expanding=True))).order_by(CheckRow.due, CheckRow.id)
)
