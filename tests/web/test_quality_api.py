"""How good a firm's or an auditor's work is, over HTTP: who reads it, and that others cannot tell that it exists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from audits.independence import quality_views
from ground.world import World
from tests.flows.house import House, Inside, conforming, opened

NOBODY, NO_FIRM = "per_0000000000000000", "org_0000000000000000"


@pytest.fixture
def house(sqlite_world: World) -> Iterator[House]:
    """Six audits of the factory by Amina, a week apart: a major finding in the first one."""
    with opened(sqlite_world) as house:
        for number in range(6):
            found = {"provision": "T10.1", "result": "finding", "severity": "major", "description": "Seen."}
            answers = [found if each["provision"] == "T10.1" and not number else each for each in conforming()]
            house.submit(house.audit(house.factory, answers))
            house.later_without_signing(timedelta(days=7))
        yield house


def paths(house: House) -> tuple[str, str]:
    return f"/v1/audit-firms/{house.amina.organisation}/quality", f"/v1/auditors/{house.amina.person}/quality"


def same_keys(shown: Any, told: Any) -> bool:
    if isinstance(shown, dict) and isinstance(told, dict):
        return shown.keys() == told.keys() and all(
            same_keys(shown[name], told[name]) for name in shown if name not in ("kinds", "missed")
        )
    if isinstance(shown, list) and isinstance(told, list) and shown and told:
        return same_keys(shown[0], told[0])
    return True


def test_the_figures_are_explained_and_the_example_has_their_shape(house: House) -> None:
    firm, person = paths(house)
    seen, own = house.carl.get(firm), house.sam.get(person)
    assert same_keys(seen, quality_views.SAMPLE_FIRM)
    assert same_keys(own, quality_views.SAMPLE_AUDITOR)
    assert (seen["firm"], seen["audits"]["all"], seen["audits"]["kinds"]) == (
        house.amina.organisation, 6, {"surveillance": 6},
    )  # fmt: skip
    assert (seen["score"], seen["no_score_because"], seen["clean_run"]) == (100, None, 5)
    assert sum(each["most"] for each in seen["deductions"]) == 100
    assert all(each["origin"] == "[P]" and each["how"] and each["said"] for each in seen["deductions"])
    majors = next(each for each in seen["findings"] if each["severity"] == "major")
    assert majors == {"severity": "major", "found": 1, "per_full_audit": "0.17", "median_of_firms": None}
    assert "no decision and no draw looks at it" in seen["note"]


def test_with_few_audits_there_is_no_score_and_no_points(house: House) -> None:
    seen = house.amina.get(f"/v1/auditors/{house.noor.person}/quality")
    assert (seen["score"], seen["no_score_because"]) == (None, "0 audits in 24 months; a score needs 5")
    assert {each["points"] for each in seen["deductions"]} == {None}


@pytest.mark.parametrize("name", ["sam", "carl", "amina", "noor"])
def test_the_scheme_the_body_and_the_firm_itself_read_it(house: House, name: str) -> None:
    who: Inside = getattr(house, name)
    for path in paths(house):
        assert who.get(path)["audits"]["all"] == 6


@pytest.mark.parametrize("name", ["otto", "bea", "ravi", "hana", "ulla"])
def test_nobody_else_can_tell_whether_there_is_such_a_firm_or_auditor(house: House, name: str) -> None:
    if name == "ulla":
        who = house.another("Ulla", house.firm("Northern Audit", "audit_firm"), "auditor")
    else:
        who = getattr(house, name)
    firm, person = paths(house)
    for path, missing in ((firm, f"/v1/audit-firms/{NO_FIRM}/quality"), (person, f"/v1/auditors/{NOBODY}/quality")):
        assert who.refused(path) == who.refused(missing)
        assert who.refused(path)[0] == 404


def test_a_manufacturer_has_no_quality_and_neither_has_who_works_for_it(house: House) -> None:
    assert house.sam.refused(f"/v1/audit-firms/{house.bea.organisation}/quality")[0] == 404
    assert house.sam.refused(f"/v1/auditors/{house.bea.person}/quality")[0] == 404


def test_no_name_of_a_person_is_in_the_answer(house: House) -> None:
    for path in paths(house):
        assert "Haddad" not in str(house.sam.get(path))
