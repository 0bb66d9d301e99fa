"""HTTP of audits: planning, answers, reports, findings and corrective actions, each with an example.

Translates bodies to drafts and calls the service, and decides nothing. Ranges and lengths are checked here; what
contradicts the standard, another figure or the moment is refused by the service, with the pointer of the field.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field
from starlette.responses import Response

from audits import service, views
from audits.alerts import glass
from audits.bodies import AnswerBody, SubmissionBody, figures_of
from audits.drafts import ActionDraft, AuditDraft, Proof
from audits.facts import AuditType, Notice
from audits.remedy.clocks import with_clock
from audits.reporting import routes as reporting
from audits.samples import ACTION, ANSWERS, AUDIT, CLOCKED, FILED, RETURNED, SUBMITTED, WHOLE
from ground.web import (
    ID_PATTERN,
    PROBLEMS,
    READ_PROBLEMS,
    Body,
    Day,
    Id,
    Line,
    Paging,
    Prose,
    Reader,
    Writer,
    example,
)

router = APIRouter(tags=["audits"])

MOST_ANSWERS = 200  # a standard has some 50 provisions; FORMATS.md knows none beyond 85
MOST_TEAM = 20
MOST_FILES = 20

AuditId = Annotated[str, Path(pattern=ID_PATTERN, description="the audit's id")]
FindingId = Annotated[str, Path(pattern=ID_PATTERN, description="the finding's id")]


def _shown(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples)})


class AuditBody(Body):
    model_config = _shown(AUDIT.request)

    site: Id
    type: AuditType
    standard: Line = Field(description="id of a published standard")
    starts_on: Day
    ends_on: Day
    team: list[Id] = Field(min_length=1, max_length=MOST_TEAM, description="persons of your firm, the lead first")
    announced: bool
    notice: Notice | None = Field(
        default=None, description="announced is true for announced only; none: announced or unannounced"
    )
    effort_planned: int = Field(default=0, ge=0, le=10_000, description="tenths of a man-day")
    remote: bool = Field(default=False, description="only a closure may be; it judges what needs no visit")


class AnswersBody(Body):
    model_config = _shown(ANSWERS)

    answers: list[AnswerBody] = Field(min_length=1, max_length=MOST_ANSWERS)


class ContainmentBody(Body):
    model_config = _shown(ACTION.containment)

    measure: Prose
    evidence: Prose | None = Field(default=None, description="what shows it; for a priority finding this, or files")
    files: list[Id] = Field(default=[], max_length=MOST_FILES, description="evidence that was brought to the finding")


class ActionBody(Body):
    model_config = _shown(ACTION.request)

    root_cause: Prose
    correction: Prose
    prevention: Prose
    owner_role: Line = Field(max_length=100, description="the function that answers for it, never a name")
    due_on: Day


class CompletionBody(Body):
    model_config = _shown(ACTION.completion)

    evidence: Prose | None = Field(default=None, description="what shows it, if no file does")
    files: list[Id] = Field(default=[], max_length=MOST_FILES, description="evidence that was brought to the finding")


class ApprovalBody(Body):
    model_config = _shown({}, {"reason": "The agent's new contract says who pays, and the audit committee looks."})

    reason: Prose | None = None


class ReturnBody(Body):
    model_config = _shown({"reason": "The prevention does not say who looks, and when."})

    reason: Prose = Field(description="what is missing; the site reads it")


class NoActionBody(Body):
    model_config = _shown({"basis": "The second canteen line would stand where people walk; the queue is 8 minutes."})

    basis: Prose = Field(description="why nothing is done")


@router.post(
    "/v1/audits",
    status_code=201,
    summary="Plan an audit",
    description="For auditors, with themselves on the team. The site learns of it only when the report is submitted.",
    responses={**PROBLEMS, 201: example("The audit.", AUDIT.answer)},
)
def plan_audit(body: AuditBody, call: Writer) -> Response:
    draft = AuditDraft(**{**body.model_dump(), "team": tuple(body.team)})
    return call.run(lambda session: (201, service.plan_audit(session, call.actor, draft, now=call.now)))


@router.get(
    "/v1/audits",
    summary="List audits",
    description="Auditors see those of their firm, managers and agents the submitted ones of their sites, deciders and "
    "scheme managers all. Ordered by id.",
    responses={**READ_PROBLEMS, 200: example("One page.", {"items": [AUDIT.answer], "next": None})},
)
def list_audits(
    call: Reader,
    page: Paging,
    site: Annotated[str | None, Query(pattern=ID_PATTERN, description="only of this site")] = None,
) -> dict[str, Any]:
    with call.world.db.read() as session:
        return views.list_audits(session, call.actor, site=site, after=page.after, limit=page.limit)


@router.get(
    "/v1/audits/{audit}",
    summary="Read an audit",
    description="With its answers and findings and, once submitted, the report document: its canonical JSON has the "
    "SHA-256 that stands in `report`.",
    responses={**READ_PROBLEMS, 200: example("The audit.", WHOLE)},
)
def get_audit(audit: AuditId, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        view = views.get_audit(session, call.actor, audit)
    glass.report_read(call.world, call.actor, audit, view["document"])
    return view


@router.post(
    "/v1/audits/{audit}/answers",
    summary="File answers",
    description="For the team, until the report is submitted; all of the request or nothing. A later answer to a "
    "provision replaces the earlier one. A priority finding is released at once, and stands.",
    responses={**PROBLEMS, 200: example("What is answered now.", FILED)},
)
def file_answers(audit: AuditId, body: AnswersBody, call: Writer) -> Response:
    drafts = [answer.draft() for answer in body.answers]
    return call.run(lambda session: (200, service.file_answers(session, call.actor, audit, drafts, now=call.now)))


@router.post(
    "/v1/audits/{audit}/report",
    summary="Submit the report",
    description="For the team. The audit is frozen, and its findings are facts; conformance in a closure audit closes "
    "the open findings on that provision. A whole audit must have answered everything. Where the standard asks for a "
    "signature, exactly the prepared report is submitted, and the site reads it some days later; else at once.",
    responses={**PROBLEMS, 200: example("The audit, and the findings it closed.", SUBMITTED)},
)
def submit_audit(audit: AuditId, body: SubmissionBody, call: Writer) -> Response:
    signature = None if body.signature is None else body.signature.signature()
    draft = None if signature is not None and body.empty else figures_of(body)
    return call.run(
        lambda session: (200, service.submit_audit(session, call.actor, audit, draft, signature, now=call.now))
    )


@router.get(
    "/v1/findings",
    summary="List the findings at a site",
    description="Those released; auditors see also the drafts of their own firm. Ordered by id.",
    responses={**READ_PROBLEMS, 200: example("One page.", {"items": [CLOCKED], "next": None})},
)
def list_findings(
    call: Reader, page: Paging, site: Annotated[str, Query(pattern=ID_PATTERN, description="the site's id")]
) -> dict[str, Any]:
    with call.world.db.read() as session:
        found = views.list_findings(session, call.actor, site=site, after=page.after, limit=page.limit)
    return {**found, "items": [with_clock(item, call.now) for item in found["items"]]}


@router.get(
    "/v1/findings/{finding}",
    summary="Read a finding",
    description="With its clocks, in dates and in days left, and the corrective action.",
    responses={**READ_PROBLEMS, 200: example("The finding.", CLOCKED)},
)
def get_finding(finding: FindingId, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        return with_clock(views.get_finding(session, call.actor, finding), call.now)


@router.post(
    "/v1/findings/{finding}/containment",
    summary="Say what was done at once",
    description="For the people of the site: how the harm was reduced, before any root cause. Where the standard says "
    "how field work is done, a priority finding is contained when there is evidence of it.",
    responses={**PROBLEMS, 200: example("The finding.", CLOCKED)},
)
def contain_finding(finding: FindingId, body: ContainmentBody, call: Writer) -> Response:
    proof = Proof(body.evidence or "", tuple(body.files))
    return call.run(
        lambda session: (200, service.contain_finding(session, call.actor, finding, body.measure, proof, now=call.now))
    )


@router.post(
    "/v1/findings/{finding}/action",
    summary="Hand in the corrective action",
    description="For the people of the site; again to improve it, until it is approved.",
    responses={**PROBLEMS, 200: example("The finding.", CLOCKED)},
)
def submit_action(finding: FindingId, body: ActionBody, call: Writer) -> Response:
    draft = ActionDraft(**body.model_dump())
    return call.run(lambda session: (200, service.submit_action(session, call.actor, finding, draft, now=call.now)))


@router.post(
    "/v1/findings/{finding}/action/approval",
    summary="Approve the corrective action",
    description="For a decider, or an auditor of the firm that found it; never for who wrote it, or the holder.",
    responses={**PROBLEMS, 200: example("The finding.", CLOCKED)},
)
def approve_action(finding: FindingId, body: ApprovalBody, call: Writer) -> Response:
    reason = body.reason or ""
    return call.run(lambda session: (200, service.approve_action(session, call.actor, finding, reason, now=call.now)))


@router.post(
    "/v1/findings/{finding}/action/revision",
    summary="Send the corrective action back",
    description="For the people who could approve it: the site reads what is missing, and hands it in again. Its clock "
    "does not stop.",
    responses={**PROBLEMS, 200: example("The finding.", RETURNED)},
)
def return_action(finding: FindingId, body: ReturnBody, call: Writer) -> Response:
    return call.run(
        lambda session: (200, service.return_action(session, call.actor, finding, body.reason, now=call.now))
    )


@router.post(
    "/v1/findings/{finding}/no-action",
    summary="Leave an opportunity, with a written basis",
    description="For the people of the site; approved or sent back like a plan. For opportunities only.",
    responses={**PROBLEMS, 200: example("The finding.", CLOCKED)},
)
def decline_action(finding: FindingId, body: NoActionBody, call: Writer) -> Response:
    return call.run(
        lambda session: (200, service.decline_action(session, call.actor, finding, body.basis, now=call.now))
    )


@router.post(
    "/v1/findings/{finding}/action/completion",
    summary="Say that the corrective action is done",
    description="For the people of the site, with the proof. The finding stays open until a closure audit agrees.",
    responses={**PROBLEMS, 200: example("The finding.", CLOCKED)},
)
def complete_action(finding: FindingId, body: CompletionBody, call: Writer) -> Response:
    words, files = body.evidence or "", body.files
    return call.run(
        lambda session: (200, service.complete_action(session, call.actor, finding, words, files, now=call.now))
    )


router.include_router(reporting.router)
