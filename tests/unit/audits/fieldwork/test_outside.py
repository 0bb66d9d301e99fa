"""Who reads a report with its counts and who without; two versions of it, subtracted, tell nothing."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import pytest

from audits import views
from audits.fieldwork import outside
from audits.tables import AnswerRow, AuditRow, MemberRow, VersionRow
from ground.access import Actor
from ground.ids import new_id
from ground.world import World
from tests.cast import enrol, join, make_cast
from tests.unit.audits.fieldwork.attacker import sampled
from tests.unit.audits.fieldwork.test_suppress import BD, IN, NP, report


class Desk:
    """A submitted audit with one answer, and the versions of its report."""

    def __init__(self, world: World) -> None:
        self.world, self.cast = world, make_cast(world)
        with world.db.write() as session:
            self.aino = enrol(session, world, self.cast.amina.organisation, "Aino Virtanen", "auditor")
            self.ulla = join(session, world, "Northern Audit", "audit_firm", "Ulla Lind", "auditor")

    def audit(self, *individual: int, standard: str = "freemark-2026.1") -> str:
        audit, now, amina = new_id("aud"), self.world.clock.now(), self.cast.amina
        with self.world.db.write() as session:
            session.add(
                AuditRow(
                    id=audit, site_id=self.cast.factory, type="initial", standard=standard, firm_id=amina.organisation,
                    starts_on=now.date(), ends_on=now.date(), announced=True, remote=False, planned_at=now,
                    submitted_at=now, released_at=now, report=audit.ljust(64, "0"), version=len(individual),
                    document=json.dumps(self.document(individual[-1])),
                    strata=[asdict(stratum) for stratum in sampled([BD, NP, IN]).strata],
                )
            )  # fmt: skip
            session.flush()
            session.add(MemberRow(audit_id=audit, person_id=amina.person, position=0))
            session.add(
                AnswerRow(
                    audit_id=audit, provision="T1.1", result="conformance", description="", evidence=[], affected=None,
                    sampled=40 + individual[-1] - 18, filed_at=now, filed_by=amina.person,
                )
            )  # fmt: skip
            for number, count in enumerate(individual, start=1):
                session.add(
                    VersionRow(
                        audit_id=audit, version=number, report=f"{audit}{number}".ljust(64, "0"), signature=None,
                        document=json.dumps(self.document(count)), submitted_at=now + timedelta(hours=number),
                        submitted_by=amina.person,
                    )
                )  # fmt: skip
        return audit

    @staticmethod
    def document(individual: int) -> dict[str, Any]:
        answer = {"provision": "T1.1", "affected": None, "sampled": 40 + individual - 18}
        return report(individual, answers=[answer])

    def read(self, actor: Actor, audit: str) -> tuple[bool, dict[str, Any]]:
        with self.world.db.read() as session:
            row = session.get_one(AuditRow, audit)
            return outside.is_outside(session, actor, row), outside.audit_outside(
                session, row, views.get_audit(session, self.cast.amina.actor, audit)
            )


@pytest.fixture
def desk(sqlite_world: World) -> Desk:
    return Desk(sqlite_world)


def test_who_reads_a_report_with_its_counts(desk: Desk) -> None:
    audit = desk.audit(18)
    players = {
        "amina": desk.cast.amina, "aino": desk.aino, "carl": desk.cast.carl, "bea": desk.cast.bea,
        "sam": desk.cast.sam, "otto": desk.cast.otto, "ulla": desk.ulla,
    }  # fmt: skip
    seen = {name: desk.read(player.actor, audit)[0] for name, player in players.items()}
    assert [name for name, without in seen.items() if not without] == ["amina", "aino", "carl"]


def test_a_decider_whose_house_owns_the_site_reads_it_as_the_site(desk: Desk) -> None:
    bea = desk.cast.bea.actor
    assert desk.read(replace(bea, roles=frozenset({"manager", "decider"})), desk.audit(18))[0]


def test_under_a_standard_without_field_work_nothing_is_left_out(desk: Desk) -> None:
    assert not desk.read(desk.cast.bea.actor, desk.audit(18, standard="freemark-2026.0"))[0]


def test_answers_document_and_findings_are_without_small_counts(desk: Desk) -> None:
    _, shown = desk.read(desk.cast.bea.actor, desk.audit(18))
    assert shown["document"]["sample"]["interviews"] == 42
    assert "interviews_individual" not in shown["document"]["figures"]
    for answer in (shown["answers"][0], shown["document"]["answers"][0]):
        assert (answer["affected"], answer["sampled"], answer["share"]) == (None, None, None)
    finding = {"id": "fnd_1", "affected": 2, "sampled": 42}
    assert outside.finding_outside(finding) == {"id": "fnd_1", "affected": None, "sampled": None}


def test_an_amendment_by_two_people_reads_as_before_and_by_six_as_it_is(desk: Desk) -> None:
    _, first = desk.read(desk.cast.bea.actor, desk.audit(18))
    _, two = desk.read(desk.cast.bea.actor, desk.audit(18, 20))
    assert two["document"] == first["document"]
    assert two["answers"] == first["answers"]


def test_a_version_is_read_with_those_before_it(desk: Desk) -> None:
    audit = desk.audit(18, 20)
    with desk.world.db.read() as session:
        row = session.get_one(AuditRow, audit)
        found = [outside.document_outside(session, row, number) for number in (1, 2, 3)]
    assert found[0] == found[1]
    assert found[2] is None
