"""HTTP of self-assessments: opened, answered, with documents, handed in; and held against what an audit found.

Translates bodies to drafts and calls the service, and decides nothing. Reading what a site said of itself writes a row
in the journal, so those GETs open a transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field
from sqlalchemy import select
from starlette.responses import Response

from audits.evidence.kinds import MOST_BYTES
from audits.evidence.routes import UploadBody
from audits.evidence.service import start_for_assessment
from audits.selfassessment import comparison, samples, service, views
from audits.selfassessment.relations import draft_of, visible
from audits.selfassessment.rules import MOST_NOTE, AnswerDraft, FaultyAnswers, Said
from audits.selfassessment.sheet import Note
from audits.selfassessment.tables import AssessmentRow
from ground.canonical import Json
from ground.database import Writing
from ground.web import (
    ID_PATTERN,
    PROBLEMS,
    READ_PROBLEMS,
    Body,
    Id,
    Line,
    Paging,
    Reader,
    Writer,
    example,
    listed,
    problem,
)

router = APIRouter(tags=["self-assessment"])

MOST_ANSWERS = 200  # as of an audit
NO_NAMES = "No worker's name, number or picture, here or in a document: say how many, where and since when."

AssessmentId = Annotated[str, Path(pattern=ID_PATTERN, description="the self-assessment's id")]
AuditId = Annotated[str, Path(pattern=ID_PATTERN, description="the audit's id")]


def _shown(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples)})


class OpeningBody(Body):
    model_config = _shown(samples.OPENING)

    site: Id
    standard: Line = Field(description="id of a published standard that says how field work is done")


class SaidBody(Body):
    provision: Line = Field(description="such as T1.1")
    said: Said
    note: Note | None = Field(
        default=None, description=f"at most {MOST_NOTE} characters, without names; required with not_applicable"
    )


class SaidAnswersBody(Body):
    model_config = _shown(samples.ANSWERS)

    answers: list[SaidBody] = Field(min_length=1, max_length=MOST_ANSWERS)

    def drafts(self) -> list[AnswerDraft]:
        return [
            AnswerDraft(answer.provision, answer.said, answer.note or "", f"/answers/{number}")
            for number, answer in enumerate(self.answers)
        ]


class SaidSheetBody(Body):
    model_config = _shown(samples.FILLED)

    sheet: dict[str, Any] = Field(description="as it was fetched, with answers; `questions` may be left out")


class DocumentBody(UploadBody):
    model_config = _shown(samples.DOCUMENT)


class NothingBody(Body):
    """An empty body: {}."""

    model_config = _shown({})


@router.post(
    "/v1/self-assessments",
    status_code=201,
    summary="Open a self-assessment",
    description="For the people of the site, before an audit: its next version under this standard, with the profiles "
    f"that apply to the site now. One is open at a time. {NO_NAMES}",
    responses={**PROBLEMS, 201: example("The self-assessment.", samples.ASSESSMENT)},
)
def open_assessment(body: OpeningBody, call: Writer) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        row = service.open_assessment(session, call.actor, body.site, body.standard, now=call.now)
        return 201, views.whole(session, row)

    return call.run(work)


@router.get(
    "/v1/self-assessments",
    summary="List self-assessments",
    description="For the people of a site its own, every version; for auditors the submitted ones of sites at which "
    "they are on the team of an audit; for deciders and scheme managers all submitted ones. Ordered by id.",
    responses={**READ_PROBLEMS, 200: example("One page.", {"items": [samples.LINE], "next": None})},
)
def list_assessments(
    call: Reader,
    page: Paging,
    site: Annotated[str | None, Query(pattern=ID_PATTERN, description="only of this site")] = None,
) -> dict[str, Any]:
    query = select(AssessmentRow).where(visible(call.actor))
    if site is not None:
        query = query.where(AssessmentRow.site_id == site)
    with call.world.db.read() as session:
        return listed(session, query, AssessmentRow.id, page, views.line)


@router.get(
    "/v1/self-assessments/{assessment}",
    summary="Read a self-assessment",
    description="With progress by topic and what is missing, answers and documents. For those who may list it; "
    "whoever is not of the site's organisation is written down in the journal.",
    responses={**READ_PROBLEMS, 409: PROBLEMS[409], 200: example("The self-assessment.", samples.SUBMITTED)},
)
def get_assessment(assessment: AssessmentId, call: Reader) -> dict[str, Any]:
    with call.world.db.write() as session:
        return service.read_assessment(session, call.actor, assessment, now=call.now)


@router.post(
    "/v1/self-assessments/{assessment}/answers",
    summary="Answer provisions",
    description="For the people of the site, until it is submitted; all of the request or nothing, with every error. A "
    "later answer to a provision replaces the earlier one. What is said here is no self-disclosure: `disclosure` says "
    f"where to send one. {NO_NAMES}",
    responses={**PROBLEMS, 200: example("The self-assessment.", samples.ASSESSMENT)},
)
def file_answers(assessment: AssessmentId, body: SaidAnswersBody, call: Writer) -> Response:
    return _filed(call, service.file_answers, assessment, body.drafts())


@router.get(
    "/v1/self-assessments/{assessment}/sheet.json",
    summary="The self-assessment as JSON, to be filled in elsewhere",
    description="For the people of the site, until it is submitted: every provision with what is asked, and the "
    "answers so far.",
    responses={**READ_PROBLEMS, 409: PROBLEMS[409], 200: example("The sheet.", samples.SHEET)},
)
def get_sheet(assessment: AssessmentId, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        return views.sheet_view(session, draft_of(session, call.actor, assessment))


@router.post(
    "/v1/self-assessments/{assessment}/sheet",
    summary="Hand in a filled sheet",
    description="For the people of the site: every error is listed with its provision, and with one nothing is filed. "
    "A row without an answer says nothing, and takes none away. The same sheet again changes nothing. "
    f"{NO_NAMES}",
    responses={**PROBLEMS, 200: example("The self-assessment.", samples.ASSESSMENT)},
)
def file_sheet(assessment: AssessmentId, body: SaidSheetBody, call: Writer) -> Response:
    return _filed(call, service.file_sheet, assessment, body.sheet)


@router.post(
    "/v1/self-assessments/{assessment}/uploads",
    status_code=201,
    summary="Announce a document of a self-assessment",
    description=f"For the people of the site, until it is submitted: PDF, PNG, JPEG or XLSX, up to {MOST_BYTES >> 20} "
    "MiB. Then put its parts and complete it, like any evidence; what is not completed before the submission is left "
    f"out. {NO_NAMES}",
    responses={**PROBLEMS, 201: example("The upload.", samples.ANNOUNCED)},
)
def start_document(assessment: AssessmentId, body: DocumentBody, call: Writer) -> Response:
    draft = body.draft(tuple(body.provisions))
    return call.run(
        lambda session: (
            201,
            start_for_assessment(session, call.world, call.actor, assessment, draft, now=call.now),
        )
    )


@router.post(
    "/v1/self-assessments/{assessment}/submission",
    summary="Submit the self-assessment",
    description="For the people of the site, once every provision is answered. From then on it is fixed, and audit "
    "teams, deciders and scheme managers can read it; what is newer is another version. It is no finding, no "
    "disclosure, and no part of any decision.",
    responses={**PROBLEMS, 200: example("The self-assessment.", samples.SUBMITTED)},
)
def submit(assessment: AssessmentId, body: NothingBody, call: Writer) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        return 200, views.whole(session, service.submit(session, call.actor, assessment, now=call.now))

    return call.run(work)


@router.get(
    "/v1/audits/{audit}/self-assessment",
    summary="Where the site said that it conforms, and the audit found otherwise",
    description="For the team, deciders and scheme managers; for the people of the site once the report is released to "
    "them, from what they can read of it. Of the newest self-assessment that was submitted before the first day of the "
    "audit. Whoever is not of the site's organisation is written down in the journal.",
    responses={**READ_PROBLEMS, 409: PROBLEMS[409], 200: example("The comparison.", samples.COMPARISON)},
)
def compare(audit: AuditId, call: Reader) -> dict[str, Any]:
    with call.world.db.write() as session:
        return comparison.compare(session, call.actor, audit, now=call.now)


def _filed(call: Writer, step: Callable[..., AssessmentRow], assessment: str, what: object) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        return 200, views.whole(session, step(session, call.actor, assessment, what, now=call.now))

    try:
        return call.run(work)
    except FaultyAnswers as error:
        return problem(error, [{"pointer": fault.where, "detail": fault.words} for fault in error.faults])
