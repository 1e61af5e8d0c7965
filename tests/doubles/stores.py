"""A real Redis and a real Postgres for a file of tests, which says so when they are missing."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from proxy.money.books import Name
from proxy.money.leased.ledger import LeasedLedger
from proxy.money.leased.opening import open_leased
from proxy.money.leased.postgres import PostgresBook
from proxy.money.leased.redis import PREFIX, RedisLender
from proxy.money.ledger import Notice
from routing.budget import Rule
from tests.doubles import postgres_server, redis_server
from tests.doubles.postgres_server import PostgresServer
from tests.doubles.redis_server import RedisServer

UNHURRIED = 5.0
"""Seconds that Redis may take on a busy machine, where its slowness is not the subject."""


class Stores:
    """Both servers, with a fresh database and an empty Redis."""

    def __init__(self, redis: RedisServer, postgres: PostgresServer, folder: Path) -> None:
        self.redis, self.postgres, self.folder = redis, postgres, folder
        self.url = postgres.database()
        self.notices: list[Notice] = []
        if not redis.say("PING"):
            redis.start()
        redis.say("FLUSHALL")

    @asynccontextmanager
    async def worker(
        self, folder: Path | None = None, timeout: float = UNHURRIED, rules: tuple[Rule, ...] = (), grace: float = 600
    ) -> AsyncIterator[LeasedLedger]:
        """A ledger of one worker. `folder`: its machine's, all on one machine if not said."""
        where = folder or self.folder
        ledger = await open_leased(
            self.redis.url, self.url, where, self.notices.append, timeout=timeout, rules=rules, grace=grace
        )
        try:
            yield ledger
        finally:
            async with asyncio.timeout(20):
                await ledger.aclose()

    async def counter(self, ledger: LeasedLedger, name: Name) -> tuple[int, int]:
        """What Redis says is spent and leased."""
        assert isinstance(ledger.lender, RedisLender)
        spent, leased = await ledger.lender.client.hmget(f"{PREFIX}{{{name[0]}}}:{name[1]}", "spent", "leased")
        return int(spent or 0), int(leased or 0)

    async def rows(self, ledger: LeasedLedger) -> list[Any]:
        """Every row in Postgres."""
        assert isinstance(ledger.book, PostgresBook)
        return await ledger.book.fetch("SELECT id, k, state, amount, cost, overrun FROM rows ORDER BY id, k")


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[RedisServer, PostgresServer]]:
    if not redis_server.PROGRAM:
        pytest.skip(redis_server.MISSING)
    if not postgres_server.FOUND:
        pytest.skip(postgres_server.MISSING)
    with RedisServer() as redis, PostgresServer() as postgres:
        yield redis, postgres


@pytest.fixture
def stores(servers: tuple[RedisServer, PostgresServer], tmp_path: Path) -> Stores:
    return Stores(*servers, tmp_path)
