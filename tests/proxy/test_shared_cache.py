"""What replicas share on a real Redis: never another's value, never an error, and no waiting for one that is away."""

import asyncio
from hashlib import sha256
from time import monotonic

import pytest

from proxy.shared_cache import AGAIN, AT_ONCE, MOST_UNWRITTEN, Codec, SharedCache
from tests.doubles.redis_server import MISSING, PROGRAM, RedisServer

pytestmark = pytest.mark.skipif(not PROGRAM, reason=MISSING)
PATIENT = 5.0
PLAIN: Codec[bytes] = Codec(bytes, lambda value: value or None)
A, B, C = (sha256(bytes([number])).digest() for number in range(3))


class Around:
    """A clock that the test moves, and a count of failures."""

    def __init__(self) -> None:
        self.now, self.failures = 0.0, 0

    def clock(self) -> float:
        return self.now

    def failed(self) -> None:
        self.failures += 1

    def cache(self, url: str, patience: float = PATIENT) -> SharedCache[bytes]:
        return SharedCache(url, "test", PLAIN, 60, self.clock, self.failed, patience)


async def test_questions_of_one_moment_each_get_their_own_answers() -> None:
    with RedisServer() as server:
        one, other = Around().cache(server.url), Around().cache(server.url)
        one.keep({A: b"a", B: b"b" * 3000})
        await one.written()
        asked = await asyncio.gather(other.find([A]), other.find([C, B]), other.find([]), other.find([B, A]))
        assert list(asked) == [[b"a"], [None, b"b" * 3000], [], [b"b" * 3000, b"a"]]
        assert (other.hits, other.misses) == (4, 1)
        assert int(server.say("INFO", "commandstats").split(b"cmdstat_mget:calls=")[1].split(b",")[0]) <= 2
        await one.aclose()
        await other.aclose()


async def test_more_than_one_trip_takes_is_several() -> None:
    with RedisServer() as server:
        cache = Around().cache(server.url)
        many = {sha256(bytes(2) + number.to_bytes(4)).digest(): str(number).encode() for number in range(AT_ONCE + 50)}
        cache.keep(many)
        await cache.written()
        parts = await asyncio.gather(
            *(cache.find(list(many)[start : start + 250]) for start in range(0, len(many), 250))
        )
        assert [each for part in parts for each in part] == list(many.values())
        await cache.aclose()


@pytest.mark.parametrize("damage", ["foreign", "short", "cut", "flipped", "another's", "a list"])
async def test_what_is_not_ours_is_nothing_known(damage: str) -> None:
    with RedisServer() as server:
        around = Around()
        cache = around.cache(server.url)
        cache.keep({A: b"12345678", B: b"x"})
        await cache.written()
        name, other = (f"halfpenny:test:{key.hex()}" for key in (A, B))
        does = {
            "foreign": ("SET", name, "somebody else's words, and rather many of them"),
            "short": ("SET", name, "1"),
            "cut": ("EVAL", "redis.call('set', KEYS[1], string.sub(redis.call('get', KEYS[1]), 1, -2))", "1", name),
            "flipped": ("SETRANGE", name, "39", "9"),
            "another's": ("COPY", other, name, "REPLACE"),
            "a list": ("EVAL", "redis.call('del', KEYS[1]); redis.call('lpush', KEYS[1], 'x')", "1", name),
        }
        assert not server.say(*does[damage]).startswith(b"-")
        assert await cache.find([A, B]) == [None, b"x"]
        assert around.failures == 0
        await cache.aclose()


async def test_a_silent_server_costs_one_its_patience_and_whoever_comes_meanwhile_nothing() -> None:
    with RedisServer() as server:
        around = Around()
        cache = around.cache(server.url, 0.05)
        server.freeze()
        assert await cache.find([A]) == [None]
        for round in range(1, 4):
            assert around.failures >= round and not cache.available
            assert await cache.find([A]) == [None]
            cache.keep({A: b"a"})
            around.now += AGAIN
            probing = asyncio.create_task(cache.find([A]))
            await asyncio.sleep(0)
            assert await cache.find([A]) == [None]
            assert await probing == [None]
        server.thaw()
        await cache.aclose()


async def test_once_it_answers_again_it_is_asked_again() -> None:
    with RedisServer() as server:
        around = Around()
        cache = around.cache(server.url)
        cache.keep({A: b"a"})
        await cache.written()
        server.kill()
        assert await cache.find([A]) == [None]
        server.start()
        around.now += AGAIN
        assert await cache.find([A]) == [None]
        cache.keep({A: b"a"})
        await cache.written()
        assert await cache.find([A]) == [b"a"]
        assert around.failures == 1
        await cache.aclose()


async def test_a_server_that_refuses_writes_is_no_error() -> None:
    with RedisServer("maxmemory 1", "maxmemory-policy noeviction") as server:
        around = Around()
        cache = around.cache(server.url)
        cache.keep({A: b"a"})
        await cache.written()
        assert (around.failures, await cache.find([A])) == (1, [None])
        await cache.aclose()


async def test_who_leaves_takes_nobodys_answer_along() -> None:
    with RedisServer() as server:
        cache = Around().cache(server.url)
        cache.keep({A: b"a", B: b"b"})
        await cache.written()
        for _ in range(20):
            leaving, staying = asyncio.create_task(cache.find([A])), asyncio.create_task(cache.find([B]))
            await asyncio.sleep(0)
            leaving.cancel()
            assert await staying == [b"b"]
        await cache.aclose()


async def test_places_are_bounded_and_who_comes_later_takes_them() -> None:
    with RedisServer() as server:
        cache = Around().cache(server.url)
        many = {sha256(bytes([9, number])).digest(): bytes([number]) for number in range(100)}
        for key, value in many.items():
            cache.keep({key: value}, slots=10)
        await cache.written()
        assert 1 <= int(server.say("DBSIZE").strip(b":\r\n")) <= 10
        found = await cache.find(list(many), slots=10)
        assert {each for each in found if each is not None} <= set(many.values())
        assert 1 <= sum(each is not None for each in found) <= 10
        assert all(each in (None, value) for each, value in zip(found, many.values(), strict=True))
        await cache.aclose()


async def test_what_waits_to_be_written_is_bounded() -> None:
    with RedisServer() as server:
        cache = Around().cache(server.url)
        large = {sha256(bytes([7, number])).digest(): bytes(1 << 20) for number in range(20)}
        cache.keep(large)
        await cache.written()
        assert 0 < int(server.say("DBSIZE").strip(b":\r\n")) * (1 << 20) < MOST_UNWRITTEN
        await cache.aclose()


async def test_no_server_at_all_and_monotonic_time() -> None:
    around = Around()
    cache = SharedCache("redis://127.0.0.1:1/0", "test", PLAIN, 60, monotonic, around.failed, PATIENT)
    assert await cache.find([A]) == [None]
    cache.keep({A: b"a"})
    assert around.failures == 1
    await cache.aclose()
