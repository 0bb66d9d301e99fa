"""HTTP of reports: readiness, the closing meeting's sheet, preparation, versions, severities, auditors' keys.

Translates bodies to drafts and calls the service, and decides nothing. The submission itself is in `audits.routes`,
which includes this router.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import ConfigDict, Field
from starlette.responses import Response

from audits import service, signatures, views
from audits.alerts import glass
from audits.bodies import AnswerBody, FiguresBody, SignatureBody, figures_of
from audits.facts import Severity
from audits.preliminary import SheetDraft, Told, diff, get_sheet
from audits.readiness import readiness
from audits.reporting import samples
from audits.service import Amendment
from audits.tables import AuditorKeyRow
from ground.web import (
    ID_PATTERN,
    PROBLEMS,
    READ_PROBLEMS,
    Body,
    IdInPath,
    Line,
    LineOrNone,
    Moment,
    Paging,
    Prose,
    Reader,
    Writer,
    example,
    listed,
)

router = APIRouter(tags=["audits"])

AuditId = Annotated[str, Path(pattern=ID_PATTERN, description="the audit's id")]
Version = Annotated[int, Path(ge=1, le=1000, description="1 is the first submission")]


class AmendmentBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [samples.AMENDMENT]})

    reason: Prose = Field(description="why the report changes; it stands in the new version")
    answers: list[AnswerBody] = Field(default=[], max_length=200, description="findings to add or to make graver")
    figures: FiguresBody | None = Field(default=None, description="all of them again; none: they stay")


class SignedBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"signature": samples.SIGNATURE}]})

    signature: SignatureBody


class ToldBody(Body):
    provision: Line = Field(description="such as T1.1")
    severity: Severity = Field(description="as it was told")


class SheetBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [samples.SHEET]})

    outcome: Literal["signed", "refused_to_sign", "not_presented"]
    presented_at: Moment = Field(description="when; for a sheet that was not presented, when that was settled")
    function: LineOrNone = Field(default="", max_length=100, description="of the person at the site, never a name")
    reason: Prose | None = Field(default=None, description="required unless it was signed")
    findings: list[ToldBody] = Field(max_length=200, description="as told; never a held alert")

    def draft(self) -> SheetDraft:
        return SheetDraft(
            outcome=self.outcome,
            presented_at=self.presented_at,
            findings=tuple(Told(told.provision, told.severity) for told in self.findings),
            function=self.function,
            reason=self.reason or "",
        )


class RegradeBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [samples.REGRADE]})

    severity: Severity
    reason: Prose = Field(description="for the record, and for the site to read")


class KeyBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [samples.SIGNATURE]})

    kid: Line = Field(description="your public key, as `freemark auditor keygen` prints it")
    sig: Line = Field(description="hex; what `freemark auditor claim` prints for your person id")


class NothingBody(Body):
    """An empty body: {}."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


@router.get(
    "/v1/audits/{audit}/readiness",
    summary="See what stands in the way of the report",
    description="For the firm, before the submission: open provisions, contradictions, strata passed over, short time, "
    "a key that is missing. What blocks would be refused; the rest is noted as it is.",
    responses={**READ_PROBLEMS, 409: PROBLEMS[409], 200: example("The list.", samples.READY)},
)
def get_readiness(audit: AuditId, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        return readiness(session, call.actor, audit, now=call.now)


@router.post(
    "/v1/audits/{audit}/preliminary",
    status_code=201,
    summary="File the sheet of the closing meeting",
    description="For the team, once: what the site was told, and whether it signed. That it refused is an outcome like "
    "the others.",
    responses={**PROBLEMS, 201: example("The sheet.", samples.SHEET_FILED)},
)
def file_preliminary(audit: AuditId, body: SheetBody, call: Writer) -> Response:
    draft = body.draft()
    return call.run(lambda session: (201, service.file_sheet(session, call.actor, audit, draft, now=call.now)))


@router.get(
    "/v1/audits/{audit}/preliminary",
    summary="Read the sheet of the closing meeting",
    description="For everybody who may read the audit.",
    responses={**READ_PROBLEMS, 200: example("The sheet.", samples.SHEET_FILED)},
)
def get_preliminary(audit: AuditId, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        return get_sheet(session, call.actor, audit)


@router.get(
    "/v1/audits/{audit}/preliminary/diff",
    summary="Hold the sheet against the report",
    description="Findings that the report has and the site was not told of, that it was told of and that are gone, and "
    "severities that are others now. Before the submission: against the drafts.",
    responses={**READ_PROBLEMS, 200: example("The difference.", samples.DIFF)},
)
def get_preliminary_diff(audit: AuditId, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        return diff(session, call.actor, audit)


@router.post(
    "/v1/audits/{audit}/report/preparation",
    summary="Prepare the report for signing",
    description="For the team, with an enrolled key: the report as one canonical document, checked and stored. Sign "
    "`document` with `freemark auditor sign` and submit the signature. Any later answer throws it away.",
    responses={**PROBLEMS, 200: example("What is to be signed.", samples.PREPARED)},
)
def prepare_report(audit: AuditId, body: FiguresBody, call: Writer) -> Response:
    draft = figures_of(body)
    return call.run(lambda session: (200, service.prepare_report(session, call.actor, audit, draft, now=call.now)))


@router.post(
    "/v1/audits/{audit}/amendments/preparation",
    summary="Prepare an amendment for signing",
    description="For the team, after the submission: the next version of the report, with a reason. It adds findings, "
    "makes them graver or corrects figures; nothing is taken back and nothing becomes milder.",
    responses={**PROBLEMS, 200: example("What is to be signed.", {**samples.PREPARED, "version": 2})},
)
def prepare_amendment(audit: AuditId, body: AmendmentBody, call: Writer) -> Response:
    figures = None if body.figures is None else figures_of(body.figures, "/figures")
    draft = Amendment(body.reason, tuple(answer.draft() for answer in body.answers), figures)
    return call.run(lambda session: (200, service.prepare_amendment(session, call.actor, audit, draft, now=call.now)))


@router.post(
    "/v1/audits/{audit}/amendments",
    summary="Submit the prepared amendment",
    description="For the team, signed. The former version is kept; from now on an acceptance must name the new one.",
    responses={**PROBLEMS, 200: example("The audit.", samples.AMENDED)},
)
def amend_report(audit: AuditId, body: SignedBody, call: Writer) -> Response:
    signature = body.signature.signature()
    return call.run(lambda session: (200, service.amend_report(session, call.actor, audit, signature, now=call.now)))


@router.get(
    "/v1/audits/{audit}/reports",
    summary="List the versions of the report",
    description="Oldest first, each with its hash, signature and reason. All of them in one page.",
    responses={**READ_PROBLEMS, 200: example("All versions.", samples.page(samples.VERSION))},
)
def list_reports(audit: AuditId, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        return views.list_versions(session, call.actor, audit)


@router.get(
    "/v1/audits/{audit}/reports/{version}",
    summary="Read one version of the report",
    description="With the document, whose canonical JSON has the SHA-256 `report`.",
    responses={**READ_PROBLEMS, 200: example("The version.", samples.VERSION_WHOLE)},
)
def get_report(audit: AuditId, version: Version, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        view = views.get_version(session, call.actor, audit, version)
    glass.report_read(call.world, call.actor, audit, view["document"])
    return view


@router.post(
    "/v1/findings/{finding}/severity",
    summary="Change the severity of a finding",
    description="After it was filed: for a decider who is not of the firm, either way and with a reason; for the team, "
    "upwards only. Never below the provision's floor, and a priority finding is never lowered.",
    responses={**PROBLEMS, 200: example("The finding.", samples.REGRADED)},
)
def regrade_finding(finding: IdInPath, body: RegradeBody, call: Writer) -> Response:
    return call.run(
        lambda session: (
            200,
            service.regrade_finding(session, call.actor, finding, body.severity, body.reason, now=call.now),
        )
    )


@router.post(
    "/v1/auditor-keys",
    status_code=201,
    summary="Enrol your own signing key",
    description="For auditors: the public half, with a signature that proves that you have the other. One at a time.",
    responses={**PROBLEMS, 201: example("The key.", samples.KEY)},
)
def enrol_key(body: KeyBody, call: Writer) -> Response:
    return call.run(lambda session: (201, service.enrol_key(session, call.actor, body.kid, body.sig, now=call.now)))


@router.get(
    "/v1/auditor-keys",
    summary="List auditors' keys",
    description="Those of your firm; deciders and scheme managers see all. Ordered by id.",
    responses={**READ_PROBLEMS, 200: example("One page.", samples.page(samples.KEY))},
)
def list_keys(call: Reader, page: Paging) -> dict[str, Any]:
    query = signatures.visible_keys(call.actor)
    with call.world.db.read() as session:
        return listed(session, query, AuditorKeyRow.id, page, signatures.view)


@router.post(
    "/v1/auditor-keys/{key}/revocation",
    summary="Revoke a signing key",
    description="For its person, or a scheme manager. What it signed before stays signed.",
    responses={**PROBLEMS, 200: example("The key.", samples.REVOKED)},
)
def revoke_key(key: IdInPath, body: NothingBody, call: Writer) -> Response:
    return call.run(lambda session: (200, service.revoke_key(session, call.actor, key, now=call.now)))
