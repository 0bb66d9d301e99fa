"""The shapes of a standard: topics, provisions, clocks, the numbers of field work, and profiles that sharpen it.

Owns the frozen dataclasses and how profiles are merged into a standard: they add provisions and make others stricter,
never milder. Others import these from `audits.standard`. Pure, and says nothing of what a finding costs.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, get_args

from audits.facts import SEVERITIES, Severity
from ground.canonical import Json
from ground.errors import Invalid, Malformed

From = Literal["discovery", "report"]
ClockName = Literal[
    "zero_tolerance", "priority_core", "priority_danger", "major_core", "major_other", "minor", "risk"
]  # fmt: skip
Verify = Literal["next_audit", "desk", "on_site", "on_site_interviews"]
Indicator = Literal[
    "vulnerability", "deception", "movement", "isolation", "violence", "intimidation", "documents", "wages", "debt",
    "conditions", "overtime",
]  # fmt: skip
JourneyStage = Literal["pre_recruitment", "recruitment_travel", "workplace", "leaving"]
ProfileKind = Literal["sector", "country", "flag"]
CLOCKS: tuple[ClockName, ...] = get_args(ClockName)
STARTS: tuple[From, ...] = get_args(From)
VERIFY: tuple[Verify, ...] = get_args(Verify)  # the mildest first
INDICATORS: tuple[Indicator, ...] = get_args(Indicator)  # the eleven of the ILO
JOURNEY: tuple[JourneyStage, ...] = get_args(JourneyStage)
PROFILE_KINDS: tuple[ProfileKind, ...] = get_args(ProfileKind)
WORDS = ("text", "conformance", "documents", "interviews", "observation")
ANY, FOREIGN = "*", "foreign"  # of a flag profile: every vessel; a vessel whose flag is not its home country's


@dataclass(frozen=True)
class Topic:
    id: str
    title: str
    core: bool


@dataclass(frozen=True)
class Provision:
    """One question. floor and ceiling: mildest and gravest severity of a finding on it. zero_tolerance: a priority
    here can be one. remote_ok: findings on it can be closed without a visit (never core, never up to priority).

    conformance: what an auditor sees where it is kept; documents, interviews, observation: how that is tested (`test`
    is the three in one). share_rule: a share of the sample (Escalation.share_percent) makes a finding a major one.
    verify: the least that proves a finding on it closed. indicators: those of the ILO that it touches. stage: of the
    worker's journey. references: area or number by source (vap, ilo, dhaka, far, eu). Under 2026.0 these say nothing.
    """

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
    conformance: str = ""
    documents: str = ""
    interviews: str = ""
    observation: str = ""
    share_rule: bool = True
    verify: Verify = "on_site"
    indicators: tuple[Indicator, ...] = ()
    stage: JourneyStage | Literal[""] = ""
    references: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))


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
class Independence:
    """in_a_row_most: audits of one site by the same lead auditor. gap_months: after employment by, or advice to, it.
    interview_training: only people trained for it interview workers."""

    in_a_row_most: int = 3
    gap_months: int = 24
    interview_training: bool = True


@dataclass(frozen=True)
class Sampling:
    """least: interviews, or everybody where fewer work. per_stratum: of each group, or all of it. high_risk_percent: of
    the sample at a high-risk site. off_site_percent: share of interviews held off site or by phone (core topics)."""

    least: int = 10
    per_stratum: int = 3
    high_risk_percent: int = 150
    off_site_percent: int = 50


@dataclass(frozen=True)
class ManDays:
    """One row: up to workers_to people (None: more than the row above) an audit takes `days` auditor days, `individual`
    interviews, `groups` groups of `group_size`, and `files` personnel files."""

    workers_to: int | None
    days: int
    individual: int
    groups: int
    group_size: int
    files: int


@dataclass(frozen=True)
class Escalation:
    """share_percent: of the sample affected makes a major. repeat_months: the same minor again within these does.
    minors_in_topic: so many minors in one topic make a major on the management system."""

    share_percent: int = 20
    repeat_months: int = 24
    minors_in_topic: int = 3


@dataclass(frozen=True)
class FollowUp:
    """retaliation_days: after each audit, when workers are asked again. repayment_days: after the last repayment, when
    workers are asked whether it was taken back. confirmed_percent: of those asked about a repayment, how many must say
    that all of it reached them and stayed. reminder_days: before each deadline."""

    retaliation_days: tuple[int, ...] = (30, 90)
    repayment_days: int = 90
    confirmed_percent: int = 80
    reminder_days: tuple[int, ...] = (14, 7, 1)


@dataclass(frozen=True)
class Fieldwork:
    """How an audit is done. signed: submissions carry the auditor's own signature. release_hours: from submission to
    the site's first sight of the report. alert_hours: from being on site to the alert. hold_hours: the longest that an
    alert is held. suppress_below: smaller counts of people are not shown. working_hours: of one auditor day."""

    signed: bool = True
    release_hours: int = 96
    alert_hours: int = 24
    hold_hours: int = 72
    suppress_below: int = 5
    working_hours: int = 8
    independence: Independence = Independence()
    sampling: Sampling = Sampling()
    man_days: tuple[ManDays, ...] = ()
    escalation: Escalation = Escalation()
    follow_up: FollowUp = FollowUp()


@dataclass(frozen=True)
class Profile:
    """What a sector, a country or a vessel's flag adds. applies: sectors, country codes, or flags (`*`, `foreign`).
    sites: kinds of site that it is for, empty for all. sharpens: provision id -> what becomes stricter; words of a
    sharpening are said after those of the provision."""

    id: str
    title: str
    kind: ProfileKind
    applies: tuple[str, ...]
    sites: tuple[str, ...]
    origin: str
    adds: tuple[Provision, ...]
    sharpens: Mapping[str, Mapping[str, Json]]


@dataclass(frozen=True)
class Standard:
    """A published standard. sha256: lower-case hex of its canonical JSON, which is what `public` returns. fieldwork:
    None where the standard does not say how an audit is done. applied: the profiles merged into `provisions`."""

    id: str
    title: str
    version: str
    topics: Mapping[str, Topic]
    provisions: Mapping[str, Provision]
    clocks: Mapping[ClockName, Clock]
    danger_topics: frozenset[str]
    sha256: str
    document: str = field(repr=False)
    fieldwork: Fieldwork | None = None
    profiles: Mapping[str, Profile] = field(default_factory=lambda: MappingProxyType({}))
    applied: tuple[str, ...] = ()

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

    def with_profiles(self, ids: Collection[str], where: str = "") -> Standard:
        """The standard with these profiles merged in: same id and hash. Invalid at `where` for an unknown profile.

        The result does not depend on the order of `ids`: profiles come in the order of the file, provisions topic by
        topic with added ones last. A profile that is merged already is not merged twice.
        """
        for id in ids:
            if id not in self.profiles:
                known = ", ".join(self.profiles) or "none"
                raise Invalid(f"{id[:40]!r} is no profile of {self.id}; known: {known}", where=where)
        wanted = [each for each in self.profiles.values() if each.id in ids and each.id not in self.applied]
        if not wanted:
            return self
        provisions = dict(self.provisions)
        for profile in wanted:
            provisions.update({each.id: each for each in profile.adds})
            provisions.update({id: sharpen(provisions[id], changes) for id, changes in profile.sharpens.items()})
        merged = [each for topic in self.topics for each in provisions.values() if each.topic == topic]
        applied = {*self.applied, *(each.id for each in wanted)}
        return dataclasses.replace(
            self,
            provisions=MappingProxyType({each.id: each for each in merged}),
            applied=tuple(id for id in self.profiles if id in applied),
        )


def profiles_for(standard: Standard, kind: str, sector: str, country: str, flag: str) -> tuple[str, ...]:
    """Ids of the profiles that apply to a site by what it is, in the order of the standard.

    kind: as in ground.parties; sector and flag: "" when there is none. Nothing here depends on what an auditor thinks.
    """
    return tuple(
        each.id
        for each in standard.profiles.values()
        if (not each.sites or kind in each.sites) and _applies(each, kind, sector, country, flag)
    )


def _applies(profile: Profile, kind: str, sector: str, country: str, flag: str) -> bool:
    match profile.kind:
        case "sector":
            return sector in profile.applies
        case "country":
            return country in profile.applies
        case "flag":
            foreign = FOREIGN in profile.applies and flag not in ("", country)
            return kind == "vessel" and (ANY in profile.applies or foreign or flag in profile.applies)


def sharpen(provision: Provision, changes: Mapping[str, Json]) -> Provision:
    """The provision, stricter. A severity or a way to verify that is milder than what stands stays as it stands."""
    new: dict[str, Json] = {key: f"{getattr(provision, key)} {words}" for key, words in changes.items() if key in WORDS}
    for key in ("floor", "ceiling"):
        if key in changes:
            new[key] = min(getattr(provision, key), changes[key], key=SEVERITIES.index)
    if "verify" in changes:
        new["verify"] = max(provision.verify, changes["verify"], key=VERIFY.index)
        new["remote_ok"] = new["verify"] == "desk"
    for key in ("zero_tolerance", "share_rule"):
        if key in changes:
            new[key] = getattr(provision, key) or changes[key]
    sharper = dataclasses.replace(provision, **new)
    return dataclasses.replace(sharper, test=in_one(sharper))


def in_one(provision: Provision) -> str:
    """The three ways to test it as one text."""
    return f"{provision.documents} {provision.interviews} {provision.observation}"


def check(provision: Provision, where: str) -> None:
    """What holds for every provision, alone or sharpened. Malformed when it does not."""
    id = provision.id
    gravest, mildest = SEVERITIES.index(provision.ceiling), SEVERITIES.index(provision.floor)
    # The 20 percent rule lifts a minor to a major, so every provision must leave room for one.
    if gravest > SEVERITIES.index("major") or mildest < gravest:
        raise Malformed(f"{id}: the ceiling is below major or below the floor", where=f"{where}/ceiling")
    if provision.zero_tolerance and not (provision.core and provision.ceiling == "priority"):
        raise Malformed(f"{id}: zero tolerance is for priority findings on core topics", where=where)
    if provision.remote_ok and (provision.core or provision.ceiling == "priority"):
        raise Malformed(f"{id}: core and priority findings are closed on site", where=f"{where}/remote_ok")


def check_full(provision: Provision, where: str) -> None:
    """What also holds where a standard says how closures are verified. Malformed when it does not."""
    least: Verify = "next_audit"
    if provision.ceiling == "priority":
        least = "on_site"
    if provision.core:
        least = "on_site_interviews"
    if VERIFY.index(provision.verify) < VERIFY.index(least):
        raise Malformed(f"{provision.id}: closure is verified {least} at the least", where=f"{where}/verify")
    if provision.remote_ok != (provision.verify == "desk"):
        raise Malformed(f"{provision.id}: remote_ok and verify say different things", where=f"{where}/remote_ok")
