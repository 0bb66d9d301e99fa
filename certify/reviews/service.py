"""When a firm or an auditor comes under review: a caution on every certificate that rests on their work, all or none.

Owns raising, lifting and verifying again. Level-triggered: who is under review, and what each certificate rests on, is
read anew, so a doubled or late event is harmless. A caution changes no standing and no colour; what follows when nobody
has looked again in time, the rules say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from audits import dossier as testimony
from audits.facts import AuditType, Severity, SiteFacts, Visit
from certify import casefile, log
from certify.chapters import Rulebook
from certify.events import State
from certify.governance import books
from certify.measures import newest_full
from certify.register import fold_of
from certify.relations import certificate_of
from certify.tables import ApplicationSite, CautionRow, Certificate
from ground import access, journal, outbox
from ground.access import SYSTEM, Actor, Grant
from ground.canonical import Json, end_of_day
from ground.database import Reading, Writing, lock
from ground.errors import Conflict, Forbidden, Invalid
from ground.outbox import Event
from ground.world import World

REVERIFY = "certify.reverify"
REVERIFY_DAYS = 60  # where the certificate's rulebook says nothing: the issue "Audits at full depth", Independence
LIVE: tuple[State, ...] = ("active", "remediation", "suspended")
AGAIN: tuple[AuditType, ...] = ("closure", "priority_closure", "for_cause", "initial", "periodic", "surveillance")
"""Audits that look at the same things again. A forced-labour specialty audit looks at some of them only."""
GRAVE: tuple[Severity, ...] = ("priority", "major", "minor")
"""Findings that cost something while they are open. The others bar no certificate, so nothing rests on their end."""

access.register(Grant(REVERIFY, "decider", "any"))


@dataclass(frozen=True)
class _Rests:
    """A live certificate, and per firm or auditor the sites at which it relies on a visit of theirs."""

    certificate: Certificate
    sites: Mapping[str, tuple[str, ...]]


def on_accreditation_changed(world: World, event: Event) -> None:
    """accreditation_changed: raise or lift what follows for every certificate, in one transaction."""
    with world.db.write() as session:
        review(session, event.subject, now=world.clock.now())


def on_certificate_news(world: World, event: Event) -> None:
    """standing_changed, report_accepted: a certificate that comes to rest on doubted work has the caution at once."""
    with world.db.read() as session:
        if not _missing(session, event.ids["application"], world.clock.now()):
            return
    with world.db.write() as session:
        now = world.clock.now()
        lock(session, "cautions")
        found = _missing(session, event.ids["application"], now)
        for rests, subject, since in found:
            _raise(session, rests, subject, since, now)
        for subject in {subject for _, subject, _ in found}:
            _tell(session, subject, [rests.certificate for rests, named, _ in found if named == subject], [], now)


def review(session: Writing, subject: str, *, now: datetime) -> None:
    """Bring the cautions about one firm or auditor to what the register says of them now: all in this transaction.

    Raises Conflict, and nothing is changed, when a certificate that is concerned disagrees with the log.
    """
    lock(session, "cautions")
    since = testimony.under_review(session, [subject]).get(subject)
    still_open = select(CautionRow).where(CautionRow.subject == subject, CautionRow.lifted_at.is_(None))
    rows = list(session.scalars(still_open.order_by(CautionRow.id)))
    lifted = [row for row in rows if row.since != since]
    for row in lifted:
        row.lifted_at = now
    raised: list[Certificate] = []
    if since is not None:
        known = {row.certificate for row in rows if row.since == since}
        for rests in _resting(session, _applications(session, testimony.sites_of_work(session, subject)), now):
            if subject in rests.sites and rests.certificate.number not in known:
                _raise(session, rests, subject, since, now)
                raised.append(rests.certificate)
    if raised or lifted:
        _tell(session, subject, raised, lifted, now)


def reverify(
    session: Writing, actor: Actor, number: str, *, subject: str, audits: Sequence[str], now: datetime
) -> CautionRow:
    """Other people looked again at every site that the caution is about: it ends, and stays on record.

    audits: one or more submitted audits on site, by firms that are neither concerned nor under review, begun after the
    review did. Raises Conflict when there is no such open caution, Invalid with the pointer of an audit that will not
    do, Forbidden for somebody who was on one of them.
    """
    certificate = certificate_of(session, actor, REVERIFY, number)
    lock(session, "cautions")
    row = session.scalar(
        select(CautionRow).where(
            CautionRow.certificate == number,
            CautionRow.subject == subject,
            CautionRow.lifted_at.is_(None),
            CautionRow.reverified_at.is_(None),
        )
    )
    if row is None:
        raise Conflict(f"certificate {number} has no open caution about {subject[:40]}")
    places = testimony.load(session, casefile.site_ids(session, certificate.application_id))
    named = _named(session, row, places, audits)
    _check_apart(actor, certificate, [visit for _, visit in named])
    if missing := [site for site in row.sites if site not in {site for site, _ in named}]:
        raise Invalid(f"no audit of {', '.join(missing)} is named, and the caution is about it", where="/audits")
    row.reverified_at, row.reverified_by, row.audits = now, actor.person, list(audits)
    session.flush()
    detail: dict[str, Json] = {"subject": subject, "audits": list(audits)}
    journal.record(session, actor, REVERIFY, number, detail, now=now)
    _news(session, subject, [certificate.application_id], now)
    return row


def _named(
    session: Reading, row: CautionRow, places: Sequence[SiteFacts], audits: Sequence[str]
) -> list[tuple[str, Visit]]:
    """(site, visit) of each named audit. Invalid for one that cannot stand in for the doubted work."""
    known = {visit.id: (place.site, visit) for place in places for visit in place.visits}
    doubted = {row.subject} | {
        visit.firm for _, visit in known.values() if row.subject in (visit.firm, *visit.team)
    }  # fmt: skip
    found = []
    for place, audit in enumerate(audits):
        site, visit = known.get(audit, ("", None))
        where = f"/audits/{place}"
        if visit is None or visit.submitted_at is None:
            raise Invalid(f"{audit[:40]!r} is no submitted audit of a site of this certificate", where=where)
        if visit.type not in AGAIN or visit.remote or visit.outcome != "completed":
            kind = "remote" if visit.remote else visit.outcome
            raise Invalid(f"{audit} is a {visit.type} ({kind}): it takes a completed visit on site", where=where)
        if end_of_day(visit.starts_on) <= row.since:
            raise Invalid(f"{audit} began on {visit.starts_on}, before the review of {row.since.date()}", where=where)
        if visit.firm in doubted or row.subject in visit.team:
            raise Invalid(f"{audit} was done by {visit.firm}, whose own work is in doubt", where=where)
        if others := testimony.under_review(session, [visit.firm, *visit.team]):
            raise Invalid(f"{audit}: {min(others)} is under review too", where=where)
        found.append((site, visit))
    return found


def _check_apart(actor: Actor, certificate: Certificate, visits: Sequence[Visit]) -> None:
    """Nobody accepts the work of their own team or firm, and no holder their own case (DESIGN.md 5)."""
    if any(actor.person in visit.team or actor.organisation == visit.firm for visit in visits):
        raise Forbidden("who was on the audit, or belongs to its firm, cannot accept it")
    if actor.organisation == certificate.organisation_id:
        raise Forbidden("the holder of a certificate cannot accept this")


def _missing(session: Reading, application: str, now: datetime) -> list[tuple[_Rests, str, datetime]]:
    """(certificate, subject, since) of the cautions that the application's certificate ought to have and has not."""
    found = []
    for rests in _resting(session, [application], now):
        query = select(CautionRow.subject, CautionRow.since)
        known = {
            (subject, since)
            for subject, since in session.execute(query.where(CautionRow.certificate == rests.certificate.number))
        }
        for subject, since in sorted(testimony.under_review(session, sorted(rests.sites)).items()):
            if (subject, since) not in known:
                found.append((rests, subject, since))
    return found


def _raise(session: Writing, rests: _Rests, subject: str, since: datetime, now: datetime) -> None:
    """The caution; where the certificate before it was verified again about the same sites, that counts here too."""
    certificate, sites = rests.certificate, list(rests.sites[subject])
    days = books.of(certificate, certificate.rulebook).limits.reverify_days or REVERIFY_DAYS
    row = CautionRow(
        certificate=certificate.number,
        application_id=certificate.application_id,
        subject=subject,
        sites=sites,
        since=since,
        reverify_by=since + timedelta(days=days),
        raised_at=now,
        audits=[],
    )
    earlier = select(CautionRow).where(
        CautionRow.application_id == certificate.application_id,
        CautionRow.subject == subject,
        CautionRow.since == since,
        CautionRow.reverified_at.is_not(None),
    )
    for before in session.scalars(earlier.order_by(CautionRow.id)):
        if set(sites) <= set(before.sites):
            row.reverified_at, row.reverified_by = before.reverified_at, before.reverified_by
            row.audits = list(before.audits)
    session.add(row)
    session.flush()


def _tell(
    session: Writing, subject: str, raised: Collection[Certificate], lifted: Collection[CautionRow], now: datetime
) -> None:
    session.flush()
    detail: dict[str, Json] = {
        "raised": sorted(each.number for each in raised),
        "lifted": sorted(each.certificate for each in lifted),
    }
    journal.record(session, SYSTEM, "certify.caution", subject, detail, now=now)
    concerned = {each.application_id for each in raised} | {each.application_id for each in lifted}
    _news(session, subject, concerned, now)


def _news(session: Writing, subject: str, applications: Collection[str], now: datetime) -> None:
    """Once for the public list, and once per application for the rules."""
    outbox.record(session, "caution_changed", subject, now=now)
    for application in sorted(applications):
        outbox.record(session, "application_changed", application, now=now, application=application)


def _applications(session: Reading, sites: Collection[str]) -> list[str]:
    query = select(ApplicationSite.application_id).where(ApplicationSite.site_id.in_(sites)).distinct()
    return sorted(session.scalars(query))


def _resting(session: Reading, applications: Sequence[str], now: datetime) -> Iterator[_Rests]:
    """The live certificate of each application, with what it rests on. A fixed number of queries for all."""
    query = select(Certificate).where(
        Certificate.application_id.in_(applications), Certificate.sealed_at.is_not(None)
    ).order_by(Certificate.application_id, Certificate.ordinal)  # fmt: skip
    newest = {row.application_id: row for row in session.scalars(query)}
    chains = log.chains(session, [row.number for row in newest.values()])
    live = [row for row in newest.values() if fold_of(row, chains[row.number], now).state in LIVE]
    places: dict[str, list[str]] = {row.application_id: [] for row in live}
    named = select(ApplicationSite).where(ApplicationSite.application_id.in_(places), ApplicationSite.left_at.is_(None))
    for place in session.scalars(named.order_by(ApplicationSite.site_id)):
        places[place.application_id].append(place.site_id)
    every = sorted({site for sites in places.values() for site in sites})
    known = {facts.site: facts for facts in testimony.load(session, every)}
    for row in live:
        yield _Rests(row, _relied(row, [known[site] for site in places[row.application_id]]))


def _relied(certificate: Certificate, places: Sequence[SiteFacts]) -> dict[str, tuple[str, ...]]:
    """{firm or auditor: sites} of the visits that the certificate rests on."""
    book = books.of(certificate, certificate.rulebook)
    found: dict[str, tuple[str, ...]] = {}
    for place in places:
        visits = (newest_full(place, book), *_closing(place, book))
        for subject in dict.fromkeys(who for visit in visits if visit for who in (visit.firm, *visit.team)):
            found[subject] = (*found.get(subject, ()), place.site)
    return found


def _closing(place: SiteFacts, book: Rulebook) -> list[Visit]:
    """The visits by whose word a finding that would stand against the place is closed. One that was over before the
    newest full audit began is relied on no more: the whole place was looked at since."""
    full = newest_full(place, book)
    closed_by = {finding.closed_by for finding in place.findings if finding.severity in GRAVE}
    return [visit for visit in place.visits if visit.id in closed_by and (not full or visit.ends_on >= full.starts_on)]
