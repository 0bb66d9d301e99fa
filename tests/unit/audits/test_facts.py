"""Facts come back from JSON exactly as they went, and nothing else comes in."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audits import facts
from audits.facts import Action, Finding, SiteFacts, Visit, from_json, interviews_needed, to_json
from ground.canonical import jcs, parse
from ground.errors import Malformed

# A busy machine is slow, not wrong.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)
DAYS = st.dates(date(2020, 1, 1), date(2040, 1, 1))
MAYBE = st.none() | MOMENTS
WORDS = st.text(st.characters(codec="utf-8"), max_size=12)
COUNTS = st.integers(0, 10**6)
ACTIONS = st.builds(Action, MAYBE, MAYBE, MAYBE, MAYBE, MAYBE, MAYBE)
FINDINGS = st.builds(
    Finding, WORDS, WORDS, WORDS, WORDS, st.booleans(), st.sampled_from(facts.SEVERITIES), st.booleans(), st.booleans(),
    st.booleans(), MOMENTS, MAYBE, MAYBE, MAYBE, MAYBE, st.none() | WORDS, st.booleans(), ACTIONS,
)  # fmt: skip
VISITS = st.builds(
    Visit, WORDS, st.sampled_from(facts.AUDIT_TYPES), WORDS, WORDS, st.lists(WORDS, max_size=3).map(tuple), DAYS, DAYS,
    st.booleans(), MAYBE, st.none() | WORDS, *([COUNTS] * 8), st.booleans(),
)  # fmt: skip
SITES = st.builds(
    SiteFacts, WORDS, WORDS, WORDS, WORDS, COUNTS,
    st.lists(VISITS, max_size=3).map(tuple), st.lists(FINDINGS, max_size=3).map(tuple),
)  # fmt: skip

FINDING = Finding(
    id="fnd_1", audit="aud_1", provision="T1.1", topic="T1", core=True, severity="major", zero_tolerance=False,
    deliberate=False, concealed=False, discovered_at=datetime(2026, 6, 1, tzinfo=UTC), released_at=None,
    containment_due=None, contained_at=None, closed_at=None, closed_by=None, closed_on_site=False, action=Action(),
)  # fmt: skip
SITE = SiteFacts("site_1", "org_1", "factory", "BD", 640, (), (FINDING,))


@PATIENT
@given(SITES)
def test_facts_come_back_as_they_went(site: SiteFacts) -> None:
    assert from_json(parse(jcs(to_json(site)), limit=10**6)) == site


@PATIENT
@given(SITES, SITES)
def test_different_facts_have_different_bytes(one: SiteFacts, other: SiteFacts) -> None:
    assert (jcs(to_json(one)) == jcs(to_json(other))) == (one == other)


def test_a_fraction_of_a_second_is_refused_rather_than_lost() -> None:
    site = replace(SITE, findings=(replace(FINDING, discovered_at=datetime(2026, 6, 1, 0, 0, 0, 5, tzinfo=UTC)),))
    with pytest.raises(ValueError, match="fraction"):
        to_json(site)


def missing(document: dict[str, Any]) -> None:
    del document["findings"][0]["concealed"]


def unknown(document: dict[str, Any]) -> None:
    document["findings"][0]["worker"] = "somebody"


def other_type(document: dict[str, Any]) -> None:
    document["workers"] = True


def other_word(document: dict[str, Any]) -> None:
    document["findings"][0]["severity"] = "grave"


def local_time(document: dict[str, Any]) -> None:
    document["findings"][0]["discovered_at"] = "2026-06-01T00:00:00+06:00"


def no_list(document: dict[str, Any]) -> None:
    document["findings"] = {}


def null(document: dict[str, Any]) -> None:
    document["findings"][0]["action"] = None


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        (missing, "/findings/0"),
        (unknown, "/findings/0/worker"),
        (other_type, "/workers"),
        (other_word, "/findings/0/severity"),
        (local_time, "/findings/0/discovered_at"),
        (no_list, "/findings"),
        (null, "/findings/0/action"),
    ],
)
def test_anything_else_is_refused_with_its_place(spoil: Any, where: str) -> None:
    document = json.loads(json.dumps(to_json(SITE)))
    spoil(document)
    with pytest.raises(Malformed) as caught:
        from_json(document)
    assert caught.value.where == where


def test_a_fact_has_no_place_for_a_person() -> None:
    """Names of people have no field; only ids of auditors (team) are there."""
    fields = {field for kind in (SiteFacts, Visit, Finding, Action) for field in kind.__dataclass_fields__}
    assert not fields & {"name", "worker", "auditor", "email", "description", "summary"}


@pytest.mark.parametrize(
    ("workers", "needed"), [(0, 0), (1, 1), (9, 9), (10, 10), (19, 10), (20, 10), (100, 10), (101, 11), (640, 26)]
)
def test_interviews_needed(workers: int, needed: int) -> None:
    assert interviews_needed(workers) == needed


@PATIENT
@given(st.integers(0, 10**6))
def test_interviews_needed_is_the_formula_of_the_domain(workers: int) -> None:
    assert interviews_needed(workers) == min(workers, max(10, math.ceil(math.sqrt(workers))))


@PATIENT
@given(st.integers(0, 10**6))
def test_more_workers_never_need_fewer_interviews(workers: int) -> None:
    assert interviews_needed(workers) <= interviews_needed(workers + 1)
