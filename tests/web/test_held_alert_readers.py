"""What is held is read by the team; by others whose reading is written down; and by nobody else, not even as a gap."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from ground.canonical import instant
from ground.journal import JournalRow
from ground.parties import Organisation
from tests.conftest import WorldMaker
from tests.flows.house import LATEST, House, Inside, opened
from tests.unit.audits.evidence import files

WORDS = "Nine passports lie in the driver's safe, said workers of two groups."
OPEN = {"provision": "T14.1", "result": "conformance", "description": "Everybody had the paper."}


@pytest.fixture
def house(make_world: WorldMaker) -> Iterator[House]:
    with opened(make_world(first_rulebook=LATEST)) as house:
        yield house


class Held:
    """An audit by Amina with an alert that is held, and a picture to it. Noor is of her firm, and not on the team."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.audit = house.audit(house.factory, [OPEN])
        self.alert = house.amina.post(
            f"/v1/audits/{self.audit}/alerts",
            {"provision": "T2.1", "reason": WORDS, "seen_at": instant(house.now), "deliberate": True},
        )["id"]
        self.picture, self.paper = self.bring(files.png(), "T2.1"), self.bring(files.pdf(), "T14.1")

    def bring(self, data: bytes, provision: str) -> str:
        amina, known = self.house.amina, {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        upload = amina.post(f"/v1/audits/{self.audit}/uploads", {
            "name": "the safe", "dated": self.house.today, "provisions": [provision], **known,
        })["id"]  # fmt: skip
        put = amina._send("PUT", f"/v1/uploads/{upload}/parts/0", data, {})
        assert put.status == 200
        return str(amina.post(f"/v1/uploads/{upload}/completion", {})["id"])

    def places(self) -> list[str]:
        """Every address at which the audit and its evidence are read."""
        return [
            "/v1/audits", f"/v1/audits/{self.audit}", f"/v1/audits/{self.audit}/evidence",
            f"/v1/audits/{self.audit}/readiness", f"/v1/audits/{self.audit}/reports",
            f"/v1/audits/{self.audit}/reports/1", f"/v1/findings?site={self.house.factory}",
            f"/v1/findings/{self.alert}", f"/v1/findings/{self.alert}/evidence", f"/v1/evidence/{self.picture}",
            f"/v1/evidence/{self.picture}/file", f"/v1/alerts/{self.alert}", "/v1/alerts",
        ]  # fmt: skip

    def read(self, who: Inside, place: str) -> tuple[int, bytes]:
        answer = who._send("GET", place, None, {})
        return answer.status, answer.body

    def journal(self) -> list[tuple[str, Any]]:
        with self.house.world.db.read() as session:
            query = select(JournalRow).where(JournalRow.action == "alert_read").order_by(JournalRow.index)
            return [(row.person, row.detail.get("in", "alert")) for row in session.scalars(query)]


@pytest.fixture
def held(house: House) -> Held:
    return Held(house)


def tells(held: Held, body: bytes) -> list[str]:
    signs = {"words": WORDS, "alert": held.alert, "picture": held.picture}
    return [name for name, sign in signs.items() if sign.encode() in body]


def test_a_colleague_who_is_not_on_the_team_reads_nothing_of_it(held: Held) -> None:
    noor = held.house.noor
    for submitted in (False, True):
        for place in held.places():
            status, body = held.read(noor, place)
            assert tells(held, body) == [], place
            if held.picture in place or held.alert in place:
                assert status in (403, 404), place
        if not submitted:
            held.house.submit(held.audit)
    assert held.journal() == []


def test_to_a_colleague_a_draft_with_it_reads_like_one_without(held: Held) -> None:
    noor = held.house.noor
    shown = noor.get(f"/v1/audits/{held.audit}")
    assert (shown["answered"], [each["provision"] for each in shown["answers"]]) == (1, ["T14.1"])
    assert [each["answered"] for each in noor.get("/v1/audits")["items"]] == [1]
    still = noor.get(f"/v1/audits/{held.audit}/readiness")
    assert "T2.1" in still["unanswered"]
    assert f"{len(still['unanswered'])} provisions have no answer" in str(still["items"])
    assert [each["id"] for each in noor.get(f"/v1/audits/{held.audit}/evidence")["items"]] == [held.paper]


def test_between_report_and_release_a_colleague_reads_no_report_with_an_alert_or_without(held: Held) -> None:
    house, noor = held.house, held.house.noor
    twin = house.audit(house.office, [OPEN])
    for audit in (held.audit, twin):
        house.submit(audit)
        shown = noor.get(f"/v1/audits/{audit}")
        assert (shown["document"], shown["answers"], shown["findings"]) == (None, [], [])
        assert noor.get(f"/v1/audits/{audit}/reports")["items"] == []
        assert noor.get(f"/v1/audits/{audit}/evidence")["items"] == []
        assert noor.refused(f"/v1/audits/{audit}/reports/1")[0] == 404
    house.later(timedelta(hours=96))
    house.drain()
    assert held.alert in str(noor.get(f"/v1/audits/{held.audit}/reports/1"))  # the site has it, and so may they
    assert noor.get(f"/v1/audits/{twin}")["document"] is not None


@pytest.mark.parametrize("name", ["sam", "carl", "hana"])
def test_who_reads_it_elsewhere_than_in_the_room_of_alerts_is_written_down(held: Held, name: str) -> None:
    who: Inside = getattr(held.house, name)
    audit = held.audit
    listed = who.get(f"/v1/audits/{audit}/evidence")["items"]
    assert {each["id"] for each in listed} == {held.picture, held.paper}
    assert held.journal() == [(who.person, "evidence")]
    assert who.get(f"/v1/evidence/{held.picture}")["provisions"] == ["T2.1"]
    assert held.read(who, f"/v1/evidence/{held.picture}/file")[0] == 200
    assert held.journal() == [(who.person, "evidence")] * 3
    assert who.get(f"/v1/evidence/{held.paper}")["id"] == held.paper  # on nothing that is held
    assert WORDS not in str(who.get(f"/v1/audits/{audit}"))
    assert held.journal() == [(who.person, "evidence")] * 3
    held.house.submit(audit)
    assert held.alert in str(who.get(f"/v1/audits/{audit}/reports/1"))
    assert held.alert in str(who.get(f"/v1/audits/{audit}")["document"])
    assert held.journal() == [(who.person, "evidence")] * 3 + [(who.person, "report")] * 2


def test_the_team_reads_without_a_trace(held: Held) -> None:
    held.house.submit(held.audit)
    assert held.alert in str(held.house.amina.get(f"/v1/audits/{held.audit}/reports/1"))
    assert len(held.house.amina.get(f"/v1/audits/{held.audit}/evidence")["items"]) == 2
    assert held.journal() == []


def test_the_handler_reads_an_audit_only_while_something_in_it_is_held(held: Held) -> None:
    house = held.house
    hana, other = house.hana, house.audit(house.office, [OPEN])
    assert hana.refused(f"/v1/audits/{other}")[0] in (403, 404)
    assert hana.get(f"/v1/audits/{held.audit}")["id"] == held.audit
    hana.post(f"/v1/alerts/{held.alert}/release", {"told": "By telephone."})
    assert hana.refused(f"/v1/audits/{held.audit}")[0] in (403, 404)
    assert hana.refused(f"/v1/audits/{held.audit}/evidence")[0] in (403, 404)


def test_a_decider_of_the_house_that_owns_the_site_reads_none_of_it(held: Held) -> None:
    owner = held.house.bea.organisation
    with held.house.world.db.write() as session:
        session.get_one(Organisation, owner).roles = ["manufacturer", "certification_body", "scheme_owner"]
    inside = held.house.another("Ines Costa", owner, "decider", "handler", "manager")
    held.house.submit(held.audit)
    for place in held.places():
        assert tells(held, held.read(inside, place)[1]) == [], place


def test_evidence_that_comes_after_the_report_says_so(held: Held) -> None:
    assert held.house.amina.get(f"/v1/evidence/{held.paper}")["doubts"] == []
    held.house.submit(held.audit)
    held.house.later(timedelta(hours=1))
    late = held.bring(files.pdf(b"% later\n"), "T2.1")
    (doubt,) = held.house.carl.get(f"/v1/evidence/{late}")["doubts"]
    assert "after the report was submitted" in doubt
    assert held.house.amina.get(f"/v1/evidence/{held.paper}")["doubts"] == []
