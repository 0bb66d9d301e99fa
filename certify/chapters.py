"""The shape of a rulebook: its numbers, its clauses in words, and the tables that scheme managers read it by.

Owns the frozen dataclasses and what a number may be. Numbers that later rulebooks brought have a default that demands
nothing, so an older rulebook decides as it always did. Never reads a file; that is `certify.rulereader`.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Literal, get_args

from audits.facts import AuditType, Severity
from certify.once import once
from ground.canonical import Json

Stage = Literal["issue", "suspension", "remediation", "revocation", "release", "renewal", "end"]
STAGES: tuple[Stage, ...] = get_args(Stage)

Verification = Literal["on_site_other_team", "on_site", "on_site_interviews", "as_provision", "next_audit", "none"]
VERIFICATIONS: tuple[Verification, ...] = get_args(Verification)

Issue = Literal["deny", "limited", "allow"]
ISSUES: tuple[Issue, ...] = get_args(Issue)

# What a unit is, and the largest value it can sensibly have: a typing error of a factor of ten is refused.
UNITS: Mapping[str, int] = {
    "hours": 200, "days": 366, "months": 60, "points": 200, "percent": 200, "findings": 100, "provisions": 1000,
    "workers": 1000, "audits": 10, "visits": 12, "certificates": 10, "sources": 10, "countries": 50, "yes or no": 1,
}  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """The numbers, each named as in the TOML, where its unit, origin and meaning stand.

    Those with a default came with freemark-2026.1; the default is what a rulebook without them means.
    """

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
    # Issuing
    screening_days: int = 0
    site_list_months: int = 0
    conformance_months: int = 0
    core_provisions: int = 0
    # The sample and the team
    interviews_per_stratum: int = 0
    off_site_percent: int = 0
    high_risk_percent: int = 100
    files_months: int = 0
    visit_interviews_least: int = 0
    in_a_row_most: int = 0
    independence_gap_months: int = 0
    # Escalation and leniency
    share_percent: int = 0
    repeat_months: int = 0
    minors_in_topic: int = 0
    panel_core_majors: int = 0
    panel_days: int = 0
    revoke_uncontained: bool = False
    leniency: bool = False
    # Alerts
    alert_hours: int = 0
    hold_hours: int = 0
    release_hours: int = 0
    release_check_hours: int = 0
    release_check_percent: int = 0
    panel_call_hours: int = 0
    panel_decision_days: int = 0
    # Validity, renewal, surveillance
    validity_low_risk_months: int = 0
    validity_clean_months: int = 0
    clean_cycles_least: int = 0
    probation_months: int = 0
    probation_visits: int = 0
    reminder_days: tuple[int, ...] = ()
    renewal_late_days: int = 0
    surveillance_low_risk_months: int = 0
    surveillance_provisions: int = 0
    surveillance_window_days: int = 0
    unannounced_least: int = 0
    survey_high_risk_months: int = 0
    survey_other_months: int = 0
    suppress_below: int = 0
    retaliation_days: tuple[int, ...] = ()
    repayment_check_days: int = 0
    status_list_hours: int = 0
    key_rotation_months: int = 0
    # Suspension, revocation, return
    reverify_days: int = 0
    misuse_suspension_months: int = 0
    reapply_core_months: int = 0
    reapply_other_months: int = 0
    second_revocation_months: int = 0
    publish_revocation_months: int = 0
    notify_customers_days: int = 0
    appeal_days: int = 0
    appeal_decide_days: int = 0
    # Labels and stock
    withdrawal_sell_days: int = 0
    hold_stock_days: int = 0
    return_days: int = 0
    reconcile_months: int = 0
    gap_minor_percent: int = 0
    gap_major_percent: int = 0
    gap_priority_percent: int = 0
    scan_window_days: int = 0
    scan_countries_most: int = 0
    # Complaints
    triage_hours: int = 0
    acknowledge_days: int = 0
    feedback_months: int = 0
    concern_visit_days: int = 0
    independent_sources: int = 0


FIRST = tuple(number.name for number in dataclasses.fields(Limits) if number.default is dataclasses.MISSING)
LATER = tuple(number.name for number in dataclasses.fields(Limits) if number.name not in FIRST)


@dataclass(frozen=True)
class Parameter:
    """One number (or several, or a switch) with its unit, where it comes from, and what it means."""

    name: str
    value: int | tuple[int, ...]
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
class Effect:
    """One row of the table severity x topic: what a finding costs, by when it must be right, and what it does.

    Days from discovery or from report release, as `clock` says; None: there is no such clock. close_danger_days: where
    people are in danger. clauses: which carry the effect out.
    """

    id: str
    title: str
    points: int
    clock: Literal["discovery", "report"] | None
    containment_hours: int | None
    cap_days: int | None
    approve_days: int | None
    close_days: int | None
    close_danger_days: int | None
    verify: Verification
    certificate: str
    issue: Issue
    clauses: tuple[str, ...]
    origin: Mapping[str, str]


@dataclass(frozen=True)
class Escalation:
    """What makes a finding, or an absence, graver than it was."""

    when: str
    then: str
    origin: str


@dataclass(frozen=True)
class Band:
    """A word for how far above the gates a site stands. closed: severities of which nothing may be open."""

    name: str
    score_least: int
    closed: tuple[Severity, ...]
    note: str
    origin: str


@dataclass(frozen=True)
class Stock:
    """What an event means for labels and for goods that carry them already."""

    event: str
    new_labels: str
    shipped: str
    unshipped: str
    unused: str
    page: str
    origin: str


@dataclass(frozen=True)
class ManDays:
    """Effort of an audit of up to `workers_to` workers (None: of more): days, interviews alone and in groups, files."""

    workers_to: int | None
    days: int
    individual: int
    groups: int
    group_size: int
    files: int
    origin: str


@dataclass(frozen=True)
class Rulebook:
    """A rulebook. sha256: lower-case hex of its canonical JSON, which is what `public` returns.

    agreement: the version of the agreement that holders must have signed. standards: ids that audits may be under.
    earlier: standards whose audits still tell what was in order on their day, but carry no new certificate. carriers:
    the types of audit that can carry one. surveying: those that show as well how a place is. The tables from `effects`
    on came with freemark-2026.1.
    """

    id: str
    title: str
    version: str
    approved: bool
    in_force_from: date
    agreement: str
    standards: tuple[str, ...]
    limits: Limits = field(repr=False)
    parameters: Mapping[str, Parameter] = field(repr=False)
    clauses: Mapping[str, Words] = field(repr=False)
    sha256: str
    document: str = field(repr=False)
    earlier: tuple[str, ...] = ()
    carriers: tuple[AuditType, ...] = ("initial", "surveillance")
    surveying: tuple[AuditType, ...] = ()
    effects: Mapping[str, Effect] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    escalations: tuple[Escalation, ...] = field(default=(), repr=False)
    bands: tuple[Band, ...] = field(default=(), repr=False)
    stock: tuple[Stock, ...] = field(default=(), repr=False)
    man_days: tuple[ManDays, ...] = field(default=(), repr=False)

    @once
    def top_band(self) -> str:
        """The name of the highest band; "" when there are none."""
        return max(self.bands, key=lambda band: band.score_least).name if self.bands else ""

    def public(self) -> dict[str, Json]:
        """The whole rulebook as JSON for the shelf; its canonical bytes hash to `sha256`."""
        document: dict[str, Json] = json.loads(self.document)
        return document
