"""The examples in the API's description of evidence; a test holds them against the answers."""

from __future__ import annotations

from ground.canonical import Json

Example = dict[str, Json]

PROOF: Example = {
    "name": "repayment list March.xlsx",
    "size": 182_340,
    "sha256": "5f7c1d0e" * 8,
    "dated": "2026-05-28",
    "captured": {"at": "2026-06-01T04:12:00Z", "zone": "+06:00"},
}
ANNOUNCED: Example = {**PROOF, "provisions": ["T1.1", "T10.2"]}
UPLOAD: Example = {
    "id": "upl_0p4g7s2f9j5w1h6r",
    "audit": "aud_0p4g7s2f9j5w1h6r",
    "finding": None,
    "self_assessment": None,
    **ANNOUNCED,
    "state": "receiving",
    "received": 65_536,
    "refused": None,
    "evidence": None,
    "least_part": 65_536,
    "most_part": 1_048_576,
    "expires_at": "2026-06-08T08:00:00Z",
}
EVIDENCE: Example = {
    "id": "evd_5n3p7r9s1t2v4w6x",
    "audit": "aud_0p4g7s2f9j5w1h6r",
    "finding": None,
    "self_assessment": None,
    "organisation": "org_3x8c6v1q0m7t2d4k",
    "name": "notice board.jpg",
    "type": "image/jpeg",
    "sha256": "5f7c1d0e" * 8,
    "size": 182_340,
    "stored_sha256": "0c9d8e7f" * 8,
    "stored_size": 171_022,
    "width": 3000,
    "height": 4000,
    "dated": "2026-06-01",
    "captured": {"at": "2026-06-01T04:12:00Z", "zone": "+06:00"},
    "taken": {"at": "2026-06-01T10:12:00", "zone": "+06:00"},
    "uploaded_at": "2026-06-01T11:40:00Z",
    "uploaded_by": "per_7k2m9t4x1c5v8q3d",
    "doubts": [],
    "provisions": ["T1.1"],
    "also_in": [],
}
READING: Example = {
    "person": "per_1b6f0r8s3w5e9h2j",
    "organisation": "org_5t2b8n4c7x1z6v0m",
    "at": "2026-06-09T10:15:00Z",
}
