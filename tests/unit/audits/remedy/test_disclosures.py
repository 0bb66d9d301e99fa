"""A disclosure counts when it came before the audit that finds it, once; and it never tells of what is held."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from audits.remedy import disclosures
from audits.remedy.disclosures import DisclosureDraft
from audits.remedy.relations import disclosure_of
from ground.errors import Conflict, Forbidden, FreemarkError, Invalid, NotFound
from tests.unit.audits.remedy.conftest import released


def draft(stage: Any, **change: Any) -> DisclosureDraft:
    given = DisclosureDraft(
        stage.factory, "freemark-2026.1", "T1.1", "Twenty paid.", "Recruitment stopped.", stage.today, "Pay back."
    )
    return replace(given, **change)


def tell(stage: Any, by: str = "bea", **change: Any) -> str:
    with stage.world.db.write() as session:
        return disclosures.disclose(session, stage.people[by], draft(stage, **change), now=stage.now).id


def disclosed(stage: Any, provision: str = "T1.1") -> Any:
    return next(one.disclosed_at for one in stage.facts().findings if one.provision == provision)


def test_told_before_the_audit_began_it_is_a_fact_of_the_finding(stage: Any, field: Any) -> None:
    tell(stage)
    told = stage.now
    stage.later(days=1)
    field.visit(stage.finding("T1.1", "major", affected=9), stage.finding("T3.2", "major", affected=9))
    assert disclosed(stage) == told
    assert disclosed(stage, "T3.2") is None


def test_told_on_the_day_of_the_audit_it_is_no_disclosure(stage: Any, field: Any) -> None:
    """Who sees the auditors at the gate has nothing left to disclose."""
    tell(stage)
    field.visit(stage.finding("T1.1", "major", affected=9))
    assert disclosed(stage) is None


def test_an_audit_that_is_planned_and_unknown_does_not_matter(stage: Any, field: Any) -> None:
    audit = field.plan()  # of today
    stage.later(days=-1)
    tell(stage)
    stage.later(days=1)
    field.answer(audit, [stage.finding("T1.1", "major", affected=9)])
    field.submit(audit)
    assert disclosed(stage) is not None


def test_an_older_standard_knows_no_disclosure(stage: Any) -> None:
    with pytest.raises(Invalid, match="no self-disclosure"):
        tell(stage, standard="freemark-2026.0")
    tell(stage)
    stage.later(days=1)
    stage.visit([stage.finding("T1.1", "major", affected=9)])
    assert disclosed(stage) is None


@pytest.mark.parametrize("answer", ["conforming", "finding"])
def test_it_counts_once_and_is_no_licence_for_ever(stage: Any, field: Any, answer: str) -> None:
    tell(stage)
    stage.later(days=1)
    field.visit(stage.conforming("T1.1") if answer == "conforming" else stage.finding("T1.1", "major", affected=9))
    stage.later(days=30)
    field.visit(stage.finding("T1.1", "major", affected=9), by="ulla")
    assert stage.facts().findings[-1].disclosed_at is None


def test_what_the_site_knows_of_already_is_not_disclosed(stage: Any, field: Any) -> None:
    finding = released(stage, field, stage.finding("T1.1", "major", affected=9))["T1.1"]
    with pytest.raises(Conflict, match=f"{finding} on T1.1 is open and says it already"):
        tell(stage)


def test_a_held_alert_changes_no_answer_and_is_not_healed_by_a_late_word(stage: Any, field: Any) -> None:
    audit = field.plan()
    held = field.alert(audit, "T2.1")
    tell(stage, provision="T2.1")  # as it is taken where nothing is held
    with stage.world.db.read() as session:
        from audits.tables import FindingRow

        assert session.get_one(FindingRow, held).disclosed_at is None


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"standard": "freemark-1999.1"}, "/standard"),
        ({"provision": "T99.1"}, "/provision"),
        ({"worst_form": True}, "/worst_form"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(stage: Any, change: dict[str, Any], where: str) -> None:
    with pytest.raises(Invalid) as caught:
        tell(stage, **change)
    assert caught.value.where == where
    tell(stage, provision="T9.1", worst_form=True)


@pytest.mark.parametrize(
    ("person", "refusal"),
    [("otto", NotFound), ("ravi", NotFound), ("wilma", NotFound), ("amina", Forbidden), ("carl", Forbidden),
     ("sam", Forbidden)],
)  # fmt: skip
def test_only_the_site_itself_discloses(stage: Any, person: str, refusal: type[FreemarkError]) -> None:
    with pytest.raises((Forbidden, NotFound)) as caught:
        tell(stage, by=person)
    if person in ("otto", "ravi", "wilma"):
        assert isinstance(caught.value, refusal)


def test_who_reads_a_disclosure(stage: Any, field: Any) -> None:
    found = tell(stage)

    def readers() -> set[str]:
        seen = set()
        for name in ("bea", "carl", "sam", "amina", "aino", "ulla", "otto", "ravi", "wilma"):
            with stage.world.db.read() as session:
                try:
                    disclosure_of(session, stage.people[name], found)
                except (NotFound, Forbidden):
                    continue
            seen.add(name)
        return seen

    assert readers() == {"bea", "carl", "sam"}
    field.plan()
    assert readers() == {"bea", "carl", "sam", "amina", "aino"}  # the firm that comes to look
