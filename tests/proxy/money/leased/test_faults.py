"""The grown ledger when its stores fail: F31, F37, F38, F39, F40, F41, F46, F48, F52, on real servers."""

import asyncio

import pytest

from proxy.money.leased import redis
from proxy.money.leased.lender import Ask, LenderLost, StoreUnavailable
from proxy.money.leased.verify import complaints, verify
from proxy.money.ledger import Denied, Granted, Late, Stray, UnknownHold
from proxy.money.schema import LedgerRefused
from routing.budget import Rule, Scope
from routing.money import Share, Usd
from tests.doubles.eventually import eventually, in_time
from tests.doubles.ledgers import hold, settled, void
from tests.doubles.redis_server import RedisServer
from tests.doubles.stores import Stores

YEAR = Scope("year", 0, 2_000_000_000, 1_000_000, stop_at=950_000, alerts=(500_000,))
SMALL = Scope("small", 0, 2_000_000_000, 1_000)


async def test_f31_two_workers_share_the_last_cent_and_idle_money_comes_back(stores: Stores) -> None:
    async with stores.worker() as one, stores.worker() as two:
        asked = [w.reserve(hold(f"{w.accounts.owner}{n}", 10, SMALL)) for n in range(100) for w in (one, two)]
        answers = await asyncio.gather(*asked)
        assert answers.count(Granted()) == 100
        assert {a.why for a in answers if isinstance(a, Denied)} == {"in_flight"}
        assert one.held()[1] + two.held()[1] == 1_000
        for worker in (one, two):
            for id, k in list(worker.accounts.holds):
                await worker.settle(settled(id, 1, k))
        await in_time(lambda: granted(two, "whole", 900, SMALL))  # never refused wrongly for long
        await one.flush()
        await two.flush()
        await in_time(lambda: verify(one))
        assert await stores.counter(one, ("small", 0)) == (100, 900)


async def test_f31_nobody_is_refused_while_there_is_room(stores: Stores) -> None:
    wide = Scope("wide", 0, 2_000_000_000, 10**15)
    async with stores.worker() as ledger:

        async def lane(name: int) -> None:
            for turn in range(100):
                assert await ledger.reserve(hold(f"{name}-{turn}", 10**6, wide)) == Granted()
                await asyncio.sleep(0)
                await ledger.settle(settled(f"{name}-{turn}", 10**5))

        await asyncio.gather(*(lane(name) for name in range(32)))
        await ledger.flush()
        assert (await stores.counter(ledger, ("wide", 0)))[0] == 32 * 100 * 10**5


async def granted(worker: object, id: str, amount: int, *scopes: Scope) -> bool:
    return await worker.reserve(hold(id, amount, *scopes)) == Granted()  # type: ignore[attr-defined, no-any-return]


async def test_f37_redis_down_slices_go_on_then_503_and_open_again(stores: Stores) -> None:
    async with stores.worker(timeout=0.05) as ledger:
        await in_time(lambda: granted(ledger, "first", 100, YEAR))
        stores.redis.kill()
        await eventually(lambda: not ledger.borrower.open)
        assert await ledger.reserve(hold("inside", 100, YEAR)) == Granted()
        assert await ledger.reserve(hold("free", 0)) == Granted()
        with pytest.raises(StoreUnavailable) as refused:
            await ledger.reserve(hold("outside", 500_000, YEAR))
        assert (refused.value.code, refused.value.status, refused.value.retry_after) == (
            *("budget_store_unavailable", 503),
            1,
        )
        await ledger.settle(settled("inside", 60))
        stores.redis.start()
        await in_time(lambda: patient(ledger, "after", 500_000))
        await ledger.settle(settled("first", 70))
        await ledger.flush()
        await in_time(lambda: verify(ledger))
        assert await stores.counter(ledger, ("year", 0)) == (130, ledger.accounts.slices["year", 0].level)


async def patient(ledger: object, id: str, amount: int) -> bool:
    try:
        return await granted(ledger, id, amount, YEAR)
    except StoreUnavailable:
        return False


async def test_f38_an_unanswered_ask_is_repeated_and_leases_once(stores: Stores) -> None:
    async with stores.worker(timeout=0.05) as ledger:
        await in_time(lambda: patient(ledger, "first", 1))
        stores.redis.freeze()
        with pytest.raises(StoreUnavailable):
            await ledger.reserve(hold("big", 400_000, YEAR))
        stores.redis.thaw()
        await in_time(lambda: patient(ledger, "big", 400_000))
        await in_time(lambda: verify(ledger))
        _, leased = await stores.counter(ledger, ("year", 0))
        assert leased == ledger.accounts.slices["year", 0].level < 2 * 400_000


@pytest.mark.parametrize("loss", ["FLUSHALL", "FAILOVER"])
async def test_f39_f40_lost_writes_are_rebuilt_from_rows_and_promises(stores: Stores, loss: str) -> None:
    async with stores.worker() as one, stores.worker() as two:
        assert await granted(one, "spent", 300, SMALL)
        await one.settle(settled("spent", 300))
        await one.flush()
        assert await granted(one, "mine", 300, SMALL)
        assert await granted(two, "yours", 200, SMALL)
        if loss == "FLUSHALL":
            stores.redis.say("FLUSHALL")
        else:
            stores.redis.kill()
            stores.redis.start()
        await eventually(lambda: two.fencing.epoch is not None and two.fencing.epoch.number == 2)
        await eventually(lambda: one.fencing.epoch is not None and one.fencing.epoch.number == 2)
        denied = await two.reserve(hold("more", 201, SMALL))
        assert isinstance(denied, Denied) and denied.why == "in_flight"
        assert await two.reserve(hold("fits", 200, SMALL)) == Granted()
        await in_time(lambda: verify(two))


async def test_f39_a_replica_that_lost_writes_is_not_believed(stores: Stores) -> None:
    with RedisServer(f"replicaof 127.0.0.1 {stores.redis.port}") as replica:
        async with stores.worker() as ledger:
            assert await granted(ledger, "one", 400, SMALL)
            lender = ledger.lender
            assert isinstance(lender, redis.RedisLender)
            before = (await lender.fence()).server
            replica.say("REPLICAOF", "NO", "ONE")
            other = redis.RedisLender(replica.url, 5.0)
            assert (await other.fence()).server != before
            other.accept(before)
            with pytest.raises(LenderLost):
                await other.exchange(1, [_ask()])
            await other.aclose()


def _ask() -> Ask:
    return Ask(("small", 0), "somebody", 1, 0, 0, 1, 1, 1_000)


async def test_f41_postgres_down_rows_wait_in_the_journal(stores: Stores) -> None:
    async with stores.worker() as ledger:
        assert await granted(ledger, "before", 100, YEAR)
        stores.postgres.stop()
        try:
            await ledger.settle(settled("before", 90))
            for number in range(50):
                assert await granted(ledger, f"n{number}", 100, YEAR)
                await ledger.settle(settled(f"n{number}", 10))
            await eventually(lambda: ledger.shipper.down)
        finally:
            stores.postgres.start()
        await in_time(lambda: settled_rows(stores, ledger, 51))
        await in_time(lambda: verify(ledger))
        assert (await stores.counter(ledger, ("year", 0)))[0] == 90 + 500


async def settled_rows(stores: Stores, ledger: object, number: int) -> bool:
    return not ledger.shipper.down and len(await stores.rows(ledger)) == number  # type: ignore[attr-defined, arg-type]


async def test_f46_windows_follow_redis_time_and_never_go_back(stores: Stores) -> None:
    async with stores.worker() as ledger:
        fence = await ledger.lender.fence()
        assert abs(ledger.now() - fence.now) < 60 * 10**9
        before = ledger.now()
        ledger.keeper._clock.look(type(fence)(fence.server, fence.epoch, fence.now - 3_600 * 10**9))
        assert ledger.now() >= before


async def test_f52_repeated_and_late_ends(stores: Stores) -> None:
    async with stores.worker() as ledger:
        assert await granted(ledger, "a", 100, SMALL) and await granted(ledger, "b", 100, SMALL)
        await ledger.settle(settled("a", 50))
        await ledger.settle(settled("a", 70))
        await ledger.settle(void("b"))
        await ledger.settle(settled("b", 7))
        with pytest.raises(UnknownHold):
            await ledger.settle(settled("nobody", 7))
        await ledger.flush()
        assert stores.notices == [Late("b", 0, 7), Stray("nobody", 0, 7)]
        assert (await stores.counter(ledger, ("small", 0)))[0] == 50  # F48: n$, exactly
        assert await complaints(ledger) == []


async def test_unsafe_redis_settings_are_refused(stores: Stores) -> None:
    stores.redis.say("CONFIG", "SET", "maxmemory", "100mb")
    stores.redis.say("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    try:
        with pytest.raises(LedgerRefused, match="noeviction"):
            async with stores.worker():
                pass
    finally:
        stores.redis.say("CONFIG", "SET", "maxmemory", "0")


async def test_limits_that_redis_cannot_count_are_refused(stores: Stores) -> None:
    rules = (Rule(name="huge", limit=Usd(2**53 + 1)),)
    with pytest.raises(LedgerRefused, match="huge"):
        async with stores.worker(rules=rules):
            pass


async def test_workers_with_rules_open_and_count_by_them(stores: Stores) -> None:
    rules = (Rule(name="month", limit=Usd(1_000), stop_at=Share(9_500)),)
    async with stores.worker(rules=rules) as ledger:
        scope = rules[0].scope("alice", ledger.now() // 10**9)
        assert scope is not None
        assert await ledger.reserve(hold("a", 1_000, scope)) == Granted()
