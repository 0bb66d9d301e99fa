"""Journey D, silent, against somebody who tries: what an alert that is held, or was laid aside, could be read from.

Each test is named after a way in which it once could: a decision linked too early, words left in a signed report,
orders drawn one by one, counts guessed from a hash, an hour that only one group of workers was heard in.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from audits import dossier as testimony
from audits.facts import SiteFacts
from certify import holding, veil
from certify import service as certify
from certify.tables import Certificate
from freemark import jobs
from freemark.demo import crew as crews
from freemark.demo import scene
from ground.canonical import instant
from ground.world import World
from tests.conftest import WorldMaker
from tests.flows.house import Certified, House, opened
from tests.flows.test_ends_2026_1 import leaf_of
from tests.flows.twins import fork

FULL = "freemark-2026.1"
HOUR = timedelta(hours=1)
WAIT = timedelta(hours=72)
WORDS = "In the driver's safe lay the passports of nine workers."


@pytest.fixture
def world(make_world: WorldMaker) -> World:
    return make_world(first_rulebook=FULL, release_check=True)


@pytest.fixture
def house(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(holding, "in_spell", lambda *given: False)
    with opened(world) as house:
        yield house


@pytest.fixture
def certified(house: House) -> Certified:
    found = house.certified()
    house.later(timedelta(days=40))
    jobs.clocks(house.world)
    return found


def begun(certified: Certified) -> str:
    return certified.house.audit(certified.site, [{"provision": "T14.1", "result": "conformance"}])


def alarm(house: House, audit: str, **change: Any) -> str:
    found = house.amina.post(f"/v1/audits/{audit}/alerts", {
        "provision": "T2.1", "reason": WORDS, "deliberate": True, "seen_at": instant(house.now), **change,
    })  # fmt: skip
    house.drain()
    return str(found["id"])


def laid_aside(house: House, alert: str) -> None:
    for who in (house.hana, house.carl):
        who.post(f"/v1/alerts/{alert}/dismissal", {"reason": "The papers lay in the workers' own lockers."})
    house.drain()


def decided_before(house: House, application: str, outcome: str) -> Any:
    decisions = house.bea.get(f"/v1/applications/{application}/decisions")["items"]
    n = [each["n"] for each in decisions if each["outcome"] == outcome][-1]
    return house.bea.get(f"/v1/applications/{application}/decisions/{n}/evidence")["decided_before"]


def facts(house: House, site: str, *, held: bool = False) -> SiteFacts:
    with house.world.db.read() as session:
        (found,) = testimony.load(session, [site], held=held)
    return found


def readable(house: House, certified: Certified, audit: str) -> str:
    """Everything about the audit that the holder can read, as text."""
    last = house.application(certified.application)["decision"]["n"]
    decision = f"/v1/applications/{certified.application}/decisions/{last}"
    return json.dumps([
        house.bea.get(address)
        for address in (
            f"/v1/audits/{audit}", f"/v1/audits/{audit}/reports", f"/v1/audits/{audit}/reports/1",
            f"/v1/findings?site={certified.site}", decision, f"{decision}/explanation", f"{decision}/evidence",
            f"/v1/applications/{certified.application}/lacking", "/v1/notices",
        )
    ])  # fmt: skip


# ------------------------------------------------------------------------------------------ decisions linked too early


def test_a_brake_for_another_reason_does_not_tell_of_a_held_alert(house: House, certified: Certified) -> None:
    alert = alarm(house, begun(certified))
    house.later(5 * HOUR)
    brake = {"reason": "Label misuse reported by a shop."}
    house.carl.post(f"/v1/certificates/{certified.number}/suspension", brake)
    house.drain()
    assert certified.standing == "suspended"
    assert decided_before(house, certified.application, "suspend") == []
    house.hana.post(f"/v1/alerts/{alert}/release", {"told": "By telephone."})
    house.drain()
    # What was concluded from the alert while the brake was pulled; that it should suspend, a brake had overtaken.
    assert len(decided_before(house, certified.application, "propose_revocation")) == 1


def test_the_end_of_one_alert_does_not_tell_of_another(house: House, certified: Certified) -> None:
    audit = begun(certified)
    one = alarm(house, audit)
    house.later(3 * HOUR)
    alarm(house, audit, provision="T1.1", deliberate=False)
    house.later(HOUR)
    house.hana.post(f"/v1/alerts/{one}/release", {"told": "By telephone."})
    house.drain()
    assert certified.standing == "suspended"
    assert len(decided_before(house, certified.application, "suspend")) == 1
    held = house.carl.get(f"/v1/applications/{certified.application}/held-decisions")["items"]
    assert sum(each["effective_at"] is not None for each in held) == 1


# ------------------------------------------------------------------------------------------------ laid aside


def test_an_alert_laid_aside_after_the_submission_leaves_nothing(house: House, certified: Certified) -> None:
    audit = begun(certified)
    alert = alarm(house, audit, finding="Papers are kept.")
    house.submit(audit)
    laid_aside(house, alert)
    house.later(97 * HOUR)
    house.drain()
    text = readable(house, certified, audit)
    for trace in (WORDS, alert, "Papers are kept.", "unfounded", '"severity": "priority"'):
        assert trace not in text
    document = house.bea.get(f"/v1/audits/{audit}/reports/1")["document"]
    assert (document["counts"]["conformance"], document["counts"]["finding"]) == (2, 0)
    assert alert in str(house.carl.get(f"/v1/audits/{audit}/reports/1"))  # who decides reads what was signed

    lead = house.crew.auditors[house.amina.person] if house.crew else None
    assert lead is not None
    prepared = house.amina.post(
        f"/v1/audits/{audit}/amendments/preparation", {"reason": "The alert was laid aside.", "answers": []}
    )
    house.amina.post(f"/v1/audits/{audit}/amendments", {"signature": lead.sign(prepared["document"])})
    house.drain()
    assert alert not in str(house.carl.get(f"/v1/audits/{audit}/reports/2")["document"])
    later = json.dumps([house.bea.get(f"/v1/audits/{audit}/reports{of}") for of in ("", "/1", "/2")])
    assert alert not in later
    assert "laid aside" not in later


def test_an_amendment_in_the_second_of_the_dismissal_does_not_tell_of_it(house: House, certified: Certified) -> None:
    """The clock has whole seconds: what was signed before and what was signed after are told apart by their words."""
    audit = begun(certified)
    alert = alarm(house, audit, finding="Papers are kept.")
    house.submit(audit)
    lead = house.crew.auditors[house.amina.person] if house.crew else None
    assert lead is not None
    laid_aside(house, alert)
    prepared = house.amina.post(
        f"/v1/audits/{audit}/amendments/preparation", {"reason": "The alert was unfounded.", "answers": []}
    )
    house.amina.post(f"/v1/audits/{audit}/amendments", {"signature": lead.sign(prepared["document"])})
    house.later(97 * HOUR)
    house.drain()
    shown = json.dumps([house.bea.get(f"/v1/audits/{audit}/reports{of}") for of in ("", "/1", "/2")])
    for trace in (alert, "unfounded", "Papers are kept."):
        assert trace not in shown


@pytest.mark.parametrize("submitted", [True, False])
def test_an_alert_laid_aside_on_a_reported_finding_leaves_that_as_it_was(
    house: House, certified: Certified, submitted: bool
) -> None:
    said = {"description": "A form was missing.", "affected": 6, "sampled": 40}
    audit = house.audit(certified.site, [{"provision": "T1.1", "result": "finding", "severity": "major", **said}])
    if submitted:
        house.submit(audit)
    house.drain()
    (before,) = house.amina.get(f"/v1/audits/{audit}")["findings"]
    house.later(HOUR)
    alert = alarm(house, audit, provision="T1.1", finding="Papers are kept.")
    if not submitted:
        house.submit(audit)
    house.drain()
    assert [each.severity for each in facts(house, certified.site).findings] == ["major"]
    assert [each.severity for each in facts(house, certified.site, held=True).findings] == ["priority"]
    laid_aside(house, alert)
    assert house.amina.get(f"/v1/audits/{audit}")["findings"] == [before]
    house.later(97 * HOUR)
    house.drain()
    text = readable(house, certified, audit)
    assert "A form was missing." in text
    assert "Papers are kept." not in text
    assert '"severity": "priority"' not in text


def test_a_wait_does_not_end_because_an_alert_was_laid_aside(house: House, certified: Certified) -> None:
    alert = alarm(house, begun(certified))
    raised = house.now
    house.later(5 * HOUR)
    laid_aside(house, alert)
    first = certified.order(4)
    house.drain()
    assert certified.order_state(first) == "checking"
    house.later(raised + WAIT - house.now)
    second = certified.order(4)
    house.drain()
    assert certified.order_state(second) == "ready"


# -------------------------------------------------------------------------------------- what stood before stands


@pytest.mark.parametrize("was", ["conformance", "not_reviewed", None])  # what may be an alert is never not applicable
def test_a_late_alert_changes_no_figure_that_the_holder_is_judged_by(
    house: House, certified: Certified, was: str | None
) -> None:
    answers: list[Any] = [{"provision": "T14.1", "result": "conformance"}]
    answers += [{"provision": "T2.1", "result": was, "description": "There is no such thing here."}] if was else []
    audit = house.audit(certified.site, answers)
    house.submit(audit)
    house.drain()
    before = facts(house, certified.site)
    house.later(HOUR)
    alert = alarm(house, audit)
    assert facts(house, certified.site) == before
    assert facts(house, certified.site, held=True) != before
    laid_aside(house, alert)
    assert facts(house, certified.site, held=True) == before


# ---------------------------------------------------------------------------------------------- the release check


def test_many_small_orders_tell_no_more_than_one(
    house: House, certified: Certified, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the real spells: at every moment all orders of the certificate have the same fate."""
    monkeypatch.undo()
    fates = set()
    for _ in range(12):
        house.later_without_signing(37 * HOUR)
        orders = [house.bea.post("/v1/orders", certified.wish(1))["id"] for _ in range(3)]
        jobs.drain(house.world)
        states = {"checking" if certified.order_state(order) == "checking" else "minted" for order in orders}
        assert len(states) == 1
        fates |= states
    assert "minted" in fates


def test_spells_take_their_share_and_last_long_now_and_then(world: World) -> None:
    keyring, share, step = world.keyring, 0.1, 4 * HOUR
    moments = [holding.EPOCH + number * step for number in range(2000)]
    # The secret is another one in every run: some 500 spells, so that five times their spread is inside the bounds.
    places = [f"{letter}{number}" for letter in "abcdefgh" for number in range(6)]
    asked = {place: [holding.in_spell(keyring, place, share, WAIT, at) for at in moments] for place in places}
    taken = sum(sum(row) for row in asked.values()) / (len(asked) * len(moments))
    assert 0.075 < taken < 0.125
    lengths = [length for row in asked.values() for length in runs(row)]
    assert min(lengths) >= WAIT // step
    assert 0.1 < sum(length > 2 + WAIT // step for length in lengths) / len(lengths) < 0.5
    assert asked["a0"] != asked["b0"]
    some = [holding.in_spell(keyring, "a0", share / 5, WAIT, at) for at in moments]
    assert all(large for small, large in zip(some, asked["a0"], strict=True) if small)  # a part of them, and no other


def runs(row: list[bool]) -> list[int]:
    """The lengths of the unbroken runs, those at both ends left out."""
    text = "".join("x" if each else " " for each in row)
    return [len(run) for run in text.strip("x").split()]


def test_applications_with_the_same_place_wait_together(world: World) -> None:
    """Else a holder would enter five of them, and five waits at once would tell."""
    one = holding.Check(10, 72, ("site_a",))
    with world.db.read() as session:
        moments = [holding.EPOCH + number * 9 * HOUR for number in range(700)]
        first = [holding.waits(session, world.keyring, one, at) for at in moments]
        assert first == [holding.waits(session, world.keyring, replace(one), at) for at in moments]
        assert any(first)
        assert not all(first)
        assert not any(holding.waits(session, world.keyring, replace(one, percent=0), at) for at in moments)
        assert all(holding.waits(session, world.keyring, replace(one, percent=holding.ALL), at) for at in moments)


def test_a_certificate_that_waited_for_its_key_is_asked_about_again(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prepared, then the key was away, then an alert came; in its twin a spell began. Both look the same."""
    people = house.people()
    site = scene.new_site(people)
    application = scene.applied(people, [site])
    crews.audited(house.crew, site, "initial", house.now)  # type: ignore[arg-type]  # there is a crew
    house.drain()
    house.later(timedelta(days=5))
    second = house.audit(site, [{"provision": "T14.1", "result": "conformance"}])
    house.drain()
    seen = []
    with fork(house, tmp_path, monkeypatch) as twins:
        with ExitStack() as away:
            for each in twins.each():
                away.enter_context(each.without_key("event"))
            for each in twins.each():
                each.accept(application)
            with twins.only(twins.alarmed) as each:
                each.amina.post(f"/v1/audits/{second}/alerts", {
                    "provision": "T2.1", "reason": WORDS, "seen_at": instant(each.now),
                })  # fmt: skip
        monkeypatch.setattr(holding, "in_spell", lambda keyring, place, share, wait, now: share > 0)
        for each in twins.each():
            with each.world.db.read() as session:
                prepared = list(session.scalars(select(Certificate.number)))
            assert prepared
            for number in prepared:
                certify.seal_prepared(each.world, number)
            jobs.drain(each.world)
            found = each.bea.get(f"/v1/applications/{application}")
            seen.append((found["certificate"], found["decision"]["n"], found["decision"]["outcome"]))
    assert seen[0] == seen[1]
    assert seen[0][0] is None


# ------------------------------------------------------------------------------------- before the report is released


def test_nothing_that_rests_on_an_unread_report_is_read(house: House, certified: Certified) -> None:
    said = {"description": "Fees.", "affected": 14, "sampled": 23}
    audit = house.audit(certified.site, [{"provision": "T1.1", "result": "finding", "severity": "major", **said}])
    house.submit(audit)
    house.drain()
    with house.world.db.read() as session:
        (finding,) = veil.unreleased(session, certified.application).findings
    report = house.carl.get(f"/v1/audits/{audit}")["report"]
    due = (house.now + 96 * HOUR).date().isoformat()
    application, last = certified.application, house.application(certified.application)["decision"]["n"]
    decision = f"/v1/applications/{application}/decisions/{last}"
    before = json.dumps([
        house.bea.get(address)
        for address in (decision, f"{decision}/explanation", f"/v1/applications/{application}/lacking", "/v1/notices")
    ])  # fmt: skip
    assert f"It rests on a report that you can read from {due} on." in before
    for trace in (audit, finding, report, "T1.1", "1 of 2", "2 reports"):
        assert trace not in before, trace
    assert finding in json.dumps(house.carl.get(decision))
    house.later(97 * HOUR)
    house.drain()
    after = json.dumps([house.bea.get(decision), house.bea.get(f"{decision}/explanation")])
    assert finding in after
    assert "It rests on" not in after


def test_a_suspension_has_its_grounds(house: House, certified: Certified) -> None:
    alert = alarm(house, begun(certified))
    house.hana.post(f"/v1/alerts/{alert}/release", {"told": "By telephone."})
    house.drain()
    decisions = house.bea.get(f"/v1/applications/{certified.application}/decisions")["items"]
    (shown,) = (each for each in decisions if each["outcome"] == "suspend")
    assert alert in next(each["text"] for each in shown["reasons"] if each["clause"] == "S1")


# --------------------------------------------------------------------------------------------------- guessing


def test_no_hash_that_the_holder_has_is_of_what_it_nearly_knows(house: House, certified: Certified) -> None:
    audit = begun(certified)
    house.submit(audit)
    house.later(97 * HOUR)
    house.drain()
    signed, shown = (who.get(f"/v1/audits/{audit}/reports/1") for who in (house.carl, house.bea))
    assert signed["report"] == shown["report"]
    assert len(bytes.fromhex(signed["document"]["nonce"])) == 16
    assert "nonce" not in json.dumps(shown)
    assert "nonce" not in json.dumps(house.bea.get(f"/v1/audits/{audit}"))
    other = begun(certified)
    house.submit(other)
    assert house.carl.get(f"/v1/audits/{other}")["document"]["nonce"] != signed["document"]["nonce"]
    last = house.application(certified.application)["decision"]["n"]
    address = f"/v1/applications/{certified.application}/decisions/{last}/explanation"
    assert "record_sha256" in house.carl.get(address)
    assert "record_sha256" not in house.bea.get(address)


def test_a_released_alert_says_neither_the_hour_nor_what_somebody_said(house: House, certified: Certified) -> None:
    audit = begun(certified)
    house.later_without_signing(timedelta(hours=3, minutes=17, seconds=41))
    raised = house.now
    alert = alarm(house, audit)
    house.later_without_signing(timedelta(minutes=4))
    house.submit(audit)
    for _ in range(5):
        house.later(24 * HOUR)
    house.drain()
    text = readable(house, certified, audit) + json.dumps(decided_before(house, certified.application, "suspend"))
    assert alert in text
    assert WORDS not in text
    assert "What it rests on is with the certification body." in text
    assert instant(raised) not in text


def test_giving_back_during_a_hold_is_no_clean_exit(house: House, certified: Certified) -> None:
    """The log says what it would say without the alert; a new application for the place is asked what a return is."""
    alarm(house, begun(certified))
    house.bea.post(f"/v1/certificates/{certified.number}/withdrawal", {})
    house.drain()
    assert (certified.standing, leaf_of(house, certified.number).reason) == ("withdrawn", "holder-request")
    again = scene.applied(house.people(), [certified.site])
    house.drain()
    assert "I26" not in house.decision(again)["unmet"]  # nothing is told before its time
    house.later_without_signing(73 * HOUR)
    jobs.clocks(house.world)
    house.later(HOUR, nightly=True)
    assert "I26" in house.decision(again)["unmet"]
    assert certified.standing == "withdrawn"


# ------------------------------------------------------------------------------ colleagues who plan the next visit


def test_a_colleague_who_plans_a_priority_closure_learns_nothing_of_a_held_alert(
    house: House, certified: Certified
) -> None:
    """Noor, of the same firm, was not on the visit. With Amina beside her a refusal would have told it."""
    crew, audit = house.crew, begun(certified)
    assert crew is not None

    def asked() -> tuple[str, Any]:
        house.later(timedelta(days=1))
        today = house.now.date()
        both = [house.noor.person, house.amina.person]
        lead, drawn = crews.assigned(crew, certified.site, "priority_closure", today, today, others=both)
        team = [lead.person, *(person for person in both if person != lead.person)]
        why = house.noor.get(f"/v1/assignments/{drawn['id']}")["why"]
        visit = crews.planned(lead, certified.site, "priority_closure", today, today, team=team)
        crews.fill(lead, visit, crews.field_days("priority_closure", 40, team, today, today))
        crews.answered(lead, visit, [{"provision": "T2.1", "result": "conformance"}], house.now, whole=False)
        return why.replace(house.today, "today"), crews.submitted(lead, visit, crews.figures(lead, visit))["closed"]

    calm = asked()
    alert = alarm(house, audit)
    assert asked() == calm
    house.hana.post(f"/v1/alerts/{alert}/release", {"told": "By telephone."})
    house.drain()
    (found,) = (each for each in facts(house, certified.site).findings if each.provision == "T2.1")
    assert found.open
    drawn = house.carl.post("/v1/assignments", {
        "site": certified.site, "type": "priority_closure", "standard": FULL, "starts_on": house.today,
        "ends_on": house.today, "languages": ["bn"], "topics": [],
    })  # fmt: skip
    assert "among 2 eligible of 2" in calm[0]
    assert "among 1 eligible of 2" in drawn["why"]
