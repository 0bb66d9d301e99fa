"""Opening a world: what is made, what is found again, and what production refuses."""

import stat
from pathlib import Path

import pytest

from ground.clock import DemoClock, SystemClock
from ground.errors import Invalid, Unavailable
from ground.keyring import Keyring
from ground.settings import Settings
from ground.signing import SeedSigner
from ground.world import World, open_world
from tests.conftest import START

PRODUCTION = {"environment": "production", "public_url": "https://freemark.example"}


def opened(data: Path, **settings: object) -> World:
    world = open_world(Settings.load(data=data, **settings))
    world.close()
    return world


def test_a_demo_world_makes_its_folder_and_keys_once(tmp_path: Path) -> None:
    first, second = opened(tmp_path / "world"), opened(tmp_path / "world")
    assert first.keyring.listed() == second.keyring.listed()
    assert isinstance(first.clock, DemoClock)
    assert stat.S_IMODE((tmp_path / "world").stat().st_mode) == 0o700


def test_the_keys_of_a_demo_are_as_old_as_its_clock_says(tmp_path: Path) -> None:
    (tmp_path / "world").mkdir()
    DemoClock(tmp_path / "world" / "clock.json").set(START)
    assert (opened(tmp_path / "world").keyring.listed()[0].since - START).total_seconds() < 5


def test_the_shelf_may_lie_elsewhere(tmp_path: Path) -> None:
    world = opened(tmp_path / "world", shelf=tmp_path / "public-place")
    world.shelf.write("keys.json", b"x")
    assert (tmp_path / "public-place" / "public" / "keys.json").exists()


def test_waking_nobody_is_harmless(tmp_path: Path) -> None:
    opened(tmp_path / "world").wake()


def test_production_never_makes_keys_by_itself(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="freemark keys"):
        opened(tmp_path / "world", **PRODUCTION)
    assert not (tmp_path / "world" / "keys" / "keyring.json").exists()


def test_production_refuses_the_keys_of_a_demo(tmp_path: Path) -> None:
    opened(tmp_path / "world")
    with pytest.raises(Invalid, match="demo"):
        opened(tmp_path / "world", **PRODUCTION)


def test_production_opens_with_keys_of_its_own_and_the_real_clock(tmp_path: Path) -> None:
    root = SeedSigner.from_seed(b"\x07" * 32).public
    Keyring.create(tmp_path / "world" / "keys", START, demo=False, roots=[root])
    world = opened(tmp_path / "world", **PRODUCTION)
    assert isinstance(world.clock, SystemClock)
    assert world.keyring.root_publics() == (root,)
