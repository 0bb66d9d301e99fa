"""The examples in the API's description: one small certification, with requests and answers that fit each other.

Owns example data and nothing else; a test posts the requests and compares the shapes of the answers, so that the
description cannot drift from the code.
"""

from __future__ import annotations

from ground.canonical import Json

Example = dict[str, Json]

SITE = "site_8w3n5e1h6z2k0b7y"
OFFICE = "site_2d7f4c9m1x6q3v8t"
REPORT = "5f2c1f0c7c3a4b9e8d6f7a1b2c3d4e5f60718293a4b5c6d7e8f9012345678901"
HASH = "a3b1c2d4e5f60718293a4b5c6d7e8f90123456789abcdef0123456789abcdef0"
NUMBER = "7KQ2M9XW4CT"
BASE = "https://scheme.example.org"

APPLY: Example = {
    "sites": [SITE],
    "agents": [OFFICE],
    "products": [{"name": "Men's shirts", "gtin": "04006381333931", "model": "S-1", "yearly_units": 50000}],
}
AGREEMENT: Example = {"version": "2026.0", "independent_reporting": True}
ACCEPTANCE: Example = {"reports": [REPORT], "note": "Reviewed with the closure evidence."}
SUSPENSION: Example = {"reason": "The embassy asks us to look at once.", "reason_code": "administrative"}
REPLY: Example = {"text": "The safe was opened on the day of the visit; every worker has the passport back."}
CONFIRMATION: Example = {"act": "reinstate"}

_DECIDED: Example = {
    "n": 3,
    "outcome": "keep",
    "at": "2026-06-20T09:30:00Z",
    "rulebook": "freemark-2026.0",
    "certificate": NUMBER,
    "unmet": [],
}
LISTED: Example = {
    "id": "app_2b6c8d0e4f1g3h5j",
    "organisation": "org_4r1mk7t2v9x0c3qd",
    "sites": [SITE],
    "agents": [OFFICE],
    "products": [
        {
            "id": "app_2b6c8d0e4f1g3h5j-1",
            "name": "Men's shirts",
            "gtin": "04006381333931",
            "model": "S-1",
            "yearly_units": 50000,
            "former": None,
        }
    ],
    "agreement": {"version": "2026.0", "independent_reporting": True, "signed_at": "2026-06-01T10:00:00Z"},
    "certificate": NUMBER,
    "decision": _DECIDED,
    "withdrawal_requested_at": None,
    "created_at": "2026-06-01T09:00:00Z",
}
APPEALED: Example = {
    "id": "apl_0p4g7s2f9j5w1h6r",
    "against": "suspend",
    "certificate": NUMBER,
    "filed_at": "2026-06-03T09:00:00Z",
    "decide_by": "2026-07-03T09:00:00Z",
    "outcome": None,
    "decided_at": None,
    "follows": "Two people of different organisations, who had no part in the case, judge it. The decision stands "
    "meanwhile.",
}
APPLICATION: Example = {**LISTED, "reports": [REPORT], "appeals": [APPEALED]}
NEW: Example = {
    **APPLICATION, "agreement": None, "certificate": None, "decision": None, "reports": [], "appeals": [],
}  # fmt: skip
REFUSED: Example = {**_DECIDED, "n": 1, "outcome": "refuse", "certificate": None, "unmet": ["I6"]}
DECISION: Example = {
    **REFUSED,
    "because": ["I6"],
    "reasons": [
        {
            "clause": "I6",
            "met": False,
            "text": "Open: T1.1 (fnd_5k8p2r7t4w9y1c6e).",
            "subject": "fnd_5k8p2r7t4w9y1c6e",
            "title": "No open major finding on a core topic",
        }
    ],
    "score": "188.95",
    "valid_from": None,
    "valid_until": None,
    "affected_from": None,
    "reply_until": None,
    "rulebook_sha256": HASH,
    "commitment": HASH,
}
CERTIFICATE: Example = {
    "number": NUMBER,
    "url": f"{BASE}/certificates/{NUMBER}",
    "organisation": "org_4r1mk7t2v9x0c3qd",
    "application": "app_2b6c8d0e4f1g3h5j",
    "standing": "active",
    "reason": "The certificate is in force.",
    "may_mint": True,
    "since": "2026-06-20T09:30:00Z",
    "valid_from": "2026-06-20T09:30:00Z",
    "valid_until": "2027-06-05T00:00:00Z",
    "use_by": "2027-06-04",
    "sell_by": "2027-12-01",
    "sites": [{"id": SITE, "url": f"{BASE}/sites/{SITE}", "name": "Sunrise Garments, Unit 2"}],
    "products": [
        {
            "id": "app_2b6c8d0e4f1g3h5j-1",
            "url": f"{BASE}/products/app_2b6c8d0e4f1g3h5j-1",
            "name": "Men's shirts",
            "gtin": "04006381333931",
            "yearly_units": 50000,
        }
    ],
    "next": None,
    "revocation": None,
}
PROPOSED: Example = {
    **CERTIFICATE,
    "standing": "suspended",
    "reason": "The certificate is suspended; it may not be relied upon until that ends.",
    "may_mint": False,
    "use_by": None,
    "sell_by": None,
    "since": "2026-09-01T08:00:00Z",
    "revocation": {
        "opened_at": "2026-09-01T08:00:00Z",
        "reply_until": "2026-10-01T08:00:00Z",
        "replied_at": "2026-09-03T12:00:00Z",
        "waived_at": None,
    },
}
EVENTS: Example = {
    "events": [
        {
            "index": 2,
            "leaf": {
                "v": 1,
                "t": "cert.issued",
                "cert": NUMBER,
                "seq": 0,
                "at": "2026-06-20T09:30:00Z",
                "nbf": "2026-06-20T09:30:00Z",
                "exp": "2027-06-05T00:00:00Z",
                "doc": HASH,
                "rules": HASH,
                "cmt": HASH,
                "kid": "z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG",
                "sig": 64 * "0f",
            },
        }
    ]
}
FIRM: Example = {
    "id": "org_9m3v6b1n4x7z2c5l",
    "name": "Meridian Audit",
    "country": "CH",
    "roles": ["audit_firm"],
    "accreditation": "not accredited",
}
CREDENTIAL: Example = {
    "type": ["DigitalConformityCredential", "VerifiableCredential"],
    "id": f"{BASE}/certificates/{NUMBER}",
    "validFrom": "2026-06-20T09:30:00Z",
    "validUntil": "2027-06-05T00:00:00Z",
}
FORMS: Example = {
    "application/vc": CREDENTIAL,
    "application/json": CREDENTIAL,
    "application/vc+jwt": "eyJhbGciOiJFZERTQSJ9.eyJpZCI6Imh0dHBzOi8vc2NoZW1lIn0.c2ln",
    "text/html": "<!doctype html><title>Certificate</title>",
}
LIST: Example = {
    "type": ["VerifiableCredential", "BitstringStatusListCredential"],
    "id": f"{BASE}/status/revocation/1",
    "validFrom": "2026-06-20T09:30:00Z",
    "validUntil": "2026-06-22T09:30:00Z",
}
CHECKPOINT = "scheme.example.org/log\n3\nnND/nri/U0xuHUrYSy0HtMeal2vzD9V4k/BO79C+QeI=\n"
PROOF = f"c2sp.org/tlog-proof@v1\nindex 0\n\n{CHECKPOINT}"
