"""What the field work of an audit has not answered yet, in words for the team before it closes.

Owns the list of what is silent: no work force, a group that nobody looked for, an agency of the register without a
stratum, files short of the sample, days never planned, counts without a log. A size of 0 is an answer; saying nothing
is not. All of it warns, and none of it is a fact: what the rules ask for stands in the dossier, short or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import or_, select

from audits.drafts import ReportDraft
from audits.facts import decode
from audits.fieldwork import plan, strata
from audits.fieldwork.facts import counts_of, effort, sample_of
from audits.fieldwork.sampling import SAMPLED
from audits.fieldwork.tables import SealedFileRow, WorkforceRow
from audits.screening.relations import RELEASED
from audits.screening.tables import PlaceRow
from audits.standard import Fieldwork
from audits.tables import AuditRow, PreparedRow
from ground.database import Reading
from ground.parties import Site

Gap = tuple[str, str]
"""kind, words."""

LOOKED_FOR: Mapping[str, str] = {
    "nationality": "nationality:XX with a size each",
    "agency": f"agency:org_... with a size each, or agency:{strata.UNREGISTERED} with size 0 for none",
    **{name: f"{name} with its size, 0 for none" for name in strata.PLAIN},
}
"""What the sample must not pass over (DOMAIN.md 7.8), and how it is said."""


def of_sample(session: Reading, audit: AuditRow, rule: Fieldwork) -> Iterator[Gap]:
    """What the sample cannot be judged without, and the files it lacks. Nothing for a closure: it needs no sample."""
    if audit.type not in SAMPLED:
        return
    force = session.get(WorkforceRow, audit.id)
    if force is None:
        yield "workforce_missing", "no work force is filed: how many work here, in which groups, in which languages"
    else:
        told = {name.partition(":")[0] for name in force.strata}
        for kind, how in LOOKED_FOR.items():
            if kind not in told:
                yield "stratum_not_declared", f"{kind} is not declared: file {how}"
        if not force.languages:
            yield "languages_missing", "no language of the workers is filed, so nobody's is held against the interviews"
        for agency in sorted(_agencies(session, audit) - force.strata.keys()):
            yield "agency_not_declared", f"{agency} is an agent in the register of the site, and is not declared"
    files, sample = _files(session, audit), sample_of(session, audit, rule)
    if files is not None and files < sample.files:
        why = f" ({sample.why})" if sample.why else ""
        yield "files_short", f"{files} of {sample.files} files reviewed{why}"


def of_days(session: Reading, audit: AuditRow, rule: Fieldwork) -> Iterator[Gap]:
    """Man-days that were planned short of what the table needs, or never."""
    needed, _ = effort(session, audit, rule)
    if audit.effort_planned < needed:
        said = plan.tenths(audit.effort_planned) if audit.effort_planned else "no"
        yield "effort_short", f"{said} man-days planned, and {plan.tenths(needed)} are needed"


def of_log(session: Reading, audit: AuditRow) -> Iterator[Gap]:
    """Counts that no log stands behind. What is in a sealed file, nobody here can tell."""
    counts = counts_of(session, audit.id)
    if counts is None or not counts.people:
        return
    if session.scalar(select(SealedFileRow.id).where(SealedFileRow.audit_id == audit.id).limit(1)) is None:
        yield (
            "no_interview_log",
            f"{counts.people} people are counted as interviewed, and no sealed interview log is filed",
        )


def _agencies(session: Reading, audit: AuditRow) -> set[str]:
    """Of the agents in the site's register, as the team may know it: one that is no organisation here is told with all
    others like it."""
    lines = (
        select(Site.organisation_id)
        .select_from(PlaceRow)
        .outerjoin(Site, Site.id == PlaceRow.place_id)
        .where(
            PlaceRow.site_id == audit.site_id,
            PlaceRow.part == "agent",
            PlaceRow.removed_at.is_(None),
            or_(RELEASED, PlaceRow.audit_id == audit.id),
        )
    )
    return {f"agency:{owner or strata.UNREGISTERED}" for owner in session.scalars(lines)}


def _files(session: Reading, audit: AuditRow) -> int | None:
    """Files reviewed, as the report says; None before there is one."""
    if audit.submitted_at is not None:
        return audit.files_reviewed
    prepared = session.get(PreparedRow, audit.id)
    return decode(ReportDraft, prepared.given["report"]).files_reviewed if prepared is not None else None
