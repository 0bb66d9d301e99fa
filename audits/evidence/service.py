"""The journey of a piece of evidence: announced, received in parts, looked at, kept.

Owns every write to uploads and evidence, each with its journal row in the caller's one transaction. Files are touched
and looked at while no transaction is held: `examine` does that, and `complete_upload` only writes down what it found.
Never opens a file itself; the inspector does, in a process of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, select

from audits import readings, scope
from audits.evidence import inspection, storage
from audits.evidence.inspection import Seen
from audits.evidence.kinds import ENDING, MEDIA
from audits.evidence.relations import check_evidence_of, check_open, check_site_people, check_team, check_upload
from audits.evidence.tables import EvidenceRow, StoredFileRow, SupportRow, UploadRow
from audits.evidence.views import KEPT, evidence_views, upload_view
from audits.selfassessment.facts import catalogue_of
from audits.selfassessment.relations import draft_of
from audits.tables import AuditRow
from ground import journal
from ground.access import SYSTEM, Actor
from ground.canonical import Json, nfc, sha256
from ground.database import Reading, Writing, lock
from ground.errors import Conflict, FreemarkError, Invalid
from ground.ids import new_id
from ground.world import World

MOST_OPEN = 100  # unfinished uploads of one organisation: 2.5 GiB on their way at most
MOST_EVIDENCE = 1_000  # files of one audit, from one organisation
MOST_DOCUMENTS = 200  # of one self-assessment, which is read with all of them
_EASTERNMOST = timedelta(hours=14)  # there it is tomorrow already
_PREFIX = "evd_"


@dataclass(frozen=True)
class UploadDraft:
    """What is announced. dated: the date of the evidence. captured_at, captured_zone: as the device claims."""

    name: str
    size: int
    sha256: str
    dated: date
    provisions: tuple[str, ...] = ()
    captured_at: datetime | None = None
    captured_zone: str = ""


@dataclass(frozen=True)
class Place:
    """What a file is brought to: an audit, a finding of it, or a self-assessment."""

    audit: str | None = None
    finding: str | None = None
    assessment: str | None = None

    def detail(self, sha256: str) -> dict[str, Json]:
        """For the journal."""
        if self.assessment is not None:
            return {"self_assessment": self.assessment, "sha256": sha256}
        return {"audit": self.audit, "finding": self.finding or "", "sha256": sha256}


@dataclass(frozen=True)
class Examined:
    """What `examine` found. seen is None while bytes are missing; stored: where the file is kept."""

    received: int
    seen: Seen | None = None
    stored: str = ""


@dataclass(frozen=True)
class Download:
    name: str
    type: str
    data: bytes


def start_for_audit(
    session: Writing, world: World, actor: Actor, audit_id: str, draft: UploadDraft, *, now: datetime
) -> dict[str, Json]:
    """Announce a file to an audit; for its team. Invalid: a provision, date or name that cannot be."""
    audit = check_team(session, actor, audit_id)
    catalogue = scope.catalogue_of(audit)
    for number, provision in enumerate(draft.provisions):
        catalogue.provision(provision, where=f"/provisions/{number}")
    return _start(session, world, actor, Place(audit=audit.id), draft, draft.provisions, now)


def start_for_finding(
    session: Writing, world: World, actor: Actor, finding_id: str, draft: UploadDraft, *, now: datetime
) -> dict[str, Json]:
    """Announce the proof of a corrective action; for the people of the site. Conflict when the finding is closed."""
    finding = check_site_people(session, actor, finding_id)
    if finding.closed_at is not None:
        raise Conflict(f"{finding.id} is closed; it needs no further proof")
    place = Place(audit=finding.audit_id, finding=finding.id)
    return _start(session, world, actor, place, draft, (finding.provision,), now)


def start_for_assessment(
    session: Writing, world: World, actor: Actor, assessment_id: str, draft: UploadDraft, *, now: datetime
) -> dict[str, Json]:
    """Announce a document to a self-assessment; for the people of the site, until it is submitted (Conflict)."""
    assessment = draft_of(session, actor, assessment_id)
    catalogue = catalogue_of(assessment)
    for number, provision in enumerate(draft.provisions):
        catalogue.provision(provision, where=f"/provisions/{number}")
    return _start(session, world, actor, Place(assessment=assessment.id), draft, draft.provisions, now)


def get_upload(session: Reading, world: World, actor: Actor, upload_id: str) -> dict[str, Json]:
    """How far an upload is: `received` is the offset at which to go on."""
    upload = check_upload(session, actor, session.get(UploadRow, upload_id))
    return _shown(world, upload)


def put_part(world: World, actor: Actor, upload_id: str, offset: int, body: bytes) -> dict[str, Json]:
    """Keep one part of an upload. The same part again changes nothing; Conflict for other bytes, or a gap."""
    with world.db.read() as session:
        upload = check_upload(session, actor, session.get(UploadRow, upload_id))
        check_open(session, actor, upload)
    if upload.refused or upload.evidence_id:
        raise Conflict("this upload has ended; announce the file again" if upload.refused else "the file is here")
    if not body:
        raise Invalid("a part has at least one byte")
    storage.put_part(world, upload.id, offset, body, upload.size)
    return _shown(world, upload)


def examine(world: World, actor: Actor, upload_id: str, *, now: datetime) -> Examined | None:
    """Put the parts together, check size and hash, have the content looked at, and keep it. No transaction is held.

    Raises nothing but Unavailable: a refusal is written into the upload, where `complete_upload` finds it, and who may
    not do this, or has nothing to be looked at, gets None; the answer to that is given by `complete_upload` too.
    """
    with world.db.read() as session:
        try:
            upload = check_upload(session, actor, session.get(UploadRow, upload_id))
            check_open(session, actor, upload)
        except FreemarkError:
            return None
    if upload.evidence_id or upload.refused:
        return None
    received = storage.received(world, upload.id)
    if received < upload.size:
        return Examined(received)
    data = storage.whole(world, upload.id)
    try:
        if (found := sha256(data).hex()) != upload.sha256:
            raise Invalid(f"the bytes that came have the SHA-256 {found}, and {upload.sha256} was announced")
        seen = inspection.inspect(data)
    except Invalid as refusal:
        _refuse(world, actor, upload.id, refusal.detail, now)
        return None
    return Examined(received, seen, storage.store(world, seen.stored))


def complete_upload(
    session: Writing, actor: Actor, upload_id: str, examined: Examined | None, *, now: datetime
) -> dict[str, Json]:
    """Make the upload evidence. Again: the same evidence.

    Conflict: bytes are missing, naming both figures, or its place takes no files any more. Invalid: the content was
    refused, and why.
    """
    upload = check_upload(session, actor, session.get(UploadRow, upload_id, with_for_update=True))
    if upload.evidence_id is not None:
        return evidence_views(session, [session.get_one(EvidenceRow, upload.evidence_id)])[0]
    check_open(session, actor, upload, lock=True)
    if upload.refused:
        raise Invalid(upload.refused)
    if examined is None:
        raise Conflict("the upload changed at this moment; read it again")
    if examined.seen is None:
        raise Conflict(f"{examined.received} of {upload.size} bytes are here; go on at {examined.received}")
    _keep_file(session, upload, examined.seen, examined.stored)
    evidence = EvidenceRow(
        id=new_id("evd"),
        audit_id=upload.audit_id,
        finding_id=upload.finding_id,
        assessment_id=upload.assessment_id,
        organisation_id=upload.organisation_id,
        sha256=upload.sha256,
        name=upload.name,
        dated=upload.dated,
        captured_at=upload.captured_at,
        captured_zone=upload.captured_zone,
        uploaded_at=now,
        uploaded_by=actor.person,
    )
    session.add(evidence)
    session.flush()
    session.add_all(SupportRow(evidence_id=evidence.id, provision=provision) for provision in upload.provisions)
    upload.evidence_id = evidence.id
    session.flush()
    detail = _place(upload).detail(upload.sha256)
    journal.record(session, actor, "evidence_added", evidence.id, detail, now=now)
    return evidence_views(session, [evidence])[0]


def forget_parts(world: World, upload_id: str) -> None:
    """Remove what is no longer needed once the completion is committed. Forgotten here, `sweep` does it."""
    with world.db.read() as session:
        upload = session.get(UploadRow, upload_id)
    if upload is not None and upload.evidence_id is not None:
        storage.drop(world, upload.id)


def download(world: World, actor: Actor, evidence_id: str) -> Download:
    """The file, decrypted, under a name of ours: its id and the ending of its kind. Who read it is written down first;
    Unavailable when that cannot be done."""
    with world.db.read() as session:
        evidence = check_evidence_of(session, actor, session.get(EvidenceRow, evidence_id))
        file = session.get_one(StoredFileRow, evidence.sha256)
        place = Place(evidence.audit_id, evidence.finding_id, evidence.assessment_id)
    readings.record(world, actor, "evidence_read", evidence.id, place.detail(evidence.sha256))
    data = storage.load(world, file.stored)
    return Download(f"{evidence.id}.{ENDING[file.kind]}", MEDIA[file.kind], data)


def check_evidence(
    session: Reading, actor: Actor, audit: AuditRow, ids: Sequence[str], *, where: str = "/evidence"
) -> None:
    """Of what an answer names as evidence, everything that looks like an id must be evidence of this audit, or proof
    that the site brought to a finding. Other words (a reference to paper) are not looked at. Invalid names the id.

    Whoever may answer the audit may name its evidence, so `actor` needs no further right.
    """
    for number, name in enumerate(ids):
        if not name.startswith(_PREFIX):
            continue
        row = session.get(EvidenceRow, name)
        ours = row is not None and row.audit_id == audit.id
        if row is not None and not ours and row.finding_id is not None:
            ours = session.get_one(AuditRow, row.audit_id or "").site_id == audit.site_id
        if not ours:
            raise Invalid(f"{name[:40]!r} is no evidence of {audit.id}", where=f"{where}/{number}")


def sweep(world: World) -> int:
    """Forget uploads older than 7 days, and parts that belong to none; how many uploads there were."""
    now = world.clock.now()
    with world.db.write() as session:
        old = list(session.scalars(select(UploadRow).where(UploadRow.created_at < now - KEPT)))
        unfinished = [upload.id for upload in old if upload.evidence_id is None]
        session.execute(delete(UploadRow).where(UploadRow.id.in_([upload.id for upload in old])))
        if unfinished:
            journal.record(session, SYSTEM, "uploads_forgotten", "uploads", {"count": len(unfinished)}, now=now)
    with world.db.read() as session:
        known = set(session.scalars(select(UploadRow.id).where(UploadRow.evidence_id.is_(None))))
    storage.drop_others(world, known)
    return len(unfinished)


def _start(
    session: Writing, world: World, actor: Actor, place: Place, draft: UploadDraft, provisions: Sequence[str],
    now: datetime,
) -> dict[str, Json]:  # fmt: skip
    _check_name(draft.name)
    if draft.dated > (latest := (now + _EASTERNMOST).date()):
        raise Invalid(f"evidence of {draft.dated} cannot be here before {latest}", where="/dated")
    if len(set(provisions)) != len(provisions):
        raise Invalid("a provision stands twice", where="/provisions")
    _check_room(session, actor, place)
    upload = UploadRow(
        id=new_id("upl"),
        audit_id=place.audit,
        finding_id=place.finding,
        assessment_id=place.assessment,
        organisation_id=actor.organisation,
        name=nfc(draft.name),
        size=draft.size,
        sha256=draft.sha256,
        dated=draft.dated,
        captured_at=draft.captured_at,
        captured_zone=draft.captured_zone,
        provisions=list(provisions),
        created_at=now,
    )
    session.add(upload)
    session.flush()
    detail = place.detail(draft.sha256)
    journal.record(session, actor, "upload_started", upload.id, detail, now=now)
    return upload_view(upload, 0, world.settings.body_limit)


def _check_name(name: str) -> None:
    """Never used as a path; but whoever unpacks a dossier later may do so."""
    if any(sign in name for sign in "/\\:") or name.startswith(".") or ".." in name:
        raise Invalid(f"{name[:40]!r} is a place and not the name of a file", where="/name")


def _place(upload: UploadRow) -> Place:
    return Place(upload.audit_id, upload.finding_id, upload.assessment_id)


def _check_room(session: Writing, actor: Actor, place: Place) -> None:
    lock(session, f"uploads {actor.organisation}")
    unfinished = select(func.count()).where(
        UploadRow.organisation_id == actor.organisation, UploadRow.evidence_id.is_(None), UploadRow.refused == ""
    )
    if (count := session.scalar(unfinished) or 0) >= MOST_OPEN:
        raise Conflict(f"{count} uploads of yours are unfinished, and {MOST_OPEN} may be; finish some first")
    # Of the caller's own: the site is not to learn how much its auditors brought.
    here, most = EvidenceRow.audit_id == place.audit, MOST_EVIDENCE
    if place.assessment is not None:
        here, most = EvidenceRow.assessment_id == place.assessment, MOST_DOCUMENTS
    kept = select(func.count()).where(here, EvidenceRow.organisation_id == actor.organisation)
    if (count := session.scalar(kept) or 0) >= most:
        raise Conflict(f"{place.assessment or place.audit} has {count} files of yours, and {most} are the most")


def _refuse(world: World, actor: Actor, upload_id: str, reason: str, now: datetime) -> None:
    """For good: the same bytes would be refused again. The bytes go at once."""
    with world.db.write() as session:
        upload = session.get(UploadRow, upload_id, with_for_update=True)
        if upload is None or upload.evidence_id or upload.refused:
            return
        upload.refused = reason
        detail = _place(upload).detail(upload.sha256)
        detail.pop("finding", None)
        journal.record(session, actor, "evidence_refused", upload.id, detail, now=now)
    storage.drop(world, upload_id)


def _keep_file(session: Writing, upload: UploadRow, seen: Seen, stored: str) -> None:
    """The row of the file, unless the same original is here already: then the earlier one is kept."""
    lock(session, f"evidence {upload.sha256}")
    if session.get(StoredFileRow, upload.sha256) is None:
        session.add(
            StoredFileRow(
                sha256=upload.sha256,
                size=upload.size,
                kind=seen.kind,
                stored=stored,
                stored_size=len(seen.stored),
                width=seen.width,
                height=seen.height,
                taken_at=seen.taken_at,
                taken_zone=seen.taken_zone,
            )
        )
        session.flush()


def _shown(world: World, upload: UploadRow) -> dict[str, Json]:
    return upload_view(upload, storage.received(world, upload.id), world.settings.body_limit)
