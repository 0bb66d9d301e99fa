"""What an auditor or a manager hands in, before it is a row: drafts, and whether one answer holds together.

Pure: shapes and the checks that need only the draft, its provision and the kind of audit. Ranges and lengths are
checked at the border (routes); whether the moment is right is checked in service, where the rows are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from audits.facts import AuditType, Severity
from audits.rules import Figures, grade
from audits.standard import Provision
from ground.errors import Invalid

Result = Literal["conformance", "not_applicable", "not_reviewed", "finding"]


@dataclass(frozen=True)
class AuditDraft:
    """team: person ids of the firm, the lead auditor first."""

    site: str
    type: AuditType
    standard: str
    starts_on: date
    ends_on: date
    team: tuple[str, ...]
    announced: bool
    remote: bool = False


@dataclass(frozen=True)
class AnswerDraft:
    """affected of sampled: workers, files or places. release: "now" tells the site and the scheme at once."""

    provision: str
    result: Result
    severity: Severity | None = None
    affected: int | None = None
    sampled: int | None = None
    description: str = ""
    evidence: tuple[str, ...] = ()
    zero_tolerance: bool = False
    deliberate: bool = False
    concealed: bool = False
    release: Literal["now"] | None = None


@dataclass(frozen=True)
class ReportDraft:
    """The figures that close an audit. payroll_note: why payroll and headcount differ, "" when they do not."""

    workers: int
    payroll_workers: int
    interviews_individual: int
    interviews_group: int
    files_reviewed: int
    closing_meeting_on: date
    summary: str
    payroll_note: str = ""

    def figures(self, starts_on: date, ends_on: date) -> Figures:
        return Figures(
            starts_on=starts_on,
            ends_on=ends_on,
            workers=self.workers,
            payroll_workers=self.payroll_workers,
            payroll_note=self.payroll_note,
            interviews_individual=self.interviews_individual,
            interviews_group=self.interviews_group,
            files_reviewed=self.files_reviewed,
            closing_meeting_on=self.closing_meeting_on,
        )


@dataclass(frozen=True)
class ActionDraft:
    """owner_role: the function that answers for it, never a person's name."""

    root_cause: str
    correction: str
    prevention: str
    owner_role: str
    due_on: date


def check_answer(draft: AnswerDraft, provision: Provision, type: AuditType, *, remote: bool) -> Severity | None:
    """The severity that counts, None when the answer is no finding. Invalid with a pointer relative to the answer."""
    if remote and draft.result != "not_reviewed" and not provision.remote_ok:
        raise Invalid(f"{provision.id} can only be judged on site, and this audit is remote", where="/result")
    if draft.result == "finding":
        return _check_finding(draft, provision)
    for name in ("severity", "release"):
        if getattr(draft, name) is not None:
            raise Invalid(f"{name} belongs to a finding, not to {draft.result}", where=f"/{name}")
    for name in ("zero_tolerance", "deliberate", "concealed"):
        if getattr(draft, name):
            raise Invalid(f"{name} belongs to a finding, not to {draft.result}", where=f"/{name}")
    if draft.affected:
        raise Invalid(f"{draft.affected} affected cannot be {draft.result}", where="/affected")
    if draft.result == "not_reviewed" and type == "initial":
        raise Invalid("an initial audit reviews every provision", where="/result")
    if draft.result == "not_applicable" and not draft.description:
        raise Invalid("say why it is not applicable here", where="/description")
    return None


def _check_finding(draft: AnswerDraft, provision: Provision) -> Severity:
    if draft.severity is None:
        raise Invalid("a finding needs a severity", where="/severity")
    if not draft.description:
        raise Invalid("a finding needs a description: what was seen, where, how many", where="/description")
    severity = grade(provision, draft.severity, draft.affected, draft.sampled)
    if severity != "priority":
        for name in ("zero_tolerance", "deliberate", "concealed"):
            if getattr(draft, name):
                raise Invalid(f"only a priority finding can be {name}", where=f"/{name}")
        if draft.release is not None:
            raise Invalid(f"a {severity} finding is released with the report", where="/release")
        return severity
    if draft.zero_tolerance and not provision.zero_tolerance:
        raise Invalid(f"{provision.id} is no provision of zero tolerance", where="/zero_tolerance")
    if draft.release is None:
        raise Invalid('a priority finding needs "release": "now"', where="/release")
    return severity
