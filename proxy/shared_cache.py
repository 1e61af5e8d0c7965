"""What replicas need not work out twice, in Redis: found or not, never waited for, never worth an error.

All questions of a moment are one round trip on one connection, and who asks waits for it a few milliseconds at most;
the trip itself may take longer, so that a slow handshake is made once. Whatever fails or is late is as if nothing were
known; then Redis is left alone for a second, after which one question finds out. A value comes with the digest that it
belongs to and a checksum: a foreign or damaged one, or an answer that was meant for another question, is nothing known.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar, cast
from zlib import crc32

from redis.asyncio import Redis
from redis.asyncio.connection import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from proxy.money.leased.redis import PREFIX

CONNECTING, TRIP = 1.0, 1.0
"""Seconds for a connection, and for a round trip or a write, for which nobody waits so long."""
AGAIN = 1.0
"""Seconds until a Redis that failed is asked again."""
AT_ONCE, WRITES_AT_ONCE = 1024, 64
"""Values in one round trip."""
MOST_UNWRITTEN = 8 * 1024 * 1024
"""Bytes that wait to be written; more are left out."""
DIGEST, HEAD = 32, 36
T = TypeVar("T")
Told = list[bytes | None] | None
"""What stands under some names, in their order; None when that was not to be had."""
Asked = tuple[list[str], "asyncio.Future[Told]"]


class Codec(NamedTuple, Generic[T]):
    """A value as bytes; `read` says None of bytes that are none."""

    write: Callable[[T], bytes]
    read: Callable[[bytes], T | None]


class SharedCache(Generic[T]):
    """Under `space`, for `ttl` whole seconds, by digests of 32 bytes.

    `patience`: seconds that a question waits; `failed` hears of each failure; `clock` is monotonic, in seconds. With
    `slots` there are so many places in all, and who comes later takes an earlier one's.
    """

    def __init__(
        self,
        url: str,
        space: str,
        codec: Codec[T],
        ttl: int,
        clock: Callable[[], float],
        failed: Callable[[], None],
        patience: float,
    ) -> None:
        self._client = _connect(url)
        self._space, self._codec, self._ttl = space, codec, ttl
        self._clock, self._failed, self._patience = clock, failed, patience
        self._trip = max(TRIP, patience)
        self._away_until, self._failing = -float("inf"), False
        self._asked: list[Asked] = []
        self._unwritten: dict[str, bytes] = {}
        self._unwritten_bytes = 0
        self._reading: asyncio.Task[None] | None = None
        self._writing: asyncio.Task[None] | None = None
        self.hits = self.misses = self.errors = 0

    @property
    def available(self) -> bool:
        """Whether Redis is asked at the moment."""
        return self._clock() >= self._away_until

    async def find(self, keys: Sequence[bytes], slots: int = 0) -> list[T | None]:
        """What is known, in the order of the keys; nothing when Redis is away or late."""
        told = await self._ask([self._name(key, slots) for key in keys]) if keys and self.available else None
        if told is None:
            return [None] * len(keys)
        found = [None if each is None else self._opened(key, each) for key, each in zip(keys, told, strict=True)]
        known = sum(each is not None for each in found)
        self.hits += known
        self.misses += len(found) - known
        return found

    def keep(self, found: Mapping[bytes, T], slots: int = 0) -> None:
        """Write these in the background."""
        if not self.available:
            return
        for key, value in found.items():
            sealed = _sealed(key, self._codec.write(value))
            if self._unwritten_bytes + len(sealed) > MOST_UNWRITTEN:
                break
            self._unwritten[self._name(key, slots)] = sealed
            self._unwritten_bytes += len(sealed)
        if self._unwritten and self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write())

    async def written(self) -> None:
        """Wait until what was to be kept is written, or has failed."""
        if self._writing is not None:
            await asyncio.wait([self._writing])

    async def aclose(self) -> None:
        """Write what waits, and hang up."""
        await self.written()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])
        await self._client.aclose()
        await self._client.connection_pool.disconnect()

    def _name(self, key: bytes, slots: int) -> str:
        place = f"{int.from_bytes(key[:8], 'big') % slots}" if slots else key.hex()
        return f"{PREFIX}{self._space}:{place}"

    def _opened(self, key: bytes, sealed: bytes) -> T | None:
        value = sealed[HEAD:]
        return self._codec.read(value) if sealed == _sealed(key, value) else None

    # --- reading

    async def _ask(self, names: list[str]) -> Told:
        if self._failing:
            self._away_until = self._clock() + AGAIN  # whoever comes while this one finds out need not wait too
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Told] = loop.create_future()
        self._asked.append((names, future))
        if self._reading is None:
            self._reading = loop.create_task(self._read())
        try:
            async with asyncio.timeout(self._patience):
                told = await future
        except TimeoutError:
            self._lost()
            return None
        if told is not None:
            self._failing, self._away_until = False, -float("inf")
        return told

    async def _read(self) -> None:
        """Trips until nobody asks; what is asked during one goes with the next."""
        try:
            while self._asked:
                batch = self._batch()
                told = await self._fetch([name for names, _ in batch for name in names])
                at = 0
                for names, future in batch:
                    if not future.done():  # whoever is late has left
                        future.set_result(None if told is None else told[at : at + len(names)])
                    at += len(names)
        finally:
            self._reading = None

    def _batch(self) -> list[Asked]:
        """The questions of the next trip: the first of those that anybody waits for."""
        batch: list[Asked] = []
        count = 0
        while self._asked and (not batch or count + len(self._asked[0][0]) <= AT_ONCE):
            asked = self._asked.pop(0)
            if not asked[1].done():
                batch.append(asked)
                count += len(asked[0])
        return batch

    async def _fetch(self, names: list[str]) -> Told:
        if not names:
            return []
        try:
            async with asyncio.timeout(self._trip):
                return cast(Told, await self._client.mget(names))
        except (RedisError, OSError):  # TimeoutError is an OSError
            self._lost()
            return None

    # --- writing

    async def _write(self) -> None:
        try:
            while self._unwritten:
                part = [self._unwritten.popitem() for _ in range(min(WRITES_AT_ONCE, len(self._unwritten)))]
                self._unwritten_bytes -= sum(len(value) for _, value in part)
                async with asyncio.timeout(self._trip):
                    async with self._client.pipeline(transaction=False) as pipe:
                        for name, value in part:
                            pipe.set(name, value, ex=self._ttl)
                        await pipe.execute()
        except (RedisError, OSError):
            self._lost()
        finally:
            self._unwritten.clear()
            self._unwritten_bytes, self._writing = 0, None

    def _lost(self) -> None:
        self.errors += 1
        self._failing, self._away_until = True, self._clock() + AGAIN
        self._failed()


def _sealed(key: bytes, value: bytes) -> bytes:
    return crc32(value, crc32(key)).to_bytes(4, "big") + key + value


def _connect(url: str) -> "Redis":
    """A client without retries of its own, which reads bytes."""
    pool = ConnectionPool.from_url(url, socket_connect_timeout=CONNECTING, retry=Retry(NoBackoff(), 0))
    return Redis(connection_pool=pool)
