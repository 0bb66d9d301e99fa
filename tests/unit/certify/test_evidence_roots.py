"""evidence.root: at fixed instants, of one size, and a proof for every decision and for nothing else."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from certify import log
from certify.evidence import roots
from certify.merkle import leaf_hash, verify_inclusion
from certify.tables import DecisionRow, EvidenceRoot
from ground.errors import Unavailable
from ground.world import World
from tests.unit.certify.house import House

DAY = timedelta(hours=24)


@pytest.fixture
def house(sqlite_world: World) -> House:
    return House(sqlite_world)


def leaves(house: House) -> int:
    with house.world.db.read() as session:
        return len(log.of_types(session, ("evidence.root",)))


def commitments(house: House) -> list[str]:
    with house.world.db.read() as session:
        return list(session.scalars(select(DecisionRow.cmt)))


def test_a_root_comes_once_a_day_whether_or_not_anything_was_decided(house: House) -> None:
    made = []
    for _ in range(4 * 24):
        house.later(hours=1)
        if roots.write_due(house.world):
            made.append(house.now)
        assert not roots.write_due(house.world)
    assert [b - a for a, b in pairwise(made)] == [DAY] * 3
    assert leaves(house) == 4


def test_after_a_long_silence_there_is_one_and_the_instants_stay(house: House) -> None:
    begun = house.now
    house.later(days=5, hours=7)
    assert roots.write_due(house.world)
    assert leaves(house) == 1
    with house.world.db.read() as session:
        assert roots.next_at(session, house.now) == begun + 6 * DAY


def test_every_decision_is_proved_and_the_size_tells_nothing(house: House) -> None:
    house.later(days=1)
    roots.write_due(house.world)  # of nothing at all
    house.audited()
    house.settle()
    house.accept()
    house.settle()
    decided = commitments(house)
    assert len(decided) >= 2
    with house.world.db.read() as session:
        assert [roots.inclusion(session, cmt) for cmt in decided] == [None] * len(decided)
    house.later(days=1)
    roots.write_due(house.world)
    with house.world.db.read() as session:
        assert set(session.scalars(select(EvidenceRoot.size))) == {roots.PLACES}
        for cmt in decided:
            found = roots.inclusion(session, cmt)
            assert found is not None
            leaf = leaf_hash(bytes.fromhex(cmt))
            assert verify_inclusion(leaf, found.index, found.size, found.path, bytes.fromhex(found.root))
            other = leaf_hash(bytes(32))
            assert not verify_inclusion(other, found.index, found.size, found.path, bytes.fromhex(found.root))
        assert roots.inclusion(session, "0" * 64) is None
    house.later(days=1)
    roots.write_due(house.world)
    with house.world.db.read() as session:
        found = roots.inclusion(session, decided[0])
        assert found is not None
        assert found.at == house.now - DAY  # of the day on which it was made, for ever


def test_a_day_of_more_decisions_than_places_still_holds_them_all() -> None:
    many = [number.to_bytes(32) for number in range(2000)]
    places = roots._places(many, bytes(32), 2048)
    assert len(places) == 2048
    assert set(many) <= set(places)


def test_while_the_key_is_away_nothing_is_kept_and_the_root_comes_later(house: House) -> None:
    house.later(days=1)
    (path,) = (house.world.settings.data / "house").glob("event-*.key")
    away = path.with_suffix(".away")
    path.rename(away)
    with pytest.raises(Unavailable):
        roots.write_due(house.world)
    away.rename(path)
    house.later(hours=3)
    assert roots.write_due(house.world)
    assert leaves(house) == 1
