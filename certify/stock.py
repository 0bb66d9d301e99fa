"""What a holder does with labels and goods when something happens to its certificate, with the days as dates.

Owns which row of the rulebook's table of stock an outcome falls under, and from which day its numbers count. The words
are the rulebook's; a rulebook without the table instructs nobody. Where the table has no row, the strictest parts of
those it has are put together, and the event says so. Pure: decides nothing and changes no standing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from audits.facts import Finding
from certify.chapters import Limits, Rulebook, Stock
from certify.dossier import Decision, Dossier, Outcome
from certify.events import Reason as ReasonCode
from certify.events import Standing
from certify.measures import counts_open
from ground.canonical import Json

EXPIRY = "Expiry, nothing open"  # the names of the rows, as in the rulebooks (DOMAIN.md 7.7)
WITHDRAWAL = "Voluntary withdrawal, nothing open"
SUSPENSION, CORE = "Suspension outside the core topics", "Suspension on a core topic"
REVOKED, REVOKED_WHOLLY = "Revocation, affected period known", "Revocation, affected period unknown"
# A brake says nothing of its grounds, a confirmed hit on a list and a closed door say enough: goods are held.
HOLDING = ("S7", "S9", "S10")
MILD: tuple[ReasonCode, ...] = ("administrative", "holder-request")  # words of who braked: no core topic
ASKING: tuple[Outcome, ...] = ("suspend", "revoke", "expire", "withdraw", "reduce", "remediation", "reinstate")
RUNS = ("active", "remediation", "expired", "superseded", "reduced")  # labels keep the days that stand on them


@dataclass(frozen=True)
class Part:
    """What to do with one kind of thing. until: the last day on which it may, or has to, be done; None without one."""

    text: str
    until: date | None = None


@dataclass(frozen=True)
class Instruction:
    """What a holder does after one event. site: the only one that it is about; "" for all of the certificate. since:
    from which day on batches are affected."""

    event: str
    new_labels: Part
    unused: Part | None = None
    unshipped: Part | None = None
    shipped: Part | None = None
    page: str = ""
    site: str = ""
    since: date | None = None


def instruction(
    decision: Decision, dossier: Dossier, standing: Standing | None, book: Rulebook, now: datetime
) -> Instruction | None:
    """What the holder is told with this decision; None where labels and goods go on as before, or under a rulebook
    that says nothing of them."""
    rows = {row.event: row for row in book.stock}
    match decision.outcome:
        case "suspend" if row := rows.get(CORE if _on_core(decision, dossier) else SUSPENSION):
            hold = None if row.event == CORE else _in_days(now, book.limits.hold_stock_days)
            return _of(row, unshipped=hold)
        case "revoke" if row := rows.get(REVOKED if decision.affected_from else REVOKED_WHOLLY):
            since = decision.affected_from.date() if decision.affected_from else None
            return _of(row, unused=_in_days(now, book.limits.return_days), since=since)
        case "expire" if standing is not None and (row := rows.get(EXPIRY)):
            last, sold = days(standing.valid_until, book.limits.sell_through_days)
            return _of(row, new_labels=last, unshipped=sold)
        case "withdraw":
            return _left(rows, dossier.findings, book.limits, now)
        case "reduce":
            return _reduced(rows, decision, dossier, book.limits, now)
        case "remediation" if rows:
            back = standing is not None and standing.state == "suspended"
            shipped = Part("Free again: the certificate stands, and a scan shows amber.") if back else None
            return Instruction("Remediation", Part("Stop, while something is put right."), unshipped=shipped)
        case "reinstate" if rows:
            free = Part("Free again, as before the suspension; a label only until its own last day.")
            return Instruction(
                "The certificate is in force again", Part("Allowed again."), free, free, Part("As before.")
            )
        case _:
            return None


def days(valid_until: datetime, sell_through: int) -> tuple[date, date]:
    """(last day on which a label may be put on goods, last day on which such goods are sold with it) at most, of a
    certificate that runs to its end; a batch may have earlier ones. As `labels.rules` gives them to an order."""
    last = (valid_until - timedelta(days=1)).date()
    return last, last + timedelta(days=sell_through)


def days_view(standing: Standing, sell_through: int) -> dict[str, Json]:
    """Both days as they are shown beside a certificate: None where its newest notice says what is done instead."""
    if standing.state not in RUNS:
        return {"use_by": None, "sell_by": None}
    last, sold = days(standing.valid_until, sell_through)
    return {"use_by": last.isoformat(), "sell_by": sold.isoformat()}


def view(told: Instruction) -> dict[str, Json]:
    return {
        "event": told.event,
        "site": told.site or None,
        "new_labels": _part(told.new_labels),
        "unused_labels": _part(told.unused),
        "goods_not_shipped": _part(told.unshipped),
        "goods_shipped": _part(told.shipped),
        "affected_since": told.since.isoformat() if told.since else None,
        "scan_shows": told.page or None,
    }


def _part(part: Part | None) -> dict[str, Json] | None:
    return {"text": part.text, "until": part.until.isoformat() if part.until else None} if part else None


def _on_core(decision: Decision, dossier: Dossier) -> bool:
    """Is one of the grounds about a core topic, or one of which the holder is to think so?"""
    because = [reason for reason in decision.reasons if reason.clause in decision.because]
    named = {id for reason in because for id in reason.subject.split(", ")}
    if any(finding.id in named and (finding.core or finding.zero_tolerance) for finding in dossier.findings):
        return True
    held = {reason.clause for reason in because} & set(HOLDING)
    return bool(held - {"S7"} if dossier.suspension_reason in MILD else held)


def _left(
    rows: dict[str, Stock], findings: Sequence[Finding], limits: Limits, now: datetime, site: str = ""
) -> Instruction | None:
    """Given back. Under an open priority finding nothing is sold through: who leaves has no better end than who is
    suspended."""
    row, held = rows.get(WITHDRAWAL), rows.get(CORE)
    if row is None:
        return None
    back, sold = _in_days(now, limits.return_days), _in_days(now, limits.withdrawal_sell_days)
    if not any(finding.severity == "priority" and counts_open(finding) for finding in findings):
        return _of(row, unused=back, unshipped=sold, site=site)
    if held is None:
        return None
    return Instruction(
        "Withdrawal while a priority finding is open",
        Part(row.new_labels),
        Part(row.unused, back),
        Part(held.unshipped),
        Part(held.shipped),
        row.page,
        site,
    )


def _reduced(
    rows: dict[str, Stock], decision: Decision, dossier: Dossier, limits: Limits, now: datetime
) -> Instruction | None:
    """For the site that leaves, as if its certificate was given back; the others go on."""
    gone = next((place for place in dossier.sites if place.site not in decision.scope), None)
    return _left(rows, gone.findings, limits, now, gone.site) if gone is not None else None


def _of(
    row: Stock,
    *,
    new_labels: date | None = None,
    unused: date | None = None,
    unshipped: date | None = None,
    site: str = "",
    since: date | None = None,
) -> Instruction:
    return Instruction(
        row.event, Part(row.new_labels, new_labels), Part(row.unused, unused), Part(row.unshipped, unshipped),
        Part(row.shipped), row.page, site, since,
    )  # fmt: skip


def _in_days(now: datetime, number: int) -> date | None:
    return (now + timedelta(days=number)).date() if number else None
