"""Who has which date of certify in the calendar, and in which words.

Owns the circle of readers of each kind of date. Feeds lie on other people's servers, so that an entry has the number of
a certificate, which is public, and nothing of what was found, of grounds, or of anybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from certify import people
from certify.appeals import apart
from certify.appeals.tables import AppealWordRow
from certify.deadlines import DUTIES, MARKS, Due, Kind, every
from ground.access import Actor
from ground.database import Reading
from ground.errors import Forbidden

BODY = ("decider", "scheme_manager")
JUDGES = (*BODY, "handler")  # as may judge an appeal (`certify.appeals.service`) and speak on a panel (`certify.acts`)
HOLDS: tuple[Kind, ...] = (
    "reply", "customers", "appeal", "reverify", "window", "end", "longest_core", "longest",
)  # fmt: skip
"""What the holder's managers have in their calendar."""
READS: dict[Kind, tuple[str, ...]] = {
    "answer": BODY, "judgement": JUDGES, "panel_call": JUDGES, "panel_word": JUDGES, "reverify": BODY, "window": BODY,
    "end": BODY,
    "longest_core": BODY, "longest": BODY,
}  # fmt: skip
"""What people of certification body and scheme have in theirs, of others than their own organisation."""
WHOLE_DAYS: tuple[Kind, ...] = ("window", "end")


@dataclass(frozen=True)
class Entry:
    """A date as a calendar shows it (`audits.remedy.calendar.Dated`). start: an instant, or a whole day."""

    uid: str
    start: date | datetime
    since: datetime
    summary: str
    path: str


def entries(session: Reading, actor: Actor) -> Iterator[Entry]:
    """What the actor has in the calendar, whatever the hour: the same rows give the same entries."""
    if "manager" in actor.roles:
        own = every(session, lambda column: column == actor.organisation)
        yield from (_entry(each) for each in own if each.kind in HOLDS)
    if not actor.roles.isdisjoint(JUDGES):
        for each in every(session, lambda column: column != actor.organisation):
            if not actor.roles.isdisjoint(READS.get(each.kind, ())) and (
                each.kind != "judgement" or may_judge(session, each, actor.person, actor.organisation)
            ):
                yield _entry(each)


def may_judge(session: Reading, due: Due, person: str, organisation: str) -> bool:
    """Whether this person has a word on that appeal: had no part in the case, and has not spoken yet."""
    spoken = select(AppealWordRow.id).where(
        AppealWordRow.appeal_id == due.subject, AppealWordRow.person.in_(people.same(session, person))
    )
    if session.scalar(spoken.limit(1)) is not None:
        return False
    try:
        apart.check_uninvolved(
            session, Actor(person, organisation, frozenset(JUDGES), frozenset(("read",))), due.application
        )
    except Forbidden:
        return False
    return True


def _entry(due: Due) -> Entry:
    words = {**{kind: f"{what} is due" for kind, what in DUTIES.items()}, **MARKS}[due.kind]
    about = f" ({due.certificate})" if due.certificate else ""
    start: date | datetime = due.due.date() if due.kind in WHOLE_DAYS else due.due
    return Entry(f"{due.kind}-{due.subject}", start, due.since, words + about, due.path)
