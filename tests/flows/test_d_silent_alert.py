"""Journey D, silent: while an alert is held, nobody who must not know it can tell its site from a twin without one.

Two worlds with the same past, keys, clock and chance. In one an alert is raised; then the same things happen in both,
and every answer that the holder, its agent, another manufacturer and the public can get is compared byte for byte,
headers too. The orders of the calm twin are drawn for the release check, as a tenth of all orders is.

The commitments under an evidence.root differ, of course: that one leaf has a root that looks like chance in both. Here
both get the same one, so that all else in the log, down to the tree head and the bundle, can be compared too; a test
of its own shows that nothing but the root would differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from audits import dossier as testimony
from certify import casefile, holding, log
from certify.events import open_leaf
from certify.evidence import roots
from certify.merkle import leaf_hash, verify_inclusion
from certify.tables import LogLeaf
from freemark import jobs
from ground.canonical import instant
from ground.world import World
from tests.conftest import WorldMaker
from tests.flows.house import Certified, House, opened
from tests.flows.twins import Twins, fork

FULL = "freemark-2026.1"
HOUR = timedelta(hours=1)
CONFORMING = {"provision": "T2.1", "result": "conformance"}
SAFE = "In the driver's safe lay the passports of nine workers."


@pytest.fixture
def world(make_world: WorldMaker) -> World:
    """On SQLite: a world is forked by copying its folder."""
    return make_world(first_rulebook=FULL, release_check=True)


@pytest.fixture
def house(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(holding, "in_spell", lambda *given: False)  # nothing waits until the fork
    with opened(world) as house:
        yield house


@pytest.fixture
def certified(house: House) -> Certified:
    """A certificate with labels in the world, and an audit that has begun; published."""
    found = house.certified()
    found.labels(2)
    house.later(timedelta(days=40))
    jobs.clocks(house.world)
    return found


def begun(certified: Certified) -> str:
    """A visit that nobody at the site was told of before it began."""
    return certified.house.audit(certified.site, [{"provision": "T14.1", "result": "conformance"}])


def alarm(house: House, audit: str, **change: Any) -> Any:
    return house.amina.post(f"/v1/audits/{audit}/alerts", {
        "provision": "T2.1", "reason": SAFE, "deliberate": True, "seen_at": instant(house.now), **change,
    })  # fmt: skip


def everybody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The draw of the calm twin's orders comes out like that of the other's."""
    monkeypatch.setattr(holding, "in_spell", lambda keyring, place, share, wait, now: share > 0)


def one_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roots, "_places", lambda commitments, seed, size: [bytes(32)])


def pass_time(twins: Twins, by: timedelta) -> None:
    """What the job thread would do in both, at the same moment."""
    for house in twins.each():
        house.later_without_signing(by)
        jobs.clocks(house.world)
        jobs.drain(house.world)
        jobs.refresh(house.world)


def at_night(twins: Twins) -> None:
    for house in twins.each():
        jobs.reconsider(house.world)
        jobs.refresh(house.world)


def ordered(twins: Twins, certified: Certified, quantity: int) -> list[bytes]:
    """The same order in both; the bytes of the answers."""
    answers = []
    for house in twins.each():
        body = certified.wish(quantity)
        sent = house.web.post("/v1/orders", json=body, headers={
            "Authorization": f"Bearer {house.bea.token}", "Idempotency-Key": f"order-{quantity}",
        })  # fmt: skip
        assert sent.status_code == 201, sent.text
        jobs.drain(house.world)
        answers.append(sent.content)
    return answers


def silent(twins: Twins) -> bool:
    return twins.files() == [] and twins.differences(1) == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_held_alert_cannot_be_told_from_no_alert(
    certified: Certified, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = begun(certified)
    with fork(certified.house, tmp_path, monkeypatch) as twins:
        everybody_waits(monkeypatch)
        one_root(monkeypatch)
        with twins.only(twins.alarmed) as house:
            alert = alarm(house, audit)["id"]
        pass_time(twins, HOUR)
        assert twins.differences() == []
        assert twins.files() == []
        for house in twins.each():  # the calm one has nothing to say about what the other was raised on
            if house is twins.calm:
                house.amina.post(f"/v1/audits/{audit}/answers", {"answers": [CONFORMING]})
            house.submit(audit)
        twins.masking = True
        pass_time(twins, HOUR)
        assert twins.asked > 500
        assert twins.answered > 100

        first, second = ordered(twins, certified, 5)
        assert first == second
        pass_time(twins, 24 * HOUR)  # and a leaf evidence.root
        at_night(twins)
        assert twins.differences() == []
        assert twins.files() == []

        pass_time(twins, 45 * HOUR + timedelta(minutes=59))
        first, second = ordered(twins, certified, 6)
        assert first == second
        assert twins.differences() == []
        assert twins.files() == []

        # Seventy-two hours are over, and nobody said a word.
        pass_time(twins, timedelta(minutes=1))
        assert twins.alarmed.bea.get(f"/v1/certificates/{certified.number}")["standing"] == "suspended"
        assert twins.calm.bea.get(f"/v1/certificates/{certified.number}")["standing"] == "active"
        assert [item["id"] for item in twins.alarmed.bea.get(f"/v1/findings?site={certified.site}")["items"]] == [alert]
        assert twins.differences(1) != []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_one_that_comes_late_is_as_silent(
    certified: Certified, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty hours after the visit, and after its report: held until every report of that moment is released."""
    audit, seen = begun(certified), certified.house.now
    with fork(certified.house, tmp_path, monkeypatch) as twins:
        everybody_waits(monkeypatch)
        one_root(monkeypatch)
        for house in twins.each():
            house.amina.post(f"/v1/audits/{audit}/answers", {"answers": [CONFORMING]})
            house.submit(audit)
        pass_time(twins, 30 * HOUR)
        with twins.only(twins.alarmed) as house:
            raised = alarm(house, audit, seen_at=instant(seen))
        assert (raised["state"], raised["late_by_hours"]) == ("held", 6)
        assert raised["held_until"] == instant(seen + 96 * HOUR)
        twins.masking = True
        pass_time(twins, HOUR)
        at_night(twins)
        assert twins.differences() == []
        assert twins.files() == []
        first, second = ordered(twins, certified, 5)
        assert first == second
        pass_time(twins, 64 * HOUR + timedelta(minutes=59))
        assert twins.differences() == []
        assert twins.files() == []
        pass_time(twins, timedelta(minutes=1))
        twins.masking = False
        assert twins.differences(1) != []
        for house in twins.each():  # the report came to its site at the same moment in both
            assert house.bea.get(f"/v1/audits/{audit}")["released_at"] == instant(seen + 96 * HOUR)


def test_a_priority_that_is_held_as_an_answer_is_as_silent(
    certified: Certified, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = begun(certified)
    answer = {"provision": "T2.1", "result": "finding", "severity": "priority", "description": SAFE}
    with fork(certified.house, tmp_path, monkeypatch) as twins:
        everybody_waits(monkeypatch)
        one_root(monkeypatch)
        for house, given in zip(twins.each(), (answer, CONFORMING), strict=False):
            house.amina.post(f"/v1/audits/{audit}/answers", {"answers": [given]})
        pass_time(twins, HOUR)
        assert len(twins.alarmed.hana.get("/v1/alerts?state=held")["items"]) == 1
        assert twins.differences() == []
        assert twins.files() == []


def test_what_was_decided_at_once_can_be_proved_later(house: House, certified: Certified) -> None:
    """It is under the evidence.root of the day on which it was made, and linked to the decision that enacted it."""
    before = certified.house.application(certified.application)["decision"]["n"]
    alarm(house, begun(certified))
    decided = house.now
    house.drain()
    (held,) = house.carl.get(f"/v1/applications/{certified.application}/held-decisions")["items"]
    assert (held["outcome"], held["decided_at"], held["effective_at"]) == ("suspend", instant(decided), None)
    assert house.application(certified.application)["decision"]["n"] == before  # no number is used up

    house.later(24 * HOUR)
    house.later(48 * HOUR)
    house.drain()
    assert certified.standing == "suspended"
    decisions = house.bea.get(f"/v1/applications/{certified.application}/decisions")["items"]
    (n,) = (each["n"] for each in decisions if each["outcome"] == "suspend")
    evidence = house.bea.get(f"/v1/applications/{certified.application}/decisions/{n}/evidence")
    (earlier,) = evidence["decided_before"]
    assert earlier["decided_at"] == f"{decided:%Y-%m-%d}T00:00:00Z"  # the day, and no hour: that would say who spoke
    assert earlier["effective_at"] == instant(house.now)
    proof = earlier["committed"]
    assert proof["at"] <= instant(decided + 24 * HOUR)
    assert verify_inclusion(
        leaf_hash(bytes.fromhex(earlier["commitment"])), proof["index"], proof["size"],
        [bytes.fromhex(part) for part in proof["path"]], bytes.fromhex(proof["root"]),
    )  # fmt: skip
    with house.world.db.read() as session:
        row = session.get(LogLeaf, proof["leaf_index"])
        assert row is not None
        assert open_leaf(row.data, None).doc == proof["root"]


def test_the_leaf_of_the_day_differs_in_nothing_but_its_root(
    certified: Certified, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = begun(certified)
    with fork(certified.house, tmp_path, monkeypatch) as twins:
        with twins.only(twins.alarmed) as house:
            alarm(house, audit)
        pass_time(twins, 24 * HOUR)
        leaves = []
        for house in twins.each():
            with house.world.db.read() as session:
                *_, leaf = log.of_types(session, ("evidence.root",))
            leaves.append(dict(leaf.document))
        assert leaves[0]["doc"] != leaves[1]["doc"]
        for leaf in leaves:
            del leaf["doc"], leaf["sig"]
        assert leaves[0] == leaves[1]
        changed = {path for _, path, _ in twins.differences()}
        assert changed
        assert all(path.startswith("/log/") or path == "/bundle.json" or "tlog-proof" in path for path in changed)


@pytest.mark.parametrize("broken", ["facts", "order", "event"])
def test_the_comparison_would_see_it(
    certified: Certified, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """The negative control: with one protection off, the twins differ."""
    audit = begun(certified)
    with fork(certified.house, tmp_path, monkeypatch) as twins:
        if broken == "facts":  # the holder's file shows everything
            load = testimony.load
            monkeypatch.setattr(testimony, "load", lambda session, sites, held=False: load(session, sites, held=True))
        with twins.only(twins.alarmed) as house:
            given = {"release": "now", "safe_because": "Not so."} if broken == "event" else {}
            alarm(house, audit, **given)
        pass_time(twins, HOUR)
        if broken == "order":  # no order but one under a hold is ever drawn
            ordered(twins, certified, 5)
        assert not silent(twins)


@pytest.mark.parametrize("act", ["release", "dismissal"])
def test_two_ways_out(house: House, certified: Certified, act: str) -> None:
    audit = begun(certified)
    alert = alarm(house, audit)["id"]
    house.drain()
    order = certified.order(4)
    house.drain()
    assert certified.order_state(order) == "checking"
    if act == "release":
        house.hana.post(f"/v1/alerts/{alert}/release", {"told": "By telephone."})
        house.drain()
        assert certified.standing == "suspended"
        assert certified.order_state(order) == "stopped"
        return
    for who in (house.hana, house.carl):
        assert certified.standing == "active"
        who.post(f"/v1/alerts/{alert}/dismissal", {"reason": "The papers lay in the workers' own lockers."})
        house.drain()
    assert certified.standing == "active"
    (held,) = house.carl.get(f"/v1/applications/{certified.application}/held-decisions")["items"]
    assert held["lapsed_at"] == instant(house.now)
    assert certified.order_state(order) == "checking"  # an end of the wait right then would tell
    house.later(72 * HOUR)
    house.drain()
    assert certified.order_state(order) == "ready"


def test_nothing_good_happens_while_anything_is_held(house: House) -> None:
    """An application that lacks nothing but its acceptance waits, as one that was drawn would."""
    application, _ = house.apply()
    site = house.carl.get(f"/v1/applications/{application}")["sites"][0]
    audit = house.audit(site, [])
    alert = alarm(house, audit)["id"]
    house.drain()
    house.accept(application)
    assert house.application(application)["certificate"] is None
    house.later(71 * HOUR)
    house.drain()
    assert house.application(application)["certificate"] is None
    assert alert not in str(house.bea.get(f"/v1/applications/{application}/decisions"))
    house.later(HOUR)
    house.drain()
    assert house.application(application)["certificate"] is None
    assert alert in str(house.bea.get(f"/v1/applications/{application}/decisions"))


def test_a_tenth_of_all_waits_and_goes_on_by_itself(
    house: House, certified: Certified, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody_waits(monkeypatch)
    order = certified.order(3)
    house.drain()
    shown = house.bea.get(f"/v1/orders/{order}")
    assert (shown["state"], shown["checked_until"], shown["batch"]) == (
        "checking",
        instant(house.now + 72 * HOUR),
        None,
    )
    house.later(72 * HOUR - timedelta(seconds=1))
    house.drain()
    assert certified.order_state(order) == "checking"
    monkeypatch.setattr(holding, "in_spell", lambda *given: False)
    house.later(timedelta(seconds=1))
    house.drain()
    assert certified.order_state(order) == "ready"


def test_an_alert_in_the_middle_of_a_wait_prolongs_it_like_a_second_draw(
    house: House, certified: Certified, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody_waits(monkeypatch)
    order = certified.order(3)
    house.drain()
    monkeypatch.setattr(holding, "in_spell", lambda *given: False)
    house.later(48 * HOUR)
    alarm(house, begun(certified))
    house.later(24 * HOUR)
    house.drain()
    shown = house.bea.get(f"/v1/orders/{order}")
    assert (shown["state"], shown["checked_until"]) == ("checking", instant(house.now + 72 * HOUR))
    house.later(48 * HOUR)
    house.drain()
    assert certified.order_state(order) == "stopped"


@pytest.mark.parametrize("who", ["bea", "ravi", "otto", "noor"])
def test_to_people_outside_no_address_of_an_alert_says_more_than_of_none(
    house: House, certified: Certified, who: str
) -> None:
    alert = alarm(house, begun(certified))["id"]
    house.drain()
    someone, none = getattr(house, who), "fnd_0000000000000000"
    bodies: dict[str, Any] = {
        "release": {"told": "x"}, "dismissal": {"reason": "x"},
        "extensions": {"until": instant(house.now + 80 * HOUR), "reason": "x"},
    }  # fmt: skip
    assert someone.refused(f"/v1/alerts/{alert}") == someone.refused(f"/v1/alerts/{none}")
    for name, body in bodies.items():
        assert someone.refused(f"/v1/alerts/{alert}/{name}", body) == someone.refused(f"/v1/alerts/{none}/{name}", body)
    if who == "noor":
        assert someone.get("/v1/alerts")["items"] == []
    else:
        assert someone.refused("/v1/alerts")[0] == 403
        assert someone.refused(f"/v1/applications/{certified.application}/held-decisions")[0] in (403, 404)


def test_casefile_shows_the_whole_only_to_who_asks_for_it(house: House, certified: Certified) -> None:
    alert = alarm(house, begun(certified))["id"]
    with house.world.db.read() as session:
        row = session.get_one(casefile.Application, certified.application)
        shown, whole = (casefile.load(session, row, house.now, held=held).dossier for held in (False, True))
    assert alert not in {finding.id for finding in shown.findings}
    assert alert in {finding.id for finding in whole.findings}
