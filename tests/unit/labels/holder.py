"""A holder with a certificate in the register, made of rows and leaves: no audit is needed to order labels.

The register believes only what log and rows say together, so the document's hash stands in the leaf, as in earnest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from certify import log, rulebook
from certify.events import Draft, EventType
from certify.tables import Application, Certificate, DecisionRow
from ground.access import Actor
from ground.canonical import jcs_plain, sha256
from ground.crockford import with_check
from ground.database import Writing
from ground.ids import crockford, new_id, random_below
from ground.outbox import Event, OutboxEvent
from ground.world import World
from labels import service
from labels.rules import Wish
from tests.cast import Cast, Player

RULEBOOK = "freemark-2026.0"
GTIN = "09520123456788"
UNITS = 1000  # a year; with 2 % for spoilage the quota is 1,020


@dataclass(frozen=True)
class Holder:
    number: str
    manager: Player
    site: str
    product: str
    valid_until: datetime

    def wish(self, quantity: int = 10, **changes: Any) -> Wish:
        given: dict[str, Any] = {
            "site": self.site, "product": self.product, "quantity": quantity, "last_day": date(2026, 12, 31),
        }  # fmt: skip
        return Wish(**{**given, **changes})

    def body(self, quantity: int = 10, **changes: Any) -> dict[str, Any]:
        """The same as a request."""
        given: dict[str, Any] = {
            "certificate": self.number, "site": self.site, "product": self.product, "quantity": quantity,
            "last_day": "2026-12-31",
        }  # fmt: skip
        return {**given, **changes}


def certify(world: World, cast: Cast, *, manager: Player | None = None, units: int = UNITS) -> Holder:
    """An active certificate for one site and one product of the manager's (Bea's) organisation, valid for a year."""
    now, holder = world.clock.now(), manager or cast.bea
    number = with_check(crockford(10))
    valid_until = (now + timedelta(days=365)).replace(hour=0, minute=0, second=0)
    site, public = cast.factory, world.settings.public_url
    application = new_id("app")
    product = f"{application}-1"
    scope: dict[str, Any] = {
        "sites": [{"id": site, "url": f"{public}/sites/{site}", "name": "Unit 2"}],
        "products": [
            {"id": product, "url": f"{public}/products/{product}", "name": "Work shirt", "gtin": GTIN,
             "yearly_units": units},
        ],
    }  # fmt: skip
    assessment = {
        "assessedFacility": [{"facility": {"id": part["url"]}} for part in scope["sites"]],
        "assessedProduct": [{"product": {"id": part["url"]}} for part in scope["products"]],
    }
    document = {"credentialSubject": {"conformityAssessment": [assessment]}, "id": number}
    book = rulebook.load(RULEBOOK)
    with world.db.write() as session:
        session.add(Application(id=application, organisation_id=holder.organisation, created_at=now))
        session.flush()
        decision = new_id("dec")
        session.add(
            DecisionRow(
                id=decision, application_id=application, seq=0, outcome="issue", at=now, certificate=None, state=None,
                rulebook=RULEBOOK, rulebook_sha256=book.sha256, reasons=[], record="{}", cmt="cd" * 32, sealed=b"",
            )
        )  # fmt: skip
        session.flush()
        session.add(
            Certificate(
                number=number, application_id=application, organisation_id=holder.organisation, decision_id=decision,
                predecessor=None, shard=1, revocation_index=random_below(131072), suspension_index=random_below(131072),
                valid_from=now, valid_until=valid_until, rulebook=RULEBOOK, scope=scope, prepared={}, prepared_at=now,
                document=document, jwt="", sealed_at=now, discarded_at=None, ordinal=1,
            )
        )  # fmt: skip
        issued = Draft(
            "cert.issued", at=now, cert=number, nbf=now, exp=valid_until, doc=sha256(jcs_plain(document)).hex(),
            rules=book.sha256, cmt="cd" * 32,
        )  # fmt: skip
        log.append(session, world.keyring, issued, now=now)
    return Holder(number, holder, site, product, valid_until)


def tell(world: World, holder: Holder, t: EventType, **said: Any) -> None:
    """An event of the certificate, as certify would write it."""
    with world.db.write() as session:
        now = world.clock.now()
        log.append(session, world.keyring, Draft(t, at=now, cert=holder.number, **said), now=now)


def suspend(world: World, holder: Holder) -> None:
    tell(world, holder, "cert.suspended", reason="nonconformity")


def place(world: World, holder: Holder, wish: Wish | None = None, *, by: Actor | None = None) -> str:
    """The id of an accepted order."""
    with world.db.write() as session:
        placed = service.place_order(
            session, by or holder.manager.actor, holder.number, wish or holder.wish(), now=world.clock.now()
        )
        return placed.id


def minted(world: World, holder: Holder, quantity: int = 10, **changes: Any) -> int:
    """The number of a sealed batch."""
    number = service.mint_batch(world, place(world, holder, holder.wish(quantity, **changes)))
    assert number is not None
    return number


def event(name: str, subject: str, at: datetime, **ids: str) -> Event:
    return Event(1, name, subject, ids, at)


def told(world: World, name: str) -> list[dict[str, str]]:
    """The ids of the outbox events of that name."""
    with world.db.read() as session:
        return list(session.scalars(select(OutboxEvent.ids).where(OutboxEvent.name == name).order_by(OutboxEvent.id)))


def leaves(world: World, holder: Holder, t: str) -> list[Any]:
    with world.db.read() as session:
        return [leaf for leaf in log.leaves(session, holder.number) if leaf.t == t]


def count(session: Writing | Any, table: Any) -> int:
    return int(session.scalar(select(func.count()).select_from(table)) or 0)
