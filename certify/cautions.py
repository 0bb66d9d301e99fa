"""Cautions: signed facts that colour nothing, but that a reader of a certificate should know."""

from __future__ import annotations

from certify.dossier import UnderReview
from ground.database import Reading


def under_review(session: Reading, application: str) -> tuple[UnderReview, ...]:
    """The firms and auditors under review on whose work this application rests, lifted ones too, oldest first."""
    return ()
