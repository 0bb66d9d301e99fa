"""Whether every decision is there, and its row says what its record says.

Owns the traces that a decision leaves beside its row: its number within the application, its line in the journal, its
commitment in a leaf of the log and under an evidence.root, and the rows that refer to it. A row that was deleted leaves
one of them behind. Decides nothing, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select

from certify import holding
from certify.dossier import MAX_RECORD
from certify.events import commitment, open_leaf
from certify.tables import Certificate, DecisionRow, EvidenceEntry, EvidenceRoot, HeldDecisionRow, LogLeaf
from ground.canonical import Json, instant, parse
from ground.database import Reading
from ground.errors import FreemarkError, Malformed
from ground.journal import JournalRow
from ground.keyring import Keyring

Row = DecisionRow | HeldDecisionRow
Kind = Literal["enacted", "held", "missing"]
CHUNK = 500  # records read at a time
DECIDED = {"certify.decide": "decision", "certify.decide_held": "held decision"}  # acts of the journal
UNCOMMITTED = "the record is not the one that the log was given a commitment to"
TOLD_OTHERWISE = "the row says something else than its record"


@dataclass(frozen=True)
class Difference:
    """One decision that does not hold, and where. n: its number within the application; 0 for one that was held, or
    where nobody knows. where: JSON pointers into its record, or columns of its row."""

    decision: str
    application: str
    n: int
    problem: str
    where: tuple[str, ...]
    kind: Kind = "enacted"

    @property
    def name(self) -> str:
        """As it is called in a list of problems."""
        place = f"number {self.n}" if self.n else "held" if self.kind == "held" else ""
        return f"{self.decision} ({', '.join(part for part in (self.application, place) if part)})".removesuffix(" ()")

    def __str__(self) -> str:
        return f"{self.name}: {self.problem}{': ' if self.where else ''}{'; '.join(self.where)}"


@dataclass(frozen=True)
class Counted:
    """Rows that were read, and what of them does not hold."""

    decisions: int
    held: int
    differences: tuple[Difference, ...]


def check(session: Reading, keyring: Keyring) -> Counted:
    """Every row against its record and its commitment, and whether any is missing; without asking the rules again."""
    found: list[Difference] = []
    decisions = held = 0
    for row in session.scalars(select(DecisionRow).order_by(DecisionRow.id).execution_options(yield_per=CHUNK)):
        decisions += 1
        found += _against_record(row, keyring)
    query = select(HeldDecisionRow).order_by(HeldDecisionRow.id)
    for kept in session.scalars(query.execution_options(yield_per=CHUNK)):
        held += 1
        found += _against_record(kept, keyring)
    return Counted(decisions, held, (*found, *missing(session)))


def _against_record(row: Row, keyring: Keyring) -> Iterator[Difference]:
    try:
        document = parse(row.record.encode(), limit=MAX_RECORD)
        told = columns(row, document)
        if not committed(row, document, keyring):
            yield difference(row, UNCOMMITTED, *told)
        elif told:
            yield difference(row, TOLD_OTHERWISE, *told)
    except FreemarkError as error:
        yield difference(row, "the record cannot be read", error.where)


def difference(row: Row, problem: str, *where: str) -> Difference:
    """About a row that is there."""
    given = tuple(each for each in where if each)
    if isinstance(row, HeldDecisionRow):
        return Difference(row.id, row.application_id, 0, problem, given, "held")
    return Difference(row.id, row.application_id, row.seq, problem, given)


def committed(row: Row, document: Json, keyring: Keyring) -> bool:
    """Is the record the one that the commitment was given to? Malformed when the salt does not open."""
    held = isinstance(row, HeldDecisionRow)
    salt = keyring.open(row.sealed, holding.held_context(row.id) if held else f"decision.sealed {row.id}")
    return commitment(salt, document) == row.cmt


def columns(row: Row, document: Json) -> tuple[str, ...]:
    """The columns that say something else than the record, as "column: this, in the record that"; of the long ones, and
    of what is held, the name alone. Malformed for what is no record."""
    held = isinstance(row, HeldDecisionRow)
    at = row.decided_at if isinstance(row, HeldDecisionRow) else row.at
    try:
        decision, standing = document["decision"], document["standing"] or {}
        pairs: tuple[tuple[str, Json, Json], ...] = (
            ("application_id", row.application_id, document["dossier"]["application"]),
            ("outcome", row.outcome, decision["outcome"]),
            ("decided_at" if held else "at", instant(at.replace(microsecond=0)), decision["at"]),
            ("state", row.state, standing.get("state")),
            ("certificate", row.certificate, standing.get("number")),
            ("rulebook", row.rulebook, decision["rulebook"]),
            ("rulebook_sha256", row.rulebook_sha256, decision["rulebook_sha256"]),
            ("reasons", row.reasons, decision["reasons"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise Malformed("not a decision record") from error
    short = not held
    return tuple(
        f"{name}: {here}, in the record {there}" if short and name != "reasons" else name
        for name, here, there in pairs
        if here != there
    )


# ------------------------------------------------------------------------------------------------------ what is missing


def missing(session: Reading) -> tuple[Difference, ...]:
    """Decisions that left a trace and have no row any more; each once, by the trace that says most."""
    rows = [*session.execute(select(DecisionRow.id, DecisionRow.cmt))]
    rows += session.execute(select(HeldDecisionRow.id, HeldDecisionRow.cmt))
    there, known = {row.id for row in rows}, {row.cmt for row in rows}
    gone: dict[str, Difference] = {}
    for subject, what, id in _in_the_journal(session):
        if id not in there:
            gone[id] = _gone(id, subject, f"the journal tells of this {what}, and its row is gone")
    for id, application, what in _referred_to(session):
        if id not in there and id not in gone:
            gone[id] = _gone(id, application, f"{what} rests on this decision, and its row is gone")
    applications = {each.application for each in gone.values()}
    for holder, n in _gaps(session):
        if holder not in applications:  # else the journal named it
            gone[f"{holder}/{n}"] = _gone(f"{holder}/{n}", "", "there is no decision of this number")
    unknown = {cmt: where for cmt, where in _in_the_log(session) if cmt not in known}
    if len(unknown) > len(gone):  # else each is of one of those; which of which, nobody can tell
        for cmt, where in unknown.items():
            gone[cmt] = _gone(f"commitment {cmt}", "", f"it stands {where}, and no decision has it")
    return (*gone.values(), *_uncovered(session))


def _gone(name: str, application: str, problem: str) -> Difference:
    return Difference(name, application, 0, problem, (), "missing")


def _in_the_journal(session: Reading) -> Iterator[tuple[str, str, str]]:
    """Application, kind and id of everything that the journal says was decided."""
    query = select(JournalRow.subject, JournalRow.action, JournalRow.detail).where(JournalRow.action.in_(DECIDED))
    for subject, action, detail in session.execute(query.order_by(JournalRow.index)):
        yield str(subject), DECIDED[action], str((detail or {}).get("decision"))


def _referred_to(session: Reading) -> Iterator[tuple[str, str, str]]:
    """Id, application, and what names it: a certificate, or a held decision that took effect."""
    for id, application, number in session.execute(
        select(Certificate.decision_id, Certificate.application_id, Certificate.number)
    ):
        yield id, application, f"certificate {number}"
    query = select(HeldDecisionRow.decision_id, HeldDecisionRow.application_id, HeldDecisionRow.id)
    for linked, application, held in session.execute(query.where(HeldDecisionRow.decision_id.is_not(None))):
        yield str(linked), application, f"the held decision {held}"


def _gaps(session: Reading) -> Iterator[tuple[str, int]]:
    """Numbers that are missing before the last one of an application: they begin at 1 and have no gaps."""
    query = select(DecisionRow.application_id, DecisionRow.seq)
    numbers: dict[str, list[int]] = {}
    for application, seq in session.execute(query.order_by(DecisionRow.application_id, DecisionRow.seq)):
        numbers.setdefault(application, []).append(seq)
    for application, found in numbers.items():
        last = 0
        for seq in found:
            if seq > last + 1:  # the first of a gap: an altered number is no list of a million
                yield application, last + 1
            last = seq


def _in_the_log(session: Reading) -> Iterator[tuple[str, str]]:
    """Commitments in leaves and under roots, and where each stands. A leaf that cannot be read says nothing here; that
    is for the check of the log itself."""
    for index, data in log_leaves(session):
        try:
            leaf = open_leaf(data, None) if data is not None else None
        except FreemarkError:
            continue
        if leaf is not None and leaf.cmt is not None:
            yield leaf.cmt, f"in leaf {index} of the log"
    query = select(EvidenceEntry.cmt, EvidenceRoot.at).join(EvidenceRoot, EvidenceRoot.slot == EvidenceEntry.slot)
    for cmt, at in session.execute(query.order_by(EvidenceRoot.slot, EvidenceEntry.cmt)):
        yield cmt, f"under the evidence.root of {at:%Y-%m-%d}"


def log_leaves(session: Reading) -> Iterator[tuple[int, bytes | None]]:
    """Every leaf of the log by its index; None for one whose column holds no bytes, as an edit by hand leaves it."""
    for index, data in session.execute(select(LogLeaf.idx, LogLeaf.data).order_by(LogLeaf.idx)):
        given: object = data  # SQLite keeps whatever an edit puts there
        yield index, given if isinstance(given, bytes) else None


def _uncovered(session: Reading) -> Iterator[Difference]:
    """Rows without a place under an evidence.root, although the journal has them before the last root but one. Of the
    last one a decision of that very moment may not be part."""
    actions = (*DECIDED, "certify.evidence")
    query = select(JournalRow.action, JournalRow.detail).where(JournalRow.action.in_(actions))
    before: list[list[str]] = [[]]  # before the first root, between it and the second, ...
    for action, detail in session.execute(query.order_by(JournalRow.index)):
        if action in DECIDED:
            before[-1].append(str((detail or {}).get("decision")))
        else:
            before.append([])
    due = {id for ids in before[:-2] for id in ids}
    for row in _without_root(session):
        if row.id in due:
            yield difference(row, "its commitment stands under no evidence.root, and it is older than one")


def _without_root(session: Reading) -> Iterable[Row]:
    covered = select(EvidenceEntry.cmt)
    enacted = select(DecisionRow).where(DecisionRow.cmt.not_in(covered)).order_by(DecisionRow.id)
    held = select(HeldDecisionRow).where(HeldDecisionRow.cmt.not_in(covered)).order_by(HeldDecisionRow.id)
    return [*session.scalars(enacted), *session.scalars(held)]
