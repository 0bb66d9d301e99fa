"""HTTP of audits.fieldwork: the plan, the time, the work force, counts of interviews, the sample; sealed files.

Translates bodies to drafts and calls the service, and decides nothing. No body here has a place for one interview or
one worker: what is finer than counts goes in a sealed file.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema
from sqlalchemy import select
from starlette.responses import Response

from audits import readings
from audits.fieldwork import boxes, samples, sampling, sealing, service, strata, views
from audits.fieldwork.interviews import Counts, Interpreter, Place
from audits.fieldwork.plan import MOST_PER_DAY, Day
from audits.fieldwork.relations import CALCULATE, OPEN, READ, READ_KEYS, addressed, audit_of, sealed_to_be_watched
from audits.fieldwork.service import ForceDraft, PlanDraft
from audits.fieldwork.tables import SealedFileRow, SealingKeyRow
from ground import access
from ground.errors import Invalid
from ground.journal import JournalRow
from ground.parties import MOST_WORKERS, relations
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
)
from ground.web import Day as DayField

router = APIRouter(tags=["fieldwork"])

MOST_DAYS = 31 * 20  # of the longest audit with the largest team
MOST_PLANNED = 10_000  # tenths of a man-day
MOST_SITES = 100_000
LANGUAGE = "^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$"
MONTH = "^20[0-9]{2}-(0[1-9]|1[0-2])$"

AuditId = Annotated[str, Path(pattern=ID_PATTERN, description="the audit's id")]


def _stratum(name: str) -> str:
    """One of the closed list. What else somebody wrote, a person's name perhaps, is not repeated."""
    try:
        strata.kind_of(name)
    except Invalid as error:
        raise ValueError(error.detail) from error
    return name


Count = Annotated[int, Field(ge=0, le=MOST_WORKERS)]
People = Annotated[int, Field(ge=1, le=MOST_WORKERS)]
Month = Annotated[str, Field(pattern=MONTH)]
Stratum = Annotated[
    str, AfterValidator(_stratum), WithJsonSchema({"type": "string", "pattern": strata.PATTERN, "title": "Stratum"})
]
Language = Annotated[str, Field(pattern=LANGUAGE, description="BCP 47, such as bn or pt-BR")]
Most = Field(max_length=strata.MOST)


def _shown(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples)})


class MonthsBody(Body):
    current: Month
    peak: Month = Field(description="the busiest of the year")
    low: Month = Field(description="the slackest of the year")


class PlanBody(Body):
    model_config = _shown(samples.PLAN)

    workers: People = Field(description="expected on site, whoever employs them")
    high_risk: bool = Field(
        default=True, description="false only for a place that the certification body assessed as of low risk before"
    )
    planned: Annotated[int, Field(ge=0, le=MOST_PLANNED)] = Field(description="tenths of a man-day, of the whole team")
    months: MonthsBody = Field(description="of which payroll and hours are looked at in every file")


class DayBody(Body):
    day: DayField
    person: Id = Field(description="of the team")
    tenths: Annotated[int, Field(ge=1, le=MOST_PER_DAY)] = Field(description="of a man-day")


class EffortBody(Body):
    model_config = _shown(samples.EFFORT)

    days: list[DayBody] = Field(max_length=MOST_DAYS)


class StratumBody(Body):
    name: Stratum
    size: Count = Field(description="0 when somebody looked and there are none: silence is listed as missing")


class LanguageBody(Body):
    language: Language
    size: People = Field(description="workers who understand it best")


class ForceBody(Body):
    model_config = _shown(samples.FORCE)

    workers: People = Field(description="on site during the audit, whoever employs them")
    strata: Annotated[list[StratumBody], Most] = Field(description="they overlap")
    languages: Annotated[list[LanguageBody], Most] = Field(description="empty when nobody asked")


class CountsBody(Body):
    """Counts of people, each by itself. There is no place for a single interview here."""

    model_config = _shown(samples.COUNTS)

    individual: Count
    group: Count = Field(description="people in groups, not groups")
    private: Count = Field(description="out of the hearing of everybody of the site")
    languages: Annotated[dict[Language, Count], Most]
    places: dict[Place, Count]
    interpreters: dict[Interpreter, Count]
    strata: Annotated[dict[Stratum, Count], Most]


class KeyBody(Body):
    model_config = _shown(samples.KEY)

    key: Line = Field(description="as `freemark sealed keygen` printed it")


class SealedBody(Body):
    model_config = _shown(samples.SEALED)

    sealed: str = Field(min_length=1, max_length=sealing.MOST_TEXT, description="base64 of what `freemark sealed` made")


class NothingBody(Body):
    """An empty body: {}."""

    model_config = _shown({})


@router.post(
    "/v1/audits/{audit}/plan",
    summary="Plan the days of an audit",
    description="For the team, until the report is submitted; a later plan replaces the earlier one. `needed` follows "
    "from the standard's table of man-days.",
    responses={**PROBLEMS, 200: example("The plan.", samples.PLANNED)},
)
def file_plan(audit: AuditId, body: PlanBody, call: Writer) -> Response:
    months = (body.months.current, body.months.peak, body.months.low)
    draft = PlanDraft(workers=body.workers, high_risk=body.high_risk, planned=body.planned, months=months)
    return call.run(lambda session: (200, service.file_plan(session, call.actor, audit, draft, now=call.now)))


@router.get(
    "/v1/audits/{audit}/plan",
    summary="Read the plan",
    description="For the team and the certification body: man-days needed, planned and spent, in tenths.",
    responses={**READ_PROBLEMS, 200: example("The plan.", samples.PLANNED)},
)
def get_plan(audit: AuditId, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        return views.get_plan(session, call.actor, audit)


@router.post(
    "/v1/audits/{audit}/effort",
    summary="Say what the audit took",
    description="For the team: all days so far, each person once a day; replaces what was said before.",
    responses={**PROBLEMS, 200: example("The plan.", samples.PLANNED)},
)
def file_effort(audit: AuditId, body: EffortBody, call: Writer) -> Response:
    days = [Day(day.day, day.person, day.tenths) for day in body.days]
    return call.run(lambda session: (200, service.file_effort(session, call.actor, audit, days, now=call.now)))


@router.post(
    "/v1/audits/{audit}/strata",
    summary="File the work force",
    description="For the team: how many work there, and in which groups that the sample must not pass over. Names of "
    "strata are a closed list; replaces what was filed before.",
    responses={**PROBLEMS, 200: example("The work force.", samples.FORCED)},
)
def file_strata(audit: AuditId, body: ForceBody, call: Writer) -> Response:
    draft = ForceDraft(
        workers=body.workers,
        strata=tuple((stratum.name, stratum.size) for stratum in body.strata),
        languages=tuple((each.language, each.size) for each in body.languages),
    )
    return call.run(lambda session: (200, service.file_force(session, call.actor, audit, draft, now=call.now)))


@router.get(
    "/v1/audits/{audit}/strata",
    summary="Read the work force",
    description="For the team and the certification body.",
    responses={**READ_PROBLEMS, 200: example("The work force.", samples.FORCED)},
)
def get_strata(audit: AuditId, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        return views.get_force(session, call.actor, audit)


@router.post(
    "/v1/audits/{audit}/interviews",
    summary="File the counts of interviews",
    description="For the team: what `freemark sealed log` printed, of all interviews so far; replaces the counts "
    "before. The log itself goes in a sealed file. Refused while they are so few that each is a single person.",
    responses={**PROBLEMS, 200: example("The counts.", samples.COUNTED)},
)
def file_interviews(audit: AuditId, body: CountsBody, call: Writer) -> Response:
    counts = Counts(**body.model_dump())
    return call.run(lambda session: (200, service.file_interviews(session, call.actor, audit, counts, now=call.now)))


@router.get(
    "/v1/audits/{audit}/interviews",
    summary="Read the counts of interviews",
    description="For the team and the certification body. Counts only: the server knows no interview.",
    responses={**READ_PROBLEMS, 200: example("The counts.", samples.COUNTED)},
)
def get_interviews(audit: AuditId, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        return views.get_interviews(session, call.actor, audit)


@router.get(
    "/v1/audits/{audit}/sample",
    summary="Needed and achieved, stratum by stratum",
    description="For the team and the certification body. `missing` is what the sample still passes over, and which "
    "group nobody has looked for: to be read before the closing meeting.",
    responses={**READ_PROBLEMS, 200: example("The sample.", samples.SAMPLE)},
)
def get_sample(audit: AuditId, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        return views.get_sample(session, call.actor, audit)


@router.get(
    "/v1/sampling/sites",
    summary="How many sites of a group to visit",
    description="IAF MD 1: the square root of the sites, at least a quarter of them by lot. Sites with migrants or "
    "dormitories are never sampled out. The central function is visited each time, on top.",
    responses={**READ_PROBLEMS, 200: example("The sample of sites.", samples.SITES)},
)
def get_sites(
    call: Reader,
    total: Annotated[int, Query(ge=1, le=MOST_SITES, description="like sites, without the central function")],
    visit: Literal["initial", "surveillance", "recertification"],
    never_out: Annotated[int, Query(ge=0, le=MOST_SITES, description="of them, with migrants or dormitories")] = 0,
) -> dict[str, Any]:
    access.check(call.actor, CALCULATE)
    found = sampling.sites(total, visit, never_out=min(never_out, total))
    return {
        "total": total,
        "visit": visit,
        "always": found.always,
        "drawn": found.drawn,
        "at_random": found.at_random,
        "visited": found.visited,
    }


@router.post(
    "/v1/sealing-keys",
    status_code=201,
    summary="Enrol a sealing key",
    description="For deciders: the public half of a key made offline, to which auditors seal interview logs and "
    "alerts. Its private half never comes here.",
    responses={**PROBLEMS, 201: example("The key.", samples.ENROLLED)},
)
def enrol_key(body: KeyBody, call: Writer) -> Response:
    return call.run(lambda session: (201, sealing.enrol_key(session, call.actor, body.key, now=call.now)))


@router.get(
    "/v1/sealing-keys",
    summary="List the sealing keys",
    description="For auditors, deciders and scheme managers. Hold the key against the one that the certification body "
    "told you itself. Ordered by id.",
    responses={**READ_PROBLEMS, 200: example("One page.", {"items": [samples.ENROLLED], "next": None})},
)
def list_keys(
    call: Reader,
    page: Paging,
    organisation: Annotated[str | None, Query(pattern=ID_PATTERN, description="only of this body")] = None,
) -> dict[str, Any]:
    access.check(call.actor, READ_KEYS)
    query = select(SealingKeyRow)
    if organisation is not None:
        query = query.where(SealingKeyRow.organisation_id == organisation)
    with call.world.db.read() as session:
        return listed(session, query, SealingKeyRow.id, page, views.key_view)


@router.post(
    "/v1/sealing-keys/{key}/retirement",
    summary="Retire a sealing key",
    description="For deciders of its organisation: nothing more is taken that is sealed to it. Keep the private half "
    "as long as the files.",
    responses={**PROBLEMS, 200: example("The key.", {**samples.ENROLLED, "retired_at": samples.AT})},
)
def retire_key(
    key: Annotated[str, Path(pattern=ID_PATTERN, description="the key's id")], body: NothingBody, call: Writer
) -> Response:
    return call.run(lambda session: (200, sealing.retire_key(session, call.actor, key, now=call.now)))


@router.post(
    "/v1/audits/{audit}/sealed",
    status_code=201,
    summary="File a sealed file",
    description=f"For the team, before the report and after: an interview log, or the text of an alert. At most "
    f"{boxes.MOST_SEALED} bytes. The same file twice is one.",
    responses={**PROBLEMS, 201: example("What is known of it.", samples.FILED)},
)
def file_sealed(audit: AuditId, body: SealedBody, call: Writer) -> Response:
    data = sealing.decode(body.sealed)
    sealing.keep(call.world, call.actor, audit, data)
    return call.run(lambda session: (201, sealing.file_sealed(session, call.actor, audit, data, now=call.now)))


@router.get(
    "/v1/audits/{audit}/sealed",
    summary="List the sealed files of an audit",
    description="For its team, and the deciders they are sealed to: that they are there, not what is in them.",
    responses={**READ_PROBLEMS, 200: example("One page.", {"items": [samples.FILED], "next": None})},
)
def list_sealed_of(audit: AuditId, call: Reader, page: Paging) -> dict[str, Any]:
    with call.world.db.read() as session:
        row = audit_of(session, call.actor, READ, audit)
        query = select(SealedFileRow).where(SealedFileRow.audit_id == row.id)
        if row.firm_id != call.actor.organisation:
            query = query.where(addressed(call.actor))
        return listed(session, query, SealedFileRow.id, page, views.sealed_view)


@router.get(
    "/v1/sealed",
    summary="List the sealed files for your certification body",
    description="For deciders: those sealed to a key of their own organisation. Ordered by id.",
    responses={**READ_PROBLEMS, 200: example("One page.", {"items": [samples.FILED], "next": None})},
)
def list_sealed(call: Reader, page: Paging) -> dict[str, Any]:
    access.check(call.actor, OPEN, relations(call.actor, call.actor.organisation))
    with call.world.db.read() as session:
        query = select(SealedFileRow).where(addressed(call.actor))
        return listed(session, query, SealedFileRow.id, page, views.sealed_view)


@router.get(
    "/v1/sealed/{sealed}",
    summary="Fetch a sealed file",
    description="For the deciders of the certification body it is sealed to. `freemark sealed open` opens it, on the "
    "machine that has the key.",
    response_class=Response,
    responses={
        200: {"description": "The file.", "content": {"application/octet-stream": {"example": "freemark-sealed-v1"}}},
        **READ_PROBLEMS,
    },
)
def fetch_sealed(
    sealed: Annotated[str, Path(pattern=ID_PATTERN, description="the sealed file's id")], call: Reader
) -> Response:
    data = sealing.fetch(call.world, call.actor, sealed)
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="{sealed}.sealed"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(data, media_type="application/octet-stream", headers=headers)


@router.get(
    "/v1/sealed/{sealed}/readings",
    summary="Who fetched a sealed file",
    description="For the deciders of the body it is sealed to, and scheme managers. Oldest first.",
    responses={**READ_PROBLEMS, 200: example("One page.", {"items": [samples.READING], "next": None})},
)
def list_readings(
    sealed: Annotated[str, Path(pattern=ID_PATTERN, description="the sealed file's id")], call: Reader, page: Paging
) -> dict[str, Any]:
    with call.world.db.read() as session:
        row = sealed_to_be_watched(session, call.actor, sealed)
        query = readings.of(call.actor, "sealed_read", row.id)
        return listed(session, query, JournalRow.index, page, readings.entry_view)
