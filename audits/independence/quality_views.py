"""Quality as JSON for the people who may see it: those who run the scheme, and of a firm or an auditor its own people.

Owns who may read it and the shape of the answer; manufacturers, agents and other firms get the answer for a firm that
does not exist. What a figure may count for its reader is said in `quality_records`. Of people only ids.
"""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from audits.facts import SEVERITIES
from audits.independence import quality, quality_records
from audits.independence.quality import Deduction, Missed, Quality, Rate, Rule
from audits.independence.relations import check_auditor, check_firm
from audits.relations import ANYWHERE
from ground import access
from ground.access import Actor, Grant
from ground.canonical import Json
from ground.database import Reading

READ_QUALITY = "audits.read_quality"

access.register(
    *(Grant(READ_QUALITY, role, "any") for role in ANYWHERE),
    Grant(READ_QUALITY, "auditor", "own"),  # the own firm, and its auditors
)


def firm_quality(session: Reading, actor: Actor, firm: str, *, now: datetime) -> dict[str, Json]:
    """NotFound or Forbidden for whoever is neither of the firm nor runs the scheme."""
    check_firm(session, actor, READ_QUALITY, firm)
    return {"firm": firm, **_shown(_looked_at(session, actor, firm, now))}


def auditor_quality(session: Reading, actor: Actor, person: str, *, now: datetime) -> dict[str, Json]:
    """The same of an auditor."""
    row = check_auditor(session, actor, READ_QUALITY, person)
    return {"person": person, "firm": row.organisation_id, **_shown(_looked_at(session, actor, person, now))}


def _looked_at(session: Reading, actor: Actor, subject: str, now: datetime) -> Quality:
    records = quality.arrange(quality_records.read(session, actor, now), now.date())
    return quality.appraise(subject, records)


def _shown(found: Quality) -> dict[str, Json]:
    return {
        "since": found.since.isoformat(),
        "until": found.until.isoformat(),
        "audits": {
            "all": found.audits,
            "led": found.led,
            "full": found.full,
            "kinds": dict(sorted(found.kinds.items())),
        },
        "score": found.score,
        "no_score_because": found.why or None,
        "deductions": [_deduction(each, scored=found.score is not None) for each in found.deductions],
        "findings": [_rate(each) for each in found.rates],
        "compared": {"by_profile": found.alike[0], "by_kind": found.alike[1], "firms_at_least": found.firms},
        "clean_run": found.clean_run,
        "flags": list(found.flags),
        "missed": [_missed(each) for each in found.missed],
        "looked_at_again": found.looked_again,
        "reports_amended": found.amended,
        "severities_lowered": found.lowered,
        "alerts": {"raised": found.alerts, "dismissed": found.dismissed},
        "note": quality.SIGNAL,
    }


def _deduction(one: Deduction, *, scored: bool) -> dict[str, Json]:
    return {
        "rule": one.rule.id,
        "title": one.rule.title,
        "cases": one.cases,
        "of": one.of,
        "points": one.points if scored else None,
        "most": one.rule.most,
        "said": said(one),
        "how": formula(one.rule),
        "origin": one.rule.origin,
    }


def said(one: Deduction) -> str:
    """The deduction in one sentence, with its numbers."""
    return f"{one.cases} {one.rule.cases}, of {one.of} {one.rule.of}."


def formula(rule: Rule) -> str:
    return f"{rule.weight} x cases / {rule.of}, at most {rule.most} points"


def _rate(rate: Rate) -> dict[str, Json]:
    return {
        "severity": rate.severity,
        "found": rate.found,
        "per_full_audit": hundredths(rate.per_audit),
        "median_of_firms": hundredths(rate.median) if rate.median is not None else None,
    }


def _missed(one: Missed) -> dict[str, Json]:
    return {
        "audit": one.audit,
        "site": one.site,
        "finding": one.finding,
        "provision": one.provision,
        "severity": one.severity,
        "found_on": one.on.isoformat(),
    }


def hundredths(number: Fraction) -> str:
    """Two decimals, half up: JSON of ours has no floats."""
    whole, rest = divmod((200 * number.numerator + number.denominator) // (2 * number.denominator), 100)
    return f"{whole}.{rest:02}"


_FIGURES: dict[str, Json] = {
    "since": "2024-06-01",
    "until": "2026-06-01",
    "audits": {"all": 14, "led": 9, "full": 10, "kinds": {"closure": 4, "initial": 3, "periodic": 7}},
    "score": 86,
    "no_score_because": None,
    "deductions": [_deduction(Deduction(rule, *rest), scored=True) for rule, rest in zip(
        quality.RULES, ((1, 14), (1, 10), (0, 10), (1, 14), (0, 14), (0, 14)), strict=True)],
    "findings": [_rate(Rate(severity, 3, Fraction(3, 10), Fraction(1, 4))) for severity in SEVERITIES],
    "compared": {"by_profile": 6, "by_kind": 4, "firms_at_least": 5},
    "clean_run": 2,
    "flags": [],
    "missed": [
        {
            "audit": "aud_5n9e2z7k4b0y3g8a",
            "site": "site_8w3n5e1h6z2k0b7y",
            "finding": "fnd_1b6f0r8s3w5e9h2j",
            "provision": "T1.1",
            "severity": "priority",
            "found_on": "2026-03-02",
        }
    ],
    "looked_at_again": 3,
    "reports_amended": 1,
    "severities_lowered": 0,
    "alerts": {"raised": 1, "dismissed": 0},
    "note": quality.SIGNAL,
}  # fmt: skip
SAMPLE_FIRM: dict[str, Json] = {"firm": "org_3x8c6v1q0m7t2d4k", **_FIGURES}
SAMPLE_AUDITOR: dict[str, Json] = {"person": "per_7k2m9t4x1c5v8q3d", **SAMPLE_FIRM}
