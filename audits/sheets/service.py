"""An audit's sheet out, and a filled one in: read, merged with what is there, and filed whole or not at all.

Owns the writes that come with a sheet. Answers are filed by `audits.filing` like all others; figures of the report are
kept until the auditor sends them as one. With one fault nothing is filed; a conflict is shown, and only what is in
conflict waits for a person's choice. The same sheet again changes nothing, and leaves no trace.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from audits import scope
from audits.drafts import AnswerDraft, Channel
from audits.evidence import inspection
from audits.evidence.service import check_evidence
from audits.filing import file_answers, locked
from audits.relations import ANSWER
from audits.severity import Grader
from audits.sheets import as_json, reading, workbook
from audits.sheets.checking import Fault, FaultySheet, Filled, Given, check_head, faults_of, read_head, understand
from audits.sheets.content import FIGURES, report_of
from audits.sheets.merging import Choice, Merged, merge
from audits.sheets.relations import check_team
from audits.sheets.scanning import MOST_BYTES, POINTER, check_kind
from audits.sheets.state import State, state_of
from audits.sheets.tables import SheetFigureRow
from audits.tables import AuditRow
from ground import journal
from ground.access import Actor
from ground.canonical import Json, instant, jcs
from ground.database import Reading, Writing
from ground.errors import Conflict, FreemarkError, Invalid, TooLarge
from ground.world import World

TOLD = (
    'the site is told of a priority finding the moment it is filed: send "release": "now" with the sheet if that puts '
    "nobody in danger; a finding on a provision of zero tolerance is held when it is raised as an alert or answered by "
    "itself, without a sheet"
)


@dataclass(frozen=True)
class Received:
    """A sheet as it came: what it says, or why it is refused. It is looked at while no transaction is held."""

    given: Given | None = None
    refusal: FreemarkError | None = None


@dataclass(frozen=True)
class Wish:
    """What is asked beside the sheet. resolution: key -> whose version of a conflict; seen: names the conflicts that
    this resolves. release: "now" says that the site may be told of new priority findings. dry_run: file nothing."""

    resolution: Mapping[str, Choice] = field(default_factory=dict)
    seen: str = ""
    release: Literal["now"] | None = None
    dry_run: bool = False


def get_json(session: Reading, actor: Actor, audit_id: str) -> dict[str, Json]:
    """The sheet as JSON; for the team, until the submission."""
    state = _exported(session, check_team(session, actor, audit_id))
    return as_json.write(state.sheet, state.catalogue)


def get_workbook(session: Reading, actor: Actor, audit_id: str) -> bytes:
    """The sheet as a workbook: the same bytes while nothing is filed. For the team, until the submission."""
    audit = check_team(session, actor, audit_id)
    state = _exported(session, audit)
    return workbook.write(state.sheet, state.catalogue, made=audit.planned_at)


def _exported(session: Reading, audit: AuditRow) -> State:
    if audit.submitted_at is not None:
        raise Conflict("the audit is submitted, and has no sheet to fill in any more; read its report")
    return state_of(session, audit)


def receive_workbook(world: World, actor: Actor, audit_id: str, data: bytes) -> Received:
    """Look at a workbook, in a process of its own first. Only for the team: others are refused when it is filed."""
    try:
        with world.db.read() as session:
            check_team(session, actor, audit_id)
        if len(data) > MOST_BYTES:
            raise TooLarge(f"the workbook has {len(data)} bytes; at most {MOST_BYTES} are taken", where=POINTER)
        check_kind(data)
        try:
            inspection.inspect(data)
        except Invalid as refusal:
            refusal.where = POINTER
            raise
        return Received(reading.read(data))
    except FreemarkError as refusal:
        return Received(refusal=refusal)


def receive_json(document: Json) -> Received:
    try:
        return Received(as_json.read(document, "/sheet"))
    except FreemarkError as refusal:
        return Received(refusal=refusal)


def file_filled(
    session: Writing, actor: Actor, audit_id: str, received: Received, wish: Wish, *, now: datetime
) -> dict[str, Json]:
    """File what a sheet says and the audit does not say yet, by the team, until the submission.

    Raises FaultySheet with every fault; Conflict for a sheet of another audit, standard or version, on a submitted
    audit, before its first day, for a resolution of conflicts that are others by now, or one that would replace a
    finding which the site has.
    """
    audit = locked(session, actor, ANSWER, audit_id)
    if received.given is None:
        raise received.refusal or Invalid("there is no sheet in this request")
    given, state = received.given, state_of(session, audit)
    check_head(given, read_head(given), state.catalogue, audit=audit.id)
    _check_resolution(wish, state)
    filled = understand(given, state.catalogue)
    theirs = state.sheet.values()
    merged = merge(filled.base, filled.values(), theirs, standing=state.standing, resolution=wish.resolution)
    faults = [*filled.faults, *_faults(session, actor, audit, filled, merged, state, wish)]
    if faults:
        raise FaultySheet(faults)
    _check_moment(audit, merged, wish, state, now)
    answers = [key for key in state.catalogue.provisions if key in merged.taken]
    figures = [key for key in FIGURES if key in merged.taken]
    drafts = [filled.rows[id].draft(id) for id in answers]
    filed = list(_graded(session, audit, drafts, state, now))
    if not wish.dry_run and merged.taken:
        if drafts:
            file_answers(session, actor, audit.id, drafts, now=now)
        _file_figures(session, actor, audit, {name: filled.figures.get(name) for name in figures}, now)
        detail: dict[str, Json] = {"answers": answers, "figures": figures, "overruled": list(merged.overruled)}
        journal.record(session, actor, "sheet_filed", audit.id, detail, now=now)
    now_there = {**state.sheet.figures, **{name: filled.figures.get(name) for name in figures}}
    return {
        "audit": audit.id,
        "dry_run": wish.dry_run,
        "filed": filed,
        "figures": figures,
        "kept": list(merged.kept),
        "conflicts": [_conflict(key, filled, theirs, state, actor) for key in merged.conflicts],
        "seen": merged.seen or None,
        "unanswered": _unanswered(state, audit, answers),
        "report": report_of({name: value for name, value in now_there.items() if value is not None}),
    }


def _check_resolution(wish: Wish, state: State) -> None:
    for key in wish.resolution:
        if key not in state.catalogue.provisions and key not in FIGURES:
            raise Invalid(f"{key[:40]!r} is neither a provision nor a figure of this audit", where="/resolution")


def _faults(
    session: Reading, actor: Actor, audit: AuditRow, filled: Filled, merged: Merged, state: State, wish: Wish
) -> Iterator[Fault]:
    """Of everything that would be filed, now or by a resolution."""
    faulty = {fault.key for fault in filled.faults}
    keys = [key for key in (*merged.taken, *merged.conflicts) if key not in faulty]
    found = list(faults_of(filled, keys, state.catalogue))
    yield from found
    for id in keys:
        row = filled.rows.get(id)
        if row is None:
            continue
        for number, name in enumerate(row.evidence):
            try:
                check_evidence(session, actor, audit, [name])
            except Invalid as error:
                yield Fault(filled.place(id, f"evidence/{number}"), error.detail, id)
        told = row.result == "finding" and row.severity == "priority"
        wrong = any(fault.key == id for fault in found)
        if told and wish.release is None and id not in state.standing and not wrong:
            yield Fault(filled.place(id, "severity"), TOLD, id)


def _check_moment(audit: AuditRow, merged: Merged, wish: Wish, state: State, now: datetime) -> None:
    """Is it time for this, and is what is resolved still what was shown?"""
    for id in merged.taken:
        if id in state.standing:
            raise Conflict(_stands(id), where="/resolution")
    if merged.overruled and wish.seen != merged.seen:
        raise Conflict(
            "the conflicts are not those that you name as seen; send the sheet without a resolution and look at them",
            where="/seen",
        )
    if merged.taken and now.date() < audit.starts_on:
        raise Conflict(f"the audit starts on {audit.starts_on}, and today is {now.date()}")


def _stands(id: str) -> str:
    return f"a finding on {id} stands that is no longer replaced; put the row back, or choose theirs"


def _file_figures(session: Writing, actor: Actor, audit: AuditRow, figures: Mapping[str, Json], now: datetime) -> None:
    """None takes a figure away: before the report it is only a note."""
    for name, value in figures.items():
        row = session.get(SheetFigureRow, (audit.id, name))
        if value is None:
            if row is not None:
                session.delete(row)
            continue
        if row is None:
            row = SheetFigureRow(audit_id=audit.id, name=name)
            session.add(row)
        row.value, row.filed_at, row.filed_by = jcs(value).decode(), now, actor.person
    session.flush()


def _graded(
    session: Reading, audit: AuditRow, drafts: Sequence[AnswerDraft], state: State, now: datetime
) -> Iterator[dict[str, Json]]:
    """What each answer comes to, with the severity that counts. Changes nothing."""
    grader = Grader(session, audit, state.catalogue, now)
    channel: Channel = "answers" if state.catalogue.fieldwork is None else "fieldwork"
    for draft in drafts:
        grade = grader.grade(draft, state.catalogue.provision(draft.provision), channel)
        yield {
            "provision": draft.provision,
            "result": draft.result,
            "severity": grade.severity if grade else None,
            "escalated": grade.escalated if grade else "",
        }


def _conflict(key: str, filled: Filled, theirs: Mapping[str, Json], state: State, actor: Actor) -> dict[str, Json]:
    """Both versions side by side. What travels in no sheet is not shown here either."""
    place, stands, there = filled.place(key, ""), key in state.standing, state.filed.get(key)
    if key in state.catalogue.provisions:
        place = filled.place(key, "result")
    return {
        "key": key,
        "place": str(place),
        "mine": {"value": filled.values().get(key), "by": actor.person},
        "theirs": {
            "value": theirs.get(key),
            "by": there.by if there else None,
            "at": instant(there.at) if there else None,
        },
        "stands": stands,
        "detail": _stands(key) if stands else f"{key} was changed on both sides since this sheet was made",
    }


def _unanswered(state: State, audit: AuditRow, filed: Sequence[str]) -> list[str]:
    answered = {*state.sheet.rows, *state.unshown, *filed}
    return [id for id in scope.asked(state.catalogue, audit.type) if id not in answered]
