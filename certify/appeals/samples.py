"""Examples of notices, appeals and the acts beside them, for the API's description. Owns example data, nothing else."""

from __future__ import annotations

from ground.canonical import Json

Example = dict[str, Json]

NOTICE: Example = {
    "id": "ntc_5n9e2z7k4b0y3g8a",
    "application": "app_1b6f0r8s3w5e9h2j",
    "certificate": "7Q2KM9T4X1C",
    "decision": "dec_8w3n5e1h6z2k0b7y",
    "outcome": "suspend",
    "subject": "Certificate suspended",
    "grounds": [{"clause": "S3", "title": "Core major overdue", "text": "Overdue: T1.2 (fnd_5n9e)."}],
    "rulebook": "freemark-2026.1",
    "given_at": "2026-06-01T08:00:00Z",
    "reply_until": None,
    "appeal_until": "2026-07-01T08:00:00Z",
    "appeal": None,
    "customers_by": "2026-06-05T08:00:00Z",
    "customers_told_at": None,
    "reason_code": "nonconformity",
    "stock": {
        "event": "Suspension on a core topic",
        "site": None,
        "new_labels": {"text": "Stop at once.", "until": None},
        "unused_labels": {"text": "Frozen.", "until": None},
        "goods_not_shipped": {"text": "Held, nothing is shipped.", "until": None},
        "goods_shipped": {"text": "Amber: under review.", "until": None},
        "affected_since": None,
        "scan_shows": "Amber, without details.",
    },
}
APPEAL: Example = {
    "id": "apl_0p4g7s2f9j5w1h6r",
    "notice": NOTICE["id"],
    "application": NOTICE["application"],
    "certificate": NOTICE["certificate"],
    "against": "suspend",
    "argument": "The repayment was completed on 28 May; the bank's proof is attached to the corrective action.",
    "filed_at": "2026-06-03T09:00:00Z",
    "decide_by": "2026-07-03T09:00:00Z",
    "outcome": None,
    "decided_at": None,
    "words": [],
}
ARGUMENT: Example = {"argument": APPEAL["argument"]}
WORD: Example = {"uphold": True, "reasons": "The proof was there on the day of the decision."}
JUDGED: Example = {
    **APPEAL,
    "words": [
        {
            "person": "per_7k2m9t4x1c5v8q3d",
            "organisation": "org_3x8c6v1q0m7t2d4k",
            **WORD,
            "at": "2026-06-10T10:00:00Z",
        }
    ],
}
RISK_WISH: Example = {"level": "low", "reason": "No migrants, no dormitory, three audits without a major finding."}
RISK: Example = {
    "site": "site_8w3n5e1h6z2k0b7y",
    **RISK_WISH,
    "person": "per_7k2m9t4x1c5v8q3d",
    "organisation": "org_3x8c6v1q0m7t2d4k",
    "at": "2026-06-01T08:00:00Z",
}
OPINION: Example = {"favourable": True, "opinion": "Both causes are removed, and the workers asked confirm it."}
PANEL: Example = {
    "application": NOTICE["application"],
    "words": [
        {
            "person": "per_7k2m9t4x1c5v8q3d",
            "organisation": "org_3x8c6v1q0m7t2d4k",
            **OPINION,
            "at": "2026-06-01T08:00:00Z",
        }
    ],
    "panel": None,
}
REDUCTION_WISH: Example = {"site": "site_8w3n5e1h6z2k0b7y", "reason": "The unit was sold."}
REDUCTION: Example = {
    "certificate": NOTICE["certificate"],
    "application": NOTICE["application"],
    **REDUCTION_WISH,
    "asked_at": "2026-06-01T08:00:00Z",
    "enacted_at": None,
    "withdrawn_at": None,
}
