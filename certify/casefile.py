"""The case file of an application: everything that the rules may know about it, read in one go, also for many at once.

Owns the way from rows and audit facts to a `Dossier`, and which certificate, case and suspension are the current
ones. Each table is asked once, however many applications, sites, audits and findings there are. Reads only, and
concludes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, NamedTuple, get_args

from sqlalchemy import BindParameter, and_, bindparam, func, select
from sqlalchemy.orm import defer

from audits import dossier as testimony
from audits.facts import SiteFacts
from certify import acts, cautions, log
from certify import dossier as facts
from certify.events import REASONS, Leaf, Standing
from certify.events import Reason as ReasonCode
from certify.register import fold_of
from certify.relations import SUSPEND
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
from ground.journal import JournalRow

Act = Literal["reinstate", "revoke"]
ACTS: tuple[Act, ...] = get_args(Act)
TROUBLE = ("cert.suspended", "cert.remediation", "cert.revoked", "cert.withdrawn")


@dataclass(frozen=True)
class CaseFile:
    """certificate: the newest sealed one. pending: prepared, neither sealed nor discarded. last: the newest decision.
    revocation: the open case. held_until: when the first alert on its places, of which they do not know yet, takes
    effect by itself; None when nothing is held."""

    application: Application
    dossier: facts.Dossier
    certificate: Certificate | None
    standing: Standing | None
    revocation: CaseRow | None
    pending: Certificate | None
    last: DecisionRow | None
    held_until: datetime | None


def load(session: Reading, application: Application, now: datetime, *, held: bool = False) -> CaseFile:
    """The file as its holder may see it. Conflict when the certificate's row and the log disagree.

    held: the whole file, with the alerts that the sites do not know of yet; for `certify.deciding` alone.
    """
    (file,) = load_all(session, [application], now, held=held)
    return file


def load_all(
    session: Reading, applications: Sequence[Application], now: datetime, *, held: bool = False
) -> list[CaseFile]:
    """The files of all of these, in their order. Conflict when one cannot be read: then read each by itself."""
    rows = _read(session, applications, held=held)
    return [_file(session, application, rows, now) for application in applications]


def _file(session: Reading, application: Application, rows: _Rows, now: datetime) -> CaseFile:
    own, agents = rows.places[application.id]
    certificate, last = rows.current.get(application.id), rows.last.get(application.id)
    leaves = rows.chains[certificate.number] if certificate else ()
    standing = fold_of(certificate, leaves, now) if certificate else None
    return CaseFile(
        application=application,
        dossier=_dossier(session, application, rows, leaves),
        certificate=certificate,
        standing=_as_announced(standing, last),
        revocation=rows.cases.get(application.id),
        pending=rows.pending.get(application.id),
        last=last,
        held_until=min((rows.holds[site] for site in (*own, *agents) if site in rows.holds), default=None),
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
    return session.scalar(_CURRENT, {"application": application})


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


def _dossier(session: Reading, application: Application, rows: _Rows, leaves: Sequence[Leaf]) -> facts.Dossier:
    own, agents = rows.places[application.id]
    case, history = rows.cases.get(application.id), rows.histories.get(application.organisation_id, [])
    sealed = [each for each in history if each.application_id == application.id]
    newest = sealed[-1].number if sealed else ""
    return facts.Dossier(
        application=application.id,
        organisation=application.organisation_id,
        sites=tuple(rows.known[site] for site in own),
        agents=tuple(rows.known[site] for site in agents),
        products=rows.products.get(application.id, 0),
        agreement=rows.agreements.get(application.id),
        acceptances=tuple(rows.acceptances[application.id]),
        approvals=_approvals(rows.approvals[application.id], case, suspension_period(leaves)),
        case=facts.Case(case.opened_at, case.reply_until, case.replied_at, case.waived_at) if case else None,
        withdrawal_requested_at=application.withdrawal_requested_at,
        suspension_requested_at=application.suspension_requested_at,
        cycles=len(sealed) - len(_smaller(sealed, rows.chains)),
        certified_at=leaves[0].at if leaves else None,
        clean_cycles=_clean_cycles(sealed, rows.chains),
        risks=tuple(risk for site in sorted({*own, *agents}) for risk in rows.risks.get(site, ())),
        revocations=acts.revoked(session, [end for each in history if (end := acts.last(rows.chains[each.number]))]),
        panels=rows.panels.get(application.id, ()),
        under_review=rows.cautions.get(newest, ()),
        reduction=rows.reductions.get(application.id),
        suspension_reason=brake_reason(session, application),
        others=tuple(
            facts.Other(each.number, stop.state, stop.at, stop.uncorrected)
            for each in history
            if each.application_id != application.id
            if (stop := rows.stopped.get(each.number)) and not stop.sites.isdisjoint(own)
        ),
    )


def _clean_cycles(sealed: Sequence[Sealed], chains: Mapping[str, Sequence[Leaf]]) -> int:
    """Certificates in a row, up to now, that ran without suspension, remediation or gap; the running one counts."""
    clean, after = 0, None
    smaller = _smaller(sealed, chains)
    for each in reversed(sealed):
        gap = after is not None and after.valid_from > each.valid_until
        if gap or any(leaf.t in TROUBLE for leaf in chains[each.number]):
            break
        clean, after = clean + (each.number not in smaller), each
    return clean


def _smaller(sealed: Sequence[Sealed], chains: Mapping[str, Sequence[Leaf]]) -> set[str]:
    """Those that replaced a larger one for the rest of its time: they begin no cycle."""
    return {leaf.next for each in sealed for leaf in chains[each.number] if leaf.t == "cert.reduced" and leaf.next}


def brake_reason(session: Reading, application: Application) -> ReasonCode | None:
    """The word that whoever pulled the brake that is pulled now put on it: it stands in the journal."""
    if application.suspension_requested_at is None:
        return None
    query = (
        select(JournalRow.detail)
        .join(Certificate, Certificate.number == JournalRow.subject)
        .where(Certificate.application_id == application.id, JournalRow.action == SUSPEND)
        .order_by(JournalRow.index.desc())
    )
    detail = session.scalar(query.limit(1)) or {}
    return next((code for code in REASONS if code == detail.get("reason")), None)


def _approvals(
    given: Sequence[ApprovalRow], case: CaseRow | None, suspension: int | None
) -> tuple[facts.Approval, ...]:
    """Those given for the current suspension and the open case; older ones have had their effect."""
    current = {"reinstate": suspension, "revoke": case.id if case else None}
    return tuple(
        facts.Approval(act, row.person, row.organisation, row.at)
        for row in given
        for act in ACTS
        if row.act == act and row.period == current[act]
    )


# ------------------------------------------------------------------------------------------------------- the reading


class Sealed(NamedTuple):
    """What is needed of every certificate that an organisation ever had."""

    number: str
    application_id: str
    organisation_id: str
    valid_from: datetime
    valid_until: datetime


@dataclass(frozen=True)
class _Rows:
    """What the tables say of some applications: by application, or by site, certificate or organisation as noted.

    places: (own, agents), in the application's order. known, risks, holds: by site. histories: by organisation, its
    sealed certificates, oldest first within an application. chains, cautions, stopped: by certificate.
    """

    places: Mapping[str, tuple[list[str], list[str]]]
    holds: Mapping[str, datetime]
    known: Mapping[str, SiteFacts]
    risks: Mapping[str, tuple[facts.Risk, ...]]
    histories: Mapping[str, list[Sealed]]
    stopped: Mapping[str, acts.Stopped]
    current: Mapping[str, Certificate]
    pending: Mapping[str, Certificate]
    chains: Mapping[str, tuple[Leaf, ...]]
    cautions: Mapping[str, tuple[facts.UnderReview, ...]]
    cases: Mapping[str, CaseRow]
    last: Mapping[str, DecisionRow]
    products: Mapping[str, int]
    agreements: Mapping[str, facts.Agreement]
    acceptances: Mapping[str, list[facts.Acceptance]]
    approvals: Mapping[str, list[ApprovalRow]]
    panels: Mapping[str, tuple[facts.Panel, ...]]
    reductions: Mapping[str, facts.Reduction]


def _read(session: Reading, applications: Sequence[Application], *, held: bool) -> _Rows:
    """One query per table. What is held is asked before the facts: an alert that comes in between is held news."""
    ids = [application.id for application in applications]
    of = {"applications": ids}
    places: dict[str, tuple[list[str], list[str]]] = {id: ([], []) for id in ids}
    for application, site, part in session.execute(_PLACES, of):
        places[application][part == "agent"].append(site)
    sites = list(dict.fromkeys(site for parts in places.values() for part in parts for site in part))
    holds = testimony.holds(session, sites)
    histories: dict[str, list[Sealed]] = defaultdict(list)
    for row in session.execute(_SEALED, {"organisations": list({each.organisation_id for each in applications})}):
        histories[row.organisation_id].append(Sealed(*row))
    every = [each for history in histories.values() for each in history]
    newest = list({each.application_id: each.number for each in every if each.application_id in places}.values())
    chains = log.chains(session, [each.number for each in every])
    acceptances: dict[str, list[facts.Acceptance]] = defaultdict(list)
    for given in session.scalars(_ACCEPTANCES, of):
        acceptance = facts.Acceptance(given.person, given.organisation, given.at, tuple(given.reports))
        acceptances[given.application_id].append(acceptance)
    approvals: dict[str, list[ApprovalRow]] = defaultdict(list)
    for approval in session.scalars(_APPROVALS, of):
        approvals[approval.application_id].append(approval)
    return _Rows(
        places=places,
        holds=holds,
        known={place.site: place for place in testimony.load(session, sites, held=held)},
        risks=acts.risks(session, sites),
        histories=histories,
        stopped=acts.stopped(session, chains),
        current={row.application_id: row for row in session.scalars(_CERTIFICATES, {"numbers": newest})},
        pending={row.application_id: row for row in session.scalars(_PENDING, of)},
        chains=chains,
        cautions=cautions.under_review(session, newest),
        cases={row.application_id: row for row in session.scalars(_CASES, of)},
        last={row.application_id: row for row in session.scalars(_LAST, of)},
        products=dict(session.execute(_PRODUCTS, of).all()),
        agreements={
            row.application_id: facts.Agreement(row.version, row.signed_at, row.independent_reporting)
            for row in session.scalars(_AGREEMENTS, of)
        },
        acceptances=acceptances,
        approvals=approvals,
        panels=acts.panels(session, ids),
        reductions=acts.reductions(session, ids),
    )


# The questions. Each is built once, because building one costs more than asking it.

OF: BindParameter[str] = bindparam("applications", expanding=True)

_PLACES = (
    select(ApplicationSite.application_id, ApplicationSite.site_id, ApplicationSite.part)
    .where(ApplicationSite.application_id.in_(OF), ApplicationSite.left_at.is_(None))
    .order_by(ApplicationSite.part.desc(), ApplicationSite.position)
)
_SEALED = (
    select(
        Certificate.number,
        Certificate.application_id,
        Certificate.organisation_id,
        Certificate.valid_from,
        Certificate.valid_until,
    )
    .where(
        Certificate.organisation_id.in_(bindparam("organisations", expanding=True)), Certificate.sealed_at.is_not(None)
    )
    .order_by(Certificate.ordinal)
)
_CERTIFICATES = (
    select(Certificate)
    .options(defer(Certificate.prepared), defer(Certificate.jwt))  # long, and for the sealing alone
    .where(Certificate.number.in_(bindparam("numbers", expanding=True)))
)
_CURRENT = (
    select(Certificate)
    .where(Certificate.application_id == bindparam("application"), Certificate.sealed_at.is_not(None))
    .order_by(Certificate.ordinal.desc())
    .limit(1)
)
_PENDING = select(Certificate).where(
    Certificate.application_id.in_(OF), Certificate.sealed_at.is_(None), Certificate.discarded_at.is_(None)
)
_CASES = select(CaseRow).where(CaseRow.application_id.in_(OF), CaseRow.closed_at.is_(None)).order_by(CaseRow.id.desc())
_NEWEST = (
    select(DecisionRow.application_id, func.max(DecisionRow.seq).label("seq"))
    .where(DecisionRow.application_id.in_(OF))
    .group_by(DecisionRow.application_id)
    .subquery()
)
_LAST = (
    select(DecisionRow)
    .options(defer(DecisionRow.record))  # as long as the dossier
    .join(_NEWEST, and_(DecisionRow.application_id == _NEWEST.c.application_id, DecisionRow.seq == _NEWEST.c.seq))
)
_PRODUCTS = (
    select(Product.application_id, func.count()).where(Product.application_id.in_(OF)).group_by(Product.application_id)
)
_AGREEMENTS = select(AgreementRow).where(AgreementRow.application_id.in_(OF)).order_by(AgreementRow.id)
_ACCEPTANCES = select(AcceptanceRow).where(AcceptanceRow.application_id.in_(OF)).order_by(AcceptanceRow.id)
_APPROVALS = select(ApprovalRow).where(ApprovalRow.application_id.in_(OF)).order_by(ApprovalRow.id)
