"""Who gets a letter when something has happened: one small handler per event.

Owns the words and the circle of readers. Mail is read by others: a letter says that there is something to read, where,
and by when; never what. What nobody may hear of yet writes no letter to the site. Harmless to repeat: an occasion is
told once to a person.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from audits.alerts.tables import AlertRow
from audits.independence.tables import AssignmentRow, DrawRow
from audits.remedy.deadlines import approvers, outside, people_of_site
from audits.remedy.tables import CheckRow, DisclosureRow, ReviewRow
from audits.tables import ActionRow, AuditRow, FindingRow
from certify.tables import CautionRow, Certificate
from ground import mail
from ground.access import ROLES
from ground.canonical import instant
from ground.database import Writing
from ground.outbox import Event, Handler
from ground.world import World

ALERT_SOON = timedelta(hours=12)  # before an alert takes effect by itself


def _report(world: World, event: Event) -> None:
    """audit_submitted, report_released: the site can read a report. Under a standard without field work at once."""
    with world.db.write() as session:
        audit = session.get(AuditRow, event.ids["audit"])
        if audit is None or audit.released_at is None:
            return
        people = people_of_site(session, audit.site_id)
        _send(
            world, session, people, f"report {audit.id}", "An audit report is there to read", f"/v1/audits/{audit.id}"
        )


def _action(world: World, event: Event) -> None:
    """action_changed: a plan waits for its approval, or came back, or was approved."""
    with world.db.write() as session:
        finding = session.get_one(FindingRow, event.ids["finding"])
        action = session.get(ActionRow, finding.id)
        if action is None or action.completed_at is not None or finding.closed_at is not None:
            return
        path = f"/v1/findings/{finding.id}"
        if action.approved_at is None and action.returned_at is None:
            until = f"Approval is due at {instant(finding.approve_due)} (UTC)." if finding.approve_due else ""
            people = approvers(session, finding.site_id, finding.audit_id)
            key = f"plan {finding.id} {instant(action.revised_at)}"
            _send(world, session, people, key, "A corrective action waits for approval", path, until)
            return
        said = select(ReviewRow.id).where(ReviewRow.finding_id == finding.id).order_by(ReviewRow.id.desc()).limit(1)
        word = "was approved" if action.approved_at else "came back: read what is missing"
        people = people_of_site(session, finding.site_id)
        _send(world, session, people, f"review {session.scalar(said)}", f"A corrective action {word}", path)


def _alert(world: World, event: Event) -> None:
    """alert_raised: the protection handlers."""
    with world.db.write() as session:
        alert = session.get(AlertRow, event.ids["finding"])
        if alert is None:
            return
        people = outside(session, alert.site_id, mail.everyone(session, "handler"))
        held = f"It takes effect by itself at {instant(alert.held_until)} (UTC)." if alert.held_until else ""
        _send(world, session, people, f"alert {alert.id}", "An alert was raised", f"/v1/alerts/{alert.id}", held)


def remind_handlers(world: World) -> int:
    """A job: alerts that take effect by themselves within ALERT_SOON. Answers how many letters are new."""
    now, new = world.clock.now(), 0
    held = select(AlertRow.id).where(
        AlertRow.state == "held", AlertRow.held_until > now, AlertRow.held_until <= now + ALERT_SOON
    )
    with world.db.read() as session:
        due = list(session.scalars(held.order_by(AlertRow.id)))
    for id in due:
        with world.db.write() as session:
            alert = session.get_one(AlertRow, id)
            if alert.state != "held" or alert.held_until is None:
                continue
            until = instant(alert.held_until)
            people = outside(session, alert.site_id, mail.everyone(session, "handler"))
            text = f"It takes effect by itself at {until} (UTC)."
            key = f"alert {alert.id} {until}"
            new += _send(world, session, people, key, "An alert is about to take effect", f"/v1/alerts/{id}", text)
    return new


def _assignment(world: World, event: Event) -> None:
    """assignment_drawn, assignment_accepted: the auditors of the firm. Where, and when, the letter does not say."""
    with world.db.write() as session:
        row = session.get(AssignmentRow, event.ids["assignment"])
        if row is None or row.firm_id is None or row.state not in ("offered", "accepted"):
            return
        drawn = select(DrawRow.round).where(DrawRow.assignment_id == row.id).order_by(DrawRow.round.desc()).limit(1)
        offered = row.state == "offered"
        subject = (
            "An assignment was drawn: declare, and accept or send back" if offered else "An assignment is accepted"
        )
        key = f"assignment {row.id} {session.scalar(drawn)} {row.state}"
        people = mail.members(session, row.firm_id, "auditor")
        _send(world, session, people, key, subject, f"/v1/assignments/{row.id}")


def _caution(world: World, event: Event) -> None:
    """caution_changed: the holders of certificates that have one now."""
    with world.db.write() as session:
        query = (
            select(CautionRow, Certificate.organisation_id)
            .join(Certificate, Certificate.number == CautionRow.certificate)
            .where(
                CautionRow.subject == event.subject, CautionRow.lifted_at.is_(None), CautionRow.reverified_at.is_(None)
            )
            .order_by(CautionRow.id)
        )
        for row, holder in session.execute(query):
            people = mail.members(session, holder, "manager")
            text = f"The work it rests on is to be looked at again by {instant(row.reverify_by)} (UTC)."
            path = f"/v1/certificates/{row.certificate}"
            _send(world, session, people, f"caution {row.id}", "A caution stands beside your certificate", path, text)


def _rulebook(world: World, event: Event) -> None:
    """rulebook_published: everybody."""
    with world.db.write() as session:
        id = event.ids["rulebook"]
        people = mail.everyone(session, *ROLES)
        _send(world, session, people, f"rulebook {id}", "A new rulebook is published", f"/rulebooks/{id}")


def _disclosed(world: World, event: Event) -> None:
    """problem_disclosed: the deciders, and who runs the scheme."""
    with world.db.write() as session:
        row = session.get_one(DisclosureRow, event.ids["disclosure"])
        people = outside(session, row.site_id, mail.everyone(session, "decider", "scheme_manager"))
        subject = "A site disclosed a problem itself"
        _send(world, session, people, f"disclosure {row.id}", subject, f"/v1/disclosures/{row.id}")


def _harm(world: World, event: Event) -> None:
    """check_done: deciders and protection handlers, when there is something to read; the words tell nothing of it."""
    with world.db.write() as session:
        row = session.get_one(CheckRow, event.ids["check"])
        if row.result != "harm":
            return
        people = outside(session, row.site_id, mail.everyone(session, "decider", "handler"))
        _send(world, session, people, f"check {row.id}", "A follow-up check is there to read", f"/v1/checks/{row.id}")


def _send(world: World, session: Writing, people: list[str], key: str, subject: str, path: str, more: str = "") -> int:
    lines = [f"{subject}.", *([more] if more else []), "", f"{world.settings.public_url}{path}", ""]
    return mail.write(session, people, key, subject, "\n".join(lines), now=world.clock.now())


REPORT = Handler("letters.report", _report)
ACTION = Handler("letters.action", _action)
ALERT = Handler("letters.alert", _alert)
ASSIGNMENT = Handler("letters.assignment", _assignment)
CAUTION = Handler("letters.caution", _caution)
RULEBOOK = Handler("letters.rulebook", _rulebook)
DISCLOSED = Handler("letters.disclosed", _disclosed)
CHECK = Handler("letters.check", _harm)
