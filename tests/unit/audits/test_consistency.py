"""Figures that cannot all be true are refused, each pair with both numbers."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from audits import standard
from audits.consistency import (
    HOURS,
    MONTHS_OF_RECORDS,
    WEEK_MOST,
    WEEK_PRIORITY,
    Answered,
    Known,
    compare,
    short_records,
)  # fmt: skip
from audits.drafts import EXPLAINED, Hours, ReportDraft
from ground.errors import Invalid
from tests.auditing import explained, figures

DAY = date(2026, 6, 4)
KNOWN = Known(DAY - timedelta(days=2), DAY, 640)
LOGGED = replace(KNOWN, individual=18, in_groups=24, languages=("bn",), counted=640, worker_languages=("bn",))


def problems(draft: ReportDraft, known: Known = KNOWN, *, whole: bool = True) -> list[tuple[str, str]]:
    return [(one.where, one.text) for one in compare(draft, known, whole=whole, fieldwork=True)]


@pytest.mark.parametrize("known", [KNOWN, LOGGED])
def test_figures_that_agree_are_no_problem(known: Known) -> None:
    assert problems(figures(DAY), known) == []


@pytest.mark.parametrize(
    ("change", "known", "where", "numbers"),
    [
        # The four of customs ruling H317249: papers, head count, sample, language.
        ({"id_papers": 585}, {}, "/id_papers", ("640", "585")),
        ({"listed_workers": 600}, {}, "/listed_workers", ("640", "600")),
        ({"workers": 640}, {"register_workers": 900}, "/workers", ("640", "900")),
        ({"worker_languages": ("bn", "ne")}, {"individual": 18, "in_groups": 24, "languages": ("bn",)},
         "/worker_languages/1", ("ne", "bn")),
        ({"interviews_individual": 17}, {"individual": 18, "in_groups": 24}, "/interviews_individual", ("17", "18")),
        ({"interviews_group": 25}, {"individual": 18, "in_groups": 24}, "/interviews_group", ("25", "24")),
        ({}, {"counted": 612}, "/workers", ("640", "612")),
        ({"hours": Hours(480, 95, 570, 6)}, {}, "/hours/total", ("48.0", "9.5", "57.5", "57.0")),
        ({"hours": Hours(1000, 690, 1690, 7)}, {}, "/hours/total", ("169.0", "168")),
        ({"hours": Hours(480, 245, 725, 3)}, {}, "/hours/total", ("72.5", "3")),
        ({"records_from": DAY, "records_to": DAY - timedelta(days=1)}, {}, "/records_to", (str(DAY), "2026-06-03")),
        ({"records_to": DAY + timedelta(days=1)}, {}, "/records_to", ("2026-06-05", str(DAY))),
        ({"records_to": DAY - timedelta(days=95)}, {}, "/records_to", ("2026-03-01", "93", "92")),
    ],
)  # fmt: skip
def test_a_contradiction_names_both_numbers(
    change: dict[str, Any], known: dict[str, Any], where: str, numbers: tuple[str, ...]
) -> None:
    found = problems(figures(DAY, **change), replace(KNOWN, **known))
    assert found[0][0] == where
    assert all(number in found[0][1] for number in numbers), found


def test_interviews_and_files_of_more_than_the_list_are_named() -> None:
    found = dict(problems(figures(DAY, listed_workers=40, explanations=explained("list"))))
    assert "42" in found["/interviews_individual"]
    assert "40" in found["/interviews_individual"]
    assert "42" in found["/files_reviewed"]


@pytest.mark.parametrize(
    ("change", "known", "of"),
    [
        ({"id_papers": 585}, {}, "id_papers"),
        ({"listed_workers": 600}, {}, "list"),
        ({}, {"register_workers": 900}, "register"),
        ({"worker_languages": ("bn", "ne")}, {"individual": 18, "in_groups": 24, "languages": ("bn",)}, "languages"),
        ({"records_to": DAY - timedelta(days=95)}, {}, "records"),
    ],
)
def test_an_explanation_of_that_very_difference_settles_it(
    change: dict[str, Any], known: dict[str, Any], of: str
) -> None:
    for other in EXPLAINED:
        settled = problems(figures(DAY, **change, explanations=explained(other)), replace(KNOWN, **known)) == []
        assert settled == (other == of)


@pytest.mark.parametrize(
    ("register", "apart"), [(640, False), (582, False), (581, True), (711, False), (712, True), (0, False)]
)
def test_a_tenth_of_the_register_is_too_far_apart(register: int, apart: bool) -> None:
    assert bool(problems(figures(DAY), replace(KNOWN, register_workers=register))) == apart


def test_one_worker_more_at_a_small_site_needs_no_explanation() -> None:
    draft = figures(DAY, workers=6, payroll_workers=6, interviews_individual=6, interviews_group=0, files_reviewed=6,
                    id_papers=6, listed_workers=6)  # fmt: skip
    assert problems(draft, replace(KNOWN, register_workers=5)) == []
    assert problems(draft, replace(KNOWN, register_workers=4)) != []


def test_a_language_is_the_same_in_capitals() -> None:
    assert problems(figures(DAY, worker_languages=("BN",)), LOGGED) == []


def test_languages_that_the_team_filed_stand_in_for_those_of_the_report() -> None:
    known = replace(LOGGED, worker_languages=("bn", "my"))
    ((where, text),) = problems(figures(DAY, worker_languages=()), known)
    assert where == "/worker_languages"
    assert re.search("my.*bn", text)


@pytest.mark.parametrize("name", ["id_papers", "listed_workers", "hours", "worker_languages"])
def test_a_whole_audit_has_all_figures(name: str) -> None:
    draft = figures(DAY, **{name: () if name == "worker_languages" else None})
    assert [where for where, _ in problems(draft)] == [f"/{name}"]
    assert problems(draft, whole=False) == []


def test_hours_may_be_all_of_a_week_and_all_of_a_day() -> None:
    known = replace(KNOWN, answers={HOURS: Answered("finding", "priority")})
    assert problems(figures(DAY, hours=Hours(980, 700, 1680, 7)), known) == []
    assert problems(figures(DAY, hours=Hours(480, 240, 720, 3)), known) == []


CONFORMS = Answered("conformance")
EMERGENCY = Answered("conformance", words="A flood in the dye house, on two days; shown by the insurer's letter.")


@pytest.mark.parametrize(
    ("tenths", "answer", "said"),
    [
        (600, CONFORMS, None),
        (601, CONFORMS, "60.1 hours in the longest week are over 60.0, and T8.2 is conformance"),
        (601, Answered("conformance", words="."), "60.1 hours in the longest week are over 60.0, and T8.2 is conf"),
        (601, EMERGENCY, None),
        (601, Answered("not_applicable", words="We have no overtime here."), "T8.2 is not applicable"),
        (601, None, "T8.2 is not answered"),
        (601, Answered("finding", "risk"), None),
        (840, EMERGENCY, None),
        (841, EMERGENCY, "84.1 hours in the longest week are over 84.0, which is a priority finding on T8.2, and T8.2"),
        (841, Answered("finding", "major"), "T8.2 is major"),
        (841, None, "T8.2 is not answered"),
        (1100, CONFORMS, "110.0 hours in the longest week are over 84.0"),
        (1100, Answered("finding", "priority"), None),
    ],
)
def test_a_long_week_and_hours_that_conform_contradict_each_other(
    tenths: int, answer: Answered | None, said: str | None
) -> None:
    draft = figures(DAY, hours=Hours(480, tenths - 480, tenths, 7))
    known = replace(KNOWN, answers={HOURS: answer} if answer else {})
    found = problems(draft, known)
    assert [where for where, _ in found] == (["/hours/total"] if said else [])
    assert said is None or said in found[0][1]
    assert compare(draft, known, whole=True, fieldwork=False) == []  # as before there was field work


def test_the_limits_of_a_week_are_those_of_the_provision() -> None:
    provision = standard.load("freemark-2026.1").provisions[HOURS]
    assert f"never above {WEEK_MOST // 10}, save for an emergency" in provision.text
    assert f"more than {WEEK_PRIORITY // 10} hours is" in " ".join(provision.documents.split())
    assert provision.ceiling == "priority"


def test_nobody_samples_more_workers_than_there_are() -> None:
    def said(answer: Answered, draft: ReportDraft | None = None, **known: Any) -> list[tuple[str, str]]:
        return problems(draft or figures(DAY), replace(KNOWN, answers={"T1.2": answer}, **known))

    minor = Answered("finding", "minor", 641, share_rule=True)
    ((where, text),) = said(minor)
    assert where == "/workers"
    assert text.startswith("T1.2: 641 sampled of 640 workers")
    assert said(replace(minor, sampled=640)) == []
    assert said(replace(minor, share_rule=False)) == []  # doors, permits: nothing hangs on their share
    assert said(Answered("conformance", None, 641, share_rule=True)) == []
    assert said(minor, heads_only=False) == []  # an agency's own people are few, and those it sent are not
    nobody = figures(
        DAY, workers=0, payroll_workers=0, outcome="access_denied", outcome_by_site=True, outcome_note="Shut.",
        id_papers=None, listed_workers=None, interviews_individual=0, interviews_group=0, files_reviewed=0,
    )  # fmt: skip
    assert "641 sampled of 640 workers" in said(minor, nobody)[0][1]  # the register's, where nobody was let in


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 3, 5), DAY, ""),
        (
            date(2026, 3, 6),
            DAY,
            f"the payroll records seen are of 2026-03-06 to 2026-06-04, less than {MONTHS_OF_RECORDS}",
        ),
        (DAY, DAY, "less than 3 months"),
        (None, DAY, "no days of payroll records are given"),
        (DAY, None, "no days of payroll records are given"),
    ],
)
def test_few_payroll_records_are_told(first: date | None, last: date | None, words: str) -> None:
    said = short_records(figures(DAY, records_from=first, records_to=last))
    assert (words in said) if words else said == ""


def test_a_long_week_and_a_sample_of_too_many_refuse_the_report(stage: Any, field: Any) -> None:
    audit = field.plan()
    field.answer(audit, [stage.conforming("T8.2"), stage.finding("T1.2", "minor", affected=8, sampled=100_000)])
    with pytest.raises(Invalid, match=r"110\.0 hours.*T1\.2: 100000 sampled of 640 workers") as caught:
        field.prepare(audit, hours=Hours(480, 620, 1100, 7))
    assert caught.value.where == "/hours/total"
    field.answer(
        audit,
        [stage.finding("T8.2", "priority"), stage.finding("T1.2", "minor", affected=8, sampled=42)],
    )
    shown = field.submit(audit, hours=Hours(480, 620, 1100, 7))
    with pytest.raises(Invalid, match=r"T1\.3: 700 sampled of 640 workers"):
        field.prepare_amendment(shown["id"], stage.finding("T1.3", "minor", affected=8, sampled=700))


def test_a_contradiction_refuses_the_preparation_with_every_number(field: Any) -> None:
    audit = field.plan(type="initial")
    with pytest.raises(Invalid, match=r"585.*57\.0") as caught:
        field.prepare(audit, id_papers=585, hours=Hours(480, 95, 570, 6))
    assert caught.value.where == "/id_papers"
