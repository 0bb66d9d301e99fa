"""The journey of a self-assessment: opened, answered, handed in.

Owns every write to self-assessments and their answers, each with its journal row in the caller's one transaction. None
of it tells the rules anything: no event goes out, and what is said here is neither finding nor disclosure. Documents go
through `audits.evidence` like all others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from audits import scope, standard
from audits.selfassessment import rules, sheet, views
from audits.selfassessment.facts import answers_of, catalogue_of
from audits.selfassessment.relations import assessment_of, draft_of, site_of
from audits.selfassessment.rules import AnswerDraft, Fault, FaultyAnswers
from audits.selfassessment.tables import AssessmentAnswerRow, AssessmentRow
from ground import journal
from ground.access import Actor
from ground.canonical import Json, digest, nfc
from ground.database import Writing, lock
from ground.errors import Conflict, Invalid
from ground.ids import new_id

SHEET = "/sheet"


def open_assessment(session: Writing, actor: Actor, site_id: str, standard_id: str, *, now: datetime) -> AssessmentRow:
    """Begin the next version at one's own site; the profiles that apply to the site are fixed now.

    Invalid: a standard that does not say how field work is done, or a site that cannot be audited as it is entered.
    Conflict: one is open already.
    """
    site = site_of(session, actor, site_id)
    catalogue = standard.load(standard_id, where="/standard")
    if catalogue.fieldwork is None:
        raise Invalid(f"{catalogue.id} knows no self-assessment", where="/standard")
    scope.check_subject(site, "initial")
    lock(session, f"self-assessment {site.id}")
    query = select(AssessmentRow).where(AssessmentRow.site_id == site.id, AssessmentRow.standard == catalogue.id)
    last = session.scalar(query.order_by(AssessmentRow.version.desc()).limit(1))
    if last is not None and last.submitted_at is None:
        raise Conflict(f"{last.id} is open: answer and submit it")
    row = AssessmentRow(
        id=new_id("slf"),
        site_id=site.id,
        organisation_id=site.organisation_id,
        standard=catalogue.id,
        profiles=list(scope.profiles_at(catalogue, site)),
        version=last.version + 1 if last else 1,
        opened_at=now,
        opened_by=actor.person,
    )
    session.add(row)
    session.flush()
    detail: dict[str, Json] = {"site": site.id, "standard": catalogue.id, "version": row.version}
    journal.record(session, actor, "self_assessment_opened", row.id, detail, now=now)
    return row


def file_answers(
    session: Writing, actor: Actor, id: str, drafts: Sequence[AnswerDraft], *, now: datetime
) -> AssessmentRow:
    """File answers, all or none, until the submission. A later answer to a provision replaces the earlier one, and the
    same one changes nothing. FaultyAnswers: every fault."""
    row = draft_of(session, actor, id, lock=True)
    return _file(session, actor, row, drafts, (), now)


def file_sheet(
    session: Writing, actor: Actor, id: str, document: Mapping[str, Json], *, now: datetime
) -> AssessmentRow:
    """File the answers of a filled sheet, as `file_answers` does. Conflict: it is a sheet of something else."""
    row = draft_of(session, actor, id, lock=True)
    drafts, faults = sheet.read(document, views.head(row), SHEET)
    return _file(session, actor, row, drafts, faults, now)


def submit(session: Writing, actor: Actor, id: str, *, now: datetime) -> AssessmentRow:
    """Hand it in: from now on it is fixed, and others may read it. Conflict, with both numbers, when it is incomplete.

    Uploads that are not completed by now can no longer be.
    """
    row = draft_of(session, actor, id, lock=True)
    catalogue = catalogue_of(row)
    answers = answers_of(session, row)
    if missing := rules.missing_of(catalogue, answers):
        asked = len(catalogue.provisions)
        raise Conflict(f"{asked - len(missing)} of {asked} provisions are answered; missing: {', '.join(missing)}")
    hash = digest(views.content(session, row))
    row.submitted_at, row.submitted_by, row.sha256 = now, actor.person, hash
    session.flush()
    journal.record(session, actor, "self_assessment_submitted", row.id, {"sha256": row.sha256}, now=now)
    return row


def read_assessment(session: Writing, actor: Actor, id: str, *, now: datetime) -> dict[str, Json]:
    """All of it, for those who may read it. Whoever is not of the site's organisation is written down."""
    row = assessment_of(session, actor, id)
    note_reading(session, actor, row, {}, now)
    return views.whole(session, row)


def note_reading(session: Writing, actor: Actor, row: AssessmentRow, detail: dict[str, Json], now: datetime) -> None:
    if actor.organisation != row.organisation_id:
        journal.record(session, actor, "self_assessment_read", row.id, detail, now=now)


def _file(
    session: Writing,
    actor: Actor,
    row: AssessmentRow,
    drafts: Sequence[AnswerDraft],
    faults: Iterable[Fault],
    now: datetime,
) -> AssessmentRow:
    """The row is locked: an answer and the submission never overtake each other."""
    if found := [*faults, *rules.faults_of(drafts, catalogue_of(row))]:
        raise FaultyAnswers(found)
    answers = answers_of(session, row)
    changed: dict[str, Json] = {}
    for draft in drafts:
        note = nfc(draft.note)
        answer = answers.get(draft.provision)
        if answer is not None and (answer.said, answer.note) == (draft.said, note):
            continue
        if answer is None:
            answer = AssessmentAnswerRow(assessment_id=row.id, provision=draft.provision)
            session.add(answer)
        answer.said, answer.note = draft.said, note
        answer.filed_at, answer.filed_by = now, actor.person
        changed[draft.provision] = draft.said
    session.flush()
    if changed:
        journal.record(session, actor, "self_assessment_answered", row.id, changed, now=now)
    return row
