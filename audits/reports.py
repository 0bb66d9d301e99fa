"""The report of an audit as one canonical document: what its hash, named in every acceptance, stands for.

Owns the document's shape. It holds every answer, the counts, the dates, the firm and the team's ids, and the hash of
the standard that was asked; no natural person's name. It is built once, at submission, and never again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from audits.drafts import ReportDraft
from audits.facts import SEVERITIES, interviews_needed
from audits.standard import Standard
from audits.tables import AnswerRow, AuditRow, FindingRow
from audits.views import answer_view
from ground.canonical import Json, instant, nfc

VERSION = 1


def build_report(
    audit: AuditRow,
    draft: ReportDraft,
    catalogue: Standard,
    answers: Mapping[str, AnswerRow],
    findings: Mapping[str, FindingRow],
    *,
    organisation: str,
    team: Sequence[str],
    closed: Sequence[str],
    now: datetime,
) -> dict[str, Json]:
    """The document. Its findings must be released already. organisation: whose site it is."""
    results = Counter(answer.result for answer in answers.values())
    severities = Counter(finding.severity for finding in findings.values())
    return {
        "v": VERSION,
        "audit": audit.id,
        "type": audit.type,
        "site": audit.site_id,
        "organisation": organisation,
        "firm": audit.firm_id,
        "team": list(team),
        "standard": audit.standard,
        "standard_sha256": catalogue.sha256,
        "starts_on": audit.starts_on.isoformat(),
        "ends_on": audit.ends_on.isoformat(),
        "closing_meeting_on": draft.closing_meeting_on.isoformat(),
        "planned_at": instant(audit.planned_at),
        "submitted_at": instant(now),
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
        "counts": {
            **{result: results[result] for result in ("conformance", "finding", "not_applicable", "not_reviewed")},
            "unanswered": len(catalogue.provisions) - len(answers),
            "findings": {severity: severities[severity] for severity in SEVERITIES},
        },
        "answers": [_answer(answers[id], findings.get(id)) for id in catalogue.provisions if id in answers],
        "closed": list(closed),
    }


def _answer(answer: AnswerRow, finding: FindingRow | None) -> dict[str, Json]:
    if finding is None:
        return answer_view(answer)
    return {
        **answer_view(answer),
        "finding": {
            "id": finding.id,
            "severity": finding.severity,
            "proposed": finding.proposed,
            "zero_tolerance": finding.zero_tolerance,
            "deliberate": finding.deliberate,
            "concealed": finding.concealed,
            "discovered_at": instant(finding.discovered_at),
            "released_at": instant(finding.released_at) if finding.released_at else None,
        },
    }
