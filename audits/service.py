"""The commands of audits in one place: what routes, jobs and the rooms beside them call.

Owns nothing itself. An audit is planned, answered provision by provision, prepared and signed where the standard says
so, submitted, released to the site, amended; its findings are graded, alerted, acted on and closed. Each command does
all of its writing, with journal row and event, in the caller's one transaction. What people may see is in `relations`.
"""

from __future__ import annotations

from audits.actions import (
    approve_action,
    complete_action,
    contain_finding,
    decline_action,
    return_action,
    submit_action,
)
from audits.amending import Amendment, amend_report, prepare_amendment
from audits.filing import file_alert, file_answers
from audits.planning import plan_audit
from audits.preliminary import SheetDraft, Told, file_sheet
from audits.release import release_finding, release_reports
from audits.severity import regrade_finding
from audits.signatures import enrol_key, revoke_key
from audits.submission import Signature, prepare_report, submit_audit

__all__ = [
    "plan_audit", "file_answers", "file_alert", "file_sheet", "SheetDraft", "Told", "prepare_report", "submit_audit",
    "Signature", "release_reports", "release_finding", "prepare_amendment", "amend_report", "Amendment",
    "regrade_finding", "enrol_key", "revoke_key", "submit_action", "approve_action", "complete_action",
    "return_action", "decline_action", "contain_finding",
]  # fmt: skip
