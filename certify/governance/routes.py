"""HTTP of governance: proposals of rulebooks, their consultation and approval, dry runs, explanations, why not yet.

Translates bodies and calls; decides nothing. A dry run over very many certificates belongs on the command line.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import ConfigDict, Field
from sqlalchemy import select
from starlette.responses import Response

from certify import veil
from certify.governance import books, dryrun, explain, publishing, samples
from certify.governance.lacking import lacking
from certify.governance.publishing import ConsultationDraft, Invited, StakeholderKind
from certify.governance.tables import RulebookRow
from certify.relations import READ, application_of
from certify.tables import DecisionRow
from ground import access
from ground.canonical import Json, instant
from ground.database import Writing
from ground.errors import NotFound
from ground.parties import KNOWN
from ground.web import (
    PROBLEMS,
    READ_PROBLEMS,
    Body,
    Day,
    IdInPath,
    Line,
    Paging,
    Prose,
    Reader,
    Writer,
    example,
    listed,
)

router = APIRouter(tags=["governance"])

MOST_TEXT = 400_000  # characters of a rulebook; ours has some 60,000
BookId = Annotated[str, Path(pattern=r"^[a-z]+-[0-9]{4}\.[0-9]{1,3}$", description="id of a rulebook")]


class RulebookBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [samples.TEXT]})

    text: str = Field(min_length=1, max_length=MOST_TEXT, description="the rulebook as TOML")


class InvitedBody(Body):
    organisation: Line
    kind: StakeholderKind


class ConsultationBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [samples.CONSULTATION]})

    opened_on: Day
    closed_on: Day
    invited: list[InvitedBody] = Field(min_length=1, max_length=500)
    answers: Annotated[int, Field(ge=0, le=500)]
    summary: Prose = Field(description="what was said, and what became of it; no names of people")
    document: str = Field(pattern="^[0-9a-f]{64}$", description="SHA-256 of the minutes")


class NothingBody(Body):
    """An empty body: {}."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


@router.post(
    "/v1/rulebooks",
    status_code=201,
    summary="Propose a rulebook",
    description="For scheme managers. The text is fixed from now on; it is read strictly, and its numbers must be "
    "those of the standards it names.",
    responses={**PROBLEMS, 201: example("The proposal.", samples.PROPOSAL)},
)
def propose_rulebook(body: RulebookBody, call: Writer) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        row = publishing.propose(session, call.actor, body.text, now=call.now)
        return 201, publishing.proposal_view(session, row)

    return call.run(work)


@router.get(
    "/v1/rulebooks",
    summary="List proposed rulebooks",
    description="Those entered here, published or not, in the order of their ids. What came with the software is on "
    "the public pages.",
    responses={**READ_PROBLEMS, 200: example("One page.", {"items": [samples.PROPOSAL], "next": None})},
)
def list_rulebooks(call: Reader, page: Paging) -> dict[str, Any]:
    access.check(call.actor, publishing.READ, KNOWN)
    with call.world.db.read() as session:
        return listed(
            session, select(RulebookRow), RulebookRow.id, page, lambda row: publishing.proposal_view(session, row)
        )


@router.get(
    "/v1/rulebooks/{rulebook}",
    summary="Read a proposed rulebook",
    description="With its consultations.",
    responses={**READ_PROBLEMS, 200: example("The proposal.", samples.PROPOSAL)},
)
def get_rulebook(rulebook: BookId, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        return publishing.proposal_view(session, publishing.get_proposal(session, call.actor, rulebook))


@router.post(
    "/v1/rulebooks/{rulebook}/consultation",
    status_code=201,
    summary="Record a consultation of the stakeholders",
    description="For scheme managers: who was asked about exactly this text, what they said, what became of it.",
    responses={**PROBLEMS, 201: example("The proposal.", samples.PROPOSAL)},
)
def consult(rulebook: BookId, body: ConsultationBody, call: Writer) -> Response:
    invited = tuple(Invited(each.organisation, each.kind) for each in body.invited)
    draft = ConsultationDraft(**{**body.model_dump(), "invited": invited})

    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        publishing.consult(session, call.actor, rulebook, draft, now=call.now)
        return 201, publishing.proposal_view(session, publishing.get_proposal(session, call.actor, rulebook))

    return call.run(work)


@router.post(
    "/v1/rulebooks/{rulebook}/approval",
    summary="Approve and publish a rulebook",
    description="For a second person, of scheme or certification body, after a consultation. It stands in the public "
    "log from now on and decides from the day it comes into force.",
    responses={**PROBLEMS, 200: example("The rulebook.", samples.PROPOSAL)},
)
def approve(rulebook: BookId, body: NothingBody, call: Writer) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        row = publishing.approve(session, call.world, call.actor, rulebook, now=call.now)
        return 200, publishing.proposal_view(session, row)

    return call.run(work)


@router.get(
    "/v1/rulebooks/{rulebook}/dry-run",
    summary="What a proposed rulebook would change",
    description="Which certificates that stand would be judged differently, how and why. Nothing is changed.",
    responses={**READ_PROBLEMS, 200: example("What would change.", samples.DRYRUN)},
)
def run_dry(rulebook: BookId, call: Reader) -> dict[str, Any]:
    access.check(call.actor, publishing.APPROVE, KNOWN)
    with call.world.db.read() as session:
        row = publishing.get_proposal(session, call.actor, rulebook)
        present = books.current(session, call.world.settings, call.now)
        total, found = dryrun.snapshots(session)
        outcome = dryrun.dry_run(total, found, books.text_of(session, present.id), row.text, call.now, processes=1)
    return {"rulebook": present.id, "against": row.id, "at": instant(call.now), **dryrun.view(outcome)}


@router.get(
    "/v1/applications/{application}/lacking",
    summary="Why not yet?",
    description="Every condition that is not met for the next good outcome (issue, renewal or reinstatement), with "
    "whose turn it is and what would meet it.",
    responses={**READ_PROBLEMS, 200: example("What is lacking.", samples.LACKING)},
)
def get_lacking(application: IdInPath, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        row = application_of(session, call.actor, READ, application)
        return lacking(session, call.world.settings, row, call.now)


@router.get(
    "/v1/applications/{application}/decisions/{n}/explanation",
    summary="A decision in plain words",
    description="What was concluded, the rule behind each clause, the inputs, the version of the rulebook, and how to "
    "challenge it.",
    responses={**READ_PROBLEMS, 200: example("The decision, explained.", samples.EXPLANATION)},
)
def explain_decision(
    application: IdInPath, n: Annotated[int, Path(ge=1, le=2**31 - 1, description="its number")], call: Reader
) -> dict[str, Any]:
    with call.world.db.read() as session:
        row = application_of(session, call.actor, READ, application)
        decision = session.scalar(select(DecisionRow).where(DecisionRow.application_id == row.id, DecisionRow.seq == n))
        if decision is None:
            raise NotFound("there is no such decision")
        books.know(session)
        if access.everywhere(call.actor, READ):
            return explain.explanation(decision)
        return explain.for_holder(decision, veil.unreleased(session, row.id))
