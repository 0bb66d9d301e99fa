"""The bodies that more than one route of audits takes: answers, figures, signatures.

Owns shapes, ranges and lengths, and the way to drafts. Decides nothing.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from audits.drafts import AnswerDraft, Explained, Explanation, Hours, ReportDraft, Result
from audits.facts import Severity, VisitOutcome
from audits.reporting import samples
from audits.samples import REPORT
from audits.service import Signature
from ground.bodies import Body, Day, Line, Prose
from ground.errors import Invalid
from ground.parties import MOST_WORKERS

Count = Annotated[int, Field(ge=0, le=MOST_WORKERS)]
People = Annotated[int, Field(ge=1, le=MOST_WORKERS)]
Tenths = Annotated[int, Field(ge=0, le=10_000)]
NEEDED = (
    "workers", "payroll_workers", "interviews_individual", "interviews_group", "files_reviewed", "summary",
)  # fmt: skip


class AnswerBody(Body):
    provision: Line = Field(description="such as T1.1")
    result: Result
    severity: Severity | None = Field(default=None, description="of a finding, within the provision's limits")
    affected: Count | None = Field(default=None, description="of the sampled; a fifth or more makes a minor a major")
    sampled: People | None = Field(default=None, description="workers, files or places looked at")
    description: Prose | None = Field(default=None, description="no names of people")
    evidence: list[Line] = Field(default=[], max_length=20, description="documents and sheets, by reference")
    zero_tolerance: bool = False
    deliberate: bool = False
    concealed: bool = False
    worst_form: bool = Field(default=False, description="of child labour; on T9 only")
    by_management: bool = Field(default=False, description="violence or threats; on T6 only")
    release: Literal["now", "hold"] | None = Field(
        default=None,
        description="of a priority finding: now tells the site at once. On a provision of zero tolerance hold is what "
        "nothing said means: it is held like an alert. On any other, now is required",
    )

    def draft(self) -> AnswerDraft:
        return AnswerDraft(
            provision=self.provision,
            result=self.result,
            severity=self.severity,
            affected=self.affected,
            sampled=self.sampled,
            description=self.description or "",
            evidence=tuple(self.evidence),
            zero_tolerance=self.zero_tolerance,
            deliberate=self.deliberate,
            concealed=self.concealed,
            worst_form=self.worst_form,
            by_management=self.by_management,
            release=self.release,
        )


class HoursBody(Body):
    normal: Tenths
    overtime: Tenths
    total: Tenths
    days: int = Field(ge=1, le=7, description="worked in that week")


class ExplanationBody(Body):
    of: Explained
    text: Prose


class SignatureBody(Body):
    kid: Line = Field(description="the key, as it stands in the prepared document")
    sig: Line = Field(description="hex, as `freemark auditor sign` prints it")

    def signature(self) -> Signature:
        return Signature(self.kid, self.sig)


class FiguresBody(Body):
    """Every figure may be left out here: a prepared report is submitted without. `figures_of` says what lacks."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.FIGURES, samples.REFUSED]})

    workers: Count | None = Field(
        default=None,
        description="on site during the audit, whoever employs them; 0 only where nobody was let in",
    )
    payroll_workers: Count | None = None
    payroll_note: Prose | None = Field(default=None, description="why the two differ; required when they do")
    interviews_individual: Count | None = None
    interviews_group: Count | None = Field(default=None, description="workers, not groups")
    files_reviewed: Count | None = None
    closing_meeting_on: Day | None = Field(default=None, description="of a completed visit")
    summary: Prose | None = None
    id_papers: Count | None = Field(default=None, description="workers whose identity papers were seen")
    listed_workers: Count | None = Field(default=None, description="names on the list that the sample was drawn from")
    worker_languages: list[Line] = Field(default=[], max_length=40, description="as in the interview log, such as bn")
    hours: HoursBody | None = Field(default=None, description="the longest week in the records, in tenths of an hour")
    records_from: Day | None = Field(default=None, description="first day that the payroll records seen cover")
    records_to: Day | None = None
    explanations: list[ExplanationBody] = Field(default=[], max_length=10, description="of figures that differ")
    outcome: VisitOutcome = Field(default="completed", description="unsafe: leaving has no penalty")
    outcome_by_site: bool = Field(default=False, description="the site itself kept the visit from being whole")
    outcome_note: Prose | None = Field(default=None, description="what happened; required unless it was completed")

    @property
    def empty(self) -> bool:
        return not self.model_fields_set - {"signature"}


class SubmissionBody(FiguresBody):
    model_config = ConfigDict(json_schema_extra={"examples": [REPORT, {"signature": samples.SIGNATURE}]})

    signature: SignatureBody | None = Field(
        default=None, description="where the standard asks for one; the figures are then those of the prepared report"
    )


def figures_of(body: FiguresBody, where: str = "") -> ReportDraft:
    """The figures. Invalid, with the pointer of the first that is missing."""
    for name in NEEDED:
        if getattr(body, name) is None:
            raise Invalid(f"{name} is missing", where=f"{where}/{name}")
    return ReportDraft(
        workers=body.workers or 0,
        payroll_workers=body.payroll_workers or 0,
        interviews_individual=body.interviews_individual or 0,
        interviews_group=body.interviews_group or 0,
        files_reviewed=body.files_reviewed or 0,
        closing_meeting_on=body.closing_meeting_on,
        summary=body.summary or "",
        payroll_note=body.payroll_note or "",
        id_papers=body.id_papers,
        listed_workers=body.listed_workers,
        worker_languages=tuple(body.worker_languages),
        hours=None if body.hours is None else Hours(**body.hours.model_dump()),
        records_from=body.records_from,
        records_to=body.records_to,
        explanations=tuple(Explanation(each.of, each.text) for each in body.explanations),
        outcome=body.outcome,
        outcome_by_site=body.outcome_by_site,
        outcome_note=body.outcome_note or "",
    )
