"""What people of scheme and certification body put on record beside the audits: risk, panels, a smaller scope.

Each is a fact for the rules, never a decision. Owns the commands that write them, and how they are read for a dossier;
what happened to earlier certificates of the holder is read from the public log.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, cast

from sqlalchemy import BindParameter, bindparam, select

from audits import dossier as testimony
from certify import log, people
from certify.appeals.tables import AppealRow
from certify.dossier import MAX_RECORD, Panel, Reduction, Revocation, Risk, open_record
from certify.events import TRANSITIONS, Leaf, State
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
from ground.errors import Conflict, Forbidden, Invalid, NotFound
from ground.parties import KNOWN, Site
from ground.people import works_for

ASSESS = "certify.assess_risk"
SPEAK = "certify.speak_on_panel"
REDUCE = "certify.reduce"
TOGETHER = timedelta(days=60)  # words of one panel lie within this time: it meets, and not once a year [P]

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
    """Say how dangerous a place is, by country, sector and workforce. NotFound: no such site. Forbidden for whoever
    works for the organisation that answers for it."""
    access.check(actor, ASSESS, KNOWN)
    found = session.get(Site, site)
    if found is None:
        raise NotFound("there is no such site")
    if works_for(session, actor, found.organisation_id):
        raise Forbidden("the organisation that answers for a site does not assess its risk")
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
    """One member's word. It takes two members of different organisations to make a panel; the rules judge who may.

    Compared is the human, under every membership: Forbidden for people of an audit, its firm or a house that is judged;
    Conflict for who accepted, confirmed or spoke as another member.
    """
    found = application_of(session, actor, SPEAK, application)
    lock(session, f"application {found.id}")
    to = "speak on the panel"
    people.check_not_of_the_audit(session, actor, found.id, to=to)
    people.check_not_judged(session, actor, found.id, to=to)
    people.check_one_word(session, actor, found.id)
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


def risks(session: Reading, sites: Sequence[str]) -> dict[str, tuple[Risk, ...]]:
    """{site: its assessments, oldest first}: an audit is judged by what was known before it. Without those of none."""
    found: dict[str, list[Risk]] = defaultdict(list)
    for row in session.scalars(_RISKS, {"sites": sites}):
        found[row.site_id].append(Risk(row.site_id, cast(Level, row.level), row.at))
    return {site: tuple(each) for site, each in found.items()}


def revocations(session: Reading, organisation: str) -> tuple[Revocation, ...]:
    """Certificates of this organisation that the log says were revoked, oldest first."""
    sealed = select(Certificate.number).where(
        Certificate.organisation_id == organisation, Certificate.sealed_at.is_not(None)
    )
    return revoked(session, log.last_events(session, sealed))


def revoked(session: Reading, last: Sequence[Leaf]) -> tuple[Revocation, ...]:
    """The same, from the newest cert.* leaf of each certificate."""
    ended = [leaf for leaf in last if leaf.t == "cert.revoked" and leaf.cert is not None]
    if not ended:
        return ()
    won = select(AppealRow.certificate).where(AppealRow.outcome == "upheld", AppealRow.against == "revoke")
    overturned = set(session.scalars(won))
    found = (
        Revocation(
            leaf.cert, leaf.at, leaf.cert in overturned, _about_core(session, leaf.cert), *_corrected(session, leaf)
        )
        for leaf in ended
        if leaf.cert
    )
    return tuple(sorted(found, key=lambda each: (each.at, each.certificate)))


class Stopped(NamedTuple):
    """A certificate that was stopped and did not come back, since when, and the sites of which that is true.
    uncorrected: of one that was given back, the grave findings at any place that it covered that are open still."""

    state: State
    at: datetime
    sites: frozenset[str]
    uncorrected: tuple[str, ...] = ()


def stopped(session: Reading, chains: Mapping[str, Sequence[Leaf]]) -> dict[str, Stopped]:
    """Those among these certificates, given with all their leaves; what was revoked waits by other clauses."""
    found = {number: stop for number, leaves in chains.items() if (stop := _stop(leaves))}
    ends = {number: leaf for number, leaves in chains.items() if (leaf := last(leaves)) is not None}
    given_back = {number: leaf for number, leaf in ends.items() if leaf.t == "cert.withdrawn"}
    for number, leaf in given_back.items():
        if number not in found and _left_open(session, leaf):  # what was held then, the log could not tell
            found[number] = ("withdrawn", leaf.at, None)
    if not found:
        return {}
    numbers = [*found, *(after for _, _, after in found.values() if after)]
    query = select(Certificate.number, Certificate.scope).where(Certificate.number.in_(numbers))
    scopes = {number: {site["id"] for site in scope["sites"]} for number, scope in session.execute(query)}
    return {
        number: Stopped(
            state,
            at,
            frozenset(scopes[number] - scopes.get(after or "", set())),
            _corrected(session, ends[number])[0] if state == "withdrawn" else (),
        )
        for number, (state, at, after) in found.items()
    }


def last(leaves: Sequence[Leaf]) -> Leaf | None:
    """The newest leaf about the certificate itself."""
    return next((leaf for leaf in reversed(leaves) if leaf.t.startswith("cert.")), None)


def _stop(leaves: Sequence[Leaf]) -> tuple[State, datetime, str | None] | None:
    """State, since when it has been stopped, and the smaller certificate with which the other sites came back."""
    state: State = "active"
    at, after = None, None
    for leaf in leaves:
        match leaf.t:
            case "cert.suspended" | "cert.remediation":
                state, at = TRANSITIONS[leaf.t][1], leaf.at
            case "cert.reinstated":
                state, at = "active", None
            case "cert.reduced":
                state, after = "reduced", leaf.next
            case "cert.withdrawn":
                state, at = "withdrawn", at or (leaf.at if leaf.reason == "nonconformity" else None)
            case "cert.revoked":
                return None
            case _:
                pass
    return (state, at, after) if at else None


def _left_open(session: Reading, ended: Leaf) -> bool:
    """Was a priority finding open then at a place that the certificate covered, as is known by now?"""
    return any(
        finding.severity == "priority"
        and finding.discovered_at <= ended.at
        and (counts_open(finding) or finding.closed_at is None or finding.closed_at > ended.at)
        for place in testimony.load(session, _covered(session, ended))
        for finding in place.findings
    )


def _covered(session: Reading, ended: Leaf) -> list[str]:
    """Every place that the application of this certificate ever had."""
    query = (
        select(ApplicationSite.site_id)
        .join(Certificate, Certificate.application_id == ApplicationSite.application_id)
        .where(Certificate.number == ended.cert)
        .order_by(ApplicationSite.site_id)
    )
    return list(session.scalars(query))


def _corrected(session: Reading, ended: Leaf) -> tuple[tuple[str, ...], datetime | None]:
    """Of the grave findings before this end, at every place that the certificate covered: those still open, and when
    the last of the others was closed, if that was later."""
    places = testimony.load(session, _covered(session, ended))
    grave = [
        finding
        for place in places
        for finding in place.findings
        if finding.discovered_at <= ended.at
        if finding.severity == "priority" or (finding.severity == "major" and finding.core)
    ]
    still = tuple(sorted(finding.id for finding in grave if counts_open(finding)))
    later = [f.closed_at for f in grave if f.closed_at is not None and f.closed_at > ended.at and not counts_open(f)]
    return still, max(later, default=None)


def _about_core(session: Reading, number: str) -> bool:
    """Whether a core topic or zero tolerance was the ground: of what the decision to revoke saw open."""
    query = select(DecisionRow).where(DecisionRow.certificate == number, DecisionRow.outcome == "revoke")
    row = session.scalar(query.order_by(DecisionRow.seq.desc()).limit(1))
    if row is None:
        return True
    dossier, _, _ = open_record(parse(row.record.encode(), limit=MAX_RECORD))
    grave = [each for each in dossier.findings if each.severity in ("priority", "major") and counts_open(each)]
    return any(each.core or each.zero_tolerance for each in grave)


def panels(session: Reading, applications: Sequence[str]) -> dict[str, tuple[Panel, ...]]:
    """{application: every member's word, oldest first}: which of them make a panel, and since when, the rules judge."""
    return {
        application: tuple(Panel(row.at, (row.person,), (row.organisation,), row.favourable) for row in words)
        for application, words in _words(session, applications).items()
    }


def _panel(rows: Sequence[PanelWordRow]) -> tuple[Panel, ...]:
    """Two people or more of different organisations, within `TOGETHER` of the newest word."""
    newest = {row.person: row for row in rows if row.at > rows[-1].at - TOGETHER}.values()
    organisations = tuple(sorted({row.organisation for row in newest}))
    if len(organisations) < 2:
        return ()
    persons = tuple(sorted(row.person for row in newest))
    return (Panel(rows[-1].at, persons, organisations, all(row.favourable for row in newest)),)


def reductions(session: Reading, applications: Sequence[str]) -> dict[str, Reduction]:
    """{application: the reduction that is asked for and not enacted yet}, without those that have none."""
    rows = session.scalars(_WAITING, {"applications": applications})
    return {row.application_id: Reduction(row.site_id, row.person, row.organisation, row.at) for row in rows}


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
    words = _words(session, [application]).get(application, [])
    made = _panel(words)
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
            for row in words
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


def _words(session: Reading, applications: Sequence[str]) -> dict[str, list[PanelWordRow]]:
    """By application, oldest first, without those on which nobody spoke."""
    found: dict[str, list[PanelWordRow]] = defaultdict(list)
    for row in session.scalars(_WORDS, {"applications": applications}):
        found[row.application_id].append(row)
    return dict(found)


def _waiting(session: Reading, application: str) -> ReductionRow | None:
    """The newest one that waits."""
    return next(reversed(session.scalars(_WAITING, {"applications": [application]}).all()), None)


# The questions of a dossier. Each is built once, because building one costs more than asking it.

OF_APPLICATIONS: BindParameter[str] = bindparam("applications", expanding=True)

_RISKS = select(RiskRow).where(RiskRow.site_id.in_(bindparam("sites", expanding=True))).order_by(RiskRow.id)
_WORDS = (
    select(PanelWordRow)
    .where(PanelWordRow.application_id.in_(OF_APPLICATIONS))
    .order_by(PanelWordRow.at, PanelWordRow.id)
)
_WAITING = (
    select(ReductionRow)
    .where(
        ReductionRow.application_id.in_(OF_APPLICATIONS),
        ReductionRow.enacted_at.is_(None),
        ReductionRow.withdrawn_at.is_(None),
    )
    .order_by(ReductionRow.id)
)
