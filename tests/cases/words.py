"""The words of the worked cases: how days are spoken, what each key is called in the facts, how its value is read.

Owns the vocabulary and its strictness. Never knows what a case is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from audits.facts import Check, Concern, Hit, Stratum
from certify.dossier import Approval, Other, Panel, Revocation, Risk, UnderReview
from tests.cases import faultless
from tests.cases.faultless import PEOPLE


class Misread(ValueError):
    """A case that cannot be read as it stands."""


WORDS = re.compile(r"(?P<in>in )?(?:(?P<days>\d+) days?)?(?: and )?(?:(?P<hours>\d+) hours?)?(?P<ago> ago)?\Z")


def moment(value: Any, now: datetime, where: str) -> datetime | None:
    """ "today", "26 days ago", "in 30 days", "2 days and 1 hour ago"; "never" is None; a day is its 8:00 UTC."""
    if value == "never":
        return None
    if value == "today":
        return now
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, faultless.HOUR, tzinfo=UTC)
    found = WORDS.match(value) if isinstance(value, str) else None
    if not found or bool(found["in"]) == bool(found["ago"]) or not (found["days"] or found["hours"]):
        raise Misread(f'{where}: {value!r} is no day; write "26 days ago", "in 30 days", today or never')
    span = timedelta(days=int(found["days"] or 0), hours=int(found["hours"] or 0))
    return now + span if found["in"] else now - span


Reader = Callable[[Any, datetime, str], Any]


def plain(kind: type) -> Reader:
    def read(value: Any, now: datetime, where: str) -> Any:
        if type(value) is not kind:
            raise Misread(f"{where}: {kind.__name__} was expected, not {value!r}")
        return value

    return read


def _tenths(value: Any, now: datetime, where: str) -> int:
    if type(value) not in (int, float):
        raise Misread(f"{where}: a number of days was expected, not {value!r}")
    return round(10 * value)


def day_of(value: Any, now: datetime, where: str) -> date:
    found = moment(value, now, where)
    if found is None:
        raise Misread(f"{where}: a day was expected")
    return found.date()


def words(value: Any, now: datetime, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or any(not isinstance(word, str) for word in value):
        raise Misread(f"{where}: a list of words was expected")
    return tuple(value)


def _persons(value: Any, now: datetime, where: str) -> tuple[str, ...]:
    if unknown := [person for person in words(value, now, where) if person not in PEOPLE]:
        raise Misread(f"{where}: nobody is called {unknown[0]!r}")
    return tuple(value)


def _groups(value: Any, now: datetime, where: str) -> tuple[Stratum, ...]:
    keys = {"name": ("name", TEXT), "size": ("size", WHOLE), "interviewed": ("interviewed", WHOLE)}
    return tuple(Stratum(**fields(group, keys, now, f"{where}/{n}", every=True)) for n, group in enumerate(value))


TEXT, WHOLE, TRUTH = plain(str), plain(int), plain(bool)
Keys = Mapping[str, tuple[str, Reader]]


def fields(part: Any, keys: Keys, now: datetime, where: str, *, every: bool = False) -> dict[str, Any]:
    if not isinstance(part, Mapping):
        raise Misread(f"{where}: a table was expected, not {part!r}")
    known(part, tuple(keys), where)
    if missing := [key for key in keys if every and key not in part]:
        raise Misread(f"{where}: {missing[0]} is missing")
    return {keys[key][0]: keys[key][1](value, now, f"{where}/{key}") for key, value in part.items()}


def known(part: Mapping[str, Any], names: tuple[str, ...], where: str) -> None:
    if unknown := [key for key in part if key not in names]:
        raise Misread(f"{where}: {unknown[0]!r} is not known; known here: {', '.join(names)}")


# The words of the files, what they are called in the facts, and how they are read.
PLACE: Keys = {
    "workers": ("workers", WHOLE), "screened": ("screened_at", moment), "refreshed": ("refreshed_at", moment),
    "subcontractors": ("subcontractors", words),
}  # fmt: skip
VISIT: Keys = {
    "type": ("type", TEXT), "standard": ("standard", TEXT), "firm": ("firm", TEXT), "team": ("team", words),
    "began": ("starts_on", day_of), "ended": ("ends_on", day_of), "submitted": ("submitted_at", moment),
    "notice": ("notice", TEXT), "outcome": ("outcome", TEXT), "at_the_desk": ("remote", TRUTH),
    "workers": ("workers", WHOLE), "interviews": ("interviews", WHOLE), "off_site": ("off_site", WHOLE),
    "groups": ("strata", _groups), "files": ("files_reviewed", WHOLE), "conforming": ("conforming", WHOLE),
    "applicable": ("applicable", WHOLE), "not_applicable": ("not_applicable", WHOLE),
    "not_reviewed": ("not_reviewed", WHOLE), "unanswered": ("unanswered", WHOLE), "signed": ("signed", TRUTH),
    "days_needed": ("effort_needed", _tenths), "days_spent": ("effort_spent", _tenths),
    "objections": ("objections", words), "in_a_row": ("in_a_row", WHOLE),
}  # fmt: skip
FINDING: Keys = {
    "found": ("discovered_at", moment), "audit": ("audit", TEXT), "zero_tolerance": ("zero_tolerance", TRUTH),
    "deliberate": ("deliberate", TRUTH), "concealed": ("concealed", TRUTH), "by_management": ("by_management", TRUTH),
    "worst_form": ("worst_form", TRUTH), "released": ("released_at", moment), "contained": ("contained_at", moment),
    "contain_by": ("containment_due", moment), "closed": ("closed_at", moment), "closed_by": ("closed_by", TEXT),
    "closed_on_site": ("closed_on_site", TRUTH), "disclosed": ("disclosed_at", moment),
    "remedied": ("remedied_at", moment), "held_until": ("held_until", moment), "escalated": ("escalated", TEXT),
    "verified": ("verify", TEXT),
}  # fmt: skip
ACTION: Keys = {"plan_by": ("cap_due", moment), "close_by": ("close_due", moment)}
AGREEMENT: Keys = {
    "version": ("version", TEXT), "signed": ("signed_at", moment),
    "independent_reporting": ("independent_reporting", TRUTH),
}  # fmt: skip
CASE: Keys = {
    "opened": ("opened_at", moment), "reply_until": ("reply_until", moment), "replied": ("replied_at", moment),
    "waived": ("waived_at", moment),
}  # fmt: skip
LISTED: Mapping[str, tuple[type, str, Keys]] = {
    "hits": (Hit, "place", {
        "id": ("id", TEXT), "list": ("list", TEXT), "strength": ("strength", TEXT), "state": ("state", TEXT),
        "on": ("at", moment),
    }),
    "concerns": (Concern, "place", {
        "id": ("id", TEXT), "topic": ("topic", TEXT), "core": ("core", TRUTH), "sources": ("sources", WHOLE),
        "credible": ("credible_at", moment), "resolved": ("resolved_at", moment),
    }),
    "checks": (Check, "place", {
        "kind": ("kind", TEXT), "about": ("about", TEXT), "due": ("due", moment), "done": ("done_at", moment),
        "result": ("result", TEXT),
    }),
    "risks": (Risk, "", {"place": ("site", TEXT), "level": ("level", TEXT), "assessed": ("at", moment)}),
    "revocations": (Revocation, "", {
        "certificate": ("certificate", TEXT), "on": ("at", moment), "overturned": ("overturned", TRUTH),
        "core": ("core", TRUTH), "uncorrected": ("uncorrected", words), "corrected": ("corrected_at", moment),
    }),
    "others": (Other, "", {
        "certificate": ("certificate", TEXT), "state": ("state", TEXT), "stopped": ("stopped_at", moment),
    }),
    "under_review": (UnderReview, "", {
        "who": ("subject", TEXT), "since": ("since", moment), "reverify_by": ("reverify_by", moment),
        "reverified": ("reverified_at", moment), "lifted": ("lifted_at", moment),
    }),
    "panels": (Panel, "", {"on": ("at", moment), "by": ("persons", _persons), "favourable": ("favourable", TRUTH)}),
    "approvals": (Approval, "", {"act": ("act", TEXT), "by": ("person", TEXT), "on": ("at", moment)}),
}  # fmt: skip
ASKED: Keys = {
    "products": ("products", WHOLE), "withdrawal": ("withdrawal_requested_at", moment),
    "brake": ("suspension_requested_at", moment), "cycles": ("cycles", WHOLE), "clean_cycles": ("clean_cycles", WHOLE),
}  # fmt: skip
EXPECT: Keys = {
    "outcome": ("outcome", TEXT), "unmet": ("unmet", words), "because": ("because", words),
    "says": ("says", plain(dict)), "score": ("score", TEXT), "band": ("band", TEXT), "word": ("reason_code", TEXT),
    "valid_until": ("valid_until", day_of), "affected_from": ("affected_from", day_of),
    "reply_until": ("reply_until", day_of), "proposals": ("proposals", words), "scope": ("scope", words),
}  # fmt: skip
