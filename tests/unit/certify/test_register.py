"""The register answers the fold of the log, and nothing when a row and the log say different things."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from certify import log, register
from certify.events import Draft, fold
from certify.tables import Certificate, LogLeaf
from ground.crockford import with_check
from ground.errors import Conflict, NotFound
from ground.world import World
from tests.unit.certify.house import House


@pytest.fixture
def house(sqlite_world: World) -> House:
    return House(sqlite_world)


def test_a_certificate_in_force_may_mint_for_its_sites_and_products(house: House) -> None:
    entry = house.standing(house.certified())
    assert (entry.state, entry.may_mint, entry.reason) == ("active", True, "The certificate is in force.")
    assert [site.id for site in entry.sites] == [house.cast.factory]  # the agent's office uses no labels
    assert entry.sites[0].url == f"http://localhost:8000/sites/{house.cast.factory}"
    assert [(product.name, product.gtin, product.yearly_units) for product in entry.products] == [
        ("Shirts", "04006381333931", 50_000)
    ]
    assert (entry.sell_through_days, entry.spoilage_percent) == (180, 2)
    assert entry.organisation == house.cast.bea.organisation
    assert entry.application == house.application


EVENTS: list[tuple[str, dict[str, Any], str, bool]] = [
    ("cert.suspended", {"reason": "nonconformity"}, "suspended", False),
    ("cert.remediation", {"reason": "nonconformity"}, "remediation", False),
    ("cert.revoked", {"reason": "nonconformity"}, "revoked", False),
    ("cert.withdrawn", {"reason": "holder-request"}, "withdrawn", False),
    ("cert.superseded", {"next": with_check("0123456789")}, "superseded", False),
    ("cert.reduced", {"next": with_check("0123456789")}, "reduced", False),
]


@pytest.mark.parametrize(("t", "more", "state", "may_mint"), EVENTS)
def test_every_standing_is_the_fold_of_the_leaves(
    house: House, t: Any, more: dict[str, Any], state: str, may_mint: bool
) -> None:
    number = house.certified()
    with house.world.db.write() as session:
        log.append(session, house.world.keyring, Draft(t, house.now, cert=number, **more), now=house.now)
    entry = house.standing(number)
    assert (entry.state, entry.may_mint) == (state, may_mint)
    assert entry.standing == fold(house.leaves(number), house.now)
    assert entry.reason == register.SENTENCES[entry.state]


def test_a_certificate_ends_by_itself(house: House) -> None:
    number = house.certified()
    until = house.standing(number).valid_until
    assert at(house, number, until - timedelta(seconds=1)).may_mint
    assert (at(house, number, until).state, at(house, number, until).may_mint) == ("expired", False)


def test_before_it_is_valid_it_mints_nothing(house: House) -> None:
    number = house.certified()
    early = at(house, number, house.standing(number).valid_from - timedelta(seconds=1))
    assert (early.may_mint, early.reason) == (False, register.NOT_YET)


def at(house: House, number: str, moment: datetime) -> register.Entry:
    with house.world.db.read() as session:
        return register.standing(session, number, moment)


def test_an_unknown_number_is_not_found(house: House) -> None:
    with pytest.raises(NotFound):
        house.standing(with_check("0000000000"))


def test_a_prepared_certificate_does_not_exist_yet(house: House) -> None:
    house.handlers = {**house.handlers, "certificate_prepared": ()}
    house.audited()
    house.accept()
    house.settle()
    (prepared,) = house.certificates()
    with pytest.raises(NotFound):
        house.standing(prepared.number)


TAMPERED: list[tuple[str, dict[str, Any]]] = [
    ("longer validity", {"valid_until": datetime.fromisoformat("2030-01-01T00:00:00+00:00")}),
    ("earlier start", {"valid_from": datetime.fromisoformat("2020-01-01T00:00:00+00:00")}),
    ("no document", {"document": None}),
    ("another document", {"document": {"id": "x", "credentialSubject": {"conformityAssessment": []}}}),
    ("another site", {"scope": {"sites": [{"id": "s", "url": "http://localhost:8000/sites/s", "name": "S"}],
                                "products": []}}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change"), TAMPERED, ids=[name for name, _ in TAMPERED])
def test_a_changed_row_is_answered_with_a_conflict(house: House, name: str, change: dict[str, Any]) -> None:
    number = house.certified()
    with house.world.db.write() as session:
        session.execute(update(Certificate).where(Certificate.number == number).values(**change))
    with pytest.raises(Conflict):
        house.standing(number)


def test_missing_leaves_are_a_conflict(house: House) -> None:
    number = house.certified()
    with house.world.db.write() as session:
        session.execute(delete(LogLeaf).where(LogLeaf.cert == number))
    with pytest.raises(Conflict, match="no leaf"):
        house.standing(number)


def test_a_missing_row_is_a_conflict(house: House) -> None:
    number = house.certified()
    with house.world.db.write() as session:
        session.execute(delete(Certificate).where(Certificate.number == number))
    with pytest.raises(Conflict, match="the register does not"):
        house.standing(number)


def test_a_leaf_taken_out_of_the_middle_is_a_conflict(house: House) -> None:
    number = house.certified()
    for t in ("cert.suspended", "cert.reinstated"):
        with house.world.db.write() as session:
            reason: Any = "nonconformity" if t == "cert.suspended" else None
            draft = Draft(t, house.now, cert=number, reason=reason)  # type: ignore[arg-type]
            log.append(session, house.world.keyring, draft, now=house.now)
    with house.world.db.write() as session:
        session.execute(delete(LogLeaf).where(LogLeaf.cert == number, LogLeaf.seq == 1))
    with pytest.raises(Conflict, match="do not hold together"):
        house.standing(number)
