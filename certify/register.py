"""The register: what a certificate is worth now. Its every answer is the fold of the certificate's leaves.

Owns the one view of a certificate that other floors get: standing, whether labels may be minted, a neutral reason, and
its scope; never a finding. Where a row and the log say different things nothing is answered but a Conflict: somebody
changed one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from audits import dossier as testimony
from certify import acts, holding, log, probation
from certify.events import Leaf, Standing, State, fold
from certify.governance import books
from certify.probation import Growth as Growth
from certify.tables import ApplicationSite, Certificate
from ground.canonical import jcs_plain, sha256
from ground.database import Reading
from ground.errors import Conflict, Malformed, NotFound
from ground.keyring import Keyring
from ground.settings import Settings

SENTENCES: dict[State, str] = {
    "active": "The certificate is in force.",
    "remediation": "The holder is putting something right; no new labels are issued meanwhile.",
    "suspended": "The certificate is suspended; it may not be relied upon until that ends.",
    "reduced": "The certificate was replaced by one with a smaller scope.",
    "revoked": "The certificate was revoked.",
    "withdrawn": "The holder gave the certificate back.",
    "expired": "The certificate has ended.",
    "superseded": "The certificate was replaced by a newer one.",
}
NOT_YET = "The certificate is not valid yet."


@dataclass(frozen=True)
class SiteRef:
    """url: its id in the credential, in manifests and on labels."""

    id: str
    url: str
    name: str


@dataclass(frozen=True)
class ProductRef:
    id: str
    url: str
    name: str
    gtin: str | None
    yearly_units: int


@dataclass(frozen=True)
class Entry:
    """One certificate in the register. reason: a neutral sentence. sites: the holder's own, at which labels are used.

    sell_through_days, spoilage_percent: of the rulebook it was issued under.
    """

    number: str
    organisation: str
    application: str
    state: State
    may_mint: bool
    reason: str
    valid_from: datetime
    valid_until: datetime
    sites: tuple[SiteRef, ...]
    products: tuple[ProductRef, ...]
    sell_through_days: int
    spoilage_percent: int
    standing: Standing


def standing(session: Reading, number: str, now: datetime) -> Entry:
    """The certificate as it stands at `now`. NotFound: never issued. Conflict: the row and the log disagree."""
    row = session.scalar(select(Certificate).where(Certificate.number == number, Certificate.sealed_at.is_not(None)))
    found = log.leaves(session, number)
    if row is None:
        if found:
            raise Conflict(f"the log knows certificate {number}, the register does not")
        raise NotFound("there is no such certificate")
    return entry_of(row, found, now)


def release_check(
    session: Reading, settings: Settings, keyring: Keyring, number: str, now: datetime
) -> timedelta | None:
    """How long an order under this certificate waits that would be minted now; None when it need not. The same for all
    its orders at that moment. Never says why. Unavailable while the data key is away."""
    row = _sealed(session, number)
    book = books.current(session, settings, now)
    places = holding.places_of(session, row.application_id)
    check = holding.check_of(settings, book, testimony.held_until(session, places), places)
    return timedelta(hours=check.hours) if holding.waits(session, keyring, check, now) else None


def growth(session: Reading, number: str, now: datetime) -> Growth | None:
    """What orders under this certificate are compared with while it is on probation; None while they may grow.

    By the rulebook it was issued under, like all numbers of its labels, and from what its holder knows: with an alert
    that is held the answer is the same.
    """
    row = _sealed(session, number)
    months = books.load(session, row.rulebook).limits.probation_months
    if not months:
        return None
    places = select(ApplicationSite.site_id).where(
        ApplicationSite.application_id == row.application_id, ApplicationSite.left_at.is_(None)
    )
    found = testimony.load(session, list(session.scalars(places.order_by(ApplicationSite.site_id))))
    chain = select(Certificate.number, Certificate.valid_from, Certificate.valid_until).where(
        Certificate.application_id == row.application_id,
        Certificate.sealed_at.is_not(None),
        Certificate.ordinal <= row.ordinal,
    )
    return probation.growth(
        [finding for place in found for finding in place.findings],
        acts.revocations(session, row.organisation_id),
        [(each, begins, ends) for each, begins, ends in session.execute(chain.order_by(Certificate.ordinal))],
        months,
        now,
    )


def overturned(session: Reading, number: str) -> bool:
    """Was the revocation of this certificate found to be wrong, on appeal?"""
    row = _sealed(session, number)
    past = acts.revocations(session, row.organisation_id)
    return any(each.certificate == number and each.overturned for each in past)


def entry_of(row: Certificate, leaves: Sequence[Leaf], now: datetime) -> Entry:
    """The same, from a row and leaves that were read already: for lists, without a query for each."""
    current = fold_of(row, leaves, now)
    limits = books.of(row, row.rulebook).limits
    begun = now >= current.valid_from
    return Entry(
        number=row.number,
        organisation=row.organisation_id,
        application=row.application_id,
        state=current.state,
        may_mint=current.state == "active" and begun,
        reason=SENTENCES[current.state] if begun else NOT_YET,
        valid_from=current.valid_from,
        valid_until=current.valid_until,
        sites=tuple(SiteRef(**site) for site in row.scope["sites"]),
        products=tuple(ProductRef(**product) for product in row.scope["products"]),
        sell_through_days=limits.sell_through_days,
        spoilage_percent=limits.spoilage_percent,
        standing=current,
    )


def fold_of(row: Certificate, leaves: Sequence[Leaf], now: datetime) -> Standing:
    """The standing of a sealed certificate; Conflict unless its row is the one that the log speaks of."""
    try:
        current = fold(leaves, now)
    except Malformed as error:
        raise Conflict(f"the leaves of certificate {row.number} do not hold together: {error.detail}") from error
    if current is None:
        raise Conflict(f"the log has no leaf of certificate {row.number}, which the register says was issued")
    if (
        current.number != row.number
        or (current.valid_from, current.valid_until) != (row.valid_from, row.valid_until)
        or row.document is None
        or sha256(jcs_plain(row.document)).hex() != leaves[0].doc
        or books.of(row, row.rulebook).sha256 != leaves[0].rules
        or not _scope_stands(row)
    ):
        raise Conflict(f"the register and the log say different things about certificate {row.number}")
    return current


def _sealed(session: Reading, number: str) -> Certificate:
    """The row of a certificate that was issued; NotFound when there is none."""
    row = session.scalar(select(Certificate).where(Certificate.number == number, Certificate.sealed_at.is_not(None)))
    if row is None:
        raise NotFound("there is no such certificate")
    return row


def _scope_stands(row: Certificate) -> bool:
    """Are the sites and products of the row among those of the signed document?"""
    signed: set[str] = set()
    for assessment in (row.document or {})["credentialSubject"]["conformityAssessment"]:
        signed |= {part["facility"]["id"] for part in assessment["assessedFacility"]}
        signed |= {part["product"]["id"] for part in assessment["assessedProduct"]}
    return all(part["url"] in signed for part in [*row.scope["sites"], *row.scope["products"]])
