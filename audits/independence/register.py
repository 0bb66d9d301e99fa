"""The register of firms and auditors: entries are added by the scheme manager, and never changed.

Owns every write to the register and to what binds people to organisations. An entry is news for the floor above, which
looks at its certificates again: a firm or auditor in doubt puts earlier work in doubt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from audits.independence.relations import SET_APPROVALS, check_auditor, check_firm
from audits.independence.rules import ApprovalStatus, Level, TieKind
from audits.independence.tables import AuditorApprovalRow, FirmApprovalRow, TieRow
from ground import journal, outbox
from ground.access import Actor
from ground.canonical import Json
from ground.countries import COUNTRIES
from ground.database import Writing
from ground.errors import Invalid
from ground.parties import Organisation

BACK = 366  # days: an entry may say what was so before it was known, not rewrite years
LONGEST = 5 * 366  # days of one approval; those we know of run one to three years


@dataclass(frozen=True)
class FirmDraft:
    """effective_on: from when it counts, not in the future; None for today."""

    status: ApprovalStatus
    reason: str
    countries: Sequence[str]
    topics: Sequence[str]
    valid_until: date
    effective_on: date | None = None


@dataclass(frozen=True)
class AuditorDraft:
    """trained_on, trained_until: of the interview training, both or neither."""

    level: Level
    status: ApprovalStatus
    reason: str
    topics: Sequence[str]
    languages: Sequence[str]
    trained_on: date | None
    trained_until: date | None
    expires_on: date
    effective_on: date | None = None


def set_firm(session: Writing, actor: Actor, firm: str, draft: FirmDraft, *, now: datetime) -> FirmApprovalRow:
    """Add an entry about a firm; "accreditation_changed" goes out. Invalid for days or countries that cannot be."""
    check_firm(session, actor, SET_APPROVALS, firm)
    effective = _effective(draft.effective_on, draft.status, draft.valid_until, now, "/valid_until")
    for place, country in enumerate(draft.countries):
        if country not in COUNTRIES:
            raise Invalid(f"{country[:10]!r} is not a country code of ISO 3166-1 alpha-2", where=f"/countries/{place}")
    row = FirmApprovalRow(
        firm_id=firm,
        status=draft.status,
        reason=draft.reason,
        countries=sorted(set(draft.countries)),
        topics=_unique(draft.topics),
        effective_on=effective,
        valid_until=draft.valid_until,
        at=now,
        by=actor.person,
    )
    session.add(row)
    _changed(session, actor, "firm_approval_set", firm, draft.status, effective, now)
    return row


def set_auditor(
    session: Writing, actor: Actor, person: str, draft: AuditorDraft, *, now: datetime
) -> AuditorApprovalRow:
    """The same about an auditor."""
    check_auditor(session, actor, SET_APPROVALS, person)
    effective = _effective(draft.effective_on, draft.status, draft.expires_on, now, "/expires_on")
    if (draft.trained_on is None) != (draft.trained_until is None):
        raise Invalid("trained_on and trained_until belong together", where="/trained_until")
    if draft.trained_on and draft.trained_until and draft.trained_until < draft.trained_on:
        raise Invalid(
            f"the training of {draft.trained_on} counts until {draft.trained_until}, which is before it",
            where="/trained_until",
        )
    row = AuditorApprovalRow(
        person_id=person,
        level=draft.level,
        status=draft.status,
        reason=draft.reason,
        topics=_unique(draft.topics),
        languages=_unique(draft.languages),
        trained_on=draft.trained_on,
        trained_until=draft.trained_until,
        effective_on=effective,
        expires_on=draft.expires_on,
        at=now,
        by=actor.person,
    )
    session.add(row)
    _changed(session, actor, "auditor_approval_set", person, draft.status, effective, now)
    return row


def record_tie(
    session: Writing,
    actor: Actor,
    subject: str,
    *,
    organisation: str,
    kind: TieKind,
    until: date | None,
    now: datetime,
) -> TieRow:
    """Record what binds a firm or an auditor to an organisation. until: its last day, None while it lasts."""
    if subject.startswith("org_"):
        check_firm(session, actor, SET_APPROVALS, subject)
    else:
        check_auditor(session, actor, SET_APPROVALS, subject)
    if session.get(Organisation, organisation) is None:
        raise Invalid(f"there is no organisation {organisation[:40]!r}", where="/organisation")
    row = TieRow(
        subject_id=subject, organisation_id=organisation, kind=kind, until=until, at=now, by=actor.person
    )  # fmt: skip
    session.add(row)
    session.flush()
    detail: dict[str, Json] = {"organisation": organisation, "kind": kind, "until": str(until) if until else None}
    journal.record(session, actor, "tie_recorded", subject, detail, now=now)
    return row


def _changed(
    session: Writing, actor: Actor, act: str, subject: str, status: ApprovalStatus, effective: date, now: datetime
) -> None:
    session.flush()
    detail: dict[str, Json] = {"status": status, "effective_on": effective.isoformat()}
    journal.record(session, actor, act, subject, detail, now=now)
    outbox.record(session, "accreditation_changed", subject, now=now)


def _effective(wish: date | None, status: ApprovalStatus, last: date, now: datetime, where: str) -> date:
    today = now.date()
    effective = wish or today
    if not today - timedelta(days=BACK) <= effective <= today:
        raise Invalid(f"{effective} is after today, {today}, or more than {BACK} days before it", where="/effective_on")
    if status == "good" and last < effective:
        raise Invalid(f"good standing from {effective} on, until {last}, which is before it", where=where)
    if last > today + timedelta(days=LONGEST):
        raise Invalid(f"{last} is more than {LONGEST} days after today, {today}", where=where)
    return effective


def _unique(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(words))
