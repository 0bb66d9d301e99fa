"""The register and the history of a site, read into the frozen records that the rules look at.

Owns the queries, a fixed number for any number of firms, and what counts as a tie: what the scheme recorded, and what
the person declared about any assignment at a site of the same organisation. Reads only, and judges nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import BindParameter, bindparam, or_, select

from audits.independence.rules import FULL_VISITS, AuditorApproval, Declaration, Firm, FirmApproval, Person, Tie
from audits.independence.tables import (
    AssignmentRow,
    AuditorApprovalRow,
    DeclarationRow,
    DrawRow,
    FirmApprovalRow,
    TieRow,
)
from audits.tables import AuditRow, FindingRow, MemberRow
from ground.auth import Membership
from ground.database import Reading
from ground.parties import Site


@dataclass(frozen=True)
class Place:
    """A site as a candidate meets it. assignment: the one that is asked about; what was declared about it is judged
    apart, unless it is drawn again: then it counts like any other tie."""

    site: str
    organisation: str
    country: str
    assignment: str = ""
    again: bool = False


def place_of(session: Reading, site: str, assignment: str = "", *, again: bool = False) -> Place:
    row = session.get_one(Site, site)
    return Place(site, row.organisation_id, row.country, assignment, again)


def firms(session: Reading, place: Place, only: Collection[str] | None = None) -> dict[str, Firm]:
    """{id: firm} of everybody on the register and everybody with auditors, with all of their auditors; or of `only`."""
    entries = _firm_approvals(session, only)
    people: dict[str, list[str]] = defaultdict(list)
    auditors = session.execute(_AUDITORS) if only is None else session.execute(_AUDITORS_OF, {"ids": list(only)})
    for organisation, person in auditors:
        people[organisation].append(person)
    everybody = [person for members in people.values() for person in members]
    ids = sorted(entries.keys() | people.keys())
    ties = _ties(session, place, [*ids, *everybody])
    gone = _declined(session, place)
    known = _people(session, place, everybody, ties, gone)
    return {
        id: Firm(
            id, tuple(entries.get(id, ())), tuple(ties[id]), tuple(known[each] for each in sorted(people[id])),
            ("firm", id) in gone,
        )
        for id in ids
    }  # fmt: skip


def firm_history(session: Reading, firm: str) -> tuple[FirmApproval, ...]:
    return tuple(_firm_approvals(session, [firm]).get(firm, ()))


def auditor_history(session: Reading, person: str) -> tuple[AuditorApproval, ...]:
    return tuple(_auditor_approvals(session, [person]).get(person, ()))


def histories(session: Reading, subjects: Collection[str]) -> dict[str, Sequence[FirmApproval | AuditorApproval]]:
    """{firm or auditor: their entries in the register}, oldest first, of those that have any."""
    return {**_auditor_approvals(session, list(subjects)), **_firm_approvals(session, subjects)}


def declarations(session: Reading, assignment: str) -> dict[str, Declaration]:
    """{person: what they declared last about this assignment}."""
    rows = session.scalars(_DECLARATIONS, {"assignment": assignment})
    return {row.person_id: Declaration(row.kind, row.until) for row in rows}


def run(session: Reading, site: str) -> tuple[str, int]:
    """(person, count): who led the newest submitted full audit of the site, and how many in a row up to it; ("", 0)."""
    leads = list(session.scalars(_LEADS, {"site": site}))
    if not leads:
        return "", 0
    other = next((place for place, lead in enumerate(leads) if lead != leads[0]), len(leads))
    return leads[0], other


def _people(
    session: Reading, place: Place, ids: list[str], ties: Mapping[str, list[Tie]], gone: set[tuple[str, str]]
) -> dict[str, Person]:
    entries, found = _auditor_approvals(session, ids), _found(session, place, ids)
    lead, led = run(session, place.site)
    return {
        id: Person(
            id, tuple(entries.get(id, ())), tuple(ties[id]), led if id == lead else 0, tuple(found[id]),
            ("lead", id) in gone,
        )
        for id in ids
    }  # fmt: skip


def _firm_approvals(session: Reading, only: Collection[str] | None) -> dict[str, list[FirmApproval]]:
    found: dict[str, list[FirmApproval]] = defaultdict(list)
    every = (
        session.scalars(_FIRM_APPROVALS) if only is None else session.scalars(_FIRM_APPROVALS_OF, {"ids": list(only)})
    )
    for row in every:
        entry = FirmApproval(
            row.status, row.effective_on, row.valid_until, tuple(row.countries), tuple(row.topics), row.at
        )
        found[row.firm_id].append(entry)
    return dict(found)


def _auditor_approvals(session: Reading, ids: list[str]) -> dict[str, list[AuditorApproval]]:
    found: dict[str, list[AuditorApproval]] = defaultdict(list)
    for row in session.scalars(_AUDITOR_APPROVALS, {"ids": ids}):
        trained = (row.trained_on, row.trained_until) if row.trained_on and row.trained_until else None
        entry = AuditorApproval(
            row.level, row.status, row.effective_on, row.expires_on, tuple(row.topics), tuple(row.languages), trained,
            row.at,
        )  # fmt: skip
        found[row.person_id].append(entry)
    return dict(found)


def _ties(session: Reading, place: Place, ids: list[str]) -> Mapping[str, list[Tie]]:
    """Recorded ones, and those declared about other assignments at the same organisation's sites."""
    found: dict[str, list[Tie]] = defaultdict(list)
    about = {"organisation": place.organisation, "ids": ids}
    for row in session.scalars(_RECORDED, about):
        found[row.subject_id].append(Tie(row.kind, row.until))
    newest: dict[tuple[str, str], DeclarationRow] = {}
    for said in session.scalars(_DECLARED, about):
        newest[said.assignment_id, said.person_id] = said
    for said in newest.values():
        if said.kind != "none" and (place.again or said.assignment_id != place.assignment):
            found[said.person_id].append(Tie(said.kind, said.until))
    return found


def _found(session: Reading, place: Place, ids: list[str]) -> Mapping[str, list[str]]:
    """Per person the open findings of zero tolerance at the site, released ones, by audits on which they were."""
    found: dict[str, list[str]] = defaultdict(list)
    for person, finding in session.execute(_ZERO_TOLERANCE, {"site": place.site, "ids": ids}):
        found[person].append(finding)
    return found


def _declined(session: Reading, place: Place) -> set[tuple[str, str]]:
    """Who sent this assignment back: ("lead", person) or ("firm", firm)."""
    gone = session.execute(_DECLINED, {"assignment": place.assignment})
    return {(whom, (firm if whom == "firm" else lead) or "") for whom, firm, lead in gone}


def accepted(session: Reading, site: str, type: str, firm: str, lead: str) -> list[AssignmentRow]:
    """The firm's accepted assignments of this kind for the site with that lead, oldest first."""
    return list(session.scalars(_ACCEPTED, {"site": site, "type": type, "firm": firm, "lead": lead}))


def used_by(session: Reading, row: AssignmentRow) -> str | None:
    """The audit that was done under this assignment. One that was broken off or turned away at the gate is none."""
    about = {
        "site": row.site_id, "type": row.type, "firm": row.firm_id, "first": row.starts_on, "last": row.ends_on,
        "accepted": row.accepted_at,
    }  # fmt: skip
    return session.scalar(_USED, about)


def sites_of_work(session: Reading, subject: str) -> set[str]:
    """The sites of submitted audits by this firm, or with this auditor on the team."""
    member = select(MemberRow.audit_id).where(MemberRow.person_id == subject)
    query = select(AuditRow.site_id).where(
        AuditRow.submitted_at.is_not(None), or_(AuditRow.firm_id == subject, AuditRow.id.in_(member))
    )
    return set(session.scalars(query.distinct()))


# The questions. Each is built once, because building one costs more than asking it.

IDS: BindParameter[str] = bindparam("ids", expanding=True)

_AUDITORS = select(Membership.organisation_id, Membership.person_id).where(Membership.role == "auditor")
_AUDITORS_OF = _AUDITORS.where(Membership.organisation_id.in_(IDS))
_FIRM_APPROVALS = select(FirmApprovalRow).order_by(FirmApprovalRow.id)
_FIRM_APPROVALS_OF = _FIRM_APPROVALS.where(FirmApprovalRow.firm_id.in_(IDS))
_AUDITOR_APPROVALS = (
    select(AuditorApprovalRow).where(AuditorApprovalRow.person_id.in_(IDS)).order_by(AuditorApprovalRow.id)
)
_DECLARATIONS = (
    select(DeclarationRow).where(DeclarationRow.assignment_id == bindparam("assignment")).order_by(DeclarationRow.id)
)
_LEADS = (
    select(MemberRow.person_id)
    .join(AuditRow, AuditRow.id == MemberRow.audit_id)
    .where(
        AuditRow.site_id == bindparam("site"),
        AuditRow.submitted_at.is_not(None),
        AuditRow.type.in_(FULL_VISITS),
        MemberRow.position == 0,
    )
    .order_by(AuditRow.ends_on.desc(), AuditRow.submitted_at.desc(), AuditRow.id.desc())
)
_RECORDED = (
    select(TieRow)
    .where(TieRow.organisation_id == bindparam("organisation"), TieRow.subject_id.in_(IDS))
    .order_by(TieRow.id)
)
_DECLARED = (
    select(DeclarationRow)
    .join(AssignmentRow, AssignmentRow.id == DeclarationRow.assignment_id)
    .join(Site, Site.id == AssignmentRow.site_id)
    .where(Site.organisation_id == bindparam("organisation"), DeclarationRow.person_id.in_(IDS))
    .order_by(DeclarationRow.id)
)
_ZERO_TOLERANCE = (
    select(MemberRow.person_id, FindingRow.id)
    .join(FindingRow, FindingRow.audit_id == MemberRow.audit_id)
    .where(
        FindingRow.site_id == bindparam("site"),
        FindingRow.zero_tolerance,
        # A held alert is nothing here: reasons and counts of a draw are read by colleagues who are not told of it.
        FindingRow.released_at.is_not(None),
        FindingRow.closed_at.is_(None),
        MemberRow.person_id.in_(IDS),
    )
    .order_by(FindingRow.id)
)
_ACCEPTED = (
    select(AssignmentRow)
    .where(
        AssignmentRow.site_id == bindparam("site"),
        AssignmentRow.type == bindparam("type"),
        AssignmentRow.firm_id == bindparam("firm"),
        AssignmentRow.lead_id == bindparam("lead"),
        AssignmentRow.state == "accepted",
    )
    .order_by(AssignmentRow.starts_on, AssignmentRow.id)
)
_USED = (
    select(AuditRow.id)
    .where(
        AuditRow.site_id == bindparam("site"),
        AuditRow.type == bindparam("type"),
        AuditRow.firm_id == bindparam("firm"),
        AuditRow.starts_on.between(bindparam("first"), bindparam("last")),
        AuditRow.submitted_at.is_not(None),
        AuditRow.submitted_at >= bindparam("accepted"),
        AuditRow.outcome == "completed",
    )
    .order_by(AuditRow.submitted_at, AuditRow.id)
    .limit(1)
)
_DECLINED = select(DrawRow.declined_for, DrawRow.firm_id, DrawRow.lead_id).where(
    DrawRow.assignment_id == bindparam("assignment"), DrawRow.declined_for.in_(("firm", "lead"))
)
