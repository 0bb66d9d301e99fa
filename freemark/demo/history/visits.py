"""One visit of the history, from the draw to the signed report, through the services that the routes call.

Owns what a team files so that nothing falls short: plan, time, work force, interviews, figures. What it finds comes
from `findings`. A visit is entered on its last day, in one transaction; an alert in it is held as the standard says.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache

from audits import scope, service, signed, standard
from audits.alerts import service as alerts
from audits.alerts.service import AlertDraft
from audits.catalogue import profiles_for
from audits.drafts import AnswerDraft, AuditDraft, Hours, ReportDraft
from audits.facts import AuditType, Notice
from audits.fieldwork import service as fieldwork
from audits.fieldwork.interviews import Counts
from audits.fieldwork.plan import MOST_PER_DAY, Day, needed
from audits.fieldwork.sampling import SAMPLED, away, ceil_sqrt, interviews
from audits.fieldwork.service import ForceDraft, PlanDraft
from audits.independence import assigning
from audits.independence.assigning import AssignmentDraft
from audits.service import Signature
from audits.standard import Fieldwork, Standard
from freemark.demo.history.house import DAY, Auditor, Case, House, Site
from freemark.demo.history.population import LANGUAGES
from ground.database import Writing

STANDARD = "freemark-2026.1"
RELEASED_AFTER, HELD_FOR = 4, 3  # days: 96 hours after the submission, and 72 hours of hold
WHOLE: tuple[AuditType, ...] = ("initial", "periodic")
STRATUM = 5  # smaller groups are counted nowhere: each would be one person


@dataclass(frozen=True)
class Alarm:
    """A finding of zero tolerance, raised in the visit. told: to the site at once."""

    provision: str
    reason: str
    deliberate: bool = False
    told: bool = False


@dataclass(frozen=True)
class Visit:
    """What kind of visit, and what it answers besides conformance. only: answer nothing but these (a closure)."""

    type: AuditType
    notice: Notice = "semi_announced"
    answers: tuple[AnswerDraft, ...] = ()
    alarm: Alarm | None = None
    only: bool = False
    remote: bool = False
    refused: str = ""


def visit(house: House, case: Case, site: Site, what: Visit) -> str:
    """Do it today; the audit's id. The report reaches the site some days later.

    The case is looked at by whoever comes with the last visit of a round: `lives`.
    """
    with house.acting() as session:
        days = 1 if what.remote or what.refused else days_for(what.type, site.plan.workers)
        first = house.today - (days - 1) * DAY
        lead = _assigned(session, house, site, what.type, first)
        draft = AuditDraft(
            site.id, what.type, STANDARD, first, house.today, team=(lead.actor.person,),
            announced=what.notice == "announced", remote=what.remote, notice=what.notice,
        )  # fmt: skip
        audit = str(service.plan_audit(session, lead.actor, draft, now=house.now)["id"])
        if not what.remote and not what.refused:
            _field_days(session, house, lead, audit, what.type, site, first)
        if what.alarm is not None:
            _raise(session, house, lead, audit, what.alarm)
        answers = _answers(house, site, what)
        if answers:
            service.file_answers(session, lead.actor, audit, answers, now=house.now)
        figures = _figures(site, house.today, what, _counts(what.type, site))
        prepared = service.prepare_report(session, lead.actor, audit, figures, now=house.now)
        signature = Signature(**signed.sign_report(prepared["document"], lead.key))
        service.submit_audit(session, lead.actor, audit, None, signature, now=house.now)
    site.visits += 1
    house.later(RELEASED_AFTER)
    if what.alarm is not None:
        house.later(HELD_FOR, case)
    return audit


def days_for(type: AuditType, workers: int) -> int:
    """How many days one person needs for it."""
    return max(1, -(-needed(_rule().man_days, type, workers) // MOST_PER_DAY))


def asked(site: Site, what: AuditType) -> tuple[str, ...]:
    """The provisions that a visit of this kind answers here, with the profiles of the place: all of them, or what is
    about core topics, and what was left to the next visit."""
    found = catalogue(site)
    every = scope.asked(found, what)
    if what in WHOLE:
        return every
    return tuple(id for id in every if found.provision(id).core or found.provision(id).verify == "next_audit")


@cache
def _with(kind: str, sector: str, country: str, flag: str) -> Standard:
    found = standard.load(STANDARD)
    return found.with_profiles(profiles_for(found, kind, sector, country, flag))


def catalogue(site: Site) -> Standard:
    """The standard with the profiles of the place."""
    plan = site.plan
    return _with(plan.kind, plan.sector, plan.at.country, plan.flag)


def _assigned(session: Writing, house: House, site: Site, type: AuditType, first: date) -> Auditor:
    """Asked for, drawn, declared, accepted. Who is drawn among a firm's own people changes nothing in the story."""
    wish = AssignmentDraft(site.id, type, STANDARD, first, house.today, (LANGUAGES[site.plan.at.country],), ())
    row = assigning.ask(session, house.people.carl, wish, now=house.now)
    if row.lead_id is None:
        raise RuntimeError(f"nobody could be drawn for {site.plan.name} on {house.today}")
    lead = house.auditor(row.lead_id)
    assigning.declare(session, lead.actor, row.id, kind="none", until=None, now=house.now)
    assigning.accept(session, lead.actor, row.id, now=house.now)
    return lead


def _field_days(
    session: Writing, house: House, lead: Auditor, audit: str, type: AuditType, site: Site, first: date
) -> None:
    workers, now, actor = site.plan.workers, house.now, lead.actor
    days = [first + place * DAY for place in range((house.today - first).days + 1)]
    tenths = max(10, -(-needed(_rule().man_days, type, workers) // len(days)))
    month = house.today.replace(day=1)
    months = (f"{month:%Y-%m}", _month(month, 4), _month(month, 8))
    fieldwork.file_plan(session, actor, audit, PlanDraft(workers, False, tenths * len(days), months), now=now)
    spent = [Day(day, actor.person, tenths) for day in days]
    fieldwork.file_effort(session, actor, audit, spent, now=now)
    force = ForceDraft(workers, tuple(sorted(_strata(workers).items())), ((LANGUAGES[site.plan.at.country], workers),))
    fieldwork.file_force(session, actor, audit, force, now=now)
    fieldwork.file_interviews(session, actor, audit, _counts(type, site), now=now)


def _strata(workers: int) -> dict[str, int]:
    sizes = {"women": workers // 2, "night_shift": workers // 5, "migrant": workers // 4}
    return {name: size for name, size in sizes.items() if size >= STRATUM}


def _counts(type: AuditType, site: Site) -> Counts:
    """Enough of everybody, alone, half of them away from the site."""
    workers, rule = site.plan.workers, _rule().sampling
    sampled = type in SAMPLED  # most places were assessed by nobody, and count as those of high risk
    held = interviews(workers, rule, high_risk=True) if sampled else min(workers, max(5, ceil_sqrt(workers)))
    outside = away(held, rule)
    places = {"off_site": outside, "on_site": held - outside}
    return Counts(
        individual=held, group=0, private=held, languages={LANGUAGES[site.plan.at.country]: held},
        places={name: count for name, count in places.items() if count}, interpreters={"none": held},
        strata={name: min(size, rule.per_stratum) for name, size in _strata(workers).items()},
    )  # fmt: skip


def _figures(site: Site, today: date, what: Visit, counts: Counts) -> ReportDraft:
    workers, language = site.plan.workers, LANGUAGES[site.plan.at.country]
    if what.refused:
        return ReportDraft(
            0, 0, 0, 0, 0, None, "", outcome="access_denied", outcome_by_site=True, outcome_note=what.refused
        )
    whole = ReportDraft(
        workers=workers, payroll_workers=workers, interviews_individual=counts.individual,
        interviews_group=counts.group, files_reviewed=min(workers, max(10, counts.individual)),
        closing_meeting_on=today, summary="Everybody that was asked for was there, and every door was opened.",
        id_papers=workers, listed_workers=workers, worker_languages=(language,), hours=Hours(480, 80, 560, 6),
        records_from=today - timedelta(days=365), records_to=today,
    )  # fmt: skip
    if what.remote:
        return replace(whole, interviews_individual=0, worker_languages=(), summary="Records were read at a desk.")
    return whole


def _answers(house: House, site: Site, what: Visit) -> list[AnswerDraft]:
    """What was found, and conformance to the rest of what this visit asks."""
    if what.only or what.refused:
        return list(what.answers)
    said = {answer.provision for answer in what.answers} | ({what.alarm.provision} if what.alarm else set())
    rest = [id for id in asked(site, what.type) if id not in said]
    return [*what.answers, *(AnswerDraft(id, "conformance") for id in rest)]


def _raise(session: Writing, house: House, lead: Auditor, audit: str, alarm: Alarm) -> None:
    draft = AlertDraft(
        alarm.provision, alarm.reason, seen_at=house.now - timedelta(hours=1), deliberate=alarm.deliberate,
        release="now" if alarm.told else "hold", safe_because="The team has left, and so have they." * alarm.told,
    )  # fmt: skip
    alerts.raise_alert(session, lead.actor, audit, draft, now=house.now)


def _month(month: date, back: int) -> str:
    years, number = divmod(month.year * 12 + month.month - 1 - back, 12)
    return f"{years}-{number + 1:02}"


def _rule() -> Fieldwork:
    rule = standard.load(STANDARD).fieldwork
    if rule is None:
        raise RuntimeError(f"{STANDARD} does not say how field work is done")
    return rule
