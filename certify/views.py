"""Applications, decisions and certificates as JSON for the people who may see them.

Owns the shapes of certify's answers under `/v1`, read in a fixed number of queries for a page of any length. Shows
reasons and dates, never a dossier, and of people only ids.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select

from audits.dossier import Unreleased
from certify import casefile, log, register, rulebook, stock, veil
from certify.appeals import following
from certify.dossier import MAX_RECORD, open_record
from certify.governance import books
from certify.tables import (
    AgreementRow,
    Application,
    ApplicationSite,
    CaseRow,
    Certificate,
    DecisionRow,
    Product,
)
from ground.canonical import Json, instant, parse
from ground.database import Reading


def application_views(session: Reading, ids: Sequence[str], *, inside: bool = False) -> list[dict[str, Json]]:
    """These applications, in this order. Six queries. inside: for those who run the scheme, without a veil."""
    rows = {row.id: row for row in session.scalars(select(Application).where(Application.id.in_(ids)))}
    sites: dict[str, dict[str, list[Json]]] = defaultdict(lambda: {"site": [], "agent": []})
    places = select(ApplicationSite).where(ApplicationSite.application_id.in_(ids), ApplicationSite.left_at.is_(None))
    for place in session.scalars(places.order_by(ApplicationSite.position)):
        sites[place.application_id][place.part].append(place.site_id)
    products: dict[str, list[Json]] = defaultdict(list)
    for product in session.scalars(
        select(Product).where(Product.application_id.in_(ids)).order_by(Product.application_id, Product.position)
    ):
        products[product.application_id].append(_product(product))
    agreements = {
        row.application_id: row
        for row in session.scalars(
            select(AgreementRow).where(AgreementRow.application_id.in_(ids)).order_by(AgreementRow.id)
        )
    }
    newest = select(DecisionRow.application_id, func.max(DecisionRow.seq).label("seq"))
    last = newest.where(DecisionRow.application_id.in_(ids)).group_by(DecisionRow.application_id).subquery()
    decisions = {
        row.application_id: row
        for row in session.scalars(
            select(DecisionRow).join(
                last, (DecisionRow.application_id == last.c.application_id) & (DecisionRow.seq == last.c.seq)
            )
        )
    }
    sealed = select(Certificate.application_id, Certificate.number).where(
        Certificate.application_id.in_(ids), Certificate.sealed_at.is_not(None)
    )
    certificates = dict(session.execute(sealed.order_by(Certificate.ordinal)).all())
    return [
        {
            "id": id,
            "organisation": rows[id].organisation_id,
            "sites": sites[id]["site"],
            "agents": sites[id]["agent"],
            "products": products[id],
            "agreement": _agreement(agreements.get(id)),
            "certificate": certificates.get(id),
            "decision": _short(decisions[id], inside=inside) if id in decisions else None,
            "withdrawal_requested_at": _moment(rows[id].withdrawal_requested_at),
            "created_at": instant(rows[id].created_at),
        }
        for id in ids
    ]


def application_view(session: Reading, id: str, *, inside: bool = False) -> dict[str, Json]:
    """One application, with the hashes of the reports that an acceptance has to name (outside, of those that the sites
    have) and the appeals with what comes of each."""
    return {
        **application_views(session, [id], inside=inside)[0],
        "reports": casefile.current_reports(session, id, released=not inside),
        "appeals": following.of_application(session, id),
    }


def decision_view(row: DecisionRow, unread: Unreleased | None) -> dict[str, Json]:
    """A decision with a reason per clause, each under its title in the rulebook.

    unread: what the places cannot read at this moment; None for those who run the scheme, without any veil.
    """
    dossier, standing, decision = open_record(parse(row.record.encode(), limit=MAX_RECORD))
    book = books.of(row, row.rulebook)
    rest = veil.resting(dossier, standing, decision, book, unread) if unread is not None else None
    clauses, inside = book.clauses, unread is None
    reasons = row.reasons if inside else veil.for_holder(row.reasons, rest)
    return {
        **_short(row, inside=inside),
        "because": list(decision.because) if inside else veil.clauses_for_holder(decision.because),
        "reasons": [{**reason, "title": _title(clauses, reason["clause"])} for reason in reasons],
        "score": rest.score if rest else decision.score,
        "valid_from": _moment(decision.valid_from),
        "valid_until": _moment(decision.valid_until),
        "affected_from": _moment(decision.affected_from),
        "reply_until": _moment(decision.reply_until),
        "rulebook_sha256": row.rulebook_sha256,
        "commitment": row.cmt,
    }


def certificate_views(session: Reading, numbers: Sequence[str], now: datetime) -> list[dict[str, Json]]:
    """These sealed certificates, in this order, each as its leaves say. Three queries."""
    rows = {row.number: row for row in session.scalars(select(Certificate).where(Certificate.number.in_(numbers)))}
    chains = log.chains(session, numbers)
    cases = {
        row.certificate: row
        for row in session.scalars(select(CaseRow).where(CaseRow.certificate.in_(numbers), CaseRow.closed_at.is_(None)))
    }
    return [
        _certificate(register.entry_of(rows[number], chains[number], now), str((rows[number].document or {})["id"]),
                     cases.get(number))
        for number in numbers
    ]  # fmt: skip


def _certificate(entry: register.Entry, url: str, case: CaseRow | None) -> dict[str, Json]:
    return {
        "number": entry.number,
        "url": url,
        "organisation": entry.organisation,
        "application": entry.application,
        "standing": entry.state,
        "reason": entry.reason,
        "may_mint": entry.may_mint,
        "since": instant(entry.standing.since),
        "valid_from": instant(entry.valid_from),
        "valid_until": instant(entry.valid_until),
        **stock.days_view(entry.standing, entry.sell_through_days),
        "sites": [{"id": site.id, "url": site.url, "name": site.name} for site in entry.sites],
        "products": [
            {
                "id": product.id,
                "url": product.url,
                "name": product.name,
                "gtin": product.gtin,
                "yearly_units": product.yearly_units,
            }
            for product in entry.products
        ],
        "next": entry.standing.next,
        "revocation": _case(case),
    }


def _case(case: CaseRow | None) -> dict[str, Json] | None:
    """The proposed revocation, while it is open."""
    if case is None:
        return None
    return {
        "opened_at": instant(case.opened_at),
        "reply_until": instant(case.reply_until),
        "replied_at": _moment(case.replied_at),
        "waived_at": _moment(case.waived_at),
    }


def _title(clauses: Mapping[str, rulebook.Words], id: str) -> str:
    return clauses[id].title if id else "Open question"


def _short(row: DecisionRow, *, inside: bool) -> dict[str, Json]:
    reasons = row.reasons if inside else veil.for_holder(row.reasons)
    return {
        "n": row.seq,
        "outcome": row.outcome,
        "at": instant(row.at),
        "rulebook": row.rulebook,
        "certificate": row.certificate,
        "unmet": [reason["clause"] for reason in reasons if not reason["met"]],
    }


def _product(row: Product) -> dict[str, Json]:
    return {
        "id": row.id,
        "name": row.name,
        "gtin": row.gtin,
        "model": row.model,
        "yearly_units": row.yearly_units,
        "former": row.identity if row.identity != row.id else None,
    }


def _agreement(row: AgreementRow | None) -> dict[str, Json] | None:
    if row is None:
        return None
    return {
        "version": row.version,
        "independent_reporting": row.independent_reporting,
        "signed_at": instant(row.signed_at),
    }


def _moment(moment: datetime | None) -> str | None:
    return instant(moment) if moment else None
