"""The cast and a holder for the tests of labels: on both databases (`holder`), or on SQLite (`sqlite_holder`)."""

import pytest

from ground.world import World
from tests.cast import Cast, make_cast
from tests.unit.labels.holder import Holder, certify


@pytest.fixture
def cast(world: World) -> Cast:
    return make_cast(world)


@pytest.fixture
def holder(world: World, cast: Cast) -> Holder:
    return certify(world, cast)


@pytest.fixture
def sqlite_cast(sqlite_world: World) -> Cast:
    return make_cast(sqlite_world)


@pytest.fixture
def sqlite_holder(sqlite_world: World, sqlite_cast: Cast) -> Holder:
    return certify(sqlite_world, sqlite_cast)
