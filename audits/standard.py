"""The question catalogue that an audit answers: topics, provisions, the clocks of corrective action, field work.

Owns the strict reading of `standards/*.toml` into the frozen dataclasses of `audits.catalogue`. A published standard is
data that is never edited: `standards/lock.json` holds the hash of each, and a test compares. Says what is asked, how it
is tested and by when it must be right; never what a finding costs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TypeVar

from audits.catalogue import (
    ANY,
    CLOCKS,
    FOREIGN,
    INDICATORS,
    JOURNEY,
    PROFILE_KINDS,
    STARTS,
    VERIFY,
    WORDS,
    check,
    check_full,
    in_one,
    sharpen,
)
from audits.catalogue import Clock as Clock
from audits.catalogue import ClockName as ClockName
from audits.catalogue import Escalation as Escalation
from audits.catalogue import Fieldwork as Fieldwork
from audits.catalogue import FollowUp as FollowUp
from audits.catalogue import From as From
from audits.catalogue import Independence as Independence
from audits.catalogue import Indicator as Indicator
from audits.catalogue import ManDays as ManDays
from audits.catalogue import Profile as Profile
from audits.catalogue import Provision as Provision
from audits.catalogue import Sampling as Sampling
from audits.catalogue import Standard as Standard
from audits.catalogue import Topic as Topic
from audits.catalogue import Verify as Verify
from audits.catalogue import profiles_for as profiles_for
from audits.facts import SEVERITIES
from ground.canonical import Json, digest
from ground.errors import Invalid, Malformed
from ground.strict import Table, parse, table

IDENTITY = re.compile(r"[a-z]+-[0-9]{4}\.[0-9]{1,3}\Z")
PROVISION = re.compile(r"(T[1-9][0-9]?)\.[1-9][0-9]?\Z")
PROFILE = re.compile(r"[a-z][a-z_]{1,19}\Z")
COUNTRY = re.compile(r"[A-Z]{2}\Z")
SITE_KIND = re.compile(r"[a-z_]{2,20}\Z")
APPLIES: Mapping[str, re.Pattern[str]] = {
    "sector": PROFILE,
    "country": COUNTRY,
    "flag": re.compile(rf"({re.escape(ANY)}|{FOREIGN}|[A-Z]{{2}})\Z"),
}
REFERENCES: Mapping[str, re.Pattern[str]] = {
    "vap": re.compile(r"[A-E](\.M|[1-9][0-9]?)\Z"),
    "ilo": re.compile(r"[CPR][0-9]{3}\Z"),
    "dhaka": re.compile(r"([AB]|[1-9]|10)\Z"),
    "far": re.compile(r"52\.222-(50|56)(\([a-z]\)(\([0-9]{1,2}\))?)?\Z"),
    "eu": re.compile(r"2024/3015 Art\. [1-9][0-9]?\Z"),
}
MOST_DAYS = 3 * 366  # no clock of any scheme we know runs longer than 18 months
# What a number of field work is counted in, and the most that makes sense: a slip of a factor of ten is refused.
UNITS: Mapping[str, int] = {
    "hours": 240, "days": 366, "months": 60, "percent": 200, "people": 100, "audits": 10, "findings": 20,
}  # fmt: skip
MOST_PER_ROW = 100_000  # no cell of a man-days table is larger: workers in one site
Part = TypeVar("Part", Topic, Provision)


def load(id: str, where: str = "") -> Standard:
    """A published standard by its id. Invalid at `where` when there is none."""
    if id not in IDS:
        raise Invalid(f"{id[:40]!r} is no standard; known: {', '.join(IDS)}", where=where)
    return _load(id)


def read(text: str) -> Standard:
    """One standard from its TOML. Malformed, with a pointer, for anything missing, unknown or contradictory.

    One with a `fieldwork` table is full: its provisions say how they are tested and verified, and it has profiles.
    """
    document = parse(text)
    top = table(document)
    full = top.has("fieldwork")
    id = top.matching("id", IDENTITY)
    topics = _by_id((_topic(part) for part in top.tables("topics")), "/topics")
    provisions = _by_id((_provision(part, topics, full) for part in top.tables("provisions")), "/provisions")
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
        fieldwork=_fieldwork(top.part("fieldwork")) if full else None,
        profiles=MappingProxyType(_profiles(top.tables("profiles"), topics, provisions) if full else {}),
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


def _by_id(parts: Iterable[Part], where: str) -> dict[str, Part]:
    found: dict[str, Part] = {}
    for part in parts:
        if part.id in found:
            raise Malformed(f"the id {part.id} stands twice", where=where)
        found[part.id] = part
    return found


def _topic(part: Table) -> Topic:
    topic = Topic(id=part.text("id"), title=part.text("title"), core=part.flag("core"))
    part.done()
    return topic


def _provision(part: Table, topics: Mapping[str, Topic], full: bool) -> Provision:
    topic = topics.get(part.text("topic"))
    id = part.matching("id", PROVISION)
    if topic is None or not id.startswith(f"{topic.id}."):
        raise Malformed(f"{id} does not belong to a topic of this standard", where=f"{part.where}/topic")
    remote = part.flag("remote_ok")
    provision = Provision(
        id=id,
        topic=topic.id,
        title=part.text("title"),
        text=part.text("text"),
        test="" if full else part.text("test"),
        core=topic.core,
        floor=part.one_of("floor", SEVERITIES),
        ceiling=part.one_of("ceiling", SEVERITIES),
        zero_tolerance=part.flag("zero_tolerance"),
        remote_ok=remote,
        verify="desk" if remote else "on_site",
    )
    if full:
        provision = _fill(provision, part)
    part.done()
    check(provision, part.where)
    if full:
        check_full(provision, part.where)
    return provision


def _fill(provision: Provision, part: Table) -> Provision:
    """What a full standard says beyond the question itself."""
    references = part.part("references")
    filled = replace(
        provision,
        conformance=part.text("conformance"),
        documents=part.text("documents"),
        interviews=part.text("interviews"),
        observation=part.text("observation"),
        share_rule=part.flag("share_rule"),
        verify=part.one_of("verify", VERIFY),
        indicators=part.each_of("indicators", INDICATORS),
        stage=part.one_of("stage", JOURNEY),
        references=MappingProxyType({name: references.each_matching(name, form) for name, form in REFERENCES.items()}),
    )
    references.done()
    return replace(filled, test=in_one(filled))


def _clock(part: Table) -> Clock:
    contained = part.has("containment_hours")
    origin = part.part("origin")
    named = ("cap", "approve", "close", "containment") if contained else ("cap", "approve", "close")
    clock = Clock(
        cap_days=part.count("cap_days", MOST_DAYS),
        cap_from=part.one_of("cap_from", STARTS),
        approve_days=part.count("approve_days", MOST_DAYS),
        approve_from=part.one_of("approve_from", STARTS),
        close_days=part.count("close_days", MOST_DAYS),
        close_from=part.one_of("close_from", STARTS),
        containment_hours=part.count("containment_hours", MOST_DAYS) if contained else None,
        containment_from=part.one_of("containment_from", STARTS) if contained else None,
        origin=MappingProxyType({name: origin.text(name) for name in named}),
    )
    origin.done()
    part.done()
    return clock


def _fieldwork(part: Table) -> Fieldwork:
    independence, sampling = part.part("independence"), part.part("sampling")
    escalation, follow_up = part.part("escalation"), part.part("follow_up")
    fieldwork = Fieldwork(
        signed=_switch(part, "signed"),
        release_hours=_number(part, "release_hours", "hours"),
        alert_hours=_number(part, "alert_hours", "hours"),
        hold_hours=_number(part, "hold_hours", "hours"),
        suppress_below=_number(part, "suppress_below", "people"),
        working_hours=_number(part, "working_hours", "hours"),
        independence=Independence(
            in_a_row_most=_number(independence, "in_a_row_most", "audits"),
            gap_months=_number(independence, "gap_months", "months"),
            interview_training=_switch(independence, "interview_training"),
        ),
        sampling=Sampling(
            least=_number(sampling, "least", "people"),
            per_stratum=_number(sampling, "per_stratum", "people"),
            high_risk_percent=_number(sampling, "high_risk_percent", "percent"),
            off_site_percent=_number(sampling, "off_site_percent", "percent"),
        ),
        man_days=_man_days(part.part("man_days")),
        escalation=Escalation(
            share_percent=_number(escalation, "share_percent", "percent"),
            repeat_months=_number(escalation, "repeat_months", "months"),
            minors_in_topic=_number(escalation, "minors_in_topic", "findings"),
        ),
        follow_up=FollowUp(
            retaliation_days=_days(follow_up, "retaliation_days"),
            repayment_days=_number(follow_up, "repayment_days", "days"),
            confirmed_percent=_number(follow_up, "confirmed_percent", "percent"),
            reminder_days=_days(follow_up, "reminder_days"),
        ),
    )
    for each in (part, independence, sampling, escalation, follow_up):
        each.done()
    if fieldwork.release_hours < fieldwork.alert_hours + fieldwork.hold_hours:
        # Else the time of a release would tell whether an alert was raised.
        raise Malformed("release_hours is less than alert_hours and hold_hours", where="/fieldwork/release_hours")
    return fieldwork


def _number(part: Table, key: str, unit: str) -> int:
    """One number, as { value, unit, origin }."""
    entry = part.part(key)
    value = entry.count("value", UNITS[unit])
    _said(entry, unit)
    return value


def _switch(part: Table, key: str) -> bool:
    entry = part.part(key)
    value = entry.flag("value")
    _said(entry, "yes or no")
    return value


def _days(part: Table, key: str) -> tuple[int, ...]:
    """Several numbers of days, none twice."""
    entry = part.part(key)
    values: list[Json] = entry.take("value", list)
    whole = all(type(number) is int and 0 < number <= UNITS["days"] for number in values)
    if not values or not whole or len(set(values)) < len(values):
        raise Malformed("different whole numbers from 1 to 366 were expected", where=f"{entry.where}/value")
    _said(entry, "days")
    return tuple(values)


def _said(entry: Table, unit: str) -> None:
    entry.one_of("unit", (unit,))
    entry.text("origin")
    entry.done()


def _man_days(part: Table) -> tuple[ManDays, ...]:
    """Rows by growing number of workers; the last one has no end."""
    tables = part.tables("rows")
    rows = tuple(_row(each, last=each is tables[-1]) for each in tables)
    part.text("origin")
    part.done()
    ends = [row.workers_to for row in rows[:-1] if row.workers_to is not None]
    if not rows or ends != sorted(set(ends)):
        raise Malformed("the rows are not in order of workers_to", where=part.where)
    return rows


def _row(part: Table, last: bool) -> ManDays:
    row = ManDays(
        workers_to=None if last else part.count("workers_to", MOST_PER_ROW),
        days=part.count("days", MOST_PER_ROW),
        individual=part.count("individual", MOST_PER_ROW),
        groups=part.count("groups", MOST_PER_ROW),
        group_size=part.count("group_size", MOST_PER_ROW),
        files=part.count("files", MOST_PER_ROW),
    )
    part.done()
    return row


def _profiles(
    parts: Iterable[Table], topics: Mapping[str, Topic], provisions: Mapping[str, Provision]
) -> dict[str, Profile]:
    """The profiles. An id of a provision stands once in the whole standard, so that profiles can be combined."""
    profiles: dict[str, Profile] = {}
    taken = set(provisions)
    for part in parts:
        profile = _profile(part, topics, provisions)
        if profile.id in profiles:
            raise Malformed(f"the profile {profile.id} stands twice", where=part.where)
        for added in profile.adds:
            if added.id in taken:
                raise Malformed(f"{added.id} stands twice in this standard", where=part.where)
            taken.add(added.id)
        profiles[profile.id] = profile
    return profiles


def _profile(part: Table, topics: Mapping[str, Topic], provisions: Mapping[str, Provision]) -> Profile:
    kind = part.one_of("kind", PROFILE_KINDS)
    profile = Profile(
        id=part.matching("id", PROFILE),
        title=part.text("title"),
        kind=kind,
        applies=part.each_matching("applies", APPLIES[kind]),
        sites=part.each_matching("sites", SITE_KIND),
        origin=part.text("origin"),
        adds=tuple(_provision(each, topics, full=True) for each in part.tables("adds")),
        sharpens=MappingProxyType(dict(_sharpened(each, provisions) for each in part.tables("sharpens"))),
    )
    if len(profile.sharpens) != len(part.tables("sharpens")):
        raise Malformed("a provision is sharpened twice", where=f"{part.where}/sharpens")
    if not profile.applies or not (profile.adds or profile.sharpens):
        raise Malformed(f"{profile.id} applies to nothing, or changes nothing", where=part.where)
    part.done()
    return profile


def _sharpened(part: Table, provisions: Mapping[str, Provision]) -> tuple[str, Mapping[str, Json]]:
    """What a profile makes stricter about one provision. Malformed for anything that would make it milder, or is as
    strict already."""
    id = part.matching("id", PROVISION)
    if id not in provisions:
        raise Malformed(f"{id} is no provision that a profile can sharpen", where=f"{part.where}/id")
    old = provisions[id]
    changes: dict[str, Json] = {key: part.text(key) for key in WORDS if part.has(key)}
    for key, order in (("floor", SEVERITIES), ("ceiling", SEVERITIES), ("verify", VERIFY[::-1])):
        if part.has(key):
            changes[key] = part.one_of(key, order)
            if order.index(changes[key]) >= order.index(getattr(old, key)):
                raise Malformed(f"{key} {changes[key]} is not stricter than before", where=f"{part.where}/{key}")
    for key in ("zero_tolerance", "share_rule"):
        if part.has(key):
            changes[key] = part.flag(key)
            if getattr(old, key) or not changes[key]:
                raise Malformed(f"{key} can only be switched on", where=f"{part.where}/{key}")
    part.done()
    if not changes:
        raise Malformed(f"{id} is sharpened in nothing", where=part.where)
    sharper = sharpen(old, changes)
    check(sharper, part.where)
    check_full(sharper, part.where)
    return id, MappingProxyType(changes)


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
