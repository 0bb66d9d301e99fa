"""Issuing in two steps: everything that will be signed is stored first, and only what was stored is signed.

Owns what a certificate says about an application (its statement), its number and its places in the status lists, and
the sealing itself: credential, JWT, the leaf `cert.issued`, and `cert.superseded` at the certificate it replaces. It is
told to; whether to issue is decided in `certify.deciding`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from audits import standard
from audits.facts import SiteFacts, Visit
from certify import acts, credential, log
from certify.casefile import CaseFile
from certify.credential import Assessment, Criterion, Party, Prepared, Statement
from certify.dossier import MAX_RECORD, Decision, open_record
from certify.events import Draft
from certify.governance import books
from certify.measures import newest_full
from certify.rulebook import Rulebook
from certify.statuslist import BITS
from certify.tables import Certificate, DecisionRow, Product
from ground import journal, outbox
from ground.access import SYSTEM
from ground.canonical import Json, digest, jcs, parse
from ground.crockford import NUMBER_SYMBOLS, with_check
from ground.database import Reading, Writing, lock
from ground.errors import Conflict
from ground.ids import crockford, random_below
from ground.parties import Organisation, Site
from ground.settings import Settings
from ground.world import World

FULL_SHARD = BITS // 2  # a free random index takes two draws on average; then the next shard begins
FRESH = timedelta(hours=1)  # `validFrom` is the moment of preparing: what waited longer for a key is prepared anew
REPLACED = ("active", "remediation", "suspended", "expired")

NOT_COVERED = (
    "Sites, subcontractors and recruiting agents that are not listed here were not assessed.",
    "Suppliers of materials and services were not assessed.",
    "Assessed were forced labour and trafficking for labour exploitation, not sexual exploitation or organ removal.",
    "The assessment tells what was found on the days named; it is no promise about the time after.",
    "It is no proof that goods may be imported, and no proof of other laws.",
)


def prepare(
    session: Writing, settings: Settings, case: CaseFile, row: DecisionRow, decision: Decision, *, now: datetime
) -> Certificate:
    """Store the certificate as it will be signed, and the event that leads to its sealing.

    Malformed when what it would say is not acceptable (a text too long for a certificate); nothing is stored then.
    """
    if decision.valid_from is None or decision.valid_until is None:
        raise Conflict("a decision to issue names its validity")
    lock(session, "certificates")
    if decision.scope:  # the certificate is about the sites that stay
        stay = tuple(place for place in case.dossier.sites if place.site in decision.scope)
        case = replace(case, dossier=replace(case.dossier, sites=stay))
    number = _free_number(session)
    shard = _shard(session)
    revocation = _free_index(session, shard, Certificate.revocation_index)
    suspension = _free_index(session, shard, Certificate.suspension_index)
    products = list(
        session.scalars(select(Product).where(Product.application_id == case.application.id).order_by(Product.position))
    )
    statement = _statement(
        session, settings, case, products,
        number=number, shard=shard, indexes=(revocation, suspension), cmt=row.cmt,
        validity=(decision.valid_from, decision.valid_until), rules=books.load(session, decision.rulebook),
    )  # fmt: skip
    replaced = case.certificate if case.standing is not None and case.standing.state in REPLACED else None
    certificate = Certificate(
        number=number,
        application_id=case.application.id,
        organisation_id=case.application.organisation_id,
        decision_id=row.id,
        ordinal=_next_ordinal(session, case.application.id),
        predecessor=replaced.number if replaced else None,
        shard=shard,
        revocation_index=revocation,
        suspension_index=suspension,
        valid_from=decision.valid_from,
        valid_until=decision.valid_until,
        rulebook=decision.rulebook,
        scope=_scope(settings.public_url, session, case, products),
        prepared=credential.prepare(statement).document,
        prepared_at=now,
        document=None,
        jwt=None,
        sealed_at=None,
        discarded_at=None,
    )
    session.add(certificate)
    session.flush()
    outbox.record(session, "certificate_prepared", number, now=now, certificate=number)
    return certificate


def stands(session: Reading, certificate: Certificate, case: CaseFile, decision: Decision, *, now: datetime) -> bool:
    """Would the rules prepare the same certificate now? Same facts, same conclusion, and not grown old meanwhile."""
    row = session.get_one(DecisionRow, certificate.decision_id)
    dossier, _, prepared = open_record(parse(row.record.encode(), limit=MAX_RECORD))
    return (
        (decision.outcome, decision.rulebook_sha256) == (prepared.outcome, prepared.rulebook_sha256)
        and decision.valid_until == certificate.valid_until
        and dossier == case.dossier
        and timedelta(0) <= now - certificate.prepared_at <= FRESH
    )


def seal(session: Writing, world: World, certificate: Certificate, *, now: datetime) -> None:
    """Sign what was prepared and tell the log. Unavailable, and nothing is changed, when a key is away."""
    signer = world.keyring.signer("certificate")
    row = session.get_one(DecisionRow, certificate.decision_id)
    prepared = Prepared(jcs(certificate.prepared))  # runs every check once more, on what the table holds
    certificate.document = credential.seal(prepared, signer, now)
    certificate.jwt = credential.seal_jwt(prepared, signer)
    certificate.sealed_at = now
    log.append(
        session,
        world.keyring,
        Draft(
            t="cert.issued",
            at=now,
            cert=certificate.number,
            nbf=certificate.valid_from,
            exp=certificate.valid_until,
            doc=digest(certificate.document),
            rules=row.rulebook_sha256,
            cmt=row.cmt,
        ),
        now=now,
    )
    changed = [certificate.number]
    if certificate.predecessor is not None:
        smaller = row.outcome == "reduce"
        old = Draft(
            t="cert.reduced" if smaller else "cert.superseded",
            at=now,
            cert=certificate.predecessor,
            next=certificate.number,
            reason="superseded",
            rules=row.rulebook_sha256,
        )
        if smaller:
            acts.reduced(session, certificate.application_id, now=now)
        log.append(session, world.keyring, old, now=now)
        changed.append(certificate.predecessor)
    session.flush()
    detail: dict[str, Json] = {"application": certificate.application_id, "decision": certificate.decision_id}
    journal.record(session, SYSTEM, "certify.issue", certificate.number, detail, now=now)
    for number in changed:
        outbox.record(
            session, "standing_changed", number, now=now, certificate=number, application=certificate.application_id
        )


def _statement(
    session: Reading,
    settings: Settings,
    case: CaseFile,
    products: Sequence[Product],
    *,
    number: str,
    shard: int,
    indexes: tuple[int, int],
    cmt: str,
    validity: tuple[datetime, datetime],
    rules: Rulebook,
) -> Statement:
    base, places = settings.public_url, case.dossier.places
    sites = {row.id: row for row in session.scalars(select(Site).where(Site.id.in_([place.site for place in places])))}
    relied = {place.site: _relied(place, rules) for place in places}
    body = _body(case)
    wanted = {body, case.application.organisation_id, *(visit.firm for visit in relied.values())}
    names = {row.id: row for row in session.scalars(select(Organisation).where(Organisation.id.in_(wanted)))}
    holder = names[case.application.organisation_id]
    catalogue = standard.load(rules.standards[0])
    criteria = tuple(
        Criterion(f"{base}/standards/{catalogue.id}#{topic.id}", topic.title) for topic in catalogue.topics.values()
    )
    return Statement(
        number=number,
        public_url=base,
        issuer_name=names[body].name,
        scheme_name=settings.scheme_name,
        holder=Party(firm_url(base, holder.id), holder.name, holder.registered_id or None),
        sites=tuple(
            credential.Site(
                id=site_url(base, place.site),
                kind=cast(credential.Kind, sites[place.site].kind),
                name=sites[place.site].name,
                city=sites[place.site].city,
                country=sites[place.site].country,
            )
            for place in places
        ),
        products=tuple(
            credential.Product(product_url(base, product.identity), product.name, product.model or None)
            for product in products
        ),
        assessments=tuple(
            Assessment(
                site=site_url(base, place.site),
                firm=relied[place.site].firm,
                firm_name=names[relied[place.site].firm].name,
                assessed_on=relied[place.site].ends_on,
                criteria=criteria,
            )
            for place in places
        ),
        standard=catalogue.id,
        standard_title=catalogue.title,
        rulebook=rules.id,
        valid_from=validity[0],
        valid_until=validity[1],
        not_covered=NOT_COVERED,
        status_shard=shard,
        revocation_index=indexes[0],
        suspension_index=indexes[1],
        cmt=cmt,
    )


def firm_url(base: str, organisation: str) -> str:
    return f"{base}/firms/{organisation}"


def site_url(base: str, site: str) -> str:
    return f"{base}/sites/{site}"


def product_url(base: str, identity: str) -> str:
    return f"{base}/products/{identity}"


def _relied(place: SiteFacts, rules: Rulebook) -> Visit:
    """The full audit that the decision relied upon: the rules issue nothing without one of every place."""
    visit = newest_full(place, rules)
    if visit is None:
        raise Conflict(f"{place.site} has no full audit to certify")
    return visit


def _body(case: CaseFile) -> str:
    """The certification body: the organisation of the newest acceptance that covers every report."""
    reports = {visit.report for visit in case.dossier.submitted}
    for acceptance in reversed(case.dossier.acceptances):
        if reports <= set(acceptance.reports):
            return acceptance.organisation
    raise Conflict("nobody accepted all reports")


def _scope(base: str, session: Reading, case: CaseFile, products: Sequence[Product]) -> dict[str, Json]:
    """What labels may be ordered for: the holder's own sites, and the products with their yearly units."""
    own = [place.site for place in case.dossier.sites]
    names = dict(session.execute(select(Site.id, Site.name).where(Site.id.in_(own))).all())
    return {
        "sites": [{"id": site, "url": site_url(base, site), "name": names[site]} for site in own],
        "products": [
            {
                "id": product.id,
                "url": product_url(base, product.identity),
                "name": product.name,
                "gtin": product.gtin,
                "yearly_units": product.yearly_units,
            }
            for product in products
        ],
    }


def _free_number(session: Reading) -> str:
    while True:
        number = with_check(crockford(NUMBER_SYMBOLS))
        if session.get(Certificate, number) is None:
            return number


def _shard(session: Reading) -> int:
    """The newest shard, or the next one when half of its places are taken. Discarded certificates keep theirs."""
    query = select(Certificate.shard, func.count(Certificate.number)).group_by(Certificate.shard)
    newest, taken = max(session.execute(query).all(), default=(1, 0))
    return newest + 1 if taken >= FULL_SHARD else newest


def _free_index(session: Reading, shard: int, column: InstrumentedAttribute[int]) -> int:
    """A random place in the list that was never given to any certificate (FORMATS.md 2)."""
    while True:
        index = random_below(BITS)
        taken = select(Certificate.number).where(Certificate.shard == shard, column == index)
        if session.scalar(taken) is None:
            return index


def _next_ordinal(session: Reading, application: str) -> int:
    query = select(func.max(Certificate.ordinal)).where(Certificate.application_id == application)
    return (session.scalar(query) or 0) + 1
