"""The question catalogue that an audit answers: topics, provisions, and the clocks of corrective action.

Owns the strict reading of `standards/*.toml` into frozen dataclasses. A published standard is data that is never
edited: `standards/lock.json` holds the hash of each, and a test compares. Says what is asked and by when it must be
right; never what a finding costs.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal, get_args

from audits.facts import SEVERITIES, Severity
from ground.canonical import Json, digest
from ground.errors import Invalid, Malformed

From = Literal["discovery", "report"]
ClockName = Literal[
    "zero_tolerance", "priority_core", "priority_danger", "major_core", "major_other", "minor", "risk"
]  # fmt: skip
CLOCKS: tuple[ClockName, ...] = get_args(ClockName)
IDENTITY = re.compile(r"[a-z]+-[0-9]{4}\.[0-9]{1,3}\Z")
PROVISION = re.compile(r"(T[1-9][0-9]?)\.[1-9][0-9]?\Z")
MOST_DAYS = 3 * 366  # no clock of any scheme we know runs longer than 18 months


@dataclass(frozen=True)
class Topic:
    id: str
    title: str
    core: bool


@dataclass(frozen=True)
class Provision:
    """One question. floor and ceiling: mildest and gravest severity of a finding on it. zero_tolerance: a priority
    here can be one. remote_ok: findings on it can be closed without a visit (never core, never up to priority)."""

    id: str
    topic: str
    title: str
    text: str
    test: str
    core: bool
    floor: Severity
    ceiling: Severity
    zero_tolerance: bool
    remote_ok: bool


@dataclass(frozen=True)
class Clock:
    """How long a site has, in calendar days (containment: hours), counted from discovery or from report release."""

    cap_days: int
    cap_from: From
    approve_days: int
    approve_from: From
    close_days: int
    close_from: From
    containment_hours: int | None
    containment_from: From | None
    origin: Mapping[str, str]


@dataclass(frozen=True)
class Standard:
    """A published standard. sha256: lower-case hex of its canonical JSON, which is what `public` returns."""

    id: str
    title: str
    version: str
    topics: Mapping[str, Topic]
    provisions: Mapping[str, Provision]
    clocks: Mapping[ClockName, Clock]
    danger_topics: frozenset[str]
    sha256: str
    document: str = field(repr=False)

    def provision(self, id: str, where: str = "") -> Provision:
        """The provision, or Invalid at `where`."""
        try:
            return self.provisions[id]
        except KeyError:
            raise Invalid(f"{id[:40]!r} is no provision of {self.id}", where=where) from None

    def public(self) -> dict[str, Json]:
        """The whole standard as JSON for the shelf; its canonical bytes hash to `sha256`."""
        document: dict[str, Json] = json.loads(self.document)
        return document


def load(id: str, where: str = "") -> Standard:
    """A published standard by its id. Invalid at `where` when there is none."""
    if id not in IDS:
        raise Invalid(f"{id[:40]!r} is no standard; known: {', '.join(IDS)}", where=where)
    return _load(id)


def read(text: str) -> Standard:
    """One standard from its TOML. Malformed, with a pointer, for anything missing, unknown or contradictory."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Malformed(f"not TOML: {error}") from error
    top = _table(document, "")
    id = top.matching("id", IDENTITY)
    topics = {topic.id: topic for topic in map(_topic, top.tables("topics"))}
    provisions = {
        provision.id: provision for provision in (_provision(part, topics) for part in top.tables("provisions"))
    }
    if len(topics) != len(document["topics"]) or len(provisions) != len(document["provisions"]):
        raise Malformed("an id stands twice")
    clocks = top.part("clocks")
    standard = Standard(
        id=id,
        title=top.text("title"),
        version=top.text("version"),
        topics=MappingProxyType(topics),
        provisions=MappingProxyType(provisions),
        clocks=MappingProxyType({name: _clock(clocks.part(name)) for name in CLOCKS}),
        danger_topics=frozenset(top.texts("danger_topics")),
        sha256=digest(document),
        document=json.dumps(document),
    )
    clocks.done()
    top.text("license")
    top.text("note")
    top.done()
    if standard.danger_topics - topics.keys():
        raise Malformed("a topic that does not exist", where="/danger_topics")
    if bare := topics.keys() - {provision.topic for provision in provisions.values()}:
        raise Malformed(f"{min(bare)} has no provision", where="/topics")
    return standard


def _topic(part: _Table) -> Topic:
    topic = Topic(id=part.text("id"), title=part.text("title"), core=part.flag("core"))
    part.done()
    return topic


def _provision(part: _Table, topics: Mapping[str, Topic]) -> Provision:
    topic = topics.get(part.text("topic"))
    id = part.matching("id", PROVISION)
    if topic is None or not id.startswith(f"{topic.id}."):
        raise Malformed(f"{id} does not belong to a topic of this standard", where=f"{part.where}/topic")
    provision = Provision(
        id=id,
        topic=topic.id,
        title=part.text("title"),
        text=part.text("text"),
        test=part.text("test"),
        core=topic.core,
        floor=part.severity("floor"),
        ceiling=part.severity("ceiling"),
        zero_tolerance=part.flag("zero_tolerance"),
        remote_ok=part.flag("remote_ok"),
    )
    part.done()
    gravest, mildest = SEVERITIES.index(provision.ceiling), SEVERITIES.index(provision.floor)
    # The 20 percent rule lifts a minor to a major, so every provision must leave room for one.
    if gravest > SEVERITIES.index("major") or mildest < gravest:
        raise Malformed(f"{id}: the ceiling is below major or below the floor", where=f"{part.where}/ceiling")
    if provision.zero_tolerance and not (provision.core and provision.ceiling == "priority"):
        raise Malformed(f"{id}: zero tolerance is for priority findings on core topics", where=part.where)
    if provision.remote_ok and (provision.core or provision.ceiling == "priority"):
        raise Malformed(f"{id}: core and priority findings are closed on site", where=f"{part.where}/remote_ok")
    return provision


def _clock(part: _Table) -> Clock:
    contained = "containment_hours" in part.values
    origin = part.part("origin")
    named = ("cap", "approve", "close", "containment") if contained else ("cap", "approve", "close")
    clock = Clock(
        cap_days=part.count("cap_days"),
        cap_from=part.start("cap_from"),
        approve_days=part.count("approve_days"),
        approve_from=part.start("approve_from"),
        close_days=part.count("close_days"),
        close_from=part.start("close_from"),
        containment_hours=part.count("containment_hours") if contained else None,
        containment_from=part.start("containment_from") if contained else None,
        origin=MappingProxyType({name: origin.text(name) for name in named}),
    )
    origin.done()
    part.done()
    return clock


@dataclass
class _Table:
    """A TOML table that is read key by key, so that a key nobody read is an error."""

    values: dict[str, Json]
    where: str
    seen: set[str]

    def take(self, key: str, kind: type) -> Json:
        self.seen.add(key)
        value = self.values.get(key)
        if type(value) is not kind:
            raise Malformed(f"{key} must be there and be a {kind.__name__}", where=f"{self.where}/{key}")
        return value

    def text(self, key: str) -> str:
        value: str = self.take(key, str)
        if not value or value != value.strip() or "\n" in value:
            raise Malformed(
                f"{key} is empty, has blanks at its ends, or more than one line", where=f"{self.where}/{key}"
            )
        return value

    def texts(self, key: str) -> list[str]:
        value: list[Json] = self.take(key, list)
        if not all(isinstance(item, str) for item in value):
            raise Malformed(f"{key} must hold strings", where=f"{self.where}/{key}")
        return value

    def matching(self, key: str, pattern: re.Pattern[str]) -> str:
        value = self.text(key)
        if not pattern.match(value):
            raise Malformed(f"{value!r} is not of the form {pattern.pattern}", where=f"{self.where}/{key}")
        return value

    def flag(self, key: str) -> bool:
        value: bool = self.take(key, bool)
        return value

    def count(self, key: str) -> int:
        value: int = self.take(key, int)
        if not 0 < value <= MOST_DAYS:
            raise Malformed(f"{value} is not between 1 and {MOST_DAYS}", where=f"{self.where}/{key}")
        return value

    def severity(self, key: str) -> Severity:
        for severity in SEVERITIES:
            if self.text(key) == severity:
                return severity
        raise Malformed(f"{key} is none of {', '.join(SEVERITIES)}", where=f"{self.where}/{key}")

    def start(self, key: str) -> From:
        match self.text(key):
            case "discovery":
                return "discovery"
            case "report":
                return "report"
        raise Malformed(f"{key} is neither discovery nor report", where=f"{self.where}/{key}")

    def part(self, key: str) -> _Table:
        return _table(self.take(key, dict), f"{self.where}/{key}")

    def tables(self, key: str) -> list[_Table]:
        values: list[Json] = self.take(key, list)
        return [_table(value, f"{self.where}/{key}/{number}") for number, value in enumerate(values)]

    def done(self) -> None:
        if unread := self.values.keys() - self.seen:
            raise Malformed(f"{min(unread)!r} is not known", where=f"{self.where}/{min(unread)}")


def _table(value: Json, where: str) -> _Table:
    if not isinstance(value, dict):
        raise Malformed("a table was expected", where=where)
    return _Table(value, where, set())


@cache
def _load(id: str) -> Standard:
    standard = read((FOLDER / f"{id}.toml").read_text(encoding="utf-8"))
    if standard.id != id:
        raise Malformed(f"the file {id}.toml holds {standard.id}")
    return standard


FOLDER = files("audits") / "standards"
IDS: tuple[str, ...] = tuple(
    sorted(entry.name.removesuffix(".toml") for entry in FOLDER.iterdir() if entry.name.endswith(".toml"))
)
