"""The report of an audit as one canonical document: what its hash, named in every acceptance, stands for.

Owns the document's shape. It holds every answer, the counts, the dates, the firm and the team's ids, and the hash of
the standard that was asked; no natural person's name. Version 1 is of standards without field work; version 2 is what
an auditor signs: it names the key, the outcome of the visit and, from its second version on, the report that it amends.
It is built once per version, from rows that need not be stored yet, and never again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from audits import scope
from audits.drafts import ReportDraft
from audits.facts import SEVERITIES, encode, interviews_needed
from audits.fieldwork import sampling
from audits.fieldwork.facts import Figures
from audits.standard import Standard
from audits.tables import AnswerRow, AuditRow, FindingRow, PreliminaryRow
from audits.views import answer_view, sheet_view
from ground.canonical import Json, instant, nfc
from ground.ids import random_bytes

VERSION = 1
SIGNED_VERSION = 2
NONCE = 16  # bytes: beyond any guessing
NOT_WHOLE: Mapping[str, str] = {
    "interrupted": "The visit was interrupted.",
    "access_denied": "The site denied access.",
    "unsafe": "The team left because it was not safe. Nobody is worse off for it; the visit was not a whole one.",
}


@dataclass(frozen=True)
class Told:
    """Everything that a report says beside the row of its audit."""

    draft: ReportDraft
    catalogue: Standard
    answers: Mapping[str, AnswerRow]
    findings: Mapping[str, FindingRow]
    organisation: str
    """Whose site it is."""
    team: Sequence[str]
    closed: Sequence[str]
    at: datetime
    """When it was made: its submission, or its preparation for signing."""


def build_report(audit: AuditRow, told: Told) -> dict[str, Json]:
    """The document of a standard without field work. Its findings must be released already."""
    draft, catalogue, answers = told.draft, told.catalogue, told.answers
    return {
        "v": VERSION,
        **_visit(audit, told),
        "closing_meeting_on": draft.closing_meeting_on.isoformat() if draft.closing_meeting_on else None,
        "planned_at": instant(audit.planned_at),
        "submitted_at": instant(told.at),
        "announced": audit.announced,
        "remote": audit.remote,
        "workers": draft.workers,
        "payroll_workers": draft.payroll_workers,
        "payroll_note": nfc(draft.payroll_note),
        "interviews_individual": draft.interviews_individual,
        "interviews_group": draft.interviews_group,
        "interviews_needed": interviews_needed(draft.workers),
        "files_reviewed": draft.files_reviewed,
        "summary": nfc(draft.summary),
        "counts": _counts(told, len(catalogue.provisions) - len(answers)),
        "answers": [_answer(answers[id], told.findings.get(id)) for id in catalogue.provisions if id in answers],
        "closed": list(told.closed),
    }


def build_signed(
    audit: AuditRow,
    told: Told,
    *,
    kid: str,
    version: int,
    reason: str,
    work: Figures,
    sheet: PreliminaryRow | None,
    nonce: str,
) -> dict[str, Json]:
    """The document that an auditor signs with the key `kid` ("" where the standard asks for no signature).

    version, reason: of an amendment; audit.report is then the report that it amends. nonce: of `fresh_nonce`; "" in
    what was prepared before there was one.
    """
    draft, catalogue, answers = told.draft, told.catalogue, told.answers
    asked = scope.asked(catalogue, audit.type)
    unanswered = [id for id in asked if id not in answers]
    return {
        "v": SIGNED_VERSION,
        **({"kid": kid} if kid else {}),
        **({"nonce": nonce} if nonce else {}),
        **_visit(audit, told),
        "version": version,
        "amends": audit.report if version > 1 else None,
        "reason": nfc(reason),
        "profiles": list(catalogue.applied),
        "notice": audit.notice,
        "remote": audit.remote,
        "planned_at": instant(audit.planned_at),
        "prepared_at": instant(told.at),
        "figures": encode(draft),
        **_needed(draft.workers, catalogue, work),
        "effort": {"planned": audit.effort_planned, "needed": work.effort_needed, "spent": work.effort_spent},
        "outcome": _outcome(draft, unanswered),
        "counts": _counts(told, len(unanswered)),
        "answers": [
            _answer(answers[id], told.findings.get(id), escalated=True) for id in catalogue.provisions if id in answers
        ],
        "unanswered": unanswered,
        "preliminary": sheet_view(sheet) if sheet else None,
        "closed": list(told.closed),
    }


def _needed(workers: int, catalogue: Standard, work: Figures) -> dict[str, Json]:
    """How many interviews such a place needs, and why that is more than at low risk, as the rules count them too."""
    if catalogue.fieldwork is None:
        return {"interviews_needed": interviews_needed(workers)}
    rule = catalogue.fieldwork.sampling
    return {
        "interviews_needed": sampling.interviews(workers, rule, high_risk=work.high_risk),
        "interviews_why": sampling.raised(workers, rule, high_risk=work.high_risk),
    }


def fresh_nonce() -> str:
    """What makes a report's hash tell nothing of the figures that a reader is not shown: nobody outside has it."""
    return random_bytes(NONCE).hex()


def _visit(audit: AuditRow, told: Told) -> dict[str, Json]:
    return {
        "audit": audit.id,
        "type": audit.type,
        "site": audit.site_id,
        "organisation": told.organisation,
        "firm": audit.firm_id,
        "team": list(told.team),
        "standard": audit.standard,
        "standard_sha256": told.catalogue.sha256,
        "starts_on": audit.starts_on.isoformat(),
        "ends_on": audit.ends_on.isoformat(),
    }


def _counts(told: Told, unanswered: int) -> dict[str, Json]:
    results = Counter(answer.result for answer in told.answers.values())
    severities = Counter(finding.severity for finding in told.findings.values())
    return {
        **{result: results[result] for result in ("conformance", "finding", "not_applicable", "not_reviewed")},
        "unanswered": unanswered,
        "findings": {severity: severities[severity] for severity in SEVERITIES},
    }


def _outcome(draft: ReportDraft, unanswered: Sequence[str]) -> dict[str, Json]:
    """How the visit ended, and what that means for what was not seen, in words."""
    words = ["The visit was completed."] if draft.outcome == "completed" else [NOT_WHOLE[draft.outcome]]
    if draft.refused:
        words.append(
            f"That was by the site: {len(unanswered)} provisions that could not be assessed count as not kept, and a "
            "priority finding on openness stands in this report."
        )
    elif draft.outcome == "interrupted":
        words.append("That was not by the site, and what was not seen counts neither way.")
    return {
        "result": draft.outcome,
        "by_site": draft.outcome_by_site,
        "note": nfc(draft.outcome_note),
        "explained": " ".join(words),
    }


def _answer(answer: AnswerRow, finding: FindingRow | None, *, escalated: bool = False) -> dict[str, Json]:
    if finding is None:
        return answer_view(answer)
    shown: dict[str, Json] = {
        "id": finding.id,
        "severity": finding.severity,
        "proposed": finding.proposed,
        "zero_tolerance": finding.zero_tolerance,
        "deliberate": finding.deliberate,
        "concealed": finding.concealed,
        "discovered_at": instant(finding.discovered_at),
        "released_at": instant(finding.released_at) if finding.released_at else None,
    }
    if escalated:
        # When the site is told is no part of what an auditor signs: it comes after.
        del shown["released_at"]
        shown |= {
            "escalated": finding.escalated,
            "worst_form": finding.worst_form,
            "by_management": finding.by_management,
        }
    return {**answer_view(answer), "finding": shown}
