"""Who may bring evidence, and who may see it.

The team of an audit brings evidence to it; the people of a site bring the proof of their corrective actions to findings
that were released to them. Team, deciders and the scheme's managers see all of it, and so does the protection handler
while an alert of the audit is held; the rest of the firm sees nothing on a provision with such an alert, and nothing at
all between the submission of a report and its release. Who works at the site's findings sees the proof; the site sees
what it brought itself, and never what was brought about it. The people of a site bring documents to their
self-assessment as long as it is not submitted.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true

from audits.evidence.tables import EvidenceRow, SupportRow, UploadRow
from audits.relations import (
    ACT,
    ANSWER,
    READ,
    check_audit,
    check_finding,
    closed_to,
    held_provisions,
    sight_of,
)
from audits.selfassessment.relations import draft_of, own_of, readable
from audits.tables import AuditRow, FindingRow
from audits.views import team_of
from ground import access
from ground.access import Actor, Relation
from ground.database import Reading
from ground.errors import NotFound
from ground.parties import Site


def check_team(session: Reading, actor: Actor, audit_id: str) -> AuditRow:
    """The audit, if the actor may bring evidence to it."""
    return check_audit(session, actor, ANSWER, session.get(AuditRow, audit_id), team_of(session, audit_id))


def check_site_people(session: Reading, actor: Actor, finding_id: str) -> FindingRow:
    """The finding, if the actor may bring proof to it: as one of the site's people, once it is released."""
    return check_finding(session, actor, ACT, session.get(FindingRow, finding_id))


def check_upload(session: Reading, actor: Actor, upload: UploadRow | None) -> UploadRow:
    """The upload, if the actor may go on with it: whoever may bring evidence there, from the same organisation."""
    if upload is not None and upload.organisation_id != actor.organisation:
        upload = None
    if upload is None:
        access.check(actor, ANSWER, ())  # the same words as for anything else that is not there
        raise NotFound("there is no such upload")
    if upload.assessment_id is not None:
        own_of(session, actor, upload.assessment_id)
    elif upload.finding_id is not None:
        check_site_people(session, actor, upload.finding_id)
    else:
        check_team(session, actor, upload.audit_id or "")
    return upload


def check_open(session: Reading, actor: Actor, upload: UploadRow, *, lock: bool = False) -> None:
    """Return if the place of the upload still takes files. Conflict: a self-assessment that was submitted meanwhile."""
    if upload.assessment_id is not None:
        draft_of(session, actor, upload.assessment_id, lock=lock)


def check_evidence_of(session: Reading, actor: Actor, evidence: EvidenceRow | None) -> EvidenceRow:
    """The evidence, if the actor may see it. What belongs to a self-assessment is read by whoever may read that."""
    if evidence is not None and evidence.assessment_id is not None:
        if readable(session, actor, evidence.assessment_id):
            return evidence
        evidence = None
    if evidence is None:
        access.check(actor, READ, ())
        raise NotFound("there is no such evidence")
    if evidence.finding_id is not None:
        finding = check_finding(session, actor, READ, session.get(FindingRow, evidence.finding_id))
        visible: object = _is_firm(session, actor, finding.audit_id) or _not_the_site(session, actor, finding)
    else:
        audit = session.get_one(AuditRow, evidence.audit_id or "")
        visible = session.scalar(
            select(EvidenceRow.id).where(EvidenceRow.id == evidence.id, _of(session, actor, audit))
        )
        mine: tuple[Relation, ...] = ("own", "assigned") if visible else ()
        access.check(actor, READ, mine)
    if not visible and (evidence.finding_id is None or evidence.organisation_id != actor.organisation):
        raise NotFound("there is no such evidence")
    return evidence


def of_audit(session: Reading, actor: Actor, audit_id: str) -> ColumnElement[bool]:
    """The evidence of an audit that the actor may see, the site's proofs included, as a condition."""
    audit = check_audit(session, actor, READ, session.get(AuditRow, audit_id), team_of(session, audit_id))
    own_proof = and_(EvidenceRow.finding_id.is_not(None), EvidenceRow.organisation_id == actor.organisation)
    return and_(EvidenceRow.audit_id == audit.id, or_(own_proof, _of(session, actor, audit)))


def of_finding(session: Reading, actor: Actor, finding_id: str) -> ColumnElement[bool]:
    """The proof that was brought to a finding and, for those who see all of the audit, the auditors' evidence on it."""
    finding = check_finding(session, actor, READ, session.get(FindingRow, finding_id))
    proof: ColumnElement[bool] = EvidenceRow.finding_id == finding.id
    if access.everywhere(actor, READ) or _is_firm(session, actor, finding.audit_id):
        audit = session.get_one(AuditRow, finding.audit_id)
        supports = exists().where(SupportRow.evidence_id == EvidenceRow.id, SupportRow.provision == finding.provision)
        auditors = and_(EvidenceRow.audit_id == audit.id, EvidenceRow.finding_id.is_(None), supports)
        return or_(proof, and_(auditors, _of(session, actor, audit)))
    if _not_the_site(session, actor, finding):
        return proof
    return and_(proof, EvidenceRow.organisation_id == actor.organisation)


def _of(session: Reading, actor: Actor, audit: AuditRow) -> ColumnElement[bool]:
    """Of the evidence of this audit, the proofs included, what somebody sees who is not of the site, as a condition."""
    sight = sight_of(session, actor, audit)
    if sight != "none":
        return true()
    if audit.firm_id != actor.organisation or closed_to(session, actor, audit):
        return false()
    held = held_provisions(session, actor, audit.id)
    on_held = exists().where(SupportRow.evidence_id == EvidenceRow.id, SupportRow.provision.in_(held))
    return ~on_held if held else true()


def _is_firm(session: Reading, actor: Actor, audit_id: str) -> bool:
    return session.get_one(AuditRow, audit_id).firm_id == actor.organisation


def _not_the_site(session: Reading, actor: Actor, finding: FindingRow) -> bool:
    """Of those who may read the finding: anybody but the people of the site."""
    return session.get_one(Site, finding.site_id).organisation_id != actor.organisation
