"""Who stands behind the certificates: the public documents of the scheme, its certification bodies, firms and holders.

Owns `/scheme` and `/firms/{id}`. Where one organisation holds two of the roles that ought to be apart, the document
says so, and an accreditation that is missing or over is called "not accredited". Never names a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select

from certify.tables import Certificate
from ground.canonical import Json
from ground.database import Reading
from ground.parties import Organisation, accredited
from ground.settings import Settings

PUBLIC = ("scheme_owner", "certification_body", "audit_firm")
APART = {
    "scheme_owner": "owner of the scheme",
    "certification_body": "certification body",
    "audit_firm": "audit firm",
    "manufacturer": "manufacturer",
    "labour_agent": "labour agent",
}
NOT_ACCREDITED = "not accredited"


def firm_documents(session: Reading, today: date) -> dict[str, dict[str, Json]]:
    """{organisation id: document} of everybody with a public role, and of the holders of certificates."""
    holders = set(session.scalars(select(Certificate.organisation_id).where(Certificate.sealed_at.is_not(None))))
    return {
        row.id: {
            "id": row.id,
            "name": row.name,
            "country": row.country,
            "roles": row.roles,
            "accreditation": row.accreditation if accredited(row, today) else NOT_ACCREDITED,
        }
        for row in session.scalars(select(Organisation).order_by(Organisation.id))
        if row.id in holders or set(row.roles) & set(PUBLIC)
    }


def scheme_document(settings: Settings, firms: Mapping[str, dict[str, Json]], rules: str) -> dict[str, Json]:
    """The scheme: who owns it, who certifies, who audits, under which rules, and where two roles are in one hand."""
    return {
        "id": f"{settings.public_url}/scheme",
        "name": settings.scheme_name,
        "scheme_owner": _of(firms, "scheme_owner"),
        "certification_bodies": _of(firms, "certification_body"),
        "audit_firms": _of(firms, "audit_firm"),
        "roles_in_one_hand": [
            f"{firm['name']} is at once {' and '.join(APART[role] for role in firm['roles'])}."
            for firm in firms.values()
            if len(firm["roles"]) > 1
        ],
        "rulebook": f"{settings.public_url}/rulebooks/{rules}",
        "log": f"{settings.public_url}/log/checkpoint",
        "witnesses": [],
        "note": "The log is not independently witnessed.",
    }


def _of(firms: Mapping[str, dict[str, Json]], role: str) -> list[Json]:
    """One entry per organisation with that role."""
    keys = ("id", "name", "country", "accreditation")
    return [{key: firm[key] for key in keys} for firm in firms.values() if role in firm["roles"]]
