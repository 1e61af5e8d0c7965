"""Limits that replicas share through a real Redis, and what becomes of them without it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from time import monotonic_ns

import pytest

from proxy.limits.bucket import Bucket, Charge
from proxy.limits.redis import RedisMeter
from tests.doubles.redis_server import MISSING, PROGRAM, RedisServer

pytestmark = pytest.mark.skipif(not PROGRAM, reason=MISSING)

SECOND = 1_000_000_000
THREE = (Charge(Bucket("r:requests", "requests", 3, 3)),)
TWO = (Charge(Bucket("r:parallel", "parallel", 2, 2)),)
TOKENS = Bucket("r:tokens", "tokens", 6000, 6000)


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with RedisServer() as made:
        yield made


@pytest.fixture
async def replica(server: RedisServer) -> AsyncIterator[Callable[..., RedisMeter]]:
    """Meters, each of a replica of its own; patient, so that a busy machine is no lost Redis."""
    async with AsyncExitStack() as stack:

        def made(timeout: float = 5.0, lease: int = 60) -> RedisMeter:
            meter = RedisMeter(server.url, monotonic_ns, timeout, lease)
            stack.push_async_callback(meter.aclose)
            return meter

        yield made


async def test_replicas_share_a_limit(replica: Callable[..., RedisMeter]) -> None:
    one, two = replica(), replica()
    verdicts = [await meter.admit(str(n), THREE) for n, meter in enumerate((one, two, one, two))]
    assert [verdict.denied for verdict in verdicts] == [-1, -1, -1, 0]
    assert [verdict.levels[0].remaining for verdict in verdicts] == [2, 1, 0, 0]
    assert 19 * SECOND < verdicts[3].wait <= 20 * SECOND
    assert 59 * SECOND < verdicts[3].levels[0].reset <= 60 * SECOND


async def test_a_hundred_at_once_from_four_replicas_get_in_as_often_as_allowed(
    replica: Callable[..., RedisMeter],
) -> None:
    meters = [replica() for _ in range(4)]
    ask = (Charge(Bucket("h:requests", "requests", 30, 30)), Charge(Bucket("h:parallel", "parallel", 25, 25)))
    verdicts = await asyncio.gather(*(meters[n % 4].admit(str(n), ask) for n in range(100)))
    assert sum(verdict.denied < 0 for verdict in verdicts) == 25


async def test_all_charges_or_none_and_the_longest_wait_is_told(replica: Callable[..., RedisMeter]) -> None:
    meter = replica()
    await meter.admit("a", (Charge(TOKENS, 6000),))
    refused = await meter.admit("b", (*THREE, *TWO, Charge(TOKENS, 600)))
    assert refused.denied == 2
    assert 5 * SECOND < refused.wait <= 6 * SECOND
    assert [level.remaining for level in refused.levels[:2]] == [3, 2]
    never = await meter.admit("c", (*THREE, Charge(TOKENS, 6001)))
    assert (never.denied, never.wait) == (1, -1)


async def test_the_truth_gives_back_or_takes_more(replica: Callable[..., RedisMeter]) -> None:
    meter = replica()
    await meter.admit("a", (Charge(TOKENS, 6000),))
    meter.leave("a", (Charge(TOKENS, -5000),))
    second = await meter.admit("b", (Charge(TOKENS, 5000),))
    assert (second.denied, second.levels[0].remaining < 1000) == (-1, True)
    meter.leave("b", (Charge(TOKENS, 6000),))
    third = await meter.admit("c", (Charge(TOKENS, 1),))
    assert 50 * SECOND < third.wait < 61 * SECOND


async def test_places_come_back_once_and_a_dead_replicas_after_its_lease(replica: Callable[..., RedisMeter]) -> None:
    dead, alive = replica(lease=1), replica()
    assert (await dead.admit("a", TWO)).denied == -1
    assert dead._renewing is not None
    dead._renewing.cancel()
    assert (await alive.admit("b", TWO)).denied == -1
    assert (await alive.admit("c", TWO)).denied == 0
    alive.leave("c")
    alive.leave("b")
    alive.leave("b")
    assert (await alive.admit("d", TWO)).denied == -1
    async with asyncio.timeout(10):
        while (await alive.admit("e", TWO)).denied == 0:  # noqa: ASYNC110 (Redis's own clock)
            await asyncio.sleep(0.05)


async def test_a_running_request_keeps_its_place(replica: Callable[..., RedisMeter], server: RedisServer) -> None:
    meter = replica(lease=1)
    await meter.admit("a", (Charge(Bucket("one:parallel", "parallel", 1, 1)),))
    ends = server.say("ZSCORE", "halfpenny:{limits}:one:parallel", "a")
    async with asyncio.timeout(10):
        while server.say("ZSCORE", "halfpenny:{limits}:one:parallel", "a") == ends:  # noqa: ASYNC110 (Redis's own clock)
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("how", ["flushed", "killed"])
async def test_the_truth_goes_to_the_buckets_that_took_the_charge(
    replica: Callable[..., RedisMeter], server: RedisServer, how: str
) -> None:
    """F40: what Redis forgot, and what a replica charged without it, takes nothing from what others used since."""
    one, two = replica(), replica()
    assert (await one.admit("before", (Charge(TOKENS, 6000),))).denied == -1
    if how == "flushed":
        server.say("FLUSHALL")
    else:
        server.kill()
        assert (await one.admit("between", (Charge(TOKENS, 6000),))).denied == -1
        server.start()
    async with asyncio.timeout(20):
        await two.admit("after", (Charge(TOKENS, 6000),))
        while b"tokens" not in server.say("KEYS", "*"):
            await asyncio.sleep(0.05)
            await two.admit("after", (Charge(TOKENS, 6000),))
    one.leave("before", (Charge(TOKENS, -6000),))
    one.leave("between", (Charge(TOKENS, -6000),))
    await one.aclose()  # they were said
    assert (await two.admit("more", (Charge(TOKENS, 3000),))).denied == 0
    two.leave("after", (Charge(TOKENS, -3500),))
    assert (await two.admit("more", (Charge(TOKENS, 3000),))).denied == -1


@pytest.mark.parametrize("how", ["killed", "frozen"])
async def test_without_redis_limits_are_kept_locally_and_it_is_said_once_f37_f38(
    replica: Callable[..., RedisMeter], server: RedisServer, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    meter = replica(timeout=0.3)
    await meter.admit("z", THREE)
    server.kill() if how == "killed" else server.freeze()
    with caplog.at_level(logging.WARNING):
        assert [(await meter.admit(str(n), THREE)).denied for n in range(4)] == [-1, -1, -1, 0]
        server.start() if how == "killed" else server.thaw()
        async with asyncio.timeout(20):
            while "keeps the limits again" not in caplog.text:
                await meter.admit("x", (Charge(Bucket("o:requests", "requests", 10**6, 10**6)),))
                await asyncio.sleep(0.05)
    assert caplog.text.count("Redis does not keep the limits") == 1
