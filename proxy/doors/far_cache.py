"""Labels read before, in Redis: shared by replicas, and never worth waiting for.

Whatever fails is as if nothing were known; then Redis is left alone for a moment, so that a dead one costs nothing.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from redis.exceptions import RedisError

from proxy.money.leased.redis import PREFIX, connect

PATIENCE = 0.005
"""Seconds that a request waits for Redis."""
WRITING = 0.25
"""Seconds for a write, for which nobody waits."""
AGAIN = 1.0
MOST_WRITES = 64
"""Writes on their way; more are left out."""


class FarCache:
    """`ttl` in whole seconds; `failed` hears of each failure. `clock` is monotonic, in seconds."""

    def __init__(
        self, url: str, ttl: int, clock: Callable[[], float], failed: Callable[[], None], patience: float = PATIENCE
    ) -> None:
        self._client = connect(url, WRITING)
        self._ttl, self._clock, self._failed, self._patience = ttl, clock, failed, patience
        self._away_until = -float("inf")
        self._writing: set[asyncio.Task[None]] = set()
        self.hits = self.misses = self.errors = 0

    @property
    def available(self) -> bool:
        """Whether Redis is asked at the moment."""
        return self._clock() >= self._away_until

    async def find(self, keys: Sequence[bytes]) -> list[float | None]:
        """What is known, in the order of the keys; nothing when Redis is away or late."""
        if not self.available:
            return [None] * len(keys)
        try:
            async with asyncio.timeout(self._patience):
                told = await self._client.mget([_name(key) for key in keys])
            found = [None if each is None else float(each) for each in told]
        except (RedisError, OSError, ValueError):  # TimeoutError is an OSError
            self._lost()
            return [None] * len(keys)
        self.hits += sum(each is not None for each in found)
        self.misses += sum(each is None for each in found)
        return found

    def keep(self, found: Mapping[bytes, float]) -> None:
        """Write these in the background."""
        if not self.available or len(self._writing) >= MOST_WRITES:
            return
        task = asyncio.get_running_loop().create_task(self._write(dict(found)))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def written(self) -> None:
        """Wait until what was to be kept is written, or has failed."""
        if self._writing:
            await asyncio.wait(list(self._writing))

    async def aclose(self) -> None:
        """Write what waits, and hang up."""
        await self.written()
        await self._client.aclose()
        await self._client.connection_pool.disconnect()

    async def _write(self, found: Mapping[bytes, float]) -> None:
        try:
            async with asyncio.timeout(WRITING):
                async with self._client.pipeline(transaction=False) as pipe:
                    for key, value in found.items():
                        pipe.set(_name(key), repr(value), ex=self._ttl)
                    await pipe.execute()
        except (RedisError, OSError):
            self._lost()

    def _lost(self) -> None:
        self.errors += 1
        self._away_until = self._clock() + AGAIN
        self._failed()


def _name(key: bytes) -> str:
    return f"{PREFIX}label:{key.hex()}"
