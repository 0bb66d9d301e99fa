"""What an auditor or a manufacturer hands in, before it is a row: drafts, and whether one answer holds together.

Pure: shapes and the checks that need only the draft, its provision and the kind of audit. Ranges and lengths are
checked at the border (routes); whether the moment is right is checked where the rows are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from audits.facts import AuditType, Notice, Severity, VisitOutcome
from audits.rules import USUAL, Figures, Share, grade
from audits.standard import Provision
from audits.wording import says_something
from ground.errors import Invalid

Result = Literal["conformance", "not_applicable", "not_reviewed", "finding"]
Explained = Literal["id_papers", "list", "register", "languages", "records"]
EXPLAINED: tuple[Explained, ...] = get_args(Explained)
WHOLE = ("initial", "periodic", "forced_labour")  # kinds that review everything they ask (audits.scope)
FLAGS = ("zero_tolerance", "deliberate", "concealed", "worst_form", "by_management")


@dataclass(frozen=True)
class AuditDraft:
    """team: person ids of the firm, the lead auditor first. effort_planned: tenths of a man-day, 0 when not said."""

    site: str
    type: AuditType
    standard: str
    starts_on: date
    ends_on: date
    team: tuple[str, ...]
    announced: bool
    remote: bool = False
    notice: Notice | None = None
    effort_planned: int = 0


@dataclass(frozen=True)
class AnswerDraft:
    """affected of sampled: workers, files or places. release: "now" tells the site and the scheme at once; "hold" is
    for alerts, and for any priority finding on a provision of zero tolerance. worst_form: of child labour.
    by_management: violence or threats."""

    provision: str
    result: Result
    severity: Severity | None = None
    affected: int | None = None
    sampled: int | None = None
    description: str = ""
    evidence: tuple[str, ...] = ()
    zero_tolerance: bool = False
    deliberate: bool = False
    concealed: bool = False
    release: Literal["now", "hold"] | None = None
    worst_form: bool = False
    by_management: bool = False


@dataclass(frozen=True)
class Explanation:
    """Why two figures differ that should not."""

    of: Explained
    text: str


@dataclass(frozen=True)
class Hours:
    """The longest week in the records, in tenths of an hour; days: worked in it."""

    normal: int
    overtime: int
    total: int
    days: int


@dataclass(frozen=True)
class ReportDraft:
    """The figures that close an audit. payroll_note: why payroll and headcount differ, "" when they do not.

    id_papers: workers whose identity papers were seen. listed_workers: names on the list that the sample was drawn
    from. worker_languages: those that people on site speak with each other. records_from, records_to: the days that the
    payroll records cover. outcome_by_site: it was the site that kept the visit from being whole.
    """

    workers: int
    payroll_workers: int
    interviews_individual: int
    interviews_group: int
    files_reviewed: int
    closing_meeting_on: date | None
    summary: str
    payroll_note: str = ""
    id_papers: int | None = None
    listed_workers: int | None = None
    worker_languages: tuple[str, ...] = ()
    hours: Hours | None = None
    records_from: date | None = None
    records_to: date | None = None
    explanations: tuple[Explanation, ...] = ()
    outcome: VisitOutcome = "completed"
    outcome_by_site: bool = False
    outcome_note: str = ""

    def figures(self, starts_on: date, ends_on: date) -> Figures:
        return Figures(
            starts_on=starts_on,
            ends_on=ends_on,
            workers=self.workers,
            payroll_workers=self.payroll_workers,
            payroll_note=self.payroll_note,
            interviews_individual=self.interviews_individual,
            interviews_group=self.interviews_group,
            files_reviewed=self.files_reviewed,
            closing_meeting_on=self.closing_meeting_on,
        )

    def explained(self, of: Explained) -> bool:
        return any(each.of == of for each in self.explanations)

    @property
    def refused(self) -> bool:
        """The site itself let the visit end early, or not begin: what was not seen counts as not kept."""
        return self.outcome_by_site and self.outcome in ("interrupted", "access_denied")


@dataclass(frozen=True)
class ActionDraft:
    """owner_role: the function that answers for it, never a person's name."""

    root_cause: str
    correction: str
    prevention: str
    owner_role: str
    due_on: date


@dataclass(frozen=True)
class Proof:
    """What shows that something was done: words, and ids of evidence brought to the finding."""

    words: str = ""
    files: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.files)


Channel = Literal["answers", "fieldwork", "amendment", "alert"]
"""How an answer arrives: under a standard without field work, under one with it, in an amendment, or as an alert."""


def check_answer(
    draft: AnswerDraft,
    provision: Provision,
    type: AuditType,
    *,
    remote: bool,
    share: Share = USUAL,
    channel: Channel = "answers",
) -> Severity | None:
    """The severity that counts, None when the answer is no finding. Invalid with a pointer relative to the answer."""
    if remote and draft.result != "not_reviewed" and not provision.remote_ok:
        raise Invalid(f"{provision.id} can only be judged on site, and this audit is remote", where="/result")
    if draft.result == "finding":
        return _check_finding(draft, provision, share, channel)
    for name in ("severity", "release"):
        if getattr(draft, name) is not None:
            raise Invalid(f"{name} belongs to a finding, not to {draft.result}", where=f"/{name}")
    for name in FLAGS:
        if getattr(draft, name):
            raise Invalid(f"{name} belongs to a finding, not to {draft.result}", where=f"/{name}")
    if draft.affected:
        raise Invalid(f"{draft.affected} affected cannot be {draft.result}", where="/affected")
    if draft.result == "not_reviewed" and type in WHOLE:
        raise Invalid(f"a whole audit ({type}) reviews every provision that it asks", where="/result")
    if channel != "answers":
        _check_left_out(draft, provision, remote=remote)
    elif draft.result == "not_applicable" and not draft.description:
        raise Invalid("say why it is not applicable here", where="/description")
    return None


def always_applies(provision: Provision, *, fieldwork: bool) -> bool:
    """May nobody say that it is not applicable? Under a standard with field work that is so of what may be of zero
    tolerance: every workplace can be asked whether there is such a thing."""
    return fieldwork and provision.zero_tolerance


def _check_left_out(draft: AnswerDraft, provision: Provision, *, remote: bool) -> None:
    """An answer that is neither conformance nor finding, under a standard with field work."""
    if draft.result == "not_applicable" and always_applies(provision, fieldwork=True):
        raise Invalid(
            f"{provision.id} may be of zero tolerance and applies everywhere: where there is nothing of the kind, the "
            "answer is conformance",
            where="/result",
        )
    on_site_only = remote and not provision.remote_ok  # that the audit is remote is the reason
    if (
        draft.result in ("not_applicable", "not_reviewed")
        and not on_site_only
        and not says_something(draft.description)
    ):
        raise Invalid(f"say in words why it is {draft.result.replace('_', ' ')} here", where="/description")


def _check_finding(draft: AnswerDraft, provision: Provision, share: Share, channel: Channel) -> Severity:
    if channel == "alert" and not provision.zero_tolerance:
        raise Invalid(
            f"{provision.id} is no provision of zero tolerance: answer it with a finding instead",
            where="/zero_tolerance",
        )
    if draft.severity is None:
        raise Invalid("a finding needs a severity", where="/severity")
    if not draft.description:
        raise Invalid("a finding needs a description: what was seen, where, how many", where="/description")
    if draft.worst_form and provision.topic != "T9":
        raise Invalid(f"worst_form belongs to T9, children, not to {provision.topic}", where="/worst_form")
    if draft.by_management and provision.topic != "T6":
        raise Invalid(f"by_management belongs to T6, violence, not to {provision.topic}", where="/by_management")
    severity = grade(provision, draft.severity, draft.affected, draft.sampled, share)
    if severity != "priority":
        for name in ("zero_tolerance", "deliberate", "concealed"):
            if getattr(draft, name):
                raise Invalid(f"only a priority finding can be {name}", where=f"/{name}")
        if draft.release is not None:
            raise Invalid(f"a {severity} finding is released with the report", where="/release")
        if channel == "alert":
            raise Invalid(f"an alert is a priority finding, and this is {severity}", where="/severity")
        return severity
    if draft.zero_tolerance and not provision.zero_tolerance:
        raise Invalid(f"{provision.id} is no provision of zero tolerance", where="/zero_tolerance")
    _check_release(draft, provision, channel)
    return severity


def holds(draft: AnswerDraft, provision: Provision, channel: Channel) -> bool:
    """Is this priority finding held like an alert? On a provision of zero tolerance nothing else is said unless the
    team says that the site may know now: who filed in haste has told nobody."""
    return channel == "fieldwork" and provision.zero_tolerance and draft.release != "now"


def _check_release(draft: AnswerDraft, provision: Provision, channel: Channel) -> None:
    """Of a priority finding: who is told when."""
    if channel == "alert":
        if not draft.zero_tolerance:
            raise Invalid("an alert is of zero tolerance; other priority findings are answers", where="/zero_tolerance")
        return
    if channel in ("fieldwork", "amendment") and draft.zero_tolerance:
        raise Invalid(
            "a finding of zero tolerance is raised as an alert, which the site does not see while it is held: "
            "POST /v1/audits/{audit}/alerts",
            where="/zero_tolerance",
        )
    if holds(draft, provision, channel):
        return
    if channel == "amendment" and provision.zero_tolerance and draft.release != "now":
        raise Invalid(
            f"an amendment is held by nobody, and {provision.id} is of zero tolerance: raise an alert, which the site "
            'does not see while it is held, or say "release": "now"',
            where="/release",
        )
    if draft.release is None:
        raise Invalid('a priority finding needs "release": "now"', where="/release")
    if draft.release == "hold":
        raise Invalid(
            f"{provision.id} is no provision of zero tolerance: a priority finding on it is released now",
            where="/release",
        )
