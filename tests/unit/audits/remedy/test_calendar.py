"""A calendar of dates: the same bytes for the same data, and nothing in it that reader or server may not know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar
from sqlalchemy import delete, select

from audits import service
from audits.drafts import ActionDraft
from audits.remedy import calendar, checks
from audits.remedy.tables import CheckRow, FeedRow
from audits.tables import FindingRow
from ground.access import Actor
from ground.auth import Membership
from ground.errors import Conflict, NotFound
from ground.outbox import Event
from tests.unit.audits.remedy.conftest import Repaying, released

PLAN = ActionDraft("Nobody asked.", "Pay it back.", "Ask everybody.", "Head of compliance", date(2026, 7, 1))


def feed(stage: Any, person: str = "bea") -> bytes:
    with stage.world.db.read() as session:
        return calendar.feed(session, stage.world.settings, stage.people[person])


def entries(stage: Any, person: str = "bea") -> dict[str, Any]:
    """{UID without the host: start}, as another program reads them."""
    read: Any = Calendar.from_ical(feed(stage, person))
    return {str(event["uid"]).split("@")[0]: event["dtstart"].dt for event in read.walk("VEVENT")}


def test_the_site_has_its_dates_in_utc_and_its_own_day(fees: Repaying) -> None:
    stage, finding = fees.stage, fees.finding
    start = datetime(2026, 6, 5, 8, tzinfo=UTC)
    stage.act(service.submit_action, "bea", finding, PLAN)
    assert entries(stage) == {
        f"containment-{finding}": start + timedelta(days=7),
        f"planned-{finding}": date(2026, 7, 1),
        f"closure-{finding}": start + timedelta(days=90),
    }
    text = feed(stage).decode()
    assert f"DTSTART:{(start + timedelta(days=90)):%Y%m%dT%H%M%SZ}\r\n" in text
    assert "DTSTART;VALUE=DATE:20260701\r\n" in text
    assert "\r\n".join(text.split("\r\n")) == text
    assert text.isascii()


def test_who_approves_has_the_approval_and_the_deciders_have_all(fees: Repaying) -> None:
    finding = fees.finding
    assert set(entries(fees.stage, "amina")) == {f"approval-{finding}"}
    for person in ("carl", "sam"):
        assert set(entries(fees.stage, person)) == {
            f"{kind}-{finding}" for kind in ("containment", "plan", "approval", "closure")
        }


@pytest.mark.parametrize("person", ["otto", "ravi", "ulla", "wilma", "hana"])
def test_nobody_else_has_anything(fees: Repaying, person: str) -> None:
    assert entries(fees.stage, person) == {}


def test_the_same_data_gives_the_same_bytes_at_any_time(fees: Repaying) -> None:
    before = {person: feed(fees.stage, person) for person in ("bea", "carl", "amina")}
    fees.stage.later(days=200)
    assert {person: feed(fees.stage, person) for person in before} == before


def test_what_is_done_is_gone_and_the_rest_keeps_its_identity(fees: Repaying) -> None:
    before = entries(fees.stage)
    fees.stage.act(service.contain_finding, "bea", fees.finding, "Stopped.")
    after = entries(fees.stage)
    assert set(before) - set(after) == {f"containment-{fees.finding}"}
    assert {uid: before[uid] for uid in after} == after


def test_a_held_alert_changes_no_byte_of_anybodys_calendar(stage: Any, field: Any) -> None:
    released(stage, field, stage.finding("T10.2", "minor"))
    audit = field.plan(by="ulla")
    before = {person: feed(stage, person) for person in ("bea", "carl", "sam", "amina", "ulla", "hana")}
    held = field.alert(audit, by="ulla")
    assert {person: feed(stage, person) for person in before} == before
    with stage.world.db.write() as session:
        service.release_finding(session, session.get_one(FindingRow, held), stage.now)
    assert f"containment-{held}" in entries(stage)


def test_a_report_that_is_not_released_is_in_no_calendar(stage: Any, field: Any) -> None:
    field.visit(stage.finding("T1.1", "major", affected=9))
    assert entries(stage) == entries(stage, "carl") == {}


def test_retaliation_checks_are_in_no_calendar_and_repayment_checks_not_in_the_sites(fees: Repaying) -> None:
    stage = fees.stage
    fees.repaid()
    with stage.world.db.read() as session:
        audit = session.get_one(FindingRow, fees.finding).audit_id
    checks.on_audit_submitted(stage.world, Event(1, "audit_submitted", stage.factory, {"audit": audit}, stage.now))
    with stage.world.db.read() as session:
        kinds = {row.kind: row.id for row in session.scalars(select(CheckRow))}
    everything = b"".join(feed(stage, person) for person in ("bea", "carl", "amina", "sam", "hana"))
    assert kinds["retaliation_30"].encode() not in everything
    assert kinds["retaliation_90"].encode() not in everything
    assert kinds["repayment_90"].encode() not in feed(stage)
    assert f"repayment-{kinds['repayment_90']}" in entries(stage, "amina")


def test_nothing_of_what_was_found_stands_in_it(fees: Repaying) -> None:
    fees.stage.act(service.submit_action, "bea", fees.finding, PLAN)
    for person in ("bea", "carl", "amina"):
        for word in (b"T1.1", b"major", b"Pay it back", b"Head of", b"Bea", b"Sunrise", fees.stage.factory.encode()):
            assert word not in feed(fees.stage, person)


@dataclass(frozen=True)
class Added:
    """What a floor above has."""

    uid: str
    start: date | datetime
    since: datetime
    summary: str
    path: str


def test_a_floor_above_adds_its_dates_for_each_person_once(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    since = datetime(2026, 6, 1, tzinfo=UTC)

    def source(session: Any, actor: Actor) -> list[Added]:
        first = Added("end-1", date(2027, 6, 1), since, "Last day", "/v1/certificates/1")
        return [Added("due-1", since, since, "Due", "/v1/notices/1"), first] if "manager" in actor.roles else []

    monkeypatch.setattr(calendar, "_SOURCES", {})
    calendar.add_source(source)
    calendar.add_source(source)
    assert entries(stage) == {"due-1": since, "end-1": date(2027, 6, 1)}
    assert entries(stage, "carl") == {}
    assert feed(stage).count(b"BEGIN:VEVENT") == 2
    assert feed(stage).index(b"due-1") < feed(stage).index(b"end-1")


# ------------------------------------------------------------------------------------------------ the secret address


def open_feed(stage: Any, person: str = "bea") -> str:
    with stage.world.db.write() as session:
        return calendar.open_feed(session, stage.people[person], now=stage.now)


def by_secret(stage: Any, secret: str) -> bytes:
    with stage.world.db.read() as session:
        return calendar.feed(session, stage.world.settings, calendar.by_secret(session, secret))


def test_a_secret_address_shows_what_its_person_sees(fees: Repaying) -> None:
    secret = open_feed(fees.stage)
    assert by_secret(fees.stage, secret) == feed(fees.stage)
    with fees.stage.world.db.read() as session:
        kept = session.scalars(select(FeedRow)).one()
    assert secret not in str(vars(kept))


def test_a_new_address_ends_the_old_one_and_ending_ends_it(stage: Any) -> None:
    first, second = open_feed(stage), open_feed(stage)
    with pytest.raises(NotFound):
        by_secret(stage, first)
    assert by_secret(stage, second)
    with stage.world.db.write() as session:
        calendar.close_feed(session, stage.bea, now=stage.now)
    with pytest.raises(NotFound):
        by_secret(stage, second)
    with stage.world.db.write() as session, pytest.raises(Conflict):
        calendar.close_feed(session, stage.bea, now=stage.now)


def test_who_is_no_member_any_more_has_no_feed(stage: Any) -> None:
    secret = open_feed(stage)
    with stage.world.db.write() as session:
        session.execute(delete(Membership).where(Membership.person_id == stage.bea.person))
    with pytest.raises(NotFound):
        by_secret(stage, secret)
