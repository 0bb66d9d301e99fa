"""What each consistency check says, word for word, and where its limit is: found missing by mutants (tests/mutants)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from audits.consistency import Known, compare
from audits.drafts import Hours
from tests.auditing import explained, figures

DAY = date(2026, 6, 4)
KNOWN = Known(DAY - timedelta(days=2), DAY, 640)
LOG: dict[str, Any] = {"individual": 18, "in_groups": 24, "languages": ("bn", "ne")}
SITE = {"outcome_by_site": True}


def told(known: dict[str, Any], **change: Any) -> list[tuple[str, str]]:
    found = compare(figures(DAY, **change), replace(KNOWN, **known), whole=True, fieldwork=True)
    return [(one.where, one.text) for one in found]


@pytest.mark.parametrize(
    ("change", "known", "where", "text"),
    [
        ({"closing_meeting_on": None}, {}, "/closing_meeting_on", "a completed visit has a closing meeting"),
        # The outcome of the visit.
        ({"outcome": "unsafe"}, {}, "/outcome_note", "say what happened: the outcome is unsafe"),
        ({"outcome": "interrupted"}, {}, "/outcome_note", "say what happened: the outcome is interrupted"),
        ({"outcome_note": "All well."}, {}, "/outcome_note", "a note belongs to a visit that was not completed"),
        ({"outcome": "access_denied", "outcome_note": "Shut."}, {}, "/outcome_by_site",
         "access is denied by the site; kept out by others, a visit is interrupted"),
        (SITE, {}, "/outcome_by_site", "a visit that is completed was not ended by the site"),
        ({"outcome": "unsafe", "outcome_note": "Unrest.", **SITE}, {}, "/outcome_by_site",
         "a visit that is unsafe was not ended by the site"),
        # What a whole audit has to have.
        ({"id_papers": None}, {}, "/id_papers", "the number of workers whose identity papers were seen is missing"),
        ({"listed_workers": None}, {}, "/listed_workers",
         "the number of names on the list that the sample was drawn from is missing"),
        ({"hours": None}, {}, "/hours", "the longest week in the records is missing"),
        ({"worker_languages": ()}, {}, "/worker_languages", "the languages that workers speak are missing"),
        # Heads.
        ({"id_papers": 639, "payroll_workers": 639}, {}, "/id_papers",
         "640 workers on site but 639 whose identity papers were seen: explain the difference (id_papers)"),
        ({"listed_workers": 641}, {}, "/listed_workers",
         "640 workers on site but 641 on the list of the sample: explain the difference (list)"),
        ({"listed_workers": 41, "files_reviewed": 41, "explanations": explained("list")}, {}, "/interviews_individual",
         "42 interviews from a list of 41"),
        ({"listed_workers": 42, "files_reviewed": 43, "explanations": explained("list")}, {}, "/files_reviewed",
         "43 files from a list of 42"),
        ({}, {"counted": 639}, "/workers", "640 workers on site but 639 in the work force that you filed"),
        ({}, {"register_workers": 800}, "/workers",
         "640 workers on site but 800 in the site register: explain the difference (register)"),
        # The interview log and its languages.
        ({"interviews_individual": 19}, LOG, "/interviews_individual",
         "19 individual interviews, but 18 in the interview log"),
        ({"interviews_group": 23}, LOG, "/interviews_group",
         "23 workers interviewed in groups, but 24 in the interview log"),
        ({"interviews_individual": 12, "interviews_group": 9}, {"individual": 12, "in_groups": 12},
         "/interviews_group", "9 workers interviewed in groups, but 12 in the interview log"),
        ({"worker_languages": ("bn", "my")}, LOG, "/worker_languages/1",
         "workers speak my, and the interviews were in bn, ne: explain who was asked how (languages)"),
        ({"worker_languages": ()}, {**LOG, "worker_languages": ("my",)}, "/worker_languages",
         "workers speak my, and the interviews were in bn, ne: explain who was asked how (languages)"),
        # Hours.
        ({"hours": Hours(485, 94, 580, 6)}, {}, "/hours/total",
         "48.5 normal hours and 9.4 overtime are 57.9, not 58.0"),
        ({"hours": Hours(1000, 681, 1681, 7)}, {}, "/hours/total", "168.1 hours are more than the 168 of a week"),
        ({"hours": Hours(480, 241, 721, 3)}, {}, "/hours/total", "72.1 hours do not fit in 3 days of 24"),
        # Records.
        ({"records_from": DAY, "records_to": DAY - timedelta(days=1)}, {}, "/records_to",
         "the records end on 2026-06-03, before they begin on 2026-06-04"),
        ({"records_to": DAY + timedelta(days=1)}, {}, "/records_to",
         "the records end on 2026-06-05, after the audit, which ends on 2026-06-04"),
        ({"records_to": DAY - timedelta(days=95)}, {}, "/records_to",
         "the records end on 2026-03-01, 93 days before the audit starts on 2026-06-02; more than 92: explain it "
         "(records)"),
    ],
)  # fmt: skip
def test_a_problem_is_told_word_for_word(change: dict[str, Any], known: dict[str, Any], where: str, text: str) -> None:
    assert told(known, **change) == [(where, text)]


def test_nobody_on_site_is_no_completed_visit() -> None:
    nobody = {"workers": 0, "payroll_workers": 0, "id_papers": 0, "listed_workers": 0, "interviews_individual": 0,
              "interviews_group": 0, "files_reviewed": 0}  # fmt: skip
    assert told({}, **nobody) == [("/workers", "0 workers on site in a completed visit")]


def test_papers_that_differ_from_head_count_and_payroll_are_told_against_both() -> None:
    explain = "explain the difference (id_papers)"
    assert told({}, id_papers=600, payroll_workers=620) == [
        ("/id_papers", f"640 workers on site but 600 whose identity papers were seen: {explain}"),
        ("/id_papers", f"620 people on the payroll but identity papers of 600: {explain}"),
    ]


@pytest.mark.parametrize(
    ("change", "known"),
    [
        ({"outcome": "unsafe", "outcome_note": "Unrest.", "closing_meeting_on": None, "workers": 0,
          "payroll_workers": 0, "id_papers": None, "listed_workers": None, "worker_languages": (), "hours": None}, {}),
        ({"outcome": "interrupted", "outcome_note": "Sent away.", "outcome_by_site": True}, {}),
        ({"outcome": "interrupted", "outcome_note": "The bridge was down."}, {}),
        ({"outcome": "access_denied", "outcome_note": "The gate stayed shut.", "outcome_by_site": True}, {}),
        ({"listed_workers": 42, "explanations": explained("list")}, {}),
        ({"records_from": DAY, "records_to": DAY}, {}),
        ({"records_from": None, "records_to": None}, {}),
        ({"records_from": None, "records_to": DAY - timedelta(days=94)}, {}),
        ({"worker_languages": ()}, {"worker_languages": ("bn",)}),
        ({}, {"individual": 18, "in_groups": 24, "languages": ()}),
        ({"interviews_individual": 12, "interviews_group": 12}, {"individual": 12, "in_groups": 12}),
        ({"interviews_individual": 17}, {}),
        ({"payroll_workers": 600}, {}),
        ({"id_papers": None, "explanations": explained("id_papers")}, {"worker_languages": ("bn",)}),
    ],
)  # fmt: skip
def test_on_the_limit_nothing_is_wrong(change: dict[str, Any], known: dict[str, Any]) -> None:
    """The head count against the payroll is the business of `audits.rules`, for every standard."""
    expected = ["/id_papers"] if "payroll_workers" in change and change["payroll_workers"] == 600 else []
    missing = [where for where, text in told(known, **change) if not text.endswith("is missing")]
    assert missing == expected


@pytest.mark.parametrize(("register", "told_of"), [(711, False), (712, True), (720, True), (0, False)])
def test_a_tenth_of_the_register_is_where_it_begins(register: int, told_of: bool) -> None:
    assert bool(told({"register_workers": register})) == told_of


def test_exactly_a_tenth_of_the_register_is_too_much() -> None:
    small = {"workers": 90, "payroll_workers": 90, "id_papers": 90, "listed_workers": 90}
    assert told({"register_workers": 100}, **small) != []
    assert told({"register_workers": 99}, **small) == []


def test_under_a_standard_without_field_work_a_visit_is_a_completed_one() -> None:
    def old(**change: Any) -> list[tuple[str, str]]:
        found = compare(figures(DAY, **change), KNOWN, whole=True, fieldwork=False)
        return [(one.where, one.text) for one in found]

    said = ("/outcome", "this standard knows completed visits only")
    for change in ({"outcome": "unsafe"}, SITE, {"outcome_note": "A note."}):
        assert old(**change) == [said]
    assert old(closing_meeting_on=None) == [("/closing_meeting_on", "a completed visit has a closing meeting")]
    assert old(id_papers=1, hours=None, worker_languages=()) == []
