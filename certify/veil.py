"""What a holder does not read of a decision: who talked, likenesses nobody has judged, small groups of workers, and
reports that it does not have yet.

Owns which clauses are told in neutral words, or not at all, to anybody outside scheme and certification body. The rules
know everything; the grounds that a holder needs for a reply or an appeal stay, or come with the report on which they
rest. Never changes what was decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import select

from audits import dossier as testimony
from audits.dossier import Unreleased
from certify import rules
from certify.dossier import Decision, Dossier
from certify.events import Standing
from certify.rulebook import CONFIDENTIAL, Rulebook
from certify.tables import ApplicationSite
from ground.canonical import Json
from ground.database import Reading

# An unmet clause in words that tell nobody whom to look for: a group of four workers is four people, and a likeness of
# names that nobody has judged is no ground against anybody.
NEUTRAL: Mapping[str, str] = {
    "I9": "The sample of interviews was not met.",
    "I15": "The sample of interviews was not met in every group, or too few were off site.",
    "I17": "The screening is not up to date, or not cleared.",
    "I28": "Too few files of workers were read.",
}
OPEN_QUESTION: dict[str, Json] = {
    "clause": "",
    "met": False,
    "text": "The certification body has not concluded its review.",
    "subject": "",
}


NOT_YET = "It rests on a report that you cannot read yet."
KNOWN_ANYWAY = ("S10",)
"""Clauses that stay as they are: who closed the door knows that before any report says so."""


@dataclass(frozen=True)
class Resting:
    """What of a decision rests on reports that the holder does not have: clauses that would read otherwise without
    them, or that name something of them. text: said instead. dossier, score: as they are without those reports."""

    clauses: frozenset[str]
    text: str
    dossier: Dossier
    score: str | None


def unreleased(session: Reading, application: str) -> Unreleased:
    """What the places of the application, those that left it too, cannot read at this moment."""
    places = select(ApplicationSite.site_id).where(ApplicationSite.application_id == application)
    return testimony.unreleased(session, list(session.scalars(places)))


def resting(
    dossier: Dossier, standing: Standing | None, decision: Decision, book: Rulebook, unread: Unreleased
) -> Resting | None:
    """What of this decision its holder cannot follow yet; None when it has everything that it was made from.

    The rules are asked again without the reports and findings that are not released: what they then say otherwise
    rests on them. So this needs no list of what each clause happens to name.
    """
    ids = {*unread.audits, *unread.findings}
    visits = {visit.id for place in dossier.places for visit in place.visits}
    if ids.isdisjoint(visits) and ids.isdisjoint(finding.id for finding in dossier.findings):
        return None
    read = _as_read(dossier, unread)
    otherwise = rules.decide(read, standing, book, decision.at)
    said = {reason.clause: reason for reason in otherwise.reasons}
    clauses = frozenset(
        reason.clause
        for reason in decision.reasons
        if reason != said.get(reason.clause) or any(id in reason.subject or id in reason.text for id in ids)
    )
    dues = [unread.audits.get(visit.id) for visit in dossier.submitted if visit.id in unread.audits]
    due = max((each for each in dues if each is not None), default=None)
    text = f"It rests on a report that you can read from {due:%Y-%m-%d} on." if due else NOT_YET
    score = decision.score if decision.score == otherwise.score else None
    return Resting(clauses - frozenset(KNOWN_ANYWAY), text, read, score)


def _as_read(dossier: Dossier, unread: Unreleased) -> Dossier:
    """The same file without the reports and findings that are not released."""
    sites, agents = (
        tuple(
            replace(
                place,
                visits=tuple(visit for visit in place.visits if visit.id not in unread.audits),
                findings=tuple(finding for finding in place.findings if finding.id not in unread.findings),
            )
            for place in places
        )
        for places in (dossier.sites, dossier.agents)
    )
    return replace(dossier, sites=sites, agents=agents)


def for_holder(reasons: Iterable[dict[str, Json]], rest: Resting | None = None) -> list[dict[str, Json]]:
    """The reasons (`clause`, `met`, `text`, `subject`) as the holder reads them, in their order.

    What is confidential is left out, met or not; when one of those is unmet, one line says that a question is open.
    rest: of the same decision; None when nothing of it rests on what the holder cannot read.
    """
    shown: list[dict[str, Json]] = []
    hidden = False
    for reason in reasons:
        if reason["clause"] in CONFIDENTIAL:
            hidden = hidden or not reason["met"]
        elif rest is not None and reason["clause"] in rest.clauses:
            shown.append({**reason, "text": rest.text, "subject": ""})
        elif not reason["met"] and reason["clause"] in NEUTRAL:
            shown.append({**reason, "text": NEUTRAL[reason["clause"]], "subject": ""})
        else:
            shown.append(reason)
    return [*shown, OPEN_QUESTION] if hidden else shown


def clauses_for_holder(ids: Iterable[str]) -> list[str]:
    """Clause ids without the confidential ones."""
    return [id for id in ids if id not in CONFIDENTIAL]
