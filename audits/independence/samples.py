"""The examples in the API's description: one firm, one auditor, one assignment that was drawn.

Owns example data and nothing else.
"""

from __future__ import annotations

from ground.canonical import Json

Example = dict[str, Json]

FIRM_ID = "org_3x8c6v1q0m7t2d4k"
OTHER_FIRM = "org_9d2f7h1k4m6p8r0t"
LEAD = "per_7k2m9t4x1c5v8q3d"
OTHER = "per_1b6f0r8s3w5e9h2j"
HOLDER = "org_4r1mk7t2v9x0c3qd"
AT = "2026-06-01T08:00:00Z"

SET_FIRM: Example = {
    "status": "good",
    "reason": "Accredited, witnessed in April.",
    "countries": ["BD", "NP"],
    "topics": ["all"],
    "effective_on": "2026-06-01",
    "valid_until": "2027-05-31",
}
SUSPEND_FIRM: Example = {**SET_FIRM, "status": "suspended", "reason": "Two reports of one day from two places."}
FIRM_ENTRY: Example = {**SET_FIRM, "at": AT}
TIE: Example = {"organisation": HOLDER, "kind": "consultancy", "until": "2025-03-31"}
TIE_ENTRY: Example = {**TIE, "at": AT}
FIRM: Example = {"firm": FIRM_ID, "status": "good", "history": [FIRM_ENTRY], "ties": []}
SET_AUDITOR: Example = {
    "level": "lead",
    "status": "good",
    "reason": "Examined in May.",
    "topics": ["labour", "T16"],
    "languages": ["bn", "en"],
    "trained_on": "2026-05-12",
    "trained_until": "2029-05-11",
    "effective_on": "2026-06-01",
    "expires_on": "2027-05-31",
}
AUDITOR_ENTRY: Example = {**SET_AUDITOR, "at": AT}
AUDITOR: Example = {"person": LEAD, "firm": FIRM_ID, "status": "good", "history": [AUDITOR_ENTRY], "ties": [TIE_ENTRY]}
ASK: Example = {
    "site": "site_8w3n5e1h6z2k0b7y",
    "type": "surveillance",
    "standard": "freemark-2026.1",
    "starts_on": "2026-07-01",
    "ends_on": "2026-07-28",
    "languages": ["bn"],
    "topics": ["T1", "T2"],
}
LISTED: Example = {
    "id": "asg_5n9e2z7k4b0y3g8a",
    **ASK,
    "state": "offered",
    "firm": FIRM_ID,
    "lead": LEAD,
    "asked_at": AT,
    "accepted_at": None,
    "cancelled_at": None,
    "cancelled_reason": "",
}
DECLARE: Example = {"kind": "none"}
DECLARE_TIE: Example = {"kind": "consultancy", "until": "2025-03-31"}
DECLARATION: Example = {"person": LEAD, "kind": "none", "until": None, "at": AT}
ANSWER_BY = "2026-06-08T08:00:00Z"
WHY = "drawn at random on 2026-06-01 among 1 eligible of 2 candidates: nothing spoke against firm or lead"
OFFERED: Example = {**LISTED, "why": WHY, "answer_by": ANSWER_BY, "declarations": [DECLARATION], "draws": []}
ACCEPTED: Example = {**OFFERED, "state": "accepted", "accepted_at": AT, "answer_by": None}
DRAW: Example = {
    "round": 1,
    "at": AT,
    "number": 0,
    "of": 1,
    "firm": FIRM_ID,
    "lead": LEAD,
    "stands": "",
    "candidates": [
        {"firm": FIRM_ID, "person": LEAD, "eligible": True, "reasons": []},
        {
            "firm": OTHER_FIRM,
            "person": OTHER,
            "eligible": False,
            "reasons": [f"{OTHER} led the last 3 full audits here; at most 3 in a row"],
        },
    ],
    "declined_at": None,
    "declined_for": "",
    "declined_reason": "",
}
DRAWN: Example = {**LISTED, "why": WHY, "answer_by": ANSWER_BY, "declarations": [], "draws": [DRAW]}
DECLINE: Example = {"unavailable": "lead", "reason": "On leave in July."}
SENT_BACK: Example = {"id": "asg_5n9e2z7k4b0y3g8a", "state": "declined"}
CANCEL: Example = {"reason": "The factory has closed."}
CANCELLED: Example = {
    **DRAWN,
    "answer_by": None,
    "state": "cancelled",
    "cancelled_at": AT,
    "cancelled_reason": "The factory has closed.",
}
