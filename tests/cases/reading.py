"""Reads a worked case: strict, so that a word that nobody understands is an error and never a difference left out.

Owns the language of the files (README.md) and its way into dossier, standing and expectation. Never decides.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from audits.facts import Check, Concern
from certify.dossier import Acceptance, Approval, Case, Dossier, Panel, Reduction, UnderReview
from certify.events import Standing
from ground.canonical import end_of_day
from tests.cases import faultless
from tests.cases.faultless import BASES, BOOK, DAY, PEOPLE, Draft
from tests.cases.words import (
    ACTION,
    AGREEMENT,
    ASKED,
    CASE,
    EXPECT,
    FINDING,
    LISTED,
    PLACE,
    TEXT,
    VISIT,
    Keys,
    Misread,
    day_of,
    fields,
    known,
    moment,
    words,
)

FOLDER = Path(__file__).parent
# What a case may say besides the tables of `words`.
OTHERS = ("title", "story", "base", "day", "audited", "certified", "standing", "since", "ends", "accepted", "agreement",
          "revocation_case", "leaves", "factory", "annex", "agency", "findings", "visits", "expect")  # fmt: skip


@dataclass(frozen=True)
class Worked:
    """One case, read. expect: as in the file, with moments and days resolved."""

    chapter: str
    title: str
    story: str
    dossier: Dossier
    standing: Standing | None
    now: datetime
    expect: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.chapter}: {self.title}"


def all_cases() -> list[Worked]:
    """Every case of every chapter, in the order of the files."""
    return [worked for path in sorted(FOLDER.glob("*.toml")) for worked in read(path.read_text("utf-8"), path.stem)]


def read(text: str, name: str) -> list[Worked]:
    """The cases of one chapter; Misread for anything unknown, missing or of another kind."""
    document = tomllib.loads(text)
    known(document, ("chapter", "about", "case"), name)
    for key in ("chapter", "about"):
        if not isinstance(document.get(key), str):
            raise Misread(f"{name}: {key} is missing")
    parts = document.get("case")
    if not isinstance(parts, list) or not parts:
        raise Misread(f"{name}: there is no [[case]]")
    return [_case(part, document["chapter"], f"{name}, case {number}") for number, part in enumerate(parts, start=1)]


# -------------------------------------------------------------------------------------------------------- a case


def _case(part: Mapping[str, Any], chapter: str, where: str) -> Worked:
    where = f"{where} ({part.get('title', 'without a title')})"
    known(part, (*OTHERS, *ASKED, *LISTED), where)
    for name in ("title", "story", "base", "expect"):
        if name not in part:
            raise Misread(f"{where}: {name} is missing")
    if part["base"] not in BASES:
        raise Misread(f"{where}: {part['base']!r} is no base; there are {', '.join(BASES)}")
    day = part.get("day", DAY)
    spans = ("audited", "certified", "since")
    draft = BASES[part["base"]](day, {name: _span(part[name], f"{where}/{name}") for name in spans if name in part})
    for name in draft.places:
        if name in part:
            _place(draft, name, part[name], f"{where}/{name}")
    if unknown := [name for name in faultless.OWNERS if name in part and name not in draft.places]:
        raise Misread(f"{where}: the base {part['base']} has no {unknown[0]}")
    _visits(draft, part.get("visits", []), where)
    _findings(draft, part.get("findings", []), where)
    _listed(draft, part, where)
    _said(draft, part, where)
    _standing(draft, part, where)
    _accepted(draft, part, where)
    expect = fields(part["expect"], EXPECT, draft.now, f"{where}/expect")
    if missing := {"outcome", "unmet"} - expect.keys():
        raise Misread(f"{where}: expect does not say {min(missing)}")
    return Worked(chapter, part["title"], part["story"], draft.dossier(), draft.standing, draft.now, expect)


def _span(value: Any, where: str) -> int:
    now = datetime(2000, 1, 1, faultless.HOUR, tzinfo=UTC)
    found = moment(value, now, where)
    if found is None or (found - now) % timedelta(days=1):
        raise Misread(f"{where}: whole days are needed, not {value!r}")
    return (found - now).days


def _place(draft: Draft, name: str, part: Mapping[str, Any], where: str) -> None:
    facts = {key: value for key, value in part.items() if key != "audit"}
    draft.places[name] |= fields(facts, PLACE, draft.now, where)
    if "audit" in part:
        newest = max((v for id, v in draft.visits.items() if draft.where[id] == name), key=lambda v: v.ends_on)
        draft.visits[newest.id] = replace(newest, **fields(part["audit"], VISIT, draft.now, f"{where}/audit"))


def _visits(draft: Draft, parts: list[Mapping[str, Any]], where: str) -> None:
    for number, part in enumerate(parts):
        here = f"{where}/visits/{number}"
        rest = {key: value for key, value in part.items() if key not in ("id", "place", "full")}
        changes = fields(rest, VISIT, draft.now, here)
        if part.get("id") in draft.visits:
            draft.visits[part["id"]] = replace(draft.visits[part["id"]], **changes)
            continue
        if "id" not in part or "ends_on" not in changes:
            raise Misread(f"{here}: a new visit needs an id and the day on which it ended")
        ended = (changes["ends_on"] - draft.now.date()).days
        make = faultless.audit if part.get("full", False) else faultless.visit
        make(draft, part["id"], _at(draft, part, here), ended, **changes)


def _findings(draft: Draft, parts: list[Mapping[str, Any]], where: str) -> None:
    apart = ("id", "place", "provision", "severity", "plan", *ACTION)
    for number, part in enumerate(parts):
        here = f"{where}/findings/{number}"
        changes = fields({k: v for k, v in part.items() if k not in apart}, FINDING, draft.now, here)
        action = fields({k: v for k, v in part.items() if k in ACTION}, ACTION, draft.now, here)
        action |= _plan(part, here)
        if part.get("id") in draft.findings:
            old = draft.findings[part["id"]]
            draft.findings[part["id"]] = replace(old, **changes, action=replace(old.action, **action))
            continue
        if missing := {"id", "provision", "severity", "found"} - part.keys():
            raise Misread(f"{here}: {min(missing)} is missing")
        found = changes.pop("discovered_at")
        place = _at(draft, part, here)
        faultless.finding(
            draft, part["id"], place, part["provision"], part["severity"], found, action=action, **changes
        )
        if draft.findings[part["id"]].audit not in draft.visits:
            raise Misread(f"{here}: there is no visit {draft.findings[part['id']].audit!r}")


def _plan(part: Mapping[str, Any], where: str) -> dict[str, Any]:
    match part.get("plan", "approved"):
        case "approved":
            return {}
        case "submitted":
            return {"approved_at": None}
        case "none":
            return {"approved_at": None, "submitted_at": None}
    raise Misread(f"{where}/plan: approved, submitted or none")


def _at(draft: Draft, part: Mapping[str, Any], where: str) -> str:
    place = part.get("place", "factory")
    if place not in draft.places:
        raise Misread(f"{where}: there is no {place!r} here")
    return place


def _listed(draft: Draft, part: Mapping[str, Any], where: str) -> None:
    for name, (kind, by_place, keys) in LISTED.items():
        if name not in part:
            continue
        for_places: dict[str, list[Any]] = {}
        for number, row in enumerate(part[name]):
            here = f"{where}/{name}/{number}"
            place = _at(draft, row, here) if by_place else ""
            given = fields({k: v for k, v in row.items() if not by_place or k != by_place}, keys, draft.now, here)
            for_places.setdefault(place, []).append(_made(kind, given, draft, here))
        for place, rows in for_places.items():
            (draft.places[place] if by_place else draft.facts)[name] = tuple(rows)
        if not part[name] and not by_place:
            draft.facts[name] = ()


def _made(kind: type, given: dict[str, Any], draft: Draft, where: str) -> Any:
    """The fact, with what follows from who did it or from the rulebook."""
    if kind is Panel:
        given = {"favourable": True, "organisations": tuple(PEOPLE[person] for person in given["persons"]), **given}
    if kind is Approval:
        given |= {"organisation": _speaks_for(given.get("person"), where)}
    if kind is UnderReview and "reverify_by" not in given:
        given |= {"reverify_by": given["since"] + timedelta(days=BOOK.limits.reverify_days)}
    usual: dict[type, dict[str, Any]] = {
        Concern: {"credible_at": None, "resolved_at": None, "sources": 1}, Check: {"done_at": None, "result": ""},
    }  # fmt: skip
    try:
        return kind(**(usual.get(kind, {}) | given))
    except TypeError as error:
        raise Misread(f"{where}: {error}") from error


def _speaks_for(person: Any, where: str) -> str:
    if person not in PEOPLE:
        raise Misread(f"{where}: nobody is called {person!r}")
    return PEOPLE[person]


def _said(draft: Draft, part: Mapping[str, Any], where: str) -> None:
    draft.facts |= fields({key: part[key] for key in ASKED if key in part}, ASKED, draft.now, where)
    if part.get("agreement") == "never":
        draft.facts["agreement"] = None
    elif "agreement" in part:
        changes = fields(part["agreement"], AGREEMENT, draft.now, f"{where}/agreement")
        draft.facts["agreement"] = replace(draft.facts["agreement"], **changes)
    if "revocation_case" in part:
        given = fields(part["revocation_case"], CASE, draft.now, f"{where}/revocation_case")
        given.setdefault("reply_until", given["opened_at"] + timedelta(days=BOOK.limits.reply_days))
        draft.facts["case"] = Case(**given)
    if "leaves" in part:
        keys: Keys = {"site": ("site", TEXT), "by": ("person", TEXT), "on": ("at", moment)}
        asked = fields(part["leaves"], keys, draft.now, f"{where}/leaves", every=True)
        draft.facts["reduction"] = Reduction(organisation=_speaks_for(asked["person"], where), **asked)


def _standing(draft: Draft, part: Mapping[str, Any], where: str) -> None:
    if not {"standing", "since", "ends"} & part.keys():
        return
    if draft.standing is None:
        raise Misread(f"{where}: the base {part['base']} has no certificate")
    since = moment(part["since"], draft.now, where) if "since" in part else draft.standing.since
    ends = end_of_day(day_of(part["ends"], draft.now, where)) if "ends" in part else draft.standing.valid_until
    draft.standing = replace(
        draft.standing, state=part.get("standing", draft.standing.state), since=since, valid_until=ends
    )  # fmt: skip


def _accepted(draft: Draft, part: Mapping[str, Any], where: str) -> None:
    """Carl accepted every report yesterday, unless the case says otherwise."""
    if part.get("accepted") == "never":
        return
    keys: Keys = {"by": ("person", TEXT), "on": ("at", moment), "but": ("but", words)}
    given = fields(part.get("accepted", {}), keys, draft.now, f"{where}/accepted")
    but = given.pop("but", ())
    if unknown := [id for id in but if id not in draft.visits]:
        raise Misread(f"{where}/accepted: there is no visit {unknown[0]!r}")
    reports = {v.report for v in draft.visits.values() if v.submitted_at and v.report and v.id not in but}
    person = given.get("person", "carl")
    when = given.get("at", draft.at(-1))
    draft.facts["acceptances"] = (Acceptance(person, _speaks_for(person, where), when, tuple(sorted(reports))),)
