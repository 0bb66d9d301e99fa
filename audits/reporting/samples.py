"""The examples of reports in the API's description; they go on where those of `audits.samples` end.

Owns example data and nothing else; a test posts the requests and compares the shapes of the answers.
"""

from __future__ import annotations

from audits.samples import AUDIT, FINDING, REPORT, Example
from ground.canonical import Json

AUDIT_ID = AUDIT.answer["id"]
PERSON = AUDIT.answer["team"][0]
KID = "z6MkwF3hU7dgZtUjcXT1uUVXvP1Y6ne8QtvGxVLQTyjBP2PA"
SIG = "3d" * 64
SHA = "9f2c4e8a1b7d3f605c9e2a8b4d7f1c3e5a6b8c0d2e4f6a7b9c1d3e5f7a8b0c2d"
SIGNATURE: Example = {"kid": KID, "sig": SIG}

FIGURES: Example = {
    **REPORT,
    "id_papers": 640,
    "listed_workers": 643,
    "worker_languages": ["bn", "ne"],
    "hours": {"normal": 480, "overtime": 95, "total": 575, "days": 6},
    "records_from": "2025-06-01",
    "records_to": "2026-05-31",
    "explanations": [
        {"of": "id_papers", "text": "The papers of the 3 people on leave are with them."},
        {"of": "list", "text": "The list has the 3 people on leave; none of them was drawn."},
    ],
    "outcome": "completed",
    "outcome_by_site": False,
}
REFUSED: Example = {
    "workers": 0,
    "payroll_workers": 0,
    "interviews_individual": 0,
    "interviews_group": 0,
    "files_reviewed": 0,
    "summary": "Nobody of the team came past the gate.",
    "outcome": "access_denied",
    "outcome_by_site": True,
    "outcome_note": "The guard had an order to let nobody in; the management did not answer for two hours.",
}
PREPARED: Example = {
    "audit": AUDIT_ID,
    "version": 1,
    "prepared_at": "2026-06-05T13:40:00Z",
    "prepared_by": PERSON,
    "kid": KID,
    "sha256": SHA,
    "document": {"v": 2, "kid": KID, "audit": AUDIT_ID},
}
VERSION: Example = {
    "audit": AUDIT_ID,
    "version": 1,
    "report": SHA,
    "reason": "",
    "submitted_at": "2026-06-05T14:00:00Z",
    "submitted_by": PERSON,
    "signature": {"person": PERSON, **SIGNATURE},
}
VERSION_WHOLE: Example = {**VERSION, "document": PREPARED["document"]}
AMENDMENT: Example = {
    "reason": "A file that was missing on the last day came by mail: two more workers had paid an agent.",
    "answers": [
        {
            "provision": "T1.2",
            "result": "finding",
            "severity": "major",
            "affected": 9,
            "sampled": 42,
            "description": "9 of 42 paid for their medical examination.",
            "evidence": ["Receipts of the clinic"],
        }
    ],
}
AMENDED: Example = {**AUDIT.answer, "submitted_at": "2026-06-05T14:00:00Z", "report": "0b" * 32, "version": 2}
SHEET: Example = {
    "outcome": "refused_to_sign",
    "presented_at": "2026-06-04T16:30:00Z",
    "function": "Factory manager",
    "reason": "He wants to speak with the owner first.",
    "findings": [{"provision": "T10.2", "severity": "minor"}],
}
SHEET_FILED: Example = {"audit": AUDIT_ID, **SHEET, "filed_at": "2026-06-04T17:00:00Z", "filed_by": PERSON}
DIFF: Example = {
    "audit": AUDIT_ID,
    "outcome": "refused_to_sign",
    "final": True,
    "version": 1,
    "added": [{"provision": "T1.2", "severity": "major"}],
    "dropped": [],
    "changed": [{"provision": "T10.2", "told": "minor", "severity": "major"}],
}
READY: Example = {
    "audit": AUDIT_ID,
    "ready": False,
    "unanswered": ["T1.1"],
    "items": [
        {"kind": "unanswered", "blocks": True, "text": "1 provisions have no answer: T1.1"},
        {"kind": "effort_short", "blocks": False, "text": "2.5 man-days spent, and 3.0 are needed"},
    ],
    "effort": {"planned": 30, "needed": 30, "spent": 25},
    "prepared": None,
}
REGRADE: Example = {
    "severity": "risk",
    "reason": "The headings were printed in the third language before the visit ended; the copies are in evidence.",
}
REGRADED: Example = {
    **FINDING,
    "severity": "risk",
    "regrades": [
        {
            "from": "minor",
            "to": "risk",
            "reason": REGRADE["reason"],
            "by_role": "decider",
            "at": "2026-06-12T09:00:00Z",
        }
    ],
}
KEY: Example = {
    "id": "key_2m8c4v6b1n9x3z5q",
    "person": PERSON,
    "organisation": AUDIT.answer["firm"],
    "kid": KID,
    "enrolled_at": "2026-05-01T08:00:00Z",
    "revoked_at": None,
}
REVOKED: Example = {**KEY, "revoked_at": "2026-07-01T08:00:00Z"}


def page(*items: Example) -> dict[str, Json]:
    return {"items": list(items), "next": None}
