"""The strict reading of a rulebook's TOML: what is missing, unknown, of a wrong kind or contradictory is an error.

Owns the way from text to `certify.chapters.Rulebook`. Every error is Malformed with a JSON pointer. A rulebook is of
the first shape (freemark-2026.0) or of the later one, with all of its tables and numbers; nothing in between.
"""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from audits.facts import AUDIT_TYPES, SEVERITIES
from certify.chapters import (
    FIRST,
    ISSUES,
    LATER,
    STAGES,
    UNITS,
    VERIFICATIONS,
    Band,
    Effect,
    Escalation,
    Limits,
    ManDays,
    Parameter,
    Rulebook,
    Stock,
    Words,
)
from ground.canonical import Json, digest, parse_day
from ground.errors import Malformed

# Every clause, in the order in which they are read and reported; certify.clauses has one function for each. Those of
# the first rulebook stand in every rulebook, because the ladder rests on them.
FIRST_CLAUSES = (
    "I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10", "I11", "I12", "I13",
    "S1", "S2", "S3", "S4", "S5", "S6", "S7", "M1", "V1", "V2", "V3", "R1", "R2", "R3", "N1", "N2", "W1", "E1",
)  # fmt: skip
CLAUSES = (
    "I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10", "I11", "I12", "I13",
    "I14", "I15", "I16", "I17", "I18", "I19", "I20", "I21", "I22", "I23", "I24", "I25",
    "I26", "I27", "I28",
    "S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S9", "S10", "S11", "M1", "M2",
    "V1", "V2", "V3", "R1", "R2", "R3", "R4", "R5", "N1", "N2", "N3", "N4", "W1", "W2", "E1", "X1",
)  # fmt: skip

HEAD = ("id", "title", "version", "license", "status", "in_force_from", "agreement", "standards")
BODY = ("parameters", "clauses")
TABLES = (
    "earlier",
    "carriers",
    "surveying",
    "effects",
    "escalations",
    "bands",
    "stock",
    "man_days",
)  # of the later shape
CLOCKED = ("containment_hours", "cap_days", "approve_days", "close_days", "close_danger_days")
IDENTITY = re.compile(r"[a-z]+-[0-9]{4}\.[0-9]{1,3}\Z")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
MOST_DAYS = 3 * 366  # of a clock: no scheme we know has one that runs longer than 18 months

Row = TypeVar("Row")
Parameters = Mapping[str, Parameter]


def read(text: str) -> Rulebook:
    """One rulebook from its TOML. Malformed, with a JSON pointer, for anything missing, unknown or of a wrong type."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Malformed(f"not TOML: {error}") from error
    later = any(name in document for name in TABLES)
    _keys(document, HEAD + BODY + (TABLES if later else ()), "")
    _text(document, "license", "")
    parameters = _parameters(document["parameters"], later=later)
    values: dict[str, Any] = {name: parameter.value for name, parameter in parameters.items()}  # types were checked
    book = Rulebook(
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
    return _with_tables(book, document) if later else _of_the_first_shape(book)


def _of_the_first_shape(book: Rulebook) -> Rulebook:
    if more := [id for id in book.clauses if id not in FIRST_CLAUSES]:
        raise Malformed(f"the clause {more[0]} needs the tables {', '.join(TABLES)}", where="/clauses")
    return book


def _with_tables(book: Rulebook, document: Mapping[str, Json]) -> Rulebook:
    parameters = book.parameters

    def rows(name: str, row: Callable[[Json, Parameters, str], Row]) -> tuple[Row, ...]:
        parts = document[name]
        if not isinstance(parts, list) or not parts:
            raise Malformed(f"{name} must be an array of tables", where=f"/{name}")
        return tuple(row(part, parameters, f"/{name}/{place}") for place, part in enumerate(parts))

    listed = rows("effects", _effect)
    effects = {effect.id: effect for effect in listed}
    for place, effect in enumerate(listed):
        if effect.id in [each.id for each in listed[:place]]:
            raise Malformed(f"{effect.id!r} stands twice", where=f"/effects/{place}/id")
        if unknown := [id for id in effect.clauses if id not in book.clauses]:
            raise Malformed(f"{unknown[0]!r} is not a clause", where=f"/effects/{place}/clauses")
        severity = effect.id if effect.id in SEVERITIES else effect.id.split("_")[0]
        points = {"priority": book.limits.points_priority, "zero": book.limits.points_priority,
                  "major": book.limits.points_major, "minor": book.limits.points_minor}.get(severity, 0)  # fmt: skip
        if effect.points != points:
            raise Malformed(f"{effect.points} points, the parameter says {points}", where=f"/effects/{place}/points")
    return dataclasses.replace(
        book,
        earlier=_standards(document["earlier"], "/earlier"),
        carriers=_words_of(document["carriers"], AUDIT_TYPES, "/carriers"),
        surveying=_words_of(document["surveying"], AUDIT_TYPES, "/surveying"),
        effects=MappingProxyType(effects),
        escalations=rows("escalations", _escalation),
        bands=rows("bands", _band),
        stock=rows("stock", _stock),
        man_days=rows("man_days", _man_days),
    )


# -------------------------------------------------------------------------------------------------- parameters


def _parameters(value: Json, *, later: bool) -> dict[str, Parameter]:
    names = FIRST + LATER if later else FIRST
    _keys(value, names, "/parameters")
    kinds = {part.name: part.type for part in dataclasses.fields(Limits)}  # as written there: "int", "bool", "tuple..."
    return {name: _parameter(name, str(kinds[name]), value[name]) for name in names}


def _parameter(name: str, kind: str, part: Json) -> Parameter:
    where = f"/parameters/{name}"
    _keys(part, ("value", "unit", "origin", "note"), where)
    unit, value = _text(part, "unit", where), part["value"]
    switch, several = kind == "bool", kind.startswith("tuple")
    if unit not in UNITS or switch != (unit == "yes or no"):
        raise Malformed(f"{unit!r} is not a unit of {name}", where=f"{where}/unit")
    numbers = value if several and isinstance(value, list) and len(set(map(str, value))) == len(value) > 0 else [value]
    if any(type(number) is not (bool if switch else int) or not 0 <= number <= UNITS[unit] for number in numbers):
        number = f"an integer from 0 to {UNITS[unit]}"
        kinds = "true or false" if switch else f"a list, each {number}" if several else number
        raise Malformed(f"{name} must be {kinds}", where=f"{where}/value")
    if several and not isinstance(value, list):
        raise Malformed(f"{name} must be a list", where=f"{where}/value")
    origin, note = _text(part, "origin", where), _text(part, "note", where)
    return Parameter(name, tuple(value) if several else value, unit, origin, note)


# ----------------------------------------------------------------------------------------------------- clauses


def _clauses(value: Json, parameters: Parameters) -> dict[str, Words]:
    if not isinstance(value, list):
        raise Malformed("clauses must be an array of tables", where="/clauses")
    clauses: dict[str, Words] = {}
    for place, part in enumerate(value):
        words = _words(part, parameters, f"/clauses/{place}")
        if words.id in clauses:
            raise Malformed(f"{words.id} stands twice", where=f"/clauses/{place}/id")
        clauses[words.id] = words
    if missing := [id for id in FIRST_CLAUSES if id not in clauses]:
        raise Malformed(f"the clause {missing[0]} is missing", where="/clauses")
    return {id: clauses[id] for id in CLAUSES if id in clauses}


def _words(part: Json, parameters: Parameters, where: str) -> Words:
    _keys(part, ("id", "stage", "title", "text", "origin"), where)
    id, stage = _text(part, "id", where), _text(part, "stage", where)
    if id not in CLAUSES:
        raise Malformed(f"{id!r} is not a clause", where=f"{where}/id")
    for known in STAGES:
        if known == stage:
            text = _filled(part, "text", parameters, where)
            return Words(id, known, _text(part, "title", where), text, _text(part, "origin", where))
    raise Malformed(f"{stage!r} is none of {', '.join(STAGES)}", where=f"{where}/stage")


# ------------------------------------------------------------------------------------------------------ tables


def _effect(part: Json, parameters: Parameters, where: str) -> Effect:
    clocked = isinstance(part, dict) and "clock" in part
    given = tuple(name for name in CLOCKED if isinstance(part, dict) and name in part)
    names = ("id", "title", "points", "verify", "certificate", "issue", "clauses", "origin", *given)
    _keys(part, (*names, "clock") if clocked else names, where)
    if bool(given) != clocked or (clocked and part["clock"] not in ("discovery", "report")):
        raise Malformed("clock is discovery or report, and stands with its days", where=f"{where}/clock")
    numbers = {name: _count(part, name, where, MOST_DAYS) if name in given else None for name in CLOCKED}
    _keys(part["origin"], ("points", "effect", *(name.rsplit("_", 1)[0] for name in given)), f"{where}/origin")
    return Effect(
        id=_text(part, "id", where),
        title=_text(part, "title", where),
        points=_count(part, "points", where, UNITS["points"]),
        clock=part.get("clock"),
        verify=_one_of(part, "verify", VERIFICATIONS, where),
        certificate=_filled(part, "certificate", parameters, where),
        issue=_one_of(part, "issue", ISSUES, where),
        clauses=_words_of(part["clauses"], CLAUSES, f"{where}/clauses", least=0),
        origin=MappingProxyType({name: _text(part["origin"], name, f"{where}/origin") for name in part["origin"]}),
        **numbers,
    )


def _escalation(part: Json, parameters: Parameters, where: str) -> Escalation:
    _keys(part, ("when", "then", "origin"), where)
    return Escalation(
        _filled(part, "when", parameters, where), _filled(part, "then", parameters, where), _text(part, "origin", where)
    )


def _band(part: Json, parameters: Parameters, where: str) -> Band:
    _keys(part, ("name", "score_least", "closed", "note", "origin"), where)
    score = _count(part, "score_least", where, UNITS["points"])
    closed = _words_of(part["closed"], SEVERITIES, f"{where}/closed")
    return Band(_text(part, "name", where), score, closed, _text(part, "note", where), _text(part, "origin", where))


def _stock(part: Json, parameters: Parameters, where: str) -> Stock:
    names = ("event", "new_labels", "shipped", "unshipped", "unused", "page", "origin")
    _keys(part, names, where)
    return Stock(**{name: _filled(part, name, parameters, where) for name in names})


def _man_days(part: Json, parameters: Parameters, where: str) -> ManDays:
    names = ("days", "individual", "groups", "group_size", "files")
    last = isinstance(part, dict) and "workers_to" not in part
    _keys(part, (*names, "origin") if last else (*names, "origin", "workers_to"), where)
    counts = {name: _count(part, name, where, 1000) for name in names}
    most = None if last else _count(part, "workers_to", where, 100_000)
    return ManDays(workers_to=most, origin=_text(part, "origin", where), **counts)


# ------------------------------------------------------------------------------------------------------- words


def _filled(part: Json, key: str, parameters: Parameters, where: str) -> str:
    text = _text(part, key, where)
    names = PLACEHOLDER.findall(text)
    if unknown := [name for name in names if name not in parameters]:
        raise Malformed(f"{{{unknown[0]}}} is not a parameter", where=f"{where}/{key}")
    filled = PLACEHOLDER.sub(lambda match: told(parameters[match[1]].value), text)
    if "{" in filled or "}" in filled:
        raise Malformed("a brace without its partner", where=f"{where}/{key}")
    return filled


def told(value: int | tuple[int, ...]) -> str:
    """A parameter's value in a sentence: 30 and 90; 90, 42, 21 and 7."""
    if not isinstance(value, tuple):
        return str(value)
    *most, last = map(str, value)
    return f"{', '.join(most)} and {last}" if most else last


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


def _count(part: Mapping[str, Json], key: str, where: str, most: int) -> int:
    value = part[key]
    if type(value) is not int or not 0 <= value <= most:
        raise Malformed(f"{key} must be an integer from 0 to {most}", where=f"{where}/{key}")
    return value


def _one_of(part: Mapping[str, Json], key: str, known: tuple[Row, ...], where: str) -> Row:
    for word in known:
        if word == part[key]:
            return word
    raise Malformed(f"{key} is none of {', '.join(map(str, known))}", where=f"{where}/{key}")


def _words_of(value: Json, known: tuple[Row, ...], where: str, least: int = 1) -> tuple[Row, ...]:
    """Words of a closed set, each once."""
    if not isinstance(value, list) or len(value) < least or any(word not in known for word in value):
        raise Malformed(f"expected some of {', '.join(map(str, known))}", where=where)
    found = tuple(word for word in known if word in value)
    if len(found) != len(value):
        raise Malformed("a word stands twice", where=where)
    return found


def _matching(id: str, where: str) -> str:
    if not IDENTITY.match(id):
        raise Malformed(f"{id[:40]!r} is not of the form {IDENTITY.pattern}", where=where)
    return id


def _status(word: str) -> bool:
    if word not in ("draft", "approved"):
        raise Malformed(f"{word!r} is neither draft nor approved", where="/status")
    return word == "approved"


def _standards(value: Json, where: str = "/standards") -> tuple[str, ...]:
    if not isinstance(value, list) or not value or len(set(map(str, value))) != len(value):
        raise Malformed("must name each standard once, and at least one", where=where)
    for place, id in enumerate(value):
        if not isinstance(id, str) or not IDENTITY.match(id):
            raise Malformed(f"{str(id)[:40]!r} is not the id of a standard", where=f"{where}/{place}")
    return tuple(value)
