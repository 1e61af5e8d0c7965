"""A worker's life on real stores, told as it happens: what `crash_points` cuts short and `aftermath` looks at."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from proxy.money.leased.ledger import LeasedLedger
from proxy.money.leased.lender import StoreUnavailable
from proxy.money.leased.opening import open_leased
from proxy.money.ledger import Granted, Hold
from routing.budget import Scope
from tests.doubles.eventually import eventually
from tests.doubles.ledgers import hold, settled, void
from tests.doubles.redis_server import RedisServer

LIMIT = 1_000
SCOPES = (Scope("month", 0, 2_000_000_000, LIMIT, alerts=(150,)), Scope("team", 0, 2_000_000_000, 5_000))
UNHURRIED = 5.0
T = TypeVar("T")
Tell = Callable[[str], None]


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
    """Open; an attempt that fails over to another after Redis forgot everything; a void and a free one; close."""
    ledger = await place.open()
    tell("asked a 0")
    if await granted(ledger, hold("a", 300, *SCOPES), tell):
        await forget(place, ledger)
        tell("asked a 1")
        again = hold("a", 200, *SCOPES, k=1)
        if await patient(lambda: ledger.reserve(again, before=settled("a", 111))) == Granted():
            tell("acked a 0")
            tell("granted a 1")
            ledger.dispatched("a", 1)
            tell("dispatched a 1")
            await ledger.settle(settled("a", 60, k=1))
            tell("acked a 1")
    tell("asked b 0")
    if await ledger.reserve(hold("b", 400, *SCOPES)) == Granted():
        await ledger.settle(void("b"))
    await ledger.settle(settled("old", 70))
    tell("acked old 0")
    await ledger.flush()
    await ledger.aclose()


async def granted(ledger: LeasedLedger, wanted: Hold, tell: Tell) -> bool:
    """Whether it was, and is dispatched now."""
    if await patient(lambda: ledger.reserve(wanted)) != Granted():
        return False
    tell(f"granted {wanted.id} {wanted.k}")
    ledger.dispatched(wanted.id, wanted.k)
    tell(f"dispatched {wanted.id} {wanted.k}")
    return True


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
