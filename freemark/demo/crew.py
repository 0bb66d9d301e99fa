"""The auditors of a scene under a standard that says how field work is done: approved, drawn, on site, signing.

Owns the requests around one visit, over HTTP like everything else. The private half of a signing key stays with the
`Auditor` who has it: the server is sent a claim and signatures. Tells no story, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from audits import signed, standard
from audits.fieldwork.plan import MOST_PER_DAY, needed
from audits.fieldwork.sampling import SAMPLED, away, ceil_sqrt, interviews
from freemark.demo.client import Client, Json
from ground.canonical import instant
from ground.ids import random_bytes
from ground.signing import SeedSigner

STANDARD = "freemark-2026.1"
SINCE, UNTIL = timedelta(days=300), timedelta(days=700)  # how long an approval counts, around the day it is entered
LANGUAGE = "bn"
SAMPLE_OF_STRATUM = 3
LIST = {
    "name": "Exclusion list of the demonstration", "kind": "exclusion", "publisher": "Nobody: every entry is invented",
    "url": "", "country": "", "mapping": {"name": "name", "country": "country", "city": "city"},
}  # fmt: skip
ENTRIES = "name,country,city\nBrightwater Trawling Company,TH,Songkhla\nKopet Cotton Works,TM,Mary\n"


@dataclass(frozen=True)
class Auditor:
    """One auditor of a firm, with the key that nobody else has."""

    client: Client
    person: str
    firm: str
    key: SeedSigner = field(default_factory=lambda: SeedSigner.from_seed(random_bytes(32)), repr=False)

    def sign(self, document: dict[str, Json]) -> dict[str, str]:
        """As `freemark auditor sign` does it."""
        return signed.sign_report(document, self.key)


@dataclass(frozen=True)
class Crew:
    """Who it takes for an audit: the scheme keeps the register, the certification body asks, one of the auditors is
    drawn. auditors: by person; all that are approved in this world, because a draw is among everybody."""

    scheme: Client
    decider: Client
    auditors: dict[str, Auditor]


# ----------------------------------------------------------------------------------------------- before any visit


def approve_everybody(crew: Crew, today: date) -> None:
    """Firms and auditors in good standing for some time before and after today, and every auditor's key enrolled."""
    for auditor in crew.auditors.values():
        approve(crew.scheme, auditor.firm, auditor.person, today)
        enrol(auditor)


def approve(
    scheme: Client, firm: str, person: str, today: date, *, languages: Sequence[str] = ("bn", "ne", "en")
) -> None:
    """One auditor as a possible lead, and the firm."""
    since, until = str(today - SINCE), str(today + UNTIL)
    good = {"status": "good", "reason": "Accredited, and witnessed at work.", "topics": ["all"], "effective_on": since}
    scheme.post(f"/v1/audit-firms/{firm}/approvals", {**good, "valid_until": until})
    scheme.post(f"/v1/auditors/{person}/approvals", {
        **good, "level": "lead", "languages": list(languages), "trained_on": since, "trained_until": until,
        "expires_on": until,
    })  # fmt: skip


def enrol(auditor: Auditor) -> None:
    """The public half, with the proof that the other half is there."""
    message = signed.claim_message(auditor.person, auditor.key.kid)
    auditor.client.post("/v1/auditor-keys", {"kid": auditor.key.kid, "sig": auditor.key.sign(message).hex()})


def screened(crew: Crew, today: date, *sites: str) -> None:
    """An exclusion list in use from now on, against which every site is held, those that come later too; and these
    once more right after this."""
    listed = crew.scheme.post("/v1/screening/lists", LIST)["id"]
    crew.scheme.post(f"/v1/screening/lists/{listed}/editions", {"edition": str(today), "csv": ENTRIES})
    for site in sites:
        crew.scheme.post(f"/v1/sites/{site}/screening", {})


# ------------------------------------------------------------------------------------------------------- one visit


def assigned(
    crew: Crew,
    site: str,
    type: str,
    first: date,
    last: date,
    *,
    among: Sequence[str] = (),
    others: Sequence[str] = (),
    languages: Sequence[str] = (LANGUAGE,),
) -> tuple[Auditor, Json]:
    """Ask for an audit that begins between these days, and have it accepted: who leads it, and the assignment.

    Drawn at random; with `among`, whoever else is drawn sends it back. others: of the team, who declare as well.
    languages: of the workers.
    """
    drawn = crew.decider.post("/v1/assignments", {
        "site": site, "type": type, "standard": STANDARD, "starts_on": str(first), "ends_on": str(last),
        "languages": list(languages), "topics": [],
    })  # fmt: skip
    place = f"/v1/assignments/{drawn['id']}"
    while among and drawn["lead"] is not None and drawn["lead"] not in among:
        crew.auditors[drawn["lead"]].client.post(
            f"{place}/refusal", {"unavailable": "lead", "reason": "On another audit in these weeks."}
        )
        drawn = crew.decider.get(place)
    if drawn["lead"] is None:
        reasons = [reason for each in drawn["draws"][-1]["candidates"] for reason in each["reasons"]]
        raise RuntimeError(f"nobody could be drawn for {site}: {'; '.join(reasons)}")
    lead = crew.auditors[drawn["lead"]]
    for person in dict.fromkeys((lead.person, *others)):
        crew.auditors[person].client.post(f"{place}/declarations", {"kind": "none"})
    lead.client.post(f"{place}/acceptance", {})
    return lead, crew.decider.get(place)


def planned(lead: Auditor, site: str, type: str, starts_on: date, ends_on: date, **more: Json) -> str:
    """The audit's id. more: team (person ids, the lead first), notice."""
    notice = more.pop("notice", "semi_announced")
    return str(lead.client.post("/v1/audits", {
        "site": site, "type": type, "standard": STANDARD, "starts_on": str(starts_on), "ends_on": str(ends_on),
        "team": [lead.person], "announced": notice == "announced", "notice": notice, **more,
    })["id"])  # fmt: skip


def field_days(type: str, workers: int, team: Sequence[str], starts_on: date, ends_on: date) -> dict[str, Json]:
    """Bodies of plan, effort, strata and interviews of a visit in which nothing falls short. Keys: as in the routes.

    The work force: half women, a fifth on the night shift, one language.
    """
    rule = _rule().sampling
    sampled = type in SAMPLED  # a place that nobody assessed counts as one of high risk
    held = interviews(workers, rule, high_risk=True) if sampled else min(workers, max(5, ceil_sqrt(workers)))
    outside = away(held, rule)
    strata = {"women": workers // 2, "night_shift": workers // 5}
    asked = {name: min(size, SAMPLE_OF_STRATUM) for name, size in strata.items() if size}
    days = [starts_on + timedelta(days=day) for day in range((ends_on - starts_on).days + 1)]
    tenths = max(10, -(-man_days(type, workers) // (len(days) * len(team))))
    return {
        "plan": {
            "workers": workers, "high_risk": True, "planned": tenths * len(days) * len(team),
            "months": months(ends_on),
        },
        "effort": {"days": [{"day": str(day), "person": person, "tenths": tenths} for day in days for person in team]},
        "strata": {
            "workers": workers,
            "strata": [{"name": name, "size": size} for name, size in sorted(strata.items()) if size],
            "languages": [{"language": LANGUAGE, "size": workers}],
        },
        "interviews": {
            "individual": held, "group": 0, "private": held, "languages": {LANGUAGE: held},
            "places": {"off_site": outside, "on_site": held - outside}, "interpreters": {"none": held},
            "strata": asked,
        },
    }  # fmt: skip


def months(day: date) -> dict[str, str]:
    """Of the files that are read: the current month, a peak and a low before it."""
    return {"current": _month(day), "peak": _month(day, 4), "low": _month(day, 8)}


def man_days(type: str, workers: int) -> int:
    """Tenths of a man-day that the table of the standard asks for; 0 for a visit that it says nothing of."""
    return needed(_rule().man_days, type, workers)  # type: ignore[arg-type]  # one of the types of audits


def days_for(type: str, workers: int, people: int) -> int:
    """How many days so many people need for it."""
    return max(1, -(-man_days(type, workers) // (people * MOST_PER_DAY)))


def fill(lead: Auditor, audit: str, field_days: Mapping[str, Json]) -> None:
    """File what was planned, spent, counted."""
    for part in ("plan", "effort", "strata", "interviews"):
        lead.client.post(f"/v1/audits/{audit}/{part}", field_days[part])


def answered(lead: Auditor, audit: str, answers: Sequence[Json], now: datetime, *, whole: bool) -> None:
    """File these answers; whole: and conformance to everything else that this audit asks. A finding of zero tolerance
    is raised as an alert, seen just now."""
    alarms = [answer for answer in answers if answer.get("zero_tolerance")]
    for alarm in alarms:
        raise_alert(lead, audit, alarm, now)
    given = [answer for answer in answers if answer not in alarms]
    if whole:
        still = set(lead.client.get(f"/v1/audits/{audit}/readiness")["unanswered"])
        still -= {answer["provision"] for answer in given}
        given += [{"provision": id, "result": "conformance"} for id in sorted(still)]
    if given:
        lead.client.post(f"/v1/audits/{audit}/answers", {"answers": given})


def raise_alert(lead: Auditor, audit: str, alarm: Json, seen_at: datetime) -> Json:
    """The alert that an answer of zero tolerance is. Held, unless it says `release: now`."""
    told = alarm.get("release") == "now"
    return lead.client.post(f"/v1/audits/{audit}/alerts", {
        "provision": alarm["provision"], "reason": alarm["description"], "seen_at": instant(seen_at),
        **{flag: alarm.get(flag, False) for flag in ("deliberate", "concealed", "worst_form", "by_management")},
        "release": "now" if told else "hold",
        **({"safe_because": "The team has left with those concerned; the site knows already."} if told else {}),
    })  # fmt: skip


def figures(lead: Auditor, audit: str, **more: Json) -> dict[str, Json]:
    """The figures of a report that agree with what was filed before."""
    shown, force = lead.client.get(f"/v1/audits/{audit}"), lead.client.get(f"/v1/audits/{audit}/strata")
    counts = lead.client.get(f"/v1/audits/{audit}/interviews")["counts"]
    workers, ends_on = force["workers"], shown["ends_on"]
    return {
        "workers": workers, "payroll_workers": workers, "id_papers": workers, "listed_workers": workers,
        "interviews_individual": counts["individual"], "interviews_group": counts["group"],
        "files_reviewed": min(workers, max(10, counts["individual"])), "closing_meeting_on": ends_on,
        "worker_languages": [each["language"] for each in force["languages"]],
        "hours": {"normal": 480, "overtime": 80, "total": 560, "days": 6},
        "records_from": str(date.fromisoformat(ends_on) - timedelta(days=365)), "records_to": ends_on,
        "summary": "Everybody that was asked for was there, and every door was opened.", **more,
    }  # fmt: skip


def submitted(lead: Auditor, audit: str, figures: Mapping[str, Json]) -> Json:
    """Prepared, signed with the lead's own key, submitted: the audit as it is then, and what it closed."""
    prepared = lead.client.post(f"/v1/audits/{audit}/report/preparation", dict(figures))
    return lead.client.post(f"/v1/audits/{audit}/report", {"signature": lead.sign(prepared["document"])})


def audited(
    crew: Crew,
    site: str,
    type: str,
    now: datetime,
    *,
    findings: Sequence[Json] = (),
    among: Sequence[str] = (),
    days: int = 0,
    workers: int = 0,
    notice: str = "semi_announced",
) -> tuple[str, Json]:
    """A whole visit that ends today, from the draw to the signed report: (audit id, what its submission answered).

    findings: answers that are not conformance; everything else that is asked conforms. days: 0 for as many as the lead
    needs alone. workers: 0 for as many as are registered.
    """
    count = workers or int(crew.scheme.get(f"/v1/sites/{site}")["workers"])
    today = now.date()
    first = today - timedelta(days=(days or days_for(type, count, 1)) - 1)
    lead, _ = assigned(crew, site, type, first, today, among=among)
    audit = planned(lead, site, type, first, today, notice=notice)
    fill(lead, audit, field_days(type, count, [lead.person], first, today))
    answered(lead, audit, findings, now, whole=True)
    return audit, submitted(lead, audit, figures(lead, audit))


def _rule() -> standard.Fieldwork:
    rule = standard.load(STANDARD).fieldwork
    assert rule is not None
    return rule


def _month(day: date, back: int = 0) -> str:
    years, number = divmod(day.year * 12 + day.month - 1 - back, 12)
    return f"{years}-{number + 1:02}"
