"""The examples in the description of the sheets. Owns example data and nothing else."""

from __future__ import annotations

from ground.canonical import Json

_HEAD: dict[str, Json] = {
    "audit": "aud_0p4g7s2f9j5w1h6r",
    "site": "site_8w3n5e1h6z2k0b7y",
    "place": "Unit 2",
    "type": "initial",
    "remote": False,
    "starts_on": "2026-06-02",
    "ends_on": "2026-06-04",
    "standard": "freemark-2026.1",
    "standard_sha256": "4d7f1c3e5a6b8c0d2e4f6a7b9c1d3e5f7a8b0c2d9f2c4e8a1b7d3f605c9e2a8b",
    "profiles": ["garment"],
    "version": "sheet-2-3fa9c0d1e2b4",
}
_ANSWER: dict[str, Json] = {
    "result": "finding",
    "severity": "minor",
    "affected": 6,
    "sampled": 42,
    "description": "Payslips are printed in two languages; 6 of 42 workers asked could not explain their deductions.",
    "evidence": ["42 payslips"],
    "deliberate": False,
    "concealed": False,
    "worst_form": False,
    "by_management": False,
}
_FILLED: dict[str, Json] = {
    "head": _HEAD,
    "checksum": "9f2c4e8a1b7d3f605c9e2a8b4d7f1c3e5a6b8c0d2e4f6a7b9c1d3e5f7a8b0c2d",
    "base": {},
    "answers": {"T10.2": _ANSWER},
    "figures": {"workers": 640},
}
SHEET: dict[str, Json] = {
    **_FILLED,
    "standing": [],
    "questions": [
        {
            "provision": "T10.2",
            "title": "Wages are explained",
            "requirement": "Each worker gets a payslip with hours, wages and every deduction, and understands it.",
            "conformance": "Workers of every language explain their own last payslip.",
            "documents": "Payslips of three months.",
            "interviews": "Ask workers to explain their payslip.",
            "observation": "Look for notices on pay near the time clock.",
            "floor": "minor",
            "ceiling": "major",
        }
    ],
}
JSON_REQUEST: dict[str, Json] = {"sheet": _FILLED}
WORKBOOK_REQUEST: dict[str, Json] = {
    "workbook": "UEsDBBQAAAAIAAAAPwA=",
    "resolution": {"T10.2": "mine"},
    "seen": "5a6b8c0d2e4f6a7b9c1d3e5f7a8b0c2d",
    "release": "now",
    "dry_run": True,
}
FILED: dict[str, Json] = {
    "audit": "aud_0p4g7s2f9j5w1h6r",
    "dry_run": False,
    "filed": [{"provision": "T3.2", "result": "finding", "severity": "major", "escalated": "share"}],
    "figures": ["workers"],
    "kept": [],
    "conflicts": [
        {
            "key": "T10.2",
            "place": "Provisions!I58",
            "mine": {"value": _ANSWER, "by": "per_7k2m9t4x1c5v8q3d"},
            "theirs": {
                "value": {**_ANSWER, "affected": 9},
                "by": "per_1b6f0r8s3w5e9h2j",
                "at": "2026-06-03T16:20:00Z",
            },
            "stands": False,
            "detail": "T10.2 was changed on both sides since this sheet was made",
        }
    ],
    "seen": "5a6b8c0d2e4f6a7b9c1d3e5f7a8b0c2d",
    "unanswered": ["T1.1", "T1.2"],
    "report": {"workers": 640},
}
