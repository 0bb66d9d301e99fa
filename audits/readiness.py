"""What still stands in the way of a report, shown to the team before it closes.

Owns one list. What "blocks" would be refused at the submission; the rest is written into the dossier as it is, where
the rules have gates for it. It says nothing of what any of it costs: the eye does not know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from audits import scope, signatures
from audits.consistency import short_records
from audits.drafts import ReportDraft
from audits.facts import decode
from audits.fieldwork import facts as fieldwork
from audits.fieldwork import gaps
from audits.fieldwork.sampling import SAMPLED
from audits.filing import answers_of, findings_of
from audits.independence.facts import objections
from audits.relations import READ_DRAFT, check_audit, held_provisions
from audits.scope import WHOLE
from audits.selfassessment.facts import core_answers
from audits.standard import Fieldwork, Standard
from audits.submission import check_figures
from audits.tables import AnswerRow, AuditRow, PreliminaryRow, PreparedRow
from audits.views import team_of
from audits.wording import small_counts
from ground.access import Actor
from ground.canonical import Json, instant
from ground.database import Reading
from ground.errors import Conflict, Invalid, NotFound
from ground.parties import Site

MOST_QUOTES = 3  # of one text; the place is named anyway
Item = tuple[str, bool, str]
"""kind, whether it blocks, words."""


def readiness(session: Reading, actor: Actor, audit_id: str, *, now: datetime) -> dict[str, Json]:
    """For the firm: everything that stands in the way, and what would be noted. Conflict once it is submitted."""
    team = team_of(session, audit_id)
    audit = check_audit(session, actor, READ_DRAFT, session.get(AuditRow, audit_id), team)
    if audit.firm_id != actor.organisation:
        raise NotFound("there is no such audit")
    if audit.submitted_at is not None:
        raise Conflict(f"the audit was submitted at {instant(audit.submitted_at)}")
    catalogue = scope.catalogue_of(audit)
    asked = scope.asked(catalogue, audit.type)
    held = held_provisions(session, actor, audit.id)  # to a colleague who is not on the team they are open questions
    answers = {id: answer for id, answer in answers_of(session, audit).items() if id not in held}
    unanswered = [id for id in asked if id not in answers]
    work = fieldwork.figures(session, audit)
    prepared = session.get(PreparedRow, audit.id)
    items = [
        *_questions(audit, unanswered, len(answers), now),
        *_figures(session, audit, catalogue, prepared, work, answers, now),
    ]
    if catalogue.fieldwork is not None:
        items += [*_fieldwork(session, audit, catalogue.fieldwork, work), *_key(session, actor, catalogue)]
        items += [("objection", False, said) for said in objections(session, audit, team)]
        items += _small_counts(answers, prepared)
        items += _self_assessment(session, audit, catalogue)
    return {
        "audit": audit.id,
        "ready": not any(blocks for _, blocks, _ in items),
        "unanswered": unanswered,
        "items": [{"kind": kind, "blocks": blocks, "text": text} for kind, blocks, text in items],
        "effort": {"planned": audit.effort_planned, "needed": work.effort_needed, "spent": work.effort_spent},
        "prepared": None
        if prepared is None
        else {
            "sha256": prepared.sha256,
            "prepared_at": instant(prepared.prepared_at),
            "prepared_by": prepared.prepared_by,
        },
    }


def _questions(audit: AuditRow, unanswered: list[str], answered: int, now: datetime) -> Iterator[Item]:
    if unanswered:
        yield "unanswered", audit.type in WHOLE, f"{len(unanswered)} provisions have no answer: {', '.join(unanswered)}"
    elif not answered:
        yield "unanswered", True, "the audit has no answer"
    if audit.ends_on > now.date():
        yield "inconsistent", True, f"the audit ends on {audit.ends_on}, after today, {now.date()}: it is not over yet"


def _figures(
    session: Reading,
    audit: AuditRow,
    catalogue: Standard,
    prepared: PreparedRow | None,
    work: fieldwork.Figures,
    answers: Mapping[str, AnswerRow],
    now: datetime,
) -> Iterator[Item]:
    if catalogue.fieldwork is None or not catalogue.fieldwork.signed:
        return
    if prepared is None:
        yield "not_prepared", True, "the report is not prepared, so its figures are not checked yet"
        return
    draft = decode(ReportDraft, prepared.given["report"])
    site, findings = session.get_one(Site, audit.site_id), findings_of(session, audit)
    try:
        check_figures(audit, catalogue, draft, work, site, now, answers=answers, findings=findings)
    except Invalid as error:
        yield "inconsistent", True, error.detail
    if audit.type in SAMPLED and draft.outcome == "completed" and (short := short_records(draft)):
        yield "records_short", False, short


def _fieldwork(session: Reading, audit: AuditRow, rule: Fieldwork, work: fieldwork.Figures) -> Iterator[Item]:
    for stratum in work.missing:
        yield "stratum_missing", False, stratum
    for kind, said in (
        *gaps.of_sample(session, audit, rule),
        *gaps.of_days(session, audit, rule),
        *gaps.of_log(session, audit),
    ):
        yield kind, False, said
    if work.effort_spent < work.effort_needed:
        yield (
            "effort_short",
            False,
            f"{_tenths(work.effort_spent)} man-days spent, and {_tenths(work.effort_needed)} are needed",
        )
    if session.get(PreliminaryRow, audit.id) is None:
        yield "no_preliminary_sheet", False, "the sheet of the closing meeting is not filed"


def _key(session: Reading, actor: Actor, catalogue: Standard) -> Iterator[Item]:
    signed = catalogue.fieldwork is not None and catalogue.fieldwork.signed
    if signed and signatures.active_key(session, actor.person) is None:
        yield "no_key", True, "you have no key to sign with: freemark auditor keygen FILE, then POST /v1/auditor-keys"


def _self_assessment(session: Reading, audit: AuditRow, catalogue: Standard) -> Iterator[Item]:
    """A specialty on forced labour is prepared by the site's own answers (DOMAIN.md 1.1 [S])."""
    if audit.type != "forced_labour":
        return
    core = core_answers(session, audit, catalogue)
    if core.answered < core.asked:
        yield (
            "self_assessment",
            False,
            f"{core.answered} of {core.asked} core provisions are answered in a self-assessment that was submitted "
            f"before {audit.starts_on}; all are wanted before a specialty on forced labour",
        )


def _small_counts(answers: Mapping[str, AnswerRow], prepared: PreparedRow | None) -> Iterator[Item]:
    """Words that may count fewer than five people: the site reads them, and knows who was there. A warning: no reader
    of words is always right."""
    texts = {id: row.description for id, row in answers.items()}
    if prepared is not None:
        draft = decode(ReportDraft, prepared.given["report"])
        texts |= {"summary": draft.summary, "payroll_note": draft.payroll_note, "outcome_note": draft.outcome_note}
    for place, text in texts.items():
        quotes = list(small_counts(text))
        if quotes:
            told = "; ".join(f'"{quote}"' for quote in quotes[:MOST_QUOTES])
            more = f"; and {len(quotes) - MOST_QUOTES} more" if len(quotes) > MOST_QUOTES else ""
            yield (
                "small_count",
                False,
                f"{place} seems to count fewer than five people, who could be known: {told}{more}",
            )


def _tenths(number: int) -> str:
    return f"{number // 10}.{number % 10}"
