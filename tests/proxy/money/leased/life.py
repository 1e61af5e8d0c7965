"""A worker's life on real stores, told as it happens: what `crash_points` cuts short and `aftermath` looks at."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from proxy.money.leased.ledger import LeasedLedger
from proxy.money.leased.lender import StoreUnavailable
from proxy.money.leased.opening import open_leased
from proxy.money.ledger import Granted
from routing.budget import Scope
from tests.doubles.eventually import eventually
from tests.doubles.ledgers import hold, settled
from tests.doubles.redis_server import RedisServer
from tests.money.life import TRUTH, Tell, story

LIMIT = 1_000
SCOPES = (Scope("month", 0, 2_000_000_000, LIMIT, alerts=(150,)), Scope("team", 0, 2_000_000_000, 5_000))
UNHURRIED = 5.0
T = TypeVar("T")


class Place(Struct, frozen=True):
    """Where a life is led. `folder` is the machine's."""

    redis: RedisServer
    postgres: str
    folder: Path

    async def open(self) -> LeasedLedger:
        """A worker's ledger."""
        return await open_leased(self.redis.url, self.postgres, self.folder, lambda notice: None, timeout=UNHURRIED)


async def earlier(place: Place) -> None:
    """What every life finds: a worker that died with one hold dispatched, one not, and a row not handed over."""
    ledger = await place.open()
    for id, amount in (("old", 100), ("idle", 50), ("done", 30)):
        assert await ledger.reserve(hold(id, amount, *SCOPES)) == Granted()
    ledger.dispatched("old", 0)
    ledger.dispatched("done", 0)
    await ledger.settle(settled("done", 20))


async def life(place: Place, tell: Tell) -> None:
    """Open; the story, in which Redis forgets everything between two attempts; late truth; close."""
    ledger = await place.open()
    await story(ledger, SCOPES, tell, patient, lambda: forget(place, ledger))
    await ledger.settle(settled("old", TRUTH["old", 0]))
    tell("acked old 0")
    await ledger.flush()
    await ledger.aclose()


async def patient(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask again while the counters are made anew, as they are when one was cut short in its making."""
    for _ in range(1000):
        try:
            return await ask()
        except StoreUnavailable:
            await asyncio.sleep(0.01)
    return await ask()


async def forget(place: Place, ledger: LeasedLedger) -> None:
    """Redis loses everything; wait until budgets are open again."""
    before = ledger.fencing.epoch
    place.redis.say("FLUSHALL")
    await eventually(lambda: ledger.fencing.epoch not in (None, before))
