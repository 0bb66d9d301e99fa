"""HTTP of remedy: the repayment ledger, later checks, self-disclosure, and dates as a calendar.

Translates bodies to drafts and rows to JSON, and decides nothing. Reading what was heard at a later check writes a row
in the journal, so that GET opens a transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from sqlalchemy import select
from starlette.responses import Response

from audits.remedy import calendar, checks, disclosures, ledger, samples, views
from audits.remedy.bodies import (
    CohortBody,
    ConfirmationBody,
    DisclosureBody,
    NothingBody,
    PaymentBody,
    RemedyBody,
    ResultBody,
)
from audits.remedy.clocks import with_clock
from audits.remedy.disclosures import DisclosureDraft
from audits.remedy.relations import (
    READ_CHECK,
    READ_LEDGER,
    check_of,
    disclosure_of,
    finding_of,
    visible_checks,
    visible_disclosures,
)
from audits.remedy.tables import CheckRow, DisclosureRow
from audits.samples import CLOCKED
from audits.tables import FindingRow
from audits.views import findings_for
from ground import access
from ground.canonical import Json
from ground.database import Writing
from ground.parties import KNOWN
from ground.web import (
    ID_PATTERN,
    PROBLEMS,
    READ_PROBLEMS,
    Paging,
    Reader,
    Writer,
    example,
    listed,
    world,
)
from ground.world import World

router = APIRouter(tags=["remedy"])

SECRET = "^[0-9A-HJKMNP-TV-Z]{32}$"  # noqa: S105 - the form of one
MEDIA = "text/calendar"

FindingId = Annotated[str, Path(pattern=ID_PATTERN, description="the finding's id")]
CohortId = Annotated[str, Path(pattern=ID_PATTERN, description="the cohort's id")]
CheckId = Annotated[str, Path(pattern=ID_PATTERN, description="the check's id")]
DisclosureId = Annotated[str, Path(pattern=ID_PATTERN, description="the disclosure's id")]


class CalendarResponse(Response):
    media_type = MEDIA


# ------------------------------------------------------------------------------------------------------------- ledger


@router.post(
    "/v1/findings/{finding}/cohorts",
    status_code=201,
    summary="Enter who is owed money",
    description="For the people of the site: people of one corridor, agent and period, those who have left among them, "
    "and the standard amount that each is owed. It counts once it is agreed by somebody outside.",
    responses={**PROBLEMS, 201: example("The ledger.", samples.LEDGER)},
)
def add_cohort(finding: FindingId, body: CohortBody, call: Writer) -> Response:
    return _ledger(call, 201, ledger.add_cohort, finding, body.draft())


@router.get(
    "/v1/findings/{finding}/repayment",
    summary="Read the repayment ledger of a finding",
    description="For the people of the site, the firm, deciders, the protection handler and scheme managers. The site "
    "sees of what workers said only whether it is enough.",
    responses={**READ_PROBLEMS, 200: example("The ledger.", samples.LEDGER)},
)
def get_ledger(finding: FindingId, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        return views.ledger_view(session, call.actor, finding_of(session, call.actor, READ_LEDGER, finding))


@router.post(
    "/v1/cohorts/{cohort}/revision",
    summary="Correct a cohort",
    description="For the people of the site. It has to be agreed anew.",
    responses={**PROBLEMS, 200: example("The ledger.", samples.LEDGER)},
)
def revise_cohort(cohort: CohortId, body: CohortBody, call: Writer) -> Response:
    return _ledger(call, 200, ledger.revise_cohort, cohort, body.draft())


@router.post(
    "/v1/cohorts/{cohort}/agreement",
    summary="Agree to head count and amount",
    description="For a decider, or an auditor of the firm that found it; never for the holder.",
    responses={**PROBLEMS, 200: example("The ledger.", samples.LEDGER)},
)
def agree_cohort(cohort: CohortId, body: NothingBody, call: Writer) -> Response:
    return _ledger(call, 200, ledger.agree_cohort, cohort)


@router.post(
    "/v1/cohorts/{cohort}/payments",
    status_code=201,
    summary="Enter a payment",
    description="For the people of the site, with its evidence; money put aside for leavers who were not found is a "
    "payment of its own kind. Never changed: a mistake is corrected by the next entry.",
    responses={**PROBLEMS, 201: example("The ledger.", samples.LEDGER)},
)
def record_payment(cohort: CohortId, body: PaymentBody, call: Writer) -> Response:
    return _ledger(call, 201, ledger.record_payment, cohort, body.draft())


@router.post(
    "/v1/cohorts/{cohort}/confirmations",
    status_code=201,
    summary="Enter what workers say of the repayment",
    description="For auditors of the firm, deciders and the protection handler: how many were asked, and how many have "
    "the money and kept it. The newest counts. The site never sees the figures.",
    responses={**PROBLEMS, 201: example("The ledger.", samples.LEDGER)},
)
def record_confirmation(cohort: CohortId, body: ConfirmationBody, call: Writer) -> Response:
    return _ledger(call, 201, ledger.record_confirmation, cohort, body.draft())


@router.post(
    "/v1/findings/{finding}/remedy",
    summary="Say that those affected have what they are owed",
    description="For a decider, or an auditor of the firm that found it, where no money is owed: papers are back, a "
    "place is safe. Where money is owed, the ledger says it.",
    responses={**PROBLEMS, 200: example("The finding.", CLOCKED)},
)
def confirm_remedy(finding: FindingId, body: RemedyBody, call: Writer) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        row = ledger.confirm_remedy(session, call.actor, finding, body.reason, now=call.now)
        return 200, with_clock(findings_for(session, call.actor, [row])[0], call.now)

    return call.run(work)


def _ledger(call: Writer, status: int, step: Callable[..., FindingRow], *said: object) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        return status, views.ledger_view(session, call.actor, step(session, call.actor, *said, now=call.now))

    return call.run(work)


# ------------------------------------------------------------------------------------------------------------- checks


@router.get(
    "/v1/checks",
    summary="List later checks",
    description="For auditors those of their firm's audits; for deciders, the protection handler and scheme managers "
    "all. Never for the organisation that answers for the site. Ordered by id, without what was heard.",
    responses={**READ_PROBLEMS, 200: example("One page.", {"items": [samples.CHECK], "next": None})},
)
def list_checks(
    call: Reader,
    page: Paging,
    site: Annotated[str | None, Query(pattern=ID_PATTERN, description="only of this site")] = None,
    done: Annotated[bool | None, Query(description="none: all")] = None,
) -> dict[str, Any]:
    access.check(call.actor, READ_CHECK, KNOWN)
    query = select(CheckRow).where(visible_checks(call.actor))
    if site is not None:
        query = query.where(CheckRow.site_id == site)
    if done is not None:
        query = query.where(CheckRow.done_at.is_not(None) if done else CheckRow.done_at.is_(None))

    def line(row: CheckRow) -> dict[str, Json]:
        return {**views.check_view(call.actor, row), "note": None}

    with call.world.db.read() as session:
        return listed(session, query, CheckRow.id, page, line)


@router.get(
    "/v1/checks/{check}",
    summary="Read a later check",
    description="With what was heard, for deciders, the protection handler and who did it; that is written down.",
    responses={**READ_PROBLEMS, 409: PROBLEMS[409], 200: example("The check.", samples.DONE)},
)
def get_check(check: CheckId, call: Reader) -> dict[str, Any]:
    with call.world.db.write() as session:
        row = check_of(session, call.actor, READ_CHECK, check)
        shown = views.check_view(call.actor, row)
        if shown["note"]:
            checks.read_check(session, call.actor, row, now=call.now)
        return shown


@router.post(
    "/v1/checks/{check}/result",
    summary="Enter what a later check found",
    description="For an auditor of the firm, a decider or the protection handler, from 7 days before it is due. Harm "
    "schedules another check, and the answer says what else there is to do.",
    responses={**PROBLEMS, 200: example("The check.", samples.DONE)},
)
def do_check(check: CheckId, body: ResultBody, call: Writer) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        row = checks.do_check(session, call.actor, check, body.result, body.note or "", now=call.now)
        return 200, views.check_view(call.actor, row)

    return call.run(work)


# -------------------------------------------------------------------------------------------------------- disclosures


@router.post(
    "/v1/disclosures",
    status_code=201,
    summary="Tell of a problem yourself",
    description="For the people of the site, before an audit or a complaint tells of it. It is dated, and never "
    "changed.",
    responses={**PROBLEMS, 201: example("The disclosure.", samples.DISCLOSED)},
)
def disclose(body: DisclosureBody, call: Writer) -> Response:
    draft = DisclosureDraft(**body.model_dump())
    return call.run(
        lambda session: (
            201,
            views.disclosure_view(disclosures.disclose(session, call.actor, draft, now=call.now)),
        )
    )


@router.get(
    "/v1/disclosures",
    summary="List self-disclosures",
    description="For the people of a site its own, for auditors those of sites at which their firm audits, for "
    "deciders and scheme managers all. Ordered by id.",
    responses={**READ_PROBLEMS, 200: example("One page.", {"items": [samples.DISCLOSED], "next": None})},
)
def list_disclosures(call: Reader, page: Paging) -> dict[str, Any]:
    query = select(DisclosureRow).where(visible_disclosures(call.actor))
    with call.world.db.read() as session:
        return listed(session, query, DisclosureRow.id, page, views.disclosure_view)


@router.get(
    "/v1/disclosures/{disclosure}",
    summary="Read a self-disclosure",
    description="For those who may list it.",
    responses={**READ_PROBLEMS, 200: example("The disclosure.", samples.DISCLOSED)},
)
def get_disclosure(disclosure: DisclosureId, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        return views.disclosure_view(disclosure_of(session, call.actor, disclosure))


# ----------------------------------------------------------------------------------------------------------- calendar

ICS: dict[str, Any] = {"description": "iCalendar (RFC 5545).", "content": {MEDIA: {"example": samples.CALENDAR}}}
FETCHED: dict[int | str, dict[str, Any]] = {200: ICS, **{status: READ_PROBLEMS[status] for status in (404, 422, 503)}}


@router.get(
    "/v1/calendar.ics",
    summary="Read your dates as a calendar",
    description="What is due about released findings: for the people of a site their own; for auditors what their firm "
    "found and others have to see; for deciders and scheme managers all. And the dates of applications and "
    "certificates: replies, appeals, ends, suspensions. Nothing of what was found, and no names.",
    responses={**READ_PROBLEMS, 200: ICS},
    response_class=CalendarResponse,
)
def get_calendar(call: Reader) -> Response:
    with call.world.db.read() as session:
        return _calendar(calendar.feed(session, call.world.settings, call.actor))


@router.post(
    "/v1/calendar-feed",
    status_code=201,
    summary="Open a secret address for your calendar program",
    description="It shows your dates to whoever has it, until you end it or open another. Shown once.",
    responses={**PROBLEMS, 201: example("The address.", samples.FEED)},
)
def open_feed(body: NothingBody, call: Writer) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        secret = calendar.open_feed(session, call.actor, now=call.now)
        return 201, {"url": f"{call.world.settings.public_url}/calendar/{secret}.ics"}

    return call.run(work)


@router.post(
    "/v1/calendar-feed/end",
    summary="End the secret address",
    description="What was fetched before stays where it was fetched to.",
    responses={**PROBLEMS, 200: example("It has ended.", {"url": None})},
)
def close_feed(body: NothingBody, call: Writer) -> Response:
    def work(session: Writing) -> tuple[int, dict[str, Json]]:
        calendar.close_feed(session, call.actor, now=call.now)
        return 200, {"url": None}

    return call.run(work)


@router.get(
    "/calendar/{secret}.ics",
    summary="Fetch dates with a secret address",
    description="For calendar programs, which send no token.",
    responses=FETCHED,
    response_class=CalendarResponse,
)
def fetch_calendar(
    secret: Annotated[str, Path(pattern=SECRET, description="as it was shown")],
    here: Annotated[World, Depends(world)],
) -> Response:
    with here.db.read() as session:
        return _calendar(calendar.feed(session, here.settings, calendar.by_secret(session, secret)))


def _calendar(data: bytes) -> Response:
    return CalendarResponse(data, headers={"Cache-Control": "private, no-store"})
