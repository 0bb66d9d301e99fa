"""One human in two rows: who is of the site under any membership judges nothing there, and nobody is the second one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from audits import service, views
from audits.alerts import service as alerts
from audits.drafts import ActionDraft
from audits.remedy import checks, ledger
from audits.remedy.relations import READ_CHECK, check_of, visible_checks
from audits.remedy.tables import CheckRow
from audits.tables import FindingRow
from ground import people
from ground.errors import Conflict, Forbidden, NotFound
from ground.outbox import Event
from ground.parties import Person, Site
from tests.unit.audits.remedy.conftest import Repaying
from tests.unit.audits.test_alerts import raised, row, visit

PLAN = ActionDraft("Nobody asked.", "Pay it back.", "Ask everybody.", "Head of compliance", date(2026, 7, 1))


def one_human(stage: Any, *names: str) -> None:
    """These have one mail address, each in other capitals."""
    with stage.world.db.write() as session:
        for spell, name in zip((str.lower, str.upper), names, strict=True):
            session.get_one(Person, stage.people[name].person).email = spell("v.two@example.org")


def two_humans(stage: Any, *names: str) -> None:
    """Nobody has an address; which is no address in common."""
    with stage.world.db.write() as session:
        for name in names:
            session.get_one(Person, stage.people[name].person).email = None


def judgements(fees: Repaying, cohort: str) -> tuple[Callable[[], Any], ...]:
    finding, stage = fees.finding, fees.stage
    return (
        lambda: stage.act(service.approve_action, "carl", finding),
        lambda: stage.act(service.return_action, "carl", finding, "Too little."),
        lambda: fees.agree(cohort),
        lambda: fees.ask(cohort, "carl", asked=0, confirmed=0),
        lambda: fees.do(ledger.confirm_remedy, "carl", finding, "They have it."),
    )


def test_the_holder_judges_neither_plan_nor_ledger_nor_remedy_under_another_hat(fees: Repaying) -> None:
    cohort = fees.cohort()
    fees.stage.act(service.submit_action, "bea", fees.finding, replace(PLAN, due_on=fees.today))
    one_human(fees.stage, "bea", "carl")
    for judges in judgements(fees, cohort):
        with pytest.raises(Forbidden, match="does not judge"):
            judges()
    two_humans(fees.stage, "bea", "carl")
    for judges in judgements(fees, cohort)[1:3]:
        judges()


def test_who_wrote_plan_and_ledger_judges_neither_when_the_site_is_anothers_by_now(fees: Repaying) -> None:
    stage, cohort = fees.stage, fees.cohort()
    stage.act(service.submit_action, "bea", fees.finding, replace(PLAN, due_on=fees.today))
    one_human(stage, "bea", "carl")
    with stage.world.db.write() as session:
        session.get_one(Site, stage.factory).organisation_id = stage.otto.organisation
    refusals = ("does not also approve", "does not also approve", "does not also agree", "does not also confirm")
    for judges, words in zip(judgements(fees, cohort), refusals, strict=False):
        with pytest.raises(Forbidden, match=words):
            judges()


def test_a_report_that_the_site_does_not_have_is_not_read_under_another_hat(stage: Any, field: Any) -> None:
    """A decider reads a finding before the site does, but not one who is of the site."""
    field.visit(stage.finding("T1.1", "major", affected=9))
    with stage.world.db.read() as session:
        (finding,) = session.scalars(select(FindingRow.id).where(FindingRow.site_id == stage.factory))

    def read() -> list[str]:
        with stage.world.db.read() as session:
            views.get_finding(session, stage.carl, finding)
            return [each["id"] for each in views.list_findings(session, stage.carl, site=stage.factory)["items"]]

    assert read() == [finding]
    one_human(stage, "bea", "carl")
    with pytest.raises(NotFound):
        read()
    with stage.world.db.read() as session:
        assert views.list_findings(session, stage.carl, site=stage.factory)["items"] == []


def test_a_later_check_does_not_exist_for_the_holder_under_another_hat(stage: Any, field: Any) -> None:
    audit = field.visit(stage.finding("T10.2", "minor"))["id"]
    checks.on_audit_submitted(stage.world, Event(1, "audit_submitted", stage.factory, {"audit": audit}, stage.now))

    def seen() -> list[CheckRow]:
        with stage.world.db.read() as session:
            return list(session.scalars(select(CheckRow).where(visible_checks(stage.carl))))

    assert len(seen()) == 2
    first = seen()[0].id
    one_human(stage, "bea", "carl")
    assert seen() == []
    with stage.world.db.read() as session, pytest.raises(NotFound):
        check_of(session, stage.carl, READ_CHECK, first)


# ------------------------------------------------------------------------------------------------------------- alerts


def word(stage: Any, step: Any, by: str, alert: str, **more: Any) -> str:
    with stage.world.db.write() as session:
        state: str = step(session, stage.people[by], alert, reason="Seen.", **more, now=stage.now).state
    return state


def test_one_human_does_not_lay_an_alert_aside_or_prolong_it(stage: Any) -> None:
    one_human(stage, "carl", "hana")
    alert = raised(stage)
    until = stage.now + timedelta(hours=90)
    for step, more in ((alerts.dismiss, {}), (alerts.extend, {"until": until})):
        word(stage, step, "carl", alert, **more)
        with pytest.raises(Conflict, match="under another membership"):
            word(stage, step, "hana", alert, **more)
    assert (row(stage, alert).state, row(stage, alert).held_until) == ("held", stage.now + timedelta(hours=72))
    two_humans(stage, "carl", "hana")
    assert word(stage, alerts.dismiss, "hana", alert) == "dismissed"


@pytest.mark.parametrize(("other", "refusal"), [("amina", Forbidden), ("aino", Forbidden), ("bea", NotFound)])
def test_who_is_of_team_firm_or_site_has_no_word_in_an_alert_under_another_hat(
    stage: Any, other: str, refusal: type[Exception]
) -> None:
    alert = raised(stage, visit(stage))
    one_human(stage, "hana", other)
    for step, more in ((alerts.dismiss, {}), (alerts.extend, {"until": stage.now + timedelta(hours=90)})):
        with pytest.raises(refusal):
            word(stage, step, "hana", alert, **more)
    two_humans(stage, "hana", other)
    assert word(stage, alerts.dismiss, "hana", alert) == "held"


# --------------------------------------------------------------------------------------------------------- the reading


def test_rows_are_one_human_by_their_address_alone(stage: Any) -> None:
    with stage.world.db.read() as session:
        assert people.same(session, stage.carl.person) == {stage.carl.person}  # without one, nobody else's
        assert people.same(session, "nobody") == {"nobody"}
    one_human(stage, "carl", "bea")
    with stage.world.db.read() as session:
        both = people.same(session, stage.carl.person)
        assert both == {stage.carl.person, stage.bea.person}
        assert people.organisations(session, both) == {stage.carl.organisation, stage.bea.organisation}
        assert people.works_for(session, stage.carl, stage.bea.organisation)
        assert not people.works_for(session, stage.carl, stage.otto.organisation)
