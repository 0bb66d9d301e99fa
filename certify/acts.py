"""What people of scheme and certification body put on record beside the audits: risk, panels, a smaller scope.

Each is a fact for the rules, never a decision. Owns the commands that write them, and how they are read for a dossier;
what happened to earlier certificates of the holder is read from the public log.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, cast

from sqlalchemy import select

from certify import log
from certify.appeals.tables import AppealRow
from certify.dossier import Panel, Reduction, Revocation, Risk, open_record
from certify.measures import counts_open
from certify.relations import application_of, certificate_of
from certify.tables import (
    ApplicationSite,
    Certificate,
    DecisionRow,
    PanelWordRow,
    ReductionRow,
    RiskRow,
)
from ground import access, journal, outbox
from ground.access import Actor, Grant
from ground.canonical import Json, instant, nfc, parse
from ground.database import Reading, Writing, lock
from ground.errors import Conflict, Invalid, NotFound
from ground.parties import KNOWN, Site

ASSESS = "certify.assess_risk"
SPEAK = "certify.speak_on_panel"
REDUCE = "certify.reduce"
TOGETHER = timedelta(days=60)  # words of one panel lie within this time: it meets, and not once a year [P]
MAX_RECORD = 1 << 24  # bytes of a decision record: a dossier of 100 sites has some 2 MB
TROUBLE = ("cert.suspended", "cert.remediation", "cert.revoked", "cert.withdrawn")

access.register(
    *(Grant(ASSESS, role, "any") for role in ("decider", "scheme_manager")),
    *(Grant(SPEAK, role, "any") for role in ("decider", "scheme_manager", "handler")),
    Grant(REDUCE, "manager", "own"),
    Grant(REDUCE, "decider", "any"),
)

Level = Literal["low", "high"]


# ------------------------------------------------------------------------------------------------------- commands


def assess_risk(
    session: Writing, actor: Actor, site: str, level: Level, reason: str, *, now: datetime
) -> dict[str, Json]:
    """Say how dangerous a place is, by country, sector and workforce. NotFound: no such site."""
    access.check(actor, ASSESS, KNOWN)
    if session.get(Site, site) is None:
        raise NotFound("there is no such site")
    row = RiskRow(
        site_id=site, level=level, reason=nfc(reason), person=actor.person, organisation=actor.organisation, at=now
    )
    session.add(row)
    session.flush()
    journal.record(session, actor, ASSESS, site, {"level": level}, now=now)
    query = select(ApplicationSite.application_id).where(ApplicationSite.site_id == site)
    for application in session.scalars(query.order_by(ApplicationSite.application_id)):
        outbox.record(session, "application_changed", application, now=now, application=application)
    return risk_view(row)


def speak(
    session: Writing, actor: Actor, application: str, *, favourable: bool, opinion: str, now: datetime
) -> dict[str, Json]:
    """One member's word. It takes two members of different organisations to make a panel; the rules judge who may."""
    found = application_of(session, actor, SPEAK, application)
    lock(session, f"application {found.id}")
    row = PanelWordRow(
        application_id=found.id,
        person=actor.person,
        organisation=actor.organisation,
        favourable=favourable,
        opinion=nfc(opinion),
        at=now,
    )
    session.add(row)
    session.flush()
    journal.record(session, actor, SPEAK, found.id, {"favourable": favourable}, now=now)
    outbox.record(session, "application_changed", found.id, now=now, application=found.id)
    return panel_view(session, found.id)


def ask_reduction(
    session: Writing, actor: Actor, number: str, site: str, reason: str, *, now: datetime
) -> dict[str, Json]:
    """Ask that one site leaves the scope of a certificate. What remains must meet all that issuing needs.

    Conflict when another reduction waits, or nothing would remain; Invalid for a site that is not in the scope.
    """
    certificate = certificate_of(session, actor, REDUCE, number)
    lock(session, f"application {certificate.application_id}")
    own = [part["id"] for part in certificate.scope["sites"]]
    if site not in own:
        raise Invalid(f"this site is not in the scope of certificate {number}", where="/site")
    if len(own) == 1:
        raise Conflict(f"{site} is the only site of certificate {number}: give it back instead")
    if _waiting(session, certificate.application_id) is not None:
        raise Conflict("another site is leaving the scope already; one at a time")
    row = ReductionRow(
        application_id=certificate.application_id,
        certificate=number,
        site_id=site,
        reason=nfc(reason),
        person=actor.person,
        organisation=actor.organisation,
        at=now,
    )
    session.add(row)
    session.flush()
    journal.record(session, actor, REDUCE, number, {"site": site}, now=now)
    application = certificate.application_id
    outbox.record(session, "application_changed", application, now=now, application=application)
    return reduction_view(row)


def drop_reduction(session: Writing, actor: Actor, number: str, *, now: datetime) -> dict[str, Json]:
    """Take the wish back, as long as it is one. Conflict when none waits."""
    certificate = certificate_of(session, actor, REDUCE, number)
    lock(session, f"application {certificate.application_id}")
    row = _waiting(session, certificate.application_id)
    if row is None:
        raise Conflict(f"no site is leaving the scope of certificate {number}")
    row.withdrawn_at = now
    session.flush()
    journal.record(session, actor, REDUCE, number, {"site": row.site_id, "dropped": True}, now=now)
    application = certificate.application_id
    outbox.record(session, "application_changed", application, now=now, application=application)
    return reduction_view(row)


def reduced(session: Writing, application: str, *, now: datetime) -> None:
    """The smaller certificate is sealed: the site is no part of the application any more."""
    row = _waiting(session, application)
    if row is None:
        raise Conflict("no reduction waits")
    row.enacted_at = now
    place = session.get_one(ApplicationSite, (application, row.site_id))
    place.left_at = now
    session.flush()


# --------------------------------------------------------------------------------------------- facts for the dossier


def risks(session: Reading, application: str) -> tuple[Risk, ...]:
    """The newest assessment of each site of the application, by site."""
    query = (
        select(RiskRow)
        .join(ApplicationSite, ApplicationSite.site_id == RiskRow.site_id)
        .where(ApplicationSite.application_id == application, ApplicationSite.left_at.is_(None))
        .order_by(RiskRow.site_id, RiskRow.id)
    )
    newest = {row.site_id: row for row in session.scalars(query)}
    return tuple(Risk(row.site_id, cast(Level, row.level), row.at) for row in newest.values())


def revocations(session: Reading, organisation: str) -> tuple[Revocation, ...]:
    """Certificates of this organisation that the log says were revoked, oldest first."""
    sealed = select(Certificate.number).where(
        Certificate.organisation_id == organisation, Certificate.sealed_at.is_not(None)
    )
    ended = [leaf for leaf in log.last_events(session, sealed) if leaf.t == "cert.revoked" and leaf.cert is not None]
    if not ended:
        return ()
    won = select(AppealRow.certificate).where(AppealRow.outcome == "upheld", AppealRow.against == "revoke")
    overturned = set(session.scalars(won))
    found = (
        Revocation(leaf.cert, leaf.at, leaf.cert in overturned, _about_core(session, leaf.cert))
        for leaf in ended
        if leaf.cert
    )
    return tuple(sorted(found, key=lambda each: (each.at, each.certificate)))


def _about_core(session: Reading, number: str) -> bool:
    """Whether a core topic or zero tolerance was the ground: of what the decision to revoke saw open."""
    query = select(DecisionRow).where(DecisionRow.certificate == number, DecisionRow.outcome == "revoke")
    row = session.scalar(query.order_by(DecisionRow.seq.desc()).limit(1))
    if row is None:
        return True
    dossier, _, _ = open_record(parse(row.record.encode(), limit=MAX_RECORD))
    grave = [each for each in dossier.findings if each.severity in ("priority", "major") and counts_open(each)]
    return any(each.core or each.zero_tolerance for each in grave)


def panels(session: Reading, application: str) -> tuple[Panel, ...]:
    """The newest panel, if its words make one: two people or more of different organisations, within `TOGETHER`."""
    rows = _words(session, application)
    if not rows:
        return ()
    newest = {row.person: row for row in rows if row.at > rows[-1].at - TOGETHER}.values()
    organisations = tuple(sorted({row.organisation for row in newest}))
    if len(organisations) < 2:
        return ()
    persons = tuple(sorted(row.person for row in newest))
    return (Panel(rows[-1].at, persons, organisations, all(row.favourable for row in newest)),)


def reduction(session: Reading, application: str) -> Reduction | None:
    """The reduction that is asked for and not enacted yet."""
    row = _waiting(session, application)
    return Reduction(row.site_id, row.person, row.organisation, row.at) if row else None


def clean_cycles(session: Reading, application: str) -> int:
    """Certificates in a row, up to now, that ran without suspension, remediation or gap; the running one counts."""
    query = select(Certificate).where(Certificate.application_id == application, Certificate.sealed_at.is_not(None))
    rows = list(session.scalars(query.order_by(Certificate.ordinal.desc())))
    chains = log.chains(session, [row.number for row in rows])
    clean = 0
    for place, row in enumerate(rows):
        gap = place > 0 and rows[place - 1].valid_from > row.valid_until
        if gap or any(leaf.t in TROUBLE for leaf in chains[row.number]):
            break
        clean += 1
    return clean


# ------------------------------------------------------------------------------------------------------------ views


def risk_view(row: RiskRow) -> dict[str, Json]:
    return {
        "site": row.site_id,
        "level": row.level,
        "reason": row.reason,
        "person": row.person,
        "organisation": row.organisation,
        "at": instant(row.at),
    }


def panel_view(session: Reading, application: str) -> dict[str, Json]:
    """The words on an application, oldest first, and the panel that they make, if they do."""
    made = panels(session, application)
    return {
        "application": application,
        "words": [
            {
                "person": row.person,
                "organisation": row.organisation,
                "favourable": row.favourable,
                "opinion": row.opinion,
                "at": instant(row.at),
            }
            for row in _words(session, application)
        ],
        "panel": {"at": instant(made[0].at), "favourable": made[0].favourable} if made else None,
    }


def reduction_view(row: ReductionRow) -> dict[str, Json]:
    return {
        "certificate": row.certificate,
        "application": row.application_id,
        "site": row.site_id,
        "reason": row.reason,
        "asked_at": instant(row.at),
        "enacted_at": instant(row.enacted_at) if row.enacted_at else None,
        "withdrawn_at": instant(row.withdrawn_at) if row.withdrawn_at else None,
    }


def _words(session: Reading, application: str) -> list[PanelWordRow]:
    query = select(PanelWordRow).where(PanelWordRow.application_id == application)
    return list(session.scalars(query.order_by(PanelWordRow.at, PanelWordRow.id)))


def _waiting(session: Reading, application: str) -> ReductionRow | None:
    return session.scalar(
        select(ReductionRow)
        .where(
            ReductionRow.application_id == application,
            ReductionRow.enacted_at.is_(None),
            ReductionRow.withdrawn_at.is_(None),
        )
        .order_by(ReductionRow.id.desc())
        .limit(1)
    )
