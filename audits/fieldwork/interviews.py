"""The interviews of an audit: the log on the auditor's device, and the counts of it that the server may know.

Pure. The log (`parse_log`) has one entry per interview and no name: it leaves the device only sealed to the
certification body's key (`boxes`). The server gets `count(log)` and nothing finer: how many people per language,
place, interpreter and stratum, each on its own and never crossed with another, so that no line of it is one person.
Times are rounded to the half day for the same reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeVar, get_args

from audits.fieldwork import strata as groups
from ground.canonical import Json, parse, parse_day
from ground.errors import Conflict, Invalid, Malformed

Place = Literal["on_site", "off_site", "phone"]
Interpreter = Literal["none", "independent", "from_site"]
Consent = Literal["none", "anonymised_use", "referral", "share_identity"]
Room = Literal[
    "meeting_room", "office", "canteen", "workplace", "dormitory", "vehicle", "home", "public_place", "other"
]
Present = Literal["auditor", "interpreter", "worker_representative", "union", "ngo", "manager", "supervisor", "agent",
                  "guard", "other"]  # fmt: skip
Gender = Literal["woman", "man", "another", "not_said"]
Half = Literal["am", "pm"]
PLACES: tuple[Place, ...] = get_args(Place)
INTERPRETERS: tuple[Interpreter, ...] = get_args(Interpreter)
AWAY: tuple[Place, ...] = ("off_site", "phone")
MOST_IN_GROUP = 30  # SMETA's groups have 4 or 5 people [S2]; beyond 30 it is a meeting
MOST_INTERVIEWS = 2000
MOST_LOG = 600_000  # bytes: 2,000 entries; what is sealed of it fits into one request
VERSION = 1
ENTRY = {"day", "half", "language", "private", "interpreter", "place", "room", "people", "present", "auditor_gender",
         "consent", "strata"}  # fmt: skip
LEFT_OUT = {"consent", "strata", "present"}  # have a default


@dataclass(frozen=True)
class Interview:
    """One conversation. people: 1 alone, more in a group. private: out of the hearing of everybody who is not in
    `present`, and nobody of the site among those. consent: the least that anybody in it gave. strata: how many of the
    `people` belong to each."""

    day: date
    half: Half
    language: str
    private: bool
    interpreter: Interpreter
    place: Place
    room: Room
    people: int
    auditor_gender: Gender
    consent: Consent
    present: Mapping[Present, int]
    strata: Mapping[str, int]


@dataclass(frozen=True)
class Counts:
    """Of people, not of conversations. Each of languages, places and interpreters adds up to `people`."""

    individual: int
    group: int
    private: int
    languages: Mapping[str, int]
    places: Mapping[str, int]
    interpreters: Mapping[str, int]
    strata: Mapping[str, int]

    @property
    def people(self) -> int:
        return self.individual + self.group

    @property
    def off_site(self) -> int:
        """Off site or by telephone."""
        return sum(self.places.get(place, 0) for place in AWAY)


def parse_log(data: bytes, where: str = "") -> tuple[str, tuple[Interview, ...]]:
    """The audit's id and the interviews of a log. Malformed, with a JSON pointer, for anything else than a log."""
    document = _object(parse(data, limit=MOST_LOG, where=where), "", {"v", "audit", "interviews"}, set())
    if document["v"] != VERSION:
        raise Malformed(f"version {str(document['v'])[:10]} of a log is not known", where="/v")
    entries = document["interviews"]
    if not isinstance(entries, list) or not 1 <= len(entries) <= MOST_INTERVIEWS:
        raise Malformed(f"1 to {MOST_INTERVIEWS} interviews were expected", where="/interviews")
    audit = document["audit"]
    if not isinstance(audit, str) or not audit.startswith("aud_") or len(audit) != 20:
        raise Malformed("the id of an audit was expected", where="/audit")
    return audit, tuple(_interview(entry, f"/interviews/{number}") for number, entry in enumerate(entries))


def count(log: tuple[Interview, ...]) -> Counts:
    """What the server may know of a log."""
    languages, places, interpreters, strata = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for one in log:
        languages[one.language] += one.people
        places[one.place] += one.people
        interpreters[one.interpreter] += one.people
        strata.update(one.strata)
    return Counts(
        individual=sum(one.people for one in log if one.people == 1),
        group=sum(one.people for one in log if one.people > 1),
        private=sum(one.people for one in log if one.private),
        languages=dict(sorted(languages.items())),
        places=dict(sorted(places.items())),
        interpreters=dict(sorted(interpreters.items())),
        strata=dict(sorted(strata.items())),
    )


def to_json(counts: Counts) -> dict[str, Json]:
    """The body of the request that files the counts."""
    return {
        "individual": counts.individual,
        "group": counts.group,
        "private": counts.private,
        "languages": dict(counts.languages),
        "places": dict(counts.places),
        "interpreters": dict(counts.interpreters),
        "strata": dict(counts.strata),
    }


def check(counts: Counts, workers: int, sizes: Mapping[str, int], least: int) -> None:
    """Invalid, naming both numbers, for counts that contradict themselves or the work force.

    Conflict for fewer than `least` people at a site that has more: so few are single people, and can wait.
    """
    people = counts.people
    for name in ("languages", "places", "interpreters"):
        if (told := sum(getattr(counts, name).values())) != people:
            raise Invalid(f"{name} add up to {told}, and {people} people were interviewed", where=f"/{name}")
    if counts.private > people:
        raise Invalid(f"{counts.private} in private are more than {people} people interviewed", where="/private")
    if people > workers:
        raise Invalid(f"{people} people interviewed are more than {workers} workers", where="/individual")
    for name, number in counts.strata.items():
        if name not in sizes:
            raise Invalid(f"{name[:40]} is not in the work force that was filed for this audit", where="/strata")
        if number > min(sizes[name], people):
            raise Invalid(
                f"{number} of {name} interviewed, of {sizes[name]} there and {people} interviewed", where="/strata"
            )
    for kind in groups.PARTED:
        _check_parts(counts, workers, sizes, kind)
    if people < min(least, workers):
        raise Conflict(f"{people} interviews are single people; file the counts from {min(least, workers)} on")


def _check_parts(counts: Counts, workers: int, sizes: Mapping[str, int], kind: str) -> None:
    told, size = groups.part_sum(counts.strata, kind), groups.part_sum(sizes, kind)
    rest, room = counts.people - told, workers - size
    if not size:
        return
    if rest < 0:
        raise Invalid(f"the strata of {kind} add up to {told}, of {counts.people} interviewed", where="/strata")
    if rest > room:
        raise Invalid(
            f"{rest} interviewed belong to no stratum of {kind}, and only {room} workers do not", where="/strata"
        )


def _interview(entry: Json, where: str) -> Interview:
    found = _object(entry, where, ENTRY, LEFT_OUT)
    language, private = found["language"], found["private"]
    if not isinstance(language, str) or not groups.LANGUAGE.match(language):
        raise Malformed("a language was expected, such as bn or pt-BR", where=f"{where}/language")
    if not isinstance(private, bool):
        raise Malformed("true or false was expected", where=f"{where}/private")
    people = _number(found["people"], 1, MOST_IN_GROUP, f"{where}/people")
    return Interview(
        day=parse_day(found["day"], f"{where}/day"),
        half=_word(found["half"], ("am", "pm"), f"{where}/half"),
        language=language,
        private=private,
        interpreter=_word(found["interpreter"], INTERPRETERS, f"{where}/interpreter"),
        place=_word(found["place"], PLACES, f"{where}/place"),
        room=_word(found["room"], get_args(Room), f"{where}/room"),
        people=people,
        auditor_gender=_word(found["auditor_gender"], get_args(Gender), f"{where}/auditor_gender"),
        consent=_word(found.get("consent", "none"), get_args(Consent), f"{where}/consent"),
        present=_present(found.get("present", {}), f"{where}/present"),
        strata=_strata(found.get("strata", {}), people, f"{where}/strata"),
    )


def _present(value: Json, where: str) -> dict[Present, int]:
    people: tuple[Present, ...] = get_args(Present)
    found = _object(value, where, set(people), set(people))
    return {_word(key, people, where): _number(number, 1, 20, f"{where}/{key}") for key, number in found.items()}


def _strata(value: Json, people: int, where: str) -> dict[str, int]:
    if not isinstance(value, dict):
        raise Malformed("an object of strata was expected", where=where)
    for name in value:
        try:
            groups.kind_of(name)
        except Invalid as error:
            raise Malformed(error.detail, where=where) from error
    return {name: _number(number, 1, people, f"{where}/{name}") for name, number in value.items()}


def _object(value: Json, where: str, keys: set[str], optional: set[str]) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise Malformed("an object was expected", where=where)
    if unknown := value.keys() - keys:
        raise Malformed(f"{min(unknown)[:40]!r} has no place in a log", where=where)
    if missing := keys - optional - value.keys():
        raise Malformed(f"{min(missing)!r} is missing", where=where)
    return value


Word = TypeVar("Word", bound=str)


def _word(value: Json, words: tuple[Word, ...], where: str) -> Word:
    for word in words:
        if word == value:
            return word
    raise Malformed(f"one of {', '.join(words)} was expected", where=where)


def _number(value: Json, least: int, most: int, where: str) -> int:
    if type(value) is not int or not least <= value <= most:
        raise Malformed(f"a number from {least} to {most} was expected", where=where)
    return value
