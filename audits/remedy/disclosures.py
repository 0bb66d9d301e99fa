"""Self-disclosure: the site tells of a problem itself, before an audit or a complaint does.

Owns disclosures, and when one counts for a finding. A disclosure is dated by the system and never changed. What follows
from it for a certificate, the rulebook says; here is only when it was said, about what, and what was done.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from audits import standard
from audits.remedy.relations import disclosing_site
from audits.remedy.tables import DisclosureRow
from audits.scope import profiles_at
from audits.tables import AnswerRow, AuditRow, FindingRow
from ground import journal, outbox
from ground.access import Actor
from ground.canonical import nfc
from ground.database import Reading, Writing
from ground.errors import Conflict, Invalid
from ground.ids import new_id

FOLLOWS = (
    "The rulebook in force says what follows from a disclosure, and under which conditions: contained, remedied, and "
    "told before anybody else told."
)


@dataclass(frozen=True)
class DisclosureDraft:
    """what: seen where, since when, how many people; no names. contained_on: None when nothing is contained yet."""

    site: str
    standard: str
    provision: str
    what: str
    containment: str
    contained_on: date | None
    plan: str
    worst_form: bool = False


def disclose(session: Writing, actor: Actor, draft: DisclosureDraft, *, now: datetime) -> DisclosureRow:
    """Tell of a problem at one's own site. Conflict when an open finding that the site knows of says it already.

    Invalid, with a pointer: a standard without field work, a provision that it does not have, or a date to come.
    """
    site = disclosing_site(session, actor, draft.site)
    catalogue = standard.load(draft.standard, where="/standard")
    if catalogue.fieldwork is None:
        raise Invalid(f"{catalogue.id} knows no self-disclosure", where="/standard")
    provision = catalogue.with_profiles(profiles_at(catalogue, site)).provision(draft.provision, where="/provision")
    if draft.worst_form and provision.topic != "T9":
        raise Invalid(f"worst_form belongs to T9, children, not to {provision.topic}", where="/worst_form")
    if draft.contained_on is not None and draft.contained_on > now.date():
        raise Invalid(f"contained on {draft.contained_on}, which is after today, {now.date()}", where="/contained_on")
    # Of what the site knows only: a held alert must change no answer.
    known = select(FindingRow.id).where(
        FindingRow.site_id == site.id,
        FindingRow.provision == provision.id,
        FindingRow.released_at.is_not(None),
        FindingRow.closed_at.is_(None),
    )
    if (found := session.scalar(known.order_by(FindingRow.id).limit(1))) is not None:
        raise Conflict(f"{found} on {provision.id} is open and says it already; hand in a corrective action")
    row = DisclosureRow(
        id=new_id("dsc"), site_id=site.id, organisation_id=site.organisation_id, standard=catalogue.id,
        provision=provision.id, what=nfc(draft.what), containment=nfc(draft.containment),
        contained_on=draft.contained_on, plan=nfc(draft.plan), worst_form=draft.worst_form, disclosed_at=now,
        disclosed_by=actor.person,
    )  # fmt: skip
    session.add(row)
    session.flush()
    journal.record(session, actor, "problem_disclosed", row.id, {"site": site.id, "provision": provision.id}, now=now)
    outbox.record(session, "problem_disclosed", site.id, now=now, site=site.id, disclosure=row.id)
    return row


def counted(session: Reading, site: str, provision: str, before: datetime) -> datetime | None:
    """When the site told of this, if it did so before `before` (the start of the audit that finds it) and no other
    audit has answered the provision since: a disclosure counts once, it is no licence for ever."""
    told = select(DisclosureRow.disclosed_at).where(
        DisclosureRow.site_id == site, DisclosureRow.provision == provision, DisclosureRow.disclosed_at < before
    )
    moments = list(session.scalars(told.order_by(DisclosureRow.disclosed_at)))
    if not moments:
        return None
    answered = (
        select(AuditRow.starts_on)
        .join(AnswerRow, AnswerRow.audit_id == AuditRow.id)
        .where(
            AuditRow.site_id == site,
            AuditRow.starts_on < before.date(),
            AnswerRow.provision == provision,
            AnswerRow.result.in_(("conformance", "finding")),
        )
    )
    since = max(session.scalars(answered), default=None)
    return next((moment for moment in moments if since is None or moment.date() > since), None)
