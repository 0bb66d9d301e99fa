"""Where a site said that it conforms, and an audit found otherwise.

Owns that one comparison. What the audit found is what this reader gets of it from `audits.views`, so nothing that is
held, not released or too small to be shown can come in by this door; how many people are affected is not said again.
Nobody is accused: a site may have answered in good faith.
"""

from __future__ import annotations

from datetime import datetime

from audits import scope
from audits.selfassessment.facts import answers_of, stood_at
from audits.selfassessment.relations import compared_audit
from audits.selfassessment.service import note_reading
from audits.views import get_audit
from ground.access import Actor
from ground.canonical import Json, instant
from ground.database import Writing


def compare(session: Writing, actor: Actor, audit_id: str, *, now: datetime) -> dict[str, Json]:
    """For the team, those who decide and, after the release, the people of the site. Reading is written down.

    said_conforms: how many provisions the site said it conforms to; it depends on nothing that the audit found.
    """
    audit = compared_audit(session, actor, audit_id)
    row = stood_at(session, audit)
    if row is None:
        return {
            "audit": audit.id, "self_assessment": None, "version": None, "submitted_at": None, "said_conforms": 0,
            "differs": [],
        }  # fmt: skip
    note_reading(session, actor, row, {"audit": audit.id}, now)
    said = {id: answer for id, answer in answers_of(session, row).items() if answer.said == "conforms"}
    found: dict[str, dict[str, Json]] = {
        each["provision"]: each for each in get_audit(session, actor, audit.id)["findings"]
    }
    provisions = scope.catalogue_of(audit).provisions
    return {
        "audit": audit.id,
        "self_assessment": row.id,
        "version": row.version,
        "submitted_at": instant(row.submitted_at) if row.submitted_at else None,
        "said_conforms": len(said),
        "differs": [
            {
                "provision": id,
                "core": provisions[id].core,
                "note": said[id].note or None,
                "finding": found[id]["id"],
                "severity": found[id]["severity"],
            }
            for id in provisions
            if id in said and id in found
        ],
    }
