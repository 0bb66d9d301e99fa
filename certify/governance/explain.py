"""A decision in plain words: what was concluded, under which rules, from which inputs, and how to challenge it.

Owns the telling, for the command line and the API alike. It reads the stored record and nothing else, so it tells what
was decided then. Never decides, and names no person.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from audits import standard
from audits.dossier import Unreleased
from audits.facts import Finding, SiteFacts
from certify import veil
from certify.dossier import MAX_RECORD, Dossier, Outcome, open_record
from certify.events import Standing
from certify.governance import books
from certify.rulebook import Rulebook
from certify.tables import DecisionRow
from ground.canonical import Json, instant, parse, sha256
from ground.database import Reading
from ground.errors import NotFound
from ground.parties import Site

MOST_DIGITS = 9  # of a decision's number: more than these a column of a database may not hold

SENTENCES: dict[Outcome, str] = {
    "issue": "A certificate is issued.",
    "refuse": "No certificate is issued yet.",
    "keep": "Everything stays as it is.",
    "suspend": "The certificate is suspended: no new labels, and it may not be relied upon until this ends.",
    "remediation": "The certificate stays, marked: the holder is putting something right and gets no new labels.",
    "reinstate": "The certificate is in force again.",
    "propose_revocation": "It is proposed to revoke the certificate; the holder may reply.",
    "revoke": "The certificate is revoked, for good.",
    "withdraw": "The certificate is withdrawn at the holder's wish.",
    "expire": "The certificate has ended.",
    "renew": "A new certificate replaces the one before.",
    "reduce": "The certificate is replaced by one with a smaller scope.",
}
CHALLENGE = (
    "The holder may reply within the time named in the notice, and appeal; other people than those who decided judge "
    "an appeal, and it stays no decision meanwhile. Anybody may ask for the rulebook: its hash stands above."
)


def find(session: Reading, name: str) -> DecisionRow:
    """The decision of that id, or of "application/number". NotFound otherwise."""
    application, _, n = name.partition("/")
    query = select(DecisionRow).where(DecisionRow.id == name)
    if n.isdecimal() and len(n) <= MOST_DIGITS:
        query = select(DecisionRow).where(DecisionRow.application_id == application, DecisionRow.seq == int(n))
    row = session.scalar(query) if name.isascii() and name.isprintable() else None
    if row is None:
        raise NotFound(f"there is no decision {name[:60]!r}: give its id, or application/number")
    return row


def explanation(row: DecisionRow) -> dict[str, Json]:
    """The decision told in order: outcome, why, every clause, its inputs, the rulebook, how to challenge it."""
    dossier, standing, decision = open_record(parse(row.record.encode(), limit=MAX_RECORD))
    book = books.of(row, decision.rulebook)
    return {
        "id": row.id,
        "application": row.application_id,
        "n": row.seq,
        "at": instant(decision.at),
        "outcome": decision.outcome,
        "sentence": SENTENCES[decision.outcome],
        "because": [_clause(book, reason.clause, reason.text) for reason in decision.reasons
                    if reason.clause in decision.because],
        "clauses": [
            {**_clause(book, reason.clause, reason.text), "met": reason.met, "subject": reason.subject}
            for reason in decision.reasons
        ],
        "proposals": [{"clause": id, "title": book.clauses[id].title} for id in decision.proposals],
        "score": decision.score,
        "band": decision.band,
        "valid_from": _moment(decision.valid_from),
        "valid_until": _moment(decision.valid_until),
        "inputs": _inputs(dossier, standing, row),
        "rulebook": {"id": decision.rulebook, "title": book.title, "sha256": decision.rulebook_sha256},
        "record_sha256": sha256(row.record.encode()).hex(),
        "commitment": row.cmt,
        "challenge": CHALLENGE,
    }  # fmt: skip


def for_holder(row: DecisionRow, unread: Unreleased) -> dict[str, Json]:
    """The same as its holder reads it. unread: what its places cannot read at this moment.

    Without the hash of the record: a holder knows nearly all of that, and could try what it does not. The commitment,
    which has a salt, stands for the record.
    """
    dossier, standing, decision = open_record(parse(row.record.encode(), limit=MAX_RECORD))
    rest = veil.resting(dossier, standing, decision, books.of(row, decision.rulebook), unread)
    told = {key: value for key, value in explanation(row).items() if key != "record_sha256"}
    because = [{**reason, "met": False, "subject": ""} for reason in told["because"]]
    return {
        **told,
        "proposals": [
            each for each in told["proposals"] if each["clause"] in veil.clauses_for_holder([each["clause"]])
        ],
        "because": [_bare(reason) for reason in veil.for_holder(because, rest)],
        "clauses": veil.for_holder(told["clauses"], rest),
        **({"score": rest.score, "inputs": _inputs(rest.dossier, standing, row)} if rest else {}),
    }


def _bare(reason: dict[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in reason.items() if key not in ("met", "subject")}


def lines(told: dict[str, Json]) -> list[str]:
    """The same for a terminal."""
    inputs, rules = told["inputs"], told["rulebook"]
    shown = [
        f"Decision {told['id']} ({told['application']}, number {told['n']}) of {told['at']}",
        f"{told['outcome'].upper()}: {told['sentence']}",
        f"Rulebook {rules['id']} ({rules['title']}), SHA-256 {rules['sha256']}",
    ]
    if told["score"] is not None:
        shown.append(f"Score {told['score']}" + (f", {told['band']}" if told["band"] else ""))
    if told["valid_until"] is not None:
        shown.append(f"Valid from {told['valid_from']} until {told['valid_until']}")
    if told["because"]:
        shown += ["", "Because:"]
        for reason in told["because"]:
            shown.append(f"  {reason['clause']:<4} {reason['title']}: {reason['text']}")
            shown.append(f"       The rule: {reason['rule']}")
    if told["proposals"]:
        shown += ["", "Put before a person, who may brake; nothing follows by itself:"]
        shown += [f"  {each['clause']:<4} {each['title']}" for each in told["proposals"]]
    shown += ["", "Every clause:"]
    for reason in told["clauses"]:
        shown.append(
            f"  {'met  ' if reason['met'] else 'UNMET'} {reason['clause']:<4} {reason['title']}: {reason['text']}"
        )
    shown += ["", "From these inputs:"]
    shown += [f"  {line}" for line in inputs["lines"]]
    shown += ["", told["challenge"]]
    return shown


def _clause(book: Rulebook, id: str, text: str) -> dict[str, Json]:
    words = book.clauses[id]
    return {"clause": id, "title": words.title, "text": text, "rule": words.text, "origin": words.origin}


def _inputs(dossier: Dossier, standing: Standing | None, row: DecisionRow) -> dict[str, Json]:
    """What it was made from: counts and ids; the whole of it is the record, under its hash."""
    told = [
        f"Standing before: {standing.state} since {standing.since:%Y-%m-%d}" if standing else "No certificate before",
        f"Sites: {len(dossier.sites)}, agents' offices: {len(dossier.agents)}, products: {dossier.products}",
    ]
    for place in dossier.places:
        submitted = [visit for visit in place.visits if visit.submitted_at is not None]
        told.append(
            f"{place.site} ({place.kind}, {place.country}): reports {len(submitted)}, findings {len(place.findings)},"
            f" of them open {sum(finding.open for finding in place.findings)}"
        )
        for finding in place.findings:
            state = "open" if finding.open else f"closed {finding.closed_at:%Y-%m-%d}"
            told.append(f"  {finding.id} {finding.severity} on {_provision(place, finding)}, {state}")
    told += [f"Accepted by {acceptance.person} on {acceptance.at:%Y-%m-%d}" for acceptance in dossier.acceptances[-1:]]
    return {
        "lines": list[Json](told),
        "reports": [visit.report for visit in dossier.submitted],
        "findings": [finding.id for finding in dossier.findings],
        "certificate": row.certificate,
    }


def _provision(place: SiteFacts, finding: Finding) -> str:
    """Number and title, by the standard of the audit that found it."""
    asked = next((standard.load(visit.standard) for visit in place.visits if visit.id == finding.audit), None)
    known = asked.provisions.get(finding.provision) if asked else None
    return f"{finding.provision} ({known.title})" if known else finding.provision


def places(session: Reading, told: dict[str, Json]) -> list[str]:
    """What the places in an explanation are called today, for a terminal; the record knows ids only."""
    named = {word for line in told["inputs"]["lines"] for word in line.split()[:1]}
    query = select(Site).where(Site.id.in_(named)).order_by(Site.id)
    return [f"  {site.id}  {site.name}, {site.city} ({site.country})" for site in session.scalars(query)]


def _moment(moment: datetime | None) -> str | None:
    return instant(moment) if moment else None
