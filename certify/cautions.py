"""Cautions: signed facts that colour nothing, but that a reader of a certificate should know.

Owns how the cautions of a certificate are read: as facts for the rules, as JSON for people, as entries of the public
list. `certify.reviews` raises and ends them. A caution names a certificate, never an auditor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, select

from certify.dossier import UnderReview
from certify.events import State
from certify.tables import CautionRow
from ground.canonical import Json, instant
from ground.database import Reading

CODE = "AUDITOR_ACCREDITATION_UNDER_REVIEW"  # as in FORMATS.md 5: the words are those of the page
REPLACED: tuple[State, ...] = ("superseded", "reduced")
"""Labels follow the successor, which has cautions of its own if it rests on the same work."""


def under_review(session: Reading, numbers: Sequence[str]) -> dict[str, tuple[UnderReview, ...]]:
    """Of each of these certificates: the firms and auditors under review on whose work it rests, lifted ones too,
    oldest first.

    What an earlier certificate of an application rested on was replaced with it: ask for the newest.
    """
    found: dict[str, tuple[UnderReview, ...]] = dict.fromkeys(numbers, ())
    for row in session.scalars(_CAUTIONS, {"numbers": numbers}):
        told = UnderReview(row.subject, row.since, row.reverify_by, row.reverified_at, row.lifted_at)
        found[row.certificate] = (*found[row.certificate], told)
    return found


_CAUTIONS = (  # built once: building it costs more than asking it
    select(CautionRow).where(CautionRow.certificate.in_(bindparam("numbers", expanding=True))).order_by(CautionRow.id)
)


def listed(session: Reading, states: Mapping[str, State]) -> list[Json]:
    """The entries of cautions.json: one per certificate that has an open caution. states: of every published one."""
    query = select(CautionRow.certificate, CautionRow.since).where(
        CautionRow.lifted_at.is_(None), CautionRow.reverified_at.is_(None)
    )
    since: dict[str, str] = {}
    for number, began in session.execute(query.order_by(CautionRow.certificate, CautionRow.since.desc())):
        if states.get(number, "superseded") not in REPLACED:
            since[number] = instant(began)
    return [{"cert": number, "code": CODE, "since": began} for number, began in since.items()]


def caution_views(session: Reading, number: str, *, inside: bool) -> list[Json]:
    """The cautions of a certificate, ended ones too, oldest first. inside: with who is under review, and by whom the
    work was looked at again; the public list has neither."""
    query = select(CautionRow).where(CautionRow.certificate == number).order_by(CautionRow.id)
    return [_view(row, inside) for row in session.scalars(query)]


def _view(row: CautionRow, inside: bool) -> dict[str, Json]:
    return {
        "code": CODE,
        "certificate": row.certificate,
        "sites": list(row.sites),
        "since": instant(row.since),
        "reverify_by": instant(row.reverify_by),
        "reverified_at": instant(row.reverified_at) if row.reverified_at else None,
        "lifted_at": instant(row.lifted_at) if row.lifted_at else None,
        "subject": row.subject if inside else None,
        "audits": list(row.audits) if inside else [],
    }
