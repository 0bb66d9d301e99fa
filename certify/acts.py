"""What people of scheme and certification body put on record beside the audits: risk, panels, reductions.

Each is a fact for the rules, never a decision.
"""

from __future__ import annotations

from certify.dossier import Panel, Reduction, Revocation, Risk
from ground.database import Reading


def risks(session: Reading, application: str) -> tuple[Risk, ...]:
    """The newest assessment of each site of the application, by site."""
    return ()


def revocations(session: Reading, organisation: str) -> tuple[Revocation, ...]:
    """Certificates of this organisation that the log says were revoked, oldest first."""
    return ()


def panels(session: Reading, application: str) -> tuple[Panel, ...]:
    return ()


def reduction(session: Reading, application: str) -> Reduction | None:
    """The reduction that is asked for and not enacted yet."""
    return None


def clean_cycles(session: Reading, application: str) -> int:
    """Certificates in a row, up to now, that ran without suspension, remediation or gap."""
    return 0
