"""Every sentence that a person reads about a label, in English: one table per kind, keyed by the codes of the verdict.

Owns the wording and nothing else, so that another language is another module of this shape. It promises nothing, names
no person, and keeps the label and the certificate apart.
"""

from __future__ import annotations

from verify.codes import Code

# code: (heading, reason). {since}, {since_day}, {begins}, {ends} and {sell_by} are filled in from the certificate.
VERDICTS: dict[Code, tuple[str, str]] = {
    "MALFORMED": (
        "This is not the code of a label",
        "What was scanned or typed cannot be read as one of our labels. It may be a misread, or something else.",
    ),
    "UNKNOWN_KEY": (
        "We did not issue this label",
        "It is not signed with any key of ours.",
    ),
    "BAD_SIGNATURE": (
        "We did not issue this label",
        "There is no signature of ours that fits: the code was changed or made up. Scan it once more to be sure.",
    ),
    "SPECIMEN": (
        "A specimen, not a label for goods",
        "We made it to show what a label looks like. It says nothing about any goods.",
    ),
    "KEY_COMPROMISED": (
        "Do not rely on this label",
        "It was made with a key of ours that was stolen, and it is not one of the labels registered before that.",
    ),
    "NOT_REGISTERED": (
        "This label is not registered",
        "It is signed with a key of ours, but no such label was registered, or it says other things than its batch.",
    ),
    "VOID": (
        "This label was taken back",
        "We issued it and later declared it void, for instance because it was lost, spoiled or misused.",
    ),
    "REVOKED": (
        "Do not rely on this label",
        "The certificate behind it was revoked{since}, and this label belongs to the period concerned.",
    ),
    "REVOKED_LATER": (
        "The certificate was revoked later",
        "The certificate behind this label was revoked{since}. The label is older than the period concerned.",
    ),
    "SUSPENDED": (
        "The certificate is suspended",
        "The certificate behind this label is suspended{since}. That is not a final judgement: a suspension ends with "
        "its lifting or with revocation.",
    ),
    "WITHDRAWN": (
        "The certificate was given back",
        "The certificate behind this label is no longer in force{since}.",
    ),
    "OUT_OF_SCOPE": (
        "The certificate does not cover these goods",
        "The certificate that replaced the earlier one does not list the site or the product of this label.",
    ),
    "NOT_YET_VALID": (
        "The certificate has not begun",
        "The certificate behind this label begins on {begins}.",
    ),
    "EXPIRED": (
        "The certificate has ended",
        "It ended on {ends}. Goods labelled under it could be sold with this label until {sell_by}.",
    ),
    "CANNOT_CONFIRM": (
        "We cannot confirm this label now",
        "Something that is needed to judge it is missing, too old, or contradicts itself. That says nothing against "
        "the label, and nothing for it.",
    ),
    "TYPED_CODE": (
        "This code exists. Now scan the label",
        "A code that was typed has no signature: anybody can copy it. The QR code on the label carries the signature.",
    ),
    "REMEDIATION": (
        "In force, while something is put right",
        "The certificate stands. Since {since_day}, a plan to put something right is under way.",
    ),
    "LABELLED_UNDER_EXPIRED": (
        "Issued by us; its certificate has ended since",
        "The certificate ended on {ends}. Goods labelled before may be sold until {sell_by}. When these goods were "
        "labelled is not established.",
    ),
    "VALID": (
        "Issued by us, and the certificate is in force",
        "The code on this label is ours, and the certificate behind it is in force.",
    ),
}

NEXT: dict[str, str] = {
    "SCAN_AGAIN": "Scan the QR code again, flat and in good light, or type the code that is printed beside it.",
    "DO_NOT_RELY": "Do not rely on this label. Ask the seller where the goods come from, and keep label and receipt.",
    "NOT_FOR_GOODS": "If it is attached to goods, do not rely on it, and tell the seller.",
    "CHECK_LATER": "Check again later. Until then, do not count on this label.",
    "ASK_SELLER": "Ask the seller when these goods were made, and whether a newer certificate covers them.",
    "SCAN_QR": "Scan the QR code on the label itself. If it is torn, ask the seller for another piece.",
    "COMPARE_GOODS": "Compare the product and the code below with what you hold. A genuine code can be copied onto "
    "other goods.",
}

LABEL: dict[str, tuple[str, str, str]] = {
    "issued": ("yes", "✓", "issued by us"),
    "not_issued": ("no", "✕", "not issued by us"),
    "unknown": ("unknown", "?", "cannot tell"),
}
LABEL_OF: dict[Code, str] = {
    "SPECIMEN": "not issued by us for any goods",
    "VOID": "issued by us, and taken back",
    "TYPED_CODE": "cannot tell from a typed code",
}
CERTIFICATE: dict[str, tuple[str, str, str]] = {
    "in_force": ("yes", "✓", "in force, until {ends}"),
    "not_in_force": ("no", "✕", "not in force"),
    "unknown": ("unknown", "?", "cannot tell"),
}
CERTIFICATE_OF: dict[Code, str] = {
    "REVOKED": "not in force: revoked",
    "REVOKED_LATER": "not in force: revoked",
    "SUSPENDED": "not in force: suspended",
    "WITHDRAWN": "not in force: given back",
    "NOT_YET_VALID": "not in force yet",
    "EXPIRED": "not in force: ended on {ends}",
    "LABELLED_UNDER_EXPIRED": "not in force: ended on {ends}",
}

NOT_ESTABLISHED: dict[str, str] = {
    "PAPER_MAY_BE_A_COPY": "Whether this piece of paper is the original: a code can be copied.",
    "OTHER_SITES_AND_TIERS_NOT_ASSESSED": "Anything about other sites, or earlier steps of the supply chain: only the "
    "sites above were assessed.",
    "LABOUR_EXPLOITATION_ONLY": "Anything but forced labour and trafficking for labour exploitation at these sites; "
    "not sexual exploitation, not the removal of organs.",
    "NO_PROOF_FOR_CUSTOMS": "Whether customs will admit the goods: this is no proof of that.",
    "MEMBERSHIP_NOT_CHECKED": "Whether just this label is among those registered in its batch: that was not checked.",
    "WHEN_IT_WAS_LABELLED": "When these goods were labelled.",
}

DOUBTS: dict[str, str] = {
    "KEYS_MISSING": "The list of our keys is missing or not signed by our root keys.",
    "KEYS_EXPIRED": "The list of our keys is too old.",
    "KEYS_MISSING_OR_EXPIRED": "The list of our keys is missing or too old.",
    "HEADS": "The list of the newest events of all certificates {state}.",
    "CAUTIONS": "The list of cautions {state}.",
    "REVOCATION_LIST": "The list of revoked certificates {state}.",
    "SUSPENSION_LIST": "The list of suspended certificates {state}.",
    "MANIFEST_MISSING": "The record of this label’s batch is missing.",
    "SEAL_MISSING": "The public log does not hold this label’s batch as it is on record.",
    "LABEL_KEY_NOT_LISTED": "The key of this label’s batch is in no list of ours.",
    "LABEL_KEY_FROM_LATER": "The key of this label begins later.",
    "NOT_PROVEN_OLDER_THAN_INCIDENT": "A key of ours was stolen, and it is not shown that this label is older.",
    "VOID_LIST_MISMATCH": "The list of void labels is not the one that the public log names.",
    "CHAIN_NOT_AT_HEAD": "Events of the certificate are missing.",
    "EVENT_FROM_LATER": "An event of the certificate is dated in the future.",
    "CREDENTIAL_MISSING": "The certificate itself is missing, or is not the one that was issued.",
    "SUCCESSOR_MISSING": "The certificate was replaced, and the new one is missing.",
    "TOO_MANY_SUCCESSORS": "The certificate was replaced too many times to follow.",
}
AGES: dict[str, str] = {"_MISSING": "is missing", "_EXPIRED": "is too old", "_FROM_LATER": "is dated in the future"}

CAUTIONS: dict[str, str] = {
    "NOT_WITNESSED": "Our public log is not independently witnessed.",
    "SEALED_BEFORE_INCIDENT": "A key of ours was stolen later. The batch of this label was registered before that.",
    "AUDITOR_ACCREDITATION_UNDER_REVIEW": "The accreditation of the audit firm, or of an auditor, is under review.",
}
