"""Breaking the glass outside the room of alerts: a report that says what is held, and evidence on it.

Owns the journal's rows about that: `alert_read`, with what was read, for everybody who is not of the alert's team. They
are written after the answer is made and before it is given: what cannot be written down is not handed out. Who may read
at all is decided before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from audits.relations import held_findings
from ground import journal
from ground.access import Actor
from ground.canonical import Json
from ground.world import World


def report_read(world: World, actor: Actor, audit: str, document: Json) -> None:
    """Somebody is handed this document of the audit. document: null when nothing was."""
    if not document:
        return
    told = {answer.get("finding", {}).get("id") for answer in document["answers"]}
    with world.db.read() as session:
        held = held_findings(session, actor, audit)
    _write(world, actor, (finding for finding in held.values() if finding in told), {"in": "report"})


def evidence_read(world: World, actor: Actor, shown: Iterable[Mapping[str, Json]]) -> None:
    """Somebody is shown these pieces of evidence, as `evidence.views` makes them."""
    by_audit: dict[str, dict[str, str]] = {}
    found: dict[str, str] = {}
    with world.db.read() as session:
        for piece in shown:
            if piece["audit"] is None or piece["finding"] is not None:
                continue  # a site's own, which knows of no alert
            if piece["audit"] not in by_audit:
                by_audit[piece["audit"]] = held_findings(session, actor, piece["audit"])
            held = by_audit[piece["audit"]]
            found |= {held[id]: piece["id"] for id in piece["provisions"] if id in held}
    for finding, evidence in found.items():
        _write(world, actor, (finding,), {"in": "evidence", "evidence": evidence})


def _write(world: World, actor: Actor, findings: Iterable[str], what: dict[str, Json]) -> None:
    read = sorted(findings)
    if not read:
        return
    with world.db.write() as session:
        for finding in read:
            journal.record(session, actor, "alert_read", finding, {"state": "held", **what}, now=world.clock.now())
