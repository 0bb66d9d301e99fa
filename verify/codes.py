"""The words of a verdict: its codes in the order of FORMATS.md 5, their colours, and what to do next.

Owns the closed sets that a reader of verdicts may rely on. A code is never reused with another meaning; the sentences
that people read belong to `pages` and its language.
"""

from __future__ import annotations

from typing import Literal

Code = Literal[
    "MALFORMED", "UNKNOWN_KEY", "BAD_SIGNATURE", "SPECIMEN", "KEY_COMPROMISED", "NOT_REGISTERED", "VOID", "REVOKED",
    "REVOKED_LATER", "SUSPENDED", "WITHDRAWN", "OUT_OF_SCOPE", "NOT_YET_VALID", "EXPIRED", "CANNOT_CONFIRM",
    "TYPED_CODE", "REMEDIATION", "LABELLED_UNDER_EXPIRED", "VALID",
]  # fmt: skip
Colour = Literal["red", "amber", "green", "grey"]
Membership = Literal["in", "out", "unknown"]

COLOUR: dict[Code, Colour] = {
    "MALFORMED": "grey",
    "UNKNOWN_KEY": "red",
    "BAD_SIGNATURE": "red",
    "SPECIMEN": "grey",
    "KEY_COMPROMISED": "red",
    "NOT_REGISTERED": "red",
    "VOID": "red",
    "REVOKED": "red",
    "REVOKED_LATER": "amber",
    "SUSPENDED": "amber",
    "WITHDRAWN": "amber",
    "OUT_OF_SCOPE": "amber",
    "NOT_YET_VALID": "amber",
    "EXPIRED": "amber",
    "CANNOT_CONFIRM": "grey",
    "TYPED_CODE": "grey",
    "REMEDIATION": "amber",
    "LABELLED_UNDER_EXPIRED": "green",
    "VALID": "green",
}
CODES: tuple[Code, ...] = tuple(COLOUR)

NEXT_STEP: dict[Code, str] = {
    "MALFORMED": "SCAN_AGAIN",
    "UNKNOWN_KEY": "DO_NOT_RELY",
    "BAD_SIGNATURE": "DO_NOT_RELY",
    "SPECIMEN": "NOT_FOR_GOODS",
    "KEY_COMPROMISED": "DO_NOT_RELY",
    "NOT_REGISTERED": "DO_NOT_RELY",
    "VOID": "DO_NOT_RELY",
    "REVOKED": "DO_NOT_RELY",
    "REVOKED_LATER": "ASK_SELLER",
    "SUSPENDED": "CHECK_LATER",
    "WITHDRAWN": "ASK_SELLER",
    "OUT_OF_SCOPE": "ASK_SELLER",
    "NOT_YET_VALID": "CHECK_LATER",
    "EXPIRED": "ASK_SELLER",
    "CANNOT_CONFIRM": "CHECK_LATER",
    "TYPED_CODE": "SCAN_QR",
    "REMEDIATION": "COMPARE_GOODS",
    "LABELLED_UNDER_EXPIRED": "COMPARE_GOODS",
    "VALID": "COMPARE_GOODS",
}

NEVER_ESTABLISHED = (
    "PAPER_MAY_BE_A_COPY",
    "OTHER_SITES_AND_TIERS_NOT_ASSESSED",
    "LABOUR_EXPLOITATION_ONLY",  # not sexual exploitation, not organ removal
    "NO_PROOF_FOR_CUSTOMS",
)
SEALED_BEFORE_INCIDENT = "SEALED_BEFORE_INCIDENT"
