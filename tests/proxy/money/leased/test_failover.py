"""A failover of Redis under load that loses writes: master, replica, and an address that leads to another server."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

from proxy.money.leased.ledger import LeasedLedger
from proxy.money.leased.opening import open_leased
from proxy.money.leased.verify import verify
from proxy.money.ledger import Denied
from routing.budget import Scope
from tests.doubles.eventually import in_time
from tests.doubles.forwarder import Forwarder
from tests.doubles.ledgers import hold, settled
from tests.doubles.redis_server import RedisServer
from tests.doubles.stores import Stores
from tests.proxy.money.leased.life import patient

UNHURRIED = 0.5


@asynccontextmanager
async def worker(stores: Stores, redis: str) -> AsyncIterator[LeasedLedger]:
    """One whose Redis is at that address."""
    ledger = await open_leased(redis, stores.url, stores.folder, stores.notices.append, timeout=UNHURRIED)
    try:
        yield ledger
    finally:
        await ledger.aclose()


async def test_f39_a_failover_under_load_that_loses_writes(stores: Stores, tmp_path: Path) -> None:
    """The replica stops hearing, the master is used on and dies, the replica is promoted and takes its address."""
    limit = Scope("limit", 0, 2_000_000_000, 10_000)
    line = Forwarder(tmp_path / "redis.sock", stores.redis.socket)
    await line.mend()
    url = f"unix://{tmp_path / 'redis.sock'}"
    with RedisServer(f"replicaof 127.0.0.1 {stores.redis.port}") as replica:
        async with worker(stores, url) as one, worker(stores, url) as two:
            assert await one.room((limit,)) == 10_000
            await in_time(lambda: copied(stores, replica))
            replica.say("REPLICAOF", "127.0.0.1", "1")  # from here on every write will be lost
            lanes = [(ledger, f"{n}-{lane}") for n, ledger in enumerate((one, two)) for lane in range(4)]
            load = [asyncio.create_task(spend(*lane, limit)) for lane in lanes]
            await in_time(lambda: counted(stores, one, 2_000))
            line.cut()
            stores.redis.kill()
            replica.say("REPLICAOF", "NO", "ONE")
            line.target = replica.socket
            await line.mend()
            began = time.monotonic()
            await in_time(lambda: reopened(one, two))
            shut = time.monotonic() - began
            spent = sum(await asyncio.gather(*load))
            await patient(one.flush)
            await patient(two.flush)
            await in_time(lambda: verify(one))
            rows = sum(row["cost"] for row in await stores.rows(one))
            assert spent == rows == (await stores.counter(one, ("limit", 0)))[0]
            assert 10_000 - 30 < rows <= 10_000
            assert shut < 10  # two seconds where nobody else needs the machine
            print(f"budgets were closed for {shut:.2f} s")
    await line.aclose()


async def copied(stores: Stores, replica: RedisServer) -> bool:
    return b"limit" in replica.say("KEYS", "halfpenny:*") and b"link_status:up" in replica.say("INFO", "replication")


async def counted(stores: Stores, ledger: LeasedLedger, least: int) -> bool:
    return (await stores.counter(ledger, ("limit", 0)))[0] >= least


async def reopened(*workers: LeasedLedger) -> bool:
    return all(worker.fencing.epoch is not None and worker.fencing.epoch.number == 2 for worker in workers)


async def spend(ledger: LeasedLedger, name: str, scope: Scope) -> int:
    """Until the limit is spent; what the provider was paid."""
    paid = 0
    for turn in count():
        id = f"{name}-{turn}"
        answer = await patient(lambda id=id: ledger.reserve(hold(id, 30, scope)))  # type: ignore[misc]
        if isinstance(answer, Denied):
            if answer.why == "limit":
                return paid
            continue
        ledger.dispatched(id, 0)
        await asyncio.sleep(0.005)
        await ledger.settle(settled(id, turn % 31))
        paid += turn % 31
    raise AssertionError
