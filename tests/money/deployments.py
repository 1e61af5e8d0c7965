"""Two ways to deploy the real `halfpenny serve`: two workers over one file, two replicas over Redis and Postgres."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any, Protocol

import apsw
import asyncpg

from tests.doubles.house import PRICED
from tests.doubles.postgres_server import PostgresServer
from tests.doubles.redis_server import RedisServer
from tests.doubles.serving import Served, serving

BUDGET = "\nbudgets:\n  - {{name: all, window: month, limit: {limit}}}\n"
ROW = "SELECT id, k, state, amount, cost, overrun, answered FROM rows"
Row = tuple[str, int, str, int, int, int, str]


class Deployment(Protocol):
    """`served` are the servers; they change when a replica dies."""

    served: list[Served]

    def kill(self, random: Random) -> str:
        """Kill something; what it was, empty when it was not there."""
        ...

    async def rows(self) -> list[Row]:
        """All rows."""
        ...

    async def counters(self) -> int:
        """What the counter of the one rule says was spent."""
        ...


class OneFile:
    """`workers: 2`: an accountant beside them."""

    def __init__(self, served: Served) -> None:
        self.served = [served]

    def kill(self, random: Random) -> str:
        """See `Deployment.kill`."""
        victim = random.choice(("proxy.worker", "proxy.worker", "proxy.accountant"))
        found = self.served[0].children(victim)
        if not found:
            return ""
        with suppress(ProcessLookupError):  # it died of the one before
            os.kill(random.choice(found), signal.SIGKILL)
        return victim

    def _ask(self, query: str) -> list[Any]:
        db = apsw.Connection(str(self.served[0].data / "ledger.db"), flags=apsw.SQLITE_OPEN_READONLY)
        db.set_busy_timeout(2000)
        try:
            return list(db.execute(query))
        finally:
            db.close()

    async def rows(self) -> list[Row]:
        """See `Deployment.rows`."""
        return self._ask(ROW)

    async def counters(self) -> int:
        """See `Deployment.counters`."""
        return sum(spent for (spent,) in self._ask("SELECT spent FROM counters"))


class Replicas:
    """Two supervisors with folders of their own; `ill`: their stores are hurt as well."""

    def __init__(self, folder: Path, config: str, redis: RedisServer, postgres: PostgresServer, ill: bool) -> None:
        self._redis, self._postgres, self._ill = redis, postgres, ill
        self._url = postgres.database()
        store = f'\nstore: {{redis: "{redis.url}", postgres: "{self._url}"}}\n'
        self._homes = [folder / name for name in ("east", "west")]
        self._config = config + store
        self._stacks = [ExitStack(), ExitStack()]
        for home in self._homes:
            home.mkdir()
        self.served = [self._start(which) for which in (0, 1)]

    def _start(self, which: int) -> Served:
        return self._stacks[which].enter_context(serving(self._homes[which], self._config))

    def kill(self, random: Random) -> str:
        """See `Deployment.kill`: a worker, a whole replica with all that is in it, or a store."""
        chance, which = random.random(), random.randrange(2)
        served = self.served[which]
        workers = served.children("proxy.worker")
        if self._ill and chance < 0.15:
            return self._hurt(random)
        for pid in workers:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if chance < 0.3:
            served.process.kill()
            self._stacks[which].close()
            self.served[which] = self._start(which)
            return "replica"
        return "worker" if workers else ""

    def _hurt(self, random: Random) -> str:
        what = random.choice(("flush", "redis", "postgres"))
        if what == "flush":
            self._redis.say("FLUSHALL")
        elif what == "redis":
            self._redis.kill()
            self._redis.start()
        else:
            self._postgres.stop()
            self._postgres.start()
        return what

    async def rows(self) -> list[Row]:
        """See `Deployment.rows`. A held row is in its worker's journal, not here."""
        return [tuple(row) for row in await self._ask(ROW)]

    async def counters(self) -> int:
        """See `Deployment.counters`."""
        for key in self._redis.say("KEYS", "halfpenny:{all}*").decode().split("\r\n"):
            if key.startswith("halfpenny:"):
                spent, leased = self._redis.say("HMGET", key, "spent", "leased").decode().split("\r\n")[2:5:2]
                return int(spent) + int(leased)
        return -1

    async def _ask(self, query: str) -> list[Any]:
        db = await asyncpg.connect(self._url)
        try:
            return list(await db.fetch(query))
        finally:
            await db.close()

    def close(self) -> None:
        """Stop both."""
        for stack in self._stacks:
            with suppress(OSError):
                stack.close()


@contextmanager
def deployed(kind: str, folder: Path, url: str, limit: str) -> Iterator[Deployment]:
    """`workers`, `replicas` or `replicas-ill`, in front of this upstream, with this budget."""
    config = PRICED.format(url=url) + BUDGET.format(limit=limit)
    if kind == "workers":
        with serving(folder, "server: {port: 0, drain: 5, workers: 2}\n" + config) as served:
            yield OneFile(served)
        return
    with RedisServer() as redis, PostgresServer() as postgres:
        replicas = Replicas(folder, "server: {port: 0, drain: 5}\n" + config, redis, postgres, kind.endswith("ill"))
        try:
            yield replicas
        finally:
            replicas.close()


async def killed(deployment: Deployment, random: Random) -> str:
    """Kill beside the loop: a replica takes a moment to start again."""
    return await asyncio.to_thread(deployment.kill, random)
