"""What an audit's answers come to: the counts that the rules work with.

Owns one definition of "conforming", "applicable" and "unanswered", with and without what nobody may know of. Where the
site ended the visit, what was not seen counts as not kept: it is applicable, and not conforming. In a closure it is not
counted: what was to be closed stays open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from audits.scope import CLOSING
from audits.tables import AnswerRow, AuditRow


def count(audit: AuditRow, asked: Sequence[str], answers: Mapping[str, AnswerRow]) -> None:
    """Set the counts of the audit from its answers. audit.outcome and audit.outcome_by_site are set already."""
    results = Counter(answer.result for answer in answers.values())
    unanswered = [id for id in asked if id not in answers]
    audit.conforming = results["conformance"]
    audit.applicable = results["conformance"] + results["finding"] + (len(unanswered) if _refused(audit) else 0)
    audit.not_applicable, audit.not_reviewed = results["not_applicable"], results["not_reviewed"]
    audit.unanswered = len(unanswered)


def without(audit: AuditRow, asked: Sequence[str], stood: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The counts as if these provisions, which are findings, had the results that stood before; "" where none did.

    stood: (provision, result).
    """
    results = Counter(result for _, result in stood)
    lost = sum(not result and provision in asked for provision, result in stood)
    return {
        "conforming": audit.conforming + results["conformance"],
        "applicable": audit.applicable - len(stood) + results["conformance"] + (lost if _refused(audit) else 0),
        "not_applicable": audit.not_applicable + results["not_applicable"],
        "not_reviewed": audit.not_reviewed + results["not_reviewed"],
        "unanswered": audit.unanswered + lost,
    }


def _refused(audit: AuditRow) -> bool:
    denied = audit.outcome_by_site and audit.outcome in ("interrupted", "access_denied")
    return denied and audit.type not in CLOSING
