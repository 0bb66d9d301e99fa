"""What the rules put before a person: told to those who may brake, once when it comes up.

Owns that letter. It names the decision and no ground, because others read mail; nothing follows by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from certify.dossier import MAX_RECORD, Decision, Dossier, open_record
from certify.tables import DecisionRow
from ground import mail
from ground.canonical import parse
from ground.database import Reading, Writing
from ground.parties import Person
from ground.settings import Settings

SUBJECT = "A question is put before you: whether to brake"


def tell(
    session: Writing, settings: Settings, last: DecisionRow | None, row: DecisionRow, decision: Decision,
    dossier: Dossier, *, now: datetime,
) -> None:  # fmt: skip
    """Write to deciders and scheme managers when this decision proposes what the one before it did not."""
    if not set(decision.proposals) - _proposed(last):
        return
    people = _outside(session, mail.everyone(session, "decider", "scheme_manager"), dossier)
    path = f"/v1/applications/{row.application_id}/decisions/{row.seq}/explanation"
    text = (
        f"{SUBJECT}. The rules do nothing by themselves here. What it is about stands in the decision:\n"
        f"{settings.public_url}{path}\n"
    )
    mail.write(session, people, f"proposal {row.id}", SUBJECT, text, now=now)


def _proposed(last: DecisionRow | None) -> set[str]:
    if last is None:
        return set()
    _, _, decision = open_record(parse(last.record.encode(), limit=MAX_RECORD))
    return set(decision.proposals)


def _outside(session: Reading, people: Sequence[str], dossier: Dossier) -> list[str]:
    """Those who are of no organisation that is judged here, nor of an audit firm involved."""
    parties = dossier.auditees | dossier.firms
    of = dict(session.execute(select(Person.id, Person.organisation_id).where(Person.id.in_(people))).all())
    return [person for person in people if of[person] not in parties]
