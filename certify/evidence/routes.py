"""HTTP of the evidence about decisions: when one was made, and, for those who decide, the ones that are held.

Translates rows to JSON, and decides nothing. A holder gets the evidence of what took effect, and learns then that it
was decided before; never earlier.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from sqlalchemy import select

from certify import samples
from certify.evidence import roots
from certify.evidence.relations import READ_HELD
from certify.relations import READ, application_of
from certify.tables import DecisionRow, HeldDecisionRow
from ground.canonical import Json, instant
from ground.database import Reading
from ground.errors import NotFound
from ground.web import READ_PROBLEMS, IdInPath, Paging, Reader, example, listed

router = APIRouter(tags=["certify"])

COMMITTED: dict[str, Json] = {
    "at": "2026-06-02T08:00:00Z",
    "root": samples.HASH,
    "size": roots.PLACES,
    "index": 417,
    "path": [samples.HASH],
    "leaf_index": 6,
}
HELD: dict[str, Json] = {
    "id": "dec_5n3p7r9s1t2v4w6x",
    "outcome": "suspend",
    "decided_at": "2026-06-01T11:00:00Z",
    "effective_by": "2026-06-04T11:00:00Z",
    "effective_at": None,
    "lapsed_at": None,
    "certificate": samples.NUMBER,
    "rulebook": "freemark-2026.1",
    "unmet": ["S1"],
    "commitment": samples.HASH,
    "committed": COMMITTED,
}
EVIDENCE: dict[str, Json] = {
    "n": 3,
    "commitment": samples.HASH,
    "at": "2026-06-04T11:00:00Z",
    "committed": None,
    "next_root_at": "2026-06-05T08:00:00Z",
    "decided_before": [
        {"decided_at": "2026-06-01T00:00:00Z", "effective_at": "2026-06-04T11:00:00Z", "commitment": samples.HASH,
         "committed": COMMITTED},
    ],
}  # fmt: skip


@router.get(
    "/v1/applications/{application}/decisions/{n}/evidence",
    summary="Prove when a decision was made",
    description="Its commitment, and the inclusion proof (RFC 6962) that it stands under the root of a leaf "
    "`evidence.root` of the public log. `decided_before`: the same conclusion, when it was reached earlier and held "
    "back because people could have been harmed by the news; `decided_at` is then the day, without the hour.",
    responses={**READ_PROBLEMS, 200: example("The evidence.", EVIDENCE)},
)
def get_evidence(
    application: IdInPath, n: Annotated[int, Path(ge=1, le=2**31 - 1, description="1 is the first")], call: Reader
) -> dict[str, Any]:
    with call.world.db.read() as session:
        row = application_of(session, call.actor, READ, application)
        query = select(DecisionRow).where(DecisionRow.application_id == row.id, DecisionRow.seq == n)
        decision = session.scalar(query)
        if decision is None:
            raise NotFound("there is no such decision")
        earlier = select(HeldDecisionRow).where(HeldDecisionRow.decision_id == decision.id)
        due = roots.next_at(session, call.now)
        return {
            "n": decision.seq,
            "commitment": decision.cmt,
            "at": instant(decision.at),
            "committed": _committed(session, decision.cmt),
            "next_root_at": instant(due) if due else None,
            "decided_before": [
                {
                    "decided_at": instant(held.decided_at.replace(hour=0, minute=0, second=0)),
                    "effective_at": instant(held.effective_at or decision.at),
                    "commitment": held.cmt,
                    "committed": _committed(session, held.cmt),
                }
                for held in session.scalars(earlier.order_by(HeldDecisionRow.decided_at, HeldDecisionRow.id))
            ],
        }


@router.get(
    "/v1/applications/{application}/held-decisions",
    summary="List the held decisions on an application",
    description="For deciders, the protection handler and scheme managers: what the rules concluded from all facts "
    "while an alert is held. Nothing is enacted of it before `effective_by`, or the handler's word.",
    responses={**READ_PROBLEMS, 200: example("One page.", {"items": [HELD], "next": None})},
)
def list_held(application: IdInPath, call: Reader, page: Paging) -> dict[str, Any]:
    with call.world.db.read() as session:
        row = application_of(session, call.actor, READ_HELD, application)
        query = select(HeldDecisionRow).where(HeldDecisionRow.application_id == row.id)
        return listed(session, query, HeldDecisionRow.id, page, lambda held: _held(session, held))


def _held(session: Reading, row: HeldDecisionRow) -> dict[str, Json]:
    return {
        "id": row.id,
        "outcome": row.outcome,
        "decided_at": instant(row.decided_at),
        "effective_by": instant(row.effective_by),
        "effective_at": instant(row.effective_at) if row.effective_at else None,
        "lapsed_at": instant(row.lapsed_at) if row.lapsed_at else None,
        "certificate": row.certificate,
        "rulebook": row.rulebook,
        "unmet": [reason["clause"] for reason in row.reasons if not reason["met"]],
        "commitment": row.cmt,
        "committed": _committed(session, row.cmt),
    }


def _committed(session: Reading, cmt: str) -> dict[str, Json] | None:
    found = roots.inclusion(session, cmt)
    if found is None:
        return None
    return {
        "at": instant(found.at),
        "root": found.root,
        "size": found.size,
        "index": found.index,
        "path": [each.hex() for each in found.path],
        "leaf_index": found.leaf_index,
    }
