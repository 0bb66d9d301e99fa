"""What a sheet of an audit would say now: its answers and figures as they are filed.

Owns the way from the rows of an audit to a sheet. An answer behind an alert, or of zero tolerance, is not there: the
sheet of an audit with one is, byte for byte, that of an audit whose provision nobody answered yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from audits import scope
from audits.filing import answers_of, findings_of
from audits.sheets.content import Head, Row, Sheet, marks, plain, version_of
from audits.sheets.tables import SheetFigureRow
from audits.standard import Standard
from audits.tables import AnswerRow, AuditRow, FindingRow
from ground.canonical import Json, parse
from ground.database import Reading
from ground.parties import Site

MOST_VALUE = 100_000  # bytes of one figure; a summary of 4,000 characters has less


@dataclass(frozen=True)
class Filed:
    """Who filed what stands under a key, and when."""

    by: str
    at: datetime


@dataclass(frozen=True)
class State:
    """filed: of every key that the sheet shows. unshown: provisions whose answer stands and travels in no sheet."""

    sheet: Sheet
    catalogue: Standard
    filed: Mapping[str, Filed]
    unshown: frozenset[str]

    @property
    def standing(self) -> frozenset[str]:
        """What no sheet replaces."""
        return self.sheet.standing | self.unshown


def state_of(session: Reading, audit: AuditRow) -> State:
    """The audit as a sheet would say it now."""
    catalogue = scope.catalogue_of(audit)
    answers, findings = answers_of(session, audit), findings_of(session, audit)
    unshown = frozenset(id for id, finding in findings.items() if _is_alert(finding))
    standing = frozenset(id for id, finding in findings.items() if finding.released_at is not None) - unshown
    shown = {id: answers[id] for id in catalogue.provisions if id in answers and id not in unshown}
    rows = {id: _row(answer, findings.get(id)) for id, answer in shown.items()}
    stored = list(session.scalars(select(SheetFigureRow).where(SheetFigureRow.audit_id == audit.id)))
    figures: dict[str, Json] = {row.name: parse(row.value.encode(), limit=MOST_VALUE) for row in stored}
    filed = {row.provision: Filed(row.filed_by, row.filed_at) for row in shown.values()}
    filed |= {row.name: Filed(row.filed_by, row.filed_at) for row in stored}
    sheet = Sheet(_head(session, audit, catalogue), rows, figures, {}, standing)
    base = marks(sheet.values())
    return State(Sheet(sheet.head, rows, figures, base, standing), catalogue, filed, unshown)


def _is_alert(finding: FindingRow) -> bool:
    return finding.zero_tolerance or finding.held_until is not None


def _row(answer: AnswerRow, finding: FindingRow | None) -> Row:
    return Row(
        result=answer.result,  # type: ignore[arg-type]  # one of them: the table takes no other
        severity=finding.proposed if finding else None,
        affected=answer.affected,
        sampled=answer.sampled,
        description=plain(answer.description),
        evidence=tuple(text for item in answer.evidence if (text := plain(item))),
        deliberate=finding.deliberate if finding else False,
        concealed=finding.concealed if finding else False,
        worst_form=finding.worst_form if finding else False,
        by_management=finding.by_management if finding else False,
    )


def _head(session: Reading, audit: AuditRow, catalogue: Standard) -> Head:
    return Head(
        audit=audit.id,
        site=audit.site_id,
        place=" ".join(plain(session.get_one(Site, audit.site_id).name).split()),
        type=audit.type,
        remote=audit.remote,
        starts_on=audit.starts_on.isoformat(),
        ends_on=audit.ends_on.isoformat(),
        standard=catalogue.id,
        standard_sha256=catalogue.sha256,
        profiles=catalogue.applied,
        version=version_of(catalogue),
    )
