"""What people do to an application and its certificate: apply, sign, accept, brake, give back, reply, confirm.

Every act is checked against the access table and written with its journal row and its event in the caller's
transaction. None of them decides anything: the event brings `certify.deciding`, which reads the facts again and asks
the rules. Braking needs one person; releasing needs several, which the rules count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select

from audits import dossier as testimony
from certify import braking, casefile, likeness, log, people, register
from certify.deciding import (
    consider,
    on_application_event,
    on_prepared,
    on_site_event,
    reconsider_all,
    resume_checked,
    seal_prepared,
)
from certify.publish import genesis
from certify.relations import (
    ACCEPT,
    APPLY,
    CONFIRM,
    REPLY,
    SIGN,
    SUSPEND,
    WITHDRAW,
    application_of,
    certificate_of,
)
from certify.tables import (
    AcceptanceRow,
    AgreementRow,
    Application,
    ApplicationSite,
    ApprovalRow,
    CaseRow,
    Certificate,
    Product,
)
from ground import access, journal, outbox
from ground.access import Actor
from ground.database import Reading, Writing, lock
from ground.errors import Conflict, Invalid
from ground.ids import new_id
from ground.parties import KNOWN, Organisation, Site

__all__ = [
    "ProductDraft", "apply", "sign_agreement", "accept_reports", "suspend", "request_withdrawal", "reply",
    "waive_reply", "confirm",
    "genesis", "consider", "seal_prepared", "reconsider_all", "resume_checked", "on_site_event",
    "on_application_event", "on_prepared",
]  # fmt: skip

Act = Literal["reinstate", "revoke"]
BrakeReason = Literal["nonconformity", "administrative", "holder-request", "key-compromise", "unspecified"]
"""What a person may give as the reason of a brake: the log's closed set, without what is no reason to stop."""
PRODUCT_BYTES = 250  # of a product in a credential, besides its name and model
PRODUCTS_BYTES = 256 * 1024  # all together: half of what a credential may have (certify.untp.MAX_BYTES)
OVER = frozenset(("revoked", "withdrawn", "expired", "superseded", "reduced"))


@dataclass(frozen=True)
class ProductDraft:
    """gtin: 8, 12, 13 or 14 digits with a right check digit, or None. former: its id in an earlier application."""

    name: str
    gtin: str | None
    model: str
    yearly_units: int
    former: str | None = None


def apply(
    session: Writing,
    actor: Actor,
    *,
    sites: Sequence[str],
    agents: Sequence[str],
    products: Sequence[ProductDraft],
    now: datetime,
) -> Application:
    """Ask for a certificate for these sites of the actor's organisation and the agencies that recruit for them.

    Raises Invalid, with a pointer, for a site that is not the organisation's own, an agent's office that is none, a
    product with a wrong GTIN; Conflict while a certificate on one of the sites is suspended.
    """
    access.check(actor, APPLY, KNOWN)
    _check_sites(session, actor, sites)
    _check_agents(session, agents, taken=set(sites))
    _check_size(len(sites) + len(agents), products)
    row = Application(id=new_id("app"), organisation_id=actor.organisation, created_at=now)
    session.add(row)
    session.flush()
    for part, ids in (("site", sites), ("agent", agents)):
        session.add_all(
            ApplicationSite(application_id=row.id, site_id=site, part=part, position=position)
            for position, site in enumerate(ids)
        )
    for position, draft in enumerate(products):
        session.add(
            Product(
                id=f"{row.id}-{position + 1}",
                application_id=row.id,
                position=position,
                name=draft.name,
                gtin=_gtin(draft.gtin, f"/products/{position}/gtin"),
                model=draft.model,
                yearly_units=draft.yearly_units,
                identity=_identity(session, actor, draft.former, f"{row.id}-{position + 1}", position),
            )
        )
    session.flush()
    detail = {"sites": list(sites), "agents": list(agents), "products": len(products)}
    journal.record(session, actor, APPLY, row.id, detail, now=now)
    _changed(session, row.id, now)
    return row


def sign_agreement(
    session: Writing, actor: Actor, application: str, *, version: str, independent_reporting: bool, now: datetime
) -> AgreementRow:
    """The holder signs the certification agreement. independent_reporting: with the clause that auditors may report
    danger to people past the holder; whether that is needed is the rulebook's question."""
    row = _locked(session, actor, SIGN, application)
    signed = AgreementRow(
        application_id=row.id,
        version=version,
        independent_reporting=independent_reporting,
        signed_by=actor.person,
        signed_at=now,
    )
    session.add(signed)
    session.flush()
    detail = {"version": version, "independent_reporting": independent_reporting}
    journal.record(session, actor, SIGN, row.id, detail, now=now)
    _changed(session, row.id, now)
    return signed


def accept_reports(
    session: Writing, actor: Actor, application: str, *, reports: Sequence[str], note: str, now: datetime
) -> AcceptanceRow:
    """A decider accepts all reports of the application's sites, naming each by its hash.

    Forbidden for a member of a team or firm that wrote one of them, or of a house that is judged, under any membership;
    Conflict for a human who confirmed, or spoke on the panel, as another member. Invalid, with a pointer, for a hash
    that is no current report, or when one is not named: who accepts must have seen the newest.
    """
    to = "accept its report"
    if session.get(Application, application) is not None:
        people.check_not_of_the_audit(session, actor, application, to=to)
    row = _locked(session, actor, ACCEPT, application)
    people.check_not_judged(session, actor, row.id, to=to)
    people.check_one_word(session, actor, row.id)
    current = casefile.current_reports(session, row.id)
    if not current:
        raise Conflict("no report has been submitted on any site of this application")
    for place, report in enumerate(reports):
        if report not in current:
            raise Invalid("this is the hash of no current report of this application", where=f"/reports/{place}")
    if missing := sorted(set(current) - set(reports)):
        raise Invalid(f"the report {missing[0]} is not named; an acceptance covers every report", where="/reports")
    accepted = AcceptanceRow(
        application_id=row.id,
        person=actor.person,
        organisation=actor.organisation,
        reports=sorted(set(reports)),
        note=note,
        at=now,
    )
    session.add(accepted)
    session.flush()
    journal.record(session, actor, ACCEPT, row.id, {"reports": accepted.reports}, now=now)
    outbox.record(session, "report_accepted", row.id, now=now, application=row.id)
    return accepted


def suspend(
    session: Writing, actor: Actor, number: str, *, reason: str, code: BrakeReason | None = None, now: datetime
) -> Application:
    """The brake: one authorised person, with a reason. code: the word of it that may be public. Conflict when there is
    nothing to stop.

    It stops the holder's other certificates for the same sites too: each is let go by itself.
    """
    certificate, row, entry = _current(session, actor, SUSPEND, number, now)
    if entry.state == "suspended":
        raise Conflict("this certificate is suspended already")
    _check_running(entry)
    coded = {"reason": code} if code else {}  # read again from there: `casefile.brake_reason`
    for stopped, each in ((certificate.number, row), *braking.beside(session, row, now)):
        each.suspension_requested_at, each.suspension_requested_by, each.suspension_reason = now, actor.person, reason
        session.flush()
        journal.record(session, actor, SUSPEND, stopped, {"application": each.id, **coded}, now=now)
        _changed(session, each.id, now)
    return row


def request_withdrawal(session: Writing, actor: Actor, number: str, *, now: datetime) -> Application:
    """The holder gives the certificate back. Conflict when it is over, or given back already."""
    certificate, row, entry = _current(session, actor, WITHDRAW, number, now)
    _check_running(entry)
    if row.withdrawal_requested_at is not None:
        raise Conflict("this certificate was given back already")
    row.withdrawal_requested_at = now
    session.flush()
    journal.record(session, actor, WITHDRAW, certificate.number, {"application": row.id}, now=now)
    _changed(session, row.id, now)
    return row


def reply(session: Writing, actor: Actor, number: str, *, text: str, now: datetime) -> CaseRow:
    """The holder's answer to a proposed revocation, within its time, once."""
    case = _answerable(session, actor, number, now)
    case.replied_at, case.reply = now, text
    session.flush()
    _case_changed(session, actor, case, {"replied": True}, now)
    return case


def waive_reply(session: Writing, actor: Actor, number: str, *, now: datetime) -> CaseRow:
    """The holder lets the proposed revocation become final now."""
    case = _answerable(session, actor, number, now, again=True)
    case.waived_at = now
    session.flush()
    _case_changed(session, actor, case, {"waived": True}, now)
    return case


def confirm(session: Writing, actor: Actor, number: str, *, act: Act, now: datetime) -> ApprovalRow:
    """One person's word that a suspension may end, or that a proposed revocation becomes final.

    Once per person and suspension or case; again only for a reinstatement, when a report came in behind the first word,
    because R3 asks for one that knows every report. How many are needed, and of which organisations, the rulebook says.
    Compared is the human, under every membership: Forbidden for people of a house that is judged and, for a
    reinstatement, of an audit or its firm; Conflict for a second word as another member.
    """
    certificate, row, entry = _current(session, actor, CONFIRM, number, now)
    period: int | None
    if act == "reinstate":
        if entry.state not in ("suspended", "remediation"):
            raise Conflict(f"this certificate is {entry.state}; only a suspended one can be reinstated")
        period = casefile.suspension_period(log.leaves(session, number))
        people.check_not_of_the_audit(session, actor, row.id, to="confirm the return")
        people.check_one_word(session, actor, row.id)
    else:
        case = casefile.open_case(session, row.id)
        if case is None:
            raise Conflict("no revocation of this certificate is proposed")
        period = case.id
    people.check_not_judged(session, actor, row.id, to="confirm anything in it")
    given = select(ApprovalRow).where(
        ApprovalRow.certificate == number, ApprovalRow.act == act, ApprovalRow.period == period
    )
    others = people.same(session, actor.person) - {actor.person}
    if act == "revoke" and session.scalar(given.where(ApprovalRow.person.in_(others)).limit(1)) is not None:
        raise Conflict("you have confirmed this under another membership; it takes another person")
    approval = session.scalar(given.where(ApprovalRow.person == actor.person))
    if approval is None:
        approval = ApprovalRow(
            application_id=row.id,
            certificate=certificate.number,
            act=act,
            period=period,
            person=actor.person,
            organisation=actor.organisation,
            at=now,
        )
        session.add(approval)
    elif act == "reinstate" and _reported_since(session, row.id, approval.at):
        approval.at, approval.organisation = now, actor.organisation
    else:
        raise Conflict("you have confirmed this already; it takes another person")
    session.flush()
    journal.record(session, actor, CONFIRM, certificate.number, {"act": act, "period": period}, now=now)
    if act == "revoke":
        outbox.record(session, "case_changed", row.id, now=now, application=row.id)
    else:
        _changed(session, row.id, now)
    return approval


def _check_sites(session: Reading, actor: Actor, sites: Sequence[str]) -> None:
    rows = {row.id: row for row in session.scalars(select(Site).where(Site.id.in_(sites)))}
    for place, site in enumerate(sites):
        row = rows.get(site)
        if row is None or row.organisation_id != actor.organisation:
            raise Invalid("this is no site of your organisation", where=f"/sites/{place}")
        if row.kind == "agency_office":
            raise Invalid("an agency's office is listed among the agents", where=f"/sites/{place}")
        if sites.index(site) != place:
            raise Invalid("this site is named twice", where=f"/sites/{place}")
    _check_no_dodging(session, sites)
    likeness.check_one_id(session, actor.organisation, sites)


def _check_no_dodging(session: Reading, sites: Sequence[str]) -> None:
    """A second application must not be a way around the suspension of a certificate. After a revocation it is the only
    way, past all gates again."""
    query = (
        select(Certificate.number)
        .join(ApplicationSite, ApplicationSite.application_id == Certificate.application_id)
        .where(ApplicationSite.site_id.in_(sites), ApplicationSite.part == "site", Certificate.sealed_at.is_not(None))
        .where(ApplicationSite.left_at.is_(None))
    )
    for leaf in log.last_events(session, query):
        if leaf.t == "cert.suspended":
            raise Conflict(f"certificate {leaf.cert} on one of these sites is suspended: go on with its application")


def _check_agents(session: Reading, agents: Sequence[str], taken: set[str]) -> None:
    query = select(Site, Organisation).join(Organisation, Organisation.id == Site.organisation_id)
    rows = {site.id: (site, owner) for site, owner in session.execute(query.where(Site.id.in_(agents)))}
    for place, agent in enumerate(agents):
        found = rows.get(agent)
        if found is None or found[0].kind != "agency_office" or "labour_agent" not in found[1].roles:
            raise Invalid("this is no office of a labour agent", where=f"/agents/{place}")
        if agents.index(agent) != place or agent in taken:
            raise Invalid("this office is named twice", where=f"/agents/{place}")


def _check_size(places: int, products: Sequence[ProductDraft]) -> None:
    """Every assessment in a certificate repeats every product, and a certificate has an upper size."""
    each = sum(len(f"{draft.name}{draft.model}".encode()) + PRODUCT_BYTES for draft in products)
    if places * each > PRODUCTS_BYTES:
        raise Invalid("too many products for that many sites in one certificate: apply in parts", where="/products")


def _identity(session: Reading, actor: Actor, former: str | None, own: str, position: int) -> str:
    """The identity of the product before, when this is the same one; else its own id."""
    if former is None:
        return own
    query = select(Product.identity).join(Application, Application.id == Product.application_id)
    found = session.scalar(query.where(Product.id == former, Application.organisation_id == actor.organisation))
    if found is None:
        raise Invalid("this is no product of an earlier application of yours", where=f"/products/{position}/former")
    return found


def _gtin(text: str | None, where: str) -> str | None:
    """A GTIN as 14 digits, its check digit verified (GS1: weights 3 and 1 from the right)."""
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) not in (8, 12, 13, 14):
        raise Invalid("a GTIN has 8, 12, 13 or 14 digits", where=where)
    digits = [int(digit) for digit in text.zfill(14)]
    total = sum(digit * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits[:13]))
    if (total + digits[13]) % 10:
        raise Invalid("the last digit of this GTIN does not fit the others", where=where)
    return text.zfill(14)


def _reported_since(session: Reading, application: str, at: datetime) -> bool:
    """Was a report submitted on one of its sites after that moment?"""
    places = testimony.load(session, casefile.site_ids(session, application))
    return any(visit.submitted_at and visit.submitted_at > at for facts in places for visit in facts.visits)


def _locked(session: Writing, actor: Actor, action: str, application: str) -> Application:
    lock(session, f"application {application}")
    return application_of(session, actor, action, application)


def _current(
    session: Writing, actor: Actor, action: str, number: str, now: datetime
) -> tuple[Certificate, Application, register.Entry]:
    """The certificate, its application (locked) and its standing. Conflict for one that has a successor."""
    certificate = certificate_of(session, actor, action, number)
    lock(session, f"application {certificate.application_id}")
    application = session.get_one(Application, certificate.application_id)
    entry = register.standing(session, number, now)
    newest = casefile.current_certificate(session, application.id)
    if newest is not None and newest.number != number:
        raise Conflict(f"this certificate has a successor, {newest.number}")
    return certificate, application, entry


def _check_running(entry: register.Entry) -> None:
    if entry.state in OVER:
        raise Conflict(f"this certificate is {entry.state} already")


def _answerable(session: Writing, actor: Actor, number: str, now: datetime, *, again: bool = False) -> CaseRow:
    """The open case that the holder may still answer. again: also after a reply."""
    _, application, _ = _current(session, actor, REPLY, number, now)
    case = casefile.open_case(session, application.id)
    if case is None:
        raise Conflict("no revocation of this certificate is proposed")
    if case.waived_at is not None or (case.replied_at is not None and not again):
        raise Conflict("the holder has answered already")
    if now > case.reply_until:
        raise Conflict("the time for a reply is over")
    return case


def _case_changed(session: Writing, actor: Actor, case: CaseRow, detail: dict[str, bool], now: datetime) -> None:
    journal.record(session, actor, REPLY, case.certificate, {**detail, "case": case.id}, now=now)
    outbox.record(session, "case_changed", case.application_id, now=now, application=case.application_id)


def _changed(session: Writing, application: str, now: datetime) -> None:
    outbox.record(session, "application_changed", application, now=now, application=application)
