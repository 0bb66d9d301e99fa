"""Who gets which letter, and that nobody else does; and that a letter says where to read, not what."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from audits import release, service
from audits.alerts import service as alerts
from audits.alerts.service import AlertDraft
from audits.drafts import ActionDraft, AnswerDraft
from audits.independence import assigning, register
from audits.independence.assigning import AssignmentDraft
from audits.independence.register import AuditorDraft, FirmDraft
from audits.remedy import checks, disclosures
from audits.remedy.disclosures import DisclosureDraft
from audits.remedy.tables import CheckRow
from certify.reviews import service as reviews
from certify.tables import CautionRow
from freemark import jobs, letters
from freemark.wiring import HANDLERS
from ground import outbox
from ground.access import ROLES
from ground.mail import MailRow
from ground.outbox import Event
from ground.world import World
from tests.auditing import Field
from tests.unit.audits.conftest import Stage, build
from tests.unit.certify.house import House

PLAN = ActionDraft("Nobody asked.", "Pay it back.", "Ask everybody.", "Head of compliance", date(2026, 7, 1))
OURS = {
    name: tuple(one for one in handlers if one.name.startswith("letters.")) for name, handlers in HANDLERS.items()
}  # fmt: skip


@pytest.fixture
def stage(sqlite_world: World) -> Stage:
    return build(sqlite_world)


@pytest.fixture
def field(stage: Stage) -> Field:
    return Field(stage.world, stage.people, stage.factory)


def post(stage: Any) -> dict[str, list[str]]:
    """{subject: who got it} of the letters that are new."""
    names = {actor.person: name for name, actor in stage.people.items()}
    with stage.world.db.read() as session:
        before = {row.id for row in session.scalars(select(MailRow))}
    outbox.drain(stage.world, OURS)
    found: dict[str, list[str]] = {}
    with stage.world.db.read() as session:
        for row in session.scalars(select(MailRow).order_by(MailRow.id)):
            if row.id not in before:
                found.setdefault(row.subject, []).append(names[row.person])
    return {subject: sorted(people) for subject, people in found.items()}


def texts(stage: Any) -> str:
    with stage.world.db.read() as session:
        return "\n".join(f"{row.subject} {row.text}" for row in session.scalars(select(MailRow)))


REPORT = "An audit report is there to read"


def test_a_report_is_told_to_the_sites_people_when_they_can_read_it(stage: Stage, field: Field) -> None:
    shown = field.visit(stage.finding("T1.1", "major", affected=9))
    assert REPORT not in post(stage)
    stage.later(hours=96)
    release.release_reports(stage.world)
    assert post(stage) == {REPORT: ["bea"]}
    assert f"/v1/audits/{shown['id']}" in texts(stage)


def test_under_an_older_standard_a_report_is_told_at_once(stage: Stage) -> None:
    stage.visit([stage.finding("T10.2", "minor")])
    assert post(stage) == {REPORT: ["bea"]}


def test_a_plan_goes_to_who_may_approve_it_and_their_word_goes_back(stage: Stage) -> None:
    stage.visit([stage.finding("T1.1", "major", affected=20)])
    (finding,) = (one.id for one in stage.facts().findings)
    post(stage)
    stage.act(service.contain_finding, "bea", finding, "Stopped.")
    assert post(stage) == {}
    waits = {"A corrective action waits for approval": ["amina", "carl"]}
    stage.act(service.submit_action, "bea", finding, PLAN)
    assert post(stage) == waits
    stage.later(hours=1)
    stage.act(service.return_action, "carl", finding, "Who looks?")
    assert post(stage) == {"A corrective action came back: read what is missing": ["bea"]}
    stage.later(hours=1)
    stage.act(service.submit_action, "bea", finding, PLAN)
    assert post(stage) == waits
    stage.act(service.approve_action, "amina", finding)
    assert post(stage) == {"A corrective action was approved": ["bea"]}
    stage.act(service.complete_action, "bea", finding, "Done.")
    assert post(stage) == {}
    for word in ("Who looks?", "Nobody asked.", "T1.1", "Seen."):
        assert word not in texts(stage)


def raise_alert(stage: Any, field: Any) -> str:
    audit = field.plan()
    draft = AlertDraft("T2.1", "CANARY", stage.now)
    with stage.world.db.write() as session:
        return alerts.raise_alert(session, stage.amina, audit, draft, now=stage.now).id


def test_an_alert_is_told_to_the_handlers_without_its_content_and_to_nobody_else(stage: Stage, field: Field) -> None:
    alert = raise_alert(stage, field)
    told = post(stage)
    assert told.pop("An alert was raised") == ["hana"]
    assert all(people == ["aino", "amina"] for people in told.values()), "of the assignment"
    assert f"/v1/alerts/{alert}" in texts(stage)
    for word in ("CANARY", "T2.1", stage.factory):
        assert word not in texts(stage)


def test_twelve_hours_before_it_takes_effect_the_handlers_hear_of_it_again_once(stage: Stage, field: Field) -> None:
    raise_alert(stage, field)
    post(stage)
    stage.later(hours=59.9)
    assert letters.remind_handlers(stage.world) == 0
    stage.later(hours=0.1)
    assert letters.remind_handlers(stage.world) == 1
    assert letters.remind_handlers(stage.world) == 0
    with stage.world.db.read() as session:
        last = session.scalars(select(MailRow).order_by(MailRow.id.desc())).first()
    assert last is not None
    assert (last.person, last.subject) == (stage.hana.person, "An alert is about to take effect")
    stage.later(hours=13)
    alerts.release_due(stage.world)
    assert letters.remind_handlers(stage.world) == 0


def test_nobody_of_the_site_hears_of_an_alert_in_any_role(stage: Stage, field: Field) -> None:
    """The scheme's own house holds the site: its handler hears nothing."""
    from ground.parties import Site

    with stage.world.db.write() as session:
        session.get_one(Site, stage.factory).organisation_id = stage.sam.organisation
    raise_alert(stage, field)
    assert "An alert was raised" not in post(stage)


def test_while_an_alert_is_held_the_sites_letters_are_those_of_a_twin(stage: Stage, field: Field) -> None:
    """Every letter to anybody but the handlers, over the whole hold, with all jobs."""
    audit = field.plan()
    post(stage)
    raised = AlertDraft("T2.1", "CANARY", stage.now)
    with stage.world.db.write() as session:
        alerts.raise_alert(session, stage.amina, audit, raised, now=stage.now)
    seen: dict[str, list[str]] = {}
    for _ in range(6):
        stage.later(hours=11.9)
        for step in jobs.POST:
            step(stage.world)
        seen |= post(stage)
    assert set(seen) == {"An alert was raised"}
    with stage.world.db.read() as session:
        written = set(session.scalars(select(MailRow.person).where(MailRow.key.like("alert%"))))
    assert written == {stage.hana.person}


def approved(stage: Any, *names: str) -> None:
    day, end = stage.today, stage.today + timedelta(days=900)
    for name in names:
        actor = stage.people[name]
        firm = FirmDraft("good", "Accredited.", (), ("all",), day + timedelta(days=900), day)
        auditor = AuditorDraft(
            "lead", "good", "Examined.", ("all",), ("bn",), day, end, end, day
        )  # fmt: skip
        with stage.world.db.write() as session:
            register.set_firm(session, stage.sam, actor.organisation, firm, now=stage.now)
            register.set_auditor(session, stage.sam, actor.person, auditor, now=stage.now)


def test_an_assignment_is_told_to_the_firm_that_was_drawn_and_not_where_it_is(stage: Stage) -> None:
    approved(stage, "ulla")
    last = stage.today + timedelta(days=20)
    wish = AssignmentDraft(
        stage.factory, "surveillance", "freemark-2026.1", stage.today, last, ("bn",), ("T1",)
    )  # fmt: skip
    with stage.world.db.write() as session:
        row = assigning.ask(session, stage.carl, wish, now=stage.now)
    assert post(stage) == {"An assignment was drawn: declare, and accept or send back": ["ulla"]}
    with stage.world.db.write() as session:
        assigning.declare(session, stage.ulla, row.id, kind="none", until=None, now=stage.now)
        assigning.accept(session, stage.ulla, row.id, now=stage.now)
    assert post(stage) == {"An assignment is accepted": ["ulla"]}
    for word in (stage.factory, "surveillance", "T1"):
        assert word not in texts(stage)


def test_an_assignment_for_which_nobody_was_eligible_is_told_to_nobody(stage: Stage) -> None:
    wish = AssignmentDraft(
        stage.factory, "surveillance", "freemark-2026.1", stage.today, stage.today, ("bn",), ("T1",)
    )  # fmt: skip
    with stage.world.db.write() as session:
        assigning.ask(session, stage.carl, wish, now=stage.now)
    assert post(stage) == {}


def test_a_disclosure_is_told_to_deciders_and_to_who_runs_the_scheme(stage: Stage) -> None:
    draft = DisclosureDraft(stage.factory, "freemark-2026.1", "T1.1", "CANARY", "Stopped.", None, "Pay.")
    with stage.world.db.write() as session:
        disclosures.disclose(session, stage.bea, draft, now=stage.now)
    assert post(stage) == {"A site disclosed a problem itself": ["carl", "sam"]}
    assert "CANARY" not in texts(stage)


@pytest.mark.parametrize("result", ["clear", "harm"])
def test_harm_after_an_audit_is_told_to_deciders_and_handlers_only(stage: Stage, field: Field, result: Any) -> None:
    shown = field.visit(AnswerDraft("T10.3", "conformance"))
    event = Event(1, "audit_submitted", stage.factory, {"audit": shown["id"]}, stage.now)
    checks.on_audit_submitted(stage.world, event)
    stage.later(days=30)
    release.release_reports(stage.world)
    post(stage)
    with stage.world.db.write() as session:
        row = session.scalars(select(CheckRow).order_by(CheckRow.due)).first()
        assert row is not None
        checks.do_check(session, stage.amina, row.id, result, "CANARY", now=stage.now)
    told = post(stage)
    assert told == ({} if result == "clear" else {"A follow-up check is there to read": ["carl", "hana"]})
    assert "CANARY" not in texts(stage)
    assert "harm" not in texts(stage)


def test_a_rulebook_is_told_to_everybody(stage: Stage) -> None:
    with stage.world.db.write() as session:
        outbox.record(session, "rulebook_published", "freemark-2027.1", now=stage.now, rulebook="freemark-2027.1")
    everybody = sorted(stage.people)
    assert post(stage) == {"A new rulebook is published": everybody}
    assert {role for actor in stage.people.values() for role in actor.roles} == set(ROLES)


def test_a_caution_is_told_to_the_holder_of_each_certificate_and_its_end_to_nobody(sqlite_world: World) -> None:
    house = House(sqlite_world)
    number = house.certified()
    people = {name: getattr(house.cast, name).actor for name in ("sam", "carl", "amina", "bea", "ravi", "otto", "hana")}
    stage = Stage(sqlite_world, people, factory=house.cast.factory)
    post(stage)
    _review(house, "suspended")
    assert post(stage) == {"A caution stands beside your certificate": ["bea"]}
    assert f"/v1/certificates/{number}" in texts(stage)
    assert house.cast.amina.organisation not in texts(stage)
    _review(house, "good")
    with sqlite_world.db.read() as session:
        assert session.scalars(select(CautionRow)).one().lifted_at is not None
    assert post(stage) == {}


def _review(house: House, status: Any) -> None:
    """The firm's approval changes, and the cautions follow."""
    day = house.now.date()
    firm = FirmDraft(status, "Complaints.", (), ("all",), day + timedelta(days=900), day)
    subject = house.cast.amina.organisation
    house.act(register.set_firm, house.cast.sam, subject, firm)
    reviews.on_accreditation_changed(house.world, Event(0, "accreditation_changed", subject, {}, house.now))
    house.later(hours=1)


def test_a_doubled_event_tells_nobody_twice(stage: Stage) -> None:
    stage.visit([stage.finding("T10.2", "minor")])
    post(stage)
    with stage.world.db.write() as session:
        found = session.scalars(select(outbox.OutboxEvent).where(outbox.OutboxEvent.name == "audit_submitted")).one()
        outbox.record(session, found.name, found.subject, now=stage.now, **found.ids)
    assert post(stage) == {}
