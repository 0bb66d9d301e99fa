"""What a history is told as at its end: a table of what happened, and what replay, dry run and cascade say of it.

Owns the counting, all of it read from the database as anybody's query would, and the two tests on it: every decision
made again, and a rulebook that is less patient with late visits held against the certificates that stand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select

from audits.facts import SEVERITIES
from audits.tables import AuditRow, FindingRow
from certify import log
from certify.appeals.tables import AppealRow
from certify.governance import books, dryrun, replay
from certify.governance.dryrun import DryRun
from certify.governance.replay import Replayed
from certify.register import fold_of
from certify.rulebook import Rulebook
from certify.tables import CautionRow, Certificate, DecisionRow
from freemark.demo.history import scheme
from ground.database import Reading
from ground.parties import Organisation, Site
from ground.world import World

IMPATIENT = 30  # days that a visit may be late under the rulebook of the dry run
SHOWN = 12  # changes that are printed
Rows = list[tuple[str, str]]


@dataclass(frozen=True)
class Numbers:
    """What is in a world. Each mapping: how many, by the word."""

    sites: int
    agencies: int
    firms: int
    audits: Counter[str]
    findings: Counter[str]
    decisions: Counter[str]
    certificates: Counter[str]
    appeals: Counter[str]
    cautions: tuple[int, int]
    """Raised, and lifted or verified again."""


def count(session: Reading, now: datetime) -> Numbers:
    """Read from the tables, and for certificates from the log."""

    def by(column: object, *where: object) -> Counter[str]:
        query = select(column, func.count()).where(*where).group_by(column)  # type: ignore[call-overload]
        return Counter({str(word): number for word, number in session.execute(query).all()})

    kinds = by(Site.kind)
    agencies = kinds.pop("agency_office", 0)
    rows = list(session.scalars(select(Certificate).where(Certificate.sealed_at.is_not(None))))
    chains = log.chains(session, [row.number for row in rows])
    raised = session.scalar(select(func.count(CautionRow.id))) or 0
    ended = CautionRow.lifted_at.is_not(None) | CautionRow.reverified_at.is_not(None)
    return Numbers(
        sites=sum(kinds.values()),
        agencies=agencies,
        firms=sum("audit_firm" in roles for roles in session.scalars(select(Organisation.roles))),
        audits=by(AuditRow.type, AuditRow.submitted_at.is_not(None)),
        findings=by(FindingRow.severity),
        decisions=by(DecisionRow.outcome),
        certificates=Counter(fold_of(row, chains[row.number], now).state for row in rows),
        appeals=by(AppealRow.outcome),
        cautions=(raised, session.scalar(select(func.count(CautionRow.id)).where(ended)) or 0),
    )


def table(found: Numbers, rulebooks: Sequence[str], seconds: float) -> Rows:
    """The lines of the table: what, and how many."""
    listed = {str(severity): found.findings[severity] for severity in SEVERITIES}
    return [
        ("sites", f"{found.sites}, and {found.agencies} agencies' offices"),
        ("audit firms", str(found.firms)),
        ("audits", _told(dict(found.audits.most_common()))),
        ("findings", _told(listed)),
        ("decisions", _told(dict(found.decisions.most_common()))),
        ("certificates", _told(dict(found.certificates.most_common()))),
        ("appeals", _told(dict(found.appeals))),
        ("cautions", f"{found.cautions[0]} raised, {found.cautions[1]} lifted or verified again"),
        ("rulebooks published", ", ".join(rulebooks) or "none"),
        ("made in", f"{seconds:.0f} seconds"),
    ]


def _told(counts: dict[str, int]) -> str:
    total = sum(counts.values())
    parts = ", ".join(f"{number} {word.replace('_', ' ')}" for word, number in counts.items() if number)
    return f"{total}: {parts}" if parts else "none"


def replayed(world: World, progress: Callable[[int, int], None] = lambda done, total: None) -> Replayed:
    """Every decision made again from its stored inputs."""
    with world.db.read() as session:
        return replay.replay_all(session, world.keyring, progress)


def write_impatient_book(world: World, folder: Path, now: datetime) -> Path:
    """The rulebook in force, changed in one number, as a file for `freemark rulebook dry-run`."""
    with world.db.read() as session:
        present = books.current(session, world.settings, now)
        text = books.text_of(session, present.id)
    path = folder / "rulebook-impatient.toml"
    changed = scheme.changed_book(text, f"impatient-{now.year}.{now.month}", now.date(), IMPATIENT)
    path.write_text(changed, encoding="utf-8")
    return path


def dry_run(world: World, book: Path, now: datetime, *, processes: int = 0) -> tuple[Rulebook, DryRun]:
    """The rulebook in force; and which standing certificates would change under the other one, and why."""
    with world.db.read() as session:
        present = books.current(session, world.settings, now)
        total, found = dryrun.snapshots(session)
        text, other = books.text_of(session, present.id), book.read_text(encoding="utf-8")
        return present, dryrun.dry_run(total, found, text, other, now, processes=processes)
