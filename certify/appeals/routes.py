"""HTTP of notices and appeals, and of what people put on record beside the audits: risk, panels, a smaller scope.

Translates bodies and calls; decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import ConfigDict
from sqlalchemy import select
from starlette.responses import Response

from certify import acts
from certify.appeals import notices, samples, service
from certify.appeals.tables import AppealRow, NoticeRow
from certify.relations import READ, application_of
from certify.routes import Number
from ground import access
from ground.canonical import Json
from ground.database import Writing
from ground.parties import KNOWN
from ground.web import (
    ID_PATTERN,
    PROBLEMS,
    READ_PROBLEMS,
    Body,
    Id,
    IdInPath,
    Paging,
    Prose,
    Reader,
    Writer,
    example,
    listed,
)

router = APIRouter(tags=["appeals"])


def _shown(shown: dict[str, Json]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [shown]})


class ArgumentBody(Body):
    model_config = _shown(samples.ARGUMENT)

    argument: Prose


class WordBody(Body):
    model_config = _shown(samples.WORD)

    uphold: bool
    reasons: Prose


class RiskBody(Body):
    model_config = _shown(samples.RISK_WISH)

    level: acts.Level
    reason: Prose


class OpinionBody(Body):
    model_config = _shown(samples.OPINION)

    favourable: bool
    opinion: Prose


class ReductionBody(Body):
    model_config = _shown(samples.REDUCTION_WISH)

    site: Id
    reason: Prose


class NothingBody(Body):
    """An empty body: {}."""

    model_config = _shown({})


def _run(call: Writer, status: int, work: Callable[[Writing], dict[str, Json]]) -> Response:
    return call.run(lambda session: (status, work(session)))


@router.get(
    "/v1/notices",
    summary="List notices",
    description="Of your organisation; for deciders and scheme managers all. In the order of their ids.",
    responses={**READ_PROBLEMS, 200: example("One page.", {"items": [samples.NOTICE], "next": None})},
)
def list_notices(
    call: Reader,
    page: Paging,
    application: Annotated[str | None, Query(pattern=ID_PATTERN, description="only about this application")] = None,
) -> dict[str, Any]:
    access.check(call.actor, READ, KNOWN)
    query = select(NoticeRow)
    if not access.everywhere(call.actor, READ):
        query = query.where(NoticeRow.organisation_id == call.actor.organisation)
    if application is not None:
        query = query.where(NoticeRow.application_id == application)
    with call.world.db.read() as session:
        return listed(session, query, NoticeRow.id, page, lambda row: notices.notice_view(session, row))


@router.get(
    "/v1/notices/{notice}",
    summary="Read a notice",
    description="The grounds in words, until when to reply or to appeal; and, where something is asked, the public "
    "reason code and what to do with labels and goods, each with its last day.",
    responses={**READ_PROBLEMS, 200: example("The notice.", samples.NOTICE)},
)
def get_notice(notice: IdInPath, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        return notices.notice_view(session, notices.may_read(session, call.actor, notice))


@router.post(
    "/v1/notices/{notice}/customers-told",
    summary="Say that the customers know",
    description="For managers of the holder, after a suspension, a revocation or a smaller scope.",
    responses={**PROBLEMS, 200: example("The notice.", samples.NOTICE)},
)
def tell_customers(notice: IdInPath, body: NothingBody, call: Writer) -> Response:
    def work(session: Writing) -> dict[str, Json]:
        return notices.notice_view(session, notices.customers_told(session, call.actor, notice, now=call.now))

    return _run(call, 200, work)


@router.post(
    "/v1/notices/{notice}/appeal",
    status_code=201,
    summary="Appeal against a decision",
    description="For managers of the holder, once and in time. Other people judge it; the decision stands meanwhile.",
    responses={**PROBLEMS, 201: example("The appeal.", samples.APPEAL)},
)
def file_appeal(notice: IdInPath, body: ArgumentBody, call: Writer) -> Response:
    def work(session: Writing) -> dict[str, Json]:
        row = service.file_appeal(session, call.actor, notice, body.argument, now=call.now)
        return service.appeal_view(session, row, inside=False)

    return _run(call, 201, work)


@router.get(
    "/v1/appeals",
    summary="List appeals",
    description="Of your organisation; for those who judge them all. In the order of their ids.",
    responses={**READ_PROBLEMS, 200: example("One page.", {"items": [samples.APPEAL], "next": None})},
)
def list_appeals(call: Reader, page: Paging) -> dict[str, Any]:
    access.check(call.actor, service.READ_APPEAL, KNOWN)
    query = select(AppealRow)
    inside = access.everywhere(call.actor, service.READ_APPEAL)
    if not inside:
        query = query.where(AppealRow.organisation_id == call.actor.organisation)
    with call.world.db.read() as session:
        return listed(session, query, AppealRow.id, page, lambda row: service.appeal_view(session, row, inside=inside))


@router.get(
    "/v1/appeals/{appeal}",
    summary="Read an appeal",
    description="The holder reads the words of those who judge it when it is decided.",
    responses={**READ_PROBLEMS, 200: example("The appeal.", samples.APPEAL)},
)
def get_appeal(appeal: IdInPath, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        inside = access.everywhere(call.actor, service.READ_APPEAL)
        return service.appeal_view(session, service.appeal_of(session, call.actor, appeal), inside=inside)


@router.post(
    "/v1/appeals/{appeal}/word",
    summary="Judge an appeal",
    description="For people who had no part in the case. Two of different organisations who agree decide it.",
    responses={**PROBLEMS, 200: example("The appeal.", samples.JUDGED)},
)
def judge(appeal: IdInPath, body: WordBody, call: Writer) -> Response:
    def work(session: Writing) -> dict[str, Json]:
        row = service.judge(session, call.actor, appeal, uphold=body.uphold, reasons=body.reasons, now=call.now)
        return service.appeal_view(session, row, inside=True)

    return _run(call, 200, work)


@router.post(
    "/v1/sites/{site}/risk",
    status_code=201,
    summary="Assess the risk of a site",
    description="For deciders and scheme managers. Without an assessment a site counts as high risk: it is visited "
    "more often, and its certificate runs shorter.",
    responses={**PROBLEMS, 201: example("The assessment.", samples.RISK)},
)
def assess_risk(site: IdInPath, body: RiskBody, call: Writer) -> Response:
    return _run(
        call, 201, lambda session: acts.assess_risk(session, call.actor, site, body.level, body.reason, now=call.now)
    )


@router.post(
    "/v1/applications/{application}/panel",
    status_code=201,
    summary="Speak as a member of the panel",
    description="For people of scheme and certification body. Two of different organisations make a panel.",
    responses={**PROBLEMS, 201: example("The words so far.", samples.PANEL)},
)
def speak(application: IdInPath, body: OpinionBody, call: Writer) -> Response:
    def work(session: Writing) -> dict[str, Json]:
        return acts.speak(
            session, call.actor, application, favourable=body.favourable, opinion=body.opinion, now=call.now
        )

    return _run(call, 201, work)


@router.get(
    "/v1/applications/{application}/panel",
    summary="Read the panel's words",
    description="For people of scheme and certification body.",
    responses={**READ_PROBLEMS, 200: example("The words.", samples.PANEL)},
)
def read_panel(application: IdInPath, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        row = application_of(session, call.actor, acts.SPEAK, application)
        return acts.panel_view(session, row.id)


@router.post(
    "/v1/certificates/{number}/reduction",
    status_code=202,
    summary="Ask that a site leaves the scope",
    description="For managers of the holder and deciders. When what remains meets all that issuing needs, a "
    "certificate without the site replaces this one.",
    responses={**PROBLEMS, 202: example("The wish.", samples.REDUCTION)},
)
def ask_reduction(number: Number, body: ReductionBody, call: Writer) -> Response:
    return _run(
        call, 202, lambda session: acts.ask_reduction(session, call.actor, number, body.site, body.reason, now=call.now)
    )


@router.post(
    "/v1/certificates/{number}/reduction/withdrawal",
    summary="Take that wish back",
    description="For managers of the holder and deciders, as long as it waits.",
    responses={**PROBLEMS, 200: example("The wish.", samples.REDUCTION)},
)
def drop_reduction(number: Number, body: NothingBody, call: Writer) -> Response:
    return _run(call, 200, lambda session: acts.drop_reduction(session, call.actor, number, now=call.now))
