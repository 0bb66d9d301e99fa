"""What the rules may know about one site: visits, findings, corrective actions, as frozen facts.

Owns the shape of the audits part of a dossier and its JSON, from which a decision can be replayed years later: to_json
and from_json lose nothing and refuse anything else. A field that came later is marked LATER and left out while it says
nothing, so that older records keep their bytes. Pure: no database, no clock. There is no worker in here, and no name of
any natural person: auditors are random ids.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from ground.canonical import Json, instant, parse_day, parse_instant
from ground.errors import Malformed

Severity = Literal["priority", "major", "minor", "risk", "opportunity"]
AuditType = Literal[
    "initial", "periodic", "surveillance", "closure", "priority_closure", "forced_labour", "for_cause"
]  # fmt: skip
Notice = Literal["announced", "semi_announced", "unannounced"]
VisitOutcome = Literal["completed", "interrupted", "access_denied", "unsafe"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)  # gravest first
AUDIT_TYPES: tuple[AuditType, ...] = get_args(AuditType)
NOTICES: tuple[Notice, ...] = get_args(Notice)
VISIT_OUTCOMES: tuple[VisitOutcome, ...] = get_args(VisitOutcome)
LATER = {"later": True}  # metadata of a field that the first version did not have: it has a default that says nothing

INTERVIEWS_AT_LEAST = 10  # DOMAIN.md 7.8 [P]; the square root above it is RBA's sampling [S2]


def interviews_needed(workers: int) -> int:
    """Workers to be interviewed at a site of `workers`: min(N, max(10, ceil(sqrt N))), and everybody below 10."""
    return min(workers, max(INTERVIEWS_AT_LEAST, math.isqrt(max(workers - 1, 0)) + 1))


@dataclass(frozen=True)
class Action:
    """The site's corrective action on one finding. The dues are None until their clock has started, or when the
    severity has no such clock (an opportunity; a finding whose report is not released yet)."""

    submitted_at: datetime | None = None
    approved_at: datetime | None = None
    completed_at: datetime | None = None
    cap_due: datetime | None = None
    approve_due: datetime | None = None
    close_due: datetime | None = None


@dataclass(frozen=True)
class Finding:
    """One answer that is not conformance. released_at: when the site could read it (at once for a priority finding,
    else the submission of the report). closed_by: the closure audit that found conformance."""

    id: str
    audit: str
    provision: str
    topic: str
    core: bool
    severity: Severity
    zero_tolerance: bool
    deliberate: bool
    concealed: bool
    discovered_at: datetime
    released_at: datetime | None
    containment_due: datetime | None
    contained_at: datetime | None
    closed_at: datetime | None
    closed_by: str | None
    closed_on_site: bool
    action: Action
    held_until: datetime | None = field(default=None, metadata=LATER)
    """Of an alert that the site does not know of yet: when it takes effect by itself. None once it is released."""
    escalated: str = field(default="", metadata=LATER)
    """Why the severity is graver than was proposed: "share", "repeat", "many_minors", or ""."""
    disclosed_at: datetime | None = field(default=None, metadata=LATER)
    """The site told of it itself, before any audit or complaint did."""
    remedied_at: datetime | None = field(default=None, metadata=LATER)
    """Everybody affected had what they were owed: fees repaid and confirmed, papers back, a safe place."""
    worst_form: bool = field(default=False, metadata=LATER)
    by_management: bool = field(default=False, metadata=LATER)
    verify: Literal["", "on_site", "on_site_interviews"] = field(default="", metadata=LATER)
    """How its provision is verified, where a desk is not enough."""

    @property
    def open(self) -> bool:
        return self.closed_at is None


@dataclass(frozen=True)
class Stratum:
    """A group of workers that the sample must not pass over. name: such as "women", "migrant", "agency:org_..."."""

    name: str
    size: int
    interviewed: int


@dataclass(frozen=True)
class Visit:
    """One audit. Until its submission the report is None and the counts of people and answers are 0, except
    `unanswered`. applicable = conforming + findings; not_reviewed counts only what was said to be not reviewed."""

    id: str
    type: AuditType
    standard: str
    firm: str
    team: tuple[str, ...]
    starts_on: date
    ends_on: date
    announced: bool
    submitted_at: datetime | None
    report: str | None
    workers: int
    interviews: int
    files_reviewed: int
    conforming: int
    applicable: int
    not_applicable: int
    not_reviewed: int
    unanswered: int
    remote: bool = False
    notice: str = field(default="", metadata=LATER)
    """One of NOTICES; "" in records from before there were three kinds (`announced` says which of two it was)."""
    outcome: VisitOutcome = field(default="completed", metadata=LATER)
    effort_needed: int = field(default=0, metadata=LATER)
    effort_spent: int = field(default=0, metadata=LATER)
    """Tenths of a man-day. effort_needed 0: not computed, under a standard that knows no table of man-days."""
    off_site: int = field(default=0, metadata=LATER)
    """Of the interviews, those off site or by telephone."""
    strata: tuple[Stratum, ...] = field(default=(), metadata=LATER)
    signed: bool = field(default=False, metadata=LATER)
    """The report was signed by an auditor of the team with an enrolled key."""
    objections: tuple[str, ...] = field(default=(), metadata=LATER)
    """What speaks against firm or team on the days of the audit: not approved, expired, a conflict. Ids, no names."""
    in_a_row: int = field(default=0, metadata=LATER)
    """How many audits in a row the lead auditor has led at this site, this one included; 0: not computed."""
    version: int = field(default=1, metadata=LATER)
    """Of the report: amendments are new signed versions."""
    by_others: bool = field(default=False, metadata=LATER)
    """Interrupted, and not by the site: a flood, a strike of the trains. It counts neither way."""

    @property
    def interviews_needed(self) -> int:
        return interviews_needed(self.workers)


@dataclass(frozen=True)
class Hit:
    """A likeness between a site, its owner or an agent and an entry of an exclusion list. strength: what agreed.

    Only "confirmed" blocks; a name that is alike never does by itself. "delisted": the list dropped the entry.
    """

    id: str
    list: str
    strength: Literal["identifier", "name_and_place", "name"]
    state: Literal["open", "dismissed", "confirmed", "delisted"]
    at: datetime


@dataclass(frozen=True)
class Concern:
    """What workers, NGOs or consumers reported, assessed by a person. sources: independent ones on site and topic."""

    id: str
    topic: str
    core: bool
    sources: int
    credible_at: datetime | None
    resolved_at: datetime | None


@dataclass(frozen=True)
class Check:
    """A question that is asked again after a while: was anybody made to suffer for talking, did the money stay."""

    kind: Literal["retaliation_30", "retaliation_90", "repayment_90"]
    about: str
    due: datetime
    done_at: datetime | None
    result: Literal["", "clear", "harm"]


@dataclass(frozen=True)
class SiteFacts:
    """All facts about one site. visits: oldest first (starts_on, id). findings: by (discovered_at, id). Ordinary
    findings of an audit that is still being written are not facts; a released priority finding is."""

    site: str
    organisation: str
    kind: str
    country: str
    workers: int
    visits: tuple[Visit, ...]
    findings: tuple[Finding, ...]
    screened_at: datetime | None = field(default=None, metadata=LATER)
    """When site and owner were last held against every exclusion list in use."""
    hits: tuple[Hit, ...] = field(default=(), metadata=LATER)
    subcontractors: tuple[str, ...] = field(default=(), metadata=LATER)
    """Sites known to work for this one."""
    refreshed_at: datetime | None = field(default=None, metadata=LATER)
    """When the holder last confirmed the list of subcontractors and agents."""
    concerns: tuple[Concern, ...] = field(default=(), metadata=LATER)
    checks: tuple[Check, ...] = field(default=(), metadata=LATER)


def to_json(facts: SiteFacts) -> dict[str, Json]:
    """The facts as JSON: instants and days as strings, tuples as arrays, None as null.

    Raises ValueError for an instant with a fraction of a second: it would not come back.
    """
    document: dict[str, Json] = encode(facts)
    return document


def from_json(document: Json, where: str = "") -> SiteFacts:
    """The facts that `to_json` wrote. Malformed, with a JSON pointer, for a missing or unknown key or another type."""
    return decode(SiteFacts, document, where)


T = TypeVar("T")
Reader = Callable[[Json, str], Any]


def encode(value: Any) -> Json:
    """A frozen dataclass of str, int, bool, day, instant, None, tuples and other such dataclasses, as JSON."""
    match value:
        case None | bool() | int() | str():
            return value
        case datetime():
            if value.microsecond:
                raise ValueError(f"{value.isoformat()} has a fraction of a second and would not come back")
            return instant(value)
        case date():
            return value.isoformat()
        case tuple():
            return [encode(item) for item in value]
        case _ if dataclasses.is_dataclass(value):
            said = ((name, getattr(value, name), silent) for name, silent in _fields(type(value)))
            return {name: encode(given) for name, given, silent in said if silent is EVERY or given != silent}
    raise TypeError(f"{type(value).__name__} has no place in a fact")


def decode(kind: type[T], value: Json, where: str = "") -> T:
    """The dataclass of type `kind` that `encode` wrote. Every key is required unless it is LATER; none may be added."""
    if not isinstance(value, dict):
        raise Malformed("an object was expected", where=where)
    readers, required = _plan(kind)
    if not required <= value.keys():
        raise Malformed(f"{min(required - value.keys())!r} is missing", where=where)
    if not value.keys() <= readers.keys():
        unknown = min(value.keys() - readers.keys())
        raise Malformed(f"{unknown!r} is not known", where=f"{where}/{unknown}")
    return kind(**{name: readers[name](item, f"{where}/{name}") for name, item in value.items()})


EVERY = object()  # stands for: always written
_SHAPES: dict[Any, tuple[tuple[str, Any], ...]] = {}  # looking a class over costs more than writing it
_PLANS: dict[Any, tuple[dict[str, Reader], frozenset[str]]] = {}


def _fields(kind: Any) -> tuple[tuple[str, Any], ...]:
    """(name, the value under which it is left out, or EVERY)."""
    if kind not in _SHAPES:
        _SHAPES[kind] = tuple(
            (f.name, f.default if f.metadata.get("later") else EVERY) for f in dataclasses.fields(kind)
        )
    return _SHAPES[kind]


def _plan(kind: Any) -> tuple[dict[str, Reader], frozenset[str]]:
    """(how to read each field, the fields that must be there)."""
    if kind not in _PLANS:
        required = frozenset(name for name, silent in _fields(kind) if silent is EVERY)
        _PLANS[kind] = {name: _reader(hint) for name, hint in get_type_hints(kind).items()}, required
    return _PLANS[kind]


def _reader(hint: Any) -> Reader:
    """How to read a value of this type; looked up once, because looking at a type costs more than reading a value."""
    arguments = get_args(hint)
    if get_origin(hint) in (UnionType, Union):
        (given,) = (argument for argument in arguments if argument is not type(None))
        read_given = _reader(given)
        return lambda value, where: None if value is None else read_given(value, where)
    if get_origin(hint) is Literal:
        return lambda value, where: _word(arguments, value, where)
    if get_origin(hint) is tuple:
        read_item = _reader(arguments[0])
        return lambda value, where: _items(read_item, value, where)
    if hint is datetime:
        return parse_instant
    if hint is date:
        return parse_day
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        kind: type[Any] = hint
        return lambda value, where: decode(kind, value, where)
    return lambda value, where: _plain(hint, value, where)


def _word(words: tuple[Any, ...], value: Json, where: str) -> Json:
    if value not in words or not isinstance(value, str):
        raise Malformed(f"{str(value)[:40]!r} is none of {', '.join(words)}", where=where)
    return value


def _items(read: Reader, value: Json, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise Malformed("an array was expected", where=where)
    return tuple([read(item, f"{where}/{number}") for number, item in enumerate(value)])


def _plain(kind: Any, value: Json, where: str) -> Json:
    if type(value) is not kind:  # not isinstance: true is not 1
        raise Malformed(f"{kind.__name__} was expected", where=where)
    return value
