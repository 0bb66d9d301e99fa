"""Every journey runs on SQLite and on PostgreSQL: `house` stands on `world`. `latest` is one under freemark-2026.1,
with its crew, on SQLite, and `latest_everywhere` on both."""

from collections.abc import Iterator

import pytest

from ground.world import World
from tests.conftest import WorldMaker
from tests.flows.house import LATEST, House, opened


@pytest.fixture
def house(world: World) -> Iterator[House]:
    with opened(world) as house:
        yield house


@pytest.fixture
def latest(make_world: WorldMaker) -> Iterator[House]:
    with opened(make_world(first_rulebook=LATEST)) as house:
        yield house


@pytest.fixture
def latest_everywhere(make_world: WorldMaker, database_url: str) -> Iterator[House]:
    with opened(make_world(database_url, first_rulebook=LATEST)) as house:
        yield house
