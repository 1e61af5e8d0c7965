"""Workers that others cannot hear: cut off from the book of record, counted as lost, and back again (F35, F39-F41)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from proxy.money.leased.ledger import LeasedLedger
from proxy.money.leased.lender import StoreUnavailable
from proxy.money.leased.opening import open_leased
from proxy.money.leased.verify import complaints, verify
from proxy.money.ledger import Denied, Granted
from routing.budget import Scope
from tests.doubles.eventually import in_time
from tests.doubles.forwarder import Forwarder
from tests.doubles.ledgers import hold, settled
from tests.doubles.stores import UNHURRIED, Stores
from tests.proxy.money.leased.life import patient

SMALL = Scope("small", 0, 2_000_000_000, 1_000)
SMALL_NAME = ("small", 0)
OTHER = Scope("other", 0, 2_000_000_000, 1_000)
FRESH = Scope("fresh", 0, 2_000_000_000, 1_000)
GRACE = 2.0


@asynccontextmanager
async def far_worker(
    stores: Stores, folder: Path, grace: float = GRACE
) -> AsyncIterator[tuple[LeasedLedger, Forwarder]]:
    """A worker on another machine, whose line to Postgres can be cut."""
    address, _, host = stores.url.partition("?host=")
    line = Forwarder(folder / ".s.PGSQL.5432", Path(host) / ".s.PGSQL.5432")
    await line.mend()
    url = f"{address}?host={folder}"
    ledger = await open_leased(stores.redis.url, url, folder, stores.notices.append, timeout=UNHURRIED, grace=grace)
    try:
        yield ledger, line
    finally:
        await ledger.aclose()
        await line.aclose()


async def test_f35_a_worker_cut_off_from_postgres_is_refused_once_it_counts_as_lost(
    stores: Stores, tmp_path: Path
) -> None:
    async with (
        stores.worker(tmp_path / "here", grace=GRACE) as here,
        far_worker(stores, tmp_path) as (far, line),
    ):
        for id, scope in (("done", SMALL), ("runs", SMALL), ("side", OTHER)):
            assert await far.reserve(hold(id, 200, scope)) == Granted()
        await patient(far.flush)
        assert await here.room((SMALL, FRESH)) is not None
        line.cut()
        await far.settle(settled("done", 40))

        async def posted() -> bool:
            return (await stores.counter(here, ("small", 0)))[0] >= 240 and await verify(here)

        await in_time(posted)
        assert await here.room((OTHER,)) <= 800  # type: ignore[operator]
        for scope in (SMALL, FRESH):  # nothing is lent to it, of counters that it never had neither
            with pytest.raises(StoreUnavailable):
                await far.reserve(hold("more", 700, scope))
        await line.mend()
        await in_time(lambda: back(far))
        assert await patient(lambda: far.reserve(hold("again", 400, SMALL))) == Granted()
        for id, cost in (("runs", 150), ("side", 1), ("again", 2)):
            await far.settle(settled(id, cost))
        await patient(far.flush)
        await in_time(lambda: verify(here))  # F41: its rows took the place of what was posted, in every counter
        rows = {row["id"]: row["cost"] for row in await stores.rows(here)}
        assert {id: cost for id, cost in rows.items() if cost} == {"done": 40, "runs": 150, "side": 1, "again": 2}
        assert (await stores.counter(here, ("small", 0)))[0] == 192


async def back(ledger: LeasedLedger) -> bool:
    return ledger.fencing.epoch is not None and not ledger.shipper.down


async def test_a_worker_may_be_lost_twice(stores: Stores, tmp_path: Path) -> None:
    async with (
        stores.worker(tmp_path / "here", grace=GRACE) as here,
        far_worker(stores, tmp_path) as (far, line),
    ):
        for turn in ("one", "two"):
            assert await patient(lambda id=turn: far.reserve(hold(id, 300, SMALL))) == Granted()  # type: ignore[misc]
            line.cut()
            await in_time(lambda: here.book.silent(GRACE))

            async def posted() -> bool:
                return not await here.book.silent(GRACE) and await verify(here)

            await in_time(posted)
            assert sum(row["cost"] for row in await stores.rows(here)) >= 300
            await line.mend()
            await far.settle(settled(turn, 100))
            await in_time(lambda: back(far))
            await patient(far.flush)
            await in_time(lambda: verify(here))
        assert await stores.counter(here, ("small", 0)) == (200, far.accounts.slices["small", 0].level)


async def test_f40_f41_leases_that_postgres_never_heard_of_survive_the_loss_of_redis(stores: Stores) -> None:
    """Leased while Postgres was down, then Redis forgets: no epoch begins before every worker has told its promises."""
    async with stores.worker() as one, stores.worker() as two:
        assert await one.room((SMALL,)) == await two.room((SMALL,)) == 1_000
        stores.postgres.stop()
        try:
            assert await one.reserve(hold("mine", 600, SMALL)) == Granted()
            assert await two.reserve(hold("yours", 300, SMALL)) == Granted()
            stores.redis.say("FLUSHALL")
            await in_time(lambda: closed(one, two))
            with pytest.raises(StoreUnavailable):
                await two.reserve(hold("more", 100, SMALL))
        finally:
            stores.postgres.start()
        denied = await patient(lambda: two.reserve(hold("more", 101, SMALL)))
        assert isinstance(denied, Denied)
        assert await patient(lambda: two.reserve(hold("rest", 100, SMALL))) == Granted()
        await in_time(lambda: verify(one))
        assert await complaints(two) == []


async def closed(*workers: LeasedLedger) -> bool:
    return all(worker.fencing.epoch is None for worker in workers)


async def test_f40_a_counter_whose_making_was_cut_short_begins_a_new_epoch(stores: Stores) -> None:
    """Somebody noted in Postgres that it makes the counter, and died."""
    async with stores.worker() as ledger:
        epoch = ledger.fencing.epoch
        assert epoch is not None and (await ledger.book.opening(epoch.number, SMALL_NAME)).fresh
        assert await patient(lambda: ledger.reserve(hold("a", 1_000, SMALL))) == Granted()
        assert ledger.fencing.epoch is not None and ledger.fencing.epoch.number == epoch.number + 1
