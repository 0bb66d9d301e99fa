"""All decisions made again from their stored inputs: the same bytes, or which input is not what it was.

Owns the comparison. A decision that does not come out the same was tampered with, in its inputs or in its conclusion;
the salted commitment in the public log says which bytes were there when it was made. Those that are, or were, held are
made again too, and what should be there and is not (`certify.governance.whole`) is named. For whoever keeps the
installation, who has the rows anyway: nobody else is shown any of it. Changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from audits import dossier as testimony
from audits.facts import encode
from certify import acts, rules
from certify.dossier import MAX_RECORD, Acceptance
from certify.governance import books, whole
from certify.governance.whole import Difference
from certify.tables import AcceptanceRow, ApprovalRow, DecisionRow, HeldDecisionRow
from ground.canonical import Json, instant, jcs, parse
from ground.database import Reading
from ground.errors import FreemarkError
from ground.journal import JournalRow
from ground.keyring import Keyring

CHUNK = 500  # decisions read at a time: a record has some kilobytes
Progress = Callable[[int, int], None]

# The acts of the journal that change each part of a finding or a visit; what stands nowhere here is never changed.
NEVER: frozenset[str] = frozenset()
TOLD = frozenset(("report_released", "finding_released", "alert_released"))
GRADED = frozenset(("finding_regraded", "report_amended", "alert_filed", "alert_released", "alert_dismissed"))
DEALT_WITH = frozenset(("action_submitted", "action_approved", "action_returned", "action_completed"))
LEDGER = frozenset(("cohort_added", "cohort_revised", "cohort_agreed", "repayment_recorded", "repayment_confirmed"))
CHANGED_BY: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("severity", "escalated", "zero_tolerance", "deliberate", "concealed", "worst_form",
                     "by_management"), GRADED),
    "released_at": TOLD, "held_until": TOLD | {"alert_filed", "alert_extended", "alert_dismissed"},
    "containment_due": TOLD | {"finding_regraded"}, "contained_at": frozenset(("finding_contained",)),
    "action": TOLD | DEALT_WITH | {"finding_regraded"}, "disclosed_at": frozenset(("report_amended",)),
    "remedied_at": LEDGER | {"remedy_confirmed"},
    **dict.fromkeys(("closed_at", "closed_by", "closed_on_site"), frozenset(("audit_submitted",))),
}  # fmt: skip
COUNTED = frozenset(("report_amended", "alert_filed", "alert_released", "alert_dismissed"))
VISIT_CHANGED_BY: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("conforming", "applicable", "not_applicable", "not_reviewed"), COUNTED),
    **dict.fromkeys(("workers", "interviews", "files_reviewed", "off_site", "strata", "effort_needed", "effort_spent",
                     "report", "version", "signed", "outcome", "by_others"), frozenset(("report_amended",))),
}  # fmt: skip


@dataclass(frozen=True)
class Replayed:
    """total: decisions that took effect; held: those beside them that were held. differences: of both kinds, and of
    those that are missing."""

    total: int
    differences: tuple[Difference, ...]
    held: int = 0

    def number(self, kind: whole.Kind) -> int:
        """How many of that kind do not hold."""
        return sum(each.kind == kind for each in self.differences)


def replay_all(session: Reading, keyring: Keyring, progress: Progress = lambda done, total: None) -> Replayed:
    """Every stored decision, in the order in which each application got them; the newest ones also against the facts
    as the tables tell them now. Then those that were held, and whether any is missing."""
    books.know(session)
    total = session.scalar(select(func.count(DecisionRow.id))) or 0
    found: list[Difference] = []
    for done, (row, newest) in enumerate(_rows(session), start=1):
        difference = replay_one(session, row, keyring, newest=newest)
        if difference is not None:
            found.append(difference)
        if done % CHUNK == 0 or done == total:
            progress(done, total)
    held = session.scalar(select(func.count(HeldDecisionRow.id))) or 0
    for kept in session.scalars(select(HeldDecisionRow).order_by(HeldDecisionRow.decided_at, HeldDecisionRow.id)):
        difference = replay_held(session, kept, keyring)
        if difference is not None:
            found.append(difference)
    return Replayed(total, (*found, *whole.missing(session)), held)


def replay_newest(session: Reading, row: DecisionRow, keyring: Keyring) -> Replayed:
    """That one decision; against the tables, too, when it is the newest of its application."""
    books.know(session)
    newest = session.scalar(select(func.max(DecisionRow.seq)).where(DecisionRow.application_id == row.application_id))
    difference = replay_one(session, row, keyring, newest=row.seq == newest)
    return Replayed(1, (difference,) if difference else ())


def replay_one(session: Reading, row: DecisionRow, keyring: Keyring, *, newest: bool) -> Difference | None:
    """None when the record is the one committed to and the same conclusion follows from it.

    newest: of its application; then its facts must be those of the tables, but for what the journal says was done
    since. A finding, a submitted report's figure, an acceptance, an approval or a word of the panel that was altered
    behind the services is named.
    """
    try:
        document, made = _again(session, row)
        committed = whole.committed(row, document, keyring)
    except FreemarkError as error:
        return whole.difference(row, f"the record cannot be read: {error}", error.where)
    same, told = jcs(made) == row.record.encode(), whole.columns(row, document)
    if committed and same and not told and not newest:
        return None
    altered = _altered(session, row, document)
    if committed and same and not altered and not told:
        return None
    if not committed:
        problem = whole.UNCOMMITTED
    elif not same:
        problem = "another conclusion follows from the stored inputs"
    elif told:
        problem = whole.TOLD_OTHERWISE
    else:
        problem = "a fact is not what it was when this was decided, and the journal does not say why"
    where = (*told, *(altered or tuple(_differing(document["decision"], made["decision"], "/decision"))))
    return whole.difference(row, problem, *where)


def replay_held(session: Reading, row: HeldDecisionRow, keyring: Keyring) -> Difference | None:
    """None when the same conclusion follows from the record, and it is the one committed to. Its facts are not told:
    somebody at the site may have said them."""
    try:
        document, made = _again(session, row)
        if not whole.committed(row, document, keyring):
            return whole.difference(row, whole.UNCOMMITTED)
    except FreemarkError as error:
        return whole.difference(row, "the record cannot be read", error.where)
    if jcs(made) != row.record.encode():
        return whole.difference(row, "another conclusion follows from the stored inputs")
    told = whole.columns(row, document)
    return whole.difference(row, whole.TOLD_OTHERWISE, *told) if told else None


def _again(session: Reading, row: DecisionRow | HeldDecisionRow) -> tuple[dict[str, Json], dict[str, Json]]:
    """What is stored, and what follows from its inputs now."""
    document = parse(row.record.encode(), limit=MAX_RECORD)
    return document, rules.replay(document, books.load(session, row.rulebook))


def _rows(session: Reading) -> Iterator[tuple[DecisionRow, bool]]:
    """Every decision, and whether it is the newest of its application."""
    query = select(DecisionRow).order_by(DecisionRow.application_id, DecisionRow.seq)
    last: DecisionRow | None = None
    for row in session.scalars(query.execution_options(yield_per=CHUNK)):
        if last is not None:
            yield last, last.application_id != row.application_id
        last = row
    if last is not None:
        yield last, True


def _altered(session: Reading, row: DecisionRow, document: dict[str, Json]) -> tuple[str, ...]:
    """The facts in the record that the tables tell differently, as "pointer: then, now"."""
    dossier, parts = document["dossier"], ("sites", "agents")
    places = [place["site"] for part in parts for place in dossier[part]]
    known = {place.site: encode(place) for place in testimony.load(session, places)}
    found: list[str] = []
    for part in parts:
        for number, place in enumerate(dossier[part]):
            facts = known[place["site"]]
            for kind, changed_by in (("findings", CHANGED_BY), ("visits", VISIT_CHANGED_BY)):
                there = {fact["id"]: fact for fact in facts[kind]}
                for index, fact in enumerate(place[kind]):
                    now, where = there.get(fact["id"]), f"/dossier/{part}/{number}/{kind}/{index}"
                    if now is None:
                        found.append(f"{where}: {fact['id']} is gone")
                    elif not _explained(session, row, fact, now, changed_by, _of_visit(facts, fact["id"])):
                        found += _differing(fact, now, where)
    return (*found, *_unsaid(session, row.application_id, dossier))


def _of_visit(facts: dict[str, Json], visit: str) -> list[str]:
    return [finding["id"] for finding in facts["findings"] if finding["audit"] == visit]


def _unsaid(session: Reading, application: str, dossier: dict[str, Json]) -> Iterator[str]:
    """What people said, and the tables do not know any more: words are added, and never changed or taken back."""
    accepted = session.scalars(select(AcceptanceRow).where(AcceptanceRow.application_id == application))
    approved = session.scalars(select(ApprovalRow).where(ApprovalRow.application_id == application))
    said: dict[str, list[dict[str, Json]]] = {
        "acceptances": [
            encode(Acceptance(each.person, each.organisation, each.at, tuple(each.reports))) for each in accepted
        ],
        "approvals": [
            {"act": each.act, "person": each.person, "organisation": each.organisation, "at": instant(each.at)}
            for each in approved
        ],
        "panels": [encode(word) for word in acts.panels(session, [application]).get(application, ())],
    }
    for part, known in said.items():
        for index, word in enumerate(dossier.get(part, [])):
            if word not in known:
                yield f"/dossier/{part}/{index}: then {_short(word)}, now nobody said so"


def _explained(
    session: Reading,
    row: DecisionRow,
    then: dict[str, Json],
    now: dict[str, Json],
    changed_by: Mapping[str, frozenset[str]],
    findings: Iterable[str],
) -> bool:
    """Equal, or each part that differs was changed since by an act that changes it: then it is no riddle. A report that
    was not submitted then says nothing yet. findings: those of a visit; the journal tells of an alert under its own."""
    different = {key for key in then.keys() | now.keys() if then.get(key) != now.get(key)}
    if not different or ("submitted_at" in then and then["submitted_at"] is None):
        return True
    subjects = {then["id"], then.get("audit"), then.get("closed_by"), now.get("closed_by"), *findings} - {None}
    query = select(JournalRow.action).where(JournalRow.subject.in_(subjects), JournalRow.at >= row.at)
    done = set(session.scalars(query))
    if "remedied_at" in different:  # it follows from the ledger, whose acts are about cohorts
        ledger = select(JournalRow).where(JournalRow.action.in_(LEDGER), JournalRow.at >= row.at)
        done |= {each.action for each in session.scalars(ledger) if each.detail.get("finding") == then["id"]}
    return all(done & changed_by.get(key, NEVER) for key in different)


def _differing(then: Json, now: Json, where: str) -> list[str]:
    """Every place at which two documents differ."""
    if isinstance(then, dict) and isinstance(now, dict):
        keys = sorted(then.keys() | now.keys())
        return [line for key in keys for line in _differing(then.get(key), now.get(key), f"{where}/{key}")]
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        return [
            line for number in range(len(then)) for line in _differing(then[number], now[number], f"{where}/{number}")
        ]
    return [] if then == now else [f"{where}: then {_short(then)}, now {_short(now)}"]


def _short(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)[:80]
