"""The tables of certify: applications and what people signed on them, decisions, certificates, and the log's leaves.

Owns shapes and constraints, no behaviour. Rows of decisions, leaves and sealed certificates are never changed: what a
certificate is worth now is folded from the leaves (`certify.register`), it stands in no column. No name of a natural
person is kept here, only the ids of those who signed.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ground.canonical import Json
from ground.database import Base

ID = String(24)
HASH = String(64)  # lower-case hex of SHA-256


class Application(Base):
    """What a manufacturer asks to have certified."""

    __tablename__ = "application"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    created_at: Mapped[datetime]
    withdrawal_requested_at: Mapped[datetime | None] = mapped_column(default=None)
    suspension_requested_at: Mapped[datetime | None] = mapped_column(default=None)
    """One authorised person's brake; cleared when the certificate is reinstated."""
    suspension_requested_by: Mapped[str | None] = mapped_column(ID, default=None)
    suspension_reason: Mapped[str] = mapped_column(Text, default="")


class ApplicationSite(Base):
    """A site of an application: `part` is "site" (the holder's own) or "agent" (an office that recruits for it)."""

    __tablename__ = "application_site"

    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"), primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"), primary_key=True, index=True)
    part: Mapped[str] = mapped_column(String(5))
    position: Mapped[int]
    left_at: Mapped[datetime | None] = mapped_column(default=None)
    """When a certificate without this site replaced one with it: it is no part of the application any more."""


class Product(Base):
    """One product of an application. gtin: 14 digits. yearly_units: what the labels of a year are counted against.

    identity: what its public address is made of; that of the same product in an earlier application, if it is one, so
    that goods labelled then are still in the scope now.
    """

    __tablename__ = "product"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"), index=True)
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    gtin: Mapped[str | None] = mapped_column(String(14))
    model: Mapped[str] = mapped_column(String(100))
    yearly_units: Mapped[int]
    identity: Mapped[str] = mapped_column(ID)


class AgreementRow(Base):
    """The certification agreement as it was signed; the newest one counts."""

    __tablename__ = "agreement"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"), index=True)
    version: Mapped[str] = mapped_column(String(40))
    independent_reporting: Mapped[bool]
    signed_by: Mapped[str] = mapped_column(ID)
    signed_at: Mapped[datetime]


class AcceptanceRow(Base):
    """A decider of the certification body accepted exactly these reports (sorted hashes)."""

    __tablename__ = "acceptance"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"), index=True)
    person: Mapped[str] = mapped_column(ID)
    organisation: Mapped[str] = mapped_column(ID)
    reports: Mapped[list[str]]
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class ApprovalRow(Base):
    """One person's confirmation of a reinstatement or a revocation. `period` is the seq of the leaf with which the
    suspension (reinstate) or the case (revoke) began: an approval never outlives what it was given for."""

    __tablename__ = "approval"
    __table_args__ = (UniqueConstraint("certificate", "act", "period", "person"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"), index=True)
    certificate: Mapped[str] = mapped_column(String(11))
    act: Mapped[str] = mapped_column(String(10))
    period: Mapped[int]
    person: Mapped[str] = mapped_column(ID)
    organisation: Mapped[str] = mapped_column(ID)
    at: Mapped[datetime]


class CaseRow(Base):
    """The rules proposed revocation: the holder may reply until `reply_until`. At most one is open per application."""

    __tablename__ = "revocation_case"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"), index=True)
    certificate: Mapped[str] = mapped_column(String(11))
    opened_at: Mapped[datetime]
    reply_until: Mapped[datetime]
    replied_at: Mapped[datetime | None] = mapped_column(default=None)
    reply: Mapped[str] = mapped_column(Text, default="")
    waived_at: Mapped[datetime | None] = mapped_column(default=None)
    closed_at: Mapped[datetime | None] = mapped_column(default=None)


class DecisionRow(Base):
    """What the rules concluded, with everything needed to conclude it again. Written once.

    record: the canonical JSON of inputs and conclusion (`certify.dossier.record`), to which `cmt` commits with the salt
    in `sealed` (encrypted); erasing the salt leaves noise in the log. reasons: those of the record, for lists.
    """

    __tablename__ = "decision"
    __table_args__ = (UniqueConstraint("application_id", "seq"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"), index=True)
    seq: Mapped[int]
    outcome: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    certificate: Mapped[str | None] = mapped_column(String(11))
    state: Mapped[str | None] = mapped_column(String(12))
    """The certificate it was about and its state then, if there was one."""
    rulebook: Mapped[str] = mapped_column(String(60))
    rulebook_sha256: Mapped[str] = mapped_column(HASH)
    reasons: Mapped[list[dict[str, Json]]]
    record: Mapped[str] = mapped_column(Text)
    cmt: Mapped[str] = mapped_column(HASH)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class Certificate(Base):
    """A certificate: prepared first, sealed later, or discarded before it was sealed. Its number and its places in the
    status lists are its own for ever, also when it is discarded."""

    __tablename__ = "certificate"
    __table_args__ = (
        UniqueConstraint("shard", "revocation_index"),
        UniqueConstraint("shard", "suspension_index"),
        UniqueConstraint("application_id", "ordinal"),
    )

    number: Mapped[str] = mapped_column(String(11), primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    decision_id: Mapped[str] = mapped_column(ForeignKey("decision.id"))
    ordinal: Mapped[int]
    """1, 2, 3.. within its application, discarded ones counted: the newest has the highest."""
    predecessor: Mapped[str | None] = mapped_column(String(11))
    shard: Mapped[int]
    revocation_index: Mapped[int]
    suspension_index: Mapped[int]
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    rulebook: Mapped[str] = mapped_column(String(60))
    scope: Mapped[dict[str, Json]]
    """{"sites": [{id, url, name}], "products": [{id, url, name, gtin, yearly_units}]}, as in the credential."""
    prepared: Mapped[dict[str, Json]]
    prepared_at: Mapped[datetime]
    document: Mapped[dict[str, Json] | None]
    jwt: Mapped[str | None] = mapped_column(Text)
    sealed_at: Mapped[datetime | None]
    discarded_at: Mapped[datetime | None]


class LogLeaf(Base):
    """One leaf of the public log, byte for byte. t, cert, seq and hash repeat what the bytes say, for queries."""

    __tablename__ = "log_leaf"
    __table_args__ = (UniqueConstraint("cert", "seq"),)

    idx: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    t: Mapped[str] = mapped_column(String(20))
    data: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[str] = mapped_column(HASH, index=True)
    cert: Mapped[str | None] = mapped_column(String(11))
    seq: Mapped[int | None]


class LogState(Base):
    """One row: how many leaves there are (`size`), and the tree head that was decided on for publication."""

    __tablename__ = "log_state"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int]
    published_size: Mapped[int]
    published_root: Mapped[str] = mapped_column(HASH)


class HeldDecisionRow(Base):
    """A decision on all facts while an alert is held: nothing is enacted of it, and its holder cannot see it.

    effective_by: when it takes effect without a word from the protection handler. decision_id, effective_at: the
    decision that enacted it, and when; lapsed_at: when it was clear that none ever would. The rest as in a decision.
    """

    __tablename__ = "held_decision"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"), index=True)
    outcome: Mapped[str] = mapped_column(String(20))
    decided_at: Mapped[datetime]
    effective_by: Mapped[datetime]
    effective_at: Mapped[datetime | None] = mapped_column(default=None)
    decision_id: Mapped[str | None] = mapped_column(ForeignKey("decision.id"), default=None, index=True)
    lapsed_at: Mapped[datetime | None] = mapped_column(default=None)
    certificate: Mapped[str | None] = mapped_column(String(11))
    state: Mapped[str | None] = mapped_column(String(12))
    rulebook: Mapped[str] = mapped_column(String(60))
    rulebook_sha256: Mapped[str] = mapped_column(HASH)
    reasons: Mapped[list[dict[str, Json]]]
    record: Mapped[str] = mapped_column(Text)
    cmt: Mapped[str] = mapped_column(HASH)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class ReleaseCheckRow(Base):
    """A favour (issue, renew, reinstate ...) that waits. Whether by the random tenth or by a hold, it does not say."""

    __tablename__ = "release_check"

    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(20))
    until: Mapped[datetime] = mapped_column(index=True)


class EvidenceRoot(Base):
    """One leaf evidence.root: the tree over the commitments of its time, filled up to `size` places.

    slot: which of the fixed instants it belongs to. seed: the fillers are made from it. leaf: hash of its leaf.
    """

    __tablename__ = "evidence_root"

    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    size: Mapped[int]
    seed: Mapped[bytes] = mapped_column(LargeBinary)
    root: Mapped[str] = mapped_column(HASH)
    leaf: Mapped[str] = mapped_column(HASH)


class EvidenceEntry(Base):
    """A commitment that is under an evidence.root, of a decision of either kind."""

    __tablename__ = "evidence_entry"

    cmt: Mapped[str] = mapped_column(HASH, primary_key=True)
    slot: Mapped[int] = mapped_column(ForeignKey("evidence_root.slot"), index=True)


class CautionRow(Base):
    """A certificate rests on work of a firm or auditor (`subject`) who is under review since then. It is never deleted.

    sites: those whose full audit it is about. reverify_by: by then other people have looked again. audits: theirs.
    """

    __tablename__ = "caution"
    __table_args__ = (UniqueConstraint("certificate", "subject", "since"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    certificate: Mapped[str] = mapped_column(ForeignKey("certificate.number"), index=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"), index=True)
    subject: Mapped[str] = mapped_column(ID, index=True)
    sites: Mapped[list[str]]
    since: Mapped[datetime]
    reverify_by: Mapped[datetime]
    raised_at: Mapped[datetime]
    reverified_at: Mapped[datetime | None] = mapped_column(default=None)
    reverified_by: Mapped[str | None] = mapped_column(ID, default=None)
    audits: Mapped[list[str]] = mapped_column(default=list)
    lifted_at: Mapped[datetime | None] = mapped_column(default=None)


class RiskRow(Base):
    """How dangerous a place is held to be, with the reason; the newest one counts."""

    __tablename__ = "site_risk"

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"), index=True)
    level: Mapped[str] = mapped_column(String(4))
    reason: Mapped[str] = mapped_column(Text)
    person: Mapped[str] = mapped_column(ID)
    organisation: Mapped[str] = mapped_column(ID)
    at: Mapped[datetime]


class PanelWordRow(Base):
    """One member's word on one application; words that belong together are made a panel by `certify.acts`."""

    __tablename__ = "panel_word"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"), index=True)
    person: Mapped[str] = mapped_column(ID)
    organisation: Mapped[str] = mapped_column(ID)
    favourable: Mapped[bool]
    opinion: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class ReductionRow(Base):
    """A wish that one site leaves the scope. enacted_at: when a certificate without it replaced the one before."""

    __tablename__ = "scope_reduction"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"), index=True)
    certificate: Mapped[str] = mapped_column(String(11))
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"))
    reason: Mapped[str] = mapped_column(Text)
    person: Mapped[str] = mapped_column(ID)
    organisation: Mapped[str] = mapped_column(ID)
    at: Mapped[datetime]
    enacted_at: Mapped[datetime | None] = mapped_column(default=None)
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)
