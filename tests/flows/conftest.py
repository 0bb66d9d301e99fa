"""Every journey runs on SQLite and on PostgreSQL: `house` stands on `world`."""

from collections.abc import Iterator

import pytest

from ground.world import World
from tests.flows.house import House, opened


@pytest.fixture
def house(world: World) -> Iterator[House]:
    with opened(world) as house:
        yield house
