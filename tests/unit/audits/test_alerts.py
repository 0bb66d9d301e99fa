"""Alerts: raised in one call, invisible while they are held, and let go by the handler, by two people, or by time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from audits import dossier, views
from audits.alerts import service
from audits.alerts import views as alert_views
from audits.alerts.relations import READ, alert_of, visible
from audits.alerts.service import LONGER_MOST, UNTOLD, AlertDraft
from audits.alerts.tables import AlertRow
from audits.drafts import AnswerDraft
from audits.facts import SiteFacts
from audits.filing import file_answers
from audits.tables import AnswerRow, AuditRow, FindingRow, MemberRow
from ground import outbox
from ground.errors import Conflict, Forbidden, FreemarkError, Invalid, NotFound
from ground.ids import new_id
from ground.journal import JournalRow
from ground.outbox import OutboxEvent
from tests.unit.audits.conftest import Stage

FULL = "freemark-2026.1"
WHY = "Two groups said that the driver keeps their passports."
HOUR = timedelta(hours=1)


def visit(stage: Stage, **change: Any) -> str:
    """An audit under the full standard that has just begun; how it was assigned is no matter here."""
    audit, now = new_id("aud"), stage.now
    row: dict[str, Any] = {
        "id": audit, "site_id": stage.factory, "type": "surveillance", "standard": FULL,
        "firm_id": stage.amina.organisation, "starts_on": now.date(), "ends_on": now.date(), "announced": False,
        "notice": "unannounced", "remote": False, "planned_at": now, **change,
    }  # fmt: skip
    with stage.world.db.write() as session:
        session.add(AuditRow(**row))
        session.flush()
        session.add(MemberRow(audit_id=audit, person_id=stage.amina.person, position=0))
    return audit


def draft(stage: Stage, **change: Any) -> AlertDraft:
    return replace(AlertDraft("T2.1", WHY, seen_at=stage.now, deliberate=True), **change)


def raised(stage: Stage, audit: str = "", by: str = "amina", **change: Any) -> str:
    given, where = draft(stage, **change), audit or visit(stage)
    with stage.world.db.write() as session:
        return service.raise_alert(session, stage.people[by], where, given, now=stage.now).id


def say(stage: Stage, step: Callable[..., AlertRow], by: str, alert: str, **said: Any) -> AlertRow:
    with stage.world.db.write() as session:
        return step(session, stage.people[by], alert, **said, now=stage.now)


def row(stage: Stage, alert: str) -> AlertRow:
    with stage.world.db.read() as session:
        return session.get_one(AlertRow, alert)


def finding(stage: Stage, alert: str) -> FindingRow | None:
    with stage.world.db.read() as session:
        return session.get(FindingRow, alert)


def facts(stage: Stage, *, held: bool) -> SiteFacts:
    with stage.world.db.read() as session:
        return dossier.load(session, [stage.factory], held=held)[0]


def events(stage: Stage) -> list[str]:
    with stage.world.db.read() as session:
        return list(session.scalars(select(OutboxEvent.name).order_by(OutboxEvent.id)))


def written(stage: Stage, action: str) -> list[str]:
    with stage.world.db.read() as session:
        return list(session.scalars(select(JournalRow.person).where(JournalRow.action == action)))


def test_the_rules_know_it_at_once_and_the_site_knows_nothing(stage: Stage) -> None:
    before = facts(stage, held=False)
    alert = raised(stage)
    assert row(stage, alert).held_until == stage.now + 72 * HOUR
    (found,) = facts(stage, held=True).findings
    assert (found.id, found.severity, found.zero_tolerance, found.deliberate) == (alert, "priority", True, True)
    assert (found.released_at, found.held_until) == (None, stage.now + 72 * HOUR)
    assert facts(stage, held=False) == before
    with stage.world.db.read() as session:
        assert dossier.held_until(session, [stage.factory]) == stage.now + 72 * HOUR
        assert views.list_findings(session, stage.bea, site=stage.factory)["items"] == []
        assert views.list_audits(session, stage.bea)["items"] == []
    assert "finding_filed" not in events(stage)  # whoever hears that may write to the site
    assert "alert_raised" in events(stage)


def test_the_sheet_has_its_answer_and_the_finding_stands(stage: Stage) -> None:
    audit = visit(stage)
    alert = raised(stage, audit)
    with stage.world.db.read() as session:
        answer = session.get_one(AnswerRow, (audit, "T2.1"))
        assert (answer.result, answer.description) == ("finding", UNTOLD)
    again = AnswerDraft("T2.1", "conformance")
    with pytest.raises(Conflict), stage.world.db.write() as session:
        file_answers(session, stage.amina, audit, [again], now=stage.now)
    assert finding(stage, alert) is not None


@pytest.mark.parametrize(
    ("change", "error", "where"),
    [
        ({"provision": "T14.1"}, Invalid, "/provision"),
        ({"provision": "T99.1"}, Invalid, "/provision"),
        ({"reason": ""}, Invalid, "/reason"),
        ({"release": "now"}, Invalid, "/safe_because"),
        ({"safe_because": "No worker is there any more."}, Invalid, "/safe_because"),
        ({"worst_form": True}, Invalid, "/worst_form"),
        ({"by_management": True}, Invalid, "/by_management"),
    ],
)
def test_what_is_no_alert_is_refused_and_nothing_is_kept(
    stage: Stage, change: dict[str, Any], error: type[FreemarkError], where: str
) -> None:
    with pytest.raises(error) as caught:
        raised(stage, **change)
    assert caught.value.where == where
    assert facts(stage, held=True).findings == ()


@pytest.mark.parametrize(("hours", "late"), [(24, 0), (24.01, 1), (25, 1), (26.5, 3)])
def test_one_that_comes_late_is_held_like_any_other_and_how_late_is_seen_inside(
    stage: Stage, hours: float, late: int
) -> None:
    audit = visit(stage, starts_on=stage.today - timedelta(days=2))
    before = facts(stage, held=False)
    alert = raised(stage, audit, seen_at=stage.now - hours * HOUR)
    assert (row(stage, alert).state, row(stage, alert).held_until) == ("held", stage.now + 72 * HOUR)
    assert facts(stage, held=False) == before
    assert "finding_filed" not in events(stage)
    with stage.world.db.read() as session:
        assert alert_views.whole(session, session.get_one(AlertRow, alert))["late_by_hours"] == late
        (entry,) = session.scalars(select(JournalRow).where(JournalRow.action == "alert_raised"))
    assert entry.detail.get("late_by_hours", 0) == late


def test_what_will_be_seen_is_not_raised(stage: Stage) -> None:
    with pytest.raises(Invalid) as caught:
        raised(stage, visit(stage, starts_on=stage.today - timedelta(days=2)), seen_at=stage.now + HOUR)
    assert caught.value.where == "/seen_at"
    assert f"{stage.now:%H:%M}" in caught.value.detail  # both moments are named
    assert facts(stage, held=True).findings == ()


@pytest.mark.parametrize("release", [None, "hold"])
def test_a_priority_answer_on_a_provision_of_zero_tolerance_is_held_unless_it_says_now(
    stage: Stage, release: Any
) -> None:
    audit, before = visit(stage), facts(stage, held=False)
    answer = AnswerDraft("T2.1", "finding", "priority", description=WHY, release=release)
    with stage.world.db.write() as session:
        (found,) = file_answers(session, stage.amina, audit, [answer], now=stage.now)["findings"]
    assert facts(stage, held=False) == before
    assert facts(stage, held=True).findings[0].id == found["id"]
    assert "finding_filed" not in events(stage)
    alert = row(stage, found["id"])
    assert (alert.state, alert.reason, alert.held_until) == ("held", WHY, stage.now + 72 * HOUR)
    with stage.world.db.read() as session:
        assert alert_views.whole(session, alert)["zero_tolerance"] is False
    say(stage, service.release, "hana", found["id"], told="By telephone.")
    assert facts(stage, held=False).findings[0].released_at == stage.now


def test_a_priority_answer_that_says_now_is_told_now_and_another_one_says_so(stage: Stage) -> None:
    audit = visit(stage)
    now = AnswerDraft("T2.1", "finding", "priority", description=WHY, release="now")
    with stage.world.db.write() as session:
        file_answers(session, stage.amina, audit, [now], now=stage.now)
    assert "finding_filed" in events(stage)
    elsewhere = AnswerDraft("T17.2", "finding", "priority", description="One exit was locked.", release="hold")
    for release in ("hold", None):
        with pytest.raises(Invalid) as caught, stage.world.db.write() as session:
            file_answers(session, stage.amina, audit, [replace(elsewhere, release=release)], now=stage.now)
        assert caught.value.where == "/answers/0/release"


def test_a_second_alert_is_told_that_the_first_is_held(stage: Stage) -> None:
    audit = visit(stage)
    raised(stage, audit)
    with pytest.raises(Conflict, match="is raised and held"):
        raised(stage, audit)


def test_what_is_no_provision_of_zero_tolerance_is_named(stage: Stage) -> None:
    with pytest.raises(Invalid, match=r"T10\.2 is no provision of zero tolerance"):
        raised(stage, provision="T10.2")


def test_one_voice_for_a_longer_hold_says_who_is_awaited(stage: Stage) -> None:
    alert = raised(stage)
    until = stage.now + timedelta(days=5)

    def awaited(by: str, step: Callable[..., AlertRow] = service.extend, **said: Any) -> list[str]:
        say(stage, step, by, alert, reason="They are being moved.", **said)
        with stage.world.db.read() as session:
            found: list[str] = alert_views.whole(session, session.get_one(AlertRow, alert))["waiting_for"]
        return found

    (text,) = awaited("carl", until=until)
    assert "not held longer yet: the protection handler" in text
    (aside, _) = sorted(awaited("hana", service.dismiss), reverse=True)
    assert "not laid aside yet: a decider" in aside
    assert len(awaited("hana", until=until)) == 1


def test_a_standard_without_field_work_knows_no_alerts(stage: Stage) -> None:
    with pytest.raises(Conflict, match=r"freemark-2026\.0"):
        raised(stage, visit(stage, standard="freemark-2026.0"))


@pytest.mark.parametrize(
    ("by", "error"),
    [("aino", Forbidden), ("ulla", NotFound), ("bea", NotFound), ("ravi", NotFound), ("otto", NotFound),
     ("carl", Forbidden), ("hana", NotFound)],
)  # fmt: skip
def test_only_the_team_raises_one(stage: Stage, by: str, error: type[FreemarkError]) -> None:
    with pytest.raises(error):
        raised(stage, by=by)


def test_one_that_is_safe_to_tell_is_told_at_once(stage: Stage) -> None:
    alert = raised(stage, release="now", safe_because="The agency is closed and its people are home.")
    assert (row(stage, alert).state, row(stage, alert).ended_by, row(stage, alert).held_until) == (
        "released", "raised", None,
    )  # fmt: skip
    assert facts(stage, held=False).findings[0].id == alert
    assert "finding_filed" in events(stage)


def test_the_handler_releases_it_and_the_clocks_of_the_site_start_then(stage: Stage) -> None:
    alert = raised(stage)
    stage.later(hours=30)
    say(stage, service.release, "hana", alert, told="By telephone, to the owner.")
    ended = row(stage, alert)
    assert (ended.state, ended.ended_by, ended.ended_at, ended.told) == (
        "released", "handler", stage.now, "By telephone, to the owner.",
    )  # fmt: skip
    (found,) = facts(stage, held=False).findings
    assert (found.released_at, found.held_until) == (stage.now, None)
    assert found.containment_due is not None
    assert found.containment_due >= stage.now
    assert found.action.cap_due == stage.now + timedelta(days=7)
    assert "finding_filed" in events(stage)
    with pytest.raises(Conflict):
        say(stage, service.release, "hana", alert, told="Again.")


@pytest.mark.parametrize("by", ["sam", "carl", "amina", "aino", "ulla", "bea", "ravi", "otto"])
def test_nobody_but_the_handler_releases_it(stage: Stage, by: str) -> None:
    alert = raised(stage)
    with pytest.raises((Forbidden, NotFound)):
        say(stage, service.release, by, alert, told="Now.")
    assert row(stage, alert).state == "held"


def test_without_a_word_it_takes_effect_by_itself(stage: Stage) -> None:
    alert = raised(stage)
    stage.later(hours=71, minutes=59, seconds=59)
    assert service.release_due(stage.world) == 0
    stage.later(seconds=1)
    with pytest.raises(Conflict):  # its time is up, job or no job
        say(stage, service.extend, "hana", alert, until=stage.now + HOUR, reason="Too late.")
    assert service.release_due(stage.world) == 1
    assert service.release_due(stage.world) == 0
    assert (row(stage, alert).state, row(stage, alert).ended_by) == ("released", "time")
    assert facts(stage, held=False).findings[0].id == alert


def test_holding_it_longer_takes_two_people_one_of_them_the_handler(stage: Stage) -> None:
    alert, begun = raised(stage), stage.now
    until = begun + timedelta(days=5)

    def asks(by: str, moment: datetime = until) -> datetime | None:
        return say(stage, service.extend, by, alert, until=moment, reason="They are being moved.").held_until

    limit = begun + 72 * HOUR
    assert asks("hana") == limit
    assert asks("hana") == limit  # twice the same person is one person
    assert asks("carl", until + HOUR) == limit  # another moment is another wish
    assert asks("sam", until + HOUR) == limit  # two people, and no handler among them
    assert asks("carl") == until
    found = finding(stage, alert)
    assert found is not None
    assert found.held_until == until
    stage.later(hours=72)
    assert service.release_due(stage.world) == 0
    stage.later(hours=48)
    assert service.release_due(stage.world) == 1


@pytest.mark.parametrize("by", [timedelta(0), -HOUR, LONGER_MOST + timedelta(seconds=1)])
def test_a_new_limit_comes_after_the_old_one_and_not_long_after(stage: Stage, by: timedelta) -> None:
    alert = raised(stage)
    with pytest.raises(Invalid) as caught:
        say(stage, service.extend, "hana", alert, until=stage.now + 72 * HOUR + by, reason="No.")
    assert caught.value.where == "/until"


def test_laying_it_aside_takes_the_handler_and_a_decider_and_the_words_are_kept(stage: Stage) -> None:
    audit = visit(stage)
    alert = raised(stage, audit)
    before = facts(stage, held=False)
    for by in ("carl", "carl"):
        assert say(stage, service.dismiss, by, alert, reason="They have their papers.").state == "held"
    with pytest.raises(Forbidden):
        say(stage, service.dismiss, "sam", alert, reason="No.")
    assert say(stage, service.dismiss, "hana", alert, reason="Seen myself.").state == "dismissed"
    assert facts(stage, held=True) == facts(stage, held=False) == before
    assert finding(stage, alert) is None
    with stage.world.db.read() as session:
        assert session.get(AnswerRow, (audit, "T2.1")) is None  # to be answered anew
        whole = alert_views.whole(session, session.get_one(AlertRow, alert))
    assert whole["reason"] == WHY
    assert [word["had_effect"] for word in whole["words"]] == [True, True, True]
    assert "alert_dismissed" in events(stage)
    stage.later(hours=80)
    assert service.release_due(stage.world) == 0


def test_nobody_of_the_audit_firm_has_a_word_in_it(stage: Stage) -> None:
    """In whatever second role: a decider or handler of a house that is audit firm, too."""
    alert = raised(stage)
    inside = replace(stage.amina, person=stage.aino.person, roles=frozenset({"handler", "decider"}))
    stage.people["double"] = inside
    for step, more in ((service.dismiss, {}), (service.extend, {"until": stage.now + 73 * HOUR})):
        with pytest.raises(Forbidden):
            say(stage, step, "double", alert, reason="Leave it to us.", **more)


def test_who_reads_the_words_is_written_down_unless_of_the_team(stage: Stage) -> None:
    alert = raised(stage)
    for by in ("hana", "carl", "amina"):
        with stage.world.db.write() as session:
            service.read_alert(
                session, stage.people[by], alert_of(session, stage.people[by], READ, alert), now=stage.now
            )
    assert written(stage, "alert_read") == [stage.hana.person, stage.carl.person]


@pytest.mark.parametrize("by", ["bea", "ravi", "otto", "aino", "ulla"])
def test_to_everybody_else_it_does_not_exist(stage: Stage, by: str) -> None:
    alert, actor = raised(stage), stage.people[by]

    def refusal(id: str) -> tuple[type[BaseException], str]:
        with pytest.raises((NotFound, Forbidden)) as caught, stage.world.db.read() as session:
            alert_of(session, actor, READ, id)
        return type(caught.value), str(caught.value)

    assert refusal(alert) == refusal("fnd_0000000000000000")
    with stage.world.db.read() as session:
        assert list(session.scalars(select(AlertRow.id).where(visible(actor)))) == []
        for read in (views.get_finding, views.get_audit):
            seen = alert if read is views.get_finding else row(stage, alert).audit_id
            if by == "aino" and read is views.get_audit:
                assert WHY not in str(read(session, actor, seen))  # a colleague sees the audit, and not the alert
                assert "T2.1" not in str(read(session, actor, seen))
                continue
            with pytest.raises((NotFound, Forbidden)):
                read(session, actor, seen)


def test_an_organisation_that_owns_the_site_sees_none_in_whatever_second_role(stage: Stage) -> None:
    alert = raised(stage)
    both = replace(stage.bea, roles=frozenset({"manager", "handler", "decider"}))
    with stage.world.db.read() as session:
        with pytest.raises(NotFound):
            alert_of(session, both, READ, alert)
        assert list(session.scalars(select(AlertRow.id).where(visible(both)))) == []


def test_an_event_names_ids_only(stage: Stage) -> None:
    raised(stage)
    with stage.world.db.read() as session:
        told = [event.ids for event in session.scalars(select(outbox.OutboxEvent))]
    assert WHY not in str(told)
    with stage.world.db.read() as session:
        assert WHY not in str([entry.detail for entry in session.scalars(select(JournalRow))])
