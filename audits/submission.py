"""From answers to a report: prepared, signed by an auditor of the team, submitted; and amended, as a new version.

Owns the moment at which an audit is frozen. What is signed is what was prepared: at the submission the document is made
again, and one byte of difference refuses it. A report is never changed; an amendment is a new version with a reason,
and the old one is kept. What the site may read, and when, is in `release`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from audits import closing, rules, scope, signatures
from audits.consistency import Answered, Known, compare
from audits.counting import count
from audits.drafts import ReportDraft
from audits.facts import decode, encode
from audits.fieldwork import facts as fieldwork
from audits.filing import answers_of, discard_prepared, findings_of, locked, tell_filed
from audits.independence import facts as independence
from audits.relations import SUBMIT
from audits.release import release
from audits.reports import Told, build_report, build_signed, fresh_nonce
from audits.scope import WHOLE
from audits.severity import Made, made_by_rules
from audits.standard import Standard
from audits.tables import AnswerRow, AuditRow, FindingRow, PreliminaryRow, PreparedRow, VersionRow
from audits.views import audit_view, prepared_view, team_of
from ground import journal, outbox
from ground.access import Actor
from ground.canonical import Json, jcs, parse, sha256
from ground.database import Reading, Writing
from ground.errors import Conflict, Invalid
from ground.parties import Site

MOST_DOCUMENT = 8_000_000  # as in views: far above any real report


@dataclass(frozen=True)
class Signature:
    kid: str
    sig: str


@dataclass(frozen=True)
class Whole:
    """A report that is about to be, with rows that are in no session: nothing is changed by making it."""

    told: Told
    made: tuple[Made, ...]
    work: fieldwork.Figures
    closable: Sequence[FindingRow]
    ids: dict[str, str] = field(default_factory=dict)


def prepare_report(
    session: Writing, actor: Actor, audit_id: str, draft: ReportDraft, *, now: datetime
) -> dict[str, Json]:
    """The report as the actor will sign it, stored. Any later answer throws it away; preparing again replaces it.

    Raises Conflict under a standard without signatures, without an enrolled key, or for what `submit_audit` would
    refuse; Invalid when figures contradict each other.
    """
    audit = locked(session, actor, SUBMIT, audit_id)
    catalogue = scope.catalogue_of(audit)
    if catalogue.fieldwork is None or not catalogue.fieldwork.signed:
        raise Conflict(f"{catalogue.id} asks for no signature; submit the report")
    kid = own_key(session, actor)
    whole = assemble(session, audit, draft, by=actor.person, at=now, today=now, ids={})
    nonce = fresh_nonce()
    document = build_signed(
        audit, whole.told, kid=kid, version=1, reason="", work=whole.work,
        sheet=session.get(PreliminaryRow, audit.id), nonce=nonce,
    )  # fmt: skip
    given: dict[str, Json] = {"report": encode(draft), "ids": dict[str, Json](whole.ids), "nonce": nonce}
    return store_prepared(session, actor, audit, document, given, now=now)


def own_key(session: Reading, actor: Actor) -> str:
    key = signatures.active_key(session, actor.person)
    if key is None:
        raise Conflict("you have no key to sign with: freemark auditor keygen FILE, then POST /v1/auditor-keys")
    return key.kid


def store_prepared(
    session: Writing, actor: Actor, audit: AuditRow, document: dict[str, Json], given: dict[str, Json], *, now: datetime
) -> dict[str, Json]:
    """Keep what is to be signed, in place of what was prepared before."""
    data = jcs(document)
    discard_prepared(session, audit.id)
    row = PreparedRow(
        audit_id=audit.id,
        prepared_at=now,
        prepared_by=actor.person,
        kid=document["kid"],
        version=document["version"],
        reason=document["reason"],
        given=given,
        document=data.decode(),
        sha256=sha256(data).hex(),
    )
    session.add(row)
    session.flush()
    journal.record(session, actor, "report_prepared", audit.id, {"report": row.sha256}, now=now)
    return prepared_view(row, document)


def submit_audit(
    session: Writing,
    actor: Actor,
    audit_id: str,
    draft: ReportDraft | None,
    signature: Signature | None = None,
    *,
    now: datetime,
) -> dict[str, Json]:
    """Submit the report: the audit is frozen, its findings become facts, and a closure audit's conformances close the
    open findings they name. Clocks start, and the site reads it, at the release: at once where the standard has no
    field work. Where it asks for a signature, exactly what was prepared is submitted, and draft may be None.

    Raises Conflict when it was submitted, when a whole audit leaves provisions open, when a closure is not one that may
    close what it names, or when the prepared report is no longer what the audit says; Invalid when the figures
    contradict each other or the signature does not hold.
    """
    audit = locked(session, actor, SUBMIT, audit_id)
    catalogue = scope.catalogue_of(audit)
    if catalogue.fieldwork is not None and catalogue.fieldwork.signed:
        return _submit_signed(session, actor, audit, draft, signature, now=now)
    if signature is not None:
        raise Invalid(f"{catalogue.id} asks for no signature", where="/signature")
    if draft is None:
        raise Invalid("the figures of the report are missing", where="/workers")
    whole = assemble(session, audit, draft, by=actor.person, at=now, today=now, ids={})
    if catalogue.fieldwork is not None:
        document = build_signed(
            audit, whole.told, kid="", version=1, reason="", work=whole.work,
            sheet=session.get(PreliminaryRow, audit.id), nonce=fresh_nonce(),
        )  # fmt: skip
        return _freeze(session, actor, audit, whole, document, None, now=now)
    for finding in whole.told.findings.values():
        if finding.released_at is None:
            release(finding, catalogue, now)
    return _freeze(session, actor, audit, whole, build_report(audit, whole.told), None, now=now)


def _submit_signed(
    session: Writing,
    actor: Actor,
    audit: AuditRow,
    draft: ReportDraft | None,
    signature: Signature | None,
    *,
    now: datetime,
) -> dict[str, Json]:
    prepared = session.get(PreparedRow, audit.id)
    if prepared is None or prepared.version != 1:
        raise Conflict("there is no prepared report: POST /v1/audits/{audit}/report/preparation, and sign its document")
    if signature is None:
        raise Invalid("the prepared report is submitted with an auditor's signature", where="/signature")
    figures = decode(ReportDraft, prepared.given["report"])
    if draft is not None and draft != figures:
        raise Conflict("these are other figures than those of the prepared report; prepare it again, or send none")
    whole = assemble(
        session, audit, figures, by=prepared.prepared_by, at=prepared.prepared_at, today=now,
        ids=dict(prepared.given["ids"]),
    )  # fmt: skip
    document = build_signed(
        audit, whole.told, kid=prepared.kid, version=1, reason="", work=whole.work,
        sheet=session.get(PreliminaryRow, audit.id), nonce=prepared.given.get("nonce", ""),
    )  # fmt: skip
    signed = check_prepared(session, prepared, document, signature, whole.told.team)
    return _freeze(session, actor, audit, whole, document, signed, now=now)


def check_prepared(
    session: Writing, prepared: PreparedRow, document: dict[str, Json], signature: Signature, team: Sequence[str]
) -> dict[str, Json]:
    """The signature to be stored: what was prepared is still what would be prepared, and a key of the team signed
    it.
    """
    if jcs(document).decode() != prepared.document:
        before = parse(prepared.document.encode(), limit=MOST_DOCUMENT)
        other = sorted(key for key in {*before, *document} if before.get(key) != document.get(key))
        raise Conflict(f"since the report was prepared, this has changed: {', '.join(other)}; prepare it again")
    return signatures.check_signature(session, document, signature.kid, signature.sig, team)


def assemble(
    session: Writing,
    audit: AuditRow,
    draft: ReportDraft,
    *,
    by: str,
    at: datetime,
    today: datetime,
    ids: dict[str, str],
) -> Whole:
    """The report of the audit as it stands, with what the rules find by themselves. Changes no row."""
    catalogue = scope.catalogue_of(audit)
    answers, findings = answers_of(session, audit), findings_of(session, audit)
    work = fieldwork.figures(session, audit)
    site = session.get_one(Site, audit.site_id)
    check_figures(audit, catalogue, draft, work, site, today, answers=answers, findings=findings)
    check_answered(audit, catalogue, draft, answers)
    made = made_by_rules(
        audit, catalogue, answers, findings, refused=_refusal(draft), ids=ids, by=by, now=at
    )  # fmt: skip
    answers = {**answers, **{one.answer.provision: one.answer for one in made}}
    findings = {**findings, **{one.finding.provision: one.finding for one in made}}
    team = team_of(session, audit.id)
    interviews = draft.interviews_individual + draft.interviews_group
    closable = closing.closable(
        session, audit, catalogue, answers.values(), team, interviews=interviews, outcome=draft.outcome
    )
    told = Told(
        draft, catalogue, answers, findings, organisation=site.organisation_id, team=team,
        closed=tuple(finding.id for finding in closable), at=at,
    )  # fmt: skip
    return Whole(told, made, work, closable, ids)


def check_figures(
    audit: AuditRow,
    catalogue: Standard,
    draft: ReportDraft,
    work: fieldwork.Figures,
    site: Site,
    today: datetime,
    *,
    answers: Mapping[str, AnswerRow],
    findings: Mapping[str, FindingRow],
) -> None:
    """Invalid with every pair of figures that cannot both be true, or do not agree with the answers."""
    known = Known(
        audit.starts_on,
        audit.ends_on,
        site.workers,
        work.individual,
        work.in_groups,
        work.languages,
        work.workers,
        work.worker_languages,
        {
            id: Answered(
                answers[id].result,  # type: ignore[arg-type]  # one of the results: the table has no other
                findings[id].severity if id in findings else None,
                answers[id].sampled,
                answers[id].description,
                share_rule=provision.share_rule,
            )
            for id, provision in catalogue.provisions.items()
            if id in answers
        },
        heads_only=site.kind != "agency_office",
    )
    problems = compare(draft, known, whole=audit.type in WHOLE, fieldwork=catalogue.fieldwork is not None)
    problems += rules.consistency(draft.figures(audit.starts_on, audit.ends_on), today.date())
    if problems:
        raise rules.refusal(problems)


def check_answered(audit: AuditRow, catalogue: Standard, draft: ReportDraft, answers: Mapping[str, AnswerRow]) -> None:
    """Conflict when a completed visit leaves open what it had to answer."""
    if draft.outcome != "completed":
        return
    unanswered = [id for id in scope.asked(catalogue, audit.type) if id not in answers]
    if audit.type in WHOLE and unanswered:
        kind = "an initial audit" if audit.type == "initial" else f"a {audit.type} audit"
        raise Conflict(f"{kind} answers every provision; {len(unanswered)} have none: {', '.join(unanswered)}")
    if not answers:
        raise Conflict("the audit has no answer")


def _refusal(draft: ReportDraft) -> str:
    """Why the site ended the visit, for the finding on openness; "" when it did not."""
    if not draft.refused:
        return ""
    said = "The site denied access" if draft.outcome == "access_denied" else "The site cut the audit short"
    return f"{said}: {draft.outcome_note}"


def apply(session: Writing, made: Sequence[Made], catalogue: Standard, now: datetime) -> list[FindingRow]:
    """Put what the rules found beside what the auditors found; a priority is released at once. Answers those."""
    released = []
    for one in made:
        session.merge(one.answer)
        finding = session.merge(one.finding)
        if finding.severity == "priority" and finding.released_at is None and finding.held_until is None:
            release(finding, catalogue, now)
            released.append(finding)
    session.flush()
    return released


def _freeze(
    session: Writing,
    actor: Actor,
    audit: AuditRow,
    whole: Whole,
    document: dict[str, Json],
    signature: dict[str, Json] | None,
    *,
    now: datetime,
) -> dict[str, Json]:
    told, draft = whole.told, whole.told.draft
    released = apply(session, whole.made, told.catalogue, now)
    closing.close(audit, whole.closable, now)
    audit.submitted_at, audit.version = now, 1
    work = told.catalogue.fieldwork
    audit.release_due = now if work is None else now + timedelta(hours=work.release_hours)
    audit.released_at = now if work is None else None
    set_report(session, actor, audit, document, signature, "", now=now)
    set_figures(audit, draft)
    audit.effort_needed, audit.effort_spent = whole.work.effort_needed, whole.work.effort_spent
    audit.off_site = whole.work.off_site
    audit.strata = [encode(stratum) for stratum in whole.work.strata]
    count(audit, scope.asked(told.catalogue, audit.type), told.answers)
    session.flush()
    if work is not None:
        audit.objections = list(independence.objections(session, audit, told.team))
        audit.in_a_row = independence.in_a_row(session, audit.site_id, told.team[0])
    closed = list(told.closed)
    journal.record(session, actor, "audit_submitted", audit.id, {"report": audit.report, "closed": closed}, now=now)
    for finding in released:
        journal.record(session, actor, "finding_released", finding.id, {"audit": audit.id}, now=now)
        tell_filed(session, finding, now)
    outbox.record(session, "audit_submitted", audit.site_id, now=now, site=audit.site_id, audit=audit.id)
    return {**audit_view(session, audit), "closed": closed}


def set_figures(audit: AuditRow, draft: ReportDraft) -> None:
    audit.workers, audit.files_reviewed = draft.workers, draft.files_reviewed
    audit.interviews = draft.interviews_individual + draft.interviews_group
    audit.outcome, audit.outcome_by_site = draft.outcome, draft.outcome_by_site
    audit.outcome_note = draft.outcome_note


def set_report(
    session: Writing,
    actor: Actor,
    audit: AuditRow,
    document: dict[str, Json],
    signature: dict[str, Json] | None,
    reason: str,
    *,
    now: datetime,
) -> None:
    """The newest version of the report; it is kept among all of them too, and nothing waits to be signed any more."""
    data = jcs(document)
    audit.document, audit.report, audit.signature = data.decode(), sha256(data).hex(), signature
    session.add(
        VersionRow(
            audit_id=audit.id, version=audit.version, report=audit.report, document=audit.document,
            signature=signature, reason=reason, submitted_at=now, submitted_by=actor.person,
        )
    )  # fmt: skip
    discard_prepared(session, audit.id)
