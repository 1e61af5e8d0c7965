"""The shared cache on a real Redis: found by another process, never waited for, silent when it is gone."""

from time import monotonic

import pytest

from proxy.doors.far_cache import FarCache
from proxy.doors.near_cache import keys
from tests.doubles.redis_server import MISSING, PROGRAM, RedisServer

pytestmark = pytest.mark.skipif(not PROGRAM, reason=MISSING)
A, B = keys("v1", ["a", "b"])
PATIENT = 5.0


class Heard:
    failures = 0

    def __call__(self) -> None:
        self.failures += 1


async def test_what_one_keeps_another_finds_for_a_while() -> None:
    with RedisServer() as server:
        one, other = (FarCache(server.url, 60, monotonic, Heard(), PATIENT) for _ in range(2))
        one.keep({A: 0.123456789})
        await one.written()
        assert await other.find([A, B]) == [0.123456789, None]
        assert (other.hits, other.misses, other.errors) == (1, 1, 0)
        name = f"halfpenny:label:{A.hex()}"
        assert 0 < int(server.say("TTL", name).strip(b":\r\n")) <= 60
        server.say("SET", name, "junk")
        assert await other.find([A]) == [None]
        await one.aclose()
        await other.aclose()


async def test_a_silent_server_costs_its_patience_once_and_then_nothing() -> None:
    with RedisServer() as server:
        now, heard = [0.0], Heard()
        cache = FarCache(server.url, 60, lambda: now[0], heard, 0.05)
        server.freeze()
        assert await cache.find([A]) == [None]
        assert (heard.failures, cache.available) == (1, False)
        assert await cache.find([A, B]) == [None, None]
        cache.keep({A: 0.1})
        assert heard.failures == 1
        server.thaw()
        now[0] = 1.0
        assert cache.available
        await cache.aclose()


async def test_no_server_at_all_is_as_if_nothing_were_known() -> None:
    heard = Heard()
    cache = FarCache("redis://127.0.0.1:1/0", 60, monotonic, heard, PATIENT)
    assert await cache.find([A]) == [None]
    assert heard.failures == 1
    await cache.aclose()
