"""What the rules are given and what they give back: dossier, standing and decision, as frozen data with their JSON.

Owns the shapes and the canonical record of a decision, from which it can be made again years later with the same
bytes. All moments are aware UTC in whole seconds. Never concludes anything, and holds no name of a natural person:
people are random ids.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

from audits.facts import LATER, Finding, SiteFacts, Visit, decode, encode
from certify.events import Reason as ReasonCode
from certify.events import Standing, State
from certify.once import once
from ground.canonical import Json
from ground.errors import Malformed

VERSION = 1
MAX_RECORD = 1 << 24  # bytes of a stored decision record: a dossier of 100 sites has some 2 MB

Outcome = Literal[
    "issue", "refuse", "keep", "suspend", "remediation", "reinstate", "propose_revocation", "revoke", "withdraw",
    "expire", "renew", "reduce",
]  # fmt: skip
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


@dataclass(frozen=True)
class Agreement:
    """The certification agreement as signed. independent_reporting: the clause that auditors report to the scheme."""

    version: str
    signed_at: datetime
    independent_reporting: bool


@dataclass(frozen=True)
class Acceptance:
    """A decider of the certification body accepted exactly these reports (their hashes, sorted)."""

    person: str
    organisation: str
    at: datetime
    reports: tuple[str, ...]


@dataclass(frozen=True)
class Approval:
    """One person's confirmation of a reinstatement or of a revocation."""

    act: Literal["reinstate", "revoke"]
    person: str
    organisation: str
    at: datetime


@dataclass(frozen=True)
class Case:
    """A proposed revocation that waits for the holder's reply."""

    opened_at: datetime
    reply_until: datetime
    replied_at: datetime | None = None
    waived_at: datetime | None = None


@dataclass(frozen=True)
class Risk:
    """How dangerous the place is by country, sector and workforce; a site without one counts as high."""

    site: str
    level: Literal["low", "high"]
    at: datetime


@dataclass(frozen=True)
class Revocation:
    """A certificate of the same organisation that was revoked. overturned: an appeal found that it should not have
    been. core: a core topic or zero tolerance was its ground; where nobody knows, it was. uncorrected, corrected_at: of
    the grave findings at every place that it covered, those that are open, and when the last one was closed on site."""

    certificate: str
    at: datetime
    overturned: bool = False
    core: bool = field(default=True, metadata=LATER)
    uncorrected: tuple[str, ...] = field(default=(), metadata=LATER)
    corrected_at: datetime | None = field(default=None, metadata=LATER)


@dataclass(frozen=True)
class Other:
    """A certificate of another application of the holder that covered a site of this one, was stopped and did not come
    back: it is suspended or in remediation, or was given back or made smaller then, or was given back while a priority
    finding was open. stopped_at: when that began. uncorrected: where it was given back, the grave findings that are
    still open at any place that it covered, an agent's office that was left out since among them."""

    certificate: str
    state: State
    stopped_at: datetime
    uncorrected: tuple[str, ...] = field(default=(), metadata=LATER)


@dataclass(frozen=True)
class Panel:
    """One sitting of the panel, or the word of one member: whether it was for the case. What people of different
    organisations said after each other is put together by the rules."""

    at: datetime
    persons: tuple[str, ...]
    organisations: tuple[str, ...]
    favourable: bool


@dataclass(frozen=True)
class UnderReview:
    """A firm or auditor on whose work the certificate rests lost its approval; the work is to be verified again."""

    subject: str
    since: datetime
    reverify_by: datetime
    reverified_at: datetime | None = None
    lifted_at: datetime | None = None


@dataclass(frozen=True)
class Reduction:
    """One site is to leave the certificate's scope: asked for by the holder or by the certification body."""

    site: str
    person: str
    organisation: str
    at: datetime


@dataclass(frozen=True)
class Dossier:
    """Everything the rules may know about one application.

    agents: the recruiting agents' offices; they are audited like sites. products: how many. suspension_requested_at:
    one authorised person's brake. cycles: certificates issued before. certified_at: when the current one was issued.
    """

    application: str
    organisation: str
    sites: tuple[SiteFacts, ...]
    agents: tuple[SiteFacts, ...] = ()
    products: int = 0
    agreement: Agreement | None = None
    acceptances: tuple[Acceptance, ...] = ()
    approvals: tuple[Approval, ...] = ()
    case: Case | None = None
    withdrawal_requested_at: datetime | None = None
    suspension_requested_at: datetime | None = None
    cycles: int = 0
    certified_at: datetime | None = None
    clean_cycles: int = field(default=0, metadata=LATER)
    """Certificates in a row, up to now, that ran without suspension, remediation or gap."""
    risks: tuple[Risk, ...] = field(default=(), metadata=LATER)
    revocations: tuple[Revocation, ...] = field(default=(), metadata=LATER)
    panels: tuple[Panel, ...] = field(default=(), metadata=LATER)
    under_review: tuple[UnderReview, ...] = field(default=(), metadata=LATER)
    reduction: Reduction | None = field(default=None, metadata=LATER)
    suspension_reason: ReasonCode | None = field(default=None, metadata=LATER)
    """The word that whoever braked put on it, of the closed set of the log; None where they put none."""
    others: tuple[Other, ...] = field(default=(), metadata=LATER)

    @once
    def places(self) -> tuple[SiteFacts, ...]:
        return self.sites + self.agents

    @once
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for place in self.places for finding in place.findings)

    @once
    def submitted(self) -> tuple[Visit, ...]:
        """The visits with a submitted report, of all places."""
        return tuple(
            visit
            for place in self.places
            for visit in place.visits
            if visit.submitted_at is not None and visit.report is not None
        )

    @once
    def auditees(self) -> frozenset[str]:
        """The organisations that are judged here: they judge nothing themselves."""
        return frozenset({self.organisation, *(place.organisation for place in self.places)})

    @once
    def firms(self) -> frozenset[str]:
        return frozenset(visit.firm for place in self.places for visit in place.visits)

    @once
    def auditors(self) -> frozenset[str]:
        return frozenset(person for place in self.places for visit in place.visits for person in visit.team)


@dataclass(frozen=True)
class Reason:
    """What one clause says. met: False counts against the holder. subject: ids it is about, joined by ", "; or ""."""

    clause: str
    met: bool
    text: str
    subject: str = ""


@dataclass(frozen=True)
class Decision:
    """What the rules concluded.

    reasons: every clause, met or not, in the order of the rulebook. because: the unmet clauses that led to the outcome
    (empty for keep and for outcomes in the holder's favour). score: two decimals, the lowest of all places, or None
    without a full audit of each. valid_from, valid_until: issue, renew, reduce. affected_from: start of the affected
    period, with propose_revocation and revoke. reply_until: propose_revocation. reason_code: what the public leaf says.
    """

    outcome: Outcome
    reasons: tuple[Reason, ...]
    because: tuple[str, ...]
    rulebook: str
    rulebook_sha256: str
    reason_code: ReasonCode | None
    score: str | None
    valid_from: datetime | None
    valid_until: datetime | None
    affected_from: datetime | None
    reply_until: datetime | None
    at: datetime
    band: str = field(default="", metadata=LATER)
    """Name of the rulebook's band for the score and what is closed; issue, renew and reduce."""
    scope: tuple[str, ...] = field(default=(), metadata=LATER)
    """With reduce: the holder's sites that stay, in their order."""
    proposals: tuple[str, ...] = field(default=(), metadata=LATER)
    """Clauses that put something before a person, who may act on it; nothing follows by itself."""


def dossier_to_json(dossier: Dossier) -> dict[str, Json]:
    """Lossless and canonical: integers, strings, booleans, null. ValueError for a moment with a part of a second."""
    document: dict[str, Json] = encode(dossier)
    return document


def dossier_from_json(document: Json, where: str = "") -> Dossier:
    """The dossier that `dossier_to_json` wrote; Malformed, with a JSON pointer, for anything else."""
    return decode(Dossier, document, where)


def standing_to_json(standing: Standing | None) -> dict[str, Json] | None:
    document: dict[str, Json] | None = encode(standing)
    return document


def standing_from_json(document: Json, where: str = "") -> Standing | None:
    return None if document is None else decode(Standing, document, where)


def decision_from_json(document: Json, where: str = "") -> Decision:
    """The decision of a record, for showing it; to trust it, replay the record."""
    return decode(Decision, document, where)


def record(dossier: Dossier, standing: Standing | None, decision: Decision) -> dict[str, Json]:
    """The canonical decision record: the inputs and the conclusion, so that anybody with the rulebook can repeat it."""
    return {
        "v": VERSION,
        "dossier": dossier_to_json(dossier),
        "standing": standing_to_json(standing),
        "decision": encode(decision),
    }


def open_record(document: Json) -> tuple[Dossier, Standing | None, Decision]:
    """The parts of a record. Malformed for anything that `record` did not write."""
    dossier, standing = open_inputs(document)
    return dossier, standing, decision_from_json(document["decision"], "/decision")


def open_inputs(document: Json) -> tuple[Dossier, Standing | None]:
    """What a record was decided from; what was concluded then is not read. Malformed for another shape of these."""
    if not isinstance(document, dict) or document.keys() != {"v", "dossier", "standing", "decision"}:
        raise Malformed("not a decision record")
    if type(document["v"]) is not int or document["v"] != VERSION:
        raise Malformed(f"v is {VERSION}", where="/v")
    return dossier_from_json(document["dossier"], "/dossier"), standing_from_json(document["standing"], "/standing")
