"""A person's dates as iCalendar (RFC 5545), for a calendar program to fetch, and the secret address to fetch them at.

Owns what stands in a feed: what is due about released findings, for those who have to do it, and what sources of the
floors above add. Feeds lie on other people's servers, so there is nothing in them of what was found, of retaliation
checks, or of anybody; a held alert has no date. The same data gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Protocol
from urllib.parse import urlsplit

from icalendar import Calendar, Event
from sqlalchemy import ColumnElement, select, true

from audits.remedy import deadlines
from audits.remedy.deadlines import WHAT, Deadline
from audits.remedy.relations import FEED
from audits.remedy.tables import CheckRow, FeedRow
from audits.tables import ActionRow, AuditRow, FindingRow
from ground import access, journal
from ground.access import Actor
from ground.auth import roles_of
from ground.canonical import sha256
from ground.database import Reading, Writing, lock
from ground.errors import Conflict, NotFound
from ground.ids import crockford
from ground.parties import KNOWN, Site
from ground.settings import Settings

SYMBOLS = 32  # 160 bits, as in a token
PRODUCT = "-//Freemark//Deadlines//EN"


class Dated(Protocol):
    """A date of a floor above. uid: without the host. start: an instant, or a whole day. since: from when on it has
    stood. path: where to read of it."""

    @property
    def uid(self) -> str: ...
    @property
    def start(self) -> date | datetime: ...
    @property
    def since(self) -> datetime: ...
    @property
    def summary(self) -> str: ...
    @property
    def path(self) -> str: ...


Source = Callable[[Reading, Actor], Iterable[Dated]]
"""What a person has of that floor. Without a clock: the same rows give the same dates."""

_SOURCES: dict[Source, None] = {}


def add_source(source: Source) -> None:
    """From now on these dates stand in every feed. The same source twice is one, so a module may be imported again."""
    _SOURCES[source] = None


def feed(session: Reading, settings: Settings, actor: Actor) -> bytes:
    """The dates of one person: of the own sites, or of what the own firm found; deciders and the scheme have all. And
    what each source has for that person."""
    access.check(actor, FEED, KNOWN)
    host = urlsplit(settings.public_url).hostname or "localhost"
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Freemark deadlines")
    events = [_event(settings, host, deadline) for deadline in _deadlines(session, actor)]
    events += [_planned(settings, host, *each) for each in _plans(session, actor)]
    events += [
        _made(f"{each.uid}@{host}", each.start, each.since, each.summary, settings, each.path)
        for source in _SOURCES
        for each in source(session, actor)
    ]
    for event in sorted(events, key=lambda each: (str(each["dtstart"].to_ical()), str(each["uid"]))):
        calendar.add_component(event)
    data: bytes = calendar.to_ical()
    return data


def open_feed(session: Writing, actor: Actor, *, now: datetime) -> str:
    """A new secret address for the actor's dates; an older one ends. Shown once, only its hash is kept."""
    access.check(actor, FEED, KNOWN)
    lock(session, f"feed {actor.person}")
    secret = crockford(SYMBOLS)
    row = session.get(FeedRow, actor.person, with_for_update=True)
    if row is None:
        row = FeedRow(person_id=actor.person)
        session.add(row)
    row.organisation_id, row.secret_hash, row.created_at = actor.organisation, _hash(secret), now
    session.flush()
    journal.record(session, actor, "calendar_feed_opened", actor.person, {}, now=now)
    return secret


def close_feed(session: Writing, actor: Actor, *, now: datetime) -> None:
    """The secret address ends. Conflict when there is none."""
    access.check(actor, FEED, KNOWN)
    row = session.get(FeedRow, actor.person, with_for_update=True)
    if row is None:
        raise Conflict("there is no feed to end")
    session.delete(row)
    session.flush()
    journal.record(session, actor, "calendar_feed_closed", actor.person, {}, now=now)


def by_secret(session: Reading, secret: str) -> Actor:
    """Whose feed this is, with the roles that the person has now. NotFound for any other secret, in the same words."""
    row = session.scalar(select(FeedRow).where(FeedRow.secret_hash == _hash(secret)))
    roles = roles_of(session, row.person_id, row.organisation_id) if row else frozenset()
    if row is None or not roles:
        raise NotFound("there is no such feed")
    return Actor(row.person_id, row.organisation_id, roles, frozenset(("read",)))


def _deadlines(session: Reading, actor: Actor) -> Iterator[Deadline]:
    """What the actor has to do, or to watch. Each part by a query of its own."""
    if actor.roles & {"manager", "agent"}:
        yield from (each for each in deadlines.of_findings(session, _own_site(actor)) if each.whose == "site")
    outside = FindingRow.site_id.not_in(select(Site.id).where(Site.organisation_id == actor.organisation))
    if actor.roles & {"decider", "scheme_manager"}:
        yield from deadlines.of_findings(session, outside)
    elif "auditor" in actor.roles:
        firm = FindingRow.audit_id.in_(select(AuditRow.id).where(AuditRow.firm_id == actor.organisation))
        yield from (each for each in deadlines.of_findings(session, firm & outside) if each.whose == "approver")
    if actor.roles & {"decider", "handler", "scheme_manager", "auditor"}:
        everywhere = bool(actor.roles & {"decider", "handler", "scheme_manager"})
        mine: ColumnElement[bool] = true() if everywhere else CheckRow.firm_id == actor.organisation
        elsewhere = CheckRow.site_id.not_in(select(Site.id).where(Site.organisation_id == actor.organisation))
        for check in deadlines.of_checks(session, mine & elsewhere):
            if check.kind == "repayment":
                yield check


def _plans(session: Reading, actor: Actor) -> Iterator[tuple[str, date, datetime]]:
    """(finding, day, since) of what the site itself said it would have done by then."""
    if not actor.roles & {"manager", "agent"}:
        return
    query = (
        select(ActionRow.finding_id, ActionRow.due_on, ActionRow.revised_at)
        .join(FindingRow, FindingRow.id == ActionRow.finding_id)
        .where(
            _own_site(actor), FindingRow.released_at.is_not(None), FindingRow.closed_at.is_(None),
            ActionRow.completed_at.is_(None), ActionRow.no_action == "",
        )
    )  # fmt: skip
    yield from session.execute(query.order_by(ActionRow.finding_id))


def _own_site(actor: Actor) -> ColumnElement[bool]:
    return FindingRow.site_id.in_(select(Site.id).where(Site.organisation_id == actor.organisation))


def _event(settings: Settings, host: str, deadline: Deadline) -> Event:
    uid = f"{deadline.kind}-{deadline.subject}@{host}"
    return _made(uid, deadline.due, deadline.since, f"{WHAT[deadline.kind]} is due", settings, deadline.path)


def _planned(settings: Settings, host: str, finding: str, day: date, since: datetime) -> Event:
    path = f"/v1/findings/{finding}"
    return _made(f"planned-{finding}@{host}", day, since, "Corrective action is to be done", settings, path)


def _made(uid: str, start: date | datetime, stamp: datetime, summary: str, settings: Settings, path: str) -> Event:
    """An event of one instant in UTC, or of a whole day. The stamp is of the data, so that asking changes nothing."""
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", stamp)
    event.add("dtstart", start)
    event.add("summary", summary)
    event.add("url", f"{settings.public_url}{path}")
    event.add("transp", "TRANSPARENT")
    return event


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogateescape")).hex()
