"""HTTP of audits.independence: the register of firms and auditors, and assignments from the draw to the answer.

Translates bodies to drafts and calls the service, and decides nothing. Nobody at a site can find an assignment here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field
from starlette.responses import Response

from audits.facts import AuditType
from audits.independence import assigning, quality_views, register, samples, views
from audits.independence.assigning import AssignmentDraft, Unavailable
from audits.independence.register import AuditorDraft, FirmDraft
from audits.independence.rules import ApprovalStatus, Declared, Level, TieKind
from audits.independence.tables import AssignmentRow, AuditorApprovalRow, FirmApprovalRow
from ground.canonical import Json
from ground.database import Writing
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
    listed,
)

router = APIRouter(tags=["independence"])

MOST_COUNTRIES = 250
MOST_TOPICS = 40
MOST_LANGUAGES = 40

FirmId = Annotated[str, Path(pattern=ID_PATTERN, description="the audit firm's id")]
AuditorId = Annotated[str, Path(pattern=ID_PATTERN, description="the auditor's id")]
AssignmentId = Annotated[str, Path(pattern=ID_PATTERN, description="the assignment's id")]
Competence = Annotated[str, Field(pattern="^(T[1-9][0-9]?|labour|all)$")]
TopicId = Annotated[str, Field(pattern="^T[1-9][0-9]?$")]
Language = Annotated[str, Field(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$", description="BCP 47, such as pt-BR")]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$")]
Competences = Annotated[list[Competence], Field(min_length=1, max_length=MOST_TOPICS)]
EFFECTIVE = "from when it counts: not in the future; without it, today"


def _shown(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples)})


class FirmApprovalBody(Body):
    model_config = _shown(samples.SET_FIRM, samples.SUSPEND_FIRM)

    status: ApprovalStatus
    reason: Prose = Field(description="no names of people")
    countries: list[Country] = Field(default=[], max_length=MOST_COUNTRIES, description="none: everywhere")
    topics: Competences = Field(description="topics of the standard, labour (T1 to T15) or all")
    effective_on: Day | None = Field(default=None, description=EFFECTIVE)
    valid_until: Day

    def draft(self) -> FirmDraft:
        return FirmDraft(self.status, self.reason, self.countries, self.topics, self.valid_until, self.effective_on)


class AuditorApprovalBody(Body):
    model_config = _shown(samples.SET_AUDITOR)

    level: Level = Field(description="provisional: only beside others")
    status: ApprovalStatus
    reason: Prose = Field(description="no names of people")
    topics: Competences = Field(description="topics of the standard, labour (T1 to T15) or all")
    languages: list[Language] = Field(min_length=1, max_length=MOST_LANGUAGES)
    trained_on: Day | None = Field(default=None, description="of the interview training")
    trained_until: Day | None = None
    effective_on: Day | None = Field(default=None, description=EFFECTIVE)
    expires_on: Day

    def draft(self) -> AuditorDraft:
        return AuditorDraft(**self.model_dump())


class TieBody(Body):
    model_config = _shown(samples.TIE)

    organisation: Id
    kind: TieKind
    until: Day | None = Field(default=None, description="its last day; without it, it lasts")


class AssignmentBody(Body):
    model_config = _shown(samples.ASK)

    site: Id
    type: AuditType
    standard: Line = Field(description="id of a published standard")
    starts_on: Day = Field(description="the audit begins on this day or later")
    ends_on: Day = Field(description="and on this day at the latest")
    languages: list[Language] = Field(default=[], max_length=MOST_LANGUAGES, description="of the workers to be asked")
    topics: list[TopicId] = Field(default=[], max_length=MOST_TOPICS, description="none: all of the standard")

    def draft(self) -> AssignmentDraft:
        return AssignmentDraft(**self.model_dump())


class DeclarationBody(Body):
    model_config = _shown(samples.DECLARE, samples.DECLARE_TIE)

    kind: Declared = Field(description="what binds you to the organisation of the site, or none")
    until: Day | None = Field(default=None, description="its last day; without it, it lasts")


class DeclineBody(Body):
    model_config = _shown(samples.DECLINE)

    unavailable: Unavailable = Field(description="only the lead who was drawn, or the whole firm")
    reason: Prose


class CancelBody(Body):
    model_config = _shown(samples.CANCEL)

    reason: Prose


class NothingBody(Body):
    """An empty body: {}."""

    model_config = _shown({})


@router.get(
    "/v1/audit-firms",
    summary="List the audit firms on the register",
    description="The newest entry of each, by the firm's id. For deciders and scheme managers; auditors see their own.",
    responses={
        **READ_PROBLEMS,
        200: example("One page.", {"items": [{"firm": samples.FIRM_ID, **samples.FIRM_ENTRY}], "next": None}),
    },
)
def list_firms(call: Reader, page: Paging) -> dict[str, Any]:
    query = views.firms_listed(call.actor)
    with call.world.db.read() as session:
        return listed(
            session, query, FirmApprovalRow.firm_id, page, lambda row: {"firm": row.firm_id, **views.firm_entry(row)}
        )


@router.get(
    "/v1/audit-firms/{organisation}",
    summary="Read an audit firm's approval",
    description="As it counts today, with every entry there was and what binds the firm to organisations.",
    responses={**READ_PROBLEMS, 200: example("The firm's entry.", samples.FIRM)},
)
def get_firm(organisation: FirmId, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        return views.firm_view(session, call.actor, organisation, today=call.now.date())


@router.get(
    "/v1/audit-firms/{organisation}/quality",
    summary="Read how good an audit firm's work is",
    description="Figures of 24 months and a score, each deduction with its numbers. A signal: nothing follows from it.",
    responses={**READ_PROBLEMS, 200: example("The figures.", quality_views.SAMPLE_FIRM)},
)
def get_firm_quality(organisation: FirmId, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        return quality_views.firm_quality(session, call.actor, organisation, now=call.now)


@router.post(
    "/v1/audit-firms/{organisation}/approvals",
    status_code=201,
    summary="Enter an audit firm's approval",
    description="For scheme managers: approve, suspend, lift. Entries are only added. A firm that is suspended or not "
    "in good standing puts a caution on every certificate that rests on its audits, until it is in good standing.",
    responses={**PROBLEMS, 201: example("The firm's entry.", samples.FIRM)},
)
def set_firm(organisation: FirmId, body: FirmApprovalBody, call: Writer) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        register.set_firm(session, call.actor, organisation, body.draft(), now=call.now)
        return 201, views.firm_view(session, call.actor, organisation, today=call.now.date())

    return call.run(work)


@router.post(
    "/v1/audit-firms/{organisation}/ties",
    status_code=201,
    summary="Record what binds an audit firm to an organisation",
    description="For scheme managers. Employment and consultancy bar for a time after their end, the rest while it "
    "lasts.",
    responses={**PROBLEMS, 201: example("The tie.", samples.TIE_ENTRY)},
)
def record_firm_tie(organisation: FirmId, body: TieBody, call: Writer) -> Response:
    return _tie(call, organisation, body)


@router.get(
    "/v1/auditors",
    summary="List the auditors on the register",
    description="The newest entry of each, by the person's id. For deciders and scheme managers; auditors see those of "
    "their firm.",
    responses={
        **READ_PROBLEMS,
        200: example("One page.", {"items": [{"person": samples.LEAD, **samples.AUDITOR_ENTRY}], "next": None}),
    },
)
def list_auditors(
    call: Reader,
    page: Paging,
    firm: Annotated[str | None, Query(pattern=ID_PATTERN, description="only of this firm")] = None,
) -> dict[str, Any]:
    query = views.auditors_listed(call.actor, firm)
    with call.world.db.read() as session:
        return listed(
            session,
            query,
            AuditorApprovalRow.person_id,
            page,
            lambda row: {"person": row.person_id, **views.auditor_entry(row)},
        )


@router.get(
    "/v1/auditors/{person}",
    summary="Read an auditor's approval",
    description="As it counts today, with every entry there was; what binds them to organisations is shown to "
    "themselves and to those who run the scheme.",
    responses={**READ_PROBLEMS, 200: example("The auditor's entry.", samples.AUDITOR)},
)
def get_auditor(person: AuditorId, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        return views.auditor_view(session, call.actor, person, today=call.now.date())


@router.get(
    "/v1/auditors/{person}/quality",
    summary="Read how good an auditor's work is",
    description="Like a firm's, over the audits on whose team the person was. For the auditor and the own firm too.",
    responses={**READ_PROBLEMS, 200: example("The figures.", quality_views.SAMPLE_AUDITOR)},
)
def get_auditor_quality(person: AuditorId, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        return quality_views.auditor_quality(session, call.actor, person, now=call.now)


@router.post(
    "/v1/auditors/{person}/approvals",
    status_code=201,
    summary="Enter an auditor's approval",
    description="For scheme managers: level, standing, competences, languages and interview training. Entries are only "
    "added. An auditor who is suspended puts a caution on every certificate that rests on an audit with them.",
    responses={**PROBLEMS, 201: example("The auditor's entry.", samples.AUDITOR)},
)
def set_auditor(person: AuditorId, body: AuditorApprovalBody, call: Writer) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        register.set_auditor(session, call.actor, person, body.draft(), now=call.now)
        return 201, views.auditor_view(session, call.actor, person, today=call.now.date())

    return call.run(work)


@router.post(
    "/v1/auditors/{person}/ties",
    status_code=201,
    summary="Record what binds an auditor to an organisation",
    description="For scheme managers: past and present employment, consultancy, money, family.",
    responses={**PROBLEMS, 201: example("The tie.", samples.TIE_ENTRY)},
)
def record_auditor_tie(person: AuditorId, body: TieBody, call: Writer) -> Response:
    return _tie(call, person, body)


@router.post(
    "/v1/assignments",
    status_code=201,
    summary="Ask for an audit to be assigned",
    description="For scheme managers and deciders. Firm and lead are drawn at random among the eligible; every "
    "candidate is listed with every reason against. A draw that was cancelled in the last 90 days stands (`stands`). "
    "The people of the site are not told.",
    responses={**PROBLEMS, 201: example("The assignment with its draw.", samples.DRAWN)},
)
def ask(body: AssignmentBody, call: Writer) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        row = assigning.ask(session, call.actor, body.draft(), now=call.now)
        return 201, views.assignment_view(session, call.actor, row)

    return call.run(work)


@router.get(
    "/v1/assignments",
    summary="List assignments",
    description="For deciders and scheme managers all; for auditors those for which their firm is drawn. By id.",
    responses={**READ_PROBLEMS, 200: example("One page.", {"items": [samples.LISTED], "next": None})},
)
def list_assignments(
    call: Reader,
    page: Paging,
    site: Annotated[str | None, Query(pattern=ID_PATTERN, description="only of this site")] = None,
) -> dict[str, Any]:
    query = views.assignments_listed(call.actor, site)
    with call.world.db.read() as session:
        return listed(session, query, AssignmentRow.id, page, views.short_view)


@router.get(
    "/v1/assignments/{assignment}",
    summary="Read an assignment",
    description="With its declarations, and why this firm and lead (`why`); for deciders and scheme managers also with "
    "its draws: `number` counts from 0 among the eligible candidates in the order shown.",
    responses={**READ_PROBLEMS, 200: example("The assignment.", samples.DRAWN)},
)
def get_assignment(assignment: AssignmentId, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        return views.get_assignment(session, call.actor, assignment)


@router.post(
    "/v1/assignments/{assignment}/declarations",
    summary="Declare a conflict of interest, or none",
    description="For each auditor who will be on the team, about the organisation of the site.",
    responses={**PROBLEMS, 200: example("The assignment.", samples.OFFERED)},
)
def declare(assignment: AssignmentId, body: DeclarationBody, call: Writer) -> Response:
    return _act(call, assignment, assigning.declare, kind=body.kind, until=body.until)


@router.post(
    "/v1/assignments/{assignment}/acceptance",
    summary="Accept an assignment",
    description="For the lead who was drawn, after declaring no conflict of interest.",
    responses={**PROBLEMS, 200: example("The assignment.", samples.ACCEPTED)},
)
def accept(assignment: AssignmentId, body: NothingBody, call: Writer) -> Response:
    return _act(call, assignment, assigning.accept)


@router.post(
    "/v1/assignments/{assignment}/refusal",
    summary="Send an assignment back",
    description="For the firm that was drawn, with a reason. It is drawn again at once.",
    responses={**PROBLEMS, 200: example("It is somebody else's now.", samples.SENT_BACK)},
)
def decline(assignment: AssignmentId, body: DeclineBody, call: Writer) -> Response:
    return _act(call, assignment, assigning.decline, unavailable=body.unavailable, reason=body.reason)


@router.post(
    "/v1/assignments/{assignment}/draws",
    summary="Draw again",
    description="For scheme managers and deciders, when nobody was eligible and the register has changed.",
    responses={**PROBLEMS, 200: example("The assignment.", samples.DRAWN)},
)
def draw_again(assignment: AssignmentId, body: NothingBody, call: Writer) -> Response:
    return _act(call, assignment, assigning.draw_again)


@router.post(
    "/v1/assignments/{assignment}/cancellation",
    summary="Cancel an assignment",
    description="For scheme managers and deciders, with a reason in words. It stays on record with its draws; asked "
    "for again within 90 days, the same firm and lead are drawn, if they are still eligible and did not send it back.",
    responses={**PROBLEMS, 200: example("The assignment.", samples.CANCELLED)},
)
def cancel(assignment: AssignmentId, body: CancelBody, call: Writer) -> Response:
    return _act(call, assignment, assigning.cancel, reason=body.reason)


def _act(call: Writer, assignment: str, step: Callable[..., AssignmentRow], /, **said: object) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        row = step(session, call.actor, assignment, **said, now=call.now)
        return 200, views.assignment_view(session, call.actor, row)

    return call.run(work)


def _tie(call: Writer, subject: str, body: TieBody) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        row = register.record_tie(session, call.actor, subject, **body.model_dump(), now=call.now)
        return 201, views.tie_view(row)

    return call.run(work)
