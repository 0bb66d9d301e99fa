"""What a sheet says: one row for each provision, the figures of the report, and what both were when it was made.

Owns the content that the workbook and the JSON are two encodings of, its marks (a hash of each row as exported, by
which two sheets are merged later) and the checksum over everything that is locked. Pure. There is no place in it for an
interview, an alert, zero tolerance or a stratum: those never travel in a spreadsheet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from audits.drafts import EXPLAINED, WHOLE, AnswerDraft, Result, always_applies
from audits.facts import SEVERITIES, VISIT_OUTCOMES, AuditType, Severity
from audits.standard import Provision, Standard
from ground.canonical import Json, digest, nfc

FORMAT = 2  # of both encodings; a sheet of another one is not read
MOST_COUNT = 1_000_000  # people, files or places; as of a site (ground.parties)
MOST_TENTHS = 10_000
MOST_EVIDENCE = 20
MOST_LANGUAGES = 40
RESULTS: tuple[Result, ...] = get_args(Result)
FLAGS = ("deliberate", "concealed", "worst_form", "by_management")
FIELDS = ("result", "severity", "affected", "sampled", "description", "evidence", *FLAGS)
_NOTHING = ("\ufffe", "\uffff")  # no characters; a workbook cannot hold them

Kind = Literal["count", "tenths", "days", "line", "prose", "lines", "day", "flag", "outcome"]


@dataclass(frozen=True)
class Figure:
    """One figure of the report. hint: what people read beside it."""

    name: str
    kind: Kind
    label: str
    hint: str = ""


_WHY = {
    "id_papers": "identity papers and workers differ",
    "list": "the list of workers and the workers differ",
    "register": "the workers and the site's entry in the register differ",
    "languages": "interview languages and workers' languages differ",
    "records": "the payroll records do not cover the year",
}
FIGURES: Mapping[str, Figure] = {
    each.name: each
    for each in (
        Figure("workers", "count", "Workers on site", "during the audit, whoever employs them"),
        Figure("payroll_workers", "count", "Workers on the payroll"),
        Figure("payroll_note", "prose", "Why the two differ", "when they do"),
        Figure("interviews_individual", "count", "Workers interviewed alone", "the count only, never notes"),
        Figure("interviews_group", "count", "Workers interviewed in groups", "workers, not groups; the count only"),
        Figure("files_reviewed", "count", "Personnel files reviewed"),
        Figure("closing_meeting_on", "day", "Day of the closing meeting", "such as 2026-06-04"),
        Figure("summary", "prose", "Summary of the visit", "no names of people"),
        Figure("id_papers", "count", "Workers whose identity papers were seen"),
        Figure("listed_workers", "count", "Names on the list that the sample was drawn from"),
        Figure("worker_languages", "lines", "Languages that workers speak", "such as bn; one to a line"),
        Figure("hours_normal", "tenths", "Longest week: normal hours", "such as 48 or 47.5"),
        Figure("hours_overtime", "tenths", "Longest week: overtime hours"),
        Figure("hours_total", "tenths", "Longest week: all hours"),
        Figure("hours_days", "days", "Longest week: days worked", "1 to 7"),
        Figure("records_from", "day", "Payroll records from"),
        Figure("records_to", "day", "Payroll records to"),
        *(Figure(f"explain_{of}", "prose", f"Explanation: {_WHY[of]}", "when they do") for of in EXPLAINED),
        Figure("outcome", "outcome", "Outcome of the visit", "unsafe: leaving has no penalty"),
        Figure("outcome_by_site", "flag", "Was it the site that kept the visit from being whole?"),
        Figure("outcome_note", "prose", "What happened", "unless the visit was completed"),
    )
}
OUTCOMES = VISIT_OUTCOMES


@dataclass(frozen=True)
class Row:
    """What is said to one provision. severity: as the auditor proposes it, never what the rules made of it."""

    result: Result
    severity: Severity | None = None
    affected: int | None = None
    sampled: int | None = None
    description: str = ""
    evidence: tuple[str, ...] = ()
    deliberate: bool = False
    concealed: bool = False
    worst_form: bool = False
    by_management: bool = False

    def to_json(self) -> dict[str, Json]:
        return {
            **{name: getattr(self, name) for name in FIELDS},
            "evidence": list(self.evidence),
        }

    def draft(self, provision: str) -> AnswerDraft:
        """As it is filed. A priority finding is one that the site is told of at once: alerts do not come this way."""
        told = self.result == "finding" and self.severity == "priority"
        return AnswerDraft(
            provision=provision,
            release="now" if told else None,
            **{name: getattr(self, name) for name in FIELDS},
        )


Value = dict[str, Json] | str | int | bool | list[str]
"""What stands under a key: the JSON of a row, or a figure."""


@dataclass(frozen=True)
class Head:
    """What a sheet is of. place: the site's name, for people. version: of the sheet, see `version_of`."""

    audit: str
    site: str
    place: str
    type: AuditType
    remote: bool
    starts_on: str
    ends_on: str
    standard: str
    standard_sha256: str
    profiles: tuple[str, ...]
    version: str

    def to_json(self) -> dict[str, Json]:
        return {**vars(self), "profiles": list(self.profiles)}


@dataclass(frozen=True)
class Sheet:
    """rows: of answered provisions; figures: those that are there. base: key -> mark of everything that was there when
    the sheet was made, so that a sheet as it was made has `marks(sheet) == base`. standing: provisions whose finding
    the site has: they are shown, and are not answered again."""

    head: Head
    rows: Mapping[str, Row]
    figures: Mapping[str, Json]
    base: Mapping[str, str]
    standing: frozenset[str] = frozenset()

    def values(self) -> dict[str, Json]:
        """Key -> what stands there: provisions, then figures."""
        return {**{id: row.to_json() for id, row in self.rows.items()}, **self.figures}


def sheet_of(head: Head, values: Mapping[str, Json], base: Mapping[str, str]) -> Sheet:
    """The sheet that says this. values: as of `Sheet.values`."""
    rows = {key: value for key, value in values.items() if key not in FIGURES}
    return Sheet(
        head,
        {id: Row(**{**row, "evidence": tuple(row["evidence"])}) for id, row in rows.items()},
        {name: value for name, value in values.items() if name in FIGURES},
        base,
    )


def mark(value: Json) -> str:
    """What a value is known by in another sheet; "" for nothing. 128 bits of its hash."""
    return "" if value is None else digest(value)[:32]


def marks(values: Mapping[str, Json]) -> dict[str, str]:
    return {key: mark(value) for key, value in values.items()}


def version_of(catalogue: Standard) -> str:
    """The version of a sheet: its format, and what is asked. Another profile asks something else."""
    asked = [[each.id, each.text, each.floor, each.ceiling] for each in catalogue.provisions.values()]
    return f"sheet-{FORMAT}-{digest(asked)[:12]}"


def checksum(head: Head, base: Mapping[str, str]) -> str:
    """Over what is locked in a sheet. A slip, such as rows copied from a colleague's sheet, is seen by it."""
    return digest([head.to_json(), dict(base)])


def plain(text: str) -> str:
    """Text as a sheet holds it, also where it was filed in another way."""
    for sign in _NOTHING:
        text = text.replace(sign, "")
    return nfc(text.replace("\r\n", "\n")).strip()


def results_for(provision: Provision, type: AuditType, *, remote: bool, fieldwork: bool) -> tuple[Result, ...]:
    """The answers that can be right here, for a drop-down."""
    if remote and not provision.remote_ok:
        return ("not_reviewed",)
    never = {"not_reviewed"} if type in WHOLE else set[str]()
    if always_applies(provision, fieldwork=fieldwork):
        never.add("not_applicable")
    return tuple(result for result in RESULTS if result not in never)


def left_open(provision: Provision, type: AuditType) -> bool:
    """May this kind of audit leave the provision without an answer? Of whole ones as `audits.scope.asked` says."""
    return type not in WHOLE or (type == "forced_labour" and not (provision.core or provision.indicators))


def severities_for(provision: Provision) -> tuple[Severity, ...]:
    """Within the provision's limits, the gravest first."""
    return SEVERITIES[SEVERITIES.index(provision.ceiling) : SEVERITIES.index(provision.floor) + 1]


def flags_for(provision: Provision) -> tuple[str, ...]:
    """The yes-or-no fields that can be yes here."""
    return tuple(
        flag
        for flag in FLAGS
        if not (flag == "worst_form" and provision.topic != "T9")
        and not (flag == "by_management" and provision.topic != "T6")
        and (flag not in ("deliberate", "concealed") or provision.ceiling == "priority")
    )


def report_of(figures: Mapping[str, Json]) -> dict[str, Json]:
    """The figures in the shape in which a report takes them."""
    report = {name: value for name, value in figures.items() if not name.startswith(("hours_", "explain_"))}
    hours = {
        name: figures[f"hours_{name}"] for name in ("normal", "overtime", "total", "days") if f"hours_{name}" in figures
    }
    if hours:
        report["hours"] = hours
    why = [{"of": of, "text": figures[f"explain_{of}"]} for of in EXPLAINED if f"explain_{of}" in figures]
    return {**report, **({"explanations": why} if why else {})}
