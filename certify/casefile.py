"""The case file of one application: everything that the rules may know about it, read in one go.

Owns the way from rows and audit facts to a `Dossier`, and which certificate, case and suspension are the current
ones. Reads only, and concludes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import func, select

from audits import dossier as testimony
from certify import acts, cautions, log
from certify import dossier as facts
from certify.events import Leaf, Standing
from certify.register import fold_of
from certify.tables import (
    AcceptanceRow,
    AgreementRow,
    Application,
    ApplicationSite,
    ApprovalRow,
    CaseRow,
    Certificate,
    DecisionRow,
    Product,
)
from ground.database import Reading

Act = Literal["reinstate", "revoke"]
ACTS: tuple[Act, ...] = get_args(Act)


@dataclass(frozen=True)
class CaseFile:
    """certificate: the newest sealed one. pending: prepared, neither sealed nor discarded. last: the newest decision.
    revocation: the open case."""

    application: Application
    dossier: facts.Dossier
    certificate: Certificate | None
    standing: Standing | None
    revocation: CaseRow | None
    pending: Certificate | None
    last: DecisionRow | None


def load(session: Reading, application: Application, now: datetime, *, held: bool = False) -> CaseFile:
    """The file as its holder may see it. Conflict when the certificate's row and the log disagree.

    held: the whole file, with the alerts that the sites do not know of yet; for `certify.deciding` alone.
    """
    certificate = current_certificate(session, application.id)
    leaves = log.leaves(session, certificate.number) if certificate else ()
    standing = fold_of(certificate, leaves, now) if certificate else None
    case = open_case(session, application.id)
    last = session.scalar(
        select(DecisionRow)
        .where(DecisionRow.application_id == application.id)
        .order_by(DecisionRow.seq.desc())
        .limit(1)
    )
    return CaseFile(
        application=application,
        dossier=_dossier(session, application, case, leaves, held=held),
        certificate=certificate,
        standing=_as_announced(standing, last),
        revocation=case,
        pending=session.scalar(
            select(Certificate).where(
                Certificate.application_id == application.id,
                Certificate.sealed_at.is_(None),
                Certificate.discarded_at.is_(None),
            )
        ),
        last=last,
    )


def _as_announced(standing: Standing | None, last: DecisionRow | None) -> Standing | None:
    """The standing as the rules see it: an expiry nobody has decided on yet is theirs to conclude, once.

    No leaf tells of an expiry, so the fold says "expired" before anybody has noticed.
    """
    noticed = last is not None and (last.outcome == "expire" or last.state == "expired")
    if standing is None or standing.state != "expired" or noticed:
        return standing
    return replace(standing, state="active")


def current_certificate(session: Reading, application: str) -> Certificate | None:
    """The application's newest sealed certificate, whatever became of it."""
    return session.scalar(
        select(Certificate)
        .where(Certificate.application_id == application, Certificate.sealed_at.is_not(None))
        .order_by(Certificate.ordinal.desc())
        .limit(1)
    )


def open_case(session: Reading, application: str) -> CaseRow | None:
    return session.scalar(
        select(CaseRow).where(CaseRow.application_id == application, CaseRow.closed_at.is_(None)).limit(1)
    )


def suspension_period(leaves: Sequence[Leaf]) -> int | None:
    """The seq of the leaf with which the newest suspension, or remediation, began; None if there never was one."""
    started = [leaf.seq for leaf in leaves if leaf.t in ("cert.suspended", "cert.remediation")]
    return started[-1] if started else None


def site_ids(session: Reading, application: str, part: str | None = None) -> list[str]:
    """The sites of an application in its own order, the holder's before the agents'; `part` picks one kind."""
    query = select(ApplicationSite.site_id).where(
        ApplicationSite.application_id == application, ApplicationSite.left_at.is_(None)
    )
    if part is not None:
        query = query.where(ApplicationSite.part == part)
    return list(session.scalars(query.order_by(ApplicationSite.part.desc(), ApplicationSite.position)))


def current_reports(session: Reading, application: str, *, released: bool = False) -> list[str]:
    """The hashes of every submitted report on the application's places, sorted: what an acceptance has to name.

    released: only of those that the sites have.
    """
    return sorted(testimony.reports(session, site_ids(session, application), released=released))


def _dossier(
    session: Reading, application: Application, case: CaseRow | None, leaves: Sequence[Leaf], *, held: bool
) -> facts.Dossier:
    own, agents = site_ids(session, application.id, "site"), site_ids(session, application.id, "agent")
    places = {place.site: place for place in testimony.load(session, [*own, *agents], held=held)}
    return facts.Dossier(
        application=application.id,
        organisation=application.organisation_id,
        sites=tuple(places[site] for site in own),
        agents=tuple(places[site] for site in agents),
        products=session.scalar(select(func.count(Product.id)).where(Product.application_id == application.id)) or 0,
        agreement=_agreement(session, application.id),
        acceptances=_acceptances(session, application.id),
        approvals=_approvals(session, application.id, case, suspension_period(leaves)),
        case=facts.Case(case.opened_at, case.reply_until, case.replied_at, case.waived_at) if case else None,
        withdrawal_requested_at=application.withdrawal_requested_at,
        suspension_requested_at=application.suspension_requested_at,
        cycles=session.scalar(
            select(func.count(Certificate.number)).where(
                Certificate.application_id == application.id, Certificate.sealed_at.is_not(None)
            )
        )
        or 0,
        certified_at=leaves[0].at if leaves else None,
        clean_cycles=acts.clean_cycles(session, application.id),
        risks=acts.risks(session, application.id),
        revocations=acts.revocations(session, application.organisation_id),
        panels=acts.panels(session, application.id),
        under_review=cautions.under_review(session, application.id),
        reduction=acts.reduction(session, application.id),
    )


def _agreement(session: Reading, application: str) -> facts.Agreement | None:
    query = select(AgreementRow).where(AgreementRow.application_id == application).order_by(AgreementRow.id.desc())
    row = session.scalar(query.limit(1))
    return facts.Agreement(row.version, row.signed_at, row.independent_reporting) if row else None


def _acceptances(session: Reading, application: str) -> tuple[facts.Acceptance, ...]:
    query = select(AcceptanceRow).where(AcceptanceRow.application_id == application).order_by(AcceptanceRow.id)
    return tuple(
        facts.Acceptance(row.person, row.organisation, row.at, tuple(row.reports)) for row in session.scalars(query)
    )


def _approvals(
    session: Reading, application: str, case: CaseRow | None, suspension: int | None
) -> tuple[facts.Approval, ...]:
    """Those given for the current suspension and the open case; older ones have had their effect."""
    current = {"reinstate": suspension, "revoke": case.id if case else None}
    query = select(ApprovalRow).where(ApprovalRow.application_id == application).order_by(ApprovalRow.id)
    return tuple(
        facts.Approval(act, row.person, row.organisation, row.at)
        for row in session.scalars(query)
        for act in ACTS
        if row.act == act and row.period == current[act]
    )
