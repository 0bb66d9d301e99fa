"""The examples in the API's description: one small audit, with requests and answers that fit each other.

Owns example data and nothing else; a test posts the requests and compares the shapes of the answers, so that the
description cannot drift from the code.
"""

from __future__ import annotations

from typing import NamedTuple

from ground.canonical import Json

Example = dict[str, Json]


class Pair(NamedTuple):
    request: Example
    answer: Example


class Steps(NamedTuple):
    containment: Example
    request: Example
    completion: Example


_PLANNED: Example = {
    "site": "site_8w3n5e1h6z2k0b7y",
    "type": "initial",
    "standard": "freemark-2026.0",
    "team": ["per_7k2m9t4x1c5v8q3d", "per_1b6f0r8s3w5e9h2j"],
    "starts_on": "2026-06-02",
    "ends_on": "2026-06-04",
    "announced": True,
    "notice": "announced",
    "effort_planned": 30,
    "remote": False,
}
AUDIT = Pair(
    request=_PLANNED,
    answer={
        "id": "aud_0p4g7s2f9j5w1h6r",
        **_PLANNED,
        "firm": "org_3x8c6v1q0m7t2d4k",
        "subject": "site",
        "profiles": [],
        "submitted_at": None,
        "released_at": None,
        "outcome": "completed",
        "outcome_by_site": False,
        "outcome_note": "",
        "report": None,
        "version": 1,
        "signature": None,
        "answered": 0,
        "provisions": 44,
    },
)

_FINDING_ANSWER: Example = {
    "provision": "T10.2",
    "result": "finding",
    "description": "Payslips are printed in two languages; 6 of 42 workers asked could not explain their deductions.",
    "evidence": ["42 payslips", "Interview sheets 5, 6, 9 and 11"],
    "affected": 6,
    "sampled": 42,
}
ANSWERS: Example = {
    "answers": [
        {"provision": "T2.1", "result": "conformance", "description": "All asked hold their papers.", "sampled": 42},
        {**_FINDING_ANSWER, "severity": "minor"},
        {"provision": "T16.1", "result": "not_applicable", "description": "No certificate is in force yet."},
    ]
}
FINDING: Example = {
    "id": "fnd_5n9e2z7k4b0y3g8a",
    "audit": "aud_0p4g7s2f9j5w1h6r",
    "site": "site_8w3n5e1h6z2k0b7y",
    "provision": "T10.2",
    "core": False,
    "severity": "minor",
    "proposed": "minor",
    "escalated": "",
    "zero_tolerance": False,
    "deliberate": False,
    "concealed": False,
    "worst_form": False,
    "by_management": False,
    "description": _FINDING_ANSWER["description"],
    "evidence": _FINDING_ANSWER["evidence"],
    "affected": 6,
    "sampled": 42,
    "discovered_at": "2026-06-03T09:30:00Z",
    "released_at": None,
    "containment_due": None,
    "contained_at": None,
    "containment": "",
    "containment_evidence": "",
    "containment_files": [],
    "cap_due": None,
    "approve_due": None,
    "close_due": None,
    "disclosed_at": None,
    "remedied_at": None,
    "closed_at": None,
    "closed_by": None,
    "closed_on_site": False,
    "verify": "desk",
    "action": None,
    "regrades": [],
}
FILED: Example = {
    "audit": "aud_0p4g7s2f9j5w1h6r",
    "answered": 3,
    "unanswered": ["T1.1", "T1.2"],
    "findings": [FINDING],
}
REPORT: Example = {
    "workers": 640,
    "payroll_workers": 643,
    "payroll_note": "3 people on the payroll are on parental leave.",
    "interviews_individual": 18,
    "interviews_group": 24,
    "files_reviewed": 42,
    "closing_meeting_on": "2026-06-04",
    "summary": "Announced initial audit of a sewing factory with two dormitories.",
}
_SUBMITTED: Example = {
    **AUDIT.answer,
    "submitted_at": "2026-06-05T14:00:00Z",
    "released_at": "2026-06-05T14:00:00Z",
    "report": "9f2c4e8a1b7d3f605c9e2a8b4d7f1c3e5a6b8c0d2e4f6a7b9c1d3e5f7a8b0c2d",
    "answered": 44,
}
SUBMITTED: Example = {**_SUBMITTED, "closed": []}
WHOLE: Example = {
    **AUDIT.answer,
    "answered": 1,
    "answers": [_FINDING_ANSWER],
    "findings": [FINDING],
    "document": None,
}
ACTION = Steps(
    containment={"measure": "The door is unlocked and stays so; the guard has a written order."},
    request={
        "root_cause": "The payslip was designed before workers of another language were hired.",
        "correction": "Print all headings in the third language from the next payroll on.",
        "prevention": "Hiring of a new language group triggers a review of all papers for workers.",
        "owner_role": "Head of payroll",
        "due_on": "2026-09-30",
    },
    completion={"evidence": "Payslips of September in three languages, 12 copies without names."},
)
_DUE: Example = {"due": "2026-06-19T14:00:00Z", "days_left": 13, "done_at": None}
CLOCKED: Example = {
    **FINDING,
    "released_at": "2026-06-05T14:00:00Z",
    "cap_due": _DUE["due"],
    "approve_due": "2026-07-17T14:00:00Z",
    "close_due": "2027-03-02T14:00:00Z",
    "clock": {
        "containment": None,
        "plan": _DUE,
        "approval": {**_DUE, "due": "2026-07-17T14:00:00Z", "days_left": 41},
        "closure": {**_DUE, "due": "2027-03-02T14:00:00Z", "days_left": 269},
    },
}
RETURNED: Example = {
    **CLOCKED,
    "action": {
        "state": "returned",
        **ACTION.request,
        "submitted_at": "2026-06-09T08:00:00Z",
        "revised_at": "2026-06-09T08:00:00Z",
        "returned_at": "2026-06-10T09:30:00Z",
        "approved_at": None,
        "completed_at": None,
        "evidence": "",
        "files": [],
        "no_action": "",
        "reviews": [
            {
                "word": "returned",
                "reason": "The prevention does not say who looks, and when.",
                "organisation": "org_3x8c6v1q0m7t2d4k",
                "at": "2026-06-10T09:30:00Z",
            }
        ],
    },
}
