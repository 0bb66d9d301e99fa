"""What the scheme itself does over the years: rulebooks, the register, exclusion lists, the rounds that never stop.

Owns the acts of scheme managers and handler that belong to no single case. Each is a life like the others: a generator
of days.
"""

from __future__ import annotations

import re
from datetime import date

from sqlalchemy import select

from audits.remedy import checks
from audits.remedy.tables import CheckRow
from audits.screening import lists, passes
from audits.screening.mapping import Mapping
from audits.screening.parsing import parse_list
from certify import rulebook
from certify.governance import publishing
from certify.governance.publishing import ConsultationDraft, Invited
from freemark.demo.history import founding
from freemark.demo.history.house import DAY, House
from freemark.demo.history.lives import Life
from ground.canonical import sha256
from ground.database import Writing

PACKAGED = "freemark-2026.1"
CONSULTED, IN_FORCE_AFTER = 30, 33  # days: how long stakeholders are asked, and from when the text decides
OPENS = 36  # days from the founding to the first applications: the first rulebook is in force by then
SEASON = 120  # days: the nightly pass over every application, made so often here
ROUND = 14  # days: everybody is screened and asked again at least so often
FIRST_OVERDUE, LATER_OVERDUE = 120, 90  # days that a surveillance visit may be late, under the first book and the next
LIST = Mapping(name="name", country="country", city="city")
NOBODY = "Brightwater Trawling Company,TH,Phuket\nKopet Cotton Works,TM,Mary\n"
INVITED = (
    Invited("Garment workers' federation", "union"), Invited("Migrant rights network", "ngo"),
    Invited("Association of factories", "manufacturer"), Invited("Buyers' round table", "brand"),
)  # fmt: skip


def changed_book(text: str, id: str, in_force_from: date, overdue_days: int) -> str:
    """A rulebook under another id, from another day on, and with that much patience with late visits."""
    version = id.rpartition("-")[2]
    for pattern, new in (
        (r'^id = ".*"$', f'id = "{id}"'),
        (r'^version = ".*"$', f'version = "{version}"'),
        (r'^in_force_from = ".*"$', f'in_force_from = "{in_force_from}"'),
        (r"^\[parameters\.surveillance_overdue_days\]\nvalue = \d+$",
         f"[parameters.surveillance_overdue_days]\nvalue = {overdue_days}"),
    ):  # fmt: skip
        text, changed = re.subn(pattern, new, text, count=1, flags=re.MULTILINE)
        if changed != 1:
            raise RuntimeError(f"the rulebook has no line {pattern}")
    return text


def publish_book(house: House, name: str, overdue_days: int) -> Life:
    """Proposed by one scheme manager, put before the stakeholders, approved by the other."""
    begun = house.today
    in_force = begun + IN_FORCE_AFTER * DAY
    id = f"{name}-{in_force.year}.{in_force.month}"
    with house.acting() as session:
        text = changed_book(rulebook.text_of(PACKAGED), id, in_force, overdue_days)
        publishing.propose(session, house.people.sam, text, now=house.now)
    yield begun + (CONSULTED + 1) * DAY
    with house.acting() as session:
        minutes = sha256(f"minutes of the consultation on {id}".encode()).hex()
        draft = ConsultationDraft(
            begun + DAY, begun + CONSULTED * DAY, INVITED, 3, "For it, but for one who wants more time.", minutes
        )
        publishing.consult(session, house.people.sam, id, draft, now=house.now)
        publishing.approve(session, house.world, house.people.tara, id, now=house.now)
    house.notes.setdefault("rulebooks", []).append(id)


def keep_lists(house: House) -> None:
    """An exclusion list, in use from the first day, on which nobody of the scheme stands."""
    with house.acting() as session:
        row = lists.register_list(
            session, house.people.sam, name="Exclusion list of the history", kind="exclusion",
            publisher="Nobody: every entry is invented", url="", country="", mapping=LIST, now=house.now,
        )  # fmt: skip
        house.notes["list"] = row.id
        import_edition(session, house, "")


def import_edition(session: Writing, house: House, more: str) -> None:
    """A new edition of today: the entries of nobody, and these. more: lines of CSV."""
    parsed = parse_list(f"name,country,city\n{NOBODY}{more}".encode(), LIST)
    lists.import_edition(
        session, house.people.sam, house.notes["list"], parsed, edition=house.today, now=house.now
    )  # fmt: skip


def rounds(house: House) -> Life:
    """Every fortnight: everybody held against the lists, those who talked asked again; three times a year the rules."""
    season = house.today
    while True:
        passes.screen_all(house.world)
        ask_again(house)
        if house.today - season >= SEASON * DAY:
            season = house.today
            house.reconsider()
        yield house.today + ROUND * DAY


def ask_again(house: House) -> None:
    """The checks that are due by now, or in the days in which they may be done already."""
    with house.acting() as session:
        soon = select(CheckRow.id).where(CheckRow.done_at.is_(None), CheckRow.due <= house.now + checks.EARLY)
        for id in session.scalars(soon.order_by(CheckRow.due, CheckRow.id)).all():
            checks.do_check(session, house.people.carl, id, "clear", "", now=house.now)


def renew_register(house: House) -> Life:
    """Approvals end: half way through, everybody is examined again."""
    founding.approve(house)
    return
    yield house.today
