"""How far a brake reaches: it is about places, and goods from one place may carry the numbers of two certificates.

Owns that question only. Who may brake, and what the rules make of it, is elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import aliased

from certify import casefile, register
from certify.tables import Application, ApplicationSite
from ground.database import Writing, lock

GREEN = ("active", "remediation")


def beside(session: Writing, application: Application, now: datetime) -> Iterator[tuple[str, Application]]:
    """(number, application), locked, of the holder's other certificates in force that cover a site of this one."""
    here, there = aliased(ApplicationSite), aliased(ApplicationSite)
    sharing = (
        select(there.application_id)
        .join(here, here.site_id == there.site_id)
        .where(here.application_id == application.id, here.part == "site", here.left_at.is_(None))
        .where(there.application_id != application.id, there.part == "site", there.left_at.is_(None))
    )
    query = select(Application.id).where(
        Application.id.in_(sharing), Application.organisation_id == application.organisation_id
    )
    for id in session.scalars(query.order_by(Application.id)).all():
        lock(session, f"application {id}")
        certificate = casefile.current_certificate(session, id)
        if certificate is not None and register.standing(session, certificate.number, now).state in GREEN:
            yield certificate.number, session.get_one(Application, id)
