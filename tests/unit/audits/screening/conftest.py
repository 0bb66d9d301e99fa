"""Lists with invented names, and the short ways to hits: Sam keeps the lists, Carl judges."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from audits.screening import hits, lists, passes
from audits.screening.facts import Screened, screened
from audits.screening.mapping import PRESETS, from_json
from audits.screening.parsing import parse_list
from audits.screening.tables import EditionRow, HitActRow, HitRow
from freemark.wiring import HANDLERS
from ground import outbox, parties
from ground.access import SYSTEM
from ground.outbox import OutboxEvent
from ground.parties import Site

HEAD = "name,aliases,registration,licence,country,city,address,listed_on,until\n"
SUNRISE = "SUNRISE GARMENTS LIMITED,,,,BD,Dhaka,,,\n"  # Bea's organisation, in its city
NAMESAKE = "Sunrise Garments,,,,BD,Khulna,,,\n"
HIMAL = "Himal Placement,,,L-77001,BD,Dhaka,,,\n"  # Ravi's agency
STRANGER = "Nobody Known House,,,,BD,Dhaka,,,\n"
EDITION = date(2026, 5, 1)


@dataclass
class Desk:
    """The stage, with the screening services at hand."""

    stage: Any

    def list(self, kind: str = "exclusion", country: str = "", name: str = "") -> str:
        with self.stage.world.db.write() as session:
            return lists.register_list(
                session,
                self.stage.sam,
                name=name or f"Invented {kind} list",
                kind=kind,  # type: ignore[arg-type]
                publisher="Ministry of Examples",
                url="",
                country=country,
                mapping=PRESETS["freemark"].mapping,
                now=self.stage.now,
            ).id

    def load(self, list_id: str, *rows: str, edition: date = EDITION) -> tuple[EditionRow, bool]:
        with self.stage.world.db.write() as session:
            row = lists.importable(session, self.stage.sam, list_id)
            parsed = parse_list((HEAD + "".join(rows)).encode(), from_json(row.mapping), country=row.country)
            return lists.import_edition(session, self.stage.sam, list_id, parsed, edition=edition, now=self.stage.now)

    def loaded(self, *rows: str, kind: str = "exclusion", country: str = "", name: str = "") -> str:
        list_id = self.list(kind, country, name)
        self.load(list_id, *rows)
        return list_id

    def confirm(self, hit: str, by: str = "carl", reason: str = "The same company register entry.") -> HitRow:
        with self.stage.world.db.write() as session:
            return hits.confirm_hit(session, self.stage.people[by], hit, reason, now=self.stage.now)

    def dismiss(self, hit: str, by: str = "carl", reason: str = "Another company in another street.") -> HitRow:
        with self.stage.world.db.write() as session:
            return hits.dismiss_hit(session, self.stage.people[by], hit, reason, now=self.stage.now)

    def hits(self, list_id: str | None = None) -> list[HitRow]:
        with self.stage.world.db.read() as session:
            rows = list(session.scalars(select(HitRow).order_by(HitRow.at, HitRow.id)))
        return [row for row in rows if list_id in (None, row.list_id)]

    def hit(self, list_id: str | None = None) -> HitRow:
        (row,) = self.hits(list_id)
        return row

    def history(self, hit: str) -> list[str]:
        with self.stage.world.db.read() as session:
            query = select(HitActRow.act).where(HitActRow.hit_id == hit).order_by(HitActRow.id)
            return list(session.scalars(query))

    def facts(self, site: str = "") -> Screened:
        wanted = site or self.stage.factory
        with self.stage.world.db.read() as session:
            return screened(session, [wanted])[wanted]

    def nightly(self) -> int:
        return passes.screen_all(self.stage.world)

    def drain(self) -> None:
        outbox.drain(self.stage.world, HANDLERS)

    def told(self) -> list[str]:
        """The sites of the screening_changed events so far, which are forgotten then."""
        with self.stage.world.db.write() as session:
            rows = list(session.scalars(select(OutboxEvent).where(OutboxEvent.name == "screening_changed")))
            sites = [row.ids["site"] for row in rows]
            for row in rows:
                row.name = "forgotten"
        return sites

    def site(self, name: str, kind: str = "factory", owner: str = "bea", city: str = "Gazipur") -> str:
        with self.stage.world.db.write() as session:
            made: Site = parties.add_site(
                session, SYSTEM, organisation=self.stage.people[owner].organisation, kind=kind, name=name,
                address="Plot 9", city=city, country="BD", workers=20, now=self.stage.now,
            )  # fmt: skip
            return made.id


@pytest.fixture
def desk(stage: Any) -> Desk:
    return Desk(stage)


@pytest.fixture
def desks(stages: Any) -> Desk:
    return Desk(stages)
