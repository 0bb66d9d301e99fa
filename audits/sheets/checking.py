"""A filled sheet, before anything is believed of it: the same checks for a workbook and for JSON, every fault listed.

Owns the way from raw values to rows and figures, and what can be said of them with the standard alone: shapes, limits
of severity, what belongs together. Each fault has its place. Pure: whether an answer still fits the audit is known
where the rows are (`audits.sheets.service`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from audits import standard
from audits.drafts import AnswerDraft, Channel, Result, check_answer
from audits.facts import AUDIT_TYPES, Severity, VisitOutcome
from audits.rules import Share
from audits.sheets.content import (
    FIGURES,
    FORMAT,
    MOST_COUNT,
    MOST_EVIDENCE,
    MOST_LANGUAGES,
    MOST_TENTHS,
    Figure,
    Head,
    Kind,
    Row,
    checksum,
    marks,
    version_of,
)
from audits.standard import Provision, Standard
from ground.bodies import Body, Day, Line, Prose
from ground.canonical import Json
from ground.errors import Conflict, Invalid

MOST_FAULTS = 500  # of one sheet; nobody reads more
SHOWN_FAULTS = 5  # of them, in one line for people
ALERT_WORDS = ("zero_tolerance", "zero tolerance", "zero", "zt", "alert")
ALERTS = "POST /v1/audits/{audit}/alerts"
ANEW = "get a new sheet of the audit and copy your answers into it"

Count = Annotated[int, Field(ge=0, le=MOST_COUNT)]


class RowShape(Body):
    result: Result
    severity: Severity | None = None
    affected: Count | None = None
    sampled: Annotated[int, Field(ge=1, le=MOST_COUNT)] | None = None
    description: Prose | None = None
    evidence: list[Line] = Field(default=[], max_length=MOST_EVIDENCE)
    deliberate: bool = False
    concealed: bool = False
    worst_form: bool = False
    by_management: bool = False


_STRICT = ConfigDict(strict=True)
_SHAPES: Mapping[Kind, TypeAdapter[Any]] = {
    "count": TypeAdapter(Count, config=_STRICT),
    "tenths": TypeAdapter(Annotated[int, Field(ge=0, le=MOST_TENTHS)], config=_STRICT),
    "days": TypeAdapter(Annotated[int, Field(ge=1, le=7)], config=_STRICT),
    "line": TypeAdapter(Line, config=_STRICT),
    "prose": TypeAdapter(Prose, config=_STRICT),
    "lines": TypeAdapter(Annotated[list[Line], Field(min_length=1, max_length=MOST_LANGUAGES)], config=_STRICT),
    "day": TypeAdapter(Day, config=_STRICT),
    "flag": TypeAdapter(bool, config=_STRICT),
    "outcome": TypeAdapter(VisitOutcome, config=_STRICT),
}


@dataclass(frozen=True)
class Place:
    """pointer: into the request. cell: such as "Provisions!J17"; "" in JSON."""

    pointer: str
    cell: str = ""

    def __str__(self) -> str:
        return self.cell or self.pointer


@dataclass(frozen=True)
class Fault:
    """key: the provision or figure that is therefore not known, "" for none."""

    place: Place
    words: str
    key: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.words}"


class FaultySheet(Invalid):
    """Every fault of a sheet; nothing of it was filed."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(in_order(faults)[:MOST_FAULTS])
        count = f"{len(faults)} errors" if len(faults) > 1 else "1 error"
        shown = "; ".join(map(str, self.faults[:SHOWN_FAULTS]))
        super().__init__(f"{count}, nothing was filed: {shown}", where=self.faults[0].place.pointer)


def in_order(faults: Sequence[Fault]) -> list[Fault]:
    """As a person goes through the sheet: by page, row and column; in JSON as they were found."""

    def key(fault: Fault) -> tuple[str, int, int, str]:
        page, _, cell = fault.place.cell.partition("!")
        letters = cell.rstrip("0123456789")
        return (page, int(cell[len(letters) :] or 0), len(letters), letters)

    return sorted(faults, key=key)


@dataclass(frozen=True)
class Given:
    """What an encoding found in a sheet: raw values, and where each stands. `rows` and `figures` have JSON values, and
    no keys for what is empty. faults: of cells that hold no such value at all."""

    head: Mapping[str, Json]
    checksum: Json
    base: Mapping[str, str]
    rows: Mapping[str, Mapping[str, Json]]
    figures: Mapping[str, Json]
    place: Callable[[str, str], Place]
    """Of a key (a provision or a figure) and a field, "" for the key itself."""
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Filled:
    """A sheet without faults of shape: what it says under each key."""

    head: Head
    base: Mapping[str, str]
    rows: Mapping[str, Row]
    figures: Mapping[str, Json]
    place: Callable[[str, str], Place]
    faults: tuple[Fault, ...] = ()
    """Of keys that are therefore in neither rows nor figures."""

    def changed(self) -> tuple[str, ...]:
        """The keys under which it says something else than when it was made; none that has a fault."""
        now = marks(self.values())
        faulty = {fault.key for fault in self.faults}
        return tuple(
            key for key in {**self.base, **now} if now.get(key, "") != self.base.get(key, "") and key not in faulty
        )

    def values(self) -> dict[str, Json]:
        return {**{id: row.to_json() for id, row in self.rows.items()}, **self.figures}


def catalogue_of(head: Head) -> Standard:
    """The standard that a sheet says it is under, with its profiles. Invalid when there is none."""
    return standard.load(head.standard, where="/head/standard").with_profiles(head.profiles, where="/head/profiles")


def read_head(given: Given) -> Head:
    """What the sheet is of, as it says itself. Invalid when it is no sheet of ours."""
    head = given.head
    texts = ("audit", "site", "place", "type", "starts_on", "ends_on", "standard", "standard_sha256", "version")
    said: dict[str, Any] = {name: head.get(name) for name in texts}
    profiles, remote = head.get("profiles"), head.get("remote")
    listed = isinstance(profiles, list) and all(isinstance(id, str) for id in profiles)
    if not (listed and isinstance(remote, bool) and all(isinstance(text, str) and text for text in said.values())):
        raise Invalid(f"this does not say which audit it is a sheet of; {ANEW}")
    if said["type"] not in AUDIT_TYPES:
        raise Invalid(f"{str(said['type'])[:40]!r} is no kind of audit; {ANEW}")
    return Head(**said, profiles=tuple(profiles or ()), remote=remote)


def check_head(given: Given, head: Head, catalogue: Standard, *, audit: str = "") -> None:
    """Return if this is a sheet of that audit as it is now. Conflict when it is of another audit, another standard or
    another version of the sheet; Invalid when something in it was changed that is locked."""
    if audit and head.audit != audit:
        raise Conflict(
            f"this is a sheet of {head.audit[:40]} ({head.starts_on[:10]} to {head.ends_on[:10]}), not of {audit}"
        )
    if (head.standard, head.standard_sha256) != (catalogue.id, catalogue.sha256):
        raise Conflict(
            f"this sheet asks {head.standard[:40]} ({head.standard_sha256[:12]}), and the audit is under "
            f"{catalogue.id} ({catalogue.sha256[:12]}); {ANEW}"
        )
    if head.version != (now := version_of(catalogue)):
        number = head.version.split("-")[1] if head.version.count("-") == 2 else ""
        older = "older" if number.isdecimal() and len(number) < 6 and int(number) < FORMAT else "another"
        raise Conflict(f"this is {older} version of the sheet, {head.version[:40]}, and {now} is taken; {ANEW}")
    if given.checksum != checksum(head, given.base):
        raise Invalid(f"something locked was changed in this sheet, or rows were copied from another one; {ANEW}")


def understand(given: Given, catalogue: Standard) -> Filled:
    """Rows and figures, and the fault of everything that is not one."""
    faults = list(given.faults)
    rows: dict[str, Row] = {}
    figures: dict[str, Json] = {}
    for key, raw in given.rows.items():
        if key not in catalogue.provisions:
            faults.append(Fault(given.place(key, ""), f"{key[:40]!r} is no provision of this audit", key))
            continue
        found = list(_row_faults(key, raw, given, catalogue))
        faults += found
        if not found and not any(fault.key == key for fault in given.faults):
            rows[key] = _row(raw)
    for name, raw in given.figures.items():
        if name not in FIGURES:
            faults.append(Fault(given.place(name, ""), f"{name[:40]!r} is no figure of a report", name))
            continue
        value, words = _figure(FIGURES[name], raw)
        if words:
            faults.append(Fault(given.place(name, ""), words, name))
        else:
            figures[name] = value
    return Filled(read_head(given), given.base, rows, figures, given.place, tuple(faults))


def faults_of(filled: Filled, keys: Collection[str], catalogue: Standard) -> Iterator[Fault]:
    """What the standard alone has against the answers to these provisions, in its order."""
    channel: Channel = "answers" if catalogue.fieldwork is None else "fieldwork"
    share = Share.of(catalogue)
    for id, provision in catalogue.provisions.items():
        if id not in keys:
            continue
        row = filled.rows.get(id)
        if row is None:
            words = f"{id} was answered and is empty here; an answer is replaced, never taken away"
            yield Fault(filled.place(id, "result"), words, id)
            continue
        for name, words in _against(row.draft(id), provision, filled.head, share, channel):
            yield Fault(filled.place(id, name), words, id)


def _against(
    draft: AnswerDraft, provision: Provision, head: Head, share: Share, channel: Channel
) -> Iterator[tuple[str, str]]:
    """(field, words) of everything that is wrong with one answer, each found with the ones before put right."""
    for _ in range(len(RowShape.model_fields)):
        try:
            check_answer(draft, provision, head.type, remote=head.remote, share=share, channel=channel)
            return
        except Invalid as error:
            name = error.where.strip("/")
            yield ("severity" if name == "release" else name), error.detail
        if name == "result":
            return
        draft = _right(draft, provision, name)


def _right(draft: AnswerDraft, provision: Provision, name: str) -> AnswerDraft:
    """The draft with this field as it could be, so that the next fault is seen."""
    if name == "severity" and draft.result == "finding":
        return replace(draft, severity=provision.ceiling, release="now" if provision.ceiling == "priority" else None)
    if name in ("affected", "sampled"):
        return replace(draft, affected=0, sampled=1)
    if name == "severity":
        return replace(draft, severity=None, release=None)
    right: dict[str, Any] = {"description": "Said in words."} if name == "description" else {name: False}
    return replace(draft, **right)


def _row_faults(key: str, raw: Mapping[str, Json], given: Given, catalogue: Standard) -> Iterator[Fault]:
    """Faults of shape. Nothing is said twice of one place."""
    bad = {fault.place for fault in given.faults}
    plain = {name: value for name, value in raw.items() if name not in ("zero_tolerance", "release")}
    if raw.get("zero_tolerance"):
        yield Fault(given.place(key, "zero_tolerance"), _no_alert(catalogue), key)
    if str(plain.get("severity")).lower() in ALERT_WORDS:
        yield Fault(given.place(key, "severity"), _no_alert(catalogue), key)
        del plain["severity"]
    try:
        RowShape.model_validate(plain)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            name, *rest = (str(part) for part in fault["loc"])
            place = given.place(key, "/".join((name, *rest)))
            if place in bad:
                continue
            if name == "result" and fault["type"] == "missing":
                yield Fault(place, f"there is no result, but {', '.join(plain)} is filled in", key)
            else:
                entry = f"entry {int(rest[0]) + 1}: " if rest and rest[0].isdecimal() else ""
                yield Fault(place, entry + _said(fault["msg"]), key)


def _no_alert(catalogue: Standard) -> str:
    """What is said to whoever writes zero tolerance into a sheet."""
    if catalogue.fieldwork is None:
        return "zero tolerance never travels in a sheet; file this one with POST /v1/audits/{audit}/answers"
    return f"zero tolerance never travels in a sheet; leave the row empty and raise an alert: {ALERTS}"


def _row(raw: Mapping[str, Json]) -> Row:
    plain = {name: value for name, value in raw.items() if name in RowShape.model_fields}
    shape = RowShape.model_validate(plain)
    return Row(**{**shape.model_dump(), "description": shape.description or "", "evidence": tuple(shape.evidence)})


def _figure(figure: Figure, raw: Json) -> tuple[Json, str]:
    """(the value, "") or (None, what is wrong with it)."""
    try:
        value = _SHAPES[figure.kind].validate_python(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return None, _said(first["msg"])
    return (value.isoformat() if figure.kind == "day" else value), ""


def _said(words: str) -> str:
    plain = words.removeprefix("Value error, ")
    return plain[:1].lower() + plain[1:]
