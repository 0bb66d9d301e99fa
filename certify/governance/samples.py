"""Examples of governance's requests and answers, for the API's description. Owns example data and nothing else."""

from __future__ import annotations

from ground.canonical import Json

Example = dict[str, Json]

TEXT: Example = {"text": 'id = "example-2027.0"\ntitle = "Our rulebook"\n...'}
CONSULTATION: Example = {
    "opened_on": "2026-09-01",
    "closed_on": "2026-10-31",
    "invited": [
        {"organisation": "Garment Workers Union", "kind": "union"},
        {"organisation": "Shelter for Migrants", "kind": "ngo"},
        {"organisation": "Northwind Stores", "kind": "brand"},
    ],
    "answers": 3,
    "summary": "The union asked for repayment in less time; taken up. The brand asked for bands; declined.",
    "document": "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8",
}
PROPOSAL: Example = {
    "id": "example-2027.0",
    "sha256": "a3f5c1d2e4b6978800112233445566778899aabbccddeeff0011223344556677",
    "in_force_from": "2027-01-01",
    "proposed_by": "per_7k2m9t4x1c5v8q3d",
    "proposed_at": "2026-08-20T09:00:00Z",
    "approved_by": None,
    "published_at": None,
    "consultations": [{"id": "con_5n9e2z7k4b0y3g8a", **CONSULTATION, "recorded_at": "2026-11-02T10:00:00Z"}],
    "text": TEXT["text"],
}
LACKING: Example = {
    "application": "app_1b6f0r8s3w5e9h2j",
    "at": "2026-06-01T08:00:00Z",
    "rulebook": "freemark-2026.1",
    "standing": None,
    "next": "issue",
    "unmet": [
        {
            "clause": "I4",
            "title": "Accepted by the certification body",
            "text": "The reports are not accepted yet.",
            "subject": "",
            "who": "certification body",
            "meets": "A decider who was on no audit accepts every current report by its hash.",
        }
    ],
    "met": 35,
    "asked": 36,
    "appeals": [],
}
EXPLANATION: Example = {
    "id": "dec_8w3n5e1h6z2k0b7y",
    "application": "app_1b6f0r8s3w5e9h2j",
    "n": 3,
    "at": "2026-06-01T08:00:00Z",
    "outcome": "refuse",
    "sentence": "No certificate is issued yet.",
    "because": [
        {
            "clause": "I4",
            "title": "Accepted by the certification body",
            "text": "The reports are not accepted yet.",
            "rule": "One decider accepted every submitted report of every site and agent by its hash.",
            "origin": "ISO 17065, review and decision apart from evaluation [K]",
        }
    ],
    "clauses": [],
    "proposals": [],
    "score": "197.50",
    "band": "",
    "valid_from": None,
    "valid_until": None,
    "inputs": {
        "lines": ["Sites: 1, agents' offices: 1, products: 1"],
        "reports": [],
        "findings": [],
        "certificate": None,
    },
    "rulebook": {"id": "freemark-2026.1", "title": "Freemark rulebook", "sha256": "a3f5..."},
    "record_sha256": "5e88...",
    "commitment": "77aa...",
    "challenge": "The holder may reply within the time named in the notice, and appeal.",
}
DRYRUN: Example = {
    "rulebook": "freemark-2026.1",
    "against": "example-2027.0",
    "at": "2026-11-22T08:00:00Z",
    "examined": 812,
    "outcomes": [
        {"now": "keep", "then": "keep", "certificates": 811},
        {"now": "keep", "then": "suspend", "certificates": 1},
    ],
    "changes": [
        {
            "application": "app_1b6f0r8s3w5e9h2j",
            "certificate": "7Q2KM9T4X1C",
            "state": "active",
            "now": "keep",
            "then": "suspend",
            "clauses": ["S6 met -> unmet: Visit overdue by more than 30 days: site_8w3n5e1h6z2k0b7y."],
        }
    ],
}
