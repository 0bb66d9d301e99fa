"""Whether the figures of a report can all be true: each against another figure, or against what is on record.

Owns the checks that come with field work; `rules.consistency` has those of every standard. Each problem names both
numbers. A customs ruling that threw out an audit report (DOMAIN.md 5, HQ H317249) is the list of what to look for:
papers of 45 for 49 workers, a head count that fell unexplained, a language that nobody could have understood. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from audits.drafts import Explained, Hours, ReportDraft, Result
from audits.facts import Severity
from audits.rules import Problem, months_before
from audits.wording import says_something

HOURS_OF_A_WEEK = 1680  # tenths
HOURS_OF_A_DAY = 240  # tenths
LEAST_OF_A_DAY = 20  # tenths: nobody's longest week has days of under two hours; whole hours were meant [P]
HOURS = "T8.2"  # the provision on weekly hours: "never above 60, save for an emergency", and over 84 a priority
WEEK_MOST = 600  # tenths: 60 hours with overtime, by the text of that provision (RBA A3 [D])
WEEK_PRIORITY = 840  # tenths: a longer week is a priority finding (DOMAIN.md 1.2 [S2]), as that provision's test says
MONTHS_OF_RECORDS = 3  # the current month, the peak and the low: DOMAIN.md 7.8, ICS [S2]
REGISTER_PERCENT = 10  # of the workers in the register; a season changes more than that, and can be explained [P]
RECORDS_OLD = (
    92  # days: the last of three months of records (DOMAIN.md 7.8) ends at most a quarter before the visit [P]
)


@dataclass(frozen=True)
class Answered:
    """What is said to one provision. severity: as it counts, None when it is no finding. share_rule: of the provision,
    as asked here."""

    result: Result
    severity: Severity | None = None
    sampled: int | None = None
    words: str = ""
    share_rule: bool = False


@dataclass(frozen=True)
class Known:
    """What is on record beside the figures. register_workers: of the site. individual, in_groups, languages: of the
    interview log, 0 and () when there is none. counted, worker_languages: of the work force as the team filed it."""

    starts_on: date
    ends_on: date
    register_workers: int
    individual: int = 0
    in_groups: int = 0
    languages: tuple[str, ...] = ()
    counted: int = 0
    worker_languages: tuple[str, ...] = ()
    answers: Mapping[str, Answered] = field(default_factory=dict)
    """By provision: those that stand, findings that the team filed with them."""
    heads_only: bool = True
    """Are the people that this place is about those who work there? Not at an agency: it sends them elsewhere."""

    def workers(self, draft: ReportDraft) -> int:
        """The head count; before it is entered, or when nobody was let in, that of the work force or the register."""
        return draft.workers or self.counted or self.register_workers


def compare(draft: ReportDraft, known: Known, *, whole: bool, fieldwork: bool) -> list[Problem]:
    """Pairs that cannot both be true, or are not explained. whole: an audit that has to have all figures.

    Under a standard without field work none is asked for, and a visit is a completed one.
    """
    if not fieldwork:
        if draft.outcome != "completed" or draft.outcome_by_site or draft.outcome_note:
            return [Problem("/outcome", "this standard knows completed visits only")]
        return [*_present(draft)]
    return [
        *_present(draft),
        *_outcome(draft),
        *(_missing(draft, known) if whole and draft.outcome == "completed" else ()),
        *_heads(draft, known),
        *_interviews(draft, known),
        *_languages(draft, known),
        *(_week(draft.hours, known) if draft.hours else ()),
        *_sampled(draft, known),
        *_records(draft, known),
    ]


def _present(draft: ReportDraft) -> Iterator[Problem]:
    if draft.outcome == "completed" and draft.workers == 0:
        yield Problem("/workers", "0 workers on site in a completed visit")
    if draft.outcome == "completed" and draft.closing_meeting_on is None:
        yield Problem("/closing_meeting_on", "a completed visit has a closing meeting")


def _outcome(draft: ReportDraft) -> Iterator[Problem]:
    if draft.outcome != "completed" and not draft.outcome_note:
        yield Problem("/outcome_note", f"say what happened: the outcome is {draft.outcome}")
    if draft.outcome == "completed" and draft.outcome_note:
        yield Problem("/outcome_note", "a note belongs to a visit that was not completed")
    if draft.outcome == "access_denied" and not draft.outcome_by_site:
        yield Problem("/outcome_by_site", "access is denied by the site; kept out by others, a visit is interrupted")
    if draft.outcome in ("completed", "unsafe") and draft.outcome_by_site:
        yield Problem("/outcome_by_site", f"a visit that is {draft.outcome} was not ended by the site")


def _missing(draft: ReportDraft, known: Known) -> Iterator[Problem]:
    for name, what in (
        ("id_papers", "the number of workers whose identity papers were seen"),
        ("listed_workers", "the number of names on the list that the sample was drawn from"),
        ("hours", "the longest week in the records"),
    ):
        if getattr(draft, name) is None:
            yield Problem(f"/{name}", f"{what} is missing")
    if not draft.worker_languages and not known.worker_languages:
        yield Problem("/worker_languages", "the languages that workers speak are missing")


def _heads(draft: ReportDraft, known: Known) -> Iterator[Problem]:
    workers = draft.workers

    def unlike(where: str, other: int, what: str, of: Explained) -> Iterator[Problem]:
        if not draft.explained(of):
            yield Problem(where, f"{workers} workers on site but {other} {what}: explain the difference ({of})")

    if draft.id_papers is not None and draft.id_papers != workers:
        yield from unlike("/id_papers", draft.id_papers, "whose identity papers were seen", "id_papers")
    if draft.id_papers is not None and draft.id_papers != draft.payroll_workers and not draft.explained("id_papers"):
        yield Problem(
            "/id_papers",
            f"{draft.payroll_workers} people on the payroll but identity papers of {draft.id_papers}: "
            "explain the difference (id_papers)",
        )
    if draft.listed_workers is not None:
        if draft.listed_workers != workers:
            yield from unlike("/listed_workers", draft.listed_workers, "on the list of the sample", "list")
        for where, sample, what in (
            ("/interviews_individual", draft.interviews_individual + draft.interviews_group, "interviews"),
            ("/files_reviewed", draft.files_reviewed, "files"),
        ):
            if sample > draft.listed_workers:
                yield Problem(where, f"{sample} {what} from a list of {draft.listed_workers}")
    if known.counted and known.counted != workers:
        yield Problem("/workers", f"{workers} workers on site but {known.counted} in the work force that you filed")
    apart = abs(workers - known.register_workers)
    if workers and known.register_workers and 100 * apart >= REGISTER_PERCENT * known.register_workers and apart > 1:
        yield from unlike("/workers", known.register_workers, "in the site register", "register")


def _interviews(draft: ReportDraft, known: Known) -> Iterator[Problem]:
    if not known.individual + known.in_groups:
        return
    for where, said, logged, what in (
        ("/interviews_individual", draft.interviews_individual, known.individual, "individual interviews"),
        ("/interviews_group", draft.interviews_group, known.in_groups, "workers interviewed in groups"),
    ):
        if said != logged:
            yield Problem(where, f"{said} {what}, but {logged} in the interview log")


def _languages(draft: ReportDraft, known: Known) -> Iterator[Problem]:
    """A language that workers speak and in which nobody was asked."""
    if not known.languages or draft.explained("languages"):
        return
    asked = {language.casefold() for language in known.languages}
    for number, language in enumerate(draft.worker_languages or known.worker_languages):
        if language.casefold() not in asked:
            yield Problem(
                f"/worker_languages/{number}" if draft.worker_languages else "/worker_languages",
                f"workers speak {language}, and the interviews were in {', '.join(known.languages)}: "
                "explain who was asked how (languages)",
            )


def _spoken(tenths: int) -> str:
    return f"{tenths // 10}.{tenths % 10}"


def _week(hours: Hours, known: Known) -> list[Problem]:
    """The longest week by itself; only one that can be is held against what is said of it."""
    return [*_hours(hours)] or [*_long_week(hours, known.answers.get(HOURS))]


def _hours(hours: Hours) -> Iterator[Problem]:
    if hours.normal + hours.overtime != hours.total:
        yield Problem(
            "/hours/total",
            f"{_spoken(hours.normal)} normal hours and {_spoken(hours.overtime)} overtime are "
            f"{_spoken(hours.normal + hours.overtime)}, not {_spoken(hours.total)}",
        )
    if hours.total < hours.days * LEAST_OF_A_DAY:
        yield Problem(
            "/hours/total",
            f"{_spoken(hours.total)} hours in a week of {hours.days} days: hours are given in tenths, 480 is 48.0",
        )
    if hours.total > HOURS_OF_A_WEEK:
        yield Problem("/hours/total", f"{_spoken(hours.total)} hours are more than the 168 of a week")
    elif hours.total > hours.days * HOURS_OF_A_DAY:
        yield Problem(
            "/hours/total", f"{_spoken(hours.total)} hours do not fit in {hours.days} days of {HOURS_OF_A_DAY // 10}"
        )


def _long_week(hours: Hours, answer: Answered | None) -> Iterator[Problem]:
    """A longest week over the limit, and an answer to the provision on hours that does not know of it."""
    said = "not answered" if answer is None else (answer.severity or answer.result.replace("_", " "))
    if hours.total > WEEK_PRIORITY:
        if answer is None or answer.severity != "priority":
            yield Problem(
                "/hours/total",
                f"{_spoken(hours.total)} hours in the longest week are over {_spoken(WEEK_PRIORITY)}, which is a "
                f"priority finding on {HOURS}, and {HOURS} is {said}",
            )
    elif hours.total > WEEK_MOST and not (
        answer is not None
        and (answer.severity is not None or (answer.result == "conformance" and says_something(answer.words)))
    ):
        yield Problem(
            "/hours/total",
            f"{_spoken(hours.total)} hours in the longest week are over {_spoken(WEEK_MOST)}, and {HOURS} is {said}: "
            f"file a finding, or say in the answer to {HOURS} which emergency it was that nobody could foresee",
        )


def _sampled(draft: ReportDraft, known: Known) -> Iterator[Problem]:
    """A share of more people than there are is no share: it would make any finding a small one."""
    workers = known.workers(draft)
    if not (workers and known.heads_only):
        return
    for id, answer in known.answers.items():
        if answer.severity is not None and answer.share_rule and (answer.sampled or 0) > workers:
            yield Problem(
                "/workers",
                f"{id}: {answer.sampled} sampled of {workers} workers; answer it again with how many of those sampled "
                "are affected",
            )


def short_records(draft: ReportDraft) -> str:
    """What the payroll records lack of three months, "" when nothing: for the team, who may have seen others."""
    first, last = draft.records_from, draft.records_to
    if first is None or last is None:
        return f"no days of payroll records are given, and at least {MONTHS_OF_RECORDS} months are to be seen"
    after = datetime.combine(last + timedelta(days=1), time.min, tzinfo=UTC)
    if first <= months_before(after, MONTHS_OF_RECORDS).date():
        return ""
    return f"the payroll records seen are of {first} to {last}, less than {MONTHS_OF_RECORDS} months"


def _records(draft: ReportDraft, known: Known) -> Iterator[Problem]:
    first, last = draft.records_from, draft.records_to
    if first is not None and last is not None and last < first:
        yield Problem("/records_to", f"the records end on {last}, before they begin on {first}")
    if last is not None and last > known.ends_on:
        yield Problem("/records_to", f"the records end on {last}, after the audit, which ends on {known.ends_on}")
    elif last is not None and (known.starts_on - last).days > RECORDS_OLD and not draft.explained("records"):
        yield Problem(
            "/records_to",
            f"the records end on {last}, {(known.starts_on - last).days} days before the audit starts on "
            f"{known.starts_on}; more than {RECORDS_OLD}: explain it (records)",
        )
