"""The rulebook: the numbers that decisions are made with, and the words in which each clause is told to people.

Owns the strict reading of `rulebooks/*.toml` into frozen dataclasses. A published rulebook is data that is never
edited: `rulebooks/lock.json` holds the hash of each, and a test compares. There is no expression language: what a
clause tests is a function of `certify.rules` with the same id. Never decides anything.
"""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal, get_args

from ground.canonical import Json, digest, parse_day
from ground.errors import Invalid, Malformed

Stage = Literal["issue", "suspension", "remediation", "revocation", "release", "renewal", "end"]
STAGES: tuple[Stage, ...] = get_args(Stage)

# Every clause, in the order in which they are read and reported. certify.rules has one function for each.
CLAUSES = (
    "I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10", "I11", "I12", "I13",
    "S1", "S2", "S3", "S4", "S5", "S6", "S7", "M1", "V1", "V2", "V3", "R1", "R2", "R3", "N1", "N2", "W1", "E1",
)  # fmt: skip

CURRENT = "freemark-2026.0"  # the rulebook of new decisions
IDENTITY = re.compile(r"[a-z]+-[0-9]{4}\.[0-9]{1,3}\Z")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

# What a unit is, and the largest value it can sensibly have: a typing error of a factor of ten is refused.
UNITS: Mapping[str, int] = {
    "days": 366, "months": 36, "points": 200, "percent": 100, "findings": 100, "provisions": 1000, "workers": 1000,
    "yes or no": 1,
}  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """The numbers, each named as in the TOML, where its unit, origin and meaning stand."""

    audit_age_days: int
    open_majors_most: int
    score_least: int
    score_full: int
    points_priority: int
    points_major: int
    points_minor: int
    score_share_from: int
    not_applicable_most: int
    risk_counts_as_conformance: bool
    interviews_least: int
    major_overdue_days: int
    plan_overdue_days: int
    surveillance_months: int
    surveillance_overdue_days: int
    suspension_core_days: int
    suspension_most_days: int
    reply_days: int
    validity_months: int
    renewal_window_days: int
    sell_through_days: int
    spoilage_percent: int


@dataclass(frozen=True)
class Parameter:
    """One number with its unit, where it comes from, and what it means."""

    name: str
    value: int
    unit: str
    origin: str
    note: str


@dataclass(frozen=True)
class Words:
    """One clause in words; {placeholders} are filled in."""

    id: str
    stage: Stage
    title: str
    text: str
    origin: str


@dataclass(frozen=True)
class Rulebook:
    """A rulebook. sha256: lower-case hex of its canonical JSON, which is what `public` returns.

    agreement: the version of the agreement that holders must have signed. standards: ids that audits may be under.
    """

    id: str
    title: str
    version: str
    approved: bool
    in_force_from: date
    agreement: str
    standards: tuple[str, ...]
    limits: Limits
    parameters: Mapping[str, Parameter]
    clauses: Mapping[str, Words]
    sha256: str
    document: str = field(repr=False)

    def public(self) -> dict[str, Json]:
        """The whole rulebook as JSON for the shelf; its canonical bytes hash to `sha256`."""
        document: dict[str, Json] = json.loads(self.document)
        return document


def current() -> Rulebook:
    """The rulebook of new decisions."""
    return load(CURRENT)


def load(id: str, where: str = "") -> Rulebook:
    """A published rulebook by its id. Invalid at `where` when there is none."""
    if id not in IDS:
        raise Invalid(f"{id[:40]!r} is no rulebook; known: {', '.join(IDS)}", where=where)
    return _load(id)


def read(text: str) -> Rulebook:
    """One rulebook from its TOML. Malformed, with a JSON pointer, for anything missing, unknown or of a wrong type."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Malformed(f"not TOML: {error}") from error
    names = (
        "id", "title", "version", "license", "status", "in_force_from", "agreement", "standards",
        "parameters", "clauses",
    )  # fmt: skip
    _keys(document, names, "")
    parameters = _parameters(document["parameters"])
    values: dict[str, Any] = {name: parameter.value for name, parameter in parameters.items()}  # types were checked
    _text(document, "license", "")
    return Rulebook(
        id=_matching(_text(document, "id", ""), "/id"),
        title=_text(document, "title", ""),
        version=_text(document, "version", ""),
        approved=_status(_text(document, "status", "")),
        in_force_from=parse_day(document["in_force_from"], "/in_force_from"),
        agreement=_text(document, "agreement", ""),
        standards=_standards(document["standards"]),
        limits=Limits(**values),
        parameters=MappingProxyType(parameters),
        clauses=MappingProxyType(_clauses(document["clauses"], parameters)),
        sha256=digest(document),
        document=json.dumps(document),
    )


def _parameters(value: Json) -> dict[str, Parameter]:
    fields = dataclasses.fields(Limits)
    _keys(value, tuple(field.name for field in fields), "/parameters")
    return {field.name: _parameter(field.name, field.type == "bool", value[field.name]) for field in fields}


def _parameter(name: str, switch: bool, part: Json) -> Parameter:
    where = f"/parameters/{name}"
    _keys(part, ("value", "unit", "origin", "note"), where)
    unit, value = _text(part, "unit", where), part["value"]
    if unit not in UNITS or switch != (unit == "yes or no"):
        raise Malformed(f"{unit!r} is not a unit of {name}", where=f"{where}/unit")
    if type(value) is not (bool if switch else int) or not 0 <= value <= UNITS[unit]:
        kind = "true or false" if switch else f"an integer from 0 to {UNITS[unit]}"
        raise Malformed(f"{name} must be {kind}", where=f"{where}/value")
    return Parameter(name, value, unit, _text(part, "origin", where), _text(part, "note", where))


def _clauses(value: Json, parameters: Mapping[str, Parameter]) -> dict[str, Words]:
    if not isinstance(value, list):
        raise Malformed("clauses must be an array of tables", where="/clauses")
    clauses: dict[str, Words] = {}
    for place, part in enumerate(value):
        words = _words(part, parameters, f"/clauses/{place}")
        if words.id in clauses:
            raise Malformed(f"{words.id} stands twice", where=f"/clauses/{place}/id")
        clauses[words.id] = words
    if missing := [id for id in CLAUSES if id not in clauses]:
        raise Malformed(f"the clause {missing[0]} is missing", where="/clauses")
    return {id: clauses[id] for id in CLAUSES}


def _words(part: Json, parameters: Mapping[str, Parameter], where: str) -> Words:
    _keys(part, ("id", "stage", "title", "text", "origin"), where)
    id, stage = _text(part, "id", where), _text(part, "stage", where)
    if id not in CLAUSES:
        raise Malformed(f"{id!r} is not a clause", where=f"{where}/id")
    for known in STAGES:
        if known == stage:
            text = _filled(_text(part, "text", where), parameters, f"{where}/text")
            return Words(id, known, _text(part, "title", where), text, _text(part, "origin", where))
    raise Malformed(f"{stage!r} is none of {', '.join(STAGES)}", where=f"{where}/stage")


def _filled(text: str, parameters: Mapping[str, Parameter], where: str) -> str:
    names = PLACEHOLDER.findall(text)
    if unknown := [name for name in names if name not in parameters]:
        raise Malformed(f"{{{unknown[0]}}} is not a parameter", where=where)
    filled = PLACEHOLDER.sub(lambda match: str(parameters[match[1]].value), text)
    if "{" in filled or "}" in filled:
        raise Malformed("a brace without its partner", where=where)
    return filled


def _keys(value: Json, names: tuple[str, ...], where: str) -> None:
    """Exactly these keys, in a table."""
    if not isinstance(value, dict):
        raise Malformed("a table was expected", where=where)
    if missing := [name for name in names if name not in value]:
        raise Malformed(f"{missing[0]!r} is missing", where=f"{where}/{missing[0]}")
    if unknown := sorted(value.keys() - set(names)):
        raise Malformed(f"{unknown[0]!r} is not known", where=f"{where}/{unknown[0]}")


def _text(part: Mapping[str, Json], key: str, where: str) -> str:
    value = part[key]
    if not isinstance(value, str) or not value or value != value.strip() or "\n" in value:
        raise Malformed(f"{key} must be one line of text without blanks at its ends", where=f"{where}/{key}")
    return value


def _matching(id: str, where: str) -> str:
    if not IDENTITY.match(id):
        raise Malformed(f"{id[:40]!r} is not of the form {IDENTITY.pattern}", where=where)
    return id


def _status(word: str) -> bool:
    if word not in ("draft", "approved"):
        raise Malformed(f"{word!r} is neither draft nor approved", where="/status")
    return word == "approved"


def _standards(value: Json) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or len(set(map(str, value))) != len(value):
        raise Malformed("standards must name each standard once, and at least one", where="/standards")
    for place, id in enumerate(value):
        if not isinstance(id, str) or not IDENTITY.match(id):
            raise Malformed(f"{str(id)[:40]!r} is not the id of a standard", where=f"/standards/{place}")
    return tuple(value)


@cache
def _load(id: str) -> Rulebook:
    rulebook = read((FOLDER / f"{id}.toml").read_text(encoding="utf-8"))
    if rulebook.id != id:
        raise Malformed(f"the file {id}.toml holds {rulebook.id}")
    return rulebook


FOLDER = files("certify") / "rulebooks"
IDS: tuple[str, ...] = tuple(
    sorted(entry.name.removesuffix(".toml") for entry in FOLDER.iterdir() if entry.name.endswith(".toml"))
)
