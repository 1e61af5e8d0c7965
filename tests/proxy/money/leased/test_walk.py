"""A few seeded walks over real stores, after each of which nothing is leased that nobody has. F35, F36, F39, F40, F52.

`python -m tests.proxy.money.leased.walk 1 500` walks longer.
"""

import pytest

from tests.doubles.postgres_server import PostgresServer
from tests.doubles.redis_server import RedisServer
from tests.proxy.money.leased.walk import walked


@pytest.mark.parametrize("seed", [1, 4, 6])
async def test_no_lease_stays_behind_and_the_books_close(
    servers: tuple[RedisServer, PostgresServer], seed: int
) -> None:
    assert await walked(*servers, seed) == []
