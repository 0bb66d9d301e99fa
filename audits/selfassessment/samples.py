"""The examples in the API's description of self-assessments; a test holds them against the answers."""

from __future__ import annotations

from audits.evidence.samples import EVIDENCE, UPLOAD
from audits.selfassessment.rules import NO_DISCLOSURE
from ground.canonical import Json

Example = dict[str, Json]

OPENING: Example = {"site": "site_8w3n5e1h6z2k0b7y", "standard": "freemark-2026.1"}
LINE: Example = {
    "id": "slf_6d2h8p4v0m7q3x9c",
    **OPENING,
    "organisation": "org_9k4t1z7b3e8y5m0p",
    "profiles": ["garment"],
    "version": 1,
    "opened_at": "2026-05-04T09:00:00Z",
    "submitted_at": None,
    "sha256": None,
}
SAID: list[Json] = [
    {"provision": "T1.1", "said": "does_not_conform", "note": "Some 20 people of one corridor paid a sub-agent."},
    {"provision": "T2.1", "said": "conforms", "note": None},
    {"provision": "T9.2", "said": "does_not_know", "note": None},
]
ANSWERS: Example = {
    "answers": [{name: value for name, value in answer.items() if value is not None} for answer in SAID],
}
_DOCUMENT: Example = {
    **EVIDENCE,
    "audit": None,
    "self_assessment": LINE["id"],
    "organisation": LINE["organisation"],
    "name": "recruitment contracts.pdf",
    "type": "application/pdf",
    "width": None,
    "height": None,
    "captured": None,
    "taken": None,
}
ASSESSMENT: Example = {
    **LINE,
    "progress": {
        "asked": 78,
        "answered": 3,
        "topics": [
            {
                "topic": "T1",
                "title": "Fees and costs of getting the job",
                "core": True,
                "asked": 5,
                "answered": 1,
                "missing": ["T1.2", "T1.3", "T1.4", "T1.5"],
            },
        ],
    },
    "answers": SAID,
    "documents": [_DOCUMENT],
    "disclosure": {"provisions": ["T1.1"], "where": "POST /v1/disclosures", "text": NO_DISCLOSURE},
}
SUBMITTED: Example = {**ASSESSMENT, "submitted_at": "2026-05-20T15:30:00Z", "sha256": "7a1e5c93" * 8}
HEAD: Example = {
    "self_assessment": LINE["id"],
    **OPENING,
    "standard_sha256": "2f8d4b61" * 8,
    "profiles": ["garment"],
    "version": 1,
}
SHEET: Example = {
    "head": HEAD,
    "answers": {
        "T1.1": {"said": "does_not_conform", "note": "Some 20 people of one corridor paid a sub-agent."},
        "T1.2": {"said": None, "note": None},
    },
    "questions": [
        {
            "provision": "T1.1",
            "core": True,
            "title": "No worker pays for the job",
            "requirement": "No worker has paid, or owes, any fee or cost for being recruited or kept in the job.",
            "conformance": "Workers say, alone, that they paid nothing, and agents' invoices show that the site paid.",
            "documents": "Read agents' invoices and bank proofs for the last three groups hired.",
        },
    ],
}
FILLED: Example = {"sheet": {"head": HEAD, "answers": SHEET["answers"]}}
DOCUMENT: Example = {
    "name": "recruitment contracts.pdf",
    "size": 182_340,
    "sha256": "5f7c1d0e" * 8,
    "dated": "2026-04-28",
    "provisions": ["T1.1", "T1.2"],
}
ANNOUNCED: Example = {
    **UPLOAD,
    **DOCUMENT,
    "audit": None,
    "self_assessment": LINE["id"],
    "captured": None,
    "received": 0,
}
COMPARISON: Example = {
    "audit": "aud_0p4g7s2f9j5w1h6r",
    "self_assessment": LINE["id"],
    "version": 1,
    "submitted_at": "2026-05-20T15:30:00Z",
    "said_conforms": 61,
    "differs": [
        {
            "provision": "T10.2",
            "core": False,
            "note": "Payslips are printed in two languages.",
            "finding": "fnd_5n9e2z7k4b0y3g8a",
            "severity": "minor",
        },
    ],
}
