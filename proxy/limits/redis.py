"""The meter of several replicas: buckets in Redis, one script a question, all questions of a tick in one round trip.

Redis's own clock counts. While Redis is away or slow, this process measures by itself: a limit fails open, locally,
and Redis is asked again once a second. All buckets share one hash tag, since a script takes all charges or none.
"""

import asyncio
import logging
from collections.abc import Callable
from importlib.resources import files
from typing import Any

from redis.exceptions import NoScriptError, RedisError

from proxy.limits.bucket import Bucket, Charge, Level, Verdict
from proxy.limits.stand_in import StandIn
from proxy.money.leased.redis import connect

LEASE = 60
"""Seconds for which a running request keeps its places without being heard of."""
PATIENCE = 0.25
"""Seconds that a request waits for a limit's answer."""
AGAIN = 1.0
_LOG = logging.getLogger("halfpenny")
_NAMES = ("admit", "leave", "renew")
_LIFE = "halfpenny:{limits}"
"""Names the life of all buckets: gone when Redis has forgotten them. No bucket is called so."""
Script = tuple[str, tuple[str, ...], tuple[object, ...]]


class RedisMeter:
    """`proxy.limits.bucket.Meter`. `clock` is monotonic, in nanoseconds; `timeout` in seconds."""

    def __init__(self, url: str, clock: Callable[[], int], timeout: float = PATIENCE, lease: int = LEASE) -> None:
        self._client = connect(url, timeout)
        self._timeout, self._lease, self._clock = timeout, lease, clock
        self._own = StandIn(clock)
        self._inside: dict[str, list[str]] = {}
        self._lives: dict[str, int] = {}
        self._waiting: list[tuple[Script, asyncio.Future[Any]]] = []
        self._working: asyncio.Task[None] | None = None
        self._away_until = 0
        self._scripts = {name: (files("proxy.limits") / f"{name}.lua").read_text() for name in _NAMES}
        self._digests: dict[str, str] = {}
        self._renewing: asyncio.Task[None] | None = None

    async def admit(self, id: str, charges: tuple[Charge, ...]) -> Verdict:
        """See `Meter.admit`."""
        if self._clock() < self._away_until:
            return self._own.decide(id, charges)
        places = [_key(charge.bucket) for charge in charges if charge.bucket.measure == "parallel"]
        if places:
            self._inside.setdefault(id, []).extend(places)
            self._renew_from_now_on()
        keys = (_LIFE, *(_key(charge.bucket) for charge in charges))
        told = [x for c in charges for x in (c.bucket.measure, c.bucket.limit, c.bucket.burst, c.amount)]
        try:
            answer = await self._ask(("admit", keys, (id, self._lease, *told)))
        except (RedisError, OSError) as error:
            self._lost(error)
            return self._own.decide(id, charges)
        self._found()
        denied, wait, life, *levels = map(int, answer)
        if denied < 0:
            self._lives[id] = life
        pairs = zip(levels[::2], levels[1::2], strict=True)
        waiting = wait * 1000 if wait > 0 else wait
        return Verdict(tuple([Level(left, reset * 1000) for left, reset in pairs]), denied, waiting)

    def leave(self, id: str, corrections: tuple[Charge, ...] = ()) -> None:
        """See `Meter.leave`."""
        corrections, life = self._own.leave(id, corrections), self._lives.pop(id, 0)
        places = self._inside.pop(id, [])
        if not places and not corrections:
            return
        keys = (_LIFE, *places, *(_key(charge.bucket) for charge in corrections))
        told = [x for charge in corrections for x in (charge.bucket.limit, charge.amount)]
        self._ask(("leave", keys, (id, len(places), life, *told))).add_done_callback(_heard)

    async def aclose(self) -> None:
        """Say what waits, and hang up."""
        if self._renewing is not None:
            self._renewing.cancel()
        while self._waiting or self._working is not None:
            self._flush()
            if self._working is not None:
                await asyncio.wait([self._working])
        await self._client.aclose()
        await self._client.connection_pool.disconnect()

    # --- one round trip a tick

    def _ask(self, script: Script) -> "asyncio.Future[Any]":
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._waiting.append((script, future))
        if len(self._waiting) == 1:
            loop.call_soon(self._flush)
        return future

    def _flush(self) -> None:
        """One batch at a time: what was asked later must not arrive earlier."""
        if self._working is None and self._waiting:
            batch, self._waiting = self._waiting, []
            self._working = asyncio.get_running_loop().create_task(self._run(batch))
            self._working.add_done_callback(self._ran)

    def _ran(self, _: "asyncio.Task[None]") -> None:
        self._working = None
        self._flush()

    async def _run(self, batch: "list[tuple[Script, asyncio.Future[Any]]]") -> None:
        try:
            async with asyncio.timeout(self._timeout):
                answers = await self._pipelined([script for script, _ in batch])
        except (RedisError, OSError) as error:  # TimeoutError is an OSError
            answers = [error] * len(batch)
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_exception(answer) if isinstance(answer, Exception) else future.set_result(answer)

    async def _pipelined(self, scripts: list[Script]) -> list[Any]:
        if not self._digests:
            await self._load()
        try:
            return await self._execute(scripts)
        except NoScriptError:  # a server that started anew has forgotten them
            await self._load()
            return await self._execute(scripts)

    async def _load(self) -> None:
        for name, text in self._scripts.items():
            self._digests[name] = await self._client.script_load(text)

    async def _execute(self, scripts: list[Script]) -> list[Any]:
        async with self._client.pipeline(transaction=False) as pipe:
            for name, keys, told in scripts:
                pipe.evalsha(self._digests[name], len(keys), *keys, *map(str, told))
            return list(await pipe.execute())

    # --- without Redis

    def _lost(self, error: Exception) -> None:
        if not self._away_until:
            _LOG.warning("Redis does not keep the limits (%s): each process does by itself", type(error).__name__)
        self._away_until = self._clock() + int(AGAIN * 1e9)

    def _found(self) -> None:
        if self._away_until:
            _LOG.warning("Redis keeps the limits again")
            self._away_until = 0

    def _renew_from_now_on(self) -> None:
        if self._renewing is None:
            self._renewing = asyncio.get_running_loop().create_task(self._renew())

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._lease / 3)
            for id, places in self._inside.items():
                self._ask(("renew", tuple(places), (id, self._lease))).add_done_callback(_heard)


def _key(bucket: Bucket) -> str:
    return f"halfpenny:{{limits}}:{bucket.name}"


def _heard(future: "asyncio.Future[Any]") -> None:
    """What nobody waits for may fail: a charge drains, and a place's lease ends."""
    if not future.cancelled():
        future.exception()
