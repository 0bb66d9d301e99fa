"""An alert from its one call to its end: raised, held, told to the site or laid aside.

Owns the clock of a hold. The finding behind an alert is a fact for the rules from the first moment, and nothing at all
for site, holder and public until one of three things happens: the protection handler releases it, two people lay it
aside as unfounded, or its time is up, and it takes effect by itself. Two people may give it more time. What the rules
make of it is known upstairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete, select

from audits import scope
from audits.alerts import aside
from audits.alerts.raising import Words, enter, tell
from audits.alerts.relations import DISMISS, EXTEND, HANDLER, RELEASE, alert_of, on_team
from audits.alerts.tables import Act, AlertRow, AlertWordRow, EndedBy
from audits.counting import count
from audits.drafts import AnswerDraft
from audits.filing import FLAGS, answers_of, discard_prepared, file_alert, tell_filed
from audits.release import release_finding
from audits.tables import AnswerRow, AuditRow, FindingRow, MemberRow, RegradeRow
from ground import journal, people
from ground.access import SYSTEM, Actor
from ground.database import Reading, Writing
from ground.errors import Conflict, Forbidden, FreemarkError, Invalid, NotFound
from ground.parties import Site
from ground.world import World

LONGER_MOST = timedelta(days=14)  # of one extension: ten working days, within which a panel decides (DOMAIN.md 7.6)
ZONES = timedelta(hours=14)  # a day of the audit may begin or end that much earlier or later in UTC
POINTERS = {"/severity": "/provision", "/zero_tolerance": "/provision", "/description": "/finding"}
"""Where in an alert the fault is that its answer has."""
UNTOLD = "Raised by the audit team as an alert. What it rests on is with the certification body."
"""The finding's description where the team gave none: what somebody said in confidence is never one by itself."""


@dataclass(frozen=True)
class AlertDraft:
    """What a member of the team hands in. reason: for the room of alerts alone. finding: what report and site read once
    they may; "" for UNTOLD. seen_at: when it was seen or heard. safe_because: with "now", why telling the site at once
    endangers nobody; with "hold" it stays empty."""

    provision: str
    reason: str
    seen_at: datetime
    deliberate: bool = False
    concealed: bool = False
    worst_form: bool = False
    by_management: bool = False
    release: Literal["hold", "now"] = "hold"
    safe_because: str = ""
    finding: str = ""


def raise_alert(session: Writing, actor: Actor, audit_id: str, draft: AlertDraft, *, now: datetime) -> AlertRow:
    """File a finding of zero tolerance on suspicion: the rules know it at once, the site when the hold has ended.

    One that comes later than the standard's hours after being on site is held like any other; how late it came is
    read from its two moments. Conflict: the standard knows no alerts, the site has the report, or the finding stands
    already. Invalid, with a pointer: not a provision of zero tolerance, seen on another day than the audit's, or told
    at once without a reason.
    """
    if (draft.release == "now") != bool(draft.safe_because):
        word = "say why it is safe" if draft.release == "now" else "it belongs to an alert that is told now"
        raise Invalid(f"safe_because: {word}", where="/safe_because")
    if not draft.reason:
        raise Invalid("say what was seen or heard", where="/reason")
    answer = AnswerDraft(
        provision=draft.provision,
        result="finding",
        severity="priority",
        description=draft.finding or UNTOLD,
        zero_tolerance=True,
        deliberate=draft.deliberate,
        concealed=draft.concealed,
        worst_form=draft.worst_form,
        by_management=draft.by_management,
        release=draft.release,
    )
    try:
        finding = file_alert(session, actor, audit_id, answer, now=now)
    except FreemarkError as error:
        error.where = POINTERS.get(error.where, error.where)
        raise
    _check_seen(session.get_one(AuditRow, audit_id), draft.seen_at, now)
    return enter(session, actor, finding, Words(draft.reason, draft.seen_at, draft.safe_because), now=now)


def release(session: Writing, actor: Actor, alert_id: str, *, told: str, now: datetime) -> AlertRow:
    """The protection handler's word: the site may be told now. told: how it is told."""
    alert = _held(session, actor, RELEASE, alert_id, now)
    _end(session, actor, alert, "handler", now, told=told)
    return alert


def extend(session: Writing, actor: Actor, alert_id: str, *, until: datetime, reason: str, now: datetime) -> AlertRow:
    """One person's word for a longer hold; with the second one, naming the same moment, it is longer.

    One of the two is the protection handler. Invalid: not later than the limit, or more than LONGER_MOST later.
    """
    alert = _held(session, actor, EXTEND, alert_id, now)
    limit = alert.held_until
    if limit is None or not limit < until <= limit + LONGER_MOST:
        most = f", at most {LONGER_MOST.days} days" if limit is not None and until > limit else ""
        raise Invalid(f"{until:%Y-%m-%d %H:%M} must be after the limit, {limit:%Y-%m-%d %H:%M}{most}", where="/until")
    if _agreed(session, actor, alert, "extend", until, reason, now):
        alert.held_until = session.get_one(FindingRow, alert.id).held_until = until
        session.flush()
        journal.record(session, actor, "alert_extended", alert.id, {"until": until.isoformat()}, now=now)
        tell(session, "alert_extended", alert, now)
    return alert


def dismiss(session: Writing, actor: Actor, alert_id: str, *, reason: str, now: datetime) -> AlertRow:
    """One person's word that there was nothing; with the second one the alert is laid aside and its finding is gone.

    One of the two is the protection handler, the other a decider; neither of the team or its firm. The answer
    that stood before stands again; where there was none, the provision is to be answered anew, or counts as conforming
    in a report that is submitted. Nobody outside reads of it; the team amends what its signed report says.
    """
    alert = _held(session, actor, DISMISS, alert_id, now)
    if _agreed(session, actor, alert, "dismiss", None, reason, now):
        _take_back(session, alert)
        alert.state, alert.ended_at, alert.ended_by = "dismissed", now, "two_people"
        session.flush()
        journal.record(session, actor, "alert_dismissed", alert.id, {"audit": alert.audit_id}, now=now)
        tell(session, "alert_dismissed", alert, now)
    return alert


def release_due(world: World) -> int:
    """Every alert whose time is up takes effect by itself; answers how many. A job: one transaction each."""
    now = world.clock.now()
    with world.db.read() as session:
        query = select(AlertRow.id).where(AlertRow.state == "held", AlertRow.held_until <= now)
        due = list(session.scalars(query.order_by(AlertRow.held_until, AlertRow.id)))
    for id in due:
        with world.db.write() as session:
            alert = session.get_one(AlertRow, id, with_for_update=True, populate_existing=True)
            if alert.state == "held" and alert.held_until is not None and alert.held_until <= now:
                _end(session, SYSTEM, alert, "time", now)
    return len(due)


def read_alert(session: Writing, actor: Actor, alert: AlertRow, *, now: datetime) -> None:
    """Breaking the glass: whoever reads an alert's words and is not of its team is written down."""
    if not on_team(session, actor, alert.audit_id):
        journal.record(session, actor, "alert_read", alert.id, {"state": alert.state}, now=now)


def _check_seen(audit: AuditRow, seen: datetime, now: datetime) -> None:
    """Not after now, and on a day of the audit. Each refusal names both moments."""
    if seen > now:
        raise Invalid(f"seen at {seen:%Y-%m-%d %H:%M} UTC, which is after now, {now:%Y-%m-%d %H:%M}", where="/seen_at")
    if not (seen - ZONES).date() <= audit.ends_on or not (seen + ZONES).date() >= audit.starts_on:
        raise Invalid(
            f"seen at {seen:%Y-%m-%d %H:%M} UTC, and the audit is from {audit.starts_on} to {audit.ends_on}",
            where="/seen_at",
        )


def _held(session: Writing, actor: Actor, action: str, alert_id: str, now: datetime) -> AlertRow:
    """The alert, locked and still held. NotFound for whoever is of the site's organisation under any membership."""
    alert = alert_of(session, actor, action, alert_id, lock=True)
    if people.works_for(session, actor, session.get_one(Site, alert.site_id).organisation_id):
        raise NotFound("there is no such thing, or it is not yours to see")
    if alert.state != "held":
        raise Conflict(f"this alert is {alert.state} already")
    if alert.held_until is None or now >= alert.held_until:
        raise Conflict(f"its time was up at {alert.held_until:%Y-%m-%d %H:%M} UTC: it takes effect by itself")
    return alert


def _end(session: Writing, actor: Actor, alert: AlertRow, by: EndedBy, now: datetime, *, told: str = "") -> None:
    """The site has the finding from now on, and its clocks start."""
    finding = session.get_one(FindingRow, alert.id)
    release_finding(session, finding, now)
    alert.state, alert.ended_at, alert.ended_by, alert.told = "released", now, by, told
    session.flush()
    journal.record(session, actor, "alert_released", alert.id, {"audit": alert.audit_id, "by": by}, now=now)
    tell(session, "alert_released", alert, now)
    tell_filed(session, finding, now)


def _agreed(
    session: Writing, actor: Actor, alert: AlertRow, act: Act, until: datetime | None, reason: str, now: datetime
) -> bool:
    """Put the word on record; True when it is the second one and the two make it so. Conflict when the same human's
    word under another membership waits, and the two would make it so."""
    _check_outside(session, actor, alert)
    waiting = list(
        session.scalars(
            select(AlertWordRow)
            .where(AlertWordRow.alert_id == alert.id, AlertWordRow.act == act, AlertWordRow.used.is_(False))
            .order_by(AlertWordRow.id)
        )
    )
    word = AlertWordRow(
        alert_id=alert.id,
        act=act,
        until=until,
        reason=reason,
        person=actor.person,
        organisation=actor.organisation,
        roles=sorted(actor.roles),
        at=now,
    )
    mine = people.same(session, actor.person)
    partners = [other for other in waiting if _pair(other, word)]
    if partners and all(other.person in mine for other in partners):
        raise Conflict("you have spoken already under another membership; it takes another person")
    session.add(word)
    session.flush()
    journal.record(session, actor, f"alert_{act}_word", alert.id, {"word": word.id}, now=now)
    if not partners:
        return False
    for used in (word, *waiting):
        used.used = True
    session.flush()
    return True


def _pair(one: AlertWordRow, two: AlertWordRow) -> bool:
    """Two people, the same moment, one of them the handler; to lay it aside, the other a decider."""
    if one.person == two.person or one.until != two.until:
        return False
    handlers = (HANDLER in one.roles, HANDLER in two.roles)
    if one.act == "extend":
        return any(handlers)
    deciders = ("decider" in one.roles, "decider" in two.roles)
    return (handlers[0] and deciders[1]) or (handlers[1] and deciders[0])


def _check_outside(session: Reading, actor: Actor, alert: AlertRow) -> None:
    """Compared is the human, under every membership."""
    mine = people.same(session, actor.person)
    team = set(session.scalars(select(MemberRow.person_id).where(MemberRow.audit_id == alert.audit_id)))
    firm = session.get_one(AuditRow, alert.audit_id).firm_id
    if people.works_for(session, actor, firm) or not team.isdisjoint(mine):
        raise Forbidden("who was on the audit, or is of its firm, has no word in this")


def _take_back(session: Writing, alert: AlertRow) -> None:
    """Answer and finding are again what they were before the alert, or gone; no word of it stays with them."""
    finding, audit = session.get_one(FindingRow, alert.id), session.get_one(AuditRow, alert.audit_id)
    answer = session.get_one(AnswerRow, (audit.id, finding.provision))
    if finding.shown_as:
        was = (finding.former or {}).get("finding") or {"proposed": finding.shown_as, "escalated": ""}
        finding.severity = finding.shown_as  # type: ignore[assignment]  # it was one before
        for name in FLAGS:
            setattr(finding, name, was.get(name, False))
        finding.shown_as, finding.held_until, finding.former = "", None, None
    else:
        session.execute(delete(RegradeRow).where(RegradeRow.finding_id == finding.id))
        session.delete(finding)
    before = aside.answer_before(alert, submitted=audit.submitted_at is not None)
    if before is None:
        session.delete(answer)
    else:
        for name in ("result", "description", "evidence", "affected", "sampled"):
            setattr(answer, name, before[name])
    session.flush()
    discard_prepared(session, audit.id)
    if audit.submitted_at is not None:
        count(audit, scope.asked(scope.catalogue_of(audit), audit.type), answers_of(session, audit))
    session.flush()
