"""The stand of the grown ledger: a real Redis and a real Postgres, of which each test takes a fresh database."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from proxy.money.books import Name
from proxy.money.leased.ledger import LeasedLedger
from proxy.money.leased.opening import open_leased
from proxy.money.leased.postgres import PostgresBook
from proxy.money.leased.redis import PREFIX, RedisLender
from proxy.money.ledger import Denied, Ending, Granted, Hold, Notice
from tests.doubles.postgres_server import PostgresServer
from tests.doubles.redis_server import RedisServer
from tests.money.stands import Found

UNHURRIED = 5.0
"""Seconds that Redis may take on a busy machine, where its slowness is not the subject."""


class Prompt(LeasedLedger):
    """Hands its rows over before it answers, so that a reader beside it sees them."""

    async def reserve(self, hold: Hold, before: Ending | None = None) -> Granted | Denied:
        try:
            return await super().reserve(hold, before)
        finally:
            await self.flush()

    async def settle(self, ending: Ending) -> None:
        try:
            await super().settle(ending)
        finally:
            await self.flush()


class GrownStand:
    """One worker after the other on the same stores."""

    exact = True

    def __init__(self, redis: RedisServer, postgres: PostgresServer) -> None:
        self._redis, self._url = redis, postgres.database()
        self._folder = Path(tempfile.mkdtemp(prefix="halfpenny-grown-"))
        self._ledger: LeasedLedger | None = None
        redis.say("FLUSHALL")

    async def open(self, wall: Callable[[], int], notice: Callable[[Notice], None]) -> LeasedLedger:
        """Windows are chosen by Redis' clock, whatever the wall says."""
        ledger = await open_leased(
            self._redis.url, self._url, self._folder, notice, timeout=UNHURRIED, wall=wall, kind=Prompt
        )
        self._ledger = ledger
        return ledger

    async def crash(self) -> None:
        if self._ledger is not None:
            await abandon(self._ledger)

    async def rows(self) -> Found:
        assert self._ledger is not None
        found = await book(self._ledger).fetch("SELECT id, k, state, amount, cost, overrun FROM rows")
        rows: Found = {(r["id"], r["k"]): (r["state"], r["amount"], r["cost"], r["overrun"]) for r in found}
        held = self._ledger.accounts.holds.items()
        return rows | {attempt: ("held", hold.amount, 0, 0) for attempt, (hold, _) in held}

    async def spent(self) -> dict[Name, int]:
        assert self._ledger is not None
        return await counters(self._ledger, "spent")

    async def aclose(self) -> None:
        shutil.rmtree(self._folder)


def book(ledger: LeasedLedger) -> PostgresBook:
    """Its book of record, to read in."""
    assert isinstance(ledger.book, PostgresBook)
    return ledger.book


async def abandon(ledger: LeasedLedger) -> None:
    """Leave it as `kill -9` would: nothing more is written, told or given back."""
    await ledger.halt()


async def counters(ledger: LeasedLedger, field: str) -> dict[Name, int]:
    """A field of every counter in Redis."""
    assert isinstance(ledger.lender, RedisLender)
    client = ledger.lender.client
    found = {}
    async for key in client.scan_iter(f"{PREFIX}{{*"):
        rule, _, window = key.removeprefix(PREFIX).rpartition(":")
        found[rule[1:-1], int(window)] = int(await client.hget(key, field) or 0)
    return found
