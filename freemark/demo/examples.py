"""The audits of `examples/audits/`, as auditors would hand them in: a file is the bodies of the requests of one visit.

Owns the way from a file to those requests; the caller says where, when and who.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from freemark.demo import crew as crews
from freemark.demo.client import Json
from freemark.demo.crew import Auditor

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "audits"
A_DAY = 10  # tenths of a man-day


def example(name: str) -> dict[str, Json]:
    content: dict[str, Json] = json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return content


def plan_of(provision: str) -> dict[str, Json]:
    """The corrective action for that provision, as the factory wrote it."""
    minor = json.loads((EXAMPLES / "actions-minor.json").read_text(encoding="utf-8"))
    return next(plan for plan in [example("action-factory"), *minor] if plan["provision"] == provision)


def begun(name: str, lead: Auditor, team: Sequence[str], site: str, first: date, last: date) -> str:
    """The audit of that example is planned, for these days; its id."""
    audit = dict(example(name)["audit"])
    return crews.planned(
        lead, site, audit["type"], first, last, team=list(team),
        notice=audit.get("notice", "announced" if audit["announced"] else "unannounced"),
    )  # fmt: skip


def filed(name: str, lead: Auditor, team: Sequence[str], audit: str, now: datetime) -> None:
    """What it took, who works there, who was asked, and every answer that is not there yet."""
    content, shown = example(name), lead.client.get(f"/v1/audits/{audit}")
    first, last = date.fromisoformat(shown["starts_on"]), date.fromisoformat(shown["ends_on"])
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    work = content["fieldwork"]
    crews.fill(lead, audit, {
        **work,
        "plan": {**work["plan"], "months": crews.months(last)},
        "effort": {"days": [{"day": str(day), "person": each, "tenths": A_DAY} for day in days for each in team]},
    })  # fmt: skip
    known = {finding["provision"] for finding in shown["findings"]}
    answers = [answer for answer in content["answers"] if answer["provision"] not in known]
    crews.answered(lead, audit, answers, now, whole=False)


def signed(name: str, lead: Auditor, audit: str) -> Json:
    """The report of that example, signed by the lead and submitted."""
    last = lead.client.get(f"/v1/audits/{audit}")["ends_on"]
    figures = {**example(name)["report"], "closing_meeting_on": last}
    if "hours" in figures:
        figures |= {"records_from": str(date.fromisoformat(last) - timedelta(days=365)), "records_to": last}
    return crews.submitted(lead, audit, figures)
