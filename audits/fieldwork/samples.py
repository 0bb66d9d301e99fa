"""The examples in the API's description: the field days of one audit, with requests and answers that fit each other.

Owns example data and nothing else; a test posts the requests and compares the shapes of the answers.
"""

from __future__ import annotations

import base64

from audits.fieldwork import boxes
from ground.canonical import Json

Example = dict[str, Json]

AUDIT = "aud_0p4g7s2f9j5w1h6r"
BODY = "org_5t2b8n4c7x1z6v0m"
LEAD = "per_7k2m9t4x1c5v8q3d"
AT = "2026-06-03T16:00:00Z"
_PUBLIC = bytes([9]) + bytes(31)  # the base point: its private half is known to nobody

PLAN: Example = {
    "workers": 640,
    "high_risk": False,
    "planned": 30,
    "months": {"current": "2026-05", "peak": "2025-11", "low": "2026-02"},
}
EFFORT: Example = {
    "days": [
        {"day": "2026-06-02", "person": LEAD, "tenths": 10},
        {"day": "2026-06-03", "person": LEAD, "tenths": 10},
        {"day": "2026-06-04", "person": LEAD, "tenths": 10},
    ]
}
PLANNED: Example = {
    "audit": AUDIT,
    **PLAN,
    "man_day_hours": 8,
    "needed": 30,
    "spent": 30,
    **EFFORT,
    "by_the_table": {"individual": 12, "groups": 6, "group_size": 5, "files": 42},
}
FORCE: Example = {
    "workers": 640,
    "strata": [
        {"name": "agency:unregistered", "size": 0},
        {"name": "migrant", "size": 88},
        {"name": "nationality:BD", "size": 552},
        {"name": "nationality:NP", "size": 88},
        {"name": "new_joiners", "size": 0},
        {"name": "night_shift", "size": 120},
        {"name": "under_18", "size": 0},
        {"name": "women", "size": 410},
    ],
    "languages": [{"language": "bn", "size": 552}, {"language": "ne", "size": 88}],
}
FORCED: Example = {"audit": AUDIT, **FORCE}
COUNTS: Example = {
    "individual": 16,
    "group": 10,
    "private": 26,
    "languages": {"bn": 18, "ne": 8},
    "places": {"off_site": 11, "on_site": 13, "phone": 2},
    "interpreters": {"independent": 8, "none": 18},
    "strata": {"migrant": 8, "nationality:BD": 18, "nationality:NP": 8, "night_shift": 2, "women": 17},
}
COUNTED: Example = {"audit": AUDIT, "people": 26, "counts": COUNTS}
SAMPLE: Example = {
    "audit": AUDIT,
    "workers": 640,
    "interviews": {"needed": 26, "achieved": 26, "why": ""},
    "off_site": {"needed": 13, "achieved": 13},
    "files": {"needed": 26, "months_of_each": 3},
    "strata": [{"name": "night_shift", "size": 120, "needed": 3, "achieved": 2}],
    "languages": [{"language": "ne", "size": 88, "achieved": 8}],
    "missing": ["night_shift: 2 of 3 interviewed, of 120 there"],
}
SITES: Example = {"total": 40, "visit": "surveillance", "always": 4, "drawn": 4, "at_random": 2, "visited": 8}
KEY: Example = {"key": boxes.key_text(_PUBLIC)}
ENROLLED: Example = {
    "id": "key_2h7c4v9m1x6b3n8z",
    "organisation": BODY,
    **KEY,
    "enrolled_at": "2026-05-01T08:00:00Z",
    "retired_at": None,
}
_FILE = boxes.MAGIC + _PUBLIC + bytes(boxes.OVERHEAD - len(boxes.MAGIC) - 32 + boxes.BLOCK)
SEALED: Example = {"sealed": base64.b64encode(_FILE).decode()}
FILED: Example = {
    "id": "sld_8w3n5e1h6z2k0b7y",
    "audit": AUDIT,
    "to": BODY,
    "key": ENROLLED["id"],
    "sha256": "9f2c4e8a1b7d3f605c9e2a8b4d7f1c3e5a6b8c0d2e4f6a7b9c1d3e5f7a8b0c2d",
    "size": len(_FILE),
    "filed_at": AT,
    "filed_by": LEAD,
}
READING: Example = {"person": "per_1b6f0r8s3w5e9h2j", "organisation": BODY, "at": "2026-06-09T10:15:00Z"}
